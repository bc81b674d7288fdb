"""Two answers: a probability behind a link."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import choose
from jfmodels.model.families.base import (
    Derivatives,
    Family,
    Tallied,
    Tally,
    first_alone,
    of_answers,
)
from jfmodels.model.families.links import LINKS, Link

__all__ = ["Bernoulli"]

type Floats = NDArray[np.float64]

TINY = 1e-300


def Bernoulli(link: str = "logit") -> Family:
    """Model the probability of the answer that counts.

    Parameters
    ----------
    link : {"logit", "probit", "cloglog"}, default "logit"
        How the probability depends on the linear predictor.

    Returns
    -------
    Family
        To be given as ``family=``.

    Examples
    --------
    >>> Bernoulli(link="probit").link
    'probit'
    """
    inverse = choose("link", link, LINKS)
    return Family(
        name="bernoulli",
        link=link,
        scales=("binary", "shown"),
        blocks=lambda n_categories: ("x",),
        derivatives=lambda answer, eta: _derivatives(inverse, answer, eta[:, 0]),
        means=lambda eta: _means(inverse, eta[:, 0]),
        slopes=lambda eta: _slopes(inverse, eta[:, 0]),
        start=lambda share: inverse.quantile(np.clip(share[1:], 1e-3, 1 - 1e-3)),
        log_density=lambda answer, eta, _: _log_density(inverse, answer, eta[..., 0]),
        tally=Tally(
            of_answers,
            lambda sums, eta, _: _tallied(inverse, sums, eta[0]),
            lambda sums, eta, _: _value(inverse, sums, eta[0]),
            lambda sums, eta, _: _by_row(inverse, sums, eta[0]),
            lambda eta, answers: _mean(inverse, eta[0], answers),
            first_alone,
        ),
        again=partial(Bernoulli, link),
    )


def _derivatives(link: Link, answer: Floats, eta: Floats) -> Derivatives:
    """Log density, score and expected information of a probability."""
    p, density = link.cdf(eta), link.density(eta)
    value = np.where(answer > 0, np.log(np.maximum(p, TINY)), np.log(np.maximum(1 - p, TINY)))
    spread = np.maximum(p * (1 - p), TINY)
    gradient = (answer - p) * density / spread
    return Derivatives(value, gradient[:, None], (density**2 / spread)[:, None, None])


def _means(link: Link, eta: Floats) -> Floats:
    p = link.cdf(eta)
    return np.stack([1 - p, p], axis=1)


def _slopes(link: Link, eta: Floats) -> Floats:
    density = link.density(eta)
    return np.stack([-density, density], axis=1)[:, :, None]


def _log_density(link: Link, answer: Floats, eta: Floats) -> Floats:
    return np.where(answer > 0, link.log_cdf(eta), link.log_sf(eta))


def _value(link: Link, sums: Floats, eta: Floats) -> Floats:
    """Log density of all rows, (B,), from how many did not and did give the answer, (N, 2)."""
    if link is LINKS["logit"]:
        return sums[:, 1] @ eta + sums.sum(axis=1) @ link.log_sf(eta)
    return sums[:, 1] @ link.log_cdf(eta) + sums[:, 0] @ link.log_sf(eta)


def _by_row(link: Link, sums: Floats, eta: Floats) -> Floats:
    """Log density of every row, (N, B)."""
    if link is LINKS["logit"]:
        return sums[:, 1:] * eta + sums.sum(axis=1)[:, None] * link.log_sf(eta)
    return sums[:, 1:] * link.log_cdf(eta) + sums[:, :1] * link.log_sf(eta)


def _tallied(link: Link, sums: Floats, eta: Floats) -> Tallied:
    p = link.cdf(eta)
    if link is LINKS["logit"]:
        n = sums.sum(axis=1)[:, None]
        return Tallied((sums[:, 1:] - n * p)[None], (n * p * (1 - p))[None])
    p, not_p = np.maximum(p, TINY), np.maximum(np.exp(link.log_sf(eta)), TINY)
    density, slope = link.density(eta), link.slope(eta)
    to, away = density / p, density / not_p
    gradient = sums[:, 1:] * to - sums[:, :1] * away
    bend = sums[:, 1:] * (to**2 - slope / p) + sums[:, :1] * (away**2 + slope / not_p)
    return Tallied(gradient[None], np.maximum(bend, 0.0)[None])


def _mean(link: Link, eta: Floats, answers: Sequence[int]) -> Floats:
    if tuple(answers) == (1,):
        return link.cdf(eta)
    p = link.cdf(eta)
    return (1 - p) * (0 in answers) + p * (1 in answers)
