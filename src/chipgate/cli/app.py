"""``app``: the dashboard and its HTTP API."""

from typing import Annotated

import typer

from chipgate.cli.common import catalogue_of


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("app")(dashboard)


def dashboard(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on; only this machine reaches the default.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8765,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="Further name under which browsers may ask for it.")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """The dashboard in a browser, and its HTTP API (/api/docs)."""
    from chipgate.app.server import serve

    serve(catalogue_of(ctx), host=host, port=port, allow_hosts=allow_host or [], open_page=open_page)
