"""The pictures of the page of pictures: its code is run, and each picture stands below its code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = "pictures"
BLOCK = re.compile(
    r"^## (?P<heading>[^\n]+)$|^```python\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)


def insert(app: Sphinx, page: str, source: list[str]) -> None:
    """Run the blocks of the page in order, and put each picture after its block."""
    if page != PAGE:
        return
    folder = Path(app.srcdir) / "generated" / PAGE
    folder.mkdir(parents=True, exist_ok=True)
    source[0] = with_pictures(source[0], folder)


def with_pictures(text: str, folder: Path) -> str:
    """Give the text with a picture after every block that draws one."""
    import matplotlib.pyplot as plt

    namespace: dict[str, object] = {}
    heading, parts, end = "", [], 0
    with mpl.rc_context({"backend": "agg"}):
        for found in BLOCK.finditer(text):
            heading = found["heading"] or heading
            parts.append(text[end : found.end()])
            end = found.end()
            if found["code"] is None:
                continue
            exec(found["code"], namespace)
            for number in plt.get_fignums():
                file = folder / f"{len(parts)}.png"
                plt.figure(number).savefig(file, dpi=110, bbox_inches="tight")
                parts.append(f"\n\n![{heading}](generated/{PAGE}/{file.name})")
                plt.close(number)
    return "".join([*parts, text[end:]])


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen to pages being read."""
    app.connect("source-read", insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
