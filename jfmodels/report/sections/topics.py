"""What people said, topic by topic, in the order of the codebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from jfmodels.report.answer_bars import answer_bars
from jfmodels.report.html import Html, element
from jfmodels.report.html_tables import Marks
from jfmodels.report.names import Names
from jfmodels.report.page import Section, section
from jfmodels.report.panels import Steps, panels
from jfmodels.report.plot_lines import reworded
from jfmodels.report.release import COVERAGE, Part, Release
from jfmodels.report.sections.outcome_findings import asked, finding
from jfmodels.report.sections.outcome_tables import (
    all_waves,
    answers_table,
    groups_of_answers,
    groups_table,
)
from jfmodels.report.table_rows import Rows
from jfmodels.report.words import phrase

__all__ = ["REST", "topic_sections", "topics_of"]

REST = "other"  # identifies the section of outcomes that have no topic


def topics_of[Each](
    release: Release, of_outcome: Mapping[str, Each], names: Names
) -> Iterator[tuple[str, str, list[Each]]]:
    """Put what belongs to outcomes together by topic: its name, heading and members.

    Parameters
    ----------
    release : Release
        Whose codebook has the topics, in order; what is of none comes last.
    of_outcome : mapping of str to anything
        By outcome.
    names : Names
        Language.
    """
    book = release.survey.codebook
    topic = {name: book.outcomes[name].topic for name in of_outcome}
    for name, label in book.topics.items():
        members = [each for outcome, each in of_outcome.items() if topic[outcome] == name]
        if members:
            yield name, label.fr if names.lang == "fr" else label.en, members
    rest = [each for outcome, each in of_outcome.items() if topic[outcome] is None]
    if rest:
        key = "other_topics" if len(rest) < len(topic) else "topics"
        yield REST, phrase(key, names.lang), rest


def topic_sections(release: Release, names: Names, marks: Marks) -> Iterator[Section]:
    """Write a section for each topic that has outcomes, and one for those without a topic."""
    for name, heading, parts in topics_of(release, release.parts, names):
        outcomes = [_outcome(release, part, names, marks) for part in parts]
        yield section(f"topic-{name}", heading, *outcomes)


def _outcome(release: Release, part: Part, names: Names, marks: Marks) -> Html:
    """One outcome: what was asked, what was found, pictures and tables."""
    identifier = f"outcome-{part.outcome.name}"
    wanted = (answers_table, groups_of_answers) if part.several else (groups_table,)
    return element(
        "article",
        element("h3", names.outcome(part.outcome.name), id=identifier),
        element("p", asked(part, names), class_="asked"),
        finding(release, part, names),
        _trend(release, part, names),
        _answers(part, names),
        *[table(release, part, names, marks) for table in wanted],
        all_waves(release, part, names, marks),
        class_="outcome",
        aria_labelledby=identifier,
    )


def _trend(release: Release, part: Part, names: Names) -> Html | None:
    """A small picture for each group; for each answer where there are several."""
    steps = _steps(release, part)
    drawn = panels(_lines(release, part, names), release.waves, steps, names)
    if drawn is None:
        return None
    caption = [phrase("trend_caption", names.lang, coverage=names.percent(COVERAGE))]
    caption += [phrase("reworded_caption", names.lang)] if steps.reworded else []
    caption += [phrase("team_caption", names.lang)] if steps.new_team else []
    return element("figure", drawn, element("figcaption", " ".join(caption)))


def _steps(release: Release, part: Part) -> Steps:
    """Find the waves at which the wording of the answers, or the interviewers, changed."""
    waves = release.survey.waves
    asks = np.array([_asks(part, wave) for wave in waves])
    changed = reworded(asks, [part.outcome.wording(wave) for wave in waves])
    return Steps(changed, frozenset(waves.index(each) for each in release.new_teams))


def _asks(part: Part, wave: str) -> bool:
    return any(row["wave"] == wave and not np.isnan(row["estimate"]) for row in part.levels)


def _lines(release: Release, part: Part, names: Names) -> list[tuple[str, Rows]]:
    if part.several:
        return [(names.answer(part.outcome, each), rows) for each, rows in part.by_answer.items()]
    groups = release.by_group(part.groups).items()
    return [
        (phrase("all", names.lang), part.levels),
        *((names.group(str(release.by), each), rows) for each, rows in groups),
    ]


def _answers(part: Part, names: Names) -> Html | None:
    """How all answers are divided, where they have an order."""
    drawn = answer_bars(part.outcome, part.answers, names)
    if drawn is None:
        return None
    caption = element("figcaption", phrase("answers_caption", names.lang))
    title = element("p", phrase("answers_title", names.lang), class_="figure-title")
    return element("figure", title, drawn, caption)
