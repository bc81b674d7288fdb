"""How exactly a design measures differences, and what it can find by that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.planning.power import TTest, power_of, smallest_change

__all__ = ["Precision"]

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Precision:
    """Planning variances of K differences between two sides, all arrays of shape (K,).

    A share's variance is as p (1 - p), so that of a share which has moved is that of the share
    it came from times a known factor. All changes are sizes: a share moves towards one half,
    where it varies most, and a move of that size the other way is found more often.

    Attributes
    ----------
    variance, variance_ref, covariance : ndarray
        Of the side that moves, of what it is compared with, and of both.
    level, level_ref : ndarray
        Shares at which these variances hold; NaN where they do not depend on a level.
    test : TTest
        By which a difference is found.
    """

    variance: Floats
    variance_ref: Floats
    covariance: Floats
    level: Floats
    level_ref: Floats
    test: TTest

    def std_error(self, change: Floats) -> Floats:
        """Standard error of each difference if it is of that size."""
        moved = np.where(self.level_ref > 0.5, self.level_ref - change, self.level_ref + change)
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = np.clip(moved * (1 - moved), 0.0, None) / (self.level * (1 - self.level))
            growth = np.where(np.isnan(moved), 1.0, growth)
            total = self.variance * growth - 2 * self.covariance * np.sqrt(growth)
        return np.sqrt(np.maximum(total + self.variance_ref, 0.0))

    def power(self, change: Floats) -> Floats:
        """Probability that a change of that size is found."""
        return power_of(change, self.std_error(change), self.test)

    def detectable(self, power: float) -> Floats:
        """Smallest size found with a given power; NaN where none that is possible is."""
        farthest = np.maximum(self.level_ref, 1 - self.level_ref)
        most = np.where(np.isnan(farthest), np.inf, farthest)
        return smallest_change(self.std_error, self.test, power, most)
