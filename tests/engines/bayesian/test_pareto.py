"""Pareto smoothed importance weights against ArviZ, and against tails whose shape is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from jfmodels.engines.bayesian.pareto import fit_pareto, smooth

SHAPES = (-0.5, 0.1, 0.4, 0.9, 1.5)


def log_weights(shape, n, seed=0):
    excess = stats.genpareto.rvs(shape, size=n, random_state=seed)
    return np.log1p(excess)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [30, 225, 226, 4_000])
def test_weights_and_shape_are_those_of_arviz(shape, n):
    from arviz_stats.base.array import array_stats

    given = log_weights(shape, n)
    weights, k = smooth(given)
    expected, expected_k = array_stats.psislw(-given)  # which takes log likelihoods
    # the same sums in another order: found 1e-12
    assert k == pytest.approx(float(expected_k), abs=1e-9)
    assert np.log(weights) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_of_a_pareto_sample_is_found(shape):
    n = 20_000
    found, scale = fit_pareto(np.sort(stats.genpareto.rvs(shape, size=n, random_state=1)))
    # asymptotic errors of maximum likelihood; from -1/2 downwards the estimate does better
    assert abs(found - shape) < 4 * (1 + shape) / np.sqrt(n)
    assert abs(scale - 1) < 4 * np.sqrt(2 * (1 + shape) / n)


def test_a_constant_added_to_log_weights_changes_nothing():
    given = log_weights(0.5, 1_000)
    (one, k), (other, again) = smooth(given), smooth(given - 5_000.0)
    assert k == pytest.approx(again)
    assert one == pytest.approx(other, rel=1e-9)


def test_smoothing_keeps_the_order_and_the_small_weights():
    given = log_weights(0.9, 1_000)
    weights, _ = smooth(given)
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(weights[np.argsort(given)]) >= 0).all()
    small = given < np.quantile(given, 0.5)
    assert np.ptp(weights[small] / np.exp(given[small])) == pytest.approx(0, abs=1e-12)


def test_draws_that_are_impossible_have_no_weight():
    given = log_weights(0.3, 1_000)
    given[::2] = -np.inf
    weights, k = smooth(given)
    assert (weights[::2] == 0).all()
    assert weights.sum() == pytest.approx(1)
    assert np.isfinite(k)


@pytest.mark.parametrize("n", [3, 20, 1_000])
def test_equal_weights_have_no_tail(n):
    weights, k = smooth(np.full(n, -7.0))
    assert weights == pytest.approx(np.full(n, 1 / n))
    assert k == -np.inf


def test_one_draw_with_nearly_all_weight_cannot_be_believed():
    given = np.zeros(1_000)
    given[3] = 50.0
    assert smooth(given)[1] > 0.7
