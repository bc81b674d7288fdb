r"""From draws to cells: a multilevel model averaged over people, places and interviewers.

For every draw, :math:`\mu = \sum_c \pi_c \sum_x \pi(x \mid c)\, E_f[p(c, x, f)]`: groups that
stand for others like them (interviewers; clusters, if the target is the population) are
averaged over new ones from their fitted distribution, other effects enter as fitted. Draws
are averaged first and summarised after. A group that is named and was never met is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from scipy.special import ndtri

from jfmodels.engines.bayesian.new_groups import Drawing, NeverMet, never_met
from jfmodels.engines.bayesian.places import first_stage_of, not_reached, with_places_fixed
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.proposal import lattice
from jfmodels.engines.composition import Composition, Modelled, compose
from jfmodels.engines.evidence import interviews_behind
from jfmodels.model.cells import Grid, spread
from jfmodels.model.data import pattern_codes
from jfmodels.model.effect_layout import Effect
from jfmodels.model.latent import Latent
from jfmodels.results.draws import Draws
from jfmodels.results.engine import Belief, Question, flag_bits
from jfmodels.survey.design import as_names
from jfmodels.survey.survey import Survey

__all__ = [
    "AT_ONCE",
    "Averaged",
    "Projection",
    "added_up",
    "average",
    "averaged_anew",
    "distinct_patterns",
    "expected",
    "membership",
    "new_columns",
    "rests_on_drawn",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

AT_ONCE = 500_000  # numbers held at a time
TOGETHER = 100  # draws whose weights come from one generator
# Gauss and Hermite's nodes along each of up to three predictors that are shifted at once. Shifted
# by an sd of 1 (2), a logit is exact to 2e-7 (2e-4), of four answers each to 5e-4 (8e-3).
NODES = {1: 11, 2: 11, 3: 5}
LATTICE = 64  # points, and their opposites, for more predictors: 5e-3 at a standard deviation of 1


class Averaged(Modelled, Protocol):
    """A fitted multilevel model, as averaging it needs to see it."""

    @property
    def posterior(self) -> Posterior:
        """Its draws."""
        ...

    @property
    def seed(self) -> int:
        """Of the random numbers by which the composition varies."""
        ...


def average(engine: Averaged, question: Question) -> Belief:
    """Believe in the cells of a question, draw by draw.

    Parameters
    ----------
    engine : Averaged
        The fitted model.
    question : Question
        Groups, domain, composition and categories.
    """
    composed = compose(engine, question, shown=("wave",))
    anew = averaged_anew(engine.survey, question)
    fielded = with_places_fixed(engine, composed.fielded or composed)
    composed = composed if composed.fielded else fielded
    drawn = _cells(engine, composed, anew)
    evidence = interviews_behind(engine.survey, composed.grid, _laid(engine, fielded, fielded.n))
    missed = _laid(engine, fielded, fielded.weight * not_reached(engine, fielded)).sum(axis=0)
    drawn_for = composed.weight * rests_on_drawn(engine, composed, anew)
    missing = missed + _laid(engine, composed, drawn_for).sum(axis=0) > 0
    flags = evidence.flags | flag_bits("places_missing", missing)
    flags |= flag_bits("fit_failed", np.full(len(flags), engine.posterior.failed))
    flags &= ~flag_bits("model_based", np.isnan(drawn[0]))
    joint = Draws(drawn, engine.posterior.error)
    return Belief(composed.grid, joint, replace(evidence, flags=flags), composed.over)


def _laid(engine: Averaged, composed: Composition, values: Floats) -> Floats:
    """Sum values (G,) by unit and cell, shape (U, C)."""
    n_units = len(engine.survey.sampling.stages[-1].stratum)
    of_items = values[:, None] * np.ones((1, len(composed.grid.items)))
    return spread(composed.grid, composed.unit, composed.place, n_units, of_items)


def _drawing(engine: Averaged, composed: Composition) -> Drawing:
    """How groups that were never met are drawn."""
    return Drawing(engine.seed, frozenset(composed.moved) - {"wave"})


def rests_on_drawn(
    engine: Averaged, composed: Composition, anew: frozenset[str]
) -> NDArray[np.bool_]:
    """Sums of people of a census in places that the fit does not know, (G,)."""
    found = np.zeros(len(composed.points[0].patterns), dtype=bool)
    if composed.fielded is not None:
        codes = pattern_codes(composed.survey, composed.points[0].patterns)
        kept = [e for e in engine.posterior.latent.effects if not anew & set(e.term.groups)]
        for effect in kept:
            found |= _drawing(engine, composed).of(effect, codes)
    return found[composed.pattern]


def averaged_anew(survey: Survey, question: Question) -> frozenset[str]:
    """Columns of which new groups are averaged over: not those that the question names."""
    named = {*question.by, *(question.where or {}), question.effect}
    return new_columns(survey) - named


def new_columns(survey: Survey) -> frozenset[str]:
    """Columns whose groups stand for others like them, so that new ones are averaged over."""
    design = survey.design
    people = {name for name in (design.interviewer, design.person) if name}
    if design.target != "population":
        return frozenset(people)
    stages = ((as_names(stage.cluster), as_names(stage.strata)) for stage in design.all_stages)
    clusters = {name for names, strata in stages for name in names if name not in strata}
    return frozenset(people | clusters)


@dataclass(frozen=True, eq=False)
class Projection:
    """How P patterns depend on the field, and what new groups add to them.

    Attributes
    ----------
    latent : Latent
        The model.
    columns : csr_array, shape (P, width)
        Loading on a channel's part of the field.
    offset : ndarray, shape (P,)
        Added to the first predictor.
    anew : tuple of (Effect, ndarray of shape (P, m))
        Effects that are averaged over new groups, and how patterns load on them; 0 where the
        pattern's own group is kept.
    unmet : tuple of NeverMet
        Groups that are kept though the fit does not know them.
    """

    latent: Latent
    columns: csr_array
    offset: Floats
    anew: tuple[tuple[Effect, Floats], ...]
    unmet: tuple[NeverMet, ...] = ()

    @classmethod
    def of(
        cls,
        survey: Survey,
        posterior: Posterior,
        patterns: pd.DataFrame,
        drawn_anew: frozenset[str],
        drawing: Drawing | None = None,
    ) -> Projection:
        """Lay out patterns for a fitted model; of some columns all groups are averaged over.

        So are groups that the fit does not know, unless they are to be drawn.
        """
        latent, codes = posterior.latent, pattern_codes(survey, patterns)
        fixed = latent.fixed_part(patterns)
        parts, anew, unmet = [csr_array(fixed)], list[tuple[Effect, Floats]](), list[NeverMet]()
        if latent.integrated is not None:
            anew.append((latent.integrated, latent.integrated.load(patterns, codes)))
        for k, effect in enumerate(latent.effects):
            loading = effect.load(patterns, codes)
            group = effect.find(codes)
            kept = not drawn_anew & set(effect.term.groups)
            known = (group >= 0) & kept
            parts.append(_placed(effect, np.where(known, group, 0), loading * known[:, None]))
            if kept and drawing is not None:
                strangers = never_met(survey, posterior, k, codes, loading, drawing)
                if strangers is not None:
                    unmet.append(strangers)
                    known[strangers.pattern] = True
            if not known.all():
                anew.append((effect, loading * ~known[:, None]))
        columns = csr_array(hstack(parts, format="csr"))
        offset = latent.design.encoder.offsets(patterns)
        return cls(latent, columns, offset, tuple(anew), tuple(unmet))

    def eta(self, posterior: Posterior, here: slice) -> Floats:
        """Linear predictors without what is averaged over, in some draws; (L, P, B)."""
        eta = self.latent.predictors(self.columns, self.offset, posterior.field[here].T)
        for each in self.unmet:
            added = np.tensordot(self.latent.coding, each.effects(posterior, here), axes=1)
            eta[: len(added), each.pattern] += added  # thresholds, if any, come after
        return eta

    def variance(self, posterior: Posterior, here: slice) -> Floats:
        """Variance that new groups add to each channel, shape (P, B)."""
        total = np.zeros((len(self.offset), here.stop - here.start))
        for effect, loading in self.anew:
            covariance = posterior.covariance(effect)[here]
            total += np.einsum("pm,bmq,pq->pb", loading, covariance, loading, optimize=True)
        return total


def _placed(effect: Effect, group: Ints, loading: Floats) -> csr_array:
    """Loadings (P, m) put where their groups stand, shape (P, G m)."""
    n, m = loading.shape
    rows, columns = np.nonzero(loading)
    place = group[rows] * m + columns
    return csr_array((loading[rows, columns], (rows, place)), shape=(n, effect.size))


def expected(
    survey: Survey,
    posterior: Posterior,
    patterns: pd.DataFrame,
    answers: Sequence[Sequence[int]],
    drawn_anew: frozenset[str] | None = None,
    drawing: Drawing | None = None,
) -> Iterator[tuple[slice, Floats]]:
    """Give what the model expects of patterns, in turns of some draws.

    Parameters
    ----------
    survey, posterior
        The survey and the draws.
    patterns : DataFrame, P rows
        Values of the formula's columns.
    answers : sequence of sequence of int
        Answers whose probability is asked, item by item.
    drawn_anew : frozenset of str, optional
        Columns whose groups are averaged over new ones even where they are known; by default
        those that stand for others like them.
    drawing : Drawing, optional
        How groups that are named and that the fit does not know are drawn; by default they are
        averaged over.

    Yields
    ------
    here : slice
        Draws.
    mean : ndarray, shape (I, P, B)
        What they expect.
    """
    chosen = new_columns(survey) if drawn_anew is None else drawn_anew
    projection = Projection.of(survey, posterior, patterns, chosen, drawing)
    nodes, weights = _nodes(posterior.latent.n_channels if projection.anew else 0)
    size = max(1, AT_ONCE // (max(len(patterns), 1) * len(weights)))
    for first in range(0, posterior.n_draws, size):
        here = slice(first, min(first + size, posterior.n_draws))
        yield here, _expected(projection, posterior, here, nodes, weights, answers)


def _expected(
    projection: Projection,
    posterior: Posterior,
    here: slice,
    nodes: Floats,
    weights: Floats,
    answers: Sequence[Sequence[int]],
) -> Floats:
    """Average means over new groups at nodes (Q, D) with weights (Q,); shape (I, P, B)."""
    latent, tally = projection.latent, projection.latent.family.tally
    eta = projection.eta(posterior, here)
    sd = np.sqrt(projection.variance(posterior, here)) if projection.anew else None
    total = np.zeros((len(answers), *eta.shape[1:]))
    for node, weight in zip(nodes, weights, strict=True):
        moved = eta if sd is None else eta.copy()
        if sd is not None:
            for k, step in enumerate(latent.coding @ node):
                moved[k] += step * sd
        for i, each in enumerate(answers):
            total[i] += weight * tally.mean(moved, each)
    return total


def _nodes(dimension: int) -> tuple[Floats, Floats]:
    """Nodes (Q, D) and weights (Q,) for averages over standard normal numbers."""
    if dimension == 0:
        return np.zeros((1, 1)), np.ones(1)
    if dimension in NODES:
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES[dimension])
        points = np.array(list(product(nodes, repeat=dimension)))
        together = np.prod(list(product(weights, repeat=dimension)), axis=1)
        return points, together / together.sum()
    half = ndtri(lattice(LATTICE, dimension, np.zeros(dimension)))
    points = np.concatenate([half, -half])
    points = points @ np.linalg.inv(np.linalg.cholesky(points.T @ points / len(points))).T
    return points, np.full(len(points), 1 / len(points))


def _cells(engine: Averaged, composed: Composition, anew: frozenset[str]) -> Floats:
    """Draws of all cells, shape (S, C)."""
    posterior, grid = engine.posterior, composed.grid
    answers = [item.answers for item in grid.items]
    kept, pattern = distinct_patterns(engine, composed, anew)
    sums = _Sums.of(engine.survey, composed, pattern)
    drawn = np.empty((posterior.n_draws, len(grid.items), grid.n_domains))
    size = max(1, AT_ONCE // max(len(sums.weight), 1))
    frames = [point.patterns.iloc[kept].reset_index(drop=True) for point in composed.points]
    survey, drawing = composed.survey, _drawing(engine, composed)
    asked = [expected(survey, posterior, each, answers, anew, drawing) for each in frames]
    for turns in zip(*asked, strict=True):
        here = turns[0][0]
        mean = added_up(composed, kept, [each for _, each in turns])
        for first in range(here.start, here.stop, size):
            some = slice(first, min(first + size, here.stop))
            part = mean[:, :, first - here.start : some.stop - here.start]
            drawn[some] = sums.means(part, engine.seed, some)
    return drawn.reshape(len(drawn), -1)


def added_up(composed: Composition, kept: Ints, means: Sequence[Floats]) -> Floats:
    """Add the answers at all points of a composition up."""
    if len(means) == 1:
        return means[0]
    factors = [point.factor[kept][:, None] for point in composed.points]
    total: Floats = np.sum([f * each for f, each in zip(factors, means, strict=True)], axis=0)
    return total


def distinct_patterns(
    engine: Averaged, composed: Composition, anew: frozenset[str]
) -> tuple[Ints, Ints]:
    """Patterns that differ in what enters the answer, and that of every sum."""
    latent = engine.posterior.latent
    names = list(engine.formula.columns)
    for effect in latent.effects:
        kept = not anew & set(effect.term.groups)
        names += effect.term.columns if kept else effect.slope_columns
    frame = composed.points[0].patterns
    wanted = [name for name in dict.fromkeys(names) if name in frame.columns]
    if len(composed.points) > 1:
        return np.arange(len(frame)), composed.pattern
    if not wanted:
        return np.zeros(1, dtype=np.int64), np.zeros(len(composed.pattern), dtype=np.int64)
    number = frame.groupby(wanted, observed=True, sort=False, dropna=False).ngroup().to_numpy()
    _, first = np.unique(number, return_index=True)
    return first.astype(np.int64), number[composed.pattern].astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Sums:
    """People in cells: weights by unit, place and pattern.

    Attributes
    ----------
    cells : csr_array, shape (D, K)
        Which domains each sum counts in.
    unit, pattern : ndarray of int64, shape (K,)
        Unit of the first stage, and pattern.
    weight : ndarray, shape (K,)
        Summed weight.
    stratum : ndarray of int64 or None, shape (M,)
        Stratum of every unit; None if the people are a census's, whose shares are known.
    """

    cells: csr_array
    unit: Ints
    pattern: Ints
    weight: Floats
    stratum: Ints | None

    @classmethod
    def of(cls, survey: Survey, composed: Composition, pattern: Ints) -> _Sums:
        """Add up the sums of a composition that agree in all that matters."""
        sampled = composed.fielded is None
        unit = first_stage_of(survey.sampling)[composed.unit] if sampled else composed.unit
        keys = np.column_stack([composed.place, pattern, unit])
        distinct, place = np.unique(keys, axis=0, return_inverse=True)
        weight = np.bincount(place.ravel(), composed.weight)
        cells = membership(composed.grid, distinct[:, :-2])
        stratum = survey.sampling.stages[0].stratum if sampled else None
        return cls(cells, distinct[:, -1], distinct[:, -2], weight, stratum)

    def means(self, expected: Floats, seed: int, here: slice) -> Floats:
        """Means of cells in some draws, from what is expected (I, P, B); (B, I, D)."""
        weight = self.weight[:, None] * self.resampled(seed, here)[self.unit]
        below = self.cells @ weight
        means = []
        for each in expected:
            above = self.cells @ (weight * each[self.pattern])
            means.append(np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0))
        return np.moveaxis(np.stack(means), -1, 0)

    def resampled(self, seed: int, here: slice) -> Floats:
        """Weights of units under the cluster Bayesian bootstrap, mean 1 by stratum; (M, B).

        A draw's weights do not depend on which draws are asked for together. Those of a census
        do not vary.
        """
        stratum = self.stratum
        if stratum is None:
            return np.ones((1, here.stop - here.start))
        first, last = here.start // TOGETHER, -(-here.stop // TOGETHER)
        generators = [np.random.default_rng([seed, block]) for block in range(first, last)]
        shape = (TOGETHER, len(stratum))
        blocks = np.concatenate([each.exponential(size=shape) for each in generators])
        drawn = blocks[here.start - first * TOGETHER : here.stop - first * TOGETHER].T
        total = np.zeros((int(stratum.max()) + 1, drawn.shape[1]))
        np.add.at(total, stratum, drawn)
        size = np.bincount(stratum)[stratum]
        shares: Floats = drawn / total[stratum] * size[:, None]
        return shares


def membership(grid: Grid, place: Ints) -> csr_array:
    """Which domains places on the axes count in, margins included; (D, K)."""
    rows, columns = [], []
    for margin in product((False, True), repeat=len(grid.axes)):
        pooled = np.array(margin, dtype=bool)
        inside = ((place >= 0) | pooled).all(axis=1)
        domain = np.where(pooled, -1, place)[inside]
        rows.append(grid.cells(np.zeros(len(domain), dtype=np.int64), domain))
        columns.append(np.flatnonzero(inside))
    row, column = np.concatenate(rows), np.concatenate(columns)
    return csr_array((np.ones(len(row)), (row, column)), shape=(grid.n_domains, len(place)))
