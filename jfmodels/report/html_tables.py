"""Tables of a page: with a caption and scoped headers, in a box that scrolls by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jfmodels.report.findings import REASONS
from jfmodels.report.flag_letters import lettered
from jfmodels.report.html import Html, element, joined
from jfmodels.report.table_rows import Row
from jfmodels.results.schema import FLAGS

__all__ = ["Marks", "html_table"]


@dataclass(frozen=True, slots=True)
class Marks:
    """The letters that stand for flags throughout a page.

    Attributes
    ----------
    letters : mapping of str to str
        Code to letter, in the order of :data:`~jfmodels.results.schema.FLAGS`. Codes that say
        why there is no number have none: the cell says so itself.
    everywhere : tuple of str
        Codes of every number, which are told once.
    lang : str
        Language of the sentences.
    """

    letters: Mapping[str, str]
    everywhere: tuple[str, ...]
    lang: str

    @classmethod
    def of(cls, rows: Iterable[Row], lang: str) -> Marks:
        """Give a letter to every flag of a row that has an estimate."""
        flags = [set(row["flag"]) for row in rows if not np.isnan(row["estimate"])]
        present = set().union(*flags).difference(REASONS)
        everywhere = set.intersection(*flags) if flags else set()
        letters = lettered(code for code in FLAGS if code in present - everywhere)
        return cls(letters, tuple(code for code in FLAGS if code in everywhere), lang)

    def beside(self, row: Row) -> Html | None:
        """Write the letters of a row, each leading to what it says."""
        shown = not np.isnan(row["estimate"])
        codes = [code for code in self.letters if shown and code in row["flag"]]
        links = [
            element("a", self.letters[code], href=f"#flag-{code}", title=FLAGS[code][self.lang])
            for code in codes
        ]
        spread = [part for link in links for part in (link, " ")][:-1]
        return element("sup", *spread, class_="marks") if links else None


def html_table(
    caption: str,
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    class_: str | None = None,
) -> Html:
    """Lay out a table whose first column names its rows.

    Parameters
    ----------
    caption : str
        What it shows.
    head : sequence
        Title of every column.
    rows : iterable of sequence
        A cell for every column; None is an empty one.
    class_ : str, optional
        Its style.
    """
    titles = [element("th", title, scope="col") for title in head]
    body = [
        element(
            "tr",
            element("th", cells[0], scope="row"),
            *[element("td", "" if cell is None else cell) for cell in cells[1:]],
        )
        for cells in rows
    ]
    table = element(
        "table",
        element("caption", element("span", caption)),
        element("thead", element("tr", *titles)),
        element("tbody", *body),
        class_=class_,
    )
    return element("div", table, class_="scroll", role="group", tabindex="0", aria_label=caption)


def stacked(*lines: object) -> Html:
    """Set parts of a cell below one another."""
    return joined(*[element("div", line) for line in lines if line is not None])
