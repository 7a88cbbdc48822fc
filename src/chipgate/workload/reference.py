"""Throughput of every chip on the reference models, as the market takes it.

Software maturity is the market's own variable, so all chips are judged by the efficiencies of the reference stack
(CUDA) with mature software; what differs between chips is hardware. Rates hang on efficiencies that are not known
exactly, which moves chips together (a steeper loss of fast products hurts those with much compute), and each chip has
a part of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
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
from chipgate.workload.case import Case
from chipgate.workload.efficiency import EXTRA, SIZE, Scale, gather, scores, spread_slopes, stack_index, values
from chipgate.workload.fit import Predictor, fit, nothing_fitted
from chipgate.workload.kernels import Efficiency, Spread
from chipgate.workload.machine import Machine
from chipgate.workload.predict import Ask, usual_precision
from chipgate.workload.serve import serve
from chipgate.workload.shape import Shape
from chipgate.workload.train import TrainingLoad, train

MODELS: Final = ("qwen3_32b", "llama_3_1_70b", "deepseek_v3")
"""Models on which the market judges chips, in equal parts of its work: a dense one that small cards hold, a larger
one, and a mixture of experts with a compressed cache. Assumption, ours."""
STANDARD: Final = "nvidia_h100_sxm"
"""Chip against which rates are averaged over models."""
WORKLOADS: Final = ("training", "inference")
FACTORS: Final = 6
"""Common directions kept of the uncertainty of efficiencies."""
_STACK: Final = "cuda"
_DAY: Final = date(2026, 1, 1)  # only to build questions; the reference software is mature
_SERVING_CHIPS: Final = 128
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


def reference(data: Catalogue, predictor: Predictor, chips: Sequence[Chip] | None = None) -> Reference:
    """Throughputs of chips (all by default) under the reference stack."""
    good, refused = [], {}
    for chip in chips if chips is not None else data.chips.values():
        try:
            machines.machine_of(data, chip, data.precisions["bf16"], moe=False)
            good.append(chip)
        except SpecError as reason:
            refused[chip.id] = str(reason)
    standard = data.chips[STANDARD]
    judged = [*good, standard]
    rate = np.zeros((2, len(MODELS), len(judged)))
    slope = np.zeros((2, len(MODELS), len(judged), SIZE))
    for k, name in enumerate(MODELS):
        for w, one in enumerate((_training, _serving)):
            rate[w, k], slope[w, k] = one(data, predictor, judged, name)
    level, slopes = _mean(rate, slope)
    moves = slopes.reshape(-1, SIZE) @ _posterior_root(predictor)
    left, size, _ = np.linalg.svd(moves, full_matrices=False)
    loads = (left * size)[:, :FACTORS]
    loads = loads * np.where(loads.sum(0) < 0, -1.0, 1.0)  # a sign that does not hang on the library
    sizes = dict(zip(residual.TERMS, residual.sizes(predictor.fitted.hyper), strict=True))
    return Reference(
        tuple(c.id for c in good), level, loads.reshape(2, len(good), -1),
        float(np.sqrt(sum(sizes[names, False] ** 2 for names in _CHIP_TERMS))),
        float(np.sqrt(sum(sizes[names, False] ** 2 for names in _OWN_TERMS))), refused,
    )  # fmt: skip


def _mean(
    rate: NDArray[np.float64], slope: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Log rates over models: the mean of each rate relative to the standard (last), times the standard's own.

    An arithmetic mean, since a chip that is hopeless at one model still does its share of the others.
    """
    relative = np.exp(rate - rate[..., -1:])
    part = relative / relative.sum(1, keepdims=True)
    level = np.log(relative.mean(1)) + rate[..., -1:].mean(1)
    slopes = (part[..., None] * (slope - slope[:, :, -1:])).sum(1) + slope[:, :, -1:].mean(1)
    return level[:, :-1], slopes[:, :-1]


def _posterior_root(predictor: Predictor) -> NDArray[np.float64]:
    """Root of the covariance of the efficiencies after the measurements."""
    fitted = predictor.fitted
    cover = residual.kernel(fitted.hyper, fitted.features, fitted.features)
    cover = cover + np.diag(residual.noise(fitted.hyper, fitted.features) + 1e-8)
    informed = fitted.slopes.T @ sl.cho_solve(sl.cho_factor(cover, lower=True), fitted.slopes)
    return np.asarray(np.linalg.cholesky(np.linalg.inv(np.eye(SIZE) + informed)))


def _machines(data: Catalogue, chips: Sequence[Chip], ask: Ask, precision: str | None) -> Machine:
    moe = bool(ask.model.experts)
    return machines.stack(
        [
            machines.machine_of(data, c, data.precisions[precision or usual_precision(data, c, ask)], moe=moe)
            for c in chips
        ]
    )


def _serving(
    data: Catalogue, predictor: Predictor, chips: Sequence[Chip], name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ask = Ask(data.models[name], "decode", _DAY)
    m, s = _machines(data, chips, ask, None), shapes.stack([shapes.shape_of(ask.model)])
    grid = search.serving_grid(_SERVING_CHIPS)
    best = np.zeros(len(chips), np.int64)
    for limit in (_SLOWEST_TPOT_S, _TPOT_S):  # a chip too slow for readers still serves those who can wait
        found = search.find_serving(
            m, s, _efficiency(predictor, len(chips)), np.zeros(len(chips)), grid, chips=_SERVING_CHIPS,
            tokens_in=_TOKENS[0], tokens_out=_TOKENS[1], limit_s=limit, together=True,
        )  # fmt: skip
        best = np.where(found.fits[:, 0] | (limit == _SLOWEST_TPOT_S), found.index[:, 0], best)
    x = Spread(*(np.array([getattr(grid.choices[k], n) for k in best], float) for n in Spread._fields))  # type: ignore[arg-type]
    return _by_vector(predictor, _served, len(chips), (m, s, x, grid.batches[best]))


def _served(e: Efficiency, m: Machine, s: Shape, x: Spread, batch: Array) -> Array:
    got = serve(m, s, e, x, batch=batch, tokens_in=jnp.array(_TOKENS[0]), tokens_out=jnp.array(_TOKENS[1]))
    return jnp.log(got.tokens / (x.tensor * x.data * x.pipeline))


def _training(
    data: Catalogue, predictor: Predictor, chips: Sequence[Chip], name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ask = Ask(data.models[name], "training", _DAY)
    m, s = _machines(data, chips, ask, "bf16"), shapes.stack([shapes.shape_of(ask.model)])
    grid = search.training_grid(_TRAINING_CHIPS)
    found = search.find_training(
        m, s, _efficiency(predictor, len(chips)), np.zeros(len(chips)), grid, chips=_TRAINING_CHIPS,
        batch=_TRAINING_BATCH, length=_LENGTH,
    )  # fmt: skip
    chosen = [grid.choices[k] for k in found.index[:, 0]]  # where nothing fits, the layout that comes nearest

    def column(field: str) -> NDArray[np.float64]:
        return np.array([getattr(choice, field) for choice in chosen], float)

    numbers: list[Any] = [np.full(len(chips), float(v)) for v in (_TRAINING_CHIPS, _TRAINING_BATCH, _LENGTH)]
    numbers += [column(n) for n in ("interleave", "context", "sharded")] + [np.zeros(len(chips))]
    spread: list[Any] = [column(n) for n in Spread._fields]
    x, load = Spread(*spread), TrainingLoad(*numbers)
    return _by_vector(predictor, _trained, len(chips), (m, s, x, load))


def _trained(e: Efficiency, m: Machine, s: Shape, x: Spread, load: TrainingLoad) -> Array:
    return jnp.log(train(m, s, e, x, load).tokens)


def _efficiency(predictor: Predictor, count: int) -> Efficiency:
    return gather(values(predictor.scale, _scores(predictor, count)))[0]


def _scores(predictor: Predictor, count: int) -> Array:
    index = np.full(count, stack_index(_STACK))
    return scores(predictor.scale, jnp.asarray(predictor.fitted.vector))[:, index]


@partial(jax.jit, static_argnames="log_rate")
def _slopes(score: Array, scale: Scale, log_rate: Callable[..., Array], given: tuple[Any, ...]) -> tuple[Array, Array]:
    def total(z: Array) -> tuple[Array, Array]:
        found = log_rate(gather(values(scale, z))[0], *given)
        return found.sum(), found

    slope, found = jax.grad(total, has_aux=True)(score)
    return found, slope


def _by_vector(
    predictor: Predictor, log_rate: Callable[..., Array], count: int, given: tuple[Any, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log rates and their derivatives by the vector of efficiencies."""
    found, slope = _slopes(_scores(predictor, count), predictor.scale, log_rate, given)
    index = np.full(count, stack_index(_STACK))
    by_score = np.asarray(slope, float)
    return np.asarray(found, float), spread_slopes(predictor.scale, by_score, np.zeros((len(EXTRA), count)), index)


VINTAGES: Final = tuple(
    date.fromisoformat(day)
    for day in ("2023-12-31", "2024-06-30", "2024-12-31", "2025-06-30", "2025-12-31", "2026-06-30")
)
"""Days at which the reference throughputs are fitted anew to what was published up to then."""
_NOTHING_KNOWN: Final = date(2022, 1, 1)


def vintages(
    data: Catalogue, cases: Sequence[Case], report: Callable[[str], None]
) -> Iterator[tuple[date, Reference]]:  # fmt: skip
    """Reference throughputs as each day knew them: from the prior alone, then from what was published by each."""
    yield _NOTHING_KNOWN, reference(data, Predictor(data, nothing_fitted()))
    for day in VINTAGES:
        known = [case for case in cases if case.day <= day]
        report(f"as of {day}: {len(known)} measurements")
        yield day, reference(data, Predictor(data, fit(data, known)))


def rows(found: Reference, known_since: date) -> list[dict[str, str]]:
    """The table as it ships: one row a chip and workload, figures to five digits."""
    out = []
    for i, chip in enumerate(found.chips):
        for w, workload in enumerate(WORKLOADS):
            row = {"id": f"{chip}_{workload}_{known_since:%Y%m%d}", "known_since": known_since.isoformat()}
            row |= {"chip": chip, "workload": workload}
            row["tokens_per_s"] = f"{np.exp(found.log_phi[w, i]):.5g}"
            row |= {f"factor_{k + 1}": f"{x:.5f}" for k, x in enumerate(found.loads[w, i])}
            out.append(row | {"shared": f"{found.shared:.5f}", "own": f"{found.own:.5f}"})
    return out


def by_hand(data: Catalogue, chip: Chip) -> list[dict[str, str]]:
    """Rows of one chip that the shipped table lacks, from the prior alone.

    The table's common factors are not known for it, so that all of its uncertainty counts as its own.

    Raises:
        SpecError: The chip has no published rate or memory.
    """
    found = reference(data, Predictor(data, nothing_fitted()), [chip])
    if found.refused:
        raise SpecError(found.refused[chip.id])
    own = np.hypot(found.own, np.sqrt((found.loads**2).sum(-1)).mean())
    return rows(replace(found, loads=np.zeros((2, 1, FACTORS)), own=float(own)), _NOTHING_KNOWN)
