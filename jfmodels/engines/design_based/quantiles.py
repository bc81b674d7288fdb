"""Quantiles of measured outcomes, with Woodruff's intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from jfmodels.engines.design_based.replicated import replicated
from jfmodels.engines.evidence import evidence_of, without_lone_clusters
from jfmodels.engines.explained import TablesBy
from jfmodels.errors import SpecError, choose
from jfmodels.model.cells import Grid, Tables, places, tabulate
from jfmodels.results.engine import Belief, flag_bits
from jfmodels.results.normal import Normal
from jfmodels.results.summary import Summary
from jfmodels.survey.replicates import Multipliers
from jfmodels.survey.survey import Survey

__all__ = ["RULES", "Quantile", "quantile_belief"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


def _math(value: Floats, weight: Floats, p: float) -> float:
    """Smallest value at which the distribution function reaches p."""
    low, _, _ = _around(value, weight, p)
    return low


def _school(value: Floats, weight: Floats, p: float) -> float:
    """As `_math`, but the middle of two values where the function is flat at p."""
    low, high, flat = _around(value, weight, p)
    return (low + high) / 2 if flat else low


def _hyndman_fan_7(value: Floats, weight: Floats, p: float) -> float:
    """Linear between the weighted places of the observations, ties in the order of the rows."""
    if len(value) == 1:
        return float(value[0])
    cumulated = np.cumsum(weight)
    place = np.concatenate([[0.0], cumulated[:-1]]) / cumulated[-2]
    return float(np.interp(p, place, value))


def _around(value: Floats, weight: Floats, p: float) -> tuple[float, float, bool]:
    """Values on both sides of p, and whether the distribution function is flat at p."""
    distinct, place = np.unique(value, return_inverse=True)
    function = np.cumsum(np.bincount(place, weight))
    function /= function[-1]
    k = min(int(np.searchsorted(function, p - 1e-12)), len(distinct) - 1)
    flat = abs(function[k] - p) < 1e-12 and k + 1 < len(distinct)
    return float(distinct[k]), float(distinct[k + flat]), flat


RULES: Mapping[str, Callable[[Floats, Floats, float], float]] = {
    "math": _math,
    "school": _school,
    "hf7": _hyndman_fan_7,
}


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of a measured outcome.

    Parameters
    ----------
    p : float
        Strictly between 0 and 1.
    rule : {"math", "school", "hf7"}, default "math"
        How the distribution function is inverted where it jumps.

    Examples
    --------
    >>> Quantile(0.5).rule
    'math'
    """

    p: float
    rule: str = "math"

    def __post_init__(self) -> None:
        choose("quantile rule", self.rule, RULES)
        if not 0 < self.p < 1:
            raise SpecError(f"A quantile lies strictly between 0 and 1; found {self.p}.")


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Values and weights of one cell, by rising value."""

    value: Floats
    weight: Floats


@dataclass(frozen=True, slots=True, eq=False)
class WoodruffIntervals:
    """Intervals of quantiles: the distribution function's interval, inverted [1]_.

    References
    ----------
    .. [1] Woodruff, R. S. (1952). Confidence intervals for medians and other position
       measures. Journal of the American Statistical Association 47, 635-646.
    """

    samples: Mapping[int, _Sample]
    quantile: Quantile
    function: Floats
    function_error: Floats

    def __call__(
        self, cells: Ints, summary: Summary, coverage: float
    ) -> tuple[Floats, Floats, Ints]:
        """Intervals of the cells named; NaN where they leave the sample."""
        half = stdtrit(summary.df, (1 + coverage) / 2) * self.function_error[cells]
        low, high = (self._invert(cells, self.function[cells] + side * half) for side in (-1, 1))
        left = np.isnan(low + high) & np.isfinite(self.function[cells] + half)
        return low, high, flag_bits("at_boundary", left)

    def _invert(self, cells: Ints, p: Floats) -> Floats:
        """Values at which the cells' distribution functions reach p, shape (K,)."""
        samples = [self.samples.get(int(cell)) for cell in cells]
        found = [_at(each, self.quantile, float(q)) for each, q in zip(samples, p, strict=True)]
        return np.array(found, dtype=np.float64)


def _at(sample: _Sample | None, quantile: Quantile, p: float) -> float:
    """Invert the distribution function; NaN outside (0, 1)."""
    if sample is None or not 0 <= p <= 1:
        return np.nan
    return RULES[quantile.rule](sample.value, sample.weight, p)


def quantile_belief(
    survey: Survey,
    grid: Grid,
    where: Mapping[str, Sequence[str]],
    quantile: Quantile,
    believe: Callable[[Grid, Mapping[str, Sequence[str]], TablesBy], Normal],
    replicates: Multipliers | None = None,
) -> Belief:
    """Quantiles of all cells as a joint belief.

    The error of a quantile is that of the distribution function there, divided by the slope;
    the slope is the one that Woodruff's 95 % interval implies, so that variances agree with
    its width and covariances between cells are kept. Replicates each have a quantile of their
    own instead, and intervals are those of t.

    Parameters
    ----------
    survey, grid, where
        As in :func:`jfmodels.model.cells.tabulate`.
    quantile : Quantile
        Which, and how inverted.
    believe : callable
        Makes the belief about the shares at or below each quantile.
    replicates : Multipliers, optional
        Replicates of the sample.
    """
    samples = _samples(survey, grid, where)
    size = len(grid.items) * grid.n_domains
    value = np.array([_at(samples.get(cell), quantile, quantile.p) for cell in range(size)])
    tables = _below(survey, grid, where, value)
    shares = believe(grid, where, lambda key: _below(survey, grid, where, value, key))
    if replicates is not None:
        values = _replicate_values(survey, grid, where, quantile, replicates)
        joint = replicated(survey, replicates, tables, value, values)
        evidence = evidence_of(survey, grid, tables, shares, without_replacement=False)
        evidence = replace(evidence, deff=np.full(size, np.nan))
        return Belief(grid, without_lone_clusters(joint, tables, survey.sampling), evidence)
    error = np.sqrt(shares.variance())
    intervals = WoodruffIntervals(samples, quantile, shares.mean, error)
    summary = shares.summary(0.95)
    low, high, flags = intervals(np.arange(size), summary, 0.95)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (high - low) / (2 * stdtrit(summary.df, 0.975) * error)
    joint = replace(shares, mean=value, influence=-shares.influence * slope)
    evidence = evidence_of(survey, grid, tables, shares, without_replacement=False)
    evidence = replace(evidence, deff=np.full(size, np.nan), flags=evidence.flags | flags)
    return Belief(
        grid,
        without_lone_clusters(joint, tables, survey.sampling),
        evidence,
        level_interval=intervals,
    )


def _replicate_values(
    survey: Survey,
    grid: Grid,
    where: Mapping[str, Sequence[str]],
    quantile: Quantile,
    replicates: Multipliers,
) -> Floats:
    """Quantiles of every cell in every replicate, shape (R, C)."""
    values = np.full((len(replicates.scales), len(grid.items) * grid.n_domains), np.nan)
    extra = [name for name in where if name not in grid.names]
    keys = [*grid.names, *extra, "unit"]
    for item, each in enumerate(grid.items):
        codes, group, value, weight = survey.rows.distribution(keys, each.source)
        inside, place = places(survey.rows, keys[:-1], codes[:, :-1], where)
        place = place[:, : len(grid.names)]
        if replicates.factors is None:
            weights = survey.rows.replicates_by_value(each.source)
        else:
            weights = weight[:, None] * replicates.factors[codes[group, -1]]
        for d, domain in enumerate(_all_domains(grid)):
            member = inside & ((domain < 0) | (place == domain)).all(axis=1)
            rows = member[group]
            for r, of_rows in enumerate(weights[rows].T):
                counts = of_rows > 0
                if counts.any():
                    sample = _Sample(value[rows][counts], of_rows[counts])
                    values[r, item * grid.n_domains + d] = _at(sample, quantile, quantile.p)
    return values


def _samples(survey: Survey, grid: Grid, where: Mapping[str, Sequence[str]]) -> dict[int, _Sample]:
    """Gather the values of every cell, margins included."""
    samples = {}
    extra = [name for name in where if name not in grid.names]
    for item, each in enumerate(grid.items):
        keys = [*grid.names, *extra]
        codes, group, value, weight = survey.rows.distribution(keys, each.source)
        inside, place = places(survey.rows, keys, codes, where)
        place = place[:, : len(grid.names)]
        for d, domain in enumerate(_all_domains(grid)):
            member = inside & ((domain < 0) | (place == domain)).all(axis=1)
            rows = member[group]
            if rows.any():
                samples[item * grid.n_domains + d] = _Sample(value[rows], weight[rows])
    return samples


def _all_domains(grid: Grid) -> Ints:
    """Every domain of a grid in order, -1 for all together; shape (D, A)."""
    places = np.indices(grid.shape).reshape(len(grid.shape), grid.n_domains).T
    last = np.array(grid.shape) - 1
    return np.where(places == last, -1, places)


def _below(
    survey: Survey,
    grid: Grid,
    where: Mapping[str, Sequence[str]],
    value: Floats,
    unit: str = "unit",
) -> Tables:
    """Sums of those at or below each cell's own quantile, by the groups of a key."""
    base = tabulate(survey.rows, grid, where, unit)
    numerator = np.zeros_like(base.denominator)
    extra = [name for name in where if name not in grid.names]
    domains = _all_domains(grid)
    for item, each in enumerate(grid.items):
        keys = [*grid.names, *extra, unit]
        codes, group, values, weight = survey.rows.distribution(keys, each.source)
        inside, place = places(survey.rows, keys[:-1], codes[:, :-1], where)
        place = place[:, : len(grid.names)]
        of_unit = codes[:, -1]
        for d, domain in enumerate(domains):
            cell = item * grid.n_domains + d
            member = inside & ((domain < 0) | (place == domain)).all(axis=1)
            rows = member[group] & (values <= value[cell])
            numerator[:, cell] = np.bincount(of_unit[group[rows]], weight[rows], len(numerator))
    share = numerator.sum(axis=0)
    squares = np.stack([share, share, base.denominator.sum(axis=0)])
    return replace(base, numerator=numerator, squares=squares)
