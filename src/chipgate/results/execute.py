"""Running all draws in blocks, on all cores, with bounded memory and progress.

A block is a fixed number of draws, so that one compiled program serves any number of them. Metrics are computed
block by block; above some thousands of draws they are kept in files and not in memory.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import jax
import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.inputs import Inputs
from chipgate.errors import InternalError
from chipgate.market.simulate import TOLERANCE
from chipgate.market.step import Record
from chipgate.metrics import METRICS, View, labels
from chipgate.results.chunks import simulate_block
from chipgate.results.program import fetch, program
from chipgate.setup.build import Built, block, build
from chipgate.setup.plan import Plan

BLOCK: Final = 64
"""Draws in one compiled block: small enough for the arrays of one sweep to stay in cache."""
SMALL_BLOCK: Final = 32
"""Draws in one block where others wait for the cores; a draw does not depend on its block."""
STRETCH: Final = 2_048
"""Draws whose inputs are held at a time."""
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
        drawn: Prior -> its draws, ``[d]``.
        folder: Where the arrays of many draws lie; it goes when nothing holds it any more.
    """

    built: Built
    values: dict[str, NDArray[np.float32]]
    residual: NDArray[np.float64]
    converged: NDArray[np.bool_]
    sweeps: float
    drawn: dict[str, NDArray[np.float32]]
    folder: tempfile.TemporaryDirectory[str] | None = None


def execute(
    built: Built, *, dtype: str = "float32", names: Sequence[str] | None = None, progress: Progress | None = None
) -> Executed:
    """Simulate every draw of ``built`` and compute metrics.

    Args:
        dtype: ``float32`` or ``float64``.
        names: Metrics to compute; all by default.
        progress: Called after each block.
    """
    made = built.plan
    store = Store(built, list(METRICS) if names is None else list(names), made.draws)
    _fill(store, built, 0, dtype, progress)
    return store.executed(built, dtype)


def execute_plan(
    made: Plan, *, dtype: str = "float32", names: Sequence[str] | None = None, progress: Progress | None = None,
    adjust: Callable[[Built], Built] | None = None,
) -> Executed:  # fmt: skip
    """As :func:`execute`, drawing inputs in stretches, so that memory does not grow with the number of draws.

    Args:
        adjust: Changes the inputs of each stretch, such as by a path read from a sheet.
    """
    chosen = list(METRICS) if names is None else list(names)
    store: Store | None = None
    first: Built | None = None
    with ThreadPoolExecutor(max_workers=1) as aside:
        loading = aside.submit(fetch, made.structure, dtype, BLOCK)
        for start in range(0, made.draws, STRETCH):
            built = build(made, start, min(STRETCH, made.draws - start))
            built = adjust(built) if adjust is not None else built
            loading.result()
            if store is None or first is None:
                first, store = replace(built, plan=made), Store(built, chosen, made.draws)
            _fill(store, built, start, dtype, progress)
    if store is None or first is None:
        raise InternalError("a plan has at least one draw")
    return store.executed(first, dtype)


def _fill(store: "Store", built: Built, offset: int, dtype: str, progress: Progress | None) -> None:
    """Simulate the draws of ``built`` and store them from ``offset`` on."""
    draws, size = built.plan.draws, _block()
    done = offset
    store.take_inputs(built, offset)
    run = _simulator(built, dtype, size)

    def one(start: int) -> int:
        part = slice(start, min(start + size, draws))
        count = part.stop - start
        store.take(View(run(part), built, part), offset)
        return count

    with ThreadPoolExecutor(max_workers=_workers()) as pool:
        for count in pool.map(one, range(0, draws, size)):
            done += count
            if progress:
                progress(done, store.draws)


def _simulator(built: Built, dtype: str, size: int) -> Callable[[slice], Record]:
    """Simulates some draws; small blocks in chunks of months, whose program serves every horizon, to the same bits."""
    structure, draws = built.plan.structure, built.plan.draws
    if size == SMALL_BLOCK and dtype == "float32":
        return lambda part: simulate_block(structure, built.inputs, part, size, history=0)
    with jax.enable_x64(dtype == "float64"):
        run = program(structure, cut(built, slice(0, min(size, draws)), dtype, size), dtype, size)

    def simulate(part: slice) -> Record:
        with jax.enable_x64(dtype == "float64"):  # the setting is local to a thread
            record = run(cut(built, part, dtype, size))
        count = part.stop - part.start
        arrays: dict[str, Any] = {name: np.asarray(value)[..., :count] for name, value in vars(record).items()}
        return replace(record, **arrays)

    return simulate


_cores: Final[ContextVar[int | None]] = ContextVar("cores", default=None)


@contextmanager
def few_cores(count: int) -> Iterator[None]:
    """Runs inside use at most so many cores, in small blocks, so that others can work beside them."""
    token = _cores.set(count)
    try:
        yield
    finally:
        _cores.reset(token)


def _block() -> int:
    return BLOCK if _cores.get() is None else SMALL_BLOCK


def _workers() -> int:
    every = max(os.cpu_count() or 1, 1)
    return min(_cores.get() or every, every)


def cut(built: Built, part: slice, dtype: str, size: int) -> Inputs:
    """Inputs of one block of ``size`` draws; the last one is filled up with its own last draw."""
    index = np.minimum(np.arange(part.start, part.start + size), part.stop - 1)
    return block(built.inputs, index, dtype)


class Store:
    """Arrays of metrics, in memory or, for many draws, in a temporary folder that goes with the process."""

    def __init__(self, built: Built, names: Sequence[str], draws: int) -> None:
        self.draws = draws
        self.folder = tempfile.TemporaryDirectory(prefix="chipgate-") if draws > _IN_MEMORY_DRAWS else None
        self.values = {name: self._make(built, name) for name in names}
        self.residual = np.zeros(draws)
        self.sweeps: dict[int, float] = {}
        self.drawn = {name: np.empty(draws, np.float32) for name in built.drawn}

    def _make(self, built: Built, name: str) -> NDArray[np.float32]:
        sizes = (len(labels(axis, built)) for axis in METRICS[name].axes)
        shape = (len(built.plan.months), *sizes, self.draws)
        if self.folder is None:
            return np.empty(shape, np.float32)
        path = Path(self.folder.name) / f"{name}.npy"
        return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)

    def take_inputs(self, built: Built, offset: int) -> None:
        """Store the draws of the priors of one stretch."""
        for name, values in self.drawn.items():
            values[offset : offset + built.plan.draws] = built.drawn[name]

    def take(self, view: View, offset: int) -> None:
        """Compute and store the metrics of one block."""
        part = slice(offset + view.part.start, offset + view.part.stop)
        for name, values in self.values.items():
            values[..., part] = METRICS[name].compute(view)
        self.residual[part] = np.asarray(view.record.residual).max(0)
        self.sweeps[part.start] = float(np.asarray(view.record.sweeps).mean())

    def executed(self, built: Built, dtype: str) -> Executed:
        """What was stored, with the draws that converged."""
        converged = self.residual <= TOLERANCE[dtype] * (1 + 1e-6)
        sweeps = float(np.mean([self.sweeps[start] for start in sorted(self.sweeps)]))
        return Executed(built, self.values, self.residual, converged, sweeps, self.drawn, self.folder)
