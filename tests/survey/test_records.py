"""Records as text: what goes in comes out, of its own kind, and nothing else is read."""

import pickle
from datetime import date

import numpy as np
import pytest

import jfmodels as jf
from jfmodels.survey.labels import Label
from jfmodels.survey.outcome import Wave
from jfmodels.survey.packing import pack, unpack
from jfmodels.survey.records import read_text, write_text

KINDS = {"Label": Label, "Wave": Wave}


@pytest.mark.parametrize(
    "value",
    [
        None,
        0.1 + 0.2,
        float("inf"),
        {"a": [1, (2, "é")], "b": {}},
        (Wave("Q1", date(2024, 1, 2)), Label("yes", "oui")),
        {1: "a number stays a number"},
        [True, 1, 1.0],
    ],
)
def test_there_and_back(value):
    found = read_text(write_text(value, KINDS), KINDS)
    assert (found, repr(found)) == (value, repr(value))


def test_numbers_of_numpy_are_numbers():
    assert read_text(write_text([np.float64(0.5), np.bool_(True)], {}), {}) == [0.5, True]


def test_only_listed_records_are_written():
    with pytest.raises(jf.SpecError, match="A Label cannot be saved"):
        write_text(Label("a", "b"), {"Wave": Wave})


@pytest.mark.parametrize(
    "text", ['{"record": "Label", "fields": {}}', '{"set": []}', '{"a": 1, "b": 2}']
)
def test_what_is_not_known_is_refused(text):
    with pytest.raises(jf.ReadError, match="cannot be read"):
        read_text(text, {"Wave": Wave})


def test_a_packed_survey_gives_the_same_tables():
    survey = jf.example()
    again = unpack(pack(survey, "trust_army", frozenset()))
    assert survey.design.person not in again.rows.keys
    one, other = (jf.direct(each, "trust_army").changes(by="region") for each in (survey, again))
    assert one.equals(other)
    assert one.attrs == other.attrs


def test_what_tables_share_is_not_changed_by_one_of_them():
    survey = jf.example()
    table = jf.direct(survey, "trust_army").levels()
    labels = table.attrs["record"]["labels"]
    assert labels is survey.record["labels"]
    for change in (lambda: labels.update(Gao={}), lambda: labels.pop("Gao"), labels.clear):
        with pytest.raises(TypeError, match="shared by a survey and all of its tables"):
            change()
    with pytest.raises(TypeError, match="Take a copy"):
        labels["Gao"] = {}
    with pytest.raises(TypeError, match="Take a copy"):
        del labels["Gao"]
    again = pickle.loads(pickle.dumps(table))
    assert again.attrs == table.attrs
    assert type(again.attrs["record"]["labels"]) is type(labels)
