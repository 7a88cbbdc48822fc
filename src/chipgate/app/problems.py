"""Every answer that is no success: what was expected, what was found, where, and how to mend it."""

import re
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chipgate.app.answer import answer
from chipgate.errors import BadInputError, ChipgateError, UnknownNameError

_MOST: Final = 400
_LEAD: Final = re.compile(r"^(?P<where>[a-z_]+(\.[a-z0-9_*]+)+): ")


class Problem(BaseModel):
    """What went wrong."""

    code: str
    message: str
    expected: str | None = None
    found: str | None = None
    where: str | None = None
    fix: str | None = None


class ProblemDocument(BaseModel):
    """Body of every answer that is no success."""

    error: Problem


class ApiError(Exception):
    """An error that the client gets to see.

    Args:
        status: HTTP status, 4xx.
        code: Word for programs.
        message: One line.
    """

    def __init__(
        self, status: int, code: str, message: str, *, expected: str | None = None, found: Any = None,
        where: str | None = None, fix: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.problem = Problem(
            code=code, message=said(message), expected=expected, found=None if found is None else said(found),
            where=None if where is None else said(where), fix=fix,
        )  # fmt: skip


def said(value: Any) -> str:
    """Text of one line, not too long, that UTF-8 can carry."""
    text = " ".join((value if isinstance(value, str) else repr(value)).split())
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


def of_engine(error: ChipgateError) -> ApiError:
    """An error of the engine, as the client sees it."""
    text = str(error)
    if isinstance(error, UnknownNameError):
        body, _, fix = text.partition("; ")
        return ApiError(422, "unknown_name", text, found=body.removeprefix("unknown "), fix=fix or None,
                        expected=" or ".join(error.near) or None)  # fmt: skip
    lead = _LEAD.match(text)
    body, _, fix = text.partition("; ")
    where = lead["where"] if lead else None
    outside = re.search(r"(?P<found>\S+) is outside (?P<expected>.+)$", body)
    expected, found = (outside["expected"], outside["found"]) if outside else (None, None)
    return ApiError(422, "bad_value", text, where=where, expected=expected, found=found, fix=fix or None)


def problem_answer(error: ApiError) -> Response:
    """The answer of an error."""
    return answer({"error": error.problem.model_dump()}, error.status)


async def on_api_error(request: Request, error: Exception) -> Response:
    """Handler of our own errors."""
    assert isinstance(error, ApiError)
    return problem_answer(error)


async def on_engine_error(request: Request, error: Exception) -> Response:
    """Handler of errors of the engine: those of the input are the client's, the others are ours."""
    if isinstance(error, BadInputError):
        return problem_answer(of_engine(error))
    return await on_fault(request, error)


async def on_validation(request: Request, error: Exception) -> Response:
    """Handler of requests that do not have the declared form."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    context = {k: v for k, v in (first.get("ctx") or {}).items() if not isinstance(v, Exception)}
    expected = context.get("expected") or context.get("pattern") or first["msg"]
    found = said(first.get("input"))
    message = f"{where or 'body'}: {first['msg']}"
    return problem_answer(
        ApiError(422, "bad_value", message, expected=said(str(expected)), found=found, where=where or "body")
    )


_CODES: Final = {404: "not_found", 405: "method", 413: "too_large", 415: "media_type", 400: "bad_body"}


async def on_http(request: Request, error: Exception) -> Response:
    """Handler of what the framework refuses itself: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    found = f"{request.method} {request.url.path}"
    fix = "see /api/docs" if error.status_code in (404, 405) else None
    problem = ApiError(
        error.status_code, _CODES.get(error.status_code, "bad_body"), f"{error.detail}: {found}", found=found, fix=fix
    )
    made = problem_answer(problem)
    made.headers.update(error.headers or {})
    return made


async def on_fault(request: Request, error: Exception) -> Response:
    """Handler of what should not happen; its text stays on the server."""
    return answer({"error": {"code": "fault", "message": "fault in Chipgate; the server's terminal has the details",
                             "expected": None, "found": None, "where": None, "fix": None}}, 500)  # fmt: skip
