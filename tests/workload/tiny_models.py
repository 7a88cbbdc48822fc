"""Small language models in plain JAX, one per architecture, written from the papers and not from the counts.

Parameters, a causal forward pass over one sequence, and one decoding step from arrays of cache. Rotary embedding and
norms are left out: they do no matrix product. Dimensions come from a catalogue record, so that the same record can be
counted by the model under test.

GQA: Ainslie et al. 2023. MLA: DeepSeek-V2, section 2.1, keys and values spelled out in the forward pass and absorbed
in decoding. MFA: Step-3. Mixture of experts: DeepSeekMoE, each token multiplied by its chosen experts alone.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.random import Generator
from numpy.typing import NDArray

from chipgate.schema.tables import LanguageModel

Params = dict[str, Any]
Layer = dict[str, Array]
COMMON = {"kind": "assumed", "confidence": "low", "source_urls": ("https://example.org",), "name": "Tiny"}
DENSE = {"layers": 3, "hidden": 32, "heads": 4, "head_dim": 8, "ffn_dense": 80, "vocab": 96, "tied": False}
LATENT = {"kv_lora_rank": 24, "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "v_head_dim": 6}
EXPERTS = {
    "dense_layers": 1, "experts": 8, "experts_per_token": 2, "ffn_expert": 20, "shared_experts": 1,
}  # fmt: skip


def tiny(id: str, **fields: Any) -> LanguageModel:
    """A record of the catalogue's kind with the dimensions of ``DENSE`` where none are given."""
    given: dict[str, Any] = {"attention": "MHA", "kv_heads": 4, "ffn_matrices": 3} | COMMON | DENSE | fields
    return LanguageModel(id=id, **given)


ARCHITECTURES = [
    tiny("mha_two_matrices", ffn_matrices=2),
    tiny("mha_three_matrices"),
    tiny("gqa", attention="GQA", kv_heads=2),
    tiny("mqa", attention="MQA", kv_heads=1),
    tiny("wide_heads", attention="GQA", kv_heads=2, head_dim=16),
    tiny("tied", tied=True),
    tiny("low_rank_query", attention="MFA", kv_heads=1, q_lora_rank=12),
    tiny("latent", attention="MLA", q_lora_rank=20, **LATENT),
    tiny("latent_full_query", attention="MLA", **LATENT),
    tiny("experts", attention="GQA", kv_heads=2, **EXPERTS),
    tiny("experts_wide_shared", **EXPERTS | {"shared_expert_width": 40, "dense_layers": 0, "ffn_dense": None}),
    tiny("latent_experts", attention="MLA", q_lora_rank=20, **LATENT, **EXPERTS),
    tiny("window", window=7, window_layers=2),
    tiny("window_everywhere", attention="GQA", kv_heads=2, window=7, window_layers=3),
]


def windowed(model: LanguageModel, layer: int) -> bool:
    """The last layers have the window: which ones does not matter to a count."""
    return layer >= (model.layers or 0) - (model.window_layers or 0)


def allowed(model: LanguageModel, layer: int, length: int) -> NDArray[np.bool_]:
    """Which keys each query of a causal pass may see."""
    back = np.arange(length)[:, None] - np.arange(length)[None, :]
    seen = back >= 0
    return seen & (back < (model.window or length)) if windowed(model, layer) else seen


def parameters_of(model: LanguageModel, seed: int = 0) -> Params:
    """Random parameters of a model."""
    rng = np.random.default_rng(seed)
    size = (model.vocab, model.hidden)
    made: Params = {"table": _random(rng, *size)} | ({} if model.tied else {"head": _random(rng, *size)})
    return made | {"layers": [_attention_of(model, rng) | _block_of(model, i, rng) for i in range(model.layers or 0)]}


def _random(rng: Generator, *shape: int | None) -> Array:
    made: Array = (rng.standard_normal(shape) / np.sqrt(shape[-2] or 1)).astype(np.float32)  # type: ignore[arg-type]
    return made


def _attention_of(model: LanguageModel, rng: Generator) -> Layer:
    hidden, heads, wide = model.hidden, model.heads or 1, model.head_dim or 1
    if model.kv_lora_rank:
        rope, nope, value = (model.qk_rope_head_dim or 0, model.qk_nope_head_dim or 0, model.v_head_dim or 0)
        query = heads * (nope + rope)
        own = {
            "latent": _random(rng, hidden, model.kv_lora_rank),
            "rope": _random(rng, hidden, rope),
            "up_key": _random(rng, heads, model.kv_lora_rank, nope),
            "up_value": _random(rng, heads, model.kv_lora_rank, value),
            "out": _random(rng, heads * value, hidden),
        }
    else:
        query = heads * wide
        own = {
            "key": _random(rng, hidden, (model.kv_heads or 1) * wide),
            "value": _random(rng, hidden, (model.kv_heads or 1) * wide),
            "out": _random(rng, query, hidden),
        }
    if model.q_lora_rank:
        down = _random(rng, hidden, model.q_lora_rank)
        return own | {"query_down": down, "query": _random(rng, model.q_lora_rank, query)}
    return own | {"query": _random(rng, hidden, query)}


def _block_of(model: LanguageModel, layer: int, rng: Generator) -> Layer:
    hidden, gated = model.hidden, model.ffn_matrices == 3
    if not model.experts or layer < (model.dense_layers or 0):
        return _ffn_of(rng, (), hidden, model.ffn_dense, gated, "")
    width = (model.shared_expert_width or model.ffn_expert or 0) * (model.shared_experts or 0)
    shared = _ffn_of(rng, (), hidden, width, gated, "shared_") if width else {}
    routed = _ffn_of(rng, (model.experts,), hidden, model.ffn_expert, gated, "expert_")
    return shared | routed | {"router": _random(rng, hidden, model.experts)}


def _ffn_of(
    rng: Generator, many: tuple[int, ...], hidden: int | None, wide: int | None, gated: bool, name: str
) -> Layer:  # fmt: skip
    made = {f"{name}up": _random(rng, *many, hidden, wide), f"{name}down": _random(rng, *many, wide, hidden)}
    return made | ({f"{name}gate": _random(rng, *many, hidden, wide)} if gated else {})


def forward(model: LanguageModel, params: Params, tokens: Array) -> Array:
    """Logits of each token of one sequence."""
    x = jnp.asarray(params["table"])[tokens]
    for i, layer in enumerate(params["layers"]):
        x = x + _attend(model, layer, x, allowed(model, i, len(tokens)), f"pairs_{i}")
        x = x + _feed(model, layer, x)
    return x @ params.get("head", params["table"]).T


def loss(params: Params, model: LanguageModel, tokens: Array) -> Array:
    """Something to train on."""
    return jax.nn.logsumexp(forward(model, params, tokens), axis=-1).sum()


def _query(model: LanguageModel, layer: Layer, x: Array) -> Array:
    low = x @ layer["query_down"] if "query_down" in layer else x
    return (low @ layer["query"]).reshape(len(x), model.heads or 1, -1)


def _attend(model: LanguageModel, layer: Layer, x: Array, mask: NDArray[np.bool_], scope: str) -> Array:
    """Attention of a whole sequence; the products over pairs of tokens carry the name ``scope``."""
    query, heads = _query(model, layer, x), model.heads or 1
    if model.kv_lora_rank:
        latent = x @ layer["latent"]
        own = jnp.einsum("sl,hln->shn", latent, layer["up_key"])
        value = jnp.einsum("sl,hln->shn", latent, layer["up_value"])
        rope = jnp.broadcast_to((x @ layer["rope"])[:, None], (len(x), heads, model.qk_rope_head_dim or 0))
        key = jnp.concatenate([own, rope], axis=-1)
    else:
        key, value = (_spread(model, x @ layer[name]) for name in ("key", "value"))
    with jax.named_scope(scope):
        scores = jnp.einsum("shd,thd->hst", query, key)
    weights = jax.nn.softmax(jnp.where(mask, scores, -1e9), axis=-1)
    with jax.named_scope(scope):
        mixed = jnp.einsum("hst,thd->shd", weights, value)
    return mixed.reshape(len(x), -1) @ layer["out"]


def _spread(model: LanguageModel, x: Array) -> Array:
    """Heads of keys or values, each repeated for the query heads that share it."""
    kv = model.kv_heads or 1
    return jnp.repeat(x.reshape(len(x), kv, -1), (model.heads or 1) // kv, axis=1)


def _feed(model: LanguageModel, layer: Layer, x: Array) -> Array:
    if "router" not in layer:
        return _ffn(layer, x, "")
    weight, chosen = jax.lax.top_k(jax.nn.softmax(x @ layer["router"], axis=-1), model.experts_per_token or 1)
    up = jnp.einsum("sh,skhf->skf", x, jnp.asarray(layer["expert_up"])[chosen])
    if "expert_gate" in layer:
        up = up * jax.nn.silu(jnp.einsum("sh,skhf->skf", x, jnp.asarray(layer["expert_gate"])[chosen]))
    each = jnp.einsum("skf,skfh->skh", up, jnp.asarray(layer["expert_down"])[chosen])
    routed = (each * weight[..., None]).sum(1)
    return routed + _ffn(layer, x, "shared_") if "shared_up" in layer else routed


def _ffn(layer: Layer, x: Array, name: str) -> Array:
    up = x @ layer[f"{name}up"]
    up = up * jax.nn.silu(x @ layer[f"{name}gate"]) if f"{name}gate" in layer else jax.nn.relu(up)
    return up @ layer[f"{name}down"]


def empty_cache(model: LanguageModel, length: int, dtype: Any = jnp.float32) -> list[Layer]:
    """Arrays that hold ``length`` tokens, or the window's where a layer has one."""
    made = []
    for i in range(model.layers or 0):
        kept = min(length, model.window or length) if windowed(model, i) else length
        if model.kv_lora_rank:
            made.append({"latent": np.zeros((kept, model.kv_lora_rank + (model.qk_rope_head_dim or 0)), dtype)})
        else:
            size = (kept, model.kv_heads or 1, model.head_dim or 1)
            made.append({"key": np.zeros(size, dtype), "value": np.zeros(size, dtype)})
    return made


def decode(
    model: LanguageModel, params: Params, cache: list[Layer], token: Array, filled: Array | float = np.inf
) -> tuple[Array, list[Layer]]:
    """Logits after one more token: the oldest entry of the cache gives way to it, of which the last are filled."""
    x, after = jnp.asarray(params["table"])[token][None], []
    for layer, kept in zip(params["layers"], cache, strict=True):
        attend = _attend_latent if "latent" in kept else _attend_one
        mixed, new = attend(model, layer, kept, x, filled)
        x = x + mixed.reshape(1, -1) @ layer["out"]
        x = x + _feed(model, layer, x)
        after.append(new)
    return x @ params.get("head", params["table"]).T, after


def _softmax(scores: Array, filled: Array | float) -> Array:
    """Over the last ``filled`` places of a cache."""
    places = scores.shape[-1]
    return jax.nn.softmax(jnp.where(jnp.arange(places) >= places - filled, scores, -1e9), axis=-1)


def _attend_one(
    model: LanguageModel, layer: Layer, kept: Layer, x: Array, filled: Array | float
) -> tuple[Array, Layer]:  # fmt: skip
    new = {name: jnp.concatenate([old[1:], (x @ layer[name]).reshape(1, *old.shape[1:])]) for name, old in kept.items()}
    kv = model.kv_heads or 1
    query = _query(model, layer, x).reshape(kv, (model.heads or 1) // kv, -1)
    weights = _softmax(jnp.einsum("kgd,tkd->kgt", query, new["key"]), filled)
    return jnp.einsum("kgt,tkd->kgd", weights, new["value"]), new


def _attend_latent(
    model: LanguageModel, layer: Layer, kept: Layer, x: Array, filled: Array | float
) -> tuple[Array, Layer]:  # fmt: skip
    """Scores over the compressed cache: the up-projections act on the query and on the mixed latent."""
    one = jnp.concatenate([x @ layer["latent"], x @ layer["rope"]], axis=-1)
    cache = jnp.concatenate([kept["latent"][1:], one])
    nope, rank = model.qk_nope_head_dim or 0, model.kv_lora_rank or 0
    query = _query(model, layer, x)[0]
    wide = jnp.concatenate([jnp.einsum("hn,hln->hl", query[:, :nope], layer["up_key"]), query[:, nope:]], axis=-1)
    weights = _softmax(jnp.einsum("hl,tl->ht", wide, cache), filled)
    mixed = jnp.einsum("ht,tl->hl", weights, cache[:, :rank])
    return jnp.einsum("hl,hlv->hv", mixed, layer["up_value"]), {"latent": cache}
