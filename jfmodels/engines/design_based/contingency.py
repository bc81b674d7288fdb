"""Contingency tables under a survey's design: what they hold, and how they are tested.

To add a statistic, write how it answers for a :class:`CrossTable` and list it in `STATISTICS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.special import chdtrc, fdtrc

from jfmodels.engines.design_based.chi_square_sums import (
    ratio_tail,
    ratio_tail_saddlepoint,
    satterthwaite,
)
from jfmodels.engines.linearize import linearized, scores
from jfmodels.results.summary import JointTest
from jfmodels.survey.sampling import Sampling

__all__ = ["GOODNESS", "STATISTICS", "CrossTable", "fit_of_shares"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

NO_EFFECT = 1e-10  # a design effect below this, alone or beside the largest, is rounding


@dataclass(frozen=True, slots=True, eq=False)
class CrossTable:
    """A table of weighted counts, unit by unit.

    Attributes
    ----------
    n : ndarray of int64, shape (R, C)
        Interviews.
    sums : ndarray of float64, shape (U, R, C)
        Weights of every unit's interviews.
    present : ndarray of bool, shape (U, R, C)
        Where units have interviews.
    labels : tuple of tuple of str
        Names of rows, and of columns.
    sampling : Sampling
        How the units were drawn.
    explained : ndarray of float64, shape (U, R, C)
        What adjustments of the weights explain of the sums.
    """

    n: Ints
    sums: Floats
    present: NDArray[np.bool_]
    labels: tuple[tuple[str, ...], tuple[str, ...]]
    sampling: Sampling
    explained: Floats

    @property
    def left(self) -> Floats:
        """What adjustments leave of the sums' errors, (U, R, C)."""
        return self.sums - self.explained

    @property
    def shares(self) -> Floats:
        """Weighted share of each cell, shape (R, C)."""
        total = self.sums.sum(axis=0)
        return total / total.sum()

    def clusters(self, present: NDArray[np.bool_]) -> Ints:
        """First-stage units of the units that are present, (U,) to (M,)."""
        unit = np.flatnonzero(present)
        for stage in self.sampling.stages[:0:-1]:
            unit = np.unique(stage.parent[unit])
        return unit

    @property
    def lone(self) -> tuple[list[str], list[str]]:
        """Rows, and columns, that rest on a single cluster."""
        sides = self.present.any(axis=2), self.present.any(axis=1)
        found = [
            [
                text
                for text, column in zip(texts, side.T, strict=True)
                if len(self.clusters(column)) == 1
            ]
            for texts, side in zip(self.labels, sides, strict=True)
        ]
        return found[0], found[1]

    @property
    def df(self) -> int:
        """Degrees of freedom: clusters less strata that occur in the table."""
        found = self.clusters(self.present.any(axis=(1, 2)))
        return len(found) - len(np.unique(self.sampling.stages[0].stratum[found]))

    @property
    def contrasts(self) -> int:
        """Number (R - 1)(C - 1) of contrasts that are zero under independence."""
        return (self.n.shape[0] - 1) * (self.n.shape[1] - 1)

    def without_empty(self) -> CrossTable:
        """Leave out rows and columns without interviews."""
        rows, columns = self.n.any(axis=1), self.n.any(axis=0)
        kept = [
            tuple(text for text, keep in zip(texts, keeps, strict=True) if keep)
            for texts, keeps in zip(self.labels, (rows, columns), strict=True)
        ]
        labels = (kept[0], kept[1])
        return replace(
            self,
            n=self.n[rows][:, columns],
            sums=self.sums[:, rows][:, :, columns],
            present=self.present[:, rows][:, :, columns],
            labels=labels,
            explained=self.explained[:, rows][:, :, columns],
        )


def _pearson(table: CrossTable) -> float:
    """Pearson's statistic of the weighted shares, on the scale of the interviews."""
    share = table.shares
    expected = np.outer(share.sum(axis=1), share.sum(axis=0))
    return float(table.n.sum() * ((share - expected) ** 2 / expected).sum())


def _design_effects(table: CrossTable) -> Floats:
    r"""Generalised design effects of the table's contrasts, shape (q,).

    The eigenvalues of :math:`(C^\top D^{-1} C/n)^{-1} C^\top D^{-1} V D^{-1} C`, with D the
    shares, V their covariance and C spanning what is orthogonal to rows and columns; for an
    empty cell R's survey takes 0 as the inverse of its share, and so does this.
    """
    share = table.shares.ravel()
    contrasts = np.kron(_spread(table.n.shape[0]), _spread(table.n.shape[1]))
    inverse = np.divide(1.0, share, out=np.zeros_like(share), where=share > 0)
    scaled = inverse[:, None] * contrasts
    sums = table.sums.reshape(len(table.sums), -1)
    explained = table.explained.reshape(sums.shape)
    explained = explained - share * explained.sum(axis=1, keepdims=True)
    unit_scores = scores(sums, sums.sum(axis=1, keepdims=True), explained)
    influence = linearized(unit_scores, table.sampling) @ scaled
    under_simple = contrasts.T @ scaled / table.n.sum()
    if np.linalg.matrix_rank(under_simple, hermitian=True) < table.contrasts:
        return np.full(table.contrasts, np.nan)
    effects = eigh(influence.T @ influence, under_simple, eigvals_only=True)
    return np.where(effects > NO_EFFECT * max(1.0, effects.max()), effects, 0.0)


def _spread(size: int) -> Floats:
    """Contrasts of each level with the mean of all but for the first, shape (size, size - 1)."""
    return np.eye(size)[:, 1:] - 1 / size


@dataclass(frozen=True, slots=True, eq=False)
class RaoScott:
    """Pearson's statistic and the distribution it has under the design.

    Attributes
    ----------
    pearson : float
        The statistic.
    effects : ndarray, shape (q,)
        Generalised design effects.
    df : int
        Of the design.
    """

    pearson: float
    effects: Floats
    df: int

    @property
    def df1(self) -> float:
        """Contrasts that effects as uneven as these are worth."""
        return satterthwaite(self.effects)[1]

    @property
    def df2(self) -> float:
        """Degrees of freedom of the denominator."""
        return self.df1 * self.df


def _f(found: RaoScott) -> JointTest:
    """Second-order correction, with the design's df in the denominator."""
    f = found.pearson / found.effects.sum()
    p = float(fdtrc(found.df1, found.df2, f))
    return JointTest("Rao-Scott F", f, found.df1, found.df2, p)


def _chisq(found: RaoScott) -> JointTest:
    """First-order correction: the mean design effect."""
    q = len(found.effects)
    p = float(chdtrc(q, found.pearson / found.effects.mean()))
    return JointTest("Rao-Scott chi-square, first order", found.pearson, q, p_value=p)


def _lincom(found: RaoScott) -> JointTest:
    """Exact tail of the ratio that F approximates."""
    positive = found.effects[found.effects > 0]
    p = ratio_tail(found.pearson, positive, found.df2)
    method = "Rao-Scott, weighted sum of chi-squares"
    return JointTest(method, found.pearson, len(found.effects), found.df2, p)


def _saddlepoint(found: RaoScott) -> JointTest:
    """R's approximation of that tail."""
    positive = found.effects[found.effects > 0]
    p = ratio_tail_saddlepoint(found.pearson, positive, found.df2)
    method = "Rao-Scott, saddlepoint approximation"
    return JointTest(method, found.pearson, len(found.effects), found.df2, p)


def _rao_scott(refer: Callable[[RaoScott], JointTest]) -> Callable[[CrossTable], JointTest]:
    """Make a test of a way to refer Pearson's statistic."""

    def test(table: CrossTable) -> JointTest:
        effects = _design_effects(table)
        if np.isnan(effects).any():
            return JointTest("none", refused="too many cells are empty")
        if not effects.any():
            return JointTest(
                "none", refused="clusters show no variation within its rows and columns"
            )
        return refer(RaoScott(_pearson(table), effects, table.df))

    return test


def _residuals(table: CrossTable) -> tuple[Floats, Floats]:
    """Weighted counts less those expected, first row and column left out, and their covariance."""
    total, left = table.sums.sum(axis=0), table.left
    rows, columns, everything = total.sum(axis=1), total.sum(axis=0), total.sum()
    by_row, by_column = left.sum(axis=2), left.sum(axis=1)
    moved = by_row[:, :, None] * columns + rows[:, None] * by_column[:, None, :]
    moved -= by_row.sum(axis=1)[:, None, None] * np.outer(rows, columns) / everything
    unit_scores = (left - moved / everything)[:, 1:, 1:]
    influence = linearized(unit_scores.reshape(len(unit_scores), -1), table.sampling)
    residual = (total - np.outer(rows, columns) / everything)[1:, 1:].ravel()
    return residual, influence.T @ influence


def _wald_over_contrasts(table: CrossTable) -> float:
    """Wald statistic of independence over its contrasts; NaN where it has none."""
    residual, covariance = _residuals(table)
    if np.linalg.matrix_rank(covariance, hermitian=True) < len(residual):
        return np.nan
    return float(residual @ np.linalg.solve(covariance, residual)) / len(residual)


def _wald(table: CrossTable) -> JointTest:
    """Wald statistic over its contrasts, as if their covariance were known."""
    q, df = table.contrasts, table.df
    f = _wald_over_contrasts(table)
    if np.isnan(f):
        return _too_many(q, df)
    return JointTest("Wald", f, q, df, float(fdtrc(q, df, f)))


def _adjusted_wald(table: CrossTable) -> JointTest:
    """Wald statistic as Hotelling's, for a covariance estimated from few clusters."""
    q, df = table.contrasts, table.df
    f = _wald_over_contrasts(table) * (df - q + 1) / df
    if np.isnan(f) or df - q + 1 < 1:
        return _too_many(q, df)
    return JointTest("adjusted Wald", f, q, df - q + 1, float(fdtrc(q, df - q + 1, f)))


def _too_many(q: int, df: int) -> JointTest:
    """Refuse more contrasts than the design can tell apart."""
    return JointTest("none", refused=f"{q} contrasts are too many for {df} design df")


STATISTICS: Mapping[str, Callable[[CrossTable], JointTest]] = {
    "F": _rao_scott(_f),
    "chisq": _rao_scott(_chisq),
    "wald": _wald,
    "adjusted wald": _adjusted_wald,
    "lincom": _rao_scott(_lincom),
    "saddlepoint": _rao_scott(_saddlepoint),
}


@dataclass(frozen=True, slots=True)
class Matched:
    """A sum of squares matched by a scaled chi-square, and what the design knows of its scale.

    Attributes
    ----------
    chi_square, df1 : float
        The sum over its scale, and its degrees of freedom.
    df : int
        Of the design.
    """

    chi_square: float
    df1: float
    df: int


def _goodness_chisq(found: Matched) -> JointTest:
    """As if the design effects were known."""
    p = float(chdtrc(found.df1, found.chi_square))
    return JointTest("Rao-Scott chi-square", found.chi_square, found.df1, p_value=p)


def _goodness_f(found: Matched) -> JointTest:
    """With the design's df in the denominator."""
    f, df2 = found.chi_square / found.df1, found.df1 * found.df
    return JointTest("Rao-Scott F", f, found.df1, df2, float(fdtrc(found.df1, df2, f)))


GOODNESS: Mapping[str, Callable[[Matched], JointTest]] = {
    "chisq": _goodness_chisq,
    "F": _goodness_f,
}


def fit_of_shares(
    table: CrossTable, share: Floats, refer: Callable[[Matched], JointTest]
) -> JointTest:
    r"""Test the weighted counts O of R rows, one column, against E, shares (R,) of their sum.

    The covariance of :math:`(O - E)/\sqrt{E}` follows by the delta method, since their sum is
    estimated too.
    """
    counts = table.left[:, :, 0]
    observed, total = table.sums[:, :, 0].sum(axis=0), table.sums.sum()
    expected = share * total
    slope = share * (observed + expected) / (2 * expected**1.5)
    unit_scores = counts / np.sqrt(expected) - counts.sum(axis=1, keepdims=True) * slope
    weight = total / table.n.sum()
    influence = linearized(unit_scores / np.sqrt(weight), table.sampling)
    effects = np.linalg.svd(influence, compute_uv=False) ** 2
    if not (effects > NO_EFFECT).any():
        return JointTest("none", refused="clusters show no variation")
    scale, df1 = satterthwaite(effects)
    pearson = float(((observed - expected) ** 2 / expected).sum()) / weight
    return refer(Matched(pearson / scale, df1, table.df))
