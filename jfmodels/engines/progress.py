"""How far a long calculation is: a bar where somebody looks, in a terminal or a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

__all__ = ["somebody_looks", "watched"]


def somebody_looks(stream: TextIO) -> bool:
    """Whether there is a terminal, or a notebook."""
    return stream.isatty() or _in_notebook()


def watched[Each](
    done: Iterable[Each], total: int, shown: bool, doing: str = "Fitting"
) -> Iterable[Each]:
    """Pass on what is done, one after the other, and show how many of all that is.

    Parameters
    ----------
    done : iterable
        What is calculated when asked for.
    total : int
        How many there are.
    shown : bool
        Whether to show a bar.
    doing : str, default "Fitting"
        What is done, beside the bar.

    Examples
    --------
    >>> list(watched(["a", "b"], 2, shown=False))
    ['a', 'b']
    """
    if not shown:
        return done
    return (_on_page if _in_notebook() else _in_terminal)(done, total, doing)


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules


def _in_terminal[Each](done: Iterable[Each], total: int, doing: str) -> Iterable[Each]:
    from rich.console import Console
    from rich.progress import track

    return track(done, doing, total=total, console=Console(stderr=True))


def _on_page[Each](done: Iterable[Each], total: int, doing: str) -> Iterator[Each]:
    """Show a bar of the browser's own, which needs no widgets."""
    from IPython.display import HTML, display

    page = display(HTML(_bar(0, total, doing)), display_id=True)
    for n, each in enumerate(done, start=1):
        page.update(HTML(_bar(n, total, doing)))
        yield each


def _bar(n: int, total: int, doing: str) -> str:
    return f'<progress value="{n}" max="{total}"></progress> {doing}: {n} of {total}'
