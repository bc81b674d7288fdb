"""Do intervals of adjusted weights hold the truth, and are standard errors the smaller for it?

Sixteen communes in four regions are revisited, 34 new people in each of two waves; women and
the young are sought out, or answer more readily. Communes differ in their mix of ages and in
whether they are urban, and the answer depends on all three. Raking knows the true margins;
non-response weights know who was drawn. Each is measured beside the same survey without the
adjustment, whose levels must be seen to fail, and beside the same weights taken as fixed.

``python tests/validation/test_weighting_coverage.py`` prints the whole table.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import binomtest
from simulate import N_COMMUNES, N_PEOPLE, NODE_WEIGHTS, NODES, REGION_OF, REGIONS

import jfmodels as jf
from jfmodels.survey.copies import changed

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
N_FRAMES, PER_FRAME = (10, 20) if SHORT else (150, 20)
SEED = 20261126
BAND = (0.93, 0.99)
WAVES = 2
COMMUNE_SD, DRIFT_SD, AGE_SD = 0.4, 0.3, 0.5  # on the logit scale
URBAN, WOMAN, YOUNG = 1.2, 1.0, 1.0  # what moves the answer
P_URBAN, P_WOMAN = 0.35, 0.5

type Floats = NDArray[np.float64]


def mean(values: Callable[[Floats], Floats], sd: float) -> float:
    """Average over a normal effect."""
    return float(NODE_WEIGHTS @ values(sd * NODES) / NODE_WEIGHTS.sum())


P_YOUNG = mean(lambda u: expit(logit(0.4) + u), AGE_SD)
MARGINS = {
    "sex": {"woman": P_WOMAN, "man": 1 - P_WOMAN},
    "age": {"young": P_YOUNG, "old": 1 - P_YOUNG},
    "urban": {"yes": P_URBAN, "no": 1 - P_URBAN},
}
BY_AGE_AND_SEX = {name: MARGINS[name] for name in ("sex", "age")}


def truth() -> Floats:
    """Share of yes in both waves, over all communes there could be."""
    shares = [(P_URBAN, URBAN), (P_WOMAN, WOMAN), (P_YOUNG, YOUNG)]
    sd = float(np.hypot(COMMUNE_SD, DRIFT_SD))
    total = np.zeros(WAVES)
    for kind in np.ndindex(2, 2, 2):
        chance = np.prod([p if k else 1 - p for k, (p, _) in zip(kind, shares, strict=True)])
        moved = sum(k * effect for k, (_, effect) in zip(kind, shares, strict=True))
        total += chance * np.array([_share(-1.2 + 0.3 * wave + moved, sd) for wave in range(WAVES)])
    return total


def _share(level: float, sd: float) -> float:
    return mean(lambda u: expit(level + u), sd)


def draw(rng: np.random.Generator, sought: bool) -> jf.Survey:
    """Draw one frame with many outcomes, each a survey; `sought` skews who is drawn."""
    commune = np.tile(np.repeat(np.arange(N_COMMUNES), N_PEOPLE), WAVES)
    wave = np.repeat(np.arange(WAVES), N_COMMUNES * N_PEOPLE)
    urban = rng.random(N_COMMUNES) < P_URBAN
    urban[0] ^= urban.all() or not urban.any()
    mix = expit(logit(0.4) + AGE_SD * rng.standard_normal(N_COMMUNES))[commune]
    odds = 1.6 if sought else 1.0
    woman = rng.random(len(wave)) < (0.65 if sought else P_WOMAN)
    young = rng.random(len(wave)) < odds * mix / (odds * mix + 1 - mix)
    own = COMMUNE_SD * rng.standard_normal((PER_FRAME, 1, N_COMMUNES))
    drift = DRIFT_SD * rng.standard_normal((PER_FRAME, WAVES, N_COMMUNES))
    moved = -1.2 + 0.3 * wave + URBAN * urban[commune] + WOMAN * woman + YOUNG * young
    chance = expit((own + drift)[:, wave, commune] + moved)
    yes = (rng.random(chance.shape) < chance).astype(int)
    readily = expit(-0.8 + 1.5 * woman + 1.5 * young)
    columns = {
        "wave": wave,
        "region": np.array(REGIONS)[REGION_OF[commune]],
        "commune": commune,
        "weight": np.exp(0.3 * rng.standard_normal(len(wave))),
        "sex": np.where(woman, "woman", "man"),
        "age": np.where(young, "young", "old"),
        "urban": np.where(urban[commune], "yes", "no"),
        "status": np.where(rng.random(len(wave)) < readily, "complete", "refused"),
    }
    names = [f"survey_{k}" for k in range(PER_FRAME)]
    frame = pd.concat([pd.DataFrame(columns), pd.DataFrame(yes.T, columns=names)], axis=1)
    if not sought:  # who did not answer has no answers
        frame[names] = frame[names].where(frame["status"] == "complete")
    design = jf.SurveyDesign(
        wave="wave",
        strata="region",
        cluster="commune",
        weights="weight",
        repeats="clusters",
        target="population",
    )
    book = {"scale": "binary"}
    return jf.Survey(frame, design, {"outcomes": dict.fromkeys(names, book)}, simulated=True)


@dataclass(frozen=True, slots=True)
class Scene:
    """A survey and what is done to its weights.

    Attributes
    ----------
    adjust : callable
        The adjustment.
    sought : bool
        Whether women and the young are sought out; else they answer more readily.
    error_shrinks : float
        Least factor by which taking the weights as fixed overstates the level's error.
    """

    adjust: Callable[[jf.Survey], jf.Survey]
    sought: bool = True
    error_shrinks: float = 1.0


SCENES: Mapping[str, Scene] = {
    "raked by sex and age": Scene(lambda s: jf.rake(s, BY_AGE_AND_SEX, within="wave")),
    "raked by urban too": Scene(lambda s: jf.rake(s, MARGINS, within="wave"), error_shrinks=1.2),
    "non-response by cells": Scene(
        lambda s: jf.nonresponse_weights(
            s, by=["wave", "sex", "age"], answered={"status": "complete"}
        ),
        sought=False,
    ),
    "non-response by a model": Scene(
        lambda s: jf.nonresponse_weights(
            s, model="wave + sex + age", answered={"status": "complete"}
        ),
        sought=False,
    ),
}
QUESTIONS: Mapping[str, Callable[[jf.Fit], pd.DataFrame]] = {
    "level": lambda fit: fit.levels(),
    "change": lambda fit: fit.changes(),
    "level in a region": lambda fit: fit.levels(by="region"),
    "change in a region": lambda fit: fit.changes(by="region"),
}


@cache
def measured(name: str) -> pd.DataFrame:
    """Coverage, errors and bias of every question, for the adjusted survey and its rivals."""
    scene, rng, found = SCENES[name], np.random.default_rng(SEED), []
    levels = truth()
    for _ in range(N_FRAMES):
        survey = draw(rng, scene.sought)
        adjusted = scene.adjust(survey)
        rivals = {
            "adjusted": adjusted,
            "as it is": survey,
            "fixed": changed(adjusted, adjustments=()),
        }
        for rival, each in rivals.items():
            fit = jf.direct(each, list(survey.codebook.outcomes))
            for question, ask in QUESTIONS.items():
                table = ask(fit)
                table = table[table["wave"] == "1"]
                if "region" in table:
                    table = table[table["region"] == REGIONS[0]]
                true = levels[1] - levels[0] if "change" in question else levels[1]
                part = table[["estimate", "std_error", "low", "high"]].astype(float)
                found.append(part.assign(rival=rival, question=question, true=true))
    every = pd.concat(found)
    every["off"] = every["estimate"] - every["true"]
    every["covers"] = every["true"].between(every["low"], every["high"])
    every["variance"] = every["std_error"] ** 2
    grouped = every.groupby(["rival", "question"], sort=False)
    table = grouped.agg(
        n=("covers", "size"),
        covered=("covers", "sum"),
        bias=("off", "mean"),
        sd=("off", "std"),
        variance=("variance", "mean"),
    )
    return table.assign(
        coverage=table["covered"] / table["n"], ratio=np.sqrt(table["variance"]) / table["sd"]
    )


def within_band(row: pd.Series) -> bool:
    """Whether coverage lies in the band; of few surveys, whether it may lie there."""
    if not SHORT:
        return BAND[0] <= row["coverage"] <= BAND[1]
    low, high = binomtest(int(row["covered"]), int(row["n"])).proportion_ci(0.999)
    return low <= BAND[1] and high >= BAND[0]


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", SCENES)
def test_intervals_of_adjusted_weights_cover(name, question):
    row = measured(name).loc["adjusted", question]
    assert within_band(row), row


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_levels_without_the_adjustment_do_not(name):
    table = measured(name)
    assert table.loc[("as it is", "level"), "coverage"] < BAND[0]
    bias = abs(table.loc[("adjusted", "level"), "bias"])
    assert bias < 4 * table.loc[("adjusted", "level"), "sd"] / np.sqrt(N_FRAMES)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_errors_are_those_of_the_adjusted_estimate(name):
    """Within a tenth: a margin of communes leaves out its own leverage, which is 3 to 8 %."""
    table = measured(name)
    assert table.loc[("adjusted", "level"), "ratio"] == pytest.approx(1, abs=0.25 if SHORT else 0.1)
    fixed = table.loc[("fixed", "level"), "variance"] / table.loc[("adjusted", "level"), "variance"]
    assert np.sqrt(fixed) > SCENES[name].error_shrinks


if __name__ == "__main__":
    for scene in SCENES:
        print(scene)
        print(measured(scene).round(4).to_string())
