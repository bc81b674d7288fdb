"""Changes, contrasts, differences in differences and slopes, one row each, against zero."""

from __future__ import annotations

from functools import partial
from math import floor, log10

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jfmodels.report.plot_canvas import (
    GREY,
    INK,
    clean_axes,
    format_axis,
    height_in_points,
    new_axes,
    write_notes,
    write_title,
)
from jfmodels.report.plot_comparisons import EFFECT, SURE, Forest, forest_of
from jfmodels.report.plot_rows import (
    FlagMarks,
    Unit,
    comparison_rows,
    flag_marks,
    has_values,
    interval_key,
    is_simulated,
    subject,
    unit_of,
)
from jfmodels.report.plot_text import PHRASES, Labels, Wording, wording

__all__ = ["plot_changes"]

DARK = "#0B4F7D"
LIGHT = "#93B7CE"
ROW_HEIGHT = 0.29
ROW_SIZE = 9.0
# room between blocks of rows, in rows
BLOCK_GAP = 0.7
MINUS = "\\N{MINUS SIGN}"


def plot_changes(
    table: pd.DataFrame, *, labels: Labels | None = None, lang: str = "en", ax: Axes | None = None
) -> Axes:
    """Draw changes and other comparisons as a forest plot against zero.

    Dark rows exclude zero: their adjusted p is below one minus the coverage, or, in a Bayesian
    table, the probability of their sign is at least 0.975. Rows keep the order of the table.

    Parameters
    ----------
    table : DataFrame
        Tidy table with the columns of :data:`jfmodels.results.schema.COLUMNS`, as ``changes()``,
        ``contrasts()`` or ``estimate()`` returns it; levels in it are left out.
    labels : mapping, optional
        Display texts of outcomes, answers, groups and waves: ``{name: text}`` or
        ``{name: {"en": text, "fr": text}}``. By default names are shown with spaces in place of
        underscores.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; by default a figure of its own, as tall as the rows need.

    Returns
    -------
    Axes
        Estimates are drawn in the unit of the table, row k at a height of -k or lower. For
        shares the axis is written in percentage points: a change of 0.05 reads +5.

    Raises
    ------
    SpecError
        If the table has no comparison with an estimate, or mixes units.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from jfmodels.results.schema import columns
    >>> table = pd.DataFrame(
    ...     {"outcome": "trust_army", "estimand": "change", "wave": "Q2", "wave_ref": "Q1",
    ...      "estimate": [0.12], "low": [0.03], "high": [0.21], "coverage": 0.95,
    ...      "p_adjusted": 0.01, "unit": "share", "flag": [()]}, columns=columns([]))
    >>> ax = plot_changes(table)
    >>> ax.get_yticklabels()[0].get_text()
    'Q2 − Q1'
    >>> plt.close(ax.figure)
    """
    words, rows = wording(lang, labels, table), comparison_rows(table)
    unit, marks = unit_of(rows), flag_marks(rows)
    forest = forest_of(rows, marks, words)
    axes = new_axes(*_size(forest)) if ax is None else ax
    _draw(axes, forest, unit.null)
    _finish(axes, forest, unit, words)
    write_title(axes, _title(rows, words), words, simulated=is_simulated(table))
    write_notes(axes, _notes(rows, forest, marks, words), grow=ax is None)
    return axes


def _size(forest: Forest) -> tuple[float, float]:
    """Give width and height in inches: the height grows with the rows, the width with texts."""
    longest = max(len(text) for text in forest.texts)
    return 5.4 + 0.07 * longest, 1.1 + ROW_HEIGHT * (1 - float(forest.y[-1]))


def _draw(ax: Axes, forest: Forest, null: float) -> None:
    """Draw points and intervals, dark where they decide, and the line of no difference."""
    ax.axvline(null, color=INK, linewidth=1.0, zorder=1)
    for colour, rows in ((LIGHT, ~forest.decisive), (DARK, forest.decisive)):
        bars, points = rows & forest.bounded, rows & forest.drawn
        ax.hlines(forest.y[bars], forest.low[bars], forest.high[bars], color=colour, linewidth=2.2)
        _draw_points(ax, forest, points & forest.bounded, colour, fill=colour)
        _draw_points(ax, forest, points & ~forest.bounded, colour, fill="white")


def _draw_points(ax: Axes, forest: Forest, rows: np.ndarray, colour: str, fill: str) -> None:
    """Draw the points of some rows."""
    ax.plot(
        forest.estimate[rows],
        forest.y[rows],
        linestyle="none",
        marker="o",
        markersize=6.5,
        markerfacecolor=fill,
        markeredgecolor=colour,
        zorder=3,
    )


def _finish(ax: Axes, forest: Forest, unit: Unit, words: Wording) -> None:
    """Give both axes their limits, ticks and titles, and write the numbers at the right."""
    clean_axes(ax, grid="x")
    ax.margins(x=0.06)
    ax.autoscale_view(scaley=False)
    ax.set_ylim(float(forest.y[-1]) - 0.6, 0.6)
    ax.set_yticks(forest.y, forest.texts, parse_math=False)
    format_axis(ax.xaxis, partial(_value, unit=unit, words=words), unit.scale)
    ax.set_xlabel(unit.comparison_title(words), color=INK, parse_math=False)
    size = min(ROW_SIZE, 0.75 * height_in_points(ax) / (1.2 - float(forest.y[-1])))
    for text, dark in zip(ax.get_yticklabels(), forest.decisive, strict=True):
        text.set(fontsize=size, color=INK if dark else GREY)
    _write_numbers(ax, forest, unit, words, size)


def _value(value: float, decimals: int, unit: Unit, words: Wording) -> str:
    """Write a difference with its sign, shares in percentage points."""
    return words.number(value * unit.scale, decimals, signed=unit.null == 0)


def _write_numbers(ax: Axes, forest: Forest, unit: Unit, words: Wording, size: float) -> None:
    """Write estimate and interval of each row at the right of the axes."""
    for y, text, dark in zip(forest.y, _numbers(forest, unit, words), forest.decisive, strict=True):
        ax.annotate(
            text,
            (1, y),
            (12, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center_baseline",
            fontsize=0.95 * size,
            color=INK if dark else GREY,
            annotation_clip=False,
        )


def _numbers(forest: Forest, unit: Unit, words: Wording) -> list[str]:
    """Write estimate and interval of each row, as far as it has them."""
    decimals = 1 if unit.share else _decimals(forest)
    write = partial(_value, decimals=decimals, unit=unit, words=words)
    texts = []
    for k, bounded in enumerate(forest.bounded):
        ends = words.signs.between.join(write(float(end[k])) for end in (forest.low, forest.high))
        point = write(float(forest.estimate[k])) if forest.drawn[k] else forest.gaps[k]
        texts.append(f"{point} [{ends}]" if bounded else point)
    return texts


def _decimals(forest: Forest) -> int:
    """Give the decimals that leave the largest estimate three digits."""
    largest = float(np.nanmax(np.abs(forest.estimate)))
    return min(4, max(0, 2 - floor(log10(largest)))) if largest > 0 else 1


def _title(rows: pd.DataFrame, words: Wording) -> str:
    """Name what the rows share, and what kind of comparison they are."""
    kinds = [str(kind) for kind in rows["estimand"].unique()]
    kind = kinds[0] if len(kinds) == 1 and kinds[0] in PHRASES else "comparisons"
    if set(kinds) == {"change", EFFECT}:
        kind = "composition effects"
    return " – ".join(part for part in (subject(rows, words), words.phrase(kind)) if part)


def _notes(rows: pd.DataFrame, forest: Forest, marks: FlagMarks, words: Wording) -> list[str]:
    """Explain points, shades and flags."""
    notes = [interval_key(rows, words)]
    if has_values(rows, "p_adjusted"):
        notes.append(words.phrase("decisive_adjusted"))
    if has_values(rows, "prob_positive"):
        bound = words.percent(SURE, 1)
        notes.append(words.phrase("decisive_probability").format(bound=bound))
    if (forest.drawn & ~forest.bounded).any():
        notes.append(words.phrase("hollow"))
    return notes + marks.notes(words)
