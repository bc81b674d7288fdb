"""Small simulated surveys on which every family and every block can be fitted."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

import jfmodels as jf
from jfmodels.model.latent import Latent
from jfmodels.model.model import Model, lay_out

OUTCOMES = {
    "bernoulli": "yes",
    "ordinal": "level",
    "categorical": "choice",
    "gaussian": "size",
    "poisson": "times",
    "negative binomial": "times",
}
BLOCK_TERMS = {
    "iid": "(1 | commune)",
    "slope": "(1 + x | commune)",
    "uncorrelated slopes": "(0 + x || commune)",
    "walk": "walk(wave | region)",
    "ar1": "ar1(wave | region)",
    "bym2": "bym2(commune)",
}
NEIGHBOURS = {"commune": {"c0": ["c1", "c2"], "c1": ["c2"], "c3": ["c4"], "c5": ["c6", "c7"]}}
DESIGN = jf.SurveyDesign(
    wave="wave",
    strata="region",
    cluster="commune",
    repeats="clusters",
    target="population",
    interviewer="interviewer",
)
LABELS = {0: "low", 1: "middle", 2: "high"}
CODEBOOK = {
    "waves": {
        "w1": {"start": "2020-01-01"},
        "w2": {"start": "2020-07-01"},
        "w3": {"start": "2021-07-01"},
    },
    "outcomes": {
        "yes": {"scale": "binary"},
        "level": {"scale": "ordinal", "categories": LABELS, "shown": ["high"]},
        "choice": {"scale": "nominal", "categories": {0: "a", 1: "b", 2: "c"}},
        "size": {"scale": "continuous"},
        "times": {"scale": "count"},
    },
    "covariates": {"x": {}},
}


def people(n: int = 600, seed: int = 5, sd: float = 0.6) -> pd.DataFrame:
    """Eight communes in two regions, three waves, one number x and answers of all scales."""
    rng = np.random.default_rng(seed)
    commune, wave = rng.integers(0, 8, n), rng.integers(0, 3, n)
    x = rng.integers(0, 4, n) / 2
    eta = rng.normal(0, sd, 8)[commune] + rng.normal(0, sd, (8, 3))[commune, wave] + 0.4 * x - 0.3
    latent = eta + rng.logistic(size=n)
    return pd.DataFrame(
        {
            "wave": np.array(["w1", "w2", "w3"])[wave],
            "region": np.where(commune < 4, "north", "south"),
            "commune": [f"c{k}" for k in commune],
            "interviewer": [f"i{k}" for k in rng.integers(0, 5, n)],
            "x": x,
            "yes": (latent > 0).astype(int),
            "level": (latent > -1).astype(int) + (latent > 1).astype(int),
            "choice": np.argmax(
                rng.gumbel(size=(n, 3)) + np.stack([0 * eta, eta, -eta], axis=1), axis=1
            ),
            "size": np.round(eta + rng.normal(0, 0.8, n), 2),
            "times": rng.poisson(np.exp(0.5 * eta)),
        }
    )


@cache
def simulated(n: int = 600, seed: int = 5, sd: float = 0.6) -> jf.Survey:
    """Describe these people to the package."""
    return jf.Survey(people(n, seed, sd), DESIGN, CODEBOOK, simulated=True)


def latent_model(family: str, terms: str, n: int = 600) -> Latent:
    """Lay out ``y ~ wave + x + terms`` for a family."""
    formula = f"{OUTCOMES[family]} ~ wave + x + {terms}"
    model = Model(formula, family=family, neighbours=NEIGHBOURS)
    return lay_out(model, simulated(n)).latent
