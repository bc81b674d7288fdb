"""A fit: an engine and the questions that can be put to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd

from jfmodels.errors import SpecError, choose
from jfmodels.model.cells import Where
from jfmodels.results.coefficients import coefficient_table
from jfmodels.results.diagnose import diagnose
from jfmodels.results.engine import Belief, Engine, Question, WithCoefficients
from jfmodels.results.estimands import Change, Contrast, Estimand, Level, Range
from jfmodels.results.extremes import extremes_table
from jfmodels.results.hypotheses import joint_tests, term_test
from jfmodels.results.multiplicity import ADJUSTMENTS
from jfmodels.results.multiplicity import adjust as adjusted
from jfmodels.results.tables import estimate_table
from jfmodels.survey.design import Names, as_names

__all__ = ["Fit"]

type Categories = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Fit:
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

    def __repr__(self) -> str:
        return f"Fit by {self.engine.name} of {self.engine.survey!r}"

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
        over : "wave", "fixed" or Population, optional
            Composition to average over, where a model has covariates.
        where : mapping, optional
            The domain, for example ``{"region": ["Mopti", "Gao"]}``.
        categories : "shown", "all" or list of str
            Which categories.
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

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.COLUMNS`; a change of 0.05 in a share is
            five percentage points.

        Raises
        ------
        SpecError
            If a name is not known, or an adjustment is asked of a Bayesian fit.

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
    ) -> pd.DataFrame:
        """Tabulate how far groups, outcomes or categories lie apart in each wave.

        Parameters
        ----------
        along : str
            A group such as ``"region"``, or ``"outcome"`` or ``"category"``.
        reference : str, optional
            What the others are set against; ``"others"`` for the mean of the others, None
            for every pair.
        by, over, where, categories, adjust, coverage
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
    ) -> pd.DataFrame:
        """Answer one question as a tidy table.

        Parameters
        ----------
        estimand : Level, Change, Contrast, DiffInDiff, Slope, Index or Range
            The question.
        over, where, categories, adjust, coverage
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
        if not isinstance(coverage, Real) or not 0 < coverage < 1:
            raise SpecError(f"coverage is a number strictly between 0 and 1; found {coverage!r}.")
        if isinstance(estimand, type) or not hasattr(estimand, "plan"):
            raise SpecError(
                "estimate() takes a question such as jf.Level(), jf.Change() or jf.Slope(); found "
                f"{estimand!r}."
            )
        question = Question(as_names(estimand.axes), where, over, categories)
        belief = self.engine.believe(question)
        plan = estimand.plan(belief.grid)
        if isinstance(estimand, Range):
            return extremes_table(self.engine, question, belief, plan, estimand, coverage)
        summary = plan.answer(belief.joint).summary(coverage, plan.null)
        table = estimate_table(self.engine, question, belief, plan, summary, coverage)
        return _with_adjustment(table, adjust)

    def test(
        self,
        along: str = "wave",
        *,
        by: Names = None,
        over: object = None,
        where: Where | None = None,
        categories: Categories = "shown",
    ) -> pd.DataFrame:
        """Test jointly that a term is zero, or that nothing differs along an axis.

        Parameters
        ----------
        along : str, default "wave"
            A term of the model's formula; or the wave, a group, ``"outcome"`` or
            ``"category"``, along which the levels are compared.
        by, over, where, categories
            As in :meth:`levels`.

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
        """
        if isinstance(self.engine, WithCoefficients) and along in self.engine.terms and by is None:
            if where is not None or over is not None:
                raise SpecError(
                    f"The test of the term '{along}' is one of coefficients; where= and over= do "
                    "not change it. Fit within the domain instead: jf.fit(..., where=...)."
                )
            return term_test(self.engine, along)
        axes = Contrast(along, None, by).axes
        question = Question(axes, where, over, categories)
        belief = self.engine.believe(question)
        return joint_tests(self.engine, question, belief, along, as_names(by))

    def summary(self, *, ratios: bool = False, coverage: float = 0.95) -> pd.DataFrame:
        """Tabulate the coefficients of a model.

        Parameters
        ----------
        ratios : bool, default False
            Exponentials: odds ratios of a logit, rate ratios of a count.
        coverage : float, default 0.95
            Content of the intervals.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.COEFFICIENTS`; pandas writes it as HTML
            or LaTeX.

        Raises
        ------
        SpecError
            If the fit has no coefficients.

        Examples
        --------
        >>> import jfmodels as jf
        >>> model = jf.fit("shown(trust_army) ~ wave + sex", jf.example())
        >>> model.summary()["coefficient"].tolist()[-1]
        'sex[T.male]'
        """
        if not isinstance(self.engine, WithCoefficients):
            raise SpecError(f"A fit by '{self.engine.name}' has no coefficients; ask for levels().")
        return coefficient_table(self.engine, ratios=ratios, coverage=coverage)

    def diagnostics(self) -> pd.DataFrame:
        """Say in plain words what in the design should make one careful.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.DIAGNOSTICS`.
        """
        return diagnose(self.engine)


def _with_adjustment(table: pd.DataFrame, method: str | None) -> pd.DataFrame:
    """Adjust p-values over the rows of the table, and say so."""
    choose("adjustment", method or "holm", ADJUSTMENTS)
    p = table["p_value"].to_numpy(dtype=np.float64)
    family = int((~np.isnan(p)).sum())
    bayesian = table["prob_positive"].notna().any()
    if method is not None and bayesian:
        raise SpecError(
            f"adjust='{method}' adjusts p-values, and a Bayesian fit has none: read prob_positive."
        )
    if not family:
        return table
    chosen = method or "holm"
    table["p_adjusted"] = adjusted(p, chosen)
    text = chosen if chosen == "none" else f"{chosen} over {family}"
    table["adjustment"] = pd.array([None if np.isnan(each) else text for each in p], dtype="str")
    return table
