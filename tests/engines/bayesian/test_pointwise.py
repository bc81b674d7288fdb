"""Log densities against scipy's, and answers that are drawn as they are expected."""

from __future__ import annotations

import numpy as np
import pytest
from latent_cases import OUTCOMES
from posterior_cases import certain, laid_out
from scipy import stats
from scipy.special import expit, softmax

from jfmodels.engines.bayesian.pointwise import NUMBERS, answers, log_densities, predictors, sums
from jfmodels.model.families import FAMILIES

DISPERSION = {"gaussian": [0.7], "negative binomial": [0.6]}
ONE = np.zeros(1, dtype=np.int64)


def posterior_of(family, seed=3):
    laid = laid_out(family, "(1 | commune)")
    field = np.random.default_rng(seed).normal(0, 0.5, laid.latent.size)
    if laid.latent.n_thresholds:
        field[-laid.latent.n_thresholds :] = [-0.8, 0.9]
    return certain(laid, [0.5, *DISPERSION.get(family, [])], field)


def distribution(family, eta):
    """scipy's distribution of the answers of rows, from their predictors (L, N)."""
    if family == "bernoulli":
        return stats.bernoulli(expit(eta[0]))
    if family == "gaussian":
        return stats.norm(eta[0], 0.7)
    if family == "poisson":
        return stats.poisson(np.exp(eta[0]))
    size = 1 / 0.6
    return stats.nbinom(size, size / (size + np.exp(eta[0])))


def shares(family, eta):
    if family == "ordinal":
        below = expit(np.vstack([eta[1:] - eta[0]]))
        ends = np.zeros((1, eta.shape[1]))
        return np.diff(np.vstack([ends, below, ends + 1]), axis=0)
    return softmax(np.vstack([0 * eta[:1], eta]), axis=0)


def rows_of(posterior):
    ((_, eta),) = predictors(posterior, ONE)
    return eta[:, :, 0]


@pytest.mark.parametrize("family", FAMILIES)
def test_log_densities_are_scipys(family):
    posterior = posterior_of(family)
    latent, eta = posterior.latent, rows_of(posterior)[:, posterior.latent.row]
    found = log_densities(posterior, ONE)[0]
    if family in ("ordinal", "categorical"):
        place = latent.answer.astype(int)
        expected = np.log(shares(family, eta)[place, np.arange(len(place))])
    else:
        of = distribution(family, eta)
        density = of.logpdf if family == "gaussian" else of.logpmf
        expected = density(latent.answer)
    assert found == pytest.approx(expected, rel=1e-10)


def test_turns_do_not_change_the_numbers(monkeypatch):
    posterior = posterior_of("bernoulli")
    draws = np.arange(posterior.n_draws)
    whole = log_densities(posterior, draws)
    monkeypatch.setattr("jfmodels.engines.bayesian.pointwise.AT_ONCE", 1)
    assert (log_densities(posterior, draws) == whole).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_and_their_sums_have_the_moments_of_the_family(family):
    posterior = posterior_of(family)
    latent = posterior.latent
    eta, people, repeats = rows_of(posterior)[:, :3], 7, 20_000
    log_dispersion = np.full(repeats, posterior.theta[0, -1] if latent.family.dispersion else 0.0)
    drawn = sums(
        latent.family,
        np.repeat(eta[:, :, None], repeats, axis=2),
        log_dispersion,
        np.full(3, float(people)),
        np.random.default_rng(1),
    )
    if family in ("ordinal", "categorical"):
        mean = shares(family, eta)
        variance = mean * (1 - mean)
    else:
        of = distribution(family, eta)
        mean, variance = of.mean(), of.var()
        drawn = drawn[-1:]
    error = np.sqrt(people * variance / repeats)
    assert (np.abs(drawn.mean(axis=-1) - people * mean) < 4 * error).all()
    spread = np.broadcast_to(people * variance, drawn.shape[:2])
    assert drawn.var(axis=-1) == pytest.approx(spread, rel=0.08)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_numbers_can_be_drawn(family):
    assert FAMILIES[family]().shares or family in NUMBERS
    assert family in OUTCOMES


@pytest.mark.parametrize("family", FAMILIES)
def test_single_answers_are_expected_ones(family):
    posterior = posterior_of(family)
    people = np.zeros(40_000, dtype=np.int64)
    drawn = answers(posterior, ONE, people, seed=4)[0]
    eta = rows_of(posterior)[:, :1]
    if family in ("ordinal", "categorical"):
        expected = shares(family, eta)[:, 0]
        counts = np.bincount(drawn.astype(int), minlength=len(expected)) / len(drawn)
        error = np.sqrt(expected * (1 - expected) / len(drawn))
        assert (np.abs(counts - expected) < 4 * error).all()
    else:
        of = distribution(family, eta)
        assert np.abs(drawn.mean() - of.mean()) < 4 * of.std() / np.sqrt(len(drawn))


def test_what_is_drawn_does_not_depend_on_what_is_asked_together():
    posterior, rows = posterior_of("ordinal"), np.arange(20)
    whole = answers(posterior, np.arange(6), rows, seed=1)
    assert (answers(posterior, np.array([4, 1]), rows, seed=1) == whole[[4, 1]]).all()
