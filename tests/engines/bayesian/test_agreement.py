r"""Both Bayesian engines say the same: the laplace engine beside stored long runs of NUTS.

``reference/long_nuts_runs.json`` was made by the script of that name, 20,000 draws a model. Of the
laplace engine's 20,000, some 3,500 of a nominal answer's are effective, so 30,000 are drawn.
Means must agree within a twentieth of a posterior sd and four Monte Carlo errors, sds within
5 % and four Monte Carlo errors; that of an sd is :math:`1/\sqrt{2n}` of it, n being the
effective draws.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from agreement_cases import CASES, tables

import jfmodels as jf

STORED = json.loads(
    (Path(__file__).parents[2] / "reference" / "long_nuts_runs.json").read_text(encoding="utf-8")
)
REAL = [name for name in CASES if name.startswith("real")]
SIMULATED = [name for name in CASES if name not in REAL]


def compare(name: str, draws: int, least: int) -> None:
    """Hold every level, change and standard deviation against the long run."""
    fit = jf.fit(
        CASES[name].model,
        CASES[name].survey(),
        weighting="ignore",
        engine=jf.Laplace(draws=draws, on_poor_k="raise"),
    )
    found = tables(fit, CASES[name])
    for which, rows in found.items():
        mean, sd, error = np.array(rows).T
        long_mean, long_sd, long_error = np.array(STORED[name][which]).T
        known = ~np.isnan(long_mean)
        assert (np.isnan(mean) == ~known).all()
        gap = np.abs(mean - long_mean)[known]
        assert (gap <= (0.05 * long_sd + 4 * np.hypot(error, long_error))[known]).all(), which
        n, long_n = (sd / error) ** 2, (long_sd / long_error) ** 2
        ratio = np.abs(sd / long_sd - 1)[known]
        assert (ratio <= (0.05 + 4 * np.sqrt(1 / (2 * n) + 1 / (2 * long_n)))[known]).all(), which
        if which != "components":
            assert np.nanmin(n) >= least
            assert np.nanmin(long_n) >= 4_000


@pytest.mark.parametrize("name", SIMULATED)
def test_levels_and_changes_agree(name):
    compare(name, 4_000, 700)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMULATED)
def test_levels_and_changes_agree_closely(name):
    compare(name, 30_000, 4_000)


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_levels_and_changes_of_a_real_survey_agree(name, shared_data):
    compare(name, 20_000, 1_500)
