"""Who gets the chips, and for which work."""

import numpy as np

from chipgate.plots import Chart, intervals, stack
from chipgate.plots.palette import GREEN, ROUTE
from chipgate.report.context import AXIS_WORDS, Context, Draws
from chipgate.report.sections.base import Section, absent


def buyers(context: Context) -> Section:
    """Units by buyer, training against inference, shares of spending by route."""
    title = "Who gets the chips, and for which work"
    if not context.has("units_by_buyer") or not context.has_forecast:
        return absent("buyers", title, "months after the as-of date with units by buyer")
    charts = [_buyers(context)]
    if context.has("units_for_training", "units_delivered"):
        charts.append(_training(context))
    if context.has("market_share_value"):
        charts.append(
            stack(context.data["market_share_value"], "route", name="market-share",
                  title="Share of Chinese spending on chips by route", as_of=context.as_of,
                  names=AXIS_WORDS["route"], colours=ROUTE, start=context.window[0])
        )  # fmt: skip
    lead = (
        f"Sums over {context.year_words}; the dot is the median, the thick line the 80 % interval, the thin one 90 %.",
        "Buyers train on the stack whose software is ripe and serve on what is cheap and at hand; the model splits "
        "each buyer's money by workload.",
    )
    return Section("buyers", title, lead, tuple(charts))


def _buyers(context: Context) -> Chart:
    rows = {
        context.name("buyer", str(b)): context.year("units_by_buyer", buyer=str(b))
        for b in context.data["buyer"].values
    }
    ordered = dict(sorted(rows.items(), key=lambda item: -float(np.median(item[1]))))
    return intervals(ordered, name="by-buyer", title="Legal foreign chips by buyer", unit="chips",
                     wide=True)  # fmt: skip


def training_share(context: Context, offer: str) -> Draws:
    """Share of a chip's deliveries that is for training in the year after the as-of date; draws without any drop out.

    A draw with less than one chip says nothing of a share.
    """
    units = context.year("units_delivered", offer=offer)
    used = context.year("units_for_training", offer=offer)
    return np.where(units >= 1, used / np.maximum(units, 1e-9), np.nan)


def _training(context: Context) -> Chart:
    rows: dict[str, Draws] = {}
    for route in ("legal", "grey", "domestic"):
        for offer in context.offers(route):
            share = training_share(context, offer)
            if np.isfinite(share).mean() >= 0.1:
                rows[context.offer_name(offer)] = share
    return intervals(
        rows, name="training-share", title="Part of each chip's deliveries that is for training", unit="fraction",
        colour=GREEN, wide=True, notes=("The rest is for inference. Draws without a delivery are left out.",),
    )  # fmt: skip
