"""A frame held against its design and codebook, once, and read: what a survey then holds."""

from __future__ import annotations

import hashlib
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import DataError, listing, raise_all
from jfmodels.survey.answers import read_answers, read_numbers, read_silence
from jfmodels.survey.checks import (
    asked_problems,
    column_problems,
    person_problems,
    replicate_problems,
)
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.design import SurveyDesign
from jfmodels.survey.encode import Encoder, group_columns
from jfmodels.survey.no_answer_codes import warn_of_undeclared_codes
from jfmodels.survey.outcome import OPTION
from jfmodels.survey.records import Held, in_full
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.sampling import Sampling, read_sampling

__all__ = ["validated"]

YEAR = 365.25


def validated(
    frame: pd.DataFrame, design: SurveyDesign, codebook: Codebook, simulated: bool
) -> dict[str, Any]:
    """Read every column once, and list all that is wrong in one error.

    Returns
    -------
    dict of str to object
        What a survey holds beside its design and its codebook, by attribute.

    Raises
    ------
    DataError
        Listing everything in the rows that contradicts the design or the codebook.
    """
    raise_all(DataError, list(column_problems(frame, design, codebook)), "Survey")
    encoder = Encoder(frame, design, codebook, [])
    wave, rows, sampling = _read(encoder)
    answered = _answered(rows, codebook, max(len(rows.waves), 1))
    encoder.problems.extend(asked_problems(answered, codebook, rows.waves))
    encoder.problems.extend(person_problems(rows, design))
    time = _time(encoder, wave)
    raise_all(DataError, list(dict.fromkeys(encoder.problems)), "Survey")
    warn_of_undeclared_codes(rows.numbers)
    record = _record(rows, codebook, simulated) | {"time": time, "labels": Held(codebook.texts)}
    asked = {name: n > 0 for name, n in answered.items()}
    content = {"rows": rows, "sampling": sampling, "waves": rows.waves, "time": time}
    return content | {"asked": asked, "record": record}


def _read(encoder: Encoder) -> tuple[Key | None, Rows, Sampling]:
    """Read every role and column once."""
    design, book = encoder.design, encoder.codebook
    wave = encoder.wave()
    unit, sampling, implied = read_sampling(encoder, wave)
    weight = encoder.weight() if implied is None else implied
    keys = {"wave": wave} if wave is not None else {}
    keys |= {name: encoder.covariate(each) for name, each in book.covariates.items()}
    skip = {*keys, design.weights, design.date, design.wave, design.person, *_weighing(design)}
    keys = keys | group_columns(encoder, [name for name in skip if name]) | {"unit": unit}
    for role, name in (("interviewer", design.interviewer), ("person", design.person)):
        if name:
            keys[name] = encoder.column(name, required=role)
    for name, role in design.roles.items():
        if role.split()[0] in ("strata", "cluster") and name not in keys:
            keys[name] = encoder.column(name)
    rows = Rows(
        n=len(encoder.frame),
        weight=weight,
        keys=keys,
        answers=read_answers(encoder, wave),
        numbers=read_numbers(encoder, wave),
        silent=read_silence(encoder, wave),
        replicates=encoder.replicate_weights(),
    )
    encoder.problems.extend(replicate_problems(rows))
    return wave, rows, sampling


def _weighing(design: SurveyDesign) -> list[str]:
    """List the columns that weigh and never group."""
    roles = design.roles.items()
    return [name for name, role in roles if role.startswith(("fpc", "replicate weights"))]


def _answered(rows: Rows, codebook: Codebook, n_waves: int) -> dict[str, NDArray[np.int64]]:
    """Count the answers to every outcome, and every option, by wave; shape (n_waves,) each."""
    groups = rows.aggregate(["wave"] if "wave" in rows.keys else [], [*rows.answers, *rows.numbers])
    wave = groups.codes[:, 0] if groups.codes.size else np.zeros(len(groups.n), dtype=np.int64)
    tables = {name: each.sum(axis=1) for name, each in groups.counts.items()}
    tables |= {name: each[:, 0].astype(np.int64) for name, each in groups.moments.items()}
    answered = {name: np.zeros(n_waves, dtype=np.int64) for name in (*codebook.outcomes, *tables)}
    for name, n in tables.items():
        for found in (answered[name], answered[name.split(OPTION)[0]]):
            np.maximum.at(found, wave[wave >= 0], n[wave >= 0])
    return answered


def _time(encoder: Encoder, wave: Key | None) -> dict[str, float]:
    """Midpoint of each wave's fieldwork in years since the first wave, where dates are known."""
    if wave is None:
        return {}
    days = _days_from_rows(encoder, wave) or _days_from_codebook(encoder.codebook, wave.labels)
    if not days:
        return {}
    first = next(iter(days.values()))
    time = {name: (day - first) / YEAR for name, day in days.items()}
    if any(later <= earlier for earlier, later in pairwise(time.values())):
        encoder.problems.append(
            f"the waves {listing(time)} do not follow each other in time; repair the order of "
            "waves in the codebook, or the dates."
        )
    return time


def _days_from_rows(encoder: Encoder, wave: Key) -> dict[str, float]:
    """Mean date of each wave's interviews, if every wave has dates."""
    name = encoder.design.date
    if name is None:
        return {}
    day = encoder.days(name)
    dated = np.isfinite(day) & (wave.codes >= 0)
    size = len(wave.labels)
    n = np.bincount(wave.codes[dated], minlength=size)
    total = np.bincount(wave.codes[dated], day[dated], minlength=size)
    return dict(zip(wave.labels, (total / n).tolist(), strict=True)) if (n > 0).all() else {}


def _days_from_codebook(codebook: Codebook, waves: tuple[str, ...]) -> dict[str, float]:
    known = [codebook.waves.get(name) for name in waves]
    if not all(each is not None and each.start is not None for each in known):
        return {}
    return {each.name: _middle(each.start, each.end) for each in known if each and each.start}


def _middle(start: date, end: date | None) -> float:
    return (start.toordinal() + (end or start).toordinal()) / 2


def _record(rows: Rows, codebook: Codebook, simulated: bool) -> dict[str, Any]:
    """Fingerprints of data and codebook, so that a table can be traced to what made it."""
    data = hashlib.blake2b(rows.weight.tobytes(), digest_size=8)
    for key in rows.keys.values():
        data.update(key.codes.tobytes())
    for codes, _ in rows.answers.values():
        data.update(codes.tobytes())
    for number in rows.numbers.values():
        data.update(number.tobytes())
    for silent in rows.silent.values():
        data.update(silent.tobytes())
    if rows.replicates is not None:
        data.update(rows.replicates.tobytes())
    book = hashlib.blake2b(in_full(codebook).encode(), digest_size=8)
    return {
        "data_hash": data.hexdigest(),
        "codebook_hash": book.hexdigest(),
        "n": rows.n,
        "simulated": simulated,
    }
