"""A bar where somebody looks: in a terminal by rich, in a notebook by the browser itself."""

from __future__ import annotations

import io
import sys
from types import ModuleType

import pytest

from jfmodels.engines.progress import somebody_looks, watched


@pytest.fixture
def notebook(monkeypatch):
    """Stand in for Jupyter; what its page shows, in order."""
    shown: list[str] = []

    class Page:
        def update(self, html):
            shown.append(html)

    def display(html, display_id):
        assert display_id
        shown.append(html)
        return Page()

    page = ModuleType("IPython.display")
    page.HTML, page.display = str, display
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", page)
    return shown


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_somebody_looks_at_terminals_and_notebooks_alone(notebook, monkeypatch):
    assert somebody_looks(Terminal())
    assert somebody_looks(io.StringIO())
    monkeypatch.delitem(sys.modules, "ipykernel")
    assert somebody_looks(Terminal())
    assert not somebody_looks(io.StringIO())


def test_a_notebook_shows_how_many_are_done(notebook):
    assert list(watched("abc", 3, shown=True)) == ["a", "b", "c"]
    assert [each.split("Fitting: ")[1] for each in notebook] == [f"{n} of 3" for n in range(4)]
    assert '<progress value="3" max="3">' in notebook[-1]


def test_nothing_is_shown_unasked(notebook, capsys):
    assert list(watched("abc", 3, shown=False)) == ["a", "b", "c"]
    assert notebook == []
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_a_bar(capsys):
    assert list(watched("abc", 3, shown=True)) == ["a", "b", "c"]
    assert "Fitting" in capsys.readouterr().err
