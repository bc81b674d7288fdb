"""The cells that a model is fitted to: answers by unit, wave and covariate pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, listing
from jfmodels.model.formula import Formula, check_columns
from jfmodels.survey.columns import as_number
from jfmodels.survey.encode import OPTION
from jfmodels.survey.outcome import Outcome
from jfmodels.survey.rows import Rows
from jfmodels.survey.survey import Survey

__all__ = ["ModelData", "Response", "pattern_frame", "read_data", "read_response"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

RESPONSE = "response of the model"


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
    n, weight : ndarray of float64, shape (G,)
        Rows and their weights.
    left_out : int
        Rows of the domain without answer or covariates, in waves that asked.
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
    left_out: int
    replicate_weight: Floats | None = None


def read_response(survey: Survey, formula: Formula) -> Response:
    """Say what is modelled of an outcome, and refuse what would change its meaning silently."""
    outcome = survey.outcome(formula.outcome)
    if formula.form == "option":
        return _option(outcome, formula.option)
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


def _shown(outcome: Outcome) -> Response:
    """Two kinds of answer: shown or not, non-response by the outcome's policy."""
    out = -1 if outcome.policy == "excluded" else 0
    labels = [label.en for label in outcome.categories.values()]
    if not outcome.shown:
        raise SpecError(f"The codebook of '{outcome.name}' does not say what is shown.")
    places = [int(label in outcome.shown) for label in labels]
    text = " + ".join(outcome.shown)
    return Response(outcome, "shown", (f"not {text}", text), outcome.name, (*places, out, out))


def _categories(outcome: Outcome) -> Response:
    """All categories; non-response must be out of the base, for it has no place among them."""
    labels = tuple(label.en for label in outcome.categories.values())
    nonresponse = outcome.dont_know or outcome.refused
    if nonresponse and outcome.policy != "excluded":
        raise SpecError(
            f"'{outcome.name}' keeps don't know and refused in its base (policy "
            f"'{outcome.policy}'), and they have no place among its categories. Model "
            f"shown({outcome.name}), or give the outcome the policy 'excluded'."
        )
    return Response(outcome, outcome.scale, labels, outcome.name, (*range(len(labels)), -1, -1))


def pattern_frame(survey: Survey, names: Sequence[str], codes: Ints) -> pd.DataFrame:
    """Write combinations of keys as columns for a formula: numbers where all labels are numbers."""
    columns: dict[str, Floats | pd.Categorical] = {}
    for k, name in enumerate(names):
        labels = survey.rows.keys[name].labels
        values = np.array([as_number(label) for label in labels])
        if name != "wave" and len(values) and not np.isnan(values).any():
            columns[name] = values[codes[:, k]]
        else:
            columns[name] = _categorical(codes[:, k], labels)
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(codes)))
    if survey.time and "wave" in names:
        time = np.array([survey.time[wave] for wave in survey.waves])
        frame["time"] = time[codes[:, list(names).index("wave")]]
    return frame


def _categorical(codes: Ints, labels: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(list(labels), dtype="str"), ordered=True)


def read_data(
    survey: Survey,
    formula: Formula,
    response: Response,
    where: Mapping[str, Sequence[str]],
    by: Sequence[str] = (),
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
    """
    known = [name for name in survey.rows.keys if name != "unit"]
    check_columns(formula, [*known, *(["time"] if survey.time else [])])
    columns = [name for name in formula.columns if name not in ("time", "wave")]
    waves = ["wave"] if survey.waves else []
    extra = [name for name in where if name not in (*waves, *columns, *by)]
    names = list(dict.fromkeys([*waves, *columns, *by, *extra]))
    rows, answers = _with_response(survey.rows, response)
    keys = ["unit", *names, RESPONSE]
    groups = rows.aggregate(keys)
    codes = {name: groups.codes[:, k] for k, name in enumerate(keys)}
    inside = _inside(survey, codes, where)
    if waves:
        asked = survey.asked.get(response.source, survey.asked[response.outcome.name])
        inside &= asked[codes["wave"]]
    complete = inside.copy()
    for name in (*waves, *columns, RESPONSE):
        complete &= codes[name] >= 0
    if not complete.any():
        raise SpecError(f"No row of '{response.outcome.name}' is left to fit; widen where=.")
    pattern_names = [*waves, *columns]
    kept = {name: each[complete] for name, each in codes.items()}
    nowhere = np.zeros(int(complete.sum()), dtype=np.int64)
    columned = [kept[name] for name in pattern_names] or [nowhere]
    patterns, pattern = np.unique(np.column_stack(columned), axis=0, return_inverse=True)
    replicated = None if rows.replicates is None else rows.replicate_weights(keys)[complete]
    return ModelData(
        patterns=pattern_frame(survey, pattern_names, patterns),
        unit=kept["unit"],
        wave=kept.get("wave", nowhere),
        pattern=pattern.ravel(),
        groups=np.array([kept[name] for name in by], np.int64).reshape(len(by), len(nowhere)).T,
        answer=answers[kept[RESPONSE]],
        n=groups.n[complete].astype(np.float64),
        weight=groups.weight[complete],
        left_out=int(groups.n[inside & ~complete].sum()),
        replicate_weight=replicated,
    )


def _inside(
    survey: Survey, codes: Mapping[str, Ints], where: Mapping[str, Sequence[str]]
) -> NDArray[np.bool_]:
    """Which sums lie in the domain."""
    inside = np.ones(len(codes["unit"]), dtype=bool)
    for name, kept in where.items():
        labels = survey.rows.keys[name].labels
        allowed = np.array([*(label in kept for label in labels), False])
        inside &= allowed[codes[name]]
    return inside


def _with_response(rows: Rows, response: Response) -> tuple[Rows, Floats]:
    """Add the response as a key; give the answer or number of each of its places."""
    key, values = rows.response_key(response.source, response.places)
    return replace(rows, keys={**rows.keys, RESPONSE: key}), values
