"""What a reader sees on the screen."""

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from jfmodels.report.terminal import plain_columns, print_frame, print_table
from jfmodels.results.schema import FLAGS


def table_of(**columns):
    """A table of changes with two rows, some of its columns replaced."""
    made = {
        "outcome": ["trust_army"] * 2,
        "category": ["somewhat, a lot"] * 2,
        "estimand": ["change"] * 2,
        "region": ["Mopti", None],
        "wave": ["Q2"] * 2,
        "region_ref": ["Mopti", None],
        "wave_ref": ["Q1"] * 2,
        "estimate": [0.0512, -0.0304],
        "low": [-0.01, np.nan],
        "high": [0.11, np.nan],
        "coverage": [0.95] * 2,
        "p_adjusted": [0.0311, np.nan],
        "adjustment": ["holm over 2 rows"] * 2,
        "prob_positive": [np.nan] * 2,
        "n": [136, 544],
        "unit": ["share difference"] * 2,
        "target": ["population"] * 2,
        "flag": [("few_clusters", "small_cell"), ("small_cell",)],
    }
    return pd.DataFrame(made | columns)


def printed(show, table, width=100):
    stream = io.StringIO()
    show(Console(file=stream, width=width, markup=False, emoji=False), table, "Changes")
    return stream.getvalue()


def test_changes_are_points_with_a_sign():
    cells = plain_columns(table_of())
    assert cells["estimate"] == ["+5.1 points", "−3.0 points"]
    assert cells["interval"] == ["[−1.0, +11.0]", "–"]


def test_levels_are_percent_without_a_sign():
    cells = plain_columns(table_of(estimand=["level"] * 2))
    assert cells["estimate"][0] == "5.1 %"


def test_means_are_numbers_without_percent():
    cells = plain_columns(table_of(unit=["mean"] * 2, estimate=[2.5, -1.25]))
    assert cells["estimate"] == ["+2.50", "−1.25"]


def test_a_rate_names_its_period():
    cells = plain_columns(table_of(estimand=["slope"] * 2, unit=["share per year"] * 2))
    assert cells["estimate"][0] == "+5.1 points per year"


def test_simulated_data_are_called_so():
    table = table_of()
    assert "Simulated" not in printed(print_table, table)
    table.attrs["record"] = {"simulated": True}
    assert "Simulated data." in printed(print_table, table)


def test_groups_together_are_called_all_and_waves_name_both_sides():
    cells = plain_columns(table_of())
    assert cells["region"] == ["Mopti", "all"]
    assert cells["wave"] == ["Q1 → Q2"] * 2


def test_contrasts_name_both_groups():
    cells = plain_columns(table_of(region_ref=["Gao", None], wave_ref=["Q2"] * 2))
    assert cells["region"] == ["Mopti vs Gao", "all"]
    assert cells["wave"] == ["Q2", "Q2"]


def test_columns_without_a_value_are_left_out():
    assert "P(above 0)" not in plain_columns(table_of())
    bayes = plain_columns(table_of(p_adjusted=[np.nan] * 2, prob_positive=[0.9999, 0.2]))
    assert "p adjusted" not in bayes
    assert bayes["P(above 0)"] == ["1.000", "0.200"]


@pytest.mark.parametrize("name", ["outcome", "category"])
def test_outcome_and_category_stand_only_where_they_differ(name):
    assert name not in plain_columns(table_of())
    assert plain_columns(table_of(**{name: ["one", "two"]}))[name] == ["one", "two"]


def test_flags_are_letters_explained_beneath():
    text = printed(print_table, table_of())
    assert plain_columns(table_of())["flag"] == ["a b", "b"]
    assert f"a  {FLAGS['few_clusters']['en']}" in text
    assert f"b  {FLAGS['small_cell']['en']}" in text


def test_rows_of_tables_put_together_may_lack_flags():
    table = table_of(flag=[("small_cell",), np.nan])
    assert plain_columns(table)["flag"] == ["a", ""]
    assert f"a  {FLAGS['small_cell']['en']}" in printed(print_table, table)


def test_what_rows_have_in_common_is_said_once():
    text = printed(print_table, table_of())
    assert text.count("trust_army") == text.count("somewhat, a lot") == 1
    assert "p adjusted: holm over 2 rows" in text


def test_names_from_the_data_are_printed_as_they_are():
    text = printed(print_table, table_of(region=["[red]Gao[/red] :smile:", None]))
    assert "[red]Gao[/red] :smile:" in text


def test_a_table_fits_a_hundred_columns():
    text = printed(print_table, table_of(region=["a region with a rather long name", None]))
    assert max(map(len, text.splitlines())) <= 100
    assert "+5.1 points" in text


def test_waves_of_a_group_stand_together_and_the_whole_comes_first():
    regions = pd.Categorical(["Mopti", None], categories=["Mopti"], ordered=True)
    table = pd.concat([table_of(region=regions), table_of(region=regions, wave=["Q3"] * 2)])
    lines = printed(print_table, table).splitlines()
    heads = [line.split()[:4] for line in lines if "→" in line]
    assert [(head[0], head[3]) for head in heads] == [
        ("all", "Q2"),
        ("all", "Q3"),
        ("Mopti", "Q2"),
        ("Mopti", "Q3"),
    ]


def test_any_frame_can_be_shown():
    frame = pd.DataFrame({"wave": ["Q1", None], "n": [680, 2.345], "ok": [True, False]})
    text = printed(print_frame, frame)
    assert "680" in text
    assert "2.35" in text
