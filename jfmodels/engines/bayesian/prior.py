"""What a model says before it has seen any answer: draws from its priors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.bayesian.bayesian_fit import BayesianFit
from jfmodels.engines.bayesian.beforehand import natural
from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.search import UNBOUNDED
from jfmodels.errors import SpecError, require_whole
from jfmodels.model.cells import Where
from jfmodels.model.effect_layout import Effect
from jfmodels.model.latent import Latent
from jfmodels.model.model import Model, lay_out
from jfmodels.model.priors import Prior
from jfmodels.results.draws import Independent
from jfmodels.survey.survey import Survey

__all__ = ["draw_prior", "prior_predictive"]

type Floats = NDArray[np.float64]


def prior_predictive(
    model: str | Model,
    survey: Survey,
    *,
    draws: int = 1000,
    seed: int = 1,
    where: Where | None = None,
    priors: Mapping[str, Prior] | None = None,
) -> BayesianFit:
    """Draw from the priors of a model, to see what they say of the survey's levels [1]_.

    Nobody's answer is used, but for what scales the default priors of measurements and counts.
    The result is asked as any fit is: levels that lie between 0 and 1 without preference say
    that the priors leave the word to the data.

    Parameters
    ----------
    model : str or Model
        As for :func:`jfmodels.fit`.
    survey : Survey
        Whose people and places are averaged over.
    draws : int, default 1000
        Number of draws.
    seed : int, default 1
        Of the random numbers.
    where : mapping, optional
        The domain.
    priors : mapping of str to Prior, optional
        In place of the defaults.

    Returns
    -------
    BayesianFit
        With "prior" as its engine.

    References
    ----------
    .. [1] Gabry, J., Simpson, D., Vehtari, A., Betancourt, M. and Gelman, A. (2019).
       Visualization in Bayesian workflow. Journal of the Royal Statistical Society A 182,
       389-402.

    Examples
    --------
    >>> import jfmodels as jf
    >>> prior = jf.prior_predictive("shown(trust_army) ~ wave + (1 | commune)", jf.example())
    >>> bool((prior.levels()["high"] > 0.95).all())
    True
    """
    require_whole("draws=", draws, 2)
    require_whole("seed=", seed, 0)
    if isinstance(model, Model) and priors is not None:
        raise SpecError("A jf.Model has its priors; give them to it, not to prior_predictive().")
    asked = model if isinstance(model, Model) else Model(model, priors=priors)
    laid = lay_out(asked, survey, where)
    posterior = draw_prior(laid.latent, draws, seed)
    return BayesianFit(
        Multilevel(name="prior", survey=survey, laid=laid, posterior=posterior, seed=seed)
    )


def draw_prior(latent: Latent, draws: int, seed: int) -> Posterior:
    """Draw field and parameters beforehand.

    Parameters
    ----------
    latent : Latent
        The model, laid out for data.
    draws, seed : int
        Number S of draws, and where they begin.
    """
    rng = np.random.default_rng(seed)
    theta = np.empty((len(latent.hyperparameters), draws))
    for row, each in zip(theta, latent.hyperparameters, strict=True):
        row[:] = UNBOUNDED[each.support](each.prior.draw(rng, draws))
    values = natural(latent.hyperparameters, theta)
    field = [_channel(latent, values, rng) for _ in range(latent.n_channels)]
    drawn = np.concatenate([*field, _thresholds(latent, draws, rng)], axis=1)
    return Posterior(latent, drawn, theta.T, Independent(), (), False)


def _channel(latent: Latent, values: Floats, rng: np.random.Generator) -> Floats:
    """Coefficients and effects of one channel at parameters (h, S), shape (S, width)."""
    n_draws = values.shape[1]
    coefficients = rng.normal(latent.basis.mean, latent.basis.sd, (n_draws, latent.n_fixed))
    effects = [_effect(each, values[each.parameters].T, rng) for each in latent.effects]
    return np.concatenate([coefficients, *effects], axis=1)


def _effect(effect: Effect, values: Floats, rng: np.random.Generator) -> Floats:
    """Effects of all groups at the block's parameters (S, h), shape (S, G m)."""
    root: Floats = effect.block.root(np, values, effect.known)
    standard = rng.standard_normal((len(values), len(effect.levels), root.shape[-1]))
    drawn: Floats = np.einsum("smr,sgr->sgm", root, standard).reshape(len(values), -1)
    return drawn


def _thresholds(latent: Latent, draws: int, rng: np.random.Generator) -> Floats:
    """Thresholds in order, shape (S, A - 1).

    Normal numbers of one distribution, given that they are in order, are those numbers sorted.
    """
    shape = (draws, latent.n_thresholds)
    return np.sort(rng.normal(latent.threshold_mean, latent.threshold_sd, shape), axis=1)
