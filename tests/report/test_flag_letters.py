"""However many flags there are, each has a letter of its own wherever letters stand."""

import pytest
from test_terminal import table_of

from jfmodels.report.flag_letters import RAISED, lettered
from jfmodels.report.plot_rows import flag_marks
from jfmodels.report.terminal import plain_columns

MANY = [f"code_{k:03d}" for k in range(800)]


@pytest.mark.parametrize("alphabet", ["abc", RAISED, "abcdefghijklmnopqrstuvwxyz"])
def test_letters_go_on_in_pairs_and_no_two_codes_share_one(alphabet):
    marks = list(lettered(MANY, alphabet).values())
    assert "".join(marks[: len(alphabet)]) == alphabet
    assert marks[len(alphabet)] == alphabet[0] * 2
    assert marks[len(alphabet) + 1] == alphabet[:2]
    assert len(set(marks)) == len(MANY)


def test_a_screen_has_letters_for_more_flags_than_the_alphabet():
    shown = plain_columns(table_of(flag=[tuple(MANY[:28]), ("code_027",)]))["flag"]
    assert shown[0].split()[-3:] == ["z", "aa", "ab"]
    assert shown[1] == "ab"


def test_a_picture_keeps_pairs_of_letters_apart():
    marks = flag_marks(table_of(flag=[tuple(MANY[:27]), ()]))
    assert marks.of(["code_000", "code_001", "code_026"]).split() == ["ᵃ", "ᵇ", "ᵃᵇ"]
