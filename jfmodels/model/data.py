"""The cells that a model is fitted to: answers by unit, wave and covariate pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose, listing
from jfmodels.model.cells import places
from jfmodels.model.formula import ROLES, Formula, check_columns
from jfmodels.survey.columns import as_number
from jfmodels.survey.outcome import OPTION, Outcome
from jfmodels.survey.rows import Rows
from jfmodels.survey.survey import Survey

__all__ = [
    "ModelData",
    "Response",
    "pattern_codes",
    "pattern_frame",
    "read_data",
    "read_response",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

RESPONSE = "response of the model"
AS_COVARIATE = (
    "'{name}' is an outcome, which stands on the left. To hold its answers fixed, list its column "
    "in the codebook under covariates, by another name."
)


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """What stands on the left of a formula.

    Attributes
    ----------
    outcome : Outcome
        The question.
    scale : str
        "shown" for a share of two kinds of answer, else the outcome's scale.
    categories : tuple of str
        Names of the answers that are modelled; empty for numbers.
    source : str
        Name among the rows' answers or numbers.
    places : tuple of int
        For each possible answer of the rows, its place among `categories`, or -1.
    """

    outcome: Outcome
    scale: str
    categories: tuple[str, ...]
    source: str
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ModelData:
    """Sums of the rows of each unit, wave, pattern, group and answer; G of them.

    Attributes
    ----------
    patterns : DataFrame, P rows
        Distinct values of the formula's columns.
    unit, wave, pattern : ndarray of int64, shape (G,)
        Where each sum belongs; wave is 0 where there are none.
    groups : ndarray of int64, shape (G, B)
        Places of further groups, -1 for missing.
    answer : ndarray of float64, shape (G,)
        Place of the answer, or the number given.
    n, weight, weight_squares : ndarray of float64, shape (G,)
        Rows, their weights, and the squares of their weights.
    left_out : int
        Rows of the domain without answer or covariates, in waves that asked.
    codes : mapping of str to ndarray of int64, shape (P,)
        Place of every pattern's label in each of the formula's columns.
    replicate_weight : ndarray of float64 or None, shape (G, R)
        Weight in every supplied replicate.
    """

    patterns: pd.DataFrame
    unit: Ints
    wave: Ints
    pattern: Ints
    groups: Ints
    answer: Floats
    n: Floats
    weight: Floats
    weight_squares: Floats
    left_out: int
    codes: Mapping[str, Ints]
    replicate_weight: Floats | None = None


def read_response(survey: Survey, formula: Formula) -> Response:
    """Say what is modelled of an outcome, and refuse what would change its meaning silently."""
    outcome = survey.outcome(formula.outcome)
    if formula.form == "option":
        of_categories = outcome.categories and outcome.scale != "multi"
        return (_one_category if of_categories else _option)(outcome, formula.option)
    if outcome.scale == "multi":
        raise SpecError(
            f"'{outcome.name}' is a multiple response; model one option at a time, as in "
            f'option({outcome.name}, "{next(iter(outcome.columns))}").'
        )
    if outcome.measured:
        return Response(outcome, outcome.scale, (), outcome.name)
    if formula.form == "shown" or outcome.scale == "binary":
        return _shown(outcome)
    return _categories(outcome)


def _option(outcome: Outcome, option: str) -> Response:
    if option not in outcome.columns:
        raise SpecError(f"'{outcome.name}' has no option '{option}': {listing(outcome.columns)}.")
    out = -1 if outcome.policy == "excluded" else 0
    source = f"{outcome.name}{OPTION}{option}"
    return Response(outcome, "shown", ("not named", option), source, (0, 1, out, out))


def _one_category(outcome: Outcome, category: str) -> Response:
    """One category against all others, non-response by the outcome's policy."""
    labels = {label.en: category for label in outcome.categories.values()}
    choose("category", category, labels)
    out = -1 if outcome.policy == "excluded" else 0
    places = (*(int(label == category) for label in labels), out, out)
    return Response(outcome, "shown", (f"not {category}", category), outcome.name, places)


def _shown(outcome: Outcome) -> Response:
    """Two kinds of answer: shown or not, non-response by the outcome's policy."""
    out = -1 if outcome.policy == "excluded" else 0
    labels = [label.en for label in outcome.categories.values()]
    if not outcome.shown:
        raise SpecError(
            f"The codebook of '{outcome.name}' does not say what is shown; model one category, as "
            f'in option({outcome.name}, "{labels[0]}").'
        )
    places = [int(label in outcome.shown) for label in labels]
    text = " + ".join(outcome.shown)
    return Response(outcome, "shown", (f"not {text}", text), outcome.name, (*places, out, out))


def _categories(outcome: Outcome) -> Response:
    """All categories; non-response must be out of the base, for it has no place among them."""
    labels = tuple(label.en for label in outcome.categories.values())
    nonresponse = outcome.dont_know or outcome.refused
    one = f'option({outcome.name}, "{labels[0]}")'
    asked = f"shown({outcome.name})" if outcome.shown else f"one category, {one}"
    if nonresponse and outcome.policy != "excluded":
        raise SpecError(
            f"'{outcome.name}' keeps don't know and refused in its base (policy "
            f"'{outcome.policy}'), and they have no place among its categories. Model "
            f"{asked}, or give the outcome the policy 'excluded'."
        )
    return Response(outcome, outcome.scale, labels, outcome.name, (*range(len(labels)), -1, -1))


def pattern_frame(survey: Survey, names: Sequence[str], codes: Ints) -> pd.DataFrame:
    """Write combinations of keys as columns for a formula: numbers where all labels are numbers."""
    columns: dict[str, Floats | pd.Categorical] = {}
    for k, name in enumerate(names):
        labels = survey.rows.keys[name].labels
        values = _numbers(labels)
        if name != "wave" and values is not None:
            columns[name] = values[codes[:, k]]
        else:
            columns[name] = _categorical(codes[:, k], labels)
    if survey.time and "wave" in names:
        time = np.array([survey.time[wave] for wave in survey.waves])
        columns["time"] = time[codes[:, list(names).index("wave")]]
    return pd.DataFrame(columns, index=pd.RangeIndex(len(codes)))


@cache
def _numbers(labels: tuple[str, ...]) -> Floats | None:
    """Labels as numbers; None unless all are."""
    values = np.array([as_number(label) for label in labels])
    return values if len(values) and not np.isnan(values).any() else None


def pattern_codes(survey: Survey, patterns: pd.DataFrame) -> dict[str, Ints]:
    """Read the columns of :func:`pattern_frame` back as places of labels, -1 for others, (P,)."""
    found: dict[str, Ints] = {}
    for name in patterns.columns:
        column = patterns[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            found[str(name)] = column.cat.codes.to_numpy().astype(np.int64)
        elif name != "time":
            numbers = np.array([as_number(each) for each in survey.rows.keys[str(name)].labels])
            order = np.argsort(numbers)
            after = np.searchsorted(numbers[order], column.to_numpy())
            place = order[np.minimum(after, len(order) - 1)]
            found[str(name)] = np.where(numbers[place] == column, place, -1).astype(np.int64)
    return found


def _categorical(codes: Ints, labels: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, dtype=_ordered(tuple(labels)))


@cache
def _ordered(labels: tuple[str, ...]) -> pd.CategoricalDtype:
    """Ordered categories; pandas takes twenty times as long to make them as to use them."""
    return pd.CategoricalDtype(pd.Index(list(labels), dtype="str"), ordered=True)


def read_data(
    survey: Survey,
    formula: Formula,
    response: Response,
    where: Mapping[str, Sequence[str]],
    by: Sequence[str] = (),
    *,
    some: bool = True,
) -> ModelData:
    """Sum the rows by unit, wave, the formula's columns, further groups and the answer.

    Parameters
    ----------
    survey, formula, response
        What is modelled.
    where : mapping of str to sequence of str
        The domain.
    by : sequence of str
        Further groups that the sums are split by.
    some : bool, default True
        Whether a domain without rows is refused.
    """
    times = ["time"] if survey.time else []
    check_columns(formula, [*survey.rows.groups, *times], _elsewhere(survey))
    columns = [name for name in formula.all_columns if name not in ("time", "wave")]
    waves = ["wave"] if survey.waves else []
    extra = [name for name in where if name not in (*waves, *columns, *by)]
    names = list(dict.fromkeys([*waves, *columns, *by, *extra]))
    rows, answers = _with_response(survey.rows, response)
    keys = ["unit", *names, RESPONSE]
    groups = rows.aggregate(keys)
    codes = {name: groups.codes[:, k] for k, name in enumerate(keys)}
    inside, _ = places(survey.rows, names, groups.codes[:, 1:-1], where)
    if waves:
        asked = survey.asked.get(response.source, survey.asked[response.outcome.name])
        inside &= asked[codes["wave"]]
    complete = inside & (groups.n > 0)
    for name in (*waves, *columns, RESPONSE):
        complete &= codes[name] >= 0
    if some and not complete.any():
        raise SpecError(f"No row of '{response.outcome.name}' is left to fit; widen where=.")
    pattern_names = [*waves, *columns]
    kept = {name: each[complete] for name, each in codes.items()}
    nowhere = np.zeros(int(complete.sum()), dtype=np.int64)
    sizes = {name: len(survey.rows.keys[name].labels) for name in pattern_names}
    patterns, pattern = _patterns([kept[name] for name in sizes], tuple(sizes.values()), nowhere)
    replicated = None if rows.replicates is None else rows.replicate_weights(keys)[complete]
    return ModelData(
        patterns=pattern_frame(survey, pattern_names, patterns),
        unit=kept["unit"],
        wave=kept.get("wave", nowhere),
        pattern=pattern,
        groups=np.array([kept[name] for name in by], np.int64).reshape(len(by), len(nowhere)).T,
        answer=answers[kept[RESPONSE]],
        n=groups.n[complete].astype(np.float64),
        weight=groups.weight[complete],
        weight_squares=groups.weight_squares[complete],
        left_out=int(groups.n[inside & ~complete].sum()),
        codes=dict(zip(pattern_names, patterns.T, strict=True)),
        replicate_weight=replicated,
    )


def _elsewhere(survey: Survey) -> dict[str, str]:
    """Say of the survey's outcomes, and of its own name for the wave, where they belong."""
    outcomes = {name: AS_COVARIATE.format(name=name) for name in survey.codebook.outcomes}
    own = survey.design.wave
    return {**ROLES, **outcomes, **({own: f"'{own}' is the wave: write wave."} if own else {})}


def _patterns(columns: Sequence[Ints], sizes: tuple[int, ...], nowhere: Ints) -> tuple[Ints, Ints]:
    """List the combinations of codes that occur, (P, K), and that of every sum, (G,)."""
    if not sizes:
        return np.zeros((1, 0), dtype=np.int64), nowhere
    flat = np.ravel_multi_index(tuple(columns), sizes)
    occurring, place = np.unique(flat, return_inverse=True)
    return np.column_stack(np.unravel_index(occurring, sizes)), place


def _with_response(rows: Rows, response: Response) -> tuple[Rows, Floats]:
    """Add the response as a key; give the answer or number of each of its places."""
    key, values = rows.response_key(response.source, response.places)
    return replace(rows, keys={**rows.keys, RESPONSE: key}), values
