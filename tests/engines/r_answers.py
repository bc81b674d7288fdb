"""How jfmodels is asked what R was asked: one function for each case, listed in `ANSWERS`.

Each gives our numbers under R's names.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from r_cases import CASES, DESIGNS, MU284, NHANES, Case, survey_of
from scipy.sparse import vstack
from scipy.special import stdtr

import jfmodels as jf
from jfmodels.engines.design_based.intervals import INTERVALS, Share
from jfmodels.results.multiplicity import adjust

type Numbers = dict[str, Any]
type Answer = Callable[[Case], Numbers]

# Answers that tables of levels give.


def fit_of(case: Case, *outcomes: str, **settings: Any) -> jf.Fit:
    """Fit as R does: plain linearisation, design df, intervals on the plain scale."""
    plain = {"interval": "normal", "small_sample": "none"}
    survey = case.survey(*outcomes)
    named = None if isinstance(settings.get("statistic"), jf.Ratio) else list(outcomes)
    return jf.direct(survey, named, **(plain | settings))


def levels(
    *outcomes: str, by: str | list[str] | None = None, order: Any = None, **settings: Any
) -> Answer:
    """Answer by the levels of outcomes; `order` are the columns by which R sorts its rows."""

    def answer(case: Case) -> Numbers:
        return level_numbers(fit_of(case, *outcomes, **settings), by, order)

    return answer


def level_numbers(fit: jf.Fit, by: Any = None, order: Any = None) -> Numbers:
    """Levels under R's names."""
    table, weights = asked(fit, jf.Level(by))
    rows = np.arange(len(table))
    if order:
        rows = table.reset_index(drop=True).sort_values(order, kind="stable").index.to_numpy()
    table = table.iloc[rows]
    joint = fit.joint(by).joint.combine(weights[rows])
    return {
        "estimate": table["estimate"],
        "se": table["std_error"],
        "vcov": joint.covariance(),
        "deff": table["deff"],
        "degf": fit.engine.survey.sampling.df,
        "ci_t_lower": table["low"],
        "ci_t_upper": table["high"],
        "lower": table["low"],
        "upper": table["high"],
    }


def asked(fit: jf.Fit, estimand: Any, **labels: str) -> tuple[pd.DataFrame, Any]:
    """Rows of a question that bear the labels, and their weights over the cells."""
    table = fit.estimate(estimand, adjust="none")
    weights = estimand.plan(fit.joint(estimand.axes).grid).combined
    keep = np.ones(len(table), dtype=bool)
    for column, label in labels.items():
        keep &= (table[column] == label).to_numpy()
    return table[keep], weights[np.flatnonzero(keep)]


def together(fit: jf.Fit, *parts: tuple[pd.DataFrame, Any]) -> Numbers:
    """Rows of several questions about the same cells, with the covariance of all."""
    table = pd.concat([table for table, _ in parts], ignore_index=True)
    by = [name for name in ("stype", "region") if name in table]
    joint = fit.joint(by).joint.combine(vstack([weights for _, weights in parts], format="csr"))
    return {
        "estimate": table["estimate"],
        "se": table["std_error"],
        "vcov": joint.covariance(),
        "p": table["p_value"],
        "t": table["estimate"] / table["std_error"],
        "df": table["df"],
    }


def ratio(of: str, to: str, **settings: Any) -> Answer:
    """Answer by a ratio of two totals."""
    by = settings.pop("by", None)
    return levels(of, to, by=by, statistic=jf.Ratio(of, to), **settings)


def ciprop(outcome: str, method: str, coverage: float = 0.95) -> Answer:
    """Answer by one share and its interval."""

    def answer(case: Case) -> Numbers:
        table = fit_of(case, outcome, interval=method).levels(coverage=coverage)
        columns = {"estimate": "estimate", "se": "std_error", "lower": "low", "upper": "high"}
        return {ours: table[column] for ours, column in columns.items()}

    return answer


def ciprop_normal_quantile(case: Case) -> Numbers:
    """Interval on the logit scale with the Normal's quantile, which R calls df=Inf."""
    table = fit_of(case, "awarded").levels()
    share, error, n = (table[name].to_numpy() for name in ("estimate", "std_error", "n"))
    low, high = INTERVALS["logit"](Share(share, error, np.array([np.inf]), n, 0.95))
    return {"estimate": share, "se": error, "lower": low, "upper": high}


def quantiles(rule: str) -> Answer:
    """Answer by the quantiles that R was asked for, one fit each."""

    def answer(case: Case) -> Numbers:
        tables = [
            fit_of(case, "api00", statistic=jf.Quantile(p, rule)).levels()
            for p in case.results["quantiles"]
        ]
        table = pd.concat(tables)
        return {
            "estimate": table["estimate"],
            "se": table["std_error"],
            "ci": table[["estimate", "low", "high", "std_error"]],
        }

    return answer


# Answers about waves.


def change(outcome: str) -> Answer:
    """Answer by the change from the first wave to the second."""

    def answer(case: Case) -> Numbers:
        fit = fit_of(case, outcome)
        before = level_numbers(fit)
        found = together(fit, asked(fit, jf.Change()))
        return {
            **found,
            "level_estimates": before["estimate"],
            "level_vcov": before["vcov"],
            "degf": before["degf"],
        }

    return answer


def relative_change(case: Case) -> Numbers:
    """Ratio, log ratio and log odds ratio of two waves, as three questions and as one."""
    fit = fit_of(case, "good")
    scales = ["ratio", "log_ratio", "log_odds_ratio"]
    tables = [fit.estimate(jf.Change(scale=scale)) for scale in scales]
    table = pd.concat(tables)
    waves = fit.joint().joint.combine(jf.Level().plan(fit.joint().grid).combined)
    together = waves.apply(
        lambda x: np.stack(
            [
                x[..., 1] / x[..., 0],
                np.log(x[..., 1] / x[..., 0]),
                np.log(x[..., 1] / (1 - x[..., 1])) - np.log(x[..., 0] / (1 - x[..., 0])),
            ],
            axis=-1,
        )
    )
    return {
        "estimate": table["estimate"],
        "se": table["std_error"],
        "vcov": together.covariance(),
    }


def change_as_regression(case: Case) -> Numbers:
    """The coefficients of a line through two waves are the first level and the change."""
    fit = fit_of(case, "good")
    found = together(fit, asked(fit, jf.Level(), wave="1999"), asked(fit, jf.Change()))
    return {**found, "degf": fit.engine.survey.sampling.df, "n": case.survey("good").n}


def change_by_group(case: Case) -> Numbers:
    """The change in each group, and how much more one changed than another."""
    fit = fit_of(case, "good")
    return together(
        fit,
        asked(fit, jf.Change(by="stype")),
        asked(fit, jf.DiffInDiff("stype", reference="H"), stype="E"),
    )


def line_of_herds(case: Case) -> Numbers:
    """Two changes and a straight line; R's line is ten times the slope per wave."""
    fit = fit_of(case, "y")
    slope, weights = asked(fit, jf.Slope(per="wave"))
    slope = slope.assign(estimate=10 * slope["estimate"], std_error=10 * slope["std_error"])
    first = jf.Change("1")
    found = together(
        fit, asked(fit, first, wave="2"), asked(fit, first, wave="4"), (slope, 10 * weights)
    )
    before = level_numbers(fit)
    return {
        **found,
        "level_estimates": before["estimate"],
        "level_vcov": before["vcov"],
        "degf": before["degf"],
    }


def changes_by_region(case: Case) -> Numbers:
    """The change from first to last wave in each region, with two degrees of freedom."""
    fit = fit_of(case, "secure")
    table, _ = asked(fit, jf.Change("1", by="region"), wave="6")
    level = fit.levels(by="region")
    df = level.loc[level["wave"] == "6", "df"].to_numpy()
    t = (table["estimate"] / table["std_error"]).to_numpy()
    return {
        "estimate": table["estimate"],
        "se": table["std_error"],
        "df_design": table["df"].iloc[0],
        "df_region": df[0],
        "p_df12": table["p_value"],
        "p_df3": 2 * stdtr(df, -np.abs(t)),
    }


def changes_overall(case: Case) -> Numbers:
    """Last against first, each against the previous, and the slope per wave."""
    fit = fit_of(case, "secure")
    found = together(
        fit,
        asked(fit, jf.Change("first"), wave="6"),
        asked(fit, jf.Change()),
        asked(fit, jf.Slope(per="wave")),
    )
    six = found["p"].to_numpy()[:6]
    return {
        **found,
        "df": found["df"].iloc[0],
        "p_holm_first6": adjust(six, "holm"),
        "p_bh_first6": adjust(six, "bh"),
    }


def saturated_logit(case: Case) -> Numbers:
    """Coefficients of a saturated logit: contrasts of the cells' log odds."""
    fit = fit_of(case, "secure")
    belief = fit.joint("region")
    cells = belief.joint.combine(jf.Level("region").plan(belief.grid).combined)
    waves, regions = np.eye(6), np.eye(4)
    waves[:, 0] = regions[:, 0] = 1  # the first of each is the reference
    # Cells run over waves, then regions; R's coefficients over main effects first.
    order = [0, *(4 * np.arange(1, 6)), 1, 2, 3]
    order += [4 * wave + region for region in range(1, 4) for wave in range(1, 6)]
    back = np.linalg.inv(np.kron(waves, regions))[order]
    found = cells.apply(lambda x: (np.log(x) - np.log(1 - x)) @ back.T)
    return {
        "estimate": found.mean,
        "se": np.sqrt(found.variance()),
        "vcov": found.covariance(),
    }


def communes(case: Case) -> Numbers:
    """Levels of single clusters: the estimates agree, R's standard errors of 0 do not."""
    table = fit_of(case, "secure").levels(by="commune")
    return {"estimate": table.loc[table["commune"] == "GA1", "estimate"]}


def degrees_of_freedom(case: Case) -> Numbers:
    """First-stage clusters minus strata of seven designs."""
    text = {each.dataset: each.design for each in CASES.values()}
    datasets = {
        "srs": "apisrs.csv",
        "strat": "apistrat.csv",
        "clus1": "apiclus1.csv",
        "clus2": "apiclus2.csv",
        "cbpp": "cbpp_long.csv",
    }
    surveys = {name: survey_of(each, DESIGNS[text[each]]) for name, each in datasets.items()}
    surveys["nhanes"] = survey_of("nhanes.csv", NHANES)
    surveys["mu284"] = survey_of("mu284.csv", MU284)
    return {name: survey.sampling.df for name, survey in surveys.items()}


ANSWERS: Mapping[str, Answer] = {
    "mean_srs_fpc": levels("api00", "enroll", "api99"),
    "mean_srs_nofpc": levels("api00", "enroll", "api99"),
    "mean_strat_fpc": levels("api00", "enroll", "api99"),
    "mean_strat_nofpc": levels("api00", "enroll"),
    "mean_clus1_fpc": levels("api00", "enroll", "api99"),
    "mean_clus1_nofpc": levels("api00", "enroll", "api99"),
    "mean_clus2_twostage_fpc": levels("api00", "api99"),
    "mean_clus2_narm": levels("enroll"),
    "mean_scd": levels("arrests", "alive"),
    "total_strat_fpc": levels("enroll", "api.stu", statistic="total"),
    "total_factor_strat": levels("sch.wide", statistic="total"),
    "ratio_strat": ratio("api.stu", "enroll"),
    "ratio_strat_deff": ratio("api.stu", "enroll", deff="without_replacement"),
    "ratio_clus2_narm": ratio("api.stu", "enroll"),
    "ratio_by_clus1": ratio("api.stu", "enroll", by="stype"),
    "ratio_scd": ratio("alive", "arrests"),
    "prop_factor_strat": levels("stype", "awards"),
    "prop_factor_clus1": levels("stype"),
    "prop_interaction_clus1": levels("stype.comp.imp"),
    "ciprop_logit_clus1_awards": ciprop("awarded", "logit"),
    "ciprop_logit_clus1_ell0": ciprop("no_ell", "logit"),
    "ciprop_likelihood_clus1_awards": ciprop("awarded", "likelihood"),
    "ciprop_likelihood_clus1_ell0": ciprop("no_ell", "likelihood"),
    "ciprop_asin_clus1_awards": ciprop("awarded", "asin"),
    "ciprop_asin_clus1_ell0": ciprop("no_ell", "asin"),
    "ciprop_beta_clus1_awards": ciprop("awarded", "beta"),
    "ciprop_beta_clus1_ell0": ciprop("no_ell", "beta"),
    "ciprop_mean_clus1_awards": ciprop("awarded", "normal"),
    "ciprop_mean_clus1_ell0": ciprop("no_ell", "normal"),
    "ciprop_xlogit_clus1_awards": ciprop("awarded", "logit"),
    "ciprop_xlogit_clus1_ell0": ciprop("no_ell", "logit"),
    "ciprop_beta_level90": ciprop("awarded", "beta", coverage=0.90),
    "ciprop_logit_dfInf": ciprop_normal_quantile,
    "by_mean_strat_stype": levels("api00", by="stype"),
    "by_mean_clus1_stype": levels("api00", "api99", by="stype"),
    "by_total_clus2_stype": levels("api.stu", by="stype", statistic="total"),
    "by_deff_clus1": levels("api00", by="stype", deff="without_replacement"),
    "by_propfactor_strat": levels("stype", by="awards"),
    "mean_deff_strat": levels("api00", "enroll", deff="without_replacement"),
    "mean_deff_replace_strat": levels("api00", "enroll"),
    "mean_deff_clus1": levels("api00", "enroll", "stype", deff="without_replacement"),
    "mean_deff_replace_clus1": levels("api00", "enroll", "stype"),
    "degf_all": degrees_of_freedom,
    "quantile_math_strat": quantiles("math"),
    "quantile_school_strat": quantiles("school"),
    "quantile_hf1_strat": quantiles("math"),  # Hyndman and Fan's first rule is R's "math"
    "quantile_hf2_strat": quantiles("school"),  # and their second is R's "school"
    "quantile_hf7_strat": quantiles("hf7"),
    "wave_change_mean": change("api"),
    "wave_change_prop": change("good"),
    "wave_change_relative": relative_change,
    "wave_change_svyglm": change_as_regression,
    "wave_change_by_group": change_by_group,
    "wave_cbpp_strat": line_of_herds,
    "ws_by_wave_region": levels("secure", by="region", order=["region", "wave"]),
    "ws_by_wave": levels("secure"),
    "ws_change_6_1_by_region": changes_by_region,
    "ws_changes_overall": changes_overall,
    "ws_glm_saturated": saturated_logit,
    "ws_ciprop_beta_by": levels("secure", by="region", order=["region", "wave"], interval="beta"),
    "ws_commune_se_trap": communes,
}
