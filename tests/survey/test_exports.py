"""Whatever an export looks like, its drafted codebook reads the answers that were given.

The answers are drawn once (`simulated_exports`) and laid out as each tool does. Every layout is
drafted, its open choices are made, and the counts that come out are those of bare pandas.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import simulated_exports as sim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jfmodels as jf
from jfmodels.errors import CodebookError, DataError, ReadError
from jfmodels.survey.draft import FORMS
from jfmodels.survey.read import read_codebook, read_frame, read_yaml

ANSWERS = sim.answers()
DESIGN = jf.SurveyDesign(wave="round", cluster="village", repeats="clusters", target="population")
NAMED = {
    "Armed bandits": "bandits",
    "Cattle theft": "theft",
    "None": "none",
    "Other": "other",
}
DOCS = Path(__file__).parents[2] / "docs" / "exports"


def decided(draft, policy="in_base"):
    """Make every choice that a draft leaves open."""
    outcomes = {}
    for name, entry in draft["outcomes"].items():
        entry = dict(entry)
        if "policy" in entry:
            entry["policy"] = policy
        if "scale" in entry and entry["scale"] is None:
            entry["scale"] = "nominal"
        if "shown" in entry and entry["shown"] is None:
            label = list(entry["categories"].values())[-1]
            entry["shown"] = [label if isinstance(label, str) else label["en"]]
        outcomes[name] = entry
    return draft | {"outcomes": outcomes}


def read(source, form, design=DESIGN, **decisions):
    draft = jf.draft_codebook(source, form=form, wave=design.wave)
    return jf.read_survey(source, design=design, codebook=decided(draft, **decisions))


def counts(survey, name):
    """Counts by wave and kind of answer."""
    return survey.rows.aggregate(["wave"], [name]).counts[name].astype(int).tolist()


def by_round(column, codes):
    """The same in bare pandas."""
    rounds = ANSWERS.groupby("round")[column]
    return [[int((group == code).sum()) for code in codes] for _, group in rounds]


def mentions(option, *, dont_know=True):
    """Not named, named, don't know, refused, among those who said anything."""
    found = []
    for _, group in ANSWERS.groupby("round"):
        words = group["sources"].dropna().str.split()
        unknown = words.map(lambda w: w == ["98"]) if dont_know else words.map(lambda w: False)
        named = words.map(lambda w: option in w)
        found.append([int((~named & ~unknown).sum()), int(named.sum()), int(unknown.sum()), 0])
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    sim.write_form(folder / "form.xlsx")
    sim.write_lss(folder / "limesurvey.lss")
    sim.write_lime_txt(folder / "limesurvey.txt")
    return folder


KOBO = {
    "Kobo, both": {},
    "Kobo, single column": {"select": "summary"},
    "ODK, with dashes": {"separator": "-"},
    "ODK, single column, with dashes": {"separator": "-", "select": "summary"},
    "Kobo, with dots": {"separator": "."},
}


class TestKobo:
    @pytest.mark.parametrize(
        ("layout", "suffix"), [*((each, ".csv") for each in KOBO), ("Kobo, both", ".xlsx")]
    )
    def test_answers_are_those_given(self, layout, suffix, folder):
        data = folder / f"data{suffix}"
        wide = sim.kobo(ANSWERS, **KOBO[layout])
        columns = {each: each.rpartition(KOBO[layout].get("separator", "/"))[2] for each in wide}
        village = next(each for each, last in columns.items() if last == "village")
        wide.to_csv(data, index=False, sep=";") if suffix == ".csv" else wide.to_excel(
            data, index=False
        )
        design = (
            DESIGN
            if "/" in village
            else jf.SurveyDesign(
                wave="round", cluster=village, repeats="clusters", target="population"
            )
        )
        survey = read(data, folder / "form.xlsx", design)
        assert counts(survey, "army") == by_round("army", [1, 2, 3, 98, 99])
        assert [row[:2] for row in counts(survey, "safe")] == by_round("safe", ["yes", "no"])
        for label, option in NAMED.items():
            assert counts(survey, f"sources|{label}") == mentions(option)
        assert survey.group("sex").labels == ("Man", "Woman")

    def test_options_in_columns_of_their_own_serve_where_nothing_lists_them(self, folder):
        data = folder / "details.csv"
        sim.kobo(ANSWERS, select="details").to_csv(data, index=False)
        draft = jf.draft_codebook(data, form=folder / "form.xlsx", wave="round")
        assert draft["outcomes"]["sources"]["columns"]["Cattle theft"] == "sources/theft"
        survey = read(data, folder / "form.xlsx")
        for label, option in NAMED.items():
            assert counts(survey, f"sources|{label}") == mentions(option, dont_know=False)

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_labels_in_place_of_names_and_codes_are_read_too(self, language, folder):
        data = folder / f"labels_{language}.csv"
        wide = sim.kobo(ANSWERS, labels=language)
        wide.to_csv(data, index=False)
        design = jf.SurveyDesign(
            wave="round", cluster="Village", repeats="clusters", target="population"
        )
        survey = read(data, folder / "form.xlsx", design)
        assert counts(survey, "army") == by_round("army", [1, 2, 3, 98, 99])
        assert counts(survey, "sources|Cattle theft") == mentions("theft", dont_know=False)

    def test_who_was_not_asked_is_in_no_base(self, folder):
        """The base of why not is those who do not feel safe, counted by hand."""
        data = folder / "skip.csv"
        sim.kobo(ANSWERS).to_csv(data, index=False)
        draft = jf.draft_codebook(data, form=folder / "form.xlsx", wave="round")
        assert "asked only where ${safe} = 'no'" in draft["notes"]["reason"][0]
        survey = read(data, folder / "form.xlsx")
        base = [sum(row) for row in counts(survey, "reason")]
        assert base == ANSWERS[ANSWERS["safe"] == "no"].groupby("round").size().tolist()
        assert max(base) < len(ANSWERS) / 2

    def test_one_file_per_wave_is_read_by_the_form_alone(self, folder):
        files = {
            str(wave): sim.kobo(group.drop(columns="round"))
            for wave, group in ANSWERS.groupby("round")
        }
        book = decided(jf.draft_codebook(folder / "form.xlsx"))
        for wave, wide in files.items():
            wide.to_csv(folder / f"{wave}.csv", index=False)
        paths = {wave: folder / f"{wave}.csv" for wave in files}
        survey = jf.read_survey(paths, design=DESIGN, codebook=book)
        assert counts(survey, "sources|Armed bandits") == mentions("bandits")

    def test_codes_that_the_form_lacks_are_noted_and_then_refused_by_number(self, folder):
        data = folder / "strange.csv"
        wide = sim.kobo(ANSWERS, select="summary")
        wide.loc[:2, "security/sources"] = "bandits drone"
        wide.loc[:1, "security/army"] = 7
        wide.to_csv(data, index=False)
        draft = jf.draft_codebook(data, form=folder / "form.xlsx", wave="round")
        assert "'drone' in 3 rows" in draft["notes"]["sources"][-1]
        assert "'7' in 2 rows" in draft["notes"]["army"][-1]
        with pytest.raises(
            DataError, match=r"(?s)'army'.*'7' in 2 rows.*'drone' in 3 rows"
        ) as said:
            jf.read_survey(data, design=DESIGN, codebook=decided(draft))
        assert "words of a person" not in str(said.value)

    def test_what_the_form_does_not_know_is_listed(self, folder):
        data = folder / "weighted.csv"
        sim.kobo(ANSWERS).assign(weight=1.5).to_csv(data, index=False)
        draft = jf.draft_codebook(data, form=folder / "form.xlsx", wave="round")
        assert draft["notes"]["columns of the data"] == ["the form does not know 'weight'."]

    def test_questions_without_a_column_are_left_out_and_said(self, folder):
        data = folder / "short.csv"
        sim.kobo(ANSWERS).drop(columns="security/army").to_csv(data, index=False)
        draft = jf.draft_codebook(data, form=folder / "form.xlsx", wave="round")
        assert "army" not in draft["outcomes"]
        assert draft["notes"]["army"] == [
            "left out: no column of the data bears its name or its label."
        ]


LIME = {
    "codes, converted": {"convert": ("1", "0")},
    "codes, converted to 1 and 2": {"convert": ("1", "2")},
    "underscores": {"convert": ("1", "0"), "underscores": True},
    "in full, English": {"full": "en"},
    "in full, French": {"full": "fr"},
}


class TestLimeSurvey:
    @pytest.mark.parametrize("layout", LIME)
    @pytest.mark.parametrize("form", ["limesurvey.lss", "limesurvey.txt"])
    def test_answers_are_those_given(self, layout, form, folder):
        data = sim.write_lime_csv(ANSWERS, folder / "lime.csv", **LIME[layout])
        survey = read(data, folder / form)
        assert counts(survey, "trust_army") == by_round("army", [1, 2, 3, 98, 99])
        assert [row[:2] for row in counts(survey, "safe")] == by_round("safe", ["yes", "no"])
        assert [row[:3] for row in counts(survey, "reason")] == by_round(
            "reason", ["bandits", "police", "light"]
        )
        for label, option in NAMED.items():
            assert counts(survey, f"sources|{label}") == mentions(option, dont_know=False)

    def test_ticks_without_zeros_have_no_base_of_those_who_ticked_nothing(self, folder):
        """Y or blank: those who ticked nothing are as blank as those who were not asked."""
        data = sim.write_lime_csv(ANSWERS, folder / "ticks.csv")
        draft = jf.draft_codebook(data, form=folder / "limesurvey.lss", wave="round")
        assert draft["outcomes"]["sources"]["named"] == ["Y"]
        assert "Export again with N converted to 0" in draft["notes"]["sources"][0]
        survey = read(data, folder / "limesurvey.lss")
        words = ANSWERS["sources"].fillna("98").str.split()
        ticked = ANSWERS[words.map(lambda w: w != ["98"])]
        found = np.sum(counts(survey, "sources|None"), axis=1).tolist()
        assert found == ticked.groupby("round").size().tolist()

    def test_what_is_written_in_words_is_an_option_and_never_quoted(self, folder):
        data = sim.write_lime_csv(ANSWERS, folder / "lime.csv", convert=("1", "0"))
        survey = read(data, folder / "limesurvey.lss")
        assert "sources[other]" not in survey.rows.groups
        assert sum(row[1] for row in counts(survey, "sources|Other")) == int(
            ANSWERS["sources_other"].notna().sum()
        )


class TestLabelledFiles:
    DESIGN = jf.SurveyDesign(wave="round", cluster="psu", repeats="clusters", target="population")

    @pytest.fixture
    def survey(self, tmp_path):
        path = sim.write_spss(ANSWERS, tmp_path / "a.sav")
        return read(path, None, self.DESIGN)

    def test_a_set_of_dichotomies_counts_what_its_definition_says(self, survey):
        """Named is 1, not named 2; who named none of the three is not named in each."""
        for k, option in enumerate(("bandits", "theft", "none")):
            label = sim.TITLES[f"src_{k + 1}"]
            assert counts(survey, f"sources|{label}") == mentions(option, dont_know=False)

    def test_a_set_that_counts_another_code(self, tmp_path):
        sets = sim.SETS.replace("D1 1", "D1 2")
        path = sim.write_spss(ANSWERS, tmp_path / "a.sav", sets)
        entry = jf.draft_codebook(path)["outcomes"]["sources"]
        assert (entry["named"], entry["not_named"]) == ([2], [1])
        survey = read(path, None, self.DESIGN)
        turned = [[b, a, c, d] for a, b, c, d in mentions("theft", dont_know=False)]
        assert counts(survey, "sources|Cattle theft") == turned

    def test_a_set_of_categories_names_options_in_several_columns(self, survey):
        """Two columns hold bandits and theft; what is other is in neither."""
        words = ANSWERS["sources"].fillna("").str.split()
        here = words.map(lambda w: bool(set(w) & {"bandits", "theft", "none"}))
        for label, option in {"Armed bandits": "bandits", "Cattle theft": "theft"}.items():
            named = words.map(lambda w, o=option: o in w)
            unknown = words.map(lambda w: w == ["98"])
            table = pd.DataFrame({"no": here & ~named, "yes": named, "dk": unknown, "rf": False})
            expected = table.groupby(ANSWERS["round"]).sum().astype(int).values.tolist()
            assert counts(survey, f"mentions|{label}") == expected

    def test_declared_missing_is_refused_by_its_label(self, survey):
        assert survey.outcome("army").refused == ("99",)

    def test_sets_labelled_by_their_counted_value(self, tmp_path):
        path = sim.write_spss(ANSWERS, tmp_path / "a.sav", "$s=E 1 1 1 3 Set src_1 src_2\n")
        assert jf.draft_codebook(path)["outcomes"]["s"]["columns"] == {
            "src_1": "src_1",  # both say Yes, so that columns name the options
            "src_2": "src_2",
        }

    def test_letters_of_stata_are_answers_once_they_have_labels(self, tmp_path):
        path = sim.write_stata(ANSWERS, tmp_path / "a.dta")
        entry = jf.draft_codebook(path)["outcomes"]["army"]
        assert (entry["dont_know"], entry["refused"]) == ([".a"], [".b"])
        survey = read(path, None, self.DESIGN)
        assert counts(survey, "army") == by_round("army", [1, 2, 3, 98, 99])


class TestFormsAndAnswersDoNotFit:
    def test_an_unknown_kind_of_form_names_those_that_are_read(self, folder):
        with pytest.raises(ReadError, match=r"Unknown kind of form '\.doc'") as said:
            jf.draft_codebook(ANSWERS, form="form.doc")
        assert all(suffix in str(said.value) for suffix in FORMS)

    def test_answers_given_as_a_form(self, tmp_path):
        ANSWERS.to_excel(tmp_path / "a.xlsx", index=False)
        with pytest.raises(ReadError, match=r"no sheet 'survey'; found 'Sheet1'.*not the answers"):
            jf.draft_codebook(ANSWERS, form=tmp_path / "a.xlsx")

    def test_a_form_that_is_not_there(self):
        with pytest.raises(ReadError, match="There is no file"):
            jf.draft_codebook(ANSWERS, form="nowhere.lss")


class TestDrafts:
    SOURCES = ("form.xlsx", "limesurvey.lss", "limesurvey.txt")

    @pytest.mark.parametrize("source", SOURCES)
    def test_are_refused_until_every_choice_is_made(self, source, folder):
        draft = jf.draft_codebook(folder / source)
        with pytest.raises(CodebookError, match=r"(?s)shown.*policy"):
            jf.Codebook.from_dict(draft)
        assert jf.Codebook.from_dict(decided(draft)).outcomes

    def test_leave_each_choice_open_alone(self, folder):
        draft = decided(jf.draft_codebook(folder / "form.xlsx"))
        for name, key in [("army", "shown"), ("army", "policy"), ("reason", "scale")]:
            entry = draft["outcomes"][name] | {key: None}
            again = draft | {"outcomes": draft["outcomes"] | {name: entry}}
            with pytest.raises(CodebookError, match=f"'{name}'.*{key}"):
                jf.Codebook.from_dict(again)

    def test_say_what_is_to_be_decided(self, folder):
        said = jf.to_decide(jf.draft_codebook(folder / "form.xlsx"))
        assert any(each.startswith("policy: choose: in_base") and "'army'" in each for each in said)
        assert any(each.startswith("scale: ") and "'reason'" in each for each in said)
        assert any("covariates" in each and "'sex'" in each for each in said)
        assert "army [99]" in next(each for each in said if "refusal" in each)

    @pytest.mark.parametrize("source", SOURCES)
    def test_are_the_same_once_written_and_read(self, source, folder, tmp_path):
        draft = jf.draft_codebook(folder / source)
        jf.write_codebook(draft, tmp_path / "book.yaml")
        assert read_yaml(tmp_path / "book.yaml") == draft
        finished = decided(draft)
        jf.write_codebook(finished, tmp_path / "finished.yaml")
        assert read_codebook(tmp_path / "finished.yaml") == jf.Codebook.from_dict(finished)


WORDS = st.text("abé'\":{}[]#&*!|>%@- ,.?12", min_size=1, max_size=12).filter(str.strip)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    labels=st.lists(st.tuples(WORDS, WORDS), min_size=2, max_size=5),
    codes=st.lists(
        st.sampled_from(["1", "2", "3", "98", "a", "no", "yes", "null", "1e3", "012"]),
        min_size=5,
        max_size=5,
        unique=True,
    ),
    kind=st.sampled_from(["select_one", "select_multiple"]),
)
def test_any_form_comes_back_from_its_file(labels, codes, kind, tmp_path_factory):
    """Labels of any signs and codes that YAML might take for something else."""
    folder = tmp_path_factory.mktemp("form")
    choices = [("list", code, en, fr) for code, (en, fr) in zip(codes, labels, strict=False)]
    survey = [(f"{kind} list", "q", "Question", "Question", "")]
    draft = jf.draft_codebook(sim.write_form(folder / "form.xlsx", survey, choices))
    jf.write_codebook(draft, folder / "book.yaml")
    assert read_yaml(folder / "book.yaml") == draft


def test_the_files_that_the_documentation_shows_are_those_written_here(tmp_path):
    sim.main(tmp_path / "written")
    for path in (tmp_path / "written").iterdir():
        if path.suffix == ".xlsx":
            for sheet in ("survey", "choices"):
                pd.testing.assert_frame_equal(
                    pd.read_excel(path, sheet_name=sheet),
                    pd.read_excel(DOCS / path.name, sheet_name=sheet),
                )
        elif path.suffix == ".sav":
            pd.testing.assert_frame_equal(read_frame(path), read_frame(DOCS / path.name))
        else:
            assert path.read_bytes() == (DOCS / path.name).read_bytes()
    assert {path.name for path in DOCS.iterdir()} == {
        path.name for path in (tmp_path / "written").iterdir()
    }
