"""A fit that was saved to be shared: draws of parameters and finished tables, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from jfmodels.errors import listing

if TYPE_CHECKING:
    from xarray import DataTree

__all__ = ["SharedFit"]


@dataclass(frozen=True, slots=True, eq=False)
class SharedFit:
    """A fit as it may be passed on; :func:`jfmodels.load_fit` makes it.

    New tables take the interviews, which are not here; ask whoever saved the fit.

    Attributes
    ----------
    formula : str
        The model.
    tables : mapping of str to DataFrame
        Those that every such file holds ("summary", "variance_components", "priors",
        "diagnostics") and those that were named when it was saved.
    idata : DataTree
        Draws of coefficients, thresholds, standard deviations and effects of places, as ArviZ
        reads them.
    record : mapping
        Engine, seed, versions, and the fingerprints of data and codebook.
    """

    formula: str
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    idata: DataTree = field(repr=False)
    record: Mapping[str, Any] = field(repr=False)

    def __getattr__(self, name: str) -> Any:
        """Say why what a fit can be asked cannot be asked here."""
        from jfmodels.engines.bayesian.bayesian_fit import BayesianFit

        if name.startswith("_") or not hasattr(BayesianFit, name):
            raise AttributeError(f"'SharedFit' object has no attribute '{name}'")
        raise AttributeError(
            f"A fit that was saved to be shared answers no {name}(): the interviews are not here. "
            f"It holds the tables {listing(self.tables)}; whoever saved the fit can add others by "
            "save(share=True, tables=...)."
        )

    def __repr__(self) -> str:
        return f"Shared fit of {self.formula}, with the tables {', '.join(self.tables)}"
