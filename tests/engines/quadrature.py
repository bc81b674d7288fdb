r"""Posteriors by quadrature, for models with one intercept for each commune.

Every parameter runs over an even grid, and the effects of communes are summed out. Nothing of
the package is used; likelihoods are scipy's. Sums over even grids of smooth densities that
vanish at the ends are exact for all purposes once the step is below a standard deviation. Where
effects spread less than a step, they stay at the intercept, which lies on their grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, softmax

type Floats = NDArray[np.float64]

PRIOR_SD, SLOPE_SD = 2.0, 1.0  # of intercepts and thresholds, and of slopes
SUM_TO_ZERO = np.linalg.qr(np.array([[1.0, 1.0], [-1.0, 1.0], [0.0, -2.0]]))[0]


def bernoulli(y: float, x: float, v: Floats, shape: Floats) -> Floats:
    return stats.bernoulli.logpmf(y, expit(v[:, :1] + shape[:, 0] * x))


def poisson(y: float, x: float, v: Floats, shape: Floats) -> Floats:
    return stats.poisson.logpmf(y, np.exp(v[:, :1] + shape[:, 0] * x))


def gaussian(y: float, x: float, v: Floats, shape: Floats) -> Floats:
    return stats.norm.logpdf(y, v[:, :1], shape[:, 0])


def negative_binomial(y: float, x: float, v: Floats, shape: Floats) -> Floats:
    dispersion = shape[:, 0]
    return stats.nbinom.logpmf(y, 1 / dispersion, 1 / (1 + dispersion * np.exp(v[:, :1])))


def ordinal(y: float, x: float, v: Floats, shape: Floats) -> Floats:
    ends = np.full((len(shape), 1), 1e9)
    below = expit(np.hstack([-ends, shape, ends]) - v[:, :, None])
    return np.log(np.maximum(np.diff(below)[..., int(y)], 1e-300))


def categorical(y: float, x: float, v: Floats, shape: Floats) -> Floats:
    return np.log(softmax(v @ SUM_TO_ZERO.T, axis=1))[:, [int(y)]]


def normal(points: Floats, sd: float) -> Floats:
    """Log density of independent normal numbers (P, D) around 0, (P,)."""
    return stats.norm.logpdf(points, 0, sd).sum(axis=1)


def half_normal(points: Floats) -> Floats:
    """Log density of a standard half-normal prior, on the scale of its logarithm."""
    return stats.halfnorm.logpdf(points[:, 0]) + np.log(points[:, 0])


def in_order(points: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return normal(points, PRIOR_SD) + np.log(points[:, 0] < points[:, 1])


def even(low: float, high: float, n: int, dimensions: int = 1) -> Floats:
    """All points of an even grid, (n^D, D)."""
    return np.array(list(product(np.linspace(low, high, n), repeat=dimensions)))


@dataclass(frozen=True)
class Case:
    """A model and the grids of its parameters.

    Attributes
    ----------
    formula : str
        As the package reads it.
    likelihood : callable
        ``(y, x, v (V, D), shape (S, k)) -> (V, S)``: log density of an answer, v being the
        intercept with the commune's effect.
    v, intercept, shape : ndarray
        Grids, of shapes (V, D), (B, D) and (S, k).
    prior : callable
        Log density of the shapes beforehand.
    names : mapping
        What is asked: ``(intercept, shape) -> number`` by name.
    """

    formula: str
    likelihood: Callable[..., Floats]
    v: Floats
    intercept: Floats
    shape: Floats
    prior: Callable[[Floats], Floats]
    names: Mapping[str, Callable[[Floats, Floats], Floats]]


SD = np.exp(even(np.log(2e-4), np.log(6), 61))
INTERCEPT, V = even(-2.5, 2.5, 41), even(-5, 5, 401)
SLOPE = even(-0.6, 1.4, 41)
LOCATION = {"Intercept": lambda b, s: b[:, 0]}
WITH_SLOPE = LOCATION | {"x": lambda b, s: s[:, 0]}


def of_slope(points: Floats) -> Floats:
    return normal(points, SLOPE_SD)


CASES = {
    "bernoulli": Case("yes ~ x", bernoulli, V, INTERCEPT, SLOPE, of_slope, WITH_SLOPE),
    "poisson": Case("times ~ x", poisson, V, INTERCEPT, SLOPE, of_slope, WITH_SLOPE),
    "gaussian": Case(
        "size ~ 1",
        gaussian,
        V,
        INTERCEPT,
        np.exp(even(np.log(0.8), np.log(1.7), 31)),
        half_normal,
        LOCATION | {"sigma": lambda b, s: s[:, 0]},
    ),
    "negative binomial": Case(
        "times ~ 1",
        negative_binomial,
        V,
        INTERCEPT,
        np.exp(even(-7, 1, 41)),
        half_normal,
        LOCATION | {"dispersion": lambda b, s: s[:, 0]},
    ),
    "ordinal": Case(
        "level ~ 1",
        ordinal,
        V,
        np.zeros((1, 1)),
        even(-2.8, 2.6, 37, 2),
        in_order,
        {"low | middle": lambda b, s: s[:, 0], "middle | high": lambda b, s: s[:, 1]},
    ),
    "categorical": Case(
        "choice ~ 1",
        categorical,
        even(-4, 4, 31, 2),
        even(-2, 2, 15, 2),
        np.zeros((1, 1)),
        lambda points: np.zeros(1),
        {
            f"{name}: Intercept": lambda b, s, k=k: b @ (SUM_TO_ZERO[k] - SUM_TO_ZERO[0])
            for k, name in enumerate("abc")
            if k
        },
    ),
}


def moments(case: Case, frame: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Posterior mean and standard deviation of every parameter."""
    log_density = _log_density(case, frame)
    mass = np.exp(log_density - log_density.max())
    mass /= mass.sum()
    of_rest = mass.sum(axis=1)
    beyond = [
        _at_ends(case.intercept, of_rest.sum(axis=1)),
        _at_ends(case.shape, of_rest.sum(axis=0)),
        _at_ends(SD, mass.sum(axis=(0, 2))),
    ]
    assert max(beyond) < 1e-3  # next to nothing lies beyond the grid
    b, s = (each.ravel() for each in np.indices(of_rest.shape))
    asked = {
        name: (value(case.intercept[b], case.shape[s]), of_rest.ravel())
        for name, value in case.names.items()
    }
    asked["sd(commune)"] = (SD[:, 0], mass.sum(axis=(0, 2)))
    return {name: _mean_and_sd(*each) for name, each in asked.items()}


def _log_density(case: Case, frame: pd.DataFrame) -> Floats:
    """Log density of intercept, standard deviation and shape, (B, T, S)."""
    square = ((case.intercept[:, None] - case.v) ** 2).sum(axis=-1)
    step = np.diff(np.unique(case.v))[0]
    scale = (step / SD / np.sqrt(2 * np.pi)) ** case.v.shape[1]
    density = np.exp(-square[:, None] / (2 * SD**2)) * scale
    effect = density / np.maximum(density.sum(axis=-1, keepdims=True), 1.0)  # (B, T, V)
    total = normal(case.intercept, PRIOR_SD)[:, None, None] + half_normal(SD)[:, None]
    total = total + case.prior(case.shape)
    outcome, _, slope = case.formula.split()
    frame = frame.assign(x=frame["x"] if slope == "x" else 0.0)
    for _, answers in frame.groupby("commune"):
        kinds = answers.groupby([outcome, "x"]).size()
        table = sum(n * case.likelihood(*kind, case.v, case.shape) for kind, n in kinds.items())
        top = table.max()
        with np.errstate(divide="ignore"):
            total = total + np.log(effect @ np.exp(table - top)) + top
    return total


def _at_ends(points: Floats, mass: Floats) -> float:
    """Mass at the ends of a grid that has more than one point."""
    ends = (points == points.min(axis=0)) | (points == points.max(axis=0))
    return float(mass[ends.any(axis=1)].sum()) if len(points) > 1 else 0.0


def _mean_and_sd(value: Floats, mass: Floats) -> tuple[float, float]:
    mean = value @ mass
    return float(mean), float(np.sqrt((value - mean) ** 2 @ mass))
