"""Ways to answer side by side: a panel per group holds every number, and no text covers another."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_plots import (
    FRENCH,
    REGIONS,
    WAVES,
    changes,
    covering,
    holed,
    levels,
    lines_named,
    said,
)

from jfmodels.errors import SpecError
from jfmodels.report.plots import plot_changes, plot_comparison

WAYS = ["direct", "weighted", "multilevel", "mrp"]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def ways(table: pd.DataFrame) -> pd.DataFrame:
    """The same rows once for each way, each two points higher."""
    parts = [
        table.assign(fit=way, estimate=table["estimate"] + 0.02 * k) for k, way in enumerate(WAYS)
    ]
    found = pd.concat(parts, ignore_index=True)
    found["fit"] = pd.Categorical(found["fit"], WAYS, ordered=True)
    found.attrs["record"] = {"simulated": True}
    return found


def test_every_panel_holds_the_numbers_of_its_group():
    table = ways(levels(REGIONS[:4]))
    panels = plot_comparison(table).figure.axes
    assert [ax.get_title(loc="left") for ax in panels] == REGIONS[:4]
    for region, ax in zip(REGIONS[:4], panels, strict=True):
        drawn = lines_named(ax)
        for way, name in zip(WAYS, drawn, strict=True):
            rows = table[(table["region"] == region) & (table["fit"] == way)]
            assert drawn[name][1] == pytest.approx(rows["estimate"].to_numpy())


def test_panels_share_their_scale():
    panels = plot_comparison(ways(levels(REGIONS[:4]))).figure.axes
    assert len({ax.get_ylim() for ax in panels}) == 1


@pytest.mark.parametrize(
    ("count", "lang"), [(2, "fr"), (3, "en"), (4, "fr"), (8, "en"), (16, "fr")]
)
def test_no_text_covers_another(count, lang):
    ax = plot_comparison(ways(holed([*REGIONS[:count]])), lang=lang, labels=FRENCH)
    assert covering(ax) == []


def test_ways_are_named_in_the_language():
    table = ways(levels(REGIONS[:2]))
    assert "direct estimate" in said(plot_comparison(table))
    assert "estimation directe" in said(plot_comparison(table, lang="fr"))
    assert "Census" in said(plot_comparison(table, labels={"mrp": "Census"}))


def test_gaps_and_flags_say_where_and_why():
    words = said(plot_comparison(ways(holed(REGIONS[:4])))).replace("\n", " ")
    assert "Gao: Q3: Nobody was interviewed here" in words
    assert "Gao Q6: Fewer than 30 interviews" in words
    assert "Simulated data" in words


def test_one_group_is_one_picture_on_given_axes():
    table = ways(levels(["Gao"]))
    _, ax = plt.subplots()
    assert plot_comparison(table, ax=ax) is ax
    assert len(lines_named(ax)) == 4


def test_a_table_without_ways_is_refused():
    with pytest.raises(SpecError, match="no column 'fit'"):
        plot_comparison(levels(REGIONS[:4]))


def test_several_groups_do_not_fit_one_axes():
    _, ax = plt.subplots()
    with pytest.raises(SpecError, match="a panel of its own"):
        plot_comparison(ways(levels(REGIONS[:4])), ax=ax)


def test_a_gap_is_no_number():
    ax = plot_comparison(ways(holed(REGIONS[:4]))).figure.axes[1]
    drawn = next(iter(lines_named(ax).values()))
    assert np.isnan(drawn[1]).sum() == 1


@pytest.mark.parametrize("table", [changes(REGIONS[:2]), levels(REGIONS[:2]).assign(wave=None)])
def test_an_error_speaks_of_the_picture_that_was_asked_for(table):
    with pytest.raises(SpecError, match=r"^plot_comparison draws"):
        plot_comparison(ways(table))


@pytest.mark.parametrize(
    ("lang", "first"),
    [("en", "direct estimate: Q2 − Q1"), ("fr", "estimation directe\xa0: Q2 − Q1")],
)
def test_changes_of_several_ways_are_named_by_the_way_alone(lang, first):
    table = ways(changes([None], WAVES[:3]))
    table["engine"] = table["fit"].astype("str").replace("mrp", "laplace")
    table["over"] = np.where(table["fit"] == "direct", "as fielded", "wave")
    drawn = [text.get_text() for text in plot_changes(table, lang=lang).get_yticklabels()]
    assert drawn[0].split(" ᵃ")[0] == first
    assert not any("as fielded" in text or ", " in text for text in drawn)
