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
from dataclasses import dataclass
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

__all__ = ["Basis", "basis_of", "normal_prior"]

type Floats = NDArray[np.float64]
type Priors = Mapping[str, Prior]
type Values = Mapping[Node, Coded | Floats]


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


def basis_of(
    design: DesignMatrix,
    patterns: pd.DataFrame,
    weights: Floats,
    scale: Scale,
    given: Priors,
    thresholds: bool,
) -> Basis:
    """Choose the numbers that a design's coefficients are made of.

    A term of which a prior is given, by its name or by that of a coefficient, keeps its
    columns as they are coded, with a prior for each.

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
    values = design.encoder.values(patterns)
    blocks: dict[object, _Block] = {}
    for coding, names, term in _codings(design, values):
        if term != "Intercept" and any(name in given for name in (term, *names)):
            blocks[names] = _as_coded(coding, names, term, values, weights, scale, given)
            continue
        for factors in _margins(coding):
            blocks.setdefault(frozenset(factors), _levels(factors, values, weights, scale, given))
    if thresholds:
        blocks.pop(frozenset())
    chosen = list(blocks.values())
    codings = tuple(block.coding for block in chosen)
    matrix = multiply(codings, values, len(patterns))
    priors = [prior for block in chosen for prior in block.priors]
    return Basis(
        names=tuple(name for block in chosen for name in block.names),
        matrix=matrix,
        mean=np.array([each.mean for each in priors]),
        sd=np.array([each.sd for each in priors]),
        coefficients=np.linalg.lstsq(design.matrix, matrix)[0],
        encoder=Encoder(codings, design.encoder.learned, design.encoder.offset),
    )


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


def _levels(
    factors: Sequence[Node], values: Values, weights: Floats, scale: Scale, given: Priors
) -> _Block:
    """Make a number for every level, or combination of levels, of some factors.

    Differences between two levels, and differences of differences, are as large beforehand as
    coefficients of single columns.
    """
    if not factors:
        prior = given.get("Intercept") or Normal(scale.centre, INTERCEPT * scale.unit)
        return _Block(Coding(()), ("Intercept",), (normal_prior("Intercept", prior),))
    coding = Coding(tuple((node, _identity(values[node])) for node in factors))
    numeric = Coding(tuple((node, None) for node in factors if not isinstance(values[node], Coded)))
    named = len(factors) - len(numeric.factors)
    spreads = [spread_of(column, weights) for column in multiply([numeric], values, len(weights)).T]
    names, places, stride = [""], [0], 1
    for node in factors:
        labels = _labels(node, values[node])
        numbers = not isinstance(values[node], Coded)
        names = [":".join(filter(None, (a, b))) for b in labels for a in names]
        places = [p + k * stride * numbers for k in range(len(labels)) for p in places]
        stride *= len(labels) if numbers else 1
    sd = COEFFICIENT * scale.unit / np.sqrt(2.0) ** named
    return _Block(coding, tuple(names), tuple(Normal(0.0, sd / spreads[p]) for p in places))


def _identity(value: Coded | Floats) -> Floats | None:
    return np.eye(len(value.levels)) if isinstance(value, Coded) else None


def _labels(node: Node, value: Coded | Floats) -> list[str]:
    """Name the columns of a factor."""
    name = written(node)
    if isinstance(value, Coded):
        return [f"{name}[{level}]" for level in value.levels]
    return [name] if value.shape[1] == 1 else [f"{name}[{k}]" for k in range(value.shape[1])]


def _as_coded(
    coding: Coding,
    names: tuple[str, ...],
    term: str,
    values: Values,
    weights: Floats,
    scale: Scale,
    given: Priors,
) -> _Block:
    """Keep columns as they are, each with its prior: given by name or by term, or the default."""
    priors = []
    for name, column in zip(names, multiply([coding], values, len(weights)).T, strict=True):
        usual = Normal(0.0, COEFFICIENT * scale.unit / spread_of(column, weights))
        priors.append(normal_prior(name, given.get(name) or given.get(term) or usual))
    return _Block(coding, names, tuple(priors))


def normal_prior(name: str, prior: Prior) -> Normal:
    """Refuse a prior of another form."""
    if isinstance(prior, Normal):
        return prior
    raise SpecError(f"The prior of '{name}' is a Normal(mean, sd); found {prior!r}.")
