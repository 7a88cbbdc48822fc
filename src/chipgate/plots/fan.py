"""Fan charts: history in ink, forecast tinted, bands of 50, 80 and 90 %, policy events on the axis."""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from chipgate.plots.chart import BANDS, Chart, Mark, Table, Trace, cell, month_names, percentiles, scaled, shorts
from chipgate.plots.notes import agreement, month_word
from chipgate.plots.palette import ACTOR, INK, MUTED, tint
from chipgate.plots.words import amount, terse, unit_words

_NEAR_DAYS = 75
_OPACITY = {(5, 95): 0.16, (10, 90): 0.18, (25, 75): 0.28}


def fan(
    values: xr.DataArray, *, name: str, title: str, as_of: date, colour: str,
    marks: Sequence[Mark] = (), window: tuple[str, str] | None = None, notes: Sequence[str] = (), log: bool = False,
) -> Chart:  # fmt: skip
    """A fan chart of ``values[month draw]``.

    Args:
        name: Id of the chart in the page.
        marks: Events, public by the as-of date.
        window: First and last month shown; the table has all.
        notes: Sentences beside those on agreement of draws.
    """
    values = values.transpose("month", "draw")
    months, unit = month_names(values), str(values.attrs["unit"])
    split = sum(month <= as_of.isoformat()[:7] for month in months)
    points = percentiles(values, (5, 10, 25, 50, 75, 90, 95))
    shown = _shown(months, window)
    factor, words = scaled(unit, float(np.nanmax(points[-2][shown], initial=0.0)))
    bands = dict(zip((5, 10, 25, 50, 75, 90, 95), points / factor, strict=True))
    drawn = {key: values[shown] for key, values in bands.items()}
    traces = _fan_traces(months[shown], drawn, max(split - shown.start, 0), colour)
    seen = tuple(m for m in marks if months[shown][0] <= m.day.isoformat()[:7] <= months[shown][-1])
    traces += event_traces(seen)
    layout = base_layout(words, months, shown, as_of, events=bool(seen), log=log)
    layout.setdefault("yaxis", {}).update(_ceiling(bands, shown, log, unit))
    after = values.isel(month=slice(split, None))
    found = agreement(after, months=months[split:], unit=unit) if split < len(months) else []
    caption = _caption(points, months, split, unit)
    alt = f"Fan chart of {title}. {caption} {' '.join(found)}"
    rows = tuple((m, *(cell(float(points[i][t])) for i in (0, 3, 6))) for t, m in enumerate(months))
    table = Table(("month", *(f"{p} ({unit})" for p in ("p5", "p50", "p95"))), rows)
    return Chart(name, title, caption, alt.strip(), traces, layout, table, (*found, *notes), seen)


def _shown(months: list[str], window: tuple[str, str] | None) -> slice:
    if window is None:
        return slice(0, len(months))
    inside = [i for i, month in enumerate(months) if window[0] <= month <= window[1]]
    return slice(inside[0], inside[-1] + 1) if inside else slice(0, len(months))


def _ceiling(bands: Mapping[int, NDArray[np.float64]], shown: slice, log: bool, unit: str) -> dict[str, Any]:
    if log:
        return {}
    top = float(np.nanmax(bands[95][shown], initial=0.0))
    if unit in ("fraction", "probability"):
        return {"range": [0, max(min(top * 1.1, 100.0), 1.0)]}
    return {"range": [0, top * 1.08 if top > 1e-3 else 1.0]}


def _fan_traces(months: list[str], bands: Mapping[int, NDArray[np.float64]], split: int, colour: str) -> list[Trace]:
    traces: list[Trace] = []
    past, ahead = months[:split], months[max(split - 1, 0) :]
    if past:
        traces += _band(past, bands[10][:split], bands[90][:split], "@band", "80 %")
    if split < len(months):
        for low, high in BANDS:
            part = slice(max(split - 1, 0), None)
            shade = tint(colour, _OPACITY[low, high])
            traces += _band(ahead, bands[low][part], bands[high][part], shade, f"{high - low} %")
        traces.append(_line(ahead, bands[50][max(split - 1, 0) :], colour, "median, forecast", width=2.2))
    if past:
        traces.append(_line(past, bands[50][:split], INK, "median, history", width=2.2))
    return traces


def _band(x: list[str], low: Any, high: Any, shade: str, name: str) -> list[Trace]:
    edge = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False, "type": "scatter"}
    return [
        {**edge, "y": shorts(low)},
        {**edge, "y": shorts(high), "fill": "tonexty", "fillcolor": shade, "name": name},
    ]


def _line(x: list[str], y: Any, colour: str, name: str, *, width: float = 2.0, dash: str = "solid") -> Trace:
    return {
        "type": "scatter", "x": x, "y": shorts(y), "mode": "lines", "name": name, "showlegend": False,
        "line": {"color": colour, "width": width, "dash": dash}, "hovertemplate": "%{x|%b %Y}: %{y:,.4~g}<extra>"
        + name + "</extra>",
    }  # fmt: skip


def event_traces(marks: Sequence[Mark]) -> list[Trace]:
    """Numbered marks at the foot of the chart, with hover text; the list beside the chart has the same numbers."""
    if not marks:
        return []
    texts = [
        f"{m.day:%-d %B %Y}, {m.who}<br>" + "<br>".join(textwrap.wrap(m.text, 48)[:7]).replace("<script", "")
        for m in marks
    ]
    return [
        {
            "type": "scatter", "x": [m.day.isoformat() for m in marks], "y": _heights(marks), "yaxis": "y2",
            "mode": "markers+text", "text": [str(i + 1) for i in range(len(marks))], "hovertext": texts,
            "hoverinfo": "text", "textposition": "middle center", "textfont": {"size": 9, "color": "#ffffff"},
            "showlegend": False, "name": "events",
            "marker": {
                "size": 14, "color": [ACTOR.get(m.actor, MUTED) for m in marks],
                "line": {"width": 1.5, "color": "@paper"},
                "symbol": ["circle" if m.actor == "US" else "square" for m in marks],
            },
        }
    ]  # fmt: skip


def _heights(marks: Sequence[Mark]) -> list[float]:
    """Events close in time stand above one another."""
    heights: list[float] = []
    for i, mark in enumerate(marks):
        near = {heights[j] for j in range(i) if abs((mark.day - marks[j].day).days) < _NEAR_DAYS}
        heights.append(next(h for k in range(len(marks)) if (h := round(0.04 + 0.09 * k, 2)) not in near))
    return heights


def base_layout(
    unit: str, months: list[str], shown: slice, as_of: date | None, *, events: bool = False, log: bool = False
) -> dict[str, Any]:
    """Axes, the as-of line and its label; colours and fonts come from the page."""
    part = months[shown]
    layout: dict[str, Any] = {
        "xaxis": {"type": "date", "range": [f"{part[0]}-01", f"{part[-1]}-28"], "tickformat": "%b\n%Y"},
        "yaxis": {"title": {"text": unit}, "rangemode": "tozero", **({"type": "log"} if log else {})},
        "shapes": [], "annotations": [],
    }  # fmt: skip
    if events:
        layout["yaxis2"] = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
    if as_of is not None and part[0] <= as_of.isoformat()[:7] <= part[-1]:
        day = as_of.isoformat()
        layout["shapes"] = [
            {"type": "line", "x0": day, "x1": day, "y0": 0, "y1": 1, "yref": "paper",
             "line": {"color": MUTED, "width": 1, "dash": "dot"}}
        ]  # fmt: skip
        text = {"x": day, "y": 1.0, "yref": "paper", "showarrow": False, "font": {"size": 10, "color": MUTED}}
        layout["annotations"] = [
            {**text, "text": "history", "xanchor": "right", "yanchor": "bottom", "xshift": -3},
            {**text, "text": "forecast", "xanchor": "left", "yanchor": "bottom", "xshift": 3},
        ]
    return layout


def _caption(points: NDArray[np.float64], months: list[str], split: int, unit: str) -> str:
    parts = []
    steps = [split - 1] if split else []
    if split < len(months):
        steps.append(min(split + 11, len(months) - 1))
        steps.append(len(months) - 1)
    for t in dict.fromkeys(steps):
        low, middle, high = (float(points[i][t]) for i in (1, 3, 5))
        if np.isfinite(middle):
            said = [terse(v, unit) for v in (low, middle, high)]
            parts.append(f"{month_word(months[t])} {said[1]} ({said[0]} to {said[2]})")
    return f"{unit_words(unit)}Median (80 % interval): {'; '.join(parts)}." if parts else "No figure in these months."


def lines(
    series: Mapping[str, xr.DataArray], *, name: str, title: str, as_of: date, colours: Mapping[str, str],
    window: tuple[str, str] | None = None, log: bool = False,
    notes: Sequence[str] = (), wide: bool = False,
) -> Chart:  # fmt: skip
    """Medians of several series with their 80 % bands in one chart, each with its name at the end."""
    first = next(iter(series.values()))
    months, unit = month_names(first), str(first.attrs["unit"])
    points = {key: percentiles(v.transpose("month", "draw"), (5, 10, 50, 90, 95)) for key, v in series.items()}
    shown = _shown(months, window)
    peak = max(float(np.nanmax(p[3][shown], initial=0.0)) for p in points.values())
    factor, words = scaled(unit, peak)
    traces: list[Trace] = []
    dashes = ("solid", "dash", "dot", "dashdot")
    rows: list[tuple[str, ...]] = []
    layout = base_layout(words, months, shown, as_of, log=log)
    for i, (key, found) in enumerate(points.items()):
        colour = colours[key]
        part = [row[shown] / factor for row in found]
        traces += _band(months[shown], part[1], part[3], tint(colour, 0.14), key)
        traces.append({**_line(months[shown], part[2], colour, key, dash=dashes[i % 4]), "showlegend": True})
        rows += [(m, key, *(cell(float(found[j][t])) for j in (0, 2, 4))) for t, m in enumerate(months)]
    last = len(months) - 1
    caption = f"{month_word(months[last])}, medians: " + "; ".join(
        f"{key} {amount(float(p[2][last]), unit)}" for key, p in points.items()
    )
    table = Table(("month", "series", *(f"{p} ({unit})" for p in ("p5", "p50", "p95"))), tuple(rows))
    return Chart(name, title, caption + ".", f"Lines with 80 % bands of {title}. {caption}.", traces, layout, table,
                 tuple(notes), wide=wide, height=340)  # fmt: skip
