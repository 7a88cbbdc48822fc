"""What a forecast speaks of: a declared functional of a run, with words, unit and the metrics that it reads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from chipgate.arrays.keys import Streams
from chipgate.catalogue import catalogue
from chipgate.registry import Registry
from chipgate.schema.tables import Observation

Draws = NDArray[np.float64]
Adds = Literal["sum", "mean", "last", "ratio"]

SCALES: Final = {
    "USD": 1e7, "chips": 1e3, "USD/chip": 1e3, "USD/system": 1e4, "fraction": 0.02, "H100e": 1e3, "dies": 1e4,
}  # fmt: skip
"""Size below which a difference hardly counts, by unit; scores of the logarithm use asinh(value / scale)."""


@dataclass(frozen=True)
class Slice:
    """The months of a run that an observation speaks of.

    Attributes:
        data: The run, these months only. ``so_far``: the run from its first month to the last of these.
        part: Share of the months that the period covers, where it is shorter than a month.
    """

    data: xr.Dataset
    so_far: xr.Dataset
    part: float = 1.0

    def total(self, metric: str, **labels: Any) -> Draws:
        """Sum of a flow over the months and over every label given."""
        found = self.data[metric].sel(**labels) if labels else self.data[metric]
        return _draws(found.sum([dim for dim in found.dims if dim != "draw"])) * self.part

    def mean(self, metric: str, **labels: Any) -> Draws:
        """Mean of a level over the months and every label given."""
        found = self.data[metric].sel(**labels)
        return _draws(found.mean([dim for dim in found.dims if dim != "draw"]))

    def last(self, metric: str, **labels: Any) -> Draws:
        """A level in the last month, summed over every label given as a list."""
        found = self.data[metric].isel(month=-1).sel(**labels)
        return _draws(found.sum([dim for dim in found.dims if dim != "draw"]))

    def assumed(self, name: str) -> Draws:
        """Draws of a bridge between the model's definition and a publisher's (``chipgate show bridges``)."""
        bridge, attrs = catalogue().bridges[name], self.data.attrs
        u = Streams(int(attrs["seed"]), int(attrs["draws"])).uniform(f"record:{name}")[self.data["draw"].values]
        low, high = (np.log(end) if bridge.scale == "log" else end for end in (bridge.low, bridge.high))
        even = np.asarray(low + (high - low) * u, dtype=np.float64)
        return np.exp(even) if bridge.scale == "log" else even

    def labels(self, axis: str) -> list[str]:
        """Labels of an axis of the run."""
        return [str(label) for label in self.data[axis].values]


def _draws(values: xr.DataArray) -> Draws:
    return np.asarray(values.values, dtype=np.float64)


@dataclass(frozen=True)
class Target:
    """A quantity that is forecast and scored.

    Attributes:
        id: Its name in tables; rows with the same id are one series. ``words``: as a person would say it.
        group: Family of targets on the scoreboard.
        metrics: Metrics that the functional reads.
        needs: Offers, one of which must be in the run.
        adds: How months add up; a baseline scales a flow by the length of the period.
        caveat: Where the publisher's definition differs from the model's; never empty then.
    """

    id: str
    words: str
    group: str
    unit: str
    metrics: tuple[str, ...]
    of: Callable[[Slice], Draws] = field(compare=False, repr=False)
    adds: Adds = "sum"
    needs: tuple[str, ...] = ()
    caveat: str = ""

    @property
    def scale(self) -> float:
        """Size below which a difference hardly counts."""
        return SCALES[self.unit]


@dataclass(frozen=True)
class Unmapped:
    """Why the model says nothing of an observation."""

    reason: str


Rule = Callable[[Observation], Target | Unmapped]
RULES: Final[Registry[Rule]] = Registry("rule of a published metric")
"""By the metric of an observation: what it is mapped to."""


def rule(*metrics: str) -> Callable[[Rule], Rule]:
    """Register the rule that maps observations of these metrics."""

    def declare(function: Rule) -> Rule:
        for metric in metrics:
            RULES.add(metric, function)
        return function

    return declare


def months_of(data: xr.Dataset, first: date, last: date) -> tuple[NDArray[np.intp], float] | Unmapped:
    """Months of the run whose middle lies in a period, and the share of them that the period covers.

    A period shorter than a month that holds no middle stands for the month that holds its own middle.
    """
    stamps = pd.DatetimeIndex(data["month"].values)
    if first < stamps[0].date() - timedelta(days=7):
        return Unmapped(f"the period begins before the first month of the run, {stamps[0]:%Y-%m}")
    if last > stamps[-1].date() + timedelta(days=31):
        return Unmapped(f"the period ends after the last month of the run, {stamps[-1]:%Y-%m}")
    middles = stamps + pd.Timedelta(days=14)
    inside = np.flatnonzero((middles >= pd.Timestamp(first)) & (middles <= pd.Timestamp(last)))
    days = (last - first).days + 1
    if not len(inside):
        middle = first + timedelta(days=days // 2)
        inside = np.flatnonzero((stamps.year == middle.year) & (stamps.month == middle.month))
    return inside, min(days / 28, 1.0)


def evaluate(target: Target, data: xr.Dataset, first: date, last: date) -> Draws | Unmapped:
    """Draws of a target over a period of a run."""
    found = months_of(data, first, last)
    if isinstance(found, Unmapped):
        return found
    months, part = found
    if target.needs and not set(target.needs) & {str(offer) for offer in data["offer"].values}:
        return Unmapped(f"{' and '.join(target.needs)} was not announced on the as-of date, so the run has none of it")
    cut = Slice(data.isel(month=months), data.isel(month=slice(0, int(months[-1]) + 1)), part)
    return target.of(cut)
