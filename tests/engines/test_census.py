"""A census as those who are averaged over: R, plain calculation, and what must not matter."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_regression import BOOK, PEOPLE, SURVEY, assert_tables

import jfmodels as jf

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "r_population_cases.json").read_text(encoding="utf-8"))
FAMILIES = {"logit": "bernoulli", "gaussian": "gaussian", "poisson": "poisson"}
FIT = jf.fit("safe ~ wave * sex + age + region", SURVEY)
NUMBERS = ["estimate", "std_error", "low", "high", "df", "n", "n_clusters"]


def census_frame(**changed: object) -> pd.DataFrame:
    """People of every region, sex and age that PEOPLE has, their numbers uneven."""
    kinds = PEOPLE[["region", "sex", "age"]].drop_duplicates().reset_index(drop=True)
    return kinds.assign(n=100 + (37 * np.arange(len(kinds))) % 61, **changed)


CENSUS = jf.Population(census_frame())


# ------------------------------------------------------------------------- outside references


def r_survey() -> jf.Survey:
    frame = pd.read_csv(REFERENCE / "data" / "wave_survey_secure.csv")
    design = jf.SurveyDesign(
        wave="wave",
        strata="region",
        cluster="commune",
        weights="weight",
        repeats="clusters",
        target="population",
    )
    outcomes = {
        "secure": {"scale": "binary"},
        "security_5pt": {"scale": "continuous"},
        "incident_12m": {"scale": "count"},
    }
    return jf.Survey(frame, design, {"outcomes": outcomes})


@pytest.mark.parametrize("name", R["cases"])
def test_means_over_a_census_are_those_of_r(name):
    """Estimates to rounding (found 1e-14); covariances to what R's last step leaves (8e-9)."""
    case, family = R["cases"][name], name.split()[0]
    formula = case["call"].removeprefix("svyglm(").split(",")[0]
    fit = jf.fit(
        formula, r_survey(), engine=jf.Weighted(small_sample="none"), family=FAMILIES[family]
    )
    by = None if name.endswith("none") else "region"
    census = jf.Population(pd.DataFrame(R["census"]))
    table = fit.levels(by=by, over=census)
    belief = fit.joint(by, over=census)
    found = jf.Level(by).plan(belief.grid).answer(belief.joint)
    named = [f"{row.wave} {'all' if by is None else row.region}" for row in table.itertuples()]
    order = [named.index(row) for row in case["rows"]]
    assert found.mean[order] == pytest.approx(np.array(case["estimate"]), rel=1e-12)
    covariance, theirs = found.covariance()[np.ix_(order, order)], np.array(case["covariance"])
    assert covariance == pytest.approx(theirs, rel=1e-6, abs=1e-9 * theirs.max())


def expected(people: pd.DataFrame) -> np.ndarray:
    """What the model expects of rows, by its coefficients alone."""
    b = FIT.summary().set_index("coefficient")["estimate"]
    late, male = people["wave"] == "Q2", people["sex"] == "male"
    eta = b["Intercept"] + b["wave[T.Q2]"] * late + b["sex[T.male]"] * male
    eta += b["age"] * people["age"] + b["wave[T.Q2]:sex[T.male]"] * (late & male)
    eta += people["region"].map({"a": 0.0} | {r: b[f"region[T.{r}]"] for r in "bcd"})
    return 1 / (1 + np.exp(-eta))


@pytest.mark.parametrize("by", [[], ["sex"], ["region", "sex"]])
@pytest.mark.parametrize("where", [None, {"region": ["b", "d"]}, {"wave": "Q2"}])
def test_levels_are_means_over_the_people_counted(by, where):
    table = FIT.levels(by=by, over=CENSUS, where=where)
    people = census_frame()
    if where and "region" in where:
        people = people[people["region"].isin(where["region"])]
    for row in table.itertuples():
        here = people.assign(wave=row.wave)
        for name in by:
            here = here[here[name] == getattr(row, name)]
        own = np.average(expected(here), weights=here["n"]) if len(here) else np.nan
        assert row.estimate == pytest.approx(own, rel=1e-12, nan_ok=True)
    assert set(table["over"]) == {"population: census"}


def test_a_population_may_change_by_wave():
    early, late = census_frame(wave="Q1"), census_frame(wave="Q2")
    late["n"] = late["n"] * np.where(late["sex"] == "male", 3, 1)
    table = FIT.levels(over=jf.Population(pd.concat([early, late])))
    own = [np.average(expected(each), weights=each["n"]) for each in (early, late)]
    np.testing.assert_allclose(table["estimate"], own, rtol=1e-12)


def test_effects_of_names_and_of_numbers_are_averaged_over_it():
    effects = FIT.estimate(jf.MarginalEffect("sex"), over=CENSUS)["estimate"]
    slopes = FIT.estimate(jf.MarginalEffect("age"), over=CENSUS)["estimate"]
    b = FIT.summary().set_index("coefficient")["estimate"]["age"]
    for wave, effect, slope in zip(["Q1", "Q2"], effects, slopes, strict=True):
        people = census_frame(wave=wave)
        moved = [expected(people.assign(sex=sex)) for sex in ("male", "female")]
        assert effect == pytest.approx(np.average(moved[0] - moved[1], weights=people["n"]))
        p = expected(people)
        assert slope == pytest.approx(np.average(p * (1 - p) * b, weights=people["n"]), rel=1e-6)


# ---------------------------------------------------------------------- what must not matter


@pytest.mark.parametrize(
    "frame",
    [
        census_frame().assign(n=10.0 * census_frame()["n"]),
        pd.concat([census_frame().assign(n=census_frame()["n"] / k) for k in (4, 4, 2)]),
        pd.concat(
            [
                census_frame(street="long").assign(n=0.3 * census_frame()["n"]),
                census_frame(street="short").assign(n=0.7 * census_frame()["n"]),
            ]
        ),
        census_frame().sample(frac=1, random_state=1)[["n", "age", "sex", "region"]],
        census_frame().astype({"sex": "category", "region": "category"}),
        pd.concat([census_frame(wave=wave) for wave in ("Q1", "Q2")]),
    ],
    ids=["times ten", "cells split", "columns beside", "shuffled", "categories", "said by wave"],
)
def test_how_a_census_is_written_does_not_matter(frame):
    tables = [FIT.levels(by="sex", over=each)[NUMBERS] for each in (CENSUS, jf.Population(frame))]
    assert_tables(*tables, rel=1e-12)


def pooled() -> jf.Population:
    """The people of the sample, both waves weighing the same."""
    total = PEOPLE.groupby("wave")["weight"].transform("sum")
    return jf.Population(PEOPLE.assign(n=PEOPLE["weight"] / total)[["region", "sex", "age", "n"]])


@pytest.mark.parametrize("small_sample", ["cr2", "none"])
def test_the_samples_own_people_are_the_fixed_composition(small_sample):
    fit = jf.fit(
        "safe ~ wave * sex + age + region", SURVEY, engine=jf.Weighted(small_sample=small_sample)
    )
    fixed, census = fit.levels(over="fixed"), fit.levels(over=pooled())
    np.testing.assert_allclose(census["estimate"], fixed["estimate"], rtol=1e-12)
    assert census["n"].tolist() == fixed["n"].tolist()
    coefficients = fit.engine.coefficients
    theta = coefficients.estimate.theta
    people = pd.concat([PEOPLE.assign(wave=wave) for wave in ("Q1", "Q2")])
    x = coefficients.design.again(
        people.astype(dict.fromkeys(["wave", "region", "sex"], "category"))
    )
    p = 1 / (1 + np.exp(-x @ theta))
    total = PEOPLE.groupby("wave")["weight"].transform("sum").to_numpy()
    weight = np.tile(PEOPLE["weight"] / total / 2, 2)
    gradient = ((weight * p * (1 - p))[:, None] * x).reshape(2, len(PEOPLE), -1).sum(axis=1)
    of_coefficients = np.linalg.norm(coefficients.rows @ gradient.T, axis=0)
    np.testing.assert_allclose(census["std_error"], of_coefficients, rtol=1e-10)


def test_replicates_vary_coefficients_alone():
    settings = jf.Weighted(replicates=jf.Replicates("jkn"))
    fit = jf.fit("safe ~ wave * sex + age + region", SURVEY, engine=settings)
    linear = FIT.levels(over=CENSUS)
    table = fit.levels(over=CENSUS)
    np.testing.assert_allclose(table["estimate"], linear["estimate"], rtol=1e-9)
    refits = fit.engine.coefficients.refits
    design = fit.engine.coefficients.design
    people = census_frame(wave="Q2")
    x = design.again(people.astype(dict.fromkeys(["wave", "region", "sex"], "category")))
    values = 1 / (1 + np.exp(-refits.theta @ x.T)) @ (people["n"] / people["n"].sum()).to_numpy()
    spread = np.sqrt((refits.replicates.scales * (values - values.mean()) ** 2).sum())
    assert table["std_error"].iloc[1] == pytest.approx(spread, rel=1e-9)


def test_two_populations_of_the_same_size_are_told_apart():
    frame = census_frame()
    other = jf.Population(frame.assign(n=frame["n"].to_numpy()[::-1]))
    assert repr(other) == repr(CENSUS)
    once, twice = (FIT.levels(over=each)["estimate"] for each in (CENSUS, other))
    assert (once - twice).abs().min() > 1e-6


# --------------------------------------------------------------------- places never visited


def with_communes(*further: tuple[str, str]) -> pd.DataFrame:
    """The surveyed communes with as many women as men, and further ones (name, region)."""
    known = PEOPLE[["commune", "region"]].drop_duplicates().astype(str)
    new = pd.DataFrame(list(further), columns=["commune", "region"])
    places = pd.concat([known, new], ignore_index=True)
    return places.merge(pd.DataFrame({"sex": ["female", "male"], "n": [50, 50]}), how="cross")


def test_places_never_visited_are_rows_that_rest_on_the_model():
    fit = jf.fit("safe ~ wave + sex + region", SURVEY)
    census = jf.Population(with_communes(("far", "a"), ("farther", "d")))
    table = fit.levels(by="commune", over=census).set_index(["commune", "wave"])
    assert len(table) == 2 * (PEOPLE["commune"].nunique() + 2)
    assert (table.loc["far", "n"] == 0).all()
    assert (table["n"] == 0).sum() == 4
    assert all({"model_based", "no_interviews"} <= set(f) for f in table.loc["far", "flag"])
    near = table.loc[str(PEOPLE.loc[PEOPLE["region"] == "a", "commune"].iloc[0])]
    np.testing.assert_allclose(table.loc["far", "estimate"], near["estimate"], rtol=1e-12)
    changes = fit.changes(by="commune", over=census)
    assert "farther" in set(changes["commune"])
    alone = fit.levels(by="commune", over=census, where={"commune": "far"})
    assert alone["estimate"].tolist() == table.loc["far", "estimate"].tolist()


# ------------------------------------------------------------------------ what does not match


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (census_frame().drop(columns="age"), r"Unknown column of the population 'age'"),
        (census_frame().replace({"region": {"d": "dd"}}), r"Unknown region of the population 'dd'"),
        (census_frame().replace({"sex": {"male": "mal"}}), r"'mal'\. Did you mean 'male'\?"),
        (census_frame().replace({"sex": {"male": "mal"}}), r"nobody of sex 'male'.*lists 'mal'"),
        (census_frame().query("region != 'c'"), r"lists nobody of region 'c'.*of 0 where nobody"),
        (census_frame(wave="Q1"), r"has nobody in 'Q2'"),
        (census_frame(wave="Q3"), r"Unknown wave 'Q3'"),
        (census_frame().astype({"age": "object"}).replace({"age": {20: "old"}}), "holds numbers"),
    ],
)
def test_whatever_does_not_match_is_named(frame, says):
    if "holds numbers" in says:
        frame = frame.assign(age=frame["age"].astype(str).str.replace(r"^\d+$", "old", regex=True))
    with pytest.raises(jf.SpecError, match=says):
        FIT.levels(over=jf.Population(frame))


def test_groups_and_domains_must_be_columns_of_it():
    for question in ({"by": "commune"}, {"where": {"commune": PEOPLE["commune"].iloc[0]}}):
        with pytest.raises(jf.SpecError, match="column of the population 'commune'"):
            FIT.levels(over=CENSUS, **question)


def test_a_place_that_lies_elsewhere_is_named():
    fit = jf.fit("safe ~ wave + sex + region", SURVEY)
    frame = with_communes()
    first = frame["commune"] == frame["commune"].iloc[0]
    moved = frame.assign(region=frame["region"].mask(first, "d"))
    with pytest.raises(jf.SpecError, match=r"lies in region 'd', in the survey in 'a'"):
        fit.levels(by="commune", over=jf.Population(moved))


def test_clusters_named_by_two_columns_may_share_a_number():
    numbered = PEOPLE.assign(number=PEOPLE["commune"] // 4 + 100)
    design = jf.SurveyDesign(
        wave="wave",
        strata="region",
        cluster=["region", "number"],
        weights="weight",
        repeats="clusters",
        target="population",
    )
    fit = jf.fit("safe ~ wave + sex + region", jf.Survey(numbered, design, BOOK))
    kinds = numbered[["region", "number", "sex"]].drop_duplicates()
    table = fit.levels(by=["region", "number"], over=jf.Population(kinds.assign(n=1)))
    assert table["estimate"].notna().all()


def test_a_region_outside_the_fit_can_be_left_out_by_name():
    further = census_frame().query("region == 'a'").assign(region="e")
    census = jf.Population(pd.concat([census_frame(), further]))
    with pytest.raises(jf.SpecError, match="where= can leave it out"):
        FIT.levels(over=census)
    inside = FIT.levels(over=census, where={"region": ["a", "b", "c", "d"]})
    assert_tables(inside[NUMBERS], FIT.levels(over=CENSUS)[NUMBERS], rel=1e-12)


def test_the_wave_has_its_name():
    design = jf.SurveyDesign(
        wave="round", cluster="commune", weights="weight", repeats="clusters", target="population"
    )
    survey = jf.Survey(PEOPLE.rename(columns={"wave": "round"}), design, BOOK)
    fit = jf.fit("safe ~ wave + sex", survey)
    with pytest.raises(jf.SpecError, match="rename 'round'"):
        fit.levels(over=jf.Population(census_frame(round="Q1")))


def test_choices_of_over_name_the_population():
    with pytest.raises(jf.SpecError, match=r"over=jf\.Population"):
        FIT.levels()
    with pytest.raises(jf.SpecError, match=r"takes a table of people as jf\.Population"):
        FIT.levels(over=census_frame())
    with pytest.raises(jf.SpecError, match="over="):
        jf.direct(SURVEY, "safe").levels(over=CENSUS)
