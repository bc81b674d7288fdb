"""A table for a paper in HTML, set by great_tables."""

from __future__ import annotations

import hashlib
import re
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from jfmodels.report.paper.layout import Cell, Paper

if TYPE_CHECKING:
    from great_tables import GT

__all__ = ["as_html"]


def as_html(paper: Paper) -> str:
    """Set a table; names come from the data, and are escaped."""
    table = _great(paper).as_raw_html()
    before, css, after = re.split(r"(?<=<style>)(.*?)(?=</style>)", table, maxsplit=1, flags=re.S)
    return f'<div lang="{paper.lang}">{before}{_kept_in(_id(paper), css)}{after}</div>'


def _kept_in(name: str, css: str) -> str:
    """Bind every selector of a style sheet to one element: a notebook's page has other tables.

    Examples
    --------
    >>> _kept_in("t1", "#t1 thead, tr { color: red; } p { margin: 0; }")
    '#t1 thead, #t1 tr { color: red; } #t1 p { margin: 0; }'
    """
    return re.sub(r"[^{}]+(?=\{)", lambda heads: _bound(name, heads[0]), css)


def _bound(name: str, selectors: str) -> str:
    each = [part.strip() for part in selectors.split(",")]
    bound = [part if part.startswith(f"#{name}") else f"#{name} {part}" for part in each]
    before = selectors[: len(selectors) - len(selectors.lstrip())]
    return f"{before}{', '.join(bound)} "


def _great(paper: Paper) -> GT:
    from great_tables import GT, html, loc, style

    places = [f"c{k}" for k in range(len(paper.headings))]
    rows = [[_cell(each, paper.below) for each in line.cells] for line in paper.lines]
    frame = pd.DataFrame(rows, columns=places).assign(group=[line.group for line in paper.lines])
    grouped = any(frame["group"])
    table = GT(
        frame if grouped else frame.drop(columns="group"),
        rowname_col="c0",
        groupname_col="group" if grouped else None,
        id=_id(paper),
    )
    heads = [html(escape(each)) for each in paper.headings]
    numbers = places[1:]
    subtitle = html(escape(paper.subtitle)) if paper.subtitle else None
    table = (
        table.tab_header(html(escape(paper.title)), subtitle)
        .cols_label(dict(zip(places, heads, strict=True)))
        .tab_stubhead(heads[0])
        .fmt(lambda text: text, columns=places)
        .cols_align("right", columns=numbers)
        .tab_options(
            table_font_size="14px",
            heading_align="left",
            heading_title_font_size="16px",
            heading_title_font_weight="bold",
            source_notes_font_size="12px",
            data_row_padding="3px",
            row_group_padding="5px",
            row_group_font_weight="bold",
            row_group_border_top_style="none",
            row_group_border_bottom_style="none",
            table_body_hlines_style="none",
            stub_border_style="none",
        )
        .tab_style(style.css("white-space: nowrap; vertical-align: top"), loc.body())
    )
    if paper.spanner:
        table = table.tab_spanner(html(escape(paper.spanner)), numbers)
    for mark, text in paper.notes:
        table = table.tab_source_note(html(f"{_raised(mark)}{escape(text)}"))
    return table


def _id(paper: Paper) -> str:
    """Name a table on a page, the same at every call."""
    return "t" + hashlib.blake2b(repr(paper).encode(), digest_size=5).hexdigest()


def _cell(cell: Cell, below: bool) -> str:
    text = escape(cell.text) + _raised(cell.marks)
    if not cell.interval:
        return text
    return (
        f"{text}<br><small>{escape(cell.interval)}</small>"
        if below
        else f"{text} {escape(cell.interval)}"
    )


def _raised(marks: str) -> str:
    return f'<sup style="line-height: 0">{escape(marks)}</sup>' if marks else ""
