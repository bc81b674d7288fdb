"""What the answers of rows say of their predictors, each row on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.model.latent import Latent

__all__ = ["Likelihood", "Rows", "log_dispersion"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


class Likelihood(Protocol):
    """The density of answers, as the field needs to see it."""

    @property
    def columns(self) -> csr_array:
        """How N rows load on a channel's part of the field, shape (N, width)."""
        ...

    @property
    def offset(self) -> Floats:
        """Added to the first predictor, shape (N,)."""
        ...

    @property
    def together(self) -> tuple[Ints, Ints]:
        """Pairs of rows whose first predictors have information in common, (M,) each."""
        ...

    @property
    def thresholds(self) -> tuple[tuple[int, int], ...]:
        """Pairs of predictors that have, whatever the row."""
        ...

    def near(self, eta: Floats, theta: Floats) -> Self:
        """The same density, computed with care near some predictors and parameters."""
        ...

    def value(self, eta: Floats, theta: Floats) -> Floats:
        """Log density of all answers under predictors (L, N, B) and parameters (h, B); (B,)."""
        ...

    def derivatives(self, eta: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """Gradient by predictors (L, N, B), and information of pairs.

        Its leading axes are those of the tally's pairs and of rows; where rows are coupled they
        are one axis, and `together` and `thresholds` follow.
        """
        ...


def log_dispersion(model: Latent, theta: Floats) -> Floats:
    """Logarithm of the family's dispersion at parameters (h, B); 0 where it has none."""
    return theta[-1] if model.family.dispersion else np.zeros(theta.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows that have nothing in common but the field.

    Attributes
    ----------
    model : Latent
        The model.
    """

    model: Latent

    @property
    def columns(self) -> csr_array:
        """Those of the model."""
        return self.model.columns

    @property
    def offset(self) -> Floats:
        """That of the model."""
        return self.model.design.offset

    @property
    def together(self) -> tuple[Ints, Ints]:
        """None."""
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)

    @property
    def thresholds(self) -> tuple[tuple[int, int], ...]:
        """None."""
        return ()

    def near(self, eta: Floats, theta: Floats) -> Rows:
        """Itself, as it is exact."""
        return self

    def value(self, eta: Floats, theta: Floats) -> Floats:
        """Log density of all answers, (B,)."""
        model = self.model
        return model.family.tally.value(model.sums, eta, log_dispersion(model, theta))

    def derivatives(self, eta: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """Gradient (L, N, B) and information (P, N, B)."""
        model = self.model
        found = model.family.tally.derivatives(model.sums, eta, log_dispersion(model, theta))
        return found.gradient, found.information
