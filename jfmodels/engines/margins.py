"""From coefficients to cells: a model's answers, averaged over a stated composition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from jfmodels.engines.cluster_robust import ClusterRobust
from jfmodels.engines.evidence import evidence_of, without_lone_clusters
from jfmodels.engines.fitted import FittedModel
from jfmodels.engines.intervals import ShareIntervals
from jfmodels.engines.linearize import linearized, scores
from jfmodels.engines.pseudo_likelihood import has_shares
from jfmodels.engines.refits import weights_of
from jfmodels.engines.replicated import deviations
from jfmodels.errors import SpecError, choose
from jfmodels.model.cells import Grid, Tables, grid_of, read_where, spread
from jfmodels.model.data import ModelData, read_data
from jfmodels.model.items import Item, items_of
from jfmodels.results.engine import Belief, Question, flag_bits
from jfmodels.results.joint import Normal

__all__ = ["margins"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """Who is averaged over: G sums of rows, placed in the cells where they count.

    Attributes
    ----------
    patterns : DataFrame
        Covariates.
    unit, pattern : ndarray of int64, shape (G,)
        Unit and pattern of each sum.
    place : ndarray of int64, shape (G, A)
        Place on the grid's axes.
    n, weight : ndarray of float64, shape (G,)
        Rows and weight.
    replicate_weight : ndarray of float64 or None, shape (G, R)
        Weight in every replicate.
    levelled : ndarray of int64 or None, shape (G,)
        Wave by whose total each weight was divided, where waves were made to weigh the same.
    """

    patterns: pd.DataFrame
    unit: Ints
    pattern: Ints
    place: Ints
    n: Floats
    weight: Floats
    replicate_weight: Floats | None = None
    levelled: Ints | None = None


def margins(engine: FittedModel, question: Question) -> Belief:
    """Average the model over a composition, with the sampling error of the composition.

    Parameters
    ----------
    engine : FittedModel
        The fitted model.
    question : Question
        Groups, domain, composition and categories.
    """
    survey = engine.survey
    over = _over(engine, question)
    where = read_where(survey, engine.where, question.where)
    items = _items(engine, question)
    grid = grid_of(survey, items, list(question.by), where)
    data = read_data(survey, engine.formula, engine.response, where, question.by)
    composed = COMPOSITIONS[over](engine, grid, data)
    joint, tables = _average(engine, grid, composed)
    evidence = evidence_of(survey, grid, tables, joint, without_replacement=False)
    if over == "wave":  # otherwise a cell borrows the model, and people, of all waves
        joint = without_lone_clusters(joint, tables, survey.sampling)
    else:
        borrowed = flag_bits("model_based", (evidence.n == 0) & ~np.isnan(joint.mean))
        evidence = replace(evidence, flags=evidence.flags | borrowed)
    shares = np.full(joint.size, has_shares(engine.family))  # a line may leave [0, 1]
    interval = ShareIntervals("logit", evidence.n, shares)
    return Belief(grid, joint, replace(evidence, deff=np.full(joint.size, np.nan)), over, interval)


def _over(engine: FittedModel, question: Question) -> str:
    """Read the composition; it must be said once the model has columns to average over."""
    averaged = [n for n in engine.formula.columns if n not in ("wave", "time", *question.by)]
    if question.over is None and averaged:
        choices = "; ".join(f"over='{name}' ({means})" for name, means in OVER.items())
        raise SpecError(
            f"The model is averaged over {', '.join(averaged)}, so over= must be said. "
            f"Choose {choices}."
        )
    chosen = question.over or "wave"
    choose("over", chosen, OVER)
    return str(chosen)


def _items(engine: FittedModel, question: Question) -> list[Item]:
    """What is asked of every cell, as places among the response's categories."""
    response = engine.response
    named = question.categories
    if response.scale == "shown" and named not in ("shown", "all", [response.categories[1]]):
        raise SpecError(
            f"The model is of '{response.categories[1]}' alone; for others, model "
            f"'{response.outcome.name}' with all its categories."
        )
    if response.scale == "shown":
        return [Item(response.outcome.name, response.categories[1], response.source, (1,), (0, 1))]
    return items_of(engine.survey, [response.outcome.name], question.categories)


def _as_fielded(engine: FittedModel, grid: Grid, data: ModelData) -> Composition:
    """Everyone counts in their own wave."""
    return Composition(
        data.patterns,
        data.unit,
        data.pattern,
        _places(engine, grid, data),
        data.n,
        data.weight,
        _replicate_weight(engine, data),
    )


def _fixed(engine: FittedModel, grid: Grid, data: ModelData) -> Composition:
    """Everyone counts in every wave, each wave's people with the same total weight."""
    waves = engine.survey.waves
    if not waves:
        raise SpecError("over='fixed' pools waves, and the survey has none; use over='wave'.")
    place = _places(engine, grid, data)
    weight = _within_wave(data.wave, data.weight)
    frames: list[pd.DataFrame] = []
    patterns, places, interviewed = [], [], []
    for k, wave in enumerate(grid.axes[0].labels):
        if waves.index(wave) not in engine.data.wave:
            continue  # nobody answered then, and the model has nothing to say
        patterns.append(data.pattern + len(frames) * len(data.patterns))
        frames.append(_moved_to(engine, data.patterns, wave))
        places.append(np.column_stack([np.full(len(place), k), place[:, 1:]]))
        interviewed.append(np.where(data.wave == waves.index(wave), data.n, 0.0))
    repeats = len(frames)
    replicated = _replicate_weight(engine, data)
    if replicated is not None:
        replicated = np.tile(_within_wave(data.wave, replicated), (repeats, 1))
    return Composition(
        pd.concat(frames, ignore_index=True),
        np.tile(data.unit, repeats),
        np.concatenate(patterns),
        np.concatenate(places),
        np.concatenate(interviewed),
        np.tile(weight, repeats),
        replicated,
        np.tile(data.wave, repeats),
    )


def _replicate_weight(engine: FittedModel, data: ModelData) -> Floats | None:
    """Weight of the data in every replicate, where the model was fitted to each."""
    refits = engine.coefficients.refits
    return None if refits is None else weights_of(data, refits.replicates)


def _within_wave(wave: Ints, weight: Floats) -> Floats:
    """Weights (G,) or (G, R) as shares of their wave's; 0 where the wave has none."""
    place = csr_array((np.ones(len(wave)), (wave, np.arange(len(wave)))))
    total = (place @ weight)[wave]
    return np.divide(weight, total, out=np.zeros_like(weight), where=total != 0)


def _moved_to(engine: FittedModel, patterns: pd.DataFrame, wave: str) -> pd.DataFrame:
    """The same people, asked in another wave."""
    waves = pd.Index(list(engine.survey.waves), dtype="str")
    codes = np.full(len(patterns), engine.survey.waves.index(wave))
    moved = patterns.assign(wave=pd.Categorical.from_codes(codes, waves, ordered=True))
    return moved.assign(time=engine.survey.time[wave]) if engine.survey.time else moved


OVER: Mapping[str, str] = {
    "wave": "each wave's own people, as fielded",
    "fixed": "the people of all waves together, each wave with the same weight",
}
COMPOSITIONS: Mapping[str, Callable[[FittedModel, Grid, ModelData], Composition]] = {
    "wave": _as_fielded,
    "fixed": _fixed,
}


def _places(engine: FittedModel, grid: Grid, data: ModelData) -> Ints:
    """Places of the data on the grid's axes."""
    codes = np.column_stack([data.wave, data.groups]) if engine.survey.waves else data.groups
    place = np.empty_like(codes)
    for k, axis in enumerate(grid.axes):
        labels = engine.survey.rows.keys[axis.name].labels
        table = [axis.labels.index(text) if text in axis.labels else -1 for text in labels]
        place[:, k] = np.array([*table, -1])[codes[:, k]]
    return place


def _average(engine: FittedModel, grid: Grid, composed: Composition) -> tuple[Normal, Tables]:
    """Means of all cells, with the influence of coefficients and of composition."""
    fitted = engine.coefficients
    x, offset = _matrix(engine, composed.patterns)
    means, gradient = _predict(engine, grid, x, offset, fitted.estimate.theta)
    n_units = len(engine.survey.sampling.stages[-1].stratum)

    def lay(values: Floats) -> Floats:
        return spread(grid, composed.unit, composed.place, n_units, values)

    ones = np.ones((1, len(grid.items)))
    weight = composed.weight[:, None] * ones
    denominator = lay(weight)
    numerator = lay(weight * means[composed.pattern])
    total = denominator.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(total > 0, numerator.sum(axis=0) / total, np.nan)
        loadings = _loadings(grid, composed, gradient) / total[:, None]
    degrees = fitted.degrees
    if fitted.refits is not None:
        values = _refitted(engine, grid, composed, x, offset)
        rows = deviations(mean, values, fitted.refits.replicates)
    else:
        loadings = np.where(total[:, None] > 0, loadings, 0.0)
        sums = np.stack([numerator, denominator])
        of_unit = scores(*sums) + _levelling(grid, composed, means[composed.pattern], sums)
        sizes = linearized(of_unit, engine.survey.sampling)
        rows = fitted.rows @ loadings.T + sizes
        if isinstance(degrees, ClusterRobust):
            degrees = replace(degrees, loadings=loadings)
    joint = Normal(mean, rows, degrees, eye_array(len(mean), format="csr"))
    n = lay(composed.n[:, None] * ones)
    squares = _squares(grid, numerator.sum(axis=0), total)
    return joint, Tables(n, denominator, numerator, denominator, squares)


def _squares(grid: Grid, above: Floats, total: Floats) -> Floats:
    """Sums of w y², w y and w, from which cells where all answer alike are told; (3, C).

    Of a mean the model does not say how answers spread; it is taken as not at an edge.
    """
    share = np.repeat([item.unit == "share" for item in grid.items], grid.n_domains)
    spread_out = np.divide(above**2, total, out=np.zeros_like(above), where=total > 0) + total
    return np.stack([np.where(share, above, spread_out), above, total])


def _levelling(grid: Grid, composed: Composition, expected: Floats, sums: Floats) -> Floats:
    """What the estimated totals of waves made to weigh the same add to every unit; (U, C).

    A mean moves by the sum of a wave's deviations from it, times the relative error of the
    wave's total. `expected` (G, I) is what the model expects of each sum, `sums` (2, U, C)
    numerator and denominator.
    """
    added = np.zeros(sums.shape[1:])
    if composed.levelled is None:
        return added
    above, below = sums.sum(axis=1)
    mean = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    together = np.zeros(len(composed.unit), dtype=np.int64)
    for wave in np.unique(composed.levelled):
        weight = np.where(composed.levelled == wave, composed.weight, 0.0)
        share = np.bincount(composed.unit, weight, len(added)) / weight.sum()
        each = [weight[:, None] * y for y in (expected, np.ones_like(expected))]
        y, x = (spread(grid, together, composed.place, 1, part)[0] for part in each)
        moved = np.divide(y - mean * x, below, out=np.zeros_like(mean), where=below > 0)
        added -= share[:, None] * moved
    return added


def _refitted(
    engine: FittedModel, grid: Grid, composed: Composition, x: Floats, offset: Floats
) -> Floats:
    """Means of all cells in every replicate: its model over its composition; shape (R, C)."""
    refits = engine.coefficients.refits
    if refits is None or composed.replicate_weight is None:
        raise ValueError("The model was not fitted to replicates.")
    occurring, place = _occurring(composed)
    sums = csr_array((np.ones(len(place)), (place, np.arange(len(place)))))
    weights, pattern = sums @ composed.replicate_weight, occurring[:, -1]
    unit = np.zeros(len(occurring), dtype=np.int64)
    values = np.full((len(refits.theta), len(grid.items) * grid.n_domains), np.nan)
    for r, theta in enumerate(refits.theta):
        means, _ = _predict(engine, grid, x, offset, theta)
        weight = weights[:, [r]] * np.ones((1, len(grid.items)))
        above, below = (
            spread(grid, unit, occurring[:, :-1], 1, each)[0]
            for each in (weight * means[pattern], weight)
        )
        np.divide(above, below, out=values[r], where=below > 0)
    return values


def _matrix(engine: FittedModel, patterns: pd.DataFrame) -> tuple[Floats, Floats]:
    """Design matrix and offset of patterns."""
    design = engine.coefficients.design
    x = design.again(patterns)
    if engine.family.constant_blocks:
        x = x[:, [k for k, name in enumerate(design.names) if name != "Intercept"]]
    return x, design.encoder.offsets(patterns)


def _predict(
    engine: FittedModel, grid: Grid, x: Floats, offset: Floats, theta: Floats
) -> tuple[Floats, Floats]:
    """What the model expects of every pattern and item, and its gradient by the parameters."""
    fitted = engine.coefficients
    means, slopes = engine.family.means(fitted.predictors.eta(theta, x, offset))
    chosen = [list(item.answers) if has_shares(engine.family) else [0] for item in grid.items]
    mean = np.stack([means[:, answers].sum(axis=1) for answers in chosen], axis=1)
    gradient = np.stack(
        [fitted.predictors.expand(slopes[:, answers].sum(axis=1), x) for answers in chosen], axis=1
    )
    return mean, gradient


def _loadings(grid: Grid, composed: Composition, gradient: Floats) -> Floats:
    """Weighted sums of the gradient over the patterns of every cell, shape (C, Q)."""
    occurring, place = _occurring(composed)
    n_items, n_parameters = gradient.shape[1:]
    flat = gradient.reshape(len(gradient), -1)[occurring[:, -1]]
    weighted = np.bincount(place, composed.weight)[:, None] * flat
    unit = np.zeros(len(occurring), dtype=np.int64)
    laid = spread(grid, unit, occurring[:, :-1], 1, weighted)
    laid = laid.reshape(n_items, n_parameters, grid.n_domains)
    return np.swapaxes(laid, 1, 2).reshape(-1, n_parameters)


def _occurring(composed: Composition) -> tuple[Ints, Ints]:
    """List the places and patterns that occur, shape (K, A + 1), and that of every sum (G,)."""
    both = np.column_stack([composed.place, composed.pattern])
    occurring, place = np.unique(both, axis=0, return_inverse=True)
    return occurring.astype(np.int64), place.ravel()
