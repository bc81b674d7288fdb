"""Strata and clusters as variance estimation needs them: numbered, nested and counted.

Which units vary follows from the design alone: `repeats` says whether strata and clusters
nest in the wave, `target` whether clusters vary or only the people within them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import SpecError, listing
from jfmodels.survey.design import Stage, SurveyDesign, as_names
from jfmodels.survey.encode import Encoder
from jfmodels.survey.rows import Key

__all__ = ["Sampling", "SamplingStage", "read_sampling", "require_one_stage"]

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
    cluster : ndarray of int64, shape (M,)
        Cluster of each first-stage unit; the unit itself where clusters vary.
    """

    stages: tuple[SamplingStage, ...]
    strata_names: tuple[str, ...]
    unit_names: tuple[str, ...]
    lonely: str
    cluster: Ints

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
    drawn = _levels(encoder, wave)
    _check_nesting(encoder, drawn[0])
    people_vary = encoder.design.target == "these_clusters"
    varying = [_within_clusters(encoder, drawn, wave)] if people_vary else drawn
    stages, unit = _read_stages(encoder, varying)
    sampling = Sampling(
        stages,
        _names(varying[0].strata, _first_rows(varying[0].strata)),
        _names(varying[0].units, _first_rows(varying[0].units)),
        encoder.design.lonely,
        _clusters(drawn[0], unit) if people_vary else np.arange(len(stages[0].stratum)),
    )
    _check_lonely(encoder, sampling)
    key = Key(unit, tuple(map(str, range(len(stages[-1].stratum)))))
    return key, sampling, _implied_weights(encoder, drawn)


def require_one_stage(sampling: Sampling, underived: str, instead: str = "") -> None:
    """Refuse designs of which later stages vary too, for what is derived for one.

    Parameters
    ----------
    sampling : Sampling
        How the sample was drawn.
    underived : str
        What is not derived for several stages, with its verb.
    instead : str
        What else would do where an option offers it, up to "or".
    """
    if len(sampling.stages) > 1:
        advice = (
            f"{instead}leave fpc out of the first stage, and name weights= where they followed "
            "from fpc: errors are then a little too large."
        )
        raise SpecError(
            f"{underived} not derived for designs whose later stages vary too, as they do below "
            f"the finite population correction of the first. {advice[0].upper()}{advice[1:]}"
        )


def _levels(encoder: Encoder, wave: Key | None) -> list[_Level]:
    """Say which columns make the strata and units of each stage, as they were drawn."""
    design = encoder.design
    columns = {name: encoder.column(name, role) for name, role in _grouping(design).items()}
    nested = [wave] if wave is not None and design.repeats == "nothing" else []
    levels = []
    for stage in design.all_stages or (Stage(cluster=None, strata=design.strata, fpc=design.fpc),):
        clusters = [columns[name] for name in as_names(stage.cluster)]
        units = [*nested, *clusters] if clusters else [_people(encoder)]
        strata = [*nested, *(columns[name] for name in as_names(stage.strata))]
        levels.append(_Level(strata, units, stage.fpc))
        nested = [wave] if wave is not None and design.repeats == "clusters" else []
    return levels


def _grouping(design: SurveyDesign) -> dict[str, str]:
    """Name the columns that make strata and clusters, with their roles."""
    roles = design.roles.items()
    return {name: role for name, role in roles if role.split()[0] in ("strata", "cluster")}


def _people(encoder: Encoder) -> Key:
    """Persons where they are asked again, else rows; without names, for people are not quoted."""
    design = encoder.design
    if design.repeats == "people" and design.person is not None:
        return Key(encoder.column(design.person, "person").codes, ())
    return Key(np.arange(len(encoder.frame)), ())


def _within_clusters(encoder: Encoder, drawn: Sequence[_Level], wave: Key | None) -> _Level:
    """Take the clusters for strata, in which people vary, or the units of the second stage."""
    fresh = [wave] if wave is not None and encoder.design.repeats != "people" else []
    below = drawn[1] if len(drawn) > 1 else _Level([], [_people(encoder)], None)
    strata = dict.fromkeys([*fresh, *drawn[0].strata, *drawn[0].units, *below.strata])
    return _Level(list(strata), below.units, None)


def _read_stages(
    encoder: Encoder, levels: Sequence[_Level]
) -> tuple[tuple[SamplingStage, ...], Ints]:
    """Number the units of each stage that adds variance: those below a sampled fraction."""
    stages: list[SamplingStage] = []
    unit: Ints = np.zeros(len(encoder.frame), dtype=np.int64)
    for k, level in enumerate(levels):
        if all(above.fpc for above in levels[:k]):
            stage, unit = _read_stage(encoder, level, unit)
            stages.append(stage)
    return tuple(stages), unit


def _read_stage(encoder: Encoder, level: _Level, parent: Ints) -> tuple[SamplingStage, Ints]:
    """Number the strata and units of one stage within the units of the stage above."""
    stratum_of_row = _combine([parent, *(key.codes for key in level.strata)])
    unit = _combine([stratum_of_row, *(key.codes for key in level.units)])
    size = int(unit.max()) + 1
    stratum, parent_of_unit = np.empty(size, np.int64), np.empty(size, np.int64)
    stratum[unit], parent_of_unit[unit] = stratum_of_row, parent
    fraction = np.zeros(int(stratum.max()) + 1)
    if level.fpc is not None:
        fraction = _fractions(encoder, level.fpc, stratum_of_row, np.bincount(stratum))
    return SamplingStage(parent_of_unit, stratum, fraction), unit


def _clusters(drawn: _Level, person: Ints) -> Ints:
    """Cluster that each person lies in, shape (M,)."""
    cluster = np.zeros(int(person.max()) + 1, dtype=np.int64)
    cluster[person] = _combine([key.codes for key in drawn.units])
    return cluster


def _implied_weights(encoder: Encoder, levels: Sequence[_Level]) -> Floats | None:
    """One over the chance of being drawn, where every stage says what was drawn from how many."""
    if encoder.design.weights is not None or not all(level.fpc for level in levels):
        return None
    stages, finest = _read_stages(encoder, levels)
    chance, unit = np.ones(len(encoder.frame)), finest
    for stage in reversed(stages):
        chance *= stage.fraction[stage.stratum][unit]
        unit = stage.parent[unit]
    return 1 / chance if (chance > 0).all() else None


def _combine(columns: Sequence[Ints]) -> Ints:
    """Number the combinations of several codes that occur, in sorted order."""
    place = np.zeros(len(columns[0]), dtype=np.int64)
    for codes in columns:
        place = place * (int(codes.max()) + 2) + codes + 1
        place = np.unique(place, return_inverse=True)[1]
    return place


def _fractions(encoder: Encoder, name: str, stratum: Ints, sizes: Ints) -> Floats:
    """Turn counts or fractions into one sampled fraction per stratum."""
    value = encoder.fraction(name)
    low, high = np.full(len(sizes), np.inf), np.zeros(len(sizes))
    np.minimum.at(low, stratum, value)
    np.maximum.at(high, stratum, value)
    uneven = int((low != high).sum())
    if uneven:
        encoder.problems.append(
            f"fpc '{name}' differs within {_strata(uneven)}; it must be one number per stratum."
        )
    fractions = high if (high <= 1).all() else sizes / high
    over = int((fractions > 1 + 1e-12).sum())
    if over:
        encoder.problems.append(
            f"fpc '{name}': {_strata(over)} with more sampled units than it says there are."
        )
    return np.clip(fractions, 0.0, 1.0)


def _strata(n: int) -> str:
    """Count strata in words."""
    return "1 stratum" if n == 1 else f"{n:,} strata"


def _first_rows(keys: Sequence[Key]) -> Ints:
    """First row of every combination of groups that occurs, in sorted order."""
    if not any(key.labels for key in keys):
        return np.empty(0, dtype=np.int64)
    return np.unique(_combine([key.codes for key in keys]), return_index=True)[1]


def _names(keys: Sequence[Key], rows: Ints) -> tuple[str, ...]:
    """Name the combinations of groups in some rows; groups without labels have no name."""
    labelled = [((*key.labels, "missing"), key.codes) for key in keys if key.labels]
    return tuple(" × ".join(labels[codes[row]] for labels, codes in labelled) for row in rows)


def _check_nesting(encoder: Encoder, level: _Level) -> None:
    """A cluster that lies in two strata is either one place too many or one name too few."""
    keys = [*level.strata, *level.units]
    known = np.flatnonzero(np.all([key.codes >= 0 for key in keys], axis=0))
    if not level.strata or not len(known):
        return
    units, strata = (
        _combine([key.codes[known] for key in each]) for each in (level.units, level.strata)
    )
    nested = _combine([units, strata])
    unit_of = np.empty(int(nested.max()) + 1, dtype=np.int64)
    unit_of[nested] = units
    twice = np.bincount(unit_of) > 1
    if not twice.any():
        return
    first = known[np.unique(units, return_index=True)[1][twice]]
    design = encoder.design
    if not design.all_stages:
        encoder.problems.append(
            f"persons ('{design.person}') who lie in more than one stratum over the waves: "
            f"{int(twice.sum())}. Give each the stratum in which it was drawn."
        )
        return
    columns = list(dict.fromkeys([*design.first_strata, *as_names(design.all_stages[0].cluster)]))
    encoder.problems.append(
        f"clusters that lie in more than one stratum: {listing(_names(level.units, first))}. If "
        f"they are different places with one name, use cluster={columns}; if each is one place, "
        "repair its stratum."
    )


def _check_lonely(encoder: Encoder, sampling: Sampling) -> None:
    """A stratum with one cluster has no variance of its own to estimate."""
    units = "cluster" if sampling.unit_names else "interview"
    for k, stage in enumerate(sampling.stages):
        place = f" at stage {k + 1}" if k else ""
        alone = np.flatnonzero((stage.sizes == 1) & (stage.fraction < 1))
        if sampling.lonely == "average" and 0 < len(alone) == stage.n_strata:
            encoder.problems.append(
                f"every stratum has one {units}{place}, so lonely='average' has nothing to "
                "average. Merge strata, or choose lonely='adjust'."
            )
        if sampling.lonely == "raise" and len(alone):
            names = sampling.strata_names if k == 0 else ()
            where = f": {listing(names[each] for each in alone)}" if names else ""
            have = "has" if len(alone) == 1 else "have"
            encoder.problems.append(
                f"{_strata(len(alone))} {have} one {units}{place}, so the variance cannot be "
                f"estimated{where}. Choose lonely='adjust', 'certainty' or 'average' in "
                "SurveyDesign, or merge strata."
            )
