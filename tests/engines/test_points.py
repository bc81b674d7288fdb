"""Derivatives by three points: those of calculus, also where a spline ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.engines.points import around, is_number
from jfmodels.model.formula import parse

FRAME = pd.DataFrame({"year": np.linspace(1990, 2020, 31), "sex": pd.Categorical(["m"] * 31)})


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (lambda x: 0 * x + 7, lambda x: 0 * x),
        (lambda x: x**2, lambda x: 2 * x),
        (np.log, lambda x: 1 / x),
        (lambda x: np.sin(x / 5), lambda x: np.cos(x / 5) / 5),
    ],
)
def test_sums_over_points_are_derivatives(function, slope):
    points = around(FRAME, "year", FRAME)
    found = sum(point.factor * function(point.patterns["year"].to_numpy()) for point in points)
    x = FRAME["year"].to_numpy()
    size = np.abs(function(x)).max()  # rounding is relative to the answers, over a step of 2e-4
    np.testing.assert_allclose(found, slope(x), rtol=1e-9, atol=1e-10 * size)


def test_no_point_leaves_the_range_of_the_fit():
    for point in around(FRAME, "year", FRAME):
        assert point.patterns["year"].between(1990, 2020).all()
        assert point.patterns["sex"].equals(FRAME["sex"])


def test_a_number_that_does_not_vary_has_no_effect():
    with pytest.raises(jf.SpecError, match="'year' has one value in the fit"):
        around(FRAME[:1], "year", FRAME[:1])


@pytest.mark.parametrize(
    ("right", "number"),
    [
        ("year", True),
        ("bs(year, df=4)", True),
        ("sex * I(year / 10) + log(year)", True),
        ("(1 + year | sex)", True),
        ("(1 | year)", False),
        ("C(year)", False),
        ("I(year > 2000)", False),
        ("year + I(year > 2000)", False),
    ],
)
def test_a_number_is_one_if_the_formula_takes_it_as_one(right, number):
    assert is_number(parse(f"y ~ {right}"), FRAME, "year") == number
    assert not is_number(parse("y ~ sex"), FRAME, "sex")


def test_what_the_model_does_not_read_has_no_effect():
    with pytest.raises(jf.SpecError, match="Did you mean 'year'"):
        is_number(parse("y ~ year"), FRAME, "yaer")
    with pytest.raises(jf.SpecError, match=r"jf\.Change"):
        is_number(parse("y ~ wave"), FRAME, "wave")
