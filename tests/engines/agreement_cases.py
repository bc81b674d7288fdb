"""Models on which the two Bayesian engines must say the same, and the tables they are asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from latent_cases import simulated
from panel_cases import simulated as panel

import jfmodels as jf
from jfmodels.survey.read import read_yaml

ROOT = Path(__file__).parents[2]
EFFECTS = "(1 | commune) + (1 | commune:wave)"
EXAMPLE = f"wave * region + sex + age_group + {EFFECTS} + (1 | facilitator)"
PANEL = "wave + x + (1 | person) + (1 | commune)"
SMALL = f"wave + x + {EFFECTS} + (1 | interviewer)"
# a mean over new groups is one of exponentials: where a standard deviation may be large its
# posterior has tails so heavy that its own sd cannot be compared (kurtosis of 35 and more)
NARROW = {"sd": jf.HalfNormal(0.3)}
NUMBERS = ["estimate", "std_error", "mc_error"]


@dataclass(frozen=True, slots=True)
class Case:
    """A model, the survey it is fitted to, and how its tables are split."""

    model: jf.Model
    survey: Callable[[], jf.Survey]
    by: str | None = "region"
    categories: str = "shown"


@cache
def example() -> jf.Survey:
    return jf.example()


@cache
def mali() -> jf.Survey:
    """Trust in the army in Mali, six rounds, with interviewers."""
    book = read_yaml(ROOT / "tests" / "real" / "afrobarometer_mali.yaml")
    design = jf.SurveyDesign(**book.pop("design"), interviewer="interviewer")
    book["outcomes"] = {"trust_army": {**book["outcomes"]["trust_army"], "policy": "in_base"}}
    shared = Path(os.environ.get("JFMODELS_SHARED", ROOT.parent / "shared"))
    path = shared / "data" / "afrobarometer_mali_r2_r7.parquet"
    return jf.read_survey(path, design=design, codebook=book)


MALI = "shown(trust_army) ~ wave + (1 | region) + (1 | region:wave) + (1 | wave:psu)"
CASES = {
    "bernoulli": Case(jf.Model(f"shown(trust_army) ~ {EXAMPLE}"), example),
    "ordinal": Case(jf.Model(f"relations_fds ~ {EXAMPLE}"), example),
    "categorical": Case(jf.Model(f"choice ~ {SMALL}"), lambda: simulated(600), categories="all"),
    "gaussian": Case(jf.Model(f"size ~ {SMALL}"), lambda: simulated(600)),
    "count": Case(jf.Model(f"times ~ {SMALL}", priors=NARROW), lambda: simulated(600)),
    "panel": Case(jf.Model(f"yes ~ {PANEL}"), panel),
    "panel ordinal": Case(jf.Model(f"level ~ {PANEL}"), panel),
    "panel count": Case(jf.Model(f"times ~ {PANEL}", priors=NARROW), panel),
    "real, with interviewers": Case(jf.Model(f"{MALI} + (1 | interviewer)"), mali, None),
    "real, without interviewers": Case(jf.Model(MALI), mali, None),
}


def tables(fit: jf.Fit, case: Case) -> dict[str, Any]:
    """Levels and changes of a fit, overall and by group, and its standard deviations."""
    asked = {"over": "wave", "categories": case.categories}
    groups = [None, case.by] if case.by else [None]
    levels = pd.concat([fit.levels(by, **asked) for by in groups])
    changes = pd.concat([fit.changes(by=by, **asked) for by in groups])
    sds = fit.variance_components()
    return {
        name: table[NUMBERS].round(6).to_numpy().tolist()
        for name, table in {"levels": levels, "changes": changes, "components": sds}.items()
    }
