"""Several ways to answer one question beside one another: a panel per group, a line per way."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from jfmodels.errors import SpecError
from jfmodels.report.plot_panels import require_panels
from jfmodels.report.plot_rows import group_columns, level_rows
from jfmodels.report.plot_text import Labels, wording
from jfmodels.report.plot_trend_panels import trend_panels
from jfmodels.report.plot_trends import plot_trend

__all__ = ["plot_comparison"]

WAY = "fit"


def plot_comparison(
    table: pd.DataFrame, *, labels: Labels | None = None, lang: str = "en", ax: Axes | None = None
) -> Axes:
    """Draw the levels of several ways to answer, a panel for each group.

    Parameters
    ----------
    table : DataFrame
        As ``jf.compare(...).levels()`` returns it, or ``levels()`` of :func:`jfmodels.fit_many`.
    labels : mapping, optional
        Display texts, also of ways: ``{"mrp": "Census"}``; see :func:`jfmodels.plot_trend`.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; for a table of one group only.

    Returns
    -------
    Axes
        The first panel; its figure holds all.

    Raises
    ------
    SpecError
        If the table does not name ways, has no level with a wave and an estimate, or more
        groups than panels fit on a page.

    Examples
    --------
    >>> import jfmodels as jf
    >>> import matplotlib.pyplot as plt
    >>> found = jf.compare(jf.example(), "trust_army", by="region", weighting="ignore")
    >>> ax = jf.plot_comparison(found.levels())
    >>> len(ax.figure.axes)
    4
    >>> plt.close(ax.figure)
    """
    if WAY not in getattr(table, "columns", ()):
        raise SpecError(
            "plot_comparison draws the levels of several ways to answer, and this table has no "
            "column 'fit'. Pass jf.compare(...).levels(), or draw one way by plot_trend."
        )
    rows = level_rows(table, "plot_comparison")
    groups = [name for name in group_columns(rows) if name != WAY]
    parts = list(rows.groupby(groups, sort=False, observed=True, dropna=False)) if groups else []
    if len(parts) < 2:
        return plot_trend(table, labels=labels, lang=lang, ax=ax)
    require_panels(len(parts), ax)
    return trend_panels(table, rows, groups, wording(lang, labels, table))
