"""Data on which a multilevel model is easily wrong: right here too, or refused in words.

Right means equal to quadrature within Monte Carlo error, with weights that can be believed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from latent_cases import CODEBOOK, NEIGHBOURS, latent_model, people
from nested_cases import agree_with_quadrature, named, posterior_of, survey_of
from quadrature import CASES, even, in_order
from scipy.special import expit

import jfmodels as jf
from jfmodels.engines.nested import nested_laplace
from jfmodels.model.model import Model, lay_out

TWO = "(1 | commune) + (1 | commune:wave)"
LOW = {"intercept": even(-7.5, 2.5, 81), "v": even(-10, 5, 601)}
HIGH = {"intercept": even(-2.5, 7.5, 81), "v": even(-5, 10, 601), "shape": even(-4, 2, 61)}


def answers(share: float) -> pd.DataFrame:
    """People who say yes with one probability, wherever they live."""
    frame = people()
    return frame.assign(yes=(np.random.default_rng(1).random(len(frame)) < share).astype(int))


def all_yes(place: str, column: str) -> pd.DataFrame:
    """People of one place who all say yes."""
    frame = people()
    return frame.assign(yes=frame["yes"].where(frame[column] != place, 1))


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
        replace(BERNOULLI, v=even(-5, 10, 601)),
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


def test_one_answer_in_a_nominal_category():
    case = CASES["categorical"]
    wide = replace(case, intercept=even(-5.5, 5.5, 23, 2), v=even(-7.5, 7.5, 31, 2))
    agree_with_quadrature("categorical", one_alone("choice"), wide)
