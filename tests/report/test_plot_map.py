"""Maps put the numbers of the table where the shapes are, and size doubt as the intervals do."""

from __future__ import annotations

import json
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from test_plots import (
    FRENCH,
    REGIONS,
    changes,
    covering,
    english_in,
    levels,
    partly_flagged,
    put,
    said,
)

from jfmodels.errors import ReadError, SpecError
from jfmodels.report.plot_colours import lightness
from jfmodels.report.plot_shapes import read_shapes
from jfmodels.report.plots import plot_map


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def ring(x: float, y: float, side: float = 1.0) -> list[list[float]]:
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]


def feature(name: str, *outline: list[list[float]]) -> dict:
    geometry = {"type": "Polygon", "coordinates": list(outline)}
    return {"type": "Feature", "properties": {"id": 7, "NAME_1": name}, "geometry": geometry}


def collection(features: list[dict]) -> dict:
    return {"type": "FeatureCollection", "features": features}


def squares(names: list[str]) -> dict:
    """Lay places out four in a row, as squares."""
    return collection([feature(name, ring(k % 4, k // 4)) for k, name in enumerate(names)])


def at(ax, name: str, names: list[str]):
    """Find the outline of a place among the patches of a map."""
    return ax.patches[names.index(name)]


def dots(ax) -> dict[tuple[float, float], float]:
    """Give the diameter of each dot by its place."""
    return {
        (float(line.get_xdata()[0]), float(line.get_ydata()[0])): line.get_markersize()
        for line in ax.lines
        if line.get_marker() == "o"
    }


# --- numbers -------------------------------------------------------------------------------


def test_large_places_say_their_names_numbers_and_intervals():
    table = levels(REGIONS[:4], ["Q6"])
    words = said(plot_map(table, squares(REGIONS[:4])))
    for row in table.to_dict("records"):
        low, high = (f"{100 * row[end]:.0f}" for end in ("low", "high"))
        assert f"{row['region']}\n{100 * row['estimate']:.0f} [{low}, {high}]" in words


@pytest.mark.parametrize("waves", [["Q6"], ["Q5", "Q6"]])
def test_places_of_tables_put_together_may_lack_flags(waves):
    table, shapes = levels(REGIONS[:4], waves), squares(REGIONS[:4])
    whole = said(plot_map(partly_flagged(table, ()), shapes))
    assert said(plot_map(partly_flagged(table, np.nan), shapes)) == whole


def test_dots_are_as_wide_as_intervals():
    table = levels(REGIONS[:4], ["Q5", "Q6"])
    half = np.array([0.05, 0.04, 0.06, 0.08, 0.1, 0.12, 0.16, 0.2])
    table["low"], table["high"] = table["estimate"] - half, table["estimate"] + half
    panels = plot_map(table, squares(REGIONS[:4])).figure.axes
    sizes = [size for ax in panels for size in dots(ax).values()]
    expected = [*half[::2], *half[1::2]]
    assert np.array(sizes) / max(sizes) == pytest.approx(np.array(expected) / max(expected))
    key = panels[0].figure.legends[0]
    assert "± 10 points" in [text.get_text() for text in key.get_texts()]


def test_higher_levels_are_darker():
    table = levels(REGIONS[:4], ["Q6"])
    table["estimate"] = [0.2, 0.4, 0.6, 0.8]
    ax = plot_map(table, squares(REGIONS[:4]))
    light = [lightness(at(ax, name, REGIONS).get_facecolor()) for name in REGIONS[:4]]
    assert np.all(np.diff(light) < -8)


def test_changes_diverge_point_their_way_and_are_dark_where_they_stand():
    table = changes(REGIONS[:4])
    panels = plot_map(table, squares(REGIONS[:4])).figure.axes
    assert [ax.get_title(loc="left") for ax in panels[:2]] == ["Q2 − Q1", "Q3 − Q2"]
    for ax in panels:
        rows = table[(table["wave"] == ax.get_title(loc="left")[:2])]
        for k, row in enumerate(rows.to_dict("records")):
            red, _, blue = to_rgb(ax.patches[k].get_facecolor())
            assert (row["estimate"] < 0) == (red > blue)
        dark = [line.get_markerfacecolor() != "white" for line in ax.lines]
        assert dark == (rows["p_adjusted"] < 0.05).tolist()
        ways = [line.get_marker() for line in ax.lines]
        assert ways == np.where(rows["estimate"] < 0, "v", "^").tolist()
    assert "Dark triangles: the difference from zero stands" in said(panels[0])


# --- what is missing -----------------------------------------------------------------------


def test_what_is_withheld_is_hatched_and_no_number():
    table = levels(REGIONS[:4], ["Q6"])
    put(table, "Gao", "Q6", ("suppressed",), estimate=np.nan, low=np.nan, high=np.nan)
    put(table, "Kayes", "Q6", ("not_asked",), estimate=np.nan, low=np.nan, high=np.nan)
    ax = plot_map(table, squares(REGIONS[:4]), lang="fr")
    assert at(ax, "Gao", REGIONS).get_hatch()
    assert not at(ax, "Kayes", REGIONS).get_hatch()
    assert to_rgb(at(ax, "Kayes", REGIONS).get_facecolor()) == (1, 1, 1)
    assert "Gao\nmasqué" in said(ax)
    assert "Kayes\nnon posée" in said(ax)


def test_a_place_without_interval_is_a_cross():
    table = levels(REGIONS[:4], ["Q5", "Q6"])
    put(table, "Gao", "Q6", ("at_boundary",), low=np.nan, high=np.nan)
    ax = plot_map(table, squares(REGIONS[:4])).figure.axes[1]
    assert [line.get_marker() for line in ax.lines].count("x") == 1
    assert "Crosses: no interval" in said(ax)


def test_places_that_the_table_does_not_have_are_named():
    ax = plot_map(levels(REGIONS[:3], ["Q6"]), squares(REGIONS[:5]))
    assert "Not in the table: Kidal, Koulikoro." in said(ax)
    assert len(ax.patches) == 5


def test_a_place_without_a_shape_is_an_error_that_names_what_was_meant():
    with pytest.raises(SpecError, match=r"No shape for 'Gao'.*Did you mean 'Gaoo'"):
        plot_map(levels(["Gao", "Kayes"], ["Q6"]), squares(["Gaoo", "Kayes"]))


# --- shapes --------------------------------------------------------------------------------


def test_files_mappings_and_geodataframes_are_shapes(tmp_path):
    mapping = squares(REGIONS[:2])
    file = tmp_path / "regions.geojson"
    file.write_text(json.dumps(mapping), encoding="utf-8")
    frame = SimpleNamespace(__geo_interface__=mapping)
    found = [read_shapes(each, None, REGIONS[:2]) for each in (mapping, file, str(file), frame)]
    for each in found:
        assert list(each) == REGIONS[:2]
        assert each["Gao"].path.get_extents().extents == pytest.approx([1, 0, 2, 1])


@pytest.mark.parametrize("turned", [False, True])
def test_a_hole_is_no_part_of_its_place_whichever_way_it_runs(turned):
    hole = ring(1, 1, 2)
    shapes = collection([feature("Gao", ring(0, 0, 4), hole[::-1] if turned else hole)])
    shape = read_shapes(shapes, "NAME_1", ["Gao"])["Gao"]
    assert shape.holds(np.array([(0.5, 0.5), (2, 2)])).tolist() == [True, False]
    assert shape.holds(np.array([shape.middle])).all()


def test_a_hole_is_not_filled():
    shapes = collection([feature("Gao", ring(0, 0, 4), ring(1, 1, 2))])
    ax = plot_map(levels(["Gao"], ["Q5", "Q6"]), shapes)
    ax.lines[0].remove()
    ax.figure.canvas.draw()
    seen = np.asarray(ax.figure.canvas.buffer_rgba())
    column, row = ax.transData.transform((2, 2)).round().astype(int)
    assert seen[-row, column, :3].tolist() == [255, 255, 255]


def test_a_text_stands_where_there_is_most_room():
    # a large square with a long tail, whose mean lies in the tail
    outline = [[0, 0], [4, 0], [4, 1.5], [20, 1.5], [20, 2.5], [4, 2.5], [4, 4], [0, 4], [0, 0]]
    middle = read_shapes(collection([feature("Gao", outline)]), None, ["Gao"])["Gao"].middle
    assert middle == pytest.approx((2, 2), abs=0.5)


def test_parts_of_one_name_are_one_place():
    geometry = {"type": "MultiPolygon", "coordinates": [[ring(0, 0)], [ring(5, 5)]]}
    parts = [{**feature("Gao"), "geometry": geometry}, feature("Gao", ring(9, 9))]
    shape = read_shapes(collection(parts), None, ["Gao"])["Gao"]
    inside = shape.holds(np.array([(0.5, 0.5), (5.5, 5.5), (9.5, 9.5), (3, 3)]))
    assert inside.tolist() == [True, True, True, False]


def test_degrees_are_stretched_as_they_are_on_the_ground():
    shapes = collection([feature("Gao", ring(0, 59.5))])
    assert plot_map(levels(["Gao"], ["Q6"]), shapes).get_aspect() == pytest.approx(2, abs=0.01)
    metres = collection([feature("Gao", ring(500_000, 1_800_000, 1000))])
    assert plot_map(levels(["Gao"], ["Q6"]), metres).get_aspect() == 1


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        ("nowhere.geojson", "There is no file of shapes"),
        ({"type": "Feature"}, "found dict without features"),
        (collection([{**feature("Gao"), "geometry": {"type": "Point"}}]), "'Gao' is Point"),
        (collection([{**feature("Gao"), "geometry": None}]), "'Gao' is empty"),
    ],
)
def test_what_is_no_shape_is_refused(shapes, says):
    with pytest.raises(ReadError, match=says):
        plot_map(levels(["Gao"], ["Q6"]), shapes)


def test_the_property_of_names_can_be_said_and_must_hold_them():
    table = levels(["Gao"], ["Q6"])
    with pytest.raises(SpecError, match=r"Unknown property of the shapes 'NAME'. Did you mean"):
        plot_map(table, squares(["Gao"]), key="NAME")
    with pytest.raises(SpecError, match="No property of the shapes holds names of the table"):
        plot_map(table, squares(["Ouagadougou"]))


def test_a_file_that_is_no_json_is_told(tmp_path):
    (tmp_path / "regions.geojson").write_text("<kml>", encoding="utf-8")
    with pytest.raises(ReadError, match=r"regions.geojson is no GeoJSON"):
        plot_map(levels(["Gao"], ["Q6"]), tmp_path / "regions.geojson")


@pytest.mark.parametrize("table", [levels([None], ["Q6"]), levels(["Gao"]).assign(sex="female")])
def test_a_map_has_the_groups_of_one_column(table):
    with pytest.raises(SpecError, match="places the groups of one column"):
        plot_map(table, squares(["Gao"]))


# --- no text on text -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "waves", "lang"),
    [(4, ["Q6"], "fr"), (8, ["Q5", "Q6"], "en"), (16, ["Q6"], "fr"), (16, ["Q4", "Q6"], "fr")],
)
def test_no_text_covers_another(count, waves, lang):
    names = {name: {"en": name, "fr": f"Région de {name}"} for name in REGIONS}
    table = levels(REGIONS[:count], waves)
    put(table, "Gao", "Q6", ("small_cell",))
    put(table, "Kayes", "Q6", ("suppressed",), estimate=np.nan, low=np.nan, high=np.nan)
    table.attrs["record"] = {"simulated": True}
    ax = plot_map(table, squares(REGIONS), lang=lang, labels=FRENCH | names)
    assert covering(ax) == []
    assert {"en": "Simulated data", "fr": "Données simulées"}[lang] in said(ax)
    if lang == "fr":
        assert english_in(ax) == set()


def test_the_order_of_rows_and_shapes_changes_nothing():
    table, names = levels(REGIONS[:4], ["Q6"]), REGIONS[:4]
    plain = plot_map(table, squares(names))
    mixed = plot_map(table[::-1], squares(names))
    colours = [[patch.get_facecolor() for patch in ax.patches] for ax in (plain, mixed)]
    assert colours[0] == colours[1]
    assert pd.Series(said(plain).split()).sort_values().tolist() == sorted(said(mixed).split())
