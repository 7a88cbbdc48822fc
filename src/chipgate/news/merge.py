"""Mentions of one act become one event: same kind, same side, chips and dates that can be the same."""

from dataclasses import replace
from datetime import date
from typing import Final

from chipgate.news.records import SWITCHED_ON, Event, Parameter, When, unique

_NEAR_DAYS: Final = {"day": 6, "week": 12, "month": 12, "quarter": 40, "year": 366, "unknown": 10_000}
_FIRM: Final = {"text": 4, "relative": 3, "heading": 3, "lead": 2, "snapped": 2, "published": 1, "none": 0}
_SAME_ACT: Final = (
    frozenset(("purchase_ban", "purchase_discouragement")), frozenset(("license_requirement", "threshold_rule")),
    frozenset(("export_ban_lift", "license_grant")), frozenset(("security_summons", "security_allegation")),
    frozenset(("legislation_proposed", "legislation_passed")),
)  # fmt: skip
GENERIC: Final = {"Chinese government", "Chinese regulators", "China", "US government", "United States", "US officials"}
STANDING_ORDER: Final = ("current", "background", "future", "hypothetical", "negated")


def merged(events: list[Event]) -> list[Event]:
    """Events of a document, mentions of one act put together; in order of their first mention."""
    kept: list[Event] = []
    alike: dict[tuple[str, str], list[int]] = {}
    for event in events:
        places = alike.setdefault((_KIND.get(event.instrument, event.instrument), event.actor_side), [])
        at = next((i for i in reversed(places) if _same(kept[i], event)), None)
        if at is None:
            places.append(len(kept))
            kept.append(event)
        else:
            kept[at] = _together(kept[at], event)
    return kept


_KIND: Final = {"license_grant": "export_ban_lift"}
"""Instruments that may tell of one act: licences that are granted, and a ban that is lifted."""


def _same(a: Event, b: Event) -> bool:
    """Whether two events of one kind and side can be one act."""
    if (a.instrument != b.instrument and not _one_day(a, b)) or _other_president(a.actor, b.actor):
        return False
    if (a.context == "negated") != (b.context == "negated"):
        return False
    if a.chip_names and b.chip_names and not set(a.chip_names) & set(b.chip_names):
        return False
    if not _dates_fit(a, b):
        return False
    if a.actor_side == "company" and a.actor != b.actor and not set(a.actor.split("; ")) & set(b.actor.split("; ")):
        return a.instrument == "order_placed" and bool(set(a.chip_names) & set(b.chip_names))
    if a.parameter and b.parameter and a.parameter.name == b.parameter.name and a.parameter.value != b.parameter.value:
        return a.instrument not in ("revenue_fee", "tariff", "sales_result", "entity_listing")
    if a.instrument == "state_media_signal" and not set(a.actor.split("; ")) & set(b.actor.split("; ")):
        return False
    if a.instrument == "purchase_discouragement" and a.actor != b.actor and not {a.actor, b.actor} & GENERIC:
        return False  # each agency gives its own advice
    if a.instrument == "purchase_approval" and _buyers(a) and _buyers(b) and not _buyers(a) & _buyers(b):
        return False
    if a.instrument == "entity_listing" and _one_day(a, b):
        return True
    if a.instrument in ("entity_listing", "antitrust", "state_media_signal", "legislation_proposed"):
        return not (a.firms and b.firms and not set(a.firms) & set(b.firms))
    return True


def _other_president(a: str, b: str) -> bool:
    """Whether one act is of one president and the other of another."""
    return any(x in a and y in b for x, y in (("Biden", "Trump"), ("Trump", "Biden")))


def _one_day(a: Event, b: Event) -> bool:
    """Whether the text dates both to one day."""
    x, y = a.when, b.when
    stated = x is not None and y is not None and x.precision == y.precision == "day" and x.first == y.first
    return stated and all(w is not None and w.basis in ("text", "relative", "lead") for w in (x, y))


def _buyers(event: Event) -> set[str]:
    return set(event.firms) - {"nvidia", "amd", "intel", "tsmc"}


def _dates_fit(a: Event, b: Event) -> bool:
    x, y = a.when, b.when
    if x is None or y is None:
        return True
    soft = x.basis in ("published", "snapped") or y.basis in ("published", "snapped")
    slack = 25 if soft else max(_NEAR_DAYS[x.precision], _NEAR_DAYS[y.precision]) // 2
    return _gap(x, y) <= slack


def _gap(x: When, y: When) -> int:
    if x.first <= y.last and y.first <= x.last:
        return 0
    return min(abs((x.first - y.last).days), abs((y.first - x.last).days))


def _together(a: Event, b: Event) -> Event:
    """The surer mention leads; the better date, the parameter and all targets are kept."""
    lead, other = (b, a) if _strength(b) > _strength(a) + 0.1 else (a, b)
    when = max((lead.when, other.when), key=_worth)
    context = min((a.context, b.context), key=STANDING_ORDER.index)
    if when is not None and when is not lead.when and lead.context == "current" and other.context == "background":
        context = "background" if when.basis in ("text", "relative") else context
    return replace(
        lead,
        targets=unique((*lead.targets, *other.targets))[:8], firms=unique((*lead.firms, *other.firms))[:8],
        chips=unique((*lead.chips, *other.chips)), chip_names=unique((*lead.chip_names, *other.chip_names)),
        parameter=_parameter(lead, other), when=when,
        implemented=lead.implemented or other.implemented, removed=lead.removed or other.removed, context=context,
        confidence=min(max(lead.confidence, other.confidence) + 0.04, 0.97), mentions=a.mentions + b.mentions,
        authority_rank=lead.authority_rank,
    )  # fmt: skip


def _parameter(lead: Event, other: Event) -> Parameter | None:
    """The number of the surer mention; what is only supposed gives none to what was done."""
    if lead.context in SWITCHED_ON and other.context not in SWITCHED_ON:
        return lead.parameter
    if other.context in SWITCHED_ON and lead.context not in SWITCHED_ON:
        return other.parameter
    return lead.parameter or other.parameter


def _strength(event: Event) -> float:
    return event.confidence + (0.05 if event.context in ("current", "background") else -0.2)


def _worth(when: When | None) -> tuple[int, int, date]:
    if when is None:
        return -1, 0, date.min
    sharp = {"day": 5, "week": 4, "month": 3, "quarter": 2, "year": 1, "unknown": 0}[when.precision]
    return _FIRM[when.basis] * 10 + sharp * 4, 0, when.first


def one_act_a_sentence(events: list[Event]) -> list[Event]:
    """Of two neighbouring kinds that one sentence gave for one act, the surer."""
    kept: list[Event] = []
    for event in events:
        at = len(kept) - 1  # events of one sentence stand side by side
        while at >= 0 and kept[at].span == event.span and not _related(kept[at], event):
            at -= 1
        if at < 0 or kept[at].span != event.span:
            kept.append(event)
        elif event.confidence > kept[at].confidence:
            kept[at] = event
    return kept


def _related(a: Event, b: Event) -> bool:
    """Whether two events of different kinds can tell of one act: neighbours in the vocabulary, same side and date."""
    pair = frozenset((a.instrument, b.instrument))
    same_day = a.when is None or b.when is None or str(a.when) == str(b.when)
    return pair in _SAME_ACT and a.actor_side == b.actor_side and same_day
