"""From the sums of every unit to covariance and degrees of freedom.

Every estimate is a ratio of totals Y/X (a mean where x is 1). Its error is linear in the
units' sums, so each unit's share of it, its *influence*, is all that variances, covariances
between waves, groups and items, and contrasts need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.survey.sampling import Sampling, SamplingStage

__all__ = [
    "DesignDf",
    "Leverage",
    "OfStrata",
    "Satterthwaite",
    "average_factor",
    "few_clusters",
    "linearized",
    "scores",
    "stage_rows",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


def scores(numerator: Floats, denominator: Floats, explained: Floats | float = 0.0) -> Floats:
    """What every unit adds to the error of the ratio of totals, shape (U, C).

    `explained` is what adjustments of the weights explain of the numerators' residuals.
    """
    total = denominator.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = numerator.sum(axis=0) / total
        return np.where(total > 0, (numerator - explained - ratio * denominator) / total, 0.0)


def linearized(unit_scores: Floats, sampling: Sampling) -> Floats:
    r"""Influence of every unit at every stage, so that ``cov = U.T @ U``.

    At each stage units are centred within strata and scaled by
    :math:`\sqrt{(1-f)\,m/(m-1)}`; units of later stages count by the product of the sampled
    fractions above them [1]_.

    Parameters
    ----------
    unit_scores : ndarray, shape (U, C)
        Scores of the finest units.
    sampling : Sampling
        How they were drawn.

    Returns
    -------
    ndarray, shape (R, C)
        The rows of all stages, the first stage first.

    References
    ----------
    .. [1] Bellhouse, D. R. (1985). Computing methods for variance estimation in complex
       surveys. Journal of Official Statistics 1, 323-329.
    """
    blocks = []
    below = unit_scores
    for k in reversed(range(len(sampling.stages))):
        stage = sampling.stages[k]
        blocks.append(
            np.sqrt(_above(sampling, k))[:, None] * stage_rows(below, stage, sampling.lonely)
        )
        if k:
            above = np.zeros((len(sampling.stages[k - 1].stratum), below.shape[1]))
            np.add.at(above, stage.parent, below)
            below = above
    return np.concatenate(blocks[::-1])


def _above(sampling: Sampling, k: int) -> Floats:
    """Product of the sampled fractions of all stages above stage k, per unit of stage k."""
    share = np.ones(len(sampling.stages[0].stratum))
    for upper, lower in zip(sampling.stages[:k], sampling.stages[1 : k + 1], strict=True):
        share = (share * upper.fraction[upper.stratum])[lower.parent]
    return share


def stage_rows(unit_scores: Floats, stage: SamplingStage, lonely: str) -> Floats:
    """Centre scores within strata and scale them; a stratum of one unit goes by `lonely`."""
    sizes = stage.sizes[stage.stratum][:, None]
    means = np.add.reduceat(unit_scores, stage.starts, axis=0) / stage.sizes[:, None]
    alone = sizes == 1
    centre = np.where(alone & (lonely == "adjust"), 0.0, means[stage.stratum])
    scale = np.where(alone, 1.0, sizes / np.maximum(sizes - 1, 1))
    remaining = 1 - stage.fraction[stage.stratum][:, None]
    return np.sqrt(remaining * scale) * (unit_scores - centre) * average_factor(stage, lonely)


def average_factor(stage: SamplingStage, lonely: str) -> float:
    """Give strata of one unit the average variance of the others."""
    alone = int(((stage.sizes == 1) & (stage.fraction < 1)).sum())
    if lonely != "average" or not alone:
        return 1.0
    return float(np.sqrt(stage.n_strata / (stage.n_strata - alone)))


@dataclass(frozen=True, slots=True, eq=False)
class Leverage:
    r"""How a cell's weight is spread over clusters: what its degrees of freedom follow from.

    Attributes
    ----------
    spread : ndarray, shape (M, C)
        :math:`a_c/\sqrt{1-r_c}`, the cluster's share of the cell, inflated.
    share : ndarray, shape (M, C)
        :math:`r_c`, the cluster's share of its stratum's part of the cell.
    """

    spread: Floats
    share: Floats


def few_clusters(
    numerator: Floats, denominator: Floats, sampling: Sampling, explained: Floats | float = 0.0
) -> tuple[Floats, Leverage]:
    r"""Bias-reduced influence of few clusters [1]_, and the leverage behind its df.

    With :math:`a_c` the cluster's share of the cell, :math:`r_c` its share of its stratum's
    part, :math:`M_h` the stratum's mean in the cell and :math:`\theta` the cell's,

    .. math:: z_c = \frac{a_c(\bar y_c - M_h)}{\sqrt{1-r_c}}
              + \sqrt{\tfrac{m}{m-1}}\,(a_c - \bar a_h)(M_h - \theta).

    The first part corrects the outcomes' contribution for leverage as CR2 does; the second
    carries the error of sizes that are estimated too. Equal clusters give linearisation.

    What adjustments of the weights explain is taken off the outcomes first, so that
    :math:`\bar y_c` and :math:`M_h` are those of residuals; in strata outside the cell these
    are linearised.

    Parameters
    ----------
    numerator, denominator : ndarray, shape (M, C)
        Sums of w y and w x by cluster and cell.
    sampling : Sampling
        One stage.
    explained : ndarray, shape (M, C), or 0.0
        What adjustments of the weights explain of the numerators' residuals.

    References
    ----------
    .. [1] Bell, R. M. and McCaffrey, D. F. (2002). Bias reduction in standard errors for
       linear regression with multi-stage samples. Survey Methodology 28, 169-181.
    """
    stage = sampling.stages[0]
    h, starts = stage.stratum, stage.starts
    left = numerator - explained
    y_h = np.add.reduceat(left, starts, axis=0)
    x_h = np.add.reduceat(denominator, starts, axis=0)
    total = denominator.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(total > 0, numerator.sum(axis=0) / total, 0.0)
        stratum_mean = np.where(x_h > 0, y_h / x_h, mean)
        a = np.where(total > 0, denominator / total, 0.0)
        r = np.where(x_h[h] > 0, denominator / x_h[h], 0.0)
        inflate = np.where(r < 1 - 1e-12, 1 / np.sqrt(np.maximum(1 - r, 1e-300)), 0.0)
        within = np.where(total > 0, (left - stratum_mean[h] * denominator) / total, 0.0) * inflate
    size = stage.sizes[:, None]
    mean_a = np.add.reduceat(a, starts, axis=0) / size
    between = (
        np.sqrt(size / np.maximum(size - 1, 1))[h] * (a - mean_a[h]) * (stratum_mean - mean)[h]
    )
    rows = np.sqrt(1 - stage.fraction[h])[:, None] * (within + between)
    if not np.isscalar(explained):
        outside = (x_h == 0)[h] & (total > 0)
        rows[outside] = stage_rows(scores(numerator, denominator, explained), stage, "adjust")[
            outside
        ]
    alone = (stage.sizes == 1)[h]
    if alone.any():
        plain = scores(numerator, denominator, explained)
        rows[alone] = stage_rows(plain, stage, sampling.lonely)[alone]
        rows *= average_factor(stage, sampling.lonely)
    return rows, Leverage(a * inflate, r)


@dataclass(frozen=True, slots=True, eq=False)
class DesignDf:
    """Degrees of freedom as R's survey package has them.

    Attributes
    ----------
    of_cell : ndarray, shape (C,)
        Clusters minus strata that occur in the cell, for rows of a single cell.
    of_design : float
        Clusters minus strata of the whole design, for all other rows.
    """

    of_cell: Floats
    of_design: float

    def __call__(self, weights: csr_array, contributions: Floats) -> Floats:
        """Degrees of freedom of K rows."""
        single = np.diff(weights.indptr) == 1
        df = np.full(weights.shape[0], float(self.of_design))
        df[single] = self.of_cell[weights.indices[weights.indptr[:-1][single]]]
        return df


@dataclass(frozen=True, slots=True, eq=False)
class OfStrata:
    r"""Degrees of freedom of totals: :math:`(\sum_h v_h)^2 / \sum_h v_h^2/(m_h - 1)`.

    Attributes
    ----------
    stage : SamplingStage
        Clusters and strata.
    """

    stage: SamplingStage

    def __call__(self, weights: csr_array, contributions: Floats) -> Floats:
        """Degrees of freedom of K rows."""
        variance = np.add.reduceat(contributions**2, self.stage.starts, axis=1)
        nu = np.maximum(self.stage.sizes - 1, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return variance.sum(axis=1) ** 2 / (variance**2 / nu).sum(axis=1)

    def beside(self, other: OfStrata) -> OfStrata:
        """Know combinations of these cells and of others; they have the same strata."""
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Satterthwaite:
    r"""Degrees of freedom of a row from its own strata.

    :math:`\nu = (\sum_h v_h)^2 / \sum_h v_h^2/\nu_h`, with :math:`v_h` the row's variance in
    stratum h and :math:`\nu_h = \mathrm{tr}(K)^2/\mathrm{tr}(K^2)` the Bell-McCaffrey degrees
    of freedom if clusters are independent, :math:`K = \sum_d w_d^2 D_d D_d^\top`,
    :math:`D = \mathrm{diag}(a/\sqrt{1-r})(I - 1 r^\top)`.

    Attributes
    ----------
    leverage : Leverage
        Of every cell.
    stage : SamplingStage
        The clusters and strata.
    """

    leverage: Leverage
    stage: SamplingStage

    def __call__(self, weights: csr_array, contributions: Floats) -> Floats:
        """Degrees of freedom of K rows."""
        variance = np.add.reduceat(contributions**2, self.stage.starts, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = (variance**2 / self.of_strata(weights)).sum(axis=1)
            return variance.sum(axis=1) ** 2 / shares

    def of_strata(self, weights: csr_array) -> Floats:
        r"""Bell-McCaffrey degrees of freedom :math:`\nu_h` of K rows in every stratum, (K, H)."""
        nu = np.empty((weights.shape[0], self.stage.n_strata))
        lengths = np.diff(weights.indptr)
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            for part in np.array_split(rows, 1 + len(rows) * self.stage.sizes.sum() // 4_000_000):
                nu[part] = self._of_rows(weights, part, int(length))
        return nu

    def _of_rows(self, weights: csr_array, rows: Ints, length: int) -> Floats:
        """Degrees of freedom by stratum of rows that combine equally many cells."""
        place = weights.indptr[rows][:, None] + np.arange(length)
        cells, squares = weights.indices[place], weights.data[place] ** 2
        trace = np.zeros((len(rows), self.stage.n_strata))
        trace_squares = np.zeros_like(trace)
        for d in range(length):
            trace += squares[:, [d]] * self._trace(cells[:, d])
            trace_squares += squares[:, [d]] ** 2 * self._overlap(cells[:, d], cells[:, d])
            for e in range(d):
                both = 2 * squares[:, [d]] * squares[:, [e]]
                trace_squares += both * self._overlap(cells[:, d], cells[:, e])
        known = trace_squares > 1e-12 * trace**2
        return np.divide(trace**2, trace_squares, out=np.ones_like(trace), where=known)

    def _sum(self, values: Floats) -> Floats:
        """Sum over the clusters of each stratum; (K, M) to (K, H)."""
        return np.add.reduceat(values, self.stage.starts, axis=1)

    def _trace(self, cell: Ints) -> Floats:
        """Trace of D Dᵀ per stratum, shape (K, H)."""
        p, r = self.leverage.spread.T[cell] ** 2, self.leverage.share.T[cell]
        return self._sum(p) - 2 * self._sum(p * r) + self._sum(p) * self._sum(r * r)

    def _overlap(self, one: Ints, other: Ints) -> Floats:
        """Trace of D₁D₁ᵀD₂D₂ᵀ per stratum: the squares of D₁ᵀD₂, written out; shape (K, H)."""
        spread, share = self.leverage.spread.T, self.leverage.share.T
        p = spread[one] * spread[other]
        r, q = share[one], share[other]
        total, pp, rr, qq = self._sum(p), self._sum(p * p), self._sum(r * r), self._sum(q * q)
        pr, pq = self._sum(p * r), self._sum(p * q)
        diagonal = -self._sum(p * p * q) - self._sum(p * p * r) + total * self._sum(p * r * q)
        rest = pp * qq + rr * pp + total**2 * rr * qq
        rest += 2 * pr * pq - 2 * total * pr * qq - 2 * total * rr * pq
        return pp + 2 * diagonal + rest
