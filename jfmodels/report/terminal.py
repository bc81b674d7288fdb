"""A tidy table as it looks in a terminal: few columns, percent, flags explained beneath."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from jfmodels.display.card import as_cell
from jfmodels.report.flag_letters import lettered
from jfmodels.report.plot_rows import group_columns, is_simulated, telling_columns
from jfmodels.report.plot_text import Wording
from jfmodels.results.schema import FLAGS
from jfmodels.results.table import caption, flags_of, shown_columns

__all__ = ["plain_columns", "print_frame", "print_table"]

type Row = Mapping[str, Any]

MISSING = "–"
ANSWER = ("outcome", "category")
PROBABILITIES: Mapping[str, str] = {"p_adjusted": "p adjusted", "prob_positive": "P(above 0)"}
TO_THE_RIGHT = ("estimate", "interval", "n", *PROBABILITIES.values())


def print_table(console: Console, table: pd.DataFrame, title: str) -> None:
    """Print a table under its title, with what must be known to read it beneath.

    Parameters
    ----------
    console : Console
        Where to print; its markup must be off, since names come from the data.
    table : DataFrame
        A tidy table of this package.
    title : str
        What the table shows.
    """
    groups = group_columns(table)
    rows = _by_group(table, [*telling_columns(table, ANSWER), *groups])
    console.print(f"\n{title}")
    console.print(_grid(plain_columns(rows), groups))
    for note in _notes(table):
        console.print(note)


def print_frame(console: Console, frame: pd.DataFrame, title: str) -> None:
    """Print any frame under its title, every cell as short text."""
    console.print(f"\n{title}")
    console.print(_grid({str(name): [as_cell(each) for each in frame[name]] for name in frame}, []))


def plain_columns(table: pd.DataFrame) -> dict[str, list[str]]:
    """Turn a table into the columns of text that fit a screen.

    Parameters
    ----------
    table : DataFrame
        A tidy table with K rows.

    Returns
    -------
    dict of str to list of str
        Heading to K cells. Outcome and category stand only where they differ between rows.

    Examples
    --------
    >>> table = pd.DataFrame({"wave": ["Q2"], "wave_ref": ["Q1"], "estimate": [0.05],
    ...     "low": [0.01], "high": [0.09], "estimand": ["change"], "unit": ["share"],
    ...     "n": [320], "flag": [()]})
    >>> [cells[0] for cells in plain_columns(table).values()]
    ['Q1 → Q2', '+5.0 points', '[+1.0, +9.0]', '320', '']
    """
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    marks = _marks(table)
    cells = {}
    for name in shown_columns(table):
        if f"{name}_ref" in table or name in (*group_columns(table), "wave"):
            cells[name] = [_compared(row, name) for row in rows]
        elif name == "estimate":
            cells[name] = [_estimate(row) for row in rows]
            cells["interval"] = [_interval(row) for row in rows]
        elif name in PROBABILITIES:
            cells[PROBABILITIES[name]] = [_probability(row[name]) for row in rows]
        elif name not in ("low", "high", "std_error", "flag") and not name.endswith("_ref"):
            cells[name] = [as_cell(row[name]) for row in rows]
    cells["flag"] = [" ".join(marks[code] for code in flags) for flags in flags_of(table)]
    return cells


def _by_group(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Put the waves of a group below each other, as a trend is read; all together come first."""
    return table.sort_values(keys, kind="stable", na_position="first") if keys else table


def _grid(cells: Mapping[str, list[str]], groups: list[str]) -> Table:
    """Lay columns out: numbers to the right, a line after every group."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in cells:
        number = heading in TO_THE_RIGHT
        grid.add_column(heading, justify="right" if number else "left", no_wrap=number)
    rows = list(zip(*cells.values(), strict=True))
    heads = [[cells[name][k] for name in groups] for k in range(len(rows))]
    for row, head, following in zip(rows, heads, [*heads[1:], None], strict=False):
        grid.add_row(*row, end_section=following not in (head, None))
    return grid


def _notes(table: pd.DataFrame) -> Iterator[str]:
    """Say what all rows have in common, and what each flag means."""
    if is_simulated(table):
        yield f"{Wording().phrase('simulated')}."
    yield caption(table)
    for code, mark in _marks(table).items():
        yield f"{mark}  {FLAGS[code]['en'] if code in FLAGS else code}"


def _marks(table: pd.DataFrame) -> dict[str, str]:
    """Give every flag that occurs a letter."""
    return lettered(sorted({code for flags in flags_of(table) for code in flags}))


def _compared(row: Row, name: str) -> str:
    """Name the row's group or wave, and what it is compared with where that differs."""
    here, there = row[name], row.get(f"{name}_ref")
    if pd.isna(here):
        return MISSING if name == "wave" else "all"
    if str(there) == str(here) or pd.isna(there):
        return str(here)
    return f"{there} → {here}" if name == "wave" else f"{here} vs {there}"


def _estimate(row: Row) -> str:
    if pd.isna(row["estimate"]):
        return MISSING
    return _number(row, "estimate") + _unit(row)


def _interval(row: Row) -> str:
    if any(pd.isna(row[end]) for end in ("low", "high")):
        return MISSING
    return f"[{_number(row, 'low')}, {_number(row, 'high')}]"


def _number(row: Row, name: str) -> str:
    """Write a share in percent, a difference of shares in points, anything else as it is."""
    scale = 100 if _is_share(row) else 1
    decimals = 1 if _is_share(row) else 2
    return Wording().number(scale * row[name], decimals, signed=row["estimand"] != "level")


def _unit(row: Row) -> str:
    if not _is_share(row):
        return ""
    if row["estimand"] == "level":
        return " %"
    return f" {row['unit'].replace('share', 'points').replace(' difference', '')}"


def _is_share(row: Row) -> bool:
    return "share" in str(row["unit"])


def _probability(value: float) -> str:
    if pd.isna(value):
        return MISSING
    return "<0.001" if value < 0.001 else f"{value:.3f}"
