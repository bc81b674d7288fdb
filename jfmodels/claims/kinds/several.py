"""What can be said of several questions, or several answers to one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from jfmodels.claims.assertions import Assertion, above, rounding, within
from jfmodels.claims.kinds.shared import TINY, Names, OfSeveral, Rows, Says, at_wave, waves_named
from jfmodels.errors import listing
from jfmodels.results.estimands import Contrast, Level
from jfmodels.survey.readings import Reading

__all__ = ["SaidOrderOfOptions", "SaidOrderOfOutcomes", "SaidRange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidOrderOfOptions:
    """Some answers to a question are said to be named more often than others."""

    SAYS: ClassVar[Says] = {
        "": (
            "higher shares for {first} than for {after}",
            "des parts plus élevées pour {first} que pour {after}",
        ),
    }

    outcome: str
    first: tuple[str, ...]
    after: tuple[str, ...]
    base: str
    wave: str
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Each answer by itself."""
        every = (*self.first, *self.after)
        return tuple(Reading(self.outcome, (text,), self.base) for text in every)

    @property
    def waves(self) -> tuple[str, ...]:
        """The wave."""
        return waves_named(self.wave)

    def problems(self) -> Iterator[str]:
        """Refuse an answer before itself."""
        yield from _before_itself(self.first, self.after)

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that each of the first lies above each of the others."""
        named = [names[reading] for reading in self.readings]
        return _ordered(named[: len(self.first)], named[len(self.first) :], self.wave)

    def reproduced(self, estimates: Sequence[float]) -> bool | None:
        """Know of no published number."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidOrderOfOutcomes(OfSeveral):
    """Some questions, such as trust in some actors, are said to stand above others."""

    SAYS: ClassVar[Says] = {
        "": (
            "higher shares for {first} than for {after}",
            "des parts plus élevées pour {first} que pour {after}",
        ),
    }

    first: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Each question."""
        every = (*self.first, *self.after)
        return tuple(Reading(name, self.counting, self.base) for name in every)

    def problems(self) -> Iterator[str]:
        """Refuse a question before itself."""
        yield from _before_itself(self.first, self.after)

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that each of the first lies above each of the others."""
        named = [names[reading] for reading in self.readings]
        return _ordered(named[: len(self.first)], named[len(self.first) :], self.wave)

    def reproduced(self, estimates: Sequence[float]) -> bool | None:
        """Know of no published number."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRange(OfSeveral):
    """Several levels are said to lie between two numbers: "between 60 and 85 %"."""

    SAYS: ClassVar[Says] = {
        "": ("levels between {lowest} and {highest}", "des niveaux entre {lowest} et {highest}"),
    }

    outcomes: tuple[str, ...]
    lowest: float
    highest: float
    decimals: int

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Each question."""
        return tuple(Reading(name, self.counting, self.base) for name in self.outcomes)

    def problems(self) -> Iterator[str]:
        """Refuse ends in the wrong order."""
        if self.lowest >= self.highest:
            yield f"highest: {self.highest:g} is not above lowest: {self.lowest:g}."

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that every level lies between the ends, as they are before rounding."""
        half = rounding(self.decimals)
        ends = (self.lowest - half) / self.scale, (self.highest + half) / self.scale
        outcomes = [names[reading] for reading in self.readings]
        rows: Rows = {**at_wave(self.wave), "outcome": outcomes}
        return [within(Level(), rows, ends, equivalence=False)]

    def reproduced(self, estimates: Sequence[float]) -> bool | None:
        """Compare every level with what rounds to the ends or between them."""
        half = rounding(self.decimals) + TINY
        low, high = self.lowest - half, self.highest + half
        return all(low <= self.scale * each <= high for each in estimates)


def _ordered(first: Sequence[str], after: Sequence[str], wave: str) -> list[Assertion]:
    """Assert that every outcome of the first lies above every other."""
    rows: Rows = {**at_wave(wave), "outcome": first}
    return [above(Contrast("outcome", each), rows, 0.0) for each in after]


def _before_itself(first: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    both = [name for name in first if name in after]
    if both:
        yield f"after: {listing(both)} cannot come after itself."
