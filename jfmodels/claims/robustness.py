"""The same claims under the choices that a critic would vary.

The cheap choices about the data are varied in all combinations; the others one at a time, from
what was judged. What cannot be varied is said, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.claims.choices import CHOICES, HINDRANCES, Choice
from jfmodels.claims.claim import Claim
from jfmodels.claims.judgement import Judgement, as_table
from jfmodels.claims.specification import Specification
from jfmodels.claims.words import LANGUAGES
from jfmodels.engines.progress import watched
from jfmodels.errors import JfmodelsError
from jfmodels.results.schema import SPECIFICATIONS
from jfmodels.survey.population import Population

__all__ = ["AS_JUDGED", "not_varied", "specification_table", "with_standing"]

AS_JUDGED = "as judged"

type Hindered = Mapping[str, str]


def specification_table(
    judgement: Judgement, judged: pd.DataFrame, choices: Mapping[str, Choice], *, progress: bool
) -> pd.DataFrame:
    """Judge every claim again under every specification that can change anything for it.

    Parameters
    ----------
    judgement : Judgement
        Claims as they were judged.
    judged : DataFrame
        What was found.
    choices : mapping of str to Choice
        What is varied.
    progress : bool
        Whether to show how far it is.
    """
    claims = judgement.claims.claims
    tasks = [
        (name, words, spec)
        for name, claim in claims.items()
        for words, spec in _specifications(judgement, claim, choices)
    ]
    found = watched(_judged(judgement, tasks), len(tasks), progress, "Judging")
    rows = [row for each in found for row in each]
    then = {_key(row): row["verdict"] for row in judged.to_dict("records")}
    for row in rows:
        row["stands"] = None if row["verdict"] is None else row["verdict"] == then[_key(row)]
    hindered = {name: _hindered(judgement, claim, choices) for name, claim in claims.items()}
    table = as_table(_in_order([*rows, *_not_made(hindered)], claims), SPECIFICATIONS)
    record = {"choices": list(choices), "not_varied": hindered}
    table.attrs["record"] = {**judged.attrs["record"], **record}
    return table


def _judged(
    judgement: Judgement, tasks: Sequence[tuple[str, str, Specification]]
) -> Iterator[list[dict[str, Any]]]:
    """Judge claims under specifications, one after the other."""
    under: dict[Specification, Judgement | str] = {judgement.fits.specification: judgement}
    for name, words, spec in tasks:
        if spec not in under:
            under[spec] = _judgement_under(judgement, spec)
        claim = judgement.claims.claims[name]
        yield _rows(under[spec], spec, words, name, claim, judgement)


def _hindered(judgement: Judgement, claim: Claim, choices: Mapping[str, Choice]) -> Hindered:
    """What hinders the choices that cannot be varied for a claim."""
    found = {name: choice.hindrance(judgement, claim) for name, choice in choices.items()}
    return {name: why for name, why in found.items() if why}


def _not_made(hindered: Mapping[str, Hindered]) -> Iterator[dict[str, Any]]:
    """A row for every choice that could not be varied, and why."""
    for claim, of_claim in hindered.items():
        for name, why in of_claim.items():
            words = f"not varied: {CHOICES[name].name['en']}"
            message = HINDRANCES[why]["en"]
            yield {"claim": claim, "part": None, "specification": words, "message": message}


def _in_order(rows: Sequence[dict[str, Any]], claims: Mapping[str, Claim]) -> list[dict[str, Any]]:
    """Rows claim by claim."""
    return [row for name in claims for row in rows if row["claim"] == name]


def not_varied(hindered: Hindered, lang: str) -> str:
    """List what could not be varied, and why; empty if all could.

    Examples
    --------
    >>> not_varied({"composition": "no_covariates"}, "en")
    'composition (no covariates are named)'
    """
    return ", ".join(
        f"{CHOICES[name].name[lang]} ({HINDRANCES[why][lang]})" for name, why in hindered.items()
    )


def _specifications(
    judgement: Judgement, claim: Claim, choices: Mapping[str, Choice]
) -> Iterator[tuple[str, Specification]]:
    """What was judged, all combinations of crossed choices, and the others one at a time."""
    spec = judgement.fits.specification
    kept = [choice for choice in choices.values() if not choice.hindrance(judgement, claim)]
    crossed = [choice for choice in kept if choice.crossed]
    for taken in product((False, True), repeat=len(crossed)):
        varied = [choice for choice, is_so in zip(crossed, taken, strict=True) if is_so]
        yield _named(varied, judgement, claim, spec)
    for choice in kept:
        if not choice.crossed:
            yield _named([choice], judgement, claim, spec)


def _named(
    varied: Sequence[Choice], judgement: Judgement, claim: Claim, spec: Specification
) -> tuple[str, Specification]:
    """One specification, in words and as a record."""
    for choice in varied:
        spec = choice.vary(spec, judgement)
    return "; ".join(choice.words(judgement, claim) for choice in varied) or AS_JUDGED, spec


def _judgement_under(judgement: Judgement, spec: Specification) -> Judgement | str:
    """The same claims under another specification, or why that cannot be."""
    try:
        return replace(judgement, fits=judgement.fits.under(spec))
    except JfmodelsError as fault:
        return str(fault)


def _rows(
    under: Judgement | str,
    spec: Specification,
    words: str,
    name: str,
    claim: Claim,
    judgement: Judgement,
) -> list[dict[str, Any]]:
    """Rows of one claim under one specification; one without a verdict where there is none."""
    try:
        found = [] if isinstance(under, str) else under.rows(name, claim, told=False)
        why = under if isinstance(under, str) else ""
    except JfmodelsError as fault:
        found, why = [], str(fault)
    settings = _settings(spec, judgement)
    if why:
        found = [{"claim": name, "part": part, "message": why} for part in (None, *claim.parts)]
    for row in found:
        row |= {"specification": words, **settings}
        if why or row.get("refused"):
            row["verdict"], row["message"] = None, why or row["refused"]
    return found


def _settings(spec: Specification, judgement: Judgement) -> dict[str, Any]:
    """The choices of a specification as columns."""
    return {
        "weights": "as given" if spec.weights else "none",
        "places": "common" if spec.common_places else "all",
        "interviewers": spec.interviewers,
        "target": spec.target or judgement.fits.survey.design.target or "population",
        "engine": spec.engine_name,
        "over": "as fielded" if spec.is_direct else _composition(spec.over),
    }


def _composition(over: object) -> str:
    """A composition as tables call it."""
    return over.title if isinstance(over, Population) else str(over or "wave")


STANDS = {
    "en": " The verdict stands in {n} of {of} specifications.",
    "fr": " Le verdict tient dans {n} spécifications sur {of}.",
}
ALONE = {
    "en": " It was judged in this one way alone.",
    "fr": " Il n'a été jugé que de cette seule façon.",
}
NOT_VARIED = {"en": " Not varied: {what}.", "fr": " Sans variante : {what}."}


def _standing(n: int, of: int, hindered: Hindered, lang: str) -> str:
    """Say in how many specifications a verdict stands, and what could not be varied."""
    stands = STANDS[lang].format(n=n, of=of) if of > 1 else ALONE[lang]
    what = not_varied(hindered, lang)
    return (stands if of else "") + (NOT_VARIED[lang].format(what=what) if what else "")


def with_standing(table: pd.DataFrame, specifications: pd.DataFrame) -> pd.DataFrame:
    """Say of every verdict in how many of the specifications it stands.

    Parameters
    ----------
    table : DataFrame
        Verdicts.
    specifications : DataFrame
        The same under other choices.
    """
    counts: dict[tuple[object, object], list[bool]] = {}
    for row in specifications.to_dict("records"):
        if not pd.isna(row["stands"]):
            counts.setdefault(_key(row), []).append(bool(row["stands"]))
    standing = [counts.get(_key(row), []) for row in table.to_dict("records")]
    words = [(sum(each), len(each)) for each in standing]
    told = table.assign(stands=[n / of if of else np.nan for n, of in words])
    hindered = specifications.attrs["record"]["not_varied"]
    for lang in LANGUAGES:
        told[f"says_{lang}"] += [
            _standing(n, of, hindered[claim] if pd.isna(part) else {}, lang)
            for (n, of), claim, part in zip(words, table["claim"], table["part"], strict=True)
        ]
    told.attrs = dict(table.attrs)
    return told


def _key(row: Mapping[Any, Any]) -> tuple[object, object]:
    """Claim and part of a row; None for the claim as a whole."""
    return row["claim"], None if pd.isna(row["part"]) else row["part"]
