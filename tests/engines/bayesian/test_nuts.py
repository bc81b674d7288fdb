"""Sampling by NUTS: the same model as the Laplace engine's, and draws that can be believed."""

from __future__ import annotations

import subprocess
import sys
import warnings
from dataclasses import replace
from functools import cache

import arviz as az
import numpy as np
import pytest
from test_regression import PEOPLE, SURVEY, survey

import jfmodels as jf
from jfmodels.engines.bayesian import nuts
from jfmodels.engines.bayesian.beforehand import natural
from jfmodels.engines.bayesian.convergence import convergence_of, monte_carlo_error
from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.nested import nested_laplace
from jfmodels.engines.bayesian.nuts import sample_nuts, whitening_of
from jfmodels.engines.bayesian.pymc_data import inputs
from jfmodels.engines.bayesian.pymc_likelihoods import LIKELIHOODS
from jfmodels.engines.bayesian.pymc_model import PRIORS, Structure, build
from jfmodels.engines.bayesian.settings import Nuts
from jfmodels.engines.bayesian.standardised import (
    Whitening,
    field_of,
    split,
    steadied,
    steadying,
)
from jfmodels.errors import FitWarning
from jfmodels.model.effects import BLOCKS
from jfmodels.model.families import FAMILIES
from jfmodels.model.latent import Latent
from jfmodels.model.model import Model, lay_out
from jfmodels.model.priors import Exponential, HalfNormal, HalfStudentT

OUTCOMES = {
    "bernoulli": ("safe", ("logit", "probit", "cloglog")),
    "ordinal": ("walks", ("logit", "probit")),
    "categorical": ("kind", ()),
    "gaussian": ("income", ()),
    "poisson": ("visits", ()),
    "negative binomial": ("visits", ()),
}
LINKED = [(name, link) for name, (_, links) in OUTCOMES.items() for link in links or (None,)]
TERMS = {
    "iid": "(1 | commune) + (1 | commune:wave)",
    "slope": "(1 + wave + sex | region)",
    "uncorrelated slopes": "(1 + sex || commune)",
    "walk": "walk(wave | region)",
    "ar1": "ar1(wave | region)",
    "bym2": "bym2(region)",
}
NEIGHBOURS = {"region": {"a": ["b"], "b": ["c"], "d": []}}
BERNOULLI = "safe ~ wave + sex + (1 | commune)"
ORDINAL = "walks ~ wave + sex + (1 | commune)"


def latent(formula: str, asked_of: jf.Survey = SURVEY, **asked: object) -> Latent:
    return lay_out(Model(formula, neighbours=NEIGHBOURS, **asked), asked_of).latent


def of_family(name: str, link: str | None, asked_of: jf.Survey = SURVEY) -> Latent:
    family = FAMILIES[name](link) if link else FAMILIES[name]()
    return latent(f"{OUTCOMES[name][0]} ~ wave + sex + (1 | commune)", asked_of, family=family)


def evaluator(model):
    """PyMC's log density as a function, without compiling."""
    import pytensor
    from pytensor.compile.mode import Mode

    return pytensor.function(model.value_vars, model.logp(), mode=Mode("py", None))


def volume(model: Latent, whitening, w: np.ndarray, theta: np.ndarray) -> float:
    """What the change from the field to the sampler's coordinates adds to the log density."""
    parts = split(model, whitening.spread(w[None])[0])
    values, total = natural(model.hyperparameters, theta[:, None])[:, 0], 0.0
    total += parts.thresholds[1:].sum()
    for k, (effect, away) in enumerate(zip(model.effects, parts.effects, strict=True)):
        root = effect.block.root(np, values[effect.parameters], effect.known)
        turn = steadying(np, root, whitening.information[k], root.shape)
        covariance = root @ root.T
        z = (away + whitening.anchor[k] @ steadied(root, whitening.information[k])) @ turn
        u = z @ root.T
        # of roots wider than tall, the part of z that does not reach the effects
        total -= ((z**2).sum() - (u * (u @ np.linalg.inv(covariance))).sum()) / 2
        groups = np.prod(away.shape[:-1])
        total += groups * (np.linalg.slogdet(covariance)[1] / 2 + np.linalg.slogdet(turn)[1])
    return float(total)


def differences(model: Latent, n: int = 3) -> np.ndarray:
    """PyMC's log density minus that of the Laplace engine, at random places."""
    rng, whitening, field = np.random.default_rng(5), whitening_of(model), Field(model)
    translated = build(model, whitening)
    density, found = evaluator(translated), []
    # PyMC draws (1 + r) / 2 on the logit scale, which is twice the inverse hyperbolic tangent
    factor = [1 + (each.support == "correlation") for each in model.hyperparameters]
    for _ in range(n):
        theta, w = rng.normal(-0.5, 0.4, len(factor)), rng.normal(size=len(whitening.centre))
        x = field_of(model, whitening, w[None], theta[None]).T
        before = field.beforehand(theta[:, None])
        expected = field.value(x, theta[:, None], before)[0] + volume(model, whitening, w, theta)
        found.append(float(density(*(theta * factor), w)) - expected)
    return np.array(found)


@pytest.mark.parametrize(("name", "link"), LINKED)
def test_every_family_has_the_density_of_the_laplace_engine(name, link):
    assert np.ptp(differences(of_family(name, link))) < 1e-8


@pytest.mark.parametrize(("name", "link"), LINKED)
def test_answers_that_count_by_weight_have_the_density_of_the_laplace_engine(name, link):
    model = of_family(name, link)
    weighed = replace(model, n=model.n * np.random.default_rng(1).uniform(0.3, 3, len(model.n)))
    assert np.ptp(differences(weighed)) < 1e-8


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_has_the_density_of_the_laplace_engine(name):
    assert np.ptp(differences(latent(f"safe ~ sex + {TERMS[name]}"))) < 1e-8


@cache
def other_people() -> jf.Survey:
    """Some of the people; nobody is of the first one's wave, sex and commune."""
    alike = PEOPLE[["wave", "sex", "commune"]] == PEOPLE[["wave", "sex", "commune"]].iloc[0]
    return survey(PEOPLE[~alike.all(axis=1)].sample(frac=0.9, random_state=1))


def exchanged(model: Latent, other: Latent) -> tuple[float, float]:
    """The other model's density by its data in the first one's translation, and by its own."""
    assert Structure.of(model) == Structure.of(other)
    assert len(model.fixed) != len(other.fixed)
    whitening = whitening_of(other)
    one, two = build(model, whitening_of(model)), build(other, whitening)
    for name, value in inputs(other, whitening).items():
        one[name].set_value(value)
    theta = [0.3] * len(other.hyperparameters)
    w = np.random.default_rng(1).normal(size=len(whitening.centre))
    return float(evaluator(one)(*theta, w)), float(evaluator(two)(*theta, w))


@pytest.mark.parametrize("name", OUTCOMES)
def test_data_of_every_family_may_be_exchanged(name):
    link = (OUTCOMES[name][1] or (None,))[0]
    found, expected = exchanged(of_family(name, link), of_family(name, link, other_people()))
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", BLOCKS)
def test_data_of_every_block_may_be_exchanged(name):
    formula = f"safe ~ sex + {TERMS[name]} + (1 | commune)"
    if name in ("iid", "uncorrelated slopes"):
        formula = f"safe ~ sex + {TERMS[name]}"
    found, expected = exchanged(latent(formula), latent(formula, other_people()))
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", OUTCOMES)
def test_few_arrays_of_data_are_handed_over(name):
    """Each costs half a second of compiling in every process."""
    model = of_family(name, None)
    assert len(inputs(model, Whitening.none(model))) <= 1 + (name == "negative binomial")


@pytest.mark.parametrize("prior", [HalfNormal(0.4), HalfStudentT(3, 0.5), Exponential(0.3)])
def test_every_prior_has_the_density_of_the_laplace_engine(prior):
    assert np.ptp(differences(latent(BERNOULLI, priors={"sd": prior}))) < 1e-8


def test_every_family_is_translated():
    assert set(LIKELIHOODS) == set(FAMILIES) == set(OUTCOMES)
    assert {each.__name__ for each in PRIORS} == {
        "HalfNormal",
        "HalfStudentT",
        "Exponential",
        "Beta",
        "LKJ",
    }


@cache
def sampled(formula: str) -> nuts.Sampled:
    return sample_nuts(latent(formula), Nuts(draws=1500, tune=500, seed=3, progress=False))


@pytest.mark.parametrize("formula", [BERNOULLI, ORDINAL])
def test_posterior_is_that_of_the_laplace_engine(formula):
    model = latent(formula)
    ours, other = sampled(formula), nested_laplace(model, 20_000, 1)
    one = np.concatenate([ours.field, ours.theta], axis=1)
    two = np.concatenate([other.field, other.theta], axis=1)
    sd = two.std(axis=0)
    # Monte Carlo errors in standard deviations; of a standard deviation about 1 / sqrt(2) of it
    error = np.hypot(monte_carlo_error(one, ours.chain) / sd, other.n_effective**-0.5)
    assert (np.abs(one.mean(axis=0) - two.mean(axis=0)) / sd <= 0.05 + 4 * error).all()
    assert (np.abs(one.std(axis=0) / sd - 1) <= 0.05 + 4 * error).all()


def test_a_weighted_posterior_is_adjusted_as_that_of_the_laplace_engine():
    """Means within four Monte Carlo errors; errors of the design hardly depend on the draws."""
    one, other = (
        jf.fit(BERNOULLI, SURVEY, engine=engine, weighting="pseudo").changes(over="wave")
        for engine in (Nuts(draws=400, tune=400, progress=False), "laplace")
    )
    assert set(one["engine"]) == {"nuts"}
    apart = (one["estimate"] - other["estimate"]) / np.hypot(one["mc_error"], other["mc_error"])
    assert apart.abs().max() < 4
    assert one["std_error"].to_numpy() == pytest.approx(other["std_error"].to_numpy(), rel=0.05)


def test_chains_agree():
    found = sampled(BERNOULLI)
    assert found.convergence.r_hat < 1.02
    assert min(found.convergence.ess_bulk, found.convergence.ess_tail) > 200
    assert found.convergence.energy > 0.3
    np.testing.assert_array_equal(found.chain, np.repeat(np.arange(4), 1500))


def test_another_outcome_of_the_same_structure_is_not_compiled_again(monkeypatch):
    first = sampled(BERNOULLI)
    model = latent("shown(walks) ~ wave + sex + (1 | commune)")
    assert Structure.of(model) == Structure.of(latent(BERNOULLI))
    monkeypatch.setattr(nuts, "build", lambda *_: pytest.fail("compiled again"))
    other = sample_nuts(model, Nuts(draws=200, tune=200, chains=2, progress=False))
    assert other.field.shape == (400, first.field.shape[1])
    assert np.isfinite(other.field).all()


def test_the_same_seed_gives_the_same_draws():
    sampled(BERNOULLI)
    settings = Nuts(draws=50, tune=100, chains=2, seed=7, progress=False)
    one, two = (sample_nuts(latent(BERNOULLI), settings) for _ in range(2))
    np.testing.assert_array_equal(one.field, two.field)


def test_where_nutpie_cannot_pymc_samples_with_a_warning(monkeypatch):
    def refuse(*_: object) -> object:
        raise ImportError("no nutpie here")

    monkeypatch.setattr(nuts, "_compiled", refuse)
    monkeypatch.setattr(nuts, "_by_pymc", lambda *_: "by PyMC")
    with pytest.warns(FitWarning, match="no nutpie here.*PyMC's own sampler"):
        assert nuts._draw(latent(BERNOULLI), None, Nuts()) == "by PyMC"


def test_chains_that_were_broken_off_are_refused():
    w = np.zeros((4, 10, 3))
    w[2, 7:] = np.nan
    with pytest.raises(jf.EstimationError, match="after 7 of 10 draws"):
        nuts._complete(w, Nuts(draws=10))


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"draws": 0}, "draws"), ({"chains": 2.5}, "chains"), ({"progress": "bar"}, "progress")],
)
def test_settings_are_checked(asked, said):
    with pytest.raises(jf.SpecError, match=said):
        Nuts(**asked)


def test_progress_is_shown_where_somebody_looks(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert Nuts().shows_progress
    assert not Nuts(progress=False).shows_progress


def test_samplers_are_loaded_only_to_sample():
    code = "import sys, jfmodels.engines.bayesian.nuts; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pymc", "pytensor", "nutpie", "arviz", "arviz_stats"} & set(run.stdout.split())


def chains(correlation: float, n: int = 1000, seed: int = 2) -> np.ndarray:
    """Four chains of autocorrelated draws, (4, n, 6)."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((4, n, 6))
    for t in range(1, n):
        x[:, t] = correlation * x[:, t - 1] + np.sqrt(1 - correlation**2) * x[:, t]
    return x


@pytest.mark.parametrize("correlation", [-0.3, 0.0, 0.5, 0.9])
def test_monte_carlo_error_is_arviz(correlation):
    x = chains(correlation)
    found = monte_carlo_error(x.reshape(4000, -1), np.repeat(np.arange(4), 1000))
    expected = [az.mcse(x[:, :, k], method="mean") for k in range(x.shape[2])]
    # the sequence is cut off by slightly other rules
    np.testing.assert_allclose(found, expected, rtol=0.05)


def test_monte_carlo_error_of_a_constant_is_zero():
    assert monte_carlo_error(np.ones((40, 2)), np.repeat([0, 1], 20)).tolist() == [0.0, 0.0]


def test_convergence_names_the_worst_parameter():
    x = chains(0.2)
    x[0, :, 4] += 1.0
    names = [f"parameter {k}" for k in range(6)]
    chain = np.repeat(np.arange(4), 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = convergence_of(x.reshape(4000, -1), chain, names, 2, x[:, :, 0])
    assert found.worst == "parameter 4"
    assert found.r_hat == pytest.approx(float(az.rhat(x[:, :, 4])), rel=1e-9)
    assert found.divergences == 2
