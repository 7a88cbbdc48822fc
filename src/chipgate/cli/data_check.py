"""``data check``: every shipped number has its unit, source and date, and every name that crosses files exists."""

from pathlib import Path
from typing import Annotated

import typer

from chipgate.cli.common import JsonFlag, catalogue_of, console, print_json

data_app = typer.Typer(help="The data behind every figure.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    app.add_typer(data_app, name="data")


@data_app.callback()
def _group() -> None:
    """The data behind every figure."""


@data_app.command("check")
def data_check(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(help="A whole data folder to check; the embedded one by default.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Check units, ranges, sources, dates, staleness and names that cross files."""
    from chipgate.catalogue import Catalogue
    from chipgate.catalogue.catalogue import KINDS
    from chipgate.catalogue.check import check
    from chipgate.news.lists import lists
    from chipgate.rules.book import RuleBook

    data = Catalogue(folder) if folder is not None else catalogue_of(ctx)
    faults = check(data)
    if not faults:
        RuleBook(data.clauses)  # raises where a test does not parse
        lists(data)  # raises where a list of the news reader is wrong
    counts = {kind: len(data.table(kind)) for kind in KINDS} if not faults else {}
    if json:
        document = {
            "folder": str(folder) if folder else "embedded",
            "compiled": data.compiled.isoformat() if not faults else None,
            "records": counts,
            "faults": [
                {
                    "file": f.place.path.name,
                    "line": f.place.line,
                    "record": f.record,
                    "message": f.message,
                    "fix": f.fix,
                }
                for f in faults
            ],
        }
        print_json(document)
    elif faults:
        for fault in faults:
            typer.echo(str(fault), err=True)
    else:
        total = sum(counts.values())
        listed = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        console().print(f"{total} records, no fault: {listed}; closed on {data.compiled}, hash {data.fingerprint}.")
    if faults:
        typer.echo(f"chipgate: {len(faults)} faults in the data; mend the lines above", err=True)
        raise typer.Exit(2)
