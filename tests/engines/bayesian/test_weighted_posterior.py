"""A posterior in which weights count: what must not matter, what it must agree with, what it is
not asked.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from latent_cases import CODEBOOK, OUTCOMES, people
from r_cases import frame_of
from scipy.optimize import minimize

import jfmodels as jf
from jfmodels.engines.bayesian.beforehand import log_prior
from jfmodels.engines.bayesian.field import Field
from jfmodels.errors import FitWarning
from jfmodels.model.model import Model, lay_out, weigh
from jfmodels.results.adjusted import Adjusted
from jfmodels.results.draws import Draws

REFERENCE = Path(__file__).parents[2] / "reference" / "r_multilevel_cases.json"
FORMULA = "yes ~ wave + region + sex + (1 | commune)"
ROLES = {"wave": "wave", "strata": "region", "cluster": "commune", "repeats": "clusters"}
ROLES |= {"weights": "weight", "interviewer": "interviewer"}
NUMBERS = ["estimate", "std_error", "low", "high", "df"]


def frame(n: int = 600) -> pd.DataFrame:
    rng, rows = np.random.default_rng(3), people(n)
    return rows.assign(sex=rng.choice(["f", "m"], n), weight=rng.uniform(0.3, 3.0, n))


def survey(rows: pd.DataFrame | None = None, book: dict = CODEBOOK, **changed: object) -> jf.Survey:
    design = jf.SurveyDesign(**({"target": "population"} | ROLES | changed))
    return jf.Survey(frame() if rows is None else rows, design, book, simulated=True)


def fit(
    asked: jf.Survey, formula: str | jf.Model = FORMULA, weighting: object = "pseudo", **how: object
) -> jf.BayesianFit:
    engine = jf.Laplace(draws=how.pop("draws", 400), on_poor_k="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        return jf.fit(formula, asked, engine=engine, weighting=weighting, **how)


@cache
def usual() -> jf.BayesianFit:
    return fit(survey())


def tables(found: jf.BayesianFit) -> np.ndarray:
    asked = [found.levels("region", over="wave"), found.changes(over="fixed"), found.summary()]
    return np.concatenate([each[NUMBERS].to_numpy() for each in asked])


# ------------------------------------------------------------------ what must not matter


@pytest.mark.parametrize("pseudo", [jf.Pseudo(), jf.Pseudo(scaling="effective", within="commune")])
def test_ten_times_the_weights_change_nothing(pseudo):
    ten = frame().assign(weight=lambda rows: 10 * rows["weight"])
    one = tables(fit(survey(), weighting=pseudo))
    assert tables(fit(survey(ten), weighting=pseudo)) == pytest.approx(one, rel=1e-6, nan_ok=True)


def test_a_category_split_in_two_changes_nothing():
    rng, rows = np.random.default_rng(9), frame()
    split = rows.assign(yes=rows["yes"] * rng.integers(1, 3, len(rows)))
    scale = {"scale": "ordinal", "categories": {0: "no", 1: "rather", 2: "very"}}
    book = {**CODEBOOK, "outcomes": {"yes": scale | {"shown": ["rather", "very"]}}}
    found = fit(survey(split, book), FORMULA.replace("yes", "shown(yes)"))
    assert tables(found) == pytest.approx(tables(usual()), rel=1e-6, nan_ok=True)


def test_sums_split_finer_change_nothing():
    """Scaled within waves of equal total weight, weights are as scaled all together."""
    level = frame()
    total = level.groupby("wave")["weight"].transform("sum") / level.groupby("wave").transform(
        "size"
    )
    asked = survey(level.assign(weight=level["weight"] / total))
    finer = fit(asked, weighting=jf.Pseudo(within=["wave"]))
    assert tables(finer) == pytest.approx(tables(fit(asked)), rel=1e-6, nan_ok=True)


def test_rows_in_any_order():
    shuffled = frame().sample(frac=1.0, random_state=1)
    assert tables(fit(survey(shuffled))) == pytest.approx(tables(usual()), rel=1e-6, nan_ok=True)


def test_where_all_weigh_the_same_the_draws_are_those_that_ignore_weights():
    alike = survey(frame().assign(weight=2.0))
    one, other = (fit(alike, weighting=each) for each in ("pseudo", "ignore"))
    assert (one.engine.posterior.field == other.engine.posterior.field).all()
    assert (one.joint(over="wave").joint.drawn.draws == other.joint(over="wave").joint.draws).all()


# ------------------------------------------------------------------ what it must agree with


CASES = {each["name"]: each for each in json.loads(REFERENCE.read_text())["cases"]}


@pytest.mark.parametrize("name", CASES)
def test_mode_is_that_of_glmer_with_scaled_weights(name):
    """Coefficients and the log sd together, the communes' effects integrated out.

    glmer integrates by 25 nodes, we by Laplace: among some 200 interviews of a commune that
    moves coefficients by 3e-5 and the standard deviation by 4e-4. Priors are left out on both
    sides; coefficients held by a prior of sd 1e-5 are the parameters that are searched over.
    """
    case = CASES[name]
    asked = jf.Survey(
        frame_of(case["dataset"]),
        jf.SurveyDesign(**{**ROLES, "interviewer": None, "target": "population"}),
        {"outcomes": {"secure": {"scale": "binary"}}},
    )
    pseudo = jf.Pseudo(scaling=name.rsplit("_", 1)[1], within="commune")
    latent = weigh(lay_out(Model("secure ~ wave + region + (1 | commune)"), asked), asked, pseudo)
    latent = latent.latent
    made_of = np.linalg.pinv(latent.basis.coefficients)

    def badness(parameters: np.ndarray) -> float:
        beta, theta = made_of @ parameters[:-1], parameters[-1:, None]
        basis = replace(latent.basis, mean=beta, sd=np.full(len(beta), 1e-5))
        held = replace(latent, basis=basis)
        start = np.append(beta, np.zeros(latent.size - len(beta)))[:, None]
        field = Field(held)
        evidence = field.evidence(field.approximate(theta, start, 1e-12))
        return float((log_prior(held.hyperparameters, theta) - evidence)[0])

    wanted = case["results"]
    start = np.append(np.round(wanted["estimate"], 1), np.log(0.5))
    mode = minimize(badness, start, method="BFGS", options={"gtol": 1e-4}).x
    assert list(latent.names)[1:6] == [f"wave[T.{k}]" for k in range(2, 7)]
    assert mode[:-1] == pytest.approx(np.array(wanted["estimate"]), abs=1e-3)
    assert np.exp(mode[-1]) == pytest.approx(wanted["sd_commune"], abs=1e-3)


@pytest.mark.parametrize("family", [*OUTCOMES][:-1])
def test_without_differences_between_communes_errors_are_those_of_regression(family):
    """Both are cluster-robust scores of one likelihood; with wide priors they are the same.

    Ordinal: CR2 takes its leverage from the observed information here, the expected one there.
    A question over="wave" gives communes the same share in every wave here alone.
    """
    y = OUTCOMES[family]
    narrow, wide = {"sd(commune)": jf.HalfNormal(1e-3)}, ["wave", "region", "sex"]
    wide += [] if family == "ordinal" else ["Intercept"]
    priors = narrow | dict.fromkeys(wide, jf.Normal(0, 30))
    formula = FORMULA.replace("yes", y)
    model = fit(survey(), jf.Model(formula, family=family, priors=priors))
    regression = jf.fit(
        formula.rsplit(" + ", 1)[0],
        survey(),
        family=family,
        engine=jf.Weighted(small_sample="cr2_rows"),
    )
    census = frame().groupby(["region", "sex"], as_index=False).agg(n=("weight", "sum"))
    known = jf.Population(census.assign(n=census["n"].round()))
    for over, close in (("fixed", 1e-3), ("everyone", 1e-3), (known, 1e-3), ("wave", 0.015)):
        close = 0.02 if family == "ordinal" else close
        for estimand in (jf.Level("region"), jf.Change(by="region")):
            one, other = (each.estimate(estimand, over=over) for each in (model, regression))
            assert ratios(one, other, "std_error") == pytest.approx(1.0, rel=close)
            assert ratios(one, other, "df") == pytest.approx(1.0, rel=3 * close)
    close = 0.02 if family == "ordinal" else 1e-3
    assert ratios(model.summary(), regression.summary(), "std_error") == pytest.approx(1, rel=close)


def ratios(one: pd.DataFrame, other: pd.DataFrame, column: str) -> np.ndarray:
    """Row by row; a regression's table may have a dispersion at its end."""
    return one[column].to_numpy() / other[column].to_numpy()[: len(one)]


@pytest.mark.parametrize("target", ["population", "these_clusters"])
def test_where_the_model_holds_the_design_has_the_errors_of_the_draws(target):
    """Equal weights, answers as the model has them: on average over many rows, nothing moves."""
    rows = people(6000, seed=8).assign(weight=1.0)
    rows["commune"] = [f"c{k}" for k in np.random.default_rng(2).integers(0, 40, len(rows))]
    rows["region"] = np.where(rows["commune"].str[1:].astype(int) < 20, "north", "south")
    own = np.random.default_rng(4).normal(0, 0.6, 40)[rows["commune"].str[1:].astype(int)]
    chance = 1 / (1 + np.exp(-own))
    rows["yes"] = (np.random.default_rng(5).random(len(rows)) < chance).astype(int)
    asked = survey(rows, target=target)
    found = fit(asked, "yes ~ wave * region + (1 | commune)", draws=2000)
    joint = found.joint("region", over="wave").joint
    assert isinstance(joint, Adjusted)
    ratio = joint.summary(0.95).std_error / joint.drawn.summary(0.95).std_error
    assert np.sqrt((ratio**2).mean()) == pytest.approx(1.0, abs=0.15)


# ------------------------------------------------------------------ what it is asked


def test_tables_carry_degrees_of_freedom_and_no_p_value():
    found = usual()
    for table in (found.levels(over="wave"), found.changes(over="wave"), found.summary()):
        assert (table["df"] > 0).all()
        assert table["p_value"].isna().all()
    assert found.summary()["t"].isna().all()
    assert "with standard errors adjusted to the design" in found.engine.heading.notes[-1]
    assert found.changes(over="wave")["prob_positive"].between(0, 1).all()
    assert set(found.levels(over="wave")["engine"]) == {"laplace"}


def test_every_question_has_an_answer():
    found = usual()
    assert found.contrasts("region", over="wave")["low"].notna().all()
    assert found.estimate(jf.Slope("region"), over="wave")["std_error"].notna().all()
    assert found.estimate(jf.DiffInDiff("region", reference="north"), over="wave")["df"].gt(0).all()
    assert found.estimate(jf.Range("region"), over="wave")["high"].notna().all()
    assert found.estimate(jf.MarginalEffect("sex"), over="wave")["std_error"].gt(0).all()
    odds = found.estimate(jf.Change(scale="log_odds_ratio"), over="wave")
    assert odds["std_error"].notna().all()
    assert found.changes(over="wave", rope=0.05)["prob_rope"].between(0, 1).all()
    assert found.test("wave")["probability"].between(0, 1).all()
    assert found.test("wave", by="region", over="wave")["p_value"].isna().all()
    rise = found.probability(jf.Change("first"), above=0.0, over="wave")
    each = found.changes("first", over="wave")["prob_positive"]
    assert float(rise) <= each.min()


@pytest.mark.parametrize("family", OUTCOMES)
def test_every_family_is_adjusted(family):
    formula = f"{OUTCOMES[family]} ~ wave + x + (1 | commune) + (1 | commune:wave)"
    found = fit(survey(), jf.Model(formula, family=family), draws=200)
    table = found.levels("region", over="fixed", categories="all")
    assert (table["std_error"] > 0).all()
    assert (table["low"] < table["estimate"]).all()
    assert (table["high"] > table["estimate"]).all()


def test_rows_that_name_clusters_are_as_drawn_and_say_so():
    found = usual()
    table = found.levels("commune", over="wave")
    assert all("not_adjusted" in codes for codes in table["flag"])
    assert table["df"].isna().all()
    assert isinstance(found.joint("commune", over="wave").joint, Draws)
    named = found.levels(over="wave", where={"interviewer": "i1"})
    assert all("not_adjusted" in codes for codes in named["flag"])
    assert not any("not_adjusted" in codes for codes in found.levels(over="wave")["flag"])


def test_one_cluster_shows_no_variation_between_clusters():
    rows = frame()
    rows.loc[rows["commune"] == "c0", "region"] = "west"
    table = fit(survey(rows, lonely="adjust")).levels("region", over="wave")
    alone = table["region"] == "west"
    assert table.loc[alone, "std_error"].isna().all()
    assert table.loc[~alone, "std_error"].gt(0).all()
    assert all("one_cluster" in codes for codes in table.loc[alone, "flag"])


def test_a_region_that_nobody_visited_is_as_uncertain_as_regions_differ():
    """What rests on priors alone stays in the error, and is known as well as the model says."""
    found = fit(survey(), "yes ~ wave + (1 | region) + (1 | commune)", draws=2000)
    joint = found.joint("region", over="wave").joint
    ratio = joint.summary(0.95).std_error / joint.drawn.summary(0.95).std_error
    assert (ratio > 0.4).all()


def test_what_foretells_interviews_is_refused():
    for asked in (usual().loo, usual().ppc):
        with pytest.raises(jf.SpecError, match="says nothing of who is interviewed"):
            asked()
    groups = set(usual().idata.children)
    assert groups == {"posterior", "log_prior", "observed_data", "constant_data"}
    assert usual().idata.attrs["weighting"] == "Pseudo(scaling='size', within=())"


def test_interviews_are_counted_not_weighed():
    assert usual().effects("commune")["n"].sum() == 600
    shown = usual().predict(frame().head(3))
    assert all("not_adjusted" in codes for codes in shown["flag"])


def test_diagnostics_say_how_far_the_design_is_from_the_draws():
    row = usual().diagnostics().set_index("check").loc["adjustment to the design"]
    joint = usual().engine.parameters
    ratio = joint.summary(0.95).std_error / joint.drawn.summary(0.95).std_error
    assert row["value"] == pytest.approx(np.median(ratio))
    assert "standard deviations and effects do not" in row["says"]


def test_groups_of_one_answer_are_refused_whatever_they_weigh():
    rows = frame().drop_duplicates("commune").assign(weight=[1, 2, 3, 4, 5, 6, 7, 8])
    with pytest.raises(jf.SpecError, match="has one answer"):
        fit(survey(rows), "yes ~ 1 + (1 | commune)")


def test_sensitivity_is_that_of_the_draws():
    table = usual().prior_sensitivity()
    assert np.isfinite(table["sensitivity"]).all()


@pytest.mark.parametrize("pseudo", [jf.Pseudo(), jf.Pseudo(scaling="effective", within="village")])
def test_a_saved_fit_gives_the_same_tables(pseudo, tmp_path):
    rows = frame().assign(village=lambda each: each["commune"] + each["sex"])
    found = fit(survey(rows), weighting=pseudo)
    again = jf.load_fit(found.save(tmp_path / "fit.nc"))
    assert again.engine.laid.counted.pseudo == pseudo
    for asked in ("levels", "changes"):
        one, other = (getattr(each, asked)(over="wave") for each in (found, again))
        pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(found.summary(), again.summary())
    shared = jf.load_fit(found.save(tmp_path / "shared.nc", share=True))
    assert shared.record["weighting"] == pseudo


def test_many_fits_are_weighted_alike():
    fits = jf.fit_many(
        {"yes": FORMULA, "times": FORMULA.replace("yes", "times")},
        survey(),
        engine=jf.Laplace(draws=200, on_poor_k="warn"),
        weighting=jf.Pseudo(within="wave"),
    )
    assert fits["yes"].engine.laid.counted.pseudo == jf.Pseudo(within="wave")
    assert fits.levels(over="wave")["df"].gt(0).all()


def test_regression_has_weights_of_its_own():
    with pytest.raises(jf.SpecError, match="always uses the weights"):
        jf.fit("yes ~ wave", survey(), weighting=jf.Pseudo())
