"""Columns of files with labels: their values, the labels of codes, and what is declared missing."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pandas as pd

from jfmodels.survey.columns import as_number
from jfmodels.survey.questions import Code

__all__ = ["code_order", "declared_missing", "value_labels", "values_of"]

LETTER = re.compile(r"\.[a-z]")  # of Stata's extended missing values, in a column of numbers


def values_of(column: pd.Series) -> list[Any]:
    """List what a column holds: texts, integers, and floats that are not whole."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    found = [value for value in column.dropna().unique().tolist() if value != ""]
    if any(isinstance(value, str) and LETTER.fullmatch(value) for value in found):
        found = [value if LETTER.fullmatch(value) else as_number(value) for value in found]
    return [whole(value) for value in found]


def value_labels(labels: Any, name: str) -> dict[Code, str]:
    """Read the labels of codes, Stata's extended missing values as .a to .z."""
    given = {} if labels is None else labels.variable_value_labels.get(name, {})
    stata = labels is not None and labels.file_format == "dta"
    return {
        f".{code}" if stata and isinstance(code, str) else whole(code): text or str(whole(code))
        for code, text in given.items()
    }


def declared_missing(labels: Any, name: str, codes: Collection[Code]) -> tuple[Code, ...]:
    """List the codes that lie in the ranges SPSS declares missing, used or labelled or alone."""
    found: set[Code] = set()
    for span in () if labels is None else labels.missing_ranges.get(name, ()):
        low, high = span["lo"], span["hi"]
        found |= {whole(low)} if low == high else set()
        found |= {code for code in codes if type(code) is not str and low <= code <= high}
    return tuple(sorted(found, key=code_order))


def whole(code: Any) -> Any:
    return int(code) if isinstance(code, float) and code.is_integer() else code


def code_order(code: Code) -> tuple[bool, Any]:
    """Sort key under which numbers come before texts."""
    return isinstance(code, str), code
