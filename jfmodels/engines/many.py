"""Many fits in one call, wherever they are computed: what fails is reported, the rest is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from jfmodels.display.card import Card, Displayed
from jfmodels.display.sheet import Sheet
from jfmodels.engines.bayesian.parcel import Parcel
from jfmodels.engines.fitting import Settings, fit, read_model, settings_of, without_bar
from jfmodels.engines.progress import somebody_looks, watched
from jfmodels.errors import EstimationError, SpecError, choose
from jfmodels.model.cells import Where
from jfmodels.model.families import Family
from jfmodels.model.model import Model
from jfmodels.model.priors import Prior
from jfmodels.model.weighting import Weighting
from jfmodels.results.engine import WithCoefficients
from jfmodels.results.estimands import Change, Estimand, Level
from jfmodels.results.fit import Categories, Fit
from jfmodels.results.multiplicity import with_adjustment
from jfmodels.results.schema import FAILURES
from jfmodels.results.stacked import stacked
from jfmodels.results.table import Table
from jfmodels.survey.design import Names
from jfmodels.survey.survey import Survey

__all__ = ["Fits", "fit_many"]

type Formulas = Mapping[str, str | Model] | Sequence[str]
type Fitting = Callable[[str | Model, Survey], Fit]


def _said(fit: Fit) -> str:
    """Formula of a fit, or the outcomes of one without."""
    if isinstance(fit.engine, WithCoefficients):
        return fit.engine.heading.title
    return ", ".join(getattr(fit.engine, "outcomes", ()))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fits(Displayed, Mapping[str, Fit]):
    """Several fits by name, and what became of those that failed; see :func:`fit_many`.

    Attributes
    ----------
    fits : mapping of str to Fit
        Those that succeeded, in the order asked for.
    failures : DataFrame
        Columns of :data:`jfmodels.results.schema.FAILURES`.

    Examples
    --------
    >>> import jfmodels as jf
    >>> formulas = ["shown(trust_army) ~ wave", "shown(trust_police) ~ wave"]
    >>> fits = jf.fit_many(formulas, jf.example(), engine="weighted")
    >>> fits
    Fits: 2 succeeded, 0 failed
    """

    fits: Mapping[str, Fit]
    failures: pd.DataFrame = field(repr=False)

    def __getitem__(self, name: str) -> Fit:
        return choose("fit", name, self.fits)

    def __iter__(self) -> Iterator[str]:
        return iter(self.fits)

    def __len__(self) -> int:
        return len(self.fits)

    def _card(self) -> Card:
        n = len(self.failures)
        failed = [f"{row.fit} failed. {row.message}" for row in self.failures.itertuples()]
        rows = [(name, _said(each), each.engine.name) for name, each in self.items()]
        return Card(
            "Fits",
            f"{len(self)} succeeded, {n} failed",
            warnings=failed,
            sheets=[Sheet("", ("fit", "of", "engine"), tuple(rows), words=(0, 1, 2))],
            notes=["One table of all: levels(), changes(), estimate()."],
        )

    def levels(
        self,
        by: Names = None,
        *,
        over: object = None,
        where: Where | None = None,
        categories: Categories = "shown",
        coverage: float = 0.95,
    ) -> pd.DataFrame:
        """Tabulate the levels of all fits.

        Parameters
        ----------
        by, over, where, categories, coverage
            As in :meth:`jfmodels.Fit.levels`.

        Returns
        -------
        DataFrame
            As of :meth:`estimate`.

        Examples
        --------
        >>> import jfmodels as jf
        >>> formulas = ["shown(trust_army) ~ wave", "shown(trust_police) ~ wave"]
        >>> fits = jf.fit_many(formulas, jf.example(), engine="weighted")
        >>> len(fits.levels(over="wave"))
        12
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
        """Tabulate the changes of all fits.

        Parameters
        ----------
        against, by, over, where, categories, coverage, rope
            As in :meth:`jfmodels.Fit.changes`.
        adjust : {"holm", "bh", "bonferroni", "none"}, optional
            Adjustment over the rows of all fits together; Holm where there are p-values.

        Returns
        -------
        DataFrame
            As of :meth:`estimate`.

        Examples
        --------
        >>> import jfmodels as jf
        >>> formulas = ["shown(trust_army) ~ wave", "shown(trust_police) ~ wave"]
        >>> fits = jf.fit_many(formulas, jf.example(), engine="weighted")
        >>> fits.changes(over="wave")["adjustment"].unique().tolist()
        ['holm over 10']
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
        """Put one question to all fits.

        Parameters
        ----------
        estimand, over, where, categories, coverage, rope
            As in :meth:`jfmodels.Fit.estimate`.
        adjust : {"holm", "bh", "bonferroni", "none"}, optional
            Adjustment over the rows of all fits together; Holm where there are p-values.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.STACKED`.

        Examples
        --------
        >>> import jfmodels as jf
        >>> formulas = ["shown(trust_army) ~ wave", "shown(trust_police) ~ wave"]
        >>> fits = jf.fit_many(formulas, jf.example(), engine="weighted")
        >>> len(fits.estimate(jf.Slope(), over="wave"))
        2
        """
        if not self.fits:
            raise EstimationError("No fit succeeded; read why in .failures.")
        tables = {}
        for name, each in self.fits.items():
            try:
                tables[name] = each.estimate(
                    estimand,
                    over=over,
                    where=where,
                    categories=categories,
                    coverage=coverage,
                    rope=rope,
                )
            except SpecError as error:
                raise SpecError(f"{name}: {error}") from error
        return with_adjustment(stacked(tables), adjust)


def fit_many(
    formulas: Formulas,
    survey: Survey,
    *,
    engine: str | Settings | None = None,
    family: str | Family | None = None,
    where: Where | None = None,
    weighting: Weighting | None = None,
    priors: Mapping[str, Prior] | None = None,
    executor: Executor | None = None,
    progress: bool | None = None,
) -> Fits:
    """Fit many models to one survey.

    Parameters
    ----------
    formulas : mapping of str to str or Model, or sequence of str
        The models by name; formulas without names are their own.
    survey : Survey
        The survey.
    engine, family, where, weighting, priors
        As in :func:`jfmodels.fit`, the same for all.
    executor : concurrent.futures.Executor, optional
        Who computes them; by default this process, one after the other.
    progress : bool, optional
        Whether to show a bar; by default in a terminal or notebook.

    Returns
    -------
    Fits
        A mapping of names to fits, with a table of failures.

    Raises
    ------
    SpecError
        If there are no formulas, or one name stands for two.

    Examples
    --------
    >>> import jfmodels as jf
    >>> items = ["trust_army", "trust_police"]
    >>> fits = jf.fit_many({item: f"shown({item}) ~ wave" for item in items}, jf.example())
    >>> fits
    Fits: 2 succeeded, 0 failed
    >>> fits.changes("first")["adjustment"].unique().tolist()
    ['holm over 10']
    """
    models = _named(formulas)
    shown = somebody_looks(sys.stderr) if progress is None else progress
    fitting = partial(
        _silently, engine=engine, family=family, priors=priors, where=where, weighting=weighting
    )
    done = (
        _here(fitting, models, survey)
        if executor is None
        else _by(executor, fitting, models, survey)
    )
    found = dict(watched(done, len(models), shown))
    fits = {name: each for name in models if isinstance(each := found[name], Fit)}
    failed = {name: each for name in models if isinstance(each := found[name], Exception)}
    rows = [(name, type(each).__name__, str(each)) for name, each in failed.items()]
    return Fits(fits, Table(rows, columns=list(FAILURES)))


def _silently(
    formula: str | Model,
    survey: Survey,
    *,
    engine: str | Settings | None,
    family: str | Family | None,
    priors: Mapping[str, Prior] | None,
    where: Where | None,
    weighting: Weighting | None,
) -> Fit:
    """Fit a model among many, without a bar for its own sampling unless that was asked for."""
    model = read_model(formula, family, priors)
    settings = without_bar(settings_of(engine, model))
    return fit(model, survey, engine=settings, where=where, weighting=weighting)


def _named(formulas: object) -> Mapping[str, str | Model]:
    """Read names and models."""
    if isinstance(formulas, Mapping) and formulas:
        return formulas
    if isinstance(formulas, str) or not isinstance(formulas, Sequence) or not formulas:
        raise SpecError(
            "fit_many() takes formulas by name, such as {'army': 'shown(trust_army) ~ wave'}, or "
            f"a list of them; found {formulas!r}."
        )
    unnamed = [each for each in formulas if not isinstance(each, str)]
    if unnamed or len(set(formulas)) < len(formulas):
        raise SpecError(
            "A list holds formulas as text, each once. Name models, and formulas that stand "
            "twice: {'army': jf.Model(...), ...}."
        )
    return {each: each for each in formulas}


def _attempt(fitting: Fitting, model: str | Model, survey: Survey) -> Parcel | Exception:
    """Fit one model; whatever goes wrong with it must not stop the others."""
    try:
        return Parcel(fitting(model, survey), survey)
    except Exception as error:
        return error


def _here(
    fitting: Fitting, models: Mapping[str, str | Model], survey: Survey
) -> Iterator[tuple[str, Fit | Exception]]:
    """Fit one model after the other."""
    for name, model in models.items():
        found = _attempt(fitting, model, survey)
        yield name, found if isinstance(found, Exception) else found.open(survey)


def _by(
    executor: Executor, fitting: Fitting, models: Mapping[str, str | Model], survey: Survey
) -> Iterator[tuple[str, Fit | Exception]]:
    """Have models fitted by others, and take them as they come."""
    futures = {
        executor.submit(_attempt, fitting, model, survey): name for name, model in models.items()
    }
    try:
        for future in as_completed(futures):
            lost = future.exception()
            found = future.result() if lost is None else EstimationError(str(lost))
            yield (
                futures[future],
                found if isinstance(found, Exception) else found.open(survey),
            )
    finally:
        for future in futures:
            future.cancel()
