"""What each draw says of each answer: its log density, and answers drawn in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from jfmodels.engines.bayesian.people import (
    densities_left_out,
    density_of_all,
    effects_of_people,
)
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.model.families import Family
from jfmodels.model.latent import Latent

__all__ = [
    "NUMBERS",
    "answers",
    "densities_of",
    "dispersion",
    "kinds_of",
    "log_densities",
    "log_likelihood",
    "predictors",
    "sums",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type OfNumbers = Callable[[np.random.Generator, Floats, Floats, Floats], Floats]

AT_ONCE = 4_000_000  # numbers held at a time


def predictors(posterior: Posterior, draws: Ints) -> Iterator[tuple[slice, Floats]]:
    """Give the linear predictors of the rows, in turns of some of the draws asked for.

    People whose effects are integrated over have some that agree with their answers.

    Yields
    ------
    here : slice
        Places among `draws`.
    eta : ndarray, shape (L, N, B)
        Predictors of the N rows in them.
    """
    latent = posterior.latent
    n_predictors = latent.n_channels + latent.n_thresholds
    size = max(1, AT_ONCE // (n_predictors * max(len(latent.fixed), len(latent.row), 1)))
    for first in range(0, len(draws), size):
        here = slice(first, min(first + size, len(draws)))
        field = posterior.field[draws[here]].T
        eta = latent.predictors(latent.columns, latent.design.offset, field)
        if latent.integrated is not None:
            eta[0] += effects_of_people(posterior, draws[here])[latent.integrated.group]
        yield here, eta


def dispersion(posterior: Posterior, draws: Ints) -> Floats:
    """Logarithm of the family's dispersion in some draws, shape (B,); 0 where it has none."""
    if not posterior.latent.family.dispersion:
        return np.zeros(len(draws))
    return posterior.theta[draws, -1]


def log_densities(posterior: Posterior, draws: Ints) -> Floats:
    """Log density of every kind of answer in some draws, constants included; shape (B, K).

    Where people's effects are integrated over, it is that of one answer given all others: a
    person's other answers tell of the person. These do not add up to that of all answers.
    """
    latent = posterior.latent
    if latent.integrated is not None:
        return densities_left_out(posterior, draws, csr_array(eye_array(len(latent.row)))).T
    found = np.empty((len(draws), len(latent.row)))
    for here, eta in predictors(posterior, draws):
        of_kind = np.moveaxis(eta[:, latent.row], 0, 2).swapaxes(0, 1)
        log_dispersion = dispersion(posterior, draws[here])
        found[here] = latent.family.log_density(latent.answer, of_kind, log_dispersion)
    return found


def densities_of(posterior: Posterior, draws: Ints, counts: csr_array) -> Floats:
    """Log density of the answers of units, given all others and some draws; shape (U, B).

    Parameters
    ----------
    posterior : Posterior
        The draws.
    draws : ndarray of int64, shape (B,)
        Which of them.
    counts : csr_array, shape (U, K)
        How many answers of each kind are a unit's.
    """
    if posterior.latent.integrated is not None:
        return densities_left_out(posterior, draws, counts)
    return counts @ log_densities(posterior, draws).T


def log_likelihood(posterior: Posterior, draws: Ints) -> Floats:
    """Log density of all answers in some draws, (B,)."""
    if posterior.latent.integrated is not None:
        return density_of_all(posterior, draws)
    return log_densities(posterior, draws) @ posterior.latent.n


def kinds_of(latent: Latent, row: Ints, answer: Floats) -> Ints:
    """Find the kind of each answer by its row; kinds are sorted by both."""
    values, place = np.unique(np.concatenate([latent.answer, answer]), return_inverse=True)
    known, asked = np.split(place, [len(latent.answer)])
    return np.searchsorted(latent.row * len(values) + known, row * len(values) + asked)


def answers(posterior: Posterior, draws: Ints, rows: Ints, seed: int) -> Floats:
    """Draw an answer for each of R people, given their rows, in some draws; shape (B, R).

    What is drawn for a person does not depend on who and which draws are asked for together,
    as long as `rows` lists everybody.
    """
    found = np.empty((len(draws), len(rows)))
    for here, eta in predictors(posterior, draws):
        log_dispersion = dispersion(posterior, draws[here])
        for k, draw in enumerate(draws[here]):
            rng = np.random.default_rng([seed, int(draw)])
            found[here.start + k] = _drawn(
                posterior.latent, eta[:, :, k], log_dispersion[k], rows, rng
            )
    return found


def _drawn(
    latent: Latent, eta: Floats, log_dispersion: float, rows: Ints, rng: np.random.Generator
) -> Floats:
    """Draw an answer for each row listed under one draw's predictors (L, N), shape (R,)."""
    family = latent.family
    if not family.shares:
        one = np.ones(len(rows))
        mean = family.tally.mean(eta, ())[rows]
        return NUMBERS[family.name](rng, one, mean, np.exp(log_dispersion) * one)
    uniform, drawn = rng.random(len(rows)), np.zeros(len(rows))
    for last in range(latent.n_categories - 1):
        drawn += uniform > family.tally.mean(eta, range(last + 1))[rows]
    return drawn


def _normal_sums(rng: np.random.Generator, n: Floats, mean: Floats, sigma: Floats) -> Floats:
    return rng.normal(n * mean, np.sqrt(n) * sigma)


def _poisson_sums(rng: np.random.Generator, n: Floats, mean: Floats, _: Floats) -> Floats:
    return rng.poisson(n * mean).astype(np.float64)


def _negative_binomial_sums(
    rng: np.random.Generator, n: Floats, mean: Floats, dispersion: Floats
) -> Floats:
    """As a Poisson whose mean is gamma distributed; sizes add up as the counts do."""
    return rng.poisson(rng.gamma(n / dispersion, mean * dispersion)).astype(np.float64)


NUMBERS: Mapping[str, OfNumbers] = {
    "gaussian": _normal_sums,
    "poisson": _poisson_sums,
    "negative binomial": _negative_binomial_sums,
}
"""``(rng, n, mean, dispersion) -> sum`` of n numbers, for every family of numbers."""


def sums(
    family: Family, eta: Floats, log_dispersion: Floats, n: Floats, rng: np.random.Generator
) -> Floats:
    """Draw what n people of each row answer, added up.

    Parameters
    ----------
    family : Family
        The distribution of answers.
    eta : ndarray, shape (L, N, B)
        Predictors of N rows in B draws.
    log_dispersion : ndarray, shape (B,)
        Logarithm of the family's dispersion.
    n : ndarray, shape (N,)
        People of every row.
    rng : Generator
        Of random numbers.

    Returns
    -------
    ndarray, shape (A, N, B)
        How many chose each category; of numbers their sum alone, with A = 1.
    """
    if not family.shares:
        mean = family.tally.mean(eta, ())
        people, spread = np.broadcast_to(n[:, None], mean.shape), np.exp(log_dispersion)
        return NUMBERS[family.name](rng, people, mean, np.broadcast_to(spread, mean.shape))[None]
    flat = eta.reshape(len(eta), -1).T
    share = family.means(flat).reshape(*eta.shape[1:], -1)
    share = share / share.sum(axis=-1, keepdims=True)  # rounding
    counts = rng.multinomial(n[:, None].astype(np.int64), share)
    return np.moveaxis(counts, -1, 0).astype(np.float64)
