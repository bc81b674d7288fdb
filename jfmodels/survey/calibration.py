r"""Factors by which weights meet known totals: linear, raking and bounded logit.

People of one pattern of auxiliaries x get one factor :math:`g = F(x^\top\lambda)`, with
:math:`\lambda` such that :math:`\sum w g x = T`. A distance is added by its F, its integral
and its slope, listed in `DISTANCES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["DISTANCES", "ROUNDING", "Distance", "Solution", "disjoint", "solve"]

type Floats = NDArray[np.float64]

CLOSE = 1e-12  # deviation from a total, in parts of it, at which nothing is left to gain
STEPS, HALVINGS = 100, 30
TINY = 1e-15  # step at which rounding is all that is left
ROUNDING = 1e-11  # directions of the auxiliaries with less than this of the information are none


@dataclass(frozen=True, slots=True)
class Distance:
    r"""How far a factor may stray from 1, said by :math:`F(u)` [1]_.

    Attributes
    ----------
    factor, slope, integral : callable
        ``(u (G,), low, high) -> (G,)``: F, its derivative and its integral.
    bounded : bool
        Whether it needs bounds.

    References
    ----------
    .. [1] Deville, J.-C. and Särndal, C.-E. (1992). Calibration estimators in survey sampling.
       Journal of the American Statistical Association 87, 376-382.
    """

    factor: Callable[[Floats, float, float], Floats]
    slope: Callable[[Floats, float, float], Floats]
    integral: Callable[[Floats, float, float], Floats]
    bounded: bool = False


def _odds(u: Floats, low: float, high: float) -> Floats:
    """Share of the way from the lower to the upper bound; it is where F is 1 at u = 0."""
    ahead = np.log((1 - low) / (high - 1)) + _rate(low, high) * u
    return 1 / (1 + np.exp(-np.clip(ahead, -700, 700)))


def _rate(low: float, high: float) -> float:
    """Rate at which F leaves 1 with slope 1."""
    return (high - low) / ((1 - low) * (high - 1))


def _logit_factor(u: Floats, low: float, high: float) -> Floats:
    return low + (high - low) * _odds(u, low, high)


def _logit_slope(u: Floats, low: float, high: float) -> Floats:
    share = _odds(u, low, high)
    return (high - low) * _rate(low, high) * share * (1 - share)


def _logit_integral(u: Floats, low: float, high: float) -> Floats:
    rate = _rate(low, high)
    return low * u + (high - low) / rate * np.logaddexp(
        np.log(high - 1), np.log(1 - low) + rate * u
    )


def _exponential(u: Floats, low: float, high: float) -> Floats:
    return np.exp(np.clip(u, -700, 700))


DISTANCES: Mapping[str, Distance] = {
    "linear": Distance(
        lambda u, low, high: 1 + u,
        lambda u, low, high: np.ones_like(u),
        lambda u, low, high: u + u**2 / 2,
    ),
    "raking": Distance(_exponential, _exponential, _exponential),
    "logit": Distance(_logit_factor, _logit_slope, _logit_integral, bounded=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Factors of G patterns under R sets of weights, and how they were found.

    Attributes
    ----------
    factor : ndarray, shape (R, G)
        F at the solution.
    missed : ndarray, shape (R, p)
        What is missing of each total, in parts of what it adds up.
    steps : int
        Newton steps that were taken.
    """

    factor: Floats
    missed: Floats
    steps: int


def solve(
    x: Floats, weight: Floats, total: Floats, distance: Distance, bounds: tuple[float, float]
) -> Solution:
    r"""Find the factors that meet totals, by Newton's method on the convex dual.

    :math:`\sum_g W_g \int F(x_g^\top\lambda) - T^\top\lambda` is least where the totals are met,
    so that a step that does not lower it is halved. All sets of weights are solved together.

    Parameters
    ----------
    x : ndarray, shape (G, p)
        Auxiliaries of every pattern; columns may depend on each other.
    weight : ndarray, shape (R, G)
        Weights of every pattern, summed, in each of R sets.
    total : ndarray, shape (R, p)
        What is to be met.
    distance : Distance
        One of :data:`DISTANCES`.
    bounds : tuple of float
        Lower and upper bound of factors, where the distance is bounded.

    Examples
    --------
    >>> x, weight, total = np.eye(2), np.array([[30.0, 70.0]]), np.array([[50.0, 50.0]])
    >>> solve(x, weight, total, DISTANCES["raking"], (0, np.inf)).factor.round(3).tolist()
    [[1.667, 0.714]]
    """
    if disjoint(x) and not distance.bounded:
        return _poststratified(x, weight, total)
    size = np.abs(x).max(axis=0, initial=0.0)
    size[size == 0] = 1.0
    dual = _Dual(x / size, weight, total / size, distance, bounds)
    now = dual.at(np.zeros(total.shape))
    scale = weight @ np.abs(dual.x) + np.abs(dual.total)
    steps, stuck = 0, np.zeros(len(total), dtype=bool)
    while steps < STEPS:
        going = (np.abs(now.left / scale).max(axis=1, initial=0.0) > CLOSE) & ~stuck
        if not going.any():
            break
        found, stuck = dual.moved(now, going)
        now, steps = found, steps + 1
    return Solution(now.factor, now.left / scale, steps)


def disjoint(x: Floats) -> bool:
    """Whether every pattern is in one category alone, as poststrata are."""
    return bool(((x == 0) | (x == 1)).all() and (x.sum(axis=1) == 1).all())


def _poststratified(x: Floats, weight: Floats, total: Floats) -> Solution:
    """Factors of categories that do not overlap: known over estimated totals."""
    held = weight @ x
    ratio = np.divide(total, held, out=np.ones_like(held), where=held > 0)
    missed = np.divide(total - ratio * held, total, out=np.zeros_like(held), where=total > 0)
    return Solution(ratio @ x.T, missed, 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """The dual at R places: predictors and factors (R, G), value (R,), what is left (R, p)."""

    place: Floats
    u: Floats
    factor: Floats
    value: Floats
    left: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Dual:
    """What is to be made least."""

    x: Floats
    weight: Floats
    total: Floats
    distance: Distance
    bounds: tuple[float, float]

    def at(self, place: Floats) -> _Point:
        """Evaluate it at places (R, p)."""
        u = place @ self.x.T
        factor = self.distance.factor(u, *self.bounds)
        with np.errstate(over="ignore", invalid="ignore"):
            value = (self.weight * self.distance.integral(u, *self.bounds)).sum(axis=1)
            value = value - (self.total * place).sum(axis=1)
            left = self.total - (self.weight * factor) @ self.x
        return _Point(place, u, factor, value, left)

    def moved(self, now: _Point, going: NDArray[np.bool_]) -> tuple[_Point, NDArray[np.bool_]]:
        """Take one step where it is still `going`, and say where none leads any further."""
        slope = self.weight * self.distance.slope(now.u, *self.bounds)
        curvature = (self.x.T * slope[:, None, :]) @ self.x
        inverse = np.linalg.pinv(curvature, rcond=ROUNDING, hermitian=True)
        move = (inverse @ now.left[:, :, None])[:, :, 0] * going[:, None]
        length = np.ones(len(move))
        found = self.at(now.place + move)
        for _ in range(HALVINGS):
            worse = ~(found.value <= now.value + ROUNDING * np.abs(now.value))
            if not worse.any():
                break
            length[worse] /= 2
            found = self.at(now.place + length[:, None] * move)
        step = np.abs(length[:, None] * move).max(axis=1, initial=0.0)
        return found, step <= TINY * (1 + np.abs(found.place).max(axis=1, initial=0.0))
