"""How often is a false claim supported, and a true one contradicted? At most five times in 100.

Every kind of claim is judged where it is hardest: where the truth lies exactly on the edge of
what was said, so that the claim is neither false by anything nor true by anything. There, both
being supported and being contradicted are errors, and each may happen at the stated rate. An
intersection-union test is at its edge where one of its rows is on it and the others far inside.

Posteriors are judged in the same way: the multilevel model that the worlds are drawn from, as
:func:`jfmodels.judge` writes it, with 95 % probability on the edge of what was said.

``python tests/validation/test_claim_error_rates.py`` prints the whole table.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import binomtest
from simulate import World, draw

import jfmodels as jf
from jfmodels.claims.judgement import Judgement
from jfmodels.claims.kinds import KINDS
from jfmodels.claims.specification import Specification

SHORT = os.environ.get("JFMODELS_SHORT") == "1"
N_SURVEYS = 200 if SHORT else 800
N_POWER = 200 if SHORT else 1_600
N_POSTERIORS = 8 if SHORT else 100  # for each scene
SEED = 20261126
ALPHA = 0.05
ONE = {"counting": "yes", "base": "in_base", "wave": "1"}
TWO = {**ONE, "against": "0"}
SAME = ((0.5,) * 4,) * 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A claim and a world on its edge.

    Attributes
    ----------
    part : mapping
        The claim's part as a file has it, without its outcome.
    share : tuple of tuple of float, (2, 4)
        True shares by wave and region.
    takes : str
        "outcome"; or "outcomes", "first" and "after", or options, of several surveys at once.
    size : int
        How many surveys one claim takes.
    joined : str
        How several surveys are joined as parts; empty if they are one part.
    errors : tuple of str
        Which verdicts are errors there.
    """

    part: Mapping[str, Any]
    share: tuple[tuple[float, ...], ...] = SAME
    takes: str = "outcome"
    size: int = 1
    joined: str = ""
    errors: tuple[str, ...] = ("supported", "contradicted")


def moved(by: float, start: float = 0.5) -> tuple[tuple[float, ...], ...]:
    """Every region moved by as much."""
    return ((start,) * 4, (start + by,) * 4)


SCENES: dict[str, Scene] = {
    "level, tolerance": Scene(
        part={"kind": "level", **ONE, "number": 50, "decimals": 0, "tolerance": 15},
        share=moved(0, 0.65),
        errors=("supported",),
    ),
    "level, rounding": Scene(
        part={"kind": "level", **ONE, "number": 50, "decimals": 0, "tolerance": 15},
        share=moved(0, 0.505),
        errors=("contradicted",),
    ),
    "bound": Scene(
        part={"kind": "bound", **ONE, "side": "above", "number": 80}, share=moved(0, 0.8)
    ),
    "majority": Scene(part={"kind": "majority", **ONE}),
    "change": Scene(part={"kind": "change", **TWO, "direction": "up"}),
    "change, margin": Scene(
        part={"kind": "change", **TWO, "direction": "up", "margin": 5}, share=moved(0.05)
    ),
    "change_of, tolerance": Scene(
        part={"kind": "change_of", **TWO, "number": 0, "decimals": 0, "tolerance": 15},
        share=moved(0.15),
        errors=("supported",),
    ),
    "change_of, rounding": Scene(
        part={"kind": "change_of", **TWO, "number": 0, "decimals": 0, "tolerance": 15},
        share=moved(0.005),
        errors=("contradicted",),
    ),
    "remains": Scene(part={"kind": "remains", **TWO, "margin": 15}, share=moved(0.15)),
    "comparison, one on the edge": Scene(
        part={
            "kind": "comparison",
            **ONE,
            "along": "region",
            "groups": ["B", "C", "D"],
            "reference": "A",
            "side": "below",
        },
        share=((0.9, 0.9, 0.1, 0.1),) * 2,
    ),
    "comparison, all on the edge": Scene(
        part={
            "kind": "comparison",
            **ONE,
            "along": "region",
            "groups": ["B", "C", "D"],
            "reference": "A",
            "side": "below",
        },
    ),
    "largest": Scene(
        part={"kind": "largest", **ONE, "along": "region", "group": "A", "extreme": "highest"},
        share=((0.9, 0.9, 0.1, 0.1),) * 2,
    ),
    "steepest": Scene(
        part={"kind": "steepest", **TWO, "along": "region", "group": "A", "direction": "up"},
        share=((0.1, 0.1, 0.5, 0.5), (0.8, 0.8, 0.2, 0.2)),
    ),
    "steepest, nothing moved": Scene(
        part={"kind": "steepest", **TWO, "along": "region", "group": "A", "direction": "up"},
    ),
    "order_of_outcomes": Scene(
        part={"kind": "order_of_outcomes", **ONE}, takes="outcomes in order", size=2
    ),
    "order_of_options": Scene(
        part={"kind": "order_of_options", "base": "in_base", "wave": "1"},
        takes="options in order",
        size=2,
    ),
    "range": Scene(
        part={"kind": "range", **ONE, "lowest": 20, "highest": 65, "decimals": 0},
        share=moved(0, 0.655),
        takes="outcomes",
        size=2,
    ),
    "all of three": Scene(part={"kind": "change", **TWO, "direction": "up"}, size=3, joined="all"),
    "any of three": Scene(part={"kind": "change", **TWO, "direction": "up"}, size=3, joined="any"),
}


def test_every_kind_has_a_scene():
    assert {scene.part["kind"] for scene in SCENES.values()} == set(KINDS)


DIRECT = Specification()
POSTERIOR = Specification(engine=jf.Laplace(draws=1_000), weighting="ignore")
# Now and then a model is handed on to NUTS, with a warning.
MAY_WARN = pytest.mark.filterwarnings("default::jfmodels.errors.FitWarning")


def verdicts(name: str, specification: Specification = DIRECT, n: int = N_SURVEYS) -> Counter[str]:
    """Count the verdicts on n surveys, or so many times what a claim takes, of a scene's world."""
    scene, counts = SCENES[name], Counter[str]()
    world = World(share=scene.share)
    frames = -(-n // (world.per_frame // scene.size))
    for drawn in draw(world, frames * world.per_frame, SEED):
        grouped = [
            drawn.outcomes[k : k + scene.size]
            for k in range(0, len(drawn.outcomes) - scene.size + 1, scene.size)
        ][: n - counts.total()]
        survey = drawn.survey("population")
        if scene.takes == "options in order":
            survey = with_options(drawn.frame, survey, grouped)
        content = {f"c{k}": claim(scene, names) for k, names in enumerate(grouped)}
        claims = jf.Claims.from_dict({"source": "a world", "claims": content})
        judgement = Judgement.of(claims, survey, specification, ALPHA)
        counts.update(
            judgement.rows(each, said, told=False)[0]["verdict"]
            for each, said in claims.claims.items()
        )
    return counts


def claim(scene: Scene, names: Sequence[str]) -> dict[str, Any]:
    """One claim about some surveys."""
    if scene.joined:
        parts = {each: {**scene.part, "outcome": each} for each in names}
        return {"text": "t", "joined": scene.joined, "parts": parts}
    about: dict[str, Mapping[str, Any]] = {
        "outcome": {"outcome": names[0]},
        "outcomes": {"outcomes": list(names)},
        "outcomes in order": {"first": list(names[:1]), "after": list(names[1:])},
        "options in order": {"outcome": f"of_{names[0]}", "first": "a", "after": "b"},
    }
    return {"text": "t", "parts": {"p": {**scene.part, **about[scene.takes]}}}


def with_options(frame: Any, survey: jf.Survey, grouped: Sequence[Sequence[str]]) -> jf.Survey:
    """Make every two surveys the two options of one multiple response."""
    book = {f"of_{a}": {"scale": "multi", "columns": {"a": a, "b": b}} for a, b in grouped}
    return jf.Survey(frame, survey.design, {"outcomes": book}, simulated=True)


def as_text(name: str, counts: Counter[str]) -> str:
    n = counts.total()
    cells = [f"{each} {counts[each] / n:.3f}" for each in ("supported", "contradicted")]
    return f"{name:32}{n:6d} {'   '.join(cells)}   errors: {', '.join(SCENES[name].errors)}"


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_errors_are_no_more_frequent_than_stated(name):
    counts = verdicts(name)
    print(f"\n{as_text(name, counts)}")
    for error in SCENES[name].errors:
        exact = binomtest(counts[error], counts.total()).proportion_ci(0.95)
        assert exact.low <= ALPHA, f"{error}: {counts[error]} of {counts.total()}"


# A model takes one question at a time, so that it has no verdict on these.
OF_SEVERAL = ("order_of_outcomes", "order_of_options")
MODELLED = [name for name, scene in SCENES.items() if scene.part["kind"] not in OF_SEVERAL]


@cache
def posterior_verdicts(name: str) -> Counter[str]:
    """Count the verdicts of posteriors, once."""
    return verdicts(name, POSTERIOR, N_POSTERIORS)


@MAY_WARN
@pytest.mark.slow
@pytest.mark.parametrize("name", MODELLED)
def test_posteriors_err_no_more_often_than_stated(name):
    counts = posterior_verdicts(name)
    print(f"\n{as_text(name, counts)}")
    assert counts.total() == N_POSTERIORS
    for error in SCENES[name].errors:
        exact = binomtest(counts[error], counts.total()).proportion_ci(0.95)
        assert exact.low <= ALPHA, f"{error}: {counts[error]} of {counts.total()}"


@MAY_WARN
@pytest.mark.slow
@pytest.mark.parametrize("error", ["supported", "contradicted"])
def test_posteriors_err_no_more_often_over_all_kinds(error):
    kept = [name for name in MODELLED if error in SCENES[name].errors]
    n = sum(posterior_verdicts(name).total() for name in kept)
    wrong = sum(posterior_verdicts(name)[error] for name in kept)
    print(f"\nposteriors, false {error}: {wrong} of {n}")
    assert binomtest(wrong, n).proportion_ci(0.95).low <= ALPHA


@MAY_WARN
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SCENES if name not in MODELLED])
def test_posteriors_say_nothing_of_what_they_cannot_compare(name):
    assert verdicts(name, POSTERIOR, 2) == {"undecided": 2}


def power_at_what_is_detectable(n: int) -> tuple[int, int]:
    """How many of n surveys support a rise that is as large as others of their kind could find."""
    part = {"kind": "change", **TWO, "direction": "up"}
    pilots = rows_of(part, SAME, 200, SEED + 1, told=True)
    size = float(np.mean([row["detectable"] for row in pilots]))
    apart = ((0.5 - size / 2,) * 4, (0.5 + size / 2,) * 4)
    found = [row["verdict"] == "supported" for row in rows_of(part, apart, n, SEED)]
    return sum(found), len(found)


def rows_of(
    part: Mapping[str, Any],
    share: tuple[tuple[float, ...], ...],
    n: int,
    seed: int,
    *,
    told: bool = False,
) -> Iterator[dict[str, Any]]:
    """Judge one part on n surveys."""
    for drawn in draw(World(share=share), n, seed):
        content = {
            name: {"text": "t", "parts": {"p": {**part, "outcome": name}}}
            for name in drawn.outcomes
        }
        claims = jf.Claims.from_dict({"source": "a world", "claims": content})
        judgement = Judgement.of(claims, drawn.survey("population"), Specification(), ALPHA)
        for name, said in claims.claims.items():
            yield judgement.rows(name, said, told=told)[0]


@pytest.mark.slow
def test_what_is_detectable_is_found_four_times_in_five():
    found, n = power_at_what_is_detectable(N_POWER)
    print(f"\npower at the detectable change: {found / n:.3f}")
    assert found / n == pytest.approx(0.8, abs=4 * np.sqrt(0.8 * 0.2 / n))


N_EXAMPLES = 20 if SHORT else 100
N_MODELLED = 4 if SHORT else 40
SHOWN = {
    "criticism_fds": "yes",
    "criticism_russian_forces": "yes",
    "security_situation": "good, very good",
    "economic_situation": "good, very good",
    "trust_army": "somewhat, a lot",
}


def claims_of_the_example() -> jf.Claims:
    """That every one of some shares rose, and that it fell, since the wave before."""
    content = {}
    for outcome, counting in SHOWN.items():
        said = {"kind": "change", "outcome": outcome, "counting": counting.split(", ")}
        said |= {"base": "in_base", "wave": "Q6", "against": "Q5"}
        for direction in ("up", "down"):
            parts = {"p": {**said, "direction": direction}}
            content[f"{outcome} {direction}"] = {"text": "t", "parts": parts}
    return jf.Claims.from_dict({"source": "the example", "claims": content})


def errors_in_examples(specification: Specification = DIRECT, n: int = N_EXAMPLES) -> Counter[str]:
    """Count claims, and the verdicts that the truth of each of n examples belies."""
    claims, counts = claims_of_the_example(), Counter[str]()
    for seed in range(n):
        truth = jf.example_truth(seed, target="population")
        whole = truth[truth["region"].isna()].set_index(["outcome", "category", "wave"])["truth"]
        judgement = Judgement.of(claims, jf.example(seed), specification, ALPHA)
        for name, said in claims.claims.items():
            outcome, direction = name.split()
            key = outcome, SHOWN[outcome]
            rose = whole[(*key, "Q6")] > whole[(*key, "Q5")]
            holds = rose == (direction == "up")
            verdict = judgement.rows(name, said, told=False)[0]["verdict"]
            counts["true" if holds else "false"] += 1
            counts[f"{verdict} though {'true' if holds else 'false'}"] += 1
    return counts


@MAY_WARN
@pytest.mark.slow
@pytest.mark.parametrize(
    ("specification", "n"),
    [(DIRECT, N_EXAMPLES), (POSTERIOR, N_MODELLED)],
    ids=["direct", "laplace"],
)
def test_the_truth_of_the_example_seldom_belies_a_verdict(specification, n):
    counts = errors_in_examples(specification, n)
    print(f"\n{counts}")
    for error, of in (("supported though false", "false"), ("contradicted though true", "true")):
        exact = binomtest(counts[error], counts[of]).proportion_ci(0.95)
        assert exact.low <= ALPHA, f"{counts[error]} of {counts[of]} {error}"


# ------------------------------------------------------------------ groups met in single clusters


def groups_in_single_clusters(n_strata: int, seed: int) -> Iterator[tuple[jf.Survey, list[str]]]:
    """Surveys in which a third of the clusters hold somebody of a group, 200 on a frame."""
    rng = np.random.default_rng(seed)
    stratum = np.repeat(np.arange(n_strata), np.where(rng.random(n_strata) < 0.2, 1, 4))
    names = [f"survey_{k}" for k in range(200)]
    design = jf.SurveyDesign(
        strata="stratum", cluster="cluster", target="population", lonely="adjust"
    )
    book = {"scale": "binary", "categories": {0: "no", 1: "yes"}}
    while True:
        of_group = np.where(rng.random(len(stratum)) < 0.3, rng.integers(1, 8, len(stratum)), 0)
        cluster = np.repeat(np.arange(len(stratum)), of_group + 3)
        within = np.arange(len(cluster)) - np.searchsorted(cluster, cluster)
        eta = 0.3 * rng.standard_normal((200, n_strata))[:, stratum]
        eta += 0.5 * rng.standard_normal((200, len(stratum)))
        yes = (rng.random((200, len(cluster))) < expit(eta[:, cluster])).astype(np.int8)
        roles = {"stratum": stratum[cluster], "cluster": cluster}
        roles["group"] = np.where(within < of_group[cluster], "in", "out")
        frame = pd.concat([pd.DataFrame(roles), pd.DataFrame(yes.T, columns=names)], axis=1)
        yield jf.Survey(frame, design, {"outcomes": dict.fromkeys(names, book)}), names


@pytest.mark.slow
@pytest.mark.parametrize("n_strata", [6, 12, 30])
def test_groups_met_in_single_clusters_are_judged_rightly(n_strata):
    counts, flagged = Counter[str](), 0
    for survey, names in islice(groups_in_single_clusters(n_strata, SEED), N_SURVEYS // 200):
        part = {"kind": "majority", "counting": "yes", "base": "in_base", "wave": "none"}
        part["where"] = {"group": "in"}
        content = {name: {"text": "t", "parts": {"p": {**part, "outcome": name}}} for name in names}
        claims = jf.Claims.from_dict({"source": "a world", "claims": content})
        judgement = Judgement.of(claims, survey, DIRECT, ALPHA)
        for name, said in claims.claims.items():
            row = judgement.rows(name, said, told=False)[0]
            counts[row["verdict"]] += 1
            flagged += "one_cluster" in row["flag"]
    print(f"\n{n_strata} strata: {dict(counts)}, {flagged} flagged")
    assert flagged > 0.5 * counts.total()
    assert counts["supported"] + counts["contradicted"] > 0
    for error in ("supported", "contradicted"):
        assert binomtest(counts[error], counts.total()).proportion_ci(0.95).low <= ALPHA / 2


def table() -> Iterator[str]:
    for name in SCENES:
        yield as_text(name, verdicts(name))
    for name in MODELLED:
        yield f"posterior: {as_text(name, posterior_verdicts(name))}"


if __name__ == "__main__":
    for line in table():
        print(line, flush=True)
    print(errors_in_examples())
