"""Verdicts over chips x days x destinations as arrays, equal to the scalar path case by case.

What holds does not change within a regime, and tests look at no date; so each test is evaluated once over all
cases of all chips, the cases are reduced to their distinct patterns of holding clauses, and each regime ranks the
patterns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgate.rules.book import RuleBook, licence_outcome
from chipgate.rules.cases import consistent, remaining
from chipgate.rules.destination import Destination
from chipgate.rules.evaluate import holds_arrays
from chipgate.rules.points import Columns, central_point
from chipgate.rules.variables import DEST_GROUPS
from chipgate.rules.verdict import Subject
from chipgate.schema.clause import STRICTNESS, Clause, Outcome

OUTCOMES: Final[tuple[Outcome, ...]] = (*STRICTNESS, "cannot_tell")
"""Outcome of each code in :attr:`VerdictArrays.outcome`."""

_NONE: Final = STRICTNESS.index("none")
_CASE_BY_CASE: Final = STRICTNESS.index("licence_case_by_case")
_CANNOT_TELL: Final = OUTCOMES.index("cannot_tell")


@dataclass(frozen=True)
class VerdictArrays:
    """Verdicts as arrays, all ``[chip, day, destination]``.

    Attributes:
        outcome: Index into :data:`OUTCOMES`.
        fee: Share of revenue due for the licence; NaN where there is none.
        duty: Ad-valorem import duty; NaN where there is none.
    """

    outcome: NDArray[np.int8]
    fee: NDArray[np.float64]
    duty: NDArray[np.float64]


def judge_arrays(
    book: RuleBook, subjects: Sequence[Subject], days: Sequence[date], to: Sequence[Destination]
) -> VerdictArrays:
    """Judge all subjects on all days for all destinations.

    Args:
        subjects: Finished chips.
        to: Destinations, with the groups that hold over all the days.
    """
    clauses = [c for c in book.clauses.values() if c.item == "finished_chip" and c.role != "marker"]
    patterns = _patterns(book, clauses, subjects, to)
    shape = (len(subjects), len(days), len(to))
    outcome = np.empty(shape, np.int8)
    fee, duty = np.full(shape, np.nan), np.full(shape, np.nan)
    done: dict[tuple[bool, ...], int] = {}
    for index, day in enumerate(days):
        active = tuple(c.in_force(day) for c in clauses)
        if active in done:
            source = done[active]
            for array in (outcome, fee, duty):
                array[:, index] = array[:, source]
            continue
        done[active] = index
        ranked = _rank(clauses, patterns, np.asarray(active))
        outcome[:, index], fee[:, index], duty[:, index] = _reduce(patterns, ranked, len(subjects), len(to))
    return VerdictArrays(outcome, fee, duty)


@dataclass(frozen=True)
class _Patterns:
    """Distinct patterns of holding clauses of each chip and destination.

    Attributes:
        holds: ``[pattern, clause]``; ``from_us``: ``[pattern]``.
        group: ``[pattern]``, chip x number of destinations + destination; ascending.
    """

    holds: NDArray[np.bool_]
    from_us: NDArray[np.bool_]
    group: NDArray[np.intp]


def _patterns(
    book: RuleBook, clauses: Sequence[Clause], subjects: Sequence[Subject], to: Sequence[Destination]
) -> _Patterns:
    parts = [_columns(book, subject) for subject in subjects]
    sizes = [len(next(iter(part.values()))) for part in parts]
    arrays = {name: np.concatenate([part[name] for part in parts])[:, None] for name in parts[0]}
    membership = {g: np.array([[g in d.groups for d in to]]) for g in DEST_GROUPS}
    full = (sum(sizes), len(to))
    bits = np.zeros(full, np.int64)
    for number, clause in enumerate(clauses):
        found = np.broadcast_to(holds_arrays(book.tests[clause.id], arrays, membership), full)
        bits |= found.astype(np.int64) << (number + 1)
    bits |= np.broadcast_to(arrays["export_from_us"], full)
    group = np.repeat(np.arange(len(subjects)), sizes)[:, None] * len(to) + np.arange(len(to))[None, :]
    # One sortable number a case: its chip and destination above its pattern of holding clauses.
    unique = np.unique((group << (len(clauses) + 1)) | bits)
    pattern = unique & ((1 << (len(clauses) + 1)) - 1)
    held = (pattern[:, None] >> (np.arange(len(clauses)) + 1)) & 1
    return _Patterns(held.astype(np.bool_), (pattern & 1).astype(np.bool_), unique >> (len(clauses) + 1))


def _columns(book: RuleBook, subject: Subject) -> Columns:
    """The cases that the scalar path weighs: the central one, or all that are possible."""
    facts = subject.facts("")
    shown = tuple((book.tests[clause], fact.meets) for fact in subject.revealed for clause in fact.clauses)
    central = central_point(facts)
    if central is not None and consistent(central, shown):
        return {name: np.array([value]) for name, value in central.items()}
    return remaining(facts, book.licence_tests(), shown, widen=central is not None)[0]


def _rank(
    clauses: Sequence[Clause], patterns: _Patterns, active: NDArray[np.bool_]
) -> tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]:
    """Outcome code, fee and duty of each pattern under the clauses in force."""
    held = patterns.holds & active
    index = {clause.id: i for i, clause in enumerate(clauses)}
    left = held.copy()
    for i, clause in enumerate(clauses):
        for other in clause.replaces:
            if other in index:
                left[:, index[other]] &= ~held[:, i]
    left &= np.array([c.applied for c in clauses])
    outcomes = [licence_outcome(c) for c in clauses]
    ranks = np.array([_NONE if o is None else STRICTNESS.index(o) for o in outcomes])
    counts = np.array([o is not None for o in outcomes])
    best = np.where(left & counts, ranks, _NONE).min(axis=1).astype(np.int8)
    deciding = left & counts & (ranks == best[:, None])
    fee = _largest(deciding, [c.fee for c in clauses])
    fee[best != _CASE_BY_CASE] = np.nan
    duty = _largest(left & patterns.from_us[:, None], [c.duty for c in clauses])
    return best, fee, duty


def _largest(mask: NDArray[np.bool_], values: Sequence[float | None]) -> NDArray[np.float64]:
    figures = np.array([-np.inf if v is None else v for v in values])
    found = np.where(mask, figures, -np.inf).max(axis=1)
    return np.where(np.isneginf(found), np.nan, found)


def _reduce(
    patterns: _Patterns,
    ranked: tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]],
    chips: int,
    destinations: int,
) -> tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]:
    """One verdict a chip and destination: what all its patterns agree on."""
    outcome, fee, duty = ranked
    starts = np.flatnonzero(np.r_[True, np.diff(patterns.group) != 0])
    low, high = np.minimum.reduceat(outcome, starts), np.maximum.reduceat(outcome, starts)
    code = np.where(low == high, low, _CANNOT_TELL).astype(np.int8)
    agreed_fee = np.where(code == _CASE_BY_CASE, _agreed(fee, starts), np.nan)
    shape = (chips, destinations)
    return code.reshape(shape), agreed_fee.reshape(shape), _agreed(duty, starts).reshape(shape)


def _agreed(values: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    filled = np.where(np.isnan(values), -1.0, values)
    low, high = np.minimum.reduceat(filled, starts), np.maximum.reduceat(filled, starts)
    return np.where((low == high) & (low >= 0), low, np.nan)
