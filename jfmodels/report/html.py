"""HTML put together from elements: what is not already HTML is escaped, always."""

from __future__ import annotations

import re
from html import escape

__all__ = ["Html", "element", "joined", "unbroken"]

# elements that hold nothing
EMPTY = ("circle", "line", "meta", "path", "polygon", "polyline", "rect")
INTERVAL = re.compile(r"(\[[-+−]?\d[^\]]*\])")


class Html(str):
    """Text that is HTML, and is not escaped again."""

    __slots__ = ()


def element(tag: str, *content: object, **attributes: object) -> Html:
    """Write an element.

    Parameters
    ----------
    tag : str
        Its name.
    *content : object
        What it holds, in order; anything but :class:`Html` is escaped, None is left out.
    **attributes : object
        ``class_`` and ``for_`` lose the underscore, others become hyphens; True is an
        attribute without a value, None and False are left out.

    Examples
    --------
    >>> element("p", "a < b ", element("b", 1), class_="note", aria_hidden=None)
    '<p class="note">a &lt; b <b>1</b></p>'
    """
    named = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in EMPTY:
        return Html(f"<{tag}{named}/>")
    return Html(f"<{tag}{named}>{joined(*content)}</{tag}>")


def joined(*content: object) -> Html:
    """Put parts after one another; None is left out."""
    return Html("".join(_escaped(part) for part in content if part is not None))


def unbroken(text: str) -> Html:
    """Keep every interval of a sentence on one line.

    Examples
    --------
    >>> unbroken("up by 5 points [1, 9].")
    'up by 5 points <span class="interval">[1, 9]</span>.'
    """
    parts: list[str] = INTERVAL.split(text)
    parts[1::2] = [element("span", each, class_="interval") for each in parts[1::2]]
    return joined(*parts)


def _escaped(part: object) -> str:
    return part if isinstance(part, Html) else escape(str(part), quote=False)


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(str(value), quote=True)}"'
