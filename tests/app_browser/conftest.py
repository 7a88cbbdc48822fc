"""A real server and a real browser, started once; a watched page for each test."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest
from app_browser.watched import ARGUMENTS, PHONE, Watched, chromium, new_context
from playwright.sync_api import Browser, sync_playwright


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/meta", timeout=2) as answer:
            return bool(b'"warm":true' in answer.read().replace(b" ", b""))
    except (URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server of this version, warm."""
    port, log = _free_port(), tmp_path_factory.mktemp("app") / "log.txt"
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "chipgate.cli.main", "app", "--port", str(port)]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=os.environ.copy()) as process:
        try:
            until = time.monotonic() + 120
            while not _answers(url):
                assert process.poll() is None, f"the server ended at once: {_tail(log)}"
                assert time.monotonic() < until, f"the server was not warm within two minutes: {_tail(log)}"
                time.sleep(0.5)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; its absence is a failure, never a skip."""
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def app(server: str, browser: Browser) -> Iterator[Watched]:
    """A page at 1280 px; a fault or an outside request fails the test that used it."""
    with new_context(browser) as context:
        watched = Watched(context.new_page(), server)
        yield watched
    assert watched.faults == []
    assert watched.outside == []


@pytest.fixture
def phone(server: str, browser: Browser) -> Iterator[Watched]:
    """The same at 390 px."""
    with new_context(browser, PHONE) as context:
        watched = Watched(context.new_page(), server)
        yield watched
    assert watched.faults == []
    assert watched.outside == []
