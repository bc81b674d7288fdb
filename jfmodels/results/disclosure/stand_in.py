"""A model's estimates in place of numbers that are withheld."""

from __future__ import annotations

import pandas as pd

from jfmodels.errors import SpecError
from jfmodels.results.disclosure.reading import groups_in

__all__ = ["fill_withheld"]

TAKEN = (
    *("estimate", "std_error", "low", "high", "prob_positive", "prob_rope", "mc_error"),
    *("over", "engine"),
)
OF_THE_FIT = ("fit_failed", "mc_error_large", "misfit", "not_adjusted", "relabelled")


def fill_withheld(table: pd.DataFrame, model: pd.DataFrame) -> pd.DataFrame:
    r"""Fill the rows of a table that are withheld with what a multilevel model expects there.

    A map with holes says least about the places that matter most. What may stand there is not
    what the few who were asked answered, but what a model expects of such a group: with
    partial pooling the estimate of a group of n interviews is, on the scale of the linear
    predictor and in the normal case, :math:`\lambda \bar y + (1 - \lambda) \hat\mu` with
    :math:`\lambda = n \tau^2 / (n \tau^2 + \sigma^2)` [1]_: mostly the answers of everybody else
    where n is small. How many were asked stays withheld, and so do all flags that tell of it;
    without :math:`n`, :math:`\tau` and the unrounded weights :math:`\bar y` cannot be taken
    out again, and the row is never exactly 0 or 1.

    That holds for groups that enter the model as random terms. A model with a fixed coefficient
    for the very cell that is withheld pools nothing, and its row repeats what was answered:
    write ``(1 | region:sex)``, not ``region * sex``. Survey-weighted regression is refused for
    that reason. Nor is :math:`\lambda` small where groups differ much: with a standard deviation
    of 1 between groups and nine interviews it is about two thirds for a logit. Look at
    ``fit.variance_components()`` before you fill.

    Parameters
    ----------
    table : DataFrame
        Given by :func:`withhold`.
    model : DataFrame
        The same question asked of a Bayesian fit, as the fit gives it.

    Returns
    -------
    DataFrame
        The table with estimates, errors and intervals in rows that were withheld, their flag
        ``model_based`` in place of ``suppressed``; counts stay missing. Rows that the model
        lacks stay withheld.

    Raises
    ------
    SpecError
        If the model's rows are not drawn from a posterior, have intervals of another coverage,
        or are rows of another question.

    See Also
    --------
    withhold : What must not be shown of a release.

    References
    ----------
    .. [1] Rao, J. N. K. and Molina, I. (2015). Small Area Estimation, 2nd ed., section 5.3. Wiley.

    Examples
    --------
    >>> import jfmodels as jf
    >>> groups = ["region", "displaced"]
    >>> survey = jf.example()
    >>> direct = jf.direct(survey, "trust_army", by=groups).levels(groups)
    >>> fit = jf.fit("shown(trust_army) ~ wave + region + (1 | region:displaced) + (1 | commune)",
    ...              survey, weighting="ignore")
    >>> (shown,) = jf.withhold([direct], minimum=30)
    >>> filled = jf.fill_withheld(shown, fit.levels(groups, over="wave"))
    >>> bool(filled["estimate"].notna().all()), bool(filled["n"].isna().any())
    (True, True)
    """
    keys = _labels(table)
    if keys != _labels(model):
        raise SpecError(
            "The model's table is split by other groups: ask it the question that the withheld "
            "table answers, as fit.levels(by=...)."
        )
    stands_in = _by_labels(model, keys)
    withheld = [place for place, flags in enumerate(table["flag"]) if "suppressed" in flags]
    names = _named(table, keys)
    filled = table.copy()
    found = [place for place in withheld if names[place] in stands_in]
    if withheld and not found:
        raise SpecError("The model's table has none of the rows that are withheld.")
    rows = [stands_in[names[place]] for place in found]
    _require_drawn(table, model, rows)
    for name in (name for name in TAKEN if name in filled):
        kept = filled[name].astype(object).to_numpy().copy()
        kept[found] = model[name].astype(object).to_numpy()[rows]
        filled[name] = pd.Series(kept, index=filled.index).astype(model[name].dtype)
    flags = list(table["flag"])
    for place, row in zip(found, rows, strict=True):
        own = [code for code in model["flag"].iloc[row] if code in OF_THE_FIT]
        flags[place] = tuple(sorted({"model_based", *own}))
    filled["flag"] = flags
    return filled


def _labels(table: pd.DataFrame) -> list[str]:
    """Columns that say what a row speaks of."""
    groups = groups_in(table)
    items = ["outcome", "category", "wave", *groups]
    return ["estimand", *items, *(f"{name}_ref" for name in items)]


def _named(table: pd.DataFrame, keys: list[str]) -> list[tuple[object, ...]]:
    """What every row speaks of."""
    columns = [table[name].astype(object).where(table[name].notna(), None) for name in keys]
    return list(zip(*columns, strict=True))


def _by_labels(table: pd.DataFrame, keys: list[str]) -> dict[tuple[object, ...], int]:
    """Rows by what they speak of."""
    return {name: place for place, name in enumerate(_named(table, keys))}


def _require_drawn(table: pd.DataFrame, model: pd.DataFrame, rows: list[int]) -> None:
    """Refuse rows that pool nothing, or that mean something else by an interval."""
    if model["mc_error"].iloc[rows].isna().any():
        raise SpecError(
            "Only a Bayesian fit's rows may stand in for what is withheld: direct estimates and "
            "survey-weighted regression repeat what the few in a cell answered. Take "
            'jf.fit("... + (1 | region)", survey, engine="laplace").'
        )
    if set(model["coverage"].iloc[rows]) - set(table["coverage"]):
        raise SpecError(
            "The model's intervals have another coverage than the table's; ask both with the same "
            "coverage=."
        )
