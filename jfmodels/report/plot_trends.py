"""Levels over waves, one line per group.

A line breaks wherever a wave has no estimate: what was not measured is not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jfmodels.report.plot_canvas import (
    INK,
    POINT_SIZE,
    clean_axes,
    extent,
    format_axis,
    new_axes,
    raise_title,
    root_figure,
    write_notes,
    write_title,
)
from jfmodels.report.plot_lines import Line, Waves, flag_notes, gap_notes, lines_of, waves_of
from jfmodels.report.plot_names import mark_flags, name_lines, spread_names
from jfmodels.report.plot_rows import (
    FlagMarks,
    Unit,
    flag_marks,
    interval_key,
    is_simulated,
    level_rows,
    subject,
    unit_of,
)
from jfmodels.report.plot_text import Labels, Wording, wording

__all__ = ["draw_line", "finish_waves", "plot_trend"]

# letters at points up to this number, beyond it sentences in the notes
MOST_MARKS = 24


def plot_trend(
    table: pd.DataFrame, *, labels: Labels | None = None, lang: str = "en", ax: Axes | None = None
) -> Axes:
    """Draw levels over waves, one line per group, with their intervals.

    Lines break where a wave has no estimate; a hollow point has no interval. Flags are letters
    at the points, explained under the picture. Waves lie as far apart as they were in time if
    ``table.attrs["record"]["time"]`` gives the years of all of them, else evenly.

    Parameters
    ----------
    table : DataFrame
        Tidy table with the columns of :data:`jfmodels.results.schema.COLUMNS`, as ``levels()``
        returns it; other estimands in it are left out.
    labels : mapping, optional
        Display texts of outcomes, answers, groups and waves: ``{name: text}`` or
        ``{name: {"en": text, "fr": text}}``. By default names are shown with spaces in place of
        underscores.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; by default a figure of its own.

    Returns
    -------
    Axes
        Estimates are drawn in the unit of the table: a share of 52% lies at 0.52.

    Raises
    ------
    SpecError
        If the table has no level with a wave and an estimate, mixes units, has two rows for one
        group and wave, or has more groups than lines can be told apart.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> table = pd.DataFrame(
    ...     {"outcome": "trust_army", "category": "shown", "estimand": "level",
    ...      "wave": ["Q1", "Q2"], "estimate": [0.50, 0.62], "low": [0.44, 0.55],
    ...      "high": [0.56, 0.69], "coverage": 0.95, "unit": "share", "flag": [(), ()]})
    >>> ax = plot_trend(table)
    >>> ax.lines[0].get_ydata().tolist()
    [0.5, 0.62]
    >>> plt.close(ax.figure)
    """
    words, rows = wording(lang, labels, table), level_rows(table)
    unit, waves = unit_of(rows), waves_of(table, rows)
    lines = lines_of(rows, waves, words)
    drawn = [line for line in lines if line.drawn.any()]
    axes = new_axes(*_size(drawn, waves)) if ax is None else ax
    for line in drawn:
        draw_line(axes, line)
    finish_waves(axes, waves, unit, words)
    names = name_lines(axes, drawn)
    title = subject(rows, words) or words.phrase("trends")
    head = write_title(axes, title, words, simulated=is_simulated(table))
    marks, flagged = _crowded(drawn, waves, flag_marks(rows), words)
    notes = [interval_key(rows, words), *_notes(lines, waves, words), *marks.notes(words)]
    write_notes(axes, notes + flagged, grow=ax is None)
    spread_names(axes, drawn, names)
    raise_title(axes, head, mark_flags(axes, drawn, marks), grow=ax is None)
    return axes


def _size(lines: Sequence[Line], waves: Waves) -> tuple[float, float]:
    """Give width and height in inches, with room for the names at the right."""
    longest = max(len(line.name) for line in lines)
    across = len(waves.values) * (0.35 + 0.045 * len(lines))
    return min(11.0, max(5.0, 2.2 + across)) + 0.065 * longest, 3.9


def draw_line(ax: Axes, line: Line) -> None:
    """Draw a line with its points and intervals; missing estimates break it."""
    look = line.look
    ax.plot(
        line.x,
        line.estimate,
        color=look.colour,
        linestyle=look.dash,
        linewidth=look.width,
        marker=look.marker,
        markersize=POINT_SIZE,
        markeredgecolor=look.colour,
        label=line.name,
        clip_on=False,
        zorder=3,
    )
    there = line.bounded
    ax.vlines(
        line.x[there],
        line.low[there],
        line.high[there],
        color=look.colour,
        alpha=0.55,
        linewidth=1.3,
    )
    bare = line.drawn & ~there
    if bare.any():
        _hollow(ax, line, bare)


def _hollow(ax: Axes, line: Line, where: np.ndarray) -> None:
    """Draw points without an interval as rings over the points of the line."""
    ax.plot(
        line.x[where],
        line.estimate[where],
        linestyle="none",
        marker=line.look.marker,
        markersize=POINT_SIZE,
        markerfacecolor="white",
        markeredgecolor=line.look.colour,
        clip_on=False,
        zorder=4,
    )


def finish_waves(ax: Axes, waves: Waves, unit: Unit, words: Wording) -> None:
    """Give both axes their limits, ticks and titles."""
    clean_axes(ax, grid="y")
    ax.set_xlim(waves.x[0] - 0.45 * waves.step, waves.x[-1] + 0.45 * waves.step)
    ax.set_xticks(waves.x, [words.name(wave) for wave in waves.values], parse_math=False)
    ax.set_xlabel(words.phrase("wave_in_time" if waves.timed else "wave"), color=INK)
    if unit.share:
        low, high = ax.get_ylim()
        # a little below 0 and above 1, so that points there stay clear of the axis
        room = 0.03 * (high - low)
        ax.set_ylim(max(-room, low), min(1 + room, high))
    format_axis(ax.yaxis, words.percent if unit.share else words.number, unit.scale)
    ax.set_ylabel(unit.level_title(words), color=INK, parse_math=False)
    _turn_wave_names(ax)


def _turn_wave_names(ax: Axes) -> None:
    """Turn the names of waves upright where they would run into each other."""
    root_figure(ax).draw_without_rendering()
    boxes = [extent(ax, text) for text in ax.get_xticklabels()]
    if any(left.x1 + 3 > right.x0 for left, right in pairwise(boxes)):
        ax.tick_params(axis="x", labelrotation=90)


def _notes(lines: Sequence[Line], waves: Waves, words: Wording) -> list[str]:
    """Explain hollow points and broken lines, where there are any."""
    hollow = any((line.drawn & ~line.bounded).any() for line in lines)
    broken = any(not line.drawn.all() for line in lines)
    said = [words.phrase(key) for key, so in (("hollow", hollow), ("gap", broken)) if so]
    return said + gap_notes(lines, waves, words)


def _crowded(
    lines: Sequence[Line], waves: Waves, marks: FlagMarks, words: Wording
) -> tuple[FlagMarks, list[str]]:
    """Tell flags by group and wave in notes where letters would crowd the picture."""
    marked = sum(bool(marks.of(codes)) for line in lines for codes in line.flags)
    if marked <= MOST_MARKS:
        return marks, []
    return FlagMarks({}, marks.everywhere), flag_notes(marks.letters, lines, waves, words)
