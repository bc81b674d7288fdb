"""Ways to answer side by side: each as if asked alone, and no two called apart by mistake."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from latent_cases import simulated

import jfmodels as jf
from jfmodels.engines import compare
from jfmodels.engines.compare import Comparison
from jfmodels.results.schema import AGREEMENT, columns

SURVEY = jf.example()
FOUND = jf.compare(SURVEY, "trust_army", by="region", weighting="ignore")
DESIGN = jf.SurveyDesign(
    wave="wave", strata="region", cluster="commune", weights="w", repeats="clusters",
    target="population",
)  # fmt: skip
BOOK = {"outcomes": {"yes": {"scale": "binary"}}}


def people(rise: float = 0.0, seed: int = 3) -> pd.DataFrame:
    """Two waves in two regions of six communes; only the north rises."""
    rng = np.random.default_rng(seed)
    n = 1200
    frame = pd.DataFrame({"wave": rng.choice(["a", "b"], n), "commune": rng.integers(0, 12, n)})
    frame["region"] = np.where(frame["commune"] < 6, "north", "south")
    moved = (frame["wave"] == "b") & (frame["region"] == "north")
    chance = 0.4 + 0.02 * (frame["commune"] % 6) + rise * moved
    frame["yes"] = (rng.random(n) < chance).astype(int)
    frame["w"] = rng.uniform(0.5, 2, n)
    return frame.astype({"commune": str})


# ------------------------------------------------------------------ the tables


def test_every_way_answers_as_if_it_were_asked_alone():
    table = FOUND.changes("first")
    alone = {
        "direct": jf.direct(SURVEY, "trust_army").changes("first", by="region"),
        "weighted": jf.fit("shown(trust_army) ~ wave + region", SURVEY).changes(
            "first", by="region", over="wave"
        ),
    }
    for way, expected in alone.items():
        rows = table[table["fit"] == way].reset_index(drop=True)
        for name in ("estimate", "std_error", "p_adjusted", "df"):
            assert rows[name].to_numpy() == pytest.approx(expected[name].to_numpy(), rel=1e-12)
    assert table[table["fit"] == "multilevel"]["prob_positive"].notna().all()


def test_p_values_are_adjusted_within_each_way():
    table = FOUND.changes(adjust="bh")
    tested = table[table["p_value"].notna()]
    assert set(tested["adjustment"]) == {"bh over 20"}
    assert set(tested["fit"]) == {"direct", "weighted"}


# ------------------------------------------------------------------ the formulas


def test_interactions_are_left_out_where_the_design_cannot_carry_them():
    assert FOUND.models["weighted"].text == "shown(trust_army) ~ wave + region"
    small = jf.compare(jf.Survey(people(), DESIGN, BOOK), "yes", by="region", weighting="ignore")
    assert small.models["weighted"].text == "shown(yes) ~ wave * region"


@pytest.mark.parametrize(
    ("where", "right"),
    [
        ({"wave": ["Q1", "Q6"]}, "wave * region"),  # 8 cells, 12 degrees of freedom
        ({"wave": ["Q1", "Q3", "Q6"]}, "wave * region"),  # 12 cells: 11 beside the intercept
        # 7 beside the intercept, and 6 degrees of freedom
        ({"region": ["Gao", "Mopti"], "wave": ["Q1", "Q3", "Q5", "Q6"]}, "wave + region"),
    ],
)
def test_what_the_design_can_carry_is_asked_of_the_domain(where, right):
    found = jf.compare(SURVEY, "trust_army", by="region", weighting="ignore", where=where)
    assert found.models["weighted"].text == f"shown(trust_army) ~ {right}"


@pytest.mark.parametrize("gone", [("b", "south"), ("a", "north")])
def test_groups_that_a_wave_did_not_reach_move_by_random_effects(gone):
    frame = people()
    reached = frame[(frame["wave"] != gone[0]) | (frame["region"] != gone[1])]
    found = jf.compare(jf.Survey(reached, DESIGN, BOOK), "yes", by="region", weighting="ignore")
    assert list(found.fits) == ["direct", "weighted", "multilevel"]
    assert found.models["weighted"].text == "shown(yes) ~ wave + region"
    assert found.models["multilevel"].text == (
        "shown(yes) ~ wave + region + (1 | region:wave) + (1 | commune) + (1 | commune:wave)"
    )
    assert "(1 | region:wave)" in repr(found)


def test_a_formula_that_was_given_is_never_replaced():
    frame = people()
    reached = frame[(frame["wave"] != "b") | (frame["region"] != "south")]
    with pytest.raises(jf.SpecError, match="rank deficient"):
        jf.compare(
            jf.Survey(reached, DESIGN, BOOK), "yes", by="region", weighting="ignore",
            models={"multilevel": "shown(yes) ~ wave * region + (1 | commune)"},
        )  # fmt: skip


def test_what_is_random_follows_from_the_design():
    assert FOUND.models["multilevel"].text == (
        "shown(trust_army) ~ wave * region + (1 | commune) + (1 | commune:wave) + (1 | facilitator)"
    )
    fresh = jf.SurveyDesign(
        wave="wave", cluster="the place", repeats="nothing", target="population"
    )
    frame = people().rename(columns={"commune": "the place"})
    found = jf.compare(jf.Survey(frame, fresh, BOOK), "yes", by="region")
    assert found.models["multilevel"].text == (
        'shown(yes) ~ wave * region + (1 | wave:Q("the place"))'
    )


def test_a_survey_without_clusters_or_interviewers_has_no_multilevel_model():
    design = jf.SurveyDesign(wave="wave", repeats="nothing")
    found = jf.compare(jf.Survey(people(), design, BOOK), "yes")
    assert list(found.fits) == ["direct", "weighted"]


def test_other_formulas_take_the_place_of_the_defaults():
    found = jf.compare(
        SURVEY, "trust_army", by="region", weighting="ignore",
        models={"weighted": "shown(trust_army) ~ wave + region + sex"},
    )  # fmt: skip
    assert found.models["weighted"].columns == ("wave", "region", "sex")
    assert "weighted    shown(trust_army) ~ wave + region + sex" in repr(found)


@pytest.mark.parametrize(("name", "left"), [("choice", "choice"), ("size", "size")])
def test_every_scale_has_its_model(name, left):
    found = jf.compare(simulated(), name)
    assert found.models["multilevel"].text.startswith(f"{left} ~ wave")
    assert found.levels()["estimate"].notna().all()


# ------------------------------------------------------------------ do they agree?


def linearised(frame: pd.DataFrame) -> Comparison:
    """Direct and additive regression by plain linearisation."""
    survey = jf.Survey(frame, DESIGN, BOOK)
    plain = jf.Weighted(small_sample="none")
    fits = {
        "direct": jf.direct(survey, "yes", by="region", small_sample="none"),
        "weighted": jf.fit("shown(yes) ~ wave + region", survey, engine=plain),
    }
    formulas = {"weighted": fits["weighted"].engine.formula}
    over = {"direct": None, "weighted": "wave"}
    return Comparison(fits, formulas, over, ("region",), None, pd.DataFrame())


def test_the_error_of_a_difference_is_what_a_little_more_weight_of_each_cluster_does():
    frame, step = people(0.2), 1e-5
    table = linearised(frame).agreement()
    moved = []
    for commune in frame["commune"].unique():
        heavier = frame["w"].where(frame["commune"] != commune, frame["w"] * (1 + step))
        lighter = frame["w"].where(frame["commune"] != commune, frame["w"] * (1 - step))
        up, down = (
            linearised(frame.assign(w=w)).agreement()["difference"].to_numpy()
            for w in (heavier, lighter)
        )
        moved.append((up - down) / (2 * step))
    influence = np.array(moved)
    region = frame.groupby("commune", sort=False)["region"].first().to_numpy()
    variance = np.zeros(influence.shape[1])
    for name in np.unique(region):
        part = influence[region == name]
        m = len(part)
        variance += m / (m - 1) * ((part - part.mean(axis=0)) ** 2).sum(axis=0)
    # differences of the fourth digit of what is moved by a relative 1e-5
    assert table["std_error"].to_numpy() == pytest.approx(np.sqrt(variance), rel=1e-4)


def test_a_saturated_regression_is_the_direct_estimate():
    found = jf.compare(jf.Survey(people(0.3), DESIGN, BOOK), "yes", by="region", weighting="ignore")
    table = found.agreement()
    pair = table[(table["fit"] == "direct") & (table["fit_ref"] == "weighted")]
    assert pair["difference"].abs().max() < 1e-9
    assert pair["agree"].all()


def test_a_model_that_lets_regions_change_alike_is_told_from_what_was_seen():
    table = linearised(people(0.3)).agreement()
    assert not table["agree"].any()
    assert "because weighted lets all groups change alike" in table["says"].iloc[0]
    french = linearised(people(0.3)).agreement(lang="fr")
    assert "weighted suppose la même évolution" in french["says"].iloc[0]


def test_beside_a_posterior_the_error_is_that_of_independent_answers():
    levels = FOUND.levels().set_index("fit")
    table = FOUND.agreement(jf.Level("region"))
    pair = table[(table["fit"] == "direct") & (table["fit_ref"] == "multilevel")]
    errors = [levels.loc[way, "std_error"].to_numpy() for way in ("direct", "multilevel")]
    both = np.hypot(*errors)
    tested = pair["agree"].notna().to_numpy()
    assert tested.any()
    assert pair["std_error"].to_numpy()[tested] == pytest.approx(both[tested])
    assert pair["std_error"].isna().to_numpy()[~tested].all()


def test_beside_a_weighted_posterior_the_error_is_that_of_the_clusters_that_both_rest_on():
    survey = jf.Survey(people(0.2), DESIGN, BOOK)
    found = jf.compare(survey, "yes", by="region", weighting="pseudo")
    table = found.agreement()
    pair = table[(table["fit"] == "direct") & (table["fit_ref"] == "multilevel")]
    one = found.fits["direct"].joint("region")
    other = found.fits["multilevel"].joint("region", over="wave")
    rise = jf.Change("previous", "region").plan(one.grid)
    a, b = rise.answer(one.joint).influence, rise.answer(other.joint).design.influence
    alone = b[len(a) :]  # what priors are sure of
    variance = ((a - b[: len(a)]) ** 2).sum(axis=0) + (alone**2).sum(axis=0)
    assert pair["std_error"].to_numpy() == pytest.approx(np.sqrt(variance))
    changes = found.changes().set_index("fit")["std_error"]
    independent = np.hypot(changes["direct"].to_numpy(), changes["multilevel"].to_numpy())
    assert (pair["std_error"].to_numpy() < independent).all()


def test_a_census_is_a_way_of_its_own_and_is_tested_against_none():
    census = jf.example_census()
    found = jf.compare(
        SURVEY, "trust_army", by="region", population=census, weighting="ignore",
        covariates=["sex", "displaced"],
    )  # fmt: skip
    assert list(found.fits) == ["direct", "weighted", "multilevel", "mrp"]
    table = found.levels()
    alone = found.fits["multilevel"].levels("region", over=census)
    rows = table[table["fit"] == "mrp"]
    assert rows["estimate"].to_numpy() == pytest.approx(alone["estimate"].to_numpy())
    tested = found.agreement().set_index("fit_ref").loc["mrp"]
    assert tested["agree"].isna().all()
    assert "mrp of '" in tested["says"].iloc[0]


def test_rows_on_other_places_or_people_are_not_tested():
    table = FOUND.agreement()
    missing = FOUND.changes().set_index("fit").loc["multilevel", "flag"]
    pair = table[table["fit_ref"] == "multilevel"].groupby("fit", sort=False).get_group("direct")
    flagged = np.array(["places_missing" in codes for codes in missing])
    assert (pair["agree"].isna().to_numpy() == flagged).all()
    assert flagged.any()
    fixed = jf.compare(SURVEY, "trust_army", over="fixed", weighting="ignore").agreement()
    apart = fixed[fixed["fit"] == "direct"]
    assert apart["agree"].isna().all()
    assert "direct speaks of 'as fielded', weighted of 'fixed'" in apart["says"].iloc[0]


def test_the_order_of_rows_does_not_matter():
    frame = people(0.2)
    one = linearised(frame).agreement()
    other = linearised(frame.sample(frac=1, random_state=1)).agreement()
    assert other["std_error"].to_numpy() == pytest.approx(one["std_error"].to_numpy(), rel=1e-10)


def test_the_table_has_the_columns_of_its_glossary():
    assert list(FOUND.agreement().columns) == columns(["region"], AGREEMENT)


# ------------------------------------------------------------------ what cannot be asked


def test_what_cannot_be_fitted_is_told_and_the_rest_done():
    frame = people()
    frame["yes"] = frame["yes"].where(frame["region"] != "north", 1)
    found = jf.compare(jf.Survey(frame, DESIGN, BOOK), "yes", by="region", weighting="ignore")
    assert list(found.fits) == ["direct", "multilevel"]
    assert found.failures["fit"].tolist() == ["weighted"]
    assert "failed" in repr(found)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"outcome": "sources_of_insecurity"}, "several answers a person"),
        ({"outcome": "trust_amry"}, "Did you mean 'trust_army'"),
        ({"by": "regoin"}, "Did you mean 'region'"),
        ({"covariates": ["sexe"]}, "Did you mean 'sex'"),
        ({"models": {"weihgted": "shown(trust_army) ~ wave"}}, "Did you mean 'weighted'"),
        ({"weighting": None}, "weighting= must be said"),
    ],
)
def test_mistakes_are_named(asked, says):
    with pytest.raises(jf.SpecError, match=says):
        jf.compare(SURVEY, **{"outcome": "trust_army", "weighting": "ignore"} | asked)


def test_progress_is_shown_where_asked_for(capsys):
    survey = jf.Survey(people(), DESIGN, BOOK)
    jf.compare(survey, "yes", weighting="ignore", progress=True)
    shown = capsys.readouterr().err
    assert "Fitting" in shown
    assert "100%" in shown
    jf.compare(survey, "yes", weighting="ignore")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("engine", ["nuts", jf.Nuts(seed=3), jf.Nuts(progress=True), "laplace"])
def test_a_sampler_shows_no_bar_of_its_own_among_the_ways(monkeypatch, engine):
    asked = []

    def fit(*_, engine=None, **__):
        asked.append(engine)
        raise jf.EstimationError("nothing is fitted here")

    monkeypatch.setattr(compare, "fit", fit)
    found = jf.compare(SURVEY, "trust_army", weighting="ignore", engine=engine)
    assert found.failures["fit"].tolist() == ["weighted", "multilevel"]
    assert [None if each is None else each.progress for each in asked] == [
        None,
        engine == jf.Nuts(progress=True),
    ]


def test_an_unknown_language_is_refused():
    with pytest.raises(jf.SpecError, match="language"):
        FOUND.agreement(lang="de")


def test_clusters_that_some_wave_missed_may_be_the_groups():
    found = jf.compare(jf.example(), "trust_army", by="commune", weighting="ignore")
    assert found.models["multilevel"].text.count("(1 | commune:wave)") == 1
    assert {"direct", "multilevel"} <= set(found.levels()["fit"])
