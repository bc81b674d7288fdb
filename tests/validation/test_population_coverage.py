"""Does poststratification know more of a commune than its own interviews, and how well it knows?

The population has four regions of eight communes each, of which four were visited: sixteen in
all, 34 people in each. A commune has a level of its own, with a standard deviation of .35 or .6
on the logit scale within its region; women answer differently, are a different share of every
commune, and were sought out; weights undo that and are uneven besides. The census counts women
and men of all 32 communes. In the variant there are two waves, communes drift, and one commune of
each region was not reached again.

Each survey is asked of its communes, visited or not, with the truth each commune's own share; of
its regions as populations of communes, with the truth the share over all communes there could be;
and of its regions as these communes, with the truth the census's mean over the eight.

What the spread of communes implies: with V the variance of a commune's mean on the logit scale
and B = V / (V + sd²), a fit that knows the spread but learns each region's mean from its four
communes is off by a variance of V (1 - B) + V B / 4, a direct estimate by V times the effect of
uneven weights. Measured ratios of mean absolute errors must lie within .06 of the square root.

The last test asks for the part of a change that composition makes where it makes none: the share
of surveys in which it is called different from zero at 5 %.

``python tests/validation/test_population_coverage.py`` prints the whole table.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import binomtest

import jfmodels as jf
from jfmodels.errors import FitWarning

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
N_SURVEYS = 12 if SHORT else 400
SEED = 20261126
BAND = (0.93, 0.99)
REGIONS, IN_REGION, VISITED, PEOPLE = "ABCD", 8, 4, 34
LEVEL = np.array([-0.3, 0.0, 0.3, 0.6])  # of the regions, on the logit scale
WOMEN = -0.7  # how much lower women answer
SOUGHT = 2.0  # odds at which women were sought out
NODES, SHARES = np.polynomial.hermite_e.hermegauss(21)

type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """How far communes lie apart, how far they drift, and in how many waves."""

    sd: float
    drift: float = 0.0
    waves: int = 1
    all_reached: bool = False

    @property
    def formula(self) -> str:
        """The model that holds."""
        if self.waves == 1:
            return "yes ~ region + sex + (1 | commune)"
        return "yes ~ wave + region + sex + (1 | commune) + (1 | commune:wave)"


WORLDS = {
    "sd .35": World(0.35),
    "sd .6": World(0.6),
    "sd .35, drift .3": World(0.35, drift=0.3, waves=2),
}


@dataclass(frozen=True)
class Drawn:
    """A survey's rows, the census, and the truth of every commune and wave, (32, W)."""

    frame: pd.DataFrame
    census: pd.DataFrame
    truth: Floats

    def survey(self, target: str) -> jf.Survey:
        """Describe the frame to the package."""
        design = jf.SurveyDesign(
            wave="wave" if "wave" in self.frame else None,
            strata="region",
            cluster="commune",
            weights="weight",
            repeats="clusters" if "wave" in self.frame else None,
            target=target,
        )
        book = {"outcomes": {"yes": {"scale": "binary", "categories": {0: "no", 1: "yes"}}}}
        return jf.Survey(self.frame, design, book, simulated=True)


def names() -> list[str]:
    """Name the communes: A1 to D8, of which A1 to A4 and their like were visited."""
    return [f"{region}{k + 1}" for region in REGIONS for k in range(IN_REGION)]


def draw(world: World, rng: np.random.Generator) -> Drawn:
    """Draw communes, and a survey of the visited ones."""
    n = len(REGIONS) * IN_REGION
    region = np.repeat(np.arange(len(REGIONS)), IN_REGION)
    size, women = np.exp(0.4 * rng.standard_normal(n)), rng.uniform(0.35, 0.65, n)
    own = LEVEL[region] + world.sd * rng.standard_normal(n)
    moved = world.drift * rng.standard_normal((n, world.waves))
    logit = own[:, None] + moved  # of men, (32, W)
    share = np.stack([expit(logit), expit(logit + WOMEN)])  # men, women
    truth = (1 - women)[:, None] * share[0] + women[:, None] * share[1]
    visited = np.flatnonzero(np.tile(np.arange(IN_REGION) < VISITED, len(REGIONS)))
    commune = np.tile(np.repeat(visited, PEOPLE), world.waves)
    wave = np.repeat(np.arange(world.waves), len(visited) * PEOPLE)
    reached = world.all_reached | (wave == 0) | (commune % IN_REGION > 0)
    commune, wave = commune[reached], wave[reached]
    met = SOUGHT * women / (SOUGHT * women + 1 - women)  # share of women among interviews
    woman = (rng.random(len(commune)) < met[commune]).astype(int)
    chance = np.where(
        woman, met[commune] / women[commune], (1 - met)[commune] / (1 - women)[commune]
    )
    uneven = np.exp(0.4 * rng.standard_normal(len(commune)))
    frame = pd.DataFrame(
        {
            "wave": np.array(["w1", "w2"])[wave],
            "region": np.array(list(REGIONS))[region[commune]],
            "commune": np.array(names())[commune],
            "sex": np.where(woman, "female", "male"),
            "weight": size[commune] * uneven / chance,
            "yes": (rng.random(len(commune)) < share[woman, commune, wave]).astype(int),
        }
    )
    census = pd.DataFrame(
        {
            "region": np.repeat(np.array(list(REGIONS))[region], 2),
            "commune": np.repeat(names(), 2),
            "sex": np.tile(["male", "female"], n),
            "n": (10_000 * size[:, None] * np.column_stack([1 - women, women])).ravel(),
        }
    )
    return Drawn(frame if world.waves > 1 else frame.drop(columns="wave"), census, truth)


def of_regions(world: World, drawn: Drawn) -> tuple[Floats, Floats]:
    """Truth of regions: over all communes there could be, and over the eight; (4, W) each."""
    people = drawn.census.pivot_table(index="commune", columns="sex", values="n", sort=False)
    people = people.loc[names(), ["male", "female"]].to_numpy()
    by_sex = people.reshape(len(REGIONS), IN_REGION, 2).sum(axis=1)
    spread = np.sqrt(world.sd**2 + world.drift**2) * NODES
    at = expit(LEVEL[:, None, None] + np.array([0.0, WOMEN])[:, None] + spread)
    anew = (at @ SHARES / SHARES.sum() * by_sex).sum(axis=1) / by_sex.sum(axis=1)
    size = people.sum(axis=1)
    eight = (drawn.truth * size[:, None]).reshape(len(REGIONS), IN_REGION, -1).sum(axis=1)
    total = size.reshape(len(REGIONS), -1).sum(axis=1)
    return np.tile(anew[:, None], drawn.truth.shape[1]), eight / total[:, None]


def with_truth(table: pd.DataFrame, name: str, labels: list[str], truth: Floats) -> pd.DataFrame:
    """Set the truth (labels, W) beside the rows of a table."""
    place = table[name].astype(str).map(labels.index).to_numpy()
    wave = np.zeros(len(table), int) if table["wave"].isna().all() else table["wave"].cat.codes
    return table.assign(truth=truth[place, wave])


def answers(world: World, drawn: Drawn) -> pd.DataFrame:
    """Rows of one survey with the truth beside them."""
    survey, census = drawn.survey("population"), jf.Population(drawn.census)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        engine = jf.Laplace(draws=1000, on_poor_k="warn")
        fit = jf.fit(world.formula, survey, engine=engine, weighting="ignore")
    these = replace(
        fit, engine=replace(fit.engine, survey=drawn.survey("these_clusters"), beliefs={})
    )
    anew, eight = of_regions(world, drawn)
    communes = with_truth(fit.levels(by="commune", over=census), "commune", names(), drawn.truth)
    met = set(drawn.frame["commune"])
    kind = np.where(communes["n"] > 0, "visited", "never visited")
    missed = (communes["n"] == 0) & communes["commune"].isin(met)
    communes = communes.assign(row=np.where(missed, "not reached again", kind))
    direct = jf.direct(survey, "yes", by="commune").levels(by="commune")
    direct = with_truth(direct[direct["n"] > 0], "commune", names(), drawn.truth)
    parts = [communes, direct.assign(row="direct")]
    asked = {"region, population": (fit, anew), "region, these communes": (these, eight)}
    for row, (asking, truth) in asked.items():
        levels = asking.levels(by="region", over=census)
        parts.append(with_truth(levels, "region", list(REGIONS), truth).assign(row=row))
    return pd.concat(parts)[["row", "estimate", "std_error", "low", "high", "truth"]]


def measure(name: str) -> pd.DataFrame:
    """Coverage and mean absolute error of every kind of row."""
    world, rng = WORLDS[name], np.random.default_rng(SEED + [*WORLDS].index(name))
    found = [answers(world, draw(world, rng)) for _ in range(N_SURVEYS)]
    table = pd.concat(found, keys=range(len(found)), names=["survey", None])
    table["held"] = table["truth"].between(table["low"], table["high"])
    table["error"] = (table["estimate"] - table["truth"]).abs()
    of_survey = table.groupby(["row", "survey"])[["held", "error"]].mean()
    by_row = of_survey.groupby("row", sort=False)
    mean = by_row.mean()
    return pd.DataFrame(
        {"coverage": mean["held"], "mc_error": by_row["held"].sem(), "error": mean["error"]}
    )


def implied(world: World) -> float:
    """Error of the model over that of direct estimates, from the spread of communes alone."""
    variance = 1 / (PEOPLE * 0.24)  # of a logit, the share being near .4 or .6
    b = variance / (variance + world.sd**2)
    weights = np.exp(0.4**2) * 1.12  # effect of uneven weights, and of women sought out
    return float(np.sqrt((1 - b + b / VISITED) / weights))


def inside(share: float, n: int) -> bool:
    """Tell whether a measured share lies in the band; a short run may miss it by chance."""
    if not SHORT:
        return BAND[0] <= share <= BAND[1]
    exact = binomtest(round(share * n), n).proportion_ci(0.99)
    return bool(exact.low <= BAND[1] and exact.high >= BAND[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_communes_are_known_better_and_as_well_as_said(name):
    found = measure(name)
    print(f"\n{name}\n{found.round(4)}")
    modelled = found.drop(index="direct")["coverage"]
    assert [row for row, share in modelled.items() if not inside(share, N_SURVEYS)] == []
    ratio = found.loc["visited", "error"] / found.loc["direct", "error"]
    world = WORLDS[name]
    if world.waves == 1:  # two waves of a commune that drifts say more of each other
        assert ratio == pytest.approx(implied(world), abs=0.15 if SHORT else 0.06)
    assert ratio < 1


def rejected() -> pd.Series:
    """Share of surveys, by row, in which composition is said to have changed; it has not."""
    world, rng = World(0.35, drift=0.3, waves=2, all_reached=True), np.random.default_rng(SEED)
    found = []
    for _ in range(N_SURVEYS):
        drawn = draw(world, rng)
        fit = jf.fit("yes ~ wave + region + sex", drawn.survey("population"))
        overall = jf.composition_effect(fit, over=jf.Population(drawn.census))
        regions = jf.composition_effect(fit, by="region", over="fixed")
        tables = {"overall, census": overall, "region, fixed": regions}
        effects = pd.concat(tables).query("estimand == 'composition effect'")
        found.append((effects["p_value"] < 0.05).groupby(level=0).mean())
    return pd.DataFrame(found).mean()


@pytest.mark.slow
def test_composition_that_did_not_change_is_rarely_said_to_have():
    rates = rejected()
    print(f"\n{rates.round(4)}")
    for rate in rates:
        exact = binomtest(round(rate * N_SURVEYS), N_SURVEYS).proportion_ci(0.95)
        assert exact.low <= 0.05


if __name__ == "__main__":
    print(f"{rejected().round(4)}\n", flush=True)
    for name in WORLDS:
        found = measure(name)
        ratio = found.loc["visited", "error"] / found.loc["direct", "error"]
        print(f"{name}\n{found.round(4)}\nratio {ratio:.3f}, implied {implied(WORLDS[name]):.3f}\n")
