"""What a claim comes down to: numbers that must lie between two ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jfmodels.results.estimands import Estimand

__all__ = ["Assertion", "Ends", "above", "below", "rounding", "within"]

type Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Assertion:
    """That every one of some rows of a question lies between two ends.

    Attributes
    ----------
    estimand : Estimand
        The question.
    rows : mapping of str to str or sequence of str
        Which of its rows, by their labels.
    said : tuple of float
        Between which ends they must lie for the claim to hold, in the unit of the rows.
    refuted_outside : tuple of float
        Outside which ends they must lie for it to be refuted; for a published level these
        are the ends of its rounding, for all else those of `said`.
    equivalence : bool
        Whether the claim is that a difference is negligible, which two one-sided tests show.
    """

    estimand: Estimand
    rows: Mapping[str, str | Sequence[str]]
    said: Ends
    refuted_outside: Ends
    equivalence: bool = False


def above(estimand: Estimand, rows: Mapping[str, str | Sequence[str]], end: float) -> Assertion:
    """Assert that rows lie above an end."""
    return Assertion(estimand, rows, (end, np.inf), (end, np.inf))


def below(estimand: Estimand, rows: Mapping[str, str | Sequence[str]], end: float) -> Assertion:
    """Assert that rows lie below an end."""
    return Assertion(estimand, rows, (-np.inf, end), (-np.inf, end))


def within(
    estimand: Estimand, rows: Mapping[str, str | Sequence[str]], ends: Ends, *, equivalence: bool
) -> Assertion:
    """Assert that rows lie between two ends."""
    return Assertion(estimand, rows, ends, ends, equivalence)


def rounding(decimals: int) -> float:
    """Half of what one unit of the last published digit is worth.

    Examples
    --------
    >>> rounding(0), rounding(1)
    (0.5, 0.05)
    """
    return float(0.5 * 10.0**-decimals)
