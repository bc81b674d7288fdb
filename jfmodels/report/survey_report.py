"""``jf.write_report``: a wave's report as one page that needs nothing but a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from jfmodels.claims.claim import Claim, Claims
from jfmodels.claims.judge import Verdicts, judge
from jfmodels.errors import SpecError, choose, require_whole
from jfmodels.report.html import Html, element
from jfmodels.report.html_tables import Marks
from jfmodels.report.names import Names
from jfmodels.report.page import Section, page
from jfmodels.report.plot_text import SIGNS
from jfmodels.report.release import Release
from jfmodels.report.sections.changes import changes_section
from jfmodels.report.sections.claims import claims_section
from jfmodels.report.sections.limits import limits_section
from jfmodels.report.sections.methodology import fieldwork, methodology_section
from jfmodels.report.sections.record import record_section
from jfmodels.report.sections.summary import summary_section
from jfmodels.report.sections.topics import topic_sections
from jfmodels.report.words import counted, phrase
from jfmodels.results.tables import versions
from jfmodels.survey.sampling import require_one_stage
from jfmodels.survey.survey import Survey, require_survey

__all__ = ["require_page", "write_report"]

STRATA = "strata"
MOST_GROUPS = 12  # of strata that a report breaks its numbers down by without being asked


def write_report(
    survey: Survey,
    path: str | os.PathLike[str],
    *,
    lang: str = "en",
    claims: Claims | Claim | Verdicts | None = None,
    by: str | None = STRATA,
    minimum: int = 10,
) -> Path:
    """Write the report of a survey's last wave: one HTML file, to be read, printed or sent.

    It says who was asked and how, what people said (topic by topic, in the order of the
    codebook's ``topics:``), what changed since the wave before, which claims the data bear,
    and what cannot be told. Every number has its interval, and every change its evidence:
    p-values are adjusted (Holm) over all changes that the report looks at, once for those all
    together and once for those by group. Beside what could not be shown stands the change that
    would have been found four times in five.

    Parameters
    ----------
    survey : Survey
        The survey; outcomes with topics, waves with dates, and labels in both languages make
        the better report.
    path : path
        Ending in ``.html``.
    lang : {"en", "fr"}
        Language.
    claims : Claims, Claim or Verdicts, optional
        Claims to be judged as :func:`jfmodels.judge` does by default, or what it returned.
    by : str or None, default "strata"
        Column to break numbers down by. ``"strata"`` is the first column of the design's
        strata, if it has at most twelve values; None is for no breakdown.
    minimum : int, default 10
        Interviews that a number must rest on. What rests on fewer is withheld, and what it
        could be worked out from.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    SpecError
        If the language or the column is not known, there is no such folder, or later stages
        of the design vary too, below a finite population correction of the first.

    See Also
    --------
    judge : Verdicts on claims alone.

    Examples
    --------
    >>> import tempfile
    >>> import jfmodels as jf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = jf.write_report(jf.example(), f"{folder}/q6.html", by=None)
    ...     "Simulated data" in path.read_text(encoding="utf-8")
    True
    """
    require_survey(survey)
    require_whole("minimum", minimum, 2)
    path = Path(path)
    require_page(path, lang)
    require_one_stage(survey.sampling, "A report's errors and detectable changes are")
    column = _column(survey, by)
    verdicts = judge(claims, survey) if isinstance(claims, Claims | Claim) else claims
    release = Release.of(survey, column, verdicts, minimum)
    path.write_text(_report(release, lang), encoding="utf-8", newline="")
    return path


def require_page(path: Path, lang: str) -> None:
    """Refuse a file that cannot be written, and a language that is not known."""
    choose("language", lang, SIGNS)
    choose("file format", path.suffix.lower(), {".html": None})
    if not path.parent.is_dir():
        raise SpecError(f"There is no folder '{path.parent}' to write {path.name} into.")


def _column(survey: Survey, by: str | None) -> str | None:
    """Find the column of the breakdown."""
    if by is None:
        return None
    if by != STRATA or by in survey.rows.groups:
        survey.group(by)
        return by
    first = [name for name in survey.design.first_strata if name in survey.rows.groups][:1]
    few = [name for name in first if len(survey.group(name).labels) <= MOST_GROUPS]
    return few[0] if few else None


def _report(release: Release, lang: str) -> str:
    """Write the page around its sections."""
    survey = release.survey
    names = Names(survey, lang)
    label = survey.codebook.title
    usual = phrase("title" if len(survey.waves) > 1 else "title_single", lang)
    title = usual if label is None else label.fr if lang == "fr" else label.en
    sections = list(_sections(release, names))
    return page(title, lang, sections, lead=_lead(release, names), simulated=survey.simulated)


def _sections(release: Release, names: Names) -> Iterator[Section]:
    marks = Marks.of((row for rows in release.rows.values() for row in rows), names.lang)
    yield summary_section(release, names)
    yield methodology_section(release, names)
    yield from topic_sections(release, names, marks)
    changes = changes_section(release, names, marks)
    if changes is not None:
        yield changes
    if release.verdicts is not None:
        yield claims_section(release, release.verdicts, names)
    yield limits_section(release, names, marks)
    yield record_section(_record(release), _call(release, names.lang), names.lang)


def _lead(release: Release, names: Names) -> Html:
    """Say under the title how many were asked, where and when."""
    survey, lang = release.survey, names.lang
    waves = release.told.waves
    facts = [counted("interviews", int(waves["n"].iloc[-1]), lang)]
    if release.wave is not None:
        facts[0] = f"{facts[0]} {phrase('in_wave', lang, wave=release.wave)}"
        facts += [fieldwork(survey, release.wave, lang), counted("waves", len(survey.waves), lang)]
    facts.append(counted("questions", len(survey.codebook.outcomes), lang))
    return element("ul", *[element("li", each) for each in facts if each], class_="facts")


def _record(release: Release) -> dict[str, object]:
    record = {**release.survey.record, "versions": versions()}
    if release.verdicts is not None:
        record["claims_hash"] = release.verdicts.table.attrs["record"]["claims_hash"]
    return record


def _call(release: Release, lang: str) -> str:
    claims = "" if release.verdicts is None else ", claims=claims"
    by, least = release.by, release.minimum
    return f"jf.write_report(survey, path, lang={lang!r}{claims}, by={by!r}, minimum={least})"
