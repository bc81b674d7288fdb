"""Answers without order: a multinomial logit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from jfmodels.model.families.base import Derivatives, Family

__all__ = ["Categorical"]

type Floats = NDArray[np.float64]


def Categorical() -> Family:
    """Model answers without order, the first one being what the others are set against.

    Examples
    --------
    >>> Categorical().blocks(4)
    ('x', 'x', 'x')
    """
    return Family(
        name="categorical",
        link="logit",
        scales=("nominal", "ordinal"),
        blocks=lambda n_categories: ("x",) * (n_categories - 1),
        derivatives=_derivatives,
        means=_means,
        start=lambda share: np.log(np.maximum(share[1:], 1e-6) / max(share[0], 1e-6)),
    )


def _log_probabilities(eta: Floats) -> Floats:
    padded = np.concatenate([np.zeros((len(eta), 1)), eta], axis=1)
    return padded - logsumexp(padded, axis=1, keepdims=True)


def _derivatives(answer: Floats, eta: Floats) -> Derivatives:
    log_p = _log_probabilities(eta)
    p = np.exp(log_p[:, 1:])
    place = answer.astype(np.int64)
    chosen = (place[:, None] == np.arange(1, eta.shape[1] + 1)).astype(np.float64)
    information = p[:, :, None] * (np.eye(eta.shape[1]) - p[:, None, :])
    return Derivatives(log_p[np.arange(len(eta)), place], chosen - p, information)


def _means(eta: Floats) -> tuple[Floats, Floats]:
    p = np.exp(_log_probabilities(eta))
    towards = np.concatenate([np.zeros((1, eta.shape[1])), np.eye(eta.shape[1])])
    return p, p[:, :, None] * (towards - p[:, None, 1:])
