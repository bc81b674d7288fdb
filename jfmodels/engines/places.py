r"""Places with the same share in every wave, whether they were reached or not.

A trend over waves should not move because a place was left out, or more people were asked
there. So each cluster c has the share :math:`\pi_c` that it has over all waves together, and
in a wave that did not reach it, the people of the nearest wave stand in for its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.composition import Composition, Modelled, moved_to
from jfmodels.engines.points import as_levels
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.survey import Survey

__all__ = ["first_stage_of", "with_places_fixed"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


def first_stage_of(sampling: Sampling) -> Ints:
    """Unit of the first stage that each of the finest units belongs to."""
    unit = np.arange(len(sampling.stages[-1].stratum))
    for stage in sampling.stages[:0:-1]:
        unit = stage.parent[unit]
    return unit


def with_places_fixed(model: Modelled, composed: Composition) -> tuple[Composition, Ints]:
    """Give every cluster the same share in every wave.

    Where each wave drew clusters of its own, or people are moved between waves anyway, the
    composition stays as it is.

    Returns
    -------
    composed : Composition
        With the people of clusters that a wave did not reach taken from the nearest one.
    borrowed : ndarray of int64, shape (G,)
        1 for sums of people who stand in for a wave that did not reach their cluster.
    """
    survey = model.survey
    if not survey.waves or survey.design.repeats == "nothing" or composed.moved:
        return composed, np.zeros(len(composed.unit), dtype=np.int64)
    cluster = survey.sampling.cluster[first_stage_of(survey.sampling)[composed.unit]]
    wave = composed.wave
    waves = np.unique(model.data.wave)
    weight = _weights(cluster, wave, composed.weight, len(survey.waves))
    source = _nearest(weight[:, waves] > 0, _times(survey)[waves])
    return _stand_in(model, composed, cluster, wave, waves, weight, source)


def _weights(cluster: Ints, wave: Ints, weight: Floats, n_waves: int) -> Floats:
    """Weight of every cluster in every wave, as a share of the wave's; (clusters, waves)."""
    table = np.zeros((int(cluster.max()) + 1, n_waves))
    np.add.at(table, (cluster, wave), weight)
    total = table.sum(axis=0)
    return np.divide(table, total, out=np.zeros_like(table), where=total > 0)


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


def _stand_in(
    model: Modelled,
    composed: Composition,
    cluster: Ints,
    wave: Ints,
    waves: Ints,
    weight: Floats,
    source: Ints,
) -> tuple[Composition, Ints]:
    """Ask the people of the nearest wave in each of `waves`, weighted by clusters' shares."""
    survey, n_patterns = model.survey, len(composed.points[0].patterns)
    share = weight[:, waves].mean(axis=1)[cluster]
    axis = composed.grid.axes[0].labels
    parts, place, pattern, borrowed = [], [], [], []
    for k, target in enumerate(waves):
        here = np.flatnonzero(wave == waves[source[cluster, k]])
        label = survey.waves[target]
        moved = composed.place[here].copy()
        moved[:, 0] = axis.index(label) if label in axis else -1
        parts.append(here)
        place.append(moved)
        pattern.append(composed.pattern[here] + k * n_patterns)
        borrowed.append(wave[here] != target)
    rows, alone = np.concatenate(parts), np.concatenate(borrowed)
    own = weight[cluster, wave]
    scaled = share * np.divide(composed.weight, own, out=np.zeros_like(own), where=own > 0)
    patterns = moved_to(survey, composed.points[0].patterns, ("wave",), waves[:, None])
    inside = np.concatenate(place)[:, 0] >= 0
    fixed = replace(
        composed,
        points=as_levels(patterns),
        unit=composed.unit[rows][inside],
        pattern=np.concatenate(pattern)[inside],
        place=np.concatenate(place)[inside],
        n=np.where(alone, 0.0, composed.n[rows])[inside],
        weight=scaled[rows][inside],
    )
    return fixed, alone[inside].astype(np.int64)
