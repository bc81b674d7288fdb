"""What a formula may call, and with what: the closed list of functions of the language.

Every factor of a term is held against this list before anything is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jfmodels.errors import SpecError, choose, listing, unknown
from jfmodels.model.syntax import Call, Name, Node, Number, Operation, Text, brief

__all__ = ["CONTRASTS", "NUMERIC", "SPLINES", "check_factor", "check_numbers", "columns_of"]

MOST_POWER = 4
NUMERIC: Mapping[str, str] = {
    "I": "its argument as arithmetic, or a comparison",
    "log": "natural logarithm",
    "log1p": "natural logarithm of 1 + x",
    "exp": "exponential",
    "sqrt": "square root",
    "abs": "absolute value",
    "center": "x minus its weighted mean",
    "standardize": "x minus its weighted mean, by its weighted standard deviation",
    "scale": "the same as standardize",
}
CONTRASTS: Mapping[str, str] = {
    "Treatment": "reference",
    "Sum": "omit",
    "Poly": "",
    "Diff": "",
    "Helmert": "",
}
ALONE: Mapping[str, str] = {
    "offset": "offset(log(n)) is added to the other terms",
    "walk": "walk(wave | region) is added to the other terms",
    "ar1": "ar1(wave | region) is added to the other terms",
    "bym2": "bym2(commune) is added to the other terms",
    "shown": "shown(...) stands on the left of '~'",
    "option": "option(...) stands on the left of '~'",
}
ELSEWHERE: Mapping[str, str] = {
    "factor": "C(x) for numbers that are names",
    "relevel": 'C(region, Treatment("Gao"))',
    "poly": "x + I(x ** 2)",
    "ns": "cr(x, df=4)",
    "s": "cr(x, df=4)",
    "log10": "I(log(x) / log(10))",
    "log2": "I(log(x) / log(2))",
}  # what users of R, mgcv and numpy would write


@dataclass(frozen=True, slots=True)
class Option:
    """What an option of a spline may be.

    Attributes
    ----------
    type : type
        Of its value; a whole number serves as a float.
    low, high : float
        Between which a number lies.
    says : str
        The same in words.
    """

    type: type
    low: float
    high: float
    says: str


DF = Option(int, 1, 30, "a whole number from 1 to 30")
DEGREE = Option(int, 0, 5, "a whole number from 0 to 5")
BOUND = Option(float, -1e12, 1e12, "a number")
TRUTH = Option(bool, 0, 1, "True or False")
CONSTRAINTS: Mapping[str, str] = {
    "center": "columns sum to zero over people and stand beside an intercept; the default",
    "none": "columns sum to one in every row, and take the place of an intercept",
}
CENTRE = Option(str, 0, 0, "'center' or 'none'")
BOUNDS = {"lower_bound": BOUND, "upper_bound": BOUND}
CUBIC = {"df": DF, **BOUNDS, "constraints": CENTRE}
SPLINES: Mapping[str, Mapping[str, Option]] = {
    "bs": {"df": DF, "degree": DEGREE, "include_intercept": TRUTH, **BOUNDS},
    "cr": CUBIC,
    "cc": CUBIC,
    "te": {"constraints": CENTRE},
}


def check_factor(node: Node) -> None:
    """Refuse a factor that is not in the language.

    Raises
    ------
    SpecError
        Naming what is called and what can be.

    Examples
    --------
    >>> check_factor(Call("lag", (Name("age"),)))
    Traceback (most recent call last):
    ...
    jfmodels.errors.SpecError: Unknown function 'lag'. Did you mean 'log'? Known: 'C', 'Q', 'I',
    'log', 'log1p', 'exp', 'sqrt', 'abs', 'center', 'standardize', 'scale', 'bs', 'cr', 'cc', 'te',
    'offset', 'walk', 'ar1', 'bym2'.
    """
    match node:
        case Name():
            return
        case Call("C"):
            _check_coding(node)
        case Call("te"):
            _check_tensor(node)
        case Call(name) if name in SPLINES:
            check_numbers(_only(node))
            _check_options(node)
        case Call(name) if name in NUMERIC:
            check_numbers(node)
        case Call(name):
            _refuse_call(name)
        case Operation("|" | "||"):
            raise SpecError(f"The random term ({brief(node)}) is added to other terms, no more.")
        case Text(text):
            raise SpecError(f'A text is no term. A column of that name is written Q("{text}").')
        case _:
            raise SpecError(f"'{brief(node)}' is no term. Arithmetic is written I(...).")


def _refuse_call(name: str) -> None:
    """Say why a function cannot be called here."""
    if name in ALONE:
        raise SpecError(f"'{name}' cannot be part of another term: {ALONE[name]}.")
    if name in ELSEWHERE:
        raise SpecError(f"There is no function '{name}' here: write {ELSEWHERE[name]}.")
    if name in CONTRASTS:
        raise SpecError(f"'{name}' belongs into C, as in C(region, {name}).")
    raise SpecError(unknown("function", name, ["C", "Q", *NUMERIC, *SPLINES, *list(ALONE)[:4]]))


def check_numbers(node: Node) -> None:
    """Refuse what does not make numbers of columns."""
    match node:
        case Name() | Number():
            return
        case Text(text):
            raise SpecError(
                f"The text '{text}' stands where a number belongs. A column is written "
                f'Q("{text}"), and a level is compared with, as in I(region == "{text}").'
            )
        case Operation():
            _check_operation(node)
        case Call(name) if name in NUMERIC:
            if node.options:
                raise SpecError(f"'{name}' takes no options.")
            check_numbers(_only(node))
        case Call(name) if name in SPLINES or name == "C":
            raise SpecError(f"'{name}' makes columns, not numbers, and is a term of its own.")
        case Call(name):
            _refuse_call(name)


def _check_operation(node: Operation) -> None:
    """Bound powers, and let texts be compared with columns only."""
    if node.sign in ("|", "||"):
        raise SpecError(f"'{brief(node)}': groups belong to a random term, as in (1 | commune).")
    if node.sign == "**":
        _check_power(node.operands[1])
    match node:
        case Operation("==" | "!=", (Name(), Text()) | (Text(), Name())):
            return
    for each in node.operands:
        check_numbers(each)


def _check_power(power: Node) -> None:
    if not isinstance(power, Number) or not 0 < float(power.text) <= MOST_POWER:
        raise SpecError(
            f"A power is a number above 0 and at most {MOST_POWER}; found '{brief(power)}'."
        )


def _only(node: Call) -> Node:
    """Give the one argument of a call."""
    if len(node.arguments) != 1:
        hint = f" Options are named, as in {node.function}(x, df=4)." * (node.function in SPLINES)
        raise SpecError(f"'{node.function}' takes one argument; found '{brief(node)}'.{hint}")
    return node.arguments[0]


def _check_options(node: Call) -> None:
    """Hold the options of a spline against what they may be."""
    given = dict(node.options)
    for name, value in given.items():
        option = choose(f"option of '{node.function}'", name, SPLINES[node.function])
        if not _fits(value, option):
            raise SpecError(f"'{brief(node)}': {name} is {option.says}.")
    if "df" in SPLINES[node.function] and "df" not in given:
        raise SpecError(f"'{brief(node)}': say how flexible it may be, as in df=4.")


def _fits(value: float | str, option: Option) -> bool:
    """Tell whether a value is of an option's type and within its bounds."""
    if isinstance(value, str) or option.type is str:
        return option.type is str and value in CONSTRAINTS
    if isinstance(value, bool) or option.type is bool:
        return option.type is bool and isinstance(value, bool)
    whole = isinstance(value, int) or option.type is float
    return whole and option.low <= value <= option.high


def _check_tensor(node: Call) -> None:
    """A tensor product takes splines."""
    _check_options(node)
    for each in node.arguments:
        if not isinstance(each, Call) or each.function not in SPLINES or each.function == "te":
            raise SpecError(
                f"'te' takes splines, as in te(cr(x, df=4), cr(z, df=4)); found '{brief(each)}'."
            )
        check_factor(each)
    if not 1 <= len(node.arguments) <= 3:
        raise SpecError(f"'te' takes one to three splines; found {len(node.arguments)}.")


def _check_coding(node: Call) -> None:
    """Hold C(x) and C(x, contrast) against the known contrasts."""
    if node.options or len(node.arguments) not in (1, 2):
        raise SpecError(
            f"'{brief(node)}': C takes a column and, at most, one contrast, as in "
            'C(region, Treatment("Gao")).'
        )
    check_numbers(node.arguments[0])
    if len(node.arguments) == 2:
        _check_contrast(node.arguments[1])


def _check_contrast(node: Node) -> None:
    """Hold a contrast against the known ones, and its level against what a level may be."""
    match node:
        case Name(name):
            choose("contrast", name, CONTRASTS)
        case Call(name, (Text() | Number(),), ()) if choose("contrast", name, CONTRASTS):
            return
        case Call(name, (), ()):
            choose("contrast", name, CONTRASTS)
        case Call(name, (), ((option, str() | int()),)) if option == choose(
            "contrast", name, CONTRASTS
        ):
            return
        case _:
            raise SpecError(
                f"'{brief(node)}' is no contrast. Known: {listing(CONTRASTS)}, where Treatment "
                'and Sum take the name of a level, as in Treatment("Gao").'
            )


def columns_of(node: Node) -> tuple[str, ...]:
    """List the columns that a factor reads, in the order in which they are written.

    Examples
    --------
    >>> columns_of(Operation("/", (Name("income"), Call("log", (Name("size"),)))))
    ('income', 'size')
    """
    match node:
        case Name(name):
            return (name,)
        case Operation(_, parts):
            found = [columns_of(each) for each in parts]
        case Call("C", arguments):
            found = [columns_of(arguments[0])]
        case Call(_, arguments):
            found = [columns_of(each) for each in arguments]
        case _:
            return ()
    return tuple(dict.fromkeys(name for each in found for name in each))
