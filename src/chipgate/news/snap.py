"""Known acts that an event seems to be: a suggestion with its citation, never a silent replacement."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from chipgate.catalogue import Catalogue
from chipgate.news.records import Event, Precision, When
from chipgate.schema.tables import Event as Act

_NEIGHBOURS: Final = {
    frozenset(("purchase_ban", "purchase_discouragement")), frozenset(("license_requirement", "threshold_rule")),
    frozenset(("export_ban_lift", "license_grant")), frozenset(("security_allegation", "state_media_signal")),
    frozenset(("security_allegation", "security_summons")), frozenset(("license_requirement", "entity_listing")),
    frozenset(("customs_block", "purchase_ban")), frozenset(("tariff", "revenue_fee")),
}  # fmt: skip
_SLACK: Final = {"day": 3, "week": 8, "month": 20, "quarter": 30, "year": 0, "unknown": 0}
_NEWS: Final = timedelta(days=35)
_LOOK_BACK: Final = timedelta(days=150)
LEAST: Final = 2.0


def snapped(events: Iterable[Event], catalogue: Catalogue, published: date | None) -> list[Event]:
    """Events with the id of the known act that each seems to be, where one fits well enough."""
    return [_snap(event, catalogue, published) for event in events]


def _snap(event: Event, catalogue: Catalogue, published: date | None) -> Event:
    if event.actor_side == "company" or event.context in ("negated", "hypothetical", "future"):
        return event
    best: tuple[float, Act] | None = None
    for act in catalogue.events.values():
        score = _score(event, act, published)
        if score >= LEAST and (best is None or score > best[0]):
            best = (score, act)
    if best is None:
        return event
    act = best[1]
    when = event.when
    if (when is None or when.basis == "published") and act.instrument == event.instrument:
        precision: Precision = act.date_precision
        when = When(act.date.first, act.date.last, precision, "snapped")
    source = act.source_urls[0] if act.source_urls else ""
    return replace(event, snapped=act.id, snapped_source=source, act_id=act.id, when=when)


def _score(event: Event, act: Act, published: date | None) -> float:
    """How well an act of the record fits: kind, side, chips and firms, date."""
    if act.actor_country != event.actor_side and not (event.actor_side == "third" and act.actor_country == "NL"):
        return 0.0
    if published is not None and act.known_since.first > published:
        return 0.0
    neighbours = frozenset((act.instrument, event.instrument)) in _NEIGHBOURS
    score = 1.0 if act.instrument == event.instrument else 0.4 if neighbours else 0.0
    if not score:
        return 0.0
    if event.chips and act.chips:
        if not set(event.chips) & set(act.chips):
            return 0.0
        score += 0.8
    elif event.firms and act.firms:
        shared = set(event.firms) & set(act.firms)
        if not shared and not event.chips:
            return 0.0
        score += 0.5 if shared else 0.0
    return score + _date_score(event.when, act, published)


def _date_score(when: When | None, act: Act, published: date | None) -> float:
    day = act.date.first
    if when is not None and when.basis in ("text", "relative", "heading", "lead"):
        slack = timedelta(days=_SLACK[when.precision])
        for known in (day, act.known_since.first):
            if when.first - slack <= known <= when.last + slack:
                off = min(abs((known - when.first).days), abs((known - when.last).days))
                return 1.5 - 0.05 * min(off, 10)
        return -9.0
    if published is None:
        return 0.0
    age = published - act.known_since.first
    if when is not None and when.basis == "published" and age > _NEWS:
        return -9.0  # what is news today is no act of months ago
    return 0.6 - 0.5 * age / _LOOK_BACK if age <= _LOOK_BACK else -9.0
