"""Marginal effects: statsmodels', each cluster's derivative, and identities with coefficients.

The largest deviations found are beside the tolerances.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from regression_cases import parts
from test_regression import BOOK, FAMILIES, PEOPLE, PLAIN, SURVEY, assert_tables, people, survey

import jfmodels as jf
from jfmodels.engines.composition import OVER
from jfmodels.results.engine import Question

NUMBERS = ["estimate", "std_error", "df"]
FLAT = jf.Survey(
    PEOPLE.drop(columns="wave"), jf.SurveyDesign(cluster="commune", target="population"), BOOK
)
SEX, AGE = jf.MarginalEffect("sex"), jf.MarginalEffect("age")


def columns() -> pd.DataFrame:
    """The design matrix of sex + age, made by pandas alone."""
    x = pd.get_dummies(PEOPLE[["sex"]], drop_first=True, dtype=float)
    return sm.add_constant(x.assign(age=PEOPLE["age"].astype(float)))


THEIRS = {
    "logit": ("safe", None, sm.Logit),
    "probit": ("safe", jf.Bernoulli(link="probit"), sm.Probit),
    "poisson": ("visits", "poisson", sm.Poisson),
}


@pytest.mark.parametrize("name", THEIRS)
def test_effects_equal_statsmodels(name):
    outcome, family, model = THEIRS[name]
    fit = jf.fit(f"{outcome} ~ sex + age", FLAT, family=family, engine=PLAIN)
    ours = [fit.estimate(each, over="wave")["estimate"].item() for each in (SEX, AGE)]
    theirs = model(PEOPLE[outcome], columns()).fit(disp=0, tol=1e-13).get_margeff(dummy=True)
    np.testing.assert_allclose(ours, theirs.margeff, rtol=1e-9)  # found: 5e-11


def test_the_coefficients_part_of_errors_equals_statsmodels():
    """The part that comes from the composition is in no other program's error."""
    fit = jf.fit("safe ~ sex + age", FLAT, engine=PLAIN)
    clustered = {"cov_type": "cluster", "cov_kwds": {"groups": PEOPLE["commune"]}}
    model = sm.Logit(PEOPLE["safe"], columns()).fit(disp=0, tol=1e-13, **clustered)
    rows = (len(PEOPLE) - 1) / model.df_resid  # by which statsmodels corrects as well
    theirs = model.get_margeff(dummy=True).margeff_se / np.sqrt(rows)
    for effect, error in zip((SEX, AGE), theirs, strict=True):
        question = Question(over="wave", effect=effect.of)
        weights = effect.plan(fit.engine.believe(question).grid).combined
        part = weights @ parts(fit, question)[0].T
        assert np.linalg.norm(part) == pytest.approx(error, rel=1e-8)


QUESTIONS = {
    "everyone": (jf.Level("sex"), "everyone"),
    "effect of names": (jf.MarginalEffect("sex", by="region"), "wave"),
    "effect of a number": (jf.MarginalEffect("age", by="sex"), "fixed"),
    "effect in everyone": (jf.MarginalEffect("age", by="sex"), "everyone"),
}


@pytest.mark.parametrize("asked", QUESTIONS)
@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "probit"])
def test_errors_are_those_of_each_clusters_derivative(name, asked):
    """The influence of a cluster is what a little more weight of it does to the answer.

    Not so for a probit, whose bread is the expected information, as R's is.
    """
    few = people(8, 40, seed=6)
    few["age"] = np.where(few["wave"] == "Q1", 0.6 * few["age"], few["age"]).round(-1).astype(int)
    few["region"] = few["region"].replace({"c": "a", "d": "b"})
    outcome, family = FAMILIES[name]
    estimand, over = QUESTIONS[asked]

    def table(commune: int, by: float) -> pd.DataFrame:
        weight = few["weight"] * np.where(few["commune"] == commune, 1 + by, 1)
        of = survey(few.assign(weight=weight), strata=None)
        fit = jf.fit(f"{outcome} ~ wave * sex + region + age", of, engine=PLAIN, family=family)
        return fit.estimate(estimand, over=over)

    step = 1e-4
    moved = [table(k, step)["estimate"] - table(k, -step)["estimate"] for k in range(8)]
    influence = np.array(moved) / (2 * step)
    error = np.sqrt(8 / 7 * (influence**2).sum(axis=0))
    np.testing.assert_allclose(table(0, 0)["std_error"], error, rtol=1e-6)


@pytest.mark.parametrize("asked", QUESTIONS)
def test_replicates_average_each_refit_over_its_own_composition(asked):
    few = people(8, 40, seed=6).assign(region="a")
    estimand, over = QUESTIONS[asked]
    design = {"strata": None, "weights": None}

    def table(frame: pd.DataFrame, **settings: object) -> pd.DataFrame:
        fit = jf.fit(
            "safe ~ wave + sex + age", survey(frame, **design), engine=jf.Weighted(**settings)
        )
        return fit.estimate(estimand, over=over)

    left = np.array([table(few[few["commune"] != k])["estimate"] for k in range(8)])
    error = np.sqrt(7 / 8 * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    found = table(few, replicates=jf.Replicates("jk1"))["std_error"]
    np.testing.assert_allclose(found, error, rtol=1e-7)


@pytest.mark.parametrize("over", OVER)
@pytest.mark.parametrize("small_sample", ["none", "cr2"])
def test_of_a_line_without_interactions_effects_are_coefficients(small_sample, over):
    settings = jf.Weighted(small_sample=small_sample)
    fit = jf.fit("income ~ wave + sex + age", SURVEY, engine=settings)
    coefficients = fit.summary().iloc[-2:][NUMBERS]
    by = "sex" if over == "everyone" else "region"  # the model does not know regions
    tables = [
        fit.estimate(jf.MarginalEffect("sex"), over=over),
        fit.estimate(jf.MarginalEffect("age", by=by), over=over),
    ]
    for table, row in zip(tables, coefficients.to_numpy(), strict=True):
        np.testing.assert_allclose(table[NUMBERS], np.tile(row, (len(table), 1)), rtol=1e-7)


@pytest.mark.parametrize(
    ("group", "small_sample"), [("sex", "none"), ("region", "none"), ("region", "cr2")]
)
@pytest.mark.parametrize("name", ["logit", "categorical", "gaussian", "poisson"])
def test_a_saturated_model_says_what_direct_says(name, group, small_sample):
    """Exactly so for CR2 too where groups are made of whole clusters."""
    outcome, family = FAMILIES[name]
    settings = jf.Weighted(small_sample=small_sample)
    fit = jf.fit(f"{outcome} ~ wave * {group}", SURVEY, family=family, engine=settings)
    direct = jf.direct(SURVEY, outcome, small_sample=small_sample)
    asked = {"categories": "shown" if name == "logit" else "all"}
    pairs = [
        (fit.estimate(jf.MarginalEffect(group), **asked), direct.contrasts(group, **asked)),
        (fit.levels(by=group, over="everyone", **asked), direct.levels(by=group, **asked)),
        (fit.changes(by=group, over="everyone", **asked), direct.changes(by=group, **asked)),
    ]
    for ours, theirs in pairs:
        assert_tables(ours[NUMBERS[:2]], theirs[NUMBERS[:2]], rel=1e-9)


def test_the_effect_of_names_is_the_contrast_of_everyone():
    fit = jf.fit("safe ~ wave * sex + region + age", SURVEY)
    contrasts = fit.contrasts("region", reference="a", over="everyone")
    for over in ("fixed", "everyone"):
        effects = fit.estimate(jf.MarginalEffect("region", reference="a"), over=over)
        assert_tables(effects[NUMBERS], contrasts[NUMBERS], rel=1e-12)
    assert set(effects["estimand"]) == {"marginal effect of region"}


@pytest.mark.parametrize("name", FAMILIES)
def test_neither_rows_nor_weights_nor_units_matter(name):
    outcome, family = FAMILIES[name]
    other = PEOPLE.sample(frac=1, random_state=1)
    other = other.assign(weight=750 * other["weight"], age=12 * other["age"])
    tables = []
    for frame, unit in ((PEOPLE, 1), (other, 12)):
        fit = jf.fit(
            f"{outcome} ~ wave + sex + age + I((age / {unit}) ** 2)", survey(frame), family=family
        )
        age = fit.estimate(jf.MarginalEffect("age", by="sex"), over="fixed", categories="all")
        sex = fit.estimate(SEX, over="wave", categories="all")
        everyone = fit.levels(by="sex", over="everyone", categories="all")
        age[["estimate", "std_error"]] *= unit
        tables.append(pd.concat([age, sex, everyone])[NUMBERS].astype(float))
    assert_tables(*tables, rel=1e-6)


@pytest.mark.parametrize("over", OVER)
def test_effects_on_all_answers_cancel(over):
    fit = jf.fit("walks ~ wave + sex + bs(age, df=4)", SURVEY)
    table = fit.estimate(jf.MarginalEffect("age", by="sex"), over=over, categories="all")
    total = table.groupby(["wave", "sex"], observed=True)["estimate"].sum()
    np.testing.assert_allclose(total, 0, atol=1e-10)
    assert set(table["unit"]) == {"share per age"}


def test_an_effect_is_tested_and_bounded_by_no_edge():
    table = jf.fit("safe ~ wave + sex + age", SURVEY).estimate(AGE, over="fixed")
    assert table["p_value"].notna().all()
    assert (table["low"] < table["estimate"]).all()
    assert not any("at_boundary" in flags for flags in table["flag"])


def test_an_effect_needs_a_model():
    with pytest.raises(jf.SpecError, match=r"needs a model.*jf\.Contrast\('sex'\)"):
        jf.direct(SURVEY, "safe").estimate(SEX)
    fit = jf.fit("safe ~ wave + sex + age", SURVEY)
    with pytest.raises(jf.SpecError, match="Did you mean 'age'"):
        fit.estimate(jf.MarginalEffect("aeg"), over="fixed")
    with pytest.raises(jf.SpecError, match=r"per unit.*found '20'"):
        fit.estimate(jf.MarginalEffect("age", reference="20"), over="fixed")
    with pytest.raises(jf.SpecError, match="averaged over age"):
        fit.estimate(SEX)
    with pytest.raises(jf.SpecError, match="whose own effect is asked"):
        jf.MarginalEffect("sex", by=["region", "sex"])
