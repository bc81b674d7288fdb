"""Whether verdicts are what they were: an earlier run from its file, held against a new one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isclose
from pathlib import Path
from typing import Any

import pandas as pd

from jfmodels.errors import ReadError
from jfmodels.results.schema import MOVED
from jfmodels.results.table import Table

__all__ = ["moved_since"]

HASHES = ("data_hash", "codebook_hash", "claims_hash", "versions", "call")
COMPARED = (
    "verdict",
    "reproduced",
    "estimate",
    "low",
    "high",
    "p_supported",
    "p_contradicted",
    "probability",
    "n",
    "flag",
)
NEARLY = 1e-9  # relative: what another order of adding up may change


def moved_since(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """List what is no longer as in a file.

    Parameters
    ----------
    table : DataFrame
        Verdicts now.
    path : Path
        Those of an earlier run, as JSON.
    """
    record, rows = _read(path)
    found = [*_of_record(record, table.attrs["record"]), *_of_rows(rows, _plain(table))]
    return Table(found, columns=list(MOVED), dtype=object).astype("str")


def _read(path: Path) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """Read the record and the rows of an earlier run."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        record, rows = dict(content["record"]), [dict(row) for row in content["rows"]]
        _by_claim(rows)
    except OSError as error:
        raise ReadError(f"'{path}' could not be opened: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError(
            f"{path.name} holds no verdicts; give a file that 'jfmodels judge --out "
            "verdicts.json' wrote."
        ) from error
    return record, rows


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): _as_json(value) for name, value in row.items()} for row in rows]


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _of_record(
    before: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[tuple[str | None, ...]]:
    """Find what a run rested on that has changed."""
    for name in HASHES:
        then, there = (json.dumps(each.get(name), default=str) for each in (before, now))
        if then != there:
            yield None, None, name, then, there


def _by_claim(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, Any], Mapping[str, Any]]:
    return {(row["claim"], row["part"]): row for row in rows}


def _of_rows(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str | None, ...]]:
    """Find verdicts and numbers that moved, and rows that came or went."""
    then, there = _by_claim(before), _by_claim(now)
    for key in dict.fromkeys([*then, *there]):
        if key not in then or key not in there:
            yield *key, "row", *("there" if key in each else "none" for each in (then, there))
            continue
        for name in COMPARED:
            old, new = then[key].get(name), there[key][name]
            if not _alike(old, new):
                yield *key, name, str(old), str(new)


def _alike(old: Any, new: Any) -> bool:
    """Whether two values are the same, numbers up to rounding."""
    number = isinstance(old, float) or isinstance(new, float)
    if number and old is not None and new is not None:
        return isclose(float(old), float(new), rel_tol=NEARLY, abs_tol=1e-12)
    return bool(old == new)
