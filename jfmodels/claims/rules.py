"""From a belief about rows to supported, contradicted or undecided.

The rules are those of intervals: a claim holds where the interval lies within what was said, and
is refuted where it lies outside. They are written as tests, so that several rows and parts can be
joined: all of them by the intersection-union test, which needs no adjustment to support and
Holm's to refute, and any of them the other way round.

Posteriors are read in the same way, with the probability of the contrary in place of p. That
several things are not all so has a high probability wherever they lie near their edges, and no
one of them need be false for it; so what refutes is, as among tests, one of them after Holm.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, stdtr

from jfmodels.claims.assertions import Assertion
from jfmodels.results.joint import Joint
from jfmodels.results.normal import Normal

__all__ = [
    "CONTRADICTED",
    "SUPPORTED",
    "UNDECIDED",
    "ByDraws",
    "ByTests",
    "Evidence",
    "joined",
    "of_rows",
]

type Floats = NDArray[np.float64]

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"


@dataclass(frozen=True, slots=True)
class ByTests:
    """What tests say of a claim or a part of it.

    Attributes
    ----------
    support, refute : float
        p-values of the claim being false, and of its being true.
    """

    support: float
    refute: float

    def verdict(self, alpha: float) -> str:
        """Decide at an error rate."""
        return _decide(self.support, self.refute, alpha)


@dataclass(frozen=True, slots=True)
class ByDraws:
    """What a posterior says of a claim or a part of it.

    Attributes
    ----------
    holds : float
        Probability of what was said; the least that it can be, where it rests on fits that do
        not know of each other.
    support : float
        Probability of the contrary; of any of several, after Holm.
    refute : float
        Probability that it is not refuted: that nothing lies beyond its end, after Holm where
        one of several would refute it. Of a band, which can be missed on both sides, twice that
        of the side on which the mass lies. A narrow band has a small probability wherever
        little is known, which refutes nothing.
    """

    holds: float
    support: float
    refute: float

    def verdict(self, alpha: float) -> str:
        """Decide at an error rate."""
        return _decide(self.support, self.refute, alpha)


type Evidence = ByTests | ByDraws


def _decide(support: float, refute: float, alpha: float) -> str:
    if support <= alpha:
        return SUPPORTED
    return CONTRADICTED if refute <= alpha else UNDECIDED


def of_rows(answer: Joint, assertion: Assertion, *, level_of_share: bool) -> list[Evidence]:
    """Say of every row alone whether it lies where the assertion says.

    Parameters
    ----------
    answer : Joint
        The belief about K rows.
    assertion : Assertion
        Where each must lie.
    level_of_share : bool
        Whether rows are shares, whose intervals are those of their logits.
    """
    if not isinstance(answer, Normal):
        holds = answer.within(*assertion.said).draws.mean(axis=0)
        pairs = zip(holds.tolist(), _refuting(answer, assertion).tolist(), strict=True)
        return [ByDraws(each, 1 - each, refute) for each, refute in pairs]
    support, refute = _tests(answer, assertion, level_of_share)
    return [ByTests(float(a), float(b)) for a, b in zip(support, refute, strict=True)]


def together(answers: Sequence[tuple[Hashable, Joint, Assertion]]) -> ByDraws:
    """Say how probable it is that all rows of all answers lie where they must.

    Answers of one fit are counted draw by draw; those of several, which do not know of each
    other, are bounded by Boole's inequality.

    Parameters
    ----------
    answers : sequence of (key, Joint, Assertion)
        Answers with equal keys rest on the same draws.
    """
    by_fit: dict[Hashable, list[Floats]] = {}
    refute: list[float] = []
    for key, answer, assertion in answers:
        by_fit.setdefault(key, []).append(answer.within(*assertion.said).draws)
        refute += _refuting(answer, assertion).tolist()
    holds = [float(np.concatenate(rows, axis=1).min(axis=1).mean()) for rows in by_fit.values()]
    least = _least_of_all(holds)
    return ByDraws(least, 1 - least, _smallest_by_holm(refute))


def joined(parts: Sequence[Evidence], how: str) -> Evidence:
    """Join the evidence for several parts.

    Parameters
    ----------
    parts : sequence of ByTests, or of ByDraws
        One kind of evidence.
    how : {"all", "any"}
        Whether all must hold, or one.

    Examples
    --------
    >>> joined([ByTests(0.01, 1.0), ByTests(0.04, 1.0)], "all").verdict(0.05)
    'supported'
    >>> joined([ByTests(0.03, 1.0), ByTests(0.9, 0.8)], "any").verdict(0.05)
    'undecided'
    """
    if isinstance(parts[0], ByDraws):
        return _drawn_together([each for each in parts if isinstance(each, ByDraws)], how)
    tested = [each for each in parts if isinstance(each, ByTests)]
    support, refute = [each.support for each in tested], [each.refute for each in tested]
    if how == "all":
        return ByTests(max(support), _smallest_by_holm(refute))
    return ByTests(_smallest_by_holm(support), max(refute))


def _drawn_together(parts: Sequence[ByDraws], how: str) -> ByDraws:
    """Join what posteriors say that do not know of each other."""
    refute = [each.refute for each in parts]
    if how == "all":
        least = _least_of_all([each.holds for each in parts])
        return ByDraws(least, 1 - least, _smallest_by_holm(refute))
    support = _smallest_by_holm([each.support for each in parts])
    return ByDraws(max(each.holds for each in parts), support, min(1.0, sum(refute)))


def _least_of_all(holds: Sequence[float]) -> float:
    """The least that the probability of all can be, by Boole's inequality."""
    return max(0.0, 1 - sum(1 - each for each in holds))


def _smallest_by_holm(p: Sequence[float]) -> float:
    """The smallest p-value after Holm, whose first step is Bonferroni's; NaN stays."""
    return float(np.minimum(len(p) * np.min(p), 1.0))


def _tests(answer: Joint, assertion: Assertion, on_logits: bool) -> tuple[Floats, Floats]:
    """p-values of every row's lying outside of what was said, and inside, (K,) each.

    One-sided p-values are doubled, as intervals are two-sided; two one-sided tests of
    equivalence are not, as their interval has twice the error.
    """
    factor = 1.0 if assertion.equivalence else 2.0
    against = _one_sided(answer, on_logits)
    (above_low, _), (_, below_high) = (against(end) for end in assertion.said)
    support = factor * np.maximum(above_low, below_high)
    (_, below_low), (above_high, _) = (against(end) for end in assertion.refuted_outside)
    refute = 2 * np.minimum(below_low, above_high)
    return np.minimum(support, 1.0), np.minimum(refute, 1.0)


def _one_sided(answer: Joint, on_logits: bool) -> Callable[[float], tuple[Floats, Floats]]:
    """Give p-values against a row's lying above an end, and below: small is evidence for it."""
    if on_logits:
        answer = answer.apply(lambda x: np.log(x) - np.log1p(-x))
    found = answer.summary(0.5)
    error = np.where(found.std_error > 0, found.std_error, np.nan)  # none where nothing varies

    def against(end: float) -> tuple[Floats, Floats]:
        if on_logits:
            end = float(logit(min(max(end, 0.0), 1.0)))
        if np.isinf(end):
            nothing, certain = np.zeros(answer.size), np.ones(answer.size)
            return (nothing, certain) if end < 0 else (certain, nothing)
        upper = stdtr(found.df, (end - found.estimate) / error)
        return upper, 1 - upper

    return against


def _refuting(answer: Joint, assertion: Assertion) -> Floats:
    """Probability of every row's not lying beyond the end that its mass is nearest to, (K,)."""
    low, high = assertion.refuted_outside
    above = answer.within(low, np.inf).draws.mean(axis=0)
    below = answer.within(-np.inf, high).draws.mean(axis=0)
    sides = 2.0 if np.isfinite([low, high]).all() else 1.0
    return np.minimum(sides * np.minimum(above, below), 1.0)
