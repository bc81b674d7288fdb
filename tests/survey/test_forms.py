"""A form that is broken says where; one that is unusual is read all the same."""

import pandas as pd
import pytest
import simulated_exports as sim

import jfmodels as jf
from jfmodels.errors import ReadError

YESNO = [("yesno", "1", "Yes", "Oui"), ("yesno", "0", "No", "Non")]


def draft(folder, survey, choices=YESNO, **more):
    rows = [(*row, *[""] * (5 - len(row))) for row in survey]
    return jf.draft_codebook(sim.write_form(folder / "form.xlsx", rows, choices, **more))


def refused(folder, survey, choices=YESNO):
    with pytest.raises(ReadError) as error:
        draft(folder, survey, choices)
    assert str(error.value).startswith("form.xlsx")
    return str(error.value)


class TestBrokenForms:
    @pytest.mark.parametrize(
        ("survey", "says"),
        [
            ([("select_one yseno", "q", "Q")], r"row 2, question 'q': Unknown list 'yseno'. Did"),
            ([("select_one yesno", "q"), ("integer", "q")], "the name 'q' stands 2 times."),
            ([("begin_group", "g"), ("integer", "q")], "group 'g', begun in row 2, is never ended"),
            ([("integer", "q"), ("end_group", "")], "row 3 ends a group that is not open"),
            (
                [
                    ("begin_group", "g"),
                    ("begin_repeat", "r"),
                    ("end_group", ""),
                    ("end_repeat", ""),
                ],
                "row 4 ends a group that is not open. Every begin needs its own end",
            ),
            (
                [("select_one yesno", "")],
                r"row 2 ('select_one yesno') has no name. Are cells merged",
            ),
        ],
    )
    def test_say_in_which_row(self, survey, says, tmp_path):
        assert says in refused(tmp_path, survey)

    def test_list_everything_at_once(self, tmp_path):
        said = refused(tmp_path, [("select_one nothing", "q"), ("integer", "q"), ("end_group", "")])
        assert "3 problems" in said

    def test_merged_cells_leave_blanks_in_lists(self, tmp_path):
        choices = [("yesno", "1", "Yes", "Oui"), ("", "0", "No", "Non")]
        assert "sheet 'choices', row 3: list_name is blank. Merged cells" in refused(
            tmp_path, [("select_one yesno", "q")], choices
        )

    def test_codes_of_a_list_are_unique(self, tmp_path):
        assert "'1' stands twice in 'yesno'" in refused(
            tmp_path, [("select_one yesno", "q")], [*YESNO, YESNO[0]]
        )

    def test_a_form_without_choices_cannot_choose(self, tmp_path):
        path = tmp_path / "form.xlsx"
        pd.DataFrame({"type": ["select_one yesno"], "name": ["q"]}).to_excel(
            path, sheet_name="survey", index=False
        )
        with pytest.raises(ReadError, match="question 'q': There is no sheet 'choices'"):
            jf.draft_codebook(pd.DataFrame({"q": [1, 0]}), form=path)

    @pytest.mark.parametrize("sheet", ["survey", "choices"])
    def test_columns_that_are_missing(self, sheet, tmp_path):
        sheets = {"survey": {"type": ["text"], "name": ["q"]}}
        sheets["choices"] = {"list_name": ["l"], "name": ["1"]}
        sheets[sheet] = {"list_name": ["l"], "Kind": ["x"]}
        with pd.ExcelWriter(tmp_path / "form.xlsx") as book:
            for name, content in sheets.items():
                pd.DataFrame(content).to_excel(book, sheet_name=name, index=False)
        with pytest.raises(ReadError, match=rf"sheet '{sheet}': no column .*'name'.*first row"):
            jf.draft_codebook(tmp_path / "form.xlsx")


class TestUnusualForms:
    def test_labels_without_marks_of_format(self, tmp_path):
        survey = [("select_one yesno", "q", "# Do you <b>feel</b>\n**safe**?", "")]
        assert draft(tmp_path, survey)["outcomes"]["q"]["label"] == "Do you feel safe?"

    def test_labels_that_stand_twice_get_their_code(self, tmp_path):
        choices = [("l", "1", "Other", "Autre"), ("l", "2", "Radio", "x"), ("l", "3", "Other", "y")]
        categories = draft(tmp_path, [("select_one l", "q")], choices)["outcomes"]["q"][
            "categories"
        ]
        assert [each["en"] for each in categories.values()] == ["Other (1)", "Radio", "Other (3)"]

    def test_conditions_of_groups_hold_within(self, tmp_path):
        survey = [
            ("begin_group", "g", "", "", "${a} = 1"),
            ("select_one yesno", "q", "", "", "${b} = 2"),
            ("end_group", ""),
        ]
        (note,) = draft(tmp_path, survey)["notes"]["q"]
        assert note.startswith("asked only where ${a} = 1 and ${b} = 2;")

    @pytest.mark.parametrize(
        "spelled",
        ["select one yesno", "select1 yesno", "Select_One yesno", "select one from yesno"],
    )
    def test_older_spellings(self, spelled, tmp_path):
        assert draft(tmp_path, [(spelled, "q")])["outcomes"]["q"]["scale"] == "binary"

    def test_the_time_of_the_end_ends_no_group(self, tmp_path):
        survey = [("start", "start"), ("end", "end"), ("select_one yesno", "q")]
        assert list(draft(tmp_path, survey)["outcomes"]) == ["q"]

    def test_all_that_apply_or_another(self, tmp_path):
        survey = [("select all that apply from yesno or specify other", "q")]
        entry = draft(tmp_path, survey)["outcomes"]["q"]
        assert (entry["scale"], list(entry["categories"])) == ("multi", [1, 0, "other"])

    def test_the_same_name_in_two_groups(self, tmp_path):
        rows = []
        for group in ("a", "b"):
            rows += [("begin_group", group), ("select_one yesno", "q"), ("end_group", "")]
        outcomes = draft(tmp_path, rows)["outcomes"]
        assert [entry["column"] for entry in outcomes.values()] == ["a/q", "b/q"]
        assert jf.Codebook.from_dict(
            {"outcomes": {k: v | {"shown": ["Yes"]} for k, v in outcomes.items()}}
        )

    def test_codes_with_zeros_before_them_stay_texts(self, tmp_path):
        choices = [("l", "01", "A", "A"), ("l", "02", "B", "B"), ("l", "10", "C", "C")]
        entry = draft(tmp_path, [("select_one l", "q")], choices)["outcomes"]["q"]
        assert list(entry["categories"]) == ["01", "02", 10]

    def test_choices_shown_to_some_are_noted(self, tmp_path):
        path = tmp_path / "form.xlsx"
        survey = pd.DataFrame([["select_multiple yesno", "q", "region=${r}"]])
        survey.columns = ["type", "name", "choice_filter"]
        choices = pd.DataFrame(YESNO, columns=["list_name", "name", *sim.LANGUAGES])
        with pd.ExcelWriter(path) as book:
            survey.to_excel(book, sheet_name="survey", index=False)
            choices.to_excel(book, sheet_name="choices", index=False)
        (note,) = jf.draft_codebook(path)["notes"]["q"]
        assert "choices were shown where region=${r}" in note
        assert "counts as not having named it" in note


TROUBLES = [
    ("troubles", "theft", "Theft", "Vol"),
    ("troubles", "attack", "Attacks", "Attaques"),
    ("troubles", "road", "The road", "La route"),
]
TRUST = [("trust", "1", "Not at all", "Pas du tout"), ("trust", "2", "A lot", "Beaucoup")]
KOBO = [
    # type, name, label in English, in French, and the lists of rankings and ratings
    ("begin_rank", "worst", "What is worst", "Le pire", "troubles", ""),
    ("rank__level", "first", "1st choice", "1er choix", "", ""),
    ("rank__level", "second", "2nd choice", "2e choix", "", ""),
    ("end_rank", "", "", "", "", ""),
    ("begin_score", "trusted", "Trust in", "Confiance envers", "", "trust"),
    ("score__row", "army", "the army", "l'armée", "", ""),
    ("end_score", "", "", "", "", ""),
    ("begin_kobomatrix", "owned", "What is owned", "Biens", "", ""),
    ("integer", "number", "Number", "Nombre", "", ""),
    ("end_kobomatrix", "", "", "", "", ""),
    ("rank troubles", "order", "In order", "En ordre", "", ""),
]


def kobo_form(path, survey=KOBO):
    columns = ["type", "name", *sim.LANGUAGES, "kobo--rank-items", "kobo--score-choices"]
    with pd.ExcelWriter(path) as book:
        pd.DataFrame(survey, columns=columns).to_excel(book, sheet_name="survey", index=False)
        choices = pd.DataFrame(TROUBLES + TRUST, columns=["list_name", "name", *sim.LANGUAGES])
        choices.to_excel(book, sheet_name="choices", index=False)
    return path


class TestRankingsAndRatings:
    def test_every_rank_is_a_nominal_outcome_of_its_column(self, tmp_path):
        answers = pd.DataFrame(
            {
                "worst/first": ["theft", "attack", "attack"],
                "worst/second": ["road", "theft", None],
                "trusted/army": [1, 2, 2],
                "order": ["theft road attack", "road attack theft", "road theft attack"],
            }
        )
        drafted = jf.draft_codebook(answers, form=kobo_form(tmp_path / "form.xlsx"))
        assert list(drafted["outcomes"]) == ["worst_first", "worst_second", "trusted_army"]
        first, second, army = drafted["outcomes"].values()
        assert (first["scale"], second["scale"]) == ("nominal", "nominal")
        assert first["column"] == "worst/first"
        assert first["label"] == {"en": "What is worst: 1st choice", "fr": "Le pire : 1er choix"}
        assert list(first["categories"]) == ["theft", "attack", "road"]
        assert army["label"]["en"] == "Trust in: the army"
        assert list(army["categories"]) == [1, 2]
        book = {"outcomes": {"first": first}}
        levels = jf.direct(jf.Survey(answers, jf.SurveyDesign(), book), "first").levels()
        shares = dict(zip(levels["category"], levels["estimate"], strict=True))
        assert shares == pytest.approx({"Theft": 1 / 3, "Attacks": 2 / 3, "The road": 0})

    def test_what_is_left_out_says_why_and_what_would_do(self, tmp_path):
        notes = jf.draft_codebook(kobo_form(tmp_path / "form.xlsx"))["notes"]
        assert "make a column of the first code" in str(notes["order"])
        assert "asked in the matrix 'owned'" in str(notes["owned_number"])

    def test_a_ranking_whose_list_is_not_there_says_so(self, tmp_path):
        survey = [(*KOBO[0][:4], "trubles", ""), *KOBO[1:4]]
        with pytest.raises(ReadError, match=r"'first': Unknown list 'trubles'. Did you mean"):
            jf.draft_codebook(kobo_form(tmp_path / "form.xlsx", survey))


class TestLimeSurvey:
    def test_a_structure_of_either_kind_says_the_same(self, tmp_path):
        lss = jf.draft_codebook(sim.write_lss(tmp_path / "a.lss"))
        txt = jf.draft_codebook(sim.write_lime_txt(tmp_path / "a.txt"))
        assert lss == txt

    def test_versions_before_4_have_a_row_for_every_language(self, tmp_path):
        path = tmp_path / "old.lss"
        rows = "".join(
            f"<row><qid>1</qid><parent_qid>0</parent_qid><gid>1</gid><type>L</type>"
            f"<title>q</title><question><![CDATA[{text}]]></question><other>N</other>"
            f"<question_order>1</question_order><language>{k}</language>"
            f"<relevance>1</relevance></row>"
            for k, text in {"en": "Safe?", "fr": "En sécurité ?"}.items()
        )
        given = "".join(
            f"<row><qid>1</qid><code>{code}</code><answer>{text}</answer>"
            f"<sortorder>{place}</sortorder><language>{k}</language></row>"
            for k, texts in {"en": ("Yes", "No"), "fr": ("Oui", "Non")}.items()
            for place, (code, text) in enumerate(zip("YN", texts, strict=True))
        )
        path.write_text(
            "<document><LimeSurveyDocType>Survey</LimeSurveyDocType>"
            f"<questions><rows>{rows}</rows></questions><answers><rows>{given}</rows></answers>"
            "</document>",
            encoding="utf-8",
        )
        assert jf.draft_codebook(path)["outcomes"]["q"] == {
            "label": {"en": "Safe?", "fr": "En sécurité ?"},
            "scale": "binary",
            "categories": {"Y": {"en": "Yes", "fr": "Oui"}, "N": {"en": "No", "fr": "Non"}},
            "shown": ["Yes"],
        }

    @pytest.mark.parametrize(
        ("kind", "names"),
        [
            ("5", ["q"]),
            ("A", ["q_a", "q_b"]),
            ("C", ["q_a", "q_b"]),
            ("E", ["q_a", "q_b"]),
            ("K", ["q_a", "q_b"]),
            ("N", ["q"]),
            ("Y", ["q"]),
            ("M", ["q"]),
            ("P", ["q"]),
            ("T", []),
            ("R", []),
            ("X", []),
        ],
    )
    def test_every_kind_of_question(self, kind, names, tmp_path):
        subs = [("a", "A", "A"), ("b", "B", "B")] if kind in "ACEKMPR" else []
        question = (kind, "q", "Q", "Q", "1", "N", subs, [])
        drafted = jf.draft_codebook(sim.write_lss(tmp_path / "a.lss", [question]))
        assert list(drafted["outcomes"]) == names
        assert ("notes" in drafted) == (kind in "TR")

    def test_a_dual_scale_is_two_questions_a_row(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text(
            "class\ttype/scale\tname\trelevance\ttext\tlanguage\tother\n"
            "Q\t1\tq\t1\tHow far:\ten\tN\nSQ\t0\ta\t\tArmy\ten\t\n"
            "A\t0\t1\t\tlow\ten\t\nA\t0\t2\t\thigh\ten\t\n"
            "A\t1\t1\t\tfew\ten\t\nA\t1\t2\t\tmany\ten\t\n"
        )
        frame = pd.DataFrame({"q[a][1]": [1, 2, 1], "q[a][2]": [2, 2, 1]})
        outcomes = jf.draft_codebook(frame, form=path)["outcomes"]
        assert outcomes["q_a_0"]["label"] == "How far: Army (1)"
        assert outcomes["q_a_1"]["column"] == "q[a][2]"
        assert outcomes["q_a_1"]["categories"] == {1: "few", 2: "many"}

    def test_a_structure_of_another_thing(self, tmp_path):
        path = tmp_path / "a.lss"
        path.write_text("<document><LimeSurveyDocType>Group</LimeSurveyDocType></document>")
        with pytest.raises(ReadError, match=r"no LimeSurvey survey structure .*found 'Group'"):
            jf.draft_codebook(path)
        path.write_text("<document><broken>")
        with pytest.raises(ReadError, match="is not XML"):
            jf.draft_codebook(path)
        (tmp_path / "a.txt").write_text("a\tb\n1\t2\n")
        with pytest.raises(ReadError, match=r"\.txt\): no column 'class', 'type/scale'"):
            jf.draft_codebook(tmp_path / "a.txt")
        (tmp_path / "b.txt").write_bytes("é\t".encode("cp1252"))
        with pytest.raises(ReadError, match="not UTF-8 text"):
            jf.draft_codebook(tmp_path / "b.txt")

    @pytest.mark.parametrize("write", [sim.write_lss, sim.write_lime_txt])
    def test_codes_that_stand_twice(self, write, tmp_path):
        path = tmp_path / ("a.lss" if write is sim.write_lss else "a.txt")
        question = ("L", "q", "Q", "Q", "1", "N", [], [("1", "a", "a"), ("2", "b", "b")])
        with pytest.raises(ReadError, match="codes of two questions: 'q'"):
            jf.draft_codebook(write(path, [question, question]))
        twice = (*question[:-1], [("1", "a", "a"), ("1", "b", "b")])
        with pytest.raises(ReadError, match="question 'q': two answers have the code '1'"):
            jf.draft_codebook(write(path, [twice]))
        with pytest.raises(ReadError, match="'q' is a list without answers"):
            jf.draft_codebook(write(path, [(*question[:-1], [])]))
