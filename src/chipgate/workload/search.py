"""Search of layout and batch over a grid, for many chips and models at once."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from chipgate.workload.kernels import Efficiency, Spread
from chipgate.workload.layouts import Choice, powers
from chipgate.workload.machine import Machine
from chipgate.workload.serve import serve
from chipgate.workload.shape import Shape
from chipgate.workload.train import TrainingLoad, train

MOST_BATCH: Final = 4096
"""Sequences of one copy of the model at most."""
_PIPELINES: Final = (1, 2, 4, 8, 16)
_INTERLEAVE: Final = 4
_NEVER: Final = -1e30
# Arrays are padded to one of these lengths, so that one compiled program serves most questions.
_POINTS: Final = (144, 1024)
_CHIPS: Final = (1, 10, 100)


@dataclass(frozen=True)
class Grid:
    """Layouts and batches to try: ``choices`` with a batch each (sequences of one copy; 0 in training)."""

    choices: tuple[Choice, ...]
    batches: NDArray[np.float64]

    @property
    def layouts(self) -> set[Choice]:
        """Layouts, each once."""
        return set(self.choices)

    def padded(self) -> "Grid":
        """The same points, the last one repeated up to a usual length."""
        more = _usual(len(self.choices), _POINTS) - len(self.choices)
        return Grid(self.choices + self.choices[-1:] * more, np.pad(self.batches, (0, more), mode="edge"))

    def spread(self) -> Spread:
        """Layouts as arrays, ``[grid]``."""
        columns: Any = [
            np.array([getattr(c, name) for c in self.choices], float)
            for name in ("tensor", "data", "pipeline", "whole")
        ]
        return Spread(*columns)


@dataclass(frozen=True)
class Found:
    """Best point of the grid for each chip and model.

    Attributes:
        index: Position in the grid, ``[chip, model]``; meaningless where nothing ``fits``.
        rate: Tokens/s a chip there. ``fits``: whether any point fits and keeps the limit.
        room: Whether any fits the memory, whatever the limit. ``least_wait_s``: shortest time to a token there is.
        detail: More of the best point: seconds of each resource (:class:`~chipgate.workload.kernels.Parts`), bytes on
            a chip, sequences of a copy, seconds to and between tokens; all ``[chip, model]``.
    """

    index: NDArray[np.int64]
    rate: NDArray[np.float64]
    fits: NDArray[np.bool_]
    room: NDArray[np.bool_]
    least_wait_s: NDArray[np.float64]
    detail: dict[str, NDArray[np.float64]]


def serving_grid(chips: int, *, batch: float | None = None, layouts: list[Choice] | None = None) -> Grid:
    """Layouts of up to ``chips`` chips times batches; one batch (of the whole system) where it is given."""
    found = layouts or serving_layouts(chips)
    pairs = [
        (c, b)
        for c in found
        for b in ([batch * c.group / chips] if batch else powers(MOST_BATCH * c.data))
    ]  # fmt: skip
    return Grid(tuple(c for c, _ in pairs), np.array([b for _, b in pairs], float))


def serving_layouts(chips: int) -> list[Choice]:
    """Every layout of the search: tensor and pipeline parallel, and copies of attention over spread experts."""
    found = []
    for tensor in powers(min(chips, 64)):
        found += [
            Choice(tensor, 1, p, whole) for p in _PIPELINES for whole in (0, 1)
            if tensor * p <= chips and not (whole and tensor == 1)
        ]  # fmt: skip
    return found + [Choice(1, data, 1, 1) for data in powers(min(chips, 256)) if data > 1]


def training_grid(chips: int, layouts: list[Choice] | None = None) -> Grid:
    """Layouts of a training job."""
    if layouts is None:
        layouts = [Choice(1, sharded=1)]
        for tensor in powers(min(chips, 8)):
            for pipeline in _PIPELINES:
                rest = chips // (tensor * pipeline)
                depth = _INTERLEAVE if pipeline > 1 else 1
                layouts += [
                    Choice(tensor, data, pipeline, int(data > 1), depth) for data in powers(min(rest, 64)) if rest
                ]
    return Grid(tuple(layouts), np.zeros(len(layouts)))


def allowed(grid: Grid, machines: Machine, shapes: Shape, chips: int) -> NDArray[np.bool_]:
    """Which points make sense, ``[chip, model, grid]``.

    Experts only where there are some, tensors within a domain; in serving, stages only once a box is shared.
    """
    tensor, data, pipeline, whole, depth = (
        np.array([getattr(c, name) for c in grid.choices], float)
        for name in ("tensor", "data", "pipeline", "whole", "interleave")
    )
    domain = np.asarray(machines.domain)
    domain = (domain if domain.ndim == 1 else domain[:, 0])[:, None, None]
    moe = (np.asarray(shapes.moe_layers) > 0)[None, :, None]
    layers, heads = np.asarray(shapes.layers)[None, :, None], np.asarray(shapes.heads)[None, :, None]
    experts = np.asarray(shapes.experts)[None, :, None]
    good = (tensor <= np.maximum(domain, 1)) & (tensor <= heads) & (pipeline * depth <= layers)
    good = good & (moe | ((whole == 0) & (data == 1))) & (tensor * data <= np.maximum(experts, tensor))
    if grid.batches.any():
        box = np.minimum(np.minimum(8, chips), np.minimum(np.maximum(domain, 1), heads))
        good = good & ((pipeline == 1) | (2 * tensor > box) | (len(grid.layouts) == 1))
    return np.asarray(good & (tensor * data * pipeline <= chips))


@partial(jax.jit, static_argnames=("prefill",))
def _serving(
    machines: Machine, shapes: Shape, e: Efficiency, slow: Array, spread: Spread, batches: Array, good: Array,
    tokens_in: Array, tokens_out: Array, limit: Array, together: Array, prefill: bool,
) -> tuple[tuple[Array, ...], dict[str, Array]]:  # fmt: skip
    m, s, eff, pace = _wide(machines, shapes, e, slow)
    served = serve(m, s, eff, spread, batch=batches, tokens_in=tokens_in, tokens_out=tokens_out, together=together)
    group = spread.tensor * spread.data * spread.pipeline
    wait = (served.ttft if prefill else served.tpot) / pace
    rate = (served.prompt if prefill else served.tokens) / group * pace
    room = good & (served.room >= jnp.minimum(batches, 1.0) * spread.data) & (batches <= served.room * 1.0001)
    fits = room & (wait <= limit)
    score = jnp.where(fits, rate, _NEVER - wait)
    best = jnp.argmax(score, axis=-1)
    parts = served.prefill if prefill else served.parts
    more = parts._asdict() | {
        "memory": served.memory, "batch": served.batch, "tpot": served.tpot / pace, "ttft": served.ttft / pace
    }  # fmt: skip
    found = best, _at(rate, best), fits.any(-1), room.any(-1), jnp.where(room, wait, jnp.inf).min(-1)
    return found, {name: _at(jnp.broadcast_to(x, rate.shape), best) for name, x in more.items()}


@jax.jit
def _training(
    machines: Machine, shapes: Shape, e: Efficiency, slow: Array, spread: Spread, load: TrainingLoad, good: Array
) -> tuple[tuple[Array, ...], dict[str, Array]]:
    m, s, eff, pace = _wide(machines, shapes, e, slow)
    trained = train(m, s, eff, spread, load)
    fits = good & trained.fits
    rate = trained.tokens * pace
    best = jnp.argmax(jnp.where(fits, rate, _NEVER - trained.memory), axis=-1)
    more = trained.parts._asdict() | {
        "memory": trained.memory, "mfu": trained.mfu, "bubble": trained.bubble, "step": trained.step / pace,
        "recompute": trained.recompute,
    }  # fmt: skip
    return (best, _at(rate, best), fits.any(-1)), {
        name: _at(jnp.broadcast_to(x, rate.shape), best) for name, x in more.items()
    }


def _at(values: Array, index: Array) -> Array:
    """Values at one position of the last axis."""
    return jnp.take_along_axis(values, index[..., None], axis=-1)[..., 0]


def _wide(machines: Machine, shapes: Shape, e: Efficiency, slow: Array) -> tuple[Machine, Shape, Efficiency, Array]:
    """Axes ``[chip, model, grid]``."""
    m = Machine(*(x[:, None, None] if x.ndim == 1 else x[:, :, None] for x in machines))
    s = Shape(*(jnp.asarray(x)[None, :, None] for x in shapes))
    eff = Efficiency(*(x[:, None, None] for x in e))
    return m, s, eff, jnp.exp(-slow)[:, None, None]


def find_serving(
    machines: Machine, shapes: Shape, e: Efficiency, slow: NDArray[np.float64], grid: Grid, *, chips: int,
    tokens_in: float, tokens_out: float, limit_s: float | NDArray[np.float64] = np.inf, together: bool = False,
    prefill: bool = False,
) -> Found:  # fmt: skip
    """Best layout and batch for serving.

    Args:
        machines: Arrays ``[chip]``, or ``[chip, model]`` where precisions differ by model.
        shapes: Arrays ``[model]``. ``e``, ``slow``: arrays ``[chip]``.
        limit_s: Longest time between tokens (to the first token, with ``prefill``), for all or for each chip.
        together: Whether prefill runs on the same chips.
    """
    wide, count = grid.padded(), len(slow)
    limit = np.broadcast_to(np.asarray(limit_s, float), (count,))
    machines, e, slow, limit = _pad((machines, e, slow, limit), count)
    good = allowed(wide, machines, shapes, chips)
    found, detail = _serving(
        machines, shapes, e, jnp.asarray(slow), wide.spread(), jnp.asarray(wide.batches), jnp.asarray(good),
        jnp.asarray(tokens_in, float), jnp.asarray(tokens_out, float), jnp.asarray(limit)[:, None, None],
        jnp.asarray(float(together)), prefill,
    )  # fmt: skip
    index, rate, fits, room, least = (np.asarray(x)[:count] for x in found)
    index = np.minimum(index, len(grid.choices) - 1)
    return Found(index, rate, fits, room, least, {name: np.asarray(x)[:count] for name, x in detail.items()})


def find_training(
    machines: Machine, shapes: Shape, e: Efficiency, slow: NDArray[np.float64], grid: Grid, *, chips: int,
    batch: float, length: float, lora: bool = False,
) -> Found:  # fmt: skip
    """Best layout of a training job of ``chips`` chips with ``batch`` sequences of ``length`` tokens a step."""
    wide, count = grid.padded(), len(slow)
    machines, e, slow = _pad((machines, e, slow), count)
    good = allowed(wide, machines, shapes, chips)
    columns = {
        name: np.array([getattr(c, name) for c in wide.choices], float) for name in ("interleave", "context", "sharded")
    }
    load: Any = TrainingLoad(
        *map(jnp.asarray, (float(chips), float(batch), float(length), columns["interleave"], columns["context"],
                           columns["sharded"], float(lora)))
    )  # fmt: skip
    found, detail = _training(machines, shapes, e, jnp.asarray(slow), wide.spread(), load, jnp.asarray(good))
    index, rate, fits = (np.asarray(x)[:count] for x in found)
    index = np.minimum(index, len(grid.choices) - 1)
    more = {name: np.asarray(x)[:count] for name, x in detail.items()}
    return Found(index, rate, fits, fits, np.zeros_like(rate), more)


def _usual(size: int, ladder: tuple[int, ...]) -> int:
    """The next usual length."""
    return next((n for n in ladder if n >= size), -(-size // ladder[-1]) * ladder[-1])


def _pad(arrays: Any, count: int) -> Any:
    """Arrays whose first axis is the chip, the last chip repeated up to a usual number."""
    more = _usual(count, _CHIPS) - count
    return jax.tree.map(lambda x: np.pad(np.asarray(x), [(0, more)] + [(0, 0)] * (np.ndim(x) - 1), mode="edge"), arrays)
