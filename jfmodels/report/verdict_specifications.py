"""The specifications behind verdicts in a file: rows of JSON, a table of CSV, a list on a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jfmodels.claims.judge import Verdicts
from jfmodels.claims.robustness import not_varied
from jfmodels.claims.sentences import in_language
from jfmodels.report.files import as_csv, as_json
from jfmodels.report.html import Html, element, unbroken
from jfmodels.report.html_tables import html_table
from jfmodels.report.plot_specifications import WORDS, settings_in_words
from jfmodels.report.plot_text import missing
from jfmodels.report.words import phrase, spaced
from jfmodels.results.render import say
from jfmodels.results.schema import FLAGS

__all__ = ["specification_list", "verdicts_as_json", "write_specifications"]


def verdicts_as_json(verdicts: Verdicts) -> str:
    """Write verdicts, and the specifications where there are some, as one JSON object."""
    if verdicts.specifications is None:
        return as_json(verdicts.table)
    content = json.loads(as_json(verdicts.table))
    again = json.loads(as_json(verdicts.specifications))
    told = {name: again["record"][name] for name in ("choices", "not_varied")}
    content["specifications"] = {**told, "columns": again["columns"], "rows": again["rows"]}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def write_specifications(verdicts: Verdicts, path: Path) -> None:
    """Write the specifications as a table of their own, beside that of the verdicts."""
    if verdicts.specifications is not None:
        beside = path.with_name(f"{path.stem}_specifications{path.suffix}")
        beside.write_text(as_csv(verdicts.specifications), encoding="utf-8", newline="")


def specification_list(verdicts: Verdicts, claim: str, lang: str, minimum: int) -> Html | None:
    """List what is found of a claim under every specification; None where none was asked for.

    What rests on fewer than `minimum` interviews is not told.
    """
    table = verdicts.specifications
    if table is None:
        return None
    whole = table[(table["claim"] == claim) & table["part"].isna()]
    made = whole[whole["engine"].notna()].to_dict("records")
    what = not_varied(table.attrs["record"]["not_varied"][claim], lang)
    title = phrase("judged_again", lang, n=sum(not missing(row["verdict"]) for row in made))
    heads = [phrase(name, lang) for name in ("specification", "found", "verdict")]
    rows = [_row(row, made[0], lang, minimum) for row in made]
    more = element("p", phrase("not_varied", lang, what=what)) if what else None
    listed = html_table(title, heads, rows, class_="specifications")  # the summary says the title
    return element("details", element("summary", title), listed, more)


def _row(
    row: Mapping[Any, Any], first: Mapping[Any, Any], lang: str, minimum: int
) -> tuple[str, Html | str, str]:
    """One specification: what is done otherwise, what is found, the verdict."""
    words = settings_in_words(row, first, lang)
    if not missing(row["n"]) and row["n"] < minimum:
        return words, FLAGS["suppressed"][lang], ""
    if missing(row["verdict"]):
        message = str(row["message"]) if lang == "en" else ""  # errors are in English alone
        return words, message, WORDS["no_answer"][lang]
    said = unbroken(spaced(in_language(say(row), lang), lang))
    return words, said, WORDS[str(row["verdict"])][lang]
