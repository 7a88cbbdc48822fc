"""The gate that binds, what each gate keeps out, and where Beijing stands."""

import numpy as np
import xarray as xr

from chipgate.plots import Chart, stack
from chipgate.plots.palette import BLUE, GATE, GREEN, ORANGE, SKY, VERMILION
from chipgate.plots.words import listed
from chipgate.report.context import GATES, Context
from chipgate.report.headlines import gate_shares
from chipgate.report.sections.base import Section, absent, chip_ids

_LOST = {**GATES, "demand": "delivered"}
LEVELS = ("welcome", "discouraged", "case by case", "blocked")


def gates(context: Context) -> Section:
    """Probability by gate, units lost, Beijing's level and Washington's openness for the chips that matter."""
    if not context.has("binding_gate", "units_lost"):
        return absent("gates", "The gate that binds", "the gates")
    start = context.window[0]
    binding = context.data["binding_gate"]
    notes = []
    if context.has_forecast:
        words = {0.0: "never binds", 1.0: "always binds"}
        fixed = [f"{GATES[gate]} {words[share]}" for gate, share in gate_shares(context).items() if share in words]
        if fixed:
            notes.append(f"In the year after the as-of date all draws agree: {listed(fixed)}.")
    charts = [
        stack(binding, "gate", name="binding-gate", title="Which gate takes most of the legal foreign chips wanted",
              as_of=context.as_of, names=GATES, colours=GATE, start=start, notes=notes,
              marks=context.events(chips=chip_ids(context, context.offers("legal")))),
        stack(context.data["units_lost"], "gate", name="units-lost",
              title="Legal foreign chips wanted: kept out by each gate, or delivered", as_of=context.as_of,
              names=_LOST, colours=GATE, start=start,
              notes=("Means over draws, so that the parts add up; the table has the percentiles.",)),
        *_levels(context),
    ]  # fmt: skip
    lead = (
        "A foreign chip reaches a Chinese data centre only through three gates: Washington's licence, Beijing's "
        "permission and physical supply. The height of each area is the probability that this gate keeps out most.",
        "It counts chips in play: those that Washington let in within the last year, or that the scenario lets in. "
        "After the as-of date these are the chips in play on that day.",
    )
    return Section("gates", "The gate that binds, month by month", lead, tuple(charts))


def _levels(context: Context) -> list[Chart]:
    charts = []
    if context.has("beijing_level") and "h20" in [str(f) for f in context.data["family"].values]:
        charts.append(
            stack(_parts(context.data["beijing_level"].sel(family="h20")), "level", name="beijing-level",
                  title="Where Beijing's gate stands for the H20, internet platforms", as_of=context.as_of,
                  names={name: name for name in LEVELS}, colours=dict(zip(LEVELS, (GREEN, SKY, ORANGE, VERMILION),
                  strict=True)), start=context.window[0],
                  marks=context.events(chips=[context.chip("h20_legal")], country="CN"))
        )  # fmt: skip
    if context.has("us_open") and "h20_legal" in context.offers("legal"):
        share = context.data["us_open"].sel(offer="h20_legal")
        both = xr.concat([share, 1 - share], xr.DataArray(["open", "shut"], dims="state", name="state"))
        both.attrs = {"unit": "probability"}
        charts.append(
            stack(both, "state", name="us-open", title="Washington's gate for the H20: mean share of the month",
                  as_of=context.as_of, names={"open": "open", "shut": "shut"},
                  colours={"open": GREEN, "shut": BLUE}, start=context.window[0],
                  marks=context.events(chips=[context.chip("h20_legal")], country="US"))
        )  # fmt: skip
    return charts


def _parts(level: xr.DataArray) -> xr.DataArray:
    """Whether each level holds, by month and draw."""
    axis = xr.DataArray(list(LEVELS), dims="level", name="level")
    parts = xr.concat([(np.rint(level) == i).astype(float) for i in range(len(LEVELS))], axis)
    parts.attrs = {"unit": "probability"}
    return parts  # type: ignore[no-any-return]
