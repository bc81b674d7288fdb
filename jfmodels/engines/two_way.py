"""Two-way clustering: answers that resemble each other by place and by interviewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.linearize import few_clusters, scores, stage_rows
from jfmodels.model.cells import Grid, tabulate
from jfmodels.results.joint import DegreesOfFreedom, Normal
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.sampling import Sampling, SamplingStage
from jfmodels.survey.survey import Survey

__all__ = ["two_way"]

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
    added = _influence(survey.rows, grid, where, name, small_sample)
    shared = _influence(crossed, grid, where, "interviewer × unit", small_sample)
    interviewers = len(survey.rows.keys[name].labels)
    return replace(
        joint,
        influence=np.concatenate([joint.influence, added, shared]),
        degrees=TwoWayDf(joint.degrees, len(joint.influence), interviewers - 1),
        minus=len(shared),
        floor=len(joint.influence),
    )


def _crossed(rows: Rows, name: str) -> Rows:
    """The rows with a key for the combinations of interviewer and unit."""
    one, other = rows.keys[name], rows.keys["unit"]
    flat = one.codes * len(other.labels) + other.codes
    occurring, codes = np.unique(flat, return_inverse=True)
    key = Key(codes, tuple(map(str, range(len(occurring)))))
    return replace(rows, keys={**rows.keys, "interviewer × unit": key})


def _influence(
    rows: Rows, grid: Grid, where: Mapping[str, Sequence[str]], unit: str, small_sample: str
) -> Floats:
    """Influence of the groups of a key, all in one stratum."""
    tables = tabulate(rows, grid, where, unit)
    size = len(tables.numerator)
    stage = SamplingStage(np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(1))
    if small_sample == "none":
        return stage_rows(scores(tables.numerator, tables.denominator), stage, "certainty")
    sampling = Sampling((stage,), (), (), "certainty", np.arange(size))
    return few_clusters(tables.numerator, tables.denominator, sampling)[0]


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
