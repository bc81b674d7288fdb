"""The survey: validated once, frozen, and from then on only asked for sums."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import DataError, SpecError, listing, raise_all, unknown
from jfmodels.survey.design import SurveyDesign, as_names
from jfmodels.survey.encode import OPTION, Encoder, as_rows, group_columns
from jfmodels.survey.outcome import Codebook, Outcome
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.sampling import Sampling, read_sampling

__all__ = ["Survey"]

YEAR = 365.25


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Survey:
    """Who was asked what, in which wave, and with which weight.

    Everything is checked here, once; one error lists all that is wrong. No frame of
    respondents leaves the survey: whoever needs numbers asks :attr:`rows` for sums.

    Parameters
    ----------
    frame : DataFrame
        One row per interview.
    design : SurveyDesign
        Which columns say how the sample was drawn.
    codebook : Codebook or mapping
        What was asked, and what the codes mean.
    simulated : bool, default False
        Whether the data are simulated; every table and picture then says so.

    Raises
    ------
    DataError
        Listing everything in the rows that contradicts the design or the codebook.
    CodebookError, DesignError
        If those contradict themselves.

    Examples
    --------
    >>> import pandas as pd
    >>> from jfmodels.survey.design import SurveyDesign
    >>> frame = pd.DataFrame({"safe": [0, 1, 1, 0], "place": ["a", "a", "b", "b"]})
    >>> design = SurveyDesign(cluster="place", target="population")
    >>> Survey(frame, design, {"outcomes": {"safe": {"scale": "binary"}}})
    Survey: 4 interviews, 2 clusters, 1 outcome
    """

    design: SurveyDesign
    codebook: Codebook
    rows: Rows = field(repr=False)
    sampling: Sampling = field(repr=False)
    waves: tuple[str, ...]
    time: Mapping[str, float]
    asked: Mapping[str, NDArray[np.bool_]] = field(repr=False)
    record: Mapping[str, Any]

    def __init__(
        self,
        frame: pd.DataFrame,
        design: SurveyDesign,
        codebook: Codebook | Mapping[str, Any],
        *,
        simulated: bool = False,
    ) -> None:
        book = codebook if isinstance(codebook, Codebook) else Codebook.from_dict(codebook)
        raise_all(DataError, list(_column_problems(frame, design, book)), "Survey")
        encoder = Encoder(frame, design, book, [])
        wave, rows, sampling = _read(encoder)
        waves = wave.labels if wave is not None else ()
        answered = _answered(rows, book, max(len(waves), 1))
        encoder.problems.extend(_asked_problems(answered, book, waves))
        encoder.problems.extend(_person_problems(rows, design))
        time = _time(encoder, wave)
        raise_all(DataError, encoder.problems, "Survey")
        asked = {name: n > 0 for name, n in answered.items()}
        record = _record(rows, book, simulated) | {"time": time}
        content = {"design": design, "codebook": book, "rows": rows, "sampling": sampling}
        content |= {"waves": waves, "time": time, "asked": asked, "record": record}
        for name, value in content.items():
            object.__setattr__(self, name, value)

    @property
    def n(self) -> int:
        """Number of interviews."""
        return self.rows.n

    @property
    def simulated(self) -> bool:
        """Whether the data are simulated."""
        return bool(self.record["simulated"])

    def outcome(self, name: str) -> Outcome:
        """Look an outcome up, or name the near miss."""
        if name not in self.codebook.outcomes:
            raise SpecError(unknown("outcome", name, self.codebook.outcomes))
        return self.codebook.outcomes[name]

    def group(self, name: str) -> Key:
        """Look a grouping column up, or name the near miss."""
        if name in self.rows.keys and name not in ("unit",):
            return self.rows.keys[name]
        names = [key for key in self.rows.keys if key != "unit"]
        raise SpecError(
            f"{unknown('group', name, names)} A column of many values groups once the "
            "codebook gives it bins under covariates."
        )

    def answer_names(self, outcome: Outcome) -> tuple[str, ...]:
        """Name an outcome's columns of answers: one, or one per option."""
        if outcome.scale != "multi":
            return (outcome.name,)
        return tuple(f"{outcome.name}{OPTION}{option}" for option in outcome.columns)

    def describe(self) -> Any:
        """Say what was collected; see :func:`jfmodels.survey.describe.describe`."""
        from jfmodels.survey.describe import describe

        return describe(self)

    def __repr__(self) -> str:
        parts = [f"{self.n:,} interviews"]
        if self.waves:
            parts.append(f"{len(self.waves)} waves ({self.waves[0]} to {self.waves[-1]})")
        if self.design.all_stages:
            clusters = len(set(self.sampling.unit_names)) or len(self.sampling.stages[0].stratum)
            if self.design.target == "these_clusters":
                clusters = len(set(self.sampling.strata_names))
            parts.append(f"{clusters} clusters")
        n = len(self.codebook.outcomes)
        parts.append(f"{n} outcome{'s' if n != 1 else ''}")
        return f"Survey{' (simulated)' if self.simulated else ''}: {', '.join(parts)}"


def _read(encoder: Encoder) -> tuple[Key | None, Rows, Sampling]:
    """Read every role and column once."""
    wave = encoder.wave()
    unit, sampling, implied = read_sampling(encoder, wave)
    weight = encoder.weight()
    if encoder.design.weights is None and implied is not None:
        weight = implied
    design, book = encoder.design, encoder.codebook
    keys = {"wave": wave} if wave is not None else {}
    keys |= {name: encoder.covariate(each) for name, each in book.covariates.items()}
    skip = {*keys, design.weights, design.date, design.wave, design.person, *_fpc(design)}
    keys = keys | group_columns(encoder, [name for name in skip if name]) | {"unit": unit}
    for role, name in (("interviewer", design.interviewer), ("person", design.person)):
        if name:
            keys[name] = encoder.column(name, required=role)
    for name in (each for stage in design.all_stages for each in as_names(stage.cluster)):
        keys.setdefault(name, encoder.column(name))
    return wave, as_rows(encoder, wave, keys, weight), sampling


def _fpc(design: SurveyDesign) -> list[str]:
    return [name for name, role in design.roles.items() if role.startswith("fpc")]


def _column_problems(
    frame: pd.DataFrame, design: SurveyDesign, codebook: Codebook
) -> Iterator[str]:
    """Find what stops the columns from being read at all."""
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"Survey: a pandas DataFrame is needed; found {type(frame).__name__}.")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        yield f"columns that occur twice: {listing(dict.fromkeys(twice))}. Rename one of each."
    if len(frame) == 0:
        yield "there are no rows."
    for name, role in design.roles.items():
        if name not in frame.columns:
            yield f"role {role}: {unknown('column', name, frame.columns)}"
    if "wave" in frame.columns and design.wave not in (None, "wave"):
        yield f"column 'wave' is not the wave, which is '{design.wave}'. Rename it."
    if "unit" in frame.columns:
        yield "column 'unit' has a name that the package uses. Rename it."
    for covariate in codebook.covariates.values():
        if covariate.column not in frame.columns:
            near = unknown("column", covariate.column, frame.columns)
            yield f"covariate '{covariate.name}': {near}"
    for outcome in codebook.outcomes.values():
        yield from _outcome_columns(frame, design, outcome)


def _outcome_columns(frame: pd.DataFrame, design: SurveyDesign, outcome: Outcome) -> Iterator[str]:
    """Find columns of an outcome that are missing."""
    for named in outcome.columns.values():
        if not isinstance(named, str) and design.wave is None:
            yield f"outcome '{outcome.name}' has a column per wave, but the design has no wave."
        for name in [named] if isinstance(named, str) else named.values():
            if name not in frame.columns:
                yield f"outcome '{outcome.name}': {unknown('column', name, frame.columns)}"


def _answered(rows: Rows, codebook: Codebook, n_waves: int) -> dict[str, NDArray[np.int64]]:
    """Count the answers to every outcome by wave, shape (n_waves,) each."""
    groups = rows.aggregate(["wave"] if "wave" in rows.keys else [], [*rows.answers, *rows.numbers])
    wave = groups.codes[:, 0] if groups.codes.size else np.zeros(len(groups.n), dtype=np.int64)
    tables = {name: each.sum(axis=1) for name, each in groups.counts.items()}
    tables |= {name: each[:, 0].astype(np.int64) for name, each in groups.moments.items()}
    answered = {name: np.zeros(n_waves, dtype=np.int64) for name in codebook.outcomes}
    for name, n in tables.items():
        found = answered[name.split(OPTION)[0]]
        np.maximum.at(found, wave[wave >= 0], n[wave >= 0])
    return answered


def _asked_problems(
    answered: Mapping[str, NDArray[np.int64]], codebook: Codebook, waves: tuple[str, ...]
) -> Iterator[str]:
    """Hold `asked_in` against the waves in which there are answers."""
    for outcome in codebook.outcomes.values():
        for place in ("asked_in", "relabelled", "comparable"):
            for wave in getattr(outcome, place) or ():
                if waves and wave not in {*waves, *codebook.waves}:
                    yield f"outcome '{outcome.name}', {place}: {unknown('wave', wave, waves)}"
        for wave, n in zip(waves, answered[outcome.name], strict=False):
            if n and not outcome.asks(wave):
                yield (
                    f"outcome '{outcome.name}' has {n} answers in wave {wave}, in which asked_in "
                    "says it was not asked."
                )
            if not n and outcome.asked_in is not None and wave in outcome.asked_in:
                yield f"outcome '{outcome.name}': no answer in wave {wave}, which asked_in names."


def _person_problems(rows: Rows, design: SurveyDesign) -> Iterator[str]:
    """A person is asked once a wave, and stays in one cluster."""
    if design.person is None:
        return
    wave = ["wave"] if design.wave else []
    groups = rows.aggregate([*wave, design.person])
    twice = int((groups.n > 1).sum())
    if twice:
        where = " in one wave" if wave else ""
        yield f"{twice} persons ('{design.person}') were interviewed more than once{where}."
    if design.repeats != "people" or not design.all_stages:
        return
    pairs = rows.aggregate([design.person, *as_names(design.all_stages[0].cluster)])
    moved = int((np.bincount(pairs.codes[:, 0] + 1)[1:] > 1).sum())
    if moved:
        yield f"{moved} persons are in more than one cluster over the waves; keep the first."


def _time(encoder: Encoder, wave: Key | None) -> dict[str, float]:
    """Midpoint of each wave's fieldwork in years since the first wave, where dates are known."""
    if wave is None:
        return {}
    days = _days_from_rows(encoder, wave) or _days_from_codebook(encoder.codebook, wave.labels)
    if not days:
        return {}
    first = next(iter(days.values()))
    time = {name: (day - first) / YEAR for name, day in days.items()}
    if any(b <= a for a, b in zip(time.values(), list(time.values())[1:], strict=False)):
        encoder.problems.append(
            f"the waves {listing(time)} do not follow each other in time; repair the order of "
            "waves in the codebook, or the dates."
        )
    return time


def _days_from_rows(encoder: Encoder, wave: Key) -> dict[str, float]:
    name = encoder.design.date
    if name is None:
        return {}
    dates = pd.to_datetime(encoder.frame[name], errors="coerce")
    unread = int(dates.isna().sum() - encoder.frame[name].isna().sum())
    if unread:
        encoder.problems.append(f"date '{name}' cannot be read as a date in {unread} rows.")
    day = (dates - pd.Timestamp(1970, 1, 1)) / pd.Timedelta(days=1)
    middle = day.groupby(wave.codes).mean()
    found = {label: float(middle.get(k, np.nan)) for k, label in enumerate(wave.labels)}
    return found if np.isfinite(list(found.values())).all() else {}


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
    for key in (*rows.keys.values(),):
        data.update(key.codes.tobytes())
    for codes, _ in rows.answers.values():
        data.update(codes.tobytes())
    for number in rows.numbers.values():
        data.update(number.tobytes())
    book = hashlib.blake2b(repr(codebook).encode(), digest_size=8)
    return {
        "data_hash": data.hexdigest(),
        "codebook_hash": book.hexdigest(),
        "n": rows.n,
        "simulated": simulated,
    }
