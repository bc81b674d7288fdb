"""Every question, recomputed in bare pandas on a tiny survey of uneven waves.

`army` was asked always, `police` not in W3, `courts` always but in other words in W2.
"""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import jfmodels as jf

WAVES = {
    "W1": {"start": "2020-01-01", "end": "2020-01-21"},
    "W2": {"start": "2020-07-01", "end": "2020-07-11"},
    "W3": {"start": "2021-12-01"},
    "W4": {"start": "2022-02-01", "end": "2022-03-01"},
}
REGIONS = ["Gao", "Mopti", "Segou"]
BOOK = {
    "waves": WAVES,
    "outcomes": {
        "army": {"scale": "binary"},
        "police": {"scale": "binary", "asked_in": ["W1", "W2", "W4"]},
        "courts": {"scale": "binary", "relabelled": {"W2": {1: "fully"}}},
    },
}
DESIGN = jf.SurveyDesign(
    wave="wave",
    strata="region",
    cluster="commune",
    weights="weight",
    repeats="clusters",
    target="population",
)


def people():
    """Four waves in four communes of each of three regions, with uneven weights."""
    random = np.random.default_rng(7)
    rows = [
        (wave, region, f"{region} {commune}")
        for wave in WAVES
        for region in REGIONS
        for commune in range(4)
        for _ in range(random.integers(6, 15))
    ]
    frame = pd.DataFrame(rows, columns=["wave", "region", "commune"])
    frame["weight"] = random.uniform(0.4, 2.5, len(frame))
    for outcome in BOOK["outcomes"]:
        frame[outcome] = random.integers(0, 2, len(frame)).astype(float)
    frame.loc[frame["wave"] == "W3", "police"] = np.nan
    frame.loc[random.random(len(frame)) < 0.05, "army"] = np.nan
    return frame


FRAME = people()


def fit_of(book=BOOK, outcomes=("army", "police", "courts")):
    return jf.direct(jf.Survey(FRAME, DESIGN, book), list(outcomes))


@pytest.fixture(scope="module")
def fit():
    return fit_of()


def share(outcome, wave, region=None):
    """Weighted share in bare pandas; NaN where nobody was asked."""
    rows = FRAME[(FRAME["wave"] == wave) & FRAME[outcome].notna()]
    rows = rows if region is None else rows[rows["region"] == region]
    return np.average(rows[outcome], weights=rows["weight"]) if len(rows) else np.nan


def estimates(table, outcome, *labels):
    """Estimates of one outcome by the columns named."""
    rows = table[table["outcome"] == outcome]
    return rows.astype(dict.fromkeys(labels, "object")).set_index(list(labels))["estimate"]


@pytest.mark.parametrize("region", [None, *REGIONS])
@pytest.mark.parametrize("wave", WAVES)
def test_level_is_the_weighted_share(fit, wave, region):
    table = fit.levels() if region is None else fit.levels(by="region")
    labels = ["wave"] if region is None else ["wave", "region"]
    key = wave if region is None else (wave, region)
    assert estimates(table, "army", *labels)[key] == pytest.approx(share("army", wave, region))


@pytest.mark.parametrize(
    ("against", "pairs"),
    [
        ("previous", [("W2", "W1"), ("W3", "W2"), ("W4", "W3")]),
        ("first", [("W2", "W1"), ("W3", "W1"), ("W4", "W1")]),
        ("W3", [("W1", "W3"), ("W2", "W3"), ("W4", "W3")]),
        (
            "all",
            [("W2", "W1"), ("W3", "W1"), ("W3", "W2"), ("W4", "W1"), ("W4", "W2"), ("W4", "W3")],
        ),
    ],
)
def test_change_is_one_level_less_another(fit, against, pairs):
    found = estimates(fit.changes(against), "army", "wave", "wave_ref")
    assert found.index.tolist() == pairs
    for wave, ref in pairs:
        assert found[wave, ref] == pytest.approx(share("army", wave) - share("army", ref))


def test_previous_is_the_previous_wave_that_asked(fit):
    found = estimates(fit.changes(), "police", "wave", "wave_ref")
    assert found.index.tolist() == [("W2", "W1"), ("W4", "W2")]
    assert found["W4", "W2"] == pytest.approx(share("police", "W4") - share("police", "W2"))


def test_a_wave_that_did_not_ask_is_missing_and_says_so(fit):
    table = fit.levels()
    row = table[(table["outcome"] == "police") & (table["wave"] == "W3")].iloc[0]
    assert np.isnan([row["estimate"], row["std_error"], row["low"]]).all()
    assert row["flag"] == ("not_asked",)
    assert row["n"] == 0


def test_first_and_named_waves_skip_those_that_did_not_ask(fit):
    assert "W3" not in estimates(fit.changes("first"), "police", "wave").index
    assert estimates(fit.changes("W3"), "police", "wave").empty


@pytest.mark.parametrize(
    ("scale", "compare"),
    [
        ("ratio", lambda a, b: a / b),
        ("log_ratio", lambda a, b: np.log(a / b)),
        ("log_odds_ratio", lambda a, b: np.log(a / (1 - a) / (b / (1 - b)))),
    ],
)
def test_changes_on_other_scales(fit, scale, compare):
    table = fit.estimate(jf.Change("first", by="region", scale=scale))
    found = estimates(table, "army", "wave", "region")
    for wave in ("W2", "W4"):
        for region in REGIONS:
            expected = compare(share("army", wave, region), share("army", "W1", region))
            assert found[wave, region] == pytest.approx(expected)


@pytest.mark.parametrize(("scale", "null"), [("ratio", 1), ("log_ratio", 0), ("difference", 0)])
def test_no_change_is_a_ratio_of_one_and_a_difference_of_zero(fit, scale, null):
    table = fit.estimate(jf.Change("first", scale=scale))
    t = (table["estimate"] - null) / table["std_error"]
    expected = 2 * stats.t.sf(t.abs(), table["df"])
    np.testing.assert_allclose(table["p_value"], expected, rtol=1e-9)


def test_contrast_with_a_reference(fit):
    table = fit.contrasts("region", reference="Mopti")
    found = estimates(table, "army", "wave", "region", "region_ref")
    assert set(found.index.get_level_values("region_ref")) == {"Mopti"}
    expected = share("army", "W2", "Gao") - share("army", "W2", "Mopti")
    assert found["W2", "Gao", "Mopti"] == pytest.approx(expected)


def test_contrast_of_every_pair(fit):
    found = estimates(fit.contrasts("region"), "army", "wave", "region", "region_ref")
    assert len(found) == 4 * 3
    expected = share("army", "W4", "Segou") - share("army", "W4", "Gao")
    assert found["W4", "Segou", "Gao"] == pytest.approx(expected)


def test_contrast_with_the_plain_mean_of_the_others(fit):
    table = fit.contrasts("region", reference="others")
    found = estimates(table, "army", "wave", "region")
    others = (share("army", "W1", "Gao") + share("army", "W1", "Segou")) / 2
    assert found["W1", "Mopti"] == pytest.approx(share("army", "W1", "Mopti") - others)
    assert table["region_ref"].isna().all()


def test_contrast_between_outcomes(fit):
    table = fit.estimate(jf.Contrast("outcome", reference="army", by="region"))
    found = estimates(table, "police", "wave", "region")
    expected = share("police", "W1", "Gao") - share("army", "W1", "Gao")
    assert found["W1", "Gao"] == pytest.approx(expected)
    assert np.isnan(found["W3", "Gao"])


def test_contrast_between_waves_is_a_change(fit):
    contrast = fit.estimate(jf.Contrast("wave", reference="W1"), adjust="none")
    change = fit.changes("first", adjust="none")
    contrast = contrast[contrast["estimate"].notna()]
    change = change[change["estimate"].notna()]
    numbers = ["estimate", "std_error", "df", "p_value"]
    np.testing.assert_allclose(contrast[numbers], change[numbers])


def test_difference_in_differences(fit):
    table = fit.estimate(jf.DiffInDiff("region", reference="Mopti", against="first"))
    found = estimates(table, "army", "wave", "wave_ref", "region", "region_ref")
    gao = share("army", "W3", "Gao") - share("army", "W1", "Gao")
    mopti = share("army", "W3", "Mopti") - share("army", "W1", "Mopti")
    assert found["W3", "W1", "Gao", "Mopti"] == pytest.approx(gao - mopti)
    assert set(table["estimand"]) == {"difference in differences"}


def test_slope_per_year_is_a_straight_line_through_the_midpoints(fit):
    days = [date(2020, 1, 11), date(2020, 7, 6), date(2021, 12, 1), date(2022, 2, 15)]
    years = np.array([(day - days[0]).days for day in days]) / 365.25
    found = estimates(fit.estimate(jf.Slope(by="region")), "army", "region")
    for region in REGIONS:
        levels = [share("army", wave, region) for wave in WAVES]
        assert found[region] == pytest.approx(np.polyfit(years, levels, 1)[0])


def test_slope_per_wave_leaves_out_waves_that_did_not_ask(fit):
    table = fit.estimate(jf.Slope(per="wave"))
    levels = [share("police", wave) for wave in ("W1", "W2", "W4")]
    expected = np.polyfit([0, 1, 3], levels, 1)[0]
    assert estimates(table, "police", "outcome")["police"] == pytest.approx(expected)
    assert set(table["unit"]) == {"share per wave"}


def test_slope_per_year_needs_dates():
    book = {**BOOK, "waves": dict.fromkeys(WAVES)}
    with pytest.raises(jf.SpecError, match="needs the waves' dates"):
        fit_of(book).estimate(jf.Slope())


def test_index_is_the_plain_mean_of_its_outcomes(fit):
    index = jf.Index(["army", "police"], of=jf.Change("first", by="region"), name="trust")
    found = estimates(fit.estimate(index), "trust", "wave", "region")
    changes = [share(name, "W4", "Gao") - share(name, "W1", "Gao") for name in ("army", "police")]
    assert found["W4", "Gao"] == pytest.approx(np.mean(changes))


def test_error_of_an_index_is_that_of_the_mean_answer_where_all_answered_both():
    both = FRAME[FRAME["army"].notna()].assign(mean=lambda f: (f["army"] + f["courts"]) / 2)
    book = {"outcomes": {**BOOK["outcomes"], "mean": {"scale": "continuous"}}}
    book["outcomes"]["courts"] = {"scale": "binary"}
    fit = jf.direct(jf.Survey(both, DESIGN, book), ["army", "courts"])
    index = fit.estimate(jf.Index(["army", "courts"], of=jf.Change()), adjust="none")
    mean = jf.direct(jf.Survey(both, DESIGN, book), "mean").changes(adjust="none")
    numbers = ["estimate", "std_error", "df", "p_value"]
    np.testing.assert_allclose(index[numbers], mean[numbers], rtol=1e-9)


def test_range_names_the_lowest_and_the_highest(fit):
    table = fit.estimate(jf.Range("region"), where={"wave": "W2"})
    rows = table[table["outcome"] == "army"].set_index("estimand")
    levels = pd.Series({region: share("army", "W2", region) for region in REGIONS})
    assert rows.loc["lowest", "region"] == levels.idxmin()
    assert rows.loc["highest", "region"] == levels.idxmax()
    assert rows.loc["range", "region_ref"] == levels.idxmin()
    expected = [levels.min(), levels.max(), levels.max() - levels.min()]
    assert rows["estimate"].tolist() == pytest.approx(expected)


def hidden(table, outcome="courts"):
    """Rows of an outcome that show nothing, and why."""
    rows = table[(table["outcome"] == outcome) & table["estimate"].isna()]
    numbers = ["std_error", "low", "high", "p_value"]
    assert rows[numbers].isna().all(axis=None)
    assert all("relabelled" in flags for flags in rows["flag"])
    return rows


def test_a_relabelled_wave_is_compared_with_no_other(fit):
    pairs = hidden(fit.changes("all")).astype(str)
    found = set(zip(pairs["wave"], pairs["wave_ref"], strict=True))
    assert found == {("W2", "W1"), ("W3", "W2"), ("W4", "W2")}
    assert fit.levels()["estimate"].notna().sum() == 11  # levels stand; W3 lacks police


@pytest.mark.parametrize(
    ("estimand", "outcome"),
    [
        (jf.Slope(), "courts"),
        (jf.Contrast("wave", reference="W2"), "courts"),
        (jf.Contrast("wave", reference="others"), "courts"),
        (jf.Change("W2", scale="ratio"), "courts"),
        (jf.DiffInDiff("region", reference="Gao", against="W2"), "courts"),
        (jf.DiffInDiff("outcome", reference="courts", against="W2"), "army"),
        (jf.Index(["army", "courts"], of=jf.Change("W2")), "index"),
        (jf.Range("wave"), "courts"),
    ],
)
def test_no_question_gets_round_a_relabelled_wave(fit, estimand, outcome):
    table = fit.estimate(estimand)
    rows = table[table["outcome"] == outcome]
    assert len(rows)
    assert len(hidden(table, outcome)) == len(rows)


def test_a_joint_test_of_relabelled_waves_is_refused(fit):
    table = fit.test("wave").set_index("outcome")
    assert table.loc["courts", "method"].startswith("refused: the wording")
    assert table.loc["courts", "flag"] == ("relabelled",)
    assert table.loc["army", "flag"] == ()
    assert not np.isnan(table.loc["army", "p_value"])


def test_a_relabelled_wave_may_be_compared_once_the_codebook_says_so():
    courts = {**BOOK["outcomes"]["courts"], "comparable": ["W2"]}
    fit = fit_of({**BOOK, "outcomes": {**BOOK["outcomes"], "courts": courts}})
    found = estimates(fit.changes(), "courts", "wave")
    assert found["W2"] == pytest.approx(share("courts", "W2") - share("courts", "W1"))
    assert fit.estimate(jf.Slope())["estimate"].notna().all()


def test_waves_worded_otherwise_alike_may_be_compared():
    new = {1: "fully"}
    courts = {"scale": "binary", "relabelled": {"W2": new, "W3": new, "W4": new}}
    book = {"waves": WAVES, "outcomes": {"courts": courts}}
    fit = fit_of(book, ["courts"])
    found = estimates(fit.changes(), "courts", "wave")
    assert np.isnan(found["W2"])
    assert found["W3"] == pytest.approx(share("courts", "W3") - share("courts", "W2"))
    asked = {"scale": "binary", "relabelled": courts["relabelled"], "asked_in": ["W2", "W3", "W4"]}
    later = FRAME.assign(courts=FRAME["courts"].where(FRAME["wave"] != "W1"))
    survey = jf.Survey(later, DESIGN, {"waves": WAVES, "outcomes": {"courts": asked}})
    assert jf.direct(survey, "courts").estimate(jf.Slope())["estimate"].notna().all()


def test_a_share_of_zero_spoils_no_other_row():
    none = FRAME.assign(army=FRAME["army"].where(FRAME["region"] + FRAME["wave"] != "GaoW1", 0))
    fit = jf.direct(jf.Survey(none, DESIGN, BOOK), "army")
    change = jf.Change("first", by="region", scale="log_ratio")
    table = fit.estimate(change)
    before = fit_of(outcomes=["army"]).estimate(change)
    gao = (table["region"] == "Gao").to_numpy()
    assert table.loc[gao, ["estimate", "low", "p_value"]].isna().all(axis=None)
    assert all("at_boundary" in flags for flags in table.loc[gao, "flag"])
    numbers = ["estimate", "std_error", "low", "high", "p_value"]
    np.testing.assert_allclose(table.loc[~gao, numbers], before.loc[~gao, numbers])


def test_a_joint_test_of_two_waves_is_the_test_of_their_change(fit):
    two = {"wave": ["W1", "W4"]}
    change = fit.changes(where=two, adjust="none").set_index("outcome")
    table = fit.test("wave", where=two).set_index("outcome")
    assert table["p_value"].to_dict() == pytest.approx(change["p_value"].to_dict())


def test_a_joint_test_beyond_the_clusters_is_refused(fit):
    table = fit.test("wave", by="region").set_index(["outcome", "region"])
    row = table.loc[("army", "Gao")]  # three contrasts on four clusters, and under three df
    assert row["method"].startswith("refused: 3 contrasts")
    assert np.isnan(row["p_value"])


def test_unknown_names_are_named(fit):
    with pytest.raises(jf.SpecError, match="Did you mean 'W1'"):
        fit.changes("W11")
    with pytest.raises(jf.SpecError, match="Did you mean 'Mopti'"):
        fit.contrasts("region", reference="Mopt")
    with pytest.raises(jf.SpecError, match="Did you mean 'log_ratio'"):
        fit.estimate(jf.Change(scale="log ratio"))
    with pytest.raises(jf.SpecError, match="Did you mean 'army'"):
        fit.estimate(jf.Index(["army", "armi"]))
