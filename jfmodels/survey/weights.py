"""Weights that make a sample look like a population: rake, poststratify, calibrate, trim.

Each verb gives a new survey whose record of adjustments enters every variance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose, listing
from jfmodels.survey.adjustments import (
    Adjustment,
    Fixed,
    Linear,
    Load,
    adjusted,
    next_pattern,
)
from jfmodels.survey.calibration import DISTANCES, ROUNDING, Distance, solve
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.margins import Auxiliaries, Margin, Margins, as_margins, auxiliaries
from jfmodels.survey.rows import Rows
from jfmodels.survey.survey import Survey, require_survey

__all__ = ["WITHIN", "calibrate", "poststratify", "rake", "standardize", "trim"]

type Floats = NDArray[np.float64]

WITHIN: Mapping[str, str] = {
    "wave": "every wave is made to look like the population by itself",
    "pooled": "all waves together are; margins may then name the wave, as ('wave', 'sex') does",
}
MET = 1e-8  # deviation from a total, in parts of it, up to which a margin is met
UNBOUNDED = (-np.inf, np.inf)


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
        counts, by category. A Series or DataFrame is one margin; a number in place of the
        categories is the total (the mean, beside shares) of a measured column.
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
    return _calibrated(survey, margins, _Way("rake", DISTANCES["raking"]), within)


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
    way = _Way("poststratify", DISTANCES["linear"])
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
    return _calibrated(survey, margins, _Way(f"calibrate, {method}", distance, (low, high)), within)


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
    return _meet(survey, [margin], _Way("standardize", DISTANCES["linear"]), as_names(over))


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


def _bounds(bounds: tuple[float, float] | None) -> tuple[float, float]:
    """Read bounds of factors."""
    if bounds is None:
        return UNBOUNDED
    given: object = bounds
    pair = [float(each) for each in given] if isinstance(given, tuple | list) else []
    if len(pair) != 2 or not 0 <= pair[0] < 1 < pair[1]:
        raise SpecError(f"bounds= are two factors around 1, as in (0.5, 2); found {bounds!r}.")
    return pair[0], pair[1]


# ------------------------------------------------------------------ how margins are met


@dataclass(frozen=True, slots=True)
class _Way:
    """How weights are calibrated."""

    method: str
    distance: Distance
    bounds: tuple[float, float] = UNBOUNDED


@dataclass(frozen=True, slots=True, eq=False)
class _Calibration:
    """Margins that any weights can be made to meet."""

    key: str
    known: Auxiliaries
    way: _Way

    def factors(self, rows: Rows, weight: Floats) -> Floats:
        """Factors of every row."""
        codes = rows.keys[self.key].codes
        return self.found(np.bincount(codes, weight, len(self.known.x))).factor[codes]

    def found(self, weight: Floats) -> _Found:
        """Solve block by block for the weights of patterns, (G,)."""
        known, factor, steps = self.known, np.ones_like(weight), 0
        missed = np.zeros((len(known.blocks), len(known.targets)))
        for k in range(len(known.blocks)):
            here = known.block == k
            total = known.targets * (weight[here].sum() if known.shares else 1.0)
            one = solve(known.x[here], weight[here], total, self.way.distance, self.way.bounds)
            factor[here], missed[k] = one.factor, one.missed
            steps = max(steps, one.steps)
        _require_met(known, missed, self.way)
        _require_positive(known, factor, weight)
        return _Found(factor, missed, steps)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Factors by pattern, (G,), what is missing of totals, (K, p), and the steps."""

    factor: Floats
    missed: Floats
    steps: int


def _calibrated(survey: Survey, margins: Margins, way: _Way, within: str | None) -> Survey:
    """Read what the margins are to hold within, and meet them."""
    require_survey(survey)
    if within is not None:
        choose("within", within, WITHIN)
    if survey.waves and within is None:
        choices = "; ".join(f"within='{name}' ({means})" for name, means in WITHIN.items())
        raise SpecError(f"The survey has waves, so within= must be said. Choose {choices}.")
    if within == "wave" and not survey.waves:
        raise SpecError("within='wave' needs waves, and the survey has none; leave it out.")
    return _meet(survey, as_margins(margins), way, ("wave",) if within == "wave" else ())


def _meet(survey: Survey, margins: Sequence[Margin], way: _Way, within: Sequence[str]) -> Survey:
    """Make weights meet margins in every block."""
    named = [name for each in margins for name in each.names if name in within]
    if named:
        raise SpecError(
            f"A margin names {listing(named)}, within which margins are to hold. Use "
            "within='pooled' for margins that differ by wave."
        )
    known = auxiliaries(survey, margins, within)
    key = next_pattern(survey)
    calibration = _Calibration(key, known, way)
    before = np.bincount(known.pattern.codes, survey.rows.weight, len(known.x))
    found = calibration.found(before)
    weight = survey.rows.weight * found.factor[known.pattern.codes]
    adjustment = Adjustment(
        method=way.method,
        says=_says(survey, known, way, within),
        margins=_table(known, before, before * found.factor, within),
        steps=found.steps,
        deviation=float(np.abs(found.missed).max()),
        step=calibration,
        linear=_linear(key, known, before, found.factor, len(survey.adjustments)),
    )
    return adjusted(survey, adjustment, weight, {key: known.pattern})


def _require_met(known: Auxiliaries, missed: Floats, way: _Way) -> None:
    """Name the margin that cannot be met, and where."""
    block, column = np.unravel_index(np.abs(missed).argmax(), missed.shape)
    off = float(missed[block, column])
    if abs(off) <= MET:
        return
    margin, category = known.columns[column]
    where = f" in {listing([' × '.join(known.blocks[block])])}" if known.blocks[block] else ""
    advice = "Widen bounds=, or merge" if way.distance.bounded else "Merge"
    raise SpecError(
        f"Margin '{margin}' cannot be met{where}: "
        f"{f'{category!r}' if category else 'its total'} stays {abs(off):.2%} "
        f"{'below' if off > 0 else 'above'} its target. {advice} categories that few people "
        "have, or drop a margin."
    )


def _require_positive(known: Auxiliaries, factor: Floats, weight: Floats) -> None:
    """Refuse factors below 0, under which no share stays between 0 and 1."""
    negative = (factor <= 0) & (weight > 0)
    if negative.any():
        n = int(np.isin(known.pattern.codes, np.flatnonzero(negative)).sum())
        raise SpecError(
            f"Linear factors would make the weights of {n:,} interviews 0 or negative. Choose "
            "method='raking', or 'logit' with bounds=."
        )


def _linear(key: str, known: Auxiliaries, before: Floats, factor: Floats, step: int) -> Linear:
    """Regress shares of errors on the auxiliaries of each block, by the weights before."""
    shape = (len(known.x), len(known.blocks), known.x.shape[1])
    every = np.arange(len(known.x))
    wide, target, readers = np.zeros(shape), np.zeros(shape), np.zeros((*shape[1:], shape[0]))
    wide[every, known.block], target[every, known.block] = known.x, known.targets
    for k in range(len(known.blocks)):
        here = known.block == k
        readers[k][:, here] = _regression(known.x[here], before[here]) / factor[here]
    loads = [Load(key, wide.reshape(shape[0], -1), step + 1)]
    if known.shares:  # of a size that the weights before estimate
        loads.append(Load(key, -target.reshape(shape[0], -1), step))
    return Linear(key, readers.reshape(-1, shape[0]), tuple(loads))


def _regression(x: Floats, weight: Floats) -> Floats:
    """Give the R for which coefficients of y on x, (G, p), are R times weighted sums of y."""
    size = np.abs(x).max(axis=0)
    size = np.where(size > 0, size, 1.0)
    x = x / size
    inverse = np.linalg.pinv((x * weight[:, None]).T @ x, rcond=ROUNDING, hermitian=True)
    return inverse @ x.T / size[:, None]


# ------------------------------------------------------------------ what is said of it


def _says(survey: Survey, known: Auxiliaries, way: _Way, within: Sequence[str]) -> str:
    """Say in a sentence what was done."""
    margins = list(dict.fromkeys(name for name, _ in known.columns))
    where = f" within {' × '.join(within)}" if within else ""
    n = len(known.x)
    rows = (
        f"; {n:,} patterns of {survey.n:,} interviews, for a column holds many values"
        if 2 * n > survey.n
        else ""
    )
    kind = "shares" if known.shares else "counts"
    return f"{way.method}: weights meet {kind} of {listing(margins)}{where}{rows}"


def _table(
    known: Auxiliaries, before: Floats, after: Floats, within: Sequence[str]
) -> pd.DataFrame:
    """Margins before and after, with what they were to be; one row a block and category."""
    parts = []
    for k, title in enumerate(known.blocks):
        here = known.block == k
        held = [known.x[here].T @ weight[here] for weight in (before, after)]
        size = [weight[here].sum() for weight in (before, after)]
        shares = [each / total for each, total in zip(held, size, strict=True)]
        target = known.targets if known.shares else known.targets / size[1]
        margin, category = zip(*known.columns, strict=True)
        part = pd.DataFrame({"margin": margin, "category": category, "target": target})
        part["before"], part["after"] = shares
        for name, text in zip(reversed(within), reversed(title), strict=True):
            part.insert(0, name, text)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
