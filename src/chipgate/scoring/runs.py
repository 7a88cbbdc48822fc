"""Runs of the market by as-of date, each made once and kept in a folder where one is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import xarray as xr

from chipgate.errors import DataError
from chipgate.results.io import read_result, write_folder, write_netcdf
from chipgate.results.record import METRICS

Simulate = Callable[..., xr.Dataset]
"""``chipgate.api.run`` with a catalogue and a scenario."""

_MAKES_NO_NUMBERS: Final = ("cli", "plots", "report", "scoring", "targets", "app", "news")


@dataclass
class Runs:
    """Runs by as-of date.

    Attributes:
        simulate: Makes a run from ``as_of``, ``until``, ``draws``, ``seed``, ``settings`` and ``metrics``.
        fingerprint: Of the data that runs are made from.
        folder: Where runs are kept, so that a killed backtest goes on where it was.
        said: Called with the as-of date of each run that is made or read.
    """

    simulate: Simulate
    fingerprint: str
    draws: int
    seed: int
    folder: Path | None = None
    said: Callable[[str], None] | None = None
    kept: dict[str, xr.Dataset] = field(default_factory=dict, repr=False)

    def get(self, as_of: date, until: date, settings: Mapping[str, Any] | None = None) -> xr.Dataset:
        """The run of an as-of date up to a month."""
        key = self._key(as_of, until, settings)
        if key in self.kept:
            return self.kept[key]
        file = self.folder / f"run-{as_of}-{key[:16]}.nc" if self.folder is not None else None
        found = _read(file)
        if self.said is not None:
            self.said(f"as of {as_of}: {'read' if found is not None else 'simulated'}")
        if found is None:
            found = self.simulate(as_of=as_of.isoformat(), until=f"{until:%Y-%m}", draws=self.draws, seed=self.seed,
                                  settings=dict(settings or {}), metrics=list(METRICS))  # fmt: skip
            if file is not None:
                write_folder(file.parent, {file.name: write_netcdf(found)})
        self.kept[key] = found
        return found

    def _key(self, as_of: date, until: date, settings: Mapping[str, Any] | None) -> str:
        parts = (as_of, f"{until:%Y-%m}", self.draws, self.seed, sorted((settings or {}).items()), METRICS,
                 self.fingerprint, version("chipgate"), code())  # fmt: skip
        return sha256(repr(parts).encode()).hexdigest()


def _read(file: Path | None) -> xr.Dataset | None:
    if file is None or not file.exists():
        return None
    try:
        return read_result(file)
    except DataError:  # half a file, or one of another version: it is made anew
        return None


@cache
def code() -> str:
    """Hash of the source that makes numbers."""
    found = sha256()
    root = files("chipgate")
    for folder in sorted((f for f in root.iterdir() if f.is_dir()), key=lambda f: f.name):
        if folder.name in (*_MAKES_NO_NUMBERS, "data", "__pycache__"):
            continue
        for file in sorted(folder.iterdir(), key=lambda f: f.name):
            if file.name.endswith(".py"):
                found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()
