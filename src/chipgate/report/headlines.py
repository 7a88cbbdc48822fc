"""Headline sentences, each made from the data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chipgate.plots.words import amount, brief, listed, once, percent, spread
from chipgate.report.context import GATES, Context, Draws, crossover, month_words

LIVE_UNITS, LIVE_SHARE = 1_000, 0.1
_YEAR = 12
_WAY = {"washington": "Washington's licence", "beijing": "Beijing's permission", "supply": "physical supply"}


@dataclass(frozen=True)
class Finding:
    """A sentence of the headline.

    Attributes:
        topic: A word or two in front of it.
        metrics: Metrics that it rests on.
    """

    topic: str
    text: str
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class ChipRow:
    """Units of a chip, two windows."""

    name: str
    quarters: str
    year: str
    chance: str


def headlines(context: Context) -> list[Finding]:
    """All sentences that the dataset supports."""
    if not context.has_forecast:
        text = ("This dataset ends at or before its as-of date, so it holds history only; there is no forecast to "
                "sum up.")  # fmt: skip
        return [Finding("No forecast", text, ())]
    found = [make(context) for make in (_chips, _revenue, _gate, _fee, _huawei, _ratio, _crossover)]
    return [replace(finding, text=once(finding.text)) for finding in found if finding is not None]


def in_short(context: Context) -> str:
    """One sentence before all others: how many legal chips land, what is in the way, and the chip that led before.

    Empty where the dataset does not carry it.
    """
    needed = context.has("units_delivered", "binding_gate") and context.offers("legal")
    if not (needed and context.has_forecast and context.split >= _YEAR):
        return ""
    best = _best_years(context, context.offers("legal"))
    leader = max(best, key=lambda offer: best[offer])
    total = context.ahead("units_delivered").sel(offer=context.offers("legal")).sum(("offer", "month"))
    own = float(np.median(context.year("units_delivered", offer=leader)))
    shares = gate_shares(context)
    gate = max(shares, key=lambda g: shares[g])
    way = "no gate keeps out most of them" if gate == "demand" else f"what keeps out most is {_WAY[gate]}"
    return (f"In short: {amount(float(np.median(total)), 'legal foreign chips')} land in the year ahead, and {way}. Of "
            f"the {context.offer_name(leader)}, most sold before, {amount(own, 'chips')} land, against "
            f"{amount(best[leader], 'chips')} in its best twelve months (all medians, by the model).")  # fmt: skip


def _best_years(context: Context, offers: Sequence[str]) -> dict[str, float]:
    """By offer the median over draws of the most that was delivered in any twelve months up to the as-of date."""
    units = context.data["units_delivered"].sel(offer=list(offers)).transpose("month", "offer", "draw").values
    sums = np.cumsum(np.asarray(units[: context.split], np.float64), axis=0)
    years = np.concatenate([sums[_YEAR - 1 : _YEAR], sums[_YEAR:] - sums[:-_YEAR]])
    return dict(zip(offers, map(float, np.median(years.max(0), axis=-1)), strict=True))


def chip_rows(context: Context) -> list[ChipRow]:
    """Each legal chip that any draw delivers: the next two fiscal quarters of Nvidia, and twelve months."""
    if not (context.has_forecast and context.has("units_delivered")):
        return []
    places = [p for quarter in context.fiscal_quarters().values() for p in quarter]
    rows = []
    for offer in live_offers(context):
        units = context.data["units_delivered"].sel(offer=offer)
        soon = np.asarray(units.isel(month=places).sum("month").values, np.float64) if places else None
        year = context.year("units_delivered", offer=offer)
        rows.append(ChipRow(context.offer_name(offer), brief(soon, "chips") if soon is not None else "–",
                            brief(year, "chips"), percent(float((year >= LIVE_UNITS).mean()))))  # fmt: skip
    return rows


def live_offers(context: Context) -> list[str]:
    """Legal offers that at least one draw in ten delivers a thousand or more of after the as-of date."""
    after = context.data["units_delivered"].isel(month=slice(context.split, None)).sum("month")
    return [o for o in context.offers("legal") if float((after.sel(offer=o) >= LIVE_UNITS).mean()) >= LIVE_SHARE]


def _chips(context: Context) -> Finding | None:
    if not context.has("units_delivered", "units_by_route"):
        return None
    legal = context.year("units_by_route", route="legal")
    sums = {offer: context.year("units_delivered", offer=offer) for offer in live_offers(context)}
    largest = sorted(sums, key=lambda offer: -float(np.median(sums[offer])))[:3]
    named = [*largest, *(offer for offer in sums if offer == "h20_legal" and offer not in largest)]
    parts = [f"{context.offer_name(offer)} {spread(sums[offer], 'chips')}" for offer in named]
    by_chip = (
        f" The largest by chip: {listed(parts)}." if parts else " No chip reaches 1,000 in as much as one draw of ten."
    )
    text = f"In {context.year_words}, {spread(legal, 'chips')} reach Chinese buyers by the legal route.{by_chip}"
    return Finding("Chips that land", text, ("units_by_route", "units_delivered"))


def h20_revenue(context: Context) -> Draws | None:
    """Nvidia's revenue from the H20 in its next two fiscal quarters, by draw."""
    quarters = context.fiscal_quarters()
    if not context.has("revenue_by_chip") or len(quarters) < 2 or "h20_legal" not in context.offers("legal"):
        return None
    places = [p for quarter in quarters.values() for p in quarter]
    revenue = context.data["revenue_by_chip"].sel(offer="h20_legal").isel(month=places)
    return np.asarray(revenue.sum("month").values, np.float64)


def _revenue(context: Context) -> Finding | None:
    revenue = h20_revenue(context)
    if revenue is None:
        return None
    text = (
        f"Nvidia earns {spread(revenue, 'USD')} from the H20 in its fiscal quarters "
        f"{context.quarters_words(context.fiscal_quarters())}. The probability that it is less than USD 1 billion is "
        f"{percent(float((revenue < 1e9).mean()))}."
    )
    return Finding("Nvidia's H20 revenue", text, ("revenue_by_chip",))


def gate_shares(context: Context) -> dict[str, float]:
    """Probability that each gate binds, mean over the twelve months after the as-of date."""
    ahead = context.ahead("binding_gate").transpose("gate", ...)
    mean = ahead.values.reshape(ahead.sizes["gate"], -1).mean(-1, dtype=np.float64)
    return dict(zip(map(str, ahead["gate"].values), map(float, mean), strict=True))


def _gate(context: Context) -> Finding | None:
    if not context.has("binding_gate"):
        return None
    shares = sorted(gate_shares(context).items(), key=lambda item: -item[1])
    rest = listed([f"{GATES[gate]} {percent(share)}" for gate, share in shares[1:] if share > 0])
    text = (
        f"{_upper(GATES[shares[0][0]])} is what keeps out most of the legal foreign chips that buyers would take: it "
        f"binds with probability {percent(shares[0][1])} in a month of that year"
        f"{f', against {rest}' if rest else ', and nothing else ever does'}. This counts the "
        "chips in play: those that Washington let in within a year before the as-of date, or that the scenario "
        "lets in."
    )
    return Finding("The gate that binds", text, ("binding_gate",))


def _fee(context: Context) -> Finding | None:
    if not context.has("fee_receipts"):
        return None
    receipts = context.year("fee_receipts")
    text = (
        f"Washington takes {spread(receipts, 'USD')} in fees and duties on chips for China over the same months; the "
        f"probability of less than USD 100 million is {percent(float((receipts < 1e8).mean()))}."
    )
    return Finding("Fee receipts", text, ("fee_receipts",))


def _huawei(context: Context) -> Finding | None:
    if not context.has("huawei_units"):
        return None
    units = context.year("huawei_units")
    text = f"Huawei delivers {spread(units, 'chips')} over the same months"
    if context.has("domestic_units"):
        text += f", out of {spread(context.year('domestic_units'), 'chips')} by all Chinese makers"
    if context.has("binding_input"):
        mean = context.ahead("binding_input").mean(("month", "draw"))
        best = str(mean["input"].values[int(np.argmax(mean.values))])
        text += (f". The input that most often limits Huawei is {context.name('input', best)} "
                 f"(probability {percent(float(mean.max()))})")  # fmt: skip
    return Finding("Huawei", text + ".", ("huawei_units", "domestic_units", "binding_input"))


def _ratio(context: Context) -> Finding | None:
    if not context.has("compute_ratio"):
        return None
    now, end = context.at("compute_ratio", max(context.split - 1, 0), measure="fp8"), context.at(
        "compute_ratio", -1, measure="fp8"
    )  # fmt: skip
    text = (
        f"Large US buyers hold {spread(now, 'ratio')} times the compute installed in China at the as-of date, and "
        f"{spread(end, 'ratio')} times in {month_words(context.months[-1])}, counted in FP8 arithmetic. The ratio "
        f"rises in {percent(float((end > now).mean()))} of draws."
    )
    return Finding("United States against China", text, ("compute_ratio",))


def _crossover(context: Context) -> Finding | None:
    if not context.has("sufficiency"):
        return None
    reached = {w: float((crossover(context.data, w) >= 0).mean()) for w in ("training", "inference")}
    where = (
        listed([f"{percent(share)} of draws for {workload}" for workload, share in reached.items()])
        if any(reached.values()) else "no draw, neither for training nor for inference"
    )  # fmt: skip
    text = (
        "Domestic chips meet nine tenths of what China wants, over a year on end, before the end of "
        f"{month_words(context.months[-1])} in {where}. Where they do not, that day lies beyond the run's horizon."
    )
    return Finding("Crossover to domestic chips", text, ("sufficiency",))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def metric_rows(context: Context) -> list[tuple[str, str, str]]:
    """Every headline metric: label, part, and its figure after the as-of date (flows summed, levels at the end)."""
    rows = []
    for name in (str(v) for v in context.data.data_vars):
        values = context.data[name]
        if not values.attrs.get("headline") or "month" not in values.dims:
            continue
        part = context.ahead(name) if context.has_forecast else values.isel(month=slice(-1, None))
        how, unit = str(values.attrs.get("adds", "sum")), str(values.attrs["unit"])
        joined = part.sum("month") if how == "sum" else part.isel(month=-1) if how == "last" else part.mean("month")
        spoken = unit.removesuffix("/month") if how == "sum" else unit
        axes = [str(d) for d in joined.dims if d != "draw"]
        label = str(values.attrs.get("label", name))
        if not axes:
            rows.append((label, "", spread(joined.values, spoken)))
            continue
        for key in joined[axes[0]].values:
            draws = np.asarray(joined.sel({axes[0]: key}).values, np.float64)
            if np.abs(draws).max(initial=0.0) > 0:
                rows.append((label, context.name(axes[0], str(key)), spread(draws, spoken)))
        if not any(row[0] == label for row in rows):
            rows.append((label, "all", f"{amount(0.0, spoken)} (the same in all draws)"))
    return rows
