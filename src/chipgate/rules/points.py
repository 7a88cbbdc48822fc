"""The finite set of cases that settles a verdict where figures are unpublished or in dispute.

The tests of the law only compare figures with thresholds. Between two neighbouring thresholds nothing changes,
so the thresholds within a figure's range, the ends of the range, and one value between each two neighbours are
all the cases there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgate.rules.evaluate import Point
from chipgate.rules.facts import Fact, Facts
from chipgate.rules.grammar import Node, Number, Quantity, Sum, comparisons

_SLACK: Final = 1e-6  # rounding of a quotient

Columns = Mapping[str, NDArray[Any]]
"""Cases as columns: variable -> ``[case]``, flags as booleans."""


def central_point(facts: Facts) -> Point | None:
    """The case in which every fact has its central figure; ``None`` where one is unpublished."""
    found: dict[str, float | bool] = {}
    for name, fact in facts.items():
        if fact.value is None:
            return None
        found[name] = bool(fact.value) if fact.is_flag else fact.value
    return found


def possible_cases(facts: Facts, tests: Sequence[Node], *, widen: bool) -> Columns:
    """All distinct cases that the facts leave open.

    Args:
        facts: Facts of one item.
        tests: Tests whose thresholds matter.
        widen: Take known figures over the whole range of their sources too, not only at their central figure.

    Returns:
        Columns of one length, at least one case.
    """
    return _possible_cases(tuple(facts.values()), tuple(tests), widen)


def point_at(columns: Columns, index: int) -> Point:
    """One case as a point."""
    return {name: column[index].item() for name, column in columns.items()}


@lru_cache(maxsize=512)
def _possible_cases(parts: tuple[Fact, ...], tests: tuple[Node, ...], widen: bool) -> Columns:
    facts = {fact.name: fact for fact in parts}
    cuts = _thresholds(tests)
    # The density of a known area follows from TPP, so its thresholds are thresholds of TPP as well.
    area = _known_area(facts)
    axes: dict[str, list[float]] = {}
    for name, fact in facts.items():
        extra = [cut * area for cut in cuts.get("pd", ())] if name == "tpp" and area else []
        axes[name] = _cases(fact, [*cuts.get(name, ()), *extra], widen=widen)
    follows = area is not None and (len(axes["tpp"]) > 1 or not facts["pd"].known)
    if follows:
        axes["pd"] = [0.0]
    axes = _with_sums(axes, facts, tests, widen=widen)
    grid = np.meshgrid(*axes.values(), indexing="ij")
    columns = {name: column.ravel() for name, column in zip(axes, grid, strict=True)}
    if follows:
        columns["pd"] = columns["tpp"] / area
    else:
        kept = _area_possible(columns, facts)
        columns = {name: column[kept] for name, column in columns.items()}
    return {name: c.astype(np.bool_) if facts[name].is_flag else c for name, c in columns.items()}


def _cases(fact: Fact, cuts: Iterable[float], *, widen: bool) -> list[float]:
    if fact.known and not (widen and fact.low < fact.high):
        return [fact.value if fact.value is not None else fact.low]
    if fact.is_flag:
        return [0.0, 1.0]
    inside = sorted({fact.low, fact.high, *(cut for cut in cuts if fact.low < cut < fact.high)})
    return sorted({*inside, *((a + b) / 2 for a, b in pairwise(inside))})


def _with_sums(
    axes: Mapping[str, list[float]], facts: Facts, tests: tuple[Node, ...], *, widen: bool
) -> dict[str, list[float]]:
    """Add the thresholds that a sum such as memory + I/O puts on each of its terms."""
    extended = {name: list(axis) for name, axis in axes.items()}
    for cut, terms in _sum_thresholds(tests):
        if not all(term in axes for term in terms):
            continue
        for term in terms:
            others = [axes[other] for other in terms if other != term]
            cuts = {cut - sum(values) for values in product(*others)}
            extended[term] = sorted({*extended[term], *_cases(facts[term], cuts, widen=widen)})
    return extended


def _known_area(facts: Facts) -> float | None:
    """Die area where it is a single known figure: the density is then TPP over a constant."""
    pd = facts.get("pd")
    if pd is None or pd.area is None or pd.area[0] != pd.area[1]:
        return None
    return pd.area[0]


def _area_possible(columns: Columns, facts: Facts) -> NDArray[np.bool_]:
    """Whether TPP and density of each case imply a die area within the range of its sources."""
    pd = facts.get("pd")
    tpp = columns.get("tpp")
    if pd is None or pd.area is None or tpp is None:
        return np.ones(len(next(iter(columns.values()))), np.bool_)
    least, most = pd.area[0] * (1 - _SLACK), pd.area[1] * (1 + _SLACK)
    density = columns["pd"]
    possible: NDArray[np.bool_] = (tpp >= least * density) & (tpp <= most * density)
    return possible


@lru_cache(maxsize=64)
def _thresholds(tests: tuple[Node, ...]) -> dict[str, tuple[float, ...]]:
    found: dict[str, set[float]] = {}
    for test in tests:
        for node in comparisons(test):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, Quantity) and isinstance(other, Number):
                    found.setdefault(one.name, set()).add(other.value)
    return {name: tuple(sorted(cuts)) for name, cuts in found.items()}


@lru_cache(maxsize=64)
def _sum_thresholds(tests: tuple[Node, ...]) -> tuple[tuple[float, tuple[str, ...]], ...]:
    found = set()
    for test in tests:
        for node in comparisons(test):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, Sum) and isinstance(other, Number):
                    names = tuple(t.name for t in one.terms if isinstance(t, Quantity))
                    fixed = sum(t.value for t in one.terms if isinstance(t, Number))
                    found.add((other.value - fixed, names))
    return tuple(sorted(found))


def thresholds(tests: Sequence[Node], name: str) -> tuple[float, ...]:
    """Figures with which tests compare a variable directly, ascending."""
    return _thresholds(tuple(tests)).get(name, ())
