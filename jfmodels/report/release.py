"""Everything that a report shows of a survey: its tables, withheld together.

Sections take their numbers from a :class:`Release` and from nowhere else, so that no picture
shows what a table withholds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jfmodels.claims.judge import Verdicts
from jfmodels.engines.design_based.direct import direct
from jfmodels.planning.detectable import detectable_change
from jfmodels.report.plot_lines import Waves, waves_of
from jfmodels.report.table_rows import Rows, rows_of, split
from jfmodels.results.disclosure.withhold import withhold
from jfmodels.results.multiplicity import with_adjustment
from jfmodels.results.tables import RETAINED
from jfmodels.survey.describe import Description
from jfmodels.survey.outcome import Outcome
from jfmodels.survey.survey import Survey

__all__ = ["ALPHA", "COVERAGE", "TABLES", "Part", "Release"]

ALPHA = 0.05
COVERAGE = 0.95
TABLES = ("levels", "groups", "answers", "changes", "group_changes")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What a release says of one outcome.

    Attributes
    ----------
    outcome : Outcome
        The question.
    levels, groups : list of mapping
        Levels in every wave, all together and by group; no group rows without a breakdown.
    answers : list of mapping
        Levels of every answer, of ordinal outcomes.
    changes, group_changes : list of mapping
        Changes to the last wave from the one before that asked, with the key `detectable`.
    """

    outcome: Outcome
    levels: Rows
    groups: Rows
    answers: Rows
    changes: Rows
    group_changes: Rows

    @property
    def by_answer(self) -> dict[str | None, Rows]:
        """Levels of each answer that is shown, in order; a mean has one, without a name."""
        return split(self.levels, "category")

    @property
    def several(self) -> bool:
        """Whether more than one answer is shown."""
        return len(self.by_answer) > 1

    @property
    def last_wave(self) -> str | None:
        """The last wave that has a number; None for a single survey, or without any."""
        known = [row["wave"] for row in self.levels if not np.isnan(row["estimate"])]
        return known[-1] if known and isinstance(known[-1], str) else None


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """What a report shows of a survey.

    Attributes
    ----------
    survey : Survey
        Who was asked what.
    told : Description
        What was collected.
    by : str or None
        Column of the breakdown.
    minimum : int
        Interviews that a number must rest on.
    rows : mapping of str to list of mapping
        The rows of each of :data:`TABLES`.
    families : tuple of int
        How many changes are shown with a test, all together and by group: what p is adjusted
        for.
    waves : Waves
        Where the waves lie in time.
    verdicts : Verdicts or None
        What was found of claims.
    """

    survey: Survey
    told: Description
    by: str | None
    minimum: int
    rows: dict[str, Rows]
    families: tuple[int, int]
    waves: Waves
    verdicts: Verdicts | None

    @classmethod
    def of(cls, survey: Survey, by: str | None, verdicts: Verdicts | None, minimum: int) -> Release:
        """Estimate everything, and withhold what could expose the people who answered."""
        tables = _estimated(survey, by)
        kept = dict(zip(tables, withhold(list(tables.values()), minimum=minimum), strict=True))
        for name, each in (("changes", None), ("group_changes", by)):
            if name in kept:
                # of what is shown alone: the others' p-values would follow from adjusted ones
                adjusted = with_adjustment(kept[name], "holm")
                kept[name] = _with_detectable(adjusted, survey, each)
        return cls(
            survey=survey,
            told=survey.describe(),
            by=by,
            minimum=minimum,
            rows={name: rows_of(kept[name]) if name in kept else [] for name in TABLES},
            families=(_tested(kept.get("changes")), _tested(kept.get("group_changes"))),
            waves=waves_of(tables["levels"], tables["levels"]),
            verdicts=verdicts,
        )

    @property
    def wave(self) -> str | None:
        """The last wave."""
        return self.survey.waves[-1] if self.survey.waves else None

    @property
    def ref(self) -> str | None:
        """The wave before it."""
        return self.survey.waves[-2] if len(self.survey.waves) > 1 else None

    @property
    def new_teams(self) -> list[str]:
        """The waves whose interviewers were largely others than in the wave before."""
        table = self.told.waves
        if "same_interviewers" not in table:
            return []
        return [str(each) for each in table.loc[table["same_interviewers"] < RETAINED, "wave"]]

    @property
    def parts(self) -> dict[str, Part]:
        """What is said of each outcome."""
        book, every = self.survey.codebook.outcomes, self.rows
        split_up = {table: split(rows, "outcome") for table, rows in every.items()}
        return {
            name: Part(outcome, **{table: of.get(name, []) for table, of in split_up.items()})
            for name, outcome in book.items()
        }

    def by_group(self, rows: Rows) -> dict[str, Rows]:
        """Split rows by group, in the order of the survey; nothing without a breakdown.

        Parameters
        ----------
        rows : list of mapping
            Rows of groups.
        """
        if self.by is None:
            return {}
        found = split(rows, self.by)
        return {name: found[name] for name in self.survey.group(self.by).labels if name in found}


def _estimated(survey: Survey, by: str | None) -> dict[str, pd.DataFrame]:
    """Levels and changes, all together, by group, and of all answers."""
    outcomes = survey.codebook.outcomes
    ordinal = [name for name, each in outcomes.items() if each.scale == "ordinal"]
    fit = direct(survey, list(outcomes))
    tables = {"levels": fit.levels(coverage=COVERAGE)}
    if by is not None:
        tables["groups"] = fit.levels(by, coverage=COVERAGE)
    if ordinal:
        shares = direct(survey, ordinal)
        tables["answers"] = shares.levels(categories="all", coverage=COVERAGE)
    if len(survey.waves) > 1:
        changed = {"changes": None} | ({"group_changes": by} if by is not None else {})
        for name, each in changed.items():
            table = fit.changes(by=each, adjust="none", coverage=COVERAGE)
            tables[name] = table[table["wave"] == survey.waves[-1]].reset_index(drop=True)
    return tables


def _tested(table: pd.DataFrame | None) -> int:
    """Count the changes that are shown with a test."""
    return 0 if table is None else int(table["p_value"].notna().sum())


def _with_detectable(table: pd.DataFrame, survey: Survey, by: str | None) -> pd.DataFrame:
    """Add the change that would have been found four times in five, looked at alone."""
    found = detectable_change(survey, list(survey.codebook.outcomes), by=by, alpha=ALPHA)
    last = found.loc[found["wave"] == survey.waves[-1], "detectable"].to_numpy()
    hidden = ["suppressed" in codes for codes in table["flag"]]
    return table.assign(detectable=np.where(hidden, np.nan, last))
