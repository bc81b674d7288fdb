"""The latent field: derivatives, its curvature's factorisation, and exact evidence."""

from __future__ import annotations

import numpy as np
import pytest
from latent_cases import BLOCK_TERMS, latent_model
from scipy import stats

from jfmodels.engines.bayesian.arrow import Factor
from jfmodels.engines.bayesian.beforehand import log_prior, natural
from jfmodels.engines.bayesian.field import Field
from jfmodels.model.effects import BLOCKS
from jfmodels.model.families import FAMILIES

TWO = "(1 | commune) + (1 | commune:wave)"


def some_fields(latent, n=3):
    """Parameters and fields, away from any mode but with thresholds in order."""
    rng = np.random.default_rng(3)
    theta = rng.normal(-0.7, 0.3, (len(latent.hyperparameters), n))
    x = rng.normal(0, 0.3, (latent.size, n))
    if latent.n_thresholds:
        x[-latent.n_thresholds :] = (
            np.sort(x[-latent.n_thresholds :], axis=0) + np.arange(latent.n_thresholds)[:, None]
        )
    return theta, x


def dense(field, entries):
    """Write one matrix of entries (E,) out."""
    d, c, a = field.curvature.arrow.split(entries[None].copy())
    full = np.zeros((field.model.size, field.model.size))
    border = field.curvature.arrow.border
    full[np.ix_(border, border)] = a[0]
    for g, columns in enumerate(field.curvature.arrow.inner):
        own, k = columns[columns >= 0], np.flatnonzero(columns >= 0)
        touched = np.flatnonzero(field.curvature.arrow.touched[g] < len(border))
        beside = border[field.curvature.arrow.touched[g, touched]]
        full[np.ix_(own, own)] = d[0, g][np.ix_(k, k)]
        full[np.ix_(own, beside)] = c[0, g][np.ix_(k, touched)]
        full[np.ix_(beside, own)] = c[0, g][np.ix_(k, touched)].T
    return full


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("block", BLOCKS)
def test_gradient_and_curvature_are_numerical_derivatives(family, block):
    latent = latent_model(family, BLOCK_TERMS[block])
    field = Field(latent)
    theta, x = some_fields(latent)
    before = field.beforehand(theta)
    gradient, entries = field.derivatives(x, theta, before)
    step = 1e-5
    for k in range(0, latent.size, 3):
        moved = np.zeros((latent.size, 1))
        moved[k] = step
        up, down = (field.value(x + sign * moved, theta, before) for sign in (1, -1))
        assert (up - down) / (2 * step) == pytest.approx(gradient[k], rel=1e-5, abs=1e-5)
        above, below = (field.derivatives(x + s * moved, theta, before)[0] for s in (1, -1))
        column = (below - above) / (2 * step)
        for b in range(x.shape[1]):
            found = dense(field, entries[:, b])[:, k]
            assert column[:, b] == pytest.approx(found, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("terms", [TWO, "(1 | interviewer)", "(1 + x | commune) + (1 | region)"])
@pytest.mark.parametrize("family", ["bernoulli", "ordinal", "categorical"])
def test_factor_agrees_with_the_matrix_written_out(family, terms):
    latent = latent_model(family, terms)
    field = Field(latent)
    theta, x = some_fields(latent)
    _, entries = field.derivatives(x, theta, field.beforehand(theta))
    factor = Factor.of(field.curvature.arrow, np.ascontiguousarray(entries.T))
    vectors = np.random.default_rng(1).normal(size=(x.shape[1], latent.size))
    spread = factor.spread(np.eye(latent.size)[:, None].repeat(x.shape[1], axis=1))
    for b in range(x.shape[1]):
        full = dense(field, entries[:, b])
        assert factor.solve(vectors)[b] == pytest.approx(np.linalg.solve(full, vectors[b]))
        assert factor.log_determinant()[b] == pytest.approx(np.linalg.slogdet(full)[1])
        root = spread[:, b].T  # its columns are the images of the unit vectors
        assert root @ root.T == pytest.approx(np.linalg.inv(full), abs=1e-9)


def exact_evidence(latent, theta):
    """Log density of measurements, the field integrated out by hand."""
    values = natural(latent.hyperparameters, theta[:, None])[:, 0]
    y = np.repeat(latent.answer, latent.n.astype(int))
    row = np.repeat(latent.row, latent.n.astype(int))
    x = latent.fixed[row]
    covariance = (x * latent.basis.sd**2) @ x.T + values[-1] ** 2 * np.eye(len(y))
    for effect in latent.effects:
        root = effect.block.root(np, values[effect.parameters], effect.known)
        loading = effect.loading[row] @ root
        same = effect.group[row][:, None] == effect.group[row]
        covariance += (loading @ loading.T) * same
    density = stats.multivariate_normal(x @ latent.basis.mean, covariance).logpdf(y)
    return density + log_prior(latent.hyperparameters, theta[:, None])[0]


@pytest.mark.parametrize("terms", [*BLOCK_TERMS.values(), TWO])
def test_evidence_of_measurements_is_exact(terms):
    latent = latent_model("gaussian", terms, 200)
    field = Field(latent)
    theta, x = some_fields(latent, 4)
    found = field.evidence(field.approximate(theta, np.zeros_like(x), 1e-12))
    expected = np.array([exact_evidence(latent, each) for each in theta.T])
    assert found - found[0] == pytest.approx(expected - expected[0], abs=1e-7)


def test_rows_in_another_order_change_nothing():
    latent = latent_model("ordinal", TWO)
    theta, x = some_fields(latent)
    value = Field(latent).value(x, theta, Field(latent).beforehand(theta))
    order = np.random.default_rng(0).permutation(len(latent.row))
    from dataclasses import replace

    mixed = replace(latent, row=latent.row[order], answer=latent.answer[order], n=latent.n[order])
    again = Field(mixed).value(x, theta, Field(mixed).beforehand(theta))
    assert again == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("block", ["slope", "ar1", "bym2"])
@pytest.mark.parametrize("end", [-1, 1])
def test_correlations_far_out_leave_a_mode_and_little_probability(block, end):
    latent = latent_model("bernoulli", BLOCK_TERMS[block])
    bounded = np.array([each.support != "positive" for each in latent.hyperparameters])
    distance = np.array([0.0, 15.0, 30.0, 60.0])
    theta = np.where(bounded[:, None], end * distance, 0.0)
    field = Field(latent)
    found = field.approximate(theta, np.zeros((latent.size, len(distance))), 1e-6)
    assert np.isfinite(field.evidence(found)).all()
    assert (np.diff(log_prior(latent.hyperparameters, theta)) < -10).all()
    assert (np.abs(natural(latent.hyperparameters, theta)[bounded]) < 1).all()
