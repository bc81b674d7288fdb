"""The trend beside the trend of a fixed composition: both as asked alone, and their difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_regression import PEOPLE, SURVEY, UNWEIGHTED, people, survey

import jfmodels as jf

FIT = jf.fit("safe ~ wave * sex + age + region", SURVEY)
COLUMNS = ["estimate", "std_error", "low", "high", "df", "p_value", "p_adjusted", "n", "flag"]
KINDS = PEOPLE[["region", "sex", "age"]].drop_duplicates()
CENSUS = jf.Population(KINDS.assign(n=100 + (37 * np.arange(len(KINDS))) % 61))
BAYES = ["estimate", "std_error", "low", "high", "prob_positive", "mc_error", "n", "flag"]


def of(table: pd.DataFrame, over: str) -> pd.DataFrame:
    return table[table["over"] == over].reset_index(drop=True)


@pytest.mark.parametrize("by", [None, "sex", "region"])
@pytest.mark.parametrize("over", ["fixed", CENSUS], ids=["fixed", "census"])
def test_both_trends_are_those_asked_alone(over, by):
    table = jf.composition_effect(FIT, by=by, over=over)
    named = over if isinstance(over, str) else f"population: {over.name}"
    for name, asked in (("wave", "wave"), (named, over)):
        alone = FIT.changes(by=by, over=asked)
        pd.testing.assert_frame_equal(of(table, name)[COLUMNS], alone[COLUMNS])
    held, raw = of(table, named)["estimate"], of(table, "wave")["estimate"]
    rest = of(table, f"wave - {named}")
    np.testing.assert_allclose(rest["estimate"], raw - held, atol=1e-15)
    assert set(rest["estimand"]) == {"composition effect"}
    assert table["estimand"].tolist()[:3] == ["change", "change", "composition effect"]


def test_the_error_of_the_difference_is_that_of_dropping_communes():
    """The jackknife refits model and compositions; with 200 communes both agree (found 2.6 %)."""
    many = survey(people(n_communes=200, per_commune=20))
    formula, plain = "safe ~ wave * sex + age + region", {"small_sample": "none"}
    fits = [
        jf.fit(formula, many, engine=jf.Weighted(**plain, replicates=each))
        for each in (None, jf.Replicates("jkn"))
    ]
    for over in ("fixed", CENSUS):
        linear, dropped = (
            jf.composition_effect(fit, by="region", over=over)["std_error"] for fit in fits
        )
        np.testing.assert_allclose(linear, dropped, rtol=0.05)


def test_the_jackknifes_difference_is_recomputed_commune_by_commune():
    """Every pseudo-difference again, from fits of jfmodels to the rows that are left."""
    settings = jf.Weighted(replicates=jf.Replicates("jkn"))
    fit = jf.fit("safe ~ wave + sex + age", SURVEY, engine=settings)
    row = of(jf.composition_effect(fit), "wave - fixed").iloc[0]
    refits = fit.engine.coefficients.refits
    values, factors = [], refits.replicates.factors
    units = SURVEY.rows.keys["unit"].codes
    design = fit.engine.coefficients.design
    kinds = PEOPLE.astype({"wave": "category", "sex": "category"})
    answered = SURVEY.rows.answers["safe"][0] >= 0
    for r, theta in enumerate(refits.theta):
        weight = PEOPLE["weight"].to_numpy() * factors[units, r]
        weight = np.where(answered & (weight > 0), weight, 0.0)
        total = pd.Series(weight).groupby(PEOPLE["wave"]).transform("sum").to_numpy()
        levels = []
        for wave in ("Q1", "Q2"):
            own = (PEOPLE["wave"] == wave).to_numpy()
            asked = pd.Categorical([wave] * len(kinds), ["Q1", "Q2"])
            p = 1 / (1 + np.exp(-design.again(kinds.assign(wave=asked)) @ theta))
            levels.append(
                (np.average(p, weights=weight * own), np.average(p, weights=weight / total))
            )
        values.append((levels[1][0] - levels[0][0]) - (levels[1][1] - levels[0][1]))
    away = np.array(values) - np.mean(values)
    spread = np.sqrt((refits.replicates.scales * away**2).sum())
    assert row["std_error"] == pytest.approx(spread, rel=1e-9)


def test_draws_are_subtracted_one_by_one():
    fit = jf.fit("safe ~ wave + sex + region + (1 | commune)", UNWEIGHTED, engine="laplace")
    kinds = PEOPLE[["region", "commune", "sex"]].drop_duplicates()
    census = jf.Population(kinds.assign(n=1.0))
    for over in ("fixed", census):
        table = jf.composition_effect(fit, by="sex", over=over)
        held = "fixed" if over == "fixed" else "population: census"
        beliefs = [fit.joint("sex", over=each) for each in ("wave", over)]
        drawn = [jf.Change(by="sex").plan(each.grid).answer(each.joint).draws for each in beliefs]
        rest = of(table, f"wave - {held}")
        difference = drawn[0] - drawn[1]
        np.testing.assert_allclose(rest["estimate"], difference.mean(axis=0), atol=1e-14)
        np.testing.assert_allclose(rest["std_error"], difference.std(axis=0, ddof=1), rtol=1e-10)
        np.testing.assert_allclose(rest["prob_positive"], (difference > 0).mean(axis=0))
        alone = fit.changes(by="sex", over=over)
        pd.testing.assert_frame_equal(of(table, held)[BAYES], alone[BAYES])
    with pytest.raises(jf.SpecError, match="adjusts p-values"):
        jf.composition_effect(fit, adjust="holm")


@pytest.mark.parametrize(
    "formula", [f"{name} ~ wave + sex + age" for name in ("walks", "kind", "visits", "income")]
)
def test_every_family_is_served(formula):
    fit = jf.fit(formula, SURVEY)
    table = jf.composition_effect(fit)
    first = of(table, "wave")["estimate"] - of(table, "fixed")["estimate"]
    np.testing.assert_allclose(of(table, "wave - fixed")["estimate"], first, atol=1e-13)
    assert (of(table, "wave - fixed")["std_error"] > 0).all()


def test_each_kind_of_row_is_a_family_of_its_own():
    table = jf.composition_effect(FIT, by="region", adjust="bonferroni")
    for _, part in table.groupby("over"):
        expected = np.minimum(part["p_value"] * 4, 1)
        np.testing.assert_allclose(part["p_adjusted"], expected)
        assert set(part["adjustment"]) == {"bonferroni over 4"}


def test_places_that_only_a_census_has_are_left_out():
    fit = jf.fit("safe ~ wave + sex + region", SURVEY)
    known = PEOPLE[["commune", "region", "sex"]].drop_duplicates().astype(str)
    far = pd.DataFrame({"commune": "far", "region": "a", "sex": ["female", "male"]})
    census = jf.Population(pd.concat([known, far]).assign(n=1))
    table = jf.composition_effect(fit, by="commune", over=census)
    assert len(table) == 3 * PEOPLE["commune"].nunique()
    assert "far" not in set(table["commune"])


def test_a_population_that_changes_is_set_against_one_that_does_not():
    early = KINDS.assign(n=1.0)
    late = early.assign(n=np.where(early["sex"] == "male", 3.0, 1.0))
    moving = pd.concat([early.assign(wave="Q1"), late.assign(wave="Q2")])
    held = jf.Population(early, name="of Q1")
    row = jf.composition_effect(FIT, raw=jf.Population(moving), over=held).iloc[2]
    assert row["over"] == "population: census - population: of Q1"
    later = FIT.levels(over=jf.Population(late)), FIT.levels(over=held)
    expected = later[0]["estimate"].iloc[1] - later[1]["estimate"].iloc[1]
    assert row["estimate"] == pytest.approx(expected, rel=1e-10)
    beliefs = [FIT.joint(over=each) for each in (jf.Population(late), held)]
    rows = [jf.Level().plan(each.grid).answer(each.joint).influence[:, 1] for each in beliefs]
    assert row["std_error"] == pytest.approx(np.linalg.norm(rows[0] - rows[1]), rel=1e-10)


def test_what_has_no_answer_is_refused():
    with pytest.raises(jf.SpecError, match="which composition is held"):
        jf.composition_effect(FIT, over="wave")
    with pytest.raises(jf.SpecError, match="the model reads nothing"):
        jf.composition_effect(jf.fit("safe ~ wave", SURVEY))
    with pytest.raises(jf.SpecError, match="over="):
        jf.composition_effect(jf.direct(SURVEY, "safe"))
    with pytest.raises(jf.SpecError, match="strictly between 0 and 1"):
        jf.composition_effect(FIT, coverage=95)
