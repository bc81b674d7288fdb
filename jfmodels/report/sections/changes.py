"""What changed since the last wave: every change that was looked at, with its evidence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jfmodels.report.findings import figure, p_text, size_text, standing
from jfmodels.report.html import Html, element, joined
from jfmodels.report.html_tables import Marks, html_table
from jfmodels.report.names import Names
from jfmodels.report.page import Section, section
from jfmodels.report.plot_text import missing
from jfmodels.report.release import ALPHA, COVERAGE, Release
from jfmodels.report.sections.outcome_tables import evidence
from jfmodels.report.sections.topics import topics_of
from jfmodels.report.table_rows import Row, Rows, split, where
from jfmodels.report.words import phrase

__all__ = ["by_chance", "change_name", "changes_section"]

WIDTH, HEIGHT = 120.0, 16.0  # of the picture of an interval


def changes_section(release: Release, names: Names, marks: Marks) -> Section | None:
    """Write every change, topic by topic; None where nothing was compared."""
    if not release.families[0]:
        return None
    lang, n = names.lang, release.families[0]
    lead = phrase("changes_lead_one", lang) if n == 1 else by_chance("changes_lead", n, lang)
    groups = None
    if release.families[1]:
        groups = joined(
            element("h3", _group_title(release, names)),
            element("p", _group_lead(release, names)),
            *_tables_of_groups(release, names, marks),
        )
    return section(
        "changes",
        phrase("changes", lang),
        element("p", lead),
        *_tables(release, names, marks),
        groups,
    )


def change_name(release: Release, row: Row, names: Names) -> str:
    """Name what changed: the question, and the answer where there are several."""
    outcome = release.survey.outcome(str(row["outcome"]))
    title = names.outcome(outcome.name)
    several = outcome.scale in ("multi", "nominal") and not outcome.measured
    if not several or missing(row["category"]):
        return title
    return f"{title}{names.words.signs.colon} {names.answer(outcome, row['category'])}"


def by_chance(key: str, n: int, lang: str) -> str:
    """Say how many of `n` changes would seem to stand out if nothing had changed.

    Where that is less than one, a phrase whose key ends in ``_few`` says how often each would.
    """
    expected = round(ALPHA * n)
    if expected < 1:
        return phrase(f"{key}_few", lang, n=n, odds=round(1 / ALPHA))
    return phrase(key, lang, n=n, by_chance=expected)


def _tables(release: Release, names: Names, marks: Marks) -> Iterator[Html]:
    """A table for each topic, all together."""
    lang = names.lang
    compared = [row for row in release.rows["changes"] if not np.isnan(row["estimate"])]
    head = [phrase(each, lang) for each in ("question", "change", "interval_picture", "evidence")]
    head.append(phrase("would_find", lang))
    for _, topic, parts in topics_of(release, split(compared, "outcome"), names):
        rows = [row for part in parts for row in part]
        reach = _reach(rows)
        body = [
            [
                change_name(release, row, names),
                joined(
                    figure(row, names, signed=True), marks.beside(row), _since(release, row, names)
                ),
                _picture(row, reach[str(row["unit"])]),
                evidence(row, names),
                "–" if np.isnan(row["detectable"]) else size_text(row["detectable"], row, names),
            ]
            for row in rows
        ]
        yield html_table(topic, head, body, class_="changes")


def _since(release: Release, row: Row, names: Names) -> Html | None:
    """Name the wave compared with where it is not the one before."""
    if row["wave_ref"] == release.ref:
        return None
    return element("div", phrase("since", names.lang, wave=row["wave_ref"]), class_="p")


def _reach(rows: Rows) -> dict[str, float]:
    """How far the intervals of each unit reach from no change."""
    return {
        str(unit): max(
            float(np.nanmax(np.abs([row[end] for end in ("estimate", "low", "high")])))
            for row in each
        )
        for unit, each in split(rows, "unit").items()
    }


def _picture(row: Row, reach: float) -> Html:
    """Draw the interval of a change against no change."""

    def x(value: float) -> str:
        return f"{WIDTH / 2 * (1 + 0.94 * value / reach):.1f}"

    middle = HEIGHT / 2
    zero = element("line", x1=WIDTH / 2, x2=WIDTH / 2, y1=0, y2=HEIGHT, class_="zero")
    bar = None
    if not np.isnan(row["low"]):
        bar = element(
            "line", x1=x(row["low"]), x2=x(row["high"]), y1=middle, y2=middle, class_="whisker"
        )
    point = element("circle", cx=x(row["estimate"]), cy=middle, r=3.4, class_="point")
    return element(
        "svg",
        zero,
        bar,
        point,
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        class_=f"interval-picture {standing(row)}",
        aria_hidden="true",
    )


def _group_title(release: Release, names: Names) -> str:
    group = names.by(str(release.by))
    terms = {"ref": release.ref, "wave": release.wave, "group": group}
    return phrase("group_changes", names.lang, **terms)


def _group_lead(release: Release, names: Names) -> str:
    coverage = names.percent(COVERAGE)
    return phrase("group_changes_lead", names.lang, coverage=coverage, n=release.families[1])


def _tables_of_groups(release: Release, names: Names, marks: Marks) -> Iterator[Html]:
    """A table for each topic with a column for each group."""
    by_outcome = split(release.rows["group_changes"], "outcome")
    for _, topic, parts in topics_of(release, by_outcome, names):
        rows = [row for part in parts for row in part]
        columns = release.by_group(rows)
        keys = {(row["outcome"], str(row["category"])): row for row in rows}.values()
        body = [
            [
                change_name(release, key, names),
                *(_group_cell(_same(each, key), names, marks) for each in columns.values()),
            ]
            for key in keys
        ]
        groups = [names.group(str(release.by), each) for each in columns]
        head = [phrase("question", names.lang), *groups]
        yield html_table(topic, head, body, class_="wide")


def _same(rows: Rows, key: Row) -> Row | None:
    """Find the row of the same question and answer."""
    found = where(rows, outcome=key["outcome"], category=key["category"])
    return found[0] if found else None


def _group_cell(row: Row | None, names: Names, marks: Marks) -> Html | None:
    """A change and its interval; the evidence where it stands out."""
    if row is None:
        return None
    kind = standing(row)
    told = None
    if kind in ("shown", "alone"):
        told = element("div", p_text(row, names.lang), class_="p")
    number = joined(figure(row, names, signed=True, unit=False), marks.beside(row), told)
    return element("div", number, class_=f"change {kind}")
