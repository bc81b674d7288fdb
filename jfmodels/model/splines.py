"""Splines of a number: where the knots lie, and the columns that they give.

The bases are patsy's. Only the knots are ours, so that they follow the weights and not how
rows happen to be collapsed into patterns. And ``cr``, ``cc`` and ``te`` are centred unless
``constraints="none"`` is said, as smooths are in mgcv [1]_: the columns of patsy's sum to one,
so that ``y ~ cr(age, df=4)`` would hold the intercept twice.

.. [1] Wood, S. N. (2017). Generalized Additive Models: An Introduction with R, 2nd edition,
   section 5.4.1. Chapman and Hall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import patsy
from numpy.typing import NDArray

from jfmodels.errors import SpecError
from jfmodels.model.calls import SPLINES
from jfmodels.model.syntax import Call, brief

__all__ = ["Knots", "is_spline", "margin", "spline"]

type Floats = NDArray[np.float64]

MOST_COLUMNS = 500
PLACES = {"bs": "weighted quantiles", "cr": "quantiles", "cc": "quantiles"}


@dataclass(frozen=True, slots=True, eq=False)
class Knots:
    """What a spline remembers of the patterns that it was made for.

    Attributes
    ----------
    inner : ndarray of float64, shape (K,)
        Knots between the outer ones; empty for a tensor product.
    low, high : float
        The outer knots.
    centre : ndarray of float64, shape (1, k), or None
        Weighted means of the columns, which the coefficients are constrained to cancel.
    """

    inner: Floats
    low: float
    high: float
    centre: Floats | None = None

    @classmethod
    def learn(cls, node: Call, parts: Sequence[Floats], weights: Floats) -> Knots:
        """Place the knots of a spline, and centre it where that is asked.

        Parameters
        ----------
        node : Call
            The spline as written.
        parts : sequence of ndarray
            The number, shape (P,), or the splines of a tensor product, shape (P, k) each.
        weights : ndarray of float64, shape (P,)
            Weight of each pattern.
        """
        options = dict(node.options)
        knots = cls(np.empty(0), 0.0, 0.0)
        if node.function != "te":
            low = float(options.get("lower_bound", parts[0].min()))
            high = float(options.get("upper_bound", parts[0].max()))
            knots = cls(_inner(node, parts[0], weights, low, high), low, high)
        if not _centred(node):
            return knots
        columns = spline(node, parts, knots)
        centre = (weights @ columns / weights.sum())[None, :]
        return cls(knots.inner, knots.low, knots.high, centre)


def is_spline(node: Call) -> bool:
    """Tell whether a call is a spline or a tensor product of splines."""
    return node.function in SPLINES


def margin(node: Call) -> Call:
    """Give a spline as a tensor product takes it: centred only where that is written."""
    if node.function == "bs" or "constraints" in dict(node.options):
        return node
    return replace(node, options=(*node.options, ("constraints", "none")))


def _centred(node: Call) -> bool:
    """Tell whether the columns of a spline sum to zero over people."""
    return node.function != "bs" and dict(node.options).get("constraints") != "none"


def spline(node: Call, parts: Sequence[Floats], knots: Knots) -> Floats:
    """Lay out the columns of a spline, shape (P, k).

    Raises
    ------
    SpecError
        If a value lies outside the outer knots of ``bs``, or there are too many columns.
    """
    if node.function == "te":
        _guard_width(node, parts)
        return np.asarray(patsy.te(*parts, constraints=knots.centre), dtype=np.float64)
    x, outer = parts[0], {"lower_bound": knots.low, "upper_bound": knots.high}
    if node.function == "bs":
        _guard_range(node, x, knots)
        options = {name: x for name, x in node.options if name in ("degree", "include_intercept")}
        return np.asarray(patsy.bs(x, knots=knots.inner, **options, **outer), dtype=np.float64)
    basis = {"cr": patsy.cr, "cc": patsy.cc}[node.function]
    columns = basis(x, knots=knots.inner, constraints=knots.centre, **outer)
    return np.asarray(columns, dtype=np.float64)


def _inner(node: Call, x: Floats, weights: Floats, low: float, high: float) -> Floats:
    """Place the inner knots between the outer ones, all of them distinct."""
    n = _number_of_knots(node)
    share = np.linspace(0, 1, n + 2)[1:-1]
    within = (low <= x) & (x <= high)
    if not low < high or not within.any():
        raise SpecError(f"'{brief(node)}': no two values lie between {low:g} and {high:g}.")
    if node.function == "bs":
        inner = _quantiles(x, weights, share)
    else:
        inner = np.quantile(np.unique(x[within]), share)
    if (np.diff([low, *inner, high]) <= 0).any():
        raise SpecError(
            f"'{brief(node)}' needs {n} distinct knots between {low:g} and {high:g}, at "
            f"{PLACES[node.function]} of {len(np.unique(x))} distinct values, and they coincide. "
            "Use a smaller df."
        )
    return np.asarray(inner, dtype=np.float64)


def _quantiles(x: Floats, weights: Floats, share: Floats) -> Floats:
    """Find the least values up to which these shares of the weight lie; ties by a tolerance."""
    distinct, place = np.unique(x, return_inverse=True)
    below = np.cumsum(np.bincount(place, weights)) / weights.sum()
    return distinct[np.searchsorted(below, share - 1e-9)]


def _number_of_knots(node: Call) -> int:
    """Count the inner knots that give as many columns as were asked for."""
    options = dict(node.options)
    df = int(options["df"])
    if node.function == "bs":
        n = df - int(options.get("degree", 3)) - (1 if options.get("include_intercept") else 0)
        fewest = 0
    else:
        n = df - 2 + _centred(node) + (node.function == "cc")
        fewest = 1  # two knots would make a straight line
    if n < fewest:
        raise SpecError(f"'{brief(node)}': df is at least {df - n + fewest} here.")
    return n


def _guard_width(node: Call, parts: Sequence[Floats]) -> None:
    width = int(np.prod([each.shape[1] for each in parts]))
    if width > MOST_COLUMNS:
        raise SpecError(f"'{brief(node)}' would have {width:,} columns. Use smaller df.")


def _guard_range(node: Call, x: Floats, knots: Knots) -> None:
    outside = int(((x < knots.low) | (x > knots.high)).sum())
    if outside:
        raise SpecError(
            f"'{brief(node)}': {outside} of {len(x)} patterns lie outside {knots.low:g} to "
            f"{knots.high:g}, where a B-spline is not defined. Give lower_bound= and "
            "upper_bound=, or use cr, which goes on as a straight line."
        )
