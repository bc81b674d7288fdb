"""Did perceptions change? Trends of repeated surveys, with honest uncertainty.

Names are loaded when they are first used, so importing the package imports nothing heavy.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "jfmodels.claims.bundled": ("example_claims",),
    "jfmodels.claims.claim": ("Claim", "Claims", "read_claims"),
    "jfmodels.claims.judge": ("Verdicts", "judge"),
    "jfmodels.engines.bayesian.bayesian_fit": ("BayesianFit",),
    "jfmodels.engines.compare": ("Comparison", "compare"),
    "jfmodels.engines.design_based.direct": (
        "Quantile",
        "Ratio",
        "direct",
    ),
    "jfmodels.engines.fitting": ("fit",),
    "jfmodels.engines.design_based.missing_places": ("missing_places",),
    "jfmodels.engines.bayesian.settings": ("Laplace", "Nuts"),
    "jfmodels.engines.many": ("Fits", "fit_many"),
    "jfmodels.engines.bayesian.prior": ("prior_predictive",),
    "jfmodels.engines.bayesian.leave_out": ("LeaveOut",),
    "jfmodels.engines.bayesian.loading": ("load_fit",),
    "jfmodels.engines.bayesian.shared": ("SharedFit",),
    "jfmodels.engines.small_areas": ("small_area_check",),
    "jfmodels.engines.design_based.table_test": ("goodness_of_fit", "table_test"),
    "jfmodels.engines.design_based.settings": ("Weighted",),
    "jfmodels.engines.design_based.wild": ("Wild",),
    "jfmodels.errors": (
        "ClaimError",
        "CodebookError",
        "DataError",
        "DesignError",
        "EstimationError",
        "FitWarning",
        "JfmodelsError",
        "ReadError",
        "SpecError",
    ),
    "jfmodels.model.families": (
        "Bernoulli",
        "Categorical",
        "Gaussian",
        "NegativeBinomial",
        "Ordinal",
        "Poisson",
    ),
    "jfmodels.model.model": ("Model",),
    "jfmodels.model.nonresponse": ("nonresponse_weights",),
    "jfmodels.model.priors": (
        "LKJ",
        "Beta",
        "Exponential",
        "HalfNormal",
        "HalfStudentT",
        "Normal",
    ),
    "jfmodels.model.weighting": ("Pseudo",),
    "jfmodels.planning.detectable": ("detectable_change", "detectable_of"),
    "jfmodels.planning.sign_magnitude": ("type_s_m",),
    "jfmodels.planning.survey_plan": ("SurveyPlan",),
    "jfmodels.report.files": ("write_table",),
    "jfmodels.report.paper.tables": ("to_table",),
    "jfmodels.report.plots": (
        "plot_changes",
        "plot_comparison",
        "plot_detectable",
        "plot_likert",
        "plot_map",
        "plot_power",
        "plot_ppc",
        "plot_shrinkage",
        "plot_specifications",
        "plot_tiles",
        "plot_trend",
    ),
    "jfmodels.report.survey_report": ("write_report",),
    "jfmodels.results.composition_effect": ("composition_effect",),
    "jfmodels.results.disclosure.stand_in": ("fill_withheld",),
    "jfmodels.results.disclosure.withhold": ("withhold",),
    "jfmodels.results.estimands": (
        "Change",
        "Contrast",
        "DiffInDiff",
        "Index",
        "Level",
        "Range",
        "Slope",
    ),
    "jfmodels.results.fit": ("Fit",),
    "jfmodels.results.marginal_effects": ("MarginalEffect",),
    "jfmodels.results.render": ("say",),
    "jfmodels.survey.codebook": ("Codebook",),
    "jfmodels.survey.design": (
        "Stage",
        "SurveyDesign",
    ),
    "jfmodels.survey.draft": (
        "draft_codebook",
        "to_decide",
        "write_codebook",
    ),
    "jfmodels.survey.example": (
        "example",
        "example_census",
        "example_truth",
    ),
    "jfmodels.survey.example_files": ("write_example",),
    "jfmodels.survey.outcome": (
        "Covariate",
        "Outcome",
    ),
    "jfmodels.survey.population": ("Population",),
    "jfmodels.survey.read": (
        "read_codebook",
        "read_frame",
        "read_survey",
    ),
    "jfmodels.survey.replicates": ("Replicates",),
    "jfmodels.survey.supplied": ("SuppliedReplicates",),
    "jfmodels.survey.survey": ("Survey",),
    "jfmodels.survey.weights": (
        "calibrate",
        "poststratify",
        "rake",
        "standardize",
        "trim",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    """Load a public name from where it lives."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'jfmodels' has no attribute '{name}'")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
