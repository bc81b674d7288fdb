"""How the fields of a claims file are read, one by one, each from whatever stands there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

from jfmodels.errors import ClaimError, CodebookError, listing, unknown
from jfmodels.survey.fields import as_list
from jfmodels.survey.labels import canonical

__all__ = ["FIELDS", "as_text", "unit_problem"]

BASES: Mapping[str, str] = {
    "in_base": "those who do not know or refuse stay in the denominator",
    "excluded": "they leave the denominator",
}
DIRECTIONS = {"up": "it rose", "down": "it fell"}
SIDES = {"above": "it lies above", "below": "it lies below"}
EXTREMES = {"highest": "no other is higher", "lowest": "no other is lower"}


UNIT = re.compile(r"(?P<number>[-+]?\d+(\.\d+)?) ?(%|points?)")
# Below these a number is likelier a share that was meant in percent than a published figure.
LEAST_PERCENT: Mapping[str, float] = {"number": 1.0, "highest": 1.0, "margin": 0.5}


def unit_problem(field: str, raw: object, value: float, *, share: bool) -> str:
    """Doubt a number of a share that looks like no percentage, or a unit where a mean has none.

    Parameters
    ----------
    field : str
        Which field.
    raw, value : object, float
        What stands there, and as it was read.
    share : bool
        Whether a share is meant.
    """
    if not share:
        return "a mean has its own unit; leave it out." if isinstance(raw, str) else ""
    least = LEAST_PERCENT.get(field, 0.0)
    if isinstance(raw, str) or not 0 < abs(value) < least:
        return ""
    unit = "points" if field == "margin" else "%"
    return (
        f"numbers are in percent and percentage points; write {100 * value:g} if that is meant, or "
        f"'{value:g} {unit}' if it is as small as it says."
    )


def as_text(value: object) -> str:
    """Read a text."""
    if not isinstance(value, str) or not value.strip():
        found = "an empty text" if isinstance(value, str) else _kind(value)
        raise ClaimError(f"a text is needed; found {found}.")
    return " ".join(value.split())


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__.removeprefix("Commented").lower()


def _name(value: object) -> str:
    """Read the name of an outcome, a column or a label; numbers are names too."""
    if isinstance(value, bool) or not isinstance(value, str | Integral | float):
        raise ClaimError(f"a name is needed; found {_kind(value)}.")
    text = canonical(value)
    if not text:
        raise ClaimError("a name is needed; found an empty text.")
    return text


def _names(value: object) -> tuple[str, ...]:
    """Read one name, or several."""
    try:
        names = tuple(_name(each) for each in as_list(value))
    except CodebookError as fault:
        raise ClaimError(str(fault)) from None
    if not names:
        raise ClaimError("a name or a list of names is needed; found an empty list.")
    if len(set(names)) < len(names):
        raise ClaimError(f"a name stands twice among {listing(names)}.")
    return names


def _several(value: object) -> tuple[str, ...]:
    """Read two names or more."""
    names = _names(value)
    if len(names) < 2:
        raise ClaimError(f"two names or more are needed; found {listing(names)}.")
    return names


def _number(value: object) -> float:
    """Read a number, which may bear its unit: "0.8 %", "0.4 points"."""
    if isinstance(value, str) and (said := UNIT.fullmatch(value.strip())):
        return float(said["number"])
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(float(value)):
        raise ClaimError(f"a number is needed; found {value!r}.")
    return float(value)


def _distance(value: object) -> float:
    """Read a number that is not negative."""
    number = _number(value)
    if number < 0:
        raise ClaimError(f"a distance cannot be negative; found {number:g}.")
    return number


def _decimals(value: object) -> int:
    """Read how many decimals were published."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) <= 6:
        raise ClaimError(
            f"0 where whole numbers were published, 1 for one decimal, ...; found {value!r}."
        )
    return int(value)


def _choice(kind: str, options: Mapping[str, str]) -> Callable[[object], str]:
    """Read one of a closed set of words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in options:
            raise ClaimError(unknown(kind, value, options))
        return value

    return read


def _where(value: object) -> dict[str, tuple[str, ...]]:
    """Read a domain."""
    if not isinstance(value, Mapping) or not value:
        raise ClaimError(
            f"a mapping such as {{region: [Mopti, Gao]}} is needed; found {_kind(value)}."
        )
    return {_name(column): _names(labels) for column, labels in value.items()}


FIELDS: Mapping[str, tuple[Callable[[object], Any], str]] = {
    "outcome": (_name, "the outcome of the codebook, or the group, that is meant"),
    "outcomes": (_several, "the outcomes that are meant"),
    "counting": (_names, "the categories whose share is meant, or 'mean' of a measurement"),
    "base": (_choice("base", BASES), "whether don't-know and refusals are in the denominator"),
    "wave": (_name, "the wave that is spoken of, or 'none' of a survey made once"),
    "against": (_name, "the wave that it is compared with"),
    "where": (_where, "the domain, such as {region: [Mopti, Gao]}; everybody if left out"),
    "number": (_number, "the published number, in percent where a share is meant"),
    "decimals": (_decimals, "how many decimals were published"),
    "tolerance": (_distance, "how far the truth may be from the number for the claim to hold"),
    "margin": (_distance, "which difference would be negligible, in percentage points"),
    "direction": (_choice("direction", DIRECTIONS), "up or down"),
    "side": (_choice("side", SIDES), "above or below"),
    "extreme": (_choice("extreme", EXTREMES), "highest or lowest"),
    "along": (_name, "the column whose groups are compared"),
    "groups": (_names, "the groups that are set against the reference"),
    "group": (_name, "the group that is singled out"),
    "reference": (_name, "the group that the others are set against, or 'others' for their mean"),
    "first": (_names, "what comes first"),
    "after": (_names, "what comes after each of the first"),
    "lowest": (_number, "the lower end that was published"),
    "highest": (_number, "the upper end that was published"),
}
