"""A census table is read whole, added up, and refused with everything that is wrong with it."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf

FRAME = pd.DataFrame(
    {
        "commune": ["Gao", "Gao", "Konna", "Konna", "Gao"],
        "age": [18, 18.0, "18", 40, 40],
        "people": [10, 5, 7, 0, 2.5],
    }
)


def test_labels_written_alike_are_one_and_rows_that_say_the_same_are_added_up():
    population = jf.Population(FRAME, "people", name="listing")
    codes, counts = population.sums(["commune", "age"])
    labels = [population.keys[name].labels for name in ("commune", "age")]
    found = {
        (labels[0][a], labels[1][b]): n for (a, b), n in zip(codes.tolist(), counts, strict=True)
    }
    assert found == {("Gao", "18"): 15, ("Gao", "40"): 2.5, ("Konna", "18"): 7, ("Konna", "40"): 0}
    assert population.total == 24.5
    assert population.sums([])[1].tolist() == [24.5]
    assert population.sums(["commune"])[1].tolist() == [17.5, 7]


def test_it_says_what_it_is():
    population = jf.Population(FRAME, "people", name="listing")
    assert repr(population) == "Population 'listing': 24 people in 4 cells of commune (2) x age (2)"
    frozen = pytest.raises(AttributeError)
    with frozen:
        population.name = "other"
    again = pickle.loads(pickle.dumps(population))
    assert again.digest == population.digest
    assert jf.Population(FRAME, "people").digest != population.digest


def test_labels_that_no_row_bears_are_left_out():
    kind = pd.CategoricalDtype(["nowhere", "Konna", "Gao"])
    population = jf.Population(FRAME.astype({"commune": kind}), "people")
    assert population.keys["commune"].labels == ("Konna", "Gao")


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (FRAME.rename(columns={"people": "peopel"}), r"Unknown column 'people'.*mean 'peopel'"),
        (FRAME[["people"]], "no column beside 'people'"),
        (FRAME.iloc[:0], "has no rows"),
        (FRAME.assign(people=[1, 2, -1, 4, np.nan]), r"from 0 in every row; 2 of 5.*row 2 first"),
        (FRAME.assign(people=[1, 2, np.inf, 4, 5]), "1 of 5 rows do not"),
        (FRAME.assign(people="many"), "5 of 5 rows do not"),
        (FRAME.assign(people=0), "counts nobody"),
        (FRAME.assign(commune=[None, "a", "b", "", "c"]), "'commune' has no value in 2 of 5 rows"),
        (FRAME.set_axis(["age", "age", "people"], axis=1), "'age' names more than one column"),
        ({"commune": ["Gao"], "n": [1]}, "a DataFrame is needed"),
    ],
)
def test_what_is_wrong_is_named(frame, says):
    with pytest.raises(jf.DataError, match=says):
        jf.Population(frame, "people")


def test_one_error_lists_all_that_is_wrong():
    frame = FRAME.assign(commune=None, people=-1)
    with pytest.raises(jf.DataError, match=r"2 problems(.|\n)*from 0(.|\n)*no value"):
        jf.Population(frame, "people")
