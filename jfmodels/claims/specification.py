"""The choices under which a claim is judged, and the fits that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from jfmodels.engines.default_formula import default_formula
from jfmodels.engines.design_based.direct import direct
from jfmodels.engines.fitting import ENGINES, Settings, fit
from jfmodels.errors import EstimationError, SpecError, choose
from jfmodels.model.cells import Where
from jfmodels.model.weighting import Weighting
from jfmodels.results.fit import Fit
from jfmodels.survey.readings import Reading, reread
from jfmodels.survey.replicates import Replicates
from jfmodels.survey.retarget import retargeted
from jfmodels.survey.survey import Survey

__all__ = [
    "DIRECT",
    "OTHER_BASE",
    "Specification",
    "SpecificationFits",
    "names_of",
    "require_weighting",
]

DIRECT = "direct"
OTHER_BASE: Mapping[str, str] = {"in_base": "excluded", "excluded": "in_base"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """How the data are asked; the defaults are those of :func:`jfmodels.judge`.

    Attributes
    ----------
    engine : str or settings
        "direct", or the engine of a model.
    small_sample, interviewers, replicates
        Of direct estimates; see :func:`jfmodels.direct`.
    weighting : str or None
        Of a Bayesian model; see :func:`jfmodels.fit`.
    covariates : tuple of str
        Columns that a model holds fixed, beside waves and groups.
    over : object
        Whom a model is averaged over.
    other_base : bool
        Whether the don't-know base is the other one than the claim says.
    target : str or None
        In place of the survey's.
    weights : bool
        Whether the survey's weights count.
    common_places : bool
        Whether only places count that all waves of the claim reached.
    """

    engine: str | Settings = DIRECT
    small_sample: str = "cr2"
    interviewers: str = "ignore"
    replicates: Replicates | None = None
    weighting: Weighting | None = None
    covariates: tuple[str, ...] = ()
    over: object = None
    other_base: bool = False
    target: str | None = None
    weights: bool = True
    common_places: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.engine, str):
            choose("engine", self.engine, dict.fromkeys((DIRECT, *ENGINES)))

    @property
    def is_direct(self) -> bool:
        """Whether there is no model."""
        return self.engine == DIRECT

    @property
    def engine_name(self) -> str:
        """Name of the engine."""
        return self.engine if isinstance(self.engine, str) else type(self.engine).__name__.lower()

    @property
    def is_bayesian(self) -> bool:
        """Whether answers are draws of a posterior."""
        return self.engine_name in ("laplace", "nuts")

    def reads(self, reading: Reading) -> Reading:
        """Read a question under this specification's base."""
        return replace(reading, base=self.base_of(reading.base))

    def base_of(self, said: str) -> str:
        """The base in place of the one that a claim says."""
        return OTHER_BASE[said] if self.other_base else said


def names_of(readings: Mapping[Reading, None]) -> dict[Reading, str]:
    """Name every reading as an outcome: by its question where that is read in one way alone."""
    return {reading: _plain(_name(reading, readings)) for reading in readings}


def _name(reading: Reading, readings: Iterable[Reading]) -> str:
    """Name a reading by its question, and by whatever else tells it from the others."""
    alike = [each for each in readings if each.outcome == reading.outcome]
    counted = len({each.counting for each in alike}) > 1
    name = reading.outcome + (f": {' + '.join(reading.counting)}" if counted else "")
    return name + (f", {reading.base}" if len({each.base for each in alike}) > 1 else "")


def _plain(text: str) -> str:
    """A name without what joins names in tables and formulas."""
    return text.replace("|", " ").replace("/", " ").replace('"', "'")


@dataclass(frozen=True, slots=True, eq=False)
class SpecificationFits:
    """The fits of one specification, each made when it is first asked for.

    Attributes
    ----------
    source : Survey
        As it was given.
    readings : mapping of Reading to str
        The outcomes that they become.
    survey : Survey
        Whose outcomes are these readings.
    specification : Specification
        How they are fitted.
    made : dict
        Fits by outcomes, groups and places; or the error where there is none.
    others : dict
        Fits of all specifications that were asked for, which they share.
    """

    source: Survey
    readings: Mapping[Reading, str]
    survey: Survey
    specification: Specification
    made: dict[object, Fit | str] = field(default_factory=dict)
    others: dict[Specification, SpecificationFits] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        survey: Survey,
        readings: Mapping[Reading, str],
        specification: Specification,
        others: dict[Specification, SpecificationFits] | None = None,
    ) -> SpecificationFits:
        """Read a survey as a specification says, beside the fits of others."""
        read = {name: specification.reads(reading) for reading, name in readings.items()}
        again = reread(survey, read)
        again = again if specification.weights else _unweighted(again)
        if specification.target is not None:
            again = retargeted(again, specification.target)
        others = {} if others is None else others
        others[specification] = cls(survey, readings, again, specification, {}, others)
        return others[specification]

    def under(self, specification: Specification) -> SpecificationFits:
        """Give the fits of another specification of the same readings; kept, once made."""
        if specification not in self.others:
            return SpecificationFits.of(self.source, self.readings, specification, self.others)
        return self.others[specification]

    def fit(
        self, outcomes: tuple[str, ...], groups: tuple[str, ...], places: Where | None = None
    ) -> tuple[object, Fit]:
        """Give the fit for some outcomes and groups, with a key by which it is known.

        Parameters
        ----------
        outcomes, groups : tuple of str
            What is asked.
        places : mapping, optional
            The domain that a model is fitted to; everywhere if left out.

        Raises
        ------
        SpecError
            If a model would have to compare outcomes.
        EstimationError
            If the data cannot be fitted.
        """
        key = outcomes, groups, repr(places)
        if key not in self.made:
            self.made[key] = self._make(outcomes, groups, places)
        found = self.made[key]
        if isinstance(found, str):
            raise EstimationError(found)
        return key, found

    def _make(
        self, outcomes: tuple[str, ...], groups: tuple[str, ...], places: Where | None
    ) -> Fit | str:
        spec = self.specification
        if spec.is_direct:
            return direct(
                self.survey,
                outcomes,
                by=groups or None,
                small_sample=spec.small_sample,
                interviewers=spec.interviewers,
                replicates=spec.replicates,
            )
        if len(outcomes) > 1:
            return "A model takes one question at a time, so it cannot compare two."
        formula = default_formula(
            self.survey,
            outcomes[0],
            groups,
            spec.covariates,
            random=spec.engine_name != "weighted",
            weighting=spec.weighting,
        )
        try:
            return fit(
                formula,
                self.survey,
                engine=spec.engine,
                where=places,
                weighting=spec.weighting,
            )
        except (EstimationError, SpecError) as fault:
            return str(fault)


def require_weighting(survey: Survey, specification: Specification) -> None:
    """Ask what weights do in a Bayesian model before any is fitted."""
    weight = survey.rows.weight
    varies = np.ptp(weight) > 1e-12 * weight.mean()
    if specification.is_bayesian and specification.weighting is None and varies:
        raise SpecError(
            "The weights vary, and a Bayesian model must be told what they do: weighting='ignore' "
            "lets every interview count once in the likelihood, 'pseudo' lets it count by its "
            "weight. See jf.fit()."
        )


def _unweighted(survey: Survey) -> Survey:
    """Let every interview count the same that counts at all."""
    once = (survey.rows.weight > 0).astype(np.float64)
    rows = replace(survey.rows, weight=once, before=())
    record = {**survey.record, "weights": (), "quota": False}
    design = replace(survey.design, weights=None)
    return survey.changed(rows=rows, design=design, adjustments=(), record=record)
