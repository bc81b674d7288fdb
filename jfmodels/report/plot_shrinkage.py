"""What a model makes of small areas: from each direct estimate to where the model moves it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from jfmodels.errors import SpecError, choose, listing
from jfmodels.report.plot_canvas import (
    INK,
    clean_axes,
    format_axis,
    new_axes,
)
from jfmodels.report.plot_panels import frame
from jfmodels.report.plot_rows import Unit, coverage_in_words, is_simulated, subject, unit_of
from jfmodels.report.plot_text import Labels, Wording, missing, wording
from jfmodels.results.schema import SMALL_AREAS

__all__ = ["plot_shrinkage"]

DARK = "#0B4F7D"
LIGHT = "#93B7CE"
OPEN = "#B03A00"
ROW_HEIGHT = 0.29
ROW_SIZE = 9.0


def plot_shrinkage(
    table: pd.DataFrame,
    *,
    wave: str | None = None,
    labels: Labels | None = None,
    lang: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw direct estimates of areas, and arrows to where a model moves them.

    Areas stand in the order of the model's estimates. Long arrows belong to areas with few
    interviews; a model that moves areas with many is at odds with them.

    Parameters
    ----------
    table : DataFrame
        As :func:`jfmodels.small_area_check` returns it.
    wave : str, optional
        The wave to draw; by default the last one in which somebody was interviewed.
    labels : mapping, optional
        Display texts, as in :func:`jfmodels.plot_trend`.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; by default a figure of its own, as tall as the areas need.

    Returns
    -------
    Axes
        Area k from the top stands at a height of -k; estimates are in the unit of the table.

    Raises
    ------
    SpecError
        If the table is another, or nobody was interviewed in the wave.

    Examples
    --------
    >>> import jfmodels as jf
    >>> import matplotlib.pyplot as plt
    >>> fit = jf.fit("shown(trust_army) ~ wave + region + (1 | commune)", jf.example(),
    ...              weighting="ignore")
    >>> ax = plot_shrinkage(jf.small_area_check(fit, "commune", over="wave"))
    >>> len(ax.get_yticklabels())
    16
    >>> plt.close(ax.figure)
    """
    words = wording(lang, labels, table)
    rows = _rows(table, wave)
    unit = unit_of(rows)
    areas = [name for name in rows if name not in SMALL_AREAS]
    axes = new_axes(6.4, 1.3 + ROW_HEIGHT * len(rows)) if ax is None else ax
    _draw(axes, rows)
    _finish(axes, [words.names(row) for row in rows[areas].itertuples(index=False)], unit, words)
    title = words.listed([subject(rows, words), words.names(rows["wave"].unique())])
    key, notes, simulated = _key(rows, words), _notes(rows, words), is_simulated(table)
    frame([axes], title, key, notes, words, simulated=simulated, grow=ax is None)
    return axes


def _rows(table: pd.DataFrame, wave: str | None) -> pd.DataFrame:
    """Take the areas of one wave, in the order of the model's estimates."""
    lacking = [name for name in ("direct", "direct_low", "estimate", "good") if name not in table]
    if lacking:
        raise SpecError(
            f"plot_shrinkage draws the table of small_area_check(), and this one lacks the columns "
            f"{listing(lacking)}."
        )
    if len(table[["outcome", "category"]].drop_duplicates()) > 1:
        raise SpecError("plot_shrinkage draws one answer: choose its rows from the table.")
    rows = table[table["estimate"].notna()]
    asked = [str(each) for each in rows.loc[rows["n"] > 0, "wave"].unique() if not missing(each)]
    if asked:
        chosen = asked[-1] if wave is None else wave
        choose("wave with interviews", chosen, dict.fromkeys(asked))
        rows = rows[rows["wave"] == chosen]
    if rows.empty:
        raise SpecError("No area has an estimate, so there is nothing to draw.")
    return rows.sort_values("estimate", ascending=False, kind="stable")


def _draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the model's estimates and intervals, the direct ones, and arrows between."""
    y = -np.arange(len(rows), dtype=np.float64)
    estimate, direct = (rows[name].to_numpy(dtype=np.float64) for name in ("estimate", "direct"))
    met = ~np.isnan(direct)
    for chosen, colour in ((met, DARK), (~met, LIGHT)):
        ax.hlines(y[chosen], rows["low"][chosen], rows["high"][chosen], colors=colour, lw=2.2)
        ax.plot(estimate[chosen], y[chosen], "o", ms=6.5, color=colour, zorder=4)
    good = rows["good"].to_numpy(dtype=bool)
    for chosen, fill in ((met & good, OPEN), (met & ~good, "white")):
        ax.plot(
            direct[chosen], y[chosen], "D", ms=4.8, mec=OPEN, mfc=fill, linestyle="none", zorder=3
        )
    for k in np.flatnonzero(met):
        ax.annotate(
            "",
            (estimate[k], y[k]),
            (direct[k], y[k]),
            arrowprops={"arrowstyle": "->", "color": OPEN, "lw": 1.1, "shrinkA": 3, "shrinkB": 3},
            zorder=3.5,
        )


def _finish(ax: Axes, areas: list[str], unit: Unit, words: Wording) -> None:
    """Give both axes their limits, ticks and titles."""
    clean_axes(ax, grid="x")
    ax.margins(x=0.06)
    ax.autoscale_view(scaley=False)
    ax.set_ylim(0.4 - len(areas), 0.6)
    ax.set_yticks(-np.arange(len(areas)), areas, parse_math=False)
    format_axis(ax.xaxis, partial(_value, unit=unit, words=words), unit.scale)
    ax.set_xlabel(unit.level_title(words), color=INK, parse_math=False)
    for text in ax.get_yticklabels():
        text.set(fontsize=ROW_SIZE, color=INK)


def _value(value: float, decimals: int, unit: Unit, words: Wording) -> str:
    """Write a level, shares in per cent."""
    return words.percent(value, decimals) if unit.share else words.number(value, decimals)


def _key(rows: pd.DataFrame, words: Wording) -> dict[str, Artist]:
    """Give the signs of the model's estimates and of the direct ones."""
    signs: dict[str, Artist] = {
        words.phrase("modelled"): Line2D([], [], color=DARK, lw=2.2, marker="o", ms=6.5),
        words.phrase("direct"): Line2D([], [], color=OPEN, lw=0, marker="D", ms=4.8),
    }
    if rows["direct"].isna().any():
        alone = Line2D([], [], color=LIGHT, lw=2.2, marker="o", ms=6.5)
        signs[words.phrase("modelled_alone")] = alone
    return signs


def _notes(rows: pd.DataFrame, words: Wording) -> list[str]:
    """Explain intervals, arrows and hollow signs."""
    notes = [words.phrase("shrinkage_interval").format(coverage=coverage_in_words(rows, words))]
    notes.append(words.phrase("shrinkage"))
    if (rows["direct"].notna() & ~rows["good"]).any():
        notes.append(words.phrase("shrinkage_few"))
    if rows["direct"].isna().any():
        notes.append(words.phrase("shrinkage_unmet"))
    return notes
