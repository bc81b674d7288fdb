r"""Where the parameters of a multilevel model are looked for: a distribution around their mode.

Around the mode, along the eigenvectors of the curvature, a Student t whose scale differs on
both sides, for log standard deviations are skewed. A standard deviation that may be zero is
drawn half-normally in a part of the points, as its posterior is flat there rather than peaked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtri, stdtrit

__all__ = ["Peak", "Proposal", "find_peak", "lattice"]

type Floats = NDArray[np.float64]
type Evidence = Callable[[Floats], Floats]

STEP = 0.1  # of the finite differences, on the scale of logarithms and logits
ROUNDS = 50
LONGEST = 1.5
DF = 6.0
SIDE = 1.5  # standard deviations from the mode at which skewness is measured
NEAR_ZERO = 9.0  # a standard deviation may be 0 if that costs less than this in log evidence
HALF_NORMAL = 0.35  # part of the points
WIDER = 1.6  # scale of parameters drawn on their own, beside that of the normal approximation


@dataclass(frozen=True, slots=True, eq=False)
class Peak:
    """The mode of the parameters.

    Attributes
    ----------
    mode : ndarray, shape (h,)
        Where the evidence is highest.
    axes : ndarray, shape (h, h)
        Eigenvectors of its curvature as columns.
    scale : ndarray, shape (h,)
        Standard deviations along them.
    """

    mode: Floats
    axes: Floats
    scale: Floats

    @property
    def covariance(self) -> Floats:
        """Covariance of the normal approximation, (h, h)."""
        return (self.axes * self.scale**2) @ self.axes.T


def find_peak(evidence: Evidence, start: Floats) -> Peak:
    """Climb to the mode by Newton's method on finite differences.

    Parameters
    ----------
    evidence : callable
        ``(theta (h, B)) -> (B,)``.
    start : ndarray, shape (h,)
        Where to begin.
    """
    theta, found = start, _differences(evidence, start)
    for _ in range(ROUNDS):
        value, gradient, hessian = found
        values, axes = np.linalg.eigh(-hessian)
        curvature = np.maximum(np.abs(values), 1e-2)
        step = axes @ ((axes.T @ gradient) / curvature)
        if np.abs(step).max(initial=0.0) < STEP**2:
            break
        step = step * min(1.0, LONGEST / np.abs(step).max())
        before, theta = theta, theta + step
        found = _differences(evidence, theta)
        if not found[0] > value:
            theta = _nearer(evidence, before, step, value)
            found = _differences(evidence, theta)
    return Peak(theta, axes, 1 / np.sqrt(np.maximum(values, 0.05)))


def _nearer(evidence: Evidence, theta: Floats, step: Floats, value: float) -> Floats:
    """Go to the best of several places along a step that was too long."""
    lengths = 0.5 ** np.arange(1, 6)
    found = evidence(theta[:, None] + step[:, None] * lengths)
    best = int(np.argmax(found))
    return theta + step * lengths[best] if found[best] > value else theta + step * lengths[-1] / 8


def _differences(evidence: Evidence, theta: Floats) -> tuple[float, Floats, Floats]:
    """Value, gradient and Hessian by central differences, all in one call."""
    h = len(theta)
    unit = np.eye(h) * STEP
    corners = [unit[i] * a + unit[j] * b for i in range(h) for j in range(i) for a, b in SIGNS]
    points = np.stack([np.zeros(h), *unit, *-unit, *corners])
    found = evidence((theta + points).T)
    value, up, down = found[0], found[1 : h + 1], found[h + 1 : 2 * h + 1]
    hessian = np.diag((up - 2 * value + down) / STEP**2)
    mixed = iter(found[2 * h + 1 :].reshape(-1, 4) @ np.array([1, -1, -1, 1]) / (4 * STEP**2))
    for i in range(h):
        for j in range(i):
            hessian[i, j] = hessian[j, i] = next(mixed)
    return float(value), (up - down) / (2 * STEP), hessian


SIGNS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A distribution that covers the posterior of the parameters.

    Attributes
    ----------
    peak : Peak
        The mode.
    sides : ndarray, shape (2, h)
        Scales below and above the mode, in units of the peak's.
    zero : ndarray of bool, shape (h,)
        Standard deviations that may be zero.
    typical : ndarray, shape (h,)
        Scale of the half-normal of each.
    """

    peak: Peak
    sides: Floats
    zero: NDArray[np.bool_]
    typical: Floats

    @classmethod
    def around(cls, evidence: Evidence, peak: Peak, positive: NDArray[np.bool_]) -> Proposal:
        """Look on both sides of the mode, and at standard deviations of nearly zero."""
        h = len(peak.mode)
        along = peak.axes * peak.scale * SIDE
        shrunk = np.tile(peak.mode, (h, 1)) - 4 * np.eye(h)
        points = np.concatenate([peak.mode[None], peak.mode - along.T, peak.mode + along.T, shrunk])
        found = evidence(points.T)
        drop = np.maximum(found[0] - found[1 : 2 * h + 1], 0.05).reshape(2, h)
        sides = np.clip(SIDE / np.sqrt(2 * drop), 0.5, 4.0)
        density = found[0] - found[2 * h + 1 :] - 4.0  # of the sd itself, not of its logarithm
        zero = positive & (density < NEAR_ZERO)
        spread = np.sqrt(np.diag(peak.covariance))
        return cls(peak, sides, zero, np.exp(peak.mode + np.minimum(spread, 1.0)))

    @property
    def part(self) -> float:
        """Part of the points with half-normal standard deviations."""
        return HALF_NORMAL if self.zero.any() else 0.0

    def draw(self, uniform: Floats) -> Floats:
        """Turn uniform numbers (S, h + 1) into parameters (h, S)."""
        standard = self._standard(uniform[:, 1:])
        theta = self.peak.mode[:, None] + self.peak.axes @ (self.peak.scale[:, None] * standard.T)
        mixed = uniform[:, 0] < self.part
        theta[:, mixed] = self._apart(uniform[mixed, 1:].T)
        return theta

    def _apart(self, uniform: Floats) -> Floats:
        """Each parameter on its own: half-normal where it may be zero, else t; (h, S)."""
        half = self.typical[:, None] * ndtri((1 + uniform) / 2)
        wide = self.peak.mode[:, None] + self._marginal[:, None] * stdtrit(DF, uniform)
        with np.errstate(divide="ignore"):
            return np.where(self.zero[:, None], np.log(half), wide)

    @property
    def _marginal(self) -> Floats:
        """Scale of each parameter on its own, shape (h,)."""
        return WIDER * np.sqrt(np.diag(self.peak.covariance))

    def _standard(self, uniform: Floats) -> Floats:
        """Independent t numbers, each with its two scales; (S, h)."""
        below, above = self.sides
        lower = below / (below + above)
        inside = uniform < lower
        tail = np.where(inside, uniform / lower / 2, 0.5 + (uniform - lower) / (1 - lower) / 2)
        return stdtrit(DF, tail) * np.where(inside, below, above)

    def log_density(self, theta: Floats) -> Floats:
        """Log density at parameters (h, S); shape (S,)."""
        plain = self._log_around(theta)
        if not self.part:
            return plain
        mixed = self._log_apart(theta)
        return np.logaddexp(np.log1p(-self.part) + plain, np.log(self.part) + mixed)

    def _log_around(self, theta: Floats) -> Floats:
        """Log density of the split t around the mode."""
        away = self.peak.axes.T @ (theta - self.peak.mode[:, None]) / self.peak.scale[:, None]
        below, above = self.sides[:, :, None]
        density = _log_t(away / np.where(away < 0, below, above)) + np.log(2 / (below + above))
        total: Floats = density.sum(axis=0)
        return total - np.log(self.peak.scale).sum()

    def _log_apart(self, theta: Floats) -> Floats:
        """Log density where each parameter is drawn on its own."""
        scaled = np.exp(theta) / self.typical[:, None]
        half = np.log(2 / np.pi) / 2 - scaled**2 / 2 + np.log(scaled)
        scale = self._marginal[:, None]
        wide = _log_t((theta - self.peak.mode[:, None]) / scale) - np.log(scale)
        total: Floats = np.where(self.zero[:, None], half, wide).sum(axis=0)
        return total


def _log_t(z: Floats) -> Floats:
    """Log density of a Student t."""
    constant = gammaln((DF + 1) / 2) - gammaln(DF / 2) - np.log(DF * np.pi) / 2
    density: Floats = constant - (DF + 1) / 2 * np.log1p(z**2 / DF)
    return density


def lattice(size: int, dimension: int, shift: Floats) -> Floats:
    r"""Evenly spread points of the unit cube: a Kronecker lattice, shifted.

    Point n is :math:`n (\phi^{-1}, \phi^{-2}, \ldots)` modulo 1 with :math:`\phi` the
    positive root of :math:`\phi^{d+1} = \phi + 1`, which for d = 1 is the golden ratio.

    Parameters
    ----------
    size, dimension : int
        Number of points S and of coordinates d.
    shift : ndarray, shape (d,)
        Where the lattice begins.

    Returns
    -------
    ndarray, shape (S, d)
        Strictly between 0 and 1.
    """
    phi = 2.0
    for _ in range(64):
        phi = (1 + phi) ** (1 / (dimension + 1))
    step = phi ** -np.arange(1.0, dimension + 1)
    points: Floats = (shift + np.arange(1, size + 1)[:, None] * step) % 1
    return np.clip(points, 1e-12, 1 - 1e-12)
