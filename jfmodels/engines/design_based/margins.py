"""From coefficients to cells: a design-based model's answers, averaged with their influence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from jfmodels.engines.cluster_robust import ClusterRobust
from jfmodels.engines.composition import Composition, compose
from jfmodels.engines.composition_scores import levelling
from jfmodels.engines.design_based.fitted import FittedModel
from jfmodels.engines.design_based.intervals import ShareIntervals
from jfmodels.engines.design_based.pseudo_likelihood import has_shares
from jfmodels.engines.design_based.refits import weights_of
from jfmodels.engines.design_based.replicated import deviations
from jfmodels.engines.evidence import evidence_of, without_lone_clusters
from jfmodels.engines.explained import explained, seen_by
from jfmodels.engines.linearize import linearized, scores
from jfmodels.model.cells import Grid, Tables, spread
from jfmodels.model.data import ModelData, Response, read_data
from jfmodels.model.formula import Formula
from jfmodels.results.engine import Belief, Evidence, Question, flag_bits
from jfmodels.results.normal import DegreesOfFreedom, Normal
from jfmodels.survey.survey import Survey

__all__ = ["margins"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


def margins(engine: FittedModel, question: Question) -> Belief:
    """Average the model over a composition, with the sampling error of the composition.

    Parameters
    ----------
    engine : FittedModel
        The fitted model.
    question : Question
        Groups, domain, composition and categories.
    """
    refits, survey = engine.coefficients.refits, engine.survey
    replicate = None if refits is None else lambda data: weights_of(data, refits.replicates)
    composed = compose(engine, question, replicate)
    joint, tables = _average(engine, question, composed)
    evidence = evidence_of(survey, composed.grid, tables, joint, without_replacement=False)
    if not composed.borrows:
        joint = without_lone_clusters(joint, tables, survey.sampling)
    else:
        evidence = _borrowed(evidence, composed, joint)
    evidence = replace(evidence, deff=np.full(joint.size, np.nan))
    shares = has_shares(engine.family) and not composed.grid.per  # a line may leave [0, 1]
    interval = ShareIntervals("logit", evidence.n, np.full(joint.size, shares))
    return Belief(composed.grid, joint, evidence, composed.over, interval)


def _borrowed(evidence: Evidence, composed: Composition, joint: Normal) -> Evidence:
    """Flag cells that hold nobody of their own; those that borrow everybody rest on no cluster."""
    alone = flag_bits("model_based", (evidence.n == 0) & ~np.isnan(joint.mean))
    flags = evidence.flags | alone
    if set(composed.moved) == set(composed.grid.names):
        flags &= ~flag_bits("one_cluster", np.ones(len(flags), dtype=bool))
    return replace(evidence, flags=flags)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The design of P patterns at one point of a composition."""

    matrix: Floats
    offset: Floats
    factor: Floats


def _asked(engine: FittedModel, composed: Composition) -> list[_Asked]:
    """Lay out the columns of every point."""
    design, asked = engine.coefficients.design, []
    for point in composed.points:
        x = design.again(point.patterns)
        if engine.family.constant_blocks:
            x = x[:, [k for k, name in enumerate(design.names) if name != "Intercept"]]
        asked.append(_Asked(x, design.encoder.offsets(point.patterns), point.factor))
    return asked


def _answers(engine: FittedModel, grid: Grid) -> list[list[int]]:
    """Which of the family's means every item adds up."""
    return [list(item.answers) if has_shares(engine.family) else [0] for item in grid.items]


def _expected(engine: FittedModel, grid: Grid, asked: Sequence[_Asked], theta: Floats) -> Floats:
    """What the model expects of every pattern and item, shape (P, I)."""
    total = np.zeros((len(asked[0].factor), len(grid.items)))
    for each in asked:
        eta = engine.coefficients.predictors.eta(theta, each.matrix, each.offset)
        means = engine.family.means(eta)
        parts = [means[:, answers].sum(axis=1) for answers in _answers(engine, grid)]
        total += each.factor[:, None] * np.stack(parts, axis=1)
    return total


def _gradient(engine: FittedModel, grid: Grid, asked: Sequence[_Asked]) -> Floats:
    """Derivatives of what is expected by the parameters, shape (P, I, Q)."""
    fitted = engine.coefficients
    theta, predictors = fitted.estimate.theta, fitted.predictors
    total = np.zeros((len(asked[0].factor), len(grid.items), len(theta)))
    for each in asked:
        slopes = engine.family.slopes(predictors.eta(theta, each.matrix, each.offset))
        for k, answers in enumerate(_answers(engine, grid)):
            by_predictor = each.factor[:, None] * slopes[:, answers].sum(axis=1)
            total[:, k] += predictors.expand(by_predictor, each.matrix)
    return total


def _average(
    engine: FittedModel, question: Question, composed: Composition
) -> tuple[Normal, Tables]:
    """Means of all cells, with the influence of coefficients and of composition."""
    grid, asked = composed.grid, _asked(engine, composed)
    expected = _expected(engine, grid, asked, engine.coefficients.estimate.theta)
    n_units = len(engine.survey.sampling.stages[-1].stratum)
    sums = _sums(composed, expected, n_units)
    above, total = sums.sum(axis=1)
    mean = np.divide(above, total, out=np.full(len(total), np.nan), where=total > 0)
    if engine.coefficients.refits is None:
        of_unit = _of_people(engine, question, composed, expected, sums)
        rows, degrees = _influence(engine, composed, asked, of_unit, sums)
    else:
        values = _refitted(engine, composed, asked)
        rows = deviations(mean, values, engine.coefficients.refits.replicates)
        degrees = engine.coefficients.degrees
    joint = Normal(mean, rows, degrees, eye_array(len(mean), format="csr"))
    if composed.fielded is not None:
        return joint, _interviews(composed.fielded, mean, n_units)
    squares = _squares(grid, above, total)
    n = _laid(composed, composed.n[:, None], n_units)
    return joint, Tables(n, sums[1], sums[0], sums[1], squares)


def _laid(composed: Composition, values: Floats, n_units: int) -> Floats:
    """Lay values of sums, (G, I) or (G, 1), out over units and cells."""
    every = np.broadcast_to(values, (len(composed.unit), len(composed.grid.items)))
    return spread(composed.grid, composed.unit, composed.place, n_units, every)


def _sums(composed: Composition, expected: Floats, n_units: int) -> Floats:
    """Numerators and denominators by unit, (2, U, C), of what is expected of patterns, (P, I)."""
    weight = composed.weight[:, None]
    parts = (weight * expected[composed.pattern], weight)
    return np.stack([_laid(composed, each, n_units) for each in parts])


def _of_people(
    engine: FittedModel, question: Question, composed: Composition, expected: Floats, sums: Floats
) -> Floats:
    """Scores of units by way of who is averaged over, (U, C); 0 of a census, which is known."""
    if composed.fielded is not None:
        return np.zeros(sums.shape[1:])
    of_unit = scores(*sums) + levelling(composed, expected[composed.pattern], sums)
    return of_unit - _explained(engine, question, expected)


def _explained(engine: FittedModel, question: Question, expected: Floats) -> Floats | float:
    """What adjustments of the weights explain of the composition's errors, (U, C)."""

    def of_key(key: str) -> Floats:
        survey = seen_by(engine.survey, key)
        data = read_data(survey, engine.formula, engine.response, engine.where)
        seen = _Seen(survey, engine.formula, engine.response, data, engine.where)
        composed = compose(seen, question)
        sums = _sums(composed, expected, len(survey.rows.keys["unit"].labels))
        return scores(*sums) + levelling(composed, expected[composed.pattern], sums)

    return explained(engine.survey, of_key)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A model's data by other units, as finding who it is averaged over needs to see it."""

    survey: Survey
    formula: Formula
    response: Response
    data: ModelData
    where: Mapping[str, Sequence[str]]


def _interviews(fielded: Composition, mean: Floats, n_units: int) -> Tables:
    """Interviews in cells that are averaged over a census, where `mean` (C,) is expected."""
    every = np.ones((1, len(fielded.grid.items)))
    n, weight = (
        spread(fielded.grid, fielded.unit, fielded.place, n_units, each[:, None] * every)
        for each in (fielded.n, fielded.weight)
    )
    above = weight * np.nan_to_num(mean)
    squares = _squares(fielded.grid, above.sum(axis=0), weight.sum(axis=0))
    return Tables(n, weight, above, weight, squares)


def _influence(
    engine: FittedModel,
    composed: Composition,
    asked: Sequence[_Asked],
    of_unit: Floats,
    sums: Floats,
) -> tuple[Floats, DegreesOfFreedom]:
    """Influence of every unit on every cell, by way of coefficients and of composition.

    `of_unit` (U, C) are the composition's scores, `sums` (2, U, C) numerator and denominator.
    """
    fitted, total = engine.coefficients, sums[1].sum(axis=0)[:, None]
    added = _loadings(composed, _gradient(engine, composed.grid, asked))
    loadings = np.divide(added, total, out=np.zeros_like(added), where=total > 0)
    rows = fitted.rows @ loadings.T + linearized(of_unit, engine.survey.sampling)
    if isinstance(fitted.degrees, ClusterRobust):
        return rows, replace(fitted.degrees, loadings=loadings)
    return rows, fitted.degrees


def _squares(grid: Grid, above: Floats, total: Floats) -> Floats:
    """Sums of w y², w y and w, from which cells where all answer alike are told; (3, C).

    Of a mean the model does not say how answers spread; it is taken as not at an edge.
    """
    share = [item.unit == "share" and not grid.per for item in grid.items]
    spread_out = np.divide(above**2, total, out=np.zeros_like(above), where=total > 0) + total
    return np.stack([np.where(np.repeat(share, grid.n_domains), above, spread_out), above, total])


def _refitted(engine: FittedModel, composed: Composition, asked: Sequence[_Asked]) -> Floats:
    """Means of all cells in every replicate: its model over its composition; shape (R, C)."""
    refits, grid = engine.coefficients.refits, composed.grid
    if refits is None:
        raise ValueError("The model was not fitted to replicates.")
    place, pattern, occurring = _occurring(composed)
    sums = csr_array((np.ones(len(occurring)), (occurring, np.arange(len(occurring)))))
    shape = (len(composed.weight), len(refits.theta))
    if composed.replicate_weight is None:  # a census is the same in all
        weights = sums @ np.broadcast_to(composed.weight[:, None], shape)
    else:
        weights = sums @ composed.replicate_weight
    unit = np.zeros(len(place), dtype=np.int64)
    values = np.full((len(refits.theta), len(grid.items) * grid.n_domains), np.nan)
    for r, theta in enumerate(refits.theta):
        expected = _expected(engine, grid, asked, theta)[pattern]
        weight = np.broadcast_to(weights[:, [r]], expected.shape)
        above, below = (
            spread(grid, unit, place, 1, each)[0] for each in (weight * expected, weight)
        )
        np.divide(above, below, out=values[r], where=below > 0)
    return values


def _loadings(composed: Composition, gradient: Floats) -> Floats:
    """Weighted sums of the gradient over the patterns of every cell, shape (C, Q)."""
    place, pattern, occurring = _occurring(composed)
    n_items, n_parameters = gradient.shape[1:]
    flat = gradient.reshape(len(gradient), -1)[pattern]
    weighted = np.bincount(occurring, composed.weight)[:, None] * flat
    unit = np.zeros(len(place), dtype=np.int64)
    laid = spread(composed.grid, unit, place, 1, weighted)
    laid = laid.reshape(n_items, n_parameters, composed.grid.n_domains)
    return np.swapaxes(laid, 1, 2).reshape(-1, n_parameters)


def _occurring(composed: Composition) -> tuple[Ints, Ints, Ints]:
    """List the places (K, A) and patterns (K,) that occur together, and the pair of each sum."""
    shape, n_patterns = composed.grid.shape, len(composed.points[0].factor)
    codes = (*(composed.place % shape).T, composed.pattern)
    flat = np.ravel_multi_index(codes, (*shape, n_patterns))
    _, first, occurring = np.unique(flat, return_index=True, return_inverse=True)
    return composed.place[first], composed.pattern[first], occurring
