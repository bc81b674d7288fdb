"""A row in words, and how fits show themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jfmodels.display.card import Card, some
from jfmodels.display.numbers import digits_of
from jfmodels.errors import SpecError
from jfmodels.results.diagnose import diagnose
from jfmodels.results.engine import Engine, WithCoefficients

__all__ = ["fit_card", "say"]


def say(row: Mapping[str, Any]) -> str:
    """Say a row of a table: the estimate and its interval.

    Parameters
    ----------
    row : mapping
        A row of a tidy table, such as ``table.iloc[0]``. Shares are said in percent, their
        differences in percentage points.

    Returns
    -------
    str
        The estimate, its unit and its interval.

    Raises
    ------
    SpecError
        If several rows are given.

    Examples
    --------
    >>> say({"estimate": 0.523, "low": 0.471, "high": 0.574, "unit": "share"})
    '52 % [47, 57]'
    >>> say({"estimate": -0.031, "low": -0.102, "high": 0.04, "unit": "share difference"})
    '-3 points [-10, 4]'
    >>> say({"estimate": float("nan"), "unit": "share"})
    'no estimate'
    >>> say({"estimate": 0.01, "low": -0.02, "high": 0.04, "unit": "share difference"})
    '1 point [-2, 4]'
    """
    if np.ndim(row["estimate"]):
        raise SpecError("say() takes one row, such as table.iloc[0]; found several.")
    if np.isnan(row["estimate"]):
        return "no estimate"
    unit = str(row["unit"])
    share = unit.startswith("share")
    scale, digits = (100.0, 0) if share else (1.0, digits_of(row.get("std_error", np.nan)))
    estimate, low, high = (
        f"{_rounded(row.get(name, np.nan) * scale, digits):,.{digits}f}"
        for name in ("estimate", "low", "high")
    )
    points = " point" if estimate in ("1", "-1") else " points"
    sign = "" if not share else " %" if unit == "share" else points
    interval = f" [{low}, {high}]" if np.isfinite(row.get("low", np.nan)) else " [no interval]"
    return f"{estimate}{sign}{interval}"


def _rounded(value: float, digits: int) -> float:
    """Round, without a negative zero."""
    return round(float(value), digits) + 0.0


def fit_card(engine: Engine, kind: str) -> Card:
    """Show a fit: formula or outcomes, engine, survey, what to be careful of, what to ask.

    Parameters
    ----------
    engine : Engine
        What was fitted.
    kind : str
        What the fit is called.
    """
    heading = engine.heading if isinstance(engine, WithCoefficients) else None
    survey = engine.survey
    checks = diagnose(engine)
    facts = {
        "survey": f"{'simulated; ' if survey.simulated else ''}{survey.counts}",
        "fitted": "; ".join(note for note in heading.notes if note != "Simulated data")
        if heading
        else "",
        "domain": "; ".join(
            f"{name}: {some(list(map(str, labels)))}"
            for name, labels in (getattr(engine, "where", None) or {}).items()
        ),
        "ask": "levels(), changes(), contrasts(), test(), diagnostics()"
        + (", summary()" if heading else ""),
    }
    warnings = [f"{row.subject}: {row.says}" for row in checks[~checks["ok"]].itertuples()]
    said = heading.title if heading else some(list(getattr(engine, "outcomes", ())))
    return Card(kind, f"{said}; {engine.name}", facts, warnings)
