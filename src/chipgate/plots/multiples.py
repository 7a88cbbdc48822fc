"""Small multiples of intervals as a static SVG: for pages that run no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final, Literal

Mark = Literal["circle", "square"]

_LEFT: Final = 128
_PANEL: Final = 272
_GAP: Final = 18
_ROW: Final = 24
_HEAD: Final = 74
_AXIS: Final = 40
_INK: Final = "#1a1a1a"
_SOFT: Final = "#5f5f5f"
_LINE: Final = "#d9d9d9"


@dataclass(frozen=True)
class Interval:
    """A median with its band, of one series."""

    label: str
    series: str
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Panel:
    """Intervals on one logarithmic axis."""

    title: str
    intervals: tuple[Interval, ...]


def multiples_svg(
    title: str, alt: str, rows: Mapping[str, Sequence[Panel]], series: Mapping[str, tuple[str, Mark]], foot: str
) -> str:
    """Panels in rows; every panel of a row has the same labels.

    Args:
        rows: Title of a row -> its panels.
        series: Name -> colour and mark.
        foot: What the bands are.
    """
    columns = max(len(panels) for panels in rows.values())
    width = _LEFT + columns * _PANEL + (columns - 1) * _GAP + 16
    heights = [34 + _ROW * max(len(p.intervals) for p in panels) + _AXIS for panels in rows.values()]
    height = _HEAD + sum(heights) + 24
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="Helvetica, Arial, sans-serif" role="img" aria-label="{escape(alt)}">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        _text(16, 26, title, size=16, weight="bold"),
    ]
    x = 16.0
    for name, (colour, mark) in series.items():
        out += [_mark(x + 6, 46, colour, mark), _text(x + 18, 50, name)]
        x += 40 + 7.2 * len(name)
    top = float(_HEAD)
    for (name, panels), size in zip(rows.items(), heights, strict=True):
        out.append(_text(16, top + 12, name, size=13, weight="bold"))
        for column, panel in enumerate(panels):
            left = _LEFT + column * (_PANEL + _GAP)
            out += _panel(panel, left, top, series, labelled=column == 0)
        top += size
    out.append(_text(16, height - 12, foot, colour=_SOFT, size=11))
    return "\n".join([*out, "</svg>"]) + "\n"


def _panel(
    panel: Panel, left: float, top: float, series: Mapping[str, tuple[str, Mark]], *, labelled: bool
) -> list[str]:  # fmt: skip
    low, high = _ends([v for i in panel.intervals for v in (i.low, i.high)])
    wide = _PANEL - 8

    def at(value: float) -> float:
        return left + 4 + wide * (log10(value) - low) / (high - low)

    base = top + 30 + _ROW * len(panel.intervals)
    out = [_text(left, top + 12, panel.title, size=12)]
    for power in range(floor(low), ceil(high) + 1):
        for step in (1, 2, 5):
            value = step * 10.0**power
            if not low - 1e-9 <= log10(value) <= high + 1e-9:
                continue
            out.append(f'<path d="M{at(value):.1f} {top + 22:.1f}V{base:.1f}" stroke="{_LINE}"/>')
            if step == 1 or high - low < 1.8:
                out.append(_text(at(value), base + 15, _number(value), anchor="middle", colour=_SOFT, size=11))
    previous = ""
    for i, found in enumerate(panel.intervals):
        y = top + 36 + _ROW * i
        colour, mark = series[found.series]
        out.append(
            f'<path d="M{at(found.low):.1f} {y:.1f}H{at(found.high):.1f}" stroke="{colour}" stroke-width="6" '
            'stroke-opacity="0.4" stroke-linecap="round"/>'
        )
        out.append(_mark(at(found.middle), y, colour, mark))
        out.append(_text(at(found.middle), y - 8, _number(found.middle), anchor="middle", size=10))
        if labelled and found.label != previous:
            out.append(_text(_LEFT - 10, y + 4, found.label, anchor="end", size=11))
            previous = found.label
    return out


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Ends of the axis as powers of ten, on a step of 1, 2 or 5, with a little room."""
    low, high = log10(min(values)) - 0.06, log10(max(values)) + 0.06
    steps = [power + log10(step) for power in range(-12, 16) for step in (1, 2, 5)]
    return max(s for s in steps if s <= low), min(s for s in steps if s >= high)


def _mark(x: float, y: float, colour: str, mark: Mark) -> str:
    if mark == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}" stroke="#ffffff"/>'
    return f'<rect x="{x - 4.2:.1f}" y="{y - 4.2:.1f}" width="8.4" height="8.4" fill="{colour}" stroke="#ffffff"/>'


def _text(
    x: float, y: float, text: str, *, size: int = 12, weight: str = "normal", anchor: str = "start", colour: str = _INK
) -> str:  # fmt: skip
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(text)}</text>'
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
