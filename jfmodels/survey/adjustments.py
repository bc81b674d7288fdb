r"""What was done to a survey's weights, and what estimates need to know of it.

An adjustment multiplies weights by factors that the sample itself decides, so that it enters
every variance: linearised through :class:`Linear`, or made again in every replicate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import EstimationError, JfmodelsError
from jfmodels.survey.rows import PATTERN, Key, Rows
from jfmodels.survey.survey import Survey

__all__ = [
    "Adjustment",
    "Fixed",
    "Linear",
    "Load",
    "Step",
    "adjusted",
    "next_pattern",
    "reweighted",
]

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


def next_pattern(survey: Survey) -> str:
    """Name the key of the next adjustment's patterns."""
    return f"{PATTERN}{len(survey.adjustments) + 1}"


def adjusted(
    survey: Survey, adjustment: Adjustment, weight: Floats, keys: Mapping[str, Key]
) -> Survey:
    """Make the survey anew with other weights, and the record of how they came about.

    Parameters
    ----------
    survey : Survey
        Before the adjustment.
    adjustment : Adjustment
        What is done.
    weight : ndarray, shape (n,)
        The new weights.
    keys : mapping of str to Key
        Patterns that the adjustment's step and linearisation name.
    """
    old = survey.rows
    rows = replace(old, weight=weight, keys={**old.keys, **keys}, before=(*old.before, old.weight))
    if old.replicates is not None:
        rows = replace(rows, replicates=_again(rows, old.replicates, [adjustment]))
    return _changed(survey, rows, (*survey.adjustments, adjustment))


def reweighted(survey: Survey, factors: Floats) -> Survey:
    """Put weights of replicates into the rows, every adjustment made again in each.

    Parameters
    ----------
    survey : Survey
        With adjustments.
    factors : ndarray, shape (U, R)
        What every replicate multiplies the design's weights of a unit by.
    """
    rows = survey.rows
    drawn = rows.at(0).weight[:, None] * factors[rows.keys["unit"].codes]
    replicates = _again(rows, drawn, survey.adjustments)
    return _changed(survey, replace(rows, replicates=replicates), survey.adjustments)


def _again(rows: Rows, weights: Floats, adjustments: Sequence[Adjustment]) -> Floats:
    """Make adjustments in every column of weights, shape (n, R)."""
    for each in adjustments:
        try:
            weights = weights * each.step.factors(rows, weights)
        except JfmodelsError:
            _name_the_replicate(rows, weights, each)
            raise
    return weights


def _name_the_replicate(rows: Rows, weights: Floats, adjustment: Adjustment) -> None:
    """Say in which replicate an adjustment cannot be made."""
    for r in range(weights.shape[1]):
        try:
            adjustment.step.factors(rows, weights[:, [r]])
        except JfmodelsError as fault:
            raise EstimationError(
                f"Replicate {r + 1} of {weights.shape[1]} cannot be weighted again. {fault} "
                "Linearisation, or replicates that keep every cluster (Fay's), would do."
            ) from fault


def _changed(survey: Survey, rows: Rows, adjustments: tuple[Adjustment, ...]) -> Survey:
    """Copy a survey with other weights; its record says what was done to them."""
    data = hashlib.blake2b(str(survey.record["data_hash"]).encode(), digest_size=8)
    data.update(rows.weight.tobytes())
    from_one = survey.design.weights is None and bool((rows.at(0).weight == 1).all())
    record = {
        **survey.record,
        "data_hash": data.hexdigest(),
        "weights": tuple(each.says for each in adjustments),
        "quota": from_one and any(each.calibrates for each in adjustments),
    }
    return survey.changed(rows=rows, adjustments=adjustments, record=record)
