r"""Importance weights that can be believed: Pareto smoothing, and its diagnostic.

Source: Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed
importance sampling. Journal of Machine Learning Research 25(72), 1-58; the tail is fitted
after Zhang, J. and Stephens, M. A. (2009). A new and efficient estimation method for the
generalized Pareto distribution. Technometrics 51, 316-325.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["fit_pareto", "smooth"]

type Floats = NDArray[np.float64]

PRIOR_SHAPE, PRIOR_SIZE = 0.5, 10  # weak information that steadies the shape of short tails
SHORTEST = 5  # a tail of fewer weights is left alone


def smooth(log_weights: Floats) -> tuple[Floats, float]:
    r"""Replace the largest weights by quantiles of a Pareto tail.

    Parameters
    ----------
    log_weights : ndarray, shape (S,)
        Log importance ratios, up to a constant; -inf counts as 0.

    Returns
    -------
    weights : ndarray, shape (S,)
        Smoothed weights that sum to 1.
    k : float
        Shape :math:`\hat k` of the tail: above 0.7 the weights cannot be believed.
    """
    weights = np.exp(log_weights - log_weights.max())
    size = int(min(0.2 * len(weights), 3 * np.sqrt(len(weights))))
    if size < SHORTEST or np.ptp(weights) == 0:
        return weights / weights.sum(), -np.inf
    order = np.argsort(weights)
    tail, cut = order[-size:], weights[order[-size - 1]]
    k, scale = fit_pareto(weights[tail] - cut)
    if np.isfinite(k):
        weights[tail] = np.minimum(cut + _quantiles(k, scale, size), 1.0)
    return weights / weights.sum(), k


def fit_pareto(excess: Floats) -> tuple[float, float]:
    """Estimate shape and scale of a generalised Pareto distribution.

    Parameters
    ----------
    excess : ndarray, shape (n,)
        Positive numbers in ascending order.
    """
    n = len(excess)
    if excess[-1] <= 0 or excess[int(n / 4 + 0.5) - 1] <= 0:
        return (np.inf, 0.0) if excess[-1] > 0 else (-np.inf, 0.0)
    grid = 30 + int(np.sqrt(n))
    quartile = excess[int(n / 4 + 0.5) - 1]
    theta = 1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))
    theta = theta / (3 * quartile) + 1 / excess[-1]
    shape = np.log1p(-theta[:, None] * excess).mean(axis=1)
    profile = n * (np.log(-theta / shape) - shape - 1)
    weight = np.exp(profile - profile.max())
    best = float(theta @ weight / weight.sum())
    k = float(np.log1p(-best * excess).mean())
    scale = -k / best
    return (k * n + PRIOR_SHAPE * PRIOR_SIZE) / (n + PRIOR_SIZE), scale


def _quantiles(k: float, scale: float, n: int) -> Floats:
    """Expected order statistics, at the middle of n equal parts."""
    p = (np.arange(n) + 0.5) / n
    if abs(k) < 1e-12:
        return -scale * np.log1p(-p)
    quantiles: Floats = scale * np.expm1(-k * np.log1p(-p)) / k
    return quantiles
