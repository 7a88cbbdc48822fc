"""Who makes chips, who buys them, and the firms that law and events name."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from chipgate.schema.base import Confidence, Date, Id, Names, Record, Source, Sourced, expand_number
from chipgate.schema.clause import Outcome


class Firm(Record):
    """A company named by law, events or the market.

    Attributes:
        country, headquarters: ISO codes of its seat and of its ultimate parent's seat.
        listed_on, listed_until: Days on the US Entity List, first and last.
        listing_policy: Licence policy of its entry.
    """

    id: Id
    name: str
    aliases: Names = ()
    country: str = Field(pattern=r"^[A-Z]{2}$")
    headquarters: str = Field(pattern=r"^[A-Z]{2}$")
    parent: Id | None = None
    kind: Literal["buyer", "maker", "supplier", "server_maker", "other"]
    listed_on: Date | None = None
    listed_until: Date | None = None
    listing_policy: Outcome | None = None
    listing_event: str | None = None
    source_urls: Names = ()
    confidence: Confidence
    notes: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.listed_on is None) != (self.listing_policy is None):
            raise ValueError("listed_on and listing_policy belong together")
        return self


class FiscalCalendar(Record):
    """A maker's fiscal year.

    Attributes:
        first_month: Calendar month in which fiscal quarter 1 begins.
        year_offset: Fiscal year minus the calendar year in which it begins.
    """

    first_month: int = Field(ge=1, le=12)
    year_offset: int = Field(ge=0, le=1)


class Maker(Record):
    """A maker of accelerators.

    Attributes:
        firm: Firm id.
        stack: Software stack of its chips.
        letters: Clauses of private letters that it is known to have received.
    """

    id: Id
    name: str
    aliases: tuple[str, ...] = ()
    firm: Id
    country: Literal["US", "CN"]
    stack: Id
    fiscal: FiscalCalendar
    letters: tuple[str, ...] = ()
    sources: dict[str, Source]
    notes: str = ""


class Buyer(Record):
    """A buyer, or a block of buyers that the market treats as one.

    Attributes:
        members: Firms in it.
        policy_class: How Beijing's gate treats it.
        access: Routes that the law leaves open to it: foreign chips under licence, grey imports, domestic chips.
        budget_observations, budget_parameters: Ids of the figures that its budget path rests on.
        numbers: Sourced figures of its behaviour, keys from :data:`BUYER_NUMBERS`.
    """

    id: Id
    name: str
    aliases: tuple[str, ...] = ()
    country: Literal["US", "CN"]
    members: tuple[Id, ...] = Field(min_length=1)
    policy_class: Literal["internet_platform", "ai_lab", "state_funded", "entity_listed", "enterprise", "us"]
    access: tuple[Literal["foreign_legal", "foreign_grey", "domestic", "rental_abroad"], ...]
    budget_observations: tuple[str, ...] = ()
    budget_parameters: tuple[str, ...] = ()
    sources: dict[str, Source]
    numbers: dict[str, Sourced]
    notes: str = ""

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        given = raw.get("numbers") or {}
        if not isinstance(given, dict) or not isinstance(raw.get("sources") or {}, dict):
            raise ValueError("sources and numbers must be mappings")
        numbers = {}
        for field, value in given.items():
            if field not in BUYER_NUMBERS:
                raise ValueError(f"unknown figure {field!r}; known: {', '.join(BUYER_NUMBERS)}")
            numbers[field] = expand_number(
                value, unit=BUYER_NUMBERS[field], sources=raw.get("sources") or {}, default_source="main"
            )
        return {**raw, "numbers": numbers}


BUYER_NUMBERS: dict[str, str] = {
    "training_share_of_spend": "fraction",
    "beijing_exposure": "fraction",
    "domestic_stack_preference": "fraction",
}
"""Figures of a buyer and their units. ``beijing_exposure`` scales how much of Beijing's pressure it feels;
``domestic_stack_preference`` is the part of its work already on domestic software."""
