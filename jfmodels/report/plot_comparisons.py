"""What the rows of a forest plot say: their texts, their blocks, and which exclude zero."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from jfmodels.report.plot_rows import FlagMarks, group_columns, identifying_columns
from jfmodels.report.plot_text import MINUS, Wording, missing

__all__ = ["EFFECT", "SURE", "Forest", "blocks_of", "decisive", "forest_of", "row_texts"]

type Row = Mapping[Hashable, object]

EFFECT = "composition effect"
SIDES = ("wave", "outcome_ref", "category_ref", "wave_ref")
# room between two blocks, in rows
BLOCK_GAP = 0.6
# probability of one sign from which a Bayesian row is drawn dark
SURE = 0.975


@dataclass(frozen=True, slots=True)
class Forest:
    """The K rows of a forest plot, the first on top.

    Attributes
    ----------
    y : ndarray, shape (K,)
        Heights, falling from 0 by 1 a row, and by more between blocks.
    estimate, low, high : ndarray, shape (K,)
        In the unit of the table.
    decisive : ndarray of bool, shape (K,)
        Whether zero is excluded after adjustment.
    texts : tuple of str, length K
        What is compared, and the letters of flags.
    gaps : tuple of str, length K
        Why there is no estimate, in a word or two, where there is none.
    """

    y: np.ndarray
    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    decisive: np.ndarray
    texts: tuple[str, ...]
    gaps: tuple[str, ...]

    @property
    def drawn(self) -> np.ndarray:
        """Tell which rows have an estimate, shape (K,)."""
        return ~np.isnan(self.estimate)

    @property
    def bounded(self) -> np.ndarray:
        """Tell which rows have an estimate and both ends of an interval, shape (K,)."""
        return self.drawn & ~np.isnan(self.low) & ~np.isnan(self.high)


def forest_of(rows: pd.DataFrame, marks: FlagMarks, words: Wording) -> Forest:
    """Collect the rows to draw, with their texts and heights."""
    gaps = BLOCK_GAP * blocks_of(rows)
    texts = zip(row_texts(rows, words), rows["flag"], strict=True)
    return Forest(
        0.0 - np.arange(len(rows)) - gaps,
        _floats(rows, "estimate"),
        _floats(rows, "low"),
        _floats(rows, "high"),
        decisive(rows),
        tuple(f"{text} {marks.of(codes)}".strip() for text, codes in texts),
        tuple(words.why_missing(codes) for codes in rows["flag"]),
    )


def decisive(rows: pd.DataFrame) -> np.ndarray:
    """Tell which rows exclude zero after adjustment, shape (K,).

    A row whose share is 0 or 1 on one side has no valid test, so it decides nothing.

    Examples
    --------
    >>> rows = pd.DataFrame({"estimate": [0.1, 0.1], "p_adjusted": [0.01, 0.20],
    ...                      "coverage": 0.95, "flag": [(), ()]})
    >>> decisive(rows).tolist()
    [True, False]
    """
    by_p = _floats(rows, "p_adjusted") < 1 - _floats(rows, "coverage")
    positive = _floats(rows, "prob_positive")
    by_probability = (positive >= SURE) | (positive <= 1 - SURE)
    valid = np.array(["at_boundary" not in codes for codes in rows["flag"]], dtype=bool)
    known = ~np.isnan(_floats(rows, "estimate"))
    decided: np.ndarray = (by_p | by_probability) & valid & known
    return decided


def _floats(rows: pd.DataFrame, column: str) -> np.ndarray:
    """Read a column as floats, missing where there is no such column, shape (K,)."""
    if column not in rows.columns:
        return np.full(len(rows), np.nan)
    return rows[column].to_numpy(dtype=float, na_value=np.nan)


def blocks_of(rows: pd.DataFrame) -> np.ndarray:
    """Number the blocks of rows that belong together, shape (K,).

    The first of outcome, answer, group, waves and estimand that splits the rows into unbroken
    runs, some longer than one row, makes the blocks.

    Examples
    --------
    >>> blocks_of(pd.DataFrame({"region": ["Gao", "Gao", "Mopti"], "wave": ["Q2", "Q3", "Q2"]}))
    array([0, 0, 1])
    """
    groups, waves = group_columns(rows), ["wave", "wave_ref"]
    keys = [["outcome"], ["category"], groups, *([each] for each in groups), waves, ["estimand"]]
    if "estimand" in rows.columns and EFFECT in set(rows["estimand"]):
        # a change stands beside what composition makes of it
        keys = [[*groups, *waves]]
    for key in keys:
        present = [column for column in key if column in rows.columns]
        if not present:
            continue
        numbers = rows.groupby(present, sort=False, dropna=False, observed=True).ngroup()
        ids = numbers.to_numpy(dtype=int)
        if 0 < ids.max() < len(ids) - 1 and np.all(np.diff(ids) >= 0):
            return ids
    return np.zeros(len(rows), dtype=int)


def row_texts(rows: pd.DataFrame, words: Wording) -> list[str]:
    """Say what each row compares, and within what.

    Examples
    --------
    >>> rows = pd.DataFrame({"estimand": ["change"], "region": ["Mopti"], "region_ref": [None],
    ...                      "wave": ["Q6"], "wave_ref": ["Q5"]})
    >>> row_texts(rows, Wording())
    ['Mopti: Q6 − Q5']
    """
    groups = [name for name in group_columns(rows) if rows[name].notna().any()]
    told, groups = identifying_columns(rows, groups, [*SIDES, "estimand"])
    return [_row_text(row, told, groups, words) for row in rows.to_dict("records")]


def _row_text(row: Row, told: Sequence[str], groups: Sequence[str], words: Wording) -> str:
    """Say one row: first what it lies within, then what is taken from what."""
    # a slope runs over all its waves, whichever of them the row names
    waves = [] if row["estimand"] == "slope" else ["wave"]
    compared = [side for side in ["outcome", "category", *groups, *waves] if _compares(row, side)]
    compared = compared or _against_others(row, [*told, *groups, *waves])
    over = [column for column in told if column == "over"]
    places = [c for c in [*told, *groups, *waves] if c not in [*compared, *over]]
    within = words.names(row[column] for column in places)
    if groups and all(missing(row[column]) for column in groups):
        within = words.listed([words.phrase("all"), within])
    differences = [_difference(row, side, words) for side in compared]
    if not waves:
        differences.append(words.phrase("slope"))
    if over:
        effect = row["estimand"] == EFFECT
        differences.append(words.phrase("by_composition") if effect else words.over(row["over"]))
    return words.after(within, words.listed(differences))


def _against_others(row: Row, sides: Sequence[str]) -> list[str]:
    """Find the side whose value is set against the mean of all others, which has no name."""
    if row["estimand"] not in ("contrast", "difference in differences"):
        return []
    nameless = (s for s in sides if not missing(row[s]) and missing(row.get(f"{s}_ref")))
    return list(islice(nameless, 1))


def _difference(row: Row, side: str, words: Wording) -> str:
    """Write what is taken from what, or divided by what where the unit is a ratio."""
    reference = row.get(f"{side}_ref")
    other = words.phrase("others") if missing(reference) else words.name(reference)
    sign = "/" if "ratio of" in str(row.get("unit")) else MINUS
    return f"{words.name(row[side])} {sign} {other}"


def _compares(row: Row, side: str) -> bool:
    """Tell whether a row takes one value of a column from another."""
    reference = row.get(f"{side}_ref")
    return not missing(reference) and reference != row.get(side)
