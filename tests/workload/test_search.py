"""Laws of the search and of its answers: more room never hurts, bands are in order, nothing beats the specification."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import pairwise

import jax
import numpy as np
import pytest
from helpers import embedded

from chipgate.arrays.compiled import compile_cache
from chipgate.errors import SpecError
from chipgate.schema.chip import Chip
from chipgate.workload import machine, search, shape
from chipgate.workload.machine import Machine
from chipgate.workload.predict import Answer, Ask, answer, efficiencies, usual_precision
from chipgate.workload.question import predictor
from chipgate.workload.shape import Shape

DAY = date(2025, 9, 15)
MODELS = ("llama_3_1_8b", "llama_3_1_70b", "qwen3_235b_a22b", "deepseek_v3", "gpt_oss_120b")
SLACK = 1e-5


@pytest.fixture(autouse=True)
def _cached() -> Iterator[None]:
    with compile_cache():
        yield


@cache
def able() -> list[Chip]:
    data, found = embedded(), []
    for chip in data.chips.values():
        try:
            machine.machine_of(data, chip, data.precisions["bf16"], moe=False)
        except SpecError:
            continue
        found.append(chip)
    return found


@cache
def arrays(phase: str) -> tuple[Machine, Shape]:
    data = embedded()
    rows = []
    for chip in able():
        asks = [Ask(data.models[name], phase, DAY) for name in MODELS]  # type: ignore[arg-type]
        rows.append(machine.stack([
            machine.machine_of(data, chip, data.precisions[usual_precision(data, chip, ask)],
                               moe=bool(ask.model.experts))
            for ask in asks
        ]))  # fmt: skip
    shapes = shape.stack([shape.shape_of(data.models[name]) for name in MODELS])
    return jax.tree.map(lambda *parts: np.stack(parts), *rows), shapes


def serve(chips: int, limit: float = 0.05, *, prefill: bool = False) -> search.Found:
    e, slow = efficiencies(predictor(embedded()), able(), DAY)
    m, s = arrays("decode")
    grid = search.serving_grid(chips)
    return search.find_serving(
        m, s, e, slow, grid, chips=chips, tokens_in=1024, tokens_out=1024, limit_s=limit, prefill=prefill
    )


def better(more: search.Found, less: search.Found) -> np.ndarray:
    """Whether all that worked still works, and no worse."""
    return ~less.fits | (more.fits & (more.rate >= less.rate * (1 - SLACK)))


@pytest.mark.parametrize("prefill", [False, True], ids=["decode", "prefill"])
def test_more_chips_never_serve_worse(prefill: bool) -> None:
    limit = np.inf if prefill else 0.05
    found = [serve(n, limit, prefill=prefill) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
    for less, more in pairwise(found):
        assert better(more, less).all()
    assert found[-1].fits.sum() > found[0].fits.sum()


def test_a_longer_limit_never_serves_worse() -> None:
    found = [serve(16, limit) for limit in (0.01, 0.02, 0.05, 0.1, 1.0, np.inf)]
    for less, more in pairwise(found):
        assert better(more, less).all()
    for one, limit in zip(found, (0.01, 0.02, 0.05, 0.1, 1.0), strict=False):
        assert (one.detail["tpot"][one.fits] <= limit * (1 + SLACK)).all()


def test_limits_by_chip_are_kept_by_chip() -> None:
    limits = np.where(np.arange(len(able())) % 2, 0.02, 0.1)
    e, slow = efficiencies(predictor(embedded()), able(), DAY)
    m, s = arrays("decode")
    mixed = search.find_serving(
        m, s, e, slow, search.serving_grid(16), chips=16, tokens_in=1024, tokens_out=1024, limit_s=limits
    )
    for limit in (0.02, 0.1):
        alone = serve(16, limit)
        rows = limits == limit
        assert np.array_equal(mixed.fits[rows], alone.fits[rows])
        assert np.allclose(mixed.rate[rows], alone.rate[rows], rtol=1e-5)


def test_memory_is_kept() -> None:
    found = serve(64)
    m, _ = arrays("decode")
    assert (found.detail["memory"][found.fits] <= np.broadcast_to(m.memory, found.fits.shape)[found.fits]).all()


def test_padding_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    padded = serve(8)
    monkeypatch.setattr(search, "_POINTS", (1,))
    monkeypatch.setattr(search, "_CHIPS", (1,))
    plain = serve(8)
    assert np.array_equal(padded.fits, plain.fits)
    assert np.allclose(padded.rate, plain.rate, rtol=1e-6)
    assert padded.rate.shape == plain.rate.shape == (len(able()), len(MODELS))


@pytest.mark.parametrize("phase", ["training", "prefill", "decode"])
@pytest.mark.parametrize("name", MODELS)
def test_bands_are_in_order_and_under_the_specification(phase: str, name: str) -> None:
    data = embedded()
    ask = Ask(data.models[name], phase, DAY, tpot_s=0.05 if phase == "decode" else None)  # type: ignore[arg-type]
    found = [a for a in answer(data, predictor(data), able(), ask) if isinstance(a, Answer)]
    assert len(found) > len(able()) * 0.6
    for a in found:
        assert 0 < a.rate["p10"] < a.rate["p50"] < a.rate["p90"] <= a.ideal * (1 + SLACK), a.chip.id
        assert 0 < a.mfu <= 1, a.chip.id
        assert a.memory_bytes <= (a.chip.spec("mem_gb") or 0) * 1e9, a.chip.id
        assert a.choice.group <= a.case.chips
        if phase == "decode":
            assert a.tpot_s is not None
            assert a.tpot_s <= 0.05 * 1.006, a.chip.id


def test_single_precision_is_enough() -> None:
    data = embedded()
    chips = [data.chips.find(name) for name in ("H20", "H100", "MI300X", "Ascend 910C", "B200")]
    for phase in ("training", "decode"):
        for name in ("llama_3_1_70b", "deepseek_v3"):
            ask = Ask(data.models[name], phase, DAY, tokens_in=2048.0)  # type: ignore[arg-type]
            single = answer(data, predictor(data), chips, ask)
            with jax.enable_x64(True):
                double = answer(data, predictor(data), chips, ask)
            for one, other in zip(single, double, strict=True):
                assert isinstance(one, Answer)
                assert isinstance(other, Answer)
                # Of two layouts that differ by less than single precision sees, either may be chosen.
                if one.choice == other.choice and one.case.batch == other.case.batch:
                    assert one.rate == pytest.approx(other.rate, rel=1e-3), (one.chip.id, phase, name)
                else:
                    assert one.rate["p50"] == pytest.approx(other.rate["p50"], rel=0.05), (one.chip.id, phase, name)
