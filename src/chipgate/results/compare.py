"""Comparing scenarios draw by draw, and attributing a difference to the levers that made it.

All runs share their random numbers: draw 17 has the same buyers, chips and luck in each of them. So differences are
taken within a draw, and their quantiles are those of the effect, far tighter than a difference of quantiles. A draw
whose prices failed to converge in any run is left out of all.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from chipgate.errors import BadInputError, UnknownNameError
from chipgate.results.dataset import QUANTILES

Runner = Callable[[Mapping[str, Any] | None], xr.Dataset]
"""Runs a scenario with further lever settings."""
Steps = Callable[[int, int], None]
"""Progress: called with steps done and steps in all."""

YEAR: Final = 12
UNSET: Final = "process"
"""Setting that takes a lever back to the law, its process, or its default."""
MOST_EXACT: Final = 6
"""Levers up to which all subsets are run."""
_NOT_SUMMED: Final = ("fraction", "probability", "level", "ratio", "USD/chip", "packages/month")


def after(as_of: str, months: Any, count: int | None = None) -> list[int]:
    """Indices of the months after the as-of date: those that begin after it; the first ``count`` of them.

    Raises:
        BadInputError: No month of the run lies after the date.
    """
    day = pd.Timestamp(as_of)
    found = [i for i, month in enumerate(pd.DatetimeIndex(months)) if month > day][:count]
    if not found:
        raise BadInputError(f"no month of the run lies after the as-of date {as_of}; give a later --until")
    return found


def over_time(values: xr.DataArray, chosen: Sequence[int]) -> xr.DataArray:
    """Months put together as the metric declares: flows summed, levels averaged, stocks at the last month.

    Args:
        values: ``[month ... draw]`` with the attributes ``adds`` and ``unit``.
        chosen: Indices of months.
    """
    part = values.isel(month=list(chosen)).astype(np.float64)
    adds = values.attrs.get("adds", "sum")
    if adds == "sum":
        found = part.sum("month")
    else:
        found = part.mean("month") if adds == "mean" else part.isel(month=-1, drop=True)
    found.attrs = dict(values.attrs)
    if adds == "sum":
        found.attrs["unit"] = str(values.attrs.get("unit", "")).removesuffix("/month")
    return found


@dataclass(frozen=True)
class Target:
    """One number of a run for each draw: a metric at a label, put together over a horizon.

    Attributes:
        metric: Name of a metric. ``labels``: axis -> label; an axis that is not named is summed.
        months: Number of months after the as-of date; all of them by default.
    """

    metric: str
    labels: tuple[tuple[str, str], ...] = ()
    months: int | None = None

    @property
    def text(self) -> str:
        """Metric and labels, as :func:`target` reads them."""
        return ":".join([self.metric, *(f"{axis}={label}" for axis, label in self.labels)])

    def of(self, data: xr.Dataset) -> xr.DataArray:
        """The number of every draw, ``[draw]``.

        Raises:
            UnknownNameError: The run has no such metric, axis or label.
            BadInputError: An axis is left open over which the metric cannot be summed.
        """
        if self.metric not in data:
            raise UnknownNameError("metric", self.metric, (), fix="`chipgate explain` lists all")
        values = data[self.metric]
        for axis, label in self.labels:
            if axis not in values.dims:
                axes = [str(d) for d in values.dims if d not in ("month", "draw")]
                raise UnknownNameError("axis", axis, axes, fix=f"{self.metric} has {', '.join(axes) or 'none'}")
            names = [str(n) for n in values[axis].values]
            if label not in names:
                raise UnknownNameError(axis, label, (), fix=f"{axis} is one of {', '.join(names)}")
            values = values.isel({axis: names.index(label)}, drop=True)
        rest = [str(d) for d in values.dims if d not in ("month", "draw")]
        if rest and (values.attrs.get("unit") in _NOT_SUMMED or "measure" in rest):
            example = f"{self.metric}:{rest[0]}={values[rest[0]].values[0]}"
            raise BadInputError(f"{self.metric} cannot be summed over {', '.join(rest)}; name one, such as {example}")
        found = over_time(values, after(data.attrs["as_of"], data["month"].values, self.months))
        return found.sum(rest, keep_attrs=True) if rest else found


def target(text: str, months: int | None = None) -> Target:
    """Read ``metric`` or ``metric:axis=label:axis=label``.

    Raises:
        BadInputError: A part has another form.
    """
    name, *parts = text.split(":")
    pairs = [tuple(part.partition("=")[::2]) for part in parts]
    if not name or any(not axis or not label for axis, label in pairs):
        raise BadInputError(f"{text!r} is no metric; write metric or metric:axis=label, such as revenue:vendor=amd")
    return Target(name, tuple((axis, label) for axis, label in pairs), months)


@dataclass(frozen=True)
class Comparison:
    """Differences of runs against the first.

    Attributes:
        base: Name of the first run. ``as_of``: latest as-of date of all runs; the horizons begin after it.
        draws: Draws compared; ``left_out``: draws that failed to converge in some run.
        level: Metric -> the base itself, ``[month *axes draw]``.
        change: Run -> metric -> that run less the base, ``[month *axes draw]``.
        horizons: Name -> indices of months: ``forecast`` and ``first_year``.
    """

    base: str
    as_of: str
    draws: tuple[int, ...]
    left_out: tuple[int, ...]
    level: dict[str, xr.DataArray]
    change: dict[str, dict[str, xr.DataArray]]
    horizons: dict[str, list[int]]


def compare(runs: Mapping[str, xr.Dataset], metrics: Sequence[str]) -> Comparison:
    """Subtract the first run from each other one, draw by draw.

    An offer that one run does not know yet counts as nothing bought in it; other labels must be in all runs.

    Args:
        runs: Name -> dataset; all of the same seed.
        metrics: Metrics to compare.

    Raises:
        BadInputError: There are fewer than two runs, seeds differ, or no month or draw is common to all.
    """
    if len(runs) < 2:
        raise BadInputError("a comparison needs two scenarios or more")
    seeds = {name: int(data.attrs["seed"]) for name, data in runs.items()}
    if len(set(seeds.values())) > 1:
        raise BadInputError(f"runs of different seeds cannot be compared draw by draw: {seeds}")
    base, *others = runs
    asked = set.intersection(*(set(range(int(data.attrs["draws"]))) for data in runs.values()))
    draws = sorted(set.intersection(*({int(d) for d in data["draw"].values} for data in runs.values())))
    months = runs[base]["month"].values
    months = months[[all(m in d["month"].values for d in runs.values()) for m in months]]
    if not draws or not len(months):
        raise BadInputError("the runs have no draw or no month in common")
    as_of = max(str(data.attrs["as_of"]) for data in runs.values())
    level: dict[str, xr.DataArray] = {}
    change: dict[str, dict[str, xr.DataArray]] = {name: {} for name in others}
    for metric in metrics:
        cut = {name: data[metric].sel(draw=draws, month=months).astype(np.float64) for name, data in runs.items()}
        aligned = _aligned(cut)
        level[metric] = aligned[base]
        for name in others:
            change[name][metric] = (aligned[name] - aligned[base]).assign_attrs(aligned[base].attrs)
    horizons = {"forecast": after(as_of, months), "first_year": after(as_of, months, YEAR)}
    return Comparison(base, as_of, tuple(draws), tuple(sorted(asked - set(draws))), level, change, horizons)


def _aligned(values: Mapping[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """The same labels in the same order everywhere; missing ones as zero where the metric adds up."""
    first = next(iter(values.values()))
    adds = first.attrs.get("adds") != "mean" and first.attrs.get("unit") not in _NOT_SUMMED
    index: dict[str, list[str]] = {}
    for axis in (str(d) for d in first.dims if d not in ("month", "draw")):
        every = list(dict.fromkeys(str(n) for v in values.values() for n in v[axis].values))
        index[axis] = [n for n in every if adds or all(n in v[axis].values for v in values.values())]
    return {name: v.reindex(index, fill_value=0.0) if index else v for name, v in values.items()}


def _stats(values: xr.DataArray) -> dict[str, float]:
    """Quantiles, mean, and the share of draws above and below zero of ``[draw]``."""
    numbers = np.asarray(values.values, np.float64)
    found = {f"p{round(q * 100)}": plain(x) for q, x in zip(QUANTILES, np.quantile(numbers, QUANTILES), strict=True)}
    return found | {
        "mean": plain(numbers.mean()), "share_up": plain((numbers > 0).mean()),
        "share_down": plain((numbers < 0).mean()),
    }  # fmt: skip


def plain(value: Any) -> float:
    """A float of seven digits, so that documents are short and the same on every machine."""
    return float(f"{float(value):.7g}")


def cells(values: xr.DataArray) -> Iterable[tuple[str, xr.DataArray]]:
    """Every combination of labels, as ``a / b``, with what stands there; one empty name where there are no axes."""
    axes = [str(d) for d in values.dims if d not in ("month", "draw")]
    if not axes:
        yield "", values
        return
    for label in (str(n) for n in values[axes[0]].values):
        for more, inner in cells(values.sel({axes[0]: label}, drop=True)):
            yield (f"{label} / {more}" if more else label), inner


def rows(found: Comparison) -> list[dict[str, Any]]:
    """One row for each run, metric, label and horizon: statistics of the difference, and of the base.

    Keys: ``scenario, metric, label, horizon, unit, base_p50, p5 .. p95, mean, share_up, share_down``.
    """
    made = []
    for name, metrics in found.change.items():
        for metric, change in metrics.items():
            for horizon, months in found.horizons.items():
                level = over_time(found.level[metric], months)
                total = over_time(change, months)
                for (label, part), (_, own) in zip(cells(total), cells(level), strict=True):
                    made.append(
                        {"scenario": name, "metric": metric, "label": label, "horizon": horizon,
                         "unit": total.attrs.get("unit", ""), "base_p50": plain(np.median(own.values)), **_stats(part)}
                    )  # fmt: skip
    return made


def document(found: Comparison) -> dict[str, Any]:
    """The comparison for JSON: series of the difference by month, and totals over the horizons."""
    first_metric = next(iter(found.level.values()))
    months = [str(m)[:7] for m in first_metric["month"].values]
    scenarios: dict[str, Any] = {}
    for name, metrics in found.change.items():
        scenarios[name] = {
            metric: {
                "unit": change.attrs.get("unit", ""), "label": change.attrs.get("label", metric),
                "series": {
                    label: {m: _stats(part.isel(month=i)) for i, m in enumerate(months)}
                    for label, part in cells(change)
                },
            }
            for metric, change in metrics.items()
        }  # fmt: skip
    return {
        "base": found.base, "as_of": found.as_of, "draws": len(found.draws), "left_out_draws": list(found.left_out),
        "horizons": {k: [months[v[0]], months[v[-1]]] for k, v in found.horizons.items()},
        "differences": scenarios, "totals": rows(found),
    }  # fmt: skip


@dataclass(frozen=True)
class Attribution:
    """A difference between two scenarios, shared out among levers by Shapley values.

    Attributes:
        groups: Names of the levers or groups of levers that differ.
        contributions: ``[group draw]``; sums over groups to ``difference`` in every draw.
        difference: Target less base, ``[draw]``.
        error: Standard error of the mean contribution from sampling orders, ``[group]``; zero where exact.
        exact: Whether all subsets were run. ``runs``: number of simulations.
    """

    groups: tuple[str, ...]
    contributions: xr.DataArray
    difference: xr.DataArray
    error: tuple[float, ...]
    exact: bool
    runs: int

    def document(self) -> dict[str, Any]:
        """For JSON: the difference, and each lever's part with quantiles over draws and its sampling error."""
        parts = [
            {"lever": group, **_stats(self.contributions.isel(group=i)), "sampling_error": plain(self.error[i])}
            for i, group in enumerate(self.groups)
        ]
        return {
            "method": "Shapley values over all subsets" if self.exact else "Shapley values over sampled orders",
            "unit": self.difference.attrs.get("unit", ""), "runs": self.runs, "difference": _stats(self.difference),
            "levers": sorted(parts, key=lambda part: -abs(float(part["mean"]))),
        }  # fmt: skip


def head(path: str) -> str:
    """Path of a lever without its last segment: ``washington.open`` of ``washington.open.h20``."""
    return path.rpartition(".")[0]


def shapley(
    runner: Runner, base_settings: Mapping[str, Any], target_settings: Mapping[str, Any],
    metric_fn: Callable[[xr.Dataset], xr.DataArray], *, group: Callable[[str], str] = str, orders: int = 8,
    seed: int = 0, progress: Steps | None = None,
) -> Attribution:  # fmt: skip
    """Attribute the difference of a metric between two scenarios to the lever settings in which they differ.

    The Shapley value of a lever is its mean marginal effect over all orders in which the levers could be switched
    from one scenario to the other. Up to :data:`MOST_EXACT` levers all subsets are run; beyond, ``orders`` random
    orders and their reverses are run, and the standard error between the pairs is stated. Source: Shapley (1953),
    "A value for n-person games"; pairs of reversed orders as in Mitchell et al. (2022), JMLR 23.

    Args:
        runner: Runs with settings on top of a common ground. Both scenarios must share as-of date and end.
        base_settings, target_settings: Raw lever settings; a lever that only one sets is unset in the other.
        metric_fn: Number of each draw, ``[draw]``, such as :meth:`Target.of`.
        group: Name of the group of a lever path; by default each path is one of its own.
        orders: Pairs of orders where there are too many levers for all subsets.
        progress: Called with runs done and runs in all.

    Raises:
        BadInputError: The settings do not differ, or no draw converged in all runs.
    """
    groups = _groups(base_settings, target_settings, group)
    names, count = tuple(groups), len(groups)
    exact = count <= MOST_EXACT
    every = range(count)
    chosen = [] if exact else _orders(count, orders, seed)
    if exact:
        subsets = [frozenset(c) for size in range(count + 1) for c in combinations(every, size)]
    else:
        subsets = list(dict.fromkeys(frozenset(o[:k]) for o in chosen for k in range(count + 1)))
    cache: dict[frozenset[int], xr.DataArray] = {}
    for done, subset in enumerate(subsets, 1):
        settings = dict(base_settings)
        for i in subset:
            settings |= {path: target_settings.get(path, UNSET) for path in groups[names[i]]}
        settings |= {path: UNSET for i in every for path in groups[names[i]] if path not in settings}
        cache[subset] = metric_fn(runner(settings)).astype(np.float64)
        if progress:
            progress(done, len(subsets))
    draws = sorted(set.intersection(*({int(d) for d in v["draw"].values} for v in cache.values())))
    if not draws:
        raise BadInputError("no draw converged in all runs; give more draws")
    values = {subset: v.sel(draw=draws).values for subset, v in cache.items()}
    parts, error = _exact(count, values) if exact else _sampled(count, values, chosen)
    attrs = cache[frozenset()].attrs
    full = values[frozenset(every)] - values[frozenset()]
    return Attribution(
        names, xr.DataArray(parts, dims=("group", "draw"), coords={"group": list(names), "draw": draws}, attrs=attrs),
        xr.DataArray(full, dims="draw", coords={"draw": draws}, attrs=attrs), error, exact, len(subsets),
    )  # fmt: skip


def _groups(base: Mapping[str, Any], other: Mapping[str, Any], group: Callable[[str], str]) -> dict[str, list[str]]:
    """Paths in which two scenarios differ, by group, in alphabetical order."""
    found: dict[str, list[str]] = {}
    for path in sorted({*base, *other}):
        if json.dumps(base.get(path, UNSET), default=str) != json.dumps(other.get(path, UNSET), default=str):
            found.setdefault(group(path), []).append(path)
    if not found:
        raise BadInputError("the scenarios do not differ in any lever setting; there is nothing to attribute")
    return found


def _orders(count: int, pairs: int, seed: int) -> list[tuple[int, ...]]:
    """Random orders, each followed by its reverse."""
    generator = np.random.default_rng(seed)
    found: list[tuple[int, ...]] = []
    for _ in range(pairs):
        order = tuple(int(i) for i in generator.permutation(count))
        found += [order, order[::-1]]
    return found


def _exact(count: int, values: Mapping[frozenset[int], Any]) -> tuple[Any, tuple[float, ...]]:
    parts = []
    for i in range(count):
        others = [subset for subset in values if i not in subset]
        # Orders in which exactly the levers of s come before i, over all orders.
        parts.append(sum((values[s | {i}] - values[s]) / (count * math.comb(count - 1, len(s))) for s in others))
    return np.stack(parts), (0.0,) * count


def _sampled(
    count: int, values: Mapping[frozenset[int], Any], orders: Sequence[tuple[int, ...]]
) -> tuple[Any, tuple[float, ...]]:
    def gain(order: tuple[int, ...], i: int) -> Any:
        before = order[: order.index(i)]
        return values[frozenset((*before, i))] - values[frozenset(before)]

    by_order = np.stack([[gain(order, i) for i in range(count)] for order in orders])
    pairs = by_order.reshape(len(orders) // 2, 2, count, -1).mean(1)
    spread = pairs.mean(-1).std(0, ddof=1) / math.sqrt(len(pairs)) if len(pairs) > 1 else np.full(count, np.inf)
    return pairs.mean(0), tuple(float(x) for x in spread)
