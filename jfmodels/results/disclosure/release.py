"""What the tables of one release tell of: cells, each an outcome in a wave in a domain.

A level tells of one cell. A comparison counts as telling of every cell that it compares, though
it says less: whoever knows one side and the difference knows the other side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

__all__ = [
    "OUTSIDE",
    "Cell",
    "Domain",
    "Labels",
    "Release",
    "Row",
    "Side",
    "filled",
]

type Labels = frozenset[str] | None
type Domain = tuple[Labels, ...]

OUTSIDE = ""  # stands for every label of a group that the release does not name


@dataclass(frozen=True, slots=True)
class Cell:
    """An outcome in a wave in a domain.

    Attributes
    ----------
    survey, outcome, wave : str
        Fingerprint of the data, and labels; `wave` is empty where there are none.
    domain : tuple
        On every axis of the release the labels that belong; None for all together.
    """

    survey: str
    outcome: str
    wave: str
    domain: Domain


@dataclass(frozen=True, slots=True)
class Side:
    """What a row tells of.

    Attributes
    ----------
    cell : Cell
        Where.
    answers : frozenset of str or None
        The answers whose share is told; None for any.
    drawn : bool
        Whether what is told of them is a model's, from draws.
    """

    cell: Cell
    answers: frozenset[str] | None
    drawn: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    table, place : int
        Where it stands.
    sides : tuple of Side
        What it tells of.
    n : int
        Interviews behind it.
    estimate : float
        What it says.
    level : bool
        Whether it speaks of one cell, whose interviews `n` counts, rather than of several.
    index : bool
        Whether it averages outcomes.
    uniform : bool
        Whether all interviews gave the same answer.
    """

    table: int
    place: int
    sides: tuple[Side, ...]
    n: int
    estimate: float
    level: bool
    index: bool
    uniform: bool


@dataclass(frozen=True)
class Release:
    """All rows of a release.

    Attributes
    ----------
    axes : tuple of str
        Groups and domains of all tables.
    within : mapping
        Per axis and label, the labels of the larger groups that it lies in.
    rows : tuple of Row
        In order.
    """

    axes: tuple[str, ...]
    within: Mapping[str, Mapping[str, Mapping[str, str]]]
    rows: tuple[Row, ...]

    @cached_property
    def counts(self) -> dict[Cell, int]:
        """Interviews in every cell that has a row of its own."""
        found: dict[Cell, int] = {}
        for row in self.rows:
            if row.level:
                cell = row.sides[0].cell
                found[cell] = min(row.n, found.get(cell, row.n))
        return found

    @cached_property
    def by_wave(self) -> dict[tuple[str, str, str], dict[Domain, int]]:
        """Those counts by survey, outcome and wave."""
        found: dict[tuple[str, str, str], dict[Domain, int]] = defaultdict(dict)
        for cell, n in self.counts.items():
            found[cell.survey, cell.outcome, cell.wave][cell.domain] = n
        return found

    @cached_property
    def uniform(self) -> dict[tuple[object, ...], set[Domain]]:
        """Domains where all gave the same answer, by survey, outcome, wave and answer."""
        found: dict[tuple[object, ...], set[Domain]] = defaultdict(set)
        for side in (row.sides[0] for row in self.rows if row.level and row.uniform):
            cell = side.cell
            found[cell.survey, cell.outcome, cell.wave, side.answers].add(cell.domain)
        return found

    @cached_property
    def shares(self) -> dict[tuple[str, str], dict[tuple[str, Domain], dict[str, float]]]:
        """Shares of single answers by survey and outcome, and by wave and domain."""
        found: dict[tuple[str, str], dict[tuple[str, Domain], dict[str, float]]]
        found = defaultdict(lambda: defaultdict(dict))
        for row in self.rows:
            side = row.sides[0]
            if row.level and not side.drawn and side.answers and len(side.answers) == 1:
                at = found[side.cell.survey, side.cell.outcome][side.cell.wave, side.cell.domain]
                at[min(side.answers)] = row.estimate
        return found

    @cached_property
    def parents(self) -> tuple[frozenset[int], ...]:
        """For every axis, the axes of the larger groups that its labels lie in."""
        places = {name: k for k, name in enumerate(self.axes)}
        return tuple(
            frozenset(
                places[larger] for lies_in in self.within[name].values() for larger in lies_in
            )
            for name in self.axes
        )

    @cached_property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """Labels of every axis that occur."""
        seen: list[set[str]] = [set() for _ in self.axes]
        for domain in {side.cell.domain for row in self.rows for side in row.sides}:
            for labels, found in zip(domain, seen, strict=True):
                found.update(labels or ())
        return tuple(tuple(sorted(each)) for each in seen)


def filled(
    axes: Sequence[str],
    at: Mapping[str, frozenset[str]],
    within: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> Domain:
    """A domain, with the larger groups that its labels lie in."""
    domain = dict(at)
    for name, labels in at.items():
        places = [within[name].get(label, {}) for label in labels]
        for parent in set.intersection(*(set(each) for each in places)):
            domain.setdefault(parent, frozenset(each[parent] for each in places))
    return tuple(domain.get(name) for name in axes)
