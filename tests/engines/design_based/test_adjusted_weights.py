"""Adjusted weights give R's numbers, and errors that any change of weights would show.

R's design text is stored beside its numbers; here it is put into our verbs, case by case.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from r_cases import DESIGNS, NHANES, OUTCOMES, REFERENCE, Case, frame_of

import jfmodels as jf
from jfmodels.engines.explained import explained_of
from jfmodels.engines.linearize import linearized, scores
from jfmodels.errors import EstimationError, SpecError
from jfmodels.model.cells import grid_of, tabulate
from jfmodels.model.items import items_of
from jfmodels.survey.copies import changed
from jfmodels.survey.replicates import multipliers_of
from jfmodels.survey.reweighting import reweighted

RELATIVE = 1e-9  # found: 2e-10, a covariance of a raked jackknife; of others 2e-12
CONTENT = json.loads((REFERENCE / "r_calibration_cases.json").read_text())["cases"]
CASES = {
    each["name"]: Case(**{name: each[name] for name in Case.__dataclass_fields__})
    for each in CONTENT
}
STYPE = {"stype": {"E": 4421, "H": 755, "M": 1018}}
MARGINS = {**STYPE, "sch.wide": {"No": 1072, "Yes": 5122}}
TOTALS = {**STYPE, "api99": 3914069}
AWARDS = {"awards": {"No": 2194, "Yes": 4000}, "comp.imp": {"No": 2094, "Yes": 4100}}
AGES = {"(0,19]": 55901, "(19,39]": 77670, "(39,59]": 72816, "(59,Inf]": 45364}
API = ["api00", "enroll"]
CLUS1 = "d <- svydesign(id=~dnum, weights=~pw, data=apiclus1, fpc=~fpc)"
STRAT = "d <- svydesign(id=~1, strata=~stype, weights=~pw, data=apistrat, fpc=~fpc)"
CLUS2 = "d <- svydesign(id=~dnum+snum, fpc=~fpc1+fpc2, data=apiclus2)"
WAVES = "svydesign(id=~commune, strata=~region, weights=~weight)"
PLAIN = jf.Weighted(small_sample="none")


@cache
def api(name: str = CLUS1) -> jf.Survey:
    frame = frame_of(name.split("data=")[1].split(",")[0].rstrip(")") + ".csv")
    groups = ("stype", "sch.wide", "awards", "comp.imp")
    outcomes = {each: OUTCOMES[each] for each in OUTCOMES if each in frame and each not in groups}
    outcomes["at_school"] = {**OUTCOMES["sch.wide"], "shown": ["Yes"]}
    numbers = {each: {"column": each} for each in ("api99", "ell", "meals")}
    frame = frame.assign(at_school=frame["sch.wide"])  # as a group and as an answer
    return jf.Survey(frame, DESIGNS[name], {"outcomes": outcomes, "covariates": numbers})


@cache
def nhanes() -> jf.Survey:
    frame = frame_of("nhanes.csv").dropna(subset=["HI_CHOL"])
    return jf.Survey(frame, NHANES, {"outcomes": {"HI_CHOL": OUTCOMES["HI_CHOL"]}})


@cache
def weighted(name: str) -> jf.Survey:
    """The survey that R's design text describes."""
    clus1, strat = api(), api(STRAT)
    made: Mapping[str, Callable[[], jf.Survey]] = {
        "poststratified": lambda: jf.poststratify(clus1, STYPE),
        "raked": lambda: jf.rake(clus1, MARGINS),
        "linear": lambda: jf.calibrate(clus1, TOTALS),
        "raking": lambda: jf.calibrate(clus1, TOTALS, method="raking"),
        "logit": lambda: jf.calibrate(clus1, TOTALS, method="logit", bounds=(0.5, 1.8)),
        "trimmed": lambda: jf.trim(weighted("linear"), lower=20, upper=45),
        "strat raked": lambda: jf.rake(strat, AWARDS),
        "strat linear": lambda: jf.calibrate(strat, AWARDS),
        "strat trimmed": lambda: jf.trim(strat, lower=16, upper=40, strict=False),
        "two stages": lambda: jf.poststratify(api(CLUS2), STYPE),
        "standardised": lambda: jf.standardize(
            nhanes(), {"agecat": AGES}, over=["race", "RIAGENDR"]
        ),
    }
    return made[name]()


def levels(survey: str, *outcomes: str, by: str | list[str] | None = None, **settings: object):
    """Answer by direct estimates."""

    def answer() -> Mapping[str, object]:
        asked = {"small_sample": "none", "by": by, **settings}
        fit = jf.direct(weighted(survey), list(outcomes) or None, **asked)
        table = fit.levels(by=by)
        found = {"estimate": table["estimate"], "se": table["std_error"]}
        joint = fit.joint(by=by).joint.combine(jf.Level(by=by).plan(fit.joint(by=by).grid).combined)
        return {**found, "vcov": joint.covariance(), "wts": weighted(survey).rows.weight}

    return answer


def regression(survey: str, formula: str):
    """Answer by a regression."""

    def answer() -> Mapping[str, object]:
        fit = jf.fit(formula, weighted(survey), engine=PLAIN)
        table = fit.summary()
        names = {"estimate": "estimate", "se": "std_error", "t": "t", "p": "p_value"}
        found = {ours: table[column] for ours, column in names.items()}
        ends = {"ci_lower": table["low"], "ci_upper": table["high"]}
        return {**found, **ends, "vcov": fit.engine.parameters.covariance()}

    return answer


def chi_square(statistic: str):
    def answer() -> Mapping[str, object]:
        table = jf.table_test(weighted("strat raked"), "at_school", "stype", statistic=statistic)
        row = table.iloc[0]
        return {
            "statistic": row["statistic"],
            "df": [row["df1"], row["df2"]],
            "p": row["p_value"],
        }

    return answer


def quantiles() -> Mapping[str, object]:
    tables = [
        jf.direct(
            weighted("strat raked"), "api00", statistic=jf.Quantile(p), small_sample="none"
        ).levels()
        for p in (0.25, 0.5, 0.75)
    ]
    table = pd.concat(tables)
    ends = table[["low", "high"]]
    return {"estimate": table["estimate"], "se": table["std_error"], "ci": ends}


RATIO = jf.Ratio("api.stu", "enroll")
ANSWERS: Mapping[str, Callable[[], Mapping[str, object]]] = {
    "poststrat_clus1": levels("poststratified", *API),
    "poststrat_total_clus1": levels("poststratified", "enroll", statistic="total"),
    "poststrat_by_clus1": levels("poststratified", "api00", by="awards"),
    "poststrat_clus2": levels("two stages", "api00", "api99"),
    "rake_clus1": levels("raked", *API),
    "calib_linear_clus1": levels("linear", *API),
    "calib_raking_clus1": levels("raking", *API),
    "calib_logit_clus1": levels("logit", *API),
    "calib_total_linear_clus1": levels("linear", *reversed(API), statistic="total"),
    "calib_glm_clus1": regression("linear", "api00 ~ ell + meals"),
    "trim_clus1": levels("trimmed", "api00"),
    "trim_not_strict": levels("strat trimmed", "api00"),
    "rep_rake_jk1_clus1": levels("raked", *API, replicates=jf.Replicates("jk1")),
    "calib_jkn_strat": levels("strat linear", *API, replicates=jf.Replicates("jkn")),
    "raked_unequal_strat": levels("strat raked", *API),
    "raked_domain_strat": levels("strat raked", "api00", by="sch.wide"),
    "raked_ratio_strat": levels("strat raked", statistic=RATIO),
    "raked_glm_strat": regression("strat raked", "shown(at_school) ~ ell + meals"),
    "raked_chisq_strat": chi_square("F"),
    "raked_wald_strat": chi_square("wald"),
    "raked_quantile_strat": quantiles,
    "standardize_nhanes": levels("standardised", "HI_CHOL", by=["RIAGENDR", "race"]),
}
APART = {
    "calib_twice_strat": "R takes the first adjustment out of the errors first",
    "rake_unequal_strat": "R's rake() regresses on margins without weights",
    "standardize_nhanes_overall": "R takes the estimated sizes of domains as known",
}
NOT_COMPARED = {"names", "df_resid", "degf", "dispersion", "n", "scale", "rscales", "n_rep"}
LOOSER = {  # svyglm stops when the deviance moves by 1e-13, so half the digits of coefficients
    "raked_glm_strat": 2e-6,
    ("raked_chisq_strat", "p"): 1e-7,  # pf of R and of scipy
}
ONLY_FIRST = {"poststrat_total_clus1"}  # of the poststrata themselves the error is 0


def test_every_case_is_answered():
    assert set(ANSWERS) | set(APART) == set(CASES)


@pytest.mark.parametrize("name", ANSWERS)
def test_equals_r(name):
    ours, theirs = ANSWERS[name](), CASES[name].results
    compared = theirs.keys() - NOT_COMPARED
    assert compared
    for number in compared:
        expected = np.ravel(theirs[number]).astype(float)
        mine = np.ravel(ours[number]).astype(float)
        if name in ONLY_FIRST:
            expected = expected[: len(mine)]
        tolerance = LOOSER.get((name, number), LOOSER.get(name, RELATIVE))
        zero = 1e-12 * np.abs(expected).max()
        np.testing.assert_allclose(mine, expected, rtol=tolerance, atol=zero, err_msg=number)


def test_poststrata_have_no_error():
    known = jf.Survey(
        frame_of("apiclus1.csv").assign(one=1.0),
        DESIGNS[CLUS1],
        {"outcomes": {"one": {"scale": "continuous"}}},
    )
    table = jf.direct(jf.poststratify(known, STYPE), "one", statistic="total", by="stype")
    found = table.levels(by="stype")
    assert found["estimate"].to_numpy() == pytest.approx([4421, 755, 1018], rel=1e-12)
    assert (found["std_error"] < 1e-9).all()


# What R does otherwise: there is a reason for each, and this is by how much.


@pytest.mark.parametrize(
    ("name", "survey", "apart"),
    [
        ("calib_twice_strat", lambda: jf.calibrate(once(), AWARDS), 0.09),
        ("rake_unequal_strat", lambda: weighted("strat raked"), 0.08),
    ],
)
def test_r_goes_another_way(name, survey, apart):
    table = jf.direct(survey(), API, small_sample="none").levels()
    assert table["estimate"].to_numpy() == pytest.approx(CASES[name].results["estimate"], rel=1e-6)
    ratio = table["std_error"].to_numpy() / CASES[name].results["se"]
    assert 1e-6 < np.abs(ratio - 1).max() < apart


def once() -> jf.Survey:
    return jf.poststratify(api(STRAT), {"sch.wide": {"No": 1072, "Yes": 5122}})


# What a little more weight of each unit does, every adjustment made again, is the unit's score.


@cache
def waves(**roles: object) -> jf.Survey:
    frame = frame_of("wave_survey_secure.csv").dropna(subset=["secure"])
    design = DESIGNS[WAVES]
    book = {
        "outcomes": {
            "secure": OUTCOMES["secure"],
            "security_5pt": {"scale": "continuous"},
        }
    }
    return jf.Survey(frame, replace(design, **roles), book)


SEX = {"sex": {"F": 0.52, "M": 0.48}}
AGE = {"age_group": {"18-29": 0.3, "30-44": 0.3, "45-59": 0.25, "60+": 0.15}}
STATUS = {"displaced": {"0": 900, "1": 100}}


def nonresponse(**settings: object) -> jf.Survey:
    return jf.nonresponse_weights(waves(), answered={"incident_12m": "0"}, **settings)


EXACT: Mapping[str, Callable[[], jf.Survey]] = {
    "poststratified within waves": lambda: jf.poststratify(waves(), SEX, within="wave"),
    "poststratified, pooled": lambda: jf.poststratify(waves(), STATUS, within="pooled"),
    "linear, shares": lambda: jf.calibrate(waves(), {**SEX, **AGE}, within="wave"),
    "linear, counts": lambda: jf.calibrate(waves(), STATUS, within="wave"),
    "linear, shares and a mean": lambda: jf.calibrate(
        waves(), {**SEX, "security_5pt": 2.9}, within="pooled"
    ),
    "standardised": lambda: jf.standardize(waves(), AGE, over=["wave", "region"]),
    "cells": lambda: nonresponse(by=["wave", "sex"]),
    "model": lambda: nonresponse(model="wave + sex * age_group"),
    "twice": lambda: jf.poststratify(
        jf.calibrate(waves(), {**SEX, **AGE}, within="wave"), STATUS, within="pooled"
    ),
    "cells, then margins": lambda: jf.calibrate(
        nonresponse(by=["wave", "age_group"]), SEX, within="wave"
    ),
    "margins, then trimmed": lambda: jf.trim(
        jf.poststratify(waves(), SEX, within="wave"), upper=2.2
    ),
}


def moved(survey: jf.Survey, grid, step: float) -> np.ndarray:
    """Derivatives of all cells' means by the weight of every unit, in parts of it; (U, C)."""
    size = len(survey.rows.keys["unit"].labels)
    means = []
    for sign in (1, -1):
        again = reweighted(survey, 1 + sign * step * np.eye(size))
        rows = again.rows
        assert rows.replicates is not None
        each = [tabulate(replace(rows, weight=column), grid, {}) for column in rows.replicates.T]
        means.append([t.numerator.sum(axis=0) / t.denominator.sum(axis=0) for t in each])
    return (np.array(means[0]) - means[1]) / (2 * step)


@pytest.mark.parametrize("name", EXACT)
def test_scores_are_what_a_little_weight_does(name):
    survey = EXACT[name]()
    grid = grid_of(survey, items_of(survey, ["secure"], "shown"), ["region"], {})
    tables = tabulate(survey.rows, grid, {})
    taken = explained_of(survey, tables, lambda key: tabulate(survey.rows, grid, {}, key))
    ours = scores(tables.numerator, tables.denominator, taken)
    assert ours == pytest.approx(moved(survey, grid, 1e-4), abs=1e-8)
    unadjusted = scores(tables.numerator, tables.denominator)
    assert np.abs(ours - unadjusted).max() > (0 if "trimmed" in name else 1e-4)


def nudged(survey: jf.Survey, step: float) -> list[jf.Survey]:
    """The survey with a little more weight of each unit, adjusted again."""
    size = len(survey.rows.keys["unit"].labels)
    rows = reweighted(survey, 1 + step * np.eye(size)).rows
    return [
        changed(survey, rows=replace(rows, weight=column, replicates=None), adjustments=())
        for column in rows.replicates.T
    ]


def estimates(table: pd.DataFrame) -> np.ndarray:
    return table["estimate"].to_numpy(dtype=float)


@pytest.mark.parametrize("over", ["wave", "fixed"])
@pytest.mark.parametrize("name", ["linear, shares", "cells, then margins", "twice"])
def test_error_of_a_models_level_is_what_a_little_weight_does(name, over):
    survey, step = EXACT[name](), 1e-4

    def levels_of(each: jf.Survey) -> pd.DataFrame:
        fit = jf.fit("shown(secure) ~ wave + age_group + sex", each, engine=PLAIN)
        return fit.levels(over=over)

    ways = [[estimates(levels_of(s)) for s in nudged(survey, sign)] for sign in (step, -step)]
    derivative = (np.array(ways[0]) - ways[1]) / (2 * step)
    variance = (linearized(derivative, survey.sampling) ** 2).sum(axis=0)
    found = levels_of(survey)["std_error"].to_numpy()
    assert found == pytest.approx(np.sqrt(variance), rel=1e-6)


@pytest.mark.parametrize("small_sample", ["none", "cr2"])
@pytest.mark.parametrize("name", EXACT)
def test_a_saturated_model_is_direct(name, small_sample):
    survey, two = EXACT[name](), {"wave": ["1", "2"]}
    engine = jf.Weighted(small_sample=small_sample)
    model = jf.fit("shown(secure) ~ wave * region", survey, engine=engine, where=two)
    direct = jf.direct(survey, "secure", small_sample=small_sample, where=two)
    ours, theirs = (
        pd.concat([each.levels(by="region"), each.changes(by="region")]) for each in (model, direct)
    )
    # Under CR2 direct scales by m / (m - 1) what the explained part leaves of a stratum's mean,
    # the regression by leverage; found: 3e-4, after a response model.
    close = {"none": 1e-8, "cr2": 1e-3}[small_sample]
    for column in ("estimate", "std_error"):
        assert ours[column].to_numpy() == pytest.approx(theirs[column].to_numpy(), rel=close)


# Replicates.


@pytest.mark.parametrize("name", EXACT)
def test_jackknife_is_near_linearisation(name):
    """They differ in second order; by more where a cell holds six people, as in 'standardised'."""
    survey = EXACT[name]()
    plain = jf.direct(survey, "secure", small_sample="none").levels()["std_error"]
    drawn = jf.direct(survey, "secure", replicates=jf.Replicates("jkn")).levels()["std_error"]
    assert drawn.to_numpy() == pytest.approx(
        plain.to_numpy(), rel=0.2 if name == "standardised" else 0.1
    )


def supplied(made: jf.Survey, kind: jf.Replicates) -> jf.Survey:
    """The same survey with the jackknife's weights in its file."""
    multipliers = multipliers_of(kind, made.sampling, None)
    unit = made.rows.keys["unit"].codes
    weights = made.rows.weight[:, None] * multipliers.factors[unit]
    names = [f"r{k}" for k in range(weights.shape[1])]
    frame = frame_of("wave_survey_secure.csv").dropna(subset=["secure"]).reset_index(drop=True)
    frame = pd.concat([frame, pd.DataFrame(weights, columns=names)], axis=1)
    given = jf.SuppliedReplicates(names, "jkn", rscales=list(multipliers.scales))
    design = replace(DESIGNS[WAVES], replicates=given)
    return jf.Survey(frame, design, {"outcomes": {"secure": OUTCOMES["secure"]}})


@pytest.mark.parametrize("formula", ["shown(secure) ~ wave", "shown(secure) ~ wave + sex"])
def test_supplied_replicates_are_adjusted_too(formula):
    kind = jf.Replicates("jkn")
    ours = jf.rake(waves(), SEX, within="wave")
    theirs = jf.rake(supplied(waves(), kind), SEX, within="wave")
    pairs = [(ours, kind), (theirs, jf.Replicates("supplied"))]
    direct, model = (
        [ask(survey, settings)["std_error"].to_numpy() for survey, settings in pairs]
        for ask in (
            lambda s, r: jf.direct(s, "secure", replicates=r).changes(),
            lambda s, r: jf.fit(formula, s, engine=jf.Weighted(replicates=r)).levels(over="fixed"),
        )
    )
    assert direct[0] == pytest.approx(direct[1], rel=1e-9)
    assert model[0] == pytest.approx(model[1], rel=1e-9)


def test_a_replicate_without_a_category_is_named():
    frame = frame_of("wave_survey_secure.csv").dropna(subset=["secure"])
    first = frame["commune"].unique()[0]
    frame = frame.assign(rare=np.where(frame["commune"] == first, "yes", "no"))
    survey = jf.Survey(frame, DESIGNS[WAVES], {"outcomes": {"secure": OUTCOMES["secure"]}})
    raked = jf.rake(survey, {"rare": {"yes": 0.1, "no": 0.9}}, within="pooled")
    with pytest.raises(EstimationError, match=r"Replicate \d+ of 16 .*'rare' cannot be met"):
        jf.direct(raked, "secure", replicates=jf.Replicates("jkn"))


# What must not matter.


def numbers_of(survey: jf.Survey) -> np.ndarray:
    fit = jf.direct(survey, "secure", by="region")
    tables = [fit.levels(by="region"), fit.changes()]
    return pd.concat(tables)[["estimate", "std_error", "df"]].to_numpy(dtype=float)


MARGIN_SETS = {**SEX, **AGE}


def other(change: Callable[[pd.DataFrame], pd.DataFrame]) -> jf.Survey:
    frame = change(frame_of("wave_survey_secure.csv").dropna(subset=["secure"]))
    return jf.Survey(frame, DESIGNS[WAVES], {"outcomes": {"secure": OUTCOMES["secure"]}})


@pytest.mark.parametrize("method", ["linear", "raking", "logit"])
def test_scale_of_weights_and_order_of_rows_do_not_matter(method):
    bounds = (0.3, 3) if method == "logit" else None

    def adjust(survey: jf.Survey) -> jf.Survey:
        return jf.calibrate(survey, MARGIN_SETS, method=method, bounds=bounds, within="wave")

    plain = numbers_of(adjust(waves()))
    scaled = other(lambda frame: frame.assign(weight=10 * frame["weight"]))
    shuffled = other(lambda frame: frame.sample(frac=1, random_state=3))
    for each in (scaled, shuffled):
        assert numbers_of(adjust(each)) == pytest.approx(plain, rel=1e-8)


def test_order_of_margins_does_not_matter():
    backwards = dict(reversed(MARGIN_SETS.items()))
    one, two = (jf.rake(waves(), each, within="wave") for each in (MARGIN_SETS, backwards))
    assert one.rows.weight == pytest.approx(two.rows.weight, rel=1e-10)
    assert numbers_of(one) == pytest.approx(numbers_of(two), rel=1e-9)


def test_a_cell_in_two_halves_changes_nothing():
    """Half of the people of one age are called by another name; no answer depends on it."""
    split = other(
        lambda frame: frame.assign(
            half=np.where(np.arange(len(frame)) % 2 == 0, "a", "b"),
        )
    )
    plain = jf.rake(waves(), MARGIN_SETS, within="wave")
    both = jf.rake(split, MARGIN_SETS, within="wave")
    assert numbers_of(both) == pytest.approx(numbers_of(plain), rel=1e-12)
    table = jf.direct(both, "secure", by="half").levels()
    whole = jf.direct(plain, "secure").levels()
    for column in ("estimate", "std_error"):
        assert table[column].to_numpy() == pytest.approx(whole[column].to_numpy(), rel=1e-10)


def test_a_poststratum_in_two_of_proportional_size_changes_nothing():
    """Rows are doubled, half the weight each, so that both halves are alike."""

    def doubled(frame: pd.DataFrame) -> pd.DataFrame:
        twice = [frame.assign(half=half, weight=frame["weight"] / 2) for half in ("a", "b")]
        return pd.concat(twice)

    plain = jf.poststratify(waves(), SEX, within="wave")
    halves = {(sex, half): 0.5 * p for sex, p in SEX["sex"].items() for half in ("a", "b")}
    split = jf.poststratify(other(doubled), {("sex", "half"): halves}, within="wave")
    assert numbers_of(split) == pytest.approx(numbers_of(plain), rel=1e-9)


def test_rates_of_cells_are_the_model_of_all_cells():
    cells, model = nonresponse(by=["wave", "sex"]), nonresponse(model="wave * sex")
    assert model.rows.weight == pytest.approx(cells.rows.weight, rel=1e-9)
    assert numbers_of(model) == pytest.approx(numbers_of(cells), rel=1e-7)


def test_two_ways_of_clustering_see_the_adjustment():
    """Interviewers who are the clusters change nothing, as without adjustments."""
    design = replace(DESIGNS[WAVES], interviewer="asked_by")
    frame = frame_of("wave_survey_secure.csv").dropna(subset=["secure"])
    frame = frame.assign(asked_by=frame["commune"])
    survey = jf.Survey(frame, design, {"outcomes": {"secure": OUTCOMES["secure"]}})
    raked = jf.rake(survey, SEX, within="wave")
    for ask in (
        lambda **k: jf.direct(raked, "secure", **k).levels(),
        lambda **k: jf.fit("shown(secure) ~ wave", raked, engine=jf.Weighted(**k)).levels(),
    ):
        errors = [
            ask(small_sample="none", interviewers=way)["std_error"].to_numpy()
            for way in ("ignore", "cluster")
        ]
        assert errors[0] == pytest.approx(errors[1], rel=1e-8)


def test_the_wild_bootstrap_is_refused():
    raked = jf.rake(waves(), SEX, within="wave")
    fit = jf.fit("shown(secure) ~ sex", raked)
    with pytest.raises(SpecError, match="not derived for weights that were adjusted"):
        fit.test("sex", method="wild")


# A sample of quotas.


def test_a_quota_sample_is_called_one_everywhere():
    frame = frame_of("wave_survey_secure.csv").dropna(subset=["secure"])
    design = replace(DESIGNS[WAVES], weights=None)
    survey = jf.Survey(frame, design, {"outcomes": {"secure": OUTCOMES["secure"]}})
    raked = jf.rake(survey, SEX, within="wave")
    fit, model = jf.direct(raked, "secure"), jf.fit("shown(secure) ~ wave", raked)
    tables = [fit.levels(), fit.changes(), model.levels(), jf.table_test(raked, "secure", "sex")]
    assert all("quota_sample" in flags for table in tables for flags in table["flag"])
    assert "Quota sample" in repr(raked.weighting())
    assert "Quota sample" in repr(raked.describe())
    axes = jf.plot_trend(fit.levels())
    assert any("Quota sample" in each.get_text() for each in axes.figure.findobj(Text))
    for other_survey in (survey, jf.rake(waves(), SEX, within="wave")):
        plain = jf.direct(other_survey, "secure").levels()
        assert not any("quota_sample" in flags for flags in plain["flag"])


# ------------------------------------------------------------------ who weighs nothing


@pytest.mark.parametrize("weighting", ["ignore", "pseudo"])
def test_who_did_not_answer_counts_nowhere(weighting):
    rng = np.random.default_rng(1)
    people = pd.DataFrame({"place": rng.integers(0, 12, 600).astype(str)})
    people["met"] = np.where(rng.random(600) < 0.7, "yes", "no")
    people["safe"] = (rng.random(600) < np.where(people["met"] == "yes", 0.8, 0.1)).astype(int)
    people["sex"] = rng.choice(["f", "m"], 600)
    design = jf.SurveyDesign(cluster="place", target="population")
    book = {"outcomes": {"safe": {"scale": "binary"}}}
    whole = jf.Survey(people, design, book)
    weighted = jf.nonresponse_weights(whole, answered={"met": "yes"}, by="sex")
    silent = people.assign(w=weighted.rows.weight)[people["met"] == "yes"]
    alone = jf.Survey(silent, replace(design, weights="w"), book)
    one, other = (jf.direct(each, "safe").levels() for each in (weighted, alone))
    assert one["n"].tolist() == other["n"].tolist()
    assert one["estimate"].to_numpy() == pytest.approx(other["estimate"].to_numpy())
    formula = "safe ~ sex + (1 | place)"
    fits = [jf.fit(formula, each, weighting=weighting) for each in (weighted, alone)]
    one, other = (fit.summary()["estimate"].to_numpy() for fit in fits)
    assert one == pytest.approx(other, rel=1e-6)
