"""Throughput of every chip on the reference models, as the market takes it.

Software maturity is the market's own variable, so all chips are judged by the efficiencies of the reference stack
(CUDA) with mature software; what differs between chips is hardware. Rates hang on efficiencies that are not known
exactly, which moves chips together (a steeper loss of fast products hurts those with much compute), and each chip has
a part of its own.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg as sl
from jax import Array
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import SpecError
from chipgate.schema.chip import Chip
from chipgate.workload import machine as machines
from chipgate.workload import residual, search
from chipgate.workload import shape as shapes
from chipgate.workload.efficiency import EXTRA, NAMES, SIZE, Scale, gather, scores, spread_slopes, stack_index, values
from chipgate.workload.fit import Predictor
from chipgate.workload.kernels import Efficiency, Spread
from chipgate.workload.machine import Machine
from chipgate.workload.predict import Ask, chips_for, usual_precision
from chipgate.workload.serve import serve
from chipgate.workload.shape import Shape
from chipgate.workload.train import TrainingLoad, train

MODELS: Final = ("llama_3_1_70b", "deepseek_v3")
"""Models on which the market judges chips: a dense one and a mixture of experts with a compressed cache."""
WORKLOADS: Final = ("training", "inference")
FACTORS: Final = 6
"""Common directions kept of the uncertainty of efficiencies."""
_STACK: Final = "cuda"
_DAY: Final = date(2026, 1, 1)  # only to build questions; the reference software is mature
_TRAINING_CHIPS: Final = 2048
_TRAINING_BATCH: Final = 2048
_LENGTH: Final = 4096.0
_TOKENS: Final = (1024.0, 1024.0)
_TPOT_S: Final = 0.05
_SLOWEST_TPOT_S: Final = 10.0
_CHIP_TERMS: Final = (("chip",),)
_OWN_TERMS: Final = (("group", "chip"), ("group", "precision", "chip"))


@dataclass(frozen=True)
class Reference:
    """Throughputs of chips on the reference models.

    Attributes:
        chips: Ids. ``log_phi``: log tokens/s a chip, mean over models, ``[workload, chip]``.
        loads: Effect of each common factor, a standard normal, ``[workload, chip, factor]``.
        shared, own: Standard deviation of a chip's own part, in both workloads together and in each.
        refused: Chips that cannot be judged, with the reason.
    """

    chips: tuple[str, ...]
    log_phi: NDArray[np.float64]
    loads: NDArray[np.float64]
    shared: float
    own: float
    refused: dict[str, str]


def reference(data: Catalogue, predictor: Predictor, chips: list[Chip] | None = None) -> Reference:
    """Throughputs of chips (all by default) under the reference stack."""
    good, refused = [], {}
    for chip in chips if chips is not None else data.chips.values():
        try:
            machines.machine_of(data, chip, data.precisions["bf16"], moe=False)
            good.append(chip)
        except SpecError as reason:
            refused[chip.id] = str(reason)
    root = _posterior_root(predictor)
    level = np.zeros((2, len(good)))
    slopes = np.zeros((2, len(good), SIZE))
    for name in MODELS:
        for i, chip in enumerate(good):
            for w, one in enumerate((_training, _serving)):
                rate, slope = one(data, predictor, chip, name)
                level[w, i] += rate / len(MODELS)
                slopes[w, i] += slope / len(MODELS)
    moves = slopes.reshape(-1, SIZE) @ root
    left, size, _ = np.linalg.svd(moves, full_matrices=False)
    loads = (left * size)[:, :FACTORS]
    loads = loads * np.sign(loads.sum(0) + 1e-300)  # a sign that does not hang on the library
    sizes = dict(zip(residual.TERMS, residual.sizes(predictor.fitted.hyper), strict=True))
    return Reference(
        tuple(c.id for c in good), level, loads.reshape(2, len(good), -1),
        float(np.sqrt(sum(sizes[names, False] ** 2 for names in _CHIP_TERMS))),
        float(np.sqrt(sum(sizes[names, False] ** 2 for names in _OWN_TERMS))), refused,
    )  # fmt: skip


def _posterior_root(predictor: Predictor) -> NDArray[np.float64]:
    """Root of the covariance of the efficiencies after the measurements."""
    fitted = predictor.fitted
    cover = residual.kernel(fitted.hyper, fitted.features, fitted.features)
    cover = cover + np.diag(residual.noise(fitted.hyper, fitted.features) + 1e-8)
    informed = fitted.slopes.T @ sl.cho_solve(sl.cho_factor(cover, lower=True), fitted.slopes)
    return np.asarray(np.linalg.cholesky(np.linalg.inv(np.eye(SIZE) + informed)))


def _machine(data: Catalogue, chip: Chip, ask: Ask, precision: str) -> Machine:
    return machines.machine_of(data, chip, data.precisions[precision], moe=bool(ask.model.experts))


def _serving(data: Catalogue, predictor: Predictor, chip: Chip, name: str) -> tuple[float, NDArray[np.float64]]:
    ask = Ask(data.models[name], "decode", _DAY, tokens_in=_TOKENS[0], tokens_out=_TOKENS[1])
    precision = usual_precision(data, chip, ask)
    m, s = machines.stack([_machine(data, chip, ask, precision)]), shapes.stack([shapes.shape_of(ask.model)])
    e = _efficiency(predictor)
    count = chips_for(data, chip, ask, precision)
    grid = search.serving_grid(max(count, 64))
    for limit in (_TPOT_S, _SLOWEST_TPOT_S):  # a chip too slow for readers still serves those who can wait
        found = search.find_serving(
            m, s, e, np.zeros(1), grid, chips=max(count, 64), tokens_in=_TOKENS[0], tokens_out=_TOKENS[1],
            limit_s=limit, together=True,
        )  # fmt: skip
        if found.fits[0, 0]:
            break
    k = int(found.index[0, 0])
    choice = grid.choices[k]
    x = Spread(*(jnp.array([float(v)]) for v in (choice.tensor, choice.data, choice.pipeline, choice.whole)))
    return _by_vector(predictor, lambda eff: _served(m, s, eff, x, float(grid.batches[k])))


def _served(m: Machine, s: Shape, e: Efficiency, x: Spread, batch: float) -> Array:
    got = serve(m, s, e, x, batch=jnp.array([batch]), tokens_in=jnp.array(_TOKENS[0]), tokens_out=jnp.array(_TOKENS[1]))
    return jnp.log(got.tokens / (x.tensor * x.data * x.pipeline))


def _training(data: Catalogue, predictor: Predictor, chip: Chip, name: str) -> tuple[float, NDArray[np.float64]]:
    ask = Ask(data.models[name], "training", _DAY)
    m, s = machines.stack([_machine(data, chip, ask, "bf16")]), shapes.stack([shapes.shape_of(ask.model)])
    grid = search.training_grid(_TRAINING_CHIPS)
    found = search.find_training(
        m, s, _efficiency(predictor), np.zeros(1), grid, chips=_TRAINING_CHIPS, batch=_TRAINING_BATCH, length=_LENGTH
    )
    choice = grid.choices[int(found.index[0, 0])]  # where nothing fits, the layout that comes nearest
    x = Spread(*(jnp.array([float(v)]) for v in (choice.tensor, choice.data, choice.pipeline, choice.whole)))
    numbers = (_TRAINING_CHIPS, _TRAINING_BATCH, _LENGTH, choice.interleave, choice.context, choice.sharded, 0)
    load: Any = TrainingLoad(*(jnp.array([float(v)]) for v in numbers))
    return _by_vector(predictor, lambda eff: jnp.log(train(m, s, eff, x, load).tokens))


def _efficiency(predictor: Predictor) -> Efficiency:
    score = scores(predictor.scale, jnp.asarray(predictor.fitted.vector))[:, [stack_index(_STACK)]]
    return gather(values(predictor.scale, score))[0]


def _by_vector(predictor: Predictor, log_rate: Any) -> tuple[float, NDArray[np.float64]]:
    """Log rate and its derivative by the vector of efficiencies."""
    scale: Scale = predictor.scale
    index = np.array([stack_index(_STACK)])

    def total(score: Array) -> Array:
        found: Array = log_rate(gather(values(scale, score))[0])
        return found.sum()

    score = scores(scale, jnp.asarray(predictor.fitted.vector))[:, index]
    rate, slope = jax.value_and_grad(total)(score)
    by_score = np.asarray(slope, float).reshape(len(NAMES), 1)
    return float(rate), spread_slopes(scale, by_score, np.zeros((len(EXTRA), 1)), index)[0]
