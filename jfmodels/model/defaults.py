"""Priors that are used unless others are given: weakly informative, scaled to the family.

They rule out what no survey shows (a difference of 5 logits) and little else. One standard
deviation of a commune is about 0.4 logits in the surveys we know; its prior allows 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, raise_all, unknown
from jfmodels.model.basis import COEFFICIENTS, normal_prior
from jfmodels.model.effect_layout import Effect
from jfmodels.model.effects import Parameter
from jfmodels.model.families import Family
from jfmodels.model.latent import Hyperparameter, Latent
from jfmodels.model.priors import LKJ, Beta, Exponential, HalfNormal, HalfStudentT, Normal, Prior
from jfmodels.model.scale import INTERCEPT, Scale, spread_of

__all__ = ["check_names", "hyperparameters", "prior_table", "threshold_prior"]

type Floats = NDArray[np.float64]
type Priors = Mapping[str, Prior]

THRESHOLDS = "thresholds"  # a kind, as sd, cor and others are


def threshold_prior(scale: Scale, given: Priors) -> Normal:
    """Prior of every threshold; together they are also in order."""
    chosen = given.get(THRESHOLDS)
    return normal_prior(THRESHOLDS, chosen) if chosen else Normal(0.0, INTERCEPT * scale.unit)


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
        spread = spread_of(effect.loading[:, slopes[0]], weights) if slopes else 1.0
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
    basis = latent.basis
    held = dict(zip(basis.names, zip(basis.mean, basis.sd, strict=True), strict=True))
    implied = zip(basis.coefficients @ basis.mean, basis.spread, strict=True)
    told = dict(zip(latent.design.names, implied, strict=True))
    told |= {"Intercept": held["Intercept"]} if "Intercept" in held else {}
    rows = [(name, COEFFICIENTS, _rounded(*told[name])) for name in latent.names]
    for mean, sd in zip(latent.threshold_mean[:1], latent.threshold_sd[:1], strict=True):
        rows.append((THRESHOLDS, THRESHOLDS, repr(Normal(float(mean), float(sd)))))
    rows += [
        (each.name, each.name.split("(")[0], _shown(each.prior)) for each in latent.hyperparameters
    ]
    return pd.DataFrame(rows, columns=["parameter", "kind", "prior"])


def _rounded(mean: float, sd: float) -> str:
    """Write a prior that follows from others, without what arithmetic leaves of a zero."""
    return repr(Normal(float(f"{mean:.3g}") if abs(mean) > 1e-9 * sd else 0.0, float(f"{sd:.3g}")))


def _shown(prior: Prior) -> str:
    return f"LKJ(eta={prior.eta})" if isinstance(prior, LKJ) else repr(prior)
