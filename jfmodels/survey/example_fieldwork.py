"""Where the simulated survey went, who asked, and whom: everything but the answers.

The places bear real names of four regions of Mali; every number about them is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "AGES",
    "COMMUNES",
    "FACILITATORS",
    "NEVER_VISITED",
    "REGIONS",
    "UNREACHED",
    "WAVES",
    "Commune",
    "Facilitator",
    "People",
    "draw_people",
    "fieldwork_frame",
    "interviews",
    "population_cells",
    "stream",
]

type Whole = NDArray[np.int64]
type Real = NDArray[np.float64]

INTERVIEWS_PER_REGION = 136
DISABILITY = 0.09
OVERSAMPLING = 2.0  # odds at which displaced and disabled people were sought out


@dataclass(frozen=True, slots=True)
class Commune:
    """A place that is visited in every wave, if it can be reached.

    Attributes
    ----------
    name, region : str
        Its name and the region it lies in.
    size : float
        Its population, in units of the average commune.
    urban, displaced : float
        Shares of its population that live in a town, and that were displaced.
    """

    name: str
    region: str
    size: float
    urban: float
    displaced: float


@dataclass(frozen=True, slots=True)
class Facilitator:
    """Somebody who asks: a place in one of two teams, and the waves (from 0) it is held in.

    Attributes
    ----------
    name, sex : str
        How the data name the facilitator, and "female" or "male".
    team, place : int
        Team 0 travels in Bandiagara and Mopti, team 1 in Gao and Timbuktu; five places each.
    waves : range
        Waves in which the facilitator worked.
    """

    name: str
    sex: str
    team: int
    place: int
    waves: range


COMMUNES: tuple[Commune, ...] = (
    Commune("Bandiagara", "Bandiagara", 1.25, 0.75, 0.38),
    Commune("Kani Gogouna", "Bandiagara", 0.80, 0.05, 0.08),
    Commune("Dourou", "Bandiagara", 0.85, 0.05, 0.10),
    Commune("Sangha", "Bandiagara", 1.00, 0.10, 0.12),
    Commune("Gao", "Gao", 1.45, 0.90, 0.16),
    Commune("Ansongo", "Gao", 0.95, 0.35, 0.12),
    Commune("Bourem", "Gao", 0.90, 0.30, 0.07),
    Commune("Gounzoureye", "Gao", 0.80, 0.10, 0.06),
    Commune("Mopti", "Mopti", 1.45, 0.85, 0.15),
    Commune("Konna", "Mopti", 0.95, 0.30, 0.10),
    Commune("Fatoma", "Mopti", 0.85, 0.10, 0.07),
    Commune("Youwarou", "Mopti", 0.80, 0.15, 0.09),
    Commune("Timbuktu", "Timbuktu", 1.30, 0.85, 0.14),
    Commune("Goundam", "Timbuktu", 0.90, 0.30, 0.10),
    Commune("Dire", "Timbuktu", 0.95, 0.30, 0.05),
    Commune("Niafunke", "Timbuktu", 0.80, 0.20, 0.07),
)
NEVER_VISITED: tuple[Commune, ...] = (
    Commune("Pelou", "Bandiagara", 0.60, 0.05, 0.15),
    Commune("Gabero", "Gao", 0.70, 0.10, 0.08),
    Commune("Soye", "Mopti", 0.65, 0.10, 0.12),
    Commune("Gossi", "Timbuktu", 0.75, 0.20, 0.10),
)
REGIONS: tuple[str, ...] = tuple(dict.fromkeys(commune.region for commune in COMMUNES))
WAVES: Mapping[str, tuple[date, date]] = {
    "Q1": (date(2022, 4, 15), date(2022, 4, 25)),
    "Q2": (date(2022, 10, 17), date(2022, 10, 27)),
    "Q3": (date(2023, 4, 16), date(2023, 4, 26)),
    "Q4": (date(2023, 10, 18), date(2023, 10, 28)),
    "Q5": (date(2024, 4, 19), date(2024, 4, 29)),
    "Q6": (date(2024, 10, 20), date(2024, 10, 30)),
}
UNREACHED: Mapping[str, tuple[str, ...]] = {
    "Q2": ("Ansongo",),
    "Q3": ("Dourou", "Youwarou"),
    "Q4": ("Sangha",),
    "Q5": ("Dourou", "Goundam"),
}
AGES: tuple[tuple[int, int, float], ...] = (  # first age, last age, share of adults
    (18, 24, 0.22),
    (25, 34, 0.28),
    (35, 49, 0.30),
    (50, 79, 0.20),
)
FACILITATORS: tuple[Facilitator, ...] = (
    Facilitator("F01", "male", 0, 0, range(6)),
    Facilitator("F02", "female", 0, 1, range(6)),
    Facilitator("F03", "female", 0, 2, range(3)),
    Facilitator("F04", "male", 0, 3, range(6)),
    Facilitator("F05", "male", 0, 4, range(3)),
    Facilitator("F06", "male", 1, 0, range(6)),
    Facilitator("F07", "female", 1, 1, range(6)),
    Facilitator("F08", "male", 1, 2, range(3)),
    Facilitator("F09", "male", 1, 3, range(6)),
    Facilitator("F10", "male", 1, 4, range(3)),
    Facilitator("F11", "female", 0, 2, range(3, 6)),
    Facilitator("F12", "male", 0, 4, range(3, 6)),
    Facilitator("F13", "male", 1, 2, range(3, 6)),
    Facilitator("F14", "male", 1, 4, range(3, 6)),
)
REGION_OF: Whole = np.array([REGIONS.index(commune.region) for commune in COMMUNES])
SIZE: Real = np.array([commune.size for commune in COMMUNES])
URBAN: Real = np.array([commune.urban for commune in COMMUNES])
DISPLACED: Real = np.array([commune.displaced for commune in COMMUNES])
AGE_SHARES: Real = np.array([share for _, _, share in AGES])


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """People as the model of their answers sees them; every array has one entry a person.

    Attributes
    ----------
    wave, commune, age : ndarray of int
        Places in :data:`WAVES`, :data:`COMMUNES` and :data:`AGES`.
    woman, urban, displaced : ndarray of int
        1 if so, 0 if not.
    weight : ndarray of float
        How many others each stands for, up to a factor.
    """

    wave: Whole
    commune: Whole
    age: Whole
    woman: Whole
    urban: Whole
    displaced: Whole
    weight: Real

    @property
    def region(self) -> Whole:
        """Places in :data:`REGIONS`."""
        return REGION_OF[self.commune]


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Open the stream of random numbers of one purpose, so that others do not shift it."""
    return np.random.default_rng([seed, crc32(" ".join(purpose).encode())])


def reached(wave: str, region: str) -> list[int]:
    """List the communes of a region that a wave could visit, by their place."""
    return [
        place
        for place, commune in enumerate(COMMUNES)
        if commune.region == region and commune.name not in UNREACHED.get(wave, ())
    ]


def interviews() -> tuple[Whole, Whole, Whole]:
    """Assign interviews: those of a commune that was not reached go to its neighbours.

    Returns
    -------
    wave, commune, facilitator : ndarray of int, shape (interviews,)
        Places in :data:`WAVES`, :data:`COMMUNES` and :data:`FACILITATORS`.
    """
    rows = [
        (wave, commune, _facilitator(wave, commune, turn))
        for wave, name in enumerate(WAVES)
        for region in REGIONS
        for commune, turns in _shared_out(reached(name, region))
        for turn in range(turns)
    ]
    wave, commune, facilitator = np.array(rows).T
    return wave, commune, facilitator


def _shared_out(communes: list[int]) -> list[tuple[int, int]]:
    """Share a region's interviews out among its communes as evenly as they go."""
    parts = np.array_split(np.arange(INTERVIEWS_PER_REGION), len(communes))
    return [(commune, len(part)) for commune, part in zip(communes, parts, strict=True)]


def _facilitator(wave: int, commune: int, turn: int) -> int:
    """Name who asks: two of the team's five work in a commune, others in the next wave."""
    # Teams rotate, so that a facilitator's manner is not mistaken for the commune's mood.
    team = REGION_OF[commune] % 2
    place = (commune + wave + 2 * (turn % 2)) % 5
    return next(
        k
        for k, each in enumerate(FACILITATORS)
        if (each.team, each.place) == (team, place) and wave in each.waves
    )


def sought_out(share: Real | float) -> Real:
    """Turn a share of the population into the share of a sample that seeks such people."""
    odds = OVERSAMPLING * np.asarray(share)
    return odds / (odds + 1 - share)


def draw_people(
    rng: np.random.Generator, wave: Whole, commune: Whole
) -> tuple[People, NDArray[np.bool_]]:
    """Draw who is met in each interview, and what weight undoes the unequal chances.

    Parameters
    ----------
    rng : Generator
        Source of chance.
    wave, commune : ndarray of int, shape (interviews,)
        When and where.

    Returns
    -------
    people : People
        Weights have mean 1 in every wave, and every region its share of the population.
    disability : ndarray of bool, shape (interviews,)
        Whether the person lives with a disability, which moves no answer.
    """
    n = len(wave)
    displaced = (rng.random(n) < sought_out(DISPLACED[commune])).astype(int)
    disability = rng.random(n) < sought_out(DISABILITY)
    people = People(
        wave=wave,
        commune=commune,
        age=rng.choice(len(AGES), size=n, p=AGE_SHARES),
        woman=rng.integers(2, size=n),
        urban=(rng.random(n) < URBAN[commune]).astype(int),
        displaced=displaced,
        weight=_weights(rng, wave, commune, displaced == 1, disability),
    )
    return people, disability


def _weights(
    rng: np.random.Generator,
    wave: Whole,
    commune: Whole,
    displaced: NDArray[np.bool_],
    disability: NDArray[np.bool_],
) -> Real:
    """Weigh people by the inverse of their chances, with the noise that households bring."""
    household = np.clip(rng.lognormal(sigma=0.3, size=len(wave)), 0.6, 1.7)
    weight = household * _chance_undone(displaced, DISPLACED[commune])
    weight = weight * _chance_undone(disability, DISABILITY) * _places_restored(wave, commune)
    mean = np.bincount(wave, weight) / np.bincount(wave)
    return weight / mean[wave]


def _chance_undone(belongs: NDArray[np.bool_], share: Real | float) -> Real:
    """Divide the share of the population by the share of the sample; the mean is 1."""
    sampled = sought_out(share)
    return np.where(belongs, share / sampled, (1 - share) / (1 - sampled))


def _places_restored(wave: Whole, commune: Whole) -> Real:
    """Give each commune its size, and each region its own even if some could not be reached."""
    count = np.zeros((wave.max() + 1, len(COMMUNES)))
    np.add.at(count, (wave, commune), 1)
    in_region = np.equal.outer(REGION_OF, np.arange(len(REGIONS))).astype(float)
    visited = ((count > 0) * SIZE) @ in_region
    whole = SIZE @ in_region
    region = REGION_OF[commune]
    return SIZE[commune] / count[wave, commune] * whole[region] / visited[wave, region]


def population_cells() -> People:
    """List every kind of person in every commune and wave, weighted by their number.

    All communes are there in all waves, also those that could not be reached.
    """
    shape = (len(WAVES), len(COMMUNES), len(AGES), 2, 2, 2)
    wave, commune, age, woman, urban, displaced = np.indices(shape).reshape(len(shape), -1)
    weight = SIZE[commune] * AGE_SHARES[age] / 2
    weight = weight * np.where(urban == 1, URBAN[commune], 1 - URBAN[commune])
    weight = weight * np.where(displaced == 1, DISPLACED[commune], 1 - DISPLACED[commune])
    return People(wave, commune, age, woman, urban, displaced, weight)


def fieldwork_frame(
    rng: np.random.Generator,
    people: People,
    facilitator: Whole,
    disability: NDArray[np.bool_],
) -> pd.DataFrame:
    """Write one row an interview: where, when, by whom and with whom, but no answers yet."""
    wave = np.array(list(WAVES))[people.wave]
    return pd.DataFrame(
        {
            "wave": wave,
            "region": np.array(REGIONS)[people.region],
            "commune": np.array([commune.name for commune in COMMUNES])[people.commune],
            "facilitator": np.array([each.name for each in FACILITATORS])[facilitator],
            "facilitator_sex": np.array([each.sex for each in FACILITATORS])[facilitator],
            "person": _person_names(wave),
            "date": _days(rng, people.wave),
            "weight": people.weight,
            "sex": np.where(people.woman, "female", "male"),
            "age": _ages(rng, people.age),
            "area": np.where(people.urban, "urban", "rural"),
            "displaced": np.where(people.displaced, "yes", "no"),
            "disability": np.where(disability, "yes", "no"),
        }
    )


def _person_names(wave: NDArray[np.str_]) -> list[str]:
    place = pd.Series(wave).groupby(wave).cumcount() + 1
    return [f"{name}-{number:03d}" for name, number in zip(wave, place, strict=True)]


def _days(rng: np.random.Generator, wave: Whole) -> pd.DatetimeIndex:
    first = pd.DatetimeIndex([start for start, _ in WAVES.values()])
    length = np.array([(end - start).days + 1 for start, end in WAVES.values()])
    return first[wave] + pd.to_timedelta(rng.integers(length[wave]), unit="D")


def _ages(rng: np.random.Generator, age: Whole) -> Whole:
    first, last = np.array([(first, last) for first, last, _ in AGES]).T
    return rng.integers(first[age], last[age] + 1)
