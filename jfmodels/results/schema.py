"""The column glossaries: what every table of the package may say, and in which words.

Tables take their columns from here and from nowhere else. To add a column, describe it here
and fill it where the table is made; documentation and contract tests follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jfmodels.errors import SpecError

__all__ = [
    "BY",
    "BY_REF",
    "COEFFICIENTS",
    "COLUMNS",
    "DIAGNOSTICS",
    "FLAGS",
    "TESTS",
    "Column",
    "columns",
]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a glossary.

    Attributes
    ----------
    dtype : str
        ``"category"`` (ordered as in the survey), ``"float"``, ``"int"``, ``"text"``,
        ``"bool"`` or ``"flags"`` (a sorted tuple of codes of :data:`FLAGS`).
    means : str
        What the column says, with its unit.
    """

    dtype: str
    means: str


BY = "<by>"
BY_REF = "<by>_ref"

COLUMNS: dict[str, Column] = {
    "outcome": Column("category", "the question asked, or the index over several"),
    "category": Column("category", "the answer, or answers, whose share is meant"),
    "estimand": Column("category", "what is estimated: level, change, contrast, slope, ..."),
    BY: Column("category", "the group; missing where the row speaks of all groups together"),
    "wave": Column("category", "the wave"),
    "outcome_ref": Column("category", "the outcome compared against"),
    "category_ref": Column("category", "the answer compared against"),
    BY_REF: Column("category", "the group compared against"),
    "wave_ref": Column("category", "the wave compared against"),
    "estimate": Column("float", "the estimate, in `unit`; shares lie in [0, 1]"),
    "std_error": Column("float", "standard error, or posterior standard deviation"),
    "low": Column("float", "lower end of the interval"),
    "high": Column("float", "upper end of the interval"),
    "coverage": Column("float", "content of the interval, for example 0.95"),
    "df": Column("float", "degrees of freedom of the row's own t; missing for Bayesian rows"),
    "p_value": Column(
        "float", "two-sided p of no difference (a ratio of 1); not for levels, Bayesian rows"
    ),
    "p_adjusted": Column("float", "p adjusted over the family that `adjustment` names"),
    "adjustment": Column("text", "method of adjustment and the number of rows in its family"),
    "prob_positive": Column(
        "float", "posterior probability above 0 (a ratio: above 1); Bayesian rows"
    ),
    "prob_rope": Column("float", "posterior probability of a negligible value; Bayesian rows only"),
    "mc_error": Column("float", "Monte Carlo standard error of the estimate; rows from draws only"),
    "n": Column("int", "interviews behind the row; of a comparison, its smaller side"),
    "n_clusters": Column("int", "clusters behind the row; of a comparison, its smaller side"),
    "n_effective": Column("float", "n divided by the design effect; levels only"),
    "deff": Column("float", "design effect: variance over that of simple random sampling; levels"),
    "unit": Column("text", "unit of `estimate`; a change of 0.05 in shares is 5 percentage points"),
    "target": Column("text", "'population': clusters vary; 'these_clusters': only people vary"),
    "over": Column("text", "composition averaged over; 'as fielded' where there is no model"),
    "engine": Column("text", "which engine answered"),
    "flag": Column("flags", "codes of what a reader must know before using the row"),
}

TESTS: dict[str, Column] = {
    "outcome": Column("text", "the outcome tested"),
    "category": Column("text", "the answer, or answers, tested"),
    "hypothesis": Column("text", "what is tested, in words"),
    "method": Column("text", "the test, in the field's name"),
    "statistic": Column("float", "test statistic"),
    "df1": Column("float", "numerator degrees of freedom: the number of contrasts"),
    "df2": Column("float", "denominator degrees of freedom"),
    "p_value": Column("float", "p of the joint hypothesis; missing where refused or Bayesian"),
    "probability": Column("float", "content of the smallest credible region that holds no change"),
    "flag": Column("flags", "codes of what a reader must know before using the row"),
}

COEFFICIENTS: dict[str, Column] = {
    "coefficient": Column("text", "the coefficient, in the words of the formula"),
    "estimate": Column("float", "on the scale of the linear predictor, or as a ratio"),
    "std_error": Column("float", "standard error; of a ratio, by the delta method"),
    "t": Column("float", "the linear predictor's coefficient over its standard error"),
    "df": Column("float", "degrees of freedom of the coefficient's own t"),
    "p_value": Column("float", "two-sided p of no effect"),
    "low": Column("float", "lower end of the interval"),
    "high": Column("float", "upper end of the interval"),
}

DIAGNOSTICS: dict[str, Column] = {
    "check": Column("text", "what was checked"),
    "subject": Column("text", "of what"),
    "value": Column("float", "the value found"),
    "threshold": Column("float", "the value from which there is reason to worry"),
    "ok": Column("bool", "whether the check passed"),
    "says": Column("text", "the finding in plain words"),
}

FLAGS: dict[str, dict[str, str]] = {
    "at_boundary": {
        "en": "A share of 0 or 1, or without variation: no t interval, and no verdict rests on it.",
        "fr": "Part de 0 ou 1, ou sans variation : pas d'intervalle de Student, aucun verdict.",
    },
    "cluster_dominates": {
        "en": "One cluster holds over half of the weight: the standard error is too small.",
        "fr": "Une grappe porte plus de la moitié du poids : l'erreur type est trop petite.",
    },
    "clusters_purposive": {
        "en": "Clusters were chosen on purpose: inference to the region rests on a model.",
        "fr": "Grappes choisies à dessein : l'inférence à la région repose sur un modèle.",
    },
    "few_clusters": {
        "en": "Fewer than 2 degrees of freedom: the interval is very wide and fragile.",
        "fr": "Moins de 2 degrés de liberté : l'intervalle est très large et fragile.",
    },
    "interviewers_replaced": {
        "en": "Over a quarter of the interviews had new interviewers: a change may be theirs.",
        "fr": "Plus d'un quart des entretiens par de nouveaux enquêteurs : écart incertain.",
    },
    "mc_error_large": {
        "en": "Monte Carlo error is large beside the uncertainty: draw more.",
        "fr": "L'erreur de Monte-Carlo est grande devant l'incertitude : tirer davantage.",
    },
    "model_based": {
        "en": "The row rests on a model rather than on interviews of its own.",
        "fr": "La ligne repose sur un modèle plutôt que sur ses propres entretiens.",
    },
    "no_interviews": {
        "en": "Nobody was interviewed here in this wave.",
        "fr": "Personne n'a été interrogé ici lors de cette vague.",
    },
    "not_asked": {
        "en": "The question was not asked in this wave.",
        "fr": "La question n'a pas été posée lors de cette vague.",
    },
    "one_cluster": {
        "en": "A tenth or more rests on strata of one cluster here, whose variance is not known.",
        "fr": "Un dixième ou plus repose sur des strates à grappe unique, de variance inconnue.",
    },
    "relabelled": {
        "en": "Answer wording changed between these waves; the codebook does not allow comparison.",
        "fr": "Les modalités ont changé entre ces vagues ; le codebook n'autorise pas l'écart.",
    },
    "small_cell": {
        "en": "Fewer than 30 interviews, or fewer than 30 effective ones.",
        "fr": "Moins de 30 entretiens, ou moins de 30 effectifs.",
    },
    "suppressed": {
        "en": "Withheld to protect the people who answered.",
        "fr": "Masqué pour protéger les répondants.",
    },
    "wide_interval": {
        "en": "The interval is too wide for the share to be published on its own (NCHS rule).",
        "fr": "Intervalle trop large pour publier la part isolément (règle NCHS).",
    },
}


def columns(by: Iterable[str]) -> list[str]:
    """List the columns of a table in order, the groups `by` put in their places.

    Examples
    --------
    >>> columns(["region"])[:5]
    ['outcome', 'category', 'estimand', 'region', 'wave']
    """
    names = list(by)
    places = {BY: names, BY_REF: [f"{name}_ref" for name in names]}
    listed = [column for name in COLUMNS for column in places.get(name, [name])]
    for name in names:
        if listed.count(name) > 1 or listed.count(f"{name}_ref") > 1:
            raise SpecError(f"Group '{name}' is a column of every table. Rename it in the data.")
    return listed
