r"""Where the variance of answers comes from: people, their cluster, their cluster in that wave.

All three are pooled over strata and waves, so that planning does not rest on the handful of
clusters of one row: on 3 degrees of freedom a standard error has a coefficient of variation of
.39, and no survey is planned by that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from jfmodels.model.cells import Grid, Tables, places, spread
from jfmodels.survey.rows import Rows
from jfmodels.survey.sampling import Sampling

__all__ = ["Components", "components_of", "effective_n"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Variances of I items within strata, each of shape (I,).

    Attributes
    ----------
    people : ndarray
        Among people of one unit and wave; 0 where units are single people.
    units : ndarray
        Among units of one stratum, in any one wave.
    lasting : ndarray
        The part of `units` that a unit keeps from wave to wave; NaN if none is seen twice.
    """

    people: Floats
    units: Floats
    lasting: Floats

    @property
    def icc(self) -> Floats:
        """Correlation of two answers in one unit and wave; NaN where units are single people."""
        return np.where(self.people > 0, self.units / (self.people + self.units), np.nan)

    @property
    def icc_between_waves(self) -> Floats:
        """Correlation of two answers in one unit and different waves."""
        return self.lasting / (self.people + self.units)


def effective_n(
    rows: Rows, grid: Grid, where: Mapping[str, Sequence[str]], n: Floats, unit: str = "unit"
) -> Floats:
    """Interviews of every unit in every cell, over the design effect of their weights.

    Parameters
    ----------
    rows, grid, where, unit
        As in :func:`jfmodels.model.cells.tabulate`.
    n : ndarray, shape (U, C)
        Interviews that count.
    """
    extra = [name for name in where if name not in grid.names]
    groups = rows.aggregate([unit, *grid.names, *extra])
    inside, place = places(rows, [*grid.names, *extra], groups.codes[:, 1:], where)
    of_unit, place = groups.codes[inside, 0], place[inside, : len(grid.names)]
    sums = np.stack([groups.n, groups.weight, groups.weight_squares])[:, inside]
    every, weight, squares = (
        spread(grid, of_unit, place, len(n), each[:, None]) for each in sums.astype(np.float64)
    )
    evenness = np.divide(weight**2, every * squares, out=np.ones_like(every), where=squares > 0)
    return n * np.tile(evenness, len(grid.items))


def components_of(
    tables: Tables, effective: Floats, sampling: Sampling, n_items: int
) -> Components:
    """Estimate variances by moments, from cells of waves alone.

    Parameters
    ----------
    tables : Tables
        Sums over cells that are items by waves, the margin of waves included.
    effective : ndarray, shape (U, C)
        From :func:`effective_n`.
    sampling : Sampling
        Units and strata.
    n_items : int
        Number of items I.
    """
    shape = (len(effective), n_items, -1)
    weight, total, k = (
        each.reshape(shape)[:, :, : max(1, each.shape[1] // n_items - 1)]
        for each in (tables.denominator, tables.numerator, effective)
    )
    squares = tables.squares[0].reshape(n_items, -1)[:, : k.shape[2]]
    mean = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
    people = _among_people(weight, mean, k, squares)
    stratum = sampling.stages[0].stratum
    units = np.maximum(_among_units(mean, k, stratum, people), 0.0)
    lasting = np.clip(_kept(mean, k, stratum), 0.0, units)
    return Components(people, units, lasting)


def _among_people(weight: Floats, mean: Floats, k: Floats, squares: Floats) -> Floats:
    """Variance within units: pooled squares over what they are expected to be; shape (I,)."""
    of_wave = weight.sum(axis=0)
    scale = np.divide(k.sum(axis=0), of_wave, out=np.zeros_like(of_wave), where=of_wave > 0)
    found = scale * (squares - (weight * mean**2).sum(axis=0))
    several = np.divide(k - 1, k, out=np.zeros_like(k), where=k > 1 + 1e-9)
    expected = (scale * (weight * several).sum(axis=0)).sum(axis=-1)
    enough = expected > 0.01 * k.sum(axis=(0, 2))  # else units are single people
    people: Floats = np.divide(
        found.sum(axis=-1), expected, out=np.zeros(len(expected)), where=enough
    )
    return np.maximum(people, 0.0)


def _among_units(mean: Floats, k: Floats, stratum: Ints, people: Floats) -> Floats:
    """Variance between units of a stratum: analysis of variance, units weighted by people."""
    sizes = _by_stratum(k, stratum)
    away = mean - _ratio(_by_stratum(k * mean, stratum), sizes)[stratum]
    found = (k * away**2).sum(axis=(0, 2))
    present = (_by_stratum((k > 0).astype(float), stratum) - 1).clip(0).sum(axis=(0, 2))
    spread_of_units = (sizes - _ratio(_by_stratum(k**2, stratum), sizes)).sum(axis=(0, 2))
    return _ratio(found - people * present, spread_of_units)


def _kept(mean: Floats, k: Floats, stratum: Ints) -> Floats:
    """Covariance of a unit's means in two waves, pooled over pairs of waves; shape (I,)."""
    found, expected = np.zeros(mean.shape[1]), np.zeros(mean.shape[1])
    for one, other in combinations(range(mean.shape[2]), 2):
        both = np.sqrt(k[..., one] * k[..., other])
        sizes = _by_stratum(both, stratum)
        first, second = (
            mean[..., t] - _ratio(_by_stratum(both * mean[..., t], stratum), sizes)[stratum]
            for t in (one, other)
        )
        found += (both * first * second).sum(axis=0)
        expected += (sizes - _ratio(_by_stratum(both**2, stratum), sizes)).sum(axis=0)
    return np.divide(found, expected, out=np.full(len(found), np.nan), where=expected > 1e-9)


def _by_stratum(values: Floats, stratum: Ints) -> Floats:
    """Sum over the units of each stratum; (U, ...) to (H, ...)."""
    starts = np.searchsorted(stratum, np.arange(int(stratum[-1]) + 1))
    return np.add.reduceat(values, starts, axis=0)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Ratios; 0 where nothing is below."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 1e-12)
