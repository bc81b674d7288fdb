"""Do 95 % intervals hold the truth 95 times in 100, with sixteen communes in four regions?

Every row is measured twice on the same surveys: by the default method, and by a comparator that
most software would use. Where the comparator is known to fail it must be seen to fail here, or
the simulation could not tell a good method from a bad one.

``python tests/validation/test_coverage.py`` prints the whole table.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, kron
from scipy.stats import binomtest, chi2, t
from simulate import EQUAL, ONE_LARGE, Drawn, World, draw, without_change

import jfmodels as jf

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
N_SURVEYS = 400 if SHORT else 4_000
SEED = 20260311
BAND = (0.93, 0.99)
NO_UNDERCOVERAGE = (0.93, 1.0)  # too wide is accepted where one cluster dominates
ANY = (0.0, 1.0)

type Floats = NDArray[np.float64]


# ------------------------------------------------------------------ questions and methods


def change_overall(fit: jf.Fit) -> pd.DataFrame:
    return fit.changes()


def change_in_region(fit: jf.Fit) -> pd.DataFrame:
    return _of_region_a(fit.changes(by="region"))


def mean_change_of_regions(fit: jf.Fit) -> pd.DataFrame:
    """The plain mean of the regions' changes: regions count by known shares, not by weights."""
    belief = fit.joint(by="region")
    changes = jf.Change(by="region").plan(belief.grid).combined
    mean = kron(eye_array(len(belief.grid.items)), np.full((1, 4), 0.25))
    found = belief.joint.combine(csr_array(mean @ changes)).summary(0.95)
    names = ("estimate", "std_error", "low", "high", "df")
    return pd.DataFrame({name: getattr(found, name) for name in names})


def one_against_three(fit: jf.Fit) -> pd.DataFrame:
    return _of_last_wave(_of_region_a(fit.contrasts("region", reference="others")))


def change_against_three(fit: jf.Fit) -> pd.DataFrame:
    return _of_region_a(fit.estimate(jf.DiffInDiff("region", reference="others")))


def level_overall(fit: jf.Fit) -> pd.DataFrame:
    return _of_last_wave(fit.levels())


def level_in_region(fit: jf.Fit) -> pd.DataFrame:
    return _of_last_wave(_of_region_a(fit.levels(by="region")))


def _of_region_a(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["region"] == "A"]


def _of_last_wave(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["wave"] == table["wave"].cat.categories[-1]]


@dataclass(frozen=True, slots=True)
class Method:
    """A way to make an interval.

    Attributes
    ----------
    settings : mapping
        Of :func:`jfmodels.direct`.
    df : float or None
        Degrees of freedom of a t interval; None for the package's own interval.
    target : str
        As in :class:`jfmodels.SurveyDesign`.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    df: float | None = None
    target: str = "population"

    def interval(self, fit: jf.Fit, ask: Callable[[jf.Fit], pd.DataFrame]) -> Interval:
        """Answer for every simulated survey."""
        table = ask(fit)
        estimate, error, low, high = (
            table[name].to_numpy(dtype=float) for name in ("estimate", "std_error", "low", "high")
        )
        if self.df is not None:
            half = t.ppf(0.975, self.df) * error
            low, high = estimate - half, estimate + half
        return Interval(estimate, error, low, high)


@dataclass(frozen=True, slots=True)
class Interval:
    """Answers for S surveys, each of shape (S,)."""

    estimate: Floats
    std_error: Floats
    low: Floats
    high: Floats


DEFAULT = Method()
PLAIN = {"small_sample": "none"}
PLAIN_LEVEL = Method(PLAIN)  # its levels have the degrees of freedom of contributing clusters
PLAIN_REGION = Method(PLAIN, df=3)  # contributing clusters minus strata: 4 - 1
PLAIN_OVERALL = Method(PLAIN, df=12)  # 16 - 4
TWO_WAY = Method({"interviewers": "cluster"})
THESE = Method(target="these_clusters")


# ------------------------------------------------------------------ what is measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One interval to measure.

    Attributes
    ----------
    ask : callable
        Takes a fit to a table with one row per simulated survey.
    truth : ndarray, shape (n_waves, 4)
        Weights of the true shares of waves and regions.
    method, comparator : Method
        What is judged, and what it is held against.
    band, comparator_band : tuple of float
        Where their coverage must lie.
    honest_error : bool
        Whether the standard error must be the true one on average, too.
    better : bool
        Whether the method must come closer to 95 % than the comparator.
    """

    ask: Callable[[jf.Fit], pd.DataFrame]
    truth: Floats
    comparator: Method
    method: Method = DEFAULT
    band: tuple[float, float] = BAND
    comparator_band: tuple[float, float] = ANY
    honest_error: bool = False
    better: bool = False


IN_A = np.array([1.0, 0.0, 0.0, 0.0])
A_AGAINST_THREE = np.array([1.0, -1 / 3, -1 / 3, -1 / 3])


def rise(regions: Floats | tuple[float, ...]) -> Floats:
    """Weights of a change between two waves."""
    return np.outer([-1.0, 1.0], regions)


def last(regions: Floats | tuple[float, ...]) -> Floats:
    """Weights of a level in the second of two waves."""
    return np.outer([0.0, 1.0], regions)


EQUAL_COMMUNES = {
    "region change": Row(ask=change_in_region, truth=rise(IN_A), comparator=PLAIN_REGION),
    "overall change": Row(ask=change_overall, truth=rise(EQUAL), comparator=PLAIN_OVERALL),
    "one region against three": Row(
        ask=one_against_three, truth=last(A_AGAINST_THREE), comparator=PLAIN_OVERALL
    ),
    "its change against theirs": Row(
        ask=change_against_three, truth=rise(A_AGAINST_THREE), comparator=PLAIN_OVERALL
    ),
    "region level, logit": Row(ask=level_in_region, truth=last(IN_A), comparator=PLAIN_LEVEL),
    "overall level, logit": Row(ask=level_overall, truth=last(EQUAL), comparator=PLAIN_LEVEL),
}
CONTRASTS = {
    name: EQUAL_COMMUNES[name] for name in ("one region against three", "its change against theirs")
}
# Where the communes of the one region spread over the whole scale, the mean of four of them is
# not normal, and a t interval of their *level* falls short although its standard error is
# right: .930 in 40,000 surveys here, at the very edge of the band, and .920 with a drift of 1.5.
# The change (.940, .943) and levels on the logit scale hold.
FAR_CONTRASTS = CONTRASTS | {
    "one region against three": replace(
        EQUAL_COMMUNES["one region against three"], band=(0.92, 0.99)
    )
}
LARGE_REGION = {
    "overall change": Row(ask=change_overall, truth=rise(ONE_LARGE), comparator=PLAIN_OVERALL),
    "overall level, logit": Row(ask=level_overall, truth=last(ONE_LARGE), comparator=PLAIN_LEVEL),
}
LARGE_COMMUNES = {
    "region change": Row(
        ask=change_in_region,
        truth=rise(IN_A),
        comparator=PLAIN_REGION,
        comparator_band=(0.0, 0.85),
    ),
    "mean of regions' changes": Row(
        ask=mean_change_of_regions,
        truth=rise(EQUAL),
        comparator=PLAIN_OVERALL,
        comparator_band=(0.0, 0.75),
    ),
    "overall change": Row(ask=change_overall, truth=rise(EQUAL), comparator=PLAIN_OVERALL),
    "region level, logit": Row(
        ask=level_in_region, truth=last(IN_A), comparator=PLAIN_LEVEL, band=NO_UNDERCOVERAGE
    ),
}
RANDOM_SIZES = {
    "overall change": Row(
        ask=change_overall, truth=rise(EQUAL), comparator=PLAIN_OVERALL, honest_error=True
    ),
    "region change": Row(ask=change_in_region, truth=rise(IN_A), comparator=PLAIN_REGION),
    "overall level, logit": Row(ask=level_overall, truth=last(EQUAL), comparator=PLAIN_LEVEL),
}
RARE = {
    f"region level, {interval}": Row(
        ask=level_in_region,
        truth=last(IN_A),
        method=Method({"interval": interval}),
        comparator=Method({"interval": "normal"}),
        comparator_band=(0.0, 0.93),
    )
    for interval in ("logit", "beta")
}
REPLACED_OWN = {
    "overall change": Row(
        ask=change_overall,
        truth=rise(EQUAL),
        method=TWO_WAY,
        band=ANY,
        comparator=DEFAULT,
        better=True,
    )
}
REPLACED_TEAMS = {
    "overall change": replace(REPLACED_OWN["overall change"], comparator_band=(0.0, 0.75))
}
THESE_COMMUNES = {
    name: Row(ask=ask, truth=truth, method=THESE, comparator=DEFAULT, comparator_band=wide)
    for name, ask, truth, wide in (
        ("overall level, logit", level_overall, last(EQUAL), (0.99, 1.0)),
        ("region level, logit", level_in_region, last(IN_A), (0.98, 1.0)),
        ("overall change", change_overall, rise(EQUAL), (0.97, 1.0)),
        ("region change", change_in_region, rise(IN_A), (0.96, 1.0)),
    )
}
SCENES: dict[str, tuple[World, dict[str, Row]]] = {
    "equal communes": (World(), EQUAL_COMMUNES),
    "one region drifts more": (World(drift_sd=(0.6, 0.2, 0.2, 0.2)), CONTRASTS),
    "one region drifts far more": (World(drift_sd=(0.9, 0.2, 0.2, 0.2)), FAR_CONTRASTS),
    "regions 70/10/10/10": (World(region_share=ONE_LARGE), LARGE_REGION),
    "communes 70/10/10/10": (World(commune_share=ONE_LARGE), LARGE_COMMUNES),
    "sizes lognormal(0.5)": (World(size_sd=0.5), RANDOM_SIZES),
    "sizes lognormal(1.0)": (World(size_sd=1.0), RANDOM_SIZES),
    "rare, 3 %": (World(share=((0.03,) * 4,) * 2), RARE),
    "teams replaced": (World(interviewer_sd=0.7), REPLACED_TEAMS),
    "teams replaced, own communes": (
        World(interviewer_sd=0.7, own_communes=True),
        REPLACED_OWN,
    ),
    "these communes": (World(), THESE_COMMUNES),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """How an interval did over all surveys."""

    coverage: float
    error_over_truth: float

    @property
    def mc_error(self) -> float:
        """Monte Carlo error of the coverage."""
        return float(np.sqrt(self.coverage * (1 - self.coverage) / N_SURVEYS))


def measure(scene: str) -> dict[str, tuple[Measured, Measured]]:
    """Measure method and comparator of every row of a scene on the same surveys."""
    world, rows = SCENES[scene]
    found: dict[tuple[str, int], list[tuple[Interval, Floats]]] = {}
    for drawn in draw(world, N_SURVEYS, SEED):
        fits: dict[str, jf.Fit] = {}
        for name, row in rows.items():
            true = np.sum(row.truth * _truth(world, drawn, row.method.target), axis=(-2, -1))
            for k, method in enumerate((row.method, row.comparator)):
                key = repr((method.settings, method.target))
                if key not in fits:
                    survey = drawn.survey(method.target)
                    fits[key] = jf.direct(survey, drawn.outcomes, **method.settings)
                found.setdefault((name, k), []).append((method.interval(fits[key], row.ask), true))
    return {name: (_judge(found[name, 0]), _judge(found[name, 1])) for name in rows}


def _truth(world: World, drawn: Drawn, target: str) -> Floats:
    """What the interval speaks of: all communes there could be, or these."""
    return drawn.these if target == "these_clusters" else np.array([world.share])


def _judge(parts: list[tuple[Interval, Floats]]) -> Measured:
    miss = np.concatenate([interval.estimate - true for interval, true in parts])
    error = np.concatenate([interval.std_error for interval, _ in parts])
    held = np.concatenate([(each.low <= true) & (true <= each.high) for each, true in parts])
    assert len(held) == N_SURVEYS
    return Measured(float(held.mean()), float(np.sqrt(np.mean(error**2)) / miss.std()))


def as_table(scene: str, found: Mapping[str, tuple[Measured, Measured]]) -> str:
    """Lay method and comparator out side by side."""
    lines = [f"{scene:28}  {'':24}  {'method':>15} {'se/sd':>6}  {'comparator':>15} {'se/sd':>6}"]
    for name, pair in found.items():
        cells = [f"{m.coverage:.3f} (± {m.mc_error:.3f}) {m.error_over_truth:6.2f}" for m in pair]
        lines.append(f"{scene:28}  {name:24}  {'  '.join(cells)}")
    return "\n".join(lines)


# ------------------------------------------------------------------ how it is judged


def inside(share: float, low: float, high: float) -> bool:
    """Tell whether a measured share lies in a band; a short run may miss it by chance."""
    if not SHORT:
        return low <= share <= high
    exact = binomtest(round(share * N_SURVEYS), N_SURVEYS).proportion_ci(0.99)
    return bool(exact.low <= high and exact.high >= low)


def problems(row: Row, method: Measured, comparator: Measured) -> list[str]:
    """Say what is outside its band."""
    found = []
    if not inside(method.coverage, *row.band):
        found.append(f"covers {method.coverage:.3f}, outside {row.band}")
    if not inside(comparator.coverage, *row.comparator_band):
        found.append(f"comparator covers {comparator.coverage:.3f}, not in {row.comparator_band}")
    if row.honest_error and abs(method.error_over_truth - 1) > 0.03 + 3 / np.sqrt(2 * N_SURVEYS):
        found.append(f"standard error is {method.error_over_truth:.2f} of the truth")
    if row.better and abs(method.coverage - 0.95) >= abs(comparator.coverage - 0.95):
        found.append(f"covers {method.coverage:.3f}, the comparator {comparator.coverage:.3f}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
def test_intervals_cover(scene):
    found = measure(scene)
    print(f"\n{as_table(scene, found)}")
    rows = SCENES[scene][1]
    assert {
        name: said for name, pair in found.items() if (said := problems(rows[name], *pair))
    } == {}


# ------------------------------------------------------------------ joint tests


@dataclass(frozen=True, slots=True)
class Rejections:
    """How often "no change over all waves" was rejected at 5 % where there was none.

    Attributes
    ----------
    answered : int
        Surveys in which the test was not refused.
    rejected, by_chi2 : int
        Rejected by Hotelling's test, and by the same Wald statistic held against chi-squared.
    """

    answered: int
    rejected: int
    by_chi2: int

    def too_many(self, count: int) -> bool:
        """Tell whether a count is more than chance makes of 5 %."""
        return bool(binomtest(count, self.answered).proportion_ci(0.95).low > 0.05)

    def __str__(self) -> str:
        rates = [f"{count / max(self.answered, 1):.3f}" for count in (self.rejected, self.by_chi2)]
        return f"answered {self.answered}: rejects {rates[0]}, chi-squared would {rates[1]}"


def rejections(n_waves: int, by: str | None = None) -> Rejections:
    """Test surveys in which nothing changed, all regions together or region A."""
    tables = []
    for drawn in draw(without_change(World(), n_waves), N_SURVEYS, SEED):
        fit = jf.direct(drawn.survey("population"), drawn.outcomes)
        table = fit.test("wave", by=by)
        tables.append(table if by is None else _of_region_a(table))
    every = pd.concat(tables)
    known = every[~every["method"].str.startswith("refused")]
    df = known["df2"] + known["df1"] - 1
    wald = known["statistic"] * known["df1"] * df / known["df2"]
    by_chi2 = chi2.sf(wald, known["df1"]) < 0.05
    return Rejections(len(known), int((known["p_value"] < 0.05).sum()), int(by_chi2.sum()))


@pytest.mark.slow
@pytest.mark.parametrize(("n_waves", "by"), [(6, None), (3, None), (3, "region")])
def test_no_change_is_rejected_no_oftener_than_it_should_be(n_waves, by):
    found = rejections(n_waves, by)
    print(f"\n{n_waves} waves, {by or 'overall'}: {found}")
    assert found.answered > 0
    assert not found.too_many(found.rejected)
    assert found.too_many(found.by_chi2)  # the simulation can tell a bad test


@pytest.mark.slow
def test_six_waves_of_one_region_are_refused():
    assert rejections(6, "region").answered == 0


if __name__ == "__main__":
    for name in SCENES:
        print(as_table(name, measure(name)), flush=True)
    for n_waves, by in ((6, None), (3, None), (3, "region"), (6, "region")):
        print(f"{n_waves} waves, {by or 'overall'}: {rejections(n_waves, by)}", flush=True)
