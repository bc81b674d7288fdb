"""The questionnaires of LimeSurvey: a survey structure as .lss (XML) or .txt (tab-separated)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jfmodels.errors import ReadError, listing, raise_all
from jfmodels.survey.lime_structure import Item, items_of_lss, items_of_txt
from jfmodels.survey.questions import Code, Question, Text, distinct_labels, joined

__all__ = ["questions_of_lss", "questions_of_txt"]

LISTS = {"L", "!", "O", "F", "H"}  # whose answers the author wrote
BUILT_IN: Mapping[str, dict[Code, Text]] = {
    "5": {k: str(k) for k in range(1, 6)},
    "A": {k: str(k) for k in range(1, 6)},
    "B": {k: str(k) for k in range(1, 11)},
    "Y": {"Y": {"en": "Yes", "fr": "Oui"}, "N": {"en": "No", "fr": "Non"}},
    "C": {
        "Y": {"en": "Yes", "fr": "Oui"},
        "U": {"en": "Uncertain", "fr": "Incertain"},
        "N": {"en": "No", "fr": "Non"},
    },
    "E": {
        "I": {"en": "Increase", "fr": "Augmenter"},
        "S": {"en": "Same", "fr": "Sans changement"},
        "D": {"en": "Decrease", "fr": "Diminuer"},
    },
    "G": {"F": {"en": "Female", "fr": "Féminin"}, "M": {"en": "Male", "fr": "Masculin"}},
}
ARRAYS = {"A", "B", "C", "E", "F", "H"}
MULTIPLE = {"M", "P"}
NUMBERS = {"N", "K", ":"}
SILENT = {"X", "I", "*"}  # texts on the screen, the switch of language, equations
OTHER: Text = {"en": "Other", "fr": "Autre"}
ALWAYS = {"", "1"}


def questions_of_lss(path: Path) -> list[Question]:
    """Read the questions of a survey structure in XML; an error lists all that is wrong with it."""
    return _read(path, items_of_lss(path))


def questions_of_txt(path: Path) -> list[Question]:
    """Read the questions of a survey structure of tab-separated values, as of one in XML."""
    return _read(path, items_of_txt(path))


def _read(path: Path, items: Sequence[Item]) -> list[Question]:
    raise_all(ReadError, list(_problems(items)), path.name)
    return [question for item in items for question in _questions(item)]


def _problems(items: Sequence[Item]) -> Iterator[str]:
    """Find codes that stand twice, and lists without answers."""
    if not items:
        yield "it holds no questions."
    codes = [item.code for item in items]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        yield f"codes of two questions: {listing(twice)}. Give each its own in LimeSurvey."
    for item in items:
        for what, parts in (("subquestions", item.subquestions), ("answers", item.answers)):
            keys = [(part.code, part.scale) for part in parts]
            same = sorted({code for code, scale in keys if keys.count((code, scale)) > 1})
            if same:
                yield f"question '{item.code}': two {what} have the code {listing(same)}."
        if item.kind in LISTS and not item.answers:
            yield f"question '{item.code}' is a list without answers."


def _questions(item: Item) -> Iterator[Question]:
    """Read one question; an array has one for each of its rows."""
    notes = _notes(item)
    if item.kind in MULTIPLE:
        yield _multiple(item, notes)
    elif item.kind == "1":
        for sub in item.subquestions:
            for k, scale in enumerate(sorted({answer.scale for answer in item.answers})):
                codes = _codes([each for each in item.answers if each.scale == scale])
                names = (f"{item.code}[{sub.code}][{k + 1}]", f"{item.code}_{sub.code}_{k}")
                texts = {language: f"{text} ({k + 1})" for language, text in sub.texts.items()}
                part = Item(f"{sub.code} ({k + 1})", texts=texts)
                yield _row(item, part, names, notes, codes=codes)
    elif item.kind in ARRAYS or item.kind == "K":
        codes = {} if item.kind == "K" else BUILT_IN.get(item.kind) or _codes(item.answers)
        measure = "continuous" if item.kind == "K" else ""
        for sub in item.subquestions:
            names = (f"{item.code}[{sub.code}]", f"{item.code}_{sub.code}")
            yield _row(item, sub, names, notes, codes=codes, measure=measure)
    elif item.kind == ":":
        yield from _number_array(item, notes)
    else:
        yield _single(item, notes)


def _single(item: Item, notes: tuple[str, ...]) -> Question:
    codes = BUILT_IN.get(item.kind) or (_codes(item.answers) if item.kind in LISTS else {})
    if item.other and codes:
        codes = {**codes, "-oth-": OTHER}
    left_out = None if codes or item.kind in NUMBERS else _reason(item.kind)
    return Question(
        name=item.code,
        label=item.label,
        measure="continuous" if item.kind in NUMBERS else "",
        codes=distinct_labels(codes),
        aliases=(item.code, *item.texts.values()),
        notes=notes,
        left_out=left_out,
    )


def _reason(kind: str) -> str:
    return "" if kind in SILENT else REASONS.get(kind, f"type '{kind}' has no codes or numbers")


REASONS = dict.fromkeys("STUQ;", "text") | {"D": "a date", "|": "files", "R": "a ranking"}


def _row(
    item: Item, sub: Item, names: Sequence[str], notes: tuple[str, ...], **kind: Any
) -> Question:
    """Read one row of an array as a question of its own."""
    label = joined(item.label, sub.label)
    texts = [f"{text} [{sub.texts[k]}]" for k, text in item.texts.items() if k in sub.texts]
    codes = distinct_labels(kind.pop("codes", {}))
    return Question(
        name=names[-1], label=label, codes=codes, aliases=(*names, *texts), notes=notes, **kind
    )


def _number_array(item: Item, notes: tuple[str, ...]) -> Iterator[Question]:
    across = [sub for sub in item.subquestions if sub.scale == "1"]
    for sub in item.subquestions:
        for other in across if sub.scale == "0" else ():
            code = f"{sub.code}_{other.code}"
            texts = {k: f"{t}, {other.texts[k]}" for k, t in sub.texts.items() if k in other.texts}
            part = Item(code, texts=texts)
            names = (f"{item.code}[{code}]", f"{item.code}_{code}")
            yield _row(item, part, names, notes, measure="continuous")


def _multiple(item: Item, notes: tuple[str, ...]) -> Question:
    """Read a multiple choice: a column for each option; what is written in words is one too."""
    labels = distinct_labels({sub.code: sub.label for sub in item.subquestions})
    columns = {_english(label): f"{item.code}[{code}]" for code, label in labels.items()}
    options: dict[str, Text] = {}
    options |= {_english(label): label for label in labels.values() if isinstance(label, dict)}
    if item.other:
        columns["Other"], options["Other"] = f"{item.code}[other]", OTHER
    return Question(
        name=item.code,
        label=item.label,
        measure="multi",
        columns=columns,
        options=options,
        named=("Y",),
        not_named=("N",),
        written=("Other",) if item.other else (),
        aliases=(item.code,),
        notes=notes,
    )


def _notes(item: Item) -> tuple[str, ...]:
    if item.relevance.strip() in ALWAYS:
        return ()
    condition = " ".join(item.relevance.split())
    return (f"asked only where {condition}; the others were not asked, and are not in its base.",)


def _codes(answers: Iterable[Item]) -> dict[Code, Text]:
    return {_code(answer.code): answer.label for answer in answers}


def _code(text: str) -> Code:
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d*)", text) else text


def _english(text: Text) -> str:
    return text if isinstance(text, str) else text["en"]
