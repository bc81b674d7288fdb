"""Kinds of answer: rows of one pattern and one answer are alike to a likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.model.data import ModelData

__all__ = ["Kinds", "kinds_of"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """The N pairs of a pattern and an answer that occur.

    Attributes
    ----------
    pattern : ndarray of int64, shape (N,)
        Pattern of each kind.
    answer : ndarray of float64, shape (N,)
        Place of the answer, or the number given.
    of_sum : ndarray of int64, shape (G,)
        Kind of each sum of rows.
    """

    pattern: Ints
    answer: Floats
    of_sum: Ints

    def total(self, weight: Floats) -> Floats:
        """Add up the weights of sums, (G,), by kind, (N,)."""
        return np.bincount(self.of_sum, weight, len(self.pattern))


def kinds_of(data: ModelData) -> Kinds:
    """List the kinds of answer among sums of rows."""
    values, place = np.unique(data.answer, return_inverse=True)
    occurring, of_sum = np.unique(data.pattern * len(values) + place, return_inverse=True)
    pattern, answer = np.divmod(occurring, len(values))
    return Kinds(pattern, values[answer], of_sum)
