"""What a survey can find agrees with a plan of the same numbers, and hangs on nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.results.schema import DETECTABLE, SIGN_MAGNITUDE, columns

WAVES, STRATA, CLUSTERS, PEOPLE = 3, 2, 5, 12


def balanced(seed: int = 1) -> pd.DataFrame:
    """Every cluster of every stratum has as many people of equal weight in every wave."""
    rng = np.random.default_rng(seed)
    shape = (WAVES, STRATA, CLUSTERS, PEOPLE)
    wave, stratum, cluster, _ = np.indices(shape)
    size = stratum * 1.0 + rng.normal(size=shape)
    size += rng.normal(size=(1, *shape[1:3], 1)) + 0.6 * rng.normal(size=(*shape[:3], 1))
    return pd.DataFrame(
        {
            "wave": wave.ravel(),
            "region": np.array(["north", "south"])[stratum.ravel()],
            "commune": (stratum * CLUSTERS + cluster).ravel(),
            "weight": 1.0,
            "sex": np.where(np.arange(size.size) % 2, "f", "m"),
            "size": size.ravel(),
            "safe": (size.ravel() > 0.8).astype(int),
            "calm": (size.ravel() + rng.normal(size=size.size) > 0.8).astype(int),
        }
    )


def survey(frame: pd.DataFrame, repeats: str = "clusters", target: str = "population") -> jf.Survey:
    design = jf.SurveyDesign(
        wave="wave",
        strata="region",
        cluster="commune",
        weights="weight",
        repeats=repeats,
        target=target,
    )
    yes_no = {"scale": "binary", "categories": {0: "no", 1: "yes"}}
    book = {"outcomes": {"size": {"scale": "continuous"}, "safe": yes_no, "calm": yes_no}}
    return jf.Survey(frame, design, book)


def means(frame: pd.DataFrame) -> np.ndarray:
    """Mean size by wave, stratum and cluster."""
    every = frame["size"].to_numpy().reshape(WAVES, STRATA, CLUSTERS, PEOPLE)
    return every.mean(axis=-1)


def numbers(table: pd.DataFrame) -> np.ndarray:
    return table[["detectable", "std_error", "df", "df_test"]].to_numpy(dtype=float)


# ------------------------------------------------------------------ the components


def test_intraclass_correlations_are_those_of_the_analysis_of_variance():
    frame = balanced()
    of_cluster = means(frame)
    away = of_cluster - of_cluster.mean(axis=2, keepdims=True)
    between = (away**2).sum() / (WAVES * STRATA * (CLUSTERS - 1))
    every = frame["size"].to_numpy().reshape(*of_cluster.shape, PEOPLE)
    within = ((every - of_cluster[..., None]) ** 2).sum() / (of_cluster.size * (PEOPLE - 1))
    units = between - within / PEOPLE
    pairs = [(0, 1), (0, 2), (1, 2)]
    products = sum((away[a] * away[b]).sum() for a, b in pairs)
    lasting = products / (len(pairs) * STRATA * (CLUSTERS - 1))
    row = jf.detectable_change(survey(frame), "size").iloc[0]
    assert row["icc"] == pytest.approx(units / (units + within), rel=1e-10)
    assert row["icc_between_waves"] == pytest.approx(lasting / (units + within), rel=1e-10)


def test_clusters_of_uneven_size_follow_the_textbook():
    # one-way analysis of variance in every stratum and wave; n0 is the average size that counts
    frame = balanced().sample(frac=0.6, random_state=8)
    within, between, n0, df = 0.0, 0.0, 0.0, 0
    for _, part in frame.groupby(["wave", "region"]):
        groups = part.groupby("commune")["size"]
        n, mean = groups.size(), groups.mean()
        within += (groups.var() * (n - 1)).sum()
        between += (n * (mean - part["size"].mean()) ** 2).sum()
        n0 += n.sum() - (n**2).sum() / n.sum()
        df += len(n) - 1
    of_people = within / (len(frame) - WAVES * STRATA * CLUSTERS)
    of_units = (between - df * of_people) / n0
    row = jf.detectable_change(survey(frame), "size").iloc[0]
    assert row["icc"] == pytest.approx(of_units / (of_units + of_people), rel=1e-10)


@pytest.mark.parametrize(("repeats", "overlap"), [("clusters", 1), ("nothing", 0)])
@pytest.mark.parametrize(("by", "strata"), [(None, STRATA), ("region", 1)])
def test_a_balanced_survey_detects_what_its_plan_does(repeats, overlap, by, strata):
    frame = balanced()
    table = jf.detectable_change(survey(frame, repeats), "size", by=by)
    row = table.iloc[0]
    every = frame["size"].to_numpy().reshape(WAVES, STRATA, CLUSTERS, PEOPLE)
    within = ((every - every.mean(axis=-1, keepdims=True)) ** 2).sum() / (
        every.size - every.size / PEOPLE
    )
    plan = jf.SurveyPlan(
        n=strata * CLUSTERS * PEOPLE,
        clusters=strata * CLUSTERS,
        strata=strata,
        sd=float(np.sqrt(within / (1 - row["icc"]))),
        icc=row["icc"],
        icc_between_waves=row["icc_between_waves"] if overlap else None,
        overlap=overlap,
    )
    assert row["df"] == pytest.approx(plan.df)
    assert row["std_error"] == pytest.approx(plan.std_error(), rel=1e-10)
    assert row["detectable"] == pytest.approx(plan.detectable_change(), rel=1e-10)
    assert np.ptp(table["detectable"]) == pytest.approx(0, abs=1e-10)  # nothing is a row's own


# ------------------------------------------------------------------ the same people again


def panel(seed: int = 5) -> pd.DataFrame:
    """The same people of every cluster in every wave, each with a temper of their own."""
    frame = balanced(seed)
    rng = np.random.default_rng(seed)
    frame["person"] = np.tile(np.arange(len(frame) // WAVES), WAVES)
    frame["size"] += rng.normal(size=len(frame) // WAVES)[frame["person"]]
    return frame.assign(safe=(frame["size"] > 0.8).astype(int))


def panel_survey(frame: pd.DataFrame, repeats: str = "people", **roles: str) -> jf.Survey:
    design = jf.SurveyDesign(
        **{"wave": "wave", "strata": "region", "cluster": "commune", "weights": "weight"}
        | {"repeats": repeats, "person": "person", "target": "population"}
        | roles
    )
    yes_no = {"scale": "binary", "categories": {0: "no", 1: "yes"}}
    return jf.Survey(frame, design, {"outcomes": {"size": {"scale": "continuous"}, "safe": yes_no}})


def test_what_people_and_clusters_keep_is_that_of_the_analysis_of_covariance():
    frame = panel()
    every = frame["size"].to_numpy().reshape(WAVES, STRATA, CLUSTERS, PEOPLE)
    of_cluster = every.mean(axis=-1)
    inside = every - of_cluster[..., None]
    away = of_cluster - of_cluster.mean(axis=2, keepdims=True)
    pairs, places = [(0, 1), (0, 2), (1, 2)], STRATA * CLUSTERS
    own = sum((inside[a] * inside[b]).sum() for a, b in pairs) / (3 * places * (PEOPLE - 1))
    products = sum((away[a] * away[b]).sum() for a, b in pairs) / (3 * STRATA * (CLUSTERS - 1))
    lasting = products - own / PEOPLE
    within = (inside**2).sum() / (WAVES * places * (PEOPLE - 1))
    total = (away**2).sum() / (WAVES * STRATA * (CLUSTERS - 1)) - within / PEOPLE + within
    row = jf.detectable_change(panel_survey(frame), "size").iloc[0]
    assert row["icc_between_waves"] == pytest.approx(lasting / total, rel=1e-10)
    assert row["person_correlation"] == pytest.approx((lasting + own) / total, rel=1e-10)


@pytest.mark.parametrize(("by", "strata"), [(None, STRATA), ("region", 1)])
def test_a_balanced_panel_detects_what_its_plan_does(by, strata):
    frame = panel()
    row = jf.detectable_change(panel_survey(frame), "size", by=by).iloc[0]
    every = frame["size"].to_numpy().reshape(-1, PEOPLE)
    within = every.var(axis=1, ddof=1).mean()
    plan = jf.SurveyPlan(
        n=strata * CLUSTERS * PEOPLE,
        clusters=strata * CLUSTERS,
        strata=strata,
        sd=float(np.sqrt(within / (1 - row["icc"]))),
        icc=row["icc"],
        icc_between_waves=row["icc_between_waves"],
        overlap=1,
        overlap_people=1,
        person_correlation=row["person_correlation"],
    )
    assert row["df"] == pytest.approx(plan.df)
    assert row["std_error"] == pytest.approx(plan.std_error(), rel=1e-10)
    assert row["detectable"] == pytest.approx(plan.detectable_change(), rel=1e-10)


def test_people_who_stand_for_themselves_are_a_panel_too():
    # the same people in strata, without clusters: a paired test, whose error is that of direct
    asked = panel_survey(panel(), cluster=None, target=None)
    row = jf.detectable_change(asked, "size", against="first").iloc[0]
    own = jf.direct(asked, "size").changes("first")["std_error"]
    assert row["std_error"] == pytest.approx(np.sqrt((own**2).mean()), rel=0.15)
    assert row["person_correlation"] == row["icc_between_waves"] > 0.3


def test_half_a_panel_gains_half():
    whole = panel()
    fresh = (whole["wave"] == 1) & (whole["person"] % 2 == 0)
    half = whole.assign(person=whole["person"].where(~fresh, whole["person"] + 10_000))
    half = half[half["wave"] < 2]
    row = jf.detectable_change(panel_survey(half), "size").iloc[0]
    variance = row["std_error"] ** 2
    parts = half["size"].to_numpy().reshape(-1, PEOPLE).var(axis=1, ddof=1).mean()
    total = parts / (1 - row["icc"])
    n, m = STRATA * CLUSTERS * PEOPLE, STRATA * CLUSTERS
    clusters = 2 * total * (row["icc"] - row["icc_between_waves"]) / m
    kept = total * (row["person_correlation"] - row["icc_between_waves"])
    assert variance == pytest.approx(clusters + 2 * (parts - kept / 2) / n, rel=1e-9)


def test_persons_who_are_never_met_again_change_nothing():
    frame = balanced()
    frame["person"] = np.arange(len(frame))
    with_persons = jf.detectable_change(panel_survey(frame, "clusters"), "size")
    without = jf.detectable_change(survey(frame), "size")
    pd.testing.assert_frame_equal(with_persons, without)
    assert without["person_correlation"].isna().all()


def test_a_panel_in_any_order_and_weights_on_any_scale():
    frame = panel()
    frame["weight"] = np.exp(0.4 * np.random.default_rng(3).normal(size=len(frame)))
    other = frame.sample(frac=1, random_state=2).assign(weight=lambda f: 10 * f["weight"])
    found, again = (
        numbers(jf.detectable_change(panel_survey(f), ["size", "safe"], by="sex"))
        for f in (frame, other)
    )
    assert again == pytest.approx(found, rel=1e-9)


def test_who_moves_away_is_somebody_else_there():
    frame = panel()
    moved = (frame["wave"] > 0) & (frame["person"] % 6 == 0)
    away = (frame["commune"] + 1) % CLUSTERS + frame["commune"] // CLUSTERS * CLUSTERS
    moves = frame.assign(commune=frame["commune"].where(~moved, away))
    renamed = moves.assign(person=moves["person"].where(~moved, moves["person"] + 10_000))
    found, again = (
        numbers(jf.detectable_change(panel_survey(f, "clusters"), "size", against="0"))
        for f in (moves, renamed)
    )
    assert again[0] == pytest.approx(found[0], rel=1e-9)  # the change that crosses the move


# ------------------------------------------------------------------ what must not matter


def test_rows_in_any_order():
    frame = balanced()
    shuffled = frame.sample(frac=1, random_state=2)
    for outcome in ("size", "safe"):
        found, again = (
            jf.detectable_change(survey(f), outcome, by="sex") for f in (frame, shuffled)
        )
        assert numbers(again) == pytest.approx(numbers(found), rel=1e-9)


@pytest.mark.parametrize("scale", [10.0, np.array([1.0, 10.0, 0.1])])
def test_weights_on_any_scale_also_by_wave(scale):
    frame = balanced()
    frame["weight"] = np.exp(0.4 * np.random.default_rng(3).normal(size=len(frame)))
    factor = np.broadcast_to(scale, WAVES)[frame["wave"]]
    scaled = frame.assign(weight=frame["weight"] * factor)
    found, again = (
        numbers(jf.detectable_change(survey(each), ["size", "safe"], by="sex"))
        for each in (frame, scaled)
    )
    assert again[:4] == pytest.approx(found[:4], rel=1e-9)
    if np.isscalar(scale):
        assert again == pytest.approx(found, rel=1e-9)
    else:  # the share of all waves together weighs them
        assert again == pytest.approx(found, rel=0.02)


def test_an_outcome_turned_round():
    frame = balanced()
    turned = frame.assign(safe=1 - frame["safe"])
    found, again = (numbers(jf.detectable_change(survey(f), "safe")) for f in (frame, turned))
    assert again == pytest.approx(found, rel=1e-9)


def test_units_of_a_measurement():
    frame = balanced()
    scaled = frame.assign(size=100 * frame["size"] + 7)
    found, again = (jf.detectable_change(survey(f), "size") for f in (frame, scaled))
    assert again["detectable"].to_numpy() == pytest.approx(100 * found["detectable"], rel=1e-9)


# ------------------------------------------------------------------ any question


QUESTIONS = [
    jf.Change("all", "region"),
    jf.Level("region"),
    jf.Contrast("region", reference="others"),
    jf.Contrast("wave", reference="0"),
    jf.DiffInDiff("region"),
    jf.Slope(per="wave"),
    jf.Contrast("outcome"),
    jf.Index(["safe", "calm"], of=jf.Change()),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: f"{type(q).__name__}")
def test_rows_are_those_of_the_estimates(question):
    asked = survey(balanced())
    found = jf.detectable_of(asked, ["safe", "calm"], question)
    estimates = jf.direct(asked, ["safe", "calm"]).estimate(question)
    labels = [
        name for name in found if name in estimates and name not in ("std_error", "df", "flag")
    ]
    pd.testing.assert_frame_equal(found[labels], estimates[labels])
    groups = [axis for axis in question.axes if axis not in ("outcome", "wave")]
    assert list(found) == columns(groups, DETECTABLE)
    assert (found["detectable"] > 0).all()
    # planned errors are near those that came out, on average
    ratio = np.sqrt((found["std_error"] ** 2).mean() / (estimates["std_error"] ** 2).mean())
    assert 0.6 < ratio < 1.7


def test_rows_of_several_outcomes_have_the_mean_of_their_own_variances():
    asked = survey(balanced())
    question = jf.Contrast("outcome")
    found = jf.detectable_of(asked, ["safe", "calm"], question)
    own = jf.direct(asked, ["safe", "calm"]).estimate(question)["std_error"]
    assert found["std_error"].to_numpy() == pytest.approx(np.sqrt((own**2).mean()), rel=1e-9)
    assert found["icc"].isna().all()


def test_a_level_is_told_from_a_threshold():
    row = jf.detectable_of(survey(balanced()), "size", jf.Level()).iloc[0]
    plan = jf.SurveyPlan(
        n=STRATA * CLUSTERS * PEOPLE,
        clusters=STRATA * CLUSTERS,
        strata=STRATA,
        sd=1.0,
        icc=row["icc"],
        overlap=0,
    )
    change = jf.detectable_change(survey(balanced(), "nothing"), "size").iloc[0]
    assert row["std_error"] * np.sqrt(2) == pytest.approx(change["std_error"], rel=1e-9)
    assert row["df"] == pytest.approx(plan.df / 2)


def test_these_clusters_see_more_than_clusters_that_stand_for_others():
    others = jf.detectable_change(survey(balanced()), "size")
    these = jf.detectable_change(survey(balanced(), target="these_clusters"), "size")
    assert (these["detectable"] < others["detectable"]).all()
    assert set(these["target"]) == {"these_clusters"}
    people = STRATA * CLUSTERS * PEOPLE
    pooled = balanced()
    every = pooled["size"].to_numpy().reshape(-1, PEOPLE)
    within = every.var(axis=1, ddof=1).mean()
    assert these["std_error"].to_numpy() == pytest.approx(np.sqrt(2 * within / people), rel=1e-9)


# ------------------------------------------------------------------ power, level, flags


def test_more_power_and_a_stricter_level_ask_for_more():
    asked = survey(balanced())
    plain, sure, strict = (
        jf.detectable_change(asked, "safe", **given)["detectable"].iloc[0]
        for given in ({}, {"power": 0.95}, {"alpha": 0.01})
    )
    assert plain < sure
    assert plain < strict


def test_the_power_of_what_is_detectable_is_the_power_asked_for():
    table = jf.detectable_change(survey(balanced()), ["safe", "size"], by="region", power=0.7)
    assert jf.type_s_m(table)["power"].to_numpy() == pytest.approx(0.7, rel=1e-9)


def test_a_share_near_nought_in_few_places_is_not_detectable():
    frame = balanced()
    kept = frame[
        frame["commune"].isin([0, 1, 5, 6]) & (frame.groupby(["wave", "commune"]).cumcount() < 2)
    ]
    kept = kept.assign(safe=(np.arange(len(kept)) % 5 == 0).astype(int))
    table = jf.detectable_change(survey(kept), "safe", by="region", alpha=0.001)
    assert table["detectable"].isna().all()
    assert all("not_detectable" in codes for codes in table["flag"])
    assert table["std_error"].notna().all()


def test_where_all_answer_alike_nothing_is_detectable_and_nobody_is_warned():
    table = jf.detectable_change(survey(balanced().assign(safe=1)), ["safe", "calm"])
    alike = table["outcome"] == "safe"
    assert table.loc[alike, ["detectable", "icc", "icc_between_waves"]].isna().all(axis=None)
    assert table.loc[~alike, ["detectable", "icc"]].notna().all(axis=None)


def test_a_wave_that_reached_nobody_is_left_open():
    frame = balanced()
    frame = frame[~((frame["wave"] == 1) & (frame["region"] == "north"))]
    table = jf.detectable_change(survey(frame), "safe", by="region")
    north = table[table["region"] == "north"]
    assert north["detectable"].isna().all()
    assert all("no_interviews" in codes for codes in north["flag"])
    assert not any("not_detectable" in codes for codes in north["flag"])
    assert table[table["region"] == "south"]["detectable"].notna().all()


def test_how_one_sample_came_out_is_no_flag_of_what_it_can_find():
    frame = balanced()
    frame.loc[(frame["wave"] == 1) & (frame["region"] == "north"), "safe"] = 1
    asked = survey(frame)
    estimates = jf.direct(asked, "safe").changes(by="region")
    assert any("at_boundary" in codes for codes in estimates["flag"])
    table = jf.detectable_change(asked, "safe", by="region")
    assert not any("at_boundary" in codes for codes in table["flag"])


def test_the_record_says_what_was_asked():
    record = jf.detectable_change(survey(balanced()), "safe", power=0.9).attrs["record"]
    assert record["call"]["power"] == 0.9
    assert record["call"]["alpha"] == 0.05


# ------------------------------------------------------------------ signs and sizes


def test_type_s_and_m_of_a_plan():
    plan = jf.SurveyPlan(n=100, clusters=100, sd=1.0, overlap=0)
    table = jf.type_s_m(plan, [0.05, 0.4])
    assert list(table) == columns([], SIGN_MAGNITUDE)[-len(table.columns) :]
    assert table["power"].tolist() == pytest.approx([plan.power(0.05), plan.power(0.4)])
    assert table["type_s"].is_monotonic_decreasing
    assert table["exaggeration"].is_monotonic_decreasing
    assert (table["exaggeration"] > 1).all()
    assert jf.type_s_m(plan)["power"].tolist() == pytest.approx([0.8])


def test_type_s_and_m_of_a_table_keep_its_labels():
    asked = jf.detectable_change(survey(balanced()), "safe", by="region")
    table = jf.type_s_m(asked, [0.05, 0.1])
    assert list(table) == columns(["region"], SIGN_MAGNITUDE)
    assert table["change"].tolist() == [0.05] * len(asked) + [0.1] * len(asked)
    assert table["region"].tolist() == asked["region"].tolist() * 2
    assert table.attrs["record"] == asked.attrs["record"]


def test_a_test_more_careful_than_its_level_is_flagged():
    plan = jf.SurveyPlan(
        n=544, clusters=16, strata=4, share=0.5, icc=0.05, icc_between_waves=0.04, overlap=1
    )
    table = jf.type_s_m(plan, [0.001, 0.1])
    assert table["power"].iloc[0] < 0.05 < table["power"].iloc[1]
    assert table["flag"].tolist() == [("careful_test",), ()]


def test_no_share_moves_farther_than_it_can():
    table = jf.detectable_change(survey(balanced()), "safe")
    with pytest.raises(jf.SpecError, match=r"0\.9 is more than a share .* can move"):
        jf.type_s_m(table, [0.1, 0.9])
    assert len(jf.type_s_m(jf.detectable_change(survey(balanced()), "size"), 9.0)) == 2


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (jf.Change(scale="ratio"), "scale='difference'"),
        (jf.Range("region"), "said of differences"),
        (jf.Index(["safe", "calm"], of=jf.Change(scale="log_odds_ratio")), "scale='difference'"),
    ],
)
def test_only_differences_have_planning_variances(question, says):
    with pytest.raises(jf.SpecError, match=says):
        jf.detectable_of(survey(balanced()), ["safe", "calm"], question)


def test_what_is_not_asked_rightly_is_said():
    asked = survey(balanced())
    with pytest.raises(jf.SpecError, match="power is a number"):
        jf.detectable_change(asked, "safe", power=80)
    with pytest.raises(jf.SpecError, match="alpha is a number"):
        jf.detectable_change(asked, "safe", alpha=5)
    with pytest.raises(jf.SpecError, match=r"A jf\.Survey is needed"):
        jf.detectable_change(balanced(), "safe")
    with pytest.raises(jf.SpecError, match="Did you mean 'safe'"):
        jf.detectable_change(asked, "saf")
    with pytest.raises(jf.SpecError, match="takes a SurveyPlan"):
        jf.type_s_m(jf.direct(asked, "safe").changes())
    with pytest.raises(jf.SpecError, match="above 0"):
        jf.type_s_m(jf.detectable_change(asked, "safe"), [0.1, 0.0])
