"""From a slider's input event to the first and to the full band on the screen, measured in Chromium.

Run: python benchmarks/app_latency.py [--users N ...] [--moves N] [--pause S] [--json]

Each user is a browser context of its own that moves the fee slider, waits until the full set of draws is shown, thinks
for a while, and moves it again. Time runs from the input event to the animation frame in which the first chart of
the view shows the band. Browser, users and server share the machine, so with several users the figures hold the cost of
drawing several pages too. Needs Chromium: apt-get install chromium.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError

import numpy as np
from playwright.async_api import Browser, async_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SLIDER = '[data-lever="washington.fee.h20"] input[type=range]'
LISTEN = """() => {
  window.waits = { first: null, final: null };
  addEventListener('chipgate:painted', (event) => {
    const { stage, after } = event.detail;
    if (window.waits[stage] === null) window.waits[stage] = after;
    if (stage === 'final' && window.waits.first === null) window.waits.first = after;
  });
}"""
MOVE = """(slider, value) => {
  window.waits = { first: null, final: null };
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  slider.dispatchEvent(new Event('change', { bubbles: true }));
}"""


@contextmanager
def server() -> Iterator[str]:
    """A warm server of its own."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "chipgate.cli.main", "app", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 180
            while not warm(url):
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit("the server did not start; run `chipgate app` to see why")
                time.sleep(0.5)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def warm(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/meta", timeout=2) as answer:
            return bool(json.load(answer)["warm"])
    except (URLError, ConnectionError, TimeoutError):
        return False


async def user(browser: Browser, url: str, number: int, moves: int, pause: float) -> list[dict[str, float]]:
    """Waits of one user, each with ``first`` and ``final`` in milliseconds."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector("body[data-painted=final]", state="attached", timeout=120_000)
    await page.evaluate(LISTEN)
    slider = page.locator(SLIDER)
    found = []
    for move in range(moves):
        await asyncio.sleep(pause * (0.5 + (number * 7 + move * 3) % 10 / 10))  # users do not move in step
        value = round(0.01 + (number * 61 + move * 17) % 590 / 1000, 2)
        await slider.evaluate(MOVE, value)
        while (await page.evaluate("window.waits.final")) is None:
            await asyncio.sleep(0.05)
        found.append(await page.evaluate("window.waits"))
    await context.close()
    return found


async def measured(url: str, users: int, moves: int, pause: float) -> dict[str, Any]:
    async with async_playwright() as playwright:
        path = shutil.which("chromium") or sys.exit("Chromium is not installed; apt-get install chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        told = await asyncio.gather(*(user(browser, url, i, moves, pause) for i in range(users)))
        await browser.close()
    waits = [wait for one in told for wait in one]
    return {"users": users, "moves": len(waits)} | {
        f"{stage}_p{q}_ms": round(float(np.percentile([wait[stage] for wait in waits], q)))
        for stage in ("first", "final") for q in (50, 95)
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--moves", type=int, default=20, help="moves of each user")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds of thought between moves, on average")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = []
    with server() as url:
        for users in given.users:
            rows.append(asyncio.run(measured(url, users, given.moves, given.pause)))
    load = os.getloadavg()[0]
    if given.json:
        print(json.dumps({"cores": os.cpu_count(), "load_1min": round(load, 1), "rows": rows}, indent=1))
        return
    for row in rows:
        print(f"{row['users']} users, {row['moves']} moves")
        for stage, words in (("first", "first band"), ("final", "full set")):
            print(f"  {words}: p50 {row[f'{stage}_p50_ms']} ms, p95 {row[f'{stage}_p95_ms']} ms")
    print(f"{os.cpu_count()} cores, load {load:.1f} at the end")


if __name__ == "__main__":
    main()
