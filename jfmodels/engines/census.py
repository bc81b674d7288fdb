"""A census read by a model: its labels matched to the survey's, its people as patterns.

Places that the survey never went to become labels of it that no row bears, so that grids,
patterns and random terms know them by name. Whatever does not match is an error that lists
it: nobody is left out without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.points import is_number
from jfmodels.errors import SpecError, listing, raise_all, unknown
from jfmodels.model.cells import Where, look_up, places
from jfmodels.model.data import ModelData, Response, pattern_frame
from jfmodels.model.formula import Formula
from jfmodels.survey.columns import as_number, natural_order
from jfmodels.survey.copies import with_labels
from jfmodels.survey.design import as_names
from jfmodels.survey.population import Population
from jfmodels.survey.survey import Survey

__all__ = ["Modelled", "Widened", "people_of", "widened"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@runtime_checkable
class Modelled(Protocol):
    """A model, as finding who it is averaged over needs to see it."""

    @property
    def survey(self) -> Survey:
        """The survey it was fitted to."""
        ...

    @property
    def formula(self) -> Formula:
        """What it says."""
        ...

    @property
    def response(self) -> Response:
        """What stands on the left."""
        ...

    @property
    def data(self) -> ModelData:
        """The cells it was fitted to."""
        ...

    @property
    def where(self) -> Mapping[str, Sequence[str]]:
        """The domain it was fitted in."""
        ...


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Widened:
    """A model whose survey knows the labels of a census too; see :class:`Modelled`.

    Attributes
    ----------
    named, groups : tuple of str
        Columns of the census that are needed, and those that it has beside them for random
        terms; the wave is in neither.
    """

    survey: Survey
    formula: Formula
    response: Response
    data: ModelData
    where: Mapping[str, Sequence[str]]
    named: tuple[str, ...]
    groups: tuple[str, ...]


def widened(model: Modelled, census: Population, by: Sequence[str], where: Where | None) -> Widened:
    """Let a model's survey know the labels of a census.

    Raises
    ------
    SpecError
        If the census lacks a column that is needed.
    """
    named, random = _columns(model, [*by, *model.where, *(where or {})])
    raise_all(SpecError, list(_lacking(model, census, named)), repr(census))
    groups = tuple(name for name in random if name in census.keys)
    labels = {name: _further(model, census, name) for name in (*named, *groups)}
    return Widened(
        survey=with_labels(model.survey, labels),
        formula=model.formula,
        response=model.response,
        data=model.data,
        where=model.where,
        named=named,
        groups=groups,
    )


def _columns(model: Modelled, asked: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns that must be known of everybody, and those that only name groups."""
    formula, told = model.formula, ("wave", "time")
    valued = [name for name in formula.all_columns if name in _valued(formula)]
    named = dict.fromkeys(name for name in (*valued, *asked) if name not in told)
    random = [name for name in formula.all_columns if name not in named and name not in told]
    return tuple(named), tuple(random)


def _lacking(model: Modelled, census: Population, named: Sequence[str]) -> Iterator[str]:
    """Say which columns are not in the census."""
    for name in named:
        model.survey.group(name)
        if name not in census.keys:
            yield unknown("column of the population", name, census.keys)
    wave = model.survey.design.wave
    if wave in census.keys and wave != "wave":
        yield f"the wave is called 'wave' in formulas and populations; rename '{wave}'."
    if "wave" in census.keys and not model.survey.waves:
        yield "it has a column 'wave', and the survey has no waves."


def _further(model: Modelled, census: Population, name: str) -> list[str]:
    """Labels of a census that the survey does not know."""
    known = model.survey.rows.keys[name].labels
    further = sorted(set(census.keys[name].labels) - set(known), key=natural_order)
    numeric = not any(np.isnan(as_number(label)) for label in known)
    strange = [label for label in further if np.isnan(as_number(label))]
    if numeric and strange and name in _valued(model.formula):
        raise SpecError(
            f"{census!r}: '{name}' holds numbers in the survey, and {listing(strange)} in the "
            "population."
        )
    return further


def _valued(formula: Formula) -> set[str]:
    """Columns whose values the model needs: those of the fixed part, of slopes and of maps."""
    loads = (
        name
        for effect in formula.effects
        for name in effect.columns
        if name not in effect.groups or effect.kind == "bym2"
    )
    return {*formula.columns, *loads}


def people_of(
    model: Widened,
    census: Population,
    by: Sequence[str],
    where: Mapping[str, Sequence[str]],
) -> ModelData:
    """Read the people of a census as sums of rows that nobody was interviewed for.

    Parameters
    ----------
    model : Widened
        The model.
    census : Population
        Who there is.
    by : sequence of str
        Groups that the sums are split by.
    where : mapping of str to sequence of str
        The domain.

    Raises
    ------
    SpecError
        Listing the labels that do not match, and the places that lie elsewhere.
    """
    wave = ["wave"] if "wave" in census.keys else []
    names = [*wave, *model.named, *model.groups]
    domain = {name: kept for name, kept in where.items() if name != "wave"}
    codes, counts = _coded(model, census, names, domain)
    problems = list(_problems(model, census, names, (codes, counts), domain))
    raise_all(SpecError, problems, repr(census))
    codes, counts = codes[counts > 0], counts[counts > 0]
    columns = [*wave, *_read(model)]
    distinct, pattern = np.unique(
        codes[:, [names.index(name) for name in columns]], axis=0, return_inverse=True
    )
    frame = pattern_frame(model.survey, columns, distinct)
    absent = set(model.formula.all_columns) - {*frame.columns, "wave", "time"}
    nobody = np.zeros(len(counts), dtype=np.int64)
    return ModelData(
        patterns=frame.assign(**dict.fromkeys(absent, np.nan)),
        unit=nobody,
        wave=codes[:, 0] if wave else nobody,
        pattern=pattern.ravel(),
        groups=codes[:, [names.index(name) for name in by]],
        answer=np.zeros(len(counts)),
        n=np.zeros(len(counts)),
        weight=counts,
        weight_squares=np.zeros(len(counts)),
        left_out=0,
        codes=dict(zip(columns, distinct.T, strict=True)),
    )


def _read(model: Widened) -> list[str]:
    """Columns that the model reads, but for the wave."""
    known = (*model.named, *model.groups)
    return [name for name in model.formula.all_columns if name in known]


def _coded(
    model: Widened, census: Population, names: Sequence[str], where: Mapping[str, Sequence[str]]
) -> tuple[Ints, Floats]:
    """Count the people of the domain by columns, as places of the survey's labels."""
    codes, counts = census.sums(names)
    survey = model.survey
    for k, name in enumerate(names):
        labels = survey.waves if name == "wave" else survey.rows.keys[name].labels
        codes[:, k] = look_up(census.keys[name].labels, labels)[codes[:, k]]
    inside, _ = places(survey.rows, names, codes, where)
    return codes[inside], counts[inside]


def _problems(
    model: Widened,
    census: Population,
    names: Sequence[str],
    coded: tuple[Ints, Floats],
    where: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """Say what does not match between the people of a census and those interviewed."""
    codes, counts = coded
    if not counts.sum() > 0:
        yield "where= leaves nobody of it."
        return
    own = model.survey.rows.aggregate(names).codes
    own = own[places(model.survey.rows, names, own, where)[0]]
    for k, name in enumerate(names):
        listed, counted, met = (
            np.unique(each[each >= 0]) for each in (codes[:, k], codes[counts > 0, k], own[:, k])
        )
        if name == "wave":
            yield from _wave_problems(model, census, listed)
        elif not _is_number(model, name):
            yield from _strange(model, name, counted)
            yield from _absent(model, name, listed, met)
    yield from _misplaced(model, names, codes)


def _is_number(model: Widened, name: str) -> bool:
    """Whether the model takes a column as a number, so that any value of it has an answer."""
    fitted = model.data.patterns
    return name in model.formula.columns and is_number(model.formula, fitted, name)


def _wave_problems(model: Widened, census: Population, listed: Ints) -> Iterator[str]:
    """Say which waves are strange, and which are not there."""
    waves = model.survey.waves
    for label in census.keys["wave"].labels:
        if label not in waves:
            yield unknown("wave", label, waves)
    absent = [waves[code] for code in np.unique(model.data.wave) if code not in listed]
    if absent:
        yield f"it has nobody in {listing(absent)}; without a column 'wave' it holds for all."


def _strange(model: Widened, name: str, counted: Ints) -> Iterator[str]:
    """Say which labels a model must know and was not fitted to."""
    if name not in _valued(model.formula):
        return
    labels, fitted = model.survey.rows.keys[name].labels, np.unique(model.data.codes[name])
    known = [labels[code] for code in fitted]
    for code in counted[~np.isin(counted, fitted)]:
        said = unknown(f"{name} of the population", labels[code], known)
        yield f"{said} The model was fitted to nobody of it; where= can leave it out."


def _absent(model: Widened, name: str, listed: Ints, met: Ints) -> Iterator[str]:
    """Say which labels interviews have, and the census does not."""
    labels = model.survey.rows.keys[name].labels
    absent = [labels[code] for code in met[~np.isin(met, listed)]]
    if absent:
        extra = [labels[code] for code in listed[~np.isin(listed, met)]]
        instead = f" It lists {listing(extra)}, where the survey has none." if extra else ""
        yield (
            f"it lists nobody of {name} {listing(absent)}, where the survey has interviews; give "
            f"such places a row, of 0 where nobody lives.{instead}"
        )


def _misplaced(model: Widened, names: Sequence[str], codes: Ints) -> Iterator[str]:
    """Say which clusters lie in another stratum than that of the survey."""
    design = model.survey.design
    for stage in design.all_stages:
        inner, outer = as_names(stage.cluster), as_names(stage.strata)
        if len(inner) == 1 and inner[0] in names and inner[0] not in outer:
            for around in (name for name in outer if name in names):
                pair = (inner[0], around)
                found = codes[:, [names.index(name) for name in pair]]
                yield from _elsewhere(model.survey, pair, np.unique(found, axis=0))


def _elsewhere(survey: Survey, names: tuple[str, str], found: Ints) -> Iterator[str]:
    """Compare where clusters lie in a census, pairs (G, 2), with where the survey met them."""
    clusters, strata = (survey.rows.keys[name].labels for name in names)
    own = survey.rows.aggregate(names).codes
    lies: dict[int, set[int]] = {}
    for cluster, stratum in own[(own >= 0).all(axis=1)].tolist():
        lies.setdefault(cluster, set()).add(stratum)
    for cluster, stratum in found.tolist():
        known = lies.get(cluster, {stratum})
        if stratum not in known:
            there = listing(strata[each] for each in sorted(known))
            yield (
                f"{names[0]} '{clusters[cluster]}' lies in {names[1]} '{strata[stratum]}', in the "
                f"survey in {there}."
            )
