"""Saying it where draws agree: a band that is a line, a heap of draws at nought or at a ceiling."""

from datetime import date

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from chipgate.plots.words import amount, percent

_SAME = 1e-5
_HEAP = 0.2


def month_word(text: str) -> str:
    """``September 2025`` for ``2025-09``."""
    return f"{date(int(text[:4]), int(text[5:7]), 1):%B %Y}"


def spans(months: list[str], chosen: NDArray[np.bool_]) -> str:
    """Runs of chosen months in words."""
    parts: list[str] = []
    start: int | None = None
    for i, on in enumerate([*chosen.tolist(), False]):
        if on and start is None:
            start = i
        elif not on and start is not None:
            first, last = month_word(months[start]), month_word(months[i - 1])
            parts.append(first if start == i - 1 else f"{first} to {last}")
            start = None
    return ", ".join(parts)


def agreement(values: xr.DataArray, *, months: list[str], unit: str) -> list[str]:
    """Notes on the months given: where all draws agree, and where many stand at nought or at one ceiling.

    Args:
        values: ``[month draw]`` after the as-of date.
        months: Their names, ``YYYY-MM``.
    """
    array = np.asarray(values.transpose("month", "draw").values, np.float64)
    if not array.size or array.shape[1] < 2:
        return []
    top, bottom = array.max(1), array.min(1)
    same = (top - bottom) <= _SAME * np.maximum(np.abs(top), 1e-12)
    if same.all():
        level = array[:, 0]
        if np.ptp(level) <= _SAME * max(abs(level).max(), 1e-12):
            return [
                f"All draws agree on {amount(level[0], unit)} in every month after the as-of date: the scenario or a "
                "cap fixes it, and the band is a line."
            ]
        return ["All draws agree in every month after the as-of date, so that the band is a line: nothing uncertain "
                "moves this figure."]  # fmt: skip
    notes = []
    if same.any():
        notes.append(f"All draws agree in {spans(months, same)}: there the band is a line.")
    live = ~same
    nought = (array[live] <= 1e-9 * max(top.max(), 1e-12)).mean()
    if nought >= _HEAP:
        notes.append(f"In {percent(nought)} of draws and months after the as-of date it is nil.")
    heaped = (array >= top[:, None] * (1 - _SAME)).mean(1)
    capped = live & (heaped >= _HEAP) & (top > 0)
    if capped.any():
        notes.append(
            f"A ceiling binds: in {spans(months, capped)} at least {percent(heaped[capped].min())} of draws stand "
            f"at the same highest figure (at most {amount(top[capped].max(), unit)})."
        )
    return notes
