"""Putting waves together must lose no value, whatever types the waves have."""

import pandas as pd
import pytest

from jfmodels.survey.stack import stack_waves


def stacked(*columns):
    """Stack waves of one column each; None stands for a wave that lacks it."""
    frames = {
        f"R{k}": pd.DataFrame({"other": [0] * 2} | ({} if column is None else {"q": column}))
        for k, column in enumerate(columns, start=1)
    }
    return stack_waves(frames, "wave")["q"]


DATES = pd.to_datetime(["2024-10-20", "2024-10-21"])


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (([1, 2], [3, 4]), [1, 2, 3, 4]),
        (([1, 2], ["3", "refused"]), ["1", "2", "3", "refused"]),
        (([1.0, None], ["3", "x"]), ["1", None, "3", "x"]),
        (([1.5, 2.0], ["3", "x"]), ["1.5", "2", "3", "x"]),
        (([1, 2], None), [1, 2, None, None]),
        ((None, ["a", "b"]), [None, None, "a", "b"]),
        (([None, None], ["a", "b"]), [None, None, "a", "b"]),
        (([None, None], [None, None]), [None] * 4),
        (([True, False], None), [1, 0, None, None]),
        (([True, False], [9, 1]), [1, 0, 9, 1]),
        (([True, False], ["no", "yes"]), ["1", "0", "no", "yes"]),
        ((DATES, ["2024-11-01", "?"]), ["2024-10-20", "2024-10-21", "2024-11-01", "?"]),
        ((pd.Categorical(["b", "a"]), ["c", "d"]), ["b", "a", "c", "d"]),
        ((pd.Categorical([1, 2]), ["c", "d"]), ["1", "2", "c", "d"]),
        (([2**60 + 1, 2**60], None), [str(2**60 + 1), str(2**60), None, None]),
    ],
)
def test_every_value_survives(columns, expected):
    column = stacked(*columns).astype("object")
    assert [None if pd.isna(value) else value for value in column] == expected


def test_equal_types_stay_as_they_are():
    assert stacked([1, 2], [3, 4]).dtype == "int64"
    assert stacked([True, False], [True, True]).dtype == bool
    same = pd.Categorical(["low", "high"], ["low", "high"], ordered=True)
    assert stacked(same, same).cat.categories.tolist() == ["low", "high"]


def test_columns_keep_the_order_in_which_they_came():
    first, second = pd.DataFrame({"b": [1], "a": [1]}), pd.DataFrame({"c": [1], "a": [2]})
    assert list(stack_waves({"R1": first, "R2": second}, "wave")) == ["b", "a", "wave", "c"]
