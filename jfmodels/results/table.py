"""A table that knows which of its columns to show, and is a DataFrame in everything else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.display.card import as_cell, notebook, screen_width
from jfmodels.display.numbers import chance, decimals, number
from jfmodels.display.sheet import Sheet, as_html, as_text
from jfmodels.results.schema import (
    BY,
    BY_REF,
    CHANCES,
    FLAGS,
    GLOSSARIES,
    SHOWN,
    Column,
    Shown,
    glossary_of,
)

__all__ = ["Table", "caption", "flags_of", "group_names", "shown_columns"]

LABELS = ("outcome", "category", "estimand", "wave", BY)
LABELS_REF = ("outcome_ref", "category_ref", "wave_ref", BY_REF)
SAYS: Mapping[str, str] = {
    "wave_ref": "against {}",
    "outcome_ref": "against {}",
    "category_ref": "against {}",
    "target": "target: {}",
    "over": "over: {}",
    "engine": "engine: {}",
    "adjustment": "p adjusted: {}",
    "power": "power {}",
    "alpha": "level {}",
    "of": "of the {}",
    "coverage": "{:.6g} % intervals",
}


class Table(pd.DataFrame):
    """Estimates, tests or checks as a DataFrame that shows what answers the question.

    It has all columns of its glossary in :mod:`jfmodels.results.schema`. In a terminal and a
    notebook it shows some of them, rounded by their error; what all rows share is said once
    above them, and every flag is explained beneath. A table of which columns were selected
    shows exactly these, as pandas does, and so does ``table.to_string()``.

    Examples
    --------
    >>> import jfmodels as jf
    >>> table = jf.direct(jf.example(), "trust_army").levels()
    >>> table.head(2)
    Confidence in the army (trust_army): somewhat + a lot; level; share; target:
    population; over: as fielded; engine: direct; 95 % intervals
    <BLANKLINE>
    wave  estimate    low   high  std_error    n
    Q1       0.805  0.747  0.852      0.022  541
    Q2       0.810  0.748  0.859      0.022  541
    <BLANKLINE>
    Simulated data.
    6 of 28 columns; all of them: table.to_string().
    >>> table.head(1)[["wave", "estimate"]].columns.tolist()
    ['wave', 'estimate']
    """

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return type(self)

    def __repr__(self) -> str:
        if not self._whole():
            return super().__repr__()
        return as_text(self._sheet(), screen_width())

    def _repr_html_(self) -> str:
        if not self._whole():
            return str(pd.DataFrame(self)._repr_html_())  # type: ignore[operator]
        return notebook(as_html(self._sheet()))

    def _whole(self) -> bool:
        """Tell whether all is there that the maker of the table put in, or more."""
        if len(self) == 0 or not all(isinstance(name, str) for name in self.columns):
            return False
        kind = glossary_of(self.columns)
        if not set(GLOSSARIES[kind]) - {*LABELS, *LABELS_REF} <= set(self.columns):
            return False
        # a comparison such as ``table.isna()`` and text such as ``table.astype(str)`` are no table
        return self.columns.is_unique and all(
            not _is_words(self[name]) for name in SHOWN[kind].measured if name in self
        )

    def _sheet(self) -> Sheet:
        """Lay out what is shown."""
        return sheet_of(self)


def sheet_of(table: pd.DataFrame) -> Sheet:
    """Lay a table out: shown columns, what all rows share above, what flags mean beneath."""
    shown = SHOWN[glossary_of(table.columns)]
    names = shown_columns(table)
    part, left = _excerpt(table)
    cells = _cells(part, names, shown)
    if not isinstance(table.index, pd.RangeIndex) or table.index.start != 0:
        cells = {"": [as_cell(each) for each in part.index], **cells}
    if left:
        cells = {name: _with_gap(column) for name, column in cells.items()}
    words = tuple(k for k, name in enumerate(cells) if name and _is_words(table[name]))
    rows = tuple(zip(*cells.values(), strict=True))
    notes = tuple(_notes(table, part, len(names), left))
    return Sheet(caption(table), tuple(cells), rows, notes, words)


def shown_columns(table: pd.DataFrame) -> list[str]:
    """List the columns that a table shows, in order; columns of the user's own are shown too.

    Parameters
    ----------
    table : DataFrame
        A table of one of the glossaries.
    """
    shown = SHOWN[glossary_of(table.columns)]
    groups = group_names(table)
    own = [name for name in _strangers(table) if name not in groups]
    places = {BY: groups, BY_REF: [f"{name}_ref" for name in groups]}
    listed = [name for each in shown.columns for name in places.get(each, [each])]
    beside = [name for pair in map(_pair(listed), listed) for name in pair]
    once = set(_told_once(table, shown))
    return [*(name for name in beside if name not in once and _tells(table, name)), *own]


def _pair(listed: Sequence[str]) -> Callable[[str], list[str]]:
    """Put a reference behind what it is the reference of."""

    def pair(name: str) -> list[str]:
        if name.endswith("_ref") and name.removesuffix("_ref") in listed:
            return []
        return [name, f"{name}_ref"] if f"{name}_ref" in listed else [name]

    return pair


def group_names(table: pd.DataFrame) -> list[str]:
    """Find the groups: columns unknown to the glossary, left of its numbers or with a reference.

    Examples
    --------
    >>> group_names(pd.DataFrame(columns=["outcome", "region", "wave", "region_ref"]))
    ['region']
    """
    glossary = GLOSSARIES[glossary_of(table.columns)]
    names, strangers = list(map(str, table.columns)), _strangers(table)
    numbers = [k for k, name in enumerate(names) if _dtype(glossary, name) in ("float", "int")]
    first = min(numbers, default=len(names))
    grouping = {*names[:first], *(name for name in names if f"{name}_ref" in names)}
    return [name for name in strangers if name in grouping]


def _dtype(glossary: Mapping[str, Column], name: str) -> str:
    return glossary[name].dtype if name in glossary else ""


def _strangers(table: pd.DataFrame) -> list[str]:
    """List the columns that the glossary does not know, without references of such."""
    glossary = GLOSSARIES[glossary_of(table.columns)]
    own = [str(name) for name in table if name not in glossary]
    references = {f"{name}_ref" for name in own}
    return [name for name in own if name not in references]


def _told_once(table: pd.DataFrame, shown: Shown) -> list[str]:
    """List the columns whose one value stands above the rows."""
    return [
        name
        for name in shown.once
        if name in table and (name not in shown.columns or len(_values(table[name])) < 2)
    ]


def _differs(table: pd.DataFrame, name: str) -> bool:
    """Tell whether what is compared with differs from what is compared, in any row."""
    here, there = table[name.removesuffix("_ref")], table[name]
    return bool((there.notna() & (there.astype(object) != here.astype(object))).any())


def _tells(table: pd.DataFrame, name: str) -> bool:
    """Tell whether a column says something: it has a value, and a reference is another one."""
    if name not in table or (name == "flag" and not any(flags_of(table))):
        return False
    if name.endswith("_ref") and name.removesuffix("_ref") in table:
        return not pd.api.types.is_object_dtype(table[name]) and _differs(table, name)
    return name == "estimate" or bool((table[name].notna() & (table[name] != "")).any())


def _values(column: pd.Series[Any]) -> list[Any]:
    """List the values of a column, missing ones as one of them."""
    return list(pd.unique(column.astype(object).where(column.notna(), None)))


def flags_of(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """List the flags of every row; none where a table lacks them, as rows of the user's own do.

    A file joins the codes of a row, as :func:`jfmodels.write_table` does in CSV.

    Examples
    --------
    >>> flags_of(pd.DataFrame({"flag": [("few_clusters",), None, "few_clusters;small_cell"]}))
    [('few_clusters',), (), ('few_clusters', 'small_cell')]
    """
    return [_codes(value) for value in table.get("flag", [()] * len(table))]


def _codes(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(filter(None, value.split(";")))
    return tuple(value) if isinstance(value, Collection) else ()


def caption(table: pd.DataFrame) -> str:
    """Say in a line what all rows of a table share."""
    return "; ".join(_shared(table, SHOWN[glossary_of(table.columns)]))


def _shared(table: pd.DataFrame, shown: Shown) -> Iterator[str]:
    once = _told_once(table, shown)
    subject = [_named(table, name) for name in ("outcome", "category") if name in once]
    if any(subject):
        yield ": ".join(filter(None, subject))
    for name in once:
        known = [x for x in _values(table[name]) if x not in (None, "")]
        if name in ("outcome", "category") or not known:
            continue
        if name not in LABELS_REF or _differs(table, name):
            said = [100 * x if name == "coverage" else as_cell(x) for x in known]
            yield SAYS.get(name, "{}").format(said[0] if len(said) == 1 else ", ".join(said))


def _named(table: pd.DataFrame, name: str) -> str:
    """Name the outcome, with its label where the codebook has one, or the answer."""
    value = table[name].iloc[0] if name in table else None
    if value is None or pd.isna(value):
        return ""
    label = table.attrs.get("record", {}).get("labels", {}).get(str(value), {}).get("en", value)
    return str(value) if str(label) == str(value) else f"{label} ({value})"


def _excerpt(table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Take the first and last rows of a table longer than pandas shows; count the others."""
    most, few = pd.get_option("display.max_rows"), pd.get_option("display.min_rows") or 10
    if not most or len(table) <= most:
        return table, 0
    half = max(min(few, most) // 2, 1)
    return table.iloc[[*range(half), *range(len(table) - half, len(table))]], len(table) - 2 * half


def _with_gap(cells: list[str]) -> list[str]:
    half = len(cells) // 2
    return [*cells[:half], "…", *cells[half:]]


def _cells(part: pd.DataFrame, names: Sequence[str], shown: Shown) -> dict[str, list[str]]:
    """Write the cells of the columns that are shown."""
    digits, groups = _digits(part, shown), set(group_names(part))
    cells = {}
    for name in names:
        values = part[name].tolist()
        if name in shown.measured:
            cells[name] = [number(x, k) for x, k in zip(values, digits, strict=True)]
        elif name in groups:
            cells[name] = ["all" if pd.isna(value) else as_cell(value) for value in values]
        else:
            cells[name] = [_cell(name, value) for value in values]
    return cells


def _cell(name: str, value: Any) -> str:
    if name == "flag":
        return ", ".join(_codes(value))
    return chance(value) if name in CHANCES and isinstance(value, float) else as_cell(value)


def _digits(part: pd.DataFrame, shown: Shown) -> list[int]:
    """Decimals of every row, by its error and those of rows of the same unit."""
    if not shown.measured:
        return [0] * len(part)
    errors = _errors(part)
    mc_error = (
        part["mc_error"].to_numpy(float) if "mc_error" in part else np.full(len(part), np.nan)
    )
    unit = (
        part["unit"].astype(str).fillna("").to_numpy() if "unit" in part else np.full(len(part), "")
    )
    digits = np.zeros(len(part), dtype=int)
    for each in np.unique(unit):
        here = unit == each
        digits[here] = decimals(errors[here], mc_error[here])
    return digits.tolist()


def _errors(part: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Standard errors, or a quarter of the interval's width where a table has none."""
    if "std_error" in part:
        return part["std_error"].to_numpy(dtype=np.float64, na_value=np.nan)
    common = "_common" if "high_common" in part else ""
    low, high = (
        part[f"{end}{common}"].to_numpy(dtype=np.float64, na_value=np.nan)
        for end in ("low", "high")
    )
    return (high - low) / 4


def _is_words(column: pd.Series[Any]) -> bool:
    return not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def _notes(table: pd.DataFrame, part: pd.DataFrame, n_shown: int, left: int) -> Iterator[str]:
    """Say what flags mean, whether anybody answered, and how to see the rest."""
    present = sorted({code for codes in flags_of(part) for code in codes})
    yield from (f"{code}: {FLAGS[code]['en'] if code in FLAGS else code}" for code in present)
    if table.attrs.get("record", {}).get("simulated", False):
        yield "Simulated data."
    rows = f"{len(table):,} rows, {left:,} of them not shown; " if left else ""
    if n_shown < len(table.columns):
        yield f"{rows}{n_shown} of {len(table.columns)} columns; all of them: table.to_string()."
