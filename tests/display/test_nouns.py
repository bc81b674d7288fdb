"""Every noun says what it is in a few lines, and in a notebook on one quiet card."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.display.card import Card, Displayed, frame_sheet
from jfmodels.display.sheet import Sheet, as_text
from jfmodels.survey.records import in_full

SURVEY = jf.example()
CLAIMS = jf.example_claims()
MODEL = jf.fit("shown(trust_army) ~ wave + (1 | commune)", SURVEY, weighting="ignore")
RAKED = jf.rake(SURVEY, {"sex": {"female": 0.51, "male": 0.49}}, within="wave")
PLAN = jf.SurveyPlan(n=544, clusters=16, strata=4, share=0.5, icc=0.05, overlap=0)

NOUNS = {
    "Survey": lambda: SURVEY,
    "SurveyDesign": lambda: SURVEY.design,
    "Codebook": lambda: SURVEY.codebook,
    "Outcome": lambda: SURVEY.outcome("trust_army"),
    "Population": lambda: jf.example_census(),
    "Model": lambda: jf.Model("trust_army ~ wave", priors={"sd": jf.HalfNormal(0.5)}),
    "Fit": lambda: jf.fit("shown(trust_army) ~ wave + sex", SURVEY),
    "BayesianFit": lambda: MODEL,
    "Fits": lambda: jf.fit_many({"army": "shown(trust_army) ~ wave"}, SURVEY),
    "Comparison": lambda: jf.compare(SURVEY, "trust_army", weighting="ignore"),
    "Claims": lambda: CLAIMS,
    "Claim": lambda: CLAIMS.claims["C01_forces_urban"],
    "Verdicts": lambda: jf.judge(CLAIMS.claims["C16_rural_insecurity"], SURVEY),
    "SurveyPlan": lambda: PLAN,
    "LeaveOut": lambda: MODEL.loo("commune"),
}
WITH_TABLES = {"Description": SURVEY.describe, "Weighting": RAKED.weighting}
# made by load_fit alone, and tested where files are
ELSEWHERE = {"SharedFit"}
# records of a few settings, whose own text is what a user typed
SETTINGS = {
    *("Beta", "Exponential", "HalfNormal", "HalfStudentT", "LKJ", "Normal"),
    *("Change", "Contrast", "DiffInDiff", "Index", "Level", "MarginalEffect", "Range", "Slope"),
    *("Laplace", "Nuts", "Pseudo", "Quantile", "Ratio", "Weighted", "Wild"),
    *("Covariate", "Replicates", "Stage", "SuppliedReplicates"),
}


class Balance(HTMLParser):
    """Whether every element is closed where it should be."""

    EMPTY = ("br", "meta", "hr")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def words_of(html: str) -> str:
    parser = Balance()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser.text


def test_every_public_class_is_displayed_or_a_record_of_settings():
    classes = {
        name
        for name in jf.__all__
        if inspect.isclass(value := getattr(jf, name)) and not issubclass(value, Exception)
    }
    classes -= {"FitWarning"}
    assert classes == {*NOUNS, *ELSEWHERE, *SETTINGS}
    assert all(issubclass(getattr(jf, name), Displayed) for name in {*NOUNS, *ELSEWHERE})


@pytest.mark.parametrize("name", NOUNS)
def test_a_noun_says_what_it_is_in_a_few_lines(name):
    text = repr(NOUNS[name]())
    assert len(text.splitlines()) <= 16
    assert "object at" not in text
    assert "{'" not in text


@pytest.mark.parametrize("name", {**NOUNS, **WITH_TABLES})
def test_a_card_is_one_block_with_a_look_of_its_own(name):
    html = {**NOUNS, **WITH_TABLES}[name]()._repr_html_()
    assert html.startswith('<div class="jfmodels"><style>.jfmodels.jfmodels{')
    text = words_of(html)
    rules = text.split("}")[:-1]
    assert all(each.lstrip().startswith(".jfmodels.jfmodels") for each in rules if "{" in each)
    assert "color:#0" not in text  # colours are the notebook's own
    assert len(text) > len(rules[0])


@pytest.mark.parametrize("fit", [NOUNS["Fit"], NOUNS["BayesianFit"]])
def test_a_fit_names_its_formula_engine_and_survey(fit):
    made = fit()
    for shown in (repr(made), words_of(made._repr_html_())):
        assert made.engine.formula.text in shown
        assert made.engine.name in shown
        assert "simulated" in shown
        assert "3,248 interviews" in " ".join(shown.split())


def test_a_direct_fit_names_its_outcomes():
    assert repr(jf.direct(SURVEY, ["trust_army", "feel_safe"])).startswith(
        "Fit: trust_army, feel_safe; direct\n"
    )


def test_what_failed_its_check_is_told():
    bad = MODEL.diagnostics().query("~ok")
    assert len(bad)
    for shown in (repr(MODEL), words_of(MODEL._repr_html_())):
        assert all(says in " ".join(shown.split()) for says in bad["says"])


def test_a_survey_says_who_is_missing():
    html = words_of(SURVEY._repr_html_())
    assert "not reached" in html
    assert "no answer" in html
    outcomes = SURVEY.describe().outcomes.query("outcome == 'trust_army'")
    share = 1 - (outcomes["answered"] * outcomes["asked"]).sum() / outcomes["asked"].sum()
    assert f"{100 * share:.1f} %" in html


def test_names_are_text_and_never_markup():
    book = {"outcomes": {"safe": {"scale": "binary", "label": "<script>alert(1)</script> & more"}}}
    frame = pd.DataFrame({"safe": [0, 1], "<b>place": ["a", "b"]})
    design = jf.SurveyDesign(cluster="<b>place", target="population")
    survey = jf.Survey(frame, design, book)
    for noun in (survey, survey.design, survey.codebook, survey.outcome("safe")):
        html = noun._repr_html_()
        assert "<script>" not in html
        assert "<b>" not in html
    assert "&lt;script&gt;" in survey.codebook._repr_html_()


def test_no_respondent_is_shown():
    people = [f"P{k}" for k in range(4)]
    frame = pd.DataFrame({"safe": [0, 1, 1, 0], "place": list("aabb"), "who": people})
    design = jf.SurveyDesign(cluster="place", target="population", person="who")
    survey = jf.Survey(frame, design, {"outcomes": {"safe": {"scale": "binary"}}})
    shown = survey._repr_html_() + repr(survey) + jf.direct(survey, "safe")._repr_html_()
    assert not any(person in shown for person in people)


def test_fingerprints_look_at_all_that_a_codebook_holds():
    outcome = SURVEY.outcome("trust_army")
    assert "dont_know=('9',)" in in_full(outcome)
    fewer = {**SURVEY.codebook.outcomes, "trust_army": in_full(outcome).replace("'98'", "'97'")}
    assert in_full(fewer) != in_full(SURVEY.codebook.outcomes)


def test_only_the_widest_words_are_wrapped():
    sheet = Sheet("t", ("name", "says", "n"), (("a", "one two " * 10, "1"),), words=(0, 1))
    lines = as_text(sheet, 60).splitlines()
    assert max(map(len, lines)) <= 60
    assert " ".join(lines).count("two") == 10
    assert lines[3].endswith(" 1")


def test_cells_of_a_frame_are_short():
    frame = pd.DataFrame({"n": [1240, None], "cv": [0.5, 0.12345], "ok": [True, False]})
    assert frame_sheet(frame, "").rows == (("1,240", "0.500", "yes"), ("–", "0.123", "no"))


def test_facts_without_a_value_are_left_out():
    card = Card("A", "b", {"known": "yes", "unknown": ""})
    assert card.text == "A: b\n  known  yes"
    assert "unknown" not in card.html


def test_a_plan_of_a_panel_says_who_is_asked_again():
    revisited = {"overlap": 1.0, "icc_between_waves": 0.04}
    panel = replace(PLAN, **revisited, overlap_people=0.5, person_correlation=0.4)
    assert re.search(r"people asked again there +50%", repr(panel))
    assert "asked again" not in repr(PLAN)
