"""Bias-reduced variances: written out row by row, and what must not matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.linalg import block_diag, sqrtm
from scipy.sparse import csr_array

from jfmodels.engines.cluster_robust import ClusterRobust, adjusted_scores, centring
from jfmodels.survey.sampling import Sampling, SamplingStage

RELATIVE = 1e-8  # found: 2e-12; the square root of a matrix loses half of its digits
STRATA = {
    "no strata": [0] * 9,
    "three strata": [0, 0, 0, 1, 1, 1, 1, 2, 2],
    "a lone cluster": [0, 0, 0, 0, 1, 1, 1, 1, 2],
}


def sampling(strata: list[int], lonely: str = "adjust") -> Sampling:
    stratum = np.array(strata)
    fraction = np.zeros(stratum.max() + 1)
    stage = SamplingStage(np.zeros(len(stratum), dtype=np.int64), stratum, fraction)
    return Sampling((stage,), (), (), lonely, cluster=np.arange(len(stratum)))


@dataclass(frozen=True)
class Rows:
    """Weighted rows of a line through three columns, in clusters of unequal size."""

    x: np.ndarray
    w: np.ndarray
    y: np.ndarray
    cluster: np.ndarray

    @property
    def bread(self) -> np.ndarray:
        return np.linalg.inv(self.x.T @ (self.w[:, None] * self.x))

    @property
    def selecting(self) -> np.ndarray:
        """From residuals to the clusters' scores, shape (M, Q, N)."""
        inside = self.cluster == np.arange(self.cluster.max() + 1)[:, None]
        return inside[:, None, :] * (self.w[:, None] * self.x).T

    @property
    def parts(self) -> np.ndarray:
        return self.selecting @ self.x

    @property
    def scores(self) -> np.ndarray:
        residual = self.y - self.x @ self.bread @ self.x.T @ (self.w * self.y)
        return self.selecting @ residual


def rows(seed: int = 1, empty: bool = False) -> Rows:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(9), rng.integers(4, 15, 9))
    n = len(cluster)
    x = np.column_stack([np.ones(n), rng.normal(size=n), np.arange(n) % 2])
    if empty:
        x[cluster < 3, 2] = 0.0
    return Rows(x, rng.lognormal(0, 0.6, n), rng.normal(size=n) + cluster / 9, cluster)


def plainly(data: Rows, of: Sampling) -> tuple[np.ndarray, np.ndarray]:
    """The projection of fit and centring, (M, Q, N), and the adjustments, row by row."""
    n, stratum = len(data.y), of.stages[0].stratum
    fitted = np.eye(n) - data.x @ data.bread @ data.x.T * data.w
    same = (stratum[:, None] == stratum) * centring(of)[:, None]
    centred = np.einsum("cd,dqn->cqn", np.eye(len(stratum)) - same, data.selecting @ fitted)
    adjustments = []
    for c, target in enumerate(data.parts):
        working = centred[c] @ (centred[c] / data.w).T
        root = sqrtm(target).real
        back = np.linalg.inv(root)
        middle = np.linalg.inv(sqrtm(back @ working @ back).real)
        alone = (stratum == stratum[c]).sum() == 1
        adjustments.append(np.eye(3) if alone else root @ middle @ back)
    return centred, np.array(adjustments)


def degrees(data: Rows, of: Sampling, working: np.ndarray) -> ClusterRobust:
    _, adjustments = adjusted_scores(data.scores, data.parts, of)
    return ClusterRobust(data.parts, adjustments, working, of.stages[0], centring(of), np.eye(3))


@pytest.mark.parametrize("strata", STRATA)
def test_scores_are_adjusted_as_written_out(strata):
    data, of = rows(), sampling(STRATA[strata])
    centred, adjustments = plainly(data, of)
    found, made = adjusted_scores(data.scores, data.parts, of)
    np.testing.assert_allclose(made, adjustments, rtol=RELATIVE, atol=1e-9)
    expected = np.einsum("cij,cjn,n->ci", adjustments, centred, data.y)
    np.testing.assert_allclose(found, expected, rtol=RELATIVE, atol=1e-9)


def exchangeable(data: Rows) -> np.ndarray:
    """Variance of rows of which those of a cluster move together."""
    return block_diag(*[np.ones((n, n)) for n in np.bincount(data.cluster)])


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("strata", STRATA)
def test_degrees_of_freedom_are_those_written_out(strata, together):
    data, of = rows(), sampling(STRATA[strata])
    variance = exchangeable(data) if together else np.diag(1 / data.w)
    working = np.einsum("cin,nm,cjm->cij", data.selecting, variance, data.selecting)
    robust = degrees(data, of, working)
    centred, adjustments = plainly(data, of)
    questions = np.array([[0.0, 1, 0], [1, 0.5, -1]])
    # what every row adds to each cluster's contribution, shape (K, M, N)
    adds = np.einsum("kq,qr,crs,csn->kcn", questions, data.bread, adjustments, centred)
    covariance = np.einsum("kcn,nm,ldm->klcd", adds, variance, adds)
    for k in range(2):
        for other in range(2):
            np.testing.assert_allclose(
                robust.covariance(questions[k], questions[other]),
                covariance[k, other],
                rtol=RELATIVE,
                atol=1e-12,
            )
    contributions = np.einsum("kcn,n->kc", adds, data.y)
    expected = [satterthwaite(contributions[k], covariance[k, k], STRATA[strata]) for k in range(2)]
    found = robust(csr_array(questions), contributions)
    np.testing.assert_allclose(found, expected, rtol=RELATIVE)
    assert robust.wishart_df(questions) == pytest.approx(hotelling_df(covariance), rel=RELATIVE)


def satterthwaite(contributions: np.ndarray, covariance: np.ndarray, strata: list[int]) -> float:
    v, parts = np.array([]), np.array([])
    for h in range(max(strata) + 1):
        here = np.flatnonzero(np.array(strata) == h)
        block = covariance[np.ix_(here, here)]
        v = np.append(v, (contributions[here] ** 2).sum())
        parts = np.append(parts, np.trace(block) ** 2 / (block**2).sum())
    return v.sum() ** 2 / (v**2 / parts).sum()


def hotelling_df(covariance: np.ndarray) -> float:
    """Tipton and Pustejovsky's eta, from the variances of a covariance's entries."""
    expected = np.trace(covariance, axis1=2, axis2=3)
    back = np.linalg.inv(sqrtm(expected).real)
    standard = np.einsum("sk,tl,klcd->stcd", back, back, covariance)
    q = len(expected)
    total = 0.0
    for s in range(q):
        for t in range(q):
            total += (standard[s, s] * standard[t, t]).sum()
            total += (standard[s, t] * standard[s, t].T).sum()
    return q * (q + 1) / total


@pytest.mark.parametrize("strata", ["no strata", "three strata"])
def test_the_variance_is_unbiased_under_independent_rows(strata):
    data = rows()
    robust = degrees(data, sampling(STRATA[strata]), data.parts)
    for question in np.eye(3):
        expected = np.trace(robust.covariance(question, question))
        assert expected == pytest.approx(question @ data.bread @ question, rel=1e-10)


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("strata", STRATA)
def test_another_coding_of_the_columns_changes_nothing(strata, empty):
    data, of = rows(empty=empty), sampling(STRATA[strata])
    coding = np.array([[1.0, 0, 0], [3, 0.01, 0], [1, 5, -40]])
    recoded = Rows(data.x @ coding, data.w, data.y, data.cluster)
    found = [
        adjusted_scores(each.scores, each.parts, of)[0] @ each.bread for each in (data, recoded)
    ]
    np.testing.assert_allclose(found[1] @ coding.T, found[0], rtol=1e-7, atol=1e-9)


def test_a_cluster_without_a_level_still_lies_apart_from_its_stratum():
    data = rows(empty=True)
    found, _ = adjusted_scores(data.scores, data.parts, sampling([0, 0, 0, 0, 0, 1, 1, 1, 1]))
    mean = data.scores[:5].mean(axis=0)  # of five clusters, of which two have the level
    assert found[:3, 2] == pytest.approx(np.full(3, -mean[2]), rel=1e-9)


def test_lone_clusters_go_by_the_rule():
    data = rows()
    lone = STRATA["a lone cluster"]
    certain = adjusted_scores(data.scores, data.parts, sampling(lone, "certainty"))[0]
    average = adjusted_scores(data.scores, data.parts, sampling(lone, "average"))[0]
    adjusted = adjusted_scores(data.scores, data.parts, sampling(lone, "adjust"))[0]
    assert not certain[-1].any()
    np.testing.assert_allclose(average, certain * np.sqrt(3 / 2))
    np.testing.assert_allclose(adjusted[-1], data.scores[-1])
    np.testing.assert_allclose(adjusted[:-1], certain[:-1])


def test_equal_clusters_with_equal_rows_give_plain_linearisation():
    data = rows()
    x = np.tile(data.x[:6], (9, 1))
    equal = Rows(
        x, np.ones(54), np.random.default_rng(3).normal(size=54), np.repeat(np.arange(9), 6)
    )
    found, _ = adjusted_scores(equal.scores, equal.parts, sampling([0] * 9))
    np.testing.assert_allclose(found, equal.scores * np.sqrt(9 / 8), rtol=1e-9)


def test_hundreds_of_clusters_take_no_time():
    rng = np.random.default_rng(5)
    m, n_columns = 600, 20
    parts = np.array([a.T @ a for a in rng.normal(size=(m, 25, n_columns))])
    of = sampling(list(np.arange(m) // 6))
    found, adjustments = adjusted_scores(rng.normal(size=(m, n_columns)), parts, of)
    robust = ClusterRobust(parts, adjustments, parts, of.stages[0], centring(of), np.eye(n_columns))
    inverse = np.linalg.inv(parts.sum(axis=0))
    df = robust(csr_array(np.eye(n_columns)), (found @ inverse).T)
    assert (df > 200).all()
    assert (df < 500).all()
