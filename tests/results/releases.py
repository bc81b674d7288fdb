"""Releases of tables whose respondents are known, and an attacker who is not told of them.

The attacker knows which tables there are, every number that is left in them, how many
interviews each side of a comparison rests on, and linear algebra.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.results.schema import COLUMNS, columns

AXES: Mapping[str, Sequence[str]] = {
    "region": ["north", "south"],
    "commune": ["n1", "n2", "n3", "s1", "s2", "s3"],
    "sex": ["female", "male"],
    "displaced": ["no", "yes"],
}
REGION = {name: "north" if name.startswith("n") else "south" for name in AXES["commune"]}
NUMBERS = [name for name, each in COLUMNS.items() if each.dtype in ("float", "int")]
NUMBERS.remove("coverage")
ANSWERS = ["bad", "fair", "good"]
WITHIN = {"commune": {"region": REGION}}


WAVES = ["Q1", "Q2"]
FINEST = list(product(WAVES, AXES["commune"], AXES["sex"], AXES["displaced"]))


def people(counts: Mapping[tuple[str, ...], Sequence[int]]) -> np.ndarray:
    """Counts by answer of every finest cell, shape (cells, answers)."""
    return np.array([counts[cell] for cell in FINEST])


@cache
def labelled(name: str, label: str) -> np.ndarray:
    """Which finest cells have a label."""
    place = ["wave", "commune", "sex", "displaced"]
    if name == "region":
        return np.array([REGION[cell[1]] == label for cell in FINEST])
    return np.array([cell[place.index(name)] == label for cell in FINEST])


def inside(where: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Which finest cells lie in a domain."""
    kept = np.ones(len(FINEST), dtype=bool)
    for name, labels in where.items():
        kept &= np.any([labelled(name, label) for label in labels], axis=0)
    return kept


def levels(
    answered: np.ndarray,
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
    answers: Sequence[str] = ("good",),
    outcome: str = "trust",
) -> pd.DataFrame:
    """A table of levels as `direct` would lay it out."""
    where = dict(where or {})
    labels = [where.get(name, AXES[name]) for name in by]
    rows = []
    for answer, wave, *group in product(answers, WAVES, *labels):
        domain = {**where, "wave": [wave], **{n: [g] for n, g in zip(by, group, strict=True)}}
        cell = answered[inside(domain)].sum(axis=0)
        n, y = int(cell.sum()), int(cell[np.isin(ANSWERS, answer.split(" + "))].sum())
        named = dict(zip(by, group, strict=True))
        rows.append({"category": answer, "wave": wave, **named, **numbers(n, y)})
    return laid_out(rows, by, where, outcome, "level")


def changes(
    answered: np.ndarray, by: Sequence[str] = (), where: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """A table of changes from the first to the second wave."""
    table = levels(answered, by, where)
    before, after = (table[table["wave"] == wave].reset_index(drop=True) for wave in WAVES)
    rows = []
    for to, ref in zip(after.to_dict("records"), before.to_dict("records"), strict=True):
        n, estimate = min(to["n"], ref["n"]), to["estimate"] - ref["estimate"]
        named = {name: to[name] for name in ("category", "wave", *by)}
        named |= {f"{name}_ref": ref[name] for name in ("category", "wave", *by)}
        flags = ("at_boundary",) if "at_boundary" in to["flag"] + ref["flag"] else ()
        rows.append({**named, **numbers(n, 0), "estimate": estimate, "flag": flags})
    table = laid_out(rows, by, dict(where or {}), "trust", "change")
    table["outcome_ref"] = table["outcome"]
    table["unit"] = "share difference"
    return table


def numbers(n: int, y: int) -> dict[str, Any]:
    share = y / n if n else np.nan
    flag = ("no_interviews",) if n == 0 else ("at_boundary",) if y in (0, n) else ()
    told = {"estimate": share, "std_error": 0.01, "low": 0.1, "high": 0.9, "df": float(n)}
    return {**told, "n": n, "n_clusters": 3, "n_effective": n / 2, "deff": 2.0, "flag": flag}


def laid_out(
    rows: Sequence[Mapping[str, Any]],
    by: Sequence[str],
    where: Mapping[str, Sequence[str]],
    outcome: str,
    estimand: str,
) -> pd.DataFrame:
    fixed = {"outcome": outcome, "estimand": estimand, "coverage": 0.95, "unit": "share"}
    fixed |= {"target": "population", "over": "as fielded", "engine": "direct"}
    table = pd.DataFrame([{**fixed, **row} for row in rows]).reindex(columns=columns(by))
    groups = {name: {"role": "", "within": WITHIN.get(name, {})} for name in (*by, *where)}
    call = {"where": {name: list(each) for name, each in where.items()} or None}
    table.attrs["record"] = {"data_hash": "d", "call": call, "groups": groups}
    return table


# ------------------------------------------------------------------------------- the attacker


def indicator(row: Any, by: Sequence[str], ref: str, table: pd.DataFrame):
    """Which finest cells a side of a row is the sum of, shape (cells,)."""
    where = dict(table.attrs["record"]["call"]["where"] or {})
    domain = {**where, "wave": [row[f"wave{ref}"]], **{n: [row[f"{n}{ref}"]] for n in by}}
    return inside(domain).astype(float)


def told(answered: np.ndarray, tables: Sequence[pd.DataFrame]) -> np.ndarray:
    """All that is published as rows over (finest cells x answers)."""
    size, facts = len(FINEST), []
    empty = np.zeros(size, dtype=bool)
    totals = answered.sum(axis=1)
    for table in tables:
        by = [name for name in AXES if name in table]
        for row in table.to_dict("records"):
            if "suppressed" in row["flag"]:
                assert all(pd.isna(row[name]) for name in NUMBERS)
                continue
            to = indicator(row, by, "", table)
            mine = np.isin(ANSWERS, str(row["category"]).split(" + ")).astype(float)
            if row["estimand"] == "level":
                empty |= (to > 0) & (row["n"] == 0)
                facts += [np.outer(to, np.ones(len(ANSWERS))), np.outer(to, mine)]
            elif row["n"] > 0:
                ref = indicator(row, by, "_ref", table)
                weighed = to / (to @ totals) - ref / (ref @ totals)
                facts.append(np.outer(weighed, mine))
    known = np.zeros((size, len(ANSWERS)))
    for k in np.flatnonzero(empty):
        for j in range(len(ANSWERS)):
            fact = known.copy()
            fact[k, j] = 1.0
            facts.append(fact)
    return np.array([fact.ravel() for fact in facts]).reshape(-1, size * len(ANSWERS))


def span(facts: np.ndarray) -> np.ndarray:
    """Orthonormal rows that span what follows from facts."""
    facts = facts[np.linalg.norm(facts, axis=1) > 0]
    if not len(facts):
        return facts
    _, s, vt = np.linalg.svd(facts / np.linalg.norm(facts, axis=1, keepdims=True), False)
    return vt[s > 1e-9 * s[0]]


def following(basis: np.ndarray, wanted: Iterable[tuple[str, np.ndarray]]) -> list[str]:
    """Names of the sums that can be computed from what is published."""
    named = list(wanted)
    sums = np.array([each.ravel() for _, each in named]).reshape(-1, basis.shape[1])
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    away = sums - (sums @ basis.T) @ basis if len(basis) else sums
    found = np.linalg.norm(away, axis=1) < 1e-7
    return [name for (name, _), each in zip(named, found, strict=True) if each]


def secrets(
    answered: np.ndarray, tables: Sequence[pd.DataFrame], minimum: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Every count and share that must not follow, over (finest cells x answers)."""
    every = np.ones(len(ANSWERS))
    for table in tables:
        by = [name for name in AXES if name in table]
        for row in table[table["estimand"] == "level"].to_dict("records"):
            to = indicator(row, by, "", table)
            mine = np.isin(ANSWERS, str(row["category"]).split(" + ")).astype(float)
            named = " ".join(str(row[name]) for name in ("wave", *by))
            if 0 < row["n"] < minimum:
                yield f"{named}: n {row['n']}", np.outer(to, every)
            if row["n"] > 0 and row["estimate"] in (0, 1):
                yield f"{named}: {row['category']} {row['estimate']}", np.outer(to, mine)


def small_groups(answered: np.ndarray, minimum: int) -> Iterator[tuple[str, np.ndarray]]:
    """Every small group of some communes, of either sex or both, displaced or not or all."""
    names, members = groups()
    n = members @ answered.sum(axis=1)
    for k in np.flatnonzero((n > 0) & (n < minimum)):
        yield f"{names[k]}: n {n[k]}", np.outer(members[k], np.ones(len(ANSWERS)))


@cache
def groups() -> tuple[list[str], np.ndarray]:
    """All such groups by name, and their finest cells, shape (groups, cells)."""
    parts = {name: _parts(AXES[name]) for name in ("commune", "sex", "displaced")}
    named = [dict(zip(parts, each, strict=True)) for each in product(*parts.values())]
    named = [{"wave": [wave], **each} for wave, each in product(WAVES, named)]
    return [str(each) for each in named], np.array([inside(each) for each in named]).astype(float)


def _parts(labels: Sequence[str]) -> list[list[str]]:
    subsets = product((False, True), repeat=len(labels))
    return [[label for label, kept in zip(labels, each, strict=True) if kept] for each in subsets][
        1:
    ]
