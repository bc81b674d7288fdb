"""A latent model as PyMC has it: the same prior and the same sums of answers.

A prior's translation is listed in `PRIORS`, a family's in `LIKELIHOODS`. Everything that may
change between outcomes of one structure enters as data, so that a compiled model is used again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from jfmodels.engines.bayesian.pymc_data import cut, inputs
from jfmodels.engines.bayesian.pymc_likelihoods import LIKELIHOODS
from jfmodels.engines.bayesian.standardised import Whitening, in_order, split, steadying
from jfmodels.model.effect_layout import Effect
from jfmodels.model.latent import Latent
from jfmodels.model.priors import LKJ, Beta, Exponential, HalfNormal, HalfStudentT

__all__ = ["PRIORS", "WHITENED", "Structure", "build", "parameters_of"]

type Floats = NDArray[np.float64]
type Data = Mapping[str, Any]

WHITENED = "w"
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Structure:
    """What a compiled model depends on.

    Attributes
    ----------
    family, link : str
        The distribution of answers.
    sizes : tuple of int
        Channels, coefficients and thresholds.
    effects : tuple of (kind, number of groups, known)
        Form and size of every effect, and what its root is given.
    priors : tuple of (class, support)
        Forms of the parameters' priors; their numbers are data.
    """

    family: str
    link: str
    sizes: tuple[int, int, int]
    effects: tuple[tuple[str, int, tuple[int, ...], bytes], ...]
    priors: tuple[tuple[type, str], ...]

    @classmethod
    def of(cls, model: Latent) -> Structure:
        """Say what is the same in models that share a compilation."""
        return cls(
            model.family.name,
            model.family.link,
            (model.n_channels, model.n_fixed, model.n_thresholds),
            tuple(
                (each.term.kind, len(each.levels), each.known.shape, each.known.tobytes())
                for each in model.effects
            ),
            tuple((type(each.prior), each.support) for each in model.hyperparameters),
        )


def build(model: Latent, whitening: Whitening) -> Any:
    """Translate a latent model.

    Its free variables are the parameters, ``theta_0`` and so on, and the whitened field.

    Parameters
    ----------
    model : Latent
        The model, laid out for data.
    whitening : Whitening
        Coordinates of the field.

    Returns
    -------
    pymc.Model
        Its log density is that of the field and the parameters, up to a constant.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as translated:
        data = cut(model, whitening, _variables(pm, inputs(model, whitening)))
        values = _values(pm, model, data)
        v = _standardised(pt, pm.Flat(WHITENED, shape=len(whitening.centre)), whitening, data)
        parts = split(model, v)
        coefficients = _log_normal(parts.coefficients, data["mean"], data["sd"])
        pm.Potential("coefficients", coefficients)
        thresholds = _thresholds(pm, pt, parts.thresholds, data) if model.n_thresholds else []
        effects = [
            _effect(pm, pt, k, effect, parts.effects[k], values, data)
            for k, effect in enumerate(model.effects)
        ]
        eta = _predictors(pt, model, parts.coefficients, effects, data)
        every = [*eta, *thresholds]
        dispersion = pt.log(values[-1]) if model.family.dispersion else None
        likelihood = LIKELIHOODS[model.family.name]
        pm.Potential("answers", likelihood(pt, model.family.link, data, every, dispersion))
    return translated


def _variables(pm: Any, values: Mapping[str, Floats]) -> Data:
    """Data; of each only the last axis may have another length in another model."""
    return {
        name: pm.Data(name, value, shape=(*value.shape[:-1], None))
        for name, value in values.items()
    }


PRIORS: Mapping[type, Callable[..., Any]] = {
    HalfNormal: lambda pm, name, sd: pm.HalfNormal(name, sigma=sd),
    HalfStudentT: lambda pm, name, df, scale: pm.HalfStudentT(name, nu=df, sigma=scale),
    Exponential: lambda pm, name, mean: pm.Exponential(name, scale=mean),
    Beta: lambda pm, name, a, b: pm.Beta(name, alpha=a, beta=b),
    # of (1 + r) / 2, r being the partial correlation
    LKJ: lambda pm, name, eta, partial: pm.Beta(name, alpha=eta + partial, beta=eta + partial),
}


def _values(pm: Any, model: Latent, data: Data) -> list[Any]:
    """Parameters as variables, on their own scale."""
    found = []
    for k, each in enumerate(model.hyperparameters):
        variable = PRIORS[type(each.prior)](pm, f"theta_{k}", *data[f"prior_{k}"])
        found.append(2 * variable - 1 if each.support == "correlation" else variable)
    return found


def parameters_of(model: Latent, drawn: Sequence[Floats]) -> Floats:
    """Parameters (S, h) as engines have them, from draws (S,) of PyMC's variables."""
    columns = [
        BACK[each.support](value) for each, value in zip(model.hyperparameters, drawn, strict=True)
    ]
    none = np.zeros((len(drawn[0]) if drawn else 0, 0))
    return np.column_stack([none, *columns])


def _logit(value: Floats) -> Floats:
    """Logit of numbers that may have been rounded to 0 or 1."""
    odds: Floats = logit(np.clip(value, TINY, 1 - np.finfo(np.float64).eps))
    return odds


BACK: Mapping[str, Callable[[Floats], Floats]] = {
    "positive": lambda value: np.log(np.maximum(value, TINY)),
    "unit": _logit,
    "correlation": lambda value: _logit(value) / 2,
}


def _standardised(pt: Any, w: Any, whitening: Whitening, data: Data) -> Any:
    """The standardised field from the sampler's coordinates."""
    d, q = len(whitening.root), len(whitening.centre)
    moved = pt.dot(data["root"], w[:d])
    if d < q:
        moved = pt.concatenate([moved, w[d:]])
    return data["centre"] + moved[whitening.order]


def _log_normal(value: Any, mean: Any, sd: Any) -> Any:
    """Log density of independent normal numbers, up to a constant."""
    return -(((value - mean) / sd) ** 2).sum() / 2


def _thresholds(pm: Any, pt: Any, drawn: Any, data: Data) -> list[Any]:
    """Thresholds from the first one and the logarithms of the gaps; their density is added."""
    thresholds = in_order(pt, drawn)
    density = _log_normal(thresholds, data["threshold_mean"], data["threshold_sd"])
    pm.Potential("thresholds", density + drawn[1:].sum())
    return list(thresholds)


def _effect(
    pm: Any, pt: Any, k: int, effect: Effect, away: Any, values: Sequence[Any], data: Data
) -> Any:
    """Effects (D, G, m) from their coordinates (D, G, r), whose log density is added."""
    root = effect.block.root(pt, pt.stack(values[effect.parameters]), effect.known)
    single = away.type.shape[2] == len(effect.coordinates) == 1
    form = _of_numbers if single else _of_vectors
    u, density = form(pt, root, data[f"information_{k}"], away, data[f"anchor_{k}"])
    pm.Potential(f"effect_{k}", density)
    return u


def _of_vectors(pt: Any, root: Any, information: Any, away: Any, anchor: Any) -> tuple[Any, Any]:
    """Effects (D, G, m) and the log density of their coordinates (D, G, r)."""
    (channels, groups, m), r = anchor.type.shape, away.type.shape[2]
    turn = steadying(pt, root, information, (m, r))
    anchored = pt.dot(anchor.reshape((-1, m)), pt.dot(root, turn.T))
    z = pt.dot(away.reshape((-1, r)) + anchored, turn)
    volume = channels * groups * pt.log(pt.diag(turn)).sum()
    return pt.dot(z, root.T).reshape((channels, groups, m)), volume - (z**2).sum() / 2


def _of_numbers(pt: Any, root: Any, information: Any, away: Any, anchor: Any) -> tuple[Any, Any]:
    """The same where a group has one coordinate: less code to compile and to run."""
    channels, groups, _ = anchor.type.shape
    sd = root[0, 0]
    turn = steadying(pt, sd, information[0, 0], (1, 1))
    z = away[:, :, 0] * turn + anchor[:, :, 0] * (sd * turn**2)
    return (sd * z)[:, :, None], channels * groups * pt.log(turn) - (z**2).sum() / 2


def _predictors(
    pt: Any, model: Latent, coefficients: Any, effects: Sequence[Any], data: Data
) -> list[Any]:
    """Linear predictors of the rows that coefficients and effects act upon, (N,) each."""
    free = [pt.dot(data["fixed"], coefficients[d]) for d in range(model.n_channels)]
    for k, u in enumerate(effects):
        group, loading = data[f"group_{k}"], data[f"loading_{k}"]
        free = [each + _of_rows(u[d], group, loading) for d, each in enumerate(free)]
    if model.family.coding is not None:
        free = [sum(c * each for c, each in zip(row, free, strict=True)) for row in model.coding]
    return [free[0] + data["offset"], *free[1:]]


def _of_rows(u: Any, group: Any, loading: Any) -> Any:
    """What effects (G, m) add to the rows, (N,)."""
    if u.type.shape[1] == 1:
        return u[:, 0][group] * loading[:, 0]
    return (u[group] * loading).sum(axis=1)
