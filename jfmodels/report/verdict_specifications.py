"""The specifications behind verdicts in a file: rows of JSON, a table of CSV, a list on a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from jfmodels.claims.judge import Verdicts
from jfmodels.claims.robustness import not_varied
from jfmodels.claims.sentences import in_language
from jfmodels.report.files import as_csv, as_json
from jfmodels.report.plot_specifications import WORDS, settings_in_words
from jfmodels.report.plot_text import SIGNS, missing
from jfmodels.results.render import say

__all__ = ["specification_list", "verdicts_as_json", "write_specifications"]

HEADS: Mapping[str, tuple[str, str]] = {
    "judged_again": ("Judged in {n} ways", "Jugé de {n} façons"),
    "not_varied": ("Not varied: {what}.", "Sans variante : {what}."),
}


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


def specification_list(verdicts: Verdicts, claim: str, lang: str) -> str:
    """List what is found of a claim under every specification; empty where none was asked for."""
    table = verdicts.specifications
    if table is None:
        return ""
    whole = table[(table["claim"] == claim) & table["part"].isna()]
    made = whole[whole["engine"].notna()].to_dict("records")
    rows = "".join(_row(row, made[0], lang) for row in made)
    what = not_varied(table.attrs["record"]["not_varied"][claim], lang)
    more = f'<p class="more">{escape(_head("not_varied", lang).format(what=what))}</p>'
    return (
        f"<details><summary>{_head('judged_again', lang).format(n=len(made))}</summary>"
        f"<table>{rows}</table>{more if what else ''}</details>"
    )


def _row(row: Mapping[Any, Any], first: Mapping[Any, Any], lang: str) -> str:
    """One specification: what is done otherwise, what is found, the verdict."""
    words = settings_in_words(row, first, lang)
    verdict = "no_answer" if missing(row["verdict"]) else str(row["verdict"])
    found = str(row["message"]) if missing(row["verdict"]) else in_language(say(row), lang)
    cells = (words, found, WORDS[verdict][lang])
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _head(key: str, lang: str) -> str:
    return HEADS[key][list(SIGNS).index(lang)]
