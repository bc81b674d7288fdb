"""Posteriors made by hand: draws of which it is known what must come out."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
from latent_cases import NEIGHBOURS, OUTCOMES, simulated
from scipy.special import logit

import jfmodels as jf
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.errors import FitWarning
from jfmodels.model.model import LaidOut, Model, lay_out
from jfmodels.results.draws import Independent

UNBOUNDED = {"positive": np.log, "unit": logit, "correlation": np.arctanh}


def laid_out(family: str | object, terms: str, outcome: str = "") -> LaidOut:
    """Lay out ``y ~ wave + x + terms``."""
    y = outcome or OUTCOMES[str(family)]
    return lay_out(
        Model(f"{y} ~ wave + x + {terms}", family=family, neighbours=NEIGHBOURS), simulated()
    )


def certain(laid: LaidOut, values: list[float], field: np.ndarray | None = None) -> Posterior:
    """A posterior whose draws all say the same: parameters (h,) and field (n,)."""
    latent = laid.latent
    theta = [
        UNBOUNDED[each.support](value)
        for each, value in zip(latent.hyperparameters, values, strict=True)
    ]
    x = np.zeros(latent.size) if field is None else field
    return Posterior(latent, np.tile(x, (10, 1)), np.tile(theta, (10, 1)), Independent(), (), False)


@cache
def fitted(formula: str, draws: int = 400) -> jf.BayesianFit:
    """Fit a model to the simulated survey, with draws that are too few for any conclusion."""
    model = jf.Model(formula, neighbours=NEIGHBOURS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        found = jf.fit(model, simulated(), engine=jf.Laplace(draws=draws, on_poor_k="warn"))
    assert isinstance(found, jf.BayesianFit)
    return found
