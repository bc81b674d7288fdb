"""Many weighted likelihoods of one model at once, as replicates of a sample have them.

All replicates share patterns and answers and differ in weights, so that predictors, scores and
information of all of them are matrix products. Newton's steps are taken without safeguards, from
a start that is close; who does not arrive is left to
:func:`jfmodels.engines.design_based.pseudo_likelihood.maximise`, which has them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.design_based.kinds import Kinds
from jfmodels.engines.design_based.pseudo_likelihood import (
    NEGLIGIBLE,
    SINGULAR,
    TOLERANCE,
    Predictors,
)
from jfmodels.model.families import Family

__all__ = ["maximise_together"]

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

ROUNDS = 12  # of steps that converge quadratically; who needs more is in trouble
AT_ONCE = 1_000_000  # numbers held for the replicates that are worked on together


def maximise_together(
    family: Family, predictors: Predictors, kinds: Kinds, weights: Floats, start: Floats
) -> Floats:
    """Maximise the likelihood under R sets of weights.

    Parameters
    ----------
    family, predictors, kinds
        What is modelled: Q parameters, N kinds of answer.
    weights : ndarray, shape (R, N)
        Weight of every kind in each replicate.
    start : ndarray, shape (Q,)
        Where all begin.

    Returns
    -------
    ndarray, shape (R, Q)
        Parameters; NaN for replicates that did not arrive.
    """
    at_once = 1 + AT_ONCE // (len(kinds.pattern) * len(predictors.blocks) ** 2)
    parts = [weights[k : k + at_once] for k in range(0, len(weights), at_once)]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return np.concatenate([_part(family, predictors, kinds, part, start) for part in parts])


def _part(
    family: Family, predictors: Predictors, kinds: Kinds, weights: Floats, start: Floats
) -> Floats:
    """Step until everybody has arrived or shown not to."""
    theta = np.tile(start, (len(weights), 1))
    arrived, going = np.zeros(len(theta), dtype=np.bool_), np.arange(len(theta))
    for _ in range(ROUNDS):
        score, information = _derivatives(family, predictors, kinds, weights[going], theta[going])
        step, sound = _steps(score, information)
        going, step = going[sound], step[sound]
        theta[going] += step
        small = np.abs(step).max(axis=1) <= TOLERANCE * (1 + np.abs(theta[going]).max(axis=1))
        arrived[going[small]] = True
        going = going[~small]
        if not len(going):
            break
    arrived &= _within(family, predictors, theta)
    return np.where(arrived[:, None], theta, np.nan)


def _steps(score: Floats, information: Floats) -> tuple[Floats, Bools]:
    """Newton's steps, (R, Q), and whether the information allows one."""
    scale = np.sqrt(np.maximum(np.diagonal(information, axis1=1, axis2=2), 0.0))
    standard = information / (scale[:, :, None] * scale[:, None, :])
    sound = np.isfinite(standard).all(axis=(1, 2)) & np.isfinite(score).all(axis=1)
    standard[~sound] = 0.0
    values, vectors = np.linalg.eigh(standard)
    sound &= values[:, 0] > SINGULAR * values[:, -1]
    along = np.einsum("rji,rj->ri", vectors, score / scale) / values
    return np.einsum("rji,ri->rj", vectors, along) / scale, sound


def _predict(predictors: Predictors, theta: Floats) -> Floats:
    """Linear predictors of every replicate and pattern, (R, P, L)."""
    eta = np.empty((len(theta), len(predictors.matrix), len(predictors.blocks)))
    for k, (block, part) in enumerate(zip(predictors.blocks, predictors.slices, strict=True)):
        eta[:, :, k] = theta[:, part] @ predictors.matrix.T if block == "x" else theta[:, part]
    eta[:, :, 0] += predictors.offset
    return eta


def _derivatives(
    family: Family, predictors: Predictors, kinds: Kinds, weights: Floats, theta: Floats
) -> tuple[Floats, Floats]:
    """Score (R, Q) and information (R, Q, Q) of every replicate."""
    n, blocks = len(theta), predictors.blocks
    eta = _predict(predictors, theta)[:, kinds.pattern].reshape(-1, len(blocks))
    found = family.derivatives(np.tile(kinds.answer, n), eta)
    gradient = found.gradient.reshape(n, -1, len(blocks))
    curved = found.information.reshape(n, -1, len(blocks), len(blocks))
    x, one = predictors.matrix[kinds.pattern], np.ones((len(kinds.pattern), 1))
    columns = [x if block == "x" else one for block in blocks]
    score = [(weights * gradient[:, :, k]) @ z for k, z in enumerate(columns)]
    information = [
        [_crossed(weights * curved[:, :, j, k], left, right) for k, right in enumerate(columns)]
        for j, left in enumerate(columns)
    ]
    return np.concatenate(score, axis=1), np.block(information)


def _crossed(weights: Floats, left: Floats, right: Floats) -> Floats:
    """Weighted cross products of columns, (R, p, q), for R sets of weights, (R, N)."""
    return np.stack([(weights * column) @ right for column in left.T], axis=1)


def _within(family: Family, predictors: Predictors, theta: Floats) -> Bools:
    """Whether no share and no mean count went to its limit; (R,)."""
    if family.link == "identity":
        return np.ones(len(theta), dtype=np.bool_)
    eta = _predict(predictors, theta)
    means = family.means(eta.reshape(-1, eta.shape[2])).reshape(len(theta), -1)
    return means.min(axis=1) >= NEGLIGIBLE
