"""A fitted multilevel model: what a posterior answers to the questions of the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scipy.sparse import csr_array, eye_array

from jfmodels.engines.bayesian.averages import average
from jfmodels.engines.bayesian.draw import Sampler, draw, refuse_one_answer_each
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.errors import SpecError, choose, listing
from jfmodels.model.cells import Where
from jfmodels.model.data import ModelData, Response
from jfmodels.model.formula import Formula
from jfmodels.model.model import LaidOut, Model, lay_out, weigh
from jfmodels.model.weighting import Weighting, read_weighting
from jfmodels.results.adjusted import Adjusted
from jfmodels.results.diagnose import rows_left_out
from jfmodels.results.draws import Draws
from jfmodels.results.engine import Belief, Check, Heading, Question
from jfmodels.results.summary import JointTest
from jfmodels.survey.survey import Survey

if TYPE_CHECKING:
    from jfmodels.engines.bayesian.design_adjustment import DesignAdjustment

__all__ = ["Multilevel", "fit_multilevel"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Multilevel:
    """A fitted multilevel model; see :func:`jfmodels.fit`.

    Attributes
    ----------
    name : str
        The engine that drew: "laplace" or "nuts".
    survey : Survey
        The survey.
    laid : LaidOut
        The model, laid out for it.
    posterior : Posterior
        The draws.
    seed : int
        Of the random numbers by which compositions vary.
    adjustment : DesignAdjustment or None
        To the design, where the likelihood was a pseudo-likelihood.
    """

    name: str
    survey: Survey
    laid: LaidOut
    posterior: Posterior
    seed: int
    adjustment: DesignAdjustment | None = None
    beliefs: dict[str, Belief] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, name: str, survey: Survey, laid: LaidOut, posterior: Posterior, seed: int
    ) -> Multilevel:
        """Gather what was fitted; the posterior of a pseudo-likelihood is to be adjusted."""
        counted, adjustment = laid.counted, None
        if counted is not None:
            from jfmodels.engines.bayesian.design_adjustment import DesignAdjustment

            adjustment = DesignAdjustment(survey, posterior, counted)
        return cls(
            name=name,
            survey=survey,
            laid=laid,
            posterior=posterior,
            seed=seed,
            adjustment=adjustment,
        )

    @property
    def formula(self) -> Formula:
        """What the model says."""
        return self.laid.model.formula

    @property
    def response(self) -> Response:
        """What stands on the left."""
        return self.laid.response

    @property
    def data(self) -> ModelData:
        """The cells it was fitted to."""
        return self.laid.data

    @property
    def where(self) -> Mapping[str, Sequence[str]]:
        """The domain it was fitted in."""
        return self.laid.where

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.posterior.names

    @property
    def terms(self) -> tuple[str, ...]:
        """Terms of the fixed part, without the intercept."""
        return tuple(name for name in self.laid.latent.design.terms if name != "Intercept")

    @property
    def parameters(self) -> Draws | Adjusted:
        """The belief about the coefficients."""
        if self.adjustment is not None:
            return self.adjustment.coefficients()
        return self.posterior.coefficients()

    @property
    def heading(self) -> Heading:
        """What must be known to read the coefficients."""
        family, n = self.laid.latent.family, self.data.n.sum()
        fitted = f"{family.name}, {family.link} link; {n:,.0f} interviews"
        simulated = ("Simulated data",) if self.survey.simulated else ()
        notes = (*simulated, fitted, f"{self._drawn()} of {self.posterior.n_draws:,} draws")
        return Heading(self.formula.text, family.link, notes, family.name, int(n))

    def _drawn(self) -> str:
        """What the numbers are of the draws."""
        if self.adjustment is not None:
            return "Posterior means, with standard errors adjusted to the design,"
        known = "Prior" if self.name == "prior" else "Posterior"
        return f"{known} means and standard deviations"

    @property
    def errors(self) -> str:
        """How errors were made: drawn, and adjusted to the design where weights count."""
        return "posterior" if self.adjustment is None else "pseudo"

    @property
    def flag(self) -> tuple[str, ...]:
        """Codes that every number carries."""
        return self.posterior.flag

    def believe(self, question: Question) -> Belief:
        """Answer for every cell of a question, averaging the model draw by draw."""
        key = question.key
        if key not in self.beliefs:
            self.beliefs[key] = self._adjusted(question, average(self, question))
        return self.beliefs[key]

    def _adjusted(self, question: Question, drawn: Belief) -> Belief:
        """Adjust a belief to the design, where the likelihood was a pseudo-likelihood."""
        if self.adjustment is None:
            return drawn
        from jfmodels.engines.bayesian.adjusted_averages import adjusted

        return adjusted(self, self.adjustment, question, drawn)

    def test_term(self, term: str, method: object = None) -> JointTest:
        """Ask how large a credible region must be to hold the point where a term is zero."""
        if method is not None:
            raise SpecError("method= names a test with a p-value, and a Bayesian fit has none.")
        choose("term or coefficient", term, dict.fromkeys((*self.terms, *self.names)))
        of_term = self._columns(term)
        asked = [k for k, name in enumerate(self.names) if name.split(": ")[-1] in of_term]
        chosen = [self.names.index(term)] if term in self.names else asked
        every = eye_array(len(self.names), format="csr")
        return self.parameters.combine(csr_array(every[chosen])).test()

    def _columns(self, term: str) -> frozenset[str]:
        """Names of a term's columns."""
        design = self.laid.latent.design
        return frozenset(design.names[design.terms[term]] if term in design.terms else ())

    def checks(self) -> tuple[Check, ...]:
        """What should make one careful."""
        checks = (rows_left_out(self.data), *self.posterior.checks)
        return checks if self.adjustment is None else (*checks, self.adjustment.check())


def fit_multilevel(
    model: Model,
    survey: Survey,
    settings: Sampler,
    *,
    where: Where | None = None,
    weighting: Weighting | None = None,
) -> Multilevel:
    """Fit a multilevel model; see :func:`jfmodels.fit`."""
    laid = lay_out(model, survey, where)
    pseudo = read_weighting(laid.data, weighting)
    refuse_one_answer_each(laid.latent)
    if pseudo is not None:
        _refuse_people(laid, survey)
        laid = weigh(laid, survey, pseudo)
    name, posterior = draw(laid.latent, settings, survey.design.person)
    return Multilevel.of(name, survey, laid, posterior, settings.seed)


def _refuse_people(laid: LaidOut, survey: Survey) -> None:
    """Refuse to weight the answers of people who have effects of their own."""
    terms = [e.term.text for e in laid.latent.effects if survey.design.person in e.term.groups]
    if terms:
        raise SpecError(
            f"weighting='pseudo' is not derived for effects of respondents, {listing(terms)}. "
            "Leave the term out, whose clusters the design's errors count, or choose "
            "weighting='ignore'."
        )
