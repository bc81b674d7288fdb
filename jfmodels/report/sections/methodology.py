"""Who was asked, when and how; who did not answer, and who was not reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from jfmodels.report.html import Html, element
from jfmodels.report.html_tables import html_table
from jfmodels.report.names import Names
from jfmodels.report.page import Section, section
from jfmodels.report.plot_text import NO_BREAK
from jfmodels.report.release import COVERAGE, Release
from jfmodels.report.table_rows import split
from jfmodels.report.words import phrase, thousands
from jfmodels.report.words.sample import MONTHS
from jfmodels.survey.design import as_names
from jfmodels.survey.survey import Survey

__all__ = ["fieldwork", "methodology_section"]

WORD_JOINER = "\N{WORD JOINER}"


def methodology_section(release: Release, names: Names) -> Section:
    """Write who was asked, and how."""
    lang = names.lang
    return section(
        "method",
        phrase("method", lang),
        element("h3", phrase("sample", lang)),
        *_waves(release, names),
        element("h3", phrase("design", lang)),
        element("ul", *[element("li", each) for each in _design(release, names)]),
        element("h3", phrase("who_answered", lang)),
        *_nonresponse(release, names),
        *_not_reached(release, names),
    )


def fieldwork(survey: Survey, wave: str, lang: str) -> str:
    """Say when a wave was in the field; nothing where the codebook does not say.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fieldwork(jf.example(), "Q1", "fr").split()[0].replace("\N{WORD JOINER}", "")
    '15–25'
    """
    known = survey.codebook.waves.get(wave)
    if known is None or known.start is None:
        return ""
    start, end = known.start, known.end or known.start
    last = _day(end, lang)
    if start == end:
        return last
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{WORD_JOINER}{last}"
    first = _day(start, lang)
    if start.year == end.year:
        first = first.removesuffix(f"{NO_BREAK}{start.year}")
    return phrase("from_to", lang, first=first, last=last)


def _day(day: date, lang: str) -> str:
    return f"{day.day}{NO_BREAK}{MONTHS[lang][day.month - 1]}{NO_BREAK}{day.year}"


def _waves(release: Release, names: Names) -> Iterator[Html]:
    """One row per wave: when, how many, where, by whom, and what weights cost."""
    survey, lang, words = release.survey, names.lang, names.words
    told = release.told
    table = told.waves
    columns: dict[str, list[str]] = {phrase("wave", lang): [str(each) for each in table["wave"]]}
    dates = [fieldwork(survey, str(wave), lang) for wave in table["wave"]]
    if any(dates):
        columns[phrase("fieldwork", lang)] = dates
    columns[phrase("n", lang)] = _whole(table["n"], names)
    if survey.design.all_stages:
        columns[_clusters(survey, names)] = _whole(table["clusters"], names)
        if survey.design.repeats != "nothing":
            missed = told.not_reached["wave"].value_counts()
            columns[phrase("not_reached", lang)] = [
                str(missed.get(wave, 0) or phrase("none", lang)) for wave in table["wave"]
            ]
    if "interviewers" in table:
        columns[phrase("interviewers", lang)] = _whole(table["interviewers"], names)
        columns[phrase("same_team", lang)] = [
            "–" if np.isnan(each) else names.percent(each) for each in table["same_interviewers"]
        ]
    if survey.design.weights is not None:
        columns[phrase("weight_effect", lang)] = [words.number(x, 2) for x in table["kish_effect"]]
    notes = [phrase("team_note", lang)] if "same_interviewers" in table else []
    title = phrase("waves_table", lang)
    yield html_table(title, list(columns), list(zip(*columns.values(), strict=True)))
    if survey.design.weights is not None:
        notes.append(phrase("weight_note", lang))
    if notes:
        yield element("p", " ".join(notes), class_="note")


def _clusters(survey: Survey, names: Names) -> str:
    """Say what clusters are called: by the codebook's label, or in general."""
    columns = as_names(survey.design.all_stages[0].cluster)
    if len(columns) == 1 and columns[0] in survey.codebook.covariates:
        return names.column(columns[0])
    return phrase("clusters", names.lang)


def _design(release: Release, names: Names) -> Iterator[str]:
    """Say how the sample was drawn, whom it speaks for, and how errors were estimated."""
    survey, lang = release.survey, names.lang
    design = survey.design
    strata = [names.column(each) for each in design.first_strata]
    if strata:
        yield phrase("strata_are", lang, names=" × ".join(strata))
    if design.all_stages:
        called = _clusters(survey, names)
        unnamed = called == phrase("clusters", lang)
        yield phrase("clusters_unnamed" if unnamed else "clusters_are", lang, names=called)
        yield phrase(f"target_{design.target}", lang)
    else:
        yield phrase("no_clusters", lang)
    if design.repeats is not None and len(survey.waves) > 1:
        redrawn = design.repeats == "nothing" and not design.all_stages
        yield phrase("repeats_nobody" if redrawn else f"repeats_{design.repeats}", lang)
    if survey.adjustments:
        yield phrase("weights_adjusted", lang)
    else:
        yield phrase("weights_are" if design.weights else "weights_none", lang)
    yield phrase("inference", lang, coverage=names.percent(COVERAGE))
    yield phrase("disclosure", lang, minimum=release.minimum)


def _nonresponse(release: Release, names: Names) -> Iterator[Html]:
    """One row per question: how many were asked, did not know and refused."""
    survey, lang = release.survey, names.lang
    if not any(each.dont_know or each.refused for each in survey.codebook.outcomes.values()):
        yield element("p", phrase("no_codes", lang))
        return
    table = release.told.outcomes
    last = table[table["asked"] >= release.minimum].groupby("outcome", sort=False).tail(1)
    rows = []
    for row in last.to_dict("records"):
        outcome = survey.outcome(row["outcome"])
        if not (outcome.dont_know or outcome.refused):
            continue
        policy = phrase(str(outcome.policy), lang)
        coded = (("dont_know", outcome.dont_know), ("refused", outcome.refused))
        shares = [names.percent(row[key]) if codes else "–" for key, codes in coded]
        asked = thousands(int(row["asked"]), lang)
        rows.append([names.outcome(outcome.name), asked, *shares, policy])
    if release.wave is None:
        yield element("p", phrase("nonresponse_single", lang))
    else:
        yield element("p", phrase("nonresponse_lead", lang, wave=release.wave))
    keys = ("question", "asked", "dont_know", "refused", "counted_as")
    head = [phrase(each, lang) for each in keys]
    yield html_table(phrase("who_answered", lang), head, rows)


def _not_reached(release: Release, names: Names) -> Iterator[Html]:
    """Say how many clusters each wave missed, and where nobody was asked at all."""
    survey, lang = release.survey, names.lang
    if len(survey.waves) < 2:
        return
    yield element("h3", phrase("who_was_not_reached", lang))
    missed = release.told.not_reached
    empty = _nobody_asked(release)
    items = [
        phrase("not_reached_in", lang, wave=wave, places=_places(release, rows, names))
        for wave, rows in missed.groupby("wave", sort=False)
    ]
    items += [
        phrase("no_interviews_in", lang, wave=wave, groups=names.joined(groups))
        for wave, groups in empty.items()
    ]
    if not survey.design.all_stages:
        yield element("p", phrase("no_places", lang))
    elif survey.design.repeats == "nothing":
        yield element("p", phrase("redrawn", lang))
    elif missed.empty:
        yield element("p", phrase("all_reached", lang))
    else:
        yield element("p", phrase("some_not_reached", lang))
    if items:
        yield element("ul", *[element("li", each) for each in items])


def _places(release: Release, rows: pd.DataFrame, names: Names) -> str:
    """Count clusters by stratum; their names are not told."""
    strata = [each for each in release.survey.design.first_strata if each in rows]
    if not strata:
        return str(len(rows))
    counts = rows.groupby(strata[0], sort=False).size()
    return names.joined(
        [
            phrase("place_in", names.lang, n=n, group=names.group(strata[0], value))
            for value, n in counts.items()
        ]
    )


def _nobody_asked(release: Release) -> dict[str, list[str]]:
    """Groups without a single interview, by wave."""
    if release.by is None:
        return {}
    empty = [row for row in release.rows["groups"] if "no_interviews" in row["flag"]]
    found = split(empty, "wave")
    return {
        wave: list(split(found[wave], release.by)) for wave in release.survey.waves if wave in found
    }


def _whole(numbers: pd.Series, names: Names) -> list[str]:
    return [thousands(int(each), names.lang) for each in numbers]
