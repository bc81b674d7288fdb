"""Numbers in words, with no more digits than the data bear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jfmodels.errors import SpecError

__all__ = ["digits_of", "say"]


def say(row: Mapping[str, Any]) -> str:
    """Say a row of a table: the estimate and its interval.

    Parameters
    ----------
    row : mapping
        A row of a tidy table, such as ``table.iloc[0]``. Shares are said in percent, their
        differences in percentage points.

    Examples
    --------
    >>> say({"estimate": 0.523, "low": 0.471, "high": 0.574, "unit": "share"})
    '52 % [47, 57]'
    >>> say({"estimate": -0.031, "low": -0.102, "high": 0.04, "unit": "share difference"})
    '-3 points [-10, 4]'
    >>> say({"estimate": float("nan"), "unit": "share"})
    'no estimate'
    """
    if np.ndim(row["estimate"]):
        raise SpecError("say() takes one row, such as table.iloc[0]; found several.")
    if np.isnan(row["estimate"]):
        return "no estimate"
    unit = str(row["unit"])
    share = unit.startswith("share")
    scale, digits = (100.0, 0) if share else (1.0, digits_of(row.get("std_error", np.nan)))
    sign = "" if not share else " %" if unit == "share" else " points"
    estimate, low, high = (
        f"{_rounded(row.get(name, np.nan) * scale, digits):.{digits}f}"
        for name in ("estimate", "low", "high")
    )
    interval = f" [{low}, {high}]" if np.isfinite(row.get("low", np.nan)) else " [no interval]"
    return f"{estimate}{sign}{interval}"


def _rounded(value: float, digits: int) -> float:
    """Round, without a negative zero."""
    return round(float(value), digits) + 0.0


def digits_of(std_error: float) -> int:
    """Decimals such that the standard error has two digits."""
    error = float(std_error)
    if not np.isfinite(error) or error <= 0:
        return 2
    return max(0, 1 - int(np.floor(np.log10(error))))
