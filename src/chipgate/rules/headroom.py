"""How far a chip stands from each threshold, and which single change would alter its verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from chipgate.rules.book import RuleBook
from chipgate.rules.destination import Destination
from chipgate.rules.evaluate import Point
from chipgate.rules.facts import Fact, Facts
from chipgate.rules.grammar import variables
from chipgate.rules.points import central_point, possible_cases, thresholds
from chipgate.rules.variables import VARIABLES
from chipgate.rules.verdict import Subject
from chipgate.schema.clause import Outcome


@dataclass(frozen=True)
class Gap:
    """Distance of one figure of a chip from one threshold in force.

    Attributes:
        margin: Threshold over figure, minus one: 0.02 means that the figure may grow 2 percent up to it, a
            negative number that it stands above it.
        clauses: Clauses that use the threshold.
    """

    variable: str
    value: float
    threshold: float
    margin: float
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Flip:
    """The smallest change of one figure alone that gives another outcome.

    Attributes:
        to: The value at which, or just beyond which, the outcome changes.
        change: Relative change needed.
    """

    variable: str
    value: float
    to: float
    change: float
    outcome: Outcome


@dataclass(frozen=True)
class Headroom:
    """Headroom of one chip; empty where its figures are unpublished."""

    subject: Subject
    outcome: Outcome
    facts: Facts
    gaps: tuple[Gap, ...]
    flips: tuple[Flip, ...]


def headroom(book: RuleBook, subject: Subject, day: date, to: Destination) -> Headroom:
    """Distances of a chip's known figures from the thresholds in force for a destination."""
    facts = subject.facts("")
    active = book.in_force(day, subject.item)
    central = central_point(facts)
    outcome: Outcome = "cannot_tell" if central is None else book.decide(central, to.groups, active).outcome
    gaps = []
    for name in _numbers(facts):
        value = facts[name].value or 0.0
        users: dict[float, list[str]] = {}
        for clause in active:
            for cut in thresholds([book.tests[clause.id]], name):
                users.setdefault(cut, []).append(clause.id)
        gaps += [Gap(name, value, cut, cut / value - 1, tuple(ids)) for cut, ids in sorted(users.items())]
    flips = () if central is None else _flips(book, subject, facts, day, to, outcome)
    return Headroom(subject, outcome, facts, tuple(gaps), flips)


def _numbers(facts: Facts) -> list[str]:
    return [n for n, f in facts.items() if VARIABLES[n].type == "number" and f.value]


def _flips(
    book: RuleBook, subject: Subject, facts: Facts, day: date, to: Destination, outcome: Outcome
) -> tuple[Flip, ...]:
    """For each figure the nearest value, the others held, at which the outcome changes; nearest first.

    TPP moves the density with it, the die area held; the density alone moves with the area.
    """
    active = book.in_force(day, subject.item)
    tests = [book.tests[clause.id] for clause in active if clause.role == "licence"]
    used = frozenset().union(*(variables(test) for test in tests))
    found: list[Flip] = []
    for name in _numbers(facts):
        if name in used:
            freed = _freed(facts, name)

            def decided(value: float, name: str = name) -> Outcome:
                return book.decide(_moved(facts, name, value), to.groups, active).outcome

            cases = np.unique(possible_cases(freed, tests, widen=False)[name])
            found += _edges(name, facts[name].value or 0.0, [float(c) for c in cases if c > 0], decided, outcome)
    return tuple(sorted(found, key=lambda flip: abs(flip.change)))


def _freed(facts: Facts, name: str) -> Facts:
    """Facts with one figure free; with TPP the density over a fixed area is free too."""
    freed = dict(facts)
    freed[name] = Fact(name, None, 0.0, VARIABLES[name].most, "")
    tpp, pd = facts["tpp"].value, facts["pd"].value
    if name == "tpp" and tpp and pd:
        freed["pd"] = Fact("pd", None, 0.0, VARIABLES["pd"].most, "", area=(tpp / pd, tpp / pd))
    return freed


def _moved(facts: Facts, name: str, value: float) -> Point:
    """The central case with one figure moved."""
    point = dict(central_point(facts) or {})
    point[name] = value
    tpp, pd = facts["tpp"].value, facts["pd"].value
    if name == "tpp" and tpp and pd:
        point["pd"] = pd * value / tpp
    return point


def _edges(
    name: str, value: float, cases: Sequence[float], decided: Callable[[float], Outcome], outcome: Outcome
) -> list[Flip]:
    """First change of outcome above and below ``value``."""
    found = []
    for side in ([c for c in cases if c > value], [c for c in reversed(cases) if c < value]):
        last = value
        for case in side:
            new = decided(case)
            if new != outcome:
                # Nothing changes between neighbouring cases, so the edge is one of the two.
                edge = last if decided((last + case) / 2) != outcome else case
                found.append(Flip(name, value, edge, edge / value - 1, new))
                break
            last = case
    return found
