"""What a kind of claim owes the rest, and what kinds have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from jfmodels.claims.assertions import Assertion, Ends, above, below, rounding
from jfmodels.results.estimands import Estimand
from jfmodels.survey.readings import MEAN, Reading

__all__ = [
    "NO_WAVE",
    "TINY",
    "BetweenWaves",
    "Names",
    "OfOne",
    "OfSeveral",
    "Part",
    "Published",
    "Rows",
    "Says",
    "at_wave",
    "beyond",
    "waves_named",
]

type Where = Mapping[str, tuple[str, ...]]
type Rows = Mapping[str, str | Sequence[str]]
type Names = Mapping[Reading, str]
type Says = Mapping[str, tuple[str, str]]

NO_WAVE = "none"  # of a survey that was made once
TINY = 1e-9  # of a unit that is compared after rounding


class Part(Protocol):
    """One thing that a claim says.

    Attributes
    ----------
    SAYS : mapping of str to (str, str)
        What it says in a few words, English and French, by its direction, side or extreme;
        fields stand in braces.
    """

    SAYS: ClassVar[Says]

    @property
    def base(self) -> str:
        """Whether those who do not know or refuse are in the denominator."""
        ...

    @property
    def where(self) -> Where:
        """The domain."""
        ...

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The questions that it speaks of, as it reads them."""
        ...

    @property
    def waves(self) -> tuple[str, ...]:
        """The waves that it speaks of."""
        ...

    def problems(self) -> Iterator[str]:
        """Find where it contradicts itself, as "field: what is wrong"."""
        ...

    def assertions(self, names: Names) -> list[Assertion]:
        """Say what must hold; `names` are the outcomes that readings have become."""
        ...

    def reproduced(self, estimates: Sequence[float]) -> bool | None:
        """Tell whether the data give the published number; None where none was published."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OfOne:
    """What all claims about one question share."""

    outcome: str
    counting: tuple[str, ...]
    base: str
    wave: str
    where: Where = field(default_factory=dict)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The one question."""
        return (Reading(self.outcome, self.counting, self.base),)

    @property
    def waves(self) -> tuple[str, ...]:
        """The waves that it speaks of."""
        return waves_named(self.wave)

    @property
    def scale(self) -> float:
        """What the rows' unit is in that of the file."""
        return 1.0 if self.counting == (MEAN,) else 100.0

    def problems(self) -> Iterator[str]:
        """Find nothing."""
        yield from ()

    def reproduced(self, estimates: Sequence[float]) -> bool | None:
        """Know of no published number."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BetweenWaves(OfOne):
    """What all claims about one question in two waves share."""

    against: str

    @property
    def waves(self) -> tuple[str, ...]:
        """The two waves."""
        return (self.wave, self.against)

    def problems(self) -> Iterator[str]:
        """Refuse one wave against itself, and none against none."""
        if NO_WAVE in (self.wave, self.against):
            yield "wave: a comparison of waves needs two; 'none' is said of a survey made once."
        elif self.wave == self.against:
            yield f"against: wave '{self.wave}' is set against itself."


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSeveral:
    """What all claims about several questions with the same answers share."""

    counting: tuple[str, ...]
    base: str
    wave: str
    where: Where = field(default_factory=dict)

    @property
    def waves(self) -> tuple[str, ...]:
        """The wave."""
        return waves_named(self.wave)

    @property
    def scale(self) -> float:
        """What the rows' unit is in that of the file."""
        return 1.0 if self.counting == (MEAN,) else 100.0


@dataclass(frozen=True, slots=True)
class Published:
    """A number as it was published, and how far from it the truth may be.

    Attributes
    ----------
    number : float
        In percent, points, or the unit of a measurement.
    decimals : int
        How many were published.
    tolerance : float
        How far the truth may be away for the claim to hold.
    scale : float
        The number's unit in that of rows.
    """

    number: float
    decimals: int
    tolerance: float
    scale: float

    def problems(self) -> Iterator[str]:
        """Hold the number and the tolerance against the rounding."""
        if abs(round(self.number, self.decimals) - self.number) > TINY:
            yield f"decimals: {self.number:g} has more than {self.decimals}."
        half = rounding(self.decimals)
        if self.tolerance < half - TINY:
            yield (
                f"tolerance: {self.tolerance:g} is narrower than the rounding of a number with "
                f"{self.decimals} decimals, {half:g} to either side. How far from "
                f"{self.number:g} may the truth be for the sentence to be right?"
            )

    def ends(self, half: float) -> Ends:
        """Both ends of a band around the number, in the unit of rows."""
        return (self.number - half) / self.scale, (self.number + half) / self.scale

    def assertion(self, estimand: Estimand, rows: Rows) -> Assertion:
        """Say that rows lie within the tolerance, and are refuted outside the rounding."""
        said, rounded = self.ends(self.tolerance), self.ends(rounding(self.decimals))
        return Assertion(estimand, rows, said, rounded)

    def found(self, estimate: float) -> bool:
        """Whether an estimate rounds to the number."""
        away = abs(self.scale * estimate - self.number)
        return bool(away <= rounding(self.decimals) + TINY)


def waves_named(wave: str) -> tuple[str, ...]:
    """The wave that a part speaks of; nothing of a survey that was made once."""
    return () if wave == NO_WAVE else (wave,)


def at_wave(wave: str) -> dict[str, str | Sequence[str]]:
    """Labels of the rows of a wave; all rows of a survey that was made once."""
    return {} if wave == NO_WAVE else {"wave": wave}


def beyond(estimand: Estimand, rows: Rows, side: str, end: float) -> Assertion:
    """Assert that rows lie on one side of an end."""
    return above(estimand, rows, end) if side == "above" else below(estimand, rows, end)
