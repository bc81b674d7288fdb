"""Nothing that is withheld can be computed from what is published."""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from releases import (
    ANSWERS,
    FINEST,
    NUMBERS,
    changes,
    following,
    laid_out,
    levels,
    numbers,
    people,
    secrets,
    small_groups,
    span,
    told,
)

import jfmodels as jf

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
MINIMUM = 10
BYS = [(), ("region",), ("commune",), ("sex",), ("displaced",)]
BYS += [("region", "sex"), ("region", "displaced"), ("commune", "sex"), ("sex", "displaced")]
BYS += [("region", "sex", "displaced")]
WHERES = [None, {"sex": ["female"]}, {"displaced": ["no"]}, {"commune": ["n1", "n2"]}]
WHERES += [{"region": ["north"]}]
SORTS = {"good": ["good"], "all": ANSWERS, "shown": ["fair + good"]}
QUICK = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def survey(seed: int) -> np.ndarray:
    """Few or many people in each finest cell, often all of one mind."""
    rng = np.random.default_rng(seed)
    mean, alike = rng.choice([0.7, 3.0, 12.0]), rng.choice([0.0, 0.4])
    counts = {}
    for cell in FINEST:
        n = rng.poisson(mean * rng.choice([0.2, 1, 2]))
        shares = rng.dirichlet(np.ones(3)) if rng.random() > alike else np.eye(3)[rng.integers(3)]
        counts[cell] = rng.multinomial(n, shares).tolist()
    return people(counts)


surveys = st.integers(0, 2**32 - 1).map(survey)
questions = st.tuples(
    st.sampled_from(BYS), st.sampled_from(WHERES), st.sampled_from(["changes", *SORTS])
)
releases = st.lists(questions, min_size=1, max_size=5)


def ask(frame, question):
    by, where, kind = question
    if kind == "changes":
        return changes(frame, by, where)
    return levels(frame, by, where, SORTS[kind])


def hidden(table: pd.DataFrame) -> np.ndarray:
    return np.array(["suppressed" in flags for flags in table["flag"]])


# -------------------------------------------------------------------------------- attacked


@QUICK
@given(surveys, releases)
def test_no_secret_follows_from_what_is_published(frame, asked):
    tables = [ask(frame, question) for question in asked]
    basis = span(told(frame, jf.withhold(tables, minimum=MINIMUM)))
    assert following(basis, secrets(frame, tables, MINIMUM)) == []


@QUICK
@given(surveys, releases)
def test_no_sum_that_follows_is_of_a_small_group(frame, asked):
    """Whichever communes, sexes and displaced or not are put together, with a row or without."""
    tables = [ask(frame, question) for question in asked]
    basis = span(told(frame, jf.withhold(tables, minimum=MINIMUM)))
    assert following(basis, small_groups(frame, MINIMUM)) == []


@pytest.mark.slow
def test_many_releases_hold():
    """The two attacks above, on as many releases as patience allows."""
    for seed in range(40 if SHORT else 400):
        frame, rng = survey(seed), np.random.default_rng(seed)
        asked = [
            (BYS[rng.integers(len(BYS))], WHERES[rng.integers(len(WHERES))], kind)
            for kind in rng.choice(["changes", *SORTS], rng.integers(1, 7))
        ]
        tables = [ask(frame, question) for question in asked]
        basis = span(told(frame, jf.withhold(tables, minimum=MINIMUM)))
        assert following(basis, secrets(frame, tables, MINIMUM)) == [], (seed, asked)
        assert following(basis, small_groups(frame, MINIMUM)) == [], (seed, asked)


def test_the_attacker_finds_what_small_cells_alone_do_not_hide():
    """An attack that finds nothing proves nothing: four in ten releases fall to this one."""
    fallen = 0
    for seed in range(10):
        frame = survey(seed)
        tables = [levels(frame, by) for by in [(), ("region",), ("region", "sex"), ("sex",)]]
        shown = [table.copy() for table in tables]
        for table in shown:
            small = (table["n"] > 0) & (table["n"] < MINIMUM)
            edge = table["estimate"].isin([0, 1])
            rows = (small | edge).to_numpy()
            table["flag"] = [("suppressed",) if each else () for each in rows]
            for name in NUMBERS:
                table[name] = table[name].astype(float).mask(rows)
        basis = span(told(frame, shown))
        fallen += bool(following(basis, secrets(frame, tables, MINIMUM)))
    assert fallen >= 4


# ----------------------------------------------------------------------------- invariances


@QUICK
@given(surveys, releases, st.randoms(use_true_random=False))
def test_the_order_of_tables_and_rows_does_not_matter(frame, asked, random):
    tables = [ask(frame, question) for question in asked]
    order = random.sample(range(len(tables)), len(tables))
    shuffled = [tables[k].sample(frac=1, random_state=random.randrange(99)) for k in order]
    whole = jf.withhold(tables, minimum=MINIMUM)
    for k, table in zip(order, jf.withhold(shuffled, minimum=MINIMUM), strict=True):
        assert (hidden(table.sort_index()) == hidden(whole[k])).all()


@QUICK
@given(surveys, releases, questions)
def test_one_more_table_brings_nothing_back(frame, asked, further):
    """Of all people, with levels beside changes: else what may be small turns out not to be."""
    beside = [(by, None, "good") for by, _, kind in asked if kind == "changes"]
    tables = [ask(frame, (by, None, kind)) for by, _, kind in [*asked, *beside]]
    alone = jf.withhold(tables, minimum=MINIMUM)
    by, _, kind = further
    together = jf.withhold([*tables, ask(frame, (by, None, kind))], minimum=MINIMUM)
    for before, after in zip(alone, together, strict=False):
        assert not (hidden(before) & ~hidden(after)).any()


@QUICK
@given(surveys, releases)
def test_a_higher_minimum_withholds_at_least_the_small_cells_of_a_lower_one(frame, asked):
    tables = [ask(frame, question) for question in asked]
    for minimum in (3, 10, 30):
        for table, kept in zip(tables, jf.withhold(tables, minimum=minimum), strict=True):
            small = ((table["n"] > 0) & (table["n"] < minimum)).to_numpy()
            assert hidden(kept)[small].all()
            assert not ((kept["n"] > 0) & (kept["n"] < minimum)).any()


def test_nothing_is_withheld_where_all_cells_are_large_and_mixed():
    frame = people(dict.fromkeys(FINEST, (20, 20, 20)))
    tables = [levels(frame, by, answers=ANSWERS) for by in BYS] + [changes(frame, ("region",))]
    for table, kept in zip(tables, jf.withhold(tables, minimum=MINIMUM), strict=True):
        pd.testing.assert_frame_equal(kept, table, check_dtype=False)


# ------------------------------------------------------------------------ a published example

COUNTIES = {
    "Alpha": {"low": 15, "medium": 1, "high": 3, "very high": 1},
    "Beta": {"low": 20, "medium": 10, "high": 10, "very high": 15},
    "Gamma": {"low": 3, "medium": 10, "high": 10, "very high": 2},
    "Delta": {"low": 12, "medium": 14, "high": 7, "very high": 2},
}
"""Delinquent children by county and education: Federal Committee on Statistical Methodology,
Statistical Policy Working Paper 22, Report on Statistical Disclosure Limitation Methodology
(2005), chapter II, where counts below 5 must not be shown."""
LEVELS = list(COUNTIES["Alpha"])
FAULTY = [("Alpha", "medium"), ("Alpha", "high"), ("Alpha", "very high"), ("Beta", "medium")]
FAULTY += [("Beta", "high"), ("Gamma", "low"), ("Gamma", "very high"), ("Delta", "low")]
FAULTY += [("Delta", "very high")]


def county_tables():
    """Counts of the example and their totals, as tables of levels."""
    places = [(c, e) for c, e in product([*COUNTIES, None], [*LEVELS, None])]
    tables = {}
    for county, level in places:
        n = sum(
            COUNTIES[c][e]
            for c, e in product(COUNTIES, LEVELS)
            if county in (c, None) and level in (e, None)
        )
        named = {"county": county, "education": level}
        by = tuple(name for name, label in named.items() if label)
        row = {**{name: named[name] for name in by}, "wave": "w", "category": "yes"}
        tables.setdefault(by, []).append({**row, **numbers(2 * n, n), "n": n})
    return [laid_out(rows, by, {}, "trust", "level") for by, rows in tables.items()]


def known_of_counties(unknown):
    """Row and column totals and the cells that are shown, over the 16 cells."""
    cells = list(product(COUNTIES, LEVELS))
    facts = [[float(c == county) for c, _ in cells] for county in COUNTIES]
    facts += [[float(e == level) for _, e in cells] for level in LEVELS]
    facts += [[float(each == cell) for each in cells] for cell in cells if cell not in unknown]
    return cells, np.array(facts)


def found_in_counties(unknown):
    """Cells that follow although they are not shown."""
    cells, facts = known_of_counties(unknown)
    wanted = [(cell, np.eye(16)[k]) for k, cell in enumerate(cells) if cell in unknown]
    return set(following(span(facts), wanted))


def test_the_published_example_is_protected():
    tables = jf.withhold(county_tables(), minimum=5)
    totals = [table for table in tables if not {"county", "education"} <= set(table)]
    assert not any(hidden(table).any() for table in totals)
    (inner,) = [table for table in tables if {"county", "education"} <= set(table)]
    withheld = set(
        inner.loc[hidden(inner), ["county", "education"]].itertuples(index=False, name=None)
    )
    small = {(c, e) for c, e in product(COUNTIES, LEVELS) if COUNTIES[c][e] < 5}
    assert small < withheld
    assert found_in_counties(withheld) == set()
    assert len(withheld) <= 10  # the working paper's own solution, by hand, has 9


def test_two_withheld_cells_in_every_line_do_not_protect():
    """The working paper's warning: two rows less two columns leave one cell, which is 1."""
    assert found_in_counties(FAULTY) == {("Alpha", "very high")}


# ---------------------------------------------------------------------------- single rules


def release_of(frame, **tables):
    """Withhold, and say by name which tables lost what."""
    kept = jf.withhold(list(tables.values()), minimum=MINIMUM)
    return dict(zip(tables, kept, strict=True))


def uneven(**small):
    """Thirty of mixed mind in every finest cell but those named."""
    counts = dict.fromkeys(FINEST, (10, 10, 10))
    return people(counts | {tuple(name.split("_")): each for name, each in small.items()})


def lost(table: pd.DataFrame, *names: str) -> set[tuple[str, ...]]:
    rows = table.loc[hidden(table), list(names)]
    return set(rows.itertuples(index=False, name=None))


def test_a_part_that_a_total_gives_away_takes_the_smallest_other_part_along():
    frame = uneven(Q1_n1_male_yes=(1, 1, 1), Q1_n2_male_yes=(9, 9, 9))
    tables = release_of(
        frame,
        total=levels(frame),
        region=levels(frame, ["region"]),
        parts=levels(frame, ["commune"], {"sex": ["male"], "displaced": ["yes"]}),
        whole=levels(frame, ["region"], {"sex": ["male"], "displaced": ["yes"]}),
    )
    assert lost(tables["parts"], "wave", "commune") == {("Q1", "n1"), ("Q1", "n2")}
    assert not hidden(tables["whole"]).any()
    assert not hidden(tables["region"]).any()


def test_without_a_total_a_small_cell_goes_alone():
    frame = uneven(Q1_n1_male_yes=(1, 1, 1))
    (kept,) = jf.withhold([levels(frame, ["commune"], {"sex": ["male"], "displaced": ["yes"]})])
    assert lost(kept, "wave", "commune") == {("Q1", "n1")}


def test_what_two_domains_leave_is_not_shown():
    """All people, and all but the displaced: four displaced were asked in the first wave."""
    frame = people({cell: (0, 0, 0) if cell[3] == "yes" else (9, 9, 9) for cell in FINEST})
    frame[FINEST.index(("Q1", "n1", "male", "yes"))] = (2, 1, 1)
    kept = release_of(frame, all=levels(frame), settled=levels(frame, [], {"displaced": ["no"]}))
    assert lost(kept["settled"], "wave") == {("Q1",)}
    assert not hidden(kept["all"]).any()


def test_one_answer_among_several_is_not_found_from_the_others():
    frame = uneven(Q1_n1_male_yes=(0, 14, 16))
    where = {"commune": ["n1"], "sex": ["male"], "displaced": ["yes"]}
    kept = release_of(frame, answers=levels(frame, [], where, ANSWERS))
    assert lost(kept["answers"], "wave", "category") == {("Q1", "bad"), ("Q1", "fair")}


def test_a_change_goes_with_either_of_its_levels():
    frame = uneven(Q1_n1_male_yes=(1, 1, 1))
    where = {"sex": ["male"], "displaced": ["yes"]}
    kept = release_of(
        frame, levels=levels(frame, ["commune"], where), changes=changes(frame, ["commune"], where)
    )
    assert lost(kept["levels"], "wave", "commune") == {("Q1", "n1")}
    assert lost(kept["changes"], "wave", "commune") == {("Q2", "n1")}
    assert lost(kept["changes"], "flag") == {(("suppressed",),)}


def test_outcomes_with_the_same_people_hide_the_same_counts():
    """The other outcome's counts are the same: what hides one must hide the other."""
    frame = uneven(Q1_n1_male_yes=(1, 1, 1))
    where = {"sex": ["male"], "displaced": ["yes"]}
    asked = {f"{name} {by}": (by, name) for name in ("trust", "fear") for by in ((), ("commune",))}
    kept = release_of(
        frame, **{k: levels(frame, by, where, outcome=o) for k, (by, o) in asked.items()}
    )
    both = [lost(kept[f"{name} ('commune',)"], "wave", "commune") for name in ("trust", "fear")]
    assert both[0] == both[1]
    assert len(both[0]) == 2


def test_a_question_for_few_in_one_wave_hides_nothing_of_those_for_all():
    wave, person = np.repeat(["w1", "w2", "w3"], 60), np.tile(np.arange(60), 3)
    frame = pd.DataFrame({"wave": wave, "region": np.where(person % 2, "north", "south")})
    frame["safe"], frame["trust"] = person % 3 == 0, person % 5 < 2
    frame["seldom"] = np.where((wave != "w2") | (person < 3), person % 7 < 3, np.nan)
    answers = ["safe", "trust", "seldom"]
    frame[answers] = frame[answers].astype(float)
    book = {"outcomes": {name: {"scale": "binary"} for name in answers}}
    design = jf.SurveyDesign(wave="wave", repeats="nothing")
    asked = jf.direct(jf.Survey(frame, design, book), answers)
    for kept in jf.withhold([asked.levels(), asked.levels("region")]):
        told = kept.loc[~hidden(kept), ["outcome", "wave"]]
        assert not ((told["outcome"] == "seldom") & (told["wave"] == "w2")).any()
        assert (hidden(kept) <= ((kept["outcome"] == "seldom") & (kept["wave"] == "w2"))).all()


def test_another_outcome_loses_nothing_to_a_homogeneous_cell():
    frame = uneven(Q1_n1_male_yes=(0, 0, 30))
    where = {"sex": ["male"], "displaced": ["yes"]}
    kept = release_of(
        frame,
        total=levels(frame, [], where),
        shown=levels(frame, ["commune"], where),
        other=levels(frame, ["commune"], where, ["fair"], outcome="fear").assign(
            estimate=0.4, flag=[()] * 12
        ),
    )
    assert ("Q1", "n1") in lost(kept["shown"], "wave", "commune")
    assert len(lost(kept["shown"], "wave", "commune")) == 2
    assert not hidden(kept["other"]).any()


# ------------------------------------------------------------------- tables as fits give them


@pytest.fixture(scope="module")
def example():
    groups = ["region", "sex", "displaced"]
    outcomes = ["trust_army", "trust_police"]
    return jf.direct(jf.example(), outcomes, by=groups), groups


def test_every_question_is_judged(example):
    """What is in them is small in some rows; each row's own n then says so."""
    fit, groups = example
    tables = [
        fit.levels(groups),
        fit.changes(by=groups, against="first"),
        fit.contrasts("region", by=["sex", "displaced"]),
        fit.contrasts("region", reference="others", by=["sex", "displaced"]),
        fit.contrasts("outcome", by=groups),
        fit.estimate(jf.DiffInDiff("sex", by=["region", "displaced"])),
        fit.estimate(jf.Slope(groups)),
        fit.estimate(jf.Range("region", by=["sex", "displaced"])),
        fit.estimate(jf.Index(["trust_army", "trust_police"], of=jf.Level(groups))),
    ]
    before = [table.copy() for table in tables]
    kept = jf.withhold(tables, minimum=MINIMUM)
    levels_lost = {
        (row.outcome, row.region, row.sex, row.displaced, row.wave)
        for row in kept[0][hidden(kept[0])].itertuples()
    }
    for table, old, new in zip(tables, before, kept, strict=True):
        pd.testing.assert_frame_equal(table, old)  # what was given is left as it was
        assert new.columns.tolist() == table.columns.tolist()
        assert hidden(new)[(table["n"] > 0) & (table["n"] < MINIMUM)].all()
        assert new.loc[hidden(new), NUMBERS].isna().all(axis=None)
        pd.testing.assert_frame_equal(new[~hidden(new)], table[~hidden(new)], check_dtype=False)
        said = new.attrs["record"]["disclosure"]
        assert said == {"minimum": 10, "rows": len(table), "withheld": int(hidden(new).sum())}
    assert hidden(kept[0]).any()
    for row in kept[1][~hidden(kept[1])].itertuples():
        for wave in (row.wave, row.wave_ref):
            assert (row.outcome, row.region, row.sex, row.displaced, wave) not in levels_lost
    extremes = kept[7][hidden(kept[7])]
    assert extremes["region"].isna().all()  # who is lowest would be the answer


def test_communes_give_their_region_away(example):
    """Which commune lies in which region is known, though no table is split by both."""
    frame = jf.example()
    fit = jf.direct(frame, "trust_army", by=["region", "commune", "displaced"])
    first = {"wave": ["Q1", "Q2"]}
    tables = [
        fit.levels(by, where=first) for by in (["commune", "displaced"], ["region", "displaced"])
    ]
    kept = jf.withhold(tables, minimum=MINIMUM, clusters=True)
    region_of = tables[0].attrs["record"]["groups"]["commune"]["within"]["region"]
    cells = kept[0].assign(
        region=[region_of[name] for name in kept[0]["commune"].astype(str)], lost=hidden(kept[0])
    )
    some = cells[tables[0]["n"] > 0].groupby(["region", "displaced", "wave"], observed=True)["lost"]
    regions = kept[1][~hidden(kept[1])].set_index(["region", "displaced", "wave"]).index
    assert {n for key, n in some.sum().items() if key in regions} - {0}
    assert all(n != 1 for key, n in some.sum().items() if key in regions)


def test_a_model_is_judged_by_the_interviews_it_rests_on():
    model = jf.fit(
        "shown(trust_army) ~ wave + sex + (1 | region:displaced)",
        jf.example(),
        weighting="ignore",
        engine=jf.Laplace(draws=200, on_poor_k="warn"),
    )
    table = model.levels(["region", "sex", "displaced"], over="wave")
    (kept,) = jf.withhold([table], minimum=MINIMUM)
    assert (hidden(kept) == ((table["n"] > 0) & (table["n"] < MINIMUM))).all()


# ------------------------------------------------------------------------------- refused


def test_people_interviewers_and_clusters_are_refused():
    fit = jf.direct(jf.example(), "trust_army", by=["facilitator", "commune"])
    with pytest.raises(
        jf.SpecError, match=r"'facilitator' is the survey's interviewer.*show people"
    ):
        jf.withhold([fit.levels("facilitator")])
    with pytest.raises(jf.SpecError, match=r"'commune' is a sampling cluster.*clusters=True"):
        jf.withhold([fit.levels("commune")])
    with pytest.raises(jf.SpecError, match="'commune' is a sampling cluster"):
        jf.withhold([fit.estimate(jf.Level(), where={"commune": ["Gao"]})])
    assert len(jf.withhold([fit.levels("commune")], clusters=True)) == 1


def test_what_cannot_be_judged_is_refused(example):
    fit, groups = example
    table = fit.levels(groups)
    with pytest.raises(jf.SpecError, match="list of all tables"):
        jf.withhold(table)
    with pytest.raises(jf.SpecError, match="withheld already"):
        jf.withhold(jf.withhold([table]))
    with pytest.raises(jf.SpecError, match=r"one lacks 'estimand', 'flag'"):
        jf.withhold([pd.DataFrame({"share": [0.2]})])
    forgotten = table.copy()
    forgotten.attrs = {}
    with pytest.raises(jf.SpecError, match="one lacks 'record'"):
        jf.withhold([forgotten])
    for minimum in (1, 0, 2.5, "ten"):
        with pytest.raises(jf.SpecError, match="minimum takes a whole number from 2"):
            jf.withhold([table], minimum=minimum)
