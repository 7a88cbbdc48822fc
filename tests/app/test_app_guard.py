"""Who may ask, and what every answer carries."""

import asyncio
from typing import Any

import pytest
from app_client import Asker, problem

from chipgate.app.guard import CSP, Guard
from chipgate.app.limits import Limits
from chipgate.app.server import is_loopback

WRONG = ("evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "a b", "localhost@x", "[::1", "localhost/")
PATHS = ("/", "/api/meta", "/api/docs", "/api/nothing", "/vendor/plotly.min.js", "/static/index.html")


@pytest.mark.parametrize("host", WRONG)
def test_other_names_are_not_served(ask: Asker, host: str) -> None:
    """A page elsewhere may point its own name at this address; it gets nothing."""
    problem(ask.client.get("/api/meta", headers={"Host": host}), 403, "forbidden")
    problem(ask.client.get("/", headers={"Host": host}), 403, "forbidden")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:8765", "192.0.2.7"])
def test_addresses_in_figures_are_served(ask: Asker, host: str) -> None:
    assert ask.client.get("/api/meta", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "file://"])
def test_pages_of_other_sites_are_refused(ask: Asker, origin: str) -> None:
    for method in ("GET", "POST"):
        found = ask.client.request(method, "/api/levers", headers={"Origin": origin}, json={})
        problem(found, 403, "forbidden")
    assert "access-control-allow-origin" not in found.headers
    problem(ask.client.post("/api/levers", json={}, headers={"Sec-Fetch-Site": "cross-site"}), 403, "forbidden")


def test_its_own_page_is_served(ask: Asker) -> None:
    own = f"http://127.0.0.1:{ask.client.base_url.port}"
    assert ask.client.post("/api/levers", json={}, headers={"Origin": own}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_strict_headers(ask: Asker, path: str) -> None:
    headers = ask.get(path).headers
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert "'unsafe-inline'" not in CSP.partition("script-src")[2].partition(";")[0]


@pytest.mark.parametrize("name", ["short", "x" * 65, "no spaces here", "../../../etc"])
def test_names_of_clients_are_checked(ask: Asker, name: str) -> None:
    found = ask.client.post("/api/runs", json={}, headers={"X-Client": name})
    assert problem(found, 400)["where"] == "X-Client"


def test_what_does_not_change_is_not_sent_again(ask: Asker) -> None:
    for path in ("/api/metrics", "/static/index.html", "/vendor/plotly.min.js", "/api/glossary"):
        first = ask.get(path)
        again = ask.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_the_page_of_the_api_needs_nothing_from_elsewhere(ask: Asker) -> None:
    page = ask.get("/api/docs").text
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    for path in ask.document("/api/openapi.json")["paths"]:
        assert path in page


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False),
                           ("192.0.2.7", False), ("example.org", False)],
)  # fmt: skip
def test_what_only_this_machine_reaches(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    """The guard alone, with little patience: the application behind it is never reached."""
    told: list[dict[str, Any]] = []

    async def never(*_: Any) -> None:
        raise AssertionError

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(5)
        raise AssertionError

    async def send(message: Any) -> None:
        told.append(dict(message))

    scope = {
        "type": "http", "method": "POST", "path": "/api/runs", "raw_path": b"/api/runs", "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"10")],
    }  # fmt: skip
    guard = Guard(never, limits=Limits(body_seconds=0.05), hosts=())
    asyncio.run(guard(scope, receive, send))  # type: ignore[arg-type]
    assert told[0]["status"] == 408
    assert b"too_slow" in told[1]["body"]
