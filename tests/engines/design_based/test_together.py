"""Many likelihoods maximised at once are those maximised one by one."""

from __future__ import annotations

import numpy as np
import pytest
from test_regression import FAMILIES, PEOPLE, SURVEY, survey

import jfmodels as jf
from jfmodels.engines.design_based.kinds import kinds_of
from jfmodels.engines.design_based.pseudo_likelihood import maximise
from jfmodels.engines.design_based.refits import refit
from jfmodels.engines.design_based.together import maximise_together
from jfmodels.engines.design_based.weighted import Regression
from jfmodels.survey.replicates import multipliers_of

N_REPLICATES = 12


def fitted(name: str) -> Regression:
    outcome, family = FAMILIES[name]
    return jf.fit(f"{outcome} ~ wave + sex", SURVEY, family=family).engine


def replicate_weights(model: Regression, seed: int = 3) -> np.ndarray:
    """Weights of every kind when communes are drawn again, some of them not at all."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(16, np.full(16, 1 / 16), N_REPLICATES)
    kinds = kinds_of(model.data)
    return np.array([kinds.total(model.data.weight * each[model.data.unit]) for each in drawn])


@pytest.mark.parametrize("name", FAMILIES)
def test_together_is_one_by_one(name):
    model = fitted(name)
    predictors, estimate = model.coefficients.predictors, model.coefficients.estimate
    kinds, weights = kinds_of(model.data), replicate_weights(model)
    found = maximise_together(model.family, predictors, kinds, weights, estimate.theta)
    for theta, weight in zip(found, weights, strict=True):
        held = weight > 0
        alone = maximise(
            model.family,
            predictors,
            kinds.pattern[held],
            kinds.answer[held],
            weight[held],
            estimate.theta,
        )
        np.testing.assert_allclose(theta, alone.theta, rtol=1e-9, atol=1e-11)  # found: 1e-14


@pytest.mark.parametrize("name", FAMILIES)
def test_how_many_are_worked_on_together_does_not_matter(name, monkeypatch):
    model = fitted(name)
    given = (model.family, model.coefficients.predictors, kinds_of(model.data))
    start, weights = model.coefficients.estimate.theta, replicate_weights(model)
    every = maximise_together(*given, weights, start)
    monkeypatch.setattr("jfmodels.engines.design_based.together.AT_ONCE", 1)
    np.testing.assert_allclose(maximise_together(*given, weights, start), every, rtol=1e-12)


def without(commune: int) -> jf.Survey:
    """The survey without a commune, the three others of its region standing for it."""
    left = PEOPLE[PEOPLE["commune"] != commune]
    stands = (left["commune"] % 4 == commune % 4).to_numpy()
    return survey(
        left.assign(weight=left["weight"] * np.where(stands, 4 / 3, 1.0)), lonely="adjust"
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_the_jackknife_is_the_survey_without_each_commune(name):
    outcome, family = FAMILIES[name]
    engines = (jf.Weighted(replicates=jf.Replicates("jkn")), jf.Weighted(small_sample="none"))
    jackknife, linear = (
        jf.fit(f"{outcome} ~ wave + sex", SURVEY, family=family, engine=each).summary()
        for each in engines
    )
    left_out = [
        jf.fit(f"{outcome} ~ wave + sex", without(k), family=family).summary()["estimate"]
        for k in range(16)
    ]
    deviation = np.array(left_out) - np.mean(left_out, axis=0)  # R's, and the default
    error = np.sqrt(3 / 4 * (deviation**2).sum(axis=0))
    np.testing.assert_allclose(jackknife["std_error"], error, rtol=1e-7)
    # they part by terms of the order of one commune in the four of a region
    np.testing.assert_allclose(jackknife["std_error"], linear["std_error"], rtol=0.25)


def test_replicates_without_a_maximum_are_told_apart_from_the_others():
    model = fitted("logit")
    weights = replicate_weights(model)
    kinds, predictors = kinds_of(model.data), model.coefficients.predictors
    men = predictors.matrix[kinds.pattern, predictors.names.index("sex[T.male]")] == 1
    weights[3, men & (kinds.answer == 0)] = 0.0  # all men say yes
    weights[5, men] = 0.0  # there are no men
    start = model.coefficients.estimate.theta
    found = maximise_together(model.family, predictors, kinds, weights, start)
    missing = np.isnan(found).any(axis=1)
    assert np.flatnonzero(missing).tolist() == [3, 5]


def test_who_does_not_arrive_together_is_fitted_with_care(monkeypatch):
    model = fitted("negative binomial")
    fit, kinds = model.coefficients, kinds_of(model.data)
    made = multipliers_of(jf.Replicates("jkn"), SURVEY.sampling, None)
    given = (model.family, fit.predictors, fit.estimate, model.data, kinds, made)
    together = refit(*given).theta
    monkeypatch.setattr("jfmodels.engines.design_based.together.ROUNDS", 1)
    np.testing.assert_allclose(refit(*given).theta, together, rtol=1e-9)


def test_a_replicate_that_cannot_be_fitted_says_why():
    one = PEOPLE.assign(sex=np.where(PEOPLE["commune"] == 2, PEOPLE["sex"], "female"))
    engine = jf.Weighted(replicates=jf.Replicates("jkn"))
    with pytest.raises(jf.EstimationError, match=r"Replicate 9 of 16.*sex\[T\.male\]"):
        jf.fit("safe ~ wave + sex", survey(one), engine=engine)
