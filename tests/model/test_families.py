"""Every family, known or yet to come, must have derivatives that are derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from jfmodels.model.families import FAMILIES, Bernoulli, Family, Ordinal

A = 4
ALL = [make() for make in FAMILIES.values()]
ALL += [Bernoulli("probit"), Bernoulli("cloglog"), Ordinal("probit")]
IDS = [f"{family.name}-{family.link}" for family in ALL]
EXPECTED = ("probit", "cloglog")  # Bernoulli's information is the expected one


def predictors(family: Family, n: int = 60) -> np.ndarray:
    rng = np.random.default_rng(3)
    eta = rng.normal(0, 0.8, (n, len(family.blocks(A))))
    if family.name == "ordinal":
        eta[:, 1:] = np.cumsum(np.abs(eta[:, 1:]) + 0.3, axis=1) - 1
    return eta


def answers(family: Family, n: int = 60) -> np.ndarray:
    rng = np.random.default_rng(4)
    size = {"bernoulli": 2, "ordinal": A, "categorical": A}.get(family.name, 7)
    return rng.integers(0, size, n).astype(float)


def numerical(function, eta: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Central differences of an (N, ...) function by each predictor; (N, ..., L)."""
    parts = []
    for k in range(eta.shape[1]):
        moved = np.zeros_like(eta)
        moved[:, k] = step
        parts.append((function(eta + moved) - function(eta - moved)) / (2 * step))
    return np.stack(parts, axis=-1)


@pytest.mark.parametrize("family", ALL, ids=IDS)
def test_gradient_is_the_derivative_of_the_log_density(family):
    eta, answer = predictors(family), answers(family)
    expected = numerical(lambda x: family.derivatives(answer, x).value, eta)
    # central differences with steps of 1e-6 are good to about 1e-9
    np.testing.assert_allclose(family.derivatives(answer, eta).gradient, expected, atol=2e-8)


@pytest.mark.parametrize("family", ALL, ids=IDS)
def test_information_is_minus_the_second_derivative_or_its_mean(family):
    eta, answer = predictors(family), answers(family)
    found = family.derivatives(answer, eta).information
    if family.name == "bernoulli" and family.link in EXPECTED:
        p = family.means(eta)
        parts = [
            numerical(lambda x, a=a: family.derivatives(np.full(60, a), x).gradient, eta)
            for a in (0, 1)
        ]
        expected = -(p[:, 0, None, None] * parts[0] + p[:, 1, None, None] * parts[1])
    else:
        expected = -numerical(lambda x: family.derivatives(answer, x).gradient, eta)
    np.testing.assert_allclose(found, expected, atol=5e-7, rtol=1e-6)


@pytest.mark.parametrize("family", ALL, ids=IDS)
def test_means_have_the_derivatives_they_say(family):
    eta = predictors(family)
    np.testing.assert_allclose(family.slopes(eta), numerical(family.means, eta), atol=1e-7)
    if family.name in ("bernoulli", "ordinal", "categorical"):
        np.testing.assert_allclose(family.means(eta).sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize(
    "family",
    [f for f in ALL if f.name in ("ordinal", "categorical", "bernoulli")],
    ids=lambda f: f"{f.name}-{f.link}",
)
def test_density_is_the_probability_of_the_answer(family):
    eta, answer = predictors(family), answers(family)
    p = family.means(eta)[np.arange(60), answer.astype(int)]
    np.testing.assert_allclose(np.exp(family.derivatives(answer, eta).value), p, rtol=1e-9)


@pytest.mark.parametrize("family", ALL, ids=IDS)
def test_a_model_of_constants_starts_at_its_own_answer(family):
    share = np.array([0.1, 0.4, 0.3, 0.2])
    if family.name == "bernoulli":
        share = np.array([0.3, 0.7])
    elif family.name in ("gaussian", "poisson", "negative binomial"):
        share = np.array([2.5])
    eta = family.start(share)[None, :]
    np.testing.assert_allclose(family.means(eta)[0], share, rtol=1e-9)
