"""Notebooks live in `notebooks/`, without output; copies are run and shown here."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from written import write_if_new

import jfmodels


def keep_outputs(app: Sphinx, config: Config) -> None:
    """Keep outputs for as long as neither notebook nor package changes."""
    package = Path(jfmodels.__file__).parent
    files = [path.read_bytes() for path in sorted(package.rglob("*.py"))]
    state = sha256(b"".join(files)).hexdigest()[:16]
    config.nb_execution_cache_path = str(Path(app.outdir).parent / "notebooks" / state)


def copy(app: Sphinx) -> None:
    """Put every notebook, and no other, beside the pages."""
    pages = Path(app.srcdir) / "notebooks"
    pages.mkdir(exist_ok=True)
    originals = sorted((Path(app.srcdir).parent / "notebooks").glob("*.ipynb"))
    for gone in set(pages.glob("*.ipynb")) - {pages / path.name for path in originals}:
        gone.unlink()
    for path in originals:
        write_if_new(pages / path.name, linked(path.read_text(encoding="utf-8")))


def linked(notebook: str) -> str:
    """Lead links to pages, written as from `notebooks/`, to where the copy finds them."""
    content = json.loads(notebook)
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = "".join(cell["source"]).replace("](../docs/", "](../")
    return json.dumps(content, indent=1)


def setup(app: Sphinx) -> dict[str, bool]:
    """Copy before pages are looked for."""
    app.connect("config-inited", keep_outputs)
    app.connect("builder-inited", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
