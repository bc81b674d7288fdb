"""From a tidy table to one that a paper prints."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, overload

import pandas as pd

from jfmodels.errors import SpecError, choose
from jfmodels.report.paper.coefficients import coefficients_paper
from jfmodels.report.paper.docx import as_docx
from jfmodels.report.paper.estimates import estimates_paper
from jfmodels.report.paper.html import as_html
from jfmodels.report.paper.layout import Paper
from jfmodels.report.paper.plain import as_latex, as_markdown
from jfmodels.report.plot_text import Labels, wording
from jfmodels.results.coefficients import CoefficientTable

__all__ = ["FORMATS", "Html", "to_table"]

FORMATS: Mapping[str, Callable[[Paper], str | bytes]] = {
    "html": as_html,
    "latex": as_latex,
    "markdown": as_markdown,
    "docx": as_docx,
}
SUFFIXES: Mapping[str, str] = {
    ".html": "html",
    ".tex": "latex",
    ".md": "markdown",
    ".docx": "docx",
}

type Tables = pd.DataFrame | Mapping[str, CoefficientTable]


class Html(str):
    """Text of a page that a notebook shows as one."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


@overload
def to_table(
    table: Tables,
    *,
    format: Literal["html", "latex", "markdown"] = ...,
    path: None = None,
    lang: str = ...,
    labels: Labels | None = ...,
    layout: str | None = ...,
    interval: str | None = ...,
    digits: int | None = ...,
    title: str | None = ...,
) -> str: ...


@overload
def to_table(
    table: Tables,
    *,
    format: Literal["docx"],
    path: None = None,
    lang: str = ...,
    labels: Labels | None = ...,
    layout: str | None = ...,
    interval: str | None = ...,
    digits: int | None = ...,
    title: str | None = ...,
) -> bytes: ...


@overload
def to_table(
    table: Tables,
    *,
    format: str | None = ...,
    path: str | Path,
    lang: str = ...,
    labels: Labels | None = ...,
    layout: str | None = ...,
    interval: str | None = ...,
    digits: int | None = ...,
    title: str | None = ...,
) -> Path: ...


def to_table(
    table: Tables,
    *,
    format: str | None = None,
    path: str | Path | None = None,
    lang: str = "en",
    labels: Labels | None = None,
    layout: str | None = None,
    interval: str | None = None,
    digits: int | None = None,
    title: str | None = None,
) -> str | bytes | Path:
    r"""Set a table as papers print it: HTML, LaTeX, Markdown or Word.

    Shares are printed in percent and their differences in points, with as many decimals as
    sampling and Monte Carlo error bear. Names are the codebook's labels. Beneath stand the base,
    the weights, how errors and degrees of freedom were made, the adjustment of p-values, and in
    footnotes every flag of a row.

    Parameters
    ----------
    table : DataFrame, or mapping of str to CoefficientTable
        Estimates, as :meth:`jfmodels.Fit.levels` or :meth:`jfmodels.Fit.changes` give them;
        coefficients, as :meth:`jfmodels.Fit.summary` does; or those of several models, side by
        side under their names.
    format : {"html", "latex", "markdown", "docx"}, optional
        By default what the suffix of `path` says, or HTML. LaTeX needs the package booktabs.
    path : str or Path, optional
        File to write: ``.html``, ``.tex``, ``.md`` or ``.docx``.
    lang : {"en", "fr"}
        Language.
    labels : mapping, optional
        ``{name: text}`` or ``{name: {"en": text, "fr": text}}``; before the codebook's.
    layout : {"wide", "long"}, optional
        "wide" sets waves side by side, as is the default for levels of two to eight waves;
        "long" has a row for every estimate, with p or probability and n.
    interval : {"beside", "below", "none"}, optional
        Where intervals stand among waves or models side by side; below where there are many.
    digits : int, optional
        Decimals, in place of those that the errors bear.
    title : str, optional
        In place of the outcome's label.

    Returns
    -------
    str, bytes or Path
        The text, which a notebook shows if it is HTML; the bytes of a Word document; the file,
        if `path` was given.

    Raises
    ------
    SpecError
        If it is no table of estimates or coefficients, or a choice is not known.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army", by="region")
    >>> waves = fit.levels(by="region", where={"wave": ["Q5", "Q6"], "region": ["Gao", "Mopti"]})
    >>> print(jf.to_table(waves, format="markdown").split("\n\n")[2])
    | Region | Q5 | Q6 |
    |:--|--:|--:|
    | Gao | 63<sup>a</sup> \[46, 76\] | 69<sup>a</sup> \[41, 88\] |
    | Mopti | 87 \[72, 95\] | 89 \[75, 95\] |
    """
    form = _format(format, path)
    if digits is not None and digits not in range(10):
        raise SpecError(f"digits= is a number of decimals from 0 to 9; found {digits!r}.")
    paper = _paper(
        table, lang, labels, {"interval": interval, "digits": digits, "title": title}, layout
    )
    content = FORMATS[form](paper)
    if path is not None:
        return _written(content, Path(path))
    return Html(content) if form == "html" and isinstance(content, str) else content


def _format(format: str | None, path: str | Path | None) -> str:
    """Read the format, from the suffix where it is not said."""
    if format is not None:
        choose("format", format, FORMATS)
    if path is None:
        return format or "html"
    named = choose("file format", Path(path).suffix.lower(), SUFFIXES)
    if format not in (None, named):
        raise SpecError(f"format='{format}' and the suffix of '{Path(path).name}' disagree.")
    return named


def _paper(
    table: object, lang: str, labels: Labels | None, how: Mapping[str, object], layout: str | None
) -> Paper:
    """Lay out what was given."""
    if isinstance(table, CoefficientTable):
        table = {table.attrs["heading"].title: table}
    if isinstance(table, Mapping):
        if not table:
            raise SpecError("to_table() was given no table.")
        known = [each.attrs.get("record", {}).get("labels", {}) for each in table.values()]
        words = wording(lang, {**ChainMap(*known), **(labels or {})})
        return coefficients_paper(table, words, **how)  # type: ignore[arg-type]
    if not isinstance(table, pd.DataFrame):
        raise SpecError(
            "to_table() takes a table, such as fit.levels() or fit.summary(); found "
            f"{type(table).__name__}."
        )
    return estimates_paper(table, wording(lang, labels, table), layout=layout, **how)  # type: ignore[arg-type]


def _written(content: str | bytes, path: Path) -> Path:
    if not path.parent.is_dir():
        raise SpecError(f"There is no folder '{path.parent}' to write {path.name} into.")
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path
