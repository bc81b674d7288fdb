"""From rows of numbers to the one table shape of the package."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

import jfmodels
from jfmodels.model.cells import look_up
from jfmodels.results.engine import BITS, Belief, Engine, Question, WithErrors, flag_bits
from jfmodels.results.plans import Plan, wordings
from jfmodels.results.schema import columns
from jfmodels.results.summary import Summary
from jfmodels.results.table import Table
from jfmodels.survey.interviewers import retained
from jfmodels.survey.records import Held
from jfmodels.survey.survey import Survey

__all__ = ["estimate_table", "flag_codes", "made_by", "record_of", "versions"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

RETAINED = 0.75  # below this share of interviews by a common team, a change may be the team's


def estimate_table(
    engine: Engine,
    question: Question,
    belief: Belief,
    plan: Plan,
    summary: Summary,
    coverage: float,
) -> pd.DataFrame:
    """Lay out rows in the glossary's columns, with what each rests on and must be told.

    Parameters
    ----------
    engine, question, belief
        Who was asked, what, and the answer.
    plan : Plan
        K rows.
    summary : Summary
        Their numbers.
    coverage : float
        Content of the intervals.
    """
    n, n_clusters, deff, flags = _evidence(belief, plan)
    low, high, at_edge = _intervals(belief, plan, summary, coverage)
    flags = flags | at_edge | _row_flags(engine, belief, plan, summary)
    level = plan.against is None and plan.estimand == "level"
    untested = _bits(flags, "at_boundary") & (not level)
    unequal = ~plan.comparable
    hidden = untested | unequal
    data: dict[str, Any] = _labels(belief, plan)
    data |= {
        "estimate": np.where(unequal, np.nan, summary.estimate),
        "std_error": np.where(unequal, np.nan, summary.std_error),
        "low": np.where(hidden, np.nan, low),
        "high": np.where(hidden, np.nan, high),
        "coverage": coverage,
        "df": summary.df,
        "p_value": np.nan if level else np.where(hidden, np.nan, summary.p_value),
        "p_adjusted": np.nan,
        "adjustment": pd.array([None] * len(n), dtype="str"),
        "prob_positive": np.nan if level else np.where(unequal, np.nan, summary.prob_positive),
        "prob_rope": np.nan,
        "mc_error": summary.mc_error,
        "n": n,
        "n_clusters": n_clusters,
        "n_effective": _effective(n, deff) if level else np.nan,
        "deff": deff if level else np.nan,
        "unit": _units(plan),
        "target": engine.survey.design.target or "population",
        "over": belief.over,
        "engine": engine.name,
        "flag": flag_codes(flags),
    }
    names = columns(axis.name for axis in belief.grid.axes if axis.name != "wave")
    table = Table({name: data[name] for name in names}, index=pd.RangeIndex(len(n)))
    record = record_of(engine, question, plan.estimand)
    groups = tuple(name for name in (*belief.grid.names, *belief.grid.where) if name != "wave")
    record["call"]["where"] = {name: list(kept) for name, kept in belief.grid.where.items()} or None
    record |= {"groups": _groups(engine.survey, groups)}
    reworded = wordings(plan, belief.grid)
    table.attrs["record"] = record | ({"wording": reworded} if reworded else {})
    return table


def _groups(survey: Survey, names: Sequence[str]) -> dict[str, Any]:
    """Say of the groups of a table what role they play, and in which larger ones they lie."""
    design = survey.design
    hidden = {"wave", design.person, design.interviewer}
    return {
        name: {
            "role": design.roles.get(name, ""),
            "within": {
                larger: lies_in
                for larger, lies_in in survey.rows.larger_groups(name).items()
                if larger not in hidden
            },
        }
        for name in dict.fromkeys(names)
    }


def _units(plan: Plan) -> list[str]:
    """Say what one unit of each estimate is."""
    if plan.against is None:
        form = f"{{}}{plan.unit}"
    elif plan.scale == "difference":
        form = f"{{}} difference{plan.unit}"
    else:
        form = f"{plan.scale.replace('_', ' ')} of {{}}s"
    named = [form.format(item.unit) for item in plan.items]
    return [named[item] for item in plan.item]


def flag_codes(bits: Ints) -> list[tuple[str, ...]]:
    """Write bits as sorted tuples of codes."""
    distinct, place = np.unique(bits, return_inverse=True)
    named = [tuple(sorted(code for code, bit in BITS.items() if value & bit)) for value in distinct]
    return [named[k] for k in place]


def record_of(engine: Engine, question: Question, asked: str) -> dict[str, Any]:
    """Say what made a table, so that it can be made again."""
    call = {
        "estimand": asked,
        "by": list(question.by),
        "where": None if question.where is None else dict(question.where),
        "categories": question.categories,
    }
    return {**made_by(engine), "call": call, "versions": versions()}


def made_by(engine: Engine) -> dict[str, Any]:
    """Say what a published table has to: of which data it is, of its base, design and errors."""
    design, outcomes = engine.survey.design, engine.survey.codebook.outcomes
    return {
        **engine.survey.record,
        "engine": engine.name,
        "base": Held({name: each.policy for name, each in outcomes.items() if each.policy}),
        "design": Held({"weights": design.weights, "roles": design.roles}),
        "errors": engine.errors if isinstance(engine, WithErrors) else "",
    }


@cache
def versions() -> Mapping[str, str]:
    """Versions of what the numbers depend on."""
    found = {each.__name__: str(each.__version__) for each in (np, pd, scipy, jfmodels)}
    return {"python": platform.python_version()} | found


def _effective(n: Ints, deff: Floats) -> Floats:
    """Interviews of a simple random sample that would say as much."""
    return np.divide(n, deff, out=np.full(len(n), np.nan), where=deff > 0)


def _bits(flags: Ints, code: str) -> NDArray[np.bool_]:
    return (flags & BITS[code]) > 0


def _evidence(belief: Belief, plan: Plan) -> tuple[Ints, Ints, Floats, Ints]:
    """What the cells of each row rest on: the least of them, and all their flags."""
    weights = abs(plan.weights) if plan.against is None else abs(plan.weights) + abs(plan.against)
    cells, starts = weights.indices, weights.indptr[:-1]
    evidence = belief.evidence
    empty = np.diff(weights.indptr) == 0
    if len(cells) == 0:
        nothing = np.zeros(len(starts), dtype=np.int64)
        return nothing, nothing, np.full(len(starts), np.nan), nothing
    starts = np.minimum(starts, len(cells) - 1)
    n = np.where(empty, 0, np.minimum.reduceat(evidence.n[cells], starts))
    n_clusters = np.where(empty, 0, np.minimum.reduceat(evidence.n_clusters[cells], starts))
    flags = np.where(empty, 0, np.bitwise_or.reduceat(evidence.flags[cells], starts))
    deff = np.where(np.diff(weights.indptr) == 1, evidence.deff[cells[starts]], np.nan)
    return n, n_clusters, deff, flags


def _intervals(
    belief: Belief, plan: Plan, summary: Summary, coverage: float
) -> tuple[Floats, Floats, Ints]:
    """Intervals of the scale where the belief has them for levels, else those of the joint."""
    single = (np.diff(plan.weights.indptr) == 1).all() and plan.against is None
    if belief.level_interval is None or plan.estimand != "level" or not single:
        return summary.low, summary.high, np.zeros(len(summary.low), dtype=np.int64)
    return belief.level_interval(plan.weights.indices.astype(np.int64), summary, coverage)


def _row_flags(engine: Engine, belief: Belief, plan: Plan, summary: Summary) -> Ints:
    """Flags that belong to the row rather than to its cells."""
    flags = flag_bits("relabelled", ~plan.comparable)
    flags |= flag_bits("few_clusters", summary.df < 2)
    flags |= flag_bits("clusters_purposive", _purposive(engine, len(flags)))
    flags |= flag_bits("quota_sample", np.full(len(flags), engine.survey.quota))
    flags |= flag_bits("at_boundary", (summary.std_error == 0) & (plan.estimand != "level"))
    flags |= flag_bits("mc_error_large", summary.mc_error > 0.1 * summary.std_error)
    return flags | _team_flags(engine, belief, plan)


def _purposive(engine: Engine, size: int) -> NDArray[np.bool_]:
    design = engine.survey.design
    return np.full(size, design.selection == "purposive" and design.target == "population")


def _team_flags(engine: Engine, belief: Belief, plan: Plan) -> Ints:
    """Flag changes between waves whose interviewers were largely others."""
    grid = belief.grid
    nothing = np.zeros(len(plan.item), dtype=np.int64)
    if "wave" not in grid.names or not (plan.domain_ref[:, grid.place("wave")] >= 0).any():
        return nothing
    groups = [name for name in grid.names if name != "wave"]
    survey = engine.survey
    share = retained(survey.rows, survey.design.interviewer, groups, grid.where)
    if share is None:
        return nothing
    to, ref = (
        _survey_codes(engine, belief, plan.domain),
        _survey_codes(engine, belief, plan.domain_ref),
    )
    compared = (ref[:, 0] >= 0) & (to[:, 0] >= 0) & (to[:, 0] != ref[:, 0])
    places = tuple(to[:, 1:].T)
    kept = np.fmin(share[(to[:, 0], ref[:, 0], *places)], share[(ref[:, 0], to[:, 0], *places)])
    return flag_bits("interviewers_replaced", compared & (kept < RETAINED))


def _survey_codes(engine: Engine, belief: Belief, domain: Ints) -> Ints:
    """Places on the grid's axes, as places among the survey's labels.

    A place that the survey never went to borrows from all, and so has the place of all.
    """
    coded = np.empty_like(domain)
    for k, axis in enumerate(belief.grid.axes):
        labels = engine.survey.group(axis.name).labels
        coded[:, k] = look_up(axis.labels, labels)[domain[:, k]]
    return coded


def _labels(belief: Belief, plan: Plan) -> dict[str, Any]:
    """Columns that say what each row speaks of, and what it is compared with."""
    outcomes = list(dict.fromkeys(item.outcome for item in plan.items))
    categories = list(dict.fromkeys(item.category for item in plan.items if item.category))
    outcome_of = [outcomes.index(item.outcome) for item in plan.items]
    category_of = [categories.index(item.category) if item.category else -1 for item in plan.items]
    named = {"outcome": (outcomes, outcome_of), "category": (categories, category_of)}
    nowhere = np.full(len(plan.item), -1)
    data: dict[str, Any] = _pair("wave", (), nowhere, nowhere)
    for name, (labels, table) in named.items():
        data |= _pair(name, labels, _at(table, plan.item), _at(table, plan.item_ref))
    data |= _pair("estimand", [plan.estimand], np.zeros_like(plan.item), nowhere)
    for k, axis in enumerate(belief.grid.axes):
        data |= _pair(axis.name, axis.labels, plan.domain[:, k], plan.domain_ref[:, k])
    return data


def _pair(name: str, labels: Sequence[str], to: Ints, ref: Ints) -> dict[str, Any]:
    """A column and its reference, of one ordered kind."""
    kind = pd.CategoricalDtype(pd.Index(list(labels), dtype="str"), ordered=True)
    return {
        column: pd.Categorical.from_codes(codes, dtype=kind, validate=False)
        for column, codes in ((name, to), (f"{name}_ref", ref))
    }


def _at(table: Sequence[int], place: Ints) -> Ints:
    """Look places up; -1 stays -1."""
    return np.array([*table, -1], dtype=np.int64)[place]
