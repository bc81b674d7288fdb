"""A draft holds what the source says, leaves open what it cannot say, and invents nothing."""

import re
import struct

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from jfmodels.errors import CodebookError, ReadError
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.draft import draft_codebook, write_codebook
from jfmodels.survey.questions import NO_ANSWER, no_answer
from jfmodels.survey.read import read_frame, read_yaml

TRUST = {0: "not at all", 1: "a little", 2: "a lot", 9: "Don't know", 98: "Refused", -1: "Missing"}
FRAME = pd.DataFrame(
    {
        "wave": [1, 1, 2, 2, 10, 10] * 3,
        "id": range(18),
        "trust": [0, 1, 2, 9, 98, -1] * 3,
        "safe": [1, 2, 1, 2, 9, 1] * 3,
        "region": [1, 2, 3] * 6,
        "party": [1, 2, 3] * 6,
        "age": [*range(18, 34), 18, 99],
        "years": [*range(18, 34), 18, 99],
        "income": [1.5, 2.5, 3.25, 4.0, np.nan, 7.5] * 3,
        "day": pd.to_datetime(["2024-10-20"] * 18),
        "radio": [1, 0, 1, 0, 1, 9] * 3,
        "tv": [0, 0, 1, 1, 1, 9] * 3,
    }
)
VALUE_LABELS = {
    "trust": {float(code): label for code, label in TRUST.items()},
    "safe": {1.0: "Oui", 2.0: "Non", 9.0: "NSP"},
    "region": {1.0: "Gao", 2.0: "Mopti", 3.0: "Ségou", 7.0: "Kidal"},
    "age": {99.0: "Refus"},
    "years": {99.0: "Refus"},
    "party": {1.0: "Gao", 2.0: "Mopti", 3.0: "Ségou", 7.0: "Kidal"},
    "radio": {0.0: "no", 1.0: "yes", 9.0: "ne sait pas"},
    "tv": {0.0: "no", 1.0: "yes", 9.0: "ne sait pas"},
}


@pytest.fixture
def spss(tmp_path):
    path = tmp_path / "wave.sav"
    pyreadstat.write_sav(
        FRAME,
        path,
        column_labels={"trust": "Trust in the army", "radio": "The radio", "tv": "Television"},
        variable_value_labels=VALUE_LABELS,
        missing_ranges={"trust": [98, 99], "years": [99], "income": [{"lo": -9, "hi": -1}]},
        variable_measure={"region": "nominal", "party": "nominal"},
    )
    return path


def add_response_set(path, definition):
    """Write the record of multiple response sets, which pyreadstat reads but cannot write."""
    content = path.read_bytes()
    end = content.index(struct.pack("<ii", 999, 0))
    text = definition.encode()
    record = struct.pack("<iiii", 7, 7, 1, len(text)) + text
    path.write_bytes(content[:end] + record + content[end:])


class TestSpss:
    def test_answers_are_told_from_other_codes(self, spss):
        assert draft_codebook(spss)["outcomes"]["trust"] == {
            "label": "Trust in the army",
            "scale": "ordinal",
            "categories": {0: "not at all", 1: "a little", 2: "a lot"},
            "shown": None,
            "dont_know": [9],
            "refused": [98],
            "missing": [-1, 99],
            "policy": None,
        }

    def test_yes_is_shown_wherever_it_stands(self, spss):
        safe = draft_codebook(spss)["outcomes"]["safe"]
        assert (safe["scale"], safe["shown"], safe["dont_know"]) == ("binary", ["Oui"], [9])

    def test_the_measure_of_the_file_is_taken(self, spss):
        party = draft_codebook(spss)["outcomes"]["party"]
        assert party == {
            "scale": "nominal",
            "categories": {1: "Gao", 2: "Mopti", 3: "Ségou", 7: "Kidal"},
        }

    def test_numbers_are_measurements(self, spss):
        outcomes = draft_codebook(spss)["outcomes"]
        assert outcomes["years"] == {"scale": "continuous", "refused": [99], "policy": None}
        assert outcomes["income"] == {"scale": "continuous"}

    def test_what_describes_people_and_places_is_taken_for_a_covariate(self, spss):
        covariates = draft_codebook(spss)["covariates"]
        assert covariates == {
            "region": {"categories": {1: "Gao", 2: "Mopti", 3: "Ségou", 7: "Kidal"}},
            "age": {"bins": None},
        }

    def test_codes_without_a_label_are_noted(self, tmp_path):
        pyreadstat.write_sav(
            pd.DataFrame({"q": [1, 2, 3, 2]}),
            tmp_path / "a.sav",
            variable_value_labels={"q": {1.0: "no", 2.0: "yes"}},
        )
        assert draft_codebook(tmp_path / "a.sav")["notes"] == {"q": ["codes without a label: '3'."]}

    def test_identifiers_and_dates_are_left_out(self, spss):
        assert {"id", "day"}.isdisjoint(draft_codebook(spss)["outcomes"])

    def test_waves_are_listed_in_natural_order(self, spss):
        draft = draft_codebook(spss, wave="wave")
        assert list(draft["waves"]) == ["1", "2", "10"]
        assert "wave" not in draft["outcomes"]

    def test_an_unknown_wave_column_is_an_error(self, spss):
        with pytest.raises(ReadError, match=r"Unknown column 'waves'\. Did you mean 'wave'"):
            draft_codebook(spss, wave="waves")

    def test_multiple_response_sets_become_one_outcome(self, spss):
        add_response_set(spss, "$news=D1 1 12 News sources radio tv\n")
        outcomes = draft_codebook(spss)["outcomes"]
        assert outcomes["news"] == {
            "label": "News sources",
            "scale": "multi",
            "columns": {"The radio": "radio", "Television": "tv"},
            "dont_know": [9],
            "policy": None,
        }
        assert {"radio", "tv"}.isdisjoint(outcomes)

    def test_sets_that_count_another_code_say_which(self, spss):
        add_response_set(spss, "$news=D1 2 12 News sources radio tv\n")
        news = draft_codebook(spss)["outcomes"]["news"]
        assert (news["named"], news["not_named"], news["dont_know"]) == ([2], [0, 1], [9])

    def test_sets_of_categories_are_lists_of_mentions(self, spss):
        add_response_set(spss, "$news=C 12 News sources trust safe\n")
        news = draft_codebook(spss)["outcomes"]["news"]
        assert news["column"] == ["trust", "safe"]
        assert news["missing"] == [-1, 99]

    def test_sets_of_texts_ask_for_what_is_counted(self, tmp_path):
        frame = pd.DataFrame({"a": ["Y", "N", "Y"], "b": ["N", "N", "Y"]})
        pyreadstat.write_sav(frame, tmp_path / "a.sav")
        add_response_set(tmp_path / "a.sav", "$s=D1 Y 4 News a b\n")
        draft = draft_codebook(tmp_path / "a.sav")
        assert draft["outcomes"]["s"]["not_named"] == ["N", "Y"]
        assert "say under named:" in draft["notes"]["s"][0]


def test_stata_letters_are_no_categories(tmp_path):
    pyreadstat.write_dta(
        pd.DataFrame({"q1": [1, 2, 3, "a", 2, 1]}),
        tmp_path / "wave.dta",
        variable_value_labels={"q1": {1: "bad", 2: "fair", 3: "good", "a": "don't know"}},
        missing_user_values={"q1": ["a"]},
    )
    q1 = draft_codebook(tmp_path / "wave.dta")["outcomes"]["q1"]
    assert q1 == {
        "scale": "ordinal",
        "categories": {1: "bad", 2: "fair", 3: "good"},
        "shown": None,
        "dont_know": [".a"],
        "policy": None,
    }


class TestFrames:
    @pytest.mark.parametrize(
        ("column", "scale"),
        [
            ([0, 1, 2, 2], "ordinal"),
            ([0, 1, 9, 9], "ordinal"),
            ([1.0, 2.0, 3.0, np.nan, 3.0], "ordinal"),
            ([0, 1, 1, 0], "binary"),
            (["no", "yes", "no"], "binary"),
            (["no", "yes", "no", ""], "binary"),
            (["radio", "tv", "none", "tv"], None),
            ([2010, 2011, 2012, 2012], "continuous"),
            ([*range(12), 11], "continuous"),
            ([0.5, 1.5, 2.5], "continuous"),
        ],
    )
    def test_scales_are_guessed_from_values(self, column, scale):
        assert draft_codebook(pd.DataFrame({"q1": column}))["outcomes"]["q1"]["scale"] == scale

    @pytest.mark.parametrize(
        "column",
        [
            [1, 2, 3],
            ["a", "b", "c"],
            [1, 1, 1],
            [None, None, None],
            pd.to_datetime(["2024-10-20", "2024-10-20", "2024-10-21"]),
        ],
        ids=["identifiers", "names", "constant", "missing", "dates"],
    )
    def test_what_is_no_question_is_left_out(self, column):
        assert draft_codebook(pd.DataFrame({"q1": column}))["outcomes"] == {}

    def test_categories_are_named_by_their_code(self):
        frame = pd.DataFrame({"q1": [2, 0, 1, 1]})
        assert draft_codebook(frame)["outcomes"]["q1"]["categories"] == {0: "0", 1: "1", 2: "2"}

    def test_options_of_a_form_become_one_outcome(self):
        frame = pd.DataFrame(
            {"news": ["radio tv", "tv", "tv"], "news/radio": [1, 0, 0], "news/tv": [1, 1, 1]}
        )
        assert draft_codebook(frame)["outcomes"] == {
            "news": {"scale": "multi", "columns": {"radio": "news/radio", "tv": "news/tv"}}
        }

    def test_files_without_labels_are_frames(self, tmp_path):
        FRAME.to_csv(tmp_path / "wave.csv", index=False)
        FRAME.to_excel(tmp_path / "wave.xlsx", index=False)
        scales = [
            {name: entry["scale"] for name, entry in draft_codebook(source)["outcomes"].items()}
            for source in (FRAME, tmp_path / "wave.xlsx")
        ]
        assert scales[0] == scales[1]
        # a CSV does not know dates: the repeated day is text with one value, hence left out
        assert draft_codebook(tmp_path / "wave.csv")["outcomes"].keys() == scales[0].keys()


SURVEY = [
    ("start", "start", "", ""),
    ("begin_group", "safety", "Safety", "Sécurité"),
    ("select_one trust", "army", "Trust in the army", "Confiance envers l'armée"),
    ("select_one yesno", "safe", "Feels safe", ""),
    ("select_multiple news or_other", "news", "News sources", "Sources"),
    ("select_one place", "place", "Place", "Lieu"),
    ("note", "thanks", "Thanks", "Merci"),
    ("end_group", "", "", ""),
    ("begin_repeat", "members", "Members", "Membres"),
    ("integer", "member_age", "Age", "Âge"),
    ("end_repeat", "", "", ""),
    ("begin group", "first", "", ""),
    ("integer", "age", "Rooms", "Pièces"),
    ("end group", "", "", ""),
    ("begin group", "second", "", ""),
    ("decimal", "age", "Rooms again", "Pièces encore"),
    ("end group", "", "", ""),
]
CHOICES = [
    ("trust", "1", "Not at all", "Pas du tout"),
    ("trust", "2", "A little", "Un peu"),
    ("trust", "3", "A lot", "Beaucoup"),
    ("trust", "98", "Don't know", "Ne sait pas"),
    ("trust", "99", "Prefer not to say", "Refus"),
    ("yesno", "yes", "Yes", "Oui"),
    ("yesno", "no", "No", "Non"),
    ("news", "radio", "Radio", "Radio"),
    ("news", "tv", "Television", "Télévision"),
    ("place", "gao", "Gao", "Gao"),
    ("place", "mopti", "Mopti", "Mopti"),
    ("place", "segou", "Ségou", "Ségou"),
]


def write_form(path, languages=("label::English (en)", "label::Français (fr)")):
    with pd.ExcelWriter(path) as book:
        survey = pd.DataFrame(SURVEY, columns=["type", "name", *languages])
        choices = pd.DataFrame(CHOICES, columns=["list_name", "name", *languages])
        survey.to_excel(book, sheet_name="survey", index=False)
        choices.to_excel(book, sheet_name="choices", index=False)
    return path


class TestQuestionnaires:
    @pytest.fixture
    def outcomes(self, tmp_path):
        return draft_codebook(write_form(tmp_path / "form.xlsx"))["outcomes"]

    def test_choices_in_sequence_are_ordinal_in_both_languages(self, outcomes):
        assert outcomes["army"] == {
            "label": {"en": "Trust in the army", "fr": "Confiance envers l'armée"},
            "scale": "ordinal",
            "categories": {
                1: {"en": "Not at all", "fr": "Pas du tout"},
                2: {"en": "A little", "fr": "Un peu"},
                3: {"en": "A lot", "fr": "Beaucoup"},
            },
            "shown": None,
            "dont_know": [98],
            "refused": [99],
            "policy": None,
        }

    def test_other_choices_are_binary_or_for_a_person_to_choose(self, outcomes):
        assert outcomes["place"]["scale"] is None
        assert (outcomes["safe"]["scale"], outcomes["safe"]["shown"]) == ("binary", ["Yes"])

    def test_a_label_in_one_language_is_plain(self, outcomes):
        assert outcomes["safe"]["label"] == "Feels safe"

    def test_several_choices_are_a_multiple_response(self, outcomes):
        assert outcomes["news"]["categories"] == {
            "radio": {"en": "Radio", "fr": "Radio"},
            "tv": {"en": "Television", "fr": "Télévision"},
            "other": {"en": "Other", "fr": "Autre"},
        }

    def test_numbers_are_continuous_and_named_apart(self, outcomes):
        assert [name for name, each in outcomes.items() if each["scale"] == "continuous"] == [
            "first_age",
            "second_age",
        ]
        assert outcomes["first_age"]["column"] == "first/age"

    def test_notes_and_repeats_are_left_out(self, outcomes):
        assert list(outcomes) == ["army", "safe", "news", "place", "first_age", "second_age"]

    @pytest.mark.parametrize(
        ("languages", "label"),
        [
            (("label::English", "label::Français"), {"en": "Place", "fr": "Lieu"}),
            (("label::fr", "label::en"), {"en": "Lieu", "fr": "Place"}),
            (("label", "hint"), "Place"),
            (("label::Bamanankan (bm)", "label::French (fr)"), "Lieu"),
        ],
    )
    def test_languages_are_known_by_code_or_name(self, languages, label, tmp_path):
        form = write_form(tmp_path / "form.xlsx", languages)
        assert draft_codebook(form)["outcomes"]["place"]["label"] == label

    def test_the_columns_are_those_of_the_export(self, outcomes, tmp_path):
        columns = ["safety/army", "safety/safe", "safety/news", "safety/place"]
        columns += [f"safety/news/{option}" for option in ("radio", "tv", "other")]
        columns += ["first/age", "second/age", "_uuid"]
        pd.DataFrame([[1] * len(columns)], columns=columns).to_excel(
            tmp_path / "data.xlsx", index=False
        )
        named = {entry.get("column", name) for name, entry in outcomes.items()}
        assert named <= set(read_frame(tmp_path / "data.xlsx").columns)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Don't know", "dont_know"),
        ("DON’T KNOW / HAVEN’T HEARD ENOUGH", "dont_know"),
        ("Ne sait pas", "dont_know"),
        ("Je ne sais pas (ne pas lire)", "dont_know"),
        ("NSP", "dont_know"),
        ("Refused to answer", "refused"),
        ("Refus", "refused"),
        ("A refusé", None),
        ("Refuse de répondre", "refused"),
        ("Je préfère ne pas répondre", "refused"),
        ("I would rather not say", "refused"),
        ("No answer", "refused"),
        ("Prefer not to say", "refused"),
        ("Missing data", "missing"),
        ("Not asked in this country", "missing"),
        ("Sans objet", "missing"),
        ("N/A", "missing"),
        ("Don't know anyone there", None),
        ("No", None),
        ("Nothing", None),
        ("Sometimes", None),
    ],
)
def test_labels_of_no_answer_are_known(label, kind):
    assert no_answer(label) == kind
    assert kind is None or kind in NO_ANSWER


class TestWriting:
    def test_gives_back_the_same_draft(self, spss, tmp_path):
        for k, source in enumerate([spss, write_form(tmp_path / "form.xlsx"), FRAME]):
            draft = draft_codebook(source)
            write_codebook(draft, tmp_path / f"{k}.yaml")
            assert read_yaml(tmp_path / f"{k}.yaml") == draft

    def test_notes_what_is_to_be_chosen(self, spss, tmp_path):
        write_codebook(draft_codebook(spss), tmp_path / "book.yaml")
        text = (tmp_path / "book.yaml").read_text(encoding="utf-8")
        assert text.startswith("# A draft that a person must finish")
        assert re.search("policy: +# choose: in_base, excluded or own_category", text)
        assert re.search("shown: +# choose the answers", text)
        assert re.search("bins: +# edges such as", text)
        assert "dont_know: [9]" in text
        assert "Ségou" in text

    def test_never_overwrites_a_codebook(self, tmp_path):
        (tmp_path / "book.yaml").write_text("finished")
        with pytest.raises(CodebookError, match=r"already a file .*book\.yaml"):
            write_codebook({}, tmp_path / "book.yaml")
        assert (tmp_path / "book.yaml").read_text() == "finished"


def test_a_draft_is_refused_until_it_is_finished(spss):
    draft = draft_codebook(spss, wave="wave")
    with pytest.raises(CodebookError, match=r"(?s)'trust'.*shown.*policy"):
        Codebook.from_dict(draft)
    for name, entry in draft["outcomes"].items():
        measured = entry["scale"] == "continuous"
        if entry.get("shown", "") is None:
            entry["shown"] = [list(entry["categories"].values())[-1]]
        if "policy" in entry:
            entry["policy"] = "excluded" if measured else "in_base"
        if name == "trust":
            entry["shown"] = ["a lot"]
    assert Codebook.from_dict(draft).outcomes["trust"].shown == ("a lot",)
