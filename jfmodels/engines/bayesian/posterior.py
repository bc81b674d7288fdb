"""What a Bayesian engine knows after fitting, whichever way it drew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.bayesian.beforehand import natural
from jfmodels.model.effect_layout import Effect
from jfmodels.model.latent import Latent
from jfmodels.results.draws import Draws, MonteCarlo
from jfmodels.results.engine import Check

__all__ = ["Posterior"]

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Equally weighted draws of a latent model's field and parameters.

    Attributes
    ----------
    latent : Latent
        The model, laid out for data.
    field : ndarray, shape (S, n)
        The field.
    theta : ndarray, shape (S, h)
        Parameters on the scale of logarithms and logits.
    error : MonteCarlo
        How far means of draws may be off.
    checks : sequence of Check
        Whether the draws are to be believed.
    failed : bool
        Whether they are not.
    """

    latent: Latent
    field: Floats
    theta: Floats
    error: MonteCarlo
    checks: Sequence[Check]
    failed: bool

    @property
    def flag(self) -> tuple[str, ...]:
        """Codes that everything drawn from it carries."""
        return ("fit_failed",) if self.failed else ()

    @property
    def n_draws(self) -> int:
        """Number S of draws."""
        return len(self.field)

    @property
    def parameters(self) -> Floats:
        """Parameters on their own scale, shape (S, h)."""
        return natural(self.latent.hyperparameters, self.theta.T).T

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients of every predictor, and of thresholds."""
        latent = self.latent
        if latent.n_channels == 1:
            return (*latent.names, *latent.threshold_names)
        return tuple(
            f"{category}: {name}" for category in latent.categories[1:] for name in latent.names
        )

    def coefficients(self) -> Draws:
        """Draws of the coefficients of every predictor, and of thresholds."""
        latent = self.latent
        q, c = latent.n_fixed, latent.n_channels
        free = self.field[:, : c * latent.width].reshape(self.n_draws, c, latent.width)[:, :, :q]
        every = np.einsum("ld,sdq,pq->slp", latent.coding, free, latent.basis.coefficients)
        named = [latent.design.names.index(name) for name in latent.names]
        thresholds = self.field[:, c * latent.width :]
        if latent.n_thresholds:  # they take the intercept's place, where references are
            thresholds = thresholds - every[:, 0, latent.design.names.index("Intercept"), None]
        drawn = np.concatenate([every[:, :, named].reshape(len(free), -1), thresholds], axis=1)
        return Draws(drawn, self.error)

    def effects(self, k: int) -> Floats:
        """Draws of an effect on every predictor, shape (S, G, m, L)."""
        latent = self.latent
        each = latent.effects[k]
        start, c = latent.starts[k], latent.n_channels
        free = self.field[:, : c * latent.width].reshape(self.n_draws, c, latent.width)
        free = free[:, :, start : start + each.size]
        shaped = free.reshape(-1, c, len(each.levels), len(each.coordinates))
        drawn: Floats = np.einsum("ld,sdgm->sgml", latent.coding, shaped)
        return drawn

    def covariance(self, effect: Effect) -> Floats:
        """Draws of the covariance of a group's coordinates, shape (S, m, m)."""
        values = self.parameters[:, effect.parameters]
        root: Floats = effect.block.root(np, values, effect.known)
        return root @ np.swapaxes(root, -1, -2)
