"""Variance components against closed forms, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from latent_cases import BLOCK_TERMS, CODEBOOK, DESIGN
from posterior_cases import certain, fitted, laid_out
from scipy import stats

import jfmodels as jf
from jfmodels.engines.bayesian.components import Variances
from jfmodels.model.effects import BLOCKS
from jfmodels.model.families import FAMILIES
from jfmodels.results.schema import COMPONENTS

TWO = "(1 | region) + (1 | region:commune)"


def told(family, values, terms=TWO, outcome=""):
    laid = laid_out(family, terms, outcome)
    return Variances(certain(laid, values), laid.response)


@pytest.mark.parametrize(
    ("family", "residual"),
    [
        (jf.Bernoulli(), np.pi**2 / 3),
        (jf.Bernoulli("probit"), 1.0),
        (jf.Bernoulli("cloglog"), np.pi**2 / 6),
    ],
)
def test_latent_shares_and_correlations_by_hand(family, residual):
    found = told(family, [0.5, 1.2], outcome="yes")
    total = 0.25 + 1.44 + residual
    assert found.shares[0] == pytest.approx([0.25 / total, 1.44 / total])
    # two people of one commune share its region too
    assert found.latent_icc[0] == pytest.approx([0.25 / total, 1.69 / total])


def test_two_nominal_answers_are_two_answers():
    """Effects and residuals of two answers differ by sqrt(2) times a contrast's."""
    by_answer = told("categorical", [0.5 / np.sqrt(2), 1.2 / np.sqrt(2)])
    assert by_answer.shares[0] == pytest.approx(told("bernoulli", [0.5, 1.2]).shares[0])
    assert np.isnan(by_answer.icc).all()


def test_correlation_of_answers_is_that_of_a_bivariate_normal():
    """Probit: two people of one group both answer yes with a bivariate normal probability."""
    laid = laid_out(jf.Bernoulli("probit"), TWO, "yes")
    field = np.zeros(laid.latent.size)
    field[0] = 0.4
    found = Variances(certain(laid, [0.7, 0.9], field), laid.response)
    total = 1 + 0.49 + 0.81
    p = stats.norm.cdf(0.4 / np.sqrt(total))
    for shared, icc in zip([0.49, 1.3], found.icc[0], strict=True):
        both = stats.multivariate_normal([0, 0], [[total, shared], [shared, total]]).cdf([0.4, 0.4])
        # the reference integrates to 1e-5
        assert icc == pytest.approx((both - p**2) / (p * (1 - p)), abs=1e-4)


@pytest.mark.parametrize(("family", "dispersion"), [("poisson", []), ("negative binomial", [0.6])])
def test_correlation_of_counts_is_that_of_lognormal_means(family, dispersion):
    alpha = sum(dispersion)
    found = told(family, [0.3, 0.5, *dispersion])
    v = 0.09 + 0.25
    m = np.exp(v / 2)
    variance = m + alpha * m**2 * np.exp(v) + m**2 * np.expm1(v)
    by_hand = [m**2 * np.expm1(shared) / variance for shared in (0.09, v)]
    assert found.icc[0, :2] == pytest.approx(by_hand, rel=1e-9)
    residual = np.log1p(1 / m + alpha)  # Nakagawa et al. (2017), table 1
    assert found.latent_icc[0, :2] == pytest.approx([0.09 / (v + residual), v / (v + residual)])


def test_a_line_has_the_same_correlation_on_both_scales():
    found = told("gaussian", [0.3, 0.5, 0.8])
    assert found.icc[0, :2] == pytest.approx(found.latent_icc[0, :2])
    assert found.icc[0, 1] == pytest.approx(0.34 / 0.98)


@pytest.mark.parametrize("block", BLOCKS)
def test_shares_add_up_to_one(block):
    found = fitted(f"size ~ wave + x + {BLOCK_TERMS[block]}").engine
    shares = Variances(found.posterior, found.response).shares
    assert np.nansum(shares, axis=1) == pytest.approx(1.0)


def test_correlations_are_real_ones():
    laid = laid_out("gaussian", "(1 + wave | commune)")
    values = [0.5, 0.7, 0.9, 0.4, -0.3, 0.6, 1.0]
    posterior = certain(laid, values)
    covariance = posterior.covariance(posterior.latent.effects[0])[0]
    sd = np.sqrt(np.diag(covariance))
    found = Variances(posterior, laid.response).values[0]
    assert found[:3] == pytest.approx(sd)
    correlation = covariance / np.outer(sd, sd)
    assert found[3:6] == pytest.approx(correlation[[1, 2, 2], [0, 0, 1]])
    assert found[5] != pytest.approx(0.6)  # which is the partial one


def test_the_variance_of_slopes_is_that_over_interviews():
    laid = laid_out("gaussian", "(1 + x | commune)")
    posterior = certain(laid, [0.5, 0.7, -0.4, 1.0])
    z = np.column_stack(
        [
            np.ones(600),
            laid.data.patterns["x"]
            .to_numpy()
            .repeat(np.bincount(laid.data.pattern, laid.data.n).astype(int)),
        ]
    )
    by_hand = np.einsum(
        "ni,ij,nj->n", z, posterior.covariance(posterior.latent.effects[0])[0], z
    ).mean()
    assert Variances(posterior, laid.response).of_effect[0, 0] == pytest.approx(by_hand)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_table_has_its_glossary_and_intervals_that_hold_the_mean(family):
    y = {"bernoulli": "yes", "ordinal": "level", "categorical": "choice", "gaussian": "size"}
    table = fitted(f"{y.get(family, 'times')} ~ wave + x + (1 | commune)").variance_components()
    assert list(table.columns) == list(COMPONENTS)
    assert (table["low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["high"]).all()
    assert table["share"].iloc[0] == pytest.approx(table["icc_latent"].iloc[0])
    if family in ("bernoulli", "ordinal"):
        # a share between 0 and 1 has less correlation than what lies behind it
        assert 0 < table["icc_response"].iloc[0] < table["icc_latent"].iloc[0]


def test_another_unit_of_measurement_changes_no_share():
    frame = frame_of_sizes()
    small, large = (
        jf.fit(
            "size ~ wave + (1 | commune)",
            jf.Survey(frame.assign(size=frame["size"] * factor), DESIGN, CODEBOOK_OF_SIZES),
            engine=jf.Laplace(draws=1600),
        )
        for factor in (1.0, 10.0)
    )
    one, ten = small.variance_components(), large.variance_components()
    # Newton stops within 1e-9 of a mode, not at it
    assert ten["estimate"].to_numpy() == pytest.approx(10 * one["estimate"].to_numpy(), rel=1e-4)
    for name in ("share", "icc_latent", "icc_response"):
        assert ten[name].to_numpy() == pytest.approx(one[name].to_numpy(), rel=1e-4, nan_ok=True)


def test_reml_finds_the_same_variances():
    """statsmodels' REML: within half a posterior sd, as priors are weak and groups sixteen."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    frame = frame_of_sizes()
    reml = MixedLM.from_formula("size ~ wave", frame, groups="commune").fit()
    survey = jf.Survey(frame, DESIGN, CODEBOOK_OF_SIZES)
    found = jf.fit("size ~ wave + (1 | commune)", survey, engine=jf.Laplace(draws=2000))
    table = found.variance_components().set_index("component")
    expected = {"sd(commune)": np.sqrt(reml.cov_re.iloc[0, 0]), "sigma": np.sqrt(reml.scale)}
    for name, value in expected.items():
        row = table.loc[name]
        assert abs(row["estimate"] - value) < row["std_error"] / 2


def test_coverage_is_a_share():
    with pytest.raises(jf.SpecError, match="strictly between 0 and 1; found 95"):
        fitted("size ~ wave + x + (1 | commune)").variance_components(coverage=95)


CODEBOOK_OF_SIZES = {**CODEBOOK, "outcomes": {"size": {"scale": "continuous"}}, "covariates": {}}


def frame_of_sizes():
    import pandas as pd

    rng = np.random.default_rng(3)
    commune = rng.integers(0, 16, 500)
    size = rng.normal(0, 0.7, 16)[commune] + rng.normal(0, 1, 500)
    return pd.DataFrame(
        {
            "wave": rng.choice(["w1", "w2", "w3"], 500),
            "region": np.where(commune < 8, "north", "south"),
            "commune": [f"c{k}" for k in commune],
            "interviewer": [f"i{k}" for k in rng.integers(0, 5, 500)],
            "size": size,
        }
    )


def test_without_random_terms_there_are_no_components():
    fit = fitted("size ~ wave + x", 400)
    assert fit.variance_components()["component"].tolist() == ["sigma"]
    with pytest.raises(jf.SpecError, match="no random terms"):
        fit.effects("commune")
