"""Answers as JSON without NaN or infinity."""

from hashlib import sha256
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response


def answer(document: Any, status: int = 200) -> Response:
    """A JSON answer; a number that is none becomes null."""
    return Response(encoded(document), status, media_type="application/json")


def encoded(document: Any) -> bytes:
    """A document as JSON bytes."""
    return to_json(document, inf_nan_mode="null")


def tagged(request: Request, content: bytes, media: str = "application/json", age: str = "no-cache") -> Response:
    """An answer with a tag, or 304 where the client has it already.

    Args:
        age: Value of ``Cache-Control``.
    """
    tag = f'"{sha256(content).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": age}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media, headers=headers)
