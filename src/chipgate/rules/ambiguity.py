"""The ambiguity ledger applied: which open points touch a verdict, and what another reading would change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import get_args

from chipgate.errors import DataError
from chipgate.rules.facts import Reading
from chipgate.schema.clause import Ambiguity, Outcome

READINGS: tuple[str, ...] = tuple(name for name in get_args(Reading) if name)
"""Names of the readings that a ledger entry may give as its ``alternative``."""


@dataclass(frozen=True)
class Touch:
    """An open point that touches a verdict.

    Attributes:
        outcome_if_read_otherwise: Outcome under the alternative reading, where there is one.
        changes_outcome: Whether that differs from the verdict.
    """

    id: str
    title: str
    text: str
    outcome_if_read_otherwise: Outcome | None = None
    changes_outcome: bool = False


@dataclass(frozen=True)
class Circumstances:
    """What the ledger needs to know of a verdict.

    Attributes:
        matter: Clauses that bear on the verdict.
        other_readings: Alternative reading -> outcome under it, for the readings that change a figure that a
            clause in force looks at.
    """

    day: date
    destination: str
    vendor: str
    vendor_country: str
    has_buyer: bool
    matter: tuple[str, ...]
    outcome: Outcome
    other_readings: Mapping[str, Outcome]


def touching(ledger: Iterable[Ambiguity], at: Circumstances) -> list[Touch]:
    """Entries of the ledger that touch a verdict."""
    found = []
    for entry in ledger:
        if entry.alternative and entry.alternative not in READINGS:
            raise DataError(
                f"unknown alternative reading {entry.alternative!r}", path="ambiguities.yaml",
                fix=f"known: {', '.join(READINGS)}",
            )  # fmt: skip
        if not _applies(entry, at):
            continue
        other = at.other_readings.get(entry.alternative)
        found.append(Touch(entry.id, entry.title, entry.text, other, other is not None and other != at.outcome))
    return found


def _applies(entry: Ambiguity, at: Circumstances) -> bool:
    if (entry.first and at.day < entry.first) or (entry.last and at.day > entry.last):
        return False
    if entry.needs_buyer and not at.has_buyer:
        return False
    if entry.destinations and at.destination not in entry.destinations:
        return False
    if entry.vendors and at.vendor not in entry.vendors:
        return False
    if entry.vendor_countries and at.vendor_country not in entry.vendor_countries:
        return False
    if entry.alternative:
        return entry.alternative in at.other_readings
    return not entry.clauses or not set(entry.clauses).isdisjoint(at.matter)
