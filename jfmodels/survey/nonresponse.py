r"""Weights divided by estimated chances of answering, and how the estimate enters variances.

The chances :math:`\phi` of patterns of people solve
:math:`\sum_{at\ risk} w (r - \phi) x = 0`: with x the cells themselves they are the cells'
weighted rates of response, with fewer columns those of a logistic model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import EstimationError
from jfmodels.survey.adjustments import Linear, Load
from jfmodels.survey.rows import Key, Rows

__all__ = ["Response", "logistic"]

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

STEPS = 50
CLOSE = 1e-13  # step of the linear predictor at which nothing is left to gain
CERTAIN = 30.0  # linear predictor beyond which a column tells who answers


def logistic(x: Floats, at_risk: Floats, answered: Floats) -> Floats:
    """Fit chances by a logistic model, by maximum weighted likelihood.

    Parameters
    ----------
    x : ndarray, shape (G, p)
        Columns of the model, of full rank.
    at_risk, answered : ndarray, shape (G,)
        Weights of those who might have answered, and of those who did, by pattern.

    Returns
    -------
    ndarray, shape (G,)
        Chance of every pattern.

    Raises
    ------
    EstimationError
        If a column separates those who answered from the others.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> logistic(x, np.array([10.0, 10.0]), np.array([5.0, 8.0])).round(6).tolist()
    [0.5, 0.8]
    """
    place = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-(x @ place)))
        curvature = (x * (at_risk * chance * (1 - chance))[:, None]).T @ x
        move = np.linalg.lstsq(curvature, x.T @ (answered - at_risk * chance), rcond=None)[0]
        place = place + move / max(1.0, np.abs(x @ move).max() / 5)
        if np.abs(x @ place).max() > CERTAIN:
            raise EstimationError(
                "The response model does not converge: some of its columns tell for certain who "
                "answers. Leave them out, or use cells in by=, where all of a cell may answer."
            )
        if np.abs(x @ move).max() < CLOSE:
            break
    return 1 / (1 + np.exp(-(x @ place)))


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """Chances of answering, for any weights.

    Attributes
    ----------
    key, risk_key : str
        Names of the two keys below.
    carried : Key
        Pattern of the rows whose weights are divided by its chance; G for rows that keep
        theirs, G + 1 for rows that get none.
    at_risk : Key
        Of those who might have answered twice the pattern, one more if they did; 2 G for
        all others.
    x : ndarray, shape (G, p)
        Columns of the model; the identity where patterns are cells.
    names : tuple of str
        Names of the patterns, for messages; empty where there are none.
    """

    key: str
    risk_key: str
    carried: Key
    at_risk: Key
    x: Floats
    names: tuple[str, ...]

    @property
    def keys(self) -> dict[str, Key]:
        """Both keys by name."""
        return {self.key: self.carried, self.risk_key: self.at_risk}

    def sums(self, weight: Floats) -> Floats:
        """Weights of those who did not answer and who did, by pattern, (G, 2)."""
        size = 2 * len(self.x)
        return np.bincount(self.at_risk.codes, weight, size + 1)[:size].reshape(-1, 2)

    def chances(self, weight: Floats) -> Floats:
        """Chance of every pattern, (G,); 1 of those that nobody is in."""
        sums = self.sums(weight)
        total, answered = sums.sum(axis=1), sums[:, 1]
        if not self.names:
            return logistic(self.x, total, answered)
        silent = (total > 0) & (answered <= 0)
        if silent.any():
            raise EstimationError(
                f"Nobody of {', '.join(self.names[k] for k in np.flatnonzero(silent).tolist())} "
                "answered, so nobody can stand for them. Merge cells."
            )
        return np.divide(answered, total, out=np.ones_like(total), where=total > 0)

    def factors(self, rows: Rows, weights: Floats) -> Floats:
        """What every row's weight is multiplied by in R sets of weights, (n, R)."""
        every = [np.append(1 / self.chances(each), [1.0, 0.0]) for each in weights.T]
        return np.stack(every, axis=1)[self.carried.codes]

    def linear(self, weight: Floats, step: int) -> Linear:
        r"""How the estimated chances enter errors.

        Weights :math:`w/\phi` move by :math:`-(1-\phi)x` per unit of the model's coefficients,
        and these by :math:`H^{-1} \sum w(r-\phi)x`, :math:`H = \sum w\phi(1-\phi)xx^\top`.

        Parameters
        ----------
        weight : ndarray, shape (n,)
            Weights before the adjustment.
        step : int
            Which adjustment it is, from 0.
        """
        chance = self.chances(weight)
        doubt = self.sums(weight).sum(axis=1) * chance * (1 - chance)
        inverse = np.linalg.pinv((self.x * doubt[:, None]).T @ self.x, hermitian=True)
        readers = np.zeros((self.x.shape[1], len(chance) + 2))
        readers[:, :-2] = inverse @ (self.x * (1 - chance)[:, None]).T
        values = np.zeros((2 * len(chance) + 1, self.x.shape[1]))
        values[0:-1:2] = -chance[:, None] * self.x
        values[1:-1:2] = (1 - chance)[:, None] * self.x
        return Linear(self.key, readers, (Load(self.risk_key, values, step),))
