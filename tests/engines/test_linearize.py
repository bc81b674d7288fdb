"""Lonely strata, several stages and population corrections, as R's survey 4.1 has them.

    scd <- read.csv("scd.csv")[-2, ]                              # one ambulance left in stratum 1
    svydesign(data=scd, prob=~1, id=~ambulance, strata=~ESA, nest=TRUE)
    api <- api[!(api$stype == "H" & duplicated(api$stype)), ]     # one high school left
    svydesign(id=~1, strata=~stype, weights=~pw, data=api, fpc=~fpc)

each under options(survey.lonely.psu = ...).
"""

import numpy as np
import pytest
from r_cases import CASES, DESIGNS, MU284, frame_of, survey_of

import jfmodels as jf

# SE of svymean(~arrests), svytotal(~arrests) and svymean(~api00).
LONELY = {
    "adjust": (53.9616752890419, 189.3383215305343, 10.4979456670911),
    "certainty": (29.2909542350535, 146.4547711752676, 10.4833821077944),
    "average": (35.8739459775475, 179.3697298877377, 12.8394684713595),
}
AMBULANCES = frame_of("scd.csv").drop(index=1)
SCHOOLS = frame_of("apistrat.csv").query("stype != 'H' or ~stype.duplicated()")


def design_of_ambulances(**roles):
    roles = {"strata": "ESA", "cluster": ["ESA", "ambulance"], "target": "population"} | roles
    return jf.SurveyDesign(**roles)


def fit_of(frame, design, outcome, small_sample="none", **settings):
    book = {"outcomes": {outcome: {"scale": "continuous"}}}
    survey = jf.Survey(frame, design, book)
    return jf.direct(survey, outcome, small_sample=small_sample, **settings)


def error_of(*args, **settings):
    return fit_of(*args, **settings).levels()["std_error"].item()


@pytest.mark.parametrize("lonely", LONELY)
def test_a_stratum_of_one_cluster_equals_r(lonely):
    ambulances = design_of_ambulances(lonely=lonely)
    schools = jf.SurveyDesign(strata="stype", weights="pw", fpc="fpc", lonely=lonely)
    found = (
        error_of(AMBULANCES, ambulances, "arrests"),
        error_of(AMBULANCES, ambulances, "arrests", statistic="total"),
        error_of(SCHOOLS, schools, "api00"),
    )
    assert found == pytest.approx(LONELY[lonely], rel=1e-12)


def test_a_stratum_of_one_cluster_is_an_error_by_default_as_in_r():
    with pytest.raises(jf.DataError, match="has one cluster"):
        fit_of(AMBULANCES, design_of_ambulances(), "arrests")


@pytest.mark.parametrize("lonely", LONELY)
def test_lonely_strata_mean_the_same_where_few_clusters_are_corrected(lonely):
    design = design_of_ambulances(lonely=lonely)
    error = error_of(AMBULANCES, design, "arrests", small_sample="cr2")
    assert error == pytest.approx(LONELY[lonely][0], rel=1e-12)  # all clusters are of equal size


def test_two_stages_with_populations_at_both_need_no_weights():
    # svydesign(id=~id1+id2, fpc=~n1+n2, data=mu284); svymean(~y1), svytotal(~y1)
    survey = survey_of("mu284.csv", MU284)
    mean, total = (
        jf.direct(survey, "y1", small_sample="none", statistic=each).levels()
        for each in ("mean", "total")
    )
    assert mean["estimate"].item() == pytest.approx(44.35294117647059, rel=1e-13)
    assert mean["std_error"].item() == pytest.approx(2.27365272781592, rel=1e-13)
    assert total["estimate"].item() == pytest.approx(15080, rel=1e-13)
    assert total["std_error"].item() == pytest.approx(2274.25470087332997, rel=1e-13)


def test_bias_reduction_of_several_stages_is_refused():
    with pytest.raises(jf.SpecError, match="CR2 is not derived"):
        jf.direct(survey_of("mu284.csv", MU284), "y1")


def test_what_a_design_of_several_stages_is_advised_works_and_errs_on_the_safe_side():
    survey = survey_of("mu284.csv", MU284)
    whole = jf.direct(survey, "y1", small_sample="none").levels()
    with pytest.raises(jf.SpecError, match="Choose small_sample='none', or leave fpc out of the"):
        jf.direct(survey, "y1")
    # what fpc of both stages implied: one over the chance of being drawn
    frame = frame_of("mu284.csv")
    towns = frame["n2"] / frame.groupby("id1")["id2"].transform("size")
    frame = frame.assign(weight=frame["n1"] / frame["id1"].nunique() * towns)
    stages = [jf.Stage(cluster="id1"), jf.Stage(cluster="id2", fpc="n2")]
    design = jf.SurveyDesign(stages=stages, weights="weight", target="population")
    for small_sample in ("none", "cr2"):
        advised = fit_of(frame, design, "y1", small_sample).levels()
        assert advised["estimate"].item() == pytest.approx(whole["estimate"].item(), rel=1e-12)
        assert 1 < advised["std_error"].item() / whole["std_error"].item() < 1.2


def test_sampled_fractions_say_the_same_as_population_counts():
    frame = frame_of("apistrat.csv")
    frame = frame.assign(part=frame.groupby("stype")["api00"].transform("size") / frame["fpc"])
    design = jf.SurveyDesign(strata="stype", weights="pw", fpc="part")
    expected = CASES["mean_strat_fpc"].results["se"][0]
    assert error_of(frame, design, "api00") == pytest.approx(expected, rel=1e-12)


def test_the_whole_population_has_no_error():
    frame = frame_of("apistrat.csv").assign(all=1.0)
    design = jf.SurveyDesign(strata="stype", weights="pw", fpc="all")
    assert error_of(frame, design, "api00") == 0


def test_a_domain_keeps_the_clusters_outside_it():
    # subset(d, stype == "E") of R; leaving the rows out instead would give another error.
    frame = frame_of("apiclus1.csv")
    design = DESIGNS[CASES["mean_clus1_fpc"].design]
    domain = fit_of(frame, design, "api00").levels(where={"stype": "H"})
    expected = CASES["by_mean_clus1_stype"].results["se"][0][1]
    assert domain["std_error"].item() == pytest.approx(expected, rel=1e-12)
    left_out = error_of(frame[frame["stype"] == "H"], design, "api00")
    assert abs(left_out / expected - 1) > 0.01


def test_clusters_that_never_answered_stay_in_the_design():
    frame = frame_of("apiclus1.csv")
    silent = frame["dnum"] == frame["dnum"].iloc[0]
    fit = fit_of(
        frame.assign(api00=frame["api00"].where(~silent)),
        DESIGNS[CASES["mean_clus1_fpc"].design],
        "api00",
    )
    assert fit.engine.survey.sampling.df == 14
    assert fit.levels()["n_clusters"].item() == 14
    assert np.isfinite(fit.levels()["std_error"].item())
