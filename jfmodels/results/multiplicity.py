"""Adjusting p-values over the family of rows that a table shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose

__all__ = ["ADJUSTMENTS", "adjust", "with_adjustment"]

type Floats = NDArray[np.float64]


def _holm(p: Floats) -> Floats:
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return stepped[np.argsort(order)]


def _benjamini_hochberg(p: Floats) -> Floats:
    order = np.argsort(p)[::-1]
    stepped = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    return stepped[np.argsort(order)]


ADJUSTMENTS: Mapping[str, Callable[[Floats], Floats]] = {
    "holm": _holm,
    "bh": _benjamini_hochberg,
    "bonferroni": lambda p: p * len(p),
    "none": lambda p: p,
}


def adjust(p: Floats, method: str) -> Floats:
    """Adjust p-values over their family; missing ones are no part of it.

    Parameters
    ----------
    p : ndarray, shape (K,)
        Two-sided p-values, NaN where there is no test.
    method : {"holm", "bh", "bonferroni", "none"}
        "holm" bounds the chance of any false claim, "bh" the expected share of them.

    Examples
    --------
    >>> adjust(np.array([0.01, 0.04, np.nan, 0.03]), "holm").round(2).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    adjusted = np.full(len(p), np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        adjusted[tested] = np.minimum(choose("adjustment", method, ADJUSTMENTS)(p[tested]), 1.0)
    return adjusted


def with_adjustment(table: pd.DataFrame, method: str | None) -> pd.DataFrame:
    """Adjust p-values over the rows of the table, and say so."""
    choose("adjustment", method or "holm", ADJUSTMENTS)
    p = table["p_value"].to_numpy(dtype=np.float64)
    family = int((~np.isnan(p)).sum())
    bayesian = table["prob_positive"].notna().any()
    if method is not None and bayesian:
        raise SpecError(
            f"adjust='{method}' adjusts p-values, and a Bayesian fit has none: read prob_positive."
        )
    if not family:
        return table
    chosen = method or "holm"
    table["p_adjusted"] = adjust(p, chosen)
    text = chosen if chosen == "none" else f"{chosen} over {family}"
    table["adjustment"] = pd.array([None if np.isnan(each) else text for each in p], dtype="str")
    return table
