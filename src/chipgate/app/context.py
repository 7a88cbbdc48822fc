"""What every route reads: the engine, and who asks."""

import re
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from chipgate.app.engine import Engine
from chipgate.app.problems import ApiError, ProblemDocument

_CLIENT: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": ProblemDocument, "description": "What was expected, what was found, where, how to mend it"}
}
"""Answers of every route beside success."""


def engine_of(request: Request) -> Engine:
    """The engine of the server."""
    engine = request.app.state.engine
    assert isinstance(engine, Engine)
    return engine


def client_of(request: Request) -> str:
    """Who asks: the name that a page gives itself, or the address.

    Raises:
        ApiError: The name has another form.
    """
    given = request.headers.get("x-client")
    if given is None:
        return f"address:{request.client.host if request.client else ''}"
    if _CLIENT.fullmatch(given) is None:
        raise ApiError(400, "bad_value", "X-Client has another form", where="X-Client", found=given,
                       expected="8 to 64 of A-Z a-z 0-9 _ -")  # fmt: skip
    return given


EngineOf = Annotated[Engine, Depends(engine_of)]
ClientOf = Annotated[str, Depends(client_of)]
