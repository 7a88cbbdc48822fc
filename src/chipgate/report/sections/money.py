"""Revenue, prices, the order book and write-downs."""

import numpy as np
import xarray as xr

from chipgate.plots import Chart, fan, intervals
from chipgate.plots.palette import BLUE, GREEN, ORANGE, ROUTE, VERMILION
from chipgate.report.context import Context, Draws
from chipgate.report.headlines import live_offers
from chipgate.report.sections.base import Section, absent, chip_ids
from chipgate.results.dataset import aggregate

_QUARTERS = 10
_PRICES = ("h20_legal", "rtx_pro_6000d_legal", "h200_legal", "mi308x_legal", "h100_grey", "b200_grey", "ascend_910c",
           "ascend_950pr")  # fmt: skip


def money(context: Context) -> Section:
    """Fans of revenue by vendor, Nvidia's fiscal quarters, street prices, order book, charges, spending."""
    title = "Revenue, prices and the order book"
    if not context.has("revenue", "price_street", "order_book"):
        return absent("money", title, "revenue, prices and orders")
    charts = [*_vendors(context), *_fiscal(context), *_prices(context), *_book(context), *_charges(context)]
    lead = (
        "Revenue is what makers take for chips delivered in China, before the fee. A street price is the price at "
        "which demand meets what there is; where a gate is shut it is the price that would hold, not one that was "
        "paid.",
    )
    return Section("money", title, lead, tuple(charts))


def _vendors(context: Context) -> list[Chart]:
    charts = []
    for vendor in (str(v) for v in context.data["vendor"].values):
        values = context.data["revenue"].sel(vendor=vendor)
        if float(values.isel(month=slice(max(context.split - 24, 0), None)).max()) < 1e6:
            continue
        foreign = vendor in ("nvidia", "amd")
        own = [o for o in context.offers("legal") if _vendor(context, o) == vendor]
        marks = context.events(chips=chip_ids(context, own), firms=(vendor,)) if foreign else ()
        charts.append(
            fan(values, name=f"revenue-{vendor}", title=f"{context.name('vendor', vendor)}, revenue in China",
                as_of=context.as_of, colour=BLUE if foreign else VERMILION, marks=marks,
                window=context.window)
        )  # fmt: skip
    return charts


def _vendor(context: Context, offer: str) -> str:
    return str(context.catalogue.offers[offer].vendor) if offer in context.catalogue.offers else ""


def by_fiscal_quarter(context: Context, values: xr.DataArray, maker: str) -> dict[str, Draws]:
    """Draws of a flow by fiscal quarter of a maker, the last before the as-of date and those after it."""
    fiscal = context.catalogue.makers[maker].fiscal
    quarters = aggregate(values, first_month=fiscal.first_month, year_offset=fiscal.year_offset)
    names = [str(p) for p in quarters["period"].values]
    ahead = next(iter(context.fiscal_quarters(maker)), names[-1])
    first = max(names.index(ahead) - 4, 0)
    chosen = names[first : first + _QUARTERS]
    return {name: np.asarray(quarters.sel(period=name).values, np.float64) for name in chosen}


def _fiscal(context: Context) -> list[Chart]:
    if "nvidia" not in [str(v) for v in context.data["vendor"].values] or len(context.months) < 3:
        return []
    rows = by_fiscal_quarter(context, context.data["revenue"].sel(vendor="nvidia"), "nvidia")
    ahead = next(iter(context.fiscal_quarters()), None)
    note = (f"{ahead} is the first quarter that lies mostly after the as-of date.",) if ahead else ()
    return [
        intervals(rows, name="nvidia-fiscal", title="Nvidia's revenue from chips in China by its fiscal quarters",
                  unit="USD/quarter", sideways=False, notes=note, wide=True)
    ]  # fmt: skip


def _prices(context: Context) -> list[Chart]:
    charts = []
    present = [str(o) for o in context.data["offer"].values]
    live = set(live_offers(context)) if context.has_forecast else set(context.offers("legal"))
    for offer in (o for o in _PRICES if o in present):
        if offer.endswith("_legal") and offer not in live:
            continue
        values = context.data["price_street"].sel(offer=offer)
        first = context.catalogue.offers[offer].first.first.isoformat()[:7] if offer in context.catalogue.offers else ""
        on_sale = [i for i, month in enumerate(context.months) if month >= first]
        if not on_sale:
            continue
        values = values.isel(month=on_sale)
        charts.append(
            fan(values, name=f"price-{offer}", title=f"{context.offer_name(offer)}, street price",
                as_of=context.as_of, colour=ROUTE[context.route(offer)],
                window=context.window,
                marks=context.events(chips=chip_ids(context, [offer])) if offer == "h20_legal" else ())
        )  # fmt: skip
    return charts


def _book(context: Context) -> list[Chart]:
    book = context.data["order_book"]
    legal = book.sel(offer=context.offers("legal")).sum("offer")
    legal.attrs = dict(book.attrs)
    charts = [
        fan(legal, name="order-book", title="Orders for legal foreign chips not yet delivered", as_of=context.as_of,
            colour=ORANGE, window=context.window,
            marks=context.events(chips=chip_ids(context, context.offers("legal"))))
    ]  # fmt: skip
    if "h20_legal" in context.offers("legal"):
        charts.append(
            fan(book.sel(offer="h20_legal"), name="order-book-h20", title="H20 orders not yet delivered",
                as_of=context.as_of, colour=ORANGE, window=context.window,
                marks=context.events(chips=[context.chip("h20_legal")]))
        )  # fmt: skip
    return charts


def _charges(context: Context) -> list[Chart]:
    charts = []
    vendors = [str(v) for v in context.data["vendor"].values]
    for name, title in (("gross_profit", "gross profit in China after fee"), ("charges", "write-downs")):
        if context.has(name) and "nvidia" in vendors:
            charts.append(
                fan(context.data[name].sel(vendor="nvidia"), name=f"{name}-nvidia", title=f"Nvidia, {title}",
                    as_of=context.as_of, colour=GREEN, window=context.window)
            )  # fmt: skip
    if context.has("spend_on_chips"):
        charts.append(
            fan(context.data["spend_on_chips"], name="spend", title="Spending on chips in China, all routes",
                as_of=context.as_of, colour=GREEN, window=context.window)
        )  # fmt: skip
    return charts
