"""Who is averaged over: recomputed in bare pandas, and what where= says of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_regression import BOOK, PEOPLE, SURVEY, UNWEIGHTED, assert_tables, survey

import jfmodels as jf
from jfmodels.engines.composition import OVER, compose
from jfmodels.results.engine import Question

FIT = jf.fit("safe ~ wave * sex + age + region", SURVEY)
COEFFICIENTS = FIT.summary().set_index("coefficient")["estimate"]


def shares(frame: pd.DataFrame) -> pd.Series:
    """What the model expects of every row, by its coefficients alone."""
    b, late, male = COEFFICIENTS, frame["wave"] == "Q2", frame["sex"] == "male"
    eta = (
        b["Intercept"] + b["wave[T.Q2]"] * late + b["sex[T.male]"] * male + b["age"] * frame["age"]
    )
    eta += b["wave[T.Q2]:sex[T.male]"] * (late & male)
    eta += frame["region"].map({"a": 0.0} | {r: b[f"region[T.{r}]"] for r in "bcd"})
    return 1 / (1 + np.exp(-eta))


def average(people: pd.DataFrame, **moved: str) -> float:
    """The mean over people moved elsewhere, every wave weighing the same."""
    total = people.groupby("wave")["weight"].transform("sum")
    return float(np.average(shares(people.assign(**moved)), weights=people["weight"] / total))


def expected(people: pd.DataFrame, over: str, wave: str, sex: str) -> float:
    own, group = people["wave"] == wave, people["sex"] == sex
    if over == "wave":
        here = people[own & group]
        return float(np.average(shares(here), weights=here["weight"]))
    if over == "everyone":
        return average(people, wave=wave, sex=sex)
    total = people.groupby("wave")["weight"].transform("sum")
    weight = (people["weight"] / total)[group]
    return float(np.average(shares(people[group].assign(wave=wave)), weights=weight))


@pytest.mark.parametrize("where", [None, {"region": ["b", "d"]}])
@pytest.mark.parametrize("over", OVER)
def test_levels_are_means_over_the_people_that_it_names(over, where):
    people = PEOPLE[PEOPLE["region"].isin(where["region"])] if where else PEOPLE
    table = FIT.levels(by="sex", over=over, where=where)
    cells = list(zip(table["wave"], table["sex"], strict=True))
    own = [expected(people, over, *cell) for cell in cells]
    np.testing.assert_allclose(table["estimate"], own, rtol=1e-12)
    counted = people.groupby(["wave", "sex"]).size()
    assert table["n"].tolist() == [counted[cell] for cell in cells]


@pytest.mark.parametrize("over", OVER)
def test_a_composition_needs_no_coefficients(over):
    composed = compose(FIT.engine, Question(("sex",), over=over))
    point = composed.points[0]
    assert len(composed.points) == 1
    assert (point.factor == 1).all()
    people = point.patterns.iloc[composed.pattern].reset_index(drop=True)
    for k, axis in enumerate(composed.grid.axes):
        if axis.name in composed.moved or over == "wave":
            assert people[axis.name].tolist() == [axis.labels[j] for j in composed.place[:, k]]
    assert composed.n.sum() == len(PEOPLE)


@pytest.mark.parametrize("over", ["fixed", "everyone"])
def test_the_waves_shown_do_not_change_who_is_pooled(over):
    every = FIT.levels(by="sex", over=over)
    later = FIT.levels(by="sex", over=over, where={"wave": "Q2"})
    numbers = ["estimate", "std_error", "df"]
    assert_tables(every[every["wave"] == "Q2"][numbers], later[numbers], rel=1e-12)


def test_the_groups_shown_do_not_change_who_is_moved_to_them():
    every = FIT.levels(by="sex", over="everyone")
    men = FIT.levels(
        by="sex", over="everyone", where={"sex": "male", "region": ["a", "b", "c", "d"]}
    )
    assert_tables(every[every["sex"] == "male"][["estimate"]], men[["estimate"]], rel=1e-12)
    fixed = FIT.levels(by="sex", over="fixed", where={"sex": "male"})  # here they are the domain
    own = expected(PEOPLE[PEOPLE["sex"] == "male"], "fixed", "Q1", "male")
    assert fixed["estimate"].iloc[0] == pytest.approx(own, rel=1e-12)


def test_the_domain_of_the_fit_stays():
    fit = jf.fit("safe ~ sex + age", SURVEY, where={"wave": "Q1", "region": ["a", "b"]})
    table = fit.levels(by="sex", over="everyone")
    inside = PEOPLE[(PEOPLE["wave"] == "Q1") & PEOPLE["region"].isin(["a", "b"])]
    assert table["wave"].tolist() == ["Q1", "Q1"]
    assert table["n"].sum() == len(inside)


def test_labels_that_nobody_had_in_the_fit_have_no_answer():
    absent = survey(PEOPLE.assign(safe=PEOPLE["safe"].mask(PEOPLE["region"] == "d")))
    table = jf.fit("safe ~ wave + region", absent).levels(by="region", over="everyone")
    assert table["estimate"].isna().tolist() == (table["region"] == "d").tolist()
    with pytest.raises(jf.SpecError, match="fitted to nobody of region 'd'"):
        jf.fit("safe ~ wave + region", absent).levels(
            by="region", over="everyone", where={"region": "d"}
        )


def test_without_waves_everyone_is_moved_between_groups_alone():
    frame = PEOPLE.drop(columns="wave")
    flat = jf.Survey(frame, jf.SurveyDesign(cluster="commune", target="population"), BOOK)
    fit = jf.fit("safe ~ sex + age", flat)
    alone, pooled = (fit.levels(over=over) for over in ("wave", "everyone"))
    assert alone["estimate"].tolist() == pooled["estimate"].tolist()
    assert fit.levels(by="sex", over="everyone")["n"].sum() == len(frame)
    with pytest.raises(jf.SpecError, match=r"does not know 'region'.*choose over='wave'"):
        fit.levels(by="region", over="everyone")
    with pytest.raises(jf.SpecError, match="Unknown group 'wave'"):
        fit.levels(by="wave", over="everyone")


def test_groups_that_the_model_does_not_know_are_named():
    fit = jf.fit("safe ~ wave + sex", UNWEIGHTED)
    with pytest.raises(jf.SpecError, match=r"does not know 'region'.*choose over='fixed'"):
        fit.levels(by=["sex", "region"], over="everyone")


def test_over_lists_every_composition():
    with pytest.raises(jf.SpecError, match="over= must be said") as error:
        FIT.levels()
    assert all(f"over='{name}' ({each.means})" in str(error.value) for name, each in OVER.items())
