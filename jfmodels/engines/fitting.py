"""One verb for every model: ``jf.fit``."""

from __future__ import annotations

from jfmodels.engines.weighted import Weighted, fit_weighted
from jfmodels.errors import SpecError, choose
from jfmodels.model.cells import Where
from jfmodels.model.families import FAMILIES, Family
from jfmodels.results.fit import Fit
from jfmodels.survey.survey import Survey

__all__ = ["fit"]

ENGINES = {"weighted": Weighted()}


def fit(
    formula: str,
    survey: Survey,
    *,
    engine: str | Weighted | None = None,
    family: str | Family | None = None,
    where: Where | None = None,
) -> Fit:
    r"""Fit a regression model to a survey.

    Coefficients maximise the weighted log likelihood. Their variance is linearised over the
    design's clusters and strata [1]_, by default bias-reduced with degrees of freedom for
    every coefficient and contrast [2]_. Levels and changes average the model over a stated
    composition, whose sampling error they include.

    Parameters
    ----------
    formula : str
        As in ``"shown(trust_army) ~ wave * region + sex"``. The left side is an outcome:
        ``shown(y)`` for the share that the codebook shows, ``option(y, "cattle theft")`` for
        one option, ``y`` for all its categories, or its number.
    survey : Survey
        The survey.
    engine : str or Weighted, optional
        ``"weighted"``, or its settings.
    family : str or Family, optional
        By default the one of the outcome's scale: bernoulli, ordinal, categorical, gaussian,
        negative binomial.
    where : mapping, optional
        A domain, for example ``{"region": ["Mopti", "Gao"]}``.

    Returns
    -------
    Fit
        Ask it for ``summary``, ``levels``, ``changes``, ``contrasts``, ``estimate``, ``test``.

    Raises
    ------
    SpecError
        If the formula cannot be read, names what is not there, or asks for more coefficients
        than the design has degrees of freedom.
    EstimationError
        If the data cannot tell coefficients apart, or separate the answers.

    References
    ----------
    .. [1] Binder, D. A. (1983). On the variances of asymptotically normal estimators from
       complex surveys. International Statistical Review 51, 279-292.
    .. [2] Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust
       variance estimation and hypothesis testing in fixed effects models. Journal of
       Business & Economic Statistics 36, 672-683.

    Examples
    --------
    >>> import jfmodels as jf
    >>> model = jf.fit("shown(trust_army) ~ wave + sex", jf.example())
    >>> model.changes(over="fixed")["wave"].tolist()
    ['Q2', 'Q3', 'Q4', 'Q5', 'Q6']
    """
    settings = choose("engine", engine or "weighted", ENGINES) if _named(engine) else engine
    if not isinstance(settings, Weighted):
        raise SpecError(f"engine= takes a name or its settings; found {type(engine).__name__}.")
    chosen = choose("family", family, FAMILIES)() if isinstance(family, str) else family
    return Fit(fit_weighted(formula, survey, settings=settings, family=chosen, where=where))


def _named(engine: object) -> bool:
    return engine is None or isinstance(engine, str)
