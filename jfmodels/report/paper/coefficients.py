"""Coefficients of one or several models side by side, as papers print them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jfmodels.display.numbers import MISSING, decimals, number
from jfmodels.errors import SpecError
from jfmodels.report.paper.layout import Cell, Line, Paper, intervals_of
from jfmodels.report.paper.words import brackets, interval_kind, word
from jfmodels.report.plot_rows import is_simulated
from jfmodels.report.plot_text import Wording
from jfmodels.report.words import thousands
from jfmodels.results.coefficients import CoefficientTable
from jfmodels.results.engine import Heading

__all__ = ["coefficients_paper"]

LEVEL = re.compile(r"(.+?)\[(?:T\.)?(.+)\]")  # of a factor, as formulas name its coefficients


def coefficients_paper(
    tables: Mapping[str, CoefficientTable],
    words: Wording,
    *,
    interval: str | None,
    digits: int | None,
    title: str | None,
) -> Paper:
    """Lay coefficients out, a column for every model.

    Parameters
    ----------
    tables : mapping of str to CoefficientTable
        By the name that heads the column.
    words : Wording
        Language and labels.
    interval, digits, title
        As in :func:`jfmodels.to_table`.
    """
    for name, table in tables.items():
        if not isinstance(table, CoefficientTable):
            raise SpecError(
                f"Tables side by side are coefficients, as fit.summary() gives them; '{name}' is "
                f"a {type(table).__name__}."
            )
    place = intervals_of(interval or "below", list(tables))
    columns = {name: _cells(table, words, place, digits) for name, table in tables.items()}
    rows = dict.fromkeys(each for cells in columns.values() for each in cells)
    lines = [
        Line("", (Cell(_named(row, words)), *(of.get(row, Cell("")) for of in columns.values())))
        for row in rows
    ]
    return Paper(
        lang=words.lang,
        title=word("coefficients", words.lang) if title is None else title,
        subtitle=_subtitle(tables, words, place),
        spanner="",
        headings=("", *tables),
        lines=tuple(lines),
        notes=tuple(("", text) for text in _notes(tables, words)),
        below=place == "below",
    )


def _cells(
    table: CoefficientTable, words: Wording, place: str, digits: int | None
) -> dict[str, Cell]:
    """Print the coefficients of one model by their names."""
    own = decimals(
        table["std_error"].to_numpy(dtype=float), table["mc_error"].to_numpy(dtype=float)
    )
    cells = {}
    for decimal, row in zip(own, table.to_dict("records"), strict=True):
        places = decimal if digits is None else digits
        ends = [_printed(row[end], places, words) for end in ("low", "high")]
        shown = (
            f"[{words.signs.between.join(ends)}]" if place != "none" and MISSING not in ends else ""
        )
        cells[row["coefficient"]] = Cell(_printed(row["estimate"], places, words), shown)
    return cells


def _printed(value: float, places: int, words: Wording) -> str:
    return words.marked(number(value, places))


def _named(coefficient: str, words: Wording) -> str:
    """Name a coefficient: by the user's label, or by those of its columns and their levels."""
    if coefficient in words.labels:
        return words.name(coefficient)
    if coefficient == "Intercept":
        return word("intercept", words.lang)
    head, _, rest = coefficient.rpartition(": ")  # of a nominal outcome: its answer
    terms = [_term(term, words) for term in re.split(r":(?![^\[]*\])", rest)]
    return words.after(words.name(head) if head else "", " × ".join(terms))


def _term(term: str, words: Wording) -> str:
    level = LEVEL.fullmatch(term)
    if level is None:
        return words.name(term)
    column, label = level.groups()
    named = word("wave", words.lang) if column == "wave" else words.name(column)
    return words.after(named[:1].upper() + named[1:], words.name(label))


def _subtitle(tables: Mapping[str, CoefficientTable], words: Wording, place: str) -> str:
    """Say what the brackets are."""
    contents = {float(each) for table in tables.values() for each in table["coverage"]}
    kinds = {interval_kind(table) for table in tables.values()}
    if place == "none" or len(contents) > 1:
        return ""
    said = brackets(kinds.pop() if len(kinds) == 1 else "intervals", contents.pop(), words)
    return said[:1].upper() + said[1:]


def _notes(tables: Mapping[str, CoefficientTable], words: Wording) -> Iterator[str]:
    """Say what each model is."""
    if any(is_simulated(table) for table in tables.values()):
        yield f"{word('simulated', words.lang)}."
    for name, table in tables.items():
        told = (" ; " if words.lang == "fr" else "; ").join(_model(table, words))
        yield words.after(name if len(tables) > 1 else "", f"{told}.")


def _model(table: CoefficientTable, words: Wording) -> Iterator[str]:
    """Say a model's formula, family, interviews and errors."""
    lang, record = words.lang, table.attrs["record"]
    heading: Heading = table.attrs["heading"]
    yield heading.title
    yield word("link", lang).format(family=heading.family, link=heading.link)
    yield f"n = {thousands(heading.n, lang)}"
    yield word(str(record["errors"]).removesuffix("_rows"), lang)
    if table.attrs["estimate"] != "estimate":
        yield word(table.attrs["estimate"], lang)
