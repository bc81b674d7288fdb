"""Nested Laplace against exact posteriors, its Monte Carlo errors, and what must not matter."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from latent_cases import BLOCK_TERMS, CODEBOOK, DESIGN, latent_model, people, simulated
from nested_cases import (
    ERROR,
    FARTHEST,
    agree,
    agree_with_quadrature,
    given_parameters,
    named,
    posterior_of,
    survey_of,
)
from quadrature import CASES, even

import jfmodels as jf
from jfmodels.engines.bayesian.beforehand import natural
from jfmodels.engines.bayesian.nested import nested_laplace
from jfmodels.engines.bayesian.settings import Laplace
from jfmodels.model.model import Model, lay_out

TWO = "(1 | commune) + (1 | commune:wave)"
SEEDS = 30


# ------------------------------------------------------------------ against exact posteriors


@pytest.mark.parametrize("family", CASES)
def test_posterior_of_every_family_is_that_of_quadrature(family):
    agree_with_quadrature(family, people(400, sd=0.9), CASES[family])


def exact_moments(latent, grid):
    """Posterior means and sds of coefficients and parameters, from an even grid (h, B)."""
    log_density, mean, covariance = given_parameters(latent, grid)
    values, q = natural(latent.hyperparameters, grid).T, latent.n_fixed
    made_of = latent.basis.coefficients
    mass = np.exp(log_density - log_density.max())
    mass /= mass.sum()
    first = np.concatenate([mean[:, :q] @ made_of.T, values], axis=1)
    spread = np.einsum("pi,bij,pj->bp", made_of, covariance[:, :q, :q], made_of)
    within = np.concatenate([spread, 0 * values], axis=1)
    centre = mass @ first
    return centre, np.sqrt(mass @ (within + (first - centre) ** 2))


@pytest.mark.parametrize("terms", [*BLOCK_TERMS.values(), TWO])
def test_posterior_of_measurements_is_exact_for_every_block(terms):
    latent = latent_model("gaussian", terms, 300)
    posterior = posterior_of(latent)
    h = len(latent.hyperparameters)
    low, high = posterior.theta.min(axis=0), posterior.theta.max(axis=0)
    points = even(0, 1, {2: 41, 3: 23, 4: 14}[h], h)  # finer ones agree to 1 % of an sd
    mean, sd = exact_moments(latent, (low + points * (high - low)).T)
    agree(posterior, dict(zip(named(posterior), zip(mean, sd, strict=True), strict=True)))


# ------------------------------------------------------------------ Monte Carlo errors


@cache
def repeated():
    """Estimates and their stated Monte Carlo errors from many seeds, by table."""
    formula = f"yes ~ wave + {TWO}"
    tables = {"levels": [], "changes": [], "coefficients": [], "standard deviations": []}
    for seed in range(SEEDS):
        fit = jf.fit(
            formula, simulated(), engine=Laplace(draws=1_000, seed=seed, on_poor_k="raise")
        )
        asked = (fit.levels(), fit.changes(), fit.summary(), fit.variance_components())
        for found, table in zip(tables.values(), asked, strict=True):
            found.append(table[["estimate", "mc_error"]].to_numpy(dtype=float))
    return {name: np.stack(found) for name, found in tables.items()}


# Thirty seeds tell the ratio of one row to 13 %, and rows of a table vary together.
@pytest.mark.parametrize("table", ["levels", "changes", "coefficients"])
def test_seeds_differ_by_what_the_monte_carlo_error_says(table):
    estimate, error = np.moveaxis(repeated()[table], 2, 0)
    ratio = np.sqrt(estimate.var(axis=0, ddof=1).mean() / (error**2).mean())
    assert 0.7 < ratio < 1.4


def test_standard_deviations_are_better_than_their_monte_carlo_error_says():
    # even points do better than random ones, the more so the fewer parameters there are
    estimate, error = np.moveaxis(repeated()["standard deviations"], 2, 0)
    assert (estimate.std(axis=0, ddof=1) < 1.2 * np.sqrt((error**2).mean(axis=0))).all()


def test_the_seed_decides_everything():
    latent = latent_model("bernoulli", TWO)
    once, again, other = (nested_laplace(latent, 400, seed) for seed in (7, 7, 8))
    assert np.array_equal(once.field, again.field)
    assert np.array_equal(once.theta, again.theta)
    assert not np.isin(other.theta, once.theta).any()


def test_draws_of_one_point_stand_in_its_group():
    found = nested_laplace(latent_model("bernoulli", TWO), 1_000, 1)
    assert len(found.field) == len(found.theta) == len(found.point) == 1_000
    for draws in np.split(found.theta, np.flatnonzero(np.diff(found.point)) + 1):
        assert (draws == draws[0]).all()


# ------------------------------------------------------------------ what must not matter


def compare(one, other, names):
    """Require two posteriors, drawn with other random numbers, to agree within their errors."""
    drawn = named(one), named(other)
    for name in names:
        x, y = (each[name][:, None] for each in drawn)
        error = np.hypot(one.error(x), other.error(y))
        assert np.abs(x.mean() - y.mean()) < FARTHEST * error
        assert error < 2 * ERROR * x.std()


def test_another_seed_gives_the_same_within_its_error():
    latent = latent_model("ordinal", TWO)
    one, other = (posterior_of(latent, seed=seed) for seed in (1, 2))
    compare(one, other, named(one))


def test_rows_in_another_order_change_nothing():
    frame = people()
    mixed = frame.sample(frac=1, random_state=1)
    model = Model(f"level ~ wave + x + {TWO}")
    one, other = (
        posterior_of(lay_out(model, survey_of(each)).latent, 400) for each in (frame, mixed)
    )
    assert np.array_equal(one.field, other.field)
    assert np.array_equal(one.theta, other.theta)


def test_the_reference_of_a_nominal_outcome_does_not_matter():
    turned = CODEBOOK["outcomes"]["choice"] | {"categories": {0: "b", 1: "c", 2: "a"}}
    book = CODEBOOK | {"outcomes": CODEBOOK["outcomes"] | {"choice": turned}}
    frame = people()
    surveys = (
        survey_of(frame),
        jf.Survey(frame.assign(choice=(frame["choice"] + 2) % 3), DESIGN, book, simulated=True),
    )
    levels = [
        jf.fit(f"choice ~ wave + {TWO}", each, engine=Laplace(draws=6_000))
        .levels()
        .astype({"category": str, "wave": str})
        .set_index(["category", "wave"])
        .sort_index()
        for each in surveys
    ]
    away = levels[0]["estimate"] - levels[1]["estimate"]
    error = np.hypot(levels[0]["mc_error"], levels[1]["mc_error"])
    assert (away.abs() < FARTHEST * error).all()
    assert (error < 2 * ERROR * levels[0]["std_error"]).all()


def test_which_level_of_a_factor_comes_first_does_not_matter():
    frame = people()
    renamed = frame.assign(area=frame["region"].map({"north": "b", "south": "a"}))
    formulas = ("yes ~ region + (1 | commune)", "yes ~ area + (1 | commune)")
    one, other = (
        posterior_of(lay_out(Model(each), survey_of(renamed, area={})).latent) for each in formulas
    )
    north, south = named(one)["region[T.south]"], -named(other)["area[T.b]"]
    error = np.hypot(*(fit.error(each[:, None])[0] for fit, each in ((one, north), (other, south))))
    assert error < ERROR * north.std()
    assert abs(north.mean() - south.mean()) < FARTHEST * error
    assert south.std() == pytest.approx(north.std(), rel=0.05)


def test_the_unit_of_a_number_does_not_matter():
    """Default priors follow the numbers, so that only the unit of its effects changes."""
    frame, model = people(), Model("yes ~ x + (1 + x | commune)")
    one, other = (
        posterior_of(lay_out(model, survey_of(frame.assign(x=scale * frame["x"]))).latent, 400)
        for scale in (1, 1e6)
    )
    for name in ("x", "sd(x | commune)"):
        assert named(other)[name] * 1e6 == pytest.approx(named(one)[name], rel=1e-6)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_measurements_does_not_matter(unit):
    frame, model = people(), Model("size ~ x + (1 | commune)")
    one, other = (
        posterior_of(
            lay_out(model, survey_of(frame.assign(size=scale * frame["size"]))).latent, 400
        )
        for scale in (1, unit)
    )
    for name, draws in named(one).items():
        assert named(other)[name] / unit == pytest.approx(draws, rel=1e-6)
