r"""How much the posterior leans on the prior: sensitivity to its power-scaling.

The prior (or the likelihood) is raised to a power :math:`\alpha` near 1 by reweighting the
draws, with Pareto-smoothed weights. How far a quantity's distribution moves is measured by the
cumulative Jensen-Shannon distance, per doubling of :math:`\alpha` [1]_. What is scaled as
prior are the priors of coefficients, thresholds and parameters; effects given their standard
deviations belong to the model.

References
----------
.. [1] Kallioinen, N., Paananen, T., Bürkner, P.-C. and Vehtari, A. (2024). Detecting and
   diagnosing prior and likelihood sensitivity with power-scaling. Statistics and Computing
   34, 57.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import rel_entr

from jfmodels.engines.bayesian import pointwise
from jfmodels.engines.bayesian.beforehand import natural
from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.engines.bayesian.pareto import smooth
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.model.cells import Grid
from jfmodels.results.adjusted import Adjusted
from jfmodels.results.draws import Draws
from jfmodels.results.engine import Question
from jfmodels.results.plans import Plan, level
from jfmodels.results.schema import SENSITIVITY
from jfmodels.results.table import Table

__all__ = [
    "log_likelihood",
    "log_prior",
    "log_priors",
    "moved",
    "sensitivity",
    "sensitivity_table",
]

type Floats = NDArray[np.float64]

POWERS = (0.99, 1.01)  # as in the authors' own package
SENSITIVE = 0.05  # Kallioinen et al. (2024), section 4: a normal mean moved by 0.3 sd
AT_ONCE = 500  # draws


def sensitivity_table(engine: Multilevel, over: object) -> pd.DataFrame:
    """Tabulate sensitivities; see :meth:`BayesianFit.prior_sensitivity`."""
    posterior = engine.posterior
    quantities = _parameters(posterior) | _levels(engine, over)
    weights = {name: _powered(log(posterior)) for name, log in SCALED.items()}
    found = {
        (quantity, name): sensitivity(draws, weights[name][0])
        for (quantity, draws), name in product(quantities.items(), SCALED)
    }
    rows = [
        (quantity, name, value, weights[name][1], _verdict(found, quantity), engine.flag)
        for (quantity, name), value in found.items()
    ]
    return Table(rows, columns=list(SENSITIVITY))


def _parameters(posterior: Posterior) -> dict[str, Floats]:
    """Draws of standard deviations and their kin by name, (S,) each."""
    names = [each.name for each in posterior.latent.hyperparameters]
    return dict(zip(names, posterior.parameters.T, strict=True))


def _levels(engine: Multilevel, over: object) -> dict[str, Floats]:
    """Draws of the levels of every wave that asked, (S,) each."""
    belief = engine.believe(Question(over=over))
    joint = belief.joint.drawn if isinstance(belief.joint, Adjusted) else belief.joint
    assert isinstance(joint, Draws)
    plan = level(belief.grid, ())
    drawn = [joint.draws[:, cell] for cell in plan.weights.indices]
    names = [_name(plan, belief.grid, k) for k in range(len(plan.item))]
    return {
        name: draws for name, draws in zip(names, drawn, strict=True) if np.isfinite(draws).all()
    }


def _name(plan: Plan, grid: Grid, row: int) -> str:
    """Name a level by its answer, where there are several, and its wave."""
    item = plan.items[plan.item[row]]
    of = f" of {item.category}" if len(plan.items) > 1 else ""
    wave = f" in {grid.axes[0].labels[plan.domain[row, 0]]}" if "wave" in grid.names else ""
    return f"level{of}{wave}"


def log_priors(posterior: Posterior) -> dict[str, Floats]:
    """Log densities beforehand of coefficients, thresholds and each parameter by name, (S,) each.

    They are those of the parameters on their own scale, on which their priors are stated.
    """
    latent, field = posterior.latent, Field(posterior.latent)
    away, inside = (posterior.field - field.mean) ** 2, latent.size - latent.n_thresholds
    found = {"coefficients": -away[:, :inside] @ field.fixed_precision[:inside] / 2}
    if latent.n_thresholds:
        found["thresholds"] = -away[:, inside:] @ field.fixed_precision[inside:] / 2
    values = natural(latent.hyperparameters, posterior.theta.T)
    for each, value in zip(latent.hyperparameters, values, strict=True):
        found[each.name] = each.prior.log_density(value)
    return found


def log_prior(posterior: Posterior) -> Floats:
    """Log density beforehand of all that has a prior, (S,)."""
    total: Floats = np.sum([*log_priors(posterior).values()], axis=0)
    return total


def log_likelihood(posterior: Posterior) -> Floats:
    """Log density of all answers in every draw, (S,)."""
    turns = range(0, posterior.n_draws, AT_ONCE)
    every = np.arange(posterior.n_draws)
    some = [pointwise.log_likelihood(posterior, every[k : k + AT_ONCE]) for k in turns]
    return np.concatenate(some)


SCALED: Mapping[str, Callable[[Posterior], Floats]] = {
    "prior": log_prior,
    "likelihood": log_likelihood,
}


def _powered(log_density: Floats) -> tuple[tuple[Floats, ...], float]:
    """Weights (S,) of the draws under each power of a density, and the worst of their tails."""
    found = [smooth((power - 1) * log_density) for power in POWERS]
    return tuple(weights for weights, _ in found), max(k for _, k in found)


def sensitivity(draws: Floats, weights: tuple[Floats, ...]) -> float:
    """How far a distribution moves per doubling of the power, on average of both sides."""
    steps = [
        moved(draws, each) / abs(np.log2(power))
        for power, each in zip(POWERS, weights, strict=True)
    ]
    return float(np.mean(steps))


def moved(draws: Floats, weights: Floats) -> float:
    """Cumulative Jensen-Shannon distance of draws (S,) from themselves reweighted, in [0, 1].

    It is taken from the left and from the right, and the larger one counts.
    """
    return max(_distance(draws, weights), _distance(-draws, weights))


def _distance(draws: Floats, weights: Floats) -> float:
    """Distance of the two distribution functions, relative to its bound."""
    order = np.argsort(draws, kind="stable")
    gaps = np.diff(draws[order])
    p, q = np.arange(1, len(draws)) / len(draws), np.cumsum(weights[order])[:-1]
    middle = (p + q) / 2
    apart = float(gaps @ (rel_entr(p, middle) + rel_entr(q, middle))) / np.log(2)
    bound = float(gaps @ (p + q))
    return float(np.sqrt(max(apart, 0.0) / bound)) if bound > 0 else 0.0


def _verdict(found: Mapping[tuple[str, str], float], quantity: str) -> str:
    """Say in words what two sensitivities mean together."""
    prior, likelihood = (found[quantity, name] >= SENSITIVE for name in SCALED)
    if not prior:
        return "-"
    return "prior-data conflict" if likelihood else "strong prior / weak likelihood"
