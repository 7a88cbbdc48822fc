"""The clauses parsed, and what they decide for one case: the crisp core of a verdict.

Order of evaluation (source: the project's rule notes, section "How to evaluate"): take the clauses in force whose
test holds; drop those that another holding clause replaces; the strictest outcome left is the verdict; none left
means no licence is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Final

from chipgate.catalogue.read import line_of_key
from chipgate.catalogue.table import Table
from chipgate.errors import ClauseSyntaxError, DataError
from chipgate.rules.evaluate import Point, holds
from chipgate.rules.grammar import Node, parse, variables
from chipgate.rules.variables import VARIABLES
from chipgate.schema.clause import STRICTNESS, Clause, Item, Outcome
from chipgate.timegrid import FIRST_DAY

_PRESUMED_A: Final = "presumed_3A090a"


@dataclass(frozen=True)
class Finding:
    """What the clauses decide for one case.

    Attributes:
        outcome: Licence outcome.
        holding: Clauses whose test holds, replaced ones included.
        replaced: Replaced clause id -> the clause that replaces it.
        deciding: Ids of the clauses that give the outcome; empty when no clause holds.
        fee: Share of revenue due for the licence. ``duty``: ad-valorem duty.
        terms: Ids of the clauses whose volume caps bind.
    """

    outcome: Outcome
    holding: tuple[str, ...]
    replaced: Mapping[str, str]
    deciding: tuple[str, ...]
    fee: float | None
    duty: float | None
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Regime:
    """A time in which the same clauses stand.

    Attributes:
        first, last: First and last day; ``last`` is ``None`` while it stands.
        clauses: Ids of the clauses in force.
    """

    first: date
    last: date | None
    clauses: tuple[str, ...]


class RuleBook:
    """All clauses of a catalogue, parsed once.

    Args:
        clauses: Clauses by id.

    Raises:
        DataError: A test is malformed, looks at a variable that its item has not, or a replaced clause is unknown.
    """

    def __init__(self, clauses: Table[Clause]) -> None:
        self.clauses = clauses
        self.tests: dict[str, Node] = {}
        for clause in clauses.values():
            place = clauses.place(clause.id)
            if clause.test:
                self.tests[clause.id] = self._parse(clause)
            for other in clause.replaces:
                if other not in clauses:
                    raise DataError(f"replaces unknown clause {other!r}", path=place.path, line=place.line)

    def _parse(self, clause: Clause) -> Node:
        place = self.clauses.place(clause.id)
        try:
            test = parse(clause.test)
        except ClauseSyntaxError as error:
            raise DataError(
                f"test: {error}", path=place.path, line=line_of_key(place.path, "test"),
                fix="see the grammar in docs/rules.md",
            ) from error  # fmt: skip
        for name in sorted(variables(test)):
            if clause.item not in VARIABLES[name].items:
                line = line_of_key(place.path, "test")
                raise DataError(f"test: {name} is no variable of a {clause.item}", path=place.path, line=line)
        return test

    def in_force(self, day: date, item: Item = "finished_chip") -> list[Clause]:
        """Clauses on ``item`` that stand on ``day``, in file order."""
        return [c for c in self.clauses.values() if c.item == item and c.in_force(day)]

    def licence_tests(self, item: Item = "finished_chip") -> list[Node]:
        """Tests of all licence clauses on ``item``, whatever their dates."""
        return [self.tests[c.id] for c in self.clauses.values() if c.item == item and c.role == "licence" and c.applied]

    @cached_property
    def change_days(self) -> tuple[date, ...]:
        """Days on which a clause starts to stand or has just ceased to, ascending, from the first covered day."""
        days = {FIRST_DAY}
        for clause in self.clauses.values():
            if clause.role == "marker":
                continue
            days |= {clause.effective} if clause.effective else set()
            days |= {clause.ends + timedelta(days=1)} if clause.ends else set()
        return tuple(sorted(day for day in days if day >= FIRST_DAY))

    def regimes(self, item: Item = "finished_chip") -> list[Regime]:
        """The covered time as consecutive regimes, each with another set of clauses on ``item`` in force."""
        starts: list[tuple[date, tuple[str, ...]]] = []
        for day in self.change_days:
            ids = tuple(clause.id for clause in self.in_force(day, item))
            if not starts or starts[-1][1] != ids:
                starts.append((day, ids))
        ends = [later[0] - timedelta(days=1) for _, later in pairwise(starts)]
        return [Regime(day, last, ids) for (day, ids), last in zip(starts, [*ends, None], strict=True)]

    def decide(self, point: Point, groups: frozenset[str], active: Sequence[Clause]) -> Finding:
        """What the clauses decide for one case.

        Args:
            point: Value of every variable of the item.
            groups: Groups of the destination.
            active: Clauses in force.
        """
        holding = [c for c in active if holds(self.tests[c.id], point, groups)]
        replaced = {other: c.id for c in holding for other in c.replaces if any(h.id == other for h in holding)}
        left = [c for c in holding if c.id not in replaced and c.applied]
        ranked = [(STRICTNESS.index(o), c) for c in left if (o := licence_outcome(c)) is not None]
        best = min((rank for rank, _ in ranked), default=STRICTNESS.index("none"))
        deciding = [c for rank, c in ranked if rank == best]
        fee = max((c.fee for c in deciding if c.fee is not None), default=None)
        from_us = bool(point.get("export_from_us", True))
        duty = max((c.duty for c in left if c.duty is not None), default=None) if from_us else None
        case_by_case = STRICTNESS[best] == "licence_case_by_case"
        terms = [c.id for c in left if c.volume_cap and (c in deciding or (c.role == "term" and case_by_case))]
        return Finding(
            STRICTNESS[best], tuple(c.id for c in holding), replaced, tuple(c.id for c in deciding), fee, duty,
            tuple(terms),
        )  # fmt: skip


def licence_outcome(clause: Clause) -> Outcome | None:
    """The licence outcome that a holding clause gives; ``None`` for duties and terms.

    A logic die that is presumed to be 3A090.a meets that paragraph's presumption of denial.
    """
    if clause.role != "licence":
        return None
    if clause.outcome == _PRESUMED_A:
        return "licence_presumption_of_denial"
    for outcome in STRICTNESS:
        if clause.outcome == outcome:
            return outcome
    return None
