"""The words of which sentences about verdicts are made, in English and French."""

from __future__ import annotations

from collections.abc import Mapping

from jfmodels.claims.rules import CONTRADICTED, SUPPORTED, UNDECIDED

__all__ = ["LANGUAGES", "word"]

LANGUAGES = ("en", "fr")
WORDS: Mapping[str, tuple[str, str]] = {
    SUPPORTED: ("The data bear out {said}.", "Les données confirment {said}."),
    CONTRADICTED: ("The data contradict {said}.", "Les données contredisent {said}."),
    UNDECIDED: (
        "The data do not bear out {said}, nor do they refute it.",
        "Les données ne permettent ni de confirmer {said}, ni de l'écarter.",
    ),
    "blocked": ("No verdict rests on this: {why}", "Aucun verdict ne repose là-dessus : {why}"),
    "closest": (", the closest call of {n}", ", le cas le plus serré sur {n}"),
    "clear": (", just clear of {end}", ", tout juste à l'écart de {end}"),
    "detectable": (
        "A difference of {size} would have been found four times in five.",
        "Un écart de {size} aurait été détecté quatre fois sur cinq.",
    ),
    "reproduced": (
        "The published number is reproduced.",
        "Le chiffre publié est retrouvé.",
    ),
    "not_reproduced": (
        "The published number is not reproduced.",
        "Le chiffre publié n'est pas retrouvé.",
    ),
    "other_in_base": (
        "With don't-know in the base it would be {size}.",
        "Avec les sans-avis dans la base, ce serait {size}.",
    ),
    "other_excluded": (
        "With don't-know excluded it would be {size}.",
        "Sans les sans-avis, ce serait {size}.",
    ),
    "places": ("places", "lieux"),
    "others": ("the others", "les autres"),
    "beyond": (" of more than {margin}", " de plus de {margin}"),
    "apart": (" by more than {margin}", " de plus de {margin}"),
    "percent": ("{number} %", "{number} %"),
    "and": (" and ", " et "),
    "refused": ("There is no answer: {why}", "Pas de réponse : {why}"),
    "caution": ("Note: {why}", "À noter : {why}"),
    "joined_all": ("Borne out: {n} of {of} parts", "Parties confirmées : {n} sur {of}"),
    "not_borne": (
        "; the data do not bear the part about {parts}",
        " ; les données n'établissent pas ce qui concerne {parts}",
    ),
    "refuted": (
        "; they contradict the part about {parts}",
        " ; elles contredisent ce qui concerne {parts}",
    ),
    "quoted": ("“{text}”", "« {text} »"),
    "whole": ("the sentence as a whole is {verdict}.", "la phrase entière est {verdict}."),
    "colon": (": ", " : "),
    "verdict_supported": ("supported", "confirmée"),
    "verdict_contradicted": ("contradicted", "contredite"),
    "verdict_undecided": ("undecided", "indécise"),
}


def word(key: str, lang: str) -> str:
    """Look words up in a language."""
    return WORDS[key][LANGUAGES.index(lang)]
