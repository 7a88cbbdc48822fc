"""Who gets which chips: deliveries, orders, stocks."""

import numpy as np

from chipgate.metrics.base import Array, View, metric

_MODEL = "this model: chipgate.market.step"


def route_sum(view: View, values: Array) -> Array:
    """Sum ``[t c d]`` over the offers of each route, ``[t route d]``."""
    structure = view.built.plan.structure
    return np.stack([values[:, list(structure.offers_of(r))].sum(1) for r in range(3)], axis=1)


@metric("units_delivered", unit="chips/month", label="chips delivered", axes=("offer",), headline=True,
        formula="orders delivered in the month, all buyers",
        source=_MODEL)  # fmt: skip
def units_delivered(view: View) -> Array:
    return np.asarray(view.record.delivered).sum(1)


@metric("units_by_route", unit="chips/month", label="chips delivered by route", axes=("route",), headline=True,
        formula="units_delivered summed over the offers of a route",
        source=_MODEL)  # fmt: skip
def units_by_route(view: View) -> Array:
    return route_sum(view, units_delivered(view))


@metric("units_by_buyer", unit="chips/month", label="legal foreign chips delivered by buyer", axes=("buyer",),
        headline=True, formula="deliveries on the legal route by buyer",
        source=_MODEL)  # fmt: skip
def units_by_buyer(view: View) -> Array:
    legal = list(view.built.plan.structure.offers_of(0))
    return np.asarray(view.record.delivered)[:, :, legal].sum(2)


@metric("units_for_training", unit="chips/month", label="chips delivered for training", axes=("offer",),
        formula="units_delivered x part of the spending that is for training",
        source=_MODEL)  # fmt: skip
def units_for_training(view: View) -> Array:
    return units_delivered(view) * np.asarray(view.record.training_share)


@metric("grey_units", unit="chips/month", label="smuggled chips", headline=True,
        formula="deliveries on the grey route",
        source=_MODEL)  # fmt: skip
def grey_units(view: View) -> Array:
    return units_by_route(view)[:, 1]


@metric("domestic_units", unit="chips/month", label="domestic chips delivered", headline=True,
        formula="deliveries on the domestic route",
        source=_MODEL)  # fmt: skip
def domestic_units(view: View) -> Array:
    return units_by_route(view)[:, 2]


@metric("huawei_units", unit="chips/month", label="Huawei chips delivered", headline=True,
        formula="deliveries of Huawei's offers",
        source=_MODEL)  # fmt: skip
def huawei_units(view: View) -> Array:
    return units_delivered(view)[:, list(view.built.plan.structure.huawei)].sum(1)


@metric("orders", unit="chips/month", label="new orders", axes=("offer",),
        formula="ordinary orders and orders pulled forward",
        source=_MODEL)  # fmt: skip
def orders(view: View) -> Array:
    return np.asarray(view.record.ordered)


@metric("orders_ahead", unit="chips/month", label="orders for fear of a closure", axes=("offer",),
        formula="orders beyond the ordinary ones, as part of orders",
        source=_MODEL)  # fmt: skip
def orders_ahead(view: View) -> Array:
    return np.asarray(view.record.ahead)


@metric("order_book", unit="chips", label="orders not yet delivered", axes=("offer",), adds="last", headline=True,
        formula="backlog + ordered - delivered - cancelled",
        source=_MODEL)  # fmt: skip
def order_book(view: View) -> Array:
    return np.asarray(view.record.backlog)


@metric("cancelled", unit="chips/month", label="orders cancelled", axes=("offer",),
        formula="orders that a gate stopped",
        source=_MODEL)  # fmt: skip
def cancelled(view: View) -> Array:
    return np.asarray(view.record.cancelled)


@metric("maker_stock", unit="chips", label="chips in makers' stock for China", axes=("offer",), adds="last",
        formula="stock + made + adjusted - delivered - diverted elsewhere",
        source=_MODEL)  # fmt: skip
def maker_stock(view: View) -> Array:
    return np.asarray(view.record.stock)


@metric("market_share_units", unit="fraction", label="share of units by route", axes=("route",), adds="mean",
        formula="units_by_route over their sum; all cards count alike",
        source="unit shares as IDC counts them")  # fmt: skip
def market_share_units(view: View) -> Array:
    units = units_by_route(view)
    return units / np.maximum(units.sum(1, keepdims=True), 1e-9)


@metric("installed_chips", unit="chips", label="chips at work in China", axes=("route",), adds="last",
        formula="deliveries less retirement over a life in three stages",
        source=_MODEL)  # fmt: skip
def installed_chips(view: View) -> Array:
    return route_sum(view, np.asarray(view.record.installed).sum(1))
