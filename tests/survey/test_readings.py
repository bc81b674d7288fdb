"""A reading counts and divides as a codebook that says the same would."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import jfmodels as jf
from jfmodels.survey.example import simulate
from jfmodels.survey.readings import MEAN, Reading, reread


@pytest.fixture(scope="module")
def survey() -> jf.Survey:
    return jf.example()


@pytest.fixture(scope="module")
def frame():
    return simulate().frame


def level(survey: jf.Survey, reading: Reading, wave: str = "Q6") -> float:
    again = reread(survey, {"it": reading})
    levels = jf.direct(again, "it").levels()
    return float(levels[levels["wave"] == wave]["estimate"].item())


def share(frame, column, codes, base) -> float:
    now = frame[frame["wave"] == "Q6"]
    inside = now[now[column].isin(base)]
    return float(np.average(inside[column].isin(codes), weights=inside["weight"]))


@pytest.mark.parametrize(
    ("base", "codes"), [("in_base", [0, 1, 2, 3, 9, 98]), ("excluded", [0, 1, 2, 3])]
)
def test_the_base_is_who_answered_or_everybody_asked(survey, frame, base, codes):
    found = level(survey, Reading("trust_army", ("somewhat", "a lot"), base))
    assert found == pytest.approx(share(frame, "trust_army", [2, 3], codes), rel=1e-12)


def test_answers_without_order_are_counted_together(survey, frame):
    both = Reading("justice_expectation", ("free from corruption", "respect for all"), "excluded")
    expected = share(frame, "justice_expectation", [1, 2], [1, 2, 3, 4, 5])
    assert level(survey, both) == pytest.approx(expected, rel=1e-12)


def test_an_option_is_one_of_those_who_named_any_or_none(survey):
    levels = jf.direct(survey, "cs_activities").levels(categories=["meetings"])
    expected = levels[levels["wave"] == "Q6"]["estimate"].item()
    assert level(survey, Reading("cs_activities", ("meetings",), "in_base")) == expected


def test_a_group_is_an_answer_that_everybody_gave(survey, frame):
    now = frame[frame["wave"] == "Q6"]
    expected = np.average(now["sex"] == "female", weights=now["weight"])
    found = level(survey, Reading("sex", ("female",), "in_base"))
    assert found == pytest.approx(expected, rel=1e-12)


def test_readings_of_one_question_keep_their_covariance(survey):
    readings = {
        "good": Reading("relations_fds", ("good",), "in_base"),
        "fair": Reading("relations_fds", ("fair",), "in_base"),
    }
    found = jf.direct(reread(survey, readings), ["good", "fair"]).contrasts(
        "outcome", reference="fair"
    )
    table = jf.direct(survey, "relations_fds").estimate(
        jf.Contrast("category", "fair"), categories=["good", "fair"]
    )
    assert found["std_error"].to_numpy() == pytest.approx(table["std_error"].to_numpy(), rel=1e-10)


def test_a_mean_is_of_a_measurement(survey, frame):
    book = replace(survey.codebook, outcomes={})
    entry = {"outcomes": {"years": {"scale": "continuous", "column": "age"}}}
    years = jf.Codebook.from_dict(entry).outcomes
    aged = jf.Survey(frame, survey.design, replace(book, outcomes=years), simulated=True)
    now = frame[frame["wave"] == "Q6"]
    expected = np.average(now["age"], weights=now["weight"])
    assert level(aged, Reading("years", (MEAN,), "excluded")) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        (Reading("trust_amry", ("a lot",), "in_base"), "Did you mean 'trust_army'"),
        (Reading("trust_army", ("a lott",), "in_base"), "Did you mean 'a lot'"),
        (Reading("trust_army", (MEAN,), "in_base"), "ordinal"),
        (Reading("cs_activities", ("meetings", "mediation"), "in_base"), "do not add up"),
        (Reading("cs_activities", ("meeting",), "in_base"), "Did you mean 'meetings'"),
        (Reading("sex", ("femal",), "in_base"), "Did you mean 'female'"),
        (Reading("person", ("1",), "in_base"), "people"),
    ],
)
def test_what_cannot_be_read_is_named(survey, reading, told):
    with pytest.raises(jf.SpecError, match=told):
        reread(survey, {"it": reading})
