"""What was named: columns that list the codes of a multiple response.

One column may hold several codes (``radio tv``, as the exports of Kobo and ODK have it), or
several columns one code each (first, second and third mention, as the sets of SPSS have it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import listing
from jfmodels.survey.encode import NONE, Encoder, in_rows, places, quote
from jfmodels.survey.labels import canonical
from jfmodels.survey.outcome import OPTION, Outcome, as_columns
from jfmodels.survey.rows import Answers, Key

__all__ = ["columns_of", "no_answers", "note_unknown", "read_mentions"]

type Mask = NDArray[np.bool_]

DONT_KNOW = 2  # behind not named and named among an option's answers; refused comes next


def read_mentions(
    encoder: Encoder, outcome: Outcome, wave: Key | None
) -> dict[str, tuple[Answers, int]]:
    """Read each option as named or not, among those who named any.

    Who named something answered, even if a code of no answer stands beside it: it then says
    that there was nothing more to name.

    Returns
    -------
    dict
        Per ``outcome|option`` the answers, shape (n,), of four kinds: not named, named, don't
        know, refused.
    """
    options, n = list(outcome.columns), len(encoder.frame)
    named, reply = np.zeros((n, len(options)), dtype=bool), np.full(n, NONE, dtype=np.int8)
    offered = np.zeros((n, len(options)), dtype=bool)
    for k, option in enumerate(options):
        for _, rows in columns_of(encoder, outcome, option, wave):
            offered[rows, k] = True
    for columns, rows in _lists(encoder, outcome, wave):
        for name in columns:
            here, said = _read_list(encoder, outcome, name, rows, single=len(columns) == 1)
            named |= here
            reply = np.where(reply == NONE, said, reply)
    _note_not_offered(encoder, outcome, (named & ~offered).sum(axis=0).tolist())
    _note_never_named(encoder, outcome, named, offered, wave)
    answered = named.any(axis=1)
    coded = np.where(answered[:, None], named, reply[:, None]).astype(np.int8)
    coded[~offered] = NONE
    return {f"{outcome.name}{OPTION}{o}": (coded[:, k], 4) for k, o in enumerate(options)}


def columns_of(
    encoder: Encoder, outcome: Outcome, option: str, wave: Key | None
) -> Iterator[tuple[tuple[str, ...], Mask]]:
    """Pair the columns of an outcome with the rows of the waves that they serve."""
    named = outcome.columns[option]
    if not isinstance(named, Mapping):
        yield as_columns(named), np.ones(len(encoder.frame), dtype=bool)
    elif wave is not None:
        for label, columns in named.items():
            if label in wave.labels:
                yield as_columns(columns), wave.codes == wave.labels.index(label)


def _lists(
    encoder: Encoder, outcome: Outcome, wave: Key | None
) -> list[tuple[tuple[str, ...], Mask]]:
    """List every set of columns once, with all rows in which any option is read from it."""
    found: dict[tuple[str, ...], Mask] = {}
    for option in outcome.columns:
        for columns, rows in columns_of(encoder, outcome, option, wave):
            found[columns] = found.get(columns, False) | rows
    return list(found.items())


def _read_list(
    encoder: Encoder, outcome: Outcome, name: str, rows: Mask, *, single: bool
) -> tuple[Mask, NDArray[np.int8]]:
    """Read one column: what was named, shape (n, K), and what was said instead, shape (n,)."""
    codes, texts = encoder.distinct(name)
    meaning = _meaning(outcome)
    named = np.zeros((len(texts) + 1, len(outcome.columns)), dtype=bool)
    reply = np.full(len(texts) + 1, NONE, dtype=np.int8)
    strange: dict[str, int] = {}
    for k, text in enumerate(texts):
        for word in _words(text, meaning) if single else [text]:
            found = meaning.get(word)
            if found is None:
                held = int((rows & (codes == k)).sum())
                strange |= {word: strange.get(word, 0) + held} if held else {}
            elif 0 <= found < named.shape[1]:
                named[k, found] = True
            elif found != NONE:
                reply[k] = found - named.shape[1] + DONT_KNOW
    if strange:
        note_unknown(encoder, outcome, name, strange, meaning)
    here = np.where(rows, codes, NONE)
    return named[here], reply[here]


def _meaning(outcome: Outcome) -> dict[str, int]:
    """Map codes and labels to the option's place, then don't know, then refused."""
    options = {outcome.mentions[o]: outcome.categories[o] for o in outcome.columns}
    return places(options) | no_answers(outcome, len(options))


def _words(text: str, meaning: Mapping[str, int]) -> Sequence[str]:
    """Split a list of codes; what is known as a whole is one."""
    return [text] if text in meaning else [canonical(word) for word in text.split()]


def _note_not_offered(encoder: Encoder, outcome: Outcome, counts: Sequence[int]) -> None:
    """Find options that were named where they are said not to have been offered."""
    for option, n in zip(outcome.columns, counts, strict=True):
        if n:
            encoder.problems.append(
                f"outcome '{outcome.name}': option '{option}' was named in {in_rows(n)} of waves "
                "in which offered: says it was not. Add these waves."
            )


def _note_never_named(
    encoder: Encoder, outcome: Outcome, named: Mask, offered: Mask, wave: Key | None
) -> None:
    """An option that a wave never named was perhaps not offered there: ask which."""
    if wave is None:
        return
    by_wave = np.array(
        [named[wave.codes == k].any(axis=0) for k in range(len(wave.labels))]
    ).reshape(-1, named.shape[1])
    for k, option in enumerate(outcome.columns):
        for label, here in zip(wave.labels, by_wave, strict=True):
            if option in outcome.offered or here[k] or not (here.any() and by_wave[:, k].any()):
                continue
            if offered[wave.codes == wave.labels.index(label), k].any():
                encoder.problems.append(
                    f"outcome '{outcome.name}': option '{option}' was named by nobody in wave "
                    f"{label}. Say under offered: {{{option}: [waves]}} in which waves it was "
                    "offered; in these, nobody means none."
                )


def no_answers(outcome: Outcome, n: int) -> dict[str, int]:
    """Map codes of no answer to the two places behind the `n` answers, or to none."""
    nonresponse = dict.fromkeys(outcome.dont_know, n) | dict.fromkeys(outcome.refused, n + 1)
    return nonresponse | dict.fromkeys(outcome.missing, NONE) | {"": NONE}


def note_unknown(
    encoder: Encoder,
    outcome: Outcome,
    name: str,
    found: Mapping[str, int],
    meaning: Mapping[str, int],
) -> None:
    """Say which values mean nothing, and what would."""
    if outcome.measured:
        what = "a whole number from 0" if outcome.scale == "count" else "a number"
        means = f"Each must be {what}; list other codes as dont_know, refused or missing."
    else:
        means = f"Known: {listing([text for text in meaning if text], most=20)}."
    encoder.problems.append(
        f"outcome '{outcome.name}', column '{name}': codes the codebook does not know: "
        f"{quote(found)}. {means}"
    )
