r"""Wild cluster bootstrap: tests of coefficients that keep their level with few clusters.

The null hypothesis is imposed: the model is fitted without what is tested, and every cluster's
score there is multiplied by a random weight of mean 0 and variance 1. Of a line this is the
bootstrap of restricted residuals, of other models that of scores. The Wald statistic, with
linearised variance, is computed anew for every draw of the weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.cluster_robust import centring
from jfmodels.engines.design_based.fitted import FittedModel, too_few_directions
from jfmodels.engines.design_based.null import under_null
from jfmodels.engines.design_based.unit_sums import unit_sums
from jfmodels.engines.linearize import average_factor, stage_rows
from jfmodels.errors import SpecError, choose
from jfmodels.results.summary import JointTest
from jfmodels.survey.sampling import Sampling, require_one_stage

__all__ = ["WEIGHTS", "Wild", "wild_test"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

WEIGHTS: Mapping[str, tuple[float, ...]] = {
    "rademacher": (-1.0, 1.0),
    "webb": tuple(sign * np.sqrt(k / 2) for sign in (-1, 1) for k in (1, 2, 3)),
}
PATTERNS = 2**16  # so many draws of weights, and no more, are gone through one by one
AT_ONCE = 4_000_000  # numbers held for the draws that are worked on together
ROUNDING = 1e-10  # relative difference of statistics that are equal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wild:
    r"""Settings of the wild cluster bootstrap.

    Parameters
    ----------
    weights : {"rademacher", "webb"}, default "rademacher"
        What each cluster's score is multiplied by: -1 or 1, or Webb's six points
        :math:`\pm\sqrt{1/2}, \pm 1, \pm\sqrt{3/2}` [1]_, for fewer than six clusters,
        of whose signs there are too few combinations to reject at .05.
    draws : int, default 9999
        Where there are too many combinations of weights to go through all of them.
    seed : int, default 1
        Of the draws. Up to sixteen clusters with Rademacher's and six with Webb's weights
        nothing is drawn: p is exact.

    Raises
    ------
    SpecError
        If weights are not known, or draws are fewer than two.

    References
    ----------
    .. [1] Webb, M. D. (2023). Reworking wild bootstrap-based inference for clustered errors.
       Canadian Journal of Economics 56, 839-858.

    Examples
    --------
    >>> import jfmodels as jf
    >>> model = jf.fit("shown(trust_army) ~ wave + sex", jf.example())
    >>> model.test("sex", method=Wild(weights="webb", draws=999))["method"].item()
    'wild cluster bootstrap, 999 draws of Webb weights, seed 1'
    """

    weights: str = "rademacher"
    draws: int = 9999
    seed: int = 1

    def __post_init__(self) -> None:
        choose("weights", self.weights, WEIGHTS)
        if self.draws < 2:
            raise SpecError(f"draws= is a number of at least 2; found {self.draws!r}.")

    def enumerates(self, n_clusters: int) -> bool:
        """Whether all combinations of weights are few enough to go through.

        Parameters
        ----------
        n_clusters : int
            Clusters that have weights.

        Returns
        -------
        bool
            If not, `draws` are drawn.

        Examples
        --------
        >>> Wild().enumerates(16), Wild().enumerates(17)
        (True, False)
        """
        return len(WEIGHTS[self.weights]) ** n_clusters <= PATTERNS

    def says(self, n_clusters: int) -> str:
        """Name the method in words.

        Parameters
        ----------
        n_clusters : int
            Clusters that have weights.

        Returns
        -------
        str
            As tables name it.

        Examples
        --------
        >>> Wild().says(5)
        'wild cluster bootstrap, all 32 Rademacher weights'
        """
        points = len(WEIGHTS[self.weights])
        if self.enumerates(n_clusters):
            which = f"all {points**n_clusters:,} {self.weights.capitalize()} weights"
        else:
            drawn = f"{self.draws:,} draws of {self.weights.capitalize()} weights"
            which = f"{drawn}, seed {self.seed}"
        return f"wild cluster bootstrap, {which}"

    def draw(self, n_clusters: int, at_once: int) -> Iterator[Floats]:
        """Give weights of clusters, (D, M), at most `at_once` draws together.

        Weights and their negatives give the same statistic, so half of all are enough.
        """
        points = np.sort(WEIGHTS[self.weights])
        rng = np.random.default_rng(self.seed)
        half = len(points) ** n_clusters // 2 if self.enumerates(n_clusters) else self.draws
        for start in range(0, half, at_once):
            size = min(at_once, half - start)
            if self.enumerates(n_clusters):
                power = len(points) ** np.arange(n_clusters)
                yield points[np.arange(start, start + size)[:, None] // power % len(points)]
            else:
                yield rng.choice(points, (size, n_clusters))


def wild_test(model: FittedModel, places: Ints, settings: Wild) -> JointTest:
    r"""Test that coefficients are zero by the wild cluster bootstrap [1]_, [2]_.

    With :math:`\tilde s_c` the scores and :math:`G_c` the clusters' parts of the information
    :math:`G` under the hypothesis, a draw of weights :math:`v_c` moves the coefficients by
    :math:`\delta = G^{-1}\sum_c v_c s_c` and leaves the scores :math:`v_c s_c - G_c\delta`, whose
    linearised variance makes the Wald statistic. Weights of 1 give the statistic of the data,
    which is a line's Wald and any other model's score statistic. The :math:`s_c` are the
    :math:`\tilde s_c`, of which in strata :math:`\tilde s_c - G_cG^{-1}\sum\tilde s` is centred.

    Parameters
    ----------
    model : FittedModel
        The regression.
    places : ndarray of int64, shape (q,)
        Coefficients that are tested.
    settings : Wild
        Weights and draws.

    Returns
    -------
    JointTest
        The statistic over q, and the share of draws in which it is at least as large.

    Raises
    ------
    SpecError
        If variances do not come from clusters at one stage.

    References
    ----------
    .. [1] Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Bootstrap-based improvements
       for inference with clustered errors. Review of Economics and Statistics 90, 414-427.
    .. [2] Kline, P. and Santos, A. (2012). A score based approach to wild bootstrap inference.
       Journal of Econometric Methods 1, 23-41.
    """
    _check(model)
    null = _null(model, places)
    method, q = settings.says(null.size), len(places)
    if says := too_few_directions(null.covariance()):
        return JointTest(method, df1=q, refused=says)
    null = null.standardised()
    observed = null.walds(np.ones((1, null.size)), 1.0)[0]
    at_once = 1 + AT_ONCE // null.parts[:, 0].size
    drawn = [null.walds(v, null.reach) for v in settings.draw(null.size, at_once)]
    exact = settings.enumerates(null.size) and bool((null.reach == 1).all())
    return JointTest(method, observed / q, q, p_value=_p_value(observed, drawn, exact))


def _check(model: FittedModel) -> None:
    """Refuse what clusters at one stage do not say all of."""
    if model.coefficients.refits is not None:
        raise SpecError(
            "The wild bootstrap takes the place of replicates. Fit without replicates=, or ask "
            "for method='wald'."
        )
    if model.coefficients.second is not None:
        raise SpecError(
            "The wild bootstrap draws clusters alone. Fit without interviewers='cluster', or ask "
            "for method='wald'."
        )
    if any(each.linear is not None for each in model.survey.adjustments):
        raise SpecError(
            "The wild bootstrap is not derived for weights that were adjusted: its draws keep them "
            "as they are. Ask for method='wald'."
        )
    instead = "ask for method='wald', or "
    require_one_stage(model.survey.sampling, "The wild bootstrap is", instead)


def _p_value(observed: float, drawn: list[Floats], exact: bool) -> float:
    """Share of statistics that are no smaller; the data's own counts once unless it is there."""
    every = np.concatenate(drawn)
    larger = int((every >= observed * (1 - ROUNDING)).sum())
    return larger / len(every) if exact else (larger + 1) / (len(every) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """What M clusters say of Q coefficients if some of them are zero.

    Attributes
    ----------
    moves : ndarray, shape (M, Q)
        The step of the coefficients that each cluster's centred score asks for.
    parts : ndarray, shape (M, Q, Q)
        Each cluster's share of a step: its part of the information on the scale of `moves`.
    load : ndarray, shape (Q, q)
        What is tested, as combinations of the coefficients.
    sampling : Sampling
        Strata, sampled fractions and what to do with lone clusters.
    """

    moves: Floats
    parts: Floats
    load: Floats
    sampling: Sampling

    @property
    def size(self) -> int:
        """Number M of clusters."""
        return len(self.moves)

    @property
    def reach(self) -> Floats:
        """What a finite population leaves of each cluster's error, shape (M,)."""
        stage = self.sampling.stages[0]
        factor = average_factor(stage, self.sampling.lonely)
        return np.sqrt(1 - stage.fraction[stage.stratum]) * factor

    def covariance(self) -> Floats:
        """Linearised covariance of what is tested, (q, q)."""
        weights = np.ones((1, self.size))
        return self._covariances(weights, weights @ self.moves)[0]

    def standardised(self) -> Null:
        """Test the same combinations, scaled to variance 1 and not correlated."""
        root = np.linalg.cholesky(self.covariance())
        return replace(self, load=np.linalg.solve(root, self.load.T).T)

    def walds(self, weights: Floats, reach: Floats | float) -> Floats:
        """Wald statistic of every draw of weights, (D, M) to (D,)."""
        steps = (weights * reach) @ self.moves
        values, axes = np.linalg.eigh(self._covariances(weights, steps))
        along = np.einsum("dkj,dk->dj", axes, steps @ self.load) ** 2
        flat = values <= ROUNDING * values[:, -1:]  # a direction without variance is no evidence
        wald: Floats = np.divide(along, values, out=np.zeros_like(along), where=~flat).sum(axis=1)
        return np.where((flat & (along > ROUNDING)).any(axis=1), np.inf, wald)

    def _covariances(self, weights: Floats, steps: Floats) -> Floats:
        """Linearised covariance of what is tested in every draw, (D, q, q)."""
        own = weights.T[:, :, None] * (self.moves @ self.load)[:, None, :]
        left = own - steps @ (np.swapaxes(self.parts, 1, 2) @ self.load)
        stage = self.sampling.stages[0]
        rows = stage_rows(left.reshape(self.size, -1), stage, self.sampling.lonely)
        each = np.moveaxis(rows.reshape(left.shape), 0, 1)
        return np.swapaxes(each, 1, 2) @ each


def _null(model: FittedModel, places: Ints) -> Null:
    """Fit under the hypothesis, and centre within strata what is left of the clusters' scores.

    What the tested coefficients would explain of them is not centred: the hypothesis says that
    it is chance.
    """
    sampling, predictors = model.survey.sampling, model.coefficients.predictors
    stage, h = sampling.stages[0], sampling.stages[0].stratum
    estimate, kinds = under_null(model, places)
    sums = unit_sums(predictors, estimate, model.data, kinds, model.data.unit, len(h))
    scores, parts = sums.scores(), sums.parts()
    inverse = np.linalg.inv(parts.sum(axis=0))
    left = scores - parts @ (inverse @ scores.sum(axis=0))
    off = np.add.reduceat(left, stage.starts, axis=0)[h] * centring(sampling)[:, None]
    moves = (scores - off + off.mean(axis=0)) @ inverse  # so that they sum to what they did
    return Null(moves, inverse @ parts, np.eye(len(inverse))[:, places], sampling)
