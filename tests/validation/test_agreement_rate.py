"""How often are two ways to answer called apart that answer the same question rightly?

Surveys are those of `simulate.py`; all regions rise alike on the logit scale, so that an additive
regression is right, as are direct estimates and the multilevel model. Between the first two the
error of the difference is known, on the smaller of two degrees of freedom; beside a posterior it is
an upper bound. So at most one row in twenty should lie apart.

``python tests/validation/test_agreement_rate.py`` prints the rates.
"""

from __future__ import annotations

import os
from itertools import islice

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import binomtest
from simulate import World, draw

import jfmodels as jf

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
N_SURVEYS = 20 if SHORT else 400
SEED = 20261126
NOMINAL = 0.05
BEFORE = np.array([0.40, 0.47, 0.53, 0.60])
ALIKE = World(share=(tuple(BEFORE), tuple(expit(logit(BEFORE) + 0.25))), drift_sd=(0.15,) * 4)


def apart() -> pd.DataFrame:
    """Whether each tested row of each survey lies apart, by pair of ways."""
    found = []
    for drawn in draw(ALIKE, max(N_SURVEYS, ALIKE.per_frame), SEED):
        survey = drawn.survey("population")
        for outcome in islice(drawn.outcomes, N_SURVEYS):
            compared = jf.compare(
                survey,
                outcome,
                by="region",
                engine=jf.Laplace(draws=1000, on_poor_k="warn"),
                weighting="ignore",
                models={"weighted": f"{outcome} ~ wave + region"},
            )
            table = compared.agreement()
            found.append(table[["fit", "fit_ref", "agree"]].assign(survey=outcome))
    table = pd.concat(found)
    table["pair"] = table["fit"] + " and " + table["fit_ref"]
    return table.assign(apart=~table["agree"].astype(bool))[["pair", "survey", "apart"]]


def rates() -> pd.Series:
    """Share of rows that lie apart, by pair."""
    return apart().groupby("pair", sort=False)["apart"].mean()


@pytest.mark.slow
def test_no_pair_is_called_apart_too_often():
    found = rates()
    print(f"\n{found.round(3)}")
    for pair, rate in found.items():
        # four regions of one survey do not err together, so rows count as trials
        trials = 4 * N_SURVEYS
        low = binomtest(round(rate * trials), trials).proportion_ci(0.99).low
        assert low <= NOMINAL, pair


if __name__ == "__main__":
    print(rates().round(4).to_string())
