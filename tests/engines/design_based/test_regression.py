"""Regression: R's numbers, statsmodels' coefficients, and what must not matter.

The largest deviations found are beside the tolerances. Where a tolerance is loose, R stopped
early: the same case with R going on is held to more digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from regression_cases import (
    APART,
    CASES,
    CONTRASTS,
    DECLINED,
    MARGINS,
    MEASURES,
    MODELS,
    REFUSED,
    TERMS,
    UNSTRATIFIED,
    Numbers,
    coefficients,
    fit_of,
    pairwise,
    predictive_margins,
    survey_of,
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
    "predmeans_clus1": (1e-7, BEHIND),  # 8e-9 in covariances
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
    answered = [*MODELS, *TERMS, *CONTRASTS, *MARGINS, *MEASURES, *REFUSED, *APART]
    assert len({*answered, *DECLINED}) == len(answered) + len(DECLINED)
    assert {*answered, *DECLINED} == set(CASES)
    assert set(LOOSER) <= {*MODELS, *TERMS, *CONTRASTS, *MARGINS}


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


@pytest.mark.parametrize("name", MARGINS)
def test_predictive_margins_equal_r(name):
    model, by = MARGINS[name]
    assert_equal(name, predictive_margins(CASES[name], fit_of(CASES[name], model), by))


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


IN_TWO_REGIONS = {  # R: svyglm(secure ~ sex + age_group, subset(d, region is Gao or Menaka))
    "Intercept": (-1.1908782688860935, 0.145119033190590, 0.0145267887854755),
    "sex[T.M]": (0.0959152953491912, 0.121036176404742, 0.5111656670221532),
    "age_group[T.30-44]": (0.0928507738217326, 0.169823006481780, 0.6394001218004507),
    "age_group[T.45-59]": (-0.0510159872436352, 0.168982736430278, 0.7912281255988933),
    "age_group[T.60+]": (-0.4525851505181955, 0.267860318624739, 0.2331616018956454),
}


def test_in_a_domain_the_degrees_of_freedom_are_those_of_its_clusters():
    communes = replace(UNSTRATIFIED["communes"], strata="region")
    of = survey_of("wave_survey_secure.csv", communes)
    regions = {"region": ["Gao", "Menaka"]}
    settings = jf.Weighted(small_sample="none")
    fit = jf.fit("secure ~ sex + age_group", of, engine=settings, where=regions)
    table = fit.summary().set_index("coefficient").loc[list(IN_TWO_REGIONS)]
    found = table[["estimate", "std_error", "p_value"]].to_numpy()
    np.testing.assert_allclose(found, list(IN_TWO_REGIONS.values()), rtol=1e-9)
    assert set(table["df"]) == {2.0}  # 8 communes, 2 strata, 5 coefficients
    for way in ("none", "cr2"):  # where R gives -1 df, and p is NaN
        settings = jf.Weighted(small_sample=way)
        with pytest.raises(jf.SpecError, match="5 coefficients, but these rows have 3 degrees"):
            jf.fit("secure ~ sex + age_group", of, engine=settings, where={"region": "Gao"})


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


def saturated(name: str, small_sample: str, of: jf.Survey) -> list[pd.DataFrame]:
    """Levels and changes by region, of a saturated model and direct."""
    outcome, family = SATURATED[name]
    settings = jf.Weighted(small_sample=small_sample)
    fit = jf.fit(f"{outcome} ~ wave * region", of, engine=settings, family=family)
    direct = jf.direct(of, outcome, small_sample=small_sample)
    by = {"by": "region", "categories": "shown" if outcome == "safe" else "all"}
    return [pd.concat([each.levels(**by), each.changes(**by)]) for each in (fit, direct)]


@pytest.mark.parametrize("small_sample", ["none", "cr2"])
@pytest.mark.parametrize("name", SATURATED)
def test_a_saturated_model_says_what_direct_says(name, small_sample):
    ours, direct = saturated(name, small_sample, SURVEY)
    numbers = ["estimate", "std_error"]  # found: 2e-14
    np.testing.assert_allclose(ours[numbers], direct[numbers], rtol=1e-9, atol=1e-12)
    if small_sample == "cr2":
        levels = (ours["estimand"] == "level").to_numpy()
        np.testing.assert_allclose(ours["df"][levels], direct["df"][levels], rtol=1e-9)
        # of changes, direct's working model has equal variances in both waves, not mu (1 - mu)
        np.testing.assert_allclose(ours["df"], direct["df"], rtol=0.04)


def test_a_curve_through_every_wave_is_the_model_of_waves():
    of = jf.example()
    curve, waves = (
        jf.fit(f"shown(trust_army) ~ {time} + sex", of) for time in ("cr(time, df=5)", "wave")
    )
    numbers = ["estimate", "std_error", "df"]
    for ask in (lambda fit: fit.levels(over="fixed"), lambda fit: fit.changes(over="wave")):
        one, other = (ask(fit)[numbers].astype(float) for fit in (curve, waves))
        assert_tables(one, other, 1e-9)  # found 4e-14


@pytest.mark.parametrize("lonely", ["adjust", "certainty", "average"])
@pytest.mark.parametrize("small_sample", ["none", "cr2"])
def test_lone_clusters_count_as_in_direct(small_sample, lonely):
    alone = PEOPLE[(PEOPLE["region"] != "d") | (PEOPLE["commune"] == 3)]
    alone = alone.assign(stratum=alone["region"].replace({"d": "d alone"}))
    of = survey(alone, strata="stratum", lonely=lonely)
    for ours, direct in (saturated("logit", small_sample, of),):
        known = direct["std_error"].notna().to_numpy()
        numbers = ["estimate", "std_error"]
        np.testing.assert_allclose(ours[numbers][known], direct[numbers][known], rtol=1e-9)
        assert ours["std_error"].isna().sum() == direct["std_error"].isna().sum()


@pytest.mark.parametrize("lonely", ["adjust", "certainty", "average"])
def test_lone_clusters_of_another_wave_say_nothing_of_this_one(lonely):
    alone = PEOPLE[(PEOPLE["region"] != "d") | (PEOPLE["commune"] == 3)]
    design = {"repeats": "nothing", "lonely": lonely}
    together = jf.fit("shown(safe) ~ wave", survey(alone, **design)).levels(over="wave")
    for wave, row in together.set_index("wave").iterrows():
        one = alone[alone["wave"] == wave]
        apart = jf.fit("shown(safe) ~ 1", survey(one, **design)).levels(over="wave").iloc[0]
        assert row["std_error"] == pytest.approx(apart["std_error"], rel=1e-9)
        assert row["df"] == pytest.approx(apart["df"], rel=1e-6)
        assert row["df"] > 1


@pytest.mark.parametrize("over", ["wave", "fixed"])
@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "probit"])
def test_errors_are_those_of_each_clusters_derivative(name, over):
    """The influence of a cluster is what a little more weight of it does to the answer.

    Not so for a probit, whose bread is the expected information, as R's is.
    """
    few = people(8, 40, seed=6)
    few["age"] = np.where(few["wave"] == "Q1", 0.6 * few["age"], few["age"]).round(-1).astype(int)
    outcome, family = FAMILIES[name]

    def levels(commune: int, by: float) -> pd.DataFrame:
        weight = few["weight"] * np.where(few["commune"] == commune, 1 + by, 1)
        of = survey(few.assign(weight=weight), strata=None)
        fit = jf.fit(f"{outcome} ~ wave + sex + age", of, engine=PLAIN, family=family)
        return fit.levels(by="sex", over=over)

    step = 1e-4
    moved = [levels(k, step)["estimate"] - levels(k, -step)["estimate"] for k in range(8)]
    influence = np.array(moved) / (2 * step)
    error = np.sqrt(8 / 7 * (influence**2).sum(axis=0))
    np.testing.assert_allclose(levels(0, 0)["std_error"], error, rtol=1e-7)  # found: 2e-10


# Coefficients without weights, beside statsmodels'.

RIGHT = "wave + region + sex + I((age - 50) / 10)"
UNWEIGHTED = survey(PEOPLE, weights=None)
WAY = {"disp": False, "method": "newton", "maxiter": 100}
FAST = {"disp": False, "method": "bfgs", "maxiter": 1000, "gtol": 1e-5}


def design(constant: bool = True) -> pd.DataFrame:
    """The design matrix of RIGHT, made by pandas alone."""
    dummies = pd.get_dummies(PEOPLE[["wave", "region", "sex"]], drop_first=True, dtype=float)
    x = dummies.assign(age=(PEOPLE["age"] - 50) / 10)
    return x.assign(Intercept=1.0)[["Intercept", *x.columns]] if constant else x


def thresholds(fitted) -> np.ndarray:
    """Coefficients, then thresholds without their infinite ends."""
    cuts = fitted.model.transform_threshold_params(np.asarray(fitted.params))[1:-1]
    return np.concatenate([np.asarray(fitted.params)[: -len(cuts)], cuts])


def ordered(distr: str) -> np.ndarray:
    model = OrderedModel(PEOPLE["walks"], design(constant=False), distr=distr)
    return thresholds(model.fit(model.fit(**FAST).params, **WAY))


def negative_binomial() -> np.ndarray:
    model = sm.NegativeBinomial(PEOPLE["visits"], design())
    found = np.asarray(model.fit(model.fit(**FAST).params, **WAY).params)
    return np.append(found[:-1], np.log(found[-1]))


STATSMODELS = {
    "ols": ("income", None, lambda: sm.OLS(PEOPLE["income"], design()).fit().params),
    "logit": ("safe", None, lambda: sm.Logit(PEOPLE["safe"], design()).fit(**WAY).params),
    "probit": (
        "safe",
        jf.Bernoulli(link="probit"),
        lambda: sm.Probit(PEOPLE["safe"], design()).fit(**WAY).params,
    ),
    "poisson": (
        "visits",
        "poisson",
        lambda: sm.Poisson(PEOPLE["visits"], design()).fit(**WAY).params,
    ),
    "negative binomial": ("visits", None, negative_binomial),
    "multinomial": (
        "kind",
        None,
        lambda: sm.MNLogit(PEOPLE["walks"], design()).fit(**WAY).params.to_numpy().T.ravel(),
    ),
    "ordered logit": ("walks", None, lambda: ordered("logit")),
    "ordered probit": ("walks", jf.Ordinal(link="probit"), lambda: ordered("probit")),
}


@pytest.mark.parametrize("name", STATSMODELS)
def test_coefficients_equal_statsmodels(name):
    outcome, family, theirs = STATSMODELS[name]
    fit = jf.fit(f"{outcome} ~ {RIGHT}", UNWEIGHTED, family=family)
    ours = fit.summary()["estimate"].to_numpy()
    np.testing.assert_allclose(ours, np.asarray(theirs()), rtol=1e-6, atol=1e-7)


def test_ratios_are_exponentials_with_the_same_test():
    fit = jf.fit("safe ~ wave + sex", SURVEY)
    plain, ratios = fit.summary(), fit.summary(ratios=True)
    for column in ("estimate", "low", "high"):
        np.testing.assert_allclose(ratios[column], np.exp(plain[column]))
    np.testing.assert_allclose(ratios["std_error"], plain["std_error"] * ratios["estimate"])
    assert ratios[["t", "df", "p_value"]].equals(plain[["t", "df", "p_value"]])


def test_a_term_of_one_coefficient_is_tested_by_its_t():
    for settings in (jf.Weighted(), PLAIN):
        fit = jf.fit("safe ~ wave + sex", SURVEY, engine=settings)
        row, coefficient = fit.test("sex").iloc[0], fit.summary().iloc[-1]
        assert row["statistic"] == pytest.approx(coefficient["t"] ** 2)
        assert row["p_value"] == pytest.approx(coefficient["p_value"])
        assert row["df2"] == pytest.approx(coefficient["df"])


def test_an_option_is_modelled_as_direct_estimates_it():
    fit = jf.fit('option(sources, "market") ~ wave * region', SURVEY)
    direct = jf.direct(SURVEY, "sources").levels(by="region", categories=["market"])
    np.testing.assert_allclose(fit.levels(by="region")["estimate"], direct["estimate"])


def test_a_survey_without_waves_has_levels():
    roles = jf.SurveyDesign(cluster="commune", target="population")
    of = jf.Survey(PEOPLE.drop(columns="wave"), roles, BOOK)
    fit = jf.fit("safe ~ region", of)
    direct = jf.direct(of, "safe").levels(by="region")
    np.testing.assert_allclose(fit.levels(by="region")["estimate"], direct["estimate"])
    with pytest.raises(jf.SpecError, match="the survey has none"):
        fit.levels(over="fixed")


def test_a_line_through_shares_may_leave_them():
    fit = jf.fit(
        "safe ~ age",
        survey(PEOPLE.assign(safe=(PEOPLE["age"] > 70).astype(int))),
        family="gaussian",
    )
    table = fit.levels(by="age").dropna(subset="std_error")
    assert table["estimate"].min() < 0
    assert (table["low"] < table["estimate"]).all()


def test_rows_without_covariates_or_answer_are_left_out_and_counted():
    row = np.arange(len(PEOPLE))
    partial = PEOPLE.assign(
        sex=PEOPLE["sex"].mask(row % 10 == 0), safe=PEOPLE["safe"].mask(row % 7 == 0)
    )
    fit = jf.fit("safe ~ wave + sex", survey(partial), where={"region": ["a", "b"]})
    inside = PEOPLE["region"].isin(["a", "b"]).to_numpy()
    lost = (row % 10 == 0) | (row % 7 == 0)
    assert fit.engine.data.left_out == (inside & lost).sum()
    assert fit.engine.data.n.sum() == (inside & ~lost).sum()
    row = fit.diagnostics().set_index("check").loc["rows left out"]
    assert row["value"] == pytest.approx(lost[inside].mean())
    assert not row["ok"]


# Errors say what is wrong and what would do.


def male(**values: object) -> jf.Survey:
    """The survey after all men gave one answer."""
    is_male = PEOPLE["sex"] == "male"
    return survey(PEOPLE.assign(**{n: PEOPLE[n].mask(is_male, v) for n, v in values.items()}))


SEPARATED = {
    **{link: ("safe", jf.Bernoulli(link=link)) for link in ("logit", "probit", "cloglog")},
    "ordinal": ("walks", None),
    "ordered probit": ("walks", jf.Ordinal(link="probit")),
    "categorical": ("kind", None),
    "poisson": ("visits", "poisson"),
    "negative binomial": ("visits", None),
}


@pytest.mark.parametrize("name", SEPARATED)
def test_separation_is_named(name):
    outcome, family = SEPARATED[name]
    of = male(safe=1, walks=4, visits=0)
    with pytest.raises(jf.EstimationError, match=r"Separation.*sex\[T.male\]") as error:
        jf.fit(f"{outcome} ~ region + sex", of, family=family)
    assert "region" not in str(error.value)
    assert "direct()" in str(error.value)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_separation_by_a_number_or_the_reference_is_named(link):
    family = jf.Bernoulli(link=link)
    by_age = survey(PEOPLE.assign(safe=(PEOPLE["age"] > 50).astype(int)))
    with pytest.raises(jf.EstimationError, match=r"Separation.*age"):
        jf.fit("safe ~ age", by_age, family=family)
    women = survey(PEOPLE.assign(safe=PEOPLE["safe"].mask(PEOPLE["sex"] == "female", 0)))
    with pytest.raises(jf.EstimationError, match=r"Separation.*'Intercept', 'sex\[T.male\]'"):
        jf.fit("safe ~ sex", women, family=family)


@pytest.mark.parametrize("family", ["ordinal", "categorical"])
def test_categories_that_nobody_chose_are_named(family):
    of = survey(PEOPLE.assign(walks=PEOPLE["walks"].replace({3: 2})))
    with pytest.raises(jf.EstimationError, match="Nobody in these rows answered 'often'"):
        jf.fit("walks ~ sex", of, family=family)


def test_thresholds_need_an_intercept():
    with pytest.raises(jf.SpecError, match="without '0 \\+'"):
        jf.fit("walks ~ 0 + wave", SURVEY)


def test_counts_no_wider_than_poisson_are_sent_there():
    even = PEOPLE.assign(visits=np.random.default_rng(2).binomial(4, 0.5, len(PEOPLE)))
    with pytest.raises(jf.EstimationError, match="family='poisson'"):
        jf.fit("visits ~ wave + sex", survey(even))


def test_over_lists_its_choices():
    with pytest.raises(jf.SpecError, match="averaged over sex, so over= must be said") as error:
        jf.fit("safe ~ wave * region + sex", SURVEY).levels(by="region")
    assert "over='wave'" in str(error.value)
    assert "over='fixed'" in str(error.value)
    with pytest.raises(jf.SpecError, match="Did you mean 'fixed'"):
        jf.fit("safe ~ wave + sex", SURVEY).levels(over="fxied")


def test_what_a_formula_or_setting_names_must_be_there():
    with pytest.raises(jf.SpecError, match=r"Unknown column 'sexe'\. Did you mean 'sex'"):
        jf.fit("safe ~ wave + sexe", SURVEY)
    with pytest.raises(jf.SpecError, match="Did you mean 'weighted'"):
        jf.fit("safe ~ wave", SURVEY, engine="wieghted")
    with pytest.raises(jf.SpecError, match="does not serve scale 'ordinal'"):
        jf.fit("walks ~ wave", SURVEY, family="bernoulli")
    with pytest.raises(jf.SpecError, match=r"no random terms; leave '\(1 \| commune\)' out"):
        jf.fit("safe ~ wave + (1 | commune)", SURVEY, engine="weighted")
    with pytest.raises(jf.SpecError, match="multiple response; model one option"):
        jf.fit("sources ~ wave", SURVEY)
    with pytest.raises(jf.SpecError, match="with its parentheses; found Bernoulli"):
        jf.fit("safe ~ wave", SURVEY, family=jf.Bernoulli)
    with pytest.raises(jf.SpecError, match="Did you mean 'cr2'"):
        jf.Weighted(small_sample="CR2")
    with pytest.raises(jf.SpecError, match="leaves nothing to estimate"):
        jf.fit("safe ~ 0", SURVEY)
    with pytest.raises(jf.SpecError, match="'walks' is an outcome"):
        jf.fit("safe ~ wave + walks", SURVEY)
    own = survey(PEOPLE.rename(columns={"wave": "vague"}), wave="vague")
    with pytest.raises(jf.SpecError, match="'vague' is the wave: write wave"):
        jf.fit("safe ~ vague", own)


@pytest.mark.parametrize(("along", "near"), [("wav", "'wave'"), ("sex[T.mal]", "'sex[T.male]'")])
def test_a_misspelt_term_gets_the_near_miss(along, near):
    with pytest.raises(jf.SpecError) as error:
        jf.fit("safe ~ wave + sex", SURVEY).test(along)
    assert f"Did you mean {near}?" in str(error.value)
    with pytest.raises(jf.SpecError, match="Unknown term"):
        jf.fit("safe ~ wave + sex", SURVEY).test(["wave", "sex"])


def test_a_coefficient_of_one_cluster_has_no_plain_standard_error():
    of = survey(PEOPLE.assign(place=np.where(PEOPLE["commune"] == 0, "there", "elsewhere")))
    table = jf.fit("safe ~ 0 + place", of, engine=PLAIN).summary().set_index("coefficient")
    assert table.loc["place[there]", ["std_error", "t", "p_value", "low", "high"]].isna().all()
    bayesian = ["prob_positive", "mc_error"]
    assert table.loc["place[elsewhere]"].drop(bayesian).notna().all()
