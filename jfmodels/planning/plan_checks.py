"""What is missing or contradictory in the numbers of a plan, said all at once."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from numbers import Integral, Real

import numpy as np

__all__ = ["is_number", "problems_of"]

NEEDED: Mapping[str, str] = {
    "n": "the interviews of one wave",
    "clusters": "the clusters of one wave; as many as interviews where people are drawn one by one",
    "overlap": "the share of the clusters that both waves visit, 1 for all and 0 for new ones",
}


def problems_of(
    *,
    n: int,
    clusters: int,
    strata: int,
    share: float | None,
    sd: float | None,
    icc: float | None,
    icc_between_waves: float | None,
    overlap: float,
    overlap_people: float,
    person_correlation: float | None,
    weights_deff: float,
) -> list[str]:
    """List what is missing or contradictory in what :class:`jfmodels.SurveyPlan` is given."""
    found = _unknown_sizes({"n": n, "clusters": clusters, "overlap": overlap}, strata)
    if found:
        return found
    people = n / clusters
    alike = icc, icc_between_waves, person_correlation
    found = _size_problems(n, clusters, strata) + _answer_problems(share, sd, weights_deff)
    found += _correlation_problems(*alike, people)
    return found + (
        _overlap_problems(overlap, overlap_people)
        or _cluster_problems(overlap, icc, icc_between_waves, people)
        or _person_problems(overlap, overlap_people, *alike, people)
    )


def _unknown_sizes(given: Mapping[str, object], strata: object) -> list[str]:
    """List the sizes that are missing, or are no whole numbers."""
    needed = {name: means for name, means in NEEDED.items() if given[name] is None}
    found = [f"{name}= is needed: {means}." for name, means in needed.items()]
    sizes = (("n", given["n"], 2), ("clusters", given["clusters"], 2), ("strata", strata, 1))
    return found + [
        f"{name} is a whole number from {least}; found {value!r}."
        for name, value, least in sizes
        if name not in needed and not _is_whole(value, least)
    ]


def _size_problems(n: int, clusters: int, strata: int) -> list[str]:
    """List what is wrong with how many are asked."""
    found = []
    if clusters < 2 * strata:
        found.append(
            f"{clusters} clusters in {strata} strata: every stratum needs two, or its variance "
            "cannot be estimated."
        )
    if n < clusters:
        found.append(f"{n} interviews do not fill {clusters} clusters.")
    return found


def _answer_problems(share: float | None, sd: float | None, weights_deff: float) -> list[str]:
    """List what is wrong with how answers vary."""
    found = []
    if (share is None) == (sd is None):
        found.append("give share= of a yes-or-no question, or sd= of a measured one, not both.")
    for name, value, low, high in (
        ("share", share, 0.0, 1.0),
        ("sd", sd, 0.0, np.inf),
        ("weights_deff", weights_deff, 1 - 1e-12, np.inf),
    ):
        if value is not None and not (is_number(value) and low < value < high):
            found.append(f"{name} lies between {low:.0f} and {high:.0f}; found {value!r}.")
    return found


def _correlation_problems(
    icc: float | None, between: float | None, person: float | None, people: float
) -> list[str]:
    """List what is wrong with how alike answers are, with so many people in a cluster."""
    given = {"icc": icc, "icc_between_waves": between, "person_correlation": person}
    found = [
        f"{name} is a correlation from 0 to below 1; found {value!r}."
        for name, value in given.items()
        if value is not None and not (is_number(value) and 0 <= value < 1)
    ]
    if icc is None and people > 1:
        found.append(
            "icc= is needed: people in one cluster answer alike, and by how much decides what the "
            "survey can find. jf.detectable_change shows it for a survey that was made."
        )
    return found


def _overlap_problems(overlap: float, overlap_people: float) -> list[str]:
    """List what is wrong with the shares that both waves have in common."""
    return [
        f"{name} is a share of the {whose}, from 0 to 1; found {value!r}."
        for name, value, whose in (
            ("overlap", overlap, "clusters"),
            ("overlap_people", overlap_people, "people in clusters that both waves visit"),
        )
        if not is_number(value) or not 0 <= value <= 1
    ]


def _cluster_problems(
    overlap: float, icc: float | None, between: float | None, people: float
) -> list[str]:
    """List what is wrong with what clusters keep from wave to wave."""
    if overlap > 0 and between is None:
        return [
            "icc_between_waves= is needed where clusters are visited again: 0 if what a cluster "
            "says in one wave tells nothing of the next, as large as icc if all change alike."
        ]
    kept = between or 0.0
    if people > 1 and icc is not None and kept > icc:
        return [
            f"icc_between_waves ({kept:g}) is larger than icc ({icc:g}), but answers of "
            "different waves are no more alike than those of one."
        ]
    return []


def _person_problems(
    overlap: float,
    overlap_people: float,
    icc: float | None,
    between: float | None,
    person: float | None,
    people: float,
) -> list[str]:
    """List what is wrong with what people keep from wave to wave."""
    if overlap_people == 0 and person is None:
        return []
    if people == 1:
        return [
            "people drawn one by one are clusters of one: overlap= says how many are asked again, "
            "and icc_between_waves= is the correlation of a person's answers. Leave "
            "overlap_people= and person_correlation= out."
        ]
    if overlap == 0 and overlap_people > 0:
        return ["overlap_people is a share of people in clusters visited again, but overlap is 0."]
    if overlap_people > 0 and person is None:
        return [
            "person_correlation= is needed where people are asked again: how alike one person's "
            "two answers are. jf.detectable_change shows it for a panel that was made."
        ]
    low = between or 0.0
    high = 1 - (icc or 0.0) + low
    if person is not None and not low <= person <= high:
        return [
            f"person_correlation ({person:g}) lies outside {low:g} to {high:g}: a person's two "
            "answers are at least as alike as those of two neighbours (icc_between_waves), and no "
            "more than icc leaves room for."
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
