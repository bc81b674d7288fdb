"""A posterior drawn by Markov chains, and whether to believe it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.bayesian.convergence import Convergence, monte_carlo_error
from jfmodels.engines.bayesian.nuts import sample_nuts
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.settings import Nuts
from jfmodels.errors import FitWarning, warn
from jfmodels.model.latent import Latent
from jfmodels.results.engine import Check

__all__ = ["Chains", "draw_nuts"]

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on diagnostics of chains say that something is wrong."""

    r_hat: float
    effective: float
    divergences: int
    energy: float


# Vehtari et al. (2021) and Betancourt (2016). The worst of some hundred parameters passes
# these by chance alone in one good fit of five, so rows are flagged from FAILED on.
WORRYING = Limits(r_hat=1.01, effective=400.0, divergences=0, energy=0.3)
FAILED = Limits(r_hat=1.05, effective=100.0, divergences=10, energy=0.2)


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Draws of Markov chains.

    Attributes
    ----------
    chain : ndarray of int64, shape (S,)
        Chain of every draw, each chain's in order.
    """

    chain: Ints

    def __call__(self, draws: Floats) -> Floats:
        """Standard errors of the means of draws (S, K), shape (K,)."""
        return monte_carlo_error(draws, self.chain)


def draw_nuts(latent: Latent, settings: Nuts) -> Posterior:
    """Draw by NUTS, and say whether to believe the draws."""
    found = sample_nuts(latent, settings)
    checks = _checks(found.convergence)
    wrong = [each.says for each in _checks(found.convergence, FAILED) if not each.ok]
    if wrong:
        says = "; ".join(wrong)
        told = f"The draws of NUTS cannot be relied on: {says}. Every row is flagged."
        warn(told, FitWarning)
    return Posterior(latent, found.field, found.theta, Chains(found.chain), checks, bool(wrong))


def _checks(found: Convergence, limits: Limits = WORRYING) -> tuple[Check, ...]:
    """Say in words whether the chains agree and reached everything."""
    agree, reached = found.r_hat <= limits.r_hat, found.energy >= limits.energy
    followed = found.divergences <= limits.divergences
    lost = f"{found.divergences} trajectories could not be followed"
    return (
        Check(
            "R-hat",
            found.worst,
            found.r_hat,
            limits.r_hat,
            agree,
            f"the chains {'agree' if agree else 'do not agree'}",
        ),
        _enough("effective draws, centre", found.ess_bulk, limits),
        _enough("effective draws, tails", found.ess_tail, limits),
        Check("divergences", "sampler", found.divergences, limits.divergences, followed, lost),
        Check(
            "energy",
            "sampler",
            found.energy,
            limits.energy,
            reached,
            f"{'the' if reached else 'not all'} tails were reached",
        ),
    )


def _enough(check: str, found: float, limits: Limits) -> Check:
    says = f"the worst parameter rests on what {found:.0f} independent draws would say"
    enough = found >= limits.effective
    return Check(check, "all parameters", found, limits.effective, enough, says)
