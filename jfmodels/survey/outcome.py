"""What was asked: outcomes, covariates and waves, as a codebook describes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from jfmodels.errors import CodebookError, JfmodelsError, choose, listing, raise_all, unknown

__all__ = [
    "POLICIES",
    "SCALES",
    "Codebook",
    "Covariate",
    "Label",
    "Outcome",
    "Wave",
    "canonical",
]

SCALES: Mapping[str, str] = {
    "binary": "two answers; the share of the last is shown",
    "ordinal": "answers in order; `shown` names those whose share is shown",
    "nominal": "answers without order; the share of each is shown",
    "multi": "any number of options may be named; the share naming each is shown",
    "count": "a number of times; its mean is shown",
    "continuous": "a measurement; its mean is shown",
}
POLICIES: Mapping[str, str] = {
    "in_base": "they stay in the denominator and count as none of the answers",
    "excluded": "they leave the denominator",
    "own_category": "they stay in the denominator and are answers of their own",
}
CODED = ("binary", "ordinal", "nominal")
MEASURED = ("count", "continuous")


def canonical(code: object) -> str:
    """Write a code the one way in which codes of data and codebook are compared.

    Examples
    --------
    >>> canonical(2), canonical(2.0), canonical(" 2 "), canonical(True), canonical("Yes")
    ('2', '2', '2', '1', 'Yes')
    """
    text = str(code).strip()
    if text in ("True", "False"):
        return str(int(text == "True"))
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else text


@dataclass(frozen=True, slots=True)
class Label:
    """A text in the languages it is known in.

    Attributes
    ----------
    en : str
        The English text, which is also the name in tables.
    fr : str
        The French text; the English one where none was given.
    """

    en: str
    fr: str

    @classmethod
    def parse(cls, value: object) -> Label:
        """Read a plain text, which serves both languages, or a mapping of ``en`` and ``fr``."""
        if isinstance(value, Label):
            return value
        if not isinstance(value, Mapping):
            return cls(str(value), str(value))
        extra = set(value) - {"en", "fr"}
        if extra or not value:
            raise CodebookError(f"a label has the languages 'en' and 'fr'; found {listing(value)}.")
        first = str(next(iter(value.values())))
        return cls(str(value.get("en", first)), str(value.get("fr", first)))


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave of fieldwork.

    Attributes
    ----------
    name : str
        As the data name it.
    start, end : date or None
        First and last day in the field.
    """

    name: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One question, its answers, and what is to be made of those who did not answer it.

    Attributes
    ----------
    name : str
        How the outcome is called in calls and tables.
    columns : mapping of str to (str or mapping of str to str)
        For each option of a multiple response, and for ``""`` otherwise, the column that
        holds it, or a mapping of wave to column.
    scale : str
        A key of :data:`SCALES`.
    categories : mapping of str to Label
        Code to label, in order.
    shown : tuple of str
        English labels of the categories whose share tables speak of.
    dont_know, refused, missing : tuple of str
        Codes of those who did not know, refused, or were not asked.
    policy : str or None
        A key of :data:`POLICIES`.
    asked_in : tuple of str or None
        The waves that asked; None for all.
    relabelled : mapping of str to mapping of str to str
        In which waves which codes had other wording.
    comparable : tuple of str
        Relabelled waves that may be compared with the others all the same.
    """

    name: str
    columns: Mapping[str, str | Mapping[str, str]]
    label: Label
    scale: str
    categories: Mapping[str, Label] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    dont_know: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    policy: str | None = None
    asked_in: tuple[str, ...] | None = None
    relabelled: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    comparable: tuple[str, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether answers are numbers, whose mean is shown, rather than codes."""
        return self.scale in MEASURED

    @property
    def labels(self) -> dict[str, Label]:
        """The label of every category by its English text."""
        return {label.en: label for label in self.categories.values()}

    def column_in(self, wave: str | None, option: str = "") -> str | None:
        """Name the column that holds the answers of a wave; None where there is none."""
        named = self.columns[option]
        return named if isinstance(named, str) else named.get(wave or "")

    def asks(self, wave: str) -> bool:
        """Tell whether the wave was asked this question."""
        if self.asked_in is not None and wave not in self.asked_in:
            return False
        return any(self.column_in(wave, option) is not None for option in self.columns)

    def wording(self, wave: str) -> tuple[tuple[str, str], ...]:
        """Tell what was worded otherwise in a wave; waves of equal wording may be compared."""
        if wave in self.comparable:
            return ()
        return tuple(sorted(self.relabelled.get(wave, {}).items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariate:
    """A column that groups or explains: binned, relabelled, or as it is.

    Attributes
    ----------
    name, column : str
        How it is called, and the column that holds it.
    label : Label
        Its text.
    bins : tuple of float
        Edges of the classes [a, b) that a number falls in; empty for none.
    categories : mapping of str to Label
        Code to label, in order; empty for the values as they are.
    """

    name: str
    column: str
    label: Label
    bins: tuple[float, ...] = ()
    categories: Mapping[str, Label] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook:
    """What every column means.

    Attributes
    ----------
    waves : mapping of str to Wave
        In order; empty where the data's own order serves.
    outcomes, covariates : mapping
        By name.
    crosswalks : mapping of str to mapping of str to mapping of str to str
        For a column and a wave, old value to new value.

    Examples
    --------
    >>> book = Codebook.from_dict({"outcomes": {"safe": {
    ...     "scale": "binary", "categories": {0: "no", 1: {"en": "yes", "fr": "oui"}}}}})
    >>> book.outcomes["safe"].shown
    ('yes',)
    """

    waves: Mapping[str, Wave] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    covariates: Mapping[str, Covariate] = field(default_factory=dict)
    crosswalks: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Codebook:
        """Read a codebook from nested mappings, listing everything that is wrong with it.

        Parameters
        ----------
        content : mapping
            With any of the keys ``waves``, ``outcomes``, ``covariates``, ``crosswalks``.

        Raises
        ------
        CodebookError
            One error that lists every unknown key, missing choice and contradiction.
        """
        problems = [unknown("part", key, PARTS) for key in content if key not in PARTS]
        parts = {
            part: _parse_each(part, parse, content.get(part) or {}, problems)
            for part, parse in PARTS.items()
        }
        raise_all(CodebookError, problems, "Codebook")
        return cls(**parts)


def _parse_each(
    part: str, parse: Callable[[str, Any], Any], content: object, problems: list[str]
) -> dict[str, Any]:
    """Parse every entry of one part, collecting what is wrong."""
    if not isinstance(content, Mapping):
        content = dict.fromkeys(content) if isinstance(content, Sequence) else {}
    parsed = {}
    for name, entry in content.items():
        try:
            parsed[str(name)] = parse(str(name), entry)
        except JfmodelsError as problem:
            problems.append(f"{part} '{name}': {problem}")
    return parsed


def _parse_wave(name: str, entry: Any) -> Wave:
    entry = entry or {}
    _only_keys(entry, ("start", "end"))
    start, end = (_day(entry.get(key)) for key in ("start", "end"))
    if start and end and end < start:
        raise CodebookError(f"it ends ({end}) before it starts ({start}).")
    return Wave(name, start, end)


def _day(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise CodebookError(f"'{value}' is not a date such as 2024-10-20.") from None


OUTCOME_KEYS = (
    *("column", "columns", "label", "scale", "categories", "shown", "dont_know", "refused"),
    *("missing", "policy", "asked_in", "relabelled", "comparable"),
)


def _parse_outcome(name: str, entry: Any) -> Outcome:
    if isinstance(entry, Outcome):
        return entry
    _only_keys(entry, OUTCOME_KEYS)
    if "scale" not in entry:
        raise CodebookError(f"scale is missing. Choose one of {listing(SCALES)}.")
    choose("scale", entry["scale"], SCALES, CodebookError)
    outcome = Outcome(
        name=name,
        columns=_columns(name, entry),
        label=Label.parse(entry.get("label", name.replace("_", " "))),
        scale=entry["scale"],
        categories=_categories(entry),
        shown=_texts(entry.get("shown")),
        dont_know=_codes(entry.get("dont_know")),
        refused=_codes(entry.get("refused")),
        missing=_codes(entry.get("missing")),
        policy=entry.get("policy"),
        asked_in=None if entry.get("asked_in") is None else _texts(entry["asked_in"]),
        relabelled=_relabelled(entry.get("relabelled") or {}),
        comparable=_texts(entry.get("comparable")),
    )
    raise_all(CodebookError, list(_outcome_problems(outcome)), "it cannot be used as it is")
    return _with_shown(outcome)


def _only_keys(entry: object, keys: Sequence[str]) -> None:
    if not isinstance(entry, Mapping):
        raise CodebookError(f"a mapping is needed here; found {type(entry).__name__}.")
    for key in entry:
        if key not in keys:
            raise CodebookError(unknown("key", key, keys))


def _columns(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    if entry["scale"] == "multi":
        if not isinstance(entry.get("columns"), Mapping) or not entry["columns"]:
            raise CodebookError("scale 'multi' needs columns: {option: column, ...}.")
        return {str(option): _per_wave(column) for option, column in entry["columns"].items()}
    if "columns" in entry:
        raise CodebookError("columns: is for scale 'multi'; give column: instead.")
    return {"": _per_wave(entry.get("column", name))}


def _per_wave(column: Any) -> str | dict[str, str]:
    if isinstance(column, Mapping):
        return {str(wave): str(each) for wave, each in column.items()}
    return str(column)


def _categories(entry: Mapping[str, Any]) -> dict[str, Label]:
    if entry["scale"] == "multi":
        labels = entry.get("categories") or {}
        return {str(name): Label.parse(labels.get(name, name)) for name in entry["columns"]}
    default = {0: "no", 1: "yes"} if entry["scale"] == "binary" else {}
    given = entry.get("categories") or default
    if not isinstance(given, Mapping):
        raise CodebookError("categories: is a mapping of code to label.")
    parsed = {canonical(code): Label.parse(label) for code, label in given.items()}
    if len(parsed) < len(given):
        raise CodebookError(f"two of the codes {listing(given)} are the same code.")
    return parsed


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(each) for each in (value if isinstance(value, list | tuple) else [value]))


def _codes(value: Any) -> tuple[str, ...]:
    return tuple(canonical(each) for each in _texts(value))


def _relabelled(value: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {
        str(wave): {canonical(code): str(label) for code, label in labels.items()}
        for wave, labels in value.items()
    }


def _outcome_problems(outcome: Outcome) -> Iterator[str]:
    """Find the choices left open and the codes that mean two things."""
    if outcome.scale in CODED and len(outcome.categories) < 2:
        yield f"scale '{outcome.scale}' needs categories: with two codes or more."
    if outcome.scale == "binary" and len(outcome.categories) > 2:
        yield f"scale 'binary' has two categories; found {listing(outcome.categories)}."
    names = [label.en for label in outcome.categories.values()]
    if len(set(names)) < len(names):
        yield f"two categories bear the same label among {listing(names)}."
    for name in outcome.shown:
        if name not in names:
            yield f"shown: {unknown('category', name, names)}"
    if outcome.scale == "ordinal" and not outcome.shown:
        yield f"scale 'ordinal' needs shown:, the categories whose share counts: {listing(names)}."
    nonresponse = outcome.dont_know + outcome.refused
    if nonresponse and outcome.policy is None:
        choices = "; ".join(f"'{name}' ({means})" for name, means in POLICIES.items())
        yield f"there are don't-know or refusal codes, so policy: must be said. Choose {choices}."
    if outcome.policy is not None and outcome.policy not in POLICIES:
        yield unknown("policy", outcome.policy, POLICIES)
    if outcome.measured and outcome.policy in ("in_base", "own_category"):
        yield f"policy '{outcome.policy}' has no meaning for a mean; use 'excluded'."
    codes = [*outcome.dont_know, *outcome.refused, *outcome.missing]
    codes += outcome.categories if outcome.scale in CODED else []
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        yield f"codes with two meanings: {listing(twice)}."


def _with_shown(outcome: Outcome) -> Outcome:
    """Fill in what is shown where the scale decides it."""
    names = tuple(label.en for label in outcome.categories.values())
    if outcome.scale == "binary" and not outcome.shown:
        return replace(outcome, shown=names[-1:])
    return outcome


def _parse_covariate(name: str, entry: Any) -> Covariate:
    if isinstance(entry, Covariate):
        return entry
    _only_keys(entry or {}, ("column", "label", "bins", "categories"))
    entry = entry or {}
    bins = tuple(float(edge) for edge in entry.get("bins") or ())
    if list(bins) != sorted(set(bins)) or len(bins) == 1:
        raise CodebookError(f"bins are two or more rising edges; found {list(bins)}.")
    categories = entry.get("categories") or {}
    return Covariate(
        name=name,
        column=str(entry.get("column", name)),
        label=Label.parse(entry.get("label", name.replace("_", " "))),
        bins=bins,
        categories={canonical(code): Label.parse(label) for code, label in categories.items()},
    )


def _parse_crosswalk(name: str, entry: Any) -> dict[str, dict[str, str]]:
    if not isinstance(entry, Mapping):
        raise CodebookError("a crosswalk is {wave: {old value: new value}}.")
    return {
        str(wave): {canonical(old): str(new) for old, new in values.items()}
        for wave, values in entry.items()
    }


PARTS: Mapping[str, Callable[[str, Any], Any]] = {
    "waves": _parse_wave,
    "outcomes": _parse_outcome,
    "covariates": _parse_covariate,
    "crosswalks": _parse_crosswalk,
}
