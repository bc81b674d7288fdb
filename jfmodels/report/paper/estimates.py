"""Estimates laid out for a paper: groups by waves, or a row for every estimate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from jfmodels.display.numbers import MISSING
from jfmodels.errors import SpecError, choose
from jfmodels.report.flag_letters import lettered
from jfmodels.report.paper.layout import Cell, Line, Paper, intervals_of
from jfmodels.report.paper.rows import Labelled, compares, labelled, places
from jfmodels.report.paper.words import (
    WORDS,
    base_notes,
    brackets,
    interval_kind,
    method_notes,
    unit_words,
    word,
)
from jfmodels.report.plot_rows import is_simulated, subject
from jfmodels.report.plot_text import Wording
from jfmodels.report.words import thousands
from jfmodels.results.table import flags_of, group_names

__all__ = ["LAYOUTS", "estimates_paper"]

LAYOUTS: Mapping[str, str] = {
    "wide": "a column for every wave, or pair of waves",
    "long": "a row for every estimate, with its interval, p and n in columns of their own",
}
NEEDED = (
    *("outcome", "category", "estimand", "estimate", "std_error", "low", "high", "mc_error"),
    *("unit", "target", "over", "engine", "adjustment", "flag"),
)
MOST_COLUMNS = 8  # of waves side by side
CHANCES = ("p_adjusted", "prob_positive", "prob_rope")


def estimates_paper(
    table: pd.DataFrame,
    words: Wording,
    *,
    layout: str | None,
    interval: str | None,
    digits: int | None,
    title: str | None,
) -> Paper:
    """Lay a table of estimates out.

    Parameters
    ----------
    table : DataFrame
        Columns of :data:`jfmodels.results.schema.COLUMNS`.
    words : Wording
        Language and labels.
    layout : {"wide", "long"}, optional
        By default levels of several waves are wide, all else long.
    interval : {"beside", "below", "none"}, optional
        Where intervals stand in the wide layout.
    digits : int, optional
        Decimals; by default those that the errors bear.
    title : str, optional
        In place of the outcome's label.
    """
    lacking = [name for name in NEEDED if name not in table]
    if lacking:
        raise SpecError(
            "to_table() takes a table of estimates, such as fit.levels() or fit.changes(), or of "
            f"coefficients, such as fit.summary(); this one lacks {', '.join(lacking)}."
        )
    if table.empty:
        raise SpecError("to_table() was given a table without rows.")
    marks = _marks(table)
    named = labelled(table, words, marks, digits)
    wide = _is_wide(named, layout)
    columns = list(dict.fromkeys(named.waves)) if wide else []
    place = intervals_of(interval, columns) if wide else "beside"
    draw = _wide if wide else _long
    headings, lines = draw(named, words, place)
    return Paper(
        lang=words.lang,
        title=_title(table, words) if title is None else title,
        subtitle=_subtitle(table, words, place),
        spanner=word("wave", words.lang) if wide else "",
        headings=tuple(headings),
        lines=tuple(lines),
        notes=tuple(_notes(table, words, marks)),
        below=wide and place == "below",
    )


def _is_wide(named: Labelled, layout: str | None) -> bool:
    """Say whether waves stand side by side."""
    if layout is not None:
        choose("layout", layout, LAYOUTS)
    columns = len(set(named.waves))
    if layout == "wide" and not any(named.waves):
        raise SpecError(
            "layout='wide' sets waves side by side, and no row names one. Leave it out."
        )
    levels = (named.rows["estimand"] == "level").all()
    by_itself = bool(levels and 1 < columns <= MOST_COLUMNS)
    keys = list(zip(*(texts for _, texts in named.parts), named.waves, strict=True))
    if len(set(keys)) < len(keys):
        raise SpecError(
            "Some rows of the table bear the same names, so that they cannot be told apart. "
            "Keep the rows of one question."
        )
    return by_itself if layout is None else layout == "wide"


def _wide(named: Labelled, words: Wording, place: str) -> tuple[list[str], list[Line]]:
    """Set waves side by side."""
    columns = list(dict.fromkeys(named.waves))
    order = _wave_order(named)
    columns.sort(key=lambda wave: order[wave])
    grid: dict[tuple[str, str], dict[str, Cell]] = {}
    for k, wave in enumerate(named.waves):
        cell = named.cells[k]
        shown = Cell(cell.text, "" if place == "none" else cell.interval, cell.marks)
        grid.setdefault(_stub(named.parts, k), {})[wave] = shown
    lines = [
        Line(group, (Cell(name), *(cells.get(wave, Cell(MISSING)) for wave in columns)))
        for (group, name), cells in grid.items()
    ]
    return [_heading(named.parts), *columns], lines


def _wave_order(named: Labelled) -> dict[str, tuple[int, ...]]:
    """Places of waves, or pairs of them, in time."""
    pairs = [named.rows[name] for name in ("wave", "wave_ref") if name in named.rows]
    found = [places(each) for each in pairs]
    return dict(zip(named.waves, zip(*(each.tolist() for each in found), strict=True), strict=True))


def _stub(parts: Sequence[tuple[str, list[str]]], k: int) -> tuple[str, str]:
    """Heading of a row's group, and its own name."""
    texts = [of[k] for _, of in parts]
    return ", ".join(filter(None, texts[:-1])), texts[-1] if texts else ""


def _heading(parts: Sequence[tuple[str, list[str]]]) -> str:
    """Name what the names of the rows are of."""
    heading = parts[-1][0] if parts else ""
    return (
        heading[:1].upper() + heading[1:] if heading not in ("fit", "outcome", "category") else ""
    )


def _long(named: Labelled, words: Wording, place: str) -> tuple[list[str], list[Line]]:
    """Set a row for every estimate, intervals and probabilities in columns of their own."""
    rows, lang = named.rows, words.lang
    timed = any(named.waves) and (len(set(named.waves)) > 1 or not named.parts)
    parts = [*named.parts, *([(word("wave", lang), named.waves)] if timed else [])]
    parts = parts or [("", [_kind(rows, words)] * len(rows))]
    columns = {word("estimate", lang): [Cell(x.text, "", x.marks) for x in named.cells]}
    columns[word("interval", lang)] = [Cell(each.interval or MISSING) for each in named.cells]
    for name in CHANCES:
        if name in rows and rows[name].notna().any():
            columns[word(name, lang)] = [Cell(_chance(x, words)) for x in rows[name]]
    if "n" in rows:
        columns[word("n", lang)] = [Cell(_count(x, words)) for x in rows["n"]]
    lines = []
    for k, cells in enumerate(zip(*columns.values(), strict=True)):
        group, name = _stub(parts, k)
        lines.append(Line(group, (Cell(name), *cells)))
    return [_heading(parts), *columns], lines


def _count(value: Any, words: Wording) -> str:
    return MISSING if pd.isna(value) else thousands(value, words.lang)


def _chance(value: float, words: Wording) -> str:
    """Print a probability with three decimals; beyond them, only that it is less or more."""
    if pd.isna(value):
        return MISSING
    sign = "<" if value < 0.001 else ">" if value > 0.999 else ""
    return sign + words.number(min(max(value, 0.001), 0.999), 3)


def _title(table: pd.DataFrame, words: Wording) -> str:
    """Name what the table shows: the outcome and answer that all rows share, and the groups."""
    said = _subject(table, words) or _kind(table, words) or words.phrase("comparisons").capitalize()
    groups = [words.name(name).lower() for name in group_names(table)]
    if not groups:
        return said
    return word("by", words.lang).format(subject=said, groups=", ".join(groups))


def _subject(table: pd.DataFrame, words: Wording) -> str:
    """Name the outcome and answer that all rows are about; none where outcomes are compared."""
    return "" if compares(table, "outcome") else subject(table, words)


def _kind(table: pd.DataFrame, words: Wording) -> str:
    """Name the one question that all rows answer."""
    kinds = table["estimand"].astype(str).unique()
    return word(kinds[0], words.lang) if len(kinds) == 1 and kinds[0] in WORDS else ""


def _subtitle(table: pd.DataFrame, words: Wording, place: str) -> str:
    """Say what the numbers and the brackets are."""
    kind = _kind(table, words) if _subject(table, words) else ""
    units = table["unit"].dropna().astype(str).unique()
    unit = unit_words(units[0], words.lang) if len(units) == 1 else ""
    level = (table["estimand"] == "level").all()
    said = [unit if level or not kind else f"{kind}, {unit.lower()}" if unit else kind]
    contents = table.get("coverage", pd.Series(dtype=float)).dropna().unique()
    if place != "none" and len(contents) == 1:
        said.append(brackets(interval_kind(table), float(contents[0]), words))
    text = ("; " if words.lang == "en" else " ; ").join(filter(None, said))
    return text[:1].upper() + text[1:]


def _marks(table: pd.DataFrame) -> dict[str, str]:
    """Give a letter to every flag that some rows have; what all have marks none."""
    flags = [set(codes) for codes in flags_of(table)]
    everywhere = set.intersection(*flags) if len(flags) > 1 else set()
    return lettered(sorted(set().union(*flags) - everywhere))


def _notes(
    table: pd.DataFrame, words: Wording, marks: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Say what must be known: of all cells in one paragraph, then of those that bear a letter."""
    lang = words.lang
    said = [f"{word('simulated', lang)}."] if is_simulated(table) else []
    said += [*base_notes(table, words), *method_notes(table, lang)]
    everywhere = sorted({code for codes in flags_of(table) for code in codes} - set(marks))
    said += [word("everywhere", lang).format(text=words.flag(code)) for code in everywhere]
    said += [f"{word('no_estimate', lang)}."] if table["estimate"].isna().any() else []
    yield "", " ".join(said)
    for code, letter in marks.items():
        yield letter, words.flag(code)
