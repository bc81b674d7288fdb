"""Counts: a mean behind a logarithm, with or without a dispersion of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, polygamma, psi

from jfmodels.model.families.base import (
    Derivatives,
    Family,
    Tallied,
    Tally,
    first_alone,
    of_moments,
)

__all__ = ["NegativeBinomial", "Poisson"]

type Floats = NDArray[np.float64]


def Poisson() -> Family:
    """Model the logarithm of the mean of a count.

    Returns
    -------
    Family
        To be given as ``family=``.

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
        means=np.exp,
        slopes=lambda eta: np.exp(eta)[:, :, None],
        start=lambda mean: np.log(np.maximum(mean, 1e-6)),
        log_density=_poisson_log_density,
        tally=Tally(
            of_moments, _poisson_tallied, _poisson_value, _poisson_by_row, _mean, first_alone
        ),
        again=Poisson,
    )


def NegativeBinomial() -> Family:
    """Model the logarithm of the mean of a count whose variance is mean + dispersion · mean².

    Returns
    -------
    Family
        To be given as ``family=``.

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
        means=lambda eta: np.exp(eta[:, :1]),
        slopes=_negative_binomial_slopes,
        start=lambda mean: np.append(np.log(np.maximum(mean, 1e-6)), 0.0),
        log_density=_negative_binomial_log_density,
        tally=Tally(
            of_moments,
            _negative_binomial_tallied,
            _negative_binomial_value,
            _negative_binomial_by_row,
            _mean,
            first_alone,
            _negative_binomial_beyond,
        ),
        again=NegativeBinomial,
        dispersion="dispersion",
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


def _negative_binomial_slopes(eta: Floats) -> Floats:
    mean = np.exp(eta[:, :1])
    return np.stack([mean, np.zeros_like(mean)], axis=2)


def _poisson_log_density(answer: Floats, eta: Floats, _: Floats) -> Floats:
    return answer * eta[..., 0] - np.exp(eta[..., 0]) - gammaln(answer + 1)


def _poisson_value(sums: Floats, eta: Floats, _: Floats) -> Floats:
    """Log density of all rows, (B,), from their moments (N, 3)."""
    return sums[:, 1] @ eta[0] - sums[:, 0] @ np.exp(eta[0])


def _poisson_by_row(sums: Floats, eta: Floats, _: Floats) -> Floats:
    return sums[:, 1:2] * eta[0] - sums[:, :1] * np.exp(eta[0])


def _poisson_tallied(sums: Floats, eta: Floats, _: Floats) -> Tallied:
    mean = sums[:, :1] * np.exp(eta[0])
    return Tallied((sums[:, 1:2] - mean)[None], mean[None])


def _negative_binomial_log_density(answer: Floats, eta: Floats, log_dispersion: Floats) -> Floats:
    log_size = -np.asarray(log_dispersion)[..., None]
    size = np.exp(log_size)
    log_total = np.logaddexp(eta[..., 0], log_size)
    constant = gammaln(answer + size) - gammaln(size) - gammaln(answer + 1)
    return constant + answer * (eta[..., 0] - log_total) + size * (log_size - log_total)


def _negative_binomial_value(sums: Floats, eta: Floats, log_dispersion: Floats) -> Floats:
    """What depends on the mean, (B,), from the moments of rows (N, 3)."""
    n, total = sums[:, 0], sums[:, 1]
    log_total = np.logaddexp(eta[0], -log_dispersion)
    size = np.exp(-log_dispersion)
    return total @ (eta[0] - log_total) - size * (n @ (log_total + log_dispersion))


def _negative_binomial_by_row(sums: Floats, eta: Floats, log_dispersion: Floats) -> Floats:
    """What depends on the mean, (N, B)."""
    n, total = sums[:, :1], sums[:, 1:2]
    log_total = np.logaddexp(eta[0], -log_dispersion)
    size = np.exp(-log_dispersion)
    return total * (eta[0] - log_total) - size * n * (log_total + log_dispersion)


def _negative_binomial_tallied(sums: Floats, eta: Floats, log_dispersion: Floats) -> Tallied:
    n, total = sums[:, :1], sums[:, 1:2]
    mean, size = np.exp(eta[0]), np.exp(-log_dispersion)
    gradient = size * (total - n * mean) / (mean + size)
    information = size * mean * (total + n * size) / (mean + size) ** 2
    return Tallied(gradient[None], information[None])


def _negative_binomial_beyond(answer: Floats, n: Floats, log_dispersion: Floats) -> Floats:
    size = np.exp(-log_dispersion)
    return n @ (gammaln(answer[:, None] + size) - gammaln(size))


def _mean(eta: Floats, answers: Sequence[int]) -> Floats:
    return np.exp(eta[0])
