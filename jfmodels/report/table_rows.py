"""Rows of tidy tables as plain mappings: a page reads thousands of cells one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from jfmodels.report.plot_text import missing

__all__ = ["Row", "Rows", "rows_of", "split", "where"]

type Row = Mapping[str, Any]
type Rows = list[Row]


def rows_of(table: pd.DataFrame) -> Rows:
    """List the rows of a table."""
    return [
        {str(name): value for name, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]


def where(rows: Iterable[Row], **values: object) -> Rows:
    """Keep the rows with these values; None stands for a missing one.

    Examples
    --------
    >>> rows = [{"wave": "Q1", "n": 3}, {"wave": "Q2", "n": 4}]
    >>> where(rows, wave="Q2")
    [{'wave': 'Q2', 'n': 4}]
    """
    wanted = [(name, None if missing(value) else value) for name, value in values.items()]
    return [
        row
        for row in rows
        if all(
            missing(row[name]) if value is None else row[name] == value for name, value in wanted
        )
    ]


def split(rows: Iterable[Row], name: str) -> dict[Any, Rows]:
    """Put rows together by what a column says, in the order in which that first occurs.

    Examples
    --------
    >>> list(split([{"wave": "Q2"}, {"wave": "Q1"}, {"wave": "Q2"}], "wave"))
    ['Q2', 'Q1']
    """
    parts: dict[Any, Rows] = {}
    for row in rows:
        value = row[name]
        parts.setdefault(None if missing(value) else value, []).append(row)
    return parts
