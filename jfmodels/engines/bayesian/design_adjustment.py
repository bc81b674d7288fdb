r"""The posterior of a pseudo-likelihood adjusted to the design.

What a cell's mean owes to the units of the design has two parts: by way of the parameters,
:math:`J H^{-1} s_c` with the scores of the marginal pseudo-likelihood, and by way of who is
averaged over, as in survey-weighted regression. Both are linear in the unit, so that clusters,
strata, revisits and population corrections enter as they do there, CR2 and its degrees of
freedom included. To these come rows that no unit holds: a parameter that is shrunk towards its
prior varies as the prior says too, :math:`H^{-1}(\Omega + P)H^{-1}`, which is the posterior's
covariance wherever :math:`\Omega`, the variance of the scores, is what the model expects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from jfmodels.engines.bayesian.averages import new_columns
from jfmodels.engines.bayesian.marginal_scores import Centre, Marginal, centre_of
from jfmodels.engines.bayesian.places import first_stage_of
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.cluster_robust import ClusterRobust, adjusted_scores, centring
from jfmodels.engines.linearize import OfStrata, linearized
from jfmodels.errors import SpecError
from jfmodels.model.weighting import Counted
from jfmodels.results.adjusted import Adjusted
from jfmodels.results.draws import Independent
from jfmodels.results.engine import Check
from jfmodels.results.normal import DegreesOfFreedom, Joinable, Normal
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.survey import Survey

__all__ = ["DesignAdjustment"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

APART = 2.0  # times a standard error, from where on the model leaves too much out
STEP = 1e-3  # of differences, in posterior standard deviations
LARGE = 20_000_000  # numbers in the clusters' parts of the information, beyond which m/(m-1) serves


@dataclass(frozen=True, slots=True, eq=False)
class BesidePriors:
    """Degrees of freedom of rows to which priors add what they are sure of.

    Attributes
    ----------
    degrees : DegreesOfFreedom
        Of what the units add.
    n_rows : int
        So many rows are theirs, the first ones.
    """

    degrees: DegreesOfFreedom
    n_rows: int

    def __call__(self, weights: csr_array, contributions: Floats) -> Floats:
        """Degrees of freedom of K rows."""
        of_units = contributions[:, : self.n_rows]
        part, whole = ((each**2).sum(axis=1) for each in (of_units, contributions))
        with np.errstate(divide="ignore", invalid="ignore"):
            nu = self.degrees(weights, of_units) * (whole / part) ** 2
        return np.where(part > 0, nu, np.where(whole > 0, np.inf, np.nan))

    def beside(self, other: BesidePriors) -> BesidePriors:
        """Know combinations of these cells and, after them, of others of the same fit."""
        if not isinstance(self.degrees, Joinable):
            raise SpecError("Two such beliefs cannot be set against each other.")
        return BesidePriors(self.degrees.beside(other.degrees), self.n_rows)


@dataclass(frozen=True, eq=False)
class DesignAdjustment:
    """What adjusts a posterior to a design; worked out once it is asked for.

    Attributes
    ----------
    survey : Survey
        With the design.
    posterior : Posterior
        Of a pseudo-likelihood.
    counted : Counted
        What its interviews counted.
    """

    survey: Survey
    posterior: Posterior
    counted: Counted

    @cached_property
    def sampling(self) -> Sampling:
        """The units that vary: ultimate clusters where several stages were corrected."""
        return _ultimate(self.survey.sampling)

    @cached_property
    def marginal(self) -> Marginal:
        """The marginal pseudo-likelihood."""
        unit = first_stage_of(self.survey.sampling)[self.counted.unit]
        return Marginal(
            latent=self.posterior.latent,
            centre=centre_of(self.posterior),
            counted=replace(self.counted, unit=unit),
            n_units=len(self.sampling.stages[0].stratum),
            anew=new_columns(self.survey),
        )

    @cached_property
    def parts(self) -> Floats | None:
        """Every cluster's part of the information, (M, Q, Q), if clusters vary and are few."""
        sampling, size = self.sampling, len(self.marginal.beyond)
        vary = (sampling.cluster == np.arange(len(sampling.cluster))).all()
        clusters = bool(vary) and bool(self.survey.design.all_stages)
        few = clusters and len(sampling.cluster) * size**2 <= LARGE
        return self.marginal.parts() if few else None

    @cached_property
    def inverse(self) -> Floats:
        """Covariance of the shared parameters in the posterior, (Q, Q)."""
        marginal, parts = self.marginal, self.parts
        total = marginal.information() if parts is None else parts.sum(axis=0)
        return np.linalg.inv(total + marginal.beyond)

    @cached_property
    def of_units(self) -> tuple[Floats, DegreesOfFreedom]:
        """Influence of every unit on the Q shared parameters, (M, Q), and its df."""
        sampling, parts, beyond = self.sampling, self.parts, self.marginal.beyond
        found, stage = self.marginal.scores(), sampling.stages[0]
        if parts is None:
            return linearized(found @ self.inverse, sampling), OfStrata(stage)
        rows, adjustments = adjusted_scores(found, parts, sampling, beyond)
        share, nothing = centring(sampling), np.zeros((0, len(beyond)))
        degrees = ClusterRobust(parts, adjustments, parts, stage, share, nothing, beyond)
        return rows @ self.inverse, degrees

    @cached_property
    def of_priors(self) -> Floats:
        """What priors of shared entries of the field add, (B, Q)."""
        root = np.linalg.cholesky(self.marginal.precision).T
        added: Floats = root @ self.inverse[: len(root)]
        return added

    @cached_property
    def others(self) -> tuple[Ints, Floats]:
        """Hyperparameters that no unit tells of alone, (O,), and a root of their covariance."""
        theta = self.posterior.theta
        places = np.setdiff1d(np.arange(theta.shape[1]), self.marginal.parameters)
        if not len(places):
            return places, np.zeros((0, 0))
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(theta[:, places].T)))
        return places, np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T

    @cached_property
    def around(self) -> tuple[Posterior, Floats]:
        """The centre, and steps up and down by every shared parameter and other one.

        Returns
        -------
        Posterior
            With 1 + 2 (Q + O) draws.
        ndarray, shape (Q + O,)
            Lengths of the steps.
        """
        posterior, centre = self.posterior, self.marginal.centre
        theta = np.concatenate([self.marginal.parameters, self.others[0]])
        places = np.concatenate([self.marginal.shared, len(centre.field) + theta])
        whole = np.concatenate([posterior.field, posterior.theta], axis=1)
        steps = STEP * np.maximum(whole.std(axis=0)[places], 1e-6)
        moves = np.zeros((len(places), whole.shape[1]))
        moves[np.arange(len(places)), places] = steps
        every = _together(centre) + np.concatenate([0 * moves[:1], moves, -moves])
        field, theta = np.split(every, [len(centre.field)], axis=1)
        return Posterior(posterior.latent, field, theta, Independent(), (), False), steps

    def slopes(self, values: Floats) -> Floats:
        """Derivatives (C, Q + O) of numbers (C, 1 + 2 (Q + O)) around the centre."""
        up, down = np.split(values[:, 1:], 2, axis=1)
        return (up - down) / (2 * self.around[1])

    def normal(self, mean: Floats, slopes: Floats, composition: Floats | float = 0.0) -> Normal:
        """Believe in C numbers by design.

        Parameters
        ----------
        mean : ndarray, shape (C,)
            Their posterior means.
        slopes : ndarray, shape (C, Q + O)
            Their derivatives.
        composition : ndarray, shape (M, C)
            What every unit adds by way of who is averaged over.
        """
        rows, degrees = self.of_units
        n_shared = rows.shape[1]
        by_parameters, by_others = slopes[:, :n_shared].T, slopes[:, n_shared:].T
        parts = [rows @ by_parameters + composition, self.of_priors @ by_parameters]
        influence = np.concatenate([*parts, self.others[1] @ by_others])
        if isinstance(degrees, ClusterRobust):
            degrees = replace(degrees, loadings=slopes[:, :n_shared])
        beside = BesidePriors(degrees, len(rows))
        return Normal(mean, influence, beside, eye_array(len(mean), format="csr"))

    def check(self) -> Check:
        """Say how far the design's errors are from those of the draws."""
        joint = self.coefficients()
        ratio = joint.summary(0.95).std_error / joint.drawn.summary(0.95).std_error
        middle = float(np.nanmedian(ratio))
        says = (
            f"the design's standard errors are {middle:.2f} times those of the draws; levels, "
            "changes and coefficients have them, standard deviations and effects do not"
        )
        if self.survey.adjustments:
            says += "; adjusted weights are taken as fixed"
        return Check(
            "adjustment to the design", "coefficients", middle, APART, middle <= APART, says
        )

    def coefficients(self) -> Adjusted:
        """Believe in the coefficients of every predictor, and in thresholds."""
        drawn = self.posterior.coefficients()
        values = self.around[0].coefficients().draws.T
        return Adjusted.of(drawn, self.normal(drawn.draws.mean(axis=0), self.slopes(values)))


def _together(centre: Centre) -> Floats:
    return np.concatenate([centre.field, centre.theta])


def _ultimate(sampling: Sampling) -> Sampling:
    """Take ultimate clusters as if drawn with replacement where several stages are corrected."""
    if len(sampling.stages) == 1:
        return sampling
    first = sampling.stages[0]
    stage = replace(first, fraction=np.zeros_like(first.fraction))
    return replace(sampling, stages=(stage,))
