"""Predictions: written out by hand, known and new groups, and what cannot be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from latent_cases import BLOCK_TERMS, OUTCOMES
from posterior_cases import certain, fitted, laid_out
from scipy import integrate, stats
from scipy.special import expit

import jfmodels as jf
from jfmodels.engines.bayesian.predictions import prediction_table
from jfmodels.model.families import FAMILIES
from jfmodels.results.schema import PREDICTIONS

FORMULA = "yes ~ wave + x + (1 | commune) + (1 | commune:wave)"
NEW = pd.DataFrame(
    {
        "wave": ["w1", "w2", "w3", "w3"],
        "x": [0.0, 0.5, 1.0, 7.3],
        "commune": ["c0", "c5", "c99", None],
    }
)


def coefficient(fit, name):
    return fit.engine.parameters.draws[:, fit.engine.names.index(name)]


def test_a_known_commune_keeps_its_effect():
    fit = fitted(FORMULA)
    commune, both = (fit.engine.posterior.effects(k)[:, :, 0, 0] for k in (0, 1))
    levels = fit.engine.posterior.latent.effects[1].levels
    eta = coefficient(fit, "Intercept") + coefficient(fit, "wave[T.w2]")
    eta = eta + 0.5 * coefficient(fit, "x") + commune[:, 5] + both[:, levels.index("c5:w2")]
    row = fit.predict(NEW).iloc[1]
    assert row["estimate"] == pytest.approx(expit(eta).mean())
    assert row["std_error"] == pytest.approx(expit(eta).std(ddof=1))
    assert row["drawn_anew"] == ""
    assert row[["wave", "x", "commune"]].tolist() == ["w2", 0.5, "c5"]
    assert list(fit.predict(NEW).columns) == [*NEW, *list(PREDICTIONS)[1:]]


def test_new_groups_are_integrated_as_quadrature_does():
    laid = laid_out("bernoulli", "(1 | commune) + (1 | commune:wave)")
    field = np.zeros(laid.latent.size)
    field[0] = -0.8
    engine = fitted(FORMULA).engine
    known = replace(engine, laid=laid, posterior=certain(laid, [0.9, 1.2], field))
    table = prediction_table(known, NEW.iloc[[3]].assign(x=0.0, wave="w1"), "mean", "shown", 0.9)
    sd = np.hypot(0.9, 1.2)
    by_hand, _ = integrate.quad(lambda z: expit(-0.8 + sd * z) * stats.norm.pdf(z), -9, 9)
    # eleven nodes: 1e-5 up to a standard deviation of 2
    assert table["estimate"].item() == pytest.approx(by_hand, abs=1e-5)
    assert table["drawn_anew"].item() == "commune, commune:wave"


def test_one_new_group_is_less_certain_by_the_spread_of_groups():
    """A line: the variance of one group is that of the mean and E[sd²]; means are the same."""
    fit = fitted("size ~ wave + x + (1 | commune)", 4000)
    mean, group = (fit.predict(NEW.iloc[[2]], of=of).iloc[0] for of in ("mean", "group"))
    spread = (fit.engine.posterior.parameters[:, 0] ** 2).mean()
    expected = np.sqrt(mean["std_error"] ** 2 + spread)
    # 4,000 draws of a normal give its sd within 2 %; the tails of the sd add some
    assert group["std_error"] == pytest.approx(expected, rel=0.08)
    assert group["estimate"] == pytest.approx(mean["estimate"], abs=4 * expected / np.sqrt(4000))


def test_known_groups_leave_nothing_to_draw():
    fit = fitted(FORMULA)
    mean, group = (fit.predict(NEW.head(2), of=of) for of in ("mean", "group"))
    assert mean.drop(columns="of").equals(group.drop(columns="of"))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("of", ["mean", "group"])
def test_every_family_predicts_all_its_answers(family, of):
    fit = fitted(f"{OUTCOMES[family]} ~ wave + x + (1 | commune)")
    shares = FAMILIES[family]().shares and family != "bernoulli"
    table = fit.predict(NEW, of=of, categories="all" if shares else "shown")
    if shares:
        sums = table.groupby(np.repeat(np.arange(len(NEW)), 3))["estimate"].sum()
        assert sums.to_numpy() == pytest.approx(1.0)
    assert (table["low"] < table["high"]).all()


@pytest.mark.parametrize("terms", ["walk(wave | region)", "(1 + x | commune)", BLOCK_TERMS["bym2"]])
def test_columns_of_slopes_and_walks_are_read(terms):
    fit = fitted(f"yes ~ wave + x + {terms}")
    rows = NEW.assign(region=["north", "south", "east", None], commune=["c0", "c5", "c1", "c2"])
    table = fit.predict(rows)
    assert (table["drawn_anew"] != "").tolist() == [False, False, *["walk" in terms] * 2]


def test_the_order_of_rows_and_columns_does_not_matter():
    fit = fitted(FORMULA)
    turned = fit.predict(NEW.iloc[::-1, ::-1].set_index(pd.Index(list("abcd"))))
    numbers = ["estimate", "low", "high"]
    assert turned[numbers].iloc[::-1].to_numpy() == pytest.approx(fit.predict(NEW)[numbers])


def test_time_follows_the_wave_or_is_given():
    fit = fitted("yes ~ time + x + (1 | commune)")
    by_wave = fit.predict(NEW.head(1).assign(wave="w2"))
    time = fit.engine.survey.time["w2"]
    by_time = fit.predict(NEW.head(1).assign(time=time).drop(columns="wave"))
    assert by_time["estimate"].item() == pytest.approx(by_wave["estimate"].item())


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (NEW.drop(columns="x"), "column 'x' is not among 'wave', 'commune'"),
        (NEW.assign(wave="w4"), "Unknown label of 'wave' 'w4'.*Known: 'w1', 'w2', 'w3'"),
        (NEW.assign(wave=None), "'wave' has no value in 4 rows"),
        (NEW.assign(x="much"), "'x' must hold a number"),
        (NEW.assign(x="much", wave="w4"), "2 problems"),
        (NEW.head(0), "a row for every prediction; found one without rows"),
        ({"wave": "w1"}, "found dict"),
    ],
)
def test_what_cannot_be_read_is_said(new, says):
    with pytest.raises(jf.SpecError, match=says):
        fitted(FORMULA).predict(new)


def test_options_are_checked():
    fit = fitted(FORMULA)
    with pytest.raises(jf.SpecError, match="Did you mean 'group'"):
        fit.predict(NEW, of="groups")
    with pytest.raises(jf.SpecError, match="has no choice"):
        fit.predict(NEW, categories="all")
