"""``hazards``: rates of both governments' moves as they follow from the event record on a day."""

from typing import Annotated

import typer

from chipgate.cli.common import JsonFlag, catalogue_of, console, print_json, table


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(hazards)


def hazards(
    ctx: typer.Context,
    as_of: Annotated[str, typer.Option("--as-of", help="Last day on which anything is known.")] = "2025-08-17",
    rule: Annotated[
        str | None, typer.Option(help="Rule, of `chipgate show hazard-rules`; the first by default.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Moves of both gates counted by episode, months at risk, and the rates that follow, with their bands."""
    from chipgate.errors import BadInputError
    from chipgate.setup.hazard_table import hazard_document
    from chipgate.timegrid import FIRST_DAY, parse_day

    data, day = catalogue_of(ctx), parse_day(as_of)
    if not FIRST_DAY <= day <= data.compiled:
        raise BadInputError(f"--as-of {day}: the record runs from {FIRST_DAY} to {data.compiled}; give a day in it")
    found = hazard_document(data, day, data.hazard_rules.find(rule) if rule else None)
    if json:
        print_json(found)
        return
    rows = [
        [r["move"], r["episode"], f"{r['events']:.2f}", f"{r['months']:.1f}", *_cells(r["a_month"])]
        for r in found["rates"]
    ]
    answer = found["reaction"]
    rows.append(["answer to a re-opening", "chance" if answer["told_apart"] else "not told apart",
                 f"{answer['followed']:.2f}", f"{answer['openings']:g}", *_cells(answer["chance"])])  # fmt: skip
    title = f"Moves a month as of {day}, rule {found['rule']}"
    head = ["move", "episode", "moves", "months at risk", "mean", "10 %", "median", "90 %"]
    console().print(table(head, rows, title=title))
    starts = [[r["family"], *(f"{x:.2f}" for x in r["levels"])] for r in found["start"]]
    head = ["chips", "welcome", "discouraged", "case by case", "blocked"]
    console().print(table(head, starts, title="Beijing's gate that day, for internet platforms"))


def _cells(band: dict[str, float] | None) -> list[str]:
    return [""] * 4 if band is None else [f"{band[name]:.4f}" for name in ("mean", "p10", "p50", "p90")]
