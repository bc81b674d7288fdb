"""How well a regression fits, in the measures that papers quote."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.design_based.fitted import FittedModel
from jfmodels.engines.design_based.kinds import Kinds
from jfmodels.engines.design_based.likelihood_ratio import design_effects
from jfmodels.engines.design_based.null import under_null
from jfmodels.engines.design_based.pseudo_likelihood import Estimate
from jfmodels.results.engine import Check

__all__ = ["measures_of_fit"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

R_SQUARED = {
    "R-squared": "share of the variance that the terms account for",
    "R-squared (Cox-Snell)": "what the terms add to the likelihood, as a share below 1",
    "R-squared (Nagelkerke)": "the same, divided by the most that it can be",
}
AIC = "of use beside that of another model of the same rows: the lower, the better"


def measures_of_fit(model: FittedModel) -> Iterator[Check]:
    r"""Measure how much the terms of a model add to a model of constants.

    With :math:`\ell` and :math:`\ell_0` the weighted means of the log likelihoods of a row, the
    measures of R-squared are :math:`1 - e^{2(\ell_0 - \ell)}`, and the same by
    :math:`1 - e^{2\ell_0}`, which is the most that it can be [1]_. The design-based AIC [2]_ is
    :math:`-2n\ell + 2\sum_k\lambda_k`: a coefficient counts as many times as its design effect
    says, and intercepts do not count.

    Parameters
    ----------
    model : FittedModel
        The regression. Counts have no R-squared here, and lines no AIC.

    References
    ----------
    .. [1] Lumley, T. (2017). Pseudo-R2 statistics under complex sampling. Australian and New
       Zealand Journal of Statistics 59, 187-194.
    .. [2] Lumley, T. and Scott, A. (2015). AIC and BIC for modeling with complex survey data.
       Journal of Survey Statistics and Methodology 3, 1-18.
    """
    fitted = model.coefficients
    terms = [name for name in fitted.design.terms if name != "Intercept"]
    if not terms:
        return
    shift = model.family.constant_blocks
    places = np.concatenate([fitted.places(name, shift) for name in terms])
    null, kinds = under_null(model, places)
    value, constant = (_mean_value(model, each, kinds) for each in (fitted.estimate, null))
    if "Intercept" in fitted.design.terms:
        yield from _r_squared(model, value, constant)
    if model.family.link != "identity":
        n, spent = float(model.data.n.sum()), float(design_effects(model, places, kinds).sum())
        says = f"{spent:.1f} parameters by the design, {len(places)} by count; {AIC}"
        yield Check("AIC", "model", -2 * n * value + 2 * spent, np.nan, True, says)


def _r_squared(model: FittedModel, value: float, constant: float) -> Iterator[Check]:
    """Give the measures of R-squared of a family, from mean log likelihoods."""
    gain = 1 - np.exp(2 * (constant - value))
    if model.family.link == "identity":
        found = {"R-squared": 1 - value / constant if constant else np.nan}
    elif model.family.shares:
        most = 1 - np.exp(2 * constant)
        found = {"R-squared (Cox-Snell)": gain, "R-squared (Nagelkerke)": gain / most}
    else:
        found = {}
    for name, share in found.items():
        yield Check(name, "model", float(share), np.nan, True, R_SQUARED[name])


def _mean_value(model: FittedModel, estimate: Estimate, kinds: Kinds) -> float:
    """Weighted mean of the log density of a row; of a line, minus half a squared residual."""
    total = kinds.total(model.data.weight)
    if model.family.shares or model.family.link == "identity":
        return float(np.average(estimate.derivatives.value, weights=total))
    eta = model.coefficients.predictors.eta(estimate.theta)[kinds.pattern]
    dispersion = estimate.theta[-1:] if model.family.dispersion else np.zeros(1)
    density = model.family.log_density(kinds.answer, eta[None], dispersion)[0]
    return float(np.average(density, weights=total))
