"""What the documentation shows is what the package takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import jfmodels as jf
from jfmodels.claims.kinds import KINDS
from jfmodels.claims.robustness import CHOICES
from jfmodels.survey.read import read_design, read_yaml

ROOT = Path(__file__).parents[1]
DOCS = sorted(ROOT.glob("docs/*.md"))
CLAIMS = ROOT / "docs" / "claims.md"


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("path", "text"),
    [(path, text) for path in DOCS if path != CLAIMS for text in blocks(path, "yaml")],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_every_codebook_shown_can_be_read(path, text, tmp_path):
    file = tmp_path / "codebook.yaml"
    file.write_text(text, encoding="utf-8")
    book = read_yaml(file)
    assert read_design(book.pop("design")).wave
    assert jf.Codebook.from_dict(book).outcomes


PAGES = [
    "claims",
    "comparing",
    "multilevel",
    "planning",
    "populations",
    "regression",
    "tables",
    "weights",
]


@pytest.mark.parametrize("text", blocks(CLAIMS, "yaml"))
def test_every_claims_file_shown_can_be_judged(text, tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(text, encoding="utf-8")
    assert len(jf.judge(jf.read_claims(file), jf.example()).of_claims)


def test_every_kind_of_claim_is_documented():
    page = CLAIMS.read_text(encoding="utf-8")
    assert all(f"| `{kind}` |" in page for kind in KINDS)
    assert all(f"`{choice}`" in page for choice in CHOICES)


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_code_run(page):
    namespace: dict[str, object] = {}
    for text in blocks(ROOT / "docs" / f"{page}.md", "python"):
        exec(text, namespace)
