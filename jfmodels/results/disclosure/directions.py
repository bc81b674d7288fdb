r"""In which direction a protected cell may move without anything that is published moving.

Let :math:`x` be what is in the finest cells: interviews, weights, answers. All that is published
is sums of :math:`x` over domains. A cell t cannot be computed from what is published if, and
only if, there is a direction :math:`z` with :math:`t^\top z \neq 0` in which no published sum
changes. So each protected cell is given such a direction, and whatever changes along it is
withheld. The direction is the hypercube of Giessing and Repsilber: the cell and, along every
group over which anything is summed, one partner, with signs that alternate,

.. math:: z = \bigotimes_a (e_{\text{own}} - e_{\text{partner}}),

so that margins stay and the corners of the cube change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from jfmodels.results.disclosure.release import OUTSIDE, Domain, Release

__all__ = ["Corner", "Surroundings", "direction", "noticed"]

type Bools = NDArray[np.bool_]
type Ints = NDArray[np.int64]

MOST = 8  # partners tried along a group, the best ones first


@dataclass(frozen=True, slots=True)
class Corner:
    """A finest cell of a direction.

    Attributes
    ----------
    labels : tuple of str
        Its label on every axis.
    sign : int
        Whether it gains or loses.
    """

    labels: tuple[str, ...]
    sign: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the cells of one outcome and wave.

    Attributes
    ----------
    counts : mapping of domain to int
        Interviews.
    uniform : set of domain
        Where everybody gave the same answer.
    minimum : int
        Fewer interviews than these are not shown.
    taken : set of domain
        Partners of other cells, of which nothing more is lost; those chosen here are added.
    """

    counts: Mapping[Domain, int]
    uniform: frozenset[Domain]
    minimum: int
    taken: set[Domain]


def direction(
    release: Release, target: Domain, n: int, around: Surroundings, summed: Sequence[bool]
) -> tuple[Corner, ...]:
    """Choose the direction of a protected cell.

    Parameters
    ----------
    release : Release
        Axes, labels and what lies within what.
    target : Domain
        The cell.
    n : int
        Its interviews.
    around : Surroundings
        Cells that may be partners.
    summed : sequence of bool, one per axis
        Whether anything is published that is summed along it.
    """
    cube = _Cube(release, target, n, around)
    partners = cube.partners()
    moved = {axis: label for axis, label in partners.items() if summed[axis]}
    corners = [
        ({**cube.own, **dict(each)}, (-1) ** len(each)) for each in _subsets(list(moved.items()))
    ]
    finest = _finest(cube, [cube.placed(labels) for labels, _ in corners])
    return tuple(Corner(labels, sign) for labels, (_, sign) in zip(finest, corners, strict=True))


@dataclass(frozen=True, slots=True)
class _Cube:
    """A protected cell, and the cells that differ from it along its own groups."""

    release: Release
    target: Domain
    n: int
    around: Surroundings

    @property
    def own(self) -> dict[int, str]:
        """The cell's label on every axis that it is split by and that no other one implies."""
        named = {k: min(labels) for k, labels in enumerate(self.target) if labels is not None}
        implied = {parent for k in named for parent in self.larger(k, named[k])}
        return {k: label for k, label in named.items() if k not in implied}

    def placed(self, labels: Mapping[int, str]) -> dict[int, str]:
        """Add the larger groups that labels lie in."""
        found = dict(labels)
        for axis, label in labels.items():
            for parent, larger in self.larger(axis, label).items():
                found.setdefault(parent, larger)
        return found

    def larger(self, axis: int, label: str) -> dict[int, str]:
        """The larger groups that a label lies in."""
        if label == OUTSIDE:
            around = {k: self.target[k] for k in self.release.parents[axis]}
            return {k: min(labels) for k, labels in around.items() if labels is not None}
        axes = self.release.axes
        lies_in = self.release.within[axes[axis]].get(label, {})
        return {axes.index(parent): name for parent, name in lies_in.items()}

    def domain(self, labels: Mapping[int, str]) -> Domain:
        """The cell that differs from the protected one in some labels."""
        placed, own = self.placed(labels), self.own
        return tuple(
            labels
            if k in own and placed.get(k) == own[k]
            else (frozenset([placed[k]]) if k in placed else None)
            for k, labels in enumerate(self.target)
        )

    def partners(self) -> dict[int, str]:
        """One other label along every axis of the cell."""
        axes = list(self.own)
        tried = [self._candidates(axis) for axis in axes]
        best = min(product(*tried), key=lambda each: self._cost(dict(zip(axes, each, strict=True))))
        chosen = dict(zip(axes, best, strict=True))
        self.around.taken.update(
            self.domain({**self.own, **dict(each)}) for each in _subsets(list(chosen.items()))
        )
        return chosen

    def _in_turn(self, axis: int, label: str) -> bool:
        """Whether a partner is the next of the small cells in line, which suffice together.

        Where each has the next one for partner, only all of them follow from a total.
        """
        line = {
            each: self.around.counts.get(self.domain({**self.own, axis: each}), 0)
            for each in (self.own[axis], *self._others(axis))
        }
        small = sorted(each for each, n in line.items() if 0 < n < self.around.minimum)
        if self.own[axis] not in small or sum(line[each] for each in small) < self.around.minimum:
            return False
        return label == small[(small.index(self.own[axis]) + 1) % len(small)]

    def _others(self, axis: int) -> list[str]:
        inside = self.target[axis] or frozenset()
        return [label for label in self.release.labels[axis] if label not in inside]

    def _candidates(self, axis: int) -> list[str]:
        ranked = sorted(self._others(axis), key=lambda label: self._cost({axis: label}))
        return ranked[:MOST] or [OUTSIDE]

    def _cost(self, partners: Mapping[int, str]) -> tuple[object, ...]:
        """What speaks against partners, the worst first.

        A corner without interviews cannot lose any. A corner that together with the cell falls
        short, or of whom everybody gave the same answer, would leave their sum to be protected
        in its turn. A partner in another larger group makes that group change too. What is left
        is how much is lost to the reader.
        """
        others = list(islice(_subsets(list(partners.items())), 1, None))
        domains = [self.domain({**self.own, **dict(each)}) for each in others]
        found = [self.around.counts.get(domain, 0) for domain in domains]
        odd = [len(each) % 2 == 1 for each in others]
        minimum = self.around.minimum
        short = sum(
            len(each) == 1 and self.n + n < minimum and not self._in_turn(*each[0])
            for each, n in zip(others, found, strict=True)
        )
        alike = sum(
            o and domain in self.around.uniform for o, domain in zip(odd, domains, strict=True)
        )
        elsewhere = sum(
            self.larger(axis, label) != self.larger(axis, self.own[axis])
            for axis, label in partners.items()
        )
        lost = sum(
            n
            for domain, n in zip(domains, found, strict=True)
            if n >= minimum and domain not in self.around.taken
        )
        return found.count(0), short, alike, elsewhere, lost, *partners.values()


def _subsets(pairs: Sequence[tuple[int, str]]) -> Iterator[tuple[tuple[int, str], ...]]:
    """All subsets, the empty one first."""
    for kept in product((False, True), repeat=len(pairs)):
        yield tuple(pair for pair, keep in zip(pairs, kept, strict=True) if keep)


def _finest(cube: _Cube, corners: list[dict[int, str]]) -> list[tuple[str, ...]]:
    """Place corners on the axes that the cell is not split by, too.

    Groups that cross the cell's take the same label in all corners, so that their margins stay;
    groups within the cell's take one that lies where the corner does.
    """
    n_axes = len(cube.release.axes)
    for axis in range(n_axes):
        if axis not in corners[0]:
            labels = _crossing(cube, axis, corners)
            corners = [
                cube.placed({**corner, axis: label})
                for corner, label in zip(corners, labels, strict=True)
            ]
    return [tuple(corner[axis] for axis in range(n_axes)) for corner in corners]


def _crossing(cube: _Cube, axis: int, corners: Sequence[Mapping[int, str]]) -> list[str]:
    """One label for all corners if one fits them all, or else one for each."""
    fitting = [_fitting(cube, axis, corner) for corner in corners]
    common = sorted(set.intersection(*map(set, fitting)))
    if common:
        return [_lightest(cube, axis, common, corners)] * len(corners)
    return [
        _lightest(cube, axis, labels, [corner]) if labels else OUTSIDE
        for labels, corner in zip(fitting, corners, strict=True)
    ]


def _fitting(cube: _Cube, axis: int, corner: Mapping[int, str]) -> list[str]:
    """Labels that can lie where a corner does."""
    return [
        label
        for label in cube.release.labels[axis]
        if all(corner.get(k, name) == name for k, name in cube.larger(axis, label).items())
    ]


def _lightest(
    cube: _Cube, axis: int, labels: Sequence[str], corners: Sequence[Mapping[int, str]]
) -> str:
    """The label under which least is lost."""
    return min(labels, key=lambda label: _weight(cube, axis, label, corners))


def _weight(
    cube: _Cube, axis: int, label: str, corners: Iterable[Mapping[int, str]]
) -> tuple[int, int, str]:
    """How unfit, and how large, the cells are that corners would have there."""
    found = [cube.around.counts.get(cube.domain({**each, axis: label}), 0) for each in corners]
    return found.count(0), sum(n for n in found if n >= cube.around.minimum), label


def noticed(
    corners: Sequence[Corner], membership: Sequence[tuple[Mapping[str, int], Bools]]
) -> Bools:
    """Whether each of D domains changes along a direction; shape (D,).

    Parameters
    ----------
    corners : sequence of Corner
        The direction.
    membership : sequence of (mapping of str to int, ndarray (D, labels))
        Per axis the place of every label, and which labels belong to each domain.
    """
    size = len(membership[0][1]) if membership else 1  # without groups, there is one domain
    change: Ints = np.zeros(size, dtype=np.int64)
    for corner in corners:
        inside = np.ones(size, dtype=bool)
        for label, (place, members) in zip(corner.labels, membership, strict=True):
            inside &= members[:, place[label]]
        change += np.where(inside, corner.sign, 0)
    return change != 0
