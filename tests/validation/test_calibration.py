"""Do posteriors hold what the prior and the data say, no more and no less?

Simulation-based calibration [1]_: parameters are drawn from the model's own priors, answers from
the parameters, and the model is fitted to the answers. The rank of every true number among its
posterior draws is then uniform, whatever the answers are. So surveys may be left out for their
answers alone: those in which nobody gave some answer are, as the package refuses them, and
another is drawn from the prior. None is left out because its weights are not to be believed.

Ranks are among 31 of 2,000 draws, chosen at random: the draws rest on some 350 sets of
parameters, evenly spread, four draws each, so all of them would be neither independent nor many.
Uniformity is tested by chi-squared over 16 bins, and by the largest departure of the empirical
distribution in units of its own tail probability, as in simultaneous bands [2]_. Holm's method
holds over the quantities of a scenario, Bonferroni's over scenarios.

``python tests/validation/test_calibration.py`` prints all p-values.

References
----------
.. [1] Talts, S., Betancourt, M., Simpson, D., Vehtari, A. and Gelman, A. (2018). Validating
   Bayesian inference algorithms with simulation-based calibration. arXiv:1804.06788.
.. [2] Säilynoja, T., Bürkner, P.-C. and Vehtari, A. (2022). Graphical test for discrete
   uniformity and its applications in goodness-of-fit evaluation and multiple sample
   comparison. Statistics and Computing 32, 32.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

import jfmodels as jf
from jfmodels.engines.bayesian.draw import without_people
from jfmodels.engines.bayesian.field import Field, natural
from jfmodels.engines.bayesian.nested import Nested, nested_laplace
from jfmodels.model.latent import Latent
from jfmodels.model.model import Model, lay_out

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
N_SURVEYS = 16 if SHORT else 600
N_BINS = 4 if SHORT else 16
DRAWS, RANKED = 2_000, 31
SEED = 20270214
LEVEL = 0.01
TOO_NARROW = 0.8  # posteriors so much too narrow must be noticed

type Floats = NDArray[np.float64]


# ------------------------------------------------------------------ what is simulated


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
BORDERS = {"commune": {"c0": ["c1", "c2"], "c1": ["c2"], "c3": ["c4"], "c5": ["c6"]}}  # c7: none
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
        parts = [rng.normal(latent.mean, latent.sd)]
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


# ------------------------------------------------------------------ what is ranked


def predictors(latent: Latent, field: Floats) -> Floats:
    """Linear predictors of rows under fields (S, n); (L, N, S)."""
    return latent.predictors(latent.columns, latent.design.offset, field.T)


def quantities(latent: Latent, field: Floats, theta: Floats) -> dict[str, Floats]:
    """What is ranked, under fields (S, n) and parameters (S, h): (S,) each."""
    values = natural(latent.hyperparameters, theta.T)
    eta = predictors(latent, field)
    found = {each.name: row for each, row in zip(latent.hyperparameters, values, strict=True)}
    chosen = (*latent.names[:2], latent.names[-1])
    found |= {name: field[:, latent.names.index(name)] for name in chosen}
    if latent.n_thresholds:
        found["a threshold"] = field[:, -1]
    found["an effect"] = field[:, len(latent.names)]
    found["a predictor"] = eta[0, 0] if not latent.n_thresholds else eta[1, 0] - eta[0, 0]
    if latent.integrated is not None:
        model = Field(latent)
        density = model.likelihood.value(model.eta(field.T), theta.T)
        return found | {"log likelihood": density}
    dispersion = theta[:, -1] if latent.family.dispersion else np.zeros(len(theta))
    by_answer = np.moveaxis(eta[:, latent.row], (0, 2), (2, 0))
    density = latent.family.log_density(latent.answer, by_answer, dispersion)
    return found | {"log likelihood": density @ latent.n}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Ranks of a scenario.

    Attributes
    ----------
    ranks, narrow : mapping of str to ndarray of int, shape (N_SURVEYS,)
        From 0 to RANKED, by quantity; of posteriors as they are, and made too narrow.
    pareto_k : ndarray, shape (N_SURVEYS,)
        Of every fit.
    refused : int
        Further surveys, in which nobody gave some answer.
    """

    ranks: dict[str, NDArray[np.int64]]
    narrow: dict[str, NDArray[np.int64]]
    pareto_k: Floats
    refused: int


def calibrate(scenario: Scenario) -> Calibration:
    """Simulate, fit and rank."""
    rng, latent = np.random.default_rng(SEED), laid_out(scenario)
    rows, pareto_k, refused = [], [], 0
    while len(rows) < N_SURVEYS:
        truth = draw_truth(latent, rng)
        answered = with_answers(latent, truth, rng)
        if len(np.unique(answered.answer)) < max(latent.n_categories, 2):
            refused += 1
            continue
        fitted = without_people(answered, "person")
        found = nested_laplace(fitted, DRAWS, len(rows))
        rows.append(_ranks(fitted, _inside(answered, fitted, truth), found, rng))
        pareto_k.append(found.pareto_k)
    ranks, narrow = ({k: np.array([row[i][k] for row in rows]) for k in rows[0][i]} for i in (0, 1))
    return Calibration(ranks, narrow, np.array(pareto_k), refused)


def _inside(latent: Latent, fitted: Latent, truth: Truth) -> Truth:
    """What is true of the field that is fitted, without effects that are integrated over."""
    if fitted.integrated is None:
        return truth
    k = latent.effects.index(fitted.integrated)
    effects = np.arange(latent.starts[k], latent.starts[k] + fitted.integrated.size)
    return Truth(np.delete(truth.field, effects), truth.theta)


def _ranks(
    latent: Latent, truth: Truth, found: Nested, rng: np.random.Generator
) -> tuple[dict[str, int], dict[str, int]]:
    """Rank what is true among some draws, and among the same draws made too narrow."""
    some = rng.choice(DRAWS, RANKED, replace=False)
    drawn = quantities(latent, found.field[some], found.theta[some])
    true = quantities(latent, truth.field[None], truth.theta[None])
    ranks, narrow = {}, {}
    for name, value in drawn.items():
        ranks[name] = int((value < true[name]).sum())
        narrower = value.mean() + TOO_NARROW * (value - value.mean())
        narrow[name] = int((narrower < true[name]).sum())
    return ranks, narrow


# ------------------------------------------------------------------ are ranks uniform?


def by_chi_squared(ranks: NDArray[np.int64]) -> float:
    """P-value of equal counts in bins of neighbouring ranks."""
    counts = np.bincount(ranks * N_BINS // (RANKED + 1), minlength=N_BINS)
    return float(stats.chisquare(counts).pvalue)


def by_distribution(ranks: NDArray[np.int64]) -> float:
    """P-value of the largest departure of the empirical distribution."""
    return float((_departures() <= _departure(ranks[None])[0]).mean())


def _departure(ranks: NDArray[np.int64]) -> Floats:
    """Smallest tail probability of the counts up to each rank; (B, n) to (B,)."""
    up_to = (ranks[:, :, None] <= np.arange(RANKED)).sum(axis=1)
    share = np.arange(1, RANKED + 1) / (RANKED + 1)
    below = stats.binom.cdf(up_to, ranks.shape[1], share)
    above = stats.binom.sf(up_to - 1, ranks.shape[1], share)
    return np.minimum(below, above).min(axis=1)


@cache
def _departures() -> Floats:
    """The same of ranks that are uniform, 20,000 times."""
    rng = np.random.default_rng(SEED)
    parts = [_departure(rng.integers(0, RANKED + 1, (500, N_SURVEYS))) for _ in range(40)]
    return np.concatenate(parts)


def p_values(ranks: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
    """Tabulate both tests of all quantities."""
    return pd.DataFrame(
        {
            "chi-squared": {name: by_chi_squared(each) for name, each in ranks.items()},
            "distribution": {name: by_distribution(each) for name, each in ranks.items()},
        }
    )


def rejected(table: pd.DataFrame) -> list[str]:
    """Quantities whose ranks are not uniform, by Holm's method."""
    p = table.stack()
    order = p.sort_values()
    holm = (order * np.arange(len(order), 0, -1)).cummax()
    return [f"{name} ({test})" for name, test in holm[holm < LEVEL / len(SCENARIOS)].index]


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_ranks_of_the_truth_are_uniform(name):
    found = calibrate(SCENARIOS[name])
    table = p_values(found.ranks)
    print(f"\n{as_text(name, found, table)}")
    assert rejected(table) == []
    if not SHORT:  # the simulation can tell posteriors that are too narrow
        assert rejected(p_values(found.narrow)) != []


def as_text(name: str, found: Calibration, table: pd.DataFrame) -> str:
    poor = (found.pareto_k > 0.7).mean()
    first = f"{name}: {found.refused} refused, weights not to be believed in {poor:.3f} of fits"
    return f"{first}\n{table.round(3).to_string()}"


if __name__ == "__main__":
    for name, scenario in SCENARIOS.items():
        found = calibrate(scenario)
        print(as_text(name, found, p_values(found.ranks)), flush=True)
        print("  too narrow, rejected:", len(rejected(p_values(found.narrow))), flush=True)
