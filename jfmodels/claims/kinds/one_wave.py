"""What can be said of one number in one wave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from jfmodels.claims.assertions import Assertion, above
from jfmodels.claims.kinds.shared import Names, OfOne, Published, Says, at_wave, beyond
from jfmodels.results.estimands import Level
from jfmodels.survey.readings import MEAN

__all__ = ["SaidBound", "SaidLevel", "SaidMajority"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidLevel(OfOne):
    """A level was published: "52 % say"."""

    SAYS: ClassVar[Says] = {
        "": (
            "a level of {number}, give or take {tolerance}",
            "un niveau de {number}, à {tolerance} près",
        ),
    }

    number: float
    decimals: int
    tolerance: float

    @property
    def published(self) -> Published:
        """The number as published."""
        return Published(self.number, self.decimals, self.tolerance, self.scale)

    def problems(self) -> Iterator[str]:
        """Hold the tolerance against the rounding, and the number against what shares can be."""
        yield from self.published.problems()
        if self.counting != (MEAN,) and not 0 <= self.number <= 100:
            yield f"number: a share lies between 0 and 100 %; found {self.number:g}."

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that the level is the number."""
        return [self.published.assertion(Level(), at_wave(self.wave))]

    def reproduced(self, estimates: Sequence[float]) -> bool | None:
        """Compare with what rounds to the number."""
        return self.published.found(estimates[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidBound(OfOne):
    """A level is said to lie above or below a number: "more than half"."""

    SAYS: ClassVar[Says] = {
        "above": ("a level above {number}", "un niveau supérieur à {number}"),
        "below": ("a level below {number}", "un niveau inférieur à {number}"),
    }

    side: str
    number: float

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that the level lies on the side."""
        return [beyond(Level(), at_wave(self.wave), self.side, self.number / self.scale)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidMajority(OfOne):
    """More than half are said to answer so."""

    SAYS: ClassVar[Says] = {
        "": ("a majority", "une majorité"),
    }

    def problems(self) -> Iterator[str]:
        """Refuse the mean."""
        if self.counting == (MEAN,):
            yield "counting: a majority is one of people; name the categories that count."

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that the share is above a half."""
        return [above(Level(), at_wave(self.wave), 0.5)]
