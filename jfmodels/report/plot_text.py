"""The words and numbers of a picture, in English and in French.

To add a language, give every entry of `PHRASES` its sentence in it and list its number signs in
`SIGNS`; the sentences of flags come from :data:`jfmodels.results.schema.FLAGS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from jfmodels.errors import SpecError, choose
from jfmodels.model.items import DONT_KNOW, REFUSED
from jfmodels.results.schema import FLAGS

__all__ = [
    "MINUS",
    "NARROW",
    "NO_BREAK",
    "PHRASES",
    "SIGNS",
    "Labels",
    "Wording",
    "missing",
    "wording",
]

type Labels = Mapping[str, str | Mapping[str, str]]

NO_BREAK = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Signs:
    """How a language writes numbers.

    Attributes
    ----------
    decimal, percent, colon : str
        The decimal mark, the percent sign and the colon, each with the space before it.
    thousands : str
        What stands between groups of three digits.
    between : str
        What stands between the two ends of an interval.
    """

    decimal: str
    percent: str
    colon: str
    between: str
    thousands: str


SIGNS: dict[str, Signs] = {
    "en": Signs(decimal=".", percent="%", colon=":", between=", ", thousands=","),
    "fr": Signs(
        decimal=",",
        percent=f"{NARROW}%",
        colon=f"{NO_BREAK}:",
        between=f"{NARROW}; ",
        thousands=NARROW,
    ),
}

PHRASES: dict[str, dict[str, str]] = {
    "all": {"en": "All", "fr": "Ensemble"},
    "wave": {"en": "Wave", "fr": "Vague"},
    "wave_in_time": {
        "en": "Wave (spaced as in time)",
        "fr": "Vague (espacée selon la date)",
    },
    "share": {"en": "Share", "fr": "Part"},
    "estimate": {"en": "Estimate", "fr": "Estimation"},
    "difference": {"en": "Difference", "fr": "Écart"},
    "mean": {"en": "Mean", "fr": "Moyenne"},
    "total": {"en": "Total", "fr": "Total"},
    "ratio": {"en": "Ratio", "fr": "Rapport"},
    "log_ratio": {"en": "Log ratio", "fr": "Logarithme du rapport"},
    "log_odds_ratio": {"en": "Log odds ratio", "fr": "Logarithme du rapport de cotes"},
    "others": {"en": "others", "fr": "les autres"},
    "points": {"en": "Percentage points", "fr": "Points de pourcentage"},
    "per_year": {"en": "per year", "fr": "par an"},
    "per_wave": {"en": "per wave", "fr": "par vague"},
    "slope": {"en": "slope", "fr": "pente"},
    "answers": {"en": "Answers", "fr": "Réponses"},
    "trends": {"en": "Trends over waves", "fr": "Évolution d'une vague à l'autre"},
    "change": {"en": "changes between waves", "fr": "écarts entre vagues"},
    "contrast": {"en": "differences between groups", "fr": "écarts entre groupes"},
    "difference in differences": {"en": "differences in change", "fr": "différences d'évolution"},
    "comparisons": {"en": "comparisons", "fr": "comparaisons"},
    "simulated": {"en": "Simulated data", "fr": "Données simulées"},
    "no_estimate": {"en": "no estimate", "fr": "sans estimation"},
    "key": {
        "en": "Points: estimates; bars: {coverage}intervals.",
        "fr": "Points : estimations ; barres : intervalles{coverage}.",
    },
    "hollow": {
        "en": "Hollow points: no interval could be computed.",
        "fr": "Points creux : aucun intervalle n'a pu être calculé.",
    },
    "gap": {
        "en": "A line breaks where a wave has no estimate.",
        "fr": "Une ligne s'interrompt quand une vague n'a pas d'estimation.",
    },
    "reworded": {
        "en": "A line breaks where the answers were worded otherwise: the sides do not compare.",
        "fr": "Une ligne s'interrompt quand les modalités de réponse ont changé : les deux côtés "
        "ne se comparent pas.",
    },
    "decisive_adjusted": {
        "en": "Dark: the difference from zero stands after adjustment; light: it does not.",
        "fr": "Foncé : l'écart à zéro tient après ajustement ; clair : il ne tient pas.",
    },
    "decisive_probability": {
        "en": "Dark: one sign has a probability of at least {bound}; light: neither has.",
        "fr": "Foncé : un signe a une probabilité d'au moins {bound} ; clair : aucun ne l'a.",
    },
    "modelled": {"en": "model, with its interval", "fr": "modèle, avec son intervalle"},
    "direct": {"en": "direct estimate", "fr": "estimation directe"},
    "modelled_alone": {"en": "model alone", "fr": "modèle seul"},
    "shrinkage_interval": {
        "en": "Bars: {coverage}intervals of the model.",
        "fr": "Barres : intervalles{coverage} du modèle.",
    },
    "shrinkage": {
        "en": "Arrows lead from the direct estimate to the model's.",
        "fr": "Les flèches mènent de l'estimation directe à celle du modèle.",
    },
    "shrinkage_few": {
        "en": "Hollow: fewer than 30 interviews, or all alike; the direct estimate says little.",
        "fr": "Creux : moins de 30 entretiens, ou tous semblables ; l'estimation directe dit peu.",
    },
    "shrinkage_unmet": {
        "en": "Light: nobody was interviewed here; the row rests on the model alone.",
        "fr": "Clair : personne n'y a été interrogé ; la ligne repose sur le seul modèle.",
    },
    "composition effect": {
        "en": "changes that composition makes",
        "fr": "écarts dus à la composition",
    },
    "composition effects": {
        "en": "changes, and what composition makes of them",
        "fr": "écarts, et ce qu'y fait la composition",
    },
    "by_composition": {"en": "due to composition", "fr": "dû à la composition"},
    "power": {"en": "Probability of being found", "fr": "Probabilité d'être détecté"},
    "power_of_changes": {
        "en": "power to find a change",
        "fr": "puissance pour détecter un écart",
    },
    "detectable": {"en": "smallest detectable change", "fr": "plus petit écart détectable"},
    "change_in_points": {
        "en": "True change, percentage points",
        "fr": "Écart réel, points de pourcentage",
    },
    "true_change": {"en": "True change", "fr": "Écart réel"},
    "people": {"en": "Interviews in a wave", "fr": "Entretiens par vague"},
    "clusters": {"en": "Clusters in a wave", "fr": "Grappes par vague"},
    "key_power": {
        "en": "Curves: probability that a two-sided t test at {alpha} finds a change of that size. "
        "Points: the smallest change found with a probability of {power}.",
        "fr": "Courbes : probabilité qu'un test t bilatéral au seuil de {alpha} détecte un écart "
        "de cette taille. Points : le plus petit écart détecté avec une probabilité de {power}.",
    },
    "key_size": {
        "en": "Curves: the smallest change that a two-sided t test at {alpha} finds with a "
        "probability of {power}. Points: the survey as planned.",
        "fr": "Courbes : le plus petit écart qu'un test t bilatéral au seuil de {alpha} détecte "
        "avec une probabilité de {power}. Points : l'enquête telle qu'elle est prévue.",
    },
    "everywhere": {"en": "All estimates", "fr": "Toutes les estimations"},
    "more": {"en": "{count} more", "fr": "{count} autres"},
}


# answers that a codebook gives codes rather than labels
ANSWERS: Labels = {
    DONT_KNOW: {"en": DONT_KNOW, "fr": "ne sait pas"},
    REFUSED: {"en": REFUSED, "fr": "refus"},
}

# over whom a model was averaged, as the column `over` says it
OVER: Labels = {
    "as fielded": {"en": "as fielded", "fr": "telle qu'interrogée"},
    "wave": {"en": "each wave's own people", "fr": "les gens de chaque vague"},
    "fixed": {"en": "the same people", "fr": "les mêmes gens"},
    "everyone": {"en": "everybody in every group", "fr": "chacun dans chaque groupe"},
}

# the ways to answer that a comparison sets side by side, as the column `fit` names them
WAYS: Labels = {
    "direct": {"en": "direct estimate", "fr": "estimation directe"},
    "weighted": {"en": "weighted regression", "fr": "régression pondérée"},
    "multilevel": {"en": "multilevel model", "fr": "modèle multiniveau"},
    "mrp": {"en": "poststratified model", "fr": "modèle poststratifié"},
}

# why there is no estimate, in the one or two words that a cell holds
REASONS: dict[str, dict[str, str]] = {
    "suppressed": {"en": "withheld", "fr": "masqué"},
    "not_asked": {"en": "not asked", "fr": "non posée"},
    "no_interviews": {"en": "no interviews", "fr": "sans entretien"},
}


@dataclass(frozen=True, slots=True)
class Wording:
    """A language, and the display texts that the user gave to names.

    Attributes
    ----------
    lang : str
        A key of :data:`SIGNS`.
    labels : mapping
        ``{name: text}`` or ``{name: {"en": text, "fr": text}}``.

    Examples
    --------
    >>> wording("en", {"Gao": "Region of Gao"}).name("Gao")
    'Region of Gao'
    """

    lang: str = "en"
    labels: Labels = field(default_factory=dict)

    @property
    def signs(self) -> Signs:
        """How the language writes numbers."""
        return SIGNS[self.lang]

    def phrase(self, key: str) -> str:
        """Say one of the fixed :data:`PHRASES`."""
        return choose("phrase", key, PHRASES)[self.lang]

    def name(self, value: object) -> str:
        """Say a group, a wave, an answer or an outcome.

        Examples
        --------
        >>> Wording().name("trust_army")
        'trust army'
        """
        return self._in_language(self.labels.get(str(value), str(value).replace("_", " ")), value)

    def _in_language(self, label: str | Mapping[str, str], value: object) -> str:
        """Give a text in the language, or in the one it has."""
        if isinstance(label, str):
            return label
        return label.get(self.lang) or next(iter(label.values()), str(value))

    def over(self, composition: object) -> str:
        """Say over whom a model was averaged; a census by its title."""
        known = self.labels.get(str(composition)) or OVER.get(str(composition))
        return self.name(composition) if known is None else self._in_language(known, composition)

    def names(self, values: Iterable[object]) -> str:
        """Say several names, leaving out missing ones, which stand for all groups together."""
        return self.listed(self.name(value) for value in values if not missing(value))

    def group(self, key: Iterable[object]) -> str:
        """Say a group by its names; all groups together where none is known.

        Examples
        --------
        >>> Wording().group(["Gao", None]), Wording().group([None]), Wording().group([])
        ('Gao', 'All', '')
        """
        values = list(key)
        return self.names(values) or (self.phrase("all") if values else "")

    def listed(self, parts: Iterable[str]) -> str:
        """Join the parts that are not empty."""
        return ", ".join(part for part in parts if part)

    def flag(self, code: str) -> str:
        """Say what a flag warns of."""
        return choose("flag", code, FLAGS)[self.lang]

    def why_missing(self, codes: Iterable[str]) -> str:
        """Say in a word or two why there is no estimate.

        Examples
        --------
        >>> Wording().why_missing(("not_asked",)), Wording("fr").why_missing(())
        ('not asked', 'sans estimation')
        """
        known = (REASONS[code][self.lang] for code in REASONS if code in codes)
        return next(known, self.phrase("no_estimate"))

    def after(self, head: str, tail: str) -> str:
        """Join two parts by a colon, or return the one that is not empty.

        Examples
        --------
        >>> Wording().after("Mopti", "Q6")
        'Mopti: Q6'
        """
        return f"{head}{self.signs.colon} {tail}" if head and tail else head or tail

    def number(self, value: float, decimals: int, *, signed: bool = False) -> str:
        """Write a number with a true minus sign and the language's marks.

        Examples
        --------
        >>> Wording("fr").number(-1.25, 2) == "\N{MINUS SIGN}1,25"
        True
        >>> Wording().number(1006.3, 1), Wording("fr").number(1006.3, 1).split()
        ('1,006.3', ['1', '006,3'])
        """
        # adding 0.0 turns a rounded -0.0 into 0.0, so that no zero carries a sign
        rounded = round(value, decimals) + 0.0
        sign = "+" if signed and rounded > 0 else ""
        return self.marked(f"{sign}{rounded:,.{decimals}f}")

    def marked(self, number: str) -> str:
        """Write an English number, such as "-1,006.3", with the language's marks."""
        marks = {"-": MINUS, ".": self.signs.decimal, ",": self.signs.thousands}
        return "".join(marks.get(each, each) for each in number)

    def points(self, number: str) -> str:
        """Name the unit of a number of points: one is a point, in French all below two are.

        Examples
        --------
        >>> Wording().points("1"), Wording().points("1.0"), Wording("fr").points("1,0")
        ('1 point', '1.0 points', '1,0 point')
        """
        plain = number.lstrip(f"+{MINUS}").replace(self.signs.thousands, "")
        plain = plain.replace(self.signs.decimal, ".")
        one = plain == "1" if self.lang == "en" else float(plain) < 2
        return f"{number} {'point' if one else 'points'}"

    def percent(self, share: float, decimals: int = 0) -> str:
        """Write a share as a percentage.

        Examples
        --------
        >>> Wording("en").percent(0.525, 1)
        '52.5%'
        """
        return self.number(100 * share, decimals) + self.signs.percent


def missing(value: object) -> bool:
    """Tell whether one value is missing.

    Examples
    --------
    >>> [missing(value) for value in (None, float("nan"), pd.NA, "Gao")]
    [True, True, True, False]
    """
    return value is None or value is pd.NA or value != value


def wording(lang: str, labels: Labels | None, table: pd.DataFrame | None = None) -> Wording:
    """Check the language; hold the user's labels, and the codebook's that a table carries.

    Raises
    ------
    SpecError
        If `lang` is not a key of :data:`SIGNS`, or what is given is no table.
    """
    choose("language", lang, SIGNS)
    given: object = table
    if not (given is None or isinstance(given, pd.DataFrame)):
        raise SpecError(
            "A picture is drawn of a table, such as fit.levels() gives; found "
            f"{type(given).__name__}."
        )
    known = {} if table is None else table.attrs.get("record", {}).get("labels", {})
    ways = WAYS if table is not None and "fit" in table.columns else {}
    texts = {**ANSWERS, **ways, **known, **(labels or {})}
    return Wording(lang, {str(name): text for name, text in texts.items()})
