"""What was collected, before anything is estimated from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.display.card import Card, Displayed, frame_sheet
from jfmodels.display.sheet import as_text
from jfmodels.survey.design import as_names
from jfmodels.survey.interviewers import retained
from jfmodels.survey.survey import Survey
from jfmodels.survey.weighting import QUOTA, kish_effect

__all__ = ["Description", "describe"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Description(Displayed):
    """What was collected.

    Attributes
    ----------
    waves : DataFrame
        One row per wave: interviews, clusters, strata, coefficient of variation of the
        weights, Kish's effect of weighting (and of the design's weights, where they were
        adjusted), interviewers, and the share of interviews by interviewers who also worked in
        the wave before.
    outcomes : DataFrame
        One row per outcome and wave: interviews asked, and among them the shares that
        answered, did not know and refused; unweighted. Waves that did not ask have no row.
    not_reached : DataFrame
        Clusters without interviews in a wave, where the same clusters are to be revisited.
    simulated : bool
        Whether the data are simulated.
    quota : bool
        Whether weights were calibrated without any to begin with.
    """

    waves: pd.DataFrame
    outcomes: pd.DataFrame
    not_reached: pd.DataFrame
    simulated: bool
    quota: bool = False

    def _parts(self) -> list[tuple[str, pd.DataFrame]]:
        title = "Did not know or refused, in percent of those asked"
        parts = [("Waves", self.waves), (title, self._nonresponse())]
        return [*parts, ("Not reached", self.not_reached)] if len(self.not_reached) else parts

    def _nonresponse(self) -> pd.DataFrame:
        """One row per outcome, one column per wave."""
        table = self.outcomes.assign(nonresponse=100 * (1 - self.outcomes["answered"]))
        wide = table.pivot_table("nonresponse", "outcome", "wave", observed=True).reindex(
            index=table["outcome"].unique(), columns=self.waves["wave"]
        )
        return wide.rename_axis(columns=None).reset_index()

    def __repr__(self) -> str:
        said = self._card()
        texts = [as_text(sheet) for sheet in said.sheets]
        return "\n\n".join([*said.warnings, *texts])

    def _card(self) -> Card:
        """What must be known of all that follows, and the tables."""
        warnings = [
            *(["Simulated data."] if self.simulated else []),
            *([QUOTA] if self.quota else []),
        ]
        sheets = [frame_sheet(part, title) for title, part in self._parts()]
        return Card("What was collected", warnings=warnings, sheets=sheets)


def describe(survey: Survey) -> Description:
    """Describe a survey wave by wave.

    Parameters
    ----------
    survey : Survey
        A validated survey.

    Examples
    --------
    >>> import jfmodels as jf
    >>> waves = jf.example().describe().waves
    >>> waves["n"].tolist(), waves["clusters"].tolist()
    ([544, 544, 544, 544, 544, 544], [16, 15, 14, 15, 14, 16])
    """
    return Description(
        _waves(survey), _outcomes(survey), _not_reached(survey), survey.simulated, survey.quota
    )


def _wave_keys(survey: Survey) -> list[str]:
    return ["wave"] if survey.waves else []


def _waves(survey: Survey) -> pd.DataFrame:
    """Count and weigh every wave."""
    groups = survey.rows.aggregate(_wave_keys(survey))
    order = np.argsort(groups.codes[:, 0]) if survey.waves else np.arange(len(groups.n))
    kish = kish_effect(survey.wave_codes, survey.rows.weight, len(groups.n))
    columns = {
        "wave": list(survey.waves) or ["all"],
        "n": groups.n[order],
        "clusters": _distinct(survey, _columns(survey, "cluster")),
        "strata": _distinct(survey, _columns(survey, "strata")),
        "weight_cv": np.sqrt(np.maximum(kish - 1, 0)),
        "kish_effect": kish,
    }
    if survey.adjustments:
        design = kish_effect(survey.wave_codes, survey.rows.at(0).weight, len(groups.n))
        columns["weight_cv_design"] = np.sqrt(np.maximum(design - 1, 0))
        columns["kish_design"] = design
    name = survey.design.interviewer
    if name is not None:
        columns["interviewers"] = _distinct(survey, [name])
    share = retained(survey, [])
    if share is not None:
        columns["same_interviewers"] = [np.nan, *np.diagonal(share, offset=-1)]
    return pd.DataFrame(columns)


def _columns(survey: Survey, role: str) -> list[str]:
    """Columns of the first stage's clusters or strata."""
    stages = survey.design.all_stages
    if role == "strata":
        return list(survey.design.first_strata)
    return list(as_names(stages[0].cluster)) if stages else []


def _distinct(survey: Survey, names: list[str]) -> NDArray[np.int64]:
    """Count the distinct combinations of columns in every wave."""
    size = max(len(survey.waves), 1)
    if not names:
        return np.zeros(size, dtype=np.int64)
    groups = survey.rows.aggregate([*_wave_keys(survey), *names])
    wave = groups.codes[:, 0] if survey.waves else np.zeros(len(groups.n), dtype=np.int64)
    return np.bincount(wave, minlength=size)


def _outcomes(survey: Survey) -> pd.DataFrame:
    """Say how many were asked, did not know and refused, outcome by outcome."""
    held = {*survey.rows.answers, *survey.rows.numbers}  # a saved fit keeps what it was fitted to
    names = [
        name
        for name, outcome in survey.codebook.outcomes.items()
        if survey.answer_names(outcome)[0] in held
    ]
    tables = [_one_outcome(survey, name) for name in names]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _one_outcome(survey: Survey, name: str) -> pd.DataFrame:
    outcome = survey.outcome(name)
    source = survey.answer_names(outcome)[0]
    groups = survey.rows.aggregate(_wave_keys(survey), [source])
    waves = np.array(survey.waves or ("all",))
    place = groups.codes[:, 0] if survey.waves else np.zeros(1, dtype=np.int64)
    counts = _measured(survey, source) if outcome.measured else groups.counts[source]
    answered, unsure, refused = counts[:, :-2].sum(axis=1), counts[:, -2], counts[:, -1]
    asked = answered + unsure + refused
    table = pd.DataFrame({"outcome": name, "wave": waves[place], "asked": asked.astype(int)})
    for column, part in (("answered", answered), ("dont_know", unsure), ("refused", refused)):
        table[column] = np.divide(part, asked, out=np.full(len(asked), np.nan), where=asked > 0)
    return table[asked > 0]


def _measured(survey: Survey, source: str) -> NDArray[np.int64]:
    """Count who gave a number, did not know and refused; (G, 3), as coded answers are counted."""
    rows = survey.rows
    keys = _wave_keys(survey)
    gave = rows.aggregate(keys, [source]).moments[source][:, :1].astype(np.int64)
    silence = {source: (rows.silent[source], 2)} if source in rows.silent else {}
    if not silence:
        return np.pad(gave, ((0, 0), (0, 2)))
    counted = replace(rows, answers=silence).aggregate(keys, [source]).counts[source]
    return np.hstack([gave, counted])


def _not_reached(survey: Survey) -> pd.DataFrame:
    """List the clusters that were to be revisited and were not."""
    names = _columns(survey, "cluster")
    strata = [name for name in _columns(survey, "strata") if name not in names]
    columns = ["wave", *strata, *names]
    if not names or not survey.waves or survey.design.repeats == "nothing":
        return pd.DataFrame(columns=columns)
    places = survey.rows.aggregate([*strata, *names]).codes
    seen = {tuple(each) for each in survey.rows.aggregate(columns).codes.tolist()}
    labels = [survey.group(name).labels for name in (*strata, *names)]
    missing = [
        [wave, *(label[code] for label, code in zip(labels, place, strict=True))]
        for k, wave in enumerate(survey.waves)
        for place in places.tolist()
        if (k, *place) not in seen
    ]
    return pd.DataFrame(missing, columns=columns)
