"""Several ways to answer one question beside one another: a panel per group, a line per way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from jfmodels.errors import SpecError
from jfmodels.report.plot_lines import Line, Waves, gap_notes, lines_of, waves_of
from jfmodels.report.plot_panels import frame, lay_out, name_panel, require_panels
from jfmodels.report.plot_rows import (
    flag_places,
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
PANEL = (3.8, 2.4)  # width and height in inches
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
    require_panels(len(parts), ax)
    words = wording(lang, texts, table)
    waves, unit = waves_of(table, rows), unit_of(rows)
    panels = [
        _Panel(words.names(key), lines_of(part.drop(columns=groups), waves, words))
        for key, part in parts
    ]
    axes = lay_out(len(panels), PANEL)
    for each, panel in zip(axes, panels, strict=True):
        for line in panel.drawn:
            draw_line(each, line)
    for each, panel in zip(axes, panels, strict=True):
        finish_waves(each, waves, unit, words)
        each.set(xlabel="", ylabel="")
        name_panel(each, panel.name)
    title = subject(rows, words) or words.phrase("trends")
    notes = [interval_key(rows, words), *_gaps(panels, waves, words), *_flags(panels, waves, words)]
    frame(axes, title, _key(axes, panels), notes, words, simulated=is_simulated(table), grow=True)
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


def _key(axes: Sequence[Axes], panels: Sequence[_Panel]) -> dict[str, Artist]:
    """Give each way the line that stands for it, in the order of the first panel."""
    names = dict.fromkeys(line.name for panel in panels for line in panel.drawn)
    drawn = {str(line.get_label()): line for each in axes for line in each.get_lines()}
    return {name: drawn[name] for name in names}


def _gaps(panels: Sequence[_Panel], waves: Waves, words: Wording) -> list[str]:
    """Say in which panels and waves there is no estimate, and why."""
    return [
        words.after(panel.name, note)
        for panel in panels
        for note in gap_notes(panel.lines, waves, words)
    ]


def _flags(panels: Sequence[_Panel], waves: Waves, words: Wording) -> list[str]:
    """Say of every flag of an estimate in which groups and waves it applies."""
    found: dict[str, list[str]] = {code: [] for code in FLAGS}
    for panel in panels:
        for w, wave in enumerate(waves.values):
            told = {code for each in panel.drawn if each.drawn[w] for code in each.flags[w]}
            for code in told:
                found[code].append(f"{panel.name} {words.name(wave)}")
    return flag_places(found, len(panels) * len(waves.values), words)
