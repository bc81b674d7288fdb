"""The choices that a critic would vary, and when each of them cannot be.

To add a choice, list it in `CHOICES` with its name, its words, what hinders it for a claim (a
key of `HINDRANCES`) and what it does to a specification.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from jfmodels.claims.claim import Claim
from jfmodels.claims.judgement import Judgement
from jfmodels.claims.places import common_places, place_column
from jfmodels.claims.specification import Specification
from jfmodels.engines.default_formula import default_formula
from jfmodels.errors import SpecError, choose, listing
from jfmodels.survey.design import TARGETS

__all__ = ["CHOICES", "HINDRANCES", "Choice", "choices_named"]

HINDRANCES: Mapping[str, Mapping[str, str]] = {
    "all_answer": {
        "en": "no don't-know or refusal is coded",
        "fr": "aucun sans-avis ni refus n'est codé",
    },
    "same_weights": {
        "en": "all interviews weigh the same",
        "fr": "tous les entretiens pèsent autant",
    },
    "one_wave": {"en": "one wave is spoken of", "fr": "il n'est question que d'une vague"},
    "same_places": {
        "en": "all waves reached the same places",
        "fr": "toutes les vagues ont atteint les mêmes lieux",
    },
    "no_places": {
        "en": "the design names no places that can be met again",
        "fr": "le plan ne nomme aucun lieu qui puisse revenir",
    },
    "no_interviewers": {
        "en": "the design names no interviewers",
        "fr": "le plan ne nomme pas d'enquêteurs",
    },
    "not_direct": {
        "en": "only direct estimates can do so",
        "fr": "seules les estimations directes le permettent",
    },
    "no_clusters": {"en": "the design names no clusters", "fr": "le plan ne nomme pas de grappes"},
    "counted": {
        "en": "population corrections hold for one target alone",
        "fr": "les corrections de population finie ne valent que pour une cible",
    },
    "replicates": {
        "en": "errors come from replicate weights",
        "fr": "les erreurs viennent de poids répliqués",
    },
    "nothing_random": {
        "en": "the design names neither clusters nor interviewers",
        "fr": "le plan ne nomme ni grappes ni enquêteurs",
    },
    "multilevel": {
        "en": "a multilevel model is what was judged by",
        "fr": "c'est déjà un modèle multiniveau",
    },
    "no_covariates": {
        "en": "no covariates are named",
        "fr": "aucune covariable n'est nommée",
    },
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be done otherwise.

    Attributes
    ----------
    name : mapping of str to str
        Its name by language.
    words : callable
        Takes a judgement and a claim to what is done instead.
    hindrance : callable
        Takes them to the key of `HINDRANCES` that says why it cannot be varied, or changes
        nothing; empty where nothing hinders.
    vary : callable
        Takes the specification as judged, and the judgement, to the other one.
    crossed : bool
        Whether it is combined with the other crossed choices.
    """

    name: Mapping[str, str]
    words: Callable[[Judgement, Claim], str]
    hindrance: Callable[[Judgement, Claim], str]
    vary: Callable[[Specification, Judgement], Specification]
    crossed: bool = False


def _base_words(judgement: Judgement, claim: Claim) -> str:
    bases = {judgement.fits.specification.base_of(part.base) for part in claim.parts.values()}
    texts = {"in_base": "don't know excluded", "excluded": "don't know in the base"}
    return texts[bases.pop()] if len(bases) == 1 else "the other don't-know base"


def _base(judgement: Judgement, claim: Claim) -> str:
    """Whether anybody could fail to answer one of the questions."""
    book = judgement.fits.source.codebook.outcomes
    read = [reading.outcome for part in claim.parts.values() for reading in part.readings]
    silent = any(book[name].dont_know or book[name].refused for name in read if name in book)
    return "" if silent else "all_answer"


def _weights(judgement: Judgement, claim: Claim) -> str:
    if judgement.fits.specification.replicates is not None:
        return "replicates"
    return "" if _weighted(judgement) else "same_weights"


def _weighted(judgement: Judgement) -> bool:
    """Whether weights vary."""
    weight = judgement.fits.source.rows.weight
    return bool(np.ptp(weight) > 1e-12 * weight.mean())


def _places(judgement: Judgement, claim: Claim) -> str:
    survey, parts = judgement.fits.source, claim.parts.values()
    if any(common_places(survey, part.waves) is not None for part in parts):
        return ""
    if all(len(set(part.waves)) < 2 for part in parts):
        return "one_wave"
    return "no_places" if place_column(survey) is None else "same_places"


def _interviewers(judgement: Judgement, claim: Claim) -> str:
    if not judgement.fits.specification.is_direct:
        return "not_direct"
    if judgement.fits.specification.replicates is not None:
        return "replicates"
    return "" if judgement.fits.source.design.interviewer else "no_interviewers"


def _target(judgement: Judgement, claim: Claim) -> str:
    stages = judgement.fits.source.design.all_stages
    if not stages:
        return "no_clusters"
    if judgement.fits.source.design.replicates is not None:
        return "replicates"
    return "counted" if any(stage.fpc for stage in stages) else ""


def _other_target(judgement: Judgement) -> str:
    return next(name for name in TARGETS if name != judgement.fits.survey.design.target)


def _engine(judgement: Judgement, claim: Claim) -> str:
    """Whether there is a multilevel model for one of the questions."""
    if judgement.fits.specification.is_bayesian:
        return "multilevel"
    outcome = next(iter(judgement.fits.survey.codebook.outcomes))
    try:
        default_formula(judgement.fits.survey, outcome, (), (), random=True)
    except SpecError:
        return "nothing_random"
    return ""


def _multilevel(spec: Specification, judgement: Judgement) -> Specification:
    weighting = "ignore" if _weighted(judgement) else None
    return replace(spec, engine="laplace", weighting=spec.weighting or weighting)


def _composition(judgement: Judgement, claim: Claim) -> str:
    return "" if judgement.fits.specification.covariates else "no_covariates"


CHOICES: Mapping[str, Choice] = {
    "base": Choice(
        {"en": "don't-know base", "fr": "base des sans-avis"},
        _base_words,
        _base,
        lambda spec, _: replace(spec, other_base=True),
        crossed=True,
    ),
    "weights": Choice(
        {"en": "weights", "fr": "pondération"},
        lambda *_: "without weights",
        _weights,
        lambda spec, _: replace(spec, weights=False),
        crossed=True,
    ),
    "places": Choice(
        {"en": "common places", "fr": "lieux communs"},
        lambda *_: "places that all waves reached",
        _places,
        lambda spec, _: replace(spec, common_places=True),
        crossed=True,
    ),
    "interviewers": Choice(
        {"en": "interviewers", "fr": "enquêteurs"},
        lambda *_: "interviewers as clusters too",
        _interviewers,
        lambda spec, _: replace(spec, interviewers="cluster"),
    ),
    "target": Choice(
        {"en": "target", "fr": "cible"},
        lambda judgement, _: f"target: {_other_target(judgement).replace('_', ' ')}",
        _target,
        lambda spec, judgement: replace(spec, target=_other_target(judgement)),
    ),
    "engine": Choice(
        {"en": "multilevel model", "fr": "modèle multiniveau"},
        lambda *_: "multilevel model",
        _engine,
        _multilevel,
    ),
    "composition": Choice(
        {"en": "composition", "fr": "composition"},
        lambda *_: "regression at the composition of all waves",
        _composition,
        lambda spec, _: replace(spec, engine="weighted", over="fixed"),
    ),
}


def choices_named(robustness: bool | Sequence[str]) -> dict[str, Choice]:
    """The choices to vary: all, or those named."""
    if robustness is True:
        return dict(CHOICES)
    if isinstance(robustness, str) or not isinstance(robustness, Sequence) or not robustness:
        raise SpecError(
            f"robustness= is True, False, or a list of {listing(CHOICES)}; found {robustness!r}."
        )
    return {name: choose("choice", name, CHOICES) for name in robustness}
