"""From ``--to`` and ``--buyer`` to the groups that clauses speak of, and to Entity List standing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import UnknownNameError
from chipgate.schema.actors import Buyer, Firm
from chipgate.schema.clause import Outcome

ABROAD: Final = "CN_HQ_ABROAD"
# Headquarters in these groups bring the headquarters rule into play (China is itself a D:5 country).
_CONTROLLED_HQ: Final = frozenset({"CN", "MO", "D5_OTHER"})

# The rule on majority-owned affiliates of listed firms, in force until it was suspended (events PE076, PE093).
_AFFILIATES_FIRST: Final = date(2025, 9, 29)
_AFFILIATES_LAST: Final = date(2025, 11, 9)


@dataclass(frozen=True)
class Destination:
    """Where a chip goes.

    Attributes:
        code: ISO code, or a group name where the caller gave a group.
        groups: Groups that clauses test.
    """

    code: str
    name: str
    groups: frozenset[str]


@dataclass(frozen=True)
class Listing:
    """Standing of a buyer on the Entity List.

    Attributes:
        firm: The firm that is listed: the buyer, or a listed parent under the affiliates rule.
        policy: Licence policy of its entry.
        reason: In words, with the date.
    """

    firm: str
    policy: Outcome
    reason: str
    event: str | None


def destination(catalogue: Catalogue, to: str, day: date, buyer: Firm | None = None) -> Destination:
    """Groups of a destination on a day.

    Args:
        to: ISO 3166 code, country name, or ``CN_HQ_ABROAD`` (a unit elsewhere with headquarters in China).
        buyer: Who receives the chip; with headquarters in China, Macau or a D:5 country and a destination
            elsewhere, the headquarters rule applies.

    Raises:
        UnknownNameError: There is no such country.
    """
    if to.upper() == ABROAD:
        return Destination(ABROAD, "abroad, headquarters in China", frozenset({ABROAD}))
    try:
        country = catalogue.countries.find(to)
    except UnknownNameError as error:
        raise UnknownNameError("country", to, error.near, fix="give an ISO 3166 code such as CN, HK, MO, SA") from error
    groups = country.groups_on(day)
    if buyer is not None and groups.isdisjoint(_CONTROLLED_HQ) and buyer.headquarters != country.code:
        home = catalogue.countries.find(buyer.headquarters)
        if not home.groups_on(day).isdisjoint(_CONTROLLED_HQ):
            groups = groups | {ABROAD}
    return Destination(country.code, country.name, groups)


def find_firm(catalogue: Catalogue, name: str) -> Firm:
    """The firm with this name; the name of a buyer of one member finds that member.

    Raises:
        UnknownNameError: There is no such firm, or the name is that of a block of several firms.
    """
    try:
        return catalogue.firms.find(name)
    except UnknownNameError as error:
        block = _block(catalogue, name)
        if block is None:
            raise UnknownNameError("buyer", name, error.near, fix="`chipgate show firms` lists all") from error
        if len(block.members) == 1:
            return catalogue.firms[block.members[0]]
        raise UnknownNameError(
            "firm", name, [], fix=f"that is a block of buyers; name one of {', '.join(block.members)}"
        ) from error


def listing(firms: Mapping[str, Firm], buyer: Firm, day: date) -> Listing | None:
    """The Entity List entry that binds a buyer on a day, if any."""
    own = _entry(buyer, day)
    if own is not None:
        return own
    seen, parent = {buyer.id}, buyer.parent
    while parent is not None and parent not in seen and _AFFILIATES_FIRST <= day <= _AFFILIATES_LAST:
        entry = _entry(firms[parent], day)
        if entry is not None:
            reason = f"affiliate of {entry.reason}, under the 50 percent rule of {_AFFILIATES_FIRST}"
            return Listing(entry.firm, entry.policy, reason, entry.event)
        seen.add(parent)
        parent = firms[parent].parent
    return None


def _entry(firm: Firm, day: date) -> Listing | None:
    if firm.listed_on is None or firm.listing_policy is None or day < firm.listed_on.last:
        return None
    if firm.listed_until is not None and day > firm.listed_until.first:
        return None
    reason = f"{firm.name}, on the Entity List since {firm.listed_on}"
    return Listing(firm.id, firm.listing_policy, reason, firm.listing_event)


def _block(catalogue: Catalogue, name: str) -> Buyer | None:
    try:
        return catalogue.buyers.find(name)
    except UnknownNameError:
        return None
