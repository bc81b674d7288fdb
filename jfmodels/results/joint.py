"""What is believed about all cells together: the seam between engines and everything above.

A design-based engine gives a :class:`~jfmodels.results.normal.Normal`, a Bayesian one
:class:`~jfmodels.results.draws.Draws`, one of weighted answers
:class:`~jfmodels.results.adjusted.Adjusted`. All can be combined linearly, transformed,
summarised and tested; nothing above asks which it is.
"""

from __future__ import annotations

from typing import Any, Protocol

from scipy.sparse import csr_array

from jfmodels.results.draws import Draws, Transform
from jfmodels.results.summary import JointTest, Summary

__all__ = ["Joint"]


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
