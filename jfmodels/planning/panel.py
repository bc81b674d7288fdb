"""The same people in several waves: how much each of them weighs in every cell.

A person who answers again brings the same temper, past and place to both answers. Whatever of
that the person's cluster does not share cancels in a change, and it is most of what a panel is
worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, hstack

from jfmodels.model.cells import Grid, Tables, tabulate
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.survey import Survey

__all__ = ["People", "people_of"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Where = Mapping[str, Sequence[str]]

PERSON = "person in a unit"  # a key made here; columns of that name are not read


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """P people who are met in several waves within one unit.

    Attributes
    ----------
    unit : ndarray, shape (P,)
        Unit that each lies in.
    weight, total : csc_array, shape (P, C)
        Sums of w and w y of each person in every cell.
    share : csc_array, shape (P, C)
        Share of each person in what the unit weighs in a cell.
    """

    unit: Ints
    weight: csc_array
    total: csc_array
    share: csc_array

    def between_waves(self, load: Floats, cells: Ints, wave: Ints) -> Floats:
        """Add up, for every unit, what its people's answers in different waves have in common.

        Parameters
        ----------
        load : ndarray, shape (U, c)
            Load of every unit on some cells.
        cells, wave : ndarray, shape (c,)
            The cells, and the wave of each.

        Returns
        -------
        ndarray, shape (U,)
            The factor of the covariance of one person's answers in two waves.
        """
        if not len(self.unit):
            return np.zeros(len(load))
        own = self.share[:, cells].toarray() * load[self.unit]
        in_wave = np.stack([own[:, wave == each].sum(axis=1) for each in np.unique(wave)])
        crossed = in_wave.sum(axis=0) ** 2 - (in_wave**2).sum(axis=0)
        return np.bincount(self.unit, crossed, len(load))


def people_of(survey: Survey, grid: Grid, where: Where, tables: Tables) -> People:
    """Find who is met in several waves; nobody where the design names no persons.

    Parameters
    ----------
    survey : Survey
        The survey.
    grid, where
        As in :func:`jfmodels.model.cells.tabulate`.
    tables : Tables
        Sums of the units over the same cells.
    """
    person = survey.design.person
    if person is None or "wave" not in grid.names:
        return _nobody(tables.denominator.shape[1])
    rows, unit = _met_again(survey.rows, person)
    of_items = [tabulate(rows, replace(grid, items=(item,)), where, PERSON) for item in grid.items]
    weight, total = (
        csc_array(hstack([csc_array(each[: len(unit)]) for each in sums]))
        for sums in zip(*((each.denominator, each.numerator) for each in of_items), strict=True)
    )
    share = weight.tocoo()
    share.data = share.data / tables.denominator[unit[share.row], share.col]
    return People(unit, weight, total, csc_array(share))


def _nobody(n_cells: int) -> People:
    """No people over some cells."""
    none = csc_array((0, n_cells))
    return People(np.empty(0, dtype=np.int64), none, none, none)


def _met_again(rows: Rows, person: str) -> tuple[Rows, Ints]:
    """Number people within units who come in several waves, all others taken together, last."""
    key, codes = rows.key_of(["unit", person])
    keyed = replace(rows, keys={**rows.keys, PERSON: key})
    visits = keyed.aggregate([PERSON, "wave"]).codes[:, 0]
    again = (np.bincount(visits, minlength=len(codes)) > 1) & (codes[:, 1] >= 0)
    number = np.where(again, np.cumsum(again) - 1, again.sum())
    labels = tuple(map(str, range(int(again.sum()) + 1)))
    return replace(keyed, keys={**rows.keys, PERSON: Key(number[key.codes], labels)}), codes[
        again, 0
    ]
