"""Coefficients of a model as a table, in the field's form."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jfmodels.results.engine import WithCoefficients
from jfmodels.results.schema import COEFFICIENTS

__all__ = ["coefficient_table"]


def coefficient_table(engine: WithCoefficients, *, ratios: bool, coverage: float) -> pd.DataFrame:
    """Tabulate coefficients with standard errors, t, df, p and intervals.

    Parameters
    ----------
    engine : WithCoefficients
        The fitted model.
    ratios : bool
        Whether to give exponentials.
    coverage : float
        Content of the intervals.
    """
    found = engine.parameters.summary(coverage)
    missing = np.full(len(found.df), np.nan)
    known = found.std_error > 0  # a coefficient that rests on one cluster has no error to see
    tested = known & ~np.isnan(found.p_value)  # a posterior is not tested
    t = np.divide(found.estimate, found.std_error, out=missing.copy(), where=tested)
    std_error = np.where(known, found.std_error, missing)
    scale = np.exp if ratios else (lambda x: x)
    estimate = scale(found.estimate)
    data = {
        "coefficient": list(engine.names),
        "estimate": estimate,
        "std_error": std_error * (estimate if ratios else 1.0),
        "t": t,
        "df": found.df,
        "p_value": found.p_value,
        "low": scale(found.low),
        "high": scale(found.high),
        "prob_positive": found.prob_positive,
        "mc_error": found.mc_error * (estimate if ratios else 1.0),
    }
    return pd.DataFrame(data, columns=list(COEFFICIENTS))
