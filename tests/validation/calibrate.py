"""Parameters drawn from a model's own priors, and the answers that people would give then.

A scenario is a small survey and a model of it: ten interviews in each of eight communes and
three waves. What is ranked among posterior draws is listed in `quantities`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import jfmodels as jf
from jfmodels.engines.bayesian.beforehand import natural
from jfmodels.engines.bayesian.field import Field
from jfmodels.model.latent import Latent
from jfmodels.model.model import Model, lay_out

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A model to be calibrated.

    Attributes
    ----------
    family : str
        Of the outcome.
    terms : str
        Its random terms, beside ``wave + x``.
    """

    family: str
    terms: str = "(1 | commune) + (1 | commune:wave)"


SCENARIOS = {
    "bernoulli": Scenario("bernoulli"),
    "ordinal": Scenario("ordinal"),
    "categorical": Scenario("categorical"),
    "gaussian": Scenario("gaussian"),
    "poisson": Scenario("poisson"),
    "negative binomial": Scenario("negative binomial"),
    "slope": Scenario("bernoulli", "(1 + x | commune)"),
    "uncorrelated slopes": Scenario("bernoulli", "(1 + x || commune)"),
    "walk": Scenario("bernoulli", "walk(wave | region)"),
    "ar1": Scenario("bernoulli", "ar1(wave | commune)"),
    "bym2": Scenario("bernoulli", "bym2(commune)"),
    "person": Scenario("bernoulli", "(1 | person) + (1 | commune)"),
}
THREE = {0: "a", 1: "b", 2: "c"}
OUTCOMES = {
    "bernoulli": ("yes", {"scale": "binary"}),
    "ordinal": ("level", {"scale": "ordinal", "categories": THREE, "shown": ["c"]}),
    "categorical": ("choice", {"scale": "nominal", "categories": THREE}),
    "gaussian": ("size", {"scale": "continuous"}),
    "poisson": ("times", {"scale": "count"}),
    "negative binomial": ("times", {"scale": "count"}),
}
PRIORS = {
    "Intercept": jf.Normal(0, 1),
    "wave": jf.Normal(0, 0.5),
    "x": jf.Normal(0, 0.5),
    "thresholds": jf.Normal(0, 1.5),
    "sd": jf.HalfNormal(0.7),
    "sigma": jf.HalfNormal(1),
    "dispersion": jf.Exponential(0.5),
}
BORDERS = {"commune": {"c0": ["c1", "c2"], "c1": ["c2"], "c3": ["c4"], "c5": ["c6"], "c7": []}}
DESIGN = jf.SurveyDesign(
    wave="wave", cluster="commune", person="person", repeats="clusters", target="population"
)
WAVES = {"w1": "2020-01-01", "w2": "2020-07-01", "w3": "2021-07-01"}


@cache
def laid_out(scenario: Scenario) -> Latent:
    """Ten people in each of eight communes, in three waves; their answers do not count."""
    outcome, book = OUTCOMES[scenario.family]
    interview = np.arange(240)
    commune = interview % 8
    frame = pd.DataFrame(
        {
            "wave": np.array(list(WAVES))[interview // 80],
            "region": np.where(commune < 4, "north", "south"),
            "commune": np.char.add("c", commune.astype(str)),
            "person": np.char.add("p", (interview % 80).astype(str)),
            "x": (interview // 8) % 5 / 2 - 1,
            outcome: interview % max(len(book.get("categories", {})), 2),
        }
    )
    waves = {wave: {"start": start} for wave, start in WAVES.items()}
    codebook = {"waves": waves, "outcomes": {outcome: book}, "covariates": {"x": {}}}
    given = {name: prior for name, prior in PRIORS.items() if name in _asked(scenario)}
    formula = f"{outcome} ~ wave + x + {scenario.terms}"
    model = Model(formula, family=scenario.family, priors=given, neighbours=BORDERS)
    return lay_out(model, jf.Survey(frame, DESIGN, codebook, simulated=True)).latent


def _asked(scenario: Scenario) -> set[str]:
    """Priors that a family takes."""
    own = {"ordinal": {"thresholds"}, "gaussian": {"Intercept", "sigma"}}
    own["negative binomial"] = {"Intercept", "dispersion"}
    return {"wave", "x", "sd"} | own.get(scenario.family, {"Intercept"})


@dataclass(frozen=True, slots=True)
class Truth:
    """One draw from the prior: field (n,) and parameters (h,), on the scale of engines."""

    field: Floats
    theta: Floats


UNBOUNDED = {"positive": np.log, "unit": lambda p: np.log(p / (1 - p)), "correlation": np.arctanh}


def draw_truth(latent: Latent, rng: np.random.Generator) -> Truth:
    """Draw parameters, then the field."""
    values = np.array([each.prior.draw(rng, 1)[0] for each in latent.hyperparameters])
    channels = []
    for _ in range(latent.n_channels):
        parts = [rng.normal(latent.basis.mean, latent.basis.sd)]
        for effect in latent.effects:
            root = effect.block.root(np, values[effect.parameters], effect.known)
            parts.append(
                (rng.standard_normal((len(effect.levels), root.shape[1])) @ root.T).ravel()
            )
        channels += parts
    # independent numbers given that they are in order are the same numbers sorted
    thresholds = np.sort(rng.normal(latent.threshold_mean, latent.threshold_sd))
    theta = [
        UNBOUNDED[each.support](value)
        for each, value in zip(latent.hyperparameters, values, strict=True)
    ]
    return Truth(np.concatenate([*channels, thresholds]), np.array(theta))


def inside(latent: Latent, fitted: Latent, truth: Truth) -> Truth:
    """What is true of the field that is fitted, without effects that are integrated over."""
    if fitted.integrated is None:
        return truth
    k = latent.effects.index(fitted.integrated)
    effects = np.arange(latent.starts[k], latent.starts[k] + fitted.integrated.size)
    return Truth(np.delete(truth.field, effects), truth.theta)


def with_answers(latent: Latent, truth: Truth, rng: np.random.Generator) -> Latent:
    """Let the same people answer anew."""
    n = np.bincount(latent.row, latent.n).astype(int)
    row = np.repeat(np.arange(len(n)), n)
    eta = predictors(latent, truth.field[None])[:, row, 0]
    last = np.exp(truth.theta[-1])
    answer = ANSWERS[latent.family.name](latent, eta, last, rng)
    kinds, counts = np.unique(np.column_stack([row, answer]), axis=0, return_counts=True)
    return replace(
        latent, row=kinds[:, 0].astype(np.int64), answer=kinds[:, 1], n=counts.astype(float)
    )


def _category(latent: Latent, eta: Floats, last: float, rng: np.random.Generator) -> Floats:
    below = [latent.family.tally.mean(eta, range(k + 1)) for k in range(latent.n_categories - 1)]
    return (rng.random(eta.shape[1]) > np.array(below)).sum(axis=0).astype(float)


def _overdispersed(latent: Latent, eta: Floats, last: float, rng: np.random.Generator) -> Floats:
    return rng.poisson(np.exp(eta[0]) * rng.gamma(1 / last, last, eta.shape[1]))


ANSWERS = {
    "bernoulli": _category,
    "ordinal": _category,
    "categorical": _category,
    "gaussian": lambda latent, eta, last, rng: rng.normal(eta[0], last),
    "poisson": lambda latent, eta, last, rng: rng.poisson(np.exp(eta[0])),
    "negative binomial": _overdispersed,
}


def predictors(latent: Latent, field: Floats) -> Floats:
    """Linear predictors of rows under fields (S, n); (L, N, S)."""
    return latent.predictors(latent.columns, latent.design.offset, field.T)


def quantities(latent: Latent, field: Floats, theta: Floats) -> dict[str, Floats]:
    """What is ranked, under fields (S, n) and parameters (S, h): (S,) each."""
    values = natural(latent.hyperparameters, theta.T)
    eta = predictors(latent, field)
    found = {each.name: row for each, row in zip(latent.hyperparameters, values, strict=True)}
    coefficients = field[:, : latent.n_fixed] @ latent.basis.coefficients.T
    chosen = (*latent.names[:2], latent.names[-1])
    found |= {name: coefficients[:, latent.design.names.index(name)] for name in chosen}
    if latent.n_thresholds:
        found["a threshold"] = field[:, -1]
    found["an effect"] = field[:, latent.n_fixed]
    found["a predictor"] = eta[0, 0] if not latent.n_thresholds else eta[1, 0] - eta[0, 0]
    if latent.integrated is not None:
        model = Field(latent)
        density = model.likelihood.value(model.eta(field.T), theta.T)
        return found | {"log likelihood": density}
    dispersion = theta[:, -1] if latent.family.dispersion else np.zeros(len(theta))
    by_answer = np.moveaxis(eta[:, latent.row], (0, 2), (2, 0))
    density = latent.family.log_density(latent.answer, by_answer, dispersion)
    return found | {"log likelihood": density @ latent.n}
