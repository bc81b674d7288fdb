"""Levels over waves in small multiples: panels of one scale, whose lines share one key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from jfmodels.errors import choose
from jfmodels.report.plot_lines import Line, Waves, aligned, gap_notes, lines_of, waves_of
from jfmodels.report.plot_panels import frame, lay_out, name_panels, require_panels
from jfmodels.report.plot_rows import (
    flag_places,
    group_columns,
    interval_key,
    is_simulated,
    subject,
    telling_columns,
    unit_of,
)
from jfmodels.report.plot_text import Wording
from jfmodels.report.plot_wave_axes import draw_line, finish_waves, line_notes, turn_wave_names
from jfmodels.results.schema import FLAGS

__all__ = ["panel_columns", "trend_panels", "trend_title"]

PANEL = (3.8, 2.4)  # width and height in inches


@dataclass(frozen=True, slots=True)
class _Panel:
    """One part of the rows: its name and its lines."""

    name: str
    lines: list[Line]

    @property
    def drawn(self) -> list[Line]:
        """Lines that have an estimate."""
        return [line for line in self.lines if line.drawn.any()]


def panel_columns(rows: pd.DataFrame, panels: str | None, ax: Axes | None) -> list[str]:
    """Find the columns whose values have a panel each; none where one panel shows all.

    Raises
    ------
    SpecError
        If `panels` names no column that tells rows apart.
    """
    told = telling_columns(rows, ["outcome", "category", *group_columns(rows)])
    if panels is not None:
        choose("column of panels", panels, dict.fromkeys(told))
        return [panels]
    if ax is not None or "outcome" not in told:
        return []
    within = rows[[*told]].drop_duplicates()["outcome"].value_counts()
    return ["outcome"] if within.max() > 1 else []


def trend_panels(
    table: pd.DataFrame, rows: pd.DataFrame, by: Sequence[str], words: Wording
) -> Axes:
    """Draw a panel for each value of some columns, and a line for what is left to tell apart.

    Parameters
    ----------
    table : DataFrame
        The table as given, whose record counts.
    rows : DataFrame
        Its levels of waves.
    by : sequence of str
        Columns whose values have a panel each.
    words : Wording
        The language.

    Returns
    -------
    Axes
        The first panel; its figure holds all.
    """
    waves, unit = waves_of(table, rows), unit_of(rows)
    panels = _panels(rows, by, waves, words)
    require_panels(len(panels), None)
    axes = lay_out(len(panels), PANEL)
    for each, panel in zip(axes, panels, strict=True):
        for line in panel.drawn:
            draw_line(each, line)
    for each in axes:
        finish_waves(each, waves, unit, words)
        each.set(xlabel="", ylabel="")
    name_panels(axes, [panel.name for panel in panels])
    turn_wave_names(axes, grow=True)
    lines = [line for panel in panels for line in panel.lines]
    notes = [interval_key(rows, words), *line_notes(lines, words)]
    notes += [*_gaps(panels, waves, words), *_flags(panels, waves, words)]
    key, simulated = _key(axes, panels), is_simulated(table)
    frame(axes, trend_title(rows, words), key, notes, words, simulated=simulated, grow=True)
    return axes[0]


def _panels(rows: pd.DataFrame, by: Sequence[str], waves: Waves, words: Wording) -> list[_Panel]:
    """Part rows into panels, in which lines of one name look alike."""
    parts = list(rows.groupby(list(by), sort=False, observed=True, dropna=False))
    split = [name for name in by if name in group_columns(rows)]
    lines = [lines_of(part.drop(columns=split), waves, words) for _, part in parts]
    # outcomes may each be shown by an answer of their own
    own = "category" not in by and _answer(rows, words) == ""
    return [
        _Panel(words.after(words.group(key), _answer(part, words) if own else ""), each)
        for (key, part), each in zip(parts, aligned(lines, waves, words), strict=True)
    ]


def _answer(rows: pd.DataFrame, words: Wording) -> str:
    """Name the answer that rows share; empty where they share none."""
    answers = rows["category"].dropna().unique()
    return words.name(answers[0]) if len(answers) == 1 else ""


def trend_title(rows: pd.DataFrame, words: Wording) -> str:
    """Name what all lines share: the outcome, or the answer."""
    return subject(rows, words) or words.after(words.phrase("trends"), _answer(rows, words))


def _key(axes: Sequence[Axes], panels: Sequence[_Panel]) -> dict[str, Artist]:
    """Give each name the line that stands for it, in the order of the table."""
    names = dict.fromkeys(line.name for panel in panels for line in panel.drawn if line.name)
    drawn = {str(line.get_label()): line for each in axes for line in each.get_lines()}
    return {name: drawn[name] for name in names}


def _gaps(panels: Sequence[_Panel], waves: Waves, words: Wording) -> list[str]:
    """Say in which panels and waves there is no estimate, and why; once if it is so in all."""
    said = [(panel.name, note) for panel in panels for note in gap_notes(panel.lines, waves, words)]
    times = Counter(note for _, note in said)
    everywhere = [note for note, count in times.items() if count == len(panels)]
    somewhere = [words.after(name, note) for name, note in said if note not in everywhere]
    return everywhere + somewhere


def _flags(panels: Sequence[_Panel], waves: Waves, words: Wording) -> list[str]:
    """Say of every flag of an estimate in which panels, lines and waves it applies."""
    found: dict[str, list[str]] = {}
    cells: Counter[str] = Counter()
    for panel, (w, wave) in product(panels, enumerate(waves.values)):
        drawn = [line for line in panel.drawn if line.drawn[w]]
        cells[""] += len(drawn)
        for code in FLAGS:
            told = [line.name for line in drawn if code in line.flags[w]]
            cells[code] += len(told)
            names = [""] if len(told) == len(drawn) else told
            places = [f"{words.listed([panel.name, name])} {words.name(wave)}" for name in names]
            found.setdefault(code, []).extend(places if told else [])
    return flag_places(found, {code for code in found if cells[code] == cells[""]}, words)
