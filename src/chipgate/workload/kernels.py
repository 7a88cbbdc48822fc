"""Time of one pass through a model: a roofline per class of kernel, and collectives with latency and bandwidth.

A kernel takes ``(work^4 + read^4)^(1/4)`` of its time at the chip's rate and at its bandwidth, each lowered by an
efficiency: a smooth maximum, never below either (Williams, Waterman and Patterson 2009 for the roofline).
Collectives take latency and bytes over the link (Thakur, Rabenseifner and Gropp 2005).
"""

from typing import Final, NamedTuple

import jax.numpy as jnp
from jax import Array

from chipgate.workload.machine import Machine
from chipgate.workload.shape import Shape, experts_touched

_SHARP: Final = 4.0
_TINY_S: Final = 1e-12
# Operations a byte of an H100 at 16 bits.
_BALANCE: Final = 300.0
# A collective over the scale-out network starts slower than one over the scale-up link.
_NET_HOPS: Final = 3.0
# Dispatch of tokens to experts goes out at half the width at which their results come back.
_DISPATCH: Final = 1.5


class Efficiency(NamedTuple):
    """What software makes of the hardware; fractions of the specification, seconds, tokens.

    Attributes:
        gemm16, gemm8, gemm4: Large dense products at each width, of the rate, were it fed without bound.
        steep, steep_grouped: How much a rate that is large beside the bandwidth loses, in dense products and in those
            of experts: half at 300 operations a byte for 1.
        grouped: Products of experts, of dense ones.
        attention: Scores and values, of the 16-bit rate, were it fed without bound.
        stream, cache: Reading weights, and the cache of keys and values, of the bandwidth.
        link: Collectives, of the link.
        hop_s: Start of a collective for each doubling of its chips.
        layer_s, step_s, sequence_s: Spent beside the kernels in each layer, step, and sequence of a step.
        half: Tokens at which a product runs at half its best rate, at 300 operations a byte.
        train, train_grouped: Products in training, of those in serving; those of experts once more.
        exposed: Part of the collectives of training that computation does not hide.
        mix: Part of the prefill of other requests that delays decoding.
    """

    gemm16: Array
    gemm8: Array
    gemm4: Array
    steep: Array
    steep_grouped: Array
    grouped: Array
    attention: Array
    stream: Array
    cache: Array
    link: Array
    hop_s: Array
    layer_s: Array
    step_s: Array
    sequence_s: Array
    half: Array
    train: Array
    train_grouped: Array
    exposed: Array
    mix: Array


IDEAL: Final = Efficiency(
    gemm16=1.0, gemm8=1.0, gemm4=1.0, steep=0.0, steep_grouped=0.0, grouped=1.0, attention=1.0,  # type: ignore[arg-type]
    stream=1.0, cache=1.0, link=1.0,  # type: ignore[arg-type]
    hop_s=0.0, layer_s=0.0, step_s=0.0, sequence_s=0.0, half=0.0, train=1.0, train_grouped=1.0, exposed=0.0, mix=0.0,  # type: ignore[arg-type]
)  # fmt: skip
"""Software that uses every specification in full: what nothing can exceed."""


class Spread(NamedTuple):
    """How a job lies on chips: a group of ``tensor x data x pipeline`` chips is one copy of the model.

    Attributes:
        tensor: Chips that share each matrix; ``data``: copies of attention within the group, whose experts are
            spread whole over its chips; ``pipeline``: stages.
        whole: 1 where each chip holds whole experts, 0 where each expert is split.
    """

    tensor: Array
    data: Array
    pipeline: Array
    whole: Array


class Parts(NamedTuple):
    """Seconds of one pass.

    ``compute``, ``weights``, ``cache``, ``talk`` and ``overhead`` say what each resource would need by itself;
    ``kernels`` is the time of the kernels and ``total`` all of it.
    """

    compute: Array
    weights: Array
    cache: Array
    talk: Array
    overhead: Array
    kernels: Array
    total: Array


def roof(work: Array, read: Array) -> Array:
    """Smooth maximum of two times, never below either."""
    big = jnp.maximum(jnp.maximum(work, read), _TINY_S)
    return big * ((work / big) ** _SHARP + (read / big) ** _SHARP + 1e-9) ** (1 / _SHARP)


def gemm(m: Machine, e: Efficiency, rate: Array, width: Array | float, tokens: Array, steep: Array) -> Array:
    """Efficiency of products at a rate and a width in bits, of matrices that ``tokens`` tokens meet.

    What tiles, power and few tokens cost is time that hangs on the bandwidth and not on the rate: a chip with little
    compute beside its bandwidth (H20) is in full use with few tokens, and a faster one is never slower for it.
    """
    base = jnp.where(width > 12, e.gemm16, jnp.where(width > 6, e.gemm8, e.gemm4))
    balance = rate / m.bandwidth / _BALANCE
    return base / (1 + balance * (steep + e.half / tokens))


def forward(
    m: Machine, s: Shape, e: Efficiency, x: Spread, *, tokens: Array, attention: Array, cache: Array | float,
    rows: Array, sequences: Array | float = 0.0, factor: Array | float = 1.0, factor_grouped: Array | float = 1.0,
) -> Parts:  # fmt: skip
    """One pass of ``tokens`` tokens of each copy of attention through all layers.

    Args:
        tokens: Tokens in the pass for each copy of attention.
        attention: Operations a token of scores and values, all layers.
        cache: Bytes of cache that the pass reads, for each copy of attention.
        rows: Tokens for which the output matrix is applied, for each copy of attention.
        sequences: Sequences of the step for each copy of attention, which keeps its own books.
        factor, factor_grouped: Lower the rate of products, and of those of experts once more (in training).
    """
    chips = x.tensor * x.data
    dense = s.layers * s.attention + s.dense_layers * s.dense + s.moe_layers * (s.shared + s.router)
    rate = m.dense * gemm(m, e, m.dense, m.dense_width, tokens, e.steep) * factor
    work_dense = 2 * dense * tokens / x.tensor / rate
    read_dense = dense * m.dense_bytes / x.tensor / (m.bandwidth * e.stream)
    head_rate = m.rate16 * gemm(m, e, m.rate16, 16.0, rows, e.steep) * factor
    work_head = 2 * s.head * rows / x.tensor / head_rate
    read_head = s.head * 2.0 / x.tensor / (m.bandwidth * e.stream)

    balance = m.rate16 / m.bandwidth / _BALANCE
    work_scores = attention * tokens / x.tensor / (m.rate16 * e.attention) * (1 + e.steep * balance)
    read_cache = cache / jnp.minimum(x.tensor, s.cache_heads) / (m.bandwidth * e.cache)

    all_tokens = tokens * x.data
    touched = experts_touched(s, all_tokens)
    each = all_tokens * s.chosen / touched
    expert_rate = (
        m.expert * gemm(m, e, m.expert, m.expert_width, each, e.steep_grouped) * factor * factor_grouped * e.grouped
    )
    work_experts = 2 * s.moe_layers * s.chosen * s.expert * all_tokens / chips / expert_rate
    read_experts = s.moe_layers * touched * s.expert * m.expert_bytes / chips / (m.bandwidth * e.stream)

    kernels = (
        roof(work_dense, read_dense) + roof(work_head, read_head) + roof(work_scores, read_cache)
        + roof(work_experts, read_experts)
    )  # fmt: skip
    talk = _talk(m, s, e, x, tokens)
    overhead = s.layers * e.layer_s + e.step_s + sequences * e.sequence_s
    return Parts(
        compute=work_dense + work_head + work_scores + work_experts, weights=read_dense + read_head + read_experts,
        cache=read_cache, talk=talk, overhead=overhead + 0 * talk, kernels=kernels, total=kernels + talk + overhead,
    )  # fmt: skip


def _talk(m: Machine, s: Shape, e: Efficiency, x: Spread, tokens: Array) -> Array:
    """Collectives of one pass: sums over tensor-parallel chips, exchange with experts, hand-over between stages."""
    chips = x.tensor * x.data
    size = tokens * s.hidden * m.sent_bytes
    spread = (x.data > 1) * 1.0
    sums = 2 * s.layers - s.moe_layers * spread
    reduce = (x.tensor > 1) * sums * _sum(m, e, x.tensor, size)
    # A token goes once to each domain that holds one of its experts, and from there over the fast link.
    far = _copies(s, jnp.maximum(chips / m.domain, 1.0))
    near = _copies(s, chips) - far
    sent = size / x.tensor * _DISPATCH
    _, hops = reach(m, e, chips)
    starts = 2 * hops * jnp.log2(jnp.maximum(chips, 2))
    exchange = spread * s.moe_layers * (starts + sent * (far / m.net + near / m.link) / e.link)
    stage, stage_hops = reach(m, e, chips * x.pipeline)
    handover = (x.pipeline - 1) * (stage_hops + size / x.tensor / stage)
    return reduce + exchange + handover


def _copies(s: Shape, places: Array) -> Array:
    """Expected copies of a token that leave its place for others that hold one of its experts."""
    return (places - 1) * (1 - (1 - 1 / places) ** s.chosen)


def _sum(m: Machine, e: Efficiency, chips: Array, size: Array) -> Array:
    """Sum of ``size`` bytes over chips: within each domain first, then each chip its part between domains."""
    _, hops = reach(m, e, chips)
    inside = jnp.minimum(chips, m.domain)
    domains = jnp.maximum(chips / m.domain, 1.0)
    near = (inside - 1) / inside / m.link
    far = (domains - 1) / domains / inside / m.net
    return hops * jnp.log2(jnp.maximum(chips, 2)) + 2 * size * (near + far) / e.link


def reach(m: Machine, e: Efficiency, chips: Array) -> tuple[Array, Array]:
    """Bandwidth and start of a collective over ``chips`` chips: over the fast link as far as that goes."""
    inside = chips <= m.domain
    return jnp.where(inside, m.link, m.net) * e.link, jnp.where(inside, e.hop_s, e.hop_s * _NET_HOPS)
