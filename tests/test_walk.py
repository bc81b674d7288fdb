"""Data travels one way: every file stands above all that it imports."""

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import grimp
import pytest


@pytest.fixture(scope="module")
def imports():
    """What every file imports."""
    graph = grimp.build_graph("jfmodels", cache_dir=None)
    return {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}


def circle_among(imports):
    """Name files of which each imports the next, and the last the first; none if there are none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as found:
        return " imports ".join(reversed(found.args[1]))
    return ""


def test_no_files_import_each_other_in_a_circle(imports):
    circle = circle_among(imports)
    assert not circle, circle


@pytest.mark.parametrize("where", ["weighting", "adjustments"])
def test_imports_in_functions_and_for_types_alone_count_too(imports, where):
    assert f"jfmodels.survey.{where}" in imports["jfmodels.survey.survey"]


def test_a_circle_is_named_in_the_order_of_its_imports():
    imports = {"survey": {"rows", "card"}, "card": {"noun"}, "noun": {"survey"}, "rows": set()}
    circle = circle_among(imports).split(" imports ")
    assert set(circle) == {"survey", "card", "noun"}
    assert circle[0] == circle[-1]
    assert all(imported in imports[file] for file, imported in pairwise(circle))
