"""Pages that are written when building, and read again only if they have changed."""

from __future__ import annotations

from pathlib import Path


def write_if_new(path: Path, text: str) -> None:
    """Write a page unless it says so already."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
