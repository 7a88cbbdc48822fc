"""``read``: an article to dated, graded events, and on to a scenario."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipgate.cli.common import JsonFlag, catalogue_of, console, escape, print_json, table
from chipgate.errors import BadInputError

if TYPE_CHECKING:
    from chipgate.catalogue import Catalogue
    from chipgate.news.records import Document, Event


_SHOWN = 130
"""Characters of an event's text in the table."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(read)


def read(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="Article as plain text or a saved HTML page; - reads standard input.")],
    published: Annotated[str | None, typer.Option(help="Day of publication, YYYY-MM-DD.")] = None,
    date_order: Annotated[str | None, typer.Option(help="Of dates such as 1/8/2025: dmy or mdy.")] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="Write a scenario of the article's day; chipgate run takes it.")
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Edit the table of events in $VISUAL or $EDITOR.")] = False,
    json: JsonFlag = False,
) -> None:
    """Read an article: the dated, graded events that it states, and a scenario to run with them."""
    from dataclasses import replace

    from chipgate.news.read import read_document
    from chipgate.timegrid import parse_day

    data = catalogue_of(ctx)
    day = parse_day(published) if published else None
    document = read_document(_input(file), published=day, date_order=date_order, name=file, data=data)
    if edit:
        document = replace(document, events=tuple(_edited(document.events, data)))
    written = None
    if scenario is not None:
        from chipgate.setup.article import write_scenario

        written = write_scenario(document, document.events, scenario, data)
    if json:
        found = document.to_json()
        print_json(found | {"scenario": str(scenario)} if written else found)
        return
    _print(document)
    if written:
        console().print(f"Written to {scenario}; run it: chipgate run {escape(str(scenario))}")


def _input(file: str) -> bytes:
    from chipgate.news.encoding import MOST_BYTES, too_long

    if file == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    path = Path(file)
    try:
        if path.is_dir():
            raise BadInputError(f"{file}: is a folder; give the file of one article")
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise too_long(path.stat().st_size, file)
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as error:
        hint = "; save the page and give the file" if file.startswith(("http://", "https://")) else ""
        raise BadInputError(f"{file}: cannot be read ({error.strerror}){hint}") from error
    return raw


def _edited(events: "Sequence[Event]", data: "Catalogue") -> "list[Event]":
    """The events as the user's editor leaves them."""
    from chipgate.news.lists import lists
    from chipgate.news.table import from_csv, to_csv

    command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not command:
        raise BadInputError("--edit: neither VISUAL nor EDITOR is set; set one, such as EDITOR=nano")
    with tempfile.TemporaryDirectory(prefix="chipgate-") as folder:
        path = Path(folder) / "events.csv"
        path.write_text(to_csv(events), encoding="utf-8", newline="")
        try:
            done = subprocess.run([*shlex.split(command), str(path)], check=False)
        except (OSError, ValueError) as error:
            raise BadInputError(f"--edit: the editor {command!r} cannot be started ({error})") from error
        if done.returncode != 0:
            raise BadInputError(
                f"--edit: the editor {command!r} ended with status {done.returncode}; nothing was taken"
            )
        return from_csv(path, events, lists(data), data)


def _print(document: "Document") -> None:
    screen = console()
    day = f"{document.published} ({document.published_basis})" if document.published else "no date found"
    screen.print(f"[bold]{escape(document.title or document.name)}[/]  {day}")
    for note in document.notes:
        screen.print(f"Note: {escape(note)}")
    if not document.events:
        screen.print("No event found.")
        return
    rows = [
        (
            str(number), "[green]on[/]" if e.on else "off", f"{e.when or '–'}",
            f"{e.instrument}{_parameter(e)}", escape("\n".join(filter(None, (e.actor, ", ".join(e.chip_names))))),
            f"{e.context}, {e.confidence:.2f}\n{e.authority} ({e.authority_rank}), {e.sourcing}{_known(e)}",
            escape(e.text[:_SHOWN] + ("…" if len(e.text) > _SHOWN else "")),
        )
        for number, e in enumerate(document.events, 1)
    ]  # fmt: skip
    columns = ["no", "", "date", "what", "who and which chips", "standing", "text"]
    screen.print(table(columns, rows))
    cited = {e.snapped: e.snapped_source for e in document.events if e.snapped}
    if cited:
        screen.print("Known acts that they seem to be (a suggestion):")
        for act, source in sorted(cited.items()):
            screen.print(f"  {act}  {escape(source)}")


def _known(event: "Event") -> str:
    return f"\nlike {event.snapped}" if event.snapped else ""


def _parameter(event: "Event") -> str:
    p = event.parameter
    if p is None:
        return ""
    return f"\n{p.name} {p.value:.0%}" if p.unit == "fraction" else f"\n{p.name} {p.value:,.0f} {p.unit}"
