"""What a description counts: who answered, did not know, and refused; and whom it names."""

from __future__ import annotations

import pandas as pd
import pytest

import jfmodels as jf

ANSWERS = {"2024": [10, 20, 30, -8, ""], "2025": [10, -9, -9, -8, -1]}
INCOME = {"dont_know": [-9], "refused": [-8], "missing": [-1], "policy": "excluded"}


def counted(scale: str) -> pd.DataFrame:
    rows = [(wave, answer) for wave, given in ANSWERS.items() for answer in given]
    frame = pd.DataFrame(rows, columns=["wave", "income"]).astype(str)
    measured = scale in ("continuous", "count")
    more = {} if measured else {"categories": {10: "a", 20: "b", 30: "c"}}
    book = {"outcomes": {"income": {"scale": scale, **INCOME, **more}}}
    design = jf.SurveyDesign(wave="wave", repeats="nothing")
    return jf.Survey(frame, design, book).describe().outcomes


@pytest.mark.parametrize("scale", ["nominal", "continuous", "count"])
def test_no_answer_to_a_measurement_is_counted_as_to_any_question(scale):
    table = counted(scale)
    assert table["asked"].tolist() == [4, 4]
    assert table["answered"].tolist() == [0.75, 0.25]
    assert table["dont_know"].tolist() == [0, 0.5]
    assert table["refused"].tolist() == [0.25, 0.25]


@pytest.mark.parametrize("clusters", ["person", ["village", "person"]])
def test_people_who_were_not_asked_again_are_not_named(clusters):
    people = {"2024": ["p7041", "p7042", "p7043"], "2025": ["p7041", "p7042", "p7049"]}
    rows = [(wave, each, "v") for wave, asked in people.items() for each in asked]
    frame = pd.DataFrame(rows, columns=["wave", "person", "village"]).assign(safe=[0, 1, 1] * 2)
    design = jf.SurveyDesign(
        wave="wave", cluster=clusters, person="person", repeats="people", target="population"
    )
    book = {"outcomes": {"safe": {"scale": "binary", "categories": {0: "no", 1: "yes"}}}}
    survey = jf.Survey(frame, design, book)
    described = survey.describe()
    assert described.waves["clusters"].tolist() == [3, 3]
    assert described.not_reached.empty
    assert not any("p704" in text for text in (repr(survey), repr(described)))


def test_villages_not_reached_are_named_beside_a_panel_of_people():
    frame = pd.DataFrame(
        {
            "wave": ["2024", "2024", "2025"],
            "village": ["Ansongo", "Bourem", "Bourem"],
            "person": ["a", "b", "b"],
            "safe": [0, 1, 1],
        }
    )
    design = jf.SurveyDesign(
        wave="wave", cluster="village", person="person", repeats="people", target="population"
    )
    book = {"outcomes": {"safe": {"scale": "binary", "categories": {0: "no", 1: "yes"}}}}
    missed = jf.Survey(frame, design, book).describe().not_reached
    assert missed.to_dict("records") == [{"wave": "2025", "village": "Ansongo"}]
