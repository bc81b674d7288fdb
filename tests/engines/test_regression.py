"""Regression: R's numbers, statsmodels' coefficients, and what must not matter.

The largest deviations found are beside the tolerances. Where a tolerance is loose, R stopped
early: the same case with R going on is held to more digits.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from regression_cases import (
    APART,
    CASES,
    CONTRASTS,
    DECLINED,
    MODELS,
    REFUSED,
    TERMS,
    Numbers,
    coefficients,
    fit_of,
    pairwise,
    term,
)
from statsmodels.miscmodels.ordinal_model import OrderedModel

import jfmodels as jf

RELATIVE = 1e-9  # found: 1e-12, 1e-10 in the standard errors of ws_glm_additive
BEHIND = "glm's last working weights are one step behind its coefficients"
IRLS = "the same, where steps by expected information converge linearly"
BFGS = "svyolr stops when BFGS gains 1e-8, and takes its Hessian by steps of 1e-3"
STEPS = "svyolr's Hessian is taken by steps of 1e-5"
LOOSER: Mapping[str, tuple[float, str]] = {
    "glm_quasibin_clus2": (1e-7, BEHIND),  # 5e-9
    "glm_probit_clus1": (1e-6, IRLS),  # 2e-7 in a limit near 0
    "glm_cloglog_clus1": (1e-6, IRLS),  # 3e-8
    "olr_clus1": (1e-3, BFGS),  # 2e-4
    "olr_clus1_converged": (1e-6, STEPS),  # 2e-8
    "olr_probit_clus1_converged": (1e-6, STEPS),  # 1e-8
    "cs_glm_CR2_cbpp": (2e-3, BEHIND),  # 1e-3 in the smallest p, 1e-4 in standard errors
    "cs_glm_CR2_cbpp_converged": (1e-6, BEHIND),  # 1e-7
    "cs_wlm_CR2_apiclus1_standardised": (1e-9, BEHIND),  # 7e-11
    "cs_wglm_CR2_cbpp_standardised": (1e-8, BEHIND),  # 9e-10
    "ws_cs_CR2_standardised": (1e-8, BEHIND),  # 2e-9
    "cs_wald_HTZ_cbpp": (1e-3, BEHIND),  # 6e-4
    "cs_wald_HTZ_cbpp_converged": (1e-6, BEHIND),  # 7e-8
    "ws_cs_HTZ_standardised": (1e-8, BEHIND),  # 6e-10
    "cs_contrast_cbpp": (1e-3, BEHIND),  # 3e-4
    "cs_contrast_cbpp_converged": (1e-6, BEHIND),
    "cs_wglm_contrast_cbpp_standardised": (1e-8, BEHIND),
}
NOT_COMPARED: Mapping[str, str] = {
    "names": "R's labels, by which coefficients are matched",
    "dispersion": "it cancels in variances over clusters",
    "deviance": "minus twice the log likelihood, which no table shows",
    "delta": "a factor of the statistic",
}


def assert_equal(name: str, ours: Numbers) -> None:
    theirs = {k: v for k, v in CASES[name].results.items() if k not in NOT_COMPARED}
    assert theirs
    tolerance, _ = LOOSER.get(name, (RELATIVE, ""))
    for number, value in theirs.items():
        expected = np.ravel(value).astype(float)
        zero = tolerance * np.abs(expected).max() if number == "vcov" else 0
        mine = np.ravel(ours[number]).astype(float)
        np.testing.assert_allclose(mine, expected, rtol=tolerance, atol=zero, err_msg=number)


def test_every_case_is_answered_or_declined():
    answered = [*MODELS, *TERMS, *CONTRASTS, *REFUSED, *APART]
    assert len({*answered, *DECLINED}) == len(answered) + len(DECLINED)
    assert {*answered, *DECLINED} == set(CASES)
    assert set(LOOSER) <= {*MODELS, *TERMS, *CONTRASTS}


@pytest.mark.parametrize("name", MODELS)
def test_coefficients_equal_r(name):
    case = CASES[name]
    assert_equal(name, coefficients(case, fit_of(case, MODELS[name])))


@pytest.mark.parametrize("name", TERMS)
def test_joint_tests_equal_clubsandwich(name):
    model, tested = TERMS[name]
    fit = fit_of(CASES[name], model)
    assert_equal(name, term(fit, tested))
    assert "HTZ" in fit.test(tested)["method"].item()


@pytest.mark.parametrize("name", CONTRASTS)
def test_linear_contrasts_equal_clubsandwich(name):
    assert_equal(name, pairwise(fit_of(CASES[name], CONTRASTS[name])))


@pytest.mark.parametrize("name", APART)
def test_another_working_model_of_weighted_rows_changes_little(name):
    model, apart = APART[name]
    ours = coefficients(CASES[name], fit_of(CASES[name], model))
    np.testing.assert_allclose(ours["estimate"], CASES[name].results["estimate"], rtol=1e-6)
    np.testing.assert_allclose(ours["se"], CASES[name].results["se"], rtol=apart)


@pytest.mark.parametrize("name", REFUSED)
def test_more_coefficients_than_degrees_of_freedom_are_refused(name):
    assert CASES[name].results["df_resid"] < 0
    with pytest.raises(jf.SpecError, match=r"24 coefficients.* 12 degrees") as error:
        fit_of(CASES[name], REFUSED[name])
    for advice in ("Leave interactions out", "random effects", "direct()"):
        assert advice in str(error.value)


# A survey of 16 communes in 4 regions, asked twice.

ORDER = {1: "never", 2: "rarely", 3: "often", 4: "always"}
BOOK = {
    "outcomes": {
        "safe": {"scale": "binary", "categories": {0: "unsafe", 1: "safe"}},
        "walks": {"scale": "ordinal", "categories": ORDER, "shown": ["often", "always"]},
        "kind": {"column": "walks", "scale": "nominal", "categories": ORDER},
        "visits": {"scale": "count"},
        "income": {"scale": "continuous"},
        "sources": {
            "scale": "multi",
            "columns": {"radio": "radio", "market": "market"},
            "policy": "excluded",
        },
    },
    "covariates": {"age": {}},
}
ROLES = {
    "wave": "wave",
    "strata": "region",
    "cluster": "commune",
    "weights": "weight",
    "repeats": "clusters",
    "target": "population",
}
PLAIN = jf.Weighted(small_sample="none")


def people(n_communes: int = 16, per_commune: int = 50, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    commune = np.repeat(np.arange(n_communes), per_commune)
    n = len(commune)
    frame = pd.DataFrame({"commune": commune, "region": np.array(list("abcd"))[commune % 4]})
    frame["wave"] = rng.choice(["Q1", "Q2"], n)
    frame["sex"] = rng.choice(["female", "male"], n)
    frame["age"] = rng.integers(18, 80, n)
    frame["weight"] = rng.lognormal(0, 0.5, n) * rng.lognormal(0, 0.5, n_communes)[commune]
    eta = rng.normal(0, 0.4, n_communes)[commune] + 0.4 * (frame["sex"] == "male")
    eta += 0.01 * (frame["age"] - 50) + 0.4 * (frame["wave"] == "Q2")
    frame["safe"] = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
    frame["walks"] = 1 + np.digitize(eta + rng.logistic(size=n), [-1, 0, 1])
    frame["visits"] = rng.poisson(np.exp(0.5 + eta) * rng.gamma(2, 0.5, n))
    frame["income"] = eta + rng.normal(size=n)
    frame["radio"], frame["market"] = rng.integers(0, 2, (2, n))
    return frame


def survey(frame: pd.DataFrame, **roles: object) -> jf.Survey:
    return jf.Survey(frame, jf.SurveyDesign(**(ROLES | roles)), BOOK)


PEOPLE = people()
SURVEY = survey(PEOPLE)
FAMILIES = {
    "logit": ("safe", None),
    "probit": ("safe", jf.Bernoulli(link="probit")),
    "ordinal": ("walks", None),
    "categorical": ("kind", None),
    "gaussian": ("income", None),
    "poisson": ("visits", "poisson"),
    "negative binomial": ("visits", None),
}
SAMPLES = ["none", "cr2", "cr2_rows"]


def both_tables(fit: jf.Fit) -> pd.DataFrame:
    parts = [
        fit.summary(),
        fit.levels(by="region", over="fixed", categories="all"),
        fit.changes(over="wave", categories="all"),
    ]
    return pd.concat(parts)[["estimate", "std_error", "df"]].astype(float)


def assert_tables(one: pd.DataFrame, other: pd.DataFrame, rel: float) -> None:
    np.testing.assert_allclose(one, other, rtol=rel, atol=rel)


@pytest.mark.parametrize("small_sample", SAMPLES)
@pytest.mark.parametrize("name", FAMILIES)
def test_neither_the_order_of_rows_nor_the_unit_of_weights_matters(name, small_sample):
    outcome, family = FAMILIES[name]
    shuffled = PEOPLE.sample(frac=1, random_state=1).assign(weight=lambda f: 750 * f["weight"])
    settings = jf.Weighted(small_sample=small_sample)
    tables = [
        both_tables(jf.fit(f"{outcome} ~ wave + region + sex", s, engine=settings, family=family))
        for s in (SURVEY, survey(shuffled))
    ]
    assert_tables(*tables, rel=1e-7)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_reference_level_of_a_factor_does_not_matter(name):
    outcome, family = FAMILIES[name]
    right = [
        "wave + sex + region",
        'wave + sex + C(region, Treatment("c"))',
        "wave + sex + C(region, Sum)",
    ]
    fits = [jf.fit(f"{outcome} ~ {each}", SURVEY, family=family) for each in right]
    tables = [
        [
            fit.levels(by="sex", over="wave", categories="all"),
            fit.changes(over="fixed", categories="all"),
            fit.contrasts("region", over="wave"),
        ]
        for fit in fits
    ]
    numbers = [pd.concat(each)[["estimate", "std_error", "df"]].astype(float) for each in tables]
    assert_tables(numbers[0], numbers[1], rel=1e-8)
    assert_tables(numbers[0], numbers[2], rel=1e-8)


SATURATED = {name: FAMILIES[name] for name in FAMILIES if name not in ("probit", "ordinal")}
SATURATED |= {
    "categorical of ordinal": ("walks", "categorical"),
    "line of shares": ("safe", "gaussian"),
}


def saturated(name: str, small_sample: str, of: jf.Survey) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Levels and changes by region, of a saturated model and direct."""
    outcome, family = SATURATED[name]
    settings = jf.Weighted(small_sample=small_sample)
    fit = jf.fit(f"{outcome} ~ wave * region", of, engine=settings, family=family)
    direct = jf.direct(of, outcome, small_sample=small_sample)
    by = {"by": "region", "categories": "shown" if name == "line of shares" else "all"}
    tables = [pd.concat([each.levels(**by), each.changes(**by)]) for each in (fit, direct)]
    if name == "line of shares":
        return tables[0], tables[1]
    return tables[0], tables[1][tables[1]["outcome"] == outcome]


@pytest.mark.parametrize("small_sample", ["none", "cr2"])
@pytest.mark.parametrize("name", SATURATED)
def test_a_saturated_model_says_what_direct_says(name, small_sample):
    ours, direct = saturated(name, small_sample, SURVEY)
    numbers = ["estimate", "std_error"]
    np.testing.assert_allclose(ours[numbers], direct[numbers], rtol=1e-8, atol=1e-12)
