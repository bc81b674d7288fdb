"""A map of places: colours say how much, and how uncertain that is stands beside it.

Uncertainty has a sign of its own rather than a share of the colour. Readers take two signs that
can be looked at apart, as colour and size, better than two that melt into one, as hue and
saturation or a palette that fades with doubt, whose key lay readers have to learn [1]_ [2]_ [3]_.
Where the places are large enough for numbers the interval is written: nothing is more exact.

References
----------
.. [1] MacEachren, A. M. et al. (2012). Visual semiotics and uncertainty visualization: an
   empirical study. IEEE Transactions on Visualization and Computer Graphics 18, 2496-2505.
.. [2] Kinkeldey, C., MacEachren, A. M. and Schiewe, J. (2014). How to assess visual communication
   of uncertainty? The Cartographic Journal 51, 372-386.
.. [3] Correll, M., Moritz, D. and Heer, J. (2018). Value-suppressing uncertainty palettes.
   Proceedings of CHI 2018, paper 642.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from jfmodels.report.plot_canvas import INK, WITHHELD, extent, new_axes, root_figure
from jfmodels.report.plot_cells import (
    Cell,
    CellColours,
    by_place,
    cell_rows,
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
    flag_places,
    is_simulated,
    telling_columns,
)
from jfmodels.report.plot_shapes import Shape, aspect_of, corners_of, read_shapes
from jfmodels.report.plot_text import Labels, Wording, wording

__all__ = ["plot_map"]

WIDTH = 6.4  # inches of the only panel
PANEL_WIDTH = 3.1
AROUND = 1.2
OUTLINE = "#8A8A8A"
ELSEWHERE = "#D8D8D8"  # outline of places that the table does not have
NAME_SIZE = 8.0
LARGEST_DOT = 19.0  # diameter in points, where there is one panel
SMALLEST_DOT = 2.5
MOST_NAMED = 8
WORDS: Mapping[str, Mapping[str, str]] = {
    "levels": {
        "en": "Colours: estimates in {unit}, the darker the higher",
        "fr": "Couleurs : estimations en {unit}, d'autant plus foncées qu'elles sont hautes",
    },
    "changes": {
        "en": "Colours: changes in {unit}, from orange (lower) to blue (higher)",
        "fr": "Couleurs : écarts en {unit}, de l'orange (baisse) au bleu (hausse)",
    },
    "written": {
        "en": "; in brackets their {coverage}intervals.",
        "fr": " ; entre crochets, leurs intervalles{coverage}.",
    },
    "dots": {
        "en": ". Dots: half the width of their {coverage}intervals; a large dot is a doubtful "
        "colour.",
        "fr": ". Points : demi-largeur de leurs intervalles{coverage} ; un grand point, une "
        "couleur incertaine.",
    },
    "arrows": {
        "en": ". Triangles point the way of the change, as wide as half its {coverage}interval; a "
        "large one is a doubtful colour.",
        "fr": ". Triangles : sens de l'écart, larges comme la moitié de son intervalle{coverage} ; "
        "un grand, une couleur incertaine.",
    },
    "crosses": {
        "en": "Crosses: no interval could be computed.",
        "fr": "Croix : aucun intervalle n'a pu être calculé.",
    },
    "bare": {
        "en": "Without brackets: no interval could be computed.",
        "fr": "Sans crochets : aucun intervalle n'a pu être calculé.",
    },
    "reach": {"en": "± {number}", "fr": "± {number}"},
    "elsewhere": {"en": "Not in the table", "fr": "Absents du tableau"},
}


@dataclass(frozen=True, slots=True)
class _Panel:
    """One map: its name, and the cell of each place that the table has."""

    name: str
    cells: Mapping[str, Cell]


def plot_map(
    table: pd.DataFrame,
    shapes: object,
    *,
    key: str | None = None,
    labels: Labels | None = None,
    lang: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw the estimates of places on a map, with their uncertainty, a panel for each wave.

    Levels run from pale to dark, changes from orange over white to blue. Where one map is drawn
    and its places are large enough, each says its name, estimate and interval. Otherwise a dot
    in each place is as wide as half the interval; changes have triangles that point their way.
    What was withheld is hatched.

    Parameters
    ----------
    table : DataFrame
        Tidy table of levels or changes by one group, such as commune or region.
    shapes : str, Path, mapping, or object with ``__geo_interface__``
        Outlines of the places: a GeoJSON file, what one holds, or a GeoDataFrame.
    key : str, optional
        The property of the shapes that names the place as the table does; by default the one
        that holds most of the table's names.
    labels : mapping, optional
        Display texts, as in :func:`jfmodels.plot_trend`.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; for a table of one wave only.

    Returns
    -------
    Axes
        The first panel, in the coordinates of the shapes; its figure holds all.

    Raises
    ------
    ReadError
        If the shapes cannot be read.
    SpecError
        If a place of the table has no shape, the table has several group columns, or there are
        more panels than fit on a page.

    Examples
    --------
    >>> import jfmodels as jf
    >>> import matplotlib.pyplot as plt
    >>> def square(name, x, y):
    ...     ring = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
    ...     return {"type": "Feature", "properties": {"name": name},
    ...             "geometry": {"type": "Polygon", "coordinates": [ring]}}
    >>> shapes = {"type": "FeatureCollection", "features": [
    ...     square("Timbuktu", 0, 1), square("Gao", 1, 1), square("Mopti", 0, 0),
    ...     square("Bandiagara", 1, 0)]}
    >>> table = jf.direct(jf.example(), "trust_army").levels(by="region")
    >>> ax = jf.plot_map(table[table["wave"] == "Q6"], shapes)
    >>> ax.get_title(loc="left")
    'Confidence in the army: somewhat + a lot, Q6'
    >>> plt.close(ax.figure)
    """
    words = wording(lang, labels, table)
    rows, place = placed_rows(cell_rows(table, "plot_map", words), "plot_map")
    outlines = read_shapes(shapes, key, [str(name) for name in values_of(rows, place, table)])
    colours, told = colours_of(rows), telling_columns(rows, ["wave", "outcome", "category"])
    panels = [_Panel(name, by_place(part, place)) for name, part in panels_of(rows, told, words)]
    require_panels(len(panels), ax)
    axes = _axes(outlines, len(panels)) if ax is None else [ax]
    for each, panel in zip(axes, panels, strict=True):
        _draw(each, panel, outlines, colours)
    name_panels(axes, [panel.name for panel in panels])
    marks = flag_marks(rows)
    written = len(panels) == 1 and _write(axes[0], panels[0], outlines, colours, marks, words)
    dots = {} if written else _draw_dots(axes, panels, outlines, colours, words)
    sign = "bold" if written else "dark"
    signs = {**colours.key(words), **dots, **_missing(panels, words)}
    notes = [_explained(rows, colours, words, written=written), *stands_notes(rows, sign, words)]
    notes += marks.notes(words) if written else _flags(panels, words)
    notes += _bare(panels, words, written=written) + _elsewhere(outlines, panels, words)
    title = heading(rows, words)
    frame(axes, title, signs, notes, words, simulated=is_simulated(table), grow=ax is None)
    return axes[0]


def _axes(outlines: Mapping[str, Shape], count: int) -> list[Axes]:
    """Make axes in the proportions of the map."""
    wide, tall = np.diff(corners_of(outlines.values()), axis=0).ravel()
    ratio = float(np.clip(aspect_of(outlines.values()) * tall / wide, 0.4, 1.8))
    if count == 1:
        return [new_axes(WIDTH, WIDTH * ratio + AROUND)]
    return lay_out(count, (PANEL_WIDTH, PANEL_WIDTH * ratio + 0.3), most_across=3)


def _draw(ax: Axes, panel: _Panel, outlines: Mapping[str, Shape], colours: CellColours) -> None:
    """Fill every outline by what the table says of the place."""
    for name, shape in outlines.items():
        look = _look(panel.cells.get(name), colours)
        ax.add_patch(PathPatch(shape.path, **{"edgecolor": OUTLINE, "linewidth": 0.6, **look}))
    ax.set_aspect(aspect_of(outlines.values()))
    ax.autoscale_view()
    ax.set_axis_off()


def _look(cell: Cell | None, colours: CellColours) -> dict[str, Any]:
    """Choose how a place is filled; None where the table does not have it."""
    if cell is None:
        return {"facecolor": "white", "edgecolor": ELSEWHERE, "zorder": 0.5}
    if "suppressed" in cell.flags and not cell.drawn:
        return WITHHELD | {"edgecolor": OUTLINE}
    return {"facecolor": colours.colour(cell.estimate) if cell.drawn else "white"}


def _write(
    ax: Axes,
    panel: _Panel,
    outlines: Mapping[str, Shape],
    colours: CellColours,
    marks: FlagMarks,
    words: Wording,
) -> bool:
    """Write name, estimate and interval into all places, if they are large enough for it."""
    root_figure(ax).draw_without_rendering()
    texts = [
        _label(ax, words.name(name), cell, outlines[name], colours, marks, words)
        for name, cell in panel.cells.items()
    ]
    shapes = (outlines[name] for name in panel.cells)
    if all(_holds(ax, shape, text) for shape, text in zip(shapes, texts, strict=True)):
        return True
    for text in texts:
        text.remove()
    return False


def _label(
    ax: Axes,
    name: str,
    cell: Cell,
    shape: Shape,
    colours: CellColours,
    marks: FlagMarks,
    words: Wording,
) -> Text:
    """Write what the table says of a place into its middle."""
    number, interval = colours.write_cell(cell, words)
    said = f"{number}{marks.of(cell.flags)} {interval}".strip() if cell.drawn else number
    text = ax.text(*shape.middle, f"{name}\n{said}", ha="center", va="center", parse_math=False)
    text.set(fontsize=NAME_SIZE, color=ink_on(colours.colour(cell.estimate)) if cell.drawn else INK)
    text.set_fontweight("bold" if cell.decisive else "normal")
    if not cell.drawn:
        text.set_path_effects([withStroke(linewidth=3, foreground="white")])
    return text


def _holds(ax: Axes, shape: Shape, text: Text) -> bool:
    """Tell whether a text lies within an outline, with a little room for a tighter layout."""
    box = extent(ax, text)
    box = box.expanded(1.12, 1.12)
    corners = ax.transData.inverted().transform(box.corners())
    return bool(shape.holds(corners).all())


def _draw_dots(
    axes: Sequence[Axes],
    panels: Sequence[_Panel],
    outlines: Mapping[str, Shape],
    colours: CellColours,
    words: Wording,
) -> dict[str, Artist]:
    """Draw a sign as wide as half the interval in every place, and give the key of sizes."""
    halves = [(c.high - c.low) / 2 for p in panels for c in p.cells.values() if c.bounded]
    largest = LARGEST_DOT if len(panels) == 1 else 0.7 * LARGEST_DOT
    points = largest / max(halves, default=1.0)
    for ax, panel in zip(axes, panels, strict=True):
        for name, cell in panel.cells.items():
            ax.add_line(_sign(outlines[name].middle, cell, points, colours))
    unit = WORDS["reach"][words.lang]
    ticks = MaxNLocator(nbins=3, steps=[1, 2, 5, 10]).tick_values(0, max(halves, default=1.0))
    marker = "^" if colours.compares else "o"
    sizes = {half: colours.size(half, words) for half in map(float, ticks)}
    if colours.unit.share:
        sizes = {half: words.points(size) for half, size in sizes.items()}
    return {
        unit.format(number=size): _dot((0, 0), points * half, marker)
        for half, size in sizes.items()
        if 0 < half <= max(halves, default=0.0)
    }


def _sign(place: tuple[float, float], cell: Cell, points: float, colours: CellColours) -> Line2D:
    """Make the sign of a place: by its interval, a cross without, a dash for a gap.

    The colours of a rise and a fall are alike in grey, so their signs differ.
    """
    if cell.bounded:
        size = max(SMALLEST_DOT, points * (cell.high - cell.low) / 2)
        rise, fall = ("^", "v") if colours.compares else ("o", "o")
        marker = rise if cell.estimate >= colours.unit.null else fall
        return _dot(place, size, marker, dark=cell.decisive)
    marker = "x" if cell.drawn else "" if "suppressed" in cell.flags else "_"
    return Line2D(*_point(place), marker=marker, color=INK, markersize=5, linestyle="none")


def _point(place: tuple[float, float]) -> tuple[list[float], list[float]]:
    """Give a place as the coordinates of a line of one point."""
    return [place[0]], [place[1]]


def _dot(place: tuple[float, float], size: float, marker: str, *, dark: bool = False) -> Line2D:
    """Make a dot that can be seen on every colour."""
    return Line2D(
        *_point(place),
        marker=marker,
        linestyle="none",
        markersize=size,
        markerfacecolor=INK if dark else "white",
        markeredgecolor="white" if dark else INK,
        markeredgewidth=0.9,
    )


def _missing(panels: Sequence[_Panel], words: Wording) -> dict[str, Artist]:
    """Give the signs of places without an estimate, as far as there are any."""
    empty = [c for panel in panels for c in panel.cells.values() if not c.drawn]
    held = any("suppressed" in cell.flags for cell in empty)
    bare = any("suppressed" not in cell.flags for cell in empty)
    signs: dict[str, Artist] = {}
    if held:
        signs[words.why_missing(("suppressed",))] = Patch(**WITHHELD)
    if bare:
        signs[words.phrase("no_estimate")] = Patch(facecolor="white", edgecolor=OUTLINE)
    return signs


def _explained(rows: pd.DataFrame, colours: CellColours, words: Wording, *, written: bool) -> str:
    """Say what colours are, and where their uncertainty is seen."""
    lang = words.lang
    said = WORDS["changes" if colours.compares else "levels"][lang]
    bounded = bool((rows["low"].notna() & rows["high"].notna()).any())
    sign = "arrows" if colours.compares else "dots"
    beside = WORDS["written" if written else sign][lang] if bounded else "."
    unit, coverage = colours.unit_in_words(words), coverage_in_words(rows, words)
    return said.format(unit=unit) + beside.format(coverage=coverage)


def _flags(panels: Sequence[_Panel], words: Wording) -> list[str]:
    """Say of every flag in which places and waves it applies."""
    found: dict[str, list[str]] = {}
    for panel in panels:
        for name, cell in panel.cells.items():
            for code in cell.flags:
                found.setdefault(code, []).append(f"{words.name(name)} {panel.name}".strip())
    cells = sum(len(panel.cells) for panel in panels)
    return flag_places(found, {code for code in found if len(found[code]) == cells}, words)


def _bare(panels: Sequence[_Panel], words: Wording, *, written: bool) -> list[str]:
    """Explain how estimates without an interval look, if there are any."""
    bare = any(c.drawn and not c.bounded for panel in panels for c in panel.cells.values())
    return [WORDS["bare" if written else "crosses"][words.lang]] if bare else []


def _elsewhere(
    outlines: Mapping[str, Shape], panels: Sequence[_Panel], words: Wording
) -> list[str]:
    """Name the places that have an outline and no row."""
    told = {name for panel in panels for name in panel.cells}
    names = [words.name(name) for name in outlines if name not in told]
    if not names:
        return []
    more = len(names) - MOST_NAMED
    rest = [words.phrase("more").format(count=more)] if more > 0 else []
    listed = ", ".join([*names[:MOST_NAMED], *rest])
    return [f"{words.after(WORDS['elsewhere'][words.lang], listed)}."]
