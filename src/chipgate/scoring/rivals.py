"""Published scenario studies and forecasts beside ours, in units that are converted in the open."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import xarray as xr

from chipgate.arrays.inputs import MEASURES
from chipgate.catalogue import Catalogue
from chipgate.schema.tables import Observation, RivalFigure
from chipgate.scoring.cases import FURTHER, ROLLING
from chipgate.scoring.engine import last_month
from chipgate.scoring.runs import Runs
from chipgate.scoring.scores import Draws, plain
from chipgate.setup.rental import figures, h100_price
from chipgate.setup.scenario import parse_set
from chipgate.targets import Target, Unmapped, evaluate, forecast_of, target_of

UNITS: Final = ("nvidia_h100_sxm", "nvidia_h20_96", "nvidia_h200_sxm", "nvidia_b30a", "nvidia_b300", "nvidia_gb300",
                "huawei_ascend_910c")  # fmt: skip
"""Chips in whose equivalents studies count."""


def rivals_document(data: Catalogue, runs: Runs) -> dict[str, Any]:
    """Studies, forecasts of the record, and what one of each chip is in H100-equivalents."""
    return {
        "studies": [_study(one, runs) for one in data.rivals.values()],
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


def _study(one: RivalFigure, runs: Runs) -> dict[str, Any]:
    as_of = one.published_date.last
    run = runs.get(as_of, date(one.year, 12, 1), parse_set(list(one.settings)))
    own = _quantity(one, run)
    told = {f"p{q}": plain(float(np.quantile(own, q / 100))) for q in (10, 50, 90)}
    return {
        "id": one.id, "study": one.study, "pathway": one.pathway, "quantity": one.quantity, "year": one.year,
        "unit": one.unit, "value": one.value, "low": one.low, "high": one.high, "published": str(one.published_date),
        "url": one.source_urls[0], "as_of": as_of.isoformat(), "own": told, "notes": one.notes,
    }  # fmt: skip


def _quantity(one: RivalFigure, run: xr.Dataset) -> Draws:
    end, start = f"{one.year}-12-01", f"{one.year - 1}-12-01"
    if one.quantity == "smuggled_chips":
        return np.asarray(run["grey_units"].sel(month=slice(f"{one.year}-01", f"{one.year}-12")).sum("month").values)
    us, china = (run[name].sel(measure=one.measure) for name in ("compute_us", "compute_china"))
    added = china.sel(month=end) - china.sel(month=start)
    return np.asarray(((us.sel(month=end) - us.sel(month=start)) / np.maximum(added, 1.0)).values)


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
    head = ("study", "pathway", "quantity", "its figure (range)", "ours: 10 %, median, 90 %", "as of")
    rows = [
        (f"[{r['study']}]({r['url']})", r["pathway"], f"{r['quantity'].replace('_', ' ')}, {r['year']}, {r['unit']}",
         f"{figure(r['value'])} ({figure(r['low'])} to {figure(r['high'])})",
         ", ".join(figure(r["own"][q]) for q in ("p10", "p50", "p90")), r["as_of"])
        for r in found["studies"]
    ]  # fmt: skip
    notes = "\n".join(f"- `{r['id']}`: {r['notes']}" for r in found["studies"])
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
    text = ("Ours are from the last as-of date of the backtest before publication, so they know no more. Compute is "
            "in H100-equivalents here; divide by the table to get those of another chip.")  # fmt: skip
    return "\n\n".join([text, _table(head, rows), notes, _table(names, others), _table(units, cells)])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))
