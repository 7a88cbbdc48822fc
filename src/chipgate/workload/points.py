"""Cases as arrays, and the rates that the model gives for them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.schema.chip import Chip
from chipgate.workload import machine as machines
from chipgate.workload import shape as shapes
from chipgate.workload.case import Case
from chipgate.workload.efficiency import EXTRA, Scale, gather, slowdown, stack_index, values
from chipgate.workload.kernels import IDEAL, Efficiency, Spread
from chipgate.workload.layouts import Choice, choices
from chipgate.workload.machine import Machine
from chipgate.workload.serve import serve
from chipgate.workload.shape import Shape
from chipgate.workload.train import TrainingLoad, train

METRICS: Final = (
    "tokens_per_s_per_chip", "total_tokens_per_s_per_chip", "tpot_ms", "mfu", "time_to_train_min", "gpu_hours"
)  # fmt: skip
BENCHMARKS: Final = tuple(name for name in EXTRA if name.startswith("benchmark_mlperf"))
# Sequences of one copy of attention at which engines stop admitting more.
_MOST_RUNNING: Final = 1024.0
# What was measured did run, whatever memory is counted here.
_PROVEN: Final = 8.0
# A measured rate nearer to the ideal one, or above it, counts as this near: the specification is then in doubt.
_NEAREST: Final = -0.05
_MOST_SPECULATIVE: Final = 1.1
_SHARP: Final = 4.0
# Sequences a chip at which drafts bring half of what they bring a single one: the chip has then less time to spare.
_DRAFT_BATCH: Final = 256.0
_TOKENS_A_CHIP: Final = 8192.0
_SHIPPED_UNKNOWN: Final = date(2022, 1, 1)
_DAYS_A_YEAR: Final = 365.25


class Points(NamedTuple):
    """Cases with one axis.

    Attributes:
        phase: 0 training, 1 prefill, 2 decoding or serving. ``metric``: index in :data:`METRICS`.
        batch: Sequences of one copy of the model; in training, of the whole job.
        open_load: 1 where as many sequences run as fit.
        together: 1 where prefill shares the chips.
        server, interactive, speculative, untuned, measured: 1 where it applies. ``benchmark``: index or -1.
    """

    machine: Machine
    shape: Shape
    spread: Spread
    load: TrainingLoad
    stack: Array
    age: Array
    phase: Array
    metric: Array
    batch: Array
    open_load: Array
    tokens_in: Array
    tokens_out: Array
    together: Array
    server: Array
    interactive: Array
    speculative: Array
    benchmark: Array
    tokens_trained: Array
    untuned: Array
    measured: Array


def age_years(chip: Chip, day: date) -> float:
    """Years since the chip first shipped (was announced, where shipping is not known)."""
    known = chip.first_shipped or chip.announced
    return (day - (known.first if known else _SHIPPED_UNKNOWN)).days / _DAYS_A_YEAR


def choices_of(data: Catalogue, case: Case) -> list[Choice]:
    """Layouts of a case; see :func:`~chipgate.workload.layouts.choices`."""
    model, chip = data.models[case.model], data.chips[case.chip]
    domain = int(machines.machine_of(data, chip, data.precisions[case.precision], moe=bool(model.experts)).domain)
    return choices(
        case.layout, case.phase, chips=case.chips, layers=model.layers or 1, heads=model.heads or 1,
        moe=bool(model.experts), domain=domain,
    )  # fmt: skip


def points_of(data: Catalogue, cases: Sequence[Case], layouts: Sequence[Choice]) -> Points:
    """Arrays of cases, each in one layout.

    Raises:
        SpecError: A chip has no published rate or memory, or a model no published shape.
    """
    rows = [_row(data, case, choice) for case, choice in zip(cases, layouts, strict=True)]
    return join(rows)


def join(rows: Sequence[Points]) -> Points:
    """Points with one axis from single ones."""
    parts: list[Any] = []
    for field in Points._fields:
        column = [getattr(row, field) for row in rows]
        kind = type(column[0])
        if isinstance(column[0], tuple):
            nested: list[Any] = [np.array(c, float) for c in zip(*column, strict=True)]
            parts.append(kind(*nested))
        else:
            parts.append(np.array(column, int if field in _COUNTS else float))
    return Points(*parts)


_COUNTS: Final = ("stack", "phase", "metric", "benchmark")
_PHASE: Final = {"training": 0, "finetune": 0, "prefill": 1, "decode": 2, "serving": 2}


def _row(data: Catalogue, case: Case, choice: Choice) -> Points:
    model, chip = data.models[case.model], data.chips[case.chip]
    phase = _PHASE[case.phase]
    copies = case.chips / choice.group
    batch = float(case.batch or _usual_batch(case))
    tokens_in = float(case.tokens_in if case.tokens_in is not None else 1024.0)
    row: dict[str, Any] = {
        "machine": machines.machine_of(data, chip, data.precisions[case.precision], moe=bool(model.experts)),
        "shape": shapes.shape_of(model),
        "spread": Spread(*(float(x) for x in (choice.tensor, choice.data, choice.pipeline, choice.whole))),  # type: ignore[arg-type]
        "load": TrainingLoad(*(float(x) for x in (  # type: ignore[arg-type]
            case.chips, batch if phase == 0 else 64.0, tokens_in if phase == 0 else 2048.0, choice.interleave,
            choice.context, choice.sharded, "lora" in case.flags,
        ))),
        "stack": stack_index(case.stack), "age": age_years(chip, case.day), "phase": phase,
        "metric": METRICS.index(case.metric), "batch": batch / copies if phase else 1.0,
        "open_load": float(case.load != "batch" and phase == 2), "tokens_in": tokens_in if phase else 1024.0,
        "tokens_out": float(case.tokens_out or 1024.0) if phase == 2 else 1024.0,
        "together": float(phase == 2 and case.tokens_in is not None and case.together),
        "server": float(case.load == "server"), "interactive": float(case.load == "interactive"),
        "speculative": float(case.speculative == "yes"),
        "benchmark": BENCHMARKS.index(f"benchmark_{case.benchmark}") if case.benchmark else -1,
        "tokens_trained": float(case.tokens_trained or 1.0), "untuned": float("untuned" in case.flags),
        "measured": float(case.value == case.value),
    }  # fmt: skip
    return Points(**row)


def _usual_batch(case: Case) -> float:
    """Sequences where none are stated: in training some thousand tokens a chip, in prefill full chunks."""
    if _PHASE[case.phase] == 0:
        return case.chips * max(1.0, _TOKENS_A_CHIP / (case.tokens_in or _TOKENS_A_CHIP))
    return case.chips * 64.0


class Rates(NamedTuple):
    """What the model gives for each point.

    Attributes:
        log_rate: Logarithm of the metric, or of its inverse where less is better.
        fits: Whether the model fits the memory.
    """

    log_rate: Array
    fits: Array


def rates(p: Points, e: Efficiency, log_pace: Array | float, extra: Array) -> Rates:
    """Rates of points under each point's own efficiencies.

    Args:
        log_pace: Added to every log rate: minus the slowdown of young software.
        extra: Numbers beside the kernels, ``[extra]`` or ``[extra, n]``, in the order of ``EXTRA``.
    """
    more = dict(zip(EXTRA, extra, strict=True))
    batch = jnp.where(p.open_load > 0, _MOST_RUNNING * p.spread.data, p.batch)
    served = serve(
        p.machine, p.shape, e, p.spread, batch=batch, tokens_in=p.tokens_in, tokens_out=p.tokens_out,
        together=p.together, least=jnp.where(p.measured > 0, _PROVEN * p.spread.data, 1e-3),
    )  # fmt: skip
    trained = train(p.machine, p.shape, e, p.spread, p.load)
    group = p.spread.tensor * p.spread.data * p.spread.pipeline
    pressure = p.server * more["server"] + p.interactive * more["interactive"] + p.untuned * more["untuned"]
    gain = p.speculative * more["speculative"] / (1 + served.batch / group / _DRAFT_BATCH)
    out = jnp.log(served.tokens / group) + gain + pressure
    both = out + jnp.log1p(p.tokens_in / p.tokens_out)
    tpot = -jnp.log(served.tpot * 1e3) + gain + p.untuned * more["untuned"]
    prompt = jnp.log(served.prompt / group)
    speed = jnp.log(trained.tokens)
    goal = jnp.select([p.benchmark == i for i in range(len(BENCHMARKS))], [more[name] for name in BENCHMARKS], 0.0)
    goal = goal + more["benchmark_batch"] * jnp.log(p.load.batch / 64.0)
    target = speed + jnp.log(p.load.chips * 60.0) - goal
    spent = speed - jnp.log(p.tokens_trained / 3600.0)
    training = jnp.select(
        [p.metric == 3, p.metric == 4, p.metric == 5], [jnp.log(trained.mfu), target, spent], speed
    )  # fmt: skip
    serving = jnp.select([p.metric == 1, p.metric == 2], [both, tpot], out)
    log_rate = jnp.select([p.phase == 0, p.phase == 1], [training, prompt], serving) + log_pace
    return Rates(log_rate, jnp.where(p.phase == 0, trained.fits, served.room > 0))


def modelled(p: Points, scale: Scale, score: Array, extra: Array) -> Rates:
    """Rates of points from each point's own scores ``[name, n]``."""
    e, immature = gather(values(scale, score))
    return rates(p, e, -slowdown(immature, p.age), extra)


def ceiling(p: Points) -> Array:
    """Log rates with every specification in full use; none where a target's tokens are unknown."""
    nothing = jnp.zeros(len(EXTRA)).at[EXTRA.index("speculative")].set(_MOST_SPECULATIVE)
    found = rates(p, IDEAL, 0.0, nothing).log_rate
    return jnp.where(p.metric == METRICS.index("time_to_train_min"), jnp.inf, found)


def free(log_rate: Array, most: Array) -> Array:
    """A log rate on a scale without bound, nearly its own except close under the ceiling; see :func:`bounded`."""
    under = jnp.minimum(log_rate - most, _NEAREST)
    held = jnp.where(jnp.isfinite(most), most + under, log_rate)
    return held - jnp.log1p(-jnp.exp(_SHARP * under)) / _SHARP


def bounded(value: NDArray[np.float64], most: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log rate from the scale without bound: the smooth minimum of both, ``rate^-4 = value^-4 + most^-4``."""
    return np.asarray(value - np.logaddexp(0.0, _SHARP * (value - most)) / _SHARP)


def target(case: Case) -> float:
    """Measured figure as :class:`Rates` has it: its logarithm, negative where less is better."""
    sign = -1.0 if case.metric in ("tpot_ms", "time_to_train_min", "gpu_hours") else 1.0
    return sign * float(np.log(case.value))


def figure(case: Case, log_rate: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
    """A log rate as a figure in the unit of the case's metric."""
    sign = -1.0 if case.metric in ("tpot_ms", "time_to_train_min", "gpu_hours") else 1.0
    return np.exp(sign * np.asarray(log_rate))
