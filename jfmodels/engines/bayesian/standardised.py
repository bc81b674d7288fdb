r"""The latent field in coordinates that a sampler moves through easily.

A sampler of trajectories wants coordinates of one scale, whatever the parameters. Effects are
:math:`u = R z` with standard normal z and a root R that depends on the parameters. Where a
group gave few answers z keeps its scale; where it gave many, u does, and z moves with every
change of R. Both are met, and everything in between, by

.. math:: u = T v,\qquad T = R C^{-\top},\qquad C C^\top = I + R^\top J R,

with J the information of a group's answers at the mode: a centred and a non-centred form [1]_
are its ends. Were the answers normal, v would have covariance I and the mean
:math:`T^\top a` with a constant a, whatever the parameters. Thresholds are the first one and
the logarithms of the gaps. What remains correlated is whitened by one linear map L, with
:math:`L L^\top` the covariance of the field's normal approximation at the most probable
parameters. None of this changes the posterior, as J, a and L are constants.

References
----------
.. [1] Papaspiliopoulos, O., Roberts, G. O. and Sköld, M. (2007). A general framework for the
   parametrization of hierarchical models. Statistical Science 22, 59-73.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.bayesian.beforehand import natural
from jfmodels.engines.bayesian.field import Approximation, Field
from jfmodels.model.effect_layout import Effect
from jfmodels.model.latent import Latent

__all__ = [
    "Parts",
    "Whitening",
    "field_of",
    "in_order",
    "split",
    "standard_size",
    "standard_widths",
    "standardise",
    "steadying",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

TOGETHER = 500  # coordinates that are whitened together; a product with them costs this squared
AT_ONCE = 256  # unit vectors
SMALL = 1e-4  # step, in standard deviations, of the differences that a covariance is taken from


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A standardised field taken apart; leading axes are those of the field.

    Attributes
    ----------
    coefficients : array, shape (..., D, p)
        By channel.
    effects : tuple of array, shape (..., D, G, r)
        Of every effect.
    thresholds : array, shape (..., A - 1) or (..., 0)
        The first one, and the logarithms of the gaps.
    """

    coefficients: Any
    effects: tuple[Any, ...]
    thresholds: Any


def standard_widths(model: Latent) -> tuple[int, ...]:
    """Number r of standard normal coordinates of one group of each effect."""
    return tuple(_root(effect, _halves(effect)).shape[-1] for effect in model.effects)


def standard_size(model: Latent) -> int:
    """Length q of the standardised field."""
    widths = zip(model.effects, standard_widths(model), strict=True)
    channel = model.n_fixed + sum(len(effect.levels) * r for effect, r in widths)
    return model.n_channels * channel + model.n_thresholds


def _halves(effect: Effect) -> Floats:
    """Parameters that are allowed on every support."""
    return np.full(effect.parameters.stop - effect.parameters.start, 0.5)


def _root(effect: Effect, values: Floats) -> Floats:
    """Root of the block at parameters (..., h) on their own scale, shape (..., m, r)."""
    root: Floats = effect.block.root(np, values, effect.known)
    return root


def split(model: Latent, v: Any, lead: tuple[int, ...] = ()) -> Parts:
    """Take a standardised field (..., q) of any array library apart.

    It is stacked as the field is: for each channel coefficients and effects, then thresholds.
    """
    widths = standard_widths(model)
    sizes = [len(each.levels) * r for each, r in zip(model.effects, widths, strict=True)]
    p, channels = model.n_fixed, model.n_channels
    inside = channels * (p + sum(sizes))
    by_channel = v[..., :inside].reshape((*lead, channels, p + sum(sizes)))
    effects, start = [], p
    for effect, r, size in zip(model.effects, widths, sizes, strict=True):
        part = by_channel[..., start : start + size]
        effects.append(part.reshape((*lead, channels, len(effect.levels), r)))
        start += size
    return Parts(by_channel[..., :p], tuple(effects), v[..., inside:])


def in_order(xp: Any, thresholds: Any) -> Any:
    """Thresholds (..., A - 1) from the first one and the logarithms of the gaps."""
    gaps = xp.exp(thresholds[..., 1:])
    return xp.cumsum(xp.concatenate([thresholds[..., :1], gaps], axis=-1), axis=-1)


def steadying(xp: Any, root: Any, information: Any, shape: tuple[int, int]) -> Any:
    """What turns v into z, for roots (..., m, r) of any array library and J (m, m).

    Returns
    -------
    array, shape (..., r, r)
        The inverse of C, lower triangular, so that ``z = v @ inverse`` for rows v.
    """
    if shape == (1, 1):
        return 1.0 / xp.sqrt(1.0 + root**2 * information)
    precision = xp.swapaxes(root, -1, -2) @ information @ root + np.eye(shape[1])
    return xp.linalg.inv(xp.linalg.cholesky(precision))


def steadied(root: Floats, information: Floats) -> Floats:
    """The matrices T, shape (..., m, r)."""
    inverse = steadying(np, root, information, (root.shape[-2], root.shape[-1]))
    turned: Floats = root @ np.swapaxes(inverse, -1, -2)
    return turned


def field_of(model: Latent, whitening: Whitening, w: Floats, theta: Floats) -> Floats:
    """Fields (S, n) from the sampler's coordinates (S, q) and parameters (S, h) of engines."""
    parts = split(model, whitening.spread(w), (len(w),))
    values = natural(model.hyperparameters, theta.T).T
    columns = [parts.coefficients]
    for k, (effect, away) in enumerate(zip(model.effects, parts.effects, strict=True)):
        root = _root(effect, values[:, effect.parameters])
        turned = steadied(root, whitening.information[k])[:, None]
        v = away + whitening.anchor[k] @ turned
        columns.append((v @ np.swapaxes(turned, -1, -2)).reshape(*v.shape[:2], -1))
    channels = np.concatenate(columns, axis=2).reshape(len(w), -1)
    return np.concatenate([channels, in_order(np, parts.thresholds)], axis=1)


def standardise(model: Latent, information: tuple[Floats, ...], x: Floats, theta: Floats) -> Floats:
    """Standardised fields (S, q) from fields (S, n) at parameters (h,): the way back.

    Where a root is wider than tall, v is the shortest that leads to the effects.
    """
    values = natural(model.hyperparameters, theta[:, None])[:, 0]
    inside, p = model.n_channels * model.width, model.n_fixed
    by_channel = x[:, :inside].reshape(len(x), model.n_channels, model.width)
    columns = [by_channel[..., :p]]
    for effect, start, given in zip(model.effects, model.starts, information, strict=True):
        u = by_channel[..., start : start + effect.size]
        u = u.reshape(*u.shape[:2], len(effect.levels), -1)
        root = _root(effect, values[effect.parameters])
        back = np.linalg.pinv(steadied(root, given))
        columns.append((u @ back.T).reshape(*u.shape[:2], -1))
    first, gaps = x[:, inside : inside + 1], np.diff(x[:, inside:], axis=1)
    channels = np.concatenate(columns, axis=2).reshape(len(x), -1)
    return np.concatenate([channels, first, np.log(gaps)], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """How the sampler's coordinates w lead to the field.

    Attributes
    ----------
    centre : ndarray, shape (q,)
        Coefficients and thresholds at w = 0.
    root : ndarray, shape (d, d)
        Scale of the coordinates that are whitened together; the others keep theirs, which is
        at most that of a standard normal.
    order : ndarray of int64, shape (q,)
        Place in w of every coordinate of the standardised field; the d come first.
    information : tuple of ndarray, shape (m, m)
        What the answers of a typical group say of its coordinates: J, by effect.
    anchor : tuple of ndarray, shape (D, G, m)
        What the answers draw the effects to: a, by effect.
    """

    centre: Floats
    root: Floats
    order: Ints
    information: tuple[Floats, ...]
    anchor: tuple[Floats, ...]

    @classmethod
    def none(cls, model: Latent) -> Whitening:
        """Leave the coordinates as they are."""
        order, d = _whitened(model)
        shapes = [(len(each.levels), len(each.coordinates)) for each in model.effects]
        nothing = tuple(np.zeros((m, m)) for _, m in shapes)
        nowhere = tuple(np.zeros((model.n_channels, *shape)) for shape in shapes)
        return cls(np.zeros(len(order)), np.eye(d), order, nothing, nowhere)

    @classmethod
    def at(cls, field: Field, found: Approximation) -> Whitening:
        """Whiten by the normal approximation at one set of parameters."""
        model, given = field.model, _information(field, found)
        theta, mode = found.theta[:, 0], found.mode[:, 0]
        order, d = _whitened(model)
        chosen, covariance = np.argsort(order)[:d], np.zeros((d, d))
        for vectors in _unit_vectors(model.size):
            step = found.factor.spread(vectors[:, None])[:, 0] * SMALL
            up, down = (standardise(model, given, mode + each, theta) for each in (step, -step))
            moved = ((up - down) / (2 * SMALL))[:, chosen]
            covariance += moved.T @ moved
        centre = standardise(model, given, mode[None], theta)[0]
        anchor = _anchor(model, given, theta, split(model, centre))
        for places in split(model, np.arange(len(centre))).effects:
            centre[places] = 0.0
        return cls(centre, np.linalg.cholesky(covariance), order, given, anchor)

    def spread(self, w: Floats) -> Floats:
        """Standardised fields (S, q) but for the anchors, from the sampler's (S, q)."""
        d = len(self.root)
        moved = np.concatenate([w[:, :d] @ self.root.T, w[:, d:]], axis=1)
        return self.centre + moved[:, self.order]


def _anchor(
    model: Latent, information: tuple[Floats, ...], theta: Floats, parts: Parts
) -> tuple[Floats, ...]:
    """The anchors by which the standardised field at the mode is given back."""
    values = natural(model.hyperparameters, theta[:, None])[:, 0]
    return tuple(
        v @ np.linalg.pinv(steadied(_root(effect, values[effect.parameters]), given))
        for effect, given, v in zip(model.effects, information, parts.effects, strict=True)
    )


def _information(field: Field, found: Approximation) -> tuple[Floats, ...]:
    """Mean over groups of what their answers say, all else given; (m, m) by effect."""
    model, eta = field.model, field.eta(found.mode)
    dispersion = found.theta[-1] if model.family.dispersion else np.zeros(1)
    tallied = model.family.tally.derivatives(model.sums, eta, dispersion)
    of_rows = np.maximum(tallied.information[0], 0.0)  # by the first predictor, twice
    return tuple(
        (each.loading * of_rows).T @ each.loading / len(each.levels) for each in model.effects
    )


def _unit_vectors(size: int) -> Iterator[Floats]:
    """All unit vectors, some at once, (J, size)."""
    for first in range(0, size, AT_ONCE):
        places = np.arange(first, min(first + AT_ONCE, size))
        vectors = np.zeros((len(places), size))
        vectors[np.arange(len(places)), places] = 1.0
        yield vectors


def _whitened(model: Latent) -> tuple[Ints, int]:
    """Place in w of every coordinate, and how many are whitened together.

    Coefficients and thresholds are, and effects from the smallest on, unless there would be
    too many of them, or their coordinates do not follow from the effects.
    """
    places = split(model, np.arange(standard_size(model)))
    first = [places.coefficients.ravel(), places.thresholds]
    last: list[Ints] = []
    for k in np.argsort([each.size for each in places.effects], kind="stable"):
        effect, each = model.effects[k], places.effects[k].ravel()
        fits = sum(map(len, first)) + len(each) <= TOGETHER
        known = places.effects[k].shape[-1] == len(effect.coordinates)
        (first if fits and known else last).append(each)
    return np.argsort(np.concatenate([*first, *last])), sum(map(len, first))
