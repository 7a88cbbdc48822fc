"""Figures of the scoreboard as plain SVG: each forecast as a band on a line of its own, with what came of it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from chipgate.results.record_page import figure as amount
from chipgate.targets.base import SCALES

_LEFT, _WIDTH, _ROW, _RIGHT = 330, 560, 17, 20
_OWN, _NAIVE, _SEEN, _INK, _MUTED = "#0072B2", "#8C8C8C", "#D55E00", "#222222", "#666666"
_STYLE: Final = (
    "<style>text{font:11px sans-serif;fill:#222}.m{fill:#666}.t{font-weight:bold;font-size:12px}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.m{fill:#aaa}}</style>"
)


def figures(document: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, str]:
    """File name -> SVG: one for each group of targets, and one for the H20 question."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in document["rows"]:
        groups.setdefault(row["group"], []).append(row)
    found = {f"{_slug(name)}.svg": group_svg(name, rows) for name, rows in groups.items()}
    return found | {"h20_question.svg": _variants_svg(asked)}


def group_svg(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Forecasts of a group, a panel for each target."""
    body: list[str] = []
    y = 24.0
    for target in dict.fromkeys(row["target"] for row in rows):
        own = sorted((r for r in rows if r["target"] == target), key=lambda r: (r["period"], r["as_of"]))
        lines = [_line_of(row) for row in own]
        part, y = _panel(f"{own[0]['words']}, {own[0]['unit']}", lines, SCALES[own[0]["unit"]], y)
        body += part
    return _svg(name, body, y + 22, naive=any(row["naive"] for row in rows))


def _line_of(row: Mapping[str, Any]) -> dict[str, Any]:
    start, end = row["period"]
    naive = row["naive"].get("persistence")
    return {
        "label": f"{start} to {end}, from {row['as_of']}" if start != end else f"{end}, from {row['as_of']}",
        "band": [row[q] for q in ("p5", "p25", "p50", "p75", "p95")], "seen": row["observed"],
        "naive": [naive[q] for q in ("p5", "p50", "p95")] if naive else None,
    }  # fmt: skip


def _panel(title: str, lines: Sequence[Mapping[str, Any]], scale: float, y: float) -> tuple[list[str], float]:
    """One target: its title, a line a forecast, an axis."""

    def bent(value: float) -> float:
        return math.asinh(value / scale)

    shown = [bent(v) for line in lines for v in (*line["band"], line["seen"])]
    low, high = min(shown), max(shown)
    span = (high - low) or 1.0
    low = -0.02 * span if low >= 0 and low < 0.3 * span else low - 0.05 * span  # an axis near nought begins there
    high += 0.05 * span

    def x(value: float) -> float:
        return _LEFT + _WIDTH * min(max((bent(value) - low) / (high - low), 0.0), 1.0)

    out = [_text(8, y + 12, title, "t")]
    y += 20
    top = y
    for line in lines:
        middle = y + _ROW / 2
        p5, p25, p50, p75, p95 = (x(v) for v in line["band"])
        out.append(_text(_LEFT - 8, middle + 4, line["label"], "m", "end"))
        if line["naive"]:
            a, b, c = (x(v) for v in line["naive"])
            out.append(_rect(a, middle + 4, max(c - a, 1), 2, _NAIVE, 0.8))
            out.append(_rect(b - 1, middle + 2, 2, 6, _NAIVE, 1))
        out.append(_rect(p5, middle - 5, max(p95 - p5, 1), 8, _OWN, 0.25))
        out.append(_rect(p25, middle - 5, max(p75 - p25, 1), 8, _OWN, 0.55))
        out.append(_rect(p50 - 1, middle - 6, 2, 10, _OWN, 1))
        at = x(line["seen"])
        out.append(f'<path d="M{at:.1f} {middle - 6:.1f}l5 5l-5 5l-5 -5z" fill="{_SEEN}"/>')
        y += _ROW
    for tick in _ticks(low, high, scale):
        at = _LEFT + _WIDTH * (tick - low) / (high - low)
        out.append(f'<path d="M{at:.1f} {top:.1f}V{y:.1f}" stroke="{_MUTED}" stroke-opacity="0.25"/>')
        out.append(_text(at, y + 12, amount(_nice(math.sinh(tick) * scale)), "m", "middle"))
    return out, y + 26


def _ticks(low: float, high: float, scale: float) -> list[float]:
    """Round values inside the axis: nought and one or two a decade, not closer than a tenth of the width."""
    decades = range(math.floor(math.log10(scale)) - 1, 14)
    values = [0.0] + [step * 10.0**d for d in decades for step in (1, 2, 5)]
    inside = sorted(math.asinh(v / scale) for v in values if low <= math.asinh(v / scale) <= high)
    kept: list[float] = []
    for tick in inside:
        if not kept or tick - kept[-1] > 0.12 * (high - low):
            kept.append(tick)
    return kept


def _nice(value: float) -> float:
    return float(f"{value:.3g}") if abs(value) > 1e-9 else 0.0


def _variants_svg(asked: Mapping[str, Any]) -> str:
    """The H20 question over the range of policy priors, for both quarters together."""
    lines = [
        {"label": row["variant"], "band": [row["both"][q] for q in ("p5", "p25", "p50", "p75", "p95")],
         "seen": asked["outcome"]["both"], "naive": None}
        for row in asked["variants"]
    ]  # fmt: skip
    body, y = _panel(f"H20 revenue of {asked['words']['both']}, USD, from {asked['as_of']}", lines, SCALES["USD"], 24.0)
    return _svg("The H20 question", body, y + 22, naive=False)


def _svg(title: str, body: Iterable[str], height: float, *, naive: bool) -> str:
    width = _LEFT + _WIDTH + _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}" '
        f'height="{height:.0f}" role="img"><title>{escape(title)}</title>', _STYLE, *body,
    ]  # fmt: skip
    y = height - 12
    parts += [
        _rect(8, y - 8, 30, 8, _OWN, 0.25), _rect(16, y - 8, 14, 8, _OWN, 0.55),
        _text(44, y, "model: 90 %, 50 %, median", "m"),
        f'<path d="M215 {y - 9:.1f}l5 5l-5 5l-5 -5z" fill="{_SEEN}"/>', _text(226, y, "outcome", "m"),
    ]  # fmt: skip
    if naive:
        parts += [_rect(290, y - 5, 30, 2, _NAIVE, 0.8), _text(326, y, "persistence, 90 %", "m")]
    return "\n".join(parts) + "\n</svg>\n"


def _rect(x: float, y: float, width: float, height: float, fill: str, opacity: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
        f'fill-opacity="{opacity:g}"/>'
    )


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name.lower()).replace("__", "_").strip("_")
