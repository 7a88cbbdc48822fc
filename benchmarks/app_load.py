"""Latency and load of the app's server: from a move of a lever to the first and to the final band.

Starts `chipgate app` on a free port and moves levers as people do: each user sends a move, waits for the first band and
then for the final one, and moves on; no answer comes from a cache, since no two states are alike. Prints milliseconds,
50th and 95th percentile, for one user and for several at once, requests that failed, and where the time of a first
band goes in a process by itself.

    python benchmarks/app_load.py [--seconds 60] [--users 8] [--draws 500] [--think 1] [--json FILE]
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np

METRICS = ["units_delivered", "binding_gate", "fee_receipts", "revenue"]
LEVERS = {
    "washington.fee.h20": (0.0, 0.6), "huawei.packaging": (0.3, 3.0), "buyers.budget": (0.5, 2.0),
    "beijing.escalation": (0.2, 5.0), "nvidia_amd.supply.h20": (0.2, 3.0),
}  # fmt: skip


def started(seconds: float = 180) -> tuple[subprocess.Popen[str], str]:
    """A server of its own, warm, and its address."""
    server = subprocess.Popen([sys.executable, "-m", "chipgate.cli.main", "app", "--port", "0"], stderr=subprocess.PIPE,
                              text=True)  # fmt: skip
    assert server.stderr is not None
    found = re.search(r"http://\S+", server.stderr.readline())
    assert found is not None
    threading.Thread(target=server.stderr.read, daemon=True).start()
    end = time.perf_counter() + seconds
    while not httpx.get(f"{found[0]}/api/meta", timeout=60, trust_env=False).json()["warm"]:
        assert time.perf_counter() < end, "the server did not get warm"
        time.sleep(1)
    return server, found[0]


def user(address: str, number: int, draws: int, think: float, until: float, note: Callable[[str, float], None]) -> None:
    """Moves levers until the time is over."""
    dice = random.Random(number)
    headers = {"X-Client": f"bench-user-{number}"}
    settings: dict[str, float] = {}
    with httpx.Client(base_url=address, headers=headers, timeout=120, trust_env=False) as line:
        while time.perf_counter() < until:
            lever, (low, high) = dice.choice(list(LEVERS.items()))
            settings[lever] = round(dice.uniform(low, high), 6)
            start = time.perf_counter()
            body = {"state": {"settings": settings, "draws": draws}, "metrics": METRICS, "first_month": "2024-01",
                    "wait_ms": 30_000}  # fmt: skip
            answer = line.post("/api/runs", json=body)
            if answer.status_code != 202 or answer.json()["result"] is None:
                print(f"failed after {time.perf_counter() - start:.1f} s: {answer.text[:300]}", file=sys.stderr)
                note("failed", 0.0)
                continue
            note("first", time.perf_counter() - start)
            query = {"wait_ms": 30_000, "metrics": ",".join(METRICS), "first_month": "2024-01"}
            time.sleep(think)  # people look at what they see
            final = line.get(f"/api/jobs/{answer.json()['job']}/result", params=query)
            if final.status_code != 200:
                print(f"failed after {time.perf_counter() - start:.1f} s: {final.text[:300]}", file=sys.stderr)
            note("final" if final.status_code == 200 else "failed", time.perf_counter() - start)


def measured(address: str, users: int, draws: int, think: float, seconds: float) -> dict[str, Any]:
    """Percentiles of so many users at once."""
    times: dict[str, list[float]] = {"first": [], "final": [], "failed": []}
    lock = threading.Lock()

    def note(kind: str, spent: float) -> None:
        with lock:
            times[kind].append(spent)

    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=user, args=(address, n, draws, think, until, note)) for n in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found: dict[str, Any] = {"users": users, "moves": len(times["first"]), "failed": len(times["failed"])}
    for kind in ("first", "final"):
        middle, late = np.percentile(np.array(times[kind]) * 1000, [50, 95])
        found |= {f"{kind}_p50_ms": round(float(middle)), f"{kind}_p95_ms": round(float(late))}
    return found


def memory_mb(process: int) -> int:
    """Resident memory of a process."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


def parts() -> dict[str, float]:
    """Where the time of a first band goes, milliseconds of one thread, middle of several."""
    from chipgate.app.answer import encoded
    from chipgate.app.bands import Result, run_document
    from chipgate.app.kept import Recent
    from chipgate.app.models import RunState
    from chipgate.app.state import resolved
    from chipgate.catalogue import catalogue
    from chipgate.results.chunks import Head
    from chipgate.results.staged import StagedRun
    from chipgate.setup.build import Kept
    from chipgate.setup.planned import plan_of

    data, heads, kept = catalogue(), Recent[Any, Head](1e9, lambda head: float(head.nbytes)), None
    rows = []
    for fee in (0.1, 0.2, 0.3, 0.4, 0.5, 0.15, 0.25):
        marks = [time.perf_counter()]
        found = resolved(data, RunState(settings={"washington.fee.h20": fee}))
        run = StagedRun(plan_of(found, seed=0, draws=64), found, (64,), heads)
        marks.append(time.perf_counter())
        run.compile()
        kept = kept or Kept(run.plan_of(0))
        marks.append(time.perf_counter())
        stage = run.begin(0, kept, METRICS)
        marks.append(time.perf_counter())
        for block in stage.blocks:
            run.simulate(stage, block)
        marks.append(time.perf_counter())
        result = Result("", "first", run.dataset(stage), data)
        marks.append(time.perf_counter())
        encoded(run_document(result, METRICS, "2024-01"))
        marks.append(time.perf_counter())
        rows.append(np.diff(marks) * 1000)
    middle = np.median(rows[2:], axis=0)
    names = ("resolve", "", "inputs", "simulate_two_blocks_one_after_the_other", "dataset", "bands_and_json")
    return {name: round(float(ms), 1) for name, ms in zip(names, middle, strict=True) if name}


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--seconds", type=float, default=60)
    given.add_argument("--users", type=int, default=8)
    given.add_argument("--draws", type=int, default=500)
    given.add_argument("--think", type=float, default=1.0)
    given.add_argument("--json", type=Path)
    asked = given.parse_args()
    server, address = started()
    try:
        at_start = memory_mb(server.pid)
        measured(address, 1, asked.draws, 0.0, 5)  # histories are kept from here on
        alone = measured(address, 1, asked.draws, 0.0, min(asked.seconds, 20))
        busy = measured(address, asked.users, asked.draws, asked.think, asked.seconds)
        at_end = memory_mb(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=30)
    document = {
        "cores": os.cpu_count(), "load_average": [round(x, 1) for x in os.getloadavg()], "draws": asked.draws,
        "think_s": asked.think, "alone": alone, "busy": busy, "server_mb": [at_start, at_end],
        "first_band_parts_ms": parts(),
    }  # fmt: skip
    print(json.dumps(document, indent=1))
    if asked.json is not None:
        asked.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
