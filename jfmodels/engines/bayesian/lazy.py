"""Arrays over draws and respondents that are computed where they are looked at.

Loaded only where inference data are made, for it loads xarray.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from xarray import Variable
from xarray.backends import BackendArray
from xarray.core import indexing

__all__ = ["lazily"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Compute = Callable[[Ints, Ints], Floats]


class Computed(BackendArray):
    """An array of chains, draws and respondents, of which parts are computed when asked for.

    Parameters
    ----------
    chains : ndarray of int64, shape (C, D)
        Which draws the chains hold.
    n : int
        Number R of respondents.
    dtype : dtype
        Of the numbers.
    compute : callable
        ``(draws (B,), respondents (r,)) -> (B, r)``.
    """

    def __init__(self, chains: Ints, n: int, dtype: DTypeLike, compute: Compute) -> None:
        self.chains = chains
        self.shape = (*chains.shape, n)
        self.dtype = np.dtype(dtype)
        self.compute = compute

    def __getitem__(self, key: Any) -> Any:
        """Compute a part, in the terms of xarray's backends."""
        support = indexing.IndexingSupport.OUTER
        return indexing.explicit_indexing_adapter(key, self.shape, support, self._part)

    def _part(self, key: tuple[Any, ...]) -> NDArray[Any]:
        """Compute the outer product of places on the three axes; single places drop theirs."""
        places = [np.arange(size)[each] for size, each in zip(self.shape, key, strict=True)]
        chain, draw, respondent = (np.atleast_1d(each) for each in places)
        found = self.compute(self.chains[np.ix_(chain, draw)].ravel(), respondent)
        shaped = found.reshape(len(chain), len(draw), len(respondent)).astype(self.dtype)
        return shaped.squeeze(tuple(k for k, each in enumerate(places) if each.ndim == 0))


def lazily(chains: Ints, n: int, dtype: DTypeLike, compute: Compute) -> Variable:
    """Make a variable over chain, draw and respondent; see :class:`Computed`."""
    array = indexing.LazilyIndexedArray(Computed(chains, n, dtype, compute))
    return Variable(("chain", "draw", "respondent"), array)
