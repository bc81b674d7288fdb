"""A page of verdicts says what the table says, and runs nothing that a claim may say."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.report.verdict_page import WRITERS, verdict_page, write_verdicts

HOSTILE = "<script>alert('x')</script> & \"quotes\""


class Reader(HTMLParser):
    """Collects tags and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def verdicts():
    claims = jf.example_claims()
    kept = ("C08_youth_more_important", "C13_record_of_decision")
    few = jf.Claims(claims={k: claims.claims[k] for k in kept}, title=HOSTILE, note=HOSTILE)
    return jf.judge(few, jf.example(), robustness=["weights"])


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_holds_every_sentence(verdicts, lang):
    text = "".join(read(verdict_page(verdicts, lang)).texts).replace("\N{NO-BREAK SPACE}", " ")
    for sentence in verdicts.table[f"says_{lang}"]:
        assert sentence in text
    for claim in verdicts.claims.claims.values():
        assert claim.text in text


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_intervals_are_not_broken_over_lines(verdicts, lang):
    page = verdict_page(verdicts, lang)
    intervals = re.findall(r"\[[−\d][^\]]*\]", page.partition("<main")[2])
    assert len(intervals) > 5
    for each in set(intervals):
        assert page.count(each) == page.count(f'<span class="interval">{each}</span>')
    assert re.search(r"\.interval[^{]*\{ white-space: nowrap", page)


def test_nothing_in_it_is_run(verdicts):
    page = read(verdict_page(verdicts, "en"))
    assert "script" not in page.tags
    assert HOSTILE in page.texts


def test_simulated_data_are_said_to_be(verdicts):
    assert "Simulated data" in verdict_page(verdicts, "en")
    assert "Données simulées" in verdict_page(verdicts, "fr")


def test_what_moved_is_told(verdicts):
    none = pd.DataFrame(columns=["claim", "part", "moved", "before", "now"])
    assert "Nothing moved" in verdict_page(verdicts, "en", none)
    some = pd.DataFrame([["C13", None, "verdict", "supported", "undecided"]], columns=none.columns)
    texts = read(verdict_page(verdicts, "en", some)).texts
    assert {"C13", "verdict", "supported", "undecided"} <= set(texts)


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_is_written(verdicts, tmp_path, suffix):
    path = write_verdicts(verdicts, tmp_path / f"verdicts{suffix}")
    assert "C13_record_of_decision" in path.read_text(encoding="utf-8")


def test_specifications_stand_in_every_format(verdicts, tmp_path):
    table = verdicts.specifications
    content = json.loads(write_verdicts(verdicts, tmp_path / "v.json").read_text("utf-8"))
    assert len(content["rows"]) == len(verdicts.table)
    assert len(content["specifications"]["rows"]) == len(table)
    assert set(content["specifications"]["not_varied"]) == set(verdicts.claims.claims)
    write_verdicts(verdicts, tmp_path / "v.csv")
    beside = pd.read_csv(tmp_path / "v_specifications.csv")
    assert beside["specification"].tolist() == table["specification"].tolist()
    page = verdict_page(verdicts, "fr")
    assert page.count("<summary>Jugée de") == len(verdicts.claims.claims)
    assert "sans pondération" in read(page).texts
    # what opens the list says it already: the caption is for those who hear the page
    assert page.count('<table class="specifications"') == len(verdicts.claims.claims)
    assert ".specifications caption { position: absolute;" in page


def test_what_could_not_be_varied_stands_on_the_page():
    claims = jf.example_claims()
    one = jf.Claims(claims={"C13": claims.claims["C13_record_of_decision"]})
    verdicts = jf.judge(one, jf.example(), robustness=["weights", "composition"])
    said = "Not varied: composition (no covariates are named)."
    assert said in read(verdict_page(verdicts, "en")).texts
    alone = jf.judge(one, jf.example())
    assert "details" not in read(verdict_page(alone, "en")).tags


def test_an_unknown_format_or_folder_is_named(verdicts, tmp_path):
    with pytest.raises(jf.SpecError, match=r"'\.html'"):
        write_verdicts(verdicts, tmp_path / "verdicts.htm")
    with pytest.raises(jf.SpecError, match="no folder"):
        write_verdicts(verdicts, tmp_path / "nowhere" / "verdicts.html")
