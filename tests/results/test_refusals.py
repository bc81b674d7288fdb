"""What would be wrong without a word is refused with one, or made right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf

WAVES = ["W1", "W2", "W3"]


def rows(n: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    places = pd.DataFrame({"commune": np.arange(16), "region": list("ABCD") * 4})
    frame = pd.concat([places.assign(wave=wave) for wave in WAVES]).loc[lambda d: d.index.repeat(n)]
    frame = frame.reset_index(drop=True)
    frame["safe"] = rng.integers(0, 2, len(frame))
    frame["trust"] = rng.integers(0, 2, len(frame))
    frame["income"] = rng.normal(45, 5, len(frame))
    frame["person"] = [f"P{k:05d}" for k in range(len(frame))]
    frame["team"] = frame["commune"] % 5
    return frame


BOOK = {
    "outcomes": {
        "safe": {"scale": "binary"},
        "trust": {"scale": "binary"},
        "income": {"scale": "continuous"},
    }
}


def survey(frame: pd.DataFrame) -> jf.Survey:
    design = jf.SurveyDesign(
        wave="wave",
        strata="region",
        cluster="commune",
        repeats="clusters",
        target="population",
        person="person",
        interviewer="team",
    )
    return jf.Survey(frame, design, BOOK)


@pytest.fixture(scope="module")
def plain() -> jf.Survey:
    return survey(rows())


def test_changes_of_a_modelled_mean_have_intervals(plain):
    table = jf.fit("income ~ wave", plain).changes()
    direct = jf.direct(plain, "income").changes()
    assert (table["flag"] == ()).all()
    assert table["low"].notna().all()
    np.testing.assert_allclose(table["std_error"], direct["std_error"], rtol=0.05)


def test_totals_have_the_degrees_of_freedom_of_their_own_strata(plain):
    total = jf.direct(plain, "income", statistic="total")
    assert total.changes(by="region")["df"].to_numpy() == pytest.approx(3)
    assert (total.changes()["df"] <= 12 + 1e-9).all()


@pytest.mark.parametrize("statistic", ["total", jf.Quantile(0.5)])
def test_two_way_clustering_is_refused_where_it_is_not_derived(plain, statistic):
    with pytest.raises(jf.SpecError, match="interviewers='cluster'"):
        jf.direct(plain, "income", statistic=statistic, interviewers="cluster")


def test_an_index_compares_only_waves_that_asked_all_of_it():
    frame = rows()
    frame.loc[frame["wave"] == "W2", "trust"] = np.nan
    fit = jf.direct(survey(frame), ["safe", "trust"])
    table = fit.estimate(jf.Index(["safe", "trust"], of=jf.Change()))
    assert table[["wave", "wave_ref"]].to_numpy().tolist() == [["W3", "W1"]]


def test_an_index_has_no_design_effect_of_its_first_item(plain):
    fit = jf.direct(plain, ["safe", "trust"])
    assert fit.estimate(jf.Index(["safe", "trust"]))["deff"].isna().all()


def test_extremes_are_not_bounded_without_a_group_whose_error_is_unknown():
    frame = rows()
    alone = (frame["region"] == "B") & (frame["commune"] != 1) & (frame["wave"] == "W1")
    table = jf.direct(survey(frame[~alone]), "safe").estimate(
        jf.Range("region"), where={"wave": "W1"}
    )
    assert table["low"].isna().all()
    assert all("one_cluster" in flag for flag in table["flag"])


def test_joint_tests_do_not_rest_on_levels_without_variation():
    frame = rows()
    frame.loc[(frame["region"] == "A") & (frame["wave"] == "W1"), "safe"] = 0
    found = jf.direct(survey(frame), "safe").test("wave", by="region").iloc[0]
    assert np.isnan(found["p_value"])
    assert "at_boundary" in found["flag"]


def test_a_share_is_not_set_against_a_mean(plain):
    with pytest.raises(jf.SpecError, match="one unit"):
        jf.direct(plain, ["safe", "income"]).contrasts("outcome")


def test_people_do_not_group_and_are_not_named(plain):
    for ask in ({"by": "person"}, {"where": {"person": "nobody"}}):
        with pytest.raises(jf.SpecError, match="names people") as error:
            jf.direct(plain, "safe").levels(**ask)
        assert "P0" not in str(error.value)


def test_nothing_prints_rows(plain):
    assert "P0" not in repr(plain.rows)
    assert "P0" not in repr(jf.fit("safe ~ wave", plain).engine)


@pytest.mark.parametrize(
    "ask",
    [
        {"where": "region=A"},
        {"where": {"region": {"Z"}}},
        {"categories": None},
        {"coverage": "0.9"},
    ],
)
def test_malformed_questions_are_refused(plain, ask):
    with pytest.raises(jf.SpecError):
        jf.direct(plain, "safe").levels(**ask)


def test_a_team_replaced_in_one_region_is_flagged_in_that_domain():
    frame = rows()
    moved = (frame["region"] == "A") & (frame["wave"] == "W3")
    frame.loc[moved, "team"] = 99
    fit = jf.direct(survey(frame), "safe")
    inside = fit.changes(where={"region": "A"})
    assert [("interviewers_replaced" in flag) for flag in inside["flag"]] == [False, True]


def test_two_stages_with_these_clusters_let_the_second_stage_vary():
    frame = rows()
    frame["village"] = frame["commune"] * 10 + np.arange(len(frame)) % 5
    common = {"wave": "wave", "repeats": "clusters", "target": "these_clusters"}
    staged = jf.SurveyDesign(
        stages=[jf.Stage(cluster="commune", strata="region"), jf.Stage(cluster="village")],
        **common,
    )
    by_hand = jf.SurveyDesign(
        wave="wave",
        strata=["wave", "region", "commune"],
        cluster=["wave", "village"],
        repeats="nothing",
        target="population",
    )
    found, expected = (
        jf.direct(jf.Survey(frame, design, BOOK), "safe").levels() for design in (staged, by_hand)
    )
    np.testing.assert_allclose(found["std_error"], expected["std_error"], rtol=1e-9)


def test_an_option_empty_in_a_wave_is_asked_about_rather_than_counted_as_zero():
    frame = rows()
    frame["a"], frame["b"] = 1, np.where(frame["wave"] == "W1", np.nan, 0)
    design = jf.SurveyDesign(
        wave="wave", cluster="commune", repeats="clusters", target="population"
    )
    book = {"outcomes": {"why": {"scale": "multi", "columns": {"a": "a", "b": "b"}}}}
    with pytest.raises(jf.DataError, match="option 'b' is empty in wave W1"):
        jf.Survey(frame, design, book)


def test_a_model_of_one_share_has_no_other_category(plain):
    with pytest.raises(jf.SpecError, match="alone"):
        jf.fit("safe ~ wave", plain).levels(categories=["nonsense"])
