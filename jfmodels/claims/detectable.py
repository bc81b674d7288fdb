"""The smallest difference that a survey would have found four times in five."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

__all__ = ["POWER", "detectable"]

POWER = 0.8


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
    """
    known = rows[rows["std_error"].notna() & (rows["std_error"] > 0)]
    if known.empty:
        return float("nan")
    error = float(np.sqrt((known["std_error"] ** 2).mean()))
    df = float(known["df"].median()) if known["df"].notna().any() else np.inf
    return float(error * (stdtrit(df, 1 - alpha / 2) + stdtrit(df, POWER)))
