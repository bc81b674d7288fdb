"""What in a design should make one careful, as one table in plain words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jfmodels.results.engine import Engine
from jfmodels.results.schema import DIAGNOSTICS
from jfmodels.survey.interviewers import retained

__all__ = ["diagnose"]


def diagnose(engine: Engine) -> pd.DataFrame:
    """Check what every answer about a survey rests on.

    Parameters
    ----------
    engine : Engine
        Whose survey is looked at.
    """
    survey = engine.survey
    df = float(survey.sampling.df)
    kish = len(survey.rows.weight) * (survey.rows.weight**2).sum() / survey.rows.weight.sum() ** 2
    rows = [
        ("degrees of freedom", "design", df, 8.0, df >= 8, f"{df:.0f} clusters beyond strata"),
        ("Kish effect", "weights", kish, 2.0, kish <= 2, f"weights alone cost a factor {kish:.2f}"),
    ]
    share = retained(survey, [])
    for k, wave in enumerate(survey.waves[1:] if share is not None else (), start=1):
        kept = float(np.asarray(share)[k, k - 1])
        says = f"{kept:.0%} of interviews by people who worked in {survey.waves[k - 1]}"
        rows.append(("same interviewers", wave, kept, 0.75, kept >= 0.75, says))
    return pd.DataFrame(rows, columns=list(DIAGNOSTICS))
