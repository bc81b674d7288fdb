"""The lowest and the highest of several levels, as a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.errors import SpecError
from jfmodels.results.engine import Belief, Engine, Question
from jfmodels.results.estimands import Range
from jfmodels.results.plans import Plan
from jfmodels.results.summary import Summary
from jfmodels.results.tables import estimate_table

__all__ = ["extremes_table"]

NAMES = ("lowest", "highest", "range")


def extremes_table(
    engine: Engine,
    question: Question,
    belief: Belief,
    plan: Plan,
    estimand: Range,
    coverage: float,
) -> pd.DataFrame:
    """Tabulate lowest, highest and their distance within every wave and group."""
    tables = []
    for rows in estimand.groups(plan, belief.grid):
        known = rows[~np.isnan(plan.weights[rows] @ _means(belief))]
        if len(known) < 2:
            continue
        joint = belief.joint.combine(csr_array(plan.weights[known]))
        summary, (low, high) = joint.extremes(coverage)
        if plan.items[plan.item[known[0]]].unit == "share":
            summary = replace(
                summary, low=np.clip(summary.low, 0, 1), high=np.clip(summary.high, 0, 1)
            )
        together = csr_array(abs(plan.weights[known]).sum(axis=0)[None, :])
        for k, at in enumerate((known[low], known[high], known[high])):
            part = replace(_one(plan, at), estimand=NAMES[k], weights=together)
            if NAMES[k] == "range":
                ref = known[low]
                part = replace(part, item_ref=plan.item[[ref]], domain_ref=plan.domain[[ref]])
            number = Summary(*(getattr(summary, name)[[k]] for name in Summary.__slots__))
            tables.append(estimate_table(engine, question, belief, part, number, coverage))
    if not tables:
        raise SpecError(f"Nothing to range over along '{estimand.along}'.")
    joined = pd.concat(tables, ignore_index=True)
    order = pd.CategoricalDtype(list(NAMES), ordered=True)
    joined["estimand"] = joined["estimand"].astype(order)
    joined.attrs["record"] = tables[0].attrs["record"]
    return joined


def _means(belief: Belief) -> NDArray[np.float64]:
    """Estimates of all cells."""
    return belief.joint.summary(0.5).estimate


def _one(plan: Plan, row: int) -> Plan:
    """A plan of one row."""
    return replace(
        plan,
        item=plan.item[[row]],
        domain=plan.domain[[row]],
        weights=csr_array(plan.weights[[row]]),
        item_ref=plan.item_ref[[row]],
        domain_ref=plan.domain_ref[[row]],
        comparable=plan.comparable[[row]],
    )
