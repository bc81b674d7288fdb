"""Answers in order: cumulative probabilities between thresholds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import choose
from jfmodels.model.families.base import Derivatives, Family
from jfmodels.model.families.links import LINKS, Link

__all__ = ["Ordinal"]

type Floats = NDArray[np.float64]

TINY = 1e-300


def Ordinal(link: str = "logit") -> Family:
    r"""Model answers in order by thresholds on a latent scale [1]_.

    :math:`P(y \le a) = F(\tau_a - x^\top\beta)`: a positive coefficient means higher answers.

    Parameters
    ----------
    link : {"logit", "probit"}, default "logit"
        The distribution F of the latent answer.

    References
    ----------
    .. [1] McCullagh, P. (1980). Regression models for ordinal data. Journal of the Royal
       Statistical Society B 42, 109-142.

    Examples
    --------
    >>> Ordinal().blocks(3)
    ('x', '1', '1')
    """
    inverse = choose("link", link, {name: LINKS[name] for name in ("logit", "probit")})
    return Family(
        name="ordinal",
        link=link,
        scales=("ordinal",),
        blocks=lambda n_categories: ("x", *("1",) * (n_categories - 1)),
        derivatives=lambda answer, eta: _derivatives(inverse, answer.astype(np.int64), eta),
        means=lambda eta: _means(inverse, eta),
        start=lambda share: _start(inverse, share),
        constant_blocks=True,
    )


def _start(link: Link, share: Floats) -> Floats:
    below = np.clip(np.cumsum(share)[:-1], 1e-3, 1 - 1e-3)
    return np.concatenate([[0.0], link.quantile(below)])


def _edges(eta: Floats) -> Floats:
    """Distance of every threshold from the predictor, between infinite ends; (N, A + 1)."""
    cuts = eta[:, 1:] - eta[:, :1]
    end = np.full((len(eta), 1), np.inf)
    return np.concatenate([-end, cuts, end], axis=1)


def _finite(function: object, edges: Floats) -> Floats:
    """Apply a density or its slope, which vanish at infinite ends."""
    inside = np.isfinite(edges)
    return np.where(inside, function(np.where(inside, edges, 0.0)), 0.0)  # type: ignore[operator]


def _derivatives(link: Link, answer: NDArray[np.int64], eta: Floats) -> Derivatives:
    """Log density, score and observed information of the answers given."""
    rows = np.arange(len(eta))
    edges = _edges(eta)
    upper, lower = edges[rows, answer + 1], edges[rows, answer]
    # the difference is taken in the lower tail, where it loses no digits
    flip = lower > 0
    high, low = np.where(flip, -lower, upper), np.where(flip, -upper, lower)
    p = np.maximum(link.cdf(high) - link.cdf(low), TINY)
    up, down = _finite(link.density, upper), _finite(link.density, lower)
    up_slope, down_slope = _finite(link.slope, upper), _finite(link.slope, lower)
    n, n_predictors = eta.shape
    to_upper, to_lower = np.zeros((n, n_predictors)), np.zeros((n, n_predictors))
    to_upper[:, 0] = to_lower[:, 0] = -1.0
    has_upper, has_lower = answer + 1 < n_predictors, answer > 0
    to_upper[rows[has_upper], answer[has_upper] + 1] = 1.0
    to_lower[rows[has_lower], answer[has_lower]] = 1.0
    first = up[:, None] * to_upper - down[:, None] * to_lower
    second = np.einsum("n,ni,nj->nij", up_slope, to_upper, to_upper)
    second -= np.einsum("n,ni,nj->nij", down_slope, to_lower, to_lower)
    gradient = first / p[:, None]
    information = gradient[:, :, None] * gradient[:, None, :] - second / p[:, None, None]
    return Derivatives(np.log(p), gradient, information)


def _means(link: Link, eta: Floats) -> tuple[Floats, Floats]:
    """Probability of every category and its derivatives."""
    edges = _edges(eta)
    cumulated = link.cdf(np.clip(edges, -1e6, 1e6))
    density = _finite(link.density, edges)
    n_predictors = eta.shape[1]
    to = np.zeros((n_predictors + 1, n_predictors))
    to[:, 0] = -1.0
    to[1:-1, 1:] = np.eye(n_predictors - 1)
    steps = density[:, :, None] * to
    return np.diff(cumulated, axis=1), np.diff(steps, axis=1)
