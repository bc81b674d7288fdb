"""Do 95 % intervals of a multilevel model hold the truth 95 times in 100, with sixteen communes?

The surveys are those of `simulate.py`: sixteen communes in four regions, 34 new people in each
of two waves, uneven weights. A commune has an effect of its own and a drift in each wave, in two
worlds: together they make answers within a commune and wave correlate, on the latent scale, by
.05 or by .15. The model holds: region by wave, commune, commune in the wave.

Each survey is asked twice. Of the population, the truth is the share over all communes there
could be; of these clusters, the share in the sixteen that were drawn. Intervals cover on average
over the truths that the prior allows; here the truth is fixed, and far inside the prior.

``python tests/validation/test_multilevel_coverage.py`` prints the whole table.
"""

from __future__ import annotations

import os
import warnings
from itertools import islice

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest
from simulate import REGIONS, Drawn, World, draw

import jfmodels as jf
from jfmodels.errors import FitWarning

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
N_SURVEYS = 20 if SHORT else 400
SEED = 20260511
BAND = (0.93, 0.99)
FORMULA = "{} ~ wave * region + (1 | commune) + (1 | commune:wave)"
TARGETS = ("population", "these_clusters")
OF_LOGIT = np.pi**2 / 3
WORLDS = {
    f"correlation {icc}": World(
        commune_sd=float(np.sqrt(icc / (1 - icc) * OF_LOGIT * 2 / 3)),
        drift_sd=(float(np.sqrt(icc / (1 - icc) * OF_LOGIT / 3)),) * len(REGIONS),
    )
    for icc in (0.05, 0.15)
}

type Floats = NDArray[np.float64]


def truths(world: World, drawn: Drawn, target: str) -> Floats:
    """Share of yes in every survey, wave and region; (S, 2, 4)."""
    if target == "these_clusters":
        return drawn.these
    return np.tile(world.share, (len(drawn.these), 1, 1))


def answers(survey: jf.Survey, outcome: str, truth: Floats) -> pd.DataFrame:
    """Rows of one survey with the truth (2, 4) beside them; regions are of equal size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        engine = jf.Laplace(on_poor_k="warn")  # of 1,000 draws, intervals are 3 % too short
        fit = jf.fit(FORMULA.format(outcome), survey, engine=engine, weighting="ignore")
    rise = truth[1] - truth[0]
    asked = {
        "change overall": (fit.changes(over="wave"), [rise.mean()]),
        "change in a region": (fit.changes(by="region", over="wave"), rise),
        "level overall": (fit.levels(over="wave"), truth.mean(axis=1)),
        "level in a region": (fit.levels(by="region", over="wave"), truth.ravel()),
    }
    parts = [table.assign(row=name, truth=true) for name, (table, true) in asked.items()]
    return pd.concat(parts)[["row", "estimate", "std_error", "low", "high", "truth"]]


def measure(name: str, target: str) -> pd.DataFrame:
    """Coverage of every kind of row, its Monte Carlo error, and error beside the truth's."""
    found, world = [], WORLDS[name]
    for drawn in draw(world, max(N_SURVEYS, world.per_frame), SEED + [*WORLDS].index(name)):
        survey, truth = drawn.survey(target), truths(world, drawn, target)
        for outcome, true in islice(zip(drawn.outcomes, truth, strict=True), N_SURVEYS):
            found.append(answers(survey, outcome, true))
    table = pd.concat(found, keys=range(len(found)), names=["survey", None])
    table["held"] = table["truth"].between(table["low"], table["high"])
    table["missed"] = (table["estimate"] - table["truth"]) ** 2
    table["variance"] = table["std_error"] ** 2
    of_survey = table.groupby(["row", "survey"])[["held", "missed", "variance"]].mean()
    by_row = of_survey.groupby("row", sort=False)
    mean = by_row.mean()
    return pd.DataFrame(
        {
            "coverage": mean["held"],
            "mc_error": by_row["held"].sem(),
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
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", WORLDS)
def test_intervals_cover(name, target):
    found = measure(name, target)
    print(f"\n{name}, {target}\n{found.round(3)}")
    assert [row for row, share in found["coverage"].items() if not inside(share)] == []


if __name__ == "__main__":
    for world in WORLDS:
        for target in TARGETS:
            print(f"{world}, {target}\n{measure(world, target).round(3)}\n", flush=True)
