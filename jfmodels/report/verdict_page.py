"""Verdicts as one page that needs nothing but a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from jfmodels.claims.judge import Verdicts
from jfmodels.errors import SpecError, choose
from jfmodels.report.claim_cards import claim_cards
from jfmodels.report.files import as_csv
from jfmodels.report.html import element
from jfmodels.report.html_tables import html_table
from jfmodels.report.page import Section, page, section
from jfmodels.report.plot_text import SIGNS
from jfmodels.report.sections.record import record_section
from jfmodels.report.verdict_specifications import verdicts_as_json, write_specifications
from jfmodels.report.words import phrase

__all__ = ["WRITERS", "verdict_page", "write_verdicts"]


def write_verdicts(
    verdicts: Verdicts, path: Path, *, lang: str = "en", moved: pd.DataFrame | None = None
) -> Path:
    """Write verdicts to a file whose suffix names the format.

    Parameters
    ----------
    verdicts : Verdicts
        What was found.
    path : Path
        Ending in ``.html``, ``.json`` or ``.csv``; specifications of a CSV stand in a file of
        their own beside it, whose name ends in ``_specifications.csv``.
    lang : {"en", "fr"}
        Language of a page.
    moved : DataFrame, optional
        What is no longer as in an earlier run; told on a page.
    """
    write = choose("file format", path.suffix.lower(), WRITERS)
    if not path.parent.is_dir():
        raise SpecError(f"There is no folder '{path.parent}' to write {path.name} into.")
    path.write_text(write(verdicts, lang, moved), encoding="utf-8", newline="")
    if path.suffix.lower() == ".csv":
        write_specifications(verdicts, path)
    return path


def verdict_page(verdicts: Verdicts, lang: str, moved: pd.DataFrame | None = None) -> str:
    """Write verdicts as HTML; every text in it is escaped.

    Parameters
    ----------
    verdicts : Verdicts
        What was found.
    lang : {"en", "fr"}
        Language.
    moved : DataFrame, optional
        What is no longer as in an earlier run.
    """
    choose("language", lang, SIGNS)
    claims = verdicts.claims
    title = claims.say(claims.title, lang) or phrase("claims_title", lang)
    lead = element("p", claims.say(claims.note, lang)) if claims.note else None
    simulated = bool(verdicts.table.attrs["record"]["simulated"])
    sections = list(_sections(verdicts, lang, moved))
    return page(title, lang, sections, lead=lead, contents=False, simulated=simulated)


def _sections(verdicts: Verdicts, lang: str, moved: pd.DataFrame | None) -> Iterator[Section]:
    """The parts of the page, one after the other."""
    record = verdicts.table.attrs["record"]
    if record["simulated"]:
        yield section(
            "data", phrase("simulated_mark", lang), element("p", phrase("simulated", lang))
        )
    if moved is not None:
        yield _moved(moved, lang)
    yield section("claims", phrase("claims", lang), *claim_cards(verdicts, lang))
    yield record_section(record, _call(record["call"]["judge"]), lang)


def _call(settings: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name}={value}" for name, value in settings.items())
    return f"jf.judge(claims, survey, {given})"


def _moved(moved: pd.DataFrame, lang: str) -> Section:
    """What is no longer as it was."""
    title = phrase("moved", lang)
    if moved.empty:
        return section("moved", title, element("p", phrase("still", lang)))
    rows = [
        ["" if pd.isna(cell) else str(cell) for cell in row]
        for row in moved.itertuples(index=False)
    ]
    return section("moved", title, html_table(title, list(moved.columns), rows))


WRITERS: Mapping[str, Callable[[Verdicts, str, pd.DataFrame | None], str]] = {
    ".html": verdict_page,
    ".json": lambda verdicts, lang, moved: verdicts_as_json(verdicts),
    ".csv": lambda verdicts, lang, moved: as_csv(verdicts.table),
}
