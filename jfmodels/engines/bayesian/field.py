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
from scipy.sparse import csr_array, vstack
from scipy.special import expit

from jfmodels.engines.bayesian.arrow import Arrow, Factor, components, connected
from jfmodels.engines.bayesian.likelihood import Likelihood, Rows
from jfmodels.engines.bayesian.panel import Panel
from jfmodels.errors import EstimationError
from jfmodels.model.effect_layout import Effect
from jfmodels.model.latent import Hyperparameter, Latent

__all__ = ["Approximation", "Field", "natural"]

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

    def some(self, kept: NDArray[np.bool_]) -> Beforehand:
        """Those of the sets that are kept, (B,)."""
        precision = tuple(each[..., kept] for each in self.precision)
        return Beforehand(precision, self.constant[kept])


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

    def near(self, x: Floats, theta: Floats) -> Field:
        """The same, its likelihood computed with care near fields (n, B) and parameters (h, B)."""
        return Field(self.model, self.likelihood.near(self.eta(x), theta))

    @cached_property
    def mean(self) -> Floats:
        """Mean beforehand, shape (n,)."""
        return self._fixed(self.model.mean, self.model.threshold_mean)

    @cached_property
    def fixed_precision(self) -> Floats:
        """Precision beforehand of coefficients and thresholds; 0 for effects, shape (n,)."""
        return self._fixed(self.model.sd**-2.0, self.model.threshold_sd**-2.0)

    def _fixed(self, coefficients: Floats, thresholds: Floats) -> Floats:
        model = self.model
        one = np.concatenate([coefficients, np.zeros(model.width - len(coefficients))])
        return np.concatenate([np.tile(one, model.n_channels), thresholds])

    @cached_property
    def arrow(self) -> Arrow:
        """Pattern of the curvature."""
        model = self.model
        groups = [effect.group for effect in model.effects]
        sizes = [len(effect.coordinates) * model.n_channels for effect in model.effects]
        outside = len(model.names) * model.n_channels + model.n_thresholds
        tied = [] if model.integrated is None else [model.integrated.group]
        chosen = components(groups, sizes, outside, tied) if groups else ()
        component = np.full(model.size, -1)
        if not chosen:
            return Arrow.of(component)
        label = connected([*tied, *(groups[k] for k in chosen)])
        for k in chosen:
            component[self.places(k)] = self._of_group(k, label)[:, None, None]
        return Arrow.of(component, self._touches(label))

    def _touches(self, label: Ints) -> NDArray[np.bool_]:
        """Which columns stand in a row with every component, shape (G, n)."""
        model = self.model
        rows = np.arange(len(label))
        inside = csr_array((np.ones(len(label)), (label, rows)))
        met = (inside @ abs(model.columns)).toarray() > 0
        thresholds = np.ones((len(met), model.n_thresholds), dtype=bool)
        return np.concatenate([*[met] * model.n_channels, thresholds], axis=1)

    def _of_group(self, effect: int, label: Ints) -> Ints:
        """Label of every group of an effect, from those of rows."""
        found = np.zeros(len(self.model.effects[effect].levels), dtype=np.int64)
        found[self.model.effects[effect].group] = label
        return found

    def places(self, effect: int) -> Ints:
        """Places of an effect's coordinates in the field, shape (G, m, n_channels)."""
        model = self.model
        each = model.effects[effect]
        within = np.arange(each.size).reshape(len(each.levels), len(each.coordinates), 1)
        return model.starts[effect] + within + model.width * np.arange(model.n_channels)

    @cached_property
    def _answering(self) -> csr_array:
        """Entries of the curvature from the information of rows and pairs, (E, R)."""
        model, (one, other) = self.model, self.likelihood.together
        pairs = model.family.tally.pairs(model.n_channels + model.n_thresholds)
        channel = [self.channel(k) for k in range(model.n_channels + model.n_thresholds)]
        parts = [self._products(channel[j], channel[k], j == k) for j, k in pairs]
        parts.append(self._products(channel[0][one], channel[0][other], False))
        for j, k in self.likelihood.thresholds:
            parts.append(self._products(channel[j][:1], channel[k][:1], j == k))
        return csr_array(vstack(parts, format="csr").T.tocsr())

    def channel(self, k: int) -> csr_array:
        """How rows' k-th predictor, before coding, loads on the field, (N, n)."""
        model = self.model
        columns = self.likelihood.columns.tocoo()
        shape = (columns.shape[0], model.size)
        if k < model.n_channels:
            place = (columns.row, columns.col + k * model.width)
            return csr_array((columns.data, place), shape=shape)
        threshold = model.n_channels * model.width + k - model.n_channels
        rows = np.arange(shape[0])
        return csr_array((np.ones(len(rows)), (rows, np.full(len(rows), threshold))), shape=shape)

    def _products(self, one: csr_array, other: csr_array, same: bool) -> csr_array:
        """Products of what a row loads on, placed among the entries; (N, E)."""
        row, left, right = _pairs(one, other)
        value = one.data[left] * other.data[right]
        a, b = one.indices[left].astype(np.int64), other.indices[right].astype(np.int64)
        orders = [(a, b)] if same else [(a, b), (b, a)]
        place = np.concatenate([self.arrow.entries(*each) for each in orders])
        row, value = np.tile(row, len(orders)), np.tile(value, len(orders))
        kept = place >= 0
        shape = (one.shape[0], self.arrow.n_entries)
        return csr_array((value[kept], (row[kept], place[kept])), shape=shape)

    @cached_property
    def _prior_entries(self) -> tuple[Ints, ...]:
        """Places of each effect's precisions among the entries, (G, n_channels, m, m)."""
        found = []
        for k in range(len(self.model.effects)):
            place = np.swapaxes(self.places(k), 1, 2)
            found.append(self.arrow.entries(place[..., :, None], place[..., None, :]))
        return tuple(found)

    @cached_property
    def _diagonal(self) -> Ints:
        """Places of the diagonal among the entries, shape (n,)."""
        every = np.arange(self.model.size)
        return self.arrow.entries(every, every)

    @property
    def n_rows(self) -> int:
        """Number N of rows that the likelihood tells apart."""
        return self.likelihood.columns.shape[0]

    def eta(self, x: Floats) -> Floats:
        """Linear predictors of the rows under fields (n, B); shape (L, N, B)."""
        return self.model.predictors(self.likelihood.columns, self.likelihood.offset, x)

    def beforehand(self, theta: Floats) -> Beforehand:
        """Precisions and constants at parameters (h, B)."""
        model = self.model
        values = natural(model.hyperparameters, theta)
        constant = log_prior(model.hyperparameters, theta)
        precisions = []
        for effect in model.effects:
            precision, log_determinant = _precision(effect, values[effect.parameters])
            constant = constant + len(effect.levels) * model.n_channels * log_determinant / 2
            precisions.append(precision)
        if model.family.tally.beyond is not None:
            constant = constant + model.family.tally.beyond(model.answer, model.n, theta[-1])
        return Beforehand(tuple(precisions), constant)

    def value(self, x: Floats, theta: Floats, before: Beforehand) -> Floats:
        """Log density of answers, field (n, B) and parameters (h, B), up to a constant; (B,)."""
        return self.likelihood.value(self.eta(x), theta) + self._log_prior(x, before)

    def _log_prior(self, x: Floats, before: Beforehand) -> Floats:
        away = x - self.mean[:, None]
        square = self.fixed_precision @ away**2
        for k, precision in enumerate(before.precision):
            u = x[self.places(k)]
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
            factor = Factor.of(self.arrow, np.ascontiguousarray(entries.T))
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
        spread = np.sqrt(self._of_rows @ found.factor.inverse_entries().T)
        gradient, entries = self.derivatives(found.mode, found.theta, before, spread)
        factor = Factor.of(self.arrow, np.ascontiguousarray(entries.T))
        middle = found.mode + factor.solve(gradient.T).T
        return Approximation(found.theta, middle, factor)

    @cached_property
    def _of_rows(self) -> csr_array:
        """Variances of the rows' first predictor from entries of the inverse, (N, E)."""
        return csr_array(self._answering[:, : self.n_rows].T.tocsr())

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
        entries = self._answering @ information.reshape(-1, x.shape[1])
        entries[self._diagonal] += self.fixed_precision[:, None]
        gradient -= self.fixed_precision[:, None] * (x - self.mean[:, None])
        for k, precision in enumerate(before.precision):
            _add_prior(entries, self._prior_entries[k], precision)
            u = x[self.places(k)]
            gradient[self.places(k)] -= np.einsum("gkdb,mkb->gmdb", u, precision)
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


def _pairs(one: csr_array, other: csr_array) -> tuple[Ints, Ints, Ints]:
    """Row, place in `one` and place in `other` of all pairs of entries of the same row."""
    n_one, n_other = np.diff(one.indptr), np.diff(other.indptr)
    row_of = np.repeat(np.arange(one.shape[0]), n_one)
    repeats = n_other[row_of]
    left = np.repeat(np.arange(len(one.data)), repeats)
    first = np.cumsum(repeats) - repeats
    within = np.arange(int(repeats.sum())) - np.repeat(first, repeats)
    row = row_of[left]
    return row, left, other.indptr[row] + within


def _add_prior(entries: Floats, place: Ints, precision: Floats) -> None:
    """Add the precision (m, m, B) of every group to the entries."""
    kept = place >= 0
    for i in range(len(precision)):
        for j in range(len(precision)):
            entries[place[..., i, j][kept[..., i, j]]] += precision[i, j]


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
