r"""Scores of the design's units under the marginal pseudo-likelihood, at the posterior's centre.

A unit's own effects (of a commune, of a commune in a wave) are integrated out with its answers:
their prior belongs to its score, or the more they are shrunk, the less a unit would seem to
matter. What remains are the *shared* parameters: coefficients, thresholds, effects that span
units, and the standard deviations of the own effects. With u the own effects, P their precision
beforehand, L what the unit's answers say and D = L + P, Fisher's identity gives

.. math::
    s_b &= \partial_b \log p(y \mid b, \hat u), \qquad
    G_b = L_{bb} - L_{bu} D^{-1} L_{ub},\\
    s_\theta &= -\tfrac12\bigl(\hat u^\top \dot P \hat u + \mathrm{tr}\,D^{-1}\dot P
                - \mathrm{tr}\,P^{-1}\dot P\bigr), \qquad
    G_\theta = \tfrac12 \mathrm{tr}\bigl(\Lambda \dot\Sigma \Lambda \dot\Sigma\bigr),

with :math:`\Lambda = L_{uu} - L_{uu} D^{-1} L_{uu}`, :math:`\dot\Sigma = -P^{-1}\dot P P^{-1}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag
from scipy.sparse import csr_array

from jfmodels.engines.bayesian.beforehand import Beforehand, log_prior
from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.search import UNBOUNDED
from jfmodels.model.families import Family
from jfmodels.model.latent import Latent
from jfmodels.model.weighting import Counted

__all__ = ["Centre", "Marginal", "centre_of"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

PRECISE = 1e-9  # gain of a Newton step that ends the search for a mode
STEP = 1e-4  # of differences by parameters, on the scale of logarithms


@dataclass(frozen=True, slots=True, eq=False)
class Centre:
    """The middle of a posterior.

    Attributes
    ----------
    field : ndarray, shape (n,)
        Mode of the field given the parameters.
    theta : ndarray, shape (h,)
        Means of the parameters, on the scale of logarithms and logits.
    """

    field: Floats
    theta: Floats


def centre_of(posterior: Posterior) -> Centre:
    """Find the middle of a posterior."""
    latent = posterior.latent
    named = zip(latent.hyperparameters, posterior.parameters.mean(axis=0), strict=True)
    theta = np.array([UNBOUNDED[each.support](mean) for each, mean in named])
    start = posterior.field.mean(axis=0)[:, None]
    found = Field(latent).approximate(theta[:, None], start, PRECISE)
    return Centre(found.mode[:, 0], theta)


@dataclass(frozen=True, eq=False)
class Marginal:
    """The marginal pseudo-likelihood of U units around a centre.

    Attributes
    ----------
    latent : Latent
        The model.
    centre : Centre
        Where derivatives are taken.
    counted : Counted
        What every unit's answers count.
    n_units : int
        Number U of units, those without answers included.
    anew : frozenset of str
        Columns of groups that stand for others like them; only their effects are integrated out.
    """

    latent: Latent
    centre: Centre
    counted: Counted
    n_units: int
    anew: frozenset[str]

    @cached_property
    def owner(self) -> Ints:
        """Unit that each entry of the field belongs to alone, -1 for those shared, shape (n,)."""
        owner = np.full(self.latent.size, -1)
        for k, effect in enumerate(self.latent.effects):
            if not self.anew & set(effect.term.groups):
                continue
            group = effect.group[self.latent.row[self.counted.kind]]
            first, last = np.full(len(effect.levels), self.n_units), np.full(len(effect.levels), -1)
            np.minimum.at(first, group, self.counted.unit)
            np.maximum.at(last, group, self.counted.unit)
            owner[self.latent.places(k)] = np.where(first == last, first, -1)[:, None, None]
        return owner

    @cached_property
    def shared(self) -> Ints:
        """Entries of the field that are shared, shape (B,)."""
        return np.flatnonzero(self.owner < 0)

    @cached_property
    def parameters(self) -> Ints:
        """Hyperparameters of effects that units own, shape (T,)."""
        owned = [
            np.arange(len(self.centre.theta))[effect.parameters]
            for k, effect in enumerate(self.latent.effects)
            if (self.owner[self.latent.places(k)] >= 0).any()
        ]
        return np.concatenate(owned) if owned else np.zeros(0, dtype=np.int64)

    @cached_property
    def beyond(self) -> Floats:
        """What priors say of the shared parameters, shape (Q, Q), Q = B + T."""
        return block_diag(self.precision, self._curvature)

    @cached_property
    def precision(self) -> Floats:
        """Precision beforehand of the shared entries of the field, shape (B, B)."""
        diagonal = np.diag(self._field.fixed_precision[self.shared])
        return self._prior[self.shared][:, self.shared].toarray() + diagonal

    def scores(self) -> Floats:
        """Every unit's score of the shared parameters, shape (U, Q)."""
        total = self._of_field[:, self.shared].toarray()
        of_theta = np.zeros((self.n_units, len(self.parameters)))
        for unit in np.unique(self.owner[self.owner >= 0]):
            of_theta[unit] = self._unit(unit).score
        return np.concatenate([total, of_theta], axis=1)

    def parts(self) -> Floats:
        """Every unit's part of the information on the shared parameters, shape (U, Q, Q)."""
        size = len(self.shared) + len(self.parameters)
        found = np.zeros((self.n_units, size, size))
        for unit in np.unique(self.counted.unit):
            found[unit] = self._unit(unit).information
        return found

    def information(self) -> Floats:
        """What all units say of the shared parameters, shape (Q, Q)."""
        if (self.owner < 0).all():
            return self._information(np.arange(len(self.counted.unit)), self.shared)
        total = np.zeros_like(self.beyond)
        for unit in np.unique(self.counted.unit):
            total += self._unit(unit).information
        return total

    @cached_property
    def _field(self) -> Field:
        return Field(self.latent)

    @cached_property
    def _kinds(self) -> tuple[Floats, Floats]:
        """Derivatives of the log density of one answer of each kind, (K, L) and (K, L, L)."""
        latent = self.latent
        eta = self._field.eta(self.centre.field[:, None])[:, latent.row, 0].T
        gradient, information = _derivatives(latent.family, latent.answer, eta, self.centre.theta)
        if latent.family.coding is None:
            return gradient, information
        coding = latent.coding
        return gradient @ coding, coding.T @ information @ coding

    @cached_property
    def _loads(self) -> list[csr_array]:
        """How the predictors of each kind, before coding, load on the field; (K, n) each."""
        n = self.latent.n_channels + self.latent.n_thresholds
        return [csr_array(self._field.curvature.channel(k)[self.latent.row]) for k in range(n)]

    @cached_property
    def _of_field(self) -> csr_array:
        """Every unit's score of the field, answers alone, shape (U, n)."""
        counted, gradient = self.counted, self._kinds[0]
        shape = (self.n_units, len(gradient))
        held = csr_array((counted.weight, (counted.unit, counted.kind)), shape=shape)
        parts = [held @ (g[:, None] * x) for g, x in zip(gradient.T, self._loads, strict=True)]
        return csr_array(sum(parts[1:], parts[0]))

    def _information(self, sums: Ints, places: Ints) -> Floats:
        """What the answers of some sums say of some entries of the field."""
        kind = self.counted.kind[sums]
        loads = [x[kind][:, places].toarray() for x in self._loads]
        weighted = self.counted.weight[sums, None, None] * self._kinds[1][kind]
        total = np.zeros((len(places), len(places)))
        for d, left in enumerate(loads):
            for e, right in enumerate(loads):
                total += (left * weighted[:, d, e, None]).T @ right
        return total

    @cached_property
    def _prior(self) -> csr_array:
        """Precision of the effects beforehand, (n, n)."""
        return self._precision(self._before(self.centre.theta))

    @cached_property
    def _slopes(self) -> list[csr_array]:
        """Derivatives of that precision by each owned hyperparameter."""
        found = []
        for k in self.parameters:
            step = STEP * np.eye(len(self.centre.theta))[k]
            up, down = (self._before(self.centre.theta + each) for each in (step, -step))
            found.append((self._precision(up) - self._precision(down)) / (2 * STEP))
        return found

    def _before(self, theta: Floats) -> Beforehand:
        return self._field.beforehand(theta[:, None])

    def _precision(self, before: Beforehand) -> csr_array:
        """Lay the precisions of all groups out, (n, n)."""
        rows, columns, values = [], [], []
        for k, each in enumerate(before.precision):
            place = np.swapaxes(self.latent.places(k), 1, 2)  # (G, channels, m)
            shape = (*place.shape, place.shape[-1])
            rows.append(np.broadcast_to(place[..., :, None], shape).ravel())
            columns.append(np.broadcast_to(place[..., None, :], shape).ravel())
            values.append(np.broadcast_to(each[:, :, 0], shape).ravel())
        size = (self.latent.size, self.latent.size)
        if not rows:
            return csr_array(size)
        at = (np.concatenate(rows), np.concatenate(columns))
        return csr_array((np.concatenate(values), at), shape=size)

    @cached_property
    def _curvature(self) -> Floats:
        """Curvature of the owned hyperparameters' priors, shape (T, T); none if it is negative."""
        at = np.repeat(self.centre.theta[:, None], len(self.parameters), axis=1)
        step = np.zeros_like(at)
        step[self.parameters, np.arange(len(self.parameters))] = np.sqrt(STEP)
        hyper = self.latent.hyperparameters
        values = [log_prior(hyper, at + k * step) for k in (-1, 0, 1)]
        curvature = (2 * values[1] - values[0] - values[2]) / STEP
        return np.diag(np.maximum(curvature, 0.0))

    def _unit(self, unit: int) -> _Unit:
        """Integrate one unit's own effects out."""
        own = np.flatnonzero(self.owner == unit)
        n_shared = len(self.shared)
        sums = np.flatnonzero(self.counted.unit == unit)
        said = self._information(sums, np.concatenate([self.shared, own]))
        l_bb, l_bu = said[:n_shared, :n_shared], said[:n_shared, n_shared:]
        l_uu = said[n_shared:, n_shared:]
        prior = self._prior[own][:, own].toarray()
        slopes = [each[own][:, own].toarray() for each in self._slopes]
        left = np.linalg.inv(l_uu + prior)
        of_theta = _of_theta(self.centre.field[own], l_uu, left, prior, slopes)
        return _Unit(of_theta[0], block_diag(l_bb - l_bu @ left @ l_bu.T, of_theta[1]))


@dataclass(frozen=True, slots=True, eq=False)
class _Unit:
    """One unit once its own effects are integrated out.

    Attributes
    ----------
    score : ndarray, shape (T,)
        Of the hyperparameters of own effects.
    information : ndarray, shape (Q, Q)
        On all shared parameters.
    """

    score: Floats
    information: Floats


def _of_theta(
    u: Floats, said: Floats, left: Floats, prior: Floats, slopes: list[Floats]
) -> tuple[Floats, Floats]:
    """Score (T,) of hyperparameters, and information on them (T, T), from one unit's effects."""
    spread = np.linalg.inv(prior)
    score = [-(u @ p @ u + (left * p).sum() - (spread * p).sum()) / 2 for p in slopes]
    known = said - said @ left @ said
    moved = [known @ spread @ p @ spread for p in slopes]
    information = [[(a * b.T).sum() / 2 for b in moved] for a in moved]
    shape = (len(slopes), len(slopes))
    return np.array(score), np.array(information).reshape(shape)


def _derivatives(
    family: Family, answer: Floats, eta: Floats, theta: Floats
) -> tuple[Floats, Floats]:
    """Derivatives of the log density by predictors (K, L), the dispersion held: first, second."""
    if family.dispersion == "sigma":
        found, scale = family.derivatives(answer, eta), np.exp(-2 * theta[-1])
        return found.gradient * scale, found.information * scale
    if family.dispersion:
        held = np.full((len(eta), 1), theta[-1])
        found = family.derivatives(answer, np.concatenate([eta, held], axis=1))
        return found.gradient[:, :1], found.information[:, :1, :1]
    found = family.derivatives(answer, eta)
    return found.gradient, found.information
