"""Lines over waves: how they are drawn, the axes they lie on, and what must be told of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from jfmodels.report.plot_canvas import (
    INK,
    POINT_SIZE,
    POINTS_PER_INCH,
    clean_axes,
    extent,
    format_axis,
    grow_figure,
    root_figure,
)
from jfmodels.report.plot_lines import Line, Waves
from jfmodels.report.plot_rows import Unit
from jfmodels.report.plot_text import Wording

__all__ = ["draw_line", "finish_waves", "line_notes", "turn_wave_names"]


def draw_line(ax: Axes, line: Line) -> None:
    """Draw a line with its points and intervals; missing estimates and new wordings break it."""
    look = line.look
    places = sorted(line.reworded)  # matplotlib breaks a line where a number is missing
    ax.plot(
        np.insert(line.x, places, np.nan),
        np.insert(line.estimate, places, np.nan),
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
        # auto=None: a panel that shares this axis and is drawn later still finds its own room
        ax.set_ylim(max(-room, low), min(1 + room, high), auto=None)
    format_axis(ax.yaxis, words.percent if unit.share else words.number, unit.scale)
    ax.set_ylabel(unit.level_title(words), color=INK, parse_math=False)


def turn_wave_names(axes: Sequence[Axes], *, grow: bool) -> None:
    """Turn the names of waves upright in all panels where they would run into each other.

    Parameters
    ----------
    axes : sequence of Axes
        Panels of one width; the last one shows the names of waves.
    grow : bool
        Whether the figure may become taller to hold them.
    """
    figure = root_figure(axes[-1])
    figure.draw_without_rendering()
    boxes = [extent(axes[-1], text) for text in axes[-1].get_xticklabels()]
    if not any(left.x1 + 3 > right.x0 for left, right in pairwise(boxes)):
        return
    for ax in axes:
        ax.tick_params(axis="x", labelrotation=90)
    if grow:
        longer = max(box.width for box in boxes) - max(box.height for box in boxes)
        named = [ax for ax in axes if ax.xaxis.get_tick_params()["labelbottom"]]
        rows = len({ax.get_position().y0 for ax in named})
        grow_figure(figure, rows * longer * POINTS_PER_INCH / figure.dpi)


def line_notes(lines: Sequence[Line], words: Wording) -> list[str]:
    """Explain hollow points and broken lines, where there are any."""
    hollow = any((line.drawn & ~line.bounded).any() for line in lines)
    broken = any(not line.drawn.all() for line in lines)
    reworded = any(line.reworded for line in lines)
    told = {"hollow": hollow, "gap": broken, "reworded": reworded}
    return [words.phrase(key) for key, so in told.items() if so]
