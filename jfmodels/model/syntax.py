"""The tree of a formula: five kinds of node, and the one way in which each is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from keyword import iskeyword

__all__ = [
    "ARITHMETIC",
    "COMPARISON",
    "FORMULA",
    "UNARY",
    "Call",
    "Name",
    "Node",
    "Number",
    "Operation",
    "Text",
    "brief",
    "written",
]

FORMULA: Mapping[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2, ":": 3, "**": 5}
COMPARISON: Mapping[str, int] = dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 0)
ARITHMETIC: Mapping[str, int] = {**COMPARISON, "+": 1, "-": 1, "*": 2, "/": 2, "**": 5}
BINDING: Mapping[str, int] = {"|": -1, "||": -1, **FORMULA, **ARITHMETIC}
UNARY = 4


@dataclass(frozen=True, slots=True)
class Name:
    """A column."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments and its options, which are plain values."""

    function: str
    arguments: tuple[Node, ...]
    options: tuple[tuple[str, float | str], ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """A sign between two operands, or a minus before one."""

    sign: str
    operands: tuple[Node, ...]


type Node = Name | Number | Text | Call | Operation


def written(node: Node) -> str:
    """Write a node in one way, so that the same term always reads the same.

    Examples
    --------
    >>> total = Operation("+", (Name("a"), Name("a b")))
    >>> written(Operation("*", (total, Call("bs", (Name("x"),), (("df", 4),)))))
    '(a + Q("a b")) * bs(x, df=4)'
    """
    match node:
        case Name(name):
            plain = name.isidentifier() and not iskeyword(name) and not name.startswith("__")
            return name if plain else f"Q({_quote(name)})"
        case Number(text):
            return text
        case Text(text):
            return _quote(text)
        case Call(function, arguments, options):
            parts = [written(each) for each in arguments]
            parts += [f"{name}={_quote(x) if isinstance(x, str) else x}" for name, x in options]
            return f"{function}({', '.join(parts)})"
    return _operation_written(node)


def brief(node: Node, most: int = 60) -> str:
    """Write the beginning of a node, for messages.

    Examples
    --------
    >>> brief(Name("trust_in_the_army"), most=9)
    'trust_in…'
    """
    text = written(node)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _operation_written(node: Operation) -> str:
    """Write an operation, its operands in parentheses where they bind less tightly."""
    if len(node.operands) == 1:
        return f"-{_operand(node.operands[0], UNARY)}"
    level = BINDING[node.sign]
    left = _operand(node.operands[0], level + (node.sign == "**"))
    right = _operand(node.operands[1], level + 1)
    blank = "" if node.sign == ":" else " "
    return f"{left}{blank}{node.sign}{blank}{right}"


def _operand(node: Node, least: int) -> str:
    """Write an operand, in parentheses if it binds less tightly than asked."""
    if not isinstance(node, Operation):
        return written(node)
    level = UNARY if len(node.operands) == 1 else BINDING[node.sign]
    return written(node) if level >= least else f"({written(node)})"


def _quote(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'
