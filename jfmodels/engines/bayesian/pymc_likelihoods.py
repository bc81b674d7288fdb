"""Log densities of the sums of answers in PyTensor, one function per family.

To add a family, write the log density of its sums here and list it in `LIKELIHOODS`. Each is
that of the family's tally, up to what depends on the answers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["LIKELIHOODS"]

type Data = Mapping[str, Any]
type Likelihood = Callable[[Any, str, Data, Sequence[Any], Any], Any]

TINY = 1e-300


def _log_tails(pt: Any, link: str, x: Any) -> tuple[Any, Any]:
    """Log F(x) and log(1 - F(x)) for an inverse link F."""
    if link == "logit":
        above = -pt.softplus(x)
        return x + above, above
    if link == "probit":
        return _log_normal_cdf(pt, x), _log_normal_cdf(pt, -x)
    above = -pt.exp(x)
    return pt.log1mexp(above), above


def _log_normal_cdf(pt: Any, x: Any) -> Any:
    """Log F of the standard normal, by scaled tails where it is small."""
    z = -x / np.sqrt(2.0)
    tail = pt.log(pt.erfcx(pt.maximum(z, 0.0)) / 2) - pt.maximum(z, 0.0) ** 2
    return pt.switch(x < 0, tail, pt.log1p(-pt.erfc(pt.maximum(-z, 0.0)) / 2))


def _bernoulli(pt: Any, link: str, data: Data, eta: Sequence[Any], _: Any) -> Any:
    below, above = _log_tails(pt, link, eta[0])
    return (data["sums"][:, 1] * below + data["sums"][:, 0] * above).sum()


def _ordinal(pt: Any, link: str, data: Data, eta: Sequence[Any], _: Any) -> Any:
    """Category by category, or for a logit threshold by threshold, as the family does."""
    counts = data["sums"]
    cuts = [each - eta[0] for each in eta[1:]]
    if link == "logit":
        return _cumulative_logit(pt, counts, cuts, eta[1:])
    below = [pt.erfc(-cut / np.sqrt(2.0)) / 2 for cut in cuts]
    shares = [high - low for low, high in zip([0.0, *below], [*below, 1.0], strict=True)]
    logs = [pt.log(pt.maximum(share, TINY)) for share in shares]
    return sum((counts[:, k] * each).sum() for k, each in enumerate(logs))


def _cumulative_logit(pt: Any, counts: Any, cuts: Sequence[Any], ordered: Sequence[Any]) -> Any:
    total = 0.0
    for k, cut in enumerate(cuts):
        below, above = _log_tails(pt, "logit", cut)
        total = total + (counts[:, k] * below + counts[:, k + 1] * above).sum()
    for k, (low, high) in enumerate(pairwise(ordered), start=1):
        total = total + counts[:, k].sum() * pt.log1mexp(low - high)
    return total


def _categorical(pt: Any, link: str, data: Data, eta: Sequence[Any], _: Any) -> Any:
    every = pt.stack([pt.zeros_like(eta[0]), *eta], axis=1)
    return (data["sums"] * (every - pt.logsumexp(every, axis=1, keepdims=True))).sum()


def _gaussian(pt: Any, link: str, data: Data, eta: Sequence[Any], log_sigma: Any) -> Any:
    n, first, second = (data["sums"][:, k] for k in range(3))
    squares = (second - 2 * first * eta[0] + n * eta[0] ** 2).sum()
    return -squares / 2 * pt.exp(-2 * log_sigma) - n.sum() * log_sigma


def _poisson(pt: Any, link: str, data: Data, eta: Sequence[Any], _: Any) -> Any:
    return (data["sums"][:, 1] * eta[0] - data["sums"][:, 0] * pt.exp(eta[0])).sum()


def _negative_binomial(
    pt: Any, link: str, data: Data, eta: Sequence[Any], log_dispersion: Any
) -> Any:
    n, total, size = data["sums"][:, 0], data["sums"][:, 1], pt.exp(-log_dispersion)
    log_total = pt.logaddexp(eta[0], -log_dispersion)
    of_rows = total * (eta[0] - log_total) - size * n * (log_total + log_dispersion)
    of_answers = data["times"] * (pt.gammaln(data["distinct"] + size) - pt.gammaln(size))
    return of_rows.sum() + of_answers.sum()


LIKELIHOODS: Mapping[str, Likelihood] = {
    "bernoulli": _bernoulli,
    "ordinal": _ordinal,
    "categorical": _categorical,
    "gaussian": _gaussian,
    "poisson": _poisson,
    "negative binomial": _negative_binomial,
}
