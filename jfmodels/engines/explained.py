r"""What adjustments of weights explain of estimates' errors.

At fixed weights every row has a share :math:`z_i` of an estimate's error. Weights that were
made to meet totals, or divided by estimated propensities, depend on the sample too, and the
rows' shares become :math:`z_i - l_i^\top B`. Since :math:`B` is linear in sums of z by pattern,
no engine needs more than its scores once by unit and once by pattern.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.model.cells import Tables
from jfmodels.survey.adjustments import Linear
from jfmodels.survey.copies import with_keys
from jfmodels.survey.rows import Rows
from jfmodels.survey.survey import Survey

__all__ = ["TablesBy", "explained", "explained_of", "seen_by"]

type Floats = NDArray[np.float64]
type TablesBy = Callable[[str], Tables]


def explained(
    survey: Survey, scores: Callable[[str], Floats], unit: str = "unit"
) -> Floats | float:
    """What the adjustments of a survey's weights explain of units' scores.

    The last adjustment comes first: what it explains of the errors is an error of the weights
    that it started from.

    Parameters
    ----------
    survey : Survey
        With its adjustments.
    scores : callable
        Name of a key to the sums, (G, C), by its groups of the rows' shares of C errors, at
        the weights as they are.
    unit : str, default "unit"
        The key whose groups are the units.

    Returns
    -------
    ndarray, shape (U, C), or 0.0
        To be subtracted from the units' scores; 0.0 where there is nothing to subtract.
    """
    linears = [each.linear for each in survey.adjustments if each.linear is not None]
    total: Floats | float = 0.0
    later: list[tuple[Linear, Floats]] = []
    for linear in reversed(linears):
        sums = scores(linear.key)
        for other, coefficients in later:
            sums = sums - _loads(survey.rows, other, linear.key) @ coefficients
        coefficients = linear.readers @ sums
        total = total + _loads(survey.rows, linear, unit) @ coefficients
        later.append((linear, coefficients))
    return total


def explained_of(
    survey: Survey, tables: Tables, tables_by: TablesBy, unit: str = "unit"
) -> Floats | float:
    """What adjustments explain of the residuals of ratios, on the scale of numerators.

    Parameters
    ----------
    survey : Survey
        With its adjustments.
    tables : Tables
        Sums of every cell by unit.
    tables_by : callable
        Name of a key to the same sums by its groups.
    unit : str, default "unit"
        The key whose groups are the units.

    Returns
    -------
    ndarray, shape (U, C), or 0.0
        As :func:`explained`.
    """
    above, below = tables.numerator.sum(axis=0), tables.denominator.sum(axis=0)
    ratio = np.divide(above, below, out=np.zeros_like(above), where=below > 0)

    def residuals(key: str) -> Floats:
        by_key = tables_by(key)
        return by_key.numerator - ratio * by_key.denominator

    return explained(survey, residuals, unit)


def seen_by(survey: Survey, key: str) -> Survey:
    """The same survey with the groups of a key in place of its units."""
    return with_keys(survey, {"unit": survey.rows.keys[key]})


def _loads(rows: Rows, linear: Linear, by: str) -> Floats:
    """Sum what rows add to an adjustment's equations by the groups of a key, (G, q)."""
    size = len(rows.keys[by].labels)
    return sum(
        (_load(rows.at(load.step), load.key, by, size) @ load.values for load in linear.loads),
        start=np.zeros((size, linear.loads[0].values.shape[1])),
    )


def _load(rows: Rows, key: str, by: str, size: int) -> csr_array:
    """Weights by group and pattern, (size, G)."""
    groups = rows.aggregate([by, key])
    return csr_array(
        (groups.weight, (groups.codes[:, 0], groups.codes[:, 1])),
        shape=(size, len(rows.keys[key].labels)),
    )
