"""Priors: densities are densities of their own draws, and scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from jfmodels.errors import SpecError
from jfmodels.model.effects import BLOCKS
from jfmodels.model.priors import LKJ, Beta, Exponential, HalfNormal, HalfStudentT, Normal

PRIORS = {
    Normal(-1, 2.5): stats.norm(-1, 2.5),
    HalfNormal(0.7): stats.halfnorm(scale=0.7),
    HalfStudentT(3, 2.5): None,  # scipy has no folded t that is centred
    Exponential(0.5): stats.expon(scale=0.5),
    Beta(2, 3.5): stats.beta(2, 3.5),
    LKJ(2, 0.5): stats.beta(2.5, 2.5, loc=-1, scale=2),
}
ENDS = {
    "real": (-np.inf, np.inf),
    "positive": (0, np.inf),
    "unit": (0, 1),
    "correlation": (-1, 1),
}


def cumulative(prior, value):
    """Distribution function by quadrature of the density."""
    low, _ = ENDS[prior.support]
    return integrate.quad(lambda x: np.exp(prior.log_density(np.array(x))), low, value)[0]


@pytest.mark.parametrize("prior", PRIORS, ids=repr)
def test_density_integrates_to_one(prior):
    assert cumulative(prior, ENDS[prior.support][1]) == pytest.approx(1, abs=1e-7)


@pytest.mark.parametrize("prior", PRIORS, ids=repr)
def test_draws_have_the_density(prior):
    drawn = np.sort(prior.draw(np.random.default_rng(1), 20_000))
    some = drawn[::500]
    share = np.arange(0, 20_000, 500) / 20_000
    found = np.array([cumulative(prior, value) for value in some])
    # Kolmogorov's distance: one seed in a thousand lies beyond 1.95 / sqrt(n)
    assert np.abs(found - share).max() < 1.95 / np.sqrt(20_000) + 1 / 20_000


@pytest.mark.parametrize("prior", [each for each, known in PRIORS.items() if known], ids=repr)
def test_density_is_that_of_scipy(prior):
    values = PRIORS[prior].rvs(50, random_state=1)
    assert prior.log_density(values) == pytest.approx(PRIORS[prior].logpdf(values))


def test_half_t_is_a_t_folded():
    values = np.array([0.0, 0.3, 8.0])
    expected = np.log(2) + stats.t(3, scale=2.5).logpdf(values)
    assert HalfStudentT(3, 2.5).log_density(values) == pytest.approx(expected)


def test_a_correlation_of_two_slopes_has_the_density_of_the_determinant():
    values = np.linspace(-0.9, 0.9, 7)
    density = LKJ(3).log_density(values)
    assert density - density[0] == pytest.approx(2 * np.log((1 - values**2) / (1 - values[0] ** 2)))


def test_correlations_of_three_slopes_have_the_density_of_the_determinant():
    """Partial correlations are turned into the matrix, with the Jacobian by differences."""
    eta, rng = 2.0, np.random.default_rng(4)
    priors = [LKJ(eta, 0.5), LKJ(eta, 0.5), LKJ(eta, 0.0)]

    def correlations(partial):
        root = BLOCKS["slope"].root(np, np.concatenate([np.ones(3), partial]), np.zeros((3, 1)))
        return (root @ root.T)[[1, 2, 2], [0, 0, 1]]

    away = []
    for partial in rng.uniform(-0.8, 0.8, (20, 3)):
        step = 1e-6 * np.eye(3)
        moved = [correlations(partial + s) - correlations(partial - s) for s in step]
        jacobian = np.linalg.slogdet(np.array(moved) / 2e-6)[1]
        r = correlations(partial)
        matrix = np.array([[1, r[0], r[1]], [r[0], 1, r[2]], [r[1], r[2], 1]])
        ours = sum(
            prior.log_density(np.array(value)) for prior, value in zip(priors, partial, strict=True)
        )
        away.append(ours - jacobian - (eta - 1) * np.linalg.slogdet(matrix)[1])
    assert away == pytest.approx([away[0]] * len(away), abs=1e-6)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: HalfNormal(0), "HalfNormal(sd=)"),
        (lambda: HalfNormal(-1.0), "HalfNormal(sd=)"),
        (lambda: Normal(0, np.inf), "Normal(sd=)"),
        (lambda: Normal("0", 1), "Normal(mean=)"),
        (lambda: Beta(1, True), "Beta(b=)"),
        (lambda: Exponential(None), "Exponential(mean=)"),
        (lambda: HalfStudentT(3, 0), "HalfStudentT(scale=)"),
        (lambda: LKJ(-1), "LKJ(eta=)"),
    ],
)
def test_what_is_no_distribution_is_refused(make, says):
    with pytest.raises(SpecError) as error:
        make()
    assert says in str(error.value)
