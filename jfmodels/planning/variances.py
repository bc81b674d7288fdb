"""Planning variances of rows: what each unit is expected to add to the error of a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.linearize import Satterthwaite, few_clusters
from jfmodels.model.cells import Grid, Tables, grid_of, tabulate
from jfmodels.planning.components import Components, components_of, effective_n
from jfmodels.planning.panel import People, people_of
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.survey import Survey

__all__ = ["PlannedCells", "planned_cells"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PlannedCells:
    """What planning variances are put together from, for U units and C cells.

    Attributes
    ----------
    grid : Grid
        The cells, margins included.
    components : Components
        Of each item, in the whole survey.
    share : ndarray, shape (U, C)
        Share of each unit in the weight of a cell.
    effective : ndarray, shape (U, C)
        Interviews over the design effect of their weights.
    sizes : ndarray, shape (U, C)
        What each unit adds to a cell's error because the sizes of strata are estimated.
    level, scale : ndarray, shape (C,)
        Mean of all waves in the group of each cell, and how much answers vary there, relative
        to the whole survey.
    again : People
        Who is met in several waves.
    remaining : ndarray, shape (U,)
        Part of the units of each unit's stratum that was not drawn.
    degrees : Satterthwaite
        The rule for a row's own degrees of freedom.
    """

    grid: Grid
    components: Components
    share: Floats
    effective: Floats
    sizes: Floats
    level: Floats
    scale: Floats
    again: People
    remaining: Floats
    degrees: Satterthwaite

    def item_of(self, weights: csr_array) -> Ints:
        """Item of each row (K,); -1 where a row combines several."""
        item = [np.unique(cells // self.grid.n_domains) for cells, _ in _rows(weights)]
        return np.array([each[0] if len(each) == 1 else -1 for each in item], dtype=np.int64)

    def levels(self, weights: csr_array) -> Floats:
        """Shares that rows speak of, over all waves, shape (K,); NaN where a row is no share."""
        is_share = np.array([*(item.unit == "share" for item in self.grid.items), False])
        whole = np.abs(weights.sum(axis=1) - 1) < 1e-9  # a change, say, adds up to 0
        return np.where(is_share[self.item_of(weights)] & whole, weights @ self.level, np.nan)

    def unit_variance(self, weights: csr_array) -> Floats:
        """What each unit is expected to add to the variance of rows of one item, (K, U)."""
        return np.array([self._of_row(*row) for row in _rows(weights)])

    def _of_row(self, cells: Ints, weights: Floats) -> Floats:
        """Expected square of every unit's influence on one row, shape (U,)."""
        item = cells[0] // self.grid.n_domains if len(cells) else 0
        of_items = (self.components.people, self.components.units, self.lasting, self.own)
        people, units, lasting, own = (float(each[item]) for each in of_items)
        load = self.share[:, cells] * weights * np.sqrt(self.scale[cells])
        k = self.effective[:, cells]
        wave = self._waves(cells)
        in_wave = [load[:, wave == each].sum(axis=1) ** 2 for each in np.unique(wave)]
        squares = np.divide(load**2, k, out=np.zeros_like(load), where=k > 0)
        expected = (
            lasting * load.sum(axis=1) ** 2
            + (units - lasting) * np.sum(in_wave, axis=0)
            + people * squares.sum(axis=1)
            + own * self.again.between_waves(load, cells, wave)
            + (self.sizes[:, cells] @ weights) ** 2
        )
        return self.remaining * expected

    @property
    def lasting(self) -> Floats:
        """What units keep from wave to wave; 0 where none is seen twice, so that it is unused."""
        return np.nan_to_num(self.components.lasting)

    @property
    def own(self) -> Floats:
        """What people keep from wave to wave; 0 where nobody is met twice, so that it is unused."""
        return np.nan_to_num(self.components.own)

    def _waves(self, cells: Ints) -> Ints:
        """Wave of each cell."""
        if "wave" not in self.grid.names:
            return np.zeros(len(cells), dtype=np.int64)
        place = np.unravel_index(cells % self.grid.n_domains, self.grid.shape)
        return np.asarray(place[self.grid.place("wave")])


def planned_cells(survey: Survey, grid: Grid, where: Mapping[str, Sequence[str]]) -> PlannedCells:
    """Gather from a survey what rows over a grid of cells are planned by."""
    sampling, rows = survey.sampling, survey.rows
    whole = grid_of(survey, grid.items, [], {})
    all_people = tabulate(rows, whole, {})
    components = components_of(
        all_people,
        effective_n(rows, whole, {}, all_people.n),
        sampling,
        len(grid.items),
        people_of(survey, whole, {}, all_people),
    )
    tables = tabulate(rows, grid, where)
    _, leverage = few_clusters(tables.numerator, tables.denominator, sampling)
    everywhere = np.arange(1, len(grid.items) + 1) * whole.n_domains - 1
    of_survey = _variation(all_people, sampling, grid)[everywhere]
    pooled = _all_waves(grid)
    stage = sampling.stages[0]
    return PlannedCells(
        grid=grid,
        components=components,
        share=_ratio(tables.denominator, tables.denominator.sum(axis=0)),
        effective=effective_n(rows, grid, where, tables.n),
        sizes=_estimated_sizes(tables, sampling),
        level=_ratio(tables.numerator.sum(axis=0), tables.denominator.sum(axis=0))[pooled],
        scale=_ratio(
            _variation(tables, sampling, grid)[pooled], np.repeat(of_survey, grid.n_domains)
        ),
        again=people_of(survey, grid, where, tables),
        remaining=_remaining(sampling),
        degrees=Satterthwaite(leverage, stage),
    )


def _remaining(sampling: Sampling) -> Floats:
    """Part of each stratum's units that was not drawn; none of those taken with certainty."""
    stage = sampling.stages[0]
    certain = (stage.sizes == 1) & (sampling.lonely == "certainty")
    return np.where(certain, 0.0, 1 - stage.fraction)[stage.stratum]


def _variation(tables: Tables, sampling: Sampling, grid: Grid) -> Floats:
    """How much answers vary within strata, up to a constant: p (1 - p) of shares; shape (C,)."""
    starts = sampling.stages[0].starts
    below, above = (
        np.add.reduceat(each, starts, axis=0) for each in (tables.denominator, tables.numerator)
    )
    share = _ratio(above, below)
    within = _ratio((below * share * (1 - share)).sum(axis=0), below.sum(axis=0))
    per_item = len(within) // len(grid.items)
    is_share = np.repeat([item.unit == "share" for item in grid.items], per_item)
    return np.where(is_share, within, 1.0)


def _estimated_sizes(tables: Tables, sampling: Sampling) -> Floats:
    """Error of each cell's mean that comes from strata whose sizes are estimated, (U, C)."""
    stage = sampling.stages[0]
    h, size = stage.stratum, stage.sizes[:, None]
    share = _ratio(tables.denominator, tables.denominator.sum(axis=0))
    below, above = (
        np.add.reduceat(each, stage.starts, axis=0)
        for each in (tables.denominator, tables.numerator)
    )
    mean = _ratio(above.sum(axis=0), below.sum(axis=0))
    apart = np.where(below > 0, _ratio(above, below) - mean, 0.0)
    uneven = share - (np.add.reduceat(share, stage.starts, axis=0) / size)[h]
    return np.sqrt(size / np.maximum(size - 1, 1))[h] * uneven * apart[h]


def _all_waves(grid: Grid) -> Ints:
    """Cell of the same item and group with all waves together, for every cell; shape (C,)."""
    place = [np.ravel(each) for each in np.indices(grid.shape)]
    if "wave" in grid.names:
        wave = grid.place("wave")
        place[wave] = np.full_like(place[wave], grid.shape[wave] - 1)
    domain = np.ravel_multi_index(tuple(place), grid.shape) if place else np.zeros(1, dtype=int)
    first = np.arange(len(grid.items)) * grid.n_domains
    return (first[:, None] + domain).ravel()


def _rows(weights: csr_array) -> list[tuple[Ints, Floats]]:
    """Cells and weights of each row that are not zero."""
    ends = zip(weights.indptr[:-1], weights.indptr[1:], strict=True)
    parts = [slice(int(start), int(end)) for start, end in ends]
    return [(weights.indices[part].astype(np.int64), weights.data[part]) for part in parts]


def _ratio(above: Floats, below: Floats) -> Floats:
    """Ratios; 0 where nothing is below."""
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)
