"""The application, put together, and the server that runs it."""

import ipaddress
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from chipgate.app import problems
from chipgate.app.engine import Engine
from chipgate.app.guard import Guard
from chipgate.app.lanes import LOG
from chipgate.app.limits import Limits
from chipgate.app.models import RunState
from chipgate.app.problems import ApiError
from chipgate.app.routes import article, law, long, meta, pages, records, runs, share
from chipgate.app.state import engine_version, resolved
from chipgate.catalogue.catalogue import Catalogue, catalogue
from chipgate.errors import BadInputError, ChipgateError

if TYPE_CHECKING:
    import uvicorn

PORT = 8765
_BACKLOG = 128
"""Connections that wait to be taken."""


def create_app(
    data: Catalogue | None = None, *, limits: Limits | None = None, hosts: Sequence[str] = (), loopback: bool = True,
    warm: bool = True,
) -> FastAPI:  # fmt: skip
    """The application.

    Args:
        data: Catalogue; the embedded one by default.
        hosts: Names beside ``localhost`` under which it may be asked for.
        loopback: Whether only this machine reaches it, for its clients to know.
        warm: Have programs compiled in the background from the start.
    """
    limits = limits or Limits()
    engine = Engine(data or catalogue(), limits)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if warm:
            engine.spawn(partial(_warm, engine), "warm")
        yield
        engine.close()

    app = FastAPI(
        title="Chipgate", version=engine_version(), lifespan=lifespan, openapi_url="/api/openapi.json", docs_url=None,
        redoc_url=None, description="The market for AI accelerators between the United States and China, simulated.",
        exception_handlers={
            ApiError: problems.on_api_error, ChipgateError: problems.on_engine_error,
            RequestValidationError: problems.on_validation, HTTPException: problems.on_http,
            Exception: problems.on_fault,
        },
    )  # fmt: skip
    app.state.engine, app.state.loopback = engine, loopback
    for routes in (meta, runs, long, share, law, records, article, pages):
        app.include_router(routes.router)
    app.add_middleware(Guard, limits=limits, hosts=tuple(hosts))
    return app


def _warm(engine: Engine) -> None:
    """Programs of all shipped scenarios, the default one first; most share theirs."""
    try:
        engine.warm_up([RunState(base=name) for name in _structures(engine)])
    except Exception:
        LOG.exception("warming up failed; the first runs will take longer")


def _structures(engine: Engine) -> list[str]:
    """One scenario for each as-of date and horizon."""
    found: dict[tuple[object, object], str] = {}
    default = RunState().base or ""
    for name in [default, *engine.data.scenarios]:
        one = resolved(engine.data, RunState(base=name))
        found.setdefault((one.as_of, one.until), name)
    return list(found.values())


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server bound to this host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on a host and port of this machine.

    Raises:
        BadInputError: The port is taken or no port, or the host is none of this machine.
    """
    if not 0 <= port < 2**16:
        raise BadInputError(f"--port is {port}; give 0 to {2**16 - 1}")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With its protocol named, answers leave at once; without, small ones wait 40 ms for an acknowledgement.
        found = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unheard(host, port, error) from error
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(_BACKLOG)  # from here on connections wait, until the server takes them
    except OSError as error:
        found.close()
        raise _unheard(host, port, error) from error
    return found


def _unheard(host: str, port: int, error: OSError) -> BadInputError:
    return BadInputError(f"cannot listen on {host}:{port} ({error.strerror}); give another --host or --port")


def server_of(app: FastAPI) -> "uvicorn.Server":
    """The server of an application; it trusts no proxy, bounds headers, and tells nothing of itself."""
    import uvicorn

    limits: Limits = app.state.engine.limits
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, proxy_headers=False, ws="none", http="h11",
        limit_concurrency=limits.requests, timeout_keep_alive=15, timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=32 * 1024, backlog=_BACKLOG,
    )  # fmt: skip
    return uvicorn.Server(config)


def serve(
    data: Catalogue, *, host: str = "127.0.0.1", port: int = PORT, allow_hosts: Sequence[str] = (),
    open_page: bool = False,
) -> None:  # fmt: skip
    """Run the server until it is interrupted.

    Raises:
        BadInputError: It cannot listen there.
    """
    with listen(host, port) as listening:
        loopback = is_loopback(host)
        app = create_app(data, hosts=[*([] if loopback else [host]), *allow_hosts], loopback=loopback)
        shown = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        print(f"Chipgate listens on {shown} (stop it with Ctrl+C)", file=sys.stderr, flush=True)
        if not loopback:
            print(f"Warning: {host} can be reached from other machines, and the app asks nobody for a password.",
                  file=sys.stderr, flush=True)  # fmt: skip
        if open_page:
            webbrowser.open(shown)
        server_of(app).run(sockets=[listening])
