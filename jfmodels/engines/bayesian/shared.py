"""A fit that was saved to be shared: draws of parameters and finished tables, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from jfmodels.display.card import Card, Displayed
from jfmodels.errors import listing

if TYPE_CHECKING:
    from xarray import DataTree

__all__ = ["SharedFit"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SharedFit(Displayed):
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

    Examples
    --------
    >>> import tempfile
    >>> import jfmodels as jf
    >>> formula = "shown(trust_army) ~ wave + (1 | commune)"
    >>> model = jf.fit(formula, jf.example(), weighting="ignore")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = model.save(f"{folder}/fit.nc", share=True)
    ...     sorted(jf.load_fit(path).tables)
    ['diagnostics', 'priors', 'summary', 'variance_components']
    """

    formula: str
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    idata: DataTree = field(repr=False)
    record: Mapping[str, Any] = field(repr=False)

    def _card(self) -> Card:
        known = {name: str(self.record[name]) for name in ("engine", "seed") if name in self.record}
        return Card(
            "Shared fit",
            f"of {self.formula}",
            {"tables": ", ".join(self.tables), **known},
            notes=["It holds no interviews, so it makes no new tables."],
        )

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
