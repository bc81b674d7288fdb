"""Random terms laid out for data: their groups, and how rows load on them.

What ties the coordinates of a group together is said by its block in ``effects.py``. To add a
form of random term, say here how rows load on it, and list it in `LAYOUTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.errors import SpecError
from jfmodels.model.data import ModelData
from jfmodels.model.design_matrix import DesignMatrix, slope_matrix
from jfmodels.model.effects import BLOCKS, Block, icar_root, walk_root
from jfmodels.model.formula import RandomTerm

__all__ = ["Effect", "Neighbours", "lay_out_effects", "require_apart"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Neighbours = Mapping[str, Mapping[str, Sequence[str]]]
type Codes = Mapping[str, Ints]
type Load = Callable[[pd.DataFrame, Codes], Floats]
type Layout = tuple[tuple[str, ...], Floats, Load]

WITHOUT_ORDER = ("iid", "slope", "uncorrelated slopes")  # groups are independent of each other


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """The effects of one random term: G groups of m coordinates.

    Attributes
    ----------
    term : RandomTerm
        As written.
    block : Block
        How a group's coordinates are tied together.
    levels : tuple of str
        Names of the groups.
    codes : ndarray of int64, shape (G, K)
        The groups as places of labels of the term's K columns.
    coordinates : tuple of str
        Names within a group; ("",) where there is one.
    known : ndarray, shape (m, ...)
        What the block's root is given.
    group : ndarray of int64, shape (N,)
        Group of every row.
    loading : ndarray, shape (N, m)
        How every row loads on its group's coordinates.
    load : callable
        The same for other patterns: ``(patterns, codes) -> (P, m)``.
    parameters : slice
        Its hyperparameters among all.
    """

    term: RandomTerm
    block: Block
    levels: tuple[str, ...]
    codes: Ints
    coordinates: tuple[str, ...]
    known: Floats
    group: Ints
    loading: Floats
    load: Load
    parameters: slice

    @property
    def size(self) -> int:
        """Number of effects, G m."""
        return len(self.levels) * len(self.coordinates)

    @property
    def grouped(self) -> tuple[str, ...]:
        """Columns whose combinations are the groups; areas of a map are coordinates instead."""
        return self.term.groups if self.codes.shape[1] else ()

    @property
    def slope_columns(self) -> tuple[str, ...]:
        """Columns that say how a pattern loads on its group."""
        return tuple(name for name in self.term.columns if name not in self.grouped)

    def find(self, codes: Codes) -> Ints:
        """Group of other patterns, -1 where it did not occur, shape (P,)."""
        if not self.grouped:
            return np.zeros(len(next(iter(codes.values()))), dtype=np.int64)
        asked = np.column_stack([codes[name] for name in self.grouped])
        both, place = np.unique(np.concatenate([self.codes, asked]), axis=0, return_inverse=True)
        group = np.full(len(both), -1)
        place = place.ravel()
        group[place[: len(self.codes)]] = np.arange(len(self.codes))
        return group[place[len(self.codes) :]]

    def design(self) -> csr_array:
        """How rows load on the effects, shape (N, G m)."""
        n, m = self.loading.shape
        rows, columns = np.nonzero(self.loading)
        place = self.group[rows] * m + columns
        return csr_array((self.loading[rows, columns], (rows, place)), shape=(n, self.size))


def lay_out_effects(
    effects: Sequence[RandomTerm],
    data: ModelData,
    labels: Mapping[str, tuple[str, ...]],
    time: Mapping[str, float],
    neighbours: Neighbours,
) -> tuple[Effect, ...]:
    """Lay out random terms for the rows of data.

    Parameters
    ----------
    effects : sequence of RandomTerm
        As the formula has them.
    data : ModelData
        Its patterns are the rows.
    labels : mapping of str to tuple of str
        Labels of the columns of the data's codes.
    time : mapping of str to float
        Years since the first wave; empty where the waves have no dates.
    neighbours : mapping
        Neighbour lists by column, for bym2.
    """
    weights = np.bincount(data.pattern, data.weight, len(data.patterns))
    found: list[Effect] = []
    start = 0
    for term in effects:
        place = _Place(term, data.patterns, weights, labels, time, neighbours)
        coordinates, known, load = LAYOUTS[term.kind](place)
        codes, group = _groups([data.codes[name] for name in _grouping(term)], len(data.patterns))
        names = [labels[name] for name in _grouping(term)]
        block = BLOCKS[term.kind]
        stop = start + len(block.parameters(coordinates))
        found.append(
            Effect(
                term=term,
                block=block,
                levels=tuple(
                    ":".join(of[c] for of, c in zip(names, row, strict=True)) for row in codes
                ),
                codes=codes,
                coordinates=coordinates,
                known=known,
                group=group,
                loading=load(data.patterns, data.codes),
                load=load,
                parameters=slice(start, stop),
            )
        )
        start = stop
    return tuple(found)


def _grouping(term: RandomTerm) -> tuple[str, ...]:
    """Columns whose combinations are groups; the areas of a map are coordinates of one."""
    return () if term.kind == "bym2" else term.groups


def require_apart(effects: Sequence[Effect]) -> None:
    """Refuse terms that let the same people vary in the same way: only priors would part them."""
    plain = [each for each in effects if each.term.kind in WITHOUT_ORDER]
    for one, other in combinations(plain, 2):
        both = len(np.unique(np.column_stack([one.group, other.group]), axis=0))
        same_groups = both == len(one.levels) == len(other.levels)
        alike = (one.loading[:, :, None] == other.loading[:, None]).all(axis=0)
        if same_groups and alike.any():
            raise SpecError(
                f"{one.term.text} and {other.term.text} group people alike, so nothing tells how "
                "far each of them differs. Leave one out; communes within regions are "
                "(1 | region/commune)."
            )


def _groups(columns: Sequence[Ints], n: int) -> tuple[Ints, Ints]:
    """List the combinations of codes that occur, (G, K), and that of each of n rows."""
    if not columns:
        return np.zeros((1, 0), dtype=np.int64), np.zeros(n, dtype=np.int64)
    codes, group = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    return codes, group.ravel()


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A random term and what its layout may depend on."""

    term: RandomTerm
    patterns: pd.DataFrame
    weights: Floats
    labels: Mapping[str, tuple[str, ...]]
    time: Mapping[str, float]
    neighbours: Neighbours

    def waves(self) -> tuple[tuple[str, ...], Floats]:
        """The waves, two at least, and the years since the first; without dates, steps."""
        waves = self.labels["wave"]
        if len(waves) < 2:
            raise SpecError(f"{self.term.text} needs at least two waves; there is {len(waves)}.")
        if not self.time:
            return waves, np.arange(len(waves), dtype=np.float64)
        return waves, np.array([self.time[wave] for wave in waves])


def _of_intercept(place: _Place) -> Layout:
    return ("",), np.zeros((1, 1)), _ones


def _of_slopes(place: _Place) -> Layout:
    """Every column of the slopes is a coordinate."""
    design = slope_matrix(place.term, place.patterns, place.weights)
    names = tuple("1" if name == "Intercept" else name for name in design.names)
    return names, np.zeros((len(names), 1)), partial(_slope_columns, design)


def _of_walk(place: _Place) -> Layout:
    """Waves after the first are coordinates; the first is the baseline."""
    waves, time = place.waves()
    one = np.eye(len(waves))[:, 1:]
    return waves[1:], walk_root(time), partial(_row_of_label, "wave", one)


def _of_series(place: _Place) -> Layout:
    """Waves are coordinates, their times in typical gaps."""
    waves, time = place.waves()
    gaps = (time / np.median(np.diff(time)))[:, None]
    return waves, gaps, partial(_row_of_label, "wave", np.eye(len(waves)))


def _of_areas(place: _Place) -> Layout:
    """Areas are coordinates of one group, those without interviews among them."""
    column = place.term.groups[0]
    if column not in place.neighbours:
        raise SpecError(
            f"{place.term.text} needs to know who borders on whom: give jf.Model neighbours="
            f"{{'{column}': {{'a': ['b', 'c'], ...}}}}."
        )
    areas = place.labels[column]
    root = icar_root(areas, place.neighbours[column])
    return areas, root, partial(_row_of_label, column, np.eye(len(areas)))


def _ones(patterns: pd.DataFrame, codes: Codes) -> Floats:
    """Every pattern loads on the one coordinate alike."""
    return np.ones((len(patterns), 1))


def _slope_columns(design: DesignMatrix, patterns: pd.DataFrame, codes: Codes) -> Floats:
    """Patterns load on slopes as their columns say."""
    return design.again(patterns)


def _row_of_label(column: str, rows: Floats, patterns: pd.DataFrame, codes: Codes) -> Floats:
    """Patterns load on coordinates as the row of their label says."""
    loading: Floats = rows[codes[column]]
    return loading


LAYOUTS: Mapping[str, Callable[[_Place], Layout]] = {
    "iid": _of_intercept,
    "slope": _of_slopes,
    "uncorrelated slopes": _of_slopes,
    "walk": _of_walk,
    "ar1": _of_series,
    "bym2": _of_areas,
}
