"""The posterior of a multilevel model by the no-U-turn sampler [1]_.

The model is translated to PyMC, compiled once per structure by nutpie, and refitted to other
outcomes without compiling. The field is whitened at the mode of its Laplace approximation.

References
----------
.. [1] Hoffman, M. D. and Gelman, A. (2014). The No-U-Turn sampler: adaptively setting path
   lengths in Hamiltonian Monte Carlo. Journal of Machine Learning Research 15, 1593-1623.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.bayesian.convergence import Convergence, convergence_of
from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.pymc_data import inputs
from jfmodels.engines.bayesian.pymc_model import WHITENED, Structure, build, parameters_of
from jfmodels.engines.bayesian.search import Search
from jfmodels.engines.bayesian.settings import Nuts
from jfmodels.engines.bayesian.standardised import Whitening, field_of
from jfmodels.errors import EstimationError, FitWarning, warn
from jfmodels.model.latent import Latent

__all__ = ["Sampled", "sample_nuts"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

ACCEPTED = 0.9  # of proposals; with 0.8 some trajectories diverge where there are four groups
PRECISE = 1e-9  # gain of a Newton step that ends the search for a mode
COMPILED: dict[Structure, Any] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """Draws from a posterior, and whether to believe them.

    Attributes
    ----------
    field : ndarray, shape (S, n)
        The field.
    theta : ndarray, shape (S, h)
        Parameters on the scale of logarithms, logits and inverse hyperbolic tangents.
    chain : ndarray of int64, shape (S,)
        Chain of every draw; a chain's draws stand together, in order.
    convergence : Convergence
        Diagnostics, over the parameters and the whole field.
    """

    field: Floats
    theta: Floats
    chain: Ints
    convergence: Convergence


def sample_nuts(model: Latent, settings: Nuts) -> Sampled:
    """Draw from the posterior of a latent model.

    Parameters
    ----------
    model : Latent
        The model, laid out for data.
    settings : Nuts
        How long to sample.

    Returns
    -------
    Sampled
        S = chains · draws draws.
    """
    whitening = whitening_of(model)
    drawn = _draw(model, whitening, settings)
    posterior, statistics = drawn["posterior"], drawn["sample_stats"]
    w = _complete(posterior[WHITENED].to_numpy(), settings)
    chain = np.repeat(np.arange(w.shape[0]), w.shape[1])
    values = [posterior[f"theta_{k}"].to_numpy().ravel() for k in range(len(model.hyperparameters))]
    theta = parameters_of(model, values)
    field = field_of(model, whitening, w.reshape(len(chain), -1), theta)
    convergence = convergence_of(
        np.concatenate([theta, field], axis=1),
        chain,
        _names(model),
        int(statistics["diverging"].sum()),
        statistics["energy"].to_numpy(),
    )
    return Sampled(field, theta, chain, convergence)


def _complete(w: Floats, settings: Nuts) -> Floats:
    """Refuse chains (C, draws, q) that were broken off."""
    done = int(np.isfinite(w).all(axis=2).sum(axis=1).min()) if len(w) == settings.chains else 0
    if done < settings.draws:
        raise EstimationError(
            f"Sampling ended after {done} of {settings.draws} draws of a chain. Run it again."
        )
    return w


def whitening_of(model: Latent) -> Whitening:
    """Coordinates around the mode of the Laplace approximation, or plain ones without a mode."""
    field = Field(model)
    search = Search(field)
    try:
        theta = search.peak().mode[:, None]
        return Whitening.at(field, field.approximate(theta, search.start(theta), PRECISE))
    except (EstimationError, np.linalg.LinAlgError):
        return Whitening.none(model)


def _names(model: Latent) -> list[str]:
    """Names of the parameters and of the field."""
    effects = [
        " ".join(filter(None, (effect.term.text, level, coordinate)))
        for effect in model.effects
        for level in effect.levels
        for coordinate in effect.coordinates
    ]
    channel = [*model.basis.names, *effects] * model.n_channels
    return [*(each.name for each in model.hyperparameters), *channel, *model.threshold_names]


def _draw(model: Latent, whitening: Whitening, settings: Nuts) -> Any:
    """Sample by nutpie, or where it cannot, by PyMC."""
    try:
        compiled = _compiled(model, whitening)
    except Exception as error:  # whatever a compiler may raise
        warn(
            f"nutpie could not compile this model ({type(error).__name__}: {error}), so PyMC's "
            "own sampler runs, which is slower.",
            FitWarning,
        )
        return _by_pymc(model, whitening, settings)
    return _by_nutpie(compiled, settings)


def _compiled(model: Latent, whitening: Whitening) -> Any:
    """The model as compiled code, from an earlier one of its structure if there was any."""
    import nutpie

    structure = Structure.of(model)
    if structure not in COMPILED:
        COMPILED[structure] = nutpie.compile_pymc_model(build(model, whitening))
    return COMPILED[structure].with_data(**inputs(model, whitening))


def _by_nutpie(compiled: Any, settings: Nuts) -> Any:
    import nutpie

    return nutpie.sample(
        compiled,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        seed=settings.seed,
        target_accept=ACCEPTED,
        progress_bar=settings.shows_progress,
        save_warmup=False,
    )


def _by_pymc(model: Latent, whitening: Whitening, settings: Nuts) -> Any:
    import pymc as pm

    with build(model, whitening):
        return pm.sample(
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            random_seed=settings.seed,
            target_accept=ACCEPTED,
            nuts_sampler="pymc",
            progressbar=settings.shows_progress,
            compute_convergence_checks=False,
        )
