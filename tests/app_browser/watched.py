"""A page that is watched: what it asks for, what it complains of."""

import base64
import json
import re
import shutil
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

ARGUMENTS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
DRAWS: Final = 128
"""Draws of most tests: two stages, and quick."""
WIDE, PHONE = (1280, 900), (390, 844)
BAND: Final = "#chart-units_by_route-legal"
"""Chart of the first view, whose caption holds the medians and intervals."""


def chromium() -> str:
    """Path of Chromium.

    Raises:
        AssertionError: It is not installed: the tests fail rather than skip.
    """
    found = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else shutil.which("chromium")
    assert found, "Chromium is not installed, so the page cannot be tested; install it: apt-get install chromium"
    return found


@dataclass
class Watched:
    """A page of the app.

    Attributes:
        url: Of the server. ``faults``: errors of the console, of scripts and of the content security policy.
        asked: Addresses that the page asked for.
    """

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)

    @property
    def outside(self) -> list[str]:
        """What was asked of anybody but the server."""
        return [url for url in self.asked if not url.startswith((self.url, "data:", "blob:"))]

    def open(self, draws: int = DRAWS) -> "Watched":
        """Load the page by a link and wait for the full set of draws."""
        state: dict[str, Any] = {
            "base": "h20-reopened",
            "as_of": None,
            "until": None,
            "draws": draws,
            "seed": 0,
            "settings": {},
        }
        return self.follow(link(self.url, {"state": state, "baseline": None, "view": {}}))

    def follow(self, address: str) -> "Watched":
        """Open an address and wait for the full set of draws."""
        self.page.goto(address)
        return self.settled()

    def settled(self, stage: str = "final") -> "Watched":
        """Wait until the first chart shows the full set of draws."""
        self.page.wait_for_selector(f"body[data-painted={stage}]", state="attached", timeout=30_000)
        return self

    def caption(self, chart: str = BAND) -> str:
        """Medians and intervals under a chart."""
        return self.page.locator(f"{chart} figcaption").inner_text()

    def lever(self, path: str) -> Any:
        """Row of a lever."""
        return self.page.locator(f'[data-lever="{path}"]')

    def set_lever(self, path: str, value: str) -> "Watched":
        """Type a value."""
        entry = self.lever(path).locator(".entry input")
        entry.fill(value)
        entry.press("Enter")
        return self.settled()

    def tab(self, name: str) -> "Watched":
        """Open a view."""
        self.page.locator(f"#tab-{name}").click()
        return self


def new_context(browser: Browser, size: tuple[int, int] = WIDE) -> BrowserContext:
    """A reader who has never been here."""
    return browser.new_context(viewport={"width": size[0], "height": size[1]}, accept_downloads=True)


def link(url: str, page: dict[str, Any]) -> str:
    """Address of a page, with the versions of the server that stands there."""
    with urllib.request.urlopen(f"{url}/api/meta") as answer:
        meta = json.load(answer)
    found = {"v": 1, "engine": meta["engine_version"], "data": meta["data_version"], **page}
    return f"{url}/#s=1.{base64.urlsafe_b64encode(json.dumps(found).encode()).decode().rstrip('=')}"


def medians(caption: str) -> list[str]:
    """Figures of a caption."""
    return re.findall(r"[\d.,]+(?: million| billion)?(?= \()", caption.replace("\u00a0", " "))
