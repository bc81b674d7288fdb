"""Tables as plain values and back, to the last digit, for files that hold tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from jfmodels.errors import SpecError
from jfmodels.results.table import Table

__all__ = ["plain_table", "table_of"]


def plain_table(table: pd.DataFrame) -> dict[str, Any]:
    """Write a table as lists, column by column, with the record of what made it."""
    if not isinstance(table, pd.DataFrame):
        raise SpecError(f"tables= holds DataFrames by name; found {type(table).__name__}.")
    columns = {str(name): _plain_column(table[name]) for name in table}
    return {"columns": columns, "record": dict(table.attrs.get("record", {}))}


def _plain_column(column: pd.Series[Any]) -> dict[str, Any]:
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        labels = kind.categories.tolist()
        return {"labels": labels, "ordered": kind.ordered, "codes": column.cat.codes.tolist()}
    values = [None if value is pd.NA else value for value in column.tolist()]
    return {"dtype": str(kind), "values": values}


def table_of(plain: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table again."""
    table = Table({name: _column(each) for name, each in plain["columns"].items()})
    if plain["record"]:
        table.attrs["record"] = plain["record"]
    return table


def _column(plain: Mapping[str, Any]) -> pd.Series[Any] | pd.Categorical:
    if "codes" not in plain:
        return pd.Series(plain["values"], dtype=plain["dtype"])
    labels = plain["labels"]
    text = all(isinstance(each, str) for each in labels)
    categories = pd.Index(labels, dtype="str" if text else None)
    kind = pd.CategoricalDtype(categories, ordered=plain["ordered"])
    return pd.Categorical.from_codes(plain["codes"], dtype=kind)
