"""What every unit of the design adds to an average by way of who is averaged over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.composition import Composition
from jfmodels.model.cells import spread

__all__ = ["levelling"]

type Floats = NDArray[np.float64]


def levelling(composed: Composition, expected: Floats, sums: Floats) -> Floats:
    """What the estimated totals of waves made to weigh the same add to every unit; (U, C).

    A mean moves by the sum of a wave's deviations from it, times the relative error of the
    wave's total. `expected` (G, I) is what the model expects of each sum, `sums` (2, U, C)
    numerator and denominator.
    """
    wave, weight = composed.levelled, composed.weight[:, None]
    if wave is None:
        return np.zeros(sums.shape[1:])
    above, below = sums.sum(axis=1)
    mean = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    shape = (sums.shape[1], int(wave.max()) + 1)
    held = csr_array((composed.weight, (composed.unit, wave)), shape=shape).toarray()
    total = held.sum(axis=0)
    share = np.divide(held, total, out=np.zeros_like(held), where=total > 0)
    each = (weight * expected, np.broadcast_to(weight, expected.shape))
    y, x = (spread(composed.grid, wave, composed.place, shape[1], part) for part in each)
    moved = np.divide(y - mean * x, below, out=np.zeros_like(y), where=below > 0)
    return -share @ moved
