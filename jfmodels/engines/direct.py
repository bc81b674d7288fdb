"""Direct estimates: weighted shares, means, totals, ratios and quantiles, without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import eye_array

from jfmodels.engines.intervals import INTERVALS, ShareIntervals
from jfmodels.engines.linearize import (
    DesignDf,
    Satterthwaite,
    few_clusters,
    linearized,
    scores,
)
from jfmodels.engines.quantiles import Quantile, quantile_belief
from jfmodels.engines.two_way import two_way
from jfmodels.errors import SpecError, choose, listing
from jfmodels.model.cells import (
    Grid,
    Item,
    Tables,
    Where,
    grid_of,
    items_of,
    read_where,
    tabulate,
)
from jfmodels.results.engine import Belief, Evidence, Question, flag_bits
from jfmodels.results.fit import Fit
from jfmodels.results.joint import DegreesOfFreedom, Normal
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.survey import Survey

__all__ = ["Direct", "Quantile", "Ratio", "direct"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

SMALL_SAMPLE: Mapping[str, str] = {
    "cr2": "bias-reduced variance and each row's own degrees of freedom",
    "none": "plain linearisation with the design's degrees of freedom, as R's survey has it",
}
STATISTICS: Mapping[str, str] = {"mean": "weighted means and shares", "total": "weighted totals"}
DEFF: Mapping[str, str] = {
    "with_replacement": "against simple random sampling with replacement",
    "without_replacement": "against simple random sampling from a population of size sum(w)",
}
INTERVIEWERS: Mapping[str, str] = {
    "ignore": "clusters alone",
    "cluster": "two-way clustering by cluster and interviewer",
}
ONE_CLUSTER = 0.1  # share of a cell's weight in strata of one cluster from which it is flagged


@dataclass(frozen=True, slots=True)
class Ratio:
    """The ratio of two totals.

    Parameters
    ----------
    of, to : str
        Measured outcomes; rows count that have both.
    """

    of: str
    to: str


def direct(
    survey: Survey,
    outcomes: Names = None,
    *,
    by: Names = None,
    where: Where | None = None,
    statistic: str | Quantile | Ratio = "mean",
    interval: str = "logit",
    small_sample: str = "cr2",
    deff: str = "with_replacement",
    interviewers: str = "ignore",
) -> Fit:
    r"""Estimate weighted means and shares by wave and group, without a model.

    All cells of all outcomes, margins included, are one joint belief, so that changes,
    contrasts between groups, outcomes and categories, slopes and indices keep every
    covariance. Variances are linearised over ultimate clusters within strata [1]_; by default
    they are bias-reduced, and every row has its own degrees of freedom [2]_.

    Parameters
    ----------
    survey : Survey
        The survey.
    outcomes : str or list of str, optional
        Outcomes of the codebook; None with a :class:`Ratio`.
    by : str or list of str, optional
        Groups that will be asked for; more may be asked of the fit later.
    where : mapping, optional
        A domain, for example ``{"region": ["Mopti", "Gao"]}``: an indicator within the full
        design, never a subset of it.
    statistic : {"mean", "total"}, Quantile or Ratio, default "mean"
        What is estimated.
    interval : {"logit", "beta", "wilson", "asin", "likelihood", "normal"}, default "logit"
        Interval of shares; "beta" is Korn and Graubard's.
    small_sample : {"cr2", "none"}, default "cr2"
        "none" gives plain linearisation with the design's degrees of freedom, as R does.
    deff : {"with_replacement", "without_replacement"}
        The simple random sample that design effects compare with.
    interviewers : {"ignore", "cluster"}, default "ignore"
        "cluster" counts interviewers as a second way in which answers cluster.

    Returns
    -------
    Fit
        Ask it for ``levels``, ``changes``, ``contrasts``, ``estimate`` and ``test``.

    Raises
    ------
    SpecError
        If a name is not known, or the statistic does not fit the outcome's scale.

    References
    ----------
    .. [1] Binder, D. A. (1983). On the variances of asymptotically normal estimators from
       complex surveys. International Statistical Review 51, 279-292.
    .. [2] Bell, R. M. and McCaffrey, D. F. (2002). Bias reduction in standard errors for
       linear regression with multi-stage samples. Survey Methodology 28, 169-181.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), ["trust_army", "trust_police"], by="region")
    >>> fit.changes(by="region").shape[0]
    40
    """
    engine = Direct(
        survey=survey,
        outcomes=as_names(outcomes),
        by=as_names(by),
        where=where,
        statistic=statistic,
        interval=interval,
        small_sample=small_sample,
        deff=deff,
        interviewers=interviewers,
    )
    engine.check()
    return Fit(engine)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Direct:
    """The engine without a model; see :func:`direct` for what the settings mean."""

    survey: Survey
    outcomes: tuple[str, ...]
    by: tuple[str, ...] = ()
    where: Where | None = None
    statistic: str | Quantile | Ratio = "mean"
    interval: str = "logit"
    small_sample: str = "cr2"
    deff: str = "with_replacement"
    interviewers: str = "ignore"
    name: str = "direct"
    beliefs: dict[str, Belief] = field(default_factory=dict, repr=False)

    def check(self) -> None:
        """Raise for settings that are not known, or do not fit each other."""
        choose("interval", self.interval, INTERVALS)
        choose("small_sample", self.small_sample, SMALL_SAMPLE)
        choose("deff", self.deff, DEFF)
        choose("interviewers", self.interviewers, INTERVIEWERS)
        if isinstance(self.statistic, str):
            choose("statistic", self.statistic, STATISTICS)
        self._items("shown")
        read_where(self.survey, self.where)
        for name in self.by:
            self.survey.group(name)
        if len(self.survey.sampling.stages) > 1 and self.small_sample == "cr2":
            raise SpecError(
                "CR2 is not derived for designs with finite population corrections at several "
                "stages. Choose small_sample='none', or leave the later stages' fpc out."
            )
        if self.interviewers == "cluster" and self.survey.design.interviewer is None:
            raise SpecError("interviewers='cluster' needs interviewer= in the SurveyDesign.")

    def believe(self, question: Question) -> Belief:
        """Answer for every cell of a question, margins included."""
        if question.over is not None:
            raise SpecError(
                "over= averages a model over a composition; direct estimates are as fielded. "
                "Leave it out."
            )
        key = repr(question)
        if key not in self.beliefs:
            self.beliefs[key] = self._believe(question)
        return self.beliefs[key]

    def _items(self, categories: str | Sequence[str]) -> list[Item]:
        """List what is asked of every cell."""
        if isinstance(self.statistic, Ratio):
            return [_ratio_item(self.survey, self.statistic, self.outcomes)]
        if not self.outcomes:
            raise SpecError(f"Name an outcome: {listing(self.survey.codebook.outcomes)}.")
        items = items_of(self.survey, self.outcomes, categories)
        if isinstance(self.statistic, Quantile):
            coded = [item.outcome for item in items if item.answers]
            if coded:
                raise SpecError(f"Quantiles need measured outcomes; {listing(coded)} are coded.")
        return items

    def _believe(self, question: Question) -> Belief:
        where = read_where(self.survey, self.where, question.where)
        grid = grid_of(self.survey, self._items(question.categories), list(question.by), where)
        if isinstance(self.statistic, Quantile):
            return quantile_belief(self.survey, grid, where, self.statistic, self._normal)
        tables = tabulate(self.survey.rows, grid, where)
        if self.statistic == "total":
            return self._total(grid, tables)
        joint = self._normal(grid, tables, where)
        evidence = evidence_of(self.survey, grid, tables, joint, self.deff == "without_replacement")
        joint = _without_lone_clusters(joint, evidence)
        units = {bool(item.answers) for item in grid.items}
        unit = (
            "ratio" if isinstance(self.statistic, Ratio) else "share" if units == {True} else "mean"
        )
        interval = ShareIntervals(self.interval, evidence.n) if unit == "share" else None
        return Belief(grid, joint, evidence, unit, level_interval=interval)

    def _normal(self, grid: Grid, tables: Tables, where: Mapping[str, Sequence[str]]) -> Normal:
        """Means of all cells with the influence of every unit."""
        sampling = self.survey.sampling
        rows, degrees = influence_of(tables, sampling, self.small_sample)
        total = tables.denominator.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(total > 0, tables.numerator.sum(axis=0) / total, np.nan)
        joint = Normal(mean, rows, degrees, eye_array(len(mean), format="csr"))
        if self.interviewers == "cluster":
            return two_way(self.survey, grid, where, joint, self.small_sample)
        return joint

    def _total(self, grid: Grid, tables: Tables) -> Belief:
        """Totals; every unit's own total is its influence."""
        sampling = self.survey.sampling
        rows = linearized(tables.numerator, sampling)
        degrees = DesignDf(_cell_df(tables, sampling), sampling.df)
        mean = np.where(tables.n.sum(axis=0) > 0, tables.numerator.sum(axis=0), np.nan)
        joint = Normal(mean, rows, degrees, eye_array(len(mean), format="csr"))
        evidence = evidence_of(self.survey, grid, tables, joint, self.deff == "without_replacement")
        evidence = replace(evidence, deff=np.full(len(mean), np.nan))
        return Belief(grid, _without_lone_clusters(joint, evidence), evidence, "total")


def influence_of(
    tables: Tables, sampling: Sampling, small_sample: str
) -> tuple[Floats, DegreesOfFreedom]:
    """Influence of every unit on every cell's ratio, and the rule for degrees of freedom."""
    if small_sample == "none":
        rows = linearized(scores(tables.numerator, tables.denominator), sampling)
        return rows, DesignDf(_cell_df(tables, sampling), sampling.df)
    if (tables.denominator < 0).any():
        raise SpecError(
            "CR2 needs a denominator that is nowhere negative; choose small_sample='none'."
        )
    rows, leverage = few_clusters(tables.numerator, tables.denominator, sampling)
    return rows, Satterthwaite(leverage, sampling.stages[0])


def _ratio_item(survey: Survey, ratio: Ratio, outcomes: tuple[str, ...]) -> Item:
    """The one item of a ratio."""
    if outcomes:
        raise SpecError("A Ratio names its outcomes itself; leave outcomes out.")
    for name in (ratio.of, ratio.to):
        if not survey.outcome(name).measured:
            raise SpecError(f"A ratio needs measured outcomes; '{name}' is coded.")
    return Item(ratio.of, f"per {ratio.to}", f"{ratio.of}/{ratio.to}")


def _first_stage(sampling: Sampling, values: Floats) -> Floats:
    """Sum values of the finest units within first-stage units; (U, C) to (M, C)."""
    for stage, upper in zip(sampling.stages[:0:-1], sampling.stages[-2::-1], strict=True):
        above = np.zeros((len(upper.stratum), values.shape[1]))
        np.add.at(above, stage.parent, values)
        values = above
    return values


def _cell_df(tables: Tables, sampling: Sampling) -> Floats:
    """Clusters minus strata that occur in each cell, shape (C,)."""
    present = _first_stage(sampling, tables.n) > 0
    strata = np.add.reduceat(present, sampling.stages[0].starts, axis=0) > 0
    return (present.sum(axis=0) - strata.sum(axis=0)).astype(np.float64)


def evidence_of(
    survey: Survey, grid: Grid, tables: Tables, joint: Normal, without_replacement: bool
) -> Evidence:
    """Say what every cell rests on, and what a reader must know of it."""
    sampling = survey.sampling
    n_by_cluster = _first_stage(sampling, tables.n)
    present = n_by_cluster > 0
    n = n_by_cluster.sum(axis=0)
    n_clusters = present.sum(axis=0)
    deff = _design_effect(tables, joint, n, without_replacement)
    flags = flag_bits("no_interviews", n == 0) | _not_asked(grid)
    flags |= _edge(tables) | _cluster_flags(survey, tables, present)
    with np.errstate(invalid="ignore", divide="ignore"):
        small = (n > 0) & ((n < 30) | (n / deff < 30))
    flags |= flag_bits("small_cell", small)
    asked = _not_asked(grid) == 0
    flags = np.where(asked, flags, _not_asked(grid))
    return Evidence(n.astype(np.int64), n_clusters.astype(np.int64), deff, flags)


def _design_effect(tables: Tables, joint: Normal, n: Floats, without: bool) -> Floats:
    """Variance over that of a simple random sample of equal size."""
    weight, total = tables.weight.sum(axis=0), tables.denominator.sum(axis=0)
    yy, xy, xx = tables.squares
    mean = joint.mean
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = yy - 2 * mean * xy + mean**2 * xx
        simple = weight * residual / total**2 / (n - 1)
        if without:
            simple = np.where(weight >= n, simple * (weight - n) / weight, np.nan)
        return np.where(simple > 0, joint.variance() / simple, np.nan)


def _edge(tables: Tables) -> Ints:
    """Flag cells in which all gave the same answer."""
    yy, xy, xx = tables.squares
    y = tables.numerator.sum(axis=0)
    x = tables.denominator.sum(axis=0)
    same = (x > 0) & (yy * xx - xy**2 <= 1e-12 * np.abs(yy * xx)) & ((y == 0) | (yy > 0))
    return flag_bits("at_boundary", same)


def _cluster_flags(survey: Survey, tables: Tables, present: NDArray[np.bool_]) -> Ints:
    """Flag cells that rest on single clusters, of the whole or of a stratum."""
    sampling = survey.sampling
    stage = sampling.stages[0]
    x = _first_stage(sampling, np.abs(tables.denominator))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(x.sum(axis=0) > 0, x / x.sum(axis=0), 0.0)
    by_stratum = np.add.reduceat(share, stage.starts, axis=0)
    contributing = np.add.reduceat(present.astype(np.int64), stage.starts, axis=0)
    alone = (contributing == 1) & (stage.sizes > 1)[:, None]
    resting = np.where(alone, by_stratum, 0.0).sum(axis=0)
    lone = (resting >= ONE_CLUSTER) | (present.sum(axis=0) == 1)
    dominated = share.max(axis=0) > 0.5
    return flag_bits("one_cluster", lone) | flag_bits("cluster_dominates", dominated)


def _not_asked(grid: Grid) -> Ints:
    """Flag the cells of waves that did not ask."""
    item = np.repeat(np.arange(len(grid.items)), grid.n_domains)
    if "wave" not in grid.names:
        return np.zeros(len(item), dtype=np.int64)
    inner = int(np.prod(grid.shape[1:], dtype=np.int64))
    wave = np.arange(len(item)) % grid.n_domains // inner
    asked = np.column_stack([grid.asked, grid.asked.any(axis=1)])
    return flag_bits("not_asked", ~asked[item, wave])


def _without_lone_clusters(joint: Normal, evidence: Evidence) -> Normal:
    """A variance between clusters cannot be estimated from one of them: never report 0."""
    rows = joint.influence.copy()
    rows[:, evidence.n_clusters == 1] = np.nan
    return replace(joint, influence=rows)
