"""What a fee on a chip yields: units, receipts and who bears it, against the rate.

Every rate is run on the same draws. The fee starts in the month after the as-of date. Prices are compared in the months
in which the chip sells at every rate, weighted by what sells without a fee, so that a change of the mix of months is
no change of price. Incidence on buyers is the rise of the street price over the fee per chip, both against a rate of
zero: ``(p(r) - p(0)) / (r kept(r))``, with ``kept`` the price on which the fee is charged; on the vendor it is the fall
of ``(1 - r) kept``. What is left falls on those who resell a scarce chip. Source: Weyl and Fabinger (2013),
"Pass-through as an economic tool", Journal of Political Economy 121.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from chipgate.catalogue import Catalogue
from chipgate.errors import BadInputError
from chipgate.results.compare import Runner, Steps, after, plain
from chipgate.results.dataset import QUANTILES

RATES: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
METRICS: Final = (
    "units_delivered",
    "revenue_by_chip",
    "price_street",
    "huawei_units",
    "revenue",
    "us_open",
    "fee_receipts",
)
"""Metrics that the runner must compute."""
MOSTLY_SHUT: Final = 0.5

Array = NDArray[np.float64]


def family_of(catalogue: Catalogue, chip: str) -> str:
    """Policy family of the legal offer of a chip, by the name or alias of the chip, of the offer, or of the family.

    Raises:
        UnknownNameError: Nothing has this name.
        BadInputError: The chip is not offered on the legal route.
    """
    legal = [o for o in catalogue.offers.values() if o.route == "legal"]
    for offer in legal:
        if chip.casefold() in (offer.family, offer.id):
            return offer.family
    found = catalogue.chips.find(chip)
    for offer in legal:
        if offer.chip == found.id:
            return offer.family
    families = ", ".join(dict.fromkeys(o.family for o in legal))
    raise BadInputError(f"{found.name} is not on offer by the legal route, so no fee is due on it; offered: {families}")


@dataclass(frozen=True)
class Point:
    """What a rate does, each by draw ``[d]``, over the horizon.

    Attributes:
        units: Chips of the family delivered. ``receipts``: USD of fee on them; ``all_receipts``: of all chips.
        buyer_price: Street price, USD a chip. ``net_price``: what the vendor keeps of a chip, USD. ``fee``: USD a
            chip. Prices are NaN in draws in which the chip does not sell at every rate.
        on_buyer, on_vendor: Shares of the fee borne, NaN at a rate of zero.
        huawei_units, huawei_revenue: Gain against a rate of zero. ``lost``: units lost against it.
    """

    rate: float
    units: Array
    receipts: Array
    all_receipts: Array
    buyer_price: Array
    net_price: Array
    fee: Array
    on_buyer: Array
    on_vendor: Array
    huawei_units: Array
    huawei_revenue: Array
    lost: Array


UNITS: Final = {
    "units": "chips", "receipts": "USD", "all_receipts": "USD", "buyer_price": "USD/chip", "net_price": "USD/chip",
    "fee": "USD/chip", "on_buyer": "fraction", "on_vendor": "fraction", "huawei_units": "chips",
    "huawei_revenue": "USD", "lost": "chips",
}  # fmt: skip
"""Unit of each figure of a point."""


@dataclass(frozen=True)
class FeeCurve:
    """A fee curve.

    Attributes:
        months: First and last month of the horizon. ``draws``: draws that converged at every rate.
        open_: Draws in which Washington lets the family through in some month of the horizon, ``[d]``.
        best: Rate that yields most in each draw, NaN where nothing is ever collected, ``[d]``; ``at_edge``: whether
            it is the highest rate that was tried, ``[d]``.
        best_of_mean: Rate at which mean receipts are highest.
    """

    family: str
    offers: tuple[str, ...]
    scenario: str
    as_of: str
    months: tuple[str, str]
    draws: tuple[int, ...]
    points: tuple[Point, ...]
    open_: NDArray[np.bool_]
    best: Array
    at_edge: NDArray[np.bool_]
    best_of_mean: float


def fee_curve(
    runner: Runner, family: str, rates: Sequence[float] = RATES, *, offers: Sequence[str], months: int | None = None,
    progress: Steps | None = None,
) -> FeeCurve:  # fmt: skip
    """Run every rate on the same draws.

    Args:
        runner: Runs the scenario with further settings; must compute :data:`METRICS`.
        family: Policy family, see :func:`family_of`.
        rates: Shares of revenue; zero is added where it is missing, since all is measured against it.
        offers: Ids of the family's offers on the legal route.
        months: Months after the as-of date; all by default.
        progress: Called with runs done and runs in all.

    Raises:
        BadInputError: Fewer than three rates, or the run knows no offer of the family.
    """
    asked = sorted({0.0, *(float(rate) for rate in rates)})
    if len(asked) < 3:
        raise BadInputError("a fee curve needs two rates or more beside 0")
    runs: list[xr.Dataset] = []
    for rate in asked:
        runs.append(runner({f"washington.fee.{family}": rate})[list(METRICS)])
        if progress:
            progress(len(runs), len(asked))
    known = [o for o in offers if o in runs[0]["offer"].values]
    if not known:
        raise BadInputError(f"no offer of {family!r} was known on {runs[0].attrs['as_of']}; give a later --as-of")
    draws = sorted(set.intersection(*({int(d) for d in run["draw"].values} for run in runs)))
    chosen = after(runs[0].attrs["as_of"], runs[0]["month"].values, months)
    cut = [run.sel(draw=draws).isel(month=chosen) for run in runs]
    points = _points(cut, asked, known)
    receipts = np.stack([point.receipts for point in points])
    best, edge = best_rates(np.array(asked), receipts)
    mean_best, _ = best_rates(np.array(asked), receipts.mean(1, keepdims=True))
    gate = cut[0]["us_open"].sel(offer=known).values
    day = [str(m)[:7] for m in cut[0]["month"].values]
    return FeeCurve(
        family, tuple(known), str(runs[0].attrs["scenario"]), str(runs[0].attrs["as_of"]), (day[0], day[-1]),
        tuple(draws), points, gate.max((0, 1)) > 0, best, edge, float(mean_best[0]),
    )  # fmt: skip


def _points(runs: Sequence[xr.Dataset], rates: Sequence[float], offers: Sequence[str]) -> tuple[Point, ...]:
    def of(run: xr.Dataset, name: str) -> Array:
        return run[name].sel(offer=list(offers)).values.astype(np.float64)

    units = [of(run, "units_delivered") for run in runs]
    kept_revenue = [of(run, "revenue_by_chip") for run in runs]
    huawei = [run["huawei_units"].values.astype(np.float64).sum(0) for run in runs]
    earned = [_huawei_revenue(run) for run in runs]
    sells = np.all(np.stack(units) > _SELLS, axis=0)
    weight = np.where(sells, units[0], 0.0)
    total = weight.sum((0, 1))
    weight = np.divide(weight, total, out=np.full_like(weight, np.nan), where=total > 0)
    found = []
    base_buyer = base_net = np.zeros(0)
    for k, (run, rate) in enumerate(zip(runs, rates, strict=True)):
        charged = np.divide(kept_revenue[k], units[k], out=np.zeros_like(units[k]), where=sells)
        buyer = (weight * of(run, "price_street")).sum((0, 1))
        kept = (weight * charged).sum((0, 1))
        fee, net = rate * kept, (1 - rate) * kept
        if k == 0:
            base_buyer, base_net = buyer, net
        nothing = np.full_like(fee, np.nan)
        found.append(
            Point(
                rate,
                units[k].sum((0, 1)),
                rate * kept_revenue[k].sum((0, 1)),
                run["fee_receipts"].values.astype(np.float64).sum(0),
                buyer,
                net,
                fee,
                np.divide(buyer - base_buyer, fee, out=nothing.copy(), where=fee > 0),
                np.divide(base_net - net, fee, out=nothing.copy(), where=fee > 0),
                huawei[k] - huawei[0],
                earned[k] - earned[0],
                (units[0] - units[k]).sum((0, 1)),
            )
        )
    return tuple(found)


_SELLS: Final = 1.0
"""Chips a month from which on a price is that of a sale."""


def _huawei_revenue(run: xr.Dataset) -> Array:
    if "huawei" not in run["vendor"].values:
        return np.zeros(run.sizes["draw"])
    return np.asarray(run["revenue"].sel(vendor="huawei").values, np.float64).sum(0)


def best_rates(rates: Array, receipts: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Rate of highest receipts by draw, refined by the parabola through the best rate and its neighbours.

    Args:
        rates: Increasing, ``[r]``. ``receipts``: USD, ``[r d]``.

    Returns:
        The rate, never beyond the neighbours of the best one, NaN in draws without receipts, ``[d]``; and whether
        the best one is the last of the range, ``[d]``.
    """
    best = receipts.argmax(0)
    some = receipts.max(0) > 0
    middle = np.clip(best, 1, len(rates) - 2)
    every = np.arange(receipts.shape[1])
    x0, x1, x2 = (rates[middle + i] for i in (-1, 0, 1))
    y0, y1, y2 = (receipts[middle + i, every] for i in (-1, 0, 1))
    left, right = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
    bend = (right - left) / (x2 - x0)
    bent = bend < 0
    top = (x0 + x1) / 2 - left / np.where(bent, 2 * bend, 1.0)
    refined = np.clip(np.where(bent, top, rates[best]), x0, x2)
    edge = (best == len(rates) - 1) & some
    found = np.where(edge, rates[-1], refined)
    return np.where(some, found, np.nan), edge


def summary(values: Array) -> dict[str, float | None]:
    """Quantiles and mean of the draws that have a number, and how many do; ``None`` where none has."""
    there = values[np.isfinite(values)]
    keys = [f"p{round(q * 100)}" for q in QUANTILES]
    if not len(there):
        return {**dict.fromkeys([*keys, "mean"]), "draws": 0}
    found: dict[str, float | None] = {k: plain(x) for k, x in zip(keys, np.quantile(there, QUANTILES), strict=True)}
    return found | {"mean": plain(there.mean()), "draws": len(there)}


def document(curve: FeeCurve) -> dict[str, Any]:
    """The curve for JSON, with notes where the gate is mostly shut or the best rate is at the edge of the range."""
    shut = 1 - float(curve.open_.mean())
    collected = np.isfinite(curve.best)
    edge = float(curve.at_edge[collected].mean()) if collected.any() else 0.0
    last = curve.points[-1].rate
    notes = []
    if shut > MOSTLY_SHUT:
        notes.append(
            f"Washington's gate for {curve.family} is shut throughout in {shut:.0%} of the draws; "
            "receipts_if_open holds over the others"
        )
    if edge > 0:
        notes.append(
            f"receipts are highest at {last:g}, the end of the range, in {edge:.0%} of the draws with receipts"
        )
    return {
        "family": curve.family, "offers": list(curve.offers), "scenario": curve.scenario, "as_of": curve.as_of,
        "months": list(curve.months), "draws": len(curve.draws), "share_shut": plain(shut), "notes": notes,
        "best_rate": {"unit": "fraction", **summary(curve.best), "share_at_edge": plain(edge),
                      "of_mean_receipts": None if np.isnan(curve.best_of_mean) else plain(curve.best_of_mean)},
        "points": [
            {"rate": point.rate,
             **{name: {"unit": unit, **summary(getattr(point, name))} for name, unit in UNITS.items()},
             "receipts_if_open": {"unit": "USD", **summary(point.receipts[curve.open_])}}
            for point in curve.points
        ],
    }  # fmt: skip


def rows(curve: FeeCurve) -> list[dict[str, Any]]:
    """One row a rate for a table: ``name_p10``, ``name_p50``, ``name_p90`` and ``name_mean`` of each figure."""
    made: list[dict[str, Any]] = []
    for point in curve.points:
        row: dict[str, Any] = {"rate": point.rate}
        for name in UNITS:
            stats = summary(getattr(point, name))
            row |= {f"{name}_{q}": stats[q] for q in ("p10", "p50", "p90")} | {f"{name}_mean": stats["mean"]}
        made.append(row)
    return made
