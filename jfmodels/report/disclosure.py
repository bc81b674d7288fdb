"""Which numbers of a release are withheld to protect the people who answered."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

__all__ = ["withhold"]

KEPT = ("coverage", "n", "n_clusters")


def withhold(tables: Sequence[pd.DataFrame], *, minimum: int = 10) -> list[pd.DataFrame]:
    """Withhold the numbers of rows that rest on too few interviews."""
    return [_withheld(table, minimum) for table in tables]


def _withheld(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    kept = table.copy()
    small = (kept["n"] > 0) & (kept["n"] < minimum)
    numbers = kept.select_dtypes("float").columns.difference(["coverage"])
    kept.loc[small, numbers] = float("nan")
    kept["flag"] = [
        tuple(sorted({*codes, "suppressed"})) if hide else codes
        for codes, hide in zip(kept["flag"], small, strict=True)
    ]
    return kept
