"""What was named is named, whoever named something answered, and nothing else is guessed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jfmodels as jf
from jfmodels.errors import CodebookError, DataError
from jfmodels.survey.labels import Label
from jfmodels.survey.outcome import Outcome
from jfmodels.survey.records import read_text, write_text

DESIGN = jf.SurveyDesign(cluster="place", target="population")
WAVES = jf.SurveyDesign(wave="wave", cluster="place", repeats="clusters", target="population")
NEWS = {
    "scale": "multi",
    "categories": {"radio": {"en": "Radio", "fr": "La radio"}, "tv": "Television", 3: "Friends"},
}
SILENT = NEWS | {"dont_know": [98], "refused": [99], "missing": [-1], "policy": "in_base"}


def survey(entry, design=DESIGN, **columns):
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({"place": [f"p{k % 4}" for k in range(n)], **columns})
    return jf.Survey(frame, design, {"outcomes": {"news": entry}})


def kinds(read, option):
    """Not named, named, don't know, refused."""
    return read.rows.aggregate([], [f"news|{option}"]).counts[f"news|{option}"][0].tolist()


def refused(entry, **more):
    with pytest.raises(CodebookError) as error:
        jf.Codebook.from_dict({"outcomes": {"news": entry | more}})
    return str(error.value)


class TestOneColumn:
    def test_holds_codes_apart_by_spaces(self):
        read = survey(NEWS, news=["radio tv", "tv", " 3  radio ", None, ""])
        assert [kinds(read, o)[:2] for o in ("Radio", "Television", "Friends")] == [
            [1, 2],
            [1, 2],
            [2, 1],
        ]

    def test_holds_a_label_as_a_whole(self):
        entry = NEWS | {"categories": {1: "Radio", 2: {"en": "The big radio", "fr": "Grande"}}}
        read = survey(entry, news=["The big radio", "Radio", "Grande", "1"])
        assert kinds(read, "Radio")[:2] == [2, 2]
        assert kinds(read, "The big radio")[:2] == [2, 2]

    def test_holds_numbers_where_everybody_named_one(self):
        entry = NEWS | {"categories": {1: "Radio", 2: "Television"}}
        read = survey(entry, news=[1.0, 2.0, np.nan, 1.0])
        assert kinds(read, "Radio")[:2] == [1, 2]

    def test_those_who_do_not_know_named_nothing(self):
        read = survey(SILENT, news=["98", "99", "-1", "radio", "tv"])
        assert kinds(read, "Radio") == [1, 1, 1, 1]

    def test_a_code_of_no_answer_beside_a_name_says_that_there_is_no_more(self):
        read = survey(SILENT, news=["radio 98", "tv", "98", "tv"])
        assert kinds(read, "Radio") == [2, 1, 1, 0]

    def test_words_that_nobody_knows_are_counted_and_cut_short(self):
        with pytest.raises(DataError, match=r"'drone' in 2 rows, 'a s…'|'drone' in 2 rows") as said:
            survey(NEWS, news=["drone tv", "drone", "confidential-secret-name", "tv"])
        assert "confidential" not in str(said.value)
        assert "'con…' in 1 row" in str(said.value)

    def test_may_change_from_wave_to_wave(self):
        entry = NEWS | {"column": {"R1": "old", "R2": ["m1", "m2"]}}
        wave = ["R1"] * 4 + ["R2"] * 4
        old = ["radio tv", "tv", "radio 3", "radio"] + [None] * 4
        m1 = [None] * 4 + ["radio", "tv", "3", "radio"]
        m2 = [None] * 5 + ["radio", None, None]
        read = survey(entry, WAVES, wave=wave, old=old, m1=m1, m2=m2)
        table = jf.direct(read, "news").levels().set_index(["category", "wave"])["estimate"]
        assert table[("Radio", "R1")] == table[("Radio", "R2")] == 0.75
        assert table[("Television", "R2")] == 0.25

    def test_another_design_reads_the_same_as_one_column_per_option(self):
        words = ["radio tv", "tv", "3", "radio", None, "tv 3"]
        read = survey(NEWS, news=words)
        split = pd.Series(words).str.split()
        ticks = {
            f"t{k}": split.map(lambda w, o=option: float(o in w), na_action="ignore")
            for k, option in enumerate(("radio", "tv", "3"))
        }
        names = dict(zip(("Radio", "Television", "Friends"), ticks, strict=True))
        other = survey({"scale": "multi", "columns": names}, **ticks)
        for option in names:
            assert kinds(read, option) == kinds(other, option)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.sets(st.sampled_from(["radio", "tv", "3"])), min_size=4, max_size=12))
    def test_counts_are_those_of_sets(self, said):
        words = [" ".join(sorted(each)) or None for each in said]
        read = survey(NEWS, news=pd.Series(words, dtype=object))
        for option, code in {"Radio": "radio", "Television": "tv", "Friends": "3"}.items():
            named = sum(code in each for each in said)
            assert kinds(read, option)[:2] == [sum(map(bool, said)) - named, named]


class TestSeveralColumns:
    ENTRY = SILENT | {"column": ["first", "second"]}

    def test_hold_one_code_each(self):
        read = survey(self.ENTRY, first=["radio", "tv", "98"], second=["tv", "98", None])
        assert kinds(read, "Radio") == [1, 1, 1, 0]
        assert kinds(read, "Television") == [0, 2, 1, 0]

    def test_name_an_option_once_though_it_stands_twice(self):
        read = survey(self.ENTRY, first=["radio", "tv"], second=["radio", None])
        assert kinds(read, "Radio") == [1, 1, 0, 0]

    def test_are_read_in_any_order(self):
        columns = {"first": ["98", "99", "radio"], "second": ["radio", None, "tv"]}
        turned = {"first": columns["second"], "second": columns["first"]}
        for option in ("Radio", "Television"):
            assert kinds(survey(self.ENTRY, **columns), option) == kinds(
                survey(self.ENTRY, **turned), option
            )


class TestOffered:
    WAVE = ["R1"] * 4 + ["R2"] * 4
    NEWS = ("radio", "radio", "radio 3", "3", "radio tv", "tv", "3", "radio")

    def test_an_option_named_in_one_wave_alone_is_asked_about(self):
        with pytest.raises(DataError, match=r"'Television' was named by nobody in wave R1\. Say"):
            survey(NEWS, WAVES, wave=self.WAVE, news=self.NEWS)

    def test_it_was_not_offered_in_the_other(self):
        entry = NEWS | {"offered": {"Television": ["R2"]}}
        read = survey(entry, WAVES, wave=self.WAVE, news=self.NEWS)
        rows = jf.direct(read, "news").levels().set_index(["category", "wave"])
        assert rows.loc[("Television", "R1"), "flag"] == ("not_asked",)
        assert rows.loc[("Television", "R2"), "estimate"] == 0.5
        assert rows.loc[("Radio", "R1"), "estimate"] == 0.75

    def test_it_was_named_where_it_was_not_offered(self):
        entry = NEWS | {"offered": {"Television": ["R1"]}}
        with pytest.raises(DataError, match=r"'Television' was named in 2 rows of waves in which"):
            survey(entry, WAVES, wave=self.WAVE, news=self.NEWS)

    def test_or_nobody_named_it(self):
        entry = NEWS | {"offered": {"Television": ["R1", "R2"]}}
        read = survey(entry, WAVES, wave=self.WAVE, news=self.NEWS)
        rows = jf.direct(read, "news").levels().set_index(["category", "wave"])
        assert rows.loc[("Television", "R1"), "estimate"] == 0


OWN = {"scale": "multi", "columns": {"Radio": "a", "Other": "b"}}


class TestColumnsOfTheirOwn:
    def test_say_with_any_code_what_was_named(self):
        read = survey(OWN | {"named": ["Y"], "not_named": ["N"]}, a=["Y", "N"], b=["N", "Y"])
        assert kinds(read, "Radio") == [1, 1, 0, 0]

    def test_know_no_other_code_then(self):
        with pytest.raises(DataError, match=r"'1' in 1 row\. Known: 'N', 'Y'"):
            survey(OWN | {"named": ["Y"], "not_named": ["N"]}, a=["Y", "1"], b=["N", "Y"])

    def test_may_hold_words(self):
        read = survey(OWN | {"written": ["Other"]}, a=[1, 0, 0], b=["mon voisin", "0", None])
        assert kinds(read, "Other") == [2, 1, 0, 0]


class TestContradictions:
    @pytest.mark.parametrize(
        ("entry", "says"),
        [
            ({"scale": "multi"}, "column: and categories: {code: label"),
            (NEWS | {"columns": {"a": "b"}, "column": "q"}, "not both"),
            (NEWS | {"named": ["Y"]}, "named: is for scale 'multi' with a column for every option"),
            (NEWS | {"written": ["Radio"]}, "written: is for scale 'multi' with a column"),
            (NEWS | {"offered": {"Telly": ["R1"]}}, "offered: Unknown option 'Telly'"),
            (NEWS | {"column": ["a", "a"]}, "a column, or several different ones, are needed"),
            (NEWS | {"column": []}, "a column, or several different ones"),
            (NEWS | {"dont_know": ["tv"], "policy": "in_base"}, "codes with two meanings: 'tv'"),
            (NEWS | {"dont_know": [98]}, "policy: must be said"),
            (NEWS | {"categories": {1: "Radio", 2: "Radio"}}, "two options bear the same label"),
            ({"scale": "binary", "offered": {"a": ["R1"]}}, "offered: is for the options of"),
            ({"scale": "binary", "named": [7]}, "named: is for scale 'multi'"),
            (OWN | {"written": ["x"]}, "written: Unknown option 'x'"),
            (OWN | {"named": [0]}, "codes with two meanings: '0'"),
        ],
    )
    def test_are_named(self, entry, says):
        assert says in refused(entry)

    def test_a_binary_outcome_whose_shown_is_left_open_is_refused(self):
        assert "shown: is left open. Choose one of 'no', 'yes'" in refused(
            {"scale": "binary", "shown": None}
        )


def test_remarks_are_for_people():
    book = jf.Codebook.from_dict({"outcomes": {"news": NEWS}, "notes": {"news": ["a remark"]}})
    assert book == jf.Codebook.from_dict({"outcomes": {"news": NEWS}})


def test_an_option_is_modelled_by_its_label():
    draws = np.random.default_rng(3)
    news = draws.choice(["radio", "tv", "radio tv", "3"], size=200)
    fit = jf.fit('option(news, "Radio") ~ 1', survey(NEWS, news=news))
    share = np.mean(["radio" in each for each in news])
    assert fit.levels()["estimate"].iloc[0] == pytest.approx(share, abs=1e-6)


def test_outcomes_are_saved_with_what_they_list():
    outcome = jf.Codebook.from_dict({"outcomes": {"news": SILENT}}).outcomes["news"]
    kinds = {"Outcome": Outcome, "Label": Label}
    assert read_text(write_text(outcome, kinds), kinds) == outcome
