"""The fee: what Washington receives, who bears it, what volume it costs."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from chipgate.catalogue.catalogue import Catalogue
from chipgate.plots import Chart, Table, fan, intervals
from chipgate.plots.palette import GREEN
from chipgate.plots.words import percent, spread
from chipgate.report.context import Context, Draws
from chipgate.report.sections.base import Section, Statement, absent
from chipgate.results.dataset import aggregate
from chipgate.setup.levers import names_of

_QUARTERS = 8
_LEAST_RATE = 1e-2
COMPANION_METRICS = ("price_street", "units_delivered")
"""What the incidence reads of the run without the fee."""
COMPANION_DRAWS = 256
"""Draws of that run at most; they are enough for it."""


def free_of_fee(catalogue: Catalogue) -> dict[str, float]:
    """Settings of that run."""
    return {f"washington.fee.{family}": 0.0 for family in names_of(catalogue, "washington.fee.*")}


@dataclass(frozen=True)
class Incidence:
    """The fee on one chip, against the same draws without it.

    Attributes:
        rate: Share of revenue that is due.
        passed: Price difference over the fee per chip, draws with deliveries only.
        lost: Chips that the fee keeps from being delivered.
    """

    offer: str
    rate: float
    price: Draws
    passed: Draws
    lost: Draws


def fee(context: Context) -> Section:
    """Receipts by quarter, and the incidence where a companion run without the fee is given."""
    title = "The fee: receipts, and who bears it"
    if not context.has("fee_receipts"):
        return absent("fee", title, "fee receipts")
    charts: list[Chart] = [
        fan(context.data["fee_receipts"], name="fee-receipts", title="Fee and duty receipts by month",
            as_of=context.as_of, colour=GREEN, window=context.window,
            marks=context.events(chips=[context.chip(o) for o in context.offers("legal")], country="US"))
    ]  # fmt: skip
    if context.has_forecast and len(context.months) - context.split >= 3:
        charts.append(_receipts(context))
    lead = ["Washington's price for a licence is a share of the revenue. What the seller receives falls, what the "
            "buyer pays rises, and fewer chips are sold; how much of each follows from the competition."]  # fmt: skip
    other = context.companions.get("no_fee")
    if other is None:
        lead.append("Who bears the fee is not shown: that needs a second run on the same draws without the fee, and "
                    "none came with this report.")  # fmt: skip
        return Section("fee", title, tuple(lead), tuple(charts))
    if not context.has_forecast or not context.has(*COMPANION_METRICS, "revenue_by_chip", "fee_by_chip"):
        lead.append("Who bears the fee is not shown: this dataset has no prices and units after the as-of date.")
        return Section("fee", title, tuple(lead), tuple(charts))
    found, common = incidence(context, other)
    if not found:
        lead.append("No chip pays a fee in any draw of the year after the as-of date, so there is no incidence.")
        return Section("fee", title, tuple(lead), tuple(charts))
    lead.append(f"Against {common} of the same draws without the fee, over {context.year_words}: a part of 100 % "
                "means that the buyers' price rises by the whole fee; above it, that sellers raise prices by more than "
                "the fee.")  # fmt: skip
    return Section("fee", title, tuple(lead), tuple(charts), (_table(context, found),))


def _receipts(context: Context) -> Chart:
    quarters = aggregate(context.data["fee_receipts"].isel(month=slice(context.split, None)), quarterly=True)
    rows = {str(p): np.asarray(quarters.sel(period=p).values, np.float64) for p in quarters["period"].values}
    return intervals(
        dict(list(rows.items())[:_QUARTERS]), name="fee-quarters", title="Receipts by calendar quarter",
        unit="USD/quarter", wide=True, sideways=False, colour=GREEN,
    )  # fmt: skip


def fee_rates(data: xr.Dataset) -> dict[str, float]:
    """Share of each chip's revenue that is due, mean over draws and months weighted by revenue."""
    paid, revenue = (
        data[name].astype(np.float64).sum(("month", "draw")) for name in ("fee_by_chip", "revenue_by_chip")
    )
    rates = paid / np.maximum(revenue, 1e-9)
    return {str(o): float(r) for o, r in zip(rates["offer"].values, rates.values, strict=True) if r > _LEAST_RATE}


def incidence(context: Context, other: xr.Dataset) -> tuple[list[Incidence], int]:
    """Incidence by chip over the year after the as-of date, and the number of draws that both runs have."""
    months = context.data["month"].isel(month=slice(context.split, context.split + 12))
    named = context.data[[*COMPANION_METRICS, "revenue_by_chip", "fee_by_chip"]]
    own, free = xr.align(named.sel(month=months), other[list(COMPANION_METRICS)], join="inner")
    found = []
    for offer, rate in fee_rates(own).items():
        units = np.asarray(own["units_delivered"].sel(offer=offer).values, np.float64)
        without = np.asarray(free["units_delivered"].sel(offer=offer).values, np.float64)
        price = np.asarray((own["price_street"] - free["price_street"]).sel(offer=offer).values, np.float64)
        due = np.asarray(own["fee_by_chip"].sel(offer=offer).values, np.float64).sum(0)
        sold = units.sum(0)
        some = sold >= 1
        if not some.any():
            continue
        extra = (price * units).sum(0)[some]
        found.append(
            Incidence(offer, rate, extra / sold[some], extra / np.maximum(due[some], 1e-9), without.sum(0) - sold)
        )
    return found, own.sizes["draw"]


def _table(context: Context, found: list[Incidence]) -> Statement:
    rows = []
    for item in found:
        units = context.year("units_delivered", offer=item.offer)
        rows.append((
            context.offer_name(item.offer), percent(item.rate), spread(item.price, "USD/chip"),
            spread(item.passed, "fraction"), spread(item.lost, "chips"), spread(units, "chips"),
        ))  # fmt: skip
    columns = ("chip", "fee", "buyers pay more by", "that, as a part of the fee per chip", "chips not sold",
               "chips sold with the fee")  # fmt: skip
    note = ("Median and 80 % interval. Prices are weighted by what is sold; draws without a sale are left out of them. "
            "The rates are recovered from receipts and revenue.")  # fmt: skip
    return Statement("Who bears the fee", Table(columns, tuple(rows)), note)
