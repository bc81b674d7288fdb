"""Estimates laid out for a paper: groups by waves, or a row for every estimate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.display.numbers import MISSING, decimals
from jfmodels.errors import SpecError, choose
from jfmodels.report.paper.layout import Cell, Line, Paper, intervals_of
from jfmodels.report.paper.words import (
    WORDS,
    base_notes,
    brackets,
    interval_kind,
    method_notes,
    thousands,
    unit_words,
    word,
)
from jfmodels.report.plot_rows import is_simulated, subject
from jfmodels.report.plot_text import Wording
from jfmodels.results.table import group_names

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
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SELF_EVIDENT = ("fit", "outcome", "category", "estimand")
CHANCES = ("p_adjusted", "prob_positive", "prob_rope")


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows of a table with their texts.

    Attributes
    ----------
    rows : DataFrame, K rows
        In the order in which they are printed.
    parts : list of (str, list of str)
        What tells rows apart beside the wave: heading and K texts.
    waves : list of str
        K waves, or pairs of them; empty texts where there are none.
    cells : list of Cell
        K estimates.
    """

    rows: pd.DataFrame
    parts: list[tuple[str, list[str]]]
    waves: list[str]
    cells: list[Cell]


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
    labelled = _labelled(table, words, marks, digits)
    wide = _is_wide(labelled, layout)
    columns = list(dict.fromkeys(labelled.waves)) if wide else []
    place = intervals_of(interval, columns) if wide else "beside"
    draw = _wide if wide else _long
    headings, lines = draw(labelled, words, place)
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


def _is_wide(labelled: Labelled, layout: str | None) -> bool:
    """Say whether waves stand side by side."""
    if layout is not None:
        choose("layout", layout, LAYOUTS)
    columns = len(set(labelled.waves))
    if layout == "wide" and not any(labelled.waves):
        raise SpecError(
            "layout='wide' sets waves side by side, and no row names one. Leave it out."
        )
    levels = (labelled.rows["estimand"] == "level").all()
    by_itself = bool(levels and 1 < columns <= MOST_COLUMNS)
    keys = list(zip(*(texts for _, texts in labelled.parts), labelled.waves, strict=True))
    if len(set(keys)) < len(keys):
        raise SpecError(
            "Some rows of the table bear the same names, so that they cannot be told apart. "
            "Keep the rows of one question."
        )
    return by_itself if layout is None else layout == "wide"


def _labelled(
    table: pd.DataFrame, words: Wording, marks: Mapping[str, str], digits: int | None
) -> Labelled:
    """Order the rows and name them."""
    groups = group_names(table)
    telling = [name for name in ("fit", "outcome", "category", "estimand") if _varies(table, name)]
    compared = [name for name in ("outcome", "category") if _compares(table, name)]
    names = [*dict.fromkeys([*telling, *compared]), *groups]
    rows = _ordered(table, names)
    records = [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
    several = len(rows["unit"].unique()) > 1
    parts = [(words.name(n), [_text(row, n, words) for row in records]) for n in names]
    if {"outcome", "category"} <= set(names) and _one_answer_each(rows):
        k = names.index("outcome")
        parts[k : k + 2] = [(parts[k][0], [_outcome(row, words) for row in records])]
    if several:
        units = [unit_words(str(row["unit"]), words.lang) for row in records]
        parts = parts or [("", [""] * len(rows))]
        heading, texts = parts[-1]
        parts[-1] = heading, [f"{x} ({u})" if x else u for x, u in zip(texts, units, strict=True)]
    waves = [_text(row, "wave", words) if "wave" in row else "" for row in records]
    return Labelled(rows, parts, waves, _cells(rows, words, marks, digits))


def _one_answer_each(rows: pd.DataFrame) -> bool:
    """Tell whether every outcome has one answer, so that both make one name."""
    pairs = rows[["outcome", "category"]].astype(object).drop_duplicates()
    return len(pairs) == len(pairs["outcome"].unique())


def _outcome(row: Mapping[str, Any], words: Wording) -> str:
    """Name an outcome by its answer, and the other where two are compared."""
    sides = [
        words.after(*(words.name(row[f"{name}{end}"]) for name in ("outcome", "category")))
        for end in ("", "_ref")
        if not pd.isna(row.get(f"outcome{end}"))
    ]
    return f" {_sign(row)} ".join(dict.fromkeys(sides))


def _sign(row: Mapping[str, Any]) -> str:
    """Write how two sides are compared."""
    return "/" if "ratio" in str(row["unit"]) else "−"


def _varies(table: pd.DataFrame, name: str) -> bool:
    return name in table and len(table[name].unique()) > 1


def _compares(table: pd.DataFrame, name: str) -> bool:
    """Tell whether rows compare one outcome, or answer, with another."""
    if f"{name}_ref" not in table:
        return False
    here, there = table[name].astype(object), table[f"{name}_ref"].astype(object)
    return bool((there.notna() & (here != there)).any())


def _ordered(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Put the rows of a group below each other; all groups together come first."""
    if not names:
        return table.reset_index(drop=True)
    keys = pd.DataFrame({name: _places(table[name]) for name in names}, index=table.index)
    order = np.lexsort([keys[name].to_numpy() for name in reversed(names)])
    return table.iloc[order].reset_index(drop=True)


def _places(column: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Places of labels in their order, or that in which they first come; missing ones first."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy()
    return pd.factorize(column)[0]


def _text(row: Mapping[str, Any], name: str, words: Wording) -> str:
    """Name a group or wave, and what it is compared with where that differs."""
    here, there = row[name], row.get(f"{name}_ref")
    if pd.isna(here):
        return "" if name in ("wave", "category", "outcome") else words.phrase("all")
    known = name in ("estimand", "fit") and here in WORDS
    text = word(str(here), words.lang) if known else words.name(here)
    if there is None or pd.isna(there) or str(there) == str(here):
        return text
    against = words.phrase("others") if there == "others" else words.name(there)
    return f"{against} → {text}" if name == "wave" else f"{text} {_sign(row)} {against}"


def _cells(
    rows: pd.DataFrame, words: Wording, marks: Mapping[str, str], digits: int | None
) -> list[Cell]:
    """Print the estimates, rounded alike among rows of one unit."""
    scale = np.where(rows["unit"].astype(str).str.startswith("share"), 100.0, 1.0)
    places = _decimals(rows, scale) if digits is None else np.full(len(rows), digits)
    cells = []
    for k, row in enumerate(rows.to_dict("records")):
        letters = ",".join(marks[code] for code in row["flag"] if code in marks)
        if pd.isna(row["estimate"]):
            cells.append(Cell(MISSING, "", letters))
            continue
        ends = [scale[k] * row[end] for end in ("low", "high")]
        said = words.signs.between.join(words.number(x, int(places[k])) for x in ends)
        text = words.number(scale[k] * row["estimate"], int(places[k]))
        cells.append(Cell(text, "" if np.isnan(ends).any() else f"[{said}]", letters))
    return cells


def _decimals(rows: pd.DataFrame, scale: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Decimals of every row: the usual ones of its unit, one digit of the standard error."""
    error, mc_error, high, low = (
        scale * rows[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in ("std_error", "mc_error", "high", "low")
    )
    error = np.where(error > 0, error, (high - low) / 4)  # of extremes only the ends are known
    unit, places = rows["unit"].astype(str).to_numpy(), np.zeros(len(rows), dtype=np.int64)
    for each in np.unique(unit):
        here = (unit == each) & (error > 0)
        own = decimals(10 * error[here], mc_error[here])  # ten times the error: one digit of it
        places[unit == each] = int(np.median(own)) if own else 1
    return places


def _wide(labelled: Labelled, words: Wording, place: str) -> tuple[list[str], list[Line]]:
    """Set waves side by side."""
    columns = list(dict.fromkeys(labelled.waves))
    order = _wave_order(labelled)
    columns.sort(key=lambda wave: order[wave])
    grid: dict[tuple[str, str], dict[str, Cell]] = {}
    for k, wave in enumerate(labelled.waves):
        cell = labelled.cells[k]
        shown = Cell(cell.text, "" if place == "none" else cell.interval, cell.marks)
        grid.setdefault(_stub(labelled.parts, k), {})[wave] = shown
    lines = [
        Line(group, (Cell(name), *(cells.get(wave, Cell(MISSING)) for wave in columns)))
        for (group, name), cells in grid.items()
    ]
    return [_heading(labelled.parts), *columns], lines


def _wave_order(labelled: Labelled) -> dict[str, tuple[int, ...]]:
    """Places of waves, or pairs of them, in time."""
    pairs = [labelled.rows[name] for name in ("wave", "wave_ref") if name in labelled.rows]
    places = [_places(each) for each in pairs]
    return dict(
        zip(labelled.waves, zip(*(each.tolist() for each in places), strict=True), strict=True)
    )


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


def _long(labelled: Labelled, words: Wording, place: str) -> tuple[list[str], list[Line]]:
    """Set a row for every estimate, intervals and probabilities in columns of their own."""
    rows, lang = labelled.rows, words.lang
    timed = any(labelled.waves) and (len(set(labelled.waves)) > 1 or not labelled.parts)
    parts = [*labelled.parts, *([(word("wave", lang), labelled.waves)] if timed else [])]
    parts = parts or [("", [_kind(rows, words)] * len(rows))]
    columns = {word("estimate", lang): [Cell(x.text, "", x.marks) for x in labelled.cells]}
    columns[word("interval", lang)] = [Cell(each.interval or MISSING) for each in labelled.cells]
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
    return "" if _compares(table, "outcome") else subject(table, words)


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
    flags = [set(codes) for codes in table["flag"]]
    everywhere = set.intersection(*flags) if len(flags) > 1 else set()
    present = sorted(set().union(*flags) - everywhere)
    return dict(zip(present, LETTERS, strict=False))


def _notes(
    table: pd.DataFrame, words: Wording, marks: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Say what must be known: of all cells in one paragraph, then of those that bear a letter."""
    lang = words.lang
    said = [f"{word('simulated', lang)}."] if is_simulated(table) else []
    said += [*base_notes(table, words), *method_notes(table, lang)]
    everywhere = sorted({code for codes in table["flag"] for code in codes} - set(marks))
    said += [word("everywhere", lang).format(text=words.flag(code)) for code in everywhere]
    said += [f"{word('no_estimate', lang)}."] if table["estimate"].isna().any() else []
    yield "", " ".join(said)
    for code, letter in marks.items():
        yield letter, words.flag(code)
