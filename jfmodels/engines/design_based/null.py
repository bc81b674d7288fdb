"""A regression under the hypothesis that some of its coefficients are zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.design_based.fitted import FittedModel
from jfmodels.engines.design_based.kinds import Kinds, kinds_of
from jfmodels.engines.design_based.pseudo_likelihood import Estimate, maximise

__all__ = ["under_null"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


def under_null(model: FittedModel, places: Ints) -> tuple[Estimate, Kinds]:
    """Maximise the weighted likelihood with some coefficients held at zero.

    Parameters
    ----------
    model : FittedModel
        The regression with all of them.
    places : ndarray of int64, shape (q,)
        The coefficients that are zero.
    """
    fitted, kinds = model.coefficients, kinds_of(model.data)
    free = np.ones(len(fitted.estimate.theta), dtype=np.bool_)
    free[places] = False
    total = kinds.total(model.data.weight)
    start = _nearest(fitted.estimate, places)
    found = maximise(
        model.family, fitted.predictors, kinds.pattern, kinds.answer, total, start, free
    )
    return found, kinds


def _nearest(estimate: Estimate, places: Ints) -> Floats:
    """Step to where a quadratic likelihood is highest with some coefficients at zero."""
    inverse = np.linalg.inv(estimate.information)
    pull = np.linalg.solve(inverse[np.ix_(places, places)], estimate.theta[places])
    theta: Floats = estimate.theta - inverse[:, places] @ pull
    theta[places] = 0.0
    return theta
