"""Posteriors over a census: every row draw by draw, and communes that nobody went to."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from latent_cases import NEIGHBOURS
from scipy.stats import kstest
from test_averages import FORMULAS, FRAME, TARGETS, TIME, assert_rows, fit, ones

import jfmodels as jf
from jfmodels.engines.bayesian.averages import _Sums

FAR = {"c8": "north", "c9": "south"}
SAME = ["estimate", "std_error", "low", "high", "n", "n_clusters"]


def census_frame() -> pd.DataFrame:
    """All communes of the frame and two beyond, with uneven numbers of each x."""
    known = FRAME[["commune", "region"]].drop_duplicates().sort_values("commune")
    far = pd.DataFrame(FAR.items(), columns=["commune", "region"])
    places = pd.concat([known, far], ignore_index=True)
    frame = places.merge(pd.DataFrame({"x": np.sort(FRAME["x"].unique())}), how="cross")
    return frame.assign(n=10 + (31 * np.arange(len(frame))) % 17)


CENSUS = jf.Population(census_frame())


def everyone(frame: pd.DataFrame) -> pd.DataFrame:
    """The people of a census in every wave, asked by nobody in particular."""
    named = frame.rename(columns={"n": "weight"}).assign(interviewer="nobody")
    return pd.concat([named.assign(wave=wave) for wave in TIME], ignore_index=True)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_rows_are_means_over_the_people_counted(formula, target):
    found = fit(formula, target=target)
    categories = "all" if formula.startswith(("level", "choice")) else "shown"
    people, new = everyone(census_frame()), TARGETS[target]
    for by in ([], ["region"], ["commune"]):
        kept = new - set(by)
        assert_rows(found, by, people, kept, over=CENSUS, categories=categories)


@cache
def of_sizes(target: str = "population") -> jf.BayesianFit:
    found = fit("size ~ wave + region + x + (1 | commune) + (1 | commune:wave)", target=target)
    settings = jf.Laplace(draws=4000, seed=3)
    formula, survey = found.engine.formula.text, found.engine.survey
    return jf.fit(formula, survey, engine=settings, weighting="ignore")


def draws_of(found: jf.BayesianFit, **question: object) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows by commune, and the draws behind each."""
    belief = found.joint("commune", over=CENSUS, **question)
    drawn = jf.Level("commune").plan(belief.grid).answer(belief.joint).draws
    return found.levels(by="commune", over=CENSUS, **question)[["commune", "wave"]], drawn


def test_a_commune_never_visited_is_one_of_those_that_could_be_drawn():
    """Its distance from what the fixed part expects is an effect of its own in every draw."""
    found = of_sizes()
    rows, drawn = draws_of(found)
    posterior = found.engine.posterior
    beta = posterior.coefficients().draws
    names = posterior.names
    frame = census_frame()
    away = {}
    for name, region in FAR.items():
        here = frame[frame["commune"] == name]
        x = np.average(here["x"], weights=here["n"])
        for wave in TIME:
            fixed = beta[:, names.index("Intercept")] + beta[:, names.index("x")] * x
            if region == "south":
                fixed = fixed + beta[:, names.index("region[T.south]")]
            if wave != "w1":
                fixed = fixed + beta[:, names.index(f"wave[T.{wave}]")]
            place = np.flatnonzero((rows["commune"] == name) & (rows["wave"] == wave))
            away[name, wave] = drawn[:, place[0]] - fixed
    sd, drift = posterior.parameters[:, :2].T
    for each in away.values():
        assert kstest(each / np.hypot(sd, drift), "norm").pvalue > 1e-3
    between = away["c8", "w1"] - away["c8", "w2"]  # the commune's own part is the same
    assert kstest(between / (np.sqrt(2) * drift), "norm").pvalue > 1e-3
    standard = [away[name, "w1"] / np.hypot(sd, drift) for name in FAR]
    assert abs(np.corrcoef(standard)[0, 1]) < 5 / np.sqrt(4000)


def test_it_is_never_narrower_than_the_average_over_new_communes():
    table = of_sizes().levels(by="commune", over=CENSUS).set_index(["commune", "wave"])
    average = of_sizes().levels(by="region", over=CENSUS).set_index(["region", "wave"])
    sd, drift = of_sizes().engine.posterior.parameters[:, :2].mean(axis=0)
    for name, region in FAR.items():
        for wave in TIME:
            wider = table.loc[(name, wave), "std_error"]
            alone = average.loc[(region, wave), "std_error"]
            assert wider > np.sqrt(alone**2 + 0.8 * (sd**2 + drift**2))


def test_its_effect_does_not_depend_on_what_else_is_asked():
    found = of_sizes()
    every = found.levels(by="commune", over=CENSUS)
    alone = found.levels(by="commune", over=CENSUS, where={"commune": ["c9", "c3"]})
    kept = every[every["commune"].isin(["c9", "c3"])].sort_values(["wave", "commune"])
    alone = alone.sort_values(["wave", "commune"])
    np.testing.assert_allclose(kept["estimate"], alone["estimate"], rtol=1e-12)
    single = found.levels(over=CENSUS, where={"commune": "c9"})
    nine = every.loc[every["commune"] == "c9", "estimate"]
    np.testing.assert_allclose(single["estimate"], nine, rtol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_how_a_census_is_written_does_not_matter(target):
    found, frame = of_sizes(target), census_frame()
    halves = pd.concat([frame.assign(n=frame["n"] * part) for part in (0.25, 0.75)])
    tenfold = frame.assign(n=10 * frame["n"]).sample(frac=1, random_state=2)
    for by in ("region", "commune"):
        once = found.levels(by=by, over=CENSUS).set_index([by, "wave"])[SAME].sort_index()
        for each in (halves, tenfold):
            again = found.levels(by=by, over=jf.Population(each)).set_index([by, "wave"])
            np.testing.assert_allclose(again[SAME].sort_index(), once, rtol=1e-10)


@pytest.mark.parametrize("target", TARGETS)
def test_the_samples_own_people_are_the_fixed_composition(target, monkeypatch):
    monkeypatch.setattr(_Sums, "resampled", lambda self, _, some: ones(of_units(self), some))
    found = fit("yes ~ wave * region + x + (1 | commune)", target=target)
    total = FRAME.groupby("wave")["weight"].transform("sum")
    own = jf.Population(FRAME.assign(n=FRAME["weight"] / total)[["region", "commune", "x", "n"]])
    fixed, census = (found.levels(by="region", over=over) for over in ("fixed", own))
    np.testing.assert_allclose(census["estimate"], fixed["estimate"], rtol=1e-10)
    np.testing.assert_allclose(census["std_error"], fixed["std_error"], rtol=1e-10)


def of_units(sums: _Sums) -> np.ndarray:
    """Strata of the units, or one unit where the people are a census's."""
    return np.zeros(1) if sums.stratum is None else sums.stratum


def test_what_is_shown_does_not_change_who_is_counted():
    found = of_sizes()
    every = found.levels(by="region", over=CENSUS)
    later = found.levels(by="region", over=CENSUS, where={"wave": "w2"})
    kept = every[every["wave"] == "w2"].reset_index(drop=True)
    np.testing.assert_allclose(kept[SAME], later[SAME], rtol=1e-12)
    north = found.levels(over=CENSUS, where={"region": "north"})
    kept = every[every["region"] == "north"].reset_index(drop=True)
    np.testing.assert_allclose(kept[SAME], north[SAME], rtol=1e-12)


def test_a_population_may_change_by_wave():
    found, frame = of_sizes(), census_frame()
    counts = {"w1": frame["n"], "w2": frame["n"] * (1 + frame["x"]), "w3": frame["n"][::-1].array}
    frames = {wave: frame.assign(n=n) for wave, n in counts.items()}
    moving = jf.Population(pd.concat([each.assign(wave=wave) for wave, each in frames.items()]))
    for wave, each in frames.items():
        here = found.levels(by="region", over=moving, where={"wave": wave})
        alone = found.levels(by="region", over=jf.Population(each), where={"wave": wave})
        np.testing.assert_allclose(here[SAME], alone[SAME], rtol=1e-10)


def test_effects_are_averaged_over_the_people_counted():
    """In a line an effect is its coefficient, whoever is asked."""
    found = of_sizes()
    table = found.estimate(jf.MarginalEffect("x", by="region"), over=CENSUS)
    slope = found.engine.posterior.coefficients().draws[:, found.engine.posterior.names.index("x")]
    np.testing.assert_allclose(table["estimate"], slope.mean(), rtol=1e-6)
    apart = found.estimate(jf.MarginalEffect("region"), over=CENSUS)
    names = found.engine.posterior.names
    south = found.engine.posterior.coefficients().draws[:, names.index("region[T.south]")]
    np.testing.assert_allclose(apart["estimate"], south.mean(), atol=1e-10)


def test_without_a_column_of_communes_new_ones_are_averaged_over():
    found = fit("yes ~ wave * region + x + (1 | commune)", target="these_clusters")
    frame = census_frame().drop(columns="commune")
    people = everyone(frame).assign(commune="nowhere")
    new = {"commune", "interviewer"}
    for by in ([], ["region"]):
        assert_rows(found, by, people, new, over=jf.Population(frame))


def test_rows_say_what_they_rest_on():
    table = of_sizes().levels(by="commune", over=CENSUS)
    interviews = FRAME.groupby(["commune", "wave"]).size()
    for row in table.itertuples():
        n = interviews.get((row.commune, row.wave), 0)
        assert row.n == n
        assert ("model_based" in row.flag) == (n == 0)
        assert ("no_interviews" in row.flag) == (n == 0)
    for target, flagged in (("population", False), ("these_clusters", True)):
        regions = of_sizes(target).levels(by="region", over=CENSUS)
        north = regions[(regions["region"] == "north") & (regions["wave"] == "w2")]
        assert ("places_missing" in north["flag"].iloc[0]) == flagged  # all visited but for c8
        assert not any("model_based" in codes for codes in regions["flag"])


@pytest.mark.parametrize(("target", "adjusted"), [("population", True), ("these_clusters", False)])
def test_the_design_says_nothing_of_places_never_visited(target, adjusted):
    """Such rows of a weighted likelihood stay as they were drawn, and say so."""
    survey = fit("yes ~ x + (1 | commune)", target=target).engine.survey
    engine = jf.Laplace(draws=200, on_poor_k="warn")
    found = jf.fit("yes ~ wave + x + (1 | commune)", survey, engine=engine, weighting="pseudo")
    table = found.levels(by="region", over=CENSUS)
    assert all(("not_adjusted" in codes) != adjusted for codes in table["flag"])
    visited = jf.Population(census_frame().query("commune not in @FAR"))
    known = found.levels(by="region", over=visited)
    assert not any("not_adjusted" in codes for codes in known["flag"])
    effect = jf.composition_effect(found, over=CENSUS).iloc[2]
    assert ("not_adjusted" in effect["flag"]) != adjusted
    changes = [found.changes(over=each)["estimate"].iloc[0] for each in ("wave", CENSUS)]
    assert effect["estimate"] == pytest.approx(changes[0] - changes[1], abs=1e-12)


def test_an_area_beyond_the_map_is_named():
    survey = fit("yes ~ x + (1 | commune)").engine.survey
    model = jf.Model("yes ~ x + bym2(commune)", neighbours=NEIGHBOURS)
    found = jf.fit(
        model, survey, engine=jf.Laplace(draws=100, on_poor_k="warn"), weighting="ignore"
    )
    with pytest.raises(jf.SpecError, match=r"Unknown commune of the population 'c8'"):
        found.levels(by="commune", over=CENSUS)
