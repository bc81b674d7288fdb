"""What the report cannot tell, and how its numbers are to be read."""

from __future__ import annotations

from collections.abc import Iterator

from jfmodels.report.html import Html, element
from jfmodels.report.html_tables import Marks, html_table
from jfmodels.report.names import Names
from jfmodels.report.page import Section, section
from jfmodels.report.release import COVERAGE, Release
from jfmodels.report.words import counted, phrase
from jfmodels.results.schema import FLAGS
from jfmodels.results.tables import RETAINED

__all__ = ["cautions", "limits_section"]


def limits_section(release: Release, names: Names, marks: Marks) -> Section:
    """Write what cannot be told, how to read numbers, and what the letters say."""
    lang = names.lang
    limits = [*cautions(release, names), *_further(release, names, marks)]
    coverage = names.percent(COVERAGE)
    reading = [phrase("reading_interval", lang, coverage=coverage)]
    reading += [phrase("reading_p", lang)] if release.families[0] else []
    return section(
        "limits",
        phrase("limits", lang),
        element("ul", *[element("li", each) for each in limits], class_="limits"),
        element("h3", phrase("reading", lang)),
        *[element("p", each) for each in reading],
        element("h3", phrase("flagged", lang)),
        *_letters(release, names, marks),
    )


def cautions(release: Release, names: Names) -> Iterator[str]:
    """Say what bears on every number of this survey."""
    survey, lang = release.survey, names.lang
    if survey.simulated:
        yield phrase("simulated", lang)
    if survey.design.selection == "purposive" and survey.design.target == "population":
        yield phrase("purposive_limit", lang)
    if survey.design.target == "these_clusters":
        yield phrase("these_clusters_limit", lang)
    teams = _new_teams(release)
    if teams:
        yield phrase("teams_limit", lang, waves=names.joined(teams))
    missed = list(dict.fromkeys(release.told.not_reached["wave"]))
    if missed:
        yield phrase("not_reached_limit", lang, waves=names.joined([str(each) for each in missed]))


def _further(release: Release, names: Names, marks: Marks) -> Iterator[str]:
    """Say what bears on some numbers, or on any survey."""
    survey, lang = release.survey, names.lang
    waves = release.told.waves
    n = int(waves["clusters"].iloc[-1])
    if survey.design.target == "population" and 0 < n < MANY:
        yield phrase("few_clusters_limit", lang, n=n, wave=waves["wave"].iloc[-1])
    if survey.design.interviewer is None and len(survey.waves) > 1:
        yield phrase("no_teams_limit", lang)
    withheld = sum("suppressed" in codes for codes in _flags(release))
    if withheld:
        yield counted("withheld_limit", withheld, lang)
    for code in marks.everywhere:
        if code != "clusters_purposive":
            yield FLAGS[code][lang]
    if len(survey.waves) > 1:
        yield phrase("why", lang)


MANY = 40  # clusters from which the normal approximation of a total is taken for good


def _new_teams(release: Release) -> list[str]:
    """The waves whose interviewers were largely others than in the wave before."""
    waves = release.told.waves
    if "same_interviewers" not in waves:
        return []
    return [str(each) for each in waves.loc[waves["same_interviewers"] < RETAINED, "wave"]]


def _flags(release: Release) -> list[tuple[str, ...]]:
    return [row["flag"] for rows in release.rows.values() for row in rows]


def _letters(release: Release, names: Names, marks: Marks) -> Iterator[Html]:
    """A row for every letter, with what it says and how many numbers bear it."""
    lang = names.lang
    if not marks.letters:
        yield element("p", phrase("no_flags", lang))
        return
    rows = _flags(release)
    body = [
        [
            element("span", letter, id=f"flag-{code}"),
            FLAGS[code][lang],
            phrase("levels_flagged", lang, k=sum(code in each for each in rows), n=len(rows)),
        ]
        for code, letter in marks.letters.items()
    ]
    head = [phrase(each, lang) for each in ("flag", "means", "rows_flagged")]
    yield element("p", phrase("flagged_lead", lang))
    yield html_table(phrase("flagged", lang), head, body, class_="letters")
