"""One column of a frame, whatever its type: as distinct texts, as numbers, or as days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import DataError
from jfmodels.survey.labels import canonical

__all__ = ["as_number", "days", "distinct", "look_up", "natural_order", "numbers", "ordered"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

NUMBER = re.compile(
    r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?inf(inity)?", re.IGNORECASE
)
EPOCH = datetime(1970, 1, 1)


def natural_order(text: str) -> list[tuple[int, int, str]]:
    """Sort key under which Q2 comes before Q10.

    Examples
    --------
    >>> sorted(["Q10", "Q2", "Q1"], key=natural_order)
    ['Q1', 'Q2', 'Q10']
    """
    parts = re.split(r"([0-9]{1,15})", text)
    return [
        (0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts if part
    ]


def ordered(series: pd.Series) -> bool:
    """Whether the column itself says in which order its values stand."""
    return isinstance(series.dtype, pd.CategoricalDtype)


def distinct(series: pd.Series) -> tuple[Ints, list[str]]:
    """Number the distinct values of a column, and write each the one way codes are written.

    Parameters
    ----------
    series : Series, shape (n,)
        Of any type whose values can be told apart.

    Returns
    -------
    codes : ndarray of int64, shape (n,)
        Place of each row's value among the texts; -1 where it is missing.
    texts : list of str
        Distinct values, some of which may be written alike; blank ones are empty.

    Raises
    ------
    DataError
        If the values are lists, dicts or other things that are not single values.

    Examples
    --------
    >>> distinct(pd.Series(["b", None, "a", "b"]))
    (array([ 0, -1,  1,  0]), ['b', 'a'])
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, values = series.cat.codes.to_numpy(), list(series.cat.categories)
    else:
        try:
            codes, uniques = pd.factorize(series.array)
        except (TypeError, ValueError, NotImplementedError):
            raise DataError(f"it holds values that are not single ones ({series.dtype}).") from None
        values = list(uniques)
    return codes.astype(np.int64), [canonical(value) for value in values]


def look_up(table: Sequence[int] | NDArray[np.integer], codes: Ints, missing: int = -1) -> Ints:
    """Look codes up in a table; code -1 gives `missing`."""
    return np.append(np.asarray(table, dtype=np.int64), missing)[codes]


def as_number(text: str) -> float:
    """Read a number as plainly written; what is not one is NaN.

    Examples
    --------
    >>> as_number("1.5"), as_number("1,5"), as_number("1_000")
    (1.5, nan, nan)
    """
    return float(text) if NUMBER.fullmatch(text) else np.nan


def numbers(series: pd.Series) -> Floats:
    """Read numbers; what is not one becomes NaN, dates and times included."""
    dtype = series.dtype
    plain = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    if plain and not isinstance(dtype, pd.CategoricalDtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    codes, texts = distinct(series)
    return np.array([*(as_number(text) for text in texts), np.nan])[codes]


def days(series: pd.Series) -> Floats:
    """Read dates as days since 1970; what is not one becomes NaN.

    Texts are read if they are written as ISO 8601 has it: of 10/11/2024 nobody can say
    whether it lies in October or November.

    Examples
    --------
    >>> days(pd.Series(["1970-01-02", "1970-01-02T12:00:00+01:00", "2/1/1970"])).tolist()
    [1.0, 1.5, nan]
    """
    if isinstance(series.dtype, np.dtype | pd.DatetimeTZDtype) and series.dtype.kind == "M":
        time = series.dt.tz_localize(None).to_numpy("datetime64[ms]")
        return (time - np.datetime64(0, "ms")) / np.timedelta64(1, "D")
    codes, texts = distinct(series)
    return np.array([*(_day(text) for text in texts), np.nan])[codes]


def _day(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return np.nan
    return (moment - EPOCH).total_seconds() / 86400
