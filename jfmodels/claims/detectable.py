"""The smallest difference that a survey would have found four times in five."""

from __future__ import annotations

import numpy as np

from jfmodels.claims.evidence import domain_of, rows_of
from jfmodels.claims.kinds import Part
from jfmodels.claims.specification import SpecificationFits
from jfmodels.errors import SpecError
from jfmodels.planning.detectable import detectable_of
from jfmodels.survey.readings import Reading

__all__ = ["detectable"]


def detectable(
    part: Part, names: dict[Reading, str], fits: SpecificationFits, alpha: float
) -> float:
    """Smallest difference found with a power of 80 %, of the row that would find the least.

    The variance is a planning variance, never that of the row that is judged: on few degrees of
    freedom its own error is largely chance. For a level it is the distance from the number said.

    Parameters
    ----------
    part : Part
        What was said.
    names : dict of Reading to str
        Outcomes that readings have become.
    fits : SpecificationFits
        Whose survey is asked; without a model, whatever the engine.
    alpha : float
        Error rate of the two-sided test.

    Returns
    -------
    float
        NaN where no difference that is possible is found so often, or planning variances are
        not derived for the design.
    """
    outcomes = [names[reading] for reading in part.readings]
    where, least = domain_of(part, fits), []
    for assertion in part.assertions(names):
        try:
            table = detectable_of(
                fits.survey, outcomes, assertion.estimand, where=where, alpha=alpha
            )
        except SpecError:
            return float("nan")
        table.attrs.clear()
        least.append(table["detectable"].iloc[rows_of(table, assertion.rows)].max(skipna=False))
    return float(np.max(least))
