"""Crossover: when domestic chips meet what is wanted."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from chipgate.plots import Chart, cumulative, fan, months_bars
from chipgate.plots.palette import WORKLOAD
from chipgate.plots.words import percent
from chipgate.report.context import Context, crossover, month_words
from chipgate.report.sections.base import Section, absent
from chipgate.results.dataset import quarter_name

_WORKLOADS = ("training", "inference")


def crossing(context: Context) -> Section:
    """Distribution of the first month in which trailing sufficiency is at least 0.9."""
    title = "Crossover: when domestic chips meet demand"
    if not context.has("sufficiency"):
        return absent("crossover", title, "sufficiency")
    first = {w: crossover(context.data, w) for w in _WORKLOADS}
    never = {w: float((f < 0).mean()) for w, f in first.items()}
    until = month_words(context.months[-1])
    said = {w: percent(1 - share) + " of draws" if share < 1 else "no draw" for w, share in never.items()}
    caption = "; ".join(f"{w}: {said[w]} by {until}, {percent(never[w])} beyond the horizon"
                        for w in _WORKLOADS) + "."  # fmt: skip
    notes = [f"All draws agree for {w}: none gets there by {until}, so there is no date to show." for w in _WORKLOADS
             if never[w] == 1]  # fmt: skip
    charts = [_bars(context, first, caption, notes)]
    if min(never.values()) < 1:
        charts.append(_cumulative(context, first, caption))
    for workload in _WORKLOADS:
        charts.append(
            fan(context.data["sufficiency"].sel(workload=workload), name=f"sufficiency-{workload}",
                title=f"Domestic supply over all that is wanted, {workload}", as_of=context.as_of,
                colour=WORKLOAD[workload], window=context.window)
        )  # fmt: skip
    lead = (
        "The crossover is the first month in which domestic compute, over the twelve months to that month, is at "
        "least 90 % of all compute delivered plus all that the gates keep out.",
        caption[:1].upper() + caption[1:],
    )
    caution = ("History says little of how fast domestic supply and its software grow: this date rests on priors, and "
               "on the horizon of the run.")  # fmt: skip
    return Section("crossover", title, lead, tuple(charts), caution=caution)


def _bars(context: Context, first: dict[str, NDArray[np.int64]], caption: str, notes: list[str]) -> Chart:
    names = [quarter_name(date.fromisoformat(f"{m}-01")) for m in context.months]
    periods = list(dict.fromkeys(names[max(context.split - 3, 0) :]))
    before = periods[0]
    never = f"not by {context.months[-1]}"
    shares = {}
    for workload, months in first.items():
        reached = [names[i] for i in months if i >= 0]
        early = sum(quarter < before for quarter in reached)
        found = [(sum(q == p for q in reached) + (early if p == before else 0)) / len(months) for p in periods]
        shares[workload] = [*found, float((months < 0).mean())]
    return months_bars(shares, [*periods, never], name="crossover-quarters",
                       title="Quarter of the first month of crossover, share of draws", colours=WORKLOAD,
                       axis="% of draws", caption=caption, notes=notes)  # fmt: skip


def _cumulative(context: Context, first: dict[str, NDArray[np.int64]], caption: str) -> Chart:
    start = max(context.split - 12, 0)
    shares = {
        workload: [float(((months >= 0) & (months <= i)).mean()) for i in range(start, len(context.months))]
        for workload, months in first.items()
    }
    return cumulative(
        shares, context.months[start:], name="crossover-cumulative", colours=WORKLOAD, caption=caption,
        title="Share of draws that have crossed by each month",
    )  # fmt: skip
