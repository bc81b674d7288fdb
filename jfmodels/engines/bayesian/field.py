r"""The latent field of a model given its parameters: mode, normal approximation, evidence.

For B sets of parameters at once, as operations on arrays whose last axis is B. Given
:math:`\theta`, the log density of the field is concave for the families of this package; its
mode is found by Newton's method, and its curvature there is an arrow-shaped matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from jfmodels.engines.bayesian.arrow import Factor
from jfmodels.engines.bayesian.beforehand import Beforehand
from jfmodels.engines.bayesian.curvature import Curvature
from jfmodels.engines.bayesian.likelihood import Likelihood, Rows
from jfmodels.engines.bayesian.panel import Panel
from jfmodels.errors import EstimationError
from jfmodels.model.latent import Latent

__all__ = ["Approximation", "Field"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

ROUNDS, HALVINGS = 60, 30
# Loss of log density that may be an integral's error: little, but where Newton's step gains so
# little that it is to be trusted, as where people differ too much for the rule of integration.
SLACK, SURE = 1e-3, 0.1
ENOUGH = 0.9  # part of the modes; the others, far out, cost precision of the weights, not truth
NODES = tuple(each / (1 if k == 0 else np.sqrt(2 * np.pi)) for k, each in enumerate(hermegauss(5)))


@dataclass(frozen=True, slots=True, eq=False)
class Approximation:
    """Normal approximations of the field at B sets of parameters.

    Attributes
    ----------
    theta : ndarray, shape (h, B)
        The parameters.
    mode : ndarray, shape (n, B)
        Where each field's density is highest.
    factor : Factor
        Of the B curvatures there, or a step away.
    """

    theta: Floats
    mode: Floats
    factor: Factor

    def some(self, kept: NDArray[np.bool_]) -> Approximation:
        """Those of the sets that are kept, (B,)."""
        return Approximation(self.theta[:, kept], self.mode[:, kept], self.factor.some(kept))


@dataclass(frozen=True, eq=False)
class Field:
    """The field of a latent model.

    Parameters
    ----------
    model : Latent
        The model, laid out for data.
    given : Likelihood, optional
        How the density of answers is computed.
    """

    model: Latent
    given: Likelihood | None = None

    @cached_property
    def likelihood(self) -> Likelihood:
        """What the answers say of the predictors."""
        if self.given is not None:
            return self.given
        return Rows(self.model) if self.model.integrated is None else Panel.of_model(self.model)

    @cached_property
    def curvature(self) -> Curvature:
        """Which entries the curvature of the log density has."""
        return Curvature(self.model, self.likelihood)

    def near(self, x: Floats, theta: Floats) -> Field:
        """The same, its likelihood computed with care near fields (n, B) and parameters (h, B)."""
        return Field(self.model, self.likelihood.near(self.eta(x), theta))

    @cached_property
    def mean(self) -> Floats:
        """Mean beforehand, shape (n,)."""
        return self._fixed(self.model.basis.mean, self.model.threshold_mean)

    @cached_property
    def fixed_precision(self) -> Floats:
        """Precision beforehand of coefficients and thresholds; 0 for effects, shape (n,)."""
        return self._fixed(self.model.basis.sd**-2.0, self.model.threshold_sd**-2.0)

    def _fixed(self, coefficients: Floats, thresholds: Floats) -> Floats:
        model = self.model
        one = np.concatenate([coefficients, np.zeros(model.width - len(coefficients))])
        return np.concatenate([np.tile(one, model.n_channels), thresholds])

    @property
    def n_rows(self) -> int:
        """Number N of rows that the likelihood tells apart."""
        return self.likelihood.columns.shape[0]

    def eta(self, x: Floats) -> Floats:
        """Linear predictors of the rows under fields (n, B); shape (L, N, B)."""
        return self.model.predictors(self.likelihood.columns, self.likelihood.offset, x)

    def beforehand(self, theta: Floats) -> Beforehand:
        """Precisions and constants at parameters (h, B)."""
        return Beforehand.of(self.model, theta)

    def value(self, x: Floats, theta: Floats, before: Beforehand) -> Floats:
        """Log density of answers, field (n, B) and parameters (h, B), up to a constant; (B,)."""
        return self.likelihood.value(self.eta(x), theta) + self._log_prior(x, before)

    def _log_prior(self, x: Floats, before: Beforehand) -> Floats:
        away = x - self.mean[:, None]
        square = self.fixed_precision @ away**2
        for k, precision in enumerate(before.precision):
            u = x[self.model.places(k)]
            square = square + (np.einsum("gmdb,mkb->gkdb", u, precision) * u).sum(axis=(0, 1, 2))
        return before.constant - square / 2

    def evidence(self, found: Approximation) -> Floats:
        """Laplace's approximation of the log density of answers and parameters, (B,)."""
        value = self.value(found.mode, found.theta, self.beforehand(found.theta))
        return value - found.factor.log_determinant() / 2

    def approximate(self, theta: Floats, start: Floats, gain: float) -> Approximation:
        """Find the modes of the field at parameters (h, B), beginning at fields (n, B).

        Parameters
        ----------
        theta, start : ndarray
            Parameters and fields.
        gain : float
            The search ends once no step would gain more, in log density.

        Raises
        ------
        EstimationError
            If Newton's method does not converge.
        """
        before = self.beforehand(theta)
        x, value, left = start, None, np.arange(theta.shape[1])
        found: list[tuple[Ints, Approximation]] = []
        for _ in range(ROUNDS):
            gradient, entries = self.derivatives(x, theta, before)
            factor = Factor.of(self.curvature.arrow, np.ascontiguousarray(entries.T))
            step = factor.solve(gradient.T).T
            higher = (gradient * step).sum(axis=0) / 2
            done = higher < gain
            reached = Approximation(theta, x + step, factor)
            if done.all():
                return together([*found, (left, reached)])
            found.append((left[done], reached.some(done)))
            more = ~done
            left, theta, before = left[more], theta[:, more], before.some(more)
            x, step = x[:, more], step[:, more]
            value = self.value(x, theta, before) if value is None else value[more]
            x, value = self._halve(x, step, value, theta, before, higher[more])
        if len(left) < (1 - ENOUGH) * start.shape[1]:
            return together([*found, (left, Approximation(theta, x, factor.some(more)))])
        raise EstimationError(
            f"The field's mode was not found in {ROUNDS} rounds. Leave terms out, or use "
            "engine='nuts'."
        )

    def refine(self, found: Approximation) -> Approximation:
        r"""Turn normal approximations at modes into those closest to the density.

        Mean and precision solve :math:`E\,\nabla \log p = 0` and :math:`Q = -E\,\nabla^2 \log p`
        under the approximation itself [1]_; one step from the mode goes most of the way. Where
        groups are small and answers rare, the density leans, and its mode is not its middle.

        References
        ----------
        .. [1] Opper, M. and Archambeau, C. (2009). The variational Gaussian approximation
           revisited. Neural Computation 21, 786-792.
        """
        if self.model.n_channels > 1:
            return found
        before = self.beforehand(found.theta)
        spread = np.sqrt(self.curvature.row_variances(found.factor))
        gradient, entries = self.derivatives(found.mode, found.theta, before, spread)
        factor = Factor.of(self.curvature.arrow, np.ascontiguousarray(entries.T))
        middle = found.mode + factor.solve(gradient.T).T
        return Approximation(found.theta, middle, factor)

    def _halve(
        self,
        x: Floats,
        step: Floats,
        value: Floats,
        theta: Floats,
        before: Beforehand,
        gain: Floats,
    ) -> tuple[Floats, Floats]:
        """Take for each field the longest of step, step / 2, ... that does not go downhill."""
        length, slack = np.ones(len(value)), np.where(gain < SURE, SURE, SLACK)
        for _ in range(HALVINGS):
            moved = x + step * length
            with np.errstate(over="ignore", invalid="ignore"):
                higher = self.value(moved, theta, before)
            worse = ~(higher >= value - slack)
            if not worse.any():
                return moved, higher
            length = np.where(worse, length / 2, length)
        return np.where(worse, x, moved), np.where(worse, value, higher)

    def derivatives(
        self, x: Floats, theta: Floats, before: Beforehand, spread: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Gradient (n, B) of the log density at fields (n, B), and entries of its curvature.

        With `spread` (N, B), their averages over first predictors of that standard deviation;
        those of rows that are coupled move together.
        """
        model = self.model
        by_channel, information = self._of_answers(x, theta, spread)
        if model.family.coding is not None:
            by_channel = np.tensordot(model.coding.T, by_channel, axes=1)
            information = _coded(information, model)
        free = [self.likelihood.columns.T @ each for each in by_channel[: model.n_channels]]
        gradient = np.concatenate([*free, by_channel[model.n_channels :].sum(axis=1)])
        flat = information.reshape(-1, x.shape[1])
        entries = self.curvature.entries(flat, self.fixed_precision, before.precision)
        gradient -= self.fixed_precision[:, None] * (x - self.mean[:, None])
        for k, precision in enumerate(before.precision):
            u = x[self.model.places(k)]
            gradient[self.model.places(k)] -= np.einsum("gkdb,mkb->gmdb", u, precision)
        return gradient, entries

    def _of_answers(self, x: Floats, theta: Floats, spread: Floats | None) -> tuple[Floats, Floats]:
        """Derivatives of the answers' log density by predictors (L, N, B), and information."""
        eta = self.eta(x)
        if spread is None:
            return self.likelihood.derivatives(eta, theta)
        gradient, information = 0.0, 0.0
        for node, weight in zip(*NODES, strict=True):
            moved = eta.copy()
            moved[0] += node * spread
            found = self.likelihood.derivatives(moved, theta)
            gradient, information = gradient + weight * found[0], information + weight * found[1]
        return np.asarray(gradient), np.asarray(information)


def together(parts: Sequence[tuple[Ints, Approximation]]) -> Approximation:
    """Put approximations back in the order of their places."""
    if len(parts) == 1:
        return parts[0][1]
    order = np.argsort(np.concatenate([place for place, _ in parts]))
    each = [part for _, part in parts]
    return Approximation(
        np.concatenate([part.theta for part in each], axis=1)[:, order],
        np.concatenate([part.mode for part in each], axis=1)[:, order],
        Factor.joined([part.factor for part in each]).some(order),
    )


def _coded(information: Floats, model: Latent) -> Floats:
    """Information of the pairs of channels, from that of pairs of predictors."""
    pairs = model.family.tally.pairs(model.n_channels)
    coding = model.coding
    mixed = []
    for d, e in pairs:
        total = np.zeros(information.shape[1:])
        for (j, k), each in zip(pairs, information, strict=True):
            both = coding[j, d] * coding[k, e] + (coding[k, d] * coding[j, e] if j != k else 0.0)
            total += both * each
        mixed.append(total)
    return np.stack(mixed)
