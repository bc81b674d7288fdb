"""The report says what the tables say, of any survey, in the order of its codebook."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.report.findings import figure, p_text
from jfmodels.report.names import Names

DESIGN = jf.SurveyDesign(
    wave="wave",
    strata="region",
    cluster="village",
    weights="weight",
    repeats="clusters",
    target="population",
)
TRUST = {"scale": "ordinal", "categories": {0: "none", 1: "some", 2: "much"}, "shown": ["much"]}
BOOK = {
    "topics": {"b": {"en": "Second thoughts", "fr": "Réflexions"}, "a": "First things"},
    "outcomes": {
        "trust": {"topic": "a", **TRUST},
        "safe": {"topic": "b", "scale": "binary"},
        "income": {"scale": "continuous"},
    },
}


def frame_of(waves: tuple[str, ...] = ("Q1", "Q2"), people: int = 15) -> pd.DataFrame:
    """Answers of `people` in each of eight villages of two regions, in every wave."""
    rng = np.random.default_rng(3)
    places = [(w, f"R{v // 4}", f"V{v}") for w in waves for v in range(8) for _ in range(people)]
    frame = pd.DataFrame(places, columns=["wave", "region", "village"])
    frame["weight"] = rng.uniform(0.5, 1.5, len(frame))
    frame["trust"] = rng.integers(0, 3, len(frame))
    frame["safe"] = rng.integers(0, 2, len(frame))
    frame["income"] = rng.normal(1000, 100, len(frame))
    return frame


@pytest.fixture(scope="module")
def survey() -> jf.Survey:
    return jf.Survey(frame_of(), DESIGN, BOOK)


def page_of(survey: jf.Survey, folder: Path, **settings: object) -> str:
    path = jf.write_report(survey, folder / "report.html", **settings)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(survey, tmp_path_factory) -> str:
    return page_of(survey, tmp_path_factory.mktemp("report"))


def sections(page: str) -> list[str]:
    return re.findall(r'<section id="([^"]+)"', page)


def test_sections_follow_the_codebook(page):
    told = ["summary", "method", "topic-b", "topic-a", "topic-other", "changes", "limits", "record"]
    assert sections(page) == told


def test_without_topics_there_is_one_section(survey, tmp_path):
    book = {"outcomes": {"safe": BOOK["outcomes"]["safe"] | {"topic": None}}}
    page = page_of(jf.Survey(frame_of(), DESIGN, book), tmp_path)
    assert "What people said" in page
    assert "Other questions" not in page


@pytest.mark.parametrize("by", [None, "region"])
def test_every_level_of_the_last_wave_is_told_with_its_interval(survey, page, by):
    levels = jf.direct(survey, list(survey.codebook.outcomes)).levels(by)
    last = levels[levels["wave"] == "Q2"]
    assert len(last) == 3 * (1 if by is None else 2)
    for row in last.to_dict("records"):
        assert figure(row, Names(survey, "en")) in page


def test_every_change_is_told_with_its_evidence(survey, page):
    changes = jf.direct(survey, list(survey.codebook.outcomes)).changes()
    for row in changes.to_dict("records"):
        assert figure(row, Names(survey, "en"), signed=True) in page
        assert p_text(row, "en") in page


def test_what_would_have_been_found_is_said(survey, page):
    found = jf.detectable_change(survey, "safe")["detectable"].item()
    assert f"a change of {100 * found:.0f}\N{NO-BREAK SPACE}points would have been found" in page


def test_means_have_no_percent(page):
    income = page[page.index('id="outcome-income"') : page.index('id="changes"')]
    assert "Mean." in income
    assert "%" not in income.replace("95\N{NO-BREAK SPACE}%", "")


@pytest.mark.parametrize(("lang", "between"), [("en", ","), ("fr", "\N{NARROW NO-BREAK SPACE}")])
def test_means_of_thousands_are_written_as_counts_are(tmp_path, lang, between):
    frame = frame_of()
    frame["income"] = frame["income"].round() + 4000
    page = page_of(jf.Survey(frame, DESIGN, BOOK), tmp_path, by=None, lang=lang)
    income = page[page.index('id="outcome-income"') : page.index('id="changes"')]
    assert len(re.findall(rf"\b[45]{between}\d{{3}}[.,]\d", income)) >= 6
    assert not re.search(r"\b[45]\d{3}\b", income.partition("</figure>")[2])


def test_a_change_that_is_there_is_shown(tmp_path):
    frame = frame_of()
    often = np.where(np.arange(len(frame)) % 8 > 0, 1, 0)
    frame["safe"] = frame["safe"].where(frame["wave"] == "Q1", often)
    book = {"outcomes": {"safe": {"scale": "binary", "label": "Feels safe"}}}
    page = page_of(jf.Survey(frame, DESIGN, book), tmp_path)
    assert re.search(r"Feels safe: rose by <b>3\d\N{NO-BREAK SPACE}points</b>", page)
    assert "a change could be shown:" in page


@pytest.mark.parametrize(("often", "says"), [(True, "could be shown:"), (False, "could not be")])
def test_the_only_change_by_group_is_told(tmp_path, often, says):
    frame = frame_of()
    frame = frame[frame["region"] == "R0"]
    frame["safe"] = frame["safe"].where((frame["wave"] == "Q1") | (not often), frame["safe"].max())
    book = {"outcomes": {"safe": {"scale": "binary"}}}
    frame.iloc[-1, frame.columns.get_loc("safe")] = 0
    page = page_of(jf.Survey(frame, DESIGN, book), tmp_path, by="region")
    assert f"the one change that there is a test of {says}" in page


def test_what_chance_alone_makes_stand_out_is_not_overstated(page, reports):
    # of three changes a twentieth is none; of the example's many it is a number
    assert "3 changes were looked at. Chance alone would make each stand out once in 20" in page
    many = reports["en"].read_text(encoding="utf-8")
    n, told = re.search(r"(\d+) changes were looked at. With so many, about (\d+)", many).groups()
    assert int(told) == round(int(n) / 20)


def test_a_single_wave_has_levels_and_no_changes(tmp_path):
    frame = frame_of(("Q1",)).drop(columns="wave")
    design = jf.SurveyDesign(cluster="village", strata="region", target="population")
    page = page_of(jf.Survey(frame, design, BOOK), tmp_path)
    assert "changes" not in sections(page)
    assert "nothing can be said of change" in page
    assert "Level" in page
    assert "<h1>What people said</h1>" in page
    assert "What changed between waves" not in page


@pytest.mark.parametrize(("lang", "first"), [("en", "first time"), ("fr", "première fois")])
def test_of_the_only_wave_no_question_is_said_to_be_new(tmp_path, lang, first):
    page = page_of(jf.Survey(frame_of(("Q1",)), DESIGN, BOOK), tmp_path, lang=lang)
    assert first not in page
    frame = frame_of()
    frame["safe"] = frame["safe"].where(frame["wave"] == "Q2")
    page = page_of(jf.Survey(frame, DESIGN, BOOK), tmp_path, lang=lang)
    assert page.count(first) == 1


def test_why_there_is_no_change_is_said(tmp_path):
    frame = frame_of()
    few = (frame["wave"] == "Q1") & (np.arange(len(frame)) % 40 > 0)
    frame["safe"] = frame["safe"].where(~few)
    book = {"outcomes": {"safe": {"scale": "binary"}}}
    page = page_of(jf.Survey(frame, DESIGN, book), tmp_path)
    assert "Since Q1: withheld." in page
    assert "first time" not in page
    assert "Between Q1 and Q2 there is no change of which there is a test." in page
    assert "There is one wave" not in page


def test_nothing_is_said_of_clusters_that_the_design_does_not_name(tmp_path):
    design = jf.SurveyDesign(wave="wave", strata="region", weights="weight", repeats="nothing")
    page = page_of(jf.Survey(frame_of(), design, BOOK), tmp_path)
    assert "Every wave asked other people." in page
    assert "new clusters" not in page


def test_who_gave_no_number_is_counted_among_those_asked(tmp_path):
    frame = frame_of()
    last = frame["wave"] == "Q2"
    frame.loc[frame.index[last][:30], "income"] = -9
    book = BOOK | {"outcomes": {"income": {"scale": "continuous", "dont_know": [-9]}}}
    book["outcomes"]["income"]["policy"] = "excluded"
    page = page_of(jf.Survey(frame, DESIGN, book), tmp_path)
    cells = re.search(r"<tr><t[hd][^>]*>income</t[hd]>(.*?)</tr>", page)[1]
    assert re.findall(r">([^<>]+)</t", cells)[:2] == ["120", "25\N{NO-BREAK SPACE}%"]


def test_a_question_that_was_not_asked_is_shown_as_of_its_last_wave(tmp_path):
    frame = frame_of(("Q1", "Q2", "Q3"))
    frame["safe"] = frame["safe"].where(frame["wave"] != "Q3")
    page = page_of(jf.Survey(frame, DESIGN, BOOK), tmp_path)
    assert "Not asked in Q3; last asked in Q2." in page


def test_waves_of_other_wording_are_neither_compared_nor_joined(tmp_path):
    trust = TRUST | {"relabelled": {"Q1": {2: "very much"}}}
    page = page_of(jf.Survey(frame_of(), DESIGN, {"outcomes": {"trust": trust}}), tmp_path)
    assert "not compared, since the wording of the answers changed" in page
    assert "In Q1 the answers were worded otherwise." in page
    assert "<polyline" not in page


def test_small_groups_are_withheld_everywhere(tmp_path):
    frame = frame_of()
    frame["group"] = np.where(np.arange(len(frame)) % 60 == 0, "few", "many")
    survey = jf.Survey(frame, DESIGN, BOOK)
    few = jf.direct(survey, "safe").levels("group")
    small = few[(few["group"] == "few") & (few["n"] < 10)]
    assert len(small) == 2
    page = page_of(survey, tmp_path, by="group")
    assert "withheld" in page
    for row in small.to_dict("records"):
        assert figure(row, Names(survey, "en")) not in page


def test_withheld_changes_are_none_of_those_looked_at(tmp_path):
    frame = frame_of()
    frame["rare"] = frame["safe"].where(np.arange(len(frame)) % 40 == 0)  # three people a wave
    book = {"outcomes": BOOK["outcomes"] | {"rare": {"scale": "binary"}}}
    survey = jf.Survey(frame, DESIGN, book | {"topics": BOOK["topics"]})
    page = page_of(survey, tmp_path, by=None)
    assert "None of the 3 changes" in page
    assert "3 changes were looked at" in page
    told = jf.direct(survey, list(BOOK["outcomes"])).changes()
    for row in told.to_dict("records"):
        assert p_text(row, "en") in page


def test_places_and_people_are_not_named(page, example_survey, reports):
    assert not re.search(r"\bV\d\b", page)
    names = {each for name in ("commune", "facilitator") for each in labels(example_survey, name)}
    # a region's capital bears the region's name
    names -= set(labels(example_survey, "region"))
    for path in reports.values():
        words = set(re.findall(r"\w+", path.read_text(encoding="utf-8").partition("<main")[2]))
        assert not names & words


def labels(survey: jf.Survey, column: str) -> tuple[str, ...]:
    return survey.group(column).labels


def test_the_record_holds_no_path_and_makes_the_page_again(survey, page, tmp_path):
    assert str(tmp_path.parent) not in page
    assert survey.record["data_hash"] in page
    assert page_of(survey, tmp_path) == page


@pytest.mark.parametrize(("lang", "says"), [("en", "judged by itself"), ("fr", "pour elle-même")])
def test_why_a_claim_may_be_supported_where_the_report_shows_no_change_is_said(
    reports, tmp_path, lang, says
):
    assert says in reports[lang].read_text(encoding="utf-8")
    # of a single change nothing is adjusted, so that both say the same
    book = {"outcomes": {"safe": BOOK["outcomes"]["safe"] | {"topic": None}}}
    survey = jf.Survey(frame_of(), DESIGN, book)
    share = {"outcome": "safe", "counting": "yes", "base": "in_base", "wave": "Q2"}
    parts = {"safer": share | {"kind": "change", "against": "Q1", "direction": "up"}}
    said = {"text": "People feel safer.", "source": "nobody", "parts": parts}
    claims = jf.Claims.from_dict({"claims": {"safer": said}})
    page = page_of(survey, tmp_path, by=None, lang=lang, claims=claims)
    assert "People feel safer." in page
    assert says not in page


def test_nothing_that_a_label_says_is_run(tmp_path):
    book = {"outcomes": {"safe": {"scale": "binary", "label": "<script>alert(1)</script>"}}}
    assert "<script" not in page_of(jf.Survey(frame_of(), DESIGN, book), tmp_path)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"lang": "de"}, "Unknown language 'de'"),
        ({"by": "regoin"}, "Did you mean 'region'?"),
        ({"minimum": 1}, "minimum takes a whole number from 2"),
    ],
)
def test_what_cannot_be_done_is_said(survey, tmp_path, settings, says):
    with pytest.raises(jf.SpecError, match=re.escape(says)):
        jf.write_report(survey, tmp_path / "report.html", **settings)


def test_a_report_of_two_stages_says_how_to_get_one_and_that_works(tmp_path):
    frame = frame_of().assign(villages=40, person=lambda f: np.arange(len(f)))
    design = {"wave": "wave", "weights": "weight", "repeats": "clusters", "target": "population"}
    stages = [jf.Stage(cluster="village", strata="region", fpc=fpc) for fpc in ("villages", None)]
    below = jf.Stage(cluster="person")
    two, advised = (
        jf.Survey(frame, jf.SurveyDesign(**design, stages=[first, below]), BOOK) for first in stages
    )
    with pytest.raises(jf.SpecError, match="Leave fpc out of the first stage") as error:
        page_of(two, tmp_path)
    assert "small_sample" not in str(error.value)
    assert "would have been found" in page_of(advised, tmp_path, by=None)


def test_an_unknown_format_or_folder_is_named(survey, tmp_path):
    with pytest.raises(jf.SpecError, match=r"'\.html'"):
        jf.write_report(survey, tmp_path / "report.pdf")
    with pytest.raises(jf.SpecError, match="no folder"):
        jf.write_report(survey, tmp_path / "nowhere" / "report.html")


def test_topics_of_the_example_come_in_the_order_of_the_update(example_survey, reports):
    page = reports["fr"].read_text(encoding="utf-8")
    places = [page.index(f'id="topic-{name}"') for name in example_survey.codebook.topics]
    assert all(before < after for before, after in pairwise(places))
    assert page.index('id="topic-other"') > places[-1]
