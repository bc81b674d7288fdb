"""Numbers that look like codes of no answer: -99, 98 or 999, alone and far from all others."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import warn
from jfmodels.survey.columns import numbers
from jfmodels.survey.encode import in_rows

__all__ = ["codes_in", "codes_of_no_answer", "undeclared", "warn_of_undeclared_codes"]

type Floats = NDArray[np.float64]

# 66, 777, 8888; 95 to 99 behind any number of nines; -7, -8 and -9
CONVENTIONAL = re.compile(r"-?(6{2,5}|7{2,5}|8{2,5}|9{1,4}[5-9])|-[789]")
FEWEST = 2  # rows: what stands once is as likely a slip


def codes_of_no_answer(values: Floats) -> dict[int, int]:
    """Find the codes that questionnaires use for no answer, where they can be nothing else.

    A negative one is found where no other number is negative; a positive one where it lies
    farther beyond all other numbers than these lie apart. Either stands in several rows.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Numbers as they were written; NaN where there is none.

    Returns
    -------
    dict of int to int
        Code to its number of rows.

    Examples
    --------
    >>> codes_of_no_answer(np.array([20.0, 35.0, 50.0, -99.0, -99.0, 999.0, 999.0]))
    {-99: 2, 999: 2}
    >>> codes_of_no_answer(np.array([-120.0, 35.0, 50.0, -99.0, -99.0]))
    {}
    """
    found, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    known = np.array([bool(CONVENTIONAL.fullmatch(f"{each:.15g}")) for each in found], dtype=bool)
    known &= counts >= FEWEST
    others = found[~known]
    if len(others) < 2:
        return {}
    low, high = others[0], others[-1]
    below = known & (found < 0) & (low >= 0)
    above = known & (found > high)
    far = above.any() and found[above][0] - high > high - low
    alone = below | (above & far)
    return {int(code): int(n) for code, n in zip(found[alone], counts[alone], strict=True)}


def codes_in(column: pd.Series) -> dict[int, int]:
    """Find them in a column of any type.

    Parameters
    ----------
    column : Series
        Of a frame.

    Examples
    --------
    >>> codes_in(pd.Series([1.5, 2, 3, "98", 98]))
    {98: 2}
    """
    return codes_of_no_answer(numbers(column))


def undeclared(name: str, found: Mapping[int, int]) -> str:
    """Say that the numbers of an outcome hold such codes, and what to do.

    Parameters
    ----------
    name : str
        Of the outcome.
    found : mapping of int to int
        Code to its number of rows.

    Examples
    --------
    >>> undeclared("income", {-99: 12}).partition(",")[0]
    "Outcome 'income' counts as answers -99 in 12 rows"
    """
    said = ", ".join(f"{code} in {in_rows(n)}" for code, n in found.items())
    return (
        f"Outcome '{name}' counts as answers {said}, which look like codes of no answer. If they "
        "are, list them in the codebook under dont_know:, refused: or missing:."
    )


def warn_of_undeclared_codes(measured: Mapping[str, Floats]) -> None:
    """Warn of every outcome whose numbers hold such codes.

    Parameters
    ----------
    measured : mapping of str to ndarray, shape (n,)
        What was read for numbers, without codes that the codebook declares.
    """
    for name, values in measured.items():
        found = codes_of_no_answer(values)
        if found:
            warn(undeclared(name, found))
