"""The lines of a trend, before anything is drawn: one group each over every wave.

A line joins waves that follow each other and were worded alike: what `changes()` compares.

Colours are those of Okabe and Ito without yellow, which is faint on white, and with grey; black
is kept for all groups together. Markers and dashes differ too, so lines stay apart in grey. The
numbers of colours, markers and dashes have no common divisor: no two lines look alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from jfmodels.errors import SpecError, listing
from jfmodels.report.plot_rows import group_columns, identifying_columns
from jfmodels.report.plot_text import Wording
from jfmodels.results.schema import FLAGS
from jfmodels.results.table import flags_of

__all__ = [
    "MOST_LINES",
    "Line",
    "Look",
    "Waves",
    "aligned",
    "flag_notes",
    "gap_notes",
    "lines_of",
    "looks",
    "reworded",
    "runs",
    "waves_of",
]

type Dash = str | tuple[int, tuple[float, ...]]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#999999")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
DASHES: tuple[Dash, ...] = ("-", (0, (5, 1.6)), (0, (1.4, 1.2)))
# as many lines as markers and dashes alone tell apart
MOST_LINES = len(MARKERS) * len(DASHES)


@dataclass(frozen=True, slots=True)
class Look:
    """How one line is told from the others."""

    colour: str
    marker: str
    dash: Dash
    width: float


@dataclass(frozen=True, slots=True)
class Waves:
    """Where the W waves lie on the axis.

    Attributes
    ----------
    values : tuple, length W
        As the table has them, in the survey's order.
    x : ndarray, shape (W,)
        Years where the table's record has them, otherwise 0, 1, 2, ...
    timed : bool
        Whether `x` are years.
    wording : mapping of str to mapping of str to int
        Of outcomes whose wording changed, the number of each wave's wording.
    """

    values: tuple[object, ...]
    x: np.ndarray
    timed: bool
    wording: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def step(self) -> float:
        """Give the shortest distance between two waves; 1 where there is one wave."""
        return float(np.diff(self.x).min()) if len(self.x) > 1 else 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One group over the W waves of the survey; missing values are gaps.

    Attributes
    ----------
    name : str
        Display text; empty where the only line has no group.
    x : ndarray, shape (W,)
        Places of the waves, moved a little so that intervals do not hide each other.
    estimate, low, high : ndarray, shape (W,)
        In the unit of the table.
    flags : tuple of tuple of str, length W
        Codes, also of waves without an estimate.
    look : Look
        Its colour, marker and dash.
    reworded : frozenset of int
        Places of waves worded otherwise than the estimate before: nothing joins the two.
    """

    name: str
    x: np.ndarray
    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    flags: tuple[tuple[str, ...], ...]
    look: Look
    reworded: frozenset[int] = frozenset()

    @property
    def drawn(self) -> np.ndarray:
        """Tell which waves have an estimate, shape (W,)."""
        return ~np.isnan(self.estimate)

    @property
    def bounded(self) -> np.ndarray:
        """Tell which waves have an estimate and both ends of an interval, shape (W,)."""
        return self.drawn & ~np.isnan(self.low) & ~np.isnan(self.high)

    @property
    def last(self) -> tuple[float, float]:
        """Give the place of the last estimate."""
        end = np.flatnonzero(self.drawn)[-1]
        return float(self.x[end]), float(self.estimate[end])


def waves_of(table: pd.DataFrame, rows: pd.DataFrame) -> Waves:
    """Place every wave of the survey, also those without a row.

    Examples
    --------
    >>> rows = pd.DataFrame({"wave": ["Q1", "Q2"]})
    >>> waves_of(rows, rows).x.tolist()
    [0.0, 1.0]
    """
    column = rows["wave"]
    ordered = isinstance(column.dtype, pd.CategoricalDtype)
    values = tuple(column.cat.categories if ordered else column.unique())
    record = table.attrs.get("record") or {}
    years = {str(wave): float(year) for wave, year in (record.get("time") or {}).items()}
    x = np.array([years.get(str(value), np.nan) for value in values])
    # a wave without a year makes a difference nan, which is not above 0
    timed = len(values) > 1 and bool(np.all(np.diff(x) > 0))
    wording = record.get("wording") or {}
    return Waves(values, x if timed else np.arange(len(values), dtype=float), timed, wording)


def lines_of(rows: pd.DataFrame, waves: Waves, words: Wording) -> list[Line]:
    """Collect the rows of each group into a line, in the order of the table.

    Raises
    ------
    SpecError
        If there are more groups than lines can be told apart, or two rows for one place.
    """
    keys = _line_columns(rows)
    groups = list(rows.groupby(keys, sort=False, dropna=False, observed=True)) if keys else []
    if len(groups) > MOST_LINES:
        raise SpecError(
            f"A trend tells at most {MOST_LINES} lines apart, and these rows have {len(groups)} "
            f"by {listing(keys)}. Draw a part of the groups, or one outcome at a time."
        )
    parts = [(_name(key, words), part) for key, part in groups] or [("", rows)]
    shifts = _shifts(len(parts), waves.step)
    each_look = looks([name == words.phrase("all") for name, _ in parts])
    return [
        _line(name, part, waves, shift, look)
        for (name, part), shift, look in zip(parts, shifts, each_look, strict=True)
    ]


def _line_columns(rows: pd.DataFrame) -> list[str]:
    """Find the columns whose values tell lines apart, leaving one row per line and wave."""
    groups = [column for column in group_columns(rows) if rows[column].notna().any()]
    told, groups = identifying_columns(rows, groups, ["wave"])
    made = [name for name in told if name not in ("outcome", "category")]
    keys = [*(name for name in told if name not in made), *groups, *made]
    repeated = int(rows.duplicated([*keys, "wave"]).sum())
    if repeated:
        raise SpecError(
            f"A line has one estimate a wave, and {repeated} rows repeat the same group and wave. "
            "Pass the table of one call, with one coverage."
        )
    return keys


def _name(key: Sequence[object], words: Wording) -> str:
    """Name a line by its group; all groups together where no part of the key is known."""
    return words.names(key) or words.phrase("all")


def _shifts(count: int, step: float) -> np.ndarray:
    """Spread lines around a wave by at most a third of the way to the next, shape (count,)."""
    if count == 1:
        return np.zeros(1)
    return np.linspace(-1, 1, count) * min(0.33, 0.035 * (count - 1)) * step


def looks(all_groups: Sequence[bool]) -> list[Look]:
    """Give each line its look; all groups together are black and wide."""
    given = []
    for k, together in enumerate(all_groups):
        colour = "#000000" if together else COLOURS[k % len(COLOURS)]
        width = 2.4 if together else 1.6
        given.append(Look(colour, MARKERS[k % len(MARKERS)], DASHES[k % len(DASHES)], width))
    return given


def aligned(panels: Sequence[Sequence[Line]], waves: Waves, words: Wording) -> list[list[Line]]:
    """Give lines of one name the same look and the same place beside a wave in all panels."""
    names = list(dict.fromkeys(line.name for lines in panels for line in lines))
    each_look = dict(zip(names, looks([n == words.phrase("all") for n in names]), strict=True))
    shifts = dict(zip(names, _shifts(len(names), waves.step), strict=True))
    return [
        [replace(line, look=each_look[line.name], x=waves.x + shifts[line.name]) for line in lines]
        for lines in panels
    ]


def _line(name: str, part: pd.DataFrame, waves: Waves, shift: float, look: Look) -> Line:
    """Set the rows of one group beside every wave of the survey."""
    placed = part.set_index(part["wave"].astype(object)).reindex(list(waves.values))
    estimate, low, high = (
        placed[column].to_numpy(dtype=float) for column in ("estimate", "low", "high")
    )
    flags = tuple(flags_of(placed))
    of_waves = waves.wording.get(str(part["outcome"].iloc[0]), {})
    changed = reworded(~np.isnan(estimate), [of_waves.get(str(each)) for each in waves.values])
    return Line(name, waves.x + shift, estimate, low, high, flags, look, changed)


def reworded(there: np.ndarray, wording: Sequence[object]) -> frozenset[int]:
    """Find the waves that were worded otherwise than the last one before.

    Parameters
    ----------
    there : ndarray of bool, shape (W,)
        Waves that count.
    wording : sequence, length W
        What is equal in waves of comparable words.

    Examples
    --------
    >>> sorted(reworded(np.array([True, True, False, True]), ["a", "b", "a", "b"]))
    [1]
    """
    asked = np.flatnonzero(there).tolist()
    return frozenset(now for before, now in pairwise(asked) if wording[now] != wording[before])


def runs(there: np.ndarray, changed: Collection[int]) -> list[np.ndarray]:
    """Split waves into runs without a gap, of one wording.

    Parameters
    ----------
    there : ndarray of bool, shape (W,)
        Waves that have a number.
    changed : collection of int
        As :func:`reworded` finds them.

    Examples
    --------
    >>> [run.tolist() for run in runs(np.array([True, True, False, True, True]), {1})]
    [[0], [1], [3, 4]]
    """
    places = np.flatnonzero(there)
    follows = [b == a + 1 and int(b) not in changed for a, b in pairwise(places)]
    breaks = [k for k, joined in enumerate(follows, start=1) if not joined]
    return np.split(places, breaks) if len(places) else []


def gap_notes(lines: Sequence[Line], waves: Waves, words: Wording) -> list[str]:
    """Say of every flag of a missing estimate where it is missing, and why."""
    codes = {code for line in lines for codes in line.flags for code in codes}
    return [
        note
        for code in FLAGS
        if code in codes
        for note in _note(code, lines, waves, words, drawn=False)
    ]


def flag_notes(
    codes: Iterable[str], lines: Sequence[Line], waves: Waves, words: Wording
) -> list[str]:
    """Say of every flag of an estimate where it applies, in place of letters at the points."""
    return [note for code in codes for note in _note(code, lines, waves, words, drawn=True)]


def _note(
    code: str, lines: Sequence[Line], waves: Waves, words: Wording, *, drawn: bool
) -> list[str]:
    """Say where a flag applies among the estimates drawn or those missing, if anywhere."""
    places = []
    for w, wave in enumerate(waves.values):
        names = [line.name for line in lines if line.drawn[w] == drawn and code in line.flags[w]]
        if names:
            places.append(_place(names, len(lines), words.name(wave), words))
    return [words.after("; ".join(places), words.flag(code))] if places else []


def _place(names: Sequence[str], count: int, wave: str, words: Wording) -> str:
    """Name a wave and the groups meant in it, unless all are."""
    if len(names) == count:
        return wave
    more = len(names) - 4
    rest = [words.phrase("more").format(count=more)] if more > 0 else []
    return f"{wave} ({', '.join([*names[:4], *rest])})"
