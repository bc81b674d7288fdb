"""What the factors of a formula are, pattern by pattern: numbers, or coded names.

A transform that depends on the data (levels, means, knots) is learned once, with weights,
and remembered by the node that asked for it, so that new patterns are treated alike. Means
and standard deviations are weighted, and so are the knots of ``bs``, at inverted weighted
quantiles; ``cr`` and ``cc`` lay knots at quantiles of the distinct values, as mgcv does.
Either way rows may be collapsed into patterns, and weights scaled, without a change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from operator import add, ge, gt, le, lt, mul, sub

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose, unknown
from jfmodels.model.splines import Knots, is_spline, margin, spline
from jfmodels.model.syntax import (
    COMPARISON,
    Call,
    Name,
    Node,
    Number,
    Operation,
    Text,
    brief,
    written,
)

__all__ = ["Coded", "Patterns", "State", "evaluate", "numbers"]

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type State = tuple[str, ...] | Floats | Knots

ELEMENTWISE: Mapping[str, Callable[[Floats], Floats]] = {
    "log": np.log,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
}
BINARY: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": np.divide,
    "**": np.power,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "==": np.equal,
    "!=": np.not_equal,
}
LARGEST = 1e25  # the square of a product of six numbers is below 1e308
TRUTH = ("False", "True")
NUMBERS: tuple[str, ...] = ()  # remembered of a column that has no levels


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A factor of names.

    Attributes
    ----------
    codes : ndarray of int64, shape (P,)
        Place of each pattern's level.
    levels : tuple of str
        Levels that occurred when they were learned, in order.
    contrast : tuple of str and (str or None)
        A key of :data:`jfmodels.model.calls.CONTRASTS`, and the level that it names.
    """

    codes: Ints
    levels: tuple[str, ...]
    contrast: tuple[str, str | None] = ("Treatment", None)


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Covariate patterns, and what is remembered of those that were seen first.

    Attributes
    ----------
    frame : DataFrame, P rows
        Categorical and numeric columns.
    weights : ndarray of float64, shape (P,), or None
        Weight of each pattern; None where nothing is to be learned any more.
    learned : dict of Node to State
        Filled while the first patterns are evaluated.
    """

    frame: pd.DataFrame
    weights: Floats | None
    learned: dict[Node, State]

    def remember(self, node: Node, learn: Callable[[Floats], State]) -> State:
        """Give what is remembered of a node, and learn it from the weights the first time."""
        if node not in self.learned:
            if self.weights is None:
                raise SpecError(f"'{brief(node)}' was not part of the formula that was fitted.")
            self.learned[node] = learn(self.weights)
        return self.learned[node]


def evaluate(node: Node, patterns: Patterns) -> Coded | Floats:
    """Evaluate a factor.

    Returns
    -------
    Coded or ndarray of float64, shape (P, k)
        Names, or the k columns of a number (one) or spline (several).

    Raises
    ------
    SpecError
        If a value is missing or not finite, or a level was not there before.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, 40.0]})
    >>> evaluate(Call("center", (Name("age"),)), Patterns(frame, np.array([3.0, 1.0]), {}))
    array([[-5.],
           [15.]])
    """
    with np.errstate(all="ignore"):
        match node:
            case Name(name):
                column = _column(name, patterns)
                found = column if isinstance(column, Coded) else _within(node, column)
            case Operation(sign) if sign in COMPARISON:
                found = Coded(numbers(node, patterns).astype(np.int64), TRUTH)
            case Call("I", (inner,)) if not isinstance(inner, Call):
                found = evaluate(inner, patterns)
            case Call("C", arguments):
                found = _recoded(node, arguments, patterns)
            case Call() if is_spline(node):
                found = _spline(node, patterns)
            case _:
                found = numbers(node, patterns)
    return found if isinstance(found, Coded) or found.ndim == 2 else found[:, None]


def numbers(node: Node, patterns: Patterns) -> Floats:
    """Evaluate a number, shape (P,).

    Raises
    ------
    SpecError
        If it is not finite in some pattern, or a column of names stands in it.
    """
    with np.errstate(all="ignore"):
        value = np.broadcast_to(_number(node, patterns), len(patterns.frame)).astype(np.float64)
    return _within(node, value)


def _within(node: Node, value: Floats) -> Floats:
    """Refuse numbers that cannot be computed with."""
    broken = int((~np.isfinite(value)).sum())
    if broken:
        raise SpecError(
            f"'{brief(node)}' is not a finite number in {broken} of {len(value)} patterns. "
            "Logarithms need values above 0, divisors other than 0."
        )
    if (largest := abs(value).max(initial=0)) > LARGEST:
        raise SpecError(
            f"'{brief(node)}' is as large as {largest:.0e}; the limit is {LARGEST:.0e}. Divide it, "
            "as in I(x / 1000000)."
        )
    return value


def _number(node: Node, patterns: Patterns) -> Floats:
    """Compute a number without looking whether it is finite."""
    match node:
        case Number(text):
            return np.array(float(text))
        case Name(name):
            return _numeric(name, patterns)
        case Operation("==" | "!=" as sign, (Name(name), Text(text)) | (Text(text), Name(name))):
            return (_is_level(name, text, patterns) == (sign == "==")).astype(np.float64)
        case Operation("-", (inner,)):
            return -_number(inner, patterns)
        case Operation(sign, (left, right)):
            part = numbers if sign in COMPARISON else _number  # NaN > 0 would be False
            value = BINARY[sign](part(left, patterns), part(right, patterns))
            return np.asarray(value, dtype=np.float64)
        case Call("I", (inner,)):
            return _number(inner, patterns)
        case Call("center" | "standardize" | "scale", (inner,)):
            return _moved(node, numbers(inner, patterns), patterns)
        case Call(name, (inner,)) if name in ELEMENTWISE:
            return ELEMENTWISE[name](_number(inner, patterns))
    raise SpecError(f"'{brief(node)}' is not a number.")


def _moved(node: Call, value: Floats, patterns: Patterns) -> Floats:
    """Subtract the weighted mean, and divide by the weighted standard deviation if asked."""

    def learn(weights: Floats) -> Floats:
        mean = np.average(value, weights=weights)
        spread = float(np.sqrt(np.average((value - mean) ** 2, weights=weights)))
        if node.function != "center" and not spread > 0:
            raise SpecError(f"'{brief(node)}': the values do not differ.")
        return np.array([mean, 1.0 if node.function == "center" else spread])

    mean, spread = np.asarray(patterns.remember(node, learn), dtype=np.float64)
    return (value - mean) / spread


def _spline(node: Call, patterns: Patterns) -> Floats:
    """Lay out the columns of a spline or of a tensor product of splines."""
    if node.function == "te":
        inside = [margin(each) for each in node.arguments if isinstance(each, Call)]
        parts = [_spline(each, patterns) for each in inside]
    else:
        parts = [numbers(node.arguments[0], patterns)]
    knots = patterns.remember(node, lambda weights: Knots.learn(node, parts, weights))
    if not isinstance(knots, Knots):
        raise SpecError(f"'{brief(node)}' was not learned as a spline.")
    return spline(node, parts, knots)


def _recoded(node: Call, arguments: tuple[Node, ...], patterns: Patterns) -> Coded:
    """Take a factor as names, coded by a contrast."""
    found = evaluate(arguments[0], patterns)
    if not isinstance(found, Coded):
        found = _distinct(node, found[:, 0], patterns)
    if len(arguments) == 1:
        return found
    match arguments[1]:
        case Call(name, (Text(level) | Number(level),)):
            chosen = level
        case Call(name, (), ((_, value),)):
            chosen = str(value)
        case Call(name) | Name(name):
            return replace(found, contrast=(name, None))
        case _:
            raise SpecError(f"'{brief(arguments[1])}' is no contrast.")
    choose(f"level of '{brief(arguments[0])}'", chosen, dict.fromkeys(found.levels))
    return replace(found, contrast=(name, chosen))


def _distinct(node: Node, value: Floats, patterns: Patterns) -> Coded:
    """Take the distinct values of a number as names, in order."""
    distinct, place = np.unique(value, return_inverse=True)
    labels = tuple(str(int(x)) if x == int(x) else str(float(x)) for x in distinct)
    return _placed(node, labels, place, patterns)


def _placed(node: Node, labels: tuple[str, ...], place: Ints, patterns: Patterns) -> Coded:
    """Find the places of labels among the levels that occurred first."""
    present = np.bincount(place, minlength=len(labels)) > 0
    occurring = tuple(label for label, there in zip(labels, present, strict=True) if there)
    levels = patterns.remember(node, lambda _: occurring)
    if not isinstance(levels, tuple) or levels == NUMBERS:
        raise SpecError(f"'{brief(node)}' held numbers in the fit, and holds names now.")
    for label in occurring:
        if label not in levels:
            raise SpecError(unknown(f"level of '{brief(node)}'", label, levels))
    table = np.array([levels.index(x) if x in levels else -1 for x in labels], dtype=np.int64)
    return Coded(table[place], levels)


def _column(name: str, patterns: Patterns) -> Coded | Floats:
    """Read a column of the patterns."""
    if name not in patterns.frame.columns:
        raise SpecError(unknown("column", name, patterns.frame.columns))
    series = patterns.frame[name]
    values = series.array
    names = isinstance(values, pd.Categorical)
    missing = int(np.count_nonzero(values.codes < 0 if names else values.isna()))
    if missing:
        raise SpecError(f"Column '{name}' is missing in {missing} of {len(series)} patterns.")
    if isinstance(values, pd.Categorical):
        labels = tuple(map(str, values.categories.tolist()))
        return _placed(Name(name), labels, values.codes.astype(np.int64), patterns)
    if not pd.api.types.is_numeric_dtype(series.dtype):
        raise SpecError(f"Column '{name}' of the patterns is neither categorical nor numeric.")
    if patterns.remember(Name(name), lambda _: NUMBERS) != NUMBERS:
        raise SpecError(f"Column '{name}' held names in the fit, and holds numbers now.")
    return series.to_numpy(dtype=np.float64)


def _numeric(name: str, patterns: Patterns) -> Floats:
    """Read a column that has to be a number."""
    found = _column(name, patterns)
    if not isinstance(found, Coded):
        return found
    text = written(Name(name))
    raise SpecError(
        f"Column '{name}' holds names, not numbers. Use it as a term of its own, or compare it, "
        f'as in I({text} == "{found.levels[0]}").'
    )


def _is_level(name: str, text: str, patterns: Patterns) -> NDArray[np.bool_]:
    """Tell which patterns have this level of a column."""
    found = _column(name, patterns)
    if not isinstance(found, Coded):
        raise SpecError(f"Column '{name}' holds numbers, and cannot be the text '{text}'.")
    choose(f"level of '{name}'", text, dict.fromkeys(found.levels))
    return found.codes == found.levels.index(text)
