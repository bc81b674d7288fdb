"""The example is what it says it is, and its truth is what it was drawn from.

Shares are recomputed here in bare pandas, and the truth by drawing tens of thousands of people.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from jfmodels.errors import SpecError
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.example import example, example_census, example_truth, simulate
from jfmodels.survey.example_answers import SD_COMMUNE, SD_FACILITATOR, SD_VISIT, predictor
from jfmodels.survey.example_fieldwork import (
    COMMUNES,
    NEVER_VISITED,
    REGIONS,
    UNREACHED,
    WAVES,
    draw_people,
    population_cells,
)
from jfmodels.survey.example_outcomes import QUESTIONS

ACTORS = [question.name for question in QUESTIONS if question.name.startswith("trust_")]
PUBLISHED = [
    ("state_justice_independence", 1, 52),
    ("justice_expectation", 1, 48),
    ("justice_expectation", 2, 25),
    ("traditional_justice_fast", 1, 49),
    ("want_record_of_decision", 1, 78),
    ("transfer_to_state", 1, 65),
]
CLAIMED = {
    *("state_forces_present", "criticism_fds", "criticism_russian_forces", "relations_fds"),
    *("civil_society_present", "cs_activities", "org_role_fds", "state_justice_independence"),
    *("justice_expectation", "traditional_justice_fast", "want_record_of_decision"),
    *("transfer_to_state", "security_situation", "economic_situation", "sources_of_insecurity"),
    *("security_national", "security_local", "feel_safe", "access_to_justice"),
    *("state_justice_confidence", *ACTORS),
}


@pytest.fixture(scope="module")
def simulated():
    return simulate()


@pytest.fixture(scope="module")
def frame(simulated):
    return simulated.frame


@pytest.fixture(scope="module")
def last(frame):
    return frame[frame["wave"] == "Q6"]


@pytest.fixture(scope="module")
def truth():
    return example_truth()


def share(rows, column, codes):
    """Weighted share of codes among all who were not lost, in the base whatever they said."""
    base = rows[rows[column] != -1]
    return np.average(base[column].isin(codes), weights=base["weight"])


def labels_of(codebook):
    """Every text of a codebook, as far down as it goes."""
    if not isinstance(codebook, dict):
        return []
    if "en" in codebook:
        return [codebook]
    return [label for each in codebook.values() for label in labels_of(each)]


def test_example_is_a_survey_that_says_it_is_simulated():
    survey = example()
    assert survey.simulated
    assert survey.n == 6 * 544
    assert survey.waves == tuple(WAVES)


def test_every_wave_has_544_new_people(frame):
    assert frame.groupby("wave").size().tolist() == [544] * 6
    assert frame["person"].is_unique


def test_communes_nest_in_regions(frame):
    assert frame["commune"].nunique() == 16
    assert (frame.groupby("commune")["region"].nunique() == 1).all()
    assert (frame.groupby("region")["commune"].nunique() == 4).all()


def test_last_wave_reached_every_commune(last):
    assert last["commune"].nunique() == 16
    assert last.groupby("commune").size().unique().tolist() == [34]


@pytest.mark.parametrize("wave", WAVES)
def test_communes_out_of_reach_have_no_interviews_but_their_regions_do(frame, wave):
    rows = frame[frame["wave"] == wave]
    missed = {commune.name for commune in COMMUNES} - set(rows["commune"])
    assert missed == set(UNREACHED.get(wave, ()))
    assert (rows.groupby("region")["commune"].nunique() >= 2).all()
    assert rows.groupby("region").size().tolist() == [136] * 4


def test_ten_facilitators_a_wave_of_whom_three_are_women(frame):
    teams = frame.drop_duplicates(["wave", "facilitator"])
    assert teams.groupby("wave").size().tolist() == [10] * 6
    assert (
        teams.groupby("wave")["facilitator_sex"]
        .agg(lambda sex: (sex == "female").sum())
        .eq(3)
        .all()
    )


def test_four_facilitators_are_replaced_once(frame):
    teams = frame.groupby("wave")["facilitator"].agg(set)
    left = [len(teams.iloc[k] - teams.iloc[k + 1]) for k in range(5)]
    assert left == [0, 0, 4, 0, 0]


def test_facilitators_work_in_several_communes_of_both_their_regions(last):
    assert (last.groupby("facilitator")["commune"].nunique() >= 2).all()
    assert (last.groupby("facilitator")["region"].nunique() == 2).all()


def test_interviews_lie_within_the_dates_of_their_wave(frame, simulated):
    for wave, dates in simulated.codebook["waves"].items():
        days = frame.loc[frame["wave"] == wave, "date"].dt.date
        assert days.between(dates["start"], dates["end"]).all()


def test_weights_are_uneven_with_mean_one_and_restore_the_regions(frame):
    assert frame.groupby("wave")["weight"].mean().to_numpy() == pytest.approx(1)
    assert frame["weight"].between(0.1, 3.5).all()
    assert frame["weight"].std() > 0.3
    # the sd of a region's share of the weight is about .008 by chance alone
    sizes = pd.Series([c.size for c in COMMUNES]).groupby([c.region for c in COMMUNES]).sum()
    found = frame.groupby(["wave", "region"])["weight"].sum().unstack()
    assert (found / 544).sub(sizes / sizes.sum(), axis=1).abs().to_numpy().max() < 0.03


@pytest.mark.parametrize(("column", "code", "percent"), PUBLISHED)
def test_last_wave_rounds_to_the_published_figure(last, column, code, percent):
    assert round(100 * share(last, column, [code])) == percent


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_published_figures_hold_whatever_the_seed(seed):
    rows = simulate(seed).frame.query("wave == 'Q6'")
    found = [round(100 * share(rows, column, [code])) for column, code, _ in PUBLISHED]
    assert found == [percent for _, _, percent in PUBLISHED]


@pytest.mark.parametrize("actor", ACTORS)
def test_confidence_lies_between_60_and_85_percent_and_is_highest_in_mopti(last, actor):
    assert 60 <= round(100 * share(last, actor, [2, 3])) <= 85
    regions = {region: share(rows, actor, [2, 3]) for region, rows in last.groupby("region")}
    assert max(regions, key=regions.get) == "Mopti"


def test_all_claimed_indicators_are_asked_of_seven_actors(simulated):
    assert len(ACTORS) == 7
    assert set(simulated.codebook["outcomes"]) == CLAIMED


def test_an_item_not_asked_is_missing_and_no_other_is(frame, simulated):
    outcomes = Codebook.from_dict(simulated.codebook).outcomes.values()
    for outcome in outcomes:
        for column in outcome.columns.values():
            asked = frame["wave"].map(outcome.asks)
            assert (frame[column].notna() == asked).all(), column
    assert [each.name for each in outcomes if not each.asks("Q2")] == [
        "trust_russian_forces",
        "criticism_russian_forces",
    ]


def test_dont_know_and_refusals_are_few(frame, simulated):
    for name, entry in simulated.codebook["outcomes"].items():
        if "policy" in entry:
            assert 0.01 < frame[name].eq(9).mean() < 0.08
            assert 0.002 < frame[name].eq(98).mean() < 0.03
            assert frame[name].eq(-1).mean() < 0.01


def test_every_english_text_has_a_french_one(simulated):
    labels = labels_of(simulated.codebook)
    assert len(labels) > 100
    assert all(set(label) == {"en", "fr"} and all(label.values()) for label in labels)


def test_the_same_seed_gives_the_same_survey(frame):
    pd.testing.assert_frame_equal(simulate(2024).frame, frame)
    assert not simulate(2025).frame["trust_army"].equals(frame["trust_army"])


def test_answers_to_one_topic_go_together(last):
    known = last[(last[["trust_army", "trust_police"]] < 4).all(axis=1)]
    assert known["trust_army"].corr(known["trust_police"]) > 0.2


def test_truth_has_a_row_for_every_region_and_wave_and_overall(truth):
    assert list(truth.columns) == ["outcome", "category", "region", "wave", "truth"]
    assert truth["truth"].between(0, 1).all()
    army = truth[truth["outcome"] == "trust_army"]
    assert len(army) == 6 * 5
    assert army["region"].isna().sum() == 6
    asked = truth.loc[truth["outcome"] == "trust_russian_forces", "wave"].unique().tolist()
    assert asked == ["Q3", "Q4", "Q5", "Q6"]


def test_truth_of_a_nominal_question_adds_up_to_those_who_answered(truth):
    expectation = truth[truth["outcome"] == "justice_expectation"]
    sums = expectation.groupby(["region", "wave"], observed=True)["truth"].sum()
    assert sums.to_numpy() == pytest.approx(0.96)


def drawn_shares(simulated, per_visit=300):
    """Shares among many people in every commune and wave, each met by another facilitator."""
    rng = np.random.default_rng(1)
    wave, commune = np.repeat(np.indices((6, 16)).reshape(2, -1), per_visit, axis=1)
    people, _ = draw_people(rng, wave, commune)
    group = people.wave * 4 + people.region
    total = np.bincount(group, people.weight)
    for mechanism in simulated.mechanisms:
        predicted = predictor(mechanism.item.moves, people, mechanism.effects)
        latent = predicted + rng.normal(scale=SD_FACILITATOR, size=predicted.shape)
        chosen = drawn_answers(rng, latent, mechanism)
        silent = rng.random(len(wave)) < mechanism.item.question.silent
        for category, places in shown(mechanism.item):
            named = np.isin(chosen, places) & ~silent
            yield (
                mechanism.item.question.name,
                category,
                np.bincount(group, people.weight * named) / total,
            )


def drawn_answers(rng, latent, mechanism):
    if mechanism.item.question.scale == "nominal":
        noise = rng.gumbel(size=latent.shape)
        return (latent + noise + mechanism.cuts[:, None]).argmax(axis=0)
    return np.searchsorted(mechanism.cuts, latent[0] + rng.logistic(size=latent.shape[1]))


def shown(item):
    names = [name for name, _ in item.question.categories]
    if item.option:
        return [(item.option, [1])]
    if item.question.shown:
        return [(", ".join(item.question.shown), [names.index(n) for n in item.question.shown])]
    return [(name, [k]) for k, name in enumerate(names)]


def test_truth_is_what_many_people_would_say(simulated, truth):
    known = (
        truth.dropna().set_index(["outcome", "category", "wave", "region"])["truth"].sort_index()
    )
    cells = pd.MultiIndex.from_product([WAVES, REGIONS])
    scores = []
    for outcome, category, shares in drawn_shares(simulated):
        expected = known[outcome, category].reindex(cells).to_numpy()
        # weights lose about a tenth of 1,200 people in the variance
        error = np.sqrt(expected * (1 - expected) * 1.15 / 1200)
        scores.append((shares - expected) / error)
    scores = np.concatenate(scores)
    scores = scores[np.isfinite(scores)]
    # about 1,100 standard normal scores: their mean and sd, and the farthest of them
    assert abs(scores.mean()) < 0.2
    assert scores.std() == pytest.approx(1, abs=0.15)
    assert abs(scores).max() < 5


def test_truth_of_other_communes_averages_over_their_effects(simulated):
    # Gauss-Hermite with 30 nodes against the two points that the package uses
    mechanism = next(m for m in simulated.mechanisms if m.item.column == "want_record_of_decision")
    cells = population_cells()
    predicted = predictor(mechanism.item.moves, cells)[0] - mechanism.cuts[0]
    nodes, weights = np.polynomial.hermite_e.hermegauss(30)
    sd = np.sqrt(SD_COMMUNE**2 + SD_VISIT**2 + SD_FACILITATOR**2)
    yes = expit(predicted[:, None] + sd * nodes) @ weights / weights.sum() * 0.95
    chosen = (cells.wave == 5) & (cells.region == REGIONS.index("Gao"))
    expected = np.average(yes[chosen], weights=cells.weight[chosen])
    truth = example_truth(target="population").query(
        "outcome == 'want_record_of_decision' and region == 'Gao' and wave == 'Q6'"
    )
    assert truth["truth"].item() == pytest.approx(expected, abs=0.002)


def test_truth_says_what_the_story_says(truth):
    by = truth.dropna().set_index(["outcome", "category", "wave", "region"])["truth"].sort_index()
    security = by["security_situation", "good, very good"].unstack()
    fall = security.loc["Q6"] - security.loc["Q5"]
    assert fall.idxmin() == "Bandiagara"
    assert fall["Bandiagara"] < -0.05
    youth = by["org_role_fds", "youth associations"].unstack()
    assert (youth.loc["Q6"] > youth.loc["Q1"]).all()
    for actor in ACTORS:
        assert by[actor, "somewhat, a lot", "Q6"].idxmax() == "Mopti"


def test_truth_of_another_target_is_refused():
    with pytest.raises(SpecError, match="these_clusters"):
        example_truth(target="clusters")


def test_the_census_counts_those_whom_the_truth_is_averaged_over():
    census, cells = example_census(), population_cells()
    first = cells.wave == 0
    names = np.array([commune.name for commune in COMMUNES])
    for column, belongs in (("displaced", cells.displaced), ("area", cells.urban)):
        codes, counts = census.sums(["commune", column])
        communes, labels = (census.keys[name].labels for name in ("commune", column))
        counted = pd.DataFrame({"commune": np.array(communes)[codes[:, 0]], "n": counts})
        yes = np.array(labels)[codes[:, 1]] == {"displaced": "yes", "area": "urban"}[column]
        found = counted[yes].set_index("commune")["n"]
        own = np.bincount(cells.commune[first], (cells.weight * belongs)[first])
        np.testing.assert_allclose(found[names], 10_000 * own, rtol=1e-12)


def test_the_census_speaks_of_the_survey_and_of_places_nobody_visited():
    survey, census = example(), example_census()
    for name in ("region", "age_group", "sex", "area", "displaced"):
        assert set(census.keys[name].labels) == set(survey.group(name).labels)
    beyond = set(census.keys["commune"].labels) - set(survey.group("commune").labels)
    assert beyond == {commune.name for commune in NEVER_VISITED}
