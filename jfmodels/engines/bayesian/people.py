"""What draws say of people whose effects are integrated over: their answers and effects."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.bayesian.likelihood import log_dispersion
from jfmodels.engines.bayesian.panel import Panel
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.model.latent import Latent

__all__ = ["densities_left_out", "density_of_all", "effects_of_people"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

AT_ONCE = 400_000  # predictors at a time
CARE = 8  # draws near which integrals are computed with care
GRID = np.linspace(-6, 6, 37)  # standard deviations from the mode
SEED = 20_140_401  # of people's effects, which are the same whoever asks


def density_of_all(posterior: Posterior, draws: Ints) -> Floats:
    """Log density of all answers in some draws, shape (B,)."""
    panel, found = _careful(posterior, Panel.of_model(posterior.latent)), np.empty(len(draws))
    for here, eta, theta in _turns(posterior, panel, draws):
        found[here] = panel.value(eta, theta)
    return found + _constants(posterior, draws) @ posterior.latent.n


def densities_left_out(posterior: Posterior, draws: Ints, counts: csr_array) -> Floats:
    """Log density of the answers of units, given all others and some draws; shape (U, B).

    A person's other answers tell of the person, so they count as known.

    Parameters
    ----------
    posterior : Posterior
        Draws of a model that integrates over people.
    draws : ndarray of int64, shape (B,)
        Which draws.
    counts : csr_array, shape (U, K)
        How many answers of each kind are a unit's.
    """
    whole = Panel.of_model(posterior.latent)
    unit, person, rest = _without(posterior.latent, counts)
    reached = np.arange(len(unit))
    added = csr_array((np.ones(len(unit)), (unit, reached)), (counts.shape[0], len(unit)))
    full = csr_array((np.ones(len(unit)), (reached, whole.of[person])), (len(unit), len(whole.n)))
    left = csr_array((np.ones(len(unit)), (reached, rest.of)), (len(unit), len(rest.n)))
    gain = _of_kinds(posterior, whole, draws, added @ full)
    gain -= _of_kinds(posterior, rest, draws, added @ left)
    return gain + counts @ _constants(posterior, draws).T


def effects_of_people(posterior: Posterior, draws: Ints) -> Floats:
    """Draw the effects of all people from what their answers say in some draws; (G, B).

    They are drawn from an even grid, whose sums of smooth densities are as good as integrals.
    What is drawn for a person does not depend on which draws are asked for together.
    """
    panel = Panel.of_model(posterior.latent)
    found = np.empty((len(panel.of), len(draws)))
    for here, eta, theta in _turns(posterior, panel, draws):
        uniform = [np.random.default_rng([SEED, int(k)]).random(len(found)) for k in draws[here]]
        found[:, here] = _drawn(panel, eta, theta, np.stack(uniform, axis=1))
    return found


def _drawn(panel: Panel, eta: Floats, theta: Floats, uniform: Floats) -> Floats:
    """Effects (G, B) on the scale of the predictor where uniform numbers say, by the grid."""
    centre, scale = panel.centred(eta, theta)
    mass = np.empty((len(GRID), *centre.shape))
    for each, z in zip(mass, GRID, strict=True):
        u = centre + z * scale
        each[:] = panel.height(panel.moved(eta, u, theta), u, theta)
    below = np.cumsum(np.exp(mass - mass.max(axis=0)), axis=0)
    below /= below[-1]
    place = (below[:, panel.of] < uniform).sum(axis=0)
    return panel.sd(theta) * (centre[panel.of] + GRID[place] * scale[panel.of])


def _of_kinds(posterior: Posterior, panel: Panel, draws: Ints, times: csr_array) -> Floats:
    """Log densities of kinds of people, added up as units (U, J) have them; (U, B)."""
    careful, found = _careful(posterior, panel), np.empty((times.shape[0], len(draws)))
    for here, eta, theta in _turns(posterior, careful, draws):
        found[:, here] = times @ careful.of_kinds(eta, theta)
    return found


def _careful(posterior: Posterior, panel: Panel) -> Panel:
    """Take as many nodes as it takes near some draws."""
    some = np.linspace(0, posterior.n_draws - 1, CARE).astype(np.int64)
    ((_, eta, theta),) = _turns(posterior, panel, some, len(some))
    return panel.near(eta, theta)


def _turns(
    posterior: Posterior, panel: Panel, draws: Ints, size: int | None = None
) -> Iterator[tuple[slice, Floats, Floats]]:
    """Give predictors of a panel's rows and parameters, in turns of some of the draws."""
    size = size or max(1, AT_ONCE // len(panel.row))
    for first in range(0, len(draws), size):
        some = draws[first : first + size]
        eta = posterior.latent.predictors(panel.columns, panel.offset, posterior.field[some].T)
        yield slice(first, first + len(some)), eta, posterior.theta[some].T


def _without(latent: Latent, counts: csr_array) -> tuple[Ints, Ints, Panel]:
    """Units and people whose answers they hold, pair by pair, and these people without them."""
    assert latent.integrated is not None
    group, answers = latent.integrated.group, counts.tocoo()
    keys = np.column_stack([answers.row, group[latent.row[answers.col]]]).astype(np.int64)
    pairs, pair = np.unique(keys, axis=0, return_inverse=True)
    members, size = np.argsort(group, kind="stable"), np.bincount(group)
    times = size[pairs[:, 1]]
    start = np.cumsum(times) - times
    whose = np.repeat(np.arange(len(pairs)), times)
    within = np.arange(len(whose)) - start[whose]
    row = members[(np.cumsum(size) - size)[pairs[whose, 1]] + within]
    place = np.empty(len(group), dtype=np.int64)
    place[members] = np.arange(len(group)) - np.repeat(np.cumsum(size) - size, size)
    sums = latent.sums[row]
    of_kind = latent.family.tally.columns(latent.answer, latent.n_categories)
    at = start[pair.ravel()] + place[latent.row[answers.col]]
    np.subtract.at(sums, at, answers.data[:, None] * of_kind[answers.col])
    return pairs[:, 0], pairs[:, 1], Panel.gather(latent, row, whose, sums)


def _constants(posterior: Posterior, draws: Ints) -> Floats:
    """What the log density of every kind of answer has beyond what sums say, (B, K).

    It does not depend on the predictors; shares have none.
    """
    latent, theta = posterior.latent, posterior.theta[draws].T
    if latent.family.shares:
        return np.zeros((len(draws), len(latent.row)))
    one = latent.family.tally.columns(latent.answer, latent.n_categories)
    dispersion = log_dispersion(latent, theta)
    eta = np.zeros((latent.n_channels, len(latent.row), len(draws)))
    whole = latent.family.log_density(
        latent.answer, np.moveaxis(eta, 0, 2).swapaxes(0, 1), dispersion
    )
    found: Floats = whole - latent.family.tally.by_row(one, eta, dispersion).T
    return found
