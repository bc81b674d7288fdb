"""How a nested Laplace posterior is held against an exact one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from latent_cases import CODEBOOK, DESIGN
from quadrature import CASES, PRIOR_SD, SLOPE_SD, Case, moments

import jfmodels as jf
from jfmodels.engines.bayesian.beforehand import log_prior, natural
from jfmodels.engines.bayesian.laplace import draw_laplace
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.settings import Laplace
from jfmodels.model.latent import Latent
from jfmodels.model.model import Model, lay_out

FARTHEST = 4.0  # Monte Carlo errors: one in 16,000 comparisons lies farther off by chance
ERROR = 0.04  # posterior sds that Monte Carlo errors may have, lest a wrong answer go unseen


def survey_of(frame: pd.DataFrame, **covariates: dict) -> jf.Survey:
    """Describe people to the package, with further covariates."""
    book = CODEBOOK | {"covariates": CODEBOOK["covariates"] | covariates}
    return jf.Survey(frame, DESIGN, book, simulated=True)


def posterior_of(latent: Latent, draws: int = 20_000, seed: int = 1) -> Posterior:
    return draw_laplace(latent, Laplace(draws=draws, seed=seed, on_poor_k="warn"))


def named(posterior: Posterior) -> dict[str, np.ndarray]:
    """Draws of all coefficients, thresholds and parameters by name."""
    names = [*posterior.names, *(each.name for each in posterior.latent.hyperparameters)]
    drawn = np.column_stack([posterior.coefficients().draws, posterior.parameters])
    return dict(zip(names, drawn.T, strict=True))


def agree(posterior: Posterior, exact: dict[str, tuple[float, float]]) -> None:
    """Require the first two moments of all draws to be the exact ones, within their errors."""
    drawn = named(posterior)
    assert drawn.keys() == exact.keys()
    for name, (mean, sd) in exact.items():
        powers = np.column_stack([drawn[name] - mean, (drawn[name] - mean) ** 2 - sd**2])
        error = posterior.error(powers)
        assert np.abs(powers.mean(axis=0) / error).max() < FARTHEST
        assert error[0] < ERROR * sd


def agree_with_quadrature(
    family: str, frame: pd.DataFrame, case: Case, integrate: bool = False
) -> None:
    """Fit the model of a case, with its priors, and hold it against quadrature.

    With `integrate`, effects are integrated over in the likelihood, as those of people are.
    """
    wide, scale = jf.Normal(0, PRIOR_SD), jf.HalfNormal(1)
    given = {"Intercept": wide, "x": jf.Normal(0, SLOPE_SD), "thresholds": wide}
    given |= dict.fromkeys(("sd(commune)", "sigma", "dispersion"), scale)
    asked = {*CASES[family].names, "sd(commune)"}
    asked |= {"thresholds"} if family == "ordinal" else {"Intercept"}
    priors = {name: prior for name, prior in given.items() if name in asked}
    model = Model(f"{case.formula} + (1 | commune)", family=family, priors=priors)
    latent = lay_out(model, survey_of(frame)).latent
    posterior = posterior_of(latent.integrate(0) if integrate else latent)
    agree(posterior, moments(case, frame))


def given_parameters(
    latent: Latent, theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log density of parameters (h, B) of measurements; mean and covariance of the field.

    Given the parameters all is normal, and written out densely.
    """
    values = natural(latent.hyperparameters, theta).T
    columns, n = latent.columns.toarray(), np.bincount(latent.row, latent.n)
    answered = np.bincount(latent.row, latent.n * latent.answer)
    centre = np.concatenate([latent.basis.mean, np.zeros(latent.size - latent.n_fixed)])
    noise = values[:, -1] ** 2
    before = _prior_precision(latent, values)
    precision = before + (columns.T * n) @ columns / noise[:, None, None]
    covariance = np.linalg.inv(precision)
    pull = columns.T @ answered / noise[:, None] + before @ centre
    mean = np.einsum("bij,bj->bi", covariance, pull)
    log_density = (
        log_prior(latent.hyperparameters, theta)
        + (np.linalg.slogdet(before)[1] - np.linalg.slogdet(precision)[1]) / 2
        + ((pull * mean).sum(axis=1) - (before @ centre) @ centre) / 2
        - (latent.n @ latent.answer**2) / noise / 2
        - n.sum() * np.log(values[:, -1])
    )
    return log_density, mean, covariance


def _prior_precision(latent: Latent, values: np.ndarray) -> np.ndarray:
    """Precision of the field beforehand at parameters (B, h), written out, (B, n, n)."""
    whole = np.zeros((len(values), latent.size, latent.size))
    whole += np.diag(
        np.concatenate([latent.basis.sd**-2.0, np.zeros(latent.size - latent.n_fixed)])
    )
    for effect, start in zip(latent.effects, latent.starts, strict=True):
        here = slice(start, start + effect.size)
        root = effect.block.root(np, values[:, effect.parameters], effect.known)
        inverse = np.linalg.inv(root @ np.swapaxes(root, 1, 2))
        whole[:, here, here] = np.kron(np.eye(len(effect.levels)), inverse)
    return whole
