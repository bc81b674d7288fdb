"""A tile for every group and wave, with its number and interval; or tiles laid out like a map."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from jfmodels.errors import SpecError, listing
from jfmodels.report.plot_canvas import (
    GREY,
    INK,
    LETTER_WIDTH,
    LINE_HEIGHT,
    POINTS_PER_INCH,
    RULE,
    WITHHELD,
    Fitted,
    keep_what_fits,
    new_axes,
)
from jfmodels.report.plot_cells import (
    Cell,
    CellColours,
    by_place,
    cell_rows,
    cells_of,
    colours_of,
    heading,
    panels_of,
    placed_rows,
    stands_notes,
    values_of,
)
from jfmodels.report.plot_colours import ink_on
from jfmodels.report.plot_panels import frame, lay_out, name_panels, require_panels
from jfmodels.report.plot_rows import (
    FlagMarks,
    coverage_in_words,
    flag_marks,
    group_columns,
    is_simulated,
    telling_columns,
)
from jfmodels.report.plot_text import Labels, Wording, wording

__all__ = ["plot_tiles"]

type Positions = Mapping[str, tuple[float, float]]

TILE = (0.86, 0.46)  # inches
NUMBER_SIZE = 10.0
INTERVAL_SIZE = 7.0
NAME_SIZE = 9.0
INSET = 0.03  # of a tile, between it and the next
MARGIN = 8.0  # points of a tile that no text enters
LONGEST_NAME = 34  # letters of the name of a row, after which it is broken
AROUND = 1.2  # inches above and below the tiles of the only panel
LEAST_WIDTH = 2.6  # inches of a panel
MOST_INCHES = 11.0  # of panels beside one another
FILLED = 0.8  # of the height of a tile, by what it says
WORDS: Mapping[str, Mapping[str, str]] = {
    "levels": {
        "en": "Tiles: estimates in {unit}, the darker the higher",
        "fr": "Cases : estimations en {unit}, d'autant plus foncées qu'elles sont hautes",
    },
    "changes": {
        "en": "Tiles: changes in {unit}, from orange (lower) to blue (higher)",
        "fr": "Cases : écarts en {unit}, de l'orange (baisse) au bleu (hausse)",
    },
    "interval": {
        "en": "; in brackets their {coverage}intervals.",
        "fr": " ; entre crochets, leurs intervalles{coverage}.",
    },
}


@dataclass(frozen=True, slots=True)
class _Tile:
    """A cell and where it lies; its name where the axes do not tell it."""

    x: float
    y: float
    cell: Cell
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Grid:
    """The tiles of one panel, and the names of its columns and rows where these have names."""

    name: str
    tiles: tuple[_Tile, ...]
    columns: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[float, float]:
        """Give how many tiles the panel is wide and high."""
        places = [(tile.x, tile.y) for tile in self.tiles]
        return tuple(np.ptp(places, axis=0) + 1)


def plot_tiles(
    table: pd.DataFrame,
    *,
    positions: Positions | None = None,
    labels: Labels | None = None,
    lang: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw a tile for every group and wave, with the estimate and its interval in it.

    Colours run from pale to dark with the level, or from orange over white to blue with the
    change. What was withheld is hatched, and a wave that did not ask leaves a gap that says so.
    Of a single wave the tiles are of groups and answers, such as options of a multiple response
    by region.

    Parameters
    ----------
    table : DataFrame
        Tidy table of levels or of changes.
    positions : mapping of str to (float, float), optional
        Column and row of each group, the first row on top: tiles lie where the places lie on a
        map, and each wave is a panel.
    labels : mapping, optional
        Display texts, as in :func:`jfmodels.plot_trend`.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; for a table of one panel only.

    Returns
    -------
    Axes
        The first panel; its figure holds all. The tile in column i and row k lies at (i, -k).

    Raises
    ------
    SpecError
        If the table has neither levels nor changes, a group has no position, or there are more
        panels than fit on a page.

    Examples
    --------
    >>> import jfmodels as jf
    >>> import matplotlib.pyplot as plt
    >>> table = jf.direct(jf.example(), "trust_army").levels(by="region")
    >>> ax = jf.plot_tiles(table)
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['Bandiagara', 'Gao', 'Mopti', 'Timbuktu']
    >>> ax = jf.plot_tiles(table, positions={"Timbuktu": (0, 0), "Gao": (1, 0), "Mopti": (0, 1),
    ...                                      "Bandiagara": (1, 1)})
    >>> len(ax.figure.axes)
    6
    >>> plt.close("all")
    """
    words = wording(lang, labels, table)
    rows = cell_rows(table, "plot_tiles", words)
    colours, marks = colours_of(rows), flag_marks(rows)
    grids = (
        _grids(rows, table, words)
        if positions is None
        else _laid_out(rows, table, positions, words)
    )
    require_panels(len(grids), ax)
    axes = _axes(grids, _tile_size(grids, colours, words)) if ax is None else [ax]
    written = [
        text
        for each, grid in zip(axes, grids, strict=True)
        for tile in grid.tiles
        for text in _draw(each, tile, colours, marks, words)
    ]
    for each, grid in zip(axes, grids, strict=True):
        _finish(each, grid)
    name_panels(axes, [grid.name for grid in grids])
    notes = [_explained(rows, colours, words), *stands_notes(rows, "bold", words)]
    notes += marks.notes(words)
    title = heading(rows, words)
    frame(axes, title, {}, notes, words, simulated=is_simulated(table), grow=ax is None)
    keep_what_fits(axes[0], written)
    return axes[0]


def _grids(rows: pd.DataFrame, table: pd.DataFrame, words: Wording) -> list[_Grid]:
    """Lay out waves beside one another and groups below, or groups and answers of one wave."""
    groups = telling_columns(rows, group_columns(rows))
    told = [
        *telling_columns(rows, ["wave"]),
        *groups,
        *telling_columns(rows, ["outcome", "category"]),
    ]
    if len(told) < 2:
        told = ["wave", *(name for name in [*told, "outcome"] if name != "wave")][:2]
    across, down, *panels = told
    columns, below = (values_of(rows, name, table) for name in (across, down))
    return [
        _grid(name, cells_of(part, down, across), columns, below, words)
        for name, part in panels_of(rows, panels, words)
    ]


def _grid(
    name: str,
    cells: Mapping[tuple[Hashable, Hashable], Cell],
    columns: Sequence[Hashable],
    rows: Sequence[Hashable],
    words: Wording,
) -> _Grid:
    """Give every combination of row and column its tile."""
    tiles = tuple(
        _Tile(i, -k, cells.get((row, column), Cell()))
        for k, row in enumerate(rows)
        for i, column in enumerate(columns)
    )
    across, down = (tuple(words.group([each]) for each in side) for side in (columns, rows))
    return _Grid(name, tiles, across, down)


def _laid_out(
    rows: pd.DataFrame, table: pd.DataFrame, positions: Positions, words: Wording
) -> list[_Grid]:
    """Lay tiles out as places lie, a panel for each wave."""
    told, place = placed_rows(rows, "plot_tiles")
    lacking = [name for name in values_of(told, place, table) if str(name) not in positions]
    if lacking:
        raise SpecError(f"Without a position: {listing(lacking)}. With one: {listing(positions)}.")
    panels = telling_columns(told, ["wave", "outcome", "category"])
    return [
        _Grid(name, _placed(by_place(part, place), positions, words))
        for name, part in panels_of(told, panels, words)
    ]


def _placed(cells: Mapping[str, Cell], positions: Positions, words: Wording) -> tuple[_Tile, ...]:
    """Give every place its tile, also where the table does not have it."""
    return tuple(
        _Tile(x, -y, cells.get(name, Cell()), words.name(name))
        for name, (x, y) in positions.items()
    )


def _tile_size(grids: Sequence[_Grid], colours: CellColours, words: Wording) -> tuple[float, float]:
    """Give width and height of a tile in inches, large enough for all that is said."""
    said = [_said(tile, colours, FlagMarks({}, ()), words) for grid in grids for tile in grid.tiles]
    names = [line for grid in grids for name in grid.columns for line in _broken(name)]
    wide = [len(text) * size for lines in said for text, size in lines]
    wide += [len(name) * NAME_SIZE for name in names]
    tall = max(sum(size for _, size in lines) for lines in said)
    width = (LETTER_WIDTH * max(wide) + MARGIN) / POINTS_PER_INCH
    return max(TILE[0], width), max(TILE[1], (LINE_HEIGHT * tall + MARGIN) / POINTS_PER_INCH)


def _axes(grids: Sequence[_Grid], tile: tuple[float, float]) -> list[Axes]:
    """Make axes as large as their tiles and the names beside them need."""
    across, down = grids[0].size
    names = 0.065 * max((len(line) for row in grids[0].rows for line in _lines(row)), default=0)
    wide, tall = across * tile[0] + names, down * tile[1]
    if len(grids) == 1:
        return [new_axes(max(4.6, wide + 0.2), tall + AROUND)]
    most = max(1, int(MOST_INCHES / wide))
    return lay_out(len(grids), (max(LEAST_WIDTH, wide + 0.15), tall + 0.6), most_across=most)


def _broken(name: str) -> list[str]:
    """Break the name of a column into short lines."""
    return wrap(name, 12, break_long_words=False) or [""]


def _lines(name: str) -> list[str]:
    """Break the name of a row into lines."""
    return wrap(name, LONGEST_NAME, break_on_hyphens=False) or [""]


def _draw(
    ax: Axes, tile: _Tile, colours: CellColours, marks: FlagMarks, words: Wording
) -> list[Fitted]:
    """Draw a tile with what it says."""
    cell, side = tile.cell, 1 - 2 * INSET
    look: dict[str, Any] = {"facecolor": "white", "edgecolor": RULE, "linewidth": 0.8}
    if cell.drawn:
        look = {"facecolor": colours.colour(cell.estimate), "linewidth": 0}
    elif "suppressed" in cell.flags:
        look = WITHHELD
    ax.add_patch(Rectangle((tile.x - side / 2, tile.y - side / 2), side, side, **look))
    ink = ink_on(look["facecolor"]) if cell.drawn else GREY
    lines = _said(tile, colours, marks, words)
    whole, above = sum(size for _, size in lines), 0.0
    written = []
    for text, size in lines:
        y = tile.y + FILLED * (0.5 - (above + size / 2) / whole)
        above += size
        shown = ax.text(tile.x, y, text, ha="center", va="center", parse_math=False)
        shown.set(fontsize=size, color=ink, fontweight="bold" if cell.decisive else "normal")
        shown.set_path_effects([] if cell.drawn else [withStroke(linewidth=3, foreground="white")])
        written.append(Fitted(shown, side))
    return written


def _said(
    tile: _Tile, colours: CellColours, marks: FlagMarks, words: Wording
) -> list[tuple[str, float]]:
    """Give the lines that a tile says, each with its size, the first on top."""
    number, interval = colours.write_cell(tile.cell, words)
    lines = [(line, NAME_SIZE) for line in _broken(tile.name) if line]
    if not tile.cell.drawn:
        return lines + [(line, INTERVAL_SIZE) for line in _broken(number)]
    lines.append((f"{number}{marks.of(tile.cell.flags)}", NUMBER_SIZE))
    return lines + ([(interval, INTERVAL_SIZE)] if interval else [])


def _finish(ax: Axes, grid: _Grid) -> None:
    """Give both axes their limits, and name columns and rows."""
    for spine in ax.spines.values():
        spine.set_visible(False)
    xs, ys = ([getattr(tile, side) for tile in grid.tiles] for side in ("x", "y"))
    ax.set_xlim(min(xs) - 0.5, max(xs) + 0.5)
    ax.set_ylim(min(ys) - 0.5, max(ys) + 0.5)
    ax.tick_params(length=0, labelsize=NAME_SIZE, labelcolor=INK)
    columns = ["\n".join(_broken(name)) for name in grid.columns]
    ax.set_xticks(range(len(columns)), columns, parse_math=False)
    rows = ["\n".join(_lines(name)) for name in grid.rows]
    ax.set_yticks([-k for k in range(len(rows))], rows, parse_math=False)


def _explained(rows: pd.DataFrame, colours: CellColours, words: Wording) -> str:
    """Say what numbers and colours are."""
    kind = "changes" if colours.compares else "levels"
    said = WORDS[kind][words.lang].format(unit=colours.unit_in_words(words))
    return said + WORDS["interval"][words.lang].format(coverage=coverage_in_words(rows, words))
