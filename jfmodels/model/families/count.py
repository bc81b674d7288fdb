"""Counts: a mean behind a logarithm, with or without a dispersion of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, polygamma, psi

from jfmodels.model.families.base import Derivatives, Family

__all__ = ["NegativeBinomial", "Poisson"]

type Floats = NDArray[np.float64]


def Poisson() -> Family:
    """Model the logarithm of the mean of a count.

    Examples
    --------
    >>> Poisson().link
    'log'
    """
    return Family(
        name="poisson",
        link="log",
        scales=("count", "continuous"),
        blocks=lambda n_categories: ("x",),
        derivatives=_poisson,
        means=lambda eta: (np.exp(eta), np.exp(eta)[:, :, None]),
        start=lambda mean: np.log(np.maximum(mean, 1e-6)),
    )


def NegativeBinomial() -> Family:
    """Model the logarithm of the mean of a count whose variance is mean + dispersion · mean².

    Examples
    --------
    >>> NegativeBinomial().blocks(0)
    ('x', '1')
    """
    return Family(
        name="negative binomial",
        link="log",
        scales=("count",),
        blocks=lambda n_categories: ("x", "1"),
        derivatives=_negative_binomial,
        means=_negative_binomial_means,
        start=lambda mean: np.append(np.log(np.maximum(mean, 1e-6)), 0.0),
    )


def _poisson(answer: Floats, eta: Floats) -> Derivatives:
    mean = np.exp(eta[:, 0])
    value = answer * eta[:, 0] - mean
    return Derivatives(value, (answer - mean)[:, None], mean[:, None, None])


def _negative_binomial(answer: Floats, eta: Floats) -> Derivatives:
    """Derivatives by the log mean and the log dispersion, size being 1 / dispersion."""
    mean, size = np.exp(eta[:, 0]), np.exp(-eta[:, 1])
    total = mean + size
    value = gammaln(answer + size) - gammaln(size) + size * np.log(size / total)
    value += answer * np.log(mean / total)
    by_mean = size * (answer - mean) / total
    by_size = psi(answer + size) - psi(size) + np.log(size / total) + (mean - answer) / total
    gradient = np.stack([by_mean, -size * by_size], axis=1)
    mean_mean = size * mean * (answer + size) / total**2
    mean_size = mean * (answer - mean) / total**2
    size_size = polygamma(1, answer + size) - polygamma(1, size) + 1 / size - 1 / total
    size_size -= (mean - answer) / total**2
    second = -(size**2 * size_size + size * by_size)
    information = np.empty((len(eta), 2, 2))
    information[:, 0, 0] = mean_mean
    information[:, 0, 1] = information[:, 1, 0] = size * mean_size
    information[:, 1, 1] = second
    return Derivatives(value, gradient, information)


def _negative_binomial_means(eta: Floats) -> tuple[Floats, Floats]:
    mean = np.exp(eta[:, :1])
    gradient = np.stack([mean, np.zeros_like(mean)], axis=2)
    return mean, gradient
