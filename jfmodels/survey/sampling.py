"""Strata and clusters as variance estimation needs them: numbered, nested and counted.

Which units vary follows from the design alone: `repeats` says whether strata and clusters
nest in the wave, `target` whether clusters vary or only the people within them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import listing
from jfmodels.survey.design import Stage, SurveyDesign, as_names
from jfmodels.survey.encode import Encoder
from jfmodels.survey.rows import Key

__all__ = ["Sampling", "SamplingStage", "read_sampling"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SamplingStage:
    """The units of one stage, ordered so that those of a stratum stand together.

    Attributes
    ----------
    parent : ndarray of int64, shape (U,)
        Unit of the stage above that each unit lies in; 0 at the first stage.
    stratum : ndarray of int64, shape (U,)
        Stratum of each unit, rising from 0; strata nest in parents.
    fraction : ndarray of float64, shape (H,)
        Sampled fraction of each stratum; 0 where drawing is as if with replacement.
    """

    parent: Ints
    stratum: Ints
    fraction: Floats

    @property
    def n_strata(self) -> int:
        """Number of strata H."""
        return len(self.fraction)

    @property
    def starts(self) -> Ints:
        """First unit of each stratum, shape (H,)."""
        return np.searchsorted(self.stratum, np.arange(self.n_strata))

    @property
    def sizes(self) -> Ints:
        """Units of each stratum, shape (H,)."""
        return np.bincount(self.stratum, minlength=self.n_strata)


@dataclass(frozen=True, slots=True, eq=False)
class Sampling:
    """How the sample was drawn, as far as it enters variances.

    Attributes
    ----------
    stages : tuple of SamplingStage
        The first stage and, where all above have finite population corrections, the next.
    strata_names, unit_names : tuple of str
        Names of the first stage's strata and units, for messages and descriptions.
    lonely : str
        What to do with a stratum of one unit.
    """

    stages: tuple[SamplingStage, ...]
    strata_names: tuple[str, ...]
    unit_names: tuple[str, ...]
    lonely: str

    @property
    def df(self) -> int:
        """Degrees of freedom of the design: first-stage units minus strata."""
        return len(self.stages[0].stratum) - self.stages[0].n_strata


@dataclass(frozen=True, slots=True)
class _Level:
    """One stage as columns of codes, one code a row."""

    strata: Sequence[Key]
    units: Sequence[Key]
    fpc: str | None


def read_sampling(encoder: Encoder, wave: Key | None) -> tuple[Key, Sampling, Floats | None]:
    """Number units and strata, and note where the data contradict the design.

    Returns
    -------
    unit : Key
        The finest unit whose variation counts, of every row.
    sampling : Sampling
        How those units were drawn.
    implied : ndarray or None
        Weights implied by finite population corrections at every stage.
    """
    levels = _levels(encoder, wave)
    parent: Ints = np.zeros(len(encoder.frame), dtype=np.int64)
    stages, names, implied = [], [], np.ones(len(encoder.frame))
    for k, level in enumerate(levels):
        stage, unit, fraction = _read_stage(encoder, level, parent)
        implied /= np.where(fraction > 0, fraction, np.nan)[stage.stratum][unit]
        if k == 0:
            names = [_names(level.strata, unit), _names(level.units, unit)]
            _check_nesting(encoder, level, wave)
        if k == 0 or all(each.fpc for each in levels[:k]):
            stages.append(stage)
            finest = unit
        parent = unit
    strata_names = _by_first(names[0], stages[0].stratum)
    sampling = Sampling(tuple(stages), strata_names, names[1], encoder.design.lonely)
    _check_lonely(encoder, sampling)
    key = Key(finest, tuple(map(str, range(len(stages[-1].stratum)))))
    return key, sampling, implied if np.isfinite(implied).all() else None


def _levels(encoder: Encoder, wave: Key | None) -> list[_Level]:
    """Say which columns make the strata and units of each stage."""
    design = encoder.design
    nested = [wave] if wave is not None and design.repeats == "nothing" else []
    columns = {name: encoder.column(name, role) for name, role in _required(design).items()}
    person = [columns[design.person]] if design.repeats == "people" and design.person else None
    strata = [columns[name] for name in design.first_strata]
    if design.target == "these_clusters":
        fresh = [wave] if wave is not None and design.repeats != "people" else []
        clusters = [columns[name] for name in as_names(design.all_stages[0].cluster)]
        return [_Level([*fresh, *strata, *clusters], person or [_row_key(encoder)], None)]
    if not design.all_stages:
        return [_Level([*nested, *strata], person or [_row_key(encoder)], design.fpc)]
    return [
        _Level(
            [*(nested if k == 0 else []), *(columns[name] for name in as_names(stage.strata))],
            [*(nested if k == 0 else []), *(columns[name] for name in as_names(stage.cluster))],
            stage.fpc,
        )
        for k, stage in enumerate(design.all_stages)
    ]


def _required(design: SurveyDesign) -> dict[str, str]:
    """Name the columns that make strata and units, with their roles."""
    stages = design.all_stages or (Stage(cluster=None, strata=design.strata),)
    named = {name: "strata" for stage in stages for name in as_names(stage.strata)}
    named |= {name: "cluster" for stage in stages for name in as_names(stage.cluster)}
    if design.repeats == "people" and design.person:
        named[design.person] = "person"
    return named


def _row_key(encoder: Encoder) -> Key:
    """Every row is a unit of its own; it has no name, for rows are never quoted."""
    return Key(np.arange(len(encoder.frame)), ())


def _read_stage(
    encoder: Encoder, level: _Level, parent: Ints
) -> tuple[SamplingStage, Ints, Floats]:
    """Number the strata and units of one stage within the units of the stage above."""
    stratum_of_row = _combine([parent, *(key.codes for key in level.strata)])
    occurring, unit = np.unique(
        np.column_stack([stratum_of_row, _combine([key.codes for key in level.units])]),
        axis=0,
        return_inverse=True,
    )
    stratum = occurring[:, 0]
    parent_of_unit = np.zeros(len(occurring), dtype=np.int64)
    parent_of_unit[unit] = parent
    fraction = np.zeros(int(stratum.max()) + 1)
    if level.fpc is not None:
        fraction = _fractions(encoder, level.fpc, stratum_of_row, np.bincount(stratum))
    return SamplingStage(parent_of_unit, stratum, fraction), unit.ravel(), fraction


def _combine(columns: Sequence[Ints]) -> Ints:
    """Number the combinations of several codes, in sorted order."""
    if len(columns) == 1:
        return np.unique(columns[0], return_inverse=True)[1].ravel()
    return np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].ravel()


def _fractions(encoder: Encoder, name: str, stratum: Ints, sizes: Ints) -> Floats:
    """Turn counts or fractions into one sampled fraction per stratum."""
    value = encoder.fraction(name)
    low, high = np.full(len(sizes), np.inf), np.zeros(len(sizes))
    np.minimum.at(low, stratum, value)
    np.maximum.at(high, stratum, value)
    if (low != high).any():
        encoder.problems.append(
            f"fpc '{name}' differs within {int((low != high).sum())} strata; it must be one "
            "number per stratum."
        )
    fractions = high if (high <= 1).all() else sizes / high
    over = int((fractions > 1 + 1e-12).sum())
    if over:
        encoder.problems.append(
            f"fpc '{name}': {over} strata have more sampled units than it says there are."
        )
    return np.clip(fractions, 0.0, 1.0)


def _names(keys: Sequence[Key], unit: Ints) -> tuple[str, ...]:
    """Name each unit by the labels of the columns that make it."""
    first = np.unique(unit, return_index=True)[1]
    parts = [[key.labels[code] for code in key.codes[first]] for key in keys if key.labels]
    return tuple(" × ".join(each) for each in zip(*parts, strict=True)) if parts else ()


def _by_first(names: tuple[str, ...], stratum: Ints) -> tuple[str, ...]:
    """Pick one name per stratum from names per unit."""
    if not names:
        return ()
    return tuple(names[k] for k in np.unique(stratum, return_index=True)[1])


def _check_nesting(encoder: Encoder, level: _Level, wave: Key | None) -> None:
    """A cluster that lies in two strata is either one place too many or one name too few."""
    if not level.strata or not level.units[0].labels:
        return
    strata, units = (
        _combine([k.codes for k in level.strata]),
        _combine([k.codes for k in level.units]),
    )
    pairs, first = np.unique(np.column_stack([units, strata]), axis=0, return_index=True)
    twice = np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
    if not len(twice):
        return
    at = [first[pairs[:, 0] == each][0] for each in twice]
    named = [" × ".join(key.labels[key.codes[row]] for key in level.units) for row in at]
    design = encoder.design
    columns = (
        [*design.first_strata, *as_names(design.all_stages[0].cluster)] if design.all_stages else []
    )
    encoder.problems.append(
        f"{len(named)} clusters lie in more than one stratum: {listing(named)}. If they are "
        f"different places with one name, use cluster={columns}; if each is one place, repair "
        "its stratum."
    )


def _check_lonely(encoder: Encoder, sampling: Sampling) -> None:
    """A stratum with one cluster has no variance of its own to estimate."""
    if sampling.lonely != "raise":
        return
    stage = sampling.stages[0]
    lonely = np.flatnonzero((stage.sizes == 1) & (stage.fraction < 1))
    if len(lonely):
        names = [sampling.strata_names[k] for k in lonely] if sampling.strata_names else ["all"]
        encoder.problems.append(
            f"{len(lonely)} strata have one cluster, so their variance cannot be estimated: "
            f"{listing(names)}. Choose lonely='adjust', 'certainty' or 'average' in SurveyDesign, "
            "or merge strata."
        )
