"""What the roofline leaves over: a Gaussian process over chips, models, engines and loads.

Each term of the kernel is shared by points that agree in some names (the same stack, the same chip and model, ...),
and some fade with the distance of their loads. So a chip with no measurement takes from its stack and is uncertain by
what chips of a stack differ, and a point beside measured ones takes from them (Rasmussen and Williams 2006).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.workload.case import Case
from chipgate.workload.layouts import Choice

NAMES: Final = ("group", "kind", "chip", "model", "family", "engine", "stack", "precision", "run", "load")
DIMENSIONS: Final = ("batch", "tokens_in", "tokens_out", "chips", "day")
TERMS: Final[tuple[tuple[tuple[str, ...], bool], ...]] = (
    (("group",), False),
    (("group", "stack"), False),
    (("group", "kind"), False),
    (("group", "chip"), False),
    (("chip",), False),
    (("group", "family", "stack"), False),
    (("group", "model"), False),
    (("group", "engine", "stack"), False),
    (("group", "engine", "chip"), False),
    (("group", "precision", "chip"), False),
    (("group", "chip", "model"), False),
    (("group", "chip", "load", "kind"), False),
    (("group",), True),
    (("group", "stack"), True),
    (("group", "family", "engine"), True),
    (("group", "chip", "engine"), True),
    (("group", "model", "engine"), True),
    (("group", "chip", "model"), True),
    (("group", "chip", "model", "engine", "precision"), True),
    (("run",), False),
)
"""Names in which two points must agree for a term to count, and whether it fades with the distance of loads."""
_HYPER: Final = len(TERMS) + len(DIMENSIONS) + 3
SIZE: Final = _HYPER
"""Numbers that shape the kernel: size of each term, length of each dimension, noise by confidence."""
_SIZE_PRIOR: Final = (np.log(0.1), 0.5)
_LENGTH_PRIOR: Final = (np.log(3.0), 0.7)
_NOISE_PRIOR: Final = tuple(np.log(x) for x in (0.04, 0.06, 0.12))
_NOISE_SPREAD: Final = 0.5
_CONFIDENCE: Final = {"high": 0, "medium": 1, "low": 2}
_ORIGIN: Final = date(2025, 1, 1)


class Features(NamedTuple):
    """Points as the kernel sees them.

    Attributes:
        codes: Names as numbers, ``[n, name]``. ``where``: load, ``[n, dimension]``, doublings and years.
        confidence: 0 high to 2 low. ``loose``: 1 where the source rounds or guesses.
    """

    codes: NDArray[np.int64]
    where: NDArray[np.float64]
    confidence: NDArray[np.int64]
    loose: NDArray[np.float64]


def features(data: Catalogue, cases: Sequence[Case], layouts: Sequence[Choice], codes: dict[str, int]) -> Features:
    """Features of cases; ``codes`` gives each name a number and grows with new names."""
    rows, where = [], []
    for case, choice in zip(cases, layouts, strict=True):
        names = _names(data, case)
        rows.append([codes.setdefault(f"{key}={names[key]}", len(codes)) for key in NAMES])
        where.append(_where(case, choice))
    return Features(
        np.array(rows, np.int64).reshape(-1, len(NAMES)), np.array(where, float).reshape(-1, len(DIMENSIONS)),
        np.array([_CONFIDENCE[c.confidence] for c in cases], np.int64),
        np.array([float(bool(c.flags & {"nominal", "untuned"}) or bool(c.variant)) for c in cases]),
    )  # fmt: skip


def _names(data: Catalogue, case: Case) -> dict[str, str]:
    model = data.models[case.model]
    group = {"training": "train", "finetune": "train", "prefill": "prefill"}.get(case.phase, "serve")
    kind = case.benchmark or ("latency" if case.metric == "tpot_ms" else "rate")
    family = ("moe" if model.experts else "dense") + ("-mla" if model.kv_lora_rank else "")
    load = case.load if group == "serve" else case.phase
    return {
        "group": group, "kind": kind, "chip": case.chip, "model": case.model, "family": family,
        "engine": case.engine, "stack": case.stack, "precision": case.precision, "run": case.run, "load": load,
    }  # fmt: skip


def _where(case: Case, choice: Choice) -> list[float]:
    group = choice.group
    each = (case.batch or case.chips * 256) / case.chips
    return [
        float(np.log2(each)), float(np.log2(case.tokens_in or 1024)), float(np.log2(case.tokens_out or 1024)),
        float(np.log2(case.chips if case.phase in ("training", "finetune") else group)),
        (case.day - _ORIGIN).days / 365.25 * 2,
    ]  # fmt: skip


def sizes(hyper: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of each term."""
    return np.asarray(np.exp(_SIZE_PRIOR[0] + _SIZE_PRIOR[1] * hyper[: len(TERMS)]))


def kernel(hyper: Any, a: Features, b: Features) -> Any:
    """Covariance of the residuals of two sets of points, ``[a, b]``, without noise.

    Of the kind of ``hyper``: in NumPy for prediction, in JAX where it is differentiated.
    """
    xp: Any = np if isinstance(hyper, np.ndarray) else jnp
    size = xp.exp(2 * (_SIZE_PRIOR[0] + _SIZE_PRIOR[1] * hyper[: len(TERMS)]))
    lengths = xp.exp(_LENGTH_PRIOR[0] + _LENGTH_PRIOR[1] * hyper[len(TERMS) : len(TERMS) + len(DIMENSIONS)])
    gap = ((a.where[:, None, :] - b.where[None, :, :]) / lengths) ** 2
    near = xp.exp(-0.5 * gap.sum(-1))
    same = {name: a.codes[:, None, i] == b.codes[None, :, i] for i, name in enumerate(NAMES)}
    total = xp.zeros((a.codes.shape[0], b.codes.shape[0]))
    for i, (names, fades) in enumerate(TERMS):
        agree = np.logical_and.reduce([same[name] for name in names])
        total = total + size[i] * (agree * near if fades else agree)
    return total


def noise(hyper: Any, a: Features) -> Any:
    """Variance of each point's own error."""
    xp: Any = np if isinstance(hyper, np.ndarray) else jnp
    log_sd = xp.asarray(_NOISE_PRIOR) + _NOISE_SPREAD * hyper[-3:]
    return xp.exp(2 * log_sd)[a.confidence] * (1 + 3 * a.loose)
