"""What is written beside the lines of a trend: their names and the letters of their flags.

Texts are placed after the layout stands, so that none covers another.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from scipy.optimize import isotonic_regression

from jfmodels.report.plot_canvas import (
    INK,
    POINT_SIZE,
    POINTS_PER_INCH,
    extent,
    height_in_points,
    root_figure,
)
from jfmodels.report.plot_lines import Line
from jfmodels.report.plot_rows import FlagMarks

__all__ = ["mark_flags", "name_lines", "spread", "spread_names"]

MOST_DIRECT_NAMES = 8
NAME_SIZE = 8.5
# where names begin, in widths of the axes
NAME_PLACE = 1.025
# distance of two names, in points
NAME_STEP = 1.3 * NAME_SIZE
MARK_SIZE = 11.0


def name_lines(ax: Axes, lines: Sequence[Line]) -> list[Text]:
    """Name few lines at their ends, to be spread later, and many in a legend."""
    if not any(line.name for line in lines):
        return []
    height = height_in_points(ax)
    if len(lines) > MOST_DIRECT_NAMES or len(lines) * NAME_STEP > height:
        _add_legend(ax, columns=ceil(1.15 * len(lines) * NAME_STEP / height))
        return []
    return [_name_at_end(ax, line) for line in lines]


def _add_legend(ax: Axes, columns: int) -> None:
    """Put the names at the right of the axes, in as many columns as its height asks for."""
    handles, names = ax.get_legend_handles_labels()
    legend = ax.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        ncols=columns,
        frameon=False,
        fontsize=NAME_SIZE,
        handlelength=3.2,
        labelcolor=INK,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _name_at_end(ax: Axes, line: Line) -> Text:
    """Name a line at the right of the axes, at the height of its last estimate."""
    return ax.text(
        NAME_PLACE,
        _end(ax, line)[1],
        line.name,
        transform=ax.transAxes,
        fontsize=NAME_SIZE,
        color=INK,
        va="center",
        parse_math=False,
    )


def _end(ax: Axes, line: Line) -> tuple[float, float]:
    """Give the place of the last estimate as fractions of the axes."""
    x, y = ax.transAxes.inverted().transform(ax.transData.transform(line.last))
    return float(x), float(y)


def spread_names(ax: Axes, lines: Sequence[Line], names: Sequence[Text]) -> None:
    """Move names apart as little as possible, and lead each to its line's end."""
    if not names:
        return
    ends = np.array([_end(ax, line) for line in lines])
    heights = spread(ends[:, 1], NAME_STEP / height_in_points(ax))
    leaders = [[end, (NAME_PLACE - 0.006, y)] for end, y in zip(ends, heights, strict=True)]
    colours = [line.look.colour for line in lines]
    ax.add_artist(
        LineCollection(
            leaders, colors=colours, linewidths=0.7, transform=ax.transAxes, clip_on=False, zorder=1
        )
    )
    for name, height in zip(names, heights, strict=True):
        name.set_y(float(height))


def spread(wanted: np.ndarray, step: float) -> np.ndarray:
    """Move heights in [0, 1] at least `step` apart, by the smallest squared moves.

    Examples
    --------
    >>> spread(np.array([0.5, 0.5, 0.9]), 0.1).round(2).tolist()
    [0.45, 0.55, 0.9]
    """
    order = np.argsort(wanted, kind="stable")
    steps = np.arange(len(wanted)) * step
    # heights less their steps only need to be increasing: the nearest such is a regression
    increasing = isotonic_regression(wanted[order] - steps).x
    placed = np.empty(len(wanted))
    placed[order] = increasing.clip(0, max(0.0, 1 - steps[-1])) + steps
    return placed


def mark_flags(ax: Axes, lines: Sequence[Line], marks: FlagMarks) -> float:
    """Set flag letters above the intervals, clear of each other and of the points.

    Returns
    -------
    float
        How far the letters reach above the axes, in points.
    """
    written = [mark for line in lines for mark in _marks_of(ax, line, marks)]
    if not written:
        return 0.0
    root_figure(ax).draw_without_rendering()
    taken = [box for line in lines for box in _boxes_of_points(ax, line)]
    for mark in sorted(written, key=lambda mark: float(extent(ax, mark).y0)):
        taken.append(_lift(ax, mark, taken))
    top = max(box.y1 for box in taken) - ax.get_window_extent().y1
    return max(0.0, float(top)) * POINTS_PER_INCH / root_figure(ax).dpi


def _marks_of(ax: Axes, line: Line, marks: FlagMarks) -> list[Annotation]:
    """Write the flag letters of one line just above its points or intervals."""
    tops = np.where(line.bounded, line.high, line.estimate)
    return [
        ax.annotate(
            marks.of(codes),
            (x, top),
            (0, 1),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=MARK_SIZE,
            color=line.look.colour,
            fontweight="bold",
            path_effects=[withStroke(linewidth=2, foreground="white")],
            annotation_clip=False,
            zorder=5,
        )
        for x, top, codes in zip(line.x, tops, line.flags, strict=True)
        if marks.of(codes) and not np.isnan(top)
    ]


def _boxes_of_points(ax: Axes, line: Line) -> list[Bbox]:
    """Give the places of a line's points, in pixels."""
    half = 0.5 * POINT_SIZE * root_figure(ax).dpi / POINTS_PER_INCH
    places = ax.transData.transform(np.column_stack([line.x, line.estimate])[line.drawn])
    return [Bbox.from_extents(x - half, y - half, x + half, y + half) for x, y in places]


def _lift(ax: Axes, mark: Annotation, taken: Sequence[Bbox]) -> Bbox:
    """Move a mark up until it is clear of what is there, and say where it is."""
    # two marks side by side would read as one
    box = _widened(extent(ax, mark))
    while any(box.overlaps(other) for other in taken):
        mark.set_y(mark.get_position()[1] + 2)
        box = _widened(extent(ax, mark))
    return box


def _widened(box: Bbox) -> Bbox:
    """Add half a letter's width at both sides."""
    half = 0.25 * box.height
    return Bbox.from_extents(box.x0 - half, box.y0, box.x1 + half, box.y1)
