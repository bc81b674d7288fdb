"""What is believed of parameters beforehand: one record per distribution.

To add one, write its record here; both engines ask only for what :class:`Prior` lists, and a
sampler's translation is looked up by the record's class.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log, pi
from numbers import Real
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import SpecError

__all__ = ["LKJ", "Beta", "Exponential", "HalfNormal", "HalfStudentT", "Normal", "Prior"]

type Floats = NDArray[np.float64]


class Prior(Protocol):
    """A distribution of one number."""

    @property
    def support(self) -> str:
        """Where the number may lie: "real", "positive", "unit" or "correlation"."""
        ...

    def log_density(self, value: Floats) -> Floats:
        """Log density, up to nothing."""
        ...

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw numbers, shape (size,)."""
        ...


def _require_positive(record: object, **values: object) -> None:
    """Refuse scales and shapes that are no positive numbers."""
    for name, value in values.items():
        number = isinstance(value, Real) and not isinstance(value, bool)
        if not number or not 0 < float(str(value)) < np.inf:
            raise SpecError(
                f"{type(record).__name__}({name}=) is a positive number; found {value!r}."
            )


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal prior, for coefficients and thresholds.

    Parameters
    ----------
    mean, sd : float
        Mean and standard deviation.

    Examples
    --------
    >>> Normal(0, 2.5).support
    'real'
    """

    mean: float
    sd: float

    support = "real"

    def __post_init__(self) -> None:
        mean: object = self.mean
        if isinstance(mean, bool) or not isinstance(mean, Real):
            raise SpecError(f"Normal(mean=) is a number; found {mean!r}.")
        _require_positive(self, sd=self.sd)

    def log_density(self, value: Floats) -> Floats:
        """Log density."""
        return -(((value - self.mean) / self.sd) ** 2) / 2 - log(self.sd) - log(2 * pi) / 2

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw numbers, shape (size,)."""
        return rng.normal(self.mean, self.sd, size)


@dataclass(frozen=True, slots=True)
class HalfNormal:
    """A half-normal prior, for standard deviations [1]_.

    Parameters
    ----------
    sd : float
        Standard deviation of the normal that is folded; the mean is 0.8 of it.

    References
    ----------
    .. [1] Gelman, A. (2006). Prior distributions for variance parameters in hierarchical
       models. Bayesian Analysis 1, 515-534.

    Examples
    --------
    >>> HalfNormal(1.0).log_density(np.array([0.0])).round(4).tolist()
    [-0.2258]
    """

    sd: float

    support = "positive"

    def __post_init__(self) -> None:
        _require_positive(self, sd=self.sd)

    def log_density(self, value: Floats) -> Floats:
        """Log density."""
        return -((value / self.sd) ** 2) / 2 - log(self.sd) + log(2 / pi) / 2

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw numbers, shape (size,)."""
        return np.abs(rng.normal(0.0, self.sd, size))


@dataclass(frozen=True, slots=True)
class HalfStudentT:
    """A half-t prior, for standard deviations that may be large.

    Parameters
    ----------
    df, scale : float
        Degrees of freedom and scale of the t that is folded.

    Examples
    --------
    >>> HalfStudentT(3, 2.5).support
    'positive'
    """

    df: float
    scale: float

    support = "positive"

    def __post_init__(self) -> None:
        _require_positive(self, df=self.df, scale=self.scale)

    def log_density(self, value: Floats) -> Floats:
        """Log density."""
        half = (self.df + 1) / 2
        constant = lgamma(half) - lgamma(self.df / 2) - log(self.df * pi) / 2
        tail: Floats = np.log1p((value / self.scale) ** 2 / self.df)
        return constant + log(2 / self.scale) - half * tail

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw numbers, shape (size,)."""
        return self.scale * np.abs(rng.standard_t(self.df, size))


@dataclass(frozen=True, slots=True)
class Exponential:
    """An exponential prior, for standard deviations; also known as a penalised-complexity prior.

    Parameters
    ----------
    mean : float
        Mean, the inverse of the rate.

    Examples
    --------
    >>> Exponential(0.5).log_density(np.array([0.0])).round(4).tolist()
    [0.6931]
    """

    mean: float

    support = "positive"

    def __post_init__(self) -> None:
        _require_positive(self, mean=self.mean)

    def log_density(self, value: Floats) -> Floats:
        """Log density."""
        return -value / self.mean - log(self.mean)

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw numbers, shape (size,)."""
        return rng.exponential(self.mean, size)


@dataclass(frozen=True, slots=True)
class Beta:
    """A beta prior, for numbers between 0 and 1.

    Parameters
    ----------
    a, b : float
        Shapes; ``Beta(1, 1)`` is uniform.

    Examples
    --------
    >>> Beta(1, 1).log_density(np.array([0.3])).tolist()
    [0.0]
    """

    a: float
    b: float

    support = "unit"

    def __post_init__(self) -> None:
        _require_positive(self, a=self.a, b=self.b)

    def log_density(self, value: Floats) -> Floats:
        """Log density."""
        constant = lgamma(self.a + self.b) - lgamma(self.a) - lgamma(self.b)
        below: Floats = np.log1p(-value)
        return constant + (self.a - 1) * np.log(value) + (self.b - 1) * below

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw numbers, shape (size,)."""
        return rng.beta(self.a, self.b, size)


@dataclass(frozen=True, slots=True)
class LKJ:
    r"""The prior of Lewandowski, Kurowicka and Joe for correlations of slopes [1]_.

    The correlation matrix has density proportional to :math:`|R|^{\eta - 1}`; its partial
    correlations are independent beta numbers on (-1, 1), with :math:`b = \eta + (q - 2 - j)/2`
    for those given j others.

    Parameters
    ----------
    eta : float
        Shape; 1 is uniform over correlation matrices, more is closer to none.
    partial : float, default 0.0
        What the other correlations of the matrix add to the shape, (q - 2 - j)/2; set by the
        model.

    References
    ----------
    .. [1] Lewandowski, D., Kurowicka, D. and Joe, H. (2009). Generating random correlation
       matrices based on vines and extended onion method. Journal of Multivariate Analysis
       100, 1989-2001.

    Examples
    --------
    >>> LKJ(1).log_density(np.array([0.5])).round(4).tolist()
    [-0.6931]
    """

    eta: float
    partial: float = 0.0

    support = "correlation"

    def __post_init__(self) -> None:
        _require_positive(self, eta=self.eta)

    @property
    def shape(self) -> float:
        """Both shapes of the beta distribution on (-1, 1)."""
        return self.eta + self.partial

    def log_density(self, value: Floats) -> Floats:
        """Log density of one partial correlation."""
        b = self.shape
        constant = lgamma(2 * b) - 2 * lgamma(b) - (2 * b - 1) * log(2)
        inside: Floats = np.log1p(-(value**2))
        return constant + (b - 1) * inside

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw partial correlations, shape (size,)."""
        return 2 * rng.beta(self.shape, self.shape, size) - 1
