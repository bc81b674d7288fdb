"""Random terms as they are written: ``(1 + time | g)``, walks, ar1 and bym2.

``(1 | region/commune)`` abbreviates one term per grouping. What a kind means is said by the
block of that kind, not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from jfmodels.errors import SpecError
from jfmodels.model.calls import columns_of
from jfmodels.model.syntax import Call, Name, Node, Operation, brief, written
from jfmodels.model.terms import Term, expand, term_written

__all__ = ["RandomTerm", "is_random", "random_terms"]

BARS = ("|", "||")
OVER_WAVES = ("walk", "ar1")


@dataclass(frozen=True, slots=True)
class RandomTerm:
    """Effects of the levels of a group.

    Attributes
    ----------
    kind : str
        "iid", "slope" (correlated), "uncorrelated slopes", "walk", "ar1" or "bym2".
    groups : tuple of str
        Columns whose combinations are the groups; empty for a walk common to all.
    slopes : tuple of str
        What varies by group, as written: "1" is the intercept. Empty but for the two
        kinds of slopes.
    text : str
        The term as written, one grouping a term.
    terms : tuple of Term
        The slopes, read; see :func:`jfmodels.model.design_matrix.slope_matrix`.
    """

    kind: str
    groups: tuple[str, ...]
    slopes: tuple[str, ...]
    text: str
    terms: tuple[Term, ...] = field(default=(), repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the term reads: its groups, its slopes, and the wave of a walk."""
        slopes = (name for term in self.terms for each in term for name in columns_of(each))
        wave = ("wave",) if self.kind in OVER_WAVES else ()
        return tuple(dict.fromkeys([*wave, *self.groups, *slopes]))


def is_random(node: Node) -> bool:
    """Tell whether a term of a formula is a random one."""
    if isinstance(node, Operation):
        return node.sign in BARS
    return isinstance(node, Call) and node.function in (*OVER_WAVES, "bym2")


def random_terms(nodes: list[Node]) -> tuple[RandomTerm, ...]:
    """Read random terms, groupings expanded, and refuse one that stands twice.

    Raises
    ------
    SpecError
        Saying how such a term is written.
    """
    effects = tuple(effect for node in nodes for effect in _random(node))
    _refuse_twins(effects)
    return effects


def _random(node: Node) -> Iterator[RandomTerm]:
    """Read a term that stands alone as the random terms that it abbreviates."""
    match node:
        case Operation(bar, (slopes, groups)) if bar in BARS:
            effect = _slopes(slopes, bar)
            for each in _groupings(groups):
                text = f"({written(slopes)} {bar} {':'.join(_quoted(each))})"
                yield replace(effect, groups=each, text=text)
        case Call("bym2", (Name(name),), ()):
            yield RandomTerm("bym2", (name,), (), written(node))
        case Call("bym2"):
            raise SpecError(
                f"bym2 takes one column of areas, as in bym2(commune); found '{brief(node)}'."
            )
        case Call(kind, (Name("wave"),), ()):
            yield RandomTerm(kind, (), (), written(node))
        case Call(kind, (Operation("|", (Name("wave"), groups)),), ()):
            for each in _groupings(groups):
                yield RandomTerm(kind, each, (), f"{kind}(wave | {':'.join(_quoted(each))})")
        case Call(kind):
            raise SpecError(
                f"{kind} runs over the waves, as in {kind}(wave) or "
                f"{kind}(wave | region); found '{brief(node)}'."
            )


def _slopes(node: Node, bar: str) -> RandomTerm:
    """Read what varies by group; the groups are still to come."""
    expansion = expand(node)
    terms = expansion.with_intercept
    if not terms:
        raise SpecError("Nothing varies in a random term (0 | g); write (1 | g).")
    slopes = tuple(term_written(term) if term else "1" for term in terms)
    if not expansion.terms:
        return RandomTerm("iid", (), (), "")
    return RandomTerm("slope" if bar == "|" else "uncorrelated slopes", (), slopes, "", terms)


def _groupings(node: Node) -> list[tuple[str, ...]]:
    """Expand the groups behind a bar, as ``region/commune`` into two groupings."""
    match node:
        case Name(name):
            return [(name,)]
        case Operation("/", (left, right)):
            outer, inner = _groupings(left), _groupings(right)
            return outer + [tuple(dict.fromkeys(outer[-1] + each)) for each in inner]
        case Operation(":", (left, right)):
            outer, inner = _groupings(left), _groupings(right)
            return [tuple(dict.fromkeys(a + b)) for a in outer for b in inner]
    raise SpecError(
        "Behind the bar stand columns joined by ':' or '/', as in (1 | region/commune); found "
        f"'{brief(node)}'."
    )


def _quoted(names: tuple[str, ...]) -> list[str]:
    return [written(Name(name)) for name in names]


def _refuse_twins(effects: tuple[RandomTerm, ...]) -> None:
    """Refuse a random term that stands twice, which data cannot tell apart."""
    seen: set[tuple[str, frozenset[str], tuple[str, ...]]] = set()
    for effect in effects:
        key = (effect.kind, frozenset(effect.groups), effect.slopes)
        if key in seen:
            raise SpecError(f"The random term {effect.text} stands in the formula twice.")
        seen.add(key)
