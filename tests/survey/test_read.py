"""Reading must bring in what the file says: every code, every wave, and nothing guessed."""

import re
import warnings
import zipfile
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyreadstat
import pytest

from jfmodels.errors import CodebookError, ReadError
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.design import SurveyDesign
from jfmodels.survey.formats import READERS
from jfmodels.survey.read import read_codebook, read_frame, read_survey, read_yaml

ANSWERS = pd.DataFrame(
    {
        "trust": [0, 3, 9, 98],
        "region": ["Ségou", "Gao", "Mopti", "Gao"],
        "weight": [0.5, 1.25, 1.0, 2.0],
    }
)
WRITERS = {
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    ".xlsx": lambda frame, path: frame.to_excel(path, index=False),
    ".parquet": lambda frame, path: frame.to_parquet(path),
    ".sav": lambda frame, path: pyreadstat.write_sav(
        frame, path, missing_ranges={"trust": [9, 98]}
    ),
    ".zsav": lambda frame, path: pyreadstat.write_sav(frame, path, compress=True),
    ".dta": lambda frame, path: pyreadstat.write_dta(frame, path),
}
DESIGN = SurveyDesign(wave="wave", cluster="place", repeats="clusters", target="population")
SAFE = {"scale": "binary", "categories": {0: "no", 1: "yes"}}


def csv(folder, content, name="answers.csv"):
    path = folder / name
    path.write_bytes(content)
    return path


def wave(answers, name="safe"):
    return pd.DataFrame({name: answers, "place": ["a", "a", "b", "b"]})


class TestEveryFormat:
    @pytest.mark.parametrize("suffix", READERS)
    def test_gives_back_what_was_written(self, suffix, tmp_path):
        path = tmp_path / f"answers{suffix}"
        WRITERS[suffix](ANSWERS, path)
        pd.testing.assert_frame_equal(read_frame(path), ANSWERS)

    @pytest.mark.parametrize("suffix", READERS)
    def test_may_be_given_as_text_and_in_capitals(self, suffix, tmp_path):
        path = tmp_path / f"answers{suffix.upper()}"
        WRITERS[suffix](ANSWERS, path)
        assert read_frame(str(path)).shape == ANSWERS.shape

    @pytest.mark.parametrize("suffix", READERS)
    def test_says_when_there_is_no_file(self, suffix, tmp_path):
        with pytest.raises(ReadError, match="There is no file"):
            read_frame(tmp_path / f"none{suffix}")

    @pytest.mark.parametrize("suffix", READERS)
    def test_says_when_the_file_is_empty(self, suffix, tmp_path):
        with pytest.raises(ReadError, match="is empty"):
            read_frame(csv(tmp_path, b"", f"empty{suffix}"))

    @pytest.mark.parametrize("suffix", READERS)
    def test_says_when_the_file_is_damaged(self, suffix, tmp_path):
        # bytes that are neither UTF-8 nor Windows-1252, and no known binary format
        path = csv(tmp_path, b"\x81\x8d\x00\x9d\xff" * 40, f"damaged{suffix}")
        with pytest.raises(ReadError, match=r"damaged\."):
            read_frame(path)

    @pytest.mark.parametrize("suffix", READERS)
    def test_says_when_there_are_no_rows(self, suffix, tmp_path):
        path = tmp_path / f"none{suffix}"
        WRITERS[suffix](ANSWERS.head(0), path)
        with pytest.raises(ReadError, match="0 rows and 3 columns"):
            read_frame(path)


def test_an_unknown_ending_names_the_near_miss(tmp_path):
    with pytest.raises(ReadError, match=re.escape("Did you mean '.xlsx'? Known: '.csv'")):
        read_frame(tmp_path / "answers.xls")


class TestFrames:
    @pytest.mark.parametrize(
        "convert", [pl.from_pandas, pa.Table.from_pandas, lambda frame: Stream(frame)]
    )
    def test_of_any_library_are_read(self, convert):
        pd.testing.assert_frame_equal(read_frame(convert(ANSWERS)), ANSWERS)

    def test_are_not_changed(self):
        before = ANSWERS.copy()
        frame = read_frame(ANSWERS)
        frame.loc[0, "trust"] = 1
        pd.testing.assert_frame_equal(ANSWERS, before)

    def test_get_an_index_of_their_own(self):
        assert read_frame(ANSWERS.set_index("region", drop=False).iloc[::-1]).index.tolist() == [
            *range(4)
        ]

    def test_other_things_are_refused(self):
        with pytest.raises(ReadError, match=r"found LazyFrame\. A lazy frame must be collected"):
            read_frame(pl.from_pandas(ANSWERS).lazy())

    def test_with_a_name_twice_are_refused(self):
        twice = pd.DataFrame([[1, 2]], columns=["q1", "q1"])
        with pytest.raises(ReadError, match="columns of the same name: 'q1'"):
            read_frame(twice)


class Stream:
    """A table that offers Arrow's C interface and nothing else."""

    def __init__(self, frame):
        self.table = pa.Table.from_pandas(frame)

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class TestText:
    def test_french_excel_writes_semicolons_commas_and_windows_1252(self, tmp_path):
        content = "région;poids;âge\nSégou;1,5;30\nGao;2;41\n".encode("cp1252")
        frame = read_frame(csv(tmp_path, content))
        assert frame.to_dict("list") == {
            "région": ["Ségou", "Gao"],
            "poids": [1.5, 2.0],
            "âge": [30, 41],
        }

    def test_kobo_writes_semicolons_and_decimal_points(self, tmp_path):
        frame = read_frame(csv(tmp_path, b'"q1";"weight"\n"radio, tv";1.5\n"tv";2.25\n'))
        assert frame["weight"].tolist() == [1.5, 2.25]
        assert frame["q1"].tolist() == ["radio, tv", "tv"]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_of_any_usual_encoding_is_read(self, encoding, tmp_path):
        frame = read_frame(csv(tmp_path, "région,n\nSégou,1\n".encode(encoding)))
        assert frame["région"].tolist() == ["Ségou"]

    def test_commas_within_quotes_separate_nothing(self, tmp_path):
        frame = read_frame(csv(tmp_path, b'"a, b, c";"d"\n1;2\n'))
        assert list(frame.columns) == ["a, b, c", "d"]

    def test_none_is_an_answer_and_na_is_not(self, tmp_path):
        frame = read_frame(csv(tmp_path, b"trusts,n\nNone,1\nNA,2\n,3\n"))
        assert frame["trusts"].fillna("missing").tolist() == ["None", "missing", "missing"]

    def test_a_column_of_codes_and_words_stays_readable(self, tmp_path):
        frame = read_frame(csv(tmp_path, b"q1,q2\n1,1\n9,2\nrefused,3\n"))
        assert frame["q1"].tolist() == ["1", "9", "refused"]

    def test_rows_of_separators_only_are_no_interviews(self, tmp_path):
        frame = read_frame(csv(tmp_path, b"q1;q2\n1;2\n;\n"))
        assert frame.to_dict("list") == {"q1": [1], "q2": [2]}

    def test_more_fields_than_names_are_an_error(self, tmp_path):
        with pytest.raises(ReadError, match="header or names does not match length of data"):
            read_frame(csv(tmp_path, b"a,b\n1,2,3\n4,5,6\n"))
        with pytest.raises(ReadError, match="Expected 2 fields in line 3, saw 3"):
            read_frame(csv(tmp_path, b"a,b\n1,2\n4,5,6\n"))

    def test_a_separator_at_the_end_of_rows_does_no_harm(self, tmp_path):
        frame = read_frame(csv(tmp_path, b"a,b\n1,2,\n4,5,\n"))
        assert frame.to_dict("list") == {"a": [1, 4], "b": [2, 5]}


class TestExcel:
    def test_codes_and_words_in_one_column_become_text(self, tmp_path):
        pd.DataFrame({"q1": [1, 2.5, "refused", None]}).to_excel(tmp_path / "a.xlsx", index=False)
        frame = read_frame(tmp_path / "a.xlsx")
        assert frame["q1"].tolist() == ["1", "2.5", "refused"]

    def test_nameless_empty_columns_are_dropped(self, tmp_path):
        pd.DataFrame({"q1": [1, 2], "": [None, None]}).to_excel(tmp_path / "a.xlsx", index=False)
        assert list(read_frame(tmp_path / "a.xlsx").columns) == ["q1"]

    def test_a_workbook_without_styles_is_read_in_silence(self, tmp_path):
        ANSWERS.to_excel(tmp_path / "a.xlsx", index=False)
        with (
            zipfile.ZipFile(tmp_path / "a.xlsx") as book,
            zipfile.ZipFile(tmp_path / "b.xlsx", "w") as bare,
        ):
            for name in book.namelist():
                content = re.sub(rb"<cellStyles.*?</cellStyles>", b"", book.read(name))
                bare.writestr(name, content)
        pd.testing.assert_frame_equal(read_frame(tmp_path / "b.xlsx"), ANSWERS)

    def test_the_first_sheet_is_read(self, tmp_path):
        with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
            ANSWERS.to_excel(book, sheet_name="answers", index=False)
            pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="notes", index=False)
        assert read_frame(tmp_path / "a.xlsx").shape == ANSWERS.shape

    def test_a_questionnaire_is_not_taken_for_answers(self, tmp_path):
        with pd.ExcelWriter(tmp_path / "form.xlsx") as book:
            for sheet in ("survey", "choices"):
                pd.DataFrame({"name": ["q1"]}).to_excel(book, sheet_name=sheet, index=False)
        with pytest.raises(ReadError, match="draft_codebook reads the questionnaire"):
            read_frame(tmp_path / "form.xlsx")

    @pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
    def test_groups_of_a_form_are_dropped_and_options_kept(self, suffix, tmp_path):
        columns = {
            "intro/consent": ["yes", "yes"],
            "safety/safe": [1, 9],
            "safety/news": ["radio tv", "tv"],
            "safety/news/radio": [1, 0],
            "safety/news/tv": [1, 1],
            "first/why": ["a", "b"],
            "second/why": ["c", "d"],
            "_uuid": ["u1", "u2"],
        }
        WRITERS[suffix](pd.DataFrame(columns), tmp_path / f"kobo{suffix}")
        assert list(read_frame(tmp_path / f"kobo{suffix}").columns) == [
            *("consent", "safe", "news", "news/radio", "news/tv"),
            *("first/why", "second/why", "_uuid"),
        ]

    def test_options_without_a_column_of_their_own_question_are_known_by_0_and_1(self, tmp_path):
        frame = pd.DataFrame({"g/news/radio": [1, 0], "g/news/tv": [1, None], "g/age": [30, 41]})
        frame.to_excel(tmp_path / "kobo.xlsx", index=False)
        read = read_frame(tmp_path / "kobo.xlsx")
        assert list(read.columns) == ["news/radio", "news/tv", "age"]

    def test_a_slash_in_an_ordinary_name_stays(self, tmp_path):
        csv(tmp_path, b"km/h,q1\n30,1\n50,2\n")
        assert list(read_frame(tmp_path / "answers.csv").columns) == ["km/h", "q1"]


class TestLabelledFiles:
    def test_spss_codes_declared_missing_are_kept(self, tmp_path):
        frame = pd.DataFrame({"q1": [1, 2, 9, np.nan], "q2": [-3, -1, 4, 5]})
        pyreadstat.write_sav(
            frame,
            tmp_path / "a.sav",
            variable_value_labels={"q1": {1.0: "no", 2.0: "yes", 9.0: "don't know"}},
            missing_ranges={"q1": [9], "q2": [{"lo": -9, "hi": -1}]},
        )
        pd.testing.assert_frame_equal(read_frame(tmp_path / "a.sav"), frame)

    def test_texts_that_are_not_what_the_file_declares_are_read_as_windows_1252(self, tmp_path):
        path = tmp_path / "a.sav"
        pyreadstat.write_sav(pd.DataFrame({"region": ["S#gou", "Gao"]}), path)
        path.write_bytes(path.read_bytes().replace(b"S#gou", "Ségou".encode("cp1252")))
        assert read_frame(path)["region"].tolist() == ["Ségou", "Gao"]

    def test_stata_extended_missing_values_are_missing_and_it_says_so(self, tmp_path):
        pyreadstat.write_dta(
            pd.DataFrame({"q1": [1, 2, "a", "b"], "q2": [1, 2, 3, 9]}),
            tmp_path / "a.dta",
            variable_value_labels={"q1": {1: "no", 2: "yes", "a": "don't know"}},
            missing_user_values={"q1": ["a", "b"]},
        )
        with pytest.warns(UserWarning, match=r"a.dta: .* read as missing in 'q1'; where"):
            frame = read_frame(tmp_path / "a.dta")
        assert frame["q1"].tolist() == ["1", "2", ".a", np.nan]
        assert frame["q2"].tolist() == [1, 2, 3, 9]

    def test_stata_numbers_stay_numbers_where_their_letters_have_labels(self, tmp_path):
        pyreadstat.write_dta(
            pd.DataFrame({"age": [18, 30, "a"]}),
            tmp_path / "a.dta",
            variable_value_labels={"age": {"a": "refused"}},
            missing_user_values={"age": ["a"]},
        )
        with pytest.warns(UserWarning, match="read as missing in 'age'"):
            frame = read_frame(tmp_path / "a.dta")
        pd.testing.assert_frame_equal(frame, pd.DataFrame({"age": [18, 30, np.nan]}))

    def test_stata_files_without_them_are_read_in_silence(self, tmp_path):
        pyreadstat.write_dta(ANSWERS, tmp_path / "a.dta")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_frame(tmp_path / "a.dta")


class TestWaves:
    def test_are_stacked_with_their_names(self):
        survey = read_survey(
            {"R1": wave([0, 1, 1, 0]), "R2": wave([1, 1, 1, 0])},
            design=DESIGN,
            codebook={"outcomes": {"safe": SAFE}},
        )
        assert survey.n == 8
        assert survey.waves == ("R1", "R2")

    def test_may_be_files_of_several_kinds(self, tmp_path):
        wave([0, 1, 1, 0]).to_csv(tmp_path / "r1.csv", index=False)
        pyreadstat.write_sav(wave([0, 1, 1, 0]), tmp_path / "r2.sav")
        files = {"R1": tmp_path / "r1.csv", "R2": tmp_path / "r2.sav", "R3": wave([1, 1, 1, 0])}
        survey = read_survey(files, design=DESIGN, codebook={"outcomes": {"safe": SAFE}})
        assert survey.waves == ("R1", "R2", "R3")

    def test_may_name_their_columns_differently(self):
        """The share per wave, by hand: 2 of 4, then 3 of 4."""
        survey = read_survey(
            {"R1": wave([0, 1, 1, 0], "q3"), "R2": wave([1, 1, 1, 0], "q7")},
            design=DESIGN,
            codebook={"outcomes": {"safe": SAFE | {"column": {"R1": "q3", "R2": "q7"}}}},
        )
        counts = survey.rows.aggregate(["wave"], ["safe"]).counts["safe"]
        assert counts[:, :2].tolist() == [[2, 2], [1, 3]]

    def test_one_file_may_hold_them_all(self, tmp_path):
        both = pd.concat([wave([0, 1, 1, 0]), wave([1, 1, 1, 0])]).assign(wave=[1] * 4 + [2] * 4)
        both.to_csv(tmp_path / "all.csv", index=False)
        assert read_survey(tmp_path / "all.csv", design=DESIGN).waves == ("1", "2")

    def test_that_name_themselves_rightly_are_accepted(self):
        survey = read_survey({1: wave([0, 1, 1, 0]).assign(wave=1.0)}, design=DESIGN)
        assert survey.waves == ("1",)

    def test_that_name_themselves_otherwise_are_refused(self):
        second = wave([0, 1, 1, 0]).assign(wave="R1")
        with pytest.raises(ReadError, match=r"file of wave 'R2' already has a column 'wave'.*'R1'"):
            read_survey({"R2": second}, design=DESIGN)

    def test_need_a_column_and_at_least_one_file(self):
        with pytest.raises(ReadError, match="needs a column for the wave"):
            read_survey({"R1": wave([0, 1, 1, 0])}, design=SurveyDesign())
        with pytest.raises(ReadError, match="No waves were given"):
            read_survey({}, design=DESIGN)

    def test_leave_the_frames_they_were_given_unchanged(self):
        first = wave([0, 1, 1, 0])
        read_survey({"R1": first, "R2": first}, design=DESIGN)
        pd.testing.assert_frame_equal(first, wave([0, 1, 1, 0]))


class TestCodebooks:
    BOOK = "outcomes:\n  safe: {scale: binary, categories: {0: no, 1: yes}}\n"

    @pytest.mark.parametrize("given", ["path", "text", "mapping", "codebook"])
    def test_may_be_given_in_any_form(self, given, tmp_path):
        path = tmp_path / "codebook.yaml"
        path.write_text(self.BOOK)
        content = read_yaml(path)
        forms = {"path": path, "text": str(path), "mapping": content}
        book = forms.get(given, Codebook.from_dict(content))
        survey = read_survey({"R1": wave([0, 1, 1, 0])}, design=DESIGN, codebook=book)
        assert survey.outcome("safe").shown == ("yes",)

    def test_keep_their_dates_and_words(self, tmp_path):
        path = tmp_path / "codebook.yaml"
        path.write_text("waves: {R1: {start: 2024-10-20}}\n" + self.BOOK)
        assert read_codebook(path).waves["R1"].start == date(2024, 10, 20)


class TestYaml:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("a: 1\nb:\n  c: 1\n  c: 2\n", r"line 4, column 3: .*duplicate key \"c\".*once"),
            ("a: [1,\nb: ]: }", r"book.yaml, line 2, column 5: mapping values"),
            ("a: \t- 1\n", "line 1, column 4"),
            ("a: 1\n---\nb: 2\n", "line 2, column 1: .*another document"),
            ("a: \x07", "book.yaml is not YAML"),
            ("- 1\n", "should hold names and values .* found a list"),
            ("", "found nothing"),
        ],
    )
    def test_says_what_is_wrong_and_where(self, content, message, tmp_path):
        path = tmp_path / "book.yaml"
        path.write_text(content)
        with pytest.raises(CodebookError, match=message):
            read_yaml(path)

    def test_leaves_words_and_codes_as_they_are(self, tmp_path):
        path = tmp_path / "book.yaml"
        path.write_text("{1: yes, 2: no, 012: on, q: '012'}")
        assert read_yaml(path) == {1: "yes", 2: "no", 12: "on", "q": "012"}

    def test_says_when_the_file_is_missing_or_no_text(self, tmp_path):
        with pytest.raises(CodebookError, match="could not be opened: No such file"):
            read_yaml(tmp_path / "none.yaml")
        (tmp_path / "latin.yaml").write_bytes("a: é".encode("cp1252"))
        with pytest.raises(CodebookError, match=r"latin\.yaml is not UTF-8 text"):
            read_yaml(tmp_path / "latin.yaml")
