"""Diagnostics count what they say they count."""

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf


def survey_of(waves, clusters, strata, **roles):
    places = [(w, c, c % strata) for w in range(waves) for c in range(clusters) for _ in range(4)]
    frame = pd.DataFrame(places, columns=["wave", "village", "region"])
    frame["safe"] = np.random.default_rng(2).integers(0, 2, len(frame))
    design = jf.SurveyDesign(wave="wave", strata="region", cluster="village", **roles)
    return jf.Survey(frame, design, {"outcomes": {"safe": {"scale": "binary"}}})


@pytest.mark.parametrize(
    ("repeats", "target", "says"),
    [
        ("clusters", "population", "12 clusters in 3 strata of the whole survey"),
        ("nothing", "population", "24 clusters in 6 strata of the whole survey"),
        ("clusters", "these_clusters", "96 units in 24 strata of the whole survey"),
    ],
)
def test_degrees_of_freedom_are_units_less_strata_and_both_are_named(repeats, target, says):
    fit = jf.direct(survey_of(2, 12, 3, repeats=repeats, target=target), "safe")
    row = fit.diagnostics().set_index("check").loc["degrees of freedom"]
    units, strata = (int(word) for word in says.split() if word.isdigit())
    assert row["value"] == units - strata
    assert row["says"] == says
