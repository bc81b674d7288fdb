"""Multilevel models in seconds: nested Laplace approximation with importance correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jfmodels.engines.bayesian.nested import Nested, nested_laplace
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.errors import EstimationError, choose, require_whole
from jfmodels.model.latent import Latent
from jfmodels.results.engine import Check
from jfmodels.results.joint import Clustered

__all__ = ["Laplace", "draw_laplace"]

ON_POOR_K = {
    "nuts": "fit again by NUTS, with a warning",
    "warn": "keep the draws, with a warning and a flag on every row",
    "raise": "stop",
}
HIGHEST_K = 0.7  # Vehtari et al. (2024): beyond, no number of draws helps
FEWEST = 100  # effective sets of parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Laplace:
    """Settings of the nested Laplace engine.

    Parameters
    ----------
    draws : int, default 4000
        Draws from the posterior.
    seed : int, default 1
        Of the random numbers.
    on_poor_k : {"nuts", "warn", "raise"}, default "nuts"
        What to do if the importance weights cannot be believed, their tail shape being above
        0.7: fit by NUTS instead, keep the draws and flag every row, or stop.
    progress : bool, optional
        Whether NUTS shows a progress bar where it takes over; by default where there is a
        terminal or notebook.

    Examples
    --------
    >>> import jfmodels as jf
    >>> settings = jf.Laplace(draws=1000, seed=7, on_poor_k="raise")
    >>> formula = "shown(trust_army) ~ wave + (1 | commune)"
    >>> model = jf.fit(formula, jf.example(), engine=settings, weighting="ignore")
    >>> model.changes(over="wave").shape[0]
    5
    """

    draws: int = 4000
    seed: int = 1
    on_poor_k: str = "nuts"
    progress: bool | None = None

    def __post_init__(self) -> None:
        choose("on_poor_k", self.on_poor_k, ON_POOR_K)
        for name, value, least in (("draws", self.draws, 100), ("seed", self.seed, 0)):
            require_whole(f"Laplace({name}=)", value, least)


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
