"""What priors imply: against closed forms, and without any answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from latent_cases import (
    BLOCK_TERMS,
    CODEBOOK,
    DESIGN,
    NEIGHBOURS,
    OUTCOMES,
    latent_model,
    simulated,
)
from scipy import stats
from scipy.special import expit

import jfmodels as jf
from jfmodels.engines.bayesian.prior import draw_prior
from jfmodels.model.effects import BLOCKS
from jfmodels.model.families import FAMILIES
from jfmodels.results.schema import columns


def drawn_levels(formula, draws=4000, **options):
    fit = jf.prior_predictive(formula, simulated(), draws=draws, **options)
    return fit.joint().joint.draws[:, -1]


def test_a_share_is_the_inverse_logit_of_a_normal():
    levels = drawn_levels("yes ~ 1")
    assert stats.kstest(levels, lambda p: stats.norm.cdf(np.log(p / (1 - p)) / 2.5)).pvalue > 0.001


def test_effects_of_new_groups_are_integrated():
    """The average over new communes of expit(a + s z), by quadrature; a and s from the priors."""
    levels = drawn_levels(
        "yes ~ 1 + (1 | commune)",
        priors={"sd(commune)": jf.HalfNormal(1.0), "Intercept": jf.Normal(-1, 0.5)},
    )
    rng, z = np.random.default_rng(2), np.random.default_rng(3).normal(size=2000)
    a, s = rng.normal(-1, 0.5, 4000), np.abs(rng.normal(size=4000))
    by_hand = expit(a[:, None] + s[:, None] * z).mean(axis=1)
    assert stats.ks_2samp(levels, by_hand).pvalue > 0.001


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_the_one_table(family):
    fit = jf.prior_predictive(f"{OUTCOMES[family]} ~ wave + x + (1 | commune)", simulated())
    table = fit.levels(by="region", over="wave")
    assert list(table.columns) == columns(["region"])
    assert set(table["engine"]) == {"prior"}
    assert (table["low"] < table["high"]).all()


def test_thresholds_are_those_normals_that_happen_to_be_in_order():
    latent = latent_model("ordinal", "(1 | commune)")
    drawn = draw_prior(latent, 20_000, 1).field[:, -latent.n_thresholds :]
    assert (np.diff(drawn, axis=1) > 0).all()
    rng = np.random.default_rng(4)
    any_ = rng.normal(latent.threshold_mean, latent.threshold_sd, (40_000, 2))
    kept = any_[np.diff(any_, axis=1)[:, 0] > 0]
    for k in range(2):
        assert stats.ks_2samp(drawn[:, k], kept[:, k]).pvalue > 0.001


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("family", ["bernoulli", "categorical"])
def test_effects_have_the_covariance_of_their_block(block, family):
    latent = latent_model(family, BLOCK_TERMS[block])
    posterior = draw_prior(latent, 500, 1)
    field = posterior.field[:, : latent.n_channels * latent.width]
    each = latent.effects[0]
    start = latent.starts[0]
    u = field.reshape(500, latent.n_channels, latent.width)[:, :, start : start + each.size]
    u = u.reshape(500, -1, len(each.coordinates))
    white = np.linalg.solve(
        np.linalg.cholesky(posterior.covariance(posterior.latent.effects[0]))[:, None], u[..., None]
    ).ravel()
    assert stats.kstest(white, stats.norm.cdf).pvalue > 0.001


def test_parameters_have_their_priors():
    latent = latent_model("bernoulli", BLOCK_TERMS["ar1"])
    sd, rho = draw_prior(latent, 5000, 1).parameters.T
    assert stats.kstest(sd, stats.halfnorm.cdf).pvalue > 0.001
    assert stats.kstest(rho, stats.beta(2, 2).cdf).pvalue > 0.001


def test_answers_do_not_matter_and_seeds_do():
    frame = pd.DataFrame(
        {
            "wave": ["w1", "w2"] * 20,
            "region": ["north"] * 20 + ["south"] * 20,
            "commune": [f"c{k // 10}" for k in range(40)],
            "interviewer": "i0",
            "yes": [0, 1, 1, 0] * 10,
        }
    )
    book = {"waves": CODEBOOK["waves"], "outcomes": {"yes": {"scale": "binary"}}}

    def levels(yes, **options):
        survey = jf.Survey(frame.assign(yes=yes), DESIGN, book)
        return jf.prior_predictive("yes ~ wave + (1 | commune)", survey, **options).levels()

    table = levels(frame["yes"])
    assert levels(1 - frame["yes"]).equals(table)
    assert levels(frame["yes"], seed=2)["estimate"].tolist() != table["estimate"].tolist()


def test_models_bring_their_priors_and_draws_are_counted():
    model = jf.Model("yes ~ wave + bym2(commune)", neighbours=NEIGHBOURS)
    assert jf.prior_predictive(model, simulated(), draws=10).engine.posterior.n_draws == 10
    with pytest.raises(jf.SpecError, match="give them to it"):
        jf.prior_predictive(model, simulated(), priors={})
    with pytest.raises(jf.SpecError, match="draws= takes a whole number from 2; found 0"):
        jf.prior_predictive(model, simulated(), draws=0)


def test_what_was_drawn_beforehand_is_not_called_posterior():
    fit = jf.prior_predictive("yes ~ wave + (1 | commune)", simulated(), draws=10)
    assert fit.engine.heading.notes[-1] == "Prior means and standard deviations of 10 draws"
