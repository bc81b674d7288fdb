"""Small simulated panels: people of eight communes who answer in one to three waves."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from latent_cases import CODEBOOK, OUTCOMES

import jfmodels as jf
from jfmodels.model.latent import Latent
from jfmodels.model.model import Model, lay_out

DESIGN = jf.SurveyDesign(
    wave="wave",
    strata="region",
    cluster="commune",
    person="person",
    repeats="clusters",
    target="population",
)
WAVES = np.array(["w1", "w2", "w3"])


def panel(n: int = 200, seed: int = 8, sd: float = 1.0) -> pd.DataFrame:
    """n people, of whom some left after a wave; people are numbered in no order."""
    rng = np.random.default_rng(seed)
    person, wave = (each.ravel() for each in np.indices((n, 3)))
    commune, x = np.arange(n) % 8, rng.integers(0, 3, n) / 2
    u = rng.normal(0, sd, n)
    eta = rng.normal(0, 0.5, 8)[commune][person] + u[person] + 0.4 * x[person] + 0.2 * wave - 0.4
    latent = eta + rng.logistic(size=len(eta))
    frame = pd.DataFrame(
        {
            "person": np.char.add("p", rng.permutation(n)[person].astype(str)),
            "wave": WAVES[wave],
            "region": np.where(commune[person] < 4, "north", "south"),
            "commune": np.char.add("c", commune[person].astype(str)),
            "x": x[person],
            "yes": (latent > 0).astype(int),
            "level": (latent > -1).astype(int) + (latent > 1).astype(int),
            "choice": np.argmax(
                rng.gumbel(size=(len(eta), 3)) + np.stack([0 * eta, eta, -eta], axis=1), axis=1
            ),
            "size": np.round(eta + rng.normal(0, 0.8, len(eta)), 2),
            "times": rng.poisson(np.exp(0.5 * eta)),
        }
    )
    stays = rng.integers(1, 4, n)
    return frame[wave < stays[person]].reset_index(drop=True)


@cache
def simulated(n: int = 200, seed: int = 8, sd: float = 1.0) -> jf.Survey:
    """Describe these people to the package."""
    return jf.Survey(panel(n, seed, sd), DESIGN, CODEBOOK, simulated=True)


def laid_out(family: str | jf.Family, terms: str = "(1 | commune)", n: int = 200) -> Latent:
    """Lay ``y ~ wave + x + (1 | person) + terms`` out, people's effects in the field."""
    name = family if isinstance(family, str) else family.name
    formula = f"{OUTCOMES[name]} ~ wave + x + (1 | person)" + (f" + {terms}" if terms else "")
    return lay_out(Model(formula, family=family), simulated(n)).latent


def integrated(family: str | jf.Family, terms: str = "(1 | commune)", n: int = 200) -> Latent:
    """The same with people's effects integrated out."""
    return laid_out(family, terms, n).integrate(0)
