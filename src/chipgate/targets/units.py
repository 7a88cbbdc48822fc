"""Chips: delivered, made, ordered, smuggled; dies; shares by value and by units."""

import numpy as np

from chipgate.schema.tables import Observation
from chipgate.targets.base import Draws, Slice, Target, Unmapped, rule
from chipgate.targets.makers import (
    MAKERS,
    OFFERS_OF,
    SMALLER,
    WHOLE,
    kept,
    offers,
    slug,
    vendors,
    whole,
    words_of_chips,
)
from chipgate.targets.money import ALL_CLASSES
from chipgate.targets.stock import units_so_far

_BUYERS = {"bytedance": "ByteDance", "alibaba": "Alibaba", "tencent": "Tencent", "baidu": "Baidu"}
_PRESS_ORDERS = "press totals hold options and repeats; the model has all buyers"
_DIES = {"ascend_910b": 1.0, "ascend_910c": 2.0, "ascend_950pr": 1.0}


@rule("units", "production_units")
def units(seen: Observation) -> Target | Unmapped:
    """Chips delivered; a figure for one day is all that was delivered up to it."""
    product = words_of_chips(seen.chips)
    if seen.period_start.first == seen.period_end.last:
        return units_so_far(seen)
    if product is not None and not (seen.maker == "amd" and whole(seen)):
        words, names = product
        maker = seen.maker if seen.maker in ("huawei", "amd", "cambricon") else ""
        group = {"huawei": "Huawei", "amd": "AMD in China", "cambricon": "Cambricon"}.get(maker, "Nvidia chips: units")
        return Target(
            f"units_{slug(words)}", f"{words} delivered", group, "chips", ("units_delivered",),
            lambda s: s.total("units_delivered", offer=kept(names, s.labels("offer"))), needs=names,
            caveat="made rather than delivered" if seen.metric == "production_units" else "",
        )  # fmt: skip
    cards = seen.chips == ("accelerator_cards",)
    if seen.maker == "nvidia" and cards:
        return Target("units_cards_nvidia", "Nvidia cards of all classes", "Market size", "chips",
                      ("units_delivered",), lambda s: _cards(s, "nvidia"), caveat=ALL_CLASSES)  # fmt: skip
    if seen.maker not in MAKERS or not whole(seen):
        return Unmapped(f"{', '.join(seen.chips) or 'no product'} of {seen.maker or 'no maker'} is not in the model")
    return _of_maker(seen, cards)


def _of_maker(seen: Observation, cards: bool) -> Target:
    maker, words = seen.maker, MAKERS[seen.maker]
    if maker in ("all_makers", "domestic_makers", "imported_makers"):
        said = {"all_makers": "AI chips of all makers", "domestic_makers": "all domestic chips",
                "imported_makers": "imported chips"}[maker]  # fmt: skip
        group = "Domestic makers" if maker == "domestic_makers" else "Market size"
        name = f"units_{'cards_' if cards else ''}{maker}"
        of = (lambda s: _cards(s, maker)) if cards else (lambda s: _plain(s, maker))
        return Target(name, f"{said} delivered", group, "chips", ("units_delivered",), of,
                      caveat=ALL_CLASSES if cards else "")  # fmt: skip
    group = {"huawei": "Huawei", "amd": "AMD in China", "cambricon": "Cambricon"}.get(maker, "Domestic makers")
    caveat = ALL_CLASSES if cards and maker == "amd" else SMALLER.get(maker, "")
    return Target(f"units_{maker}", f"{words} delivered", group, "chips", ("units_delivered",),
                  lambda s: _plain(s, maker), needs=OFFERS_OF.get(maker, ()), caveat=caveat)  # fmt: skip


def _plain(s: Slice, maker: str) -> Draws:
    return s.total("units_delivered", offer=offers(maker, s.labels("offer")))


def _cards(s: Slice, maker: str) -> Draws:
    """Cards of all classes: the model's chips, widened by an assumed range for each side."""
    foreign = s.assumed("cards_foreign")
    domestic = s.assumed("cards_domestic")
    if maker == "all_makers":
        return _plain(s, "imported_makers") * foreign + _plain(s, "domestic_makers") * domestic
    return _plain(s, maker) * (foreign if maker in ("nvidia", "amd", "imported_makers") else domestic)


@rule("market_share_units")
def share_units(seen: Observation) -> Target | Unmapped:
    """Share of chips, on the basis of the publisher: IDC's cards of all classes, or chips for AI servers."""
    if seen.maker not in MAKERS or seen.maker == "all_makers":
        return Unmapped(f"share of {seen.maker or 'no maker'}, which the model does not have")
    cards = seen.chips == ("accelerator_cards",)
    if not cards and not set(seen.chips) <= WHOLE["all_makers"]:
        return Unmapped(f"share of {', '.join(seen.chips) or 'an unnamed market'}, which the model does not have")

    def share(s: Slice) -> Draws:
        count = _cards if cards else _plain
        return np.asarray(count(s, seen.maker) / np.maximum(count(s, "all_makers"), 1.0))

    basis = "cards" if cards else "chips"
    return Target(f"share_{basis}_{seen.maker}", f"share of {basis}, {MAKERS[seen.maker]}", "Market shares",
                  "fraction", ("units_delivered",), share, adds="ratio",
                  caveat=ALL_CLASSES if cards else "smuggled chips are left out")  # fmt: skip


@rule("market_share_value")
def share_value(seen: Observation) -> Target | Unmapped:
    """A year's revenue over the year's market, not a mean of monthly shares; brokers leave smuggled chips out."""
    if seen.maker not in MAKERS or seen.maker == "all_makers":
        return Unmapped(f"share of {seen.maker or 'no maker'}, which the model does not have")
    if not set(seen.chips) <= WHOLE["all_makers"]:
        return Unmapped(f"share of {', '.join(seen.chips) or 'an unnamed market'}, which the model does not have")

    def share(s: Slice) -> Draws:
        own = s.total("revenue", vendor=vendors(seen.maker, s.labels("vendor")))
        return np.asarray(own / np.maximum(s.total("revenue"), 1.0))

    return Target(f"share_value_{seen.maker}", f"share of makers' revenue, {MAKERS[seen.maker]}", "Market shares",
                  "fraction", ("revenue",), share, adds="ratio")  # fmt: skip


@rule("chips_smuggled_units")
def smuggled(_: Observation) -> Target:
    """Chips on the grey route."""
    return Target("units_smuggled", "smuggled chips", "Smuggling", "chips", ("grey_units",),
                  lambda s: s.total("grey_units"))  # fmt: skip


@rule("order_units", "order_usd")
def orders(seen: Observation) -> Target | Unmapped:
    """Orders of a product, or what one buyer was delivered of foreign chips in a year."""
    if len(seen.buyers) == 1 and seen.buyers[0] in _BUYERS and seen.chips == ("hopper_gpus",):
        return _one_buyer(seen)
    if len(seen.buyers) < 3 and seen.buyers:
        return Unmapped("the model keeps orders by chip, not by chip and single buyer")
    product = words_of_chips(seen.chips)
    if product is None or (seen.metric == "order_usd" and "hopper_gpus" in seen.chips):
        return Unmapped(f"orders of {', '.join(seen.chips) or 'no product'}, which the model does not have")
    words, names = product
    if seen.metric == "order_units":
        return Target(f"orders_{slug(words)}", f"{words} ordered", "Orders", "chips", ("orders",),
                      lambda s: s.total("orders", offer=kept(names, s.labels("offer"))), needs=names,
                      caveat=_PRESS_ORDERS)  # fmt: skip

    def value(s: Slice) -> Draws:
        own = kept(names, s.labels("offer"))
        money = s.data["orders"].sel(offer=own) * s.data["price_list"].sel(offer=own)
        return np.asarray(money.sum(("month", "offer")).values, dtype=np.float64) * s.part

    return Target(f"orders_usd_{slug(words)}", f"{words} ordered, value", "Orders", "USD", ("orders", "price_list"),
                  value, needs=names, caveat=_PRESS_ORDERS)  # fmt: skip


def _one_buyer(seen: Observation) -> Target | Unmapped:
    if seen.metric != "order_units":
        return Unmapped("the model keeps a buyer's chips in units, not in money")
    buyer = seen.buyers[0]
    return Target(f"units_buyer_{buyer}", f"foreign chips delivered to {_BUYERS[buyer]}", "Buyers", "chips",
                  ("units_by_buyer",), lambda s: s.total("units_by_buyer", buyer=buyer),
                  caveat="all legal foreign chips of the buyer")  # fmt: skip


@rule("production_dies")
def dies(seen: Observation) -> Target | Unmapped:
    """Dies in the chips that Huawei delivered."""
    if seen.basis.get("definition", "").startswith("cumulative"):
        return Unmapped("dies ever obtained are an input of the model")

    def of(s: Slice) -> Draws:
        own = kept(tuple(_DIES), s.labels("offer"))
        return np.asarray(sum((s.total("units_delivered", offer=[o]) * _DIES[o] for o in own), 0.0))

    return Target("dies_huawei", "dies in the chips that Huawei delivered", "Huawei", "dies", ("units_delivered",), of,
                  caveat="the published figure holds stock and yield losses")  # fmt: skip
