"""The letters that stand for flags beside numbers: a, b, ..., z, aa, ab, ..."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, product
from string import ascii_lowercase

__all__ = ["RAISED", "lettered"]

RAISED = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"  # fonts have no q


def lettered(codes: Iterable[str], alphabet: str = ascii_lowercase) -> dict[str, str]:
    """Give every code a letter of its own; two of them where the alphabet ends.

    Examples
    --------
    >>> lettered(["few_clusters", "small_cell"])
    {'few_clusters': 'a', 'small_cell': 'b'}
    """
    marks = ("".join(each) for size in count(1) for each in product(alphabet, repeat=size))
    return dict(zip(codes, marks, strict=False))
