r"""A model's rows beside direct estimates, where the interviews alone say enough.

Where an area is a single cluster, no variance between clusters can be seen in it; but a row of
that area speaks of that cluster, and its direct estimate errs by who was asked there. With
weights w, answers y and n interviews that variance is

.. math:: v = \frac{n}{n - 1}\,\frac{\sum w^2 (y - \bar y)^2}{(\sum w)^2}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from jfmodels.engines.census import Modelled
from jfmodels.engines.design_based.direct import direct
from jfmodels.engines.design_based.intervals import ShareIntervals
from jfmodels.errors import SpecError
from jfmodels.model.cells import Where, places, read_where
from jfmodels.model.items import Item
from jfmodels.results.fit import Categories, Fit, require_fit
from jfmodels.results.schema import SMALL_AREAS, columns
from jfmodels.results.summary import Summary
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.survey import Survey

__all__ = ["small_area_check"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

ANSWER = "answer given"
FEW = 30  # interviews below which a direct estimate does not stand alone, as in the flags
UNFIT = {"at_boundary", "few_clusters", "no_interviews", "not_asked", "one_cluster", "small_cell"}
VARIES = {1: "people", 2: "clusters"}
ERRORS = ("std_error", "low", "high")


def small_area_check(
    fit: Fit,
    by: Names,
    *,
    over: object = None,
    where: Where | None = None,
    categories: Categories = "shown",
    coverage: float = 0.95,
) -> pd.DataFrame:
    """Set a model's levels of small areas beside direct estimates.

    A model borrows strength, so its rows should lie between the direct estimate and what the
    model expects of such areas, nearer to the former the more interviews there are [1]_. If it
    holds, the direct interval contains the model's estimate in *more* than 95 of 100 areas,
    since both rest on the same interviews; less says that the model smooths away what is there.

    Parameters
    ----------
    fit : Fit
        Of a model.
    by : str or list of str
        The areas.
    over, where, categories
        As in :meth:`Fit.levels`; over a population, areas without interviews are rows too.
    coverage : float, default 0.95
        Content of both intervals.

    Returns
    -------
    DataFrame
        Columns of :data:`jfmodels.results.schema.SMALL_AREAS` and the areas. The direct
        estimate of an area that is one cluster has the error of whom of its people were asked.

    Raises
    ------
    SpecError
        If the fit has no model.

    See Also
    --------
    plot_shrinkage : Draws it.

    References
    ----------
    .. [1] Brown, G., Chambers, R., Heady, P. and Heasman, D. (2001). Evaluation of small area
       estimation methods: an application to unemployment estimates from the UK LFS.
       Proceedings of Statistics Canada Symposium 2001.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.fit("shown(trust_army) ~ wave + region + (1 | commune)", jf.example(),
    ...              weighting="ignore")
    >>> table = jf.small_area_check(fit, "commune", over="wave")
    >>> bool(table.loc[table["good"], "holds"].mean() > 0.9)
    True
    """
    require_fit(fit, "small_area_check")
    engine, groups = fit.engine, as_names(by)
    if not isinstance(engine, Modelled):
        raise SpecError("small_area_check() compares a model with direct estimates; see jf.fit().")
    modelled = fit.levels(by, over=over, where=where, categories=categories, coverage=coverage)
    keys = ["outcome", "category", *groups, *(["wave"] if engine.survey.waves else [])]
    own = _direct(engine, groups, keys, (where, categories, coverage))
    beside = _texts(modelled, keys).merge(own, on=keys, how="left").drop(columns=keys)
    table = modelled.assign(**{str(name): beside[name].to_numpy() for name in beside})
    table["difference"] = table["direct"] - table["estimate"]
    table["good"] = table["good"].eq(True)
    inside = table["estimate"].between(table["direct_low"], table["direct_high"])
    known = table[["estimate", "direct_low"]].notna().all(axis=1)
    table["holds"] = inside.astype("boolean").where(known)
    return table[columns(groups, SMALL_AREAS)]


def _texts(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Labels as texts, by which tables of different kinds can be joined."""
    return table[list(keys)].astype(dict.fromkeys(keys, "str"))


def _direct(
    engine: Modelled,
    by: Sequence[str],
    keys: Sequence[str],
    asked: tuple[Where | None, Categories, float],
) -> pd.DataFrame:
    """Direct estimates of the areas, with the error of people where an area is one cluster."""
    where, categories, coverage = asked
    response = engine.response
    outside = {name: each for name, each in (where or {}).items() if name not in (*by, "wave")}
    domain = read_where(engine.survey, engine.where, outside)
    if response.scale == "shown":
        shown = response.categories[1] == " + ".join(response.outcome.shown)
        categories = "shown" if shown else [response.categories[1]]
    fit = direct(engine.survey, response.outcome.name, by=list(by), where=domain)
    table = fit.levels(list(by), categories=categories, coverage=coverage)
    items = fit.joint(list(by), categories=categories).grid.items
    people = pd.concat([_of_people(engine.survey, each, by, domain, coverage) for each in items])
    beside = _texts(table, keys).merge(people, on=keys, how="left")
    alone = (table["n_clusters"] == 1).to_numpy()
    told = {
        f"direct_{name}": np.where(alone, beside[name], table[name].to_numpy()) for name in ERRORS
    }
    unfit = np.array([bool(UNFIT & set(codes)) for codes in table["flag"]])
    few = (table["n"].to_numpy() < FEW) | ~(told["direct_std_error"] > 0)
    return _texts(table, keys).assign(
        direct=table["estimate"],
        **told,
        varies=table["n_clusters"].clip(upper=2).map(VARIES),
        good=~few & (alone | ~unfit),
    )


def _of_people(
    survey: Survey,
    item: Item,
    by: Sequence[str],
    where: Mapping[str, Sequence[str]],
    coverage: float,
) -> pd.DataFrame:
    """Errors and intervals of means in cells whose people are drawn independently."""
    names = [*(["wave"] if survey.waves else []), *by]
    every = [*names, *(name for name in where if name not in names)]
    size = survey.rows.answers[item.source][1] if item.answers else 0
    key, values = survey.rows.response_key(item.source, range(size))
    rows = replace(survey.rows, keys={**survey.rows.keys, ANSWER: key})
    groups = rows.aggregate([*every, ANSWER])
    answer, codes = groups.codes[:, -1], groups.codes[:, : len(names)]
    kept, _ = places(rows, every, groups.codes[:, :-1], where)
    kept &= (codes >= 0).all(axis=1)
    kept &= np.isin(answer, item.base) if item.answers else answer >= 0
    y = np.isin(answer, item.answers).astype(np.float64) if item.answers else values[answer]
    cells, place = np.unique(codes[kept], axis=0, return_inverse=True)
    sums = np.stack([groups.n, groups.weight, groups.weight_squares])[:, kept]
    n, summary = _means(place.ravel(), y[kept], sums, coverage)
    share = np.full(len(n), bool(item.answers))
    low, high, _ = ShareIntervals("logit", n, share)(np.arange(len(n)), summary, coverage)
    labels = [np.array(survey.rows.keys[name].labels, dtype=object) for name in names]
    told = {name: of[cells[:, k]] for k, (name, of) in enumerate(zip(names, labels, strict=True))}
    errors = dict(zip(ERRORS, (summary.std_error, low, high), strict=True))
    said = {"outcome": item.outcome, "category": item.category or None}
    found = pd.DataFrame({**said, **told, **errors})
    return found.astype(dict.fromkeys(["outcome", "category", *names], "str"))


def _means(place: Ints, y: Floats, sums: Floats, coverage: float) -> tuple[Ints, Summary]:
    """Interviews and means of cells; `sums` (3, G) are people, weights and their squares."""
    size = int(place.max()) + 1
    n, weight, squares = sums
    many, total = (np.bincount(place, each, size) for each in (n, weight))
    mean = np.bincount(place, weight * y, size) / total
    away = np.bincount(place, squares * (y - mean[place]) ** 2, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        std_error = np.sqrt(away * many / (many - 1)) / total
    missing = np.full(size, np.nan)
    half = stdtrit(np.maximum(many - 1, 1), (1 + coverage) / 2) * std_error
    summary = Summary(
        mean, std_error, mean - half, mean + half, many - 1, missing, missing, missing
    )
    return many.astype(np.int64), summary
