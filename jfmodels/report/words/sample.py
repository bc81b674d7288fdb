"""Phrases about who was asked, and how."""

from __future__ import annotations

__all__ = ["MONTHS", "SAMPLE"]

SAMPLE: dict[str, dict[str, str]] = {
    "method": {"en": "Who was asked, and how", "fr": "Qui a été interrogé, et comment"},
    "interviews": {"en": "{n} interviews", "fr": "{n} entretiens"},
    "interviews_one": {"en": "{n} interview", "fr": "{n} entretien"},
    "waves": {"en": "{n} waves", "fr": "{n} vagues"},
    "waves_one": {"en": "{n} wave", "fr": "{n} vague"},
    "questions": {"en": "{n} questions", "fr": "{n} questions"},
    "questions_one": {"en": "{n} question", "fr": "{n} question"},
    "in_wave": {"en": "in {wave}", "fr": "en {wave}"},
    "from_to": {"en": "{first} to {last}", "fr": "du {first} au {last}"},
    "sample": {"en": "The sample", "fr": "L'échantillon"},
    "waves_table": {
        "en": "Fieldwork, wave by wave",
        "fr": "Le terrain, vague par vague",
    },
    "wave": {"en": "Wave", "fr": "Vague"},
    "fieldwork": {"en": "Fieldwork", "fr": "Terrain"},
    "n": {"en": "Interviews", "fr": "Entretiens"},
    "clusters": {"en": "Clusters", "fr": "Grappes"},
    "interviewers": {"en": "Interviewers", "fr": "Enquêteurs"},
    "same_team": {
        "en": "Same team as before",
        "fr": "Même équipe qu'avant",
    },
    "not_reached": {"en": "Not reached", "fr": "Non atteints"},
    "weight_effect": {"en": "Effect of weights", "fr": "Effet des poids"},
    "weight_note": {
        "en": "Effect of weights: by how much unequal weights alone inflate variances; 1 is none.",
        "fr": "Effet des poids : de combien l'inégalité des poids accroît à elle seule les "
        "variances ; 1 : aucun.",
    },
    "team_note": {
        "en": "Same team as before: share of interviews by interviewers who also worked in the "
        "wave before.",
        "fr": "Même équipe qu'avant : part des entretiens menés par des enquêteurs déjà présents "
        "à la vague précédente.",
    },
    "none": {"en": "none", "fr": "aucun"},
    "all_together": {"en": "All together", "fr": "Ensemble"},
    "design": {"en": "The design", "fr": "Le plan de sondage"},
    "strata_are": {
        "en": "Strata: {names}. Each was sampled on its own.",
        "fr": "Strates : {names}. Chacune a été échantillonnée à part.",
    },
    "clusters_unnamed": {
        "en": "Interviews were made in clusters, and people of one cluster resemble each other: "
        "intervals count that.",
        "fr": "Les entretiens ont été menés par grappes, et les personnes d'une même grappe se "
        "ressemblent : les intervalles en tiennent compte.",
    },
    "clusters_are": {
        "en": "Interviews were made in clusters ({names}), and people of one cluster resemble each "
        "other: intervals count that.",
        "fr": "Les entretiens ont été menés par grappes ({names}), et les personnes d'une même "
        "grappe se ressemblent : les intervalles en tiennent compte.",
    },
    "no_clusters": {
        "en": "The design names no clusters: intervals take people as drawn one by one.",
        "fr": "Le plan ne nomme pas de grappes : les intervalles supposent un tirage personne par "
        "personne.",
    },
    "repeats_nothing": {
        "en": "Every wave drew new clusters.",
        "fr": "Chaque vague a tiré de nouvelles grappes.",
    },
    "repeats_nobody": {
        "en": "Every wave asked other people.",
        "fr": "Chaque vague a interrogé d'autres personnes.",
    },
    "repeats_clusters": {
        "en": "Every wave returned to the same clusters and asked other people.",
        "fr": "Chaque vague est revenue dans les mêmes grappes pour interroger d'autres personnes.",
    },
    "repeats_people": {
        "en": "Every wave asked the same people again.",
        "fr": "Chaque vague a interrogé à nouveau les mêmes personnes.",
    },
    "target_population": {
        "en": "The clusters stand for others like them: the report speaks of the population "
        "that they were chosen from.",
        "fr": "Les grappes en représentent d'autres semblables : le rapport parle de la population "
        "dont elles sont issues.",
    },
    "target_these_clusters": {
        "en": "The report speaks of the clusters that were visited and of no others.",
        "fr": "Le rapport parle des grappes visitées et d'aucune autre.",
    },
    "weights_are": {
        "en": "Interviews are weighted.",
        "fr": "Les entretiens sont pondérés.",
    },
    "weights_none": {
        "en": "Interviews are not weighted: each counts the same.",
        "fr": "Les entretiens ne sont pas pondérés : chacun compte autant.",
    },
    "weights_adjusted": {
        "en": "Weights were adjusted to what is known of the population; intervals count what that "
        "adds.",
        "fr": "Les poids ont été ajustés à ce que l'on sait de la population ; les intervalles en "
        "tiennent compte.",
    },
    "inference": {
        "en": "Numbers in brackets are {coverage} intervals. Standard errors are design-based with "
        "a correction for few clusters (CR2), and every row has its own degrees of freedom.",
        "fr": "Les nombres entre crochets sont des intervalles à {coverage}. Les erreurs types "
        "suivent le plan de sondage, corrigées pour un petit nombre de grappes (CR2), et chaque "
        "ligne a ses propres degrés de liberté.",
    },
    "disclosure": {
        "en": "No number rests on fewer than {minimum} interviews, and no number is shown from "
        "which such a number could be worked out.",
        "fr": "Aucun chiffre ne repose sur moins de {minimum} entretiens, et aucun n'est montré "
        "dont on pourrait déduire un tel chiffre.",
    },
    "who_answered": {
        "en": "Who did not know, and who refused",
        "fr": "Qui ne savait pas, et qui a refusé",
    },
    "nonresponse_lead": {
        "en": "Of those asked in {wave}, or in the last wave that asked; unweighted. Questions for "
        "which the codebook has no such codes are not listed.",
        "fr": "Parmi les personnes interrogées en {wave}, ou lors de la dernière vague où la "
        "question a été posée ; sans pondération. Les questions sans codes de ce genre ne figurent "
        "pas.",
    },
    "no_codes": {
        "en": "The data do not tell those who did not know or refused from those without an "
        "answer.",
        "fr": "Les données ne distinguent pas ceux qui ne savaient pas ou ont refusé de ceux dont "
        "la réponse manque.",
    },
    "nonresponse_single": {
        "en": "Of those asked, unweighted.",
        "fr": "Parmi les personnes interrogées, sans pondération.",
    },
    "question": {"en": "Question", "fr": "Question"},
    "asked": {"en": "Asked", "fr": "Interrogés"},
    "dont_know": {"en": "Did not know", "fr": "Ne savait pas"},
    "refused": {"en": "Refused", "fr": "A refusé"},
    "counted_as": {"en": "Counted as", "fr": "Comptés comme"},
    "in_base": {"en": "in the base, giving no answer", "fr": "dans la base, sans réponse"},
    "excluded": {"en": "not in the base", "fr": "hors de la base"},
    "own_category": {"en": "answers of their own", "fr": "réponses à part entière"},
    "who_was_not_reached": {"en": "Who was not reached", "fr": "Qui n'a pas été atteint"},
    "all_reached": {
        "en": "Every wave reached all clusters.",
        "fr": "Chaque vague a atteint toutes les grappes.",
    },
    "some_not_reached": {
        "en": "Some clusters could not be reached in some waves. What their people would have said "
        "is not known; where violence keeps interviewers away, it may differ from what the others "
        "say.",
        "fr": "Certaines grappes n'ont pas pu être atteintes lors de certaines vagues. On ne sait "
        "pas ce que leurs habitants auraient dit ; là où la violence tient les enquêteurs à "
        "l'écart, leurs réponses peuvent différer de celles des autres.",
    },
    "not_reached_in": {"en": "{wave}: {places}.", "fr": "{wave} : {places}."},
    "place_in": {"en": "{n} in {group}", "fr": "{n} ({group})"},
    "no_interviews_in": {
        "en": "{wave}: nobody was interviewed in {groups}.",
        "fr": "{wave} : personne n'a été interrogé à {groups}.",
    },
    "no_places": {
        "en": "The design names no places that were to be reached again.",
        "fr": "Le plan ne nomme pas de lieux à revoir.",
    },
    "redrawn": {
        "en": "Every wave drew new clusters, so that none was to be reached again.",
        "fr": "Chaque vague a tiré de nouvelles grappes : aucune n'était à revoir.",
    },
}

MONTHS: dict[str, tuple[str, ...]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
}
