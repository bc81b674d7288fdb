"""Links that lead out of `docs/` on a forge lead to the page that stands for the file here."""

from __future__ import annotations

import os.path
import re
from pathlib import Path

from sphinx.application import Sphinx

PAGES = {
    "CONTRIBUTING.md": "docs/contributing.md",
    "CHANGELOG.md": "docs/changelog.md",
    "README.md": "docs/index.md",
    "tests/README.md": "docs/agreement.md",
    "notebooks": "docs/notebooks.md",
}
LINK = re.compile(r"\]\((\.\./[^)#]+)")


def page_for(target: str, folder: str) -> str:
    """Find the page for a link target, written as from a folder of the repository.

    Examples
    --------
    >>> page_for("../../tests/README.md", "docs/method"), page_for("../LICENSE", "docs")
    ('../agreement.md', '../LICENSE')
    >>> page_for("../notebooks/quick-start.ipynb", "docs")
    'notebooks/quick-start.ipynb'
    """
    path = os.path.normpath(f"{folder}/{target}")
    page = PAGES.get(path, path.replace("notebooks/", "docs/notebooks/", 1))
    is_page = page != path and not path.startswith("docs/")
    return os.path.relpath(page, folder) if is_page else target


def rewrite(app: Sphinx, page: str, source: list[str]) -> None:
    """Rewrite the links of a page that has just been read."""
    folder = (Path("docs") / page).parent.as_posix()
    source[0] = LINK.sub(lambda link: f"]({page_for(link[1], folder)}", source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen to pages being read."""
    app.connect("source-read", rewrite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
