"""Counts of operations, parameters and bytes against plain JAX models of each architecture.

The independent count walks the jaxpr of a forward pass, of its gradient and of a decoding step and adds up the
operations of every `dot_general`; it knows nothing of the formulas under test. (PyTorch's counter would do the same
for PyTorch modules; PyTorch is not among the test's requirements.) Products over pairs of tokens are full in JAX;
they count by the pairs that the mask allows. Nothing runs but the check that decoding equals the forward pass, which
shows that the small models are what they claim to be.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import ClosedJaxpr, Jaxpr
from tiny_models import ARCHITECTURES, allowed, decode, empty_cache, forward, loss, parameters_of, tiny

from chipgate.errors import SpecError
from chipgate.schema.tables import LanguageModel
from chipgate.workload.kernels import IDEAL, Spread
from chipgate.workload.kernels import forward as one_pass
from chipgate.workload.machine import Machine
from chipgate.workload.shape import (
    active,
    attention_flops,
    cache_bytes,
    experts_touched,
    forward_flops,
    parameters,
    read_bytes,
    shape_of,
    training_flops,
)

LENGTH = 24
each = pytest.mark.parametrize("model", ARCHITECTURES, ids=lambda m: m.id)


def dots(jaxpr: Jaxpr, share: Callable[[str], float]) -> float:
    """Operations of all matrix products, each times the ``share`` of its named scope."""
    total = 0.0
    for eqn in jaxpr.eqns:
        for inner in jax.tree.leaves(eqn.params, is_leaf=lambda p: isinstance(p, (ClosedJaxpr, Jaxpr))):
            if isinstance(inner, (ClosedJaxpr, Jaxpr)):
                total += dots(getattr(inner, "jaxpr", inner), share)
        if eqn.primitive.name == "dot_general":
            ((contracted, _), _) = eqn.params["dimension_numbers"]
            inner_size = np.prod([eqn.invars[0].aval.shape[i] for i in contracted], initial=1.0)
            total += 2 * inner_size * np.prod(eqn.outvars[0].aval.shape) * share(str(eqn.source_info.name_stack))
    return total


def counted(model: LanguageModel, function: Callable[..., Any], *args: Any) -> float:
    """Operations of a pass over LENGTH tokens, pairs of tokens as the masks allow."""
    kept = {f"pairs_{i}": allowed(model, i, LENGTH).mean() for i in range(model.layers or 0)}

    def share(scope: str) -> float:
        return next((part for name, part in kept.items() if name in scope), 1.0)

    return dots(jax.make_jaxpr(function)(*args).jaxpr, share)


@pytest.mark.parametrize(
    "model",
    [m for m in ARCHITECTURES if m.id in ("wide_heads", "low_rank_query", "latent", "experts_wide_shared", "window")],
    ids=lambda m: m.id,
)
def test_decoding_equals_the_forward_pass(model: LanguageModel) -> None:
    params = parameters_of(model)
    tokens = np.random.default_rng(1).integers(0, model.vocab or 1, LENGTH)
    whole = jax.jit(partial(forward, model))(params, tokens)
    step, cache = jax.jit(partial(decode, model)), empty_cache(model, LENGTH)
    for i, token in enumerate(tokens):
        logits, cache = step(params, cache, token, i + 1)
        np.testing.assert_allclose(logits[0], whole[i], rtol=2e-3, atol=2e-3)


@each
def test_parameters(model: LanguageModel) -> None:
    made = sum(leaf.size for leaf in jax.tree.leaves(parameters_of(model)))
    assert float(parameters(shape_of(model))) == pytest.approx(made, rel=1e-9)


@each
def test_forward(model: LanguageModel) -> None:
    params, tokens = parameters_of(model), np.zeros(LENGTH, int)
    truth = counted(model, lambda p: forward(model, p, tokens), params) / LENGTH
    assert float(forward_flops(shape_of(model), LENGTH)) == pytest.approx(truth, rel=1e-6)


@each
def test_training(model: LanguageModel) -> None:
    params, tokens = parameters_of(model), np.zeros(LENGTH, int)
    truth = counted(model, lambda p: jax.value_and_grad(loss)(p, model, tokens), params)
    assert float(training_flops(shape_of(model), LENGTH)) == pytest.approx(truth / LENGTH, rel=0.01)


@each
@pytest.mark.parametrize("context", [5, 400])
def test_decoding(model: LanguageModel, context: int) -> None:
    """A step over a full cache of ``context`` tokens, shorter and longer than the window."""
    params, cache, token = parameters_of(model), empty_cache(model, context), np.zeros((), int)
    truth = counted(model, lambda p, c: decode(model, p, c, token)[0], params, cache)
    shape = shape_of(model)
    ours = 2 * active(shape) + attention_flops(shape, float(context), decode=True)
    assert float(ours) == pytest.approx(truth, rel=1e-6)


@each
@pytest.mark.parametrize("context", [5, 400])
def test_cache(model: LanguageModel, context: int) -> None:
    cache = empty_cache(model, context, jnp.bfloat16)
    held = sum(leaf.nbytes for leaf in jax.tree.leaves(cache))
    shape = shape_of(model)
    assert float(cache_bytes(shape, float(context), 2.0)) == held
    # Every number of the cache takes part in a step, so a step reads all of it once.
    assert float(read_bytes(shape, float(context), 2.0)) == held


def test_sparse_and_shared_caches_are_read_apart_from_their_size() -> None:
    """Sparse attention stores all tokens and reads those chosen; two layers that share a cache read it twice."""
    latent = next(m for m in ARCHITECTURES if m.id == "latent")
    sparse, plain = (shape_of(latent.model_copy(update={"attention": name})) for name in ("MLA+DSA", "MLA"))
    layers, wide, index = 3, 28, 128
    for context in (1_000.0, 100_000.0):
        chosen = min(context, 2048)
        assert float(read_bytes(sparse, context, 1.0)) == layers * (chosen * wide + context * index)
        assert float(cache_bytes(sparse, context, 1.0)) == layers * context * (wide + index)
        assert float(read_bytes(plain, context, 1.0)) == layers * context * wide
    shared = shape_of(tiny("shared", attention="GQA+CLA", kv_heads=2, kv_shared_by=2))
    assert float(read_bytes(shared, 100.0, 1.0)) == 2 * float(cache_bytes(shared, 100.0, 1.0)) == 3 * 100 * 2 * 2 * 8


@pytest.mark.parametrize("batch", [1, 4, 33])
def test_experts_touched(batch: int) -> None:
    """Distinct experts among random choices of each token."""
    model = next(m for m in ARCHITECTURES if m.id == "experts").model_copy(update={"experts": 64})
    rng = np.random.default_rng(5)
    draws = [
        len(np.unique(np.argsort(rng.random((batch, 64)), axis=1)[:, : model.experts_per_token])) for _ in range(4000)
    ]
    assert float(experts_touched(shape_of(model), float(batch))) == pytest.approx(np.mean(draws), rel=0.01)


@each
@pytest.mark.parametrize("batch", [1, 8])
def test_bytes_read_in_decoding(model: LanguageModel, batch: int) -> None:
    """Bytes/s of one and an infinite rate: the seconds of a pass are the bytes of its parts."""
    unit = dict.fromkeys(Machine._fields, 1.0) | dict.fromkeys(("rate16", "dense", "expert"), 1e30)
    machine = Machine(**unit | {"dense_bytes": 2.0, "expert_bytes": 1.0, "cache_bytes": 2.0})  # type: ignore[arg-type]
    shape, one = shape_of(model), 1.0
    parts = one_pass(
        machine, shape, IDEAL, Spread(one, one, one, one), tokens=float(batch), attention=one,
        cache=batch * read_bytes(shape, float(LENGTH), 2.0), rows=float(batch),
    )  # fmt: skip
    params = parameters_of(model)
    held = {False: 0.0, True: 0.0}
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        held["expert_" in jax.tree_util.keystr(path)] += leaf.size
    looked_up = 0 if model.tied else params["table"].size
    touched = 1 - (1 - (model.experts_per_token or 0) / (model.experts or 1)) ** batch
    weights = 2 * (held[False] - looked_up) + touched * held[True]
    cache = batch * sum(leaf.nbytes for leaf in jax.tree.leaves(empty_cache(model, LENGTH, jnp.bfloat16)))
    assert float(parts.weights) == pytest.approx(weights, rel=1e-6)
    assert float(parts.cache) == pytest.approx(cache, rel=1e-6)
    # Overlapped with nothing, read one after another; the smooth maximum never lies under the reading itself.
    assert float(parts.total) == pytest.approx(weights + cache, rel=1e-3)


@pytest.mark.parametrize(
    ("fields", "lacks"),
    [({"hidden": None}, "hidden"), ({"ffn_dense": None}, "ffn_dense"), ({"experts": 8}, "ffn_expert, experts_per_tok")],
)
def test_a_missing_part_is_named(fields: dict[str, Any], lacks: str) -> None:
    """A block that was not published is not counted as nothing."""
    with pytest.raises(SpecError, match=lacks):
        shape_of(tiny("partly", **fields))
