"""Which engine draws from a posterior, and what happens where one cannot be believed."""

from __future__ import annotations

import numpy as np

from jfmodels.engines.bayesian.laplace import HIGHEST_K, draw_laplace
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.settings import Laplace, Nuts
from jfmodels.errors import EstimationError, FitWarning, SpecError, warn
from jfmodels.model.latent import Latent

__all__ = ["Sampler", "draw", "refuse_one_answer_each", "without_people"]

type Sampler = Laplace | Nuts

ADVICE = "choose engine='nuts', or merge rare answers and small groups."
MOST_PARAMETERS = 8  # beyond, too few points of a lattice fall where the posterior is


def draw(latent: Latent, settings: Sampler, person: str | None) -> tuple[str, Posterior]:
    """Draw from the posterior of a latent model.

    Parameters
    ----------
    latent : Latent
        The model, laid out for data.
    settings : Laplace or Nuts
        How.
    person : str or None
        The column that names respondents.

    Returns
    -------
    name : str
        The engine that drew in the end.
    posterior : Posterior
        The draws.

    Raises
    ------
    EstimationError
        If the draws cannot be believed and ``on_poor_k="raise"``.
    """
    if isinstance(settings, Nuts):
        return _by_nuts(latent, settings)
    reason = _reason_for_nuts(latent, person)
    if not reason:
        return _by_laplace(latent, settings, person)
    reason = f"{reason}, which the laplace engine is not made for"
    if settings.on_poor_k == "raise":
        raise SpecError(f"{reason}; use engine='nuts'.")
    return _instead(latent, settings, reason)


def _by_nuts(latent: Latent, settings: Nuts) -> tuple[str, Posterior]:
    """Draw by NUTS."""
    from jfmodels.engines.bayesian.chains import draw_nuts  # not for the laplace engine

    return "nuts", draw_nuts(latent, settings)


def _by_laplace(latent: Latent, settings: Laplace, person: str | None) -> tuple[str, Posterior]:
    """Draw by the laplace engine, and do as asked if that cannot be believed."""
    try:
        posterior = draw_laplace(without_people(latent, person), settings)
    except EstimationError as fault:
        if settings.on_poor_k != "nuts":
            raise
        return _instead(latent, settings, str(fault).split(". ")[0])
    if not posterior.failed:
        return "laplace", posterior
    k = posterior.checks[0]
    says = (
        f"Of the laplace engine's draws, {k.says} ({k.check} is {k.value:.2f}, above {HIGHEST_K})"
    )
    if settings.on_poor_k == "nuts":
        return _instead(latent, settings, says)
    if settings.on_poor_k == "raise":
        raise EstimationError(f"{says}: {ADVICE}")
    warn(f"{says}; every row is flagged: {ADVICE}", FitWarning)
    return "laplace", posterior


def refuse_one_answer_each(latent: Latent) -> None:
    """Refuse groups of one yes or no, which say nothing of how far groups differ."""
    for effect in latent.effects:
        n = np.bincount(effect.group[latent.row], latent.n)
        if latent.family.name == "bernoulli" and len(n) > 1 and n.max() <= 1:
            raise SpecError(
                f"Every group of {effect.term.text} has one answer, so nothing tells how far "
                "groups differ. Leave the term out."
            )


def _reason_for_nuts(latent: Latent, person: str | None) -> str:
    """Say what of a model asks for NUTS from the start; empty if nothing does."""
    of_people = [latent.effects[k].term for k in _of_people(latent, person)]
    if len(of_people) > 1:
        return f"The model has {len(of_people)} effects of every respondent"
    if any(term.kind != "iid" for term in of_people):
        return f"The model has several effects of every respondent, {of_people[0].text}"
    if of_people and latent.n_channels > 1:
        return (
            f"The model has an effect of every respondent, {of_people[0].text}, on each of "
            f"{latent.n_categories} answers without order"
        )
    n = len(latent.hyperparameters)
    return f"The model has {n} standard deviations and their kin" if n > MOST_PARAMETERS else ""


def _of_people(latent: Latent, person: str | None) -> list[int]:
    """Effects whose groups are respondents."""
    return [k for k, each in enumerate(latent.effects) if person in each.term.groups]


def without_people(latent: Latent, person: str | None) -> Latent:
    """Take respondents' effects, where there are any, out of the field and into the likelihood."""
    found = _of_people(latent, person)
    return latent.integrate(found[0]) if found else latent


def _instead(latent: Latent, settings: Laplace, reason: str) -> tuple[str, Posterior]:
    """Fit by NUTS, and say why."""
    warn(f"{reason}; NUTS takes over.", FitWarning)
    return _by_nuts(latent, Nuts(seed=settings.seed, progress=settings.progress))
