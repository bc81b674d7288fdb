"""From questions to the entries of a codebook, with what science must decide left open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jfmodels.survey.outcome import JOINTS
from jfmodels.survey.questions import Code, Question, Text, no_answer, plain

__all__ = ["COVARIATES", "entries", "is_covariate"]

YES = {"yes", "oui"}
# What describes people and places, in English and French, without accents and punctuation.
COVARIATES = (
    *("sex", "sexe", "gender", "genre", "age", "age group", "tranche d age", "groupe d age"),
    *("education", "education level", "level of education", "schooling", "instruction"),
    *("niveau d instruction", "niveau d etude", "niveau d etudes", "niveau etude", "niveau etudes"),
    *("marital status", "situation matrimoniale", "statut matrimonial", "etat civil"),
    *("religion", "ethnicity", "ethnic group", "ethnie", "language", "langue"),
    *("occupation", "profession", "country", "pays", "region", "province", "cercle", "district"),
    *("department", "departement", "commune", "arrondissement", "municipality", "village"),
    *("quartier", "neighbourhood", "neighborhood", "locality", "localite", "milieu", "urban"),
    *("urban rural", "urban or rural", "urbrur", "rural", "milieu de residence"),
)
_WORDS = "|".join(sorted(COVARIATES, key=len, reverse=True))
_NAME = re.compile(rf"([a-z]?\d+[a-z]? |respondent |resp |r |enquete )?({_WORDS})( \d+)?")
_LABEL = re.compile(
    rf"((what is |quel(le)? est )?(your|respondents?|the|votre|le|la|l)? ?)({_WORDS})"
    r"( (of|du|de|de l|de la) .*)?|how old are you.*|quel age avez vous.*"
)


def entries(questions: Iterable[Question]) -> dict[str, dict[str, Any]]:
    """Make outcomes, covariates and notes of questions.

    Parameters
    ----------
    questions : iterable of Question
        Each becomes an outcome, a covariate where :func:`is_covariate` says so, or a note that it
        was left out.

    Returns
    -------
    dict
        ``outcomes``, and ``covariates`` and ``notes`` where there are any.
    """
    draft: dict[str, dict[str, Any]] = {"outcomes": {}, "covariates": {}, "notes": {}}
    for question in questions:
        name = _named(question.name)
        if question.left_out is None:
            described = is_covariate(question)
            part, write = ("covariates", _covariate) if described else ("outcomes", _outcome)
            draft[part][name] = write(name, question)
        notes = list(question.notes)
        if question.left_out is not None:
            notes = [f"left out: {question.left_out}."] if question.left_out else []
        if notes:
            draft["notes"][name] = notes
    return {part: found for part, found in draft.items() if found or part == "outcomes"}


def _named(name: str) -> str:
    """Write a name without the signs that join names in tables."""
    return re.sub("|".join(map(re.escape, JOINTS)), "_", name)


def is_covariate(question: Question) -> bool:
    """Guess from its name and label whether a question describes people or places.

    Examples
    --------
    >>> is_covariate(Question(name="q101", label={"en": "Sex of respondent", "fr": "Sexe"}))
    True
    >>> is_covariate(Question(name="trust_region", label="Trust in the region"))
    False
    """
    if question.measure == "multi":
        return False
    texts = [question.label] if isinstance(question.label, str) else question.label.values()
    named = _NAME.fullmatch(plain(question.name.rpartition("/")[2].replace("_", " ")))
    return named is not None or any(_LABEL.fullmatch(plain(text)) for text in texts)


def _covariate(name: str, question: Question) -> dict[str, Any]:
    """Write what groups and explains; every code groups, those of no answer too."""
    entry = _column(name, question) | _label(question)
    if question.measure == "continuous":
        return entry | {"bins": None}
    return entry | ({"categories": dict(question.codes)} if question.codes else {})


def _outcome(name: str, question: Question) -> dict[str, Any]:
    """Write one question as the codebook has it, leaving out what is empty."""
    kinds = {code: _kind(question, code, label) for code, label in question.codes.items()}
    kinds |= {code: "missing" for code in question.missing if code not in question.codes}
    answers = {code: label for code, label in question.codes.items() if kinds[code] == "answer"}
    scale = _scale(question.measure, answers)
    entry = _label(question) | {"scale": scale}
    if question.columns:
        entry |= _options(question)
    else:
        entry |= _column(name, question)
        entry |= {"categories": answers} if scale not in ("continuous", "count") else {}
    if scale in ("binary", "ordinal"):
        entry["shown"] = _shown(scale, answers)
    return entry | _no_answers(kinds)


def _label(question: Question) -> dict[str, Any]:
    return {"label": question.label} if question.label else {}


def _column(name: str, question: Question) -> dict[str, Any]:
    """Say where the answers are, unless the name says it."""
    columns = question.listed or (question.column or question.name,)
    if columns == (name,):
        return {}
    return {"column": list(columns) if len(columns) > 1 else columns[0]}


def _options(question: Question) -> dict[str, Any]:
    """Write the options of a multiple response with a column each."""
    entry: dict[str, Any] = {"columns": dict(question.columns)}
    lists: Mapping[str, Sequence[Any]] = {
        "named": question.named,
        "not_named": question.not_named,
        "written": question.written,
    }
    entry |= {"categories": dict(question.options)} if question.options else {}
    return entry | {key: list(found) for key, found in lists.items() if found}


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


def _scale(measure: str, answers: Mapping[Code, Text]) -> str | None:
    """Guess a scale: two answers are binary, codes that rise one by one are ordinal.

    Of other codes nobody but their author knows whether they stand in order: None.
    """
    if measure in ("multi", "continuous"):
        return measure
    if len(answers) == 2:
        return "binary"
    return measure or ("ordinal" if _rises_by_one(list(answers)) else None)


def _rises_by_one(codes: list[Code]) -> bool:
    first = codes[0] if codes else None
    return isinstance(first, int) and codes == list(range(first, first + len(codes)))


def _shown(scale: str | None, answers: Mapping[Code, Text]) -> list[str] | None:
    """Show the yes of yes and no; all else is for a person to choose."""
    names = [label if isinstance(label, str) else label["en"] for label in answers.values()]
    yes = [name for name in names if plain(name) in YES]
    return yes if scale == "binary" and yes else None
