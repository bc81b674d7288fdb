"""Effects of groups: against closed forms, in the survey's words, and without naming people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from latent_cases import CODEBOOK, DESIGN
from posterior_cases import fitted

import jfmodels as jf
from jfmodels.results.schema import EFFECTS

WITH_INTERVIEWERS = "yes ~ wave + x + (1 | commune) + (1 | interviewer)"


def test_rows_have_the_labels_of_the_survey():
    table = fitted("yes ~ wave + x + (1 | commune) + (1 | commune:wave)").effects("commune:wave")
    assert list(table.columns) == list(EFFECTS)
    assert table["level"].tolist()[:3] == ["c0:w1", "c0:w2", "c0:w3"]
    assert table["n"].sum() == 600
    assert table["prob_positive"].between(0, 1).all()


def test_coordinates_of_walks_are_waves_and_of_slopes_columns():
    walk = fitted("yes ~ wave + x + walk(wave | region)").effects("region")
    assert walk["coordinate"].tolist() == ["w2", "w3"] * 2
    slopes = fitted("yes ~ wave + x + (1 + x | commune)").effects("commune")
    assert slopes["coordinate"].tolist() == ["1", "x"] * 8


def test_all_terms_of_a_group_answer_and_one_by_its_text():
    fit = fitted("yes ~ wave + x + (1 | region) + walk(wave | region)")
    assert fit.effects("region")["term"].unique().tolist() == [
        "(1 | region)",
        "walk(wave | region)",
    ]
    assert fit.effects("walk(wave | region)")["level"].tolist() == ["north"] * 2 + ["south"] * 2


def test_effects_shrink_means_as_normal_theory_says():
    """Balanced groups, variances nearly known: shrinkage is tau² / (tau² + sigma² / n)."""
    frame, sigma, tau = balanced()
    book = {"waves": CODEBOOK["waves"], "outcomes": {"size": {"scale": "continuous"}}}
    fit = jf.fit(
        "size ~ 1 + (1 | commune)",
        jf.Survey(frame, DESIGN, book),
        priors={"Intercept": jf.Normal(0, 1000)},
        engine=jf.Laplace(draws=2000),
    )
    found = fit.effects("commune")["estimate"].to_numpy()
    means = frame.groupby("commune")["size"].mean()
    by_hand = (means - means.mean()) * tau**2 / (tau**2 + sigma**2 / 20)
    # tau is estimated from 40 groups, and shrinkage is .95: it moves by a few thousandths
    assert found == pytest.approx(by_hand.to_numpy(), abs=0.05)


def test_effects_on_nominal_answers_add_up_to_zero():
    table = fitted("choice ~ wave + x + (1 | commune)").effects("commune")
    assert table["answer"].unique().tolist() == ["a", "b", "c"]
    assert table.groupby("level")["estimate"].sum().to_numpy() == pytest.approx(0, abs=1e-12)


def test_interviewers_are_numbered_unless_named():
    fit = fitted(WITH_INTERVIEWERS)
    hidden, named = fit.effects("interviewer"), fit.effects("interviewer", names=True)
    assert hidden["level"].tolist() == ["1", "2", "3", "4", "5"]
    assert hidden["n"].isna().all()
    assert hidden["estimate"].is_monotonic_increasing
    assert named["level"].tolist() == ["i0", "i1", "i2", "i3", "i4"]
    assert sorted(named["estimate"]) == hidden["estimate"].tolist()
    assert named["n"].sum() == 600


def test_people_who_were_interviewed_are_never_shown():
    frame = balanced()[0].head(400)
    again = frame.assign(wave="w2", size=frame["size"] + np.random.default_rng(2).normal(size=400))
    twice = pd.concat([frame, again]).assign(person=[*range(400)] * 2)
    design = replace(DESIGN, person="person", repeats="people")
    book = {"waves": CODEBOOK["waves"], "outcomes": {"size": {"scale": "continuous"}}}
    fit = jf.prior_predictive("size ~ 1 + (1 | person)", jf.Survey(twice, design, book), draws=10)
    with pytest.raises(jf.SpecError, match="no table shows them"):
        fit.effects("person", names=True)


def test_an_unknown_group_is_answered_with_the_near_miss():
    with pytest.raises(jf.SpecError, match="Did you mean 'commune'"):
        fitted(WITH_INTERVIEWERS).effects("comune")


def balanced():
    """Forty communes of twenty, in two regions and one wave."""
    rng, sigma, tau = np.random.default_rng(1), 1.0, 1.0
    commune = np.repeat(np.arange(40), 20)
    size = tau * rng.normal(size=40)[commune] + sigma * rng.normal(size=800)
    frame = pd.DataFrame(
        {
            "wave": "w1",
            "region": np.where(commune < 20, "north", "south"),
            "commune": [f"c{k:02d}" for k in commune],
            "interviewer": "i0",
            "size": size,
        }
    )
    return frame, sigma, tau
