"""A belief combines, transforms, summarises and tests as numpy and the textbooks do."""

import numpy as np
import pytest
from scipy import stats
from scipy.sparse import csr_array

from jfmodels.results.draws import Clustered, Draws
from jfmodels.results.normal import Normal

MEAN = np.array([0.42, 0.31, 0.57, 0.2])
INFLUENCE = np.random.default_rng(1).normal(0, 0.01, (30, 4))
COVARIANCE = INFLUENCE.T @ INFLUENCE
WEIGHTS = np.array([[1.0, -1.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25], [0.0, 0.0, 2.0, 0.0]])
LARGE = 1e7  # degrees of freedom at which t is Normal


@pytest.fixture
def normal():
    return Normal.of(MEAN, INFLUENCE, 12.0)


@pytest.fixture(scope="module")
def draws():
    return Draws(np.random.default_rng(2).multivariate_normal(MEAN, COVARIANCE, 200_000))


def relative(x):
    """A ratio, a log odds ratio and a product: smooth, and not linear."""
    a, b, c = x[..., 0], x[..., 1], x[..., 2]
    odds = np.log(a / (1 - a)) - np.log(b / (1 - b))
    return np.stack([a / b, odds, a * b * c], axis=-1)


def test_combining_is_matrix_algebra(normal):
    found = normal.combine(csr_array(WEIGHTS))
    assert found.mean == pytest.approx(WEIGHTS @ MEAN, rel=1e-14)
    np.testing.assert_allclose(found.covariance(), WEIGHTS @ COVARIANCE @ WEIGHTS.T, rtol=1e-12)
    assert found.variance() == pytest.approx(np.diag(found.covariance()))


def test_combining_twice_is_combining_once(normal):
    other = np.array([[1.0, 1.0, -1.0]])
    twice = normal.combine(csr_array(WEIGHTS)).combine(csr_array(other))
    once = normal.combine(csr_array(other @ WEIGHTS))
    assert twice.mean == pytest.approx(once.mean)
    assert twice.covariance() == pytest.approx(once.covariance())
    assert twice.weights.toarray() == pytest.approx(once.weights.toarray())


def test_delta_method_equals_the_derivatives_by_hand(normal):
    a, b, c, _ = MEAN
    by_hand = [
        [1 / b, -a / b**2, 0, 0],
        [1 / (a * (1 - a)), -1 / (b * (1 - b)), 0, 0],
        [b * c, a * c, a * b, 0],
    ]
    found = normal.apply(relative)
    assert found.mean == pytest.approx(relative(MEAN), rel=1e-14)
    expected = by_hand @ COVARIANCE @ np.transpose(by_hand)
    np.testing.assert_allclose(found.covariance(), expected, rtol=1e-12)


def test_a_function_without_a_finite_value_is_missing_and_leaves_the_others_alone():
    mean = np.array([0.0, 0.3, 0.5])
    joint = Normal.of(mean, INFLUENCE[:, :3], 12.0)
    found = joint.apply(np.log).summary(0.95)
    assert np.isnan([found.estimate[0], found.std_error[0], found.low[0]]).all()
    alone = Normal.of(mean[1:], INFLUENCE[:, 1:3], 12.0).apply(np.log).summary(0.95)
    assert found.low[1:] == pytest.approx(alone.low)
    assert found.p_value[1:] == pytest.approx(alone.p_value)


def test_summary_is_a_t_test(normal):
    found = normal.summary(0.9)
    error = np.sqrt(np.diag(COVARIANCE))
    low, high = stats.t.interval(0.9, 12, MEAN, error)
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)
    assert found.p_value == pytest.approx(2 * stats.t.sf(MEAN / error, 12))
    assert np.isnan(found.prob_positive).all()
    assert normal.summary(0.9, null=0.4).p_value == pytest.approx(
        2 * stats.t.sf(abs(MEAN - 0.4) / error, 12)
    )


def test_rounding_is_not_an_error_and_has_no_interval():
    found = Normal.of(np.array([0.5, 0.5]), np.array([[1e-17, 0.02]]), 3.0).summary(0.95)
    assert found.std_error[0] == 0
    assert np.isnan([found.low[0], found.p_value[0]]).all()
    assert found.std_error[1] == 0.02


def test_missing_evidence_stays_missing(normal):
    mean = np.where(np.arange(4) == 2, np.nan, MEAN)
    gap = Normal.of(mean, INFLUENCE, 12.0).combine(csr_array(WEIGHTS)).summary(0.95)
    assert np.isnan(gap.estimate).tolist() == [False, True, True]
    assert np.isnan(gap.std_error).tolist() == [False, True, True]
    assert gap.low[0] == normal.combine(csr_array(WEIGHTS)).summary(0.95).low[0]
    unknown = np.where(np.arange(4) == 2, np.nan, INFLUENCE)  # estimated, without a variance
    found = Normal.of(MEAN, unknown, 12.0).combine(csr_array(WEIGHTS)).summary(0.95)
    assert not np.isnan(found.estimate).any()
    assert np.isnan(found.std_error).tolist() == [False, True, True]


def test_subtracted_rows_lower_the_variance_but_not_below_its_floor():
    rows = np.array([[0.03, 0.01], [0.04, 0.05], [0.045, 0.02]])
    whole = Normal.of(np.zeros(2), rows, 5.0)
    signed = Normal(whole.mean, rows, whole.degrees, whole.weights, minus=1, floor=1)
    assert signed.variance() == pytest.approx([max(0.0025 - 0.045**2, 0.0009), 0.0026 - 0.0004])
    assert signed.covariance()[0, 1] == pytest.approx(0.0003 + 0.002 - 0.0009)


@pytest.mark.parametrize("question", ["as it is", "combined", "transformed"])
def test_many_draws_and_normal_agree(question):
    # Errors are a tenth of those above, where a ratio hardly bends over their width.
    ask = {
        "as it is": lambda joint: joint,
        "combined": lambda joint: joint.combine(csr_array(WEIGHTS)),
        "transformed": lambda joint: joint.apply(relative),
    }[question]
    random = np.random.default_rng(5)
    many = Draws(random.multivariate_normal(MEAN, COVARIANCE / 100, 200_000))
    a = ask(Normal.of(MEAN, INFLUENCE / 10, LARGE)).summary(0.9)
    b = ask(many).summary(0.9)
    # 200,000 draws know a mean to .002 sd, an end of the interval to .005 and an sd to .2 %.
    np.testing.assert_allclose((b.estimate - a.estimate) / a.std_error, 0, atol=0.06)
    np.testing.assert_allclose((b.low - a.low) / a.std_error, 0, atol=0.08)
    np.testing.assert_allclose((b.high - a.high) / a.std_error, 0, atol=0.08)
    np.testing.assert_allclose(b.std_error, a.std_error, rtol=0.01)
    assert b.mc_error == pytest.approx(b.std_error / np.sqrt(200_000))


def test_probability_of_a_positive_value_is_that_of_the_normal(draws):
    found = draws.combine(csr_array(WEIGHTS)).summary(0.9)
    mean, variance = WEIGHTS @ MEAN, np.diag(WEIGHTS @ COVARIANCE @ WEIGHTS.T)
    assert found.prob_positive == pytest.approx(stats.norm.cdf(mean / np.sqrt(variance)), abs=0.005)


def test_draws_know_no_p_value(draws):
    found = draws.summary(0.95)
    assert np.isnan([found.p_value, found.df]).all()
    assert draws.summary(0.95, null=0.42).prob_positive[0] == pytest.approx(0.5, abs=0.01)


def test_draws_that_belong_together_are_worth_less(draws):
    some = draws.draws[:400]
    worth = Draws(np.repeat(some, 5, axis=0), Clustered(np.repeat(np.arange(400), 5)))
    assert worth.summary(0.95).mc_error == pytest.approx(some.std(axis=0) / np.sqrt(400))


def test_hotelling_is_the_one_sample_test_of_independent_clusters():
    sample = np.random.default_rng(3).normal([0.2, -0.1, 0.1], 0.5, (17, 3))
    n, q = sample.shape
    influence = (sample - sample.mean(axis=0)) / np.sqrt(n * (n - 1))
    found = Normal.of(sample.mean(axis=0), influence, n - 1.0).test()
    # Rencher (2002), Methods of Multivariate Analysis, section 5.3.
    t_squared = n * sample.mean(axis=0) @ np.linalg.inv(np.cov(sample.T)) @ sample.mean(axis=0)
    f = t_squared * (n - q) / (q * (n - 1))
    assert (found.statistic, found.df1, found.df2) == (pytest.approx(f), q, n - q)
    assert found.p_value == pytest.approx(stats.f.sf(f, q, n - q))


def test_hotelling_of_one_number_is_its_t_test(normal):
    one = normal.combine(csr_array(WEIGHTS[:1]))
    assert one.test().p_value == pytest.approx(one.summary(0.95).p_value.item())


def test_hotelling_does_not_feel_the_choice_of_contrasts(normal):
    first = np.array([[1.0, -1.0, 0, 0], [1.0, 0, -1.0, 0], [1.0, 0, 0, -1.0]])
    steps = np.array([[1.0, -1.0, 0, 0], [0, 1.0, -1.0, 0], [0, 0, 1.0, -1.0]])
    one, other = (normal.combine(csr_array(each)).test() for each in (first, steps))
    assert one.statistic == pytest.approx(other.statistic)


@pytest.mark.parametrize(
    ("influence", "df"),
    [
        (INFLUENCE[:3], 40.0),  # three clusters carry no covariance of rank 4
        (INFLUENCE, 3.5),  # 3.5 - 4 + 1 is less than one degree of freedom
        (INFLUENCE * np.array([1, 1, 1, np.nan]), 40.0),
    ],
)
def test_hotelling_is_refused_where_the_design_cannot_carry_it(influence, df):
    found = Normal.of(MEAN, influence, df).test()
    assert found.refused
    assert np.isnan(found.p_value)


def test_credible_ellipsoid_of_normal_draws_is_chi_squared(draws):
    apart = np.array([[1.0, -1.0, 0, -0.55], [0, 0, 1.0, -2.7]])
    found = draws.combine(csr_array(apart)).test()
    mean, covariance = apart @ MEAN, apart @ COVARIANCE @ apart.T
    distance = mean @ np.linalg.solve(covariance, mean)
    assert found.probability == pytest.approx(stats.chi2.cdf(distance, 2), abs=0.01)
    assert np.isnan(found.p_value)


def test_extremes_of_draws_are_extremes_draw_by_draw(draws):
    found, (low, high) = draws.extremes(0.9)
    least, most = draws.draws.min(axis=1), draws.draws.max(axis=1)
    assert (low, high) == (3, 2)
    assert found.estimate == pytest.approx([least.mean(), most.mean(), (most - least).mean()])
    assert found.low[2] == pytest.approx(np.quantile(most - least, 0.05))


def test_extremes_of_estimates_are_bounded_by_all_that_might_be_extreme(normal):
    found, (low, high) = normal.extremes(0.95)
    each = normal.summary(1 - 0.05 / 10)  # four numbers and six differences
    assert (low, high) == (3, 2)
    assert found.estimate == pytest.approx([MEAN[3], MEAN[2], MEAN[2] - MEAN[3]])
    assert found.low[:2] == pytest.approx([each.low.min(), each.low.max()])
    assert found.high[:2] == pytest.approx([each.high.min(), each.high.max()])
    assert 0 < found.low[2] < found.estimate[2] < found.high[2]


def test_extremes_cover_though_all_are_equal():
    random = np.random.default_rng(4)
    held = 0
    for _ in range(400):
        sample = random.normal(0.4, 0.2, (20, 4))
        influence = (sample - sample.mean(axis=0)) / np.sqrt(20 * 19)
        found, _ = Normal.of(sample.mean(axis=0), influence, 19.0).extremes(0.9)
        truth = np.array([0.4, 0.4, 0.0])
        held += bool(((found.low <= truth) & (truth <= found.high)).all())
    assert held / 400 > 0.9 - 4 * np.sqrt(0.9 * 0.1 / 400)
