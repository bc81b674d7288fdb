"""Do tests of terms reject what is true five times in a hundred, or less?

The worlds are those of ``test_regression_coverage``: sixteen communes in four regions, revisited,
34 new people in each wave. All tests are asked of the same surveys.

``python tests/validation/test_term_tests.py`` prints the whole table.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binomtest
from test_regression_coverage import ADDITIVE, INTERACTION, UNEVEN, Scene, survey_of

import jfmodels as jf

N_SURVEYS = 40 if os.environ.get("JFMODELS_SHORT") == "1" else 2_000
SEED = 20261123
LEVEL = 0.05
METHODS = ("wild", "lrt", "wald")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A scene, the term that is tested in it, and whether it is zero there."""

    scene: Scene
    term: str
    zero: bool = True


WORLDS = {
    "wave, 2 waves": World(scene=Scene(formula=ADDITIVE, wave=(0.0, 0.0)), term="wave"),
    "wave, 3 waves": World(scene=Scene(formula=ADDITIVE, wave=(0.0, 0.0, 0.0)), term="wave"),
    "wave, 3 waves, communes 70/10/10/10": World(
        scene=Scene(formula=ADDITIVE, wave=(0.0, 0.0, 0.0), world=UNEVEN), term="wave"
    ),
    "wave:region, 2 waves": World(
        scene=Scene(formula=INTERACTION, wave=(0.0, 0.25)), term="wave:region"
    ),
    "wave, 3 waves, a change of .4": World(
        scene=Scene(formula=ADDITIVE, wave=(0.0, 0.4, 0.4)), term="wave", zero=False
    ),
}


def rejections(world: World) -> dict[str, int]:
    """Count the surveys in which each method rejects at 5 %."""
    rng, level = np.random.default_rng(SEED), world.scene.level()
    counts = dict.fromkeys(METHODS, 0)
    for _ in range(N_SURVEYS):
        fit = jf.fit(world.scene.formula, survey_of(world.scene, level, rng))
        for method in METHODS:
            counts[method] += fit.test(world.term, method=method)["p_value"].item() < LEVEL
    return counts


def as_text(name: str, counts: dict[str, int]) -> str:
    rates = {method: count / N_SURVEYS for method, count in counts.items()}
    cells = [
        f"{method} {rate:.3f} (± {np.sqrt(rate * (1 - rate) / N_SURVEYS):.3f})"
        for method, rate in rates.items()
    ]
    return f"{name:38}{'   '.join(cells)}"


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_what_is_zero_is_seldom_rejected_and_what_is_not_is_often(name):
    counts = rejections(WORLDS[name])
    print(f"\n{as_text(name, counts)}")
    for count in counts.values():
        exact = binomtest(count, N_SURVEYS).proportion_ci(0.95)
        assert exact.low <= LEVEL if WORLDS[name].zero else exact.high > LEVEL


if __name__ == "__main__":
    for name, world in WORLDS.items():
        print(as_text(name, rejections(world)), flush=True)
