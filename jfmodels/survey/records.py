"""Frozen records as plain text and back, without running anything that a file may say.

Records are written by name with their fields; only names of a closed list are read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any, NoReturn

import numpy as np

from jfmodels.errors import ReadError, SpecError, listing

__all__ = ["Held", "in_full", "read_text", "write_text"]

type Kinds = Mapping[str, type]


class Held(dict[str, Any]):
    """A mapping that is read and never changed, so that copies can share it.

    pandas copies what a table knows of itself, the codebook's labels among it, in depth at every
    selection.

    Examples
    --------
    >>> from copy import deepcopy
    >>> held = Held({"Gao": {"en": "Gao", "fr": "Gao"}})
    >>> deepcopy(held) is held
    True
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Held:
        return self

    def __reduce__(self) -> tuple[type[Held], tuple[dict[str, Any]]]:
        return Held, (dict(self),)

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError(
            "This mapping is shared by a survey and all of its tables, and is not changed. Take a "
            "copy: dict(...)."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def write_text(value: object, kinds: Kinds) -> str:
    """Write numbers, texts, dates, lists, mappings and records of some kinds as JSON.

    Parameters
    ----------
    value : object
        What is to be written.
    kinds : mapping of str to type
        Records that may occur, by name.

    Examples
    --------
    >>> write_text({"Q1": (1.5, None)}, {})
    '{"mapping": [["Q1", {"tuple": [1.5, null]}]]}'
    >>> read_text(write_text({"Q1": (1.5, None)}, {}), {})
    {'Q1': (1.5, None)}
    """
    return json.dumps(_plain(value, kinds), ensure_ascii=False)


def in_full(value: object) -> str:
    """Write a record with all its fields, however briefly it shows itself, to be told apart.

    Examples
    --------
    >>> from jfmodels.survey.labels import Label
    >>> in_full({"yes": (Label("yes", "oui"),)})
    "{'yes': (Label(en='yes', fr='oui'),)}"
    """
    if is_dataclass(value) and not isinstance(value, type):
        told = (f"{each.name}={in_full(getattr(value, each.name))}" for each in fields(value))
        return f"{type(value).__qualname__}({', '.join(told)})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {in_full(each)}' for key, each in value.items())}}}"
    if isinstance(value, list | tuple):
        items = ", ".join(map(in_full, value))
        if isinstance(value, list):
            return f"[{items}]"
        return f"({items},)" if len(value) == 1 else f"({items})"
    return repr(value)


def read_text(text: str, kinds: Kinds) -> Any:
    """Read what :func:`write_text` wrote.

    Raises
    ------
    ReadError
        If anything else stands there.
    """
    try:
        return _read(json.loads(text), kinds)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ReadError(f"A record cannot be read: {error}.") from error


def _plain(value: object, kinds: Kinds) -> Any:
    """Turn a value into what JSON has: what it has not is told by a key that says so."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {"mapping": [[_plain(k, kinds), _plain(v, kinds)] for k, v in value.items()]}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, list | tuple):
        items = [_plain(each, kinds) for each in value]
        return items if isinstance(value, list) else {"tuple": items}
    return _record(value, kinds)


def _record(value: object, kinds: Kinds) -> dict[str, Any]:
    name = type(value).__name__
    if kinds.get(name) is not type(value) or not is_dataclass(value):
        raise SpecError(f"A {name} cannot be saved; what can: {listing(kinds)}.")
    content = {each.name: _plain(getattr(value, each.name), kinds) for each in fields(value)}
    return {"record": name, "fields": content}


def _read(value: Any, kinds: Kinds) -> Any:
    """Turn what JSON has back into values."""
    if isinstance(value, list):
        return [_read(each, kinds) for each in value]
    if not isinstance(value, dict):
        return value
    if "record" in value:
        content = {name: _read(each, kinds) for name, each in value["fields"].items()}
        return kinds[value["record"]](**content)
    ((form, content),) = value.items()
    return FORMS[form](content, kinds)


FORMS: Mapping[str, Callable[[Any, Kinds], Any]] = {
    "mapping": lambda pairs, kinds: {_read(k, kinds): _read(v, kinds) for k, v in pairs},
    "tuple": lambda items, kinds: tuple(_read(each, kinds) for each in items),
    "date": lambda text, kinds: date.fromisoformat(text),
}
