"""One question, answered with a model and without, side by side.

Each way of answering assumes something else, so that where they agree nobody needs to choose,
and where they do not the reader learns on what the answer rests.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain

import pandas as pd

from jfmodels.display.card import Card, Displayed
from jfmodels.engines.agreement import Asked, agreement_table
from jfmodels.engines.default_formula import default_formulas
from jfmodels.engines.design_based.direct import direct
from jfmodels.engines.fitting import Settings, fit, read_model, settings_of, without_bar
from jfmodels.engines.progress import somebody_looks, watched
from jfmodels.errors import EstimationError, SpecError, choose, require_share
from jfmodels.model.cells import Where, read_where
from jfmodels.model.formula import Formula, parse
from jfmodels.model.model import Model
from jfmodels.model.weighting import Weighting
from jfmodels.results.estimands import Change, Estimand, Level
from jfmodels.results.fit import Fit
from jfmodels.results.multiplicity import with_adjustment
from jfmodels.results.schema import FAILURES
from jfmodels.results.stacked import stacked
from jfmodels.results.table import Table
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.population import Population
from jfmodels.survey.survey import Survey, require_survey

__all__ = ["WAYS", "Comparison", "compare"]

type Done = tuple[str, str | Model | None, Fit | Exception]  # a way, its formula, what came of it

WAYS: Mapping[str, str] = {
    "direct": "weighted shares or means, no model",
    "weighted": "survey-weighted regression",
    "multilevel": "multilevel model, averaged over the people of the survey",
    "mrp": "the same multilevel model, averaged over a census",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison(Displayed):
    """Several ways to answer the same questions; see :func:`compare`.

    Attributes
    ----------
    fits : mapping of str to Fit
        By way: "direct", "weighted", "multilevel" or "mrp".
    models : mapping of str to Formula
        Of each that has one.
    over : mapping of str to object
        The composition that each is averaged over; None where it is as fielded.
    by : tuple of str
        Groups.
    weighting : str, Pseudo or None
        What weights do in the multilevel model.
    failures : DataFrame
        Ways that could not be fitted, and why; columns of
        :data:`jfmodels.results.schema.FAILURES`.

    Examples
    --------
    >>> import jfmodels as jf
    >>> two = {"wave": ["Q5", "Q6"]}
    >>> found = jf.compare(jf.example(), "trust_army", where=two, weighting="ignore")
    >>> list(found.fits)
    ['direct', 'weighted', 'multilevel']
    """

    fits: Mapping[str, Fit]
    models: Mapping[str, Formula]
    over: Mapping[str, object]
    by: tuple[str, ...]
    weighting: Weighting | None
    failures: pd.DataFrame = field(repr=False)

    def _card(self) -> Card:
        rows = [
            (way, WAYS[way], self.models[way].text if way in self.models else "no model")
            for way in self.fits
        ]
        by = f", by {', '.join(self.by)}" if self.by else ""
        return Card(
            "Comparison",
            f"{len(self.fits)} ways to answer the same questions{by}",
            {way: f"{formula} ({what})" for way, what, formula in rows},
            warnings=[f"{row.fit}: failed. {row.message}" for row in self.failures.itertuples()],
            notes=["Side by side: levels(), changes(); where they differ, and why: agreement()."],
        )

    def levels(self, *, coverage: float = 0.95) -> pd.DataFrame:
        """Tabulate the level in each wave and group.

        Parameters
        ----------
        coverage : float, default 0.95
            Content of the intervals.

        Returns
        -------
        DataFrame
            As of :meth:`estimate`.

        Examples
        --------
        >>> import jfmodels as jf
        >>> two = {"wave": ["Q5", "Q6"]}
        >>> found = jf.compare(jf.example(), "trust_army", where=two, weighting="ignore")
        >>> found.levels()["fit"].value_counts().to_dict()
        {'direct': 2, 'weighted': 2, 'multilevel': 2}
        """
        return self.estimate(Level(self._groups), coverage=coverage)

    def changes(
        self, against: str = "previous", *, adjust: str | None = None, coverage: float = 0.95
    ) -> pd.DataFrame:
        """Tabulate changes between waves.

        Parameters
        ----------
        against : {"previous", "first", "all"} or str, default "previous"
            As in :meth:`jfmodels.Fit.changes`.
        adjust, coverage
            As in :meth:`estimate`.

        Returns
        -------
        DataFrame
            As of :meth:`estimate`.

        Examples
        --------
        >>> import jfmodels as jf
        >>> two = {"wave": ["Q5", "Q6"]}
        >>> found = jf.compare(jf.example(), "trust_army", where=two, weighting="ignore")
        >>> found.changes("first")["wave_ref"].unique().tolist()
        ['Q5']
        """
        return self.estimate(Change(against, self._groups), adjust=adjust, coverage=coverage)

    def estimate(
        self, estimand: Estimand, *, adjust: str | None = None, coverage: float = 0.95
    ) -> pd.DataFrame:
        """Put one question to all.

        Parameters
        ----------
        estimand : Level, Change, Contrast, ...
            The question.
        adjust : {"holm", "bh", "bonferroni", "none"}, optional
            Adjustment of p-values over the rows of each way that has some, by itself: they
            are answers to the same questions.
        coverage : float, default 0.95
            Content of the intervals.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.STACKED`; `fit` names the way.

        Examples
        --------
        >>> import jfmodels as jf
        >>> two = {"wave": ["Q5", "Q6"]}
        >>> found = jf.compare(jf.example(), "trust_army", where=two, weighting="ignore")
        >>> found.estimate(jf.Slope())["fit"].tolist()
        ['direct', 'weighted', 'multilevel']
        """
        tables = {}
        for way, each in self.fits.items():
            table = each.estimate(estimand, over=self.over[way], coverage=coverage)
            tested = adjust is not None and table["p_value"].notna().any()
            tables[way] = with_adjustment(table, adjust) if tested else table
        return stacked(tables)

    def agreement(
        self, estimand: Estimand | None = None, *, coverage: float = 0.95, lang: str = "en"
    ) -> pd.DataFrame:
        """Say where the answers lie further apart than chance allows, and why that can be.

        Two ways are set against one another in every row in which they speak of the same
        places and people. Those without a posterior rest on the same clusters, so the error
        of their difference is known exactly. Beside a posterior it is taken as if the two
        were independent; they share their interviews, so it is at most that.

        Parameters
        ----------
        estimand : Level, Change, Contrast, ..., optional
            The question; by default the changes since the wave before, by the comparison's
            groups, or the levels of a survey without waves.
        coverage : float, default 0.95
            Of ways that agree, the least share of rows that are told to; with 0.95 at most one
            row in twenty lies apart by chance alone.
        lang : {"en", "fr"}
            Language of the sentences.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.AGREEMENT`.

        Examples
        --------
        >>> import jfmodels as jf
        >>> found = jf.compare(jf.example(), "trust_army", weighting="ignore")
        >>> first = found.agreement().iloc[0]
        >>> first["fit"], first["fit_ref"], bool(first["agree"])
        ('direct', 'weighted', True)
        """
        require_share("coverage", coverage)
        waves = next(iter(self.fits.values())).engine.survey.waves
        default = Change("previous", self._groups) if waves else Level(self._groups)
        asked = default if estimand is None else estimand
        ways = {way: self._asked(way, asked) for way in self.fits}
        return agreement_table(ways, coverage, lang)

    def _asked(self, way: str, estimand: Estimand) -> Asked:
        """Put a question to one way."""
        weighs = way in ("direct", "weighted") or self.weighting not in (None, "ignore")
        formula = self.models.get(way)
        return Asked.of(self.fits[way], estimand, self.over[way], formula, weighs)

    @property
    def _groups(self) -> list[str] | None:
        return list(self.by) or None


def compare(
    survey: Survey,
    outcome: str,
    *,
    by: Names = None,
    covariates: Names = None,
    where: Where | None = None,
    over: object = "wave",
    population: object = None,
    models: Mapping[str, str | Model] | None = None,
    engine: str | Settings = "laplace",
    weighting: Weighting | None = None,
    progress: bool | None = None,
) -> Comparison:
    """Answer a question directly, by regression, by a multilevel model and by poststratification.

    Parameters
    ----------
    survey : Survey
        The survey.
    outcome : str
        The outcome; of several categories, what is shown.
    by : str or list of str, optional
        Groups, beside the wave.
    covariates : str or list of str, optional
        Columns that both models hold fixed, beside wave and groups.
    where : mapping, optional
        The domain, for example without groups that some wave did not reach.
    over : "wave", "fixed", "everyone" or Population, default "wave"
        Whom the models are averaged over; "wave" is whom direct estimates speak of.
    population : Population, optional
        The census of the multilevel model's poststratification ("mrp"), which is left out
        without it.
    models : mapping of str to str or Model, optional
        Formulas of "weighted" and "multilevel" in place of the defaults. These are ``wave *
        groups + covariates``, without interactions in the regression if the design has too few
        degrees of freedom for them, and in the multilevel model ``(1 | cluster) + (1 |
        cluster:wave) + (1 | interviewer)``, and ``(1 | person)`` where the same are asked again.
        If some group was not met in some wave, no model can tell its interaction: both are then
        additive, the multilevel one with ``(1 | group:wave)``; ``found.models`` names what was
        fitted.
    engine : {"laplace", "nuts"} or settings, default "laplace"
        Of the multilevel model.
    weighting : str or Pseudo, optional
        Of the multilevel model, as in :func:`jfmodels.fit`; must be said once weights vary.
    progress : bool, optional
        Whether to show a bar; by default in a terminal or notebook.

    Returns
    -------
    Comparison
        Ask it for ``levels``, ``changes``, ``estimate`` and ``agreement``; draw its tables by
        :func:`jfmodels.plot_comparison`.

    Raises
    ------
    SpecError
        If a name is not known, or `weighting` must be said.

    Examples
    --------
    >>> import jfmodels as jf
    >>> found = jf.compare(jf.example(), "trust_army", by="region", weighting="ignore")
    >>> list(found.fits)
    ['direct', 'weighted', 'multilevel']
    >>> found.models["weighted"].text
    'shown(trust_army) ~ wave + region'
    """
    require_survey(survey)
    groups, fixed = as_names(by), as_names(covariates)
    for name in (*groups, *fixed):
        survey.group(name)
    given = models or {}
    for way in given:
        choose("way with a formula", way, {"weighted": "", "multilevel": ""})
    _check(outcome, population)
    allowed = read_where(survey, where)
    named = (survey, outcome, groups, fixed, weighting, allowed)
    default, simpler = default_formulas(*named), default_formulas(*named, additive=True)
    tried = {way: (default[way], simpler[way]) for way in default}
    tried |= {way: (formula, formula) for way, formula in given.items()}
    modelled = _modelled(tried, given, survey, where, engine, weighting)
    done = chain(_direct(survey, outcome, by, where), modelled)
    shown = somebody_looks(sys.stderr) if progress is None else progress
    found = list(watched(done, 1 + len(tried), shown))
    fits = {way: each for way, _, each in found if isinstance(each, Fit)}
    read = {way: _read(text) for way, text, _ in found if way in fits and text is not None}
    failures = [(w, type(e).__name__, str(e)) for w, _, e in found if isinstance(e, Exception)]
    composition: dict[str, object] = dict.fromkeys(fits, over) | {"direct": None}
    if population is not None and "multilevel" in fits:
        fits["mrp"], read["mrp"], composition["mrp"] = (
            fits["multilevel"],
            read["multilevel"],
            population,
        )
    table = Table(failures, columns=list(FAILURES))
    return Comparison(fits, read, composition, groups, weighting, table)


def _direct(survey: Survey, outcome: str, by: Names, where: Where | None) -> Iterator[Done]:
    """Estimate without a model, when asked for it."""
    yield "direct", None, direct(survey, outcome, by=by, where=where)


def _modelled(
    tried: Mapping[str, tuple[str | Model, str | Model]],
    given: Collection[str],
    survey: Survey,
    where: Where | None,
    engine: str | Settings,
    weighting: Weighting | None,
) -> Iterator[Done]:
    """Fit one model after the other, by its formula or the simpler one; keep what went wrong."""
    for way, (formula, instead) in tried.items():
        how: dict[str, object] = {}
        if way == "multilevel":
            model = read_model(formula, None, None)
            how = {"engine": without_bar(settings_of(engine, model)), "weighting": weighting}
        # a default formula names what is there, so that only its size can be at fault
        sized = way == "weighted" and way not in given
        told = (EstimationError, SpecError) if sized else (EstimationError,)
        done: tuple[str | Model | None, Fit | Exception]
        try:
            done = _first_that_fits(formula, instead, survey, where, how)
        except told as error:
            done = None, error
        yield way, *done


def _first_that_fits(
    formula: str | Model,
    instead: str | Model,
    survey: Survey,
    where: Where | None,
    how: Mapping[str, object],
) -> tuple[str | Model, Fit]:
    """Fit a default formula; where it asks of cells that nobody was met in, the simpler one."""
    if formula != instead:
        with suppress(SpecError):  # what is wrong with both is told of the simpler one
            return formula, fit(formula, survey, where=where, **how)  # type: ignore[arg-type]
    return instead, fit(instead, survey, where=where, **how)  # type: ignore[arg-type]


def _check(outcome: object, population: object) -> None:
    """Refuse what is no single outcome, or no census."""
    if not isinstance(outcome, str):
        raise SpecError(f"compare() takes the name of one outcome; found {outcome!r}.")
    if not isinstance(population, Population | None):
        found = type(population).__name__
        raise SpecError(f"population= takes a jf.Population; found {found}.")


def _read(formula: str | Model) -> Formula:
    """The formula of a model, read."""
    return parse(formula) if isinstance(formula, str) else formula.formula
