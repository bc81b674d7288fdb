"""Priors that are used unless others are given: weakly informative, scaled to the family.

They rule out what no survey shows (a coefficient of 5 logits) and little else. One standard
deviation of a commune is about 0.4 logits in the surveys we know; its prior allows 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, raise_all, unknown
from jfmodels.model.design_matrix import DesignMatrix
from jfmodels.model.effect_layout import Effect
from jfmodels.model.effects import Parameter
from jfmodels.model.families import Family
from jfmodels.model.latent import Hyperparameter, Latent
from jfmodels.model.priors import LKJ, Beta, Exponential, HalfNormal, HalfStudentT, Normal, Prior

__all__ = ["Scale", "coefficient_priors", "hyperparameters", "prior_table", "scale_of"]

type Floats = NDArray[np.float64]
type Priors = Mapping[str, Prior]

LINK_SCALE = {"logit": 1.0, "probit": 0.6, "cloglog": 1.0, "log": 1.0}
INTERCEPT, COEFFICIENT = 2.5, 1.5  # standard deviations in units of the scale
THRESHOLDS, COEFFICIENTS = "thresholds", "coefficient"  # kinds, as sd, cor and others are


@dataclass(frozen=True, slots=True)
class Scale:
    """What a large effect is measured against.

    Attributes
    ----------
    unit : float
        One logit, 0.6 probits, one log, or a standard deviation of the answers.
    centre : float
        Where an intercept is expected.
    """

    unit: float
    centre: float


def scale_of(family: Family, answer: Floats, n: Floats) -> Scale:
    """Say what a large effect is for a family and the numbers that were answered."""
    mean = float(answer @ n / n.sum())
    if family.link == "identity":
        sd = float(np.sqrt(((answer - mean) ** 2) @ n / n.sum()))
        return Scale(sd or 1.0, mean)
    centre = float(np.log(max(mean, 1e-6))) if family.link == "log" else 0.0
    return Scale(LINK_SCALE[family.link], centre)


def coefficient_priors(
    design: DesignMatrix,
    names: Sequence[str],
    fixed: Floats,
    weights: Floats,
    scale: Scale,
    given: Priors,
) -> dict[str, Normal]:
    """Priors of all coefficients: given by name, by term or for all, or the default.

    What is given for all leaves the intercept alone, which is on another scale.

    A column that is not of zeros and ones is measured in two of its standard deviations over
    interviews [1]_, of which there are `weights` (N,) in each row.

    References
    ----------
    .. [1] Gelman, A. (2008). Scaling regression inputs by dividing by two standard
       deviations. Statistics in Medicine 27, 2865-2873.
    """
    term_of = {design.names[k]: term for term, part in design.terms.items() for k in _range(part)}
    found: dict[str, Normal] = {}
    for name, column in zip(names, fixed.T, strict=True):
        chosen = given.get(name) or given.get(term_of[name])
        usual: Prior = given.get(COEFFICIENTS) or Normal(
            0.0, COEFFICIENT * scale.unit / _spread(column, weights)
        )
        if name == "Intercept":
            usual = Normal(scale.centre, INTERCEPT * scale.unit)
        found[name] = _normal(name, chosen or usual)
    return found


def _range(part: slice) -> range:
    return range(part.start, part.stop)


def _normal(name: str, prior: Prior) -> Normal:
    if isinstance(prior, Normal):
        return prior
    raise SpecError(f"The prior of '{name}' is a Normal(mean, sd); found {prior!r}.")


def _spread(column: Floats, weights: Floats) -> float:
    """Two standard deviations of a column of numbers; 1 for one of zeros and ones."""
    if np.isin(column, (0.0, 1.0)).all():
        return 1.0
    away = column - column @ weights / weights.sum()
    return 2 * float(np.sqrt(away**2 @ weights / weights.sum())) or 1.0


def threshold_prior(scale: Scale, given: Priors) -> Normal:
    """Prior of every threshold; together they are also in order."""
    chosen = given.get(THRESHOLDS)
    return _normal(THRESHOLDS, chosen) if chosen else Normal(0.0, INTERCEPT * scale.unit)


def hyperparameters(
    effects: Sequence[Effect], family: Family, weights: Floats, scale: Scale, given: Priors
) -> tuple[Hyperparameter, ...]:
    """List the parameters of all effects, and the family's dispersion, with their priors."""
    found = []
    for effect in effects:
        for each in effect.block.parameters(effect.coordinates):
            name = _name(effect, each)
            prior = given.get(name) or given.get(each.label)
            prior = prior or _usual(effect, each, weights, scale)
            found.append(Hyperparameter(name, each.support, _fitting(name, each, effect, prior)))
    if family.dispersion:
        usual = HalfStudentT(3, scale.unit) if family.dispersion == "sigma" else Exponential(1.0)
        chosen = given.get(family.dispersion) or usual
        _require(family.dispersion, "positive", chosen)
        found.append(Hyperparameter(family.dispersion, "positive", chosen))
    return tuple(found)


def _name(effect: Effect, parameter: Parameter) -> str:
    """Name a parameter: sd(commune), sd(time | region), cor(1, time | region), rho(ar1(wave))."""
    group = ":".join(effect.term.groups)
    if effect.term.kind == "iid":
        return f"{parameter.label}({group})"
    if parameter.of:
        return f"{parameter.label}({', '.join(parameter.of)} | {group})"
    return f"{parameter.label}({effect.term.text})"


def _usual(effect: Effect, parameter: Parameter, weights: Floats, scale: Scale) -> Prior:
    """Priors by support; a slope's standard deviation is measured like its coefficient."""
    if parameter.support == "positive":
        slopes = [effect.coordinates.index(name) for name in parameter.of]
        spread = _spread(effect.loading[:, slopes[0]], weights) if slopes else 1.0
        return HalfNormal(scale.unit / spread)
    if parameter.support == "correlation":
        return LKJ(2.0)
    return Beta(2.0, 2.0) if parameter.label == "rho" else Beta(1.0, 1.0)


def _fitting(name: str, parameter: Parameter, effect: Effect, prior: Prior) -> Prior:
    """Refuse a prior with another support; tell a correlation's its place in the matrix."""
    _require(name, parameter.support, prior)
    if isinstance(prior, LKJ):
        q, given = len(effect.coordinates), effect.coordinates.index(parameter.of[0])
        return replace(prior, partial=(q - 2 - given) / 2)
    return prior


SUPPORTS = {
    "positive": "HalfNormal(sd), HalfStudentT(df, scale) or Exponential(mean)",
    "unit": "Beta(a, b)",
    "correlation": "LKJ(eta)",
}


def _require(name: str, support: str, prior: Prior) -> None:
    if getattr(prior, "support", None) != support:
        raise SpecError(f"The prior of '{name}' is {SUPPORTS[support]}; found {prior!r}.")


def check_names(given: Priors, known: Sequence[str]) -> None:
    """Refuse priors of parameters that the model does not have."""
    names = list(dict.fromkeys(known))
    problems = [unknown("parameter", name, names) for name in given if name not in names]
    raise_all(SpecError, problems, "priors")


def prior_table(latent: Latent) -> pd.DataFrame:
    """Tabulate priors, one parameter a row; a kind is a name under which all its own are given."""
    rows = [
        (name, COEFFICIENTS, repr(Normal(float(mean), float(sd))))
        for name, mean, sd in zip(latent.names, latent.mean, latent.sd, strict=True)
    ]
    for mean, sd in zip(latent.threshold_mean[:1], latent.threshold_sd[:1], strict=True):
        rows.append((THRESHOLDS, THRESHOLDS, repr(Normal(float(mean), float(sd)))))
    rows += [
        (each.name, each.name.split("(")[0], _shown(each.prior)) for each in latent.hyperparameters
    ]
    return pd.DataFrame(rows, columns=["parameter", "kind", "prior"])


def _shown(prior: Prior) -> str:
    return f"LKJ(eta={prior.eta})" if isinstance(prior, LKJ) else repr(prior)
