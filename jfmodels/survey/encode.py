"""From a frame to coded rows: every column is read once, and what cannot be read is counted.

Problems are collected, not raised, so that one error can list them all. No message quotes a
row: values are named with the number of rows that hold them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import DataError, listing, unknown
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.columns import (
    days,
    distinct,
    look_up,
    natural_order,
    numbers,
    ordered,
)
from jfmodels.survey.design import SurveyDesign
from jfmodels.survey.labels import Label, canonical
from jfmodels.survey.outcome import Covariate
from jfmodels.survey.rows import Key

__all__ = [
    "NONE",
    "Encoder",
    "group_columns",
    "in_rows",
    "natural_order",
    "places",
    "quote",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Mask = NDArray[np.bool_]

FEW = 60  # columns with more distinct values than this do not group unless the codebook says so
NONE = -1
LARGEST = 1e30  # beyond it, squares of variances leave the range of floating point
CODE = re.compile(r"[\w.+-]{1,12}")  # what looks like a code may be quoted; words may not


def in_rows(n: int) -> str:
    """Say in how many rows.

    Examples
    --------
    >>> in_rows(1), in_rows(1200)
    ('1 row', '1,200 rows')
    """
    return f"{n:,} row{'s' if n != 1 else ''}"


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """Reads the columns of one frame, noting what is wrong.

    Attributes
    ----------
    frame : DataFrame
        The respondents' rows; not kept by anything that is built from it.
    design : SurveyDesign
        The roles.
    codebook : Codebook
        The meanings.
    problems : list of str
        What was found wrong so far.
    """

    frame: pd.DataFrame
    design: SurveyDesign
    codebook: Codebook
    problems: list[str]

    def wave(self) -> Key | None:
        """Read the wave, in the codebook's order or the data's; waves without rows are none."""
        if self.design.wave is None:
            return None
        key = self.column(self.design.wave, required="wave")
        counts = np.bincount(key.codes + 1, minlength=len(key.labels) + 1)[1:]
        rows = {label: int(n) for label, n in zip(key.labels, counts, strict=True) if n}
        known = tuple(self.codebook.waves)
        for label, n in rows.items():
            if known and label not in known:
                self.problems.append(f"{unknown('wave', label, known)} It has {in_rows(n)}.")
        present = tuple(wave for wave in known or key.labels if wave in rows)
        return _reordered(key, present)

    def column(self, name: str, required: str | None = None) -> Key:
        """Read a column as groups; a `required` role may not be missing anywhere."""
        codes, texts = self.distinct(name)
        labels = list(dict.fromkeys(text for text in texts if text))
        if not ordered(self.frame[name]):
            labels.sort(key=natural_order)
        place = {label: k for k, label in enumerate(labels)} | {"": NONE}
        key = Key(look_up([place[text] for text in texts], codes), tuple(labels))
        key = self._crosswalk(name, key)
        missing = int((key.codes < 0).sum())
        if required and missing:
            self.problems.append(
                f"column '{name}' ({required}) is missing in {in_rows(missing)}. "
                "Fill it in or leave those rows out."
            )
        return key

    def covariate(self, covariate: Covariate) -> Key:
        """Read a covariate: binned, relabelled, or as it is."""
        if covariate.bins:
            return self._binned(covariate)
        key = self.column(covariate.column)
        if not covariate.categories:
            return key
        meaning = places(covariate.categories)
        place = [meaning.get(label, NONE) for label in key.labels]
        counts = np.bincount(key.codes + 1, minlength=len(key.labels) + 1)[1:]
        strange = {
            label: int(n)
            for label, n, k in zip(key.labels, counts, place, strict=True)
            if k == NONE and n
        }
        if strange:
            self.problems.append(
                f"covariate '{covariate.name}' has codes that its categories do not know: "
                f"{quote(strange)}. Known: {listing(covariate.categories)}."
            )
        labels = tuple(label.en for label in covariate.categories.values())
        return Key(look_up(place, key.codes), labels)

    def weight(self) -> Floats:
        """Read the weights, or give every row the weight 1."""
        name = self.design.weights
        if name is None:
            return np.ones(len(self.frame))
        weight = self._numbers(name)
        faults = _not_finite(weight, self.frame[name]) | {
            "negative": (weight < 0) & (weight > -np.inf),
            "zero": weight == 0,
            f"beyond {LARGEST:g} or below {1 / LARGEST:g}": _extreme(weight),
        }
        if found := _tell(faults):
            self.problems.append(
                f"weights '{name}' must be positive numbers; they are {found}. "
                "Leave out rows that stand for nobody, and repair the others."
            )
            return np.ones(len(self.frame))
        return weight

    def replicate_weights(self) -> Floats | None:
        """Read the weights of every supplied replicate, shape (n, R)."""
        given = self.design.replicates
        if given is None:
            return None
        weights = np.stack([self._numbers(name) for name in given.columns], axis=1)
        strange = ~np.isfinite(weights).all(axis=0)
        if strange.any():
            names = [name for name, is_so in zip(given.columns, strange, strict=True) if is_so]
            self.problems.append(
                f"replicate weights must be numbers in every row; they are missing, text or "
                f"infinite in {listing(names)}. Fill in or leave out whole rows."
            )
        return weights

    def fraction(self, name: str) -> Floats:
        """Read a finite population correction as it is written: counts or fractions."""
        value = self._numbers(name)
        faults = _not_finite(value, self.frame[name]) | {
            "negative": (value < 0) & (value > -np.inf),
            "zero": value == 0,
        }
        if found := _tell(faults):
            self.problems.append(f"fpc '{name}' must be positive numbers; they are {found}.")
            return np.zeros(len(value))
        if not ((value <= 1).all() or (value >= 1).all()):
            self.problems.append(
                f"fpc '{name}' mixes fractions (at most 1) and counts (at least 1): found values "
                f"from {value.min():g} to {value.max():g}. Use one or the other."
            )
            return np.zeros(len(value))
        return value

    def days(self, name: str) -> Floats:
        """Read dates as days since 1970; NaN where there is none."""
        try:
            day = days(self.frame[name])
        except DataError as fault:
            self.problems.append(f"date '{name}': {fault}")
            return np.full(len(self.frame), np.nan)
        unread = int((np.isnan(day) & self.frame[name].notna().to_numpy()).sum())
        if unread:
            self.problems.append(
                f"date '{name}' cannot be read in {in_rows(unread)}. Write dates as 2024-10-20."
            )
        return day

    def distinct(self, name: str) -> tuple[Ints, list[str]]:
        """Number the distinct values of a column, or note that it has none to tell apart."""
        try:
            return distinct(self.frame[name])
        except DataError as fault:
            self.problems.append(f"column '{name}': {fault}")
            return np.full(len(self.frame), NONE, dtype=np.int64), []

    def _numbers(self, name: str) -> Floats:
        try:
            return numbers(self.frame[name])
        except DataError:
            return np.full(len(self.frame), np.nan)

    def _crosswalk(self, name: str, key: Key) -> Key:
        """Give old names of places and groups their new ones, wave by wave."""
        walks = self.codebook.crosswalks.get(name)
        if not walks or self.design.wave is None or name == self.design.wave:
            return key
        new = [text for walk in walks.values() for text in walk.values()]
        labels = list(dict.fromkeys([*key.labels, *new]))
        codes = key.codes.copy()
        wave_codes, waves = self.distinct(self.design.wave)
        for wave, walk in walks.items():
            inside = look_up([text == wave for text in waves], wave_codes, missing=0) > 0
            for old in walk.keys() & set(key.labels):
                codes[inside & (key.codes == labels.index(old))] = labels.index(walk[old])
        used = [labels[code] for code in np.unique(codes[codes >= 0])]
        if not ordered(self.frame[name]):
            used.sort(key=natural_order)
        return _reordered(Key(codes, tuple(labels)), tuple(used))

    def _binned(self, covariate: Covariate) -> Key:
        """Sort numbers into classes [a, b); missing ones have none."""
        series = self.frame[covariate.column]
        value, edges = self._numbers(covariate.column), covariate.bins
        codes = np.searchsorted(edges, value, side="right") - 1
        outside = ~np.isnan(value) & ((codes < 0) | (codes >= len(edges) - 1))
        text = np.isnan(value) & series.notna().to_numpy()
        if found := _tell({"outside the bins": outside, "not a number": text}):
            self.problems.append(
                f"covariate '{covariate.name}' has values {found}; its bins are "
                f"[{edges[0]:g}, {edges[-1]:g}). Widen the bins, or make other values missing."
            )
        codes[outside | np.isnan(value)] = NONE
        labels = tuple(f"{low:g}-{high:g}" for low, high in pairwise(edges))
        return Key(codes.astype(np.int64), labels)


def group_columns(encoder: Encoder, taken: Iterable[str]) -> dict[str, Key]:
    """Read every remaining column of few distinct values, so that tables can be split by it.

    Columns of answers do not group, unless the design groups by them.
    """
    roles = encoder.design.roles.keys()
    outcomes = encoder.codebook.outcomes.values()
    answers = {name for outcome in outcomes for name in outcome.column_names}
    skip = {*taken, *(answers - roles)}
    frame = encoder.frame
    few = [name for name in frame.columns if name not in skip and _is_few(frame[name])]
    keys = {name: encoder.column(name) for name in few}
    return {name: key for name, key in keys.items() if key.labels or name in roles}


def _is_few(series: pd.Series) -> bool:
    """Whether a column has few values, and some at all, that can be told apart."""
    if pd.api.types.is_datetime64_any_dtype(series):
        return False
    try:
        return 0 < series.nunique() <= FEW
    except (TypeError, ValueError, NotImplementedError):
        return False


def _reordered(key: Key, labels: tuple[str, ...]) -> Key:
    """Put the groups in another order; those left out become missing."""
    place = {label: k for k, label in enumerate(labels)}
    return Key(look_up([place.get(label, NONE) for label in key.labels], key.codes), labels)


def places(categories: Mapping[str, Label]) -> dict[str, int]:
    """Map every code, and every label, to its place; where both are known the code counts."""
    labels = {
        canonical(text): k
        for k, label in enumerate(categories.values())
        for text in (label.fr, label.en)
    }
    return labels | {code: k for k, code in enumerate(categories)}


def quote(found: Mapping[str, int], most: int = 8) -> str:
    """Quote the most frequent codes with their rows; of other texts only how they begin."""
    frequent = sorted(found, key=lambda text: -found[text])[:most]
    short = {t: t if CODE.fullmatch(t) else f"{t[:3]}…" for t in frequent}  # words may be people's
    said = ", ".join(f"'{short[text]}' in {in_rows(found[text])}" for text in frequent)
    return said if len(found) <= most else f"{said} and {len(found) - most} more"


def _not_finite(value: Floats, series: pd.Series) -> dict[str, Mask]:
    """Find the rows without a finite number, by reason."""
    missing = series.isna().to_numpy()
    return {
        "not a number": np.isnan(value) & ~missing,
        "missing": np.isnan(value) & missing,
        "infinite": np.isinf(value),
    }


def _extreme(value: Floats) -> Mask:
    """Find numbers whose squares would leave the range of floating point."""
    return np.isfinite(value) & (value > 0) & ((value > LARGEST) | (value < 1 / LARGEST))


def _tell(faults: Mapping[str, Mask]) -> str:
    """Say which faults occur, and in how many rows."""
    counts = {fault: int(rows.sum()) for fault, rows in faults.items()}
    return ", ".join(f"{fault} in {in_rows(n)}" for fault, n in counts.items() if n)
