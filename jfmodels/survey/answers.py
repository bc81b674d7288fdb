"""What was answered: codes and numbers, read column by column of every wave that asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from jfmodels.survey.columns import as_number, look_up
from jfmodels.survey.encode import LARGEST, NONE, Encoder, places
from jfmodels.survey.labels import Label
from jfmodels.survey.mentions import columns_of, no_answers, note_unknown, read_mentions
from jfmodels.survey.outcome import NAMED, ONE, OPTION, ZERO, Outcome
from jfmodels.survey.rows import Answers, Key

__all__ = ["read_answers", "read_numbers", "read_silence"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Mask = NDArray[np.bool_]

UNKNOWN = -2


def read_answers(encoder: Encoder, wave: Key | None) -> dict[str, tuple[Answers, int]]:
    """Read every coded outcome; a multiple response becomes one entry per option."""
    coded: dict[str, tuple[Answers, int]] = {}
    for outcome in encoder.codebook.outcomes.values():
        if outcome.scale == "multi":
            read = read_mentions if outcome.mentions else _options
            coded |= read(encoder, outcome, wave)
        elif not outcome.measured:
            meaning = _meanings(outcome, outcome.categories)
            answer = _coded(encoder, outcome, "", meaning, wave)
            coded[outcome.name] = answer, len(outcome.categories) + 2
    return coded


def read_numbers(encoder: Encoder, wave: Key | None) -> dict[str, Floats]:
    """Read every measured outcome."""
    measured = [each for each in encoder.codebook.outcomes.values() if each.measured]
    return {outcome.name: _measured(encoder, outcome, wave) for outcome in measured}


def read_silence(encoder: Encoder, wave: Key | None) -> dict[str, Answers]:
    """Read who did not know (0) or refused (1) instead of giving a number; -1 elsewhere."""
    measured = [each for each in encoder.codebook.outcomes.values() if each.measured]
    return {outcome.name: _silent(encoder, outcome, wave) for outcome in measured}


def _silent(encoder: Encoder, outcome: Outcome, wave: Key | None) -> Answers:
    kinds = dict.fromkeys(outcome.refused, 1) | dict.fromkeys(outcome.dont_know, 0)
    silent: Answers = np.full(len(encoder.frame), NONE, np.int8)
    for (name,), rows in columns_of(encoder, outcome, "", wave):
        codes, texts = encoder.distinct(name)
        silent[rows] = look_up([kinds.get(text, NONE) for text in texts], codes)[rows]
    return silent


def _options(
    encoder: Encoder, outcome: Outcome, wave: Key | None
) -> dict[str, tuple[Answers, int]]:
    """Read options as named or not, among those who answered any that they were offered."""
    meaning = _naming(outcome)
    coded = {o: _coded(encoder, outcome, o, meaning, wave) for o in outcome.columns}
    answered = np.any([codes >= 0 for codes in coded.values()], axis=0)
    for option, codes in coded.items():
        offered = np.zeros(len(answered), dtype=bool)
        for _, rows in columns_of(encoder, outcome, option, wave):
            offered |= rows
        _note_silence(encoder, outcome, option, codes, answered & offered, wave)
        codes[answered & offered & (codes < 0)] = 0
    return {f"{outcome.name}{OPTION}{option}": (codes, 4) for option, codes in coded.items()}


def _note_silence(
    encoder: Encoder,
    outcome: Outcome,
    option: str,
    codes: Answers,
    asked: NDArray[np.bool_],
    wave: Key | None,
) -> None:
    """An option without any value in a wave was not offered, or was named by nobody: ask which."""
    if wave is None:
        return
    for k, label in enumerate(wave.labels):
        here = asked & (wave.codes == k)
        if here.any() and (codes[here] < 0).all():
            encoder.problems.append(
                f"outcome '{outcome.name}': the column of option '{option}' is empty in wave "
                f"{label}, in which other options were answered. If it was not offered then, give "
                "its column wave by wave and leave that wave out; if nobody named it, write 0."
            )


def _coded(
    encoder: Encoder,
    outcome: Outcome,
    option: str,
    meaning: Mapping[str, int],
    wave: Key | None,
) -> Answers:
    """Translate codes to places among the answers."""
    n = len(encoder.frame)
    few = len(meaning) < 120
    answer: Answers = np.full(n, NONE, np.int8) if few else np.full(n, NONE, np.int16)
    other = 1 if option in outcome.written else UNKNOWN
    for (name,), rows in columns_of(encoder, outcome, option, wave):
        codes, texts = encoder.distinct(name)
        found = look_up([meaning.get(text, other) for text in texts], codes)
        strange = rows & (found == UNKNOWN)
        if strange.any():
            note_unknown(encoder, outcome, name, _by_text(codes[strange], texts), meaning)
        answer[rows] = found[rows]
    answer[answer == UNKNOWN] = NONE
    return answer


def _measured(encoder: Encoder, outcome: Outcome, wave: Key | None) -> Floats:
    """Read numbers; codes of no answer are NaN."""
    value = np.full(len(encoder.frame), np.nan)
    no_answer = {*outcome.dont_know, *outcome.refused, *outcome.missing, ""}
    for (name,), rows in columns_of(encoder, outcome, "", wave):
        codes, texts = encoder.distinct(name)
        found = np.array([np.nan if text in no_answer else as_number(text) for text in texts])
        fit = np.abs(found) <= LARGEST
        if outcome.scale == "count":
            fit &= found == np.floor(np.maximum(found, 0))
        strange = [text not in no_answer and not ok for text, ok in zip(texts, fit, strict=True)]
        bad = rows & (look_up(strange, codes, missing=0) > 0)
        if bad.any():
            note_unknown(encoder, outcome, name, _by_text(codes[bad], texts), {})
        value[rows] = np.append(np.where(fit, found, np.nan), np.nan)[codes][rows]
    return value


def _meanings(
    outcome: Outcome, categories: Mapping[str, Label], codes: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Map every code, and every label, to its place among the answers."""
    answers = places(categories) if codes is None else dict(codes)
    return answers | no_answers(outcome, len(categories))


def _naming(outcome: Outcome) -> dict[str, int]:
    """Map what an option's own column can hold to not named, named, or no answer."""
    usual = (outcome.named, outcome.not_named) == (ONE, ZERO)
    codes = dict.fromkeys(outcome.not_named, 0) | dict.fromkeys(outcome.named, 1)
    return _meanings(outcome, NAMED) if usual else _meanings(outcome, NAMED, codes)


def _by_text(codes: Ints, texts: Sequence[str]) -> dict[str, int]:
    """Count rows by the text they hold."""
    counts: dict[str, int] = {}
    for code, n in zip(*np.unique(codes, return_counts=True), strict=True):
        counts[texts[code]] = counts.get(texts[code], 0) + int(n)
    return counts
