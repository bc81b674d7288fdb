"""What R was asked about regressions, and how jfmodels is asked the same.

`MODELS` gives the formula, design and settings of every case whose coefficients are compared,
`TERMS` those of its joint tests, `MEASURES` its measures of fit; `DECLINED` says why a case has
none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from r_cases import CASES as SURVEY_CASES
from r_cases import DESIGNS, REFERENCE, Case, frame_of
from scipy.sparse import csr_array

import jfmodels as jf
from jfmodels.results.engine import Question

type Numbers = dict[str, Any]

MEALS = {"a": "(0,25]", "b": "(25,50]", "c": "(50,75]", "d": "(75,100]"}
OUTCOMES: Mapping[str, Mapping[str, Any]] = {
    "api00": {"scale": "continuous"},
    "api_stu": {"column": "api.stu", "scale": "count"},
    "awarded": {"scale": "binary"},
    "wide": {"scale": "binary"},
    "mealcat": {"scale": "ordinal", "categories": MEALS, "shown": ["(75,100]"]},
    "y": {"scale": "binary"},
    "good": {"scale": "binary"},
    "secure": {"scale": "binary"},
}
COVARIATES = ("ell", "meals", "mobility", "enroll", "avg.ed")

CLUSTERS = {"cluster": "dnum", "target": "population"}
REVISITED = {"repeats": "clusters", "target": "population"}
HERDS = {"wave": "period", "cluster": "herd", **REVISITED}
UNSTRATIFIED: Mapping[str, jf.SurveyDesign] = {
    "schools": jf.SurveyDesign(**CLUSTERS),
    "weighted schools": jf.SurveyDesign(weights="w2", **CLUSTERS),
    "herds": jf.SurveyDesign(**HERDS),
    "weighted herds": jf.SurveyDesign(weights="w", **HERDS),
    "communes": jf.SurveyDesign(wave="wave", cluster="commune", weights="weight", **REVISITED),
}


@dataclass(frozen=True)
class Model:
    """How jfmodels is asked: with R's own design where `design` is empty."""

    formula: str
    family: Any = None
    design: str = ""
    small_sample: str = "none"


LINE = Model("api00 ~ ell + meals + stype", design="schools", small_sample="cr2_rows")
WEIGHTED_LINE = replace(LINE, design="weighted schools")
PERIODS = Model("y ~ wave", design="herds", small_sample="cr2_rows")
WEIGHTED_PERIODS = replace(PERIODS, design="weighted herds")
COMMUNES = Model("secure ~ wave + region", design="communes", small_sample="cr2_rows")
AWARDED = "awarded ~ ell + stype"
MEALCAT = 'mealcat ~ Q("avg.ed") + mobility + stype'
MODELS: Mapping[str, Model] = {
    "glm_gauss_strat": Model("api00 ~ ell + meals + mobility"),
    "glm_gauss_clus1": Model("api00 ~ ell + meals + stype"),
    "glm_gauss_clus2_twostage": Model("api00 ~ ell + meals + mobility"),
    "glm_quasibin_clus2": Model("wide ~ ell + meals + mobility"),
    "glm_quasibin_clus1": Model(AWARDED),
    "glm_probit_clus1": Model(AWARDED, jf.Bernoulli(link="probit")),
    "glm_cloglog_clus1": Model(AWARDED, jf.Bernoulli(link="cloglog")),
    "glm_quasipois_strat": Model("api_stu ~ enroll + stype", "poisson"),
    "glm_quasipois_offset_clus1": Model("api_stu ~ meals + stype + offset(log(enroll))", "poisson"),
    "glm_interaction_cbpp": Model("y ~ wave"),
    "wave_change_svyglm": Model("good ~ wave", "gaussian"),
    "ws_glm_additive": Model("secure ~ wave + region"),
    "olr_clus1": Model(MEALCAT),
    "olr_clus1_converged": Model(MEALCAT),
    "olr_probit_clus1_converged": Model(MEALCAT, jf.Ordinal(link="probit")),
    "cs_lm_CR2_apiclus1": LINE,
    "cs_glm_CR2_cbpp": PERIODS,
    "cs_glm_CR2_cbpp_converged": PERIODS,
    "cs_wlm_CR2_apiclus1_standardised": WEIGHTED_LINE,
    "cs_wglm_CR2_cbpp_standardised": WEIGHTED_PERIODS,
    "ws_cs_CR2_standardised": COMMUNES,
}
TERMS: Mapping[str, tuple[Model, str]] = {
    "cs_wald_HTZ_cbpp": (PERIODS, "wave"),
    "cs_wald_HTZ_cbpp_converged": (PERIODS, "wave"),
    "cs_wald_HTZ_lm": (LINE, "stype"),
    "cs_wlm_HTZ_apiclus1_standardised": (WEIGHTED_LINE, "stype"),
    "cs_wglm_HTZ_cbpp_standardised": (WEIGHTED_PERIODS, "wave"),
    "ws_cs_HTZ_standardised": (COMMUNES, "wave"),
}
CONTRASTS: Mapping[str, Model] = {
    "cs_contrast_cbpp": PERIODS,
    "cs_contrast_cbpp_converged": PERIODS,
    "cs_wglm_contrast_cbpp_standardised": WEIGHTED_PERIODS,
}
REFUSED: Mapping[str, Model] = {"ws_glm_saturated": Model("secure ~ wave * region")}
# Cases in which clubSandwich's working model of weighted rows is not ours: by how much its
# standard errors lie apart from ours at most.
APART: Mapping[str, tuple[Model, float]] = {
    "cs_wlm_CR2_apiclus1": (WEIGHTED_LINE, 0.04),
    "cs_wglm_CR2_cbpp": (WEIGHTED_PERIODS, 0.01),
    "cs_wglm_CR2_cbpp_converged": (WEIGHTED_PERIODS, 0.01),
    "ws_cs_CR2": (COMMUNES, 0.01),
    "ws_cs_CR2_converged": (COMMUNES, 0.01),
}
MARGINS: Mapping[str, tuple[Model, str]] = {
    "predmeans_clus1": (Model(f"{AWARDED} + meals"), "stype")
}
MEASURES: Mapping[str, Mapping[str, str]] = {  # R's names, and those in diagnostics()
    "psrsq_clus1": {
        "CoxSnell": "R-squared (Cox-Snell)",
        "Nagelkerke": "R-squared (Nagelkerke)",
    },
    "aic_clus1": {"AIC": "AIC"},
}
OTHER_CR = "CR2 and plain linearisation are offered; CR0 is the latter without m / (m - 1)"
OTHER_WALD = "of the approximations to Hotelling's T-squared, clubSandwich's own default is offered"
OTHER_WORKING = "clubSandwich's working model of weighted rows is not ours; see APART"
DECLINED: Mapping[str, str] = {
    **{f"cs_lm_{each}_apiclus1": OTHER_CR for each in ("CR0", "CR1", "CR1S", "CR3")},
    **{f"cs_glm_{each}_cbpp": OTHER_CR for each in ("CR0", "CR1", "CR1S", "CR3")},
    **{
        f"cs_wald_{each}_cbpp": OTHER_WALD
        for each in ("HTA", "HTB", "EDF", "EDT", "chi-sq", "Naive-F")
    },
    "cs_lm_CR2_saddlepoint": "p-values are of t with Satterthwaite's df",
    "cs_lm_CR2_naivet": "p-values are of t with Satterthwaite's df",
    "cs_lmer_CR2_apiclus1": "a multilevel model, which another engine fits",
    "cs_wald_HTZ_wglm_converged": OTHER_WORKING,
    "ws_cs_HTZ_converged": OTHER_WORKING,
}


@cache
def regression_frame(dataset: str) -> pd.DataFrame:
    """A dataset with the columns that R's formulas make on the fly."""
    frame = frame_of(dataset).copy()
    if "meals" in frame:
        frame["wide"] = (frame["sch.wide"] == "Yes").astype(int)
        frame["w2"] = 0.3 + 2.7 * ((np.arange(1, len(frame) + 1) * 37) % 101) / 100
        edges = [0, 25, 50, 75, 100]  # a school without free meals is in no class
        frame["mealcat"] = pd.cut(frame["meals"], edges, labels=list(MEALS)).astype("object")
    return frame


@cache
def survey_of(dataset: str, design: jf.SurveyDesign) -> jf.Survey:
    """The survey of a dataset, with the outcomes and covariates that it has."""
    frame = regression_frame(dataset)
    outcomes = {n: entry for n, entry in OUTCOMES.items() if entry.get("column", n) in frame}
    covariates = {name: {} for name in COVARIATES if name in frame}
    return jf.Survey(frame, design, {"outcomes": outcomes, "covariates": covariates})


def fit_of(case: Case, model: Model) -> jf.Fit:
    """Fit a model to R's data, with R's design or the one that the model names."""
    theirs = re.split(r"; [dm] <- ", case.design)[0]
    design = UNSTRATIFIED[model.design] if model.design else DESIGNS[theirs]
    settings = jf.Weighted(small_sample=model.small_sample)
    survey = survey_of(case.dataset, design)
    return jf.fit(model.formula, survey, engine=settings, family=model.family)


def in_r_order(names: list[str], fit: jf.Fit) -> list[int]:
    """Places of R's coefficients among ours: patsy puts factors before numbers."""
    ours = [_common(name) for name in fit.engine.names]
    theirs = [_common(name) for name in names]
    assert set(ours) == set(theirs)
    return [ours.index(name) for name in theirs]


def _common(name: str) -> str:
    """What R's and our name of a coefficient have in common."""
    name = re.sub(r"factor\((\w+)\)|Q\(\"([\w.]+)\"\)", r"\1\2", name.removeprefix("x"))
    name = re.sub(r"\[T\.(\w+)\]", r"\1", name).replace("period", "wave").replace(" | ", "|")
    return name.replace("(Intercept)", "Intercept")


def coefficients(case: Case, fit: jf.Fit) -> Numbers:
    """The table of coefficients under R's names."""
    place = in_r_order(case.results["names"], fit)
    table = fit.summary().iloc[place]
    columns = {"estimate": "estimate", "se": "std_error", "t": "t", "df": "df", "p": "p_value"}
    columns |= {"df_resid": "df", "ci_lower": "low", "ci_upper": "high"}
    found: Numbers = {theirs: table[ours] for theirs, ours in columns.items()}
    found["df_resid"] = found["df_resid"].iloc[0]
    found["vcov"] = fit.engine.parameters.covariance()[np.ix_(place, place)]
    return found | {"degf": fit.engine.survey.sampling.df, "n": fit.engine.data.n.sum()}


def term(fit: jf.Fit, name: str) -> Numbers:
    """The joint test of a term under R's names."""
    row = fit.test(name).iloc[0]
    return {
        "F": row["statistic"],
        "df_num": row["df1"],
        "df_denom": row["df2"],
        "p": row["p_value"],
    }


def pairwise(fit: jf.Fit) -> Numbers:
    """Differences of the second, third and fourth coefficient under R's names."""
    rows = np.array([[0, -1, 1, 0], [0, -1, 0, 1], [0, 0, -1, 1]], dtype=float)
    found = fit.engine.parameters.combine(csr_array(rows)).summary(0.95)
    return {
        "estimate": found.estimate,
        "se": found.std_error,
        "df": found.df,
        "ci_lower": found.low,
        "ci_upper": found.high,
    }


def parts(fit: jf.Fit, question: Question) -> tuple[np.ndarray, np.ndarray]:
    """Influence on all cells by way of coefficients, and by way of who is averaged over."""
    fitted = fit.engine.coefficients
    certain = replace(fit.engine, beliefs={}, coefficients=replace(fitted, rows=0 * fitted.rows))
    both, people = (each.believe(question).joint.influence for each in (fit.engine, certain))
    return both - people, people


def predictive_margins(case: Case, fit: jf.Fit, by: str) -> Numbers:
    """Everybody moved to each group, under R's names.

    R adds up the covariance of the coefficients and that of the composition, as if they had
    nothing in common; so the two are taken apart here.
    """
    table = fit.levels(by=by, over="everyone")
    place = [table[by].tolist().index(name) for name in case.results["names"]]
    both = [part[:, place] for part in parts(fit, Question((by,), over="everyone"))]
    covariance = sum(part.T @ part for part in both)
    estimate = table["estimate"].iloc[place]
    return {"estimate": estimate, "se": np.sqrt(np.diag(covariance)), "vcov": covariance}


def read_cases() -> dict[str, Case]:
    """Read every case by name, and the regressions among the cases of other groups."""
    content = json.loads((REFERENCE / "r_regression_cases.json").read_text())
    fields = Case.__dataclass_fields__
    cases = [Case(**{name: each[name] for name in fields}) for each in content["cases"]]
    among = ["wave_change_svyglm", "ws_glm_additive", "ws_glm_saturated", "ws_cs_CR2"]
    return {case.name: case for case in cases} | {name: SURVEY_CASES[name] for name in among}


CASES = read_cases()
