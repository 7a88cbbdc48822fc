"""The model's past against what had been published by the as-of date."""

import numpy as np

from chipgate.plots import Chart, intervals
from chipgate.plots.chart import Table
from chipgate.plots.palette import GREY
from chipgate.report.context import Context
from chipgate.report.sections.base import Section
from chipgate.results.record import METRICS, Comparison, compare_with_record
from chipgate.results.record_page import figure


def past(context: Context) -> Section | None:
    """Model over published figure for every observation that was public; ``None`` where there is none."""
    if not context.has(*METRICS):
        return None
    found = [c for c in compare_with_record(context.data, context.catalogue, known_by=context.as_of)
             if c.observation.value > 0]  # fmt: skip
    if not found:
        return None
    misses = [c for c in found if not c.inside]
    below = sum(c.p50 < c.observation.value for c in found)
    said = "; ".join(f"{_name(c)}: published {figure(c.observation.value)} {c.observation.unit}, model "
                     f"{figure(c.p50)} ({figure(c.p5)} to {figure(c.p95)})" for c in misses)  # fmt: skip
    posterior = str(context.data.attrs.get("posterior", "none"))
    standing = (
        "No parameter is fitted to the record, so its figures are a test of the inputs."
        if posterior == "none"
        else f"The priors are fitted to most of these figures, as published by {posterior[:10]}; so this shows how "
        "well the model can meet them, not how well it foresees."
    )
    lead = [
        f"{standing} 1 means that the model gives the published figure. Of {len(found)} figures that were public by "
        f"the as-of date, {len(found) - len(misses)} "
        f"have a published range that meets the model's 90 % band; the model's median is below the published figure "
        f"in {below}.",
    ]
    lead.append(f"Missed: {said}." if misses else "None is missed.")
    return Section("past", "The model's past against the record", tuple(lead), (_chart(found),))


def _name(c: Comparison) -> str:
    start, end = c.observation.period_start.first, c.observation.period_end.last
    whole = (start.month, start.day, end.month, end.day) == (1, 1, 12, 31) and start.year == end.year
    return f"{c.what}, {start.year if whole else f'{start:%b %Y} to {end:%b %Y}'}"


def _chart(found: list[Comparison]) -> Chart:
    names: dict[str, Comparison] = {}
    for c in found:
        name = _name(c)
        names[name if name not in names else f"{name} ({c.observation.publisher})"] = c
    rows = {name: np.asarray(c.draws, np.float64) / c.observation.value for name, c in names.items()}
    made = intervals(
        rows, name="past-ratio", title="Model over published figure, by observation", unit="ratio", colour=GREY,
        wide=True, log=all(np.percentile(r, 5) > 0 for r in rows.values()),
        notes=("1 is the published figure; the table has both. Scale by powers of ten.",),
    )  # fmt: skip
    line = {"type": "line", "x0": 1, "x1": 1, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": "@ink", "width": 1.5}}  # fmt: skip
    inside = sum(c.inside for c in found)
    caption = f"{inside} of {len(found)} published ranges meet the model's 90 % band."
    table = Table(
        ("what", "unit", "published", "published low", "published high", "model p5", "p50", "p95", "meets"),
        tuple((name, c.observation.unit, *(f"{v:.4g}" for v in (c.observation.value, c.observation.low,
               c.observation.high, c.p5, c.p50, c.p95)), "yes" if c.inside else "no") for name, c in names.items()),
    )  # fmt: skip
    return Chart(made.id, made.title, caption, f"Intervals of {made.title}. {caption}", made.traces,
                 {**made.layout, "shapes": [line]}, table, made.notes, wide=True,
                 height=max(220, 24 * len(rows) + 90))  # fmt: skip
