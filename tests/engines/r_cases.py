"""What R's survey package was asked, and the same data and designs as surveys.

R's own design text picks the design, so that no case can be answered with another than R's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

import jfmodels as jf

REFERENCE = Path(__file__).parents[1] / "reference"

MEASURED = ["api", "api00", "api99", "enroll", "api.stu", "arrests", "alive", "y1"]
BINARY = ["good", "secure", "y", "awarded", "no_ell", "HI_CHOL"]
NOMINAL = {
    "stype": ["E", "H", "M"],
    "awards": ["No", "Yes"],
    "sch.wide": ["No", "Yes"],
    "stype.comp.imp": ["E.No", "H.No", "M.No", "E.Yes", "H.Yes", "M.Yes"],
}
OUTCOMES: Mapping[str, Mapping[str, Any]] = {
    **{name: {"scale": "continuous"} for name in MEASURED},
    **{name: {"scale": "binary"} for name in BINARY},
    **{
        name: {"scale": "nominal", "categories": {each: each for each in categories}}
        for name, categories in NOMINAL.items()
    },
}

CLUSTERS = {"cluster": "dnum", "weights": "pw", "target": "population"}
REVISITED = {"repeats": "clusters", "target": "population"}
ROLES: Mapping[str, Mapping[str, Any]] = {
    "d <- svydesign(id=~1, weights=~pw, data=apisrs)": {"weights": "pw"},
    "d <- svydesign(id=~1, fpc=~fpc, weights=~pw, data=apisrs)": {"weights": "pw", "fpc": "fpc"},
    "d <- svydesign(id=~1, strata=~stype, weights=~pw, data=apistrat)": {
        "strata": "stype",
        "weights": "pw",
    },
    "d <- svydesign(id=~1, strata=~stype, weights=~pw, data=apistrat, fpc=~fpc)": {
        "strata": "stype",
        "weights": "pw",
        "fpc": "fpc",
    },
    "d <- svydesign(id=~dnum, weights=~pw, data=apiclus1)": CLUSTERS,
    "d <- svydesign(id=~dnum, weights=~pw, data=apiclus1, fpc=~fpc)": {**CLUSTERS, "fpc": "fpc"},
    "d <- svydesign(id=~dnum+snum, fpc=~fpc1+fpc2, data=apiclus2)": {
        "stages": [jf.Stage(cluster="dnum", fpc="fpc1"), jf.Stage(cluster="snum", fpc="fpc2")],
        "target": "population",
    },
    "d <- svydesign(data=scd, prob=~1, id=~ambulance, strata=~ESA, nest=TRUE)": {
        "strata": "ESA",
        "cluster": ["ESA", "ambulance"],
        "target": "population",
    },
    "d <- svydesign(id=~dnum, weights=~pw, data=waves)": {
        **REVISITED,
        "wave": "wave",
        "cluster": "dnum",
        "weights": "pw",
    },
    "d <- svydesign(id=~herd, strata=~stratum, weights=~w, data=cbppl)": {
        **REVISITED,
        "wave": "period",
        "strata": "stratum",
        "cluster": "herd",
        "weights": "w",
    },
    "svydesign(id=~commune, strata=~region, weights=~weight)": {
        **REVISITED,
        "wave": "wave",
        "strata": "region",
        "cluster": "commune",
        "weights": "weight",
    },
}
DESIGNS = {text: jf.SurveyDesign(**roles) for text, roles in ROLES.items()}
NHANES = jf.SurveyDesign(
    strata="SDMVSTRA",
    cluster=["SDMVSTRA", "SDMVPSU"],
    weights="WTMEC2YR",
    target="population",
)
MU284 = jf.SurveyDesign(
    stages=[jf.Stage(cluster="id1", fpc="n1"), jf.Stage(cluster="id2", fpc="n2")],
    target="population",
)


@cache
def frame_of(dataset: str) -> pd.DataFrame:
    """Read a dataset as R did, with the indicators that R's formulas make on the fly."""
    frame = pd.read_csv(REFERENCE / "data" / dataset, keep_default_na=False, na_values=[""])
    if "awards" in frame:
        frame["awarded"] = (frame["awards"] == "Yes").astype(int)
        frame["no_ell"] = (frame["ell"] == 0).astype(int)
        frame["stype.comp.imp"] = frame["stype"] + "." + frame["comp.imp"]
    return frame


def survey_of(dataset: str, design: jf.SurveyDesign, *outcomes: str) -> jf.Survey:
    """Make a survey with the outcomes named, or all that the dataset has."""
    frame = frame_of(dataset)
    named = outcomes or tuple(name for name in OUTCOMES if name in frame)
    book = {"outcomes": {name: OUTCOMES[name] for name in named}}
    return jf.Survey(frame, design, book)


@dataclass(frozen=True)
class Case:
    """One case: what R was asked of which data and design, and what it said."""

    name: str
    group: str
    dataset: str
    design: str
    call: str
    results: Mapping[str, Any]

    def survey(self, *outcomes: str) -> jf.Survey:
        """The survey that R's design text describes."""
        return survey_of(self.dataset, DESIGNS[self.design], *outcomes)


def read_cases() -> dict[str, Case]:
    """Read every case by name."""
    content = json.loads((REFERENCE / "r_survey_cases.json").read_text())
    fields = Case.__dataclass_fields__
    cases = [Case(**{name: each[name] for name in fields}) for each in content["cases"]]
    return {case.name: case for case in cases}


CASES = read_cases()
