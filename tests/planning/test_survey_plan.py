"""A plan in numbers: t tests of R where clusters are people, design effects, brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind

import jfmodels as jf
from jfmodels.planning.power import TTest, power_of

CLUSTERED = {"share": 0.5, "icc": 0.05, "icc_between_waves": 0.04, "overlap": 1}


def people(n: int, **given: float) -> jf.SurveyPlan:
    """Everyone drawn for himself, anew in every wave."""
    return jf.SurveyPlan(**({"n": n, "clusters": n, "sd": 1.0, "overlap": 0} | given))


def programme(**given: float) -> jf.SurveyPlan:
    return jf.SurveyPlan(**({"n": 544, "clusters": 16, "strata": 4} | CLUSTERED | given))


# ------------------------------------------------------------------ R's power.t.test(strict=TRUE)


@pytest.mark.parametrize(
    ("n", "change", "alpha", "power"),
    [
        (20, 1.0, 0.05, 0.868953027724586),
        (5, 1.2, 0.05, 0.386437261012339),
        (800, 0.1, 0.05, 0.51552629296108),
        (20, 1.0, 0.001, 0.362798948998857),
    ],
)
def test_two_samples_of_one_variance_have_the_power_of_a_t_test(n, change, alpha, power):
    plan, one = people(n), np.ones(1)
    pooled = TTest(plan.df * one, plan.df * one, alpha)
    found = power_of(change * one, plan.std_error() * one, pooled)[0]
    assert found == pytest.approx(power, rel=1e-9)


@pytest.mark.parametrize(("n", "change"), [(4, 2.0), (8, 1.5), (20, 1.0)])
def test_two_samples_have_the_power_of_the_test_by_welch(n, change):
    # new clusters in every wave are strata of their own, so that direct's test is Welch's; its
    # critical value varies from sample to sample, and .005 is allowed for taking the mean one
    rng = np.random.default_rng(4)
    one, other = (rng.normal(at, 1, (100_000, n)) for at in (0.0, change))
    rejected = ttest_ind(one, other, axis=1, equal_var=False).pvalue < 0.05
    assert people(n).power(change) == pytest.approx(rejected.mean(), abs=0.005 + 4 * 0.0016)


def test_size_of_two_samples():
    # R solves n = 63.77 and 22.02 for one variance; Welch's test asks for at most one more
    assert people(10).sample_size(0.5, vary="clusters").n in (64, 65)
    assert people(10).sample_size(1.0, vary="clusters", power=0.9).n in (23, 24)


def test_people_asked_again_are_a_paired_t_test():
    # sd of differences .2: 2 * .2**2 * (1 - .5) = .2**2
    panel = jf.SurveyPlan(n=16, clusters=16, sd=0.2, icc_between_waves=0.5, overlap=1)
    assert panel.df == pytest.approx(15)
    assert panel.power(0.1) == pytest.approx(0.464869955635864, rel=1e-9)


# ------------------------------------------------------------------ by hand


def test_new_clusters_have_the_textbook_design_effect():
    plan = jf.SurveyPlan(n=1000, clusters=50, sd=3.0, icc=0.1, overlap=0)
    assert plan.std_error() ** 2 == pytest.approx(2 * 9 / 1000 * (1 + 19 * 0.1))


def test_the_same_clusters_take_what_lasts_out_of_the_change():
    new, again = programme(overlap=0), programme()
    saved = 2 * 0.25 * 0.04 / 16
    assert new.std_error() ** 2 - again.std_error() ** 2 == pytest.approx(saved)


@pytest.mark.parametrize("overlap", [0, 0.25, 0.5, 0.75, 1])
@pytest.mark.parametrize("each", [4, 8])
def test_degrees_of_freedom_are_those_of_the_projections(each, overlap):
    shared = round(overlap * each)
    total = 2 * each - shared
    first, second = np.zeros(total), np.zeros(total)
    first[:each], second[total - each :] = 1, 1
    kernel = sum(np.diag(d) - np.outer(d, d) / each for d in (first, second))
    expected = np.trace(kernel) ** 2 / np.trace(kernel @ kernel)
    plan = programme(n=each * 30, clusters=each, strata=1, overlap=overlap)
    assert plan.df == pytest.approx(expected)


def test_uneven_weights_cost_people_but_not_clusters():
    even, uneven = programme(), programme(weights_deff=1.2)
    people_part = 2 * 0.25 * 0.95 / 544
    assert uneven.std_error() ** 2 - even.std_error() ** 2 == pytest.approx(0.2 * people_part)


def test_a_share_that_moves_towards_one_half_varies_more():
    plan = people(1000, sd=None, share=0.1)
    expected = (0.1 * 0.9 + 0.3 * 0.7) / 1000
    assert plan.std_error(0.2) ** 2 == pytest.approx(expected)


def test_an_outcome_turned_round_is_as_hard_to_see():
    yes, no = programme(share=0.2), programme(share=0.8)
    assert yes.detectable_change() == pytest.approx(no.detectable_change(), rel=1e-12)


PANEL = {"overlap_people": 1, "person_correlation": 0.6}


def test_the_same_people_take_what_they_keep_out_of_the_change():
    new, again = programme(), programme(**PANEL)
    saved = 2 * 0.25 * (0.6 - 0.04) / 544
    assert new.std_error() ** 2 - again.std_error() ** 2 == pytest.approx(saved)
    half = programme(**PANEL | {"overlap_people": 0.5})
    assert new.std_error() ** 2 - half.std_error() ** 2 == pytest.approx(saved / 2)


def test_people_as_clusters_or_as_people_in_clusters_that_share_nothing():
    alone = people(400, icc_between_waves=0.6, overlap=1)
    in_pairs = people(400, clusters=200, icc=0, icc_between_waves=0, overlap=1)
    in_pairs = replace(in_pairs, overlap_people=1, person_correlation=0.6)
    assert in_pairs.std_error() == pytest.approx(alone.std_error())


def test_a_panel_is_worth_its_weights_too():
    # one person's weights are the same in both waves, so that the design effect scales both parts
    even, uneven = programme(**PANEL), programme(**PANEL, weights_deff=1.2)
    people_part = 2 * 0.25 * (0.95 - 0.56) / 544
    assert uneven.std_error() ** 2 - even.std_error() ** 2 == pytest.approx(0.2 * people_part)


def test_weights_of_people_asked_again_weigh_what_they_have_in_common():
    n, shared, rho = 300, 200, 0.6
    rng = np.random.default_rng(20)
    weights = rng.lognormal(0.0, 0.7, size=n)
    weights[shared:] = weights[:shared][:: shared // (n - shared)]  # as uneven as the others
    weights /= weights.sum()
    lasting, other, first, second = rng.standard_normal((4, 8_000, n))
    lasting, other = np.sqrt(rho) * lasting, np.sqrt(rho) * other
    other[:, :shared] = lasting[:, :shared]  # the last hundred are new people
    answers = [kept + np.sqrt(1 - rho) * own for kept, own in ((lasting, first), (other, second))]
    moved = (answers[1] - answers[0]) @ weights
    overlap = (weights[:shared] ** 2).sum() / (weights**2).sum()
    plan = people(n, overlap=overlap, icc_between_waves=rho, weights_deff=n * (weights**2).sum())
    # a standard deviation of 8,000 draws has a standard error of .8 %: four of them
    assert plan.std_error() == pytest.approx(moved.std(), rel=0.032)


def test_weights_of_people_are_of_the_same_worth_however_people_are_named():
    alone = people(400, icc_between_waves=0.6, overlap=1, weights_deff=1.5)
    in_pairs = people(400, clusters=200, icc=0, icc_between_waves=0, overlap=1, weights_deff=1.5)
    in_pairs = replace(in_pairs, overlap_people=1, person_correlation=0.6)
    assert in_pairs.std_error() == pytest.approx(alone.std_error())


# ------------------------------------------------------------------ round trips


@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_what_is_detectable_has_the_power_asked_for(power):
    plan = programme()
    assert plan.power(plan.detectable_change(power)) == pytest.approx(power, rel=1e-9)


@pytest.mark.parametrize(("vary", "change"), [("people", 0.09), ("clusters", 0.05)])
def test_the_size_found_is_the_smallest_that_will_do(vary, change):
    plan = programme()
    found = plan.sample_size(change, vary=vary)
    assert found.power(change) >= 0.8
    if vary == "people":
        smaller = replace(found, n=found.n - found.clusters)
        assert found.clusters == plan.clusters
    else:
        smaller = replace(found, clusters=found.clusters - 4, n=found.n - 4 * 34)
        assert found.n / found.clusters == 34
    assert smaller.power(change) < 0.8


def test_a_region_is_a_plan_of_its_own():
    region = programme(n=136, clusters=4, strata=1)
    assert region.df == pytest.approx(3)
    assert region.std_error() == pytest.approx(2 * programme().std_error())
    # twice the error, and 3 degrees of freedom in place of 12
    assert region.detectable_change() > 2.4 * programme().detectable_change()


def test_a_rare_answer_in_few_places_may_never_be_found():
    plan = programme(n=4, clusters=2, strata=1, icc=0.9)
    most = plan.power(0.5)
    with pytest.raises(jf.SpecError, match=rf"0\.5, is found with a power of {most:.2g} only"):
        plan.detectable_change()
    with pytest.raises(jf.SpecError, match="Even the largest change"):
        jf.type_s_m(plan)
    with pytest.raises(jf.SpecError, match=r"Even the largest change.*vary='clusters' says when"):
        plan.sample_size(0.4, vary="people")


@pytest.mark.parametrize("ask", ["power", "std_error"])
def test_no_change_is_found_that_cannot_be(ask):
    plan = programme(share=0.3)
    with pytest.raises(jf.SpecError, match=r"at most 0\.7, for share=0\.3; found 0\.71"):
        getattr(plan, ask)(0.71)
    with pytest.raises(jf.SpecError, match=r"found -0\.1"):
        getattr(plan, ask)(-0.1)
    assert plan.power(0) == pytest.approx(0.05, abs=0.01)


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"share": None}, "share= of a yes-or-no question"),
        ({"sd": 1.0}, "not both"),
        ({"share": 1.2}, "share lies between 0 and 1"),
        ({"icc": None}, "icc= is needed"),
        ({"icc": 1.0}, "icc is a correlation"),
        ({"icc_between_waves": None}, "icc_between_waves= is needed"),
        ({"icc_between_waves": 0.2}, "is larger than icc"),
        ({"overlap": 1.5}, "overlap is a share"),
        ({"clusters": 6}, "every stratum needs two"),
        ({"n": 12}, "do not fill"),
        ({"n": 500.5}, "n is a whole number"),
        ({"clusters": True}, "clusters is a whole number"),
        ({"weights_deff": 0.5}, "weights_deff lies between"),
        ({"n": None}, "n= is needed: the interviews of one wave"),
        ({"overlap": None}, "overlap= is needed"),
        ({"overlap_people": 2}, "overlap_people is a share of the people"),
        ({"overlap_people": 1}, "person_correlation= is needed"),
        ({"overlap_people": 1, "overlap": 0, "person_correlation": 0.5}, "but overlap is 0"),
        ({"person_correlation": 1.0}, "person_correlation is a correlation"),
        (PANEL | {"person_correlation": 0.01}, r"lies outside 0\.04 to 0\.99"),
        (PANEL | {"person_correlation": 0.995}, r"lies outside 0\.04 to 0\.99"),
        (PANEL | {"n": 16}, "clusters of one: overlap= says how many"),
    ],
)
def test_what_is_missing_or_contradictory_is_said(given, says):
    with pytest.raises(jf.SpecError, match=says):
        programme(**given)


def test_a_plan_without_numbers_is_told_which():
    with pytest.raises(jf.SpecError, match=r"(?s)3 problems.*n=.*clusters=.*overlap="):
        jf.SurveyPlan(share=0.5)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(jf.SpecError, match="3 problems"):
        programme(share=None, icc=None, overlap=2)


def test_a_panel_of_few_people_has_a_size():
    large = programme(icc=0.01, icc_between_waves=0.009, overlap_people=1, person_correlation=0.9)
    assert large.sample_size(0.45, vary="people").n == 2 * 16


def test_more_people_in_few_clusters_do_not_help_for_ever():
    with pytest.raises(jf.SpecError, match=r"found so often is 0\.05.*vary='clusters'"):
        programme().sample_size(0.05, vary="people")


@pytest.mark.parametrize("change", [0, -0.1, 0.6, float("nan"), "five points", True])
def test_a_change_is_a_possible_size(change):
    with pytest.raises(jf.SpecError, match="change is a number above 0"):
        programme().sample_size(change, vary="people")


def test_near_misses_are_named():
    with pytest.raises(jf.SpecError, match="Did you mean 'clusters'"):
        programme().sample_size(0.1, vary="cluster")
    with pytest.raises(jf.SpecError, match="power is a number"):
        programme().detectable_change(80)
    with pytest.raises(jf.SpecError, match="alpha is a number"):
        programme().power(0.1, alpha=5)
