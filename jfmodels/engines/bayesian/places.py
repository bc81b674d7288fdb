r"""Places with the same share in every wave, whether they were reached or not.

A trend over waves should not move because a place was left out, or more people were asked
there. So each cluster c has the share :math:`\pi_c` that it has over all waves together, and
in a wave that did not reach it, the people of the nearest wave stand in for its own. Shares and
visits are those of all rows of the fit, so that a level is the same whether a group is named
by ``by=`` or by ``where=``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.composition import Composition, Modelled, moved_to
from jfmodels.engines.points import Point
from jfmodels.model.cells import look_up
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.survey import Survey

__all__ = ["first_stage_of", "not_reached", "with_places_fixed"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


def first_stage_of(sampling: Sampling) -> Ints:
    """Unit of the first stage that each of the finest units belongs to."""
    unit = np.arange(len(sampling.stages[-1].stratum))
    for stage in sampling.stages[:0:-1]:
        unit = stage.parent[unit]
    return unit


def with_places_fixed(model: Modelled, composed: Composition) -> Composition:
    """Give every cluster the same share in every wave.

    The people of clusters that a wave did not reach are taken from the nearest one. Where each
    wave drew clusters of its own, or people are moved between waves anyway, the composition
    stays as it is.
    """
    if not _revisits(model) or "wave" in composed.moved:
        return composed
    waves = np.unique(model.data.wave)
    visits = _visits(model)
    of_wave = visits[:, waves]
    total = of_wave.sum(axis=0)
    share = np.divide(of_wave, total, out=np.zeros_like(of_wave), where=total > 0).mean(axis=1)
    source = waves[_nearest(of_wave > 0, _times(model.survey)[waves])]
    cluster, wave = _cluster(model.survey)[composed.unit], composed.wave
    own = visits[cluster, wave]
    weight = share[cluster] * np.divide(composed.weight, own, out=np.zeros_like(own), where=own > 0)
    return _stand_in(model, replace(composed, weight=weight), waves, source[cluster])


def not_reached(model: Modelled, composed: Composition) -> NDArray[np.bool_]:
    """Sums of people of clusters that the wave in which they count did not reach, (G,)."""
    if not _revisits(model):
        return np.zeros(len(composed.unit), dtype=bool)
    wave = look_up(composed.grid.axes[0].labels, model.survey.waves)[composed.place[:, 0]]
    missed: NDArray[np.bool_] = _visits(model)[_cluster(model.survey)[composed.unit], wave] == 0
    return missed


def _revisits(model: Modelled) -> bool:
    """Whether the same clusters were to be visited in every wave."""
    design = model.survey.design
    return bool(model.survey.waves and design.all_stages and design.repeats != "nothing")


def _cluster(survey: Survey) -> Ints:
    """Cluster of each of the finest units."""
    return survey.sampling.cluster[first_stage_of(survey.sampling)]


def _visits(model: Modelled) -> Floats:
    """Weight of every cluster in every wave, (clusters, waves)."""
    cluster, data = _cluster(model.survey), model.data
    table = np.zeros((int(cluster.max()) + 1, len(model.survey.waves)))
    np.add.at(table, (cluster[data.unit], data.wave), data.weight)
    return table


def _times(survey: Survey) -> Floats:
    """Years of all waves; without dates, a step each."""
    if not survey.time:
        return np.arange(len(survey.waves), dtype=np.float64)
    return np.array([survey.time[wave] for wave in survey.waves])


def _nearest(reached: NDArray[np.bool_], time: Floats) -> Ints:
    """Nearest wave that reached each cluster, the earlier of two; (clusters, waves), else -1."""
    gap = np.abs(time[:, None] - time)  # [source, target]
    apart = np.where(reached[:, :, None], gap, np.inf)
    nearest = np.argmin(apart, axis=1)
    found: Ints = np.where(reached.any(axis=1)[:, None], nearest, -1)
    return found


def _stand_in(model: Modelled, composed: Composition, waves: Ints, source: Ints) -> Composition:
    """Ask people in each of `waves` for which theirs is the source of their cluster, (G, W)."""
    survey, n_patterns = model.survey, len(composed.points[0].patterns)
    axis = composed.grid.axes[0].labels
    parts, place, pattern, alone = [], [], [], []
    for k, target in enumerate(waves):
        label = survey.waves[target]
        here = np.flatnonzero((composed.wave == source[:, k]) & (label in axis))
        moved = composed.place[here].copy()
        moved[:, 0] = axis.index(label) if label in axis else -1
        parts.append(here)
        place.append(moved)
        pattern.append(composed.pattern[here] + k * n_patterns)
        alone.append(composed.wave[here] != target)
    rows = np.concatenate(parts)
    return replace(
        composed,
        points=tuple(_in_waves(survey, point, waves) for point in composed.points),
        unit=composed.unit[rows],
        pattern=np.concatenate(pattern),
        place=np.concatenate(place),
        n=np.where(np.concatenate(alone), 0.0, composed.n[rows]),
        weight=composed.weight[rows],
    )


def _in_waves(survey: Survey, point: Point, waves: Ints) -> Point:
    """Ask the same people in every wave, one wave after the other."""
    patterns = moved_to(survey, point.patterns, ("wave",), waves[:, None])
    return Point(patterns, np.tile(point.factor, len(waves)))
