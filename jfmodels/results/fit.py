"""A fit: an engine and the questions that can be put to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jfmodels.display.card import Card, Displayed
from jfmodels.errors import SpecError, choose, require_share
from jfmodels.model.cells import Where
from jfmodels.results.coefficients import CoefficientTable, coefficient_sheet, summary_table
from jfmodels.results.diagnose import diagnose
from jfmodels.results.engine import Belief, Engine, Question, WithCoefficients
from jfmodels.results.estimands import Change, Contrast, Estimand, Level, Range
from jfmodels.results.extremes import extremes_table
from jfmodels.results.hypotheses import joint_tests, term_test
from jfmodels.results.marginal_effects import effect_of
from jfmodels.results.multiplicity import with_adjustment
from jfmodels.results.plans import Plan, take
from jfmodels.results.probabilities import (
    Bounds,
    Probability,
    Rows,
    all_together,
    negligible,
    refuse_range,
    rows_of,
)
from jfmodels.results.render import fit_card
from jfmodels.results.tables import estimate_table, made_by
from jfmodels.survey.design import Names, as_names

__all__ = ["Fit", "require_fit"]

type Categories = str | Sequence[str]


@dataclass(frozen=True, slots=True, repr=False)
class Fit(Displayed):
    """What came out, whichever engine made it.

    Parameters
    ----------
    engine : Engine
        Able to give its joint belief about any cells of the survey.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army")
    >>> fit.levels()[["wave", "estimate"]].shape
    (6, 2)
    """

    engine: Engine

    def _card(self) -> Card:
        card = fit_card(self.engine, type(self).__name__)
        if not isinstance(self.engine, WithCoefficients):
            return card
        sheet = coefficient_sheet(self.summary())
        return replace(card, sheets=[replace(sheet, title="", notes=())])

    def joint(
        self,
        by: Names = None,
        *,
        over: object = None,
        where: Where | None = None,
        categories: Categories = "shown",
    ) -> Belief:
        """Give the joint belief about all cells of a question, margins included.

        Parameters
        ----------
        by : str or list of str, optional
            Groups, beside the wave.
        over : "wave", "fixed", "everyone" or Population, optional
            Composition to average over, where a model has covariates: each wave's own people;
            the people of all waves together; the same people, moved to every group too; or
            those that a census counts.
        where : mapping, optional
            The domain, for example ``{"region": ["Mopti", "Gao"]}``; of waves and groups to
            which `over` moves people, those that are shown.
        categories : "shown", "all" or list of str
            Which categories.

        Returns
        -------
        Belief
            The cells as a grid, and what is believed of all of them together: a mean with a
            covariance, or draws.

        Examples
        --------
        >>> import jfmodels as jf
        >>> belief = jf.direct(jf.example(), "trust_army").joint("region")
        >>> len(belief.joint.mean)  # six waves and all, of four regions and all
        35
        """
        return self.engine.believe(Question(as_names(by), where, over, categories))

    def levels(
        self,
        by: Names = None,
        *,
        over: object = None,
        where: Where | None = None,
        categories: Categories = "shown",
        coverage: float = 0.95,
    ) -> pd.DataFrame:
        """Tabulate the level of every outcome in each wave.

        Parameters
        ----------
        by : str or list of str, optional
            Groups to split by; None for all together.
        over, where, categories
            As in :meth:`joint`.
        coverage : float, default 0.95
            Content of the intervals.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.COLUMNS`. Levels carry no p-value.

        Raises
        ------
        SpecError
            If a name is not known or `coverage` is not strictly between 0 and 1.

        Examples
        --------
        >>> import jfmodels as jf
        >>> table = jf.direct(jf.example(), "trust_army").levels(by="region")
        >>> sorted(table["region"].unique())
        ['Bandiagara', 'Gao', 'Mopti', 'Timbuktu']
        """
        return self.estimate(
            Level(by), over=over, where=where, categories=categories, coverage=coverage
        )

    def changes(
        self,
        against: str = "previous",
        *,
        by: Names = None,
        over: object = None,
        where: Where | None = None,
        categories: Categories = "shown",
        adjust: str | None = None,
        coverage: float = 0.95,
        rope: float | None = None,
    ) -> pd.DataFrame:
        """Tabulate how each level changed against another wave.

        Parameters
        ----------
        against : {"previous", "first", "all"} or str, default "previous"
            The previous or first wave that asked, every earlier one, or a wave's name.
        by, over, where, categories, coverage
            As in :meth:`levels`.
        adjust : {"holm", "bh", "bonferroni", "none"}, optional
            Adjustment over the rows of the table; Holm where there are p-values.
        rope : float, optional
            Half the width of the region of practical equivalence: `prob_rope` is then the
            posterior probability of a change no larger, of a Bayesian fit. With 0.02, changes
            of less than two percentage points are negligible.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.COLUMNS`; a change of 0.05 in a share is
            five percentage points.

        Raises
        ------
        SpecError
            If a name is not known, an adjustment is asked of a Bayesian fit, or `rope` of
            one that is none.

        Examples
        --------
        >>> import jfmodels as jf
        >>> table = jf.direct(jf.example(), "trust_army").changes(against="first")
        >>> table["wave_ref"].unique().tolist()
        ['Q1']
        """
        return self.estimate(
            Change(against, by),
            over=over,
            where=where,
            categories=categories,
            adjust=adjust,
            coverage=coverage,
            rope=rope,
        )

    def contrasts(
        self,
        along: str,
        *,
        reference: str | None = None,
        by: Names = None,
        over: object = None,
        where: Where | None = None,
        categories: Categories = "shown",
        adjust: str | None = None,
        coverage: float = 0.95,
        rope: float | None = None,
    ) -> pd.DataFrame:
        """Tabulate how far groups, outcomes or categories lie apart in each wave.

        Parameters
        ----------
        along : str
            A group such as ``"region"``, or ``"outcome"`` or ``"category"``.
        reference : str, optional
            What the others are set against; ``"others"`` for the mean of the others, None
            for every pair.
        by, over, where, categories, adjust, coverage, rope
            As in :meth:`changes`.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.COLUMNS`.

        Examples
        --------
        >>> import jfmodels as jf
        >>> fit = jf.direct(jf.example(), "trust_army")
        >>> table = fit.contrasts("region", reference="Mopti")
        >>> table["region_ref"].unique().tolist()
        ['Mopti']
        """
        return self.estimate(
            Contrast(along, reference, by),
            over=over,
            where=where,
            categories=categories,
            adjust=adjust,
            coverage=coverage,
            rope=rope,
        )

    def estimate(
        self,
        estimand: Estimand,
        *,
        over: object = None,
        where: Where | None = None,
        categories: Categories = "shown",
        adjust: str | None = None,
        coverage: float = 0.95,
        rope: float | None = None,
    ) -> pd.DataFrame:
        """Answer one question as a tidy table.

        Parameters
        ----------
        estimand : Level, Change, Contrast, MarginalEffect, DiffInDiff, Slope, Index or Range
            The question.
        over, where, categories, adjust, coverage, rope
            As in :meth:`changes`.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.COLUMNS`.

        Examples
        --------
        >>> import jfmodels as jf
        >>> fit = jf.direct(jf.example(), ["trust_army", "trust_police"])
        >>> fit.estimate(jf.Index(["trust_army", "trust_police"]))["outcome"].unique().tolist()
        ['index']
        """
        require_share("coverage", coverage)
        question, belief, plan = self._asked(estimand, over, where, categories)
        if isinstance(estimand, Range):
            if rope is not None:
                refuse_range(estimand, "rope=")
            return extremes_table(self.engine, question, belief, plan, estimand, coverage)
        answer = plan.answer(belief.joint)
        summary = answer.summary(coverage, plan.null)
        table = estimate_table(self.engine, question, belief, plan, summary, coverage)
        if rope is not None:
            probability = negligible(answer, plan, rope)
            table["prob_rope"] = np.where(table["estimate"].isna(), np.nan, probability)
        return with_adjustment(table, adjust)

    def _asked(
        self, estimand: Estimand, over: object, where: Where | None, categories: Categories
    ) -> tuple[Question, Belief, Plan]:
        """Put a question to the engine, and plan its rows."""
        if isinstance(estimand, type) or not hasattr(estimand, "plan"):
            raise _no_question(estimand)
        axes = as_names(estimand.axes)
        question = Question(axes, where, over, categories, effect_of(estimand))
        belief = self.engine.believe(question)
        return question, belief, estimand.plan(belief.grid)

    def probability(
        self,
        estimands: Estimand | Sequence[Estimand],
        *,
        above: float | None = None,
        below: float | None = None,
        rows: Rows | None = None,
        over: object = None,
        where: Where | None = None,
        categories: Categories = "shown",
    ) -> Probability:
        """Give the posterior probability that all rows of one or more questions hold at once.

        It is asked of questions rather than of a table, since a table has forgotten how its
        rows go together: three changes that are each positive with probability .9 may be so
        together with .9 or with .7.

        Parameters
        ----------
        estimands : Level, Change, Contrast, DiffInDiff, Slope, Index, or a list of them
            The questions.
        above, below : float, optional
            Where every row must lie, in its unit; one of them at least.
        rows : mapping, optional
            Which rows of the tables are meant, by their labels: ``{"wave": "Q6"}``.
        over, where, categories
            As in :meth:`levels`.

        Returns
        -------
        Probability
            With its Monte Carlo error; ``float()`` of it is the probability alone.

        Raises
        ------
        SpecError
            If the fit is not Bayesian, or a row has no estimate.

        Examples
        --------
        >>> import jfmodels as jf
        >>> fit = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(),
        ...              weighting="ignore")
        >>> rose = fit.probability(jf.Change("first"), above=0.0, rows={"wave": ["Q5", "Q6"]})
        >>> rose.n_rows
        2
        """
        bounds, answers, flags = Bounds(above, below), [], []
        if isinstance(estimands, str):
            raise _no_question(estimands)
        for each in estimands if isinstance(estimands, Sequence) else [estimands]:
            refuse_range(each, "probability()")
            question, belief, plan = self._asked(each, over, where, categories)
            summary = plan.answer(belief.joint).summary(0.5, plan.null)
            table = estimate_table(self.engine, question, belief, plan, summary, 0.5)
            chosen = rows_of(table, rows)
            flags += [code for codes in table["flag"].iloc[chosen] for code in codes]
            answers.append(take(plan, chosen).answer(belief.joint))
        return all_together(answers, bounds, flags)

    def test(
        self,
        along: str = "wave",
        *,
        by: Names = None,
        over: object = None,
        where: Where | None = None,
        categories: Categories = "shown",
        method: object = None,
    ) -> pd.DataFrame:
        """Test jointly that a term is zero, or that nothing differs along an axis.

        Parameters
        ----------
        along : str, default "wave"
            A term of the model's formula, or one of its coefficients; or the wave, a group,
            ``"outcome"`` or ``"category"``, along which the levels are compared.
        by, over, where, categories
            As in :meth:`levels`.
        method : {"wald", "wild", "lrt", "lrt_saddlepoint"} or Wild, optional
            How the coefficients of a survey-weighted regression are tested: by a Wald test, as
            is the default; by the wild cluster bootstrap; by the Rao-Scott likelihood ratio, or
            R's saddlepoint approximation of it.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.TESTS` and the groups; a test that the
            design has too few clusters for is refused and says what to ask instead.

        Examples
        --------
        >>> import jfmodels as jf
        >>> jf.direct(jf.example(), "trust_army").test("wave")["df1"].tolist()
        [5.0]
        >>> model = jf.fit("shown(trust_army) ~ wave + sex", jf.example())
        >>> model.test("sex", method="wild")["method"].item()
        'wild cluster bootstrap, all 65,536 Rademacher weights'
        """
        groups = self.engine.survey.rows.keys
        if isinstance(self.engine, WithCoefficients) and _names_term(
            self.engine, along, by, groups
        ):
            if where is not None or over is not None:
                raise SpecError(
                    f"The test of the term '{along}' is one of coefficients; where= and over= do "
                    "not change it. Fit within the domain instead: jf.fit(..., where=...)."
                )
            return term_test(self.engine, along, method)
        if method is not None:
            raise SpecError(
                f"method= is for tests of a model's coefficients, and '{along}' is compared by "
                "levels. Leave method= out, or name a term of the formula without by=."
            )
        axes = Contrast(along, None, by).axes
        question = Question(axes, where, over, categories)
        belief = self.engine.believe(question)
        return joint_tests(self.engine, question, belief, along, as_names(by))

    def summary(self, *, ratios: bool = False, coverage: float = 0.95) -> CoefficientTable:
        """Tabulate the coefficients of a model.

        Parameters
        ----------
        ratios : bool, default False
            Exponentials: odds ratios of a logit, hazard ratios of a cloglog, rate ratios of a
            count.
        coverage : float, default 0.95
            Content of the intervals.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.COEFFICIENTS`. It shows itself as papers
            print it, in a terminal and a notebook, and ``to_latex()`` writes it so.

        Raises
        ------
        SpecError
            If the fit has no coefficients, if exponentials mean nothing under its link, or
            `coverage` is not strictly between 0 and 1.

        Examples
        --------
        >>> import jfmodels as jf
        >>> model = jf.fit("shown(trust_army) ~ wave + sex", jf.example())
        >>> model.summary()["coefficient"].tolist()[-1]
        'sex[T.male]'
        """
        if not isinstance(self.engine, WithCoefficients):
            raise SpecError(f"A fit by '{self.engine.name}' has no coefficients; ask for levels().")
        require_share("coverage", coverage)
        table = summary_table(self.engine, ratios=ratios, coverage=coverage)
        table.attrs["record"] = made_by(self.engine)
        return table

    def diagnostics(self) -> pd.DataFrame:
        """Say in plain words what in the design or the fit should make one careful.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.DIAGNOSTICS`.

        Examples
        --------
        >>> import jfmodels as jf
        >>> table = jf.direct(jf.example(), "trust_army").diagnostics()
        >>> list(table.columns)
        ['check', 'subject', 'value', 'threshold', 'ok', 'says']
        """
        return diagnose(self.engine)


def _names_term(engine: WithCoefficients, along: str, by: Names, groups: Iterable[str]) -> bool:
    """Whether a term or a coefficient is asked for, rather than an axis of the levels."""
    terms = (*engine.terms, *engine.names)
    if by is None:
        known = dict.fromkeys([*terms, "wave", "outcome", "category", *groups])
        choose("term, coefficient or group", along, known)
    return by is None and along in terms


def _no_question(found: object) -> SpecError:
    return SpecError(
        "estimate() takes a question such as jf.Level(), jf.Change() or jf.Slope(); found "
        f"{found!r}."
    )


def require_fit(value: object, verb: str) -> None:
    """Refuse what is not a fit, a survey above all."""
    if not isinstance(value, Fit):
        raise SpecError(
            f"{verb}() takes a fit, as jf.fit() and jf.direct() give it; found "
            f"{type(value).__name__}."
        )
