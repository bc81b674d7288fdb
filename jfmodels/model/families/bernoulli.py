"""Two answers: a probability behind a link."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import choose
from jfmodels.model.families.base import Derivatives, Family
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
        start=lambda share: inverse.quantile(np.clip(share[1:], 1e-3, 1 - 1e-3)),
    )


def _derivatives(link: Link, answer: Floats, eta: Floats) -> Derivatives:
    """Log density, score and expected information of a probability."""
    p, density = link.cdf(eta), link.density(eta)
    value = np.where(answer > 0, np.log(np.maximum(p, TINY)), np.log(np.maximum(1 - p, TINY)))
    spread = np.maximum(p * (1 - p), TINY)
    gradient = (answer - p) * density / spread
    return Derivatives(value, gradient[:, None], (density**2 / spread)[:, None, None])


def _means(link: Link, eta: Floats) -> tuple[Floats, Floats]:
    p, density = link.cdf(eta), link.density(eta)
    return np.stack([1 - p, p], axis=1), np.stack([-density, density], axis=1)[:, :, None]
