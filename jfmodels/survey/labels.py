"""Codes and labels: the one way to write a code, and what it means in every language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from jfmodels.errors import CodebookError, listing

__all__ = ["Label", "canonical"]

NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]*))?")


def canonical(code: object) -> str:
    """Write a code the one way in which codes of data and codebook are compared.

    Numbers lose a sign, zeros and a point that say nothing, truth values are 0 and 1, and a
    time at midnight is its day. Only what is plainly a number is read as one: places called
    ``1_12`` or ``1e2`` keep their names.

    Examples
    --------
    >>> canonical(2), canonical(2.0), canonical(" 2 "), canonical(True), canonical("Yes")
    ('2', '2', '2', '1', 'Yes')
    >>> canonical("1_12"), canonical("0.50"), canonical(datetime(2012, 12, 16))
    ('1_12', '0.5', '2012-12-16')
    """
    text = normalize("NFC", str(code)).strip()
    if text in ("True", "False"):
        return str(int(text == "True"))
    number = NUMBER.fullmatch(text)
    if number is None:
        return text.removesuffix(" 00:00:00") if isinstance(code, datetime) else text
    sign, whole, part = number.groups(default="")
    part = part.rstrip("0")
    digits = (whole.lstrip("0") or "0") + (f".{part}" if part else "")
    return f"-{digits}" if sign == "-" and digits != "0" else digits


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
            return cls(_plain(value), _plain(value))
        if not value or set(value) - {"en", "fr"}:
            found = listing(value) if value else "none"
            raise CodebookError(f"a label has the languages 'en' and 'fr'; found {found}.")
        texts = {language: _plain(text) for language, text in value.items()}
        first = next(iter(texts.values()))
        return cls(texts.get("en", first), texts.get("fr", first))


def _plain(value: object) -> str:
    """Read the text of a label in one language."""
    if value is None or isinstance(value, Mapping | list | tuple | set):
        found = "nothing" if value is None else type(value).__name__
        raise CodebookError(f"a label is a text; found {found}.")
    text = normalize("NFC", str(value)).strip()
    if not text:
        raise CodebookError("a label is a text; found an empty one.")
    return text
