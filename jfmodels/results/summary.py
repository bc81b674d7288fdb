"""What is said of numbers: of each alone, and of all together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["JointTest", "Summary"]

type Floats = NDArray[np.float64]


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
