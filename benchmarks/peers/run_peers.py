"""Predictions of analytic peers for the rows of the measurements, each peer in an environment of its own.

Run: python benchmarks/peers/run_peers.py MEASUREMENTS.csv --out FILE --use PEER=PYTHON[,FOLDER] ...
See README.md beside this file. Prints the median absolute percentage error of each peer, setting and phase.
"""

import argparse
import csv
import json
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from cases import TRAINING, load, sample, unmodellable

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "src" / "chipgate" / "data"
FIELDS = ("peer", "version", "setting", "id", "metric", "measured", "predicted", "seconds", "note")
SETTINGS = {
    "aiconfigurator": ("silicon+hybrid",),
    "genz": ("1.0", "0.7"),
    "llm_analysis": ("0.5/0.9,0.7/0.9",),
    "infersim": ("tables", "datasheet"),
    "calculon": ("search",),
}
SLOW = ("aiconfigurator",)
NOTHING = {"value": None, "seconds": 0.0}


class Worker:
    """One peer's process; started anew after a time-out."""

    def __init__(self, peer: str, python: str, folder: str, limit_s: float):
        self.command = [python, str(HERE / "serve.py"), peer, *([folder] if folder else [])]
        self.limit_s = limit_s
        self.start()

    def start(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self.command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        answer = self.answer(120)
        if answer is None:
            raise SystemExit(f"{' '.join(self.command)} does not start; is the peer installed there?")
        self.version = answer["version"]

    def answer(self, limit_s: float) -> dict[str, Any] | None:
        ready, _, _ = select.select([self.process.stdout], [], [], limit_s)
        line = self.process.stdout.readline() if ready else ""
        return json.loads(line) if line else None

    def ask(self, case: dict[str, Any], setting: str, check: bool = False) -> dict[str, Any]:
        self.process.stdin.write(json.dumps({"case": case, "setting": setting, "check": check}) + "\n")
        self.process.stdin.flush()
        answer = self.answer(self.limit_s)
        if answer is None:
            self.stop()
            self.start()
            return {"value": None, "seconds": self.limit_s, "note": f"no answer within {self.limit_s:g} s"}
        return answer

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def predictions(worker: Worker, peer: str, cases: list[dict[str, Any]], limit: int) -> Iterator[dict[str, Any]]:
    """One record a row and setting; of a slow peer only a sample of the rows that it may model."""
    for setting in SETTINGS[peer]:
        asked = []
        for case in cases:
            common = unmodellable(case)
            if common and setting != SETTINGS[peer][0]:
                continue  # said once
            reason = common or worker.ask(case, setting, check=True)["note"]
            if reason == "other setting":
                continue
            if reason:
                yield record(worker, peer, setting, case, {**NOTHING, "note": reason})
            else:
                asked.append(case)
        for case in sample(asked, limit) if peer in SLOW else asked:
            yield record(worker, peer, setting, case, worker.ask(case, setting))


def record(worker: Worker, peer: str, setting: str, case: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    value = answer["value"]
    return {
        "peer": peer,
        "version": worker.version,
        "setting": setting,
        "id": case["id"],
        "metric": case["metric"],
        "measured": f"{case['value']:g}",
        "predicted": f"{value:.6g}" if value is not None else "",
        "seconds": f"{answer['seconds']:.3f}",
        "note": answer["note"],
    }


def phase_of(case: dict[str, Any]) -> str:
    if case["phase"] in TRAINING:
        return "training"
    return "serving" if case["phase"].startswith("serving") else case["phase"]


def summary(records: list[dict[str, Any]], cases: list[dict[str, Any]]) -> list[str]:
    """Lines of the table: peer, setting, phase, rows modelled, median absolute percentage error, median error."""
    phases = {case["id"]: phase_of(case) for case in cases}
    errors: dict[tuple[str, str, str], list[float]] = {}
    for row in records:
        if row["predicted"]:
            error = float(row["predicted"]) / float(row["measured"]) - 1
            for phase in (phases[row["id"]], "all"):
                errors.setdefault((row["peer"], row["setting"], phase), []).append(error)
    lines = ["| peer | setting | phase | rows | median abs. error | median error |", "|---|---|---|---|---|---|"]
    for (peer, setting, phase), found in sorted(errors.items()):
        size = f"{100 * median(map(abs, found)):.1f} % | {100 * median(found):+.1f} %"
        lines.append(f"| {peer} | {setting} | {phase} | {len(found)} | {size} |")
    return lines


def main() -> None:
    """Asks each named peer in turn; rows of peers not named stay as they are in the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measurements", type=Path)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of models.csv and chips")
    parser.add_argument("--out", type=Path, default=Path("predictions.csv"))
    parser.add_argument("--use", action="append", default=[], metavar="PEER=PYTHON[,FOLDER]")
    parser.add_argument("--limit", type=int, default=80, help="rows of a slow peer")
    parser.add_argument("--seconds", type=float, default=120, help="time limit of one prediction")
    options = parser.parse_args()
    cases = load(options.measurements, options.data)
    kept: list[dict[str, Any]] = []
    used = dict(text.split("=", 1) for text in options.use)
    if unknown := used.keys() - SETTINGS.keys():
        parser.error(f"unknown peer {', '.join(sorted(unknown))}; known: {', '.join(SETTINGS)}")
    if options.out.exists():  # peers not run now keep their rows
        with options.out.open(newline="", encoding="utf-8") as file:
            kept = [row for row in csv.DictReader(file) if row["peer"] not in used]
    for peer, where in used.items():
        python, _, folder = where.partition(",")
        worker = Worker(peer, python, folder, options.seconds)
        for row in predictions(worker, peer, cases, options.limit):
            kept.append(row)
            if peer in SLOW and row["predicted"]:
                write(options.out, kept)
        worker.stop()
        write(options.out, kept)
    print("\n".join(summary(kept, cases)))


def write(path: Path, kept: list[dict[str, Any]]) -> None:
    kept.sort(key=lambda row: (row["peer"], row["setting"], row["id"]))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


if __name__ == "__main__":
    main()
