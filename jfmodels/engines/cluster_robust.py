r"""Bias-reduced variances and degrees of freedom of coefficients with few clusters.

Everything follows from two matrices per cluster: its part of the information,
:math:`G_c = X_c^\top W_c X_c`, and the variance of its score under a working model,
:math:`\Omega_c`. With :math:`M = (\sum G_c)^{-1}`, the fitted score is
:math:`s_c = s_c^0 - G_c M \sum_d s_d^0`, and the combined projection of fit and stratum
centring is :math:`z_c = s_c - \bar s_h`. Residuals need not be kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.survey.sampling import SamplingStage

__all__ = ["ClusterRobust", "adjusted_scores"]

type Floats = NDArray[np.float64]


def adjusted_scores(scores: Floats, parts: Floats, stage: SamplingStage) -> tuple[Floats, Floats]:
    r"""Scores of clusters, centred and corrected for leverage as CR2 corrects them [1]_.

    Each :math:`z_c` is multiplied by the :math:`A_c` that gives it, under independent rows
    whose variance is the model's, the variance :math:`G_c` that the true score has. Without
    strata this is Bell and McCaffrey's CR2, in which the factor m/(m-1) enters once.

    Parameters
    ----------
    scores : ndarray, shape (M, Q)
        Summed scores of every cluster at the estimate.
    parts : ndarray, shape (M, Q, Q)
        Every cluster's part of the information.
    stage : SamplingStage
        Strata and sampled fractions.

    Returns
    -------
    rows : ndarray, shape (M, Q)
        Adjusted scores.
    adjustments : ndarray, shape (M, Q, Q)
        The matrices :math:`A_c`.

    References
    ----------
    .. [1] Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust
       variance estimation and hypothesis testing in fixed effects models. Journal of
       Business & Economic Statistics 36, 672-683.
    """
    h, m = stage.stratum, stage.sizes[stage.stratum][:, None, None]
    inverse = np.linalg.inv(parts.sum(axis=0))
    of_stratum = np.add.reduceat(parts, stage.starts, axis=0)[h]
    own = parts - parts @ inverse @ parts
    mixed = parts - parts @ inverse @ of_stratum
    mean = of_stratum - of_stratum @ inverse @ of_stratum
    working = own - (mixed + np.swapaxes(mixed, 1, 2)) / m + mean / m**2
    adjustments = _equalise(parts, working)
    centred = scores - np.add.reduceat(scores, stage.starts, axis=0)[h] / m[:, :, 0]
    remaining = np.sqrt(1 - stage.fraction[h])[:, None]
    return remaining * np.einsum("cij,cj->ci", adjustments, centred), adjustments


def _equalise(target: Floats, working: Floats) -> Floats:
    """Find A with A V Aᵀ = G, symmetric in the metric of G; all of shape (M, Q, Q)."""
    values, vectors = np.linalg.eigh(target)
    kept = values > 1e-10 * np.maximum(values.max(axis=1, keepdims=True), 1e-300)
    root = np.where(kept, np.sqrt(np.maximum(values, 0)), 0.0)
    back = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    whitened = np.swapaxes(vectors, 1, 2) @ working @ vectors
    whitened = back[:, :, None] * whitened * back[:, None, :]
    power, axes = np.linalg.eigh((whitened + np.swapaxes(whitened, 1, 2)) / 2)
    shrink = np.where(power > 1e-9, 1 / np.sqrt(np.maximum(power, 1e-300)), 0.0)
    middle = (axes * shrink[:, None, :]) @ np.swapaxes(axes, 1, 2)
    inner = root[:, :, None] * middle * back[:, None, :]
    return vectors @ inner @ np.swapaxes(vectors, 1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class ClusterRobust:
    r"""Degrees of freedom of combinations of coefficients, from their own strata.

    :math:`\nu = (\sum_h v_h)^2 / \sum_h v_h^2/\nu_h` with
    :math:`\nu_h = \mathrm{tr}(P_h)^2/\mathrm{tr}(P_h^2)` and :math:`P` the covariance of the
    clusters' contributions under the working model.

    Attributes
    ----------
    parts, adjustments : ndarray, shape (M, Q, Q)
        :math:`G_c` and :math:`A_c`.
    working : ndarray, shape (M, Q, Q)
        :math:`\Omega_c`, the variance of each cluster's true score.
    stage : SamplingStage
        The strata.
    loadings : csr_array or ndarray, shape (C, Q)
        Derivatives of the base cells by the coefficients.
    """

    parts: Floats
    adjustments: Floats
    working: Floats
    stage: SamplingStage
    loadings: Floats

    def __call__(self, weights: csr_array, contributions: Floats) -> Floats:
        """Degrees of freedom of K rows."""
        starts = self.stage.starts
        variance = np.add.reduceat(contributions**2, starts, axis=1)
        df = np.empty(len(contributions))
        for k, row in enumerate(np.asarray(weights @ self.loadings)):
            covariance = self.covariance(row, row)
            same = self.stage.stratum[:, None] == self.stage.stratum
            trace = np.add.reduceat(np.diag(covariance), starts)
            squares = np.add.reduceat((np.where(same, covariance, 0.0) ** 2).sum(axis=1), starts)
            known = squares > 1e-14 * trace**2
            nu = np.divide(trace**2, squares, out=np.ones_like(trace), where=known)
            with np.errstate(invalid="ignore", divide="ignore"):
                df[k] = variance[k].sum() ** 2 / (variance[k] ** 2 / nu).sum()
        return df

    def covariance(self, one: Floats, other: Floats) -> Floats:
        """Working covariance of the clusters' contributions to two combinations; (M, M)."""
        a, f = self._spread(one)
        b, g = self._spread(other)
        h, m = self.stage.stratum, self.stage.sizes[self.stage.stratum][:, None]
        of_stratum = np.add.reduceat(self.working, self.stage.starts, axis=0)[h]
        total = self.working.sum(axis=0)
        a_working, b_working = _times(a, self.working), _times(b, self.working)
        a_stratum, b_stratum = _times(a / m, of_stratum), _times(b / m, of_stratum)
        same = h[:, None] == h
        covariance = np.diag((a_working * b).sum(axis=1))
        covariance += f @ total @ g.T
        covariance += (a_stratum - a_working) @ g.T + f @ (b_stratum - b_working).T
        within = a_stratum @ (b / m).T - a_working @ (b / m).T - (a / m) @ b_working.T
        return covariance + np.where(same, within, 0.0)

    def wishart_df(self, rows: Floats) -> float:
        """Degrees of freedom of the variance of several combinations together [1]_.

        Parameters
        ----------
        rows : ndarray, shape (q, Q)
            Combinations of the coefficients.

        References
        ----------
        .. [1] Tipton, E. and Pustejovsky, J. E. (2015). Small-sample adjustments for tests of
           moderators and model fit using robust variance estimation in meta-regression.
           Journal of Educational and Behavioral Statistics 40, 604-634.
        """
        q = len(rows)
        expected = np.array([[np.trace(self.covariance(a, b)) for b in rows] for a in rows])
        values, vectors = np.linalg.eigh(expected)
        standard = (vectors / np.sqrt(values)) @ vectors.T @ rows
        every = [(s, t) for s in range(q) for t in range(q)]
        parts = {(s, t): self.covariance(standard[s], standard[t]) for s, t in every}
        total = sum(
            (parts[s, s] * parts[t, t]).sum() + (parts[s, t] * parts[t, s]).sum() for s, t in every
        )
        return float(q * (q + 1) / total)

    def _spread(self, row: Floats) -> tuple[Floats, Floats]:
        """How a combination loads on the clusters' own scores, and through the fit on all."""
        h, m = self.stage.stratum, self.stage.sizes[self.stage.stratum][:, None, None]
        inverse = np.linalg.inv(self.parts.sum(axis=0))
        of_stratum = np.add.reduceat(self.parts, self.stage.starts, axis=0)[h]
        a = np.einsum("cij,i->cj", self.adjustments, inverse @ row)
        f = np.einsum("cji,cj->ci", (self.parts - of_stratum / m) @ inverse, a)
        return a, f


def _times(vectors: Floats, matrices: Floats) -> Floats:
    """Multiply every cluster's vector by its matrix; (M, Q)."""
    return np.einsum("ci,cij->cj", vectors, matrices)
