"""Tests that coefficients of a regression are zero, by the name of the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.design_based.chi_square_sums import ratio_tail_saddlepoint
from jfmodels.engines.design_based.fitted import FittedModel
from jfmodels.engines.design_based.likelihood_ratio import likelihood_ratio_test
from jfmodels.engines.design_based.wild import Wild, wild_test
from jfmodels.errors import choose
from jfmodels.results.summary import JointTest

__all__ = ["METHODS", "joint_test"]

type Ints = NDArray[np.int64]


def joint_test(model: FittedModel, term: str, method: object) -> JointTest:
    """Test that a coefficient, or all those of a term, are zero.

    Parameters
    ----------
    model : FittedModel
        The regression.
    term : str
        A term of its formula, or a coefficient.
    method : {"wald", "wild", "lrt", "lrt_saddlepoint"}, Wild or None
        "wald" is the default; the saddlepoint approximation of "lrt" is R's.
    """
    places = model.coefficients.places(term, model.family.constant_blocks)
    if isinstance(method, Wild):
        return wild_test(model, places, method)
    name = "wald" if method is None else method
    return choose("method", name, METHODS)(model, places)


def _wald(model: FittedModel, places: Ints) -> JointTest:
    return model.coefficients.test(places)


METHODS: Mapping[str, Callable[[FittedModel, Ints], JointTest]] = {
    "wald": _wald,
    "wild": lambda model, places: wild_test(model, places, Wild()),
    "lrt": likelihood_ratio_test,
    "lrt_saddlepoint": partial(likelihood_ratio_test, tail=ratio_tail_saddlepoint),
}
