"""What it costs and who earns: revenue, prices, fee, charges, spending, welfare."""

import numpy as np

from chipgate.metrics.base import Array, View, metric
from chipgate.metrics.units import route_sum

_MODEL = "this model: chipgate.market.step"


def vendor_sum(view: View, values: Array) -> Array:
    """Sum ``[t c d]`` over the offers of each pricing vendor, ``[t vendor d]``; grey offers belong to none."""
    structure = view.built.plan.structure
    rows = []
    for index in range(len(structure.vendors)):
        own = [c for c, vendor in enumerate(structure.vendor) if vendor == index]
        rows.append(values[:, own].sum(1))
    return np.stack(rows, axis=1)


@metric("revenue", unit="USD/month", label="revenue from chips in China", axes=("vendor",), headline=True,
        formula="(list price + kept part of the scarcity premium) x units",
        source=_MODEL)  # fmt: skip
def revenue(view: View) -> Array:
    return vendor_sum(view, np.asarray(view.record.revenue))


@metric("revenue_by_chip", unit="USD/month", label="revenue by chip", axes=("offer",),
        formula="as revenue, by offer",
        source=_MODEL)  # fmt: skip
def revenue_by_chip(view: View) -> Array:
    return np.asarray(view.record.revenue)


@metric("gross_profit", unit="USD/month", label="gross profit after fee", axes=("vendor",), headline=True,
        formula="revenue - fee - cost of the chips delivered",
        source=_MODEL)  # fmt: skip
def gross_profit(view: View) -> Array:
    record = view.record
    return vendor_sum(view, np.asarray(record.revenue) - np.asarray(record.fee) - np.asarray(record.cost))


@metric("charges", unit="USD/month", label="write-downs of stranded stock", axes=("vendor",), headline=True,
        formula="closure of the month x (stock + production ordered firmly) x cost",
        source=_MODEL)  # fmt: skip
def charges(view: View) -> Array:
    return vendor_sum(view, np.asarray(view.record.stranded))


@metric("fee_receipts", unit="USD/month", label="fee and duty receipts of the US", headline=True,
        formula="fee rate x revenue",
        source=_MODEL)  # fmt: skip
def fee_receipts(view: View) -> Array:
    return np.asarray(view.record.fee).sum(1)


@metric("fee_by_chip", unit="USD/month", label="fee and duty by chip", axes=("offer",),
        formula="fee rate x revenue, by offer", source=_MODEL)  # fmt: skip
def fee_by_chip(view: View) -> Array:
    return np.asarray(view.record.fee)


@metric("price_street", unit="USD/chip", label="street price", axes=("offer",), adds="mean", headline=True,
        formula="price at which ordinary demand meets what there is",
        source=_MODEL)  # fmt: skip
def price_street(view: View) -> Array:
    return np.asarray(view.record.street)


@metric("price_list", unit="USD/chip", label="maker's own price", axes=("offer",), adds="mean",
        formula="Nash-Bertrand price",
        source=_MODEL)  # fmt: skip
def price_list(view: View) -> Array:
    return np.asarray(view.record.listed)


@metric("spend_on_chips", unit="USD/month", label="spending on chips in China", headline=True,
        formula="street price x units, all routes",
        source=_MODEL)  # fmt: skip
def spend_on_chips(view: View) -> Array:
    return (np.asarray(view.record.delivered).sum(1) * np.asarray(view.record.street)).sum(1)


@metric("market_share_value", unit="fraction", label="share of spending by route", axes=("route",), adds="mean",
        headline=True, formula="street value by route over their sum",
        source="value shares as brokers count them")  # fmt: skip
def market_share_value(view: View) -> Array:
    value = route_sum(view, np.asarray(view.record.delivered).sum(1) * np.asarray(view.record.street))
    return value / np.maximum(value.sum(1, keepdims=True), 1e-9)


@metric("outside_spend", unit="USD/month", label="money for renting abroad and waiting", axes=("workload",),
        formula="budget x share of the outside option",
        source=_MODEL)  # fmt: skip
def outside_spend(view: View) -> Array:
    return np.asarray(view.record.outside)


@metric("rented_abroad_usd", unit="USD/month", label="contracts for compute rented abroad", axes=("buyer",),
        headline=True, formula="outside option x part of it that is renting, within what hosts can take",
        source="this model: chipgate.market.rental")  # fmt: skip
def rented_abroad_usd(view: View) -> Array:
    return np.asarray(view.record.rented)


@metric("rent_abroad", unit="ratio", label="rent abroad over its reference", adds="mean",
        formula="rises while more is wanted than hosts can take",
        source="this model: chipgate.market.rental")  # fmt: skip
def rent_abroad(view: View) -> Array:
    return np.exp(np.asarray(view.record.rent_tight))


@metric("buyer_welfare", unit="USD/month", label="buyers' surplus over having only the outside option",
        formula="sum over workloads of budget / alpha x (-log share of the outside option)",
        source="log-sum of the nested logit; Small and Rosen (1981)")  # fmt: skip
def buyer_welfare(view: View) -> Array:
    outside = np.asarray(view.record.outside)
    training = (view.constant("share") * view.constant("training")).sum(0)
    budget = view.monthly("budget")[:, None] * np.stack([training, 1 - training])[None]
    share = np.clip(outside / np.maximum(budget, 1e-9), 1e-9, 1)
    return (budget / view.constant("alpha")[None] * -np.log(share)).sum(1)
