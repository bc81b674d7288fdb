"""Where the search for a posterior begins, and the best mode of the field found so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.proposal import Peak, find_peak
from jfmodels.model.latent import Latent

__all__ = ["Search"]

type Floats = NDArray[np.float64]

CARE = 2.0  # standard deviations from the peak that the likelihood is computed with care for
STEP, FARTHEST = 0.1, 1.0  # of differences, and how far a line is followed, in logarithms
PRECISE = 1e-9  # gain of a Newton step that ends the search for a mode
UNBOUNDED = {"positive": np.log, "unit": logit, "correlation": np.arctanh}


class Search:
    """The evidence of parameters, each mode of the field found from the best one so far.

    Once the peak is known, modes are looked for on the line along which they move there, and
    the likelihood is computed with care for its surroundings.
    """

    def __init__(self, field: Field) -> None:
        self.field = field
        self.best = _first(field)
        self.value = -np.inf
        self.at: Floats | None = None
        self.slope = np.zeros((field.model.size, 0))

    def evidence(self, theta: Floats) -> Floats:
        """Laplace's approximation at parameters (h, B), shape (B,)."""
        found = self.field.approximate(theta, self.start(theta), PRECISE)
        evidence = self.field.evidence(found)
        best = int(np.argmax(evidence))
        if evidence[best] > self.value:
            self.best, self.value = found.mode[:, best], float(evidence[best])
        return evidence

    def peak(self) -> Peak:
        """Find the mode of the parameters."""
        peak = find_peak(self.evidence, _middle(self.field.model))
        if not len(peak.mode):  # without parameters there is one mode, and it is found
            return peak
        steps = STEP * np.eye(len(peak.mode))
        around = peak.mode[:, None] + np.concatenate([steps, -steps], axis=1)
        up, down = np.split(self.field.approximate(around, self.start(around), PRECISE).mode, 2, 1)
        self.at, self.best = peak.mode, (up + down).mean(axis=1) / 2
        self.slope = (up - down) / (2 * STEP)
        far = CARE * peak.axes * peak.scale
        points = peak.mode[:, None] + np.concatenate([0 * far[:, :1], far, -far], axis=1)
        self.field = self.field.near(self.start(points), points)
        return peak

    def start(self, theta: Floats) -> Floats:
        """Where to begin at parameters (h, B): near the best mode so far; (n, B)."""
        if self.at is None:
            return np.repeat(self.best[:, None], theta.shape[1], axis=1)
        away = np.clip(theta - self.at[:, None], -FARTHEST, FARTHEST)
        return self.best[:, None] + self.slope @ away


def _first(field: Field) -> Floats:
    """A field of constants that fit the answers as a whole."""
    model = field.model
    x = np.zeros(model.size)
    if model.family.shares:
        share = np.bincount(model.answer.astype(np.int64), model.n, model.n_categories)
        start = model.family.start(share / share.sum())
    else:
        start = model.family.start(np.array([model.answer @ model.n / model.n.sum()]))
    if model.n_thresholds:
        x[-model.n_thresholds :] = start[1:]
    elif "Intercept" in model.basis.names:
        place = model.basis.names.index("Intercept") + model.width * np.arange(model.n_channels)
        x[place] = np.linalg.solve(model.coding, start[: model.n_channels])
    return x


def _middle(model: Latent) -> Floats:
    """Where to look for the mode of the parameters: the medians of their priors."""
    rng = np.random.default_rng(0)
    middle = [np.median(each.prior.draw(rng, 999)) for each in model.hyperparameters]
    return np.array(
        [
            UNBOUNDED[each.support](value)
            for each, value in zip(model.hyperparameters, middle, strict=True)
        ]
    )
