"""What a description counts: who answered, did not know, and refused."""

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
