"""What a fit of coefficients holds, whoever made it, and Wald tests of its terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array
from scipy.special import fdtrc

from jfmodels.engines.cluster_robust import ClusterRobust
from jfmodels.engines.design_based.pseudo_likelihood import Estimate, Predictors
from jfmodels.engines.design_based.refits import Refits
from jfmodels.engines.design_based.two_way import with_second_way
from jfmodels.model.data import ModelData, Response
from jfmodels.model.design_matrix import DesignMatrix
from jfmodels.model.families import Family
from jfmodels.model.formula import Formula
from jfmodels.results.normal import DegreesOfFreedom, Normal
from jfmodels.results.summary import JointTest
from jfmodels.survey.survey import Survey

__all__ = ["Coefficients", "FittedModel", "SecondWay", "too_few_directions"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

HTZ = "Wald, approximate Hotelling T-squared (HTZ)"


@dataclass(frozen=True, slots=True, eq=False)
class SecondWay:
    """What interviewers add to the errors of Q parameters, beside clusters.

    Attributes
    ----------
    added, shared : ndarray, shape (R', Q)
        Influence of interviewers, and of the combinations of interviewer and unit, which are
        subtracted.
    interviewers : int
        How many there are.
    """

    added: Floats
    shared: Floats
    interviewers: int


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """What was estimated.

    Attributes
    ----------
    design : DesignMatrix
        Columns of the fixed part; without the intercept where thresholds stand in for it.
    predictors : Predictors
        How linear predictors depend on the parameters.
    estimate : Estimate
        The parameters and their information.
    rows : ndarray, shape (R, Q)
        Influence of every unit on every parameter.
    degrees : DegreesOfFreedom
        Of combinations of the parameters.
    refits : Refits or None
        The parameters of every replicate, where the rows are replicates.
    second : SecondWay or None
        What interviewers add, where they are a second way of clustering.
    """

    design: DesignMatrix
    predictors: Predictors
    estimate: Estimate
    rows: Floats
    degrees: DegreesOfFreedom
    refits: Refits | None = None
    second: SecondWay | None = None

    @property
    def joint(self) -> Normal:
        """The belief about the parameters."""
        theta, second = self.estimate.theta, self.second
        clustered = Normal(theta, self.rows, self.degrees, eye_array(len(theta), format="csr"))
        if second is None:
            return clustered
        return with_second_way(clustered, second.added, second.shared, second.interviewers)

    def test(self, places: Ints) -> JointTest:
        """Wald test that coefficients are zero; HTZ where the rows are bias-reduced."""
        reduced = isinstance(self.degrees, ClusterRobust)
        method = HTZ if reduced else "Wald F on the design's degrees of freedom"
        theta, covariance = self.estimate.theta[places], self.covariance(places)
        return _hotelling(theta, covariance, method, self.eta(places), reduced)

    def covariance(self, places: Ints) -> Floats:
        """Covariance of some coefficients, (q, q); of one alone, its standard error squared."""
        tested = self.joint.combine(csr_array(np.eye(len(self.estimate.theta))[places]))
        return tested.covariance() if tested.size > 1 else np.diag(tested.variance())

    def eta(self, places: Ints) -> float:
        """Degrees of freedom of the covariance of some coefficients; of one alone, its own."""
        rows = np.eye(len(self.estimate.theta))[places]
        tested = self.joint.combine(csr_array(rows))
        if len(rows) == 1 or not isinstance(self.degrees, ClusterRobust):
            return float(tested.df()[0])
        together = self.degrees.wishart_df(rows)
        return together if self.second is None else min(together, self.second.interviewers - 1)

    def places(self, name: str, without_intercept: bool) -> Ints:
        """Find a coefficient, or those of a term in every predictor that has them; (q,)."""
        if name not in self.design.terms:
            return np.array([self.predictors.names.index(name)])
        place = np.arange(len(self.design.names))[self.design.terms[name]]
        place = place - 1 if without_intercept and "Intercept" in self.design.names else place
        wide = self.predictors.matrix.shape[1]
        n_blocks = sum(block == "x" for block in self.predictors.blocks)
        return np.concatenate([place + k * wide for k in range(n_blocks)])


def _hotelling(
    theta: Floats, covariance: Floats, method: str, eta: float, reduced: bool
) -> JointTest:
    """Test that q numbers are zero, their covariance being known as well as `eta` df say.

    `reduced` takes the q - 1 that are spent on the covariance off the denominator's df.
    """
    q = len(theta)
    df2 = eta - q + 1 if reduced else eta
    if df2 <= 0:
        return JointTest(method, df1=q, df2=df2, refused=f"{q} contrasts on {eta:.1f} df")
    if says := too_few_directions(covariance):
        return JointTest(method, df1=q, df2=df2, refused=says)
    wald = float(theta @ np.linalg.solve(covariance, theta))
    f = wald * df2 / (eta * q)
    return JointTest(method, f, q, df2, float(fdtrc(q, df2, f)))


def too_few_directions(covariance: Floats) -> str:
    """Say in how few directions q contrasts vary; empty if in all."""
    q, rank = len(covariance), int(np.linalg.matrix_rank(covariance, hermitian=True))
    rank = rank if np.linalg.eigvalsh(covariance)[0] > 0 else min(rank, q - 1)
    return f"{q} contrasts, but their covariance has rank {rank}" if rank < q else ""


class FittedModel(Protocol):
    """A model with coefficients, as averaging it over people needs to see it."""

    @property
    def survey(self) -> Survey:
        """The survey it was fitted to."""
        ...

    @property
    def formula(self) -> Formula:
        """What it says."""
        ...

    @property
    def family(self) -> Family:
        """The distribution of answers."""
        ...

    @property
    def response(self) -> Response:
        """What stands on the left."""
        ...

    @property
    def data(self) -> ModelData:
        """The cells it was fitted to."""
        ...

    @property
    def coefficients(self) -> Coefficients:
        """What was estimated."""
        ...

    @property
    def where(self) -> Mapping[str, Sequence[str]]:
        """The domain it was fitted in."""
        ...
