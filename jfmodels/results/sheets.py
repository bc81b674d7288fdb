"""A table as it is read: headings, cells of text and notes, as plain text, HTML or LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Sheet", "as_html", "as_latex", "as_text"]

LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{each: f"\\{each}" for each in "&%$#_{}"},
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "∞": r"$\infty$",
}
MINUS = re.compile(r"-(?=\d)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a table says, cell by cell.

    Attributes
    ----------
    title : str
        What it is of.
    headings : tuple of str
        Of the columns; the first one names the rows.
    rows : tuple of tuple of str
        As many cells as there are headings; all but the first hold numbers.
    notes : tuple of str
        What must be known to read it.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def as_text(sheet: Sheet) -> str:
    """Set a table in a fixed-width font.

    Examples
    --------
    >>> print(as_text(Sheet("y ~ x", ("", "estimate"), (("x", "-0.12"),), ("16 clusters",))))
    y ~ x
    <BLANKLINE>
       estimate
    x     -0.12
    <BLANKLINE>
    16 clusters
    """
    lines = [sheet.headings, *sheet.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = [_padded(line, widths) for line in lines]
    return "\n".join([sheet.title, "", *table, *([""] if sheet.notes else []), *sheet.notes])


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers = (f"{cell:{'>' if k else '<'}{widths[k]}}" for k, cell in enumerate(cells))
    return "  ".join([name, *numbers])


def as_html(sheet: Sheet) -> str:
    """Set a table as HTML; names come from the data, and are escaped.

    Examples
    --------
    >>> as_html(Sheet("y ~ x", ("", "estimate"), (("<x>", "-0.12"),))).count("&lt;x&gt;")
    1
    """
    left, right = (f'style="text-align: {x}; padding: 0.1em 0.6em"' for x in ("left", "right"))
    head = "".join(
        f'<th scope="col" {right if k else left}>{escape(each)}</th>'
        for k, each in enumerate(sheet.headings)
    )
    body = "".join(
        f'<tr><th scope="row" {left}>{escape(name)}</th>'
        + "".join(f"<td {right}>{MINUS.sub('−', escape(each))}</td>" for each in numbers)
        + "</tr>"
        for name, *numbers in sheet.rows
    )
    notes = "".join(f"<small>{escape(each)}</small><br>" for each in sheet.notes)
    return (
        f"<table><caption {left}>{escape(sheet.title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><p>{notes}</p>"
    )


def as_latex(sheet: Sheet) -> str:
    r"""Set a table as LaTeX, with the rules of the package booktabs.

    Examples
    --------
    >>> print(as_latex(Sheet("y ~ x", ("", "estimate"), (("a_b", "-0.12"),))))
    % \usepackage{booktabs}
    % y ~ x
    \begin{tabular}{lr}
    \toprule
     & estimate \\
    \midrule
    a\_b & $-$0.12 \\
    \bottomrule
    \end{tabular}
    """
    width = len(sheet.headings)
    rows = [
        " & ".join([_opening(_tex(name)), *(MINUS.sub("$-$", _tex(each)) for each in numbers)])
        for name, *numbers in sheet.rows
    ]
    notes = [rf"\multicolumn{{{width}}}{{l}}{{\footnotesize {_tex(x)}}}" for x in sheet.notes]
    ended = [f"{line} \\\\" for line in (" & ".join(map(_tex, sheet.headings)), *rows, *notes)]
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            f"% {sheet.title}",
            rf"\begin{{tabular}}{{l{'r' * (width - 1)}}}",
            r"\toprule",
            ended[0],
            r"\midrule",
            *ended[1 : 1 + len(rows)],
            r"\bottomrule",
            *ended[1 + len(rows) :],
            r"\end{tabular}",
        ]
    )


def _opening(name: str) -> str:
    r"""Begin a line, where a bracket would be read as an option of the ``\\`` before it."""
    return f"{{}}{name}" if name.startswith("[") else name


def _tex(text: str) -> str:
    """Write text that LaTeX would read otherwise."""
    return "".join(LATEX.get(each, each) for each in text)
