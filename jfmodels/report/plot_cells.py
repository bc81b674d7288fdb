"""Estimates as the cells of a grid or the places of a map: what is where, and its colour."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import Colormap, Normalize, to_hex
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from jfmodels.errors import SpecError, listing
from jfmodels.report.plot_canvas import GREY
from jfmodels.report.plot_colours import DIVERGING, SEQUENTIAL
from jfmodels.report.plot_comparisons import SURE, decisive
from jfmodels.report.plot_lines import waves_of
from jfmodels.report.plot_rows import (
    Unit,
    comparison_rows,
    group_columns,
    has_values,
    levels_of,
    subject,
    unit_of,
    with_estimates,
)
from jfmodels.report.plot_text import MINUS, Wording, missing

__all__ = [
    "Cell",
    "CellColours",
    "by_place",
    "cell_rows",
    "cells_of",
    "colours_of",
    "heading",
    "panels_of",
    "placed_rows",
    "stands_notes",
    "values_of",
]

STANDS: Mapping[str, Mapping[str, str]] = {
    "bold": {"en": "Bold", "fr": "En gras"},
    "dark": {"en": "Dark triangles", "fr": "Triangles foncés"},
    "adjusted": {
        "en": "the difference from zero stands after adjustment.",
        "fr": "l'écart à zéro tient après ajustement.",
    },
    "probability": {
        "en": "one sign has a probability of at least {bound}.",
        "fr": "un signe a une probabilité d'au moins {bound}.",
    },
}

type Key = tuple[Hashable, Hashable]


@dataclass(frozen=True, slots=True)
class Cell:
    """One estimate with its interval.

    Attributes
    ----------
    estimate, low, high : float
        In the unit of the table; missing where there is none.
    flags : tuple of str
        Codes, also where there is no estimate.
    decisive : bool
        Whether a difference excludes zero after adjustment.
    """

    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    flags: tuple[str, ...] = ()
    decisive: bool = False

    @property
    def drawn(self) -> bool:
        """Whether there is an estimate."""
        return not np.isnan(self.estimate)

    @property
    def bounded(self) -> bool:
        """Whether there is an estimate with both ends of an interval."""
        return self.drawn and not np.isnan(self.low) and not np.isnan(self.high)


@dataclass(frozen=True, slots=True)
class CellColours:
    """Which colour a value has, and how it is written.

    Attributes
    ----------
    colours : Colormap
        From the lowest value to the highest.
    norm : Normalize
        Where a value lies between them.
    unit : Unit
        Of the values.
    compares : bool
        Whether values are differences, with no difference in the middle.
    """

    colours: Colormap
    norm: Normalize
    unit: Unit
    compares: bool

    @property
    def ends(self) -> tuple[float, float]:
        """Give the lowest and the highest value."""
        return float(self.norm.vmin or 0.0), float(self.norm.vmax or 0.0)

    def colour(self, value: float) -> str:
        """Give the colour of a value."""
        return to_hex(self.colours(self.norm(value)))

    def write(self, value: float, words: Wording) -> str:
        """Write a value: shares in hundredths, changes with their sign."""
        signed = self.compares and self.unit.null == 0
        return words.number(value * self.unit.scale, self._decimals, signed=signed)

    def size(self, value: float, words: Wording) -> str:
        """Write how far an interval reaches, which has no sign."""
        return words.number(value * self.unit.scale, self._decimals)

    def write_cell(self, cell: Cell, words: Wording) -> tuple[str, str]:
        """Write an estimate, or why there is none, and its interval if it has one."""
        if not cell.drawn:
            return words.why_missing(cell.flags), ""
        ends = [self.write(end, words) for end in (cell.low, cell.high)]
        interval = f"[{words.signs.between.join(ends)}]" if cell.bounded else ""
        return self.write(cell.estimate, words), interval

    def key(self, words: Wording) -> dict[str, Patch]:
        """Give the colours of a few round values."""
        low, high = self.ends
        ticks = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        values = [float(tick) for tick in ticks if low - 1e-9 <= tick <= high + 1e-9]
        sign = words.signs.percent if self.unit.share and not self.compares else ""
        return {
            f"{self.write(value, words)}{sign}": Patch(
                facecolor=self.colour(value), edgecolor=GREY, linewidth=0.4
            )
            for value in values
        }

    def unit_in_words(self, words: Wording) -> str:
        """Name the unit within a sentence."""
        if self.unit.share and not self.compares:
            return words.signs.percent.strip()
        title = self.unit.comparison_title if self.compares else self.unit.level_title
        return title(words).lower()

    @property
    def _decimals(self) -> int:
        """Give the decimals that tell values apart."""
        low, high = self.ends
        return 0 if self.unit.share or high <= low else max(0, 1 - floor(log10(high - low)))


def cell_rows(table: pd.DataFrame, picture: str, words: Wording) -> pd.DataFrame:
    """Take the levels of a table or, where it has none, its changes.

    Returns
    -------
    DataFrame
        The rows; the waves of changes are written as ``Q6 − Q5``, in the order of the survey.

    Raises
    ------
    SpecError
        If the table has neither, both, or several units.
    """
    found = set(table["estimand"]) if "estimand" in table.columns else set()
    kinds = [kind for kind in ("level", "change") if kind in found]
    if len(kinds) > 1:
        raise SpecError(f"{picture} draws levels or changes, and this table has both: take one.")
    if kinds == ["change"]:
        rows = comparison_rows(table[table["estimand"] == "change"])
        return rows.assign(wave=_compared(rows, words))
    return with_estimates(levels_of(table, picture))


def _compared(rows: pd.DataFrame, words: Wording) -> pd.Series:
    """Say which wave each row takes from which."""
    pairs = rows[["wave", "wave_ref"]].drop_duplicates().sort_values(["wave", "wave_ref"])
    said = {
        (wave, before): f"{words.name(wave)} {MINUS} {words.name(before)}"
        for wave, before in pairs.itertuples(index=False)
    }
    kind = pd.CategoricalDtype(list(said.values()), ordered=True)
    each = zip(rows["wave"], rows["wave_ref"], strict=True)
    return pd.Series([said[pair] for pair in each], rows.index, dtype=kind)


def colours_of(rows: pd.DataFrame) -> CellColours:
    """Spread colours over the estimates: to either side of no difference, if they are changes."""
    unit, values = unit_of(rows), rows["estimate"].to_numpy(dtype=np.float64)
    if (rows["estimand"] == "change").any():
        reach = float(np.nanmax(np.abs(values - unit.null))) or 1.0
        return CellColours(DIVERGING, Normalize(unit.null - reach, unit.null + reach), unit, True)
    step = 0.1 if unit.share else 0.0
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if step:
        # whole tenths, so that a little more or less data leaves the colours as they are
        low, high = floor(low / step) * step, min(1.0, -floor(-high / step) * step)
    return CellColours(SEQUENTIAL, Normalize(low, max(high, low + 1e-9)), unit, False)


def values_of(rows: pd.DataFrame, column: str, table: pd.DataFrame) -> list[Hashable]:
    """List the values of a column in the table's order: every wave, groups that have rows."""
    if column == "wave" and (rows["estimand"] == "level").all():
        return list(waves_of(table, rows).values) if rows["wave"].notna().any() else [None]
    known = rows[column].dropna()
    ordered = isinstance(known.dtype, pd.CategoricalDtype)
    values = known.cat.remove_unused_categories().cat.categories if ordered else known.unique()
    return [*values, *([None] if rows[column].isna().any() else [])]


def cells_of(rows: pd.DataFrame, down: str, across: str) -> dict[Key, Cell]:
    """Collect the cells of one panel by the values of two columns.

    Raises
    ------
    SpecError
        If two rows claim one cell.
    """
    repeated = int(rows.duplicated([down, across]).sum())
    if repeated:
        raise SpecError(
            f"A cell has one estimate, and {repeated} rows repeat one: {listing([down, across])}. "
            "Pass the table of one call, with one coverage."
        )
    return {
        (_known(row[down]), _known(row[across])): _cell(row, sure)
        for row, sure in zip(rows.to_dict("records"), decisive(rows), strict=True)
    }


def _cell(row: Mapping[Hashable, Any], sure: np.bool_) -> Cell:
    """Read one row of a table."""
    estimate, low, high = (float(row[name]) for name in ("estimate", "low", "high"))
    return Cell(estimate, low, high, row["flag"], bool(sure))


def _known(value: Hashable) -> Hashable:
    """Give a label, None where it is missing."""
    return None if missing(value) else value


def panels_of(
    rows: pd.DataFrame, columns: Sequence[str], words: Wording
) -> list[tuple[str, pd.DataFrame]]:
    """Part rows by some columns, and name each part by their values."""
    if not columns:
        return [("", rows)]
    parts = rows.groupby(list(columns), sort=False, dropna=False, observed=True)
    return [(words.group(key), part) for key, part in parts]


def placed_rows(rows: pd.DataFrame, picture: str) -> tuple[pd.DataFrame, str]:
    """Take the rows of single places, and the column that names them.

    Raises
    ------
    SpecError
        If there is not exactly one group column.
    """
    groups = [name for name in group_columns(rows) if rows[name].notna().any()]
    if len(groups) != 1:
        found = f"the group columns {listing(groups)}" if groups else "no group column"
        raise SpecError(
            f"{picture} places the groups of one column, and this table has {found}. Pass the "
            "table of a call with by= one column, such as fit.levels(by='commune')."
        )
    return rows[rows[groups[0]].notna()], groups[0]


def by_place(rows: pd.DataFrame, place: str) -> dict[str, Cell]:
    """Collect the cells of one panel by the name of their place."""
    return {str(name): cell for (name, _), cell in cells_of(rows, place, "wave").items()}


def heading(rows: pd.DataFrame, words: Wording) -> str:
    """Name what the cells are of: the outcome, the only wave, and whether they are changes."""
    changes = bool((rows["estimand"] == "change").any())
    waves = rows["wave"].dropna().unique()
    about = [subject(rows, words), words.name(waves[0]) if len(waves) == 1 else ""]
    kind = words.phrase("change" if changes else "trends")
    named = words.listed(about)
    return " – ".join([named, kind] if named and changes else [named or kind])


def stands_notes(rows: pd.DataFrame, sign: str, words: Wording) -> list[str]:
    """Say which changes a sign marks: bold numbers, or dark triangles."""
    if not (rows["estimand"] == "change").any():
        return []
    said = {"p_adjusted": "adjusted", "prob_positive": "probability"}
    bound, lang = words.percent(SURE, 1), words.lang
    return [
        words.after(STANDS[sign][lang], STANDS[how][lang].format(bound=bound))
        for column, how in said.items()
        if has_values(rows, column)
    ]
