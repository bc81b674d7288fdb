"""Which entries the curvature of a field has, and what each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from jfmodels.engines.bayesian.arrow import Arrow, Factor, components, connected
from jfmodels.engines.bayesian.likelihood import Likelihood
from jfmodels.model.latent import Latent

__all__ = ["Curvature"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curvature:
    """The pattern of the curvature of a field's log density.

    Attributes
    ----------
    model : Latent
        The model.
    likelihood : Likelihood
        What the answers say of the predictors.
    """

    model: Latent
    likelihood: Likelihood

    @cached_property
    def arrow(self) -> Arrow:
        """Pattern of the curvature."""
        model = self.model
        groups = [effect.group for effect in model.effects]
        sizes = [len(effect.coordinates) * model.n_channels for effect in model.effects]
        outside = model.n_fixed * model.n_channels + model.n_thresholds
        tied = [] if model.integrated is None else [model.integrated.group]
        chosen = components(groups, sizes, outside, tied) if groups else ()
        component = np.full(model.size, -1)
        if not chosen:
            return Arrow.of(component)
        label = connected([*tied, *(groups[k] for k in chosen)])
        for k in chosen:
            component[self.model.places(k)] = self._of_group(k, label)[:, None, None]
        return Arrow.of(component, self._touches(label))

    def _touches(self, label: Ints) -> NDArray[np.bool_]:
        """Which columns stand in a row with every component, shape (G, n)."""
        model = self.model
        rows = np.arange(len(label))
        inside = csr_array((np.ones(len(label)), (label, rows)))
        met = (inside @ abs(model.columns)).toarray() > 0
        thresholds = np.ones((len(met), model.n_thresholds), dtype=bool)
        return np.concatenate([*[met] * model.n_channels, thresholds], axis=1)

    def _of_group(self, effect: int, label: Ints) -> Ints:
        """Label of every group of an effect, from those of rows."""
        found = np.zeros(len(self.model.effects[effect].levels), dtype=np.int64)
        found[self.model.effects[effect].group] = label
        return found

    @cached_property
    def _answering(self) -> csr_array:
        """Entries of the curvature from the information of rows and pairs, (E, R)."""
        model, (one, other) = self.model, self.likelihood.together
        pairs = model.family.tally.pairs(model.n_channels + model.n_thresholds)
        channel = [self.channel(k) for k in range(model.n_channels + model.n_thresholds)]
        parts = [self._products(channel[j], channel[k], j == k) for j, k in pairs]
        parts.append(self._products(channel[0][one], channel[0][other], False))
        for j, k in self.likelihood.thresholds:
            parts.append(self._products(channel[j][:1], channel[k][:1], j == k))
        return csr_array(vstack(parts, format="csr").T.tocsr())

    def channel(self, k: int) -> csr_array:
        """How rows' k-th predictor, before coding, loads on the field, (N, n)."""
        model = self.model
        columns = self.likelihood.columns.tocoo()
        shape = (columns.shape[0], model.size)
        if k < model.n_channels:
            place = (columns.row, columns.col + k * model.width)
            return csr_array((columns.data, place), shape=shape)
        threshold = model.n_channels * model.width + k - model.n_channels
        rows = np.arange(shape[0])
        return csr_array((np.ones(len(rows)), (rows, np.full(len(rows), threshold))), shape=shape)

    def _products(self, one: csr_array, other: csr_array, same: bool) -> csr_array:
        """Products of what a row loads on, placed among the entries; (N, E)."""
        row, left, right = _pairs(one, other)
        value = one.data[left] * other.data[right]
        a, b = one.indices[left].astype(np.int64), other.indices[right].astype(np.int64)
        orders = [(a, b)] if same else [(a, b), (b, a)]
        place = np.concatenate([self.arrow.entries(*each) for each in orders])
        row, value = np.tile(row, len(orders)), np.tile(value, len(orders))
        kept = place >= 0
        shape = (one.shape[0], self.arrow.n_entries)
        return csr_array((value[kept], (row[kept], place[kept])), shape=shape)

    @cached_property
    def _prior_entries(self) -> tuple[Ints, ...]:
        """Places of each effect's precisions among the entries, (G, n_channels, m, m)."""
        found = []
        for k in range(len(self.model.effects)):
            place = np.swapaxes(self.model.places(k), 1, 2)
            found.append(self.arrow.entries(place[..., :, None], place[..., None, :]))
        return tuple(found)

    @cached_property
    def _diagonal(self) -> Ints:
        """Places of the diagonal among the entries, shape (n,)."""
        every = np.arange(self.model.size)
        return self.arrow.entries(every, every)

    def entries(self, information: Floats, diagonal: Floats, precision: Sequence[Floats]) -> Floats:
        """Entries (E, B) from the information of rows (R, B) and what is known beforehand.

        Parameters
        ----------
        information : ndarray, shape (R, B)
            Of rows and of pairs of predictors.
        diagonal : ndarray, shape (n,)
            Precision of coefficients and thresholds; 0 for effects.
        precision : sequence of ndarray, shape (m, m, B)
            Of one group of each effect.
        """
        found: Floats = self._answering @ information
        found[self._diagonal] += diagonal[:, None]
        for place, each in zip(self._prior_entries, precision, strict=True):
            kept = place >= 0
            for i, j in np.ndindex(*each.shape[:2]):
                found[place[..., i, j][kept[..., i, j]]] += each[i, j]
        return found

    def row_variances(self, factor: Factor) -> Floats:
        """Variances of the rows' first predictor under normal approximations, (N, B)."""
        n = self.likelihood.columns.shape[0]
        variances: Floats = self._answering[:, :n].T.tocsr() @ factor.inverse_entries().T
        return variances


def _pairs(one: csr_array, other: csr_array) -> tuple[Ints, Ints, Ints]:
    """Row, place in `one` and place in `other` of all pairs of entries of the same row."""
    n_one, n_other = np.diff(one.indptr), np.diff(other.indptr)
    row_of = np.repeat(np.arange(one.shape[0]), n_one)
    repeats = n_other[row_of]
    left = np.repeat(np.arange(len(one.data)), repeats)
    first = np.cumsum(repeats) - repeats
    within = np.arange(int(repeats.sum())) - np.repeat(first, repeats)
    row = row_of[left]
    return row, left, other.indptr[row] + within
