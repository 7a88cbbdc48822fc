"""Stocks: chips delivered so far, compute installed in China."""

from functools import cache

import numpy as np

from chipgate.schema.tables import Observation
from chipgate.targets.base import Draws, Slice, Target, Unmapped, rule
from chipgate.targets.makers import OFFERS_OF, PRODUCTS, kept, slug, words_of_chips

_DOMESTIC = "leaves out or adds makers, rented and smuggled chips as the publisher does not"


def units_so_far(seen: Observation) -> Target | Unmapped:
    """All chips of a product delivered up to a day."""
    product = words_of_chips(seen.chips)
    if product is None:
        return Unmapped("a stock of a group of products; the model keeps deliveries of single products")
    words, names = product

    def of(s: Slice) -> Draws:
        whole = Slice(s.so_far, s.so_far)
        return whole.total("units_delivered", offer=kept(names, s.labels("offer")))

    return Target(f"stock_units_{slug(words)}", f"{words} delivered so far", "Installed compute",
                  "chips", ("units_delivered",), of, adds="last", needs=names)  # fmt: skip


@rule("stock_h100e")
def stock(seen: Observation) -> Target | Unmapped:
    """Compute in China in H100-equivalents at 8 bits."""
    if seen.geography != "CN":
        return Unmapped("compute outside China, or of single owners, is an input of the model or not in it")
    if seen.buyers:
        return Unmapped("compute of single owners is not kept apart by maker of chip")
    if seen.maker == "all_makers":
        caveat = "legal, smuggled and domestic chips of the model" if "leaves out" not in seen.notes else ""
        return _china(legal_and_huawei=not caveat)
    if seen.chips == ("controlled_gpus",):
        return Target("stock_h100e_smuggled", "smuggled compute in China", "Installed compute", "H100e",
                      ("compute_by_source",), lambda s: s.last("compute_by_source", source="grey", measure="fp8"),
                      adds="last")  # fmt: skip
    if seen.maker == "domestic_makers":
        return Target("stock_h100e_domestic", "domestic compute in China", "Installed compute", "H100e",
                      ("compute_by_source",), lambda s: s.last("compute_by_source", source="domestic", measure="fp8"),
                      adds="last")  # fmt: skip
    names = OFFERS_OF["huawei"] if seen.maker == "huawei" else (words_of_chips(seen.chips) or ("", ()))[1]
    if not names:
        return Unmapped(f"compute in {', '.join(seen.chips)} of {seen.maker} is not in the model")
    words = "Huawei" if seen.maker == "huawei" else (words_of_chips(seen.chips) or ("",))[0]
    return Target(f"stock_h100e_{slug(words)}", f"compute in {words} chips delivered so far",
                  "Installed compute", "H100e", ("units_delivered",), lambda s: _so_far(s, names), adds="last",
                  needs=names, caveat="all chips delivered so far, none retired")  # fmt: skip


def _china(*, legal_and_huawei: bool) -> Target:
    """All compute in China; trackers that say so leave out smuggled chips and domestic ones but Huawei's."""
    if legal_and_huawei:
        return Target(
            "stock_h100e_china_legal_huawei", "legal foreign and Huawei's compute in China", "Installed compute",
            "H100e", ("compute_by_source", "units_delivered"),
            lambda s: s.last("compute_by_source", source="legal", measure="fp8") + _so_far(s, OFFERS_OF["huawei"]),
            adds="last", caveat="smuggled, rented and other domestic chips are left out, as the publisher does",
        )  # fmt: skip
    return Target("stock_h100e_china", "compute installed in China", "Installed compute", "H100e", ("compute_china",),
                  lambda s: s.last("compute_china", measure="fp8"), adds="last", caveat=_DOMESTIC)  # fmt: skip


def _so_far(s: Slice, names: tuple[str, ...]) -> Draws:
    whole = Slice(s.so_far, s.so_far)
    parts = [whole.total("units_delivered", offer=[o]) * _worth()[o] for o in kept(names, s.labels("offer"))]
    return np.asarray(sum(parts, 0.0))


@cache
def _worth() -> dict[str, float]:
    """H100-equivalents at 8 bits of one chip of each offer."""
    from chipgate.catalogue import catalogue
    from chipgate.setup.rental import figures

    data = catalogue()
    wanted = {o for _, names in PRODUCTS.values() for o in names} | {o for names in OFFERS_OF.values() for o in names}
    return {o.id: figures(data, o.chip)[0] for o in data.offers.values() if o.id in wanted}


@rule("installed_chips")
def installed(seen: Observation) -> Target | Unmapped:
    """Accelerators at work in China."""
    if seen.maker != "all_makers" or seen.buyers:
        return Unmapped("chips at work are kept by route, not by maker or owner")
    return Target("stock_chips", "accelerators at work in China", "Installed compute", "chips", ("installed_chips",),
                  lambda s: s.last("installed_chips"), adds="last",
                  caveat="data-centre chips since 2022, less those retired")  # fmt: skip
