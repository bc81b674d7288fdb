"""Power, wrong signs and exaggeration against R, published figures and plain simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from jfmodels.planning.power import TTest, exaggeration, power_of, smallest_change, wrong_sign

ONE = np.ones(1)


def t_test(df: float, alpha: float = 0.05) -> TTest:
    return TTest(df * ONE, df * ONE, alpha)


# pt(ncp=) of R 4.2.2: both tails beyond the 5 % critical value, by df and noncentrality
R_POWER = {
    (1, 0.5): 0.0560962568326355,
    (1, 2): 0.125756317757457,
    (1, 6): 0.362183992965844,
    (1.5, 0.5): 0.058995820122778,
    (1.5, 2): 0.173301121350731,
    (1.5, 6): 0.641661834389959,
    (3, 0.5): 0.0652942736093767,
    (3, 2): 0.288752416401842,
    (3, 6): 0.967000639911978,
    (12, 0.5): 0.074705053260437,
    (12, 2): 0.452193700936374,
    (12, 6): 0.999778173763257,
    (50, 0.5): 0.0779827260450539,
    (50, 2): 0.500665172192191,
    (50, 6): 0.999956027982525,
}

# R's integrate() over the density of the estimated standard error: power, type S, type M
R_FOUND = {
    (3, 0.3): (0.0555009198612641, 0.2598180770233526, 6.0214138191876536),
    (3, 1.0): (0.111274915517009, 0.028682818939787, 2.180411430942712),
    (3, 3.0): (0.532792607261342, 1.12858077538648e-05, 1.15487568704216),
    (12, 0.3): (0.0588216629858041, 0.2147779882351841, 7.3431204715198772),
    (12, 1.0): (0.151556281535379, 0.012880855225999, 2.424813185394523),
    (12, 3.0): (0.786287683613340, 1.29856415727684e-06, 1.11256793562883),
}


@pytest.mark.parametrize(("df", "shift"), R_POWER)
def test_power_is_that_of_the_noncentral_t(df, shift):
    # 1e-8: R's own series for pt() is exact to about 1e-12 times its terms, less below 2 df
    assert power_of(shift * ONE, ONE, t_test(df))[0] == pytest.approx(R_POWER[df, shift], abs=1e-8)


def test_a_design_without_error_finds_any_change():
    assert power_of(0.01 * ONE, 0 * ONE, t_test(3))[0] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("df", "shift"), R_FOUND)
def test_wrong_signs_and_exaggeration_are_those_of_integration(df, shift):
    power, type_s, type_m = R_FOUND[df, shift]
    asked = (shift * ONE, ONE, t_test(df))
    assert power_of(*asked)[0] == pytest.approx(power, rel=1e-9)
    assert wrong_sign(*asked)[0] == pytest.approx(type_s, rel=1e-9)
    assert exaggeration(*asked)[0] == pytest.approx(type_m, rel=1e-9)


@pytest.mark.parametrize(
    ("change", "error", "power", "type_s", "type_m"),
    [(0.1, 3.28, 0.0501, 0.46, 77), (2, 8.1, 0.057, 0.24, 9.5)],
)
def test_published_examples_of_gelman_and_carlin(change, error, power, type_s, type_m):
    # the paper's beauty and sex ratio, and its ovulation and voting; their type M is simulated
    asked = (change * ONE, error * ONE, t_test(np.inf))
    assert power_of(*asked)[0] == pytest.approx(power, abs=5e-4)
    assert wrong_sign(*asked)[0] == pytest.approx(type_s, abs=5e-3)
    assert exaggeration(*asked)[0] == pytest.approx(type_m, rel=0.01)


@pytest.mark.parametrize("shift", [0.05, 0.5, 2.0])
def test_without_an_estimated_error_exaggeration_has_a_closed_form(shift):
    # Lu, Qiu and Deng (2019), British Journal of Mathematical and Statistical Psychology 72
    z = norm.ppf(0.975)
    above = norm.pdf(shift + z) + norm.pdf(shift - z)
    inside = norm.cdf(shift + z) + norm.cdf(shift - z) - 1
    power = 1 - norm.cdf(z - shift) + norm.cdf(-z - shift)
    expected = (above + shift * inside) / shift / power
    found = exaggeration(shift * ONE, ONE, t_test(np.inf))[0]
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.001])
@pytest.mark.parametrize("df", [1, 1.3, 2, 3, 12.7, 1e3, 1e7, np.inf])
def test_what_does_not_exist_is_found_as_often_as_the_level_says(df, alpha):
    assert power_of(0 * ONE, ONE, t_test(df, alpha))[0] == pytest.approx(alpha, rel=1e-9)


def test_a_fall_is_found_as_often_as_a_rise_and_units_do_not_matter():
    test = t_test(5)
    rise = power_of(2 * ONE, ONE, test)
    assert power_of(-2 * ONE, ONE, test) == pytest.approx(rise, rel=1e-12)
    assert power_of(200 * ONE, 100 * ONE, test) == pytest.approx(rise, rel=1e-12)


@pytest.mark.parametrize("df", [1, 3, 40, np.inf])
def test_the_smallest_change_has_the_power_asked_for(df):
    test = t_test(df)
    found = smallest_change(np.ones_like, test, 0.8, np.inf * ONE)
    assert power_of(found, ONE, test)[0] == pytest.approx(0.8, rel=1e-12)


def test_a_change_that_cannot_be_is_not_found():
    assert np.isnan(smallest_change(np.ones_like, t_test(3), 0.8, ONE)).all()


def test_one_stratum_keeps_its_degrees_of_freedom():
    test = TTest.of_strata(np.array([[0.3, 0.0]]), np.array([[3.0, 5.0]]), 0.05)
    assert test.df == pytest.approx([3])
    assert test.df_test == pytest.approx([3])


def test_equal_strata_have_a_closed_form():
    # shares of gamma variables of one scale are Dirichlet, so E of a squared share is known
    test = TTest.of_strata(np.ones((1, 4)), np.full((1, 4), 3.0), 0.05)
    assert test.df[0] == pytest.approx(12)
    assert test.df_test[0] == pytest.approx(3 / (4 * 1.5 * 2.5 / (6 * 7)), rel=1e-10)


@pytest.mark.parametrize("nu", [(3, 3, 3, 3), (1, 2.5, 8, 40)])
@pytest.mark.parametrize("part", [(0.25, 0.25, 0.25, 0.25), (0.6, 0.2, 0.1, 0.1)])
def test_the_test_has_the_degrees_of_freedom_that_samples_give(part, nu):
    # 1/df of Satterthwaite's rule over 200,000 samples, within four Monte Carlo errors
    rng = np.random.default_rng(5)
    variance = rng.chisquare(nu, (200_000, 4)) / nu * part
    inverse = (variance**2 / nu).sum(axis=1) / variance.sum(axis=1) ** 2
    test = TTest.of_strata(np.array([part]), np.array([nu], dtype=float), 0.05)
    off = abs(inverse.mean() - 1 / test.df_test[0])
    assert off < 4 * inverse.std() / np.sqrt(len(inverse))
