"""From replicates of the sample to a joint belief: the second way to the same `Normal`.

The deviation of every replicate's estimate, scaled, is a row of influence, so that variances,
covariances, contrasts and tests above need not know where the rows came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import eye_array

from jfmodels.engines.evidence import cell_df
from jfmodels.engines.linearize import DesignDf
from jfmodels.errors import SpecError
from jfmodels.model.cells import Grid, Tables, tabulate_replicates
from jfmodels.results.normal import Constant, DegreesOfFreedom, Normal
from jfmodels.survey.replicates import Multipliers, Replicates, multipliers_of
from jfmodels.survey.reweighting import reweighted
from jfmodels.survey.survey import Survey

__all__ = [
    "deviations",
    "replicate_totals",
    "replicated",
    "replicates_for",
    "require_way",
    "with_replicates",
]

type Floats = NDArray[np.float64]
type Where = Mapping[str, Sequence[str]]

PRESENT = 0.9  # share of the replicates that must hold a cell for its variance to be known


def replicates_for(survey: Survey, settings: Replicates) -> Multipliers:
    """Make or take a survey's replicates; adjusted weights are in the rows of `with_replicates`."""
    made = multipliers_of(settings, survey.sampling, survey.design.replicates)
    return replace(made, factors=None) if survey.adjustments else made


def with_replicates(survey: Survey, settings: Replicates | None) -> Survey:
    """Put replicates of a survey whose weights were adjusted into its rows, each adjusted again."""
    if settings is None or not survey.adjustments:
        return survey
    made = multipliers_of(settings, survey.sampling, survey.design.replicates)
    return survey if made.factors is None else reweighted(survey, made.factors)


def require_way(survey: Survey, settings: Replicates | None) -> None:
    """Refuse to linearise where the data hold replicate weights but no clusters."""
    design = survey.design
    if settings is None and design.replicates is not None and not design.all_stages:
        raise SpecError(
            "The data hold replicate weights and name no clusters, so linearisation would take "
            "people for independent. Say replicates=jf.Replicates('supplied')."
        )
    if settings is not None and not isinstance(settings, Replicates):
        found = type(settings).__name__
        raise SpecError(f"replicates= takes a Replicates, as Replicates('jkn'); found {found}.")


def replicate_totals(
    survey: Survey, replicates: Multipliers, grid: Grid, tables: Tables, where: Where
) -> tuple[Floats, Floats]:
    """Numerators and denominators of every cell in every replicate, shape (R, C) each."""
    if replicates.factors is None:
        return tabulate_replicates(survey.rows, grid, where)
    factors = replicates.factors.T
    return factors @ tables.numerator, factors @ tables.denominator


def deviations(estimate: Floats, values: Floats, replicates: Multipliers) -> Floats:
    r"""Influence of every replicate, so that ``cov = U.T @ U``.

    Rows are :math:`\sqrt{c_r}(\hat\theta_r - \bar\theta)`. A replicate that holds nothing of a
    cell says nothing of it: the others stand for it, unless they are too few; then the variance
    is missing.

    Parameters
    ----------
    estimate : ndarray, shape (C,)
        Estimates from the whole sample.
    values : ndarray, shape (R, C)
        Those of every replicate; NaN where there is nothing to estimate from.
    replicates : Multipliers
        Their scales.
    """
    counted = replicates.scales > 0
    values = values if counted.all() else values[counted]
    missing = np.isnan(values)
    present = 1 - missing.mean(axis=0)
    rows = np.where(missing, 0.0, values)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = rows.sum(axis=0) / (present * len(rows))
        inflate = np.where(present >= PRESENT, 1 / np.sqrt(present), np.nan)
    rows -= estimate if replicates.mse else mean
    rows[missing] = 0.0
    rows *= np.sqrt(replicates.scales[counted])[:, None]
    rows *= inflate
    return rows


def replicated(
    survey: Survey, replicates: Multipliers, tables: Tables, mean: Floats, values: Floats
) -> Normal:
    """Belief about cells from the estimates of all replicates.

    Parameters
    ----------
    survey, replicates
        The survey and its replicates.
    tables : Tables
        Which clusters each cell rests on.
    mean : ndarray, shape (C,)
        Estimates from the whole sample.
    values : ndarray, shape (R, C)
        Those of every replicate.
    """
    rows = deviations(mean, values, replicates)
    degrees = _degrees(survey, replicates, tables)
    return Normal(mean, rows, degrees, eye_array(len(mean), format="csr"))


def _degrees(survey: Survey, replicates: Multipliers, tables: Tables) -> DegreesOfFreedom:
    """Degrees of freedom that were stated, else clusters minus strata; never the replicates'."""
    if replicates.df is not None:
        return Constant(replicates.df)
    return DesignDf(cell_df(tables, survey.sampling), survey.sampling.df)
