"""Margins met: one factor for each pattern of people, and what it means for errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, listing
from jfmodels.survey.adjustments import Adjustment, Linear, Load
from jfmodels.survey.calibration import ROUNDING, Distance, disjoint, solve
from jfmodels.survey.margins import Auxiliaries, Margin, auxiliaries
from jfmodels.survey.reweighting import adjusted, next_pattern
from jfmodels.survey.rows import Rows
from jfmodels.survey.survey import Survey

__all__ = ["UNBOUNDED", "Calibration", "Way", "meet"]

type Floats = NDArray[np.float64]

MET = 1e-8  # deviation from a total, in parts of it, up to which a margin is met
AT_ONCE = 20_000_000  # numbers held for the sets of weights that are solved together
UNBOUNDED = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True)
class Way:
    """How weights are calibrated.

    Attributes
    ----------
    method : str
        The verb, and how.
    distance : Distance
        What factors may be.
    bounds : tuple of float
        Within which they must lie.
    """

    method: str
    distance: Distance
    bounds: tuple[float, float] = UNBOUNDED


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Margins that any weights can be made to meet.

    Attributes
    ----------
    key : str
        Name of the key of patterns.
    known : Auxiliaries
        The margins, laid out.
    way : Way
        How they are met.
    """

    key: str
    known: Auxiliaries
    way: Way

    def factors(self, rows: Rows, weights: Floats) -> Floats:
        """Factors of every row under R sets of weights, (n, R)."""
        codes = rows.keys[self.key].codes
        sums = rows.sums_by(self.key, weights).T
        at_once = 1 + AT_ONCE // self.known.x.size
        parts = [self.found(sums[r : r + at_once]) for r in range(0, len(sums), at_once)]
        return np.concatenate([each.factor for each in parts]).T[codes]

    def found(self, weight: Floats) -> _Found:
        """Solve block by block for R sets of the weights of patterns, (R, G)."""
        known, factor, steps = self.known, np.ones_like(weight), 0
        missed = np.zeros((len(weight), len(known.blocks), len(known.targets)))
        for k in range(len(known.blocks)):
            here = known.block == k
            size = weight[:, here].sum(axis=1) if known.shares else np.ones(len(weight))
            total = known.targets * size[:, None]
            one = solve(known.x[here], weight[:, here], total, self.way.distance, self.way.bounds)
            factor[:, here], missed[:, k] = one.factor, one.missed
            steps = max(steps, one.steps)
        for each in missed:
            _require_met(known, each, self.way)
        _require_positive(known, factor, weight)
        return _Found(factor, missed, steps)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Factors by pattern, (R, G), what is missing of totals, (R, K, p), and the steps."""

    factor: Floats
    missed: Floats
    steps: int


def meet(survey: Survey, margins: Sequence[Margin], way: Way, within: Sequence[str]) -> Survey:
    """Make weights meet margins in every block, and put on record how.

    Parameters
    ----------
    survey : Survey
        Whose weights.
    margins : sequence of Margin
        What they are to meet.
    way : Way
        How.
    within : sequence of str
        Columns whose groups are to meet the margins each by itself.

    Raises
    ------
    SpecError
        If margins are not known to the survey, or cannot be met.
    """
    named = [name for each in margins for name in each.names if name in within]
    if named:
        raise SpecError(
            f"A margin names {listing(named)}, within which margins are to hold. Use "
            "within='pooled' for margins that differ by wave."
        )
    known = auxiliaries(survey, margins, within)
    key = next_pattern(survey)
    calibration = Calibration(key, known, way)
    before = np.bincount(known.pattern.codes, survey.rows.weight, len(known.x))
    found = calibration.found(before[None])
    factor = found.factor[0]
    weight = survey.rows.weight * factor[known.pattern.codes]
    adjustment = Adjustment(
        method=way.method,
        says=_says(survey, known, way, within),
        margins=_table(known, before, before * factor, within),
        steps=found.steps,
        deviation=float(np.abs(found.missed).max()),
        step=calibration,
        linear=_linear(key, known, before, factor, len(survey.adjustments)),
    )
    return adjusted(survey, adjustment, weight, {key: known.pattern})


def _require_met(known: Auxiliaries, missed: Floats, way: Way) -> None:
    """Name the margin that cannot be met, and where."""
    block, column = np.unravel_index(np.abs(missed).argmax(), missed.shape)
    off = float(missed[block, column])
    if abs(off) <= MET:
        return
    margin, category = known.columns[column]
    where = f" in {listing([' × '.join(known.blocks[block])])}" if known.blocks[block] else ""
    advice = "Widen bounds=, or merge" if way.distance.bounded else "Merge"
    raise SpecError(
        f"Margin '{margin}' cannot be met{where}: "
        f"{f'{category!r}' if category else 'its total'} stays {abs(off):.2%} "
        f"{'below' if off > 0 else 'above'} its target. {advice} categories that few people "
        "have, or drop a margin."
    )


def _require_positive(known: Auxiliaries, factor: Floats, weight: Floats) -> None:
    """Refuse factors below 0, under which no share stays between 0 and 1."""
    negative = (factor <= 0) & (weight > 0)
    if negative.any():
        n = int(np.isin(known.pattern.codes, np.flatnonzero(negative.any(axis=0))).sum())
        raise SpecError(
            f"Linear factors would make the weights of {n:,} interviews 0 or negative. Choose "
            "method='raking', or 'logit' with bounds=."
        )


def _linear(key: str, known: Auxiliaries, before: Floats, factor: Floats, step: int) -> Linear:
    """Regress shares of errors on the auxiliaries of each block, by the weights before."""
    shape = (len(known.x), len(known.blocks), known.x.shape[1])
    every = np.arange(len(known.x))
    wide, target, readers = np.zeros(shape), np.zeros(shape), np.zeros((*shape[1:], shape[0]))
    wide[every, known.block], target[every, known.block] = known.x, known.targets
    for k in range(len(known.blocks)):
        here = known.block == k
        readers[k][:, here] = _regression(known.x[here], before[here]) / factor[here]
    loads = [Load(key, wide.reshape(shape[0], -1), step + 1)]
    if known.shares:  # of a size that the weights before estimate
        loads.append(Load(key, -target.reshape(shape[0], -1), step))
    return Linear(key, readers.reshape(-1, shape[0]), tuple(loads))


def _regression(x: Floats, weight: Floats) -> Floats:
    """Give the R for which coefficients of y on x, (G, p), are R times weighted sums of y."""
    if disjoint(x):
        held = weight @ x
        return x.T / np.where(held > 0, held, 1.0)[:, None]
    size = np.abs(x).max(axis=0)
    size = np.where(size > 0, size, 1.0)
    x = x / size
    inverse = np.linalg.pinv((x * weight[:, None]).T @ x, rcond=ROUNDING, hermitian=True)
    return inverse @ x.T / size[:, None]


# ------------------------------------------------------------------ what is said of it


def _says(survey: Survey, known: Auxiliaries, way: Way, within: Sequence[str]) -> str:
    """Say in a sentence what was done."""
    margins = list(dict.fromkeys(name for name, _ in known.columns))
    where = f" within {' × '.join(within)}" if within else ""
    n = len(known.x)
    rows = (
        f"; {n:,} patterns of {survey.n:,} interviews, for a column holds many values"
        if 2 * n > survey.n
        else ""
    )
    kind = "shares" if known.shares else "counts"
    return f"{way.method}: weights meet {kind} of {listing(margins)}{where}{rows}"


def _table(
    known: Auxiliaries, before: Floats, after: Floats, within: Sequence[str]
) -> pd.DataFrame:
    """Margins before and after, with what they were to be; one row a block and category."""
    parts = []
    for k, title in enumerate(known.blocks):
        here = known.block == k
        held = [known.x[here].T @ weight[here] for weight in (before, after)]
        size = [weight[here].sum() for weight in (before, after)]
        shares = [each / total for each, total in zip(held, size, strict=True)]
        target = known.targets if known.shares else known.targets / size[1]
        margin, category = zip(*known.columns, strict=True)
        part = pd.DataFrame({"margin": margin, "category": category, "target": target})
        part["before"], part["after"] = shares
        for name, text in zip(reversed(within), reversed(title), strict=True):
            part.insert(0, name, text)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
