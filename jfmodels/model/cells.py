"""From keys to arrays: the grid of cells, and the sums that fall into each.

A grid is the product of its axes (waves and groups), each with one place more for all of its
labels together, so that every margin is a cell like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose, unknown
from jfmodels.model.items import Item
from jfmodels.survey.outcome import Outcome
from jfmodels.survey.rows import Groups, Rows
from jfmodels.survey.survey import Survey

__all__ = [
    "Axis",
    "Grid",
    "Tables",
    "grid_of",
    "look_up",
    "places",
    "read_where",
    "spread",
    "tabulate",
    "tabulate_replicates",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Where = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Axis:
    """Waves or groups, in the survey's order."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The cells of a belief: items by axes, margins included.

    Cell ``c`` is item ``c // D``, domain ``c % D``, where a domain is a place on every axis
    and place -1 stands for all labels of the axis together.

    Attributes
    ----------
    items : tuple of Item
        I items.
    axes : tuple of Axis
        The wave first, where there are waves.
    asked : ndarray of bool, shape (I, n_waves)
        Which wave asked which item.
    wording : ndarray of int64, shape (I, n_waves)
        Waves of equal number asked in comparable words.
    time : ndarray of float64 or None, shape (n_waves,)
        Years since the first wave.
    where : mapping of str to sequence of str
        The domain that all cells lie in.
    per : str
        The number by which the items' derivatives are meant; empty where they are levels.
    """

    items: tuple[Item, ...]
    axes: tuple[Axis, ...]
    asked: NDArray[np.bool_]
    wording: Ints
    time: Floats | None
    where: Mapping[str, Sequence[str]]
    per: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Places on every axis, the one for all together included."""
        return tuple(len(axis.labels) + 1 for axis in self.axes)

    @property
    def n_domains(self) -> int:
        """Domains D of one item."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the axes."""
        return tuple(axis.name for axis in self.axes)

    def place(self, name: str) -> int:
        """Find an axis by name."""
        if name not in self.names:
            raise SpecError(f"{unknown('axis', name, self.names)} Name it in by=.")
        return self.names.index(name)

    def domains(self, by: Sequence[str]) -> Ints:
        """List the domains split by `by`, all other axes taken together; shape (K, A)."""
        ranges = [range(len(axis.labels)) if axis.name in by else [-1] for axis in self.axes]
        mesh = np.meshgrid(*ranges, indexing="ij")
        return np.stack([each.ravel() for each in mesh], axis=1) if mesh else np.empty((1, 0), int)

    def cells(self, item: Ints, domain: Ints) -> Ints:
        """Number the cells of items (K,) and domains (K, A)."""
        place = np.zeros(len(item), dtype=np.int64)
        for k, size in enumerate(self.shape):
            place = place * size + domain[:, k] % size
        return item * self.n_domains + place


def read_where(survey: Survey, *conditions: Where | None) -> dict[str, tuple[str, ...]]:
    """Read domains as labels allowed per column; several conditions hold together."""
    allowed: dict[str, tuple[str, ...]] = {}
    for each in conditions:
        if not isinstance(each, Mapping | None):
            raise SpecError(
                f"where= is a mapping such as {{'region': 'Mopti'}}; found {type(each).__name__}."
            )
    for name, value in (pair for each in conditions for pair in (each or {}).items()):
        labels = survey.group(name).labels
        wanted = [value] if isinstance(value, str) or not isinstance(value, Iterable) else value
        chosen = {str(each): None for each in wanted}
        for text in chosen:
            choose(f"value of '{name}'", text, dict.fromkeys(labels))
        kept = allowed.get(name, labels)
        allowed[name] = tuple(text for text in labels if text in chosen and text in kept)
        if not allowed[name]:
            raise SpecError(f"where= leaves no value of '{name}'.")
    return allowed


def grid_of(
    survey: Survey, items: Sequence[Item], by: Sequence[str], where: Mapping[str, Sequence[str]]
) -> Grid:
    """Lay out the cells of a question: the wave, then the groups of `by`."""
    for name in by:
        if (name == "wave" and survey.waves) or by.count(name) > 1:
            raise SpecError(f"by= names '{name}' twice; the wave is always there.")
    names = [*(["wave"] if survey.waves else []), *by]
    axes = tuple(Axis(name, tuple(where.get(name, survey.group(name).labels))) for name in names)
    waves = axes[0].labels if survey.waves else ("",)
    place = [survey.waves.index(wave) if wave else 0 for wave in waves]
    outcomes = [survey.outcome(item.outcome) for item in items]
    asked = [survey.asked.get(item.source, survey.asked[item.outcome])[place] for item in items]
    time = np.array([survey.time[wave] for wave in waves]) if survey.time else None
    return Grid(
        items=tuple(items),
        axes=axes,
        asked=np.array(asked).reshape(len(items), -1),
        wording=np.array([_wording(outcome, waves) for outcome in outcomes]).reshape(
            len(items), -1
        ),
        time=time,
        where=where,
    )


def _wording(outcome: Outcome, waves: Sequence[str]) -> list[int]:
    """Number the wordings of an outcome over the waves."""
    seen = [outcome.wording(wave) for wave in waves]
    return [seen.index(each) for each in seen]


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Sums of every unit in every cell, cells in the grid's order.

    Attributes
    ----------
    n : ndarray of float64, shape (U, C)
        Interviews.
    weight, numerator, denominator : ndarray of float64, shape (U, C)
        Sums of w, w y and w x, where x is 1 unless a ratio is asked.
    squares : ndarray of float64, shape (3, C)
        Sums of w y², w x y and w x² over all units.
    """

    n: Floats
    weight: Floats
    numerator: Floats
    denominator: Floats
    squares: Floats


def tabulate(
    rows: Rows, grid: Grid, where: Mapping[str, Sequence[str]], unit: str = "unit"
) -> Tables:
    """Sum the rows into the cells of a grid, unit by unit.

    Parameters
    ----------
    rows : Rows
        What is asked for sums.
    grid : Grid
        Items and axes.
    where : mapping of str to sequence of str
        The domain; units outside it stay, with sums of zero.
    unit : str, default "unit"
        The key whose groups vary.
    """
    extra = [name for name in where if name not in grid.names]
    sources = list(dict.fromkeys(item.source for item in grid.items))
    keys = [unit, *grid.names, *extra]
    groups = rows.aggregate(keys, sources)
    inside, place = places(rows, [*grid.names, *extra], groups.codes[:, 1:], where)
    place = place[inside, : len(grid.names)]
    n_units = len(rows.keys[unit].labels)
    _guard_size(n_units, len(grid.items) * grid.n_domains)
    columns = _sums(grid.items, groups)
    laid = [spread(grid, groups.codes[inside, 0], place, n_units, each[inside]) for each in columns]
    n, weight, numerator, denominator, *squares = laid
    return Tables(
        n, weight, numerator, denominator, np.stack([each.sum(axis=0) for each in squares])
    )


def tabulate_replicates(
    rows: Rows, grid: Grid, where: Mapping[str, Sequence[str]]
) -> tuple[Floats, Floats]:
    """Sums of w y and w x in every cell under every supplied replicate, shape (R, C) each."""
    extra = [name for name in where if name not in grid.names]
    sources = list(dict.fromkeys(item.source for item in grid.items))
    codes, sums = rows.replicate_sums([*grid.names, *extra], sources)
    inside, place = places(rows, [*grid.names, *extra], codes, where)
    place = place[inside, : len(grid.names)]
    together = np.zeros(len(place), dtype=np.int64)  # all are one unit
    laid = []
    for item in grid.items:
        of_item = sums[item.source][inside]
        if item.answers:
            parts = [of_item[:, list(each)].sum(axis=1) for each in (item.answers, item.base)]
        else:
            parts = [of_item[:, 0], of_item[:, 1]]
        laid.append([spread(grid, together, place, 1, each) for each in parts])
    shape = (-1, grid.n_domains)
    numerator, denominator = (
        np.concatenate([each.reshape(shape) for each in column], axis=1)
        for column in zip(*laid, strict=True)
    )
    return numerator, denominator


def _guard_size(n_units: int, n_cells: int) -> None:
    """Refuse a table that would not fit into memory, before it is made."""
    gigabytes = 10 * n_units * n_cells * 8 / 1e9
    if gigabytes > 12:
        raise SpecError(
            f"{n_units:,} units in {n_cells:,} cells would need about {gigabytes:.0f} GB. Ask for "
            "fewer outcomes or groups at a time."
        )


def places(
    rows: Rows, names: Sequence[str], codes: Ints, where: Mapping[str, Sequence[str]]
) -> tuple[NDArray[np.bool_], Ints]:
    """Find combinations of keys in a domain.

    Parameters
    ----------
    rows : Rows
        Whose keys.
    names : sequence of str
        K keys.
    codes : ndarray of int64, shape (G, K)
        G combinations, -1 for a missing key.
    where : mapping of str to sequence of str
        Labels allowed.

    Returns
    -------
    inside : ndarray of bool, shape (G,)
        Which combinations lie in the domain.
    place : ndarray of int64, shape (G, K)
        Place of each key among the labels allowed; -1 where it is not among them.
    """
    inside, place = np.ones(len(codes), dtype=bool), np.empty_like(codes)
    for k, name in enumerate(names):
        labels = rows.keys[name].labels
        place[:, k] = look_up(labels, where.get(name, labels))[codes[:, k]]
        if name in where:
            inside &= place[:, k] >= 0
    return inside, place


def look_up(labels: Sequence[str], kept: Sequence[str]) -> Ints:
    """Place of every label among those kept, -1 for others and, last, for a missing one.

    Examples
    --------
    >>> look_up(["Gao", "Mopti", "Segou"], ["Segou", "Gao"])
    array([ 1, -1,  0, -1])
    """
    place = {text: k for k, text in enumerate(kept)}
    return np.array([*(place.get(text, -1) for text in labels), -1], dtype=np.int64)


def _sums(items: Sequence[Item], groups: Groups) -> list[Floats]:
    """Turn answers and moments into the seven sums of every item; each of shape (G, I)."""
    per_item = [
        _share_sums(item, groups) if item.answers else _moment_sums(groups.moments[item.source])
        for item in items
    ]
    return [np.stack(each, axis=1) for each in zip(*per_item, strict=True)]


def _share_sums(item: Item, groups: Groups) -> list[Floats]:
    counts, weights = groups.counts[item.source], groups.weights[item.source]
    base = weights[:, item.base].sum(axis=1)
    share = weights[:, item.answers].sum(axis=1)
    n = counts[:, item.base].sum(axis=1).astype(np.float64)
    return [n, base, share, base, share, share, base]


def _moment_sums(moments: Floats) -> list[Floats]:
    return list(moments.T)


def spread(grid: Grid, unit: Ints, place: Ints, n_units: int, sums: Floats) -> Floats:
    """Lay sums of groups out over units and domains, and add the margins; (G, I) to (U, C)."""
    n_items = sums.shape[1]
    flat = unit
    for k, size in enumerate(grid.shape):
        flat = flat * size + place[:, k] % size  # a missing group goes where the margin will be
    size = n_units * grid.n_domains
    if np.bincount(flat, minlength=1).max() <= 1:
        table = np.zeros((size, n_items))
        table[flat] = sums
    else:
        table = np.stack([np.bincount(flat, column, size) for column in sums.T], axis=1)
    table = table.reshape(n_units, *grid.shape, n_items)
    for axis in range(1, len(grid.shape) + 1):
        index: list[slice | int] = [slice(None)] * table.ndim
        index[axis] = -1
        table[tuple(index)] = table.sum(axis=axis)
    return np.moveaxis(table, -1, 1).reshape(n_units, -1)
