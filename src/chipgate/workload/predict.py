"""What a model would do on a chip: best layout and batch, rate with its band, what limits it.

The search runs on the mode of the fitted efficiencies. The band at the point that it finds is that of a new
measurement there: uncertainty of efficiencies, of the chip and model within their families, and noise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, cast

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import SpecError
from chipgate.schema.chip import Chip
from chipgate.schema.tables import LanguageModel
from chipgate.workload import machine as machines
from chipgate.workload import search
from chipgate.workload import shape as shapes
from chipgate.workload.case import Case, Layout, Phase
from chipgate.workload.efficiency import gather, scores, slowdown, stack_index, values
from chipgate.workload.fit import Predictor
from chipgate.workload.kernels import Efficiency
from chipgate.workload.layouts import Choice
from chipgate.workload.points import age_years, bounded
from chipgate.workload.software_text import stack_of

AskPhase = Literal["training", "prefill", "decode"]
QUANTILES: Final = {"p10": -1.2815515655446004, "p50": 0.0, "p90": 1.2815515655446004}
DEFAULT_TPOT_S: Final = 0.05
"""Longest time between tokens where none is asked for: 20 tokens/s for each reader."""
DEFAULT_LENGTH: Final = {"training": (4096.0, 0.0), "prefill": (2048.0, 1.0), "decode": (1024.0, 1024.0)}
DEFAULT_CHIPS: Final = {"training": 1024, "prefill": 8, "decode": 8}
DEFAULT_TRAINING_BATCH: Final = 1024
_MOST_CHIPS: Final = 1 << 17
# Software by which a question is judged where none is named: that of most measurements of the stack.
_ENGINES: Final = {
    "cuda": ("megatron", "trtllm"), "rocm": ("megatron", "sglang"), "cann": ("mindspeed", "sglang"),
    "xla": ("maxtext", "vllm"),
}  # fmt: skip
_PREFERRED: Final = ("fp8", "int8", "bf16")


@dataclass(frozen=True)
class Ask:
    """A question about one model, for any number of chips.

    Attributes:
        chips: Chips of the system; ``None``: the least power of two from a default on that holds the model.
        precision: ``None``: 16 bits in training; in serving FP8, else INT8, else 16 bits, as the chip has it.
        batch: Sequences in the system (a step, in training); ``None``: the best.
        tpot_s, ttft_s: Longest time between tokens, to the first token; ``None``: none.
        layout: ``None``: the best.
        engine: Family of the software; ``None``: the usual of the stack.
    """

    model: LanguageModel
    phase: AskPhase
    day: date
    chips: int | None = None
    precision: str | None = None
    batch: int | None = None
    tokens_in: float | None = None
    tokens_out: float | None = None
    tpot_s: float | None = None
    ttft_s: float | None = None
    layout: Layout | None = None
    engine: str | None = None

    @property
    def lengths(self) -> tuple[float, float]:
        """Tokens in and out."""
        usual = DEFAULT_LENGTH[self.phase]
        return (
            self.tokens_in if self.tokens_in is not None else usual[0],
            self.tokens_out if self.tokens_out is not None else usual[1],
        )


@dataclass(frozen=True)
class Answer:
    """What one chip would do.

    Attributes:
        case: The point of work that was found, as a question.
        rate: Tokens/s a chip (output tokens in decoding): ``p10``, ``p50``, ``p90``.
        log_mean, log_deviation: On the scale without bound of :func:`~chipgate.workload.points.free`.
        ideal: Rate at full use of every specification.
        mfu: Model FLOPs over the dense rate of the format in use, at the median.
        bound_by: ``compute``, ``memory``, ``communication`` or ``overhead``; ``shares``: time of each by itself.
        memory_bytes: On one chip. ``tpot_s``, ``ttft_s``: at the median, in serving.
    """

    chip: Chip
    case: Case
    choice: Choice
    rate: dict[str, float]
    log_mean: float
    log_deviation: float
    ideal: float
    mfu: float
    bound_by: str
    shares: dict[str, float]
    memory_bytes: float
    tpot_s: float | None
    ttft_s: float | None


@dataclass(frozen=True)
class Refused:
    """A chip that cannot do what was asked, and why, with the nearest that works."""

    chip: Chip
    reason: str


def answer(data: Catalogue, predictor: Predictor, chips: Sequence[Chip], ask: Ask) -> list[Answer | Refused]:
    """Answer a question for some chips, in their order."""
    out: list[Answer | Refused | None] = [None] * len(chips)
    ready: dict[tuple[int, str], list[int]] = {}
    for i, chip in enumerate(chips):
        try:
            precision = ask.precision or usual_precision(data, chip, ask)
            ready.setdefault((chips_for(data, chip, ask, precision), precision), []).append(i)
        except SpecError as reason:
            out[i] = Refused(chip, str(reason))
    for (count, precision), members in ready.items():
        part = replace(ask, chips=count, precision=precision)
        for i, found in zip(members, _answer_group(data, predictor, [chips[i] for i in members], part), strict=True):
            out[i] = found
    return cast(list[Answer | Refused], out)


def usual_precision(data: Catalogue, chip: Chip, ask: Ask) -> str:
    """Format in which the model is usually run on the chip."""
    if ask.phase == "training":
        return "bf16"
    if ask.model.id.startswith("gpt_oss"):
        return "mxfp4"
    have = machines.rates(chip)
    return next(name for name in _PREFERRED if name in have)


def chips_for(data: Catalogue, chip: Chip, ask: Ask, precision: str) -> int:
    """Chips asked for, or the least power of two from the default on that holds the weights twice over."""
    model = shapes.shape_of(ask.model)
    m = machines.machine_of(data, chip, data.precisions[precision], moe=bool(ask.model.experts))
    if ask.chips is not None:
        return ask.chips
    count = DEFAULT_CHIPS[ask.phase]
    weights = float(shapes.parameters(model)) * float(m.expert_bytes)
    need = weights * (9 if ask.phase == "training" else 1.35)
    while count * float(m.memory) * 0.9 < need and count < _MOST_CHIPS:
        count *= 2
    return count


def _answer_group(data: Catalogue, predictor: Predictor, chips: Sequence[Chip], ask: Ask) -> list[Answer | Refused]:
    """Chips that share the number of chips and the precision."""
    count = cast(int, ask.chips)
    found, grid = _search(data, predictor, chips, ask, count)
    good = [i for i in range(len(chips)) if found.fits[i, 0]]
    answers: list[Answer | Refused] = [
        Refused(chip, _why_not(ask, found, i, count, chip)) for i, chip in enumerate(chips)
    ]
    if not good:
        return answers
    choices = [grid.choices[int(found.index[i, 0])] for i in good]
    cases = [_case(data, chips[i], ask, choice, found, i) for i, choice in zip(good, choices, strict=True)]
    told = predictor.predict(cases, choices)
    for k, i in enumerate(good):
        band = float(told.mean[k]), float(told.deviation[k]), float(told.most[k])
        answers[i] = _told(data, chips[i], ask, cases[k], choices[k], found, i, band)
    return answers


def _search(
    data: Catalogue, predictor: Predictor, chips: Sequence[Chip], ask: Ask, count: int
) -> tuple[search.Found, search.Grid]:
    moe = bool(ask.model.experts)
    m = machines.stack(
        [machines.machine_of(data, c, data.precisions[cast(str, ask.precision)], moe=moe) for c in chips]
    )
    s = shapes.stack([shapes.shape_of(ask.model)])
    e, slow = efficiencies(predictor, chips, ask.day)
    tokens_in, tokens_out = ask.lengths
    fixed = None if ask.layout is None else [_fixed(ask.layout, ask.phase, count, moe)]
    if ask.phase == "training":
        grid = search.training_grid(count, fixed)
        batch = ask.batch or max(DEFAULT_TRAINING_BATCH, count)
        return search.find_training(m, s, e, slow, grid, chips=count, batch=batch, length=tokens_in), grid
    grid = search.serving_grid(count, batch=ask.batch, layouts=fixed)
    prefill = ask.phase == "prefill"
    limit = ask.ttft_s if prefill else ask.tpot_s
    found = search.find_serving(
        m, s, e, slow, grid, chips=count, tokens_in=tokens_in, tokens_out=tokens_out,
        limit_s=np.inf if limit is None else limit, prefill=prefill,
    )  # fmt: skip
    return found, grid


def _fixed(layout: Layout, phase: Phase, chips: int, moe: bool) -> Choice:
    from chipgate.workload.layouts import stated

    return stated(layout, phase, chips=chips, moe=moe)


def efficiencies(predictor: Predictor, chips: Sequence[Chip], day: date) -> tuple[Efficiency, NDArray[np.float64]]:
    """Fitted efficiencies of each chip's stack, and the log slowdown of its software on a day."""
    index = np.array([stack_index(stack_of(chip)) for chip in chips])
    e, immature = gather(
        values(predictor.scale, scores(predictor.scale, jnp.asarray(predictor.fitted.vector)))[:, index]
    )
    ages = np.array([age_years(chip, day) for chip in chips])
    return e, np.asarray(slowdown(immature, ages), float)


def _case(data: Catalogue, chip: Chip, ask: Ask, choice: Choice, found: search.Found, i: int) -> Case:
    """The point that was found, as a case without a measured value."""
    count = cast(int, ask.chips)
    tokens_in, tokens_out = ask.lengths
    stack = stack_of(chip)
    engines = _ENGINES.get(stack, ("other", "vllm"))
    training = ask.phase == "training"
    batch = ask.batch or max(DEFAULT_TRAINING_BATCH, count)
    if not training:
        batch = max(round(float(found.detail["batch"][i, 0]) * count / choice.group), 1)
    return Case(
        id="question", run=f"question:{chip.id}", phase=ask.phase, model=ask.model.id, chip=chip.id, chips=count,
        precision=cast(str, ask.precision), load="batch", batch=batch, tokens_in=tokens_in, tokens_out=tokens_out,
        layout=_layout(choice), metric="tokens_per_s_per_chip", value=float("nan"), stack=stack,
        engine=ask.engine or engines[0 if training else 1], day=ask.day, together=False,
    )  # fmt: skip


def _layout(choice: Choice) -> Layout:
    expert = choice.data * choice.tensor if choice.whole else 1
    return Layout(
        choice.tensor, choice.pipeline, choice.interleave, expert, choice.context, choice.data > 1, bool(choice.sharded)
    )


def _told(
    data: Catalogue, chip: Chip, ask: Ask, case: Case, choice: Choice, found: search.Found, i: int,
    band: tuple[float, float, float],
) -> Answer:  # fmt: skip
    mean, deviation, most = band
    at = {name: float(x[i, 0]) for name, x in found.detail.items()}
    model = shapes.shape_of(ask.model)
    m = machines.machine_of(data, chip, data.precisions[case.precision], moe=bool(ask.model.experts))
    tokens_in, tokens_out = ask.lengths
    if ask.phase == "training":
        work = float(shapes.training_flops(model, tokens_in))
    elif ask.phase == "prefill":
        work = float(shapes.forward_flops(model, tokens_in))
    else:
        context = tokens_in + tokens_out / 2
        work = 2 * float(shapes.active(model)) + float(shapes.attention_flops(model, context, decode=True))
    rate = {
        name: float(np.exp(bounded(np.array(mean + z * deviation), np.array(most)))) for name, z in QUANTILES.items()
    }
    shares = {
        "compute": at["compute"], "memory": at["weights"] + at["cache"], "communication": at["talk"],
        "overhead": at["overhead"],
    }  # fmt: skip
    total = sum(shares.values())
    copies_batch = (case.batch or 1) * choice.group / case.chips
    return Answer(
        chip=chip, case=case, choice=choice, rate=rate, log_mean=mean, log_deviation=deviation,
        ideal=float(np.exp(most)),
        mfu=rate["p50"] * work / float(m.expert), bound_by=max(shares, key=shares.__getitem__),
        shares={name: value / total for name, value in shares.items()}, memory_bytes=at["memory"],
        tpot_s=copies_batch / (rate["p50"] * choice.group) if ask.phase == "decode" else None,
        ttft_s=at.get("ttft"),
    )  # fmt: skip


def _why_not(ask: Ask, found: search.Found, i: int, count: int, chip: Chip) -> str:
    """What keeps a chip from it, and the nearest that works."""
    if found.room[i, 0] and ask.phase != "training":
        least = float(found.least_wait_s[i, 0]) * 1e3
        limit = (ask.ttft_s if ask.phase == "prefill" else ask.tpot_s) or 0.0
        name, flag = ("first token", "--ttft") if ask.phase == "prefill" else ("token", "--tpot")
        return (
            f"{chip.id}: no layout gives a {name} within {limit * 1e3:g} ms; the fastest takes {least:.3g} ms: "
            f"give {flag} {math.ceil(least)}"
        )
    memory = chip.spec("mem_gb") or 0.0
    return (
        f"{chip.id}: {ask.model.name} in {ask.precision} does not fit {count} chips of {memory:g} GB"
        f"{' with this batch' if ask.batch else ''}; give --chips {count * 2} or more"
        f"{', or a smaller --batch' if ask.batch else ', or fewer bits with --precision'}"
    )
