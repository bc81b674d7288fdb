"""What is said around the numbers of a table for a paper, in English and French."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from jfmodels.report.plot_text import Wording
from jfmodels.report.words import thousands

__all__ = [
    "base_notes",
    "brackets",
    "interval_kind",
    "method_notes",
    "unit_words",
    "word",
]

WORDS: Mapping[str, tuple[str, str]] = {
    "level": ("Levels", "Niveaux"),
    "change": ("Changes", "Évolutions"),
    "contrast": ("Differences", "Écarts"),
    "difference in differences": ("Differences in change", "Différences d'évolution"),
    "slope": ("Trend", "Tendance"),
    "index": ("Index", "Indice"),
    "lowest": ("Lowest", "Minimum"),
    "highest": ("Highest", "Maximum"),
    "range": ("Range", "Étendue"),
    "composition effect": ("Effect of composition", "Effet de composition"),
    "by": ("{subject}, by {groups}", "{subject}, par {groups}"),
    "estimate": ("Estimate", "Estimation"),
    "interval": ("Interval", "Intervalle"),
    "p_adjusted": ("p", "p"),
    "prob_positive": ("P(> 0)", "P(> 0)"),
    "prob_rope": ("P(negligible)", "P(négligeable)"),
    "n": ("n", "n"),
    "percent": ("Percent", "Pourcentage"),
    "points": ("Percentage points", "Points de pourcentage"),
    "mean": ("Mean", "Moyenne"),
    "mean difference": ("Difference of means", "Différence de moyennes"),
    "total": ("Total", "Total"),
    "ratio": ("Ratio", "Rapport"),
    "per year": ("per year", "par an"),
    "per wave": ("per wave", "par vague"),
    "confidence": (
        "{content} confidence intervals in brackets",
        "intervalles de confiance à {content} entre crochets",
    ),
    "credible": (
        "{content} credible intervals in brackets",
        "intervalles de crédibilité à {content} entre crochets",
    ),
    "intervals": ("{content} intervals in brackets", "intervalles à {content} entre crochets"),
    "in_base": (
        "“Don't know” and refusals count in the base",
        "Les « ne sait pas » et les refus comptent dans la base",
    ),
    "excluded": (
        "“Don't know” and refusals are left out of the base",
        "Les « ne sait pas » et les refus sont exclus de la base",
    ),
    "own_category": (
        "“Don't know” and refusals are answers of their own",
        "Les « ne sait pas » et les refus sont des réponses à part",
    ),
    "asked": ("n = {n} interviews behind an estimate", "n = {n} entretiens par estimation"),
    "asked_least": (
        "n = {n} interviews behind an estimate, on the smaller side of a comparison",
        "n = {n} entretiens par estimation, du côté le plus petit d'une comparaison",
    ),
    "to": ("{low} to {high}", "{low} à {high}"),
    "weighted_by": ("Weighted by “{column}”", "Pondéré par « {column} »"),
    "unweighted": ("Not weighted", "Non pondéré"),
    "adjusted_weights": ("weights were adjusted", "poids redressés"),
    "quota": ("Quota sample", "Échantillon par quotas"),
    "population": (
        "Errors speak of the population: clusters vary",
        "Erreurs relatives à la population : les grappes varient",
    ),
    "these_clusters": (
        "Errors speak of these clusters: only people vary",
        "Erreurs relatives à ces grappes : seules les personnes varient",
    ),
    "cr2": (
        "CR2 standard errors with Satterthwaite degrees of freedom",
        "Erreurs types CR2, degrés de liberté de Satterthwaite",
    ),
    "none": (
        "Linearised standard errors with the design's degrees of freedom",
        "Erreurs types par linéarisation, degrés de liberté du plan",
    ),
    "replicates": (
        "Standard errors from replicates of the sample",
        "Erreurs types par réplication de l'échantillon",
    ),
    "posterior": ("Posterior means and intervals", "Moyennes et intervalles a posteriori"),
    "pseudo": (
        "Posterior means; intervals adjusted to the design",
        "Moyennes a posteriori ; intervalles ajustés au plan",
    ),
    "likelihood_unweighted": (
        "interviews count alike in the multilevel model",
        "les entretiens comptent à égalité dans le modèle multiniveau",
    ),
    "link": ("{family}, {link} link", "{family}, lien {link}"),
    "direct": ("Direct estimates, without a model", "Estimations directes, sans modèle"),
    "weighted": ("Survey-weighted regression", "Régression pondérée"),
    "laplace": ("Multilevel model", "Modèle multiniveau"),
    "nuts": ("Multilevel model (MCMC)", "Modèle multiniveau (MCMC)"),
    "multilevel": ("Multilevel model", "Modèle multiniveau"),
    "mrp": ("Multilevel model over a census", "Modèle multiniveau sur un recensement"),
    "prior": ("Prior alone, no answers seen", "Loi a priori seule, sans réponses"),
    "over_wave": (
        "averaged over each wave's own people",
        "moyenne sur les personnes de chaque vague",
    ),
    "over_fixed": (
        "averaged over the people of all waves together",
        "moyenne sur les personnes de toutes les vagues",
    ),
    "over_everyone": (
        "averaged over everyone, moved to every group",
        "moyenne sur tous, placés dans chaque groupe",
    ),
    "over": ("averaged over the population “{over}”", "moyenne sur la population « {over} »"),
    "holm": ("p adjusted by Holm's method over {n} rows", "p ajusté (Holm) sur {n} lignes"),
    "bonferroni": (
        "p adjusted by Bonferroni's method over {n} rows",
        "p ajusté (Bonferroni) sur {n} lignes",
    ),
    "bh": (
        "p adjusted for the false discovery rate (Benjamini-Hochberg) over {n} rows",
        "p ajusté pour le taux de fausses découvertes (Benjamini-Hochberg) sur {n} lignes",
    ),
    "no_adjustment": ("p not adjusted", "p non ajusté"),
    "simulated": (
        "Simulated data: nobody gave these answers",
        "Données simulées : personne n'a donné ces réponses",
    ),
    "no_estimate": ("– : no estimate", "– : pas d'estimation"),
    "everywhere": ("All estimates: {text}", "Toutes les estimations : {text}"),
    "odds ratio": ("odds ratios", "rapports de cotes"),
    "hazard ratio": ("hazard ratios", "rapports de risques instantanés"),
    "rate ratio": ("rate ratios", "rapports de taux"),
    "intercept": ("Intercept", "Constante"),
    "coefficients": ("Regression coefficients", "Coefficients de régression"),
    "wave": ("Wave", "Vague"),
}

POPULATION = "population: "  # before the name of a table of people


def word(key: str, lang: str) -> str:
    """Say one of :data:`WORDS`."""
    return WORDS[key][0 if lang == "en" else 1]


def unit_words(unit: str, lang: str) -> str:
    """Name the unit of a table's numbers, of which shares are printed in hundredths."""
    period = next((f" {word(each, lang)}" for each in ("per year", "per wave") if each in unit), "")
    if unit == "share":
        return word("percent", lang)
    if unit.startswith("share"):
        return word("points", lang) + period
    known = ("mean difference", "mean", "total", "ratio")
    found = next((word(each, lang) for each in known if unit.startswith(each)), unit)
    return found + period


def interval_kind(table: pd.DataFrame) -> str:
    """Tell confidence intervals from credible ones; a table of both has but intervals."""
    if "mc_error" not in table:
        return "confidence"
    drawn = table.loc[table["estimate"].notna(), "mc_error"].notna()
    return "credible" if drawn.all() else "intervals" if drawn.any() else "confidence"


def brackets(kind: str, coverage: float, words: Wording) -> str:
    """Say what stands in brackets: intervals of a kind and content."""
    decimals = 0 if abs(100 * coverage - round(100 * coverage)) < 1e-9 else 1
    return word(kind, words.lang).format(content=words.percent(coverage, decimals))


def base_notes(table: pd.DataFrame, words: Wording) -> Iterator[str]:
    """Say who is counted: the base, how many, and their weights."""
    lang, record = words.lang, table.attrs.get("record", {})
    named = [table[name] for name in ("outcome", "outcome_ref") if name in table]
    outcomes = {str(name) for column in named for name in column.dropna().unique()}
    policies = {record.get("base", {}).get(name) for name in outcomes} - {None}
    yield from (f"{word(policy, lang)}." for policy in sorted(policies))
    n = table["n"].dropna() if "n" in table else pd.Series(dtype="int64")
    if len(n):
        yield f"{_interviews(n, bool(table['estimand'].ne('level').any()), lang)}."
    if "design" in record:
        yield f"{_weights(record, _over_a_population(table), lang)}."


def _interviews(n: pd.Series[int], compared: bool, lang: str) -> str:
    """Say how many interviews the rows rest on."""
    ends = [thousands(each, lang) for each in sorted({n.min(), n.max()})]
    span = word("to", lang).format(low=ends[0], high=ends[-1]) if len(ends) > 1 else ends[0]
    return word("asked_least" if compared else "asked", lang).format(n=span)


def _over_a_population(table: pd.DataFrame) -> bool:
    """Tell whether all rows are averaged over a table of people, not over those interviewed."""
    over = table["over"].dropna().astype(str)
    return len(over) > 0 and bool(over.str.startswith(POPULATION).all())


def _weights(record: Mapping[str, Any], over_a_population: bool, lang: str) -> str:
    column, adjusted = record["design"]["weights"], bool(record.get("weights"))
    unused = over_a_population and record.get("errors") == "posterior"
    if unused:
        said = [word("likelihood_unweighted", lang)]
    elif record.get("quota"):
        said = [word("quota", lang)]
    elif column is None:
        said = [] if adjusted else [word("unweighted", lang)]
    else:
        said = [word("weighted_by", lang).format(column=column)]
        if "posterior" in record.get("errors", ""):
            said.append(word("likelihood_unweighted", lang))
    said += [word("adjusted_weights", lang)] if adjusted and not unused else []
    text = "; ".join(said) if lang == "en" else " ; ".join(said)
    return text[:1].upper() + text[1:]


def method_notes(table: pd.DataFrame, lang: str) -> Iterator[str]:
    """Say how it was estimated: engine, composition, errors, target, adjustment."""
    record = table.attrs.get("record", {})
    for engine in table["engine"].dropna().unique():
        over = [
            _over(str(each), lang)
            for each in table.loc[table["engine"] == engine, "over"].dropna().unique()
        ]
        said = ("; " if lang == "en" else " ; ").join([word(engine, lang), *filter(None, over)])
        yield f"{said}."
    for errors in filter(None, record.get("errors", "").split(" + ")):
        yield f"{word(errors.removesuffix('_rows'), lang)}."
    for target in table["target"].dropna().unique():
        yield f"{word(target, lang)}."
    for adjustment in table["adjustment"].dropna().unique():
        method, _, n = adjustment.partition(" over ")
        if n == "1":
            continue
        said = word("no_adjustment" if method == "none" else method, lang).format(n=n)
        yield f"{said}."


def _over(over: str, lang: str) -> str:
    if over == "as fielded":
        return ""
    known = f"over_{over}"
    if known in WORDS:
        return word(known, lang)
    return word("over", lang).format(over=over.removeprefix(POPULATION))
