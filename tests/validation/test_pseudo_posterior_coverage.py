"""Do intervals of a survey-weighted posterior hold the truth where weights depend on answers?

Sixteen communes in four regions are visited in two waves. Of 340 people in each, 34 are drawn
with chances that rise with their answer and with a trait of theirs, so that who says yes is met
1.8 times as often, and weights vary by a Kish effect of about 1.7. A commune has an effect of
its own and a drift in each wave; together they make answers within a commune and wave correlate,
on the latent scale, by .05, .1 or .2.

Two models are asked: one that holds both, and one that leaves the drift out, as is often done.
Beside the adjusted posterior stand the pseudo-posterior as it was drawn, and a posterior that
ignores the weights. Of the population the truth is the share over all communes there could be, of
these clusters that in the sixteen that were visited.

``python tests/validation/test_pseudo_posterior_coverage.py`` prints the whole table.
"""

from __future__ import annotations

import os
import warnings
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import binomtest
from simulate import N_COMMUNES, N_PEOPLE, REGION_OF, REGIONS, World

import jfmodels as jf
from jfmodels.errors import FitWarning
from jfmodels.results.adjusted import Adjusted
from jfmodels.results.engine import Belief
from jfmodels.results.estimands import Change, Level

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
N_SURVEYS = 20 if SHORT else 1000
SEED = 20260611
BAND = (0.93, 0.99)
LIVING, SOUGHT, TRAIT = 340, 0.6, 0.7  # people of a commune; what their answer and trait add
OF_LOGIT = np.pi**2 / 3
WORLDS = {
    icc: World(
        commune_sd=float(np.sqrt(icc / (1 - icc) * OF_LOGIT * 2 / 3)),
        drift_sd=(float(np.sqrt(icc / (1 - icc) * OF_LOGIT / 3)),) * len(REGIONS),
    )
    for icc in (0.05, 0.10, 0.20)
}
MODELS = {
    "both": "safe ~ wave * region + (1 | commune) + (1 | commune:wave)",
    "no drift": "safe ~ wave * region + (1 | commune)",
}
CASES = [
    *(("population", "no drift", icc) for icc in WORLDS),
    ("population", "both", 0.10),
    ("these_clusters", "both", 0.10),
]
ROLES = {"wave": "wave", "strata": "region", "cluster": "commune", "repeats": "clusters"}
BOOK = {"outcomes": {"safe": {"scale": "binary", "categories": {0: "no", 1: "yes"}}}}

type Floats = NDArray[np.float64]


def drawn(world: World, target: str, rng: np.random.Generator) -> tuple[jf.Survey, Floats]:
    """Draw people of every commune and wave by unequal chances; and the truth (2, 4)."""
    own = world.commune_sd * rng.standard_normal(N_COMMUNES)
    drift = np.array(world.drift_sd)[REGION_OF] * rng.standard_normal((2, N_COMMUNES))
    share = expit(world.level()[:, REGION_OF] + own + drift)
    parts = [
        _visit(share[wave, commune], rng).assign(
            wave=wave, commune=commune, region=REGIONS[REGION_OF[commune]]
        )
        for wave in range(2)
        for commune in range(N_COMMUNES)
    ]
    design = jf.SurveyDesign(**ROLES, weights="weight", target=target)
    survey = jf.Survey(pd.concat(parts, ignore_index=True), design, BOOK, simulated=True)
    of_regions = share.reshape(2, len(REGIONS), -1).mean(axis=2)
    return survey, np.array(world.share) if target == "population" else of_regions


def _visit(share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw people of one commune systematically, in random order, with chances of their own."""
    safe = (rng.random(LIVING) < share).astype(np.int64)
    size = np.exp(SOUGHT * safe + TRAIT * rng.standard_normal(LIVING))
    chance = np.minimum(N_PEOPLE * size / size.sum(), 1.0)
    met = np.floor(np.cumsum(chance) + rng.random())
    chosen = np.diff(met, prepend=0) > 0
    return pd.DataFrame({"safe": safe[chosen], "weight": 1 / chance[chosen]})


def answers(survey: jf.Survey, model: str, truth: Floats, weighting: str) -> pd.DataFrame:
    """Rows of one survey, the truth beside them; regions are equally large."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        engine = jf.Laplace(draws=2000, on_poor_k="warn")
        fit = jf.fit(MODELS[model], survey, engine=engine, weighting=weighting)
        for name, by in (("overall", None), ("in a region", "region")):
            found += _rows(fit.joint(by, over="wave"), weighting, name, by, truth)
    return pd.concat(found)


def _rows(belief: Belief, weighting: str, name: str, by: str | None, truth: Floats) -> list:
    """Levels and changes of a belief, of a weighted one as adjusted and as drawn."""
    truth = truth if by else truth.mean(axis=1, keepdims=True)
    joints = {weighting: belief.joint}
    if isinstance(belief.joint, Adjusted):
        joints = {"adjusted": belief.joint, "as drawn": belief.joint.drawn}
    found = []
    for way, joint in joints.items():
        for kind, estimand in (("level", Level(by)), ("change", Change("previous", by))):
            plan = estimand.plan(belief.grid)
            answer = plan.answer(joint).summary(0.95)
            low, high = answer.low, answer.high
            if kind == "level" and way == "adjusted":
                low, high, _ = belief.level_interval(plan.weights.indices, answer, 0.95)
            true = truth.ravel() if kind == "level" else truth[1] - truth[0]
            table = {"estimate": answer.estimate, "std_error": answer.std_error, "truth": true}
            table |= {"held": (low <= true) & (true <= high)}
            found.append(pd.DataFrame(table).assign(way=way, row=f"{kind} {name}"))
    return found


@cache
def measure(
    target: str, model: str, icc: float, n: int = N_SURVEYS, weighting: str = "pseudo"
) -> pd.DataFrame:
    """Coverage by row and way, its Monte Carlo error, bias, and error beside the truth's."""
    rng = np.random.default_rng([SEED, int(1000 * icc)])
    surveys = (drawn(WORLDS[icc], target, rng) for _ in range(n))
    found = [answers(survey, model, truth, weighting) for survey, truth in surveys]
    table = pd.concat(found, keys=range(n), names=["survey", None])
    table["bias"] = table["estimate"] - table["truth"]
    table["missed"], table["variance"] = table["bias"] ** 2, table["std_error"] ** 2
    values = ["held", "bias", "missed", "variance"]
    of_survey = table.groupby(["row", "way", "survey"])[values].mean()
    by_row = of_survey.groupby(["row", "way"], sort=False)
    mean = by_row.mean()
    return pd.DataFrame(
        {
            "coverage": mean["held"],
            "mc_error": by_row["held"].sem(),
            "bias": mean["bias"],
            "error_over_truth": np.sqrt(mean["variance"] / mean["missed"]),
        }
    )


def inside(share: float) -> bool:
    """Tell whether a measured share lies in the band; a short run may miss it by chance."""
    if not SHORT:
        return BAND[0] <= share <= BAND[1]
    exact = binomtest(round(share * N_SURVEYS), N_SURVEYS).proportion_ci(0.99)
    return bool(exact.low <= BAND[1] and exact.high >= BAND[0])


@pytest.mark.slow
@pytest.mark.parametrize(("target", "model", "icc"), CASES)
def test_adjusted_intervals_cover(target, model, icc):
    found = measure(target, model, icc)
    print(f"\n{target}, {model}, {icc}\n{found.round(3).unstack().to_string()}")
    adjusted = found["coverage"].unstack()["adjusted"]
    assert [row for row, share in adjusted.items() if not inside(share)] == []


@pytest.mark.slow
@pytest.mark.parametrize("icc", WORLDS)
def test_intervals_as_drawn_do_not(icc):
    """The spread of a pseudo-posterior is the model's, which has left the drift out."""
    as_drawn = measure("population", "no drift", icc)["coverage"].unstack()["as drawn"]
    assert as_drawn[["change overall", "change in a region"]].max() < BAND[0]


if __name__ == "__main__":
    for case, how in product(CASES, ("pseudo", "ignore")):
        table = measure(*case, N_SURVEYS, how).round(4)
        print(f"{case}, {how}\n{table.unstack().to_string()}\n", flush=True)
