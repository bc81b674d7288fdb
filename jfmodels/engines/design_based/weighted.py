"""Survey-weighted regression: pseudo-maximum likelihood, right with few clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.design_based.fitted import Coefficients, SecondWay
from jfmodels.engines.design_based.influence import design_df, explained_scores, influence
from jfmodels.engines.design_based.kinds import kinds_of
from jfmodels.engines.design_based.margins import margins
from jfmodels.engines.design_based.measures_of_fit import measures_of_fit
from jfmodels.engines.design_based.pseudo_likelihood import (
    DISPERSION,
    Predictors,
    has_shares,
    maximise,
)
from jfmodels.engines.design_based.refits import refit
from jfmodels.engines.design_based.replicated import (
    replicates_for,
    require_way,
    with_replicates,
)
from jfmodels.engines.design_based.settings import SMALL_SAMPLE, Weighted
from jfmodels.engines.design_based.term_tests import joint_test
from jfmodels.engines.design_based.two_way import believed_two_ways, by_interviewer
from jfmodels.engines.evidence import reached
from jfmodels.errors import SpecError
from jfmodels.model.cells import Where, read_where
from jfmodels.model.data import ModelData, Response, read_data, read_response
from jfmodels.model.deficiency import require_full_rank
from jfmodels.model.design_matrix import DesignMatrix, design_matrix
from jfmodels.model.families import Family
from jfmodels.model.formula import Formula
from jfmodels.model.model import check_answers, family_of, threshold_names
from jfmodels.results.diagnose import rows_left_out
from jfmodels.results.engine import Belief, Check, Heading, Question
from jfmodels.results.normal import Normal
from jfmodels.results.summary import JointTest
from jfmodels.survey.survey import Survey

__all__ = ["Regression", "fit_weighted"]

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Regression:
    """A fitted survey-weighted regression; see :func:`jfmodels.fit`.

    `ways` are the same regression clustered by interviewer, and by interviewer within unit.
    """

    survey: Survey
    formula: Formula
    family: Family
    settings: Weighted
    response: Response
    data: ModelData
    coefficients: Coefficients
    where: Mapping[str, Sequence[str]]
    ways: tuple[Regression, ...] = ()
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

    @property
    def heading(self) -> Heading:
        """What must be known to read the coefficients."""
        family, n = self.family, int(self.data.n.sum())
        return Heading(self.formula.text, family.link, tuple(self._notes()), family.name, n)

    @property
    def errors(self) -> str:
        """How standard errors were made."""
        refitted = self.coefficients.refits is not None
        return "replicates" if refitted else self.settings.small_sample

    def _notes(self) -> Iterator[str]:
        family = self.family
        if self.survey.simulated:
            yield "Simulated data"
        against = f" against '{self.response.categories[0]}'" if family.coding else ""
        yield f"{family.name}{against}, {family.link} link; {self.data.n.sum():,.0f} interviews"
        units, strata = reached(self.survey.sampling, self.data.unit)
        yield f"{units:,} units in {strata:,} strata: {units - strata:,} degrees of freedom"
        refits = self.coefficients.refits
        yield (
            f"Standard errors: {SMALL_SAMPLE[self.settings.small_sample]}"
            if refits is None
            else f"Standard errors: {len(refits.theta):,} replicates, df of the design"
        )
        if self.ways:
            yield "Interviewers count as a second way of clustering"

    @property
    def flag(self) -> tuple[str, ...]:
        """Codes of every coefficient: none, as what failed is refused."""
        return ()

    def test_term(self, term: str, method: object = None) -> JointTest:
        """Ask whether a coefficient, or all those of a term, are zero."""
        return joint_test(self, term, method)

    def checks(self) -> list[Check]:
        """Say what its data lack, and how well it fits."""
        return [rows_left_out(self.data), *measures_of_fit(self)]

    def believe(self, question: Question) -> Belief:
        """Answer for every cell of a question, averaging the model over a composition."""
        key = question.key
        if key not in self.beliefs:
            self.beliefs[key] = self._believe(question)
        return self.beliefs[key]

    def _believe(self, question: Question) -> Belief:
        belief, second = margins(self, question), self.coefficients.second
        if second is None:
            return belief
        one, both = (margins(way, question) for way in self.ways)
        return believed_two_ways(belief, one, both, second.interviewers)


def fit_weighted(
    formula: Formula,
    survey: Survey,
    *,
    settings: Weighted,
    family: Family | None = None,
    where: Where | None = None,
) -> Regression:
    """Fit a survey-weighted regression; see :func:`jfmodels.fit`."""
    require_way(survey, settings.replicates)
    survey = with_replicates(survey, settings.replicates)
    response = read_response(survey, formula)
    chosen = family_of(response, family)
    allowed = read_where(survey, where)
    data = read_data(survey, formula, response, allowed)
    model = Regression(
        survey=survey,
        formula=formula,
        family=chosen,
        settings=settings,
        response=response,
        data=data,
        coefficients=_coefficients(survey, formula, chosen, settings, response, data, allowed),
        where=allowed,
    )
    return model if settings.interviewers == "ignore" else _two_way(model)


def _two_way(model: Regression) -> Regression:
    """Add interviewers as a second way of clustering."""
    name = model.survey.design.interviewer
    if name is None:
        raise SpecError("interviewers='cluster' needs interviewer= in the SurveyDesign.")
    one, both = (_clustered(model, survey) for survey in by_interviewer(model.survey))
    size = len(model.survey.rows.keys[name].labels)
    second = SecondWay(one.coefficients.rows, both.coefficients.rows, size)
    return replace(model, coefficients=replace(model.coefficients, second=second), ways=(one, both))


def _clustered(model: Regression, survey: Survey) -> Regression:
    """The same estimates with the influence of other units."""
    data = read_data(survey, model.formula, model.response, model.where)
    fitted, way = model.coefficients, model.settings.small_sample
    predictors, estimate = fitted.predictors, fitted.estimate
    taken = explained_scores(
        survey, model.formula, model.response, model.where, predictors, estimate
    )
    rows, degrees = influence(
        survey.sampling, way, predictors, estimate, data, kinds_of(data), taken
    )
    coefficients = replace(fitted, rows=rows, degrees=degrees)
    return replace(model, survey=survey, data=data, coefficients=coefficients, beliefs={})


def _coefficients(
    survey: Survey,
    formula: Formula,
    family: Family,
    settings: Weighted,
    response: Response,
    data: ModelData,
    where: Mapping[str, Sequence[str]],
) -> Coefficients:
    """Estimate the parameters and what every unit adds to their errors."""
    weights = np.bincount(data.pattern, data.weight, len(data.patterns))
    design = design_matrix(formula, data.patterns, weights)
    require_full_rank(design)
    check_answers(design, family, response, data)
    predictors = _predictors(design, family, len(response.categories), response.categories)
    made = None if settings.replicates is None else replicates_for(survey, settings.replicates)
    units, strata = reached(survey.sampling, data.unit)
    df = units - strata if made is None or made.df is None else made.df
    _check_size(predictors, df)
    kinds = kinds_of(data)
    total = kinds.total(data.weight)
    start = _start(family, predictors, response, kinds.answer, total)
    estimate = maximise(family, predictors, kinds.pattern, kinds.answer, total, start)
    if made is not None:
        refits = refit(family, predictors, estimate, data, kinds, made)
        rows = refits.influence(estimate.theta)
        spent = design_df(predictors, df)
        return Coefficients(design, predictors, estimate, rows, spent, refits)
    way = settings.small_sample
    taken = explained_scores(survey, formula, response, where, predictors, estimate)
    rows, degrees = influence(survey.sampling, way, predictors, estimate, data, kinds, taken)
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
        named = [*names, *threshold_names(categories)]
    elif family.name == "categorical":
        named = [f"{category}: {name}" for category in categories[1:] for name in names]
    else:
        named = [*names, *([DISPERSION] if "1" in blocks else [])]
    return Predictors(x, design.offset, blocks, tuple(named))


def _check_size(predictors: Predictors, df: float) -> None:
    """Refuse a model without coefficients, or with more than the design can carry."""
    if not predictors.names:
        raise SpecError("The formula leaves nothing to estimate; add a term, or leave 0 out.")
    n = sum(predictors.matrix.shape[1] if b == "x" else 1 for b in predictors.blocks[:1])
    if n - 1 >= df:
        raise SpecError(
            f"{n} coefficients, but these rows have {df:g} degrees of freedom by design (clusters "
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
