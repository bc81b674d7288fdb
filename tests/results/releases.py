"""Releases of tables whose respondents are known, and an attacker who is not told of them.

The attacker knows which tables there are, every number that is left in them, how many
interviews each side of a comparison rests on, and linear algebra.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


def people(counts: Mapping[tuple[str, ...], Sequence[int]], waves: Sequence[str]) -> pd.DataFrame:
    """Counts by answer of every (wave, commune, sex, displaced)."""
    frame = pd.DataFrame(
        [(*cell, *answers) for cell, answers in counts.items()],
        columns=["wave", "commune", "sex", "displaced", *ANSWERS],
    )
    frame["region"] = frame["commune"].map(REGION)
    frame["wave"] = pd.Categorical(frame["wave"], list(waves), ordered=True)
    return frame


def finest(waves: Sequence[str]) -> list[tuple[str, ...]]:
    return list(product(waves, AXES["commune"], AXES["sex"], AXES["displaced"]))


def inside(frame: pd.DataFrame, where: Mapping[str, Sequence[str]]) -> np.ndarray:
    kept = np.ones(len(frame), dtype=bool)
    for name, labels in where.items():
        kept &= np.isin(frame[name].to_numpy(dtype=object), list(labels))
    return kept


def levels(
    frame: pd.DataFrame,
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
    answers: Sequence[str] = ("good",),
    outcome: str = "trust",
) -> pd.DataFrame:
    """A table of levels as `direct` would lay it out."""
    where = dict(where or {})
    labels = [where.get(name, AXES[name]) for name in by]
    answered = frame[ANSWERS].to_numpy()
    rows = []
    for answer, wave, *group in product(answers, frame["wave"].cat.categories, *labels):
        domain = {**where, "wave": [wave], **{n: [g] for n, g in zip(by, group, strict=True)}}
        cell = answered[inside(frame, domain)].sum(axis=0)
        n, y = int(cell.sum()), int(cell[np.isin(ANSWERS, answer.split(" + "))].sum())
        named = dict(zip(by, group, strict=True))
        rows.append({"category": answer, "wave": wave, **named, **numbers(n, y)})
    return laid_out(rows, by, where, outcome, "level")


def changes(
    frame: pd.DataFrame, by: Sequence[str] = (), where: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """A table of changes from the first to the second wave."""
    table = levels(frame, by, where)
    before, after = (
        table[table["wave"] == wave].reset_index(drop=True)
        for wave in frame["wave"].cat.categories[:2]
    )
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


def indicator(frame: pd.DataFrame, row: Any, by: Sequence[str], ref: str, table: pd.DataFrame):
    """Which finest cells a side of a row is the sum of, shape (cells,)."""
    where = dict(table.attrs["record"]["call"]["where"] or {})
    domain = {**where, "wave": [row[f"wave{ref}"]], **{n: [row[f"{n}{ref}"]] for n in by}}
    return inside(frame, domain).astype(float)


def told(frame: pd.DataFrame, tables: Sequence[pd.DataFrame]) -> np.ndarray:
    """All that is published as rows over (finest cells x answers)."""
    size, facts = len(frame), []
    empty = np.zeros(size, dtype=bool)
    totals = frame[ANSWERS].to_numpy().sum(axis=1)
    for table in tables:
        by = [name for name in AXES if name in table]
        for row in table.to_dict("records"):
            if "suppressed" in row["flag"]:
                assert all(pd.isna(row[name]) for name in NUMBERS)
                continue
            to = indicator(frame, row, by, "", table)
            mine = np.isin(ANSWERS, str(row["category"]).split(" + ")).astype(float)
            if row["estimand"] == "level":
                empty |= (to > 0) & (row["n"] == 0)
                facts += [np.outer(to, np.ones(len(ANSWERS))), np.outer(to, mine)]
            elif row["n"] > 0:
                ref = indicator(frame, row, by, "_ref", table)
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


def follows(basis: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether a sum can be computed from what is published."""
    wanted = wanted.ravel() / np.linalg.norm(wanted)
    return bool(np.linalg.norm(wanted - basis.T @ (basis @ wanted)) < 1e-7)


def secrets(
    frame: pd.DataFrame, tables: Sequence[pd.DataFrame], minimum: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Every count and share that must not follow, over (finest cells x answers)."""
    every = np.ones(len(ANSWERS))
    for table in tables:
        by = [name for name in AXES if name in table]
        for row in table[table["estimand"] == "level"].to_dict("records"):
            to = indicator(frame, row, by, "", table)
            mine = np.isin(ANSWERS, str(row["category"]).split(" + ")).astype(float)
            named = " ".join(str(row[name]) for name in ("wave", *by))
            if 0 < row["n"] < minimum:
                yield f"{named}: n {row['n']}", np.outer(to, every)
            if row["n"] > 0 and row["estimate"] in (0, 1):
                yield f"{named}: {row['category']} {row['estimate']}", np.outer(to, mine)


def small_groups(
    frame: pd.DataFrame, waves: Sequence[str], minimum: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Every group of some communes, sexes and displaced or not that is small, with a row or not."""
    parts = [_parts(AXES[name]) for name in ("commune", "sex", "displaced")]
    totals = frame[ANSWERS].to_numpy().sum(axis=1)
    for wave, communes, sexes, displaced in product(waves, *parts):
        kept = inside(
            frame, {"wave": [wave], "commune": communes, "sex": sexes, "displaced": displaced}
        )
        n = int(totals[kept].sum())
        if 0 < n < minimum:
            yield (
                f"{wave} {communes} {sexes} {displaced}: n {n}",
                np.outer(kept, np.ones(len(ANSWERS))),
            )


def _parts(labels: Sequence[str]) -> list[list[str]]:
    subsets = product((False, True), repeat=len(labels))
    return [[label for label, kept in zip(labels, each, strict=True) if kept] for each in subsets][
        1:
    ]
