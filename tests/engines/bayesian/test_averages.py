"""From draws to rows: recomputed person by person from the draws and the respondents' rows.

A person's predictors are written out from the names of coefficients and effects, new groups are
summed up over a fine grid of their distribution, or drawn, and people are weighted as the
page on multilevel models says. Nothing here knows patterns, cells, units or projections.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
import pytest
from latent_cases import CODEBOOK, people
from scipy.sparse import csr_array
from scipy.special import expit, softmax
from scipy.stats import norm

import jfmodels as jf
from jfmodels.engines.bayesian.averages import _Sums
from jfmodels.engines.bayesian.new_groups import _generator
from jfmodels.results.engine import Question

TIME = {"w1": 0.0, "w2": 182.0, "w3": 547.0}  # days since the first wave
ANSWERS = {"low": [0], "middle": [1], "high": [2], "a": [0], "b": [1], "c": [2]}
GRID = np.linspace(-7, 7, 29)  # the trapezoid rule is exact to 1e-9 for functions as smooth
DRAWS = [0, 50, 99]
EXACT = 2e-4  # what eleven nodes are off for new groups with an sd of 2; found 1.3e-4
RESAMPLED = _Sums.resampled
NOBODY = np.zeros(0, dtype=np.int64)
NO_SUMS = _Sums(csr_array((1, 0)), NOBODY, NOBODY, np.zeros(0), NOBODY)


@pytest.fixture(autouse=True)
def _composition_as_it_is(monkeypatch):
    """Switch the bootstrap of the composition off; it is looked at by itself."""
    monkeypatch.setattr(_Sums, "resampled", lambda self, _, some: ones(self.stratum, some))


def ones(stratum: np.ndarray, some: slice) -> np.ndarray:
    return np.ones((len(stratum), some.stop - some.start))


# ------------------------------------------------------------------ the people


def uneven() -> pd.DataFrame:
    """Waves of unequal weight, each of which missed some communes."""
    rng, frame = np.random.default_rng(8), people(300)
    frame["sex"] = rng.choice(["f", "m"], len(frame), p=[0.4, 0.6])
    frame["village"] = frame["commune"] + rng.choice(["u", "v", "w"], len(frame))
    scale = frame["wave"].map({"w1": 1.0, "w2": 5.0, "w3": 0.5})
    frame["weight"] = scale * rng.uniform(0.5, 2.0, len(frame))
    frame[["communes", "villages"]] = 20, 9
    visit = frame["commune"] + frame["wave"]
    return frame[~visit.isin(["c1w3", "c2w1", "c5w2", "c6w1", "c6w2"])].reset_index(drop=True)


FRAME = uneven()
USUAL = {
    "wave": "wave",
    "strata": "region",
    "cluster": "commune",
    "weights": "weight",
    "interviewer": "interviewer",
    "repeats": "clusters",
    "target": "population",
}


def fit(formula: str, frame: pd.DataFrame = FRAME, **changed: object) -> jf.BayesianFit:
    design = {name: each for name, each in (USUAL | changed).items() if each is not None}
    book = CODEBOOK if design.get("wave") else {"outcomes": CODEBOOK["outcomes"]}
    survey = jf.Survey(frame, jf.SurveyDesign(**design), book, simulated=True)
    engine = jf.Laplace(draws=100, on_poor_k="warn")
    found = jf.fit(formula, survey, engine=engine, weighting="ignore")
    assert isinstance(found, jf.BayesianFit)
    return found


# ------------------------------------------------------------------ what a draw expects


def column(name: str, rows: pd.DataFrame) -> np.ndarray:
    """A coefficient's column, read from its name: 'wave[T.w2]:x'."""
    found = np.ones(len(rows))
    for part in name.split(":"):
        if part.endswith("]"):
            of, label = part[:-1].split("[T.")
            found = found * (rows[of] == label)
        elif part != "Intercept":
            found = found * rows[part]
    return np.asarray(found, dtype=float)


def loading(coordinates: tuple[str, ...], rows: pd.DataFrame) -> np.ndarray:
    """How people load on a group's effects: intercepts, waves of a walk, slopes."""
    parts = [
        np.ones(len(rows))
        if name in ("", "1")
        else rows["wave"] == name
        if name in TIME
        else rows[name]
        for name in coordinates
    ]
    return np.column_stack(parts).astype(float)


def covariance(kind: str, parameters: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Of one group's effects."""
    if kind == "walk":
        return parameters[0] ** 2 * np.minimum.outer(years, years)
    if kind == "slope":
        a, b, r = parameters
        return np.array([[a * a, r * a * b], [r * a * b, b * b]])
    return np.diag(parameters**2)


def predictors(
    fit: jf.BayesianFit, rows: pd.DataFrame, s: int, new: set[str], supposed: Set[str] = frozenset()
):
    """Free predictors (d, P) of people under a draw, and the variance (P,) of new groups.

    Groups that are not known are drawn, unless they are supposed, people being moved there.
    """
    posterior = fit.engine.posterior
    latent = posterior.latent
    free = posterior.field[s][: latent.n_channels * latent.width].reshape(latent.n_channels, -1)
    x = np.column_stack([column(name, rows) for name in latent.design.names])
    coefficients = free[:, : latent.n_fixed] @ latent.basis.coefficients.T
    eta, variance = coefficients @ x.T, np.zeros(len(rows))
    start = latent.n_fixed
    years = np.array([*fit.engine.survey.time.values()])[1:]
    n = posterior.n_draws
    for k, effect in enumerate(latent.effects):
        z = loading(effect.coordinates, rows)
        values = posterior.parameters[s, effect.parameters]
        label = rows[list(effect.term.groups)].astype(str).agg(":".join, axis=1)
        known = label.isin(effect.levels).to_numpy() & (not new & set(effect.term.groups))
        group = np.array([effect.levels.index(each) for each in label[known]], dtype=int)
        u = free[:, start : start + effect.size].reshape(len(free), len(effect.levels), -1)
        eta[:, known] += np.einsum("dpm,pm->dp", u[:, group], z[known])
        within = covariance(effect.term.kind, values, years)
        added = np.einsum("pm,mq,pq->p", z, within, z)
        drawn = ~known & (not (new | supposed) & set(effect.term.groups))
        root = effect.block.root(np, values, effect.known)
        np.testing.assert_allclose(root @ root.T, within, atol=1e-12)
        for name in label[drawn].unique():  # one effect for each, the same wherever it occurs
            here = (label == name).to_numpy()
            numbers = _generator(fit.engine.seed, k, name)
            standard = numbers.standard_normal((n, len(free), root.shape[1]))[s]
            eta[:, here] += standard @ (z[here] @ root).T
        variance += np.where(known | drawn, 0.0, added)
        start += effect.size
    return eta, variance


def mean(fit: jf.BayesianFit, eta: np.ndarray, s: int, answers: list[int]) -> np.ndarray:
    """Mean answer, or probability of some answers, given free predictors (d, ...)."""
    latent = fit.engine.posterior.latent
    if latent.family.name == "gaussian":
        return eta[0]
    if latent.family.link == "log":
        return np.exp(eta[0])
    if latent.family.name == "categorical":
        coded = np.tensordot(latent.coding, eta, axes=1)
        return softmax(np.stack([0 * coded[0], *coded]), axis=0)[answers].sum(axis=0)
    if latent.family.name == "bernoulli":
        return expit(eta[0])
    cuts = fit.engine.posterior.field[s][-latent.n_thresholds :]
    below = np.stack([0 * eta[0], *(expit(cut - eta[0]) for cut in cuts), 1 + 0 * eta[0]])
    return np.diff(below, axis=0)[answers].sum(axis=0)


def expected(
    fit, rows: pd.DataFrame, new: set[str], answers: list[int], supposed: Set[str] = frozenset()
) -> np.ndarray:
    """Mean of every person's answer over new groups, (draws, P); once for those who are alike."""
    columns = list(fit.engine.formula.all_columns)
    alike, rows = rows.groupby(columns, sort=False).ngroup(), rows.drop_duplicates(columns)
    found = []
    for s in DRAWS:
        eta, variance = predictors(fit, rows, s, new, supposed)
        total = weight = 0.0
        for z in product(GRID if variance.any() else [0.0], repeat=len(eta)):
            density = norm.pdf(z).prod()
            moved = eta + np.multiply.outer(z, np.sqrt(variance))
            total, weight = total + density * mean(fit, moved, s, answers), weight + density
        found.append(total / weight)
    return np.array(found)[:, alike]


# ------------------------------------------------------------------ who is averaged over


def with_places_fixed(frame: pd.DataFrame) -> pd.DataFrame:
    """People of every commune in every wave, the nearest wave's where it was not reached."""
    total = frame.groupby("wave")["weight"].transform("sum")
    waves = sorted(frame["wave"].unique())
    parts = []
    for _, of_commune in frame.assign(part=frame["weight"] / total).groupby("commune"):
        share = of_commune["part"].sum() / len(waves)
        reached = sorted(of_commune["wave"].unique())
        for wave in waves:
            source = min(reached, key=lambda each: abs(TIME[each] - TIME[wave]))
            own = of_commune[of_commune["wave"] == source]
            weight = share * own["weight"] / own["weight"].sum()
            parts.append(own.assign(weight=weight, wave=wave, borrowed=source != wave))
    return pd.concat(parts)


def moved(frame: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """Everyone at every label of some groups, all waves weighing the same."""
    frame = frame.assign(
        weight=frame["weight"] / frame.groupby("wave")["weight"].transform("sum"), borrowed=False
    )
    for name in groups:
        labels = sorted(frame[name].unique())
        frame = pd.concat([frame.assign(**{name: label}) for label in labels])
    return frame


def asked(over: str, by: list[str], frame: pd.DataFrame = FRAME) -> pd.DataFrame:
    """Everyone who is asked, with the wave and groups as which they are asked."""
    if over == "wave":
        return with_places_fixed(frame)
    return moved(frame, ["wave", *(by if over == "everyone" else [])])


def rows(fit: jf.BayesianFit, by: list[str], **question: object) -> tuple[pd.DataFrame, np.ndarray]:
    """Levels as tabulated, and some of the draws behind each."""
    belief = fit.joint(by, **question)
    drawn = jf.Level(by).plan(belief.grid).answer(belief.joint).draws
    return fit.levels(by, **question), drawn[DRAWS].T


def assert_rows(fit, by: list[str], everyone: pd.DataFrame, new: set[str], **question: object):
    """Hold every row of a table against the mean over the people asked."""
    everyone = everyone.assign(time=everyone["wave"].map(fit.engine.survey.time))
    table, drawn = rows(fit, by, **question)
    for category, place in table.groupby("category", observed=True, dropna=False).indices.items():
        supposed = set(by) if question.get("over") == "everyone" else set()
        each = expected(fit, everyone, new, ANSWERS.get(category, [1]), supposed)
        for k in place:
            keys = [name for name in ("wave", *by) if pd.notna(table[name][k])]
            here = np.all(
                [everyone[name].astype(str) == str(table[name][k]) for name in keys], axis=0
            )
            own = np.average(each[:, here], axis=1, weights=everyone["weight"][here])
            np.testing.assert_allclose(drawn[k], own, rtol=0, atol=EXACT)


TARGETS = {"population": {"commune", "interviewer"}, "these_clusters": {"interviewer"}}
FORMULAS = [
    "yes ~ wave * region + x + (1 | commune) + (1 | commune:wave)",
    "yes ~ wave + x + (1 | region/commune) + (1 | interviewer)",
    "yes ~ region + x + walk(wave | region) + (1 | commune)",
    "yes ~ x + walk(wave | commune)",
    "yes ~ time + (1 + time | commune)",
    "yes ~ wave + (0 + x || commune) + (1 | region)",
    "level ~ wave + x + (1 | commune)",
    "choice ~ wave + (1 | commune)",
    "size ~ wave * region + x + (1 | commune)",
    "times ~ wave + x + (1 | commune)",
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_levels_are_means_over_people_and_new_groups(formula, target):
    found = fit(formula, target=target)
    categories = "all" if formula.startswith(("level", "choice")) else "shown"
    everyone = asked("wave", [])
    for by in ([], ["region"]):
        assert_rows(found, by, everyone, TARGETS[target], over="wave", categories=categories)


SEXES = "yes ~ wave * sex + x + (1 | region/commune)"


@cache
def of_sexes() -> jf.BayesianFit:
    return fit(SEXES, target="these_clusters")


@pytest.mark.parametrize("by", [[], ["sex"], ["region", "sex"]])
@pytest.mark.parametrize("over", ["wave", "fixed", "everyone"])
def test_every_composition_asks_whom_it_says(over, by):
    assert_rows(of_sexes(), by, asked(over, by), {"interviewer"}, over=over)


SAME = ["wave", "estimate", "std_error", "low", "high", "mc_error", "n", "n_clusters", "flag"]


@pytest.mark.parametrize(
    ("where", "over"),
    [
        ({"region": "north"}, "wave"),
        ({"sex": "f"}, "wave"),
        ({"commune": "c1"}, "wave"),
        ({"wave": "w2"}, "wave"),
        ({"wave": "w2"}, "fixed"),
    ],
)
def test_a_level_is_the_same_by_group_and_where_it_is_named(where, over):
    (name, label), *_ = where.items()
    every = of_sexes().levels([] if name == "wave" else name, over=over)
    every = every[every[name] == label].reset_index(drop=True)
    alone = of_sexes().levels(over=over, where=where)
    pd.testing.assert_frame_equal(every[SAME], alone[SAME], rtol=1e-12, check_categorical=False)


def as_fielded(**changed: object) -> pd.DataFrame:
    return FRAME.assign(**changed)


STAGES = [
    jf.Stage(cluster="commune", strata="region", fpc="communes"),
    jf.Stage(cluster="village", fpc="villages"),
]
PEOPLE = FRAME.groupby("wave").cumcount()
DESIGNS = {  # what is different in it, who is asked, and which groups are new
    "new clusters": ({"repeats": "nothing"}, as_fielded(), {"commune"}),
    "these new clusters": ({"repeats": "nothing", "target": "these_clusters"}, as_fielded(), set()),
    "no clusters": ({"repeats": "nothing", "cluster": None, "target": None}, as_fielded(), set()),
    "a panel without clusters": (
        {"repeats": "people", "person": "id", "cluster": None, "strata": None, "target": None},
        as_fielded(id=PEOPLE),
        set(),
    ),
    "two stages": (
        {"stages": STAGES, "cluster": None, "strata": None},
        asked("wave", []),
        {"commune", "village"},
    ),
    "clusters named by two columns": (
        {"cluster": ["region", "commune"]},
        asked("wave", []),
        {"commune"},
    ),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_the_design_says_whom_places_and_people_stand_for(name):
    changed, everyone, new = DESIGNS[name]
    nested = "commune/village" if "stages" in changed else "commune"
    formula = f"yes ~ wave + x + (1 | region) + (1 | {nested})"
    found = fit(formula, FRAME.assign(id=PEOPLE), **changed)
    assert_rows(found, ["region"], everyone, new, over="wave")


def test_without_waves_there_is_one_level():
    found = fit("yes ~ x + (1 | commune)", FRAME.drop(columns="wave"), wave=None, repeats=None)
    assert_rows(found, ["region"], FRAME, {"commune"}, over="wave")


def test_new_communes_are_those_that_could_be_drawn():
    """Every effect of a new commune drawn on its own, from the parameters of one draw."""
    found = fit("yes ~ wave + (1 + time | commune) + (1 | commune:wave) + (1 | interviewer)")
    posterior, n = found.engine.posterior, 400_000
    fixed, _ = predictors(found, FRAME.assign(time=0.0), 0, {"commune", "interviewer"})
    a, b, r, visit, interviewer = posterior.parameters[0]
    rng = np.random.default_rng(3)
    one, other = rng.standard_normal((2, n))
    sds = visit * rng.standard_normal(n) + interviewer * rng.standard_normal(n)
    _, drawn = rows(found, [])
    for (wave, years), level in zip(found.engine.survey.time.items(), drawn[:, 0], strict=True):
        slope = b * (r * one + np.sqrt(1 - r * r) * other)
        eta = fixed[0, (FRAME["wave"] == wave).to_numpy()][0]
        own = expit(eta + a * one + slope * years + sds)
        assert level == pytest.approx(own.mean(), abs=4 * own.std() / np.sqrt(n))


# ------------------------------------------------------------------ what varies beside the draws


@pytest.mark.parametrize("target", TARGETS)
def test_clusters_of_a_stratum_share_its_weight_by_chance(target):
    """Dirichlet weights: of mean 1, and of m units with variance (m - 1) / (m + 1)."""
    found = fit("yes ~ x + (1 | commune)", target=target)
    stratum = found.engine.survey.sampling.stages[0].stratum
    sums = replace(NO_SUMS, stratum=stratum)
    drawn = RESAMPLED(sums, 1, slice(0, 4000))
    assert (drawn[:, 10:20] == RESAMPLED(sums, 1, slice(10, 20))).all()
    m = np.bincount(stratum)[stratum]
    assert drawn.sum(axis=0) == pytest.approx(len(stratum))
    # five Monte Carlo errors of 4,000 draws: of a mean of sd 1, and of the variance of exponentials
    assert np.abs(drawn.mean(axis=1) - 1).max() < 5 / np.sqrt(4000)
    assert np.abs(drawn.var(axis=1) - (m - 1) / (m + 1)).max() < 5 * np.sqrt(8 / 4000)


def test_a_draws_composition_is_the_same_in_every_row(monkeypatch):
    """Communes count by the bootstrap's weight in all waves, those that stand in too."""
    monkeypatch.setattr(_Sums, "resampled", RESAMPLED)
    found = fit("yes ~ wave * region + x + (1 | commune)")
    communes = sorted(FRAME["commune"].unique())  # as the survey numbers them, north before south
    drawn = RESAMPLED(replace(NO_SUMS, stratum=np.repeat([0, 1], 4)), 1, slice(0, 100))
    everyone = asked("wave", []).assign(time=0.0)
    each = expected(found, everyone, {"commune"}, [1])
    table, levels = rows(found, ["region"], over="wave")
    for k, row in enumerate(table.itertuples()):
        here = ((everyone["wave"] == row.wave) & (everyone["region"] == row.region)).to_numpy()
        for j, s in enumerate(DRAWS):
            chance = everyone["commune"].map(dict(zip(communes, drawn[:, s], strict=True)))
            own = np.average(each[j, here], weights=(everyone["weight"] * chance)[here])
            assert levels[k, j] == pytest.approx(own, abs=EXACT)


# ------------------------------------------------------------------ what a reader is told


@pytest.mark.parametrize("over", ["wave", "fixed"])
@pytest.mark.parametrize("target", TARGETS)
def test_rows_say_which_places_and_people_they_rest_on(target, over):
    table = fit("yes ~ wave * region + x + (1 | commune)", target=target).levels(
        "commune", over=over
    )
    seen = FRAME.groupby(["wave", "commune"]).size()
    for row in table.itertuples():
        n = seen.get((row.wave, row.commune), 0)
        absent = ("model_based", "no_interviews", "places_missing")
        small = ("small_cell",) if 0 < n < 30 else ()
        told = tuple(flag for flag in row.flag if flag != "mc_error_large")  # of a hundred draws
        assert (row.n, row.n_clusters, told) == (n, int(n > 0), small if n else absent)
    regions = fit("yes ~ wave + x + (1 | commune)", target=target).levels("region", over=over)
    flagged = {(r.wave, r.region) for r in regions.itertuples() if "places_missing" in r.flag}
    missed = {("w3", "north"), ("w1", "north"), ("w2", "south"), ("w1", "south")}
    assert flagged == missed


def test_waves_that_did_not_ask_and_regions_without_answers_have_no_level():
    answers = FRAME["yes"].mask(FRAME["wave"] == "w2")
    table = fit("yes ~ (1 | commune) + walk(wave)", FRAME.assign(yes=answers)).levels()
    assert table["estimate"].isna().tolist() == [False, True, False]
    assert table["flag"][1] == ("not_asked",)
    answers = FRAME["yes"].mask(FRAME["region"] == "south")
    table = fit("yes ~ wave + (1 | commune)", FRAME.assign(yes=answers)).levels("region")
    south = table[table["region"] == "south"]
    assert south[["estimate", "low", "mc_error"]].isna().all(axis=None)
    assert set(south["flag"]) == {("no_interviews",)}


def test_the_effect_of_a_number_is_a_slope_whoever_is_asked():
    found = fit("size ~ wave + x + (1 | commune)")
    slope = found.engine.parameters.draws[:, found.engine.names.index("x")].mean()
    for over in ("wave", "fixed"):
        table = found.estimate(jf.MarginalEffect("x"), over=over)
        np.testing.assert_allclose(table["estimate"], slope, rtol=1e-9)


def test_effects_of_names_are_averaged_over_places_as_levels_are():
    found = of_sexes()
    belief = found.engine.believe(Question(over="wave", effect="sex"))
    drawn = jf.Level("sex").plan(belief.grid).answer(belief.joint).draws[DRAWS].T
    everyone = asked("wave", [])
    for sex, levels in zip("fm", (drawn[::2], drawn[1::2]), strict=True):
        each = expected(found, everyone.assign(sex=sex), {"interviewer"}, [1])
        for k, wave in enumerate(TIME):
            here = (everyone["wave"] == wave).to_numpy()
            own = np.average(each[:, here], axis=1, weights=everyone["weight"][here])
            np.testing.assert_allclose(levels[k], own, rtol=0, atol=EXACT)


def test_changes_and_their_probabilities_are_counted_draw_by_draw():
    found = fit("yes ~ wave * region + x + (1 | commune)")
    belief = found.joint("region", over="wave")
    levels = jf.Level("region").plan(belief.grid).answer(belief.joint).draws
    table = found.changes(by="region", over="wave")
    rise = levels[:, 2:] - levels[:, :-2]
    np.testing.assert_allclose(table["estimate"], rise.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(table["prob_positive"], (rise > 0).mean(axis=0))
    np.testing.assert_allclose(table["low"], np.quantile(rise, 0.025, axis=0), atol=1e-12)
    assert table["p_value"].isna().all()


def test_long_columns_of_labels_are_told_apart():
    ends = ["c0"] * 50
    few, others = (pd.Series([*ends, *middle, *ends]) for middle in (["c1"] * 9, ["c5"] * 9))
    found = fit("yes ~ wave + (1 | commune)")
    n = [found.levels(where={"commune": each})["n"].sum() for each in (few, others)]
    assert n == [FRAME["commune"].isin(each).sum() for each in (few, others)]


def test_who_is_averaged_over_must_be_said():
    with pytest.raises(jf.SpecError, match="averaged over sex, x, so over= must be said"):
        of_sexes().levels()
