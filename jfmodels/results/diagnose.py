"""What in a design or a fit should make one careful, as one table in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple

import numpy as np
import pandas as pd

from jfmodels.model.data import ModelData
from jfmodels.results.engine import Check, Engine, WithChecks
from jfmodels.results.schema import DIAGNOSTICS
from jfmodels.results.table import Table
from jfmodels.survey.interviewers import retained
from jfmodels.survey.no_answer_codes import codes_of_no_answer, undeclared
from jfmodels.survey.survey import Survey

__all__ = ["diagnose", "rows_left_out"]

MOST_LEFT_OUT = 0.1  # Bennett (2001), Aust. N. Z. J. Public Health 25, 464: likely biased beyond


def diagnose(engine: Engine) -> pd.DataFrame:
    """Check what every answer rests on: the survey's design, and what the engine adds.

    Parameters
    ----------
    engine : Engine
        Whose survey is looked at, and whose own checks are asked for if it has any.
    """
    own = engine.checks() if isinstance(engine, WithChecks) else ()
    rows = [*_design(engine.survey), *_interviewers(engine.survey), *_codes(engine), *own]
    return Table([astuple(each) for each in rows], columns=list(DIAGNOSTICS))


def rows_left_out(data: ModelData) -> Check:
    """Say how many rows a model could not use, for want of an answer or a covariate."""
    rows = data.left_out + int(data.n.sum())
    share = data.left_out / rows
    says = f"{data.left_out:,} of {rows:,} rows lack an answer or a covariate of the model"
    return Check("rows left out", "model", share, MOST_LEFT_OUT, share <= MOST_LEFT_OUT, says)


def _design(survey: Survey) -> Iterator[Check]:
    """Clusters, and what weights cost."""
    df, weight = float(survey.sampling.df), survey.rows.weight
    kish = float(len(weight) * (weight**2).sum() / weight.sum() ** 2)
    says = f"{df:.0f} clusters beyond strata"
    yield Check("degrees of freedom", "design", df, 8.0, df >= 8, says)
    says = f"weights alone cost a factor {kish:.2f}"
    yield Check("Kish effect", "weights", kish, 2.0, kish <= 2, says)


def _codes(engine: Engine) -> Iterator[Check]:
    """Numbers that look like codes of no answer, among those whose mean is asked for."""
    response = getattr(engine, "response", None)
    numbers = engine.survey.rows.numbers
    for name in getattr(engine, "outcomes", ()) if response is None else [response.outcome.name]:
        found = codes_of_no_answer(numbers[name]) if name in numbers else {}
        if found:
            n = float(sum(found.values()))
            yield Check("codes of no answer", name, n, 0.0, False, undeclared(name, found))


def _interviewers(survey: Survey) -> Iterator[Check]:
    """Who worked in the wave before."""
    share = retained(survey.rows, survey.design.interviewer)
    for k, wave in enumerate(survey.waves[1:] if share is not None else (), start=1):
        kept = float(np.asarray(share)[k, k - 1])
        says = f"{kept:.0%} of interviews by people who worked in {survey.waves[k - 1]}"
        yield Check("same interviewers", wave, kept, 0.75, kept >= 0.75, says)
