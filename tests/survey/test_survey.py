"""Rows, design and codebook must agree; one error lists all that is wrong, and quotes no row."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

import jfmodels as jf
from jfmodels.errors import CodebookError, DataError, DesignError, SpecError
from jfmodels.survey.survey import Survey

FRAME = pd.DataFrame(
    {
        "wave": ["R1"] * 4 + ["R2"] * 4,
        "place": ["a", "a", "b", "b"] * 2,
        "w": [1.0, 2, 3, 4, 5, 6, 7, 8],
        "id": range(8),
        "q": [0, 1, 1, 0, 1, 1, 1, 0],
    }
)
ROLES = {
    "wave": "wave",
    "cluster": "place",
    "weights": "w",
    "repeats": "clusters",
    "target": "population",
}
SAFE = {"scale": "binary"}
BOOK = {"outcomes": {"q": SAFE}}


def survey_of(frame=FRAME, book=BOOK, **roles):
    return Survey(frame, jf.SurveyDesign(**(ROLES | roles)), book)


def refusal(frame=FRAME, book=BOOK, **roles):
    with pytest.raises(DataError) as refused:
        survey_of(frame, book, **roles)
    return str(refused.value)


class TestWhatIsTaken:
    @pytest.mark.parametrize("frame", [None, {}, [], pl.DataFrame({"q": [1]}), FRAME["q"], "q.csv"])
    def test_is_a_pandas_frame(self, frame):
        says = refusal(frame)
        assert "a pandas DataFrame is needed; found" in says
        assert "read_survey" in says

    @pytest.mark.parametrize("design", [None, {"wave": "wave"}, jf.SurveyDesign])
    def test_is_a_design(self, design):
        with pytest.raises(DesignError, match="a SurveyDesign is needed; found"):
            Survey(FRAME, design, BOOK)

    @pytest.mark.parametrize("book", [None, "book.yaml", []])
    def test_is_a_codebook(self, book):
        with pytest.raises(CodebookError, match="a mapping with any of 'title', 'waves'"):
            survey_of(book=book)

    def test_is_left_as_it_was(self):
        before = FRAME.copy(deep=True)
        survey_of()
        pd.testing.assert_frame_equal(FRAME, before)

    def test_may_have_any_index(self):
        frame = FRAME.set_axis([0] * 8, axis="index")
        direct = jf.direct(survey_of(frame), "q").levels()
        pd.testing.assert_frame_equal(direct, jf.direct(survey_of(), "q").levels())


class TestColumns:
    @pytest.mark.parametrize(
        ("roles", "says"),
        [
            ({"weights": "W"}, "role weights: Unknown column 'W'. Did you mean 'w'?"),
            ({"cluster": "plaec"}, "role cluster: Unknown column 'plaec'. Did you mean 'place'?"),
            ({"strata": ["place", "regio"]}, "role strata: Unknown column 'regio'"),
            ({"interviewer": "team"}, "role interviewer: Unknown column 'team'. Known: 'wave'"),
        ],
    )
    def test_near_misses_are_named(self, roles, says):
        assert says.replace(" Did you mean 'w'?", "") in refusal(**roles).replace(
            " Did you mean 'w'?", ""
        )

    def test_of_outcomes_and_covariates_must_be_there(self):
        book = {"outcomes": {"p": SAFE, "q": SAFE}, "covariates": {"palce": {}}}
        says = refusal(book=book)
        assert "outcome 'p': Unknown column 'p'" in says
        assert "covariate 'palce': Unknown column 'palce'. Did you mean 'place'?" in says

    def test_may_not_occur_twice(self):
        frame = pd.concat([FRAME, FRAME[["q", "w"]]], axis="columns")
        assert "columns that occur twice: 'q', 'w'. Rename one of each." in refusal(frame)

    @pytest.mark.parametrize(
        "name", [0, 1.5, None, ("a", "b"), pd.Timestamp("2020-01-01"), True, frozenset()]
    )
    def test_have_text_for_names(self, name):
        frame = FRAME.assign(x=1)
        frame.columns = pd.Index([*FRAME.columns, name], dtype=object, tupleize_cols=False)
        says = refusal(frame)
        assert "1 columns have names that are not text but" in says
        assert type(name).__name__ in says

    def test_have_one_level_of_names(self):
        frame = pd.concat({"a": FRAME}, axis="columns")
        assert "names that are not text but 'tuple'" in refusal(frame)

    def test_called_wave_are_the_wave(self):
        says = refusal(FRAME.assign(round=1), wave="round")
        assert "column 'wave' is not the wave, which is 'round'. Rename it." in says
        says = refusal(wave=None, repeats=None)
        assert "column 'wave' has no role. Say wave='wave' in SurveyDesign, or rename it." in says

    def test_called_unit_are_refused(self):
        assert "column 'unit' has a name that the package uses" in refusal(FRAME.assign(unit=1))

    def test_per_wave_need_a_wave(self):
        book = {"outcomes": {"q": {**SAFE, "column": {"R1": "q"}}}}
        frame = FRAME.drop(columns="wave")
        assert "has a column per wave, but the design has no wave" in refusal(
            frame, book, wave=None, repeats=None
        )

    @pytest.mark.parametrize("frame", [FRAME.iloc[:0], pd.DataFrame(), pd.DataFrame(index=[1, 2])])
    def test_without_rows_or_columns_are_no_survey(self, frame):
        says = refusal(frame)
        assert "there are no rows" in says or "Unknown column 'wave'" in says


class TestWeights:
    @pytest.mark.parametrize(
        ("value", "says"),
        [
            (-1, "negative in 1 row"),
            (0, "zero in 1 row"),
            (None, "missing in 1 row"),
            (np.nan, "missing in 1 row"),
            (np.inf, "infinite in 1 row"),
            (-np.inf, "infinite in 1 row"),
            ("1,5", "not a number in 1 row"),
            ("", "not a number in 1 row"),
            ("inf", "infinite in 1 row"),
            (1e200, "beyond 1e+30 or below 1e-30 in 1 row"),
            (10**400, "infinite in 1 row"),
            (1e-200, "beyond 1e+30 or below 1e-30 in 1 row"),
            (pd.Timestamp("2020-01-01"), "not a number in 1 row"),
            (1j, "not a number in 1 row"),
        ],
    )
    def test_are_positive_numbers(self, value, says):
        frame = FRAME.assign(w=pd.Series([value, *FRAME["w"][1:]], dtype=object))
        found = refusal(frame)
        assert says in found
        assert "Leave out rows that stand for nobody, and repair the others." in found

    def test_faults_are_counted_together(self):
        frame = FRAME.assign(w=pd.Series([0, 0, -1, None, "x", np.inf, 1, 1], dtype=object))
        assert (
            "weights 'w' must be positive numbers; they are not a number in 1 row, missing in "
            "1 row, infinite in 1 row, negative in 1 row, zero in 2 rows."
        ) in refusal(frame)

    @pytest.mark.parametrize("values", [pd.date_range("2020", periods=8), [1j] * 8, [[1]] * 8])
    def test_are_not_dates_or_lists(self, values):
        assert "not a number in 8 rows" in refusal(FRAME.assign(w=pd.Series(values)))

    @pytest.mark.parametrize("kind", ["str", "object", "Float64", "double[pyarrow]", "category"])
    def test_may_be_of_any_type(self, kind):
        frame = FRAME.assign(w=FRAME["w"].astype(kind))
        assert survey_of(frame).rows.weight.tolist() == FRAME["w"].tolist()


class TestRoles:
    @pytest.mark.parametrize("role", ["wave", "cluster", "strata", "interviewer", "person"])
    def test_may_not_be_missing(self, role):
        frame = FRAME.assign(x=["v1", "v2", "", None, "v3", "v4", " ", np.nan])
        frame = frame.drop(columns="wave") if role == "wave" else frame
        says = refusal(frame, **{role: "x"}, lonely="adjust")
        assert f"column 'x' ({role}) is missing in 4 rows. Fill it in or leave" in says

    def test_missing_persons_are_told_once(self):
        roles = {"repeats": "people", "person": "id", "cluster": None, "target": None}
        says = refusal(FRAME.assign(id=[0, 1, 2, None] * 2), **roles)
        assert says.count("is missing in 2 rows") == 1

    def test_everything_wrong_stands_in_one_error(self):
        frame = FRAME.assign(w=-1, place=[None, *"aabbaab"], q=[7, *FRAME["q"][1:]])
        says = refusal(frame)
        assert says.startswith("Survey: 3 problems.\n  1. ")
        assert re.search(r"(?s)'place' \(cluster\).*weights 'w'.*outcome 'q'", says)


class TestWaves:
    def test_stand_in_the_order_of_the_codebook(self):
        assert survey_of(book=BOOK | {"waves": ["R2", "R1"]}).waves == ("R2", "R1")

    def test_stand_in_natural_order_otherwise(self):
        frame = FRAME.assign(wave=["Q10"] * 4 + ["Q9"] * 4)
        assert survey_of(frame).waves == ("Q9", "Q10")

    def test_unknown_to_the_codebook_are_counted(self):
        says = refusal(book=BOOK | {"waves": ["R1", "R22"]})
        assert "Unknown wave 'R2'. Did you mean 'R22'? Known: 'R1', 'R22'. It has 4 rows." in says

    @pytest.mark.parametrize(
        ("values", "names"),
        [
            ([2012.0, 2014.0], ("2012", "2014")),
            ([False, True], ("0", "1")),
            (pd.to_datetime(["2012-12-16", "2014-01-02"]), ("2012-12-16", "2014-01-02")),
            (pd.Categorical(["b", "a"], ["b", "none", "a"]), ("b", "a")),
            (pd.period_range("2020-01", periods=2, freq="M"), ("2020-01", "2020-02")),
        ],
    )
    def test_may_be_of_any_type(self, values, names):
        frame = FRAME.assign(wave=pd.Series(values).repeat(4).array)
        survey = survey_of(frame, BOOK | {"waves": list(names)})
        assert survey.waves == names
        assert jf.direct(survey, "q").levels()["wave"].tolist() == list(names)

    def test_of_lists_are_refused(self):
        says = refusal(FRAME.assign(wave=pd.Series([[1]] * 8)))
        assert "column 'wave': it holds values that are not single ones" in says

    def test_that_did_not_ask_have_gaps_and_no_zeros(self):
        frame = FRAME.assign(q=[0, 1, 1, 0] + [None] * 4)
        table = jf.direct(survey_of(frame), "q").levels()
        assert table["estimate"].tolist() == pytest.approx([5 / 10, np.nan], nan_ok=True)
        assert table["flag"].iloc[1] == ("not_asked",)
        assert len(jf.direct(survey_of(frame), "q").changes()) == 0

    @pytest.mark.parametrize(
        ("asked_in", "says"),
        [
            (["R1"], "outcome 'q' has 4 answers in wave R2, in which asked_in says it was not"),
            (["R1", "R22"], "outcome 'q', asked_in: Unknown wave 'R22'. Did you mean 'R2'?"),
        ],
    )
    def test_asked_in_is_held_against_the_answers(self, asked_in, says):
        assert says in refusal(book={"outcomes": {"q": {**SAFE, "asked_in": asked_in}}})

    def test_asked_in_expects_answers(self):
        frame = FRAME.assign(q=[0, 1, 1, 0] + [None] * 4)
        book = {"outcomes": {"q": {**SAFE, "asked_in": ["R1", "R2"]}}}
        assert "no answer in wave R2, which asked_in names" in refusal(frame, book)

    def test_without_a_wave_every_question_was_asked(self):
        frame = FRAME.drop(columns="wave")
        book = {"outcomes": {"q": {**SAFE, "asked_in": ["R1"]}}}
        assert survey_of(frame, book, wave=None, repeats=None).asked["q"].tolist() == [True]


class TestPersons:
    def test_are_asked_once_a_wave(self):
        says = refusal(FRAME.assign(id=[1, 1, 1, 2, 3, 4, 5, 6]), person="id")
        assert "1 person ('id') interviewed more than once in one wave" in says

    def test_are_asked_once_without_waves(self):
        frame = FRAME.drop(columns="wave").assign(id=[1, 1, 2, 2, 3, 4, 5, 6])
        says = refusal(frame, person="id", wave=None, repeats=None)
        assert "2 persons ('id') interviewed more than once. Keep one" in says

    def test_do_not_come_again_where_nothing_repeats(self):
        frame = FRAME.assign(id=[0, 1, 2, 3, 0, 1, 4, 5])
        says = refusal(frame, person="id", repeats="nothing")
        assert "2 persons ('id') in several waves, but repeats='nothing'" in says
        assert "say repeats='people'" in says
        assert survey_of(frame, person="id").n == 8

    def test_stay_in_one_cluster(self):
        roles = {"person": "id", "repeats": "people"}
        says = refusal(FRAME.assign(id=[0, 1, 2, 3, 2, 1, 0, 3]), **roles)
        assert "2 persons ('id') in more than one cluster over the waves" in says

    def test_may_be_other_people_of_the_same_number_where_only_clusters_repeat(self):
        assert survey_of(FRAME.assign(id=[0, 1, 2, 3, 2, 1, 0, 3]), person="id").n == 8

    def test_are_never_quoted(self):
        frame = FRAME.assign(id=["Amadou"] * 8, place=["a", "b"] * 4)
        says = refusal(frame, person="id", repeats="people")
        assert "Amadou" not in says


class TestDates:
    def time(self, dates, waves=()):
        book = BOOK | ({"waves": waves} if waves else {})
        return survey_of(FRAME.assign(day=dates), book, date="day").time

    def test_give_time_in_years(self):
        time = self.time(["2012-01-01", "2012-01-03"] * 2 + ["2014-01-02"] * 4)
        assert time == {"R1": 0.0, "R2": pytest.approx(2, abs=0.01)}

    def test_may_be_missing_for_some(self):
        assert self.time(["2012-01-01", None, None, None] + ["2013-01-01"] * 4)["R2"] > 0.9

    def test_of_the_codebook_serve_where_a_wave_has_none(self):
        waves = {"R1": {"start": "2012-01-01"}, "R2": {"start": "2013-01-01", "end": "2013-01-05"}}
        assert self.time(["2012-01-01"] * 4 + [None] * 4, waves)["R2"] == pytest.approx(
            368 / 365.25
        )

    def test_are_missing_where_nothing_gives_them(self):
        assert self.time(["2012-01-01"] * 4 + [None] * 4) == {}

    @pytest.mark.parametrize("last", ["2012-01-01", "2011-01-01"])
    def test_follow_the_waves(self, last):
        with pytest.raises(DataError, match=r"'R1', 'R2' do not follow each other in time"):
            self.time(["2012-01-01"] * 4 + [last] * 4)
        with pytest.raises(DataError, match="do not follow each other in time"):
            survey_of(book=BOOK | {"waves": {"R1": {"start": "2012-01-01"}, "R2": {"start": last}}})

    @pytest.mark.parametrize("text", ["10/11/2024", "2012", 2012, "x", 3.5])
    def test_that_cannot_be_read_are_counted(self, text):
        with pytest.raises(DataError, match=r"'day' cannot be read in 1 row\. Write dates as 2024"):
            self.time(pd.Series([text, *["2012-01-01"] * 7], dtype=object))

    def test_of_lists_are_refused(self):
        with pytest.raises(DataError, match="date 'day': it holds values that are not single"):
            self.time(pd.Series([["2012-01-01"]] * 8))


class TestNames:
    def test_of_outcomes_and_groups_have_near_misses(self):
        survey = survey_of()
        with pytest.raises(SpecError, match=r"Unknown outcome 'Q'\."):
            survey.outcome("Q")
        with pytest.raises(SpecError, match=r"Unknown group 'plac'. Did you mean 'place'\?"):
            survey.group("plac")
        with pytest.raises(SpecError, match="Unknown group 'unit'"):
            survey.group("unit")

    @pytest.mark.parametrize("name", [3, None, ["q"], ("q",), {}])
    def test_are_text(self, name):
        survey = survey_of()
        with pytest.raises(SpecError, match="Unknown outcome"):
            survey.outcome(name)
        with pytest.raises(SpecError, match="Unknown group"):
            survey.group(name)

    def test_strata_and_clusters_always_group(self):
        frame = FRAME.assign(place=[f"p{k}" for k in range(8)])
        frame = pd.concat([frame.assign(place=frame["place"] + f"_{k}") for k in range(20)])
        assert len(survey_of(frame).group("place").labels) == 160

    def test_that_tables_use_are_refused_as_groups(self):
        survey = survey_of(FRAME.assign(n=["x", "y"] * 4))
        with pytest.raises(SpecError, match="Group 'n' is a column of every table"):
            jf.direct(survey, "q").levels(by="n")


class TestRecord:
    def test_changes_with_data_and_codebook(self):
        records = [
            survey_of(),
            survey_of(FRAME.assign(q=1 - FRAME["q"])),
            survey_of(book={"outcomes": {"q": SAFE | {"label": "safe"}}}),
        ]
        keys = {(each.record["data_hash"], each.record["codebook_hash"]) for each in records}
        assert len(keys) == 3

    def test_is_the_same_for_the_same(self):
        assert survey_of().record == survey_of().record

    def test_a_survey_cannot_be_changed(self):
        with pytest.raises(AttributeError):
            survey_of().waves = ()
