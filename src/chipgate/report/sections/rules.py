"""The forecast under other defensible rules for the moves of both governments."""

from typing import Final

import numpy as np

from chipgate.plots.chart import Table
from chipgate.plots.words import brief, percent
from chipgate.report.context import Context, Draws
from chipgate.report.sections.base import Section, Statement

RULE: Final = "rule:"
"""Beginning of the names of companion runs under other rules; the id of the rule follows."""
COMPANION_METRICS: Final = ("revenue_by_chip",)
_SMALL_USD: Final = 1e9


def rules(context: Context) -> Section | None:
    """Revenue of legal foreign chips in the first year by rule; ``None`` without companion runs under other rules."""
    others = {n.removeprefix(RULE): run for n, run in context.companions.items() if n.startswith(RULE)}
    if not others or not context.has_forecast or not context.has("revenue_by_chip") or not context.offers("legal"):
        return None
    count = min(run.sizes["draw"] for run in others.values())
    known = context.catalogue.hazard_rules
    h20 = "h20_legal" in context.offers("legal")
    rows = [_row("this report's rule", context, count, h20)]
    rows += [_row(known[key].label if key in known else key, Context(run, context.catalogue, {}), count, h20)
             for key, run in others.items()]  # fmt: skip
    columns: tuple[str, ...] = ("how the rates follow from the record", "all legal foreign chips, USD")
    columns += ("H20, USD", "chance of H20 under 1 billion") if h20 else ()
    lead = (
        "After the as-of date both governments' gates move by rates that are counted from few episodes. A careful "
        "person could count otherwise; each row is the same forecast under another written rule "
        "(chipgate show hazard-rules; the rule is stated in docs/hazards.md). Read the range, not one row.",
    )
    table = Statement(f"Revenue in {context.year_words}", Table(columns, tuple(rows)),
                      f"Median (80 % interval) of the first {count} draws of each run.")  # fmt: skip
    return Section("rules", "Under other rules for both governments", lead, (), (table,))


def _row(label: str, context: Context, count: int, h20: bool) -> tuple[str, ...]:
    legal = np.asarray(np.sum([_revenue(context, offer) for offer in context.offers("legal")], axis=0))[:count]
    if not h20:
        return label, brief(legal, "USD")
    own = _revenue(context, "h20_legal")[:count]
    return label, brief(legal, "USD"), brief(own, "USD"), percent(float(np.mean(own < _SMALL_USD)))


def _revenue(context: Context, offer: str) -> Draws:
    return context.year("revenue_by_chip", offer=offer)
