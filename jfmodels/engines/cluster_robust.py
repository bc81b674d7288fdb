r"""Bias-reduced variances and degrees of freedom of coefficients with few clusters.

Everything follows from two matrices per cluster: its part of the information,
:math:`G_c = X_c^\top W_c X_c`, and the variance of its score under a working model,
:math:`\Omega_c`. With :math:`M = (\sum G_c)^{-1}`, the fitted score is
:math:`s_c = s_c^0 - G_c M \sum_d s_d^0`, and the combined projection of fit and stratum
centring is :math:`z_c = s_c - \bar s_h`. Residuals need not be kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.linearize import average_factor
from jfmodels.survey.sampling import Sampling, SamplingStage

__all__ = ["ClusterRobust", "adjusted_scores", "centring"]

type Floats = NDArray[np.float64]


def adjusted_scores(
    scores: Floats, parts: Floats, sampling: Sampling, beyond: Floats | float = 0.0
) -> tuple[Floats, Floats]:
    r"""Scores of clusters, centred and corrected for leverage as CR2 corrects them [1]_.

    Each :math:`z_c` is multiplied by the :math:`A_c` that gives it, under independent rows
    whose variance is the model's, the variance :math:`G_c` that the true score has. Without
    strata this is Bell and McCaffrey's CR2, in which the factor m/(m-1) enters once. A lone
    cluster is left as it is, centred or not as `lonely` says.

    Parameters
    ----------
    scores : ndarray, shape (M, Q)
        Summed scores of every cluster at the estimate.
    parts : ndarray, shape (M, Q, Q)
        Every cluster's part of the information.
    sampling : Sampling
        One stage: strata, sampled fractions and what to do with lone clusters.
    beyond : ndarray, shape (Q, Q), optional
        Information that no cluster holds, such as that of priors; it varies like a score of
        its own.

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
    stage = sampling.stages[0]
    h, share = stage.stratum, centring(sampling)[:, None, None]
    root = np.linalg.cholesky(parts.sum(axis=0) + beyond)
    back = np.linalg.inv(root)
    standard = back @ parts @ back.T  # the whole is the identity, however it is parametrised
    sums = np.add.reduceat(standard, stage.starts, axis=0)
    of_stratum = sums[h]
    own = standard - standard @ standard
    mixed = standard - standard @ of_stratum
    mean = of_stratum - of_stratum @ of_stratum
    working = own - (mixed + np.swapaxes(mixed, 1, 2)) * share + mean * share**2
    size = np.maximum(stage.sizes, 2)  # lone clusters are set apart below
    beside = (np.sqrt(size / (size - 1)) - 1)[:, None, None] * _silent(sums)
    adjustments = root @ (_equalise(standard, working) + beside[h]) @ back
    adjustments[stage.sizes[h] == 1] = np.eye(parts.shape[1])
    centred = scores - np.add.reduceat(scores, stage.starts, axis=0)[h] * share[:, :, 0]
    remaining = np.sqrt(1 - stage.fraction[h])[:, None] * average_factor(stage, sampling.lonely)
    return remaining * np.einsum("cij,cj->ci", adjustments, centred), adjustments


def centring(sampling: Sampling) -> Floats:
    """Share of its stratum's sum that is taken off each cluster, shape (M,).

    Under "adjust" nothing is taken off a lone cluster: scores sum to zero over all.
    """
    stage = sampling.stages[0]
    share = 1 / stage.sizes[stage.stratum]
    return np.where((share == 1) & (sampling.lonely == "adjust"), 0.0, share)


def _equalise(target: Floats, working: Floats) -> Floats:
    """Find A with A V Aᵀ = G, symmetric in the metric of G; all of shape (M, Q, Q).

    Directions of which a cluster says nothing (G is 0) are left as they are.
    """
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
    inner += np.where(kept, 0.0, 1.0)[:, :, None] * np.eye(target.shape[1])
    return vectors @ inner @ np.swapaxes(vectors, 1, 2)


def _silent(of_stratum: Floats) -> Floats:
    """Project on directions of which a whole stratum says nothing, (H, Q, Q).

    Only adjusted weights put anything there: plain centring is all that it asks for.
    """
    values, vectors = np.linalg.eigh(of_stratum)
    nothing = values <= 1e-10 * np.maximum(values[:, -1:], 1e-300)
    return (vectors * nothing[:, None, :]) @ np.swapaxes(vectors, 1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    r"""How K combinations of coefficients load on the clusters' true scores.

    Cluster c contributes :math:`a_c^\top s_c - p_c a_c^\top S_h - f_c^\top S`, where
    :math:`S_h` and :math:`S` sum the scores of its stratum and of all clusters, and
    :math:`p_c` is what :func:`centring` takes off.

    Attributes
    ----------
    own, shared, common : ndarray, shape (M, K, Q), or (M, Q) of one alone
        :math:`a_c`, :math:`p_c a_c` and :math:`f_c`.
    working : ndarray, the same
        :math:`\Omega_c a_c`.
    net : ndarray, the same
        :math:`p_c \Omega_h a_c - \Omega_c a_c`.
    """

    own: Floats
    shared: Floats
    common: Floats
    working: Floats
    net: Floats

    def of(self, k: int) -> Load:
        """Take one combination alone."""
        each = (self.own, self.shared, self.common, self.working, self.net)
        return Load(*(values[:, k] for values in each))


AT_ONCE = 1_000_000  # numbers held for the combinations that are worked on together
LARGE = 1e9  # numbers to be multiplied out, beyond which an exact answer takes minutes


@dataclass(frozen=True, slots=True, eq=False)
class ClusterRobust:
    r"""Degrees of freedom of combinations of coefficients, from their own strata.

    :math:`\nu = (\sum_h v_h)^2 / \sum_h v_h^2/\nu_h` with
    :math:`\nu_h = \mathrm{tr}(P_h)^2/\mathrm{tr}(P_h^2)` and :math:`P` the covariance of the
    clusters' contributions under the working model. That is diagonal but for a product of
    two matrices of few columns, one more within strata, so it need not be written out.

    Attributes
    ----------
    parts, adjustments : ndarray, shape (M, Q, Q)
        :math:`G_c` and :math:`A_c`.
    working : ndarray, shape (M, Q, Q)
        :math:`\Omega_c`, the variance of each cluster's true score.
    stage : SamplingStage
        The strata.
    share : ndarray, shape (M,)
        What :func:`centring` takes off.
    loadings : csr_array or ndarray, shape (C, Q)
        Derivatives of the base cells by the coefficients.
    beyond : ndarray, shape (Q, Q), or 0
        Information that no cluster holds, and its variance.
    """

    parts: Floats
    adjustments: Floats
    working: Floats
    stage: SamplingStage
    share: Floats
    loadings: Floats
    beyond: Floats | float = 0.0

    def __call__(self, weights: csr_array, contributions: Floats) -> Floats:
        """Degrees of freedom of K rows."""
        rows = np.asarray(weights @ self.loadings)
        widest = max(int(self.stage.sizes.max()) ** 2, 8 * self.parts[:, 0].size)
        at_once = 1 + AT_ONCE // widest
        parts = [self._of_strata(rows[k : k + at_once]) for k in range(0, len(rows), at_once)]
        nu = np.concatenate(parts) if parts else np.ones((0, self.stage.n_strata))
        variance = np.add.reduceat(contributions**2, self.stage.starts, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return variance.sum(axis=1) ** 2 / (variance**2 / nu).sum(axis=1)

    def beside(self, other: ClusterRobust) -> ClusterRobust:
        """Know combinations of these cells and, after them, of another belief's."""
        return replace(self, loadings=np.vstack([self.loadings, other.loadings]))

    def _of_strata(self, rows: Floats) -> Floats:
        """Degrees of freedom of K rows within every stratum, (K, H)."""
        load = self._load(rows)
        diagonal, left, right = self._factors(load, load)
        trace = np.add.reduceat(diagonal + (left * right).sum(axis=-1), self.stage.starts).T
        squares = np.stack([_squares(diagonal[h], left[h], right[h]) for h in self._strata()], 1)
        # a stratum that says nothing of a row leaves rounding errors, of any sign
        known = trace > 1e-12 * trace.sum(axis=1, keepdims=True)
        known &= squares > 1e-14 * trace**2
        return np.divide(trace**2, squares, out=np.ones_like(trace), where=known)

    def covariance(self, one: Floats, other: Floats) -> Floats:
        """Working covariance of the clusters' contributions to two combinations; (M, M)."""
        load = self._load(np.stack([one, other]))
        return self._covariance(load.of(0), load.of(1))

    def wishart_df(self, rows: Floats) -> float:
        """Degrees of freedom of the variance of several combinations together [1]_.

        With very many clusters and combinations the smallest degrees of freedom of a single
        one stands in for them, which errs on the careful side and takes seconds.

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
        load = self._load(rows)
        loads = [load.of(k) for k in range(q)]
        expected = np.array([[self._expected(a, b) for b in loads] for a in loads])
        values, vectors = np.linalg.eigh(expected)
        if values[0] <= 1e-12 * values[-1]:
            return 0.0  # some combination does not vary between clusters
        load = self._load((vectors / np.sqrt(values)) @ vectors.T @ rows)
        standard = [load.of(k) for k in range(q)]
        if (q * len(self.parts)) ** 2 > LARGE:
            return min(_satterthwaite(self._covariance(each, each)) for each in standard)
        own = np.zeros((len(self.parts), len(self.parts)))
        crossed = 0.0
        for s in range(q):
            own += self._covariance(standard[s], standard[s])
            for t in range(s + 1):
                pair = self._covariance(standard[s], standard[t])
                crossed += (1 if s == t else 2) * (pair * pair.T).sum()
        return float(q * (q + 1) / ((own**2).sum() + crossed))

    def _load(self, rows: Floats) -> Load:
        """Say how K combinations of the coefficients, (K, Q), load on the true scores."""
        h, share = self.stage.stratum, self.share[:, None, None]
        inverse = np.linalg.inv(self.parts.sum(axis=0) + self.beyond)
        of_stratum = np.add.reduceat(self.parts, self.stage.starts, axis=0)[h]
        working = np.add.reduceat(self.working, self.stage.starts, axis=0)[h]
        own = (rows @ inverse) @ self.adjustments
        common = own @ (self.parts - of_stratum * share) @ inverse
        through = own @ self.working
        return Load(own, own * share, common, through, (own * share) @ working - through)

    def _factors(self, one: Load, other: Load) -> tuple[Floats, Floats, Floats]:
        """Give D (M, K), X and Y (M, K, 4Q): the covariance within strata is diag(D) + X Yᵀ.

        Between strata it is the product of the first 2Q columns.
        """
        total = self.working.sum(axis=0) + self.beyond
        left = [one.common @ total + one.net, one.common, one.net, -one.shared]
        right = [other.common, other.net, other.shared, other.working]
        diagonal = (one.working * other.own).sum(axis=-1)
        return diagonal, np.concatenate(left, axis=-1), np.concatenate(right, axis=-1)

    def _expected(self, one: Load, other: Load) -> float:
        """Expected covariance of two combinations."""
        diagonal, left, right = self._factors(one, other)
        return float(diagonal.sum() + (left * right).sum())

    def _covariance(self, one: Load, other: Load) -> Floats:
        diagonal, left, right = self._factors(one, other)
        between = left.shape[1] // 2
        covariance: Floats = left[:, :between] @ right[:, :between].T
        covariance.flat[:: len(covariance) + 1] += diagonal
        for here in self._strata():
            covariance[here, here] += left[here, between:] @ right[here, between:].T
        return covariance

    def _strata(self) -> list[slice]:
        """Places of the clusters of every stratum."""
        ends = [*self.stage.starts[1:], len(self.stage.stratum)]
        return [slice(start, end) for start, end in zip(self.stage.starts, ends, strict=True)]


def _squares(diagonal: Floats, left: Floats, right: Floats) -> Floats:
    """Sum the squares of K covariances of m clusters, diag(D) + X Yᵀ, shape (K,)."""
    blocks = np.swapaxes(left, 0, 1) @ np.moveaxis(right, 0, 2)
    place = np.arange(len(diagonal))
    blocks[:, place, place] += diagonal.T
    return (blocks**2).sum(axis=(1, 2))


def _satterthwaite(covariance: Floats) -> float:
    """Degrees of freedom of a variance from the clusters' contributions to it, (M, M)."""
    return float(np.trace(covariance) ** 2 / (covariance * covariance.T).sum())
