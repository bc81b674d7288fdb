"""The rows of a paper's table of estimates: in order, named, and printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.display.numbers import MISSING, decimals
from jfmodels.report.paper.layout import Cell
from jfmodels.report.paper.words import WORDS, unit_words, word
from jfmodels.report.plot_text import Wording
from jfmodels.results.table import flags_of, group_names

__all__ = ["Labelled", "compares", "labelled", "places"]


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


def labelled(
    table: pd.DataFrame, words: Wording, marks: Mapping[str, str], digits: int | None
) -> Labelled:
    """Order the rows and name them."""
    groups = group_names(table)
    telling = [name for name in ("fit", "outcome", "category", "estimand") if _varies(table, name)]
    compared = [name for name in ("outcome", "category") if compares(table, name)]
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


def compares(table: pd.DataFrame, name: str) -> bool:
    """Tell whether rows compare one outcome, or answer, with another."""
    if f"{name}_ref" not in table:
        return False
    here, there = table[name].astype(object), table[f"{name}_ref"].astype(object)
    return bool((there.notna() & (here != there)).any())


def _ordered(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Put the rows of a group below each other; all groups together come first."""
    if not names:
        return table.reset_index(drop=True)
    keys = pd.DataFrame({name: places(table[name]) for name in names}, index=table.index)
    order = np.lexsort([keys[name].to_numpy() for name in reversed(names)])
    return table.iloc[order].reset_index(drop=True)


def places(column: pd.Series[Any]) -> np.ndarray[Any, Any]:
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
    digit = _decimals(rows, scale) if digits is None else np.full(len(rows), digits)
    cells = []
    flags = flags_of(rows)
    for k, row in enumerate(rows.to_dict("records")):
        letters = ",".join(marks[code] for code in flags[k] if code in marks)
        if pd.isna(row["estimate"]):
            cells.append(Cell(MISSING, "", letters))
            continue
        ends = [scale[k] * row[end] for end in ("low", "high")]
        said = words.signs.between.join(words.number(x, int(digit[k])) for x in ends)
        text = words.number(scale[k] * row["estimate"], int(digit[k]))
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
