"""What the documentation shows is what the package takes."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import jfmodels as jf
from jfmodels.claims.choices import CHOICES
from jfmodels.claims.kinds import KINDS
from jfmodels.survey.draft import write_codebook
from jfmodels.survey.example import simulate
from jfmodels.survey.read import read_design, read_yaml

ROOT = Path(__file__).parents[1]
DOCS = sorted(ROOT.glob("docs/*.md"))
CLAIMS = ROOT / "docs" / "claims.md"
LONG = ("README", "report")  # whole reports and every robustness check
PAGES = [
    pytest.param(path, marks=pytest.mark.slow) if path.stem in LONG else path
    for path in (ROOT / "README.md", *DOCS)
    if "```python" in path.read_text(encoding="utf-8")
]


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


@pytest.mark.parametrize("text", blocks(CLAIMS, "yaml"))
def test_every_claims_file_shown_can_be_judged(text, tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(text, encoding="utf-8")
    assert len(jf.judge(jf.read_claims(file), jf.example()).of_claims)


def test_every_kind_of_claim_is_documented():
    page = CLAIMS.read_text(encoding="utf-8")
    assert all(f"| `{kind}` |" in page for kind in KINDS)
    assert all(f"`{choice}`" in page for choice in CHOICES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that readers have, and pages speak of; here the example's."""
    folder = tmp_path_factory.mktemp("reader")
    rows, book = simulate().frame, simulate().codebook
    rows.assign(safe=rows["feel_safe"] > 2).to_csv(folder / "survey.csv", index=False)
    safe = {"scale": "binary", "label": "Feels safe", "categories": {0: "no", 1: "yes"}}
    design = {"wave": "wave", "strata": "region", "cluster": "commune", "weights": "weight"}
    design |= {"repeats": "clusters", "target": "population"}
    outcomes = {**book["outcomes"], "safe": safe}
    write_codebook({"design": design, **book, "outcomes": outcomes}, folder / "codebook.yaml")
    (folder / "claims.yaml").write_text(blocks(CLAIMS, "yaml")[0], encoding="utf-8")
    (folder / "docs").symlink_to(ROOT / "docs")  # exports of other programs
    return folder


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_of_code_run(path, folder, monkeypatch):
    monkeypatch.chdir(folder)
    namespace: dict[str, object] = {}
    for text in blocks(path, "python"):
        exec(text, namespace)
    plt.close("all")
