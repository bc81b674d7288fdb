"""What is true of the changes that a survey finds: wrong signs, and exaggeration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, require_share
from jfmodels.planning.power import TTest, exaggeration, power_of, wrong_sign
from jfmodels.planning.survey_plan import SurveyPlan
from jfmodels.results.table import Table

__all__ = ["type_s_m"]

type Floats = NDArray[np.float64]
type Change = float | Sequence[float] | None

NUMBERS = ("change", "std_error", "df", "df_test")


def type_s_m(
    of: SurveyPlan | pd.DataFrame,
    change: Change = None,
    *,
    alpha: float = 0.05,
) -> pd.DataFrame:
    r"""Say how often a change that is found has the wrong sign, and how much it exaggerates.

    Only estimates far from zero pass a test. If the true change is small beside its standard
    error, those that pass are far from the truth: some on the wrong side (type S), all of them
    too large (type M) [1]_. Both follow from the noncentral t distribution, in which the
    standard error is estimated too; with infinite degrees of freedom they are those of [1]_.

    Parameters
    ----------
    of : SurveyPlan or DataFrame
        A plan, or a table of :func:`jfmodels.detectable_change`.
    change : float or list of float, optional
        The true change that is supposed, above 0; by default what is detectable with a power
        of 0.8, or the table's. A table's standard errors are those of its own detectable
        change.
    alpha : float, default 0.05
        Level of the two-sided t test.

    Returns
    -------
    DataFrame
        Columns of :data:`jfmodels.results.schema.SIGN_MAGNITUDE`, for every change in turn the
        rows of the table, or one row of the plan. Where strata are few the test by
        Satterthwaite's rule takes fewer degrees of freedom than the variance has, and finds next
        to nothing less often than its level says; such rows are flagged.

    Raises
    ------
    SpecError
        If a change is not above 0 or larger than shares leave room for, or the table is of
        another kind.

    References
    ----------
    .. [1] Gelman, A. and Carlin, J. (2014). Beyond power calculations: assessing type S (sign)
       and type M (magnitude) errors. Perspectives on Psychological Science 9, 641-651.

    Examples
    --------
    >>> import jfmodels as jf
    >>> region = jf.SurveyPlan(
    ...     n=136, clusters=4, share=0.5, icc=0.05, icc_between_waves=0.04, overlap=1
    ... )
    >>> table = jf.type_s_m(region, change=[0.05, 0.10])
    >>> table[["power", "type_s", "exaggeration"]].round(2).to_numpy().tolist()
    [[0.08, 0.07, 2.78], [0.18, 0.01, 1.67]]
    """
    require_share("alpha", alpha)
    rows = _of_plan(of, change) if isinstance(of, SurveyPlan) else _of_table(of, change)
    true, error, df, df_test = (rows[name].to_numpy(float) for name in NUMBERS)
    test = TTest(df, df_test, alpha)
    power = power_of(true, error, test)
    return rows.assign(
        alpha=alpha,
        power=power,
        type_s=wrong_sign(true, error, test),
        exaggeration=exaggeration(true, error, test),
        flag=pd.Series([("careful_test",) if each < alpha else () for each in power], dtype=object),
    )


def _of_plan(plan: SurveyPlan, change: Change) -> pd.DataFrame:
    """One row for every change that is supposed."""
    sizes = [plan.detectable_change()] if change is None else _sizes(change)
    errors = [plan.std_error(size) for size in sizes]
    df, df_test = float(plan.test().df[0]), float(plan.test().df_test[0])
    return Table({"change": sizes, "std_error": errors, "df": df, "df_test": df_test})


def _of_table(table: pd.DataFrame, change: Change) -> pd.DataFrame:
    """All rows of a table for every change that is supposed."""
    if "detectable" not in getattr(table, "columns", ()):
        raise SpecError(
            "type_s_m takes a SurveyPlan, or a table that jf.detectable_change made; found another "
            f"{type(table).__name__}."
        )
    labels = list(table.columns[: table.columns.get_loc("detectable")])
    kept = table[[*labels, *NUMBERS[1:]]]
    if change is None:
        sizes = table["detectable"].to_numpy(dtype=float)
        repeated = kept
    else:
        sizes = np.repeat(_possible(change, table["level"].to_numpy(float)), len(table))
        repeated = pd.concat([kept] * (len(sizes) // max(len(table), 1)), ignore_index=True)
    supposed = repeated.assign(change=sizes)[[*labels, *NUMBERS]]
    supposed.attrs = dict(table.attrs)
    return supposed


def _possible(change: float | Sequence[float], level: Floats) -> list[float]:
    """Read one or several changes, none larger than the shares of any row leave room for."""
    sizes = _sizes(change)
    room = np.nanmin(np.maximum(level, 1 - level), initial=np.inf)
    if max(sizes) > room:
        raise SpecError(
            f"change: {max(sizes):g} is more than a share that lies where a row's does can move, "
            f"{room:.2g}; 0.05 is five percentage points."
        )
    return sizes


def _sizes(change: float | Sequence[float]) -> list[float]:
    """Read one or several changes, each above 0."""
    given = np.atleast_1d(np.asarray(change))
    if given.dtype.kind not in "iuf" or given.ndim != 1 or not (given > 0).all():
        raise SpecError(f"change is a number above 0, or a list of such; found {change!r}.")
    sizes: list[float] = given.astype(float).tolist()
    return sizes
