"""Data on which a multilevel model is easily wrong: right here too, or refused in words.

Right means equal to quadrature within Monte Carlo error, with weights that can be believed.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from latent_cases import CODEBOOK, latent_model, people
from nested_cases import (
    FARTHEST,
    agree_with_quadrature,
    given_parameters,
    named,
    posterior_of,
    survey_of,
)
from quadrature import CASES, even, in_order
from scipy.special import expit
from scipy.stats import chi2, norm

import jfmodels as jf
from jfmodels.model.model import Model, lay_out

TWO = "(1 | commune) + (1 | commune:wave)"
LOW = {"intercept": even(-10, 2.5, 51), "v": even(-15, 7.5, 451), "shape": even(-4, 4, 41)}
HIGH = {"intercept": even(-2.5, 10, 51), "v": even(-7.5, 15, 451), "shape": even(-6, 4, 51)}


def answers(share: float) -> pd.DataFrame:
    """People who say yes with one probability, wherever they live."""
    frame = people()
    return frame.assign(yes=(np.random.default_rng(1).random(len(frame)) < share).astype(int))


def all_yes(place: str, column: str) -> pd.DataFrame:
    """People of one place who all say yes."""
    frame = people()
    return frame.assign(yes=frame["yes"].where(frame[column] != place, 1))


def without(place: str, *waves: str) -> pd.DataFrame:
    """People without those of a commune in some waves."""
    frame = people()
    return frame[(frame["commune"] != place) | ~frame["wave"].isin(waves)]


def one_alone(column: str) -> pd.DataFrame:
    """Answers of which one was given once."""
    frame = people()
    most = np.minimum(frame[column], 1)
    return frame.assign(**{column: most.where(frame.index != 3, 2)})


def fit(formula: str, frame: pd.DataFrame, **settings: object) -> jf.BayesianFit:
    """Fit, and stop where the weights cannot be believed."""
    engine = jf.Laplace(draws=2_000, on_poor_k="raise")
    return jf.fit(formula, survey_of(frame, **settings), engine=engine)


# ------------------------------------------------------------------ against quadrature

BERNOULLI = CASES["bernoulli"]
HARD = {
    "two in a hundred": (answers(0.02), replace(BERNOULLI, **LOW)),
    "one in all": (
        answers(0.0).assign(yes=lambda each: (each.index == 7) * 1),
        replace(BERNOULLI, **LOW),
    ),
    "communes do not differ": (answers(0.4), BERNOULLI),
    "a commune that is all yes": (
        all_yes("c1", "commune"),
        replace(BERNOULLI, intercept=even(-2.5, 3.5, 49), v=even(-5, 10, 601)),
    ),
    "a commune that two waves missed": (
        without("c1", "w2", "w3"),
        replace(BERNOULLI, shape=even(-0.8, 1.6, 49)),
    ),
    "a single wave": (
        people().query("wave == 'w1'"),
        replace(BERNOULLI, intercept=even(-3.5, 3.5, 57), shape=even(-1.2, 2.2, 57)),
    ),
    "a region that is all yes": (
        all_yes("north", "region").assign(x=lambda each: (each["region"] == "south") * 1.0),
        replace(BERNOULLI, **HIGH),
    ),
}


@pytest.mark.parametrize("name", HARD)
def test_rare_and_separated_answers(name):
    agree_with_quadrature("bernoulli", *HARD[name])


def test_one_answer_in_an_ordinal_category():
    low, high = np.linspace(-2.8, 0.8, 25), np.linspace(2.5, 10, 41)
    shape = np.array([(a, b) for a in low for b in high])
    assert (in_order(shape) > -np.inf).all()
    agree_with_quadrature("ordinal", one_alone("level"), replace(CASES["ordinal"], shape=shape))


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
@pytest.mark.parametrize("yes", [0.0, 1.0])
def test_far_tails_have_derivatives(link, yes):
    """Where a probability is 1 to all digits, what is left of it still decides."""
    tally, eta = jf.Bernoulli(link).tally, np.linspace(-12, 6, 49)[None]
    sums, nothing, step = np.array([[1 - yes, yes]]), np.zeros(eta.shape[1]), 1e-5
    up, down = (tally.value(sums, (eta + s)[None], nothing) for s in (step, -step))
    found = tally.derivatives(sums, eta[None], nothing)
    assert found.gradient[0, 0] == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-9)
    assert (found.information >= 0).all()
    assert found.information.max() < 1e3  # of cloglog, exp(6)


# ------------------------------------------------------------------ designs


def test_a_commune_missing_in_two_waves_is_borrowed_and_said():
    found = fit(f"yes ~ wave + region + {TWO}", without("c1", "w2", "w3"))
    levels, changes = found.levels("region", over="wave"), found.changes(by="region", over="wave")
    for table in (levels, changes):
        flagged = {
            (row.region, row.wave) for row in table.itertuples() if "places_missing" in row.flag
        }
        assert flagged == {("north", "w2"), ("north", "w3")}
    # three communes in place of four say less of a region, and hardly anything else
    all_four = fit(f"yes ~ wave + region + {TWO}", people()).levels("region", over="wave")
    assert levels["n_clusters"].tolist() == [4, 4, 3, 4, 3, 4]
    assert (np.abs(levels["estimate"] - all_four["estimate"]) < levels["std_error"]).all()


def test_two_hundred_communes_in_six_waves():
    """12,000 interviews: what they were drawn from is found again, within posterior errors."""
    rng = np.random.default_rng(4)
    commune, wave = np.divmod(np.arange(12_000) // 10, 6)
    eta = rng.normal(0, 0.7, 200)[commune] + rng.normal(0, 0.4, (200, 6))[commune, wave]
    frame = pd.DataFrame({"wave": wave, "region": "one", "commune": commune, "interviewer": "i"})
    frame["yes"] = (rng.random(12_000) < expit(eta - 0.3 + 0.1 * wave)).astype(int)
    design = jf.SurveyDesign(
        wave="wave", cluster="commune", repeats="clusters", target="population"
    )
    survey = jf.Survey(frame, design, {"outcomes": {"yes": {"scale": "binary"}}}, simulated=True)
    engine = jf.Laplace(draws=1_000, on_poor_k="raise")
    found = jf.fit(f"yes ~ wave + {TWO}", survey, engine=engine)
    table = found.variance_components()
    away = np.abs(table["estimate"] - [0.7, 0.4]) / table["std_error"]
    assert away.max() < 3
    assert table["std_error"].max() < 0.05


def test_one_wave_is_no_trend_but_a_model():
    """Its level is that of new communes: recomputed from the draws of intercept and sd."""
    found = fit("yes ~ (1 | commune)", people().query("wave == 'w1'"))
    level, drawn = (
        found.levels(over="wave").set_index("wave").loc["w1"],
        named(found.engine.posterior),
    )
    standard = norm.ppf((np.arange(200) + 0.5) / 200)
    share = expit(drawn["Intercept"][:, None] + drawn["sd(commune)"][:, None] * standard)
    assert level["estimate"] == pytest.approx(share.mean(), abs=1e-4)
    assert level["std_error"] == pytest.approx(share.mean(axis=1).std(), rel=1e-2)
    with pytest.raises(jf.SpecError, match="one wave, 'w1', so nothing can have changed"):
        found.changes(over="wave")


@pytest.mark.parametrize("terms", ["walk(wave)", "ar1(wave | region)"])
def test_nothing_walks_over_one_wave(terms):
    with pytest.raises(jf.SpecError, match="needs at least two waves"):
        fit(f"yes ~ {terms}", people().query("wave == 'w1'"))


def test_a_survey_without_waves():
    design = jf.SurveyDesign(strata="region", cluster="commune", target="population")
    book = {"outcomes": CODEBOOK["outcomes"], "covariates": {"x": {}}}
    survey = jf.Survey(people().drop(columns="wave"), design, book, simulated=True)
    engine = jf.Laplace(draws=2_000, on_poor_k="raise")
    found = jf.fit("yes ~ x + (1 | commune)", survey, engine=engine)
    with_waves = fit("yes ~ x + (1 | commune)", people())
    one, other = (
        each.summary().drop(columns=["coefficient", "flag"]).to_numpy(dtype=float)
        for each in (found, with_waves)
    )
    assert one == pytest.approx(other, rel=1e-6, nan_ok=True)  # neither model knows the wave
    assert len(found.levels(over="wave")) == 1
    with pytest.raises(jf.SpecError, match="has no wave"):
        jf.fit("yes ~ walk(wave)", survey, engine=engine)


def test_a_group_of_one_level_is_known_from_its_prior_alone():
    """Nothing tells it from the intercept: its standard deviation stays half-normal."""
    prior = jf.HalfNormal(0.5)
    model = Model("yes ~ (1 | one)", priors={"sd(one)": prior, "Intercept": jf.Normal(0, 50)})
    posterior = posterior_of(lay_out(model, survey_of(people().assign(one="a"), one={})).latent)
    drawn = named(posterior)["sd(one)"][:, None]
    assert np.abs(drawn.mean() - np.sqrt(2 / np.pi) / 2) < FARTHEST * posterior.error(drawn)


def test_nine_parameters():
    """Metropolis steps on the exact density of parameters leave draws where they are."""
    latent = latent_model("gaussian", "(1 + x + wave | commune) + (1 | interviewer)", 300)
    start = posterior_of(latent).theta[::20].T  # four draws share one set of parameters
    assert len(start) >= 9
    rng = np.random.default_rng(2)
    theta, density = start, given_parameters(latent, start)[0]
    for _ in range(40):
        moved = theta + 0.5 * start.std(axis=1)[:, None] * rng.standard_normal(theta.shape)
        there = given_parameters(latent, moved)[0]
        taken = np.log(rng.random(len(there))) < there - density
        theta, density = np.where(taken, moved, theta), np.where(taken, there, density)
    change = theta - start
    mean = change.mean(axis=1)
    hotelling = mean @ np.linalg.solve(np.cov(change) / len(start.T), mean)
    assert chi2.sf(hotelling, len(start)) > 1e-4  # draws .15 sds off would give 1e-6


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("formula", "column"),
    [
        ("yes ~ x + (1 | commune)", "x"),
        ("yes ~ region:x + (1 | commune)", "region[north]:x"),
        ("yes ~ center(x) + (1 + x | commune)", "x"),
    ],
)
def test_numbers_far_from_zero_are_refused(formula, column):
    """The prior of an intercept in the year 0 would flatten every slope."""
    frame = people().assign(x=lambda each: 2015 + 2 * each["x"])
    with pytest.raises(jf.SpecError, match=re.escape(f"'{column}' runs from 2015 to 2018")):
        fit(formula, frame)


def test_centred_numbers_may_lie_anywhere():
    frame = people()
    near, far = (
        fit("yes ~ center(x) + (1 | commune)", frame.assign(x=shift + 2 * frame["x"])).summary()
        for shift in (0, 2015)
    )
    assert far["estimate"].to_numpy() == pytest.approx(near["estimate"].to_numpy(), rel=1e-6)


def test_large_counts_have_the_error_of_their_logarithm():
    frame = people()
    survey = frame.assign(times=100_000 * (1 + frame["times"]))
    table = fit("times ~ x + (1 | commune)", survey).summary()
    assert table["estimate"].iloc[0] == pytest.approx(np.log(survey["times"].mean()), abs=1)


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("column", "answers", "says"),
    [
        ("level", [0, 1], "Nobody .* answered 'high'"),
        ("choice", [0, 2], "Nobody .* answered 'b'"),
        ("yes", [1], "Nobody .* answered 'not yes'"),
        ("size", [0.4], "Every answer to 'size' .* is 0.4"),
        ("times", [0], "Every answer to 'times' .* is 0"),
    ],
)
def test_answers_that_nobody_gave(column, answers, says):
    frame = people()
    given = np.resize(answers, len(frame))
    with pytest.raises(jf.EstimationError, match=says):
        fit(f"{column} ~ wave + (1 | commune)", frame.assign(**{column: given}))


def test_columns_that_say_the_same():
    frame = people().assign(twice=lambda each: 2 * each["x"])
    with pytest.raises(jf.SpecError, match="repeat what others say: 'twice'"):
        fit("yes ~ x + twice + (1 | commune)", frame, twice={})


def test_measurements_too_far_from_zero_for_their_digits():
    frame = people().assign(size=lambda each: each["size"] + 1e9)
    with pytest.raises(jf.EstimationError, match="mode was not found"):
        fit("size ~ x + (1 | commune)", frame)


# ------------------------------------------------------------------ nothing random


def test_a_model_without_random_terms_has_a_posterior_around_its_maximum():
    frame = people()
    wide = {"Intercept": jf.Normal(0, 100), "x": jf.Normal(0, 100)}
    engine = jf.Laplace(on_poor_k="raise")
    table = jf.fit("yes ~ x", survey_of(frame), engine=engine, priors=wide).summary()
    maximum = sm.Logit(frame["yes"], sm.add_constant(frame["x"])).fit(disp=0)
    # a posterior under flat priors leans from the maximum, here by less than a third of its sd
    assert table["estimate"].to_numpy() == pytest.approx(maximum.params.to_numpy(), abs=0.03)
    assert table["std_error"].to_numpy() == pytest.approx(maximum.bse.to_numpy(), rel=0.05)
