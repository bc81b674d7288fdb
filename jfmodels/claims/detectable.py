"""The smallest difference that a survey would have found four times in five."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import nctdtr, stdtrit

__all__ = ["POWER", "detectable"]

POWER = 0.8
NEARLY_NORMAL = 1e6  # degrees of freedom beyond which t is the normal distribution


def detectable(rows: pd.DataFrame, alpha: float) -> float:
    """Smallest difference found with a power of :data:`POWER`, from rows of one question.

    The variance is that of all rows together, never of the one that is judged: on few degrees of
    freedom its own error is largely chance. For a level it is the distance from the number said.

    Parameters
    ----------
    rows : DataFrame
        Answers to one question in all waves and groups.
    alpha : float
        Error rate of the two-sided test.

    Examples
    --------
    >>> rows = pd.DataFrame({"std_error": [0.03, 0.04], "df": [12.0, 12.0]})
    >>> round(detectable(rows, 0.05), 3)
    0.108
    """
    known = rows[rows["std_error"] > 0]
    if known.empty:
        return float("nan")
    error = float(np.sqrt((known["std_error"] ** 2).mean()))
    df = float(known["df"].median()) if known["df"].notna().any() else NEARLY_NORMAL
    return error * _in_errors(min(max(df, 1.0), NEARLY_NORMAL), alpha)


def _in_errors(df: float, alpha: float) -> float:
    """The difference in standard errors that a t test finds with the power."""
    critical = float(stdtrit(df, 1 - alpha / 2))
    missed = 1 - POWER
    return float(brentq(lambda size: nctdtr(df, size, critical) - missed, 0, 10 + 10 * critical))
