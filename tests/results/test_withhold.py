"""Nothing that is withheld can be computed from what is published."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import ANSWERS, changes, finest, follows, levels, people, secrets, span, told

import jfmodels as jf

WAVES = ["Q1", "Q2"]
MINIMUM = 10
BYS = [(), ("region",), ("commune",), ("sex",), ("displaced",)]
BYS += [("region", "sex"), ("region", "displaced"), ("commune", "sex"), ("sex", "displaced")]
BYS += [("region", "sex", "displaced")]
WHERES = [None, {"sex": ["female"]}, {"displaced": ["no"]}, {"commune": ["n1", "n2"]}]
WHERES += [{"region": ["north"]}]


@st.composite
def surveys(draw):
    """Few or many people in each finest cell, often nobody or everybody of one mind."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    mean = draw(st.sampled_from([0.7, 3.0, 12.0]))
    alike = draw(st.sampled_from([0.0, 0.4]))
    counts = {}
    for cell in finest(WAVES):
        n = rng.poisson(mean * rng.choice([0.2, 1, 2]))
        shares = rng.dirichlet(np.ones(3)) if rng.random() > alike else np.eye(3)[rng.integers(3)]
        counts[cell] = rng.multinomial(n, shares).tolist()
    return people(counts, WAVES)


@st.composite
def questions(draw):
    """A table of levels or changes, by some groups and in some domain."""
    by = draw(st.sampled_from(BYS))
    where = draw(st.sampled_from(WHERES))
    kind = draw(st.sampled_from(["good", "all", "shown", "changes"]))
    return by, where, kind


SORTS = {"good": ["good"], "all": ANSWERS, "shown": ["fair + good"]}


def ask(frame, question):
    by, where, kind = question
    if kind == "changes":
        return changes(frame, by, where)
    return levels(frame, by, where, SORTS[kind])


@settings(max_examples=150, deadline=None)
@given(surveys(), st.lists(questions(), min_size=1, max_size=5))
def test_no_secret_follows_from_what_is_published(frame, asked):
    tables = [ask(frame, question) for question in asked]
    basis = span(told(frame, jf.withhold(tables, minimum=MINIMUM)))
    for says, wanted in secrets(frame, tables, MINIMUM):
        assert not follows(basis, wanted), says
