"""The public face: every name is there, documented in full, and known to type checkers."""

from __future__ import annotations

import inspect
import re
from doctest import DocTestFinder
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString
from public_names import for_users

import jfmodels as jf

CLASSES = [name for name in jf.__all__ if inspect.isclass(getattr(jf, name))]
FUNCTIONS = [name for name in jf.__all__ if name not in CLASSES]
METHODS = {
    f"{name}.{method}": getattr(member, "__func__", member)
    for name in CLASSES
    for method, member in for_users(getattr(jf, name))
    if not isinstance(member, property)
}
PROPERTIES = {
    f"{name}.{method}": member
    for name in CLASSES
    for method, member in for_users(getattr(jf, name))
    if isinstance(member, property)
}
CALLS = {name: getattr(jf, name) for name in FUNCTIONS} | METHODS


def told(thing, *sections):
    """Names that the sections of a docstring tell of."""
    doc = NumpyDocString(inspect.getdoc(thing))
    entries = [entry.name for section in sections for entry in doc[section]]
    return {name.strip("* ") for entry in entries for name in entry.split(",")}


def has(thing, section):
    return bool(NumpyDocString(inspect.getdoc(thing))[section])


@pytest.mark.parametrize("name", jf.__all__)
def test_every_public_name_loads_and_shows_an_example(name):
    assert has(getattr(jf, name), "Examples")


@pytest.mark.parametrize("name", CLASSES)
def test_classes_tell_of_all_that_makes_them(name):
    thing = getattr(jf, name)
    made_of = {} if issubclass(thing, Exception) else inspect.signature(thing).parameters
    assert set(made_of) <= told(thing, "Parameters", "Attributes")


@pytest.mark.parametrize("name", CALLS)
def test_functions_and_methods_tell_of_all_that_they_take_and_give(name):
    call = CALLS[name]
    signature = inspect.signature(call)
    takes = {parameter.strip("*") for parameter in signature.parameters} - {"self", "cls"}
    assert takes <= told(call, "Parameters")
    assert has(call, "Returns") or signature.return_annotation in ("None", None)


@pytest.mark.parametrize("name", METHODS)
def test_methods_show_an_example(name):
    assert has(METHODS[name], "Examples")


@pytest.mark.parametrize("name", PROPERTIES)
def test_properties_say_what_they_hold(name):
    assert inspect.getdoc(PROPERTIES[name])


@cache
def collected(home):
    """Names of the examples that the collector of doctests finds in a module."""
    return {test.name for test in DocTestFinder().find(import_module(home)) if test.examples}


@pytest.mark.parametrize("name", [*jf.__all__, *METHODS])
def test_every_example_is_run(name):
    thing = METHODS.get(name) or getattr(jf, name)
    assert f"{thing.__module__}.{thing.__qualname__}" in collected(thing.__module__)


def test_what_engines_alone_need_of_a_survey_is_no_method_of_it():
    inner = {"changed", "with_keys", "with_labels", "with_row_numbers"}
    assert inner.isdisjoint(dir(jf.Survey))


def test_type_checkers_see_the_same_names():
    stub = Path(jf.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    assert sorted(re.findall(r" as (\w+)", stub)) == sorted(jf.__all__)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="dierct"):
        _ = jf.dierct
