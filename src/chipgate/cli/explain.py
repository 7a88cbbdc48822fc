"""``explain``: formula, inputs, source and current value of a metric."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipgate.cli.common import Column, JsonFlag, catalogue_of, console, escape, print_json, table
from chipgate.cli.simulate import progress_line

if TYPE_CHECKING:
    import xarray as xr

_DRAWS = 200
"""Draws of the run that gives a current value where no run is named."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(explain)


def explain(
    ctx: typer.Context,
    metric: Annotated[str | None, typer.Argument(help="Metric; a list of all by default.")] = None,
    result: Annotated[
        Path | None, typer.Option("--in", help="Folder of a run, for current values; by default a small run is made.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Formula, inputs, unit, source and current value of a metric."""
    from chipgate.api import check_metrics
    from chipgate.errors import BadInputError
    from chipgate.metrics import METRICS
    from chipgate.results.explain import inputs_of

    if metric is None and result is not None:
        raise BadInputError("--in gives the current value of one metric; name it: chipgate explain METRIC --in DIR")
    check_metrics([metric] if metric else [])
    chosen = [METRICS[metric]] if metric else list(METRICS.values())
    documents: list[dict[str, Any]] = [
        {"metric": m.name, "label": m.label, "unit": m.unit, "axes": list(m.axes), "months_add_up_by": m.adds,
         "formula": m.formula, "inputs": inputs_of(m), "source": m.source, "headline": m.headline}
        for m in chosen
    ]  # fmt: skip
    if metric is None:
        if json:
            print_json(documents)
            return
        rows = [(m.name, m.unit, ", ".join(m.axes), escape(m.label)) for m in chosen]
        console().print(table(["metric", "unit", "by", "what it is"], rows))
        return
    data = _run_of(ctx, metric, result)
    if json:
        from chipgate.results.dataset import metric_document

        attrs = data.attrs
        documents[0]["value"] = metric_document(data[metric])
        documents[0]["value_from"] = {
            "scenario": str(attrs["scenario"]), "as_of": str(attrs["as_of"]), "draws": int(attrs["draws"]),
            "seed": int(attrs["seed"]),
        }  # fmt: skip
        print_json(documents[0])
        return
    _print(documents[0], data)


def _run_of(ctx: typer.Context, metric: str, result: Path | None) -> "xr.Dataset":
    from chipgate.api import run
    from chipgate.errors import DataError
    from chipgate.results.io import read_result

    if result is None:
        return run(draws=_DRAWS, metrics=[metric], data=catalogue_of(ctx), progress=progress_line("simulating"))
    data = read_result(result)
    if metric not in data:
        raise DataError(f"holds no {metric}", path=result, fix="give the folder of a run with all metrics")
    return data


def _print(document: dict[str, Any], data: "xr.Dataset") -> None:
    from chipgate.results.explain import standings
    from chipgate.results.record_page import figure

    out = console()
    lines = {
        "metric": document["metric"], "what it is": document["label"], "unit": document["unit"],
        "by": ", ".join(document["axes"]) or "nothing but month and draw",
        "months add up by": document["months_add_up_by"], "formula": document["formula"],
        "inputs": "; ".join(f"{x['name']} ({x['kind']})" for x in document["inputs"]), "source": document["source"],
    }  # fmt: skip
    for key, value in lines.items():
        out.print(f"{key:<18} {escape(str(value))}")
    attrs = data.attrs
    rows = standings(data[document["metric"]], str(attrs["as_of"]))
    if not rows:
        out.print("It is nought in all draws at the as-of date, a year on, and at the end of the run.")
        return
    months = list(rows[0]["figures"])
    columns: list[Column] = ["", *((m, "right") for m in months)]
    cells = [
        (escape(row["label"].replace("_", " ")), *(f"{figure(p[1])} ({figure(p[0])} to {figure(p[2])})"
         for p in row["figures"].values()))
        for row in rows
    ]  # fmt: skip
    title = f"{attrs['scenario']} as of {attrs['as_of']}, {attrs['draws']:,} draws: median (10 % to 90 %)"
    out.print(table(columns, cells, title=title))
    out.print(f"What drives it: chipgate sensitivity --metric {document['metric']}")
