"""Pseudo-maximum likelihood on cells: weighted, by Newton's method, with its failures named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import EstimationError, listing
from jfmodels.model.families import Derivatives, Family

__all__ = ["Estimate", "Predictors", "maximise"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

ROUNDS = 100
EXTREME = 20.0  # a logit beyond which a share is 0 or 1 to nine digits


@dataclass(frozen=True, slots=True, eq=False)
class Predictors:
    """How L linear predictors of P patterns depend on Q parameters.

    Attributes
    ----------
    matrix : ndarray, shape (P, p)
        Design matrix of the blocks "x".
    offset : ndarray, shape (P,)
        Added to the first predictor.
    blocks : tuple of str
        "x" or "1", one per predictor.
    names : tuple of str
        Names of the Q parameters.
    """

    matrix: Floats
    offset: Floats
    blocks: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def slices(self) -> list[slice]:
        """Parameters of each predictor."""
        sizes = [self.matrix.shape[1] if block == "x" else 1 for block in self.blocks]
        ends = np.cumsum(sizes)
        return [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]

    def eta(
        self, theta: Floats, matrix: Floats | None = None, offset: Floats | None = None
    ) -> Floats:
        """Linear predictors of patterns, shape (P, L)."""
        x = self.matrix if matrix is None else matrix
        eta = np.empty((len(x), len(self.blocks)))
        for k, (block, part) in enumerate(zip(self.blocks, self.slices, strict=True)):
            eta[:, k] = x @ theta[part] if block == "x" else theta[part]
        eta[:, 0] += self.offset if offset is None else offset
        return eta

    def expand(self, by_predictor: Floats, matrix: Floats) -> Floats:
        """Turn derivatives by predictors (N, L) into derivatives by parameters (N, Q)."""
        parts = [
            by_predictor[:, [k]] * matrix if block == "x" else by_predictor[:, [k]]
            for k, block in enumerate(self.blocks)
        ]
        return np.concatenate(parts, axis=1)

    def information(self, by_predictor: Floats, matrix: Floats) -> Floats:
        """Sum information by predictors (N, L, L) into information by parameters (Q, Q)."""
        slices = self.slices
        total = np.zeros((slices[-1].stop, slices[-1].stop))
        one = np.ones((len(matrix), 1))
        for j, left in enumerate(self.blocks):
            x = matrix if left == "x" else one
            for k, right in enumerate(self.blocks[: j + 1]):
                z = matrix if right == "x" else one
                total[slices[j], slices[k]] = (x * by_predictor[:, j, [k]]).T @ z
                total[slices[k], slices[j]] = total[slices[j], slices[k]].T
        return total


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Where the weighted likelihood is highest.

    Attributes
    ----------
    theta : ndarray, shape (Q,)
        Parameters.
    information : ndarray, shape (Q, Q)
        Summed information there.
    derivatives : Derivatives
        Of each of the N answers there.
    """

    theta: Floats
    information: Floats
    derivatives: Derivatives


def maximise(
    family: Family,
    predictors: Predictors,
    pattern: Ints,
    answer: Floats,
    weight: Floats,
    start: Floats,
) -> Estimate:
    """Maximise the weighted log likelihood of N kinds of answer by Newton's method.

    Parameters
    ----------
    family, predictors
        What is modelled.
    pattern, answer, weight : ndarray, shape (N,)
        Pattern, answer and summed weight of every kind of answer that occurs.
    start : ndarray, shape (Q,)
        Where to begin.

    Raises
    ------
    EstimationError
        If parameters cannot be told apart, answers are separated, or it does not converge.
    """
    weight = weight / weight.mean()
    theta, matrix = start, predictors.matrix[pattern]
    value, found = _at(family, predictors, theta, pattern, answer, weight)
    for _ in range(ROUNDS):
        score = weight @ predictors.expand(found.gradient, matrix)
        information = _information(predictors, found, matrix, weight)
        step = _solve(information, score, predictors.names)
        theta, value, found = _halve(
            family, predictors, theta, step, value, pattern, answer, weight
        )
        if np.abs(step).max() <= 1e-9 * (1 + np.abs(theta).max()):
            _check_separation(family, predictors, theta)
            return Estimate(theta, _information(predictors, found, matrix, weight), found)
    _check_separation(family, predictors, theta)
    raise EstimationError(
        f"The fit did not converge in {ROUNDS} rounds. Leave terms out, or merge rare answers."
    )


def _at(
    family: Family,
    predictors: Predictors,
    theta: Floats,
    pattern: Ints,
    answer: Floats,
    weight: Floats,
) -> tuple[float, Derivatives]:
    found = family.derivatives(answer, predictors.eta(theta)[pattern])
    return float(weight @ found.value), found


def _information(
    predictors: Predictors, found: Derivatives, matrix: Floats, weight: Floats
) -> Floats:
    return predictors.information(weight[:, None, None] * found.information, matrix)


def _halve(
    family: Family,
    predictors: Predictors,
    theta: Floats,
    step: Floats,
    value: float,
    pattern: Ints,
    answer: Floats,
    weight: Floats,
) -> tuple[Floats, float, Derivatives]:
    """Take the longest of step, step / 2, step / 4, ... that does not go downhill."""
    for k in range(40):
        moved = theta + step / 2**k
        with np.errstate(over="ignore", invalid="ignore"):
            higher, found = _at(family, predictors, moved, pattern, answer, weight)
        if np.isfinite(higher) and higher >= value - 1e-9 * abs(value):
            return moved, higher, found
    return theta, value, _at(family, predictors, theta, pattern, answer, weight)[1]


def _solve(information: Floats, score: Floats, names: tuple[str, ...]) -> Floats:
    """Newton's step; parameters without information of their own are named."""
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] <= 1e-11 * values[-1]:
        lost = [name for name, part in zip(names, vectors[:, 0], strict=True) if abs(part) > 0.1]
        raise EstimationError(
            f"The data cannot tell these coefficients apart, or hold nothing of them: "
            f"{listing(lost)}. Leave one out, merge its categories, or narrow where=."
        )
    step: Floats = (vectors @ ((vectors.T @ (score / scale)) / values)) / scale
    return step


def _check_separation(family: Family, predictors: Predictors, theta: Floats) -> None:
    """Find coefficients that ran away because a group gave one answer alone."""
    if family.name not in ("bernoulli", "ordinal", "categorical"):
        return
    eta = predictors.eta(theta)
    if family.name == "ordinal":
        eta = eta[:, 1:] - eta[:, :1]
    runaway = np.abs(eta) > EXTREME
    if family.name == "ordinal":
        runaway = runaway.all(axis=1, keepdims=True)
    if runaway.any():
        far = [
            name
            for name, value in zip(predictors.names, theta, strict=True)
            if abs(value) > EXTREME / 2
        ]
        raise EstimationError(
            f"Separation: some groups all gave one answer, so these coefficients have no finite "
            f"value: {listing(far)}. Merge categories or leave the term out; direct() gives the "
            "shares themselves."
        )
