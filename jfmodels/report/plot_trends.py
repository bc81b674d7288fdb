"""Levels over waves, one line per group.

A line breaks wherever a wave has no estimate, as what was not measured is not drawn, and where
the answers were worded otherwise, as changes are not told across it.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from jfmodels.report.plot_canvas import (
    new_axes,
    raise_title,
    write_notes,
    write_title,
)
from jfmodels.report.plot_lines import Line, Waves, flag_notes, gap_notes, lines_of, waves_of
from jfmodels.report.plot_names import mark_flags, name_lines, spread_names
from jfmodels.report.plot_rows import (
    FlagMarks,
    flag_marks,
    interval_key,
    is_simulated,
    level_rows,
    unit_of,
)
from jfmodels.report.plot_text import Labels, Wording, wording
from jfmodels.report.plot_trend_panels import panel_columns, trend_panels, trend_title
from jfmodels.report.plot_wave_axes import draw_line, finish_waves, line_notes, turn_wave_names

__all__ = ["plot_trend"]

# letters at points up to this number, beyond it sentences in the notes
MOST_MARKS = 24


def plot_trend(
    table: pd.DataFrame,
    *,
    panels: str | None = None,
    labels: Labels | None = None,
    lang: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw levels over waves, one line per group, with their intervals.

    Several outcomes by group have a panel each, and so has every value of the column that
    `panels` names; panels have one scale and one key.

    Lines break where a wave has no estimate, and where the answers were worded otherwise than in
    the wave before (``table.attrs["record"]["wording"]``); a hollow point has no interval.
    Flags are letters at the points, explained under the picture. Waves lie as far apart as they
    were in time if ``table.attrs["record"]["time"]`` gives the years of all of them, else evenly.

    Parameters
    ----------
    table : DataFrame
        Tidy table with the columns of :data:`jfmodels.results.schema.COLUMNS`, as ``levels()``
        returns it; other estimands in it are left out.
    panels : str, optional
        The column whose values have a panel each: ``"outcome"``, ``"category"`` or a group. By
        default the outcomes, where there are several of several lines.
    labels : mapping, optional
        Display texts of outcomes, answers, groups and waves: ``{name: text}`` or
        ``{name: {"en": text, "fr": text}}``. By default names are shown with spaces in place of
        underscores.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw, in one panel; by default a figure of its own.

    Returns
    -------
    Axes
        The first panel; its figure holds all. Estimates are drawn in the unit of the table: a
        share of 52% lies at 0.52.

    Raises
    ------
    SpecError
        If the table has no level with a wave and an estimate, mixes units, has two rows for one
        group and wave, has more groups than lines can be told apart, or more panels than fit on
        a page.

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
    by = panel_columns(rows, panels, ax)
    if by:
        return trend_panels(table, rows, by, words)
    unit, waves = unit_of(rows), waves_of(table, rows)
    lines = lines_of(rows, waves, words)
    drawn = [line for line in lines if line.drawn.any()]
    axes = new_axes(*_size(drawn, waves)) if ax is None else ax
    for line in drawn:
        draw_line(axes, line)
    finish_waves(axes, waves, unit, words)
    names = name_lines(axes, drawn)
    turn_wave_names([axes], grow=ax is None)
    title = trend_title(rows, words)
    head = write_title(axes, title, words, simulated=is_simulated(table))
    marks, flagged = _crowded(drawn, waves, flag_marks(rows), words)
    notes = [interval_key(rows, words), *line_notes(lines, words)]
    notes += [*gap_notes(lines, waves, words), *marks.notes(words)]
    write_notes(axes, notes + flagged, grow=ax is None)
    spread_names(axes, drawn, names)
    raise_title(axes, head, mark_flags(axes, drawn, marks), grow=ax is None)
    return axes


def _size(lines: Sequence[Line], waves: Waves) -> tuple[float, float]:
    """Give width and height in inches, with room for the names at the right."""
    longest = max(len(line.name) for line in lines)
    across = len(waves.values) * (0.35 + 0.045 * len(lines))
    return min(11.0, max(5.0, 2.2 + across)) + 0.065 * longest, 3.9


def _crowded(
    lines: Sequence[Line], waves: Waves, marks: FlagMarks, words: Wording
) -> tuple[FlagMarks, list[str]]:
    """Tell flags by group and wave in notes where letters would crowd the picture."""
    marked = sum(bool(marks.of(codes)) for line in lines for codes in line.flags)
    if marked <= MOST_MARKS:
        return marks, []
    return FlagMarks({}, marks.everywhere), flag_notes(marks.letters, lines, waves, words)
