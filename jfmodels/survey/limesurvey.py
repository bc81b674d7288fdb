"""The questionnaires of LimeSurvey: a survey structure as .lss (XML) or .txt (tab-separated)."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from jfmodels.errors import ReadError, listing, raise_all
from jfmodels.survey.questions import Code, Question, Text, distinct_labels

__all__ = ["questions_of_lss", "questions_of_txt"]

type Row = Mapping[str, str]

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
LANGUAGES: Sequence[str] = ("en", "fr")


@dataclass(slots=True)
class Item:
    """A question, subquestion or answer, gathered over languages."""

    code: str
    kind: str = ""
    scale: str = "0"
    relevance: str = ""
    other: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    subquestions: list[Item] = field(default_factory=list)
    answers: list[Item] = field(default_factory=list)

    @property
    def label(self) -> Text:
        """Text in English and French where both are known, else the first that is given."""
        known: dict[str, str] = {k: self.texts[k] for k in LANGUAGES if k in self.texts}
        if len(known) == 2:
            return known
        return next(iter([*known.values(), *self.texts.values()]), self.code)


def questions_of_lss(path: Path) -> list[Question]:
    """Read the questions of a survey structure in XML.

    Parameters
    ----------
    path : Path
        As LimeSurvey exports it, of versions with texts in their own tables (4 and later) or
        with one row per language (before).

    Raises
    ------
    ReadError
        If it is no survey structure, or codes stand twice.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as fault:
        raise ReadError(f"{path.name} is not XML: {fault}. Export the structure again.") from fault
    if root.findtext("LimeSurveyDocType") != "Survey":
        found = root.findtext("LimeSurveyDocType") or f"<{root.tag}>"
        raise ReadError(
            f"{path.name} is no LimeSurvey survey structure (.lss); found '{found}'. In "
            "LimeSurvey: Display/Export, Survey structure (.lss)."
        )
    return _read(path, _items_of_xml(root))


def questions_of_txt(path: Path) -> list[Question]:
    """Read the questions of a survey structure of tab-separated values.

    Parameters
    ----------
    path : Path
        As LimeSurvey exports it, in UTF-8; further languages follow the first.

    Raises
    ------
    ReadError
        If it is no survey structure, or codes stand twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ReadError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from fault
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    needed = ("class", "type/scale", "name", "text")
    missing = [name for name in needed if not rows or name not in rows[0]]
    if missing:
        raise ReadError(
            f"{path.name} is no LimeSurvey survey structure (.txt): no column {listing(missing)}. "
            "In LimeSurvey: Display/Export, Tab-separated-values format."
        )
    return _read(path, _items_of_rows(rows))


def _read(path: Path, items: Sequence[Item]) -> list[Question]:
    raise_all(ReadError, list(_problems(items)), path.name)
    return [question for item in items for question in _questions(item)]


def _items_of_xml(root: ElementTree.Element) -> list[Item]:
    """Gather questions in the order of the questionnaire."""
    asked = _table(root, "questions")
    order = {row["gid"]: _number(row.get("group_order")) for row in _table(root, "groups")}
    asked.sort(
        key=lambda row: (order.get(row.get("gid", ""), 0), _number(row.get("question_order")))
    )
    subs = sorted(_table(root, "subquestions"), key=lambda row: _number(row.get("question_order")))
    texts = _texts(_table(root, "question_l10ns"), "qid", "question")
    items: dict[str, Item] = {}
    for row in asked:
        item = items.setdefault(row["qid"], Item(row["title"], row.get("type", "")))
        item.relevance, item.other = row.get("relevance", ""), row.get("other") == "Y"
        item.texts |= texts.get(row["qid"], {}) | _own(row, "question")
    parts: dict[str, Item] = {}
    for row in subs:
        if row["qid"] not in parts and row.get("parent_qid") in items:
            parts[row["qid"]] = Item(row["title"], scale=row.get("scale_id", "0"))
            items[row["parent_qid"]].subquestions.append(parts[row["qid"]])
        if row["qid"] in parts:
            parts[row["qid"]].texts |= texts.get(row["qid"], {}) | _own(row, "question")
    _add_answers(root, items)
    return list(items.values())


def _add_answers(root: ElementTree.Element, items: Mapping[str, Item]) -> None:
    """Give each question its answers, in order."""
    texts = _texts(_table(root, "answer_l10ns"), "aid", "answer")
    for row in sorted(_table(root, "answers"), key=lambda row: _number(row.get("sortorder"))):
        if row["qid"] in items:
            part = _part(
                items[row["qid"]].answers,
                row["code"],
                row.get("scale_id", "0"),
                row.get("language"),
            )
            part.texts |= texts.get(row.get("aid", ""), {}) | _own(row, "answer")


def _table(root: ElementTree.Element, name: str) -> list[dict[str, str]]:
    """Read the rows of a table."""
    rows = root.findall(f"{name}/rows/row")
    return [{cell.tag: cell.text or "" for cell in row} for row in rows]


def _texts(rows: Iterable[Row], key: str, text: str) -> dict[str, dict[str, str]]:
    """Gather texts by what they belong to, and by language."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if key in row:
            found.setdefault(row[key], {}).update(_own(row, text))
    return found


def _own(row: Row, text: str) -> dict[str, str]:
    written = _plain(row.get(text) or "")
    return {row.get("language") or "": written} if written else {}


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _items_of_rows(rows: Iterable[Row]) -> list[Item]:
    """Gather questions; subquestions and answers follow the question they belong to."""
    items: list[Item] = []
    current = Item("")
    for row in rows:
        kind, code, scale = row["class"], (row["name"] or "").strip(), row["type/scale"] or "0"
        text = _own(row, "text")
        if kind == "Q":
            current = _part(items, code, "0", row.get("language") or "")
            current.kind = scale
            current.relevance = current.relevance or row.get("relevance") or ""
            current.other = current.other or row.get("other") == "Y"
            current.texts |= text
        elif kind in ("SQ", "A"):
            parts = current.subquestions if kind == "SQ" else current.answers
            _part(parts, code, scale, row.get("language") or "").texts.update(text)
    return items


def _part(parts: list[Item], code: str, scale: str, language: str | None) -> Item:
    """Find a question, subquestion or answer by its code, or add it.

    One that already has a text in this language stands twice, as does every one in a table that
    keeps texts apart and has no languages.
    """
    for part in parts:
        same = (part.code, part.scale) == (code, scale)
        if same and language is not None and language not in part.texts:
            return part
    parts.append(Item(code, scale=scale))
    return parts[-1]


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


def joined(whole: Text, part: Text) -> Text:
    """Put a question's text before that of its row, in each language.

    Examples
    --------
    >>> joined({"en": "Trust in", "fr": "Confiance"}, {"en": "Army", "fr": "Armée"})
    {'en': 'Trust in: Army', 'fr': 'Confiance : Armée'}
    """
    if isinstance(whole, str) and isinstance(part, str):
        return f"{whole.rstrip(' :')}: {part}"
    one = whole if isinstance(whole, dict) else dict.fromkeys(LANGUAGES, whole)
    other = part if isinstance(part, dict) else dict.fromkeys(LANGUAGES, part)
    head = {language: text.rstrip(" :") for language, text in one.items()}
    return {"en": f"{head['en']}: {other['en']}", "fr": f"{head['fr']} : {other['fr']}"}


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


def _plain(text: str) -> str:
    """Strip markup, entities and expressions."""
    bare = re.sub(r"<(script|style).*?</\1>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    bare = html.unescape(re.sub(r"<[^>]*>", " ", bare))
    return " ".join(bare.split())
