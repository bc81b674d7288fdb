"""Where an export keeps the answers to a form's questions.

Exports differ in what they call a column (groups before the name, labels in its place) and in
how they hold a multiple response: one column that lists what was named, one per option, or both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from jfmodels.survey.columns import distinct
from jfmodels.survey.encode import quote
from jfmodels.survey.labels import canonical
from jfmodels.survey.no_answer_codes import codes_in
from jfmodels.survey.outcome import MEASURED, ONE, ZERO
from jfmodels.survey.questions import DONT_KNOW, Code, Question, Text, no_answer, texts_of
from jfmodels.survey.response_sets import BLANK

__all__ = ["located", "unlocated"]

SEPARATORS = ("/", "-", ".", ":", "_")  # between question and option
NAMED = ("Y", "Yes", "Oui", "1")
NOT_NAMED = ("N", "No", "Non", "0", "2")
LOST = "no column of the data bears its name or its label"
AMBIGUOUS = f"{BLANK} Export again with N converted to 0 to tell them apart."


def unlocated(question: Question) -> Question:
    """Suppose that the export calls its columns as the form does, and lists what was named."""
    if question.left_out is not None:
        return question
    if question.measure == "multi" and not question.columns:
        return replace(question, listed=(_first(question),))
    return replace(question, column=_first(question))


def _first(question: Question) -> str:
    return next(iter(question.aliases), question.name)


def located(questions: Iterable[Question], frame: pd.DataFrame) -> list[Question]:
    """Find the columns of every question, and note what the form does not know of their values.

    Parameters
    ----------
    questions : iterable of Question
        Of a form.
    frame : DataFrame
        The answers.

    Returns
    -------
    list of Question
        In their order; those without a column say so in ``left_out``.
    """
    questions = list(questions)
    names = _Names.of(frame, questions)
    return [
        question if question.left_out is not None else _located(question, frame, names)
        for question in questions
    ]


@dataclass(frozen=True, slots=True)
class _Names:
    """The columns of a frame by what a form may call them, and names that two questions bear."""

    columns: Mapping[str, str]
    shared: frozenset[str]

    @classmethod
    def of(cls, frame: pd.DataFrame, questions: Sequence[Question]) -> _Names:
        """Take the columns by their names, and by what stands before a text: ``Q1. How ...``."""
        columns = {name: name for name in map(str, frame.columns)}
        heads = {name.partition(". ")[0]: name for name in columns if ". " in name}
        count = Counter(alias for question in questions for alias in set(question.aliases))
        return cls(heads | columns, frozenset(alias for alias, n in count.items() if n > 1))

    def find(self, aliases: Iterable[str]) -> str | None:
        """Give the column of the first alias found; one that two questions bear is neither's."""
        found = (
            self.columns[spelled]
            for alias in aliases
            if alias not in self.shared
            for spelled in (alias, re.sub(r"\[(\w+)\]", r"_\1", alias))
            if spelled in self.columns
        )
        return next(found, None)


def _located(question: Question, frame: pd.DataFrame, names: _Names) -> Question:
    if question.measure == "multi":
        return _multiple(question, frame, names)
    column = names.find(question.aliases)
    if column is None:
        return replace(question, left_out=LOST)
    notes = question.notes
    if question.codes:
        notes += _strange(frame[column], question.codes, split=False)
    codes = dict(question.codes) | _no_answers_in_words(frame[column], question.codes)
    if question.measure in MEASURED:
        codes |= {code: DONT_KNOW for code in codes_in(frame[column]) if code not in codes}
    return replace(question, column=column, notes=notes, codes=codes)


def _no_answers_in_words(column: pd.Series, codes: Mapping[Code, Text]) -> dict[Code, Text]:
    """Take the labels of no answer for codes of their own, where the data hold labels."""
    held = _words(column, split=False)
    labels = [label for label in codes.values() if no_answer(label)]
    return {text: text for label in labels for text in texts_of(label) if canonical(text) in held}


def _multiple(question: Question, frame: pd.DataFrame, names: _Names) -> Question:
    """Find the column that lists what was named, or else those of the options."""
    if question.columns:
        return _ticked(question, frame, names)
    whole = names.find(question.aliases)
    strange = () if whole is None else _strange(frame[whole], question.codes, split=True)
    columns, options = _option_columns(question, frame, names)
    if whole is not None and (not strange or (not columns and _any_known(frame[whole], question))):
        return replace(question, listed=(whole,), notes=question.notes + strange)
    if columns:
        return replace(question, columns=columns, options=options, codes={}, column=whole or "")
    if whole is None:
        return replace(question, left_out=LOST)
    return replace(
        question,
        left_out=f"column '{whole}' holds no code of the form. Export XML values, not labels",
    )


def _any_known(column: pd.Series, question: Question) -> bool:
    known = _spellings(question.codes)
    return not known.isdisjoint(_words(column, split=True, known=known))


def _option_columns(
    question: Question, frame: pd.DataFrame, names: _Names
) -> tuple[dict[str, str], dict[str, Text]]:
    """Find a column of 0 and 1 for every option, named by its code or its label."""
    columns: dict[str, str] = {}
    options: dict[str, Text] = {}
    for code, label in question.codes.items():
        texts = texts_of(label)
        bases = [alias for alias in question.aliases if alias not in names.shared]
        calls = [
            f"{base}{sep}{end}" for base in bases for sep in SEPARATORS for end in (code, *texts)
        ]
        column = names.find(calls)
        if column is not None and set(_words(frame[column], split=False)) <= {*ONE, *ZERO}:
            columns[texts[0]] = column
            options |= {texts[0]: label} if isinstance(label, dict) else {}
    return columns, options


def _ticked(question: Question, frame: pd.DataFrame, names: _Names) -> Question:
    """Find the columns of LimeSurvey's multiple choice, and what they say for yes and no."""
    found = {option: names.find([column]) for option, column in question.columns.items()}
    columns = {option: column for option, column in found.items() if column is not None}
    ticked = [column for option, column in columns.items() if option not in question.written]
    if not ticked:
        return replace(question, left_out=LOST)
    seen = {text for column in ticked for text in _words(frame[column], split=False)}
    lost = [option for option in found if option not in columns]
    notes = question.notes + tuple(f"option '{each}': {LOST}." for each in lost)
    named = tuple(text for text in NAMED if text in seen)
    not_named = tuple(text for text in NOT_NAMED if text in seen)
    yes, no = _naming(question, named, not_named)
    return replace(
        question,
        columns=columns,
        options={option: text for option, text in question.options.items() if option in columns},
        written=tuple(option for option in question.written if option in columns),
        named=yes,
        not_named=no,
        notes=notes if not_named else (*notes, AMBIGUOUS),
    )


def _naming(
    question: Question, named: tuple[str, ...], not_named: tuple[str, ...]
) -> tuple[tuple[Code, ...], tuple[Code, ...]]:
    """Give the codes of named and not named, unless they are the usual 1 and 0."""
    if set(named) <= set(ONE) and set(not_named) <= set(ZERO) and (named or not_named):
        return (), ()
    return _codes(named or question.named or ()), _codes(not_named or question.not_named)


def _codes(texts: Iterable[Code]) -> tuple[Code, ...]:
    return tuple(int(text) if str(text).isdigit() else text for text in texts)


def _strange(column: pd.Series, codes: Mapping[Code, Text], *, split: bool) -> tuple[str, ...]:
    """Note the values that the form does not know."""
    known = _spellings(codes)
    strange = {
        text: n for text, n in _words(column, split=split, known=known).items() if text not in known
    }
    if not strange:
        return ()
    return (
        f"column '{column.name}' holds codes that the form does not have: {quote(strange)}. Add "
        "them to categories, or to missing.",
    )


def _words(column: pd.Series, *, split: bool, known: Iterable[str] = ()) -> dict[str, int]:
    """Count the codes that a column holds; what is known as a whole is one."""
    codes, texts = distinct(column)
    counts = pd.Series(codes).value_counts()
    found: dict[str, int] = {}
    whole = set(known)
    for k, text in enumerate(texts):
        parts = [canonical(part) for part in text.split()]
        for word in parts if split and text not in whole else [text] * bool(text):
            found[word] = found.get(word, 0) + int(counts.get(k, 0))
    return found


def _spellings(codes: Mapping[Code, Text]) -> set[str]:
    """List how codes and their labels are written in data."""
    labels = [text for label in codes.values() for text in texts_of(label)]
    return {canonical(each) for each in (*codes, *labels)}
