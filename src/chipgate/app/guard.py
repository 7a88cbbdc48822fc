"""What stands before every request: who may ask, how much may be sent and for how long, and strict headers."""

import asyncio
import ipaddress
import re
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chipgate.app.limits import Limits
from chipgate.app.problems import ApiError, problem_answer
from chipgate.app.strict import read_json

CSP: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Nothing from elsewhere and no inline script; plotly.js writes style attributes, so those are let through."""
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}  # fmt: skip
YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml")
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?")
_MOST_ADDRESS: Final = 8 * 1024
_MOST_HEAD: Final = 32 * 1024
_LARGE: Final = "/api/article/"


class Guard:
    """The outermost layer of the app.

    Args:
        hosts: Names under which the server may be asked for; an address in figures always may. A page elsewhere that
            points its own name at this address is refused so.
    """

    def __init__(self, app: ASGIApp, *, limits: Limits, hosts: Collection[str]) -> None:
        self.app, self.limits = app, limits
        self.hosts = {"localhost", *(host.casefold() for host in hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, read its body whole, and set the headers of its answer."""
        if scope["type"] != "http":
            if scope["type"] != "websocket":
                await self.app(scope, receive, send)
            return
        own = _with_headers(send)
        try:
            headers = Headers(scope=scope)
            _check_sizes(scope)
            self._check_origin(headers, str(scope["method"]))
            again = await self._body(scope, headers, receive)
        except ApiError as error:
            await problem_answer(error)(scope, receive, own)
            return
        await self.app(scope, again, own)

    def _check_origin(self, headers: Headers, method: str) -> None:
        hosts = headers.getlist("host")
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if found is None or not self._served(found["name"]):
            raise ApiError(403, "forbidden", "this host name is not served here", where="Host",
                           found=", ".join(hosts), expected="localhost, or the address that was given to --host",
                           fix="start with --allow-host NAME to serve another name")  # fmt: skip
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].casefold() != hosts[0].casefold():
            raise ApiError(403, "forbidden", "requests from pages of other sites are refused", where="Origin",
                           found=origin)  # fmt: skip
        if method not in ("GET", "HEAD") and headers.get("sec-fetch-site", "same-origin") not in (
            "same-origin",
            "none",
        ):
            raise ApiError(403, "forbidden", "requests from pages of other sites are refused", where="Sec-Fetch-Site")

    def _served(self, name: str) -> bool:
        plain = name.strip("[]").casefold()
        try:
            ipaddress.ip_address(plain)
        except ValueError:
            return plain in self.hosts
        return True

    async def _body(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """The whole body, checked, as a channel to read it from again."""
        kind = headers.get("content-type", "").partition(";")[0].strip().casefold()
        most = self._most(str(scope["path"]), kind)
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise ApiError(400, "bad_body", "Content-Length is no number", where="Content-Length", found=length)
        if len(length) > 15 or int(length) > most:
            raise _too_large(most)
        try:
            body = await asyncio.wait_for(_read(receive, most), self.limits.body_seconds)
        except TimeoutError as error:
            raise ApiError(408, "too_slow", "the body did not come in time", where="body",
                           expected=f"within {self.limits.body_seconds:g} s") from error  # fmt: skip
        if body and scope["method"] == "POST":
            if kind == "application/json":
                read_json(body, self.limits)
            elif kind not in YAML_TYPES:
                raise ApiError(415, "media_type", "bodies are JSON, or YAML where a scenario file is read",
                               where="Content-Type", found=kind or "nothing", expected="application/json")  # fmt: skip
        waiting = [body]

        async def again() -> Message:
            if waiting:
                return {"type": "http.request", "body": waiting.pop(), "more_body": False}
            return await receive()

        return again

    def _most(self, path: str, kind: str) -> int:
        if path.startswith(_LARGE):
            return self.limits.article_bytes
        return self.limits.yaml_bytes if kind in YAML_TYPES else self.limits.json_bytes


def _check_sizes(scope: Scope) -> None:
    head = sum(len(name) + len(value) for name, value in scope["headers"])
    address = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    for size, most, status, where in ((address, _MOST_ADDRESS, 414, "address"), (head, _MOST_HEAD, 431, "headers")):
        if size > most:
            raise ApiError(status, "too_large", f"the {where} of {size:,} bytes is too large", where=where,
                           expected=f"at most {most:,} bytes")  # fmt: skip


def _too_large(most: int) -> ApiError:
    return ApiError(413, "too_large", f"the body is larger than {most:,} bytes", where="body",
                    expected=f"at most {most:,} bytes")  # fmt: skip


async def _read(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ApiError(400, "bad_body", "the connection ended before the body did", where="body")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return b"".join(parts)


def _with_headers(send: Send) -> Send:
    async def own(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Content-Security-Policy", CSP)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return own
