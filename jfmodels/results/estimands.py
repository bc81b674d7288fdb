"""What is asked of a belief: frozen questions, each of which plans its rows over the cells.

A difference in differences is a contrast of changes; an index is any question, averaged over
outcomes. To add a question, write its record with `axes` and `plan`; steps are in
:mod:`jfmodels.results.plans`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose, listing, unknown
from jfmodels.model.cells import Grid
from jfmodels.model.items import Item
from jfmodels.results.marginal_effects import effect_of
from jfmodels.results.plans import (
    ITEM_AXES,
    SCALES,
    Plan,
    along_groups,
    change,
    contrast,
    gather,
    groups_of,
    level,
    require_one_unit,
    same_wording,
    take,
    time_of,
)
from jfmodels.survey.design import Names, as_names

__all__ = [
    "Change",
    "Contrast",
    "DiffInDiff",
    "Estimand",
    "Index",
    "Level",
    "Range",
    "Slope",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


class Estimand(Protocol):
    """A question."""

    @property
    def axes(self) -> tuple[str, ...]:
        """Groups that the cells must be split by."""
        ...

    def plan(self, grid: Grid) -> Plan:
        """Turn the question into weights over the cells."""
        ...


@dataclass(frozen=True, slots=True)
class Level:
    """The level in each wave, split by groups.

    Parameters
    ----------
    by : str or list of str, optional
        Groups.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army", by="region")
    >>> len(fit.estimate(jf.Level("region")))  # six waves of four regions
    24
    """

    by: Names = None

    @property
    def axes(self) -> tuple[str, ...]:
        """Groups that the cells must be split by."""
        return as_names(self.by)

    def plan(self, grid: Grid) -> Plan:
        """List the cells of every wave and group."""
        return level(grid, self.axes)


@dataclass(frozen=True, slots=True)
class Change:
    """The change of each level against another wave.

    Parameters
    ----------
    against : {"previous", "first", "all"} or str, default "previous"
        The previous or the first wave that asked, every earlier one, or a wave's name.
    by : str or list of str, optional
        Groups.
    scale : {"difference", "ratio", "log_ratio", "log_odds_ratio"}
        How the two levels are set against each other.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army", by="region")
    >>> fit.estimate(jf.Change("first", scale="ratio"))["unit"].unique().tolist()
    ['ratio of shares']
    """

    against: str = "previous"
    by: Names = None
    scale: str = "difference"

    @property
    def axes(self) -> tuple[str, ...]:
        """Groups that the cells must be split by."""
        return as_names(self.by)

    def plan(self, grid: Grid) -> Plan:
        """Set every level against its reference wave."""
        choose("scale", self.scale, SCALES)
        return change(level(grid, self.axes), grid, self.against, self.scale)


@dataclass(frozen=True, slots=True)
class Contrast:
    """The distance of each group, outcome or category from another.

    Parameters
    ----------
    along : str
        A group, ``"outcome"`` or ``"category"``.
    reference : str, optional
        What the others are set against; ``"others"`` for the plain mean of the others,
        None for every pair.
    by : str or list of str, optional
        Further groups, within which to compare.
    scale : {"difference", "ratio", "log_ratio", "log_odds_ratio"}
        How the two are set against each other.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army", by="region")
    >>> fit.estimate(jf.Contrast("region", reference="Mopti"))["region_ref"].unique().tolist()
    ['Mopti']
    """

    along: str
    reference: str | None = None
    by: Names = None
    scale: str = "difference"

    @property
    def axes(self) -> tuple[str, ...]:
        """Groups that the cells must be split by."""
        return _with_axis(as_names(self.by), self.along)

    def plan(self, grid: Grid) -> Plan:
        """Set every level against its reference."""
        choose("scale", self.scale, SCALES)
        return contrast(level(grid, self.axes), grid, self.along, self.reference, self.scale)


@dataclass(frozen=True, slots=True)
class DiffInDiff:
    """How much more one group changed than another.

    Parameters
    ----------
    along : str
        A group, ``"outcome"`` or ``"category"``.
    reference : str, optional
        As in :class:`Contrast`.
    against : str, default "previous"
        As in :class:`Change`.
    by : str or list of str, optional
        Further groups, within which to compare.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army", by="region")
    >>> table = fit.estimate(jf.DiffInDiff("region", reference="Mopti", against="Q1"))
    >>> table["estimand"].unique().tolist()
    ['difference in differences']
    """

    along: str
    reference: str | None = None
    against: str = "previous"
    by: Names = None

    @property
    def axes(self) -> tuple[str, ...]:
        """Groups that the cells must be split by."""
        return _with_axis(as_names(self.by), self.along)

    def plan(self, grid: Grid) -> Plan:
        """Contrast the changes."""
        changes = change(level(grid, self.axes), grid, self.against, "difference")
        flat = replace(changes, weights=changes.combined, against=None)
        compared = contrast(flat, grid, self.along, self.reference, "difference")
        return replace(compared, estimand="difference in differences")


@dataclass(frozen=True, slots=True)
class Slope:
    """The straight line through the waves: its rise per year, or per wave.

    Parameters
    ----------
    by : str or list of str, optional
        Groups.
    per : {"year", "wave"}, default "year"
        Real time between the waves' midpoints, or waves counted as evenly spaced.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army", by="region")
    >>> fit.estimate(jf.Slope("region"))["unit"].unique().tolist()
    ['share per year']
    """

    by: Names = None
    per: str = "year"

    @property
    def axes(self) -> tuple[str, ...]:
        """Groups that the cells must be split by."""
        return as_names(self.by)

    def plan(self, grid: Grid) -> Plan:
        """Weight every wave that asked by its distance from the middle of time."""
        time = time_of(grid, self.per)
        levels = level(grid, self.axes)
        place = grid.place("wave")
        first, group = groups_of(_ignoring(levels, place))
        rows = [np.flatnonzero(group == k) for k in range(len(first))]
        mix = np.zeros((len(first), len(group)))
        for k, members in enumerate(rows):
            wave = levels.domain[members, place]
            mix[k, members] = _least_squares(time[wave], grid.asked[levels.item[members], wave])
        line = gather(levels, mix, first)
        domain = line.domain.copy()
        domain[:, place] = -1
        same = np.array([same_wording(levels, grid, members) for members in rows])
        return replace(
            line, estimand="slope", comparable=same, unit=f" per {self.per}", domain=domain
        )


@dataclass(frozen=True, slots=True)
class Index:
    """The plain mean of several outcomes, each with one category shown.

    Parameters
    ----------
    outcomes : sequence of str
        The outcomes averaged.
    of : Estimand, default Level()
        What is asked of the mean: its levels, changes, contrasts, slopes.
    name : str, default "index"
        Its name in tables.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), ["trust_army", "trust_police"])
    >>> trust = jf.Index(["trust_army", "trust_police"], of=jf.Change(), name="trust")
    >>> fit.estimate(trust)["outcome"].unique().tolist()
    ['trust']
    """

    outcomes: Names
    of: Estimand = Level()
    name: str = "index"

    @property
    def axes(self) -> tuple[str, ...]:
        """Groups that the cells must be split by."""
        return self.of.axes

    @property
    def effect(self) -> str:
        """The covariate whose effect is averaged over the outcomes, where one is."""
        return effect_of(self.of)

    def plan(self, grid: Grid) -> Plan:
        """Average the rows that `of` has for the outcomes."""
        members = self._members(grid.items)
        asked = grid.asked.copy()
        asked[members] = asked[members].all(axis=0)  # a wave that asked only some has no index
        rows = self.of.plan(replace(grid, asked=asked))
        kept = take(rows, np.flatnonzero(np.isin(rows.item, members)))
        if not len(kept.item):
            raise SpecError("No two waves asked all outcomes of the index.")
        first, group = groups_of(np.column_stack([kept.domain, kept.domain_ref]))
        mix = (np.arange(len(first))[:, None] == group).astype(float)
        mean = gather(kept, mix / mix.sum(axis=1, keepdims=True), first)
        unit = rows.items[kept.item[0]].unit
        return replace(
            mean,
            items=(Item(self.name, "", "", unit=unit),),
            item=np.zeros_like(mean.item),
            item_ref=np.where(mean.item_ref >= 0, 0, -1),
            comparable=np.array([kept.comparable[group == k].all() for k in range(len(first))]),
        )

    def _members(self, items: tuple[Item, ...]) -> list[int]:
        """Find the outcomes among the items: one category each, all of one unit."""
        known = [item.outcome for item in items]
        if isinstance(self.of, Range):
            raise SpecError("An index has one outcome, so nothing to range over along outcomes.")
        for name in as_names(self.outcomes):
            if name not in known:
                raise SpecError(unknown("outcome", name, dict.fromkeys(known)))
            if known.count(name) > 1:
                raise SpecError(f"An index takes one category of each outcome; '{name}' has more.")
        members = [known.index(name) for name in as_names(self.outcomes)]
        units = {items[k].unit for k in members}
        if len(units) != 1:
            raise SpecError(f"An index averages numbers of one unit; found {listing(units)}.")
        return members


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest and the highest among outcomes or groups, and their distance.

    Parameters
    ----------
    along : str, default "outcome"
        Among what: ``"outcome"``, ``"category"`` or a group.
    by : str or list of str, optional
        Further groups, within which to compare.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army", by="region")
    >>> table = fit.estimate(jf.Range("region"), where={"wave": "Q6"})
    >>> table["estimand"].tolist()
    ['lowest', 'highest', 'range']
    """

    along: str = "outcome"
    by: Names = None

    @property
    def axes(self) -> tuple[str, ...]:
        """Groups that the cells must be split by."""
        return _with_axis(as_names(self.by), self.along)

    def plan(self, grid: Grid) -> Plan:
        """List the levels among which to look."""
        plan = level(grid, self.axes)
        if self.along in ITEM_AXES:
            require_one_unit(plan)
        if self.along != "wave":
            return plan
        comparable = plan.comparable.copy()
        for rows in self.groups(plan, grid):
            comparable[rows] = same_wording(plan, grid, rows)
        return replace(plan, comparable=comparable)

    def groups(self, plan: Plan, grid: Grid) -> list[Ints]:
        """Rows of the plan that are compared with each other.

        Parameters
        ----------
        plan : Plan
            As `plan` lists the levels.
        grid : Grid
            The cells.

        Returns
        -------
        list of ndarray of int
            Row numbers, one array for each comparison.

        Examples
        --------
        >>> import jfmodels as jf
        >>> grid = jf.direct(jf.example(), "trust_army").joint("region").grid
        >>> asked = Range("region")
        >>> [len(rows) for rows in asked.groups(asked.plan(grid), grid)]
        [4, 4, 4, 4, 4, 4]
        """
        return along_groups(plan, grid, self.along)


def _with_axis(by: tuple[str, ...], along: str) -> tuple[str, ...]:
    """Split by an axis too, unless items lie along it."""
    return by if along in (*by, *ITEM_AXES, "wave") else (*by, along)


def _ignoring(plan: Plan, place: int) -> Ints:
    """What rows share that differ along one axis alone."""
    return np.column_stack([plan.item, np.delete(plan.domain, place, axis=1)])


def _least_squares(time: Floats, asked: NDArray[np.bool_]) -> Floats:
    """Weights under which levels give the slope of their straight line; shape (n_waves,)."""
    centred = np.where(asked, time - time[asked].mean() if asked.any() else 0.0, 0.0)
    squares = centred @ centred
    return centred / squares if squares > 0 else np.full(len(time), np.nan)
