"""Weights against non-response: rates by hand, models as the package fits them, panels in steps."""

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.errors import DataError, EstimationError, SpecError
from jfmodels.survey.nonresponse import logistic

RNG = np.random.default_rng(11)
N = 400
FRAME = pd.DataFrame(
    {
        "person": np.arange(N),
        "place": RNG.integers(20, size=N),
        "sex": RNG.choice(["f", "m"], N),
        "age": RNG.choice([20, 35, 50, 70], N),
        "weight": RNG.uniform(0.5, 2, N),
    }
)
FRAME["status"] = np.where(
    RNG.random(N) < np.where(FRAME["sex"] == "f", 0.8, 0.55), "complete", "refused"
)
FRAME["safe"] = np.where(FRAME["status"] == "complete", RNG.integers(2, size=N), np.nan)
FRAME["did"] = (FRAME["status"] == "complete").astype(int)
BOOK = {"outcomes": {"safe": {"scale": "binary"}, "did": {"scale": "binary"}}}
SURVEY = jf.Survey(
    FRAME, jf.SurveyDesign(cluster="place", weights="weight", target="population"), BOOK
)
DID = {"status": "complete"}


def panel(frame: pd.DataFrame, **roles: object) -> jf.Survey:
    settings = {"wave": "wave", "person": "person", "weights": "weight", "repeats": "people"}
    book = {"outcomes": {"safe": {"scale": "binary"}}}
    return jf.Survey(frame, jf.SurveyDesign(**(settings | roles)), book)


def waves() -> pd.DataFrame:
    """Three waves; fewer people in each, more of them women."""
    stays = [np.ones(N, bool)]
    for _ in range(2):
        keeps = RNG.random(N) < np.where(FRAME["sex"] == "f", 0.85, 0.6)
        stays.append(stays[-1] & keeps)
    parts = [FRAME[each].assign(wave=k + 1) for k, each in enumerate(stays)]
    return pd.concat(parts, ignore_index=True).assign(safe=1)


WAVES = waves()


def test_weights_of_cells_are_divided_by_their_weighted_rates():
    weighted = jf.nonresponse_weights(SURVEY, by=["sex", "age"], answered=DID)
    total = FRAME.groupby(["sex", "age"])["weight"].transform("sum")
    answered = FRAME["weight"].where(FRAME["status"] == "complete", 0.0)
    rate = answered.groupby([FRAME["sex"], FRAME["age"]]).transform("sum") / total
    assert weighted.rows.weight == pytest.approx((answered / rate).to_numpy(), rel=1e-12)
    assert weighted.rows.weight.sum() == pytest.approx(FRAME["weight"].sum())


def test_a_response_model_is_the_packages_regression():
    weighted = jf.nonresponse_weights(SURVEY, model="sex * center(age)", answered=DID)
    fit = jf.fit("shown(did) ~ sex * center(age)", SURVEY)
    design, theta = fit.engine.coefficients.design, fit.engine.parameters.mean
    people = FRAME[["sex", "age"]].assign(age=FRAME["age"].astype(float))
    people["sex"] = pd.Categorical(people["sex"], ["f", "m"], ordered=True)
    chance = 1 / (1 + np.exp(-design.again(people) @ theta))
    expected = np.where(FRAME["did"] == 1, FRAME["weight"] / chance, 0.0)
    assert weighted.rows.weight == pytest.approx(expected, rel=1e-7)


def test_the_logistic_fit_solves_its_equations():
    x = np.column_stack([np.ones(50), RNG.normal(size=50)])
    at_risk = RNG.uniform(1, 3, 50)
    answered = at_risk * RNG.uniform(0.2, 0.9, 50)
    chance = logistic(x, at_risk, answered)
    assert x.T @ (answered - at_risk * chance) == pytest.approx([0, 0], abs=1e-10)


def test_attrition_is_divided_out_wave_by_wave():
    weighted = jf.nonresponse_weights(panel(WAVES), by="sex")
    expected = WAVES["weight"].to_numpy(copy=True)
    for wave in (1, 2):
        here, next_ = WAVES["wave"] == wave, WAVES["wave"] == wave + 1
        came = WAVES["person"].isin(WAVES["person"][next_])
        for sex in "fm":
            at_risk = here & (WAVES["sex"] == sex)
            rate = expected[at_risk & came].sum() / expected[at_risk].sum()
            later = (WAVES["wave"] > wave) & (WAVES["sex"] == sex)
            expected[later] /= rate
    assert weighted.rows.weight == pytest.approx(expected, rel=1e-12)
    first = WAVES["wave"] == 1
    for wave in (2, 3):
        for sex in "fm":
            of = (WAVES["wave"] == wave) & (WAVES["sex"] == sex)
            whole = expected[first & (WAVES["sex"] == sex)].sum()
            assert weighted.rows.weight[of].sum() == pytest.approx(whole)


def test_the_record_names_what_each_wave_kept():
    told = jf.nonresponse_weights(panel(WAVES), by="sex").weighting()
    n = WAVES["wave"].value_counts()
    assert told.says[0].startswith(f"non-response: {n[2]} of {n[1]} answered again in wave 2 (")
    assert told.says[1].startswith(f"non-response: {n[3]} of {n[2]} answered again in wave 3 (")
    rows = told.margins.set_index(["adjustment", "category"])
    assert (rows["after"] - rows["target"]).abs().max() < 1e-12
    assert rows.loc[(1, "m"), "answered"] < rows.loc[(1, "f"), "answered"]
    assert rows.loc[(1, "m"), "before"] < rows.loc[(1, "m"), "target"]


def test_what_the_wave_before_said_decides():
    """A column that changes between waves is read in the wave from which people were lost."""
    changing = WAVES.assign(mood=np.where((WAVES["person"] + WAVES["wave"]) % 2, "good", "bad"))
    weighted = jf.nonresponse_weights(panel(changing[changing["wave"] < 3]), by="mood")
    came = changing["person"].isin(changing["person"][changing["wave"] == 2])
    first = changing[changing["wave"] == 1]
    rate = {
        mood: first["weight"][came[first.index] & (first["mood"] == mood)].sum()
        / first["weight"][first["mood"] == mood].sum()
        for mood in ("good", "bad")
    }
    second = changing[changing["wave"] == 2]
    earlier = second["person"].map(first.set_index("person")["mood"])
    expected = second["weight"] / earlier.map(rate)
    found = weighted.rows.weight[weighted.wave_codes == 1]
    assert found == pytest.approx(expected.to_numpy(), rel=1e-12)


def test_a_numeric_column_of_the_model_is_told_by_its_mean():
    many = FRAME.assign(years=20 + np.arange(N) % 45)
    design = jf.SurveyDesign(cluster="place", weights="weight", target="population")
    book = {**BOOK, "covariates": {"years": {"column": "years"}}}
    survey = jf.Survey(many, design, book)
    margins = jf.nonresponse_weights(survey, model="years", answered=DID).weighting().margins
    weight, did = FRAME["weight"], FRAME["did"] == 1
    row = margins.iloc[0]
    assert (row["margin"], row["category"]) == ("years", "mean")
    assert row["target"] == pytest.approx(np.average(many["years"], weights=weight))
    assert row["before"] == pytest.approx(np.average(many["years"][did], weights=weight[did]))
    assert row["after"] == pytest.approx(row["target"], rel=0.02)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({}, SpecError, "Say either by="),
        ({"by": "sex", "model": "sex"}, SpecError, "Say either by="),
        ({"by": "sx", "answered": DID}, SpecError, "Did you mean 'sex'"),
        ({"by": "sex"}, SpecError, r"Attrition needs waves and person=.*answered="),
        ({"by": "sex", "answered": {"status": "complet"}}, SpecError, "Did you mean 'complete'"),
        (
            {"by": "sex", "answered": {"status": ["complete", "refused"]}},
            SpecError,
            "holds of every row",
        ),
        ({"by": "status", "answered": DID}, EstimationError, "Nobody of 'refused' answered"),
        ({"model": "status", "answered": DID}, EstimationError, "tell for certain who answers"),
        ({"model": "sex + (1 | place)", "answered": DID}, SpecError, "no random terms"),
        ({"model": "wave", "answered": DID}, SpecError, "no wave"),
    ],
)
def test_what_is_refused(settings, error, says):
    with pytest.raises(error, match=says):
        jf.nonresponse_weights(SURVEY, **settings)


def test_people_who_come_back_after_a_gap_are_refused():
    gap = WAVES[~((WAVES["wave"] == 2) & (WAVES["person"] < 5))]
    with pytest.raises(DataError, match=r"people of wave 3 were not in wave 2: they joined, or"):
        jf.nonresponse_weights(panel(gap), by="sex")


def test_a_wave_that_kept_nobody_of_a_cell_names_both():
    lost = WAVES[(WAVES["wave"] == 1) | (WAVES["sex"] == "f")]
    with pytest.raises(EstimationError, match="Nobody of 'm' in wave 2 answered"):
        jf.nonresponse_weights(panel(lost), by="sex")


def test_missing_columns_of_those_at_risk_are_refused():
    holes = WAVES.assign(sex=WAVES["sex"].where(WAVES["person"] != 3))
    with pytest.raises(SpecError, match="'sex' is missing of people who might have answered"):
        jf.nonresponse_weights(panel(holes), by="sex")
