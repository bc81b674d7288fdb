"""Multilevel models in seconds: nested Laplace approximation with importance correction."""

from __future__ import annotations

import numpy as np

from jfmodels.engines.bayesian.nested import Nested, nested_laplace
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.settings import Laplace
from jfmodels.errors import EstimationError
from jfmodels.model.latent import Latent
from jfmodels.results.draws import Clustered
from jfmodels.results.engine import Check

__all__ = ["HIGHEST_K", "draw_laplace"]

HIGHEST_K = 0.7  # Vehtari et al. (2024): beyond, no number of draws helps
FEWEST = 100  # effective sets of parameters


def draw_laplace(latent: Latent, settings: Laplace) -> Posterior:
    """Draw from the posterior of a latent model, and say whether to believe the draws."""
    try:
        found = nested_laplace(latent, settings.draws, settings.seed)
    except np.linalg.LinAlgError as fault:
        raise EstimationError(
            "The answers leave some direction of the field without curvature. Leave terms out, "
            "or use engine='nuts'."
        ) from fault
    failed = found.pareto_k > HIGHEST_K  # few points are told by each row's own Monte Carlo error
    error = Clustered(found.point)
    return Posterior(latent, found.field, found.theta, error, _checks(found), failed)


def _checks(found: Nested) -> tuple[Check, ...]:
    """Say in words whether the weights can be believed."""
    k, n = found.pareto_k, found.n_effective
    good = "the weights can be believed" if k <= HIGHEST_K else "the weights cannot be believed"
    return (
        Check("Pareto k", "posterior", k, HIGHEST_K, k <= HIGHEST_K, good),
        Check(
            "effective points",
            "standard deviations and their kin",
            n,
            FEWEST,
            n >= FEWEST,
            f"the posterior of these rests on what {np.floor(n):.0f} independent points would say",
        ),
    )
