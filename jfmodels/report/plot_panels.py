"""Several panels as one picture: their grid, and what is written around all of them.

A picture of one panel is framed within its axes, so that it can stand in a figure of the user's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from textwrap import fill

import matplotlib.pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from jfmodels.errors import SpecError
from jfmodels.report.plot_canvas import (
    BOLD,
    GREY,
    INK,
    LETTER_WIDTH,
    LINE_HEIGHT,
    POINTS_PER_INCH,
    SMALL,
    TITLE,
    WARNING,
    breadth,
    grow_figure,
    raise_title,
    root_figure,
    write_notes,
    write_title,
)
from jfmodels.report.plot_text import Wording

__all__ = ["MOST_PANELS", "NAME_SIZE", "frame", "lay_out", "name_panels", "require_panels"]

MOST_PANELS = 16
ACROSS = {2: 6, 3: 9, 4: MOST_PANELS}  # panels beside one another, up to so many of them
LEAST_AROUND = 0.35  # inches left around all panels, their title, key and notes
NAME_SIZE = 9.0
SIGN_WIDTH = 47.0  # points of a sign in the key, with the room around it
ROOM_ABOVE_KEY = 3.0


def require_panels(count: int, ax: Axes | None) -> None:
    """Refuse more panels than the given axes, or a page, can hold."""
    if (count > 1 and ax is not None) or count > MOST_PANELS:
        raise SpecError(
            f"These rows have {count} groups, each with a panel of its own; one axes takes "
            f"one group, and a page at most {MOST_PANELS}. Draw a part of the table."
        )


def lay_out(count: int, panel: tuple[float, float], *, most_across: int = 4) -> list[Axes]:
    """Make a grid of panels of one size in inches and one scale, read from left to right."""
    across = min(next(most for most, panels in ACROSS.items() if count <= panels), count)
    across = min(across, most_across)
    down = ceil(count / across)
    _, grid = plt.subplots(
        down,
        across,
        figsize=(panel[0] * across, panel[1] * down + LEAST_AROUND),
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


def name_panels(axes: Sequence[Axes], names: Sequence[str]) -> None:
    """Write names above several panels, in as many lines as their width asks for."""
    if len(axes) == 1:
        return
    for ax, name in zip(axes, names, strict=True):
        _name_panel(ax, name)
    lines = {}
    for ax in axes:
        row = _row(ax)
        lines[row] = max(lines.get(row, 1), _lines(ax.get_title(loc="left")))
    more = sum(lines.values()) - len(lines)
    grow_figure(root_figure(axes[0]), more * NAME_SIZE * LINE_HEIGHT)


def _row(ax: Axes) -> int:
    """Say which row of panels an axes stands in."""
    place = ax.get_subplotspec()
    return 0 if place is None else place.rowspan.start


def _name_panel(ax: Axes, name: str) -> None:
    """Write the name of one panel."""
    room = ax.get_window_extent().width * POINTS_PER_INCH / root_figure(ax).dpi
    text = fill(name, max(12, int(room / (LETTER_WIDTH * NAME_SIZE))), break_on_hyphens=False)
    ax.set_title(text, loc="left", fontsize=NAME_SIZE, color=INK, parse_math=False)


def frame(
    axes: Sequence[Axes],
    title: str,
    key: Mapping[str, Artist],
    notes: Sequence[str],
    words: Wording,
    *,
    simulated: bool,
    grow: bool,
) -> None:
    """Write the title, the key and the notes around one panel, or around all.

    Parameters
    ----------
    axes : sequence of Axes
        With all that is drawn in them.
    title : str
        What the picture is of.
    key : mapping of str to Artist
        The sign of each name, in order.
    notes : sequence of str
        Each begins a line.
    words : Wording
        The language.
    simulated : bool
        Whether nobody real answered.
    grow : bool
        Whether the figure is the picture's own, and may become taller.
    """
    if len(axes) > 1:
        _frame_all(root_figure(axes[0]), title, key, notes, words, simulated=simulated)
        return
    ax = axes[0]
    head = write_title(ax, title, words, simulated=simulated)
    write_notes(ax, notes, grow=grow)
    raise_title(ax, head, _key_above(ax, key), grow=grow)


def _key_above(ax: Axes, key: Mapping[str, Artist]) -> float:
    """Write the key above one axes, and say how high it is in points."""
    if not key:
        return 0.0
    left, width = breadth(ax)
    columns = _columns(list(key), width)
    moved = ScaledTranslation(left / POINTS_PER_INCH, 0, root_figure(ax).dpi_scale_trans)
    legend = ax.legend(
        *_by_rows(key, columns),
        loc="lower left",
        bbox_to_anchor=(0, 1),
        bbox_transform=ax.transAxes + moved,
        ncols=columns,
        frameon=False,
        fontsize=NAME_SIZE,
        labelcolor=INK,
        borderpad=0,
        borderaxespad=ROOM_ABOVE_KEY / NAME_SIZE,
        handlelength=1.4,
    )
    legend.set_in_layout(False)
    for text in legend.get_texts():
        text.set_parse_math(False)
    root_figure(ax).draw_without_rendering()
    pixels = legend.get_window_extent().height
    return float(pixels) * POINTS_PER_INCH / root_figure(ax).dpi + ROOM_ABOVE_KEY


def _frame_all(
    figure: Figure,
    title: str,
    key: Mapping[str, Artist],
    notes: Sequence[str],
    words: Wording,
    *,
    simulated: bool,
) -> None:
    """Write the title, the key and the notes around all panels of a figure."""
    width = figure.get_figwidth() * POINTS_PER_INCH
    mark = words.phrase("simulated") if simulated else ""
    room = int((width - 20) / (BOLD * LETTER_WIDTH * TITLE)) - len(mark)
    head = fill(title[:1].upper() + title[1:], room, break_on_hyphens=False)
    columns = _columns(list(key), width - 20)
    legend = figure.legend(
        *_by_rows(key, columns),
        title=head,
        alignment="left",
        loc="outside upper left",
        ncols=columns,
        frameon=False,
        fontsize=NAME_SIZE,
        labelcolor=INK,
        borderpad=0,
        handlelength=2.4,
    )
    legend.get_title().set(fontsize=TITLE, fontweight="bold", color=INK, parse_math=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
    longest = int((width - 10) / (LETTER_WIDTH * SMALL))
    said = "\n".join(fill(note, longest, break_on_hyphens=False) for note in notes)
    below = figure.supxlabel(said, x=0.01, ha="left", parse_math=False)
    below.set(fontsize=SMALL, color=GREY, linespacing=LINE_HEIGHT)
    lines = {TITLE: _lines(head), NAME_SIZE: ceil(len(key) / columns), SMALL: _lines(said)}
    grow_figure(figure, LINE_HEIGHT * sum(size * count for size, count in lines.items()))
    if simulated:
        top = 1 - 0.05 / figure.get_figheight()
        written = figure.text(0.99, top, mark, ha="right", va="top")
        written.set(fontsize=NAME_SIZE, fontweight="bold", color=WARNING)


def _lines(text: str) -> int:
    """Count the lines of a text."""
    return text.count("\n") + 1


def _columns(names: Sequence[str], width: float) -> int:
    """Give the most columns of a key that `width` points hold; 1 at least."""
    for columns in range(len(names), 1, -1):
        longest = [max(map(len, names[start::columns])) for start in range(columns)]
        if sum(longest) * LETTER_WIDTH * NAME_SIZE + columns * SIGN_WIDTH <= width:
            return columns
    return 1


def _by_rows(key: Mapping[str, Artist], columns: int) -> tuple[list[Artist], list[str]]:
    """Order signs and names so that a key that is filled by columns reads by rows."""
    names = [name for start in range(columns) for name in list(key)[start::columns]]
    return [key[name] for name in names], names
