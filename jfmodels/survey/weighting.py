"""What was done to the weights of a survey, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.display.card import Card, Displayed, frame_sheet
from jfmodels.display.sheet import as_text
from jfmodels.survey.adjustments import Adjustment
from jfmodels.survey.rows import Rows

__all__ = ["QUOTA", "Weighting", "kish_effect", "weighting"]

type Floats = NDArray[np.float64]

QUOTA = (
    "Quota sample: without design weights every interview began as 1 and was calibrated. "
    "Standard errors speak as if people had been drawn by chance."
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Weighting(Displayed):
    """What was done to the weights.

    Attributes
    ----------
    steps : DataFrame
        One row per adjustment and wave: how it was made, the coefficient of variation of the
        weights and Kish's effect of weighting before and after, the smallest and the largest
        factor, the steps it took and the largest relative distance from a target.
    margins : DataFrame
        One row per adjustment, domain, margin and category: target, before and after, as
        shares (means, where a column was measured).
    says : tuple of str
        Each adjustment in a sentence.
    quota : bool
        Whether weights were calibrated without any to begin with.
    """

    steps: pd.DataFrame
    margins: pd.DataFrame
    says: tuple[str, ...]
    quota: bool

    def __repr__(self) -> str:
        card = self._card()
        return "\n\n".join([card.text, *(as_text(sheet) for sheet in card.sheets)])

    def _card(self) -> Card:
        if not self.says:
            return Card("The weights are those of the design.")
        tables = {"Adjustments by wave": self.steps, "Margins": self.margins}
        return Card(
            "Weighting",
            warnings=(QUOTA,) if self.quota else (),
            facts={f"{k}.": f"{text}." for k, text in enumerate(self.says, start=1)},
            sheets=[frame_sheet(each, title) for title, each in tables.items() if len(each)],
        )


def weighting(
    rows: Rows, adjustments: Sequence[Adjustment], says: tuple[str, ...], quota: bool
) -> Weighting:
    """Tabulate what was done to the weights.

    Parameters
    ----------
    rows : Rows
        As they weigh now, and weighed before every adjustment.
    adjustments : sequence of Adjustment
        What was done, in order; files keep none.
    says, quota
        As :class:`Weighting` holds them.

    Examples
    --------
    >>> import jfmodels as jf
    >>> raked = jf.rake(jf.example(), {"sex": {"female": 0.51, "male": 0.49}}, within="wave")
    >>> raked.weighting().steps[["wave", "kish_before", "kish_after"]].shape
    (6, 3)
    """
    steps = [_steps(rows, k, each) for k, each in enumerate(adjustments)]
    margins = [
        each.margins.assign(adjustment=k)
        for k, each in enumerate(adjustments, start=1)
        if len(each.margins)
    ]
    return Weighting(_stacked(steps), _stacked(margins), says, quota)


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    return table[["adjustment", *(name for name in table.columns if name != "adjustment")]]


def _steps(rows: Rows, k: int, adjustment: Adjustment) -> pd.DataFrame:
    """One row per wave of one adjustment."""
    before, after = (rows.at(step) for step in (k, k + 1))
    code = rows.wave_codes
    table = pd.DataFrame({"wave": list(rows.waves) or ["all"]})
    table.insert(0, "adjustment", k + 1)
    table["method"] = adjustment.method
    kish = [kish_effect(code, each.weight, len(table)) for each in (before, after)]
    for name, each in zip(("before", "after"), kish, strict=True):
        table[f"weight_cv_{name}"] = np.sqrt(np.maximum(each - 1, 0))
        table[f"kish_{name}"] = each
    kept = before.weight > 0
    factor = after.weight[kept] / before.weight[kept]
    low, high = np.full(len(table), np.inf), np.zeros(len(table))
    np.minimum.at(low, code[kept], factor)
    np.maximum.at(high, code[kept], factor)
    table["smallest_factor"], table["largest_factor"] = low, high
    table["iterations"] = adjustment.steps
    table["deviation"] = adjustment.deviation
    return table


def kish_effect(code: NDArray[np.int64], weight: Floats, size: int) -> Floats:
    """Kish's effect of weighting by group, of those with a weight; shape (size,)."""
    n = np.bincount(code, weight > 0, size)
    total = np.bincount(code, weight, size)
    squares = np.bincount(code, weight**2, size)
    return np.divide(n * squares, total**2, out=np.full(size, np.nan), where=total > 0)
