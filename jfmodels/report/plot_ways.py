"""Several ways to answer one question beside one another: a panel per group, a line per way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jfmodels.errors import SpecError
from jfmodels.report.plot_canvas import (
    GREY,
    INK,
    LETTER_WIDTH,
    LINE_HEIGHT,
    POINTS_PER_INCH,
    SMALL,
    TITLE,
    WARNING,
    root_figure,
)
from jfmodels.report.plot_lines import Line, Waves, gap_notes, lines_of, waves_of
from jfmodels.report.plot_rows import (
    group_columns,
    interval_key,
    is_simulated,
    level_rows,
    subject,
    unit_of,
)
from jfmodels.report.plot_text import Labels, Wording, wording
from jfmodels.report.plot_trends import draw_line, finish_waves, plot_trend
from jfmodels.results.schema import FLAGS

__all__ = ["plot_comparison"]

WAY = "fit"
MOST_PANELS = 16
ACROSS = {2: 6, 3: 9, 4: MOST_PANELS}  # panels beside one another, up to so many of them
PANEL = (3.8, 2.4)  # width and height in inches
AROUND = 0.9  # inches for title, names and notes
NAME_SIZE = 9.0
NAME_WIDTH = 2.1  # inches of a name and its sign in the legend
MOST_PLACES = 6  # named in the note of one flag
NAMES: Labels = {
    "direct": {"en": "direct estimate", "fr": "estimation directe"},
    "weighted": {"en": "weighted regression", "fr": "régression pondérée"},
    "multilevel": {"en": "multilevel model", "fr": "modèle multiniveau"},
    "mrp": {"en": "poststratified model", "fr": "modèle poststratifié"},
}


def plot_comparison(
    table: pd.DataFrame, *, labels: Labels | None = None, lang: str = "en", ax: Axes | None = None
) -> Axes:
    """Draw the levels of several ways to answer, a panel for each group.

    Parameters
    ----------
    table : DataFrame
        As ``jf.compare(...).levels()`` returns it, or ``levels()`` of :func:`jfmodels.fit_many`.
    labels : mapping, optional
        Display texts, also of ways: ``{"mrp": "Census"}``; see :func:`jfmodels.plot_trend`.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; for a table of one group only.

    Returns
    -------
    Axes
        The first panel; its figure holds all.

    Raises
    ------
    SpecError
        If the table does not name ways, has no level with a wave and an estimate, or more
        groups than panels fit on a page.

    Examples
    --------
    >>> import jfmodels as jf
    >>> import matplotlib.pyplot as plt
    >>> found = jf.compare(jf.example(), "trust_army", by="region", weighting="ignore")
    >>> ax = jf.plot_comparison(found.levels())
    >>> len(ax.figure.axes)
    4
    >>> plt.close(ax.figure)
    """
    if WAY not in getattr(table, "columns", ()):
        raise SpecError(
            "plot_comparison draws the levels of several ways to answer, and this table has no "
            "column 'fit'. Pass jf.compare(...).levels(), or draw one way by plot_trend."
        )
    rows = level_rows(table)
    groups = [name for name in group_columns(rows) if name != WAY]
    texts: Labels = {**NAMES, **(labels or {})}
    parts = list(rows.groupby(groups, sort=False, observed=True)) if groups else []
    if len(parts) < 2:
        return plot_trend(table, labels=texts, lang=lang, ax=ax)
    if ax is not None or len(parts) > MOST_PANELS:
        raise SpecError(
            f"These rows have {len(parts)} groups, each with a panel of its own; one axes takes "
            f"one group, and a page at most {MOST_PANELS}. Draw a part of the table."
        )
    words = wording(lang, texts, table)
    waves, unit = waves_of(table, rows), unit_of(rows)
    panels = [
        _Panel(words.names(key), lines_of(part.drop(columns=groups), waves, words))
        for key, part in parts
    ]
    axes = _lay_out(len(panels))
    for each, panel in zip(axes, panels, strict=True):
        for line in panel.drawn:
            draw_line(each, line)
    for each, panel in zip(axes, panels, strict=True):
        finish_waves(each, waves, unit, words)
        each.set_title(panel.name, loc="left", fontsize=NAME_SIZE, color=INK, parse_math=False)
    _write(axes, panels, waves, subject(rows, words), interval_key(rows, words), words)
    if is_simulated(table):
        _mark(root_figure(axes[0]), words)
    return axes[0]


@dataclass(frozen=True, slots=True)
class _Panel:
    """One group: its name, and a line for each way."""

    name: str
    lines: list[Line]

    @property
    def drawn(self) -> list[Line]:
        """Lines that have an estimate."""
        return [line for line in self.lines if line.drawn.any()]


def _lay_out(count: int) -> list[Axes]:
    """Make a grid of panels of one height, read from left to right."""
    across = min(next(most for most, panels in ACROSS.items() if count <= panels), count)
    down = ceil(count / across)
    _, grid = plt.subplots(
        down,
        across,
        figsize=(PANEL[0] * across, PANEL[1] * down + AROUND),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for empty in grid.flat[count:]:
        empty.set_visible(False)
    for column in range(across):
        grid[(count - 1 - column) // across, column].xaxis.set_tick_params(labelbottom=True)
    return list(grid.flat[:count])


def _write(
    axes: Sequence[Axes],
    panels: Sequence[_Panel],
    waves: Waves,
    title: str,
    key: str,
    words: Wording,
) -> None:
    """Write the title, who is who, and what must be told, around all panels."""
    figure = root_figure(axes[0])
    for each in axes:
        each.set(xlabel="", ylabel="")
    named = {line.name: line for panel in reversed(panels) for line in reversed(panel.drawn)}
    handles = {handle.get_label(): handle for each in axes for handle in each.get_lines()}
    legend = figure.legend(
        [handles[name] for name in reversed(named)],
        list(reversed(named)),
        title=_heading(title, words),
        alignment="left",
        loc="outside upper left",
        ncols=min(len(named), int(figure.get_figwidth() / NAME_WIDTH)),
        frameon=False,
        fontsize=NAME_SIZE,
        labelcolor=INK,
        borderpad=0,
    )
    legend.get_title().set(fontsize=TITLE, fontweight="bold", color=INK, parse_math=False)
    gaps = [
        words.after(panel.name, note)
        for panel in panels
        for note in gap_notes(panel.lines, waves, words)
    ]
    width = int(figure.get_figwidth() * POINTS_PER_INCH / (LETTER_WIDTH * SMALL))
    said = [key, *gaps, *_flags(panels, waves, words)]
    notes = "\n".join(fill(note, width, break_on_hyphens=False) for note in said)
    below = figure.supxlabel(notes, x=0.01, ha="left", parse_math=False)
    below.set(fontsize=SMALL, color=GREY, linespacing=LINE_HEIGHT)


def _flags(panels: Sequence[_Panel], waves: Waves, words: Wording) -> list[str]:
    """Say of every flag of an estimate in which groups and waves it applies."""
    found: dict[str, list[str]] = {code: [] for code in FLAGS}
    for panel in panels:
        for w, wave in enumerate(waves.values):
            told = {code for each in panel.drawn if each.drawn[w] for code in each.flags[w]}
            for code in told:
                found[code].append(f"{panel.name} {words.name(wave)}")
    everywhere = len(panels) * len(waves.values)
    notes = []
    for code, places in found.items():
        more = len(places) - MOST_PLACES
        rest = [words.phrase("more").format(count=more)] if more > 0 else []
        named = ", ".join([*places[:MOST_PLACES], *rest])
        where = words.phrase("everywhere") if len(places) == everywhere else named
        notes += [words.after(where, words.flag(code))] if places else []
    return notes


def _heading(title: str, words: Wording) -> str:
    """The title, beginning with a capital letter."""
    text = title or words.phrase("trends")
    return text[:1].upper() + text[1:]


def _mark(figure: Figure, words: Wording) -> None:
    """Say that the data are simulated."""
    mark = figure.text(
        0.99, 1 - 0.05 / figure.get_figheight(), words.phrase("simulated"), ha="right", va="top"
    )
    mark.set(fontsize=NAME_SIZE, fontweight="bold", color=WARNING)
