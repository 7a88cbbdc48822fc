"""Stacked areas of probabilities, shares or amounts."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import xarray as xr

from chipgate.plots.chart import Chart, Mark, Table, Trace, cell, month_names, percentiles, scaled, shorts
from chipgate.plots.fan import base_layout, event_traces
from chipgate.plots.notes import month_word
from chipgate.plots.palette import INK, PAPER, PATTERNS, SERIES
from chipgate.plots.words import percent


def stack(
    values: xr.DataArray, axis: str, *, name: str, title: str, as_of: date, names: Mapping[str, str],
    colours: Mapping[str, str] | None = None, start: str | None = None, notes: Sequence[str] = (),
    marks: Sequence[Mark] = (),
) -> Chart:  # fmt: skip
    """Means over draws of ``values[month axis draw]``, stacked.

    Args:
        axis: Axis whose labels are stacked. ``names``: label -> name in words.
        start: First month shown. ``marks``: events, public by the as-of date.
    """
    values = values.transpose("month", axis, "draw")
    months = month_names(values)
    first = next((i for i, m in enumerate(months) if start is None or m >= start), 0)
    mean = np.asarray(values.mean("draw").values, np.float64)
    unit = str(values.attrs["unit"])
    factor, words = scaled(unit, float(mean.sum(1).max(initial=0.0)))
    labels = [str(v) for v in values[axis].values]
    traces: list[Trace] = []
    seen = tuple(m for m in marks if months[first] <= m.day.isoformat()[:7] <= months[-1])
    layout = base_layout(words, months, slice(first, None), as_of, events=bool(seen))
    for i, label in enumerate(labels):
        colour = (colours or {}).get(label, SERIES[i % len(SERIES)])
        said = names.get(label, label)
        traces.append({
            "type": "scatter", "x": months[first:], "y": shorts(mean[first:, i] / factor), "stackgroup": "one",
            "mode": "lines", "line": {"width": 0.6, "color": PAPER}, "fillcolor": colour, "name": said,
            "fillpattern": {"bgcolor": colour, "shape": PATTERNS[i % len(PATTERNS)], "size": 7,
                            "fgcolor": "rgba(255,255,255,0.35)", "solidity": 0.15},
            "hovertemplate": "%{x|%b %Y}: %{y:,.3~g}<extra>" + said + "</extra>", "showlegend": True,
        })  # fmt: skip
    traces += event_traces(seen)
    layout["annotations"] = [*layout["annotations"], *_labels(mean[first:] / factor, months[first:], labels, names)]
    if unit in ("fraction", "probability"):
        layout["yaxis"]["range"] = [0, 100]
    last = len(months) - 1
    shares = mean[last] / max(mean[last].sum(), 1e-12)
    caption = f"{month_word(months[last])}: " + ", ".join(
        f"{names.get(label, label)} {percent(share)}"
        for label, share in zip(labels, shares, strict=True) if share >= 0.005
    )  # fmt: skip
    kind = "probability" if unit == "probability" else "mean over draws"
    alt = f"Stacked areas of {title}, {kind}, by month. {caption}."
    return Chart(name, title, caption + ".", alt, traces, layout, _table(values, axis, names, unit), tuple(notes), seen,
                 wide=True, height=340)  # fmt: skip


def _labels(
    mean: np.ndarray, months: list[str], labels: list[str], names: Mapping[str, str]
) -> list[dict[str, object]]:
    """A name inside each area that is thick enough, where it is thickest."""
    found: list[dict[str, object]] = []
    total = float(mean.sum(1).max(initial=0.0))
    edge = max(len(months) // 8, 1)
    for i, label in enumerate(labels):
        inner = mean[edge:-edge, i]
        if not inner.size or inner.max() < 0.1 * total:
            continue
        t = int(inner.argmax()) + edge
        middle = float(mean[t, :i].sum() + mean[t, i] / 2)
        found.append({
            "x": f"{months[t]}-01", "y": middle, "text": f"<b>{names.get(label, label)}</b>", "showarrow": False,
            "font": {"size": 12, "color": INK}, "bgcolor": "@paper80", "borderpad": 2,
        })  # fmt: skip
    return found


def _table(values: xr.DataArray, axis: str, names: Mapping[str, str], unit: str) -> Table:
    months = month_names(values)
    rows: list[tuple[str, ...]] = []
    if unit == "probability":
        mean = np.asarray(values.mean("draw").values, np.float64)
        labels = [names.get(str(v), str(v)) for v in values[axis].values]
        body = tuple((m, *(f"{p:.3f}" for p in mean[t])) for t, m in enumerate(months))
        return Table(("month", *(f"probability: {label}" for label in labels)), body)
    points = percentiles(values, (5, 50, 95))
    mean = np.asarray(values.mean("draw").values, np.float64)
    for t, month in enumerate(months):
        for i, label in enumerate(values[axis].values):
            said = names.get(str(label), str(label))
            rows.append((month, said, cell(float(mean[t, i])), *(cell(float(points[j, t, i])) for j in range(3))))
    return Table(("month", "part", f"mean ({unit})", "p5", "p50", "p95"), tuple(rows))
