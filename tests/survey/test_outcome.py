"""A codebook must say what every code means, and hear of everything that is wrong in one error."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from jfmodels.errors import CodebookError
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.labels import Label, canonical
from jfmodels.survey.outcome import POLICIES, SCALES, Covariate, Outcome, Wave

TRUST = {
    "scale": "ordinal",
    "categories": {0: "not at all", 1: "just a little", 2: "somewhat", 3: "a lot"},
    "shown": ["somewhat", "a lot"],
}
SAFE = {"scale": "binary", "categories": {0: "no", 1: "yes"}}
SOURCES = {"scale": "multi", "columns": {"theft": "q1_a", "bandits": "q1_b"}}


def outcome(**entry):
    return Codebook.from_dict({"outcomes": {"q": entry}}).outcomes["q"]


def refusal(content):
    with pytest.raises(CodebookError) as refused:
        Codebook.from_dict(content)
    return str(refused.value)


def refused(**entry):
    return refusal({"outcomes": {"q": entry}})


class TestCanonical:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (2, 2.0),
            (2, "2"),
            (2, " 2.0 "),
            (2, "02"),
            (2, np.int8(2)),
            (2, np.float32(2)),
            (1, True),
            (0, "False"),
            (-1, "-1.0"),
            (0, "-0"),
            (0.5, "0.50"),
            ("Ségou", "Se\u0301gou"),
            ("yes", "\u00a0yes "),
            (date(2012, 12, 16), pd.Timestamp("2012-12-16")),
            (datetime(2012, 12, 16), "2012-12-16"),
        ],
    )
    def test_one_code_is_written_one_way(self, one, other):
        assert canonical(one) == canonical(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("1_12", "11_2"),  # Python reads both as the number 112
            ("1e2", "100"),
            ("1E5", "1e5"),
            ("nan", "inf"),
            ("10", "1"),
            ("1.5", "15"),
            (12345678901234567, 12345678901234568),
            ("yes", "Yes"),
        ],
    )
    def test_two_codes_stay_two(self, one, other):
        assert canonical(one) != canonical(other)

    def test_a_blank_code_is_empty(self):
        assert canonical("  ") == canonical("") == ""


class TestLabel:
    def test_a_plain_text_serves_both_languages(self):
        assert Label.parse(" yes ") == Label("yes", "yes")

    def test_one_language_serves_for_the_other(self):
        assert Label.parse({"fr": "oui"}) == Label("oui", "oui")

    @pytest.mark.parametrize("value", [None, "", " ", [], ["a"], {}, {"de": "ja"}, {"en": None}])
    def test_what_is_no_text_is_refused(self, value):
        with pytest.raises(CodebookError, match="label"):
            Label.parse(value)


class TestShape:
    @pytest.mark.parametrize("content", [None, [], "outcomes", 3, {1, 2}])
    def test_a_codebook_is_a_mapping(self, content):
        assert "a mapping with any of 'title', 'waves', 'topics', 'outcomes'" in refusal(content)

    def test_an_unknown_part_names_the_near_miss(self):
        assert "Unknown part 'outcome'. Did you mean 'outcomes'?" in refusal({"outcome": {}})

    @pytest.mark.parametrize("part", ["waves", "topics", "outcomes", "covariates", "crosswalks"])
    @pytest.mark.parametrize("content", ["R1", 3, [{"a": 1}], [["a"]], {1, 2}])
    def test_a_part_is_a_mapping_of_names(self, part, content):
        assert f"{part}: a mapping of names is needed" in refusal({part: content})

    @pytest.mark.parametrize("part", ["waves", "topics", "outcomes", "covariates", "crosswalks"])
    def test_an_empty_part_is_none(self, part):
        assert not getattr(Codebook.from_dict({part: None}), part)

    @pytest.mark.parametrize("entry", [None, "trust", 3, ["scale"]])
    def test_an_outcome_is_a_mapping_of_fields(self, entry):
        assert "a mapping with any of 'topic', 'column', 'columns'" in refusal(
            {"outcomes": {"q": entry}}
        )

    def test_one_error_lists_everything(self):
        says = refusal(
            {
                "wave": {},
                "waves": {"R1": {"start": "16/12/2012"}, "R2": {"strat": 3}},
                "outcomes": {"a": {"scale": "ordnal", "lable": "A"}, "b": {"scale": "ordinal"}},
                "covariates": {"age": {"bins": [50, 18]}},
            }
        )
        for part in (
            "7 problems",
            "Unknown part 'wave'. Did you mean 'waves'?",
            "waves 'R1': start: '16/12/2012' is not a date such as 2024-10-20.",
            "waves 'R2': Unknown key 'strat'. Did you mean 'start'?",
            "outcomes 'a': Unknown key 'lable'. Did you mean 'label'?",
            "outcomes 'a': scale: Unknown scale 'ordnal'. Did you mean 'ordinal'?",
            "outcomes 'b': scale 'ordinal' needs categories:",
            "covariates 'age': bins are two or more rising edges; found [50.0, 18.0].",
        ):
            assert part in says

    @pytest.mark.parametrize("name", ["a|b", "a/b"])
    def test_a_name_cannot_hold_what_joins_names(self, name):
        assert "Rename it" in refusal({"outcomes": {name: SAFE}})

    @pytest.mark.parametrize("names", [{1: SAFE, "1": SAFE}, {"q": SAFE, "q ": SAFE}])
    def test_names_that_are_written_alike_are_one(self, names):
        assert "stands twice" in refusal({"outcomes": names})

    def test_a_blank_name_is_none(self):
        assert "a name is blank" in refusal({"outcomes": {" ": SAFE}})


class TestScale:
    def test_must_be_said(self):
        says = refused(column="q1")
        assert "scale: is missing" in says
        assert all(f"'{name}'" in says for name in SCALES)

    @pytest.mark.parametrize("scale", [3, ["binary"], {}, True, "Binary"])
    def test_is_one_of_those_known(self, scale):
        assert "Unknown scale" in refused(scale=scale)

    @pytest.mark.parametrize(
        ("entry", "says"),
        [
            ({"scale": "ordinal"}, "needs categories: with two codes or more"),
            ({"scale": "nominal", "categories": {1: "a"}}, "needs categories: with two codes"),
            ({"scale": "binary", "categories": {0: "a", 1: "b", 2: "c"}}, "has two categories"),
            ({"scale": "count", "categories": {0: "none", 1: "one"}}, "has no categories"),
            ({"scale": "count", "shown": ["one"]}, "shows its mean"),
            ({**TRUST, "shown": None}, "needs shown:, the categories whose share counts"),
            ({**TRUST, "shown": []}, "needs shown:"),
            ({**TRUST, "shown": ["a lto"]}, "Unknown category 'a lto'. Did you mean 'a lot'?"),
            ({**TRUST, "shown": ["a lot", "a lot "]}, "shown: a category is named twice"),
            ({**SAFE, "columns": {"a": "b"}}, "columns: is for scale 'multi'"),
            ({"scale": "multi"}, "needs columns: {option: column"),
            ({"scale": "multi", "columns": ["a"]}, "needs columns: {option: column"),
            ({**SOURCES, "column": "q"}, "give column: (what was named) or columns:, not both"),
            ({**SOURCES, "categories": {"thefts": "T"}}, "Did you mean 'theft'?"),
            ({"scale": "multi", "columns": {"a": "x", "b": "x"}}, "read from the same column"),
            ({**SAFE, "column": {}}, "names no wave"),
            ({**SAFE, "column": {"R1": None}}, "a name is needed; found NoneType"),
            ({**SAFE, "column": ["q"]}, "a name is needed; found list"),
            ({**SAFE, "column": {1: "a", "1": "b"}}, "are the same"),
        ],
    )
    def test_says_what_it_needs(self, entry, says):
        assert says in refused(**entry)

    def test_a_binary_outcome_shows_its_last_category(self):
        assert outcome(scale="binary").shown == ("yes",)
        assert outcome(scale="binary", categories={1: "yes", 2: "no"}).shown == ("no",)

    def test_an_option_is_its_own_label(self):
        assert outcome(**SOURCES).categories["theft"] == Label("theft", "theft")
        labelled = outcome(**SOURCES, categories={"theft": {"en": "Theft", "fr": "Vol"}})
        assert labelled.categories["theft"].fr == "Vol"


class TestCodes:
    @pytest.mark.parametrize(
        ("entry", "says"),
        [
            ({**SAFE, "categories": {1: "no", "1.0": "yes"}}, "'1', '1.0' are the same"),
            ({**SAFE, "categories": {1: "no", "True": "yes"}}, "are the same"),
            ({**SAFE, "categories": {0: "same", 1: "same "}}, "the same label: 'same'"),
            (
                {**SAFE, "categories": {0: {"en": "a", "fr": "b"}, 1: {"en": "b", "fr": "c"}}},
                "the same label: 'b'",
            ),
            ({**SAFE, "categories": {0: "no", 1: None}}, "a label is a text; found nothing"),
            ({**SAFE, "categories": {0: "no", "": "yes"}}, "a code is blank"),
            ({**SAFE, "categories": ["no", "yes"]}, "a mapping is needed; found list"),
            ({**SAFE, "dont_know": [1], "policy": "excluded"}, "two meanings: '1'"),
            ({**SAFE, "dont_know": [9], "refused": ["9.0"], "policy": "excluded"}, "two meanings"),
            ({**SAFE, "missing": [-1, "-1"]}, "two meanings: '-1'"),
            ({**SAFE, "missing": {9: "x"}}, "a list such as [a, b] is needed"),
            ({**SAFE, "missing": [[9]]}, "single values"),
            ({**SAFE, "missing": [None]}, "single values"),
            ({**SOURCES, "missing": [0]}, "two meanings: '0'"),
        ],
    )
    def test_mean_one_thing(self, entry, says):
        assert says in refused(**entry)

    def test_are_written_one_way(self):
        read = outcome(**SAFE, dont_know="9.0", refused=[98, "99"], missing=-1, policy="excluded")
        assert read.dont_know == ("9",)
        assert read.refused == ("98", "99")
        assert read.missing == ("-1",)
        assert list(read.categories) == ["0", "1"]

    def test_may_come_as_arrays(self):
        assert outcome(**SAFE, missing=np.array([-1, -2])).missing == ("-1", "-2")


class TestPolicy:
    @pytest.mark.parametrize("codes", [{"dont_know": [9]}, {"refused": [98]}])
    def test_must_be_said_where_there_is_something_to_decide(self, codes):
        says = refused(**SAFE, **codes)
        assert "policy: must be said" in says
        assert all(f"'{name}'" in says for name in POLICIES)

    def test_offers_what_a_mean_can_have(self):
        says = refused(scale="continuous", dont_know=[99])
        assert "'excluded'" in says
        assert "'in_base'" not in says

    @pytest.mark.parametrize("policy", ["in_base", "own_category"])
    def test_of_a_mean_is_to_exclude(self, policy):
        assert "no meaning for a mean" in refused(scale="count", dont_know=[9], policy=policy)

    @pytest.mark.parametrize("policy", ["exclude", "In_base", 3, True])
    def test_is_one_of_those_known(self, policy):
        assert "Unknown policy" in refused(**SAFE, policy=policy)

    def test_is_a_single_one(self):
        assert "policy: a name is needed; found list" in refused(**SAFE, policy=["excluded"])


class TestWavesOfAnOutcome:
    @pytest.mark.parametrize(
        ("entry", "says"),
        [
            ({"asked_in": []}, "asked_in: names no wave"),
            ({"asked_in": {"R1": True}}, "a list such as [a, b] is needed"),
            ({"column": {"R1": "a"}, "asked_in": ["R1", "R2"]}, "asked_in names wave 'R2'"),
            ({"relabelled": ["R1"]}, "relabelled: a mapping is needed; found list"),
            ({"relabelled": {"R1": "a bit"}}, "relabelled: a mapping is needed; found str"),
            ({"relabelled": {"R1": {7: "never"}}}, "relabelled, wave 'R1': Unknown code '7'"),
            ({"comparable": ["R1"]}, "comparable names wave 'R1', in which relabelled changes"),
        ],
    )
    def test_contradictions_are_said(self, entry, says):
        assert says in refused(**SAFE, **entry)

    @pytest.mark.parametrize("wave", [2012, 2012.0, "2012", " 2012 "])
    def test_are_named_as_the_data_name_them(self, wave):
        read = outcome(**SAFE, asked_in=[wave], column={wave: "q7"})
        assert read.asked_in == ("2012",)
        assert read.asks("2012")
        assert read.column_in("2012") == "q7"
        assert not read.asks("2013")

    def test_wording_may_be_compared_by_permission(self):
        changed = {"relabelled": {"R2": {1: "certainly"}}}
        assert outcome(**SAFE, **changed).wording("R2") == (("1", "certainly"),)
        assert outcome(**SAFE, **changed, comparable="R2").wording("R2") == ()


class TestWaves:
    def test_have_days_or_none(self):
        entry = {"R1": {"start": "2012-12-16", "end": datetime(2013, 1, 10, 9)}, "R2": None}
        waves = Codebook.from_dict({"waves": entry}).waves
        assert waves["R1"] == Wave("R1", date(2012, 12, 16), date(2013, 1, 10))
        assert waves["R2"] == Wave("R2")

    def test_may_be_a_list_of_names(self):
        assert list(Codebook.from_dict({"waves": ["R1", 2012, date(2013, 1, 1)]}).waves) == [
            "R1",
            "2012",
            "2013-01-01",
        ]

    def test_of_which_one_name_stands_once(self):
        assert "waves: '1' stands twice" in refusal({"waves": [1, 1.0]})

    @pytest.mark.parametrize(
        ("entry", "says"),
        [
            ({"start": "2013-01-10", "end": "2012-12-16"}, "it ends (2012-12-16) before it starts"),
            ({"end": "2012-12-16"}, "it has an end but no start"),
            ({"start": 2012}, "'2012' is not a date such as 2024-10-20"),
            ({"start": ["2012-12-16"]}, "is not a date"),
            ("2012-12-16", "a mapping with any of 'start', 'end' is needed"),
        ],
    )
    def test_contradictions_are_said(self, entry, says):
        assert says in refusal({"waves": {"R1": entry}})

    def test_a_missing_date_of_pandas_is_none(self):
        assert Codebook.from_dict({"waves": {"R1": {"start": pd.NaT}}}).waves["R1"].start is None


class TestCovariates:
    def covariate(self, **entry):
        return Codebook.from_dict({"covariates": {"age": entry}}).covariates["age"]

    def test_may_say_nothing(self):
        read = Codebook.from_dict({"covariates": ["age_group"]}).covariates["age_group"]
        assert read == Covariate(
            name="age_group", column="age_group", label=Label("age group", "age group")
        )

    def test_may_have_an_open_class(self):
        assert self.covariate(bins=[18, 65, float("inf")]).bins[-1] == np.inf

    @pytest.mark.parametrize(
        ("entry", "says"),
        [
            ({"bins": [18]}, "two or more rising edges"),
            ({"bins": [18, 18]}, "two or more rising edges"),
            ({"bins": [18, float("nan")]}, "two or more rising edges"),
            ({"bins": ["young", "old"]}, "two or more rising edges"),
            ({"bins": 18}, "two or more rising edges"),
            ({"bins": {18: "a"}}, "two or more rising edges"),
            ({"bins": [1, 2], "categories": {1: "a"}}, "either bins: or categories:"),
            ({"categories": ["a"]}, "a mapping is needed; found list"),
            ({"categories": {1: "a", 2: "a"}}, "the same label: 'a'"),
            ({"categories": {"": "a"}}, "a code is blank"),
            ({"colum": "a"}, "Unknown key 'colum'. Did you mean 'column'?"),
            ({"column": []}, "a name is needed; found list"),
        ],
    )
    def test_contradictions_are_said(self, entry, says):
        assert says in refusal({"covariates": {"age": entry}})

    @pytest.mark.parametrize("name", ["wave", "unit"])
    def test_leave_the_packages_names_alone(self, name):
        assert "taken by the package" in refusal({"covariates": {name: None}})


class TestCrosswalks:
    def test_are_written_one_way(self):
        walk = {"region": {2.0: {1.0: "Mopti ", "Gao": 7}}}
        assert Codebook.from_dict({"crosswalks": walk}).crosswalks == {
            "region": {"2": {"1": "Mopti", "Gao": "7"}}
        }

    @pytest.mark.parametrize("walk", [None, ["R2"], {"R2": "Mopti"}, {"R2": {"Gao": None}}])
    def test_are_mappings_by_wave(self, walk):
        assert "crosswalks 'region'" in refusal({"crosswalks": {"region": walk}})


class TestRecords:
    """A codebook of records made by hand is held to the same rules."""

    def record(self, **changes):
        fields = {
            "name": "q",
            "columns": {"": "q"},
            "label": Label("q", "q"),
            "scale": "continuous",
        }
        return Outcome(**(fields | changes))

    def test_may_stand_in_a_mapping(self):
        record = self.record()
        assert Codebook.from_dict({"outcomes": {"q": record}}).outcomes["q"] is record
        assert Codebook(outcomes={"q": record}).outcomes["q"] is record

    @pytest.mark.parametrize(
        ("record", "says"),
        [
            ({"scale": "contnuous"}, "Did you mean 'continuous'?"),
            ({"scale": "ordinal"}, "needs categories"),
            ({"policy": "in_base"}, "no meaning for a mean"),
            ({"name": "p"}, "the record is named 'p'"),
        ],
    )
    def test_are_checked(self, record, says):
        with pytest.raises(CodebookError) as refused:
            Codebook(outcomes={"q": self.record(**record)})
        assert says in str(refused.value)
        assert says in refusal({"outcomes": {"q": self.record(**record)}})

    def test_are_records(self):
        with pytest.raises(CodebookError, match="an Outcome record is needed; found dict"):
            Codebook(outcomes={"q": SAFE})

    def test_waves_and_covariates_may_be_records_too(self):
        age = Covariate(name="age", column="age", label=Label("age", "âge"))
        book = Codebook.from_dict({"waves": {"R1": Wave("R1")}, "covariates": {"age": age}})
        assert book.covariates["age"] is age
        assert "the record is named 'R1'" in refusal({"waves": {"R2": Wave("R1")}})


class TestTopics:
    def test_topics_have_labels_in_order(self):
        book = Codebook.from_dict(
            {"topics": {"b": {"en": "Safety", "fr": "Sécurité"}, "a_b": None}, "title": "A survey"}
        )
        assert [label.fr for label in book.topics.values()] == ["Sécurité", "a b"]
        assert book.title is not None
        assert book.title.fr == "A survey"

    def test_a_topic_without_a_place_names_the_near_miss(self):
        outcome = {"scale": "binary", "topic": "safty"}
        says = refusal({"topics": ["safety"], "outcomes": {"q": outcome}})
        assert "outcomes 'q': Unknown topic 'safty'. Did you mean 'safety'?" in says
