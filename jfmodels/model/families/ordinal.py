"""Answers in order: cumulative probabilities between thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import choose
from jfmodels.model.families.base import Derivatives, Family, Tallied, Tally, of_answers
from jfmodels.model.families.links import LINKS, Link

__all__ = ["Ordinal"]

type Floats = NDArray[np.float64]

TINY = 1e-300
SMALL = 1e-150  # the square of whose inverse is a number


def Ordinal(link: str = "logit") -> Family:
    r"""Model answers in order by thresholds on a latent scale [1]_.

    :math:`P(y \le a) = F(\tau_a - x^\top\beta)`: a positive coefficient means higher answers.

    Parameters
    ----------
    link : {"logit", "probit"}, default "logit"
        The distribution F of the latent answer.

    Returns
    -------
    Family
        To be given as ``family=``.

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
        slopes=lambda eta: _slopes(inverse, eta),
        start=lambda share: _start(inverse, share),
        log_density=lambda answer, eta, _: _log_density(inverse, answer, eta),
        tally=_logit_tally() if link == "logit" else _tally(inverse),
        again=partial(Ordinal, link),
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


def _means(link: Link, eta: Floats) -> Floats:
    """Probability of every category."""
    return np.diff(link.cdf(np.clip(_edges(eta), -1e6, 1e6)), axis=1)


def _slopes(link: Link, eta: Floats) -> Floats:
    """Derivatives of the probability of every category."""
    density = _finite(link.density, _edges(eta))
    n_predictors = eta.shape[1]
    to = np.zeros((n_predictors + 1, n_predictors))
    to[:, 0] = -1.0
    to[1:-1, 1:] = np.eye(n_predictors - 1)
    return np.diff(density[:, :, None] * to, axis=1)


def _log_density(link: Link, answer: Floats, eta: Floats) -> Floats:
    """Log probability of the answers, without loss in the tails."""
    place = answer.astype(np.int64)
    cuts = eta[..., 1:] - eta[..., :1]
    end = np.full((*cuts.shape[:-1], 1), np.inf)
    edges = np.concatenate([-end, cuts, end], axis=-1)
    rows = np.arange(len(place))
    lower, upper = edges[..., rows, place], edges[..., rows, place + 1]
    flip = lower > 0
    high, low = np.where(flip, -lower, upper), np.where(flip, -upper, lower)
    return np.log(np.maximum(link.cdf(high) - link.cdf(low), TINY))


def _pairs(n_predictors: int) -> tuple[tuple[int, int], ...]:
    """The predictor with all, and every threshold with itself and the next."""
    last = n_predictors - 1
    with_first = [(0, k) for k in range(n_predictors)]
    return (
        *with_first,
        *((k, k) for k in range(1, last + 1)),
        *((k, k + 1) for k in range(1, last)),
    )


def _logit_tally() -> Tally:
    r"""Sums for a cumulative logit.

    As :math:`F(b) - F(a) = F(b)\,(1 - F(a))\,(1 - e^{a-b})`, every threshold is a binomial
    logit of the two categories beside it, and the rest depends on gaps of thresholds alone.
    """
    return Tally(
        of_answers,
        _logit_tallied,
        _logit_value,
        _logit_by_row,
        lambda eta, answers: _mean(LINKS["logit"], eta, answers),
        _pairs,
    )


def _beside(sums: Floats, k: int) -> tuple[Floats, Floats]:
    """How many chose the categories below and above threshold k, counted from 1; (N, 1) each."""
    return sums[:, k - 1, None], sums[:, k, None]


def _gaps(eta: Floats) -> Floats:
    """Distances of neighbouring thresholds in every field, (A - 2, B)."""
    return eta[2:, 0] - eta[1:-1, 0]


def _log_gaps(sums: Floats, eta: Floats) -> Floats:
    """What the gaps add to the log density of answers in sums (..., A), shape (..., B).

    It is -inf where thresholds are out of order.
    """
    gaps = _gaps(eta)
    ordered = (gaps > 0).all(axis=0)
    inside = np.log(-np.expm1(-np.where(gaps > 0, gaps, 1.0)))
    return np.where(ordered, sums[..., 1:-1] @ inside, -np.inf)


def _logit_by_row(sums: Floats, eta: Floats, _: Floats) -> Floats:
    value = _log_gaps(sums, eta)
    for k in range(1, len(eta)):
        below, above = _beside(sums, k)
        cut = eta[k] - eta[0]
        value = value + below * cut + (below + above) * LINKS["logit"].log_sf(cut)
    return value


def _logit_value(sums: Floats, eta: Floats, _: Floats) -> Floats:
    value = _log_gaps(sums.sum(axis=0), eta)
    for k in range(1, len(eta)):
        below, above = _beside(sums, k)
        cut = eta[k] - eta[0]
        value = value + below[:, 0] @ cut + (below + above)[:, 0] @ LINKS["logit"].log_sf(cut)
    return value


def _logit_tallied(sums: Floats, eta: Floats, _: Floats) -> Tallied:
    """Rows' derivatives; those by gaps are the same for all rows and stand in the first."""
    last = len(eta) - 1
    pairs = {pair: k for k, pair in enumerate(_pairs(len(eta)))}
    gradient = np.zeros_like(eta)
    information = np.zeros((len(pairs), *eta.shape[1:]))
    for k in range(1, last + 1):
        below, above = _beside(sums, k)
        p = LINKS["logit"].cdf(eta[k] - eta[0])
        gradient[k] = below - (below + above) * p
        spread = (below + above) * p * (1 - p)
        information[pairs[k, k]] = spread
        information[pairs[0, k]] = -spread
    gradient[0] = -gradient[1:].sum(axis=0)
    information[pairs[0, 0]] = -information[pairs[0, 1] : pairs[0, last] + 1].sum(axis=0)
    total = sums.sum(axis=0)
    for k, gap in enumerate(_gaps(eta), start=1):
        push = total[k] / np.expm1(gap)
        bend = push * (1 + 1 / np.expm1(gap))
        gradient[k + 1, 0] += push
        gradient[k, 0] -= push
        information[pairs[k, k], 0] += bend
        information[pairs[k + 1, k + 1], 0] += bend
        information[pairs[k, k + 1], 0] -= bend
    return Tallied(gradient, information)


def _tally(link: Link) -> Tally:
    """Sums for any other link, category by category."""
    return Tally(
        of_answers,
        lambda sums, eta, _: _tallied(link, sums, eta),
        lambda sums, eta, _: _value(link, sums, eta),
        lambda sums, eta, _: _by_row(link, sums, eta),
        lambda eta, answers: _mean(link, eta, answers),
        _pairs,
    )


def _probabilities(link: Link, eta: Floats) -> Floats:
    """Probability of every category, (A, N, B)."""
    ends = np.zeros((1, *eta.shape[1:]))
    return np.diff(np.concatenate([ends, link.cdf(eta[1:] - eta[0]), ends + 1]), axis=0)


def _value(link: Link, sums: Floats, eta: Floats) -> Floats:
    p = _probabilities(link, eta)
    value = sum(
        counts @ np.log(np.maximum(each, TINY)) for counts, each in zip(sums.T, p, strict=True)
    )
    return np.where((_gaps(eta) > 0).all(axis=0), value, -np.inf)


def _by_row(link: Link, sums: Floats, eta: Floats) -> Floats:
    p = np.maximum(_probabilities(link, eta), TINY)
    value = (sums.T[:, :, None] * np.log(p)).sum(axis=0)
    return np.where((_gaps(eta) > 0).all(axis=0), value, -np.inf)


def _tallied(link: Link, sums: Floats, eta: Floats) -> Tallied:
    """Rows' derivatives from ratios of the categories on both sides of a threshold."""
    last = len(eta) - 1
    pairs = {pair: k for k, pair in enumerate(_pairs(len(eta)))}
    p = np.maximum(_probabilities(link, eta), SMALL)
    ratio = sums.T[:, :, None] / p
    square = ratio / p
    cuts = eta[1:] - eta[0]
    density, slope = link.density(cuts), link.slope(cuts)
    gradient = np.zeros_like(eta)
    gradient[1:] = density * (ratio[:-1] - ratio[1:])
    gradient[0] = -gradient[1:].sum(axis=0)
    information = np.zeros((len(pairs), *eta.shape[1:]))
    own = density**2 * (square[:-1] + square[1:]) - slope * (ratio[:-1] - ratio[1:])
    common = -density[:-1] * density[1:] * square[1:-1]
    for k in range(1, last + 1):
        information[pairs[k, k]] = own[k - 1]
        information[pairs[0, k]] = -own[k - 1]
    for k in range(1, last):
        information[pairs[k, k + 1]] = common[k - 1]
        information[pairs[0, k]] -= common[k - 1]
        information[pairs[0, k + 1]] -= common[k - 1]
    information[0] = -information[1 : last + 1].sum(axis=0)
    return Tallied(gradient, information)


def _mean(link: Link, eta: Floats, answers: Sequence[int]) -> Floats:
    """Probability of any of some categories; runs of neighbours need their ends alone."""
    last = len(eta) - 1
    total = np.zeros(eta.shape[1:])
    for k in answers:
        if k < last and k + 1 not in answers:  # P(y <= k)
            total += link.cdf(eta[k + 1] - eta[0])
        elif k == last:
            total += 1.0
        if k > 0 and k - 1 not in answers:
            total -= link.cdf(eta[k] - eta[0])
    return total
