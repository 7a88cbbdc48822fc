"""The closed grammar of legal tests: text to a typed tree, never ``eval``.

    test       := conjunct ("or" conjunct)*
    conjunct   := negation ("and" negation)*
    negation   := "not" negation | relation
    relation   := sum (("<" | "<=" | ">" | ">=" | "==") sum)? | "dest_group" "in" "(" text ("," text)* ","? ")"
    sum        := atom ("+" atom)*
    atom       := number | text | variable | "(" test ")"

Numbers are compared with numbers of the same unit (a literal takes the unit of the other side); flags stand
alone or under ``not``; ``dest_group`` is compared with group names only. Everything else is an error that names
the column.
"""

import re
from dataclasses import dataclass
from typing import Final

from chipgate.errors import ClauseSyntaxError
from chipgate.rules.variables import DEST_GROUPS, VARIABLES


@dataclass(frozen=True)
class Number:
    """A literal number, in the unit of what it is compared with."""

    value: float


@dataclass(frozen=True)
class Quantity:
    """A numeric variable."""

    name: str


@dataclass(frozen=True)
class Sum:
    """Sum of quantities of one unit."""

    terms: tuple["Quantity | Number", ...]


@dataclass(frozen=True)
class Compare:
    """``left operator right`` between numbers of one unit."""

    left: "Quantity | Number | Sum"
    operator: str
    right: "Quantity | Number | Sum"


@dataclass(frozen=True)
class Flag:
    """A flag that must be true."""

    name: str


@dataclass(frozen=True)
class InGroups:
    """The destination belongs to one of the groups."""

    groups: tuple[str, ...]


@dataclass(frozen=True)
class Not:
    """Negation."""

    operand: "Node"


@dataclass(frozen=True)
class And:
    """Conjunction."""

    operands: tuple["Node", ...]


@dataclass(frozen=True)
class Or:
    """Disjunction."""

    operands: tuple["Node", ...]


Node = Compare | Flag | InGroups | Not | And | Or
Term = Quantity | Number | Sum

_TOKEN: Final = re.compile(
    r"(?P<space>\s+)|(?P<number>\d+(?:\.\d+)?)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<operator><=|>=|==|<|>)|(?P<punct>[(),+])"
)
_COMPARISONS: Final = ("<", "<=", ">", ">=", "==")


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


def parse(text: str) -> Node:
    """Read a legal test.

    Raises:
        ClauseSyntaxError: The text does not follow the grammar, names an unknown variable or group, or compares
            things of different types or units.
    """
    return _Parser(text).whole()


def variables(node: Node) -> frozenset[str]:
    """Names of the variables that a test looks at; ``dest_group`` included."""
    match node:
        case Compare(left, _, right):
            return _quantities(left) | _quantities(right)
        case Flag(name):
            return frozenset({name})
        case InGroups():
            return frozenset({"dest_group"})
        case Not(operand):
            return variables(operand)
        case And(operands) | Or(operands):
            return frozenset().union(*(variables(child) for child in operands))


def comparisons(node: Node) -> list[Compare]:
    """All comparisons in a test, in the order of its text."""
    match node:
        case Compare():
            return [node]
        case Not(operand):
            return comparisons(operand)
        case And(operands) | Or(operands):
            return [found for child in operands for found in comparisons(child)]
        case _:
            return []


def _quantities(term: Term) -> frozenset[str]:
    match term:
        case Quantity(name):
            return frozenset({name})
        case Sum(terms):
            return frozenset().union(*(_quantities(child) for child in terms))
        case Number():
            return frozenset()


class _Parser:
    """Recursive descent, one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.position = 0

    def whole(self) -> Node:
        node = self._test()
        if self._peek().kind != "end":
            raise self._fault(f"unexpected {self._peek().text!r}")
        return node

    def _test(self) -> Node:
        found = [self._conjunct()]
        while self._take("word", "or"):
            found.append(self._conjunct())
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _conjunct(self) -> Node:
        found = [self._negation()]
        while self._take("word", "and"):
            found.append(self._negation())
        return found[0] if len(found) == 1 else And(tuple(found))

    def _negation(self) -> Node:
        if self._take("word", "not"):
            return Not(self._negation())
        return self._relation()

    def _relation(self) -> Node:
        start = self._peek()
        if start.text == "(" and not self._opens_sum():
            self._expect("(")
            node = self._test()
            self._expect(")")
            return node
        if start.kind == "word" and start.text in VARIABLES:
            kind = VARIABLES[start.text].type
            if kind == "flag":
                self.position += 1
                return Flag(start.text)
            if kind == "groups":
                self.position += 1
                return self._groups()
        return self._comparison()

    def _comparison(self) -> Compare:
        left_start = self._peek()
        left = self._sum()
        operator = self._peek()
        if operator.kind != "operator":
            raise self._fault(f"expected one of {' '.join(_COMPARISONS)}, found {operator.text or 'the end'!r}")
        self.position += 1
        right = self._sum()
        units = {VARIABLES[name].unit for name in _quantities(left) | _quantities(right)}
        if len(units) != 1:
            what = f"units {' and '.join(sorted(units))} do not compare" if units else "nothing to compare"
            raise ClauseSyntaxError(what, text=self.text, column=left_start.column)
        return Compare(left, operator.text, right)

    def _sum(self) -> Term:
        if self._take("punct", "("):
            inner = self._sum()
            self._expect(")")
            return inner
        terms = [self._atom()]
        while self._take("punct", "+"):
            terms.append(self._atom())
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def _atom(self) -> Quantity | Number:
        token = self._peek()
        self.position += 1
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "word" and token.text in VARIABLES and VARIABLES[token.text].type == "number":
            return Quantity(token.text)
        if token.kind == "word":
            known = ", ".join(VARIABLES)
            raise ClauseSyntaxError(
                f"unknown variable {token.text!r} (known: {known})", text=self.text, column=token.column
            )
        raise ClauseSyntaxError(
            f"expected a number or a variable, found {token.text or 'the end'!r}",
            text=self.text,
            column=token.column,
        )

    def _groups(self) -> InGroups:
        if self._take("operator", "=="):
            return InGroups((self._group(),))
        if not self._take("word", "in"):
            raise self._fault("expected 'in (...)' or == after dest_group")
        self._expect("(")
        found = [self._group()]
        while self._take("punct", ",") and self._peek().text != ")":
            found.append(self._group())
        self._expect(")")
        return InGroups(tuple(found))

    def _group(self) -> str:
        token = self._peek()
        name = token.text[1:-1]
        if token.kind != "text" or name not in DEST_GROUPS:
            raise self._fault(f"expected one of {', '.join(DEST_GROUPS)}, found {token.text or 'the end'!r}")
        self.position += 1
        return name

    def _opens_sum(self) -> bool:
        """Whether the parenthesis ahead holds a bare sum: it does when ``)`` and an operator follow it."""
        depth = 0
        for index in range(self.position, len(self.tokens)):
            depth += {"(": 1, ")": -1}.get(self.tokens[index].text, 0)
            if depth == 0:
                return self.tokens[index + 1].kind == "operator"
        return False

    def _peek(self) -> _Token:
        return self.tokens[self.position]

    def _take(self, kind: str, text: str) -> bool:
        if self._peek().kind == kind and self._peek().text == text:
            self.position += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take("punct", text):
            raise self._fault(f"expected {text!r}, found {self._peek().text or 'the end'!r}")

    def _fault(self, message: str) -> ClauseSyntaxError:
        return ClauseSyntaxError(message, text=self.text, column=self._peek().column)


def _tokens(text: str) -> list[_Token]:
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ClauseSyntaxError(f"unexpected {text[position]!r}", text=text, column=position)
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(_Token(kind, match[0], position))
        position = match.end()
    found.append(_Token("end", "", len(text)))
    return found
