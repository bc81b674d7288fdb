"""Every number that R's survey package gives and jfmodels promises, to nine digits.

`ANSWERS` pairs each case with a function; `DECLINED` says why a case has none. `NOT_COMPARED` and
`NOT_COMPARED_IN` say why a number of an answered case is left out, and `LOOSER` where R's solver
rather than ours sets the tolerance.
"""

from collections.abc import Mapping

import numpy as np
import pytest
from r_answers import ANSWERS, ciprop, fit_of
from r_cases import CASES, Case

RELATIVE = 1e-9  # the largest deviation found is 2e-12, in differences of nearly equal numbers

RULE = "of R's twelve rules for quantiles, three are offered: math (hf1), school (hf2) and hf7"
SCALE = "Woodruff's interval is taken on the plain scale, R's default, and on no other"
DECLINED: Mapping[str, str] = {
    "quantile_shahvaish_strat": RULE,
    **{f"quantile_hf{k}_strat": RULE for k in (3, 4, 5, 6, 8, 9)},
    "quantile_beta_clus1": SCALE,
    "quantile_xlogit_clus1": SCALE,
    "ws_glm_additive": "a regression, whose coefficients no combination of cell means gives",
    "ws_cs_CR2": "a regression, with clubSandwich's degrees of freedom for independent rows",
}
NOT_COMPARED: Mapping[str, str] = {
    "names": "labels of R's rows",
    "quantiles": "the question, not the answer",
    "ci_z_lower": "intervals are t intervals",
    "ci_z_upper": "intervals are t intervals",
    "cv": "the standard error over the estimate, which no table repeats",
    "naive_independent_se": "what one gets by forgetting that clusters were revisited",
}
NOT_COMPARED_IN: Mapping[str, Mapping[str, str]] = {
    "wave_change_svyglm": dict.fromkeys(
        ["p", "df_resid", "ci_lower", "ci_upper", "dispersion"],
        "R's regressions take the coefficients off the design df: 13, where the change has 14",
    ),
    "ws_glm_saturated": dict.fromkeys(
        ["p", "df_resid"], "24 coefficients on 12 design df leave R with -11 and no p-value"
    ),
    "ciprop_asin_clus1_ell0": {
        "lower": "R's sine turns back below 0 and rises again; see test_asin_ends_at_0",
    },
    "mean_clus2_narm": dict.fromkeys(
        ["ci_t_lower", "ci_t_upper"],
        "R's call names the df of the whole design; see test_df_are_of_clusters_that_answered",
    ),
    "ws_commune_se_trap": dict.fromkeys(
        ["se", "max_se"], "R says 0; see test_one_cluster_has_no_standard_error"
    ),
}
SOLVER = "R's svyglm stops when the deviance moves by 1e-8; R's own xlogit agrees in full"
PROFILE = "R reads the limits off a spline through ten points of the profile; see FINER_PROFILE"
LOOSER: Mapping[str, tuple[float, str]] = {
    "ciprop_logit_clus1_ell0": (1e-8, SOLVER),
    "ciprop_likelihood_clus1_awards": (1e-5, PROFILE),
    "ciprop_likelihood_clus1_ell0": (5e-3, PROFILE),
}
# R's own functions on a converged fit and with steps of a 3000th of the way instead of a fifth:
# svyglm(control = list(epsilon = 1e-14)), MASSprofile_glm(del = zmax / 3000), confint_profile.
FINER_PROFILE = [
    ("awarded", 0.636350809027546, 0.777590902791360),
    ("no_ell", 0.000665443208624505, 0.108116878746410530),
]


def compared(case: Case) -> list[str]:
    """Names of R's numbers that ours must equal."""
    left_out = {*NOT_COMPARED, *NOT_COMPARED_IN.get(case.name, ())}
    return [name for name in case.results if name not in left_out]


def test_every_case_is_answered_or_declined():
    assert not set(ANSWERS) & set(DECLINED)
    assert set(ANSWERS) | set(DECLINED) == set(CASES)


@pytest.mark.parametrize("name", ANSWERS)
def test_equals_r(name):
    case = CASES[name]
    ours = ANSWERS[name](case)
    tolerance, _ = LOOSER.get(name, (RELATIVE, ""))
    assert compared(case)
    for number in compared(case):
        theirs = np.ravel(case.results[number]).astype(float)
        mine = np.ravel(ours[number]).astype(float)
        if number.startswith("ci_t"):  # where R's error is 0, ours is no t interval
            known = np.ravel(case.results["se"]) > 0
            mine, theirs = mine[known], theirs[known]
        zero = 1e-12 * max(np.abs(theirs).max(), 1)
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=zero, err_msg=number)


@pytest.mark.parametrize(("outcome", "low", "high"), FINER_PROFILE)
def test_likelihood_equals_r_on_a_finer_profile(outcome, low, high):
    case = CASES["ciprop_likelihood_clus1_awards"]
    ours = ciprop(outcome, "likelihood")(case)
    np.testing.assert_allclose([*ours["lower"], *ours["upper"]], [low, high], rtol=2e-8)


def test_df_are_of_clusters_that_answered():
    table = fit_of(CASES["mean_clus2_narm"], "enroll").levels()
    # R, once it is told of the domain: s <- subset(d, !is.na(enroll)); confint(m, df=degf(s))
    assert table["df"].tolist() == [37]
    assert table["low"].item() == pytest.approx(363.4763452756938, rel=RELATIVE)
    assert table["high"].item() == pytest.approx(689.0489377431743, rel=RELATIVE)


def test_asin_ends_at_0():
    case = CASES["ciprop_asin_clus1_ell0"]
    assert ciprop("no_ell", "asin")(case)["lower"].item() == 0 < case.results["lower"]


def test_one_cluster_has_no_standard_error():
    case = CASES["ws_commune_se_trap"]
    assert case.results["max_se"] < 1e-15  # R: no variation between clusters, so none at all
    table = fit_of(case, "secure").levels(by="commune")
    assert table[["std_error", "low", "high"]].isna().all(axis=None)
    assert all("one_cluster" in flags for flags in table["flag"])
