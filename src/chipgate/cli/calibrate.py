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

_OUTCOME: Final = "synthetic.json"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(calibrate)


def calibrate(
    ctx: typer.Context,
    as_of: Annotated[
        list[str] | None, typer.Option(help="Day up to which anything is known; the days that ship by default.")
    ] = None,
    method: Annotated[str | None, typer.Option(help="laplace or nuts; by default that of the shipped file.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the files; `--data` reads OUT/posterior.")] = Path(
        "out/calibrate"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Seed of the samplers.")] = 0,
    warmup: Annotated[int, typer.Option(min=25, help="NUTS: iterations of warm-up of a chain.")] = 150,
    samples: Annotated[int, typer.Option(min=25, help="NUTS: iterations of a chain after warm-up.")] = 400,
    synthetic: Annotated[
        int, typer.Option(min=0, help="Instead, fit this many synthetic records of the day and test the fit.")
    ] = 0,
    page: Annotated[
        Path | None, typer.Option(help="Instead, write the page on the shipped posteriors, docs/calibration.md.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Fit the priors to the record: a posterior by as-of date. NUTS goes on where it was stopped."""
    from chipgate.errors import BadInputError
    from chipgate.inference.calibrate import AS_OF, SHIPPED, document, fit, write
    from chipgate.inference.nuts import Plan
    from chipgate.setup.posterior import FOLDER
    from chipgate.timegrid import covered_day

    data = catalogue_of(ctx)
    if method not in (None, "laplace", "nuts"):
        raise BadInputError(f"method is {method!r}; give laplace or nuts")
    if page is not None:
        _page(data, page, out)
        return
    days = [covered_day(day) for day in as_of] if as_of else list(AS_OF)
    if synthetic:
        _synthetic(data, days[-1], synthetic, seed, out)
        return
    rows = []
    for day in days:
        how = method or SHIPPED.get(day, "laplace")
        fitted = fit(
            data, day, "nuts" if how == "nuts" else "laplace", folder=out / "state" / day.isoformat(),
            sizes=Plan(warmup=warmup, samples=samples, seed=seed), extra=ctx.obj, seed=seed, say=_say(day),
        )  # fmt: skip
        made = document(data, fitted, seed)
        path = write(out / FOLDER, made)
        rows.append({key: made[key] for key in ("as_of", "method", "hash", "diagnostics")} | {
            "streams": len(made["streams"]), "observations": len(made["observations"]), "file": path.name,
        })  # fmt: skip
    if json:
        print_json(rows)
        return
    columns: list[Column] = ["as of", "method", ("observations", "right"), ("streams", "right"), "check", "hash"]
    cells = [
        (r["as_of"], r["method"], str(r["observations"]), str(r["streams"]), _check(r["diagnostics"]), r["hash"])
        for r in rows
    ]
    console().print(table(columns, cells))
    console().print(f"Written to {out / FOLDER}.")


def _synthetic(data: "Catalogue", day: date, replicates: int, seed: int, out: Path) -> None:
    """Fit synthetic records and keep the outcome for the page."""
    from chipgate.errors import BadInputError
    from chipgate.inference.paths import Paths
    from chipgate.inference.synthetic import calibration
    from chipgate.setup.posterior import latest

    posterior = latest(data, day)
    if posterior is None or posterior.as_of != day:
        raise BadInputError(f"no posterior of {day} ships; give the --as-of of one that does")
    found = calibration(Paths(data, day, posterior.names), replicates, seed, _say(day)).document()
    found["as_of"] = day.isoformat()
    out.mkdir(parents=True, exist_ok=True)
    (out / _OUTCOME).write_text(dumps(found, indent=1) + "\n", encoding="utf-8")
    print_json(found)


def _page(data: "Catalogue", path: Path, out: Path) -> None:
    from chipgate.api import run
    from chipgate.inference.page import attributes, shipped
    from chipgate.inference.page import page as page_of
    from chipgate.results.record import METRICS, compare_with_record

    posteriors = shipped(data)
    day = posteriors[-1].as_of
    runs = [
        run("h20-reopened", as_of=day.isoformat(), until=f"{day.year + (day.month == 12)}-12", draws=500, data=data,
            metrics=list(METRICS), prior=prior)
        for prior in (False, True)
    ]  # fmt: skip
    found = out / _OUTCOME
    told = loads(found.read_text(encoding="utf-8")) if found.exists() else None
    fitted, plain = (compare_with_record(one, data) for one in runs)
    path.write_text(page_of(data, posteriors, fitted, plain, told, attributes(runs[0])), encoding="utf-8")


def _check(found: dict[str, Any]) -> str:
    if "nuts" in found:
        told = found["nuts"]
        return f"R-hat {told['largest_r_hat']:.3f}, effective {told['least_effective']:.0f}"
    return f"k-hat {found['importance'][-1]['k_hat']:.2f}"


def _say(day: date) -> Callable[[str], None]:
    def say(text: str) -> None:
        sys.stderr.write(f"calibrate {day}: {text}\n")
        sys.stderr.flush()

    return say
