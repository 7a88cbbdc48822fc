"""What tests of the app ask with."""

import json
from dataclasses import dataclass
from typing import Any

from httpx import Client, Response

DRAWS = 80
"""More than the first stage holds, and not a whole number of blocks."""


def state(base: str | None = "h20-reopened", draws: int = DRAWS, **more: Any) -> dict[str, Any]:
    """A state as a client sends it."""
    return {"base": base, "draws": draws, **more}


@dataclass(frozen=True)
class Asker:
    """A client with a name."""

    client: Client
    name: str

    @property
    def headers(self) -> dict[str, str]:
        """Headers of every request."""
        return {"X-Client": self.name}

    def get(self, path: str, **query: Any) -> Response:
        """GET."""
        return self.client.get(path, params=query, headers=self.headers)

    def post(self, path: str, **body: Any) -> Response:
        """POST of JSON."""
        return self.client.post(path, json=body, headers=self.headers)

    def raw(self, path: str, content: bytes, kind: str = "application/json", **headers: str) -> Response:
        """POST of bytes."""
        return self.client.post(path, content=content, headers={**self.headers, "Content-Type": kind, **headers})

    def document(self, path: str, **query: Any) -> Any:
        """A document that must be there."""
        found = self.get(path, **query)
        assert found.status_code == 200, found.text
        return found.json()

    def run(self, of: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A run, done; the answer to its post and its final result."""
        posted = self.post("/api/runs", state=of, wait_ms=30_000, **more)
        assert posted.status_code == 202, posted.text
        start: dict[str, Any] = posted.json()
        query = {
            k: ",".join(v) if isinstance(v, list) else v for k, v in more.items() if k in ("metrics", "first_month")
        }
        start["final"] = self.document(f"/api/jobs/{start['job']}/result", wait_ms=30_000, **query)
        return start

    def long(self, path: str, **body: Any) -> dict[str, Any]:
        """A long job, done."""
        posted = self.post(path, wait_ms=30_000, **body)
        assert posted.status_code == 202, posted.text
        found: dict[str, Any] = posted.json()
        assert found["state"] == "done", found
        return found


def problem(answer: Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The error of an answer, which must have the one form of all errors."""
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    body = json.loads(answer.content)
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == {"code", "message", "expected", "found", "where", "fix"}
    assert error["message"]
    assert "\n" not in error["message"]
    assert code is None or error["code"] == code, error
    return error
