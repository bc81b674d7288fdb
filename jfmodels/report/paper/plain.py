"""A table for a paper in LaTeX and Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from jfmodels.display.sheet import tex
from jfmodels.report.paper.layout import Cell, Line, Paper

__all__ = ["as_latex", "as_markdown"]

SIGNS = {
    "−": "$-$",
    "→": r"$\rightarrow$",
    "–": "--",
    "“": "``",
    "”": "''",
    "\u202f": r"\,",
    "\u00a0": "~",
    "×": r"$\times$",
}


def as_latex(paper: Paper) -> str:
    r"""Set a table with the rules of the package booktabs, as a float with its notes beneath.

    It needs ``\usepackage{booktabs}`` and, for other than plain letters, ``[utf8]{inputenc}``.
    """
    width = len(paper.headings)
    return "\n".join(
        [
            r"% needs \usepackage{booktabs} and \usepackage[T1]{fontenc}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_tex(paper.title)}}}",
            *([rf"{{\small {_tex(paper.subtitle)}\par}}", r"\smallskip"] if paper.subtitle else []),
            rf"\begin{{tabular}}{{l{'r' * (width - 1)}}}",
            r"\toprule",
            *_head(paper),
            r"\midrule",
            *_body(paper),
            r"\bottomrule",
            r"\end{tabular}",
            r"\par\smallskip",
            r"\begin{minipage}{\linewidth}\footnotesize\raggedright",
            *(rf"{_raised(mark)}{_tex(text)}\par" for mark, text in paper.notes),
            r"\end{minipage}",
            r"\end{table}",
        ]
    )


def _head(paper: Paper) -> Iterator[str]:
    width = len(paper.headings)
    if paper.spanner:
        yield rf" & \multicolumn{{{width - 1}}}{{c}}{{{_tex(paper.spanner)}}} \\"
        yield rf"\cmidrule(lr){{2-{width}}}"
    yield " & ".join(map(_tex, paper.headings)) + r" \\"


def _body(paper: Paper) -> Iterator[str]:
    width = len(paper.headings)
    for k, (group, lines) in enumerate(paper.groups):
        if group:
            yield from [r"\addlinespace"] if k else []
            yield rf"\multicolumn{{{width}}}{{l}}{{\textit{{{_tex(group)}}}}} \\"
        for line in lines:
            yield from _line(line, paper.below)


def _line(line: Line, below: bool) -> Iterator[str]:
    name, *cells = line.cells
    # a bracket at the beginning of a line would be read as an option of the \\ before it
    yield " & ".join([f"{{}}{_tex(name.text)}", *(_cell(each, below) for each in cells)]) + r" \\"
    if below and any(each.interval for each in cells):
        under = (
            rf"{{\footnotesize {_tex(each.interval)}}}" if each.interval else "" for each in cells
        )
        yield " & ".join(["", *under]) + r" \\"


def _cell(cell: Cell, below: bool) -> str:
    beside = f" {_tex(cell.interval)}" if cell.interval and not below else ""
    return f"{{{_tex(cell.text)}{_raised(cell.marks)}{beside}}}"


def _raised(marks: str) -> str:
    return rf"\textsuperscript{{{marks}}}" if marks else ""


def _tex(text: str) -> str:
    """Write text that LaTeX would read otherwise, signs beyond its plain fonts among it."""
    return "".join(SIGNS.get(each, tex(each)) for each in text)


def as_markdown(paper: Paper) -> str:
    """Set a table as the pipe table that GitHub, Quarto and pandoc read."""
    head = [_md(each) for each in paper.headings]
    rows = ["| " + " | ".join(head) + " |", "|:--" + "|--:" * (len(head) - 1) + "|"]
    for group, lines in paper.groups:
        if group:
            rows.append("| " + " | ".join([f"**{_md(group)}**", *[""] * (len(head) - 1)]) + " |")
        rows += [_md_line(line, paper.below) for line in lines]
    notes = [f"{f'<sup>{mark}</sup> ' if mark else ''}{_md(text)}" for mark, text in paper.notes]
    subtitle = [f"{_md(paper.subtitle)}\n"] if paper.subtitle else []
    return "\n".join([f"**{_md(paper.title)}**\n", *subtitle, *rows, "", "  \n".join(notes), ""])


def _md_line(line: Line, below: bool) -> str:
    return "| " + " | ".join(_md_cell(each, below) for each in line.cells) + " |"


def _md_cell(cell: Cell, below: bool) -> str:
    raised = f"<sup>{cell.marks}</sup>" if cell.marks else ""
    gap = "<br>" if below else " "
    return f"{_md(cell.text)}{raised}{gap + _md(cell.interval) if cell.interval else ''}"


def _md(text: str) -> str:
    """Write text that Markdown would read otherwise."""
    escaped = "".join(f"\\{each}" if each in r"\|*_`#[]<>~$" else each for each in text)
    return escaped.replace("\n", " ")
