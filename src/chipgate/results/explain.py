"""What a metric is made of, and where it stands in a run."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from types import CodeType
from typing import Any, Final

import numpy as np
import xarray as xr

from chipgate.arrays.inputs import Constants, Monthly
from chipgate.market.step import Record
from chipgate.metrics.base import Metric
from chipgate.results.compare import after, cells

_READ: Final = (("record", Record, "simulated, by month"), ("monthly", Monthly, "input by month"),
                ("constant", Constants, "input, constant"))  # fmt: skip
_MOST_LABELS: Final = 40


def inputs_of(metric: Metric) -> list[dict[str, str]]:
    """Arrays that the function of a metric reads, with what each is; those of the functions it calls included."""
    found: dict[str, str] = {}
    for code in _codes(metric.compute, set()):
        said = {*code.co_names, *(c for c in code.co_consts if isinstance(c, str))}
        for reader, holder, kind in _READ:
            if reader in said:
                found |= {f.name: kind for f in fields(holder) if f.name in said and f.name not in found}
    return [{"name": name, "kind": kind} for name, kind in sorted(found.items())]


def _codes(function: Callable[..., Any], seen: set[str]) -> Iterator[CodeType]:
    seen.add(function.__name__)
    yield function.__code__
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if name not in seen and getattr(called, "__module__", "").startswith("chipgate.metrics") and callable(called):
            yield from _codes(called, seen)


def standings(values: xr.DataArray, as_of: str) -> list[dict[str, Any]]:
    """Median and 80 % interval by label: at the as-of date, a year on, and at the end of the run."""
    ahead = after(as_of, values["month"].values)
    months = dict.fromkeys((max(ahead[0] - 1, 0), ahead[min(11, len(ahead) - 1)], ahead[-1]))
    rows = []
    for label, part in cells(values):
        numbers = np.asarray(part.transpose("month", "draw").values, np.float64)
        if np.abs(numbers[list(months)]).max(initial=0.0) == 0:
            continue
        figures = {str(values["month"].values[t])[:7]: np.quantile(numbers[t], (0.1, 0.5, 0.9)).tolist()
                   for t in months}  # fmt: skip
        rows.append({"label": label, "figures": figures})
    return rows[:_MOST_LABELS]
