"""The frame of every page: one file that needs nothing but a browser.

Style lies beside it in ``page.css``; pages hold no script and ask no network for anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jfmodels.report.html import Html, element, joined
from jfmodels.report.words import phrase

__all__ = ["Section", "page", "section"]

STYLE = Path(__file__).with_name("page.css")
# the head of every printed page; browsers that know no margin boxes print the watermark alone
RUNNING = '@page { @top-center { content: "MARK"; font: 700 10pt sans-serif; color: #a33a00; } }'


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page that its table of contents leads to.

    Attributes
    ----------
    identifier, heading : str
        What links name, and what readers see.
    html : Html
        The whole of it.
    """

    identifier: str
    heading: str
    html: Html


def page(
    title: str,
    lang: str,
    sections: Sequence[Section],
    *,
    lead: Html | None = None,
    contents: bool = True,
    simulated: bool = False,
) -> str:
    """Write a page around what it has to say.

    Parameters
    ----------
    title : str
        Its heading, and the browser's title.
    lang : {"en", "fr"}
        Language.
    sections : sequence of Section
        What it says.
    lead : Html, optional
        What stands under the heading.
    contents : bool, default True
        Whether there is a table of contents.
    simulated : bool, default False
        Whether every page, on paper too, is marked as showing simulated data.
    """
    mark = phrase("simulated_mark", lang) if simulated else None
    running = Html(RUNNING.replace("MARK", mark)) if mark else None
    head = joined(
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title} ({mark})" if mark else title),
        element("style", Html(STYLE.read_text(encoding="utf-8")), running),
    )
    skip = element("a", phrase("skip", lang), class_="skip", href="#main")
    banner = element("p", mark, class_="mark", role="note") if mark else None
    header = element("header", element("h1", title), lead, class_="top")
    main = element("main", *[each.html for each in sections], id="main", tabindex="-1")
    navigation = _navigation(sections, lang) if contents else None
    frame = element("div", navigation, main, class_="frame" if contents else "frame plain")
    behind = element("div", mark, class_="watermark", aria_hidden="true") if mark else None
    parts = (skip, banner, header, frame, behind)
    body = element("body", *parts, class_="simulated" if mark else None)
    document = element("html", element("head", head), body, lang=lang)
    return f"<!doctype html>\n{document}\n"


def section(identifier: str, heading: str, *content: object) -> Section:
    """Write a part of the page."""
    label = f"{identifier}-heading"
    title = element("h2", heading, id=label)
    html = element("section", title, *content, id=identifier, aria_labelledby=label)
    return Section(identifier, heading, html)


def _navigation(sections: Sequence[Section], lang: str) -> Html:
    items = [
        element("li", element("a", each.heading, href=f"#{each.identifier}")) for each in sections
    ]
    title = phrase("contents", lang)
    return element(
        "nav",
        element("p", title, class_="nav-title", aria_hidden="true"),
        element("ol", *items),
        class_="contents",
        aria_label=title,
    )
