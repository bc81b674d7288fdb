"""Places that a wave did not reach: the change without them, and what would undo it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf

WEIGHTED = jf.SurveyDesign(
    wave="wave",
    cluster="commune",
    strata="region",
    weights="weight",
    repeats="clusters",
    target="population",
)


def people() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 900
    frame = pd.DataFrame(
        {
            "wave": rng.choice(["w1", "w2"], n),
            "commune": rng.integers(0, 8, n),
            "weight": rng.uniform(0.5, 2, n),
        }
    )
    frame["region"] = np.where(frame["commune"] < 4, "north", "south")
    frame["yes"] = rng.random(n) < 0.4 + 0.03 * frame["commune"]
    frame["yes"] = frame["yes"].astype(int)
    return frame[~((frame["wave"] == "w2") & (frame["commune"] == 2))]


FRAME = people()


def table(frame, design=WEIGHTED, **asked):
    survey = jf.Survey(frame, design, {"outcomes": {"yes": {"scale": "binary"}}})
    return jf.missing_places(survey, "yes", **asked)


def mean(rows):
    return np.average(rows["yes"], weights=rows["weight"])


def test_numbers_are_those_of_bare_pandas():
    row = table(FRAME, by="region").set_index("region").loc["north"]
    north = FRAME[FRAME["region"] == "north"]
    first, second = (north[north["wave"] == wave] for wave in ("w1", "w2"))
    lost, kept = first[first["commune"] == 2], first[first["commune"] != 2]
    assert row["places_missing"] == 1
    assert row["share_missing"] == pytest.approx(lost["weight"].sum() / first["weight"].sum())
    assert row["change"] == pytest.approx(mean(second) - mean(first))
    assert row["change_common"] == pytest.approx(mean(second) - mean(kept))
    assert row["level_before"] == pytest.approx(mean(lost))


@pytest.mark.parametrize("by", [None, "region"])
def test_at_the_level_that_undoes_it_nothing_has_changed(by):
    found = table(FRAME, by=by).query("places_missing > 0")
    share, moved = found["share_missing"], found["undone_at"] - found["level_before"]
    whole = (1 - share) * found["change_common"] + share * moved
    assert len(found) == 1
    assert whole.to_numpy() == pytest.approx(0, abs=1e-12)


def test_where_nothing_is_missing_the_two_changes_are_one():
    row = table(FRAME, by="region").set_index("region").loc["south"]
    assert row["change_common"] == pytest.approx(row["change"])
    assert row["places_missing"] == row["share_missing"] == 0
    assert np.isnan([row["level_before"], row["undone_at"]]).all()


def test_rows_in_another_order_change_nothing():
    mixed = FRAME.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(table(mixed, by="region"), table(FRAME, by="region"))


def test_clusters_must_be_revisited():
    once = jf.SurveyDesign(wave="wave", cluster="commune", repeats="nothing", target="population")
    with pytest.raises(jf.SpecError, match="visited in every wave"):
        table(FRAME, once)


def test_a_share_that_cannot_be_is_not_given_and_why_is_said():
    risen = FRAME.assign(yes=np.where(FRAME["wave"] == "w2", FRAME["yes"] | 1, FRAME["yes"]))
    row = table(risen, by="region").set_index("region").loc["north"]
    rest = (1 - row["share_missing"]) / row["share_missing"]
    assert row["level_before"] - row["change_common"] * rest < 0
    assert np.isnan(row["undone_at"])
    assert row["not_undone"] == "no share between 0 and 1 would undo the change"


def test_why_there_is_no_level_is_said_where_there_is_none():
    for found in (table(FRAME), table(FRAME, by="region")):
        there = found["undone_at"].notna()
        assert (found.loc[there, "not_undone"] == "").all()
        assert (found.loc[~there, "not_undone"] != "").all()
    south = found.set_index("region").loc["south", "not_undone"]
    assert south == "no place was missed"


def test_waves_of_new_places_are_pointed_to_the_strata_that_all_reached():
    fresh = jf.SurveyDesign(
        wave="wave", cluster="commune", strata="region", repeats="nothing", target="population"
    )
    kept = FRAME[(FRAME["wave"] == "w1") | (FRAME["region"] == "north")]
    with pytest.raises(jf.SpecError, match=r"where=\{'region': \['north'\]\}"):
        table(kept, fresh)
