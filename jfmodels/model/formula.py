"""What a model says of an outcome: a formula, read into a fixed part and random terms.

The left side names an outcome: ``trust_army``, ``shown(trust_army)`` or
``option(sources, "cattle theft")``. The right side is a sum of fixed terms, random terms
``(1 + time | region/commune)``, ``walk(wave | region)``, ``ar1(wave | region)``,
``bym2(commune)``, and at most one ``offset(log(n))``. A word that is called is a function of
the language; any other word is a column, also one named ``C`` or ``exp``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jfmodels.errors import SpecError, raise_all, unknown
from jfmodels.model.calls import check_numbers, columns_of
from jfmodels.model.grammar import read_formula
from jfmodels.model.random_terms import OVER_WAVES, RandomTerm, is_random, random_terms
from jfmodels.model.syntax import Call, Name, Node, Operation, Text, brief, written
from jfmodels.model.terms import INTERCEPT, Term, expand

__all__ = ["ROLES", "Formula", "RandomTerm", "check_columns", "parse"]

ROLES = {
    "wave": "The survey has no wave: name its column in SurveyDesign(wave=...).",
    "time": (
        "The survey's waves have no dates: give them start and end in the codebook, or name the "
        "design's date column."
    ),
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, read and checked, without data.

    Attributes
    ----------
    outcome : str
        Name of the outcome on the left.
    form : str
        "categories" (all of them), "shown" (the share that is shown) or "option".
    option : str
        Option of a multiple response; empty but for that form.
    fixed : str
        The fixed right side, written in one way; "1" if there is none.
    columns : tuple of str
        Columns that the fixed side and the offset read.
    offset : str or None
        What is added with a coefficient of 1.
    effects : tuple of RandomTerm
        Random terms, nested groups expanded.
    terms : tuple of Term
        The fixed side, multiplied out; ``()`` is the intercept.
    offset_node : Node or None
        The offset, read.
    """

    outcome: str
    form: str
    option: str
    fixed: str
    columns: tuple[str, ...]
    offset: str | None
    effects: tuple[RandomTerm, ...]
    terms: tuple[Term, ...] = field(repr=False)
    offset_node: Node | None = field(default=None, repr=False)

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Columns that any part reads."""
        random = (name for effect in self.effects for name in effect.columns)
        return tuple(dict.fromkeys([*self.columns, *random]))

    @property
    def text(self) -> str:
        """The formula, written in one way; to read it gives the same formula again."""
        left = written(_left(self))
        offset = [] if self.offset is None else [f"offset({self.offset})"]
        return f"{left} ~ {' + '.join([self.fixed, *(e.text for e in self.effects), *offset])}"


def parse(formula: str) -> Formula:
    """Read a formula of the closed language.

    Nothing in a formula is ever run: it is read by a grammar that has columns, numbers, a
    list of functions and the operators ``+ : * / - **``, and no more [1]_.

    Parameters
    ----------
    formula : str
        As in ``"trust_army ~ wave * region + bs(age, df=4) + (1 | commune)"``.

    Returns
    -------
    Formula
        Without data; columns are checked by :func:`check_columns`.

    Raises
    ------
    SpecError
        Saying what cannot be read, where, and what would do.

    References
    ----------
    .. [1] Wilkinson, G. N. and Rogers, C. E. (1973). Symbolic description of factorial
       models for analysis of variance. Applied Statistics 22, 392-399.

    Examples
    --------
    >>> formula = parse('shown(trust) ~ wave*sex + (1 | region/commune) + offset(log(n))')
    >>> formula.outcome, formula.form, formula.fixed, formula.offset
    ('trust', 'shown', 'wave * sex', 'log(n)')
    >>> [(effect.kind, effect.groups) for effect in formula.effects]
    [('iid', ('region',)), ('iid', ('region', 'commune'))]
    """
    left, right = read_formula(formula)
    outcome, form, option = _outcome(left)
    fixed, alone = _parted(right)
    effects = random_terms([each for each in alone if not _is_offset(each)])
    offset = _offset([each for each in alone if _is_offset(each)])
    terms = expand(fixed).with_intercept if fixed is not None else (INTERCEPT,)
    _refuse_waves_twice(terms, effects)
    factors = [factor for term in terms for factor in term] + ([offset] if offset else [])
    return Formula(
        outcome=outcome,
        form=form,
        option=option,
        fixed=written(fixed) if fixed is not None else "1",
        columns=tuple(dict.fromkeys(name for each in factors for name in columns_of(each))),
        offset=written(offset) if offset is not None else None,
        effects=effects,
        terms=terms,
        offset_node=offset,
    )


def _refuse_waves_twice(terms: tuple[Term, ...], effects: tuple[RandomTerm, ...]) -> None:
    """Refuse waves that have coefficients of their own and, besides, effects common to all."""
    common = [each for each in effects if each.kind in OVER_WAVES and not each.groups]
    common += [each for each in effects if each.kind == "iid" and each.groups == ("wave",)]
    if common and (Name("wave"),) in terms:
        text = common[0].text
        raise SpecError(
            f"'wave' and '{text}' are two names for one thing: with a coefficient for every wave "
            f"there is nothing left that '{text}' could tell. Keep 'wave', where every wave stands "
            f"for itself; or '{text}', where waves lend each other strength. "
            "walk(wave | region) lets regions move away from the coefficients."
        )


def check_columns(
    formula: Formula, known: Iterable[str], elsewhere: Mapping[str, str] = ROLES
) -> None:
    """Hold every column of a formula against those there are.

    Parameters
    ----------
    formula : Formula
        As read by :func:`parse`.
    known : iterable of str
        Names that may be used, "wave" and "time" among them where the survey has them.
    elsewhere : mapping of str to str
        What to say of names that the survey has in another place.

    Raises
    ------
    SpecError
        Listing the columns that are not known, each with its near miss.

    Examples
    --------
    >>> check_columns(parse("y ~ wave + aeg"), ["wave", "age"])
    Traceback (most recent call last):
    ...
    jfmodels.errors.SpecError: Formula: Unknown column 'aeg'. Did you mean 'age'? Known: 'wave',
    'age'. A column of many values enters once the codebook lists it under covariates.
    """
    names = list(known)
    absent = [name for name in formula.all_columns if name not in names]
    hint = " A column of many values enters once the codebook lists it under covariates."
    problems = [elsewhere.get(name) or unknown("column", name, names) + hint for name in absent]
    raise_all(SpecError, problems, "Formula")


def _left(formula: Formula) -> Node:
    """The left side as a tree."""
    outcome = Name(formula.outcome)
    if formula.form == "categories":
        return outcome
    named = (Text(formula.option),) if formula.form == "option" else ()
    return Call(formula.form, (outcome, *named))


def _outcome(left: Node) -> tuple[str, str, str]:
    """Read the left side as outcome, form and option."""
    match left:
        case Name(name):
            return name, "categories", ""
        case Call("shown", (Name(name),), ()):
            return name, "shown", ""
        case Call("option", (Name(name), Text(option)), ()):
            return name, "option", option
    raise SpecError(
        f"On the left of '~' stands an outcome: trust_army, shown(trust_army) or "
        f"option(sources, \"cattle theft\"); found '{brief(left)}'."
    )


def _parted(right: Node) -> tuple[Node | None, list[Node]]:
    """Part a right side into its fixed terms and those that stand alone in the sum."""
    match right:
        case Operation("+", (left, last)):
            fixed, alone = _parted(left)
            more, others = _parted(last)
            kept = [each for each in (fixed, more) if each is not None]
            joined = Operation("+", tuple(kept)) if len(kept) == 2 else next(iter(kept), None)
            return joined, alone + others
        case Operation("-", (left, last)):
            fixed, alone = _parted(left)
            if fixed is None:
                return Operation("-", (last,)), alone
            return Operation("-", (fixed, last)), alone
    return (None, [right]) if is_random(right) or _is_offset(right) else (right, [])


def _is_offset(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "offset"


def _offset(found: list[Node]) -> Node | None:
    """Read the one offset, where there is one."""
    match found:
        case []:
            return None
        case [Call(_, (inner,), ())]:
            check_numbers(inner)
            return inner
        case [_]:
            raise SpecError("offset takes one number, as in offset(log(n)).")
    raise SpecError("A formula has one offset; add them up inside, as in offset(log(a) + log(b)).")
