"""Published scenario studies and forecasts beside ours, in units that are converted in the open."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import xarray as xr

from chipgate.arrays.inputs import MEASURES
from chipgate.catalogue import Catalogue
from chipgate.errors import InternalError
from chipgate.schema.tables import Observation, RivalFigure
from chipgate.scoring.cases import FURTHER, ROLLING
from chipgate.scoring.engine import last_month
from chipgate.scoring.runs import Runs
from chipgate.scoring.scores import Draws, plain
from chipgate.setup.rental import figures, h100_price
from chipgate.setup.scenario import resolve
from chipgate.targets import Target, Unmapped, evaluate, forecast_of, target_of
from chipgate.targets.makers import OFFERS_OF, vendors
from chipgate.timegrid import add_months

UNITS: Final = ("nvidia_h100_sxm", "nvidia_h20_96", "nvidia_h200_sxm", "nvidia_b30a", "nvidia_b300", "nvidia_gb300",
                "huawei_ascend_910c")  # fmt: skip
"""Chips in whose equivalents studies count."""


def rivals_document(data: Catalogue, runs: Runs) -> dict[str, Any]:
    """Studies, forecasts of the record, and what one of each chip is in H100-equivalents."""
    return {
        "studies": [_study(one, data, runs) for one in data.rivals.values()],
        "forecasts": _forecasts(list(data.observations.values()), runs),
        "units": conversions(data),
    }


def conversions(data: Catalogue) -> list[dict[str, Any]]:
    """H100-equivalents of one chip on each measure; USD where a price is known."""
    rows = []
    for key in UNITS:
        chip = data.chips[key]
        price = chip.price_usd
        usd = price.value / h100_price(data) if price is not None and price.value else None
        values = [*figures(data, key), usd]
        rows.append({"chip": chip.name, **{m: v and plain(v) for m, v in zip(MEASURES, values, strict=True)}})
    return rows


def _study(one: RivalFigure, data: Catalogue, runs: Runs) -> dict[str, Any]:
    """A figure of a study beside the run of its scenario, both in the unit of the run."""
    scenario = resolve(data, one.scenario)
    run = runs.get(scenario.as_of, max(scenario.until, date(one.year, 12, 1)), scenario.raw)
    own = QUANTITIES[one.quantity](one, run, scenario.as_of)
    told = {f"p{q}": plain(float(np.quantile(own, q / 100))) for q in (10, 50, 90)}
    factor, unit = conversion(data, one)
    return {
        "id": one.id, "study": one.study, "pathway": one.pathway, "scenario": one.scenario, "quantity": one.quantity,
        "year": one.year, "stated": {"unit": one.unit, "value": one.value, "low": one.low, "high": one.high},
        "factor": plain(factor), "unit": unit, "value": plain(one.value * factor), "low": plain(one.low * factor),
        "high": plain(one.high * factor), "measure": one.measure, "published": str(one.published_date),
        "url": one.source_urls[0], "said": one.said, "confidence": one.confidence,
        "as_of": scenario.as_of.isoformat(), "own": told, "notes": one.notes,
    }  # fmt: skip


def conversion(data: Catalogue, one: RivalFigure) -> tuple[float, str]:
    """What the figure is multiplied by to stand beside the run, and the unit that it then has."""
    if one.counted_in is None or one.measure is None:
        return 1.0, one.unit
    if one.measure == "usd":
        price = data.chips[one.counted_in].price_usd
        if price is None or not price.value:
            raise InternalError(f"{one.id} is counted in {one.counted_in}, which has no price")
        return price.value / h100_price(data), "H100e"
    return float(figures(data, one.counted_in)[MEASURES.index(one.measure)]), "H100e"


def _year(run: xr.Dataset, name: str, year: int) -> xr.DataArray:
    return run[name].sel(month=slice(f"{year}-01", f"{year}-12"))


def _summed(found: xr.DataArray) -> Draws:
    return np.asarray(found.sum([dim for dim in found.dims if dim != "draw"]).values, dtype=np.float64)


def _growth(found: xr.DataArray, year: int) -> Draws:
    """Growth of a stock over a year, summed over every axis that is left."""
    grown = found.sel(month=f"{year}-12-01") - found.sel(month=f"{year - 1}-12-01")
    return _summed(grown)


def _ratio(one: RivalFigure, run: xr.Dataset, _: date) -> Draws:
    us, china = (_growth(run[name].sel(measure=one.measure), one.year) for name in ("compute_us", "compute_china"))
    return np.asarray(us / np.maximum(china, 1.0))


def _added(one: RivalFigure, run: xr.Dataset, _: date) -> Draws:
    return _growth(run["compute_china"].sel(measure=one.measure), one.year)


def _imported(one: RivalFigure, run: xr.Dataset, _: date) -> Draws:
    return _growth(run["compute_by_source"].sel(measure=one.measure, source="legal"), one.year)


def _smuggled_share(one: RivalFigure, run: xr.Dataset, _: date) -> Draws:
    by_source = run["compute_by_source"].sel(measure=one.measure)
    here = [_growth(by_source.sel(source=source), one.year) for source in ("legal", "grey", "domestic")]
    return np.asarray(here[1] / np.maximum(sum(here), 1.0))


def _smuggled(one: RivalFigure, run: xr.Dataset, _: date) -> Draws:
    return _summed(_year(run, "grey_units", one.year))


def _huawei_chips(one: RivalFigure, run: xr.Dataset, _: date) -> Draws:
    own = [o for o in run["offer"].values if str(o) in OFFERS_OF["huawei"]]
    return _summed(_year(run, "units_delivered", one.year).sel(offer=own))


def _sales(one: RivalFigure, run: xr.Dataset, maker: str) -> Draws:
    known = [str(v) for v in run["vendor"].values]
    return _summed(_year(run, "revenue", one.year).sel(vendor=vendors(maker, known)))


def _h20(one: RivalFigure, run: xr.Dataset, as_of: date) -> Draws:
    months = slice(f"{add_months(as_of.replace(day=1), 1):%Y-%m}", f"{one.year}-12")
    return _summed(run["revenue_by_chip"].sel(offer="h20_legal", month=months))


QUANTITIES: Final[Mapping[str, Callable[[RivalFigure, xr.Dataset, date], Draws]]] = {
    "compute_added_ratio": _ratio, "compute_added_china": _added, "compute_imported": _imported,
    "smuggled_chips": _smuggled, "smuggled_compute_share": _smuggled_share, "huawei_chips": _huawei_chips,
    "market_usd": lambda one, run, _: _sales(one, run, "all_makers"),
    "domestic_usd": lambda one, run, _: _sales(one, run, "domestic_makers"),
    "domestic_share": lambda one, run, _: _share(one, run, "domestic_makers"),
    "huawei_share": lambda one, run, _: _share(one, run, "huawei"),
    "h20_usd_rest_of_year": _h20,
}  # fmt: skip
"""What a figure of a study is in a run."""


def _share(one: RivalFigure, run: xr.Dataset, maker: str) -> Draws:
    return _sales(one, run, maker) / np.maximum(_sales(one, run, "all_makers"), 1.0)


def _run_day(day: date) -> date:
    """The last of the backtest's dates up to a day, so that no run knows more than the study did."""
    return max(d for d in (*FURTHER, *ROLLING) if d <= day)


def _forecasts(known: Sequence[Observation], runs: Runs) -> list[dict[str, Any]]:
    """Forecasts in the record beside ours from the last backtest date before they were published."""
    rows = []
    for seen in known:
        target = forecast_of(seen)
        if target is None:
            continue
        as_of = _run_day(seen.published_date.last)
        run = runs.get(as_of, max(last_month(as_of, ()), seen.period_end.last.replace(day=1)))
        draws = evaluate(target, run, seen.period_start.first, seen.period_end.last)
        if isinstance(draws, Unmapped):
            continue
        rows.append(_forecast_row(seen, target, draws, as_of, known))
    return rows


def _forecast_row(
    seen: Observation, target: Target, draws: Draws, as_of: date, known: Sequence[Observation]
) -> dict[str, Any]:
    came = next((o.value for o in known if _same(o, seen, target)), None)
    return {
        "id": seen.id, "words": target.words, "unit": target.unit, "publisher": seen.publisher,
        "published": str(seen.published_date), "period": [str(seen.period_start), str(seen.period_end)],
        "value": seen.value, "low": seen.low, "high": seen.high, "as_of": as_of.isoformat(), "outcome": came,
        "own": {f"p{q}": plain(float(np.quantile(draws, q / 100))) for q in (10, 50, 90)},
    }  # fmt: skip


def _same(other: Observation, seen: Observation, target: Target) -> bool:
    own = target_of(other)
    near = abs((other.period_start.first - seen.period_start.first).days) <= 21
    return isinstance(own, Target) and own.id == target.id and near and (
        abs((other.period_end.last - seen.period_end.last).days) <= 21
    )  # fmt: skip


def rivals_markdown(found: Mapping[str, Any], figure: Any) -> str:
    """The section of the scoreboard."""
    head = ("study", "pathway", "our scenario", "quantity", "its figure (range)", "ours: 10 %, median, 90 %", "as of")
    rows = [
        (f"[{r['study']}]({r['url']})", r["pathway"], f"`{r['scenario']}`",
         f"{r['quantity'].replace('_', ' ')}, {r['year']}, {r['unit']}",
         f"{figure(r['value'])} ({figure(r['low'])} to {figure(r['high'])})",
         ", ".join(figure(r["own"][q]) for q in ("p10", "p50", "p90")), r["as_of"])
        for r in found["studies"]
    ]  # fmt: skip
    notes = "\n".join(f"- `{r['id']}`: {r['said']}. {_converted(r, figure)}{r['notes']}" for r in found["studies"])
    names = ("forecast", "published", "period", "what", "its figure", "ours: 10 %, median, 90 %", "ours as of", "came")
    others = [
        (f"{r['publisher']} (`{r['id']}`)", r["published"], " to ".join(r["period"]), f"{r['words']}, {r['unit']}",
         figure(r["value"]), ", ".join(figure(r["own"][q]) for q in ("p10", "p50", "p90")), r["as_of"],
         "" if r["outcome"] is None else figure(r["outcome"]))
        for r in found["forecasts"]
    ]  # fmt: skip
    units = ("one", "8-bit rate", "4-bit rate", "memory bandwidth", "USD")
    cells = [
        (u["chip"], *("" if u[m] is None else f"{u[m]:.3g}" for m in MEASURES)) for u in found["units"]
    ]  # fmt: skip
    text = (
        "A study is put beside the run of a scenario file that says the same (`chipgate show scenarios NAME`), as of "
        "the day of the study or a day before; forecasts of the record beside ours of the last as-of date of the "
        "backtest before they were published. So ours know no more. Compute is in H100-equivalents here; a figure "
        "that is counted in another chip is multiplied by its row of the table below, and the note says so."
    )
    return "\n\n".join([text, _table(head, rows), notes, _table(names, others), _table(units, cells)])


def _converted(row: Mapping[str, Any], figure: Any) -> str:
    """The conversion of a figure in words; nothing where there is none."""
    stated = row["stated"]
    if stated["unit"] == row["unit"]:
        return ""
    return (f"{figure(stated['value'])} {stated['unit']} x {row['factor']:.3g} {row['unit']} each = "
            f"{figure(row['value'])} {row['unit']} ({row['measure'].replace('_', ' ')}). ")  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))
