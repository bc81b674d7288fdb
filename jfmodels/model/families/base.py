"""What every family of distributions owes the engines: one record of functions.

A family sees the answers of N cells and L linear predictors of each. Predictor l is either
``X @ beta`` (block "x") or a constant (block "1"), so that thresholds and dispersions are
parameters like any other. Scores and Hessians of the parameters follow from derivatives with
respect to the predictors alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Derivatives", "Family", "Tallied", "Tally", "first_alone", "of_answers", "of_moments"]

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Derivatives:
    """The log density of N answers and its derivatives by L predictors.

    Attributes
    ----------
    value : ndarray, shape (N,)
        Log density, up to a constant that does not depend on the parameters.
    gradient : ndarray, shape (N, L)
        First derivatives.
    information : ndarray, shape (N, L, L)
        Minus the second derivatives, or their expectation where the field uses that (GLMs).
    """

    value: Floats
    gradient: Floats
    information: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Tallied:
    """Derivatives of the log density of all answers by predictors, under B fields at once.

    Attributes
    ----------
    gradient : ndarray, shape (L, N, B)
        First derivatives.
    information : ndarray, shape (P, N, B)
        Minus the second derivatives of the P pairs of predictors that the tally lists. A term
        that is the same for all rows may stand in the first.
    """

    gradient: Floats
    information: Floats


@dataclass(frozen=True, slots=True)
class Tally:
    """How answers collapse into sums by row, and the density of those sums.

    Attributes
    ----------
    columns : callable
        ``(answer (K,), n_categories) -> (K, T)``: what is summed over the answers of a row.
    derivatives : callable
        ``(sums (N, T), eta (L, N, B), log_dispersion (B,)) -> Tallied``.
    value : callable
        The same, but the log density of all rows together, shape (B,), up to what depends on
        the answers alone.
    by_row : callable
        The same by row, shape (N, B).
    mean : callable
        ``(eta (L, ...), answers) -> (...)``: the probability of any of some answers, or the
        mean of a number.
    pairs : callable
        ``(n_predictors) -> tuple of (j, k)``, j <= k: pairs with information.
    beyond : callable or None
        ``(answer (K,), n (K,), log_dispersion (B,)) -> (B,)``: the part of the log density
        that depends on the answers and the dispersion alone.
    """

    columns: Callable[[Floats, int], Floats]
    derivatives: Callable[[Floats, Floats, Floats], Tallied]
    value: Callable[[Floats, Floats, Floats], Floats]
    by_row: Callable[[Floats, Floats, Floats], Floats]
    mean: Callable[[Floats, Sequence[int]], Floats]
    pairs: Callable[[int], tuple[tuple[int, int], ...]]
    beyond: Callable[[Floats, Floats, Floats], Floats] | None = None


def of_answers(answer: Floats, n_categories: int) -> Floats:
    """One column per category: who chose it."""
    return (answer[:, None] == np.arange(n_categories)).astype(np.float64)


def of_moments(answer: Floats, n_categories: int) -> Floats:
    """How many answered, the sum of their numbers, and of the squares."""
    return np.stack([np.ones_like(answer), answer, answer**2], axis=1)


def first_alone(n_predictors: int) -> tuple[tuple[int, int], ...]:
    """Of one predictor."""
    return ((0, 0),)


@dataclass(frozen=True, slots=True)
class Family:
    """A family of distributions with its link.

    Attributes
    ----------
    name, link : str
        As users call them.
    scales : tuple of str
        Scales of outcomes that it serves.
    blocks : callable
        ``(n_categories) -> tuple of "x" or "1"``, one per predictor.
    derivatives : callable
        ``(answer (N,), eta (N, L)) -> Derivatives``; answers are places of categories, or
        the numbers themselves.
    means : callable
        ``(eta (N, L)) -> (N, A)``: the probability of every category, or the one mean.
    slopes : callable
        ``(eta (N, L)) -> (N, A, L)``, the derivatives of the means.
    start : callable
        ``(share (A,) or mean (1,)) -> eta (L,)``, predictors of a model of constants.
    log_density : callable
        ``(answer (N,), eta (..., N, L), log_dispersion (...)) -> (..., N)``, in full.
    tally : Tally
        The same for sums of answers and many fields at once.
    again : callable
        ``() -> Family``: makes the same family, in another process too.
    constant_blocks : bool
        Whether a predictor of its own stands in for the intercept (thresholds).
    dispersion : str
        Name of the parameter beyond the predictors, on the log scale; empty for none.
    coding : callable or None
        ``(n_predictors) -> (L, L)``: predictors as combinations of coordinates among which
        no category is special; None where they are the same.
    """

    name: str
    link: str
    scales: tuple[str, ...]
    blocks: Callable[[int], tuple[str, ...]]
    derivatives: Callable[[Floats, Floats], Derivatives]
    means: Callable[[Floats], Floats]
    slopes: Callable[[Floats], Floats]
    start: Callable[[Floats], Floats]
    log_density: Callable[[Floats, Floats, Floats], Floats]
    tally: Tally
    again: Callable[[], Family]
    constant_blocks: bool = False
    dispersion: str = ""
    coding: Callable[[int], Floats] | None = None

    @property
    def shares(self) -> bool:
        """Whether the family models the shares of answers rather than one mean."""
        return not {"continuous", "count"} & set(self.scales)

    def __reduce__(self) -> tuple[Callable[[], Family], tuple[()]]:
        """Travel between processes by what makes it, as functions made on the spot cannot."""
        return self.again, ()
