"""All answers of a question, row by row: which lie left and right of the middle, which apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, listing
from jfmodels.model.items import DONT_KNOW, REFUSED
from jfmodels.report.plot_lines import waves_of
from jfmodels.report.plot_rows import group_columns, telling_columns
from jfmodels.report.plot_text import Wording

__all__ = ["REST", "AnswerBars", "AnswerScale", "bars_of", "scale_of"]

type Floats = NDArray[np.float64]

REST = "<rest>"
TOLERANCE = 0.002  # by which shares that were rounded may miss the whole


@dataclass(frozen=True, slots=True)
class AnswerScale:
    """The answers of a question in the order in which they are drawn.

    Attributes
    ----------
    left, middle, right : tuple of str
        The first half of the answers, the middle one where it is drawn there, the second half.
    apart : tuple of str
        What has no place on the scale: the middle answer if it is set apart, those who do not
        know or refuse, and what the answers leave of the whole.
    """

    left: tuple[str, ...]
    middle: tuple[str, ...]
    right: tuple[str, ...]
    apart: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All answers, A of them, from left to right."""
        return (*self.left, *self.middle, *self.right, *self.apart)

    def sides(self, shares: Floats) -> tuple[float, float]:
        """Give how far the longest bars reach to the left and to the right of the centre."""
        left, middle, right = self._widths(shares)
        return float(np.nanmax(left + middle / 2)), float(np.nanmax(right + middle / 2))

    def starts(self, shares: Floats, apart: Floats) -> Floats:
        """Give where each bar begins, shape (R, A).

        Parameters
        ----------
        shares : ndarray, shape (R, A)
        apart : ndarray
            Where the bars of each answer begin that is set apart.
        """
        left, middle, _ = self._widths(shares)
        on_scale = shares[:, : len(self.names) - len(self.apart)]
        before = np.cumsum(on_scale, axis=1) - on_scale
        beside = np.tile(apart, (len(shares), 1))
        return np.hstack([before - (left + middle / 2)[:, None], beside])

    def _widths(self, shares: Floats) -> tuple[Floats, Floats, Floats]:
        """Add up the shares (R, A) of the left, the middle and the right, shape (R,) each."""
        ends = np.cumsum([len(self.left), len(self.middle), len(self.right)])
        left, middle, right, _ = np.split(shares, ends, axis=1)
        return left.sum(axis=1), middle.sum(axis=1), right.sum(axis=1)


@dataclass(frozen=True, slots=True)
class AnswerBars:
    """The R rows of one panel.

    Attributes
    ----------
    name : str
        Display text of the panel; empty where there is one.
    rows : tuple of str, length R
        Display texts of the rows.
    answers : DataFrame, shape (R, answers of the table)
        Shares by answer; a row without one of them is missing as a whole.
    flags : tuple of tuple of str, length R
        Codes of any answer of the row.
    """

    name: str
    rows: tuple[str, ...]
    answers: pd.DataFrame
    flags: tuple[tuple[str, ...], ...]

    @property
    def drawn(self) -> np.ndarray:
        """Tell which rows have shares, shape (R,)."""
        return self.answers.notna().all(axis=1).to_numpy()

    def shares(self, scale: AnswerScale) -> Floats:
        """Give the shares in the order of the scale, shape (R, A)."""
        rest = (1 - self.answers.sum(axis=1, skipna=False)).clip(lower=0)
        return self.answers.assign(**{REST: rest})[list(scale.names)].to_numpy(dtype=np.float64)


def bars_of(table: pd.DataFrame, rows: pd.DataFrame, words: Wording) -> list[AnswerBars]:
    """Set the answers of each row beside one another, in panels.

    Raises
    ------
    SpecError
        If an answer of a row comes twice.
    """
    told = [*telling_columns(rows, ["wave", "outcome"]), *_groups(rows)]
    down, across = (told or ["wave"])[0], told[1:]
    repeated = int(rows.duplicated([down, *across, "category"]).sum())
    if repeated:
        raise SpecError(
            f"An answer has one share in a row, and {repeated} rows repeat one. Pass the table of "
            "one call, with one coverage."
        )
    values = waves_of(table, rows).values if down == "wave" else tuple(rows[down].unique())
    names = _answer_names(rows)
    if not across:
        return [_panel("", rows, down, values, names, words)]
    return [
        _panel(words.group(key), part, down, values, names, words)
        for key, part in rows.groupby(across, sort=False, dropna=False, observed=True)
    ]


def _groups(rows: pd.DataFrame) -> list[str]:
    """Find the group columns whose values tell rows apart."""
    return telling_columns(rows, group_columns(rows))


def _answer_names(rows: pd.DataFrame) -> list[str]:
    """List the answers that the rows have, in the order of the codebook."""
    column = rows["category"].dropna()
    ordered = isinstance(column.dtype, pd.CategoricalDtype)
    known = column.cat.categories if ordered else column.unique()
    present = set(column.unique())
    return [str(name) for name in known if name in present]


def _panel(
    name: str,
    part: pd.DataFrame,
    down: str,
    values: Sequence[object],
    names: Sequence[str],
    words: Wording,
) -> AnswerBars:
    """Collect the rows of one panel."""
    found = [part[_is(part[down], value)] for value in values]
    order = pd.Index(names)
    shares = [row.set_index(row["category"].astype(str))["estimate"] for row in found]
    answers = pd.DataFrame([each.reindex(order).to_numpy(dtype=float) for each in shares])
    answers.columns = order
    answers[answers.isna().any(axis=1)] = np.nan
    flags = tuple(tuple(sorted({c for codes in row["flag"] for c in codes})) for row in found)
    return AnswerBars(name, tuple(words.group([value]) for value in values), answers, flags)


def _is(column: pd.Series, value: object) -> pd.Series:
    """Tell which rows have a value, or have none where it is missing."""
    return column.isna() if pd.isna(value) else column == value  # type: ignore[call-overload]


def scale_of(rows: pd.DataFrame, panels: Sequence[AnswerBars], middle: str) -> AnswerScale:
    """Put the answers in order around the middle of the scale.

    Raises
    ------
    SpecError
        If there is one answer alone, outcomes have several scales, or the shares of a row add
        up to more than all.
    """
    names = _answer_names(rows)
    answers = [name for name in names if name not in (DONT_KNOW, REFUSED)]
    _require_scale(rows, answers)
    sums = pd.concat([panel.answers for panel in panels]).sum(axis=1, skipna=False)
    if sums.isna().all():
        raise SpecError(f"No row has a share of each of the answers {listing(names)}.")
    if sums.max() > 1 + TOLERANCE:
        raise SpecError(
            f"The answers of a row add up to {sums.max():.0%}: people could give several, so they "
            "are no scale. Draw such options by plot_trend or plot_tiles."
        )
    half, odd = divmod(len(answers), 2)
    central = answers[half : half + odd]
    split = middle == "split"
    rest = [REST] if sums.min() < 1 - TOLERANCE else []
    apart = [*([] if split else central), *(n for n in names if n not in answers), *rest]
    parts = (answers[:half], central if split else [], answers[half + odd :], apart)
    return AnswerScale(*(tuple(part) for part in parts))


def _require_scale(rows: pd.DataFrame, answers: Sequence[str]) -> None:
    """Refuse a single answer, and outcomes that do not share their answers."""
    if len(answers) < 2:
        raise SpecError(
            f"plot_likert draws all answers of a question, and this table has {listing(answers)}. "
            "Pass fit.levels(categories='all')."
        )
    by_outcome = {
        name: set(part) for name, part in rows.groupby("outcome", observed=True)["category"]
    }
    if any(each != set(rows["category"]) for each in by_outcome.values()):
        raise SpecError(
            f"The outcomes {listing(by_outcome)} have different answers. Draw those of one scale "
            "at a time."
        )
