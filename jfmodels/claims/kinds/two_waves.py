"""What can be said of one number in two waves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from jfmodels.claims.assertions import Assertion, above, below, within
from jfmodels.claims.kinds.shared import BetweenWaves, Names, Published, Rows, Says
from jfmodels.results.estimands import Change

__all__ = ["SaidChange", "SaidChangeOf", "SaidRemains", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidChange(BetweenWaves):
    """Something is said to have risen or fallen, by more than a margin."""

    SAYS: ClassVar[Says] = {
        "up": ("a rise{beyond}", "une hausse{beyond}"),
        "down": ("a fall{beyond}", "une baisse{beyond}"),
    }

    direction: str
    margin: float = 0.0

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that the change has the direction."""
        return [
            moved(
                Change(self.against), {"wave": self.wave}, self.direction, self.margin / self.scale
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidChangeOf(BetweenWaves):
    """A change was published: "rose by 27 points"; a fall has a negative number."""

    SAYS: ClassVar[Says] = {
        "": (
            "a change of {change}, give or take {tolerance}",
            "une variation de {change}, à {tolerance} près",
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
        """Hold the tolerance against the rounding."""
        yield from BetweenWaves.problems(self)
        yield from self.published.problems()

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that the change is the number."""
        return [self.published.assertion(Change(self.against), {"wave": self.wave})]

    def reproduced(self, estimates: Sequence[float]) -> bool | None:
        """Compare with what rounds to the number."""
        return self.published.found(estimates[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRemains(BetweenWaves):
    """Something is said to have remained as it was, give or take a margin."""

    SAYS: ClassVar[Says] = {
        "": ("a change of no more than {margin}", "une variation d'au plus {margin}"),
    }

    margin: float

    def problems(self) -> Iterator[str]:
        """Ask for a margin of some width."""
        yield from BetweenWaves.problems(self)
        if self.margin <= 0:
            yield "margin: nothing remains exactly the same; which change would be negligible?"

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that the change lies within the margin."""
        half = self.margin / self.scale
        rows = {"wave": self.wave}
        return [within(Change(self.against), rows, (-half, half), equivalence=True)]


def moved(change: Change, rows: Rows, direction: str, margin: float) -> Assertion:
    """Assert that rows moved in a direction, by more than a margin."""
    return above(change, rows, margin) if direction == "up" else below(change, rows, -margin)
