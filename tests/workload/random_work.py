"""Random points of work: catalogued chips, precisions and models, any layout, load and efficiency."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from numpy.random import Generator
from numpy.typing import NDArray

from chipgate.catalogue import catalogue
from chipgate.errors import SpecError
from chipgate.workload import machine, shape
from chipgate.workload.kernels import Efficiency, Spread
from chipgate.workload.machine import Machine
from chipgate.workload.shape import Shape
from chipgate.workload.train import TrainingLoad

Numbers = NDArray[np.float64]
MOST_SECONDS = {"hop_s": 1e-4, "layer_s": 1e-4, "step_s": 1e-2, "sequence_s": 1e-4}


class Load(NamedTuple):
    """Load of serving."""

    batch: Numbers
    tokens_in: Numbers
    tokens_out: Numbers


class Work(NamedTuple):
    """Many points of work, each with one axis."""

    machine: Machine
    shape: Shape
    efficiency: Efficiency
    spread: Spread
    load: Load
    training: TrainingLoad


@cache
def _catalogue() -> tuple[Shape, dict[bool, Machine], Numbers]:
    """All models, all chips at all precisions for dense models and for mixtures, and which models are mixtures."""
    data = catalogue()
    machines: dict[bool, list[Machine]] = {False: [], True: []}
    for chip in data.chips.values():
        for precision in data.precisions.values():
            for moe, found in machines.items():
                try:
                    found.append(machine.machine_of(data, chip, precision, moe=moe))
                except SpecError:
                    continue
    shapes = shape.stack([shape.shape_of(model) for model in data.models.values()])
    return shapes, {moe: machine.stack(found) for moe, found in machines.items()}, np.asarray(shapes.moe_layers) > 0


def random_work(seed: int, many: int = 4000) -> Work:
    """Points drawn by one seed."""
    rng = np.random.default_rng(seed)
    shapes, machines, moe = _catalogue()
    model = rng.integers(0, len(moe), many)
    chip = rng.integers(0, len(machines[True].memory), many)
    picked = [jax.tree.map(lambda a: np.asarray(a)[chip], machines[kind]) for kind in (False, True)]
    mixed = moe[model]
    chosen = jax.tree.map(lambda dense, mixture: np.where(mixed, mixture, dense), *picked)
    one = jax.tree.map(lambda a: np.asarray(a)[model], shapes)
    data = np.where(mixed, _power(rng, 8, many), 1.0)
    spread = Spread(_power(rng, 6, many), data, _power(rng, 4, many), np.ones(many))  # type: ignore[arg-type]
    load = Load(_wide(rng, 1, 16384, many), _wide(rng, 1, 128_000, many), _wide(rng, 1, 32_000, many))
    return Work(chosen, one, _efficiency(rng, many), spread, load, _training(rng, spread, many))


def _efficiency(rng: Generator, many: int) -> Efficiency:
    """Fractions anywhere in (0, 1], a tenth of them exactly 1."""
    drawn: Any = {
        name: _wide(rng, 1e-8, MOST_SECONDS[name], many) if name in MOST_SECONDS
        else _wide(rng, 1, 500, many) if name == "half"
        else np.where(rng.random(many) < 0.1, 1.0, rng.uniform(0.02, 1, many))
        for name in Efficiency._fields
    }  # fmt: skip
    return Efficiency(**drawn)


def _training(rng: Generator, spread: Spread, many: int) -> TrainingLoad:
    context = _power(rng, 2, many)
    copies = spread.data * _power(rng, 5, many)
    given: Any = {
        "chips": spread.tensor * spread.pipeline * context * copies, "batch": copies * _power(rng, 8, many),
        "length": _wide(rng, 512, 65_536, many), "interleave": _power(rng, 3, many), "context": context,
        "sharded": (rng.random(many) < 0.3) * 1.0, "lora": (rng.random(many) < 0.2) * 1.0,
    }  # fmt: skip
    return TrainingLoad(**given)


def _power(rng: Generator, most: int, many: int) -> Numbers:
    return 2.0 ** rng.integers(0, most + 1, many)


def _wide(rng: Generator, low: float, high: float, many: int) -> Numbers:
    return np.exp(rng.uniform(np.log(low), np.log(high), many))


def worst(work: Work, broken: Array | NDArray[np.bool_]) -> str:
    """Where a law is broken first, for the message of an assertion."""
    where = np.flatnonzero(np.asarray(broken))
    if not len(where):
        return "nowhere"
    pick: Callable[[Any], Any] = lambda a: float(np.asarray(a)[where[0]])  # noqa: E731
    return f"{len(where)} of {len(np.asarray(broken))}, first: {jax.tree.map(pick, work)}"
