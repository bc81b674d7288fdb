"""How much of a change is people moving: the trend beside the trend at a fixed composition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from jfmodels.errors import SpecError, require_share
from jfmodels.model.cells import Where
from jfmodels.results.adjusted import side_by_side
from jfmodels.results.engine import Belief, Engine, Evidence, Question
from jfmodels.results.estimands import Change
from jfmodels.results.fit import Categories, Fit, require_fit
from jfmodels.results.multiplicity import with_adjustment
from jfmodels.results.plans import Plan, take
from jfmodels.results.tables import estimate_table
from jfmodels.survey.design import Names, as_names

__all__ = ["composition_effect"]

type Ints = NDArray[np.int64]

DIFFERENCE = "composition effect"


def composition_effect(
    fit: Fit,
    against: str = "previous",
    *,
    by: Names = None,
    over: object = "fixed",
    raw: object = "wave",
    where: Where | None = None,
    categories: Categories = "shown",
    adjust: str | None = None,
    coverage: float = 0.95,
) -> pd.DataFrame:
    r"""Set every change beside the one that the same people would show, and test the difference.

    Where people are displaced, a place may answer otherwise because others live there now. Let
    :math:`d` be the change between each wave's own people and :math:`d_0` the change of one
    composition asked in both waves [1]_. What is left, :math:`d - d_0`, came about because
    who lives where changed. Its error is that of the difference, since both changes rest on the
    same interviews and coefficients.

    Parameters
    ----------
    fit : Fit
        Of a model that reads what composition may have changed: by :func:`jfmodels.fit`, with
        either kind of engine.
    against : {"previous", "first", "all"} or str, default "previous"
        As in :meth:`Fit.changes`.
    by : str or list of str, optional
        Groups to split by.
    over : "fixed", "everyone" or Population, default "fixed"
        The composition that is held.
    raw : "wave" or Population, default "wave"
        The composition that changes: each wave's own people, or a population counted by wave.
        Of a multilevel fit the places have the same share in all waves under "wave", so that
        what is left is who lives in them; that people moved between places is seen in a
        population counted by wave.
    where, categories, coverage
        As in :meth:`Fit.changes`.
    adjust : {"holm", "bh", "bonferroni", "none"}, optional
        Adjustment over the rows of each of the three kinds; Holm where there are p-values.

    Returns
    -------
    DataFrame
        Columns of :data:`jfmodels.results.schema.COLUMNS`, three rows a change: ``over`` names
        the composition that changes, that which is held, and one less the other; the last
        one's estimand is "composition effect". Groups that one of the two compositions alone
        has are left out: there is nothing to set beside them.

    Raises
    ------
    SpecError
        If the fit has no model, or one that reads nothing whose composition could change.

    References
    ----------
    .. [1] Kitagawa, E. M. (1955). Components of a difference between two rates. Journal of the
       American Statistical Association 50, 1168-1194.

    Examples
    --------
    >>> import jfmodels as jf
    >>> model = jf.fit("shown(trust_army) ~ wave + displaced + area", jf.example())
    >>> table = jf.composition_effect(model, "first")
    >>> table["over"].unique().tolist()
    ['wave', 'fixed', 'wave - fixed']
    """
    require_fit(fit, "composition_effect")
    require_share("coverage", coverage)
    if isinstance(over, str) and over == "wave":
        raise SpecError("over= says which composition is held; over='wave' is what raw= takes.")
    engine, asked = fit.engine, Change(against, by)
    question = Question(as_names(by), where, raw, categories)
    beliefs = [engine.believe(each) for each in (question, replace(question, over=over))]
    plans = _aligned([(belief, asked.plan(belief.grid)) for belief in beliefs])
    both, plan = _difference(beliefs, plans)
    parts = [
        _table(engine, question, belief, each, coverage)
        for belief, each in ((beliefs[0], plans[0]), (beliefs[1], plans[1]), (both, plan))
    ]
    _require_composition(parts[2])
    return _in_threes([with_adjustment(part, adjust) for part in parts])


def _table(
    engine: Engine, question: Question, belief: Belief, plan: Plan, coverage: float
) -> pd.DataFrame:
    """Tabulate rows of a belief."""
    summary = plan.answer(belief.joint).summary(coverage, plan.null)
    return estimate_table(engine, question, belief, plan, summary, coverage)


def _aligned(asked: list[tuple[Belief, Plan]]) -> list[Plan]:
    """Keep the rows that both plans have, in the order of the first."""
    places = [{key: k for k, key in enumerate(_keys(*each))} for each in asked]
    common = [key for key in places[0] if key in places[1]]
    return [
        take(plan, np.array([place[key] for key in common], dtype=np.int64))
        for (_, plan), place in zip(asked, places, strict=True)
    ]


def _keys(belief: Belief, plan: Plan) -> list[tuple[object, ...]]:
    """What each row speaks of: its item, and the labels of both sides."""
    axes = [(*axis.labels, "") for axis in belief.grid.axes]
    sides = (
        [tuple(labels[place] for labels, place in zip(axes, row, strict=True)) for row in side]
        for side in (plan.domain.tolist(), plan.domain_ref.tolist())
    )
    return list(zip(plan.item.tolist(), *sides, strict=True))


def _difference(beliefs: list[Belief], plans: list[Plan]) -> tuple[Belief, Plan]:
    """Believe in two compositions at once, and plan what lies between them."""
    raw, held = beliefs
    sizes = [belief.joint.size for belief in beliefs]
    rows = plans[0].combined.shape[0]
    nothing = [csr_array((rows, size)) for size in sizes]
    parts = [belief.evidence for belief in beliefs]
    evidence = Evidence(
        *(np.concatenate([getattr(e, name) for e in parts]) for name in Evidence.__slots__)
    )
    both = Belief(
        raw.grid, side_by_side(raw.joint, held.joint), evidence, over=f"{raw.over} - {held.over}"
    )
    plan = replace(
        plans[0],
        estimand=DIFFERENCE,
        weights=csr_array(hstack([plans[0].combined, nothing[1]], format="csr")),
        against=csr_array(hstack([nothing[0], plans[1].combined], format="csr")),
    )
    return both, plan


def _require_composition(difference: pd.DataFrame) -> None:
    """Refuse a model that reads nothing whose composition could have changed."""
    known = difference[difference["estimate"].notna()]
    if len(known) and (known[["estimate", "std_error"]].abs() < 1e-14).all(axis=None):
        raise SpecError(
            "Both compositions give the same changes: the model reads nothing, beyond the wave "
            "and by=, of which people could have become more or fewer. Add such columns to the "
            "formula."
        )


def _in_threes(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the rows of three tables one after the other, change by change."""
    estimands = pd.CategoricalDtype(["change", DIFFERENCE], ordered=True)
    joined = pd.concat([_common(part, parts[0], estimands) for part in parts])
    table = joined.sort_index(kind="stable").reset_index(drop=True)
    table.attrs["record"] = parts[0].attrs["record"]
    return table


def _common(
    part: pd.DataFrame, first: pd.DataFrame, estimands: pd.CategoricalDtype
) -> pd.DataFrame:
    """Give the labels of a table the kinds that those of the first one have."""
    labelled = first.select_dtypes("category").columns
    kinds = {str(name): first[name].dtype for name in labelled} | {"estimand": estimands}
    return part.astype(kinds)
