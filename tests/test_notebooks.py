"""Notebooks are kept without output, show public names alone, and say what they cannot tell.

`make docs` runs all of them through a kernel. Here the first one runs, and, among the slow tests,
those that take another road where the real survey is absent.
"""

from __future__ import annotations

import ast
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

import jfmodels as jf

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
TITLES = {"army-trust", "claims", "engines", "planning", "quick-start"}
ABSENT = {"army-trust": "says nothing about Mali", "claims": "no real claim is judged"}
LIMITS = "## What this cannot tell you\n"

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def sources(path: Path, kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == kind]


def syntax(path: Path) -> list[ast.AST]:
    return [node for text in sources(path, "code") for node in ast.walk(ast.parse(text))]


def run(path: Path) -> None:
    namespace: dict[str, object] = {}
    for text in sources(path, "code"):
        exec(text, namespace)


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_there_are_five():
    assert {path.stem for path in NOTEBOOKS} == TITLES


@every_notebook
def test_it_is_a_notebook_that_any_version_control_can_hold(path):
    content = read(path)
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    names = [cell["id"] for cell in content["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[\w-]{1,64}", name) for name in names)


@every_notebook
def test_no_output_is_kept(path):
    cells = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)


@every_notebook
def test_it_opens_with_a_question_and_says_that_data_are_simulated(path):
    opening = read(path)["cells"][0]
    text = "".join(opening["source"])
    assert opening["cell_type"] == "markdown"
    assert text.startswith("# ")
    assert re.search(r"\*\*[^*]*\?\*\*|\?", text)
    assert "simulated" in text


@every_notebook
def test_it_has_one_title_and_ends_with_its_limits(path):
    texts = sources(path, "markdown")
    headings = re.findall(r"^#+ .*\n", "\n".join([*texts, ""]), re.MULTILINE)
    assert [heading for heading in headings if heading.startswith("# ")] == headings[:1]
    assert headings[-1] == LIMITS
    assert LIMITS in read(path)["cells"][-1]["source"]


@every_notebook
def test_only_public_names_are_shown(path):
    nodes = syntax(path)
    taken = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    taken += [each.name for node in nodes if isinstance(node, ast.Import) for each in node.names]
    assert not [name for name in taken if name and name.startswith("jfmodels.")]
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    assert not [node.attr for node in attributes if node.attr.startswith("_")]
    of_package = {
        node.attr
        for node in attributes
        if isinstance(node.value, ast.Name) and node.value.id == "jf"
    }
    assert of_package
    assert of_package <= set(jf.__all__)


@every_notebook
def test_its_links_lead_somewhere(path):
    links = re.findall(r"\]\(([^)#]+)", "\n".join(sources(path, "markdown")))
    inside = [link for link in links if not link.startswith("https://")]
    assert not [link for link in inside if not (FOLDER / link).exists()]


def test_the_first_one_runs():
    run(FOLDER / "quick-start.ipynb")


@pytest.mark.slow
@pytest.mark.parametrize("name", ABSENT)
def test_without_the_real_survey_it_runs_and_says_so(name, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("JFMODELS_SHARED", str(tmp_path))
    run(FOLDER / f"{name}.ipynb")
    assert ABSENT[name] in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", ABSENT)
def test_with_the_real_survey_it_runs_and_says_so(name, monkeypatch, shared_data, capsys):
    monkeypatch.setenv("JFMODELS_SHARED", str(shared_data.parent))
    run(FOLDER / f"{name}.ipynb")
    said = capsys.readouterr().out
    assert "Real data: Afrobarometer, Mali" in said
    assert ABSENT[name] not in said
