"""Results as a labelled dataset: dimensions, units, labels and provenance, attached once."""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.metadata import version
from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from chipgate.metrics import METRICS, labels
from chipgate.results.execute import Executed
from chipgate.setup.scenario import Resolved

QUANTILES: Final = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
"""Quantiles of every summary."""

_SMALL: Final = 1 << 18
"""Figures up to which one thread sorts them faster than several start."""

FORMAT: Final = 1
"""Version of the dataset's layout."""


def dataset(executed: Executed, scenario: Resolved) -> xr.Dataset:
    """Dataset with dimensions ``month``, the axes of each metric, and ``draw``; the inputs in ``input_draws``.

    Draws whose prices did not converge are left out of ``draw`` and named in the attribute ``nonconverged_draws``.
    """
    built = executed.built
    kept = np.flatnonzero(executed.converged)
    all_kept = len(kept) == len(executed.converged)
    months = pd.DatetimeIndex([pd.Timestamp(day) for day in built.plan.months])
    variables = {}
    axes: dict[str, tuple[str, ...]] = {}
    for name, values in executed.values.items():
        declared = METRICS[name]
        axes |= {axis: labels(axis, built) for axis in declared.axes}
        data = values if all_kept else values[..., kept]
        variables[name] = xr.Variable(
            ("month", *declared.axes, "draw"), data,
            {"unit": declared.unit, "label": declared.label, "formula": declared.formula,
             "source": declared.source, "adds": declared.adds, "headline": int(declared.headline)},
        )  # fmt: skip
    if executed.drawn:
        axes["input_name"] = tuple(executed.drawn)
        variables["input_draws"] = xr.Variable(
            ("input_name", "draw"), np.stack([values[kept] for values in executed.drawn.values()]),
            {"label": "draws of the uncertain inputs", "unit": "that of each prior"},
        )  # fmt: skip
    coords: dict[str, Any] = {axis: list(found) for axis, found in axes.items()}
    made = xr.Dataset(variables, coords={"month": months, "draw": kept, **coords}, attrs=provenance(executed, scenario))
    made["month"].attrs["label"] = "month"
    made.encoding["folder"] = executed.folder  # keeps the files of many draws while the dataset lives
    return made


def provenance(executed: Executed, scenario: Resolved) -> dict[str, Any]:
    """What made a result: version, data hash, seed, scenario, as-of date, priors and counts used."""
    plan = executed.built.plan
    return {
        "format": FORMAT, "chipgate_version": version("chipgate"), "data_hash": plan.catalogue.fingerprint,
        "scenario": scenario.id, "title": scenario.title, "as_of": scenario.as_of.isoformat(),
        "until": scenario.until.isoformat(), "seed": plan.seed, "draws": plan.draws,
        "posterior": "none" if plan.posterior is None else plan.posterior.label,
        "figure_errors": json.dumps({} if plan.posterior is None else plan.posterior.document.get("other", {})),
        "settings": json.dumps(dict(scenario.raw), sort_keys=True, default=str),
        "nonconverged_draws": [int(i) for i in np.flatnonzero(~executed.converged)],
        "events_used": events_used(executed),
        "policy_counts": json.dumps(executed.built.policy_counts, sort_keys=True),
        "sweeps_a_month": executed.sweeps, "largest_residual": float(executed.residual.max()),
    }  # fmt: skip


def events_used(executed: Executed) -> list[str]:
    """Events that were public at the as-of date."""
    plan = executed.built.plan
    return [key for key, event in plan.catalogue.events.items() if event.known_since.last <= plan.as_of]


def aggregate(values: xr.DataArray, *, quarterly: bool = False, first_month: int | None = None,
              year_offset: int = 0) -> xr.DataArray:  # fmt: skip
    """Sum, average or take the last of months over quarters, draw by draw.

    Args:
        quarterly: Calendar quarters.
        first_month: First month of a fiscal year; gives fiscal quarters labelled ``FY26Q3``.
        year_offset: Fiscal year less the calendar year in which it begins.
    """
    if not quarterly and first_month is None:
        return values
    months = pd.DatetimeIndex(values["month"].values)
    names = [quarter_name(day.date(), first_month, year_offset) for day in months]
    full = [name for name in dict.fromkeys(names) if names.count(name) == 3]
    how = values.attrs.get("adds", "sum")
    parts = []
    for name in full:
        chosen = values.isel(month=[i for i, other in enumerate(names) if other == name])
        if how == "sum":
            parts.append(chosen.sum("month"))
        else:
            parts.append(chosen.mean("month") if how == "mean" else chosen.isel(month=-1, drop=True))
    joined = xr.concat(parts, pd.Index(full, name="period"), coords="minimal", compat="override")
    joined.attrs = dict(values.attrs)
    if how == "sum":
        joined.attrs["unit"] = values.attrs["unit"].replace("/month", "/quarter")
    return joined


def quarter_name(day: date, first_month: int | None = None, year_offset: int = 0) -> str:
    """``2025Q3`` for a calendar quarter, ``FY26Q3`` for a fiscal one."""
    if first_month is None:
        return f"{day.year}Q{(day.month - 1) // 3 + 1}"
    begun = day.year if day.month >= first_month else day.year - 1
    quarter = ((day.month - first_month) % 12) // 3 + 1
    return f"FY{(begun + year_offset) % 100:02d}Q{quarter}"


def quantiles(values: xr.DataArray) -> dict[str, NDArray[np.float64]]:
    """Quantiles and mean over draws, each without the draw axis; between two draws straight, as NumPy does."""
    array = values.transpose(..., "draw").values
    places = np.array(QUANTILES) * (array.shape[-1] - 1)
    low = places.astype(np.intp)
    high, weight = np.minimum(low + 1, array.shape[-1] - 1), places - low
    found = np.empty((*array.shape[:-1], len(QUANTILES) + 1))

    def one(step: int | slice) -> None:
        # One sort in the precision of the draws serves all quantiles.
        ordered = np.sort(array[step], axis=-1)
        below, above = ordered[..., low].astype(np.float64), ordered[..., high].astype(np.float64)
        found[step, ..., :-1] = below + (above - below) * weight
        found[step, ..., -1] = array[step].mean(-1, dtype=np.float64)

    if array.size < _SMALL:
        one(slice(None))
    else:
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            list(pool.map(one, range(len(array))))
    names = (*(f"p{round(q * 100)}" for q in QUANTILES), "mean")
    return {name: found[..., i] for i, name in enumerate(names)}


def metric_document(values: xr.DataArray) -> dict[str, Any]:
    """One metric for JSON: unit, label, and a series of quantiles by month or quarter, by label where it has any."""
    axes = [str(dim) for dim in values.dims if dim not in ("month", "period", "draw")]
    time = "month" if "month" in values.dims else "period"
    stats = quantiles(values.transpose(time, *axes, "draw"))
    times = [str(t)[:7] if time == "month" else str(t) for t in values[time].values]
    document: dict[str, Any] = {"unit": values.attrs["unit"], "label": values.attrs["label"]}
    document["by"] = {axis: [str(n) for n in values[axis].values] for axis in axes}
    rows = np.stack(list(stats.values()), axis=-1).reshape(len(times), -1, len(stats)).tolist()
    series = [
        {t: {k: _plain(v) for k, v in zip(stats, row[cell], strict=True)} for t, row in zip(times, rows, strict=True)}
        for cell in range(len(rows[0]))
    ]
    # Labels of several axes are joined by a stroke: "h20_legal/beijing".
    names = ["/".join(labels) for labels in product(*document["by"].values())]
    document["series"] = dict(zip(names, series, strict=True)) if axes else series[0]
    return document


def run_document(
    data: xr.Dataset, names: Sequence[str], *, quarterly: bool = False, fiscal: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """The document that ``chipgate run --json`` prints."""
    attrs = data.attrs
    first, offset = (fiscal["first_month"], fiscal["year_offset"]) if fiscal else (None, 0)
    metrics = {
        name: metric_document(aggregate(data[name], quarterly=quarterly, first_month=first, year_offset=offset))
        for name in names
    }
    months = [str(m)[:7] for m in data["month"].values]
    return {
        "scenario": attrs["scenario"], "title": attrs["title"], "as_of": attrs["as_of"], "draws": attrs["draws"],
        "seed": attrs["seed"], "months": months, "version": attrs["chipgate_version"],
        "data_hash": attrs["data_hash"], "posterior": attrs.get("posterior", "none"),
        "settings": json.loads(attrs["settings"]), "metrics": metrics,
        "events_used": list(attrs["events_used"]), "nonconverged_draws": list(attrs["nonconverged_draws"]),
        "policy_counts": json.loads(attrs["policy_counts"]),
    }  # fmt: skip


def headline_metrics(data: xr.Dataset) -> list[str]:
    """Metrics that the summary prints."""
    return [str(name) for name in data.data_vars if data[name].attrs.get("headline")]


def _plain(value: float) -> float:
    return float(f"{value:.7g}")
