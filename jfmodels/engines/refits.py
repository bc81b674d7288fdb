"""Regression in every replicate: the model fitted again, from where the whole sample led."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.pseudo_likelihood import Estimate, Predictors, maximise
from jfmodels.engines.replicated import deviations
from jfmodels.errors import EstimationError, SpecError
from jfmodels.model.data import ModelData
from jfmodels.model.families import Family
from jfmodels.survey.replicates import Multipliers

__all__ = ["Refits", "refit", "weights_of"]

type Ints = NDArray[np.int64]
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
    kinds: tuple[Ints, Floats, Ints],
    replicates: Multipliers,
) -> Refits:
    """Maximise the likelihood under the weights of every replicate.

    Parameters
    ----------
    family, predictors, estimate
        The model, and where the whole sample's likelihood is highest.
    data : ModelData
        G sums of rows.
    kinds : tuple of ndarray
        Pattern (N,) and answer (N,) of every kind of answer, and the kind of each sum (G,).
    replicates : Multipliers
        The replicates.

    Raises
    ------
    EstimationError
        If a replicate cannot be fitted.
    """
    pattern, answer, kind = kinds
    sums = csr_array((np.ones(len(kind)), (kind, np.arange(len(kind)))))
    weights = sums @ weights_of(data, replicates)
    theta = np.empty((weights.shape[1], len(estimate.theta)))
    for r, weight in enumerate(weights.T):
        held = weight != 0
        try:
            found = maximise(
                family, predictors, pattern[held], answer[held], weight[held], estimate.theta
            )
        except EstimationError as fault:
            raise EstimationError(
                f"Replicate {r + 1} of {len(theta)} cannot be fitted. {fault} Fay's replicates "
                "and linearisation keep every cluster."
            ) from fault
        theta[r] = found.theta
    return Refits(replicates, theta)


def weights_of(data: ModelData, replicates: Multipliers) -> Floats:
    """Weight of every sum in every replicate, shape (G, R)."""
    if replicates.factors is not None:
        return data.weight[:, None] * replicates.factors[data.unit]
    if data.replicate_weight is None:
        raise SpecError("The data hold no replicate weights.")
    return data.replicate_weight
