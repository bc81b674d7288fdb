"""Reading tables as a release: what each of their rows tells of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pandas as pd

from jfmodels.errors import SpecError
from jfmodels.results.disclosure.release import Cell, Release, Row, Side, filled
from jfmodels.results.schema import BY, BY_REF, COLUMNS

__all__ = ["EXTREMES", "groups_in", "read_release"]

COMPARED = ("contrast", "difference in differences")
EXTREMES = ("lowest", "highest", "range")


def read_release(tables: Sequence[pd.DataFrame]) -> Release:
    """Read what every row of every table tells of."""
    axes = tuple(sorted({name for table in tables for name in _axes_of(table)}))
    within: dict[str, dict[str, dict[str, str]]] = {name: {} for name in axes}
    for table in tables:
        for name, group in table.attrs["record"].get("groups", {}).items():
            for parent, lies_in in group["within"].items():
                for label, larger in lies_in.items() if parent in axes else ():
                    within[name].setdefault(label, {})[parent] = larger
    rows = [row for k, table in enumerate(tables) for row in _rows(k, table, axes, within)]
    return Release(axes, within, tuple(_with_members(rows)))


def groups_in(table: pd.DataFrame) -> list[str]:
    """List the groups that a table is split by."""
    names = list(map(str, table.columns))
    known = {name for name in COLUMNS if name not in (BY, BY_REF)}
    return [name for name in names if name not in known and f"{name}_ref" in names]


def _axes_of(table: pd.DataFrame) -> list[str]:
    return [*groups_in(table), *(name for name in _domain_of(table) if name != "wave")]


def _domain_of(table: pd.DataFrame) -> dict[str, list[str]]:
    """The domain that all rows of a table lie in."""
    return dict(table.attrs["record"]["call"].get("where") or {})


def _rows(
    number: int,
    table: pd.DataFrame,
    axes: Sequence[str],
    within: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> Iterator[Row]:
    """Read the rows of one table."""
    groups, where = groups_in(table), _domain_of(table)
    survey = str(table.attrs["record"].get("data_hash", ""))
    known = {name: _labels(table, name) for name in ("outcome", "wave", *groups)}
    fixed = {name: frozenset(labels) for name, labels in where.items() if name in axes}
    names = list(map(str, table.columns))
    bare = pd.DataFrame({name: table[name].astype(object) for name in names})
    for place, values in enumerate(bare.itertuples(index=False, name=None)):
        row = dict(zip(names, values, strict=True))
        if "suppressed" in row["flag"]:
            raise SpecError(
                "A table has rows that are withheld already. Withhold all tables of a release at "
                "once, as the fits gave them: what protects one table can be undone by another."
            )
        drawn = not pd.isna(row["mc_error"])
        sides = dict.fromkeys(
            Side(Cell(survey, outcome, wave, filled(axes, fixed | at, within)), answers, drawn)
            for outcome, answers in _items(row, known["outcome"])
            for wave in _both(row, "wave", known["wave"] or [""])
            for at in _domains(row, groups, known)
        )
        level, index = row["estimand"] == "level" and len(sides) == 1, _is_index(row)
        edge = level and row["unit"] == "share" and row["estimate"] in (0.0, 1.0)
        yield Row(
            table=number,
            place=place,
            sides=tuple(sides),
            n=int(row["n"]),
            estimate=float(row["estimate"]),
            level=level and not index,
            index=index,
            uniform=not drawn and (edge or "at_boundary" in row["flag"]),
        )


def _is_index(row: Mapping[str, Any]) -> bool:
    """Whether a row is a mean over outcomes: the share of no answer in particular."""
    return bool(pd.isna(row["category"]) and str(row["unit"]).startswith("share"))


def _labels(table: pd.DataFrame, name: str) -> list[str]:
    column = table[name]
    listed = column.cat.categories if hasattr(column, "cat") else column.dropna().unique()
    return [str(label) for label in listed]


def _items(
    row: Mapping[str, Any], outcomes: Iterable[str]
) -> list[tuple[str, frozenset[str] | None]]:
    """Outcomes and answers that a row tells of; those of an index stand under an empty name."""
    if _is_index(row):
        return [("", None)]
    items = [(str(row["outcome"]), _answers(row["category"]))]
    if not pd.isna(row["outcome_ref"]):
        items.append((str(row["outcome_ref"]), _answers(row["category_ref"])))
    elif row["estimand"] in COMPARED:
        items += [(name, None) for name in outcomes]
    return list(dict.fromkeys(items))


def _answers(category: object) -> frozenset[str] | None:
    return None if pd.isna(category) else frozenset(str(category).split(" + "))  # type: ignore[call-overload]


def _both(row: Mapping[str, Any], name: str, labels: Sequence[str]) -> list[str]:
    """Labels of both sides along the wave or a group; all of them where one is not named."""
    to, ref = row[name], row[f"{name}_ref"]
    if pd.isna(to) or (pd.isna(ref) and row["estimand"] in COMPARED):
        return list(labels)
    return [str(to)] if pd.isna(ref) else list(dict.fromkeys([str(to), str(ref)]))


def _domains(
    row: Mapping[str, Any], groups: Sequence[str], known: Mapping[str, Sequence[str]]
) -> list[dict[str, frozenset[str]]]:
    """Domains that a row tells of, by group."""
    named = [name for name in groups if not pd.isna(row[name])]
    sides = [[frozenset([label]) for label in _both(row, name, known[name])] for name in named]
    return [dict(zip(named, each, strict=True)) for each in product(*sides)]


def _with_members(rows: Sequence[Row]) -> Iterator[Row]:
    """Let indices tell of all outcomes of their survey: which ones they average is not said."""
    outcomes: dict[str, set[str]] = defaultdict(set)
    for cell in (side.cell for row in rows for side in row.sides if not row.index):
        outcomes[cell.survey].add(cell.outcome)
    for row in rows:
        if row.index:
            members = [
                replace(side, cell=replace(side.cell, outcome=outcome))
                for side in row.sides
                for outcome in sorted(outcomes[side.cell.survey])
            ]
            yield replace(row, sides=(*row.sides, *members))
        else:
            yield row
