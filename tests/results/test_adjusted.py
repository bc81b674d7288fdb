"""Draws that have the design's covariance, and t where their errors are known from few clusters."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import f as f_distribution
from scipy.stats import t

from jfmodels.results.adjusted import Adjusted, LogitIntervals
from jfmodels.results.draws import Draws
from jfmodels.results.normal import Normal

RNG = np.random.default_rng(11)
MEAN = np.array([0.4, 0.5, 0.7])
SPREAD = np.array([[0.05, 0.02, 0.0], [0.0, 0.04, 0.01], [0.0, 0.0, 0.03]])
DRAWN = Draws(MEAN + RNG.standard_normal((20_000, 3)) @ SPREAD)
CENTRE = DRAWN.draws.mean(axis=0)
INFLUENCE = RNG.normal(0, 0.04, (6, 3))
DESIGN = Normal.of(CENTRE, INFLUENCE, 5.0)
JOINT = Adjusted.of(DRAWN, DESIGN)
CHANGE = csr_array(np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]]))


def test_moved_draws_have_the_covariance_of_the_design():
    assert np.cov(JOINT.moved.draws.T) == pytest.approx(DESIGN.covariance(), rel=1e-10)
    assert JOINT.moved.draws.mean(axis=0) == pytest.approx(CENTRE, rel=1e-12)


def test_draws_that_have_it_already_stay_as_they_are():
    root = np.linalg.cholesky(np.cov(DRAWN.draws.T)).T
    same = Adjusted.of(DRAWN, Normal.of(CENTRE, root, 5.0))
    assert same.moved.draws == pytest.approx(DRAWN.draws, abs=1e-12)


def test_more_units_than_numbers_make_no_difference():
    turned = np.linalg.qr(RNG.standard_normal((40, 6)))[0] @ INFLUENCE
    again = Adjusted.of(DRAWN, Normal.of(CENTRE, turned, 5.0))
    assert again.moved.draws == pytest.approx(JOINT.moved.draws, abs=1e-10)


@pytest.mark.parametrize("joint", [JOINT, JOINT.combine(CHANGE)], ids=["levels", "changes"])
def test_intervals_and_probabilities_are_those_of_t(joint):
    """The draws are normal, so that sent through t they are t, but for 20,000 draws' chance."""
    found, design = joint.summary(0.9), joint.design.summary(0.9)
    assert found.std_error == pytest.approx(design.std_error, rel=1e-12)
    assert found.low == pytest.approx(design.low, abs=0.06 * design.std_error.max())
    assert found.high == pytest.approx(design.high, abs=0.06 * design.std_error.max())
    above = t(5).cdf(found.estimate / found.std_error)
    assert found.prob_positive == pytest.approx(above, abs=0.015)
    assert np.isnan(found.p_value).all()
    assert (found.df == 5).all()


def test_within_and_its_outside_share_all_draws():
    below, above, inside = (
        JOINT.within(*ends).draws.mean(axis=0)
        for ends in ((-np.inf, 0.45), (0.55, np.inf), (0.45, 0.55))
    )
    assert below + inside + above == pytest.approx(np.ones(3), abs=1e-9)
    positive = JOINT.combine(CHANGE).within(0.0, np.inf).draws.mean(axis=0)
    assert positive == pytest.approx(JOINT.combine(CHANGE).summary(0.9).prob_positive)


def test_error_of_the_mean_is_that_of_the_draws_as_they_were_made():
    assert JOINT.summary(0.9).mc_error == pytest.approx(DRAWN.summary(0.9).mc_error)


def test_functions_go_by_the_delta_method_and_keep_their_shape():
    ratio = JOINT.apply(lambda x: x[..., :1] / x[..., 1:2])
    design = DESIGN.apply(lambda x: x[..., :1] / x[..., 1:2])
    found = ratio.summary(0.9)
    assert found.std_error == pytest.approx(design.summary(0.9).std_error, rel=1e-12)
    assert found.estimate == pytest.approx((DRAWN.draws[:, 0] / DRAWN.draws[:, 1]).mean())
    assert found.high[0] - found.estimate[0] > found.estimate[0] - found.low[0]


def test_all_are_zero_has_the_content_of_hotellings_ellipsoid():
    found = JOINT.combine(CHANGE).test()
    change = CHANGE @ CENTRE
    covariance = JOINT.combine(CHANGE).design.covariance()
    wald = change @ np.linalg.solve(covariance, change)
    assert found.probability == pytest.approx(f_distribution(2, 4).cdf(wald * 4 / (2 * 5)))
    assert np.isnan(found.p_value)


def test_too_few_clusters_for_a_joint_statement_are_said():
    few = Adjusted.of(DRAWN, Normal.of(CENTRE, INFLUENCE[:2], 1.0))
    found = few.test()
    assert "rank" in found.refused
    assert np.isnan(found.probability)


def test_the_farthest_apart_are_drawn_by_t_too():
    found, (low, high) = JOINT.extremes(0.9)
    assert (low, high) == (0, 2)
    assert (np.diff(found.estimate[:2]) > CENTRE[2] - CENTRE[0] - 0.01).all()
    assert found.low[2] >= 0


def test_what_is_not_known_stays_so():
    nothing = DRAWN.draws.copy()
    nothing[:, 1] = np.nan
    influence = INFLUENCE.copy()
    influence[:, 2] = np.nan
    mean = nothing.mean(axis=0)
    found = Adjusted.of(Draws(nothing), Normal.of(mean, influence, 5.0)).summary(0.9)
    assert np.isnan(found.estimate).tolist() == [False, True, False]
    for column in (found.std_error, found.low, found.high, found.prob_positive):
        assert np.isnan(column).tolist() == [False, True, True]


def test_intervals_of_shares_lie_between_0_and_1():
    wide = Adjusted.of(DRAWN, Normal.of(CENTRE, 6 * INFLUENCE, 2.0))
    cells = np.array([2, 0])
    low, high, flags = LogitIntervals(wide)(cells, wide.summary(0.95), 0.95)
    assert (low > 0).all()
    assert (high < 1).all()
    assert (low < CENTRE[cells]).all()
    assert (high > CENTRE[cells]).all()
    assert not flags.any()
