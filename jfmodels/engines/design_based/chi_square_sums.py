r"""Tails of weighted sums of chi-squares, which tests under complex designs refer to.

A ratio :math:`\sum_k a_k\chi^2_1 \big/ (\chi^2_\nu/\nu)` exceeds x exactly if
:math:`\sum_k a_k\chi^2_1 - (x/\nu)\,\chi^2_\nu` exceeds 0, so that one rule, the chance of
such a sum to be positive, serves all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, ndtr

__all__ = ["ratio_tail", "ratio_tail_saddlepoint", "satterthwaite"]

type Floats = NDArray[np.float64]
type Complexes = NDArray[np.complex128]

REACH, STEP = 40.0, 0.01  # of the trapezoidal rule, on the scale of asinh
NEAR_MEAN = 1e-4  # below this saddlepoint the approximation divides 0 by 0


def satterthwaite(weights: Floats) -> tuple[float, float]:
    r"""Match a weighted sum of :math:`\chi^2_1` by scale times chi-square [1]_.

    Parameters
    ----------
    weights : ndarray, shape (K,)
        Not negative, not all zero.

    Returns
    -------
    scale, df : float
        Those that give the sum's mean and variance.

    References
    ----------
    .. [1] Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance
       components. Biometrics Bulletin 2, 110-114.

    Examples
    --------
    >>> satterthwaite(np.array([2.0, 2.0, 2.0]))
    (2.0, 3.0)
    """
    total, squares = float(weights.sum()), float(weights @ weights)
    return squares / total, total**2 / squares


def ratio_tail(x: float, weights: Floats, df: float) -> float:
    r"""Exact chance that :math:`\sum_k a_k\chi^2_1 / (\chi^2_\nu/\nu)` exceeds x.

    Parameters
    ----------
    x : float
        Above 0.
    weights : ndarray, shape (K,)
        The :math:`a_k`, above 0.
    df : float
        The :math:`\nu`, above 0; it need not be whole.

    Returns
    -------
    float
        Right to about twelve digits, however small it is.

    Notes
    -----
    The moment generating function of the difference is inverted on the vertical line through
    its saddlepoint [1]_, where the integrand neither oscillates nor cancels, by the trapezoidal
    rule after :math:`t = \sigma\sinh u`, which converges geometrically.

    References
    ----------
    .. [1] Rice, S. O. (1980). Distribution of quadratic forms in normal random variables:
       evaluation by numerical integration. SIAM Journal on Scientific and Statistical
       Computing 1, 438-448.

    Examples
    --------
    Of equal weights it is an F distribution.

    >>> round(ratio_tail(6.0, np.array([1.0, 1.0]), 14.0), 9)
    0.0823543
    >>> round(float(fdtrc(2.0, 14.0, 6.0 / 2)), 9)
    0.0823543
    """
    difference = _difference(x, weights, df, df)
    saddle = difference.saddlepoint()
    at = max(saddle, 0.05 / difference.weights.max())  # right of the pole at 0
    width = 1 / np.sqrt(difference.curvature(at))
    u = np.arange(0.0, REACH, STEP)
    line = at + 1j * width * np.sinh(u)
    height = (np.exp(difference.cumulant(line)) / line).real * np.cosh(u)
    height[0] /= 2
    return float(np.clip(height.sum() * STEP * width / np.pi, 0.0, 1.0))


def ratio_tail_saddlepoint(x: float, weights: Floats, df: float) -> float:
    r"""As :func:`ratio_tail`, by the saddlepoint approximation [1]_ in the form that R gives it.

    R's ``survey`` keeps the whole part of :math:`\nu` where it counts chi-squares and all of
    it where it scales them, and takes Satterthwaite's F where x is near the mean. Both are
    kept, since agreement with R is what this form is for.

    Parameters
    ----------
    x, weights, df
        As in :func:`ratio_tail`.

    References
    ----------
    .. [1] Kuonen, D. (1999). Saddlepoint approximations for distributions of quadratic forms in
       normal variables. Biometrika 86, 929-935.

    Examples
    --------
    >>> round(ratio_tail_saddlepoint(6.0, np.array([1.5, 0.3]), 20.9), 7)
    0.0768051
    """
    difference = _difference(x, weights, df, max(np.floor(df), 1.0))
    at = difference.saddlepoint()
    if abs(at) * difference.weights.max() < NEAR_MEAN:
        scale, own = satterthwaite(weights)
        return float(fdtrc(own, df, x / own / scale))
    w = np.sign(at) * np.sqrt(-2 * difference.cumulant(np.array([at + 0j])).real[0])
    v = at * np.sqrt(difference.curvature(at))
    return float(ndtr(-(w + np.log(v / w) / w)))


@dataclass(frozen=True, slots=True, eq=False)
class _Sum:
    """A weighted sum of chi-squares whose weights have both signs.

    Attributes
    ----------
    weights, df : ndarray, shape (K,)
        Weight and degrees of freedom of each chi-square.
    """

    weights: Floats
    df: Floats

    def cumulant(self, s: Complexes) -> Complexes:
        """Log of the moment generating function."""
        turned: Complexes = -2 * s[:, None] * self.weights
        logs: Complexes = np.log1p(turned)
        return -(logs @ self.df) / 2

    def slope(self, s: float) -> float:
        """First derivative of the cumulant generating function."""
        return float((self.df * self.weights / (1 - 2 * s * self.weights)).sum())

    def curvature(self, s: float) -> float:
        """Second derivative of the cumulant generating function."""
        return float(2 * (self.df * self.weights**2 / (1 - 2 * s * self.weights) ** 2).sum())

    def saddlepoint(self) -> float:
        """Where the slope is 0."""
        from scipy.optimize import brentq  # a tenth of a second to load, for few who ask

        low, high = 1 / (2 * self.weights.min()), 1 / (2 * self.weights.max())
        inside = 1 - 1e-12
        return float(brentq(self.slope, low * inside, high * inside, xtol=1e-15 * high))


def _difference(x: float, weights: Floats, df: float, counted: float) -> _Sum:
    """Numerator less x denominators."""
    return _Sum(np.append(weights, -x / df), np.append(np.ones(len(weights)), counted))
