"""Tests of tables of answers: independence of two variables, and agreement with known shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.engines.design_based.contingency import (
    GOODNESS,
    STATISTICS,
    CrossTable,
    fit_of_shares,
)
from jfmodels.engines.explained import explained
from jfmodels.errors import SpecError, choose, listing, unknown
from jfmodels.model.cells import Where, places, read_where
from jfmodels.model.items import DONT_KNOW, REFUSED
from jfmodels.results.schema import TESTS
from jfmodels.results.summary import JointTest
from jfmodels.results.table import Table
from jfmodels.results.tables import RETAINED, versions
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.interviewers import retained
from jfmodels.survey.outcome import Outcome
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.survey import Survey

__all__ = ["goodness_of_fit", "table_test"]

type Floats = NDArray[np.float64]
type Test = Callable[[CrossTable], JointTest]

NO_ANSWER = "no answer"
ROW, COLUMN = "row of the table", "column of the table"
SMALL = 30  # interviews of a row or column below which the table is flagged
ADVICE = "; read the Holm-adjusted rows of changes() or contrasts() instead"
REWORDED = JointTest("none", refused="the wording of answers changed between these waves")


def table_test(
    survey: Survey,
    row: str,
    column: str,
    *,
    by: Names = None,
    where: Where | None = None,
    statistic: str = "F",
) -> pd.DataFrame:
    r"""Test whether an outcome is independent of a group, of the wave, or of another outcome.

    Pearson's :math:`X^2` of the weighted table, on the scale of the interviews in it, is referred
    to the distribution it has under the survey's design [1]_: that of
    :math:`\sum_k \delta_k \chi^2_1`, with the generalised design effects :math:`\delta_k` taken
    from the covariance of all cells. That covariance is linearised over the same units as in
    :func:`jfmodels.direct`, so clusters that were revisited make waves correlated.

    Parameters
    ----------
    survey : Survey
        The survey.
    row : str
        A coded outcome. Its don't-knows and refusals leave the table (``excluded``), are two
        categories (``own_category``), or together one (``in_base``).
    column : str
        Another coded outcome, a group, or ``"wave"``.
    by : str or list of str, optional
        Groups, ``"wave"`` among them, within which to test; waves are pooled unless named.
    where : mapping, optional
        A domain: an indicator within the full design, never a subset of it.
    statistic : {"F", "chisq", "wald", "adjusted wald", "lincom", "saddlepoint"}, default "F"
        "F" divides :math:`X^2` by :math:`\sum\delta_k` and refers it to F with
        :math:`d = (\sum\delta_k)^2/\sum\delta_k^2` and :math:`d\nu` degrees of freedom;
        "chisq" divides by the mean of :math:`\delta_k`, the first-order correction; "lincom" is
        the exact distribution of :math:`\sum\delta_k\chi^2_1/(\chi^2_{d\nu}/d\nu)` and
        "saddlepoint" R's approximation of it. "wald" refers the Wald statistic over its q
        contrasts to F with q and :math:`\nu`, "adjusted wald" that times
        :math:`(\nu-q+1)/\nu` to F with q and :math:`\nu-q+1`.

    Returns
    -------
    DataFrame
        One row, or one for each group of `by`; columns of
        :data:`jfmodels.results.schema.TESTS`. `method` names :math:`\nu`, the clusters less the
        strata that occur in the table. Rows that cannot be tested say why in `method`.

    Raises
    ------
    SpecError
        If a name is not known, an outcome is not coded or has several answers, or, without
        `by`, fewer than two rows or columns of the table rest on interviews.

    See Also
    --------
    jfmodels.Fit.test : Differences of one share, with errors corrected for few clusters.

    Notes
    -----
    Rows and columns without interviews are left out. Empty cells are no obstacle until so many
    are empty that independence leaves nothing to test.

    Sixteen revisited clusters in four strata, in which no wave differs, were rejected this
    often at .05 (2,000 simulated surveys each, chance of about .005; "lincom" as "F"):

    ========  ===============  ====  =======  =======  ===============
    clusters  waves x answers  "F"   "chisq"  "wald"   "adjusted wald"
    ========  ===============  ====  =======  =======  ===============
    equal     2 x 2            .048  .070     .048     .048
    equal     2 x 4            .036  .068     .086     .049
    equal     6 x 2            .023  .058     .161     .050
    equal     6 x 4            .009  .067     refused  refused
    uneven    2 x 2            .093  .125     .032     .032
    uneven    2 x 4            .081  .166     .054     .030
    uneven    6 x 2            .052  .153     .127     .027
    uneven    6 x 4            .023  .244     refused  refused
    ========  ===============  ====  =======  =======  ===============

    Uneven clusters have lognormal sizes, sd 1. With few and uneven clusters "F" rejects too
    often: read :meth:`jfmodels.Fit.test` of a direct fit, whose errors allow for that (.021 where
    "F" has .093), or "adjusted wald". With equal ones "F" sees the less, the more contrasts there
    are for the clusters.

    References
    ----------
    .. [1] Rao, J. N. K. and Scott, A. J. (1984). On chi-squared tests for multiway contingency
       tables with cell proportions estimated from survey data. Annals of Statistics 12, 46-60.

    Examples
    --------
    >>> import jfmodels as jf
    >>> table = table_test(jf.example(), "trust_army", "region", where={"wave": "Q6"})
    >>> table[["outcome", "hypothesis"]].values.tolist()
    [['trust_army', 'independent of region']]
    """
    test = choose("statistic", statistic, STATISTICS)
    split = as_names(by)
    _check_names(survey, row, column, split)
    allowed = read_where(survey, where)
    data = []
    for labels, table in _tables(survey, row, column, split, allowed):
        if min(table.n.shape) < 2 and not split:
            raise SpecError(f"Nothing to test: {_too_small(table, row, column)}.")
        found = _tested(survey, table, test, row, column)
        data.append(labels | _numbers(row, f"independent of {column}", found, table))
        data[-1]["flag"] = _flags(survey, table, found, column)
    call = {"row": row, "column": column, "by": list(split), "statistic": statistic}
    return _laid_out(survey, data, split, call | {"where": where})


def goodness_of_fit(
    survey: Survey,
    outcome: str,
    shares: Mapping[str, float],
    *,
    where: Where | None = None,
    statistic: str = "F",
) -> pd.DataFrame:
    r"""Test whether an outcome's answers have the shares that are known from elsewhere.

    Pearson's :math:`X^2` is a sum of squares whose covariance under the design gives it the
    distribution of :math:`\sum_k\lambda_k\chi^2_1`. It is matched in mean and variance by a
    scaled chi-square [1]_.

    Parameters
    ----------
    survey : Survey
        The survey.
    outcome : str
        A coded outcome.
    shares : mapping of str to float
        For each category the share, above 0, that it is to have. They are divided by their sum,
        so that counts of a census will do.
    where : mapping, optional
        A domain.
    statistic : {"F", "chisq"}, default "F"
        "chisq" is as R has it; "F" divides by d, its degrees of freedom, and refers it to F
        with d and :math:`d\nu`, where :math:`\nu` are the clusters less the strata.

    Returns
    -------
    DataFrame
        One row with the columns of :data:`jfmodels.results.schema.TESTS`. `statistic` is
        :math:`X^2` over the scale, so that it does not depend on what the weights add up to.

    Raises
    ------
    SpecError
        If `shares` and the outcome's categories are not the same, a share is not above 0, or
        nobody answered.

    Notes
    -----
    With sixteen equal clusters in four strata "chisq" rejects true shares too often at .05:
    .071 of two categories and .061 of four, "F" .048 and .044 (2,000 simulated surveys each).

    References
    ----------
    .. [1] Rao, J. N. K. and Scott, A. J. (1981). The analysis of categorical data from complex
       sample surveys. Journal of the American Statistical Association 76, 221-230.

    Examples
    --------
    >>> import jfmodels as jf
    >>> table = goodness_of_fit(jf.example(), "state_forces_present", {"no": 30, "yes": 70})
    >>> table["method"].item()
    'Rao-Scott F, 12 design df'
    """
    refer = choose("statistic", statistic, GOODNESS)
    share = _shares(outcome, _coded(survey, outcome), shares)
    ((_, table),) = _tables(survey, outcome, None, (), read_where(survey, where))
    if not table.n.any():
        raise SpecError(f"Nobody answered '{outcome}' there.")
    found = _alone(table) or fit_of_shares(table, share, refer)
    data = _numbers(outcome, "shares as given", found, table)
    data["flag"] = _flags(survey, table, found)
    call = {"outcome": outcome, "shares": dict(shares), "statistic": statistic}
    return _laid_out(survey, [data], (), call | {"where": where})


# ------------------------------------------------------------------ what is tabulated


def _check_names(survey: Survey, row: str, column: str, split: Sequence[str]) -> None:
    """Raise for names that are not known, or stand in two places."""
    names = [row, column, *split]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(f"Named twice among row, column and by: {listing(twice)}.")
    _coded(survey, row)
    _side(survey, column)
    for name in split:
        survey.group(name)


def _side(survey: Survey, name: str) -> Key:
    """Read an outcome, a group or the wave as one side of a table."""
    groups = set(survey.rows.groups)
    if name in survey.codebook.outcomes:
        return _coded(survey, name)
    if name not in groups:
        known = [*survey.codebook.outcomes, *sorted(groups)]
        raise SpecError(unknown("outcome or group", name, known))
    return survey.group(name)


def _coded(survey: Survey, name: str) -> Key:
    """Read the answers to an outcome as groups, don't-knows by their policy."""
    outcome = survey.outcome(name)
    if outcome.measured:
        raise SpecError(
            f"'{name}' is measured, and a table needs categories. Compare its means by "
            "direct(...).test(), or give it bins under covariates."
        )
    if outcome.scale == "multi":
        raise SpecError(
            f"'{name}' has several answers a person, which no table holds once. Compare the "
            "shares of its options by direct(...).test()."
        )
    labels, place = _categories(outcome)
    codes = survey.rows.answers[name][0]
    return Key(np.array([*place, -1], dtype=np.int64)[codes], labels)


def _categories(outcome: Outcome) -> tuple[tuple[str, ...], list[int]]:
    """Names of the categories, and the category that each answer falls into."""
    labels = list(outcome.labels)
    place = [*range(len(labels)), -1, -1]
    unsaid = [DONT_KNOW if outcome.dont_know else "", REFUSED if outcome.refused else ""]
    if outcome.policy == "in_base":
        unsaid = [NO_ANSWER if text else "" for text in unsaid]
    for k, text in enumerate(unsaid, start=len(labels)):
        if text and outcome.policy != "excluded":
            labels = list(dict.fromkeys([*labels, text]))
            place[k] = labels.index(text)
    return tuple(labels), place


def _shares(outcome: str, side: Key, shares: Mapping[str, float]) -> Floats:
    """Read known shares in the order of the categories, adding up to 1."""
    for name in shares:
        choose(f"category of '{outcome}'", name, dict.fromkeys(side.labels))
    missing = [name for name in side.labels if name not in shares]
    if missing:
        raise SpecError(f"shares= lacks categories of '{outcome}': {listing(missing)}.")
    share = np.array([shares[name] for name in side.labels], dtype=np.float64)
    if not (np.isfinite(share) & (share > 0)).all():
        raise SpecError("shares= must be numbers above 0; leave out or merge the others.")
    return share / share.sum()


def _tables(
    survey: Survey,
    row: str,
    column: str | None,
    split: Sequence[str],
    allowed: Mapping[str, Sequence[str]],
) -> Iterator[tuple[dict[str, str], CrossTable]]:
    """Tabulate units within the domain, for each group of `split`."""
    everybody = Key(np.zeros(survey.n, dtype=np.int64), ("all",))
    sides = (_coded(survey, row), _side(survey, column) if column else everybody)
    rows = replace(
        survey.rows, keys={**survey.rows.keys, **dict(zip((ROW, COLUMN), sides, strict=True))}
    )
    asked = survey.changed(rows=rows)
    labels = {name: survey.group(name).labels for name in split}
    for chosen in product(*(allowed.get(name, labels[name]) for name in split)):
        named = dict(zip(split, chosen, strict=True))
        table = _table(asked, {**allowed, **{name: (text,) for name, text in named.items()}})
        yield named, table if not column else table.without_empty()


def _table(survey: Survey, allowed: Mapping[str, Sequence[str]]) -> CrossTable:
    """Lay out the sums of a domain, whose two sides are keys of the rows."""
    keys = survey.rows.keys
    n, sums = _sums(survey.rows, allowed, "unit")
    taken = explained(survey, lambda key: _by_key(_sums(survey.rows, allowed, key)[1]))
    held = np.broadcast_to(taken, _by_key(sums).shape).reshape(sums.shape)
    whole = n.sum(axis=0).astype(np.int64)
    labels = (keys[ROW].labels, keys[COLUMN].labels)
    return CrossTable(whole, sums, n > 0, labels, survey.sampling, held)


def _by_key(sums: Floats) -> Floats:
    """Cells of a table side by side, (G, R, C) to (G, R C)."""
    return sums.reshape(len(sums), -1)


def _sums(rows: Rows, allowed: Mapping[str, Sequence[str]], key: str) -> tuple[Floats, Floats]:
    """Interviews and weights in every cell of a domain by the groups of a key, (G, R, C) each."""
    groups = rows.aggregate([key, ROW, COLUMN, *allowed])
    inside, _ = places(rows, list(allowed), groups.codes[:, 3:], allowed)
    inside &= (groups.codes[:, 1:3] >= 0).all(axis=1)
    shape = tuple(len(rows.keys[name].labels) for name in (key, ROW, COLUMN))
    place = np.ravel_multi_index(tuple(groups.codes[inside, :3].T), shape)
    laid = [np.bincount(place, each[inside], np.prod(shape)) for each in (groups.n, groups.weight)]
    return laid[0].reshape(shape), laid[1].reshape(shape)


# ------------------------------------------------------------------ what is said


def _tested(survey: Survey, table: CrossTable, test: Test, row: str, column: str) -> JointTest:
    """Test a table, if it can be."""
    if min(table.n.shape) < 2:
        return JointTest("none", refused=_too_small(table, row, column))
    if column == "wave" and len({survey.outcome(row).wording(w) for w in table.labels[1]}) > 1:
        return REWORDED
    if column not in survey.codebook.outcomes and table.lone[1]:
        says = f"one cluster makes {listing(table.lone[1])} of '{column}': no variance is known"
        return JointTest("none", refused=says)
    return _alone(table) or test(table)


def _alone(table: CrossTable) -> JointTest | None:
    """Refuse a table whose strata rest on one cluster each."""
    if table.df >= 1:
        return None
    return JointTest("none", refused="no stratum has two clusters with answers")


def _too_small(table: CrossTable, row: str, column: str) -> str:
    """Say which side has fewer than two places."""
    sides = zip((row, column), table.labels, strict=True)
    found = [f"{len(texts)} of '{name}'" for name, texts in sides if len(texts) < 2]
    return f"answers fall into {' and '.join(found)}, and two are needed"


def _numbers(outcome: str, hypothesis: str, found: JointTest, table: CrossTable) -> dict[str, Any]:
    """Write a test in the glossary's columns."""
    return {
        "outcome": outcome,
        "category": None,
        "hypothesis": hypothesis,
        "method": f"refused: {found.refused}{ADVICE}"
        if found.refused
        else f"{found.method}, {table.df} design df",
        "statistic": found.statistic,
        "df1": found.df1,
        "df2": found.df2,
        "p_value": found.p_value,
        "probability": found.probability,
    }


def _flags(
    survey: Survey, table: CrossTable, found: JointTest, column: str | None = None
) -> tuple[str, ...]:
    """Say what a reader must know before using a test."""
    design = survey.design
    sides = [table.n.sum(axis=0), table.n.sum(axis=1)]
    holds = {
        "clusters_purposive": design.selection == "purposive" and design.target == "population",
        "few_clusters": table.df < 2,
        "interviewers_replaced": column == "wave" and _replaced(survey, table.labels[1]),
        "one_cluster": any(table.lone) or table.df < 1,
        "quota_sample": survey.quota,
        "relabelled": found is REWORDED,
        "small_cell": any((n < SMALL).any() for n in sides),
    }
    return tuple(code for code, flagged in holds.items() if flagged)


def _replaced(survey: Survey, waves: Sequence[str]) -> bool:
    """Whether any two waves of a table had largely other interviewers."""
    share = retained(survey.rows, survey.design.interviewer)
    if share is None:
        return False
    place = [survey.waves.index(wave) for wave in waves]
    kept = share[np.ix_(place, place)]
    return bool((np.fmin(kept, kept.T) < RETAINED).any())


def _laid_out(
    survey: Survey, data: list[dict[str, Any]], split: Sequence[str], call: Mapping[str, Any]
) -> pd.DataFrame:
    """Make the table of tests, with the record of what made it."""
    names = list(TESTS)
    table = Table(data, columns=[*names[:2], *split, *names[2:]])
    table.attrs["record"] = {
        **survey.record,
        "engine": "direct",
        "call": dict(call),
        "versions": versions(),
    }
    return table
