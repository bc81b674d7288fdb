"""Rows that users ask about, read as patterns of a model's columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, listing, raise_all, unknown
from jfmodels.model.cells import look_up
from jfmodels.model.formula import Formula
from jfmodels.model.latent import Latent
from jfmodels.survey.columns import as_number, distinct, numbers
from jfmodels.survey.survey import Survey

__all__ = ["read_patterns"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


def read_patterns(survey: Survey, formula: Formula, latent: Latent, new: object) -> pd.DataFrame:
    """Read rows as patterns; a group that is missing or not known stays missing.

    Parameters
    ----------
    survey, formula, latent
        The survey, and the model that was fitted to it.
    new : DataFrame, P rows
        The columns of the formula; those behind a bar may be left out.

    Raises
    ------
    SpecError
        Listing every column and label that does not fit.
    """
    if not isinstance(new, pd.DataFrame) or new.empty:
        raise SpecError(
            "predict() takes a DataFrame with a row for every prediction; found "
            f"{'one without rows' if isinstance(new, pd.DataFrame) else type(new).__name__}."
        )
    needed, groups = _columns(formula, latent, new)
    problems: list[str] = []
    columns = {name: _needed(survey, name, new, problems) for name in needed}
    raise_all(SpecError, problems, "predict()")
    columns |= {name: _group(survey, name, new) for name in groups}
    if "time" not in columns and "wave" in columns and survey.time:
        time = np.array(list(survey.time.values()))
        columns["time"] = time[_codes(new["wave"], survey.waves)[0]]
    return pd.DataFrame(columns, index=pd.RangeIndex(len(new)))


def _columns(
    formula: Formula, latent: Latent, new: pd.DataFrame
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns without which there is no prediction, and those of groups alone."""
    slopes = (name for effect in latent.effects for name in effect.slope_columns)
    follows = {} if "time" in new else {"time": "wave"}
    needed = dict.fromkeys(follows.get(name, name) for name in (*formula.columns, *slopes))
    groups = dict.fromkeys(name for effect in latent.every_effect for name in effect.grouped)
    return tuple(needed), tuple(name for name in groups if name not in needed)


def _needed(
    survey: Survey, name: str, new: pd.DataFrame, problems: list[str]
) -> Floats | pd.Categorical:
    """Read a column whose every value must be known, or add what is wrong with it."""
    if name not in new:
        problems.append(f"the formula's column '{name}' is not among {listing(new.columns)}.")
        return np.empty(0)
    labels = () if name == "time" else survey.rows.keys[name].labels
    if name != "wave" and not any(np.isnan(as_number(label)) for label in labels):
        values = numbers(new[name])
        if not np.isfinite(values).all():
            problems.append(f"column '{name}' must hold a number in every row.")
        return values
    codes, strange = _codes(new[name], labels)
    if (codes < 0).any():
        found = unknown(f"label of '{name}'", strange[0], labels) if strange else ""
        problems.append(found or f"column '{name}' has no value in {(codes < 0).sum()} rows.")
    return _categorical(codes, labels)


def _group(survey: Survey, name: str, new: pd.DataFrame) -> pd.Categorical:
    """Read a column of groups, missing where a group is not known."""
    labels = survey.rows.keys[name].labels
    if name not in new:
        return _categorical(np.full(len(new), -1), labels)
    return _categorical(_codes(new[name], labels)[0], labels)


def _codes(column: pd.Series, labels: Sequence[str]) -> tuple[Ints, list[str]]:
    """Places of values among labels, -1 for missing and strange ones; and the strange ones."""
    place, texts = distinct(column)
    known = look_up(texts, labels)
    return known[place], [text for text, code in zip(texts, known, strict=False) if code < 0]


def _categorical(codes: Ints, labels: Sequence[str]) -> pd.Categorical:
    """Labels as pandas holds them."""
    kind = pd.CategoricalDtype(pd.Index(list(labels), dtype="str"), ordered=True)
    return pd.Categorical.from_codes(codes, dtype=kind)
