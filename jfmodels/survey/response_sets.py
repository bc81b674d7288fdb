"""The multiple response sets of SPSS files: dichotomies, and lists of mentions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from jfmodels.survey.labelled_columns import code_order, declared_missing, value_labels, values_of
from jfmodels.survey.questions import Code, Question, distinct_labels, no_answer

__all__ = ["BLANK", "response_sets"]

BLANK = (
    "where others are named, blank means not named; but whoever ticked nothing cannot be told from "
    "whoever was not asked, and is in no base."
)


def response_sets(frame: pd.DataFrame, labels: Any) -> Iterator[Question]:
    """Read the multiple response sets of an SPSS file: dichotomies, and lists of mentions."""
    spelled = {str(name).casefold(): str(name) for name in frame.columns}
    for name, described in ({} if labels is None else labels.mr_sets).items():
        columns = [spelled.get(each.casefold(), each) for each in described["variable_list"]]
        if len(columns) < 2 or not set(columns) <= set(frame.columns):
            continue
        read = _dichotomies if described["is_dichotomy"] else _mentions
        yield read(frame, labels, name.removeprefix("$"), described, columns)


def _mentions(
    frame: pd.DataFrame, labels: Any, name: str, described: Any, columns: Sequence[str]
) -> Question:
    """Read a set whose columns hold the code of something that was named."""
    codes, missing = _codes_of_set(frame, labels, columns)
    return Question(
        name=name,
        label=described["label"],
        measure="multi",
        codes=distinct_labels(codes),
        missing=missing,
        listed=tuple(columns),
    )


def _dichotomies(
    frame: pd.DataFrame, labels: Any, name: str, described: Any, columns: Sequence[str]
) -> Question:
    """Read a set with a column for every option, named where it holds the counted value."""
    codes, missing = _codes_of_set(frame, labels, columns)
    apart = {code for code, label in codes.items() if no_answer(label)} | set(missing)
    counted = described["counted_value"]
    answers = [code for code in codes if code not in apart]
    if counted is None and len(answers) == 1:  # pyreadstat gives no counted value of texts
        counted = answers[0]
    other = tuple(code for code in answers if code != counted)
    usual = counted == 1 and set(other) <= {0}
    of_values = [value_labels(labels, each).get(counted) for each in columns]
    by_value = described.get("type") == "E" and None not in of_values
    options = _distinct(of_values if by_value else _column_labels(labels, columns), columns)
    return Question(
        name=name,
        label=described["label"],
        measure="multi",
        codes={code: label for code, label in codes.items() if no_answer(label)},
        missing=missing,
        columns=dict(zip(options, columns, strict=True)),
        named=() if usual else None if counted is None else (counted,),
        not_named=() if usual else other,
        notes=() if other else (BLANK,),
    )


def _codes_of_set(
    frame: pd.DataFrame, labels: Any, columns: Sequence[str]
) -> tuple[dict[Code, str], tuple[Code, ...]]:
    """Gather the codes of all columns with their labels, and those declared missing."""
    seen = {value: str(value) for name in columns for value in values_of(frame[name])}
    given = {code: text for name in columns for code, text in value_labels(labels, name).items()}
    codes = seen | given
    missing = {code for name in columns for code in declared_missing(labels, name, codes)}
    ordered = {code: codes[code] for code in sorted(codes, key=code_order)}
    return ordered, tuple(sorted(missing, key=code_order))


def _column_labels(labels: Any, columns: Sequence[str]) -> list[str]:
    return [labels.column_names_to_labels.get(name) or name for name in columns]


def _distinct(named: Sequence[Any], columns: Sequence[str]) -> list[str]:
    """Name options by their labels, or by the columns where those are not distinct."""
    return list(named) if len(set(named)) == len(columns) else list(columns)
