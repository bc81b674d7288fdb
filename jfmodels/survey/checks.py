"""What a frame, a design and a codebook must agree on before anything is estimated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import listing, unknown
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.columns import distinct
from jfmodels.survey.design import SurveyDesign, as_names
from jfmodels.survey.outcome import Outcome
from jfmodels.survey.rows import Rows

__all__ = ["asked_problems", "column_problems", "person_problems", "replicate_problems"]


def column_problems(frame: pd.DataFrame, design: SurveyDesign, codebook: Codebook) -> Iterator[str]:
    """Find what stops the columns from being read at all."""
    yield from _frame_problems(frame)
    for name, role in design.roles.items():
        if name not in frame.columns:
            yield f"role {role}: {unknown('column', name, frame.columns)}"
    if "wave" in frame.columns and design.wave is None:
        yield "column 'wave' has no role. Say wave='wave' in SurveyDesign, or rename it."
    if "wave" in frame.columns and design.wave not in (None, "wave"):
        yield f"column 'wave' is not the wave, which is '{design.wave}'. Rename it."
    for covariate in codebook.covariates.values():
        if covariate.column not in frame.columns:
            near = unknown("column", covariate.column, frame.columns)
            yield f"covariate '{covariate.name}': {near}"
    for outcome in codebook.outcomes.values():
        yield from _outcome_columns(frame, design, outcome)
    yield from _crosswalk_problems(frame, design, codebook)


def _frame_problems(frame: pd.DataFrame) -> Iterator[str]:
    """Find names that cannot be told apart, and frames without rows."""
    if len(frame) == 0:
        yield "there are no rows."
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        yield f"columns that occur twice: {listing(dict.fromkeys(twice))}. Rename one of each."
    names: list[object] = list(frame.columns)
    strange = [name for name in names if not isinstance(name, str)]
    if strange:
        kinds = sorted({type(name).__name__ for name in strange})
        yield (
            f"{len(strange)} columns have names that are not text but {listing(kinds)}: "
            f"{listing(strange)}. Rename them, for example frame.columns = [...]."
        )
    if "unit" in frame.columns:
        yield "column 'unit' has a name that the package uses. Rename it."


def _outcome_columns(frame: pd.DataFrame, design: SurveyDesign, outcome: Outcome) -> Iterator[str]:
    """Find columns of an outcome that are missing."""
    if design.wave is None and any(isinstance(x, Mapping) for x in outcome.columns.values()):
        yield f"outcome '{outcome.name}' has a column per wave, but the design has no wave."
    for name in outcome.column_names:
        if name not in frame.columns:
            yield f"outcome '{outcome.name}': {unknown('column', name, frame.columns)}"


def _crosswalk_problems(
    frame: pd.DataFrame, design: SurveyDesign, codebook: Codebook
) -> Iterator[str]:
    """Find crosswalks that nothing would walk."""
    if codebook.crosswalks and design.wave is None:
        yield "crosswalks give new names wave by wave, but the design has no wave."
    for name, walks in codebook.crosswalks.items():
        if name not in frame.columns:
            yield f"crosswalk: {unknown('column', name, frame.columns)}"
        elif name == design.wave:
            yield f"crosswalk '{name}': the wave itself cannot be renamed wave by wave."
        elif frame.columns.is_unique:
            yield from _walk_problems(frame, design, codebook, name, walks)


def _walk_problems(
    frame: pd.DataFrame,
    design: SurveyDesign,
    codebook: Codebook,
    name: str,
    walks: Mapping[str, Mapping[str, str]],
) -> Iterator[str]:
    """Find waves and old values that occur nowhere."""
    old = {text for walk in walks.values() for text in walk}
    strange = sorted(old - set(_texts(frame[name])))
    if strange:
        yield f"crosswalk '{name}': no row holds {listing(strange)}. Repair the old values."
    if design.wave in frame.columns:
        waves = dict.fromkeys([*codebook.waves, *_texts(frame[design.wave])])
        for wave in walks:
            if wave not in waves:
                yield f"crosswalk '{name}': {unknown('wave', wave, waves)}"


def _texts(series: pd.Series) -> list[str]:
    """List the distinct values of a column, none where they cannot be told apart."""
    try:
        return distinct(series)[1]
    except ValueError:
        return []


def asked_problems(
    answered: Mapping[str, NDArray[np.int64]], codebook: Codebook, waves: tuple[str, ...]
) -> Iterator[str]:
    """Hold what the codebook says of waves against the waves in which there are answers."""
    known = dict.fromkeys([*waves, *codebook.waves])
    for outcome in codebook.outcomes.values():
        for place, named in _waves_named(outcome):
            for wave in named:
                if waves and wave not in known:
                    yield f"outcome '{outcome.name}', {place}: {unknown('wave', wave, known)}"
        for wave, n in zip(waves, answered[outcome.name].tolist(), strict=False):
            if n and not outcome.asks(wave):
                yield (
                    f"outcome '{outcome.name}' has {n:,} answers in wave {wave}, in which "
                    "asked_in says it was not asked."
                )
            if not n and outcome.asked_in is not None and wave in outcome.asked_in:
                yield f"outcome '{outcome.name}': no answer in wave {wave}, which asked_in names."


def _waves_named(outcome: Outcome) -> Iterator[tuple[str, Iterable[str]]]:
    """List the fields of an outcome that name waves."""
    yield "asked_in", outcome.asked_in or ()
    yield "relabelled", outcome.relabelled
    yield "comparable", outcome.comparable
    for named in outcome.columns.values():
        yield "column", named if isinstance(named, Mapping) else ()


def person_problems(rows: Rows, design: SurveyDesign) -> Iterator[str]:
    """A person is asked once a wave, and stays in one cluster."""
    if design.person is None:
        return
    asked = rows.aggregate([design.person, *(["wave"] if design.wave else [])])
    twice = len(np.unique(asked.codes[(asked.n > 1) & (asked.codes >= 0).all(axis=1), 0]))
    if twice:
        where = " in one wave" if design.wave else ""
        yield (
            f"{_persons(twice)} ('{design.person}') interviewed more than once{where}. Keep one "
            "interview of each, or repair the identities."
        )
    if design.repeats == "nothing":
        yield from _met_again(asked.codes, design)
    if design.repeats == "people" and design.all_stages:
        yield from _moved(rows, design)


def _met_again(codes: NDArray[np.int64], design: SurveyDesign) -> Iterator[str]:
    """People who come in several waves although the design says that nobody does."""
    again = int((np.bincount(codes[(codes >= 0).all(axis=1), 0]) > 1).sum())
    if again:
        yield (
            f"{_persons(again)} ('{design.person}') in several waves, but "
            "repeats='nothing' says that nobody is asked again. If they are the same people, say "
            "repeats='people'; if numbers begin anew in every wave, leave person= out."
        )


def _moved(rows: Rows, design: SurveyDesign) -> Iterator[str]:
    """People who are in another cluster than before."""
    pairs = rows.aggregate([*as_names(design.person), *as_names(design.all_stages[0].cluster)])
    known = (pairs.codes >= 0).all(axis=1)
    moved = int((np.bincount(pairs.codes[known, 0]) > 1).sum())
    if moved:
        yield (
            f"{_persons(moved)} ('{design.person}') in more than one cluster over the waves. Give "
            "each the cluster in which it was drawn."
        )


def _persons(n: int) -> str:
    return "1 person" if n == 1 else f"{n:,} persons"


def replicate_problems(rows: Rows) -> Iterator[str]:
    """Find replicate weights that are factors of the weights rather than weights."""
    if rows.replicates is None or not np.isfinite(rows.replicates).all():
        return
    mean, replicate = float(rows.weight.mean()), float(rows.replicates.mean())
    if not 0.5 < replicate / mean < 2:
        yield (
            f"replicate weights have the mean {replicate:.3g} and the weights {mean:.3g}, but "
            "both weigh the same people. If the columns are factors, multiply them by the weight."
        )
