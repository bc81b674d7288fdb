"""The grammar of formulas: from text to a tree.

A formula is never handed to Python. It is cut into tokens of a closed alphabet and read by
precedence; whatever is not in the grammar (attributes, subscripts, lambdas, prefixed or
escaped texts) has no rule here and so no meaning. Length, nesting and size are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Never

from jfmodels.errors import SpecError
from jfmodels.model.syntax import (
    ARITHMETIC,
    COMPARISON,
    FORMULA,
    UNARY,
    Call,
    Name,
    Node,
    Number,
    Operation,
    Text,
)

__all__ = ["read_formula"]

MOST_CHARACTERS, MOST_TOKENS, MOST_OPERATORS, DEEPEST = 10_000, 1_500, 250, 20
LONGEST_NUMBER, LONGEST_WORD = 12, 300

TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<text>"[^"\\\r\n]*"|'[^'\\\r\n]*')
    |(?P<name>[^\W\d][\w\u0300-\u036f]*)
    |(?P<sign>\*\*|\|\||<=|>=|==|!=|[-+*/:()|~,=<>])""",
    re.VERBOSE,
)
HINTS: Mapping[str, str] = {
    ".": 'nothing has attributes; a column name with a dot is written Q("a.name")',
    "[": "there are no subscripts and no lists",
    "{": "there are no sets and no mappings",
    "`": 'a name with blanks is written Q("a name")',
    "#": "there are no comments",
    "^": "a power is written **",
    "\\": "there are no escapes",
    ";": "a formula is one expression",
    '"': "the text is not closed, or has a backslash in it",
    "'": "the text is not closed, or has a backslash in it",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the formula and where it stands."""

    kind: str
    text: str
    start: int


def read_formula(formula: str) -> tuple[Node, Node]:
    """Read both sides of a formula.

    Raises
    ------
    SpecError
        If the text is outside the grammar, saying where and what would do.

    Examples
    --------
    >>> left, right = read_formula('y ~ Q("a name"):age')
    >>> left
    Name(name='y')
    >>> right
    Operation(sign=':', operands=(Name(name='a name'), Name(name='age')))
    """
    if not isinstance(formula, str):
        raise SpecError(f"A formula is a text; found {type(formula).__name__}.")
    if len(formula) > MOST_CHARACTERS:
        raise SpecError(
            f"A formula has at most {MOST_CHARACTERS:,} characters; found {len(formula):,}."
        )
    reader = Reader(formula, tokens_of(formula))
    left = reader.expression(FORMULA)
    reader.expect("~", "a formula reads 'outcome ~ terms'")
    right = reader.expression(FORMULA)
    if reader.next.text in ("|", "||"):
        reader.fail("a random term stands in parentheses, as in (1 | commune)")
    reader.expect("", "an operator, or the end of the formula, belongs here")
    return left, right


def tokens_of(formula: str) -> list[Token]:
    """Cut a formula into tokens; the last one is the end."""
    tokens: list[Token] = []
    start = 0
    while start < len(formula):
        found = TOKEN.match(formula, start)
        if found is None:
            character = formula[start]
            fail(formula, start, HINTS.get(character, f"{_named(character)} has no meaning"))
        if found.lastgroup != "space":
            tokens.append(Token(str(found.lastgroup), found.group(), start))
        if found.lastgroup != "space" and len(found.group()) > LONGEST_WORD:
            fail(formula, start, f"a name or text has at most {LONGEST_WORD} characters")
        if len(tokens) > MOST_TOKENS:
            raise SpecError(f"The formula is too long: more than {MOST_TOKENS:,} words and signs.")
        start = found.end()
    return [*tokens, Token("end", "", len(formula))]


def _named(character: str) -> str:
    """Show a character, or its number where it cannot be seen."""
    return f"'{character}'" if character.isprintable() else f"the character U+{ord(character):04X}"


def fail(formula: str, start: int, reason: str) -> Never:
    """Say where a formula cannot be read, and why."""
    excerpt = "".join(each if each.isprintable() else "?" for each in formula[start : start + 24])
    more = "…" if start + 24 < len(formula) else ""
    place = f"at '{excerpt}{more}'" if excerpt else "at its end"
    raise SpecError(f"The formula cannot be read {place}: {reason}.")


@dataclass(slots=True)
class Reader:
    """A place in the tokens of a formula, moving forward as rules are read."""

    formula: str
    tokens: list[Token]
    place: int = 0
    depth: int = 0
    operators: int = 0

    @property
    def next(self) -> Token:
        """The token that is read next."""
        return self.tokens[self.place]

    def take(self) -> Token:
        """Read a token."""
        token = self.next
        self.place += 1
        return token

    def expect(self, text: str, reason: str) -> None:
        """Read this very token, or fail with a reason."""
        if self.next.text != text:
            self.fail(reason)
        self.place += self.next.kind != "end"

    def fail(self, reason: str) -> Never:
        """Fail at the next token."""
        fail(self.formula, self.next.start, reason)

    def expression(self, signs: Mapping[str, int], least: int = -1) -> Node:
        """Read operands joined by signs that bind at least so tightly."""
        node = self.unary(signs)
        while self.next.kind == "sign" and signs.get(self.next.text, -2) >= least:
            sign = self.take().text
            node = self.operation(sign, node, self.expression(signs, signs[sign] + 1))
            if sign == "**" and self.next.text == "**":
                self.fail("of two powers in a row, one stands in parentheses")
        if self.next.text in COMPARISON and signs is FORMULA:
            self.fail("a comparison is written I(age > 40)")
        return node

    def operation(self, sign: str, *operands: Node) -> Operation:
        """Join operands, counting the operators of the formula."""
        self.operators += 1
        if self.operators > MOST_OPERATORS:
            raise SpecError(f"The formula has more than {MOST_OPERATORS} operators.")
        if sign in COMPARISON and any(_compares(each) for each in operands):
            self.fail("one comparison at a time")
        return Operation(sign, operands)

    def unary(self, signs: Mapping[str, int]) -> Node:
        """Read an operand with the plus and minus before it."""
        if self.next.kind != "sign" or self.next.text not in ("+", "-"):
            return self.primary(signs)
        sign = self.take().text
        node = self.nested(lambda: self.expression(signs, 2 if signs is FORMULA else UNARY))
        return node if sign == "+" else self.operation("-", node)

    def nested(self, rule: Callable[[], Node]) -> Node:
        """Read one level deeper."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise SpecError(f"The formula is nested more than {DEEPEST} deep.")
        node = rule()
        self.depth -= 1
        return node

    def primary(self, signs: Mapping[str, int]) -> Node:
        """Read a number, a text, a column, a call, or what stands in parentheses."""
        token = self.next
        if token.kind == "number":
            return self.number()
        if token.kind == "text":
            self.place += 1
            return Text(token.text[1:-1])
        if token.kind == "name":
            return self.word()
        if token.text != "(":
            self.fail("a term is missing here" if token.kind == "end" else "a term belongs here")
        self.place += 1
        node = self.nested(lambda: self.bar(signs))
        self.expect(")", "a closing parenthesis, or an operator, belongs here")
        return node

    def number(self) -> Number:
        """Read a number of bounded length."""
        token = self.next
        if len(token.text) > LONGEST_NUMBER or abs(float(token.text)) > 1e12:
            self.fail("the number is too long or too large")
        self.place += 1
        if self.next.kind == "name" and self.next.start == token.start + len(token.text):
            self.place -= 1
            self.fail('a name that starts with a digit is written Q("1st")')
        return Number(token.text)

    def word(self) -> Node:
        """Read a column or a call."""
        name = self.next.text
        if iskeyword(name):
            self.fail(f"'{name}' is a word of Python; a column of that name is Q(\"{name}\")")
        if name.startswith("__") or not name.isidentifier():
            self.fail(f'a column of that name is written Q("{name}")')
        self.place += 1
        if self.next.text != "(":
            return Name(name)
        self.place += 1
        call = self.call(name)
        return _quoted(self, call) if name == "Q" else call

    def call(self, function: str) -> Call:
        """Read the arguments of a call, and then its options."""
        arguments: list[Node] = []
        options: dict[str, float | str] = {}
        while self.next.text != ")":
            if self.next.kind == "name" and self.tokens[self.place + 1].text == "=":
                option = self.take().text
                if option in options:
                    self.fail(f"the option '{option}' is given twice")
                options[option] = self.option()
            elif options:
                self.fail("an argument belongs before the options")
            else:
                arguments.append(self.nested(lambda: self.bar(ARITHMETIC)))
            if self.next.text != ")":
                self.expect(",", "a comma, an operator or a closing parenthesis belongs here")
        self.place += 1
        return Call(function, tuple(arguments), tuple(options.items()))

    def option(self) -> float | str:
        """Read the value of an option: a number, a text, True or False."""
        self.place += 1
        if self.next.text in ("True", "False"):
            return self.take().text == "True"
        if self.next.kind == "text":
            return self.take().text[1:-1]
        negative = self.next.text == "-"
        self.place += negative
        if self.next.kind != "number":
            self.fail("an option is a number, a text, True or False")
        text = self.number().text
        value = int(text) if text.isdigit() else float(text)
        return -value if negative else value

    def bar(self, signs: Mapping[str, int]) -> Node:
        """Read an expression, and the groups behind a bar where there is one."""
        node = self.expression(signs)
        if self.next.text not in ("|", "||"):
            return node
        sign = self.take().text
        return self.operation(sign, node, self.expression(FORMULA))


def _compares(node: Node) -> bool:
    return isinstance(node, Operation) and node.sign in COMPARISON


def _quoted(reader: Reader, call: Call) -> Name:
    """Resolve Q("a name")."""
    match call:
        case Call(_, (Text(name),), ()) if name:
            return Name(name)
    return reader.fail('Q takes one quoted name, as in Q("a name")')
