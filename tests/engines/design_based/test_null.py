"""A model with coefficients held at zero is the model without them."""

from __future__ import annotations

import numpy as np
import pytest
from test_regression import FAMILIES, SURVEY

import jfmodels as jf
from jfmodels.engines.design_based.null import under_null


@pytest.mark.parametrize("name", FAMILIES)
def test_coefficients_held_at_zero_are_left_out(name):
    outcome, family = FAMILIES[name]
    with_region, without = (
        jf.fit(f"{outcome} ~ {right}", SURVEY, family=family).engine
        for right in ("wave + region + sex", "wave + sex")
    )
    constant = with_region.family.constant_blocks
    held = with_region.coefficients.places("region", constant)
    found, _ = under_null(with_region, held)
    assert (found.theta[held] == 0).all()
    left = np.delete(found.theta, held)
    np.testing.assert_allclose(left, without.coefficients.estimate.theta, rtol=1e-7, atol=1e-9)


def test_one_coefficient_alone_may_be_held():
    engine = jf.fit("walks ~ wave + sex", SURVEY, family="categorical").engine
    place = engine.coefficients.places("often: sex[T.male]", False)
    found, _ = under_null(engine, place)
    assert np.flatnonzero(found.theta == 0).tolist() == place.tolist()
