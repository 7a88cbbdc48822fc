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
    rows = [_row("this report's rule", _revenue(context)[:count])]
    rows += [_row(known[key].label if key in known else key, _revenue(Context(run, context.catalogue, {})))
             for key, run in others.items()]  # fmt: skip
    columns = ("how the rates follow from the record", "median (80 % interval), USD", "under 1 billion")
    lead = (
        "After the as-of date both governments' gates move by rates that are counted from few episodes. A careful "
        "person could count otherwise; each row is the same forecast under another written rule "
        "(chipgate show hazard-rules; the rule is stated in docs/hazards.md). Read the range, not one row.",
    )
    table = Statement(f"Revenue of legal foreign chips in {context.year_words}", Table(columns, tuple(rows)),
                      f"The same {count} draws in every row.")  # fmt: skip
    return Section("rules", "Under other rules for both governments", lead, (), (table,))


def _revenue(context: Context) -> Draws:
    parts = [context.year("revenue_by_chip", offer=offer) for offer in context.offers("legal")]
    return np.asarray(np.sum(parts, axis=0))


def _row(label: str, revenue: Draws) -> tuple[str, str, str]:
    return label, brief(revenue, "USD"), percent(float(np.mean(revenue < _SMALL_USD)))
