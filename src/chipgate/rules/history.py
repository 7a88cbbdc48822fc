"""How a verdict changed over time, and the events behind each change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chipgate.catalogue.catalogue import Catalogue
from chipgate.rules.book import RuleBook
from chipgate.rules.destination import destination
from chipgate.rules.verdict import Subject, Verdict, judge
from chipgate.schema.tables import Event, Instrument

BEIJING: Final[tuple[Instrument, ...]] = (
    "security_summons", "security_allegation", "purchase_discouragement", "purchase_ban", "purchase_approval",
    "customs_block", "volume_cap", "state_media_signal",
)  # fmt: skip
"""Instruments with which Beijing acts on purchases of a foreign chip."""


@dataclass(frozen=True)
class Period:
    """A time over which a verdict stays the same.

    Attributes:
        last: Last day; ``None`` while it stands.
        events: Policy events behind the change into this period.
    """

    first: date
    last: date | None
    verdict: Verdict
    events: tuple[Event, ...]


def history(catalogue: Catalogue, book: RuleBook, subject: Subject, to: str) -> list[Period]:
    """Every change of a subject's status for a destination, from the first covered day to the record's close."""
    ledger = list(catalogue.ambiguities.values())
    found: list[Period] = []
    for day in _days(catalogue, book, to):
        verdict = judge(book, ledger, subject, day, destination(catalogue, to, day))
        if found and _same(found[-1].verdict, verdict):
            continue
        if found:
            before = found.pop()
            found.append(Period(before.first, day - timedelta(days=1), before.verdict, before.events))
        previous = found[-1].verdict if found else None
        found.append(Period(day, None, verdict, _behind(catalogue, book, previous, verdict)))
    return found


def beijing_measures(catalogue: Catalogue, chip: str, day: date) -> list[Event]:
    """China's acts on a chip that were public on ``day`` and had not ended, oldest first."""
    return [
        event
        for event in catalogue.events.values()
        if event.actor_country == "CN"
        and event.instrument in BEIJING
        and chip in event.chips
        and event.known_since.last <= day
        and (event.end_date is None or day <= event.end_date.last)
    ]


def _days(catalogue: Catalogue, book: RuleBook, to: str) -> Sequence[date]:
    days = {day for day in book.change_days if day <= catalogue.compiled}
    country = None if to.upper() == "CN_HQ_ABROAD" else catalogue.countries.find(to)
    if country is not None and country.earlier_until is not None:
        days.add(country.earlier_until.last + timedelta(days=1))
    return sorted(days)


def _same(a: Verdict, b: Verdict) -> bool:
    return (a.outcome, a.fee, a.duty, a.volume_caps) == (b.outcome, b.fee, b.duty, b.volume_caps)


def _behind(catalogue: Catalogue, book: RuleBook, before: Verdict | None, after: Verdict) -> tuple[Event, ...]:
    """Events of the clauses that came to bear on the verdict; where none did, of those that ceased to."""
    if before is None:
        return ()
    was, now = _bearing(book, before), _bearing(book, after)
    entered = [book.clauses[clause] for clause in sorted(now - was)]
    ids = [e for clause in entered for e in clause.events]
    until = max((clause.known_since for clause in entered), default=after.day)
    if not ids:
        ids = [e for clause in sorted(was - now) for e in book.clauses[clause].events]
    events = (catalogue.events[i] for i in dict.fromkeys(ids))
    found = [e for e in events if e.date.first <= max(until, after.day) and (entered or _effect(e) > before.day)]
    return tuple(sorted(found, key=lambda event: event.date))


def _bearing(book: RuleBook, verdict: Verdict) -> set[str]:
    """Clauses that decide a verdict or add a duty or a term to it."""
    return {
        f.id
        for f in verdict.clauses
        if f.id in book.clauses and (f.decides or (f.holds and book.clauses[f.id].role in ("duty", "term")))
    }


def _effect(event: Event) -> date:
    return (event.effective_date or event.date).first
