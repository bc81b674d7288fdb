"""The column glossaries: what every table of the package may say, and in which words.

Tables take their columns from here and from nowhere else. To add a column, describe it here
and fill it where the table is made; documentation and contract tests follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jfmodels.errors import SpecError

__all__ = [
    "AGREEMENT",
    "BY",
    "BY_REF",
    "CHANCES",
    "COEFFICIENTS",
    "COLUMNS",
    "COMPONENTS",
    "DETECTABLE",
    "DIAGNOSTICS",
    "EFFECTS",
    "FAILURES",
    "FLAGS",
    "GLOSSARIES",
    "LEAVE_OUT",
    "MISSING_PLACES",
    "MOVED",
    "PREDICTIONS",
    "PREDICTIVE",
    "SENSITIVITY",
    "SHOWN",
    "SIGN_MAGNITUDE",
    "SMALL_AREAS",
    "SPECIFICATIONS",
    "STACKED",
    "TESTS",
    "VERDICTS",
    "Column",
    "Shown",
    "columns",
    "glossary_of",
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
FLAG = Column("flags", "codes of what a reader must know before using the row")

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
    "df": Column(
        "float", "degrees of freedom of the row's own t; missing for rows from draws alone"
    ),
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
    "flag": FLAG,
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
    "flag": FLAG,
}

COEFFICIENTS: dict[str, Column] = {
    "coefficient": Column("text", "the coefficient, in the words of the formula"),
    "estimate": Column("float", "on the scale of the linear predictor, or as a ratio"),
    "std_error": Column("float", "standard error (a ratio's by the delta method) or posterior sd"),
    "t": Column("float", "the linear predictor's coefficient over its standard error"),
    "df": Column("float", "degrees of freedom of the coefficient's own t"),
    "p_value": Column("float", "two-sided p of no effect"),
    "low": Column("float", "lower end of the interval"),
    "high": Column("float", "upper end of the interval"),
    "coverage": Column("float", "content of the interval, for example 0.95"),
    "prob_positive": Column("float", "posterior probability above 0 (a ratio: above 1)"),
    "mc_error": Column("float", "Monte Carlo standard error of the estimate; of draws only"),
    "flag": FLAG,
}

MISSING_PLACES: dict[str, Column] = {
    "wave": Column("text", "the wave"),
    "wave_ref": Column("text", "the wave compared against"),
    "places_missing": Column("int", "clusters that the earlier wave reached and this one did not"),
    "share_missing": Column("float", "their share of the weight in the wave compared against"),
    "change": Column("float", "the change in all places that were reached"),
    "change_common": Column("float", "the change in the places that both waves reached"),
    "low_common": Column("float", "lower end of its interval"),
    "high_common": Column("float", "upper end of its interval"),
    "level_before": Column("float", "level of the missing places in the wave compared against"),
    "undone_at": Column("float", "level of the missing places now at which nothing has changed"),
    "not_undone": Column("text", "why there is no such level; empty where there is one"),
}

DIAGNOSTICS: dict[str, Column] = {
    "check": Column("text", "what was checked"),
    "subject": Column("text", "of what"),
    "value": Column("float", "the value found"),
    "threshold": Column("float", "the value from which there is reason to worry"),
    "ok": Column("bool", "whether the check passed"),
    "says": Column("text", "the finding in plain words"),
}

COMPONENTS: dict[str, Column] = {
    "component": Column("text", "a standard deviation, correlation or other parameter, by name"),
    "estimate": Column("float", "posterior mean, on the scale of the linear predictor"),
    "std_error": Column("float", "posterior standard deviation"),
    "low": Column("float", "lower end of the interval"),
    "high": Column("float", "upper end of the interval"),
    "coverage": Column("float", "content of all intervals of the row"),
    "mc_error": Column("float", "Monte Carlo standard error of the estimate"),
    "share": Column(
        "float", "part of the latent variance beside the fixed part; negative for a cor below 0"
    ),
    "share_low": Column("float", "lower end of its interval"),
    "share_high": Column("float", "upper end of its interval"),
    "icc_latent": Column(
        "float", "correlation of the latent answers of two people in one group; first row of a term"
    ),
    "icc_latent_low": Column("float", "lower end of its interval"),
    "icc_latent_high": Column("float", "upper end of its interval"),
    "icc_response": Column(
        "float", "the same of the answers, shown or not, at the average fixed part; not if nominal"
    ),
    "icc_response_low": Column("float", "lower end of its interval"),
    "icc_response_high": Column("float", "upper end of its interval"),
    "flag": FLAG,
}

EFFECTS: dict[str, Column] = {
    "term": Column("text", "the random term, as written"),
    "level": Column("text", "the group; a number where it is one interviewer"),
    "coordinate": Column("text", "what varies by group: a slope, or the wave of a walk"),
    "answer": Column("text", "the answer moved, against the mean of all; nominal outcomes only"),
    "estimate": Column("float", "posterior mean, on the scale of the linear predictor"),
    "std_error": Column("float", "posterior standard deviation"),
    "low": Column("float", "lower end of the interval"),
    "high": Column("float", "upper end of the interval"),
    "coverage": Column("float", "content of the interval, for example 0.95"),
    "prob_positive": Column("float", "posterior probability above 0"),
    "mc_error": Column("float", "Monte Carlo standard error of the estimate"),
    "n": Column("int", "interviews that it acts upon; withheld where the group is one interviewer"),
    "flag": FLAG,
}

PREDICTIONS: dict[str, Column] = {
    BY: Column("category", "a column of the rows asked about; as given"),
    "category": Column("text", "the answer, or answers, whose share is meant"),
    "estimate": Column("float", "the share or mean expected; shares lie in [0, 1]"),
    "std_error": Column("float", "posterior standard deviation"),
    "low": Column("float", "lower end of the interval"),
    "high": Column("float", "upper end of the interval"),
    "coverage": Column("float", "content of the interval, for example 0.95"),
    "mc_error": Column("float", "Monte Carlo standard error of the estimate"),
    "of": Column("text", "'mean': the average of all new groups; 'group': one of them"),
    "drawn_anew": Column("text", "groups that the fit does not know, so that new ones are drawn"),
    "unit": Column("text", "unit of the estimate"),
    "engine": Column("text", "which engine answered"),
    "flag": FLAG,
}

SENSITIVITY: dict[str, Column] = {
    "quantity": Column("text", "a standard deviation or other parameter, or the level in a wave"),
    "scaled": Column("text", "'prior' or 'likelihood': what is raised to a power near 1"),
    "sensitivity": Column(
        "float", "how far the quantity moves per doubling of the power; 0.05 and more is much"
    ),
    "pareto_k": Column("float", "tail shape of the weights; above 0.7 the row cannot be believed"),
    "verdict": Column(
        "text",
        "'strong prior / weak likelihood': the prior alone decides; 'prior-data conflict': both "
        "pull; '-': the data decide",
    ),
    "flag": FLAG,
}

FAILURES: dict[str, Column] = {
    "fit": Column("text", "the fit that failed, by its name"),
    "error": Column("text", "the kind of error"),
    "message": Column("text", "what is wrong, and what would do"),
}

STACKED: dict[str, Column] = {
    "fit": Column("category", "which of several fits the row is of, by its name"),
    **COLUMNS,
}

AGREEMENT: dict[str, Column] = {
    **{name: COLUMNS[name] for name in ("outcome", "category", BY, "wave")},
    **{name: COLUMNS[name] for name in ("outcome_ref", "category_ref", BY_REF, "wave_ref")},
    "fit": Column("text", "one way to answer"),
    "fit_ref": Column("text", "the way that it is set against"),
    "estimate": Column("float", "the estimate of `fit`"),
    "estimate_ref": Column("float", "the estimate of `fit_ref`"),
    "difference": Column("float", "`estimate` less `estimate_ref`"),
    "std_error": Column(
        "float", "standard error of the difference; beside a posterior, at most that"
    ),
    "allowed": Column("float", "the largest distance that chance allows"),
    "agree": Column("bool", "whether they lie within it; missing where they are not tested"),
    "says": Column("text", "in words: whether they agree and, if not, why that can be"),
}

LEAVE_OUT: dict[str, Column] = {
    "unit": Column("text", "what was left out: people by their covariates and answer, or a group"),
    "n_units": Column("int", "how many units are alike in this; 1 unless people are left out"),
    "n": Column("int", "interviews in one such unit"),
    "elpd": Column("float", "log predictive density of one such unit's answers without it"),
    "p_loo": Column("float", "how much higher their log density is if the unit is known"),
    "pareto_k": Column("float", "shape of the weights' tail; above 0.7 they cannot be believed"),
    "refitted": Column("bool", "whether the model was fitted again without the unit"),
    "refit_pareto_k": Column("float", "shape of the new fit's own weights"),
    "flag": FLAG,
}

SMALL_AREAS: dict[str, Column] = {
    "outcome": Column("category", "the question asked"),
    "category": Column("category", "the answer, or answers, whose share is meant"),
    BY: Column("category", "the area"),
    "wave": Column("category", "the wave"),
    "n": Column("int", "interviews in the area"),
    "n_clusters": Column("int", "clusters with interviews in the area"),
    "direct": Column("float", "the direct estimate; missing where nobody was interviewed"),
    "direct_std_error": Column("float", "its standard error"),
    "direct_low": Column("float", "lower end of its interval"),
    "direct_high": Column("float", "upper end of its interval"),
    "varies": Column("text", "'clusters', or 'people' where the area is one cluster, vary by it"),
    "estimate": Column("float", "the model's estimate, in `unit`"),
    "std_error": Column("float", "its standard error, or posterior standard deviation"),
    "low": Column("float", "lower end of its interval"),
    "high": Column("float", "upper end of its interval"),
    "coverage": Column("float", "content of both intervals, for example 0.95"),
    "difference": Column("float", "the direct estimate minus the model's"),
    "good": Column("bool", "whether the direct estimate stands alone: 30 interviews, no edge"),
    "holds": Column("bool", "whether the direct interval contains the model's estimate"),
    "unit": Column("text", "unit of the estimates"),
    "over": Column("text", "composition the model was averaged over"),
    "engine": Column("text", "which engine answered"),
    "flag": Column("flags", "codes of what a reader must know of the model's row"),
}

PREDICTIVE: dict[str, Column] = {
    "outcome": Column("category", "the question asked"),
    "category": Column("category", "the answer whose share is meant; missing for means"),
    BY: Column("category", "the group"),
    "wave": Column("category", "the wave"),
    "n": Column("int", "interviews in the cell"),
    "observed": Column("float", "share or mean of the interviews, not weighted"),
    "predicted": Column("float", "mean of the same over replications of the interviews"),
    "low": Column("float", "lower end of the interval of replications"),
    "high": Column("float", "upper end of the interval of replications"),
    "coverage": Column("float", "content of the interval, for example 0.95"),
    "tail_probability": Column(
        "float", "share of replications above what was observed, ties by half; near 0 or 1: misfit"
    ),
    "flag": FLAG,
}

LABELS = (
    *("outcome", "category", "estimand", BY, "wave"),
    *("outcome_ref", "category_ref", BY_REF, "wave_ref"),
)

DETECTABLE: dict[str, Column] = {
    **{name: COLUMNS[name] for name in LABELS},
    "detectable": Column(
        "float", "the smallest difference found with this power; a share moves towards one half"
    ),
    "power": Column("float", "probability that a difference of that size is found"),
    "alpha": Column("float", "level of the two-sided t test"),
    "std_error": Column("float", "planning standard error, if the difference is of that size"),
    "df": Column("float", "degrees of freedom of the estimated variance"),
    "df_test": Column(
        "float", "those that the test takes, on average: fewer, as it judges strata by the sample"
    ),
    "level": Column("float", "share that the difference is meant to start from; not of means"),
    "icc": Column("float", "correlation of two answers in one cluster and wave, in all the survey"),
    "icc_between_waves": Column(
        "float", "correlation of two answers in one cluster in different waves"
    ),
    "person_correlation": Column(
        "float", "correlation of one person's answers in different waves; missing if nobody's"
    ),
    **{name: COLUMNS[name] for name in ("n", "n_clusters", "unit", "target", "flag")},
}

SIGN_MAGNITUDE: dict[str, Column] = {
    **{name: COLUMNS[name] for name in LABELS},
    "change": Column("float", "the true difference that is supposed"),
    "std_error": Column("float", "planning standard error"),
    "df": DETECTABLE["df"],
    "df_test": DETECTABLE["df_test"],
    "alpha": Column("float", "level of the two-sided t test"),
    "power": Column("float", "probability that the difference is found"),
    "type_s": Column("float", "of the differences found, the share that have the wrong sign"),
    "exaggeration": Column("float", "of the differences found, their mean size over the true one"),
    "flag": FLAG,
}

VERDICTS: dict[str, Column] = {
    "claim": Column("text", "the claim, by its name"),
    "part": Column("text", "the part of it; missing where the row speaks of the claim as a whole"),
    "verdict": Column(
        "text", "'supported', 'contradicted', or 'undecided' where the data do not tell"
    ),
    "reproduced": Column(
        "bool", "whether these data give the published number after its rounding; missing for none"
    ),
    "hinges_on": Column("text", "the row that decides: the weakest, or the one that refutes"),
    "estimate": Column("float", "its estimate, in `unit`; shares lie in [0, 1]"),
    "low": Column("float", "lower end of its interval"),
    "high": Column("float", "upper end of its interval"),
    "coverage": Column("float", "content of the interval, 0.90 for two one-sided tests"),
    "p_supported": Column("float", "p of the claim being false: small where it is borne out"),
    "p_contradicted": Column("float", "p of the claim being true: small where it is refuted"),
    "probability": Column("float", "posterior probability of the claim; Bayesian rows only"),
    "detectable": Column(
        "float", "smallest difference that would have been found with a power of 80 %"
    ),
    "n": Column("int", "interviews behind the row; of a comparison, its smaller side"),
    "n_clusters": Column("int", "clusters behind the row; of a comparison, its smaller side"),
    "unit": Column("text", "unit of `estimate`; a change of 0.05 in shares is 5 percentage points"),
    "base": Column("text", "whether those who do not know or refuse are in the denominator"),
    "engine": Column("text", "which engine answered"),
    "flag": Column("flags", "codes of what a reader must know before using the row"),
    "stands": Column(
        "float", "share of specifications in which the verdict is the same; if robustness was asked"
    ),
    "says_en": Column("text", "what was found and what follows, in English"),
    "says_fr": Column("text", "what was found and what follows, in French"),
}

SPECIFICATIONS: dict[str, Column] = {
    **{name: VERDICTS[name] for name in ("claim", "part")},
    "specification": Column("text", "what is done otherwise than in the verdict"),
    "verdict": VERDICTS["verdict"],
    "stands": Column("bool", "whether it is the verdict that was given; missing for no answer"),
    **{
        name: VERDICTS[name]
        for name in ("reproduced", "hinges_on", "estimate", "low", "high", "coverage")
    },
    **{name: VERDICTS[name] for name in ("p_supported", "p_contradicted", "probability")},
    **{name: VERDICTS[name] for name in ("n", "n_clusters", "unit", "base")},
    "weights": Column("text", "'as given', or 'none'"),
    "places": Column("text", "'all', or 'common': those that all waves of the claim reached"),
    "interviewers": Column("text", "'ignore', or 'cluster': they cluster answers too"),
    "target": COLUMNS["target"],
    "engine": COLUMNS["engine"],
    "over": COLUMNS["over"],
    "flag": VERDICTS["flag"],
    "message": Column("text", "why there is no answer"),
}

MOVED: dict[str, Column] = {
    "claim": Column("text", "the claim; missing where the run as a whole is meant"),
    "part": Column("text", "the part; missing where the claim as a whole is meant"),
    "moved": Column("text", "what is no longer the same: a column, a hash, a version"),
    "before": Column("text", "what it was"),
    "now": Column("text", "what it is"),
}

GLOSSARIES: dict[str, dict[str, Column]] = {
    "estimand": COLUMNS,
    "moved": MOVED,
    "specification": SPECIFICATIONS,
    "p_supported": VERDICTS,
    "hypothesis": TESTS,
    "check": DIAGNOSTICS,
    "coefficient": COEFFICIENTS,
    "component": COMPONENTS,
    "coordinate": EFFECTS,
    "sensitivity": SENSITIVITY,
    "pareto_k": LEAVE_OUT,
    "tail_probability": PREDICTIVE,
    "drawn_anew": PREDICTIONS,
    "detectable": DETECTABLE,
    "exaggeration": SIGN_MAGNITUDE,
    "message": FAILURES,
    "fit_ref": AGREEMENT,
    "undone_at": MISSING_PLACES,
    "fit": STACKED,
    "direct_std_error": SMALL_AREAS,
}  # by the column that tells them


@dataclass(frozen=True, slots=True)
class Shown:
    """Which of its columns a table shows of itself; the others are there all the same.

    Attributes
    ----------
    columns : tuple of str
        In order. Those without a value are left out, and references where they differ from
        nothing.
    once : tuple of str
        What is said once, above the rows: those of the columns that all rows share, and others.
    measured : tuple of str
        Of these, numbers in the unit of the estimate, which the standard error rounds.
    """

    columns: tuple[str, ...]
    once: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()


ENDS = ("estimate", "low", "high", "std_error")
REFERENCES = ("wave_ref", "outcome_ref", "category_ref", BY_REF)
ABOUT = ("unit", "target", "over", "engine", "coverage")
SUBJECT = ("outcome", "category", "estimand")
OF_COMPARISON = ("outcome_ref", "category_ref", "wave_ref")

SHOWN: dict[str, Shown] = {
    "estimand": Shown(
        (
            *SUBJECT,
            *(BY, "wave", *REFERENCES),
            *(*ENDS, "p_adjusted", "prob_positive", "prob_rope", "n", *ABOUT, "flag"),
        ),
        once=(*SUBJECT, *OF_COMPARISON, *ABOUT, "adjustment"),
        measured=ENDS,
    ),
    "hypothesis": Shown(
        (
            *("outcome", "category", BY, "hypothesis", "method"),
            *("statistic", "df1", "df2", "p_value", "probability", "flag"),
        ),
        once=("outcome", "category", "hypothesis", "method"),
    ),
    "check": Shown(("check", "subject", "value", "threshold", "ok", "says")),
    "coefficient": Shown(
        ("coefficient", *ENDS, "t", "df", "p_value", "prob_positive", "coverage", "flag"),
        once=("coverage",),
        measured=ENDS,
    ),
    "component": Shown(
        (
            *("component", *ENDS, "share", "share_low", "share_high"),
            *("icc_latent", "icc_response", "coverage", "flag"),
        ),
        once=("coverage",),
        measured=ENDS,
    ),
    "coordinate": Shown(
        ("term", "level", "coordinate", "answer", *ENDS, "prob_positive", "n", "coverage", "flag"),
        once=("term", "coordinate", "coverage"),
        measured=ENDS,
    ),
    "sensitivity": Shown(("quantity", "scaled", "sensitivity", "pareto_k", "verdict", "flag")),
    "pareto_k": Shown(("unit", "n_units", "n", "elpd", "p_loo", "pareto_k", "refitted", "flag")),
    "tail_probability": Shown(
        (
            *("outcome", "category", BY, "wave", "n"),
            *("observed", "predicted", "low", "high", "tail_probability", "coverage", "flag"),
        ),
        once=("outcome", "category", "coverage"),
        measured=("observed", "predicted", "low", "high"),
    ),
    "drawn_anew": Shown(
        (BY, "category", *ENDS, "of", "drawn_anew", "unit", "engine", "coverage", "flag"),
        once=("category", "of", "unit", "engine", "coverage"),
        measured=ENDS,
    ),
    "detectable": Shown(
        (
            *(*SUBJECT, BY, "wave", *REFERENCES),
            *("detectable", "std_error", "df_test", "level", "icc", "icc_between_waves"),
            *("n", "n_clusters", "power", "alpha", "unit", "target", "flag"),
        ),
        once=(*SUBJECT, *OF_COMPARISON, "power", "alpha", "unit", "target"),
        measured=("detectable", "std_error"),
    ),
    "exaggeration": Shown(
        (
            *(*SUBJECT, BY, "wave", *REFERENCES),
            *("change", "std_error", "df_test", "power", "type_s", "exaggeration", "alpha"),
        ),
        once=(*SUBJECT, *OF_COMPARISON, "alpha"),
        measured=("change", "std_error"),
    ),
    "message": Shown(("fit", "error", "message")),
    "fit_ref": Shown(
        (
            *("outcome", "category", BY, "wave", *REFERENCES, "fit", "fit_ref"),
            *("estimate", "estimate_ref", "difference", "allowed", "agree", "says"),
        ),
        once=("outcome", "category", *OF_COMPARISON),
        measured=("estimate", "estimate_ref", "difference", "allowed"),
    ),
    "undone_at": Shown(
        (
            *(BY, "wave", "wave_ref", "places_missing", "share_missing"),
            *("change", "change_common", "low_common", "high_common", "undone_at", "not_undone"),
        ),
        measured=("change", "change_common", "low_common", "high_common", "undone_at"),
    ),
    "direct_std_error": Shown(
        (
            *("outcome", "category", BY, "wave", "n", "n_clusters"),
            *("direct", "direct_low", "direct_high", "estimate", "low", "high"),
            *("difference", "good", "holds", "unit", "over", "engine", "coverage", "flag"),
        ),
        once=("outcome", "category", "unit", "over", "engine", "coverage"),
        measured=(
            *("direct", "direct_low", "direct_high", "estimate", "low", "high", "difference"),
        ),
    ),
    "p_supported": Shown(
        (
            *("claim", "part", "verdict", "hinges_on", "estimate", "low", "high"),
            *("reproduced", "detectable", "stands", "engine", "coverage", "flag"),
        ),
        once=("engine", "coverage"),
        measured=("estimate", "low", "high", "detectable"),
    ),
    "specification": Shown(
        (
            *("claim", "part", "specification", "verdict", "stands", "estimate", "low", "high"),
            *("n", "engine", "target", "flag", "message"),
        ),
        once=("claim", "part", "engine", "target"),
        measured=("estimate", "low", "high"),
    ),
    "moved": Shown(("claim", "part", "moved", "before", "now")),
}  # by the column that tells the glossary, as GLOSSARIES
SHOWN["fit"] = Shown(
    ("fit", *SHOWN["estimand"].columns), SHOWN["estimand"].once, SHOWN["estimand"].measured
)

CHANCES = frozenset(
    {
        *("p_value", "p_adjusted", "prob_positive", "prob_rope", "p_supported", "p_contradicted"),
        *("probability", "tail_probability", "power", "type_s"),
    }
)  # columns of probabilities, whichever glossary they stand in

FLAGS: dict[str, dict[str, str]] = {
    "at_boundary": {
        "en": "A share of 0 or 1, or without variation: no t interval, and no verdict rests on it.",
        "fr": "Part de 0 ou 1, ou sans variation : pas d'intervalle de Student, aucun verdict.",
    },
    "careful_test": {
        "en": "Found less often than the level says: the test is careful where strata are few.",
        "fr": "Trouvé moins souvent que le niveau : le test est prudent avec peu de strates.",
    },
    "cluster_dominates": {
        "en": "One cluster holds over half of the weight: the standard error is too small.",
        "fr": "Une grappe porte plus de la moitié du poids : l'erreur type est trop petite.",
    },
    "clusters_purposive": {
        "en": "Clusters were chosen on purpose: inference to the region rests on a model.",
        "fr": "Grappes choisies à dessein : l'inférence à la région repose sur un modèle.",
    },
    "fit_failed": {
        "en": "The fit failed its own checks, see diagnostics(): no conclusion rests on it.",
        "fr": "L'ajustement échoue à ses propres contrôles (diagnostics) : aucune conclusion.",
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
    "misfit": {
        "en": "The model's replications of the interviews miss what was observed.",
        "fr": "Les réplications du modèle ne reproduisent pas ce qui a été observé.",
    },
    "model_based": {
        "en": "The row rests on a model rather than on interviews of its own.",
        "fr": "La ligne repose sur un modèle plutôt que sur ses propres entretiens.",
    },
    "no_interviews": {
        "en": "Nobody was interviewed here in this wave.",
        "fr": "Personne n'a été interrogé ici lors de cette vague.",
    },
    "not_adjusted": {
        "en": "Weighted answers were taken for a count: the spread is not adjusted to the design.",
        "fr": "Réponses pondérées comptées telles quelles : dispersion non ajustée au plan.",
    },
    "not_asked": {
        "en": "The question was not asked in this wave.",
        "fr": "La question n'a pas été posée lors de cette vague.",
    },
    "not_detectable": {
        "en": "No difference that is possible here would be found with this power.",
        "fr": "Aucun écart possible ici ne serait détecté avec cette puissance.",
    },
    "one_cluster": {
        "en": "A tenth or more rests on strata of one cluster, whose own variance is not known.",
        "fr": "Un dixième ou plus repose sur des strates à grappe unique, sans variance propre.",
    },
    "places_missing": {
        "en": "Some places were not reached in this wave; the model and other waves stand in.",
        "fr": "Des lieux n'ont pas été atteints ; le modèle et d'autres vagues les remplacent.",
    },
    "quota_sample": {
        "en": "Quota sample: weights began as 1; errors speak as if people were drawn by chance.",
        "fr": "Échantillon par quotas : poids calés à partir de 1 ; erreurs comme si aléatoire.",
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


def glossary_of(names: Iterable[str]) -> str:
    """Find the glossary that knows most of a table's columns, by its key in :data:`GLOSSARIES`.

    Examples
    --------
    >>> glossary_of(["check", "value", "threshold"])
    'check'
    """
    own = set(names)
    return max(GLOSSARIES, key=lambda key: len(own & set(GLOSSARIES[key])))


def columns(by: Iterable[str], glossary: Iterable[str] = COLUMNS) -> list[str]:
    """List the columns of a glossary's table in order, the groups `by` put in their places.

    Examples
    --------
    >>> columns(["region"])[:5]
    ['outcome', 'category', 'estimand', 'region', 'wave']
    """
    names = list(by)
    places = {BY: names, BY_REF: [f"{name}_ref" for name in names]}
    listed = [column for name in glossary for column in places.get(name, [name])]
    for name in names:
        if listed.count(name) > 1 or listed.count(f"{name}_ref") > 1:
            raise SpecError(f"Group '{name}' is a column of every table. Rename it in the data.")
    return listed
