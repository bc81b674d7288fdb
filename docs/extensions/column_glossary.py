"""The glossary of columns and flags, from `results/schema.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from written import write_if_new

from jfmodels.results import schema

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TABLES = {
    "COLUMNS": "Levels, changes and every other estimate",
    "STACKED": "Several fits in one table",
    "TESTS": "Tests",
    "COEFFICIENTS": "Coefficients",
    "DIAGNOSTICS": "Diagnostics",
    "COMPONENTS": "Variance components",
    "EFFECTS": "Effects of groups",
    "PREDICTIONS": "Predictions",
    "PREDICTIVE": "Replications beside observations",
    "LEAVE_OUT": "What was left out",
    "SENSITIVITY": "Sensitivity to priors",
    "FAILURES": "Fits that failed",
    "AGREEMENT": "Agreement of several ways",
    "MISSING_PLACES": "Places that were not reached",
    "SMALL_AREAS": "Small areas",
    "DETECTABLE": "Detectable differences",
    "SIGN_MAGNITUDE": "Wrong signs and exaggeration",
    "VERDICTS": "Verdicts on claims",
    "SPECIFICATIONS": "Specifications",
    "MOVED": "What moved between two runs",
}


def glossaries() -> dict[str, dict[str, schema.Column]]:
    """Find every glossary of the schema by its name, in the order of its headings."""
    found = {
        name: content
        for name in schema.__all__
        if isinstance(content := getattr(schema, name), dict)
        and all(isinstance(each, schema.Column) for each in content.values())
    }
    return {name: found[name] for name in [*TABLES, *found] if name in found}


def column_table(name: str, content: dict[str, schema.Column]) -> str:
    """Write one glossary as a table."""
    heading = TABLES.get(name, name.replace("_", " ").capitalize())
    rows = [f"| `{column}` | {each.dtype} | {each.means} |" for column, each in content.items()]
    head = ["| column | holds | means |", "|---|---|---|"]
    return "\n".join([f"### {heading}", "", target(name), "", *head, *rows])


def target(name: str) -> str:
    """Let docstrings lead here, without showing where the words come from."""
    options = "   :no-typesetting:\n   :no-contents-entry:"
    return f"```{{eval-rst}}\n.. py:data:: jfmodels.results.schema.{name}\n{options}\n```"


def flag_table() -> str:
    """Write the flags in both languages."""
    rows = [f"| `{code}` | {says['en']} | {says['fr']} |" for code, says in schema.FLAGS.items()]
    head = ["| flag | in English | en français |", "|---|---|---|"]
    return "\n".join([target("FLAGS"), "", *head, *rows])


def write(app: Sphinx) -> None:
    """Write what the page of the glossary includes."""
    folder = Path(app.srcdir) / "generated"
    folder.mkdir(exist_ok=True)
    tables = [column_table(name, content) for name, content in glossaries().items()]
    write_if_new(folder / "flags.md", flag_table() + "\n")
    write_if_new(folder / "columns.md", "\n\n".join(tables) + "\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Write before pages are looked for."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
