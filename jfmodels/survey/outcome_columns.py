"""Where a codebook says that answers are: in a column, one per wave, one per option, or lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from jfmodels.errors import CodebookError, unknown
from jfmodels.survey.fields import Fields, as_labels, as_list, as_name, as_pairs
from jfmodels.survey.labels import Label, canonical
from jfmodels.survey.outcome import NAMED, Outcome, Place

__all__ = ["as_offered", "columns_of_lists", "columns_of_options"]

type Read = tuple[dict[str, Place], dict[str, Label], dict[str, str]]


def columns_of_options(name: str, scale: str, fields: Fields) -> Read:
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


def columns_of_lists(name: str, scale: str, fields: Fields) -> Read:
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


def as_offered(outcome: Outcome) -> Outcome:
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
