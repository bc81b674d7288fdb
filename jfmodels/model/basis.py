r"""What coefficients are made of, so that no level of a factor is special beforehand.

A formula's coefficients compare levels with a reference. Were each given a prior of its own, the
reference would be known better than the others, which would all be drawn towards it, and an answer
would depend on which level stands first. So every level has a number of its own beforehand, all
alike, in every term and every product of terms:

.. math:: \eta = \alpha + \sum_j a_{j[i]} + \sum_{j<k} a_{jk[i]} + \ldots,

and the coefficients follow from these. They are the same model, written with more numbers than can
be told apart, which is no harm where each has a prior. However a formula is coded, what it says of
people does not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError
from jfmodels.model.coding import Coding, multiply, width
from jfmodels.model.design_matrix import DesignMatrix, Encoder
from jfmodels.model.priors import Normal, Prior
from jfmodels.model.scale import COEFFICIENT, INTERCEPT, Scale, spread_of
from jfmodels.model.syntax import Node, written
from jfmodels.model.transforms import Coded

__all__ = ["COEFFICIENTS", "Basis", "basis_of", "normal_prior"]

type Floats = NDArray[np.float64]
type Priors = Mapping[str, Prior]
type Values = Mapping[Node, Coded | Floats]

COEFFICIENTS = "coefficient"  # a kind: all but the intercept


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Numbers that are independent beforehand, of which coefficients are combinations.

    Attributes
    ----------
    names : tuple of str
        Of the q numbers, as in ``wave[Q2]:region[Gao]``.
    matrix : ndarray, shape (N, q)
        How rows load on them.
    mean, sd : ndarray, shape (q,)
        Their prior.
    coefficients : ndarray, shape (p, q)
        The coefficients of the design's columns as combinations.
    encoder : Encoder
        What lays new patterns out.
    """

    names: tuple[str, ...]
    matrix: Floats
    mean: Floats
    sd: Floats
    coefficients: Floats
    encoder: Encoder

    @property
    def spread(self) -> Floats:
        """Standard deviations of the coefficients beforehand, shape (p,)."""
        return np.sqrt(self.coefficients**2 @ self.sd**2)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Numbers that belong together.

    Attributes
    ----------
    coding : Coding
        Their columns.
    names : tuple of str
        Of the columns.
    priors : tuple of Normal
        Of each.
    """

    coding: Coding
    names: tuple[str, ...]
    priors: tuple[Normal, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Measure:
    """What priors are measured by.

    Attributes
    ----------
    values : mapping of Node to Coded or ndarray
        Factors, evaluated for N patterns.
    weights : ndarray, shape (N,)
        Interviews.
    scale : Scale
        What a large effect is measured against.
    """

    values: Values
    weights: Floats
    scale: Scale

    def columns(self, *codings: Coding) -> Floats:
        """Lay out columns, shape (N, k)."""
        return multiply(codings, self.values, len(self.weights))

    def coefficients(self, coding: Coding, part: float = 1.0) -> list[Normal]:
        """Default priors of the coefficients of a coding's columns, or of a part of them."""
        sd = COEFFICIENT * self.scale.unit * part
        return [Normal(0.0, sd / spread_of(x, self.weights)) for x in self.columns(coding).T]


def basis_of(
    design: DesignMatrix,
    patterns: pd.DataFrame,
    weights: Floats,
    scale: Scale,
    given: Priors,
    thresholds: bool,
) -> Basis:
    """Choose the numbers that a design's coefficients are made of.

    A term of which a prior is given, by its name, by that of a coefficient or for all, keeps
    its columns as they are coded, with a prior for each.

    Parameters
    ----------
    design : DesignMatrix
        The fixed part, N rows.
    patterns : DataFrame, N rows
        What it was laid out for.
    weights : ndarray, shape (N,)
        Interviews.
    scale : Scale
        What a large effect is measured against.
    given : mapping of str to Prior
        Priors of the user.
    thresholds : bool
        Whether thresholds stand in for the intercept.
    """
    by = _Measure(design.encoder.values(patterns), weights, scale)
    blocks: dict[object, _Block] = {}
    for coding, names, term in _codings(design, by.values):
        if term != "Intercept" and any(each in given for each in (*names, term, COEFFICIENTS)):
            usual = zip(names, by.coefficients(coding), strict=True)
            of_all = given.get(term) or given.get(COEFFICIENTS)
            priors = [given.get(name) or of_all or prior for name, prior in usual]
            blocks[names] = _Block(coding, names, tuple(map(normal_prior, names, priors)))
            continue
        for factors in _margins(coding):
            blocks.setdefault(frozenset(factors), _levels(factors, by))
    if "Intercept" in given and frozenset() in blocks:
        asked = normal_prior("Intercept", given["Intercept"])
        blocks[frozenset()] = replace(blocks[frozenset()], priors=(asked,))
    if thresholds:
        blocks.pop(frozenset())
    return _laid_out(design, tuple(blocks.values()), by)


def _laid_out(design: DesignMatrix, blocks: Sequence[_Block], by: _Measure) -> Basis:
    """Put blocks side by side."""
    codings = tuple(block.coding for block in blocks)
    priors = [prior for block in blocks for prior in block.priors]
    matrix = by.columns(*codings)
    return Basis(
        names=tuple(name for block in blocks for name in block.names),
        matrix=matrix,
        mean=np.array([each.mean for each in priors]),
        sd=np.array([each.sd for each in priors]),
        coefficients=_combined(design.matrix, matrix),
        encoder=Encoder(codings, design.encoder.learned, design.encoder.offset),
    )


def _combined(design: Floats, matrix: Floats) -> Floats:
    """Coefficients that give the predictors of each of q columns, shape (p, q)."""
    orthogonal, triangle = np.linalg.qr(design)
    found: Floats = np.linalg.solve(triangle, orthogonal.T @ matrix)
    return found


def _codings(design: DesignMatrix, values: Values) -> Iterator[tuple[Coding, tuple[str, ...], str]]:
    """Give every coding of a design with the names of its columns, and its term's."""
    start = 0
    for coding in design.encoder.codings:
        end = start + width(coding, values)
        term = next(name for name, part in design.terms.items() if part.start <= start < part.stop)
        yield coding, design.names[start:end], term
        start = end


def _margins(coding: Coding) -> Iterator[tuple[Node, ...]]:
    """Give the factors of a coding, without each set of those that it codes in full.

    A factor that is coded in full takes up what the term without it would say.
    """
    full = [
        node
        for node, contrast in coding.factors
        if contrast is not None and contrast.shape[0] == contrast.shape[1]
    ]
    every = tuple(node for node, _ in coding.factors)
    for size in range(len(full), -1, -1):
        for left in combinations(full, size):
            yield tuple(node for node in every if node not in left)


def _levels(factors: Sequence[Node], by: _Measure) -> _Block:
    """Make a number for every level, or combination of levels, of some factors.

    Differences between two levels, and differences of differences, are as large beforehand as
    coefficients of single columns.
    """
    if not factors:
        prior = Normal(by.scale.centre, INTERCEPT * by.scale.unit)
        return _Block(Coding(()), ("Intercept",), (prior,))
    numeric = tuple((node, None) for node in factors if not isinstance(by.values[node], Coded))
    slopes = by.coefficients(Coding(numeric), 0.5 ** ((len(factors) - len(numeric)) / 2))
    names, places, stride = [""], [0], 1
    for node in factors:
        labels, step = _labels(node, by.values[node]), stride * ((node, None) in numeric)
        names = [":".join(filter(None, (a, b))) for b in labels for a in names]
        places = [place + k * step for k in range(len(labels)) for place in places]
        stride *= len(labels) if step else 1
    coding = Coding(tuple((node, _identity(by.values[node])) for node in factors))
    return _Block(coding, tuple(names), tuple(slopes[place] for place in places))


def _identity(value: Coded | Floats) -> Floats | None:
    return np.eye(len(value.levels)) if isinstance(value, Coded) else None


def _labels(node: Node, value: Coded | Floats) -> list[str]:
    """Name the columns of a factor."""
    name = written(node)
    if isinstance(value, Coded):
        return [f"{name}[{level}]" for level in value.levels]
    return [name] if value.shape[1] == 1 else [f"{name}[{k}]" for k in range(value.shape[1])]


def normal_prior(name: str, prior: Prior) -> Normal:
    """Refuse a prior of another form."""
    if isinstance(prior, Normal):
        return prior
    raise SpecError(f"The prior of '{name}' is a Normal(mean, sd); found {prior!r}.")
