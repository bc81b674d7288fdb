"""A model's rows in place of what is withheld: the model's numbers, and nothing that counts."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf

BY = ["region", "displaced"]
COUNTS = ["n", "n_clusters", "n_effective", "deff", "df"]


@cache
def tables():
    survey = jf.example()
    direct = jf.direct(survey, "trust_army", by=BY).levels(BY)
    model = jf.fit(
        "shown(trust_army) ~ wave + region + (1 | region:displaced)",
        survey,
        weighting="ignore",
        engine=jf.Laplace(draws=200, on_poor_k="warn"),
    )
    return jf.withhold([direct], minimum=30)[0], model.levels(BY, over="wave")


def test_withheld_rows_are_the_models_and_others_stay():
    shown, model = tables()
    filled = jf.fill_withheld(shown, model)
    holes = shown["estimate"].isna().to_numpy()
    assert 0 < holes.sum() < len(holes)
    keys = [*BY, "wave"]
    beside = shown[keys].astype(str).merge(model.astype(dict.fromkeys(keys, "str")), on=keys)
    for name in ("estimate", "std_error", "low", "high", "mc_error"):
        assert filled.loc[holes, name].to_numpy() == pytest.approx(beside[name].to_numpy()[holes])
    assert set(filled.loc[holes, "engine"]) == {"laplace"}
    assert filled.loc[holes, COUNTS].isna().all(axis=None)
    assert all(
        "model_based" in flags and "suppressed" not in flags for flags in filled["flag"][holes]
    )
    told = {code for flags in filled["flag"][holes] for code in flags}
    assert not told & {"small_cell", "no_interviews", "one_cluster", "at_boundary"}
    pd.testing.assert_frame_equal(filled[~holes], shown[~holes])


def test_the_order_of_the_models_rows_does_not_matter():
    shown, model = tables()
    shuffled = model.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(jf.fill_withheld(shown, shuffled), jf.fill_withheld(shown, model))


def test_rows_that_the_model_lacks_stay_withheld():
    shown, model = tables()
    filled = jf.fill_withheld(shown, model[model["wave"] == "Q1"])
    left = filled[filled["wave"] != "Q1"]
    holes = shown.loc[left.index, "estimate"].isna()
    assert left.loc[holes, "estimate"].isna().all()
    assert all("suppressed" in flags for flags in left.loc[holes, "flag"])


def test_what_pools_nothing_may_not_stand_in():
    shown, model = tables()
    direct = jf.direct(jf.example(), "trust_army", by=BY).levels(BY)
    with pytest.raises(jf.SpecError, match="repeat what the few in a cell answered"):
        jf.fill_withheld(shown, direct)
    with pytest.raises(jf.SpecError, match="another coverage"):
        jf.fill_withheld(shown, model.assign(coverage=0.5))
    with pytest.raises(jf.SpecError, match="split by other groups"):
        jf.fill_withheld(shown, model.drop(columns=["displaced", "displaced_ref"]))
    with pytest.raises(jf.SpecError, match="none of the rows"):
        jf.fill_withheld(shown, model.assign(outcome="trust_police"))


def test_nothing_to_fill_changes_nothing():
    shown, model = tables()
    whole = shown[shown["estimate"].notna()]
    pd.testing.assert_frame_equal(jf.fill_withheld(whole, model), whole)
    assert np.isfinite(whole["estimate"]).all()
