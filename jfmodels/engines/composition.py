"""Who a model is averaged over: people, the cells in which they count, and where they are moved.

People count where they were interviewed, or are moved: asked as if in another wave or group.
Nothing here knows coefficients; an engine asks its model at the points of a composition, and
adds up the answers by weight and place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.census import Modelled, Widened, people_of, widened
from jfmodels.engines.points import Point, around, as_levels, is_number
from jfmodels.errors import SpecError, choose, listing
from jfmodels.model.cells import Grid, grid_of, look_up, places, read_where
from jfmodels.model.data import ModelData, pattern_frame, read_data
from jfmodels.model.items import Item, items_of
from jfmodels.results.engine import Question
from jfmodels.survey.population import Population
from jfmodels.survey.survey import Survey

__all__ = ["OVER", "Composition", "Modelled", "Over", "compose", "moved_to"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Over:
    """A composition that a question may name.

    Attributes
    ----------
    means : str
        What it is, in words.
    pools : bool
        Whether the people of all waves are moved to every wave.
    moves : bool
        Whether they are moved to every group too.
    """

    means: str
    pools: bool = False
    moves: bool = False


OVER: Mapping[str, Over] = {
    "wave": Over("each wave's own people, as fielded"),
    "fixed": Over("the people of all waves together, each wave with the same weight", True),
    "everyone": Over("the same people, moved to every group of by= as well", True, True),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Composition:
    """Who is averaged over: G sums of rows, placed in the cells where they count.

    Attributes
    ----------
    grid : Grid
        The cells.
    over : str
        A key of :data:`OVER`, or a population by its name.
    moved : tuple of str
        Axes along which people are moved; their cells borrow people, and the model.
    points : tuple of Point
        Where the model is asked about P patterns: once for levels, three times for the
        derivative by a number.
    unit, pattern : ndarray of int64, shape (G,)
        Unit and pattern of each sum.
    place : ndarray of int64, shape (G, A)
        Place on the grid's axes.
    wave : ndarray of int64, shape (G,)
        Wave of the interviews.
    n, weight : ndarray of float64, shape (G,)
        Rows interviewed at that place, and weight.
    replicate_weight : ndarray of float64 or None, shape (G, R)
        Weight in every replicate.
    levelled : ndarray of int64 or None, shape (G,)
        Wave by whose total each weight was divided, where waves were made to weigh the same.
    survey : Survey
        Whose labels the patterns have.
    fielded : Composition or None
        The interviews in the same cells, where those averaged over are a census's: they are
        the evidence, and `unit` says nothing.
    """

    grid: Grid
    over: str
    moved: tuple[str, ...]
    points: tuple[Point, ...] = field(repr=False)
    unit: Ints
    pattern: Ints
    place: Ints
    wave: Ints
    n: Floats
    weight: Floats
    replicate_weight: Floats | None = None
    levelled: Ints | None = None
    survey: Survey = field(repr=False)
    fielded: Composition | None = None

    @property
    def borrows(self) -> bool:
        """Whether cells are averaged over people other than those interviewed in them."""
        return bool(self.moved) or self.fielded is not None


def compose(
    model: Modelled,
    question: Question,
    replicate: Callable[[ModelData], Floats] | None = None,
    shown: Sequence[str] = (),
) -> Composition:
    """Find who a question is averaged over.

    Where people are moved along an axis, ``where`` says which of its labels are shown, and
    along any other column who is in the domain.

    Parameters
    ----------
    model : Modelled
        Which columns it reads, and what it was fitted to.
    question : Question
        Groups, domain, composition, categories, and the column whose effect is asked.
    replicate : callable, optional
        Weight of every sum of the data in every replicate, shape (G, R).
    shown : sequence of str
        Further axes of which ``where`` says what is shown, not who is in the domain; people
        of other labels have the place -1.

    Raises
    ------
    SpecError
        If the composition is not said, or people cannot be moved as it says.
    """
    fitted, effect = model.data.patterns, question.effect
    number = bool(effect) and is_number(model.formula, fitted, effect)
    by = question.by if number or not effect else (*question.by, effect)
    if isinstance(question.over, Population):
        composed = _of_census(model, question, question.over, by, shown)
    else:
        composed = _of_interviews(model, question, by, replicate, shown)
    if not number:
        return composed
    points = around(composed.points[0].patterns, effect, fitted)
    return replace(composed, grid=replace(composed.grid, per=effect), points=points)


def _of_interviews(
    model: Modelled,
    question: Question,
    by: tuple[str, ...],
    replicate: Callable[[ModelData], Floats] | None,
    shown: Sequence[str],
) -> Composition:
    """Average over those who were interviewed."""
    over = _over(model, question.over, by)
    where = read_where(model.survey, model.where, question.where)
    grid = grid_of(model.survey, _items(model, question), list(by), where)
    moved = _moved(model, question, over, by)
    data = _data(model, question, (*moved, *shown), by)
    levels = OVER[over].pools and bool(model.survey.waves)
    return replace(_counted(model, grid, data, moved, levels, replicate), over=over)


def _of_census(
    model: Modelled,
    question: Question,
    census: Population,
    by: tuple[str, ...],
    shown: Sequence[str],
) -> Composition:
    """Average over the people of a census; without a wave of its own it holds for all."""
    wide = widened(model, census, by, question.where)
    fielded = compose(wide, replace(question, over="wave"), shown=shown)
    lasting = ["wave"] if model.survey.waves and "wave" not in census.keys else []
    moved = (*lasting, *(name for name in by if name == question.effect))
    domain = {name: kept for name, kept in fielded.grid.where.items() if name not in moved}
    people = people_of(wide, census, by, domain)
    composed = _counted(wide, fielded.grid, people, moved)
    return replace(composed, over=census.title, fielded=fielded)


def _over(model: Modelled, over: object, by: Sequence[str]) -> str:
    """Read the composition; it must be said once the model has columns to average over."""
    if isinstance(over, pd.DataFrame):
        raise SpecError("over= takes a table of people as jf.Population(frame, count='n').")
    averaged = [n for n in model.formula.columns if n not in ("wave", "time", *by)]
    if over is None and averaged and model.survey.waves:
        choices = "; ".join(f"over='{name}' ({each.means})" for name, each in OVER.items())
        raise SpecError(
            f"The model is averaged over {', '.join(averaged)}, so over= must be said. "
            f"Choose {choices}; or over=jf.Population(...) (the people of a census table)."
        )
    choose("over", over or "wave", OVER)
    return str(over or "wave")


def _moved(model: Modelled, question: Question, over: str, by: tuple[str, ...]) -> tuple[str, ...]:
    """Axes along which people are moved."""
    waves = model.survey.waves
    if over == "fixed" and not waves:
        raise SpecError("over='fixed' pools waves, and the survey has none; use over='wave'.")
    strange = [name for name in by if name not in model.formula.all_columns]
    if OVER[over].moves and strange:
        raise SpecError(
            f"over='{over}' moves people to every group of by=, and the model does not know "
            f"{listing(strange)}. Add it to the formula, or choose "
            f"over='{'fixed' if waves else 'wave'}'."
        )
    groups = by if OVER[over].moves else [name for name in by if name == question.effect]
    return (*(["wave"] if waves and OVER[over].pools else []), *groups)


def _items(model: Modelled, question: Question) -> list[Item]:
    """What is asked of every cell, as places among the response's categories."""
    response = model.response
    named = question.categories
    if response.scale == "shown" and named not in ("shown", "all", [response.categories[1]]):
        raise SpecError(
            f"The model is of '{response.categories[1]}' alone; for others, model "
            f"'{response.outcome.name}' with all its categories."
        )
    if response.scale == "shown":
        return [Item(response.outcome.name, response.categories[1], response.source, (1,), (0, 1))]
    return items_of(model.survey, [response.outcome.name], question.categories)


def _data(
    model: Modelled, question: Question, moved: Sequence[str], by: Sequence[str]
) -> ModelData:
    """Sum the people of the domain; what where= says of axes along which they move is shown."""
    named = {name: kept for name, kept in (question.where or {}).items() if name not in moved}
    domain = read_where(model.survey, model.where, named)
    if not by and domain == dict(model.where):
        return model.data
    some = not isinstance(model, Widened)  # a census has people where nobody was interviewed
    return read_data(model.survey, model.formula, model.response, domain, by, some=some)


def _counted(
    model: Modelled,
    grid: Grid,
    data: ModelData,
    moved: tuple[str, ...],
    levels: bool = False,
    replicate: Callable[[ModelData], Floats] | None = None,
) -> Composition:
    """Count everyone at every place to which they are moved, else where they were interviewed.

    `levels` makes every wave weigh the same.
    """
    survey = model.survey
    codes = np.column_stack([data.wave, data.groups]) if survey.waves else data.groups
    _, own = places(survey.rows, grid.names, codes, grid.where)
    to_codes, to = _targets(model, grid, moved)
    axes = [grid.names.index(name) for name in moved]
    place = np.tile(own, (len(to), 1))
    place[:, axes] = np.repeat(to, len(own), axis=0)
    there = (own[:, axes] == to[:, None]).all(axis=2)
    patterns = moved_to(survey, data.patterns, moved, to_codes)
    offset = len(data.patterns) * np.arange(len(to))[:, None]

    def weigh(weight: Floats) -> Floats:
        levelled = _within_wave(data.wave, weight) if levels else weight
        return np.concatenate([levelled] * len(to))

    return Composition(
        grid=grid,
        over="wave",
        moved=moved,
        points=as_levels(patterns),
        unit=np.tile(data.unit, len(to)),
        pattern=(data.pattern + offset).ravel(),
        place=place,
        wave=np.tile(data.wave, len(to)),
        n=np.where(there, data.n, 0.0).ravel(),
        weight=weigh(data.weight),
        replicate_weight=None if replicate is None else weigh(replicate(data)),
        levelled=np.tile(data.wave, len(to)) if levels else None,
        survey=survey,
    )


def _targets(model: Modelled, grid: Grid, moved: Sequence[str]) -> tuple[Ints, Ints]:
    """Where people are moved, as codes of the survey and places on the grid, (M, k) each.

    Of labels that nobody had in the fit the model has nothing to say; without any axis to
    move along, there is one place: where they are.
    """
    codes, found = [], []
    for name in moved:
        axis = grid.axes[grid.names.index(name)]
        place = look_up(model.survey.rows.keys[name].labels, axis.labels)
        known = [code for code in np.unique(model.data.codes[name]) if place[code] >= 0]
        if not known:
            raise SpecError(f"The model was fitted to nobody of {name} {listing(axis.labels)}.")
        codes.append(known)
        found.append(place[known])
    shape = (-1, len(moved)) if moved else (1, 0)
    targets = (np.array(list(product(*each)), dtype=np.int64) for each in (codes, found))
    of_survey, on_grid = (each.reshape(shape) for each in targets)
    return of_survey, on_grid


def moved_to(
    survey: Survey, patterns: pd.DataFrame, moved: Sequence[str], codes: Ints
) -> pd.DataFrame:
    """The same people at every place to which they are moved; M P rows."""
    repeated = patterns.take(np.tile(np.arange(len(patterns)), len(codes)))
    told = pattern_frame(survey, moved, np.repeat(codes, len(patterns), axis=0))
    return repeated.set_axis(told.index).assign(**{str(name): told[name] for name in told})


def _within_wave(wave: Ints, weight: Floats) -> Floats:
    """Weights (G,) or (G, R) as shares of their wave's; 0 where the wave has none."""
    place = csr_array((np.ones(len(wave)), (wave, np.arange(len(wave)))))
    total = (place @ weight)[wave]
    return np.divide(weight, total, out=np.zeros_like(weight), where=total != 0)
