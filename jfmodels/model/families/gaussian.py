"""Measurements: a mean without a link."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jfmodels.model.families.base import (
    Derivatives,
    Family,
    Tallied,
    Tally,
    first_alone,
    of_moments,
)

__all__ = ["Gaussian"]

type Floats = NDArray[np.float64]


def Gaussian() -> Family:
    """Model the mean of a measurement; its coefficients are those of least squares.

    Returns
    -------
    Family
        To be given as ``family=``.

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
        means=lambda eta: eta,
        slopes=lambda eta: np.ones((*eta.shape, 1)),
        start=lambda mean: mean,
        log_density=_log_density,
        tally=Tally(
            of_moments, _tallied, _value, _by_row, lambda eta, answers: eta[0], first_alone
        ),
        again=Gaussian,
        dispersion="sigma",
    )


def _derivatives(answer: Floats, eta: Floats) -> Derivatives:
    residual = answer - eta[:, 0]
    information = np.ones((len(eta), 1, 1))
    return Derivatives(-(residual**2) / 2, residual[:, None], information)


def _log_density(answer: Floats, eta: Floats, log_sigma: Floats) -> Floats:
    scale = np.asarray(log_sigma)[..., None]
    standard = (answer - eta[..., 0]) / np.exp(scale)
    return -(standard**2) / 2 - scale - np.log(2 * np.pi) / 2


def _value(sums: Floats, eta: Floats, log_sigma: Floats) -> Floats:
    """Log density of all rows, (B,), from their moments (N, 3)."""
    n, first, second = sums.T
    squares = second.sum() - 2 * first @ eta[0] + n @ eta[0] ** 2
    return -squares / 2 * np.exp(-2 * log_sigma) - n.sum() * log_sigma


def _by_row(sums: Floats, eta: Floats, log_sigma: Floats) -> Floats:
    """Log density of every row, (N, B)."""
    n, first, second = sums.T[:, :, None]
    squares = second - 2 * first * eta[0] + n * eta[0] ** 2
    return -squares / 2 * np.exp(-2 * log_sigma) - n * log_sigma


def _tallied(sums: Floats, eta: Floats, log_sigma: Floats) -> Tallied:
    n, first, _ = sums.T
    precision = np.exp(-2 * log_sigma)
    residual = first[:, None] - n[:, None] * eta[0]
    return Tallied((residual * precision)[None], (n[:, None] * precision)[None])
