"""The parts of a codebook, read from nested mappings entry by entry.

Every entry is read field by field. What cannot be read is noted, so that one error can list
everything that is wrong with a codebook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from jfmodels.errors import CodebookError, listing, unknown
from jfmodels.survey.contradictions import covariate_problems, outcome_problems, record_problems
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
from jfmodels.survey.labels import Label, canonical
from jfmodels.survey.outcome import ONE, SCALES, ZERO, Covariate, Outcome, Wave
from jfmodels.survey.outcome_columns import as_offered, columns_of_lists, columns_of_options

__all__ = ["PARTS", "parse_parts"]

type Crosswalk = dict[str, dict[str, str]]


def parse_parts(content: Mapping[str, Any], problems: list[str]) -> dict[str, dict[str, Any]]:
    """Parse every part of a codebook, noting what is wrong among the problems."""
    return {
        part: _parse_part(part, parse, content.get(part), problems) for part, parse in PARTS.items()
    }


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
        return entry, list(record_problems(name, entry, Wave))
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
        return entry, [*record_problems(name, entry, Outcome), *outcome_problems(entry)]
    fields = Fields.of(entry, OUTCOME_KEYS)
    if fields.content.get("scale") is None:
        fields.problems.append(f"scale: is missing. Choose one of {listing(SCALES)}.")
    scale = fields.read("scale", _scale, "")
    listed = scale == "multi" and fields.content.get("columns") is None
    read_columns = columns_of_lists if listed else columns_of_options
    columns, categories, mentions = read_columns(name, scale, fields)
    shown = fields.read("shown", as_texts, ())
    if scale == "binary" and fields.content.get("shown", ()) is None:
        fields.problems.append(f"shown: is left open. Choose one of {_names_of(categories)}.")
    elif scale == "binary" and not shown:
        shown = tuple(label.en for label in categories.values())[-1:]
    if fields.content.get("named", ()) is None:
        fields.problems.append("named: is left open. Give the code of an option that was named.")
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
    return as_offered(outcome), fields.problems


def _names_of(categories: Mapping[str, Label]) -> str:
    return listing(label.en for label in categories.values())


def _scale(value: object) -> str:
    if not isinstance(value, str) or value not in SCALES:
        raise CodebookError(unknown("scale", value, SCALES))
    return value


def _relabelled(value: object) -> dict[str, dict[str, str]]:
    return as_pairs(value, canonical, lambda codes: as_pairs(codes, canonical, as_english))


def _parse_covariate(name: str, entry: Any) -> tuple[Covariate, list[str]]:
    if isinstance(entry, Covariate):
        return entry, [*record_problems(name, entry, Covariate), *covariate_problems(entry)]
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
