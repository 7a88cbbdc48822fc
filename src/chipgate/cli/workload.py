"""``workload``, ``workload-score`` and ``workload-fit``: what a language model does on a chip, and how well we know."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from chipgate.cli.common import Column, JsonFlag, catalogue_of, console, escape, print_json, table

if TYPE_CHECKING:
    from rich.console import Console

    from chipgate.catalogue import Catalogue

_VERBS: Final = {"training": "trains", "prefill": "reads prompts for", "decode": "decodes"}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(workload)
    app.command("workload-score")(workload_score)
    app.command("workload-fit")(workload_fit)


def workload(
    ctx: typer.Context,
    model: Annotated[str, typer.Option(help="Language model: id, name or checkpoint; `chipgate show models`.")],
    phase: Annotated[str, typer.Option(help="training, prefill or decode.")],
    chip: Annotated[str | None, typer.Argument(help="Chip: id, name or alias.")] = None,
    every: Annotated[bool, typer.Option("--all-chips", help="Rank every chip of the catalogue.")] = False,
    chips: Annotated[
        int | None, typer.Option(help="Chips of the system; 1,024 in training, else 8 (64 for experts), by default.")
    ] = None,
    precision: Annotated[str | None, typer.Option(help="Number format: bf16, fp8, int8, fp4, …")] = None,
    batch: Annotated[str | None, typer.Option(help="Sequences in the system (a step, in training), or best.")] = None,
    tokens_in: Annotated[int | None, typer.Option("--in", help="Mean input tokens; sequence length.")] = None,
    tokens_out: Annotated[int | None, typer.Option("--out", help="Mean output tokens.")] = None,
    tpot: Annotated[
        float | None, typer.Option(help="Most ms between tokens; 50 where the batch is searched, 0 for no limit.")
    ] = None,
    ttft: Annotated[float | None, typer.Option(help="Most ms for a prompt, in prefill.")] = None,
    layout: Annotated[str | None, typer.Option(help='Such as "TP8 PP2" or "DP-attention EP32".')] = None,
    tokens: Annotated[str | None, typer.Option(help="Tokens of a training run; 15T by default.")] = None,
    on: Annotated[str | None, typer.Option("--on", help="Day by which software is judged, YYYY-MM-DD.")] = None,
    software: Annotated[str | None, typer.Option(help="Engine, such as vllm; the usual of the stack.")] = None,
    json: JsonFlag = False,
) -> None:
    """What a language model does on a chip: throughput, what limits it, cost, nearest measurements."""
    from chipgate.api import workload as ask
    from chipgate.errors import SpecError

    if every == (chip is not None):
        raise SpecError("name one chip, or give --all-chips")
    document = ask(
        chip, model=model, phase=phase, chips=chips, precision=precision, batch=batch, tokens_in=tokens_in,
        tokens_out=tokens_out, tpot_ms=tpot, ttft_ms=ttft, layout=layout, tokens=tokens, on=on, software=software,
        data=catalogue_of(ctx),
    )  # fmt: skip
    if json:
        print_json(document)
    elif every:
        _print_ranking(console(), document)
    else:
        _print_one(console(), document, catalogue_of(ctx))


def _print_one(out: "Console", d: dict[str, Any], data: "Catalogue") -> None:
    chip, model = data.chips[d["chip"]].name, data.models[d["model"]].name
    rate = d["tokens_per_s_per_chip"]
    verb = _VERBS[d["phase"]]
    out.print(
        f"On {d['on']} {_article(chip)} {escape(chip)} {verb} {escape(model)} at {_n(rate['p50'])} tokens/s "
        f"({_n(rate['p10'])} to {_n(rate['p90'])}), mostly bound by {d['bound_by']}.",
        soft_wrap=True,
    )
    lengths = f"{d['tokens_in']:,.0f} in" + (f", {d['tokens_out']:,.0f} out" if d["tokens_out"] else "")
    shares = ", ".join(f"{name} {value:.0%}" for name, value in d["shares"].items())
    rows = [
        ("system", f"{d['chips']:,} chips, {d['layout']}, {d['precision']}, batch {d['batch']:,}, {lengths}"),
        ("software", f"{d['engine']} on {d['stack']}"),
        ("full specification", f"{_n(d['ideal_tokens_per_s_per_chip'])} tokens/s a chip"),
        ("model FLOPs used", f"{d['mfu']:.1%}"),
        ("time by resource", shares),
        ("memory", f"{d['memory_gb']:.3g} of {d['chip_memory_gb']:g} GB"),
    ]
    if d["tpot_ms"] is not None:
        rows.append(("between tokens", f"{d['tpot_ms']:.3g} ms"))
    if d["phase"] == "prefill":
        rows.append(("first token", f"{d['ttft_ms']:.3g} ms"))
    rows.append(("power", f"{d['watts']:g} W, {_span(d['tokens_per_joule'])} tokens a joule"))
    rows += _cost_rows(d)
    out.print(table(["", "median (10 to 90 %)"], [(name, escape(text)) for name, text in rows]))
    if d["nearest_measurements"]:
        cells = [
            (n["id"], escape(n["what"]), n["metric"].replace("_", " "), _n(n["measured"]), _span(n["predicted"]))
            for n in d["nearest_measurements"]
        ]
        columns: list[Column] = ["row", "nearest measurements", "metric", ("measured", "right"), "predicted without it"]
        out.print(table(columns, cells))
    for note in d["notes"]:
        out.print(f"  {escape(note)}", soft_wrap=True)


def _cost_rows(d: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if d["usd_per_chip_hour"] is None:
        rows.append(("cost", d["no_cost"]))
    else:
        rows.append(("USD a chip-hour", _span(d["usd_per_chip_hour"])))
        rows.append(("USD a million tokens", _span(d["usd_per_million_tokens"])))
    run = d.get("training_run")
    if run:
        what = f"{run['tokens'] / 1e12:g}T tokens on {run['chips']:,} chips"
        rows.append((what, f"{_span(run['days'])} days"))
        if run["usd"]:
            rows.append(("cost of the run", f"{_span({k: v / 1e6 for k, v in run['usd'].items()})} million USD"))
    if d.get("fleet"):
        day = {k: v / 1e9 for k, v in d["fleet"]["tokens_per_day"].items()}
        rows.append(("tokens a day", f"{_span(day)} billion, {d['fleet']['chips']:,} chips"))
    return rows


def _print_ranking(out: "Console", d: dict[str, Any]) -> None:
    limit = f", within {d['limit_ms']:g} ms" if d["limit_ms"] else ""
    columns: list[Column] = [
        ("", "right"), "chip", ("chips", "right"), "format", "layout", ("tokens/s a chip", "right"), "10 to 90 %",
        ("USD a million", "right"), ("tokens a joule", "right"), "bound by", "measured",
    ]  # fmt: skip
    cells = []
    for row in d["ranking"]:
        rate, usd = row["tokens_per_s_per_chip"], row["usd_per_million_tokens"]
        cells.append(
            (str(row["rank"]), escape(row["name"].partition(" (")[0]), f"{row['chips']:,}", row["precision"],
             row["layout"].replace("-attention", ""),
             _n(rate["p50"]), f"{_n(rate['p10'])} to {_n(rate['p90'])}", _n(usd["p50"]) if usd else "–",
             _n(row["tokens_per_joule"]["p50"]), row["bound_by"], "yes" if row["measured"] else "no")
        )  # fmt: skip
    out.print(table(columns, cells, title=f"{d['model']}, {d['phase']}, on {d['on']}{limit}"))
    for note in d["notes"]:
        out.print(f"  {escape(note)}", soft_wrap=True)
    if d["cannot"]:
        out.print(table(["cannot", "why"], [(row["chip"], escape(row["reason"])) for row in d["cannot"]]))


def workload_score(
    ctx: typer.Context,
    measurements: Annotated[
        Path | None, typer.Argument(help="CSV with the columns of measurements; the embedded ones by default.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Score the model's predictions against measurements; rows in the fit are predicted without their run."""
    from chipgate.api import workload_score as score

    document = score(measurements, data=catalogue_of(ctx))
    if json:
        print_json(document)
        return
    out = console()
    where = "the embedded measurements" if measurements is None else measurements.name
    own = document["n_left_out_of_fit"]
    out.print(
        f"{document['n']} rows of {escape(where)} predicted, {document['n_unmodelled']} not modelled; {own} are in the "
        "fit and were predicted from the other runs alone.",
        soft_wrap=True,
    )
    rows = [("all", "", *_scores(document))]
    for kind in ("accelerator", "phase", "model"):
        rows += [(kind, escape(name), *_scores(group)) for name, group in document["by"][kind].items()]
    columns: list[Column] = ["by", "", ("rows", "right"), ("median error", "right"), ("mean error", "right"),
                             ("in 80 % band", "right"), ("bias", "right")]  # fmt: skip
    out.print(table(columns, rows))
    lost = [row for row in document["rows"] if not row["modelled"]]
    if lost:
        out.print(table(["row", "not modelled, because"], [(escape(r["id"]), escape(r["reason"])) for r in lost]))


def _scores(group: dict[str, Any]) -> tuple[str, ...]:
    if not group["n"]:
        return "0", "–", "–", "–", "–"
    return (
        str(group["n"]), f"{group['median_ape']:.1%}", f"{group['mean_ape']:.1%}", f"{group['coverage_80']:.0%}",
        f"{group['bias']:+.1%}",
    )  # fmt: skip


def workload_fit(
    ctx: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="File of the fit (.npz); by default the package's own, with the rates.")
    ] = None,
    rates: Annotated[
        Path | None, typer.Option(help="Also write the market's reference throughputs (.csv): a fit a vintage.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Fit the efficiencies to the measurements anew and validate them; takes minutes."""
    from chipgate.api import workload_fit as fit
    from chipgate.workload import store

    data = catalogue_of(ctx)
    if out is None:
        out, rates = data.roots[0] / store.FILE, rates or data.roots[0] / "workload" / "reference.csv"
    _check_file(out, "--out", ".npz")
    if rates is not None:
        _check_file(rates, "--rates", ".csv")
    about = fit(out, rates=rates, data=data, report=lambda text: print(text, file=sys.stderr, flush=True))
    if json:
        print_json({"file": out.name, **about})
        return
    columns: list[Column] = ["", ("rows", "right"), ("median error", "right"), ("mean error", "right"),
                             ("in 80 % band", "right"), ("bias", "right")]  # fmt: skip
    rows = [
        ("held out", *_scores(about["validation"])),
        ("each run from the others", *_scores(about["leave_run_out"])),
    ]
    console().print(table(columns, rows, title=f"written to {out.name}"))


def _check_file(path: Path, flag: str, ending: str) -> None:
    """Refuse a place that cannot be written, before minutes are spent."""
    from chipgate.errors import BadInputError

    if path.is_dir() or not path.parent.is_dir() or path.suffix != ending:
        raise BadInputError(f"{flag} {path}: give a file that ends in {ending}, in a folder that exists")


def _article(name: str) -> str:
    spelt = name[1:2].isupper() or name[1:2].isdigit()  # H20, AMD
    return "an" if name[0] in ("AEFHILMNORSX" if spelt else "AEIO") else "a"


def _n(value: float) -> str:
    """Three significant digits, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _span(q: dict[str, float]) -> str:
    return f"{_n(q['p50'])} ({_n(q['p10'])} to {_n(q['p90'])})"
