"""What a frame and its labels tell of the questions that were asked."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from jfmodels.errors import listing
from jfmodels.survey.columns import as_number
from jfmodels.survey.formats import option_columns

__all__ = [
    "NO_ANSWER",
    "Code",
    "Question",
    "Text",
    "distinct_labels",
    "no_answer",
    "plain",
    "questions_of_frame",
    "texts_of",
]

type Code = int | str
type Text = str | dict[str, str]

LETTER = re.compile(r"\.[a-z]")  # of Stata's extended missing values, in a column of numbers
FEW = 11  # codes without labels: 0 to 10 is the longest scale in common use
SMALL = 1000  # below the years, and above 998 and 999, the usual codes of no answer
# What the labels of codes that are no answers look like, without accents and punctuation.
NO_ANSWER: Mapping[str, str] = {
    "dont_know": r"((i |je )?(do not|dont|doesnt) know(?! (any|who|of ))|(je )?(ne )?sai[st] pas"
    r"|dk|nsp|cannot say|cant say)\b.*",
    "refused": r"refus(ed?|al|e)?( to answer| de repondre)?|rf|(i )?(would )?(prefers?|rather) not"
    r"( to)? (say|answer)|declined?( to answer)?|no (answer|response)|(pas de|sans|non) reponse"
    r"|(je )?prefere ne pas (le )?(dire|repondre)|ne (souhaite|veut|desire) pas repondre|nr|pnr",
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
        Of a multiple response of which every option has a column.
    options : mapping of option to label
        Of these; empty where options are their own labels.
    listed : tuple of str
        Of a multiple response whose columns list the codes of what was named, these columns.
    named, not_named : tuple
        Codes by which an option's own column says that it was named, or was not; empty for the
        usual 1 and 0.
    written : tuple of str
        Options whose column holds words.
    column : str
        Where the answers are, if not in the column of its name.
    aliases : tuple of str
        What an export may call its column, likeliest first; empty where the name is known.
    notes : tuple of str
        What a person must know of it.
    left_out : str or None
        Why it has no place in a codebook; blank where that needs no saying.
    """

    name: str
    label: Text = ""
    measure: str = ""
    codes: Mapping[Code, Text] = field(default_factory=dict)
    missing: tuple[Code, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Text] = field(default_factory=dict)
    listed: tuple[str, ...] = ()
    named: tuple[Code, ...] = ()
    not_named: tuple[Code, ...] = ()
    written: tuple[str, ...] = ()
    column: str = ""
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: str | None = None


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
    texts = [plain(text) for text in texts_of(label)]
    for kind, pattern in NO_ANSWER.items():
        if any(re.fullmatch(pattern, text) for text in texts):
            return kind
    return None


def distinct_labels(codes: Mapping[Code, Text]) -> dict[Code, Text]:
    """Add its code to a label that another code bears too, in any language.

    Examples
    --------
    >>> distinct_labels({1: "Other", 2: "Radio", 96: {"en": "Other", "fr": "Autre"}})
    {1: 'Other (1)', 2: 'Radio', 96: {'en': 'Other (96)', 'fr': 'Autre (96)'}}
    """
    count = Counter(text for label in codes.values() for text in set(texts_of(label)))
    return {
        code: label if all(count[text] == 1 for text in texts_of(label)) else _numbered(label, code)
        for code, label in codes.items()
    }


def texts_of(label: Text) -> list[str]:
    """List the texts of a label in all its languages.

    Examples
    --------
    >>> texts_of("Radio"), texts_of({"en": "Army", "fr": "Armée"})
    (['Radio'], ['Army', 'Armée'])
    """
    return list(label.values()) if isinstance(label, dict) else [label]


def _numbered(label: Text, code: Code) -> Text:
    if isinstance(label, dict):
        return {language: f"{text} ({code})" for language, text in label.items()}
    return f"{label} ({code})"


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
    used = {name for each in multiple for name in (each.name, *each.columns.values(), *each.listed)}
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
        bare = [code for code in seen if code not in given] if given else []
        notes = (f"codes without a label: {listing(bare)}.",) if bare else ()
        return Question(
            name=name, label=label, measure=measure, codes=codes, missing=missing, notes=notes
        )
    if not _is_measured(column, seen):
        return None
    return Question(name=name, label=label, measure="continuous", codes=given, missing=missing)


def _values(column: pd.Series) -> list[Any]:
    """List what a column holds: texts, integers, and floats that are not whole."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    found = [value for value in column.dropna().unique().tolist() if value != ""]
    if any(isinstance(value, str) and LETTER.fullmatch(value) for value in found):
        found = [value if LETTER.fullmatch(value) else as_number(value) for value in found]
    return [_whole(value) for value in found]


def _value_labels(labels: Any, name: str) -> dict[Code, str]:
    """Read the labels of codes, Stata's extended missing values as .a to .z."""
    given = {} if labels is None else labels.variable_value_labels.get(name, {})
    stata = labels is not None and labels.file_format == "dta"
    return {
        f".{code}" if stata and isinstance(code, str) else _whole(code): text or str(_whole(code))
        for code, text in given.items()
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
    if counted is None:  # pyreadstat does not give the counted value of texts
        texts = [code for code in codes if code not in apart]
        counted = texts[0] if len(texts) == 1 else "?"
    other = tuple(code for code in codes if code not in {*apart, counted})
    usual = counted == 1 and set(other) <= {0}
    of_values = [_value_labels(labels, each).get(counted) for each in columns]
    by_value = described.get("type") == "E" and None not in of_values
    options = _distinct(of_values if by_value else _column_labels(labels, columns), columns)
    return Question(
        name=name,
        label=described["label"],
        measure="multi",
        codes={code: label for code, label in codes.items() if no_answer(label)},
        missing=missing,
        columns=dict(zip(options, columns, strict=True)),
        named=() if usual or counted == "?" else (counted,),
        not_named=() if usual else other,
        notes=UNCOUNTED if counted == "?" else (),
    )


UNCOUNTED = (
    "say under named: which code means that an option was named, and under not_named: which not.",
)


def _codes_of_set(
    frame: pd.DataFrame, labels: Any, columns: Sequence[str]
) -> tuple[dict[Code, str], tuple[Code, ...]]:
    """Gather the codes of all columns with their labels, and those declared missing."""
    seen = {value: str(value) for name in columns for value in _values(frame[name])}
    given = {code: text for name in columns for code, text in _value_labels(labels, name).items()}
    codes = seen | given
    missing = {code for name in columns for code in _declared_missing(labels, name, codes)}
    ordered = {code: codes[code] for code in sorted(codes, key=_code_order)}
    return ordered, tuple(sorted(missing, key=_code_order))


def _column_labels(labels: Any, columns: Sequence[str]) -> list[str]:
    return [labels.column_names_to_labels.get(name) or name for name in columns]


def _distinct(named: Sequence[Any], columns: Sequence[str]) -> list[str]:
    """Name options by their labels, or by the columns where those are not distinct."""
    return list(named) if len(set(named)) == len(columns) else list(columns)


def _options(frame: pd.DataFrame) -> Iterator[Question]:
    """Read the columns ``question/option`` of a form's export."""
    for name, columns in option_columns(frame).items():
        options = {column.rpartition("/")[2]: column for column in columns}
        yield Question(name=name, measure="multi", columns=options)
