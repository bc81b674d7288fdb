"""Small multiples of trends: every number in its panel, one look for one name, one scale."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_plots import (
    FRENCH,
    REGIONS,
    covering,
    english_in,
    holed,
    levels,
    lines_named,
    put,
    said,
)

from jfmodels.errors import SpecError
from jfmodels.report.plots import plot_trend
from jfmodels.results.schema import FLAGS

ACTORS = ["army", "police", "gendarmerie", "customary_chiefs", "self_defence_groups"]
LABELS = FRENCH | {
    actor: {"en": f"Trust in: {actor}", "fr": f"Confiance envers les acteurs de type {k}"}
    for k, actor in enumerate(ACTORS)
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def actors(count: int, groups=REGIONS[:3], make=levels) -> pd.DataFrame:
    """Make levels of several outcomes, each with numbers of its own."""
    parts = [
        make(groups).assign(outcome=name, estimate=lambda t, k=k: t["estimate"] - 0.03 * k)
        for k, name in enumerate(ACTORS[:count])
    ]
    table = pd.concat(parts, ignore_index=True)
    table.attrs["record"] = {"simulated": True}
    return table


def panels(ax) -> list:
    return [each for each in ax.figure.axes if each.get_visible()]


def test_each_outcome_has_a_panel_with_its_numbers():
    table = actors(3)
    drawn = panels(plot_trend(table, labels=LABELS))
    assert [ax.get_title(loc="left") for ax in drawn] == [
        f"Trust in: {actor}" for actor in ACTORS[:3]
    ]
    for actor, ax in zip(ACTORS, drawn, strict=False):
        for region, (_, y) in lines_named(ax).items():
            rows = table[(table["outcome"] == actor) & (table["region"] == region)]
            assert y.tolist() == rows["estimate"].tolist()


def test_panels_have_one_scale_one_key_and_the_title_of_their_answer():
    ax = plot_trend(actors(3))
    assert len({(each.get_xlim(), each.get_ylim()) for each in panels(ax)}) == 1
    (key,) = ax.figure.legends
    assert [text.get_text() for text in key.get_texts()] == REGIONS[:3]
    assert key.get_title().get_text() == "Trends over waves: somewhat or a lot"


def test_a_group_looks_the_same_in_all_panels_also_where_others_are_missing():
    table = actors(2)
    table = table[(table["outcome"] != "army") | (table["region"] != "Bamako")]
    looks = [
        {
            line.get_label(): (line.get_color(), line.get_marker(), line.get_xdata()[0])
            for line in ax.lines
            if not line.get_label().startswith("_")
        }
        for ax in panels(plot_trend(table))
    ]
    assert set(looks[0]) == {"Gao", "Kayes"}
    assert looks[0].items() < looks[1].items()


def test_any_telling_column_makes_panels():
    ax = plot_trend(actors(2), panels="region", labels=LABELS)
    assert [each.get_title(loc="left") for each in panels(ax)] == REGIONS[:3]
    assert list(lines_named(ax)) == ["Trust in: army", "Trust in: police"]
    alone = plot_trend(levels(REGIONS[:4]), panels="region")
    assert [list(lines_named(each)) for each in panels(alone)] == [[]] * 4
    assert all(len(each.lines) == 1 for each in panels(alone))


def test_outcomes_of_one_line_each_share_a_panel_as_all_do_on_given_axes():
    assert len(panels(plot_trend(actors(3, [None])))) == 1
    _, ax = plt.subplots()
    assert plot_trend(actors(3), ax=ax) is ax
    assert len(lines_named(ax)) == 9


def test_outcomes_shown_by_answers_of_their_own_name_them():
    table = actors(2)
    table["category"] = np.where(table["outcome"] == "army", "a lot", "never")
    names = [each.get_title(loc="left") for each in panels(plot_trend(table))]
    assert names == ["army: a lot", "police: never"]


def test_a_gap_of_all_panels_is_told_once_and_others_by_panel():
    table = actors(2)
    for outcome, wave, flag in (("army", "Q2", "not_asked"), (None, "Q4", "no_interviews")):
        here = (table["wave"] == wave) & ((table["outcome"] == outcome) | (outcome is None))
        table.loc[here, ["estimate", "low", "high"]] = np.nan
        for at in table.index[here]:
            table.at[at, "flag"] = (flag,)
    words = said(plot_trend(table)).replace("\n", " ")
    assert words.count(f"Q4: {FLAGS['no_interviews']['en']}") == 1
    assert f"army: Q2: {FLAGS['not_asked']['en']}" in words


def test_flags_say_which_line_of_which_panel_they_tell_of():
    table = actors(2)
    put(table, "Gao", "Q3", ("small_cell",))
    assert f"army, Gao Q3: {FLAGS['small_cell']['en']}" in said(plot_trend(table))


@pytest.mark.parametrize(("count", "groups", "lang"), [(2, 4, "en"), (5, 4, "fr"), (5, 16, "fr")])
def test_no_text_covers_another(count, groups, lang):
    names = {name: {"en": name, "fr": f"Région de {name}"} for name in REGIONS}
    ax = plot_trend(actors(count, REGIONS[:groups], holed), lang=lang, labels=LABELS | names)
    assert covering(ax) == []
    if lang == "fr":
        assert english_in(ax) == set()


def test_a_column_that_tells_nothing_apart_makes_no_panels():
    with pytest.raises(SpecError, match=r"column of panels 'regoin'. Did you mean 'region'"):
        plot_trend(levels(REGIONS[:2]), panels="regoin")


def test_more_panels_than_a_page_holds_are_refused():
    with pytest.raises(SpecError, match="have 17 groups"):
        plot_trend(levels([f"region {k}" for k in range(17)]), panels="region")
