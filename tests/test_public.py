"""The public face: every name is there, documented, and known to type checkers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import jfmodels as jf


@pytest.mark.parametrize("name", jf.__all__)
def test_every_public_name_loads_and_is_documented(name):
    assert getattr(jf, name).__doc__


def test_type_checkers_see_the_same_names():
    stub = Path(jf.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    assert sorted(re.findall(r" as (\w+)", stub)) == sorted(jf.__all__)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="dierct"):
        _ = jf.dierct
