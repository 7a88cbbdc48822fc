"""Evaluating a parsed test: on one set of facts, on arrays of facts, and in words."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgate.rules.grammar import And, Compare, Flag, InGroups, Node, Not, Number, Or, Quantity, Sum, Term
from chipgate.rules.variables import VARIABLES

Point = Mapping[str, float | bool]
"""Values of the numeric variables and flags of one item."""

Arrays = Mapping[str, NDArray[Any]]
"""The same as arrays, all of one shape ``[point]``."""

_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_NEGATED: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!="}


def holds(node: Node, point: Point, groups: frozenset[str]) -> bool:
    """Whether a test holds for one item and one destination.

    Args:
        node: The test.
        point: Value of every variable that the test looks at.
        groups: Groups of the destination.
    """
    match node:
        case Compare(left, symbol, right):
            return bool(_OPERATORS[symbol](_number(left, point), _number(right, point)))
        case Flag(name):
            return bool(point[name])
        case InGroups(names):
            return not groups.isdisjoint(names)
        case Not(operand):
            return not holds(operand, point, groups)
        case And(operands):
            return all(holds(child, point, groups) for child in operands)
        case Or(operands):
            return any(holds(child, point, groups) for child in operands)


def holds_arrays(node: Node, arrays: Arrays, membership: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Whether a test holds, for all points and destinations at once.

    Args:
        node: The test.
        arrays: Variables, each ``[point, 1]``.
        membership: Group -> ``[1, destination]``, whether the destination belongs to it.

    Returns:
        ``[point, destination]`` or a shape that broadcasts to it.
    """
    match node:
        case Compare(left, symbol, right):
            found: NDArray[np.bool_] = _OPERATORS[symbol](_array(left, arrays), _array(right, arrays))
            return found
        case Flag(name):
            flags: NDArray[np.bool_] = arrays[name].astype(np.bool_)
            return flags
        case InGroups(names):
            inside: NDArray[np.bool_] = np.logical_or.reduce([membership[name] for name in names])
            return inside
        case Not(operand):
            return np.logical_not(holds_arrays(operand, arrays, membership))
        case And(operands):
            result = holds_arrays(operands[0], arrays, membership)
            for child in operands[1:]:
                result = np.logical_and(result, holds_arrays(child, arrays, membership))
            return result
        case Or(operands):
            result = holds_arrays(operands[0], arrays, membership)
            for child in operands[1:]:
                result = np.logical_or(result, holds_arrays(child, arrays, membership))
            return result


def explain(node: Node, point: Point, groups: frozenset[str]) -> str:
    """The arithmetic of a test in words: each comparison with its figures and whether it holds.

    A conjunction that fails names only what fails; a disjunction that holds names only what holds.
    """
    return "; ".join(dict.fromkeys(_reasons(node, point, groups, wanted=holds(node, point, groups))))


def _reasons(node: Node, point: Point, groups: frozenset[str], *, wanted: bool) -> list[str]:
    """Reasons for which ``node`` is ``wanted`` (true or false); it is known to be so."""
    match node:
        case Compare(left, symbol, right):
            shown = symbol if wanted else _NEGATED[symbol]
            return [f"{_words(left, point)} {shown} {_words(right, point)}"]
        case Flag(name):
            return [("" if wanted else "not ") + VARIABLES[name].meaning]
        case InGroups(names):
            mine, theirs = "/".join(sorted(groups)), ", ".join(names)
            return [f"destination {mine} {'is among' if wanted else 'is not among'} {theirs}"]
        case Not(operand):
            return _reasons(operand, point, groups, wanted=not wanted)
        case And(operands) | Or(operands):
            every = isinstance(node, And) == wanted
            found = []
            for child in operands:
                if every or holds(child, point, groups) == wanted:
                    found += _reasons(child, point, groups, wanted=wanted)
            return found


def _number(term: Term, point: Point) -> float:
    match term:
        case Number(value):
            return value
        case Quantity(name):
            return float(point[name])
        case Sum(terms):
            return sum(_number(child, point) for child in terms)


def _array(term: Term, arrays: Arrays) -> NDArray[Any]:
    match term:
        case Number(value):
            return np.asarray(value)
        case Quantity(name):
            return arrays[name]
        case Sum(terms):
            total = _array(terms[0], arrays)
            for child in terms[1:]:
                total = total + _array(child, arrays)
            return total


_SHORT: Final = {
    "tpp": "TPP", "pd": "density", "mem_bw_gbs": "memory", "io_bw_gbs": "I/O",
    "hbm_bw_density": "memory density", "node_nm": "node", "transistors_bn": "transistors",
}  # fmt: skip


def _words(term: Term, point: Point) -> str:
    match term:
        case Number(value):
            return figure(value)
        case Quantity(name):
            return f"{_SHORT[name]} {figure(float(point[name]))}"
        case Sum(terms):
            inner = " + ".join(_words(child, point) for child in terms)
            return f"{inner} = {figure(_number(term, point))}"


def figure(value: float) -> str:
    """A number as a reader writes it: thousands separated, at most two decimals below 1,000."""
    if abs(value) >= 1000 or float(value).is_integer():
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return f"{value:.2f}"
