"""Where a model is asked: at people's covariates, or around them where a slope is wanted.

An answer is a sum over points, each with a factor: one point for a level, three for the
derivative by a number. An engine that can predict can thus give either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose
from jfmodels.model.calls import columns_of
from jfmodels.model.formula import Formula
from jfmodels.model.syntax import COMPARISON, Call, Node, Operation

__all__ = ["Point", "around", "as_levels", "is_number"]

type Floats = NDArray[np.float64]

STEP = float(np.cbrt(np.finfo(np.float64).eps))  # balances rounding against curvature


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Covariates at which a model is asked.

    Attributes
    ----------
    patterns : DataFrame, P rows
        Covariates.
    factor : ndarray of float64, shape (P,)
        By which the answers are multiplied before those of all points are added up.
    """

    patterns: pd.DataFrame
    factor: Floats


def as_levels(patterns: pd.DataFrame) -> tuple[Point, ...]:
    """Ask at the patterns themselves."""
    return (Point(patterns, np.ones(len(patterns))),)


def around(patterns: pd.DataFrame, column: str, fitted: pd.DataFrame) -> tuple[Point, ...]:
    """Ask at three values around each one: the slope there of the parabola through the answers.

    Parameters
    ----------
    patterns : DataFrame, P rows
        Covariates.
    column : str
        The number by which the derivative is taken.
    fitted : DataFrame
        Patterns of the fit: no value is moved out of their range, where a spline may have none.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, 50.0, 80.0]})
    >>> points = around(frame, "age", frame)
    >>> sum(point.factor * point.patterns["age"] ** 2 for point in points).round(6).tolist()
    [40.0, 100.0, 160.0]
    """
    low, high = float(fitted[column].min()), float(fitted[column].max())
    if not low < high:
        raise SpecError(f"'{column}' has one value in the fit, so nothing can change with it.")
    x, step = patterns[column].to_numpy(dtype=np.float64), STEP * (high - low)
    first = np.clip(x - step, low, high - 2 * step)
    values = [np.minimum(first + k * step, high) for k in range(3)]
    points = []
    for k, here in enumerate(values):
        one, other = values[k - 1], values[k - 2]
        above = (x - one) + (x - other)  # not 2 x less both, which would lose digits
        factor = above / ((here - one) * (here - other))
        points.append(Point(patterns.assign(**{column: here}), factor))
    return tuple(points)


def is_number(formula: Formula, fitted: pd.DataFrame, column: str) -> bool:
    """Whether a model takes a column as a number throughout, so that there is a derivative.

    Parameters
    ----------
    formula : Formula
        The model.
    fitted : DataFrame
        Patterns that it was fitted to.
    column : str
        The column.

    Raises
    ------
    SpecError
        If the model does not read the column, or it is the wave.
    """
    if column == "wave":
        raise SpecError("What differs between waves is a change: ask for jf.Change().")
    known = [name for name in formula.all_columns if name != "wave"]
    choose("covariate of the model", column, dict.fromkeys(known))
    factors = [factor for term in formula.terms for factor in term]
    named = any(_names(factor) for factor in factors if column in columns_of(factor))
    named |= any(column in effect.groups for effect in formula.effects)
    return pd.api.types.is_numeric_dtype(fitted[column]) and not named


def _names(node: Node) -> bool:
    """Whether a factor takes a number as a name, by C() or by comparing it."""
    match node:
        case Operation(sign, parts):
            return sign in COMPARISON or any(_names(each) for each in parts)
        case Call(name, parts):
            return name == "C" or any(_names(each) for each in parts)
    return False
