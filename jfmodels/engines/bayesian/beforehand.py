"""What a model says of its field and its parameters before any answer is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from jfmodels.model.effect_layout import Effect
from jfmodels.model.latent import Hyperparameter, Latent

__all__ = ["Beforehand", "log_prior", "natural"]

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Beforehand:
    """The field's density beforehand at B sets of parameters.

    Attributes
    ----------
    precision : tuple of ndarray, shape (m, m, B)
        Of one group of each effect.
    constant : ndarray, shape (B,)
        Log density where the field is at its mean, and of the parameters, up to a constant.
    """

    precision: tuple[Floats, ...]
    constant: Floats

    @classmethod
    def of(cls, model: Latent, theta: Floats) -> Beforehand:
        """Work out precisions and constants at parameters (h, B)."""
        values = natural(model.hyperparameters, theta)
        constant = log_prior(model.hyperparameters, theta)
        precisions = []
        for effect in model.effects:
            precision, log_determinant = _precision(effect, values[effect.parameters])
            constant = constant + len(effect.levels) * model.n_channels * log_determinant / 2
            precisions.append(precision)
        if model.family.tally.beyond is not None:
            constant = constant + model.family.tally.beyond(model.answer, model.n, theta[-1])
        return cls(tuple(precisions), constant)

    def some(self, kept: NDArray[np.bool_]) -> Beforehand:
        """Those of the sets that are kept, (B,)."""
        precision = tuple(each[..., kept] for each in self.precision)
        return Beforehand(precision, self.constant[kept])


# Nearer to 1 than by 2e-9, a correlation leaves no curvature in double precision.
SCALE: Mapping[str, Callable[[Floats], Floats]] = {
    "positive": np.exp,
    "unit": lambda theta: expit(np.clip(theta, -20, 20)),
    "correlation": lambda theta: np.tanh(np.clip(theta, -10, 10)),
}
LOG_JACOBIAN: Mapping[str, Callable[[Floats], Floats]] = {
    "positive": lambda theta: theta,
    "unit": lambda theta: -np.abs(theta) - 2 * np.log1p(np.exp(-np.abs(theta))),
    "correlation": lambda theta: np.log(4) + LOG_JACOBIAN["unit"](2 * theta),
}


def natural(hyperparameters: tuple[Hyperparameter, ...], theta: Floats) -> Floats:
    """Parameters (h, B) on their own scale."""
    rows = [SCALE[each.support](row) for each, row in zip(hyperparameters, theta, strict=True)]
    return np.stack(rows) if rows else np.empty_like(theta)


def log_prior(hyperparameters: tuple[Hyperparameter, ...], theta: Floats) -> Floats:
    """Log density of parameters (h, B) beforehand, on the scale of theta; (B,)."""
    values = natural(hyperparameters, theta)
    total = np.zeros(theta.shape[1])
    for each, value, row in zip(hyperparameters, values, theta, strict=True):
        total = total + each.prior.log_density(value) + LOG_JACOBIAN[each.support](row)
    return total


def _precision(effect: Effect, values: Floats) -> tuple[Floats, Floats]:
    """Precision (m, m, B) of one group, and the logarithm of its determinant (B,)."""
    root = effect.block.root(np, np.moveaxis(values, 0, -1), effect.known)
    if root.shape[-2] == 1:
        variance = (root**2).sum(axis=(-1, -2))
        return (1 / variance)[None, None], -np.log(variance)
    covariance = root @ np.swapaxes(root, -1, -2)
    return np.moveaxis(np.linalg.inv(covariance), 0, -1), -np.linalg.slogdet(covariance)[1]
