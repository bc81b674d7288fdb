"""Direct estimates: weighted shares, means, totals, ratios and quantiles, without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import eye_array

from jfmodels.engines.design_based.intervals import INTERVALS, ShareIntervals
from jfmodels.engines.design_based.quantiles import Quantile, quantile_belief
from jfmodels.engines.design_based.replicated import (
    replicate_totals,
    replicated,
    replicates_for,
    require_way,
    with_replicates,
)
from jfmodels.engines.design_based.settings import INTERVIEWERS
from jfmodels.engines.design_based.two_way import two_way
from jfmodels.engines.evidence import cell_df, evidence_of, without_lone_clusters
from jfmodels.engines.explained import TablesBy, explained, explained_of
from jfmodels.engines.linearize import (
    DesignDf,
    OfStrata,
    Satterthwaite,
    few_clusters,
    linearized,
    scores,
)
from jfmodels.errors import SpecError, choose, listing
from jfmodels.model.cells import Grid, Tables, Where, grid_of, read_where, tabulate
from jfmodels.model.items import Item, items_of
from jfmodels.results.engine import Belief, Question
from jfmodels.results.fit import Fit
from jfmodels.results.normal import DegreesOfFreedom, Normal
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.replicates import Replicates
from jfmodels.survey.sampling import Sampling, require_one_stage
from jfmodels.survey.survey import Survey, require_survey

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


@dataclass(frozen=True, slots=True)
class Ratio:
    """The ratio of two totals.

    Parameters
    ----------
    of, to : str
        Measured outcomes; rows count that have both.

    Examples
    --------
    >>> Ratio("income", "household_size").to
    'household_size'
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
    replicates: Replicates | None = None,
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
    replicates : Replicates, optional
        Variances from replicates of the sample; they then take the place of `small_sample`,
        and degrees of freedom are clusters minus strata.

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
    require_survey(survey)
    require_way(survey, replicates)
    engine = Direct(
        survey=with_replicates(survey, replicates),
        outcomes=as_names(outcomes),
        by=as_names(by),
        where=where,
        statistic=statistic,
        interval=interval,
        small_sample=small_sample,
        deff=deff,
        interviewers=interviewers,
        replicates=replicates,
    )
    engine.check()
    return Fit(engine)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
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
    replicates: Replicates | None = None
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
        self._check_replicates()
        if self._small_sample == "cr2":
            instead = "choose small_sample='none', or "
            require_one_stage(self.survey.sampling, "CR2 is", instead)
        if self.interviewers == "cluster" and self.survey.design.interviewer is None:
            raise SpecError("interviewers='cluster' needs interviewer= in the SurveyDesign.")
        means = self.statistic == "mean" or isinstance(self.statistic, Ratio)
        if self.interviewers == "cluster" and not means:
            raise SpecError(
                "interviewers='cluster' is derived for means, shares and ratios, not for totals or "
                "quantiles. Leave it out."
            )

    def _check_replicates(self) -> None:
        """Raise for replicates that the design or the other settings do not allow."""
        require_way(self.survey, self.replicates)
        if self.replicates is None:
            return
        made = replicates_for(self.survey, self.replicates)
        if self.interviewers == "cluster":
            raise SpecError("Replicates draw clusters alone; leave interviewers='cluster' out.")
        if made.jackknife and isinstance(self.statistic, Quantile):
            raise SpecError(
                "The jackknife gives no valid error of a quantile. Use 'brr', 'fay', 'rao_wu' or "
                "'bootstrap', or leave replicates out for Woodruff's intervals."
            )

    @property
    def _small_sample(self) -> str:
        """How linearised variances are corrected; they stand aside for replicates."""
        return self.small_sample if self.replicates is None else "none"

    @property
    def errors(self) -> str:
        """How standard errors were made."""
        return self.small_sample if self.replicates is None else "replicates"

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
            return [replace(item, unit="quantile") for item in items]
        if self.statistic == "total":
            return [replace(item, unit="total") for item in items]
        return items

    def _believe(self, question: Question) -> Belief:
        where = read_where(self.survey, self.where, question.where)
        grid = grid_of(self.survey, self._items(question.categories), list(question.by), where)
        if isinstance(self.statistic, Quantile):
            settings = self.replicates
            made = None if settings is None else replicates_for(self.survey, settings)
            return quantile_belief(self.survey, grid, where, self.statistic, self._linearised, made)
        tables = self._tables(grid, where)("unit")
        if self.statistic == "total":
            return self._total(grid, tables, where)
        joint = self._normal(grid, tables, where)
        evidence = evidence_of(self.survey, grid, tables, joint, self.deff == "without_replacement")
        joint = without_lone_clusters(joint, tables, self.survey.sampling)
        interval = ShareIntervals(self.interval, evidence.n, _is_share(grid))
        return Belief(grid, joint, evidence, level_interval=interval)

    def _normal(self, grid: Grid, tables: Tables, where: Mapping[str, Sequence[str]]) -> Normal:
        """Means of all cells with the influence of every unit, or every replicate."""
        if self.replicates is None:
            return self._linearised(grid, where, self._tables(grid, where))
        made = replicates_for(self.survey, self.replicates)
        above, below = replicate_totals(self.survey, made, grid, tables, where)
        mean = _ratio(tables.numerator.sum(axis=0), tables.denominator.sum(axis=0))
        return replicated(self.survey, made, tables, mean, _ratio(above, below))

    def _tables(self, grid: Grid, where: Mapping[str, Sequence[str]]) -> TablesBy:
        """Sums of every cell by the groups of any key."""
        return lambda key: tabulate(self.survey.rows, grid, where, key)

    def _linearised(
        self, grid: Grid, where: Mapping[str, Sequence[str]], tables_by: TablesBy
    ) -> Normal:
        """Means of all cells with the influence of every unit."""
        tables = tables_by("unit")
        sampling, taken = self.survey.sampling, explained_of(self.survey, tables, tables_by)
        rows, degrees = influence_of(tables, sampling, self._small_sample, taken)
        mean = _ratio(tables.numerator.sum(axis=0), tables.denominator.sum(axis=0))
        joint = Normal(mean, rows, degrees, eye_array(len(mean), format="csr"))
        if self.interviewers == "cluster":
            return two_way(self.survey, grid, where, joint, self.small_sample)
        return joint

    def _total(self, grid: Grid, tables: Tables, where: Mapping[str, Sequence[str]]) -> Belief:
        """Totals; every unit's own total is its influence."""
        sampling = self.survey.sampling
        mean = np.where(tables.n.sum(axis=0) > 0, tables.numerator.sum(axis=0), np.nan)
        if self.replicates is None:
            by_key = self._tables(grid, where)
            taken = explained(self.survey, lambda key: by_key(key).numerator)
            rows = linearized(tables.numerator - taken, sampling)
            plain = DesignDf(cell_df(tables, sampling), sampling.df)
            degrees = plain if self._small_sample == "none" else OfStrata(sampling.stages[0])
            joint = Normal(mean, rows, degrees, eye_array(len(mean), format="csr"))
        else:
            made = replicates_for(self.survey, self.replicates)
            values, _ = replicate_totals(self.survey, made, grid, tables, where)
            joint = replicated(self.survey, made, tables, mean, values)
        evidence = evidence_of(self.survey, grid, tables, joint, self.deff == "without_replacement")
        evidence = replace(evidence, deff=np.full(len(mean), np.nan))
        return Belief(grid, without_lone_clusters(joint, tables, self.survey.sampling), evidence)


def influence_of(
    tables: Tables, sampling: Sampling, small_sample: str, taken: Floats | float
) -> tuple[Floats, DegreesOfFreedom]:
    """Influence of every unit on every cell's ratio, and the rule for degrees of freedom.

    `taken` is what adjustments of the weights explain of the numerators' residuals, (U, C).
    """
    if small_sample == "none":
        rows = linearized(scores(tables.numerator, tables.denominator, taken), sampling)
        return rows, DesignDf(cell_df(tables, sampling), sampling.df)
    if (tables.denominator < 0).any():
        raise SpecError(
            "CR2 needs a denominator that is nowhere negative; choose small_sample='none'."
        )
    rows, leverage = few_clusters(tables.numerator, tables.denominator, sampling, taken)
    return rows, Satterthwaite(leverage, sampling.stages[0])


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Ratios of totals; NaN where nothing is below."""
    missing = np.full(np.shape(denominator), np.nan)
    return np.divide(numerator, denominator, out=missing, where=denominator > 0)


def _is_share(grid: Grid) -> NDArray[np.bool_]:
    """Which cells hold shares, whose intervals end at 0 and 1."""
    return np.repeat([item.unit == "share" for item in grid.items], grid.n_domains)


def _ratio_item(survey: Survey, ratio: Ratio, outcomes: tuple[str, ...]) -> Item:
    """The one item of a ratio."""
    if outcomes:
        raise SpecError("A Ratio names its outcomes itself; leave outcomes out.")
    for name in (ratio.of, ratio.to):
        if not survey.outcome(name).measured:
            raise SpecError(f"A ratio needs measured outcomes; '{name}' is coded.")
    return Item(ratio.of, f"per {ratio.to}", f"{ratio.of}/{ratio.to}", unit="ratio")
