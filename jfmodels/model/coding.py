"""Which columns the terms of a formula need, and what is in them.

Patsy decides which contrast each factor takes in each term, so that no column repeats
another. It is given factors that have been evaluated already; what it says is remembered by what
it depends on, terms and levels, and nothing else of it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod

import numpy as np
import pandas as pd
import patsy
from numpy.typing import NDArray
from patsy.builtins import C

from jfmodels.errors import SpecError
from jfmodels.model.syntax import Node, written
from jfmodels.model.terms import Term
from jfmodels.model.transforms import Coded

__all__ = ["Coding", "Layout", "lay_out", "multiply", "width"]

type Floats = NDArray[np.float64]

CONTRASTS = {
    "Treatment": patsy.Treatment,
    "Sum": patsy.Sum,
    "Poly": lambda _: patsy.Poly(),
    "Diff": lambda _: patsy.Diff(),
    "Helmert": lambda _: patsy.Helmert(),
}


@dataclass(frozen=True, slots=True, eq=False)
class Coding:
    """Columns that are products of factors, the first factor running fastest.

    Attributes
    ----------
    factors : tuple of (Node, ndarray of float64, shape (L, k), or None)
        Each factor, and the contrast of its L levels if it has names.
    """

    factors: tuple[tuple[Node, Floats | None], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The factors that have names rather than numbers, as written."""
        return tuple(written(node) for node, contrast in self.factors if contrast is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The columns of a design matrix before there is one.

    Attributes
    ----------
    codings : tuple of Coding
        In the order of the columns.
    names : tuple of str
        Of the p columns.
    terms : mapping of str to slice
        Columns of every term.
    """

    codings: tuple[Coding, ...]
    names: tuple[str, ...]
    terms: Mapping[str, slice]


def lay_out(terms: Iterable[Term], values: Mapping[Node, Coded | Floats]) -> Layout:
    """Choose contrasts, order and names of the columns that terms need.

    Parameters
    ----------
    terms : iterable of Term
        The intercept is ``()``.
    values : mapping of Node to Coded or ndarray
        Every factor, evaluated.
    """
    return _laid_out(tuple(terms), tuple((node, _kind(x)) for node, x in values.items()))


type Kind = tuple[tuple[str, ...], tuple[str, str | None]] | int


def _kind(value: Coded | Floats) -> Kind:
    """What the columns of a factor follow from: its levels and contrast, or how many they are."""
    return (value.levels, value.contrast) if isinstance(value, Coded) else int(value.shape[1])


@lru_cache(maxsize=128)
def _laid_out(terms: tuple[Term, ...], kinds: tuple[tuple[Node, Kind], ...]) -> Layout:
    """Lay out by what decides, which models of many outcomes have in common."""
    info = _design_info(terms, {node: _example(kind) for node, kind in kinds})
    codings = tuple(_coding(each) for parts in info.term_codings.values() for each in parts)
    return Layout(codings, tuple(info.column_names), dict(info.term_name_slices))


def _example(kind: Kind) -> Coded | Floats:
    """Values of a factor in which every level occurs once."""
    if isinstance(kind, int):
        return np.zeros((1, kind))
    levels, contrast = kind
    return Coded(np.arange(len(levels)), levels, contrast)


@dataclass(frozen=True, slots=True)
class Factor:
    """An evaluated factor, as patsy asks for it; two are the same if their text is."""

    text: str
    node: Node = field(compare=False)
    value: Coded | Floats = field(compare=False, repr=False)
    origin: None = None

    def name(self) -> str:
        """Name it in the user's words."""
        return self.text

    def memorize_passes_needed(self, state: object, eval_env: object) -> int:
        """Tell that there is nothing left to learn."""
        return 0

    def eval(self, state: object, data: object) -> object:
        """Give its values."""
        if not isinstance(self.value, Coded):
            return self.value
        name, level = self.value.contrast
        names = pd.Categorical.from_codes(
            self.value.codes, pd.Index(self.value.levels, dtype=object)
        )
        return C(names, CONTRASTS[name](level))


def _design_info(terms: Iterable[Term], values: Mapping[Node, Coded | Floats]) -> patsy.DesignInfo:
    """Ask patsy for contrasts, order and names of the columns."""
    factors = {node: Factor(written(node), node, value) for node, value in values.items()}
    asked = [patsy.Term([factors[each] for each in term]) for term in terms]
    try:
        return patsy.design_matrix_builders(
            [asked], lambda: iter([{}]), patsy.EvalEnvironment([], 0)
        )[0]
    except (patsy.PatsyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SpecError(f"The fixed part cannot be laid out: {reason}.") from error


def _coding(part: patsy.SubtermInfo) -> Coding:
    """Take over what patsy says of columns that belong together."""
    contrasts = {each: np.asarray(x.matrix) for each, x in part.contrast_matrices.items()}
    return Coding(tuple((each.node, contrasts.get(each)) for each in part.factors))


def multiply(codings: Sequence[Coding], values: Mapping[Node, Coded | Floats], n: int) -> Floats:
    """Multiply out the columns of every coding for n patterns, shape (n, p)."""
    blocks = [np.empty((n, 0))]
    for coding in codings:
        block = np.ones((n, 1))
        for node, contrast in coding.factors:
            columns = _columns(values[node], contrast)
            block = (columns[:, :, None] * block[:, None, :]).reshape(n, -1)
        blocks.append(block)
    return np.hstack(blocks)


def width(coding: Coding, values: Mapping[Node, Coded | Floats]) -> int:
    """Number of columns of a coding."""
    return prod(_columns(values[node], contrast).shape[1] for node, contrast in coding.factors)


def _columns(value: Coded | Floats, contrast: Floats | None) -> Floats:
    """Give the columns of one factor, shape (P, k)."""
    if isinstance(value, Coded):
        return np.asarray(contrast)[value.codes]
    return value
