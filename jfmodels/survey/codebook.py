"""What every column means: a codebook, and how it is read from nested mappings.

Every entry is read field by field. What cannot be read is noted, so that one error can list
everything that is wrong with a codebook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from jfmodels.display.card import Card, Displayed
from jfmodels.errors import CodebookError, listing, raise_all, unknown
from jfmodels.survey.cards import codebook_card
from jfmodels.survey.contradictions import covariate_problems, outcome_problems
from jfmodels.survey.fields import (
    Fields,
    as_codes,
    as_english,
    as_labels,
    as_list,
    as_name,
    as_pairs,
    as_texts,
)
from jfmodels.survey.outcome import (
    NAMED,
    ONE,
    SCALES,
    ZERO,
    Covariate,
    Label,
    Outcome,
    Place,
    Wave,
    canonical,
)

__all__ = ["Codebook"]

NOTES = "notes"  # remarks for people, which a draft leaves there

type Crosswalk = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Codebook(Displayed):
    """What every column means.

    Attributes
    ----------
    waves : mapping of str to Wave
        In order; empty where the data's own order serves.
    outcomes, covariates : mapping
        By name.
    topics : mapping of str to Label
        What outcomes are about, in the order in which a report speaks of them.
    crosswalks : mapping of str to mapping of str to mapping of str to str
        For a column and a wave, old value to new value.
    title : Label or None
        What the survey is called.

    Raises
    ------
    CodebookError
        One error that lists every choice left open and every contradiction.

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
    topics: Mapping[str, Label] = field(default_factory=dict)
    crosswalks: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    title: Label | None = None

    def _card(self) -> Card:
        return codebook_card(self)

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """Text in each language of every outcome, covariate and answer that tables name."""
        texts: dict[str, Label] = {}
        for outcome in self.outcomes.values():
            texts |= {label.en: label for label in outcome.categories.values()}
            shown = [outcome.labels[name] for name in outcome.shown if name in outcome.labels]
            if len(shown) > 1:
                joined = Label(
                    " + ".join(label.en for label in shown), " + ".join(label.fr for label in shown)
                )
                texts[joined.en] = joined
        for covariate in self.covariates.values():
            texts |= {label.en: label for label in covariate.categories.values()}
        texts |= {name: each.label for name, each in self.covariates.items()}
        texts |= {name: each.label for name, each in self.outcomes.items()}
        return {name: {"en": label.en, "fr": label.fr} for name, label in texts.items()}

    def __post_init__(self) -> None:
        parts: tuple[tuple[str, type, Mapping[str, Any], Callable[[Any], Iterator[str]]], ...] = (
            ("outcomes", Outcome, self.outcomes, outcome_problems),
            ("covariates", Covariate, self.covariates, covariate_problems),
        )
        found = []
        for part, kind, entries, problems in parts:
            for name, entry in entries.items():
                found += [f"{part} '{name}': {each}" for each in _named(name, entry, kind)]
                if isinstance(entry, kind):
                    found += [f"{part} '{name}': {each}" for each in problems(entry)]
        found += _topic_problems(self.outcomes, self.topics)
        raise_all(CodebookError, found, "Codebook")

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Codebook:
        """Read a codebook from nested mappings, listing everything that is wrong with it.

        Parameters
        ----------
        content : mapping
            With any of the keys ``title``, ``waves``, ``topics``, ``outcomes``,
            ``covariates``, ``crosswalks``; what stands under ``notes`` is for people,
            and is not read.

        Returns
        -------
        Codebook
            Every entry read and checked.

        Raises
        ------
        CodebookError
            One error that lists every unknown key, missing choice and contradiction.

        Examples
        --------
        >>> safe = {"scale": "binary", "categories": {0: "no", 1: "yes"}}
        >>> list(Codebook.from_dict({"outcomes": {"safe": safe}}).outcomes)
        ['safe']
        """
        keys = ("title", *PARTS)
        if not isinstance(content, Mapping):
            raise CodebookError(
                f"Codebook: a mapping with any of {listing(keys)} is needed; found "
                f"{type(content).__name__}."
            )
        known = [*keys, NOTES]
        problems = [unknown("part", key, known) for key in content if key not in known]
        title = Fields(content, problems).read("title", Label.parse, None)
        parts = {
            part: _parse_part(part, parse, content.get(part), problems)
            for part, parse in PARTS.items()
        }
        raise_all(CodebookError, problems, "Codebook")
        return cls(title=title, **parts)


def _named(name: str, entry: object, kind: type) -> Iterator[str]:
    """Find an entry that is no record, or a record that bears another name."""
    if not isinstance(entry, kind):
        article = "an" if kind is Outcome else "a"
        found = type(entry).__name__
        yield f"{article} {kind.__name__} record is needed; found {found}. See Codebook.from_dict."
    elif getattr(entry, "name", name) != name:
        yield f"the record is named '{getattr(entry, 'name', '')}'; use one name."


def _topic_problems(outcomes: Mapping[str, Any], topics: Mapping[str, Label]) -> list[str]:
    """Find outcomes of topics that have no place in the order."""
    named = {name: getattr(outcome, "topic", None) for name, outcome in outcomes.items()}
    return [
        f"outcomes '{name}': {unknown('topic', topic, topics)} List it under topics:."
        for name, topic in named.items()
        if topic is not None and topic not in topics
    ]


def _parse_part(
    part: str,
    parse: Callable[[str, Any], tuple[Any, list[str]]],
    content: object,
    problems: list[str],
) -> dict[str, Any]:
    """Parse every entry of one part, collecting what is wrong."""
    parsed: dict[str, Any] = {}
    for given, entry in _entries(part, content, problems):
        name = canonical(given) if part == "waves" else str(given).strip()
        if not name or name in parsed:
            problems.append(f"{part}: {f"'{name}' stands twice" if name else 'a name is blank'}.")
            continue
        try:
            parsed[name], faults = parse(name, entry)
        except CodebookError as fault:
            parsed[name], faults = None, [str(fault)]
        problems.extend(f"{part} '{name}': {fault}" for fault in faults)
    return parsed


def _entries(part: str, content: object, problems: list[str]) -> list[tuple[Any, Any]]:
    """List the names of one part with their entries; a list has names alone."""
    if content is None:
        return []
    if isinstance(content, Mapping):
        return list(content.items())
    names = content if isinstance(content, list | tuple) else [()]
    if all(isinstance(name, str | int | float | date) for name in names):
        return [(name, None) for name in names]
    problems.append(f"{part}: a mapping of names is needed; found {type(content).__name__}.")
    return []


def _parse_wave(name: str, entry: Any) -> tuple[Wave, list[str]]:
    if isinstance(entry, Wave):
        return entry, list(_named(name, entry, Wave))
    fields = Fields.of({} if entry is None else entry, ("start", "end"))
    wave = Wave(name, fields.read("start", _day, None), fields.read("end", _day, None))
    if wave.end is not None and fields.content.get("start") is None:
        fields.problems.append("it has an end but no start.")
    if wave.start and wave.end and wave.end < wave.start:
        fields.problems.append(f"it ends ({wave.end}) before it starts ({wave.start}).")
    return wave, fields.problems


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date() if value == value else None  # NaT, pandas' missing date, is not itself
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value).strip())
    except ValueError:
        raise CodebookError(f"'{value}' is not a date such as 2024-10-20.") from None


def _parse_topic(name: str, entry: Any) -> tuple[Label, list[str]]:
    return Label.parse(name.replace("_", " ") if entry is None else entry), []


OUTCOME_KEYS = (
    *(
        "topic",
        "column",
        "columns",
        "label",
        "scale",
        "categories",
        "shown",
        "dont_know",
        "refused",
    ),
    *("missing", "policy", "asked_in", "relabelled", "comparable"),
    *("named", "not_named", "written", "offered"),
)


def _parse_outcome(name: str, entry: Any) -> tuple[Outcome, list[str]]:
    if isinstance(entry, Outcome):
        return entry, [*_named(name, entry, Outcome), *outcome_problems(entry)]
    fields = Fields.of(entry, OUTCOME_KEYS)
    if fields.content.get("scale") is None:
        fields.problems.append(f"scale: is missing. Choose one of {listing(SCALES)}.")
    scale = fields.read("scale", _scale, "")
    listed = scale == "multi" and fields.content.get("columns") is None
    columns, categories, mentions = (_listed if listed else _columns)(name, scale, fields)
    shown = fields.read("shown", as_texts, ())
    if scale == "binary" and fields.content.get("shown", ()) is None:
        fields.problems.append(f"shown: is left open. Choose one of {_names_of(categories)}.")
    elif scale == "binary" and not shown:
        shown = tuple(label.en for label in categories.values())[-1:]
    outcome = Outcome(
        name=name,
        columns=columns,
        label=fields.read("label", Label.parse, Label.parse(name.replace("_", " "))),
        scale=scale,
        categories=categories,
        shown=shown,
        dont_know=fields.read("dont_know", as_codes, ()),
        refused=fields.read("refused", as_codes, ()),
        missing=fields.read("missing", as_codes, ()),
        policy=fields.read("policy", as_name, None),
        asked_in=fields.read("asked_in", as_codes, None),
        relabelled=fields.read("relabelled", _relabelled, {}),
        comparable=fields.read("comparable", as_codes, ()),
        mentions=mentions,
        named=fields.read("named", as_codes, ONE),
        not_named=fields.read("not_named", as_codes, ZERO),
        written=fields.read("written", as_texts, ()),
        offered=fields.read("offered", lambda value: as_pairs(value, as_name, as_codes), {}),
        topic=fields.read("topic", as_name, None),
    )
    if not fields.unread:
        fields.problems.extend(outcome_problems(outcome))
    return _as_offered(outcome), fields.problems


def _names_of(categories: Mapping[str, Label]) -> str:
    return listing(label.en for label in categories.values())


def _scale(value: object) -> str:
    if not isinstance(value, str) or value not in SCALES:
        raise CodebookError(unknown("scale", value, SCALES))
    return value


type Read = tuple[dict[str, Place], dict[str, Label], dict[str, str]]


def _columns(name: str, scale: str, fields: Fields) -> Read:
    """Read where the answers are: a column, one per wave, or one per option."""
    columns: dict[str, Place]
    if scale != "multi":
        if "columns" in fields.content and scale:
            fields.problems.append("columns: is for scale 'multi'; give column: instead.")
        columns = {"": fields.read("column", _per_wave, name)}
    else:
        if "column" in fields.content:
            fields.problems.append("give column: (what was named) or columns:, not both.")
        columns = fields.read("columns", _options, {})
    return columns, _categories(scale, columns, fields), {}


def _listed(name: str, scale: str, fields: Fields) -> Read:
    """Read a multiple response whose column, or columns, list the codes of what was named."""
    codes: dict[str, Label] = fields.read("categories", as_labels, {})
    if not codes and fields.content.get("categories") is None:
        fields.problems.append(
            "scale 'multi' needs columns: {option: column, ...}, or column: and categories: "
            "{code: label, ...} where one column lists what was named."
        )
    place: Place = fields.read("column", _lists_per_wave, name)
    options = {label.en: label for label in codes.values()}
    if len(options) < len(codes):
        fields.problems.append("categories: two options bear the same label.")
    mentions = {label.en: code for code, label in codes.items()}
    return dict.fromkeys(options, place), options, mentions


def _as_offered(outcome: Outcome) -> Outcome:
    """Give an option that some waves offered its columns in these waves alone."""
    columns = dict(outcome.columns)
    for option, waves in outcome.offered.items():
        place = columns.get(option, "")
        per_wave = place if isinstance(place, Mapping) else dict.fromkeys(waves, place)
        columns[option] = {wave: per_wave[wave] for wave in waves if wave in per_wave}
    return replace(outcome, columns=columns) if outcome.offered else outcome


def _options(value: object) -> dict[str, Place]:
    if not isinstance(value, Mapping) or not value:
        raise CodebookError("scale 'multi' needs columns: {option: column, ...}.")
    return as_pairs(value, as_name, _per_wave)


def _per_wave(value: object) -> Place:
    return _by_wave(value, as_name)


def _lists_per_wave(value: object) -> Place:
    return _by_wave(value, _names)


def _by_wave(value: object, read: Callable[[Any], str | tuple[str, ...]]) -> Place:
    """Read columns, the same in all waves or each wave's own."""
    if not isinstance(value, Mapping):
        return read(value)
    if not value:
        raise CodebookError("it names no wave; use {wave: column, ...}.")
    return as_pairs(value, canonical, read)


def _names(value: object) -> str | tuple[str, ...]:
    """Read one column, or several that hold one code each."""
    names = tuple(as_name(each) for each in as_list(value))
    if not names or len(set(names)) < len(names):
        raise CodebookError("a column, or several different ones, are needed.")
    return names if isinstance(value, list | tuple) and len(names) > 1 else names[0]


def _categories(scale: str, columns: Mapping[str, Place], fields: Fields) -> dict[str, Label]:
    """Read codes and labels; of a multiple response, the labels of options."""
    if scale != "multi":
        default = dict(NAMED) if scale == "binary" else {}
        return fields.read("categories", as_labels, {}) or default
    labels: dict[str, Label] = fields.read(
        "categories", lambda value: as_pairs(value, as_name, Label.parse), {}
    )
    for option in labels:
        if option not in columns:
            fields.problems.append(f"categories: {unknown('option', option, columns)}")
    return {option: labels.get(option) or Label(option, option) for option in columns}


def _relabelled(value: object) -> dict[str, dict[str, str]]:
    return as_pairs(value, canonical, lambda codes: as_pairs(codes, canonical, as_english))


def _parse_covariate(name: str, entry: Any) -> tuple[Covariate, list[str]]:
    if isinstance(entry, Covariate):
        return entry, [*_named(name, entry, Covariate), *covariate_problems(entry)]
    keys = ("column", "label", "bins", "categories")
    fields = Fields.of({} if entry is None else entry, keys)
    covariate = Covariate(
        name=name,
        column=fields.read("column", as_name, name),
        label=fields.read("label", Label.parse, Label.parse(name.replace("_", " "))),
        bins=fields.read("bins", _edges, ()),
        categories=fields.read("categories", as_labels, {}),
    )
    if not fields.unread:
        fields.problems.extend(covariate_problems(covariate))
    return covariate, fields.problems


def _edges(value: object) -> tuple[float, ...]:
    try:
        return tuple(float(str(edge)) for edge in as_list(value))
    except ValueError:
        raise CodebookError("bins are two or more rising edges, such as [18, 25, 35].") from None


def _parse_crosswalk(name: str, entry: Any) -> tuple[Crosswalk, list[str]]:
    if not isinstance(entry, Mapping):
        raise CodebookError("a crosswalk is {wave: {old value: new value}}.")
    walk = as_pairs(entry, canonical, lambda values: as_pairs(values, canonical, _new_value))
    return walk, []


def _new_value(value: object) -> str:
    return canonical(Label.parse(value).en)


PARTS: Mapping[str, Callable[[str, Any], tuple[Any, list[str]]]] = {
    "waves": _parse_wave,
    "topics": _parse_topic,
    "outcomes": _parse_outcome,
    "covariates": _parse_covariate,
    "crosswalks": _parse_crosswalk,
}
