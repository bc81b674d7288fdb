"""Factors against scipy's optimisers, closed forms and raking written out."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize, root

from jfmodels.survey.calibration import DISTANCES, Solution
from jfmodels.survey.calibration import solve as solve_all

RNG = np.random.default_rng(7)
X = np.column_stack([np.eye(3)[RNG.integers(3, size=40)], RNG.normal(20, 5, 40)])
WEIGHT = RNG.uniform(5, 15, 40)
TOTAL = X.T @ (WEIGHT * RNG.uniform(0.8, 1.3, 40))


def solve(x, weight, total, distance, bounds) -> Solution:
    """Solve for one set of weights."""
    found = solve_all(x, weight[None], total[None], distance, bounds)
    return Solution(found.factor[0], found.missed[0], found.steps)


BOUNDS = {"linear": (-np.inf, np.inf), "raking": (-np.inf, np.inf), "logit": (0.4, 2.5)}


@pytest.mark.parametrize("name", DISTANCES)
def test_totals_are_met_at_the_root_that_scipy_finds(name):
    distance, bounds = DISTANCES[name], BOUNDS[name]
    found = solve(X, WEIGHT, TOTAL, distance, bounds)
    assert X.T @ (WEIGHT * found.factor) == pytest.approx(TOTAL, rel=1e-10)
    scaled = X / np.array([1, 1, 1, 20])
    theirs = root(
        lambda at: (
            scaled.T @ (WEIGHT * distance.factor(scaled @ at, *bounds))
            - TOTAL / np.array([1, 1, 1, 20])
        ),
        np.zeros(4),
        tol=1e-12,
    )
    assert theirs.success
    assert found.factor == pytest.approx(distance.factor(scaled @ theirs.x, *bounds), rel=1e-7)


@pytest.mark.parametrize("name", DISTANCES)
def test_slope_and_integral_are_those_of_the_factor(name):
    distance, bounds = DISTANCES[name], BOUNDS[name]
    u, step = np.linspace(-2, 2, 9), 1e-6
    slope = distance.factor(u + step, *bounds) - distance.factor(u - step, *bounds)
    assert distance.slope(u, *bounds) == pytest.approx(slope / (2 * step), rel=1e-6)
    assert distance.factor(np.zeros(1), *bounds) == pytest.approx(1)
    assert distance.slope(np.zeros(1), *bounds) == pytest.approx(1)
    for end in u:
        area = quad(lambda v: distance.factor(np.array([v]), *bounds)[0], 0, end)[0]
        integral = distance.integral(np.array([0.0, end]), *bounds)
        assert integral[1] - integral[0] == pytest.approx(area, abs=1e-9)


def test_linear_factors_are_nearest_to_one():
    """Least chi-square distance under the totals, by a constrained optimiser."""
    found = solve(X, WEIGHT, TOTAL, DISTANCES["linear"], BOUNDS["linear"]).factor
    theirs = minimize(
        lambda g: WEIGHT @ (g - 1) ** 2,
        np.ones(40),
        jac=lambda g: 2 * WEIGHT * (g - 1),
        constraints={"type": "eq", "fun": lambda g: X.T @ (WEIGHT * g) - TOTAL},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found == pytest.approx(theirs.x, abs=1e-6)


def test_raking_is_iterated_proportional_fitting():
    table = RNG.uniform(5, 20, (3, 4))
    rows, columns = np.array([30.0, 50.0, 60.0]), np.array([20.0, 60.0, 40.0, 20.0])
    fitted = table.copy()
    for _ in range(500):
        fitted *= (rows / fitted.sum(axis=1))[:, None]
        fitted *= columns / fitted.sum(axis=0)
    x = np.concatenate([np.kron(np.eye(3), np.ones((4, 1))), np.tile(np.eye(4), (3, 1))], axis=1)
    total = np.concatenate([rows, columns])
    found = solve(x, table.ravel(), total, DISTANCES["raking"], BOUNDS["raking"])
    assert table.ravel() * found.factor == pytest.approx(fitted.ravel(), rel=1e-10)


def test_logit_factors_stay_within_bounds():
    found = solve(X, WEIGHT, TOTAL, DISTANCES["logit"], (0.75, 1.4)).factor
    assert found.min() > 0.75
    assert found.max() < 1.4


def test_what_cannot_be_met_is_told_rather_than_forced():
    found = solve(
        np.eye(2), np.array([50.0, 50.0]), np.array([10.0, 90.0]), DISTANCES["logit"], (0.5, 1.5)
    )
    assert np.abs(found.missed).max() > 0.05


@pytest.mark.parametrize("name", DISTANCES)
def test_many_sets_of_weights_are_solved_as_one_by_one(name):
    weights = WEIGHT * RNG.choice([0.0, 1.0, 2.0], (30, 40))
    totals = (weights * RNG.uniform(0.9, 1.1, (30, 40))) @ X
    together = solve_all(X, weights, totals, DISTANCES[name], BOUNDS[name])
    for r in range(30):
        alone = solve(X, weights[r], totals[r], DISTANCES[name], BOUNDS[name])
        assert together.factor[r] == pytest.approx(alone.factor, rel=1e-9)


def test_poststrata_are_what_newton_finds():
    """A second column for a whole of two categories makes them overlap, and changes nothing."""
    x = np.eye(4)[RNG.integers(4, size=40)]
    wide = np.column_stack([x, x[:, 0] + x[:, 1]])
    total = x.T @ (WEIGHT * RNG.uniform(0.8, 1.4, 40))
    more = np.append(total, total[0] + total[1])
    for name in ("linear", "raking"):
        known = solve(x, WEIGHT, total, DISTANCES[name], BOUNDS[name])
        newton = solve(wide, WEIGHT, more, DISTANCES[name], BOUNDS[name])
        assert known.steps == 0 < newton.steps
        assert known.factor == pytest.approx(newton.factor, rel=1e-9)
