"""Every kind of claim rests on the numbers that any table gives, and says what it rests on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.claims.evidence import BLOCKING
from jfmodels.claims.sentences import in_language
from jfmodels.results.render import say
from jfmodels.results.schema import FLAGS, VERDICTS
from jfmodels.survey.example import simulate

TRUST = {"outcome": "trust_army", "counting": ["somewhat", "a lot"], "base": "in_base"}
NOW = {**TRUST, "wave": "Q6"}
BOTH = {**NOW, "against": "Q5"}


@pytest.fixture(scope="module")
def survey() -> jf.Survey:
    return jf.example()


@pytest.fixture(scope="module")
def bundled(survey) -> jf.Verdicts:
    return jf.judge(jf.example_claims(), survey)


def claims_of(joined: str = "all", **parts: dict[str, Any]) -> jf.Claims:
    one = {"text": "It is said.", "source": "a report", "joined": joined, "parts": parts}
    return jf.Claims.from_dict({"claims": {"claim": one}})


def judged(survey: jf.Survey, part: dict[str, Any], **settings: Any) -> pd.Series:
    return jf.judge(claims_of(part=part), survey, **settings).of_parts("claim").iloc[0]


def numbers(row: Any) -> list[float]:
    return [float(row[name]) for name in ("estimate", "low", "high")]


def only(table: pd.DataFrame, **labels: str) -> pd.Series:
    for name, label in labels.items():
        table = table[table[name] == label]
    assert len(table) == 1
    return table.iloc[0]


def test_a_level_is_the_row_of_levels(survey):
    row = judged(survey, {"kind": "majority", **NOW})
    assert numbers(row) == numbers(only(jf.direct(survey, "trust_army").levels(), wave="Q6"))
    assert row["verdict"] == "supported"


def test_a_change_is_the_row_of_changes(survey):
    row = judged(survey, {"kind": "change", **BOTH, "direction": "up"})
    assert numbers(row) == numbers(only(jf.direct(survey, "trust_army").changes("Q5"), wave="Q6"))


def test_a_change_is_supported_as_its_test_says(survey):
    table = jf.direct(survey, "trust_army").changes("Q5", adjust="none")
    expected = only(table, wave="Q6")["p_value"]
    row = judged(survey, {"kind": "change", **BOTH, "direction": "up"})
    # the two-sided p of a change that has the said sign
    assert row["estimate"] > 0
    assert row["p_supported"] == pytest.approx(expected, rel=1e-12)


def test_what_is_detectable_is_what_planning_says(survey):
    row = judged(survey, {"kind": "change", **BOTH, "direction": "up"})
    table = jf.detectable_change(survey, "trust_army", against="Q5")
    assert row["detectable"] == only(table, wave="Q6")["detectable"]
    said = {"along": "region", "groups": ["Gao", "Timbuktu"], "reference": "Mopti"}
    row = judged(survey, {"kind": "comparison", **NOW, **said, "side": "below"})
    table = jf.detectable_of(survey, "trust_army", jf.Contrast("region", "Mopti"))
    now = table[(table["wave"] == "Q6") & table["region"].isin(["Gao", "Timbuktu"])]
    assert row["detectable"] == now["detectable"].max()


def test_remains_has_the_interval_of_two_one_sided_tests(survey):
    row = judged(survey, {"kind": "remains", **BOTH, "margin": 9})
    table = jf.direct(survey, "trust_army").changes("Q5", coverage=0.90)
    assert numbers(row) == numbers(only(table, wave="Q6"))
    assert row["coverage"] == pytest.approx(0.90)
    inside = row["low"] > -0.09 and row["high"] < 0.09
    assert (row["verdict"] == "supported") == inside


def test_a_domain_is_an_indicator_in_the_whole_design(survey):
    where = {"region": ["Mopti", "Gao"]}
    row = judged(survey, {"kind": "majority", **NOW, "where": where})
    assert numbers(row) == numbers(
        only(jf.direct(survey, "trust_army", where=where).levels(), wave="Q6")
    )


def test_a_comparison_hinges_on_its_weakest_contrast(survey):
    said = {"along": "region", "groups": ["Bandiagara", "Gao", "Timbuktu"], "reference": "Mopti"}
    row = judged(survey, {"kind": "comparison", **NOW, **said, "side": "below"})
    table = jf.direct(survey, "trust_army").contrasts("region", reference="Mopti", adjust="none")
    now = table[table["wave"] == "Q6"]
    p = np.where(now["estimate"] < 0, now["p_value"], 2 - now["p_value"])
    weakest = now.iloc[int(np.argmax(p))]
    assert numbers(row) == numbers(weakest)
    assert row["p_supported"] == pytest.approx(min(p.max(), 1.0), rel=1e-9)


def test_an_order_of_options_has_their_covariance(survey):
    said = {"outcome": "cs_activities", "base": "in_base", "wave": "Q6"}
    row = judged(
        survey,
        {"kind": "order_of_options", **said, "first": "awareness raising", "after": "mediation"},
    )
    table = jf.direct(survey, "cs_activities").contrasts("category", reference="mediation")
    assert numbers(row) == pytest.approx(
        numbers(only(table, wave="Q6", category="awareness raising")), rel=1e-9
    )


def test_an_order_of_single_answers_has_theirs(survey):
    said = {"outcome": "justice_expectation", "base": "in_base", "wave": "Q6"}
    said |= {"first": "free from corruption", "after": "respect for all"}
    row = judged(survey, {"kind": "order_of_options", **said})
    fit = jf.direct(survey, "justice_expectation")
    table = fit.contrasts("category", reference="respect for all")
    assert numbers(row) == pytest.approx(
        numbers(only(table, wave="Q6", category="free from corruption")), rel=1e-9
    )


def test_an_order_of_outcomes_has_theirs(survey):
    said = {"counting": ["somewhat", "a lot"], "base": "in_base", "wave": "Q6"}
    said |= {"first": ["trust_army"], "after": ["trust_police"]}
    row = judged(survey, {"kind": "order_of_outcomes", **said})
    fit = jf.direct(survey, ["trust_army", "trust_police"])
    table = fit.contrasts("outcome", reference="trust_police")
    assert numbers(row) == numbers(only(table, wave="Q6", outcome="trust_army"))


def test_a_range_holds_if_every_actor_lies_in_it(survey):
    actors = ["trust_army", "trust_police", "trust_customary_chiefs"]
    said = {"counting": ["somewhat", "a lot"], "base": "in_base", "wave": "Q6", "decimals": 0}
    levels = jf.direct(survey, actors).levels()
    now = levels[levels["wave"] == "Q6"]
    low, high = 100 * now["low"].min(), 100 * now["high"].max()
    ends = {"lowest": np.floor(low), "highest": np.ceil(high)}
    wide = judged(survey, {"kind": "range", "outcomes": actors, **said, **ends})
    narrow = judged(
        survey, {"kind": "range", "outcomes": actors, **said, **ends, "lowest": np.ceil(low) + 1}
    )
    assert wide["verdict"] == "supported"
    assert narrow["verdict"] == "undecided"
    assert wide["reproduced"]


def test_the_steepest_fall_is_a_fall_and_steeper_than_every_other(survey):
    said = {"outcome": "security_situation", "counting": ["good", "very good"], "base": "in_base"}
    said |= {"wave": "Q6", "against": "Q5", "along": "region", "group": "Bandiagara"}
    row = judged(survey, {"kind": "steepest", **said, "direction": "down"})
    fit = jf.direct(survey, "security_situation")
    did = fit.estimate(jf.DiffInDiff("region", "Bandiagara", "Q5"), adjust="none")
    own = only(fit.changes("Q5", by="region", adjust="none"), wave="Q6", region="Bandiagara")
    others = did[did["wave"] == "Q6"]
    p = [own["p_value"] if own["estimate"] < 0 else 2 - own["p_value"]]
    p += np.where(others["estimate"] > 0, others["p_value"], 2 - others["p_value"]).tolist()
    assert row["p_supported"] == pytest.approx(min(max(p), 1.0), rel=1e-9)


def test_largest_sets_all_others_against_it(survey):
    said = {"along": "region", "group": "Mopti", "extreme": "highest"}
    row = judged(survey, {"kind": "largest", **NOW, **said})
    groups = {"groups": ["Bandiagara", "Gao", "Timbuktu"], "reference": "Mopti", "side": "below"}
    same = judged(survey, {"kind": "comparison", **NOW, "along": "region", **groups})
    assert numbers(row) == numbers(same)
    assert row["p_supported"] == same["p_supported"]


def test_the_base_is_the_claims_and_not_the_codebooks(survey):
    book = survey.codebook
    changed = replace(book.outcomes["trust_army"], policy="excluded")
    other = jf.Survey(
        simulate().frame,
        survey.design,
        replace(book, outcomes={**book.outcomes, "trust_army": changed}),
        simulated=True,
    )
    for base, by_codebook in (("in_base", survey), ("excluded", other)):
        expected = numbers(only(jf.direct(by_codebook, "trust_army").levels(), wave="Q6"))
        for each in (survey, other):
            row = judged(each, {"kind": "majority", **NOW, "base": base})
            assert numbers(row) == expected


def test_what_counts_is_the_claims_and_not_the_codebooks(survey):
    row = judged(survey, {"kind": "majority", **NOW, "counting": "a lot"})
    table = jf.direct(survey, "trust_army").levels(categories=["a lot"])
    assert numbers(row) == numbers(only(table, wave="Q6"))


def test_who_is_displaced_can_be_asked_as_an_answer(survey):
    said = {"outcome": "displaced", "counting": "yes", "base": "in_base", "wave": "Q6"}
    row = judged(survey, {"kind": "bound", **said, "side": "above", "number": 1})
    frame = simulate().frame
    now = frame[frame["wave"] == "Q6"]
    share = np.average(now["displaced"] == "yes", weights=now["weight"])
    assert row["estimate"] == pytest.approx(share, rel=1e-12)


def test_rows_in_any_order_and_weights_on_any_scale_give_the_same(survey, bundled):
    frame = simulate().frame.sample(frac=1, random_state=3)
    frame["weight"] *= 7.3
    again = jf.Survey(frame, survey.design, survey.codebook, simulated=True)
    found = jf.judge(jf.example_claims(), again).table
    assert found["verdict"].tolist() == bundled.table["verdict"].tolist()
    for name in ("estimate", "low", "high", "p_supported", "detectable"):
        np.testing.assert_allclose(found[name], bundled.table[name], rtol=1e-8)


def test_no_verdict_rests_on_a_wave_that_did_not_ask(survey):
    said = {**BOTH, "outcome": "trust_russian_forces", "against": "Q1"}
    row = judged(survey, {"kind": "change", **said, "direction": "down"})
    assert row["verdict"] == "undecided"
    assert row["flag"] == ("not_asked",)
    assert FLAGS["not_asked"]["en"] in row["says_en"]
    assert FLAGS["not_asked"]["fr"] in row["says_fr"]


def test_no_verdict_rests_on_one_cluster(survey):
    said = {"along": "commune", "groups": "Bandiagara", "reference": "others", "side": "above"}
    row = judged(survey, {"kind": "comparison", **NOW, **said})
    assert row["verdict"] == "undecided"
    assert {"one_cluster"} <= set(row["flag"])
    assert "No verdict rests on this" in row["says_en"]


def groups_in_single_clusters(met: int) -> jf.Survey:
    """Two in three of the group say yes; it is met in one cluster of so many strata, of four."""
    rng = np.random.default_rng(3)
    stratum, cluster, person = (each.ravel() for each in np.indices((12, 4, 9)))
    frame = pd.DataFrame({"stratum": stratum, "cluster": 4 * stratum + cluster})
    inside = (cluster == 1) & (stratum < met)
    frame["group"] = np.where(inside, "in", "out")
    frame["safe"] = np.where(inside, person % 3 > 0, rng.random(len(frame)) < 0.5).astype(int)
    frame.loc[inside & (person == 0) & (stratum % 3 == 0), "safe"] = 1
    design = jf.SurveyDesign(
        strata="stratum", cluster="cluster", target="population", lonely="adjust"
    )
    return jf.Survey(frame, design, {"outcomes": {"safe": {"scale": "binary"}}})


@pytest.mark.parametrize(
    ("met", "verdict"), [(12, "supported"), (2, "undecided"), (1, "undecided")]
)
def test_a_group_met_in_single_clusters_is_judged_where_strata_are_many(met, verdict):
    asked = groups_in_single_clusters(met)
    said = {"outcome": "safe", "counting": "yes", "base": "in_base", "wave": "none"}
    row = judged(asked, {"kind": "majority", **said, "where": {"group": "in"}})
    assert "one_cluster" in row["flag"]
    assert row["verdict"] == verdict
    assert ("No verdict rests on this" in row["says_en"]) == (verdict == "undecided")
    assert FLAGS["one_cluster"]["fr"] in row["says_fr"]


def of_last_wave(survey: jf.Survey, **roles: Any) -> jf.Survey:
    """The last wave of the example as a survey that was made once."""
    frame = simulate().frame
    frame = frame[frame["wave"] == "Q6"].drop(columns="wave")
    outcomes = {name: survey.codebook.outcomes[name] for name in ("trust_army", "trust_police")}
    outcomes = {name: replace(each, asked_in=None) for name, each in outcomes.items()}
    book = replace(survey.codebook, waves={}, outcomes=outcomes, crosswalks={})
    once = {"wave": None, "repeats": None, "date": None, "person": None}
    return jf.Survey(frame, replace(survey.design, **once | roles), book, simulated=True)


def test_a_survey_made_once_has_levels_comparisons_and_orders(survey):
    once, said = of_last_wave(survey), {**TRUST, "wave": "none"}
    fit = jf.direct(once, ["trust_army", "trust_police"])
    level = judged(once, {"kind": "bound", **said, "side": "above", "number": 50})
    assert numbers(level) == numbers(only(fit.levels(), outcome="trust_army"))
    assert " Q6" not in level["says_en"]
    along = {"along": "region", "groups": "Gao", "reference": "Mopti", "side": "below"}
    row = judged(once, {"kind": "comparison", **said, **along})
    expected = only(fit.contrasts("region", reference="Mopti"), outcome="trust_army", region="Gao")
    assert numbers(row) == pytest.approx(numbers(expected))
    actors = {name: said[name] for name in ("counting", "base", "wave")}
    order = {"kind": "order_of_outcomes", "first": "trust_army", "after": "trust_police"}
    assert judged(once, {**order, **actors})["estimate"] > 0
    again = jf.judge(claims_of(part={"kind": "majority", **said}), once, robustness=["places"])
    assert "one wave is spoken of" in again.of_claims["says_en"].iloc[0]


def test_waves_are_named_where_there_are_some_and_only_there(survey):
    with pytest.raises(jf.ClaimError, match=r"made once, without waves; say 'none', not 'Q6'"):
        judged(of_last_wave(survey), {"kind": "majority", **NOW})
    with pytest.raises(jf.ClaimError, match=r"'none' is said of a survey made once; this one has"):
        judged(survey, {"kind": "majority", **NOW, "wave": "none"})


def test_a_claim_does_not_go_backwards(survey):
    with pytest.raises(jf.ClaimError, match="'Q6' comes after wave: 'Q5'"):
        judged(survey, {"kind": "change", **BOTH, "wave": "Q5", "against": "Q6", "direction": "up"})


def test_replicate_weights_that_came_with_the_data_are_enough(survey):
    frame = simulate().frame
    rng = np.random.default_rng(1)
    names = [f"rep_{k}" for k in range(40)]
    communes = {c: rng.multinomial(1, [1.0], 40).ravel() for c in frame["commune"].unique()}
    factor = {c: rng.choice([0.0, 2.0], 40) for c in communes}
    weights = np.stack([factor[c] for c in frame["commune"]]) * frame[["weight"]].to_numpy()
    frame = pd.concat([frame, pd.DataFrame(weights, columns=names, index=frame.index)], axis=1)
    supplied = jf.SuppliedReplicates(names, "brr", df=15)
    roles = {"cluster": None, "strata": None, "target": None, "repeats": "nothing"}
    design = replace(survey.design, **roles, person=None, replicates=supplied)
    alone = jf.Survey(frame, design, survey.codebook, simulated=True)
    row = judged(alone, {"kind": "majority", **NOW}, robustness=["weights", "interviewers"])
    fit = jf.direct(alone, "trust_army", replicates=jf.Replicates("supplied"))
    assert numbers(row) == numbers(only(fit.levels(), wave="Q6"))
    assert np.isnan(row["detectable"])


def test_other_flags_are_told_beside_the_verdict(survey):
    said = {**BOTH, "wave": "Q4", "against": "Q3"}
    row = judged(survey, {"kind": "change", **said, "direction": "up"})
    assert "interviewers_replaced" in row["flag"]
    assert FLAGS["interviewers_replaced"]["en"] in row["says_en"]


def test_blocking_flags_are_flags():
    assert set(FLAGS) >= BLOCKING


def test_the_published_figures_of_the_example_are_reproduced(bundled):
    published = bundled.of_claims["reproduced"].dropna()
    assert len(published) == 7
    assert published.all()


def test_the_table_has_a_row_for_every_claim_and_part(bundled):
    claims = jf.example_claims().claims
    assert bundled.of_claims["claim"].tolist() == list(claims)
    for name, claim in claims.items():
        assert bundled.of_parts(name)["part"].tolist() == list(claim.parts)
    assert list(bundled.table) == list(VERDICTS)


def test_simulated_data_are_said_to_be(bundled):
    assert "Simulated data." in repr(bundled)
    assert "simulated" in bundled.claims.note


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_sentences_quote_no_more_digits_than_the_data_bear(bundled, lang):
    said = bundled.table[f"says_{lang}"]
    assert not said.str.contains(r"\d[.,]\d").any()
    assert not said.str.contains(r"[{}]").any()


def test_parts_about_one_question_are_told_apart(survey):
    parts = {
        "Since_Q5": {"kind": "change", **BOTH, "direction": "down"},
        "Since_Q4": {"kind": "change", **BOTH, "against": "Q4", "direction": "down"},
    }
    whole = jf.judge(claims_of(**parts), survey).of_claims.iloc[0]
    assert "“Confidence in the army, Q6 − Q5: a fall”" in whole["says_en"]
    assert "« Confiance envers l'armée, Q6 − Q4 : une baisse »" in whole["says_fr"]
    assert "Since" not in whole["says_en"]


def test_a_part_about_several_questions_is_named_by_what_it_says(survey):
    actors = {name: NOW[name] for name in ("counting", "base", "wave")}
    both = {"outcomes": ["trust_army", "trust_police"], "lowest": 10, "highest": 20, "decimals": 0}
    parts = {"Both_of_them": {"kind": "range", **actors, **both}}
    parts["most"] = {"kind": "majority", **NOW}
    whole = jf.judge(claims_of(**parts), survey).of_claims.iloc[0]
    assert "they contradict the part about “levels between 10 % and 20 %”" in whole["says_en"]


def test_an_interval_that_just_decides_is_said_to(bundled):
    row = bundled.of_parts("C15_living_conditions").iloc[0]
    assert row["verdict"] == "supported"
    assert -0.005 < row["high"] < 0
    assert "[−34, 0], just clear of 0. The data bear out a fall" in row["says_en"]
    assert "[−34 ; 0], tout juste à l'écart de 0." in row["says_fr"]


POINTS = {"low": -0.02, "high": 0.04, "unit": "share difference"}


@pytest.mark.parametrize(
    ("said", "english", "french"),
    [
        ("1 point [-2, 4]", "1 point [−2, 4]", "1 point [−2 ; 4]"),
        ("-1 point [-2, 1]", "−1 point [−2, 1]", "−1 point [−2 ; 1]"),
        ("0 points [-2, 1]", "0 points [−2, 1]", "0 point [−2 ; 1]"),
        (say({**POINTS, "estimate": 0.011}), "1 point [−2, 4]", "1 point [−2 ; 4]"),
        (say({**POINTS, "estimate": -0.009}), "−1 point [−2, 4]", "−1 point [−2 ; 4]"),
        ("0.8 points [0.1, 1.5]", "0.8 points [0.1, 1.5]", "0,8 point [0,1 ; 1,5]"),
        ("11 points [2, 20]", "11 points [2, 20]", "11 points [2 ; 20]"),
    ],
)
def test_one_point_is_a_point(said, english, french):
    assert (in_language(said, "en"), in_language(said, "fr")) == (english, french)


def test_a_whole_says_which_part_is_not_borne_out(survey):
    parts = {
        "most": {"kind": "majority", **NOW},
        "rose": {"kind": "change", **BOTH, "direction": "up", "outcome": "trust_police"},
    }
    whole = jf.judge(claims_of(**parts), survey).of_claims.iloc[0]
    assert whole["verdict"] == "undecided"
    assert "Borne out: 1 of 2 parts" in whole["says_en"]
    assert "about “Confidence in the police”" in whole["says_en"]
    either = jf.judge(claims_of("any", **parts), survey).of_claims.iloc[0]
    assert either["verdict"] == "supported"


@pytest.mark.parametrize("weighting", ["ignore", "pseudo"])
def test_a_posterior_answers_with_a_probability(survey, weighting):
    said = {"kind": "change", **BOTH, "outcome": "criticism_russian_forces", "counting": "yes"}
    row = judged(survey, {**said, "direction": "up"}, engine="laplace", weighting=weighting)
    assert row["engine"] == "laplace"
    assert np.isnan(row["p_supported"])
    fit = jf.fit(
        "shown(criticism_russian_forces) ~ wave + (1 | commune) + (1 | commune:wave) "
        "+ (1 | facilitator)",
        survey,
        weighting=weighting,
    )
    expected = fit.probability(jf.Change("Q5"), above=0.0, rows={"wave": "Q6"}, over="wave")
    assert row["probability"] == pytest.approx(expected.value, abs=4 * expected.mc_error)


def test_a_model_that_cannot_compare_questions_says_so(survey):
    said = {"counting": ["somewhat", "a lot"], "base": "in_base", "wave": "Q6"}
    said |= {"first": ["trust_army"], "after": ["trust_police"]}
    row = judged(survey, {"kind": "order_of_outcomes", **said}, engine="weighted")
    assert row["verdict"] == "undecided"
    assert "one question at a time" in row["says_en"]


def test_whether_a_number_is_reproduced_does_not_depend_on_the_engine(survey):
    said = {**NOW, "outcome": "want_record_of_decision", "counting": "yes"}
    said |= {"kind": "level", "number": 78, "decimals": 0, "tolerance": 5}
    row = judged(survey, said, engine="laplace", weighting="ignore")
    assert round(100 * row["estimate"]) != 78
    assert row["reproduced"]


def test_what_weights_do_in_a_posterior_must_be_said(survey):
    with pytest.raises(jf.SpecError, match="weighting='ignore'"):
        judged(survey, {"kind": "majority", **NOW}, engine="laplace")


def test_a_model_that_cannot_be_fitted_leaves_its_part_undecided(survey):
    said = {"along": "commune", "groups": "Bandiagara", "reference": "others", "side": "above"}
    row = judged(
        survey, {"kind": "comparison", **NOW, **said}, engine="laplace", weighting="ignore"
    )
    assert row["verdict"] == "undecided"
    assert "rank deficient" in row["says_en"]


def test_the_record_tells_what_made_the_table(bundled):
    record = bundled.table.attrs["record"]
    for name in ("data_hash", "codebook_hash", "claims_hash", "versions", "call", "seed"):
        assert name in record


def test_a_run_is_held_against_an_earlier_one(survey, tmp_path):
    part = {"kind": "level", **NOW, "number": 78, "decimals": 0, "tolerance": 4}
    first = jf.judge(claims_of(part=part), survey)
    path = jf.write_table(first.table, tmp_path / "verdicts.json")
    assert jf.judge(claims_of(part=part), survey).since(path).empty
    moved = jf.judge(claims_of(part={**part, "number": 60}), survey).since(path)
    assert {"claims_hash", "verdict", "reproduced"} <= set(moved["moved"])
    other = jf.judge(claims_of(part=part), jf.example(7)).since(path)
    assert {"data_hash", "estimate"} <= set(other["moved"])


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"rows": []}', '{"record": {}, "rows": [1]}'])
def test_a_file_without_verdicts_is_refused(bundled, tmp_path, text):
    path = tmp_path / "verdicts.json"
    path.write_text(text)
    with pytest.raises(jf.ReadError, match="holds no verdicts"):
        bundled.since(path)


def test_what_is_no_claim_is_refused(survey):
    with pytest.raises(jf.SpecError, match="read_claims"):
        jf.judge({"claims": {}}, survey)
    with pytest.raises(jf.SpecError, match="Survey"):
        jf.judge(claims_of(part={"kind": "majority", **NOW}), None)


def test_verdicts_are_named_in_the_language_of_their_sentences(bundled):
    lines = bundled.in_words("fr").splitlines()[1:]
    named = {re.search(r"\[(.+?)\]", line)[1] for line in lines}
    assert named == {"confirmée", "indécise"}
