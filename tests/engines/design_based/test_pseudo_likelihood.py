"""Newton's method on cells: derivatives, convergence from the start, and expected information."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from jfmodels.engines.design_based.pseudo_likelihood import Predictors, has_shares, maximise
from jfmodels.errors import EstimationError
from jfmodels.model.families import FAMILIES, Bernoulli, Family, NegativeBinomial, Ordinal

ALL: dict[str, Family] = {name: make() for name, make in FAMILIES.items()}
OTHER_LINKS = {
    "probit": Bernoulli(link="probit"),
    "cloglog": Bernoulli(link="cloglog"),
    "ordered probit": Ordinal(link="probit"),
}
CATEGORIES = {"bernoulli": 2, "ordinal": 4, "categorical": 4}


def predictors(family: Family, n: int, rng: np.random.Generator) -> Predictors:
    """Columns of a number and a level, with the intercept where no threshold replaces it."""
    columns = [rng.normal(size=n), rng.integers(0, 2, n)]
    columns = columns if family.constant_blocks else [np.ones(n), *columns]
    blocks = family.blocks(CATEGORIES.get(family.name, 0))
    x = np.column_stack(columns)
    q = sum(x.shape[1] if block == "x" else 1 for block in blocks)
    offset = rng.normal(size=n) / 5
    return Predictors(x, offset, blocks, tuple(f"theta{k}" for k in range(q)))


def truth(family: Family, model: Predictors, rng: np.random.Generator) -> np.ndarray:
    theta = rng.normal(0, 0.5, len(model.names))
    if family.name == "ordinal":
        theta[-3:] = np.sort(rng.normal(0, 1, 3)) + np.array([-0.5, 0, 0.5])
    return theta


def answers(family: Family, eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    means = family.means(eta)
    if has_shares(family):
        return (rng.random((len(eta), 1)) > means.cumsum(axis=1)[:, :-1]).sum(axis=1).astype(float)
    if family.name == "gaussian":
        return means[:, 0] + rng.normal(size=len(eta))
    extra = np.exp(eta[:, 1]) if family.name == "negative binomial" else 1e-9
    return rng.poisson(means[:, 0] * rng.gamma(1 / extra, extra, len(eta))).astype(float)


def start(family: Family, model: Predictors, answer: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """A model of constants."""
    if has_shares(family):
        share = np.bincount(answer.astype(int), weight, CATEGORIES[family.name]) / weight.sum()
    else:
        share = np.array([answer @ weight / weight.sum()])
    theta = np.zeros(len(model.names))
    for part, value in zip(model.slices, family.start(share), strict=True):
        if part.stop - part.start == 1 or not family.constant_blocks:
            theta[part.start] = value
    return theta


def simulated(family: Family, seed: int, n: int = 200) -> tuple:
    rng = np.random.default_rng(seed)
    model = predictors(family, n, rng)
    theta = truth(family, model, rng)
    return model, theta, answers(family, model.eta(theta), rng), rng.lognormal(0, 0.7, n)


def score_and_value(family, model, theta, answer, weight):
    found = family.derivatives(answer, model.eta(theta))
    return weight @ model.expand(found.gradient, model.matrix), weight @ found.value


def slopes(function, theta: np.ndarray, step: float = 1e-5) -> np.ndarray:
    moves = step * np.eye(len(theta))
    return np.array([(function(theta + m) - function(theta - m)) / (2 * step) for m in moves])


@pytest.mark.parametrize("name", [*ALL, *OTHER_LINKS])
def test_scores_are_the_slopes_of_the_log_likelihood(name):
    family = (ALL | OTHER_LINKS)[name]
    model, theta, answer, weight = simulated(family, seed=1)
    score, _ = score_and_value(family, model, theta, answer, weight)
    found = slopes(lambda at: score_and_value(family, model, at, answer, weight)[1], theta)
    np.testing.assert_allclose(score, found, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("name", [*ALL, "ordered probit"])
def test_information_is_minus_the_hessian(name):
    """Not so for a probit and cloglog of two answers, whose information is the expected."""
    family = (ALL | OTHER_LINKS)[name]
    model, theta, answer, weight = simulated(family, seed=2)
    each = family.derivatives(answer, model.eta(theta)).information
    information = model.information(weight[:, None, None] * each, model.matrix)
    hessian = slopes(lambda at: score_and_value(family, model, at, answer, weight)[0], theta)
    np.testing.assert_allclose(information, -hessian, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("name", [*ALL, *OTHER_LINKS])
@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_random_data_converge_from_the_start(name, seed):
    family = (ALL | OTHER_LINKS)[name]
    model, theta, answer, weight = simulated(family, seed)
    begin = start(family, model, answer, weight)
    try:
        found = maximise(family, model, np.arange(len(answer)), answer, weight, begin)
    except EstimationError as error:
        found = str(error)
    if isinstance(found, str):  # of random data some are separated, or even
        even = family.name == "negative binomial" and "Use family='poisson'" in found
        assert even or "Separation" in found
        return
    score, value = score_and_value(family, model, found.theta, answer, weight)
    scale = np.sqrt(np.diag(found.information))
    assert np.abs(score / scale).max() < 1e-6
    assert np.linalg.eigvalsh(found.information).min() > 0
    assert value >= score_and_value(family, model, theta, answer, weight)[1]


@pytest.mark.parametrize("name", ALL)
def test_where_one_begins_does_not_matter(name):
    family = ALL[name]
    model, theta, answer, weight = simulated(family, seed=7)
    begin = start(family, model, answer, weight)
    first = maximise(family, model, np.arange(len(answer)), answer, weight, begin)
    again = maximise(family, model, np.arange(len(answer)), answer, weight, theta)
    np.testing.assert_allclose(first.theta, again.theta, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("dispersion", [-2.0, 0.0, 2.0])
@pytest.mark.parametrize("mean", [-1.0, 1.0, 4.0])
def test_a_negative_binomial_far_from_concave_converges(dispersion, mean):
    family = NegativeBinomial()
    rng = np.random.default_rng(9)
    model = predictors(family, 800, rng)
    theta = np.array([mean, 0.8, -0.8, dispersion])
    answer = answers(family, model.eta(theta), rng)
    begin = start(family, model, answer, np.ones(800))
    found = maximise(family, model, np.arange(800), answer, np.ones(800), begin)
    error = np.sqrt(np.diag(np.linalg.inv(found.information)))
    assert (np.abs(found.theta - theta) < 4 * error).all()


@pytest.mark.parametrize("name", [*CATEGORIES, *OTHER_LINKS])
def test_expected_information_is_the_variance_of_scores(name):
    family = (ALL | OTHER_LINKS)[name]
    model, _, answer, weight = simulated(family, seed=3)
    begin = start(family, model, answer, weight)
    found = maximise(family, model, np.arange(len(answer)), answer, weight, begin)
    eta = model.eta(found.theta)
    shares = family.means(eta)
    total = np.zeros_like(found.expected)
    for place in range(shares.shape[1]):
        gradient = family.derivatives(np.full(len(eta), float(place)), eta).gradient
        total += shares[:, place, None, None] * gradient[:, :, None] * gradient[:, None, :]
    np.testing.assert_allclose(found.expected, total, rtol=1e-8, atol=1e-10)


def test_expected_information_of_counts_is_exact_for_their_mean():
    family = NegativeBinomial()
    model, _, answer, weight = simulated(family, seed=4)
    begin = start(family, model, answer, weight)
    found = maximise(family, model, np.arange(len(answer)), answer, weight, begin)
    eta = model.eta(found.theta)
    size, mean = np.exp(-eta[0, 1]), np.exp(eta[0, 0])
    support = np.arange(3000.0)
    share = nbinom.pmf(support, size, size / (size + mean))
    gradient = family.derivatives(support, np.tile(eta[0], (3000, 1))).gradient
    exact = np.einsum("n,ni,nj->ij", share, gradient, gradient)
    assert found.expected[0, 0] == pytest.approx(exact[0], rel=1e-7, abs=1e-9)
    assert (found.expected[:, 1, 1] > 0).all()  # a plug-in, of the same sign


def test_what_the_data_cannot_tell_apart_is_named():
    family = ALL["gaussian"]
    x = np.column_stack([np.ones(4), [0, 1, 2, 3], [0, 2, 4, 6]])
    model = Predictors(x, np.zeros(4), ("x",), ("Intercept", "age", "twice the age"))
    with pytest.raises(EstimationError, match="'age', 'twice the age'"):
        maximise(family, model, np.arange(4), np.arange(4.0), np.ones(4), np.zeros(3))
