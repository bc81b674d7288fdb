"""Joint tests: the same answer whichever wave comes first, and refusals that say why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf


def survey(order: list[str], n_per_cluster: int = 30) -> jf.Survey:
    rng = np.random.default_rng(5)
    places = pd.DataFrame({"commune": np.arange(16), "region": np.arange(16) // 4})
    waves = ["a", "b", "c"]
    frame = pd.concat([places.assign(wave=w) for w in waves]).loc[
        lambda d: d.index.repeat(n_per_cluster)
    ]
    share = 0.5 + rng.normal(0, 0.05, 16)[frame["commune"]]
    frame["safe"] = rng.random(len(frame)) < share
    design = jf.SurveyDesign(
        wave="wave", strata="region", cluster="commune", repeats="clusters", target="population"
    )
    book = {"waves": dict.fromkeys(order), "outcomes": {"safe": {"scale": "binary"}}}
    return jf.Survey(frame.reset_index(drop=True), design, book)


def test_the_order_of_the_waves_does_not_matter():
    tests = [
        jf.direct(survey(order), "safe").test("wave").iloc[0]
        for order in (["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"])
    ]
    for found in tests[1:]:
        assert found["statistic"] == pytest.approx(tests[0]["statistic"], rel=1e-9)
        assert found["df2"] == pytest.approx(tests[0]["df2"], rel=1e-9)
        assert found["p_value"] == pytest.approx(tests[0]["p_value"], rel=1e-9)


def test_one_region_cannot_carry_five_contrasts_and_says_what_to_read_instead():
    found = jf.direct(jf.example(), "trust_army").test("wave", by="region")
    assert found["p_value"].isna().all()
    assert found["method"].str.contains("refused").all()
    assert found["method"].str.contains("Holm").all()
