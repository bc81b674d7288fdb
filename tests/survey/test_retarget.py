"""A survey of another target is the one that would have been read for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import jfmodels as jf
from jfmodels.survey.example import simulate
from jfmodels.survey.retarget import retargeted

DESIGNS = {
    "clusters revisited": {},
    "clusters drawn anew": {"repeats": "nothing"},
    "without strata": {"strata": None},
    "strata by area": {"cluster": ["commune", "area"], "strata": ["region", "area"]},
}


def numbers(survey: jf.Survey) -> np.ndarray:
    table = jf.direct(survey, "trust_army").changes(by="region")
    return table[["estimate", "std_error", "df"]].to_numpy()


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("target", ["population", "these_clusters"])
def test_it_equals_reading_the_data_for_that_target(name, target):
    example, frame = jf.example(), simulate().frame
    design = replace(example.design, lonely="adjust", **DESIGNS[name])
    read = {
        each: jf.Survey(frame, replace(design, target=each), example.codebook, simulated=True)
        for each in ("population", "these_clusters")
    }
    other = next(each for each in read if each != target)
    found, expected = numbers(retargeted(read[other], target)), numbers(read[target])
    # units may be numbered in another order, so that sums differ in the last digits
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_corrections_for_finite_populations_are_not_kept():
    frame = simulate().frame.assign(of=0.1)
    example = jf.example()
    design = replace(example.design, fpc="of")
    survey = jf.Survey(frame, design, example.codebook, simulated=True)
    with pytest.raises(jf.DesignError, match="fpc="):
        retargeted(survey, "these_clusters")
