r"""Many symmetric matrices of one arrow-shaped pattern, factorised together.

The columns fall into G small components that touch one another only through a border of r
columns. Components are eliminated by their diagonal blocks, and what is left is dense:

.. math:: H = \begin{pmatrix} D & C \\ C^\top & A \end{pmatrix},\qquad S = A - C^\top D^{-1} C.

In a multilevel model communes with their waves are components, coefficients the border. A
component touches k columns of the border at most, and only those are kept. All arrays have
the B matrices along their first axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

__all__ = ["Arrow", "Factor", "components", "connected"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

SMALL = 8  # columns up to which halving does not pay


@dataclass(frozen=True, eq=False)
class Arrow:
    """The pattern.

    Attributes
    ----------
    inner : ndarray of int64, shape (G, m)
        Columns of every component, -1 where it has fewer than m.
    border : ndarray of int64, shape (r,)
        The other columns.
    touched : ndarray of int64, shape (G, k)
        Places in the border that every component touches, r where they are fewer than k.
    size : int
        Number n of columns.
    """

    inner: Ints
    border: Ints
    touched: Ints
    size: int

    @classmethod
    def of(cls, component: Ints, touches: NDArray[np.bool_] | None = None) -> Arrow:
        """Make the pattern from the component of every column, -1 for the border.

        Parameters
        ----------
        component : ndarray of int64, shape (n,)
            Numbered from 0.
        touches : ndarray of bool, shape (G, n), optional
            Which columns of the border stand in a row with a component's; all by default.
        """
        border = np.flatnonzero(component < 0)
        n_components = int(component.max(initial=-1)) + 1
        members = [np.flatnonzero(component == g) for g in range(n_components)]
        everywhere = np.ones((n_components, len(border)), dtype=bool)
        meeting = everywhere if touches is None else touches[:, border]
        touched = [np.flatnonzero(row) for row in meeting]
        return cls(_padded(members, -1), border, _padded(touched, len(border)), len(component))

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of D, C and A."""
        (g, m), k, r = self.inner.shape, self.touched.shape[1], len(self.border)
        return (g, m, m), (g, m, k), (r, r)

    @property
    def n_entries(self) -> int:
        """Length of D, C and A together."""
        return sum(int(np.prod(shape)) for shape in self.shapes)

    def entries(self, one: Ints, other: Ints) -> Ints:
        """Place of the entries (one, other) in D, C and A; -1 for those below C."""
        (g, m), k, r = self.inner.shape, self.touched.shape[1], len(self.border)
        component, place = self._places
        inside, outside = component[one] >= 0, component[other] < 0
        own = component[one] * m + place[one]
        in_d = own * m + place[other]
        local = self._local[component[one], np.where(outside, place[other], r)]
        in_c = g * m * m + own * k + local
        in_a = g * m * (m + k) + place[one] * r + place[other]
        both = np.where(inside, np.where(outside, in_c, in_d), np.where(outside, in_a, -1))
        return both.astype(np.int64)

    @cached_property
    def _places(self) -> tuple[Ints, Ints]:
        """Component of every column, -1 for the border, and its place there."""
        component, place = np.full(self.size, -1), np.zeros(self.size, dtype=np.int64)
        g, k = np.nonzero(self.inner >= 0)
        component[self.inner[g, k]] = g
        place[self.inner[g, k]] = k
        place[self.border] = np.arange(len(self.border))
        return component, place

    @cached_property
    def _local(self) -> Ints:
        """Place of the border's columns among those that a component touches, (G + 1, r + 1)."""
        local = np.zeros((len(self.inner) + 1, len(self.border) + 1), dtype=np.int64)
        g, k = np.nonzero(self.touched < len(self.border))
        local[g, self.touched[g, k]] = k
        return local

    @cached_property
    def gather(self) -> csr_array:
        """Adds up what components have on the border, (r, G k)."""
        place = self.touched.ravel()
        kept = np.flatnonzero(place < len(self.border))
        shape = (len(self.border), len(place))
        return csr_array((np.ones(len(kept)), (place[kept], kept)), shape=shape)

    @cached_property
    def gather_pairs(self) -> csr_array:
        """Adds up what components have on pairs of the border, (r r, G k k)."""
        r = len(self.border)
        one, other = self.touched[:, :, None], self.touched[:, None, :]
        place = np.where((one < r) & (other < r), one * r + other, -1).ravel()
        kept = np.flatnonzero(place >= 0)
        return csr_array((np.ones(len(kept)), (place[kept], kept)), shape=(r * r, len(place)))

    def split(self, entries: Floats) -> tuple[Floats, Floats, Floats]:
        """Cut entries (B, E) into D, C and A; columns that a component lacks are 1."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])
        parts = np.split(entries, ends[:-1], axis=1)
        d, c, a = (x.reshape(len(x), *s) for x, s in zip(parts, self.shapes, strict=True))
        g, k = np.nonzero(self.inner < 0)
        d[:, g, k, k] = 1.0
        return d, c, a

    def inside(self, vectors: Floats) -> tuple[Floats, Floats]:
        """Cut vectors (B, n) into (B, G, m) and (B, r)."""
        padded = np.where(self.inner >= 0, vectors[:, self.inner], 0.0)
        return padded, vectors[:, self.border]

    def beside(self, border: Floats) -> Floats:
        """Give every component its part of the border (B, r), shape (B, G, k)."""
        padded = np.concatenate([border, np.zeros((len(border), 1))], axis=1)
        return padded[:, self.touched]

    def together(self, inner: Floats, border: Floats) -> Floats:
        """Put (B, G, m) and (B, r) together again."""
        vectors = np.empty((len(border), self.size))
        g, k = np.nonzero(self.inner >= 0)
        vectors[:, self.inner[g, k]] = inner[:, g, k]
        vectors[:, self.border] = border
        return vectors


def _padded(lists: Sequence[Ints], fill: int) -> Ints:
    """Lay lists of unequal length out as rows."""
    table = np.full((len(lists), max(map(len, lists), default=0)), fill, dtype=np.int64)
    for row, each in zip(table, lists, strict=True):
        row[: len(each)] = each
    return table


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """B factorised matrices.

    Attributes
    ----------
    arrow : Arrow
        Their pattern.
    back : ndarray, shape (B, G, m, m)
        Inverses of the roots of D.
    coupling : ndarray, shape (B, G, m, k)
        The inverse root of D times C.
    schur : ndarray, shape (B, r, r)
        S.
    """

    arrow: Arrow
    back: Floats
    coupling: Floats
    schur: Floats

    @classmethod
    def of(cls, arrow: Arrow, entries: Floats) -> Factor:
        """Factorise from entries (B, E).

        Raises
        ------
        numpy.linalg.LinAlgError
            If a matrix is not positive definite.
        """
        d, c, a = arrow.split(entries)
        back = _inverse_root(d)
        coupling = back @ c
        taken = np.swapaxes(coupling, 2, 3) @ coupling
        one_by_one = taken.reshape(len(d), -1)  # all at once would copy them first
        added = np.stack([arrow.gather_pairs @ each for each in one_by_one])
        return cls(arrow, back, coupling, a - added.reshape(a.shape))

    @classmethod
    def joined(cls, factors: Sequence[Factor]) -> Factor:
        """Join factors of one pattern."""
        back, coupling, schur = (
            np.concatenate([getattr(each, part) for each in factors])
            for part in ("back", "coupling", "schur")
        )
        return cls(factors[0].arrow, back, coupling, schur)

    def some(self, kept: Ints | NDArray[np.bool_]) -> Factor:
        """Those of the matrices that are kept, in that order."""
        return Factor(self.arrow, self.back[kept], self.coupling[kept], self.schur[kept])

    def solve(self, vectors: Floats) -> Floats:
        """Solve for vectors (B, n)."""
        inner, border = self.arrow.inside(vectors)
        half = (self.back @ inner[..., None])[..., 0]
        taken = (half[:, :, None, :] @ self.coupling)[:, :, 0]
        border = border - (self.arrow.gather @ taken.reshape(len(taken), -1).T).T
        border = np.linalg.solve(self.schur, border[..., None])[..., 0]
        return self.arrow.together(self._back(half, border), border)

    def _back(self, half: Floats, border: Floats) -> Floats:
        """Components from the halfway (B, G, m) and the border (B, r)."""
        beside = self.arrow.beside(border)[..., None]
        rest = half[..., None] - self.coupling @ beside
        inner: Floats = (np.swapaxes(self.back, 2, 3) @ rest)[..., 0]
        return inner

    def log_determinant(self) -> Floats:
        """Logarithms of the determinants, shape (B,)."""
        own = -2 * np.log(np.diagonal(self.back, axis1=2, axis2=3)).sum(axis=(1, 2))
        total: Floats = own + np.linalg.slogdet(self.schur)[1]
        return total

    def inverse_entries(self) -> Floats:
        """Entries of the inverses at the places of the pattern, those of C twice; (B, E)."""
        border = np.linalg.inv(self.schur)
        padded = np.pad(border, ((0, 0), (0, 1), (0, 1)))
        touched = self.arrow.touched
        beside = padded[:, touched[:, :, None], touched[:, None, :]]
        turned = np.swapaxes(self.back, 2, 3)
        reach = turned @ self.coupling
        between = -reach @ beside
        own = turned @ self.back - between @ np.swapaxes(reach, 2, 3)
        parts = [own, 2 * between, border]
        return np.concatenate([each.reshape(len(border), -1) for each in parts], axis=1)

    def spread(self, standard: Floats) -> Floats:
        """Give standard normal vectors (J, B, n) the covariance of the inverse."""
        root = np.swapaxes(_inverse_root(self.schur), 1, 2)
        drawn = np.empty_like(standard)
        for k, each in enumerate(standard):
            inner, border = self.arrow.inside(each)
            border = (root @ border[..., None])[..., 0]
            drawn[k] = self.arrow.together(self._back(inner, border), border)
        return drawn


def _inverse_root(matrices: Floats) -> Floats:
    """Invert the lower roots of matrices (..., m, m)."""
    return _inverse(np.linalg.cholesky(matrices))


def _inverse(root: Floats) -> Floats:
    """Invert lower triangular matrices (..., m, m), by halves; LAPACK has no call for many."""
    m = root.shape[-1]
    if m <= SMALL:
        return _inverse_by_rows(root)
    half = m // 2
    upper, lower = _inverse(root[..., :half, :half]), _inverse(root[..., half:, half:])
    inverse = np.zeros_like(root)
    inverse[..., :half, :half], inverse[..., half:, half:] = upper, lower
    inverse[..., half:, :half] = -(lower @ root[..., half:, :half] @ upper)
    return inverse


def _inverse_by_rows(root: Floats) -> Floats:
    """Invert lower triangular matrices (..., m, m) by forward substitution."""
    inverse = np.zeros_like(root)
    for i in range(root.shape[-1]):
        scale = 1 / root[..., i, i]
        inverse[..., i, i] = scale
        done = (root[..., i, None, :i] @ inverse[..., :i, :i])[..., 0, :]
        inverse[..., i, :i] = -done * scale[..., None]
    return inverse


def components(
    groups: Sequence[Ints], sizes: Sequence[int], border: int, tied: Sequence[Ints] = ()
) -> tuple[int, ...]:
    """Choose the effects to eliminate, by what factorising would cost.

    Parameters
    ----------
    groups : sequence of ndarray, shape (N,)
        Group of every row, by effect.
    sizes : sequence of int
        Columns of one group of each effect.
    border : int
        Columns that are in the border anyhow.
    tied : sequence of ndarray, shape (N,)
        Further groups whose rows must not be in different components.

    Returns
    -------
    tuple of int
        Effects whose columns fall into components.
    """
    chosen: tuple[int, ...] = ()
    width = [(int(each.max()) + 1) * size for each, size in zip(groups, sizes, strict=True)]
    best = float(border + sum(width)) ** 3
    for k in np.argsort(width, kind="stable")[::-1]:
        tried = (*chosen, int(k))
        label = connected([*tied, *(groups[j] for j in tried)])
        met = [_met(label, group) * size for group, size in zip(groups, sizes, strict=True)]
        m = int(np.sum([met[j] for j in tried], axis=0).max())
        touched = border + sum(int(met[j].max()) for j in range(len(groups)) if j not in tried)
        outside = border + sum(w for j, w in enumerate(width) if j not in tried)
        n = int(label.max()) + 1
        cost = n * (m**3 + m**2 * touched + m * touched**2) + float(outside) ** 3
        if cost < best:
            chosen, best = tried, cost
    return chosen


def connected(groups: Sequence[Ints]) -> Ints:
    """Number the components of rows that share a group, shape (N,)."""
    label = groups[0].copy()
    while True:
        before = label
        for group in groups:
            lowest = np.full(int(group.max()) + 1, len(label))
            np.minimum.at(lowest, group, label)
            label = lowest[group]
        if (label == before).all():
            return np.unique(label, return_inverse=True)[1].ravel()


def _met(label: Ints, group: Ints) -> Ints:
    """How many groups every component meets."""
    pairs = np.unique(label * (int(group.max()) + 1) + group) // (int(group.max()) + 1)
    return np.bincount(pairs)
