r"""Where the variance of answers comes from: people, their cluster, and what both keep over time.

All parts are pooled over strata and waves, so that planning does not rest on the handful of
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
from jfmodels.planning.panel import People
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
    own : ndarray
        The part of `people` that a person keeps from wave to wave; NaN if nobody is met twice.
    """

    people: Floats
    units: Floats
    lasting: Floats
    own: Floats

    @property
    def icc(self) -> Floats:
        """Correlation of two answers in one unit and wave; NaN where units are single people."""
        return np.where(self.people > 0, self._of_all(self.units), np.nan)

    @property
    def icc_between_waves(self) -> Floats:
        """Correlation of two answers in one unit and different waves."""
        return self._of_all(self.lasting)

    @property
    def person_correlation(self) -> Floats:
        """Correlation of one person's answers in different waves."""
        alone = self.people <= 0  # the unit is the person
        kept = np.where(alone, 0.0, self.own) + np.nan_to_num(self.lasting)
        return np.where(alone, self.icc_between_waves, self._of_all(kept))

    def _of_all(self, part: Floats) -> Floats:
        """Divide by the whole variance; NaN where everybody answers alike."""
        whole = self.people + self.units
        return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole != 0)


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
    tables: Tables, effective: Floats, sampling: Sampling, n_items: int, again: People
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
    again : People
        Who is met in several waves, over the same cells.
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
    twice = _Twice.of(again, k.shape[1:], mean)
    scale = _ratio(k.sum(axis=0), weight.sum(axis=0))
    own = np.clip(_kept_by_people(twice, scale), 0.0, people)
    lasting = np.clip(_kept_by_units(mean, k, stratum, np.nan_to_num(own), twice), 0.0, units)
    return Components(people, units, lasting, own)


@dataclass(frozen=True, slots=True, eq=False)
class _Twice:
    """P people who are met in several of T waves, and their answers to I items.

    Attributes
    ----------
    unit : ndarray, shape (P,)
        Unit that each lies in.
    weight, share, away : ndarray, shape (P, I, T)
        Weight, its share in that of the unit, and how far the answer is from the unit's mean;
        0 where there is none.
    n_units : int
        Number of units U.
    """

    unit: Ints
    weight: Floats
    share: Floats
    away: Floats
    n_units: int

    @classmethod
    def of(cls, people: People, shape: tuple[int, ...], mean: Floats) -> _Twice:
        """Lay people out over I items and T waves, beside the means of their units (U, I, T)."""
        n_items, n_waves = shape
        weight, total, share = (
            each.toarray().reshape(len(people.unit), n_items, each.shape[1] // n_items)[
                ..., :n_waves
            ]
            for each in (people.weight, people.total, people.share)
        )
        away = np.where(weight > 0, _ratio(total, weight) - mean[people.unit], 0.0)
        return cls(people.unit, weight, share, away, len(mean))

    def in_both(self, one: int, other: int) -> Floats:
        """Products of shares in two waves, added up over the people of every unit, (U, I)."""
        both = np.zeros((self.n_units, self.share.shape[1]))
        np.add.at(both, self.unit, self.share[..., one] * self.share[..., other])
        return both


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


def _kept_by_people(twice: _Twice, scale: Floats) -> Floats:
    """Covariance of a person's answers in two waves within units, pooled over pairs of waves.

    Answers are taken from the means of their unit, which hold a part of them: with shares a and
    a' of one person in the unit's two waves, products have the mean of the covariance times
    1 - a - a' + sum(a a').
    """
    _, n_items, n_waves = twice.share.shape
    found, expected = np.zeros(n_items), np.zeros(n_items)
    for one, other in combinations(range(n_waves), 2):
        of_pair = np.sqrt(scale[:, one] * scale[:, other])
        both = of_pair * np.sqrt(twice.weight[..., one] * twice.weight[..., other])
        found += (both * twice.away[..., one] * twice.away[..., other]).sum(axis=0)
        left = 1 - twice.share[..., one] - twice.share[..., other]
        expected += (both * (left + twice.in_both(one, other)[twice.unit])).sum(axis=0)
    return np.divide(found, expected, out=np.full(n_items, np.nan), where=expected > 1e-9)


def _kept_by_units(mean: Floats, k: Floats, stratum: Ints, own: Floats, twice: _Twice) -> Floats:
    """Covariance of a unit's means in two waves, pooled over pairs of waves; shape (I,).

    What people who are in both waves keep for themselves, `own` (I,), is taken out.
    """
    found, expected = np.zeros(mean.shape[1]), np.zeros(mean.shape[1])
    for one, other in combinations(range(mean.shape[2]), 2):
        both = np.sqrt(k[..., one] * k[..., other])
        sizes = _by_stratum(both, stratum)
        first, second = (
            mean[..., t] - _ratio(_by_stratum(both * mean[..., t], stratum), sizes)[stratum]
            for t in (one, other)
        )
        left = both - _ratio(both**2, sizes[stratum])
        found += (both * first * second - own * left * twice.in_both(one, other)).sum(axis=0)
        expected += left.sum(axis=0)
    return np.divide(found, expected, out=np.full(len(found), np.nan), where=expected > 1e-9)


def _by_stratum(values: Floats, stratum: Ints) -> Floats:
    """Sum over the units of each stratum; (U, ...) to (H, ...)."""
    starts = np.searchsorted(stratum, np.arange(int(stratum[-1]) + 1))
    return np.add.reduceat(values, starts, axis=0)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Ratios; 0 where nothing is below."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 1e-12)
