"""Tiles say the numbers of the table where the table has them, and why where it has none."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from test_plots import (
    FRENCH,
    REGIONS,
    WAVES,
    changes,
    covering,
    english_in,
    holed,
    levels,
    put,
    said,
)

from jfmodels.errors import SpecError
from jfmodels.report.plot_colours import lightness
from jfmodels.report.plots import plot_tiles


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def tile(ax, column: float, row: float):
    """Find the rectangle at a place."""
    (found,) = [p for p in ax.patches if np.allclose(p.get_center(), (column, -row))]
    return found


def words_in(ax, column: float, row: float) -> list[str]:
    """Give what a tile says, from top to bottom."""
    inside = [t for t in ax.texts if t.get_transform() == ax.transData]
    here = [t for t in inside if np.abs(np.subtract(t.get_position(), (column, -row))).max() < 0.5]
    return [t.get_text() for t in sorted(here, key=lambda t: -t.get_position()[1])]


def test_every_tile_says_its_estimate_and_interval():
    table = levels(REGIONS[:4])
    ax = plot_tiles(table)
    for k, region in enumerate(REGIONS[:4]):
        for i, wave in enumerate(WAVES):
            row = table[(table["region"] == region) & (table["wave"] == wave)].iloc[0]
            numbers = [f"{100 * row[name]:.0f}" for name in ("estimate", "low", "high")]
            assert words_in(ax, i, k) == [numbers[0], f"[{numbers[1]}, {numbers[2]}]"]


def test_the_order_of_rows_changes_nothing():
    table = levels(REGIONS[:3])
    mixed = plot_tiles(table.sample(frac=1, random_state=2))
    plain = plot_tiles(table)
    assert all(words_in(mixed, i, k) == words_in(plain, i, k) for i in range(6) for k in range(3))


def test_higher_levels_are_darker():
    table = levels(["Gao"])
    table["estimate"] = np.linspace(0.2, 0.7, 6)
    ax = plot_tiles(table)
    light = [lightness(tile(ax, k, 0).get_facecolor()) for k in range(6)]
    assert np.all(np.diff(light) < -5)


def test_changes_diverge_from_white_and_are_equally_dark_on_both_sides():
    table = changes(["Gao"])
    table["estimate"] = [-0.1, -0.05, 0.0, 0.05, 0.1]
    ax = plot_tiles(table)
    colours = [tile(ax, k, 0).get_facecolor() for k in range(5)]
    light = [lightness(colour) for colour in colours]
    assert light[2] > 93
    assert light[:2] == pytest.approx(light[:2:-1], abs=6)
    assert colours[0][0] > colours[0][2]
    assert colours[4][2] > colours[4][0]
    assert [words_in(ax, k, 0)[0] for k in range(5)] == ["−10", "−5", "0", "+5", "+10"]


def test_changes_that_stand_are_bold():
    ax = plot_tiles(changes(["Gao"]))
    bold = [t.get_position()[0] for t in ax.texts if t.get_fontweight() == "bold"]
    assert [x for x in bold if x in range(5) and x != 1] == [0, 2, 4]
    assert "Bold: the difference from zero stands after adjustment." in said(ax)


def test_what_is_withheld_is_hatched_and_what_was_not_asked_is_empty():
    table = levels(REGIONS[:3])
    put(table, "Gao", "Q2", ("suppressed",), estimate=np.nan, low=np.nan, high=np.nan)
    put(table, "Gao", "Q3", ("not_asked",), estimate=np.nan, low=np.nan, high=np.nan)
    ax = plot_tiles(table[~((table["region"] == "Gao") & (table["wave"] == "Q4"))])
    assert words_in(ax, 1, 1) == ["withheld"]
    assert tile(ax, 1, 1).get_hatch()
    assert words_in(ax, 2, 1) == ["not asked"]
    assert words_in(ax, 3, 1) == ["no\nestimate"] or words_in(ax, 3, 1) == ["no estimate"]
    for column in (2, 3):
        assert not tile(ax, column, 1).get_hatch()
        assert to_rgb(tile(ax, column, 1).get_facecolor()) == (1, 1, 1)


def test_tiles_lie_where_places_do_a_panel_for_each_wave():
    places = {"Gao": (2, 0), "Bamako": (0, 1), "Kayes": (1, 3), "Kidal": (5, 5)}
    table = levels(["Bamako", "Gao", "Kayes"])
    panels = plot_tiles(table, positions=places).figure.axes
    assert [ax.get_title(loc="left") for ax in panels] == WAVES
    for ax, wave in zip(panels, WAVES, strict=True):
        row = table[(table["region"] == "Gao") & (table["wave"] == wave)].iloc[0]
        assert words_in(ax, 2, 0)[:2] == ["Gao", f"{100 * row['estimate']:.0f}"]
        assert words_in(ax, 5, 5)[0] == "Kidal"
        assert words_in(ax, 5, 5)[1].split() == ["no", "estimate"]


def test_options_of_one_wave_are_rows_and_groups_columns():
    parts = [levels(REGIONS[:3], ["Q6"]).assign(category=name) for name in ("theft", "zakat")]
    ax = plot_tiles(pd.concat(parts, ignore_index=True))
    assert [text.get_text() for text in ax.get_xticklabels()] == REGIONS[:3]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["theft", "zakat"]


@pytest.mark.parametrize(
    ("count", "lang", "kind"), [(4, "en", holed), (8, "fr", changes), (16, "fr", holed)]
)
def test_no_text_covers_another(count, lang, kind):
    names = {
        region: {"en": region, "fr": f"Région administrative de {region} et ses environs"}
        for region in REGIONS
    }
    table = kind(REGIONS[:count])
    table.attrs["record"] = {"simulated": True}
    ax = plot_tiles(table, lang=lang, labels=FRENCH | names)
    assert covering(ax) == []
    if lang == "fr":
        assert english_in(ax) == set()


def test_no_text_covers_another_in_sixteen_places():
    table = levels(REGIONS, ["Q1", "Q2"])
    table.attrs["record"] = {"simulated": True}
    places = {region: (k % 4, k // 4) for k, region in enumerate(REGIONS)}
    assert covering(plot_tiles(table, positions=places, lang="fr", labels=FRENCH)) == []


def test_texts_that_do_not_fit_given_axes_are_left_out():
    _, ax = plt.subplots(figsize=(3, 3))
    assert plot_tiles(levels(REGIONS[:4]), ax=ax) is ax
    assert not any("[" in text.get_text() for text in ax.texts if text.get_text()[0] == "[")


@pytest.mark.parametrize(
    ("table", "options", "says"),
    [
        (levels(["Gao", "Mopti"]), {"positions": {"Gao": (0, 0)}}, "Without a position: 'Mopti'"),
        (levels([None]), {"positions": {"Gao": (0, 0)}}, "has no group column"),
        (pd.concat([levels(["Gao"]), changes(["Gao"])]), {}, "has both: take one"),
        (pd.concat([levels(["Gao"]), levels(["Gao"])]), {}, "6 rows repeat one"),
        (levels(["Gao"]).assign(estimand="slope"), {}, "plot_tiles draws rows of estimand"),
    ],
)
def test_what_cannot_be_tiles_is_refused(table, options, says):
    with pytest.raises(SpecError, match=says):
        plot_tiles(table, **options)
