"""Judging again is judging what was meant: each choice equals doing it by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import jfmodels as jf
from jfmodels.claims.choices import CHOICES, HINDRANCES
from jfmodels.claims.judgement import Judgement
from jfmodels.claims.places import common_places
from jfmodels.claims.robustness import AS_JUDGED
from jfmodels.claims.specification import Specification
from jfmodels.results.schema import SPECIFICATIONS
from jfmodels.survey.example import simulate

PART = {
    "kind": "change",
    "outcome": "trust_army",
    "counting": ["somewhat", "a lot"],
    "base": "in_base",
    "wave": "Q6",
    "against": "Q5",
    "direction": "up",
}
CHEAP = [name for name in CHOICES if name not in ("engine", "composition")]


def claims_of(**parts: dict[str, Any]) -> jf.Claims:
    one = {"text": "It is said.", "source": "a report", "joined": "all", "parts": parts}
    return jf.Claims.from_dict({"claims": {"claim": one}})


@pytest.fixture(scope="module")
def survey() -> jf.Survey:
    return jf.example()


@pytest.fixture(scope="module")
def verdicts(survey) -> jf.Verdicts:
    return jf.judge(claims_of(part=PART), survey, robustness=CHEAP)


def row_of(verdicts: jf.Verdicts, **settings: str) -> Any:
    """The row that differs from what was judged in these settings alone."""
    table = verdicts.specifications
    first = table[table["specification"] == AS_JUDGED].iloc[0]
    chosen = table["part"].notna()
    for name in ("base", "weights", "places", "interviewers", "target", "engine"):
        chosen &= table[name] == settings.get(name, first[name])
    assert chosen.sum() == 1
    return table[chosen].iloc[0]


def by_hand(survey: jf.Survey, base: str = "in_base", **settings: Any) -> list[float]:
    book = survey.codebook
    outcome = replace(book.outcomes["trust_army"], policy=base)
    frame = simulate().frame
    design = replace(survey.design, **settings.pop("design", {}))
    again = jf.Survey(
        frame, design, replace(book, outcomes={"trust_army": outcome}), simulated=True
    )
    table = jf.direct(again, "trust_army", **settings).changes("Q5")
    row = table[table["wave"] == "Q6"].iloc[0]
    return [row["estimate"], row["low"], row["high"]]


def numbers(row: Any) -> list[float]:
    return [row["estimate"], row["low"], row["high"]]


def test_every_choice_equals_doing_it_by_hand(survey, verdicts):
    where = common_places(survey, ["Q5", "Q6"])
    assert where is not None
    assert numbers(row_of(verdicts)) == by_hand(survey)
    assert numbers(row_of(verdicts, base="excluded")) == by_hand(survey, "excluded")
    assert numbers(row_of(verdicts, weights="none")) == pytest.approx(
        by_hand(survey, design={"weights": None}), rel=1e-12
    )
    assert numbers(row_of(verdicts, places="common")) == by_hand(survey, where=where)
    assert numbers(row_of(verdicts, interviewers="cluster")) == by_hand(
        survey, interviewers="cluster"
    )
    assert numbers(row_of(verdicts, target="these_clusters")) == by_hand(
        survey, design={"target": "these_clusters"}
    )
    assert numbers(row_of(verdicts, base="excluded", weights="none", places="common")) == (
        pytest.approx(by_hand(survey, "excluded", design={"weights": None}, where=where), rel=1e-12)
    )


def test_data_choices_are_crossed_and_the_others_are_not(verdicts):
    parts = verdicts.specifications.dropna(subset="part")
    assert len(parts) == 2**3 + 2
    assert list(verdicts.specifications) == list(SPECIFICATIONS)


def test_how_often_it_stands_is_counted(verdicts):
    parts = verdicts.specifications.dropna(subset="part")
    judged = verdicts.table.iloc[0]
    assert judged["stands"] == pytest.approx((parts["verdict"] == judged["verdict"]).mean())
    n = int((parts["verdict"] == judged["verdict"]).sum())
    assert f"stands in {n} of {len(parts)} specifications" in judged["says_en"]


def test_choices_that_change_nothing_are_not_counted_but_said(survey):
    one_wave = {k: v for k, v in PART.items() if k not in ("against", "direction")}
    majority = claims_of(part={**one_wave, "kind": "majority"})
    verdicts = jf.judge(majority, survey, robustness=["places", "weights"])
    found = verdicts.specifications
    assert set(found["places"].dropna()) == {"all"}
    said = found[found["specification"] == "not varied: common places"].iloc[0]
    assert said["message"] == HINDRANCES["one_wave"]["en"]
    assert (said[["verdict", "stands", "estimate"]].isna()).all()
    row = verdicts.of_claims.iloc[0]
    assert "in 2 of 2 specifications. Not varied: common places (one wave" in row["says_en"]
    assert "Sans variante : lieux communs (il n'est question" in row["says_fr"]


def test_what_cannot_be_varied_is_not_passed_over(survey):
    verdicts = jf.judge(claims_of(part=PART), survey, robustness=["composition"])
    row = verdicts.of_claims.iloc[0]
    assert row["stands"] == 1
    assert "judged in this one way alone. Not varied: composition (no covariates" in row["says_en"]
    assert "specifications" not in row["says_en"]
    last = verdicts.specifications.iloc[-1]
    assert last["specification"] == "not varied: composition"
    assert last["message"] == HINDRANCES["no_covariates"]["en"]


UNCLUSTERED = {"cluster": None, "target": None, "repeats": "nothing"}
HINDERED = {
    "all_answer": ("base", {}, {"outcome": "displaced", "counting": "yes"}, "direct"),
    "same_weights": ("weights", {"weights": None}, {}, "direct"),
    "one_wave": ("places", {}, {"kind": "majority"}, "direct"),
    "same_places": ("places", UNCLUSTERED, {}, "direct"),
    "no_places": ("places", {**UNCLUSTERED, "strata": None}, {}, "direct"),
    "no_interviewers": ("interviewers", {"interviewer": None}, {}, "direct"),
    "not_direct": ("interviewers", {}, {}, "weighted"),
    "no_clusters": ("target", UNCLUSTERED, {}, "direct"),
    "counted": ("target", {"fpc": "communes"}, {}, "direct"),
    "replicates": (
        "target",
        {"replicates": jf.SuppliedReplicates(["r1", "r2"], "bootstrap")},
        {},
        "direct",
    ),
    "nothing_random": ("engine", {**UNCLUSTERED, "interviewer": None}, {}, "direct"),
    "multilevel": ("engine", {}, {}, "laplace"),
    "no_covariates": ("composition", {}, {}, "direct"),
}


@pytest.mark.parametrize("why", HINDRANCES)
def test_what_hinders_a_choice(why, survey):
    name, roles, said, engine = HINDERED[why]
    frame = simulate().frame
    frame = frame.assign(communes=40, r1=frame["weight"], r2=frame["weight"])
    again = jf.Survey(frame, replace(survey.design, **roles), survey.codebook, simulated=True)
    part = PART | said
    if part["kind"] == "majority":
        part = {key: part[key] for key in part if key not in ("against", "direction")}
    claims = claims_of(part=part)
    judgement = Judgement.of(claims, again, Specification(engine=engine), 0.05)
    assert CHOICES[name].hindrance(judgement, claims.claims["claim"]) == why


def test_a_model_in_common_places_is_fitted_there(survey):
    where = common_places(survey, ["Q5", "Q6"])
    spec = Specification(engine="laplace", weighting="ignore", common_places=True)
    judgement = Judgement.of(claims_of(part=PART), survey, spec, 0.05)
    row = judgement.rows("claim", judgement.claims.claims["claim"], told=False)[1]
    formula = "shown(trust_army) ~ wave + (1 | commune) + (1 | commune:wave) + (1 | facilitator)"
    model = jf.fit(formula, survey, engine="laplace", where=where, weighting="ignore")
    table = model.changes("Q5", over="wave")
    assert numbers(row) == pytest.approx(numbers(table[table["wave"] == "Q6"].iloc[0]), rel=1e-6)


def test_models_are_other_specifications(survey):
    verdicts = jf.judge(
        claims_of(part=PART), survey, covariates=["sex"], robustness=["engine", "composition"]
    )
    assert row_of(verdicts, engine="laplace")["probability"] > 0
    composed = row_of(verdicts, engine="weighted")
    model = jf.fit("shown(trust_army) ~ wave + sex", survey)
    table = model.changes("Q5", over="fixed")
    assert numbers(composed) == pytest.approx(numbers(table[table["wave"] == "Q6"].iloc[0]))


def test_what_an_engine_cannot_answer_is_told_and_not_counted(survey):
    order = {"kind": "order_of_options", "outcome": "cs_activities", "base": "in_base"}
    order |= {"wave": "Q6", "first": "meetings", "after": "mediation"}
    found = jf.judge(claims_of(part=order), survey, robustness=["engine"]).specifications
    model = found[found["engine"] == "laplace"]
    assert model["verdict"].isna().all()
    assert model["stands"].isna().all()
    assert model["message"].str.contains("one question at a time").all()


def test_an_unknown_choice_is_named(survey):
    with pytest.raises(jf.SpecError, match="Did you mean 'weights'"):
        jf.judge(claims_of(part=PART), survey, robustness=["wieghts"])
    for nothing in ("weights", [], None):
        with pytest.raises(jf.SpecError, match="robustness= is True, False, or a list"):
            jf.judge(claims_of(part=PART), survey, robustness=nothing)


def test_what_a_model_would_need_is_not_passed_over(survey):
    with pytest.raises(jf.SpecError, match="Did you mean 'sex'"):
        jf.judge(claims_of(part=PART), survey, covariates="sexx", robustness=["composition"])
    with pytest.raises(jf.SpecError, match="covariates= and over= speak of a model"):
        jf.judge(claims_of(part=PART), survey, covariates="sex", over="fixed")


def test_how_far_it_is_is_shown(survey, capsys):
    for progress in (True, False):
        jf.judge(claims_of(part=PART), survey, robustness=["weights"], progress=progress)
        assert ("Judging" in capsys.readouterr().err) == progress
