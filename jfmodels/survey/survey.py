"""The survey: validated once, frozen, and from then on only asked for sums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.display.card import Card, Displayed
from jfmodels.errors import DataError, DesignError, SpecError, choose, listing, raise_all, unknown
from jfmodels.survey.answers import read_answers, read_numbers, read_silence
from jfmodels.survey.cards import survey_card
from jfmodels.survey.checks import (
    asked_problems,
    column_problems,
    person_problems,
    replicate_problems,
)
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.design import SurveyDesign, as_names
from jfmodels.survey.encode import OPTION, Encoder, group_columns
from jfmodels.survey.no_answer_codes import warn_of_undeclared_codes
from jfmodels.survey.outcome import Outcome
from jfmodels.survey.records import Held, in_full
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.sampling import Sampling, read_sampling

if TYPE_CHECKING:
    from jfmodels.survey.adjustments import Adjustment

__all__ = ["Survey", "require_survey"]

YEAR = 365.25


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class Survey(Displayed):
    """Who was asked what, in which wave, and with which weight.

    Everything is checked here, once; one error lists all that is wrong. No frame of
    respondents leaves the survey: whoever needs numbers asks `rows` for sums.

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

    Warns
    -----
    UserWarning
        If numbers of an outcome look like codes of no answer, such as -99 or 999, which the
        codebook does not declare.

    Examples
    --------
    >>> import pandas as pd
    >>> from jfmodels.survey.design import SurveyDesign
    >>> frame = pd.DataFrame({"safe": [0, 1, 1, 0], "place": ["a", "a", "b", "b"]})
    >>> design = SurveyDesign(cluster="place", target="population")
    >>> Survey(frame, design, {"outcomes": {"safe": {"scale": "binary"}}})
    Survey: 4 interviews, 2 clusters, 1 outcome
      design    clusters place
      target    population: the clusters stand for others like them: clusters vary
      weights   none
      outcomes  safe
    """

    design: SurveyDesign
    codebook: Codebook
    rows: Rows = field(repr=False)
    sampling: Sampling = field(repr=False)
    waves: tuple[str, ...]
    time: Mapping[str, float]
    asked: Mapping[str, NDArray[np.bool_]] = field(repr=False)
    record: Mapping[str, Any]
    adjustments: tuple[Adjustment, ...] = field(repr=False)

    def __init__(
        self,
        frame: pd.DataFrame,
        design: SurveyDesign,
        codebook: Codebook | Mapping[str, Any],
        *,
        simulated: bool = False,
    ) -> None:
        if not isinstance(design, SurveyDesign):
            raise DesignError(f"Survey: a SurveyDesign is needed; found {type(design).__name__}.")
        if not isinstance(frame, pd.DataFrame):
            raise DataError(
                f"Survey: a pandas DataFrame is needed; found {type(frame).__name__}. "
                "read_survey reads files and the frames of other libraries."
            )
        book = codebook if isinstance(codebook, Codebook) else Codebook.from_dict(codebook)
        raise_all(DataError, list(column_problems(frame, design, book)), "Survey")
        encoder = Encoder(frame, design, book, [])
        wave, rows, sampling = _read(encoder)
        waves = wave.labels if wave is not None else ()
        answered = _answered(rows, book, max(len(waves), 1))
        encoder.problems.extend(asked_problems(answered, book, waves))
        encoder.problems.extend(person_problems(rows, design))
        time = _time(encoder, wave)
        raise_all(DataError, list(dict.fromkeys(encoder.problems)), "Survey")
        warn_of_undeclared_codes(rows.numbers)
        asked = {name: n > 0 for name, n in answered.items()}
        record = _record(rows, book, simulated) | {"time": time, "labels": Held(book.texts)}
        content = {"design": design, "codebook": book, "rows": rows, "sampling": sampling}
        content |= {"waves": waves, "time": time, "asked": asked, "record": record}
        content["adjustments"] = ()
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

    @property
    def wave_codes(self) -> NDArray[np.int64]:
        """Wave of every row; 0 where there are none."""
        return self.rows.keys["wave"].codes if self.waves else np.zeros(self.n, dtype=np.int64)

    @property
    def quota(self) -> bool:
        """Whether weights were calibrated without any to begin with, as a quota sample's are."""
        return bool(self.record.get("quota", False))

    def outcome(self, name: str) -> Outcome:
        """Look an outcome up, or name the near miss.

        Parameters
        ----------
        name : str
            As the codebook has it.

        Returns
        -------
        Outcome
            The question, its answers and its policy.

        Raises
        ------
        SpecError
            If there is none of that name.

        Examples
        --------
        >>> import jfmodels as jf
        >>> jf.example().outcome("trust_army").policy
        'in_base'
        """
        return choose("outcome", name, self.codebook.outcomes)

    def group(self, name: str) -> Key:
        """Look a grouping column up, or name the near miss.

        Parameters
        ----------
        name : str
            A column, or a covariate of the codebook.

        Returns
        -------
        Key
            Its labels, and a code for each row.

        Raises
        ------
        SpecError
            If nothing groups by that name, or it names people.

        Examples
        --------
        >>> import jfmodels as jf
        >>> jf.example().group("region").labels
        ('Bandiagara', 'Gao', 'Mopti', 'Timbuktu')
        """
        person = self.design.person
        if person is not None and name == person:
            raise SpecError(f"'{name}' names people, and tables do not show people.")
        names = [key for key in self.rows.groups if key != person]
        if name in names:
            return self.rows.keys[name]
        raise SpecError(
            f"{unknown('group', name, names)} A column of many values groups once the "
            "codebook gives it bins under covariates."
        )

    def answer_names(self, outcome: Outcome) -> tuple[str, ...]:
        """Name an outcome's columns of answers: one, or one per option.

        Parameters
        ----------
        outcome : Outcome
            Of this survey.

        Returns
        -------
        tuple of str
            Names among the answers.

        Examples
        --------
        >>> import jfmodels as jf
        >>> survey = jf.example()
        >>> survey.answer_names(survey.outcome("trust_army"))
        ('trust_army',)
        """
        if outcome.scale != "multi":
            return (outcome.name,)
        return tuple(f"{outcome.name}{OPTION}{option}" for option in outcome.columns)

    def with_row_numbers(self, name: str) -> Survey:
        """Make every row a group of its own, for what is said of people one by one.

        Parameters
        ----------
        name : str
            Of the key whose groups are the rows, in their order.

        Returns
        -------
        Survey
            With that key.

        Examples
        --------
        >>> import jfmodels as jf
        >>> len(jf.example().with_row_numbers("row").rows.keys["row"].labels)
        3264
        """
        number = Key(np.arange(self.n), tuple(map(str, range(self.n))))
        return self.with_keys({name: number})

    def with_labels(self, labels: Mapping[str, Sequence[str]]) -> Survey:
        """Make further labels known, which no row bears: those of a census.

        Parameters
        ----------
        labels : mapping of str to sequence of str
            Further labels by column; they come after the survey's own.

        Returns
        -------
        Survey
            With those labels.

        Examples
        --------
        >>> import jfmodels as jf
        >>> survey = jf.example().with_labels({"region": ["Kidal"]})
        >>> survey.group("region").labels[-1]
        'Kidal'
        """
        keys = {name: self.rows.keys[name] for name in labels}
        return self.with_keys(
            {name: Key(key.codes, (*key.labels, *labels[name])) for name, key in keys.items()}
        )

    def describe(self) -> Any:
        """Say what was collected: interviews, weights, places, interviewers and answers by wave.

        Returns
        -------
        Description
            It prints and shows itself in a notebook; its tables are attributes.

        Examples
        --------
        >>> import jfmodels as jf
        >>> jf.example().describe().waves["n"].tolist()
        [544, 544, 544, 544, 544, 544]
        """
        from jfmodels.survey.describe import describe

        return describe(self)

    def weighting(self) -> Any:
        """Say what was done to the weights: margins, Kish's effect, factors.

        Returns
        -------
        Weighting
            It prints and shows itself in a notebook; its tables are attributes.

        Examples
        --------
        >>> import jfmodels as jf
        >>> margin = {"sex": {"female": 0.51, "male": 0.49}}
        >>> raked = jf.rake(jf.example(), margin, within="wave")
        >>> type(raked.weighting()).__name__
        'Weighting'
        """
        from jfmodels.survey.weighting import weighting

        return weighting(self)

    def with_keys(self, keys: Mapping[str, Key]) -> Survey:
        """Replace keys, or add some; everything else stays.

        Parameters
        ----------
        keys : mapping of str to Key
            By name.

        Returns
        -------
        Survey
            With those keys.

        Examples
        --------
        >>> import jfmodels as jf
        >>> survey = jf.example()
        >>> "place" in survey.with_keys({"place": survey.group("commune")}).rows.keys
        True
        """
        return self.changed(rows=replace(self.rows, keys={**self.rows.keys, **keys}))

    def changed(
        self,
        *,
        design: SurveyDesign | None = None,
        codebook: Codebook | None = None,
        rows: Rows | None = None,
        asked: Mapping[str, NDArray[np.bool_]] | None = None,
        sampling: Sampling | None = None,
        record: Mapping[str, Any] | None = None,
        adjustments: tuple[Adjustment, ...] | None = None,
    ) -> Survey:
        """Copy the survey with what is named in place of its own.

        Parameters
        ----------
        design, codebook, rows, asked, sampling, record, adjustments
            Attributes of the copy; None for those of this survey.

        Returns
        -------
        Survey
            Nothing of it is checked again.

        Examples
        --------
        >>> import jfmodels as jf
        >>> survey = jf.example()
        >>> survey.changed(record={**survey.record, "simulated": False}).simulated
        False
        """
        content: dict[str, object] = {"design": design, "codebook": codebook, "rows": rows}
        content |= {"asked": asked, "sampling": sampling, "record": record}
        content["adjustments"] = adjustments
        survey = object.__new__(Survey)
        for each in fields(self):
            value = content.get(each.name)
            kept = getattr(self, each.name) if value is None else value
            object.__setattr__(survey, each.name, kept)
        return survey

    def _n_clusters(self) -> int:
        """Count the clusters; where nothing repeats, each wave has its own."""
        nested = ["wave"] if self.design.repeats == "nothing" else []
        names = [*nested, *as_names(self.design.all_stages[0].cluster)]
        return len(self.rows.aggregate(names).n)

    @property
    def counts(self) -> str:
        """Say in a line how many interviews, waves, clusters and outcomes there are.

        Examples
        --------
        >>> import jfmodels as jf
        >>> jf.example().counts
        '3,264 interviews, 6 waves (Q1 to Q6), 16 clusters, 27 outcomes'
        """
        parts = [f"{self.n:,} interviews"]
        if self.waves:
            parts.append(f"{len(self.waves)} waves ({self.waves[0]} to {self.waves[-1]})")
        if self.design.all_stages:
            parts.append(f"{self._n_clusters()} clusters")
        n = len(self.codebook.outcomes)
        parts.append(f"{n} outcome{'s' if n != 1 else ''}")
        return ", ".join(parts)

    def _card(self) -> Card:
        return survey_card(self, self.counts)


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


def require_survey(value: object) -> None:
    """Refuse what is not a survey, a bare frame above all."""
    if not isinstance(value, Survey):
        raise SpecError(
            f"A jf.Survey is needed; found {type(value).__name__}. Make one by jf.read_survey(), "
            "or of a frame by jf.Survey(frame, design, codebook)."
        )
