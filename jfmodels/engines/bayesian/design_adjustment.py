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

from jfmodels.engines.bayesian.averages import (
    Averaged,
    added_up,
    averaged_anew,
    distinct_patterns,
    expected,
    membership,
    new_columns,
    rests_on_drawn,
)
from jfmodels.engines.bayesian.marginal_scores import Centre, Marginal, centre_of
from jfmodels.engines.bayesian.places import first_stage_of, with_places_fixed
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.cluster_robust import ClusterRobust, adjusted_scores, centring
from jfmodels.engines.composition import Composition, compose
from jfmodels.engines.composition_scores import levelling
from jfmodels.engines.linearize import OfStrata, linearized, scores
from jfmodels.errors import SpecError
from jfmodels.model.cells import spread
from jfmodels.model.weighting import Counted
from jfmodels.results.adjusted import Adjusted, LogitIntervals
from jfmodels.results.engine import Belief, Check, Question, flag_bits
from jfmodels.results.joint import DegreesOfFreedom, Draws, Independent, Joinable, Normal
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.survey import Survey

__all__ = ["Adjustment", "adjusted"]

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
class Adjustment:
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
    def of_units(self) -> tuple[Floats, DegreesOfFreedom]:
        """Influence of every unit on the Q shared parameters, (M, Q), and its df."""
        marginal, sampling = self.marginal, self.sampling
        found, stage = marginal.scores(), sampling.stages[0]
        clusters_vary = (sampling.cluster == np.arange(len(sampling.cluster))).all()
        few = clusters_vary and bool(self.survey.design.all_stages)
        if not few or len(found) * found.shape[1] ** 2 > LARGE:
            inverse = np.linalg.inv(marginal.information() + marginal.beyond)
            return linearized(found @ inverse, sampling), OfStrata(stage)
        parts, beyond = marginal.parts(), marginal.beyond
        rows, adjustments = adjusted_scores(found, parts, sampling, beyond)
        inverse = np.linalg.inv(parts.sum(axis=0) + beyond)
        nothing = np.zeros((0, len(beyond)))
        degrees = ClusterRobust(
            parts, adjustments, parts, stage, centring(sampling), nothing, beyond
        )
        return rows @ inverse, degrees

    @cached_property
    def of_priors(self) -> Floats:
        """What priors of shared entries of the field add, (B, Q)."""
        marginal = self.marginal
        root = np.linalg.cholesky(marginal.precision).T
        inverse = np.linalg.inv(marginal.information() + marginal.beyond)
        added: Floats = root @ inverse[: len(root)]
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


def adjusted(
    engine: Averaged, adjustment: Adjustment, question: Question, belief: Belief
) -> Belief:
    """Adjust the belief about the cells of a question to the design.

    Rows that name groups which the design drew, or interviewers, speak of these as fitted, and
    of them the design says nothing: they stay as they were drawn, and are flagged. So do rows
    over a census of these clusters that rest on places which nobody visited.

    Parameters
    ----------
    engine : Averaged
        The fitted model.
    adjustment : Adjustment
        To its design.
    question, belief
        What was asked, and what the draws answer.
    """
    everything = np.ones(len(belief.evidence.flags), dtype=bool)
    anew = averaged_anew(engine.survey, question)
    if anew != new_columns(engine.survey):
        return _flagged(belief, "not_adjusted", everything)
    assert isinstance(belief.joint, Draws)
    composed = compose(engine, question, shown=("wave",))
    if rests_on_drawn(engine, composed, anew).any():  # of these the design says nothing either
        return _flagged(belief, "not_adjusted", everything)
    composed = composed if composed.fielded else with_places_fixed(engine, composed)
    slopes, composition = _of_cells(engine, adjustment, composed)
    design = adjustment.normal(belief.joint.draws.mean(axis=0), slopes, composition)
    alone = belief.evidence.n_clusters == 1
    alone &= engine.survey.design.target == "population" and not composed.borrows
    influence = np.where(alone, np.nan, design.influence)
    joint = Adjusted.of(belief.joint, replace(design, influence=influence))
    shares = all(item.unit == "share" for item in belief.grid.items) and not belief.grid.per
    found = replace(belief, joint=joint, level_interval=LogitIntervals(joint) if shares else None)
    return _flagged(found, "one_cluster", alone)


def _flagged(belief: Belief, code: str, where: NDArray[np.bool_]) -> Belief:
    """Add a flag to some cells."""
    flags = belief.evidence.flags | flag_bits(code, where)
    return replace(belief, evidence=replace(belief.evidence, flags=flags))


def _of_cells(
    engine: Averaged, adjustment: Adjustment, composed: Composition
) -> tuple[Floats, Floats]:
    """Derivatives of all cells, (C, Q + O), and what units add by way of the composition."""
    around, grid = adjustment.around[0], composed.grid
    kept, pattern = distinct_patterns(engine, composed, new_columns(engine.survey))
    frames = [point.patterns.iloc[kept].reset_index(drop=True) for point in composed.points]
    answers = [item.answers for item in grid.items]
    values = np.empty((len(answers), len(kept), around.n_draws))
    turns = (expected(composed.survey, around, each, answers) for each in frames)
    for parts in zip(*turns, strict=True):
        values[:, :, parts[0][0]] = added_up(composed, kept, [mean for _, mean in parts])
    at = (np.arange(len(pattern)), pattern)
    held = csr_array((composed.weight, at), shape=(len(pattern), len(kept)))
    cells = membership(grid, composed.place) @ held
    below = np.asarray(cells.sum(axis=1))[:, None]
    means = [_divided(np.asarray(cells @ each), below) for each in values]
    slopes = adjustment.slopes(np.concatenate(means))
    return slopes, _composition(adjustment, composed, values[:, pattern, 0].T)


def _composition(adjustment: Adjustment, composed: Composition, means: Floats) -> Floats:
    """What every unit adds to cells by whom it has interviewed, from means (G, I); (M, C)."""
    sampling = adjustment.sampling
    unit = first_stage_of(adjustment.survey.sampling)[composed.unit]
    here = replace(composed, unit=unit)
    weight = np.broadcast_to(composed.weight[:, None], means.shape)
    n_units = len(sampling.stages[0].stratum)
    laid = (
        spread(composed.grid, unit, composed.place, n_units, each)
        for each in (weight * means, weight)
    )
    sums = np.stack(list(laid))
    return linearized(scores(*sums) + levelling(here, means, sums), sampling)


def _divided(above: Floats, below: Floats) -> Floats:
    """Divide, 0 where there is nobody."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
