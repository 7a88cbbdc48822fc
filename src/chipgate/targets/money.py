"""Revenue, spending, charges and fees as published, each definition apart."""

from typing import Final

import numpy as np

from chipgate.schema.tables import Observation
from chipgate.targets.base import Draws, Slice, Target, Unmapped, rule
from chipgate.targets.makers import MAKERS, OFFERS_OF, SMALLER, kept, slug, vendors, whole, words_of_chips

ALL_CLASSES: Final = "counts cards of all classes; the model has data-centre chips for large models"


@rule("revenue_usd")
def revenue(seen: Observation) -> Target | Unmapped:
    """Revenue of a maker, of one of its products, or of the market."""
    if seen.maker == "nvidia" and seen.chips == ("all_products",):
        return _nvidia_china(seen)
    if seen.maker == "nvidia" and seen.chips == ("data_centre",):
        return _data_centre()
    if seen.maker == "all_makers":
        return _market(seen)
    if seen.maker in MAKERS and whole(seen):
        return _of_maker(seen)
    product = words_of_chips(seen.chips)
    if product is None:
        return Unmapped(_no_product(seen))
    words, names = product
    return Target(
        f"revenue_{slug(words)}", f"{words} revenue", _product_group(seen), "USD", ("revenue_by_chip",),
        lambda s: s.total("revenue_by_chip", offer=kept(names, s.labels("offer"))), needs=names,
    )  # fmt: skip


def _nvidia_china(seen: Observation) -> Target | Unmapped:
    basis = seen.basis.get("basis", "")
    if basis == "billing":
        return Target("nvidia_china_billing", "Nvidia's chips and other goods", "Nvidia in China", "USD", ("revenue",),
                      _billing, caveat="gaming and other goods are added from an assumed range")  # fmt: skip
    if basis == "headquarters":
        return Target(
            "nvidia_china_headquarters", "Nvidia's sales to customers with headquarters in China", "Nvidia in China",
            "USD", ("revenue", "rented_abroad_usd"),
            lambda s: _billing(s) + _bought_abroad(s),
            caveat="purchases for sites abroad are an assumed share of spending on compute there",
        )  # fmt: skip
    return Unmapped("says neither billing nor headquarters basis; the two differ by half and are never pooled")


def _bought_abroad(s: Slice) -> Draws:
    return s.assumed("bought_abroad") * s.total("rented_abroad_usd")


def _billing(s: Slice) -> Draws:
    other = s.assumed("other_goods")
    return s.total("revenue", vendor="nvidia") + other * s.data.sizes["month"] * s.part / 3


def _data_centre() -> Target:
    return Target(
        "nvidia_china_data_centre", "Nvidia's data-centre revenue in China", "Nvidia in China", "USD", ("revenue",),
        lambda s: s.total("revenue", vendor="nvidia") * s.assumed("systems"),
        caveat="systems and networking are added from an assumed range",
    )  # fmt: skip


def _market(seen: Observation) -> Target | Unmapped:
    if seen.chips == ("accelerated_servers",):
        return Target(
            "market_servers", "accelerated servers sold in China", "Market size", "USD", ("revenue",),
            lambda s: s.total("revenue") / s.assumed("server_share"),
            caveat="whole servers; the accelerators' part of their value is an assumed range",
        )  # fmt: skip
    if not whole(seen):
        return Unmapped(_no_product(seen))
    if seen.chips == ("accelerator_cards",):
        return Target("market_revenue_cards", "accelerator cards sold in China, value", "Market size", "USD",
                      ("revenue",), lambda s: s.total("revenue"), caveat=ALL_CLASSES)  # fmt: skip
    return Target("market_spending", "spending on AI chips in China", "Market size", "USD", ("spend_on_chips",),
                  lambda s: s.total("spend_on_chips"),
                  caveat="all routes at street prices; what closed gates keep out is not in it")  # fmt: skip


def _of_maker(seen: Observation) -> Target:
    maker, words = seen.maker, MAKERS[seen.maker]
    caveat = ALL_CLASSES if seen.chips == ("accelerator_cards",) else SMALLER.get(maker, "")
    return Target(
        f"revenue_{maker}", f"revenue of {words}", _group(seen), "USD", ("revenue",),
        lambda s: s.total("revenue", vendor=vendors(maker, s.labels("vendor"))), needs=OFFERS_OF.get(maker, ()),
        caveat=caveat,
    )  # fmt: skip


@rule("inventory_charge_usd")
def charge(seen: Observation) -> Target | Unmapped:
    """Write-downs of stranded stock."""
    if seen.maker not in ("nvidia", "amd"):
        return Unmapped("the model writes down stock of Nvidia and AMD only")
    if seen.value < 0:
        return Unmapped("a release of an earlier charge; the model books charges only")
    if seen.basis.get("definition") == "net" or "netcharge" in seen.id:
        return Unmapped("a charge net of later releases; the model books charges only")
    words = MAKERS[seen.maker]
    return Target(f"charge_{seen.maker}", f"{words}'s write-down for China", "Charges and fees", "USD", ("charges",),
                  lambda s: s.total("charges", vendor=vendors(seen.maker, s.labels("vendor"))))  # fmt: skip


@rule("gross_margin")
def gross_margin(seen: Observation) -> Target | Unmapped:
    """Gross margin of a maker whose business the model has whole."""
    if seen.maker in ("nvidia", "amd") or not whole(seen) or seen.maker not in MAKERS:
        return Unmapped("gross margin of more than the model has: sales outside China, or other goods")

    def margin(s: Slice) -> Draws:
        own = vendors(seen.maker, s.labels("vendor"))
        return np.asarray(s.total("gross_profit", vendor=own) / np.maximum(s.total("revenue", vendor=own), 1.0))

    words = MAKERS[seen.maker]
    return Target(f"margin_{seen.maker}", f"{words}'s gross margin", "Prices and margins", "fraction",
                  ("gross_profit", "revenue"), margin, adds="ratio")  # fmt: skip


@rule("fee_usd")
def fee(seen: Observation) -> Target | Unmapped:
    """Receipts of the US from a chip."""
    product = words_of_chips(seen.chips)
    if product is None:
        return Unmapped(_no_product(seen))
    words, names = product
    return Target(f"fee_{slug(words)}", f"fee paid on the {words}", "Charges and fees", "USD", ("fee_by_chip",),
                  lambda s: s.total("fee_by_chip", offer=kept(names, s.labels("offer"))), needs=names)  # fmt: skip


def _group(seen: Observation) -> str:
    if seen.maker == "amd":
        return "AMD in China"
    return {"huawei": "Huawei", "cambricon": "Cambricon"}.get(seen.maker, "Domestic makers")


def _product_group(seen: Observation) -> str:
    return "Nvidia chips: revenue" if seen.maker == "nvidia" else _group(seen)


def _no_product(seen: Observation) -> str:
    what = ", ".join(seen.chips) or "no product"
    who = seen.maker or "no maker"
    return f"{what} of {who} is not in the model, or is counted with goods that are not"


@rule("smuggled_value_usd")
def smuggled_value(_: Observation) -> Target:
    """Street value of smuggled chips."""

    def of(s: Slice) -> Draws:
        own = [offer for offer in s.labels("offer") if offer.endswith("_grey")]
        money = s.data["units_delivered"].sel(offer=own) * s.data["price_street"].sel(offer=own)
        return np.asarray(money.sum(("month", "offer")).values, dtype=np.float64) * s.part

    return Target("smuggled_value", "value of smuggled chips", "Smuggling", "USD", ("units_delivered", "price_street"),
                  of, caveat="chips at street prices; published figures may hold whole servers")  # fmt: skip


@rule("revenue_change_usd")
def revenue_change(seen: Observation) -> Target | Unmapped:
    """Revenue of a product less that of as many months before."""
    product = words_of_chips(seen.chips)
    if product is None:
        return Unmapped(_no_product(seen))
    words, names = product

    def change(s: Slice) -> Draws:
        n = s.data.sizes["month"]
        both = s.so_far["revenue_by_chip"].sel(offer=kept(names, s.labels("offer"))).sum("offer")
        now, before = (both.isel(month=months).sum("month") for months in (slice(-n, None), slice(-2 * n, -n)))
        return np.asarray((now - before).values, dtype=np.float64)

    return Target(f"revenue_change_{slug(words)}", f"{words} revenue, change from the quarter before",
                  _product_group(seen), "USD", ("revenue_by_chip",), change, adds="mean", needs=names)  # fmt: skip


@rule("lost_revenue_usd")
def unshipped(seen: Observation) -> Target | Unmapped:
    """Orders of a period that were not shipped by its end; what was never ordered has no outcome to score."""
    product = words_of_chips(seen.chips)
    if seen.basis.get("definition") != "orders_not_shipped" or product is None:
        return Unmapped("sales that did not come about have no outcome to score")
    words, names = product

    def value(s: Slice) -> Draws:
        own = kept(names, s.labels("offer"))
        price = s.data["price_list"].sel(offer=own)
        waiting = (s.data["order_book"].sel(offer=own) * price).isel(month=-1)
        dropped = (s.data["cancelled"].sel(offer=own) * price).sum("month")
        return np.asarray((waiting + dropped).sum("offer").values, dtype=np.float64)

    return Target(
        f"unshipped_{slug(words)}",
        f"{words} ordered and not shipped, value",
        "Orders",
        "USD",
        ("order_book", "cancelled", "price_list"),
        value,
        needs=names,
        adds="last",
        caveat="orders that wait at the end of the period or were cancelled in it, at the maker's price",
    )
