"""Running all draws in blocks, on all cores, with bounded memory and progress.

A block is a fixed number of draws, so that one compiled program serves any number of them. Metrics are computed
block by block; above some thousands of draws they are kept in files and not in memory.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import jax
import numpy as np
from numpy.typing import NDArray

from chipgate.market.simulate import TOLERANCE, simulate
from chipgate.market.step import Record
from chipgate.metrics import METRICS, View, labels
from chipgate.setup.build import Built, block

BLOCK: Final = 64
"""Draws in one compiled block: small enough for the arrays of one sweep to stay in cache."""
_IN_MEMORY_DRAWS: Final = 4_000

Progress = Callable[[int, int], None]
"""Called with draws done and draws in all."""


@dataclass(frozen=True)
class Executed:
    """Metrics of a run.

    Attributes:
        values: Metric -> ``[t *axes d]``, single precision.
        residual: Largest residual of the price iteration of each draw, ``[d]``.
        converged: Draws whose prices converged in every month, ``[d]``.
        sweeps: Mean number of price sweeps a month.
    """

    built: Built
    values: dict[str, NDArray[np.float32]]
    residual: NDArray[np.float64]
    converged: NDArray[np.bool_]
    sweeps: float


def use_compile_cache() -> None:
    """Keep compiled programs in the user's cache folder, so that only the first run of a version compiles."""
    from platformdirs import user_cache_path

    folder = user_cache_path("chipgate") / "compiled"
    folder.mkdir(parents=True, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def execute(
    built: Built, *, dtype: str = "float32", names: Sequence[str] | None = None, progress: Progress | None = None
) -> Executed:
    """Simulate every draw of ``built`` and compute metrics.

    Args:
        dtype: ``float32`` or ``float64``.
        names: Metrics to compute; all by default.
        progress: Called after each block.
    """
    chosen = list(METRICS) if names is None else list(names)
    draws = built.plan.draws
    store = _Store(built, chosen)
    residual = np.zeros(draws)
    sweeps: list[float] = []
    starts = range(0, draws, BLOCK)
    done = 0

    def one(start: int) -> int:
        part = slice(start, min(start + BLOCK, draws))
        record = _simulate(built, part, dtype)
        view = View(record, built, part)
        for name in chosen:
            store.put(name, part, METRICS[name].compute(view))
        residual[part] = np.asarray(record.residual).max(0)
        sweeps.append(float(np.asarray(record.sweeps).mean()))
        return part.stop - part.start

    with jax.enable_x64(dtype == "float64"):
        done += one(0)  # compiles; the others reuse the program
        if progress:
            progress(done, draws)
        with ThreadPoolExecutor(max_workers=_workers()) as pool:
            for count in pool.map(lambda start: _in_precision(one, start, dtype), starts[1:]):
                done += count
                if progress:
                    progress(done, draws)
    tolerance = TOLERANCE[dtype]
    return Executed(built, store.values, residual, residual <= tolerance * (1 + 1e-6), float(np.mean(sweeps)))


def _in_precision(one: Callable[[int], int], start: int, dtype: str) -> int:
    # The precision setting is local to a thread.
    with jax.enable_x64(dtype == "float64"):
        return one(start)


def _workers() -> int:
    return max(os.cpu_count() or 1, 1)


def _simulate(built: Built, part: slice, dtype: str) -> Record:
    """One block as NumPy arrays; the last one is filled up with its own last draw and cut again."""
    count = part.stop - part.start
    index = np.minimum(np.arange(part.start, part.start + BLOCK), part.stop - 1)
    record = simulate(built.plan.structure, block(built.inputs, index, dtype))
    arrays = {name: np.asarray(value)[..., :count] for name, value in vars(record).items()}
    return replace(record, **arrays)


class _Store:
    """Arrays of metrics, in memory or, for many draws, in a temporary folder that goes with the process."""

    def __init__(self, built: Built, names: Sequence[str]) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="chipgate-") if built.plan.draws > _IN_MEMORY_DRAWS else None
        self.values = {name: self._make(built, name) for name in names}

    def _make(self, built: Built, name: str) -> NDArray[np.float32]:
        shape = (
            len(built.plan.months),
            *(len(labels(axis, built)) for axis in METRICS[name].axes),
            built.plan.draws,
        )
        if self.folder is None:
            return np.empty(shape, np.float32)
        path = Path(self.folder.name) / f"{name}.npy"
        made = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        made._chipgate_folder = self.folder  # type: ignore[attr-defined]  # the folder lives as long as its arrays
        return made

    def put(self, name: str, part: slice, values: NDArray[Any]) -> None:
        """Store the metric of some draws."""
        self.values[name][..., part] = values
