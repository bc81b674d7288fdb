"""Two-way clustering: answers that resemble each other by place and by interviewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.explained import explained_of
from jfmodels.engines.linearize import few_clusters, scores, stage_rows
from jfmodels.model.cells import Grid, tabulate
from jfmodels.results.engine import Belief
from jfmodels.results.normal import DegreesOfFreedom, Joinable, Normal
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.sampling import Sampling, SamplingStage
from jfmodels.survey.survey import Survey

__all__ = ["believed_two_ways", "by_interviewer", "two_way", "with_second_way"]

type Floats = NDArray[np.float64]


def two_way(
    survey: Survey,
    grid: Grid,
    where: Mapping[str, Sequence[str]],
    joint: Normal,
    small_sample: str,
) -> Normal:
    """Add the variance between interviewers, less what both ways share [1]_.

    Parameters
    ----------
    survey, grid, where
        As in :func:`jfmodels.model.cells.tabulate`.
    joint : Normal
        The belief with the clusters' influence.
    small_sample : {"cr2", "none"}
        As in :func:`jfmodels.direct`.

    References
    ----------
    .. [1] Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011). Robust inference with
       multiway clustering. Journal of Business & Economic Statistics 29, 238-249.
    """
    name = str(survey.design.interviewer)
    crossed = _crossed(survey.rows, name)
    added = _influence(survey, grid, where, name, small_sample)
    both = survey.changed(rows=crossed)
    shared = _influence(both, grid, where, "interviewer × unit", small_sample)
    return with_second_way(joint, added, shared, len(survey.rows.keys[name].labels))


def with_second_way(joint: Normal, added: Floats, shared: Floats, interviewers: int) -> Normal:
    """Add one influence to a belief and subtract another.

    Parameters
    ----------
    joint : Normal
        The belief with the clusters' influence.
    added, shared : ndarray, shape (R', C)
        Influence of interviewers, and of the combinations of interviewer and unit.
    interviewers : int
        How many there are.
    """
    return replace(
        joint,
        influence=np.concatenate([joint.influence, added, shared]),
        degrees=TwoWayDf(joint.degrees, len(joint.influence), interviewers - 1),
        minus=len(shared),
        floor=len(joint.influence),
    )


def believed_two_ways(belief: Belief, one: Belief, both: Belief, interviewers: int) -> Belief:
    """Add to a belief what two others say of the same cells: by interviewer, and within units.

    A cell of one interviewer shows no variance between interviewers; the clusters' is kept.
    """
    joint, *others = (cast(Normal, each.joint) for each in (belief, one, both))
    alone = np.isnan(others[0].influence).any(axis=0)
    added, shared = (np.where(alone, 0.0, each.influence) for each in others)
    return replace(belief, joint=with_second_way(joint, added, shared, interviewers))


def by_interviewer(survey: Survey) -> tuple[Survey, Survey]:
    """The survey as if interviewers were its clusters, and as if they were within units."""
    name = str(survey.design.interviewer)
    crossed = _crossed(survey.rows, name)
    keys = (survey.rows.keys[name], crossed.keys["interviewer × unit"])
    one, both = (_clustered(survey, key) for key in keys)
    return one, both


def _clustered(survey: Survey, unit: Key) -> Survey:
    """The same survey with other units, all in one stratum."""
    rows = replace(survey.rows, keys={**survey.rows.keys, "unit": unit})
    return survey.changed(rows=rows, sampling=_one_stratum(len(unit.labels)))


def _one_stratum(size: int) -> Sampling:
    """Units drawn from everywhere."""
    stage = SamplingStage(np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(1))
    return Sampling((stage,), (), (), "certainty", np.arange(size))


def _crossed(rows: Rows, name: str) -> Rows:
    """The rows with a key for the combinations of interviewer and unit."""
    one, other = rows.keys[name], rows.keys["unit"]
    flat = one.codes * len(other.labels) + other.codes
    occurring, codes = np.unique(flat, return_inverse=True)
    key = Key(codes, tuple(map(str, range(len(occurring)))))
    return replace(rows, keys={**rows.keys, "interviewer × unit": key})


def _influence(
    survey: Survey, grid: Grid, where: Mapping[str, Sequence[str]], unit: str, small_sample: str
) -> Floats:
    """Influence of the groups of a key, all in one stratum."""
    tables = tabulate(survey.rows, grid, where, unit)
    taken = explained_of(survey, tables, lambda key: tabulate(survey.rows, grid, where, key), unit)
    sampling = _one_stratum(len(tables.numerator))
    if small_sample == "none":
        sums = scores(tables.numerator, tables.denominator, taken)
        return stage_rows(sums, sampling.stages[0], sampling.lonely)
    return few_clusters(tables.numerator, tables.denominator, sampling, taken)[0]


@dataclass(frozen=True, slots=True, eq=False)
class TwoWayDf:
    """The smaller of the clusters' and the interviewers' degrees of freedom.

    Attributes
    ----------
    clusters : DegreesOfFreedom
        The clusters' own rule.
    n_rows : int
        Rows of influence that are the clusters'.
    interviewers : int
        Interviewers minus one.
    """

    clusters: DegreesOfFreedom
    n_rows: int
    interviewers: int

    def __call__(self, weights: csr_array, contributions: Floats) -> Floats:
        """Degrees of freedom of K rows."""
        own = self.clusters(weights, contributions[:, : self.n_rows])
        return np.minimum(own, self.interviewers)

    def beside(self, other: TwoWayDf) -> TwoWayDf:
        """Know combinations of these cells and, after them, of another belief's."""
        own = self.clusters
        joined = own.beside(other.clusters) if isinstance(own, Joinable) else own
        return replace(self, clusters=joined)
