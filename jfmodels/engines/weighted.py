"""Survey-weighted regression: pseudo-maximum likelihood, right with few clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.cluster_robust import ClusterRobust, adjusted_scores, centring
from jfmodels.engines.fitted import Coefficients
from jfmodels.engines.linearize import linearized
from jfmodels.engines.margins import margins
from jfmodels.engines.pseudo_likelihood import (
    DISPERSION,
    Estimate,
    Predictors,
    has_shares,
    maximise,
)
from jfmodels.engines.refits import refit
from jfmodels.engines.replicated import replicates_for, require_way
from jfmodels.errors import EstimationError, SpecError, choose, listing
from jfmodels.model.cells import Where, read_where
from jfmodels.model.data import ModelData, Response, read_data, read_response
from jfmodels.model.deficiency import require_full_rank
from jfmodels.model.design_matrix import DesignMatrix, design_matrix
from jfmodels.model.families import FAMILIES, Family
from jfmodels.model.formula import Formula, parse
from jfmodels.results.engine import Belief, Question
from jfmodels.results.joint import Constant, DegreesOfFreedom, JointTest, Normal
from jfmodels.survey.replicates import Replicates
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.survey import Survey

__all__ = ["Regression", "Weighted", "fit_weighted"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

DEFAULT_FAMILY = {
    "shown": "bernoulli",
    "binary": "bernoulli",
    "ordinal": "ordinal",
    "nominal": "categorical",
    "continuous": "gaussian",
    "count": "negative binomial",
}
SMALL_SAMPLE: Mapping[str, str] = {
    "cr2": "bias-reduced variance; df from independent commune-by-wave effects",
    "cr2_rows": "bias-reduced variance; df from independent rows of variance 1 / weight",
    "none": "plain linearisation, df of the design less the coefficients, as R's survey has them",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """Settings of survey-weighted regression.

    Parameters
    ----------
    small_sample : {"cr2", "cr2_rows", "none"}, default "cr2"
        How variances and degrees of freedom are made; "none" reproduces R's survey package.
    replicates : Replicates, optional
        Fit the model again in every replicate of the sample; variances then are the
        replicates', with the degrees of freedom of "none".
    """

    small_sample: str = "cr2"
    replicates: Replicates | None = None

    def __post_init__(self) -> None:
        choose("small_sample", self.small_sample, SMALL_SAMPLE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Regression:
    """A fitted survey-weighted regression; see :func:`jfmodels.fit`."""

    survey: Survey
    formula: Formula
    family: Family
    settings: Weighted
    response: Response
    data: ModelData
    coefficients: Coefficients
    where: Mapping[str, Sequence[str]]
    name: str = "weighted"
    beliefs: dict[str, Belief] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.coefficients.predictors.names

    @property
    def terms(self) -> tuple[str, ...]:
        """Terms of the formula, without the intercept."""
        return tuple(name for name in self.coefficients.design.terms if name != "Intercept")

    @property
    def parameters(self) -> Normal:
        """The belief about the coefficients."""
        return self.coefficients.joint

    def test_term(self, term: str) -> JointTest:
        """Ask whether all coefficients of a term are zero, by a Wald test."""
        return self.coefficients.test(term, self.family.constant_blocks)

    def believe(self, question: Question) -> Belief:
        """Answer for every cell of a question, averaging the model over a composition."""
        key = repr(question)
        if key not in self.beliefs:
            self.beliefs[key] = margins(self, question)
        return self.beliefs[key]


def fit_weighted(
    formula: str,
    survey: Survey,
    *,
    settings: Weighted,
    family: Family | None = None,
    where: Where | None = None,
) -> Regression:
    """Fit a survey-weighted regression; see :func:`jfmodels.fit`."""
    parsed = parse(formula)
    if parsed.effects:
        raise SpecError(
            "Survey-weighted regression has no random terms; leave "
            f"{listing(effect.text for effect in parsed.effects)} out."
        )
    require_way(survey, settings.replicates)
    response = read_response(survey, parsed)
    chosen = family or FAMILIES[DEFAULT_FAMILY[response.scale]]()
    if response.scale not in chosen.scales:
        raise SpecError(
            f"Family '{chosen.name}' does not serve scale '{response.scale}'; it serves "
            f"{listing(chosen.scales)}."
        )
    allowed = read_where(survey, where)
    data = read_data(survey, parsed, response, allowed)
    return Regression(
        survey=survey,
        formula=parsed,
        family=chosen,
        settings=settings,
        response=response,
        data=data,
        coefficients=_coefficients(survey, parsed, chosen, settings, response, data),
        where=allowed,
    )


def _coefficients(
    survey: Survey,
    formula: Formula,
    family: Family,
    settings: Weighted,
    response: Response,
    data: ModelData,
) -> Coefficients:
    """Estimate the parameters and what every unit adds to their errors."""
    weights = np.bincount(data.pattern, data.weight, len(data.patterns))
    design = design_matrix(formula, data.patterns, weights)
    require_full_rank(design)
    _check_answers(design, family, response, data)
    predictors = _predictors(design, family, len(response.categories), response.categories)
    made = None if settings.replicates is None else replicates_for(survey, settings.replicates)
    df = survey.sampling.df if made is None or made.df is None else made.df
    _check_size(predictors, df)
    kinds, kind = np.unique(
        np.column_stack([data.pattern, data.answer]), axis=0, return_inverse=True
    )
    kind = kind.ravel()
    pattern, answer = kinds[:, 0].astype(np.int64), kinds[:, 1]
    total = np.bincount(kind, data.weight)
    start = _start(family, predictors, response, answer, total)
    estimate = maximise(family, predictors, pattern, answer, total, start)
    if made is not None:
        refits = refit(family, predictors, estimate, data, (pattern, answer, kind), made)
        rows = refits.influence(estimate.theta)
        spent = _design_df(predictors, df)
        return Coefficients(design, predictors, estimate, rows, spent, refits)
    scale = total.mean()  # the information was summed with weights of mean 1
    rows, degrees = _influence(
        survey.sampling, settings, predictors, estimate, data, pattern, kind, scale
    )
    return Coefficients(design, predictors, estimate, rows, degrees)


def _predictors(
    design: DesignMatrix, family: Family, n_categories: int, categories: tuple[str, ...]
) -> Predictors:
    """Lay out predictors; thresholds take the intercept's place."""
    keep = [k for k, name in enumerate(design.names) if name != "Intercept"]
    x = design.matrix[:, keep] if family.constant_blocks else design.matrix
    names = [name for name in design.names if not (family.constant_blocks and name == "Intercept")]
    blocks = family.blocks(n_categories)
    if family.name == "ordinal":
        cuts = [f"{a} | {b}" for a, b in pairwise(categories)]
        named = [*names, *cuts]
    elif family.name == "categorical":
        named = [f"{category}: {name}" for category in categories[1:] for name in names]
    else:
        named = [*names, *([DISPERSION] if "1" in blocks else [])]
    return Predictors(x, design.offset, blocks, tuple(named))


def _check_answers(
    design: DesignMatrix, family: Family, response: Response, data: ModelData
) -> None:
    """Refuse categories that nobody chose, and thresholds beside columns that replace them."""
    if family.constant_blocks and "Intercept" not in design.names:
        raise SpecError(
            "Thresholds take the intercept's place, so an ordinal model needs one: write its "
            "formula without '0 +' and '- 1'."
        )
    if has_shares(family):
        seen = np.bincount(data.answer.astype(np.int64), minlength=len(response.categories)) > 0
        absent = [name for name, any_ in zip(response.categories, seen, strict=True) if not any_]
        if absent:
            raise EstimationError(
                f"Nobody in these rows answered {listing(absent)} of '{response.outcome.name}'. "
                "Merge categories in the codebook, or widen where=."
            )


def _check_size(predictors: Predictors, df: float) -> None:
    """Refuse more coefficients than the design has degrees of freedom."""
    n = sum(predictors.matrix.shape[1] if b == "x" else 1 for b in predictors.blocks[:1])
    if n - 1 >= df:
        raise SpecError(
            f"{n} coefficients, but the design has {df:g} degrees of freedom (clusters "
            "minus strata). Leave interactions out, let them be random effects, or use direct(), "
            "whose rows have degrees of freedom of their own."
        )


def _start(
    family: Family, predictors: Predictors, response: Response, answer: Floats, total: Floats
) -> Floats:
    """Parameters of a model of constants."""
    if has_shares(family):
        share = np.bincount(answer.astype(np.int64), total, len(response.categories)) / total.sum()
    else:
        share = np.array([answer @ total / total.sum()])
    theta = np.zeros(len(predictors.names))
    eta = family.start(share)
    constant = (predictors.matrix == 1).all(axis=0)
    for block, part, value in zip(predictors.blocks, predictors.slices, eta, strict=True):
        place = np.arange(part.start, part.stop)
        theta[place if block == "1" else place[constant][:1]] = value
    return theta


def _influence(
    sampling: Sampling,
    settings: Weighted,
    predictors: Predictors,
    estimate: Estimate,
    data: ModelData,
    pattern: Ints,
    kind: Ints,
    scale: float,
) -> tuple[Floats, DegreesOfFreedom]:
    """Influence of every unit on every parameter, and the rule for degrees of freedom."""
    matrix = predictors.matrix[pattern]
    score = predictors.expand(estimate.derivatives.gradient, matrix)
    n_units = len(sampling.stages[-1].stratum)
    weight = data.weight / scale
    scores = csr_array((weight, (data.unit, kind)), shape=(n_units, len(score))) @ score
    inverse = np.linalg.inv(estimate.information)
    if settings.small_sample == "none":
        return linearized(scores @ inverse, sampling), _design_df(predictors, sampling.df)
    if len(sampling.stages) > 1:
        raise SpecError(
            "CR2 is not derived for designs with finite population corrections at several "
            "stages. Choose Weighted(small_sample='none'), or leave the later stages' fpc out."
        )
    parts = _parts(predictors, estimate, data, pattern, kind, weight, n_units)
    rows, adjustments = adjusted_scores(scores, parts, sampling)
    working = parts
    if settings.small_sample == "cr2":
        working = _cluster_effects(predictors, estimate, data, pattern, kind, weight, n_units)
    stage, share, loadings = sampling.stages[0], centring(sampling), np.eye(len(inverse))
    return rows @ inverse, ClusterRobust(parts, adjustments, working, stage, share, loadings)


def _design_df(predictors: Predictors, df: float) -> Constant:
    """Degrees of freedom of the design less the coefficients."""
    n_x = predictors.matrix.shape[1]
    thresholds = "1" in predictors.blocks and predictors.blocks[0] == "x"
    spent = n_x + (1 if thresholds and len(predictors.blocks) > 2 else 0)
    return Constant(df + 1 - spent)


def _parts(
    predictors: Predictors,
    estimate: Estimate,
    data: ModelData,
    pattern: Ints,
    kind: Ints,
    weight: Floats,
    n_units: int,
) -> Floats:
    """Every unit's part of the information that the model expects, shape (U, Q, Q)."""
    parts = np.zeros((n_units, len(predictors.names), len(predictors.names)))
    order = np.argsort(data.unit, kind="stable")
    bounds = np.searchsorted(data.unit[order], np.arange(n_units + 1))
    for unit in range(n_units):
        here = order[bounds[unit] : bounds[unit + 1]]
        information = weight[here, None, None] * estimate.expected[kind[here]]
        parts[unit] = predictors.information(information, predictors.matrix[pattern[kind[here]]])
    return parts


def _cluster_effects(
    predictors: Predictors,
    estimate: Estimate,
    data: ModelData,
    pattern: Ints,
    kind: Ints,
    weight: Floats,
    n_units: int,
) -> Floats:
    """Variance of units' scores if all rows of a unit and wave move together; (U, Q, Q)."""
    roots = _roots(estimate.expected)
    visit = data.unit * (data.wave.max() + 1) + data.wave
    occurring, place = np.unique(visit, return_inverse=True)
    unit = occurring // (data.wave.max() + 1)
    effects = np.zeros((n_units, len(predictors.names), len(predictors.names)))
    sums = csr_array((weight, (place.ravel(), kind)), shape=(len(occurring), len(pattern)))
    matrix = predictors.matrix[pattern]
    for k in range(roots.shape[2]):
        moved = sums @ predictors.expand(roots[:, :, k], matrix)
        np.add.at(effects, unit, moved[:, :, None] * moved[:, None, :])
    return effects


def _roots(information: Floats) -> Floats:
    """Symmetric square roots of (N, L, L) matrices; negative parts count as none."""
    values, vectors = np.linalg.eigh(information)
    root = np.sqrt(np.maximum(values, 0.0))
    return (vectors * root[:, None, :]) @ np.swapaxes(vectors, 1, 2)
