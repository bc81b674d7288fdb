"""The tables of one outcome: two waves and the change, groups of answers, all waves."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from jfmodels.report.findings import figure, is_share, p_text, standing
from jfmodels.report.html import Html, element, joined
from jfmodels.report.html_tables import Marks, html_table
from jfmodels.report.names import Names
from jfmodels.report.release import Part, Release
from jfmodels.report.table_rows import Row, Rows, split, where
from jfmodels.report.words import phrase, thousands

__all__ = ["all_waves", "answers_table", "evidence", "groups_of_answers", "groups_table"]


def groups_table(release: Release, part: Part, names: Names, marks: Marks) -> Html:
    """A row for all together and for each group: two waves, the change, its evidence."""
    title, head = names.outcome(part.outcome.name), _groups_head(release, names)
    if release.by is not None:
        title = phrase("by_group", names.lang, outcome=title, group=names.by(release.by))
    moved = release.by_group(part.group_changes)
    named = [(phrase("all", names.lang), part.levels, part.changes)]
    named += [
        (names.group(str(release.by), value), rows, moved.get(value, []))
        for value, rows in release.by_group(part.groups).items()
    ]
    return _two_waves(release, part, title, head, named, names, marks)


def answers_table(release: Release, part: Part, names: Names, marks: Marks) -> Html:
    """A row for each answer, all together."""
    title = phrase("by_answer", names.lang, outcome=names.outcome(part.outcome.name))
    named = [
        (names.answer(part.outcome, value), rows, where(part.changes, category=value))
        for value, rows in part.by_answer.items()
    ]
    return _two_waves(release, part, title, phrase("answer", names.lang), named, names, marks)


def groups_of_answers(release: Release, part: Part, names: Names, marks: Marks) -> Html | None:
    """A row for each answer and a column for each group, in the last wave that asked."""
    columns = release.by_group(part.groups)
    if not columns:
        return None
    lang, wave = names.lang, part.last_wave
    rows = [
        [
            names.answer(part.outcome, value),
            *(
                _cell(where(each, category=value, wave=wave), names, marks)
                for each in (part.levels, *columns.values())
            ),
        ]
        for value in part.by_answer
    ]
    terms = {"outcome": names.outcome(part.outcome.name), "wave": wave}
    key = "by_group" if wave is None else "by_group_in"
    caption = phrase(key, lang, group=names.by(str(release.by)), **terms)
    groups = [names.group(str(release.by), each) for each in columns]
    head = [phrase("answer", lang), phrase("all", lang), *groups]
    return html_table(caption, head, rows, class_="wide")


def all_waves(release: Release, part: Part, names: Names, marks: Marks) -> Html | None:
    """Every level with its interval, to be opened by those who look for it."""
    waves = release.survey.waves
    if len(waves) < 2:
        return None
    outcome, lang = part.outcome, names.lang
    title, answer = names.outcome(outcome.name), phrase("answer", lang)
    named = {names.answer(outcome, each): rows for each, rows in part.by_answer.items()}
    tables = [(title, answer, named)]
    if not part.several:
        groups = release.by_group(part.groups).items()
        named = {phrase("all", lang): part.levels}
        named |= {names.group(str(release.by), each): rows for each, rows in groups}
        tables = [(title, _groups_head(release, names), named)]
    if part.answers:
        every = {
            names.answer(outcome, each): rows
            for each, rows in split(part.answers, "category").items()
        }
        tables.append((phrase("by_answer", lang, outcome=title), answer, every))
    drawn = [
        html_table(
            caption,
            [head, *waves],
            [
                [name, *(_cell(where(rows, wave=wave), names, marks) for wave in waves)]
                for name, rows in named.items()
            ],
            class_="wide",
        )
        for caption, head, named in tables
    ]
    return element("details", element("summary", phrase("all_waves", lang)), *drawn)


def _groups_head(release: Release, names: Names) -> str:
    return phrase("group", names.lang) if release.by is None else names.column(release.by)


def evidence(row: Row, names: Names) -> Html | None:
    """Say in a cell what the evidence for a change is worth."""
    kind = standing(row)
    if kind == "missing":
        return None
    label = element("span", phrase(f"evidence_{kind}", names.lang), class_=f"evidence {kind}")
    if kind == "not_tested":
        return label
    return joined(label, " ", element("span", p_text(row, names.lang), class_="p"))


def _two_waves(
    release: Release,
    part: Part,
    title: str,
    first: str,
    named: Sequence[tuple[str, Rows, Rows]],
    names: Names,
    marks: Marks,
) -> Html:
    """The last wave that asked, the one before it, and what changed."""
    lang, wave = names.lang, part.last_wave
    ref = next((row["wave_ref"] for row in part.changes if isinstance(row["wave_ref"], str)), None)
    compared = ref is not None and wave == release.wave
    head = [first, phrase("n", lang), phrase("level", lang) if wave is None else wave]
    body = []
    for name, rows, moved in named:
        now = where(rows, wave=wave)
        cells = [name, _n(now, names), _cell(now, names, marks)]
        if compared:
            cells.insert(2, _cell(where(rows, wave=ref), names, marks))
            cells += _change_cells(moved, names, marks)
        body.append(cells)
    if compared:
        key = "change_points" if is_share(part.levels[0]) else "change_plain"
        head.insert(2, str(ref))
        head += [phrase(key, lang, wave=ref), phrase("evidence", lang)]
    return html_table(title, head, body)


def _change_cells(moved: Rows, names: Names, marks: Marks) -> list[Html | None]:
    if not moved:
        return [None, None]
    number = figure(moved[0], names, signed=True, unit=False)
    return [joined(number, marks.beside(moved[0])), evidence(moved[0], names)]


def _cell(rows: Rows, names: Names, marks: Marks) -> Html | None:
    if not rows:
        return None
    return joined(figure(rows[0], names), marks.beside(rows[0]))


def _n(rows: Rows, names: Names) -> str | None:
    if not rows or pd.isna(rows[0]["n"]):
        return None
    return thousands(int(rows[0]["n"]), names.lang)
