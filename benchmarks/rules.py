"""Time of the vectorised law: the whole catalogue x 60 months x 4 destinations, and of single commands.

Run: python benchmarks/rules.py
"""

import subprocess
import sys
import time
from datetime import date
from statistics import median

from chipgate.api import rule_book
from chipgate.catalogue import Catalogue
from chipgate.rules import cases, points
from chipgate.rules.destination import destination
from chipgate.rules.subject import catalogue_subject
from chipgate.rules.vector import judge_arrays
from chipgate.timegrid import month_starts


def main() -> None:
    start = time.perf_counter()
    data = Catalogue()
    book = rule_book(data)
    subjects = [catalogue_subject(chip, data.makers) for chip in data.chips.values()]
    loaded = time.perf_counter() - start
    months = month_starts(date(2022, 1, 1), date(2026, 12, 1))
    to = [destination(data, name, date(2026, 1, 1)) for name in ("CN", "MO", "SA", "CN_HQ_ABROAD")]
    cold, warm = [], []
    for _ in range(7):
        points._possible_cases.cache_clear()
        cases._grouped.cache_clear()
        cold.append(timed(lambda: judge_arrays(book, subjects, months, to)))
        warm.append(timed(lambda: judge_arrays(book, subjects, months, to)))
    print(f"{len(subjects)} chips x {len(months)} months x {len(to)} destinations")
    print(f"load and parse chips and clauses: {loaded * 1e3:8.0f} ms")
    print(f"verdict arrays, nothing cached:   {median(cold) * 1e3:8.0f} ms (median of {len(cold)})")
    print(f"verdict arrays, cases cached:     {median(warm) * 1e3:8.0f} ms")
    for arguments in (["--help"], ["classify", "H20", "--on", "2025-09-15", "--to", "CN"]):
        command = [sys.executable, "-m", "chipgate.cli.main", *arguments]
        walls = [timed(lambda c=command: subprocess.run(c, check=True, capture_output=True)) for _ in range(7)]
        print(f"chipgate {' '.join(arguments):<45} {median(walls) * 1e3:6.0f} ms")


def timed(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
