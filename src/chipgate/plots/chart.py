"""What a chart is: data for plotly.js, a table with the same figures, and sentences beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

Trace = dict[str, Any]
BANDS: Final = ((5, 95), (10, 90), (25, 75))
"""Percentiles of the 90, 80 and 50 % bands, widest first."""


@dataclass(frozen=True)
class Table:
    """Figures of a chart: cells are text, a number keeps its thousands separators."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Mark:
    """A dated policy event on the axis.

    Attributes:
        actor: Country that acts. ``urls``: where it is reported; linked in text, never loaded.
    """

    day: date
    actor: str
    who: str
    text: str
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart with everything that stands beside it.

    Attributes:
        caption: The last figure in words, for who cannot hover. ``alt``: what a reader who sees nothing is told.
        notes: Where all draws agree, where a ceiling binds, what the record does not show.
        marks: Events, numbered as on the axis.
        wide: Takes the whole row.
    """

    id: str
    title: str
    caption: str
    alt: str
    traces: Sequence[Trace]
    layout: Mapping[str, Any]
    table: Table
    notes: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    wide: bool = False
    height: int = 280
    extra: Mapping[str, Any] = field(default_factory=dict)


def short(value: float) -> float:
    """Four significant digits, for small files."""
    return float(f"{float(value):.4g}")


def shorts(values: Any) -> list[float | None]:
    """Four significant digits each; what is not finite becomes a gap."""
    return [short(v) if np.isfinite(v) else None for v in np.asarray(values, float).ravel()]


def cell(value: float) -> str:
    """A figure in a table: three significant digits or whole, thousands apart."""
    if not np.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 1e15:
        return f"{value:.3g}"
    if size >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if size >= 1e-4 else "0"


def percentiles(values: xr.DataArray, points: Sequence[float]) -> NDArray[np.float64]:
    """Percentiles over draws, ``[point ...]``."""
    axis = values.get_axis_num("draw")
    assert isinstance(axis, int)
    found: NDArray[np.float64] = np.percentile(np.asarray(values.values, np.float64), list(points), axis=axis)
    return found


def month_names(values: xr.DataArray) -> list[str]:
    """Months as ``YYYY-MM``."""
    return [str(month)[:7] for month in values["month"].values]


def scaled(unit: str, peak: float) -> tuple[float, str]:
    """What to divide figures by so that an axis reads easily, and the unit in words.

    Args:
        unit: Unit of a metric, such as ``USD/month``.
        peak: Largest figure that is drawn.
    """
    base, _, per = unit.partition("/")
    tail = f" a {per}" if per else ""
    if base in ("fraction", "probability"):
        return 0.01, "%"
    if base == "FLOP":
        power = int(np.floor(np.log10(peak))) if peak > 0 else 0
        return 10.0**power, f"10<sup>{power}</sup> FLOP"
    steps = [(1e12, "trillion "), (1e9, "billion "), (1e6, "million ")]
    noun = {"H100e": "H100-equivalents", "ratio": "times"}.get(base, base)
    if per in ("chip", "package"):
        return 1.0, f"{noun} a {per}"
    for size, word in steps:
        if peak >= size:
            return size, f"{noun} {word.strip()}{tail}" if base == "USD" else f"{word}{noun}{tail}"
    return 1.0, f"{noun}{tail}"
