"""Hostile and broken requests: each is answered by a clear 4xx, and the server goes on."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from app_client import Asker, problem, state

RUN = "/api/runs"
YAML = "/api/scenarios/read"

BROKEN: dict[str, tuple[bytes, int]] = {
    "empty": (b"", 422),
    "no json": (b"{", 400),
    "two documents": (b"{}{}", 400),
    "a list": (b"[]", 422),
    "a number": (b"1", 422),
    "NaN": (b'{"state": {"settings": {"buyers.budget": NaN}}}', 400),
    "infinity": (b'{"state": {"settings": {"buyers.budget": Infinity}}}', 400),
    "minus infinity": (b'{"state": {"settings": {"buyers.budget": -Infinity}}}', 400),
    "a float too large": (b'{"state": {"settings": {"buyers.budget": 1e999}}}', 400),
    "a large float": (b'{"state": {"settings": {"buyers.budget": 1e300}}}', 422),
    "a huge integer": (b'{"state": {"seed": ' + b"9" * 300 + b"}}", 422),
    "an integer of thousands of digits": (b'{"state": {"seed": ' + b"9" * 5000 + b"}}", 400),
    "a negative seed": (b'{"state": {"seed": -1}}', 422),
    "a seed as text": (b'{"state": {"seed": "0"}}', 422),
    "a seed as float": (b'{"state": {"seed": 0.5}}', 422),
    "draws beyond the limit": (b'{"state": {"draws": 100000000}}', 422),
    "true for a number": (b'{"state": {"settings": {"buyers.budget": true}}}', 422),
    "null for a number": (b'{"state": {"settings": {"buyers.budget": null}}}', 422),
    "a list for a number": (b'{"state": {"settings": {"buyers.budget": [1]}}}', 422),
    "text for a number": (b'{"state": {"settings": {"buyers.budget": "1"}}}', 422),
    "no month": (b'{"state": {"settings": {"buyers.budget": {"soon": 1}}}}', 422),
    "month thirteen": (b'{"state": {"settings": {"buyers.budget": {"2025-13": 1}}}}', 422),
    "no months": (b'{"state": {"settings": {"buyers.budget": {}}}}', 422),
    "a value by month where there is one": (b'{"state": {"settings": {"beijing.reaction": {"2025-10": 1}}}}', 422),
    "a month in a month": (b'{"state": {"settings": {"buyers.budget": {"2025-10": {"2025-10": 1}}}}}', 422),
    "a key twice": (b'{"state": {}, "state": {"draws": 1}}', 400),
    "deep lists": (b"[" * 50_000 + b"]" * 50_000, 413),
    "deep objects": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 413),
    "unclosed depth": (b"[" * 100_000, 413),
    "wide": (b'{"state": {"settings": {' + b",".join(b'"a%d":1' % i for i in range(12_000)) + b"}}}", 413),
    "too many settings": (b'{"state": {"settings": {' + b",".join(b'"a%d":1' % i for i in range(300)) + b"}}}", 422),
    "too large": (b'{"state": {"base": "' + b"x" * 400_000 + b'"}}', 413),
    "half a surrogate": (b'{"state": {"base": "\\ud800"}}', 400),
    "no UTF-8": (b'{"state": {"base": "\xff\xfe"}}', 400),
    "UTF-16": ('{"state": {}}'.encode("utf-16"), 400),
    "nought in a name": (b'{"state": {"base": "h20-reopened\\u0000"}}', 422),
    "look-alike letters": ('{"state": {"settings": {"buyers.budgеt": 1}}}'.encode(), 422),
    "right-to-left marks": ('{"state": {"base": "h20\u202ereopened"}}'.encode(), 422),
    "path up": (b'{"state": {"base": "../../../../etc/passwd"}}', 422),
    "path of a file": (b'{"state": {"base": "/etc/hosts.yaml"}}', 422),
    "path of a shipped file": (b'{"state": {"base": "scenarios/h20-banned.yaml"}}', 422),
    "prototype": (b'{"__proto__": {"a": 1}}', 422),
    "a date of nowhere": (b'{"state": {"as_of": "2025-02-31"}}', 422),
    "a date far off": (b'{"state": {"as_of": "9999-01-01"}}', 422),
    "a horizon far off": (b'{"state": {"until": "9999-12"}}', 422),
    "waiting for ever": (b'{"wait_ms": 100000000}', 422),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_runs_are_refused(ask: Asker, name: str) -> None:
    content, status = BROKEN[name]
    found = problem(ask.raw(RUN, content), status)
    assert len(found["message"]) <= 400
    assert "/src/" not in found["message"], "no place of the server shows"


SCENARIOS: dict[str, tuple[bytes, int]] = {
    "empty": (b"", 422),
    "text": (b"hello", 422),
    "a list": (b"- 1", 422),
    "no YAML": (b"id: [", 400),
    "tabs": (b"id: x\n\ttitle: y", 400),
    "an object of Python": (b"!!python/object/apply:os.system ['id']", 422),
    "a tag": (b"id: !!binary aGk=\ntitle: x", 422),
    "an anchor": (b"id: &a x\ntitle: x", 422),
    "an alias bomb": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (c + 1, c + 1, b",".join([b"*%c" % c] * 9)) for c in range(97, 105)),
        422,
    ),
    "an alias to itself": (b"a: &a [*a]", 422),
    "a merge": (b"id: x\ntitle: y\n<<: {set: {}}", 422),
    "a key twice": (b"id: a\nid: b\ntitle: x", 422),
    "a mapping as key": (b"? {a: 1}\n: 2\n", 422),
    "deep": (b"a: " + b"[" * 5_000 + b"]" * 5_000, 413),
    "deep by indent": (b"".join(b" " * i + b"a:\n" for i in range(200)), 413),
    "large": (b"id: x\ntitle: " + b"x" * 100_000, 413),
    "no UTF-8": (b"id: \xff", 400),
    "two documents": (b"id: a\n---\nid: b", 400),
    "unknown key": (b"id: a\ntitle: b\nshell: c", 422),
    "no title": (b"id: a", 422),
    "a file to extend": (b"id: a\ntitle: b\nextends: ../../etc/passwd.yaml", 422),
    "itself to extend": (b"id: a\ntitle: b\nextends: a", 422),
    "infinite": (b"id: a\ntitle: b\nextends: h20-reopened\nset: {buyers.budget: .inf}", 422),
    "no number": (b"id: a\ntitle: b\nextends: h20-reopened\nset: {buyers.budget: .nan}", 422),
    "a huge number": (b"id: a\ntitle: b\nextends: h20-reopened\nset: {buyers.budget: " + b"9" * 5000 + b"}", 400),
    "out of range": (b"id: a\ntitle: b\nextends: h20-reopened\nset: {washington.fee.h20: 7}", 422),
    "no months": (b"id: a\ntitle: b\nextends: h20-reopened\nset: {washington.fee.h20: {}}", 422),
    "a list as setting": (b"id: a\ntitle: b\nextends: h20-reopened\nset: {washington.fee.h20: [1]}", 422),
    "control characters": (b"id: \x00\x01", 400),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_broken_scenario_files_are_refused(ask: Asker, name: str) -> None:
    content, status = SCENARIOS[name]
    start = time.perf_counter()
    problem(ask.raw(YAML, content, "application/yaml"), status)
    assert time.perf_counter() - start < 5, "refused before it is expanded"


@pytest.mark.parametrize(
    "path",
    ["/static/../app/server.py", "/static/..%2f..%2fapi.py", "/static/%2e%2e/%2e%2e/etc/passwd", "/static//etc/passwd",
     "/static/C:%5Cwindows", "/static/index.html%00.js", "/static/\u202e", "/api/records/../meta.yaml", "/.git/config",
     "/api/records/chips/..%2f..%2fmeta", "/api/chips/..%2f..%2f..%2fetc%2fpasswd", "/api/jobs/..%2f..%2fmeta",
     "/api/jobs/" + "x" * 5000, "/api/metrics/" + "%F0%9F%92%A9" * 50, "/vendor/../static/index.html"],
)  # fmt: skip
def test_paths_reach_nothing(served: Any, path: str) -> None:
    port = served.base_url.port
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:200]
    assert b"import" not in answer


@pytest.mark.parametrize(
    ("path", "query"),
    [("/api/rules", {"on": "2025-13-01"}), ("/api/rules", {"on": "1999-01-01"}), ("/api/rules", {}),
     ("/api/rules", {"on": "2025-08-17", "to": "Atlantis"}), ("/api/rules", {"on": "2025-08-17", "mem_bw_gbs": "nan"}),
     ("/api/rules", {"on": "2025-08-17", "mem_bw_gbs": "inf"}), ("/api/rules", {"on": "2025-08-17", "io_bw_gbs": "-1"}),
     ("/api/rules/verdict", {"chip": "nothing", "on": "2025-08-17"}), ("/api/rules/history", {"chip": "x" * 500}),
     ("/api/events", {"as_of": "yesterday"}), ("/api/events", {"chip": "nothing"}), ("/api/records/secrets", {}),
     ("/api/records/buyers/nobody", {}), ("/api/chips/nothing", {}), ("/api/metrics/nothing", {}),
     ("/api/jobs/nothing", {}), ("/api/jobs/nothing/result", {"wait_ms": "1e9"}), ("/api/runs/nothing/gates", {}),
     ("/api/runs/nothing/export", {"metric": "revenue", "format": "exe"}), ("/api/nothing", {})],
)  # fmt: skip
def test_wrong_questions_are_refused(ask: Asker, path: str, query: dict[str, str]) -> None:
    problem(ask.get(path, **query), 404 if (path.endswith("nothing") and "jobs" in path) or path == "/api/nothing" else
            404 if "/runs/nothing/gates" in path else 422)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/compare", {"states": {"a": state()}}), ("/api/compare", {"states": {"a": state(), "b": state(seed=1)}}),
     ("/api/compare", {"states": {"a": state(), "b": state(until="2026-12")}, "attribute": "revenue:vendor=amd"}),
     ("/api/compare", {"states": {"a": state(), "b": state()}, "attribute": ":"}),
     ("/api/sensitivity", {"metric": "nothing"}), ("/api/sensitivity", {"method": "guess"}),
     ("/api/sensitivity", {"metric": "revenue:vendor"}), ("/api/fee-curve", {"chip": "nothing"}),
     ("/api/fee-curve", {"rates": [0.9]}), ("/api/fee-curve", {"rates": ["a"]}),
     ("/api/record", {"as_of": "2019-01-01"}), ("/api/record", {"as_of": "2026-12-31"}),
     ("/api/scoreboard", {"draws": 1}), ("/api/workload", {"model": "nothing", "phase": "decode"}),
     ("/api/workload", {"model": "deepseek_v3", "phase": "thinking"}),
     ("/api/workload", {"model": "deepseek_v3", "phase": "decode", "chip": "nothing"}),
     ("/api/workload", {"model": "deepseek_v3", "phase": "decode", "chips": 10**12}),
     ("/api/report", {"state": state("nothing")}), ("/api/reproduce", {"state": state("nothing")}),
     ("/api/link", {"view": {"a": "x" * 5000}}), ("/api/link/read", {"s": "2.abc"}), ("/api/link/read", {"s": "1.!!"}),
     ("/api/link/read", {"s": "1." + "W1tb" * 15_000}), ("/api/link/read", {"s": "1.e30"}),
     ("/api/scenarios/write", {"id": "../up"}), ("/api/levers", {"base": "nothing"})],
)  # fmt: skip
def test_wrong_wishes_are_refused_before_any_work(ask: Asker, path: str, body: dict[str, Any]) -> None:
    found = ask.post(path, **body)
    problem(found, found.status_code if found.status_code in (400, 413, 422) else 422)


def test_a_failed_job_tells_why(ask: Asker) -> None:
    posted = ask.post("/api/sensitivity", state=state(draws=16), metric="revenue:vendor=nobody", wait_ms=30_000).json()
    assert posted["state"] == "failed"
    assert posted["error"]["code"] == "unknown_name"
    assert problem(ask.get(f"/api/jobs/{posted['job']}/result"), 409)["message"] == posted["error"]["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_other_media_are_refused(ask: Asker, kind: str) -> None:
    problem(ask.raw(RUN, b"{}", kind), 415, "media_type")
    problem(ask.raw(YAML, b"{}", kind), 415, "media_type")


def test_methods_that_are_not_there(ask: Asker) -> None:
    for method in ("PUT", "PATCH", "TRACE", "OPTIONS"):
        found = ask.client.request(method, "/api/meta", headers=ask.headers)
        problem(found, 405, "method")


def raw(served: Any, content: bytes, wait: float = 20) -> bytes:
    """What the server answers to bytes."""
    with socket.create_connection(("127.0.0.1", served.base_url.port), timeout=wait) as line:
        line.sendall(content)
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_bodies_that_lie_about_their_length(served: Any) -> None:
    head = b"POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
    assert b" 413 " in raw(served, head + b"Content-Length: 99999999999\r\n\r\n")[:20]
    assert b" 400 " in raw(served, head + b"Content-Length: minus\r\n\r\n")[:20]
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    assert b" 413 " in raw(served, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 12 + b"0\r\n\r\n")[:20]


def test_headers_without_end(served: Any) -> None:
    answer = raw(
        served,
        b"GET /api/meta HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Long: " + b"a" * 50_000 + b"\r\n\r\n",
    )
    assert b" 431 " in answer[:20]


def test_the_server_is_still_there(ask: Asker) -> None:
    assert ask.run(state())["final"]["draws"] == 80


@pytest.fixture(scope="module", autouse=True)
def _no_fault(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing in this file may have been a fault of the server."""
    import logging

    faults: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: faults.append(record.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("chipgate.app", "uvicorn.error")]
    for one in loggers:
        one.addHandler(handler)
    yield
    for one in loggers:
        one.removeHandler(handler)
    assert faults == []
