"""Replicates give R's numbers, and nearly those of linearisation.

R made its bootstraps by chance, so ours take its weights as supplied ones; what we draw
ourselves is compared with linearisation.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from r_cases import DESIGNS, OUTCOMES, REFERENCE, Case, frame_of

import jfmodels as jf
from jfmodels.engines.design_based.replicated import replicates_for
from jfmodels.errors import EstimationError, SpecError
from jfmodels.survey.replicates import KINDS

RELATIVE = 1e-9  # the largest deviation found is 7e-13, in refitted regressions
SUPPLIED = jf.Replicates("supplied")
CONTENT = json.loads((REFERENCE / "r_replicate_cases.json").read_text())["cases"]
CASES = {
    each["name"]: Case(**{name: each[name] for name in Case.__dataclass_fields__})
    for each in CONTENT
}
GENERATED = {
    "JK1": jf.Replicates("jk1"),
    "JK1, mse": jf.Replicates("jk1", mse=True),
    "JKn": jf.Replicates("jkn"),
    "BRR": jf.Replicates("brr"),
    "Fay": jf.Replicates("fay", rho=0.3),
}


def survey_of(case: Case, weights: str | None = None) -> jf.Survey:
    """The survey of R's design, with R's replicate weights where a file of them is named."""
    frame, design = frame_of(case.dataset), DESIGNS[case.design.split(";")[0]]
    if weights:
        columns = pd.read_csv(REFERENCE / "data" / f"repw_{weights}.csv")
        frame = pd.concat([frame, columns], axis=1)
        design = replace(design, replicates=supplied_of(case, weights, list(columns)))
    return jf.Survey(frame, design, book_of(frame))


def book_of(frame: pd.DataFrame) -> dict[str, object]:
    """Every outcome that the data have, but for those that cases take as covariates."""
    outcomes = {name: OUTCOMES[name] for name in OUTCOMES if name in frame and name != "stype"}
    covariates = {"ell": {"column": "ell"}} if "ell" in frame else {}
    return {"outcomes": outcomes, "covariates": covariates}


def supplied_of(case: Case, weights: str, columns: list[str]) -> jf.SuppliedReplicates:
    """R's weights with their scales: those that the kind implies, but for two bootstraps."""
    kind = "sdr" if weights.startswith("sdr") else "bootstrap"
    rescaled = weights.startswith("bootstrap")  # Canty and Davison: m / (m - 1) more
    scale = CASES[f"rep_{weights}"].results["scale"] if rescaled else None
    return jf.SuppliedReplicates(columns, kind, scale=scale)


def numbers(fit: jf.Fit) -> dict[str, object]:
    """Levels under R's names."""
    belief = fit.joint()
    joint = belief.joint.combine(jf.Level().plan(belief.grid).combined)
    table = fit.levels()
    return {
        "estimate": table["estimate"],
        "se": table["std_error"],
        "vcov": joint.covariance(),
        "degf": fit.engine.survey.sampling.df,
    }


def drawn(replicates: str, *outcomes: str, **settings: object) -> Callable[[Case], Mapping]:
    """Answer by replicates that we make ourselves."""

    def answer(case: Case) -> Mapping:
        survey, chosen = survey_of(case), GENERATED[replicates]
        fit = jf.direct(survey, list(outcomes) or None, replicates=chosen, **settings)
        made = replicates_for(survey, chosen)
        scales = np.ravel(case.results["scale"]) * np.ravel(case.results["rscales"])
        in_order = np.sort(made.scales), np.sort(scales)  # R's strata stand as they occur
        np.testing.assert_allclose(*in_order, rtol=1e-12)
        return {**numbers(fit), "n_rep": len(made.scales), "repweights": made.factors}

    return answer


def given(weights: str, *outcomes: str) -> Callable[[Case], Mapping]:
    """Answer by R's replicate weights."""

    def answer(case: Case) -> Mapping:
        survey = survey_of(case, weights)
        fit = jf.direct(survey, list(outcomes), replicates=SUPPLIED)
        scales = np.ravel(case.results["scale"]) * np.ravel(case.results["rscales"])
        np.testing.assert_allclose(replicates_for(survey, SUPPLIED).scales, scales, rtol=1e-12)
        return {**numbers(fit), "n_rep": len(scales)}

    return answer


def regression(formula: str, replicates: jf.Replicates, order: list[int], weights=None):
    """Answer by a regression; `order` puts our coefficients into R's."""

    def answer(case: Case) -> Mapping:
        survey = survey_of(case, weights)
        fit = jf.fit(formula, survey, engine=jf.Weighted(replicates=replicates))
        joint = fit.engine.parameters
        covariance = joint.covariance()[np.ix_(order, order)]
        assert set(fit.summary()["df"]) == {case.results["degf"] + 1 - len(order)}  # as svyglm
        return {
            "estimate": joint.mean[order],
            "se": np.sqrt(np.diag(covariance)),
            "vcov": covariance,
            "degf": survey.sampling.df,
            "n_rep": len(replicates_for(survey, replicates).scales),
        }

    return answer


def quantiles(case: Case) -> Mapping:
    survey = survey_of(case, "bootstrap_clus1")
    table = jf.direct(survey, "api00", statistic=jf.Quantile(0.25), replicates=SUPPLIED).levels()
    return {"api00": table[["estimate", "low", "high", "std_error"]]}


API, RATIO = ("api00", "enroll"), jf.Ratio("alive", "arrests")
ANSWERS: Mapping[str, Callable[[Case], Mapping]] = {
    "rep_jk1_clus1": drawn("JK1", *API),
    "rep_jk1_nofpc_clus1": drawn("JK1", *API),
    "rep_jk1_mse_clus1": drawn("JK1, mse", *API),
    "rep_jkn_strat": drawn("JKn", *API),
    "rep_jkn_cbpp": drawn("JKn", "y"),
    "rep_brr_scd": drawn("BRR", statistic=RATIO),
    "rep_fay_scd": drawn("Fay", statistic=RATIO),
    "rep_sdr_clus1": given("sdr_clus1", *API),
    **{
        f"rep_{kind}_clus1": given(f"{kind}_clus1", *API)
        for kind in ("bootstrap", "subbootstrap", "mrbbootstrap")
    },
    **{
        f"rep_{kind}_cbpp": given(f"{kind}_cbpp", "y")
        for kind in ("bootstrap", "subbootstrap", "mrbbootstrap")
    },
    "rep_boot_quantile_clus1": quantiles,
    "rep_glm_jk1_clus1": regression("awarded ~ ell + stype", GENERATED["JK1"], [0, 3, 1, 2]),
    "rep_boot_glm_cbpp": regression("y ~ wave", SUPPLIED, [0, 1, 2, 3], "subbootstrap_cbpp"),
}
NOT_COMPARED = {"names", "scale", "rscales"}  # labels; and scales, compared where they are made


def test_every_case_is_answered():
    assert set(ANSWERS) == set(CASES)


@pytest.mark.parametrize("name", ANSWERS)
def test_equals_r(name):
    case = CASES[name]
    ours = ANSWERS[name](case)
    results = case.results
    if name == "rep_boot_quantile_clus1":  # the upper two: test_quantiles_of_whole_weights
        results = {"api00": results["api00"][0]}
    for number in results.keys() - NOT_COMPARED:
        theirs, mine = (np.ravel(each[number]).astype(float) for each in (results, ours))
        zero = 1e-12 * np.abs(theirs).max()
        np.testing.assert_allclose(mine, theirs, rtol=RELATIVE, atol=zero, err_msg=number)


# In four of R's 60 replicates the distribution function reaches .5 or .75 exactly, and R, which
# compares without tolerance, steps over it by rounding. Its own qrule_math on the whole numbers
# round(repw / pw), which have no rounding, gives these:
@pytest.mark.parametrize(("p", "error"), [(0.5, 38.9950018526929), (0.75, 21.0873887928708)])
def test_quantiles_of_whole_weights(p, error):
    case = CASES["rep_boot_quantile_clus1"]
    survey = survey_of(case, "bootstrap_clus1")
    table = jf.direct(survey, "api00", statistic=jf.Quantile(p), replicates=SUPPLIED).levels()
    assert table["std_error"].item() == pytest.approx(error, rel=1e-12)
    rounding = {0.5: 2e-4, 0.75: 3e-3}[p]
    assert error == pytest.approx(case.results["se"][[0.25, 0.5, 0.75].index(p)], rel=rounding)


# Against linearisation.

WAVES = DESIGNS["svydesign(id=~commune, strata=~region, weights=~weight)"]
SECURE = {"outcomes": {"secure": {"scale": "binary"}}}


@cache
def waves(**roles: object) -> jf.Survey:
    frame = frame_of("wave_survey_secure.csv")
    return jf.Survey(frame, replace(WAVES, **roles), SECURE)


def errors(fit: jf.Fit) -> np.ndarray:
    tables = [fit.levels(by="region"), fit.changes(by="region"), fit.contrasts("region")]
    return pd.concat(tables)["std_error"].to_numpy()


def plain(survey: jf.Survey, **settings: object) -> jf.Fit:
    return jf.direct(survey, "secure", small_sample="none", **settings)


def test_jackknife_of_shares_is_close_to_linearisation():
    jackknife = errors(jf.direct(waves(), "secure", replicates=jf.Replicates("jkn")))
    # they differ by the curvature of a ratio, of the order of the squared CV of cell sizes
    assert jackknife == pytest.approx(errors(plain(waves())), rel=0.10)
    assert np.median(jackknife / errors(plain(waves()))) == pytest.approx(1, abs=0.01)
    assert not np.allclose(jackknife, errors(plain(waves())), rtol=1e-4)


@pytest.mark.parametrize("kind", ["rao_wu", "bootstrap"])
def test_bootstraps_are_close_to_linearisation(kind):
    fit = jf.direct(waves(), "secure", replicates=jf.Replicates(kind, n=4000))
    # Monte Carlo sd of an error from n Normal replicates: 1 / sqrt(2 n) = .011; a region's four
    # clusters add the bootstrap's own bias of a ratio
    assert np.median(errors(fit) / errors(plain(waves()))) == pytest.approx(1, abs=0.03)
    assert errors(fit) == pytest.approx(errors(plain(waves())), rel=0.12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fraction", [None, 0.4])
def test_totals_equal_linearisation(kind, fraction):
    survey = paired(kind, fraction)
    n = 40_000 if kind in ("rao_wu", "bootstrap") else None
    rho = 0.5 if kind == "fay" else None
    chosen = jf.Replicates(kind, n=n, rho=rho)
    linear = jf.direct(survey, "y", statistic="total", small_sample="none").levels()
    table = jf.direct(survey, "y", statistic="total", replicates=chosen).levels()
    tolerance = 1e-12
    if n:
        # four Monte Carlo sds; drawing without replacement from copies adds N / (N - 1), here
        # of N = 5 clusters a stratum, to Canty and Davison's variance
        tolerance = 4 / np.sqrt(2 * n)
        if kind == "bootstrap" and fraction:
            tolerance += np.sqrt(5 / 4) - 1
    assert table["std_error"].item() == pytest.approx(linear["std_error"].item(), rel=tolerance)
    assert table["df"].equals(linear["df"])


def paired(kind: str, fraction: float | None) -> jf.Survey:
    """Two clusters in each of seven strata, or fourteen in none."""
    draw = np.random.default_rng(5)
    n = 14 * 6
    frame = pd.DataFrame(
        {
            "y": draw.normal(10, 3, n).round(2),
            "w": draw.uniform(1, 4, n).round(2),
            "h": np.repeat(np.arange(7), n // 7),
            "c": np.repeat(np.arange(14), n // 14),
            "f": fraction or 0.0,
        }
    )
    roles = {"cluster": "c", "weights": "w", "target": "population"}
    roles |= {} if kind == "jk1" else {"strata": "h"}
    roles |= {"fpc": "f"} if fraction else {}
    design = jf.SurveyDesign(**roles)
    return jf.Survey(frame, design, {"outcomes": {"y": {"scale": "continuous"}}})


def test_df_are_the_designs_and_not_the_number_of_replicates():
    fit = jf.direct(waves(), "secure", replicates=jf.Replicates("rao_wu", n=200))
    assert set(fit.levels()["df"]) == {12}
    assert set(fit.levels(by="region")["df"]) == {3}


def test_a_cluster_alone_has_no_error():
    fit = jf.direct(waves(), "secure", replicates=jf.Replicates("jkn"))
    table = fit.levels(by="commune")
    assert table["std_error"].isna().all()
    assert table["estimate"].notna().any()


def test_a_cell_that_many_replicates_lack_has_no_error():
    # two of a region's four communes: neither is drawn in (1/2)^3 of Rao and Wu's replicates
    frame = frame_of("wave_survey_secure.csv")
    pair = frame["commune"].isin(["GA1", "GA2"])
    frame = frame.assign(town=np.where(pair, "pair", np.where(frame["commune"] < "GA", "a", "b")))
    survey = jf.Survey(frame, WAVES, SECURE)
    table = jf.direct(survey, "secure", replicates=jf.Replicates("rao_wu")).levels(by="town")
    missing = table["std_error"].isna().to_numpy()
    assert (missing == (table["town"] == "pair").to_numpy()).all()
    kept = jf.direct(survey, "secure", replicates=jf.Replicates("jkn")).levels(by="town")
    assert kept["std_error"].notna().all()


def test_few_replicates_that_lack_a_cell_are_left_out():
    frame = frame_of("wave_survey_secure.csv")
    one_each = frame.groupby(["region", "commune"]).ngroup().isin([0, 5, 9, 13])
    survey = jf.Survey(frame.assign(few=np.where(one_each, "few", "rest")), WAVES, SECURE)
    fit = jf.direct(survey, "secure", replicates=jf.Replicates("rao_wu", n=4000))
    # none of four clusters, one a stratum, is drawn in (3/4)^12 = 3 % of replicates
    assert fit.levels(by="few")["std_error"].notna().all()


def test_medians_are_close_to_woodruff():
    survey = survey_of(CASES["rep_jk1_nofpc_clus1"])
    settings = {"statistic": jf.Quantile(0.5)}
    woodruff = jf.direct(survey, "api00", small_sample="none", **settings).levels()
    table = jf.direct(
        survey, "api00", replicates=jf.Replicates("rao_wu", n=2000), **settings
    ).levels()
    assert table["estimate"].item() == woodruff["estimate"].item()
    assert table["std_error"].item() == pytest.approx(woodruff["std_error"].item(), rel=0.15)


# Supplied weights.


def with_weights_of(survey: jf.Survey, settings: jf.Replicates, frame: pd.DataFrame) -> jf.Survey:
    """The same survey with the replicates that we would draw as supplied weights."""
    made = replicates_for(survey, settings)
    weights = survey.rows.weight[:, None] * made.factors[survey.rows.keys["unit"].codes]
    columns = [f"rw{k}" for k in range(weights.shape[1])]
    record = jf.SuppliedReplicates(columns, "other", rscales=made.scales.tolist())
    wide = pd.concat([frame, pd.DataFrame(weights, columns=columns)], axis=1)
    return jf.Survey(wide, replace(survey.design, replicates=record), survey.codebook)


@pytest.fixture(scope="module")
def both() -> tuple[jf.Survey, jf.Replicates, jf.Survey]:
    drawing = jf.Replicates("rao_wu", n=50, seed=3)
    frame = frame_of("wave_survey_secure.csv")
    return waves(), drawing, with_weights_of(waves(), drawing, frame)


@pytest.mark.parametrize("settings", [{}, {"statistic": "total"}, {"where": {"region": "Gao"}}])
def test_supplied_weights_equal_those_drawn(both, settings):
    survey, drawing, wide = both
    drawn_fit = jf.direct(survey, "secure", replicates=drawing, **settings)
    supplied_fit = jf.direct(wide, "secure", replicates=SUPPLIED, **settings)
    one, other = (fit.changes(by="sex", categories="all") for fit in (drawn_fit, supplied_fit))
    pd.testing.assert_frame_equal(one, other, rtol=1e-10)


def test_supplied_weights_do_not_group(both):
    *_, wide = both
    assert not [name for name in wide.rows.keys if name.startswith("rw")]


def test_supplied_df_are_kept():
    case = CASES["rep_sdr_clus1"]
    survey = survey_of(case, "sdr_clus1")
    record = replace(survey.design.replicates, df=9.0)
    frame = pd.concat(
        [frame_of(case.dataset), pd.read_csv(REFERENCE / "data" / "repw_sdr_clus1.csv")], axis=1
    )
    design = jf.SurveyDesign(weights="pw", replicates=record)
    people = jf.Survey(frame, design, {"outcomes": {"api00": {"scale": "continuous"}}})
    table = jf.direct(people, "api00", replicates=SUPPLIED).levels()
    assert table["std_error"].item() == pytest.approx(case.results["se"][0], rel=RELATIVE)
    assert table["df"].item() == 9
    with pytest.raises(SpecError, match="name no clusters"):
        jf.direct(people, "api00")
    with pytest.raises(SpecError, match="name no clusters"):
        jf.fit("api00 ~ stype", people)


# Regression.


def replicated_fit(formula: str, survey: jf.Survey, settings: jf.Replicates) -> jf.Fit:
    return jf.fit(formula, survey, engine=jf.Weighted(replicates=settings))


def test_levels_of_a_saturated_model_are_the_direct_ones():
    drawing = jf.Replicates("jkn")
    model = replicated_fit("secure ~ wave", waves(), drawing)
    # a model of waves alone fits the weighted shares, replicate by replicate
    direct = jf.direct(waves(), "secure", replicates=drawing)
    for table, same in ((model.levels(), direct.levels()), (model.changes(), direct.changes())):
        columns = ["estimate", "std_error"]
        np.testing.assert_allclose(table[columns], same[columns], rtol=1e-7)


@pytest.mark.parametrize("over", ["wave", "fixed"])
def test_margins_are_close_to_linearisation(over):
    formula = "secure ~ wave + sex"
    linear = jf.fit(formula, waves(), engine=jf.Weighted(small_sample="none"))
    jackknife = replicated_fit(formula, waves(), jf.Replicates("jkn"))
    for ask in (lambda fit: fit.changes(over=over), lambda fit: fit.summary()):
        one, other = ask(linear), ask(jackknife)
        assert one["std_error"].to_numpy() == pytest.approx(other["std_error"].to_numpy(), rel=0.05)
        assert one["df"].equals(other["df"])


@pytest.mark.parametrize("over", ["wave", "fixed"])
def test_supplied_weights_refit_as_those_drawn(both, over):
    survey, drawing, wide = both
    formula = "secure ~ wave + sex"
    one = replicated_fit(formula, survey, drawing)
    other = replicated_fit(formula, wide, SUPPLIED)
    pd.testing.assert_frame_equal(one.summary(), other.summary(), rtol=1e-7)
    pd.testing.assert_frame_equal(
        one.levels(by="region", over=over), other.levels(by="region", over=over), rtol=1e-7
    )


def test_a_replicate_that_cannot_be_fitted_is_named():
    case = CASES["rep_jk1_nofpc_clus1"]
    frame = frame_of(case.dataset)
    frame = frame.assign(alone=np.where(frame["dnum"] == frame["dnum"][0], "here", "elsewhere"))
    survey = jf.Survey(frame, DESIGNS[case.design.split(";")[0]], book_of(frame))
    with pytest.raises(EstimationError, match=r"Replicate \d+ of 15 cannot be fitted"):
        replicated_fit("api00 ~ alone", survey, GENERATED["JK1"])


# What replicates cannot do.


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"replicates": "jkn"}, "takes a Replicates"),
        ({"replicates": jf.Replicates("jkn"), "interviewers": "cluster"}, "clusters alone"),
        ({"replicates": SUPPLIED}, "SuppliedReplicates"),
        ({"replicates": jf.Replicates("jk1")}, "Use 'jkn'"),
        ({"replicates": jf.Replicates("brr")}, r"'brr' needs two clusters .*\(4\)"),
    ],
)
def test_refusals(settings, says):
    with pytest.raises((SpecError, jf.DesignError), match=says):
        jf.direct(waves(), "secure", **settings)


def test_jackknife_of_quantiles_is_refused():
    survey = survey_of(CASES["rep_jk1_clus1"])
    with pytest.raises(SpecError, match="no valid error of a quantile"):
        jf.direct(survey, "api00", statistic=jf.Quantile(0.5), replicates=GENERATED["JK1"])
