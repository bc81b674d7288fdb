"""Tables of several fits as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

__all__ = ["stacked"]


def stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put tables of the same question under one another.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the name of their fit.

    Returns
    -------
    DataFrame
        Columns of :data:`jfmodels.results.schema.STACKED`.
    """
    parts = [table.assign(fit=name) for name, table in tables.items()]
    labelled = [*parts[0].select_dtypes("category").columns, "fit"]
    kinds = {str(name): _kind(parts, str(name)) for name in labelled}
    rows = pd.concat([part.astype(kinds) for part in parts], ignore_index=True)
    rows.insert(0, "fit", rows.pop("fit"))
    errors = dict.fromkeys(part.attrs["record"]["errors"] for part in parts)
    record = {**parts[0].attrs["record"], "errors": " + ".join(errors), "fits": list(tables)}
    wording = {
        outcome: numbers
        for part in parts
        for outcome, numbers in part.attrs["record"].get("wording", {}).items()
    }
    rows.attrs["record"] = record | ({"wording": wording} if wording else {})
    return rows


def _kind(parts: Sequence[pd.DataFrame], name: str) -> pd.CategoricalDtype:
    """Labels of a column in all tables, in the order in which they first come."""
    columns = [part[name] for part in parts]
    labels = [each.cat.categories if hasattr(each, "cat") else each.unique() for each in columns]
    every = dict.fromkeys(label for each in labels for label in each)
    return pd.CategoricalDtype(pd.Index(list(every), dtype="str"), ordered=True)
