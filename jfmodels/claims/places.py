"""The places that all waves of a claim reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jfmodels.survey.design import as_names
from jfmodels.survey.survey import Survey

__all__ = ["common_places", "place_column"]

type Where = Mapping[str, Sequence[str]]


def place_column(survey: Survey) -> str | None:
    """The column of places that can be met again: clusters that are revisited, else strata."""
    design = survey.design
    clusters = as_names(design.all_stages[0].cluster) if design.all_stages else ()
    if design.repeats != "nothing" and len(clusters) == 1:
        return clusters[0]
    return next(iter(design.first_strata), None)


def common_places(survey: Survey, waves: Sequence[str]) -> Where | None:
    """The domain of places that every one of some waves reached; None where that is all.

    Parameters
    ----------
    survey : Survey
        The survey.
    waves : sequence of str
        Its waves.
    """
    column = place_column(survey)
    if column is None or len(set(waves)) < 2:
        return None
    codes = survey.rows.aggregate(["wave", column]).codes
    labels = survey.group(column).labels
    reached = [
        {int(place) for wave, place in codes if wave == survey.waves.index(each) and place >= 0}
        for each in waves
    ]
    common = set.intersection(*reached)
    if len(common) == len(set.union(*reached)):
        return None
    return {column: tuple(labels[place] for place in sorted(common))}
