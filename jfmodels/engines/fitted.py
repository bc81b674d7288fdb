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
from jfmodels.engines.pseudo_likelihood import Estimate, Predictors
from jfmodels.engines.refits import Refits
from jfmodels.model.data import ModelData, Response
from jfmodels.model.design_matrix import DesignMatrix
from jfmodels.model.families import Family
from jfmodels.model.formula import Formula
from jfmodels.results.joint import DegreesOfFreedom, JointTest, Normal
from jfmodels.survey.survey import Survey

__all__ = ["Coefficients", "FittedModel"]

type Floats = NDArray[np.float64]

HTZ = "Wald, approximate Hotelling T-squared (HTZ)"


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
    """

    design: DesignMatrix
    predictors: Predictors
    estimate: Estimate
    rows: Floats
    degrees: DegreesOfFreedom
    refits: Refits | None = None

    @property
    def joint(self) -> Normal:
        """The belief about the parameters."""
        theta = self.estimate.theta
        return Normal(theta, self.rows, self.degrees, eye_array(len(theta), format="csr"))

    def test(self, term: str, without_intercept: bool) -> JointTest:
        """Wald test that a term's coefficients are zero; HTZ where the rows are bias-reduced."""
        rows = self._rows(term, without_intercept)
        tested = self.joint.combine(csr_array(rows))
        if isinstance(self.degrees, ClusterRobust):
            one = len(rows) == 1  # then it is the coefficient's own t, squared
            eta = float(tested.df()[0]) if one else self.degrees.wishart_df(rows)
            return _hotelling(tested, HTZ, eta)
        method = "Wald F on the design's degrees of freedom"
        return _hotelling(tested, method, float(tested.df()[0]), reduced=False)

    def _rows(self, term: str, without_intercept: bool) -> Floats:
        """A term's coefficients, in every predictor that has them; shape (q, Q)."""
        place = np.arange(len(self.design.names))[self.design.terms[term]]
        place = place - 1 if without_intercept and "Intercept" in self.design.names else place
        wide = self.predictors.matrix.shape[1]
        n_blocks = sum(block == "x" for block in self.predictors.blocks)
        every = np.concatenate([place + k * wide for k in range(n_blocks)])
        rows: Floats = np.eye(len(self.predictors.names))[every]
        return rows


def _hotelling(tested: Normal, method: str, eta: float, reduced: bool = True) -> JointTest:
    """Test that q numbers are zero, their covariance being known as well as `eta` df say.

    `reduced` takes the q - 1 that are spent on the covariance off the denominator's df.
    """
    q = tested.size
    df2 = eta - q + 1 if reduced else eta
    if df2 <= 0:
        return JointTest(method, df1=q, df2=df2, refused=f"{q} contrasts on {eta:.1f} df")
    covariance = tested.covariance()
    rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
    if rank < q:
        says = f"{q} contrasts, but their covariance has rank {rank}"
        return JointTest(method, df1=q, df2=df2, refused=says)
    wald = float(tested.mean @ np.linalg.solve(covariance, tested.mean))
    f = wald * df2 / (eta * q)
    return JointTest(method, f, q, df2, float(fdtrc(q, df2, f)))


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
