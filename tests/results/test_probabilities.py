"""Probabilities of negligible changes and of several at once, recounted from draws."""

from __future__ import annotations

import numpy as np
import pytest
from latent_cases import simulated
from scipy import stats
from test_seam import Oracle

import jfmodels as jf
from jfmodels.results.draws import Clustered, Draws
from jfmodels.results.probabilities import Bounds, Probability, all_together

FIT = jf.Fit(Oracle(jf.example()))


def test_rope_is_the_probability_between_two_normal_quantiles():
    table = FIT.changes(rope=0.1)
    sd = 0.02 * np.sqrt(2)
    expected = stats.norm.cdf(0, 0, sd) - stats.norm.cdf(-0.2, 0, sd)  # changes are 0.1
    # 2,000 draws: four Monte Carlo errors
    assert table["prob_rope"].to_numpy() == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(2000))


@pytest.mark.parametrize(
    "ask",
    [
        lambda rope: FIT.changes("first", by="region", rope=rope),
        lambda rope: FIT.contrasts("region", reference="Mopti", rope=rope),
        lambda rope: FIT.estimate(jf.DiffInDiff("region", "Mopti"), rope=rope),
        lambda rope: FIT.estimate(jf.Change(scale="ratio"), rope=rope),
    ],
)
def test_a_wider_rope_is_at_least_as_probable_and_the_rest_stays(ask):
    none, narrow, wide = ask(None), ask(0.05), ask(0.2)
    assert none["prob_rope"].isna().all()
    assert (narrow["prob_rope"] <= wide["prob_rope"]).all()
    assert narrow.drop(columns="prob_rope").equals(none.drop(columns="prob_rope"))


def test_a_ratio_is_negligible_around_one():
    table = FIT.estimate(jf.Change(scale="ratio"), rope=0.5)
    assert (table["prob_rope"] > 0.99).all()


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: FIT.estimate(jf.Level(), rope=0.1), "levels are none"),
        (lambda: FIT.changes(rope=-0.1), "positive number"),
        (lambda: FIT.changes(rope=True), "positive number"),
        (lambda: FIT.estimate(jf.Range(), rope=0.1), "a Range has none"),
        (lambda: jf.direct(jf.example(), "trust_army").changes(rope=0.02), "coverage=0.9"),
        (lambda: FIT.probability(jf.Change()), "Say what must hold"),
        (lambda: FIT.probability(jf.Change(), above="0"), "above= is a number"),
        (lambda: FIT.probability(jf.Change(), above=0.0, rows={"wvae": "Q6"}), "Did you mean"),
        (
            lambda: FIT.probability(jf.Change(), above=0.0, rows={"wave": "Q66"}),
            "Did you mean 'Q6'",
        ),
        (lambda: FIT.probability(jf.Change(), above=0.0, rows={"wave": "Q1"}), "No row"),
        (lambda: FIT.probability(jf.Change, above=0.0), "takes a question"),
        (lambda: FIT.probability("Q6 > Q5", above=0.0), "found 'Q6 > Q5'"),
        (lambda: FIT.probability(jf.Change(), above=0.1, below=0.0), "leave no room"),
        (lambda: FIT.probability(jf.Change(), above=0.0, below=0.0), "leave no room"),
        (
            lambda: jf.direct(jf.example(), "trust_army").probability(jf.Change(), above=0.0),
            "no posterior probabilities",
        ),
    ],
)
def test_what_has_no_answer_is_refused_in_words(ask, says):
    with pytest.raises(jf.SpecError, match=says):
        ask()


def test_all_at_once_is_counted_draw_by_draw():
    belief = FIT.joint()
    plan = jf.Change().plan(belief.grid)
    draws = plan.answer(belief.joint).draws
    found = FIT.probability(jf.Change(), above=0.08)
    assert found.value == (draws > 0.08).all(axis=1).mean()
    assert float(found) == found.value
    assert found.n_rows == draws.shape[1]
    assert 0 < found.value < (draws > 0.08).mean(axis=0).min()


def test_flags_of_the_rows_are_kept():
    replaced = FIT.probability(jf.Change("first"), above=0.0, rows={"wave": "Q6"})
    assert replaced.flag == ("interviewers_replaced",)
    assert FIT.probability(jf.Change(), above=0.0, rows={"wave": "Q2"}).flag == ()


def test_questions_together_are_less_probable_than_each():
    one, other = jf.Change(), jf.Contrast("outcome")
    both = FIT.probability([one, other], above=-0.01)
    each = [FIT.probability(q, above=-0.01) for q in (one, other)]
    assert both.n_rows == sum(found.n_rows for found in each)
    assert both.value <= min(found.value for found in each)


def test_the_order_of_questions_and_which_side_is_asked_do_not_matter():
    one, other = jf.Change(), jf.Change("first", by="region")
    assert FIT.probability([one, other], above=0.07) == FIT.probability([other, one], above=0.07)
    row = {"wave": "Q2", "outcome": "trust_army"}
    up = FIT.probability(one, above=0.1, rows=row)
    down = FIT.probability(one, below=0.1, rows=row)
    assert up.value + down.value == pytest.approx(1.0)
    assert up.mc_error == pytest.approx(down.mc_error)


def test_monte_carlo_error_knows_which_draws_belong_together():
    draws = np.repeat(np.array([[1.0], [-1.0]] * 50), 4, axis=0)
    together = all_together(
        [Draws(draws, Clustered(np.repeat(np.arange(100), 4)))], Bounds(0, None)
    )
    assert together == Probability(0.5, pytest.approx(0.05), 1)


def test_a_row_without_evidence_is_not_counted_as_false():
    draws = np.array([[0.1, np.nan], [0.2, np.nan]])
    assert np.isnan(Draws(draws).within(0, 1).draws[:, 1]).all()


def test_a_rope_in_percentage_points_is_told_from_one_in_shares():
    fit = jf.fit("yes ~ wave + (1 | commune)", simulated(), engine=jf.Laplace(draws=400))
    with pytest.raises(jf.SpecError, match=r"two percentage points are rope=0\.02"):
        fit.changes(rope=2)
