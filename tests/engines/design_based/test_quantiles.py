"""Quantiles where nothing is left to weights or clusters, and what must not matter.

Standard errors and intervals are compared with R's in test_r_survey.py.
"""

import numpy as np
import pandas as pd
import pytest
from r_cases import CASES, DESIGNS, frame_of

import jfmodels as jf
from jfmodels.engines.design_based.quantiles import RULES

NUMPY = {"math": "inverted_cdf", "school": "averaged_inverted_cdf", "hf7": "linear"}
STRATIFIED = DESIGNS[CASES["quantile_math_strat"].design]
TWO_STAGES = DESIGNS[CASES["mean_clus2_narm"].design]


def quantile(frame, design, rule="math", p=0.5, outcome="api00", **settings):
    """Fit a quantile of a measured outcome."""
    book = {"outcomes": {outcome: {"scale": "continuous"}}}
    return jf.direct(
        jf.Survey(frame, design, book), outcome, statistic=jf.Quantile(p, rule), **settings
    )


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("p", [0.05, 0.25, 0.5, 0.9])
def test_equals_numpy_where_all_weigh_the_same(rule, p):
    frame = frame_of("apisrs.csv")
    table = quantile(frame, jf.SurveyDesign(), rule, p).levels()
    expected = np.quantile(frame["api00"], p, method=NUMPY[rule])
    assert table["estimate"].item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rule", ["math", "school"])
def test_whole_weights_are_rows_repeated(rule):
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"x": random.integers(0, 30, 40), "w": random.integers(1, 5, 40)})
    fit = quantile(frame, jf.SurveyDesign(weights="w"), rule, 0.4, outcome="x")
    expected = np.quantile(np.repeat(frame["x"], frame["w"]), 0.4, method=NUMPY[rule])
    assert fit.levels()["estimate"].item() == expected


@pytest.mark.parametrize("rule", ["math", "school"])
def test_order_of_rows_and_scale_of_weights_do_not_matter(rule):
    frame = frame_of("apistrat.csv")
    other = frame.sample(frac=1, random_state=3).assign(pw=lambda each: 7 * each["pw"])
    numbers = ["estimate", "std_error", "low", "high", "df"]
    one, two = (
        quantile(each, STRATIFIED, rule).levels(by="awards")[numbers] for each in (frame, other)
    )
    np.testing.assert_allclose(two, one, rtol=1e-9)


def test_hf7_feels_the_order_of_ties_only_where_their_weights_differ():
    frame = frame_of("apistrat.csv")
    even = frame.assign(pw=frame.groupby("api00")["pw"].transform("mean"))
    one, two = (
        quantile(each, STRATIFIED, "hf7").levels()[["estimate", "low", "high"]]
        for each in (even, even[::-1])
    )
    np.testing.assert_allclose(two, one, rtol=1e-12)


def test_margins_are_quantiles_of_all_and_not_means_of_quantiles():
    frame = frame_of("apistrat.csv")
    fit = quantile(frame, STRATIFIED)
    assert fit.levels()["estimate"].item() == 668
    belief = fit.joint("awards")
    assert belief.joint.mean[-1] == 668


def test_clusters_are_counted_at_the_first_stage():
    frame = frame_of("apiclus2.csv")
    table = quantile(frame, TWO_STAGES, outcome="enroll", small_sample="none").levels()
    answered = frame[frame["enroll"].notna()]
    assert table["n_clusters"].item() == answered["dnum"].nunique()
    assert table["n"].item() == len(answered)


def test_one_cluster_has_no_standard_error_and_no_interval():
    frame = frame_of("apiclus1.csv")
    design = jf.SurveyDesign(cluster="dnum", weights="pw", target="population")
    table = quantile(frame, design, small_sample="none").levels(by="dnum")
    assert table[["std_error", "low", "high"]].isna().all(axis=None)
    assert all("one_cluster" in flags for flags in table["flag"])


def test_an_interval_that_leaves_the_sample_is_missing_and_flagged():
    frame = frame_of("apisrs.csv")
    table = quantile(frame, jf.SurveyDesign(), p=0.999).levels()
    assert np.isnan(table["high"].item())
    assert "at_boundary" in table["flag"].item()


def test_a_change_of_medians_keeps_the_covariance_between_waves():
    frame = frame_of("apiclus1_waves.csv")
    design = DESIGNS["d <- svydesign(id=~dnum, weights=~pw, data=waves)"]
    fit = quantile(frame, design, outcome="api", small_sample="none")
    level, change = fit.levels(), fit.changes()
    independent = np.sqrt((level["std_error"] ** 2).sum())
    assert change["estimate"].item() == pytest.approx(level["estimate"].diff().iloc[1])
    assert change["std_error"].item() < independent / 2
