"""A table shows what answers the question, says what its numbers are, and remains a DataFrame."""

from __future__ import annotations

import io
import pickle
import re

import numpy as np
import pandas as pd
import pyarrow
import pytest

import jfmodels as jf
from jfmodels.results.schema import BY, BY_REF, FLAGS, GLOSSARIES, SHOWN
from jfmodels.results.table import Table, shown_columns

SURVEY = jf.example()
FIT = jf.direct(SURVEY, ["trust_army", "trust_police"], by="region")
MODEL = jf.fit("shown(trust_army) ~ wave + (1 | commune)", SURVEY, weighting="ignore")
PLAN = jf.SurveyPlan(n=136, clusters=4, share=0.5, icc=0.05, icc_between_waves=0.04, overlap=1)
LEVELS = FIT.levels(by="region")

MADE = {
    "levels": lambda: LEVELS,
    "changes": lambda: FIT.changes("first", by="region"),
    "contrasts": lambda: FIT.contrasts("outcome"),
    "slope": lambda: FIT.estimate(jf.Slope()),
    "range": lambda: FIT.estimate(jf.Range("region")),
    "tests": lambda: FIT.test("wave", by="region"),
    "diagnostics": lambda: FIT.diagnostics(),
    "two-way table": lambda: jf.table_test(SURVEY, "trust_army", "region"),
    "missing places": lambda: jf.missing_places(SURVEY, "trust_army"),
    "detectable": lambda: jf.detectable_change(SURVEY, "trust_army"),
    "signs of a table": lambda: jf.type_s_m(jf.detectable_change(SURVEY, "trust_army"), change=0.1),
    "signs of a plan": lambda: jf.type_s_m(PLAN, change=[0.05, 0.1]),
    "posterior": lambda: MODEL.changes(rope=0.02),
    "components": lambda: MODEL.variance_components(),
    "effects": lambda: MODEL.effects("commune"),
    "predictive": lambda: MODEL.ppc("region"),
    "predictions": lambda: MODEL.predict(pd.DataFrame({"wave": ["Q6"], "commune": [None]})),
    "sensitivity": lambda: MODEL.prior_sensitivity(),
    "left out": lambda: MODEL.loo("commune").table,
    "small areas": lambda: jf.small_area_check(MODEL, "commune"),
    "many fits": lambda: jf.fit_many({"a": "shown(trust_army) ~ wave"}, SURVEY).levels(),
    "verdicts": lambda: jf.judge(jf.example_claims().claims["C16_rural_insecurity"], SURVEY).table,
}


def shown_rows(table: pd.DataFrame) -> list[dict[str, str]]:
    """The cells of a table as it is printed, by heading."""
    pd.set_option("display.width", 400)
    try:
        block = repr(table).split("\n\n")[1].splitlines()
    finally:
        pd.reset_option("display.width")
    starts = [match.start() for match in re.finditer(r"\S+", block[0])]
    heads = block[0].split()
    # numbers are set to the right: a column ends where its heading does
    ends = [start + len(head) for start, head in zip(starts, heads, strict=True)]
    rows = []
    for line in block[1:]:
        words = re.finditer(r"\S+", line)
        found = dict.fromkeys(heads, "")
        for each in words:
            k = next(
                k
                for k in reversed(range(len(heads)))
                if starts[k] <= each.start() or ends[k] >= each.end() > starts[k]
            )
            found[heads[k]] = f"{found[heads[k]]} {each.group()}".strip()
        rows.append(found)
    return rows


@pytest.mark.parametrize("name", GLOSSARIES)
def test_every_glossary_says_what_it_shows(name):
    shown, glossary = SHOWN[name], GLOSSARIES[name]
    assert set(shown.columns) <= set(glossary) | {BY, BY_REF}
    assert set(shown.once) <= set(glossary)
    assert set(shown.measured) <= set(shown.columns)
    assert len(set(shown.columns)) == len(shown.columns)
    assert set(SHOWN) == set(GLOSSARIES)


@pytest.mark.parametrize("name", MADE)
def test_every_table_shows_some_of_its_columns(name):
    table = MADE[name]()
    assert isinstance(table, Table)
    assert repr(table) != repr(pd.DataFrame(table))
    names = shown_columns(table)
    assert 2 < len(names) <= len(table.columns)
    assert len(names) < 16
    assert set(names) <= set(table.columns)
    assert all(table[each].notna().any() for each in names)
    assert "<table>" in table._repr_html_()


def test_numbers_shown_are_those_of_the_table():
    table = FIT.levels(by="region", where={"wave": ["Q5", "Q6"]})
    rows = shown_rows(table)
    assert len(rows) == len(table)
    for row, (_, numbers) in zip(rows, table.iterrows(), strict=True):
        assert row["region"] == numbers["region"]
        assert row["n"] == str(numbers["n"])
        for name in ("estimate", "low", "high"):
            assert abs(float(row[name]) - numbers[name]) <= 0.051 * numbers["std_error"]
        assert float(row["std_error"]) == pytest.approx(numbers["std_error"], rel=0.05)


def test_digits_that_another_run_would_change_are_left_out():
    table = MODEL.levels()
    certain = shown_rows(table)[0]["estimate"]
    table["mc_error"] = 0.02
    assert len(shown_rows(table)[0]["estimate"]) < len(certain)
    assert shown_rows(table)[0]["estimate"] == f"{table['estimate'].iloc[0]:.1f}"


def test_what_all_rows_share_is_said_once():
    one = jf.direct(SURVEY, "trust_army").changes("first", coverage=0.9)
    head = " ".join(repr(one).split("\n\n")[0].split())
    assert head.startswith("Confidence in the army (trust_army): somewhat + a lot; change; against")
    for said in (
        "against Q1",
        "share difference",
        "90 % intervals",
        "holm over 5",
        "engine: direct",
    ):
        assert head.count(said) == 1
    assert not {"outcome", "wave_ref", "unit", "engine", "adjustment"} & set(shown_columns(one))
    families = pd.concat([one, FIT.changes("first", coverage=0.9)], ignore_index=True)
    assert "p adjusted: holm over 5, holm over 10" in " ".join(repr(families).split())
    two = FIT.changes("previous")
    assert {"outcome", "wave_ref"} <= set(shown_columns(two))
    mixed = pd.concat([one, one.assign(engine="weighted")], ignore_index=True)
    assert "engine" in shown_columns(mixed)


def test_references_stand_where_they_differ():
    assert not [each for each in shown_columns(LEVELS) if each.endswith("_ref")]
    contrasts = FIT.contrasts("region", reference="Mopti")
    assert "region_ref" in shown_columns(contrasts)
    assert "wave_ref" not in shown_columns(contrasts)


def test_columns_that_were_selected_are_shown_as_pandas_does():
    some = LEVELS[["region", "wave", "estimate"]]
    assert repr(some) == repr(pd.DataFrame(some))
    assert some._repr_html_() == pd.DataFrame(some)._repr_html_()
    assert LEVELS.set_index("estimate").pipe(lambda t: repr(t) == repr(pd.DataFrame(t)))
    assert LEVELS.to_string() == pd.DataFrame(LEVELS).to_string()


def test_rows_that_were_selected_and_columns_that_were_added_are_shown():
    gao = LEVELS[LEVELS["region"] == "Gao"].query("wave == 'Q6'")
    assert [row["n"] for row in shown_rows(gao.reset_index(drop=True))] == ["136", "136"]
    assert str(gao.index[0]) in repr(gao).split("\n\n")[1]
    assert "points" in shown_columns(LEVELS.assign(points=100 * LEVELS["estimate"]))
    assert shown_columns(LEVELS.assign(points=1.0))[-1] == "points"


def test_all_groups_together_are_called_all():
    table = pd.concat([FIT.levels(), LEVELS], ignore_index=True)
    assert shown_columns(table)[:2] == ["outcome", "region"]
    assert "all" in repr(table)
    assert "nan" not in repr(table)


def test_flags_are_explained_once():
    text = " ".join(repr(LEVELS).split())
    present = {code for codes in LEVELS["flag"] for code in codes}
    assert present
    for code in present:
        assert text.count(FLAGS[code]["en"]) == 1
    absent = set(FLAGS) - present
    assert not any(FLAGS[code]["en"] in text for code in absent)


def test_long_tables_are_cut_as_pandas_cuts_them():
    with pd.option_context("display.max_rows", 10, "display.min_rows", 4):
        text = repr(LEVELS)
    assert f"{len(LEVELS)} rows, {len(LEVELS) - 4} of them not shown" in " ".join(text.split())
    firsts = [line.split()[0] for line in text.split("\n\n")[1].splitlines()[1:]]
    outcomes = ["trust_army"] * 2 + ["…"] + ["trust_police"] * 2
    assert [each for each in firsts if each in outcomes] == outcomes


def test_lines_fit_the_screen_where_words_can_be_wrapped(monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    with pd.option_context("display.width", 70):
        assert max(map(len, repr(FIT.diagnostics()).splitlines())) <= 70


def test_names_are_text_and_never_markup():
    table = LEVELS.head(2).assign(region=["<script>x</script>", "a & b"])
    assert "<script>" not in table._repr_html_()
    assert "&lt;script&gt;" in table._repr_html_()
    assert "a &amp; b" in table._repr_html_()


def test_it_remains_a_dataframe():
    again = pickle.loads(pickle.dumps(LEVELS))
    pd.testing.assert_frame_equal(again, LEVELS)
    assert repr(again) == repr(LEVELS)
    assert type(LEVELS.copy()) is type(LEVELS.sort_values("n")) is type(pd.concat([again])) is Table
    assert type(LEVELS["n"]) is pd.Series
    assert LEVELS.copy().attrs == LEVELS.attrs
    means = LEVELS.groupby("region", observed=True)["estimate"].mean()
    assert means.loc["Gao"] == pytest.approx(LEVELS.query("region == 'Gao'")["estimate"].mean())
    wide = LEVELS.pivot_table(index="region", columns="wave", values="estimate", observed=True)
    assert repr(wide) == repr(pd.DataFrame(wide))
    assert repr(LEVELS.T) == repr(pd.DataFrame(LEVELS.T))
    assert isinstance(repr(LEVELS.iloc[:0]), str)


def test_it_is_written_and_handed_on_as_any_frame():
    file = io.BytesIO()
    LEVELS.to_parquet(file)
    kept = pd.read_parquet(file)
    assert list(kept.columns) == list(LEVELS.columns)
    assert np.array_equal(kept["estimate"], LEVELS["estimate"])
    assert pyarrow.Table.from_pandas(LEVELS).num_rows == len(LEVELS)


OF_THE_USER = pd.DataFrame({"wave": ["Q7"], "estimate": [0.5]})
NOT_AS_MADE = {
    "rows beside it": (lambda: pd.concat([LEVELS, OF_THE_USER]), "Q7"),
    "rows that are not there": (lambda: LEVELS.reindex([0, 1, 99]), "99"),
    "no flag in a row": (lambda: LEVELS.assign(flag=[None, *LEVELS["flag"][1:]]), "trust_police"),
    "no flags": (lambda: LEVELS.assign(flag=np.nan), "trust_police"),
    "columns twice": (lambda: pd.concat([LEVELS, LEVELS], axis=1), "trust_police"),
    "what is missing": (lambda: LEVELS.isna(), "False"),
    "text": (lambda: LEVELS.astype(str), "trust_police"),
}


@pytest.mark.parametrize("name", NOT_AS_MADE)
def test_a_table_that_was_worked_on_shows_itself(name):
    make, text = NOT_AS_MADE[name]
    table = make()
    assert text in repr(table)
    assert text in table._repr_html_()


def test_rows_without_flags_are_printed_without():
    paper = jf.to_table(LEVELS.assign(flag=np.nan), format="markdown")
    assert "<sup>" not in paper


def test_shares_observed_and_foretold_have_the_same_decimals():
    for row in shown_rows(MODEL.ppc()):
        decimals = {len(row[name].split(".")[1]) for name in ("observed", "predicted", "low")}
        assert decimals == {3}
