"""What can be said of groups, such as regions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from jfmodels.claims.assertions import Assertion
from jfmodels.claims.kinds.shared import BetweenWaves, Names, OfOne, Rows, Says, at_wave, beyond
from jfmodels.claims.kinds.two_waves import moved
from jfmodels.results.estimands import Change, Contrast, DiffInDiff

__all__ = ["SaidComparison", "SaidLargest", "SaidSteepest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidComparison(OfOne):
    """Some groups are said to lie above or below another, each of them."""

    SAYS: ClassVar[Says] = {
        "above": (
            "levels of {groups} above that of {reference}{beyond}",
            "des niveaux supérieurs à celui de {reference}{beyond} : {groups}",
        ),
        "below": (
            "levels of {groups} below that of {reference}{beyond}",
            "des niveaux inférieurs à celui de {reference}{beyond} : {groups}",
        ),
    }

    along: str
    groups: tuple[str, ...]
    reference: str
    side: str
    margin: float = 0.0

    def problems(self) -> Iterator[str]:
        """Refuse a group against itself."""
        if self.reference in self.groups:
            yield f"reference: '{self.reference}' is set against itself."

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that all contrasts with the reference have the side."""
        margin = self.margin / self.scale
        rows: Rows = {**at_wave(self.wave), self.along: self.groups}
        contrast = Contrast(self.along, self.reference)
        end = margin if self.side == "above" else -margin
        return [beyond(contrast, rows, self.side, end)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidLargest(OfOne):
    """One group is said to have the highest, or the lowest, level of all."""

    SAYS: ClassVar[Says] = {
        "highest": (
            "the highest level of all in {group}",
            "le niveau le plus élevé de tous : {group}",
        ),
        "lowest": ("the lowest level of all in {group}", "le niveau le plus bas de tous : {group}"),
    }

    along: str
    group: str
    extreme: str

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that all others lie on the other side of it."""
        contrast, rows = Contrast(self.along, self.group), at_wave(self.wave)
        side = "below" if self.extreme == "highest" else "above"
        return [beyond(contrast, rows, side, 0.0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidSteepest(BetweenWaves):
    """One group is said to have risen, or fallen, and more so than every other."""

    SAYS: ClassVar[Says] = {
        "up": (
            "a rise{beyond} in {group}, the steepest of all",
            "une hausse{beyond}, la plus forte de toutes : {group}",
        ),
        "down": (
            "a fall{beyond} in {group}, the steepest of all",
            "une baisse{beyond}, la plus forte de toutes : {group}",
        ),
    }

    along: str
    group: str
    direction: str
    margin: float = 0.0

    def assertions(self, names: Names) -> list[Assertion]:
        """Say that it moved, and that no other moved as far."""
        rows = {"wave": self.wave}
        itself = {**rows, self.along: self.group}
        apart = DiffInDiff(self.along, self.group, self.against)
        side = "below" if self.direction == "up" else "above"
        itself_moved = moved(
            Change(self.against, self.along), itself, self.direction, self.margin / self.scale
        )
        return [itself_moved, beyond(apart, rows, side, 0.0)]
