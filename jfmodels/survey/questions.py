"""What a frame and its labels tell of the questions that were asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from jfmodels.survey.formats import option_columns

__all__ = ["NO_ANSWER", "Code", "Question", "Text", "no_answer", "plain", "questions_of_frame"]

type Code = int | str
type Text = str | dict[str, str]

FEW = 11  # codes without labels: 0 to 10 is the longest scale in common use
SMALL = 1000  # below the years, and above 998 and 999, the usual codes of no answer
# What the labels of codes that are no answers look like, without accents and punctuation.
NO_ANSWER: Mapping[str, str] = {
    "dont_know": r"((i |je )?(do not|dont|doesnt) know(?! (any|who|of ))|(je )?(ne )?sai[st] pas"
    r"|dk|nsp|cannot say|cant say)\b.*",
    "refused": r"refus(ed|al|e)?( to answer| de repondre)?|rf|prefers? not to (say|answer)"
    r"|no (answer|response)|(pas de|sans|non) reponse|ne souhaite pas repondre|nr",
    "missing": r"(missing|manquant|not asked|non posee?|not applicable|non applicable)\b.*"
    r"|na|n a|so|s o|sans objet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question as its source describes it.

    Attributes
    ----------
    name : str
        Column of the answers, or name of a multiple response.
    label : str or dict
        Its text, plain or by language; empty where unknown.
    measure : str
        What the source says of it: "ordinal", "nominal", "continuous", "multi", or ""
        where only the codes can tell.
    codes : mapping of code to label
        In order, codes of no answer included.
    missing : tuple
        Codes that the source itself declares missing.
    columns : mapping of option to column
        Of a multiple response.
    options : mapping of option to label
        Of a multiple response; empty where options are their own labels.
    """

    name: str
    label: Text = ""
    measure: str = ""
    codes: Mapping[Code, Text] = field(default_factory=dict)
    missing: tuple[Code, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Text] = field(default_factory=dict)


def plain(text: str) -> str:
    """Write a label in lower case, without accents, brackets, or punctuation.

    Examples
    --------
    >>> plain("Don’t know (do not read)"), plain("Refusé")
    ('dont know', 'refuse')
    """
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    bare = re.sub(r"\(.*?\)|\[.*?\]|'", "", bare)
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def no_answer(label: Text) -> str | None:
    """Tell which key of :data:`NO_ANSWER` a label belongs to; None for an answer.

    Examples
    --------
    >>> no_answer("Don't know"), no_answer({"fr": "Refus de répondre"}), no_answer("A little")
    ('dont_know', 'refused', None)
    """
    texts = [plain(text) for text in (label.values() if isinstance(label, dict) else [label])]
    for kind, pattern in NO_ANSWER.items():
        if any(re.fullmatch(pattern, text) for text in texts):
            return kind
    return None


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
    multiple = [*_response_sets(frame, labels), *_options(frame)]
    used = {name for each in multiple for name in (each.name, *each.columns.values())}
    for name in frame.columns:
        question = None if name in used else _question(frame[name], labels)
        if question is not None:
            yield question
    yield from multiple


def _question(column: pd.Series, labels: Any) -> Question | None:
    """Read one column; None if it does not look like a question."""
    name = str(column.name)
    values = _values(column)
    given = _value_labels(labels, name)
    missing = _declared_missing(labels, name, {*given, *values})
    apart = {code for code, label in given.items() if no_answer(label)} | set(missing)
    seen = [value for value in values if value not in apart]
    answers = {code: label for code, label in given.items() if code not in apart}
    label = "" if labels is None else labels.column_names_to_labels.get(name) or ""
    if _is_coded(seen, answers) and (answers or not _never_repeats(column)):
        all_labels = {code: str(code) for code in seen} | given
        codes = {code: all_labels[code] for code in sorted(all_labels, key=_code_order)}
        measure = _measure(labels, name, seen, answers)
        return Question(name=name, label=label, measure=measure, codes=codes, missing=missing)
    if not _is_measured(column, seen):
        return None
    return Question(name=name, label=label, measure="continuous", codes=given, missing=missing)


def _values(column: pd.Series) -> list[Any]:
    """List what a column holds: texts, integers, and floats that are not whole."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    found = column.dropna().unique().tolist()
    return [_whole(value) for value in found if value != ""]


def _value_labels(labels: Any, name: str) -> dict[Code, str]:
    """Read the labels of codes, without Stata's .a to .z, which the frame lacks."""
    given = {} if labels is None else labels.variable_value_labels.get(name, {})
    stata = labels is not None and labels.file_format == "dta"
    return {
        _whole(code): text or str(_whole(code))
        for code, text in given.items()
        if not (stata and isinstance(code, str))
    }


def _declared_missing(labels: Any, name: str, codes: Collection[Code]) -> tuple[Code, ...]:
    """List the codes that lie in the ranges SPSS declares missing, used or labelled or alone."""
    found: set[Code] = set()
    for span in () if labels is None else labels.missing_ranges.get(name, ()):
        low, high = span["lo"], span["hi"]
        found |= {_whole(low)} if low == high else set()
        found |= {code for code in codes if type(code) is not str and low <= code <= high}
    return tuple(sorted(found, key=_code_order))


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


def _whole(code: Any) -> Any:
    return int(code) if isinstance(code, float) and code.is_integer() else code


def _code_order(code: Code) -> tuple[bool, Any]:
    return isinstance(code, str), code


def _response_sets(frame: pd.DataFrame, labels: Any) -> Iterator[Question]:
    """Read the multiple response sets of an SPSS file that count the code 1."""
    spelled = {str(name).casefold(): str(name) for name in frame.columns}
    for name, described in ({} if labels is None else labels.mr_sets).items():
        columns = [spelled.get(each.casefold(), each) for each in described["variable_list"]]
        if described["counted_value"] != 1 or not set(columns) <= set(frame.columns):
            continue
        options = _option_names(labels, columns)
        codes = _value_labels(labels, columns[0])
        missing = _declared_missing(labels, columns[0], set(codes))
        yield Question(
            name=name.removeprefix("$"),
            label=described["label"],
            measure="multi",
            codes={code: label for code, label in codes.items() if no_answer(label)},
            missing=missing,
            columns=dict(zip(options, columns, strict=True)),
        )


def _option_names(labels: Any, columns: Sequence[str]) -> list[str]:
    """Name options by the columns' labels, or by the columns where those are not distinct."""
    named = [labels.column_names_to_labels.get(name) or name for name in columns]
    return named if len(set(named)) == len(columns) else list(columns)


def _options(frame: pd.DataFrame) -> Iterator[Question]:
    """Read the columns ``question/option`` of a form's export."""
    for name, columns in option_columns(frame).items():
        options = {column.rpartition("/")[2]: column for column in columns}
        yield Question(name=name, measure="multi", columns=options)
