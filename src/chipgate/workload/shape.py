"""What one token costs a large language model: parameters, operations and cache, counted layer by layer.

Counts are of multiplications and additions in matrix products (two operations each), as model FLOPs are counted
(PaLM, Chowdhery et al. 2022, appendix B); normalisation, activation functions and rotary embedding are left out.
MLA is counted with its compressed cache: in decoding the up-projections of keys and values are absorbed into the
query and the output (DeepSeek-V2, section 2.1), so that scores run over the latent width.
"""

from typing import Any, Final, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from chipgate.errors import SpecError
from chipgate.schema.tables import LanguageModel

# Tokens that sparse attention keeps for each query, and the size of its index (DeepSeek-V3.2-Exp report, 2025).
_SPARSE_TOKENS: Final = 2048
_INDEX_HEADS: Final = 64
_INDEX_WIDTH: Final = 128
_NO_WINDOW: Final = 1e12


class Shape(NamedTuple):
    """One model, or many with one axis; counts of parameters are per layer unless said otherwise.

    Attributes:
        attention: Parameters of the projections of attention.
        dense: Parameters of a dense feed-forward block; ``dense_layers`` of them.
        expert: Parameters of one routed expert; ``shared``: of all shared experts together; ``router``: of the gate.
        chosen: Routed experts per token, of ``experts``.
        head: Parameters of the output matrix; ``embedding``: of the input table (0 where it is the same matrix).
        heads: Query heads; ``cache_heads``: heads over which the cache can be split (1 in MLA).
        score: Width of a query and a value head together, in prefill; ``score_decode``: the same over the cache.
        cache: Numbers cached per token and layer.
        full_layers, window_layers, linear_layers: Layers by kind of attention; ``window`` in tokens.
        sparse: Most tokens attended to; ``index_width``: numbers read per cached token to choose them.
        reads: Layers that share one cache, each of which reads it.
    """

    layers: Array
    hidden: Array
    attention: Array
    dense: Array
    dense_layers: Array
    moe_layers: Array
    expert: Array
    experts: Array
    chosen: Array
    shared: Array
    router: Array
    head: Array
    embedding: Array
    heads: Array
    cache_heads: Array
    score: Array
    score_decode: Array
    cache: Array
    full_layers: Array
    window_layers: Array
    linear_layers: Array
    window: Array
    sparse: Array
    index_width: Array | float
    index_work: Array
    state: Array
    reads: Array


def shape_of(model: LanguageModel) -> Shape:
    """Counts of a catalogued model.

    Raises:
        SpecError: The catalogue lacks a part of the shape without which nothing can be counted.
    """
    missing = [name for name in ("layers", "hidden", "heads", "vocab") if getattr(model, name) is None]
    blocks = ("ffn_expert", "experts_per_token") if model.experts else ("ffn_dense",)
    missing += [name for name in blocks if getattr(model, name) is None]
    if missing:
        raise SpecError(
            f"{model.id}: the catalogue has no {', '.join(missing)}, so its work cannot be counted; "
            "take a model whose shape is published (`chipgate show model` lists all)"
        )
    layers, hidden, heads = _int(model.layers), _int(model.hidden), _int(model.heads)
    head_dim = model.head_dim or hidden // heads
    attention, cache_heads, score, score_decode, cache = _attention(model, hidden, heads, head_dim)
    moe = bool(model.experts)
    dense_layers = _int(model.dense_layers) if moe else layers
    expert = model.ffn_matrices * hidden * _int(model.ffn_expert) if moe else 0
    width = model.shared_expert_width or model.ffn_expert or 0
    shared = model.ffn_matrices * hidden * width * _int(model.shared_experts) if moe else 0
    linear = _int(model.linear_layers)
    windowed = _int(model.window_layers)
    sparse = model.attention == "MLA+DSA"
    shared_by = model.kv_shared_by or 1
    numbers: dict[str, float] = {
        "layers": layers, "hidden": hidden, "attention": attention,
        "dense": model.ffn_matrices * hidden * _int(model.ffn_dense), "dense_layers": dense_layers,
        "moe_layers": layers - dense_layers, "expert": expert, "experts": _int(model.experts) or 1,
        "chosen": _int(model.experts_per_token) or 1, "shared": shared,
        "router": hidden * _int(model.experts) if moe else 0,
        "head": hidden * _int(model.vocab), "embedding": 0 if model.tied else hidden * _int(model.vocab),
        "heads": heads, "cache_heads": cache_heads, "score": score, "score_decode": score_decode,
        "cache": cache / shared_by,
        "full_layers": layers - windowed - linear, "window_layers": windowed, "linear_layers": linear,
        "window": model.window or _NO_WINDOW, "sparse": _SPARSE_TOKENS if sparse else _NO_WINDOW,
        "index_width": _INDEX_WIDTH if sparse else 0, "index_work": 2 * _INDEX_HEADS * _INDEX_WIDTH if sparse else 0,
        "state": heads * head_dim * head_dim if linear else 0, "reads": shared_by,
    }  # fmt: skip
    # Numbers stand in for arrays: they broadcast as such.
    given: Any = [float(numbers[name]) for name in Shape._fields]
    return Shape(*given)


def stack(shapes: list[Shape]) -> Shape:
    """Many models as arrays with one axis."""
    columns: Any = [np.array(column, float) for column in zip(*shapes, strict=True)]
    return Shape(*columns)


def _attention(model: LanguageModel, hidden: int, heads: int, head_dim: int) -> tuple[float, ...]:
    """Parameters a layer, heads of the cache, score width in prefill and in decoding, cached numbers a token."""
    if model.kv_lora_rank:
        latent, rope = model.kv_lora_rank, _int(model.qk_rope_head_dim)
        nope, value = _int(model.qk_nope_head_dim), _int(model.v_head_dim)
        query = heads * (nope + rope)
        first = model.q_lora_rank
        project = hidden * first + first * query if first else hidden * query
        own = hidden * (latent + rope) + latent * heads * (nope + value) + heads * value * hidden
        return project + own, 1, nope + rope + value, 2 * latent + rope, latent + rope
    kv = model.kv_heads or heads
    first, query = model.q_lora_rank, heads * head_dim
    # A low-rank query (MFA, Step-3) as in MLA.
    project = hidden * first + first * query if first else hidden * query
    own = project + query * hidden + hidden * kv * head_dim * 2
    return own, kv, 2 * head_dim, 2 * head_dim, 2 * kv * head_dim


def _xp(*values: Any) -> Any:
    """JAX where any value is one of its arrays, else NumPy: plain numbers need no compiler."""
    flat = [x for value in values for x in (value if isinstance(value, Shape) else (value,))]
    return jnp if any(isinstance(x, Array) for x in flat) else np


def _int(value: int | None) -> int:
    return value or 0


def parameters(shape: Shape) -> Array:
    """Parameters in all, without norms and biases."""
    moe = shape.moe_layers * (shape.experts * shape.expert + shape.shared + shape.router)
    return shape.layers * shape.attention + shape.dense_layers * shape.dense + moe + shape.head + shape.embedding


def active(shape: Shape) -> Array:
    """Parameters that one token is multiplied by; the input table is looked up and not multiplied."""
    moe = shape.moe_layers * (shape.chosen * shape.expert + shape.shared + shape.router)
    return shape.layers * shape.attention + shape.dense_layers * shape.dense + moe + shape.head


def attended(shape: Shape, context: Array | float) -> Array:
    """Cached tokens that one query reads, summed over layers."""
    full: Array = shape.full_layers * _xp(shape, context).minimum(context, shape.sparse)
    part: Array = shape.window_layers * _xp(shape, context).minimum(context, shape.window)
    return full + part


def attention_flops(shape: Shape, context: Array | float, *, decode: bool = False) -> Array:
    """Operations of scores and values for one query over ``context`` tokens, all layers."""
    width = shape.score_decode if decode else shape.score
    index = shape.full_layers * shape.index_work * context
    return 2 * shape.heads * width * attended(shape, context) + index + 4 * shape.linear_layers * shape.state


def causal_flops(shape: Shape, length: Array | float) -> Array:
    """As :func:`attention_flops`, the mean over the tokens of a sequence read causally from its first token."""
    width = 2 * shape.heads * shape.score
    full = shape.full_layers * _mean_seen(length, shape.sparse)
    part = shape.window_layers * _mean_seen(length, shape.window)
    index = shape.full_layers * shape.index_work * (length + 1) / 2
    return width * (full + part) + index + 4 * shape.linear_layers * shape.state


def _mean_seen(length: Array | float, most: Array) -> Array:
    """Mean number of tokens seen by the tokens of a sequence, each seeing itself and at most ``most``."""
    seen: Array = _xp(length, most).minimum(length, most)
    return (seen * (seen + 1) / 2 + (length - seen) * seen) / length


def forward_flops(shape: Shape, length: Array | float) -> Array:
    """Operations a token of one forward pass over a sequence of ``length``."""
    return 2 * active(shape) + causal_flops(shape, length)


def training_flops(shape: Shape, length: Array | float) -> Array:
    """Model FLOPs a token of a training step: the forward pass, and twice it backward."""
    return 3 * forward_flops(shape, length)


def experts_touched(shape: Shape, tokens: Array | float) -> Array:
    """Expected number of experts of a layer that ``tokens`` tokens reach, routed at random."""
    xp = _xp(shape, tokens)
    rest = xp.clip(1 - shape.chosen / shape.experts, 0.0, 1.0)
    touched: Array = shape.experts * (1 - xp.where(rest > 0, rest, 0.0) ** tokens)
    return touched


def cache_bytes(shape: Shape, context: Array | float, width: Array | float) -> Array:
    """Bytes of cache of one sequence of ``context`` tokens, numbers of ``width`` bytes."""
    kept: Array = shape.full_layers * context + shape.window_layers * _xp(shape, context).minimum(context, shape.window)
    state = shape.linear_layers * shape.state * 4
    return width * (shape.cache * kept + shape.full_layers * shape.index_width * context) + state


def read_bytes(shape: Shape, context: Array, width: Array) -> Array:
    """Bytes that decoding one token reads of a cache of ``context`` tokens: sparse attention reads what it chose."""
    read: Array = shape.reads * shape.cache * attended(shape, context)
    state = shape.linear_layers * shape.state * 4
    return width * (read + shape.full_layers * shape.index_width * context) + state
