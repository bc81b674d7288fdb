"""What draws alone can say: that a value is negligible, or that several things hold at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.display.numbers import chance
from jfmodels.errors import SpecError, choose, listing
from jfmodels.results.draws import Draws
from jfmodels.results.estimands import Estimand, Range
from jfmodels.results.joint import Joint
from jfmodels.results.plans import Plan

__all__ = ["Bounds", "Probability", "all_together", "negligible", "refuse_range", "rows_of"]

type Floats = NDArray[np.float64]
type Rows = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Probability:
    """A posterior probability that all of several rows lie within bounds.

    Attributes
    ----------
    value : float
        The probability.
    mc_error : float
        Its Monte Carlo standard error.
    n_rows : int
        How many rows it speaks of, all of them together.
    flag : tuple of str
        Codes of what a reader must know before using any of the rows, sorted.

    Examples
    --------
    >>> Probability(0.9312, 0.0041, 5)
    0.931 that all 5 rows hold (Monte Carlo error 0.004)
    """

    value: float
    mc_error: float
    n_rows: int
    flag: tuple[str, ...] = ()

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        of = f"all {self.n_rows} rows hold" if self.n_rows > 1 else "the row holds"
        return f"{chance(self.value)} that {of} (Monte Carlo error {self.mc_error:.3f})"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where values must lie, both ends excluded.

    Attributes
    ----------
    above, below : float or None
        The ends; None for none.
    """

    above: float | None
    below: float | None

    def __post_init__(self) -> None:
        named = {"above": self.above, "below": self.below}
        for name, value in named.items():
            if value is not None and not isinstance(value, Real):
                raise SpecError(f"{name}= is a number in the unit of the rows; found {value!r}.")
        if self.above is None and self.below is None:
            raise SpecError(
                "Say what must hold: above=0.0 for rows that are all positive, below=0.0 for "
                "negative ones, or both ends."
            )
        low, high = self.ends
        if not low < high:
            raise SpecError(
                f"above={self.above!r} and below={self.below!r} leave no room between them: rows "
                "lie above the one and below the other."
            )

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper end."""
        low = -np.inf if self.above is None else float(self.above)
        return low, np.inf if self.below is None else float(self.below)


def negligible(joint: Joint, plan: Plan, rope: object) -> Floats:
    """Posterior probability that each row is no farther than `rope` from no difference, (K,).

    Parameters
    ----------
    joint : Joint
        The belief about the K rows.
    plan : Plan
        What they are.
    rope : object
        Half the width of the region of practical equivalence, a positive number.
    """
    if plan.estimand == "level":
        raise SpecError(
            "rope= says which differences are negligible, and levels are none. Ask it of "
            "changes(), contrasts() or another comparison."
        )
    number = isinstance(rope, Real) and not isinstance(rope, bool)
    half = float(str(rope)) if number else np.nan
    if not 0 < half < np.inf:
        raise SpecError(
            "rope= is a positive number in the unit of the rows, such as 0.02 for two "
            f"percentage points; found {rope!r}."
        )
    if half >= 1 and not plan.unit and all(item.unit == "share" for item in plan.items):
        raise SpecError(
            f"Shares lie between 0 and 1, so no difference can exceed rope={rope!r}; two "
            "percentage points are rope=0.02."
        )
    inside = joint.within(plan.null - half, plan.null + half)
    return inside.draws.mean(axis=0)


def all_together(
    answers: Sequence[Joint], bounds: Bounds, flags: Iterable[str] = ()
) -> Probability:
    """Posterior probability that all numbers of all answers lie within bounds.

    Parameters
    ----------
    answers : sequence of Joint
        Beliefs that rest on the same draws.
    bounds : Bounds
        Where the numbers must lie.
    flags : iterable of str
        Codes of what must be told of the numbers.
    """
    inside = [joint.within(*bounds.ends) for joint in answers]
    drawn = np.concatenate([each.draws for each in inside], axis=1)
    every = Draws(drawn.min(axis=1, keepdims=True), inside[0].error).summary(0.5)
    value, mc_error = float(every.estimate[0]), float(every.mc_error[0])
    return Probability(value, mc_error, drawn.shape[1], tuple(sorted(set(flags))))


def rows_of(table: pd.DataFrame, rows: Rows | None) -> NDArray[np.int64]:
    """Find the rows of a table that bear some labels, and refuse those that know nothing.

    Parameters
    ----------
    table : DataFrame
        As :meth:`jfmodels.Fit.estimate` gives it.
    rows : mapping of str to str or sequence of str, or None
        Labels by column; all rows if None.
    """
    labelled = {str(name): table[name] for name in table.select_dtypes("category").columns}
    chosen = np.ones(len(table), dtype=bool)
    for name, wanted in (rows or {}).items():
        column = choose("column of labels", name, labelled)
        labels = dict.fromkeys(str(each) for each in column.cat.categories)
        for each in [wanted] if isinstance(wanted, str) else wanted:
            choose(f"label of '{name}'", each, labels)
        chosen &= column.isin([wanted] if isinstance(wanted, str) else list(wanted)).to_numpy()
    if not chosen.any():
        raise SpecError(f"No row of the question bears {listing((rows or {}).values())}.")
    unknown = int(table["estimate"][chosen].isna().sum())
    if unknown:
        raise SpecError(
            f"{unknown} of {chosen.sum()} rows have no estimate: not asked, or asked in other "
            "words. Choose among the others by rows=, such as {'wave': 'Q6'}."
        )
    return np.flatnonzero(chosen)


def refuse_range(estimand: Estimand, option: str) -> None:
    """Refuse what a range of levels has no rows for."""
    if isinstance(estimand, Range):
        raise SpecError(f"{option} speaks of rows that are compared; a Range has none.")
