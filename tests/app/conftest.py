"""One server for all tests of the app, on a port of its own; runs are small."""

from collections.abc import Iterator
from hashlib import sha256
from threading import Thread

import httpx
import pytest
from app_client import Asker
from helpers import embedded

from chipgate.app.server import create_app, listen, server_of


@pytest.fixture(scope="session")
def served() -> Iterator[httpx.Client]:
    with listen("127.0.0.1", 0) as listening:
        server = server_of(create_app(embedded(), warm=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            yield client
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def ask(served: httpx.Client, request: pytest.FixtureRequest) -> Asker:
    """A client of its own for each test."""
    return Asker(served, f"test-{sha256(request.node.nodeid.encode()).hexdigest()[:16]}")
