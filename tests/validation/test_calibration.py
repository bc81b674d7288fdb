"""Do posteriors hold what the prior and the data say, no more and no less?

Simulation-based calibration [1]_: parameters are drawn from the model's own priors, answers from
the parameters, and the model is fitted to the answers. The rank of every true number among its
posterior draws is then uniform, whatever the answers are. So surveys may be left out for their
answers alone: those in which nobody gave some answer are, as the package refuses them, and
another is drawn from the prior. None is left out because its weights are not to be believed.

Ranks are among 31 draws that are nearly independent. Of the laplace engine's 2,000 they are
chosen at random: these rest on some 350 sets of parameters, evenly spread, four draws each, so
all of them would be neither independent nor many. Of the chains of NUTS every fortieth is taken:
a standard deviation, which mixes worst, moves on within four.

Uniformity is tested by chi-squared over 16 bins, its tail simulated, and by the largest
departure of the empirical distribution in units of its own tail probability, as in simultaneous
bands [2]_. Holm's method holds over the quantities of a scenario, Bonferroni's over the
scenarios of an engine. What a simulation could have noticed is tried on the same posteriors
made too narrow: by a fifth with 600 surveys, by half with the 100 that NUTS is given, and 8
bins.

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
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
from calibrate import (
    SCENARIOS,
    Scenario,
    Truth,
    draw_truth,
    inside,
    laid_out,
    quantities,
    with_answers,
)
from numpy.typing import NDArray
from scipy import stats

from jfmodels.engines.bayesian.draw import without_people
from jfmodels.engines.bayesian.nested import nested_laplace
from jfmodels.engines.bayesian.nuts import sample_nuts
from jfmodels.engines.bayesian.settings import Nuts
from jfmodels.model.latent import Latent

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
DRAWS, RANKED = 2_000, 31
CHAINS = {"draws": 320, "tune": 500, "chains": 4, "progress": False}
EVERY = 40  # of the draws of a chain
SEED = 20270214
LEVEL = 0.01

type Floats = NDArray[np.float64]
type Ranks = dict[str, NDArray[np.int64]]


# ------------------------------------------------------------------ who draws


@dataclass(frozen=True, slots=True)
class Some:
    """Nearly independent draws from a posterior.

    Attributes
    ----------
    field, theta : ndarray, shapes (RANKED, n) and (RANKED, h)
        Of the field, and of the parameters on the scale of engines.
    doubtful : bool
        Whether the engine says that its draws are not to be believed; they are ranked all the
        same.
    """

    field: Floats
    theta: Floats
    doubtful: bool


def by_laplace(latent: Latent, seed: int, rng: np.random.Generator) -> Some:
    """Draw by the nested Laplace engine."""
    found = nested_laplace(latent, DRAWS, seed)
    some = rng.choice(DRAWS, RANKED, replace=False)
    return Some(found.field[some], found.theta[some], found.pareto_k > 0.7)


def by_nuts(latent: Latent, seed: int, rng: np.random.Generator) -> Some:
    """Draw by NUTS, compiled once for all surveys of a scenario."""
    found = sample_nuts(latent, Nuts(**CHAINS, seed=seed))
    some = np.arange(EVERY - 1, len(found.field), EVERY)[:RANKED]
    return Some(found.field[some], found.theta[some], found.convergence.divergences > 0)


@dataclass(frozen=True, slots=True)
class Trial:
    """How an engine is tried.

    Attributes
    ----------
    draw : callable
        ``(model, seed, random numbers) -> Some``.
    n_surveys : int
        Surveys of each scenario.
    n_bins : int
        Of the chi-squared test; a divisor of RANKED + 1.
    too_narrow : float
        Posteriors so much too narrow must be noticed.
    scenarios : tuple of str
        Names of those on which it is tried.
    """

    draw: Callable[[Latent, int, np.random.Generator], Some]
    n_surveys: int
    n_bins: int
    too_narrow: float
    scenarios: tuple[str, ...]


TRIALS = {
    "laplace": Trial(by_laplace, 16 if SHORT else 600, 4 if SHORT else 16, 0.8, (*SCENARIOS,)),
    "nuts": Trial(by_nuts, 16 if SHORT else 100, 4 if SHORT else 8, 0.5, ("bernoulli", "ordinal")),
}
CASES = [(engine, name) for engine, trial in TRIALS.items() for name in trial.scenarios]


# ------------------------------------------------------------------ where the truth lies


@dataclass(frozen=True, slots=True)
class Calibration:
    """Ranks of a scenario, S surveys.

    Attributes
    ----------
    ranks, narrow : mapping of str to ndarray of int, shape (S,)
        From 0 to RANKED, by quantity; of posteriors as they are, and made too narrow.
    doubtful : float
        Share of fits whose draws are not to be believed.
    refused : int
        Further surveys, in which nobody gave some answer.
    """

    ranks: Ranks
    narrow: Ranks
    doubtful: float
    refused: int


def calibrate(trial: Trial, scenario: Scenario) -> Calibration:
    """Simulate, fit and rank."""
    rng, latent = np.random.default_rng(SEED), laid_out(scenario)
    rows, doubtful, refused = [], [], 0
    while len(rows) < trial.n_surveys:
        truth = draw_truth(latent, rng)
        answered = with_answers(latent, truth, rng)
        if len(np.unique(answered.answer)) < max(latent.n_categories, 2):
            refused += 1
            continue
        fitted = without_people(answered, "person")
        found = trial.draw(fitted, len(rows), rng)
        true = inside(answered, fitted, truth)
        rows.append(_ranks(fitted, true, found, trial.too_narrow))
        doubtful.append(found.doubtful)
    ranks, narrow = ({k: np.array([row[i][k] for row in rows]) for k in rows[0][i]} for i in (0, 1))
    return Calibration(ranks, narrow, float(np.mean(doubtful)), refused)


def _ranks(
    latent: Latent, truth: Truth, found: Some, too_narrow: float
) -> tuple[dict[str, int], dict[str, int]]:
    """Rank what is true among draws, and among the same draws made too narrow."""
    drawn = quantities(latent, found.field, found.theta)
    true = quantities(latent, truth.field[None], truth.theta[None])
    ranks, narrow = {}, {}
    for name, value in drawn.items():
        ranks[name] = int((value < true[name]).sum())
        narrower = value.mean() + too_narrow * (value - value.mean())
        narrow[name] = int((narrower < true[name]).sum())
    return ranks, narrow


# ------------------------------------------------------------------ are ranks uniform?


def by_chi_squared(ranks: NDArray[np.int64], n_bins: int) -> float:
    """P-value of equal counts in bins of neighbouring ranks."""
    counts = np.bincount(ranks * n_bins // (RANKED + 1), minlength=n_bins)
    null = _chi_squared(len(ranks), n_bins)
    above = len(null) - np.searchsorted(null, (counts**2).sum())
    return float((1 + above) / (1 + len(null)))


@cache
def _chi_squared(n: int, n_bins: int) -> NDArray[np.int64]:
    """The sums of squared counts of n ranks that are uniform, in order: with few in a bin, the
    tail that Holm's method looks at is not that of the chi-squared distribution.
    """
    rng = np.random.default_rng(SEED)
    counts = rng.multinomial(n, np.full(n_bins, 1 / n_bins), size=400_000)
    return np.sort((counts**2).sum(axis=1))


def by_distribution(ranks: NDArray[np.int64]) -> float:
    """P-value of the largest departure of the empirical distribution."""
    return float((_departures(len(ranks)) <= _departure(ranks[None])[0]).mean())


def _departure(ranks: NDArray[np.int64]) -> Floats:
    """Smallest tail probability of the counts up to each rank; (B, n) to (B,)."""
    up_to = (ranks[:, :, None] <= np.arange(RANKED)).sum(axis=1)
    share = np.arange(1, RANKED + 1) / (RANKED + 1)
    below = stats.binom.cdf(up_to, ranks.shape[1], share)
    above = stats.binom.sf(up_to - 1, ranks.shape[1], share)
    return np.minimum(below, above).min(axis=1)


@cache
def _departures(n: int) -> Floats:
    """The same of n ranks that are uniform, 20,000 times."""
    rng = np.random.default_rng(SEED)
    parts = [_departure(rng.integers(0, RANKED + 1, (500, n))) for _ in range(40)]
    return np.concatenate(parts)


def p_values(ranks: Ranks, n_bins: int) -> pd.DataFrame:
    """Tabulate both tests of all quantities."""
    return pd.DataFrame(
        {
            "chi-squared": {name: by_chi_squared(each, n_bins) for name, each in ranks.items()},
            "distribution": {name: by_distribution(each) for name, each in ranks.items()},
        }
    )


def rejected(table: pd.DataFrame, n_scenarios: int) -> list[str]:
    """Quantities whose ranks are not uniform, by Holm's method."""
    p = table.stack()
    order = p.sort_values()
    holm = (order * np.arange(len(order), 0, -1)).cummax()
    return [f"{name} ({test})" for name, test in holm[holm < LEVEL / n_scenarios].index]


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "name"), CASES)
def test_ranks_of_the_truth_are_uniform(engine, name):
    trial = TRIALS[engine]
    found = calibrate(trial, SCENARIOS[name])
    as_is, narrow = (p_values(each, trial.n_bins) for each in (found.ranks, found.narrow))
    print(f"\n{as_text(engine, name, found, as_is)}")
    assert rejected(as_is, len(trial.scenarios)) == []
    if not SHORT:  # the simulation can tell posteriors that are too narrow
        assert rejected(narrow, len(trial.scenarios)) != []


def as_text(engine: str, name: str, found: Calibration, table: pd.DataFrame) -> str:
    counted = f"{found.refused} refused, draws doubtful in {found.doubtful:.3f} of fits"
    return f"{engine}, {name}: {counted}\n{table.round(3).to_string()}"


if __name__ == "__main__":
    for engine, name in CASES:
        trial = TRIALS[engine]
        found = calibrate(trial, SCENARIOS[name])
        print(as_text(engine, name, found, p_values(found.ranks, trial.n_bins)), flush=True)
        narrow = p_values(found.narrow, trial.n_bins)
        print("  too narrow, rejected:", len(rejected(narrow, len(trial.scenarios))), flush=True)
