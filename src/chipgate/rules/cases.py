"""The cases that the facts of an item leave open, grouped by which clauses hold in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgate.rules.evaluate import Point, holds, holds_arrays
from chipgate.rules.facts import Fact, Facts
from chipgate.rules.grammar import Node
from chipgate.rules.points import Columns, central_point, point_at, possible_cases
from chipgate.rules.variables import DEST_GROUPS

CHINA: Final = frozenset({"CN"})
"""Groups under which market evidence is read: it tells of sales to China."""

Shown = tuple[tuple[Node, bool], ...]
"""What the market shows: tests, and whether the item meets them."""


@dataclass(frozen=True)
class Group:
    """Cases in which the same tests hold.

    Attributes:
        point: One of them.
        spans: Variable -> lowest and highest figure among them.
    """

    point: Point
    spans: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class OpenCases:
    """What is left open, and whether market evidence narrowed it.

    Attributes:
        central: The only case is the central one.
        narrowed: Evidence ruled some cases out.
    """

    groups: tuple[Group, ...]
    central: bool
    narrowed: bool


def consistent(point: Point, shown: Shown) -> bool:
    """Whether a case agrees with what the market shows."""
    return all(holds(test, point, CHINA) == meets for test, meets in shown)


def open_cases(facts: Facts, tests: Sequence[Node], shown: Shown, groups: frozenset[str]) -> OpenCases:
    """The central case, where it is known and agrees with the market; else all that are possible.

    Args:
        facts: Facts of one item.
        tests: Tests by which cases are told apart.
        shown: What the market shows.
        groups: Groups of the destination.
    """
    central = central_point(facts)
    if central is not None and consistent(central, shown):
        only = Group(central, {name: (float(v), float(v)) for name, v in central.items()})
        return OpenCases((only,), central=True, narrowed=False)
    found, narrowed = _grouped(tuple(facts.values()), tuple(tests), shown, groups, central is not None)
    return OpenCases(found, central=False, narrowed=narrowed)


def whole_range(facts: Facts, tests: Sequence[Node], shown: Shown, groups: frozenset[str]) -> tuple[Group, ...]:
    """All cases over the whole range of the sources, known figures included."""
    return _grouped(tuple(facts.values()), tuple(tests), shown, groups, True)[0]


def remaining(facts: Facts, tests: Sequence[Node], shown: Shown, *, widen: bool) -> tuple[Columns, bool]:
    """Possible cases that agree with the market, and whether it ruled any out.

    Evidence that leaves nothing possible contradicts the figures; then the figures alone speak.
    """
    columns = possible_cases(facts, tests, widen=widen)
    if not shown:
        return columns, False
    kept = np.logical_and.reduce([held(test, columns, CHINA) == meets for test, meets in shown])
    if not kept.any():
        return columns, False
    return {name: column[kept] for name, column in columns.items()}, not bool(kept.all())


def held(test: Node, columns: Columns, groups: frozenset[str]) -> NDArray[np.bool_]:
    """Whether a test holds in each case for one destination."""
    arrays = {name: column[:, None] for name, column in columns.items()}
    membership = {g: np.array([[g in groups]]) for g in DEST_GROUPS}
    count = len(next(iter(columns.values())))
    return np.broadcast_to(holds_arrays(test, arrays, membership), (count, 1))[:, 0]


@lru_cache(maxsize=1024)
def _grouped(
    parts: tuple[Fact, ...], tests: tuple[Node, ...], shown: Shown, groups: frozenset[str], widen: bool
) -> tuple[tuple[Group, ...], bool]:
    facts = {fact.name: fact for fact in parts}
    columns, narrowed = remaining(facts, tests, shown, widen=widen)
    pattern = np.stack([held(test, columns, groups) for test in tests], axis=1)
    code = pattern @ (1 << np.arange(len(tests), dtype=np.int64))
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    found = []
    for number, index in enumerate(first):
        inside = inverse == number
        spans = {name: (float(c[inside].min()), float(c[inside].max())) for name, c in columns.items()}
        found.append(Group(point_at(columns, int(index)), spans))
    return tuple(found), narrowed
