"""Training: one step of a global batch over tensor, pipeline, data, expert and context parallelism.

Bubbles of the pipeline follow the interleaved one-forward-one-backward schedule (Narayanan et al. 2021), states of
16 to 18 bytes a parameter ZeRO (Rajbhandari et al. 2020), activations with selective recomputation Korthikanti et
al. (2022): 34 bytes a token, layer and hidden unit over the tensor-parallel chips.
"""

from typing import Final, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from chipgate.workload.kernels import Efficiency, Parts, Spread, forward, reach, roof
from chipgate.workload.machine import Machine
from chipgate.workload.shape import Shape, causal_flops, parameters, training_flops

_ACTIVATION_BYTES: Final = 34.0
_KEPT_BYTES: Final = 2.0
_USABLE: Final = 0.94
# What was filled to the brim may lie above it by rounding.
_FULL: Final = _USABLE * (1 + 1e-5)
_RUNTIME_BYTES: Final = 3e9
_MOST_MICRO: Final = 16.0


class TrainingLoad(NamedTuple):
    """What is trained and how it is spread beyond :class:`Spread`.

    Attributes:
        chips: In the whole job; ``batch``: sequences of ``length`` tokens a step.
        interleave: Virtual stages a chip; ``context``: chips that share one sequence.
        sharded: 1 where weights are gathered layer by layer (FSDP); 0 where only optimiser states are sharded.
        lora: 1 where the weights are frozen and only adapters learn.
    """

    chips: Array
    batch: Array
    length: Array
    interleave: Array
    context: Array
    sharded: Array
    lora: Array


class Trained(NamedTuple):
    """Rate of a training job.

    Attributes:
        tokens: Tokens/s a chip; ``mfu``: model FLOPs over the 16-bit rate.
        step: Seconds of one step; ``bubble``: the part of them in which stages wait.
        memory: Bytes on one chip; ``recompute``: 1 where all activations are computed again.
        fits: Whether the job fits; ``parts``: seconds of a step by what they go to, on one chip.
    """

    tokens: Array
    mfu: Array
    step: Array
    bubble: Array
    memory: Array
    recompute: Array
    fits: Array
    parts: Parts


def train(m: Machine, s: Shape, e: Efficiency, x: Spread, load: TrainingLoad) -> Trained:
    """One training step; ``x.data`` is the number of attention copies over which experts are spread.

    Of keeping all activations, where they fit, and computing them again, the faster.
    """
    kept, again = (_train(m, s, e, x, load, recompute=way) for way in (0.0, 1.0))
    keep = kept.fits & (kept.tokens >= again.tokens)
    best: Trained = jax.tree.map(lambda one, other: jnp.where(keep, one, other), kept, again)
    return best


def _train(m: Machine, s: Shape, e: Efficiency, x: Spread, load: TrainingLoad, *, recompute: float) -> Trained:
    ranks = jnp.maximum(load.chips / (x.tensor * x.pipeline * load.context), 1.0)
    local = jnp.maximum(load.batch / ranks, 1e-3)
    states = _state_bytes(m, s, x, load, ranks)
    micro = _micro(m, s, x, load, local, states, recompute)
    count = local / micro
    tokens = micro * load.length / load.context
    one = forward(
        m,
        s,
        e,
        x,
        tokens=tokens,
        attention=causal_flops(s, load.length),
        cache=0.0,
        rows=tokens,
        factor=e.train,
        factor_grouped=e.train_grouped,
    )
    memory = states + _activation_bytes(s, x, load, tokens, count)[recompute > 0] + _RUNTIME_BYTES
    passes = 3.0 - load.lora + recompute
    talk = e.exposed * one.talk * (2.0 + recompute)
    each = (one.kernels * passes + talk + one.overhead * 2) / x.pipeline
    gather = _gather(m, s, e, x, load) * 3 / x.pipeline
    each = jnp.where(load.sharded > 0, roof(each, gather), each)
    idle = (x.pipeline - 1) / load.interleave * each
    sync = _sync(m, s, e, x, load, ranks)
    step = count * each + idle + sync
    rate = load.batch * load.length / load.chips / step
    # With frozen weights no products make their gradients.
    flops = training_flops(s, load.length) * (3.0 - load.lora) / 3.0
    work = count * passes / x.pipeline
    parts = Parts(
        compute=one.compute * work, weights=one.weights * work, cache=0 * step, talk=count * talk / x.pipeline + sync,
        overhead=idle + count * one.overhead * 2 / x.pipeline, kernels=one.kernels * work, total=step,
    )  # fmt: skip
    return Trained(
        tokens=rate, mfu=rate * flops / m.rate16, step=step, bubble=idle / step,
        memory=memory, recompute=recompute + 0 * step, fits=memory <= (1.0 if recompute else _FULL) * m.memory,
        parts=parts,
    )  # fmt: skip


def _micro(
    m: Machine, s: Shape, x: Spread, load: TrainingLoad, local: Array, states: Array, recompute: float
) -> Array:  # fmt: skip
    """Sequences of one microbatch: one, or where weights are gathered for each as many as fit.

    Stages of a pipeline take one at a time, since they wait for whole microbatches.
    """
    one = _activation_bytes(s, x, load, load.length / load.context, 1.0 + 0 * local)[recompute > 0]
    fit = jnp.maximum((_USABLE * m.memory - _RUNTIME_BYTES - states) / one, 1.0)
    many = jnp.minimum(jnp.minimum(local, _MOST_MICRO), fit)
    return jnp.where((load.sharded > 0) & (x.pipeline <= 1), many, jnp.minimum(local, 1.0))


def _activation_bytes(s: Shape, x: Spread, load: TrainingLoad, tokens: Array, count: Array) -> tuple[Array, Array]:
    """Activations kept on one chip with selective and with full recomputation."""
    more = (load.interleave > 1) * (x.pipeline - 1) / x.pipeline / load.interleave
    flight = jnp.minimum(count, x.pipeline) * (1 + more)
    unit = tokens * s.hidden * s.layers / x.pipeline * flight
    # In a layer of experts, beside the half that attention keeps: what its experts hold, and a copy of each token sent.
    held = 0.5 + (s.chosen * s.expert + s.shared) / (24 * s.hidden**2) + 2 * s.chosen / _ACTIVATION_BYTES
    wide = 1 + s.moe_layers / s.layers * (held - 1)
    kept = unit * _ACTIVATION_BYTES / x.tensor * wide
    one_layer = tokens * s.hidden * _ACTIVATION_BYTES / x.tensor * wide
    return kept, unit * _KEPT_BYTES / x.tensor + one_layer


def _state_bytes(m: Machine, s: Shape, x: Spread, load: TrainingLoad, ranks: Array) -> Array:
    """Weights, gradients and optimiser states on one chip."""
    experts = s.moe_layers * s.experts * s.expert
    rest = parameters(s) - experts
    over = x.tensor * x.pipeline
    held = rest / over + experts / (over * x.data)
    states = 12.0 * (rest / over / ranks + experts / (over * ranks))
    plain = 6.0 * held + states
    sharded = 18.0 * parameters(s) / load.chips + 4.0 * rest / s.layers
    frozen = jnp.where(load.sharded > 0, 2.0 * parameters(s) / load.chips, m.dense_bytes * held)
    return jnp.where(load.lora > 0, frozen, jnp.where(load.sharded > 0, sharded, plain))


def _gather(m: Machine, s: Shape, e: Efficiency, x: Spread, load: TrainingLoad) -> Array:
    """Seconds to gather all weights once over the sharding chips."""
    speed, hops = reach(m, e, load.chips)
    # Within a domain the fast link hands on what one chip received, so a domain gathers at the sum of its networks.
    inside = jnp.minimum(m.domain, load.chips)
    fast = m.link * e.link
    speed = jnp.where(load.chips <= m.domain, speed, jnp.minimum(speed * inside, fast))
    return 2.0 * parameters(s) / x.tensor / speed + s.layers * hops


def _sync(m: Machine, s: Shape, e: Efficiency, x: Spread, load: TrainingLoad, ranks: Array) -> Array:
    """Gradients summed over data-parallel chips, weights handed back, the optimiser's own reading."""
    experts = s.moe_layers * s.experts * s.expert
    held = (parameters(s) - experts) / (x.tensor * x.pipeline) + experts / (x.tensor * x.pipeline * x.data)
    speed, _ = reach(m, e, load.chips)
    # Copies within a domain sum over the fast link first, and share the way out.
    local = jnp.clip(m.domain / x.tensor, 1.0, ranks)
    speed = jnp.where(load.chips <= m.domain, speed, jnp.minimum(speed * local, m.link * e.link))
    send = 6.0 * held * (ranks - 1) / ranks / speed * (load.sharded < 1)
    read = 24.0 * parameters(s) / load.chips / (m.bandwidth * e.stream)
    return (1 - load.lora) * (e.exposed * send + read)
