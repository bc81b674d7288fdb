"""What is believed about all cells together: the seam between engines and everything above.

A design-based engine gives a :class:`Normal`, a Bayesian one :class:`Draws`, one of weighted
answers :class:`jfmodels.results.adjusted.Adjusted`. All can be combined linearly, transformed,
summarised and tested; nothing above asks which it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_diag, csr_array, eye_array
from scipy.special import fdtrc, stdtr, stdtrit

from jfmodels.errors import SpecError

__all__ = [
    "Clustered",
    "DegreesOfFreedom",
    "Draws",
    "Independent",
    "Joinable",
    "Joint",
    "JointTest",
    "MonteCarlo",
    "Normal",
    "Summary",
]

type Floats = NDArray[np.float64]
type Transform = Callable[[NDArray[np.inexact]], NDArray[np.inexact]]


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """K rows in numbers, each of shape (K,); NaN where the kind of belief has no such number.

    Attributes
    ----------
    estimate, std_error, low, high, df, p_value, prob_positive, mc_error : ndarray
        As in :data:`jfmodels.results.schema.COLUMNS`.
    """

    estimate: Floats
    std_error: Floats
    low: Floats
    high: Floats
    df: Floats
    p_value: Floats
    prob_positive: Floats
    mc_error: Floats


@dataclass(frozen=True, slots=True)
class JointTest:
    """Whether several contrasts are all zero, in numbers.

    Attributes
    ----------
    method : str
        Name of the test.
    statistic, df1, df2, p_value, probability : float
        As in :data:`jfmodels.results.schema.TESTS`.
    refused : str
        Why there is no answer; empty if there is one.
    """

    method: str
    statistic: float = np.nan
    df1: float = np.nan
    df2: float = np.nan
    p_value: float = np.nan
    probability: float = np.nan
    refused: str = ""


class Joint(Protocol):
    """A joint belief about C numbers."""

    @property
    def size(self) -> int:
        """Number C of numbers."""
        ...

    def combine(self, weights: csr_array) -> Joint:
        """Believe in K linear combinations, weights of shape (K, C)."""
        ...

    def apply(self, transform: Transform) -> Joint:
        """Believe in K smooth functions; `transform` takes (..., C) to (..., K)."""
        ...

    def summary(self, coverage: float, null: float = 0.0) -> Summary:
        """Say what is believed of each number alone, tests and probabilities being of `null`."""
        ...

    def test(self) -> JointTest:
        """Ask whether all numbers are zero."""
        ...

    def extremes(self, coverage: float) -> tuple[Summary, tuple[int, int]]:
        """Say what is believed of the lowest, the highest and their distance; and which."""
        ...

    def within(self, low: float, high: float) -> Draws:
        """Say draw by draw whether each number lies strictly between two ends, as 1 or 0."""
        ...

    def beside(self, other: Any) -> Joint:
        """Believe in these numbers and, after them, in others that the same fit believes in."""
        ...


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
