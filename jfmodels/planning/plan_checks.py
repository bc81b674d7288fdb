"""What is missing or contradictory in a plan, said all at once."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jfmodels.planning.survey_plan import SurveyPlan

__all__ = ["is_number", "problems_of"]

NEEDED: Mapping[str, str] = {
    "n": "the interviews of one wave",
    "clusters": "the clusters of one wave; as many as interviews where people are drawn one by one",
    "overlap": "the share of the clusters that both waves visit, 1 for all and 0 for new ones",
}


def problems_of(plan: SurveyPlan) -> list[str]:
    """List what is missing or contradictory."""
    needed = {name: means for name, means in NEEDED.items() if getattr(plan, name) is None}
    found = [f"{name}= is needed: {means}." for name, means in needed.items()]
    sizes: tuple[tuple[str, object, int], ...]
    sizes = (("n", plan.n, 2), ("clusters", plan.clusters, 2), ("strata", plan.strata, 1))
    found += [
        f"{name} is a whole number from {least}; found {value!r}."
        for name, value, least in sizes
        if name not in needed and not _is_whole(value, least)
    ]
    if found:
        return found
    if plan.clusters < 2 * plan.strata:
        found.append(
            f"{plan.clusters} clusters in {plan.strata} strata: every stratum needs two, or its "
            "variance cannot be estimated."
        )
    if plan.n < plan.clusters:
        found.append(f"{plan.n} interviews do not fill {plan.clusters} clusters.")
    return found + _variance_problems(plan) + _overlap_problems(plan)


def _variance_problems(plan: SurveyPlan) -> list[str]:
    """List what is wrong with how answers vary."""
    found = []
    if (plan.share is None) == (plan.sd is None):
        found.append("give share= of a yes-or-no question, or sd= of a measured one, not both.")
    for name, value, low, high in (
        ("share", plan.share, 0.0, 1.0),
        ("sd", plan.sd, 0.0, np.inf),
        ("weights_deff", plan.weights_deff, 1 - 1e-12, np.inf),
    ):
        if value is not None and not (is_number(value) and low < value < high):
            found.append(f"{name} lies between {low:.0f} and {high:.0f}; found {value!r}.")
    for name in ("icc", "icc_between_waves", "person_correlation"):
        value = getattr(plan, name)
        if value is not None and not (is_number(value) and 0 <= value < 1):
            found.append(f"{name} is a correlation from 0 to below 1; found {value!r}.")
    if plan.icc is None and plan.n > plan.clusters:
        found.append(
            "icc= is needed: people in one cluster answer alike, and by how much decides what the "
            "survey can find. jf.detectable_change shows it for a survey that was made."
        )
    return found


def _overlap_problems(plan: SurveyPlan) -> list[str]:
    """List what is wrong with what both waves share."""
    found = [
        f"{name} is a share of the {whose}, from 0 to 1; found {value!r}."
        for name, value, whose in (
            ("overlap", plan.overlap, "clusters"),
            ("overlap_people", plan.overlap_people, "people in clusters that both waves visit"),
        )
        if not is_number(value) or not 0 <= value <= 1
    ]
    return found or _cluster_problems(plan) or _person_problems(plan)


def _cluster_problems(plan: SurveyPlan) -> list[str]:
    """List what is wrong with what clusters keep from wave to wave."""
    if plan.overlap > 0 and plan.icc_between_waves is None:
        return [
            "icc_between_waves= is needed where clusters are visited again: 0 if what a cluster "
            "says in one wave tells nothing of the next, as large as icc if all change alike."
        ]
    between = plan.icc_between_waves or 0.0
    if plan.n > plan.clusters and plan.icc is not None and between > plan.icc:
        return [
            f"icc_between_waves ({between:g}) is larger than icc ({plan.icc:g}), but answers of "
            "different waves are no more alike than those of one."
        ]
    return []


def _person_problems(plan: SurveyPlan) -> list[str]:
    """List what is wrong with what people keep from wave to wave."""
    if plan.overlap_people == 0 and plan.person_correlation is None:
        return []
    if plan.n == plan.clusters:
        return [
            "people drawn one by one are clusters of one: overlap= says how many are asked again, "
            "and icc_between_waves= is the correlation of a person's answers. Leave "
            "overlap_people= and person_correlation= out."
        ]
    if plan.overlap == 0 and plan.overlap_people > 0:
        return ["overlap_people is a share of people in clusters visited again, but overlap is 0."]
    if plan.overlap_people > 0 and plan.person_correlation is None:
        return [
            "person_correlation= is needed where people are asked again: how alike one person's "
            "two answers are. jf.detectable_change shows it for a panel that was made."
        ]
    low = plan.icc_between_waves or 0.0
    high = 1 - (plan.icc or 0.0) + low
    if plan.person_correlation is not None and not low <= plan.person_correlation <= high:
        return [
            f"person_correlation ({plan.person_correlation:g}) lies outside {low:g} to {high:g}: "
            "a person's two answers are at least as alike as those of two neighbours "
            "(icc_between_waves), and no more than icc leaves room for."
        ]
    return []


def is_number(value: object) -> bool:
    """Whether it is a finite number, and not a truth value."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and isfinite(float(str(value)))


def _is_whole(value: object, least: int) -> bool:
    """Whether it is a whole number of at least `least`, and not a truth value."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and int(str(value)) >= least
