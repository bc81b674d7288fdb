"""The questionnaires of Kobo, ODK and SurveyCTO: an .xlsx with the sheets survey and choices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from jfmodels.survey.questions import Code, Question, Text, plain

__all__ = ["questions_of_form"]

LANGUAGES = {"english": "en", "anglais": "en", "en": "en"}
LANGUAGES |= {"french": "fr", "francais": "fr", "fr": "fr"}
MEASURED = {"integer", "decimal", "range"}
LANGUAGE_CODES = ["en", "fr"]
OTHER = {"en": "Other", "fr": "Autre"}

type Row = Mapping[str, str]


def questions_of_form(path: Path) -> list[Question]:
    """Read the questions that have codes or numbers for answers.

    Questions within a repeat are left out, since an interview may answer them several times.

    Parameters
    ----------
    path : Path
        A workbook with the sheets ``survey`` (type, name, label) and ``choices`` (list_name,
        name, label); labels plain or by language: ``label::English (en)``.
    """
    rows = _sheet(path, "survey")
    choices: dict[str, list[Row]] = {}
    for row in _sheet(path, "choices"):
        choices.setdefault(row.get("list_name") or row.get("list name", ""), []).append(row)
    asked = list(_with_groups(rows))
    count = Counter(row["name"] for _, row in asked)
    named = [
        (row, row["name"] if count[row["name"]] == 1 else "/".join([*groups, row["name"]]))
        for groups, row in asked
    ]
    found = (_question(row, name, choices) for row, name in named)
    return [question for question in found if question is not None]


def _sheet(path: Path, name: str) -> list[Row]:
    frame = pd.read_excel(path, sheet_name=name, dtype=str, keep_default_na=False)
    rows = frame.to_dict("records")
    return [{str(title).strip(): str(text).strip() for title, text in r.items()} for r in rows]


def _with_groups(rows: list[Row]) -> Iterator[tuple[tuple[str, ...], Row]]:
    """Pair each question outside repeats with the groups it stands in."""
    open_parts: list[tuple[str, str]] = []
    for row in rows:
        words = row.get("type", "").lower().replace("_", " ").split()
        if words[:1] == ["begin"]:
            open_parts.append((words[-1], row.get("name", "")))
        elif words[:1] == ["end"]:
            open_parts = open_parts[:-1]
        elif row.get("name") and all(kind != "repeat" for kind, _ in open_parts):
            yield tuple(name for _, name in open_parts), row


def _question(row: Row, name: str, choices: Mapping[str, list[Row]]) -> Question | None:
    """Read one row of the survey sheet; None for notes, texts, calculations and the like."""
    kind, _, rest = row["type"].partition(" ")
    listed, *extra = rest.split() or [""]
    codes = {_code(each["name"]): _text(each) for each in choices.get(listed, [])}
    if "or_other" in extra:
        codes["other"] = OTHER
    label = _text(row)
    if kind == "select_one":
        return Question(name=name, label=label, codes=codes)
    if kind == "select_multiple":
        columns = {_english(text): f"{name}/{code}" for code, text in codes.items()}
        options = {_english(text): text for text in codes.values() if isinstance(text, dict)}
        return Question(name=name, label=label, measure="multi", columns=columns, options=options)
    return Question(name=name, label=label, measure="continuous") if kind in MEASURED else None


def _code(text: str) -> Code:
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def _english(text: Text) -> str:
    return text if isinstance(text, str) else next(iter(text.values()))


def _text(row: Row) -> Text:
    """Read a label: by language where both are known, else the first that is given."""
    given = {_language(title): text for title, text in row.items() if _is_label(title) and text}
    known: dict[str, str] = {
        language: given[language] for language in LANGUAGE_CODES if language in given
    }
    if len(known) == 2:
        return known
    return next(iter([*known.values(), *given.values()]), row.get("name", ""))


def _is_label(title: str) -> bool:
    return re.fullmatch(r"label(::?.*)?", title) is not None


def _language(title: str) -> str:
    """Name the language of ``label::Français (fr)``: its code, or what is known of its name."""
    code = re.search(r"\((\w+)\)\s*$", title)
    name = title.rpartition(":")[2]
    return LANGUAGES.get(code.group(1).lower() if code else plain(name), name)
