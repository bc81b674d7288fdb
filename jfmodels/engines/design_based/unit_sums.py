"""What every unit of the design adds to the score and the information of a model.

Kinds of answer are alike to the likelihood, so a unit is its weights of the N kinds: one sparse
matrix, by which derivatives of the kinds become sums of the units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.design_based.kinds import Kinds
from jfmodels.engines.design_based.pseudo_likelihood import Estimate, Predictors
from jfmodels.model.data import ModelData

__all__ = ["UnitSums", "unit_sums"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class UnitSums:
    """A model's derivatives at some parameters, and who has how much weight of each.

    Attributes
    ----------
    predictors : Predictors
        The model.
    estimate : Estimate
        Derivatives of the N kinds.
    matrix : ndarray, shape (N, p)
        Columns of each kind's pattern.
    visits : csr_array, shape (U W, N)
        Weight that each of U units has of each kind in each of W waves; the mean weight of a
        kind is 1, as it is in the information.
    n_units : int
        Number U of units, those without rows included.
    """

    predictors: Predictors
    estimate: Estimate
    matrix: Floats
    visits: csr_array
    n_units: int

    def scores(self) -> Floats:
        """Sum the scores of every unit, shape (U, Q)."""
        gradient = self.estimate.derivatives.gradient
        return self._over_waves(self.visits @ self.predictors.expand(gradient, self.matrix))

    def parts(self) -> Floats:
        """Sum every unit's part of the information that the model expects, (U, Q, Q)."""
        n_parameters = len(self.predictors.names)
        parts = np.empty((self.n_units, n_parameters, n_parameters))
        for k, part in enumerate(self.predictors.slices):
            right = self.predictors.expand(self.estimate.expected[:, k], self.matrix)
            left = self.matrix if self.predictors.blocks[k] == "x" else np.ones((len(right), 1))
            for place, column in zip(range(part.start, part.stop), left.T, strict=True):
                parts[:, place] = self._over_waves(self.visits @ (column[:, None] * right))
        return parts

    def effects(self) -> Floats:
        """Variance of units' scores if all rows of a unit and wave move together, (U, Q, Q)."""
        roots = np.moveaxis(_roots(self.estimate.expected), 2, 0)
        moved = [self.visits @ self.predictors.expand(root, self.matrix) for root in roots]
        of_unit = np.stack(moved, axis=1).reshape(self.n_units, -1, moved[0].shape[1])
        return np.swapaxes(of_unit, 1, 2) @ of_unit

    def _over_waves(self, values: Floats) -> Floats:
        """Sum values of units and waves over the waves; (U W, Q) to (U, Q)."""
        return values.reshape(self.n_units, -1, values.shape[1]).sum(axis=1)


def unit_sums(
    predictors: Predictors, estimate: Estimate, data: ModelData, kinds: Kinds, unit: Ints, size: int
) -> UnitSums:
    """Sum rows by unit, wave and kind.

    Parameters
    ----------
    predictors, estimate
        The model, and its derivatives at some parameters.
    data, kinds
        Its G sums of rows, and their kinds.
    unit : ndarray of int64, shape (G,)
        Unit of each sum.
    size : int
        Number of units.
    """
    weight = data.weight / kinds.total(data.weight).mean()
    n_waves = int(data.wave.max()) + 1
    shape = (size * n_waves, len(kinds.pattern))
    visits = csr_array((weight, (unit * n_waves + data.wave, kinds.of_sum)), shape=shape)
    return UnitSums(predictors, estimate, predictors.matrix[kinds.pattern], visits, size)


def _roots(information: Floats) -> Floats:
    """Symmetric square roots of (N, L, L) matrices; negative parts count as none."""
    values, vectors = np.linalg.eigh(information)
    root = np.sqrt(np.maximum(values, 0.0))
    return (vectors * root[:, None, :]) @ np.swapaxes(vectors, 1, 2)
