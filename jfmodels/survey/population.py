"""A population as a census counts it: so many people of each kind in each place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.display.card import Card, Displayed
from jfmodels.display.sheet import Sheet
from jfmodels.errors import DataError, listing, raise_all, unknown
from jfmodels.survey.columns import distinct, look_up, numbers
from jfmodels.survey.rows import Key

__all__ = ["Population"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False, init=False)
class Population(Displayed):
    """A census table, to average a model over: ``fit.levels(by="commune", over=census)``.

    A model asked over a population needs every column that its fixed part reads, and those of
    ``by=`` and ``where=``; columns that are not needed are summed over. Labels are the survey's,
    those of age groups and other bins as the codebook names them. Places that no interviewer
    ever went to may be in it.

    Parameters
    ----------
    frame : DataFrame
        One row per kind of people. Rows that say the same of them are added up, so that a
        table finer than it needs to be does no harm.
    count : str, default "n"
        Column of how many there are: finite numbers from 0. Any unit will do.
    name : str, default "census"
        What tables call it.

    Attributes
    ----------
    keys : mapping of str to Key
        Every column but the count; ``wave``, if there is one, says that the population changes.
    counts : ndarray of float64, shape (K,)
        People in each cell.
    name : str
        What tables call it.

    Raises
    ------
    DataError
        Listing everything that is wrong with the table.

    Examples
    --------
    >>> import jfmodels as jf
    >>> frame = pd.DataFrame({"region": ["Gao", "Gao", "Mopti"], "sex": ["female", "male", "male"],
    ...                       "n": [2100, 2000, 3900]})
    >>> jf.Population(frame, name="census 2009")
    Population 'census 2009': 8,000 people in 3 cells of region (2) x sex (2)
    """

    keys: Mapping[str, Key] = field(repr=False)
    counts: Floats = field(repr=False)
    name: str

    def __init__(self, frame: pd.DataFrame, count: str = "n", *, name: str = "census") -> None:
        if not isinstance(frame, pd.DataFrame):
            raise DataError(
                "Population: a DataFrame is needed, with a row for each kind of people and how "
                f"many they are; found {type(frame).__name__}."
            )
        columns = [str(each) for each in frame.columns]
        problems = _column_problems(columns, count)
        if frame.empty:
            problems.append("the table has no rows.")
        raise_all(DataError, problems, "Population")
        named = frame.set_axis(columns, axis=1)
        counts = numbers(named[count])
        keys = {each: _key(named[each]) for each in columns if each != count}
        problems += _count_problems(count, counts) + _label_problems(keys)
        raise_all(DataError, problems, "Population")
        codes, total = _added_up(np.column_stack([key.codes for key in keys.values()]), counts)
        parts = zip(keys.items(), codes.T, strict=True)
        added = {each: Key(column, key.labels) for (each, key), column in parts}
        for attribute, value in (("keys", added), ("counts", total), ("name", name)):
            object.__setattr__(self, attribute, value)

    @property
    def total(self) -> float:
        """How many people there are; where they change by wave, those of all waves."""
        return float(self.counts.sum())

    @property
    def title(self) -> str:
        """What tables call a composition of its people."""
        return f"population: {self.name}"

    @property
    def digest(self) -> str:
        """A fingerprint of labels and counts, so that two populations are told apart."""
        said = [(each, key.labels) for each, key in self.keys.items()]
        found = hashlib.blake2b(repr((self.name, said)).encode(), digest_size=16)
        for array in (*(key.codes for key in self.keys.values()), self.counts):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    def sums(self, names: Sequence[str]) -> tuple[Ints, Floats]:
        """Count people by some of the columns.

        Parameters
        ----------
        names : sequence of str
            B columns.

        Returns
        -------
        codes : ndarray of int64, shape (G, B)
            Combinations that are listed, as places among the labels.
        counts : ndarray of float64, shape (G,)
            People of each.

        Examples
        --------
        >>> import jfmodels as jf
        >>> codes, counts = jf.example_census().sums(["region"])
        >>> codes.ravel().tolist(), len(counts)
        ([0, 1, 2, 3], 4)
        """
        chosen = [self.keys[each].codes for each in names]
        if not chosen:
            return np.zeros((1, 0), dtype=np.int64), np.array([self.total])
        return _added_up(np.column_stack(chosen), self.counts)

    def _card(self) -> Card:
        """Its columns, and what share of the people bears each label."""
        held = " x ".join(f"{each} ({len(key.labels)})" for each, key in self.keys.items())
        people = f"{self.total:,.0f} people in {len(self.counts):,} cells"
        rows = []
        for name, key in self.keys.items():
            for k, label in enumerate(key.labels):
                share = self.counts[key.codes == k].sum() / self.total
                rows.append((name if k == 0 else "", str(label), f"{100 * share:.1f} %"))
        composition = Sheet("Composition", ("column", "label", "share"), tuple(rows), words=(0, 1))
        return Card(f"Population '{self.name}'", f"{people} of {held}", folded=[composition])


def _column_problems(columns: Sequence[str], count: object) -> list[str]:
    """Say what is wrong with the names of columns."""
    twice = sorted({each for each in columns if columns.count(each) > 1})
    problems = [f"{listing(twice)} names more than one column."] if twice else []
    if count not in columns:
        said = unknown("column", count, columns)
        problems.append(f"count= names the column that counts people. {said}")
    elif len(columns) == 1:
        problems.append(f"there is no column beside '{count}' that says who is counted.")
    return problems


def _count_problems(count: str, counts: Floats) -> list[str]:
    """Say what is wrong with the counts."""
    strange = ~np.isfinite(counts) | (counts < 0)
    if strange.any():
        return [
            f"'{count}' must hold a number from 0 in every row; {strange.sum()} of "
            f"{len(counts)} rows do not, row {int(np.argmax(strange))} first, counted from 0."
        ]
    return [] if counts.sum() > 0 else [f"'{count}' counts nobody."]


def _label_problems(keys: Mapping[str, Key]) -> list[str]:
    """Say which columns have rows without a label."""
    return [
        f"'{each}' has no value in {(key.codes < 0).sum()} of {len(key.codes)} rows; give them a "
        "label, or leave the column out."
        for each, key in keys.items()
        if (key.codes < 0).any()
    ]


def _key(column: pd.Series) -> Key:
    """Read a column as places among its labels, which stand in the order of its rows."""
    codes, texts = distinct(column)
    labels = [text for text in dict.fromkeys(texts) if text]
    place = {text: k for k, text in enumerate(labels)} | {"": -1}
    found = look_up([place[text] for text in texts], codes)
    used = [label for k, label in enumerate(labels) if (found == k).any()]
    kept = look_up([used.index(label) if label in used else -1 for label in labels], found)
    return Key(kept, tuple(used))


def _added_up(codes: Ints, counts: Floats) -> tuple[Ints, Floats]:
    """Add up rows of equal codes, (R, B) to (G, B)."""
    combinations, place = np.unique(codes, axis=0, return_inverse=True)
    return combinations, np.bincount(place.ravel(), counts, len(combinations))
