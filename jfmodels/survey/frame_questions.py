"""What a frame and its labels tell of the questions that were asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pandas as pd

from jfmodels.errors import listing
from jfmodels.survey.formats import option_columns
from jfmodels.survey.labelled_columns import code_order, declared_missing, value_labels, values_of
from jfmodels.survey.no_answer_codes import codes_in
from jfmodels.survey.questions import DONT_KNOW, Code, Question, no_answer
from jfmodels.survey.response_sets import response_sets

__all__ = ["questions_of_frame"]

FEW = 11  # codes without labels: 0 to 10 is the longest scale in common use
SMALL = 1000  # below the years, and above 998 and 999, the usual codes of no answer


def questions_of_frame(frame: pd.DataFrame, labels: Any = None) -> Iterator[Question]:
    """Read every column that looks like a question, and every multiple response.

    Parameters
    ----------
    frame : DataFrame
        Codes.
    labels : pyreadstat.metadata_container, optional
        Labels of an SPSS or Stata file.

    Yields
    ------
    Question
        Multiple responses last. Identifiers, dates and constants are left out.
    """
    multiple = [*response_sets(frame, labels), *_options(frame)]
    used = {name for each in multiple for name in (each.name, *each.columns.values(), *each.listed)}
    for name in frame.columns:
        question = None if name in used else _question(frame[name], labels)
        if question is not None:
            yield question
    yield from multiple


def _question(column: pd.Series, labels: Any) -> Question | None:
    """Read one column; None if it does not look like a question."""
    name = str(column.name)
    values = values_of(column)
    labelled = value_labels(labels, name)
    missing = declared_missing(labels, name, {*labelled, *values})
    undeclared = set(values).difference(labelled, missing)
    given = labelled | {code: DONT_KNOW for code in codes_in(column) if code in undeclared}
    apart = {code for code, label in given.items() if no_answer(label)} | set(missing)
    seen = [value for value in values if value not in apart]
    answers = {code: label for code, label in given.items() if code not in apart}
    label = "" if labels is None else labels.column_names_to_labels.get(name) or ""
    if _is_coded(seen, answers) and (answers or not _never_repeats(column)):
        all_labels = {code: str(code) for code in seen} | given
        codes = {code: all_labels[code] for code in sorted(all_labels, key=code_order)}
        measure = _measure(labels, name, seen, answers)
        bare = [code for code in seen if code not in given] if labelled else []
        notes = (f"codes without a label: {listing(bare)}.",) if bare else ()
        return Question(
            name=name, label=label, measure=measure, codes=codes, missing=missing, notes=notes
        )
    if not _is_measured(column, seen):
        return None
    return Question(name=name, label=label, measure="continuous", codes=given, missing=missing)


def _measure(labels: Any, name: str, seen: Sequence[Code], answers: Collection[Code]) -> str:
    """Take the file's word for nominal and ordinal; bare integers are taken for a scale."""
    said = "" if labels is None else labels.variable_measure.get(name, "")
    if said in ("nominal", "ordinal"):
        return str(said)
    return "" if answers or any(isinstance(code, str) for code in seen) else "ordinal"


def _is_coded(seen: Collection[Any], answers: Collection[Code]) -> bool:
    """Whether values are codes: all of them labelled, or few and small."""
    if len({*seen, *answers}) < 2:
        return False
    if answers and set(seen) <= set(answers):
        return True
    return len({*seen, *answers}) <= FEW and all(map(_is_small, seen))


def _is_small(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and abs(value) < SMALL)


def _is_measured(column: pd.Series, seen: Sequence[Any]) -> bool:
    """Whether values are measurements: numbers that vary and identify nobody."""
    if len(seen) < 2 or not all(isinstance(value, int | float) for value in seen):
        return False
    return any(isinstance(value, float) for value in seen) or not _never_repeats(column)


def _never_repeats(column: pd.Series) -> bool:
    answered = column.dropna()
    return len(answered) > 1 and answered.is_unique


def _options(frame: pd.DataFrame) -> Iterator[Question]:
    """Read the columns ``question/option`` of a form's export."""
    for name, columns in option_columns(frame).items():
        options = {column.rpartition("/")[2]: column for column in columns}
        yield Question(name=name, measure="multi", columns=options)
