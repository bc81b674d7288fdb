"""The smallest difference that a survey would find, row by row of any question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.engines.design_based.direct import direct
from jfmodels.errors import SpecError, require_share
from jfmodels.model.cells import Where, read_where
from jfmodels.planning.power import TTest
from jfmodels.planning.precision import Precision
from jfmodels.planning.variances import PlannedCells, planned_cells
from jfmodels.results.estimands import Change, Estimand, Range
from jfmodels.results.plans import Plan
from jfmodels.results.schema import DETECTABLE, columns
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.sampling import require_one_stage
from jfmodels.survey.survey import Survey, require_survey

__all__ = ["detectable_change", "detectable_of"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

OF_ESTIMATES = ("at_boundary", "few_clusters", "wide_interval")  # flags of one sample's outcome


def detectable_change(
    survey: Survey,
    outcomes: Names,
    *,
    by: Names = None,
    against: str = "previous",
    where: Where | None = None,
    categories: str | Sequence[str] = "shown",
    power: float = 0.8,
    alpha: float = 0.05,
) -> pd.DataFrame:
    r"""Say which changes between waves a survey of this design would find.

    The planning variance of a row is built from variances that are pooled over all strata and
    waves: of people within a cluster, of clusters, and of both from wave to wave, which decides
    what visiting the same clusters, or asking the same people, again is worth. It does not use
    the row's own standard error, which on four clusters may by chance be half or twice what it
    should be. Weights, sizes and degrees of freedom are the row's own, as is who was asked
    again. The power is exact for a two-sided t test, by the noncentral t distribution.

    A share is meant to move from where the group's waves lie on average towards one half, where
    shares vary most.

    Parameters
    ----------
    survey : Survey
        The survey.
    outcomes : str or list of str
        Outcomes of the codebook.
    by : str or list of str, optional
        Groups.
    against : {"previous", "first", "all"} or str, default "previous"
        As in :meth:`jfmodels.Fit.changes`.
    where, categories
        As in :meth:`jfmodels.Fit.changes`.
    power : float, default 0.8
        Probability with which the change is to be found.
    alpha : float, default 0.05
        Level of the test. Tables adjust p-values for the number of rows; with K rows,
        ``alpha=0.05 / K`` is what the smallest p-value of Holm's adjustment is held against.

    Returns
    -------
    DataFrame
        Columns of :data:`jfmodels.results.schema.DETECTABLE`, one row for each row of
        ``jf.direct(survey, outcomes).changes(against, by=by)``, in the same order.

    Raises
    ------
    SpecError
        If a name is not known, or later stages of the design vary too, below a finite
        population correction of the first.

    Examples
    --------
    >>> import jfmodels as jf
    >>> table = jf.detectable_change(jf.example(), "trust_army", by="region")
    >>> bool((table["detectable"] > 0.15).all())  # points: 15
    True
    """
    return detectable_of(
        survey,
        outcomes,
        Change(against, by),
        where=where,
        categories=categories,
        power=power,
        alpha=alpha,
    )


def detectable_of(
    survey: Survey,
    outcomes: Names,
    estimand: Estimand,
    *,
    where: Where | None = None,
    categories: str | Sequence[str] = "shown",
    power: float = 0.8,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Say which differences a survey of this design would find, for any question of differences.

    Of a level, what is found is its distance from a given threshold. Rows that set outcomes
    against one another, or average them, have no components to be built from; their planning
    variance is their own, averaged over all rows of the same outcomes.

    Parameters
    ----------
    survey, outcomes, where, categories, power, alpha
        As in :func:`detectable_change`.
    estimand : Level, Change, Contrast, DiffInDiff, Slope or Index
        The question, on the scale of differences.

    Returns
    -------
    DataFrame
        As :func:`detectable_change`, one row for each row of
        ``jf.direct(survey, outcomes).estimate(estimand)``, in the same order.

    Examples
    --------
    >>> import jfmodels as jf
    >>> question = jf.Contrast("region", reference="Mopti")
    >>> table = jf.detectable_of(jf.example(), "trust_army", question)
    >>> table["region"].unique().tolist()
    ['Bandiagara', 'Gao', 'Timbuktu']
    """
    require_survey(survey)
    require_share("power", power)
    require_share("alpha", alpha)
    _require_differences(survey, estimand)
    fit = direct(survey, outcomes, where=where)
    table = fit.estimate(estimand, categories=categories)
    grid = fit.joint(as_names(estimand.axes), categories=categories).grid
    plan = estimand.plan(grid)
    cells = planned_cells(survey, grid, read_where(survey, where))
    item = cells.item_of(plan.combined)
    known = table["std_error"].notna().to_numpy()
    planned = _pooled_over_rows(_planned(cells, plan, alpha), item < 0, table)
    precision = _where(known, planned)
    found = precision.detectable(power)
    numbers: dict[str, Any] = {
        "detectable": found,
        "power": power,
        "alpha": alpha,
        "std_error": precision.std_error(np.where(np.isnan(found), 0.0, found)),
        "df": precision.test.df,
        "df_test": precision.test.df_test,
        "level": precision.level_ref,
        "icc": _of_item(cells.components.icc, item),
        "icc_between_waves": _of_item(cells.components.icc_between_waves, item),
        "person_correlation": _of_item(cells.components.person_correlation, item),
        "flag": _flags(table, precision.test.df < 2, known & np.isnan(found)),
    }
    groups = [axis.name for axis in grid.axes if axis.name != "wave"]
    found_rows = table.assign(**numbers)[columns(groups, DETECTABLE)]
    found_rows.attrs["record"] = _with_asked(table.attrs["record"], power, alpha)
    return found_rows


def _require_differences(survey: Survey, estimand: Estimand) -> None:
    """Refuse questions and designs that have no planning variance."""
    scale = getattr(getattr(estimand, "of", estimand), "scale", "difference")
    if isinstance(estimand, Range) or scale != "difference":
        raise SpecError(
            "What is detectable is said of differences: ask of jf.Change, jf.Contrast, jf.Level "
            f"and the like with scale='difference'; found {estimand!r}."
        )
    require_one_stage(survey.sampling, "Planning variances are")


def _planned(cells: PlannedCells, plan: Plan, alpha: float) -> Precision:
    """Planning variances of all rows from their components."""
    own = cells.unit_variance(plan.combined)
    by_stratum = np.add.reduceat(own, cells.degrees.stage.starts, axis=1)
    test = TTest.of_strata(by_stratum, cells.degrees.of_strata(plan.combined), alpha)
    variance, nothing = own.sum(axis=1), np.zeros(len(own))
    if plan.against is None:
        return Precision(variance, nothing, nothing, nothing * np.nan, nothing * np.nan, test)
    moving = cells.unit_variance(plan.weights).sum(axis=1)
    reference = cells.unit_variance(plan.against).sum(axis=1)
    levels = cells.levels(plan.weights), cells.levels(plan.against)
    return Precision(moving, reference, (moving + reference - variance) / 2, *levels, test)


def _pooled_over_rows(
    precision: Precision, mixed: NDArray[np.bool_], table: pd.DataFrame
) -> Precision:
    """Give rows of several outcomes the mean of their own variances, clusters held equal."""
    if not mixed.any():
        return precision
    labels = ["outcome", "category", "outcome_ref", "category_ref"]
    per_cluster = table["std_error"] ** 2 * table["n_clusters"]
    pooled = per_cluster.groupby([table[each] for each in labels], dropna=False, observed=True)
    own = (pooled.transform("mean") / table["n_clusters"]).to_numpy(dtype=float)
    df = table["df"].to_numpy(dtype=float)
    missing = np.where(mixed, np.nan, 0.0)
    return Precision(
        np.where(mixed, own, precision.variance),
        np.where(mixed, 0.0, precision.variance_ref),
        np.where(mixed, 0.0, precision.covariance),
        precision.level + missing,
        precision.level_ref + missing,
        TTest(
            np.where(mixed, df, precision.test.df),
            np.where(mixed, df, precision.test.df_test),
            precision.test.alpha,
        ),
    )


def _where(known: NDArray[np.bool_], precision: Precision) -> Precision:
    """Leave rows out that have no estimate, or none whose error can be estimated."""
    missing = np.where(known, 0.0, np.nan)
    test = replace(
        precision.test,
        df=precision.test.df + missing,
        df_test=precision.test.df_test + missing,
    )
    return replace(precision, variance=precision.variance + missing, test=test)


def _with_asked(record: Mapping[str, Any], power: float, alpha: float) -> dict[str, Any]:
    """Add what was asked to the record of the estimates."""
    return {**record, "call": {**record["call"], "power": power, "alpha": alpha}}


def _of_item(values: Floats, item: Ints) -> Floats:
    """What each row's item has; NaN in rows of several."""
    return np.append(values, np.nan)[item]


def _flags(
    table: pd.DataFrame, few: NDArray[np.bool_], unreachable: NDArray[np.bool_]
) -> list[tuple[str, ...]]:
    """Flags of the design of each row, without those of how one sample came out."""
    kept = [{code for code in codes if code not in OF_ESTIMATES} for codes in table["flag"]]
    for code, holds in (("few_clusters", few), ("not_detectable", unreachable)):
        for codes in (kept[k] for k in np.flatnonzero(holds)):
            codes.add(code)
    return [tuple(sorted(codes)) for codes in kept]
