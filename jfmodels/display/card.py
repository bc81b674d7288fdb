"""A noun as it shows itself: a title, facts, tables, notes; as plain text and for notebooks.

A class that shows itself derives from :class:`Displayed` and gives its card; no card holds a
respondent's row. The look is here alone: it follows the notebook's own colours, light or dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import floor, isfinite, log10
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

import pandas as pd

from jfmodels.display.numbers import MISSING, number, short
from jfmodels.display.sheet import Sheet, as_html, as_text

__all__ = ["Card", "Displayed", "as_cell", "frame_sheet", "notebook", "screen_width", "some"]

# written twice, so that a notebook's rules for tables, which are more specific, give way
STYLE = """
.jfmodels.jfmodels{font:inherit;font-size:13px;line-height:1.5;margin:.4em 0;color:inherit}
.jfmodels.jfmodels .title{font-weight:600;font-size:14px;margin:0 0 .3em}
.jfmodels.jfmodels .about{font-weight:400;opacity:.75}
.jfmodels.jfmodels dl{display:grid;grid-template-columns:max-content minmax(0,44rem);
gap:.1em 1em;margin:.3em 0}
.jfmodels.jfmodels dt{opacity:.75;font-weight:400;margin:0}
.jfmodels.jfmodels dd{margin:0;overflow-wrap:anywhere}
.jfmodels.jfmodels table{border-collapse:collapse;border:0;margin:.5em 0;font-size:13px;
font-variant-numeric:tabular-nums;color:inherit;background:none;table-layout:auto}
.jfmodels.jfmodels caption{caption-side:top;text-align:left;padding:0 0 .4em;font-weight:600;
color:inherit;white-space:normal}
.jfmodels.jfmodels tr:nth-child(n){background:none;border:0}
.jfmodels.jfmodels th,.jfmodels.jfmodels td{text-align:left;vertical-align:top;border:0;
padding:.15em .8em .15em 0;font-weight:400;max-width:32rem;white-space:normal;color:inherit;
background:none}
.jfmodels.jfmodels thead th{opacity:.75;vertical-align:bottom;
border-bottom:1px solid rgba(127,127,127,.6)}
.jfmodels.jfmodels tbody tr:last-child>*{border-bottom:1px solid rgba(127,127,127,.35)}
.jfmodels.jfmodels .number{text-align:right;white-space:nowrap}
.jfmodels.jfmodels .notes{font-size:12px;opacity:.8;margin:.3em 0;max-width:56rem}
.jfmodels.jfmodels .warning{margin:.3em 0;padding-left:.6em;border-left:3px solid #d9822b}
.jfmodels.jfmodels details{margin:.3em 0}
.jfmodels.jfmodels summary{cursor:pointer;opacity:.75}
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What a noun says of itself.

    Attributes
    ----------
    title, about : str
        What it is, in two or three words, and of what.
    facts : mapping of str to str
        What a reader wants to know first, by its name; empty ones are left out.
    warnings : tuple of str
        What must be known before it is used.
    sheets : tuple of Sheet
        Tables, shown in a notebook.
    folded : tuple of Sheet
        Tables that a notebook shows on demand.
    notes : tuple of str
        What can be done with it.
    """

    title: str
    about: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    sheets: Sequence[Sheet] = ()
    folded: Sequence[Sheet] = ()
    notes: Sequence[str] = ()

    @property
    def text(self) -> str:
        """Say it in a few lines, without its tables.

        Examples
        --------
        >>> print(Card("Survey", "simulated", {"waves": "Q1, Q2", "n": ""}).text)
        Survey: simulated
          waves  Q1, Q2
        """
        head = f"{self.title}: {self.about}" if self.about else self.title
        told = tuple((name, said) for name, said in self.facts.items() if said)
        facts = Sheet("", ("", ""), told, words=(0, 1))
        width = screen_width() - 2
        lines = as_text(facts, width).splitlines()[1:] if told else []
        careful = [line for each in self.warnings for line in wrap(f"Careful: {each}", width)]
        return "\n".join([head, *(f"  {line}" for line in [*lines, *careful])])

    @property
    def html(self) -> str:
        """Set it for a notebook; every text in it is escaped."""
        about = f' <span class="about">{escape(self.about)}</span>' if self.about else ""
        facts = "".join(
            f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>"
            for name, said in self.facts.items()
            if said
        )
        parts = [
            f'<div class="title">{escape(self.title)}{about}</div>',
            *(f'<p class="warning">{escape(each)}</p>' for each in self.warnings),
            f"<dl>{facts}</dl>" if facts else "",
            *map(as_html, self.sheets),
            *map(_fold, self.folded),
            *(f'<p class="notes">{escape(each)}</p>' for each in self.notes),
        ]
        return notebook("".join(parts))


class Displayed:
    """Something that shows itself by its card."""

    __slots__ = ()

    def _card(self) -> Card:
        """What it says of itself."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self._card().text

    def _repr_html_(self) -> str:
        return self._card().html


def notebook(content: str) -> str:
    """Wrap HTML in the one look that all of this package has in a notebook."""
    style = STYLE.replace("\n", "")
    return f'<div class="jfmodels"><style>{style}</style>{content}</div>'


def _fold(sheet: Sheet) -> str:
    """Set a table that opens on demand, its title being what is clicked."""
    inner = as_html(Sheet("", sheet.headings, sheet.rows, sheet.notes, sheet.words))
    return f"<details><summary>{escape(sheet.title)}</summary>{inner}</details>"


def screen_width() -> int:
    """Columns of the screen, or more where the user told pandas of more."""
    return max(get_terminal_size().columns, pd.get_option("display.width") or 0)


def frame_sheet(frame: pd.DataFrame, title: str) -> Sheet:
    """Lay any frame out, numbers of a column with the decimals that give its largest three digits.

    Examples
    --------
    >>> frame_sheet(pd.DataFrame({"wave": ["Q1", "Q2"], "kish": [1.2345, 1.0]}), "Waves").rows
    (('Q1', '1.23'), ('Q2', '1.00'))
    """
    columns = [_column(frame[name]) for name in frame]
    is_number = [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
    words = tuple(k for k, number in enumerate(is_number) if not number)
    headings = tuple(str(name).replace("_", " ") for name in frame)
    return Sheet(title, headings, tuple(zip(*columns, strict=True)), words=words)


def _column(column: pd.Series[Any]) -> list[str]:
    """Write the cells of a column."""
    values = column.tolist()
    known = [abs(x) for x in values if isinstance(x, float) and isfinite(x)]
    if not known or all(each.is_integer() for each in known):
        return [as_cell(value) for value in values]
    digits = max(0, 2 - floor(log10(max(known))))
    return [number(value, digits) for value in values]


def as_cell(value: object) -> str:
    """Write a cell of unknown kind: missing as a dash, numbers short."""
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    if value is None or value is pd.NA or value != value:
        return MISSING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {"True": "yes", "False": "no"}.get(str(value), str(value))
    return short(value)


def some(names: Sequence[str], most: int = 6) -> str:
    """List names, and how many more there are.

    Examples
    --------
    >>> some(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")
