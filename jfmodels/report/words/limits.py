"""Phrases about what a report cannot tell, and about how to read it."""

from __future__ import annotations

__all__ = ["LIMITS"]

LIMITS: dict[str, dict[str, str]] = {
    "limits": {"en": "Limits", "fr": "Limites"},
    "why": {
        "en": "A change between waves does not say why it happened.",
        "fr": "Un changement entre deux vagues ne dit pas pourquoi il a eu lieu.",
    },
    "few_clusters_limit": {
        "en": "{n} clusters were visited in {wave}. What they say of all others is uncertain, and "
        "no number of interviews within them would change that.",
        "fr": "{n} grappes ont été visitées en {wave}. Ce qu'elles disent de toutes les autres est "
        "incertain, et aucun nombre d'entretiens en leur sein n'y changerait rien.",
    },
    "these_clusters_limit": {
        "en": "The numbers speak of the clusters that were visited and not of the regions around "
        "them.",
        "fr": "Les chiffres parlent des grappes visitées et non des régions qui les entourent.",
    },
    "purposive_limit": {
        "en": "Clusters were chosen on purpose rather than drawn by chance: what is said of the "
        "regions rests on the assumption that they resemble the others.",
        "fr": "Les grappes ont été choisies à dessein et non tirées au sort : ce qui est dit des "
        "régions suppose qu'elles ressemblent aux autres.",
    },
    "teams_limit": {
        "en": "Interviewers changed: in {waves} fewer than three quarters of the interviews were "
        "made by people who had worked in the wave before. A change between these waves may be "
        "theirs.",
        "fr": "Les enquêteurs ont changé : en {waves}, moins des trois quarts des entretiens ont "
        "été menés par des personnes présentes à la vague précédente. Un écart entre ces vagues "
        "peut tenir à eux.",
    },
    "no_teams_limit": {
        "en": "The data do not say who interviewed whom, so that a change of interviewers would "
        "pass unseen.",
        "fr": "Les données ne disent pas qui a interrogé qui : un changement d'enquêteurs "
        "passerait inaperçu.",
    },
    "not_reached_limit": {
        "en": "Clusters went unvisited in {waves}. If those who could not be asked had changed "
        "most, the report would not know.",
        "fr": "Des grappes n'ont pas été visitées en {waves}. Si ceux que l'on n'a pas pu "
        "interroger avaient le plus changé, le rapport n'en saurait rien.",
    },
    "withheld_limit": {
        "en": "{n} numbers are withheld, since they rest on too few people.",
        "fr": "{n} chiffres sont masqués, car ils reposent sur trop peu de personnes.",
    },
    "withheld_limit_one": {
        "en": "One number is withheld, since it rests on too few people.",
        "fr": "Un chiffre est masqué, car il repose sur trop peu de personnes.",
    },
    "flagged": {
        "en": "What the letters say",
        "fr": "Ce que disent les lettres",
    },
    "flagged_lead": {
        "en": "A letter beside a number says what must be known before the number is used.",
        "fr": "Une lettre à côté d'un chiffre dit ce qu'il faut savoir avant de s'en servir.",
    },
    "no_flags": {
        "en": "No number had to be marked.",
        "fr": "Aucun chiffre n'a dû être signalé.",
    },
    "flag": {"en": "Letter", "fr": "Lettre"},
    "means": {"en": "What it says", "fr": "Ce qu'elle dit"},
    "rows_flagged": {"en": "Numbers marked", "fr": "Chiffres signalés"},
    "levels_flagged": {"en": "{k} of {n}", "fr": "{k} sur {n}"},
    "reading": {"en": "How to read the numbers", "fr": "Comment lire les chiffres"},
    "reading_interval": {
        "en": "52 % [47, 57]: the estimate, and the interval that holds the true value in "
        "{coverage} of surveys like this one. A change is in percentage points: from 50 % to 55 % "
        "it is 5 points.",
        "fr": "52 % [47 ; 57] : l'estimation, et l'intervalle qui contient la vraie valeur dans "
        "{coverage} des enquêtes comme celle-ci. Un changement se dit en points de pourcentage : "
        "de 50 % à 55 %, 5 points.",
    },
    "reading_p": {
        "en": "The adjusted p says how often chance alone would produce at least one change as "
        "clear among all those looked at. Below 0.05 a change counts as shown.",
        "fr": "Le p ajusté dit combien de fois le seul hasard produirait au moins un changement "
        "aussi net parmi tous ceux examinés. En dessous de 0,05, le changement est dit établi.",
    },
}
