"""Documents of runs: bands by month, by quarter, the crossover, the gates, and tables of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from chipgate.app.headline import headline
from chipgate.app.problems import ApiError
from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import UnknownNameError
from chipgate.metrics import METRICS
from chipgate.report.context import Context, crossover
from chipgate.results.compare import after
from chipgate.results.dataset import QUANTILES, aggregate, headline_metrics, quantiles

NAMES: Final = (*(f"p{round(q * 100)}" for q in QUANTILES), "mean")
BADGE: Final = "derived"
"""Standing of every figure of a run: computed here from stated and assumed ones."""
TRAILING: Final = 12


@dataclass(eq=False)
class Result:
    """A stage of a run, with the bands that were asked of it so far.

    Attributes:
        data: All its draws. ``key``: key of its numbers. ``stage``: ``first`` or ``final``.
    """

    key: str
    stage: str
    data: xr.Dataset
    catalogue: Catalogue
    _bands: dict[str, tuple[NDArray[np.float64], list[str]]] = field(default_factory=dict)
    _headline: dict[str, Any] = field(default_factory=dict)

    def headline(self) -> dict[str, Any]:
        """The sentence and the cards at the top of the page."""
        if not self._headline:
            self._headline.update(headline(self.data, self.catalogue))
        return self._headline

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return int(self.data.nbytes)

    @property
    def months(self) -> list[str]:
        """All months, ``YYYY-MM``."""
        return [str(month)[:7] for month in self.data["month"].values]

    @property
    def split(self) -> int:
        """Place of the first month after the as-of date."""
        return after(str(self.data.attrs["as_of"]), self.data["month"].values)[0]

    def names(self, wanted: Sequence[str] | None) -> list[str]:
        """Metrics to show: those wanted, or the headline ones.

        Raises:
            UnknownNameError: One is no metric. ApiError: one is not in this stage.
        """
        if wanted is None:
            return headline_metrics(self.data)
        check_metrics(wanted)
        for name in wanted:
            if name not in self.data:
                raise ApiError(409, "not_ready", f"{name} was not asked of this stage when the run was posted",
                               where="metrics", found=name, fix="ask for the final stage")  # fmt: skip
        return list(dict.fromkeys(wanted))

    def bands(self, name: str) -> tuple[NDArray[np.float64], list[str]]:
        """Quantiles and mean of a metric, ``[t cell quantile]``, and the names of its cells."""
        if name not in self._bands:
            self._bands[name] = _bands(self.data[name], "month")
        return self._bands[name]


def check_metrics(names: Iterable[str]) -> None:
    """Raise unless every name is a metric.

    Raises:
        UnknownNameError: One is not.
    """
    from chipgate.api import check_metrics as check

    check([name[:80] for name in names])


def _bands(values: xr.DataArray, time: str) -> tuple[NDArray[np.float64], list[str]]:
    axes = [str(dim) for dim in values.dims if dim not in (time, "draw")]
    stats = quantiles(values.transpose(time, *axes, "draw"))
    rows = np.stack([stats[name] for name in NAMES], axis=-1).reshape(values.sizes[time], -1, len(NAMES))
    cells = [""]
    for axis in axes:
        cells = [f"{head}/{label}" if head else str(label) for head in cells for label in values[axis].values]
    return seven_digits(rows), cells


def seven_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Figures of seven significant digits, each the float nearest to its decimal, as the command line prints them."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        power = 6 - np.floor(np.log10(np.abs(values)))
        power = np.where(np.isfinite(power), power, 0.0)
        # Powers of ten are exact up to 10^22, so each branch rounds once more only, in its last operation.
        small, large = 10.0 ** np.clip(power, 0, 22), 10.0 ** np.clip(-power, 0, 22)
        scaled = values * small / large
        found = np.where(power >= 0, np.rint(scaled) / small, np.rint(scaled) * large)
        near_half = np.abs(np.abs(scaled - np.trunc(scaled)) - 0.5) < 1e-6
    exact = np.isfinite(values) & (near_half | (np.abs(power) > 22))
    found = np.where(np.isfinite(values), found, values)
    found[exact] = [float(f"{value:.7g}") for value in values[exact]]
    return found


def series(rows: NDArray[np.float64], cells: Sequence[str]) -> tuple[dict[str, dict[str, list[float]]], list[str]]:
    """Series by cell, and the cells that are nought throughout.

    Args:
        rows: ``[t cell quantile]``.
    """
    some = np.any(rows != 0, axis=(0, 2))
    columns = np.moveaxis(rows, 0, -1).tolist()
    found = {c: dict(zip(NAMES, columns[i], strict=True)) for i, c in enumerate(cells) if some[i]}
    return found, [cell for i, cell in enumerate(cells) if not some[i]]


def head(result: Result) -> dict[str, Any]:
    """What made a result."""
    attrs = result.data.attrs
    import json

    return {
        "key": result.key, "stage": result.stage, "draws": int(attrs["draws"]),
        "draws_used": int(result.data.sizes["draw"]), "nonconverged_draws": list(attrs["nonconverged_draws"]),
        "scenario": attrs["scenario"], "title": attrs["title"], "as_of": attrs["as_of"],
        "until": str(attrs["until"])[:7], "seed": int(attrs["seed"]), "settings": json.loads(attrs["settings"]),
        "engine_version": attrs["chipgate_version"], "data_version": attrs["data_hash"],
        "events_used": len(attrs["events_used"]), "policy_counts": json.loads(attrs["policy_counts"]),
    }  # fmt: skip


def run_document(result: Result, wanted: Sequence[str] | None, first_month: str | None) -> dict[str, Any]:
    """Bands by month of the wanted metrics.

    Raises:
        UnknownNameError: An unknown metric. ApiError: no month is left.
    """
    months = result.months
    start = sum(month < first_month for month in months) if first_month else 0
    check_first_month(first_month, months[-1])
    found = {}
    axes: dict[str, None] = {}
    for name in result.names(wanted):
        declared = METRICS[name]
        rows, cells = result.bands(name)
        lines, zero = series(rows[start:], cells)
        axes |= dict.fromkeys(declared.axes)
        found[name] = {
            "label": declared.label, "unit": declared.unit, "axes": list(declared.axes), "adds": declared.adds,
            "badge": BADGE, "headline": declared.headline, "series": lines, "zero": zero,
        }  # fmt: skip
    return {
        **head(result), "months": months[start:], "split": max(result.split - start, 0),
        "axes": {axis: axis_rows(result, axis) for axis in axes}, "metrics": found, "headline": result.headline(),
    }  # fmt: skip


def check_first_month(first_month: str | None, last: str) -> None:
    """Raise where a run has no month from the wanted first one on.

    Raises:
        ApiError: It ends before.
    """
    if first_month is not None and first_month > last:
        raise ApiError(422, "bad_value", f"the run ends in {last}", where="first_month", found=first_month,
                       expected=f"a month up to {last}")  # fmt: skip


def axis_rows(result: Result, axis: str) -> list[dict[str, Any]]:
    """Labels of an axis with their words."""
    context = Context(result.data, result.catalogue, {})
    rows = []
    for value in result.data[axis].values:
        name = str(value)
        row: dict[str, Any] = {"id": name, "label": context.name(axis, name)}
        if axis == "offer" and name in result.catalogue.offers:
            offer = result.catalogue.offers[name]
            row |= {"chip": offer.chip, "route": offer.route, "vendor": offer.vendor, "family": offer.family}
        rows.append(row)
    return rows


def by_period(result: Result, name: str, by: str) -> tuple[xr.DataArray, str]:
    """A metric by calendar quarter, or by the fiscal quarters of a maker (``fiscal:nvidia``).

    Raises:
        ApiError: ``by`` is something else. UnknownNameError: an unknown metric or maker.
    """
    result.names([name])
    values = result.data[name]
    if by == "month":
        return values, "month"
    if by == "quarter":
        return aggregate(values, quarterly=True), "period"
    kind, _, maker = by.partition(":")
    if kind != "fiscal" or not maker:
        raise ApiError(422, "bad_value", f"by: {by[:80]!r} is no period", where="by", found=by,
                       expected="month, quarter, or fiscal:MAKER")  # fmt: skip
    makers = result.catalogue.makers
    if maker not in makers:
        raise UnknownNameError("maker", maker[:80], (), fix=f"makers: {', '.join(makers)}")
    calendar = makers[maker].fiscal
    return aggregate(values, first_month=calendar.first_month, year_offset=calendar.year_offset), "period"


def periods_document(result: Result, name: str, by: str) -> dict[str, Any]:
    """Bands by quarter."""
    values, time = by_period(result, name, by)
    rows, cells = _bands(values, time)
    lines, zero = series(rows, cells)
    periods = [str(p)[:7] if time == "month" else str(p) for p in values[time].values]
    return {
        "metric": name, "label": METRICS[name].label, "unit": values.attrs["unit"], "by": by, "periods": periods,
        "split": _split_of(result, name, by, periods), "axes": list(METRICS[name].axes),
        "series": lines, "zero": zero,
    }  # fmt: skip


def _split_of(result: Result, name: str, by: str, periods: Sequence[str]) -> int:
    """Place of the first period all of whose months lie after the as-of date."""
    if by == "month":
        return result.split
    ahead = Result(
        result.key, result.stage, result.data[[name]].isel(month=slice(result.split, None)), result.catalogue
    )
    if ahead.data.sizes["month"] < 3:
        return len(periods)
    later, _ = by_period(ahead, name, by)
    first = [str(p) for p in later["period"].values]
    return periods.index(first[0]) if first else len(periods)


def crossover_document(result: Result, level: float) -> dict[str, Any]:
    """When domestic supply meets demand: for each workload the chance that it has by each month."""
    months = result.months
    found = {}
    for workload in (str(w) for w in result.data["workload"].values):
        at = crossover(result.data, workload, level=level, months=TRAILING)
        reached = np.sort(at[at >= 0])
        chance = np.searchsorted(reached, np.arange(len(months)), side="right") / len(at)
        row: dict[str, Any] = {
            "months": months[result.split :], "probability": seven_digits(chance)[result.split :].tolist(),
            "never": float(np.mean(at < 0)),
        }  # fmt: skip
        for q in (10, 50, 90):
            place = int(np.ceil(q / 100 * len(at))) - 1
            row[f"p{q}"] = months[int(reached[place])] if place < len(reached) else None
        found[workload] = row
    return {"level": level, "trailing_months": TRAILING, "draws": int(result.data.sizes["draw"]), "workloads": found}


def gates_document(result: Result) -> dict[str, Any]:
    """For each month the chance that a gate binds, over all and by offer."""

    def chances(values: xr.DataArray) -> dict[str, list[float]]:
        means = seven_digits(np.asarray(values.mean("draw", dtype=np.float64).transpose("gate", "month").values))
        return {str(g): means[i].tolist() for i, g in enumerate(values["gate"].values)}

    by_chip = result.data["binding_gate_by_chip"]
    legal = [str(o) for o in by_chip["offer"].values if result.catalogue.offers[str(o)].route == "legal"]
    return {
        "months": result.months, "split": result.split, "all": chances(result.data["binding_gate"]),
        "offers": {offer: chances(by_chip.sel(offer=offer)) for offer in legal},
    }  # fmt: skip


def table(result: Result, name: str, by: str) -> pd.DataFrame:
    """A metric as a table: one row for each time and label."""
    values, time = by_period(result, name, by)
    rows, _ = _bands(values, time)
    axes = list(METRICS[name].axes)
    times = [str(t)[:7] if time == "month" else str(t) for t in values[time].values]
    labels = [[str(v) for v in values[axis].values] for axis in axes]
    index = pd.MultiIndex.from_product([times, *labels], names=[time, *axes])
    found = pd.DataFrame(rows.reshape(-1, len(NAMES)), index=index, columns=list(NAMES)).reset_index()
    found["unit"] = values.attrs["unit"]
    return found
