"""The respondents' rows, and the one way to ask them anything: sums by declared keys.

Nothing outside this room holds or reads a row. Description, validation and estimation all
call :meth:`Rows.aggregate`, which is a GROUP BY and could be computed where the data live.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.errors import SpecError, listing

__all__ = ["PATTERN", "Answers", "Groups", "Key", "Rows"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Answers = NDArray[np.int8] | NDArray[np.int16]

DENSE = 4_000_000  # largest table of key combinations that is counted rather than sorted
PATTERN = "pattern of adjustment "  # begins the name of a key that adjustments of weights make
LARGEST = 2**62  # combinations beyond which they cannot be numbered


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Key:
    """A column of groups.

    Attributes
    ----------
    codes : ndarray of int64, shape (n,)
        Place of each row's group among `labels`; -1 where it is missing.
    labels : tuple of str
        Names of the groups, in the survey's order.
    """

    codes: Ints
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Groups:
    """Sums over the rows of each combination of keys that occurs.

    Attributes
    ----------
    codes : ndarray of int64, shape (G, K)
        The combination, -1 for a missing key, in the order of the keys asked for.
    n, weight, weight_squares : ndarray, shape (G,)
        Rows, their weights and the squares of their weights, summed. Rows of weight 0 are not
        counted.
    counts, weights : mapping of str to ndarray, shape (G, A)
        For each coded outcome asked for, rows and weights by answer.
    moments : mapping of str to ndarray, shape (G, 7)
        For each measured outcome y, or pair "y/x" of two: rows that have it, and the sums of
        w, w y, w x, w y², w x y and w x², where x is 1 unless a pair was asked for.
    """

    codes: Ints
    n: Ints
    weight: Floats
    weight_squares: Floats
    counts: Mapping[str, Ints] = field(default_factory=dict)
    weights: Mapping[str, Floats] = field(default_factory=dict)
    moments: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rows:
    """What was answered, row by row, in codes.

    Attributes
    ----------
    n : int
        Number of rows.
    weight : ndarray of float64, shape (n,)
        Sampling weight of each row.
    keys : mapping of str to Key
        Every column that may group: roles, covariates, and other columns of few values.
    answers : mapping of str to (ndarray of int8 or int16, int)
        Per coded outcome (or ``outcome|option``) the answer of each row, -1 for none, and
        the number of possible answers.
    numbers : mapping of str to ndarray of float64
        Per measured outcome the value of each row, NaN for none.
    silent : mapping of str to ndarray of int8, shape (n,)
        Per measured outcome who gave no number: 0 who did not know, 1 who refused, -1 elsewhere.
    replicates : ndarray of float64 or None, shape (n, R)
        Weight of each row in every supplied replicate.
    before : tuple of ndarray of float64, shape (n,) each
        Weight of each row before every adjustment, the design's first.
    """

    n: int
    weight: Floats
    keys: Mapping[str, Key]
    answers: Mapping[str, tuple[Answers, int]]
    numbers: Mapping[str, Floats]
    silent: Mapping[str, Answers] = field(default_factory=dict)
    replicates: Floats | None = None
    before: tuple[Floats, ...] = ()

    @property
    def waves(self) -> tuple[str, ...]:
        """Names of the waves, in order; none in a single survey."""
        return self.keys["wave"].labels if "wave" in self.keys else ()

    @property
    def wave_codes(self) -> Ints:
        """Wave of every row; 0 in a single survey."""
        return self.keys["wave"].codes if self.waves else np.zeros(self.n, dtype=np.int64)

    @property
    def groups(self) -> list[str]:
        """Names of the keys that may be asked for; units and patterns of adjustments may not."""
        return [name for name in self.keys if name != "unit" and not name.startswith(PATTERN)]

    def larger_groups(self, name: str) -> dict[str, dict[str, str]]:
        """Find the groups that every group of a key lies in as a whole: key, label, its group.

        Keys of one group alone hold everybody, and are left out.
        """
        key = self.keys[name]
        found = {}
        for other in self.groups:
            larger = self.keys[other]
            known = (key.codes >= 0) & (larger.codes >= 0)
            lies_in = np.full(len(key.labels), -1)
            lies_in[key.codes[known]] = larger.codes[known]
            whole = (lies_in[key.codes[known]] == larger.codes[known]).all()
            if other != name and len(larger.labels) > 1 and whole:
                pairs = zip(key.labels, lies_in, strict=False)
                found[other] = {label: larger.labels[k] for label, k in pairs if k >= 0}
        return found

    def at(self, step: int) -> Rows:
        """The same rows as they weighed before an adjustment, or after the last."""
        return replace(self, weight=(*self.before, self.weight)[step])

    def sums_by(self, key: str, weights: Floats) -> Floats:
        """Sum R sets of weights, (n, R), by the groups of a key, which every row has; (G, R)."""
        codes = self.keys[key].codes
        shape = (len(self.keys[key].labels), self.n)
        return csr_array((np.ones(self.n), (codes, np.arange(self.n))), shape) @ weights

    def key_of(self, keys: Sequence[str]) -> tuple[Key, Ints]:
        """Make the combinations of keys that occur one key; give their codes, (G, K), too."""
        codes, place = self._group(keys)
        return Key(place, tuple(map(str, range(len(codes))))), codes

    def aggregate(self, keys: Sequence[str], values: Sequence[str] = ()) -> Groups:
        """Sum rows, weights and answers over every combination of keys that occurs.

        Parameters
        ----------
        keys : sequence of str
            Names among :attr:`keys`.
        values : sequence of str
            Names among :attr:`answers` and :attr:`numbers`, or pairs ``"y/x"`` of numbers.
        """
        codes, place = self._group(keys)
        size = len(codes)
        weight = np.bincount(place, self.weight, size)
        squares = np.bincount(place, self.weight**2, size)
        counts, weights, moments = {}, {}, {}
        for name in values:
            if name in self.answers:
                counts[name], weights[name] = self._by_answer(name, place, size)
            else:
                moments[name] = self._moments(name, place, size)
        return Groups(codes, self._count(place, size), weight, squares, counts, weights, moments)

    def _count(self, place: Ints, size: int) -> Ints:
        """Count the rows of every place; one that weighs nothing stands for nobody."""
        some = self.weight > 0
        return np.bincount(place if some.all() else place[some], minlength=size)

    def replicate_weights(self, keys: Sequence[str]) -> Floats:
        """Sum supplied replicate weights over combinations of keys; (G, R) as `aggregate`."""
        codes, place = self._group(keys)
        return self._over_replicates(place, np.ones(self.n), len(codes))

    def replicate_sums(
        self, keys: Sequence[str], values: Sequence[str]
    ) -> tuple[Ints, dict[str, Floats]]:
        """Sum supplied replicate weights over combinations of keys and answers.

        Returns
        -------
        codes : ndarray of int64, shape (G, K)
            As of :meth:`aggregate`.
        sums : dict of str to ndarray
            For each coded outcome weights by answer, shape (G, A, R); for each measured
            outcome, or pair "y/x", the sums of w y and w x, shape (G, 2, R).
        """
        codes, place = self._group(keys)
        size = len(codes)
        sums = {}
        for name in values:
            if name in self.answers:
                answer, n_answers = self.answers[name]
                cell = place * (n_answers + 1) + answer + 1
                every = self._over_replicates(cell, np.ones(self.n), size * (n_answers + 1))
                sums[name] = every.reshape(size, n_answers + 1, -1)[:, 1:]
            else:
                y, x = self._pair(name)
                valid = np.isfinite(y) & np.isfinite(x)
                parts = [np.where(valid, each, 0.0) for each in (y, x)]
                totals = [self._over_replicates(place, part, size) for part in parts]
                sums[name] = np.stack(totals, axis=1)
        return codes, sums

    def _over_replicates(self, place: Ints, value: Floats, size: int) -> Floats:
        """Sum values by place, weighted by every replicate; shape (size, R)."""
        sums = csr_array((value, (place, np.arange(self.n))), (size, self.n))
        return sums @ self._supplied()

    def distribution(self, keys: Sequence[str], name: str) -> tuple[Ints, Ints, Floats, Floats]:
        """Order a measured outcome by value, as quantiles need it.

        Returns
        -------
        codes : ndarray of int64, shape (G, K)
            Combinations of keys that occur.
        group, value, weight : ndarray, shape (n_valid,)
            Place among the combinations, value and weight, by rising value.
        """
        codes, place = self._group(keys)
        order = self._by_value(name)
        return codes, place[order], self.numbers[name][order], self.weight[order]

    def replicates_by_value(self, name: str) -> Floats:
        """Order supplied replicate weights as :meth:`distribution` does; (n_valid, R)."""
        return self._supplied()[self._by_value(name)]

    def _by_value(self, name: str) -> Ints:
        """Rows that have a measured outcome, by rising value."""
        value = self.numbers[name]
        return np.argsort(value, kind="stable")[: int(np.isfinite(value).sum())]

    def _supplied(self) -> Floats:
        """Supplied replicate weights, which must be there."""
        if self.replicates is None:
            raise SpecError("The data hold no replicate weights.")
        return self.replicates

    def response_key(self, name: str, places: Sequence[int]) -> tuple[Key, Floats]:
        """Turn an outcome into a key, so that rows can be grouped by their answer.

        Parameters
        ----------
        name : str
            Among :attr:`answers` or :attr:`numbers`.
        places : sequence of int
            For every possible answer its new place, -1 to leave it out; unused for numbers.

        Returns
        -------
        key : Key
            One group per place, or per distinct number.
        values : ndarray of float64
            The place, or the number, of each group.
        """
        if name in self.answers:
            codes = np.array([*places, -1], dtype=np.int64)[self.answers[name][0]]
            values = np.arange(max(places) + 1, dtype=np.float64)
        else:
            number = self.numbers[name]
            known = np.isfinite(number)
            codes = np.full(self.n, -1, dtype=np.int64)
            values, codes[known] = np.unique(number[known], return_inverse=True)
        return Key(codes, tuple(map(str, values))), values

    def _group(self, keys: Sequence[str]) -> tuple[Ints, Ints]:
        """Number the combinations of keys that occur, and place every row among them."""
        sizes = [len(self.keys[key].labels) + 1 for key in keys]
        table = math.prod(sizes)
        if table > LARGEST:
            raise SpecError(
                f"{listing(keys)} make {table:.1e} combinations, more than can be numbered. Ask "
                "for fewer groups at a time."
            )
        flat = np.zeros(self.n, dtype=np.int64)
        for key, size in zip(keys, sizes, strict=True):
            flat *= size
            flat += self.keys[key].codes + 1
        occurring, place = _number(flat, table)
        codes = np.empty((len(occurring), len(keys)), dtype=np.int64)
        for k in reversed(range(len(keys))):
            occurring, codes[:, k] = np.divmod(occurring, sizes[k])
        return codes - 1, place

    def _by_answer(self, name: str, place: Ints, size: int) -> tuple[Ints, Floats]:
        answer, n_answers = self.answers[name]
        width = n_answers + 1  # rows without an answer fall into column 0, which is dropped
        cell = place * width
        cell += answer
        cell += 1
        counts = self._count(cell, size * width).reshape(size, width)
        weights = np.bincount(cell, self.weight, size * width).reshape(size, width)
        return counts[:, 1:], weights[:, 1:]

    def _moments(self, name: str, place: Ints, size: int) -> Floats:
        y, x = self._pair(name)
        valid = np.isfinite(y) & np.isfinite(x) & (self.weight > 0)
        place, y, x, w = place[valid], y[valid], x[valid], self.weight[valid]
        parts = (None, w, w * y, w * x, w * y**2, w * x * y, w * x**2)
        return np.column_stack([np.bincount(place, part, size) for part in parts]).astype(float)

    def _pair(self, name: str) -> tuple[Floats, Floats]:
        if name in self.numbers:
            return self.numbers[name], np.ones(self.n)
        above, below = name.split("/")
        return self.numbers[above], self.numbers[below]


def _number(flat: Ints, size: int) -> tuple[Ints, Ints]:
    """Number the values that occur, by counting where the table is small enough."""
    if size > DENSE:
        occurring, place = np.unique(flat, return_inverse=True)
        return occurring, place
    present = np.bincount(flat, minlength=size) > 0
    number = np.cumsum(present) - 1
    return np.flatnonzero(present), number[flat]
