"""Real weights: levels and a change of the GSS as R has them, and its panel's attrition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.survey.copies import changed

SCIENCE = {
    "consci": {
        "scale": "ordinal",
        "shown": ["a great deal"],
        "categories": {1: "a great deal", 2: "only some", 3: "hardly any"},
    }
}
FIRST = ("sex", "race", "age_group", "schooling")


@pytest.fixture(scope="module")
def cross_sections(shared_data: Path) -> jf.Survey:
    frame = pd.read_parquet(shared_data / "gss_confidence_science_1975_2021.parquet")
    frame = frame[frame["year"].isin([2018, 2021]) & frame["consci"].notna()]
    design = jf.SurveyDesign(
        wave="year",
        strata="vstrat",
        cluster=["vstrat", "vpsu"],
        weights="wtssps",
        repeats="nothing",
        target="population",
        lonely="adjust",
    )
    return jf.Survey(frame, design, {"outcomes": SCIENCE})


def test_confidence_in_science_2018_and_2021(cross_sections):
    """Of R: svyby(covmat = TRUE) and svycontrast, options(survey.lonely.psu = "adjust")."""
    fit = jf.direct(cross_sections, "consci", small_sample="none")
    levels, change = fit.levels(), fit.changes().iloc[0]
    assert levels["estimate"].to_numpy() == pytest.approx([0.475512514604, 0.478551316634])
    assert levels["std_error"].to_numpy() == pytest.approx([0.0197351426845, 0.0120228017742])
    assert change["estimate"] == pytest.approx(0.0030388, abs=1e-7)
    assert change["std_error"] == pytest.approx(0.0231, abs=5e-5)
    assert [f"{100 * each:.1f}" for each in levels["estimate"]] == ["47.6", "47.9"]
    says = f"{100 * change['estimate']:.1f} ({100 * change['std_error']:.1f})"
    assert says == "0.3 (2.3)"


@pytest.fixture(scope="module")
def people(shared_data: Path) -> pd.DataFrame:
    """Interviews of the panel, with what the first wave said of each person."""
    frame = pd.read_parquet(shared_data / "gss_panel_2010_2012_2014.parquet")
    frame = frame[frame["year"].notna()].drop(columns=["year"])
    first = frame[frame["wave"] == 1].set_index("firstid")
    age = pd.cut(first["age"] + 17, [0, 30, 45, 60, 100], labels=["-30", "31-45", "46-60", "61-"])
    schooling = pd.cut(first["educ"], [0, 12, 13, 16, 21], labels=["less", "12", "to 15", "16-"])
    known = {"sex": first["sex"], "race": first["race"], "age_group": age, "schooling": schooling}
    for name, column in known.items():
        frame[name] = frame["firstid"].map(column).astype(object)
    frame = frame.dropna(subset=list(FIRST))
    return frame.astype({"sex": int, "race": int, "age_group": str, "schooling": str})


def panel(frame: pd.DataFrame, weights: str | None = None) -> jf.Survey:
    design = jf.SurveyDesign(
        wave="wave",
        strata="vstrat",
        cluster=["vstrat", "vpsu"],
        weights=weights,
        person="firstid",
        repeats="people",
        target="population",
        lonely="adjust",
    )
    return jf.Survey(frame, design, {"outcomes": SCIENCE})


@pytest.fixture(scope="module")
def surveys(people: pd.DataFrame) -> dict[str, jf.Survey]:
    plain = panel(people)
    return {
        "unweighted": plain,
        "cells": jf.nonresponse_weights(plain, by=["age_group", "schooling"]),
        "model": jf.nonresponse_weights(plain, model=" + ".join(FIRST)),
        "file": panel(people[people["wtpan123"].notna()], "wtpan123"),
    }


def last_level(survey: jf.Survey, **settings: object) -> pd.Series:
    settings = settings or {"small_sample": "none"}
    return jf.direct(survey, "consci", **settings).levels().iloc[-1]


def test_the_record_tells_who_was_lost(surveys):
    told = surveys["cells"].weighting()
    assert told.says[0].startswith("non-response: 1,5")
    assert told.says[1].startswith("non-response: 1,3")
    kept = told.margins[told.margins["margin"] == "schooling"]
    kept = kept.set_index(["adjustment", "category"])["answered"]
    assert kept[1, "less"] < kept[1, "16-"]  # fewer of those with little schooling come back
    assert kept[2, "less"] < kept[2, "16-"]


@pytest.mark.parametrize("way", ["cells", "model"])
def test_later_waves_look_like_the_first(surveys, people, way):
    weighted = pd.Series(surveys[way].rows.weight, people.index)
    for name in ("age_group", "schooling"):
        share = weighted.groupby([people["wave"], people[name]]).sum().unstack()
        share = share.div(share.sum(axis=1), axis=0)
        plain = people.groupby(["wave", name]).size().unstack()
        plain = plain.div(plain.sum(axis=1), axis=0)
        off = (share - plain.loc[1]).abs().max(axis=1)
        assert off[3] < (1e-12 if way == "cells" else 0.01)
        assert (plain.loc[3] - plain.loc[1]).abs().max() > 0.015  # there was something to do


def test_levels_of_2014_beside_those_of_the_files_own_weights(surveys):
    """Attrition alone moves the level towards that of weights which hold the design too."""
    level = {name: last_level(survey)["estimate"] for name, survey in surveys.items()}
    assert level["file"] == pytest.approx(0.406, abs=0.002)
    assert level["file"] < level["model"] < level["unweighted"]


@pytest.mark.parametrize("way", ["cells", "model"])
def test_linearised_errors_are_the_jackknifes(surveys, way):
    """Some strata have one unit, which no replicate compares across strata: taken as certain."""
    survey = surveys[way]
    sampling = survey.sampling
    certain = changed(
        survey,
        sampling=type(sampling)(
            **{
                f: getattr(sampling, f) for f in ("stages", "strata_names", "unit_names", "cluster")
            },
            lonely="certainty",
        ),
    )
    plain = last_level(certain)["std_error"]
    drawn = last_level(certain, replicates=jf.Replicates("jkn"))["std_error"]
    assert drawn == pytest.approx(plain, rel=0.03)
    assert np.isfinite(plain)
