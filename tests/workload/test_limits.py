"""Laws that the workload model keeps on any catalogued chip and model, in any layout, whatever the efficiencies."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from random_work import Load, Work, random_work, worst

from chipgate.workload.kernels import Efficiency, forward
from chipgate.workload.machine import Machine
from chipgate.workload.serve import Served, decode, prefill, sequence_bytes, serve, weight_bytes
from chipgate.workload.shape import attention_flops, causal_flops, experts_touched, read_bytes
from chipgate.workload.train import Trained, TrainingLoad, train

SEEDS = [1, 2]
SLACK = 1e-9
RESOURCES = [("bandwidth",), ("rate16", "dense", "expert"), ("link", "net"), ("net",), ("memory",), ("domain",)]
seeds = pytest.mark.parametrize("seed", SEEDS)


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@jax.jit
def served(work: Work) -> Served:
    m, s, e, x, load, _ = work
    return serve(m, s, e, x, batch=load.batch, tokens_in=load.tokens_in, tokens_out=load.tokens_out)


@jax.jit
def trained(work: Work) -> Trained:
    return train(work.machine, work.shape, work.efficiency, work.spread, work.training)


@jax.jit
def decoded(work: Work) -> Array:
    """Seconds of one step at the batch as it is, without a look at memory."""
    m, s, e, x, load, _ = work
    return decode(m, s, e, x, load.batch, load.tokens_in).total


def peak_seconds(work: Work, tokens: Any, scores: Any, rows: Any) -> Array:
    """Seconds of a chip that did all products of ``tokens`` tokens by itself at its full rates."""
    m, s = work.machine, work.shape
    dense = s.layers * s.attention + s.dense_layers * s.dense + s.moe_layers * (s.shared + s.router)
    routed = s.moe_layers * s.chosen * s.expert
    slow = 2 * s.head * rows + scores * tokens
    return 2 * dense * tokens / m.dense + 2 * routed * tokens / m.expert + slow / m.rate16


def weights_read(work: Work, tokens: Any) -> Array:
    """Bytes of all weights that a pass of ``tokens`` tokens needs once."""
    m, s = work.machine, work.shape
    dense = s.layers * s.attention + s.dense_layers * s.dense + s.moe_layers * (s.shared + s.router)
    routed = s.moe_layers * experts_touched(s, tokens) * s.expert
    return dense * m.dense_bytes + routed * m.expert_bytes + 2 * s.head


def chips(work: Work) -> Array:
    return work.spread.tensor * work.spread.data * work.spread.pipeline


def holds(work: Work, law: Any) -> None:
    """``law`` everywhere, and nothing but numbers."""
    assert bool(jnp.all(law)), worst(work, ~np.asarray(law))


@seeds
def test_decoding_stays_under_the_roofline(seed: int) -> None:
    work = random_work(seed)
    m, s, _, _, load, _ = work
    got = served(work)
    context = load.tokens_in + load.tokens_out / 2
    scores = attention_flops(s, context, decode=True)
    holds(work, got.tpot * chips(work) >= peak_seconds(work, got.batch, scores, got.batch) * (1 - SLACK))
    # A step of a stage has its part of the sequences; less than one cannot be.
    passed = got.batch / work.spread.pipeline
    read = weights_read(work, passed) + got.batch * read_bytes(s, context, m.cache_bytes)
    holds(work, got.tpot * chips(work) * m.bandwidth >= read * (1 - SLACK))


@seeds
def test_prefill_stays_under_the_roofline(seed: int) -> None:
    work = random_work(seed)
    m, s, _, x, load, _ = work
    got = served(work)
    scores = causal_flops(s, load.tokens_in)
    holds(work, chips(work) / got.prompt >= peak_seconds(work, 1.0, scores, 1 / load.tokens_in) * (1 - SLACK))
    chunk = jnp.minimum(load.tokens_in * got.batch, 8192 * x.data)
    holds(work, chunk / got.prompt * chips(work) * m.bandwidth >= weights_read(work, chunk) * (1 - SLACK))
    # One prompt stays on one copy of attention, and its stages follow one another.
    alone = peak_seconds(work, load.tokens_in, scores, 1.0)
    holds(work, got.ttft * x.tensor >= alone / x.data * (1 - SLACK))


@seeds
def test_training_stays_under_the_roofline(seed: int) -> None:
    work = random_work(seed)
    m, s, load = work.machine, work.shape, work.training
    got = trained(work)
    passes = 3 - load.lora
    holds(work, 1 / got.tokens >= passes * peak_seconds(work, 1.0, causal_flops(s, load.length), 1.0) * (1 - SLACK))
    # MFU is told of 16 bits; at lower precision it may pass 1 by as much as the rate does.
    faster = jnp.maximum(jnp.maximum(m.dense, m.expert) / m.rate16, 1)
    holds(work, got.mfu <= faster)
    # Each microbatch reads the weights that lie on the chip at least twice.
    holds(work, got.step * load.chips * m.bandwidth >= 2 * weights_read(work, 1.0) * (1 - SLACK))


@seeds
@pytest.mark.parametrize("fields", RESOURCES, ids="+".join)
def test_a_better_chip_is_never_slower(seed: int, fields: tuple[str, ...]) -> None:
    work = random_work(seed)
    better = with_machine(work, **{name: 1.7 * getattr(work.machine, name) for name in fields})
    old, new = served(work), served(better)
    for name in ("tokens", "room", "prompt"):
        holds(work, getattr(new, name) >= getattr(old, name) - abs(getattr(old, name)) * SLACK)
    before, after = trained(work), trained(better)
    holds(work, after.fits | ~before.fits)
    holds(work, (after.tokens >= before.tokens * (1 - SLACK)) | ~before.fits)


def with_machine(work: Work, **fields: Any) -> Work:
    changed: Machine = work.machine._replace(**fields)
    return work._replace(machine=changed)


def with_load(work: Work, **fields: Any) -> Work:
    changed: Load = work.load._replace(**fields)
    return work._replace(load=changed)


@seeds
def test_a_larger_batch_gives_more_tokens_later(seed: int) -> None:
    work = random_work(seed)
    larger = with_load(work, batch=1.6 * work.load.batch)
    few, many = decoded(work), decoded(larger)
    holds(work, many >= few * (1 - SLACK))
    holds(work, larger.load.batch / many >= work.load.batch / few * (1 - SLACK))
    old, new = served(work), served(larger)
    holds(work, new.tokens >= old.tokens * (1 - SLACK))
    holds(work, new.tpot >= old.tpot * (1 - SLACK))


@seeds
@pytest.mark.parametrize("field", ["tokens_in", "tokens_out"])
def test_a_longer_context_is_never_faster(seed: int, field: str) -> None:
    work = random_work(seed)
    longer = with_load(work, **{field: 1.5 * getattr(work.load, field)})
    holds(work, decoded(longer) >= decoded(work) * (1 - SLACK))
    old, new = served(work), served(longer)
    holds(work, new.room <= jnp.where(old.room > 0, old.room, 0))
    if field == "tokens_in":
        holds(work, new.tokens <= old.tokens * (1 + SLACK))


@seeds
def test_more_chips_gain_nothing_but_memory(seed: int) -> None:
    """The same passes on more chips take at least as many chip-seconds."""
    work = random_work(seed)
    m, s, e, x, load, _ = work
    one = work._replace(spread=x._replace(tensor=jnp.ones_like(x.tensor)))
    holds(work, x.tensor * decoded(work) >= decoded(one) * (1 - SLACK))
    single = x._replace(tensor=jnp.ones_like(x.tensor), data=jnp.ones_like(x.data), pipeline=jnp.ones_like(x.pipeline))
    wide = decode(m, s, e, x, load.batch, load.tokens_in).total
    # Stages of a pipeline work on one part of the batch each, so a step of one part takes all of them.
    least = decode(m, s, e, single, load.batch / x.pipeline, load.tokens_in).total
    holds(work, x.tensor * x.data * wide >= least * (1 - 1e-6))
    held = prefill(m, s, e, x, load.tokens_in, load.tokens_in).total
    freed = prefill(m, s, e, one.spread, load.tokens_in, load.tokens_in).total
    holds(work, x.tensor * held >= freed * (1 - SLACK))


@seeds
def test_more_chips_gain_nothing_in_training_but_memory(seed: int) -> None:
    """A dense model on one chip with memory without end takes no more chip-seconds for the same batch."""
    work = with_machine(random_work(seed), memory=1e18 * np.ones_like(random_work(seed).machine.memory))
    one, plain = np.ones_like(work.spread.tensor), work.training._replace(sharded=0 * work.training.sharded)
    alone = work.spread._replace(tensor=one, data=one, pipeline=one)
    many = trained(work._replace(training=plain))
    few = trained(work._replace(training=plain._replace(chips=one, context=one), spread=alone))
    holds(work, (many.tokens <= few.tokens * (1 + SLACK)) | (work.shape.moe_layers > 0))


@seeds
def test_bubble_of_an_interleaved_pipeline(seed: int) -> None:
    """Stages wait (p - 1) / (v m + p - 1) of the time where nothing else is waited for."""
    work = random_work(seed)
    frozen = work.training._replace(lora=jnp.ones_like(work.training.lora), sharded=0 * work.training.lora)
    got = trained(work._replace(training=frozen))
    p, v = work.spread.pipeline, frozen.interleave
    micros = frozen.batch / (frozen.chips / (work.spread.tensor * p * frozen.context))
    assert float(micros.min()) >= 1
    np.testing.assert_allclose(got.bubble, (p - 1) / (v * micros + p - 1), rtol=1e-9)


@seeds
def test_memory_is_weights_cache_and_runtime(seed: int) -> None:
    work = random_work(seed)
    m, s, _, x, load, _ = work
    got = served(work)
    length = load.tokens_in + load.tokens_out
    cached = got.batch / x.data * sequence_bytes(m, s, x, length)
    runtime = np.asarray(got.memory - weight_bytes(m, s, x) - cached)
    np.testing.assert_allclose(runtime, runtime[0], rtol=1e-5)
    assert 0 < runtime[0] < 5e9
    # A full copy of the model stays within the memory of its chips.
    holds(work, (got.room < 1e-3) | (got.memory <= m.memory))
    parts = got.parts
    np.testing.assert_allclose(parts.total, parts.kernels + parts.talk + parts.overhead, rtol=1e-9)
    each = parts.compute + parts.weights + parts.cache
    holds(work, (parts.kernels <= each * (1 + 1e-6)) & (parts.kernels >= jnp.maximum(parts.weights, parts.cache)))


@jax.jit
@partial(jax.grad, argnums=1)
def slope(work: Work, efficiency: Efficiency) -> Array:
    one = work._replace(efficiency=efficiency)
    got = served(one)
    return sum(jnp.log(v).sum() for v in (got.tokens, got.prompt, got.tpot, got.ttft, trained(one).tokens))  # type: ignore[return-value]


@seeds
def test_slopes_are_finite(seed: int) -> None:
    """By every efficiency, at every point: dense models without experts and one chip among them."""
    work = random_work(seed)
    assert bool(((work.spread.tensor == 1) & (work.shape.moe_layers == 0)).any())
    for name, found in slope(work, work.efficiency)._asdict().items():
        assert np.isfinite(np.asarray(found)).all(), (name, worst(work, ~np.isfinite(np.asarray(found))))


@seeds
def test_better_software_is_never_slower(seed: int) -> None:
    """Larger fractions help, longer times hurt."""
    work = random_work(seed)
    for name in Efficiency._fields:
        worse_if_more = name in (
            "steep",
            "steep_grouped",
            "hop_s",
            "layer_s",
            "step_s",
            "sequence_s",
            "half",
            "exposed",
            "mix",
        )
        factor = 1.3 if worse_if_more else 1 / 1.3
        worse = work._replace(efficiency=work.efficiency._replace(**{name: factor * getattr(work.efficiency, name)}))
        holds(work, served(worse).tokens <= served(work).tokens * (1 + SLACK))
        holds(work, trained(worse).tokens <= trained(work).tokens * (1 + SLACK))


def test_nothing_is_free() -> None:
    """A pass of a dense model on one perfect chip takes the larger of work and reading, kernel by kernel."""
    work = random_work(3)
    m, s, e, x, load, _ = work
    ones = jnp.ones_like(x.tensor)
    alone = x._replace(tensor=ones, data=ones, pipeline=ones)
    parts = forward(m, s, e, alone, tokens=load.batch, attention=1.0 * ones, cache=0.0 * ones, rows=load.batch)
    holds(work, parts.talk == 0)
    holds(work, parts.kernels >= jnp.maximum(parts.compute, parts.weights) * (1 - SLACK))


def test_training_load_is_what_the_layout_holds() -> None:
    """The random jobs are possible ones: whole copies on all chips."""
    work = random_work(1)
    load: TrainingLoad = work.training
    copies = load.chips / (work.spread.tensor * work.spread.pipeline * load.context)
    assert (np.asarray(copies) >= np.asarray(work.spread.data)).all()
