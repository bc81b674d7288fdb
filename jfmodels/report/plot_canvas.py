"""The canvas of every picture: its axes, title, number formats, notes, and how it is saved."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10
from pathlib import Path
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox, ScaledTranslation

from jfmodels.errors import choose
from jfmodels.report.plot_text import NO_BREAK, Wording

__all__ = [
    "BOLD",
    "GREY",
    "INK",
    "LETTER_WIDTH",
    "LINE_HEIGHT",
    "POINTS_PER_INCH",
    "POINT_SIZE",
    "RULE",
    "SMALL",
    "TITLE",
    "WARNING",
    "WITHHELD",
    "Fitted",
    "breadth",
    "clean_axes",
    "extent",
    "format_axis",
    "grow_figure",
    "height_in_points",
    "keep_what_fits",
    "new_axes",
    "raise_title",
    "root_figure",
    "save_plot",
    "write_notes",
    "write_title",
]

INK = "#222222"
GREY = "#767676"
RULE = "#E3E3E3"
WARNING = "#B03A00"
# how what is withheld is drawn
WITHHELD: dict[str, Any] = {
    "facecolor": "white",
    "edgecolor": "#B5B5B5",
    "hatch": "xxxx",
    "linewidth": 0.6,
}
# sizes in points
SMALL = 7.5
POINT_SIZE = 5.5
TITLE = 11.5
LINE_HEIGHT = 1.35
# mean width of a letter as a fraction of the font size, on the wide side
LETTER_WIDTH = 0.57
# how much wider bold letters are
BOLD = 1.14
POINTS_PER_INCH = 72.0

FORMATS = {".png": "png", ".svg": "svg", ".pdf": "pdf"}


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text that has a limited width, in the unit of the axes' horizontal coordinate."""

    text: Text
    room: float


def keep_what_fits(ax: Axes, texts: Sequence[Fitted]) -> None:
    """Take away the texts that are wider than their room, in axes of one scale, as laid out."""
    root_figure(ax).draw_without_rendering()
    pixels = ax.get_window_extent().width / float(np.ptp(ax.get_xlim()))
    for each in texts:
        if extent(ax, each.text).width + 2 > each.room * pixels:
            each.text.remove()


def new_axes(width: float, height: float) -> Axes:
    """Make an axes in a figure of its own, `width` by `height` inches."""
    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    return ax


def root_figure(ax: Axes) -> Figure:
    """Find the figure that holds the axes, also where they lie in a subfigure."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("The axes belong to no figure.")
    return figure


def clean_axes(ax: Axes, *, grid: Literal["x", "y"]) -> None:
    """Leave the lower spine, a light grid across one axis, and no tick marks."""
    ax.spines[:].set_visible(False)
    ax.spines["bottom"].set_visible(True)
    ax.spines["bottom"].set_color(GREY)
    ax.tick_params(length=0, labelsize=9, labelcolor=INK)
    ax.grid(visible=True, axis=grid, color=RULE, linewidth=0.8)
    ax.set_axisbelow(True)


def extent(ax: Axes, text: Text) -> Bbox:
    """Measure a text in pixels, without the arrow that an annotation may have."""
    # Annotation widens its extent by the arrow, so the method of Text is asked
    return Text.get_window_extent(text, root_figure(ax).canvas.get_renderer())  # type: ignore[attr-defined]


def format_axis(axis: Axis, write: Callable[[float, int], str], scale: float) -> None:
    """Put few round ticks on an axis, written with as many decimals as their step needs.

    Parameters
    ----------
    axis : Axis
        Its limits must stand.
    write : callable
        ``(value, decimals) -> text``.
    scale : float
        What the text multiplies the value by: 100 for shares.
    """
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    step = float(np.diff(axis.get_majorticklocs())[:1].sum()) * scale
    # the tolerance keeps a step of 0.99999 from asking for a decimal
    decimals = max(0, -floor(log10(step) + 1e-6)) if step > 0 else 0
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value, decimals)))


def write_title(ax: Axes, title: str, words: Wording, *, simulated: bool) -> list[Text]:
    """Write the title, and above the upper right corner whether the data are simulated."""
    left, width = breadth(ax)
    text = _wrap(title[:1].upper() + title[1:], width, BOLD * TITLE)
    shown = ax.set_title(text, loc="left", parse_math=False)
    shown.set(fontsize=TITLE, fontweight="bold", color=INK)
    # offsets in points keep the title in place when the layout changes the width of the axes
    shown.set_transform(ax.transAxes)
    _shift(ax, shown, left, 23 if simulated else 9)
    if not simulated:
        return [shown]
    mark = ax.text(1, 1, words.phrase("simulated"), transform=ax.transAxes, ha="right")
    mark.set(fontsize=8.5, fontweight="bold", color=WARNING)
    _shift(ax, mark, 0, 6)
    return [shown, mark]


def raise_title(ax: Axes, written: Sequence[Text], points: float, *, grow: bool) -> None:
    """Move what :func:`write_title` wrote up, clear of what stands above the axes."""
    for text in written:
        _shift(ax, text, 0, points)
    if grow:
        grow_figure(root_figure(ax), points)


def write_notes(ax: Axes, notes: Sequence[str], *, grow: bool) -> None:
    """Write sentences under the axes, wrapped to its width.

    Parameters
    ----------
    ax : Axes
        With its ticks and labels in place.
    notes : sequence of str
        Each begins a line.
    grow : bool
        Whether the figure may become taller to hold them.
    """
    left, width = breadth(ax)
    below = _points(ax, _outer(ax).y0 - ax.get_window_extent().y0) - 7
    text = "\n".join(_wrap(note, width, SMALL) for note in notes)
    written = ax.text(0, 0, text, transform=ax.transAxes, va="top", parse_math=False)
    written.set(fontsize=SMALL, color=GREY, linespacing=LINE_HEIGHT)
    _shift(ax, written, left, below)
    if grow:
        grow_figure(root_figure(ax), (text.count("\n") + 1) * SMALL * LINE_HEIGHT)


def save_plot(ax: Axes, path: str | Path) -> Path:
    """Save the figure of a plot as PNG (200 dots per inch), SVG or PDF, by the path's suffix.

    Parameters
    ----------
    ax : Axes
        As :func:`plot_trend` and :func:`plot_changes` return it.
    path : str or Path
        Where to; its folder must exist.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    SpecError
        If the suffix is none of the three.
    """
    file = Path(path)
    form = choose("picture format", file.suffix.lower(), FORMATS)
    root_figure(ax).savefig(file, format=form, dpi=200, bbox_inches="tight")
    return file


def height_in_points(ax: Axes) -> float:
    """Measure the height of the axes in points, the unit of fonts, as laid out now."""
    root_figure(ax).draw_without_rendering()
    return _points(ax, ax.get_window_extent().height)


def _shift(ax: Axes, text: Text, right: float, up: float) -> None:
    """Move a text by points, whatever its coordinates are."""
    inches = (right / POINTS_PER_INCH, up / POINTS_PER_INCH)
    moved = ScaledTranslation(*inches, root_figure(ax).dpi_scale_trans)
    text.set_transform(text.get_transform() + moved)


def grow_figure(figure: Figure, points: float) -> None:
    """Make a figure taller."""
    figure.set_figheight(figure.get_figheight() + points / POINTS_PER_INCH)


def _outer(ax: Axes) -> Bbox:
    """Measure the axes with everything written around it, in pixels, as laid out now."""
    root_figure(ax).draw_without_rendering()
    box = ax.get_tightbbox()
    return ax.get_window_extent() if box is None else Bbox(box)


def _points(ax: Axes, pixels: float) -> float:
    """Turn pixels into points, the unit of fonts and offsets."""
    return float(pixels) * POINTS_PER_INCH / root_figure(ax).dpi


def breadth(ax: Axes) -> tuple[float, float]:
    """Give the left end of all that is written, seen from the axes, and its width, in points."""
    outer = _outer(ax)
    return _points(ax, outer.x0 - ax.get_window_extent().x0), _points(ax, outer.width)


def _wrap(text: str, width: float, size: float) -> str:
    """Break a text into lines of at most `width` points at a font size."""
    # French colons and semicolons stay on the line of the word before them
    kept = text.replace(" :", f"{NO_BREAK}:").replace(" ;", f"{NO_BREAK};")
    return textwrap.fill(kept, max(20, int(width / (LETTER_WIDTH * size))), break_on_hyphens=False)
