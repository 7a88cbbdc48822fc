"""What all commands share: the catalogue in use, JSON on stdout, tables, styles."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

    from chipgate.catalogue import Catalogue

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
OnOption = Annotated[str, typer.Option("--on", help="Day, YYYY-MM-DD, from 2022-01-01.")]
ToOption = Annotated[str, typer.Option("--to", help="Destination: ISO code, country, or CN_HQ_ABROAD.")]

STYLES: Final = {
    "licence_presumption_of_denial": "red",
    "licence_required_no_stated_policy": "magenta",
    "licence_case_by_case": "yellow",
    "licence_presumption_of_approval": "cyan",
    "notification_NAC": "blue",
    "none": "green",
    "cannot_tell": "bold",
}
"""Colour of each outcome; the word is always printed beside it."""

SHORT: Final = {
    "licence_presumption_of_denial": "denial",
    "licence_required_no_stated_policy": "licence, no policy",
    "licence_case_by_case": "case by case",
    "licence_presumption_of_approval": "approval",
    "notification_NAC": "NAC notice",
    "none": "none",
    "cannot_tell": "cannot tell",
}
"""Outcome in a table cell."""


def catalogue_of(ctx: typer.Context) -> "Catalogue":
    """The embedded catalogue, extended by ``--data`` where given."""
    from chipgate.catalogue import catalogue

    extra = ctx.obj
    return catalogue(extra if isinstance(extra, Path) else None)


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


Column = str | tuple[str, str]
"""Name of a column, or its name and ``"right"``."""


def console() -> "Console":
    """Console for people; plain text with a fixed width where stdout is no terminal."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 130, soft_wrap=False)


def table(columns: Sequence[str | tuple[str, str]], rows: Iterable[Sequence[str]], title: str = "") -> "RichTable":
    """A plain table; a column given as ``(name, "right")`` is right-aligned."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for column in columns:
        name, justify = (column, "left") if isinstance(column, str) else column
        made.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def styled(outcome: str, *, short: bool = True) -> str:
    """Outcome with its colour as console markup."""
    text = SHORT[outcome] if short else outcome
    return f"[{STYLES[outcome]}]{text}[/]"


def escape(text: str) -> str:
    """Text that may hold square brackets, safe in console markup."""
    from rich.markup import escape as rich_escape

    return rich_escape(text)


def percent(value: float | None) -> str:
    """A share as a percentage, or a dash."""
    return "–" if value is None else f"{value:.0%}"
