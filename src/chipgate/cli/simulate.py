"""``run`` and ``scenarios``: the market and its scenarios."""

import sys
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipgate.cli.common import JsonFlag, catalogue_of, console, escape, print_json, table

if TYPE_CHECKING:
    import xarray as xr

    from chipgate.catalogue import Catalogue

ScenarioArgument = Annotated[str, typer.Argument(help="Scenario id, or path of a YAML file.")]
AsOfOption = Annotated[str | None, typer.Option(help="Day up to which anything is known, YYYY-MM-DD.")]
UntilOption = Annotated[str | None, typer.Option(help="Last month, YYYY-MM.")]
DrawsOption = Annotated[int, typer.Option(help="Number of draws.")]
SeedOption = Annotated[int, typer.Option(help="Seed of all random streams.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Lever setting: path=value or path=2025-09:value,2026-01:value.")
]


STORED_DRAWS = 4_000
"""Draws that result.nc holds at most; summary.json and the report use all."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(run)
    app.command()(scenarios)


def run(
    ctx: typer.Context, scenario: ScenarioArgument = "h20-reopened", as_of: AsOfOption = None,
    until: UntilOption = None, draws: DrawsOption = 1000, seed: SeedOption = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for result.nc, summary.json and report.html.")] = None,
    setting: SetOption = None,
    metric: Annotated[list[str] | None, typer.Option("--metric", help="Only these metrics in the output.")] = None,
    quarterly: Annotated[bool, typer.Option(help="Calendar quarters instead of months.")] = False,
    fiscal: Annotated[str | None, typer.Option(help="Fiscal quarters of this maker.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Write chips by quarter to this .xlsx or .csv.")] = None,
    supply_sheet: Annotated[
        Path | None, typer.Option(help="Sheet of the same shape whose units replace the supply of its chips.")
    ] = None,
    demand_sheet: Annotated[Path | None, typer.Option(help="Sheet whose revenue replaces the budget.")] = None,
    double: Annotated[bool, typer.Option(help="Double precision.")] = False,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write report.html.")] = True,
    json: JsonFlag = False,
) -> None:  # fmt: skip
    """Simulate the market: who gets which chips, which gate binds, who pays."""
    from chipgate.api import run as simulate
    from chipgate.results.dataset import headline_metrics, run_document
    from chipgate.results.io import check_folder
    from chipgate.setup.scenario import parse_set

    data = catalogue_of(ctx)
    calendar = _fiscal(data, fiscal)
    settings = parse_set(setting or [])
    common: dict[str, Any] = {
        "as_of": as_of,
        "until": until,
        "seed": seed,
        "dtype": "float64" if double else "float32",
        "data": data,
        "supply_sheet": supply_sheet,
        "demand_sheet": demand_sheet,
        "fiscal": calendar,
    }
    _check_metrics(metric)
    if out is not None:
        check_folder(out)
    if sheet is not None:
        from chipgate.results.sheet import check_ending

        check_ending(sheet)  # before the run, and before anything is written
    only = (
        metric if json and out is None and sheet is None else None
    )  # nothing else is shown, so nothing else is computed
    line = progress_line("simulating")
    result = simulate(scenario, draws=draws, settings=settings, metrics=only, progress=line, **common)
    summary = cache(lambda: run_document(result, headline_metrics(result)))
    if out is not None or not json:
        folder = out if out is not None else Path("out") / result.attrs["scenario"]
        companion = partial(_no_fee, simulate, scenario, settings, draws, common)
        _write(folder, result, summary, data, report=report, companion=companion)
    if sheet is not None:
        from chipgate.results.sheet import save
        from chipgate.results.sheet import sheet as rows_of

        save(sheet, rows_of(result, fiscal=calendar), result.attrs)
    if json:
        plain = not (metric or quarterly or calendar)
        names = list(metric) if metric else headline_metrics(result)
        print_json(summary() if plain else run_document(result, names, quarterly=quarterly, fiscal=calendar))
        return
    from chipgate.cli.summary import print_run

    print_run(console(), result)
    console().print(f"Written to {folder}: result.nc, summary.json{', report.html' if report else ''}.")


def _check_metrics(names: list[str] | None) -> None:
    from chipgate.api import check_metrics

    check_metrics(names or [])


def _no_fee(
    simulate: Callable[..., "xr.Dataset"], scenario: str, settings: dict[str, Any], draws: int, common: dict[str, Any]
) -> "xr.Dataset":
    """The same draws without any fee, for the incidence."""
    from chipgate.report.sections.fee import COMPANION_DRAWS, COMPANION_METRICS, free_of_fee

    return simulate(
        scenario, draws=min(draws, COMPANION_DRAWS), settings={**settings, **free_of_fee(common["data"])},
        metrics=COMPANION_METRICS, **common,
    )  # fmt: skip


def _write(
    folder: Path, result: "xr.Dataset", summary: Callable[[], Any], data: "Catalogue", *, report: bool,
    companion: Callable[[], "xr.Dataset"],
) -> None:  # fmt: skip
    """Write the files of a run side by side; what is slowest to make starts first."""
    from chipgate.results.io import write_folder, write_json, write_netcdf

    writers: dict[str, Callable[[Path], None]] = {}
    if report:

        def write_report(path: Path) -> None:
            from chipgate.report.document import report_html

            path.write_text(report_html(result, data, companions={"no_fee": companion()}), encoding="utf-8")

        writers["report.html"] = write_report
    stored = result.isel(draw=slice(0, STORED_DRAWS)).assign_attrs(stored_draws=min(STORED_DRAWS, result.sizes["draw"]))
    writers["result.nc"] = write_netcdf(stored)
    writers["summary.json"] = lambda path: write_json(summary())(path)
    write_folder(folder, writers)


def _fiscal(data: "Catalogue", name: str | None) -> dict[str, int] | None:
    if name is None:
        return None
    calendar = data.makers.find(name).fiscal
    return {"first_month": calendar.first_month, "year_offset": calendar.year_offset}


def progress_line(label: str, things: str = "draws") -> Callable[[int, int], None]:
    """Progress on stderr: a line that renews itself on a terminal, a line every tenth elsewhere."""
    start = time.perf_counter()
    shown = [-1]

    def show(done: int, total: int) -> None:
        spent = time.perf_counter() - start
        left = spent / done * (total - done)
        text = f"{label}: {done:,} of {total:,} {things}, {left:.0f} s left"
        if sys.stderr.isatty():
            sys.stderr.write("\r" + text + ("\n" if done == total else ""))
        elif done * 10 // total > shown[0]:
            shown[0] = done * 10 // total
            sys.stderr.write(text + "\n")
        sys.stderr.flush()

    return show


def scenarios(
    ctx: typer.Context,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a scenario file.")] = False,
    json: JsonFlag = False,
) -> None:
    """The scenarios that ship, with what each changes."""
    from chipgate.setup.scenario import resolve
    from chipgate.setup.schema_json import scenario_schema

    data = catalogue_of(ctx)
    if schema:
        print_json(scenario_schema(data))
        return
    found = [resolve(data, name) for name in data.scenarios]
    if json:
        print_json(
            [
                {"id": s.id, "title": s.title, "story": s.story, "as_of": s.as_of.isoformat(),
                 "until": f"{s.until:%Y-%m}", "chain": list(s.chain), "settings": dict(s.raw)}
                for s in found
            ]
        )  # fmt: skip
        return
    rows = [
        (
            s.id,
            escape(s.title),
            str(s.as_of),
            f"{s.until:%Y-%m}",
            escape("; ".join(f"{k} = {v}" for k, v in s.raw.items())),
        )
        for s in found
    ]
    console().print(table(["scenario", "title", "as of", "until", "settings"], rows))
