"""A table as it is read: headings, cells of text and notes, as plain text, HTML or LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from textwrap import wrap

__all__ = ["Sheet", "as_html", "as_latex", "as_text", "tex"]

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
GAP = "  "
NARROWEST = 12  # column of text that is wrapped


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
        As many cells as there are headings.
    notes : tuple of str
        What must be known to read it.
    words : tuple of int
        Places of the columns that hold words; all others hold numbers.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    words: tuple[int, ...] = (0,)


def as_text(sheet: Sheet, width: int | None = None) -> str:
    """Set a table in a fixed-width font.

    Parameters
    ----------
    sheet : Sheet
        The table.
    width : int, optional
        Columns of the screen: title, notes and the widest column of words are wrapped to it.

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
    widths = _fitted(list(zip(*lines, strict=True)), sheet.words, width)
    table = [text for line in lines for text in _set(line, widths, sheet.words)]
    title, notes = (
        [part for line in each for part in _wrapped(line, width)]
        for each in ([sheet.title] if sheet.title else [], sheet.notes)
    )
    parts = [title, table, notes]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _wrapped(text: str, width: int | None) -> list[str]:
    return [text] if width is None else wrap(text, width)


def _fitted(columns: Sequence[Sequence[str]], words: Sequence[int], width: int | None) -> list[int]:
    """Widths of columns; those of words are narrowed, the widest first, until the table fits.

    No word is broken.
    """
    widths = [max(map(len, cells)) for cells in columns]
    least = [max(len(word) for cell in cells for word in [*cell.split(), ""]) for cells in columns]
    over = 0 if width is None else sum(widths) + len(GAP) * (len(widths) - 1) - width
    for _ in range(over):
        free = [k for k in words if widths[k] > max(least[k], NARROWEST)]
        if not free:
            break
        widths[max(free, key=widths.__getitem__)] -= 1
    return widths


def _set(cells: Sequence[str], widths: Sequence[int], words: Sequence[int]) -> Iterator[str]:
    """Set a row, on several lines where a cell is wider than its column."""
    broken = [
        wrap(cell, size) if len(cell) > size else [cell]
        for cell, size in zip(cells, widths, strict=True)
    ]
    for line in zip_longest(*broken, fillvalue=""):
        padded = (f"{cell:{'<' if k in words else '>'}{widths[k]}}" for k, cell in enumerate(line))
        yield GAP.join(padded).rstrip()


def as_html(sheet: Sheet) -> str:
    """Set a table as HTML; names come from the data, and are escaped.

    Examples
    --------
    >>> as_html(Sheet("y ~ x", ("", "estimate"), (("<x>", "-0.12"),))).count("&lt;x&gt;")
    1
    """
    kinds = ["" if k in sheet.words else ' class="number"' for k in range(len(sheet.headings))]
    heads = zip(kinds, sheet.headings, strict=True)
    head = "".join(f'<th scope="col"{kind}>{escape(each)}</th>' for kind, each in heads)
    body = "".join(f"<tr>{''.join(_cells(row, kinds, sheet.words))}</tr>" for row in sheet.rows)
    caption = f"<caption>{escape(sheet.title)}</caption>" if sheet.title else ""
    notes = "<br>".join(escape(each) for each in sheet.notes)
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" + (
        f'<p class="notes">{notes}</p>' if notes else ""
    )


def _cells(row: Sequence[str], kinds: Sequence[str], words: Sequence[int]) -> Iterator[str]:
    """Cells of a row; the first one names it, and numbers have a true minus sign."""
    for k, (kind, each) in enumerate(zip(kinds, row, strict=True)):
        text = escape(each) if k in words else MINUS.sub("−", escape(each))
        yield f'<th scope="row"{kind}>{text}</th>' if k == 0 else f"<td{kind}>{text}</td>"


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
    aligned = "".join("l" if k in sheet.words else "r" for k in range(width))
    rows = [
        " & ".join([_opening(tex(name)), *(MINUS.sub("$-$", tex(each)) for each in numbers)])
        for name, *numbers in sheet.rows
    ]
    notes = [rf"\multicolumn{{{width}}}{{l}}{{\footnotesize {tex(x)}}}" for x in sheet.notes]
    ended = [f"{line} \\\\" for line in (" & ".join(map(tex, sheet.headings)), *rows, *notes)]
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            f"% {sheet.title}",
            rf"\begin{{tabular}}{{{aligned}}}",
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


def tex(text: str) -> str:
    """Write text that LaTeX would read otherwise."""
    return "".join(LATEX.get(each, each) for each in text)
