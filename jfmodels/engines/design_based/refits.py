"""Regression in every replicate: the model fitted again, from where the whole sample led."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.design_based.kinds import Kinds
from jfmodels.engines.design_based.pseudo_likelihood import Estimate, Predictors, maximise
from jfmodels.engines.design_based.replicated import deviations
from jfmodels.engines.design_based.together import maximise_together
from jfmodels.errors import EstimationError, SpecError
from jfmodels.model.data import ModelData
from jfmodels.model.families import Family
from jfmodels.survey.replicates import Multipliers

__all__ = ["Refits", "refit", "weights_of"]

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Refits:
    """What every replicate estimated.

    Attributes
    ----------
    replicates : Multipliers
        The replicates.
    theta : ndarray, shape (R, Q)
        Parameters.
    """

    replicates: Multipliers
    theta: Floats

    def influence(self, estimate: Floats) -> Floats:
        """Influence of every replicate on every parameter, shape (R, Q)."""
        return deviations(estimate, self.theta, self.replicates)


def refit(
    family: Family,
    predictors: Predictors,
    estimate: Estimate,
    data: ModelData,
    kinds: Kinds,
    replicates: Multipliers,
) -> Refits:
    """Maximise the likelihood under the weights of every replicate.

    Parameters
    ----------
    family, predictors, estimate
        The model, and where the whole sample's likelihood is highest.
    data : ModelData
        G sums of rows.
    kinds : Kinds
        N kinds of answer.
    replicates : Multipliers
        The replicates.

    Raises
    ------
    EstimationError
        If a replicate cannot be fitted.
    """
    n = len(kinds.of_sum)
    sums = csr_array((np.ones(n), (kinds.of_sum, np.arange(n))))
    weights = np.ascontiguousarray((sums @ weights_of(data, replicates)).T)
    theta = maximise_together(family, predictors, kinds, weights, estimate.theta)
    for r in np.flatnonzero(np.isnan(theta).any(axis=1)):
        theta[r] = _alone(family, predictors, estimate, kinds, weights, int(r))
    return Refits(replicates, theta)


def _alone(
    family: Family,
    predictors: Predictors,
    estimate: Estimate,
    kinds: Kinds,
    weights: Floats,
    replicate: int,
) -> Floats:
    """Maximise the likelihood of one replicate with care, or say why there is no maximum."""
    weight = weights[replicate]
    held = weight != 0
    pattern, answer = kinds.pattern[held], kinds.answer[held]
    try:
        found = maximise(family, predictors, pattern, answer, weight[held], estimate.theta)
    except EstimationError as fault:
        raise EstimationError(
            f"Replicate {replicate + 1} of {len(weights)} cannot be fitted. {fault} Fay's "
            "replicates and linearisation keep every cluster."
        ) from fault
    return found.theta


def weights_of(data: ModelData, replicates: Multipliers) -> Floats:
    """Weight of every sum in every replicate, shape (G, R)."""
    if replicates.factors is not None:
        return data.weight[:, None] * replicates.factors[data.unit]
    if data.replicate_weight is None:
        raise SpecError("The data hold no replicate weights.")
    return data.replicate_weight
