"""A design-based belief: estimates, and what every unit adds to their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_diag, csr_array, eye_array
from scipy.special import fdtrc, stdtr, stdtrit

from jfmodels.errors import SpecError
from jfmodels.results.draws import Draws, Transform
from jfmodels.results.summary import JointTest, Summary

__all__ = ["Constant", "DegreesOfFreedom", "Joinable", "Normal"]

type Floats = NDArray[np.float64]


class DegreesOfFreedom(Protocol):
    """How well the variance of a combination of cells is known."""

    def __call__(self, weights: csr_array, contributions: Floats) -> Floats:
        """Degrees of freedom of K rows.

        Parameters
        ----------
        weights : csr_array, shape (K, C)
            The rows as combinations of cells.
        contributions : ndarray, shape (K, R)
            What each unit adds to each row; its squares sum to the variance.
        """
        ...


@runtime_checkable
class Joinable(DegreesOfFreedom, Protocol):
    """Degrees of freedom that are known of combinations of two beliefs' cells too."""

    def beside(self, other: Any) -> DegreesOfFreedom:
        """Know combinations of these cells and, after them, of others of the same rule."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """A design-based belief: estimates and what every unit adds to their errors.

    Attributes
    ----------
    mean : ndarray of float64, shape (C,)
        Estimates; NaN where there is no evidence.
    influence : ndarray of float64, shape (R, C)
        ``cov = influence.T @ influence``; NaN where a variance cannot be estimated.
    degrees : DegreesOfFreedom
        The rule for a row's own degrees of freedom.
    weights : csr_array, shape (C, C0)
        These numbers as combinations of the cells that `degrees` knows.
    minus : int, default 0
        The last so many rows of `influence` are subtracted (two-way clustering); a variance
        is never below that of the first `floor` rows.
    floor : int, default 0
        Rows of `influence` that bound the variance from below where `minus` is used.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> joint = Normal.of(np.array([0.5, 0.4]), np.array([[0.03, 0.0], [0.0, 0.04]]), 10.0)
    >>> change = joint.combine(csr_array(np.array([[1.0, -1.0]])))
    >>> change.summary(0.95).std_error.round(3).tolist()
    [0.05]
    """

    mean: Floats
    influence: Floats
    degrees: DegreesOfFreedom
    weights: csr_array
    minus: int = 0
    floor: int = 0

    @classmethod
    def of(cls, mean: Floats, influence: Floats, df: float) -> Normal:
        """Make a belief all of whose rows have the same degrees of freedom."""
        return cls(mean, influence, Constant(df), eye_array(len(mean), format="csr"))

    @property
    def size(self) -> int:
        """Number C of numbers."""
        return len(self.mean)

    def combine(self, weights: csr_array) -> Normal:
        """Believe in K linear combinations, weights of shape (K, C)."""
        return Normal(
            mean=weights @ self.mean,
            influence=(weights @ self.influence.T).T,
            degrees=self.degrees,
            weights=csr_array(weights @ self.weights),
            minus=self.minus,
            floor=self.floor,
        )

    def apply(self, transform: Transform) -> Normal:
        """Believe in K smooth functions by the delta method, derivatives by complex step.

        A function that has no finite value, such as the log of a share of 0, is missing.
        """
        step = 1e-30
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.asarray(transform(self.mean), dtype=np.float64)
            moved = transform(self.mean + 1j * step * np.eye(self.size)).imag / step
        finite = np.isfinite(value)
        moved_belief = self.combine(csr_array(np.where(finite, moved, 0.0).T))
        return Normal(
            np.where(finite, value, np.nan),
            moved_belief.influence,
            self.degrees,
            moved_belief.weights,
            self.minus,
            self.floor,
        )

    def variance(self) -> Floats:
        """Variance of each number, shape (C,)."""
        squares = self.influence**2
        if not self.minus:
            return squares.sum(axis=0)
        signed = squares[: -self.minus].sum(axis=0) - squares[-self.minus :].sum(axis=0)
        one_way = squares[: self.floor].sum(axis=0)
        return np.maximum(signed, one_way)

    def covariance(self) -> Floats:
        """Covariance of all numbers, shape (C, C)."""
        added = self.influence[: len(self.influence) - self.minus]
        total = added.T @ added
        if self.minus:
            subtracted = self.influence[-self.minus :]
            total = total - subtracted.T @ subtracted
        return total

    def df(self) -> Floats:
        """Degrees of freedom of each number, shape (C,)."""
        return self.degrees(self.weights, self.influence.T)

    def summary(self, coverage: float, null: float = 0.0) -> Summary:
        """Say what is believed of each number alone, with t intervals and tests of `null`."""
        missing = np.full(self.size, np.nan)
        std_error = np.where(np.isnan(self.mean), np.nan, np.sqrt(self.variance()))
        df = np.where(np.isnan(std_error), np.nan, self.df())
        known = std_error > 1e-12 * np.nanmax(np.abs(self.mean), initial=1e-3)
        std_error = np.where(known | np.isnan(std_error), std_error, 0.0)  # rounding, not error
        t = np.divide(self.mean - null, std_error, out=missing.copy(), where=known)
        half = np.where(known, stdtrit(df, (1 + coverage) / 2) * std_error, np.nan)
        return Summary(
            estimate=self.mean,
            std_error=std_error,
            low=self.mean - half,
            high=self.mean + half,
            df=df,
            p_value=2 * stdtr(df, -np.abs(t)),
            prob_positive=missing,
            mc_error=missing,
        )

    def test(self) -> JointTest:
        """Ask whether all numbers are zero by Hotelling's T².

        Its degrees of freedom are the smallest of the rows and of their differences, so that
        a test of equal levels does not depend on which level the others are set against.
        """
        method = "Hotelling T-squared (F)"
        q = self.size
        covariance = self.covariance()
        if not np.isfinite(covariance).all() or not np.isfinite(self.mean).all():
            return JointTest(method, refused="a contrast, or its variance, cannot be estimated")
        rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
        rank = rank if np.linalg.eigvalsh(covariance)[0] > 0 else min(rank, q - 1)
        df = self._smallest_df()
        if rank < q or df - q + 1 < 1:
            says = f"{q} contrasts, but their covariance has rank {rank} and {df:.1f} df"
            return JointTest(method, df1=q, df2=df, refused=says)
        wald = float(self.mean @ np.linalg.solve(covariance, self.mean))
        f = wald * (df - q + 1) / (q * df)
        return JointTest(method, f, q, df - q + 1, float(fdtrc(q, df - q + 1, f)))

    def _smallest_df(self) -> float:
        """Smallest degrees of freedom of the rows and of their differences."""
        pairs = [(a, b) for a in range(self.size) for b in range(a)]
        if not pairs:
            return float(np.min(self.df()))
        return float(
            min(np.min(self.df()), np.min(self.combine(_differences(pairs, self.size)).df()))
        )

    def extremes(self, coverage: float) -> tuple[Summary, tuple[int, int]]:
        """Bound the lowest, the highest and their distance by simultaneous intervals.

        The bounds are Bonferroni's over all numbers and all their differences, so they hold
        whichever of them is truly the lowest or highest.
        """
        low, high = int(np.nanargmin(self.mean)), int(np.nanargmax(self.mean))
        pairs = [(a, b) for a in range(self.size) for b in range(self.size) if a != b]
        tests = self.size + len(pairs) // 2
        single = self.summary(1 - (1 - coverage) / tests)
        apart = self.combine(_differences(pairs, self.size)).summary(1 - (1 - coverage) / tests)
        estimate = np.array([self.mean[low], self.mean[high], self.mean[high] - self.mean[low]])
        # a member whose error is not known might be the lowest or the highest: then no bound
        lows = [single.low.min(), single.low.max(), np.maximum(apart.low.max(), 0.0)]
        highs = [single.high.min(), single.high.max(), apart.high.max()]
        missing = np.full(3, np.nan)
        df = np.array([single.df.min(), single.df.min(), apart.df.min()])
        found = Summary(
            estimate, missing, np.array(lows), np.array(highs), df, missing, missing, missing
        )
        return found, (low, high)

    def within(self, low: float, high: float) -> Draws:
        """Refuse a posterior probability, which a design-based belief does not have."""
        raise SpecError(
            "A design-based fit has no posterior probabilities. That a difference is negligible "
            "is shown by its interval: with coverage=0.9 it lies within the margin wherever two "
            "one-sided tests at 5 % both reject. Probabilities need jf.fit(..., "
            "engine='laplace') or 'nuts'."
        )

    def beside(self, other: Normal) -> Normal:
        """Believe in these numbers and, after them, in others that the same fit believes in.

        Both must have the influence of the same units.
        """
        if not isinstance(self.degrees, Joinable):
            raise SpecError("Two such beliefs cannot be set against each other; fit a model.")
        return Normal(
            mean=np.concatenate([self.mean, other.mean]),
            influence=np.hstack([self.influence, other.influence]),
            degrees=self.degrees.beside(other.degrees),
            weights=csr_array(block_diag([self.weights, other.weights], format="csr")),
            minus=self.minus,
            floor=self.floor,
        )


@dataclass(frozen=True, slots=True)
class Constant:
    """The same degrees of freedom for every row."""

    df: float

    def __call__(self, weights: csr_array, contributions: Floats) -> Floats:
        """Degrees of freedom of K rows, all equal."""
        return np.full(len(contributions), self.df)

    def beside(self, other: DegreesOfFreedom) -> Constant:
        """Know combinations of these cells and of others; they have the same."""
        return self


def _differences(pairs: list[tuple[int, int]], size: int) -> csr_array:
    """Weights of the differences a - b, shape (pairs, size)."""
    weights = np.zeros((len(pairs), size))
    for k, (a, b) in enumerate(pairs):
        weights[k, a], weights[k, b] = 1.0, -1.0
    return csr_array(weights)
