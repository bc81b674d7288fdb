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

__all__ = ["DISTANCES", "ROUNDING", "Distance", "Solution", "solve"]

type Floats = NDArray[np.float64]

CLOSE = 1e-12  # deviation from a total, in parts of it, at which nothing is left to gain
STEPS = 100
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
    """Factors of G patterns, and how they were found.

    Attributes
    ----------
    factor : ndarray, shape (G,)
        F at the solution.
    missed : ndarray, shape (p,)
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
    so that a step that does not lower it is halved.

    Parameters
    ----------
    x : ndarray, shape (G, p)
        Auxiliaries of every pattern; columns may depend on each other.
    weight : ndarray, shape (G,)
        Weights of every pattern, summed.
    total : ndarray, shape (p,)
        What is to be met.
    distance : Distance
        One of :data:`DISTANCES`.
    bounds : tuple of float
        Lower and upper bound of factors, where the distance is bounded.

    Examples
    --------
    >>> x, weight, total = np.eye(2), np.array([30.0, 70.0]), np.array([50.0, 50.0])
    >>> solve(x, weight, total, DISTANCES["raking"], (0, np.inf)).factor.round(3).tolist()
    [1.667, 0.714]
    """
    size = np.abs(x).max(axis=0, initial=0.0)
    size[size == 0] = 1.0
    x, total = x / size, total / size
    place, steps = np.zeros(x.shape[1]), 0

    def state(at: Floats) -> tuple[Floats, float, Floats, Floats]:
        u = x @ at
        factor = distance.factor(u, *bounds)
        left = total - x.T @ (weight * factor)
        with np.errstate(over="ignore"):
            value = float(weight @ distance.integral(u, *bounds) - total @ at)
        return u, value, factor, left

    u, value, factor, left = state(place)
    scale = np.abs(x).T @ weight + np.abs(total)
    while steps < STEPS and np.abs(left / scale).max() > CLOSE:
        curvature = (x * (weight * distance.slope(u, *bounds))[:, None]).T @ x
        move = np.linalg.pinv(curvature, rcond=ROUNDING, hermitian=True) @ left
        length = 1.0
        found = state(place + move)
        while not found[1] <= value + 1e-12 * abs(value) and length > 1e-6:
            length /= 2
            found = state(place + length * move)
        steps += 1
        if np.abs(found[3] / scale).max() >= np.abs(left / scale).max() and length < 1e-6:
            break
        place = place + length * move
        u, value, factor, left = found
        if np.abs(length * move).max() < 1e-15 * (1 + np.abs(place).max()):
            break
    return Solution(factor, left / scale, steps)
