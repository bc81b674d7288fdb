"""Scores of clusters under the marginal pseudo-likelihood, against likelihoods written out.

Of measurements the density of a cluster's answers is normal: its derivatives and expected
information are taken by dense algebra and differences. Of yes and no it is an integral over the
commune's effect, by quadrature.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from latent_cases import CODEBOOK, DESIGN, NEIGHBOURS, OUTCOMES, people
from scipy.special import expit, roots_hermitenorm

import jfmodels as jf
from jfmodels.engines.bayesian.averages import new_columns
from jfmodels.engines.bayesian.beforehand import natural
from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.marginal_scores import Centre, Marginal
from jfmodels.model.model import LaidOut, Model, lay_out, weigh

STEP = 1e-5
NESTED = (
    "(1 | commune)",
    "(1 | commune) + (1 | commune:wave)",
    "(1 + x | commune)",
    "walk(wave | commune) + (1 | interviewer)",
)


@cache
def survey() -> jf.Survey:
    frame = people(400)
    frame["weight"] = np.random.default_rng(3).uniform(0.3, 3.0, len(frame))
    roles = {name: getattr(DESIGN, name) for name in ("wave", "strata", "cluster", "repeats")}
    design = jf.SurveyDesign(
        **roles, interviewer="interviewer", weights="weight", target="population"
    )
    return jf.Survey(frame, design, CODEBOOK, simulated=True)


def around(family: str, terms: str, seed: int = 0) -> tuple[LaidOut, Marginal]:
    """A model with weights, and its marginal likelihood at the field's mode given parameters."""
    model = Model(f"{OUTCOMES[family]} ~ wave + x + {terms}", family=family, neighbours=NEIGHBOURS)
    laid = weigh(lay_out(model, survey()), survey(), jf.Pseudo())
    rng = np.random.default_rng(seed)
    theta = rng.uniform(-0.9, -0.3, (len(laid.latent.hyperparameters), 1))
    start = np.zeros((laid.latent.size, 1))
    start[len(start) - laid.latent.n_thresholds :, 0] = np.arange(laid.latent.n_thresholds)
    found = Field(laid.latent).approximate(theta, start, 1e-14)
    n_units = len(survey().sampling.stages[0].stratum)
    centre = Centre(found.mode[:, 0], theta[:, 0])
    return laid, Marginal(laid.latent, centre, laid.counted, n_units, new_columns(survey()))


def normal_marginal(laid: LaidOut, found: Marginal, unit: int, phi: np.ndarray) -> tuple:
    """Mean, covariance and answers of a unit's kinds, at shared parameters (B + T,)."""
    latent, counted = laid.latent, laid.counted
    own = np.flatnonzero(found.owner == unit)
    sums = counted.unit == unit
    kinds, at = np.unique(counted.kind[sums], return_inverse=True)
    weight = np.bincount(at, counted.weight[sums])
    x = latent.columns.toarray()[latent.row[kinds]]
    theta = found.centre.theta.copy()
    theta[found.parameters] = phi[len(found.shared) :]
    values = natural(latent.hyperparameters, theta[:, None])[:, 0]
    covariance = np.zeros((latent.size, latent.size))
    for k, effect in enumerate(latent.effects):
        root = effect.block.root(np, values[effect.parameters], effect.known)
        for place in latent.places(k)[:, :, 0]:
            covariance[np.ix_(place, place)] = root @ root.T
    z = x[:, own]
    noise = np.diag(values[-1] ** 2 / weight)  # as many answers as the weight says
    total = z @ covariance[np.ix_(own, own)] @ z.T + noise
    return x[:, found.shared] @ phi[: len(found.shared)], total, latent.answer[kinds]


def log_density(laid: LaidOut, found: Marginal, unit: int, phi: np.ndarray) -> float:
    mean, covariance, answer = normal_marginal(laid, found, unit, phi)
    away = answer - mean
    return -(np.linalg.slogdet(covariance)[1] + away @ np.linalg.solve(covariance, away)) / 2


def shared(found: Marginal) -> np.ndarray:
    return np.append(found.centre.field[found.shared], found.centre.theta[found.parameters])


@pytest.mark.parametrize("terms", NESTED)
def test_scores_of_measurements_are_those_of_normal_algebra(terms):
    laid, found = around("gaussian", terms)
    phi, scores = shared(found), found.scores()
    for unit in (0, 5):
        steps = STEP * np.eye(len(phi))
        slopes = [
            (log_density(laid, found, unit, phi + s) - log_density(laid, found, unit, phi - s))
            / (2 * STEP)
            for s in steps
        ]
        assert scores[unit] == pytest.approx(np.array(slopes), abs=1e-5)


@pytest.mark.parametrize("terms", NESTED)
def test_information_on_measurements_is_that_of_normal_algebra(terms):
    laid, found = around("gaussian", terms)
    phi, parts = shared(found), found.parts()
    n_shared, unit = len(found.shared), 3
    _, total, _ = normal_marginal(laid, found, unit, phi)
    inverse = np.linalg.inv(total)
    steps = STEP * np.eye(len(phi))
    moved = [
        (normal_marginal(laid, found, unit, phi + s), normal_marginal(laid, found, unit, phi - s))
        for s in steps
    ]
    mean = np.array([(up[0] - down[0]) / (2 * STEP) for up, down in moved])
    spread = np.array([(up[1] - down[1]) / (2 * STEP) for up, down in moved])
    expected = mean @ inverse @ mean.T
    expected += np.einsum("ij,ajk,kl,bli->ab", inverse, spread, inverse, spread) / 2
    assert len(expected) == n_shared + len(found.parameters)
    assert parts[unit] == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_scores_of_a_share_are_near_those_of_quadrature():
    """The effect's mode stands in for its mean: a few hundredths of a score's own spread."""
    laid, found = around("bernoulli", "(1 | commune)")
    latent, counted, scores = laid.latent, laid.counted, found.scores()
    nodes, weights = roots_hermitenorm(61)
    phi, x = shared(found), latent.columns.toarray()
    for unit in range(8):
        sums = counted.unit == unit
        n = np.bincount(counted.kind[sums], counted.weight[sums], len(latent.row))

        def value(phi: np.ndarray, n: np.ndarray = n) -> float:
            eta = (x[:, found.shared] @ phi[:-1])[latent.row, None] + np.exp(phi[-1]) * nodes
            said = n @ np.where(latent.answer[:, None] > 0, np.log(expit(eta)), np.log(expit(-eta)))
            return float(np.log(weights @ np.exp(said - said.max())) + said.max())

        steps = 1e-4 * np.eye(len(phi))
        slopes = np.array([(value(phi + s) - value(phi - s)) / 2e-4 for s in steps])
        spread = np.sqrt(np.diag(found.parts()[unit]))
        known = spread > 1e-9
        assert scores[unit, known] == pytest.approx(slopes[known], abs=0.1 * spread[known].max())


@pytest.mark.parametrize("family", OUTCOMES)
def test_scores_and_priors_add_up_to_nothing_at_the_mode(family):
    _, found = around(family, "(1 | commune) + (1 | commune:wave) + (1 | interviewer)")
    n = len(found.shared)
    total = found.scores()[:, :n].sum(axis=0)
    field = Field(found.latent)
    mean = field.mean[found.shared]
    pull = found.precision @ (found.centre.field[found.shared] - mean)
    assert total == pytest.approx(pull, abs=1e-5)


@pytest.mark.parametrize("family", OUTCOMES)
def test_information_adds_up_to_the_curvature_of_the_field(family):
    """The Schur complement of the own effects in the field's own curvature."""
    _, found = around(family, "(1 | commune) + (1 | commune:wave) + (1 | interviewer)")
    field, n = Field(found.latent), len(found.shared)
    theta = found.centre.theta[:, None]
    before = field.beforehand(theta)
    at = found.centre.field[:, None]
    curvature = np.empty((found.latent.size, found.latent.size))
    for k, step in enumerate(1e-5 * np.eye(found.latent.size)):
        moved = [field.derivatives(at + s * step[:, None], theta, before)[0] for s in (1, -1)]
        curvature[k] = (moved[1] - moved[0])[:, 0] / 2e-5
    covariance = np.linalg.inv(curvature)[np.ix_(found.shared, found.shared)]
    expected = np.linalg.inv(covariance)
    information = (found.information() + found.beyond)[:n, :n]
    assert information == pytest.approx(expected, rel=1e-5, abs=1e-5 * np.diag(expected).max())


def test_only_effects_that_stand_for_others_are_integrated_out():
    _, found = around("gaussian", "(1 | commune) + (1 | region) + (1 | interviewer)")
    places = [found.latent.places(k).ravel() for k in range(3)]
    assert (found.owner[places[0]] >= 0).all()
    assert (found.owner[places[1]] == -1).all()
    assert (found.owner[places[2]] == -1).all()
    assert len(found.parameters) == 1
