"""One part of a claim held against the data, under one specification."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import astuple, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.claims.assertions import Assertion
from jfmodels.claims.kinds import Part
from jfmodels.claims.places import common_places
from jfmodels.claims.rules import ByDraws, ByTests, Evidence, joined, of_rows, together
from jfmodels.claims.specification import SpecificationFits
from jfmodels.errors import ClaimError, EstimationError, choose
from jfmodels.results.estimands import Contrast, DiffInDiff, Estimand, Level
from jfmodels.results.fit import Fit
from jfmodels.results.joint import Joint
from jfmodels.results.normal import Normal
from jfmodels.results.plans import take
from jfmodels.survey.readings import Reading

__all__ = ["BLOCKING", "Judged", "domain_of", "judge_part", "rows_of"]

type Names = Mapping[Reading, str]
type Where = Mapping[str, Sequence[str]]

# What leaves nothing to decide by; other flags are told beside the verdict.
BLOCKING = frozenset(
    {
        "at_boundary",
        "fit_failed",
        "no_interviews",
        "not_adjusted",
        "not_asked",
        "relabelled",
        "suppressed",
    }
)
# A group that strata meet in one cluster each is judged by how these differ, if by more than this:
# from two clusters, tests that take 2 degrees of freedom reject .06 of what is true.
LEAST_DF = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What was found of a part.

    Attributes
    ----------
    evidence : Evidence
        For the part as a whole.
    rows : DataFrame
        The R rows it rests on, as :meth:`jfmodels.Fit.estimate` gives them; empty where
        the engine has no answer.
    assertions : tuple of Assertion, length R
        What each row must satisfy.
    each : tuple of Evidence, length R
        The evidence of each row alone.
    refused : str
        Why the engine has no answer; empty if it has one.
    told : tuple of str
        Codes that hold of the part although there are no rows to bear them.
    where : mapping of str to sequence of str
        The domain.
    """

    evidence: Evidence
    rows: pd.DataFrame
    assertions: tuple[Assertion, ...] = ()
    each: tuple[Evidence, ...] = ()
    refused: str = ""
    told: tuple[str, ...] = ()
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def flags(self) -> tuple[str, ...]:
        """Codes of what must be known of any of the rows."""
        found = {code for codes in self.rows.get("flag", ()) for code in codes}
        return tuple(sorted({*found, *self.told}))

    @property
    def blocked(self) -> tuple[str, ...]:
        """Codes that leave nothing to decide by."""
        of_rows = {code for codes in _blocking(self.rows) for code in codes}
        return tuple(sorted(of_rows | BLOCKING & set(self.told)))

    def verdict(self, alpha: float) -> str:
        """Decide; a row on which no verdict rests leaves the part undecided."""
        return self.evidence.verdict(alpha)

    def hinge(self, alpha: float) -> int:
        """The row on which the verdict hinges: the weakest for it, or the one that refutes it."""
        if self.verdict(alpha) == "contradicted":
            return int(np.argmin([each.refute for each in self.each]))
        return int(np.argmax([each.support for each in self.each]))

    def row(self, alpha: float) -> dict[str, Any]:
        """The row on which the verdict hinges, by column."""
        row = self.rows.iloc[self.hinge(alpha)]
        return {str(name): value for name, value in row.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Answered:
    """One assertion with its rows."""

    key: Hashable
    assertion: Assertion
    rows: pd.DataFrame
    joint: Joint


def judge_part(part: Part, names: Names, fits: SpecificationFits, alpha: float) -> Judged:
    """Ask the data for what a part says.

    Parameters
    ----------
    part : Part
        The part.
    names : mapping of Reading to str
        Outcomes of the survey of `fits`.
    fits : SpecificationFits
        Where answers come from.
    alpha : float
        Error rate of the tests.
    """
    where, places = domain_of(part, fits), _fitted_places(part, fits)
    outcomes = tuple(names[reading] for reading in part.readings)
    nothing = ByDraws(0.0, 1.0, 1.0) if fits.specification.is_bayesian else ByTests(1.0, 1.0)
    if not _asked(part, outcomes, fits):
        says = "the question was not asked"
        return Judged(nothing, pd.DataFrame(), refused=says, told=("not_asked",))
    try:
        answered = [
            each
            for assertion in part.assertions(names)
            for each in _answers(assertion, outcomes, fits, places, where, alpha)
        ]
    except EstimationError as fault:
        return Judged(nothing, pd.DataFrame(), refused=str(fault))
    return replace(_judged(answered), where={**(places or {}), **(where or {})})


def _asked(part: Part, outcomes: Sequence[str], fits: SpecificationFits) -> bool:
    """Whether all waves that a part speaks of asked all of its questions."""
    places = [fits.survey.waves.index(wave) for wave in part.waves] or [0]
    return all(fits.survey.asked[name][place] for name in outcomes for place in places)


def domain_of(part: Part, fits: SpecificationFits) -> dict[str, tuple[str, ...]] | None:
    """The part's domain, in the places that its waves share where these alone count."""
    where = {name: tuple(labels) for name, labels in part.where.items()}
    alone = fits.specification.common_places and fits.specification.is_direct
    common = common_places(fits.survey, part.waves) if alone else None
    for name, labels in (common or {}).items():
        where[name] = tuple(text for text in where.get(name, labels) if text in labels)
    return where or None


def _fitted_places(part: Part, fits: SpecificationFits) -> Where | None:
    """The places that a model is fitted to, where not all count.

    To name them in the model's answer instead would make it speak of these clusters alone,
    whatever the target.
    """
    if fits.specification.is_direct or not fits.specification.common_places:
        return None
    return common_places(fits.survey, part.waves)


def _answers(
    assertion: Assertion,
    outcomes: tuple[str, ...],
    fits: SpecificationFits,
    places: Where | None,
    where: Where | None,
    alpha: float,
) -> list[_Answered]:
    """Answer an assertion: of levels and changes by a model, outcome by outcome."""
    groups = tuple(name for name in assertion.estimand.axes if name != "wave")
    apart = not fits.specification.is_direct and not _compares_outcomes(assertion.estimand)
    together = [(each,) for each in outcomes] if apart else [outcomes]
    found = []
    for some in together:
        key, fit = fits.fit(some, groups, places)
        rows = dict(assertion.rows)
        if len(some) < len(outcomes) and "outcome" in rows:
            rows["outcome"] = some
        found.append(_answer(key, fit, replace(assertion, rows=rows), fits, where, alpha))
    return found


def _compares_outcomes(estimand: Estimand) -> bool:
    return isinstance(estimand, Contrast | DiffInDiff) and estimand.along == "outcome"


def _answer(
    key: Hashable,
    fit: Fit,
    assertion: Assertion,
    fits: SpecificationFits,
    where: Where | None,
    alpha: float,
) -> _Answered:
    """Put one question to one fit, and keep the rows that are meant."""
    estimand, over = assertion.estimand, fits.specification.over
    if not fits.specification.is_direct:
        over = over or "wave"
    coverage = 1 - 2 * alpha if assertion.equivalence else 1 - alpha
    table = fit.estimate(estimand, over=over, where=where, coverage=coverage)
    table.attrs.clear()  # pandas copies them at every step, and verdicts have a record of their own
    belief = fit.joint(estimand.axes, over=over, where=where)
    plan = estimand.plan(belief.grid)
    kept = rows_of(table, assertion.rows)
    return _Answered(
        key,
        assertion,
        table.iloc[kept].reset_index(drop=True),
        take(plan, kept).answer(belief.joint),
    )


def rows_of(table: pd.DataFrame, wanted: Mapping[str, str | Sequence[str]]) -> np.ndarray:
    """Places of the rows that bear some labels."""
    chosen = np.ones(len(table), dtype=bool)
    for name, labels in wanted.items():
        texts = [labels] if isinstance(labels, str) else list(labels)
        column = table[name]
        for text in texts:
            choose(
                f"label of '{name}'",
                text,
                dict.fromkeys(map(str, column.cat.categories)),
                ClaimError,
            )
        chosen &= column.isin(texts).to_numpy()
    if not chosen.any():
        raise ClaimError(f"The survey has no row of {dict(wanted)}.")
    return np.flatnonzero(chosen)


def _judged(answered: Sequence[_Answered]) -> Judged:
    """Join the evidence of all rows: a part holds if all of its rows lie where they must."""
    each: list[Evidence] = []
    blocked = False
    for found in answered:
        estimand = found.assertion.estimand
        share = isinstance(estimand, Level) and (found.rows["unit"] == "share").all()
        rows = of_rows(found.joint, found.assertion, level_of_share=bool(share))
        stops = _blocking(found.rows)
        blocked |= any(stops)
        each += [_usable(e, codes) for e, codes in zip(rows, stops, strict=True)]
    drawn = not any(isinstance(found.joint, Normal) for found in answered)
    if drawn and not blocked:
        evidence: Evidence = together([(f.key, f.joint, f.assertion) for f in answered])
    else:
        evidence = joined(each, "all")
    return Judged(
        evidence=evidence,
        rows=pd.concat([found.rows for found in answered], ignore_index=True),
        assertions=tuple(found.assertion for found in answered for _ in range(len(found.rows))),
        each=tuple(each),
    )


def _blocking(rows: pd.DataFrame) -> list[frozenset[str]]:
    """Codes of every row that leave nothing to decide by."""
    if rows.empty:
        return []
    pairs = zip(rows["flag"], rows["df"], strict=True)
    return [
        (BLOCKING if df > LEAST_DF + 1e-9 else BLOCKING | {"one_cluster"}) & set(codes)
        for codes, df in pairs
    ]


def _usable(evidence: Evidence, stops: Set[str]) -> Evidence:
    """Turn evidence that no verdict may rest on, or none at all, into none."""
    tested = isinstance(evidence, ByTests)
    if not np.isnan(astuple(evidence)).any() and not stops:
        return evidence
    return ByTests(1.0, 1.0) if tested else ByDraws(0.0, 1.0, 1.0)
