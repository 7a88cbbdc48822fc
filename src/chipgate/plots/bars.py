"""Intervals side by side, bars by period, and shares of draws."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipgate.plots.chart import Chart, Table, Trace, cell, scaled, shorts
from chipgate.plots.palette import BLUE, PATTERNS, tint
from chipgate.plots.words import terse, unit_words

Rows = Mapping[str, NDArray[np.float64]]


def intervals(
    rows: Rows, *, name: str, title: str, unit: str, colour: str = BLUE,
    sideways: bool = True, notes: Sequence[str] = (), wide: bool = False, log: bool = False,
) -> Chart:  # fmt: skip
    """Medians as dots, 80 % intervals as thick and 90 % intervals as thin lines, one row each, values written out.

    Args:
        rows: Name -> draws.
        sideways: Names down the side; else along the foot, in order of time.
    """
    kept = {key: draws[np.isfinite(draws)] for key, draws in rows.items()}
    kept = {key: draws for key, draws in kept.items() if draws.size}
    names = list(reversed(kept)) if sideways else list(kept)
    points = {key: np.percentile(kept[key], (5, 10, 50, 90, 95)) for key in names}
    factor, words = scaled(unit, max((float(p[4]) for p in points.values()), default=0.0))
    along, across = ("x", "y") if sideways else ("y", "x")
    traces: list[Trace] = []
    for low, high, width, alpha in ((0, 4, 3, 0.45), (1, 3, 8, 0.6)):
        ends: list[float | None] = []
        where: list[str | None] = []
        for key in names:
            ends += [*shorts([points[key][low] / factor, points[key][high] / factor]), None]
            where += [key, key, None]
        traces.append({"type": "scatter", along: ends, across: where, "mode": "lines", "hoverinfo": "skip",
                       "line": {"width": width, "color": tint(colour, alpha)}, "showlegend": False})  # fmt: skip
    traces.append({
        "type": "scatter", along: shorts([points[k][2] / factor for k in names]), across: names, "mode": "markers",
        "marker": {"size": 9, "color": colour, "line": {"width": 1.5, "color": "@paper"}}, "showlegend": False,
        "hovertext": [f"{k}: {_said(points[k], unit)}" for k in names], "hoverinfo": "text",
    })  # fmt: skip
    value: dict[str, Any] = {"title": {"text": words}, "rangemode": "tozero", **({"type": "log"} if log else {})}
    place: dict[str, Any] = {"type": "category", "automargin": True, "title": {"text": ""}}
    layout = {f"{along}axis": value, f"{across}axis": place, "annotations": [], "shapes": []}
    said = "; ".join(f"{key} {_said(points[key], unit)}" for key in kept)
    caption = f"{unit_words(unit)}Median (80 % interval): {said}."
    collapsed = [key for key in kept if points[key][4] - points[key][0] <= 1e-9 * max(abs(points[key][4]), 1e-12)]
    found = [f"All draws agree for {', '.join(collapsed)}: no interval is drawn."] if collapsed else []
    table = Table(
        ("", f"p5 ({unit})", "p10", "p50", "p90", "p95"),
        tuple((key, *(cell(float(v)) for v in points[key])) for key in kept),
    )
    height = max(170, 34 * len(kept) + 90) if sideways else 300
    return Chart(name, title, caption, f"Medians and intervals of {title}. {caption}", traces, layout, table,
                 (*found, *notes), wide=wide, height=height)  # fmt: skip


def _said(points: NDArray[np.float64], unit: str) -> str:
    low, middle, high = (terse(float(points[i]), unit) for i in (1, 2, 3))
    return f"{middle} ({low} to {high})"


def months_bars(
    shares: Mapping[str, Sequence[float]], periods: Sequence[str], *, name: str, title: str, colours: Mapping[str, str],
    axis: str, caption: str, notes: Sequence[str] = (),
) -> Chart:  # fmt: skip
    """Grouped bars of shares of draws, each with its figure; the last period may be "never"."""
    traces: list[Trace] = []
    for i, (key, found) in enumerate(shares.items()):
        text = [f"{100 * s:.0f}" if s >= 0.005 else "" for s in found]
        traces.append({
            "type": "bar", "x": list(periods), "y": shorts([100 * s for s in found]), "name": key, "text": text,
            "textposition": "outside", "cliponaxis": False, "showlegend": True,
            "marker": {
                "color": colours[key],
                "pattern": {"shape": PATTERNS[i], "bgcolor": colours[key], "fgcolor": "rgba(255,255,255,0.6)",
                            "size": 6, "solidity": 0.25},
            },
            "hovertemplate": "%{x}: %{y:.1f} % of draws<extra>" + key + "</extra>",
        })  # fmt: skip
    layout = {
        "xaxis": {"type": "category", "title": {"text": ""}, "automargin": True},
        "yaxis": {"title": {"text": axis}, "rangemode": "tozero"}, "barmode": "group", "annotations": [], "shapes": [],
    }  # fmt: skip
    rows = tuple((p, *(f"{shares[key][i]:.3f}" for key in shares)) for i, p in enumerate(periods))
    table = Table(("period", *(f"share of draws: {key}" for key in shares)), rows)
    return Chart(name, title, caption, f"Bars of {title}. {caption}", traces, layout, table, tuple(notes), wide=True,
                 height=320)  # fmt: skip


def cumulative(
    shares: Mapping[str, Sequence[float]], months: Sequence[str], *, name: str, title: str,
    colours: Mapping[str, str], caption: str, notes: Sequence[str] = (),
) -> Chart:  # fmt: skip
    """Share of draws that have got there by each month."""
    traces: list[Trace] = [
        {"type": "scatter", "x": list(months), "y": shorts([100 * s for s in found]), "mode": "lines", "name": key,
         "line": {"color": colours[key], "width": 2.5, "shape": "hv", "dash": ("solid", "dash")[i % 2]},
         "showlegend": True, "hovertemplate": "%{x|%b %Y}: %{y:.1f} % of draws<extra>" + key + "</extra>"}
        for i, (key, found) in enumerate(shares.items())
    ]  # fmt: skip
    layout = {
        "xaxis": {"type": "date", "tickformat": "%b\n%Y", "title": {"text": ""}},
        "yaxis": {"title": {"text": "% of draws"}, "range": [0, 100]}, "annotations": [], "shapes": [],
    }  # fmt: skip
    rows = tuple((m, *(f"{shares[key][i]:.3f}" for key in shares)) for i, m in enumerate(months))
    table = Table(("month", *(f"share of draws: {key}" for key in shares)), rows)
    return Chart(name, title, caption, f"Steps of {title}. {caption}", traces, layout, table, tuple(notes), wide=True,
                 height=300)  # fmt: skip
