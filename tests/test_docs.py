"""What the documentation shows is what the package takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import jfmodels as jf
from jfmodels.survey.read import read_design, read_yaml

ROOT = Path(__file__).parents[1]
DOCS = sorted(ROOT.glob("docs/*.md"))


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("path", "text"),
    [(path, text) for path in DOCS for text in blocks(path, "yaml")],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_every_codebook_shown_can_be_read(path, text, tmp_path):
    file = tmp_path / "codebook.yaml"
    file.write_text(text, encoding="utf-8")
    book = read_yaml(file)
    assert read_design(book.pop("design")).wave
    assert jf.Codebook.from_dict(book).outcomes


@pytest.mark.parametrize("page", ["comparing", "multilevel", "planning", "regression"])
def test_pages_of_code_run(page):
    namespace: dict[str, object] = {}
    for text in blocks(ROOT / "docs" / f"{page}.md", "python"):
        exec(text, namespace)
