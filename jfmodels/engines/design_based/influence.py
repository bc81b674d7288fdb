"""Influence of units on coefficients, and degrees of freedom, by linearisation or bias-reduced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.cluster_robust import ClusterRobust, adjusted_scores, centring
from jfmodels.engines.design_based.kinds import Kinds, kinds_of
from jfmodels.engines.design_based.pseudo_likelihood import Estimate, Predictors
from jfmodels.engines.design_based.unit_sums import unit_sums
from jfmodels.engines.evidence import reached
from jfmodels.engines.explained import explained, seen_by
from jfmodels.engines.linearize import linearized
from jfmodels.model.data import ModelData, Response, read_data
from jfmodels.model.formula import Formula
from jfmodels.results.normal import Constant, DegreesOfFreedom
from jfmodels.survey.sampling import Sampling, require_one_stage
from jfmodels.survey.survey import Survey

__all__ = ["design_df", "explained_scores", "influence"]

type Floats = NDArray[np.float64]


def influence(
    sampling: Sampling,
    small_sample: str,
    predictors: Predictors,
    estimate: Estimate,
    data: ModelData,
    kinds: Kinds,
    taken: Floats | float = 0.0,
) -> tuple[Floats, DegreesOfFreedom]:
    """Influence of every unit on every parameter, and the rule for degrees of freedom.

    Parameters
    ----------
    sampling : Sampling
        The units that vary.
    small_sample : {"cr2", "cr2_rows", "none"}
        As in :class:`jfmodels.Weighted`.
    predictors, estimate
        The model, and its derivatives.
    data, kinds
        Sums of rows by unit, and the kinds of answer among them.
    taken : ndarray, shape (U, Q), or 0.0
        What adjustments of the weights explain of the units' scores.

    Returns
    -------
    rows : ndarray, shape (R, Q)
        As :func:`jfmodels.engines.linearize.linearized` gives them.
    degrees : DegreesOfFreedom
        Of combinations of the parameters.
    """
    n_units = len(sampling.stages[-1].stratum)
    sums = unit_sums(predictors, estimate, data, kinds, data.unit, n_units)
    inverse = np.linalg.inv(estimate.information)
    scores = sums.scores() - taken
    if small_sample == "none":
        units, strata = reached(sampling, data.unit)
        return linearized(scores @ inverse, sampling), design_df(predictors, units - strata)
    require_one_stage(sampling, "CR2 is", "choose Weighted(small_sample='none'), or ")
    parts = sums.parts()
    rows, adjustments = adjusted_scores(scores, parts, sampling)
    working = sums.effects() if small_sample == "cr2" else parts
    stage, share, loadings = sampling.stages[0], centring(sampling), np.eye(len(inverse))
    return rows @ inverse, ClusterRobust(parts, adjustments, working, stage, share, loadings)


def explained_scores(
    survey: Survey,
    formula: Formula,
    response: Response,
    where: Mapping[str, Sequence[str]],
    predictors: Predictors,
    estimate: Estimate,
) -> Floats | float:
    """What adjustments of the weights explain of units' scores at the estimate, (U, Q)."""

    def scores(key: str) -> Floats:
        data = read_data(seen_by(survey, key), formula, response, where)
        size = len(survey.rows.keys[key].labels)
        return unit_sums(predictors, estimate, data, kinds_of(data), data.unit, size).scores()

    return explained(survey, scores)


def design_df(predictors: Predictors, df: float) -> Constant:
    """Degrees of freedom of the design less the coefficients."""
    n_x = predictors.matrix.shape[1]
    thresholds = "1" in predictors.blocks and predictors.blocks[0] == "x"
    spent = n_x + (1 if thresholds and len(predictors.blocks) > 2 else 0)
    return Constant(df + 1 - spent)
