"""Regression clustered two ways: by commune, and by the interviewer who asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from test_regression import FAMILIES, PEOPLE, people, survey

import jfmodels as jf

ROLES = {"strata": None, "interviewer": "interviewer"}
WAYS = [jf.Weighted(small_sample=each, interviewers="cluster") for each in ("none", "cr2")]


def asked(frame: pd.DataFrame, n: int = 10) -> pd.DataFrame:
    """Let n interviewers work in all communes, each with a manner of their own."""
    rng = np.random.default_rng(8)
    interviewer = rng.integers(0, n, len(frame))
    manner = rng.normal(0, 1, n)[interviewer]
    yes = rng.random(len(frame)) < 1 / (1 + np.exp(-manner))
    income = frame["income"] + manner
    return frame.assign(interviewer=interviewer, safe=yes.astype(int), income=income)


ASKED = asked(PEOPLE)


def columns(frame: pd.DataFrame) -> pd.DataFrame:
    right = pd.get_dummies(frame[["wave", "region", "sex"]], drop_first=True, dtype=float)
    return sm.add_constant(right)


MODELS = {"income": sm.families.Gaussian(), "safe": sm.families.Binomial()}


def sandwiches(outcome: str, weights: pd.Series) -> list[np.ndarray]:
    """Three sandwiches of statsmodels: communes, interviewers, and both together."""
    frame = ASKED
    both = frame.groupby(["commune", "interviewer"]).ngroup()
    model = sm.GLM(frame[outcome], columns(frame), MODELS[outcome], var_weights=weights)
    found = []
    for groups in (frame["commune"], frame["interviewer"], both):
        clustered = {"groups": groups, "use_correction": False}
        fit = model.fit(tol=1e-13, cov_type="cluster", cov_kwds=clustered)
        m = groups.nunique()
        found.append(m / (m - 1) * fit.cov_params().to_numpy())
    return found


@pytest.mark.filterwarnings("ignore:cov_type not fully supported")  # of weights; but it is
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("outcome", MODELS)
def test_the_covariance_is_the_sum_of_three_sandwiches(outcome, weighted):
    weights = ASKED["weight"] if weighted else pd.Series(1.0, ASKED.index)
    of = survey(ASKED.assign(weight=weights), **ROLES)
    fit = jf.fit(f"{outcome} ~ wave + region + sex", of, engine=WAYS[0])
    commune, interviewer, both = sandwiches(outcome, weights)
    total = commune + interviewer - both
    scale = np.abs(total).max()  # found: 2e-14
    np.testing.assert_allclose(fit.engine.parameters.covariance(), total, atol=1e-10 * scale)
    variance = np.maximum(np.diag(total), np.diag(commune))
    np.testing.assert_allclose(fit.summary()["std_error"], np.sqrt(variance), rtol=1e-10)
    assert (fit.summary()["df"] <= 9).all()


@pytest.mark.parametrize("settings", WAYS, ids=lambda each: each.small_sample)
@pytest.mark.parametrize("name", FAMILIES)
def test_interviewers_who_are_the_clusters_change_nothing(name, settings):
    outcome, family = FAMILIES[name]
    of = survey(PEOPLE.assign(interviewer=PEOPLE["commune"]), **ROLES)
    one_way = jf.Weighted(small_sample=settings.small_sample)
    numbers = []
    for engine in (settings, one_way):
        fit = jf.fit(f"{outcome} ~ wave + region + sex", of, engine=engine, family=family)
        tables = [fit.summary(), fit.levels(over="fixed"), fit.changes(over="wave")]
        tables.append(fit.levels(by="region", over="wave"))
        numbers.append(pd.concat(tables)[["estimate", "std_error", "df", "p_value"]])
        tested = fit.test("region")[["statistic", "df1", "df2", "p_value"]]
        numbers[-1] = np.concatenate([numbers[-1].to_numpy(float).ravel(), tested.iloc[0]])
    np.testing.assert_allclose(numbers[0], numbers[1], rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("small_sample", ["none", "cr2"])
@pytest.mark.parametrize("outcome", MODELS)
def test_a_saturated_model_says_what_direct_says(outcome, small_sample):
    of = survey(ASKED, interviewer="interviewer")
    settings = jf.Weighted(small_sample=small_sample, interviewers="cluster")
    fit = jf.fit(f"{outcome} ~ wave * region", of, engine=settings)
    direct = jf.direct(of, outcome, small_sample=small_sample, interviewers="cluster")
    tables = [
        pd.concat([each.levels(by="region", over=over), each.changes(by="region", over=over)])
        for each, over in ((fit, "wave"), (direct, None))
    ]
    numbers = ["estimate", "std_error"]
    np.testing.assert_allclose(tables[0][numbers], tables[1][numbers], rtol=1e-9, atol=1e-12)
    assert (tables[0]["df"] <= 9).all()


@pytest.mark.parametrize("settings", WAYS, ids=lambda each: each.small_sample)
def test_neither_the_order_of_rows_nor_the_unit_of_weights_matters(settings):
    shuffled = ASKED.sample(frac=1, random_state=1).assign(weight=lambda f: 750 * f["weight"])
    numbers = []
    for frame in (ASKED, shuffled):
        fit = jf.fit("safe ~ wave + region", survey(frame, **ROLES), engine=settings)
        both = pd.concat([fit.summary(), fit.changes(over="fixed")])
        numbers.append(both[["estimate", "std_error", "df"]].to_numpy(float))
    np.testing.assert_allclose(*numbers, rtol=1e-7)


def test_errors_are_never_below_those_of_clusters_and_grow_where_manners_differ():
    of = survey(ASKED, **ROLES)
    one, two = (
        jf.fit("safe ~ wave + sex", of, engine=engine).summary()["std_error"]
        for engine in ("weighted", WAYS[1])
    )
    assert (two >= one).all()
    assert two[0] > 1.5 * one[0]


def test_a_wave_of_one_interviewer_keeps_the_error_of_its_clusters():
    alone = ASKED.assign(interviewer=np.where(ASKED["wave"] == "Q1", 99, ASKED["interviewer"]))
    of = survey(alone, **ROLES)
    levels = [
        jf.fit("safe ~ wave", of, engine=engine).levels()["std_error"]
        for engine in ("weighted", WAYS[1])
    ]
    assert levels[1][0] == pytest.approx(levels[0][0])
    assert levels[1][1] > levels[0][1]


def test_terms_are_tested_on_the_smaller_df():
    fit = jf.fit("safe ~ wave + region", survey(asked(people(40)), **ROLES), engine=WAYS[1])
    coefficient = fit.summary().iloc[1]
    tested = fit.test("wave").iloc[0]
    assert tested["statistic"] == pytest.approx(coefficient["t"] ** 2)
    assert tested["p_value"] == pytest.approx(coefficient["p_value"])
    assert fit.test("region")["df2"].item() <= 9 - 3 + 1


def test_what_cannot_be_is_refused():
    with pytest.raises(jf.SpecError, match="needs interviewer="):
        jf.fit("safe ~ wave", survey(PEOPLE), engine=WAYS[0])
    with pytest.raises(jf.SpecError, match="clusters alone"):
        jf.Weighted(interviewers="cluster", replicates=jf.Replicates("jkn"))
    with pytest.raises(jf.SpecError, match="Did you mean 'cluster'"):
        jf.Weighted(interviewers="clusters")
    fit = jf.fit("safe ~ wave", survey(ASKED, **ROLES), engine=WAYS[0])
    with pytest.raises(jf.SpecError, match="draws clusters alone"):
        fit.test("wave", method="wild")
