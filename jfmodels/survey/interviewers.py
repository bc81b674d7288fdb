"""Who asked: how much of a wave was done by interviewers who also worked in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from jfmodels.survey.rows import Rows

__all__ = ["retained"]

type Floats = NDArray[np.float64]


def retained(
    rows: Rows,
    interviewer: str | None,
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
) -> Floats | None:
    """Share of interviews done by interviewers who also worked in another wave.

    Parameters
    ----------
    rows : Rows
        In several waves.
    interviewer : str or None
        Key of who asked.
    by : sequence of str, default ()
        Groups within which to look; an interviewer who moved to another group is not
        retained in either.
    where : mapping of str to sequence of str, optional
        The domain.

    Returns
    -------
    ndarray, shape (n_waves, n_waves, *groups + 1) or None
        ``[a, b, ...]``: of the interviews of wave a, the share by those who worked in wave b
        too; the last place of each group axis is all together. None where there are no waves
        or no interviewers.
    """
    if interviewer is None or not rows.waves:
        return None
    domain = {each: kept for each, kept in (where or {}).items() if each != "wave"}
    keys = [interviewer, "wave", *by]
    extra = [each for each in domain if each not in keys]
    groups = rows.aggregate([*keys, *extra])
    inside = np.ones(len(groups.n), dtype=bool)
    for each, kept in domain.items():
        allowed = [label in kept for label in rows.keys[each].labels]
        inside &= np.array([*allowed, False])[groups.codes[:, [*keys, *extra].index(each)]]
    codes = groups.codes[inside][:, : len(keys)]
    shape = [len(rows.keys[key].labels) + 1 for key in keys]
    shape[0] -= 1
    n = np.zeros(shape)
    np.add.at(n, tuple(codes.T), groups.n[inside])  # a missing group (-1) falls on the margin
    for axis in range(1, n.ndim):
        index: list[slice | int] = [slice(None)] * n.ndim
        index[axis] = -1
        n[tuple(index)] = n.sum(axis=axis)
    n = n[:, :-1]
    worked = (n > 0).astype(float)
    shared = np.einsum("ia...,ib...->ab...", n, worked)
    with np.errstate(invalid="ignore", divide="ignore"):
        return shared / n.sum(axis=0)[:, None]
