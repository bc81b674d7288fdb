"""Arrow-shaped matrices against the same ones written out, for random patterns."""

from __future__ import annotations

import numpy as np
import pytest

from jfmodels.engines.bayesian.arrow import Arrow, Factor, components, connected

B = 3
PATTERNS = {
    "equal components": [0, 0, 1, 1, 2, 2, -1, -1],
    "unequal components": [2, -1, 0, 0, 0, 2, 1, -1, 0],
    "single columns": [0, 1, 2, 3, -1],
    "one component": [0, 0, 0, -1],
    "no components": [-1, -1, -1],
    "no border": [0, 1, 0, 1, 2],
    "one column": [-1],
}


def matrices(component, seed=0):
    """Random positive definite matrices that are zero between components, (B, n, n)."""
    component = np.asarray(component)
    rng = np.random.default_rng(seed)
    full = rng.normal(size=(B, len(component), len(component)))
    full = full + np.swapaxes(full, 1, 2)
    apart = component[:, None] != component
    outside = (component < 0)[:, None] | (component < 0)
    full[:, apart & ~outside] = 0.0
    return full + (1 + np.abs(full).sum(axis=2).max()) * np.eye(len(component))


def factorised(component):
    """The pattern, the matrices, and their factor."""
    arrow, full = Arrow.of(np.asarray(component)), matrices(component)
    one, other = (each.ravel() for each in np.indices(full.shape[1:]))
    place = arrow.entries(one, other)
    entries = np.zeros((B, arrow.n_entries))
    inside = (place >= 0) & (full[0, one, other] != 0)
    entries[:, place[inside]] = full[:, one[inside], other[inside]]
    return arrow, full, Factor.of(arrow, entries)


@pytest.mark.parametrize("name", PATTERNS)
def test_solving_determinant_and_covariance_are_those_of_the_dense_matrix(name):
    arrow, full, factor = factorised(PATTERNS[name])
    vectors = np.random.default_rng(1).normal(size=(B, arrow.size))
    assert factor.solve(vectors) == pytest.approx(np.linalg.solve(full, vectors[..., None])[..., 0])
    assert factor.log_determinant() == pytest.approx(np.linalg.slogdet(full)[1])
    units = np.eye(arrow.size)[:, None].repeat(B, axis=1)
    root = np.moveaxis(factor.spread(units), 0, 2)  # columns are the images of the unit vectors
    assert root @ np.swapaxes(root, 1, 2) == pytest.approx(np.linalg.inv(full), abs=1e-12)


@pytest.mark.parametrize("name", PATTERNS)
def test_vectors_cut_and_put_together_are_the_same(name):
    arrow = Arrow.of(np.asarray(PATTERNS[name]))
    vectors = np.arange(2.0 * arrow.size).reshape(2, -1)
    assert np.array_equal(arrow.together(*arrow.inside(vectors)), vectors)


def test_entries_have_places_of_their_own():
    arrow = Arrow.of(np.asarray(PATTERNS["unequal components"]))
    one, other = (each.ravel() for each in np.indices((arrow.size, arrow.size)))
    component = np.asarray(PATTERNS["unequal components"])
    inside = (component[one] == component[other]) | (component[other] < 0)
    place = arrow.entries(one[inside], other[inside])
    kept = place[place >= 0]
    assert len(np.unique(kept)) == len(kept)
    assert kept.max() < arrow.n_entries


def test_a_matrix_that_is_not_positive_definite_is_noticed():
    arrow = Arrow.of(np.array([0, 0, -1]))
    _, full, _ = factorised([0, 0, -1])
    one, other = (each.ravel() for each in np.indices(full.shape[1:]))
    place = arrow.entries(one, other)
    entries = np.zeros((B, arrow.n_entries))
    entries[:, place[place >= 0]] = -full[:, one[place >= 0], other[place >= 0]]
    with pytest.raises(np.linalg.LinAlgError):
        Factor.of(arrow, entries)


def test_components_share_no_group():
    rng = np.random.default_rng(5)
    commune = rng.integers(0, 30, 400)
    visit = np.unique(commune * 6 + rng.integers(0, 6, 400), return_inverse=True)[1]
    label = connected([commune, visit])
    assert np.array_equal(label, np.unique(commune, return_inverse=True)[1])  # visits are nested
    crossed = connected([commune, rng.integers(0, 5, 400)])
    assert (crossed == 0).all()  # everybody is connected with everybody


def test_nested_effects_are_eliminated_and_crossed_ones_are_not():
    commune = np.repeat(np.arange(100), 6)
    visit, interviewer = np.arange(600), np.tile(np.arange(4), 150)
    chosen = components([commune, visit, interviewer], [1, 1, 1], 5)
    assert sorted(chosen) == [0, 1]
