"""A Bayesian belief: draws of all cells together, and how far their means may be off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.results.summary import JointTest, Summary

__all__ = ["Clustered", "Draws", "Independent", "MonteCarlo", "Transform"]

type Floats = NDArray[np.float64]
type Transform = Callable[[NDArray[np.inexact]], NDArray[np.inexact]]


class MonteCarlo(Protocol):
    """How far means of draws may be off, which depends on how they were drawn."""

    def __call__(self, draws: Floats) -> Floats:
        """Standard errors of the means of draws (S, K), shape (K,)."""
        ...


@dataclass(frozen=True, slots=True)
class Independent:
    """Draws of which each was made for itself."""

    def __call__(self, draws: Floats) -> Floats:
        """Standard errors of the means of draws (S, K), shape (K,)."""
        error: Floats = draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
        return error


@dataclass(frozen=True, slots=True, eq=False)
class Clustered:
    """Draws that belong together in groups, the groups being independent of one another.

    Attributes
    ----------
    group : ndarray of int64, shape (S,)
        Group of every draw.
    """

    group: NDArray[np.int64]

    def __call__(self, draws: Floats) -> Floats:
        """Standard errors of the means of draws (S, K), shape (K,)."""
        away = draws - draws.mean(axis=0)
        place = csr_array((np.ones(len(draws)), (self.group, np.arange(len(draws)))))
        error: Floats = np.sqrt(((place @ away) ** 2).sum(axis=0)) / len(draws)
        return error


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """A Bayesian belief: equally weighted draws of all numbers together.

    Attributes
    ----------
    draws : ndarray of float64, shape (S, C)
        NaN throughout a number of which nothing is known.
    error : MonteCarlo
        How far their means may be off.

    Examples
    --------
    >>> joint = Draws(np.array([[0.1, 0.3], [0.2, 0.5], [0.3, 0.4]]))
    >>> joint.summary(0.5).estimate.round(2).tolist()
    [0.2, 0.4]
    """

    draws: Floats
    error: MonteCarlo = Independent()

    @property
    def size(self) -> int:
        """Number C of numbers."""
        return self.draws.shape[1]

    def combine(self, weights: csr_array) -> Draws:
        """Believe in K linear combinations, weights of shape (K, C)."""
        return Draws((weights @ self.draws.T).T, self.error)

    def apply(self, transform: Transform) -> Draws:
        """Believe in K functions, draw by draw."""
        return Draws(np.asarray(transform(self.draws), dtype=np.float64), self.error)

    def summary(self, coverage: float, null: float = 0.0) -> Summary:
        """Say what is believed of each number alone: mean, sd, equal-tailed interval."""
        known = ~np.isnan(self.draws).any(axis=0)
        missing = np.full(self.size, np.nan)
        std_error = self.draws.std(axis=0, ddof=1)
        tails = [(1 - coverage) / 2, (1 + coverage) / 2]
        low, high = np.quantile(self.draws, tails, axis=0)
        return Summary(
            estimate=self.draws.mean(axis=0),
            std_error=std_error,
            low=low,
            high=high,
            df=missing,
            p_value=missing,
            prob_positive=np.where(known, (self.draws > null).mean(axis=0), np.nan),
            mc_error=self.error(self.draws),
        )

    def test(self) -> JointTest:
        """Ask how large a credible ellipsoid must be to hold the point where all are zero."""
        method = "credible ellipsoid"
        if np.isnan(self.draws).any():
            return JointTest(method, refused="a contrast rests on no evidence")
        centred = self.draws - self.draws.mean(axis=0)
        precision = np.linalg.pinv(np.atleast_2d(np.cov(centred.T)), hermitian=True)
        distance = np.einsum("sc,cd,sd->s", centred, precision, centred)
        mean = self.draws.mean(axis=0)
        at_zero = float(mean @ precision @ mean)
        probability = float((distance < at_zero).mean())
        return JointTest(method, at_zero, self.size, probability=probability)

    def extremes(self, coverage: float) -> tuple[Summary, tuple[int, int]]:
        """Summarise the lowest, the highest and their distance, draw by draw."""
        known = np.where(np.isnan(self.draws).all(axis=0), np.nan, self.draws)
        low, high = np.nanmin(known, axis=1), np.nanmax(known, axis=1)
        mean = known.mean(axis=0)
        found = Draws(np.stack([low, high, high - low], axis=1), self.error)
        return found.summary(coverage), (int(np.nanargmin(mean)), int(np.nanargmax(mean)))

    def within(self, low: float, high: float) -> Draws:
        """Say draw by draw whether each number lies strictly between two ends, as 1 or 0."""
        inside = ((self.draws > low) & (self.draws < high)).astype(np.float64)
        return Draws(np.where(np.isnan(self.draws), np.nan, inside), self.error)

    def beside(self, other: Draws) -> Draws:
        """Believe in these numbers and, after them, in others that the same fit believes in."""
        return Draws(np.hstack([self.draws, other.draws]), self.error)
