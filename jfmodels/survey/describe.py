"""What was collected, before anything is estimated from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.display.card import Card, Displayed, frame_sheet
from jfmodels.display.sheet import as_text
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.design import SurveyDesign, as_names
from jfmodels.survey.interviewers import retained
from jfmodels.survey.outcome import Outcome, answer_names
from jfmodels.survey.rows import Rows
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


def describe(
    rows: Rows, design: SurveyDesign, codebook: Codebook, *, simulated: bool, quota: bool
) -> Description:
    """Describe interviews wave by wave.

    Parameters
    ----------
    rows, design, codebook
        Of a validated survey.
    simulated, quota : bool
        As :class:`Description` holds them.

    Examples
    --------
    >>> import jfmodels as jf
    >>> waves = jf.example().describe().waves
    >>> waves["n"].tolist(), waves["clusters"].tolist()
    ([544, 544, 544, 544, 544, 544], [16, 15, 14, 15, 14, 16])
    """
    outcomes = _outcomes(rows, codebook)
    return Description(_waves(rows, design), outcomes, _not_reached(rows, design), simulated, quota)


def _wave_keys(rows: Rows) -> list[str]:
    return ["wave"] if rows.waves else []


def _waves(rows: Rows, design: SurveyDesign) -> pd.DataFrame:
    """Count and weigh every wave."""
    groups = rows.aggregate(_wave_keys(rows))
    order = np.argsort(groups.codes[:, 0]) if rows.waves else np.arange(len(groups.n))
    kish = kish_effect(rows.wave_codes, rows.weight, len(groups.n))
    columns = {
        "wave": list(rows.waves) or ["all"],
        "n": groups.n[order],
        "clusters": _distinct(rows, _clusters(design)),
        "strata": _distinct(rows, design.first_strata),
        "weight_cv": np.sqrt(np.maximum(kish - 1, 0)),
        "kish_effect": kish,
    }
    if rows.before:
        drawn = kish_effect(rows.wave_codes, rows.at(0).weight, len(groups.n))
        columns["weight_cv_design"] = np.sqrt(np.maximum(drawn - 1, 0))
        columns["kish_design"] = drawn
    name = design.interviewer
    if name is not None:
        columns["interviewers"] = _distinct(rows, [name])
    share = retained(rows, name)
    if share is not None:
        columns["same_interviewers"] = [np.nan, *np.diagonal(share, offset=-1)]
    return pd.DataFrame(columns)


def _clusters(design: SurveyDesign) -> tuple[str, ...]:
    """Columns of the first stage's clusters."""
    stages = design.all_stages
    return as_names(stages[0].cluster) if stages else ()


def _distinct(rows: Rows, names: Sequence[str]) -> NDArray[np.int64]:
    """Count the distinct combinations of columns in every wave."""
    size = max(len(rows.waves), 1)
    if not names:
        return np.zeros(size, dtype=np.int64)
    groups = rows.aggregate([*_wave_keys(rows), *names])
    wave = groups.codes[:, 0] if rows.waves else np.zeros(len(groups.n), dtype=np.int64)
    return np.bincount(wave, minlength=size)


def _outcomes(rows: Rows, codebook: Codebook) -> pd.DataFrame:
    """Say how many were asked, did not know and refused, outcome by outcome."""
    held = {*rows.answers, *rows.numbers}  # a saved fit keeps what it was fitted to
    outcomes = [each for each in codebook.outcomes.values() if answer_names(each)[0] in held]
    tables = [_one_outcome(rows, outcome) for outcome in outcomes]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _one_outcome(rows: Rows, outcome: Outcome) -> pd.DataFrame:
    source = answer_names(outcome)[0]
    groups = rows.aggregate(_wave_keys(rows), [source])
    waves = np.array(rows.waves or ("all",))
    place = groups.codes[:, 0] if rows.waves else np.zeros(1, dtype=np.int64)
    counts = _measured(rows, source) if outcome.measured else groups.counts[source]
    answered, unsure, refused = counts[:, :-2].sum(axis=1), counts[:, -2], counts[:, -1]
    asked = answered + unsure + refused
    known = {"outcome": outcome.name, "wave": waves[place], "asked": asked.astype(int)}
    table = pd.DataFrame(known)
    for column, part in (("answered", answered), ("dont_know", unsure), ("refused", refused)):
        table[column] = np.divide(part, asked, out=np.full(len(asked), np.nan), where=asked > 0)
    return table[asked > 0]


def _measured(rows: Rows, source: str) -> NDArray[np.int64]:
    """Count who gave a number, did not know and refused; (G, 3), as coded answers are counted."""
    keys = _wave_keys(rows)
    gave = rows.aggregate(keys, [source]).moments[source][:, :1].astype(np.int64)
    silence = {source: (rows.silent[source], 2)} if source in rows.silent else {}
    if not silence:
        return np.pad(gave, ((0, 0), (0, 2)))
    counted = replace(rows, answers=silence).aggregate(keys, [source]).counts[source]
    return np.hstack([gave, counted])


def _not_reached(rows: Rows, design: SurveyDesign) -> pd.DataFrame:
    """List the clusters that were to be revisited and were not; people are not named."""
    names = _clusters(design)
    strata = [name for name in design.first_strata if name not in names]
    columns = ["wave", *strata, *names]
    revisited = rows.waves and design.repeats != "nothing" and design.person not in columns
    if not names or not revisited:
        return pd.DataFrame(columns=columns)
    places = rows.aggregate([*strata, *names]).codes
    seen = {tuple(each) for each in rows.aggregate(columns).codes.tolist()}
    labels = [rows.keys[name].labels for name in (*strata, *names)]
    missing = [
        [wave, *(label[code] for label, code in zip(labels, place, strict=True))]
        for k, wave in enumerate(rows.waves)
        for place in places.tolist()
        if (k, *place) not in seen
    ]
    return pd.DataFrame(missing, columns=columns)
