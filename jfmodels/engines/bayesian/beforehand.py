"""What a model says of its field and its parameters before any answer is seen."""

from __future__ import annotations

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


def natural(hyperparameters: tuple[Hyperparameter, ...], theta: Floats) -> Floats:
    """Parameters (h, B) on their own scale."""
    scale = {"positive": np.exp, "unit": expit, "correlation": np.tanh}
    rows = [scale[each.support](row) for each, row in zip(hyperparameters, theta, strict=True)]
    return np.stack(rows) if rows else np.empty_like(theta)


def log_prior(hyperparameters: tuple[Hyperparameter, ...], theta: Floats) -> Floats:
    """Log density of parameters (h, B) beforehand, on the scale of theta; (B,)."""
    values = natural(hyperparameters, theta)
    total = np.zeros(theta.shape[1])
    for each, value, row in zip(hyperparameters, values, theta, strict=True):
        total = total + each.prior.log_density(value) + _log_jacobian(each.support, value, row)
    return total


def _log_jacobian(support: str, value: Floats, theta: Floats) -> Floats:
    if support == "positive":
        return theta
    if support == "unit":
        return np.log(value) + np.log1p(-value)
    return np.log1p(-(value**2))


def _precision(effect: Effect, values: Floats) -> tuple[Floats, Floats]:
    """Precision (m, m, B) of one group, and the logarithm of its determinant (B,)."""
    root = effect.block.root(np, np.moveaxis(values, 0, -1), effect.known)
    if root.shape[-2] == 1:
        variance = (root**2).sum(axis=(-1, -2))
        return (1 / variance)[None, None], -np.log(variance)
    covariance = root @ np.swapaxes(root, -1, -2)
    return np.moveaxis(np.linalg.inv(covariance), 0, -1), -np.linalg.slogdet(covariance)[1]
