"""What the reader finds: dates with precision and basis, parameters, events, documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from chipgate.schema.news import Context, NewsAuthority, NewsInstrument, Side, Sourcing

Precision = Literal["day", "week", "month", "quarter", "year", "unknown"]
DateBasis = Literal["text", "relative", "heading", "lead", "published", "snapped", "none"]
"""Where a date comes from: the text, a date before it, a heading, the article's lead, its day, the record."""
ParameterName = Literal["fee", "cap", "rate", "count", "value", "threshold", "share", "change"]
SWITCHED_ON: Final = ("current", "background")
"""Contexts whose events a scenario takes."""
LEAST_CONFIDENCE: Final = 0.45
"""Below it an event is off until a person switches it on."""


@dataclass(frozen=True)
class When:
    """A date as a text gives it.

    Attributes:
        first, last: Days between which it lies.
        at: Offset of the phrase in the text; -1 where it comes from elsewhere. ``stop``: offset past its end.
        ahead: The phrase looks forward (next week, will ... in March).
    """

    first: date
    last: date
    precision: Precision
    basis: DateBasis
    at: int = -1
    stop: int = -1
    ahead: bool = False

    def __str__(self) -> str:
        if self.precision == "year":
            return f"{self.first:%Y}"
        if self.precision in ("month", "quarter"):
            return f"{self.first:%Y-%m}"
        return self.middle.isoformat()

    @property
    def middle(self) -> date:
        """The day in the middle of its range."""
        return self.first + (self.last - self.first) // 2


@dataclass(frozen=True)
class Parameter:
    """A number with its type; a share of revenue or price is ``share`` or ``change`` and never a fee."""

    name: ParameterName
    value: float
    unit: str

    def to_json(self) -> dict[str, Any]:
        """Name, value and unit."""
        return {"name": self.name, "value": self.value, "unit": self.unit}


@dataclass(frozen=True)
class Event:
    """An event that an article states.

    Attributes:
        targets: Names as people know them. ``firms``, ``chips``: ids of the catalogue. ``chip_names``: short names.
        when: Date of the act; ``implemented``, ``removed``: days from and until which it holds, where stated.
        snapped: Id of the known act that it seems to be, a suggestion.
        span: Offsets into the raw decoded input. ``text``: what stands there, spaces collapsed.
    """

    instrument: NewsInstrument
    actor: str
    actor_side: Side
    targets: tuple[str, ...]
    firms: tuple[str, ...]
    chips: tuple[str, ...]
    chip_names: tuple[str, ...]
    parameter: Parameter | None
    when: When | None
    implemented: date | None
    removed: date | None
    authority: NewsAuthority
    authority_rank: int
    public: bool
    sourcing: Sourcing
    context: Context
    direction: str
    confidence: float
    span: tuple[int, int]
    text: str
    rule_id: str
    act_id: str = ""
    snapped: str = ""
    snapped_source: str = ""
    mentions: int = 1
    edited_by_user: bool = False
    switched: bool | None = None

    @property
    def on(self) -> bool:
        """Whether a scenario takes it: what a person chose, else by context and confidence."""
        if self.switched is not None:
            return self.switched
        return self.context in SWITCHED_ON and self.confidence >= LEAST_CONFIDENCE


@dataclass(frozen=True)
class Document:
    """An article as read.

    Attributes:
        published_basis: Where its date comes from: user, meta, dateline, url or none.
        on_topic: Whether the article speaks of accelerators or their controls and of China at all.
        notes: What a reader must know, such as that relative dates stay open.
        crosswalk: Instrument -> codes of other vocabularies.
    """

    name: str
    published: date | None
    published_basis: str
    title: str
    on_topic: bool
    events: tuple[Event, ...]
    notes: tuple[str, ...]
    crosswalk: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The document as the command prints it."""
        return {
            "published": self.published.isoformat() if self.published else None,
            "published_basis": self.published_basis,
            "title": self.title,
            "on_topic": self.on_topic,
            "notes": list(self.notes),
            "events": [event_json(e, self.crosswalk) for e in self.events],
        }


def event_json(event: Event, crosswalk: dict[str, Any]) -> dict[str, Any]:
    """An event as JSON, with the codes of other vocabularies."""
    codes = crosswalk.get(event.instrument)
    return {
        "instrument": event.instrument, "actor": event.actor, "actor_side": event.actor_side,
        "targets": list(event.targets), "firms": list(event.firms), "chips": list(event.chips),
        "chip_names": list(event.chip_names),
        "parameter": event.parameter.to_json() if event.parameter else None,
        "date": str(event.when) if event.when else None,
        "date_precision": event.when.precision if event.when else "unknown",
        "date_range": [event.when.first.isoformat(), event.when.last.isoformat()] if event.when else None,
        "date_basis": event.when.basis if event.when else "none",
        "date_announced": str(event.when) if event.when else None,
        "date_implemented": event.implemented.isoformat() if event.implemented else None,
        "date_removed": event.removed.isoformat() if event.removed else None,
        "authority": event.authority, "authority_rank": event.authority_rank, "public": event.public,
        "sourcing": event.sourcing, "context": event.context, "direction": event.direction,
        "confidence": round(event.confidence, 2), "on": event.on, "span": list(event.span), "text": event.text,
        "rule_id": event.rule_id, "act_id": event.act_id, "snapped": event.snapped or None,
        "snapped_source": event.snapped_source or None, "mentions": event.mentions,
        "gta_type_id": codes.gta_id if codes else None, "mast_chapter": (codes.mast or None) if codes else None,
        "plover": (codes.plover or None) if codes else None, "edited_by_user": event.edited_by_user,
    }  # fmt: skip


def unique(items: Sequence[str]) -> tuple[str, ...]:
    """Items once each, in order, without empty ones."""
    return tuple(dict.fromkeys(item for item in items if item))
