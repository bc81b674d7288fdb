"""From a formula and covariate patterns to columns of numbers with names in the user's words.

Factors are evaluated, their contrasts chosen, and the columns multiplied out. What was learned
on the way is kept in an encoder, which treats new patterns alike and can be saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from jfmodels.errors import SpecError, listing
from jfmodels.model.coding import Coding, Layout, lay_out, multiply
from jfmodels.model.formula import Formula, RandomTerm
from jfmodels.model.syntax import Node, written
from jfmodels.model.terms import Term, term_written
from jfmodels.model.transforms import Coded, Patterns, State, evaluate, numbers

__all__ = ["DesignMatrix", "Encoder", "design_matrix", "slope_matrix"]

type Floats = NDArray[np.float64]

MOST_COLUMNS, MOST_NUMBERS = 5_000, 250_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """What turns patterns into columns, learned once.

    Attributes
    ----------
    codings : tuple of Coding
        In the order of the columns.
    learned : mapping of Node to State
        Levels, means and knots.
    offset : Node or None
        What is added with a coefficient of 1.
    """

    codings: tuple[Coding, ...]
    learned: Mapping[Node, State]
    offset: Node | None

    def matrix(self, patterns: pd.DataFrame) -> Floats:
        """Lay out the columns of patterns, shape (P, p)."""
        return multiply(self.codings, self.values(patterns), len(patterns))

    def values(self, patterns: pd.DataFrame) -> dict[Node, Coded | Floats]:
        """Evaluate the factors of patterns."""
        known = Patterns(patterns, None, dict(self.learned))
        factors = {factor for coding in self.codings for factor, _ in coding.factors}
        return {each: evaluate(each, known) for each in factors}

    def offsets(self, patterns: pd.DataFrame) -> Floats:
        """Compute the offset of patterns, shape (P,); zero where there is none."""
        if self.offset is None:
            return np.zeros(len(patterns))
        return numbers(self.offset, Patterns(patterns, None, dict(self.learned)))


@dataclass(frozen=True, slots=True, eq=False)
class DesignMatrix:
    """The fixed part of a model, pattern by pattern.

    Attributes
    ----------
    matrix : ndarray of float64, shape (P, p)
        One row per pattern.
    names : tuple of str
        p names, as in ``wave[T.Q2]`` or ``region[T.Gao]:sex[T.male]``.
    terms : mapping of str to slice
        Columns of every term; the intercept is "Intercept".
    offset : ndarray of float64, shape (P,)
        Zero where the formula has none.
    factors : mapping of str to Coded
        Factors of names, which tell the combinations that do not occur.
    encoder : Encoder
        What does the same for new patterns.
    """

    matrix: Floats
    names: tuple[str, ...]
    terms: Mapping[str, slice]
    offset: Floats
    factors: Mapping[str, Coded] = field(repr=False)
    encoder: Encoder = field(repr=False)

    def again(self, patterns: pd.DataFrame) -> Floats:
        """Lay out the same columns for new patterns.

        Parameters
        ----------
        patterns : DataFrame, P' rows
            With the columns of the formula; levels may come in any order, but all of them
            must have occurred in the patterns that the matrix was made for.

        Returns
        -------
        ndarray of float64, shape (P', p)

        Raises
        ------
        SpecError
            If a column is not there, or a level is new.
        """
        return self.encoder.matrix(patterns)


def design_matrix(
    formula: Formula, patterns: pd.DataFrame, weights: ArrayLike | None = None
) -> DesignMatrix:
    """Lay out the fixed part of a formula, and learn what new patterns need.

    Parameters
    ----------
    formula : Formula
        As read by :func:`jfmodels.model.formula.parse`.
    patterns : DataFrame, P rows
        Categorical columns, ordered as in the survey, and numbers. Levels that do not occur
        are dropped.
    weights : array-like of float, shape (P,), optional
        Total weight of each pattern, by which ``center``, ``standardize`` and splines learn;
        with the sums of rows' weights they do not depend on how rows were collapsed. Equal
        by default.

    Returns
    -------
    DesignMatrix
        P rows, p columns.

    Raises
    ------
    SpecError
        If a column, a level or a value does not fit the formula, or there are too many
        columns.

    Examples
    --------
    >>> from jfmodels.model.formula import parse
    >>> frame = pd.DataFrame({"wave": pd.Categorical(["Q1", "Q2"]), "age": [20.0, 40.0]})
    >>> design = design_matrix(parse("y ~ wave + center(age)"), frame, [3, 1])
    >>> design.names
    ('Intercept', 'wave[T.Q2]', 'center(age)')
    >>> design.matrix
    array([[ 1.,  0., -5.],
           [ 1.,  1., 15.]])
    >>> design.again(pd.DataFrame({"wave": pd.Categorical(["Q2"]), "age": [25.0]}))
    array([[1., 1., 0.]])
    """
    return _encoded(formula.terms, formula.offset_node, patterns, weights)


def slope_matrix(
    effect: RandomTerm, patterns: pd.DataFrame, weights: ArrayLike | None = None
) -> DesignMatrix:
    """Lay out what varies by group in a random term with slopes; see :func:`design_matrix`.

    Examples
    --------
    >>> from jfmodels.model.formula import parse
    >>> effect = parse("y ~ 1 + (1 + time | region)").effects[0]
    >>> slope_matrix(effect, pd.DataFrame({"time": [0.0, 0.5]})).matrix
    array([[1. , 0. ],
           [1. , 0.5]])
    """
    return _encoded(effect.terms or ((),), None, patterns, weights)


def _encoded(
    terms: Sequence[Term], offset: Node | None, frame: pd.DataFrame, weights: ArrayLike | None
) -> DesignMatrix:
    """Evaluate factors, let patsy choose their contrasts, and lay out the columns."""
    patterns = Patterns(frame, _weights(weights, len(frame)), {})
    once = dict.fromkeys(factor for term in terms for factor in term)
    values = {factor: evaluate(factor, patterns) for factor in once}
    added = numbers(offset, patterns) if offset is not None else np.zeros(len(frame))
    _guard_size(terms, values, len(frame))
    layout = lay_out(terms, values)
    _require_columns(layout, values)
    return DesignMatrix(
        matrix=multiply(layout.codings, values, len(frame)),
        names=layout.names,
        terms=layout.terms,
        offset=added,
        factors={written(each): x for each, x in values.items() if isinstance(x, Coded)},
        encoder=Encoder(layout.codings, dict(patterns.learned), offset),
    )


def _require_columns(layout: Layout, values: Mapping[Node, Coded | Floats]) -> None:
    """Refuse terms that would be left out, a factor of one level having nothing to tell."""
    left_out = [term for term, place in layout.terms.items() if place.start == place.stop]
    if left_out:
        single = {
            f"{written(node)} ('{x.levels[0]}')": None
            for node, x in values.items()
            if isinstance(x, Coded) and len(x.levels) == 1
        }
        raise SpecError(
            f"The formula has {listing(left_out)}, but these rows hold one value alone of "
            f"{', '.join(single)}. Leave it out of the formula, or widen where=."
        )


def _weights(weights: ArrayLike | None, n: int) -> Floats:
    """Check the weights of n patterns."""
    if n == 0:
        raise SpecError("There are no patterns to make a design matrix of.")
    array = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if array.shape != (n,) or not (array >= 0).all() or not 0 < array.sum() < np.inf:
        raise SpecError(f"weights are {n} numbers, none negative and not all zero.")
    return array


def _guard_size(terms: Iterable[Term], values: Mapping[Node, Coded | Floats], n: int) -> None:
    """Refuse a matrix that is too wide or too large, before it is made."""
    wide = {
        factor: len(x.levels) if isinstance(x, Coded) else x.shape[1]
        for factor, x in values.items()
    }
    widths = {term: int(np.prod([wide[each] for each in term], dtype=object)) for term in terms}
    total = sum(widths.values())
    if total > MOST_COLUMNS or total * n > MOST_NUMBERS:
        term = max(widths, key=lambda each: widths[each])
        raise SpecError(
            f"The fixed part would have up to {total:,} columns for {n:,} patterns, "
            f"{widths[term]:,} of them from '{term_written(term)}'. Make groups of many levels "
            "random, as in (1 | commune)."
        )
