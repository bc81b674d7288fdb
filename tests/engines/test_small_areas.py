"""Small areas: direct estimates by hand beside a model's rows, and what a picture needs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from test_regression import PEOPLE, SURVEY, assert_tables

import jfmodels as jf

FIT = jf.fit("safe ~ wave + region + sex", SURVEY)
KNOWN = PEOPLE[["commune", "region", "sex"]].drop_duplicates().astype(str)
FAR = pd.DataFrame({"commune": "far", "region": "a", "sex": ["female", "male"]})
CENSUS = jf.Population(pd.concat([KNOWN, FAR]).assign(n=[10 + k % 7 for k in range(34)]))


def weighted(y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Mean and standard error of people drawn independently."""
    mean = np.average(y, weights=w)
    return mean, np.sqrt(len(y) / (len(y) - 1) * (w**2 * (y - mean) ** 2).sum()) / w.sum()


def test_areas_of_one_cluster_err_by_who_was_asked_there():
    table = jf.small_area_check(FIT, "commune", over="wave")
    assert set(table["varies"]) == {"people"}
    for row in table.itertuples():
        here = PEOPLE[(PEOPLE["commune"].astype(str) == row.commune) & (PEOPLE["wave"] == row.wave)]
        y, w = here["safe"].to_numpy(float), here["weight"].to_numpy()
        mean, error = weighted(y, w)
        assert row.n == len(here)
        assert row.direct == pytest.approx(mean, rel=1e-12)
        assert row.direct_std_error == pytest.approx(error, rel=1e-10)
        half = student.ppf(0.975, len(here) - 1) * error / (mean * (1 - mean))
        ends = 1 / (1 + np.exp(-np.log(mean / (1 - mean)) - np.array([-half, half])))
        assert [row.direct_low, row.direct_high] == pytest.approx(ends.tolist(), rel=1e-9)
        assert row.good == (len(here) >= 30)
        assert row.holds == (row.direct_low <= row.estimate <= row.direct_high)
        assert row.difference == pytest.approx(row.direct - row.estimate)


def test_means_have_t_intervals():
    fit = jf.fit("income ~ wave + region", SURVEY)
    row = jf.small_area_check(fit, "commune", over="wave").iloc[0]
    here = PEOPLE[(PEOPLE["commune"].astype(str) == row["commune"]) & (PEOPLE["wave"] == "Q1")]
    mean, error = weighted(here["income"].to_numpy(), here["weight"].to_numpy())
    half = student.ppf(0.975, len(here) - 1) * error
    found = row[["direct", "direct_std_error", "direct_low", "direct_high"]].tolist()
    assert found == pytest.approx([mean, error, mean - half, mean + half], rel=1e-10)


def test_areas_of_several_clusters_are_those_of_direct():
    table = jf.small_area_check(FIT, "region", over="wave", coverage=0.9)
    own = jf.direct(SURVEY, "safe", by="region").levels(by="region", coverage=0.9)
    assert set(table["varies"]) == {"clusters"}
    named = {"direct": "estimate", "direct_std_error": "std_error", "direct_low": "low"}
    assert_tables(table[[*named]].rename(columns=named), own[[*named.values()]], rel=1e-12)
    modelled = FIT.levels(by="region", over="wave", coverage=0.9)
    kept = ["estimate", "std_error", "low", "high", "n"]
    assert_tables(table[kept], modelled[kept], rel=1e-12)
    assert table["flag"].tolist() == modelled["flag"].tolist()


def test_a_domain_holds_on_both_sides():
    table = jf.small_area_check(FIT, "commune", over="wave", where={"sex": "male", "wave": "Q2"})
    assert set(table["wave"]) == {"Q2"}
    row = table.iloc[3]
    men = PEOPLE[(PEOPLE["sex"] == "male") & (PEOPLE["wave"] == "Q2")]
    here = men[men["commune"].astype(str) == row["commune"]]
    mean, error = weighted(here["safe"].to_numpy(float), here["weight"].to_numpy())
    assert row[["direct", "direct_std_error"]].tolist() == pytest.approx([mean, error])
    inside = jf.fit("safe ~ wave + sex", SURVEY, where={"region": ["a", "b"]})
    kept = jf.small_area_check(inside, "region", over="wave")
    assert kept["direct"].notna().tolist() == kept["region"].isin(["a", "b"]).tolist()


def test_areas_without_interviews_have_no_direct_estimate():
    table = jf.small_area_check(FIT, "commune", over=CENSUS)
    far = table[table["commune"] == "far"]
    assert len(table) == 34
    assert far["direct"].isna().all()
    assert far["varies"].isna().all()
    assert not far["good"].any()
    assert far["holds"].isna().all()
    assert far["estimate"].notna().all()
    assert table.attrs["record"]["n"] == SURVEY.n


def test_a_model_that_smooths_away_what_is_there_does_not_hold():
    """Communes lie 1.5 logits apart; a model that knows none of it misses most of them."""
    rng = np.random.default_rng(3)
    places = np.repeat(np.arange(20), 60)
    eta = np.repeat(rng.normal(0, 1.5, 20), 60)
    frame = pd.DataFrame({"commune": places, "safe": rng.random(1200) < 1 / (1 + np.exp(-eta))})
    design = jf.SurveyDesign(cluster="commune", target="population")
    book = {"outcomes": {"safe": {"scale": "binary"}}}
    survey = jf.Survey(frame.assign(safe=frame["safe"].astype(int)), design, book)
    blind = jf.small_area_check(jf.fit("safe ~ 1", survey), "commune")
    seeing = jf.fit("safe ~ 1 + (1 | commune)", survey, engine=jf.Laplace(draws=500))
    kept = jf.small_area_check(seeing, "commune")
    assert blind.loc[blind["good"], "holds"].mean() < 0.6
    assert kept.loc[kept["good"], "holds"].all()
    apart = (kept["estimate"] - kept["estimate"].mean()).abs()
    assert apart.mean() < (kept["direct"] - kept["direct"].mean()).abs().mean()


@pytest.mark.parametrize(
    "formula",
    ["shown(walks) ~ wave", "walks ~ wave", 'option(kind, "often") ~ wave', "kind ~ wave"],
)
def test_the_same_answers_stand_on_both_sides(formula):
    fit = jf.fit(formula, SURVEY)
    table = jf.small_area_check(fit, "region")
    assert table["direct"].notna().all()
    saturated = jf.fit(f"{formula} * region", SURVEY) if formula.startswith("shown") else None
    if saturated is not None:  # such a model gives the direct shares again
        again = jf.small_area_check(saturated, "region")
        np.testing.assert_allclose(again["direct"], again["estimate"], rtol=1e-9)


def test_a_fit_without_a_model_is_refused():
    with pytest.raises(jf.SpecError, match="compares a model with direct estimates"):
        jf.small_area_check(jf.direct(SURVEY, "safe"), "region")
