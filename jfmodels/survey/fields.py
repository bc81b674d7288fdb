"""The fields of a codebook's entries, read one by one from whatever a file or a caller gave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from jfmodels.errors import CodebookError, listing, unknown
from jfmodels.survey.labels import Label, canonical

__all__ = [
    "Fields",
    "as_codes",
    "as_english",
    "as_labels",
    "as_list",
    "as_name",
    "as_pairs",
    "as_texts",
]


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one entry, and what was found wrong with them so far."""

    content: Mapping[str, Any]
    problems: list[str]

    @classmethod
    def of(cls, entry: object, keys: Iterable[str]) -> Fields:
        """Take a mapping, noting the keys that mean nothing here."""
        known = list(keys)
        if not isinstance(entry, Mapping):
            found = "nothing" if entry is None else type(entry).__name__
            raise CodebookError(
                f"a mapping with any of {listing(known, 20)} is needed; found {found}."
            )
        return cls(entry, [unknown("key", key, known) for key in entry if key not in known])

    def read[Parsed, Default](
        self, key: str, parse: Callable[[Any], Parsed], default: Default
    ) -> Parsed | Default:
        """Parse one field; where it cannot be read, note why and give the default."""
        value = self.content.get(key)
        if value is None:
            return default
        try:
            return parse(value)
        except CodebookError as fault:
            self.problems.append(f"{key}: {fault}")
            return default

    @property
    def unread(self) -> bool:
        """Whether a field could not be read, so that what follows from it is not known."""
        return any(not problem.startswith("Unknown key") for problem in self.problems)


def as_pairs[Parsed](
    value: object, key: Callable[[Any], str], entry: Callable[[Any], Parsed]
) -> dict[str, Parsed]:
    """Read a mapping, whose keys may not become the same when they are written one way."""
    if not isinstance(value, Mapping):
        raise CodebookError(f"a mapping is needed; found {type(value).__name__}.")
    parsed = {key(name): entry(each) for name, each in value.items()}
    if len(parsed) < len(value):
        raise CodebookError(f"two of {listing(value)} are the same.")
    return parsed


def as_labels(value: object) -> dict[str, Label]:
    """Read codes with their labels."""
    return as_pairs(value, canonical, Label.parse)


def as_name(value: object) -> str:
    """Read the name of a column or an option."""
    if not isinstance(value, str | int | float) or not str(value).strip():
        found = "an empty text" if isinstance(value, str) else type(value).__name__
        raise CodebookError(f"a name is needed; found {found}.")
    return str(value)


def as_list(value: object) -> list[object]:
    """List one value, or several."""
    if isinstance(value, Mapping | Set):
        raise CodebookError(f"a list such as [a, b] is needed; found {type(value).__name__}.")
    values = [value]
    if isinstance(value, Iterable) and not isinstance(value, str):
        values = list(value)
    if any(
        each is None or (isinstance(each, Iterable) and not isinstance(each, str))
        for each in values
    ):
        raise CodebookError("a list of single values such as [a, b] is needed.")
    return values


def as_texts(value: object) -> tuple[str, ...]:
    """Read one text, or several."""
    return tuple(Label.parse(each).en for each in as_list(value))


def as_codes(value: object) -> tuple[str, ...]:
    """Read one code, or several."""
    return tuple(canonical(each) for each in as_list(value))


def as_english(value: object) -> str:
    """Read a label, of which the English text serves."""
    return Label.parse(value).en
