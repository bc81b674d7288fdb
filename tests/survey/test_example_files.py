"""The example as files is the example."""

from __future__ import annotations

import pytest

import jfmodels as jf
from jfmodels.errors import CodebookError, DataError
from jfmodels.survey.read import read_yaml


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return jf.write_example(tmp_path_factory.mktemp("example") / "mali", seed=7)


def test_read_back_it_is_the_same_survey(files):
    data, codebook = files
    survey, example = jf.read_survey(data, codebook=codebook), jf.example(7)
    assert survey.record == example.record  # hashes of rows and codebook, labels, dates
    assert survey.design == example.design
    assert survey.simulated


def test_no_file_is_overwritten(files):
    with pytest.raises(DataError, match=r"already a file .*survey\.csv"):
        jf.write_example(files[0].parent)


def test_a_codebook_that_does_not_say_so_is_of_real_data(files):
    book = read_yaml(files[1])
    del book["simulated"]
    assert not jf.read_survey(files[0], codebook=book).simulated


def test_simulated_is_true_or_false(files):
    book = read_yaml(files[1]) | {"simulated": "maybe"}
    with pytest.raises(CodebookError, match="simulated: is true or false; found 'maybe'"):
        jf.read_survey(files[0], codebook=book)
