"""Which cells of a release must be protected, and what gives them away.

Three kinds of cells are: those of fewer interviews than the minimum, whether they have a row or
are what is left of a total; and those of whom all gave the same answer, since whoever knows that
somebody took part knows what they said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from jfmodels.results.disclosure.derived import derived
from jfmodels.results.disclosure.directions import Surroundings, direction, noticed
from jfmodels.results.disclosure.release import OUTSIDE, Cell, Domain, Labels, Release, Side

__all__ = ["withheld_rows"]

type Bools = NDArray[np.bool_]
type Stratum = tuple[str, str]  # survey and wave, across which nothing is summed

ROUNDING = 1e-9  # of shares that add up to one


@dataclass(frozen=True, slots=True)
class Target:
    """A cell to be protected.

    Attributes
    ----------
    cell : Cell
        Where.
    n : int
        Interviews in it.
    answers : frozenset of str or None
        What all, or none, of them answered; None where the cell is too small to be spoken of.
    uniform : bool
        Whether it is protected for its answers.
    """

    cell: Cell
    n: int
    answers: frozenset[str] | None = None
    uniform: bool = False


def withheld_rows(release: Release, minimum: int) -> Bools:
    """Say of every row of a release whether it must be withheld; shape (rows,)."""
    told = _told(release, minimum)
    return np.array(
        [
            0 < row.n < minimum or row.uniform or not told.isdisjoint(row.sides)
            for row in release.rows
        ],
        dtype=bool,
    )


def _told(release: Release, minimum: int) -> set[Side]:
    """What must not be told, as it changes with a protected cell."""
    strata = _strata(release)
    alike = _same_base(release, minimum)
    told: set[Side] = set()
    taken: dict[tuple[object, ...], set[Domain]] = defaultdict(set)
    small = dict.fromkeys(sorted(_small(release, minimum), key=_order))
    for target in chain(small, _remainders(release, minimum), _uniform(release, minimum)):
        stratum = strata[target.cell.survey, target.cell.wave]
        cell, split = target.cell, tuple(each is not None for each in target.cell.domain)
        others = taken[cell.survey, cell.outcome, cell.wave, split]
        others = others if target in small else set(others)
        changed = stratum.changed(release, target, _around(release, target, minimum, others))
        if target.uniform:
            told |= _telling_answers(release, target, changed)
        else:
            outcomes = {cell.outcome} | alike[cell.survey, cell.wave, cell.outcome]
            told |= {side for side in changed if side.cell.outcome in outcomes}
    return told


def _order(target: Target) -> tuple[object, ...]:
    """An order that depends on nothing but the cells: the smallest first."""
    cell = target.cell
    domain = [sorted(each) if each else [] for each in cell.domain]
    return target.n, cell.survey, cell.outcome, cell.wave, domain


# ------------------------------------------------------------------------- what is protected


def _small(release: Release, minimum: int) -> Iterator[Target]:
    """Cells of too few interviews.

    Where only comparisons tell of a cell, the largest of their counts is the least it can have.
    """
    counts, least = release.counts, dict[Cell, int]()
    for row in release.rows:
        for cell in () if row.level or row.index else {side.cell for side in row.sides}:
            least[cell] = max(row.n, least.get(cell, 0))
    for cell, n in {**least, **counts}.items():
        if 0 < n < minimum:
            yield Target(cell, n)


def _uniform(release: Release, minimum: int) -> Iterator[Target]:
    """Answers that all of a cell, or none, have given."""
    known = {row.sides[0] for row in release.rows if row.level}
    for row in release.rows:
        if row.uniform and row.n >= minimum:
            for side in row.sides if row.level else set(row.sides) - known:
                yield Target(side.cell, row.n, side.answers, uniform=True)


def _remainders(release: Release, minimum: int) -> Iterator[Target]:
    """Small cells that have no row, but follow from rows that are large enough to be shown."""
    for (survey, outcome, wave), counts in release.by_wave.items():
        shown = {domain: n for domain, n in counts.items() if n == 0 or n >= minimum}
        for domain, n in derived(release, shown).items():
            if 0 < n < minimum:
                yield Target(Cell(survey, outcome, wave, domain), n)


# ----------------------------------------------------------------------- what gives it away


@dataclass(frozen=True, slots=True, eq=False)
class _Stratum:
    """All that is told of one wave.

    Attributes
    ----------
    sides : list of list of Side
        By domain.
    domains : list of Domain
        Without repetition.
    membership : list of (mapping of str to int, ndarray of bool (D, labels))
        Per axis the place of every label, and which labels belong to each domain.
    """

    sides: list[list[Side]]
    domains: list[Domain]
    membership: list[tuple[dict[str, int], Bools]]

    def changed(self, release: Release, target: Target, around: Surroundings) -> set[Side]:
        """What changes along the direction of a protected cell."""
        domain = target.cell.domain
        summed = [self._summed(axis, labels) for axis, labels in enumerate(domain)]
        corners = direction(release, domain, target.n, around, summed)
        places = np.flatnonzero(noticed(corners, self.membership))
        return {side for place in places for side in self.sides[place]}

    def _summed(self, axis: int, labels: Labels) -> bool:
        """Whether anything is told of a larger part of an axis than these labels."""
        if labels is None:
            return False
        place, members = self.membership[axis]
        larger = members[:, place[min(labels)]]
        return any(self.domains[k][axis] != labels for k in np.flatnonzero(larger))


def _strata(release: Release) -> dict[Stratum, _Stratum]:
    """Sort what is told by wave."""
    told: dict[Stratum, dict[Domain, list[Side]]] = defaultdict(lambda: defaultdict(list))
    for side in dict.fromkeys(side for row in release.rows for side in row.sides):
        told[side.cell.survey, side.cell.wave][side.cell.domain].append(side)
    return {
        stratum: _Stratum(
            list(sides.values()),
            list(sides),
            [_members(release, axis, list(sides)) for axis in range(len(release.axes))],
        )
        for stratum, sides in told.items()
    }


def _members(
    release: Release, axis: int, domains: Sequence[Domain]
) -> tuple[dict[str, int], Bools]:
    """Which labels of an axis belong to every domain."""
    place = {label: k for k, label in enumerate((*release.labels[axis], OUTSIDE))}
    members = np.zeros((len(domains), len(place)), dtype=bool)
    for k, domain in enumerate(domains):
        labels = domain[axis]
        members[k, [place[label] for label in (place if labels is None else labels)]] = True
    return place, members


def _around(release: Release, target: Target, minimum: int, taken: set[Domain]) -> Surroundings:
    """What is known of cells that may be partners."""
    cell = target.cell
    counts = release.by_wave[cell.survey, cell.outcome, cell.wave]
    alike = release.uniform[cell.survey, cell.outcome, cell.wave, target.answers]
    return Surroundings(counts, frozenset(alike if target.uniform else ()), minimum, taken)


def _telling_answers(release: Release, target: Target, changed: Iterable[Side]) -> set[Side]:
    """What tells of an answer, or of the one that stands against it."""
    cell, answers = target.cell, target.answers
    own = None if answers is None else min(answers)
    partner = OUTSIDE if answers is None else _other_answer(release, cell, answers)
    return {
        side
        for side in changed
        if side.cell.outcome in (cell.outcome, "") and not side.drawn
        if side.answers is None or own is None or (own in side.answers) != (partner in side.answers)
    }


def _other_answer(release: Release, cell: Cell, answers: frozenset[str]) -> str:
    """The answer that takes what another one gives, where shares may add up to one."""
    told = release.shares[cell.survey, cell.outcome]
    others = {answer for shares in told.values() for answer in shares} - answers
    several = any(sum(shares.values()) > 1 + ROUNDING for shares in told.values())
    if several or not others:
        return OUTSIDE
    here = told.get((cell.wave, cell.domain), {})
    return min(others, key=lambda each: (not here.get(each), here.get(each, 1.0), each))


def _same_base(release: Release, minimum: int) -> dict[tuple[object, ...], set[str]]:
    """Outcomes that the same people of a wave answered, as far as any of its counts tells."""
    found: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for cell, n in release.counts.items():
        if n >= minimum:
            found[cell.survey, cell.wave, cell.domain, n].add(cell.outcome)
    alike: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for (survey, wave, *_), outcomes in found.items():
        for outcome in outcomes:
            alike[survey, wave, outcome] |= outcomes
    return alike
