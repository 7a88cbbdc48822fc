"""Prices: street and list prices of chips, and of systems by an assumed host."""

from chipgate.schema.tables import Observation
from chipgate.targets.base import Draws, Slice, Target, Unmapped, rule
from chipgate.targets.makers import GREY, words_of_chips


@rule("unit_price_usd")
def price(seen: Observation) -> Target | Unmapped:
    """Street price of a chip, the maker's own where the figure says so; systems hold a host of assumed cost."""
    if len(seen.chips) != 1:
        return Unmapped("a price of no single product")
    if seen.unit not in ("USD/chip", "USD/system"):
        return Unmapped(f"a price in {seen.unit}; the model has prices of chips")
    grey = seen.basis.get("market") == "grey"
    product = words_of_chips(seen.chips)
    if grey and seen.chips[0] not in GREY:
        return Unmapped(f"the model has no smuggled {seen.chips[0]}")
    if product is None:
        return Unmapped(f"the model has no price of {seen.chips[0]}")
    words, names = product
    name = GREY[seen.chips[0]] if grey else names[0]
    listed = seen.basis.get("market") == "list" or seen.basis.get("price") == "list"
    metric = "price_list" if listed else "price_street"
    kind = "smuggled price" if grey else "maker's price" if listed else "street price"
    slug = f"{'grey_' if grey else ''}{'list' if listed else 'street'}_{name}"
    if seen.unit == "USD/chip":
        inside = seen.basis.get("price_includes") == "server"
        return Target(
            f"price_{slug}", f"{kind}, {words}", "Prices and margins", "USD/chip", (metric,),
            lambda s: s.mean(metric, offer=name), adds="mean", needs=(name,),
            caveat="the figure holds a share of the server" if inside else "",
        )  # fmt: skip
    system = "module" if seen.basis.get("system") == "module" else "server"
    count = float(seen.basis.get("chips_per_system", "8"))

    def of(s: Slice) -> Draws:
        return s.mean(metric, offer=name) * count + s.assumed(f"host_{system}") * count / 8

    return Target(f"price_{system}_{slug}", f"{kind}, {system} with {count:g} {words}", "Prices and margins",
                  "USD/system", (metric,), of, adds="mean", needs=(name,),
                  caveat="the host is of an assumed cost")  # fmt: skip
