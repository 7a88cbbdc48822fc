"""``calibrate``: fit the priors to the record known by a day."""

import sys
from collections.abc import Callable
from datetime import date
from json import dumps, loads
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from chipgate.cli.common import Column, JsonFlag, catalogue_of, console, print_json, table

if TYPE_CHECKING:
    from chipgate.catalogue import Catalogue
    from chipgate.setup.posterior import Posterior

SYNTHETIC: Final = "synthetic.json"
NUTS: Final = "nuts-{}.json"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(calibrate)


def calibrate(
    ctx: typer.Context,
    as_of: Annotated[
        list[str] | None, typer.Option(help="Day up to which anything is known; the days that ship by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the files; `--data` reads OUT/posterior.")] = Path(
        "out/calibrate"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Seed of the samplers.")] = 0,
    members: Annotated[int, typer.Option(min=128, max=100_000, help="Size of the ensemble.")] = 1024,
    nuts: Annotated[
        bool, typer.Option("--nuts", help="Instead, put NUTS beside the ensemble; goes on where it was stopped.")
    ] = False,
    warmup: Annotated[int, typer.Option(min=10, help="NUTS: iterations of warm-up of a chain.")] = 100,
    samples: Annotated[int, typer.Option(min=10, help="NUTS: iterations of a chain after warm-up.")] = 150,
    synthetic: Annotated[
        int, typer.Option(min=0, help="Instead, fit this many synthetic records of the day and test the fit.")
    ] = 0,
    page: Annotated[
        Path | None, typer.Option(help="Instead, write the page on the shipped posteriors, docs/calibration.md.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Fit the priors to the record: a posterior by as-of date."""
    from chipgate.inference.calibrate import AS_OF
    from chipgate.timegrid import covered_day

    data = catalogue_of(ctx)
    days = [covered_day(day) for day in as_of] if as_of else list(AS_OF)
    if page is not None:
        _page(data, page, out)
    elif synthetic:
        _synthetic(data, days[-1], synthetic, members, seed, out)
    elif nuts:
        _nuts(ctx, days[-1], (members, warmup, samples, seed), out)
    else:
        _fit(ctx, days, (members, seed), out, json)


def _fit(ctx: typer.Context, days: list[date], size: tuple[int, int], out: Path, json: bool) -> None:
    """Fit each day; a day whose file was made from the same data and model is kept as it is."""
    from chipgate.inference.calibrate import document, fit, kept, write
    from chipgate.setup.posterior import FOLDER

    data, (members, seed) = catalogue_of(ctx), size
    rows = []
    for day in days:
        made = kept(out / FOLDER, data, day, members, seed)
        if made is None:
            fitted = fit(day, extra=ctx.obj, seed=seed, members=members, say=_say(day))
            made = document(data, fitted, seed)
            write(out / FOLDER, made)
        rows.append({key: made[key] for key in ("as_of", "method", "hash", "diagnostics")} | {
            "streams": len(made["streams"]), "observations": len(made["observations"]), "file": f"{day}.json",
        })  # fmt: skip
    if json:
        print_json(rows)
        return
    columns: list[Column] = ["as of", ("figures", "right"), ("streams", "right"), ("miss before", "right"),
                             ("after", "right"), "hash"]  # fmt: skip
    cells = [
        (r["as_of"], str(r["observations"]), str(r["streams"]), f"{r['diagnostics']['miss_before']:.2f}",
         f"{r['diagnostics']['miss_after']:.2f}", r["hash"])
        for r in rows
    ]  # fmt: skip
    console().print(table(columns, cells))
    console().print("Miss: root mean square of the mean residuals, in standard deviations of the errors.")
    console().print(f"Written to {out / FOLDER}.")


def _nuts(ctx: typer.Context, day: date, sizes: tuple[int, int, int, int], out: Path) -> None:
    """Put NUTS beside the ensemble and keep the outcome for the page."""
    from chipgate.inference.calibrate import second_opinion
    from chipgate.inference.nuts import Size

    data, (members, warmup, samples, seed) = catalogue_of(ctx), sizes
    posterior = _shipped(data, day)
    found = second_opinion(
        day, posterior.names, Size(warmup=warmup, samples=samples, seed=seed), out / f"nuts-{day}.pickle",
        extra=ctx.obj, members=members, say=_say(day),
    )  # fmt: skip
    _keep(out / NUTS.format(day), found)


def _shipped(data: "Catalogue", day: date) -> "Posterior":
    from chipgate.errors import BadInputError
    from chipgate.setup.posterior import latest

    posterior = latest(data, day)
    if posterior is None or posterior.as_of != day:
        raise BadInputError(f"no posterior of {day} ships; give the --as-of of one that does")
    return posterior


def _keep(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(dumps(found, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)
    print_json(found)


def _synthetic(data: "Catalogue", day: date, replicates: int, members: int, seed: int, out: Path) -> None:
    """Fit synthetic records and keep the outcome for the page."""
    from chipgate.inference.paths import Paths
    from chipgate.inference.synthetic import calibration

    names = _shipped(data, day).names
    found = calibration(Paths(data, day, names), replicates, seed, members=members, say=_say(day)).document()
    _keep(out / SYNTHETIC, {"as_of": day.isoformat(), "members": members, **found})


def _page(data: "Catalogue", path: Path, out: Path) -> None:
    from chipgate.api import run
    from chipgate.inference.page import attributes, shipped
    from chipgate.inference.page import page as page_of
    from chipgate.results.io import write_folder, write_text
    from chipgate.results.record import METRICS, compare_with_record

    posteriors = shipped(data)
    day = posteriors[-1].as_of
    runs = [
        run("h20-reopened", as_of=day.isoformat(), until=f"{day.year + (day.month == 12)}-12", draws=500, data=data,
            metrics=list(METRICS), prior=prior)
        for prior in (False, True)
    ]  # fmt: skip
    fitted, plain = (compare_with_record(one, data) for one in runs)
    opinions = [one for path in sorted(out.glob(NUTS.format("*"))) if (one := _told(path)) is not None]
    told = page_of(data, posteriors, fitted, plain, _told(out / SYNTHETIC), opinions, attributes(runs[0]))
    write_folder(path.parent, {path.name: write_text(told)})


def _told(path: Path) -> dict[str, Any] | None:
    return loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _say(day: date) -> Callable[[str], None]:
    def say(text: str) -> None:
        sys.stderr.write(f"calibrate {day}: {text}\n")
        sys.stderr.flush()

    return say
