"""What every family of distributions owes the engines: one record, three functions.

A family sees the answers of N cells and L linear predictors of each. Predictor l is either
``X @ beta`` (block "x") or a constant (block "1"), so that thresholds and dispersions are
parameters like any other. Scores and Hessians of the parameters follow from derivatives with
respect to the predictors alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Derivatives", "Family"]

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
        ``(eta (N, L)) -> (means (N, A), gradient (N, A, L))``: the probability of every
        category, or the one mean, and its derivatives.
    start : callable
        ``(share (A,) or mean (1,)) -> eta (L,)``, predictors of a model of constants.
    constant_blocks : bool
        Whether a predictor of its own stands in for the intercept (thresholds).
    """

    name: str
    link: str
    scales: tuple[str, ...]
    blocks: Callable[[int], tuple[str, ...]]
    derivatives: Callable[[Floats, Floats], Derivatives]
    means: Callable[[Floats], tuple[Floats, Floats]]
    start: Callable[[Floats], Floats]
    constant_blocks: bool = False
