"""Answers without order: a multinomial logit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from jfmodels.model.families.base import Derivatives, Family, Tallied, Tally, of_answers

__all__ = ["Categorical"]

type Floats = NDArray[np.float64]


def Categorical() -> Family:
    """Model answers without order, the first one being what the others are set against.

    Returns
    -------
    Family
        To be given as ``family=``.

    Examples
    --------
    >>> Categorical().blocks(4)
    ('x', 'x', 'x')
    """
    return Family(
        name="categorical",
        link="logit",
        scales=("nominal", "ordinal"),
        blocks=lambda n_categories: ("x",) * (n_categories - 1),
        derivatives=_derivatives,
        means=_means,
        slopes=_slopes,
        start=lambda share: np.log(np.maximum(share[1:], 1e-6) / max(share[0], 1e-6)),
        log_density=_log_density,
        tally=Tally(of_answers, _tallied, _value, _by_row, _mean, _pairs),
        again=Categorical,
        coding=_coding,
    )


def _log_probabilities(eta: Floats) -> Floats:
    padded = np.concatenate([np.zeros((len(eta), 1)), eta], axis=1)
    return padded - logsumexp(padded, axis=1, keepdims=True)


def _derivatives(answer: Floats, eta: Floats) -> Derivatives:
    log_p = _log_probabilities(eta)
    p = np.exp(log_p[:, 1:])
    place = answer.astype(np.int64)
    chosen = (place[:, None] == np.arange(1, eta.shape[1] + 1)).astype(np.float64)
    information = p[:, :, None] * (np.eye(eta.shape[1]) - p[:, None, :])
    return Derivatives(log_p[np.arange(len(eta)), place], chosen - p, information)


def _means(eta: Floats) -> Floats:
    p: Floats = np.exp(_log_probabilities(eta))
    return p


def _slopes(eta: Floats) -> Floats:
    p = _means(eta)
    towards = np.concatenate([np.zeros((1, eta.shape[1])), np.eye(eta.shape[1])])
    slopes: Floats = p[:, :, None] * (towards - p[:, None, 1:])
    return slopes


def _pairs(n_predictors: int) -> tuple[tuple[int, int], ...]:
    return tuple((j, k) for k in range(n_predictors) for j in range(k + 1))


def _coding(n_predictors: int) -> Floats:
    """Predictors from orthonormal coordinates of logits that sum to zero; (K - 1, K - 1)."""
    place, column = np.arange(n_predictors + 1)[:, None], np.arange(n_predictors)
    helmert = np.where(place == column + 1, column + 1.0, np.where(place <= column, -1.0, 0.0))
    helmert /= np.sqrt((helmert**2).sum(axis=0))
    return helmert[1:] - helmert[0]


def _log_density(answer: Floats, eta: Floats, _: Floats) -> Floats:
    padded = np.concatenate([np.zeros((*eta.shape[:-1], 1)), eta], axis=-1)
    chosen = padded[..., np.arange(len(answer)), answer.astype(np.int64)]
    return chosen - logsumexp(padded, axis=-1)


def _normaliser(eta: Floats) -> Floats:
    """log(1 + sum of exponentials) of every row and field, (N, B)."""
    top = np.maximum(eta.max(axis=0), 0.0)
    return top + np.log(np.exp(-top) + np.exp(eta - top).sum(axis=0))


def _value(sums: Floats, eta: Floats, _: Floats) -> Floats:
    """Log density of all rows, (B,), from who chose what, (N, A)."""
    chosen = sum(sums[:, k + 1] @ eta[k] for k in range(len(eta)))
    return chosen - sums.sum(axis=1) @ _normaliser(eta)


def _by_row(sums: Floats, eta: Floats, _: Floats) -> Floats:
    """Log density of every row, (N, B)."""
    chosen = (sums.T[1:, :, None] * eta).sum(axis=0)
    return chosen - sums.sum(axis=1)[:, None] * _normaliser(eta)


def _tallied(sums: Floats, eta: Floats, _: Floats) -> Tallied:
    n = sums.sum(axis=1)[:, None]
    p = np.exp(eta - _normaliser(eta))
    gradient = sums.T[1:, :, None] - n * p
    information = [n * p[j] * ((j == k) - p[k]) for j, k in _pairs(len(eta))]
    return Tallied(gradient, np.stack(information))


def _mean(eta: Floats, answers: Sequence[int]) -> Floats:
    """Probability of any of some categories, the first having the predictor 0."""
    total = _normaliser(eta)
    chosen = [np.exp((eta[k - 1] if k else 0.0) - total) for k in answers]
    summed: Floats = np.sum(chosen, axis=0)
    return summed
