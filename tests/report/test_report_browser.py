"""The report as its readers meet it: on a screen, on a phone, on paper, in either language."""

from __future__ import annotations

import re
import subprocess
from itertools import pairwise

import pytest

from jfmodels.report.words import PHRASES

pytestmark = pytest.mark.browser

LANGUAGES = ("en", "fr")
MARK = {"en": "Simulated data", "fr": "Données simulées"}
MEGABYTES = 5
SCREEN = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

CONTRASTS = """() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, k) => sum + c * [.2126, .7152, .0722][k], 0);
  const ground = node => {
    for (let at = node; at; at = at.parentElement) {
      const c = channels(getComputedStyle(at).backgroundColor);
      if (c.length < 4 || c[3] > .99) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || node.closest(".watermark")) continue;
    const style = getComputedStyle(node);
    const ink = node.closest("svg") ? style.fill : style.color;
    const a = light(channels(ink)), b = light(ground(node));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(`${node.tagName} ${node.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}"""


@pytest.fixture(scope="module", params=LANGUAGES)
def opened(request, reports, browser):
    """The report, opened on a wide screen, with all that the browser said and asked for."""
    page, heard = browser.new_page(), []
    page.set_viewport_size(SCREEN)
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(reports[request.param].as_uri())
    yield request.param, page, heard
    page.close()


def test_it_says_nothing_to_the_console_and_asks_for_nothing(opened, reports):
    lang, _, heard = opened
    assert heard == [reports[lang].as_uri()]


def test_it_is_small(reports):
    assert all(path.stat().st_size < MEGABYTES * 1e6 for path in reports.values())


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_page_never_scrolls_sideways(opened, width):
    _, page, _ = opened
    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = """() => [...document.querySelectorAll("main *")].filter(node =>
        !node.closest(".scroll") && node.getBoundingClientRect().right > innerWidth + 1)
        .map(node => node.tagName + " " + node.className)"""
    assert page.evaluate(wide) == []


def test_headings_follow_each_other(opened):
    lang, page, _ = opened
    levels = page.evaluate(
        '[...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map(h => +h.tagName[1])'
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert page.evaluate("document.documentElement.lang") == lang


def test_every_picture_is_told_in_words(opened):
    _, page, _ = opened
    mute = """() => [...document.querySelectorAll("img, svg")].filter(node =>
        !node.getAttribute("alt") && !node.getAttribute("aria-label")
        && !node.closest("[aria-hidden=true]")).length"""
    assert page.locator("svg[role=img]").count() > 50
    assert page.evaluate(mute) == 0


def test_tables_have_captions_and_scoped_headers(opened):
    _, page, _ = opened
    bare = """() => [...document.querySelectorAll("table")].filter(table =>
        !table.caption?.textContent.trim()
        || [...table.querySelectorAll("th")].some(th => !th.scope)).length"""
    assert page.locator("table").count() > 30
    assert page.evaluate(bare) == 0


def test_landmarks_and_names_are_there_once(opened):
    _, page, _ = opened
    for landmark in ("header", "nav", "main"):
        assert page.locator(landmark).count() == 1
    twice = """() => { const all = [...document.querySelectorAll("[id]")].map(n => n.id);
        return all.filter((id, k) => all.indexOf(id) !== k); }"""
    assert page.evaluate(twice) == []


def test_every_link_leads_somewhere(opened):
    _, page, _ = opened
    dead = """() => [...document.querySelectorAll("a[href]")].map(a => a.getAttribute("href"))
        .filter(to => !to.startsWith("#") || !document.getElementById(to.slice(1)))"""
    assert page.evaluate(dead) == []


def test_text_stands_out_from_its_ground(opened):
    _, page, _ = opened
    assert page.evaluate(CONTRASTS) == []


def test_focus_is_seen(opened):
    _, page, _ = opened
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"


def test_the_mark_stays_in_sight(opened):
    lang, page, _ = opened
    page.set_viewport_size(PHONE)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    box = page.locator(".mark").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < PHONE["height"]
    assert page.locator(".mark").inner_text() == MARK[lang]


def test_every_printed_page_is_marked(opened, pdftotext, tmp_path):
    lang, page, _ = opened
    path = tmp_path / "report.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    run = subprocess.run([pdftotext, path, "-"], capture_output=True, check=True)
    pages = run.stdout.decode().split("\f")[:-1]
    assert len(pages) > 10
    assert all(MARK[lang] in text for text in pages)


def english_of(survey) -> set[str]:
    """Every English text that has another one in French: phrases, and the survey's labels."""
    texts = {each["en"]: each["fr"] for each in PHRASES.values()}
    texts |= {each["en"]: each["fr"] for each in survey.codebook.texts.values()}
    labels = [each.label for each in survey.codebook.outcomes.values()]
    labels += [
        label for each in survey.codebook.outcomes.values() for label in each.categories.values()
    ]
    texts |= {label.en: label.fr for label in [*labels, *survey.codebook.topics.values()]}
    return {english for english, french in texts.items() if english not in french}


def test_the_french_report_has_no_english_left(example_survey, reports, browser):
    page = browser.new_page()
    page.goto(reports["fr"].as_uri())
    texts = page.evaluate(
        """() => { document.querySelectorAll("code, style").forEach(n => n.remove());
        const spoken = [...document.querySelectorAll("[aria-label], [title]")]
          .map(n => n.getAttribute("aria-label") ?? n.getAttribute("title"));
        return [document.title, document.body.textContent, ...spoken].join("\\n"); }"""
    )
    page.close()
    said = texts.replace("\N{NO-BREAK SPACE}", " ")
    left = [text for text in english_of(example_survey) if found(text, said)]
    assert left == []


def found(text: str, said: str) -> bool:
    """Whether a text, or what stands between its gaps, is said somewhere as words of its own."""
    parts = [part.strip() for part in re.split(r"\{\w+\}", text)]
    words = [part for part in parts if len(part) > 3 and " " in part] or (
        [text] if "{" not in text else []
    )
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said) for word in words)
