r"""How often a t test finds a change, and what is true of the changes that it finds.

An estimate is :math:`\delta + \sigma Z`, its standard error :math:`\sigma q` with
:math:`q^2 \sim \chi^2_\nu/\nu`, so that t is noncentral with :math:`\delta/\sigma`. Given q all
answers are those of the normal distribution; they are then averaged over q by quadrature, which
unlike the usual series for noncentral t holds far into the tails.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv, gammaincinv, ndtr, stdtrit

__all__ = ["exaggeration", "power_of", "smallest_change", "wrong_sign"]

type Floats = NDArray[np.float64]

NODES, PLACE_WEIGHTS = np.polynomial.legendre.leggauss(256)
PLACES = (1 + NODES) / 2
TAIL = 1e-15  # probability left out at both ends of q
NEARLY_NORMAL = 1e10  # degrees of freedom beyond which t is the normal distribution
STEPS = 60  # halvings: down to the last digit


def power_of(change: Floats, std_error: Floats, df: Floats, alpha: float) -> Floats:
    """Probability that a two-sided t test at `alpha` finds a change; arrays of one shape (K,)."""
    right, wrong = _found(change, std_error, df, alpha)
    return right + wrong


def wrong_sign(change: Floats, std_error: Floats, df: Floats, alpha: float) -> Floats:
    """Share of the changes found whose sign is wrong (type S); arrays of one shape (K,)."""
    right, wrong = _found(change, std_error, df, alpha)
    return wrong / (right + wrong)


def exaggeration(change: Floats, std_error: Floats, df: Floats, alpha: float) -> Floats:
    """Mean size of the changes found over the true one (type M); arrays of one shape (K,)."""
    d = np.abs(change / std_error)
    q, weight, critical = _errors(df, alpha)
    d_, limit = d[:, None], critical[:, None] * q
    size = d_ * (ndtr(d_ - limit) - ndtr(-d_ - limit)) + _density(limit - d_) + _density(limit + d_)
    with np.errstate(divide="ignore"):
        return (size * weight).sum(axis=1) / power_of(change, std_error, df, alpha) / d


def smallest_change(
    std_error: Callable[[Floats], Floats], df: Floats, power: float, alpha: float, most: Floats
) -> Floats:
    """Find the smallest change that a two-sided t test finds with a given power.

    Parameters
    ----------
    std_error : callable
        Takes changes (K,) to the standard error of each row if its change is real.
    df : ndarray, shape (K,)
        Degrees of freedom.
    power, alpha : float
        Of the test.
    most : ndarray, shape (K,)
        The largest change that is possible; may be infinite.

    Returns
    -------
    ndarray, shape (K,)
        NaN where even the largest possible change is found less often.
    """
    # t of the worst case: an error five times too large, an estimate ten errors too small
    far = 5 * stdtrit(np.minimum(df, NEARLY_NORMAL), 1 - alpha / 2) + 10
    low = np.zeros_like(df)
    high = np.where(np.isfinite(most), most, far * std_error(low))
    reached = power_of(high, std_error(high), df, alpha) >= power
    for _ in range(STEPS):
        middle = (low + high) / 2
        enough = power_of(middle, std_error(middle), df, alpha) >= power
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(reached, high, np.nan)


def _found(change: Floats, std_error: Floats, df: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Probabilities to find a change with its own sign, and with the other."""
    d = np.abs(change / std_error)[:, None]
    q, weight, critical = _errors(df, alpha)
    limit = critical[:, None] * q
    right, wrong = ndtr(d - limit) * weight, ndtr(-d - limit) * weight
    return right.sum(axis=1), wrong.sum(axis=1)


def _errors(df: Floats, alpha: float) -> tuple[Floats, Floats, Floats]:
    """Estimated over true standard errors (K, Q), their weights (K, Q), critical values (K,)."""
    nu = np.minimum(df, NEARLY_NORMAL)
    low, high = (
        np.sqrt(2 * inverse(nu / 2, TAIL) / nu)[:, None] for inverse in (gammaincinv, gammainccinv)
    )
    q = low + (high - low) * PLACES**3  # dense at 0, where the density of few df has a corner
    log_density = (nu[:, None] - 1) * np.log(q) - nu[:, None] * (q**2 - 1) / 2
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    weight = PLACE_WEIGHTS * PLACES**2 * density
    return q, weight / weight.sum(axis=1, keepdims=True), stdtrit(nu, 1 - alpha / 2)


def _density(z: Floats) -> Floats:
    """Density of the standard normal."""
    density: Floats = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return density
