"""A table for a paper, cell by cell, before any format sets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jfmodels.errors import choose

__all__ = ["INTERVALS", "Cell", "Line", "Paper", "intervals_of"]

INTERVALS: Mapping[str, str] = {
    "beside": "behind the estimate, in brackets",
    "below": "under the estimate, in brackets",
    "none": "not at all",
}
MANY_COLUMNS = 4  # beyond them intervals stand below


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes
    ----------
    text : str
        A number as it is printed, or a name.
    interval : str
        Its interval in brackets; empty for none.
    marks : str
        Letters of the notes that it needs.
    """

    text: str
    interval: str = ""
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of cells under the heading of its group; the first cell names it."""

    group: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A table that is ready to be set.

    Attributes
    ----------
    lang : str
        Its language.
    title, subtitle : str
        What it shows; what its numbers and brackets are.
    spanner : str
        What stands above all headings but the first; empty for nothing.
    headings : tuple of str
        Of the columns; the first one is that of the names.
    lines : tuple of Line
        From top to bottom.
    notes : tuple of (str, str)
        The letter that marks the cells, empty for all, and the sentence.
    below : bool
        Whether intervals stand under their estimates.
    """

    lang: str
    title: str
    subtitle: str
    spanner: str
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[tuple[str, str], ...]
    below: bool = False

    @property
    def groups(self) -> list[tuple[str, list[Line]]]:
        """Lines by the heading that they stand under, in order."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.group, []).append(line)
        return list(found.items())


def intervals_of(chosen: str | None, columns: Sequence[str]) -> str:
    """Say where intervals stand: as chosen, or below where there are many columns."""
    if chosen is None:
        return "below" if len(columns) > MANY_COLUMNS else "beside"
    choose("place of intervals", chosen, INTERVALS)
    return chosen
