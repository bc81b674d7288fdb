"""Links that lead out of `docs/` on a forge lead to the page that stands for the file here."""

from __future__ import annotations

from sphinx.application import Sphinx

PAGES = {
    "](../CONTRIBUTING.md": "](contributing.md",
    "](../CHANGELOG.md": "](changelog.md",
    "](../tests/README.md": "](agreement.md",
    "](../notebooks/": "](notebooks/",
}


def inside(app: Sphinx, page: str, source: list[str]) -> None:
    """Rewrite the links of a page that has just been read."""
    for outside, within in PAGES.items():
        source[0] = source[0].replace(outside, within)


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen to pages being read."""
    app.connect("source-read", inside)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
