"""What a large effect is measured against: the scale of a family, and the spread of a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.model.families import Family

__all__ = ["COEFFICIENT", "INTERCEPT", "Scale", "scale_of", "spread_of"]

type Floats = NDArray[np.float64]

LINK_SCALE = {"logit": 1.0, "probit": 0.6, "cloglog": 1.0, "log": 1.0}
INTERCEPT, COEFFICIENT = 2.5, 1.5  # standard deviations in units of the scale


@dataclass(frozen=True, slots=True)
class Scale:
    """What a large effect is measured against.

    Attributes
    ----------
    unit : float
        One logit, 0.6 probits, one log, or a standard deviation of the answers.
    centre : float
        Where an intercept is expected.
    """

    unit: float
    centre: float


def scale_of(family: Family, answer: Floats, n: Floats) -> Scale:
    """Say what a large effect is for a family and the numbers that were answered."""
    mean = float(answer @ n / n.sum())
    if family.link == "identity":
        sd = float(np.sqrt(((answer - mean) ** 2) @ n / n.sum()))
        return Scale(sd or 1.0, mean)
    centre = float(np.log(max(mean, 1e-6))) if family.link == "log" else 0.0
    return Scale(LINK_SCALE[family.link], centre)


def spread_of(column: Floats, weights: Floats) -> float:
    """Two standard deviations of a column over interviews; 1 for one of zeros and ones [1]_.

    References
    ----------
    .. [1] Gelman, A. (2008). Scaling regression inputs by dividing by two standard
       deviations. Statistics in Medicine 27, 2865-2873.
    """
    if np.isin(column, (0.0, 1.0)).all():
        return 1.0
    away = column - column @ weights / weights.sum()
    return 2 * float(np.sqrt(away**2 @ weights / weights.sum())) or 1.0
