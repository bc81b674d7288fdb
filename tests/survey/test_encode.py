"""Columns of every type must be read for what they say, and the rest be counted and told."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import jfmodels as jf
from jfmodels.errors import DataError
from jfmodels.survey.columns import days, distinct, natural_order, numbers
from jfmodels.survey.encode import FEW
from jfmodels.survey.survey import Survey

PLACES = ["a", "a", "b", "b"]
DESIGN = jf.SurveyDesign(cluster="place", target="population")
WAVES = jf.SurveyDesign(
    wave="wave", cluster="place", target="population", repeats="clusters", lonely="adjust"
)
YES_NO = {"scale": "binary", "categories": {0: {"en": "no", "fr": "non"}, 1: "yes"}}


def survey_of(answers, entry=YES_NO, design=DESIGN, **columns):
    frame = pd.DataFrame({"place": PLACES, "q": answers, **columns})
    return Survey(frame, design, {"outcomes": {"q": entry}})


def refusal(*args, **kwargs):
    with pytest.raises(DataError) as refused:
        survey_of(*args, **kwargs)
    return str(refused.value)


def levels(survey, outcome="q", **asked):
    return jf.direct(survey, outcome, **asked).levels()["estimate"].tolist()


class TestAnyType:
    @pytest.mark.parametrize(
        "answers",
        [
            [0, 1, 1, None],
            ["0", "1", " 1.0 ", ""],
            ["no", "yes", "yes", "  "],
            ["non", "yes", "1", None],
            [False, True, True, None],
            [0, "yes", 1.0, float("nan")],
            pd.Series([0, 1, 1, None], dtype="Int8"),
            pd.Series([False, True, True, None], dtype="boolean"),
            pd.Series(["no", "yes", "yes", None], dtype="string"),
            pd.Series(["no", "yes", "yes", None], dtype="category"),
            pd.Series([0, 1, 1, None], dtype="category"),
            pd.Series([0, 1, 1, None], dtype="int64[pyarrow]"),
            pd.Series([False, True, True, None], dtype="bool[pyarrow]"),
            pd.Series(["no", "yes", "yes", None], dtype="string[pyarrow]"),
            pd.Series([Decimal(0), Decimal("1.0"), Decimal(1), None], dtype=object),
            pd.Series(
                ["no", "yes", "yes", None],
                dtype=pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string())),
            ),
            pd.Series([0, 1, 1, pd.NA], dtype=object),
            pd.arrays.SparseArray([0.0, 1.0, 1.0, np.nan]),
        ],
        ids=lambda answers: str(getattr(answers, "dtype", answers)),
    )
    def test_codes_are_read_alike(self, answers):
        assert levels(survey_of(answers)) == pytest.approx([2 / 3])

    @pytest.mark.parametrize(
        "values",
        [
            [1, 2, None, 3],
            ["1", "2.0", "", " 3e0 "],
            [Decimal("1.0"), 2, np.nan, "3"],
            pd.Series([1, 2, None, 3], dtype="Float32"),
            pd.Series([1, 2, None, 3], dtype="category"),
            pd.Series([1, 2, None, 3], dtype="double[pyarrow]"),
            pd.Series(
                [Decimal(1), Decimal(2), None, Decimal(3)], dtype=pd.ArrowDtype(pa.decimal128(5, 2))
            ),
        ],
        ids=lambda values: str(getattr(values, "dtype", values)),
    )
    @pytest.mark.parametrize("scale", ["count", "continuous"])
    def test_numbers_are_read_alike(self, values, scale):
        assert levels(survey_of(values, {"scale": scale})) == pytest.approx([2])

    @pytest.mark.parametrize("values", [[[1], 2, 3, 4], [{}, {}, {}, {}], [{1}, 2, 3, 4]])
    def test_values_that_hold_others_are_no_answers(self, values):
        says = refusal(pd.Series(values, dtype=object))
        assert "column 'q': it holds values that are not single ones (object)" in says

    @pytest.mark.parametrize("values", [[[1], 2, 3, 4], [{}, {}, {}, {}]])
    def test_columns_that_cannot_group_are_left_alone(self, values):
        survey = survey_of([0, 1, 1, 0], notes=pd.Series(values, dtype=object))
        with pytest.raises(jf.SpecError, match="Unknown group 'notes'"):
            survey.group("notes")

    def test_dates_are_no_numbers(self):
        says = refusal(pd.date_range("2020-01-01", periods=4), {"scale": "continuous"})
        assert "codes the codebook does not know" in says

    @pytest.mark.parametrize(
        "series",
        [
            pd.Series(pd.to_datetime(["2020-01-01", None])),
            pd.Series(pd.to_datetime(["2020-01-01", None])).dt.tz_localize("Africa/Bamako"),
            pd.Series([dt.date(2020, 1, 1), None], dtype=object),
            pd.Series([dt.date(2020, 1, 1), None], dtype=pd.ArrowDtype(pa.date32())),
            pd.Series(["2020-01-01", None]),
            pd.Series(["2020-01-01T00:00:00Z", None]),
            pd.Series([20200101, None], dtype="Int64"),
            pd.Series(["2020-01-01", None], dtype="category"),
        ],
    )
    def test_days_are_read_alike(self, series):
        np.testing.assert_equal(days(series), [18262.0, np.nan])

    @pytest.mark.parametrize("text", ["10/11/2024", "2024", "19000", "yesterday", "2024-13-01"])
    def test_days_are_not_guessed(self, text):
        assert np.isnan(days(pd.Series([text]))).all()

    def test_what_is_no_number_is_not_made_one(self):
        for values in (["1_000", "1,5", "0x10", "nan", "١"], pd.to_timedelta([1], unit="D"), [1j]):
            assert np.isnan(numbers(pd.Series(values))).all()

    def test_missing_values_of_every_kind_are_missing(self):
        codes, texts = distinct(pd.Series([None, np.nan, pd.NA, pd.NaT, 1], dtype=object))
        assert codes.tolist() == [-1, -1, -1, -1, 0]
        assert texts == ["1"]


def test_an_outcome_may_have_very_many_categories():
    entry = {"scale": "nominal", "categories": {k: f"place {k}" for k in range(200)}}
    table = jf.direct(survey_of([0, 199, 199, 130], entry), "q").levels()
    share = table.set_index("category")["estimate"]
    assert share[["place 0", "place 199", "place 130", "place 1"]].tolist() == [0.25, 0.5, 0.25, 0]


class TestUnknownCodes:
    def test_are_counted_most_frequent_first_and_the_known_named(self):
        says = refusal([7, 8, 8, 1])
        assert "outcome 'q', column 'q': codes the codebook does not know" in says
        assert "'8' in 2 rows, '7' in 1 row." in says
        assert "Known: 'non', 'no', 'yes', '0', '1'." in says

    def test_of_every_outcome_stand_in_one_error(self):
        frame = pd.DataFrame({"place": PLACES, "a": [0, 1, 2, 0], "b": [1, 1, 1, np.inf]})
        book = {"outcomes": {"a": YES_NO, "b": {"scale": "count"}, "c": {**YES_NO, "column": "a"}}}
        with pytest.raises(DataError, match=r"(?s)3 problems.*'a'.*'2' in 1 row.*'inf' in 1 row"):
            Survey(frame, DESIGN, book)

    def test_that_are_texts_are_not_quoted_whole(self):
        secret = "they came at night and took the cattle of Amadou"
        says = refusal([0, 1, 1, secret])
        assert "Amadou" not in says
        assert "'the…' in 1 row" in says

    def test_that_are_many_are_summed_up(self):
        frame = pd.DataFrame({"place": PLACES * 10, "q": range(40)})
        with pytest.raises(DataError, match="and 30 more"):
            Survey(frame, DESIGN, {"outcomes": {"q": YES_NO}})

    @pytest.mark.parametrize("value", [-1, 0.5, "many", np.inf, -np.inf, 1e60])
    def test_are_what_cannot_be_counted(self, value):
        says = refusal([value, 1, 2, 3], {"scale": "count"})
        assert "in 1 row. Each must be a whole number from 0" in says

    @pytest.mark.parametrize("value", ["many", np.inf, 1e60, "nan", 10**400])
    def test_are_what_is_no_measurement(self, value):
        values = pd.Series([value, 1, 2, 3], dtype=object)
        assert "Each must be a number" in refusal(values, {"scale": "continuous"})

    def test_declared_as_no_answer_are_none(self):
        entry = {"scale": "continuous", "dont_know": [99], "missing": ["n/a"], "policy": "excluded"}
        assert levels(survey_of([1, 3, 99, "n/a"], entry)) == [2]


ANSWERS = [0, 1, 9, 98, -1, 1, None, 9]
CODES = {"dont_know": [9], "refused": [98], "missing": [-1]}


class TestNonresponse:
    """Each policy against shares counted by hand in bare pandas."""

    def fit(self, policy):
        frame = pd.DataFrame({"place": PLACES * 2, "q": ANSWERS, "w": [1, 2, 3, 4, 5, 6, 7, 8]})
        design = jf.SurveyDesign(cluster="place", target="population", weights="w")
        book = {"outcomes": {"q": {**YES_NO, **CODES, "policy": policy}}}
        return jf.direct(Survey(frame, design, book), "q"), frame

    @pytest.mark.parametrize(
        ("policy", "base"),
        [("in_base", [0, 1, 9, 98]), ("own_category", [0, 1, 9, 98]), ("excluded", [0, 1])],
    )
    def test_decides_the_denominator(self, policy, base):
        fit, frame = self.fit(policy)
        weight = frame["w"]
        yes = weight[frame["q"] == 1].sum() / weight[frame["q"].isin(base)].sum()
        assert fit.levels()["estimate"].tolist() == pytest.approx([yes])
        assert fit.levels()["n"].tolist() == [frame["q"].isin(base).sum()]

    def test_may_be_answers_of_their_own(self):
        fit, frame = self.fit("own_category")
        table = fit.levels(categories="all").set_index("category")["estimate"]
        base = frame["q"].isin([0, 1, 9, 98])
        share = frame[base].groupby("q")["w"].sum() / frame.loc[base, "w"].sum()
        assert table.to_dict() == pytest.approx(
            {"no": share[0], "yes": share[1], "don't know": share[9], "refused": share[98]}
        )


TICKED = {"scale": "multi", "columns": {"theft": "a", "bandits": "b"}}


class TestMultiple:
    def survey(self, a, b, entry=TICKED, design=DESIGN, **columns):
        frame = pd.DataFrame({"place": PLACES, "a": a, "b": b, **columns})
        return Survey(frame, design, {"outcomes": {"q": entry}})

    def test_an_option_not_ticked_by_someone_who_ticked_another_is_not_named(self):
        survey = self.survey([1, None, 1, None], [1, 1, None, None])
        assert levels(survey) == pytest.approx([2 / 3, 2 / 3])

    def test_an_option_that_a_wave_did_not_offer_is_no_zero(self):
        entry = {
            "scale": "multi",
            "columns": {"theft": "a", "bandits": {"R2": "b"}},
        }
        survey = self.survey(
            [1, 0, 1, 1], [None, None, 1, 0], entry, WAVES, wave=["R1", "R1", "R2", "R2"]
        )
        table = jf.direct(survey, "q").levels().set_index(["category", "wave"])
        assert table.loc[("bandits", "R2"), "estimate"] == 0.5
        assert np.isnan(table.loc[("bandits", "R1"), "estimate"])
        assert table.loc[("bandits", "R1"), "flag"] == ("not_asked",)
        assert table.loc[("theft", "R1"), "estimate"] == 0.5

    def test_unknown_codes_name_what_an_option_can_be(self):
        with pytest.raises(
            DataError, match=r"column 'b'.*'2' in 1 row\. Known: 'non', 'no', 'oui'"
        ):
            self.survey([1, 0, 1, 0], [1, 2, 1, 0])


class TestWavesOfAnOutcome:
    FRAME = pd.DataFrame(
        {
            "place": PLACES * 3,
            "wave": np.repeat(["R1", "R2", "R3"], 4),
            "old": [0, 1, 1, 1] + [None] * 8,
            "new": [None] * 8 + [0, 0, 0, 1],
        }
    )

    def table(self, **entry):
        book = {"outcomes": {"q": YES_NO | {"column": {"R1": "old", "R3": "new"}} | entry}}
        return jf.direct(Survey(self.FRAME, WAVES, book), "q")

    def test_columns_may_change_and_a_gap_is_not_asked(self):
        table = self.table().levels()
        assert table["estimate"].tolist() == pytest.approx([0.75, np.nan, 0.25], nan_ok=True)
        assert table["flag"].iloc[1] == ("not_asked",)
        assert table["n"].tolist() == [4, 0, 4]

    def test_a_gap_is_left_out_of_changes(self):
        table = self.table().changes()
        assert table["wave_ref"].tolist() == ["R1"]
        assert table["estimate"].tolist() == pytest.approx([-0.5])

    def test_a_column_for_a_wave_that_does_not_exist_is_an_error(self):
        with pytest.raises(DataError, match=r"outcome 'q', column: Unknown wave 'R33'"):
            self.table(column={"R1": "old", "R33": "new"})

    def test_relabelled_waves_are_not_compared_unless_allowed(self):
        changed = {"relabelled": {"R3": {1: "certainly"}}}
        row = self.table(**changed).changes().iloc[0]
        assert np.isnan(row["estimate"])
        assert "relabelled" in row["flag"]
        row = self.table(**changed, comparable=["R3"]).changes().iloc[0]
        assert row["estimate"] == pytest.approx(-0.5)
        assert "relabelled" not in row["flag"]


class TestGroups:
    def group(self, values, **covariate):
        frame = pd.DataFrame({"place": PLACES, "g": values})
        book = {"covariates": {"g": covariate}} if covariate else {}
        return Survey(frame, DESIGN, book).group("g")

    def test_stand_in_natural_order(self):
        assert self.group(["Q10", "Q2", None, "Q1"]).labels == ("Q1", "Q2", "Q10")
        assert natural_order("m²") > natural_order("m")

    def test_stand_in_the_order_of_categories(self):
        values = pd.Categorical(["low", "high", "low", None], categories=["low", "mid", "high"])
        assert self.group(values).labels == ("low", "mid", "high")

    def test_that_are_written_alike_are_one(self):
        key = self.group(pd.Series([1, "1.0", " 1", True], dtype=object))
        assert key.labels == ("1",)
        assert key.codes.tolist() == [0, 0, 0, 0]

    @pytest.mark.parametrize("values", [[None] * 4, [""] * 4, [np.nan] * 4, [pd.NaT] * 4])
    def test_without_any_value_are_none(self, values):
        frame = pd.DataFrame({"place": PLACES, "g": values})
        with pytest.raises(jf.SpecError, match="Unknown group 'g'"):
            Survey(frame, DESIGN, {}).group("g")

    def test_of_many_values_need_bins(self):
        n = FEW + 1
        frame = pd.DataFrame({"place": ["a", "b"] * n, "age": range(2 * n)})
        with pytest.raises(jf.SpecError, match="gives it bins"):
            Survey(frame, DESIGN, {}).group("age")
        book = {"covariates": {"age": {"bins": [0, 18, 200]}}}
        assert Survey(frame, DESIGN, book).group("age").labels == ("0-18", "18-200")

    def test_bins_hold_their_lower_edge(self):
        assert self.group([17.9, 18, 24, None], bins=[0, 18, 25]).codes.tolist() == [0, 1, 1, -1]

    def test_values_outside_bins_are_counted(self):
        with pytest.raises(DataError) as refused:
            self.group([17, 99, "old", 25], bins=[18, 25])
        says = str(refused.value)
        assert "outside the bins in 3 rows, not a number in 1 row" in says
        assert "[18, 25)" in says

    def test_categories_take_codes_or_labels(self):
        key = self.group(
            [1, "f", "femme", None], categories={1: "m", 2: {"en": "f", "fr": "femme"}}
        )
        assert key.labels == ("m", "f")
        assert key.codes.tolist() == [0, 1, 1, -1]

    def test_unknown_categories_are_counted(self):
        with pytest.raises(DataError, match=r"'3' in 2 rows, '4' in 1 row\. Known: '1', '2'"):
            self.group([1, 3, 3, 4], categories={1: "m", 2: "f"})


class TestCrosswalks:
    FRAME = pd.DataFrame(
        {
            "place": PLACES * 2,
            "period": [1.0] * 4 + [2.0] * 4,
            "region": ["Mopti", "Mopti", "Gao", "Gao", "Bandiagara", "Mopti", "Gao", None],
        }
    )
    DESIGN = jf.SurveyDesign(
        wave="period", cluster="place", target="population", repeats="clusters"
    )

    def region(self, walk, frame=FRAME, name="region"):
        return Survey(frame, self.DESIGN, {"crosswalks": {name: walk}}).group("region")

    def test_give_new_names_wave_by_wave(self):
        key = self.region({1: {"Mopti": "Both"}, "2": {"Bandiagara": "Both", "Mopti": "Both"}})
        assert key.labels == ("Both", "Gao")
        assert key.codes.tolist() == [0, 0, 1, 1, 0, 0, 1, -1]

    def test_may_swap_names(self):
        key = self.region({1: {"Mopti": "Gao", "Gao": "Mopti"}})
        assert [key.labels[code] for code in key.codes[:4]] == ["Gao", "Gao", "Mopti", "Mopti"]

    @pytest.mark.parametrize(
        ("walk", "name", "says"),
        [
            ({1: {"Mopty": "Both"}}, "region", "no row holds 'Mopty'"),
            ({3: {"Mopti": "Both"}}, "region", "Unknown wave '3'"),
            ({1: {"Mopti": "Both"}}, "regoin", "Did you mean 'region'?"),
            ({1: {"1": "2"}}, "period", "the wave itself cannot be renamed"),
        ],
    )
    def test_that_lead_nowhere_are_an_error(self, walk, name, says):
        with pytest.raises(DataError) as refused:
            self.region(walk, name=name)
        assert says in str(refused.value)
