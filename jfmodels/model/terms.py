"""The algebra of terms: what +, -, *, /, : and ** make of the terms on both sides.

A term is a tuple of distinct factors, and ``()`` is the intercept; terms that differ only in
the order of their factors are the same. The rules are those of Wilkinson and Rogers (1973) as
patsy reads them, with two exceptions: a removed intercept stays removed wherever in a sum it
is removed (``a + -1``), and taking away a term that is not there is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jfmodels.errors import SpecError, listing
from jfmodels.model.calls import MOST_POWER, check_factor
from jfmodels.model.syntax import Node, Number, Operation, brief, written

__all__ = ["INTERCEPT", "Expansion", "Term", "expand", "term_written"]

type Term = tuple[Node, ...]

INTERCEPT: Term = ()
MOST_TERMS, MOST_PAIRS, MOST_FACTORS = 300, 10_000, 6


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a part of a formula stands for.

    Attributes
    ----------
    intercept : bool or None
        Whether it asks for an intercept (True), removes it (False), or says nothing (None).
    terms : tuple of Term
        In order, without the intercept, each once.
    """

    intercept: bool | None
    terms: tuple[Term, ...]

    @property
    def with_intercept(self) -> tuple[Term, ...]:
        """Its terms, and the intercept first unless it is removed."""
        return self.terms if self.intercept is False else (INTERCEPT, *self.terms)


def term_written(term: Term) -> str:
    """Write a term, as in ``wave:region``."""
    return ":".join([written(each) for each in term]) or "Intercept"


def expand(node: Node) -> Expansion:
    """Multiply out a part of a formula.

    Raises
    ------
    SpecError
        If it has too many terms, or a term that is not in the language.

    Examples
    --------
    >>> from jfmodels.model.grammar import read_formula
    >>> right = read_formula("y ~ (wave + sex) * region - sex:region")[1]
    >>> [term_written(term) for term in expand(right).terms]
    ['wave', 'sex', 'region', 'wave:region']
    """
    match node:
        case Number("0"):
            return Expansion(False, ())
        case Number("1"):
            return Expansion(True, ())
        case Number(text):
            raise SpecError(f"The number {text} is no term: only 0 and 1 are. Use I({text} * x).")
        case Operation("**", (base, power)):
            return _power(expand(base), power)
        case Operation("-", (inner,)):
            return _negative(expand(inner))
        case Operation(sign, (left, right)) if sign in RULES:
            return RULES[sign](expand(left), expand(right))
    check_factor(node)
    return Expansion(None, ((node,),))


def _bounded(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Keep each term once, and refuse too many of them or too deep an interaction."""
    kept: dict[frozenset[Node], Term] = {}
    for term in terms:
        kept.setdefault(frozenset(term), term)
    if len(kept) > MOST_TERMS:
        raise SpecError(f"The formula has more than {MOST_TERMS} terms.")
    if max(map(len, kept), default=0) > MOST_FACTORS:
        raise SpecError(f"An interaction has at most {MOST_FACTORS} factors.")
    return tuple(kept.values())


def _sum(left: Expansion, right: Expansion) -> Expansion:
    intercept = left.intercept if right.intercept is None else right.intercept
    return Expansion(intercept, _bounded(left.terms + right.terms))


def _difference(left: Expansion, right: Expansion) -> Expansion:
    gone = {frozenset(term) for term in right.terms}
    absent = [term for term in right.terms if set(term) not in map(set, left.terms)]
    if absent:
        raise SpecError(
            f"What is taken away is not there: {listing(map(term_written, absent))}. Terms here: "
            f"{listing(map(term_written, left.terms))}."
        )
    kept = tuple(term for term in left.terms if frozenset(term) not in gone)
    return Expansion(left.intercept if right.intercept is None else not right.intercept, kept)


def _negative(inner: Expansion) -> Expansion:
    if inner.terms or inner.intercept is None:
        raise SpecError("A minus without a term before it takes away 1 or 0, nothing else.")
    return Expansion(not inner.intercept, ())


def _cross(left: Expansion, right: Expansion) -> tuple[Term, ...]:
    """Interact every term on the left with every one on the right."""
    if left.intercept is not None or right.intercept is not None:
        raise SpecError("0 and 1 stand alone in a sum; they do not interact with terms.")
    if len(left.terms) * len(right.terms) > MOST_PAIRS:
        raise SpecError(f"The formula has more than {MOST_TERMS} terms.")
    return _bounded(tuple(dict.fromkeys(a + b)) for a in left.terms for b in right.terms)


def _interaction(left: Expansion, right: Expansion) -> Expansion:
    return Expansion(None, _cross(left, right))


def _product(left: Expansion, right: Expansion) -> Expansion:
    return Expansion(None, _bounded(left.terms + right.terms + _cross(left, right)))


def _nesting(left: Expansion, right: Expansion) -> Expansion:
    """Nest the right within all factors of the left together."""
    whole = tuple(dict.fromkeys(factor for term in left.terms for factor in term))
    crossed = _cross(Expansion(left.intercept, (whole,)), right)
    return Expansion(None, _bounded(left.terms + crossed))


def _power(base: Expansion, power: Node) -> Expansion:
    if not isinstance(power, Number) or power.text not in map(str, range(1, MOST_POWER + 1)):
        raise SpecError(
            f"A power of terms is a whole number from 1 to {MOST_POWER}; found "
            f"'{brief(power)}'. The square of a number is I(x ** 2)."
        )
    whole = base
    for _ in range(1, int(power.text)):
        whole = Expansion(None, _bounded(whole.terms + _cross(base, whole)))
    return whole


RULES = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _nesting,
    ":": _interaction,
}
