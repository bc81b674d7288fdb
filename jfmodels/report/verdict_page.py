"""Verdicts as one page that needs nothing but a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from jfmodels.claims.judge import Verdicts
from jfmodels.errors import SpecError, choose
from jfmodels.report.files import as_csv
from jfmodels.report.plot_text import SIGNS
from jfmodels.report.verdict_specifications import (
    specification_list,
    verdicts_as_json,
    write_specifications,
)

__all__ = ["WRITERS", "verdict_page", "write_verdicts"]

WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Do the data bear the claims?", "Les données portent-elles ces affirmations ?"),
    "simulated": (
        "Simulated data: nobody ever gave these answers.",
        "Données simulées : personne n'a donné ces réponses.",
    ),
    "supported": ("supported", "confirmé"),
    "contradicted": ("contradicted", "contredit"),
    "undecided": ("undecided", "indécis"),
    "reproduced": ("number reproduced", "chiffre retrouvé"),
    "not_reproduced": ("number not reproduced", "chiffre non retrouvé"),
    "stands": ("stands in {share} of specifications", "tient dans {share} des spécifications"),
    "record": ("How this came about", "Comment ceci a été obtenu"),
    "moved": ("What moved since the earlier run", "Ce qui a changé depuis la fois précédente"),
    "still": ("Nothing moved since the earlier run.", "Rien n'a changé depuis la fois précédente."),
}
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; }
.claim { border-top: 1px solid #ddd; padding: 1rem 0; }
blockquote { margin: 0 0 .4rem; font-weight: 600; }
.verdict { color: #fff; border-radius: .3rem; padding: .1rem .5rem; font-size: .85rem; }
.supported { background: #0b4f7d; } .contradicted { background: #b03a00; }
.undecided { background: #6f7d87; }
.source, .more, footer { color: #666; font-size: .9rem; }
li { margin: .3rem 0; } .simulated { color: #b03a00; font-weight: 600; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .1rem .8rem .1rem 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""


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
    title = verdicts.claims.title or _word("title", lang)
    body = "\n".join(_body(verdicts, title, lang, moved))
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(verdicts: Verdicts, title: str, lang: str, moved: pd.DataFrame | None) -> Iterator[str]:
    """The parts of the page, one after the other."""
    record = verdicts.table.attrs["record"]
    yield f"<h1>{escape(title)}</h1>"
    if record["simulated"]:
        yield f'<p class="simulated">{_word("simulated", lang)}</p>'
    if verdicts.claims.note:
        yield f"<p>{escape(verdicts.claims.note)}</p>"
    if moved is not None:
        yield _moved(moved, lang)
    for row in verdicts.of_claims.to_dict("records"):
        yield _claim(verdicts, row, lang)
    told = {name: value for name, value in record.items() if name not in ("labels", "claims")}
    dump = escape(json.dumps(told, ensure_ascii=False, indent=1, default=str))
    yield f"<footer><h2>{_word('record', lang)}</h2><pre>{dump}</pre></footer>"


def _claim(verdicts: Verdicts, row: Mapping[Any, Any], lang: str) -> str:
    """One claim with its parts."""
    claim = verdicts.claims.claims[row["claim"]]
    parts = verdicts.of_parts(row["claim"])
    listed = ""
    if len(parts) > 1:
        items = [
            f"<li>{_verdict(part, lang)} {escape(part[f'says_{lang}'])}</li>"
            for part in parts.to_dict("records")
        ]
        listed = f"<ul>{''.join(items)}</ul>"
    return (
        f'<section class="claim" id="{escape(str(row["claim"]), quote=True)}">'
        f"<blockquote>{escape(claim.text)}</blockquote>"
        f"<p>{_verdict(row, lang)} {escape(row[f'says_{lang}'])}</p>{listed}"
        f'<p class="source">{escape(claim.source)}{escape(_more(row, lang))}</p>'
        f"{specification_list(verdicts, row['claim'], lang)}</section>"
    )


def _verdict(row: Mapping[Any, Any], lang: str) -> str:
    verdict = str(row["verdict"])
    return f'<span class="verdict {verdict}">{_word(verdict, lang)}</span>'


def _more(row: Mapping[Any, Any], lang: str) -> str:
    """Whether a number is reproduced, and how often the verdict stands."""
    texts = []
    if not pd.isna(row["reproduced"]):
        texts.append(_word("reproduced" if row["reproduced"] else "not_reproduced", lang))
    if not pd.isna(row["stands"]):
        texts.append(_word("stands", lang).format(share=f"{100 * row['stands']:.0f} %"))
    return "".join(f" · {text}" for text in texts)


def _moved(moved: pd.DataFrame, lang: str) -> str:
    """What is no longer as it was."""
    if moved.empty:
        return f"<p>{_word('still', lang)}</p>"
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(_text(cell))}</td>' for cell in row)}</tr>"
        for row in moved.itertuples(index=False)
    )
    head = "".join(f"<th>{escape(name)}</th>" for name in moved.columns)
    return f"<h2>{_word('moved', lang)}</h2><table><tr>{head}</tr>{rows}</table>"


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _word(key: str, lang: str) -> str:
    return WORDS[key][list(SIGNS).index(lang)]


WRITERS: Mapping[str, Callable[[Verdicts, str, pd.DataFrame | None], str]] = {
    ".html": verdict_page,
    ".json": lambda verdicts, lang, moved: verdicts_as_json(verdicts),
    ".csv": lambda verdicts, lang, moved: as_csv(verdicts.table),
}
