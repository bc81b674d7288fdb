"""The likelihood ratio of a term under a survey's design, by Rao and Scott."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.design_based.chi_square_sums import ratio_tail
from jfmodels.engines.design_based.fitted import FittedModel, too_few_directions
from jfmodels.engines.design_based.kinds import Kinds
from jfmodels.engines.design_based.null import under_null
from jfmodels.engines.design_based.pseudo_likelihood import Estimate
from jfmodels.results.summary import JointTest

__all__ = ["design_effects", "likelihood_ratio_test"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

METHOD = "Rao-Scott likelihood ratio"


def likelihood_ratio_test(
    model: FittedModel,
    places: Ints,
    tail: Callable[[float, Floats, float], float] = ratio_tail,
) -> JointTest:
    r"""Test that q coefficients are zero by what the weighted likelihood loses without them [1]_.

    With weights of mean 1, :math:`2(\ell - \ell_0)` is distributed as
    :math:`\sum_k\lambda_k\chi^2_1`, where :math:`\lambda_k` are the eigenvalues of
    :math:`V_0^{-1}V`: the coefficients' covariance under the design over the one that the
    likelihood alone would have. Against :math:`\chi^2_\nu/\nu` it is referred with the degrees
    of freedom :math:`\nu` of the Wald test, before q - 1 of them are spent.

    Parameters
    ----------
    model : FittedModel
        The regression.
    places : ndarray of int64, shape (q,)
        Coefficients that are tested.
    tail : callable
        Chance that the ratio exceeds the statistic.

    Returns
    -------
    JointTest
        The statistic, q, and :math:`\nu`.

    References
    ----------
    .. [1] Lumley, T. and Scott, A. (2014). Tests for regression models fitted to survey data.
       Australian and New Zealand Journal of Statistics 56, 1-14.
    """
    fitted, q = model.coefficients, len(places)
    null, kinds = under_null(model, places)
    statistic = _statistic(model, null, kinds)
    covariance, df = fitted.covariance(places), fitted.eta(places)
    if says := too_few_directions(covariance):
        return JointTest(METHOD, df1=q, df2=df, refused=says)
    effects = design_effects(model, places, kinds)
    p_value = tail(statistic, effects, df) if statistic > 0 else 1.0
    return JointTest(METHOD, statistic, q, df, p_value)


def _statistic(model: FittedModel, null: Estimate, kinds: Kinds) -> float:
    """Twice the difference of log likelihoods of rows whose weights have mean 1."""
    data, full = model.data, model.coefficients.estimate
    total = kinds.total(data.weight)
    per_row = data.n.sum() / data.weight.sum()
    lost = full.derivatives.value - null.derivatives.value
    return 2 * per_row * float(total @ lost)


def design_effects(model: FittedModel, places: Ints, kinds: Kinds) -> Floats:
    """How much wider q coefficients are than their likelihood alone would have them, (q,).

    They are the eigenvalues of the covariance under the design by the naive one. The information
    is of kinds of answer, whose weights had mean 1, and is scaled to rows that have.
    """
    data, fitted = model.data, model.coefficients
    unit = data.n.sum() / data.weight.sum() * kinds.total(data.weight).mean()
    naive = np.linalg.inv(fitted.estimate.information)[np.ix_(places, places)] / unit
    effects: Floats = np.linalg.eigvals(np.linalg.solve(naive, fitted.covariance(places))).real
    return effects
