"""Joint tests that nothing differs, refused where the design cannot carry them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from jfmodels.results.engine import BITS, Belief, Engine, Question, WithCoefficients
from jfmodels.results.plans import Plan, along_groups, level, same_wording
from jfmodels.results.schema import TESTS
from jfmodels.results.summary import JointTest
from jfmodels.results.table import Table
from jfmodels.results.tables import flag_codes, record_of

__all__ = ["joint_tests", "term_test"]

RELABELLED = JointTest("none", refused="the wording of answers changed between these waves")
UNTESTED = JointTest(
    "none", refused="a level has no variation, or rests on one cluster, so it has no error"
)


def joint_tests(
    engine: Engine, question: Question, belief: Belief, along: str, by: tuple[str, ...]
) -> pd.DataFrame:
    """Test every outcome and group for no difference along an axis.

    Parameters
    ----------
    engine, question, belief
        Who was asked, what, and the answer.
    along : str
        The axis whose places are compared with its first.
    by : tuple of str
        Groups within which to test, as columns of the result.
    """
    plan = level(belief.grid, question.by)
    rows = [
        _row(belief, plan, members, along, by) for members in along_groups(plan, belief.grid, along)
    ]
    table = Table(rows, columns=_columns(belief, along, by))
    table.attrs["record"] = record_of(engine, question, f"no difference along {along}")
    return table


def term_test(engine: WithCoefficients, term: str, method: object = None) -> pd.DataFrame:
    """Test that a coefficient, or all those of a term, are zero.

    Parameters
    ----------
    engine : WithCoefficients
        The fitted model.
    term : str
        A term of its formula, or a coefficient.
    method : object, optional
        The test; the engine's own if None.
    """
    found = engine.test_term(term, method)
    all_of_it = f"all coefficients of {term} are zero"
    row = {
        "outcome": None,
        "category": None,
        "hypothesis": all_of_it if term in engine.terms else f"the coefficient {term} is zero",
        "method": f"refused: {found.refused}" if found.refused else found.method,
        "statistic": found.statistic,
        "df1": float(found.df1),
        "df2": found.df2,
        "p_value": found.p_value,
        "probability": found.probability,
        "flag": engine.flag,
    }
    return Table([row], columns=list(TESTS))


def _columns(belief: Belief, along: str, by: tuple[str, ...]) -> list[str]:
    """Columns of the glossary, the groups after the category."""
    groups = [name for name in belief.grid.names if name != along and (name in (*by, "wave"))]
    names = list(TESTS)
    return [*names[:2], *groups, *names[2:]]


def _row(
    belief: Belief, plan: Plan, members: np.ndarray, along: str, by: tuple[str, ...]
) -> dict[str, Any]:
    """Test one group of levels."""
    known = members[belief.evidence.n[plan.weights[members].indices] > 0]
    comparable = along != "wave" or same_wording(plan, belief.grid, known)
    flags = np.bitwise_or.reduce(belief.evidence.flags[plan.weights[known].indices], initial=0)
    flags |= 0 if comparable else BITS["relabelled"]
    found = _test(belief, plan, known) if comparable else RELABELLED
    if flags & (BITS["at_boundary"] | BITS["one_cluster"]) and not found.refused:
        found = replace(UNTESTED, df1=found.df1)
    first = members[0]
    item = plan.items[plan.item[first]]
    data: dict[str, Any] = {
        "outcome": None if along == "outcome" else item.outcome,
        "category": None if along == "category" else item.category,
        "hypothesis": f"no difference along {along}",
        "method": found.method if not found.refused else f"refused: {found.refused}",
        "statistic": found.statistic,
        "df1": float(found.df1),
        "df2": found.df2,
        "p_value": found.p_value,
        "probability": found.probability,
        "flag": flag_codes(np.array([flags]))[0],
    }
    if found.refused:
        data["method"] += "; read the Holm-adjusted rows of changes() or contrasts() instead"
    for axis, place in zip(belief.grid.axes, plan.domain[first], strict=True):
        if axis.name != along:
            data[axis.name] = axis.labels[place] if place >= 0 else None
    return data


def _test(belief: Belief, plan: Plan, known: np.ndarray) -> JointTest:
    """Test that all levels equal the first."""
    if len(known) < 2:
        return JointTest("none", refused="fewer than two levels rest on interviews")
    levels = csr_array(plan.weights[known])
    apart = np.hstack([-np.ones((len(known) - 1, 1)), np.eye(len(known) - 1)])
    return belief.joint.combine(csr_array(csr_array(apart) @ levels)).test()
