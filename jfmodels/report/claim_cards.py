"""Claims on a page: each sentence with its verdict, and what was found of its parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from jfmodels.claims.judge import Verdicts
from jfmodels.report.html import Html, element, joined, unbroken
from jfmodels.report.plot_text import missing
from jfmodels.report.verdict_specifications import specification_list
from jfmodels.report.words import phrase, spaced
from jfmodels.results.schema import FLAGS

__all__ = ["claim_cards"]

type Row = Mapping[Any, Any]


def claim_cards(
    verdicts: Verdicts,
    lang: str,
    *,
    minimum: int = 1,
    withheld: Collection[tuple[str, str]] = (),
) -> list[Html]:
    """Write every claim with its verdict.

    Parameters
    ----------
    verdicts : Verdicts
        What was found.
    lang : {"en", "fr"}
        Language.
    minimum : int, default 1
        Interviews that a number must rest on to be told.
    withheld : collection of (str, str)
        Claims and their parts of which no number is told.
    """
    return [
        _card(verdicts, row, lang, minimum, withheld)
        for row in verdicts.of_claims.to_dict("records")
    ]


def _card(
    verdicts: Verdicts,
    row: Row,
    lang: str,
    minimum: int,
    withheld: Collection[tuple[str, str]],
) -> Html:
    """One claim with its parts."""
    claim, said = verdicts.claims.claims[row["claim"]], verdicts.claims.say
    parts = verdicts.of_parts(row["claim"]).to_dict("records")
    hidden = [part["part"] for part in parts if _hidden(part, minimum, withheld)]
    told = [_says(part, lang, hidden=part["part"] in hidden) for part in parts]
    items = [
        element("li", _verdict(part, lang), " ", says)
        for part, says in zip(parts, told, strict=True)
    ]
    # of a single part the claim says the same
    whole = told[0] if len(parts) == 1 else _says(row, lang, hidden=False)
    listed = None
    if len(parts) > 1:
        summary = element("summary", f"{phrase('parts', lang)} ({len(parts)})")
        listed = element("details", summary, element("ul", *items))
    source = element("p", f"{said(claim.source, lang)}{_more(row, lang)}", class_="source")
    return element(
        "article",
        element("blockquote", spaced(said(claim.text, lang), lang)),
        element("p", _verdict(row, lang), " ", whole),
        listed,
        source,
        None if hidden else specification_list(verdicts, row["claim"], lang, minimum),
        class_="claim",
        id=f"claim-{row['claim']}",
    )


def _hidden(part: Row, minimum: int, withheld: Collection[tuple[str, str]]) -> bool:
    """Tell whether no number of a part may be told."""
    few = not missing(part["n"]) and bool(part["n"] < minimum)
    return few or (part["claim"], part["part"]) in withheld


def _says(row: Row, lang: str, *, hidden: bool) -> Html:
    """Say what was found, unless that is withheld."""
    if hidden:
        return joined(FLAGS["suppressed"][lang])
    return unbroken(spaced(str(row[f"says_{lang}"]), lang))


def _verdict(row: Row, lang: str) -> Html:
    verdict = str(row["verdict"])
    return element("span", phrase(verdict, lang), class_=f"verdict {verdict}")


def _more(row: Row, lang: str) -> str:
    """Whether a number is reproduced, and how often the verdict stands."""
    texts: list[str] = []
    if not pd.isna(row["reproduced"]):
        texts.append(phrase("reproduced" if row["reproduced"] else "not_reproduced", lang))
    if not pd.isna(row["stands"]):
        texts.append(phrase("stands", lang, share=f"{100 * row['stands']:.0f} %"))
    return "".join(f" · {text}" for text in texts)
