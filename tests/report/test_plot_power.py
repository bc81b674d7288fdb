"""Curves of power say what plans and tables say, and no text covers another."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from test_plots import covering, lines_named, said

import jfmodels as jf

GIVEN = {"share": 0.5, "icc": 0.05, "icc_between_waves": 0.04, "overlap": 1}
WHOLE = jf.SurveyPlan(n=544, clusters=16, strata=4, **GIVEN)
REGION = jf.SurveyPlan(n=136, clusters=4, **GIVEN)
PLANS = {"four regions together": WHOLE, "one region": REGION}
MEANS = jf.SurveyPlan(n=400, clusters=400, sd=12.0, overlap=0)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def every():
    return jf.detectable_change(jf.example(), "trust_army", by="region")


@pytest.fixture(scope="module")
def by_region(every):
    return every[every["wave"] == "Q6"]


def marked(ax) -> list[tuple[float, float]]:
    """Where the points of the designs lie."""
    points = [line for line in ax.lines if line.get_marker() not in ("None", None, "")]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in points]


def test_curves_are_the_power_of_the_plans():
    drawn = list(lines_named(jf.plot_power(PLANS)).values())
    for (change, power), plan in zip(drawn, PLANS.values(), strict=True):
        assert power == pytest.approx([plan.power(each) for each in change])


def test_points_are_what_is_detectable():
    ax = jf.plot_power(PLANS, power=0.9, alpha=0.1)
    expected = [(plan.detectable_change(0.9, alpha=0.1), 0.9) for plan in PLANS.values()]
    assert np.array(marked(ax)) == pytest.approx(np.array(expected))
    assert "90%" in said(ax)
    assert "at 10%" in said(ax)


def test_rows_of_a_table_cross_their_power_where_it_says(by_region):
    ax = jf.plot_power(by_region)
    drawn = lines_named(ax)
    assert len(drawn) == len(by_region)
    for (change, power), found in zip(drawn.values(), by_region["detectable"], strict=True):
        assert np.interp(found, change, power) == pytest.approx(0.8, abs=1e-3)
    assert "Simulated data" in said(ax)
    assert "Q5–Q6" in said(ax)


@pytest.mark.parametrize("vary", ["people", "clusters"])
def test_sizes_find_what_plans_of_that_size_find(vary):
    ax = jf.plot_detectable({"one region": REGION}, vary=vary)
    sizes, found = lines_named(ax)["one region"]
    now = REGION.n if vary == "people" else REGION.clusters
    assert sizes[-1] <= 4 * now
    assert marked(ax) == [(now, pytest.approx(REGION.detectable_change()))]
    assert np.all(np.diff(found[~np.isnan(found)]) < 0)
    if vary == "people":
        plan = jf.SurveyPlan(n=int(sizes[-1]), clusters=4, **GIVEN)
        assert found[-1] == pytest.approx(plan.detectable_change())


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_text_covers_another(by_region, lang):
    contrast = jf.detectable_of(jf.example(), "trust_army", jf.Contrast("region"))
    for ax in (
        jf.plot_power(PLANS, lang=lang),
        jf.plot_power(MEANS, lang=lang),
        jf.plot_power(by_region, lang=lang),
        jf.plot_power(contrast[contrast["wave"] == "Q6"], lang=lang),
        jf.plot_detectable(PLANS, vary="people", lang=lang),
        jf.plot_detectable(PLANS, vary="clusters", lang=lang),
        jf.plot_detectable(MEANS, vary="clusters", lang=lang),
    ):
        assert covering(ax) == []


def test_words_and_numbers_are_those_of_the_language():
    french = said(jf.plot_power({"une région": REGION}, lang="fr"))
    assert "Puissance pour détecter un écart" in french
    assert f"{100 * REGION.detectable_change():.1f}".replace(".", ",") in french
    assert "Interviews in a wave" in said(jf.plot_detectable(REGION, vary="people"))


def test_a_picture_may_be_drawn_where_it_is_wanted():
    _, (left, right) = plt.subplots(1, 2, layout="constrained")
    assert jf.plot_power(REGION, ax=left) is left
    assert jf.plot_detectable(REGION, vary="people", ax=right) is right


def test_what_cannot_be_drawn_is_said(every, by_region):
    with pytest.raises(jf.SpecError, match="one comparison"):
        jf.plot_power(every)
    with pytest.raises(jf.SpecError, match="one unit"):
        jf.plot_power({"shares": REGION, "means": MEANS})
    with pytest.raises(jf.SpecError, match="tables that"):
        jf.plot_power(jf.direct(jf.example(), "trust_army").changes())
    with pytest.raises(jf.SpecError, match="No row has a detectable change"):
        jf.plot_power(by_region.assign(detectable=np.nan))
    with pytest.raises(jf.SpecError, match=r"Pass a jf\.SurveyPlan"):
        jf.plot_power({})
    with pytest.raises(jf.SpecError, match="Did you mean 'people'"):
        jf.plot_detectable(REGION, vary="peple")
