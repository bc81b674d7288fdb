"""Phrases about levels, changes and what they rest on."""

from __future__ import annotations

__all__ = ["FINDINGS"]

FINDINGS: dict[str, dict[str, str]] = {
    "summary": {"en": "In brief", "fr": "En bref"},
    "what_changed": {"en": "What changed", "fr": "Ce qui a changé"},
    "cannot_tell": {"en": "What cannot be told", "fr": "Ce qui ne peut être établi"},
    "keep_in_mind": {"en": "Keep in mind", "fr": "À garder à l'esprit"},
    "topics": {"en": "What people said", "fr": "Ce que les gens ont dit"},
    "level": {"en": "Level", "fr": "Niveau"},
    "other_topics": {"en": "Other questions", "fr": "Autres questions"},
    "changes": {
        "en": "What changed since the last wave",
        "fr": "Ce qui a changé depuis la vague précédente",
    },
    "claims": {"en": "Verdicts on claims", "fr": "Verdicts sur les affirmations"},
    "all": {"en": "All", "fr": "Ensemble"},
    "and": {"en": " and ", "fr": " et "},
    "or": {"en": " or ", "fr": " ou "},
    "quoted": {"en": "“{text}”", "fr": "« {text} »"},
    "since": {"en": "Since {wave}", "fr": "Depuis {wave}"},
    "share_of": {
        "en": "Share answering {answers}. {base}",
        "fr": "Part des réponses {answers}. {base}",
    },
    "share_each": {"en": "Share of each answer. {base}", "fr": "Part de chaque réponse. {base}"},
    "share_named": {
        "en": "Share naming each; several could be named. {base}",
        "fr": "Part citant chacune ; plusieurs réponses possibles. {base}",
    },
    "mean_of": {"en": "Mean. {base}", "fr": "Moyenne. {base}"},
    "base_in_base": {
        "en": "Those who did not know or refused are in the base.",
        "fr": "Ceux qui ne savaient pas ou ont refusé sont dans la base.",
    },
    "base_excluded": {
        "en": "Those who did not know or refused are left out.",
        "fr": "Ceux qui ne savaient pas ou ont refusé sont exclus.",
    },
    "base_own_category": {
        "en": "Not knowing and refusing are answers of their own.",
        "fr": "Ne pas savoir et refuser comptent comme des réponses.",
    },
    "reworded": {
        "en": "In {waves} the answers were worded otherwise.",
        "fr": "En {waves}, les modalités de réponse étaient différentes.",
    },
    "level_is": {"en": "{level} in {wave}.", "fr": "{level} en {wave}."},
    "rose": {"en": "{since} it rose by {size}", "fr": "{since}, hausse de {size}"},
    "fell": {"en": "{since} it fell by {size}", "fr": "{since}, baisse de {size}"},
    "rose_in": {"en": "rose by {size}", "fr": "hausse de {size}"},
    "fell_in": {"en": "fell by {size}", "fr": "baisse de {size}"},
    "shown": {"en": " ({p}).", "fr": " ({p})."},
    "alone": {
        "en": ": beyond chance if it were the only change looked at ({p_alone}), but not among the "
        "{n} that were ({p}).",
        "fr": " : au-delà du hasard si ce changement était le seul examiné ({p_alone}), mais pas "
        "parmi les {n} examinés ({p}).",
    },
    "alone_brief": {
        "en": " (only if looked at alone: {p_alone}; {p}).",
        "fr": " (seulement si pris isolément : {p_alone} ; {p}).",
    },
    "not_shown": {
        "en": "{since} no change could be shown ({change}; {p}).",
        "fr": "{since}, aucun changement n'a pu être établi ({change} ; {p}).",
    },
    "not_tested": {
        "en": "{since}: {change}; no test is possible here.",
        "fr": "{since} : {change} ; aucun test n'est possible ici.",
    },
    "would_be_found": {
        "en": "Looked at alone, a change of {size} would have been found four times in five.",
        "fr": "Pris isolément, un changement de {size} aurait été détecté quatre fois sur cinq.",
    },
    "would_be_found_of": {
        "en": "Looked at alone, changes of {low} to {high} would have been found four times in "
        "five.",
        "fr": "Pris isolément, des changements de {low} à {high} auraient été détectés quatre "
        "fois sur cinq.",
    },
    "nothing_found": {
        "en": "No possible change would have been found four times in five.",
        "fr": "Aucun changement possible n'aurait été détecté quatre fois sur cinq.",
    },
    "none_shown_of": {
        "en": "{since} no change could be shown in any of the {n} answers.",
        "fr": "{since}, aucun changement n'a pu être établi pour aucune des {n} réponses.",
    },
    "none_other_shown": {
        "en": "In the other answers no change could be shown.",
        "fr": "Pour les autres réponses, aucun changement n'a pu être établi.",
    },
    "no_comparison": {
        "en": "{since}: not compared, since the wording of the answers changed.",
        "fr": "{since} : pas de comparaison, car les modalités de réponse ont changé.",
    },
    "no_change": {"en": "{since}: {reason}.", "fr": "{since} : {reason}."},
    "last_asked": {
        "en": "Not asked in {wave}; last asked in {last}.",
        "fr": "Question non posée en {wave} ; posée pour la dernière fois en {last}.",
    },
    "asked_once": {
        "en": "Asked for the first time: there is nothing to compare with.",
        "fr": "Question posée pour la première fois : rien à quoi la comparer.",
    },
    "p_value": {"en": "p {p}", "fr": "p {p}"},
    "p_adjusted": {"en": "adjusted p {p}", "fr": "p ajusté {p}"},
    "point": {"en": "{number} point", "fr": "{number} point"},
    "points": {"en": "{number} points", "fr": "{number} points"},
    "by_group": {"en": "{outcome}, by {group}", "fr": "{outcome}, par {group}"},
    "by_answer": {"en": "{outcome}, answer by answer", "fr": "{outcome}, réponse par réponse"},
    "by_group_in": {
        "en": "{outcome}, by {group} in {wave}",
        "fr": "{outcome}, par {group}, en {wave}",
    },
    "all_waves": {"en": "All waves as a table", "fr": "Toutes les vagues en tableau"},
    "group": {"en": "Group", "fr": "Groupe"},
    "answer": {"en": "Answer", "fr": "Réponse"},
    "change_points": {
        "en": "Change since {wave}, points",
        "fr": "Évolution depuis {wave}, points",
    },
    "change_plain": {"en": "Change since {wave}", "fr": "Évolution depuis {wave}"},
    "evidence": {"en": "Evidence", "fr": "Constat"},
    "notes": {"en": "Notes", "fr": "Notes"},
    "evidence_shown": {"en": "shown", "fr": "établi"},
    "evidence_alone": {"en": "only if looked at alone", "fr": "seulement si pris isolément"},
    "evidence_not_shown": {"en": "not shown", "fr": "non établi"},
    "evidence_not_tested": {"en": "no test", "fr": "pas de test"},
    "would_find": {"en": "Would be found", "fr": "Serait détecté"},
    "cell_not_asked": {"en": "not asked", "fr": "non posée"},
    "cell_no_interviews": {"en": "nobody asked", "fr": "aucun entretien"},
    "cell_suppressed": {"en": "withheld", "fr": "masqué"},
    "cell_relabelled": {"en": "not comparable", "fr": "non comparable"},
    "cell_missing": {"en": "no estimate", "fr": "sans estimation"},
    "no_interval": {"en": "no interval", "fr": "sans intervalle"},
    "trend_caption": {
        "en": "Line: estimates; band: {coverage} intervals. Lines break where a wave has no "
        "estimate.",
        "fr": "Ligne : estimations ; bande : intervalles à {coverage}. La ligne s'interrompt quand "
        "une vague n'a pas d'estimation.",
    },
    "reworded_caption": {
        "en": "A line breaks, too, where the answers were worded otherwise.",
        "fr": "Elle s'interrompt aussi quand les modalités de réponse ont changé.",
    },
    "team_caption": {
        "en": "Dotted upright: many of the interviewers were replaced.",
        "fr": "Trait vertical pointillé : beaucoup d'enquêteurs ont été remplacés.",
    },
    "panel_alt": {
        "en": "{name}: {first} in {first_wave}, {last} in {last_wave}.",
        "fr": "{name} : {first} en {first_wave}, {last} en {last_wave}.",
    },
    "panel_alt_one": {
        "en": "{name}: {last} in {last_wave}.",
        "fr": "{name} : {last} en {last_wave}.",
    },
    "panel_alt_none": {"en": "{name}: no estimate.", "fr": "{name} : sans estimation."},
    "no_answer": {"en": "no answer", "fr": "sans réponse"},
    "answers_title": {"en": "All answers", "fr": "Toutes les réponses"},
    "answers_alt": {
        "en": "Answers to {outcome} in each wave. {last_wave}: {shares}.",
        "fr": "Réponses à « {outcome} » à chaque vague. {last_wave} : {shares}.",
    },
    "answers_caption": {
        "en": "Bars: shares of each answer, to the left and right of the middle of the scale. "
        "Their intervals stand in the table of all waves.",
        "fr": "Barres : part de chaque réponse, à gauche et à droite du milieu de l'échelle. Les "
        "intervalles figurent dans le tableau de toutes les vagues.",
    },
    "group_changes": {
        "en": "Changes from {ref} to {wave} by {group}",
        "fr": "Évolution de {ref} à {wave} par {group}",
    },
    "changes_lead": {
        "en": "{n} changes were looked at. With so many, about {by_chance} would seem to stand out "
        "by chance alone; adjusted p-values (Holm) allow for that.",
        "fr": "{n} changements ont été examinés. Sur un tel nombre, le seul hasard en "
        "ferait se détacher environ {by_chance} ; les p ajustés (Holm) en tiennent compte.",
    },
    "changes_lead_few": {
        "en": "{n} changes were looked at. Chance alone would make each stand out once in {odds} "
        "times; adjusted p-values (Holm) allow for that.",
        "fr": "{n} changements ont été examinés. Le seul hasard ferait ressortir chacun une fois "
        "sur {odds} ; les p ajustés (Holm) en tiennent compte.",
    },
    "changes_lead_one": {
        "en": "One change was looked at.",
        "fr": "Un seul changement a été examiné.",
    },
    "group_changes_lead": {
        "en": "In points, with {coverage} intervals. Bold: shown after adjustment for {n} changes. "
        "Italic: beyond chance only if looked at alone.",
        "fr": "En points, avec intervalles à {coverage}. En gras : établi après ajustement pour "
        "{n} changements. En italique : au-delà du hasard seulement si pris isolément.",
    },
    "change": {"en": "Change", "fr": "Évolution"},
    "interval_picture": {"en": "Interval", "fr": "Intervalle"},
    "fact_none": {
        "en": "None of the {n} changes between {ref} and {wave} could be shown, once it is taken "
        "into account that chance alone makes some of so many stand out.",
        "fr": "Aucun des {n} changements entre {ref} et {wave} n'a pu être établi, une fois pris "
        "en compte que le seul hasard en fait ressortir quelques-uns sur un tel nombre.",
    },
    "fact_none_one": {
        "en": "No change between {ref} and {wave} could be shown.",
        "fr": "Aucun changement entre {ref} et {wave} n'a pu être établi.",
    },
    "fact_shown_one": {
        "en": "Between {ref} and {wave}, a change could be shown:",
        "fr": "Entre {ref} et {wave}, un changement a pu être établi :",
    },
    "fact_shown": {
        "en": "Between {ref} and {wave}, {k} of {n} changes could be shown:",
        "fr": "Entre {ref} et {wave}, {k} des {n} changements ont pu être établis :",
    },
    "fact_alone": {
        "en": "These stand out only if each is looked at alone; about {by_chance} of {n} would do "
        "so by chance:",
        "fr": "Les suivants ne se détachent que pris isolément ; environ {by_chance} sur {n} le "
        "feraient par hasard :",
    },
    "fact_alone_few": {
        "en": "These stand out only if each is looked at alone; chance alone would make each of "
        "the {n} do so once in {odds} times:",
        "fr": "Les suivants ne se détachent que pris isolément ; le seul hasard ferait ressortir "
        "chacun des {n} une fois sur {odds} :",
    },
    "fact_groups_shown": {
        "en": "Of {n} changes by {group}, {k} could be shown:",
        "fr": "Par {group}, {k} des {n} changements ont pu être établis :",
    },
    "fact_groups_none": {
        "en": "Of {n} changes by {group}, none could be shown.",
        "fr": "Par {group}, aucun des {n} changements n'a pu être établi.",
    },
    "fact_groups_shown_one": {
        "en": "By {group}, the one change that there is a test of could be shown:",
        "fr": "Par {group}, le seul changement pour lequel un test existe a pu être établi :",
    },
    "fact_groups_none_one": {
        "en": "By {group}, the one change that there is a test of could not be shown.",
        "fr": "Par {group}, le seul changement pour lequel un test existe n'a pas pu être établi.",
    },
    "finding_item": {"en": "{name}: {change}", "fr": "{name} : {change}"},
    "and_more": {
        "en": "and {n} more, under “{heading}”.",
        "fr": "et {n} autres, sous « {heading} ».",
    },
    "and_more_one": {
        "en": "and 1 more, under “{heading}”.",
        "fr": "et 1 autre, sous « {heading} ».",
    },
    "first_wave_only": {
        "en": "There is one wave, so that nothing can be said of change.",
        "fr": "Il n'y a qu'une vague : rien ne peut être dit d'un changement.",
    },
    "nothing_compared": {
        "en": "Between {ref} and {wave} there is no change of which there is a test.",
        "fr": "Entre {ref} et {wave}, il n'y a aucun changement pour lequel un test existe.",
    },
    "power_overall": {
        "en": "Looked at alone, a change of {size} in the whole would typically have been found "
        "four times in five. Smaller ones may have happened unseen: “no change could be shown” "
        "does not say that nothing changed.",
        "fr": "Pris isolément, un changement d'ensemble de {size} aurait en général été détecté "
        "quatre fois sur cinq. De plus petits ont pu passer inaperçus : « aucun changement n'a pu "
        "être établi » ne dit pas que rien n'a changé.",
    },
    "power_groups": {
        "en": "By {group} it takes {size}.",
        "fr": "Par {group}, il faut {size}.",
    },
    "power_groups_none": {
        "en": "By {group}, hardly any possible change would have been found.",
        "fr": "Par {group}, presque aucun changement possible n'aurait été détecté.",
    },
    "claims_count": {
        "en": "Of {n} claims, the data bear out {supported}, contradict {contradicted}, and leave "
        "{undecided} undecided.",
        "fr": "Sur {n} affirmations, les données en confirment {supported}, en contredisent "
        "{contradicted} et en laissent {undecided} indécises.",
    },
    "claims_lead": {
        "en": "A claim is supported or contradicted only where the interval says so; where it does "
        "not, the data cannot tell.",
        "fr": "Une affirmation n'est confirmée ou contredite que si l'intervalle le dit ; sinon, "
        "les données ne permettent pas de trancher.",
    },
    "claims_alone": {
        "en": "Each claim is judged by itself: one about a change can be supported although that "
        "change, among the {n} looked at, stands out only if looked at alone.",
        "fr": "Chaque affirmation est jugée pour elle-même : celle qui porte sur un changement "
        "peut être confirmée bien que celui-ci, parmi les {n} examinés, ne se détache que pris "
        "isolément.",
    },
}
