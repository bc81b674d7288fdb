"""Weights that make a sample look like a population: rake, poststratify, calibrate, trim.

Each verb gives a new survey whose record of adjustments enters every design-based variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose
from jfmodels.survey.adjustments import Adjustment, Fixed
from jfmodels.survey.calibration import DISTANCES
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.margins import Margins, as_margins
from jfmodels.survey.meeting import UNBOUNDED, Way, meet
from jfmodels.survey.reweighting import adjusted
from jfmodels.survey.survey import Survey, require_survey

__all__ = ["WITHIN", "calibrate", "poststratify", "rake", "standardize", "trim"]

type Floats = NDArray[np.float64]

WITHIN: Mapping[str, str] = {
    "wave": "every wave is made to look like the population by itself",
    "pooled": "all waves together are; margins may then name the wave, as ('wave', 'sex') does",
}


def rake(survey: Survey, margins: Margins, *, within: str | None = None) -> Survey:
    r"""Make the margins of a survey those of a population, one factor a category.

    Weights are multiplied by :math:`\exp(x^\top\lambda)`, a product of one factor for each
    category that a person is in [1]_.

    Parameters
    ----------
    survey : Survey
        The survey.
    margins : mapping
        ``{"sex": {"female": 0.51, "male": 0.49}, ("region", "age_group"): {...}}``: shares, or
        counts, by category. A Series or DataFrame is one margin; a Population in place of the
        categories is counted by them; a number is the total (the mean, beside shares) of a
        measured column.
    within : {"wave", "pooled"}
        Whether every wave is to look like the population, or all together; must be said once
        there are waves.

    Returns
    -------
    Survey
        With the new weights, the old ones and the adjustment on record: estimates from it
        count the precision that known margins add, and replicates are raked again.

    Raises
    ------
    SpecError
        If a margin is not known to the survey, contradicts another, or cannot be met.

    Notes
    -----
    Linearised variances replace a person's share of an error, :math:`z_i`, by
    :math:`w_i(e_i - x_i^\top B)`, where :math:`B` regresses :math:`e = z/w` on the margins with
    the weights before raking. Shares leave the estimated size of the population as it is;
    counts fix it.

    References
    ----------
    .. [1] Deming, W. E. and Stephan, F. F. (1940). On a least squares adjustment of a sampled
       frequency table when the expected marginal totals are known. Annals of Mathematical
       Statistics 11, 427-444.

    Examples
    --------
    >>> import jfmodels as jf
    >>> raked = jf.rake(jf.example(), {"sex": {"female": 0.51, "male": 0.49}}, within="wave")
    >>> raked.weighting().margins["after"].round(2).unique().tolist()
    [0.51, 0.49]
    """
    return _calibrated(survey, margins, Way("rake", DISTANCES["raking"]), within)


def poststratify(survey: Survey, population: Margins, *, within: str | None = None) -> Survey:
    """Give every poststratum its share, or its count, of a population.

    Parameters
    ----------
    survey : Survey
        The survey.
    population : mapping, Series or DataFrame
        One margin, of one column or of several together, as in :func:`rake`.
    within : {"wave", "pooled"}
        As in :func:`rake`.

    Returns
    -------
    Survey
        With the new weights, and the adjustment on record.

    Raises
    ------
    SpecError
        As :func:`rake`; also if there is more than one margin.

    Examples
    --------
    >>> import jfmodels as jf
    >>> survey = jf.poststratify(jf.example(), {"sex": {"female": 0.5, "male": 0.5}}, within="wave")
    >>> len(survey.adjustments)
    1
    """
    way = Way("poststratify", DISTANCES["linear"])
    if len(as_margins(population)) > 1:
        raise SpecError("Poststrata are one margin, of several columns together; or use rake().")
    return _calibrated(survey, population, way, within)


def calibrate(
    survey: Survey,
    margins: Margins,
    *,
    method: str = "linear",
    bounds: tuple[float, float] | None = None,
    within: str | None = None,
) -> Survey:
    r"""Calibrate weights to totals of a population [1]_.

    Parameters
    ----------
    survey : Survey
        The survey.
    margins : mapping
        As in :func:`rake`.
    method : {"linear", "raking", "logit"}, default "linear"
        The factors: :math:`1 + x^\top\lambda`, as the generalised regression estimator has
        them; :math:`\exp(x^\top\lambda)`; or a logistic curve between bounds.
    bounds : tuple of float, optional
        Least and largest factor of "logit", around 1.
    within : {"wave", "pooled"}
        As in :func:`rake`.

    Returns
    -------
    Survey
        With the new weights, and the adjustment on record.

    Raises
    ------
    SpecError
        As :func:`rake`; also if linear factors would make weights negative.

    Notes
    -----
    Whatever the method, variances are those of the generalised regression estimator with the
    weights before calibration, to which all are equal in large samples; R's survey has it so.

    References
    ----------
    .. [1] Deville, J.-C. and Särndal, C.-E. (1992). Calibration estimators in survey sampling.
       Journal of the American Statistical Association 87, 376-382.

    Examples
    --------
    >>> import jfmodels as jf
    >>> population = {"sex": {"female": 0.51, "male": 0.49}}
    >>> survey = jf.calibrate(jf.example(), population, method="logit", bounds=(0.5, 2),
    ...                       within="wave")
    >>> survey.adjustments[0].method
    'calibrate, logit'
    """
    distance = choose("method", method, DISTANCES)
    if distance.bounded != (bounds is not None):
        raise SpecError(
            f"bounds= {'must be given' if distance.bounded else 'are for method logit, not'} "
            f"with method='{method}', as in bounds=(0.5, 2)."
        )
    low, high = _bounds(bounds)
    return _calibrated(survey, margins, Way(f"calibrate, {method}", distance, (low, high)), within)


def standardize(survey: Survey, by: Margins, *, over: Names = None) -> Survey:
    """Give the groups of every domain the shares that they have in a population.

    Directly standardised means: domains (waves, regions) are compared as if each had the same
    composition. Each keeps its own estimated size.

    Parameters
    ----------
    survey : Survey
        The survey.
    by : mapping, Series or DataFrame
        One margin: the groups, of one column or several together, with their shares or counts
        in the population.
    over : str or list of str, optional
        Columns of the domains; None for the survey as a whole.

    Returns
    -------
    Survey
        With the new weights, and the adjustment on record.

    Raises
    ------
    SpecError
        As :func:`poststratify`: a domain without anybody of a group is named.

    Examples
    --------
    >>> import jfmodels as jf
    >>> shares = {"sex": {"female": 0.51, "male": 0.49}}
    >>> survey = jf.standardize(jf.example(), shares, over=["wave", "region"])
    >>> survey.weighting().margins.shape[0]
    48
    """
    require_survey(survey)
    given = as_margins(by)
    if len(given) > 1 or given[0].measured:
        raise SpecError("by= takes one margin of categories; several columns go together in it.")
    size = given[0].size
    if size <= 0:
        raise SpecError("The population of by= adds up to nothing.")
    shares = {key: each / size for key, each in given[0].totals.items()}
    margin = replace(given[0], totals=shares)
    return meet(survey, [margin], Way("standardize", DISTANCES["linear"]), as_names(over))


def trim(
    survey: Survey, *, lower: float = 0.0, upper: float = np.inf, strict: bool = True
) -> Survey:
    """Bring weights within bounds, and spread what is cut off evenly over the others.

    Parameters
    ----------
    survey : Survey
        The survey.
    lower, upper : float
        Bounds of the weights.
    strict : bool, default True
        Trim again until no weight lies outside; spreading may push some over a bound.

    Returns
    -------
    Survey
        With the new weights, and the adjustment on record. Variances take what was trimmed as
        fixed: they tell nothing of the bias that trimming trades for precision.

    Raises
    ------
    SpecError
        If the bounds are not in order, or leave no room for the sum of weights.

    Examples
    --------
    >>> import jfmodels as jf
    >>> bool(jf.trim(jf.example(), upper=2.5).rows.weight.max() <= 2.5)
    True
    """
    require_survey(survey)
    weight = survey.rows.weight
    for name, bound in (("lower", lower), ("upper", upper)):
        if not isinstance(bound, Real) or isinstance(bound, bool):
            raise SpecError(f"{name}= is a weight, such as 2.5; found {bound!r}.")
    if lower <= 0 and upper == np.inf:
        raise SpecError("Say how far weights may go: upper=, lower=, or both.")
    if not 0 <= lower < upper:
        raise SpecError(f"Bounds of weights rise from 0; found lower={lower}, upper={upper}.")
    if not lower <= weight.mean() <= upper:
        raise SpecError(
            f"The weights' mean, {weight.mean():.4g}, must lie within the bounds "
            f"{lower:g} and {upper:g}: their sum is kept."
        )
    new = _trimmed(weight, lower, upper, strict)
    n = int(((weight < lower) | (weight > upper)).sum())
    says = f"{n:,} weights were trimmed to lie between {lower:g} and {upper:g}; taken as fixed"
    factor = np.divide(new, weight, out=np.ones_like(new), where=weight > 0)
    adjustment = Adjustment("trim", says, pd.DataFrame(), 0, np.nan, Fixed(factor), None)
    return adjusted(survey, adjustment, new, {})


def _trimmed(weight: Floats, lower: float, upper: float, strict: bool) -> Floats:
    """Cut weights off, and spread their excess evenly over those within the bounds."""
    for _ in range(len(weight)):
        outside = (weight < lower) | (weight > upper)
        if not outside.any():
            break
        cut = np.clip(weight, lower, upper)
        inside = ~outside
        cut[inside] += (weight - cut).sum() / max(int(inside.sum()), 1)
        weight = cut
        if not strict:
            break
    return weight


def _calibrated(survey: Survey, margins: Margins, way: Way, within: str | None) -> Survey:
    """Read what the margins are to hold within, and meet them."""
    require_survey(survey)
    if within is not None:
        choose("within", within, WITHIN)
    if survey.waves and within is None:
        choices = "; ".join(f"within='{name}' ({means})" for name, means in WITHIN.items())
        raise SpecError(f"The survey has waves, so within= must be said. Choose {choices}.")
    if within == "wave" and not survey.waves:
        raise SpecError("within='wave' needs waves, and the survey has none; leave it out.")
    return meet(survey, as_margins(margins), way, ("wave",) if within == "wave" else ())


def _bounds(bounds: tuple[float, float] | None) -> tuple[float, float]:
    """Read bounds of factors."""
    if bounds is None:
        return UNBOUNDED
    given: object = bounds
    pair = [float(each) for each in given] if isinstance(given, tuple | list) else []
    if len(pair) != 2 or not 0 <= pair[0] < 1 < pair[1]:
        raise SpecError(f"bounds= are two factors around 1, as in (0.5, 2); found {bounds!r}.")
    return pair[0], pair[1]
