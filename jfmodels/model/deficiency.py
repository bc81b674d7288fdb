"""Which columns of a design matrix say nothing that others do not say already, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from jfmodels.errors import SpecError, listing
from jfmodels.model.design_matrix import DesignMatrix
from jfmodels.model.transforms import Coded

__all__ = ["deficiency", "empty_cells", "require_full_rank"]

type Floats = NDArray[np.float64]
type Cell = tuple[tuple[str, str], ...]

TOLERANCE = 1e-8  # what is left of a column beside the others, relative to its length
MOST_CELLS = 50_000


def deficiency(matrix: Floats, names: Sequence[str]) -> list[str]:
    """Name the columns that are zero, or linear combinations of columns before them.

    A pivoted QR decomposition tells whether there are any; which ones is told by going
    through the columns in order, so that main effects are kept and interactions named.

    Parameters
    ----------
    matrix : ndarray of float64, shape (P, p)
        A design matrix.
    names : sequence of str
        Names of its p columns.

    Examples
    --------
    >>> deficiency(np.array([[1.0, 1, 0, 0], [1, 0, 1, 0], [1, 0, 1, 0]]), ["1", "a", "b", "c"])
    ['b', 'c']
    """
    if matrix.shape[1] == 0:
        return []
    length = np.linalg.norm(matrix, axis=0)
    scaled = matrix / np.where(length > 0, length, 1.0)
    triangle = np.linalg.qr(scaled, mode="r")  # the same dependences in fewer rows
    pivots = np.abs(np.diag(qr(triangle, mode="r", pivoting=True)[0]))
    if len(pivots) == matrix.shape[1] and pivots.min() > TOLERANCE:
        return []
    return [names[k] for k in _dependent(triangle)]


def _dependent(columns: Floats) -> Iterator[int]:
    """Go through columns of length one, shape (k, p), and give those within earlier ones' span."""
    basis = np.empty((columns.shape[0], 0))
    for k, column in enumerate(columns.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)  # twice is enough
        left = np.linalg.norm(rest)
        if left > TOLERANCE:
            basis = np.column_stack([basis, rest / left])
        else:
            yield k


def empty_cells(design: DesignMatrix) -> list[str]:
    """Name the combinations of levels within a term that no pattern has.

    Of nested combinations only the smallest is named: where no row of wave Q3 is in Gao, the
    cells of wave, region and sex within it are not repeated.

    Examples
    --------
    >>> import pandas as pd
    >>> from jfmodels.model.design_matrix import design_matrix
    >>> from jfmodels.model.formula import parse
    >>> frame = pd.DataFrame({"wave": ["Q1", "Q1", "Q2"], "region": ["Gao", "Kidal", "Gao"]})
    >>> empty_cells(design_matrix(parse("y ~ wave * region"), frame.astype("category")))
    ['wave Q2, region Kidal']
    """
    found: dict[Cell, None] = {}
    for names in _crossed(design):
        for cell in _absent(names, [design.factors[name] for name in names]):
            parts = (part for size in range(2, len(cell)) for part in combinations(cell, size))
            if not any(part in found for part in parts):
                found[cell] = None
    return [", ".join(f"{name} {level}" for name, level in cell) for cell in found]


def _crossed(design: DesignMatrix) -> list[tuple[str, ...]]:
    """List the sets of two or more factors of names that stand together in a term, small first."""
    together: dict[tuple[str, ...], None] = {}
    for coding in design.encoder.codings:
        names = [name for name in design.factors if name in coding.names]
        for size in range(2, len(names) + 1):
            together |= dict.fromkeys(combinations(names, size))
    return sorted(together, key=len)


def _absent(names: Sequence[str], factors: Sequence[Coded]) -> Iterator[Cell]:
    """Give the combinations of levels that do not occur."""
    shape = tuple(len(each.levels) for each in factors)
    if np.prod(shape, dtype=object) > MOST_CELLS:
        return
    seen = np.zeros(shape, dtype=bool)
    seen[tuple(each.codes for each in factors)] = True
    for place in np.argwhere(~seen):
        levels = [each.levels[k] for each, k in zip(factors, place, strict=True)]
        yield tuple(zip(names, levels, strict=True))


def require_full_rank(design: DesignMatrix) -> None:
    """Refuse a design whose coefficients cannot all be estimated.

    Raises
    ------
    SpecError
        Naming the columns that repeat others, and the cells without a row that make them so.
    """
    columns = deficiency(design.matrix, design.names)
    if not columns:
        return
    cells = empty_cells(design)
    cause = f" No row is in: {'; '.join(cells[:8])}" if cells else ""
    cause += f" and {len(cells) - 8} more" if len(cells) > 8 else ""
    narrow = " leave places out by where=," if cells else ""
    raise SpecError(
        f"The fixed part is rank deficient: {len(columns)} of its {len(design.names)} columns "
        f"repeat what others say: {listing(columns)}.{cause}{'.' if cause else ''} Leave the term "
        f"out,{narrow} merge levels, or make the interaction random, as in (1 | region:wave)."
    )
