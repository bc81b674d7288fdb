"""One question read in several ways: which answers count, and who is in the base.

Don't-knows and refusals are kept as answers of their own when a survey is read, so another
reading needs no other look at the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from jfmodels.errors import SpecError, choose, listing
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.copies import changed
from jfmodels.survey.labels import Label
from jfmodels.survey.outcome import NAMED, ONE, OPTION, ZERO, Outcome
from jfmodels.survey.records import Held
from jfmodels.survey.rows import Answers
from jfmodels.survey.survey import Survey

__all__ = ["MEAN", "Reading", "reread"]

MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Reading:
    """A question and how it is to be read.

    Attributes
    ----------
    outcome : str
        An outcome of the codebook, or a group, such as who is displaced.
    counting : tuple of str
        The categories, or the one option of a multiple response, whose share is meant;
        :data:`MEAN` for the mean of a measurement.
    base : str
        "in_base" or "excluded": what becomes of those who do not know or refuse.
    """

    outcome: str
    counting: tuple[str, ...]
    base: str


def reread(survey: Survey, readings: Mapping[str, Reading]) -> Survey:
    """Give every reading as an outcome of its own, of the same rows.

    Parameters
    ----------
    survey : Survey
        The survey.
    readings : mapping of str to Reading
        By the name of the outcome that each becomes; with a colon in it, the answers that count
        are part of its label. Each is one share or one mean, so that options, categories and
        questions are compared as outcomes.

    Raises
    ------
    SpecError
        If there is no such outcome, option or category, or its share or mean has no meaning.

    Examples
    --------
    >>> import jfmodels as jf
    >>> often = Reading("cs_activities", ("meetings",), "in_base")
    >>> reread(jf.example(), {"meetings": often}).outcome("meetings").shown
    ('yes',)
    """
    read = {name: _read(survey, name, reading) for name, reading in readings.items()}
    outcomes = {name: outcome for name, (outcome, _) in read.items()}
    sources = {name: source for name, (_, source) in read.items()}
    rows, book = survey.rows, replace(survey.codebook, outcomes=outcomes)
    coded = {name: _answers(survey, source) for name, source in sources.items()}
    answers = {name: each for name, each in coded.items() if each is not None}
    numbers = {name: rows.numbers[s] for name, s in sources.items() if s in rows.numbers}
    return changed(
        survey,
        codebook=book,
        rows=replace(
            rows, answers={**rows.answers, **answers}, numbers={**rows.numbers, **numbers}
        ),
        asked={name: _asked(survey, source) for name, source in sources.items()},
        record={**survey.record, "labels": Held(_texts(survey, book))},
    )


def _texts(survey: Survey, book: Codebook) -> dict[str, dict[str, str]]:
    return {**survey.codebook.texts, **book.texts}


def _read(survey: Survey, name: str, reading: Reading) -> tuple[Outcome, str]:
    """Describe a reading as an outcome, and name the answers that it is of."""
    if reading.outcome not in survey.codebook.outcomes and reading.outcome in survey.rows.keys:
        return _of_group(survey, name, reading), reading.outcome
    outcome = survey.outcome(reading.outcome)
    if outcome.measured or reading.counting == (MEAN,):
        return _mean(outcome, name, reading), outcome.name
    if outcome.scale == "multi":
        return _option(outcome, name, reading)
    for text in reading.counting:
        choose(f"category of '{outcome.name}'", text, outcome.labels)
    shares = replace(
        outcome,
        name=name,
        label=_label(outcome, reading) if ":" in name else outcome.label,
        scale=_scale(outcome),
        shown=reading.counting,
        policy=_policy(outcome, reading.base),
    )
    return shares, outcome.name


def _label(outcome: Outcome, reading: Reading) -> Label:
    """The question's text with the answers that count, where it is read in several ways."""
    counted = [outcome.labels[text] for text in reading.counting]
    en, fr = (" + ".join(texts) for texts in zip(*((c.en, c.fr) for c in counted), strict=True))
    return Label(f"{outcome.label.en}: {en}", f"{outcome.label.fr} : {fr}")


def _scale(outcome: Outcome) -> str:
    """Answers whose shares are added up need no order, but nominal ones are shown one by one."""
    return "ordinal" if outcome.scale == "nominal" else outcome.scale


def _policy(outcome: Outcome, base: str) -> str | None:
    """The policy that a base means; none where everybody answered."""
    return base if outcome.dont_know or outcome.refused else None


def _mean(outcome: Outcome, name: str, reading: Reading) -> Outcome:
    """A measurement, whose mean alone can be meant."""
    if not outcome.measured or reading.counting != (MEAN,):
        fits = "counting: mean" if outcome.measured else f"some of {listing(outcome.labels)}"
        raise SpecError(
            f"'{outcome.name}' is {outcome.scale}; counting: {listing(reading.counting)} does not "
            f"fit it. Use {fits}."
        )
    return replace(outcome, name=name)


def _option(outcome: Outcome, name: str, reading: Reading) -> tuple[Outcome, str]:
    """One option of a multiple response: named, or not."""
    options = {label.en: option for option, label in outcome.categories.items()}
    if len(reading.counting) != 1:
        raise SpecError(
            f"'{outcome.name}' has several answers a person, so shares of its options do not add "
            f"up; count one of {listing(options)}."
        )
    option = choose(f"option of '{outcome.name}'", reading.counting[0], options)
    of = outcome.categories[option]
    label = Label(f"{outcome.label.en}: {of.en}", f"{outcome.label.fr} : {of.fr}")
    alone = replace(
        outcome,
        name=name,
        columns={"": outcome.columns[option]},
        label=label,
        scale="binary",
        categories=dict(NAMED),
        shown=(NAMED["1"].en,),
        policy=_policy(outcome, reading.base),
        mentions={},
        named=ONE,
        not_named=ZERO,
        written=(),
        offered={},
    )
    return alone, f"{outcome.name}{OPTION}{option}"


def _of_group(survey: Survey, name: str, reading: Reading) -> Outcome:
    """A group, such as the displaced, as an answer that everybody gave."""
    labels = dict.fromkeys(survey.group(reading.outcome).labels)
    for text in reading.counting:
        choose(f"label of '{reading.outcome}'", text, labels)
    texts = survey.codebook.texts
    named = {str(k): Label.parse(texts.get(label, label)) for k, label in enumerate(labels)}
    shown = tuple(named[str(list(labels).index(text))].en for text in reading.counting)
    label = Label.parse(texts.get(reading.outcome, reading.outcome))
    return Outcome(
        name=name,
        columns={"": reading.outcome},
        label=label,
        scale="ordinal",
        categories=named,
        shown=shown,
    )


def _answers(survey: Survey, source: str) -> tuple[Answers, int] | None:
    """The coded answers of a source; None where it is measured."""
    if source in survey.rows.answers:
        return survey.rows.answers[source]
    if source in survey.rows.numbers:
        return None
    key = survey.group(source)
    return key.codes.astype(np.int16), len(key.labels) + 2


def _asked(survey: Survey, source: str) -> np.ndarray:
    """Which waves asked; groups are known in all."""
    return survey.asked.get(source, np.ones(max(len(survey.waves), 1), dtype=bool))
