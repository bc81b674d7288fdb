r"""A posterior whose spread is the design's: draws, and what every cluster adds to their error.

The posterior of a pseudo-likelihood has the right centre, but takes weighted answers for as
many independent ones, and what the model leaves out of account for nothing [1]_. Here draws
keep their centre and their shape. Their covariance becomes that of the design, and every
combination of them is sent through the t distribution of its own degrees of freedom,

.. math:: \mu + s\, t_\nu^{-1}(\Phi(z)),

where z is the draw standardised, s the design's standard error and :math:`\nu` how well it is
known: with few clusters, normal tails would be too short.

References
----------
.. [1] Williams, M. R. and Savitsky, T. D. (2021). Uncertainty estimation for
   pseudo-Bayesian inference under complex sampling. International Statistical Review 89,
   72-107.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit, ndtr, ndtri, stdtr, stdtrit

from jfmodels.results.draws import Draws, Transform
from jfmodels.results.joint import Joint
from jfmodels.results.normal import Normal
from jfmodels.results.summary import JointTest, Summary

__all__ = ["Adjusted", "LogitIntervals", "side_by_side"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

FARTHEST = 8.0  # standard deviations; beyond, a normal probability is 0 or 1 to all digits


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """A Bayesian belief adjusted to the design.

    Attributes
    ----------
    drawn : Draws
        The posterior as it was drawn.
    moved : Draws
        The same with the design's covariance.
    design : Normal
        The same centre, and what every unit of the design adds to its error.

    Examples
    --------
    >>> drawn = Draws(np.random.default_rng(1).normal(0.5, 0.1, (1000, 1)))
    >>> joint = Adjusted.of(drawn, Normal.of(drawn.draws.mean(axis=0), np.array([[0.2]]), 3.0))
    >>> joint.summary(0.95).std_error.tolist()
    [0.2]
    """

    drawn: Draws
    moved: Draws
    design: Normal

    @classmethod
    def of(cls, drawn: Draws, design: Normal) -> Adjusted:
        """Adjust draws to the covariance of a design-based belief."""
        return cls(drawn, Draws(_moved(drawn.draws, design.influence), drawn.error), design)

    @property
    def size(self) -> int:
        """Number C of numbers."""
        return self.drawn.size

    def combine(self, weights: csr_array) -> Adjusted:
        """Believe in K linear combinations, weights of shape (K, C)."""
        drawn, moved = self.drawn.combine(weights), self.moved.combine(weights)
        return Adjusted(drawn, moved, self.design.combine(weights))

    def apply(self, transform: Transform) -> Adjusted:
        """Believe in K functions: draws one by one, the design's errors by the delta method."""
        return Adjusted.of(self.drawn.apply(transform), self.design.apply(transform))

    def summary(self, coverage: float, null: float = 0.0) -> Summary:
        """Say what is believed of each number alone: mean, the design's error, t interval."""
        spread = self._spread()
        tails = [(1 - coverage) / 2, (1 + coverage) / 2]
        low, high = spread.value(np.quantile(spread.standard, tails, axis=0))
        missing = np.full(self.size, np.nan)
        above = (spread.standard > spread.place(null)).mean(axis=0)
        return Summary(
            estimate=spread.mean,
            std_error=spread.std_error,
            low=low,
            high=high,
            df=spread.df,
            p_value=missing,
            prob_positive=np.where(np.isnan(spread.std_error), np.nan, above),
            mc_error=self.drawn.error(self.drawn.draws),
        )

    def test(self) -> JointTest:
        """Ask how large a credible ellipsoid must be to hold the point where all are zero.

        The belief is a multivariate t, whose ellipsoids have the content that Hotelling's F
        gives them.
        """
        found = self.design.test()
        return replace(
            found,
            method="credible ellipsoid of a multivariate t (F)",
            p_value=np.nan,
            probability=1 - found.p_value,
        )

    def extremes(self, coverage: float) -> tuple[Summary, tuple[int, int]]:
        """Summarise the lowest, the highest and their distance, draw by draw."""
        spread = self._spread()
        return Draws(spread.value(spread.standard), self.drawn.error).extremes(coverage)

    def within(self, low: float, high: float) -> Draws:
        """Say draw by draw whether each number lies strictly between two ends, as 1 or 0."""
        spread = self._spread()
        inside = (spread.standard > spread.place(low)) & (spread.standard < spread.place(high))
        known = ~np.isnan(spread.std_error)
        return Draws(np.where(known, inside.astype(np.float64), np.nan), self.drawn.error)

    def beside(self, other: Adjusted) -> Adjusted:
        """Believe in these numbers and, after them, in others that the same fit believes in."""
        drawn, moved = self.drawn.beside(other.drawn), self.moved.beside(other.moved)
        return Adjusted(drawn, moved, self.design.beside(other.design))

    def _spread(self) -> _Spread:
        """Standardise the draws of each number."""
        found = self.design.summary(0.5)
        mean, moved = self.drawn.draws.mean(axis=0), self.moved.draws
        away = moved - moved.mean(axis=0)
        sd = away.std(axis=0, ddof=1)
        standard = np.divide(away, sd, out=np.zeros_like(away), where=sd > 0)
        return _Spread(standard, mean, found.std_error, found.df)


@dataclass(frozen=True, slots=True, eq=False)
class _Spread:
    """Standardised draws, and the t distributions that they stand for.

    Attributes
    ----------
    standard : ndarray, shape (S, K)
        Draws with mean 0 and variance 1.
    mean, std_error, df : ndarray, shape (K,)
        Of the t distributions.
    """

    standard: Floats
    mean: Floats
    std_error: Floats
    df: Floats

    def value(self, standard: Floats) -> Floats:
        """Numbers (..., K) that standardised draws stand for."""
        z = np.clip(standard, -FARTHEST, FARTHEST)
        t = -np.sign(z) * stdtrit(self.df, ndtr(-np.abs(z)))  # the lower tail loses no digits
        return self.mean + self.std_error * t

    def place(self, value: float) -> Floats:
        """Standardised draws (K,) that stand for one number."""
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (value - self.mean) / self.std_error
        place: Floats = -np.sign(t) * ndtri(stdtr(self.df, -np.abs(t)))
        return np.where(t == 0, 0.0, place)


def _moved(draws: Floats, influence: Floats) -> Floats:
    r"""Give draws (S, C) the covariance UᵀU of an influence U (R, C), moving them least.

    Of all draws with that covariance these are the nearest: with X the centred draws and
    :math:`X U^\top = P D Q^\top`, they are :math:`\sqrt{S - 1}\, P Q^\top U` (orthogonal
    Procrustes).
    """
    known = np.isfinite(draws).all(axis=0) & np.isfinite(influence).all(axis=0)
    moved = np.full_like(draws, np.nan)
    if not known.any():
        return moved
    mean = draws[:, known].mean(axis=0)
    reduced = _reduced(influence[:, known])
    left, _, right = np.linalg.svd((draws[:, known] - mean) @ reduced.T, full_matrices=False)
    moved[:, known] = mean + np.sqrt(len(draws) - 1) * (left @ right) @ reduced
    return moved


def _reduced(influence: Floats) -> Floats:
    """Fewest rows with the same covariance, at most as many as there are columns."""
    _, sizes, right = np.linalg.svd(influence, full_matrices=False)
    kept = sizes > 1e-10 * sizes.max(initial=0.0)
    rows: Floats = sizes[kept, None] * right[kept]
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class LogitIntervals:
    """Intervals of levels that are shares, made on the logit scale so that they lie in [0, 1].

    Attributes
    ----------
    joint : Adjusted
        The belief about all cells.
    """

    joint: Adjusted

    def __call__(
        self, cells: Ints, summary: Summary, coverage: float
    ) -> tuple[Floats, Floats, Ints]:
        """Lower and upper ends, shape (K,) each, of the cells named; and no flags."""
        rows = csr_array(
            (np.ones(len(cells)), cells, np.arange(len(cells) + 1)),
            shape=(len(cells), self.joint.size),
        )
        found = self.joint.combine(rows).apply(_logit).summary(coverage)
        return expit(found.low), expit(found.high), np.zeros(len(cells), dtype=np.int64)


def _logit(share: NDArray[np.inexact]) -> NDArray[np.inexact]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(share / (1 - share))


def side_by_side(one: Joint, other: Joint) -> Joint:
    """Believe in numbers of one belief and, after them, of another of the same fit.

    Where only one of the two could be adjusted to the design, both stay as they were drawn.
    """
    if isinstance(one, Adjusted) != isinstance(other, Adjusted):
        one, other = (each.drawn if isinstance(each, Adjusted) else each for each in (one, other))
    return one.beside(other)
