"""Serving: prefill, decoding at a batch, what fits into memory, and both together on the same chips."""

from typing import Final, NamedTuple

import jax.numpy as jnp
from jax import Array

from chipgate.workload.kernels import Efficiency, Parts, Spread, forward
from chipgate.workload.machine import Machine
from chipgate.workload.shape import Shape, attention_flops, cache_bytes, causal_flops, read_bytes

# Tokens of one chunk of prefill, the engines' common default.
_CHUNK: Final = 8192.0
# Memory that engines can give to weights and cache, and what the runtime holds.
USABLE: Final = 0.95
_RUNTIME_BYTES: Final = 1.5e9


class Served(NamedTuple):
    """Rates of one copy of the model and what they rest on.

    Attributes:
        tokens: Output tokens/s of the copy; ``tpot``: seconds between tokens of one sequence.
        prompt: Input tokens/s of the copy while it does nothing but prefill; ``ttft``: seconds of one prompt
            while each copy of attention has one.
        batch: Sequences that run at a time; ``room``: the most that fit.
        memory: Bytes on one chip at that batch; ``weights``: those of weights alone.
        parts, prefill: Time of one pass of decoding, of one chunk of prefill.
    """

    tokens: Array
    tpot: Array
    prompt: Array
    ttft: Array
    batch: Array
    room: Array
    memory: Array
    weights: Array
    parts: Parts
    prefill: Parts


def weight_bytes(m: Machine, s: Shape, x: Spread) -> Array:
    """Bytes of weights on one chip; input table and output matrix at 16 bits."""
    dense = s.layers * s.attention + s.dense_layers * s.dense + s.moe_layers * (s.shared + s.router)
    experts = s.moe_layers * s.experts * s.expert * m.expert_bytes / (x.tensor * x.data)
    return (dense * m.dense_bytes / x.tensor + experts) / x.pipeline + 2.0 * (s.head + s.embedding) / x.tensor


def room_for(m: Machine, s: Shape, x: Spread, context: Array) -> Array:
    """Sequences of ``context`` tokens that fit a copy of the model; negative where the weights do not."""
    free = USABLE * m.memory - _RUNTIME_BYTES - weight_bytes(m, s, x)
    return free / sequence_bytes(m, s, x, context) * x.data


def sequence_bytes(m: Machine, s: Shape, x: Spread, context: Array) -> Array:
    """Bytes of cache of one sequence on one chip."""
    return cache_bytes(s, context, m.cache_bytes) / (jnp.minimum(x.tensor, s.cache_heads) * x.pipeline)


def decode(m: Machine, s: Shape, e: Efficiency, x: Spread, batch: Array, context: Array) -> Parts:
    """One token of each of ``batch`` sequences in a copy of the model, ``context`` tokens behind each."""
    each = jnp.maximum(batch / (x.data * x.pipeline), 1e-3)
    return forward(
        m, s, e, x, tokens=each, attention=attention_flops(s, context, decode=True),
        cache=each * read_bytes(s, context, m.cache_bytes), rows=each, sequences=each,
    )  # fmt: skip


def prefill(m: Machine, s: Shape, e: Efficiency, x: Spread, length: Array, tokens: Array) -> Parts:
    """A chunk of ``tokens`` prompt tokens in a copy of the model, of prompts of ``length``."""
    each = tokens / x.data
    return forward(
        m, s, e, x, tokens=each, attention=causal_flops(s, length), cache=0.0,
        rows=each / jnp.maximum(length, 1.0), sequences=0.0,
    )  # fmt: skip


def serve(
    m: Machine, s: Shape, e: Efficiency, x: Spread, *, batch: Array, tokens_in: Array, tokens_out: Array,
    together: Array | float = 1.0, least: Array | float = 1e-3,
) -> Served:  # fmt: skip
    """A copy of the model under a load of ``batch`` sequences.

    Args:
        batch: Sequences offered at a time; those that do not fit wait.
        tokens_in, tokens_out: Mean lengths of prompt and answer.
        together: 1 where prefill runs on the same chips, 0 where other chips do it.
        least: Sequences that are known to fit, whatever is counted here.
    """
    room = room_for(m, s, x, tokens_in + tokens_out)
    runs = jnp.clip(batch, 1e-3, jnp.maximum(room, least))
    parts = decode(m, s, e, x, runs, tokens_in + tokens_out / 2)
    chunk = jnp.minimum(jnp.maximum(tokens_in, 1.0) * runs, _CHUNK * x.data)
    first = prefill(m, s, e, x, jnp.maximum(tokens_in, 1.0), chunk)
    per_token = first.total / chunk / x.pipeline
    wait = together * e.mix * runs * tokens_in * per_token / jnp.maximum(tokens_out, 1.0)
    tpot = parts.total + wait
    # One prompt stays on one copy of attention; the others are busy with theirs.
    alone = prefill(m, s, e, x, jnp.maximum(tokens_in, 1.0), jnp.maximum(tokens_in, 1.0) * x.data)
    weights = weight_bytes(m, s, x)
    return Served(
        tokens=runs / tpot, tpot=tpot, prompt=1 / per_token, ttft=alone.total, batch=runs, room=room,
        memory=weights + _RUNTIME_BYTES + runs / x.data * sequence_bytes(m, s, x, tokens_in + tokens_out),
        weights=weights, parts=parts, prefill=first,
    )  # fmt: skip
