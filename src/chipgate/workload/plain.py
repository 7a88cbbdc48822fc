"""A plain roofline on the specification, for the market, until the full workload model stands.

It sees three things that peak rates hide: a large model must fit into the memory of chips that share a fast
link; what does not fit a small domain pays for the slow link; decoding reads weights and cache once a token.

Training, tokens/s a chip, for a mixture of experts with ``A`` active and ``P`` total parameters:
    t = 6 A / (rate x MFU) + exchange / link,   exchange = 2 bytes x hidden x layers x 4 a token
MFU falls with the rate that each byte/s of memory must feed, 0.58 - 0.6 (rate / bandwidth) / 1000 operations a
byte: about 0.56 for an H20, 0.49 for an A100, 0.40 for an H100, as published runs have it.
Decoding at batch B chosen so that the step stays under the latency target:
    t_step = max(2 A B / rate, (weights + B cache) / n / bandwidth) + layers x (latency + B hidden / link)
Sources: roofline (Williams, Waterman, Patterson 2009); shapes of DeepSeek-V3 and Llama-3.1-70B in the catalogue.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgate.schema.tables import LanguageModel

_MFU_BALANCED: Final = 0.58
_MFU_SLOPE: Final = 0.6e-3
_MFU_LEAST: Final = 0.2
_LATENCY_TARGET_S: Final = 0.05
_CONTEXT: Final = 4096
_HOP_S: Final = 8e-6
_BATCHES: Final = 2.0 ** np.arange(0, 11)
# Share of the spread that a fast link does not hide behind computation.
_EXPOSED: Final = 0.5


@dataclass(frozen=True)
class ChipSpec:
    """What the roofline reads of a chip; rates in operations/s, bytes, bytes/s.

    ``rate8`` is the rate at which serving runs: FP8 where the chip has it; where it has INT8 alone, half of the
    work runs at 8 bits and the rest at 16 (models are trained for FP8 and quantised to INT8 with a loss).
    """

    rate16: float
    rate8: float
    memory: float
    bandwidth: float
    link: float
    domain: int


def log_throughput(chip: ChipSpec, models: list[LanguageModel]) -> NDArray[np.float64]:
    """Log tokens/s a chip by workload, geometric mean over models, ``[2]`` (training, inference)."""
    training = [np.log(_training(chip, model)) for model in models]
    serving = [np.log(_decoding(chip, model)) for model in models]
    return np.array([np.mean(training), np.mean(serving)])


def _training(chip: ChipSpec, model: LanguageModel) -> float:
    active, total = (model.active_params_b or 0) * 1e9, (model.params_b or 0) * 1e9
    layers, hidden = model.layers or 1, model.hidden or 1
    mfu = max(_MFU_BALANCED - _MFU_SLOPE * chip.rate16 / chip.bandwidth, _MFU_LEAST)
    compute = 6 * active / (chip.rate16 * mfu)
    # States of 16 bytes a parameter are spread over the chips of a job of 2,048; the rest is activations.
    room = max(chip.memory - 16 * total / 2048, 0.02 * chip.memory)
    crowding = 1 + 0.15 * (80e9 / room)
    exchange = 4 * layers * hidden * 2 * _EXPOSED / chip.link
    return 1 / (compute * crowding + exchange)


def _decoding(chip: ChipSpec, model: LanguageModel) -> float:
    active, total = (model.active_params_b or 0) * 1e9, (model.params_b or 0) * 1e9
    layers, hidden = model.layers or 1, model.hidden or 1
    cache = _cache_bytes(model) * _CONTEXT
    best = 0.0
    for chips in (1, 2, 4, 8, 16, 32, 64):
        link = chip.link if chips <= max(chip.domain, 1) else min(chip.link, 25e9)
        free = chips * chip.memory * 0.9 - total
        if free <= 0:
            continue
        for batch in _BATCHES * chips:
            if batch * cache > free:
                break
            touched = total * _experts_touched(model, batch)
            read = (touched + batch * cache) / chips / chip.bandwidth
            work = 2 * active * batch / chips / chip.rate8
            talk = 0.0 if chips == 1 else 2 * layers * (_HOP_S + batch * hidden / chips / link)
            step = max(read, work) + talk
            if step <= _LATENCY_TARGET_S:
                best = max(best, batch / step / chips)
    # A chip that cannot serve the model in time still serves a part of the work at the slowest pace that fits.
    return max(best, 0.05 * chip.bandwidth / active)


def _cache_bytes(model: LanguageModel) -> float:
    """Bytes of cache a token, one byte a number."""
    layers = model.layers or 1
    if model.kv_lora_rank:
        return layers * (model.kv_lora_rank + (model.qk_rope_head_dim or 0))
    return 2.0 * layers * (model.kv_heads or model.heads or 1) * (model.head_dim or 128)


def _experts_touched(model: LanguageModel, batch: float) -> float:
    """Part of the weights that a step of ``batch`` tokens reads."""
    if not model.experts or not model.experts_per_token:
        return 1.0
    base = (model.active_params_b or 0) / (model.params_b or 1)
    return float(1 - (1 - base) * (1 - model.experts_per_token / model.experts) ** (batch - 1))
