"""The formula by which a model answers a question, where none is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from jfmodels.engines.evidence import reached
from jfmodels.errors import SpecError
from jfmodels.model.cells import places
from jfmodels.model.model import Model
from jfmodels.model.syntax import Name, written
from jfmodels.model.weighting import Weighting
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.outcome import Outcome
from jfmodels.survey.survey import Survey

__all__ = ["Allowed", "default_formula", "default_formulas"]

type Allowed = Mapping[str, Sequence[str]]  # labels of a domain by column

LEFT: Mapping[str, str] = {
    "binary": "shown({})",
    "ordinal": "shown({})",
    "nominal": "{}",
    "continuous": "{}",
    "count": "{}",
}


def default_formulas(
    survey: Survey,
    outcome: str,
    groups: Sequence[str],
    covariates: Sequence[str],
    weighting: Weighting | None,
    allowed: Allowed,
    *,
    additive: bool = False,
) -> dict[str, str | Model]:
    """The formula of each model where none is given.

    Without fixed interactions (`additive`), groups still move of their own in a multilevel model:
    each has an effect in each wave, which says nothing of waves in which nobody was met there.
    """
    left = _left(survey.outcome(outcome))
    trend = [*(["wave"] if survey.waves else []), *map(_quoted, groups)]
    more = list(map(_quoted, covariates))
    plain = " + ".join([*trend, *more]) or "1"
    full = plain if additive else " + ".join([" * ".join(trend), *more]) or "1"
    random = _random_terms(survey, weighting)
    if additive and random and len(trend) > 1:
        moving = f"(1 | {':'.join([*trend[1:], trend[0]])})"
        random = [moving, *(term for term in random if term != moving)]
    found: dict[str, str | Model] = {
        "weighted": f"{left} ~ {full if _fits(survey, groups, covariates, allowed) else plain}"
    }
    if random:
        found["multilevel"] = f"{left} ~ {' + '.join([full, *random])}"
    return found


def default_formula(
    survey: Survey,
    outcome: str,
    groups: Sequence[str],
    covariates: Sequence[str],
    *,
    random: bool,
    weighting: Weighting | None = None,
) -> str:
    """Formula of a regression, or of a multilevel model, where none is given.

    Parameters
    ----------
    survey : Survey
        The survey.
    outcome : str
        The outcome; of several categories, what is shown.
    groups, covariates : sequence of str
        As `by` and `covariates` of :func:`compare`.
    random : bool
        Whether clusters, interviewers and people who are asked again have effects.
    weighting : str or Pseudo, optional
        Of the multilevel model; answers that count by their weights have no effects of people.
    """
    chosen = default_formulas(survey, outcome, groups, covariates, weighting, {})
    way = "multilevel" if random else "weighted"
    if way not in chosen:
        raise SpecError("The design names no clusters and no interviewers, so nothing is random.")
    return str(chosen[way])


def _left(outcome: Outcome) -> str:
    """The left side of a formula by which an outcome is modelled."""
    if outcome.scale not in LEFT:
        raise SpecError(
            f"'{outcome.name}' has several answers a person, and models take one at a time. Fit "
            f"jf.fit('option({outcome.name}, \"...\") ~ ...') beside jf.direct()."
        )
    return LEFT[outcome.scale].format(_quoted(outcome.name))


def _quoted(name: str) -> str:
    """A column as formulas write it."""
    return written(Name(name))


def _fits(
    survey: Survey, groups: Sequence[str], covariates: Sequence[str], allowed: Allowed
) -> bool:
    """Whether a domain has degrees of freedom for all interactions of wave and groups."""
    waves = ["wave"] if survey.waves else []
    size = {
        name: len(allowed.get(name, survey.group(name).labels))
        for name in (*waves, *groups, *covariates)
    }
    cells = prod(size[name] for name in (*waves, *groups))
    others = sum(size[name] - 1 for name in covariates)
    return cells + others - 1 < _df(survey, allowed)


def _df(survey: Survey, allowed: Allowed) -> int:
    """First-stage units that a domain reaches, minus their strata."""
    codes = survey.rows.aggregate([*allowed, "unit"]).codes
    inside, _ = places(survey.rows, list(allowed), codes, allowed)
    units, strata = reached(survey.sampling, codes[inside, -1])
    return units - strata


def _random_terms(survey: Survey, weighting: Weighting | None) -> list[str]:
    """Effects of clusters, of clusters in waves, of interviewers, and of people asked again."""
    design, terms = survey.design, []
    cluster = ":".join(_quoted(name) for name in as_names(_first_cluster(survey)))
    if cluster and survey.waves and design.repeats == "nothing":
        terms.append(f"(1 | wave:{cluster})")
    elif cluster:
        terms.append(f"(1 | {cluster})")
        terms += [f"(1 | {cluster}:wave)"] if survey.waves else []
    if design.interviewer:
        terms.append(f"(1 | {_quoted(design.interviewer)})")
    if design.person and design.repeats == "people" and weighting in (None, "ignore"):
        terms.append(f"(1 | {_quoted(design.person)})")
    return terms


def _first_cluster(survey: Survey) -> Names:
    """Column of the primary sampling units."""
    stages = survey.design.all_stages
    return stages[0].cluster if stages else None
