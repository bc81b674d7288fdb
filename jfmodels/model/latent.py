"""A multilevel model laid out for data: rows, the latent field, and its parameters.

The field x holds everything that is normal beforehand: coefficients, thresholds and effects.
Row i's predictors follow from it linearly. What remains, standard deviations and their kin,
are the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from jfmodels.model.basis import Basis
from jfmodels.model.design_matrix import DesignMatrix
from jfmodels.model.effect_layout import Effect
from jfmodels.model.families import Family
from jfmodels.model.priors import Prior

__all__ = ["Hyperparameter", "Latent"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """A parameter that is not normal beforehand.

    Attributes
    ----------
    name : str
        As users call it: "sd(commune)", "cor(region: 1, time)", "sigma".
    support : str
        "positive", "unit" or "correlation"; engines work with its logarithm, logit or atanh.
    prior : Prior
        What is believed of it beforehand.
    """

    name: str
    support: str
    prior: Prior


@dataclass(frozen=True, eq=False)
class Latent:
    """A model laid out for N distinct rows.

    The field stacks, for each free predictor d ("channel"), the q numbers that coefficients
    are made of and all effects, and at its end the thresholds.

    Attributes
    ----------
    family : Family
        The distribution of answers.
    categories : tuple of str
        Answers that are modelled; empty for numbers.
    design : DesignMatrix
        Of the rows' patterns, with the intercept.
    basis : Basis
        The q numbers, independent beforehand, that coefficients are made of; without the
        intercept where thresholds stand in for it.
    effects : tuple of Effect
        Random terms.
    hyperparameters : tuple of Hyperparameter
        Of all effects in order, and the family's dispersion at the end.
    names : tuple of str
        Names of the p coefficients.
    threshold_mean, threshold_sd : ndarray, shape (A - 1,) or (0,)
        Prior of the thresholds.
    threshold_names : tuple of str
        Their names.
    row : ndarray of int64, shape (K,)
        Row of every kind of answer.
    answer, n : ndarray, shape (K,)
        The kinds of answer, and how many gave them (or their weight).
    integrated : Effect or None
        A random term that is no part of the field: the likelihood is an integral over it.
    """

    family: Family
    categories: tuple[str, ...]
    design: DesignMatrix
    basis: Basis
    effects: tuple[Effect, ...]
    hyperparameters: tuple[Hyperparameter, ...]
    names: tuple[str, ...]
    threshold_mean: Floats
    threshold_sd: Floats
    threshold_names: tuple[str, ...]
    row: Ints
    answer: Floats
    n: Floats
    integrated: Effect | None = None

    @property
    def every_effect(self) -> tuple[Effect, ...]:
        """All random terms, in the field or not, in the order of their parameters."""
        beside = () if self.integrated is None else (self.integrated,)
        return tuple(sorted((*self.effects, *beside), key=lambda each: each.parameters.start))

    def integrate(self, effect: int) -> Latent:
        """Take an effect out of the field, to be integrated over in the likelihood."""
        kept = tuple(each for k, each in enumerate(self.effects) if k != effect)
        return replace(self, effects=kept, integrated=self.effects[effect])

    @property
    def fixed(self) -> Floats:
        """How rows load on what coefficients are made of, shape (N, q)."""
        return self.basis.matrix

    @property
    def n_fixed(self) -> int:
        """Number q of what coefficients are made of."""
        return len(self.basis.names)

    @property
    def n_categories(self) -> int:
        """Number of answers that are modelled; 0 for numbers."""
        return len(self.categories)

    @property
    def n_thresholds(self) -> int:
        """Number of thresholds."""
        return len(self.threshold_mean)

    @property
    def n_channels(self) -> int:
        """Number of free predictors that coefficients and effects act upon."""
        return sum(block == "x" for block in self.family.blocks(self.n_categories))

    @property
    def width(self) -> int:
        """Length of the field's part for one channel."""
        return self.n_fixed + sum(effect.size for effect in self.effects)

    @property
    def size(self) -> int:
        """Length of the field."""
        return self.n_channels * self.width + self.n_thresholds

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each effect starts within a channel."""
        sizes = [self.n_fixed, *(effect.size for effect in self.effects)]
        return tuple(int(each) for each in np.cumsum(sizes)[:-1])

    def places(self, effect: int) -> Ints:
        """Places of an effect's coordinates in the field, shape (G, m, n_channels)."""
        each = self.effects[effect]
        within = np.arange(each.size).reshape(len(each.levels), len(each.coordinates), 1)
        return self.starts[effect] + within + self.width * np.arange(self.n_channels)

    @cached_property
    def columns(self) -> csr_array:
        """How rows load on a channel's part of the field, shape (N, width)."""
        parts = [csr_array(self.fixed), *(effect.design() for effect in self.effects)]
        return csr_array(hstack(parts, format="csr"))

    @cached_property
    def distinct(self) -> Ints:
        """Number the rows, those that depend on the field alike by one number; (N,)."""
        loadings = [part for each in self.effects for part in (each.group, each.loading)]
        told = np.column_stack([self.fixed, self.design.offset, *loadings])
        return np.unique(told, axis=0, return_inverse=True)[1].ravel()

    def fixed_part(self, patterns: pd.DataFrame) -> Floats:
        """How other patterns load on what coefficients are made of, shape (P, q)."""
        return self.basis.encoder.matrix(patterns)

    def predictors(self, columns: csr_array, offset: Floats, x: Floats) -> Floats:
        """Linear predictors of P patterns under fields (n, B); shape (L, P, B)."""
        shaped = x[: self.n_channels * self.width].reshape(self.n_channels, self.width, x.shape[1])
        free = [columns @ each for each in shaped]
        if self.family.coding is not None:
            free = list(np.tensordot(self.coding, np.stack(free), axes=1))
        free[0] = free[0] + offset[:, None]
        thresholds = x[self.n_channels * self.width :]
        return np.stack([*free, *(np.broadcast_to(each, free[0].shape) for each in thresholds)])

    @cached_property
    def coding(self) -> Floats:
        """Predictors as combinations of channels, shape (L, n_channels)."""
        if self.family.coding is None:
            return np.eye(self.n_channels)
        return self.family.coding(self.n_channels)

    @cached_property
    def sums(self) -> Floats:
        """Sums of the answers of every row, shape (N, T)."""
        columns = self.family.tally.columns(self.answer, self.n_categories) * self.n[:, None]
        place = csr_array(
            (np.ones(len(self.row)), (self.row, np.arange(len(self.row)))),
            shape=(len(self.fixed), len(self.row)),
        )
        return place @ columns
