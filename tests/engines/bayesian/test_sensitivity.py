"""Sensitivity to the prior: against ArviZ, against refits, and on four regions."""

from __future__ import annotations

import logging

import arviz as az
import numpy as np
import pytest
from latent_cases import OUTCOMES, simulated
from posterior_cases import fitted

import jfmodels as jf
from jfmodels.engines.bayesian.beforehand import natural
from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.pareto import smooth
from jfmodels.engines.bayesian.sensitivity import (
    log_likelihood,
    log_prior,
    moved,
    sensitivity_table,
)
from jfmodels.model.families import FAMILIES
from jfmodels.results.schema import SENSITIVITY

REGIONS = jf.fit("shown(trust_army) ~ wave + (1 | region)", jf.example(), weighting="ignore")


def test_four_regions_say_little_of_their_standard_deviation():
    table = REGIONS.prior_sensitivity().set_index(["quantity", "scaled"])
    prior, likelihood = table.loc[("sd(region)", "prior")], table.loc[("sd(region)", "likelihood")]
    assert prior["sensitivity"] > 0.05 > likelihood["sensitivity"]
    assert prior["verdict"] == "strong prior / weak likelihood"
    levels = table.filter(like="level in", axis=0)
    assert len(levels) == 12
    assert set(levels["verdict"]) == {"-"}


def test_arviz_measures_the_same_on_the_same_draws():
    """ArviZ smooths both tails of the weights, and its tail is shorter: 1 % and .0005."""
    posterior = REGIONS.engine.posterior
    belief = REGIONS.joint(over="wave")
    levels = jf.Level().plan(belief.grid).answer(belief.joint).draws
    drawn = {"sd(region)": posterior.parameters[:, 0]}
    drawn |= {f"level in Q{k + 1}": each for k, each in enumerate(levels.T)}
    tree = az.from_dict(
        {
            "posterior": {name: each[None] for name, each in drawn.items()},
            "log_prior": {"all": log_prior(posterior)[None]},
            "log_likelihood": {"all": log_likelihood(posterior)[None, :, None]},
        }
    )
    logging.getLogger("arviz_stats").setLevel(logging.ERROR)
    theirs = az.psense_summary(tree, round_to=12)
    ours = REGIONS.prior_sensitivity().pivot(
        index="quantity", columns="scaled", values="sensitivity"
    )
    for scaled in ("prior", "likelihood"):
        expected = theirs.loc[ours.index, scaled].to_numpy(dtype=float)
        assert ours[scaled].to_numpy() == pytest.approx(expected, rel=0.01, abs=0.0005)


def test_a_prior_raised_to_two_is_a_prior_of_half_the_variance():
    """Reweighted draws against a refit, within four Monte Carlo errors of both."""

    def fit(power):
        priors = {
            "sd(region)": jf.HalfNormal(1 / np.sqrt(power)),
            "Intercept": jf.Normal(0.5, 0.8 / np.sqrt(power)),
        }
        model = jf.Model("yes ~ 1 + (1 | region)", priors=priors)
        return jf.fit(model, simulated(), engine=jf.Laplace(draws=8000)).engine.posterior

    one, two = fit(1.0), fit(2.0)
    weights, k = smooth(log_prior(one))
    assert k < 0.7
    for draws in (lambda each: each.parameters[:, 0], lambda each: each.field[:, 0]):
        refitted = draws(two)
        spread = 2 * refitted.std() / np.sqrt(500)  # effective points of both, at the least
        assert weights @ draws(one) == pytest.approx(refitted.mean(), abs=2 * spread)
        assert draws(one).mean() != pytest.approx(refitted.mean(), abs=spread / 4)


@pytest.mark.parametrize("family", FAMILIES)
def test_prior_likelihood_and_effects_make_up_the_density_of_the_field(family):
    """Up to a constant, and the Jacobian of log standard deviations, which is not scaled."""
    posterior = fitted(f"{OUTCOMES[family]} ~ wave + x + (1 | commune)").engine.posterior
    latent, field = posterior.latent, Field(posterior.latent)
    theta = posterior.theta.T
    whole = field.value(posterior.field.T, theta, field.beforehand(theta))
    sd = natural(latent.hyperparameters, theta)[0]
    places = field.model.places(0)
    u = posterior.field[:, places.ravel()]
    effects = -(u**2).sum(axis=1) / sd**2 / 2 - u.shape[1] * np.log(sd)
    parts = log_prior(posterior) + log_likelihood(posterior) + effects + theta.sum(axis=0)
    assert (parts - whole).std() < 1e-8


def test_distance_of_distributions_by_hand():
    """Four draws, the upper two of double weight: the integrals are sums over three gaps."""
    draws, weights = np.array([0.0, 1.0, 2.0, 4.0]), np.array([1, 1, 2, 2]) / 6

    def from_the_left(p, q, gaps):
        middle = (p + q) / 2
        apart = gaps @ (p * np.log2(p / middle) + q * np.log2(q / middle))
        return np.sqrt(apart / (gaps @ (p + q)))

    left = from_the_left(np.array([1, 2, 3]) / 4, np.array([1, 2, 4]) / 6, np.array([1, 1, 2]))
    right = from_the_left(np.array([1, 2, 3]) / 4, np.array([2, 4, 5]) / 6, np.array([2, 1, 1]))
    assert moved(draws, weights) == pytest.approx(max(left, right))


def test_order_unit_and_sign_do_not_matter():
    rng = np.random.default_rng(1)
    draws, weights = rng.gamma(2.0, size=500), rng.dirichlet(np.ones(500))
    order = rng.permutation(500)
    expected = moved(draws, weights)
    assert 0 < expected < 1
    for same in (moved(draws[order], weights[order]), moved(3 - 10 * draws, weights)):
        assert same == pytest.approx(expected)
    assert moved(draws, np.full(500, 1 / 500)) == pytest.approx(0, abs=1e-7)
    assert moved(np.ones(500), weights) == 0


def test_every_answer_of_a_nominal_outcome_has_its_levels():
    table = fitted("choice ~ wave + x + (1 | commune)").prior_sensitivity()
    assert list(table.columns) == list(SENSITIVITY)
    assert table["quantity"].unique().tolist()[:3] == [
        "sd(commune)",
        "level of a in w1",
        "level of a in w2",
    ]
    assert len(table) == 2 * (1 + 9)


def test_a_prior_far_from_the_data_is_in_conflict_with_them():
    priors = {"sd(commune)": jf.HalfNormal(0.1), "Intercept": jf.Normal(1.0, 0.1)}
    model = jf.Model("yes ~ 1 + (1 | commune)", priors=priors)
    fit = jf.fit(model, simulated(), engine=jf.Laplace(draws=2000))
    table = sensitivity_table(fit.engine, None)
    assert set(table["verdict"]) == {"prior-data conflict"}
