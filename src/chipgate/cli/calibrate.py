"""``calibrate``: fit the priors to the record known by a day."""

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from chipgate.cli.common import Column, JsonFlag, catalogue_of, console, print_json, table


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
    days = [covered_day(day) for day in as_of] if as_of else list(AS_OF)
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
