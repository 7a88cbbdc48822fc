"""A run leaves whole files or none: the same bytes for the same seed, and nothing half-written when it is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from helpers import ROOT, run_cli

from chipgate.results.io import write_folder

FILES = ("report.html", "result.nc", "summary.json")
FEW = ("--draws", "16")
_PATIENCE_S = 300


def start(folder: Path) -> "subprocess.Popen[bytes]":
    """A run of its own that a test may kill."""
    command = [sys.executable, "-m", "chipgate.cli.main", "run", "--draws", "512", "--out", str(folder)]
    path = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path})


def wait_for(seen: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    end = time.perf_counter() + _PATIENCE_S
    while not seen() and process.poll() is None and time.perf_counter() < end:
        time.sleep(0.002)


def hashes(folder: Path) -> dict[str, str]:
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        assert run_cli("run", *FEW, "--out", str(tmp_path / name)).status == 0
        found.append(hashes(tmp_path / name))
        time.sleep(1.1)  # a stamp of the time in a file would differ
    assert found[0] == found[1]


@pytest.mark.parametrize("moment", ["simulating", "writing"])
def test_a_killed_run_leaves_nothing_half_written(tmp_path: Path, moment: str) -> None:
    process = start(tmp_path)
    try:
        if moment == "simulating":
            assert process.stderr is not None
            process.stderr.read(1)  # the first line of progress
        else:
            wait_for(lambda: any(f.stat().st_size for f in tmp_path.glob(".chipgate-*/*")), process)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    left = sorted(p.name for p in tmp_path.iterdir())
    assert [name for name in left if not name.startswith(".chipgate-")] == []
    assert bool(left) == (moment == "writing")
    assert run_cli("run", *FEW, "--out", str(tmp_path)).status == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(FILES)


def test_a_killed_run_spoils_no_earlier_result(tmp_path: Path) -> None:
    assert run_cli("run", *FEW, "--out", str(tmp_path)).status == 0
    before = hashes(tmp_path)
    process = start(tmp_path)
    wait_for(lambda: any(f.stat().st_size for f in tmp_path.glob(".chipgate-*/*")), process)
    process.kill()
    process.communicate()
    assert hashes(tmp_path) == before


def test_a_folder_aside_of_a_living_run_stays(tmp_path: Path) -> None:
    own, stale, nameless = (tmp_path / f".chipgate-{n}" for n in (f"{os.getpid()}-x", "999999999-x", "abc"))
    for folder in (own, stale, nameless):
        folder.mkdir()
    write_folder(tmp_path, {"a.txt": lambda path: path.write_text("a")})
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted((own.name, "a.txt"))


def test_a_writer_that_fails_leaves_the_old_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def fail(path: Path) -> None:
        raise OSError(28, "no space left")

    with pytest.raises(OSError, match="no space"):
        write_folder(tmp_path, {"a.txt": lambda path: path.write_text("new"), "b.txt": fail})
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "old")]
