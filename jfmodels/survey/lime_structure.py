"""The survey structures that LimeSurvey exports, of any version: questions and their parts."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from jfmodels.errors import ReadError, listing
from jfmodels.survey.questions import Text

__all__ = ["LANGUAGES", "Item", "items_of_lss", "items_of_txt"]

type Row = Mapping[str, str]

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


def items_of_lss(path: Path) -> list[Item]:
    """Read the questions of a survey structure in XML.

    Parameters
    ----------
    path : Path
        As LimeSurvey exports it, of versions with texts in their own tables (4 and later) or
        with one row per language (before).

    Raises
    ------
    ReadError
        If it is no survey structure.
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
    return _items_of_xml(root)


def items_of_txt(path: Path) -> list[Item]:
    """Read the questions of a survey structure of tab-separated values.

    Parameters
    ----------
    path : Path
        As LimeSurvey exports it, in UTF-8; further languages follow the first.

    Raises
    ------
    ReadError
        If it is no survey structure.
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
    return _items_of_rows(rows)


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


def _plain(text: str) -> str:
    """Strip markup, entities and expressions."""
    bare = re.sub(r"<(script|style).*?</\1>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    bare = html.unescape(re.sub(r"<[^>]*>", " ", bare))
    return " ".join(bare.split())
