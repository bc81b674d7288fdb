"""A first draft of a codebook, from the labels of a file, a questionnaire, or bare codes.

Every source is read into questions; one function makes codebook entries of them. What
science must decide stays open: which answers a table speaks of, and what is to be made of
those who did not know.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from jfmodels.errors import CodebookError, ReadError, choose, listing, unknown
from jfmodels.survey.encode import natural_order
from jfmodels.survey.entries import entries
from jfmodels.survey.export_columns import located, unlocated
from jfmodels.survey.formats import is_questionnaire, open_with, read_labelled
from jfmodels.survey.frame_questions import questions_of_frame
from jfmodels.survey.labels import canonical
from jfmodels.survey.limesurvey import questions_of_lss, questions_of_txt
from jfmodels.survey.questions import Question
from jfmodels.survey.read import Source, read_frame
from jfmodels.survey.xlsform import questions_of_form

__all__ = ["FORMS", "draft_codebook", "to_decide", "write_codebook"]

FORMS: Mapping[str, Callable[[Path], list[Question]]] = {
    ".xlsx": questions_of_form,
    ".lss": questions_of_lss,
    ".txt": questions_of_txt,
}
TO_CHOOSE = {
    "policy": "choose: in_base, excluded or own_category",
    "scale": "choose: ordinal if the answers stand in order (then shown: too), else nominal",
    "shown": "choose the answers whose share tables speak of",
    "named": "choose the code by which a column says that its option was named",
}
TO_ADD = {"bins": "edges such as [18, 25, 35, 50, 120], if tables are to be split by it"}
MANY = 60  # names that one sentence lists
# Columns that LimeSurvey adds to every export, as names with _ in front are Kobo's.
OWN_COLUMNS = {"id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"}
OWN_COLUMNS |= {"token", "ipaddr", "refurl", "interviewtime", "KEY", "SubmissionDate"}
PLAIN = re.compile(r"[^\W\d_][\w '’()./-]*")
GUESSED = ("ordinal", "binary", "continuous")
UNKNOWN_COLUMNS = "columns of the data"
HEADING = """\
A draft that a person must finish: check every guessed scale and code of no answer, choose
every policy and what is shown, check what stands under covariates, and delete entries that
are no questions, such as weights. For a report, list topics: in its order, and give each
outcome its topic:. Say how the sample was drawn, under design:

design:
  wave:         # column of the wave
  strata:       # column, or a list of columns
  cluster:      # column of villages, enumeration areas, ...
  weights:      # column
  repeats:      # nothing, clusters or people: what is the same from wave to wave
  target:       # population or these_clusters: whom you speak of"""


def draft_codebook(
    source: Source,
    *,
    form: str | os.PathLike[str] | None = None,
    wave: str | None = None,
) -> dict[str, Any]:
    """Draft a codebook that a person must finish.

    Scales are guessed where codes tell. What is shown of an ordinal outcome, whether text codes
    stand in order, and the policy for those who did not know or refused, are left open, since
    only the science at hand can say; so `Survey` refuses the draft until they are chosen.
    Identifiers (integers or texts that never repeat), dates and constants are left out.

    Parameters
    ----------
    source : path or frame
        An SPSS or Stata file, whose labels of columns and codes, declared missing values and
        multiple response sets are used; a questionnaire, as for `form`; or any other source of
        :func:`jfmodels.read_frame`, where at most 11 small codes make an
        ordinal outcome with categories named by their code.
    form : path, optional
        The questionnaire that `source` answers: an XLSForm (KoboToolbox, ODK, SurveyCTO; an .xlsx
        with the sheets ``survey`` and ``choices``), or a LimeSurvey survey structure (.lss, or
        .txt of tab-separated values). Labels, codes and conditions are the form's, and columns
        those that the data have.
    wave : str, optional
        The column of the wave; its values become the codebook's waves, in rising order.

    Returns
    -------
    dict
        In the form of a codebook: ``waves`` if `wave` is given, ``outcomes``, ``covariates``
        where names or labels say sex, age, region and the like, and ``notes`` with what a person
        must know: who was asked, which codes the form lacks, what was left out and why. Codes
        labelled as don't know, refused, missing or not asked, in English or French, are told
        apart from the answers.

    Raises
    ------
    ReadError
        If the source or the form cannot be read, or the source has no column `wave`.

    Examples
    --------
    >>> draft = draft_codebook(pd.DataFrame({"trust": [1, 2, 3, 3, 2]}))
    >>> draft["outcomes"]["trust"]
    {'scale': 'ordinal', 'categories': {1: '1', 2: '2', 3: '3'}, 'shown': None}
    """
    if form is not None:
        reader = choose("kind of form", Path(form).suffix.lower(), FORMS, ReadError)
        frame = read_frame(source)
        waves = _waves(frame, wave)
        asked = [each for each in open_with(reader, Path(form)) if wave not in _names(each)]
        questions = located(asked, frame.drop(columns=wave or []))
        return waves | _with_unknown(entries(questions), frame, questions, wave)
    alone = _form_of(source)
    if alone is not None:
        return entries(unlocated(each) for each in alone)
    frame, labels = _labelled(source)
    waves = _waves(frame, wave)
    answers = frame.drop(columns=wave or [])
    return waves | entries(questions_of_frame(answers, labels))


def to_decide(draft: Mapping[str, Any]) -> list[str]:
    """List what a draft leaves open, what it guessed, and what it notes.

    Parameters
    ----------
    draft : mapping
        As :func:`draft_codebook` gives it.

    Returns
    -------
    list of str
        A sentence each: choices that are open, then guesses, then notes.

    Examples
    --------
    >>> for each in to_decide(draft_codebook(pd.DataFrame({"trust": [1, 2, 3, 3, 2]}))):
    ...     print(each)
    shown: choose the answers whose share tables speak of: 'trust'.
    Guessed to be ordinal, to be checked: 'trust'.
    """
    outcomes = draft.get("outcomes", {})
    left_open = {
        key: [name for name, entry in outcomes.items() if entry.get(key, "") is None]
        for key in TO_CHOOSE
    }
    open_fields = [
        f"{key}: {TO_CHOOSE[key]}: {listing(names, MANY)}."
        for key, names in left_open.items()
        if names
    ]
    return [*open_fields, *_guesses(draft), *_notes(draft)]


def _notes(draft: Mapping[str, Any]) -> Iterator[str]:
    """Say every note once, with all that it is of."""
    named: dict[str, list[str]] = {}
    for name, notes in draft.get("notes", {}).items():
        for note in notes:
            named.setdefault(note, []).append(name)
    yield from (f"{', '.join(names)}: {note}" for note, names in named.items())


def _guesses(draft: Mapping[str, Any]) -> Iterator[str]:
    """Say what was guessed, and of what."""
    outcomes = draft.get("outcomes", {})
    for scale in GUESSED:
        names = [name for name, entry in outcomes.items() if entry["scale"] == scale]
        if names:
            yield f"Guessed to be {scale}, to be checked: {listing(names, MANY)}."
    kinds = {"dont_know": "don't know", "refused": "refusal", "missing": "missing or not asked"}
    for key, kind in kinds.items():
        codes = [f"{name} {entry[key]}" for name, entry in outcomes.items() if entry.get(key)]
        if codes:
            yield f"Taken for {kind}, to be checked: {', '.join(codes)}."
    if draft.get("covariates"):
        yield f"Taken for covariates, to be checked: {listing(draft['covariates'], MANY)}."


def write_codebook(draft: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a codebook as YAML for people to edit, with a note wherever a choice is open.

    Parameters
    ----------
    draft : mapping
        As :func:`draft_codebook` gives it.
    path : path
        A file that does not exist yet.

    Raises
    ------
    CodebookError
        If there is such a file: it may hold a codebook that somebody has finished.

    Examples
    --------
    >>> import tempfile
    >>> draft = {"outcomes": {"safe": {"scale": "binary", "dont_know": [9], "policy": None}}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "codebook.yaml")
    ...     write_codebook(draft, path)
    ...     print(path.read_text().partition("outcomes:")[2])
    <BLANKLINE>
      safe:
        scale: binary
        dont_know: [9]
        policy: # choose: in_base, excluded or own_category
    <BLANKLINE>
    """
    from ruamel.yaml import YAML

    path = Path(path)
    if path.exists():
        raise CodebookError(f"There is already a file '{path}'. Give another name, or delete it.")
    book = _commented(draft)
    book.yaml_set_start_comment(HEADING)
    yaml = YAML()
    yaml.width = 4096  # one line for each text
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(book, file)


def _form_of(source: Source) -> list[Question] | None:
    """Read the questions of a source that is itself a form; None for answers."""
    if not isinstance(source, str | os.PathLike):
        return None
    path = Path(source)
    reader = FORMS.get(path.suffix.lower())
    if reader is None or (path.suffix.lower() == ".xlsx" and not open_with(is_questionnaire, path)):
        return None
    return open_with(reader, path)


def _labelled(source: Source) -> tuple[pd.DataFrame, Any]:
    """Read answers, with their labels where the file has any."""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.suffix.lower() in (".sav", ".zsav", ".dta"):
            return open_with(read_labelled, path)
    return read_frame(source), None


def _waves(frame: pd.DataFrame, wave: str | None) -> dict[str, Any]:
    if wave is None:
        return {}
    if wave not in frame:
        raise ReadError(unknown("column", wave, frame.columns))
    names = {canonical(value) for value in frame[wave].dropna().unique()}
    waves = {name: {"start": None, "end": None} for name in sorted(names, key=natural_order)}
    return {"waves": waves}


def _with_unknown(
    draft: dict[str, Any], frame: pd.DataFrame, questions: list[Question], wave: str | None
) -> dict[str, Any]:
    """Note the columns that the form does not know, those of the export itself aside."""
    known = {each.column for each in questions} | {wave, *OWN_COLUMNS}
    known |= {name for each in questions for name in (*each.listed, *each.columns.values())}
    asked = {alias for each in questions for alias in _names(each)}
    strange = [
        name
        for name in map(str, frame.columns)
        if name not in known | asked and not name.startswith("_") and _parent(name) not in known
    ]
    if not strange:
        return draft
    note = f"the form does not know {listing(strange, MANY)}."
    return draft | {"notes": {**draft.get("notes", {}), UNKNOWN_COLUMNS: [note]}}


def _names(question: Question) -> tuple[str, ...]:
    return (question.name, *question.aliases)


def _parent(name: str) -> str:
    return name.rpartition("/")[0] or name.rpartition("[")[0] or name


def _commented(content: Mapping[Any, Any]) -> Any:
    """Copy a mapping into one that ruamel writes with notes, lists and labels on one line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    copy = CommentedMap()
    if content and set(content) <= {"en", "fr"}:
        copy.fa.set_flow_style()
    for name, value in content.items():
        key = _quoted(name)
        copy[key] = _commented(value) if isinstance(value, Mapping) else _quoted(value)
        if isinstance(value, list | tuple):
            copy[key] = CommentedSeq([_quoted(each) for each in value])
            if not any(str(each).endswith(".") for each in value):  # a sentence has its own line
                copy[key].fa.set_flow_style()
        if value is None and key in TO_CHOOSE | TO_ADD:
            copy.yaml_add_eol_comment((TO_CHOOSE | TO_ADD)[key], key)
    return copy


def _quoted(value: Any) -> Any:
    """Put texts in quotes that could be taken for signs of YAML."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    strange = isinstance(value, str) and not PLAIN.fullmatch(value)
    return DoubleQuotedScalarString(value) if strange else value
