"""Pseudo-maximum likelihood on cells: weighted, by Newton's method, with its failures named."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import EstimationError, listing
from jfmodels.model.families import Derivatives, Family

__all__ = ["DISPERSION", "Estimate", "Predictors", "has_shares", "maximise"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

ROUNDS = 100
SINGULAR = 1e-11  # information of a combination of coefficients beside the most of any
TOLERANCE = 1e-9  # of the last step, beside the longest parameter
NEGLIGIBLE = 1e-13  # shares and mean counts below are 0, whatever else was found
EXTREME = 1e-8  # shares and mean counts below are 0 if the fit has failed
POISSON = -5.0  # a log dispersion below is that of a Poisson if the fit has failed
DISPERSION = "log dispersion"


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
        return [slice(end - size, end) for end, size in zip(accumulate(sizes), sizes, strict=True)]

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
    expected : ndarray, shape (N, L, L)
        Information that the model expects of each of them.
    """

    theta: Floats
    information: Floats
    derivatives: Derivatives
    expected: Floats


def has_shares(family: Family) -> bool:
    """Whether a family models the shares of answers rather than one mean."""
    return not {"continuous", "count"} & set(family.scales)


def maximise(
    family: Family,
    predictors: Predictors,
    pattern: Ints,
    answer: Floats,
    weight: Floats,
    start: Floats,
    free: Bools | None = None,
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
    free : ndarray of bool, shape (Q,), optional
        Parameters that may move; all by default.

    Raises
    ------
    EstimationError
        If parameters cannot be told apart, answers are separated, or it does not converge.
    """
    weight = weight / weight.mean()
    free = np.ones(len(start), dtype=np.bool_) if free is None else free
    theta, matrix = start, predictors.matrix[pattern]
    value, found = _at(family, predictors, theta, pattern, answer, weight)
    for _ in range(ROUNDS):
        step, definite = _newton(family, predictors, theta, found, matrix, weight, free)
        theta, value, found = _halve(
            family, predictors, theta, step, value, pattern, answer, weight
        )
        if definite and np.abs(step).max() <= TOLERANCE * (1 + np.abs(theta).max()):
            if _extreme(family, predictors, theta) < NEGLIGIBLE:
                raise _separation(predictors, theta)
            information = _information(predictors, found.information, matrix, weight)
            expected = _expected(family, predictors.eta(theta)[pattern])
            return Estimate(theta, information, found, expected)
    raise _failure(family, predictors, theta) or EstimationError(
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


def _newton(
    family: Family,
    predictors: Predictors,
    theta: Floats,
    found: Derivatives,
    matrix: Floats,
    weight: Floats,
    free: Bools,
) -> tuple[Floats, bool]:
    """Newton's step, and whether the likelihood is concave where it starts."""
    score = weight @ predictors.expand(found.gradient, matrix)
    information = _information(predictors, found.information, matrix, weight)
    held, score = _held(information, score, free)
    share, direction = _weakest(held)
    definite = share > SINGULAR
    if not definite:  # far from the maximum of a likelihood that is not concave
        bent = _information(predictors, _bent(found.information), matrix, weight)
        held, score = _held(bent, score, free)
        share, direction = _weakest(held)
    if share <= SINGULAR:
        raise _failure(family, predictors, theta) or _unknown(predictors, direction)
    return _solve(held, score), definite


def _information(
    predictors: Predictors, information: Floats, matrix: Floats, weight: Floats
) -> Floats:
    return predictors.information(weight[:, None, None] * information, matrix)


def _held(information: Floats, score: Floats, free: Bools) -> tuple[Floats, Floats]:
    """Give parameters that may not move a step of 0, whatever the others do."""
    if free.all():
        return information, score
    both = np.outer(free, free)
    return np.where(both, information, np.eye(len(free))), np.where(free, score, 0.0)


def _expected(family: Family, eta: Floats) -> Floats:
    """Information averaged over the answers that the model expects; (N, L, L).

    Of numbers it is taken at their mean, which is exact but for a dispersion's own part.
    """
    means = family.means(eta)
    if not has_shares(family):
        return family.derivatives(means[:, 0], eta).information
    answers = [np.full(len(eta), float(answer)) for answer in range(means.shape[1])]
    parts = [family.derivatives(answer, eta).information for answer in answers]
    return np.einsum("na,anij->nij", means, np.stack(parts))


def _bent(information: Floats) -> Floats:
    """Turn negative curvature of (N, L, L) matrices into as much positive curvature."""
    values, vectors = np.linalg.eigh(information)
    bent: Floats = (vectors * np.abs(values)[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    return bent


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
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            higher, found = _at(family, predictors, moved, pattern, answer, weight)
        if np.isfinite(higher) and higher >= value - 1e-9 * abs(value):
            return moved, higher, found
    return theta, value, _at(family, predictors, theta, pattern, answer, weight)[1]


def _weakest(information: Floats) -> tuple[float, Floats]:
    """Find the direction of least information: its share of the most, and how far it leans."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    return float(values[0] / max(values[-1], 1e-300)), vectors[:, 0]


def _unknown(predictors: Predictors, direction: Floats) -> EstimationError:
    """Name the parameters that have no information of their own."""
    leaning = zip(predictors.names, direction, strict=True)
    lost = [name for name, part in leaning if abs(part) > 0.1]
    return EstimationError(
        f"The data cannot tell these coefficients apart, or hold nothing of them: "
        f"{listing(lost)}. Leave one out, merge its categories, or narrow where=."
    )


def _solve(information: Floats, score: Floats) -> Floats:
    """Newton's step, of parameters on whatever scales."""
    scale = np.sqrt(np.diag(information))
    step: Floats = np.linalg.solve(information / np.outer(scale, scale), score / scale) / scale
    return step


def _failure(family: Family, predictors: Predictors, theta: Floats) -> EstimationError | None:
    """Say why no maximum was found, where the parameters show it."""
    if _extreme(family, predictors, theta) < EXTREME:
        return _separation(predictors, theta)
    if predictors.names[-1] == DISPERSION and theta[-1] < POISSON:
        return EstimationError(
            "The counts vary no more than a Poisson distribution says, so their dispersion has "
            "no finite logarithm. Use family='poisson'."
        )
    return None


def _extreme(family: Family, predictors: Predictors, theta: Floats) -> float:
    """How close to 0 or 1 the shares, or to 0 the mean counts, of some pattern are."""
    if family.link == "identity":
        return np.inf
    return float(family.means(predictors.eta(theta)).min())


def _separation(predictors: Predictors, theta: Floats) -> EstimationError:
    """Name the coefficients that ran away because a group gave one answer alone."""
    longest = np.abs(predictors.matrix).max(axis=0, initial=0.0)
    reach = [longest if block == "x" else np.ones(1) for block in predictors.blocks]
    moved = np.abs(theta) * np.concatenate(reach)
    far = [n for n, each in zip(predictors.names, moved, strict=True) if each > moved.max() / 2]
    return EstimationError(
        f"Separation: some groups all gave one answer, or counted nothing, so these coefficients "
        f"have no finite value: {listing(far)}. Merge categories, leave the term out, or look for "
        "numbers far from all others, such as a code for missing; direct() gives the shares or "
        "means themselves."
    )
