"""Claims: what was said, where, and what exactly it says, as records and as a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jfmodels.claims.fields import FIELDS, as_text, unit_problem
from jfmodels.claims.kinds import KINDS, Part
from jfmodels.errors import ClaimError, listing, raise_all, unknown
from jfmodels.survey.read import load_yaml
from jfmodels.survey.readings import MEAN

__all__ = ["JOINED", "Claim", "Claims", "read_claims"]

JOINED: Mapping[str, str] = {
    "all": "the sentence holds if all of its parts hold",
    "any": "the sentence holds if one of its parts holds",
}
CLAIM = ("text", "source", "joined", "parts")
FILE = ("title", "source", "note", "claims")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence, and what it says of the data.

    Attributes
    ----------
    text, source : str
        The sentence as published, and where.
    parts : mapping of str to Part
        What it says, part by part; records of :data:`jfmodels.claims.kinds.KINDS`.
    joined : str
        A key of :data:`JOINED`.
    """

    text: str
    source: str
    parts: Mapping[str, Part]
    joined: str = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of a publication.

    Attributes
    ----------
    claims : mapping of str to Claim
        By name.
    title, note : str
        What is judged, and what a reader must know of it.

    Examples
    --------
    >>> Claims.from_dict({"source": "a report", "claims": {"half": {
    ...     "text": "Most feel safe", "parts": {"safe": {"kind": "majority",
    ...     "outcome": "safe", "counting": "yes", "base": "in_base", "wave": "R2"}}}}})
    1 claim: half
    """

    claims: Mapping[str, Claim]
    title: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        given: object = self.claims
        if not isinstance(given, Mapping) or not given:
            found = "none" if isinstance(given, Mapping) else type(given).__name__
            raise ClaimError(f"Claims(claims=) takes one Claim or more, by name; found {found}.")
        strange = {type(each).__name__ for each in self.claims.values()} - {Claim.__name__}
        if strange:
            raise ClaimError(
                f"Claims(claims=) takes records of Claim; found {listing(sorted(strange))}. "
                "jf.Claims.from_dict() reads mappings."
            )

    def __repr__(self) -> str:
        n = len(self.claims)
        names = list(self.claims)
        shown = ", ".join(names[:5]) + (f" and {n - 5} more" if n > 5 else "")
        return f"{n} claim{'s' if n != 1 else ''}: {shown}"

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], *, name: str = "Claims") -> Claims:
        """Read claims from nested mappings, listing everything that is wrong with them.

        Parameters
        ----------
        content : mapping
            With the keys ``claims`` and, if wanted, ``title``, ``source``, ``note``.
        name : str
            What the error is to call it.

        Raises
        ------
        ClaimError
            One error that lists every unknown key, every choice left open and every
            contradiction, with its line where it came from a file.
        """
        reader = _Reader([])
        if not isinstance(content, Mapping):
            raise ClaimError(f"{name}: claims: with one claim or more is needed.")
        meant = reader.unknown(content, FILE, "")
        faulty = "-" if "source" in content or "source" in meant else ""  # told once is enough
        source = reader.field(content, "source", as_text, faulty, "")
        given = content.get("claims")
        if not isinstance(given, Mapping) or not given:
            reader.note(content, "claims", "claims: one claim or more is needed, by name.")
            given = {}
        claims = {str(each): _claim(reader, given, each, source) for each in given}
        read = {field: reader.field(content, field, as_text, "", "") for field in ("title", "note")}
        raise_all(ClaimError, reader.problems, name)
        return cls(claims={key: each for key, each in claims.items() if each}, **read)


def read_claims(path: str | os.PathLike[str]) -> Claims:
    """Read claims from a YAML 1.2 file.

    Nothing in the file is evaluated. A key that stands twice is an error, as is a field that a
    kind of claim does not know or lacks; every error names its line.

    Parameters
    ----------
    path : path
        See ``docs/claims.md`` for the format.

    Raises
    ------
    ClaimError
        If the file is missing, no YAML, or incomplete; one error lists all that is wrong.

    Examples
    --------
    >>> import tempfile
    >>> text = '''
    ... claims:
    ...   half:
    ...     text: Most feel safe
    ...     source: a report
    ...     parts:
    ...       safe: {kind: majority, outcome: safe, counting: yes, base: in_base, wave: R2}
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "claims.yaml")
    ...     _ = path.write_text(text)
    ...     read_claims(path)
    1 claim: half
    """
    if not isinstance(path, str | os.PathLike):
        raise ClaimError(
            f"read_claims() takes the path of a YAML file; found {type(path).__name__}. "
            "jf.Claims.from_dict() reads mappings."
        )
    file = Path(path)
    content = load_yaml(file, ClaimError, lines=True)
    return Claims.from_dict(content, name=file.name)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads fields, noting what is wrong and in which line."""

    problems: list[str]

    def note(self, entry: object, key: object, problem: str) -> None:
        """Note a problem with a key of an entry, or with the entry."""
        line = _line(entry, key)
        self.problems.append(f"line {line}, {problem}" if line else problem)

    def unknown(self, entry: Mapping[str, Any], known: Iterable[str], at: str) -> set[str]:
        """Note the keys that mean nothing here; give the names that were probably meant."""
        names, meant = list(known), set()
        for key in entry:
            if key not in names:
                self.note(entry, key, f"{at}{unknown('field', key, names)}")
                meant.update(get_close_matches(str(key), names, n=1))
        return meant

    def field[Parsed](
        self,
        entry: Mapping[str, Any],
        key: str,
        parse: Callable[[object], Parsed],
        default: Parsed,
        at: str,
    ) -> Parsed:
        """Parse one field; where it cannot be read, note why and give the default."""
        if key not in entry:
            return default
        try:
            return parse(entry[key])
        except ClaimError as fault:
            self.note(entry, key, f"{at}{key}: {fault}")
            return default


def _line(entry: object, key: object) -> int | None:
    """Line of a key in its file, or of the entry; None where there is no file."""
    place = getattr(entry, "lc", None)
    if place is None:
        return None
    try:
        return int(place.key(key)[0]) + 1
    except (KeyError, TypeError):
        return int(place.line) + 1


def _claim(reader: _Reader, given: Mapping[str, Any], name: Any, source: str) -> Claim | None:
    """Read one claim; None where something is wrong with it."""
    entry, at, before = given[name], f"claim '{name}': ", len(reader.problems)
    if not isinstance(entry, Mapping):
        reader.note(given, name, f"{at}a mapping of {listing(CLAIM)} is needed.")
        return None
    meant = reader.unknown(entry, CLAIM, at)
    text = reader.field(entry, "text", as_text, "", at)
    own = reader.field(entry, "source", as_text, source, at)
    for key, value in (("text", text), ("source", own)):
        if not value and key not in entry and key not in meant:
            reader.note(given, name, f"{at}{key}: is missing; which sentence, and published where?")
    parts = _parts(reader, entry, given, name)
    joined = reader.field(entry, "joined", _joined, "all", at)
    if len(parts) > 1 and "joined" not in entry and "joined" not in meant:
        choices = "; ".join(f"'{word}' ({means})" for word, means in JOINED.items())
        reader.note(given, name, f"{at}joined: is missing, and there are several parts: {choices}.")
    if len(reader.problems) > before:
        return None
    return Claim(text=text, source=own, joined=joined, parts=parts)


def _joined(value: object) -> str:
    if not isinstance(value, str) or value not in JOINED:
        raise ClaimError(unknown("way to join", value, JOINED))
    return value


def _parts(
    reader: _Reader, entry: Mapping[str, Any], given: Mapping[str, Any], name: Any
) -> dict[str, Part]:
    """Read the parts of a claim."""
    written = entry.get("parts")
    if not isinstance(written, Mapping) or not written:
        reader.note(
            entry if "parts" in entry else given,
            "parts" if "parts" in entry else name,
            f"claim '{name}': parts: one part or more is needed, by name, each with its kind.",
        )
        return {}
    read = {str(key): _part(reader, written, key, name) for key in written}
    return {key: part for key, part in read.items() if part is not None}


def _part(reader: _Reader, written: Mapping[str, Any], key: Any, claim: Any) -> Part | None:
    """Read one part; None where something is wrong with it."""
    entry, at, before = written[key], f"claim '{claim}', part '{key}', ", len(reader.problems)
    if not isinstance(entry, Mapping):
        reader.note(written, key, f"{at}a mapping with kind: is needed.")
        return None
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        said = unknown("kind", kind, KINDS) if "kind" in entry else f"one of {listing(KINDS, 20)}."
        reader.note(entry, "kind", f"{at}kind: {said}")
        return None
    record = KINDS[kind]
    known = {each.name: each for each in fields(record)}  # type: ignore[arg-type]
    meant = reader.unknown(entry, ["kind", *known], at)
    values = {}
    for field, each in known.items():
        parse, means = FIELDS[field]
        if field in entry:
            values[field] = reader.field(entry, field, parse, None, at)
        elif field not in meant and each.default is MISSING and each.default_factory is MISSING:
            reader.note(entry, "kind", f"{at}{field}: is missing: {means}.")
    if len(reader.problems) > before:
        return None
    part = record(**values)
    for problem in (*part.problems(), *_unit_problems(entry, values, part)):
        reader.note(entry, problem.partition(":")[0], f"{at}{problem}")
    return part


def _unit_problems(
    entry: Mapping[str, Any], values: Mapping[str, Any], part: Part
) -> Iterator[str]:
    """Doubt numbers that are likelier shares than percentages."""
    share = (MEAN,) not in [reading.counting for reading in part.readings]
    for field, value in values.items():
        if isinstance(value, float):
            problem = unit_problem(field, entry[field], value, share=share)
            if problem:
                yield f"{field}: {problem}"
