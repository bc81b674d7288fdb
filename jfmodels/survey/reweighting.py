"""A survey made anew with other weights, its record saying what was done to them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import EstimationError, JfmodelsError
from jfmodels.survey.adjustments import Adjustment
from jfmodels.survey.copies import changed
from jfmodels.survey.rows import PATTERN, Key, Rows
from jfmodels.survey.survey import Survey

__all__ = ["adjusted", "next_pattern", "reweighted"]

type Floats = NDArray[np.float64]


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
    return changed(survey, rows=rows, adjustments=adjustments, record=record)
