"""One verb for every model: ``jf.fit``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from jfmodels.engines.bayesian.settings import Laplace, Nuts
from jfmodels.engines.design_based.settings import Weighted
from jfmodels.errors import SpecError, choose, listing
from jfmodels.model.cells import Where
from jfmodels.model.families import Family
from jfmodels.model.model import Model
from jfmodels.model.priors import Prior
from jfmodels.model.weighting import Weighting
from jfmodels.results.fit import Fit
from jfmodels.survey.survey import Survey, require_survey

if TYPE_CHECKING:
    from jfmodels.engines.bayesian.bayesian_fit import BayesianFit

__all__ = ["ENGINES", "Settings", "fit", "read_model", "settings_of", "without_bar"]

type Settings = Weighted | Laplace | Nuts

ENGINES: Mapping[str, Settings] = {
    "weighted": Weighted(),
    "laplace": Laplace(),
    "nuts": Nuts(),
}


def fit(
    formula: str | Model,
    survey: Survey,
    *,
    engine: str | Settings | None = None,
    family: str | Family | None = None,
    where: Where | None = None,
    weighting: Weighting | None = None,
    priors: Mapping[str, Prior] | None = None,
) -> Fit:
    r"""Fit a regression model to a survey.

    Without random terms, coefficients maximise the weighted log likelihood. Their variance is
    linearised over the design's clusters and strata [1]_, by default bias-reduced with degrees
    of freedom for every coefficient and contrast [2]_. With random terms the model is
    multilevel and Bayesian: a nested Laplace approximation corrected by importance weights
    [3]_, or sampled by NUTS. Levels and changes average the model over a stated composition,
    whose sampling error they include.

    Parameters
    ----------
    formula : str or Model
        As in ``"shown(trust_army) ~ wave * region + sex + (1 | commune)"``. The left side is
        an outcome: ``shown(y)`` for the share that the codebook shows, ``option(y, "cattle
        theft")`` for one option, ``y`` for all its categories, or its number.
    survey : Survey
        The survey.
    engine : {"weighted", "laplace", "nuts"} or settings, optional
        By default ``"laplace"`` with random terms, ``"weighted"`` without.
    family : str or Family, optional
        By default the one of the outcome's scale: bernoulli, ordinal, categorical, gaussian,
        negative binomial.
    where : mapping, optional
        A domain, for example ``{"region": ["Mopti", "Gao"]}``.
    weighting : {"ignore", "pseudo"} or Pseudo, optional
        What survey weights do in a Bayesian fit; must be said once they vary. "ignore" lets
        every interview count once in the likelihood; weights then enter only who is averaged
        over. "pseudo" lets an interview count by its weight, scaled as :class:`jfmodels.Pseudo`
        says, and adjusts levels, changes and coefficients to the design.
    priors : mapping of str to Prior, optional
        Of a Bayesian fit, in place of the defaults that :meth:`Model.priors` shows.

    Returns
    -------
    Fit or BayesianFit
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
    .. [3] Rue, H., Martino, S. and Chopin, N. (2009). Approximate Bayesian inference for
       latent Gaussian models by using integrated nested Laplace approximations. Journal of
       the Royal Statistical Society B 71, 319-392.

    Examples
    --------
    >>> import jfmodels as jf
    >>> model = jf.fit("shown(trust_army) ~ wave + sex", jf.example())
    >>> model.changes(over="fixed")["wave"].tolist()
    ['Q2', 'Q3', 'Q4', 'Q5', 'Q6']
    """
    require_survey(survey)
    model = read_model(formula, family, priors)
    settings = settings_of(engine, model)
    if isinstance(settings, Weighted):
        _refuse_bayesian(weighting, model)
        return _weighted(model, survey, settings, where)
    return _multilevel(model, survey, settings, where, weighting)


def _weighted(model: Model, survey: Survey, settings: Weighted, where: Where | None) -> Fit:
    """Load the engine that is asked for, and fit."""
    from jfmodels.engines.design_based.weighted import fit_weighted

    return Fit(
        fit_weighted(model.formula, survey, settings=settings, family=model.family, where=where)
    )


def _multilevel(
    model: Model,
    survey: Survey,
    settings: Laplace | Nuts,
    where: Where | None,
    weighting: Weighting | None,
) -> BayesianFit:
    """Load the engine that is asked for, and fit."""
    from jfmodels.engines.bayesian.bayesian_fit import BayesianFit
    from jfmodels.engines.bayesian.multilevel import fit_multilevel

    return BayesianFit(fit_multilevel(model, survey, settings, where=where, weighting=weighting))


def read_model(
    formula: str | Model, family: str | Family | None, priors: Mapping[str, Prior] | None
) -> Model:
    """Read the model; a Model brings its family and priors along."""
    if not isinstance(formula, Model):
        return Model(formula, family=family, priors=priors)
    if family is not None or priors is not None:
        raise SpecError("A jf.Model has its family and priors; give them to it, not to fit().")
    return formula


def settings_of(engine: object, model: Model) -> Settings:
    """Read the engine; random terms decide where none is named."""
    default = "laplace" if model.formula.effects else "weighted"
    if engine is None or isinstance(engine, str):
        return choose("engine", engine or default, ENGINES)
    if not isinstance(engine, Weighted | Laplace | Nuts):
        found = f"{engine.__name__} itself" if isinstance(engine, type) else type(engine).__name__
        raise SpecError(
            f"engine= takes a name or settings, such as 'laplace' or jf.Laplace(); found {found}."
        )
    return engine


def without_bar(settings: Settings) -> Settings:
    """Show no bar of one fit's own among those of several, unless that was asked for."""
    if isinstance(settings, Weighted) or settings.progress is not None:
        return settings
    return replace(settings, progress=False)


def _refuse_bayesian(weighting: Weighting | None, model: Model) -> None:
    """Refuse what only a Bayesian fit has a use for."""
    if model.formula.effects:
        raise SpecError(
            "Survey-weighted regression has no random terms; leave "
            f"{listing(effect.text for effect in model.formula.effects)} out, or choose "
            "engine='laplace' or 'nuts'."
        )
    if weighting is not None:
        raise SpecError(
            "Survey-weighted regression always uses the weights; weighting= is for Bayesian fits."
        )
    if model.given:
        raise SpecError(
            "Survey-weighted regression has no priors; choose engine='laplace' or 'nuts'."
        )
