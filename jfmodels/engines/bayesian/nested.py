r"""The posterior of a multilevel model by nested Laplace approximation, corrected by weights.

Parameters are proposed around the mode of their approximate posterior; given each, the field
is drawn from the normal approximation of its density. Every draw is then weighted by the
exact density over that of the proposal, so the approximation costs precision, not truth, as
long as the weights' tail shape k says that they can be believed [1]_ [2]_.

References
----------
.. [1] Rue, H., Martino, S. and Chopin, N. (2009). Approximate Bayesian inference for latent
   Gaussian models by using integrated nested Laplace approximations. Journal of the Royal
   Statistical Society B 71, 319-392.
.. [2] Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed
   importance sampling. Journal of Machine Learning Research 25(72), 1-58.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.pareto import smooth
from jfmodels.engines.bayesian.proposal import Proposal, lattice
from jfmodels.engines.bayesian.search import Search
from jfmodels.model.latent import Latent

__all__ = ["Nested", "nested_laplace"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

PER_POINT = 4  # fields drawn at each set of parameters, in antithetic pairs
NUMBERS = 3_000_000  # held at a time, so that they stay in the cache
ROUGH = 0.1  # gain of a Newton step that ends the search for a mode: weights forgive the rest
GOOD_K, GOOD_PART = 0.6, 0.35  # weights that need no better approximation of the field


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """Equal-weight draws from a posterior, and whether to believe them.

    Attributes
    ----------
    field : ndarray, shape (S, n)
        The field.
    theta : ndarray, shape (S, h)
        Parameters on the scale of logarithms and logits.
    point : ndarray of int64, shape (S,)
        Which set of parameters each draw belongs to; those of one are not independent.
    pareto_k : float
        Shape of the weights' tail.
    n_effective : float
        Effective number of sets of parameters.
    """

    field: Floats
    theta: Floats
    point: Ints
    pareto_k: float
    n_effective: float


def nested_laplace(model: Latent, draws: int, seed: int) -> Nested:
    """Draw from the posterior of a latent model.

    Parameters
    ----------
    model : Latent
        The model, laid out for data.
    draws : int
        Number S of draws.
    seed : int
        Of the random numbers.

    Raises
    ------
    EstimationError
        If a mode is not found.
    """
    field, rng = Field(model), np.random.default_rng(seed)
    search = Search(field)
    peak = search.peak()
    positive = np.array([each.support == "positive" for each in model.hyperparameters], dtype=bool)
    proposal = Proposal.around(search.evidence, peak, positive)
    shift = rng.random(len(peak.mode) + 1)
    theta = proposal.draw(lattice(-(-draws // PER_POINT), len(shift), shift))
    for refined in (False, True):
        log_weight, fields = _weigh(search, theta, rng, refined)
        log_weight -= proposal.log_density(theta)
        found = _resample(log_weight, fields, theta, draws, rng)
        if found.pareto_k < GOOD_K and found.n_effective > GOOD_PART * theta.shape[1]:
            break
    return found


def _weigh(
    search: Search, theta: Floats, rng: np.random.Generator, refined: bool
) -> tuple[Floats, Floats]:
    """Draw fields at every set of parameters: log weights (J, S) but for the proposal's part,
    and the fields (J, n, S).
    """
    field, n_points = search.field, theta.shape[1]
    size = field.model.size
    at_once = max(1, NUMBERS // max(field.curvature.arrow.n_entries * 4, field.n_rows * 8))
    log_weight, fields = np.empty((PER_POINT, n_points)), np.empty((PER_POINT, size, n_points))
    for first in range(0, n_points, at_once):
        here = slice(first, min(first + at_once, n_points))
        some = theta[:, here]
        found = field.approximate(some, search.start(some), ROUGH)
        found = field.refine(found) if refined else found
        half = rng.standard_normal((PER_POINT // 2, some.shape[1], size))
        standard = np.concatenate([half, -half])
        fields[:, :, here] = found.mode + np.swapaxes(found.factor.spread(standard), 1, 2)
        drawn = found.factor.log_determinant() / 2 - (standard**2).sum(axis=2) / 2
        before = field.beforehand(some)
        for j in range(PER_POINT):
            log_weight[j, here] = field.value(fields[j][:, here], some, before) - drawn[j]
    return log_weight, fields


def _resample(
    log_weight: Floats, fields: Floats, theta: Floats, draws: int, rng: np.random.Generator
) -> Nested:
    """Turn weighted draws into equally weighted ones."""
    flat = log_weight.T.ravel()  # draws of one set of parameters stand together
    weights, k = smooth(np.where(np.isnan(flat), -np.inf, flat))
    of_point = weights.reshape(-1, len(fields)).sum(axis=1)
    ticks = (np.arange(draws) + rng.random()) / draws
    chosen = np.minimum(np.searchsorted(np.cumsum(weights), ticks), len(weights) - 1)
    point, j = np.divmod(chosen, len(fields))
    return Nested(fields[j, :, point], theta[:, point].T, point, k, float(1 / (of_point**2).sum()))
