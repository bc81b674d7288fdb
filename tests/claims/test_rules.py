"""Verdicts are those of intervals, recomputed by hand, and joined as tests are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import t as student

from jfmodels.claims.assertions import Assertion, above, below, within
from jfmodels.claims.rules import ByDraws, ByTests, joined, of_rows, together
from jfmodels.results.draws import Draws
from jfmodels.results.estimands import Level
from jfmodels.results.normal import Normal

ALPHA, DF = 0.05, 7.0
MEAN, ERROR = np.array([0.02, 0.05, 0.10, -0.08]), np.array([0.03, 0.02, 0.03, 0.02])
NORMAL = Normal.of(MEAN, np.diag(ERROR), DF)


def interval(coverage: float) -> tuple[np.ndarray, np.ndarray]:
    half = student.ppf((1 + coverage) / 2, DF) * ERROR
    return MEAN - half, MEAN + half


def verdicts(assertion: Assertion, answer=NORMAL) -> list[str]:
    return [each.verdict(ALPHA) for each in of_rows(answer, assertion, level_of_share=False)]


def by_interval(inside: np.ndarray, outside: np.ndarray) -> list[str]:
    return [
        "supported" if a else "contradicted" if b else "undecided"
        for a, b in zip(inside, outside, strict=True)
    ]


@pytest.mark.parametrize("margin", [-0.05, 0.0, 0.003, 0.01, 0.03])
def test_a_direction_is_decided_by_the_interval_against_the_margin(margin):
    low, high = interval(0.95)
    assert verdicts(above(Level(), {}, margin)) == by_interval(low > margin, high < margin)
    assert verdicts(below(Level(), {}, margin)) == by_interval(high < margin, low > margin)


@pytest.mark.parametrize("margin", [0.01, 0.05, 0.08, 0.0839, 0.11, 0.2])
def test_remains_is_two_one_sided_tests_which_is_the_90_percent_interval(margin):
    low, high = interval(0.90)
    wide_low, wide_high = interval(0.95)
    ends = (-margin, margin)
    expected = by_interval(
        (low > -margin) & (high < margin), (wide_low > margin) | (wide_high < -margin)
    )
    assert verdicts(within(Level(), {}, ends, equivalence=True)) == expected


def test_two_one_sided_tests_give_their_p_value():
    (found,) = of_rows(
        NORMAL.combine(csr_array([[1.0, 0, 0, 0]])),
        within(Level(), {}, (-0.1, 0.1), equivalence=True),
        level_of_share=False,
    )
    lower = student.sf((0.02 + 0.1) / 0.03, DF)
    upper = student.cdf((0.02 - 0.1) / 0.03, DF)
    assert isinstance(found, ByTests)
    assert found.support == pytest.approx(max(lower, upper), rel=1e-12)


@pytest.mark.parametrize("tolerance", [0.03, 0.05, 0.09])
def test_a_level_must_lie_within_its_tolerance_and_is_refuted_outside_its_rounding(tolerance):
    share, error = np.array([0.52, 0.55, 0.60, 0.99]), np.array([0.02, 0.012, 0.03, 0.004])
    levels = Normal.of(share, np.diag(error), DF)
    half = student.ppf(0.975, DF) * error / (share * (1 - share))
    low, high = (1 / (1 + np.exp(-(np.log(share / (1 - share)) + s * half))) for s in (-1, 1))
    assertion = Assertion(Level(), {}, (0.52 - tolerance, 0.52 + tolerance), (0.515, 0.525))
    found = [e.verdict(ALPHA) for e in of_rows(levels, assertion, level_of_share=True)]
    inside = (low > 0.52 - tolerance) & (high < 0.52 + tolerance)
    assert found == by_interval(inside, (low > 0.525) | (high < 0.515))


def test_ends_that_no_share_can_reach_decide_nothing():
    levels = Normal.of(np.array([0.97]), np.array([[0.01]]), DF)
    (found,) = of_rows(
        levels, Assertion(Level(), {}, (0.9, 1.02), (0.9, 1.02)), level_of_share=True
    )
    assert found.verdict(ALPHA) == "supported"


def test_all_is_intersection_union_to_support_and_holm_to_refute():
    parts = [ByTests(0.01, 0.03), ByTests(0.04, 0.9), ByTests(0.02, 0.6)]
    whole = joined(parts, "all")
    assert (whole.support, whole.refute) == pytest.approx((0.04, 0.09))
    assert joined(parts, "any") == ByTests(0.03, 0.9)


def test_a_part_without_evidence_keeps_all_from_support_and_not_from_refutation():
    nothing = ByTests(1.0, 1.0)
    assert joined([ByTests(0.001, 1.0), nothing], "all").verdict(ALPHA) == "undecided"
    assert joined([ByTests(1.0, 0.001), nothing], "all").verdict(ALPHA) == "contradicted"
    assert joined([ByTests(0.001, 1.0), nothing], "any").verdict(ALPHA) == "supported"
    assert joined([ByTests(1.0, 0.001), nothing], "any").verdict(ALPHA) == "undecided"


@pytest.mark.parametrize("how", ["all", "any"])
def test_the_order_of_parts_does_not_matter(how):
    parts = [ByTests(0.01, 0.03), ByTests(0.04, 0.9), ByTests(0.02, 0.6)]
    assert joined(parts, how) == joined(parts[::-1], how)


DRAWS = np.random.default_rng(4).normal([0.06, 0.05, 0.0], [0.03, 0.03, 0.02], (4000, 3))


def test_a_posterior_is_counted_draw_by_draw():
    rows = of_rows(Draws(DRAWS), above(Level(), {}, 0.0), level_of_share=False)
    assert [each.holds for each in rows] == pytest.approx((DRAWS > 0).mean(axis=0).tolist())
    both = together([("fit", Draws(DRAWS[:, :2]), above(Level(), {}, 0.0))])
    assert both.holds == pytest.approx((DRAWS[:, :2] > 0).all(axis=1).mean())


def test_fits_that_do_not_know_of_each_other_are_bounded():
    answers = [(k, Draws(DRAWS[:, [k]]), above(Level(), {}, 0.0)) for k in range(2)]
    each = (DRAWS[:, :2] > 0).mean(axis=0)
    bound = together(answers)
    assert bound.holds == pytest.approx(1 - (1 - each).sum())
    assert bound.refute == pytest.approx(min(1.0, 2 * each.min()))
    parts = [of_rows(answer, claim, level_of_share=False)[0] for _, answer, claim in answers]
    some = joined(parts, "any")
    assert some.holds == pytest.approx(each.max())
    assert some.support == pytest.approx(2 * (1 - each.max()))


def test_that_not_all_hold_refutes_none_of_them():
    # three moves that are each as likely as not: all three rise once in eight draws
    undecided = Draws(np.random.default_rng(2).normal(0.0, 0.03, (4000, 6)))
    found = together([("fit", undecided, above(Level(), {}, 0.0))])
    assert found.holds < ALPHA
    assert found.verdict(ALPHA) == "undecided"
    sure = Draws(np.random.default_rng(2).normal([0.1] * 5 + [-0.1], 0.03, (4000, 6)))
    assert together([("fit", sure, above(Level(), {}, 0.0))]).verdict(ALPHA) == "contradicted"


@pytest.mark.parametrize(("ends", "sides"), [((-np.inf, 0.05), 1), ((0.045, 0.05), 2)])
def test_a_band_can_be_missed_on_both_sides(ends, sides):
    draws = Draws(np.random.default_rng(3).normal(0.1, 0.03, (4000, 1)))
    claim = Assertion(Level(), {}, ends, ends)
    (found,) = of_rows(draws, claim, level_of_share=False)
    assert found.refute == pytest.approx(sides * (draws.draws <= 0.05).mean())


def test_little_knowledge_of_a_narrow_band_refutes_nothing():
    vague = Draws(np.random.default_rng(1).normal(0.5, 0.2, (4000, 1)))
    assertion = Assertion(Level(), {}, (0.49, 0.51), (0.495, 0.505))
    (found,) = of_rows(vague, assertion, level_of_share=True)
    assert isinstance(found, ByDraws)
    assert found.holds < ALPHA
    assert found.verdict(ALPHA) == "undecided"
    certain = Draws(np.random.default_rng(1).normal(0.6, 0.02, (4000, 1)))
    assert of_rows(certain, assertion, level_of_share=True)[0].verdict(ALPHA) == "contradicted"
