"""``compare``, ``sensitivity``, ``fee-curve`` and ``record``: what a run means, and what drives it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipgate.cli.common import Column, JsonFlag, catalogue_of, console, escape, print_json, table
from chipgate.cli.simulate import (
    AsOfOption,
    DrawsOption,
    ScenarioArgument,
    SeedOption,
    SetOption,
    UntilOption,
    progress_line,
)

if TYPE_CHECKING:
    import xarray as xr

    from chipgate.catalogue import Catalogue

MetricOption = Annotated[
    str, typer.Option("--metric", help="Metric, or metric:axis=label, such as revenue:vendor=nvidia.")
]
_RATES = "0,0.05,0.1,0.15,0.2,0.25,0.3,0.4,0.5,0.6"
MonthsOption = Annotated[int | None, typer.Option(min=1, help="Months after the as-of date; all by default.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(compare)
    app.command()(sensitivity)
    app.command("fee-curve")(fee_curve)
    app.command()(record)


def compare(
    ctx: typer.Context,
    scenarios: Annotated[list[str], typer.Argument(help="Two scenarios or more; differences are from the first.")],
    as_of: AsOfOption = None, until: UntilOption = None, draws: DrawsOption = 500, seed: SeedOption = 0,
    metric: Annotated[list[str] | None, typer.Option("--metric", help="Metrics; a few headlines by default.")] = None,
    attribute: Annotated[
        str | None, typer.Option(help="Attribute the difference in this metric to levers (Shapley values).")
    ] = None,
    months: MonthsOption = None, json: JsonFlag = False,
) -> None:  # fmt: skip
    """The same draws under several scenarios: differences with intervals, and which lever caused what."""
    from chipgate.api import check_metrics
    from chipgate.errors import BadInputError
    from chipgate.results import compare as library

    if len(scenarios) < 2 or len(set(scenarios)) < len(scenarios):
        raise BadInputError("compare needs two different scenarios or more")
    names = metric or ["units_by_route", "huawei_units", "fee_receipts", "compute_ratio"]
    check_metrics(names)
    data = catalogue_of(ctx)
    common: dict[str, Any] = {"as_of": as_of, "until": until, "draws": draws, "seed": seed, "data": data}
    _check_scenarios(scenarios, common, attribute, months)
    runs = {}
    for name in scenarios:
        runs[name] = _run(name, None, metrics=names, progress=progress_line(name), **common)
    found = library.compare(runs, names)
    document = library.document(found)
    if attribute is not None:
        document["attribution"] = _attribution(scenarios, attribute, months, common)
    if json:
        print_json(document)
        return
    _print_comparison(library.rows(found), scenarios[0])
    for name, share in document.get("attribution", {}).items():
        _print_attribution(name, attribute or "", share)


def _check_scenarios(
    scenarios: list[str], common: Mapping[str, Any], attribute: str | None, months: int | None
) -> None:
    """Find what is wrong before anything is run."""
    from chipgate.api import check_metrics
    from chipgate.errors import BadInputError
    from chipgate.results.compare import target
    from chipgate.setup.scenario import resolve

    first, *others = [resolve(common["data"], name, as_of=common["as_of"], until=common["until"]) for name in scenarios]
    if attribute is None:
        return
    check_metrics([target(attribute, months).metric])
    for name, other in zip(scenarios[1:], others, strict=True):
        if (other.as_of, other.until) != (first.as_of, first.until):
            raise BadInputError(
                f"{name} and {scenarios[0]} differ in as-of date or end; give --as-of and --until to attribute"
            )


def _attribution(
    scenarios: list[str], metric: str, months: int | None, common: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Shapley values of each scenario against the first."""
    from chipgate.results.compare import shapley, target
    from chipgate.setup.scenario import resolve

    wanted = target(metric, months)
    first, *others = [resolve(common["data"], name, as_of=common["as_of"], until=common["until"]) for name in scenarios]
    found = {}
    for name, other in zip(scenarios[1:], others, strict=True):
        runner = _runner(scenarios[0], [wanted.metric], common)
        shares = shapley(runner, first.raw, other.raw, wanted.of, progress=progress_line(f"attributing {name}", "runs"))
        found[name] = shares.document()
    return found


def _runner(
    scenario: str, metrics: list[str], common: Mapping[str, Any]
) -> Callable[[Mapping[str, Any] | None], "xr.Dataset"]:
    return lambda settings: _run(scenario, settings, metrics=metrics, **common)


def _run(scenario: str, settings: Mapping[str, Any] | None, **more: Any) -> "xr.Dataset":
    from chipgate.api import run

    return run(scenario, settings=settings, **more)


def _print_comparison(rows: list[dict[str, Any]], base: str) -> None:
    from chipgate.results.record_page import figure

    cells = [
        (row["scenario"], row["metric"], row["label"], row["horizon"].replace("_", " "),
         figure(row["base_p50"]), *_change(row, row["unit"]), row["unit"])
        for row in rows
    ]  # fmt: skip
    columns: list[Column] = ["scenario", "metric", "of", "horizon", (f"{base}, median", "right"),
                             ("difference, median", "right"), ("10 % to 90 %", "right"), "unit"]  # fmt: skip
    console().print(table(columns, cells, title=f"differences from {base}, draw by draw"))


def _change(row: Mapping[str, Any], unit: str) -> tuple[str, str]:
    """Median and 80 % interval with signs; of things that are counted, less than one half is none."""
    from chipgate.results.record_page import figure

    counted = unit.partition("/")[0] in ("chips", "dies", "stacks", "packages", "USD")

    def said(value: float) -> str:
        rounded = 0.0 if counted and abs(value) < 0.5 else value
        return ("+" if rounded > 0 else "") + figure(rounded)

    return said(row["p50"]), f"{said(row['p10'])} to {said(row['p90'])}"


def _print_attribution(name: str, metric: str, share: dict[str, Any]) -> None:
    unit = share["unit"]
    cells = [(escape(part["lever"]), *_mean(part, unit)) for part in share["levers"]]
    cells.append(("[bold]all together[/]", *_mean(share["difference"], unit)))
    columns: list[Column] = ["lever", ("mean", "right"), ("10 % to 90 %", "right")]
    out = console()
    out.print(f"What caused the difference of {name} in {metric}, {unit} ({share['method']}, {share['runs']} runs)")
    out.print(table(columns, cells))


def _mean(part: Mapping[str, Any], unit: str) -> tuple[str, str]:
    """Means add up over levers, medians do not; so the mean is shown."""
    return _change({**part, "p50": part["mean"]}, unit)


def sensitivity(
    ctx: typer.Context, scenario: ScenarioArgument = "h20-reopened",
    metric: MetricOption = "units_delivered:offer=h20_legal",
    method: Annotated[str, typer.Option(help="tornado or sobol.")] = "tornado",
    months: MonthsOption = 12, as_of: AsOfOption = None, until: UntilOption = None, draws: DrawsOption = 256,
    seed: SeedOption = 0, setting: SetOption = None,
    top: Annotated[int, typer.Option(min=1, help="Inputs of the tornado.")] = 12, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Which inputs drive a metric, each over its prior."""
    from chipgate.api import check_metrics
    from chipgate.errors import BadInputError
    from chipgate.results.compare import target
    from chipgate.results.sensitivity import Case, sobol, tornado
    from chipgate.setup.scenario import parse_set, resolve

    if method not in ("tornado", "sobol"):
        raise BadInputError(f"unknown method {method!r}; it is tornado or sobol")
    data = catalogue_of(ctx)
    found = resolve(data, scenario, as_of=as_of, until=until, extra=parse_set(setting or []))
    wanted = target(metric, months)
    check_metrics([wanted.metric])
    case = Case(data, found, wanted, seed, draws)
    line = progress_line(method, "runs")
    result = tornado(case, top=top, progress=line) if method == "tornado" else sobol(case, progress=line)
    if json:
        print_json(result)
    elif method == "tornado":
        cells = [
            (bar["name"], escape(bar["label"]), _span(bar["low"], bar["high"], bar["unit"]), f"{bar['at_low']:,.4g}",
             f"{bar['at_high']:,.4g}", f"{bar['effect']:+,.4g}", f"{bar['rank']:+.2f}")
            for bar in result["bars"]
        ]  # fmt: skip
        columns: list[Column] = ["input", "what it is", "10th to 90th percentile", ("at low", "right"),
                                 ("at high", "right"), ("effect", "right"), ("rank corr.", "right")]  # fmt: skip
        title = f"{result['metric']}, {result['unit']}: mean {result['base']:,.4g}; each input alone"
        console().print(table(columns, cells, title=title))
    else:
        title = f"{result['metric']}, {result['unit']}: Sobol indices of groups of inputs ({result['runs']} runs)"
        shares = [
            (g["group"], _index(g["first"], g["first_interval"]), _index(g["total"], g["total_interval"]))
            for g in result["groups"]
        ]
        console().print(table(["group", "first order", "total"], shares, title=title))


def _span(low: float | None, high: float | None, unit: str) -> str:
    return "" if low is None or high is None else f"{low:,.4g} to {high:,.4g} {unit}"


def _index(value: float, interval: Any) -> str:
    return f"{value:.2f} ({interval[0]:.2f} to {interval[1]:.2f})"


def fee_curve(
    ctx: typer.Context,
    chip: Annotated[str, typer.Argument(help="Chip: id, name or alias.")],
    scenario: Annotated[str, typer.Option(help="Scenario id, or path of a YAML file.")] = "h20-reopened",
    rates: Annotated[str, typer.Option(help="Rates, separated by commas.")] = _RATES,
    months: MonthsOption = 12, as_of: AsOfOption = None, until: UntilOption = None, draws: DrawsOption = 256,
    seed: SeedOption = 0, setting: SetOption = None, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Receipts, volume, incidence and Huawei's gain against the fee, and the rate that brings most."""
    from chipgate.errors import BadInputError
    from chipgate.results.fee_curve import METRICS, document, family_of, rows
    from chipgate.results.fee_curve import fee_curve as curve_of
    from chipgate.setup.scenario import parse_set

    data = catalogue_of(ctx)
    try:
        asked = [float(rate) for rate in rates.split(",")]
    except ValueError as error:
        raise BadInputError(f"--rates {rates!r} holds no numbers; write 0,0.15,0.3") from error
    family = family_of(data, chip)
    offers = [o.id for o in data.offers.values() if o.family == family and o.route == "legal"]
    extra = parse_set(setting or [])
    common: dict[str, Any] = {"as_of": as_of, "until": until, "draws": draws, "seed": seed, "data": data}
    curve = curve_of(
        lambda settings: _run(scenario, {**extra, **(settings or {})}, metrics=list(METRICS), **common), family, asked,
        offers=offers, months=months, progress=progress_line("fee curve", "runs"),
    )  # fmt: skip
    found = document(curve)
    if json:
        print_json(found)
        return
    cells = [
        (f"{row['rate']:.0%}", _three(row, "units"), _three(row, "receipts", 1e6), _three(row, "buyer_price"),
         _three(row, "on_buyer", 0.01), _three(row, "huawei_units"))
        for row in rows(curve)
    ]  # fmt: skip
    columns: list[Column] = [("fee", "right"), ("chips", "right"), ("receipts, USD m", "right"),
                             ("buyer's price, USD", "right"), ("borne by the buyer, %", "right"),
                             ("Huawei's gain, chips", "right")]  # fmt: skip
    out = console()
    out.print(
        table(columns, cells, title=f"{family}, {found['months'][0]} to {found['months'][1]}: median (10 % to 90 %)")
    )
    best = found["best_rate"]
    if best["p50"] is not None:
        out.print(f"Receipts are highest at {best['p50']:.0%} ({best['p10']:.0%} to {best['p90']:.0%}).")
    for note in found["notes"]:
        out.print(escape(note))


def _three(row: Mapping[str, Any], name: str, scale: float = 1.0) -> str:
    numbers = [row[f"{name}_{q}"] for q in ("p50", "p10", "p90")]
    if any(n is None for n in numbers):
        return "–"
    middle, low, high = (n / scale for n in numbers)
    return f"{middle:,.0f} ({low:,.0f} to {high:,.0f})"


def record(
    ctx: typer.Context,
    as_of: Annotated[str, typer.Option(help="Day up to which anything is known, YYYY-MM-DD.")] = "2026-06-30",
    draws: DrawsOption = 500, seed: SeedOption = 0,
    result: Annotated[Path | None, typer.Option("--in", help="Folder of a run to compare instead.")] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write the comparison as a page, such as docs/history.md.")
    ] = None,
    prior: Annotated[bool, typer.Option("--prior", help="What the priors say, not their posterior.")] = False,
    json: JsonFlag = False,
) -> None:  # fmt: skip
    """The model's history beside the published record, with its misses."""
    from chipgate.inference.page import z_score
    from chipgate.results.io import read_result
    from chipgate.results.record import METRICS, compare_with_record
    from chipgate.results.record_page import figure, record_markdown

    data: Catalogue = catalogue_of(ctx)
    if result is not None:
        ran = read_result(result)
    else:
        until = f"{int(as_of[:4])}-12" if as_of[:4].isdigit() else None
        ran = _run("h20-reopened", None, as_of=as_of, until=until, draws=draws, seed=seed, data=data,
                   prior=prior, metrics=list(METRICS), progress=progress_line("simulating"))  # fmt: skip
    found = compare_with_record(ran, data)
    if markdown is not None:
        _save_page(markdown, record_markdown(found, ran.attrs))
    if json:
        print_json(
            [
                {"observation": c.observation.id, "what": c.what, "unit": c.observation.unit,
                 "period": [str(c.observation.period_start), str(c.observation.period_end)],
                 "published": [c.observation.low, c.observation.value, c.observation.high],
                 "kind": c.observation.kind, "model": {"p5": c.p5, "p50": c.p50, "p95": c.p95}, "inside": c.inside,
                 "z": z_score(c)}
                for c in found
            ]
        )  # fmt: skip
        return
    cells = [
        ("" if c.inside else "miss", c.observation.id, f"{c.observation.period_start} to {c.observation.period_end}",
         escape(c.what), figure(c.observation.value), f"{figure(c.p50)} ({figure(c.p5)} to {figure(c.p95)})",
         c.observation.unit)
        for c in found
    ]  # fmt: skip
    columns: list[Column] = ["", "observation", "period", "what", ("published", "right"),
                             ("model, median (5 % to 95 %)", "right"), "unit"]  # fmt: skip
    inside = sum(c.inside for c in found)
    console().print(
        table(columns, cells, title=f"as of {ran.attrs['as_of']}: {inside} of {len(found)} within the band")
    )
    if markdown is not None:
        console().print(f"Written to {markdown}.")


def _save_page(path: Path, text: str) -> None:
    from chipgate.results.io import write_folder, write_text

    if path.is_dir():
        from chipgate.errors import BadInputError

        raise BadInputError(f"{path}: is a folder; give a file for --markdown")
    write_folder(path.parent, {path.name: write_text(text)})
