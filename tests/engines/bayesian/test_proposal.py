"""Proposals of parameters: their density is that of their draws, and peaks are found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from jfmodels.engines.bayesian.proposal import Peak, Proposal, find_peak, lattice

CORRELATED = np.array([[0.5, 0.2], [0.2, 0.3]])


def peak_of(covariance, mode):
    values, axes = np.linalg.eigh(covariance)
    return Peak(np.asarray(mode), axes, np.sqrt(values))


def proposals():
    one, two = peak_of(np.array([[0.4]]), [-1.0]), peak_of(CORRELATED, [-1.0, 0.5])
    skewed, even = np.array([[1.5, 0.8], [0.7, 1.2]]), np.ones((2, 2))
    return {
        "even": Proposal(two, even, np.zeros(2, bool), np.ones(2)),
        "skewed": Proposal(two, skewed, np.zeros(2, bool), np.ones(2)),
        "near zero": Proposal(one, skewed[:, :1], np.ones(1, bool), np.array([0.6])),
        "one of two near zero": Proposal(
            two, skewed, np.array([True, False]), np.array([0.6, 1.0])
        ),
    }


def integral(proposal, low, high, n):
    """Integral of the density over a square, at the middles of n cells a side."""
    step = (high - low) / n
    middle = low + step * (np.arange(n) + 0.5)
    h = len(proposal.peak.mode)
    points = np.stack(np.meshgrid(*[middle] * h)).reshape(h, -1)
    return np.exp(proposal.log_density(points)).sum() * step**h


@pytest.mark.parametrize("name", proposals())
def test_density_is_that_of_the_draws(name):
    proposal, n = proposals()[name], 200_000
    h = len(proposal.peak.mode)
    theta = proposal.draw(np.random.default_rng(1).random((n, h + 1)))
    for low, high in ((-1.5, -0.5), (-0.5, 0.8), (-6.0, -1.5)):
        share = ((theta > low) & (theta < high)).all(axis=0).mean()
        expected = integral(proposal, low, high, 600)
        assert abs(share - expected) < 4 * np.sqrt(expected / n)


@pytest.mark.parametrize("name", proposals())
def test_density_integrates_to_one(name):
    # of a t with six df so much lies beyond
    assert integral(proposals()[name], -25, 25, 2_000) == pytest.approx(1, abs=2e-4)


def test_a_normal_peak_is_found_in_one_piece():
    precision, mode = np.linalg.inv(CORRELATED), np.array([3.0, -2.0])

    def evidence(theta):
        away = theta - mode[:, None]
        return -np.einsum("ib,ij,jb->b", away, precision, away) / 2

    peak = find_peak(evidence, np.zeros(2))
    assert peak.mode == pytest.approx(mode, abs=0.01)
    assert peak.covariance == pytest.approx(CORRELATED, rel=1e-6)


def test_a_skewed_peak_is_found_from_afar():
    """The logarithm of a gamma number: steep above its mode, with a long tail below."""
    peak = find_peak(lambda theta: (3 * theta - np.exp(theta)).sum(axis=0), np.array([-8.0]))
    assert peak.mode[0] == pytest.approx(np.log(3), abs=0.01)
    assert peak.scale[0] == pytest.approx(1 / np.sqrt(3), rel=0.01)  # steps of 0.1 are not small


def test_sides_are_longer_where_the_density_falls_slower():
    def evidence(theta):
        return (3 * theta - np.exp(theta)).sum(axis=0)

    found = Proposal.around(evidence, find_peak(evidence, np.zeros(1)), np.ones(1, bool))
    assert found.sides[0, 0] > 1 > found.sides[1, 0]


def test_a_standard_deviation_that_may_be_zero_is_noticed():
    def half_normal(theta):
        return (theta - np.exp(2 * theta) / 2).sum(axis=0)

    def far_from_zero(theta):
        return -(theta**2).sum(axis=0) / (2 * 0.1**2)

    for evidence, expected in ((half_normal, True), (far_from_zero, False)):
        peak = find_peak(evidence, np.zeros(1))
        assert Proposal.around(evidence, peak, np.ones(1, bool)).zero.all() == expected
        assert not Proposal.around(evidence, peak, np.zeros(1, bool)).zero.any()


@pytest.mark.parametrize("dimension", [1, 2, 5, 9])
def test_lattice_is_evener_than_chance(dimension):
    shift = np.random.default_rng(1).random(dimension)
    points = lattice(512, dimension, shift)
    assert points.shape == (512, dimension)
    assert ((points > 0) & (points < 1)).all()
    by_chance = np.random.default_rng(2).random((512, dimension))
    assert stats.qmc.discrepancy(points) < 0.5 * stats.qmc.discrepancy(by_chance)


def test_lattice_of_one_dimension_is_the_golden_ratio():
    points = lattice(5, 1, np.zeros(1))[:, 0]
    assert points == pytest.approx(np.arange(1, 6) * (np.sqrt(5) - 1) / 2 % 1)


def test_shifted_lattices_agree_on_average():
    """So that means over draws are unbiased, whatever the number of points."""
    rng = np.random.default_rng(3)
    means = [(lattice(10, 2, rng.random(2)) ** 2).mean(axis=0) for _ in range(4_000)]
    error = np.std(means, axis=0) / np.sqrt(len(means))
    assert (np.abs(np.mean(means, axis=0) - 1 / 3) < 4 * error).all()
