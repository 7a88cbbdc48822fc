"""The finite set of cases that settles a verdict where figures are unpublished or in dispute.

The tests of the law only compare figures with thresholds. Between two neighbouring thresholds nothing changes,
so the thresholds within a figure's range, the ends of the range, and one value between each two neighbours are
all the cases there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipgate.rules.evaluate import Point
from chipgate.rules.facts import Fact, Facts
from chipgate.rules.grammar import Node, Number, Quantity, Sum, comparisons

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
    axes = {name: _cases(fact, cuts.get(name, ()), widen=widen) for name, fact in facts.items()}
    axes = _with_sums(axes, facts, tests, widen=widen)
    pairs = _tpp_and_density(facts, cuts, widen=widen)
    if pairs is None:
        grid = np.meshgrid(*axes.values(), indexing="ij")
        columns = {name: column.ravel() for name, column in zip(axes, grid, strict=True)}
    else:
        # TPP and density vary together, by the die area; everything else varies freely.
        free = {name: axis for name, axis in axes.items() if name not in ("tpp", "pd")}
        grid = np.meshgrid(np.arange(len(pairs)), *free.values(), indexing="ij")
        columns = {name: column.ravel() for name, column in zip(free, grid[1:], strict=True)}
        columns |= {"tpp": pairs[grid[0].ravel(), 0], "pd": pairs[grid[0].ravel(), 1]}
    return {name: columns[name].astype(np.bool_) if facts[name].is_flag else columns[name] for name in facts}


def _tpp_and_density(facts: Facts, cuts: Mapping[str, tuple[float, ...]], *, widen: bool) -> NDArray[np.float64] | None:
    """Cases of TPP with the densities that the range of the die area allows, ``[case 2]``.

    ``None`` where density does not follow from TPP and an area: both are known, or it was given by hand.
    """
    tpp, pd = facts.get("tpp"), facts.get("pd")
    if tpp is None or pd is None or pd.area is None:
        return None
    if tpp.known and pd.known and not (widen and pd.low < pd.high):
        return None
    least, most = pd.area
    # A density threshold is a threshold of TPP at either end of the area's range.
    edges = [cut * area for cut in cuts.get("pd", ()) for area in (least, most)]
    pairs = []
    for value in _cases(tpp, [*cuts.get("tpp", ()), *edges], widen=widen):
        low, high = value / most, value / least
        inside = sorted({low, high, *(cut for cut in cuts.get("pd", ()) if low < cut < high)})
        pairs += [(value, density) for density in (*inside, *((x + y) / 2 for x, y in pairwise(inside)))]
    return np.array(pairs)


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
