r"""How often a t test finds a change, and what is true of the changes that it finds.

An estimate is :math:`\delta + \sigma Z`, its standard error :math:`\sigma q` with
:math:`q^2 \sim \chi^2_\nu/\nu`, so that t is noncentral with :math:`\delta/\sigma`. Given q all
answers are those of the normal distribution; they are then averaged over q by quadrature, which
unlike the usual series for noncentral t holds far into the tails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv, gammaincinv, ndtr, stdtrit

__all__ = ["TTest", "exaggeration", "power_of", "smallest_change", "wrong_sign"]

type Floats = NDArray[np.float64]

NODES, PLACE_WEIGHTS = np.polynomial.legendre.leggauss(256)
PLACES = (1 + NODES) / 2
TAIL = 1e-15  # probability left out at both ends of q
NEARLY_NORMAL = 1e10  # degrees of freedom beyond which t is the normal distribution
LOG_PLACES = np.linspace(-25, 45, 281)  # of a Laplace transform
STEPS = 60  # halvings: down to the last digit


@dataclass(frozen=True, slots=True, eq=False)
class TTest:
    r"""Two-sided t tests of K differences.

    Attributes
    ----------
    df : ndarray, shape (K,)
        Degrees of freedom :math:`\nu` of the variance as it is estimated.
    df_test : ndarray, shape (K,)
        Those that the test takes, on average over samples. A variance that is added up over
        strata has the one; Satterthwaite's rule, which is told the estimates of the strata, sees
        them more uneven than they are and gives the other, which is lower.
    alpha : float
        Level of the test.
    """

    df: Floats
    df_test: Floats
    alpha: float

    @classmethod
    def of_strata(cls, variance: Floats, nu: Floats, alpha: float) -> TTest:
        r"""Test differences whose variance is added up over H strata.

        With :math:`p_h` the stratum's part of the variance and :math:`x_h \sim p_h\chi^2_{\nu_h}
        /\nu_h` its estimate, :math:`1/\nu = \sum p_h^2/\nu_h`, and the test takes
        :math:`\sum (x_h/\sum x)^2/\nu_h` for it, whose mean is used.

        Parameters
        ----------
        variance, nu : ndarray, shape (K, H)
            Variance of each row in every stratum, and its degrees of freedom.
        alpha : float
            Level of the test.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            part = variance / variance.sum(axis=1, keepdims=True)
            df = 1 / (part**2 / nu).sum(axis=1)
            return cls(df, 1 / _mean_of_inverse(part, nu), alpha)

    @property
    def critical(self) -> Floats:
        """Value of t from which a difference counts as found, shape (K,)."""
        return stdtrit(np.minimum(self.df_test, NEARLY_NORMAL), 1 - self.alpha / 2)


def _mean_of_inverse(part: Floats, nu: Floats) -> Floats:
    r"""Mean of :math:`\sum (x_h/\sum x)^2/\nu_h` for gamma variables with means `part`, (K,).

    Since :math:`1/s^2 = \int t e^{-ts} dt`, it is one integral of products of Laplace transforms,
    taken by the trapezoidal rule over log t.
    """
    t = np.exp(LOG_PLACES)
    return (LOG_PLACES[1] - LOG_PLACES[0]) * np.array(
        [t**2 @ _under_laplace(t, *row) for row in zip(part, nu, strict=True)]
    )


def _under_laplace(t: Floats, part: Floats, nu: Floats) -> Floats:
    r"""Mean of :math:`\sum x_h^2/\nu_h\,e^{-t\sum x}` of one row at every t."""
    shrunk = 1 + 2 * t[:, None] * part / nu
    squares = (part**2 * (1 + 2 / nu) / nu / shrunk**2).sum(axis=1)
    return squares * np.exp(-(nu / 2 * np.log(shrunk)).sum(axis=1))


def power_of(change: Floats, std_error: Floats, test: TTest) -> Floats:
    """Probability that a change is found; arrays of shape (K,)."""
    right, wrong = _found(change, std_error, test, _errors(test.df))
    return right + wrong


def wrong_sign(change: Floats, std_error: Floats, test: TTest) -> Floats:
    """Share of the changes found whose sign is wrong (type S); arrays of shape (K,)."""
    right, wrong = _found(change, std_error, test, _errors(test.df))
    return wrong / (right + wrong)


def exaggeration(change: Floats, std_error: Floats, test: TTest) -> Floats:
    """Mean size of the changes found over the true one (type M); arrays of shape (K,)."""
    d = np.abs(change / std_error)[:, None]
    q, weight = _errors(test.df)
    limit = test.critical[:, None] * q
    size = d * (ndtr(d - limit) - ndtr(-d - limit)) + _density(limit - d) + _density(limit + d)
    return (size * weight).sum(axis=1) / power_of(change, std_error, test) / d[:, 0]


def smallest_change(
    std_error: Callable[[Floats], Floats], test: TTest, power: float, most: Floats
) -> Floats:
    """Find the smallest change that a test finds with a given power.

    Parameters
    ----------
    std_error : callable
        Takes changes (K,) to the standard error of each row if its change is real.
    test : TTest
        Of K rows.
    power : float
        Above the level of the test.
    most : ndarray, shape (K,)
        The largest change that is possible; may be infinite.

    Returns
    -------
    ndarray, shape (K,)
        NaN where even the largest possible change is found less often.
    """
    errors = _errors(test.df)

    def enough(change: Floats) -> NDArray[np.bool_]:
        right, wrong = _found(change, std_error(change), test, errors)
        return right + wrong >= power

    low = np.zeros_like(most)
    # an error five times too large, an estimate ten errors too small
    far = (5 * test.critical + 10) * std_error(low)
    high = np.where(np.isfinite(most), most, far)
    reached = enough(high)
    for _ in range(STEPS):
        middle = (low + high) / 2
        found = enough(middle)
        low, high = np.where(found, low, middle), np.where(found, middle, high)
    return np.where(reached, high, np.nan)


def _found(
    change: Floats, std_error: Floats, test: TTest, errors: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Probabilities to find a change with its own sign, and with the other."""
    with np.errstate(divide="ignore", invalid="ignore"):  # with no error any change is found
        d = np.abs(change / std_error)[:, None]
    q, weight = errors
    limit = test.critical[:, None] * q
    right, wrong = ndtr(d - limit) * weight, ndtr(-d - limit) * weight
    return right.sum(axis=1), wrong.sum(axis=1)


def _errors(df: Floats) -> tuple[Floats, Floats]:
    """Estimated over true standard errors, and their weights, of shape (K, Q) each."""
    nu = np.minimum(df, NEARLY_NORMAL)
    low, high = (
        np.sqrt(2 * inverse(nu / 2, TAIL) / nu)[:, None] for inverse in (gammaincinv, gammainccinv)
    )
    q = low + (high - low) * PLACES**3  # dense at 0, where the density of few df has a corner
    log_density = (nu[:, None] - 1) * np.log(q) - nu[:, None] * (q**2 - 1) / 2
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    weight = PLACE_WEIGHTS * PLACES**2 * density
    return q, weight / weight.sum(axis=1, keepdims=True)


def _density(z: Floats) -> Floats:
    """Density of the standard normal."""
    density: Floats = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return density
