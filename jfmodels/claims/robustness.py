"""The same claims under the choices that a critic would vary.

The cheap choices about the data are varied in all combinations; the others one at a time, from
what was judged. To add a choice, list it in `CHOICES` with its words, the claims that it can
change anything for, and what it does to a specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.claims.claim import Claim
from jfmodels.claims.judgement import Judgement, as_table
from jfmodels.claims.places import common_places
from jfmodels.claims.specification import Specification
from jfmodels.engines.compare import default_formula
from jfmodels.errors import JfmodelsError, SpecError, choose, listing
from jfmodels.results.schema import SPECIFICATIONS
from jfmodels.survey.design import TARGETS
from jfmodels.survey.population import Population

__all__ = ["AS_JUDGED", "CHOICES", "choices_named", "specification_table", "with_standing"]

AS_JUDGED = "as judged"


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be done otherwise.

    Attributes
    ----------
    words : callable
        Takes a judgement and a claim to what is done instead.
    applies : callable
        Whether that can change anything for a claim.
    vary : callable
        Takes the specification as judged, and the judgement, to the other one.
    crossed : bool
        Whether it is combined with the other crossed choices.
    """

    words: Callable[[Judgement, Claim], str]
    applies: Callable[[Judgement, Claim], bool]
    vary: Callable[[Specification, Judgement], Specification]
    crossed: bool = False


def _base_words(judgement: Judgement, claim: Claim) -> str:
    bases = {judgement.fits.specification.base_of(part.base) for part in claim.parts.values()}
    texts = {"in_base": "don't know excluded", "excluded": "don't know in the base"}
    return texts[bases.pop()] if len(bases) == 1 else "the other don't-know base"


def _silent(judgement: Judgement, claim: Claim) -> bool:
    """Whether anybody could fail to answer one of the questions."""
    book = judgement.fits.source.codebook.outcomes
    read = [reading.outcome for part in claim.parts.values() for reading in part.readings]
    return any(book[name].dont_know or book[name].refused for name in read if name in book)


def _weighted(judgement: Judgement, claim: Claim) -> bool:
    """Whether weights vary."""
    weight = judgement.fits.source.rows.weight
    return bool(np.ptp(weight) > 1e-12 * weight.mean())


def _places_differ(judgement: Judgement, claim: Claim) -> bool:
    survey = judgement.fits.source
    return any(common_places(survey, part.waves) is not None for part in claim.parts.values())


def _direct_with_interviewers(judgement: Judgement, claim: Claim) -> bool:
    return (
        judgement.fits.specification.is_direct
        and judgement.fits.source.design.interviewer is not None
    )


def _can_retarget(judgement: Judgement, claim: Claim) -> bool:
    stages = judgement.fits.source.design.all_stages
    return bool(stages) and not any(stage.fpc for stage in stages)


def _other_target(judgement: Judgement) -> str:
    return next(name for name in TARGETS if name != judgement.fits.survey.design.target)


def _can_be_multilevel(judgement: Judgement, claim: Claim) -> bool:
    """Whether there is a multilevel model for one of the questions."""
    if judgement.fits.specification.is_bayesian:
        return False
    outcome = next(iter(judgement.fits.survey.codebook.outcomes))
    try:
        default_formula(judgement.fits.survey, outcome, (), (), random=True)
    except SpecError:
        return False
    return True


def _multilevel(spec: Specification, judgement: Judgement) -> Specification:
    varies = _weighted(judgement, next(iter(judgement.claims.claims.values())))
    return replace(spec, engine="laplace", weighting="ignore" if varies else None)


CHOICES: Mapping[str, Choice] = {
    "base": Choice(
        _base_words, _silent, lambda spec, _: replace(spec, other_base=True), crossed=True
    ),
    "weights": Choice(
        lambda *_: "without weights",
        _weighted,
        lambda spec, _: replace(spec, weights=False),
        crossed=True,
    ),
    "places": Choice(
        lambda *_: "places that all waves reached",
        _places_differ,
        lambda spec, _: replace(spec, common_places=True),
        crossed=True,
    ),
    "interviewers": Choice(
        lambda *_: "interviewers as clusters too",
        _direct_with_interviewers,
        lambda spec, _: replace(spec, interviewers="cluster"),
    ),
    "target": Choice(
        lambda judgement, _: f"target: {_other_target(judgement).replace('_', ' ')}",
        _can_retarget,
        lambda spec, judgement: replace(spec, target=_other_target(judgement)),
    ),
    "engine": Choice(
        lambda *_: "multilevel model",
        _can_be_multilevel,
        _multilevel,
    ),
    "composition": Choice(
        lambda *_: "regression at the composition of all waves",
        lambda judgement, _: bool(judgement.fits.specification.covariates),
        lambda spec, _: replace(spec, engine="weighted", over="fixed"),
    ),
}


def choices_named(robustness: bool | Sequence[str]) -> dict[str, Choice]:
    """The choices to vary: all, or those named."""
    if robustness is True:
        return dict(CHOICES)
    if isinstance(robustness, str) or not isinstance(robustness, Sequence):
        raise SpecError(
            f"robustness= is True, or a list of {listing(CHOICES)}; found {robustness!r}."
        )
    return {name: choose("choice", name, CHOICES) for name in robustness}


def specification_table(
    judgement: Judgement, judged: pd.DataFrame, choices: Mapping[str, Choice]
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
    """
    under: dict[Specification, Judgement | str] = {judgement.fits.specification: judgement}
    rows = []
    for name, claim in judgement.claims.claims.items():
        for words, spec in _specifications(judgement, claim, choices):
            if spec not in under:
                under[spec] = _judgement_under(judgement, spec)
            rows += _rows(under[spec], spec, words, name, claim, judgement)
    then = {_key(row): row["verdict"] for row in judged.to_dict("records")}
    for row in rows:
        row["stands"] = None if row["verdict"] is None else row["verdict"] == then[_key(row)]
    table = as_table(rows, SPECIFICATIONS)
    table.attrs["record"] = {**judged.attrs["record"], "choices": list(choices)}
    return table


def _specifications(
    judgement: Judgement, claim: Claim, choices: Mapping[str, Choice]
) -> Iterator[tuple[str, Specification]]:
    """What was judged, all combinations of crossed choices, and the others one at a time."""
    spec = judgement.fits.specification
    kept = {name: choice for name, choice in choices.items() if choice.applies(judgement, claim)}
    crossed = [choice for choice in kept.values() if choice.crossed]
    for taken in product((False, True), repeat=len(crossed)):
        varied = [choice for choice, is_so in zip(crossed, taken, strict=True) if is_so]
        yield _named(varied, judgement, claim, spec)
    for choice in kept.values():
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
    told["says_en"] += [STANDS["en"].format(n=n, of=of) if of else "" for n, of in words]
    told["says_fr"] += [STANDS["fr"].format(n=n, of=of) if of else "" for n, of in words]
    told.attrs = dict(table.attrs)
    return told


def _key(row: Mapping[Any, Any]) -> tuple[object, object]:
    """Claim and part of a row; None for the claim as a whole."""
    return row["claim"], None if pd.isna(row["part"]) else row["part"]
