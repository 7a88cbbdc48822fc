"""What the article states, and what the model finds: one row each, with the figure from the data."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chipgate.plots.words import amount, listed, percent, spread
from chipgate.report.context import Context, crossover, month_words
from chipgate.report.sections.buyers import training_share
from chipgate.report.sections.fee import COMPANION_METRICS, incidence
from chipgate.report.sections.gates import LEVELS


@dataclass(frozen=True)
class Row:
    """A statement of the article and what the model finds."""

    stated: str
    found: str


_ABSENT = "This dataset carries nothing that answers it."


def rows(context: Context) -> list[Row]:
    """All statements, in the article's order."""
    answers: list[tuple[str, Callable[[Context], str | None]]] = [
        ("The H20 was banned, then allowed again; licences come with dates and thresholds.", _law),
        ("15 % of the revenue is the price of a licence.", _fee),
        ("Summons, backdoor warnings, editorials and advice to reconsider, but no outright ban.", _beijing),
        ("ByteDance and Alibaba had ordered for billions before the reversal.", _orders),
        ("DeepSeek trains on Nvidia and infers on Huawei.", _workloads),
        ("iFlytek progresses on Huawei alone.", _iflytek),
        ("Huawei's performance and availability are not yet enough; the shift comes in the end.", _shift),
        ("Nvidia's chips are becoming the standard.", _standard),
        ("Posture is bargaining in tariff talks; for Washington the price is low.", _bargaining),
        ("A page of news, with other news beside it.", _news),
    ]
    made = []
    for stated, answer in answers:
        found = answer(context) if context.has_forecast else "No month lies after the as-of date."
        made.append(Row(stated, found or _ABSENT))
    return made


def _h20(context: Context) -> bool:
    return "h20_legal" in context.offers("legal")


def _law(context: Context) -> str | None:
    if not (context.has("us_open") and _h20(context)):
        return None
    share = float(context.ahead("us_open").sel(offer="h20_legal").mean())
    end = float((context.at("us_open", -1, offer="h20_legal") > 0.5).mean())
    return (f"Washington lets the H20 through in {percent(share)} of the time in {context.year_words}, mean over "
            f"draws, and in {percent(end)} of draws in {month_words(context.months[-1])}.")  # fmt: skip


def _fee(context: Context) -> str | None:
    if not context.has("fee_receipts"):
        return None
    text = f"Receipts of {spread(context.year('fee_receipts'), 'USD')} in the first year."
    other = context.companions.get("no_fee")
    if other is None or not context.has(*COMPANION_METRICS, "revenue_by_chip", "fee_by_chip"):
        return text + " Who bears it needs a companion run without the fee."
    found, _ = incidence(context, other)
    parts = [f"{context.offer_name(i.offer)} {spread(i.passed, 'fraction')}" for i in found]
    lost = [f"{context.offer_name(i.offer)} {amount(float(i.lost.mean()), 'chips')}" for i in found]
    return text + (f" Part of the fee per chip that shows in the buyers' price: {listed(parts)}. Sales lost, mean: "
                   f"{listed(lost)}." if parts else " No chip pays it in any draw.")  # fmt: skip


def _beijing(context: Context) -> str | None:
    if not context.has("beijing_level", "units_lost") or "h20" not in [str(f) for f in context.data["family"].values]:
        return None
    index = min(context.split + 11, len(context.months) - 1)
    level = np.rint(context.at("beijing_level", index, family="h20"))
    shares = [f"{word} {percent(float((level == i).mean()))}" for i, word in enumerate(LEVELS)]
    lost = context.year("units_lost", gate="beijing")
    return (f"In {month_words(context.months[index])} the H20 stands at {listed(shares)} of draws for internet "
            f"platforms. Beijing keeps out {spread(lost, 'chips')} in the first year.")  # fmt: skip


def _orders(context: Context) -> str | None:
    if not (context.has("order_book") and _h20(context)):
        return None
    now = context.at("order_book", max(context.split - 1, 0), offer="h20_legal")
    index = min(context.split + 11, len(context.months) - 1)
    later = context.at("order_book", index, offer="h20_legal")
    text = (f"Undelivered H20 orders: {spread(now, 'chips')} at the as-of date, {spread(later, 'chips')} in "
            f"{month_words(context.months[index])}.")  # fmt: skip
    if context.has("cancelled"):
        text += f" Cancelled in between: {spread(context.year('cancelled', offer='h20_legal'), 'chips')}."
    return text


def _workloads(context: Context) -> str | None:
    if not context.has("units_for_training", "units_delivered"):
        return None
    parts = []
    for offer in ("h20_legal", "h100_grey", "ascend_910c"):
        if offer in [str(o) for o in context.data["offer"].values]:
            share = training_share(context, offer)
            if np.isfinite(share).any():
                parts.append(f"{context.offer_name(offer)} {spread(share[np.isfinite(share)], 'fraction')}")
    return f"Part of deliveries that is for training: {listed(parts)}." if parts else None


def _iflytek(context: Context) -> str | None:
    buyers = [str(b) for b in context.data["buyer"].values] if "buyer" in context.data.coords else []
    if not context.has("units_by_buyer", "maturity") or "entity_listed" not in buyers:
        return None
    units = context.year("units_by_buyer", buyer="entity_listed")
    now = context.at("maturity", max(context.split - 1, 0), workload="training")
    end = context.at("maturity", -1, workload="training")
    return (f"Entity-listed firms receive {spread(units, 'chips')} by the legal route. Ascend's maturity for training "
            f"goes from {spread(now, 'fraction')} to {spread(end, 'fraction')} in "
            f"{month_words(context.months[-1])}.")  # fmt: skip


def _shift(context: Context) -> str | None:
    if not context.has("sufficiency"):
        return None
    parts = []
    for workload in ("training", "inference"):
        year = np.asarray(context.ahead("sufficiency").sel(workload=workload).mean("month").values, np.float64)
        reached = float((crossover(context.data, workload) >= 0).mean())
        parts.append(f"{workload}: {spread(year, 'fraction')} of what is wanted in the first year, nine tenths "
                     f"reached by {month_words(context.months[-1])} in {percent(reached)} of draws")  # fmt: skip
    return f"Domestic supply for {'; for '.join(parts)}."


def _standard(context: Context) -> str | None:
    if not context.has("market_share_value", "installed_chips"):
        return None
    foreign = context.data["installed_chips"]
    share = (foreign.sel(route="legal") + foreign.sel(route="grey")) / np.maximum(foreign.sum("route"), 1e-9)
    now = np.asarray(share.isel(month=max(context.split - 1, 0)).values)
    end = np.asarray(share.isel(month=-1).values)
    spend = context.at("market_share_value", -1, route="domestic")
    return (f"Foreign chips are {spread(now, 'fraction')} of chips at work in China at the as-of date and "
            f"{spread(end, 'fraction')} in {month_words(context.months[-1])}; domestic chips then take "
            f"{spread(spend, 'fraction')} of spending.")  # fmt: skip


def _bargaining(context: Context) -> str | None:
    if not context.has("fee_receipts", "gross_profit"):
        return None
    vendors = [v for v in ("nvidia", "amd") if v in context.data["vendor"].values]
    profit = np.asarray(context.ahead("gross_profit").sel(vendor=vendors).sum(("month", "vendor")).values, np.float64)
    return (f"A run does not play out the bargaining. It gives the stakes: Washington receives "
            f"{spread(context.year('fee_receipts'), 'USD')} and the US sellers keep a gross profit of "
            f"{spread(profit, 'USD')} in the first year.")  # fmt: skip


def _news(context: Context) -> str | None:
    used = context.data.attrs.get("events_used")
    if used is None:
        return None
    count = len(used) if not isinstance(used, str) else 1
    return (f"This run rests on {count} dated policy events that were public on {context.as_of:%-d %B %Y}; nothing "
            "later enters.")  # fmt: skip
