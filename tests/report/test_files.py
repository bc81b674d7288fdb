"""A table written and read again says the same, and never becomes a formula."""

import json

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from jfmodels.errors import SpecError
from jfmodels.report.files import TEXTS, WRITERS, as_csv, as_json, meanings, write_table
from jfmodels.results.schema import COLUMNS, GLOSSARIES

REGIONS = ["Mopti", "=cmd()"]


@pytest.fixture
def table():
    rows = pd.DataFrame(
        {
            "outcome": pd.Categorical(["trust_army"] * 2),
            "region": pd.Categorical(REGIONS, categories=REGIONS, ordered=True),
            "wave": pd.Categorical(["Q1", None]),
            "estimate": [-0.25, np.nan],
            "df": [np.inf, 3.5],
            "n": pd.array([136, pd.NA], dtype="Int64"),
            "flag": [("few_clusters", "small_cell"), ()],
        }
    )
    rows.attrs["record"] = {"seed": 7, "versions": {"numpy": "2"}, "call": "=levels()"}
    return rows


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_writes_every_row(table, tmp_path, suffix):
    path = write_table(table, tmp_path / f"levels{suffix}")
    content = READERS[suffix](path)
    assert len(content) == len(table)


READERS = {
    ".csv": pd.read_csv,
    ".json": lambda path: json.loads(path.read_text())["rows"],
    ".xlsx": pd.read_excel,
}


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_names_every_column(table, text):
    assert all(name in TEXTS[text](table) for name in table.columns)


def test_csv_joins_flags_leaves_missing_empty_and_keeps_numbers_negative(table):
    assert as_csv(table).splitlines() == [
        "outcome,region,wave,estimate,df,n,flag",
        "trust_army,Mopti,Q1,-0.25,inf,136,few_clusters;small_cell",
        "trust_army,'=cmd(),,,3.5,,",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_defuses_formulas_in_cells_and_in_names(start):
    text = as_csv(pd.DataFrame({f"{start}name": [f"{start}1+1"]}))
    assert f"'{start}name" in text
    assert f"'{start}1+1" in text


def test_workbook_keeps_text_that_begins_as_a_formula_as_it_is(table, tmp_path):
    sheet = load_workbook(write_table(table, tmp_path / "t.xlsx"))["table"]
    cell = sheet.cell(3, 2)
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=cmd()", "s", True)
    assert sheet.cell(2, 4).value == -0.25


def test_workbook_explains_columns_flags_and_record(table, tmp_path):
    sheet = load_workbook(write_table(table, tmp_path / "t.xlsx"))["columns"]
    said = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert said["estimate"] == COLUMNS["estimate"].means
    assert said["small_cell"].startswith("Fewer than 30")
    assert said["seed"] == 7
    assert said["versions"] == '{"numpy": "2"}'
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_workbook_drops_characters_that_a_workbook_cannot_hold(tmp_path):
    path = write_table(pd.DataFrame({"region": ["Ga\x0bo"]}), tmp_path / "t.xlsx")
    assert load_workbook(path)["table"].cell(2, 1).value == "Gao"


def test_json_is_strict_and_complete(table):
    content = json.loads(as_json(table), parse_constant=pytest.fail)
    assert content["record"]["seed"] == 7
    assert content["columns"]["wave"] == COLUMNS["wave"].means
    first, second = content["rows"]
    assert first["flag"] == ["few_clusters", "small_cell"]
    assert (first["df"], first["n"], second["n"], second["wave"]) == ("inf", 136, None, None)


def test_tests_and_diagnostics_are_explained_in_their_own_words():
    assert "what is tested" in meanings(pd.DataFrame(columns=["hypothesis", "df1"]))["hypothesis"]
    assert "checked" in meanings(pd.DataFrame(columns=["check", "ok"]))["check"]


def test_groups_are_explained_as_groups():
    said = meanings(pd.DataFrame(columns=["region", "region_ref"]))
    assert said["region"].startswith("the group;")
    assert said["region_ref"] == "the group compared against"


def test_a_row_without_flags_is_written_too(table, tmp_path):
    path = write_table(table.assign(flag=[("small_cell",), np.nan]), tmp_path / "t.xlsx")
    said = {row[0].value for row in load_workbook(path)["columns"].iter_rows()}
    assert "small_cell" in said


def test_a_table_without_flags_or_record_is_written_too(tmp_path):
    path = write_table(pd.DataFrame({"wave": ["Q1"]}), tmp_path / "t.xlsx")
    assert load_workbook(path).sheetnames == ["table", "columns"]


def test_an_unknown_suffix_names_the_near_miss(table, tmp_path):
    with pytest.raises(SpecError, match=r"Unknown file format '.xls'. Did you mean '.xlsx'"):
        write_table(table, tmp_path / "levels.xls")


@pytest.mark.parametrize("name", GLOSSARIES)
def test_every_table_is_told_by_its_column(name):
    glossary = GLOSSARIES[name]
    said = meanings(pd.DataFrame(columns=[each for each in glossary if "<" not in each]))
    assert said == {each: column.means for each, column in glossary.items() if "<" not in each}
