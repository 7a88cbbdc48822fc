"""Coordinates and structure of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chipgate.arrays.inputs import Structure
from chipgate.catalogue import Catalogue
from chipgate.schema.actors import Buyer
from chipgate.schema.market import ROUTES, Offer, Signal
from chipgate.setup.levers import Settings
from chipgate.setup.posterior import Posterior
from chipgate.timegrid import FIRST_DAY, month_starts

POLICY_CLASSES: Final = ("internet_platform", "ai_lab", "state_funded", "entity_listed", "enterprise")


@dataclass(frozen=True)
class Plan:
    """Everything that shapes a run.

    Attributes:
        offers: Offers known at the as-of date, in array order.
        buyers: Chinese buyers, in array order.
        posterior: What the record says of the priors; ``None`` for the priors as they are.
        signals: Signals of an article whose followers are reckoned with.
    """

    catalogue: Catalogue
    settings: Settings
    as_of: date
    months: tuple[date, ...]
    offers: tuple[Offer, ...]
    buyers: tuple[Buyer, ...]
    structure: Structure
    seed: int
    draws: int
    posterior: Posterior | None = None
    signals: tuple[Signal, ...] = ()


def plan(
    catalogue: Catalogue, settings: Settings, as_of: date, until: date, *, seed: int, draws: int,
    posterior: Posterior | None = None,
    signals: tuple[Signal, ...] = (),
) -> Plan:  # fmt: skip
    """Coordinates of a run.

    A chip that was not announced at the as-of date is not offered: it comes in not at all, rather than as a guess.
    An offer that stood for an earlier product then has that product's figures.
    """
    months = tuple(month_starts(FIRST_DAY, until))
    known = [o for o in catalogue.offers.values() if announced(catalogue, o, as_of)]
    offers = tuple(_as_known(catalogue, o, known, as_of) for o in known)
    buyers = tuple(b for b in catalogue.buyers.values() if b.country == "CN")
    vendors = tuple(dict.fromkeys(o.vendor for o in offers if o.route != "grey"))
    stacks = tuple(dict.fromkeys(_stack(catalogue, o) for o in offers))
    families = tuple(dict.fromkeys(o.family for o in offers))
    structure = Structure(
        buyers=tuple(b.id for b in buyers), offers=tuple(o.id for o in offers), families=families,
        classes=POLICY_CLASSES, stacks=stacks, vendors=vendors,
        route=tuple(ROUTES.index(o.route) for o in offers),
        vendor=tuple(-1 if o.route == "grey" else vendors.index(o.vendor) for o in offers),
        stack=tuple(stacks.index(_stack(catalogue, o)) for o in offers),
        family=tuple(families.index(o.family) for o in offers),
        class_of=tuple(POLICY_CLASSES.index(b.policy_class) for b in buyers),
        world=tuple(o.world_market and o.route == "legal" for o in offers),
        huawei=tuple(i for i, o in enumerate(offers) if o.supply == "huawei"),
        followers=tuple(stack != "cuda" for stack in stacks), months=len(months),
    )  # fmt: skip
    return Plan(catalogue, settings, as_of, months, offers, buyers, structure, seed, draws, posterior, signals)


def announced(catalogue: Catalogue, offer: Offer, as_of: date) -> bool:
    """Whether an offer could be known on a day."""
    chip = catalogue.chips[offer.chip]
    known = offer.known_since or chip.announced or offer.first
    return known.last <= as_of


def _as_known(catalogue: Catalogue, offer: Offer, known: Sequence[Offer], as_of: date) -> Offer:
    """The offer as it stood: an earlier chip's figures before its own were public, no end that was not foreseen.

    An end that lies ahead stands where the maker's next part on the same line was known: then it is a hand-over.
    """
    chip = catalogue.chips[offer.chip]
    public = chip.announced or offer.public or chip.first_shipped
    if offer.earlier is not None and public is not None and public.last > as_of:
        offer = offer.model_copy(update={"chip": offer.earlier})
    if offer.last is not None and offer.last.last > as_of:
        line = (offer.supply, offer.route)
        if not any((o.supply, o.route) == line and o.first > offer.last for o in known):
            offer = offer.model_copy(update={"last": None})
    return offer


def _stack(catalogue: Catalogue, offer: Offer) -> str:
    return catalogue.makers[catalogue.chips[offer.chip].vendor].stack
