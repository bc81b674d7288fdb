"""Counts that follow from counts: totals of parts, and what parts leave of a total.

Also what has no row can be told: a region's men are its people less its women, whether or not
there is a row for men, and its people are all its communes' together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

from jfmodels.results.disclosure.release import OUTSIDE, Domain, Labels, Release, filled

__all__ = ["derived"]

type Counts = Mapping[Domain, int]
type Parts = dict[Labels, int]


def derived(release: Release, counts: Counts) -> dict[Domain, int]:
    """Counts of domains that have none, step by step until nothing new follows.

    Parameters
    ----------
    release : Release
        Axes, labels and what lies within what.
    counts : mapping of domain to int
        Those of one outcome and wave.
    """
    given = [{domain[axis] for domain in counts} for axis in range(len(release.axes))]
    known, found, used = dict(counts), dict[Domain, int](), 0
    while len(known) > used:
        used = len(known)
        found |= {domain: n for domain, n in _step(release, known) if domain not in counts}
        known |= {domain: n for domain, n in found.items() if _goes_on(domain, given)}
    return found


def _goes_on(domain: Domain, given: Sequence[Collection[Labels]]) -> bool:
    """Whether more is derived from a domain: leftovers of several labels are many."""
    return all(
        labels is None or labels in each or (len(labels) == 1 and OUTSIDE not in labels)
        for labels, each in zip(domain, given, strict=True)
    )


def _step(release: Release, counts: Counts) -> Iterator[tuple[Domain, int]]:
    """What follows at once."""
    families: dict[tuple[int, Domain], Parts] = defaultdict(dict)
    for domain, n in counts.items():
        for axis, labels in enumerate(domain):
            for total in _totals(release, domain, axis):
                families[axis, total][labels] = n
    for (axis, total), parts in families.items():
        single = {next(iter(part)): n for part, n in parts.items() if part and len(part) == 1}
        inside = _inside(release, total, axis)
        if None not in parts and inside <= set(single):
            yield total, sum(single[label] for label in inside)
        for whole, without, n in _left(parts, single):
            left = frozenset(inside if whole is None else whole & inside) - without
            yield _at(release, total, axis, left or frozenset([OUTSIDE])), n


def _totals(release: Release, domain: Domain, axis: int) -> Iterator[Domain]:
    """Domains that sum over an axis, and over larger groups that it implies."""
    implied = release.parents[axis] if domain[axis] is not None else frozenset()
    for size in range(len(implied) + 1):
        for dropped in combinations(sorted(implied), size):
            yield tuple(
                None if k == axis or k in dropped else labels for k, labels in enumerate(domain)
            )


def _left(
    parts: Mapping[Labels, int], single: Mapping[str, int]
) -> Iterator[tuple[Labels, frozenset[str], int]]:
    """What parts leave of a total: the total, the labels taken away, and how many are left."""
    for whole, n in parts.items():
        if whole is not None and len(whole) == 1:
            continue
        taken = frozenset(label for label in single if whole is None or label in whole)
        if taken:
            yield whole, taken, n - sum(single[label] for label in taken)
        for part, m in parts.items():
            if part is not None and len(part) > 1 and (whole is None or part < whole):
                yield whole, part, n - m


def _inside(release: Release, total: Domain, axis: int) -> set[str]:
    """Labels of an axis that lie in a domain."""
    places = {name: k for k, name in enumerate(release.axes)}
    lies_in = release.within[release.axes[axis]]
    return {
        label
        for label in release.labels[axis]
        if all(
            _holds(total[places[parent]], larger)
            for parent, larger in lies_in.get(label, {}).items()
        )
    }


def _holds(labels: Labels, label: str) -> bool:
    return labels is None or label in labels


def _at(release: Release, total: Domain, axis: int, labels: frozenset[str]) -> Domain:
    """A part of a domain along an axis."""
    named = dict(zip(release.axes, total, strict=True)) | {release.axes[axis]: labels}
    known = {name: each for name, each in named.items() if each is not None}
    return filled(release.axes, known, release.within)
