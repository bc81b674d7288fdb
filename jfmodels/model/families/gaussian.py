"""Measurements: a mean without a link."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jfmodels.model.families.base import Derivatives, Family

__all__ = ["Gaussian"]

type Floats = NDArray[np.float64]


def Gaussian() -> Family:
    """Model the mean of a measurement; its coefficients are those of least squares.

    Examples
    --------
    >>> Gaussian().link
    'identity'
    """
    return Family(
        name="gaussian",
        link="identity",
        scales=("continuous", "count", "binary", "shown"),
        blocks=lambda n_categories: ("x",),
        derivatives=_derivatives,
        means=lambda eta: (eta, np.ones((*eta.shape, 1))),
        start=lambda mean: mean,
    )


def _derivatives(answer: Floats, eta: Floats) -> Derivatives:
    residual = answer - eta[:, 0]
    information = np.ones((len(eta), 1, 1))
    return Derivatives(-(residual**2) / 2, residual[:, None], information)
