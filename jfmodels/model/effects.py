r"""How the levels of a group are tied together: the Gaussian blocks of a model.

A block has G independent groups of m coordinates each, :math:`u_g = R(\psi) z_g` with
standard normal z: its root R says all that an engine needs, the covariance being
:math:`R R^\top`. To add a form, write its root and its parameters here and list it in
`BLOCKS`; no engine, family, table or plot changes.

Roots are written for one set of parameters or many (leading axes), and for any array library
with numpy's names (`xp`), so that a sampler may differentiate them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import SpecError, listing, unknown

__all__ = ["BLOCKS", "Block", "Parameter", "icar_root", "walk_root"]

type Floats = NDArray[np.float64]
type Root = Callable[[Any, Any, Floats], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a block.

    Attributes
    ----------
    label : str
        "sd", "rho", "mix" or "cor", and of which coordinates.
    of : tuple of str
        The coordinates, where there are several.
    support : str
        "positive", "unit" or "correlation".
    """

    label: str
    of: tuple[str, ...]
    support: str


@dataclass(frozen=True, slots=True)
class Block:
    """A form of dependence, as every engine needs to see it.

    Attributes
    ----------
    parameters : callable
        ``(coordinates) -> tuple of Parameter``, standard deviations first.
    root : callable
        ``(xp, parameters (..., h), known (m, ...)) -> (..., m, r)``, parameters on their own
        scale. What is known of the coordinates beforehand: the root of a walk or a map, the
        times of a series in typical gaps; of others no more than how many they are.
    """

    parameters: Callable[[Sequence[str]], tuple[Parameter, ...]]
    root: Root


def _one_sd(coordinates: Sequence[str]) -> tuple[Parameter, ...]:
    return (Parameter("sd", (), "positive"),)


def _each_sd(coordinates: Sequence[str]) -> tuple[Parameter, ...]:
    return tuple(Parameter("sd", (name,), "positive") for name in coordinates)


def _sds_and_correlations(coordinates: Sequence[str]) -> tuple[Parameter, ...]:
    """Standard deviations, and the partial correlations of each with those before it."""
    pairs = [(one, other) for k, one in enumerate(coordinates) for other in coordinates[:k]]
    correlations = (Parameter("cor", (other, one), "correlation") for one, other in pairs)
    return (*_each_sd(coordinates), *correlations)


def _sd_and(label: str, coordinates: Sequence[str]) -> tuple[Parameter, ...]:
    return Parameter("sd", (), "positive"), Parameter(label, (), "unit")


def _independent(xp: Any, value: Any, known: Floats) -> Any:
    """Every coordinate on its own, each with its standard deviation or all with one."""
    return value[..., :, None] * np.eye(len(known))


def _correlated(xp: Any, value: Any, known: Floats) -> Any:
    """Standard deviations times the root of a correlation matrix, from partial correlations."""
    q = len(known)
    rows = []
    for i in range(q):
        left = 1.0 + 0.0 * value[..., 0]  # what of the row's length is still to be given away
        row = []
        for j in range(i):
            partial = value[..., q + i * (i - 1) // 2 + j]
            row.append(partial * left)
            left = left * xp.sqrt(1.0 - partial**2)
        zeros = [0.0 * left] * (q - i - 1)
        rows.append(xp.stack([*row, left, *zeros], axis=-1))
    return value[..., :q, None] * xp.stack(rows, axis=-2)


def _scaled(xp: Any, value: Any, known: Floats) -> Any:
    """A known root times a standard deviation."""
    return value[..., 0, None, None] * known


def _autoregressive(xp: Any, value: Any, known: Floats) -> Any:
    """A stationary series whose correlation falls with the gaps between waves, (T, T) known."""
    sd, rho = value[..., 0, None, None], value[..., 1, None, None]
    step = np.concatenate([[np.inf], np.diff(known[:, 0])])
    gap = np.tril(known[:, :1] - known[:, 0])
    fresh = xp.sqrt(1.0 - rho ** np.where(np.isfinite(step), 2 * step, 0.0) * np.isfinite(step))
    return sd * rho**gap * np.tril(np.ones((len(known), len(known)))) * fresh


def _convolved(xp: Any, value: Any, known: Floats) -> Any:
    """Areas that resemble their neighbours, and differ for themselves, in a stated mix."""
    sd, mix = value[..., 0, None, None], value[..., 1, None, None]
    own = xp.sqrt(1.0 - mix) * np.eye(len(known))
    return sd * xp.concatenate([own, xp.sqrt(mix) * known], axis=-1)


BLOCKS: Mapping[str, Block] = {
    "iid": Block(_one_sd, _independent),
    "uncorrelated slopes": Block(_each_sd, _independent),
    "slope": Block(_sds_and_correlations, _correlated),
    "walk": Block(_one_sd, _scaled),
    "ar1": Block(partial(_sd_and, "rho"), _autoregressive),
    "bym2": Block(partial(_sd_and, "mix"), _convolved),
}


def walk_root(time: Floats) -> Floats:
    """Root of a walk, its variance the years since the first wave, which has none; (T-1, T-1)."""
    steps = np.sqrt(np.diff(time))
    return np.tril(np.ones((len(steps), len(steps)))) * steps


def icar_root(areas: Sequence[str], neighbours: Mapping[str, Sequence[str]]) -> Floats:
    r"""Root of the structured part of BYM2 [1]_, shape (n, n).

    Within each connected part the intrinsic autoregression is scaled so that the geometric
    mean of its marginal variances is 1, and sums to zero; an area without neighbours has
    variance 1 of its own [2]_.

    Parameters
    ----------
    areas : sequence of str
        The areas, n of them.
    neighbours : mapping of str to sequence of str
        Who borders on whom; said once it holds both ways. An area that borders on nobody has an
        empty list.

    Raises
    ------
    SpecError
        If an area is not known, or left out.

    References
    ----------
    .. [1] Riebler, A., Sørbye, S. H., Simpson, D. and Rue, H. (2016). An intuitive Bayesian
       spatial model for disease mapping that accounts for scaling. Statistical Methods in
       Medical Research 25, 1145-1165.
    .. [2] Freni-Sterrantino, A., Ventrucci, M. and Rue, H. (2018). A note on intrinsic
       conditional autoregressive models for disconnected graphs. Spatial and
       Spatio-temporal Epidemiology 26, 25-34.

    Examples
    --------
    >>> root = icar_root(["a", "b", "c"], {"a": ["b"], "c": []})
    >>> (root @ root.T).round(3).tolist()
    [[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    adjacent = _adjacency(list(areas), neighbours)
    root = np.zeros(adjacent.shape)
    for part in _connected(adjacent):
        root[np.ix_(part, part)] = _scaled_icar(adjacent[np.ix_(part, part)])
    return root


def _adjacency(areas: list[str], neighbours: Mapping[str, Sequence[str]]) -> Floats:
    """Who borders on whom as a symmetric matrix of 0 and 1."""
    _require_lists(neighbours)
    named = {*neighbours, *(name for each in neighbours.values() for name in each)}
    lost = sorted(named - set(areas))
    if lost:
        more = f" Nor are {listing(lost[1:])}." if lost[1:] else ""
        raise SpecError(f"neighbours: {unknown('area', lost[0], areas)}{more}")
    silent = [area for area in areas if area not in named]
    if silent:
        raise SpecError(
            f"neighbours: nothing is said of {listing(silent)}. An area that borders on nobody "
            f"is listed too, as {silent[0]!r}: []."
        )
    adjacent = np.zeros((len(areas), len(areas)))
    for one, others in neighbours.items():
        for other in others:
            if other != one:
                i, j = areas.index(one), areas.index(other)
                adjacent[i, j] = adjacent[j, i] = 1.0
    return adjacent


def _require_lists(neighbours: object) -> None:
    """Refuse what is no list for every area: a name alone would be read letter by letter."""
    by_area = isinstance(neighbours, Mapping)
    for each in neighbours.values() if isinstance(neighbours, Mapping) else [neighbours]:
        if not by_area or isinstance(each, str) or not isinstance(each, Collection):
            raise SpecError(
                "neighbours: every area has a list of the areas that it borders on, as in "
                f"{{'a': ['b', 'c'], ...}}; found {type(each).__name__}."
            )


def _connected(adjacent: Floats) -> list[NDArray[np.int64]]:
    """Parts of the map that can be reached from one another."""
    reach = np.eye(len(adjacent)) + adjacent > 0
    while True:
        further = (reach.astype(np.float64) @ reach) > 0
        if (further == reach).all():
            break
        reach = further
    firsts = sorted({int(np.argmax(row)) for row in reach})
    return [np.flatnonzero(reach[first]) for first in firsts]


def _scaled_icar(adjacent: Floats) -> Floats:
    """Root of the intrinsic autoregression of one connected part, scaled."""
    if len(adjacent) == 1:
        return np.ones((1, 1))
    values, vectors = np.linalg.eigh(np.diag(adjacent.sum(axis=1)) - adjacent)
    inverse = np.concatenate([[0.0], 1 / np.sqrt(values[1:])])  # one direction is the mean
    root = vectors * inverse
    variance = (root**2).sum(axis=1)
    scaled: Floats = root / np.exp(np.log(variance).mean() / 2)
    return scaled
