"""Entry point: one clean line for every expected error, and lazy imports so that ``--help`` is instant.

Exit status: 0 done, 2 bad input, 1 a fault of Chipgate's own.
"""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from chipgate.cli import analyse, data_check, explain, law, read, read_score, scoring, show, simulate, workload
from chipgate.errors import BadInputError, ChipgateError

app = typer.Typer(
    name="chipgate",
    help="The market for AI accelerators between the United States and China under export policy.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("chipgate"))
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(envvar="CHIPGATE_DATA", help="Folder of further records, laid out like the package's data."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    ctx.obj = data


simulate.register(app)
analyse.register(app)
scoring.register(app)
read_score.register(app)
explain.register(app)
read.register(app)
law.register(app)
workload.register(app)
show.register(app)
data_check.register(app)


def main() -> None:
    """Run the command line and exit with its status."""
    # Importing makes a million objects that stay; looking through them again and again takes half a second.
    gc.set_threshold(100_000, 20, 100)
    try:
        status = app(standalone_mode=False)
    except BadInputError as error:
        _fail(str(error), 2)
    except ChipgateError as error:
        _fail(f"fault in Chipgate: {error}", 1)
    except typer.TyperException as error:  # a wrong command, option or argument
        context = getattr(error, "ctx", None)
        hint = f" (see `{context.command_path} --help`)" if context is not None else ""
        _fail(f"{error.format_message()}{hint}", 2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        if os.environ.get("CHIPGATE_DEBUG"):
            raise
        _fail(f"fault in Chipgate: {type(error).__name__}: {error}; set CHIPGATE_DEBUG=1 for the traceback", 1)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int) -> None:
    sys.stderr.write(f"chipgate: {' '.join(message.split())}\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
