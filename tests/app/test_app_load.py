"""Eight users at once, and the command that starts the server."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from app_client import Asker, state
from helpers import run_cli

from chipgate.app import server

USERS, MOVES = 8, 3


def test_eight_users_at_once_are_all_served(served: httpx.Client) -> None:
    """Each moves a lever some times and waits for the last one; the others' work changes nothing of it."""
    faults: list[Any] = []
    finals: dict[int, dict[str, Any]] = {}

    def user(number: int) -> None:
        try:
            with httpx.Client(base_url=served.base_url, timeout=120, trust_env=False) as line:
                ask = Asker(line, f"load-user-{number}")
                for move in range(MOVES):
                    of = state(settings={"washington.fee.h20": round(0.05 * move + 0.001 * number, 4)})
                    ran = ask.run(of, metrics=["fee_receipts", "units_delivered"])
                    finals[number * MOVES + move] = ran["final"]
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=user, args=(n,)) for n in range(USERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert faults == []
    assert len(finals) == USERS * MOVES
    for key, final in finals.items():
        number, move = divmod(key, MOVES)
        assert final["settings"] == {"washington.fee.h20": round(0.05 * move + 0.001 * number, 4)}
        assert final["stage"] == "final"
    alone = Asker(served, "load-check").run(state(settings={"washington.fee.h20": 0.053}), metrics=["fee_receipts"])
    assert alone["cached"]
    assert alone["final"]["metrics"]["fee_receipts"] == finals[3 * MOVES + 1]["metrics"]["fee_receipts"]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Applications that would have been served."""
    apps: list[Any] = []

    class Still:
        def __init__(self, app: Any) -> None:
            apps.append(app)

        def run(self, sockets: Sequence[Any]) -> None:
            apps.append(sockets[0].getsockname())

    monkeypatch.setattr(server, "server_of", Still)
    yield apps
    apps[0].state.engine.close()


def test_the_command_listens_on_this_machine_alone(started: list[Any]) -> None:
    found = run_cli("app", "--port", "0")
    assert (found.status, found.out) == (0, "")
    app, address = started
    assert address[0] == "127.0.0.1"
    assert f"http://127.0.0.1:{address[1]}" in found.err
    assert "Warning" not in found.err
    assert app.state.loopback


def test_the_command_warns_where_others_reach_it(started: list[Any]) -> None:
    found = run_cli("app", "--host", "0.0.0.0", "--port", "0", "--allow-host", "board.example")
    assert found.status == 0
    assert "Warning: 0.0.0.0 can be reached from other machines" in found.err
    assert not started[0].state.loopback


def test_the_command_opens_the_page(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(server.webbrowser, "open", opened.append)
    assert run_cli("app", "--port", "0", "--open").status == 0
    assert opened[0].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("line", [("--port", "70000"), ("--port", "-1"), ("--host", "192.0.2.1")])
def test_places_that_cannot_be_listened_on(line: tuple[str, ...]) -> None:
    found = run_cli("app", *line)
    assert found.status == 2
    assert found.out == ""
    assert found.err.count("\n") == 1
    assert "give" in found.err


def test_a_port_that_is_taken(served: httpx.Client) -> None:
    found = run_cli("app", "--port", str(served.base_url.port))
    assert found.status == 2
    assert "cannot listen" in found.err
