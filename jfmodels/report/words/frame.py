"""Phrases of the frame of a page, and of verdicts on it."""

from __future__ import annotations

__all__ = ["FRAME"]

FRAME: dict[str, dict[str, str]] = {
    "skip": {"en": "Skip to the content", "fr": "Aller au contenu"},
    "contents": {"en": "Contents", "fr": "Sommaire"},
    "simulated_mark": {"en": "Simulated data", "fr": "Données simulées"},
    "simulated": {
        "en": "Simulated data: nobody ever gave these answers.",
        "fr": "Données simulées : personne n'a donné ces réponses.",
    },
    "title": {"en": "What changed between waves", "fr": "Ce qui a changé d'une vague à l'autre"},
    "title_single": {"en": "What people said", "fr": "Ce que les gens ont dit"},
    "record": {"en": "How this came about", "fr": "Comment ceci a été obtenu"},
    "claims_title": {
        "en": "Do the data bear the claims?",
        "fr": "Les données portent-elles ces affirmations ?",
    },
    "supported": {"en": "supported", "fr": "confirmée"},
    "contradicted": {"en": "contradicted", "fr": "contredite"},
    "undecided": {"en": "undecided", "fr": "indécise"},
    "reproduced": {"en": "number reproduced", "fr": "chiffre retrouvé"},
    "not_reproduced": {"en": "number not reproduced", "fr": "chiffre non retrouvé"},
    "stands": {
        "en": "stands in {share} of specifications",
        "fr": "tient dans {share} des spécifications",
    },
    "judged_again": {"en": "Judged in {n} ways", "fr": "Jugée de {n} façons"},
    "specification": {"en": "Done otherwise", "fr": "Fait autrement"},
    "found": {"en": "Found", "fr": "Constaté"},
    "not_varied": {"en": "Not varied: {what}.", "fr": "Sans variante : {what}."},
    "moved": {
        "en": "What moved since the earlier run",
        "fr": "Ce qui a changé depuis la fois précédente",
    },
    "still": {
        "en": "Nothing moved since the earlier run.",
        "fr": "Rien n'a changé depuis la fois précédente.",
    },
    "verdict": {"en": "Verdict", "fr": "Verdict"},
    "parts": {"en": "Part by part", "fr": "Partie par partie"},
    "data_hash": {"en": "Fingerprint of the data", "fr": "Empreinte des données"},
    "codebook_hash": {"en": "Fingerprint of the codebook", "fr": "Empreinte du dictionnaire"},
    "claims_hash": {"en": "Fingerprint of the claims", "fr": "Empreinte des affirmations"},
    "versions": {"en": "Versions", "fr": "Versions"},
    "call": {"en": "Call", "fr": "Appel"},
    "n_record": {"en": "Interviews read", "fr": "Entretiens lus"},
    "record_lead": {
        "en": "The same data, codebook and versions give the same report.",
        "fr": "Les mêmes données, le même dictionnaire et les mêmes versions donnent le même "
        "rapport.",
    },
}
