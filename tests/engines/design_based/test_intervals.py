"""Intervals of shares: textbook ones under simple random sampling, and what all must obey."""

import numpy as np
import pytest
from scipy.stats import beta, t
from statsmodels.stats.proportion import proportion_confint

from jfmodels.engines.design_based.intervals import INTERVALS, Share, ShareIntervals, korn_graubard
from jfmodels.results.engine import BITS
from jfmodels.results.summary import Summary

WITHIN = [name for name in INTERVALS if name != "normal"]  # the plain scale knows no bounds
SHARES = np.array([0.01, 0.03, 0.2, 0.5, 0.77, 0.98])
N = 150


def share_of(p, n=N, df=None, deff=1.0, coverage=0.95):
    """A share whose variance is that of n independent answers, times a design effect."""
    p = np.asarray(p, dtype=float)
    df = np.full_like(p, n - 1 if df is None else df)
    return Share(p, np.sqrt(deff * p * (1 - p) / n), df, np.full_like(p, n), coverage)


def rows_of(p, std_error, n, method="logit", coverage=0.95, df=12.0):
    """Intervals as a table asks for them, cell by cell, with their flags."""
    p, std_error = np.asarray(p, dtype=float), np.asarray(std_error, dtype=float)
    missing = np.full_like(p, np.nan)
    df = np.full_like(p, df)
    summary = Summary(p, std_error, missing, missing, df, missing, missing, missing)
    intervals = ShareIntervals(method, np.full(len(p), n), np.ones(len(p), dtype=bool))
    return intervals(np.arange(len(p)), summary, coverage)


@pytest.mark.parametrize("method", WITHIN)
@pytest.mark.parametrize("df", [2, 12, 500])
@pytest.mark.parametrize("deff", [0.5, 1, 6])
def test_stays_between_0_and_1_around_the_share(method, df, deff):
    share = share_of(SHARES, df=df, deff=deff)
    low, high = INTERVALS[method](share)
    assert (low >= 0).all()
    assert (high <= 1).all()
    assert ((low < SHARES) & (high > SHARES)).all()


@pytest.mark.parametrize("method", INTERVALS)
def test_more_coverage_takes_in_less(method):
    narrow = INTERVALS[method](share_of(SHARES, df=12, deff=2, coverage=0.8))
    wide = INTERVALS[method](share_of(SHARES, df=12, deff=2, coverage=0.95))
    assert (wide[0] <= narrow[0]).all()
    assert (wide[1] >= narrow[1]).all()


@pytest.mark.parametrize("method", INTERVALS)
def test_no_is_yes_turned_round(method):
    low, high = INTERVALS[method](share_of(SHARES, df=12, deff=2))
    other = INTERVALS[method](share_of(1 - SHARES, df=12, deff=2))
    np.testing.assert_allclose(1 - other[1], low, atol=1e-12)
    np.testing.assert_allclose(1 - other[0], high, atol=1e-12)


@pytest.mark.parametrize("method", INTERVALS)
def test_all_agree_on_many_answers(method):
    low, high = INTERVALS[method](share_of([0.3], n=4_000_000))
    error = np.sqrt(0.3 * 0.7 / 4_000_000)
    assert (high - low) / (2 * 1.959964 * error) == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize(
    ("method", "theirs"), [("beta", "beta"), ("wilson", "wilson"), ("normal", "normal")]
)
def test_equals_the_textbook_under_simple_random_sampling(method, theirs):
    yes = np.array([2, 30, 75, 149])
    df = np.inf if method != "beta" else N - 1
    low, high = INTERVALS[method](share_of(yes / N, df=df))
    # Textbooks divide by n; the plain and Wilson's interval take the Normal's quantile.
    expected = [proportion_confint(k, N, method=theirs) for k in yes]
    clipped = [np.clip(low, 0, 1), np.clip(high, 0, 1)] if method == "normal" else [low, high]
    np.testing.assert_allclose(np.stack(clipped, axis=1), expected, rtol=1e-9)


def test_korn_graubard_adjusts_the_effective_n_for_degrees_of_freedom():
    share = share_of([0.2], df=7, deff=2)
    n = N / 2 * (t.ppf(0.975, N - 1) / t.ppf(0.975, 7)) ** 2
    low, high = korn_graubard(share)
    assert low.item() == pytest.approx(beta.ppf(0.025, 0.2 * n, 0.8 * n + 1), rel=1e-12)
    assert high.item() == pytest.approx(beta.ppf(0.975, 0.2 * n + 1, 0.8 * n), rel=1e-12)


@pytest.mark.parametrize("method", INTERVALS)
@pytest.mark.parametrize("yes", [0, 40])
def test_no_variation_gives_the_exact_binomial_interval_and_a_flag(method, yes):
    low, high, flags = rows_of([yes / 40], [0.0], 40, method)
    expected = proportion_confint(yes, 40, method="beta")
    assert [low.item(), high.item()] == pytest.approx(expected, abs=1e-12)
    assert flags.item() & BITS["at_boundary"]


def test_a_share_without_a_variance_has_no_interval():
    low, high, _ = rows_of([0.4, 0.0], [np.nan, np.nan], 40)
    assert np.isnan([low, high]).all()


@pytest.mark.parametrize(
    ("p", "half", "wide"),
    [
        (0.5, 0.14, False),  # narrower than 30 points
        (0.5, 0.16, True),
        (0.04, 0.024, False),  # narrower than 5 points, whatever the relative width
        (0.04, 0.027, True),  # 5.4 points, 135 % of the share
    ],
)
def test_wide_intervals_are_flagged_by_nchs_standards(p, half, wide):
    z = t.ppf(0.975, 12)
    _, _, flags = rows_of([p], [half / z], 400, "normal")
    assert bool(flags.item() & BITS["wide_interval"]) == wide


def test_means_keep_their_t_interval():
    summary = Summary(*(np.array([value]) for value in (3.0, 0.1, 2.8, 3.2, 12.0, 0.5, 0.5, 0.5)))
    intervals = ShareIntervals("logit", np.array([50]), np.array([False]))
    low, high, flags = intervals(np.array([0]), summary, 0.95)
    assert (low.item(), high.item(), flags.item()) == (2.8, 3.2, 0)
