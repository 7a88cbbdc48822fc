"""The law as a map: the outcome of a chip by total processing performance and performance density."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgate.rules.book import RuleBook
from chipgate.rules.destination import Destination
from chipgate.rules.points import thresholds
from chipgate.schema.clause import Outcome

_SPAN: Final = {"tpp": (100.0, 200_000.0), "pd": (0.1, 100.0)}
"""Span of the map: from below every threshold to above every chip."""
_STEPS: Final = 24


@dataclass(frozen=True)
class Regions:
    """Outcomes on a grid.

    Attributes:
        tpp, pd: Edges of the cells, rising; every threshold in force is one.
        outcome: ``[tpp cell][pd cell]``.
        thresholds: Variable -> threshold -> clauses in force that use it.
    """

    tpp: tuple[float, ...]
    pd: tuple[float, ...]
    outcome: tuple[tuple[Outcome, ...], ...]
    thresholds: dict[str, dict[float, tuple[str, ...]]]


def regions(
    book: RuleBook, day: date, to: Destination, *, datacenter: bool = True, mem_bw_gbs: float = 0.0,
    io_bw_gbs: float = 0.0,
) -> Regions:  # fmt: skip
    """The map of a day and destination for a finished chip shipped from the US.

    Within a cell nothing changes, since the tests compare figures with thresholds alone; so one case of each, its
    middle, tells the outcome. Density and performance vary freely, as if by the area of the die.

    Args:
        datacenter: Whether the chip is marketed for data centres.
        mem_bw_gbs, io_bw_gbs: Its other figures; at nought they bring it under no rule.
    """
    active = book.in_force(day)
    users = {name: _users(book, [c.id for c in active], name) for name in ("tpp", "pd", "mem_bw_gbs", "io_bw_gbs")}
    edges = {name: _edges(name, list(users[name])) for name in _SPAN}
    rest = {
        "marketed_datacenter": datacenter, "export_from_us": True, "us_commercial_20260115": False,
        "mem_bw_gbs": mem_bw_gbs, "io_bw_gbs": io_bw_gbs,
    }  # fmt: skip
    tpp, pd = (np.sqrt(edges[name][1:] * edges[name][:-1]) for name in _SPAN)

    def decided(x: float, y: float) -> Outcome:
        return book.decide({"tpp": x, "pd": y, **rest}, to.groups, active).outcome

    outcome = tuple(tuple(decided(float(x), float(y)) for y in pd) for x in tpp)
    return Regions(tuple(edges["tpp"].tolist()), tuple(edges["pd"].tolist()), outcome, users)


def _users(book: RuleBook, clauses: Sequence[str], name: str) -> dict[float, tuple[str, ...]]:
    found: dict[float, list[str]] = {}
    for clause in clauses:
        for cut in thresholds([book.tests[clause]], name) if clause in book.tests else ():
            found.setdefault(cut, []).append(clause)
    return {cut: tuple(ids) for cut, ids in sorted(found.items())}


def _edges(name: str, cuts: Sequence[float]) -> NDArray[np.float64]:
    low, high = _SPAN[name]
    inside = [cut for cut in cuts if low < cut < high]
    return np.unique(np.concatenate([np.geomspace(low, high, _STEPS + 1), inside]))
