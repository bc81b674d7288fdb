"""Worlds whose truth is known, and surveys drawn from them.

Sixteen communes in four regions are revisited, 34 new people in each, every wave. An answer is
yes with a probability that has, on the logit scale, a commune's own effect, a drift of the
commune in the wave and, where wanted, an interviewer's manner. Every simulated survey is one
*outcome* of a common frame: two hundred surveys share design and weights, never an answer, so
that one call estimates them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

import jfmodels as jf

N_REGIONS, N_PER_REGION, N_PEOPLE, N_INTERVIEWERS = 4, 4, 34, 8
N_COMMUNES = N_REGIONS * N_PER_REGION
REGION_OF = np.repeat(np.arange(N_REGIONS), N_PER_REGION)
REGIONS = ("A", "B", "C", "D")
EQUAL = (0.25, 0.25, 0.25, 0.25)
ONE_LARGE = (0.7, 0.1, 0.1, 0.1)
UNEVEN_WEIGHTS = 0.3  # sd of log weights within a commune
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(61)

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where surveys are drawn from.

    Attributes
    ----------
    share : tuple of tuple of float, (n_waves, 4)
        True share of yes in each wave and region: the mean over all communes there could be,
        and over all interviewers.
    commune_sd, interviewer_sd : float
        On the logit scale.
    drift_sd : tuple of float, (4,)
        Of a commune's drift in a wave, per region, on the logit scale.
    region_share, commune_share : tuple of float, (4,)
        The regions' shares of the population, and the communes' shares of their region.
    size_sd : float
        Sd of the log of further random sizes of communes, drawn anew with every frame.
    own_communes : bool
        Whether an interviewer works in two communes alone, rather than in all of them.
    """

    share: tuple[tuple[float, ...], ...] = ((0.40, 0.47, 0.53, 0.60), (0.46, 0.53, 0.59, 0.66))
    commune_sd: float = 0.4
    drift_sd: tuple[float, ...] = (0.3, 0.3, 0.3, 0.3)
    region_share: tuple[float, ...] = EQUAL
    commune_share: tuple[float, ...] = EQUAL
    size_sd: float = 0.0
    interviewer_sd: float = 0.0
    own_communes: bool = False

    @property
    def n_waves(self) -> int:
        """Number of waves."""
        return len(self.share)

    @property
    def per_frame(self) -> int:
        """Surveys that share one frame: fewer where every frame has sizes of its own."""
        return 20 if self.size_sd else 200

    def level(self) -> Floats:
        """Logit of a commune without effects that gives the true shares, (n_waves, 4)."""
        sds = [
            np.sqrt(self.commune_sd**2 + drift**2 + self.interviewer_sd**2)
            for drift in self.drift_sd
        ]
        return np.array(
            [[level_of(p, sd) for p, sd in zip(each, sds, strict=True)] for each in self.share]
        )


def level_of(share: float, sd: float) -> float:
    """Find the logit whose probabilities average to a share when normal effects are added."""
    weights = NODE_WEIGHTS / NODE_WEIGHTS.sum()
    start = float(logit(share))
    return float(
        brentq(
            lambda level: weights @ expit(level + sd * NODES) - share,
            start - 5,
            start + 5,
            xtol=1e-12,
        )
    )


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Surveys drawn on one frame.

    Attributes
    ----------
    frame : DataFrame
        One row an interview; every outcome is a simulated survey.
    outcomes : list of str
        Names of the S surveys.
    these : ndarray, shape (S, n_waves, 4)
        Share of yes among all people of the sixteen communes visited.
    """

    frame: pd.DataFrame
    outcomes: list[str]
    these: Floats

    def survey(self, target: str) -> jf.Survey:
        """Describe the frame to the package."""
        design = jf.SurveyDesign(
            wave="wave",
            strata="region",
            cluster="commune",
            weights="weight",
            interviewer="interviewer",
            repeats="clusters",
            target=target,
        )
        book = {"scale": "binary", "categories": {0: "no", 1: "yes"}}
        return jf.Survey(
            self.frame, design, {"outcomes": dict.fromkeys(self.outcomes, book)}, simulated=True
        )


def draw(world: World, n: int, seed: int) -> Iterator[Drawn]:
    """Draw n surveys, frame by frame."""
    rng = np.random.default_rng(seed)
    for _ in range(n // world.per_frame):
        yield _draw_frame(world, rng)


def without_change(world: World, n_waves: int) -> World:
    """Let every wave be like the first."""
    return replace(world, share=(world.share[0],) * n_waves)


def _draw_frame(world: World, rng: np.random.Generator) -> Drawn:
    """Draw sizes, weights and interviewers once, and answers for many surveys."""
    commune = np.tile(np.repeat(np.arange(N_COMMUNES), N_PEOPLE), world.n_waves)
    wave = np.repeat(np.arange(world.n_waves), N_COMMUNES * N_PEOPLE)
    interviewer = _interviewers(world, wave, commune)
    size = _sizes(world, rng)
    at_home = _commune_logits(world, rng)
    manner = world.interviewer_sd * rng.standard_normal((world.per_frame, interviewer.max() + 1))
    probability = expit(at_home[:, wave, commune] + manner[:, interviewer])
    yes = (rng.random(probability.shape) < probability).astype(np.int8)
    names = [f"survey_{k}" for k in range(world.per_frame)]
    roles = pd.DataFrame(
        {
            "wave": wave,
            "region": np.array(REGIONS)[REGION_OF[commune]],
            "commune": commune,
            "interviewer": interviewer,
            "weight": _weights(rng, wave, commune, size),
        }
    )
    answers = pd.DataFrame(yes.T, columns=names)
    return Drawn(pd.concat([roles, answers], axis=1), names, _by_region(expit(at_home), size))


def _interviewers(world: World, wave: Ints, commune: Ints) -> Ints:
    """Name the interviewer of every interview; each wave has a new team."""
    turn = np.arange(len(wave)) % N_INTERVIEWERS
    place = commune // (N_COMMUNES // N_INTERVIEWERS) if world.own_communes else turn
    return wave * N_INTERVIEWERS + place


def _sizes(world: World, rng: np.random.Generator) -> Floats:
    """Population of every commune, shape (16,)."""
    fixed = np.repeat(world.region_share, N_PER_REGION) * np.tile(world.commune_share, N_REGIONS)
    return fixed * np.exp(world.size_sd * rng.standard_normal(N_COMMUNES))


def _commune_logits(world: World, rng: np.random.Generator) -> Floats:
    """Logits of every commune in every wave, shape (S, n_waves, 16)."""
    shape = (world.per_frame, world.n_waves, N_COMMUNES)
    own = world.commune_sd * rng.standard_normal((world.per_frame, 1, N_COMMUNES))
    drift = np.array(world.drift_sd)[REGION_OF] * rng.standard_normal(shape)
    return world.level()[:, REGION_OF] + own + drift


def _weights(rng: np.random.Generator, wave: Ints, commune: Ints, size: Floats) -> Floats:
    """Uneven weights that add up to the population of each commune in each wave."""
    raw = np.exp(UNEVEN_WEIGHTS * rng.standard_normal(len(wave)))
    visit = wave * N_COMMUNES + commune
    return raw * size[commune] / np.bincount(visit, raw)[visit]


def _by_region(share: Floats, size: Floats) -> Floats:
    """Average the communes of each region by their population; (S, W, 16) to (S, W, 4)."""
    weighted = (share * size).reshape(*share.shape[:2], N_REGIONS, N_PER_REGION).sum(axis=-1)
    return weighted / size.reshape(N_REGIONS, N_PER_REGION).sum(axis=1)
