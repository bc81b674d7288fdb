"""Intervals of shares, which know that shares end at 0 and 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, logit, stdtrit, xlogy

from jfmodels.results.engine import flag_bits
from jfmodels.results.summary import Summary

__all__ = ["INTERVALS", "ShareIntervals", "korn_graubard"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What an interval of a share is made from, each of shape (K,)."""

    estimate: Floats
    std_error: Floats
    df: Floats
    n: Floats
    coverage: float

    @property
    def t(self) -> Floats:
        """Quantile of t."""
        return stdtrit(self.df, (1 + self.coverage) / 2)


def _logit(share: Share) -> tuple[Floats, Floats]:
    p = share.estimate
    half = share.t * share.std_error / (p * (1 - p))
    return expit(logit(p) - half), expit(logit(p) + half)


def _asin(share: Share) -> tuple[Floats, Floats]:
    p = share.estimate
    half = share.t * share.std_error / (2 * np.sqrt(p * (1 - p)))
    middle = np.arcsin(np.sqrt(p))
    low, high = np.maximum(middle - half, 0), np.minimum(middle + half, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2  # beyond 0 and π/2 the sine would turn back


def _normal(share: Share) -> tuple[Floats, Floats]:
    half = share.t * share.std_error
    return share.estimate - half, share.estimate + half


def _wilson(share: Share) -> tuple[Floats, Floats]:
    p, t = share.estimate, share.t
    n = p * (1 - p) / share.std_error**2
    middle = (p + t**2 / (2 * n)) / (1 + t**2 / n)
    half = t / (1 + t**2 / n) * np.sqrt(p * (1 - p) / n + t**2 / (4 * n**2))
    return middle - half, middle + half


def korn_graubard(share: Share) -> tuple[Floats, Floats]:
    """Clopper-Pearson limits at the effective sample size, adjusted for degrees of freedom [1]_.

    References
    ----------
    .. [1] Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with
       small expected number of positive counts. Survey Methodology 24, 193-201.
    """
    p = share.estimate
    adjust = stdtrit(share.n - 1, (1 + share.coverage) / 2) / share.t
    n = p * (1 - p) / share.std_error**2 * adjust**2
    return clopper_pearson(p * n, n, share.coverage)


def clopper_pearson(x: Floats, n: Floats, coverage: float) -> tuple[Floats, Floats]:
    """Exact binomial limits of x successes among n, neither of them need be whole."""
    tail = (1 - coverage) / 2
    low = np.where(x > 0, betaincinv(np.maximum(x, 1e-300), n - x + 1, tail), 0.0)
    high = np.where(n > x, betaincinv(x + 1, np.maximum(n - x, 1e-300), 1 - tail), 1.0)
    return low, high


def _likelihood(share: Share) -> tuple[Floats, Floats]:
    """Where twice the log likelihood, scaled by the design effect, has fallen by t² [1]_.

    The dispersion is taken on n - 1 degrees of freedom, as R's survey package takes it.

    References
    ----------
    .. [1] Rao, J. N. K. and Scott, A. J. (1984). On chi-squared tests for multiway contingency
       tables with cell proportions estimated from survey data. Annals of Statistics 12, 46-60.
    """
    p = share.estimate
    n_effective = p * (1 - p) / share.std_error**2
    bound = share.t**2 / (2 * n_effective) * share.n / (share.n - 1)

    def fall(q: Floats) -> Floats:
        return xlogy(p, p / q) + xlogy(1 - p, (1 - p) / (1 - q)) - bound

    return _root(fall, np.zeros_like(p), p), _root(fall, np.ones_like(p), p)


def _root(fall: Callable[[Floats], Floats], outer: Floats, inner: Floats) -> Floats:
    """Halve the way between a point beyond the root and one before it, all rows at once."""
    for _ in range(200):
        middle = (outer + inner) / 2
        beyond = fall(middle) > 0
        outer, inner = np.where(beyond, middle, outer), np.where(beyond, inner, middle)
    return (outer + inner) / 2


INTERVALS: Mapping[str, Callable[[Share], tuple[Floats, Floats]]] = {
    "logit": _logit,
    "beta": korn_graubard,
    "wilson": _wilson,
    "asin": _asin,
    "likelihood": _likelihood,
    "normal": _normal,
}


@dataclass(frozen=True, slots=True, eq=False)
class ShareIntervals:
    """Intervals of the shares in cells.

    Attributes
    ----------
    method : str
        A key of :data:`INTERVALS`.
    n : ndarray, shape (C,)
        Interviews in each cell.
    shares : ndarray of bool, shape (C,)
        Which cells hold shares; others keep their t interval.
    """

    method: str
    n: Ints
    shares: NDArray[np.bool_]

    def __call__(
        self, cells: Ints, summary: Summary, coverage: float
    ) -> tuple[Floats, Floats, Ints]:
        """Intervals of the cells named; at 0, 1 or without variation, exact binomial ones."""
        is_share = self.shares[cells]
        n = self.n[cells].astype(np.float64)
        share = Share(summary.estimate, summary.std_error, summary.df, n, coverage)
        p = summary.estimate
        edge = is_share & ((p <= 0) | (p >= 1) | (summary.std_error < 1e-14))
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = INTERVALS[self.method](share)
        low, high = np.where(is_share, low, summary.low), np.where(is_share, high, summary.high)
        low[edge], high[edge] = clopper_pearson(np.clip(p[edge], 0, 1) * n[edge], n[edge], coverage)
        low, high = (np.where(np.isnan(summary.std_error), np.nan, each) for each in (low, high))
        wide = is_share & _wide(p, low, high)
        return low, high, flag_bits("at_boundary", edge) | flag_bits("wide_interval", wide)


def _wide(p: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Whether NCHS's standards withhold a share: Parker et al. (2017), Series 2, No. 175."""
    width = high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = width / p
    return (width >= 0.30) | ((width > 0.05) & (relative > 1.30))
