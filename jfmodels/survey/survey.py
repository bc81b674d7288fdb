"""The survey: validated once, frozen, and from then on only asked for sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.display.card import Card, Displayed
from jfmodels.errors import DataError, DesignError, SpecError, choose, unknown
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.design import SurveyDesign, as_names
from jfmodels.survey.outcome import Outcome, answer_names
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.validate import validated

if TYPE_CHECKING:
    from jfmodels.survey.adjustments import Adjustment
    from jfmodels.survey.describe import Description
    from jfmodels.survey.weighting import Weighting

__all__ = ["Survey", "require_survey"]


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
        content = validated(frame, design, book, simulated)
        content |= {"design": design, "codebook": book, "adjustments": ()}
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
        return self.rows.wave_codes

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
        return answer_names(outcome)

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

    def describe(self) -> Description:
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

        return describe(
            self.rows, self.design, self.codebook, simulated=self.simulated, quota=self.quota
        )

    def weighting(self) -> Weighting:
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

        return weighting(self.rows, self.adjustments, self._steps, self.quota)

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

    @property
    def _steps(self) -> tuple[str, ...]:
        """What was done to the weights, each step in a sentence; files keep it too."""
        return tuple(self.record.get("weights", ()))

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
        from jfmodels.survey.survey_card import survey_card

        return survey_card(
            self.describe(),
            self.design,
            self.codebook,
            counts=self.counts,
            adjusted=len(self._steps),
        )


def require_survey(value: object) -> None:
    """Refuse what is not a survey, a bare frame above all."""
    if not isinstance(value, Survey):
        raise SpecError(
            f"A jf.Survey is needed; found {type(value).__name__}. Make one by jf.read_survey(), "
            "or of a frame by jf.Survey(frame, design, codebook)."
        )
