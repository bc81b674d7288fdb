"""The reference: a page for every name of `jfmodels.__all__`, grouped by task.

A new name is placed by the module it lives in, so none can be missed. To sort it better, give
its module to another group.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_protocol_members

from written import write_if_new

import jfmodels
from jfmodels.model.priors import Prior
from jfmodels.results.estimands import Estimand
from jfmodels.results.marginal_effects import OfEffect

if TYPE_CHECKING:
    from sphinx.application import Sphinx


@dataclass(frozen=True)
class Group:
    """Names that serve one task.

    Attributes
    ----------
    title, about : str
        Heading, and what the names are for.
    homes : tuple of str
        Modules, or rooms, whose names belong here unless a longer one claims them.
    """

    title: str
    about: str
    homes: tuple[str, ...]


GROUPS = (
    Group(
        "Read a survey",
        "Files, the design and the codebook; a survey that is checked once.",
        ("survey",),
    ),
    Group(
        "Weights and replicates",
        "A sample made to look like its population; people lost from a panel; replicate weights.",
        ("survey.weights", "survey.replicates", "survey.supplied", "model.nonresponse"),
    ),
    Group(
        "Estimate",
        "Direct estimates, regressions and multilevel models, and what comes out.",
        ("engines", "results.fit"),
    ),
    Group(
        "Questions",
        "What can be asked of any fit by `fit.estimate(...)`, and of a survey by itself.",
        (
            "results",
            "engines.design_based.missing_places",
            "engines.design_based.table_test",
        ),
    ),
    Group(
        "Models and priors",
        "A formula's family and priors, the settings of engines.",
        (
            "model",
            "engines.bayesian.prior",
            "engines.bayesian.settings",
            "engines.design_based.settings",
            "engines.design_based.wild",
        ),
    ),
    Group(
        "Populations and places",
        "Answers of the people that a census counts, in places visited or not.",
        (
            "survey.population",
            "engines.small_areas",
            "results.composition_effect",
        ),
    ),
    Group(
        "Claims",
        "Published sentences, and whether the data bear them.",
        ("claims",),
    ),
    Group(
        "Planning",
        "What a survey can find.",
        ("planning",),
    ),
    Group(
        "Pictures",
        "Drawn from a table and the codebook's labels, in English or French.",
        ("report.plots",),
    ),
    Group(
        "Reports, tables and files",
        "What is handed on.",
        ("report", "results.render"),
    ),
    Group(
        "Sharing",
        "What may leave the house: small groups withheld, fits without interviews.",
        ("results.disclosure", "engines.bayesian.loading", "engines.bayesian.shared"),
    ),
    Group(
        "Errors and warnings",
        "What is raised, and caught by name.",
        ("errors",),
    ),
)

PROTOCOLS: tuple[type, ...] = (Estimand, OfEffect, Prior)  # what engines ask of a user's record


def home_of(name: str) -> str:
    """Name the module that a public name lives in, as seen from the package."""
    homes = (home for home, names in jfmodels._HOMES.items() if name in names)
    return next(homes).removeprefix("jfmodels.")


def group_of(name: str) -> Group:
    """Find the group with the longest home that a name lives in."""
    home = f"{home_of(name)}."
    fitting = [
        (len(each), group)
        for group in GROUPS
        for each in group.homes
        if home.startswith(f"{each}.")
    ]
    return max(fitting, key=lambda found: found[0])[1]


def names_of(group: Group) -> list[str]:
    """List the names of a group: functions first, as they are where one begins."""
    names = [name for name in jfmodels.__all__ if group_of(name) == group]
    return sorted(names, key=lambda name: (inspect.isclass(getattr(jfmodels, name)), name.lower()))


def page_of(name: str) -> str:
    """Name the page of a public name, unlike any other where case does not tell."""
    alike = [each for each in jfmodels.__all__ if each.lower() == name.lower()]
    kind = "class" if inspect.isclass(getattr(jfmodels, name)) else "function"
    return name if len(alike) == 1 else f"{name}-{kind}"


def for_users(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of a class but those that engines call."""
    asked = {name for protocol in PROTOCOLS for name in get_protocol_members(protocol)}
    for owner in cls.__mro__:
        if owner.__module__.startswith("jfmodels."):
            for name, member in vars(owner).items():
                method = inspect.isroutine(member) or isinstance(member, property | classmethod)
                if method and not name.startswith("_") and name not in asked:
                    yield name, member


def summary(name: str) -> str:
    """Give the first sentence of a docstring, as Markdown."""
    first = inspect.getdoc(getattr(jfmodels, name)).split("\n\n")[0].replace("\n", " ")
    return first.replace("|", r"\|").replace(" [1]_", "").replace("``", "`")


def slug(group: Group) -> str:
    """Name the page of a group."""
    return group.title.lower().replace(",", "").replace(" ", "-")


def name_page(name: str) -> str:
    """Write the page of a public name; it is filled in from docstrings."""
    thing = getattr(jfmodels, name)
    title = f"jfmodels.{name}"
    lines = [title, "=" * len(title), "", ".. currentmodule:: jfmodels", ""]
    if not inspect.isclass(thing):
        return "\n".join([*lines, f".. autofunction:: {name}", ""])
    lines.append(f".. autoclass:: {name}")
    members = ", ".join(dict.fromkeys(member for member, _ in for_users(thing)))
    if members:
        lines += [f"   :members: {members}", "   :member-order: bysource"]
    if issubclass(thing, Exception):
        lines.append("   :show-inheritance:")
    return "\n".join([*lines, ""])


def group_page(group: Group) -> str:
    """Write the page of a group: its names, each with its first sentence."""
    names = names_of(group)
    rows = [f"| [`{name}`]({page_of(name)}.rst) | {summary(name)} |" for name in names]
    toctree = ["```{toctree}", ":hidden:", "", *[f"{name} <{page_of(name)}>" for name in names]]
    head = [f"# {group.title}", "", group.about, "", "| | |", "|---|---|"]
    return "\n".join([*head, *rows, "", *toctree, "```", ""])


def overview() -> str:
    """Write all names by group, for the page that includes it."""
    text = []
    for group in GROUPS:
        names = [f"[`{name}`](reference/{page_of(name)}.rst)" for name in names_of(group)]
        head = f"## [{group.title}](reference/{slug(group)}.md)"
        text += [head, "", group.about, "", " · ".join(names), ""]
    toctree = [f"reference/{slug(group)}" for group in GROUPS]
    return "\n".join([*text, "```{toctree}", ":hidden:", "", *toctree, "```", ""])


def pages() -> dict[str, str]:
    """Write every page of the reference, by file."""
    return {
        "names.md": overview(),
        **{f"{slug(group)}.md": group_page(group) for group in GROUPS},
        **{f"{page_of(name)}.rst": name_page(name) for name in jfmodels.__all__},
    }


def write(app: Sphinx) -> None:
    """Write the pages, and remove those of names that are gone."""
    folder = Path(app.srcdir) / "reference"
    folder.mkdir(exist_ok=True)
    written = pages()
    for gone in {path.name for path in folder.iterdir()} - written.keys():
        (folder / gone).unlink()
    for file, text in written.items():
        write_if_new(folder / file, text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Write before pages are looked for."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
