"""What every cell rests on, and what a reader must know of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jfmodels.model.cells import Grid, Tables
from jfmodels.results.engine import Evidence, flag_bits
from jfmodels.results.normal import Normal
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.survey import Survey

__all__ = ["cell_df", "evidence_of", "interviews_behind", "reached", "without_lone_clusters"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

ONE_CLUSTER = 0.1  # share of a cell's weight in strata of one cluster from which it is flagged
SMALL = 30  # NCHS: a share on fewer interviews, or fewer effective ones, does not stand alone


def evidence_of(
    survey: Survey, grid: Grid, tables: Tables, joint: Normal, without_replacement: bool
) -> Evidence:
    """Say what every cell rests on, and what a reader must know of it."""
    sampling = survey.sampling
    n_by_cluster = _first_stage(sampling, tables.n)
    present = n_by_cluster > 0
    n = n_by_cluster.sum(axis=0)
    n_clusters = _clusters(sampling, present)
    deff = _design_effect(tables, joint, n, without_replacement)
    flags = flag_bits("no_interviews", n == 0) | _not_asked(grid)
    flags |= _edge(tables) | _cluster_flags(survey, tables, present)
    with np.errstate(invalid="ignore", divide="ignore"):
        small = (n > 0) & ((n < SMALL) | (n / deff < SMALL))
    flags |= flag_bits("small_cell", small)
    asked = _not_asked(grid) == 0
    flags = np.where(asked, flags, _not_asked(grid))
    return Evidence(n.astype(np.int64), n_clusters.astype(np.int64), deff, flags)


def interviews_behind(survey: Survey, grid: Grid, n: Floats) -> Evidence:
    """Say what every cell of a model with its own beliefs rests on; n is of shape (U, C)."""
    by_cluster = _first_stage(survey.sampling, n)
    total = by_cluster.sum(axis=0)
    unseen = _not_asked(grid) > 0
    flags = flag_bits("model_based", (total == 0) & ~unseen) | _not_asked(grid)
    flags |= flag_bits("no_interviews", (total == 0) & ~unseen)
    flags |= flag_bits("small_cell", (total > 0) & (total < SMALL))
    clusters = _clusters(survey.sampling, by_cluster > 0)
    missing = np.full(len(total), np.nan)
    return Evidence(total.astype(np.int64), clusters.astype(np.int64), missing, flags)


def _clusters(sampling: Sampling, present: NDArray[np.bool_]) -> Ints:
    """Clusters with interviews in each cell, shape (C,)."""
    if len(np.unique(sampling.cluster)) == len(sampling.cluster):
        return present.sum(axis=0)
    found = np.zeros((int(sampling.cluster.max()) + 1, present.shape[1]), dtype=bool)
    np.logical_or.at(found, sampling.cluster, present)
    return found.sum(axis=0)


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


def cell_df(tables: Tables, sampling: Sampling) -> Floats:
    """Clusters minus strata that occur in each cell, shape (C,)."""
    present = _first_stage(sampling, tables.n) > 0
    strata = np.add.reduceat(present, sampling.stages[0].starts, axis=0) > 0
    return (present.sum(axis=0) - strata.sum(axis=0)).astype(np.float64)


def reached(sampling: Sampling, unit: Ints) -> tuple[int, int]:
    """Count the first-stage units in which the finest units (G,) lie, and their strata."""
    for stage in sampling.stages[:0:-1]:
        unit = stage.parent[unit]
    units = np.unique(unit)
    return len(units), len(np.unique(sampling.stages[0].stratum[units]))


def _first_stage(sampling: Sampling, values: Floats) -> Floats:
    """Sum values of the finest units within first-stage units; (U, C) to (M, C)."""
    for stage, upper in zip(sampling.stages[:0:-1], sampling.stages[-2::-1], strict=True):
        above = np.zeros((len(upper.stratum), values.shape[1]))
        np.add.at(above, stage.parent, values)
        values = above
    return values


def without_lone_clusters(joint: Normal, tables: Tables, sampling: Sampling) -> Normal:
    """A variance between units cannot be estimated from one of them: never report 0."""
    rows = joint.influence.copy()
    rows[:, (_first_stage(sampling, tables.n) > 0).sum(axis=0) == 1] = np.nan
    return replace(joint, influence=rows)
