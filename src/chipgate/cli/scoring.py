"""``score``, ``backtest`` and ``forecast``: how good the forecasts are."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipgate.cli.common import Column, JsonFlag, catalogue_of, console, escape, print_json, table
from chipgate.cli.simulate import DrawsOption, SeedOption, progress_line
from chipgate.errors import BadInputError

if TYPE_CHECKING:
    from chipgate.catalogue import Catalogue
    from chipgate.scoring.runs import Runs

CacheOption = Annotated[
    Path | None, typer.Option(help="Folder that keeps runs, so that a killed command goes on where it was.")
]
ObservationsArgument = Annotated[
    Path, typer.Argument(help="CSV with the columns of the package's observations, or of the shared record.")
]
PriorOption = Annotated[
    bool, typer.Option("--prior", help="Leave the record's posterior aside; draw from the priors alone.")
]
DaysOption = Annotated[
    list[str] | None, typer.Option("--as-of", help="As-of date, YYYY-MM-DD; may be given several times.")
]

forecast_app = typer.Typer(name="forecast", no_args_is_help=True, help="Forecasts frozen with a date and a hash.")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(score)
    app.command()(backtest)
    app.add_typer(forecast_app)


def score(
    ctx: typer.Context, observations: ObservationsArgument,
    frozen: Annotated[Path | None, typer.Option(help="Score this frozen forecast instead of fresh ones.")] = None,
    as_of: DaysOption = None, draws: DrawsOption = 500, seed: SeedOption = 0, cache: CacheOption = None,
    prior: PriorOption = False, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Score forecasts against published figures, each from the last as-of date before its period began."""
    from chipgate.scoring.cases import FURTHER, ROLLING
    from chipgate.scoring.documents import frozen_document, score_document
    from chipgate.targets.read import read_observations

    data = catalogue_of(ctx)
    if frozen is not None:
        from chipgate.scoring.frozen import read_frozen

        _only_frozen(as_of)
        kept = read_frozen(frozen)
        rows = read_observations(observations, data)
        document = frozen_document(kept, rows, list(data.observations.values()))
    else:
        rows = read_observations(observations, data)
        days = _days(as_of, (*FURTHER, *ROLLING))
        runs = _runs(data, draws, seed, cache, prior)
        line = progress_line("scoring", "as-of dates")
        document = score_document(rows, list(data.observations.values()), runs, days, line)
    _show(document, json)


def backtest(
    ctx: typer.Context, as_of: DaysOption = None, draws: DrawsOption = 500, seed: SeedOption = 0,
    cache: CacheOption = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write the scoreboard, such as docs/scoreboard.md, with figures beside it.")
    ] = None,
    prior: PriorOption = False,
    json: JsonFlag = False,
) -> None:  # fmt: skip
    """Rolling forecasts of the record, one to four quarters ahead, beside naive and published ones."""
    from chipgate.scoring.cases import ROLLING
    from chipgate.scoring.documents import backtest_document

    if prior and markdown is not None:
        raise BadInputError("--markdown: the scoreboard shows the posterior and the priors; leave out --prior")
    data = catalogue_of(ctx)
    days = _days(as_of, ROLLING)
    late = next((day for day in days if day >= data.compiled), None)
    if late is not None:
        raise BadInputError(
            f"--as-of {late}: the record was closed on {data.compiled}, so nothing that came later can be scored; "
            "give an earlier day"
        )
    runs = _runs(data, draws, seed, cache, prior)
    known = list(data.observations.values())
    document = backtest_document(known, runs, days, progress_line("backtest", "as-of dates"))
    if markdown is not None:
        plain = backtest_document(
            known, _runs(data, draws, seed, cache, True), days, progress_line("backtest from priors", "as-of dates")
        )
        _write_scoreboard(markdown, document, plain, data, (draws, seed, cache))
    _show(document, json)


def _write_scoreboard(
    path: Path, document: dict[str, Any], plain: dict[str, Any], data: "Catalogue",
    size: tuple[int, int, Path | None],
) -> None:  # fmt: skip
    from chipgate.results.io import write_folder, write_text
    from chipgate.scoring.figure import figures
    from chipgate.scoring.h20 import question
    from chipgate.scoring.page import scoreboard
    from chipgate.scoring.rivals import rivals_document

    if path.is_dir():
        raise BadInputError(f"{path}: is a folder; give a file for --markdown")
    asked = question(lambda own: _runs(own, *size), data, progress_line("H20 variants", "runs"))
    rivals = rivals_document(data, _runs(data, *size))
    drawn = figures(document, asked)
    write_folder(path.parent / "img" / "scoreboard", {name: write_text(text) for name, text in drawn.items()})
    write_folder(path.parent, {path.name: write_text(scoreboard(document, plain, asked, rivals, list(drawn)))})


@forecast_app.command("freeze")
def freeze(
    ctx: typer.Context,
    out: Annotated[Path | None, typer.Option(help="File to write; stdout by default.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Day up to which anything is known; the day the record was closed by default.")
    ] = None,
    made: Annotated[
        str | None, typer.Option("--date", help="Day on which the forecast is made; the as-of date by default.")
    ] = None,
    draws: DrawsOption = 1000, seed: SeedOption = 0, cache: CacheOption = None, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Freeze what this version forecasts, to be scored later."""
    import sys

    from chipgate.errors import DateError
    from chipgate.results.io import write_folder, write_text
    from chipgate.scoring.engine import REACH
    from chipgate.scoring.frozen import freeze as made_of
    from chipgate.scoring.frozen import frozen_text
    from chipgate.timegrid import add_months, covered_day

    data = catalogue_of(ctx)
    day = covered_day(as_of) if as_of is not None else data.compiled
    on = covered_day(made) if made is not None else day
    if on < day:
        raise DateError(f"--date {on} lies before the as-of date {day}; a forecast cannot know what came after it")
    until = max(add_months(day, REACH), date(day.year + 1, 12, 1))
    document = made_of(_runs(data, draws, seed, cache).get(day, until), list(data.observations.values()), on)
    text = frozen_text(document)
    if out is None:
        sys.stdout.write(text)
        return
    write_folder(out.parent, {out.name: write_text(text)})
    said = {"file": out.name, "as_of": str(day), "made": str(on), "forecasts": len(document["forecasts"]),
            "sha256": document["sha256"]}  # fmt: skip
    if json:
        print_json(said)
    else:
        console().print(f"{said['forecasts']} forecasts as of {day} written to {out}, SHA-256 {said['sha256']}.")


@forecast_app.command("score")
def score_file(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="Frozen forecast.")],
    observations: ObservationsArgument, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Score a frozen forecast against published figures."""
    from chipgate.scoring.documents import frozen_document
    from chipgate.scoring.frozen import read_frozen
    from chipgate.targets.read import read_observations

    data = catalogue_of(ctx)
    kept = read_frozen(file)
    rows = read_observations(observations, data)
    _show(frozen_document(kept, rows, list(data.observations.values())), json)


def _only_frozen(as_of: Sequence[str] | None) -> None:

    if as_of:
        raise BadInputError("--frozen and --as-of exclude each other: a frozen forecast has its own as-of date")


def _days(given: Sequence[str] | None, usual: Sequence[date]) -> list[date]:
    from chipgate.timegrid import covered_day

    return sorted({covered_day(text) for text in given}) if given else sorted(usual)


def _runs(data: "Catalogue", draws: int, seed: int, cache: Path | None, prior: bool = False) -> "Runs":
    from chipgate.api import run
    from chipgate.scoring.runs import Runs
    from chipgate.setup.posterior import shipped_hash

    simulate: Callable[..., Any] = partial(run, "h20-reopened", data=data, prior=prior)
    fitted = "priors alone" if prior else shipped_hash(data)
    return Runs(simulate, f"{data.fingerprint} {fitted}", draws, seed, cache)


def _show(document: dict[str, Any], json: bool) -> None:
    if json:
        print_json(document)
        return
    out = console()
    rows = [_target_cells(row) for row in document["targets"]]
    columns: list[Column] = ["target", ("n", "right"), ("80 % band holds", "right"), ("CRPS", "right"),
                             ("best naive", "right"), ("skill", "right")]  # fmt: skip
    out.print(table(columns, rows, title="by target"))
    shares = ", ".join(f"{b} %: {_percent(document[f'coverage_{b}'])}" for b in (50, 80, 90))
    out.print(f"{document['n']} scored. Bands that should hold so many percent hold: {shares}.")
    skill = document["crps_skill"]
    words = "no target has a past of its own" if skill is None else f"{skill:+.2f}"
    out.print(f"CRPS skill over the best naive forecast, averaged over targets: {words}.")
    for row in document.get("unmapped", []):
        out.print(escape(f"not scored: {row['id']}: {row['reason']}"))


def _target_cells(row: dict[str, Any]) -> tuple[str, ...]:
    from chipgate.results.record_page import figure

    own = row["against"]
    naive = "–" if own is None else f"{own['best']}, {figure(own['best_score'])}"
    skill = "–" if own is None or own["skill"] is None else f"{own['skill']:+.2f}"
    return (escape(row["words"]), str(row["n"]), _percent(row["coverage_80"]), figure(row["crps"]), naive, skill)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
