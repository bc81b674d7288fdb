"""A first draft of a codebook, from the labels of a file, a questionnaire, or bare codes.

Every source is read into questions; one function makes codebook entries of them. What
science must decide stays open: which answers a table speaks of, and what is to be made of
those who did not know.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from jfmodels.errors import CodebookError, ReadError, unknown
from jfmodels.survey.encode import natural_order
from jfmodels.survey.formats import is_questionnaire, open_with, read_labelled
from jfmodels.survey.outcome import canonical
from jfmodels.survey.questions import Code, Question, Text, no_answer, plain, questions_of_frame
from jfmodels.survey.read import Source, read_frame
from jfmodels.survey.xlsform import questions_of_form

__all__ = ["draft_codebook", "write_codebook"]

YES = {"yes", "oui"}
TO_CHOOSE = {
    "policy": "choose: in_base, excluded or own_category",
    "shown": "choose the answers whose share tables speak of",
}
HEADING = """\
A draft that a person must finish: check every guessed scale, choose every policy and what
is shown, move columns that describe people or places under covariates, and delete entries
that are no questions, such as weights."""


def draft_codebook(source: Source, *, wave: str | None = None) -> dict[str, Any]:
    """Draft a codebook that a person must finish.

    Scales are guessed. What is shown of an ordinal outcome, and the policy for those who did
    not know or refused, are left open, since only the science at hand can say; so `Survey`
    refuses the draft until they are chosen. Identifiers (integers or texts that never
    repeat), dates and constants are left out.

    Parameters
    ----------
    source : path or frame
        An SPSS or Stata file, whose labels of columns and codes, declared missing values and
        multiple response sets are used; a questionnaire (XLSForm: an .xlsx with the sheets
        ``survey`` and ``choices``); or any other source of :func:`jfmodels.read_frame`, where
        at most 11 small codes make an ordinal outcome with categories named by their code.
    wave : str, optional
        The column of the wave; its values become the codebook's waves, in rising order.

    Returns
    -------
    dict
        In the form of a codebook: ``waves`` if `wave` is given, and ``outcomes``. Codes
        labelled as don't know, refused, missing or not asked, in English or French, are told
        apart from the answers.

    Raises
    ------
    ReadError
        If the source cannot be read, or has no column `wave`.

    Examples
    --------
    >>> draft = draft_codebook(pd.DataFrame({"trust": [1, 2, 3, 3, 2]}))
    >>> draft["outcomes"]["trust"]
    {'scale': 'ordinal', 'categories': {1: '1', 2: '2', 3: '3'}, 'shown': None}
    """
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    suffix = "" if path is None else path.suffix.lower()
    if path is not None and suffix == ".xlsx" and open_with(is_questionnaire, path):
        return {"outcomes": _outcomes(open_with(questions_of_form, path))}
    labels: Any = None
    if path is not None and suffix in (".sav", ".zsav", ".dta"):
        frame, labels = open_with(read_labelled, path)
    else:
        frame = read_frame(source)
    if wave is None:
        return {"outcomes": _outcomes(questions_of_frame(frame, labels))}
    waves = _waves(frame, wave)
    questions = questions_of_frame(frame.drop(columns=wave), labels)
    return {"waves": waves, "outcomes": _outcomes(questions)}


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


def _waves(frame: pd.DataFrame, wave: str) -> dict[str, dict[str, None]]:
    if wave not in frame:
        raise ReadError(unknown("column", wave, frame.columns))
    names = {canonical(value) for value in frame[wave].dropna().unique()}
    return {name: {"start": None, "end": None} for name in sorted(names, key=natural_order)}


def _outcomes(questions: Iterable[Question]) -> dict[str, dict[str, Any]]:
    return {question.name: _entry(question) for question in questions}


def _entry(question: Question) -> dict[str, Any]:
    """Write one question as the codebook has it, leaving out what is empty."""
    kinds = {code: _kind(question, code, label) for code, label in question.codes.items()}
    kinds |= {code: "missing" for code in question.missing if code not in question.codes}
    answers = {code: label for code, label in question.codes.items() if kinds[code] == "answer"}
    scale = _scale(question.measure, answers)
    entry: dict[str, Any] = {"label": question.label} if question.label else {}
    entry["scale"] = scale
    if question.columns:
        entry["columns"] = dict(question.columns)
        entry |= {"categories": dict(question.options)} if question.options else {}
    elif scale in ("binary", "ordinal", "nominal"):
        entry["categories"] = answers
    if scale in ("binary", "ordinal"):
        entry["shown"] = _shown(scale, answers)
    return entry | _no_answers(kinds)


def _kind(question: Question, code: Code, label: Text) -> str:
    """Tell answers from don't know, refusals and missing: by label, then by declaration."""
    return no_answer(label) or ("missing" if code in question.missing else "answer")


def _no_answers(kinds: Mapping[Code, str]) -> dict[str, Any]:
    """List the codes of no answer by kind; the policy for nonresponse is left open."""
    codes = {
        kind: [code for code, each in kinds.items() if each == kind]
        for kind in ("dont_know", "refused", "missing")
    }
    listed: dict[str, Any] = {kind: found for kind, found in codes.items() if found}
    return listed | ({"policy": None} if codes["dont_know"] or codes["refused"] else {})


def _scale(measure: str, answers: Mapping[Code, Text]) -> str:
    """Guess a scale: two answers are binary, codes that rise one by one are ordinal."""
    if measure in ("multi", "continuous"):
        return measure
    if len(answers) == 2:
        return "binary"
    return measure or ("ordinal" if _rises_by_one(list(answers)) else "nominal")


def _rises_by_one(codes: list[Code]) -> bool:
    first = codes[0] if codes else None
    return isinstance(first, int) and codes == list(range(first, first + len(codes)))


def _shown(scale: str, answers: Mapping[Code, Text]) -> list[str] | None:
    """Show the yes of yes and no; all else is for a person to choose."""
    names = {
        code: label if isinstance(label, str) else label["en"] for code, label in answers.items()
    }
    yes = [name for name in names.values() if plain(name) in YES]
    return yes if scale == "binary" and yes else None


def _commented(content: Mapping[Any, Any]) -> Any:
    """Copy a mapping into one that ruamel writes with notes, lists on one line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    copy = CommentedMap()
    for key, value in content.items():
        copy[key] = _commented(value) if isinstance(value, Mapping) else value
        if isinstance(value, list | tuple):
            copy[key] = CommentedSeq(value)
            copy[key].fa.set_flow_style()
        if value is None and key in TO_CHOOSE:
            copy.yaml_add_eol_comment(TO_CHOOSE[key], key)
    return copy
