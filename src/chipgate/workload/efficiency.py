"""Efficiencies by stack and date from one vector of numbers.

A stack's efficiency is the typical one and its own deviation, on the scale of the link (logit of value / most, or
log). The vector holds standard scores: the typical value's and each deviation's, so that zero is the prior's middle
and the prior is standard normal. Software of a chip matures: every time is longer by ``immature`` on the day the
chip first ships, and the rest of it halves each year.
"""

from typing import Any, Final, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.nn import sigmoid
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.workload.kernels import Efficiency

STACKS: Final = ("cuda", "rocm", "cann", "xla", "other")
"""Stacks with an efficiency of their own; every other one is ``other``, of which no deviation is known."""
_Z90: Final = 1.2815515655446004
_HALF_LIFE_YEARS: Final = 1.0
EXTRA: Final = (
    "server", "interactive", "speculative", "untuned", "benchmark_mlperf_llama2_70b_lora", "benchmark_mlperf_gpt3_175b",
    "benchmark_mlperf_llama31_405b", "benchmark_mlperf_llama31_8b", "benchmark_batch",
)  # fmt: skip
"""Numbers beside the kernels, shifts among the catalogue's records, in the order of the vector."""


class Scale(NamedTuple):
    """Links and priors as arrays: of the efficiencies in the order of :class:`Efficiency`, of the extras in theirs."""

    fraction: NDArray[np.bool_]
    most: NDArray[np.float64]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    between: NDArray[np.float64]
    extra_mean: NDArray[np.float64]
    extra_spread: NDArray[np.float64]


NAMES: Final = (*Efficiency._fields, "immature")
SIZE: Final = len(NAMES) * (1 + len(STACKS)) + len(EXTRA)
"""Numbers in the vector."""


def scale_of(data: Catalogue) -> Scale:
    """Links and priors from the catalogue's records."""
    found = [data.efficiencies[name] for name in NAMES]
    rows = []
    for prior in found:
        middle, low, high = (_link(prior.link, prior.most, x) for x in (prior.central, prior.low, prior.high))
        rows.append((prior.link == "fraction", prior.most, middle, (high - low) / (2 * _Z90), prior.between))
    columns = list(zip(*rows, strict=True))
    beside = [data.efficiencies[name] for name in EXTRA]
    numbers = [np.array(column, float) for column in columns[1:]]
    return Scale(
        fraction=np.array(columns[0], bool), most=numbers[0], centre=numbers[1], spread=numbers[2], between=numbers[3],
        extra_mean=np.array([prior.central for prior in beside]),
        extra_spread=np.array([(prior.high - prior.low) / (2 * _Z90) for prior in beside]),
    )  # fmt: skip


def _link(link: str, most: float, value: float) -> float:
    return float(np.log(value / (most - value)) if link == "fraction" else np.log(value))


def scores(scale: Scale, vector: Array) -> Array:
    """Each efficiency by stack on the scale of its link, ``[name, stack]``."""
    count = len(NAMES)
    typical = vector[:count]
    own = vector[count : count * (1 + len(STACKS))].reshape(count, len(STACKS))
    return jnp.asarray(scale.centre[:, None] + scale.spread[:, None] * typical[:, None] + scale.between[:, None] * own)


def values(scale: Scale, score: Array) -> Array:
    """Efficiencies from the scale of the link; the first axis is the name."""
    wide = (-1,) + (1,) * (score.ndim - 1)
    fraction, most = scale.fraction.reshape(wide), scale.most.reshape(wide)
    return jnp.where(fraction, most * sigmoid(score), jnp.exp(score))


def extras(scale: Scale, vector: Array) -> Array:
    """Numbers beside the kernels in the order of :data:`EXTRA`."""
    return jnp.asarray(scale.extra_mean + scale.extra_spread * vector[len(NAMES) * (1 + len(STACKS)) :])


def spread_slopes(
    scale: Scale, by_score: NDArray[np.float64], by_extra: NDArray[np.float64], stack: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Derivatives by the vector from those by each point's own scores ``[name, n]`` and extras ``[extra, n]``."""
    count, n = len(NAMES), by_score.shape[1]
    out = np.zeros((n, SIZE))
    out[:, :count] = (scale.spread[:, None] * by_score).T
    own = np.zeros((n, count, len(STACKS)))
    own[np.arange(n), :, stack] = (scale.between[:, None] * by_score).T
    out[:, count : count * (1 + len(STACKS))] = own.reshape(n, -1)
    out[:, count * (1 + len(STACKS)) :] = (scale.extra_spread[:, None] * by_extra).T
    return out


def gather(found: Array) -> tuple[Efficiency, Array]:
    """Values with the first axis taken apart: the efficiencies, and ``immature``."""
    columns: list[Any] = [found[i] for i in range(len(NAMES))]
    return Efficiency(*columns[:-1]), columns[-1]


def slowdown(immature: Array, age_years: Array | NDArray[np.float64]) -> Array:
    """Log slowdown at an age in years since the chip first shipped."""
    return immature * 0.5 ** (jnp.maximum(age_years, 0.0) / _HALF_LIFE_YEARS)


def stack_index(stack: str) -> int:
    """Index of a stack among those with an efficiency of their own."""
    return STACKS.index(stack) if stack in STACKS else STACKS.index("other")
