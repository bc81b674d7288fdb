"""Averages of a posterior adjusted to the design: cells, who is averaged over, and flags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.bayesian.averages import (
    Averaged,
    added_up,
    averaged_anew,
    distinct_patterns,
    expected,
    membership,
    new_columns,
    rests_on_drawn,
)
from jfmodels.engines.bayesian.design_adjustment import DesignAdjustment
from jfmodels.engines.bayesian.places import first_stage_of, with_places_fixed
from jfmodels.engines.composition import Composition, compose
from jfmodels.engines.composition_scores import levelling
from jfmodels.engines.linearize import linearized, scores
from jfmodels.model.cells import spread
from jfmodels.results.adjusted import Adjusted, LogitIntervals
from jfmodels.results.draws import Draws
from jfmodels.results.engine import Belief, Question, flag_bits

__all__ = ["adjusted"]

type Floats = NDArray[np.float64]


def adjusted(
    engine: Averaged, adjustment: DesignAdjustment, question: Question, belief: Belief
) -> Belief:
    """Adjust the belief about the cells of a question to the design.

    Rows that name groups which the design drew, or interviewers, speak of these as fitted, and
    of them the design says nothing: they stay as they were drawn, and are flagged. So do all
    rows over a census of these clusters if some rest on places which nobody visited.

    Parameters
    ----------
    engine : Averaged
        The fitted model.
    adjustment : DesignAdjustment
        To its design.
    question, belief
        What was asked, and what the draws answer.
    """
    everything = np.ones(len(belief.evidence.flags), dtype=bool)
    anew = averaged_anew(engine.survey, question)
    if anew != new_columns(engine.survey):
        return _flagged(belief, "not_adjusted", everything)
    assert isinstance(belief.joint, Draws)
    composed = compose(engine, question, shown=("wave",))
    if rests_on_drawn(engine, composed, anew).any():
        return _flagged(belief, "not_adjusted", everything)
    composed = composed if composed.fielded else with_places_fixed(engine, composed)
    slopes, composition = _of_cells(engine, adjustment, composed)
    design = adjustment.normal(belief.joint.draws.mean(axis=0), slopes, composition)
    alone = belief.evidence.n_clusters == 1
    alone &= engine.survey.design.target == "population" and not composed.borrows
    influence = np.where(alone, np.nan, design.influence)
    joint = Adjusted.of(belief.joint, replace(design, influence=influence))
    shares = all(item.unit == "share" for item in belief.grid.items) and not belief.grid.per
    found = replace(belief, joint=joint, level_interval=LogitIntervals(joint) if shares else None)
    return _flagged(found, "one_cluster", alone)


def _flagged(belief: Belief, code: str, where: NDArray[np.bool_]) -> Belief:
    """Add a flag to some cells."""
    flags = belief.evidence.flags | flag_bits(code, where)
    return replace(belief, evidence=replace(belief.evidence, flags=flags))


def _of_cells(
    engine: Averaged, adjustment: DesignAdjustment, composed: Composition
) -> tuple[Floats, Floats]:
    """Derivatives of all cells, (C, Q + O), and what units add by way of the composition."""
    around, grid = adjustment.around[0], composed.grid
    kept, pattern = distinct_patterns(engine, composed, new_columns(engine.survey))
    frames = [point.patterns.iloc[kept].reset_index(drop=True) for point in composed.points]
    answers = [item.answers for item in grid.items]
    values = np.empty((len(answers), len(kept), around.n_draws))
    turns = (expected(composed.survey, around, each, answers) for each in frames)
    for parts in zip(*turns, strict=True):
        values[:, :, parts[0][0]] = added_up(composed, kept, [mean for _, mean in parts])
    at = (np.arange(len(pattern)), pattern)
    held = csr_array((composed.weight, at), shape=(len(pattern), len(kept)))
    cells = membership(grid, composed.place) @ held
    below = np.asarray(cells.sum(axis=1))[:, None]
    means = [_divided(np.asarray(cells @ each), below) for each in values]
    slopes = adjustment.slopes(np.concatenate(means))
    return slopes, _composition(adjustment, composed, values[:, pattern, 0].T)


def _composition(adjustment: DesignAdjustment, composed: Composition, means: Floats) -> Floats:
    """What every unit adds to cells by whom it has interviewed, from means (G, I); (M, C).

    It is 0 of a census, which is known.
    """
    sampling = adjustment.sampling
    unit = first_stage_of(adjustment.survey.sampling)[composed.unit]
    here = replace(composed, unit=unit)
    weight = np.broadcast_to(composed.weight[:, None], means.shape)
    n_units = len(sampling.stages[0].stratum)
    laid = (
        spread(composed.grid, unit, composed.place, n_units, each)
        for each in (weight * means, weight)
    )
    sums = np.stack(list(laid))
    if composed.fielded is not None:
        return np.zeros(sums.shape[1:])
    return linearized(scores(*sums) + levelling(here, means, sums), sampling)


def _divided(above: Floats, below: Floats) -> Floats:
    """Divide, 0 where there is nobody."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
