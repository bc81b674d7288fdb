"""Tables as plain values: the same table comes back."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import jfmodels as jf
from jfmodels.results.plain_tables import plain_table, table_of
from jfmodels.survey.records import read_text, write_text


def again(table):
    return table_of(read_text(write_text(plain_table(table), {}), {}))


@pytest.mark.parametrize(
    "ask",
    [
        lambda fit: fit.levels("region"),
        lambda fit: fit.changes("first", by="region"),
        lambda fit: fit.test("wave", by="region"),
        lambda fit: fit.diagnostics(),
    ],
)
def test_tables_come_back_to_the_last_digit(ask):
    table = ask(jf.direct(jf.example(), "trust_army", by="region"))
    assert_frame_equal(again(table), table, check_exact=True)
    assert again(table).attrs == table.attrs


def test_an_empty_table_comes_back():
    table = pd.DataFrame({"wave": pd.Categorical([], categories=["Q1"]), "estimate": [0.5][:0]})
    assert_frame_equal(again(table), table)
