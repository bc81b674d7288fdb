"""Claims: what was said, where, and what exactly it says, as records and as a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jfmodels.claims.fields import FIELDS, as_text, unit_problem
from jfmodels.claims.kinds import KINDS, Part
from jfmodels.display.card import Card, Displayed, some
from jfmodels.display.sheet import Sheet
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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Claim(Displayed):
    """A sentence, and what it says of the data.

    Attributes
    ----------
    text, source : str
        The sentence as published, and where.
    parts : mapping of str to Part
        What it says, part by part, each by the record of its kind.
    joined : str
        "all" or "any" of several parts.

    Examples
    --------
    >>> import jfmodels as jf
    >>> jf.example_claims().claims["C15_living_conditions"].joined
    'all'
    """

    text: str
    source: str
    parts: Mapping[str, Part]
    joined: str = "all"

    def _card(self) -> Card:
        said = {name: _in_short(part) for name, part in self.parts.items()}
        joined = JOINED[self.joined] if len(self.parts) > 1 else ""
        return Card("Claim", self.text, {"source": self.source, **said, "joined": joined})


def _in_short(part: Part) -> str:
    """Write a part as its kind and the fields that it fills."""
    kind = next(name for name, record in KINDS.items() if isinstance(part, record))
    told = ((each.name, getattr(part, each.name)) for each in fields(part))  # type: ignore[arg-type]
    return f"{kind}: " + "; ".join(f"{name} {_plain(value)}" for name, value in told if value)


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_plain(each)}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Claims(Displayed):
    """The claims of a publication.

    Attributes
    ----------
    claims : mapping of str to Claim
        By name.
    title, note : str
        What is judged, and what a reader must know of it.
    french : mapping of str to str
        The French of those texts, claims and sources that were given in two languages.

    Examples
    --------
    >>> Claims.from_dict({"source": "a report", "claims": {"half": {
    ...     "text": "Most feel safe", "parts": {"safe": {"kind": "majority",
    ...     "outcome": "safe", "counting": "yes", "base": "in_base", "wave": "R2"}}}}})
    1 claim: half
      source  a report
    """

    claims: Mapping[str, Claim]
    title: str = ""
    note: str = ""
    french: Mapping[str, str] = field(default_factory=dict)

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

    def say(self, text: str, lang: str) -> str:
        """Say a title, note, source or claim in a language, if it is known in it.

        Parameters
        ----------
        text : str
            As it stands in the record.
        lang : {"en", "fr"}
            Language.

        Returns
        -------
        str
            The text in that language, or as it is.

        Examples
        --------
        >>> import jfmodels as jf
        >>> claims = jf.example_claims()
        >>> claims.say(claims.claims["C12_traditional_justice_fast"].text, "fr")[:18]
        '49 % disent que la'
        """
        return self.french.get(text, text) if lang == "fr" else text

    def _card(self) -> Card:
        n = len(self.claims)
        sources = {each.source for each in self.claims.values()}
        common = sources.pop() if len(sources) == 1 else ""
        headings = ("claim", "as published", *(() if common else ("source",)))
        rows = [
            (name, each.text, *(() if common else (each.source,)))
            for name, each in self.claims.items()
        ]
        return Card(
            f"{n} claim{'s' if n != 1 else ''}",
            some(list(self.claims), 5),
            {"title": self.title, "source": common, "note": self.note},
            sheets=[Sheet("", headings, tuple(rows), words=(0, 1, 2))],
            notes=["Do the data bear them: jf.judge(claims, survey)."],
        )

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], *, name: str = "Claims") -> Claims:
        """Read claims from nested mappings, listing everything that is wrong with them.

        Parameters
        ----------
        content : mapping
            With the keys ``claims`` and, if wanted, ``title``, ``source``, ``note``.
        name : str
            What the error is to call it.

        Returns
        -------
        Claims
            Of the publication.

        Raises
        ------
        ClaimError
            One error that lists every unknown key, every choice left open and every
            contradiction, with its line where it came from a file.

        Examples
        --------
        >>> part = {"kind": "majority", "outcome": "safe", "counting": "yes",
        ...         "base": "in_base", "wave": "R2"}
        >>> claim = {"text": "Most feel safe", "parts": {"safe": part}}
        >>> Claims.from_dict({"source": "a report", "claims": {"half": claim}})
        1 claim: half
          source  a report
        """
        reader = _Reader([], {})
        if not isinstance(content, Mapping):
            raise ClaimError(f"{name}: claims: with one claim or more is needed.")
        meant = reader.unknown(content, FILE, "")
        faulty = "-" if "source" in content or "source" in meant else ""  # told once is enough
        source = reader.field(content, "source", reader.text, faulty, "")
        given = content.get("claims")
        if not isinstance(given, Mapping) or not given:
            reader.note(content, "claims", "claims: one claim or more is needed, by name.")
            given = {}
        claims = {str(each): _claim(reader, given, each, source) for each in given}
        title, note = (reader.field(content, key, reader.text, "", "") for key in ("title", "note"))
        raise_all(ClaimError, reader.problems, name)
        found = {key: each for key, each in claims.items() if each}
        return cls(claims=found, title=title, note=note, french=reader.french)


def read_claims(path: str | os.PathLike[str]) -> Claims:
    """Read claims from a YAML 1.2 file.

    Nothing in the file is evaluated. A key that stands twice is an error, as is a field that a
    kind of claim does not know or lacks; every error names its line.

    Parameters
    ----------
    path : path
        See ``docs/claims.md`` for the format.

    Returns
    -------
    Claims
        Those of the file, for :func:`judge`.

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
      source  a report
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
    french: dict[str, str]

    def text(self, value: object) -> str:
        """Read a text; of one in two languages the English, while the French is kept."""
        if not isinstance(value, Mapping):
            return as_text(value)
        if not value or set(value) - {"en", "fr"}:
            raise ClaimError(f"a text has the languages 'en' and 'fr'; found {listing(value)}.")
        texts = {lang: as_text(each) for lang, each in value.items()}
        first = next(iter(texts.values()))
        self.french[texts.get("en", first)] = texts.get("fr", first)
        return texts.get("en", first)

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
    text = reader.field(entry, "text", reader.text, "", at)
    own = reader.field(entry, "source", reader.text, source, at)
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


def _part(reader: _Reader, written: Mapping[str, Any], name: Any, claim: Any) -> Part | None:
    """Read one part; None where something is wrong with it."""
    entry, at, before = written[name], f"claim '{claim}', part '{name}', ", len(reader.problems)
    if not isinstance(entry, Mapping):
        reader.note(written, name, f"{at}a mapping with kind: is needed.")
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
    for key, each in known.items():
        parse, means = FIELDS[key]
        if key in entry:
            values[key] = reader.field(entry, key, parse, None, at)
        elif key not in meant and each.default is MISSING and each.default_factory is MISSING:
            reader.note(entry, "kind", f"{at}{key}: is missing: {means}.")
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
    for name, value in values.items():
        if isinstance(value, float):
            problem = unit_problem(name, entry[name], value, share=share)
            if problem:
                yield f"{name}: {problem}"
