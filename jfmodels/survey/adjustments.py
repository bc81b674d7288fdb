r"""What an adjustment of weights is, and what estimates need to know of it.

An adjustment multiplies weights by factors that the sample itself decides, so that it enters
every variance: linearised through :class:`Linear`, or made again in every replicate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.survey.rows import Rows

__all__ = ["Adjustment", "Fixed", "Linear", "Load", "Step"]

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """What every row adds to the equations that an adjustment solves.

    Attributes
    ----------
    key : str
        Pattern of each row.
    values : ndarray, shape (G, q)
        What a weight of 1 of every pattern adds to the q equations.
    step : int
        Whose weights are meant: those before that adjustment, counted from 0.
    """

    key: str
    values: Floats
    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    r"""How an adjustment enters the errors of estimates.

    If :math:`z` are the rows' shares of an error at fixed weights, the adjustment makes them
    :math:`z_i - l_i^\top B` with :math:`B = R \sum_{i \in g} z_i`.

    Attributes
    ----------
    key : str
        Pattern of the rows whose weights hold the adjustment.
    readers : ndarray, shape (q, G)
        R: what the sums by pattern say of B.
    loads : tuple of Load
        What adds up to :math:`l_i`.
    """

    key: str
    readers: Floats
    loads: tuple[Load, ...]


class Step(Protocol):
    """An adjustment that can be made again, with other weights."""

    def factors(self, rows: Rows, weights: Floats) -> Floats:
        """What to multiply R sets of weights (n, R) by, as they are before this adjustment."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """Factors that stay what they are, whatever the weights.

    Attributes
    ----------
    factor : ndarray, shape (n,)
        By row.
    """

    factor: Floats

    def factors(self, rows: Rows, weights: Floats) -> Floats:
        """Give the same factors, (n, 1)."""
        return self.factor[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """One thing done to the weights of a survey.

    Attributes
    ----------
    method : str
        The verb, and how.
    says : str
        What was done, in a sentence.
    margins : DataFrame
        Margins before and after, as :meth:`jfmodels.Survey.weighting` shows them.
    steps : int
        Steps until it converged; 0 where nothing is iterated.
    deviation : float
        Largest relative distance from a target after it; NaN where there are no targets.
    step : Step
        How it is made again.
    linear : Linear or None
        How it enters linearised variances; None where it is taken as fixed.
    """

    method: str
    says: str
    margins: pd.DataFrame = field(repr=False)
    steps: int
    deviation: float
    step: Step = field(repr=False)
    linear: Linear | None = field(repr=False)

    @property
    def calibrates(self) -> bool:
        """Whether weights were made to meet margins of a population."""
        return self.deviation == self.deviation
